package prooftest

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/sync/clock"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

const shopName = "aurora"

// settled is how long nothing must change before it counts.
const settled = 10 * time.Second

// start is when the tests begin.
var start = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// settings are the merchant's.
func settings() checkout.Settings {
	limit := usd(500_000)
	return checkout.Settings{
		Suppliers: []checkout.Supplier{{
			Name: supplierName, Kind: "test", Currency: "USD", Mode: checkout.ModeManual, Cap: &limit, TellStore: true, ProcessingDays: [2]int{1, 3},
		}},
		Zone: time.UTC,
	}
}

// customer is the n-th order of the shop: one of each of two products.
func customer(n int) order.Order {
	id := strconv.Itoa(n)
	price := order.New(2500, "BRL")
	o := order.Order{
		Store: shopName, ExternalID: "x" + id, Number: "10" + id, CreatedAt: start.Add(-time.Hour), UpdatedAt: start.Add(-time.Hour),
		Currency: "BRL", CustomerPayment: order.PaymentPaid, Fulfilment: order.Unfulfilled, Refund: order.CaseNone, Resend: order.ResendNone,
		Lifecycle: order.LifecycleOpen, Customer: order.Customer{Name: "Maria Souza", Email: "maria@example.com"},
		Shipping: order.Address{Name: "Maria Souza", Line1: "Rua Augusta " + id, City: "São Paulo", PostalCode: "01310-100", Country: "BR"},
		Subtotal: order.New(5000, "BRL"), Total: order.New(5000, "BRL"), Paid: order.New(5000, "BRL"),
	}
	for i, sku := range []string{"SHIRT", "CANDLE"} {
		o.Lines = append(o.Lines, order.Line{
			ExternalID: fmt.Sprintf("l%s-%d", id, i), SKU: sku, Title: sku, Quantity: order.Units(1), UnitPrice: price, Total: price,
		})
	}
	return o
}

// stock makes a database in which n orders are ready to be checked out, and puts them into the shop.
func stock(t testing.TB, h *house, d *store.DB, n int) []int64 {
	t.Helper()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(d.PutShop(ctx, store.Shop{Name: shopName, Platform: "test", Currency: "BRL", Zone: "UTC"}))
	page := store.Page{Shop: shopName, Stream: "orders"}
	for i := range n {
		o := customer(i + 1)
		h.shop[o.ExternalID] = o
		page.Orders = append(page.Orders, store.Pulled{Order: o})
	}
	res, err := d.Apply(ctx, page)
	must(err)
	for _, sku := range []string{"SHIRT", "CANDLE"} {
		_, err := d.PutLinks(ctx, "test", []order.Link{{
			Store: shopName, ProductKey: "sku:" + sku, Supplier: supplierName, SupplierSKU: "H-" + sku, Cost: usd(300), CostKnown: true,
		}})
		must(err)
	}
	ids := slices.Clone(res.Changed)
	slices.Sort(ids)
	a, err := connect("http://127.0.0.1:1", outbox.Caps{})
	must(err)
	balance := usd(full)
	must(d.SaveAccount(ctx, checkout.Account{Supplier: supplierName, Methods: []checkout.PayMethod{
		{Code: "wallet", Name: "Wallet", Kind: checkout.PayBalance, Available: &balance},
	}}))
	inputs, err := d.CheckoutInputs(ctx, ids, settings())
	must(err)
	for i := range inputs {
		e := checkout.Make(inputs[i], settings())
		q, err := a.Quote(ctx, outbox.QuoteReq{Basket: e.Basket, Items: e.Items})
		must(err)
		must(d.SaveQuote(ctx, q))
	}
	return ids
}

// checkoutAll buys what can be bought of these orders and was not bought before: what a merchant does with P.
func checkoutAll(ctx context.Context, d *store.DB, ids []int64, who string) ([]store.Committed, error) {
	inputs, err := d.CheckoutInputs(ctx, ids, settings())
	if err != nil {
		return nil, err
	}
	var parts []store.CommitPart
	for i := range inputs {
		e := checkout.Make(inputs[i], settings())
		if e.Ready() && !slices.ContainsFunc(inputs[i].Facts.Placements, func(p order.Placement) bool { return p.Own }) {
			parts = append(parts, store.CommitPart{Key: e.Key, Total: e.Total, Choice: inputs[i].Choice})
		}
	}
	return d.Commit(ctx, who, parts, settings())
}

// manual is a clock that stands still until it is moved.
type manual struct{ at atomic.Int64 }

func (m *manual) Now() time.Time                     { return start.Add(time.Duration(m.at.Load())) }
func (m *manual) NewTimer(time.Duration) clock.Timer { panic("nobody waits here") }
func (m *manual) to(at time.Time)                    { m.at.Store(int64(at.Sub(start))) }

// desk is the program under test within this process, stepped by hand.
type desk struct {
	t     testing.TB
	h     *house
	db    *store.DB
	w     *outbox.Worker
	a     *adapter
	clock *manual
	ids   []int64
	set   checkout.Settings
}

// caps are those of a supplier that can be looked into.
func caps() outbox.Caps {
	return outbox.Caps{FindIsProof: true, SettleAfter: settled, Every: time.Minute}
}

// begin makes a desk with n orders and a supplier that behaves as told.
func begin(t testing.TB, h *house, n int, c outbox.Caps) *desk {
	t.Helper()
	x := &desk{t: t, h: h, clock: &manual{}, set: settings()}
	h.now = x.clock.Now
	url := open(t, h)
	db, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "desk.db"), Clock: x.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	x.db = db
	x.ids = stock(t, h, db, n)
	x.a = dial(t, url, c)
	x.w = x.worker(db)
	return x
}

// worker is another one for the same house.
func (x *desk) worker(db outbox.DB) *outbox.Worker {
	return outbox.New(outbox.Options{
		DB: db, Suppliers: []outbox.Supplier{x.a}, Shops: map[string]outbox.Shop{shopName: x.a}, Clock: x.clock,
		Settings: func() checkout.Settings { return x.set },
	})
}

// buy checks all orders out and gives their references.
func (x *desk) buy() []string {
	x.t.Helper()
	done, err := checkoutAll(x.t.Context(), x.db, x.ids, "ana")
	if err != nil {
		x.t.Fatal(err)
	}
	var refs []string
	for _, c := range done {
		if c.Reference == "" {
			x.t.Fatalf("not taken: %+v", c.Blockers)
		}
		refs = append(refs, c.Reference)
	}
	return refs
}

// run lets time pass until nothing is open any more, or for at most so long.
func (x *desk) run(most time.Duration) {
	x.t.Helper()
	end := x.clock.Now().Add(most)
	for {
		next, err := x.w.Step(x.t.Context())
		if err != nil {
			x.t.Fatal(err)
		}
		if next.IsZero() || next.After(end) {
			return
		}
		if !next.After(x.clock.Now()) {
			next = x.clock.Now().Add(time.Second)
		}
		x.clock.to(next)
	}
}

func (x *desk) placement(reference string) order.Placement {
	x.t.Helper()
	p, err := x.db.PlacementsOf(x.t.Context(), reference)
	if err != nil {
		x.t.Fatal(err)
	}
	return p
}

func (x *desk) effect(reference string, kind store.EffectKind) store.Effect {
	x.t.Helper()
	all, err := x.db.Effects(x.t.Context(), store.EffectFilter{Reference: reference})
	if err != nil {
		x.t.Fatal(err)
	}
	for _, e := range all {
		if e.Kind == kind {
			return e
		}
	}
	return store.Effect{}
}

// audit compares what the database believes with what the house did: nothing is paid twice, nothing is made twice, nothing
// is lost, and whatever does not go on says why.
func audit(ctx context.Context, h *house, d *store.DB, ids []int64) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	var wrong []string
	bad := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	made, charged, live := map[string]int{}, map[string]int{}, map[string]int{}
	var took int64
	for _, o := range h.orders {
		if o.Part {
			continue
		}
		made[o.Reference]++
		charged[o.Reference] += o.Charged
		if !o.Cancelled {
			live[o.Reference]++
		}
		took += int64(o.Charged) * o.price(h)
	}
	for r, n := range made {
		if n > 1 {
			bad("%s was made %d times", r, n)
		}
	}
	if h.wallet != full-took {
		bad("the wallet has %d after %d were taken", h.wallet, took)
	}
	for tracking, n := range h.told {
		if n > 1 {
			bad("the store was told of %s %d times", tracking, n)
		}
	}
	known := map[string]bool{}
	for _, id := range ids {
		rec, err := d.Record(ctx, id)
		if err != nil {
			return err
		}
		bought := 0
		for _, p := range rec.Placements {
			known[p.Reference] = true
			bought += charged[p.Reference]
			switch {
			case p.State.Paid() && charged[p.Reference] != 1:
				bad("%s is %s, and was paid %d times", p.Reference, p.State, charged[p.Reference])
			case !p.State.Paid() && charged[p.Reference] > 0:
				bad("%s is %s (%s), and was paid", p.Reference, p.State, p.Reason)
			case p.State == order.PlacementCancelled && live[p.Reference] > 0:
				bad("%s is given up, and the supplier still has it", p.Reference)
			}
			if err := understandable(ctx, d, p); err != nil {
				bad("%v", err)
			}
		}
		if bought > 1 {
			bad("the order %s was bought %d times", rec.Number, bought)
		}
	}
	for r := range made {
		if !known[r] {
			bad("the supplier has %s, and nobody here knows of it", r)
		}
	}
	if len(wrong) > 0 {
		slices.Sort(wrong)
		return fmt.Errorf("%s", strings.Join(wrong, "\n"))
	}
	return nil
}

// understandable wants a placement that does not go on to say why.
func understandable(ctx context.Context, d *store.DB, p order.Placement) error {
	all, err := d.Effects(ctx, store.EffectFilter{Reference: p.Reference})
	if err != nil {
		return err
	}
	var open, failed []store.Effect
	for _, e := range all {
		switch {
		case e.State.Open():
			open = append(open, e)
		case e.State == store.EffectFailed:
			failed = append(failed, e)
		}
	}
	for _, e := range open {
		if e.Reason == "" {
			return fmt.Errorf("“%s” of %s is %s and does not say why", e.Kind, p.Reference, e.State)
		}
	}
	if p.State == order.PlacementPending && len(open) == 0 && (len(failed) == 0 || failed[0].Reason == "" || p.Reason == "") {
		return fmt.Errorf("%s is pending, nothing goes on, and it does not say why (%q, %d failed)", p.Reference, p.Reason, len(failed))
	}
	return nil
}

func (x *desk) check() {
	x.t.Helper()
	if err := audit(context.Background(), x.h, x.db, x.ids); err != nil {
		x.t.Error(err)
	}
}
