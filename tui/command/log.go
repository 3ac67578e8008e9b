package command

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	gosync "sync"
)

const (
	logSize  = 4 << 20 // bytes after which a log is put away
	logsKept = 3       // old ones
)

// openLog gives the log that developers read: what happened and when, never whose order it was. Its file is made with
// the first line; where that is not possible the lines are lost, which is no reason not to show orders.
func openLog(path string) (*slog.Logger, io.Closer) {
	w := &rotating{path: path, limit: logSize}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelInfo})), w
}

// rotating is a log file that is put away when it has grown: x.log becomes x.log.1, that one x.log.2, and so on.
type rotating struct {
	path  string
	limit int64

	mu     gosync.Mutex
	file   *os.File // nil before the first line
	size   int64
	closed bool
}

func (r *rotating) open() error {
	if err := os.MkdirAll(filepath.Dir(r.path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(r.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		_ = f.Close()
		return err
	}
	r.file, r.size = f, info.Size()
	return nil
}

// Write appends a line. Several processes may write to one log: each appends whole lines, and one that finds the file
// put away by another goes on in the new one.
func (r *rotating) Write(line []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return 0, os.ErrClosed
	}
	if r.file == nil {
		if err := r.open(); err != nil {
			return 0, err
		}
	}
	if r.size+int64(len(line)) > r.limit {
		if err := r.rotate(); err != nil {
			return 0, err
		}
	}
	n, err := r.file.Write(line)
	r.size += int64(n)
	return n, err
}

func (r *rotating) rotate() error {
	ours, err := r.file.Stat()
	if err != nil {
		return err
	}
	if err := r.file.Close(); err != nil {
		return err
	}
	r.file = nil
	if there, err := os.Stat(r.path); err == nil && os.SameFile(ours, there) {
		for i := logsKept - 1; i > 0; i-- {
			_ = os.Rename(fmt.Sprintf("%s.%d", r.path, i), fmt.Sprintf("%s.%d", r.path, i+1)) // there may be none
		}
		if err := os.Rename(r.path, r.path+".1"); err != nil {
			return err
		}
	}
	return r.open()
}

// Close closes the file.
func (r *rotating) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	if r.file == nil {
		return nil
	}
	err := r.file.Close()
	r.file = nil
	return err
}
