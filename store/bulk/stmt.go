package bulk

import (
	"fmt"
	"math"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// Stmt is a prepared statement and, after Next, its current row.
type Stmt struct {
	c     *Conn
	h     uintptr
	texts []uintptr // what bound texts live in until they are bound anew
}

// Prepare compiles one statement.
func (c *Conn) Prepare(sql string) (*Stmt, error) {
	text, err := libc.CString(sql)
	if err != nil {
		return nil, err
	}
	defer libc.Xfree(c.tls, text)
	out := libc.Xcalloc(c.tls, 1, ptrSize)
	if out == 0 {
		return nil, errMemory
	}
	defer libc.Xfree(c.tls, out)
	if rc := sqlite3.Xsqlite3_prepare_v2(c.tls, c.db, text, -1, out, 0); rc != sqlite3.SQLITE_OK {
		return nil, c.fail(rc)
	}
	h := *(*uintptr)(pointer(out))
	if h == 0 {
		return nil, &Error{code: sqlite3.SQLITE_MISUSE, text: "there is no statement in the text"}
	}
	return &Stmt{c: c, h: h}, nil
}

// Close frees the statement.
func (s *Stmt) Close() {
	sqlite3.Xsqlite3_finalize(s.c.tls, s.h)
	s.h = 0
	s.free()
}

func (s *Stmt) free() {
	for _, p := range s.texts {
		libc.Xfree(s.c.tls, p)
	}
	s.texts = s.texts[:0]
}

// Bind sets the statement back to its beginning and gives its parameters their values: nil, bool, int, int64, uint32,
// float64, string or []byte.
func (s *Stmt) Bind(args ...any) error {
	tls := s.c.tls
	sqlite3.Xsqlite3_reset(tls, s.h)
	s.free()
	if n := int(sqlite3.Xsqlite3_bind_parameter_count(tls, s.h)); n != len(args) {
		return &Error{code: sqlite3.SQLITE_RANGE, text: fmt.Sprintf("the statement wants %d values and was given %d", n, len(args))}
	}
	for i, arg := range args {
		if rc := s.bind(int32(i+1), arg); rc != sqlite3.SQLITE_OK {
			return s.c.fail(rc)
		}
	}
	return nil
}

func (s *Stmt) bind(at int32, arg any) int32 {
	tls := s.c.tls
	switch v := arg.(type) {
	case nil:
		return sqlite3.Xsqlite3_bind_null(tls, s.h, at)
	case bool:
		if v {
			return sqlite3.Xsqlite3_bind_int64(tls, s.h, at, 1)
		}
		return sqlite3.Xsqlite3_bind_int64(tls, s.h, at, 0)
	case int:
		return sqlite3.Xsqlite3_bind_int64(tls, s.h, at, int64(v))
	case int64:
		return sqlite3.Xsqlite3_bind_int64(tls, s.h, at, v)
	case uint32:
		return sqlite3.Xsqlite3_bind_int64(tls, s.h, at, int64(v))
	case float64:
		return sqlite3.Xsqlite3_bind_double(tls, s.h, at, v)
	case string:
		if len(v) > math.MaxInt32 {
			return sqlite3.SQLITE_TOOBIG
		}
		p := s.keep(unsafe.Slice(unsafe.StringData(v), len(v)))
		if p == 0 {
			return sqlite3.SQLITE_NOMEM
		}
		return sqlite3.Xsqlite3_bind_text(tls, s.h, at, p, int32(len(v)), sqlite3.SQLITE_STATIC)
	case []byte:
		if len(v) > math.MaxInt32 {
			return sqlite3.SQLITE_TOOBIG
		}
		p := s.keep(v)
		if p == 0 {
			return sqlite3.SQLITE_NOMEM
		}
		return sqlite3.Xsqlite3_bind_blob(tls, s.h, at, p, int32(len(v)), sqlite3.SQLITE_STATIC)
	}
	return sqlite3.SQLITE_MISMATCH
}

// keep copies a value to where SQLite may read it for as long as it is bound.
func (s *Stmt) keep(v []byte) uintptr {
	p := libc.Xmalloc(s.c.tls, sqlite3.Tsize_t(len(v)+1))
	if p != 0 {
		copy(unsafe.Slice((*byte)(pointer(p)), len(v)), v)
		s.texts = append(s.texts, p)
	}
	return p
}

// Next goes to the next row and tells whether there is one. After the last row, and after an error, the statement is
// to be bound again or closed.
func (s *Stmt) Next() (bool, error) {
	if s.c.cancelled.Load() {
		return false, s.c.ctx.Err()
	}
	switch rc := sqlite3.Xsqlite3_step(s.c.tls, s.h); rc {
	case sqlite3.SQLITE_ROW:
		return true, nil
	case sqlite3.SQLITE_DONE:
		return false, nil
	default:
		return false, s.c.fail(rc)
	}
}

// Columns is how many columns a row has.
func (s *Stmt) Columns() int { return int(sqlite3.Xsqlite3_column_count(s.c.tls, s.h)) }

// Int is column i of the current row as a whole number; NULL is 0.
func (s *Stmt) Int(i int) int64 { return sqlite3.Xsqlite3_column_int64(s.c.tls, s.h, int32(i)) }

// Float is column i of the current row as a real number; NULL is 0.
func (s *Stmt) Float(i int) float64 { return sqlite3.Xsqlite3_column_double(s.c.tls, s.h, int32(i)) }

// Null tells whether column i of the current row is NULL.
func (s *Stmt) Null(i int) bool {
	return sqlite3.Xsqlite3_column_type(s.c.tls, s.h, int32(i)) == sqlite3.SQLITE_NULL
}

// Bytes is column i of the current row, a text or a blob, where SQLite keeps it: it may be read until the next call
// of Next, Bind or Close, and must not be written to. NULL and the empty text are nil; a number comes as its digits.
func (s *Stmt) Bytes(i int) []byte {
	// Asked for as a blob, a text comes as it is; asked for as a text, it might be copied to end it with a NUL.
	p := sqlite3.Xsqlite3_column_blob(s.c.tls, s.h, int32(i))
	if p == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(pointer(p)), int(sqlite3.Xsqlite3_column_bytes(s.c.tls, s.h, int32(i))))
}
