package orders

import "time"

// pace keeps what is read in the background to a small share of the time, and out of the way of keys. Only what takes
// long is slowed down.
type pace struct {
	took    time.Duration // the last time
	pressed time.Time     // the last key
	waiting time.Time     // since when it waits for a pause between keys
}

const (
	restShortly = 200 * time.Millisecond
	restTimes   = 50                    // a reading is followed by a rest of so many times what it took
	slow        = 50 * time.Millisecond // what takes longer than this waits for a pause between keys
	keyPause    = 500 * time.Millisecond
	waitAtMost  = 15 * time.Second
)

// rest is how long to rest after a reading.
func (p *pace) rest(took time.Duration) time.Duration {
	p.took = took
	return max(restShortly, restTimes*took)
}

// key notes that a key was pressed.
func (p *pace) key() { p.pressed = time.Now() }

// waits tells whether the next reading should wait because keys are being pressed.
func (p *pace) waits() bool {
	if p.took < slow || time.Since(p.pressed) > keyPause {
		p.waiting = time.Time{}
		return false
	}
	if p.waiting.IsZero() {
		p.waiting = time.Now()
	}
	if time.Since(p.waiting) < waitAtMost {
		return true
	}
	p.waiting = time.Time{}
	return false
}
