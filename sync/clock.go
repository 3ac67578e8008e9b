package sync

import "time"

// Clock is where the engine has its time from. Tests have one that stands still until it is moved.
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

// SystemClock is the clock of the machine.
type SystemClock struct{}

// Now is time.Now.
func (SystemClock) Now() time.Time { return time.Now() }

// NewTimer is time.NewTimer.
func (SystemClock) NewTimer(d time.Duration) Timer { return systemTimer{time.NewTimer(d)} }

type systemTimer struct{ t *time.Timer }

func (s systemTimer) C() <-chan time.Time { return s.t.C }
func (s systemTimer) Stop() bool          { return s.t.Stop() }
