package store

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/filter"
	"github.com/orderdeck/orderdeck/store/order/ordertest"
)

// less says how a list is sorted, without SQL.
func less(s order.Sort) func(a, b *order.Record) int {
	return func(a, b *order.Record) int {
		var n int
		switch s.Key {
		case order.SortUpdated:
			n = cmp.Compare(a.UpdatedAt.UnixMilli(), b.UpdatedAt.UnixMilli())
		case order.SortTotal:
			n = cmp.Compare(totalKey(a.Total.Currency, a.Total.Minor), totalKey(b.Total.Currency, b.Total.Minor))
		case order.SortCustomer:
			n = cmp.Compare(customerKey(shownName(a)), customerKey(shownName(b)))
		case order.SortNumber:
			n = cmp.Compare(numberKey(a.Number), numberKey(b.Number))
		default:
			n = cmp.Compare(a.CreatedAt.UnixMilli(), b.CreatedAt.UnixMilli())
		}
		if n = cmp.Or(n, cmp.Compare(a.ID, b.ID)); !s.Asc {
			n = -n
		}
		return n
	}
}

func shownName(r *order.Record) string {
	return cmp.Or(r.Customer.Name, r.Shipping.Name, r.Billing.Name, r.Customer.Company)
}

// inTab says what stands in a tab, without SQL.
func inTab(tab order.Tab, r *order.Record) bool {
	switch {
	case tab.Stage != "":
		return r.State.Stage == tab.Stage && !r.IsArchived()
	case tab.ID == order.TabRefunds:
		return order.InRefunds(r.Refund, r.State.Claim) && !r.IsArchived()
	case tab.ID == order.TabResent:
		return order.InResent(r.Resend) && !r.IsArchived()
	}
	return true
}

// expected are the ids of a query, in order, without SQL.
func expected(records map[int64]*order.Record, q Query, now time.Time) []int64 {
	var hits []*order.Record
	for _, r := range records {
		if (len(q.Shops) == 0 || slices.Contains(q.Shops, r.Store)) && inTab(q.Tab, r) && filter.Match(q.Filter, r, now) {
			hits = append(hits, r)
		}
	}
	slices.SortFunc(hits, less(q.Sort))
	ids := make([]int64, len(hits))
	for i, r := range hits {
		ids[i] = r.ID
	}
	return ids
}

func drawQuery(t *rapid.T, now time.Time) (Query, string) {
	text := ""
	if rapid.IntRange(0, 9).Draw(t, "filtered") > 0 {
		text = ordertest.Filter(t)
	}
	e, err := filter.Parse(text, filter.Options{Now: now, Zone: time.UTC})
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	tabs := slices.DeleteFunc(order.Tabs(), func(tab order.Tab) bool { return !tab.Counted })
	return Query{
		Shops:  rapid.SampledFrom([][]string{nil, {"aurora"}, {"nordic"}, {"aurora", "nordic"}, {"nobody"}}).Draw(t, "shops"),
		Tab:    rapid.SampledFrom(append(tabs, order.Tab{}, order.Tab{}, order.Tab{}, order.Tab{})).Draw(t, "tab"),
		Filter: e,
		Sort:   order.Sort{Key: rapid.SampledFrom(append([]order.SortKey{""}, order.SortKeys...)).Draw(t, "sort"), Asc: rapid.Bool().Draw(t, "asc")},
		Now:    now,
	}, text
}

// TestFilterAsSQL compares what SQL finds, and in what order, with filter.Match on the same orders.
func TestFilterAsSQL(t *testing.T) {
	dir := t.TempDir()
	n := 0
	sparing(t, 50, func(t *rapid.T) {
		n++
		c := newClock(testTime)
		d := openRapid(t, filepath.Join(dir, "filter"+time.Duration(n).String()+".db"), c)
		defer d.Close()
		records := populate(t, d, rapid.IntRange(1, 25).Draw(t, "orders"))
		for range 8 {
			now := testTime.Add(time.Duration(rapid.IntRange(0, 20*24).Draw(t, "later")) * time.Hour)
			q, text := drawQuery(t, now)
			want := expected(records, q, now)
			checkQuery(t, d, q, text, want)
		}
	})
}

// sparing checks a property for which each case makes a database: only so many, unless ORDERDECK_SLOW=1 asks for all.
// Once one has failed, all that rapid tries to make it smaller are run.
func sparing(t *testing.T, cases int, property func(*rapid.T)) {
	n, failing := 0, false
	rapid.Check(t, func(rt *rapid.T) {
		if n++; n > cases && !failing && os.Getenv("ORDERDECK_SLOW") == "" {
			return
		}
		fine := false
		defer func() { failing = failing || !fine }()
		property(rt)
		fine = true
	})
}

func openRapid(t *rapid.T, path string, c *clock) *DB {
	if err := seedFile(path); err != nil {
		t.Fatal(err)
	}
	d, err := Open(context.Background(), Options{Path: path, Clock: c.now})
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	for _, name := range ordertest.Stores {
		if err := d.PutShop(context.Background(), Shop{Name: name, Platform: "test", OwnStock: rapid.IntRange(0, 3).Draw(t, "own") == 0}); err != nil {
			t.Fatalf("put shop: %v", err)
		}
	}
	return d
}

// checkQuery reads a query in every way there is.
func checkQuery(t *rapid.T, d *DB, q Query, text string, want []int64) {
	ctx := context.Background()
	ids, err := d.IDs(ctx, q)
	if err != nil {
		t.Fatalf("ids of %q: %v", text, err)
	}
	got := make([]int64, len(ids))
	for i, id := range ids {
		got[i] = int64(id)
	}
	if !slices.Equal(got, want) {
		t.Fatalf("%q %+v %+v %v\nSQL   %v\nMatch %v", text, q.Tab, q.Sort, q.Shops, got, want)
	}
	limit := rapid.IntRange(1, 6).Draw(t, "window")
	for _, backward := range []bool{false, true} {
		if read := readAll(t, d, q, text, backward, limit); !slices.Equal(read, want) {
			t.Fatalf("%q %+v %+v %v by windows of %d, backward %v\nread  %v\nMatch %v", text, q.Tab, q.Sort, q.Shops, limit, backward, read, want)
		}
	}
	n, more, err := d.Count(ctx, q, 5)
	if err != nil || n != min(5, len(want)) || more != (len(want) > 5) {
		t.Fatalf("%q: count %d, more %v, %v; want %d", text, n, more, err, len(want))
	}
	sums, more, err := d.Sums(ctx, q, 1000)
	if err != nil || more {
		t.Fatalf("%q: sums: more %v, %v", text, more, err)
	}
	total := 0
	for _, s := range sums {
		total += s.Orders
	}
	if total != len(want) {
		t.Fatalf("%q: sums of %d orders, want %d", text, total, len(want))
	}
}

// readAll goes through a list window by window, from one end to the other.
func readAll(t *rapid.T, d *DB, q Query, text string, backward bool, limit int) []int64 {
	var read []int64
	var from Key
	for range 100 {
		w, err := d.Window(context.Background(), q, from, backward, limit)
		if err != nil {
			t.Fatalf("window of %q: %v", text, err)
		}
		var ids []int64
		for _, r := range w.Rows {
			ids = append(ids, r.ID)
		}
		begun, ended := w.AtStart, w.AtEnd
		if backward {
			read = append(ids, read...)
			from, begun, ended = w.First, ended, begun
		} else {
			read = append(read, ids...)
			from = w.Last
		}
		if len(read) == len(ids) != begun {
			t.Fatalf("%q: window %v (backward %v) does not know where it is: start %v, end %v", text, ids, backward, w.AtStart, w.AtEnd)
		}
		if ended {
			return read
		}
		if len(w.Rows) == 0 {
			t.Fatalf("%q: an empty window that is not the last", text)
		}
	}
	t.Fatalf("%q: no end of windows", text)
	return nil
}

// TestHostileText looks for orders by texts that mean something to SQL, to FTS5 or to both.
func TestHostileText(t *testing.T) {
	d := fresh(t)
	hostile := []string{`Robert'); DROP TABLE orders;--`, `"quoted" AND NOT "x"`, `a* OR b:c ^d`, `NEAR(x y)`, "100% _under_", `\ / { } [ ] ( )`}
	var orders []order.Order
	for i, name := range hostile {
		o := simple("aurora", i+1)
		o.Customer.Name, o.CustomerNote = name, name
		orders = append(orders, o)
	}
	apply(t, d, "aurora", orders...)
	for i, name := range hostile {
		for _, word := range strings.Fields(name) {
			if wordless(filter.Word{Text: word}) {
				continue
			}
			for _, e := range []filter.Expr{
				filter.Word{Text: word},
				filter.Word{Text: word, Phrase: true},
				filter.Not{Of: filter.Word{Text: word}},
				filter.Cond{Field: "customer", Values: []filter.Value{{Op: filter.Equal, Text: word}}},
				filter.Cond{Field: "number", Values: []filter.Value{{Op: filter.Prefix, Text: word}}},
			} {
				q := Query{Filter: e, Now: testTime}
				records := map[int64]*order.Record{}
				if err := d.Each(t.Context(), Query{}, nil, func(r *order.Record) error {
					c := *r
					records[r.ID] = &c
					return nil
				}); err != nil {
					t.Fatal(err)
				}
				ids, err := d.IDs(t.Context(), q)
				if err != nil {
					t.Fatalf("%d %#v: %v", i, e, err)
				}
				if want := expected(records, q, testTime); len(want) != len(ids) {
					t.Errorf("%#v: found %v, want %v", e, ids, want)
				}
			}
		}
	}
	healthy(t, d)
}

func wordFilter(word string) filter.Expr { return filter.Word{Text: word} }
