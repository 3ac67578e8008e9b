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

// crossSearch is a search for the exceptions of some orders. Thousands may have everything in common (an import that gave
// all orders one date, "-" as their tracking number), so that no pair is ever kept or looked at for its own sake.
type crossSearch struct {
	d     *DB
	ctx   context.Context
	upTo  int64                    // orders with a higher id will have their own turn
	found map[int64][]crossedEntry // also of orders that have none any more
	with  []int64                  // orders that an exception is, or was, shared with, and that may not know of it
}

// crossings finds the exceptions of some orders, and of those up to an id that they share or shared them with. Orders that
// had some and have none now are in the answer with an empty list.
func (d *DB) crossings(ctx context.Context, ids []int64, upTo int64) (map[int64][]crossedEntry, error) {
	s := crossSearch{d: d, ctx: ctx, upTo: upTo, found: map[int64][]crossedEntry{}}
	if err := s.look(ids); err != nil {
		return nil, err
	}
	known := s.found
	others := slices.DeleteFunc(s.with, func(id int64) bool { _, done := known[id]; return done })
	slices.Sort(others)
	s.found, s.with = map[int64][]crossedEntry{}, nil
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
				s.shares(other)
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
	if !slices.ContainsFunc(s.found[id], func(x crossedEntry) bool { return x.n == e.n }) {
		s.found[id] = append(s.found[id], e)
	}
}

// shares has another order looked at as well.
func (s *crossSearch) shares(id int64) {
	if id <= s.upTo {
		s.with = append(s.with, id)
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
		if err := s.twinsOf(orders[:n], span); err != nil {
			return err
		}
		orders = orders[n:]
	}
	return nil
}

// twinsOf looks for the twins of some orders that follow each other closely.
func (s *crossSearch) twinsOf(orders []crossing, span int64) error {
	near := map[twinKey]*siblings{}
	for i := range orders {
		if key := orders[i].twin; key.told() && near[key] == nil {
			near[key] = &siblings{}
		}
	}
	if err := s.d.query(s.ctx, `SELECT `+crossingColumns+`,
		o.flags & ? <> 0 AND EXISTS (SELECT 1 FROM exceptions e WHERE e.order_id = o.id AND e.n = ?) FROM orders o INDEXED BY orders_created
		WHERE o.created BETWEEN ? AND ? ORDER BY o.created, o.id`, []any{int64(flagCrossed), crossedTwice, orders[0].created - span, orders[len(orders)-1].created + span},
		func(scan func(...any) error) error {
			var twice bool
			c, err := scanCrossing(func(into ...any) error { return scan(append(into, &twice)...) })
			if g := near[c.twin]; g != nil {
				g.all = append(g.all, sibling{c.id, c.created, c.number, twice})
			}
			return err
		}); err != nil {
		return err
	}
	for i := range orders {
		me := &orders[i]
		g := near[me.twin]
		if g == nil {
			continue
		}
		for g.from < len(g.all) && g.all[g.from].created < me.created-span {
			g.from++
		}
		first := g.from
		if first < len(g.all) && g.all[first].id == me.id {
			first++
		}
		if first == len(g.all) || g.all[first].created > me.created+span {
			continue
		}
		s.note(me.id, crossedEntry{
			n: crossedTwice, code: order.ExceptionDuplicateOrder, other: g.all[first].id,
			text: "may be " + g.all[first].number + " placed twice: same customer, products and total, within half an hour",
		})
		for g.told = max(g.told, g.from); g.told < len(g.all) && g.all[g.told].created <= me.created+span; g.told++ {
			if !g.all[g.told].twice {
				s.shares(g.all[g.told].id)
			}
		}
	}
	return nil
}

// siblings are the orders around a time that have everything in common that twins have, by date.
type siblings struct {
	all  []sibling
	from int // the first that is near enough to the order that is looked at
	told int // those before are seen to
}

type sibling struct {
	id, created int64
	number      string
	twice       bool
}

// tracked looks for tracking numbers that other orders have too.
func (s *crossSearch) tracked(orders []crossing) error {
	by := map[string]*tracking{}
	var numbers []string
	for i := range orders {
		for _, n := range split(orders[i].tracking) {
			if by[n] == nil {
				by[n] = &tracking{first: orders[i].id}
				numbers = append(numbers, n)
			}
			t := by[n]
			t.left, t.several = append(t.left, orders[i].id), t.several || orders[i].id != t.first
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
			var text, number string
			var id int64
			if err := scan(&text, &id, &number); err != nil {
				return err
			}
			t := by[text]
			if t.several || t.first != id {
				s.shares(id)
			}
			t.left = slices.DeleteFunc(t.left, func(me int64) bool {
				if me == id {
					return false
				}
				s.note(me, crossedEntry{
					n: crossedTracking, code: order.ExceptionDuplicateTracking, other: id,
					text: "the tracking number " + text + " is on order " + number + " too",
				})
				return true
			})
			return nil
		})
}

// tracking is a number that some of the orders have that are looked at.
type tracking struct {
	first   int64
	several bool    // it is on others of them as well
	left    []int64 // those for which no other order was found yet
}
