package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/orderdeck/orderdeck/store/failpoint"
)

var errClosed = errors.New("the database is closed")

// writer is the one connection that writes. Whoever holds turn may use it.
type writer struct {
	db    *sql.DB
	conn  *sql.Conn
	turn  chan struct{} // holds one token
	stmts map[string]*sql.Stmt

	// What is known of the database without looking again. It holds as long as no other process has written.
	dataVersion int64
	known       known
}

// known is what the writer remembers between transactions.
type known struct {
	shops    map[string]*shopInfo
	products map[productKey]int64
	links    map[linkKey]linkInfo
	lastID   int64
	linked   presence // anything in the table links
	placed   presence // anything in the table placements
	skips    presence // anything in the table skips
	bought   presence // anything in the table outbox
}

// presence is whether there is any of something.
type presence uint8

const (
	unknown presence = iota
	none
	some
)

func newWriter(db *sql.DB) *writer {
	w := &writer{db: db, turn: make(chan struct{}, 1), stmts: map[string]*sql.Stmt{}}
	w.turn <- struct{}{}
	return w
}

// pin takes the connection for good, so that its prepared statements stay.
func (w *writer) pin(ctx context.Context) error {
	conn, err := w.db.Conn(ctx)
	if err != nil {
		return err
	}
	w.conn = conn
	w.dataVersion, err = w.readDataVersion(ctx)
	return err
}

func (w *writer) close() error {
	<-w.turn // whoever writes finishes first; the token is never given back
	var errs []error
	for _, s := range w.stmts {
		errs = append(errs, s.Close())
	}
	if w.conn != nil {
		errs = append(errs, w.conn.Close())
	}
	return errors.Join(append(errs, w.db.Close())...)
}

// readDataVersion gives a number that changes whenever another connection has written (PRAGMA data_version).
func (w *writer) readDataVersion(ctx context.Context) (int64, error) {
	s, err := w.stmt(ctx, `PRAGMA data_version`)
	if err != nil {
		return 0, err
	}
	var v int64
	err = s.QueryRowContext(ctx).Scan(&v)
	return v, err
}

// stmt gives the prepared statement of a text, preparing it the first time.
func (w *writer) stmt(ctx context.Context, text string) (*sql.Stmt, error) {
	if s := w.stmts[text]; s != nil {
		return s, nil
	}
	s, err := w.conn.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	w.stmts[text] = s
	return s, nil
}

// tx is a writing transaction. It must not be used after the function that got it has returned.
type tx struct {
	*DB
	ctx     context.Context // never cancelled half-way: a page is written or it is not
	now     time.Time
	changed []int64
	deltas  map[counterKey]int64
	tell    bool                 // publish a notice although no order changed
	after   []func()             // what is to be done after the commit
	words   map[int64]wordChange // by rank
	tidying bool                 // nothing but the search index's own housekeeping
}

// exec runs a prepared statement.
func (t *tx) exec(text string, args ...any) error {
	_, err := t.run(text, args...)
	return err
}

// run runs a prepared statement and tells how many rows it touched.
func (t *tx) run(text string, args ...any) (int64, error) {
	s, err := t.w.stmt(t.ctx, text)
	if err != nil {
		return 0, err
	}
	r, err := s.ExecContext(t.ctx, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// get reads one row; found is false where there is none.
func (t *tx) get(text string, args []any, dest ...any) (found bool, err error) {
	s, err := t.w.stmt(t.ctx, text)
	if err != nil {
		return false, err
	}
	err = s.QueryRowContext(t.ctx, args...).Scan(dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// rows reads all rows, calling fn with a function that scans the current one.
func (t *tx) rows(text string, args []any, fn func(scan func(...any) error) error) error {
	s, err := t.w.stmt(t.ctx, text)
	if err != nil {
		return err
	}
	rows, err := s.QueryContext(t.ctx, args...)
	if err != nil {
		return err
	}
	return eachRow(rows, fn)
}

func eachRow(rows *sql.Rows, fn func(scan func(...any) error) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// write runs fn in one transaction, writes the counters' deltas with it, and tells the subscribers after the commit.
// It waits for its turn as long as ctx allows; once begun it is not interrupted.
func (d *DB) write(ctx context.Context, fn func(*tx) error) error {
	if d.w == nil {
		return refuse(ReadOnly, "the database %s was opened for reading only", d.path)
	}
	select {
	case <-d.w.turn:
	case <-ctx.Done():
		return ctx.Err()
	case <-d.closing:
		return d.fault(Closed, nil)
	}
	t := &tx{DB: d, ctx: context.WithoutCancel(ctx), now: d.clock()}
	if err := func() error {
		defer func() { d.w.turn <- struct{}{} }()
		failpoint.Hit("store.before")
		defer failpoint.Hit("store.after")
		return d.transact(ctx, t, fn)
	}(); err != nil {
		return d.explain(err)
	}
	for _, f := range t.after {
		f()
	}
	if !t.tidying {
		d.lastWrite.Store(time.Now().UnixNano())
	}
	if len(t.words) > 0 {
		select {
		case d.untidy <- struct{}{}:
		default: // it is at it
		}
	}
	if len(t.changed) > 0 || t.tell {
		d.notices.publish(t.changed)
	}
	return nil
}

func (d *DB) transact(ctx context.Context, t *tx, fn func(*tx) error) (err error) {
	w := d.w
	if err := ctx.Err(); err != nil {
		return err
	}
	if w.conn == nil {
		return errClosed
	}
	// Waiting for another process's lock ends with the caller's context; nothing has been written yet.
	if _, err := w.conn.ExecContext(ctx, `BEGIN IMMEDIATE`); err != nil {
		return err
	}
	defer func() {
		if p := recover(); p != nil {
			w.rollback(t.ctx)
			panic(p)
		}
		if err != nil {
			w.rollback(t.ctx)
		}
	}()
	if err := t.refresh(); err != nil {
		return err
	}
	if err := fn(t); err != nil {
		return err
	}
	if err := t.count(); err != nil {
		return err
	}
	if err := t.writeWords(); err != nil {
		return err
	}
	_, err = w.conn.ExecContext(t.ctx, `COMMIT`)
	return err
}

// rollback undoes the transaction and forgets what was learnt in it. SQLite may have rolled back by itself already (a
// full disk); then there is nothing to undo and its complaint does not matter.
func (w *writer) rollback(ctx context.Context) {
	_, _ = w.conn.ExecContext(ctx, `ROLLBACK`)
	w.known = known{}
}

// refresh forgets what is known when another process has written since, and asks how far that is with indexing.
func (t *tx) refresh() error {
	v, err := t.w.readDataVersion(t.ctx)
	if err != nil || v == t.w.dataVersion {
		return err
	}
	t.w.dataVersion, t.w.known = v, known{}
	var mark string
	found, err := t.get(`SELECT value FROM meta WHERE key = ?`, []any{indexingMark}, &mark)
	if err == nil {
		t.indexing.mark.Store(number(mark))
		t.indexing.deferred.Store(found)
	}
	return err
}
