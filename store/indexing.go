package store

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
)

// indexing is the state in which orders are written without some indexes, and those are made afterwards.
type indexing struct {
	deferred    atomic.Bool  // orders beyond the mark are not in the search index yet
	mark        atomic.Int64 // id up to which they are
	first, last atomic.Int64 // ids between which the mark moves
	running     atomic.Bool  // a BulkImport of this process is on
}

// Keys in meta. indexingMark holds the mark as long as there is anything to index; indexingFrom where it began;
// indexingLater the statements that make the indexes which were dropped.
const (
	indexingMark  = "indexing.mark"
	indexingFrom  = "indexing.from"
	indexingLater = "indexing.later"
)

// laterIndexes are made after a large import: written one by one in random places they would take most of its time.
var laterIndexes = []string{
	"orders_updated", "orders_total", "orders_customer", "orders_number", "orders_bucket_updated", "orders_bucket_number",
	"orders_live_total", "orders_live_customer", "orders_side_updated", "orders_side_number", "orders_tracking",
	"lines_product",
}

// fewOrders is up to how many orders indexes are dropped for an import: making them again is quick.
const fewOrders = 20_000

// stepTime is how long a transaction that builds an index may take, so that others get their turn.
const stepTime = 120 * time.Millisecond

// Indexing tells how many orders of a large import are in the search index, of how many; 0, 0 when all are. Until then
// a search looks only at numbers, names, e-mail addresses, phone and tracking numbers, and takes its time.
func (d *DB) Indexing() (done, total int) {
	if !d.indexing.deferred.Load() {
		return 0, 0
	}
	x := &d.indexing
	total = int(max(x.last.Load()-x.first.Load(), 1))
	return min(int(x.mark.Load()-x.first.Load()), total-1), total
}

// loadIndexing reads the state from the database: another process may be at it.
func (d *DB) loadIndexing(ctx context.Context) error {
	mark, err := d.Meta(ctx, indexingMark)
	if err != nil {
		return err
	}
	missing := map[string]bool{}
	for _, name := range laterIndexes {
		missing[name] = true
	}
	if err := d.query(ctx, `SELECT name FROM sqlite_master WHERE type = 'index'`, nil, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		delete(missing, name)
		return err
	}); err != nil {
		return err
	}
	d.missing.Store(&missing)
	x := &d.indexing
	if mark == "" {
		x.deferred.Store(false)
		return nil
	}
	from, err := d.Meta(ctx, indexingFrom)
	if err != nil {
		return err
	}
	var last int64
	if err := d.one(ctx, `SELECT coalesce(max(id), 0) FROM orders`, nil, &last); err != nil {
		return err
	}
	x.mark.Store(number(mark))
	x.first.Store(number(from))
	x.last.Store(last)
	x.deferred.Store(true)
	return nil
}

// number reads what this package has written itself; anything else is 0.
func number(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64)
	return n
}

// has tells whether an index is there.
func (d *DB) has(index string) bool {
	missing := d.missing.Load()
	return missing == nil || !(*missing)[index]
}

// setMeta is SetMeta within a transaction.
func (t *tx) setMeta(key, value string) error {
	return t.exec(`INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`, key, value)
}

// indexNow tells whether an order is to be put into the search index as it is written.
func (t *tx) indexNow(id int64) bool {
	return !t.indexing.deferred.Load() || id <= t.indexing.mark.Load()
}

// BulkImport runs a first large import: meanwhile new orders are not put into the search index, and of an all but empty
// database the indexes by which lists are sorted are dropped. Both are made up for before it returns, in short steps
// that let others write (but for each sort index, which takes some seconds for a million orders). What is missing
// when the process ends is made up for by BackgroundPass.
func (d *DB) BulkImport(ctx context.Context, run func() error) error {
	if !d.indexing.running.CompareAndSwap(false, true) {
		return refuse(Invalid, "a large import is on already")
	}
	defer d.indexing.running.Store(false)
	if err := d.beginImport(ctx); err != nil {
		return err
	}
	if err := d.tune(ctx, importKB, importLog); err != nil {
		return err
	}
	err := run()
	err = errors.Join(err, d.finishIndexing(ctx))
	return errors.Join(err, d.tune(context.WithoutCancel(ctx), d.cacheKB, usualLog))
}

// While importing, the log is copied into the database less often: the same pages are written again and again. A larger
// cache would win little (64 MiB: a tenth of the time) and take its size twice, since what is sorted for an index may
// become as large: an import of any size stays below 100 MB so.
const (
	importKB  = 12 << 10 // KiB
	importLog = 8000     // pages
	usualLog  = 1000
)

func (d *DB) tune(ctx context.Context, cacheKB, log int) error {
	select {
	case <-d.w.turn:
	case <-d.closing:
		return d.fault(Closed, nil)
	}
	defer func() { d.w.turn <- struct{}{} }()
	for _, pragma := range []string{"cache_size = -" + strconv.Itoa(cacheKB), "wal_autocheckpoint = " + strconv.Itoa(log)} {
		if _, err := d.w.conn.ExecContext(ctx, "PRAGMA "+pragma); err != nil {
			return d.explain(err)
		}
	}
	return nil
}

func (d *DB) beginImport(ctx context.Context) error {
	if err := d.write(ctx, func(t *tx) error {
		var orders, last int64
		if _, err := t.get(`SELECT count(*), coalesce(max(id), 0) FROM (SELECT id FROM orders LIMIT ?)`, []any{fewOrders + 1}, &orders, &last); err != nil {
			return err
		}
		if _, err := t.get(`SELECT coalesce(max(id), 0) FROM orders`, nil, &last); err != nil {
			return err
		}
		var already int
		if found, err := t.get(`SELECT 1 FROM meta WHERE key = ?`, []any{indexingMark}, &already); err != nil || found {
			return err // one was broken off; its mark holds
		}
		if err := t.setMeta(indexingMark, numeral(last)); err != nil {
			return err
		}
		if err := t.setMeta(indexingFrom, numeral(last)); err != nil {
			return err
		}
		if orders > fewOrders {
			return nil
		}
		return t.dropLater()
	}); err != nil {
		return err
	}
	return d.loadIndexing(ctx)
}

// dropLater drops the indexes that are made later and keeps the statements that make them.
func (t *tx) dropLater() error {
	later := map[string]string{}
	if err := t.rows(`SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL`, nil, func(scan func(...any) error) error {
		var name, text string
		err := scan(&name, &text)
		if slices.Contains(laterIndexes, name) {
			later[name] = text
		}
		return err
	}); err != nil {
		return err
	}
	doc, err := json.Marshal(later)
	if err != nil {
		return err
	}
	if err := t.setMeta(indexingLater, string(doc)); err != nil {
		return err
	}
	for name := range later {
		if err := t.once(`DROP INDEX ` + name); err != nil {
			return err
		}
	}
	return nil
}

// once runs a statement that is not worth keeping.
func (t *tx) once(text string) error {
	_, err := t.w.conn.ExecContext(t.ctx, text)
	return err
}

// finishIndexing makes up for what an import left out; it goes on where it was interrupted.
func (d *DB) finishIndexing(ctx context.Context) error {
	if err := d.makeLater(ctx); err != nil {
		return err
	}
	if err := d.loadIndexing(ctx); err != nil {
		return err
	}
	for batch := 250; d.indexing.deferred.Load(); {
		begun := time.Now()
		done := false
		if err := d.write(ctx, func(t *tx) (err error) {
			t.tell = true
			done, err = t.indexSome(batch)
			return err
		}); err != nil {
			return err
		}
		if took := time.Since(begun); took < stepTime/2 {
			batch = min(batch*2, 4000)
		} else if took > stepTime {
			batch = max(batch/2, 50)
		}
		if err := d.mergeWords(ctx, 60); err != nil {
			return err
		}
		if done {
			if err := d.loadIndexing(ctx); err != nil {
				return err
			}
		}
		d.breathe(ctx)
	}
	_, err := d.drain(ctx)
	return err
}

// makeLater makes the indexes that were dropped.
func (d *DB) makeLater(ctx context.Context) error {
	doc, err := d.Meta(ctx, indexingLater)
	if err != nil || doc == "" {
		return err
	}
	later := map[string]string{}
	if err := json.Unmarshal([]byte(doc), &later); err != nil {
		return d.fault(Corrupt, err)
	}
	for _, name := range laterIndexes {
		text := later[name]
		if text == "" {
			continue
		}
		if err := d.write(ctx, func(t *tx) error {
			t.tell = true
			return t.once(strings.Replace(text, "CREATE INDEX", "CREATE INDEX IF NOT EXISTS", 1))
		}); err != nil {
			return err
		}
		if err := d.loadIndexing(ctx); err != nil {
			return err
		}
	}
	return d.SetMeta(ctx, indexingLater, "")
}

// indexSome puts some orders beyond the mark into the search index, or all within reach of it, and moves the mark.
func (t *tx) indexSome(batch int) (done bool, err error) {
	mark := t.indexing.mark.Load()
	ids, err := t.indexAfter(mark, batch)
	if err != nil {
		return false, err
	}
	if len(ids) < batch {
		return true, t.exec(`DELETE FROM meta WHERE key IN (?, ?)`, indexingMark, indexingFrom)
	}
	mark = ids[len(ids)-1]
	if err := t.setMeta(indexingMark, numeral(mark)); err != nil {
		return false, err
	}
	t.after = append(t.after, func() { t.indexing.mark.Store(mark) })
	return false, nil
}

// indexAfter indexes orders with ids beyond one. What it indexes comes from the tables: reading the documents would
// take longer than the indexing.
func (t *tx) indexAfter(mark int64, batch int) ([]int64, error) {
	type entry struct {
		id, shop, created, bucket, side int64
		rec                             order.Record
	}
	var entries []entry
	if err := t.rows(`SELECT id, shop, created, bucket, side, number, names, email, phones, tracking, notes FROM orders
		WHERE id > ? ORDER BY id LIMIT ?`, []any{mark, batch}, func(scan func(...any) error) error {
		var e entry
		var names, phones, tracking, notes string
		err := scan(&e.id, &e.shop, &e.created, &e.bucket, &e.side, &e.rec.Number, &names, &e.rec.Customer.Email, &phones, &tracking, &notes)
		e.rec.ID = e.id
		unfold(&e.rec.Order, names, phones, tracking, notes)
		entries = append(entries, e)
		return err
	}); err != nil || len(entries) == 0 {
		return nil, err
	}
	at := 0
	if err := t.rows(`SELECT order_id, sku, title, variant FROM lines WHERE order_id BETWEEN ? AND ? ORDER BY order_id, n`,
		[]any{entries[0].id, entries[len(entries)-1].id}, func(scan func(...any) error) error {
			var id int64
			var l order.Line
			err := scan(&id, &l.SKU, &l.Title, &l.Variant)
			for entries[at].id < id {
				at++
			}
			entries[at].rec.Lines = append(entries[at].rec.Lines, l)
			return err
		}); err != nil {
		return nil, err
	}
	ids := make([]int64, len(entries))
	a := applier{tx: t, shop: &shopInfo{}}
	for i := range entries {
		e := &entries[i]
		a.shop.id = e.shop
		r := row{created: e.created, bucket: e.bucket, side: e.side}
		t.index(e.created, e.id, a.document(&e.rec, &r))
		ids[i] = e.id
	}
	return ids, nil
}

// unfold puts the texts of an order's columns where filter.Tokens finds them.
func unfold(o *order.Order, names, phones, tracking, notes string) {
	for i, name := range split(names) {
		*[]*string{
			&o.Customer.Name, &o.Customer.Company, &o.Shipping.Name, &o.Shipping.Company, &o.Billing.Name, &o.Billing.Company,
		}[i] = name
	}
	for i, phone := range split(phones) {
		*[]*string{&o.Customer.Phone, &o.Shipping.Phone, &o.Billing.Phone}[i] = phone
	}
	for _, n := range split(tracking) {
		o.Fulfilments = append(o.Fulfilments, order.Shipment{Tracking: n})
	}
	for _, n := range split(notes) {
		o.Notes = append(o.Notes, order.Note{Kind: "note", Text: n})
	}
}

// split takes a column apart that holds several texts.
func split(joined string) []string {
	if joined == "" {
		return nil
	}
	return strings.Split(joined, sep)
}
