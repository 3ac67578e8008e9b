package store

import (
	"errors"
)

// Code says what kind of failure an Error is, so that a caller can choose its exit code or its screen.
type Code string

// The values of Code.
const (
	Locked   Code = "locked"    // another process holds the database and did not let go in time
	ReadOnly Code = "read_only" // the file or its folder cannot be written
	Full     Code = "full"      // no room left on the disk
	Corrupt  Code = "corrupt"   // the file is damaged, or is no database at all
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
