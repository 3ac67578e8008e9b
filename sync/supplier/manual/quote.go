package manual

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

// Quote prices a basket by the price list and the shipping table.
func (s *Supplier) Quote(ctx context.Context, q outbox.QuoteReq) (checkout.Quote, error) {
	out := checkout.Quote{Supplier: s.o.Name, Basket: q.Basket, At: s.o.Clock().UTC()}
	if strings.TrimSpace(q.Address.Country) == "" {
		out.Error = "the address has no country"
		return out, nil
	}
	b := basket{country: strings.ToUpper(q.Address.Country)}
	for i := range q.Items {
		p, err := s.product(ctx, q.Items[i].SKU)
		if err != nil {
			return checkout.Quote{}, err
		}
		item := checkout.QuotedItem{SKU: q.Items[i].SKU, Quantity: q.Items[i].Quantity, Gone: true}
		if p != nil && p.CostKnown {
			item.Unit, item.Stock, item.Gone = p.Cost, p.Stock, false
			if out.Error = b.add(p, item.Quantity); out.Error != "" {
				return out, nil
			}
		}
		out.Items = append(out.Items, item)
	}
	rows, err := s.o.Tables.Methods(ctx, s.o.Name)
	if err != nil {
		return checkout.Quote{}, err
	}
	if len(rows) == 0 {
		out.Error = s.o.Title + " has no shipping table; import one with `orderdeck supplier import`"
		return out, nil
	}
	out.Methods = b.methods(rows)
	return out, nil
}

// product is the product of the price list with a SKU; nil = there is none.
func (s *Supplier) product(ctx context.Context, sku string) (*checkout.Product, error) {
	const look = 8 // those with this very SKU come first, in whatever case
	list, err := s.o.Tables.Products(ctx, s.o.Name, sku, look)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(list, func(p checkout.Product) bool { return p.SKU == sku })
	if i < 0 {
		return nil, nil
	}
	return &list[i], nil
}

// basket is what a shipping table is asked with.
type basket struct {
	country string
	goods   order.Money
	grams   float64
	unknown string // a product whose weight is not known
}

// add puts a product into the basket, and gives a sentence where that cannot be priced.
func (b *basket) add(p *checkout.Product, q order.Quantity) string {
	each, err := p.Cost.Times(q)
	if err == nil {
		b.goods, err = b.goods.Add(each)
	}
	if err != nil || q <= 0 {
		return fmt.Sprintf("%s × %s cannot be priced beside the rest", q, p.SKU)
	}
	if p.WeightGrams <= 0 && p.Kind == checkout.KindGoods {
		b.unknown = p.SKU
	}
	b.grams += p.WeightGrams * float64(q) / float64(order.Units(1))
	return ""
}

// methods are the ways of sending of a table, once each: as the first row says that serves the basket, else with why the
// nearest does not.
func (b *basket) methods(rows []store.ShippingRow) []checkout.Method {
	var out []checkout.Method
	at := map[string]int{}
	for i := range rows {
		m := rows[i].Method
		m.Refused = b.refusal(&rows[i])
		if m.Refused == "" {
			if err := b.price(&m, &rows[i]); err != nil {
				m.Refused = err.Error()
			}
		}
		key := strings.ToLower(m.Code)
		k, seen := at[key]
		switch {
		case !seen:
			at[key] = len(out)
			out = append(out, m)
		case out[k].Refused != "" && (m.Refused == "" || strings.HasPrefix(out[k].Refused, elsewhere)):
			out[k] = m
		}
	}
	return out
}

// elsewhere begins the reason of a row for other countries, which says less than any other.
const elsewhere = "does not serve "

// refusal is why a row does not serve the basket; "" = it does.
func (b *basket) refusal(r *store.ShippingRow) string {
	if len(r.Countries) > 0 && !slices.ContainsFunc(r.Countries, func(c string) bool { return strings.EqualFold(c, b.country) }) {
		return elsewhere + b.country
	}
	if b.unknown != "" && (r.WeightFrom > 0 || r.WeightTo > 0 || r.PerKilo != nil) {
		return fmt.Sprintf("goes by weight, and the price list has none for %s", b.unknown)
	}
	switch {
	case b.grams < r.WeightFrom:
		return fmt.Sprintf("is for parcels from %s, this is %s", kilos(r.WeightFrom), kilos(b.grams))
	case r.WeightTo > 0 && b.grams > r.WeightTo:
		return fmt.Sprintf("is for parcels up to %s, this is %s", kilos(r.WeightTo), kilos(b.grams))
	}
	if from := r.AmountFrom; from != nil && (from.Currency != b.goods.Currency || b.goods.Minor < from.Minor) {
		return fmt.Sprintf("is for goods from %s, these are %s", from, b.goods)
	}
	if to := r.AmountTo; to != nil && (to.Currency != b.goods.Currency || b.goods.Minor > to.Minor) {
		return fmt.Sprintf("is for goods up to %s, these are %s", to, b.goods)
	}
	return ""
}

// price adds what a row asks for by weight.
func (b *basket) price(m *checkout.Method, r *store.ShippingRow) error {
	if r.PerKilo == nil {
		return nil
	}
	// The weights of a price list are decimal; a gram's millionth is no kilogram begun.
	n := math.Ceil(b.grams/1000 - 1e-9)
	if n < 0 || n > 1_000_000 {
		return errors.New("cannot be priced for such a weight")
	}
	more, err := r.PerKilo.Times(order.Units(int64(n)))
	if err == nil {
		m.Cost, err = m.Cost.Add(more)
	}
	if err != nil {
		return fmt.Errorf("cannot be priced: %w", err)
	}
	return nil
}

func kilos(grams float64) string { return fmt.Sprintf("%.2f kg", grams/1000) }
