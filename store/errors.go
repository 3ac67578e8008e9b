package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"syscall"
)

// Code says what kind of failure an Error is, so that a caller can choose its exit code or its screen.
type Code string

// The values of Code.
const (
	Locked   Code = "locked"    // another process holds the database and did not let go in time
	ReadOnly Code = "read_only" // the file or its folder cannot be written
	Full     Code = "full"      // no room left on the disk
	Corrupt  Code = "corrupt"   // the file is damaged, or is no database at all
	Foreign  Code = "foreign"   // the file is a database of another program
	Newer    Code = "newer"     // a newer version of Orderdeck made it
	NotFound Code = "not_found" // no such order, shop or file
	Exists   Code = "exists"    // something would be overwritten
	Missing  Code = "missing"   // the folder or the file is not there
	Invalid  Code = "invalid"   // what was handed in makes no sense
	Closed   Code = "closed"    // the database has been closed
	Failed   Code = "failed"    // anything else
)

// Error is a failure of the database, in a sentence for a merchant, with its cause for a developer.
type Error struct {
	Code Code
	Text string // what was refused, why, and what to do next
	Err  error  // the cause; may be nil
}

// Error is the sentence for a merchant.
func (e *Error) Error() string { return e.Text }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// CodeOf is the Code of an error of this package, "" for other errors and for nil.
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// Primary result codes of SQLite, https://www.sqlite.org/rescode.html.
const (
	sqliteBusy     = 5
	sqliteLocked   = 6
	sqliteReadOnly = 8
	sqliteIOErr    = 10
	sqliteCorrupt  = 11
	sqliteFull     = 13
	sqliteCantOpen = 14
	sqliteNotADB   = 26
)

// explain turns whatever went wrong into an *Error. Contexts' errors and *Errors pass through.
func (d *DB) explain(err error) error {
	select {
	case <-d.closing:
		if err != nil && CodeOf(err) == "" {
			return d.fault(Closed, err)
		}
	default:
	}
	return explain(d.path, err)
}

func explain(path string, err error) error {
	var ours *Error
	var coded interface{ Code() int }
	switch {
	case err == nil || errors.As(err, &ours) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, sql.ErrConnDone), errors.Is(err, errClosed):
		return fault(path, Closed, err)
	case errors.As(err, &coded):
		return fault(path, codeOf(coded.Code()), err)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fault(path, Full, err)
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return fault(path, Missing, err)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fault(path, ReadOnly, err)
	}
	return fault(path, Failed, err)
}

func codeOf(code int) Code {
	switch code & 0xff {
	case sqliteBusy, sqliteLocked:
		return Locked
	case sqliteReadOnly, sqliteCantOpen:
		return ReadOnly
	case sqliteFull:
		return Full
	case sqliteCorrupt, sqliteNotADB:
		return Corrupt
	}
	return Failed
}

func (d *DB) fault(code Code, err error) *Error { return fault(d.path, code, err) }

// fault is the sentence of each code.
func fault(path string, code Code, err error) *Error {
	var format string
	switch code {
	case Locked:
		format = "the database %s is held by another program and was not free in time; close what uses it (another orderdeck, a backup, a database browser) and try again"
	case ReadOnly:
		format = "the database %s cannot be written; make the file and its folder writable for you, or choose another folder with --data"
	case Full:
		format = "there is no room left on the disk of %s; nothing was lost: free some space and try again"
	case Corrupt:
		format = "the database %s is damaged or is not a database; nothing in it was changed: keep a copy, then restore a backup in its place or move it away to begin anew"
	case Foreign:
		format = "the file %s is a database of another program; nothing in it was changed: choose another folder with --data"
	case Newer:
		format = "the database %s was made by a newer orderdeck; nothing in it was changed: install that version or a later one"
	case Missing:
		format = "%s is not there or lies in something that is not a folder; check the path given with --data"
	case Closed:
		format = "the database %s has been closed"
	default:
		return &Error{Code: code, Err: err, Text: fmt.Sprintf("the database %s failed: %v; run orderdeck doctor to have it checked", filepath.Base(path), err)}
	}
	return &Error{Code: code, Text: fmt.Sprintf(format, path), Err: err}
}

func refuse(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Text: fmt.Sprintf(format, args...)}
}
