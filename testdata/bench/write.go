package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
)

// perPage is how many orders a page of a platform brings, and so how many are written in one transaction.
const perPage = 250

// write measures new and unchanged orders, as the synchronisation hands them over, against loops that do nothing but
// write the very same rows, or read the hash of every order. Both work on copies of the database.
func write(ctx context.Context, b *bench) ([]figure, error) {
	pages := 12
	if b.quick {
		pages = 4
	}
	ours, floor := filepath.Join(b.data, "write-ours.db"), filepath.Join(b.data, "write-floor.db")
	defer remove(ours, floor)
	if err := errors.Join(duplicate(b.db, ours), duplicate(b.db, floor)); err != nil {
		return nil, err
	}
	db, err := store.Open(ctx, store.Options{Path: ours})
	if err != nil {
		return nil, err
	}
	defer db.Close()
	fresh, err := freshPages(ctx, db, pages)
	if err != nil {
		return nil, err
	}
	replay, err := newReplay(ctx, ours, floor)
	if err != nil {
		return nil, err
	}
	defer replay.close()
	if replay.words, err = b.searchWords(ctx, ours, fresh); err != nil {
		return nil, err
	}

	var news, bare, same, look sample
	for i, page := range fresh {
		begin := time.Now()
		got, err := db.Apply(ctx, page)
		if err != nil {
			return nil, err
		}
		news = append(news, time.Since(begin))
		if got.New != perPage {
			return nil, fmt.Errorf("page %d: %d new orders of %d", i, got.New, perPage)
		}
		took, err := replay.page(ctx)
		if err != nil {
			return nil, err
		}
		bare = append(bare, took)
		begin = time.Now()
		if got, err = db.Apply(ctx, page); err != nil {
			return nil, err
		}
		same = append(same, time.Since(begin))
		if got.Unchanged != perPage {
			return nil, fmt.Errorf("page %d again: %d unchanged orders of %d", i, got.Unchanged, perPage)
		}
		if took, err = replay.hashes(ctx, page); err != nil {
			return nil, err
		}
		look = append(look, took)
	}
	rate := func(s sample) float64 { return perPage / s.median().Seconds() }
	note := fmt.Sprintf("%d pages of %d orders, synchronous=FULL; slowest page %s", pages, perPage, amount(news.at(1).Seconds(), "s"))
	return []figure{
		atLeast("new orders written by the sync", "bare loop writing the same rows, indices, search and counters",
			rate(news), rate(bare), 0.6, note),
		atLeast("unchanged orders", "bare loop reading their hash by key", rate(same), rate(look), 0.5, ""),
	}, nil
}

var errEnough = errors.New("enough")

// freshPages makes pages of orders that are not in the database, out of orders that are.
func freshPages(ctx context.Context, db *store.DB, pages int) ([]store.Page, error) {
	made := make([]store.Page, 0, pages)
	var page store.Page
	n := 0
	now := time.Now().UTC().Truncate(time.Second)
	err := db.Each(ctx, store.Query{}, nil, func(r *order.Record) error {
		if page.Shop == "" {
			page.Shop, page.Stream = r.Store, "bench"
		}
		if r.Store != page.Shop {
			return nil
		}
		n++
		o := r.Order
		o.ExternalID, o.Number = fmt.Sprintf("bench-%06d", n), fmt.Sprintf("9%07d", n)
		o.CreatedAt, o.UpdatedAt = now.Add(time.Duration(n)*time.Second), now.Add(time.Duration(n)*time.Second)
		page.Orders = append(page.Orders, store.Pulled{Order: o, Raw: []byte(`{"id":"` + o.ExternalID + `"}`)})
		if len(page.Orders) == perPage {
			page.Cursor = fmt.Appendf(nil, "%d", n)
			made = append(made, page)
			page = store.Page{}
		}
		if len(made) == pages {
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, err
	}
	if len(made) < pages {
		return nil, fmt.Errorf("only %d pages could be made", len(made))
	}
	return made, nil
}

// searchWords gives, by external id, the words under which each of some orders is put into the search index: it
// applies them to a database of their own and reads its index.
func (b *bench) searchWords(ctx context.Context, like string, pages []store.Page) (map[string]string, error) {
	path := filepath.Join(b.temp, "words.db")
	db, err := store.Open(ctx, store.Options{Path: path})
	if err != nil {
		return nil, err
	}
	err = copyShops(ctx, db, like)
	for _, page := range pages {
		if err == nil {
			_, err = db.Apply(ctx, page)
		}
	}
	if err = errors.Join(err, db.Close()); err != nil {
		return nil, err
	}
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
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if len(words) != len(pages)*perPage {
		return nil, fmt.Errorf("%d of %d orders are in the search index", len(words), len(pages)*perPage)
	}
	return words, nil
}

func copyShops(ctx context.Context, to *store.DB, like string) error {
	from, err := store.Open(ctx, store.Options{Path: like, ReadOnly: true})
	if err != nil {
		return err
	}
	defer from.Close()
	shops, err := from.Shops(ctx)
	for _, s := range shops {
		err = errors.Join(err, to.PutShop(ctx, s))
	}
	return err
}

// replay writes into one database the rows that Orderdeck has written into another, with as little as it takes.
type replay struct {
	from, to *sql.DB
	words    map[string]string // by external id
	last     int64             // id of the last order that has been taken over
	insert   map[string]*sql.Stmt
	wide     map[string]int // columns
}

// perOrder are the tables whose rows belong to an order, by the column that names it.
var perOrder = []struct{ table, key string }{
	{"orders", "id"}, {"docs", "order_id"}, {"lines", "order_id"}, {"exceptions", "order_id"}, {"journal", "order_id"},
}

func newReplay(ctx context.Context, from, to string) (*replay, error) {
	const pragmas = "&_pragma=busy_timeout(5000)&_pragma=synchronous(FULL)&_pragma=cache_size(-16384)&_pragma=foreign_keys(0)&_txlock=immediate"
	r := &replay{insert: map[string]*sql.Stmt{}, wide: map[string]int{}}
	var err error
	if r.from, err = sql.Open("sqlite", "file:"+from+"?mode=ro&_pragma=busy_timeout(5000)"); err != nil {
		return nil, err
	}
	if r.to, err = sql.Open("sqlite", "file:"+to+"?_pragma=journal_mode(WAL)"+pragmas); err != nil {
		return nil, err
	}
	r.to.SetMaxOpenConns(1)
	if err := r.from.QueryRowContext(ctx, "SELECT max(id) FROM orders").Scan(&r.last); err != nil {
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
		stmt, err := r.to.PrepareContext(ctx, text) //nolint:sqlclosecheck // closed with the database, by close
		if err != nil {
			return nil, err
		}
		r.insert[table] = stmt
	}
	return r, nil
}

func (r *replay) close() {
	_ = r.from.Close() // nothing of it is kept
	_ = r.to.Close()
}

type row struct {
	table string
	cells []any
}

// rows reads what the last page has left behind. It is not part of what is measured.
func (r *replay) rows(ctx context.Context) ([]row, error) {
	var all []row
	for _, t := range perOrder {
		some, err := r.table(ctx, t.table, "SELECT * FROM "+t.table+" WHERE "+t.key+" > ? ORDER BY 1", r.wide[t.table])
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	// The rowid in the search index is the time in units of 64 s and the id in 27 bits.
	index, err := r.table(ctx, "fts", "SELECT (created / 64000) << 27 | id, external_id, id FROM orders WHERE id > ? ORDER BY id", 3)
	if err != nil {
		return nil, err
	}
	for _, one := range index {
		external, id := fmt.Sprint(one.cells[1]), one.cells[2].(int64)
		all = append(all, row{"fts", []any{one.cells[0], r.words[external]}})
		r.last = max(r.last, id)
	}
	return all, nil
}

// table reads the rows of one table that belong to orders after the last.
func (r *replay) table(ctx context.Context, name, question string, wide int) ([]row, error) {
	rows, err := r.from.QueryContext(ctx, question, r.last)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []row
	for rows.Next() {
		cells := make([]any, wide)
		at := make([]any, wide)
		for i := range cells {
			at[i] = &cells[i]
		}
		if err := rows.Scan(at...); err != nil {
			return nil, err
		}
		all = append(all, row{name, cells})
	}
	return all, rows.Err()
}

// page writes the rows of the last page in one transaction and tells how long that took.
func (r *replay) page(ctx context.Context) (time.Duration, error) {
	all, err := r.rows(ctx)
	if err != nil {
		return 0, err
	}
	begin := time.Now()
	tx, err := r.to.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	use := map[string]*sql.Stmt{}
	for table, stmt := range r.insert {
		use[table] = tx.StmtContext(ctx, stmt)
	}
	for _, one := range all {
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

// hashes reads the hash of every order of a page by its key.
func (r *replay) hashes(ctx context.Context, page store.Page) (time.Duration, error) {
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

// duplicate copies a database that nobody is writing to.
func duplicate(from, to string) error {
	remove(to)
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

func remove(paths ...string) {
	for _, path := range paths {
		for _, end := range []string{"", "-wal", "-shm"} {
			_ = os.Remove(path + end) // it may not be there
		}
	}
}
