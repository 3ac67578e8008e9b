//go:build unix

package store

import (
	"path/filepath"

	"golang.org/x/sys/unix"
)

// freeSpace is how many bytes the disk that holds a file has left for its user.
func freeSpace(path string) (uint64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(filepath.Dir(path), &s); err != nil {
		return 0, err
	}
	return uint64(s.Bavail) * uint64(s.Bsize), nil //nolint:unconvert // their types differ between systems
}
