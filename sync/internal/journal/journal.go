// Package journal keeps a file of JSON lines that survives a kill at any instant: a line counts once it is on the disk
// whole, and what a torn write has left behind is cut off by the next one. One process writes at a time, others may
// read along.
package journal

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// Log is one file. Its methods must not be called at the same time. The zero value, or one without a path, keeps
// nothing.
type Log struct {
	path  string
	kind  string
	epoch string

	info  os.FileInfo // of the file that has been read; nil = none
	good  int64       // bytes that have been read, all of them whole lines
	other bool        // what is there is of another epoch, and is begun anew by the next write
}

// head is the first line.
type head struct {
	Kind  string `json:"orderdeck"`
	Epoch string `json:"epoch,omitempty"`
}

// New names the file of a kind ("demo supplier"). A file of the same kind but of another epoch is not read, and is
// replaced by the first write.
func New(path, kind, epoch string) *Log { return &Log{path: path, kind: kind, epoch: epoch} }

// Kept tells whether there is a file at all.
func (l *Log) Kept() bool { return l != nil && l.path != "" }

// Size is how many bytes the file has that count.
func (l *Log) Size() int64 { return l.good }

// Refresh reads what another process, or a former life of this one, has written since. reset is called before lines are
// given from the beginning, and must forget what has been applied.
func (l *Log) Refresh(reset func(), apply func(line []byte) error) error {
	if !l.Kept() {
		return nil
	}
	info, err := os.Stat(l.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if l.info != nil {
			l.info, l.good, l.other = nil, 0, false
			reset()
		}
		return nil
	case err != nil:
		return l.failed("read", err)
	case l.info != nil && os.SameFile(info, l.info) && info.Size() == l.info.Size():
		return nil
	case l.info == nil || !os.SameFile(info, l.info) || info.Size() < l.good:
		l.good, l.other = 0, false
		reset()
	}
	return l.read(info, apply)
}

func (l *Log) read(info os.FileInfo, apply func([]byte) error) error {
	f, err := os.Open(l.path)
	if err != nil {
		return l.failed("read", err)
	}
	defer f.Close()
	if _, err := f.Seek(l.good, io.SeekStart); err != nil {
		return l.failed("read", err)
	}
	for r := bufio.NewReaderSize(f, 1<<16); ; {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			l.info = info // what is left has no end: a torn write
			return nil
		}
		if err != nil {
			return l.failed("read", err)
		}
		if err := l.take(line, apply); err != nil {
			return err
		}
		if l.other {
			l.info = info
			return nil
		}
		l.good += int64(len(line))
	}
}

// take looks at one line.
func (l *Log) take(line []byte, apply func([]byte) error) error {
	if l.good > 0 {
		if err := apply(line); err != nil {
			return fmt.Errorf("%s is damaged after byte %d (%w); move it away to begin anew", l.path, l.good, err)
		}
		return nil
	}
	var h head
	if err := json.Unmarshal(line, &h); err != nil || h.Kind != l.kind {
		return fmt.Errorf("%s is no file of a %s; move it away to begin anew", l.path, l.kind)
	}
	l.other = h.Epoch != l.epoch
	return nil
}

// Append adds a line. It is on the disk when Append returns without an error; after an error nothing of it counts,
// unless the error is ErrUnsure. Refresh must have been called before.
func (l *Log) Append(v any) error {
	if !l.Kept() {
		return nil
	}
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	line = append(line, '\n')
	if l.info == nil || l.other || l.good == 0 {
		return l.replace(line)
	}
	f, err := os.OpenFile(l.path, os.O_RDWR, 0o600)
	if err != nil {
		return l.failed("written", err)
	}
	defer f.Close()
	if err := l.extend(f, line); err != nil {
		// What may have got there must not count later, for the caller is told that it did not happen.
		if cut := errors.Join(f.Truncate(l.good), f.Sync()); cut != nil {
			err = fmt.Errorf("%w (%w)", err, ErrUnsure)
		}
		return l.failed("written", err)
	}
	l.good += int64(len(line))
	l.info, err = f.Stat()
	return err
}

// ErrUnsure is what Append answers when it can't tell whether the line has got to the disk.
var ErrUnsure = errors.New("it is not known whether it was kept")

func (l *Log) extend(f *os.File, line []byte) error {
	if err := f.Truncate(l.good); err != nil { // a torn end
		return err
	}
	if _, err := f.WriteAt(line, l.good); err != nil {
		return err
	}
	return f.Sync()
}

// Rewrite replaces all lines, whole or not at all.
func (l *Log) Rewrite(lines []any) error {
	if !l.Kept() {
		return nil
	}
	var b bytes.Buffer
	for _, v := range lines {
		line, err := json.Marshal(v)
		if err != nil {
			return err
		}
		b.Write(line)
		b.WriteByte('\n')
	}
	return l.replace(b.Bytes())
}

// replace writes the file anew: the first line, then these.
func (l *Log) replace(lines []byte) (err error) {
	first, err := json.Marshal(head{Kind: l.kind, Epoch: l.epoch})
	if err != nil {
		return err
	}
	all := append(append(first, '\n'), lines...)
	dir := filepath.Dir(l.path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return l.failed("written", err)
	}
	if err := WriteFile(l.path, all); err != nil {
		return l.failed("written", err)
	}
	l.good, l.other = int64(len(all)), false
	l.info, err = os.Stat(l.path)
	return err
}

func (l *Log) failed(what string, err error) error {
	return fmt.Errorf("%s cannot be %s: %w", l.path, what, err)
}

// WriteFile writes a file that only the user may read. It appears under its name when it is whole and on the disk, or
// not at all; what was there under that name is replaced.
func WriteFile(path string, data []byte) (err error) {
	dir := filepath.Dir(path)
	tmp, err := os.CreateTemp(dir, ".orderdeck-*") // 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = tmp.Close()
			_ = os.Remove(tmp.Name())
		}
	}()
	if _, err := tmp.Write(data); err != nil {
		return err
	}
	if err := errors.Join(tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return err
	}
	return SyncDir(dir)
}

// SyncDir makes a new name in a folder survive a power cut.
func SyncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // folders cannot be opened there; NTFS keeps a journal of names
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, syscall.ENOTSUP) {
		return err
	}
	return nil
}
