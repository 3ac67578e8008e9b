// Package bulk reads very many rows of a SQLite database fast.
//
// It steps statements through the same SQLite that database/sql uses here (modernc.org/sqlite/lib), on a read-only
// connection of its own, and hands out text where SQLite keeps it instead of copying every cell into a Go value.
// Reading a million rows of nineteen columns this way costs about a third of what database/sql takes. For a page of
// fifty rows there is nothing to gain: use database/sql there.
package bulk

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// BusyTimeout is how long a connection waits for another process that holds the database, as when it is being closed.
const BusyTimeout = 5 * time.Second

// Error is a failure that SQLite reported.
type Error struct {
	code int32
	text string
}

// Error is SQLite's own sentence with its number.
func (e *Error) Error() string { return fmt.Sprintf("%s (%d)", e.text, e.code) }

// Code is SQLite's extended result code; its lowest byte is the primary one.
func (e *Error) Code() int { return int(e.code) }

// Conn is one read-only connection. It is used by one goroutine at a time. The context that it was opened with bounds
// its whole life: once that is done, whatever runs on the connection stops with the context's error.
type Conn struct {
	tls       *libc.TLS
	db        uintptr
	ctx       context.Context // bounds the connection's whole life, not one call
	cancelled atomic.Bool
	stop      chan struct{}
	stopped   chan struct{}
}

// Open opens the database file at path for reading. The file must exist; nothing is ever written to it.
func Open(ctx context.Context, path string) (*Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c := &Conn{tls: libc.NewTLS(), ctx: ctx, stop: make(chan struct{}), stopped: make(chan struct{})}
	if err := c.open(path); err != nil {
		_ = c.shut() // why it could not be opened says more
		return nil, err
	}
	go c.watch()
	return c, nil
}

func (c *Conn) open(path string) error {
	name, err := libc.CString(path)
	if err != nil {
		return err
	}
	defer libc.Xfree(c.tls, name)
	out := libc.Xcalloc(c.tls, 1, ptrSize)
	if out == 0 {
		return errMemory
	}
	defer libc.Xfree(c.tls, out)
	rc := sqlite3.Xsqlite3_open_v2(c.tls, name, out, sqlite3.SQLITE_OPEN_READONLY|sqlite3.SQLITE_OPEN_NOMUTEX, 0)
	c.db = *(*uintptr)(pointer(out)) // set even on failure, and to be closed then too
	if rc != sqlite3.SQLITE_OK {
		return c.fail(rc)
	}
	sqlite3.Xsqlite3_extended_result_codes(c.tls, c.db, 1)
	if rc := sqlite3.Xsqlite3_busy_timeout(c.tls, c.db, int32(BusyTimeout.Milliseconds())); rc != sqlite3.SQLITE_OK {
		return c.fail(rc)
	}
	return nil
}

// watch interrupts what runs once the context is done. It repeats itself, because SQLite forgets an interrupt that
// arrives just before a statement's first step.
func (c *Conn) watch() {
	defer close(c.stopped)
	select {
	case <-c.stop:
		return
	case <-c.ctx.Done():
	}
	c.cancelled.Store(true)
	tls := libc.NewTLS() // a TLS belongs to one goroutine
	defer tls.Close()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for {
		sqlite3.Xsqlite3_interrupt(tls, c.db)
		select {
		case <-c.stop:
			return
		case <-again.C:
		}
	}
}

// Close ends the connection, and with it its transaction. Statements must have been closed before.
func (c *Conn) Close() error {
	if c.db == 0 {
		return nil
	}
	close(c.stop)
	<-c.stopped
	return c.shut()
}

func (c *Conn) shut() error {
	var err error
	if c.db != 0 {
		if rc := sqlite3.Xsqlite3_close_v2(c.tls, c.db); rc != sqlite3.SQLITE_OK {
			err = c.fail(rc)
		}
		c.db = 0
	}
	c.tls.Close()
	return err
}

// Exec runs one statement that gives no rows worth having, such as BEGIN or a PRAGMA.
func (c *Conn) Exec(sql string) error {
	return c.Rows(sql, nil, func(*Stmt) error { return nil })
}

// Rows runs one statement and calls fn for each row. What fn reads from the statement is valid until it returns. An
// error of fn ends it and is handed back as it is.
func (c *Conn) Rows(sql string, args []any, fn func(*Stmt) error) error {
	s, err := c.Prepare(sql)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.Bind(args...); err != nil {
		return err
	}
	for {
		more, err := s.Next()
		if err != nil || !more {
			return err
		}
		if err := fn(s); err != nil {
			return err
		}
	}
}

// fail makes the error of a result code: the context's own when that is why SQLite stopped.
func (c *Conn) fail(rc int32) error {
	if rc&0xff == sqlite3.SQLITE_INTERRUPT && c.ctx.Err() != nil {
		return c.ctx.Err()
	}
	text := libc.GoString(sqlite3.Xsqlite3_errstr(c.tls, rc))
	if c.db != 0 && sqlite3.Xsqlite3_extended_errcode(c.tls, c.db) == rc {
		if said := libc.GoString(sqlite3.Xsqlite3_errmsg(c.tls, c.db)); said != text {
			text += ": " + said
		}
	}
	return &Error{code: rc, text: text}
}

var errMemory = &Error{code: sqlite3.SQLITE_NOMEM, text: "out of memory"}

const ptrSize = sqlite3.Tsize_t(unsafe.Sizeof(uintptr(0)))

// pointer makes a pointer of an address that SQLite handed out. The memory is not Go's: it comes from libc's own
// allocator, which maps it outside of the heap, so the collector neither moves nor frees it, and the usual objection
// to a uintptr that becomes a pointer does not apply.
func pointer(address uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&address)) }
