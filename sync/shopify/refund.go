package shopify

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/text"
	"github.com/orderdeck/orderdeck/sync/outbox"
	"github.com/orderdeck/orderdeck/sync/shopify/admin"
)

// mark is what an act is found again by.
func mark(key string) string {
	if key == "" {
		return ""
	}
	return " [" + key + "]"
}

// uuid makes of our key one in the form that Shopify wants; the same key gives the same.
func uuid(key string) string {
	h := sha256.Sum256([]byte(key))
	h[6], h[8] = h[6]&0x0f|0x50, h[8]&0x3f|0x80
	s := hex.EncodeToString(h[:16])
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

// refund asks the store first what it would give back, and through which payments. Our key stands in the refund's note, and
// it is the request's idempotency key: the store does the same request once.
func (p *Platform) refund(ctx context.Context, o *admin.AllowedOrder, a order.Act) (outbox.Done, error) {
	if a.Key == "" {
		return outbox.Done{}, outbox.Rejectedf("a refund needs a key")
	}
	for _, r := range o.Refunds {
		if strings.Contains(deref(r.Note), mark(a.Key)) {
			return outbox.Done{ID: number(r.Id), Already: true}, nil
		}
	}
	lines, err := p.refundLines(ctx, o, a)
	if err != nil {
		return outbox.Done{}, err
	}
	all := len(a.Lines) == 0 && a.Amount.IsZero()
	var out admin.SuggestRefundResponse
	vars := map[string]any{"id": o.Id, "all": len(a.Lines) == 0}
	if len(lines) > 0 {
		vars["lines"] = lines
	}
	if err := p.look(ctx, "SuggestRefund", admin.SuggestRefund_Operation, vars, &out); err != nil {
		return outbox.Done{}, err
	}
	if out.Order == nil || out.Order.SuggestedRefund == nil {
		return outbox.Done{}, outbox.Rejectedf("the store says that nothing of this order can be given back")
	}
	s := out.Order.SuggestedRefund
	input := map[string]any{"orderId": o.Id, "note": strings.TrimSpace(text.Limit(a.Reason, 200) + mark(a.Key)), "notify": a.Notify}
	foreign := o.PresentmentCurrencyCode != o.CurrencyCode
	if foreign {
		input["currency"] = o.PresentmentCurrencyCode
	}
	if all {
		var taken []takenBack
		for _, l := range s.RefundLineItems {
			t := takenBack{line: l.LineItem.Id, n: l.Quantity}
			if l.Location != nil {
				t.place = l.Location.Id
			}
			taken = append(taken, t)
		}
		if lines, err = p.backToStock(ctx, o, taken, a.Restock); err != nil {
			return outbox.Done{}, err
		}
		input["shipping"] = map[string]any{"fullRefund": true}
	}
	if len(lines) > 0 {
		input["refundLineItems"] = lines
	}
	input["transactions"], err = split(o, s, a.Amount, foreign)
	if err != nil {
		return outbox.Done{}, err
	}
	var done struct {
		Refund *struct {
			ID string `json:"id"`
		} `json:"refund"`
	}
	if err := p.mutate(ctx, "Refund", admin.Refund_Operation, map[string]any{"input": input, "key": uuid(a.Key)}, &done); err != nil {
		return outbox.Done{}, err
	}
	if done.Refund == nil {
		return outbox.Done{}, nil
	}
	return outbox.Done{ID: number(done.Refund.ID)}, nil
}

// refundLines are the lines that are taken back.
func (p *Platform) refundLines(ctx context.Context, o *admin.AllowedOrder, a order.Act) ([]any, error) {
	one := order.Units(1)
	var taken []takenBack
	for _, id := range slices.Sorted(maps.Keys(a.Lines)) {
		q := a.Lines[id]
		if q%one != 0 || q <= 0 {
			return nil, outbox.Rejectedf("Shopify counts whole pieces, not %s", q)
		}
		taken = append(taken, takenBack{line: "gid://shopify/LineItem/" + id, n: int(q / one)})
	}
	return p.backToStock(ctx, o, taken, a.Restock)
}

// takenBack are pieces of a line.
type takenBack struct {
	line  string
	n     int
	place string // that the store suggests for them
}

// backToStock says what becomes of pieces that are taken back. Those that were not sent yet are cancelled, at the place that
// was to send them, and the others come back from the customer: Shopify counts the two apart, and would have the first sent
// all the same where they were called returned.
func (p *Platform) backToStock(ctx context.Context, o *admin.AllowedOrder, taken []takenBack, restock bool) ([]any, error) {
	var out []any
	put := func(t takenBack, n int, kind, place string) {
		item := map[string]any{"lineItemId": t.line, "quantity": n, "restockType": kind}
		if place != "" {
			item["locationId"] = place
		}
		out = append(out, item)
	}
	if !restock || len(taken) == 0 {
		for _, t := range taken {
			put(t, t.n, "NO_RESTOCK", "")
		}
		return out, nil
	}
	parts, err := p.toSend(ctx, number(o.Id))
	if err != nil {
		return nil, outbox.NotSent(err)
	}
	place := ""
	for _, s := range parts {
		place = cmp.Or(place, s.place)
	}
	for _, t := range taken {
		for _, s := range parts {
			for _, l := range s.lines {
				if n := min(t.n, l.RemainingQuantity); n > 0 && l.LineItem.Id == t.line && s.place != "" && !s.over() {
					put(t, n, "CANCEL", s.place)
					t.n -= n
				}
			}
		}
		switch back := cmp.Or(t.place, place); {
		case t.n == 0:
		case back == "":
			return nil, outbox.Rejectedf("the store does not say which place the goods would go back to")
		default:
			put(t, t.n, "RETURN", back)
		}
	}
	return out, nil
}

// split gives an amount back through the payments that it came by, as far as each allows; without one, what the store
// suggests.
func split(o *admin.AllowedOrder, s *admin.SuggestRefundOrderSuggestedRefund, amount order.Money, foreign bool) ([]any, error) {
	side := func(b *admin.Both) (string, string) {
		if foreign {
			return b.PresentmentMoney.Amount, b.PresentmentMoney.CurrencyCode
		}
		return b.ShopMoney.Amount, b.ShopMoney.CurrencyCode
	}
	if foreign && !amount.IsZero() && amount.Currency != o.PresentmentCurrencyCode {
		return nil, outbox.Rejectedf("the customer paid in %s: a part of it can only be given back in that", o.PresentmentCurrencyCode)
	}
	left := amount
	var out []any
	for i := range s.SuggestedTransactions {
		t := &s.SuggestedTransactions[i]
		value, _ := side(&t.AmountSet)
		if !amount.IsZero() {
			most, currency := side(&t.AmountSet)
			if t.MaximumRefundableSet != nil {
				most, currency = side(t.MaximumRefundableSet)
			}
			m, err := order.ParseMoney(most, currency)
			if err != nil || currency != amount.Currency {
				return nil, outbox.Rejectedf("the store says amounts in %s, and not in %s", clean(currency), amount.Currency)
			}
			m.Minor = min(m.Minor, left.Minor)
			left.Minor -= m.Minor
			value = order.New(m.Minor, m.Currency).Decimal()
		}
		if strings.Trim(value, "0.") == "" {
			continue
		}
		item := map[string]any{"orderId": o.Id, "kind": "REFUND", "gateway": deref(t.Gateway), "amount": value}
		if t.ParentTransaction != nil {
			item["parentId"] = t.ParentTransaction.Id
		}
		out = append(out, item)
	}
	if !amount.IsZero() && left.Minor > 0 {
		return nil, outbox.Rejectedf("%s is %s more than can be given back", amount, left)
	}
	return out, nil
}
