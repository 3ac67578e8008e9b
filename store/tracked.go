package store

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
)

// ApplyRead writes an order that was read again, without touching any cursor, and gives all that is known of it now.
func (d *DB) ApplyRead(ctx context.Context, p Pulled) (order.Record, error) {
	if _, err := d.Apply(ctx, Page{Shop: p.Order.Store, Orders: []Pulled{p}}); err != nil {
		return order.Record{}, err
	}
	var id int64
	if err := d.one(ctx, `SELECT o.id FROM orders o JOIN shops s ON s.id = o.shop WHERE s.name = ? AND o.external_id = ?`,
		[]any{p.Order.Store, p.Order.ExternalID}, &id); err != nil {
		return order.Record{}, err
	}
	return d.Record(ctx, id)
}

// DuePolls gives own placements at a supplier that are to be looked at again, the longest due first.
func (d *DB) DuePolls(ctx context.Context, supplier string, limit int) ([]order.Placement, error) {
	var out []order.Placement
	err := d.query(ctx, `SELECT doc FROM placements INDEXED BY placements_poll WHERE poll_at <= ? AND supplier = ? ORDER BY poll_at, reference LIMIT ?`,
		[]any{millis(d.clock()), supplier, limit}, func(scan func(...any) error) error {
			p, err := scanPlacement(scan)
			out = append(out, p)
			return err
		})
	return out, err
}

// trackedAtOnce is how many placements are written in one transaction, so that it stays below 200 ms.
const trackedAtOnce = 50

// ApplyTracked writes how placements stand at their supplier. They are named by reference, or by the supplier's number.
// Each is looked at again after every(its state); one of which the supplier said nothing is handed in as it was, so that
// it waits for its next turn too. For every new parcel the store is told, if tell says so. What was agreed on and paid
// stays as it is here.
func (d *DB) ApplyTracked(ctx context.Context, supplier string, tracked []order.Placement, every func(order.PlacementState) time.Duration, tell TellRule) (Result, error) {
	var r Result
	for some := range slices.Chunk(tracked, trackedAtOnce) {
		var n Result
		if err := d.write(ctx, func(t *tx) error {
			n = Result{}
			for i := range some {
				changed, err := t.track(supplier, &some[i], every, tell)
				if err != nil {
					return err
				}
				if changed {
					n.Updated++
				} else {
					n.Unchanged++
				}
			}
			n.Changed = slices.Clone(t.changed)
			return nil
		}); err != nil {
			return r, err
		}
		r.Updated, r.Unchanged = r.Updated+n.Updated, r.Unchanged+n.Unchanged
		r.Changed = append(r.Changed, n.Changed...)
	}
	return r, nil
}

// track writes how one placement stands.
func (t *tx) track(supplier string, now *order.Placement, every func(order.PlacementState) time.Duration, tell TellRule) (changed bool, err error) {
	reference := now.Reference
	if reference == "" {
		if _, err := t.get(`SELECT reference FROM placements WHERE supplier = ? AND supplier_no = ? AND own = 1`,
			[]any{supplier, now.SupplierNo}, &reference); err != nil {
			return false, err
		}
	}
	var own bool
	found, err := t.get(`SELECT own FROM placements WHERE reference = ? AND supplier = ?`, []any{reference, supplier}, &own)
	if err != nil || !found || !own {
		return false, err // not ours; a pull brings it
	}
	p, row, err := t.ownPlacement(reference)
	if err != nil {
		return false, err
	}
	was := p
	was.Parcels = slices.Clone(p.Parcels)
	var open int
	if _, err := t.get(`SELECT count(*) FROM outbox WHERE reference = ? AND kind IN ('place', 'pay', 'cancel') AND `+openEffects,
		[]any{reference}, &open); err != nil {
		return false, err
	}
	if open == 0 { // else whoever carries it out says how it stands
		takeOver(&p, now)
	}
	a, err := t.applierOf(p.Store, "supplier:"+supplier)
	if err != nil {
		return false, err
	}
	if changed = !samePlacement(&was, &p); changed {
		if err := a.changePlacement(&was, &p, row, 0); err != nil {
			return false, err
		}
		if err := a.tellParcels(&was, &p, tell); err != nil {
			return false, err
		}
	}
	if err := t.replan(reference); err != nil {
		return false, err
	}
	return changed, t.exec(`UPDATE placements SET poll_at = ? WHERE reference = ? AND poll_at IS NOT NULL`,
		millis(t.now.Add(max(every(p.State), time.Second))), reference)
}

// samePlacement tells whether two sights of a placement say the same.
func samePlacement(a, b *order.Placement) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// takeOver writes into a placement what a supplier says of how it goes. It never goes back from a payment, and a cancelled one
// stays cancelled.
func takeOver(p, now *order.Placement) {
	if enum(order.PlacementStates, now.State) >= 0 && p.State.Live() &&
		(now.State == order.PlacementCancelled || enum(order.PlacementStates, now.State) >= enum(order.PlacementStates, p.State)) {
		p.State = now.State
	}
	p.RawState = cmp.Or(now.RawState, p.RawState)
	if now.Reason != "" || p.State != order.PlacementPending { // why it was not paid the supplier need not say again
		p.Reason = now.Reason
	}
	p.SupplierNo = cmp.Or(now.SupplierNo, p.SupplierNo)
	p.Receipt = cmp.Or(p.Receipt, now.Receipt)
	p.Claim = cmp.Or(now.Claim, p.Claim)
	if now.ClaimAmount.Currency != "" {
		p.ClaimAmount = now.ClaimAmount
	}
	for _, at := range []struct{ to, from *time.Time }{
		{&p.PlacedAt, &now.PlacedAt}, {&p.ShippedAt, &now.ShippedAt}, {&p.DeliveredAt, &now.DeliveredAt}, {&p.LateAt, &now.LateAt},
	} {
		if !at.from.IsZero() {
			*at.to = *at.from
		}
	}
	p.Parcels = slices.Clone(p.Parcels)
	for i := range now.Parcels {
		putParcel(p, &now.Parcels[i])
	}
}

// putParcel adds a parcel, or what is new of one that is known: the tracking number tells them apart. It tells whether
// the parcel is new.
func putParcel(p *order.Placement, parcel *order.Parcel) (isNew bool) {
	i := slices.IndexFunc(p.Parcels, func(have order.Parcel) bool { return have.Tracking == parcel.Tracking })
	if i < 0 {
		p.Parcels = append(p.Parcels, *parcel)
		return true
	}
	have := &p.Parcels[i]
	have.Carrier, have.URL = cmp.Or(parcel.Carrier, have.Carrier), cmp.Or(parcel.URL, have.URL)
	if !parcel.ShippedAt.IsZero() {
		have.ShippedAt = parcel.ShippedAt
	}
	if len(parcel.Lines) > 0 {
		have.Lines = parcel.Lines
	}
	if len(parcel.Events) > 0 {
		have.Events = parcel.Events
	}
	return false
}

// tellParcels queues that the store is told of the parcels that are new.
func (a *applier) tellParcels(was, p *order.Placement, rule TellRule) error {
	if !rule.Store || a.shop == nil {
		return nil
	}
	id, err := a.orderID(p.ExternalID)
	if err != nil || id == 0 {
		return err
	}
	var left []order.ShipmentLine
	var number string
	for i := range p.Parcels {
		parcel := &p.Parcels[i]
		if parcel.Tracking == "" || slices.ContainsFunc(was.Parcels, func(have order.Parcel) bool { return have.Tracking == parcel.Tracking }) {
			continue
		}
		if number == "" {
			if left, number, err = a.unsent(id, p); err != nil {
				return err
			}
		}
		lines := parcel.Lines
		if len(lines) == 0 {
			lines, left = left, nil
		}
		doc, err := json.Marshal(TellDoc{Reference: p.Reference, Parcel: *parcel, Lines: lines, Notify: rule.Notify})
		if err != nil {
			return err
		}
		if err := a.follow(&Effect{
			OrderID: id, Store: p.Store, External: p.ExternalID, Number: number, Supplier: p.Supplier, Reference: p.Reference, Who: a.who,
		}, NewEffect{Kind: EffectTell, Doc: doc}); err != nil {
			return err
		}
	}
	return nil
}

// unsent is what of a placement's lines no parcel that the store was told of holds.
func (a *applier) unsent(id int64, p *order.Placement) (left []order.ShipmentLine, number string, err error) {
	b, found, err := a.before(id)
	if err != nil || !found {
		return nil, "", err
	}
	var o order.Order
	if a.buf, err = decode(b.doc, a.buf, &o); err != nil {
		return nil, "", a.fault(Corrupt, err)
	}
	told := map[string]order.Quantity{}
	tells, err := a.effectsWhere(`reference = ? AND kind = 'tell' AND state NOT IN ('failed', 'withdrawn')`, p.Reference)
	if err != nil {
		return nil, "", err
	}
	for i := range tells {
		var doc TellDoc
		if err := json.Unmarshal(tells[i].Doc, &doc); err != nil {
			return nil, "", a.fault(Corrupt, err)
		}
		for _, l := range doc.Lines {
			told[l.LineID] += l.Quantity
		}
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		if !slices.Contains(p.Lines, l.ExternalID) {
			continue
		}
		if q := l.Open() - max(told[l.ExternalID], l.Fulfilled); q > 0 {
			left = append(left, order.ShipmentLine{LineID: l.ExternalID, Quantity: q})
		}
	}
	return left, o.Number, nil
}

// AddParcel adds a parcel to a placement by hand, or says more of one that is there, and has the store told of it if
// that was set when it was bought. With the parcel that holds the last of it the placement is shipped.
func (d *DB) AddParcel(ctx context.Context, who, reference string, parcel order.Parcel) error {
	if parcel.Tracking == "" {
		return refuse(Invalid, "a parcel of %s needs a tracking number", reference)
	}
	return d.write(ctx, func(t *tx) error {
		p, row, err := t.ownPlacement(reference)
		if err != nil {
			return err
		}
		switch {
		case !p.State.Live():
			return refuse(Invalid, "%s was cancelled; nothing of it is on its way", reference)
		case p.State == order.PlacementPending:
			return refuse(Invalid, "%s has not been paid yet; confirm the payment first", reference)
		}
		for _, l := range parcel.Lines {
			if !slices.Contains(p.Lines, l.LineID) || l.Quantity <= 0 {
				return refuse(Invalid, "the parcel %s holds something that is no part of %s", parcel.Tracking, reference)
			}
		}
		if parcel.ShippedAt.IsZero() && !slices.ContainsFunc(p.Parcels, func(have order.Parcel) bool { return have.Tracking == parcel.Tracking }) {
			parcel.ShippedAt = t.now
		}
		was := p
		was.Parcels, p.Parcels = slices.Clone(p.Parcels), slices.Clone(p.Parcels)
		isNew := putParcel(&p, &parcel)
		a, err := t.applierOf(p.Store, who)
		if err != nil {
			return err
		}
		whole, err := a.allSent(&p)
		if err != nil {
			return err
		}
		if p.State == order.PlacementPlaced {
			p.State = order.PlacementProcessing
		}
		if whole && p.State == order.PlacementProcessing {
			p.State = order.PlacementShipped
			p.ShippedAt = parcel.ShippedAt
		}
		if err := a.changePlacement(&was, &p, row, 0); err != nil {
			return err
		}
		if isNew {
			if err := a.tellParcels(&was, &p, TellRule{Store: row.tell > 0, Notify: row.tell > 1}); err != nil {
				return err
			}
		}
		return a.replan(reference)
	})
}

// allSent tells whether the parcels of a placement hold all of it; one that does not say what is in it holds the rest.
func (a *applier) allSent(p *order.Placement) (bool, error) {
	sent := map[string]order.Quantity{}
	for i := range p.Parcels {
		if len(p.Parcels[i].Lines) == 0 {
			return true, nil
		}
		for _, l := range p.Parcels[i].Lines {
			sent[l.LineID] += l.Quantity
		}
	}
	id, err := a.orderID(p.ExternalID)
	if err != nil || id == 0 {
		return false, err
	}
	b, found, err := a.before(id)
	if err != nil || !found {
		return false, err
	}
	var o order.Order
	if a.buf, err = decode(b.doc, a.buf, &o); err != nil {
		return false, a.fault(Corrupt, err)
	}
	for i := range o.Lines {
		if l := &o.Lines[i]; slices.Contains(p.Lines, l.ExternalID) && sent[l.ExternalID] < l.Open() {
			return false, nil
		}
	}
	return true, nil
}
