package store

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/orderdeck/orderdeck/store/order"
)

// crossing is one order in a search for exceptions across orders.
type crossing struct {
	id, created, flags int64
	number, tracking   string
	twin               twinKey
}

// twinKey is what two orders have in common that look like one that was placed twice.
type twinKey struct {
	shop, total, quantity  int64
	items, customer, email string
}

// told tells whether there is enough to take two orders for one customer's.
func (k twinKey) told() bool { return k.email != "" || k.customer != "" }

const crossingColumns = `o.id, o.shop, o.created, o.total_key, o.quantity, o.flags, o.number, o.customer_key, o.email,
	o.items, o.tracking`

func scanCrossing(scan func(...any) error) (c crossing, err error) {
	err = scan(&c.id, &c.twin.shop, &c.created, &c.twin.total, &c.twin.quantity, &c.flags, &c.number, &c.twin.customer,
		&c.twin.email, &c.twin.items, &c.tracking)
	return c, err
}

// crossedEntry is an exception found across orders.
type crossedEntry struct {
	n     int
	code  order.ExceptionCode
	text  string
	other int64
}

// crossSearch is a search for the exceptions of some orders.
type crossSearch struct {
	d     *DB
	ctx   context.Context
	found map[int64][]crossedEntry // also of orders that have none any more
	with  []int64                  // orders that an exception is, or was, shared with
}

// crossings finds the exceptions of some orders, and of those that they share or shared them with. Orders that had some
// and have none now are in the answer with an empty list.
func (d *DB) crossings(ctx context.Context, ids []int64) (map[int64][]crossedEntry, error) {
	s := crossSearch{d: d, ctx: ctx, found: map[int64][]crossedEntry{}}
	if err := s.look(ids); err != nil {
		return nil, err
	}
	known := s.found
	others := slices.DeleteFunc(s.with, func(id int64) bool { _, done := known[id]; return done })
	slices.Sort(others)
	s.found = map[int64][]crossedEntry{}
	if err := s.look(slices.Compact(others)); err != nil {
		return nil, err
	}
	for id, es := range s.found {
		known[id] = es
	}
	return known, nil
}

func (s *crossSearch) look(ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return err
	}
	var orders []crossing
	if err := s.d.query(s.ctx, `SELECT `+crossingColumns+` FROM json_each(?) j CROSS JOIN orders o ON o.id = j.value
		ORDER BY o.created, o.id`, []any{string(list)}, func(scan func(...any) error) error {
		c, err := scanCrossing(scan)
		orders = append(orders, c)
		return err
	}); err != nil {
		return err
	}
	for _, o := range orders {
		if o.flags&flagCrossed == 0 {
			continue
		}
		s.found[o.id] = nil
		if err := s.d.query(s.ctx, `SELECT order_id FROM exceptions WHERE other IS NOT NULL AND other = ?`, []any{o.id},
			func(scan func(...any) error) error {
				var other int64
				err := scan(&other)
				s.with = append(s.with, other)
				return err
			}); err != nil {
			return err
		}
	}
	if err := s.twins(orders); err != nil {
		return err
	}
	return s.tracked(orders)
}

// note adds an exception to an order; of each sort it has one.
func (s *crossSearch) note(id int64, e crossedEntry) {
	s.with = append(s.with, e.other)
	if !slices.ContainsFunc(s.found[id], func(x crossedEntry) bool { return x.n == e.n }) {
		s.found[id] = append(s.found[id], e)
	}
}

// twins looks for orders that were placed twice. The orders come by date; those that are near each other are looked at
// together, with all that were placed around the same time.
func (s *crossSearch) twins(orders []crossing) error {
	span := sameWithin.Milliseconds()
	for len(orders) > 0 {
		n := 1
		for n < len(orders) && orders[n].created-orders[n-1].created <= 2*span {
			n++
		}
		near := map[twinKey][]crossing{}
		if err := s.d.query(s.ctx, `SELECT `+crossingColumns+` FROM orders o INDEXED BY orders_created
			WHERE o.created BETWEEN ? AND ? ORDER BY o.created, o.id`, []any{orders[0].created - span, orders[n-1].created + span},
			func(scan func(...any) error) error {
				c, err := scanCrossing(scan)
				if c.twin.told() {
					near[c.twin] = append(near[c.twin], c)
				}
				return err
			}); err != nil {
			return err
		}
		for i := range orders[:n] {
			me := &orders[i]
			for j := range near[me.twin] {
				o := &near[me.twin][j]
				if apart := me.created - o.created; o.id != me.id && max(apart, -apart) <= span {
					s.note(me.id, crossedEntry{
						n: crossedTwice, code: order.ExceptionDuplicateOrder, other: o.id,
						text: "may be " + o.number + " placed twice: same customer, products and total, within half an hour",
					})
				}
			}
		}
		orders = orders[n:]
	}
	return nil
}

// tracked looks for tracking numbers that other orders have too.
func (s *crossSearch) tracked(orders []crossing) error {
	by := map[string][]int64{}
	var numbers []string
	for i := range orders {
		for _, n := range split(orders[i].tracking) {
			if by[n] == nil {
				numbers = append(numbers, n)
			}
			by[n] = append(by[n], orders[i].id)
		}
	}
	if len(numbers) == 0 || !s.d.has("orders_tracking") {
		return nil
	}
	list, err := json.Marshal(numbers)
	if err != nil {
		return err
	}
	return s.d.query(s.ctx, `SELECT j.value, o.id, o.number FROM json_each(?) j
		CROSS JOIN orders o INDEXED BY orders_tracking ON o.tracking = j.value AND o.tracking <> '' ORDER BY j.key, o.id`,
		[]any{string(list)}, func(scan func(...any) error) error {
			var tracking, number string
			var id int64
			if err := scan(&tracking, &id, &number); err != nil {
				return err
			}
			for _, me := range by[tracking] {
				if me != id {
					s.note(me, crossedEntry{
						n: crossedTracking, code: order.ExceptionDuplicateTracking, other: id,
						text: "the tracking number " + tracking + " is on order " + number + " too",
					})
				}
			}
			return nil
		})
}
