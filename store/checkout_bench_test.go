package store

import (
	"fmt"
	"testing"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
)

// benchStock brings n orders of ten products, linked and quoted, and more links beside them.
func benchStock(b *testing.B, d *DB, s checkout.Settings, n, links int) []int64 {
	b.Helper()
	orders := make([]order.Order, n)
	for i := range orders {
		orders[i] = simple("aurora", i+1)
		orders[i].Lines[0].SKU = fmt.Sprintf("P-%d", i%10)
	}
	apply(b, d, "aurora", orders...)
	all := make([]order.Link, 0, links)
	for i := range links {
		l := shirt(500)
		l.ProductKey, l.SupplierSKU, l.Title = fmt.Sprintf("sku:P-%d", i), fmt.Sprintf("LUM-%d", i), fmt.Sprintf("Linen shirt no %d", i)
		all = append(all, l)
	}
	if _, err := d.PutLinks(b.Context(), "test", all); err != nil {
		b.Fatal(err)
	}
	ids := make([]int64, n)
	for i := range ids {
		ids[i] = int64(i + 1)
	}
	quoteFor(b, d, s, ids)
	return ids
}

// BenchmarkCheckoutInputs opens a checkout of 1,000 marked orders, beside 100,000 links and 1,000 rules.
func BenchmarkCheckoutInputs(b *testing.B) {
	d, s := fresh(b), buying()
	ids := benchStock(b, d, s, 1000, 100_000)
	for i := range 1000 {
		s.Rules = append(s.Rules, checkout.Rule{Name: fmt.Sprint("r", i), Sequence: i, Countries: []string{"PL"}, Method: "std"})
	}
	b.Run("inputs", func(b *testing.B) {
		for b.Loop() {
			if in, err := d.CheckoutInputs(b.Context(), ids, s); err != nil || len(in) != 1000 || in[999].Quote == nil {
				b.Fatal(len(in), err)
			}
		}
	})
	b.Run("links", func(b *testing.B) {
		for b.Loop() {
			if l, err := d.Links(b.Context(), "aurora", "shirt 99", 50); err != nil || len(l) != 50 {
				b.Fatal(len(l), err)
			}
		}
	})
	b.Run("link", func(b *testing.B) { // a product of 100 orders
		l := shirt(500)
		l.ProductKey = "sku:P-3"
		for n := int64(1); b.Loop(); n++ {
			l.Cost = usd(500 + n%2)
			if touched, err := d.PutLinks(b.Context(), "ana", []order.Link{l}); err != nil || touched != 100 {
				b.Fatal(touched, err)
			}
		}
		if _, err := d.RemoveLinks(b.Context(), "ana", "aurora", "sku:P-3", "Lumen EU"); err != nil {
			b.Fatal(err)
		}
	})
	b.Run("unlinked", func(b *testing.B) {
		for b.Loop() {
			if some, err := d.UnlinkedProducts(b.Context(), "aurora", 50); err != nil || len(some) != 1 {
				b.Fatal(len(some), err)
			}
		}
	})
	b.Run("commit", func(b *testing.B) {
		parts := partsOf(b, d, s, ids)
		s.Suppliers[0].Cap = nil
		for n := 0; b.Loop(); n += 50 {
			if n+50 > len(parts) {
				b.Skip("more rounds than parts")
			}
			if _, err := d.Commit(b.Context(), "ana", parts[n:n+50], s); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("due", func(b *testing.B) {
		for b.Loop() {
			if _, ok, err := d.NextDue(b.Context()); err != nil || !ok {
				b.Fatal(ok, err)
			}
		}
	})
}

func BenchmarkProducts(b *testing.B) {
	d := fresh(b)
	products := make([]checkout.Product, 100_000)
	for i := range products {
		products[i] = checkout.Product{
			SKU: fmt.Sprintf("LUM-%d", i), Title: []string{"Linen shirt", "Wool throw", "Øre lamp", "Candle"}[i%4] + fmt.Sprintf(" model %d", i/7),
			Variant: []string{"S", "M", "L"}[i%3], Cost: usd(500), CostKnown: true,
		}
	}
	if _, err := d.PutProducts(b.Context(), "Lumen EU", products, true); err != nil {
		b.Fatal(err)
	}
	for _, query := range []string{"", "l", "li", "linen", "linen shirt", "shirt 14", "lum-99", "nothing such"} {
		b.Run("search "+query, func(b *testing.B) {
			for b.Loop() {
				if _, err := d.Products(b.Context(), "Lumen EU", query, 50); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("suggest", func(b *testing.B) {
		for b.Loop() {
			got, err := d.SuggestProducts(b.Context(), "aurora", order.Line{SKU: "x", Title: "Linen shirt model 140", Variant: "M"}, 10)
			if err != nil || len(got) == 0 {
				b.Fatal(len(got), err)
			}
		}
	})
	b.Run("import", func(b *testing.B) {
		for b.Loop() {
			if _, err := d.PutProducts(b.Context(), "Lumen EU", products, true); err != nil {
				b.Fatal(err)
			}
		}
	})
}
