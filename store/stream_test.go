package store_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/filter"
)

var streamNow = time.Date(2026, 11, 21, 14, 0, 0, 0, time.UTC)

// streamed is a database of n orders of two shops, with links and placements.
func streamed(t testing.TB, n int) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{
		Path: filepath.Join(t.TempDir(), "a b#?%.db"), Clock: func() time.Time { return streamNow },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	for _, name := range []string{"aurora", "nordic"} {
		if err := db.PutShop(t.Context(), store.Shop{Name: name, Platform: "demo", Currency: "BRL"}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.ApplySupplier(t.Context(), store.SupplierPage{
		Supplier: "Lumen EU", Stream: "links",
		Links: []order.Link{{Store: "aurora", ProductKey: "sku:LS-0", Supplier: "Lumen EU", Cost: order.New(900, "BRL"), CostKnown: true}},
		Placements: []order.Placement{{
			Reference: "r4", Store: "aurora", ExternalID: "4", Supplier: "Lumen EU", Lines: []string{"l0"}, State: order.PlacementPlaced,
			Total: order.New(950, "BRL"), LateAt: streamNow.Add(-time.Hour), Parcels: []order.Parcel{{Tracking: "T-4"}, {Tracking: "T-5"}},
		}},
	}); err != nil {
		t.Fatal(err)
	}
	apply(t, db, 0, n)
	return db
}

func apply(t testing.TB, db *store.DB, from, to int) {
	t.Helper()
	pages := map[string][]store.Pulled{}
	for i := from; i < to; i++ {
		o := streamOrder(i)
		pages[o.Store] = append(pages[o.Store], store.Pulled{Order: o})
	}
	for shop, orders := range pages {
		if _, err := db.Apply(t.Context(), store.Page{Shop: shop, Stream: "orders", Orders: orders}); err != nil {
			t.Fatal(err)
		}
	}
}

// streamOrder is the i-th order: everything about it follows from i.
func streamOrder(i int) order.Order {
	currency := []string{"BRL", "JPY", "KWD"}[i%3]
	o := order.Order{
		Store: []string{"aurora", "nordic"}[i%2], ExternalID: fmt.Sprint(i), Number: fmt.Sprint(1000 + i), Currency: currency,
		CreatedAt: streamNow.Add(-time.Duration(i*7919%1000) * time.Minute), UpdatedAt: streamNow.Add(-time.Duration(i) * time.Second),
		CustomerPayment: order.CustomerPayments[i%len(order.CustomerPayments)], Fulfilment: order.Fulfilments[i%len(order.Fulfilments)],
		Refund: order.CaseStates[i%len(order.CaseStates)], Resend: order.ResendStates[i%len(order.ResendStates)],
		Lifecycle: order.Lifecycles[i/3%len(order.Lifecycles)], Archived: i%11 == 0, Test: i%13 == 0,
		Customer: order.Customer{Name: []string{"João Silva", "Łucja Nowak", "=山田", ""}[i%4], Email: fmt.Sprintf("c%d@example.com", i), Phone: "+48 42 555 01 03"},
		Shipping: order.Address{Name: "Someone Else", City: "Łódź", Country: "PL"},
		Total:    order.New(int64(i*1237%9000), currency), CustomerNote: "ring twice", Source: "web", PaymentMethod: "pix", ShippingMethod: "PAC",
		Notes: []order.Note{{At: streamNow, Kind: "note", Text: "second thought"}},
	}
	if i%5 == 0 {
		o.Tags = []string{"vip", "wholesale"}
	}
	for n := range i % 3 {
		o.Lines = append(o.Lines, order.Line{
			ExternalID: fmt.Sprint("l", n), SKU: fmt.Sprint("LS-", n), Title: "Linen shirt", Quantity: order.Quantity(15000),
			UnitPrice: order.New(100, currency), Total: order.New(150, currency),
		})
	}
	if i%4 == 0 {
		o.Fulfilments = []order.Shipment{{ExternalID: "f", Live: true, Tracking: fmt.Sprint("TR", i)}}
	}
	return o
}

var allFields = func() (all []store.Field) {
	for f := store.FieldID; f <= store.FieldNotes; f++ {
		all = append(all, f)
	}
	return all
}()

// line is a row of Stream as text.
func line(v store.Values, fields []store.Field) string {
	s := ""
	for i, f := range fields {
		switch f {
		case store.FieldStore, store.FieldExternalID, store.FieldNumber, store.FieldCustomer, store.FieldEmail, store.FieldPhone,
			store.FieldCountry, store.FieldCity, store.FieldItems, store.FieldSuppliers, store.FieldCurrency, store.FieldCostCurrency,
			store.FieldTracking, store.FieldTags, store.FieldSource, store.FieldPaymentMethod, store.FieldShippingMethod, store.FieldNotes:
			s += fmt.Sprintf(" %d:%q", f, v.Bytes(i))
		default:
			s += fmt.Sprintf(" %d:%d", f, v.Int(i))
		}
	}
	return s
}

// TestStreamSaysWhatOrdersSay streams every field of every order and compares with the whole orders, under filters
// that the search index, SQL and our own functions decide, in every order, and for a selection.
func TestStreamSaysWhatOrdersSay(t *testing.T) {
	db := streamed(t, 120)
	parse := func(s string) filter.Expr {
		t.Helper()
		e, err := filter.Parse(s, filter.Options{Now: streamNow, Zone: time.UTC, Decimal: '.'})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	queries := map[string]store.Query{
		"all": {}, "a shop": {Shops: []string{"nordic"}}, "no shop": {Shops: []string{"none"}},
		"search":          {Filter: parse("lucja")},
		"search by total": {Filter: parse("linen"), Sort: order.Sort{Key: order.SortTotal}},
		"phrase":          {Filter: parse(`"ring twice"`)},
		"function":        {Filter: parse("customer:lucja -tag:vip")},
		"columns":         {Filter: parse("total:>20 created:2026-11-21")},
		"late":            {Filter: parse("is:late"), Now: streamNow},
	}
	for _, key := range order.SortKeys {
		queries["by "+string(key)] = store.Query{Sort: order.Sort{Key: key}}
		queries["up by "+string(key)] = store.Query{Sort: order.Sort{Key: key, Asc: true}}
	}
	for _, tab := range order.Tabs() {
		if tab.Query == "" {
			queries["tab "+tab.ID] = store.Query{Tab: tab}
		}
	}
	total := 0
	for name, q := range queries {
		t.Run(name, func(t *testing.T) {
			var got, want []string
			if err := db.Stream(t.Context(), q, nil, allFields, func(v store.Values) error {
				got = append(got, line(v, allFields))
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			flat := store.NewFlat(allFields)
			var ids []uint32
			if err := db.Each(t.Context(), q, nil, func(r *order.Record) error {
				flat.Set(r)
				ids = append(ids, uint32(r.ID))
				want = append(want, line(flat, allFields))
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, want) {
				t.Fatalf("Stream gives %d rows:\n%q\nEach gives %d:\n%q", len(got), got, len(want), want)
			}
			listed, err := db.IDs(t.Context(), q)
			if err != nil || !slices.Equal(ids, listed) {
				t.Fatalf("the list has %d, the stream %d: %v", listed, ids, err)
			}
			total += len(got)
		})
	}
	if total < 1000 {
		t.Errorf("only %d rows were compared", total)
	}
	ids := []uint32{7, 99999, 3, 7, 1}
	var got []int64
	if err := db.Stream(t.Context(), store.Query{}, ids, []store.Field{store.FieldID}, func(v store.Values) error {
		got = append(got, v.Int(0))
		return nil
	}); err != nil || !slices.Equal(got, []int64{7, 3, 7, 1}) {
		t.Error(got, err)
	}
	if err := db.Stream(t.Context(), store.Query{}, []uint32{}, nil, func(store.Values) error { return errors.New("a row") }); err != nil {
		t.Error(err)
	}
}

// TestStreamIsOneInstant writes while it reads.
func TestStreamIsOneInstant(t *testing.T) {
	db := streamed(t, 60)
	for name, ids := range map[string][]uint32{"query": nil, "selection": {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}} {
		t.Run(name, func(t *testing.T) {
			rows, seen := 0, map[int64]bool{}
			before, err := db.IDs(t.Context(), store.Query{})
			if err != nil {
				t.Fatal(err)
			}
			err = db.Stream(t.Context(), store.Query{}, ids, []store.Field{store.FieldID, store.FieldNumber}, func(v store.Values) error {
				if rows++; rows == 2 {
					apply(t, db, 60, 90) // new ones
					for i := range 60 {  // and all the old ones otherwise
						o := streamOrder(i)
						o.Number = "changed"
						if _, err := db.Apply(t.Context(), store.Page{Shop: o.Store, Orders: []store.Pulled{{Order: o}}}); err != nil {
							return err
						}
					}
				}
				if string(v.Bytes(1)) == "changed" {
					return fmt.Errorf("row %d is younger than the first", rows)
				}
				seen[v.Int(0)] = true
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			want := len(before)
			if ids != nil {
				want = len(ids)
			}
			if rows != want || len(seen) != want {
				t.Errorf("%d rows, %d orders, want %d", rows, len(seen), want)
			}
			apply(t, db, 0, 60) // as they were
		})
	}
}

func TestStreamEnds(t *testing.T) {
	db := streamed(t, 30)
	stop := errors.New("enough")
	fields := []store.Field{store.FieldNumber}
	function := filter.Cond{Field: "customer", Values: []filter.Value{{Op: filter.Equal, Text: "nowak"}}}
	for name, q := range map[string]store.Query{"plain": {}, "function": {Filter: function}} {
		if err := db.Stream(t.Context(), q, nil, fields, func(store.Values) error { return stop }); !errors.Is(err, stop) || store.CodeOf(err) != "" {
			t.Errorf("%s: the error of fn became %v", name, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		rows := 0
		err := db.Stream(ctx, q, nil, fields, func(store.Values) error { rows++; cancel(); return nil })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: cancelled after %d rows: %v", name, rows, err)
		}
		if err := db.Stream(ctx, q, nil, fields, func(store.Values) error { return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: cancelled before: %v", name, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := db.Stream(t.Context(), store.Query{}, nil, fields, func(store.Values) error { return nil }); store.CodeOf(err) != store.Closed {
		t.Errorf("closed: %v", err)
	}
}
