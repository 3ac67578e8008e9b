//go:build unix

package store

import (
	"syscall"
	"testing"
	"time"
)

// cpu is how much processor time the process has taken; a benchmark on a busy machine means more by it than by the
// clock on the wall.
func cpu(tb testing.TB) time.Duration {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
