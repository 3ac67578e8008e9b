//go:build !failpoint

package failpoint_test

import (
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/store/failpoint"
)

// TestOff makes sure that what is shipped cannot be ended or hurried by the environment.
func TestOff(t *testing.T) {
	t.Setenv("FAILPOINT_AT", "1")
	t.Setenv("FAILPOINT_SPEED", "1000")
	failpoint.Hit("anything")
	if d := time.Since(failpoint.Now()).Abs(); d > time.Minute {
		t.Errorf("the clock is off by %v", d)
	}
	if got := failpoint.Real(time.Hour); got != time.Hour {
		t.Errorf("an hour takes %v", got)
	}
}
