package store

import (
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

func BenchmarkCounts(b *testing.B) {
	d := benchDB(b)
	for b.Loop() {
		if _, err := d.Counts(b.Context(), nil); err != nil {
			b.Fatal(err)
		}
	}
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
						for b.Loop() {
							if _, err := d.Window(b.Context(), q, Key{}, false, 50); err != nil {
								b.Fatal(err)
							}
						}
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
				"please gift", `"gift wrap"`, "-gmail", "customer:joao", "gift OR vintage", "country:PL", "tag:vip",
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
					for b.Loop() {
						d.vocab.next = 0
						d.vocab.last = [8]struct {
							prefix  string
							version int64
							words   []string
							all     bool
						}{}
						if _, err := d.Window(b.Context(), Query{Tab: tabNamed(b, tab), Shops: shops, Filter: e}, Key{}, false, 50); err != nil {
							b.Fatal(err)
						}
					}
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
		{"all", Query{}}, {"shipped", Query{Tab: tabNamed(b, "shipped")}},
		{"all/total", Query{Sort: order.Sort{Key: order.SortTotal}}},
		{"shipped/customer", Query{Tab: tabNamed(b, "shipped"), Sort: order.Sort{Key: order.SortCustomer}}},
		{"two", Query{Shops: []string{"nordic", "porto"}}},
		{"gmail", Query{Filter: filter.Word{Text: "gmail"}}},
	} {
		b.Run(q.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := d.IDs(b.Context(), q.q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
