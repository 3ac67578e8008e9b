package cj

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

const (
	// priceAge is how long a price, a stock and a freight are taken for the present ones. Quotes say how old they are.
	priceAge = 30 * time.Minute
	// hits is how many products one page of a search looks into: each costs points and a request.
	hits = 5
)

// variant is one product that can be ordered.
type variant struct {
	product checkout.Product
	vid     string
	at      time.Time // when it was asked for
	stockAt time.Time
	stock   *int64
	gone    bool
}

type rawVariant struct {
	VID    word `json:"vid"`
	PID    word `json:"pid"`
	SKU    word `json:"variantSku"`
	Key    word `json:"variantKey"` // ["XS"], or XS
	NameEn word `json:"variantNameEn"`
	Image  word `json:"variantImage"`
	Weight word `json:"variantWeight"` // grams
	Price  word `json:"variantSellPrice"`
}

type rawProduct struct {
	PID      word         `json:"pid"`
	ID       word         `json:"id"` // what lists call it
	SKU      word         `json:"productSku"`
	ListSKU  word         `json:"sku"`
	NameEn   word         `json:"productNameEn"`
	ListName word         `json:"nameEn"`
	Image    word         `json:"productImage"`
	BigImage word         `json:"bigImage"`
	Type     word         `json:"productType"`
	Price    word         `json:"sellPrice"` // may be a range
	Variants []rawVariant `json:"variants"`
}

func (r *rawProduct) id() string { return cmp.Or(r.PID, r.ID).clean() }

// take makes a product of a variant and remembers it.
func (s *Supplier) take(p *rawProduct, v *rawVariant) *variant {
	sku, vid, now := v.SKU.clean(), v.VID.clean(), s.o.Clock()
	if sku == "" || vid == "" {
		return nil
	}
	out := s.variants[sku]
	if out == nil {
		out = &variant{}
		s.variants[sku] = out
	}
	out.vid, out.at, out.gone = vid, now, false
	out.product = checkout.Product{
		Supplier: s.o.Name, SKU: sku, Kind: checkout.KindGoods, UpdatedAt: now, Stock: out.stock,
		Title:    cmp.Or(p.NameEn, p.ListName, v.NameEn).clean(),
		Variant:  variantName(v.Key),
		ImageURL: cmp.Or(v.Image.link(), p.Image.link(), p.BigImage.link()),
	}
	if p.Type == "PACKAGING_PRODUCT" {
		out.product.Kind = checkout.KindPackaging
	}
	out.product.Cost, out.product.CostKnown = v.Price.money()
	if !out.product.CostKnown {
		out.product.Cost, out.product.CostKnown = p.Price.money()
	}
	if w, err := json.Number(v.Weight).Float64(); err == nil && w > 0 { // a weight, no money
		out.product.WeightGrams = w
	}
	s.skus[vid] = sku
	return out
}

// variantName reads what tells a variant from the others: a text, or a list of texts in a text.
func variantName(w word) string {
	var parts []string
	if json.Unmarshal([]byte(w), &parts) == nil {
		return word(strings.Join(parts, ", ")).clean()
	}
	return w.clean()
}

// find gives the product of a SKU, no older than age; nil when CJ sells none.
func (s *Supplier) find(ctx context.Context, sku string, age time.Duration) (*variant, error) {
	if v := s.variants[sku]; v != nil && s.o.Clock().Sub(v.at) < age {
		if v.gone {
			return nil, nil //nolint:nilnil // it is not sold
		}
		return v, nil
	}
	var p rawProduct
	_, err := s.call(ctx, request{path: "/product/query", query: url.Values{"variantSku": {sku}}, points: queryPoints}, &p)
	var r *RefusalError
	if err != nil && (!errors.As(err, &r) || r.class() != gone) {
		return nil, err
	}
	for i := range p.Variants {
		s.take(&p, &p.Variants[i])
	}
	v := s.variants[sku]
	if v == nil {
		v = &variant{}
		s.variants[sku] = v
	}
	if v.at.IsZero() || s.o.Clock().Sub(v.at) >= age { // it was not in the answer
		v.at, v.gone = s.o.Clock(), true
		return nil, nil //nolint:nilnil // it is not sold
	}
	return v, nil
}

// stocked asks how many there are in the warehouses of the country that we send from; nil = CJ does not say.
func (s *Supplier) stocked(ctx context.Context, v *variant) error {
	if !v.stockAt.IsZero() && s.o.Clock().Sub(v.stockAt) < priceAge {
		return nil
	}
	var list []struct {
		Country word `json:"countryCode"`
		Total   word `json:"totalInventoryNum"` // storageNum is not kept any more
	}
	if _, err := s.call(ctx, request{path: "/product/stock/queryByVid", query: url.Values{"vid": {v.vid}}, points: queryPoints}, &list); err != nil {
		var r *RefusalError
		if !errors.As(err, &r) || r.class() != gone {
			return err
		}
	}
	v.stock, v.stockAt = nil, s.o.Clock()
	for _, w := range list {
		if n, ok := w.Total.whole(); ok && strings.EqualFold(string(w.Country), s.o.From) {
			sum := n
			if v.stock != nil {
				sum += *v.stock
			}
			v.stock = &sum
		}
	}
	v.product.Stock = v.stock
	return nil
}

// likeSKU is what CJ's article numbers look like.
var likeSKU = regexp.MustCompile(`^CJ[0-9A-Z]{6,}[-0-9A-Za-z]*$`)

// Search implements outbox.Supplier. CJ's search finds products; what can be ordered is their variants, which are asked
// for one product after the other. When the points run out on the way, what was found so far is what there is.
func (s *Supplier) Search(ctx context.Context, query string, page int) (products []checkout.Product, more bool, err error) {
	release, err := s.hold(ctx)
	if err != nil {
		return nil, false, err
	}
	defer release()
	query, page = strings.TrimSpace(query), max(page, 1)
	if page == 1 && likeSKU.MatchString(query) {
		v, err := s.find(ctx, query, priceAge)
		if err != nil {
			return nil, false, err
		}
		if v != nil {
			return []checkout.Product{v.product}, false, nil
		}
	}
	var out struct {
		Content []struct {
			Products []rawProduct `json:"productList"`
		} `json:"content"`
		Pages word `json:"totalPages"`
		Total word `json:"totalRecords"`
	}
	q := url.Values{"keyWord": {query}, "page": {fmt.Sprint(page)}, "size": {fmt.Sprint(hits)}}
	if _, err := s.call(ctx, request{path: "/product/listV2", query: q, points: listPoints}, &out); err != nil {
		return nil, false, err
	}
	n := 0
	for _, c := range out.Content {
		for i := range c.Products {
			n++
			found, err := s.variantsOf(ctx, &c.Products[i])
			if err != nil {
				if len(products) > 0 && sync.KindOf(err).Retryable() {
					return products, true, nil
				}
				return nil, false, err
			}
			products = append(products, found...)
		}
	}
	if pages, ok := out.Pages.whole(); ok {
		return products, int64(page) < pages, nil
	}
	if total, ok := out.Total.whole(); ok {
		return products, int64(page*hits) < total, nil
	}
	return products, n >= hits, nil
}

// variantsOf lists what can be ordered of a product.
func (s *Supplier) variantsOf(ctx context.Context, p *rawProduct) ([]checkout.Product, error) {
	id := p.id()
	if id == "" {
		return nil, nil
	}
	var list []rawVariant
	if _, err := s.call(ctx, request{path: "/product/variant/query", query: url.Values{"pid": {id}}, points: queryPoints}, &list); err != nil {
		var r *RefusalError
		if errors.As(err, &r) && r.class() == gone {
			return nil, nil
		}
		return nil, err
	}
	out := make([]checkout.Product, 0, len(list))
	for i := range list {
		if v := s.take(p, &list[i]); v != nil {
			out = append(out, v.product)
		}
	}
	return out, nil
}

// freight is what CJ asks for sending one basket to one country.
type freight struct {
	methods []checkout.Method
	refused string
	at      time.Time
}

// Quote implements outbox.Supplier. Prices and stocks are asked for once per product, and the freight once per products,
// quantities (and with them the weight) and country, for all orders that have the same.
func (s *Supplier) Quote(ctx context.Context, q outbox.QuoteReq) (checkout.Quote, error) {
	release, err := s.hold(ctx)
	if err != nil {
		return checkout.Quote{}, err
	}
	defer release()
	out := checkout.Quote{Supplier: s.o.Name, Basket: q.Basket}
	fail := func(format string, args ...any) (checkout.Quote, error) {
		out.Error, out.At = fmt.Sprintf(format, args...), s.o.Clock()
		return out, nil
	}
	country := strings.ToUpper(strings.TrimSpace(q.Address.Country))
	if len(country) != 2 {
		return fail("the country of the address is not known")
	}
	basket, anyGone := map[string]int64{}, false
	for _, item := range q.Items {
		n, ok := pieces(item.Quantity)
		if !ok {
			return fail("CJ sells whole pieces, not %s of %s", item.Quantity, item.SKU)
		}
		v, err := s.find(ctx, item.SKU, priceAge)
		if err != nil {
			return out, err
		}
		quoted := checkout.QuotedItem{SKU: item.SKU, Quantity: item.Quantity}
		if v == nil {
			quoted.Gone, anyGone = true, true
			out.Items, out.At = append(out.Items, quoted), earlier(out.At, s.variants[item.SKU].at)
			continue
		}
		if err := s.stocked(ctx, v); err != nil {
			return out, err
		}
		if !v.product.CostKnown {
			return fail("CJ says no price for %s", item.SKU)
		}
		quoted.Unit, quoted.Stock = v.product.Cost, v.stock
		out.Items, out.At = append(out.Items, quoted), earlier(out.At, v.at, v.stockAt)
		basket[v.vid] += n
	}
	if len(basket) == 0 && !anyGone {
		return fail("there is nothing to be quoted")
	}
	if anyGone {
		return out, nil
	}
	f, err := s.freight(ctx, basket, country)
	if err != nil {
		return out, err
	}
	out.Methods, out.Error, out.At = slices.Clone(f.methods), f.refused, earlier(out.At, f.at)
	return out, nil
}

// earlier is the earliest of some times; the zero time is none.
func earlier(t time.Time, others ...time.Time) time.Time {
	for _, o := range others {
		if t.IsZero() || o.Before(t) {
			t = o
		}
	}
	return t
}

// pieces is a quantity as CJ takes it.
func pieces(q order.Quantity) (int64, bool) {
	one := order.Units(1)
	return int64(q / one), q > 0 && q%one == 0
}

// productOf is one product of a basket, as CJ wants to hear it.
type productOf struct {
	VID       string `json:"vid"`
	Quantity  int64  `json:"quantity"`
	StoreLine string `json:"storeLineItemId,omitempty"`
}

func (s *Supplier) freight(ctx context.Context, basket map[string]int64, country string) (freight, error) {
	var products []productOf
	key := country
	for _, vid := range slices.Sorted(maps.Keys(basket)) {
		products = append(products, productOf{VID: vid, Quantity: basket[vid]})
		key += fmt.Sprintf("\n%s %d", vid, basket[vid])
	}
	now := s.o.Clock()
	if f, ok := s.freights[key]; ok && now.Sub(f.at) < priceAge {
		return f, nil
	}
	var list []rawFreight
	body := map[string]any{"startCountryCode": s.o.From, "endCountryCode": country, "products": products}
	if number := s.ownIOSS(); number != "" && inEU[country] {
		body["iossNumber"] = number
	}
	f := freight{at: now}
	_, err := s.call(ctx, request{method: http.MethodPost, path: "/logistic/freightCalculate", body: body, points: queryPoints}, &list)
	var r *RefusalError
	switch {
	case errors.As(err, &r) && (r.class() == refused || r.class() == gone):
		f.refused = r.Error()
	case err != nil:
		return f, err
	}
	for _, l := range list {
		m := checkout.Method{Code: l.Name.clean(), Name: l.Name.clean(), Days: l.Aging.days()}
		var ok bool
		if m.Cost, ok = l.cost(s.declaresTax(country)); ok && m.Code != "" {
			f.methods = append(f.methods, m)
		}
	}
	if len(f.methods) == 0 && f.refused == "" {
		f.refused = "CJ offers no way of sending this from " + s.o.From + " to " + country
	}
	maps.DeleteFunc(s.freights, func(_ string, old freight) bool { return now.Sub(old.at) >= priceAge })
	s.freights[key] = f
	return f, nil
}

// rawFreight is one way of sending. What is paid for it is totalPostageFee, which is the freight with the taxes that CJ
// pays for the parcel and its customs clearance; it is left out or 0 where CJ reckons no tax.
type rawFreight struct {
	Name      word `json:"logisticName"`
	Price     word `json:"logisticPrice"`
	Aging     word `json:"logisticAging"`
	Taxes     word `json:"taxesFee"`
	Clearance word `json:"clearanceOperationFee"`
	Total     word `json:"totalPostageFee"`
}

// cost is the most that is going to be asked for one way of sending, with the tax where CJ is to pay it.
func (l *rawFreight) cost(taxed bool) (order.Money, bool) {
	price, ok := l.Price.money()
	if !ok || !taxed {
		return price, ok
	}
	sum, err := price.Add(l.Taxes.amount())
	if err == nil {
		sum, err = sum.Add(l.Clearance.amount())
	}
	if err != nil {
		return price, false
	}
	if total, ok := l.Total.money(); ok && total.Minor > sum.Minor {
		return total, true
	}
	return sum, true
}

// declaresTax tells whether CJ is to pay the tax of a parcel: in the European Union what the settings say of IOSS decides,
// with our own number or with none it is not CJ who pays.
func (s *Supplier) declaresTax(country string) bool {
	return !inEU[country] || s.o.IOSS == "" || strings.EqualFold(s.o.IOSS, "cj")
}
