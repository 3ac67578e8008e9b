package store

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/ordertest"
)

// clock stands still unless a test moves it.
// The database asks it from goroutines of its own too.
type clock struct{ at atomic.Pointer[time.Time] }

func newClock(at time.Time) *clock {
	c := &clock{}
	c.set(at)
	return c
}

func (c *clock) now() time.Time   { return *c.at.Load() }
func (c *clock) set(at time.Time) { c.at.Store(&at) }

// testTime is the instant at which test databases begin.
var testTime = ordertest.Now

// fresh gives an empty database with the shops aurora and nordic.
func fresh(t testing.TB) *DB {
	t.Helper()
	return at(t, filepath.Join(t.TempDir(), "data", "desk.db"), newClock(testTime))
}

// pristine is the file of a database that has nothing in it yet: copying it is faster than making it.
var pristine = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "orderdeck")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "desk.db")
	d, err := Open(context.Background(), Options{Path: path})
	if err != nil {
		return nil, err
	}
	if err := d.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// seedFile writes an empty database to path, unless there is one.
func seedFile(path string) error {
	file, err := pristine()
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, file, 0o600)
}

// at opens the database at path and gives it the two shops.
func at(t testing.TB, path string, c *clock) *DB {
	t.Helper()
	if err := seedFile(path); err != nil {
		t.Fatal(err)
	}
	d, err := Open(t.Context(), Options{Path: path, Clock: c.now, busy: 200 * time.Millisecond})
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	for _, name := range ordertest.Stores {
		if err := d.PutShop(t.Context(), Shop{Name: name, Platform: "test", Currency: "BRL", Zone: "UTC"}); err != nil {
			t.Fatalf("put shop: %v", err)
		}
	}
	return d
}

// apply writes orders and fails the test if that fails.
func apply(t testing.TB, d *DB, shop string, orders ...order.Order) Result {
	t.Helper()
	p := Page{Shop: shop, Stream: "orders"}
	for _, o := range orders {
		p.Orders = append(p.Orders, Pulled{Order: o, Raw: []byte(`{"id":"` + o.ExternalID + `"}`)})
	}
	r, err := d.Apply(t.Context(), p)
	if err != nil {
		t.Fatalf("apply: %v", err)
	}
	return r
}

// simple is a paid order with one line, n minutes before testTime.
func simple(shop string, n int) order.Order {
	id := strconv.Itoa(n)
	total := order.New(int64(1000+n), "BRL")
	return order.Order{
		Store: shop, ExternalID: "x" + id, Number: id, CreatedAt: testTime.Add(-time.Duration(n) * time.Minute),
		UpdatedAt: testTime.Add(-time.Duration(n) * time.Minute), Currency: "BRL", CustomerPayment: order.PaymentPaid,
		Fulfilment: order.Unfulfilled, Refund: order.CaseNone, Resend: order.ResendNone, Lifecycle: order.LifecycleOpen,
		Customer: order.Customer{Name: "Maria Souza " + id, Email: "maria" + id + "@example.com", Phone: "+55 11 5555 " + strconv.Itoa(1000+n)},
		Shipping: order.Address{Name: "Maria Souza", Line1: "Rua Augusta " + id, City: "São Paulo", Country: "BR"},
		Lines: []order.Line{{
			ExternalID: "1", SKU: "LS-M", Title: "Linen shirt", Variant: "M", Quantity: order.Units(1), UnitPrice: total, Total: total,
		}},
		Subtotal: total, Total: total, Paid: total,
	}
}

// healthy fails the test if Check finds anything.
func healthy(t testing.TB, d *DB) {
	t.Helper()
	findings, err := d.Check(context.Background())
	if err != nil {
		t.Fatalf("check: %v", err)
	}
	for _, f := range findings {
		if f.Severity != Fine && f.Check != "space" {
			t.Errorf("check %s: %s: %s", f.Check, f.Severity, f.Text)
		}
	}
}

// populate fills a database with random orders, links, placements and intents, and gives the records as they are to be,
// by local id.
func populate(t *rapid.T, d *DB, n int) map[int64]*order.Record {
	ctx := context.Background()
	pages := map[string]*Page{}
	for _, s := range ordertest.Stores {
		pages[s] = &Page{Shop: s, Stream: "orders"}
	}
	var supplied SupplierPage
	for i := range n {
		o := ordertest.Order(t)
		o.ExternalID = strconv.Itoa(i)
		f := ordertest.Facts(t, &o)
		for _, l := range f.Links {
			supplied.Links = append(supplied.Links, l)
		}
		for _, p := range f.Placements {
			p.Reference = o.Store + o.ExternalID + p.Reference
			supplied.Placements = append(supplied.Placements, p)
		}
		pages[o.Store].Orders = append(pages[o.Store].Orders, Pulled{Order: o})
		if f.Gone {
			pages[o.Store].Gone = append(pages[o.Store].Gone, o.ExternalID)
		}
	}
	first := rapid.Bool().Draw(t, "suppliers first")
	supply := func() {
		if _, err := d.ApplySupplier(ctx, supplied); err != nil {
			t.Fatalf("apply supplier: %v", err)
		}
	}
	if first {
		supply()
	}
	for _, s := range ordertest.Stores {
		if _, err := d.Apply(ctx, *pages[s]); err != nil {
			t.Fatalf("apply: %v", err)
		}
	}
	if !first {
		supply()
	}
	records := map[int64]*order.Record{}
	if err := d.Each(ctx, Query{}, nil, func(r *order.Record) error {
		c := *r
		records[r.ID] = &c
		return nil
	}); err != nil {
		t.Fatalf("each: %v", err)
	}
	if len(records) != n {
		t.Fatalf("%d orders went in, %d came out", n, len(records))
	}
	return records
}
