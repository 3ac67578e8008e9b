package store

import (
	"context"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"modernc.org/sqlite"
)

// backupPages is how many pages are copied at a time, of 4 KiB each, before ctx and progress have their turn.
const backupPages = 2048

// Backup writes a copy of the database as it is at one instant to a file, while others go on reading and writing. The
// copy appears under its name only when it is complete and on the disk. A file that is there is refused unless
// overwrite says so. progress may be nil; it counts pages.
func (d *DB) Backup(ctx context.Context, path string, overwrite bool, progress func(done, total int)) (err error) {
	path, err = filepath.Abs(path)
	if err != nil {
		return explain(path, err)
	}
	if info, err := os.Lstat(path); err == nil {
		switch {
		case info.IsDir():
			return refuse(Invalid, "%s is a folder; name the file that the backup is to be written to", path)
		case !overwrite:
			return refuse(Exists, "%s is there already; choose another name, or say that it may be overwritten", path)
		case sameFile(path, d.path):
			return refuse(Invalid, "%s is the database itself; choose another name for its backup", path)
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return explain(path, err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.part") // 0600
	if err != nil {
		return explain(path, err)
	}
	part := f.Name()
	defer func() {
		if err != nil {
			_ = os.Remove(part)
			_ = os.Remove(part + "-journal")
		}
	}()
	if err := f.Close(); err != nil {
		return explain(path, err)
	}
	if err := d.copyTo(ctx, part, progress); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return explain(path, err)
	}
	if err := syncFile(part); err != nil {
		return explain(path, err)
	}
	if err := os.Rename(part, path); err != nil {
		return explain(path, err)
	}
	_ = syncFile(filepath.Dir(path)) // folders cannot be synced everywhere; the file itself is safe
	return nil
}

func sameFile(a, b string) bool {
	x, err1 := os.Stat(a)
	y, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(x, y)
}

func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// copyTo copies the database page by page, within one reading transaction, so that writers do not make it begin anew.
func (d *DB) copyTo(ctx context.Context, path string, progress func(done, total int)) error {
	conn, err := d.read.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, `BEGIN`); err != nil {
		return err
	}
	defer func() { _, _ = conn.ExecContext(context.WithoutCancel(ctx), `ROLLBACK`) }()
	var tables int
	if err := conn.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_master`).Scan(&tables); err != nil { // the transaction begins with the first read
		return err
	}
	return conn.Raw(func(c any) (err error) {
		source, ok := c.(interface {
			NewBackup(uri string) (*sqlite.Backup, error)
		})
		if !ok {
			return errors.New("the driver cannot make backups")
		}
		b, err := source.NewBackup("file:" + (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath())
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, b.Finish()) }()
		for more := true; more; {
			if err := ctx.Err(); err != nil {
				return err
			}
			if more, err = b.Step(backupPages); err != nil {
				return err
			}
			if progress != nil {
				progress(b.PageCount()-b.Remaining(), b.PageCount())
			}
		}
		return nil
	})
}
