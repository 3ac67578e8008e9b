package jumpseller

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

// A new order takes a customer, products and a shipping method, and no text of ours: what it is found by again is written
// into it afterwards. Until then it is known by what is in it.

// draftFor is how long an order that was made here, and has no mark yet, may be one whose answer was lost.
const draftFor = 24 * time.Hour

// draft makes an order that waits for its payment, or gives the address of one: at the checkout while it is not paid, else
// the one at which its cart can be filled once more. The store sends it to nobody.
func (p *Platform) draft(ctx context.Context, id string, a order.Act) (outbox.Done, error) {
	switch {
	case a.Step == "create" && a.Draft != nil:
		return p.create(ctx, a)
	case a.Step == "complete":
		return p.markPaid(ctx, id)
	case a.Step == "send", a.Step == "create":
	default:
		return outbox.Done{}, fmt.Errorf("%w: %s %s", outbox.ErrNotOffered, a.Kind, a.Step)
	}
	_, v, o, err := p.look(ctx, id)
	if err != nil {
		return outbox.Done{}, err
	}
	at := link(v.Checkout)
	if a.Step == "create" || o.CustomerPayment != order.PaymentPending && o.CustomerPayment != order.PaymentDraft {
		at = link(v.Duplicate)
	}
	if at == "" {
		return outbox.Done{}, outbox.Rejectedf("the store gives no address at which the order can be paid")
	}
	return outbox.Done{URL: at, Already: true, Hint: "Jumpseller sends it to nobody: send the customer the address yourself"}, nil
}

// create makes the order, and marks it.
func (p *Platform) create(ctx context.Context, a order.Act) (outbox.Done, error) {
	products, err := draftProducts(a.Draft)
	if err != nil {
		return outbox.Done{}, err
	}
	v, marked, err := p.drafted(ctx, a)
	if err != nil {
		return outbox.Done{}, outbox.NotSent(err)
	}
	if marked {
		return outbox.Done{ID: clean(v.ID), URL: link(v.Checkout), Already: true}, nil
	}
	if v == nil {
		var made wrapped
		if err := p.once(ctx, "draft "+a.Key, "orders.json", map[string]any{"order": draftBody(a.Draft, products)}, &made); err != nil {
			return outbox.Done{}, err
		}
		if v = made.Order; v == nil || v.ID == "" {
			return outbox.Done{}, sync.Errorf(sync.BadAnswer, "%s answered, and did not say which order it made", p.http.Host())
		}
	}
	note := strings.TrimSpace(strings.TrimSpace(a.Draft.CustomerNote) + "\n" + draftMark(a.Key))
	err = p.mutate(ctx, http.MethodPut, "orders/"+url.PathEscape(string(v.ID))+".json", map[string]any{"order": map[string]any{"additional_information": note}}, nil)
	return outbox.Done{ID: clean(v.ID), URL: link(v.Checkout)}, err
}

func draftMark(key string) string { return "[" + key + "]" }

// drafted finds the order that was made for an act: by its mark, or, where the answer was lost before it had one, by what
// is in it.
func (p *Platform) drafted(ctx context.Context, a order.Act) (found *fields, marked bool, err error) {
	s, err := p.hello(ctx)
	if err != nil {
		return nil, false, err
	}
	want := contents(a.Draft)
	for page := 1; page <= 10; page++ { // of those that wait for their payment; an older one is not ours
		var all []wrapped
		if _, err := p.get(ctx, "orders.json", url.Values{
			"status_filters[]": {"pending_payment"}, "limit": {strconv.Itoa(pageSize)}, "page": {strconv.Itoa(page)},
		}, &all); err != nil {
			return nil, false, err
		}
		for _, w := range all {
			if w.Order == nil {
				continue
			}
			if strings.Contains(string(w.Order.Note), draftMark(a.Key)) {
				return w.Order, true, nil
			}
			o := normalize(w.Order, s)
			if strings.TrimSpace(string(w.Order.Note)) == "" && (w.Order.Source.From == "api" || w.Order.Source.From == "") &&
				p.o.Clock().Sub(o.CreatedAt).Abs() < draftFor && sameCustomer(&a.Draft.Customer, &o.Customer) && slices.Equal(contents(&o), want) {
				found = w.Order
			}
		}
		if len(all) < pageSize {
			break
		}
	}
	return found, false, nil
}

func sameCustomer(want, is *order.Customer) bool {
	if want.ExternalID != "" {
		return want.ExternalID == is.ExternalID
	}
	return strings.EqualFold(want.Email, is.Email)
}

// contents are what tells one customer's draft from another: its lines.
func contents(o *order.Order) []string {
	out := make([]string, 0, len(o.Lines))
	for i := range o.Lines {
		l := &o.Lines[i]
		out = append(out, fmt.Sprint(l.ProductID, " ", l.Quantity, " ", l.UnitPrice.Minor, " ", l.Discount.Minor))
	}
	slices.Sort(out)
	return out
}

// draftProducts are the lines of a draft. There are none but of the store's own products: a line has neither a name nor a
// number of its own there.
func draftProducts(d *order.Order) ([]map[string]any, error) {
	products := make([]map[string]any, 0, len(d.Lines))
	for i := range d.Lines {
		l := &d.Lines[i]
		id, variant, _ := strings.Cut(l.ProductID, "/")
		whole, err := strconv.ParseInt(l.Quantity.String(), 10, 64)
		switch {
		case number(id) == nil:
			return nil, outbox.Rejectedf("Jumpseller sells its own products only, and %q is none of them", l.Title)
		case err != nil || whole <= 0:
			return nil, outbox.Rejectedf("Jumpseller sells whole pieces only, and of %q it would be %s", l.Title, l.Quantity)
		}
		one := map[string]any{"id": number(id), "qty": whole, "price": jsonNumber(l.UnitPrice), "discount": jsonNumber(l.Discount)}
		if variant != "" {
			one["variant_id"] = number(variant)
		}
		products = append(products, one)
	}
	if len(products) == 0 {
		return nil, outbox.Rejectedf("there is nothing in the draft")
	}
	return products, nil
}

func draftBody(d *order.Order, products []map[string]any) map[string]any {
	customer := map[string]any{"email": d.Customer.Email, "fullname": d.Customer.Name, "phone": d.Customer.Phone}
	if id := number(d.Customer.ExternalID); id != nil {
		customer = map[string]any{"id": id}
	}
	if !d.Shipping.IsZero() {
		customer["shipping_address"] = draftAddress(d.Shipping)
	}
	if !d.Billing.IsZero() {
		customer["billing_address"] = draftAddress(d.Billing)
	}
	body := map[string]any{"status": "Pending Payment", "products": products, "shipping_required": !d.Shipping.IsZero(), "customer": customer}
	if d.ShippingMethod != "" || d.ShippingCost.Minor != 0 {
		body["shipping_method_name"], body["shipping_price"] = d.ShippingMethod, jsonNumber(d.ShippingCost)
	}
	return body
}

// draftAddress writes an address. A region is asked for by its code, which we have not.
func draftAddress(a order.Address) map[string]any {
	first, last, _ := strings.Cut(a.Name, " ")
	return map[string]any{
		"name": first, "surname": last, "address": strings.TrimSpace(a.Line1 + " " + a.Line2), "city": a.City, "postal": a.PostalCode, "country": a.Country,
	}
}

func link(l loose) string {
	if u := clean(l); strings.HasPrefix(u, "https://") || strings.HasPrefix(u, "http://") {
		return u
	}
	return ""
}
