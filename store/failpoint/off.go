//go:build !failpoint

package failpoint

import "time"

// Hit does nothing.
func Hit(string) {}

// Now is the time.
func Now() time.Time { return time.Now() }

// Real is how long a wait for d is on the machine's clock.
func Real(d time.Duration) time.Duration { return d }
