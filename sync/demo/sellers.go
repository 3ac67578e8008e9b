package demo

import (
	"fmt"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/sync/outbox"
	supplier "github.com/orderdeck/orderdeck/sync/supplier/demo"
)

// file is where something of the demo is kept; "" = nowhere.
func (o *Options) file(what string) string {
	if o.State == "" {
		return ""
	}
	return o.State + "." + what + ".jsonl"
}

// staff opens the suppliers for the merchant.
func (w *World) staff(o Options, epoch string) {
	for via := range supplier.Houses {
		w.sellers[via] = supplier.New(supplier.Options{
			Name: supplier.Houses[via].Title, Clock: w.clock, Path: o.file(supplier.Houses[via].Key), Epoch: epoch,
			Products: w.wares(int8(via)), Taken: func(lines []string, at time.Time) { w.taken(lines, at.Unix()) },
		})
	}
}

// Sellers are the three suppliers as a checkout buys from them: the same names, products and costs as what Suppliers
// report. What is bought there the world does not buy again.
func (w *World) Sellers() []outbox.Supplier {
	out := make([]outbox.Supplier, 0, len(w.sellers))
	for _, s := range w.sellers {
		out = append(out, s)
	}
	return out
}

// Settings are what a merchant of the demo has set: the suppliers, a few rules, packaging, rates.
func (w *World) Settings() checkout.Settings {
	day := instant(w.shops[0].start)
	s := checkout.Settings{
		Base: "BRL", Zone: w.shops[0].zone,
		Rules: []checkout.Rule{
			{Name: "Express for dear orders to Europe", Sequence: 10, Countries: []string{"PT", "PL"}, Supplier: suppliers[lumen].Title, AmountFrom: amount(250_00, "EUR"), Method: "express"},
			{Name: "BR by PAC", Sequence: 20, Countries: []string{"BR"}, Supplier: suppliers[minas].Title, Method: "pac", CashOnDelivery: true},
			{Name: "Kite by sea", Sequence: 30, Supplier: suppliers[kite].Title, Method: "line"},
		},
		Packaging: []checkout.PackagingRule{
			{Name: "Thanks from Aurora", Sequence: 10, Supplier: suppliers[lumen].Title, Stores: []string{"aurora"}, SKUs: []string{suppliers[lumen].Prefix + "PKG-S", suppliers[lumen].Prefix + "CARD-THANKS"}, CardText: "Obrigada!"},
			{Name: "Gifts", Sequence: 20, Supplier: suppliers[minas].Title, Tags: []string{"gift"}, SKUs: []string{suppliers[minas].Prefix + "PKG-GIFT"}},
		},
		Rates: []checkout.Rate{
			{From: "EUR", To: "BRL", Rate: "6.2000", Date: day},
			{From: "USD", To: "BRL", Rate: "5.4000", Date: day},
			{From: "PLN", To: "BRL", Rate: "1.4500", Date: day},
			{From: "EUR", To: "USD", Rate: "1.1500", Date: day},
			{From: "BRL", To: "EUR", Rate: "0.1610", Date: day},
			{From: "BRL", To: "USD", Rate: "0.1850", Date: day},
			{From: "USD", To: "EUR", Rate: "0.8700", Date: day},
		},
	}
	for _, seller := range w.sellers {
		s.Suppliers = append(s.Suppliers, seller.Setting())
	}
	return s
}

func amount(minor int64, currency string) *order.Money {
	m := order.New(minor, currency)
	return &m
}

// wares are what a supplier sells: what a shop has from it, and what nobody has linked yet.
func (w *World) wares(via int8) []checkout.Product {
	h := suppliers[via]
	var out []checkout.Product
	for k := range products {
		x := &products[k]
		from := -1 // the shop that has it from there
		for i := range w.shops {
			src := x.sources[i]
			if src.via == via || from < 0 && src.via >= lumen && (src.unlinked || src.costless) {
				from = i
				break
			}
		}
		if from < 0 {
			continue
		}
		src := x.sources[from]
		for v := range x.variants.codes {
			stock := w.shops[from].stock(k, v)
			p := checkout.Product{
				SKU: h.Prefix + x.code(v), Title: x.titles[from], Variant: x.variants.names[from][v], Kind: checkout.KindGoods,
				Cost: order.New(x.costAt(via), h.Currency), CostKnown: !src.costless || src.via != via, Stock: &stock,
				WeightGrams: float64(x.grams), ProcessingDays: h.Promise, ImageURL: picture(x, &item{product: int16(k), variant: int8(v)}),
				BrandedInvoice: branded(via, k),
			}
			out = append(out, p)
		}
	}
	return append(out, h.Private()...)
}

// stock is how many of a product's variant the supplier of a shop has.
func (s *shop) stock(product, variant int) int64 {
	d := roll(s.seed, s.id, uint64(product*16+variant), topicLines)
	n := int64(d.n(400))
	if d.in(60) {
		n = 0
	}
	return n
}

// branded is whether a supplier puts branded invoices in; Minas answers for some products only.
func branded(via int8, product int) *bool {
	yes := via == lumen
	if via == minas && product%3 != 0 {
		return nil
	}
	return &yes
}

func epochOf(o *Options) string { return fmt.Sprintf("%d-%d", o.Seed, o.Start.Unix()) }
