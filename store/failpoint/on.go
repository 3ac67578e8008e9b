//go:build failpoint

package failpoint

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

var plan = read()

// what the environment says.
type what struct {
	mu    sync.Mutex
	point string // "" = any
	left  int    // hits until the end; 0 = none
	speed float64
	epoch time.Time
}

func read() *what {
	w := &what{speed: 1}
	at := os.Getenv("FAILPOINT_AT")
	if name, n, ok := strings.Cut(at, ":"); ok {
		w.point, at = name, n
	}
	w.left, _ = strconv.Atoi(at)
	if s, err := strconv.ParseFloat(os.Getenv("FAILPOINT_SPEED"), 64); err == nil && s > 0 {
		w.speed = s
	}
	w.epoch, _ = time.Parse(time.RFC3339Nano, os.Getenv("FAILPOINT_EPOCH"))
	if w.epoch.IsZero() {
		w.epoch = time.Now()
	}
	return w
}

// Hit ends the process, without any goodbye, when this is the hit that was asked for.
func Hit(name string) {
	plan.mu.Lock()
	defer plan.mu.Unlock()
	if plan.left == 0 || plan.point != "" && plan.point != name {
		return
	}
	if plan.left--; plan.left > 0 {
		return
	}
	fmt.Fprintf(os.Stderr, "failpoint: killed at %s\n", name)
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Kill()
	}
	if err != nil {
		panic(err)
	}
	select {} // the lock is held: nothing passes a point any more
}

// Now is the time, which passes FAILPOINT_SPEED times as fast.
func Now() time.Time {
	return plan.epoch.Add(time.Duration(float64(time.Since(plan.epoch)) * plan.speed))
}

// Real is how long a wait for d is on the machine's clock.
func Real(d time.Duration) time.Duration { return time.Duration(float64(d) / plan.speed) }
