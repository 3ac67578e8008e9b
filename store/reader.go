package store

import (
	"context"
	"database/sql"
	"errors"
	"sync"
)

// stmtCache keeps the readers' prepared statements by their text; database/sql prepares each once per connection.
type stmtCache struct {
	db *sql.DB
	mu sync.Mutex
	by map[string]*cached
	n  int64
}

type cached struct {
	stmt *sql.Stmt
	used int64 // for throwing out the one that was not used for longest
	refs int
}

// maxStmts bounds how many statements stay prepared: filters make texts of any shape.
const maxStmts = 96

// take gives the statement of a text; give must be called with the same text when it is done with.
func (c *stmtCache) take(ctx context.Context, text string) (*sql.Stmt, error) {
	c.mu.Lock()
	if s := c.by[text]; s != nil {
		c.n++
		s.used, s.refs = c.n, s.refs+1
		c.mu.Unlock()
		return s.stmt, nil
	}
	c.mu.Unlock()
	stmt, err := c.db.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	if s := c.by[text]; s != nil { // somebody else was as fast
		s.used, s.refs = c.n, s.refs+1
		_ = stmt.Close()
		return s.stmt, nil
	}
	if c.by == nil {
		c.by = map[string]*cached{}
	}
	c.by[text] = &cached{stmt: stmt, used: c.n, refs: 1}
	if len(c.by) > maxStmts {
		c.evict()
	}
	return stmt, nil
}

func (c *stmtCache) evict() {
	var oldest string
	var used int64
	for text, s := range c.by {
		if s.refs == 0 && (used == 0 || s.used < used) {
			oldest, used = text, s.used
		}
	}
	if used != 0 {
		_ = c.by[oldest].stmt.Close()
		delete(c.by, oldest)
	}
}

func (c *stmtCache) give(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.by[text]; s != nil {
		s.refs--
	}
}

func (c *stmtCache) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.by {
		_ = s.stmt.Close()
	}
	c.by = nil
}

// query runs a statement on one of the readers and calls fn for each row; it stops at once when ctx ends. fn ends it
// early with errEnough.
func (d *DB) query(ctx context.Context, text string, args []any, fn func(scan func(...any) error) error) error {
	stmt, err := d.stmts.take(ctx, text)
	if err != nil {
		return d.readError(ctx, err)
	}
	defer d.stmts.give(text)
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		return d.readError(ctx, err)
	}
	if err := eachRow(rows, fn); err != nil && !errors.Is(err, errEnough) {
		return d.readError(ctx, err)
	}
	return nil
}

// one reads one row; sql.ErrNoRows where there is none.
func (d *DB) one(ctx context.Context, text string, args []any, dest ...any) error {
	found := false
	err := d.query(ctx, text, args, func(scan func(...any) error) error {
		found = true
		if err := scan(dest...); err != nil {
			return err
		}
		return errEnough
	})
	if err == nil && !found {
		return sql.ErrNoRows
	}
	return err
}

// readError is explain, but an interrupted read is the context's doing.
func (d *DB) readError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return d.explain(err)
}
