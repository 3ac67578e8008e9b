package store

import (
	"cmp"
	"context"
	"encoding/json"

	"github.com/orderdeck/orderdeck/store/order"
)

// EndEffect writes what an attempt came to, all of it in one transaction: the effect's state, the placement, the money,
// what follows, and the journal. See mayEnd for which outcomes there may be.
func (d *DB) EndEffect(ctx context.Context, id int64, o Outcome) error {
	return d.write(ctx, func(t *tx) error {
		e, err := t.effect(id)
		if err != nil {
			return err
		}
		if err := mayEnd(&e, &o); err != nil {
			return err
		}
		was := e.State
		e.State, e.Reason, e.NotBefore = o.State, o.Reason, o.NotBefore
		e.Evidence = cmp.Or(o.Evidence, e.Evidence)
		if o.Doc != nil {
			e.Doc = o.Doc
		}
		if err := t.exec(`UPDATE outbox SET state = ?, reason = ?, evidence = ?, doc = ?, updated = ?, not_before = ? WHERE id = ?`,
			string(e.State), e.Reason, e.Evidence, string(e.Doc), millis(t.now), millis(e.NotBefore), e.ID); err != nil {
			return err
		}
		if was == EffectSending || was == EffectUnknown {
			if err := t.exec(`UPDATE outbox_attempts SET ended = ?, state = ?, reason = ?, evidence = ? WHERE effect = ? AND n = ?`,
				millis(t.now), string(o.State), o.Reason, o.Evidence, e.ID, e.Attempts); err != nil {
				return err
			}
		}
		a, err := t.applierOf(e.Store, "supplier:"+e.Supplier)
		if err != nil {
			return err
		}
		if e.Kind.ToStore() {
			a.who = "sync:" + e.Store
			return a.acted(&e, &o, was)
		}
		if err := a.outcome(&e, &o); err != nil {
			return err
		}
		return a.settled(&e, was)
	})
}

// mayEnd refuses outcomes that cannot be. What was never begun and what may have happened are settled by evidence only.
//
//	from     to       queued    sent      failed  unknown
//	queued            yes       evidence  yes     evidence
//	sending           yes       yes       yes     yes
//	unknown           evidence  evidence  evid.   yes
//
// Everything else is final.
func mayEnd(e *Effect, o *Outcome) error {
	final := func() error {
		return refuse(Invalid, "“%s” of %s is %s; that cannot become %s", e.Kind, e.Reference, e.State, o.State)
	}
	var needs bool
	switch o.State {
	case EffectQueued, EffectSent, EffectFailed, EffectUnknown:
	default:
		return final()
	}
	switch e.State {
	case EffectQueued:
		needs = o.State == EffectSent || o.State == EffectUnknown
	case EffectSending:
	case EffectUnknown:
		needs = o.State != EffectUnknown
	default:
		return final()
	}
	switch {
	case needs && o.Evidence == "":
		return refuse(Invalid, "“%s” of %s is %s; without evidence it cannot become %s", e.Kind, e.Reference, e.State, o.State)
	case o.Release && o.Spent != nil:
		return refuse(Invalid, "“%s” of %s cannot give the money back and have spent it", e.Kind, e.Reference)
	case o.Release && (o.State == EffectSending || o.State == EffectUnknown):
		return refuse(Invalid, "whether “%s” of %s happened is not known; its money stays reserved", e.Kind, e.Reference)
	case o.Spent != nil && (o.Spent.Minor < 0 || o.Spent.Currency == ""):
		return refuse(Invalid, "%s cannot have been spent on %s", o.Spent, e.Reference)
	case o.Spent != nil && o.State != EffectSent:
		return refuse(Invalid, "nothing was spent on %s unless “%s” was sent", e.Reference, e.Kind)
	case o.Doc != nil && (e.Kind != EffectPay || e.State != EffectQueued):
		return refuse(Invalid, "what “%s” of %s sends cannot change any more", e.Kind, e.Reference)
	}
	return nil
}

// applierOf is an applier for the orders of a store. Its shop is nil where the store was removed.
func (t *tx) applierOf(store, who string) (*applier, error) {
	shop, err := t.shop(store)
	return &applier{tx: t, who: who, shop: shop}, err
}

// outcome writes what an effect came to for its placement, the money, and what follows.
func (a *applier) outcome(e *Effect, o *Outcome) error {
	p, row, err := a.ownPlacement(e.Reference)
	if err != nil {
		return err
	}
	was := p
	switch {
	case o.Placement != nil:
		if err := adopt(&p, o.Placement); err != nil {
			return err
		}
	case e.Kind == EffectCancel && o.State == EffectSent:
		p.State, p.RawState, p.Reason = order.PlacementCancelled, "", ""
	case p.State == order.PlacementPending:
		p.Reason = o.Reason // why it waits, or nothing
	}
	if e.Kind == EffectPay && o.State == EffectSent {
		if p.State == order.PlacementPending {
			p.State = order.PlacementPlaced
		}
		if o.Spent == nil {
			o.Spent = &p.Total
		}
	}
	if err := a.changePlacement(&was, &p, row, e.ID); err != nil {
		return err
	}
	switch {
	case o.Spent != nil:
		if err := a.exec(`UPDATE spend SET spent = ?, currency = ? WHERE reference = ?`, o.Spent.Minor, o.Spent.Currency, e.Reference); err != nil {
			return err
		}
	case o.Release && !p.State.Live(): // of a live one it stays reserved: it may yet be tried again
		if err := a.release(e.Reference); err != nil {
			return err
		}
	}
	for _, n := range o.Next {
		if err := a.follow(e, n); err != nil {
			return err
		}
	}
	return a.replan(e.Reference)
}

// adopt takes over what somebody who spoke with the supplier says of a placement. What the placement is for stays as the
// merchant confirmed it.
func adopt(p, now *order.Placement) error {
	switch {
	case now.Reference != p.Reference:
		return refuse(Invalid, "what was said of %s cannot be written to %s", now.Reference, p.Reference)
	case enum(order.PlacementStates, now.State) < 0:
		return refuse(Invalid, "the placement %s cannot become “%s”", p.Reference, now.State)
	case p.State.Paid() && now.State == order.PlacementPending:
		return refuse(Invalid, "the placement %s has been paid; it cannot wait for its payment again", p.Reference)
	case !p.State.Live() && now.State.Live():
		return refuse(Invalid, "the placement %s was cancelled; it is not taken up again", p.Reference)
	}
	next := *now
	next.Store, next.ExternalID, next.Supplier, next.Lines, next.Own = p.Store, p.ExternalID, p.Supplier, p.Lines, true
	next.Attempts = max(p.Attempts, now.Attempts)
	next.Rate, next.Overrides = p.Rate, p.Overrides
	next.Method = cmp.Or(now.Method, p.Method)
	*p = next
	return nil
}

// changePlacement writes an own placement whose state may have changed, with all that hangs on it: a cancelled one
// holds its lines no longer, and what was queued for it is withdrawn; one that is paid is late from a promise on. by is
// the effect that brought it about, 0 for none.
func (a *applier) changePlacement(was, p *order.Placement, row ownRow, by int64) error {
	if !was.State.Paid() && p.State.Paid() {
		if p.PlacedAt.IsZero() {
			p.PlacedAt = a.now
		}
		if p.CheckedOut.IsZero() || p.CheckedOut.Equal(was.CheckedOut) {
			p.CheckedOut = p.PlacedAt // the checkout date is that of the payment
		}
		if p.LateAt.IsZero() && row.promise > 0 {
			p.LateAt = order.AddBusinessDays(p.PlacedAt, row.promise)
		}
		if err := a.exec(`UPDATE spend SET spent = reserved WHERE reference = ? AND spent IS NULL`, p.Reference); err != nil {
			return err
		}
	}
	if was.State.Live() && !p.State.Live() {
		if err := a.dropPlacement(p, by); err != nil {
			return err
		}
	}
	if err := a.writePlacement(p); err != nil {
		return err
	}
	return a.deriveExternal(p.ExternalID)
}

// dropPlacement lets a placement that was cancelled go: its lines are free again.
func (a *applier) dropPlacement(p *order.Placement, by int64) error {
	open, err := a.effectsWhere(`reference = ? AND kind IN ('place', 'pay') AND id <> ? AND state IN ('sending', 'unknown')`, p.Reference, by)
	if err != nil {
		return err
	}
	if len(open) > 0 {
		return refuse(Invalid, "“%s” of %s is not settled; the placement cannot be cancelled before that", open[0].Kind, p.Reference)
	}
	if err := a.exec(`UPDATE outbox SET state = 'withdrawn', updated = ? WHERE reference = ? AND state = 'queued' AND id <> ? AND kind <> 'tell'`,
		millis(a.now), p.Reference, by); err != nil {
		return err
	}
	if err := a.exec(`DELETE FROM placement_lines WHERE reference = ?`, p.Reference); err != nil {
		return err
	}
	return a.release(p.Reference)
}

// release gives the money that was reserved for a placement back, unless it was spent.
func (t *tx) release(reference string) error {
	return t.exec(`DELETE FROM spend WHERE reference = ? AND spent IS NULL`, reference)
}

// deriveExternal derives an order anew, if it is here.
func (a *applier) deriveExternal(externalID string) error {
	if a.shop == nil {
		return nil // the store was removed; its orders with it
	}
	id, err := a.orderID(externalID)
	if err != nil || id == 0 {
		return err
	}
	return a.rederive(id, func(*rederivation) {})
}

// orderID finds an order of the applier's shop; 0 = it is not here.
func (a *applier) orderID(externalID string) (id int64, err error) {
	if a.shop == nil {
		return 0, nil
	}
	_, err = a.get(`SELECT id FROM orders WHERE shop = ? AND external_id = ?`, []any{a.shop.id, externalID}, &id)
	return id, err
}

// follow enqueues what follows from an effect.
func (a *applier) follow(e *Effect, n NewEffect) error {
	next := Effect{
		Kind: n.Kind, OrderID: e.OrderID, Store: e.Store, External: e.External, Number: e.Number, Supplier: e.Supplier,
		Reference: e.Reference, Doc: n.Doc, Who: e.Who, NotBefore: n.NotBefore,
	}
	if n.Kind == EffectPlace {
		return refuse(Invalid, "an order is made at a supplier by a checkout only, not after “%s” of %s", e.Kind, e.Reference)
	}
	tag := ""
	if n.Kind == EffectTell {
		var doc TellDoc
		if err := json.Unmarshal(n.Doc, &doc); err != nil {
			return refuse(Invalid, "what the store is to be told of %s cannot be read: %v", e.Reference, err)
		}
		tag = doc.Parcel.Tracking
	}
	var one int
	found, err := a.get(`SELECT 1 FROM outbox WHERE reference = ? AND kind = ? AND tag = ? AND state NOT IN ('failed', 'withdrawn')`,
		[]any{e.Reference, string(n.Kind), tag}, &one)
	if err != nil || found {
		return err // it follows already
	}
	return a.enqueue(&next, tag)
}

// replan says when a placement is to be looked at next: at once, when it becomes worth a look; never, while something of
// it is open, or when nothing more can come of it.
func (t *tx) replan(reference string) error {
	return t.exec(`UPDATE placements SET poll_at = CASE
			WHEN own = 0 OR supplier_no = '' OR state IN (?2, ?3) THEN NULL
			WHEN EXISTS (SELECT 1 FROM outbox o WHERE o.reference = ?1 AND o.kind IN ('place', 'pay', 'cancel') AND o.`+openEffects+`) THEN NULL
			ELSE coalesce(poll_at, ?4) END WHERE reference = ?1`,
		reference, enum(order.PlacementStates, order.PlacementDelivered), enum(order.PlacementStates, order.PlacementCancelled), millis(t.now))
}

// settled writes a journal entry for an effect whose state has changed.
func (a *applier) settled(e *Effect, was EffectState) error {
	if e.State == was || a.shop == nil {
		a.told(e.OrderID)
		return nil
	}
	a.told(e.OrderID)
	return a.entry(e.OrderID, e.field(), string(was), e.words())
}

// field is what the journal calls an effect.
func (e *Effect) field() string {
	if a, err := e.Act(); e.Kind == EffectAct && err == nil {
		return string(a.Kind)
	}
	return string(e.Kind)
}

// words is how an effect stands, in a line.
func (e *Effect) words() string {
	if e.Kind == EffectAct {
		s := string(e.State) + ": " + e.Name()
		if e.Reason != "" {
			s += ": " + e.Reason
		}
		return s
	}
	if e.Reason == "" {
		return string(e.State) + " " + e.Reference
	}
	return string(e.State) + " " + e.Reference + ": " + e.Reason
}

// entry writes one entry of the journal of an order, if that is still here.
func (a *applier) entry(id int64, field, before, after string) error {
	var one int
	found, err := a.get(`SELECT 1 FROM orders WHERE id = ?`, []any{id}, &one)
	if err != nil || !found {
		return err
	}
	return a.journal(id, []order.Entry{{Field: field, Before: before, After: after}})
}
