package sync

import "github.com/orderdeck/orderdeck/sync/clock"

// Clock is where the engine has its time from. Tests have one that stands still until it is moved.
type Clock = clock.Clock

// Timer is what Clock.NewTimer gives; see [time.Timer].
type Timer = clock.Timer

// SystemClock is the clock of the machine.
type SystemClock = clock.System
