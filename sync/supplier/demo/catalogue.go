package demo

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/store/order/text"
)

// wares is what a demo supplier sells to a real store, a line each: title; SKU, which is numbered by variant; price in
// a shop, in cents; grams; variants. The SKUs are those of testdata/stores/vendure, so that suggestions by equal SKU
// can be seen.
const wares = `
Canvas Tote Bag|TOTE|1850|220|Natural,Black,Olive
Enamel Mug|MUG|1290|340|300 ml,500 ml
Linen Notebook|NOTE|990|260|Plain,Dotted,Lined
Wool Beanie|BEANIE|2450|110|Grey,Rust
Beeswax Candle|CANDLE|1575|320|
Walnut Serving Board|BOARD|4900|1100|30 cm,45 cm
Stoneware Plate, 26 cm|PLATE|2199|780|Sand,Sea,Ink
Café Filter Kit № 2|FILTER|3333|480|
Cotton Apron|APRON|3150|260|White,Indigo
Linen Shirt|SHIRT|4990|240|S,M,L,XL
Wool Throw|THROW|7900|1100|Natural,Rust
Table Lamp|LAMP|8900|1900|Brass,Black
Soy Candle|SOY|1490|320|Fig,Lavender,Cedar
Linen Cushion Cover|CUSHION|1900|180|Natural,Olive,Terracotta
Waffle Towel|TOWEL|2400|520|White,Blue
Ceramic Bowl|BOWL|2100|560|Sand,Ink
Round Mirror|MIRROR|14900|4800|
Yoga Mat, cork|MAT|3400|1300|
`

// catalogue is what a house sells where nobody says otherwise.
func (h *House) catalogue() []checkout.Product {
	var out []checkout.Product
	for row := range strings.Lines(strings.TrimSpace(wares)) {
		f := strings.Split(strings.TrimSpace(row), "|")
		price, _ := strconv.ParseInt(f[2], 10, 64)
		grams, _ := strconv.ParseInt(f[3], 10, 64)
		for i, variant := range strings.Split(f[4], ",") {
			cost := price * int64(i+1)
			if i > 0 {
				cost = price + price*int64(i)/5
			}
			p := checkout.Product{
				SKU: f[1] + "-" + strconv.Itoa(i+1), Title: f[0], Variant: variant, Kind: checkout.KindGoods, WeightGrams: float64(grams),
				Cost: order.New(h.priced(cost), h.Currency), CostKnown: true, ProcessingDays: h.Promise, BrandedInvoice: &h.Branded,
			}
			stock := int64(hash(h.Key, p.SKU) % 400)
			if p.SKU == "BEANIE-2" || p.SKU == "LAMP-2" {
				stock = 0
			}
			p.Stock = &stock
			out = append(out, p)
		}
	}
	return append(out, h.Private()...)
}

// priced is what a house asks for what costs so many euro cents in a shop.
func (h *House) priced(cents int64) int64 {
	switch h.Key {
	case "minas":
		return cents * 59 / 10 * 40 / 100
	case "kite":
		return cents * 112 / 100 * 31 / 100
	}
	return cents * 39 / 100
}

// Private is the packaging, and the cards, that a house keeps for the merchant.
func (h *House) Private() []checkout.Product {
	list := []struct {
		sku, title string
		kind       checkout.ProductKind
		cents      int64
		grams      float64
	}{
		{"PKG-S", "Kraft box S, with logo", checkout.KindPackaging, 90, 60},
		{"PKG-M", "Kraft box M, with logo", checkout.KindPackaging, 140, 110},
		{"PKG-GIFT", "Gift wrap, cotton paper", checkout.KindPackaging, 220, 40},
		{"CARD-THANKS", "Card “Obrigada!”", checkout.KindCard, 60, 10},
		{"CARD-BLANK", "Card, your own words", checkout.KindCard, 80, 10},
	}
	out := make([]checkout.Product, 0, len(list))
	for _, x := range list {
		out = append(out, checkout.Product{
			SKU: h.Prefix + x.sku, Title: x.title, Kind: x.kind, Cost: order.New(h.priced(x.cents), h.Currency), CostKnown: true,
			WeightGrams: x.grams,
		})
	}
	return out
}

// stamped is a copy of a product as the supplier gives it out.
func (s *Supplier) stamped(p *checkout.Product, now time.Time) checkout.Product {
	c := *p
	c.Supplier, c.UpdatedAt = s.o.Name, now
	if c.CostKnown {
		c.Cost = s.price(p)
	}
	return c
}

// found are the products in which every word of a query begins a word, those whose SKU is the query first.
func (s *Supplier) found(query string) []*checkout.Product {
	want := strings.Fields(text.Fold(query))
	var out []*checkout.Product
	exact := 0
	for i := range s.products {
		p := &s.products[i]
		words := strings.FieldsFunc(text.Fold(p.Title+" "+p.Variant+" "+p.SKU), func(r rune) bool { return strings.ContainsRune(" ,.-()“”\"", r) })
		words = append(words, text.Fold(p.SKU))
		hit := true
		for _, w := range want {
			hit = hit && slices.ContainsFunc(words, func(have string) bool { return strings.HasPrefix(have, w) })
		}
		if !hit {
			continue
		}
		if len(want) > 0 && strings.EqualFold(p.SKU, strings.TrimSpace(query)) {
			out = slices.Insert(out, exact, p)
			exact++
			continue
		}
		out = append(out, p)
	}
	return out
}
