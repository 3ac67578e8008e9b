package cj

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/sync/outbox"
	"github.com/orderdeck/orderdeck/sync/supplier/cj/cjfake"
)

// TestTheOutboxBuysAtCJ: an order goes from a link to a payment through the database and the outbox, as a merchant's does.
func TestTheOutboxBuysAtCJ(t *testing.T) {
	ctx := t.Context()
	fake, err := cjfake.New("")
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(Options{
		Name: "cj", Key: cjfake.Key, Tokens: &memory{}, Transport: fake.Transport(), PerSecond: 1e6, Pause: time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	fake.Quirks.QPS = 1e6
	s.limit.SetLimit(1e6)
	db, err := store.Open(ctx, store.Options{Path: filepath.Join(t.TempDir(), "orders.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(db.PutShop(ctx, store.Shop{Name: "shop", Platform: "vendure", Currency: "USD", Zone: "UTC"}))
	price := order.New(2500, "USD")
	at := time.Now().Add(-time.Hour)
	o := order.Order{
		Store: "shop", ExternalID: "7", Number: "1042", CreatedAt: at, UpdatedAt: at, Currency: "USD", CustomerPayment: order.PaymentPaid,
		Fulfilment: order.Unfulfilled, Refund: order.CaseNone, Resend: order.ResendNone, Lifecycle: order.LifecycleOpen,
		Shipping: order.Address{Name: "Ana Silva", Line1: "1 Main St", City: "Austin", Province: "TX", PostalCode: "73301", Country: "US"},
		Subtotal: price, Total: price, Paid: price,
		Lines: []order.Line{{ExternalID: "71", SKU: "STRAINER", Title: "Tea strainer", Quantity: order.Units(1), UnitPrice: price, Total: price}},
	}
	res, err := db.Apply(ctx, store.Page{Shop: "shop", Stream: "s", Orders: []store.Pulled{{Order: o, Raw: []byte("{}")}}})
	must(err)
	_, err = db.PutLinks(ctx, "test", []order.Link{{
		Store: "shop", ProductKey: "sku:STRAINER", Supplier: "cj", SupplierSKU: "CJTEST000101AZ", Cost: usd(350), CostKnown: true,
	}})
	must(err)
	settings := checkout.Settings{
		Suppliers: []checkout.Supplier{{Name: "cj", Kind: "cj", Currency: "USD", Mode: checkout.ModeManual, NoteMax: 500, TellStore: true}}, Zone: time.UTC,
	}
	a, err := s.Account(ctx)
	must(err)
	must(db.SaveAccount(ctx, a))
	entry := func() checkout.Entry {
		t.Helper()
		in, err := db.CheckoutInputs(ctx, res.Changed, settings)
		if err != nil || len(in) != 1 {
			t.Fatal(in, err)
		}
		return checkout.Make(in[0], settings)
	}
	e := entry()
	q, err := s.Quote(ctx, outbox.QuoteReq{Basket: e.Basket, Items: e.Items, Address: o.Shipping, Amount: o.Total})
	must(err)
	must(db.SaveQuote(ctx, q))
	if e = entry(); !e.Ready() || e.Total != usd(821) {
		t.Fatalf("%+v", e)
	}
	_, err = db.Commit(ctx, "test", []store.CommitPart{{Key: e.Key, Total: e.Total}}, settings)
	must(err)
	shop := &oneOrder{o: o}
	w := outbox.New(outbox.Options{
		DB: db, Suppliers: []outbox.Supplier{s}, Shops: map[string]outbox.Shop{"shop": shop}, Settings: func() checkout.Settings { return settings },
	})
	var effects []store.Effect
	for range 20 {
		_, err := w.Step(ctx)
		must(err)
		effects, err = w.Open(ctx)
		must(err)
		if len(effects) == 0 {
			break
		}
	}
	all, err := db.Effects(ctx, store.EffectFilter{OrderID: res.Changed[0]})
	if err != nil || len(all) != 2 || all[0].State != store.EffectSent || all[1].State != store.EffectSent {
		t.Fatalf("%+v %v", all, err)
	}
	p, err := db.PlacementsOf(ctx, all[0].Reference)
	if err != nil || !p.State.Paid() || p.SupplierNo == "" || p.Total != usd(821) || p.Receipt == "" {
		t.Errorf("%+v %v", p, err)
	}
	if payments, orders := fake.PaymentsOf(all[0].Reference); payments != 1 || orders != 1 {
		t.Errorf("%d payments, %d orders", payments, orders)
	}
}

// oneOrder is a store with one order.
type oneOrder struct{ o order.Order }

func (s *oneOrder) Read(context.Context, string) (store.Pulled, error) {
	return store.Pulled{Order: s.o, Raw: []byte("{}")}, nil
}

func (s *oneOrder) Fulfil(context.Context, string, store.TellDoc) error { return nil }
