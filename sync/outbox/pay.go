package outbox

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
)

// pay pays an order that is at its supplier, or finds out whether it was paid.
func (l *lane) pay(ctx context.Context, e store.Effect) error {
	j, ok, err := l.take(ctx, e)
	if !ok {
		return err
	}
	doc, err := decode[store.PayDoc](e)
	if err != nil {
		return j.fail(ctx, err.Error())
	}
	asked, err := l.placed(ctx, e.Reference)
	if err != nil {
		return err
	}
	if _, began := j.h.attempt(); !began && asked != nil {
		if ok, err := j.stillWanted(ctx, *asked, false); !ok {
			return err
		}
	}
	s := j.look(ctx, doc.SupplierNo)
	d := decidePay(j.caps, j.h, s, doc, asked, j.now())
	switch d.do {
	case doAdopt:
		return j.paid(ctx, d.order, doc.PayWith, doc.Max)
	case doWait:
		return j.wait(ctx, d, s)
	case doFail:
		j.h = j.h.add(j.now(), markRefused, d.reason)
		return j.refused(ctx, d.reason)
	case doBalance:
		if d = j.money(ctx, doc.PayWith); d.do == doWait {
			return j.wait(ctx, d, s)
		}
		j.h = j.h.add(j.now(), markProven, d.proof)
		return j.refused(ctx, "the payment did not go through: "+d.proof+". Pay again, or take it back")
	}
	before, ok, err := j.wallet(ctx, doc.PayWith, d.order.Total)
	if !ok {
		return err
	}
	doc.Before = before
	return j.sendPay(ctx, doc, asked)
}

// placed is what was sent to make the order of a reference.
func (l *lane) placed(ctx context.Context, reference string) (*store.PlaceDoc, error) {
	all, err := l.w.o.DB.Effects(ctx, store.EffectFilter{Reference: reference})
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].Kind == store.EffectPlace {
			doc, err := decode[store.PlaceDoc](all[i])
			return &doc, err
		}
	}
	return nil, nil //nolint:nilnil // it was made elsewhere
}

// sendPay sends it and writes down what came of it.
func (j *job) sendPay(ctx context.Context, doc store.PayDoc, want *store.PlaceDoc) error {
	if err := j.begun(ctx, ""); err != nil {
		return err
	}
	var paid Order
	err := j.send(ctx, j.caps.Timeout, func(ctx context.Context) (err error) {
		paid, err = j.supplier.Pay(ctx, doc)
		return err
	})
	refused := errors.Is(err, ErrDeclined) || errors.Is(err, ErrRejected) || errors.Is(err, ErrNotOffered)
	switch {
	case err == nil && paid.Paid == PaidYes:
		return j.paid(ctx, &paid, doc.PayWith, doc.Max)
	case err == nil:
		err = errors.New("the supplier took it and does not show it as paid yet")
	case errors.Is(err, ErrNotSent):
		return j.unsent(ctx, err)
	}
	j.h = j.h.add(j.now(), markUnclear, words(err))
	s := j.look(ctx, doc.SupplierNo) // a refusal is believed only after the order has been read again
	if o := s.paid(); o != nil {
		return j.paid(ctx, o, doc.PayWith, doc.Max)
	}
	if refused {
		j.h = j.h.add(j.now(), markRefused, words(err))
		return j.refused(ctx, words(err))
	}
	d := decidePay(j.caps, j.h, s, doc, want, j.now())
	if d.do != doWait {
		d = decision{until: j.now().Add(shortestWait)}
	}
	d.reason = "it is not known whether the payment went through: " + words(err)
	return j.wait(ctx, d, s)
}

// refused writes down that an order was not paid. What is bought without being asked stops at that.
func (j *job) refused(ctx context.Context, reason string) error {
	if err := j.fail(ctx, reason); err != nil {
		return err
	}
	set, ok := j.w.supplierOf(j.name)
	if !ok || set.Mode != checkout.ModeAuto {
		return nil
	}
	return j.w.o.DB.PauseAuto(context.WithoutCancel(ctx), j.name, fmt.Sprintf("the payment of %s/%s failed: %s", j.e.Store, j.e.Number, reason))
}

// wallet reads the balance just before a payment and notes it: it is what an unclear payment is judged by. ok is false
// when the payment must not go on; then that has been written down.
func (j *job) wallet(ctx context.Context, with checkout.PayMethod, price order.Money) (before *order.Money, ok bool, err error) {
	before, err = j.balance(ctx, with)
	if err != nil {
		since, _ := j.h.attempt()
		d := later(since, j.now())
		return nil, false, j.wait(ctx, decision{reason: "the balance could not be read: " + words(err), until: d}, sight{err: err})
	}
	if before == nil {
		return nil, true, nil
	}
	if before.Currency == price.Currency && before.Minor < price.Minor {
		reason := fmt.Sprintf("the balance of %s does not do for %s; nothing was paid", before, price)
		j.h = j.h.add(j.now(), markRefused, reason)
		return nil, false, j.refused(ctx, reason)
	}
	j.h = j.h.add(j.now(), markBefore, before.String())
	return before, true, nil
}

// money judges an attempt that the supplier does not know of by the balance. The decision is to wait, or that nothing
// happened, with the proof.
func (j *job) money(ctx context.Context, with checkout.PayMethod) decision {
	since, _ := j.h.attempt()
	now, err := j.balance(ctx, with)
	if err != nil {
		return notSooner(waitFor(since, j.now(), j.now(), "the balance could not be read: "+words(err)), err, j.now())
	}
	before := j.balanceBefore()
	others, err := j.otherPayments(ctx, since, before)
	if err != nil {
		return waitFor(since, j.now(), j.now(), words(err))
	}
	proven, why := decideBalance(before, now, others)
	if frozen, ok := since.last(markFrozen); !ok || proven || frozen.Text != why {
		if now != nil {
			j.h = j.h.add(j.now(), markAfter, now.String())
		}
		if !proven {
			j.h = j.h.add(j.now(), markFrozen, why)
		}
	}
	if proven {
		return decision{do: doFail, proof: why}
	}
	// It is still looked at: the supplier may come to know of it.
	return decision{do: doWait, reason: why, until: later(since, j.now())}
}

// balanceBefore is what was read just before the last attempt; nil = there was none to read.
func (j *job) balanceBefore() *order.Money {
	for i := len(j.h) - 1; i >= 0; i-- {
		if j.h[i].Mark != markSent {
			continue
		}
		if i > 0 && j.h[i-1].Mark == markBefore {
			return amount(j.h[i-1].Text)
		}
		return nil
	}
	return nil
}

// amount reads what order.Money writes.
func amount(text string) *order.Money {
	code, digits, ok := strings.Cut(text, " ")
	if !ok {
		return nil
	}
	m, err := order.ParseMoney(digits, code)
	if err != nil {
		return nil
	}
	return &m
}

// otherPayments is what other payments of ours took from the same balance since an attempt began.
func (j *job) otherPayments(ctx context.Context, since history, before *order.Money) (*order.Money, error) {
	if before == nil || len(since) == 0 {
		return nil, nil //nolint:nilnil // nobody asks
	}
	// The latest will do: a payment that is missed here leaves the balance unexplained, and then nothing is concluded.
	all, err := j.w.o.DB.Effects(ctx, store.EffectFilter{Limit: 5_000})
	if err != nil {
		return nil, err
	}
	sum := order.New(0, before.Currency)
	for i := range all {
		o := &all[i]
		if o.ID == j.e.ID || o.Supplier != j.name || o.State != store.EffectSent || o.Updated.Before(since[0].At) {
			continue
		}
		h := parseHistory(o.Evidence)
		sent, began := h.last(markSent)
		paid, done := h.last(markPaid)
		if !began || !done || sent.At.Before(since[0].At) {
			continue
		}
		if m := amount(paid.Text); m != nil && m.Currency == sum.Currency {
			sum.Minor += m.Minor
		}
	}
	return &sum, nil
}

// paid writes down that an order is paid.
func (j *job) paid(ctx context.Context, o *Order, with checkout.PayMethod, most order.Money) error {
	takeOver(&j.p, o)
	spent := j.p.Total
	if o.Total.Currency == "" {
		spent = most
	}
	j.p.Reason = ""
	if spent.Currency == most.Currency && spent.Minor > most.Minor {
		j.p.Reason = fmt.Sprintf("the supplier took %s, more than the %s that you saw", spent, most)
	}
	if !j.p.State.Paid() {
		j.p.State = order.PlacementPlaced
	}
	if j.p.PlacedAt.IsZero() {
		j.p.PlacedAt = o.PaidAt
		if j.p.PlacedAt.IsZero() {
			j.p.PlacedAt = j.now()
		}
	}
	j.p.PaidBy = with.Name
	j.h = j.h.add(j.now(), markPaid, spent.String())
	j.stale = true
	return j.settle(ctx, store.Outcome{Spent: &spent})
}
