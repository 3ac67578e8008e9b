package store

import (
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
)

func supply(t testing.TB, d *DB, p SupplierPage) Result {
	t.Helper()
	p.Supplier = "lumen"
	r, err := d.ApplySupplier(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func shirt(cost int64) order.Link {
	return order.Link{Store: "aurora", ProductKey: "sku:LS-M", Supplier: "Lumen EU", Cost: order.New(cost, "USD"), CostKnown: true}
}

func stages(t testing.TB, d *DB) Counts {
	t.Helper()
	all, err := d.Counts(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for tab, n := range all {
		if n == 0 {
			delete(all, tab)
		}
	}
	return all
}

func TestSupplierBeforeAndAfter(t *testing.T) {
	d := fresh(t)
	place := order.Placement{
		Reference: "p1", Store: "aurora", ExternalID: "x1", Supplier: "Lumen EU", Lines: []string{"1"}, State: order.PlacementPlaced,
		Total: order.New(700, "USD"), LateAt: testTime.Add(time.Hour), Parcels: []order.Parcel{{Tracking: "LX1"}},
	}
	supply(t, d, SupplierPage{Stream: "all", Cursor: []byte("c1"), Links: []order.Link{shirt(500)}, Placements: []order.Placement{place}})
	if c, err := d.Cursor(t.Context(), "supplier:lumen", "all"); err != nil || string(c) != "c1" {
		t.Errorf("cursor %q, %v", c, err)
	}
	apply(t, d, "aurora", simple("aurora", 1), simple("aurora", 2))
	if got := stages(t, d); got["placed"] != 1 || got["unpaid"] != 1 {
		t.Errorf("%v", got)
	}
	rec := record(t, d, "aurora", "x1")
	if len(rec.Placements) != 1 || rec.State.Cost != order.New(700, "USD") || len(rec.Links) != 1 || len(rec.Journal) != 0 {
		t.Errorf("%+v", rec.State)
	}
	if r := supply(t, d, SupplierPage{Placements: []order.Placement{place}, Links: []order.Link{shirt(500)}}); len(r.Changed) != 0 || r.Unchanged != 1 {
		t.Errorf("the same again: %+v", r)
	}
	place.State, place.ShippedAt = order.PlacementShipped, testTime
	if r := supply(t, d, SupplierPage{Placements: []order.Placement{place}}); len(r.Changed) != 1 {
		t.Errorf("shipped: %+v", r)
	}
	if got := stages(t, d); got["shipped"] != 1 || got["unpaid"] != 1 {
		t.Errorf("%v", got)
	}
	rec = record(t, d, "aurora", "x1")
	if i := slices.IndexFunc(rec.Journal, func(e order.Entry) bool { return e.Field == "stage" }); i < 0 ||
		rec.Journal[i] != (order.Entry{At: testTime, Who: "supplier:lumen", Field: "stage", Before: "placed", After: "shipped"}) {
		t.Errorf("journal %v", rec.Journal)
	}
	healthy(t, d)
}

// TestLinkOfManyOrders changes a link that very many orders have, and breaks off in between.
func TestLinkOfManyOrders(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.db")
	d := at(t, path, newClock(testTime))
	const n = 2*deriveAtOnce + 50
	var orders []order.Order
	for i := range n {
		orders = append(orders, simple("aurora", i+1))
	}
	apply(t, d, "aurora", orders...)
	if got := stages(t, d); got["quoting"] != n {
		t.Fatalf("%v", got)
	}
	if err := d.write(t.Context(), func(x *tx) error { // as if the process had ended right after the link was written
		a := applier{tx: x, who: "supplier:lumen"}
		l := shirt(500)
		return a.putLink(&l)
	}); err != nil {
		t.Fatal(err)
	}
	if got := stages(t, d); got["quoting"] != n {
		t.Fatalf("%v", got)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d = at(t, path, newClock(testTime))
	if err := d.BackgroundPass(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := stages(t, d); got["unpaid"] != n || got["quoting"] != 0 {
		t.Errorf("%v", got)
	}
	if r := supply(t, d, SupplierPage{Links: []order.Link{shirt(600)}}); len(r.Changed) != n {
		t.Errorf("%d orders changed", len(r.Changed))
	}
	if rec := record(t, d, "aurora", "x"+strconv.Itoa(n)); rec.State.Cost.Minor != 600 {
		t.Errorf("cost %v", rec.State.Cost)
	}
	healthy(t, d)
}

func TestShopSettingDerivesAnew(t *testing.T) {
	d := fresh(t)
	apply(t, d, "aurora", simple("aurora", 1))
	if err := d.PutShop(t.Context(), Shop{Name: "aurora", Platform: "test", Currency: "BRL", Zone: "UTC", OwnStock: true}); err != nil {
		t.Fatal(err)
	}
	if got := stages(t, d); got["to_ship"] != 1 || got["quoting"] != 0 {
		t.Errorf("%v", got)
	}
	if rec := record(t, d, "aurora", "x1"); rec.State.Stage != order.StageToShip {
		t.Errorf("%v", rec.State.Stage)
	}
	healthy(t, d)
}

func TestCrossed(t *testing.T) {
	d := fresh(t)
	a, b, c := simple("aurora", 10), simple("aurora", 20), simple("aurora", 90)
	for _, o := range []*order.Order{&b, &c} { // the same customer, products and total; c is too late for it
		o.Customer, o.Total, o.Lines, o.Subtotal = a.Customer, a.Total, a.Lines, a.Subtotal
	}
	sent := order.Shipment{Tracking: "LX1", Live: true, Shipped: true}
	e, f := simple("aurora", 200), simple("nordic", 300)
	e.Fulfilments, f.Fulfilments = []order.Shipment{sent}, []order.Shipment{sent}
	apply(t, d, "aurora", a, b, c, e)
	apply(t, d, "nordic", f)
	check := func(want map[string]order.ExceptionCode) {
		t.Helper()
		if err := d.BackgroundPass(t.Context()); err != nil {
			t.Fatal(err)
		}
		got := map[string]order.ExceptionCode{}
		if err := d.Each(t.Context(), Query{}, nil, func(r *order.Record) error {
			for _, x := range r.State.Exceptions {
				if x.Code == order.ExceptionDuplicateOrder || x.Code == order.ExceptionDuplicateTracking {
					got[r.ExternalID] = x.Code
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if len(got) != len(want) {
			t.Errorf("%v, want %v", got, want)
		}
		for id, code := range want {
			if got[id] != code {
				t.Errorf("%s: %q, want %q", id, got[id], code)
			}
		}
	}
	check(map[string]order.ExceptionCode{
		"x10": order.ExceptionDuplicateOrder, "x20": order.ExceptionDuplicateOrder,
		"x200": order.ExceptionDuplicateTracking, "x300": order.ExceptionDuplicateTracking,
	})
	b.Total = order.New(1, "BRL")
	apply(t, d, "aurora", b)
	check(map[string]order.ExceptionCode{
		"x200": order.ExceptionDuplicateTracking, "x300": order.ExceptionDuplicateTracking,
	})
	healthy(t, d)
}
