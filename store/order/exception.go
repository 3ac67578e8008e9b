package order

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ExceptionCode names a contradiction that a person must look at.
type ExceptionCode string

// The exceptions that Derive finds in one order, worst first, and those that a background pass finds across orders.
const (
	ExceptionShippedUnpaid     ExceptionCode = "shipped_unpaid"     // supplier shipped, customer has not paid
	ExceptionCancelledMoving   ExceptionCode = "cancelled_moving"   // cancelled in the store, still on its way at the supplier
	ExceptionRefundedMoving    ExceptionCode = "refunded_moving"    // refunded to the customer, supplier still works on it
	ExceptionChargeback        ExceptionCode = "chargeback"         // the customer's bank took the money back
	ExceptionPlacementFailed   ExceptionCode = "placement_failed"   // the supplier refused or the payment failed
	ExceptionStoreNotTold      ExceptionCode = "store_not_told"     // supplier shipped, store still says unfulfilled
	ExceptionNoTracking        ExceptionCode = "no_tracking"        // fulfilled without a tracking number
	ExceptionTotalMismatch     ExceptionCode = "total_mismatch"     // lines + shipping + tax − discount is not the total
	ExceptionLoss              ExceptionCode = "loss"               // costs more than the customer pays, in one currency
	ExceptionAddress           ExceptionCode = "address"            // the address lacks a part
	ExceptionUnknownStatus     ExceptionCode = "unknown_status"     // the platform uses a word that we do not know
	ExceptionMissingUpstream   ExceptionCode = "missing_upstream"   // the store no longer lists the order
	ExceptionForgotten         ExceptionCode = "forgotten"          // paid by the customer long ago, not yet paid to the supplier
	ExceptionDuplicateOrder    ExceptionCode = "duplicate_order"    // same customer, total and lines within half an hour
	ExceptionDuplicateTracking ExceptionCode = "duplicate_tracking" // the same tracking number on two orders
	ExceptionHoldExpired       ExceptionCode = "hold_expired"       // the hold has run out and nobody has gone on with it
)

// ExceptionCodes lists every ExceptionCode, worst first but for those that came later: the position may be stored.
var ExceptionCodes = []ExceptionCode{
	ExceptionShippedUnpaid, ExceptionCancelledMoving, ExceptionRefundedMoving, ExceptionChargeback,
	ExceptionPlacementFailed, ExceptionStoreNotTold, ExceptionNoTracking, ExceptionTotalMismatch, ExceptionLoss,
	ExceptionAddress, ExceptionUnknownStatus, ExceptionMissingUpstream, ExceptionForgotten, ExceptionDuplicateOrder,
	ExceptionDuplicateTracking, ExceptionHoldExpired,
}

// Exception is one contradiction, with a sentence that a merchant understands.
type Exception struct {
	Code ExceptionCode `json:"code"`
	Text string        `json:"text"`
	// From is when it begins to hold, for those that time brings about; zero = now.
	From time.Time `json:"from,omitzero"`
}

// toldAfter is how long a store may lag behind the supplier before that is worth a look.
const toldAfter = 24 * time.Hour

// exceptions finds what contradicts itself within one order, worst first.
func exceptions(o *Order, f Facts, s *State) []Exception {
	var out []Exception
	add := func(code ExceptionCode, from time.Time, text string) {
		out = append(out, Exception{Code: code, From: from, Text: text})
	}
	now := time.Time{} // zero: it holds already
	for i := range f.Placements {
		placementExceptions(o, f, &f.Placements[i], add)
	}
	moving := s.Stage != StageShipped && s.Stage != StageCancelled
	if o.CustomerPayment == PaymentChargeback {
		add(ExceptionChargeback, now, "the customer's bank has taken the money back")
	}
	if o.Fulfilment == Fulfilled && o.Source != "pos" && o.Lifecycle != LifecycleCancelled && !hasTracking(o, f) && !digital(o) {
		add(ExceptionNoTracking, now, "fulfilled without a tracking number")
	}
	if sum, ok := partsTotal(o); ok && sum.Minor != o.Total.Minor {
		add(ExceptionTotalMismatch, now, "the parts make "+sum.String()+", but the total is "+o.Total.String())
	}
	if s.CostKnown && s.Cost.Currency == o.Total.Currency && s.Cost.Minor > o.Total.Minor && s.Stage != StageCancelled {
		add(ExceptionLoss, now, "costs "+s.Cost.String()+", sold for "+o.Total.String())
	}
	if moving && !digital(o) {
		if missing := o.Destination().Missing(); len(missing) > 0 {
			add(ExceptionAddress, now, "the delivery address has no "+strings.Join(missing, ", no "))
		}
	}
	if o.UnknownStatus {
		add(ExceptionUnknownStatus, now, fmt.Sprintf("the store uses a status that Orderdeck does not know: “%s”", o.RawStatus))
	}
	if f.Gone {
		add(ExceptionMissingUpstream, now, "the store no longer lists this order")
	}
	if s.Stage == StageUnpaid || s.Stage == StageQuoting {
		add(ExceptionForgotten, o.CreatedAt.Add(cmp.Or(f.WaitingAfter, DefaultWaiting)), "ready for the supplier for long, but not yet paid to the supplier")
	}
	if moving && s.Hold != HoldNone && !s.HoldUntil.IsZero() {
		add(ExceptionHoldExpired, s.HoldUntil, "the hold ("+s.Hold.Label()+") has run out")
	}
	if len(out) > 1 {
		slices.SortStableFunc(out, func(a, b Exception) int {
			return cmp.Compare(slices.Index(ExceptionCodes, a.Code), slices.Index(ExceptionCodes, b.Code))
		})
	}
	return out
}

// placementExceptions finds where a supplier and the store do not agree.
func placementExceptions(o *Order, f Facts, p *Placement, add func(ExceptionCode, time.Time, string)) {
	now := time.Time{}
	shipped := p.State == PlacementShipped || p.State == PlacementDelivered
	if o.Lifecycle == LifecycleCancelled {
		if p.State.Paid() && p.State != PlacementDelivered {
			add(ExceptionCancelledMoving, now, "cancelled in the store, but "+string(p.State)+" at "+p.Supplier)
		}
		return
	}
	if shipped && !EnoughPaid(o, f) {
		add(ExceptionShippedUnpaid, now, p.Supplier+" has shipped, but the customer has not paid ("+words(o.CustomerPayment)+")")
	}
	if o.CustomerPayment == PaymentRefunded && (p.State == PlacementPlaced || p.State == PlacementProcessing) {
		add(ExceptionRefundedMoving, now, "refunded to the customer, but "+p.Supplier+" is still preparing it")
	}
	if p.State == PlacementPending && p.Reason != "" {
		add(ExceptionPlacementFailed, now, p.Supplier+": "+p.Reason)
	}
	if shipped && !f.Untold && !o.Fulfilment.sent() && o.Fulfilment != FulfilmentPartial && !p.ShippedAt.IsZero() {
		add(ExceptionStoreNotTold, p.ShippedAt.Add(toldAfter), p.Supplier+" has shipped, but the store still says "+words(o.Fulfilment))
	}
}

// Active are the exceptions that hold at an instant.
func (s State) Active(now time.Time) []Exception {
	var out []Exception
	for _, e := range s.Exceptions {
		if !now.Before(e.From) {
			out = append(out, e)
		}
	}
	return out
}

// digital tells whether nothing of an order needs delivery.
func digital(o *Order) bool {
	for i := range o.Lines {
		if !o.Lines[i].Digital {
			return false
		}
	}
	return len(o.Lines) > 0
}

func hasTracking(o *Order, f Facts) bool {
	for i := range o.Fulfilments {
		if o.Fulfilments[i].Tracking != "" {
			return true
		}
	}
	for i := range f.Placements {
		for j := range f.Placements[i].Parcels {
			if f.Placements[i].Parcels[j].Tracking != "" {
				return true
			}
		}
	}
	return false
}

// partsTotal is what the parts of an order make together. ok is false where the parts are not known well enough to
// say: no lines, no subtotal, or lines that were cancelled, since platforms differ in what they still count then.
func partsTotal(o *Order) (sum Money, ok bool) {
	if len(o.Lines) == 0 || o.Subtotal.Currency == "" || o.Subtotal.Currency != o.Total.Currency {
		return Money{}, false
	}
	for i := range o.Lines {
		if o.Lines[i].Cancelled != 0 {
			return Money{}, false
		}
	}
	sum, err := o.Subtotal.Add(o.ShippingCost)
	if err == nil && !o.TaxIncluded {
		sum, err = sum.Add(o.Tax)
	}
	for i := 0; err == nil && i < len(o.Adjustments); i++ {
		sum, err = sum.Add(o.Adjustments[i].Amount)
	}
	if err == nil {
		sum, err = sum.Sub(o.Discount)
	}
	return sum, err == nil
}
