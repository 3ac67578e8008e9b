package store

import (
	"context"
	"slices"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
)

// Keys in meta: up to which order and which journal entry cross-order exceptions have been looked for.
const (
	crossedOrder   = "crossed.order"
	crossedJournal = "crossed.journal"
)

// sameWithin is how close two orders of one customer must be to be taken for one order placed twice.
const sameWithin = 30 * time.Minute

// Numbers of the exceptions found across orders.
const (
	crossedTwice    = firstCrossed
	crossedTracking = firstCrossed + 1
)

// idleSlices is how many slices the search index is tidied up by in one pass.
const idleSlices = 50

// BackgroundPass does what need not be done at once: finishes what a broken-off import or a changed link left, looks for
// exceptions that concern several orders (one order placed twice, one tracking number on two), and tidies the search
// index up. It writes in short transactions, and can be ended by ctx at any point; the next pass goes on.
func (d *DB) BackgroundPass(ctx context.Context) error {
	if !d.indexing.running.Load() {
		if err := d.finishIndexing(ctx); err != nil {
			return err
		}
		if err := d.cross(ctx); err != nil {
			return err
		}
	}
	return d.mergeWords(ctx, idleSlices)
}

// cross looks at the orders that are new or have changed since the last time.
func (d *DB) cross(ctx context.Context) error {
	const atOnce = 500
	for {
		var ids []int64
		var marks [2]int64
		for i, key := range []string{crossedOrder, crossedJournal} {
			s, err := d.Meta(ctx, key)
			if err != nil {
				return err
			}
			marks[i] = number(s)
		}
		collect := func(i int) func(scan func(...any) error) error {
			return func(scan func(...any) error) error {
				var mark, id int64
				err := scan(&mark, &id)
				marks[i] = max(marks[i], mark)
				ids = append(ids, id)
				return err
			}
		}
		if err := d.query(ctx, `SELECT id, id FROM orders WHERE id > ? ORDER BY id LIMIT ?`, []any{marks[0], atOnce}, collect(0)); err != nil {
			return err
		}
		if err := d.query(ctx, `SELECT id, order_id FROM journal WHERE id > ? ORDER BY id LIMIT ?`, []any{marks[1], atOnce}, collect(1)); err != nil {
			return err
		}
		if len(ids) == 0 {
			return nil
		}
		slices.Sort(ids)
		found, err := d.crossings(ctx, slices.Compact(ids), marks[0])
		if err != nil {
			return err
		}
		if err := d.write(ctx, func(t *tx) error {
			for id, es := range found {
				if err := t.setCrossed(id, es); err != nil {
					return err
				}
			}
			if err := t.setMeta(crossedOrder, numeral(marks[0])); err != nil {
				return err
			}
			return t.setMeta(crossedJournal, numeral(marks[1]))
		}); err != nil {
			return err
		}
		d.breathe(ctx)
	}
}

// setCrossed replaces the exceptions of an order that were found across orders.
func (t *tx) setCrossed(id int64, es []crossedEntry) error {
	var was []crossedEntry
	if err := t.rows(`SELECT n, code, text, coalesce(other, 0) FROM exceptions WHERE order_id = ? AND n >= ? ORDER BY n`, []any{id, firstCrossed},
		func(scan func(...any) error) error {
			var e crossedEntry
			var code int64
			err := scan(&e.n, &code, &e.text, &e.other)
			e.code = valueAt(order.ExceptionCodes, code)
			was = append(was, e)
			return err
		}); err != nil || slices.Equal(was, es) {
		return err
	}
	if err := t.exec(`DELETE FROM exceptions WHERE order_id = ? AND n >= ?`, id, firstCrossed); err != nil {
		return err
	}
	for _, e := range es {
		if err := t.exec(`INSERT INTO exceptions (order_id, n, code, at, text, other) VALUES (?, ?, ?, 0, ?, ?)`,
			id, e.n, enum(order.ExceptionCodes, e.code), e.text, e.other); err != nil {
			return err
		}
	}
	t.changed = append(t.changed, id)
	return t.exec(`UPDATE orders SET flags = (flags & ~?) | ?, exception_at = (SELECT min(at) FROM exceptions WHERE order_id = ?)
		WHERE id = ?`, int64(flagCrossed), bit(len(es) > 0, flagCrossed), id, id)
}
