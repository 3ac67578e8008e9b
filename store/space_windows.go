package store

import (
	"path/filepath"

	"golang.org/x/sys/windows"
)

// freeSpace is how many bytes the disk that holds a file has left for its user.
func freeSpace(path string) (uint64, error) {
	dir, err := windows.UTF16PtrFromString(filepath.Dir(path))
	if err != nil {
		return 0, err
	}
	var free uint64
	err = windows.GetDiskFreeSpaceEx(dir, &free, nil, nil)
	return free, err
}
