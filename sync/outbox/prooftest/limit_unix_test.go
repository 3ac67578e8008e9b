//go:build unix

package prooftest

import (
	"os/signal"
	"syscall"
)

// limitFiles stops writes beyond a size, in the middle, as a full disk does.
func limitFiles(size uint64) error {
	signal.Ignore(syscall.SIGXFSZ)
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: size, Max: size})
}
