package store

import (
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/filter"
)

func TestRows(t *testing.T) {
	d := fresh(t)
	late := simple("aurora", 1)
	late.Lines = append(late.Lines, order.Line{ExternalID: "2", SKU: "WT", Title: "Wool throw", Quantity: 15_000, ImageURL: "https://example.com/w.jpg"})
	late.Tags = []string{"vip", "gift"}
	apply(t, d, "aurora", late, simple("aurora", 2), simple("aurora", 3))
	supply(t, d, SupplierPage{
		Links: []order.Link{shirt(500), {Store: "aurora", ProductKey: "sku:WT", Supplier: "CJ", Cost: order.New(300, "USD"), CostKnown: true}},
		Placements: []order.Placement{{
			Reference: "p", Store: "aurora", ExternalID: "x1", Supplier: "Lumen EU", Lines: []string{"1"}, State: order.PlacementPlaced,
			Total: order.New(550, "USD"), LateAt: testTime.Add(-time.Minute), Parcels: []order.Parcel{{Tracking: "LX1"}, {Tracking: "LX2"}},
		}},
	})
	rows, err := d.Rows(t.Context(), []uint32{3, 99, 1})
	if err != nil || len(rows) != 2 || rows[0].ExternalID != "x3" {
		t.Fatalf("%+v, %v", rows, err)
	}
	want := order.Row{
		ID: 1, Store: "aurora", Number: "1", ExternalID: "x1", CreatedAt: late.CreatedAt, UpdatedAt: late.UpdatedAt,
		Customer: "Maria Souza 1", Email: "maria1@example.com", Phone: "+55 11 5555 1001", Country: "BR", City: "São Paulo",
		Items: "1× Linen shirt +1", Quantity: 25_000, Suppliers: "Lumen EU +1", Cost: order.New(1000, "USD"), CostKnown: true,
		Total: order.New(1001, "BRL"), Stage: order.StageUnpaid, Partly: true, CustomerPayment: order.PaymentPaid,
		Fulfilment: order.Unfulfilled, Refund: order.CaseNone, Late: true, Hold: order.HoldNone, Tracking: "LX1", Tags: "vip, gift",
		ImageURL: "https://example.com/w.jpg",
	}
	if !reflect.DeepEqual(rows[1], want) {
		t.Errorf("\n got %+v\nwant %+v", rows[1], want)
	}
	odd := order.Order{Store: "aurora", ExternalID: "a\x1eb\x1fc", Customer: order.Customer{Email: "x\x1ey"}, Tags: []string{""}}
	id := apply(t, d, "aurora", odd).Changed[0]
	if rows, err = d.Rows(t.Context(), []uint32{uint32(id)}); err != nil || rows[0].ExternalID != odd.ExternalID || rows[0].Email != "x y" ||
		rows[0].Number != "" || rows[0].Country != "" || rows[0].CustomerPayment != "" {
		t.Errorf("an order with nearly nothing in it: %+v, %v", rows, err)
	}
	if rows, err := d.Rows(t.Context(), nil); err != nil || rows != nil {
		t.Errorf("%v, %v", rows, err)
	}
}

// TestRowSaysWhatRecordSays compares the columns of the list with the state that is derived from everything.
func TestRowSaysWhatRecordSays(t *testing.T) {
	dir := t.TempDir()
	n := 0
	sparing(t, 30, func(rt *rapid.T) {
		n++
		c := newClock(testTime)
		d := openRapid(rt, filepath.Join(dir, "rows"+numeral(int64(n))+".db"), c)
		defer d.Close()
		records := populate(rt, d, 6)
		c.set(testTime.Add(time.Duration(rapid.IntRange(0, 20*24).Draw(rt, "later")) * time.Hour))
		w, err := d.Window(t.Context(), Query{}, Key{}, false, 50)
		if err != nil {
			rt.Fatal(err)
		}
		for _, row := range w.Rows {
			rec := records[row.ID]
			if row.Stage != rec.State.Stage || row.Partly != rec.State.Partly || row.CostKnown != rec.State.CostKnown ||
				row.Late != rec.State.Late(c.now()) || row.Hold != rec.State.Hold || row.Archived != rec.IsArchived() {
				rt.Fatalf("row %+v\nstate %+v", row, rec.State)
			}
			var first order.ExceptionCode
			if active := rec.State.Active(c.now()); len(active) > 0 {
				first = active[0].Code
			}
			if row.Exception != first {
				rt.Fatalf("row says %q, exceptions are %+v at %v", row.Exception, rec.State.Exceptions, c.now())
			}
			if row.CostKnown && (row.Cost.Minor != rec.State.Cost.Minor || row.Cost.Currency != rec.State.Cost.Currency) {
				rt.Fatalf("row costs %v, state %v", row.Cost, rec.State.Cost)
			}
		}
	})
}

func TestSuggest(t *testing.T) {
	d := fresh(t)
	a, b := simple("aurora", 1), simple("aurora", 2)
	a.Tags, b.Tags = []string{"vip", "Big box"}, []string{"vip"}
	b.Shipping.City = "Łódź"
	apply(t, d, "aurora", a, b)
	for _, c := range []struct {
		field, prefix string
		want          []string
	}{
		{"tag", "", []string{"vip", "Big box"}},
		{"tag", "BO", []string{"Big box"}},
		{"city", "lod", []string{"Łódź"}},
		{"store", "n", []string{"nordic"}},
		{"sku", "ls", []string{"LS-M"}},
		{"product", "shirt", []string{"Linen shirt"}},
		{"total", "", nil},
		{"country", "x", nil},
	} {
		got, err := d.Suggest(t.Context(), c.field, c.prefix, 5)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s:%s: %v, %v; want %v", c.field, c.prefix, got, err, c.want)
		}
	}
	if got, err := d.Suggest(t.Context(), "tag", "", 1); err != nil || len(got) != 1 {
		t.Errorf("%v, %v", got, err)
	}
}

func TestLocate(t *testing.T) {
	d := fresh(t)
	for n := range 9 {
		apply(t, d, "aurora", simple("aurora", n+1))
	}
	for _, key := range order.SortKeys {
		q := Query{Sort: order.Sort{Key: key}}
		k, ok, err := d.Locate(t.Context(), q, 5)
		if err != nil || !ok {
			t.Fatalf("%s: %v, %v", key, ok, err)
		}
		k.At = true
		after, err := d.Window(t.Context(), q, k, false, 3)
		if err != nil || after.Rows[0].ID != 5 || after.AtStart {
			t.Errorf("%s: %+v, %v", key, after, err)
		}
		k.At = false
		before, err := d.Window(t.Context(), q, k, true, 3)
		if err != nil || len(before.Rows) != 3 || before.AtEnd || slices.ContainsFunc(before.Rows, func(r order.Row) bool { return r.ID == 5 }) {
			t.Errorf("%s: %+v, %v", key, before, err)
		}
		again, err := d.Window(t.Context(), q, before.Last, false, 1)
		if err != nil || again.Rows[0].ID != 5 {
			t.Errorf("%s: after %+v comes %+v, %v", key, before.Last, again.Rows, err)
		}
	}
	if _, ok, err := d.Locate(t.Context(), Query{}, 99); ok || err != nil {
		t.Errorf("an order that is not there: %v, %v", ok, err)
	}
}

// TestSearchOrder wants hits in the order of their dates although most are in one step of the index, and windows that
// begin and end within a step.
func TestSearchOrder(t *testing.T) {
	d := fresh(t)
	var orders []order.Order
	for n := range 40 {
		o := simple("aurora", n+1)
		o.CreatedAt = testTime.Add(time.Duration((n*7)%40) * 5 * time.Second)
		orders = append(orders, o)
	}
	apply(t, d, "aurora", orders...)
	for _, asc := range []bool{false, true} {
		var all []time.Time
		for from := (Key{}); ; {
			w, err := d.Window(t.Context(), Query{Filter: wordFilter("linen"), Sort: order.Sort{Asc: asc}}, from, false, 7)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range w.Rows {
				all = append(all, r.CreatedAt)
			}
			if from = w.Last; w.AtEnd {
				break
			}
		}
		if len(all) != 40 || !slices.IsSortedFunc(all, func(a, b time.Time) int {
			if asc {
				return a.Compare(b)
			}
			return b.Compare(a)
		}) {
			t.Errorf("ascending %v: %d hits, %v", asc, len(all), all)
		}
	}
}

// TestWide looks for words that very many orders have, alone and left out, in lists that are read whole and in part.
func TestWide(t *testing.T) {
	d := fresh(t)
	var orders []order.Order
	for n := range wideFrom + 20 {
		o := simple("aurora", n+1)
		o.CreatedAt = testTime.Add(-time.Duration(n%50) * time.Second)
		if n%1000 == 0 {
			o.Lines[0].Title, o.Archived = "Candle", n%2000 == 0
		}
		orders = append(orders, o)
	}
	apply(t, d, "aurora", orders...)
	apply(t, d, "nordic", simple("nordic", 1))
	records := map[int64]*order.Record{}
	if err := d.Each(t.Context(), Query{}, nil, func(r *order.Record) error {
		c := *r
		records[r.ID] = &c
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	candle, linen := wordFilter("candle"), wordFilter("linen")
	either := filter.Or{Of: []filter.Expr{candle, filter.Cond{Field: "is", Values: []filter.Value{{Op: filter.Equal, Text: "archived"}}}}}
	for _, q := range []Query{
		{Filter: linen},
		{Filter: linen, Sort: order.Sort{Asc: true}},
		{Filter: linen, Shops: []string{"nordic"}},
		{Filter: filter.Not{Of: linen}},
		{Filter: filter.Not{Of: candle}},
		{Filter: either},
		{Filter: linen, Tab: order.Tab{ID: "quoting", Stage: order.StageQuoting}},
		{Filter: filter.Not{Of: linen}, Tab: order.Tab{ID: "quoting", Stage: order.StageQuoting}, Sort: order.Sort{Key: order.SortNumber}},
	} {
		want := expected(records, q, testTime)
		ids, err := d.IDs(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]int64, len(ids))
		for i, id := range ids {
			got[i] = int64(id)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%+v: %d ids, want %d", q, len(got), len(want))
		}
		w, err := d.Window(t.Context(), q, Key{}, false, 60)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range w.Rows {
			if r.ID != want[i] {
				t.Errorf("%+v: row %d is %d, want %d", q, i, r.ID, want[i])
				break
			}
		}
	}
	healthy(t, d)
}

// TestPartial sorts more hits by total than are sorted, and says so.
func TestPartial(t *testing.T) {
	d := fresh(t)
	var orders []order.Order
	for n := range maxCollected + 10 {
		orders = append(orders, simple("aurora", n+1))
	}
	apply(t, d, "aurora", orders...)
	q := Query{Filter: wordFilter("linen"), Sort: order.Sort{Key: order.SortTotal}}
	w, err := d.Window(t.Context(), q, Key{}, false, 10)
	if err != nil || !w.Partial || w.Rows[0].ExternalID != "x"+numeral(maxCollected) {
		t.Errorf("partial %v, first %v, %v", w.Partial, w.Rows[0].ExternalID, err)
	}
	ids, err := d.IDs(t.Context(), q)
	if err != nil || len(ids) != maxCollected || int64(ids[0]) != w.Rows[0].ID {
		t.Errorf("%d ids, %v", len(ids), err)
	}
	q.Filter = wordFilter("maria17")
	if w, err = d.Window(t.Context(), q, Key{}, false, 10); err != nil || w.Partial || len(w.Rows) == 0 {
		t.Errorf("partial %v, %d rows, %v", w.Partial, len(w.Rows), err)
	}
}
