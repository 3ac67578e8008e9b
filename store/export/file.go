package export

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"

	"github.com/orderdeck/orderdeck/store"
)

// File writes the orders of a request to a file, readable by the user alone. The file appears under its name only
// when it is whole and on the disk; when the export fails, is cancelled or finds nothing, nothing is left behind and
// a file that was there stays as it was. A file that exists is replaced only with overwrite; without, the answer is
// ErrExists, before anything is read.
func File(ctx context.Context, db *store.DB, path string, overwrite bool, r Request, progress func(Progress)) (Progress, error) {
	return file(ctx, db, path, overwrite, r, progress)
}

func file(ctx context.Context, src source, path string, overwrite bool, r Request, progress func(Progress)) (p Progress, err error) {
	target, err := resolve(path, overwrite)
	if err != nil {
		return p, err
	}
	dir := filepath.Dir(target)
	tmp, err := os.CreateTemp(dir, ".orderdeck-export-*") // 0600
	if err != nil {
		return p, sentence(target, err)
	}
	defer func() {
		_ = tmp.Close() // has been closed already when all went well
		if rm := os.Remove(tmp.Name()); rm != nil && !errors.Is(rm, fs.ErrNotExist) {
			err = errors.Join(err, fmt.Errorf("a part of the export was left behind in %s; delete it", tmp.Name()))
		}
	}()
	p, err = write(ctx, src, tmp, r, progress)
	if err != nil {
		return p, sentence(target, err)
	}
	if err := errors.Join(tmp.Sync(), tmp.Close()); err != nil {
		return p, sentence(target, err)
	}
	if err := ctx.Err(); err != nil {
		return p, err
	}
	if err := publish(tmp.Name(), target, overwrite); err != nil {
		return p, sentence(target, err)
	}
	return p, syncDir(dir)
}

// resolve looks at what is there under a path, and gives the name to write to: where the path is a link, its target.
func resolve(path string, overwrite bool) (string, error) {
	if path == "" {
		return "", refuse("no file was named for the export; give one, or - for standard output")
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if parent, perr := os.Stat(filepath.Dir(path)); perr == nil && !parent.IsDir() {
			return "", &store.Error{Code: store.Missing, Text: fmt.Sprintf("%s is not a folder, so %s cannot be written; choose another path", filepath.Dir(path), path)}
		}
		return path, nil
	case err != nil:
		return "", sentence(path, err)
	case info.IsDir():
		return "", &store.Error{Code: store.Invalid, Text: fmt.Sprintf("%s is a folder; give the name of a file in it", path)}
	case !info.Mode().IsRegular():
		return "", &store.Error{Code: store.Invalid, Text: fmt.Sprintf("%s is not an ordinary file; give the name of a file, or - for standard output", path)}
	case !overwrite:
		return "", exists(path)
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		return target, nil
	}
	return path, nil
}

func exists(path string) error {
	return &store.Error{Code: store.Exists, Text: fmt.Sprintf("%s exists already and was left as it is; choose another name, or have it overwritten", path), Err: ErrExists}
}

// publish gives the finished file its name. Without overwrite a file that has appeared meanwhile is kept too.
func publish(tmp, target string, overwrite bool) error {
	if overwrite {
		return os.Rename(tmp, target)
	}
	err := os.Link(tmp, target) // unlike a rename, it fails where there is something
	if errors.Is(err, fs.ErrExist) {
		return exists(target)
	}
	if err == nil {
		return nil // the caller removes the other name
	}
	// The file system has no hard links.
	if _, err := os.Lstat(target); err == nil {
		return exists(target)
	}
	return os.Rename(tmp, target)
}

// syncDir makes a new name in a folder survive a power cut.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // folders cannot be opened there; NTFS keeps a journal of names
	}
	d, err := os.Open(dir)
	if err != nil {
		return sentence(dir, err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, syscall.ENOTSUP) {
		return sentence(dir, err)
	}
	return nil
}

// sentence explains a failure of the file system.
func sentence(path string, err error) error {
	var ours *store.Error
	dir := filepath.Dir(path)
	switch {
	case err == nil || errors.As(err, &ours) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return err
	case full(err):
		return &store.Error{Code: store.Full, Text: fmt.Sprintf("there is no room left for %s, so nothing of it was kept; free some space or choose another folder", path), Err: err}
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return &store.Error{Code: store.Missing, Text: fmt.Sprintf("there is no folder %s; make it or choose another one", dir), Err: err}
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return &store.Error{Code: store.ReadOnly, Text: fmt.Sprintf("%s cannot be written in %s; choose another folder", filepath.Base(path), dir), Err: err}
	case errors.Is(err, syscall.ENAMETOOLONG):
		return &store.Error{Code: store.Invalid, Text: fmt.Sprintf("the name of the file %s… is too long; choose a shorter one", path[:min(len(path), 60)]), Err: err}
	}
	return &store.Error{Code: store.Failed, Text: fmt.Sprintf("%s could not be written: %v", path, err), Err: err}
}

// full tells whether a write failed for want of room: on the disk, in the user's quota, or under a limit on files.
func full(err error) bool {
	const diskFull = syscall.Errno(112) // what Windows says (ERROR_DISK_FULL)
	return runtime.GOOS == "windows" && errors.Is(err, diskFull) ||
		errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG)
}
