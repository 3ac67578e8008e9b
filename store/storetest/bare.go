// Package storetest has the floor for measurements of writing: the least that the very same rows cost when nothing has to
// be worked out and nothing is looked at.
package storetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
)

// Bare writes into one database the rows that Orderdeck has written into another, with as little as it takes. Both files
// have the tables already.
type Bare struct {
	// Words are the words under which an order is in the search index, by external id.
	Words map[string]string

	from, to *sql.DB
	last     int64 // id of the last order that has been read
	insert   map[string]*sql.Stmt
	wide     map[string]int // columns
}

// perOrder are the tables whose rows belong to an order, by the column that names it.
var perOrder = []struct{ table, key string }{
	{"orders", "id"}, {"docs", "order_id"}, {"lines", "order_id"}, {"exceptions", "order_id"}, {"journal", "order_id"},
}

// NewBare opens both files. What is in the first already is not among what will be written.
func NewBare(ctx context.Context, from, to string) (*Bare, error) {
	const pragmas = "&_pragma=busy_timeout(5000)&_pragma=synchronous(FULL)&_pragma=cache_size(-16384)&_pragma=foreign_keys(0)&_txlock=immediate"
	r := &Bare{insert: map[string]*sql.Stmt{}, wide: map[string]int{}}
	var err error
	if r.from, err = sql.Open("sqlite", "file:"+from+"?mode=ro&_pragma=busy_timeout(5000)"); err != nil {
		return nil, err
	}
	if r.to, err = sql.Open("sqlite", "file:"+to+"?_pragma=journal_mode(WAL)"+pragmas); err != nil {
		return nil, err
	}
	r.to.SetMaxOpenConns(1)
	if err := r.from.QueryRowContext(ctx, "SELECT coalesce(max(id), 0) FROM orders").Scan(&r.last); err != nil {
		return nil, err
	}
	texts := map[string]string{
		"fts":      "INSERT INTO fts (rowid, words) VALUES (?, ?)",
		"counters": "UPDATE counters SET n = n + ? WHERE shop = ? AND key = ? AND archived = ?",
	}
	for _, t := range perOrder {
		var n int
		if err := r.to.QueryRowContext(ctx, "SELECT count(*) FROM pragma_table_info(?)", t.table).Scan(&n); err != nil {
			return nil, err
		}
		r.wide[t.table] = n
		texts[t.table] = "INSERT INTO " + t.table + " VALUES (?" + strings.Repeat(", ?", n-1) + ")"
	}
	for table, text := range texts {
		stmt, err := r.to.PrepareContext(ctx, text) //nolint:sqlclosecheck // closed with the database, by Close
		if err != nil {
			return nil, err
		}
		r.insert[table] = stmt
	}
	return r, nil
}

// Close closes both files.
func (r *Bare) Close() {
	_ = r.from.Close() // nothing of it is kept
	_ = r.to.Close()
}

// All makes everything in the first file what is to be written.
func (r *Bare) All() { r.last = 0 }

// Row is one row as it stands in a table.
type Row struct {
	table string
	cells []any
}

// Next reads the rows of the next orders that were written, in the order in which they were; of all that are left when n is
// 0. It is no part of what is measured.
func (r *Bare) Next(ctx context.Context, n int) ([]Row, error) {
	to := int64(math.MaxInt64)
	if n > 0 {
		to = r.last + int64(n) // ids have no gaps
	}
	var all []Row
	for _, t := range perOrder {
		some, err := r.table(ctx, t.table, "SELECT * FROM "+t.table+" WHERE "+t.key+" > ? AND "+t.key+" <= ? ORDER BY 1", r.wide[t.table], to)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	// The rowid in the search index is the time in units of 64 s and the id in 27 bits.
	index, err := r.table(ctx, "fts", "SELECT (created / 64000) << 27 | id, external_id, id FROM orders WHERE id > ? AND id <= ? ORDER BY id", 3, to)
	if err != nil {
		return nil, err
	}
	for _, one := range index {
		external, id := fmt.Sprint(one.cells[1]), one.cells[2].(int64)
		words, known := r.Words[external]
		if !known {
			return nil, fmt.Errorf("nothing is known of how order %s is in the search index", external)
		}
		all = append(all, Row{"fts", []any{one.cells[0], words}})
		r.last = max(r.last, id)
	}
	if n > 0 && len(index) != n {
		return nil, fmt.Errorf("%d orders where there should be %d", len(index), n)
	}
	return all, nil
}

// table reads the rows of one table that belong to orders after the last, up to an id.
func (r *Bare) table(ctx context.Context, name, question string, wide int, to int64) ([]Row, error) {
	rows, err := r.from.QueryContext(ctx, question, r.last, to)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Row
	for rows.Next() {
		cells := make([]any, wide)
		at := make([]any, wide)
		for i := range cells {
			at[i] = &cells[i]
		}
		if err := rows.Scan(at...); err != nil {
			return nil, err
		}
		all = append(all, Row{name, cells})
	}
	return all, rows.Err()
}

// Write writes rows in one transaction and tells how long that took.
func (r *Bare) Write(ctx context.Context, rows []Row) (time.Duration, error) {
	begin := time.Now()
	tx, err := r.to.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	use := map[string]*sql.Stmt{}
	for table, stmt := range r.insert {
		use[table] = tx.StmtContext(ctx, stmt)
	}
	for _, one := range rows {
		if _, err := use[one.table].ExecContext(ctx, one.cells...); err != nil {
			return 0, errors.Join(fmt.Errorf("floor: %s: %w", one.table, err), tx.Rollback())
		}
	}
	for key := range len(order.Stages) { // no more counters than these can have moved
		if _, err := use["counters"].ExecContext(ctx, 1, 1, key, 0); err != nil {
			return 0, errors.Join(err, tx.Rollback())
		}
	}
	err = tx.Commit()
	return time.Since(begin), err
}

// Hashes reads the hash of every order of a page by its key and tells how long that took.
func (r *Bare) Hashes(ctx context.Context, page store.Page) (time.Duration, error) {
	stmt, err := r.to.PrepareContext(ctx, "SELECT id, hash FROM orders WHERE shop = ? AND external_id = ?")
	if err != nil {
		return 0, err
	}
	defer stmt.Close()
	var shop int64
	if err := r.to.QueryRowContext(ctx, "SELECT id FROM shops WHERE name = ?", page.Shop).Scan(&shop); err != nil {
		return 0, err
	}
	begin := time.Now()
	for _, o := range page.Orders {
		var id, hash int64
		if err := stmt.QueryRowContext(ctx, shop, o.Order.ExternalID).Scan(&id, &hash); err != nil {
			return 0, err
		}
	}
	return time.Since(begin), nil
}

// SearchWords reads under which words each order of a database is in its search index, by external id.
func SearchWords(ctx context.Context, path string) (map[string]string, error) {
	raw, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		return nil, err
	}
	defer raw.Close()
	rows, err := raw.QueryContext(ctx, `SELECT o.external_id, group_concat(w.term, ' ') FROM fts_words w
		JOIN orders o ON o.id = w.doc & ((1 << 27) - 1) GROUP BY o.id`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	words := map[string]string{}
	for rows.Next() {
		var id, text string
		if err := rows.Scan(&id, &text); err != nil {
			return nil, err
		}
		words[id] = text
	}
	return words, rows.Err()
}
