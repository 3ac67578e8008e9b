// Package clock is where all that talks to the outside has its time from.
package clock

import (
	"time"

	"github.com/orderdeck/orderdeck/store/failpoint"
)

// Clock tells the time and waits. Tests have one that stands still until it is moved.
type Clock interface {
	Now() time.Time
	// NewTimer gives a timer that fires once, after d.
	NewTimer(d time.Duration) Timer
}

// Timer is what Clock.NewTimer gives; see [time.Timer].
type Timer interface {
	C() <-chan time.Time
	Stop() bool
}

// System is the clock of the machine.
type System struct{}

// Now is the time.
func (System) Now() time.Time { return failpoint.Now() }

// NewTimer is time.NewTimer.
func (System) NewTimer(d time.Duration) Timer {
	return systemTimer{time.NewTimer(failpoint.Real(d))}
}

type systemTimer struct{ t *time.Timer }

func (s systemTimer) C() <-chan time.Time { return s.t.C }
func (s systemTimer) Stop() bool          { return s.t.Stop() }
