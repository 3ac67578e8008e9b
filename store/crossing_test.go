package store

import (
	"testing"

	"github.com/orderdeck/orderdeck/store/order"
)

// TestThousandsThatLookAlikeAreNotPaired: an import may give all orders one date, and a shop write "-" where a tracking
// number belongs. Each of them is told of one other, and what is kept meanwhile does not grow with their pairs.
func TestThousandsThatLookAlikeAreNotPaired(t *testing.T) {
	const n = 1500
	d := fresh(t)
	all := make([]order.Order, n)
	like := simple("aurora", 1)
	for i := range all {
		all[i] = simple("aurora", i+1)
		all[i].CreatedAt, all[i].Customer, all[i].Total, all[i].Lines, all[i].Subtotal = like.CreatedAt, like.Customer, like.Total, like.Lines, like.Subtotal
		all[i].Fulfilments = []order.Shipment{{Tracking: "-", Live: true, Shipped: true}}
	}
	apply(t, d, "aurora", all...)
	if err := d.BackgroundPass(t.Context()); err != nil {
		t.Fatal(err)
	}
	twins, parcels := 0, 0
	var ids []int64
	if err := d.Each(t.Context(), Query{}, nil, func(r *order.Record) error {
		ids = append(ids, r.ID)
		for _, x := range r.State.Exceptions {
			switch x.Code {
			case order.ExceptionDuplicateOrder:
				twins++
			case order.ExceptionDuplicateTracking:
				parcels++
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if twins != n || parcels != n {
		t.Errorf("%d orders look as if placed twice and %d share a tracking number, of %d", twins, parcels, n)
	}
	s := crossSearch{d: d, ctx: t.Context(), upTo: ids[0] + n, found: map[int64][]crossedEntry{}}
	if err := s.look(ids[:500]); err != nil {
		t.Fatal(err)
	}
	if len(s.with) > 4*n {
		t.Errorf("%d others are kept for 500 of %d orders", len(s.with), n)
	}
	healthy(t, d)
}
