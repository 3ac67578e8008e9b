package vendure

import (
	"cmp"
	"context"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync/outbox"
	"github.com/orderdeck/orderdeck/sync/vendure/admin"
)

const (
	stateDraft     = "Draft"
	stateToPay     = "ArrangingPayment"
	stateToPayMore = "ArrangingAdditionalPayment"
	statePaid      = "PaymentSettled"
	// manualMethod is the method of a payment that was made outside the store. No handler is asked for it.
	manualMethod = "manual"
)

// minor is an amount in the store's own units. rest is what is left: an amount that is shown like it is it.
func (v *standing) minor(m order.Money, rest int64) (int64, error) {
	all := order.FromScaled(rest, v.shop.precision, v.CurrencyCode)
	if !strings.EqualFold(m.Currency, v.CurrencyCode) {
		return 0, outbox.Rejectedf("the order is in %s, not in %s", clean(v.CurrencyCode), m.Currency)
	}
	if m.Minor == all.Minor && m.Exact == "" {
		return rest, nil
	}
	text := cmp.Or(m.Exact, m.Decimal())
	r, ok := new(big.Rat).SetString(text)
	if ok {
		r.Mul(r, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(v.shop.precision)), nil)))
	}
	if !ok || !r.IsInt() || !r.Num().IsInt64() || r.Sign() <= 0 {
		return 0, outbox.Rejectedf("%s is no amount that the store can keep", text)
	}
	return r.Num().Int64(), nil
}

func (v *standing) words(n int64) string {
	return order.FromScaled(n, v.shop.precision, v.CurrencyCode).String()
}

// markPaid takes the money that was authorized; where nothing was, it notes a payment made outside the store, which
// Vendure takes only while an order waits for one.
func (p *Platform) markPaid(ctx context.Context, v *standing, a order.Act) (outbox.Done, error) {
	if v.State == "Cancelled" {
		return outbox.Done{}, outbox.Rejectedf("the order is %s", v.State)
	}
	var settled, held int64
	var authorized []string
	for _, pay := range v.Payments {
		switch pay.State {
		case "Settled":
			settled += pay.Amount
		case "Authorized":
			held += pay.Amount
			authorized = append(authorized, pay.Id)
		}
	}
	rest := v.TotalWithTax - settled
	if a.Amount.Minor != 0 || a.Amount.Exact != "" {
		n, err := v.minor(a.Amount, v.TotalWithTax)
		if err != nil {
			return outbox.Done{}, err
		}
		if n != v.TotalWithTax && n != rest {
			return outbox.Done{}, fmt.Errorf("%w: an order is marked as paid whole or not at all", outbox.ErrNotOffered)
		}
	}
	for _, id := range authorized { // settling again is answered with yes, and does nothing
		if _, err := p.do(ctx, "SettlePayment", admin.SettlePayment_Operation, map[string]any{"id": id}, "Payment"); err != nil {
			return outbox.Done{}, err
		}
	}
	switch {
	case len(authorized) > 0 && held >= rest:
		return outbox.Done{ID: authorized[0]}, nil
	case len(authorized) > 0: // the rest may be noted now, or not: that is seen when it is looked at again
		again, err := p.look(ctx, v.Id)
		if err != nil {
			return outbox.Done{}, fmt.Errorf("what was authorized is taken, and the order could not be read again: %s", said(err))
		}
		d, err := p.paidOutside(ctx, again, a, again.TotalWithTax-settled-held)
		d.Already = false
		return d, err
	}
	return p.paidOutside(ctx, v, a, rest)
}

// paidOutside notes a payment of the rest.
func (p *Platform) paidOutside(ctx context.Context, v *standing, a order.Act, rest int64) (outbox.Done, error) {
	if rest <= 0 {
		if v.State == stateToPayMore && len(v.Fulfillments) == 0 { // it was noted, and the order still waits
			_, err := p.moveOrder(ctx, v, statePaid)
			return outbox.Done{}, err
		}
		return outbox.Done{Already: true}, nil
	}
	at := v.State
	if at == stateDraft || at == "PaymentAuthorized" && slices.Contains(v.NextStates, stateToPayMore) {
		if at = stateToPay; v.State != stateDraft {
			at = stateToPayMore
		}
		if _, err := p.moveOrder(ctx, v, at); err != nil {
			return outbox.Done{}, err
		}
	}
	if at != stateToPay && at != stateToPayMore {
		return outbox.Done{}, outbox.Rejectedf("%s are not paid, and Vendure takes payments only while an order is in the state %s or %s; this one is %s",
			v.words(rest), stateToPay, stateToPayMore, clean(v.State))
	}
	// Without metadata 3.7 fails in its database.
	input := map[string]any{"orderId": v.Id, "method": manualMethod, "transactionId": a.Key, "metadata": map[string]string{"by": "orderdeck"}}
	made, err := p.do(ctx, "ManualPayment", admin.ManualPayment_Operation, map[string]any{"input": input}, "Order")
	if err != nil {
		return outbox.Done{}, err
	}
	if made.State == stateToPayMore && len(v.Fulfillments) == 0 {
		if _, err := p.do(ctx, "MoveOrder", admin.MoveOrder_Operation, map[string]any{"id": v.Id, "state": statePaid}, "Order"); err != nil {
			return outbox.Done{}, fmt.Errorf("the payment is noted, and the order still is %s: %s", made.State, said(err))
		}
	}
	return outbox.Done{ID: a.Key}, nil
}

// source is a payment of which something can be given back.
type source struct {
	id   string
	left int64
}

// purse is what can be given back, and what was already for one act.
type purse struct {
	from      []source
	all, had  int64
	last      string   // the newest refund of the act
	open      []string // those of them that wait for the merchant to send the money
	waiting   bool     // one of them waits for the provider
	failed    bool
	beginning bool // nothing was done for the act yet
}

func (v *standing) purse(mark string) purse {
	b := purse{beginning: true}
	for _, pay := range v.Payments {
		left := pay.Amount
		for _, r := range pay.Refunds {
			ours := r.Reason != nil && strings.HasSuffix(*r.Reason, mark)
			if ours {
				b.beginning, b.last = false, r.Id
			}
			if r.State == "Failed" {
				b.failed = b.failed || ours
				continue
			}
			left -= r.Total
			if !ours {
				continue
			}
			b.had += r.Total
			switch {
			case r.State == "Settled":
			case r.TransactionId == nil:
				b.open = append(b.open, r.Id)
			default:
				b.waiting = true
			}
		}
		if pay.State == "Settled" && left > 0 {
			b.from, b.all = append(b.from, source{pay.Id, left}), b.all+left
		}
	}
	return b
}

// refund gives money back. Doing it twice gives it back twice, so that the key stands at the end of the refund's reason,
// which is written together with it, and where it is looked for first. One that the provider refused (Failed) is not tried
// again for the same act.
func (p *Platform) refund(ctx context.Context, v *standing, a order.Act) (outbox.Done, error) {
	if a.Key == "" {
		return outbox.Done{}, outbox.Rejectedf("a refund needs a key by which it is found again")
	}
	lines, err := v.pieces(a.Lines)
	if err != nil {
		return outbox.Done{}, err
	}
	if a.Restock {
		return outbox.Done{}, fmt.Errorf("%w: a refund in Vendure puts nothing back on stock: cancel the pieces, and refund them without restocking", outbox.ErrNotOffered)
	}
	b := v.purse(mark(a.Key))
	want, err := v.wanted(a, lines, b.all+b.had)
	if err != nil {
		return outbox.Done{}, err
	}
	switch want -= b.had; {
	case want <= 0 && !b.beginning && b.had > 0:
		return p.settled(ctx, b)
	case b.failed:
		return outbox.Done{}, partly(b.had > 0, outbox.Rejectedf("the payment provider refused the refund"))
	case want <= 0:
		return outbox.Done{}, outbox.Rejectedf("there is nothing to give back")
	case want > b.all:
		return outbox.Done{}, outbox.Rejectedf("%s were paid and not given back yet, not %s", v.words(b.all), v.words(want))
	}
	reason := marked(a.Reason, a.Key)
	for _, s := range b.from {
		now := min(want, s.left)
		if now <= 0 {
			break
		}
		if b.had > 0 {
			lines = nil // they are with the first part
		}
		input := admin.RefundOrderInput{
			PaymentId: s.id, Amount: &now, Reason: &reason, Lines: append([]admin.OrderLineInput{}, lines...), Shipping: new(int64), Adjustment: new(int64),
		}
		made, err := p.do(ctx, "RefundOrder", admin.RefundOrder_Operation, map[string]any{"input": input}, "Refund")
		if err == nil && made.State == "Failed" {
			err = outbox.Rejectedf("the payment provider refused the refund")
		}
		if err != nil {
			return outbox.Done{}, partly(b.had > 0, err)
		}
		switch {
		case made.State == "Settled":
		case made.Reference == nil:
			b.open = append(b.open, made.ID)
		default:
			b.waiting = true
		}
		b.last, b.had, want = made.ID, b.had+now, want-now
	}
	d, err := p.settled(ctx, b)
	d.Already = false
	return d, err
}

// wanted is how much is to be given back in all for an act; most is what it began with.
func (v *standing) wanted(a order.Act, lines []admin.OrderLineInput, most int64) (int64, error) {
	switch {
	case a.Amount.Minor != 0 || a.Amount.Exact != "":
		return v.minor(a.Amount, most)
	case len(lines) == 0:
		return most, nil
	}
	var sum, n int64
	for _, l := range lines { // as Vendure itself reckons it where it is told lines only
		sum += v.Lines[v.line(l.OrderLineId)].ProratedUnitPriceWithTax * int64(l.Quantity)
		n += int64(l.Quantity)
	}
	if over := sum - most; over > 0 && over <= n { // its unit prices are rounded, by up to one each
		sum = most
	}
	return sum, nil
}

// settled says of the refunds that nobody but the merchant can send that they are sent, as the merchant says by asking for
// them; those that a provider works on are left to it.
func (p *Platform) settled(ctx context.Context, b purse) (outbox.Done, error) {
	d := outbox.Done{ID: b.last, Already: len(b.open) == 0}
	for _, id := range b.open {
		input := admin.SettleRefundInput{Id: id, TransactionId: manualMethod}
		if _, err := p.do(ctx, "SettleRefund", admin.SettleRefund_Operation, map[string]any{"input": input}, "Refund"); err != nil {
			return outbox.Done{}, partly(true, err)
		}
	}
	if b.waiting {
		d.Pending = "the payment provider has not confirmed the refund yet"
	}
	return d, nil
}

// partly makes an error of a step one that says that steps before it are done: the whole is not refused.
func partly(begun bool, err error) error {
	if !begun {
		return err
	}
	return fmt.Errorf("a part of the refund is done: %s", err.Error())
}
