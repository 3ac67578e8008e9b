package outbox

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/text"
)

// takeOver writes what a supplier says of an order into its placement: names, amounts, whether it is paid. Parcels are
// left to tracked, after which the store is told of them.
func takeOver(p *order.Placement, o *Order) {
	p.SupplierNo = cmp.Or(o.Number, p.SupplierNo)
	p.RawState = text.Clean(o.RawState)
	p.Receipt = cmp.Or(text.Clean(o.Receipt), p.Receipt)
	if o.Total.Currency != "" {
		p.Goods, p.Shipping, p.Fees, p.Total = o.Goods, o.Shipping, o.Fees, o.Total
	}
	if o.Paid == PaidYes && p.State.Live() {
		p.State = further(p.State, order.PlacementPlaced)
		if p.PlacedAt.IsZero() {
			p.PlacedAt = o.PaidAt
		}
	}
	p.Claim = cmp.Or(o.Claim, p.Claim)
}

// further is the state that is further on. One that is not known, and a cancellation, are not.
func further(a, b order.PlacementState) order.PlacementState {
	if b == order.PlacementCancelled || slices.Index(order.PlacementStates, b) <= slices.Index(order.PlacementStates, a) {
		return a
	}
	return b
}

// tracked is a placement as its supplier shows it now. seen are the orders there that belong to it: its own and those
// that it was split into; one that was paid less than settle ago need not be among them yet.
func tracked(p order.Placement, seen []Order, settle time.Duration, now time.Time) order.Placement {
	own := slices.IndexFunc(seen, func(o Order) bool { return named(&o, p.SupplierNo) })
	if own < 0 {
		if now.Sub(p.CheckedOut) < settle || now.Sub(p.PlacedAt) < settle {
			return p
		}
		p.Reason = fmt.Sprintf("the supplier no longer lists its order %s: ask there", p.SupplierNo)
		return p
	}
	o := seen[own]
	var parts []Order
	for _, s := range seen {
		if slices.Contains(o.Split, s.Number) {
			parts = append(parts, s)
		}
	}
	takeOver(&p, &o)
	p.Parcels = parcels(p.Parcels, o.Parcels)
	if p.State.Paid() || o.Reason != "" { // else it still says why it was not paid
		p.Reason = text.Clean(o.Reason)
	}
	state := o.State
	if len(parts) > 0 {
		state = together(&p, parts)
	}
	switch {
	case state == order.PlacementCancelled:
		p.State, p.Reason = state, cancelledThere(&o)
	case !p.State.Paid(): // only a payment gets it on its way, whatever it is called
	case slices.Contains(order.PlacementStates, state):
		p.State = further(p.State, state)
	case p.Reason == "":
		p.Reason = fmt.Sprintf("the supplier says “%s”, which is not known here", p.RawState)
	}
	if o.ExtraBill != nil {
		p.Reason = fmt.Sprintf("the supplier asks for a further %s; pay it there", o.ExtraBill)
	}
	stamp(&p, now)
	return p
}

// together is how far an order is that was split: as far as the part that is least so.
func together(p *order.Placement, parts []Order) order.PlacementState {
	var words, reasons []string
	least, live := order.PlacementState(""), 0
	for i := range parts {
		o := &parts[i]
		p.Parcels = parcels(p.Parcels, o.Parcels)
		if w := text.Clean(o.RawState); w != "" && !slices.Contains(words, w) {
			words = append(words, w)
		}
		if o.Reason != "" {
			reasons = append(reasons, o.Number+": "+text.Clean(o.Reason))
		}
		if o.State == order.PlacementCancelled {
			reasons = append(reasons, o.Number+" was cancelled")
			continue
		}
		if live == 0 || slices.Index(order.PlacementStates, o.State) < slices.Index(order.PlacementStates, least) {
			least = o.State // one that is not known is the least of all
		}
		live++
	}
	p.RawState = strings.Join(words, ", ")
	if len(reasons) > 0 {
		p.Reason = strings.Join(reasons, "; ")
	}
	if live == 0 {
		return order.PlacementCancelled
	}
	return least
}

// parcels adds what a supplier says of parcels to what is known of them.
func parcels(known, said []order.Parcel) []order.Parcel {
	out := slices.Clone(known)
	for _, p := range said {
		p.Carrier, p.Tracking = text.Clean(p.Carrier), text.Clean(p.Tracking)
		at := slices.IndexFunc(out, func(k order.Parcel) bool { return SameNumber(k.Tracking, p.Tracking) })
		if at < 0 {
			out = append(out, p)
			continue
		}
		if len(p.Lines) == 0 {
			p.Lines = out[at].Lines
		}
		if len(p.Events) == 0 {
			p.Events = out[at].Events
		}
		out[at] = p
	}
	return out
}

// stamp notes when it left and when it arrived.
func stamp(p *order.Placement, now time.Time) {
	at := slices.Index(order.PlacementStates, p.State)
	if p.State == order.PlacementCancelled {
		return
	}
	if at >= slices.Index(order.PlacementStates, order.PlacementShipped) && p.ShippedAt.IsZero() {
		p.ShippedAt = now
		for _, parcel := range p.Parcels {
			if !parcel.ShippedAt.IsZero() && parcel.ShippedAt.Before(p.ShippedAt) {
				p.ShippedAt = parcel.ShippedAt
			}
		}
	}
	if p.State == order.PlacementDelivered && p.DeliveredAt.IsZero() {
		p.DeliveredAt = now
	}
}
