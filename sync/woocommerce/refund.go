package woocommerce

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"math/big"
	"slices"
	"strings"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync/httpx"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

// byHand are the payment methods of core that nobody can be asked to give money back by.
var byHand = []string{"", "bacs", "cheque", "cod"}

// refund gives money back. The mark stands in the reason, since that is written together with the refund; what else could
// carry it is written after.
func (p *Platform) refund(ctx context.Context, n *sight, a order.Act) (outbox.Done, error) {
	found, err := p.refunded(ctx, n, a.Key)
	if err != nil {
		return outbox.Done{}, outbox.NotSent(err)
	}
	if found != "" {
		return outbox.Done{ID: found, Already: true}, nil
	}
	body, err := p.refundBody(n, a)
	if err != nil {
		return outbox.Done{}, err
	}
	var made struct {
		ID loose `json:"id"`
	}
	err = p.once(ctx, n, "refund "+a.Key, n.path("refunds"), nil, body, &made)
	done := outbox.Done{ID: string(made.ID)}
	if body["api_refund"] == false {
		done.Hint = "the store has written it down; the money goes back by hand"
	}
	var o *httpx.OverloadError
	if !errors.As(err, &o) {
		return done, err
	}
	// Whatever is wrong with a refund is answered with 500. What the store says in its own words is believed when a look
	// shows no refund: something behind it may have failed after the money went.
	c, ok := complain(o.Answer.Body)
	if !ok || !strings.Contains(string(c.Code), "refund") && c.Code != "woocommerce_rest_invalid_order_id" {
		return done, err
	}
	found, bad := p.refunded(ctx, n, a.Key)
	switch {
	case bad != nil:
		return done, err
	case found != "":
		done.ID = found
		return done, nil
	}
	delete(p.unsure, "refund "+a.Key)
	return outbox.Done{}, outbox.Rejectedf("%s says: “%s”", p.http.Host(), p.words(o.Answer))
}

// refunded finds the refund that was made for a key.
func (p *Platform) refunded(ctx context.Context, n *sight, key string) (id string, err error) {
	all, err := p.refunds(ctx, n.id, n.s)
	if err != nil {
		return "", err
	}
	for i := range all {
		if strings.Contains(string(all[i].Reason), mark(key)) {
			return string(all[i].ID), nil
		}
	}
	return "", nil
}

// refundBody says what goes back. The amount is a text with a dot and the currency's decimals: a comma would be dropped,
// and a hundred times as much go back.
func (p *Platform) refundBody(n *sight, a order.Act) (map[string]any, error) {
	left, err := n.o.Total.Sub(n.o.Refunded)
	if err != nil {
		return nil, outbox.Rejectedf("%s", err)
	}
	want := maps.Clone(a.Lines)
	if len(want) == 0 && a.Restock && a.Amount.Minor == 0 {
		want = map[string]order.Quantity{}
		for i := range n.o.Lines {
			if l := &n.o.Lines[i]; l.Open() > 0 {
				want[l.ExternalID] = l.Open()
			}
		}
	}
	items, sum, err := n.refundLines(want)
	if err != nil {
		return nil, err
	}
	amount := a.Amount
	switch {
	case amount.Minor == 0 && len(a.Lines) > 0:
		amount = sum
	case amount.Minor == 0:
		amount = left
	}
	switch {
	case amount.Currency != n.o.Currency:
		return nil, outbox.Rejectedf("the order is in %s, not in %s", n.o.Currency, amount.Currency)
	case amount.Minor <= 0:
		return nil, outbox.Rejectedf("there is nothing to give back")
	case amount.Minor > left.Minor:
		return nil, outbox.Rejectedf("%s is more than the %s that are left of the order", amount, left)
	}
	body := map[string]any{
		"amount": amount.Decimal(), "reason": strings.TrimSpace(a.Reason + " [" + mark(a.Key) + "]"),
		"api_refund": !slices.Contains(byHand, string(n.v.Method)), "api_restock": a.Restock,
	}
	if len(items) > 0 {
		body["line_items"] = items
	}
	return body, nil
}

// refundLines says what of which line goes back, with its tax, and what that comes to.
func (n *sight) refundLines(want map[string]order.Quantity) (items []map[string]any, sum order.Money, err error) {
	sum = order.New(0, n.o.Currency)
	m := normalizer{currency: n.o.Currency}
	for _, id := range slices.Sorted(maps.Keys(want)) {
		i := slices.IndexFunc(n.v.Lines, func(l line) bool { return string(l.ID) == id })
		if i < 0 {
			return nil, sum, outbox.Rejectedf("the order has no line %s", id)
		}
		v, q := &n.v.Lines[i], want[id]
		if q <= 0 || q > n.o.Lines[i].Open() {
			return nil, sum, outbox.Rejectedf("of line %s (%s) there are %s left, not %s", id, n.o.Lines[i].Title, n.o.Lines[i].Open(), q)
		}
		part := func(l loose) order.Money {
			r, ok := rational(l)
			if !ok {
				r = new(big.Rat)
			}
			out := m.ratio(r.Mul(r, big.NewRat(int64(q), int64(n.o.Lines[i].Quantity))))
			out.Exact = ""
			return out
		}
		goods := part(v.Total)
		item := map[string]any{"id": number64(id), "quantity": json.Number(q.String()), "refund_total": json.Number(goods.Decimal())}
		sum.Minor += goods.Minor
		if len(v.Taxes) > 0 {
			var back []map[string]any
			for _, t := range v.Taxes {
				tax := part(t.Total)
				sum.Minor += tax.Minor
				back = append(back, map[string]any{"id": number64(string(t.ID)), "refund_total": json.Number(tax.Decimal())})
			}
			item["refund_tax"] = back
		}
		items = append(items, item)
	}
	return items, sum, nil
}
