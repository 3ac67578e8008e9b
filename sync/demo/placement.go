package demo

import (
	"strconv"

	"github.com/orderdeck/orderdeck/store/order"
	supplier "github.com/orderdeck/orderdeck/sync/supplier/demo"
)

// suppliers are those that deliver what the demo shops sell.
var suppliers = supplier.Houses

// paidWith is how the colleague pays each of them.
var paidWith = [len(suppliers)][]string{
	lumen: {"Lumen balance", "Visa •••• 4242", "SEPA"},
	minas: {"Pix", "Boleto 28 dias"},
	kite:  {"Kite wallet", "PayPal"},
}

// placements adds what a supplier says of an order at an instant.
func (p *plan) placements(out []order.Placement, via int8, now int64) []order.Placement {
	for i := range p.parts {
		if x := &p.parts[i]; x.via == via {
			if x.first.tried <= now {
				out = append(out, p.placement(i, true, now))
			}
			if x.tried <= now {
				out = append(out, p.placement(i, false, now))
			}
		}
	}
	return out
}

// changed tells whether a supplier has something new to say of an order.
func (p *plan) changed(via int8, since, until int64) bool {
	for i := range p.parts {
		if x := &p.parts[i]; x.via == via && x.marks.within(since, until) {
			return true
		}
	}
	return false
}

// placement is the purchase of a part; first asks for the attempt that came to nothing.
func (p *plan) placement(n int, first bool, now int64) order.Placement {
	x, v := &p.parts[n], p.view
	s := &suppliers[x.via]
	attempt := 1
	if !first && x.first.tried < never {
		attempt = 2
	}
	id := v.externalID(p.index)
	d := roll(v.seed, v.id, uint64(p.index*16+n*2+attempt-1), topicSupply)
	pl := order.Placement{
		Reference: "OD-" + v.name + "-" + v.number(p.index) + "-" + strconv.Itoa(n+1) + "-" + strconv.Itoa(attempt),
		Store:     v.name, ExternalID: id, Supplier: s.Title, SupplierNo: s.Prefix + strconv.Itoa(200_000+p.index*3+n) + "-" + strconv.Itoa(attempt),
		PaidBy: pick(&d, paidWith[x.via]),
	}
	for k := range p.lines {
		if int(p.lines[k].part) == n {
			pl.Lines = append(pl.Lines, lineID(id, k))
		}
	}
	p.reckon(&pl, n)
	if first {
		p.lost(&pl, x, &d, now)
	} else {
		p.progress(&pl, n, now)
	}
	return pl
}

// reckon fills in what the supplier gets.
func (p *plan) reckon(pl *order.Placement, n int) {
	x, grams, goods := &p.parts[n], int64(0), int64(0)
	s := &suppliers[x.via]
	for k := range p.lines {
		if l := &p.lines[k]; int(l.part) == n {
			a := &products[l.product]
			goods += a.costAt(x.via) * int64(l.quantity)
			grams += int64(a.grams) * int64(l.quantity)
		}
	}
	abroad := x.via == minas && p.land != brazil || x.via == lumen && p.land != portugal && p.land != poland
	shipping := s.Shipping(grams, goods, abroad)
	fees := s.Fees(goods, shipping)
	pl.Goods, pl.Shipping = order.New(goods, s.Currency), order.New(shipping, s.Currency)
	pl.Fees, pl.Total = order.New(fees, s.Currency), order.New(goods+shipping+fees, s.Currency)
}

// lost is an attempt that the supplier cancelled.
func (p *plan) lost(pl *order.Placement, x *part, d *dice, now int64) {
	words := &suppliers[x.via].Words
	pl.CheckedOut, pl.UpdatedAt = instant(x.first.tried), instant(x.first.tried)
	pl.State, pl.RawState = order.PlacementPending, words[0]
	if x.first.placed <= now {
		pl.State, pl.RawState = order.PlacementPlaced, words[1]
		pl.PlacedAt, pl.UpdatedAt = instant(x.first.placed), instant(x.first.placed)
	}
	if x.first.cancelled <= now {
		pl.State, pl.RawState, pl.Reason = order.PlacementCancelled, words[5], shortages[d.n(len(shortages))]
		pl.UpdatedAt = instant(x.first.cancelled)
	}
}

// progress is an attempt that works in the end.
func (p *plan) progress(pl *order.Placement, n int, now int64) {
	x := &p.parts[n]
	words := &suppliers[x.via].Words
	last := x.ship
	if x.second < never {
		last = x.second
	}
	pl.CheckedOut, pl.Attempts = instant(x.tried), 1
	pl.State, pl.RawState = order.PlacementPending, words[0]
	if x.attempts > 0 {
		pl.Reason = refusals[x.why]
		for k := int64(1); k < int64(x.attempts) && x.attempt(k) <= now; k++ {
			pl.Attempts++
		}
	}
	if x.placed <= now {
		pl.State, pl.RawState, pl.Reason = order.PlacementPlaced, words[1], ""
		pl.PlacedAt, pl.LateAt = instant(x.placed), instant(x.late)
		pl.Receipt = suppliers[x.via].Prefix + "R" + strconv.Itoa(40_000+p.index)
	}
	if x.process <= now {
		pl.State, pl.RawState = order.PlacementProcessing, words[2]
	}
	if last <= now {
		pl.State, pl.RawState, pl.ShippedAt = order.PlacementShipped, words[3], instant(last)
	}
	if x.deliver <= now {
		pl.State, pl.RawState, pl.DeliveredAt = order.PlacementDelivered, words[4], instant(x.deliver)
	}
	if x.cancelled <= now {
		pl.State, pl.RawState, pl.Reason = order.PlacementCancelled, words[5], "cancelled at the customer's request"
	}
	if c := x.claim.at(now); c != 0 {
		pl.Claim = order.CaseStates[c]
		amount := pl.Goods.Minor
		if p.fate == claimPartial {
			amount /= 2
		}
		pl.ClaimAmount = order.New(amount, pl.Goods.Currency)
	}
	p.parcels(pl, n, now)
	pl.UpdatedAt = instant(max(x.marks.last(now), x.tried))
}

// parcels adds the parcels that have left, with where they have been seen.
func (p *plan) parcels(pl *order.Placement, n int, now int64) {
	x := &p.parts[n]
	for k, at := range [...]int64{x.ship, x.second} {
		if at > now {
			break
		}
		parcel := order.Parcel{ShippedAt: instant(at)}
		parcel.Carrier, parcel.Tracking = p.tracking(n, k)
		parcel.URL = trackingURL + parcel.Tracking
		words := scanWords[scanLanguage(parcel.Carrier)]
		parcel.Events = []order.ParcelEvent{{At: instant(at), Text: words[0]}}
		if k == 1 || x.second >= never { // only the last parcel is followed
			for e := 1; e < x.nscans && x.scans[e] <= now; e++ {
				parcel.Events = append(parcel.Events, order.ParcelEvent{At: instant(x.scans[e]), Text: words[e]})
			}
		}
		for i := range p.lines {
			if int(p.lines[i].part) == n {
				if q := p.share(i, k); q > 0 {
					parcel.Lines = append(parcel.Lines, order.ShipmentLine{LineID: lineID(pl.ExternalID, i), Quantity: q})
				}
			}
		}
		pl.Parcels = append(pl.Parcels, parcel)
	}
}
