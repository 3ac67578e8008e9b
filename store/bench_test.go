//go:build unix

package store

import (
	"fmt"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/filter"
)

func tabNamed(b *testing.B, id string) order.Tab {
	for _, t := range order.Tabs() {
		if t.ID == id {
			return t
		}
	}
	b.Fatalf("no tab %s", id)
	return order.Tab{}
}

// loop runs f as often as the benchmark wants and reports the processor time that it takes.
func loop(b *testing.B, f func() error) {
	b.Helper()
	begun := cpu(b)
	n := 0
	for b.Loop() {
		if err := f(); err != nil {
			b.Fatal(err)
		}
		n++
	}
	b.ReportMetric(float64((cpu(b)-begun).Microseconds())/float64(n), "cpu-µs/op")
}

func BenchmarkCounts(b *testing.B) {
	d := benchDB(b)
	loop(b, func() error { _, err := d.Counts(b.Context(), nil); return err })
}

// BenchmarkFirstWindow reads the first 50 rows of every tab in every sort.
func BenchmarkFirstWindow(b *testing.B) {
	d := benchDB(b)
	for _, shops := range [][]string{nil, {"nordic", "porto"}} {
		for _, tab := range order.Tabs() {
			if !tab.Counted {
				continue
			}
			for _, key := range order.SortKeys {
				for _, asc := range []bool{false, true} {
					name := tab.ID + "/" + string(key)
					if asc {
						name += "/asc"
					}
					if shops != nil {
						name += "/two"
					}
					q := Query{Tab: tab, Shops: shops, Sort: order.Sort{Key: key, Asc: asc}}
					b.Run(name, func(b *testing.B) {
						loop(b, func() error { _, err := d.Window(b.Context(), q, Key{}, false, 50); return err })
					})
				}
			}
		}
	}
}

// BenchmarkSearch reads the first 50 rows while a word is typed.
func BenchmarkSearch(b *testing.B) {
	d := benchDB(b)
	for _, tab := range []string{order.TabAll, "shipped", "awaiting", "unpaid"} {
		for _, shops := range [][]string{nil, {"nordic", "porto"}} {
			for _, text := range []string{
				"j", "jo", "joa", "joao", "gmail", "outloo", "outlook", "vintage", "joao lamp", "ls-0412", "734512", "lodz", "健太", "5511", "551123", "zzz",
				"please gift", `"gift wrap"`, "-gmail", "-zzz", "is:late gmail", "hold:fraud gmail", "gmail OR tag:vip", "customer:joao", "gift OR vintage", "country:PL", "tag:vip",
			} {
				e, err := filter.Parse(text, filter.Options{Now: benchEnd, Zone: time.UTC})
				if err != nil {
					b.Fatal(err)
				}
				name := tab + "/" + text
				if shops != nil {
					name += "/two"
				}
				b.Run(name, func(b *testing.B) {
					loop(b, func() error {
						d.vocab.forget()
						_, err := d.Window(b.Context(), Query{Tab: tabNamed(b, tab), Shops: shops, Filter: e}, Key{}, false, 50)
						return err
					})
				})
			}
		}
	}
}

func BenchmarkIDs(b *testing.B) {
	d := benchDB(b)
	for _, q := range []struct {
		name string
		q    Query
	}{
		{"all", Query{}},
		{"shipped", Query{Tab: tabNamed(b, "shipped")}},
		{"all/total", Query{Sort: order.Sort{Key: order.SortTotal}}},
		{"shipped/customer", Query{Tab: tabNamed(b, "shipped"), Sort: order.Sort{Key: order.SortCustomer}}},
		{"two", Query{Shops: []string{"nordic", "porto"}}},
		{"gmail", Query{Filter: filter.Word{Text: "gmail"}}},
	} {
		b.Run(q.name, func(b *testing.B) {
			loop(b, func() error { _, err := d.IDs(b.Context(), q.q); return err })
		})
	}
}

// applyDB is a database of its own with some orders, for benchmarks that write.
func applyDB(b *testing.B, n int) *DB {
	b.Helper()
	d, err := Open(b.Context(), Options{Path: filepath.Join(b.TempDir(), "desk.db"), Clock: func() time.Time { return benchEnd }})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := d.Close(); err != nil {
			b.Error(err)
		}
	})
	prepareShops(b, d)
	fill(b, d, 0, n, n, 250)
	return d
}

// benchPage is a page of 250 orders of one shop, beginning with order from.
func benchPage(from, n int, change func(*order.Order)) (Page, int) {
	p := Page{Shop: benchShops[0], Stream: "orders", Cursor: []byte("c")}
	for ; len(p.Orders) < 250; from++ {
		o, _ := benchOrder(from, n)
		if o.Store != p.Shop {
			continue
		}
		change(&o)
		p.Orders = append(p.Orders, Pulled{Order: o, Raw: []byte(`{"id":"` + o.ExternalID + `"}`)})
	}
	return p, from
}

func BenchmarkApply(b *testing.B) {
	const n = 20_000
	run := func(name string, change func(i int, o *order.Order), from int) {
		b.Run(name, func(b *testing.B) {
			d := applyDB(b, n)
			at := from
			var took time.Duration
			b.ResetTimer()
			for i := range b.N {
				b.StopTimer()
				var p Page
				p, at = benchPage(at, n*4, func(o *order.Order) { change(i, o) })
				if from == 0 && at > n-1000 {
					at = 0
				}
				b.StartTimer()
				begun := cpu(b)
				if _, err := d.Apply(b.Context(), p); err != nil {
					b.Fatal(err)
				}
				took += cpu(b) - begun
			}
			b.ReportMetric(float64(b.N)*250/b.Elapsed().Seconds(), "orders/s")
			b.ReportMetric(float64(took.Microseconds())/float64(b.N)/250, "cpu-µs/order")
		})
	}
	run("new", func(_ int, o *order.Order) {}, n)
	run("unchanged", func(_ int, o *order.Order) {
		same, _ := benchOrder(mustInt(o.ExternalID), n)
		*o = same
	}, 0)
	run("changed", func(i int, o *order.Order) {
		same, _ := benchOrder(mustInt(o.ExternalID), n)
		*o = same
		o.CustomerNote, o.UpdatedAt = fmt.Sprintf("round %d", i), o.UpdatedAt.Add(time.Duration(i)*time.Minute)
		if i%2 == 0 {
			o.CustomerPayment = order.PaymentPending
		}
	}, 0)
}

func mustInt(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		panic(err)
	}
	return n
}

// BenchmarkViews counts and reads the built-in views, and filters that no index is made for.
func BenchmarkViews(b *testing.B) {
	d := benchDB(b)
	texts := map[string]string{
		"rare tag": "tag:vip country:JP total:>400 city:porto", "nothing": "city:nowhere", "today": "created:today",
		"month": "created:2026-10", "stages": "stage:pending,awaiting", "email": "email:*@wp.pl", "sku": "sku:LS-0041-L",
	}
	for _, t := range order.Tabs() {
		if t.Query != "" {
			texts[t.ID] = t.Query
		}
	}
	for name, text := range texts {
		e, err := filter.Parse(text, filter.Options{Now: benchEnd, Zone: time.UTC})
		if err != nil {
			b.Fatal(err)
		}
		for _, key := range []order.SortKey{order.SortDate, order.SortTotal} {
			q := Query{Filter: e, Sort: order.Sort{Key: key}}
			b.Run(name+"/window/"+string(key), func(b *testing.B) {
				loop(b, func() error { _, err := d.Window(b.Context(), q, Key{}, false, 50); return err })
			})
		}
		b.Run(name+"/count", func(b *testing.B) {
			loop(b, func() error { _, _, err := d.Count(b.Context(), Query{Filter: e}, 1000); return err })
		})
		b.Run(name+"/sums", func(b *testing.B) {
			loop(b, func() error { _, _, err := d.Sums(b.Context(), Query{Filter: e}, 1000); return err })
		})
	}
}
