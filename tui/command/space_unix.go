//go:build !windows

package command

import "golang.org/x/sys/unix"

// freeSpace is how many bytes the user may still write in a folder.
func freeSpace(dir string) (free int64, known bool) {
	var st unix.Statfs_t
	if unix.Statfs(dir, &st) != nil {
		return 0, false
	}
	return int64(st.Bavail) * int64(st.Bsize), true //nolint:unconvert // the types differ between systems
}
