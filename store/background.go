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

// crossing is one order in a search for exceptions across orders.
type crossing struct {
	id, shop, created, total, quantity, flags int64
	number, customer, email, items, tracking  string
}

const crossingColumns = `o.id, o.shop, o.created, o.total_key, o.quantity, o.flags, o.number, o.customer_key, o.email, o.items, o.tracking`

func scanCrossing(scan func(...any) error) (c crossing, err error) {
	err = scan(&c.id, &c.shop, &c.created, &c.total, &c.quantity, &c.flags, &c.number, &c.customer, &c.email, &c.items, &c.tracking)
	return c, err
}

// twin tells whether two orders look like one that was placed twice.
func (c *crossing) twin(o *crossing) bool {
	apart := c.created - o.created
	return c.id != o.id && c.shop == o.shop && c.total == o.total && c.quantity == o.quantity && c.items == o.items &&
		c.customer == o.customer && c.email == o.email && (c.email != "" || c.customer != "") &&
		max(apart, -apart) <= sameWithin.Milliseconds()
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
		found, err := d.crossings(ctx, slices.Compact(ids))
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

// crossedEntry is an exception found across orders.
type crossedEntry struct {
	n     int
	code  order.ExceptionCode
	text  string
	other int64
}

// crossings finds the exceptions of some orders, and of those that they share or shared them with. Orders that have none but had
// are in the answer with an empty list.
func (d *DB) crossings(ctx context.Context, ids []int64) (map[int64][]crossedEntry, error) {
	found := map[int64][]crossedEntry{}
	look := ids
	for range 2 { // the second time for those that it is or was shared with
		var others []int64
		for _, id := range look {
			if _, done := found[id]; done {
				continue
			}
			es, with, had, err := d.crossingsOf(ctx, id)
			if err != nil {
				return nil, err
			}
			if len(es) > 0 || had {
				found[id] = es
				others = append(others, with...)
			}
			if !had {
				continue
			}
			if err := d.query(ctx, `SELECT order_id FROM exceptions WHERE other IS NOT NULL AND other = ?`, []any{id},
				func(scan func(...any) error) error {
					var other int64
					err := scan(&other)
					others = append(others, other)
					return err
				}); err != nil {
				return nil, err
			}
		}
		look = others
	}
	return found, nil
}

// crossingsOf finds the exceptions of one order, with the ids of the orders that they concern too.
func (d *DB) crossingsOf(ctx context.Context, id int64) (es []crossedEntry, with []int64, had bool, err error) {
	var me crossing
	exists := false
	if err := d.query(ctx, `SELECT `+crossingColumns+` FROM orders o WHERE o.id = ?`, []any{id}, func(scan func(...any) error) (err error) {
		exists = true
		me, err = scanCrossing(scan)
		return err
	}); err != nil || !exists {
		return nil, nil, false, err
	}
	had = me.flags&flagCrossed != 0
	note := func(n int, code order.ExceptionCode, text string, o *crossing) {
		with = append(with, o.id)
		if len(es) == 0 || es[len(es)-1].n != n {
			es = append(es, crossedEntry{n, code, text, o.id})
		}
	}
	span := sameWithin.Milliseconds()
	if err := d.query(ctx, `SELECT `+crossingColumns+` FROM orders o INDEXED BY orders_created
		WHERE o.created BETWEEN ? AND ? AND o.shop = ? AND o.total_key = ? ORDER BY o.created, o.id`,
		[]any{me.created - span, me.created + span, me.shop, me.total}, func(scan func(...any) error) error {
			o, err := scanCrossing(scan)
			if err == nil && me.twin(&o) {
				note(crossedTwice, order.ExceptionDuplicateOrder, "may be "+o.number+" placed a second time: same customer, products and total, within half an hour", &o)
			}
			return err
		}); err != nil {
		return nil, nil, had, err
	}
	if me.tracking == "" {
		return es, with, had, nil
	}
	text := `SELECT ` + crossingColumns + ` FROM orders o INDEXED BY orders_tracking WHERE o.tracking = ? AND o.tracking <> '' AND o.id <> ? ORDER BY o.id LIMIT 20`
	if !d.has("orders_tracking") {
		return es, with, had, nil
	}
	for _, n := range split(me.tracking) {
		if err := d.query(ctx, text, []any{n, id}, func(scan func(...any) error) error {
			o, err := scanCrossing(scan)
			if err == nil {
				note(crossedTracking, order.ExceptionDuplicateTracking, "the tracking number "+n+" is on order "+o.number+" too", &o)
			}
			return err
		}); err != nil {
			return nil, nil, had, err
		}
	}
	return es, with, had, nil
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
