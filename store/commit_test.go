package store

import (
	"context"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
)

// usd is an amount that the test supplier is paid in.
func usd(minor int64) order.Money { return order.New(minor, "USD") }

// buying is how the merchant of the tests has set things: one supplier, with a cap of 100 dollars.
func buying() checkout.Settings {
	limit := usd(10_000)
	return checkout.Settings{
		Suppliers: []checkout.Supplier{{
			Name: "Lumen EU", Kind: "demo", Currency: "USD", Mode: checkout.ModeManual, Cap: &limit, NoteMax: 500,
			ProcessingDays: [2]int{1, 3}, TellStore: true,
		}},
		Zone: time.UTC,
	}
}

// stock brings n orders whose product is linked, the supplier's account and its quotes.
func stock(t testing.TB, d *DB, s checkout.Settings, n int) []int64 {
	t.Helper()
	orders := make([]order.Order, n)
	for i := range orders {
		orders[i] = simple("aurora", i+1)
		orders[i].Lines[0].ExternalID = "l" + strconv.Itoa(i+1)
	}
	apply(t, d, "aurora", orders...)
	l := shirt(500)
	l.SupplierSKU = "LUM-1"
	if _, err := d.PutLinks(t.Context(), "test", []order.Link{l}); err != nil {
		t.Fatal(err)
	}
	ids := make([]int64, n)
	for i := range ids {
		ids[i] = record(t, d, "aurora", orders[i].ExternalID).ID
	}
	quoteFor(t, d, s, ids)
	return ids
}

// quoteFor answers every quote and account that these orders need.
func quoteFor(t testing.TB, d *DB, s checkout.Settings, ids []int64) {
	t.Helper()
	ctx := context.Background()
	if err := d.SaveAccount(ctx, checkout.Account{
		Supplier: "Lumen EU", At: d.clock(), Methods: []checkout.PayMethod{{Code: "card", Name: "Card on file", Kind: checkout.PayCard}},
	}); err != nil {
		t.Fatal(err)
	}
	inputs, err := d.CheckoutInputs(ctx, ids, s)
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range inputs {
		e := checkout.Make(in, s)
		if e.Basket == "" {
			continue
		}
		q := checkout.Quote{Supplier: e.Key.Supplier, Basket: e.Basket, At: d.clock(), Methods: []checkout.Method{{Code: "std", Name: "Standard", Cost: usd(200), Days: [2]int{5, 9}}}}
		for _, it := range e.Items {
			q.Items = append(q.Items, checkout.QuotedItem{SKU: it.SKU, Quantity: it.Quantity, Unit: it.Unit})
		}
		if err := d.SaveQuote(ctx, q); err != nil {
			t.Fatal(err)
		}
	}
}

// partsOf is what the checkout screen hands to Commit for these orders.
func partsOf(t testing.TB, d *DB, s checkout.Settings, ids []int64) []CommitPart {
	t.Helper()
	inputs, err := d.CheckoutInputs(context.Background(), ids, s)
	if err != nil {
		t.Fatal(err)
	}
	parts := make([]CommitPart, 0, len(inputs))
	for _, in := range inputs {
		e := checkout.Make(in, s)
		parts = append(parts, CommitPart{Key: e.Key, Total: e.Total, Choice: in.Choice})
	}
	return parts
}

// buy commits parts and wants all of them taken.
func buy(t testing.TB, d *DB, s checkout.Settings, parts []CommitPart) []string {
	t.Helper()
	done, err := d.Commit(context.Background(), "ana", parts, s)
	if err != nil {
		t.Fatal(err)
	}
	refs := make([]string, len(done))
	for i, c := range done {
		if c.Reference == "" {
			t.Fatalf("part %d was not taken: %+v", i, c.Blockers)
		}
		refs[i] = c.Reference
	}
	return refs
}

func TestCommit(t *testing.T) {
	d, s := fresh(t), buying()
	ids := stock(t, d, s, 3)
	parts := partsOf(t, d, s, ids)
	if len(parts) != 3 || parts[0].Total != usd(700) {
		t.Fatalf("%+v", parts)
	}
	refs := buy(t, d, s, parts)
	if got := stages(t, d); got["pending"] != 3 {
		t.Errorf("%v", got)
	}
	if m, err := d.Spent(t.Context(), "Lumen EU", testTime); err != nil || m != usd(2100) {
		t.Errorf("spent %v, %v", m, err)
	}
	due, err := d.DueEffects(t.Context(), 10)
	if err != nil || len(due) != 3 || due[0].Reference != refs[0] || due[0].Kind != EffectPlace || due[0].OrderID != ids[0] || due[0].Who != "ana" {
		t.Errorf("%+v, %v", due, err)
	}
	rec := record(t, d, "aurora", "x1")
	if p := rec.Placements[0]; !p.Own || p.State != order.PlacementPending || p.Goods != usd(500) || p.Shipping != usd(200) || p.Total != usd(700) ||
		!p.CheckedOut.Equal(testTime) || p.Lines[0] != "l1" {
		t.Errorf("%+v", p)
	}
	if !slices.ContainsFunc(rec.Journal, func(e order.Entry) bool { return e.Field == "stage" && e.After == "pending" && e.Who == "ana" }) {
		t.Errorf("%+v", rec.Journal)
	}
	again, err := d.Commit(t.Context(), "ana", parts, s)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range again {
		if c.Reference != "" || len(c.Blockers) != 1 || c.Blockers[0].Code != checkout.BlockStage {
			t.Errorf("%+v", c)
		}
	}
	healthy(t, d)
}
