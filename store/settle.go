package store

import (
	"cmp"
	"context"
	"encoding/json"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
)

// RetryEffect has an effect tried again: a failed one is queued anew, one that waits is taken up now, and one whose
// outcome is not known is looked after now, which sends nothing. It lets the automatic checkout at its supplier go on.
// What was sent, or is being sent, is refused.
func (d *DB) RetryEffect(ctx context.Context, who string, id int64) error {
	return d.write(ctx, func(t *tx) error {
		e, err := t.effect(id)
		if err != nil {
			return err
		}
		was := e.State
		switch e.State {
		case EffectQueued, EffectUnknown:
		case EffectFailed:
			if err := t.mayRetry(&e); err != nil {
				return err
			}
			e.State, e.Reason = EffectQueued, ""
		case EffectSending:
			return refuse(Invalid, "“%s” of %s is being sent now; wait for what comes of it", e.Name(), e.Number)
		case EffectSent:
			return refuse(Invalid, "“%s” of %s was done already; nothing is sent twice", e.Name(), e.Number)
		default:
			return refuse(Invalid, "“%s” of %s was withdrawn; %s", e.Name(), e.Number, e.anew())
		}
		a, err := t.applierOf(e.Store, who)
		if err != nil {
			return err
		}
		if e.Kind == EffectAct && was == EffectFailed { // before it stands in its own way
			if err := a.again(&e); err != nil {
				return err
			}
		}
		if err := t.exec(`UPDATE outbox SET state = ?, reason = ?, not_before = 0, updated = ? WHERE id = ?`,
			string(e.State), e.Reason, millis(t.now), id); err != nil {
			return err
		}
		if err := t.resumeAuto(e.Supplier); err != nil {
			return err
		}
		if e.Kind.money() && was == EffectFailed {
			if err := a.clearReason(e.Reference); err != nil {
				return err
			}
			if err := a.replan(e.Reference); err != nil {
				return err
			}
		}
		a.told(e.OrderID)
		return a.entry(e.OrderID, e.field(), string(was), "retry "+e.Reference)
	})
}

// anew is how something that was withdrawn is asked for again.
func (e *Effect) anew() string {
	if e.Kind.ToStore() {
		return "ask for it again"
	}
	return "check the order out again"
}

// mayRetry refuses to queue a failed effect again where that would do something twice.
func (t *tx) mayRetry(e *Effect) error {
	later, err := t.effectsWhere(`reference = ? AND kind = ? AND id > ? AND tag = (SELECT tag FROM outbox WHERE id = ?)
		AND state NOT IN ('failed', 'withdrawn')`, e.Reference, string(e.Kind), e.ID, e.ID)
	if err != nil {
		return err
	}
	if len(later) > 0 {
		return refuse(Invalid, "“%s” of %s was taken up again already (%s)", e.Name(), e.Number, later[0].State)
	}
	if e.Kind.ToStore() {
		return nil
	}
	p, _, err := t.ownPlacement(e.Reference)
	switch {
	case err != nil:
		return err
	case !p.State.Live():
		return refuse(Invalid, "the order %s is back under Unpaid; check it out again", e.Number)
	case p.State != order.PlacementPending:
		return refuse(Invalid, "the order %s has been paid (%s); nothing is paid twice", e.Number, p.State)
	}
	if e.Kind == EffectCancel {
		return nil
	}
	cancels, err := t.effectsWhere(`reference = ? AND kind = 'cancel' AND state NOT IN ('failed', 'withdrawn')`, e.Reference)
	if err == nil && len(cancels) > 0 {
		err = refuse(Invalid, "the order %s is being taken back at %s; wait until it is under Unpaid, and check it out again", e.Number, e.Supplier)
	}
	return err
}

// clearReason takes what went wrong off a placement that is tried again.
func (a *applier) clearReason(reference string) error {
	p, row, err := a.ownPlacement(reference)
	if err != nil || p.Reason == "" {
		return err
	}
	was := p
	p.Reason = ""
	return a.changePlacement(&was, &p, row, 0)
}

// WithdrawEffect takes an effect back that has not been sent: with the making of an order goes all of its checkout. What
// may have happened, and what leaves something half done, is refused.
func (d *DB) WithdrawEffect(ctx context.Context, who string, id int64) error {
	return d.write(ctx, func(t *tx) error {
		e, err := t.effect(id)
		if err != nil {
			return err
		}
		switch {
		case e.State == EffectSending || e.State == EffectUnknown:
			return refuse(Invalid, "whether “%s” of %s happened is not known; it cannot be withdrawn before that is settled", e.Name(), e.Number)
		case e.State == EffectSent || e.State == EffectWithdrawn:
			return refuse(Invalid, "“%s” of %s is %s; there is nothing to withdraw", e.Name(), e.Number, e.State)
		case e.Kind == EffectPay:
			return refuse(Invalid, "the order %s stands unpaid at %s; bring it back to Unpaid, and it is taken back there too", e.Number, e.Supplier)
		case e.Kind == EffectCancel:
			return refuse(Invalid, "the order %s is being taken back at %s; wait until it is under Unpaid", e.Number, e.Supplier)
		}
		a, err := t.applierOf(e.Store, who)
		if err != nil {
			return err
		}
		if e.Kind == EffectPlace {
			return a.giveUp(&e)
		}
		if err := a.lift(&e); err != nil {
			return err
		}
		return a.withdraw(&e)
	})
}

// withdraw takes one effect back.
func (a *applier) withdraw(e *Effect) error {
	was := e.State
	if err := a.exec(`UPDATE outbox SET state = 'withdrawn', updated = ? WHERE id = ?`, millis(a.now), e.ID); err != nil {
		return err
	}
	e.State, e.Reason = EffectWithdrawn, ""
	return a.settled(e, was)
}

// giveUp takes back a checkout of which nothing is at the supplier: the order is unpaid again.
func (a *applier) giveUp(place *Effect) error {
	p, row, err := a.ownPlacement(place.Reference)
	if err != nil {
		return err
	}
	if !p.State.Live() {
		return refuse(Invalid, "the order %s is back under Unpaid already", place.Number)
	}
	if place.State == EffectQueued {
		if err := a.withdraw(place); err != nil {
			return err
		}
	}
	was := p
	p.State, p.Reason = order.PlacementCancelled, ""
	if err := a.changePlacement(&was, &p, row, 0); err != nil {
		return err
	}
	return a.replan(p.Reference)
}

// purchase is what the outbox has of a placement: the latest effect of each kind.
type purchase struct {
	place, pay, cancel *Effect
	unsettled          *Effect // one of which it is not known whether it happened
}

func (t *tx) purchase(reference string) (b purchase, err error) {
	all, err := t.effectsWhere(`reference = ? AND kind <> 'tell'`, reference)
	for i := range all {
		e := &all[i]
		if e.State == EffectSending || e.State == EffectUnknown {
			b.unsettled = e
		}
		switch e.Kind {
		case EffectPlace:
			b.place = e
		case EffectPay:
			b.pay = e
		case EffectCancel:
			b.cancel = e
		case EffectTell, EffectAct:
		}
	}
	if err == nil && b.place == nil {
		err = refuse(Failed, "the outbox knows nothing of %s; run orderdeck doctor", reference)
	}
	return b, err
}

// BackToUnpaid brings a part that is pending back under Unpaid: at once where it is proven that the supplier has no order
// of it; where there is an unpaid one it is first taken back there, and the part follows when that is done. What may have
// happened, and what is paid, is refused.
func (d *DB) BackToUnpaid(ctx context.Context, who, reference string) error {
	return d.write(ctx, func(t *tx) error {
		p, row, err := t.ownPlacement(reference)
		if err != nil {
			return err
		}
		b, err := t.purchase(reference)
		if err != nil {
			return err
		}
		switch {
		case !p.State.Live():
			return refuse(Invalid, "%s is back under Unpaid already", reference)
		case p.State != order.PlacementPending:
			return refuse(Invalid, "%s has been paid at %s (%s); ask for a refund there", reference, p.Supplier, p.State)
		case b.unsettled != nil:
			return refuse(Invalid, "whether “%s” of %s happened at %s is not known; wait until that is settled", b.unsettled.Kind, b.place.Number, p.Supplier)
		case b.pay != nil && b.pay.State == EffectSent:
			return refuse(Invalid, "the order %s has been paid at %s; ask for a refund there", b.place.Number, p.Supplier)
		case b.cancel != nil && b.cancel.State == EffectQueued:
			return refuse(Invalid, "the order %s is being taken back at %s already", b.place.Number, p.Supplier)
		}
		a, err := t.applierOf(p.Store, who)
		if err != nil {
			return err
		}
		if b.place.State != EffectSent && p.SupplierNo == "" {
			return a.giveUp(b.place)
		}
		return a.takeBack(&p, row, &b)
	})
}

// takeBack queues that an unpaid order is taken back at its supplier.
func (a *applier) takeBack(p *order.Placement, row ownRow, b *purchase) error {
	if b.pay != nil && b.pay.State == EffectQueued {
		if err := a.withdraw(b.pay); err != nil {
			return err
		}
	}
	doc, err := json.Marshal(CancelDoc{Reference: p.Reference, SupplierNo: p.SupplierNo, Why: "the merchant took it back before paying"})
	if err != nil {
		return err
	}
	by := *b.place
	by.Who = a.who
	if err := a.follow(&by, NewEffect{Kind: EffectCancel, Doc: doc}); err != nil {
		return err
	}
	was := *p
	p.Reason = "it is being taken back at " + p.Supplier
	if err := a.changePlacement(&was, p, row, 0); err != nil {
		return err
	}
	if err := a.replan(p.Reference); err != nil {
		return err
	}
	return a.entry(b.place.OrderID, string(EffectCancel), "", "queued "+p.Reference)
}

// ConfirmPaid notes that the merchant has paid a placement by hand: what, by which receipt and when. It is for suppliers
// that cannot be asked; the order becomes Placed.
func (d *DB) ConfirmPaid(ctx context.Context, who, reference, receipt string, amount order.Money, at time.Time) error {
	return d.write(ctx, func(t *tx) error {
		if at.IsZero() {
			at = t.now
		}
		p, row, err := t.ownPlacement(reference)
		if err != nil {
			return err
		}
		b, err := t.purchase(reference)
		if err != nil {
			return err
		}
		if err := mayConfirm(&p, &b, amount, at, t.now); err != nil {
			return err
		}
		a, err := t.applierOf(p.Store, who)
		if err != nil {
			return err
		}
		doc, err := json.Marshal(PayDoc{Reference: reference, SupplierNo: p.SupplierNo, Max: amount})
		if err != nil {
			return err
		}
		pay := Effect{
			Kind: EffectPay, State: EffectSent, OrderID: b.place.OrderID, Store: p.Store, External: p.ExternalID, Number: b.place.Number,
			Supplier: p.Supplier, Reference: reference, Doc: doc, Attempts: 1, Evidence: "confirmed by " + who + ": " + receipt, Who: who,
		}
		if err := t.enqueue(&pay, ""); err != nil {
			return err
		}
		if err := a.confirm(p, row, receipt, amount, at); err != nil {
			return err
		}
		return a.entry(b.place.OrderID, string(EffectPay), string(EffectQueued), "confirmed "+reference+": "+receipt)
	})
}

// mayConfirm refuses a payment that cannot have been made, or not by hand.
func mayConfirm(p *order.Placement, b *purchase, amount order.Money, at, now time.Time) error {
	switch {
	case !p.State.Live():
		return refuse(Invalid, "%s was cancelled; check the order out again before you pay it", p.Reference)
	case p.State != order.PlacementPending:
		return refuse(Invalid, "%s has been paid already (%s)", p.Reference, cmp.Or(p.Receipt, string(p.State)))
	case amount.Currency != p.Total.Currency:
		return refuse(Invalid, "%s is paid in %s, and not in %s", p.Reference, p.Total.Currency, cmp.Or(amount.Currency, "no currency"))
	case amount.Minor <= 0 || absurd(amount):
		return refuse(Invalid, "%s cannot be what was paid for %s", amount, p.Reference)
	case at.After(now.Add(24 * time.Hour)):
		return refuse(Invalid, "%s cannot have been paid on %s: that is still to come", p.Reference, dayOf(at))
	case b.place.State != EffectSent:
		return refuse(Invalid, "the order of %s has not been made at %s yet; wait for that before you pay it", p.Reference, p.Supplier)
	case b.cancel != nil && b.cancel.State.Open():
		return refuse(Invalid, "the order %s is being taken back at %s; wait until that is settled", b.place.Number, p.Supplier)
	case b.pay != nil && (b.pay.State.Open() || b.pay.State == EffectSent):
		return refuse(Invalid, "the payment of %s at %s is %s; it is not for you to confirm", b.place.Number, p.Supplier, b.pay.State)
	}
	return nil
}

// confirm writes what was paid for a placement. What was paid beside the sum that was agreed on is a fee, or a discount.
func (a *applier) confirm(p order.Placement, row ownRow, receipt string, amount order.Money, at time.Time) error {
	was := p
	more, err := amount.Sub(p.Total)
	if err != nil {
		return err
	}
	if p.Fees, err = p.Fees.Add(more); err != nil {
		return err
	}
	p.Total, p.Receipt, p.State, p.PlacedAt, p.Reason = amount, receipt, order.PlacementPlaced, at.UTC(), ""
	if err := a.changePlacement(&was, &p, row, 0); err != nil {
		return err
	}
	if err := a.exec(`UPDATE spend SET spent = ?, currency = ? WHERE reference = ?`, amount.Minor, amount.Currency, p.Reference); err != nil {
		return err
	}
	return a.replan(p.Reference)
}
