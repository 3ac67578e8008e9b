package woocommerce

import (
	"cmp"
	"context"
	"encoding/json"
	"html"
	"net/url"
	"strconv"
	"strings"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

// draft makes an order that waits for its payment; the address to pay at is what the customer is sent.
func (p *Platform) draft(ctx context.Context, a order.Act) (outbox.Done, error) {
	if a.Draft == nil {
		return outbox.Done{}, outbox.Rejectedf("there is no draft")
	}
	s, err := p.hello(ctx)
	if err != nil {
		return outbox.Done{}, outbox.NotSent(err)
	}
	n := &sight{s: s}
	var newest list[fields]
	_, err = p.get(ctx, s, "orders", url.Values{
		"status": {"any"}, "orderby": {"id"}, "order": {"desc"}, "per_page": {strconv.Itoa(pageSize)}, "_fields": {"id,meta_data,payment_url"},
	}, &newest)
	if err != nil {
		return outbox.Done{}, outbox.NotSent(err)
	}
	for i := range newest {
		if v := &newest[i]; a.Key != "" && v.word(metaKey) == a.Key {
			return outbox.Done{ID: string(v.ID), URL: link(v.PaymentURL), Already: true}, nil
		}
	}
	made := &fields{}
	if err := p.once(ctx, n, "draft "+a.Key, "wc/v3/orders", nil, draftBody(a), made); err != nil {
		return outbox.Done{}, err
	}
	done := outbox.Done{ID: string(made.ID), URL: link(made.PaymentURL)}
	for i := range made.Lines { // an unknown product makes an empty line
		if l := &made.Lines[i]; l.Name == "" && (l.Product == "0" || l.Product == "") && l.SKU == "" {
			done.Hint = "the store does not know one of its products: look at the order there"
		}
	}
	return done, nil
}

func draftBody(a order.Act) map[string]any {
	d := a.Draft
	lines, fees := []map[string]any{}, []map[string]any{}
	for i := range d.Lines {
		l := &d.Lines[i]
		before, err := l.UnitPrice.Times(l.Quantity)
		if err != nil {
			before = l.Total
		}
		total := order.New(before.Minor-l.Discount.Minor, before.Currency)
		if id := number64(l.ProductID); id > 0 {
			lines = append(lines, map[string]any{
				"product_id": id, "quantity": json.Number(l.Quantity.String()), "subtotal": before.Decimal(), "total": total.Decimal(),
			})
			continue
		}
		fees = append(fees, map[string]any{"name": strings.TrimSpace(l.Quantity.String() + " × " + l.Title), "total": total.Decimal()})
	}
	for _, adj := range d.Adjustments {
		fees = append(fees, map[string]any{"name": adj.Title, "total": adj.Amount.Decimal()})
	}
	if d.Discount.Minor > 0 {
		fees = append(fees, map[string]any{"name": "Discount", "total": order.New(-d.Discount.Minor, d.Discount.Currency).Decimal()})
	}
	body := map[string]any{
		"status": statusPending, "set_paid": false, "line_items": lines, "fee_lines": fees, "customer_note": d.CustomerNote,
		"meta_data": []map[string]any{{"key": metaKey, "value": a.Key}}, "billing": draftAddress(d.Billing, &d.Customer),
	}
	if !d.Shipping.IsZero() {
		body["shipping"] = draftAddress(d.Shipping, nil)
	}
	if d.Currency != "" {
		body["currency"] = d.Currency
	}
	if id := number64(d.Customer.ExternalID); id > 0 {
		body["customer_id"] = id
	}
	if d.ShippingMethod != "" || d.ShippingCost.Minor != 0 {
		body["shipping_lines"] = []map[string]any{{
			"method_id": "flat_rate", "method_title": cmp.Or(d.ShippingMethod, "Shipping"), "total": d.ShippingCost.Decimal(),
		}}
	}
	return body
}

func draftAddress(a order.Address, c *order.Customer) map[string]any {
	name := a.Name
	if c != nil {
		name = cmp.Or(name, c.Name)
	}
	first, last, _ := strings.Cut(name, " ")
	out := map[string]any{
		"first_name": first, "last_name": last, "company": a.Company, "address_1": a.Line1, "address_2": a.Line2, "city": a.City,
		"state": a.Province, "postcode": a.PostalCode, "country": a.Country, "phone": a.Phone,
	}
	if c != nil {
		out["phone"] = cmp.Or(a.Phone, c.Phone)
		if c.Email != "" { // an empty one is refused
			out["email"] = c.Email
		}
	}
	return out
}

// sendDraft sends the customer where to pay, as a note to them: of the store's own mail with the order's details nobody
// can tell afterwards whether it went.
func (p *Platform) sendDraft(ctx context.Context, n *sight, a order.Act) (outbox.Done, error) {
	at := link(n.v.PaymentURL)
	if at == "" {
		return outbox.Done{}, outbox.Rejectedf("the store gives no address to pay the order at")
	}
	words := cmp.Or(strings.TrimSpace(a.Text), "Your order can be paid here:") + "\n" + html.UnescapeString(at)
	done, err := p.note(ctx, n, a.Key, words, true)
	done.URL = at
	return done, err
}
