package order

import (
	"fmt"
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
)

// ExceptionCodes lists every ExceptionCode.
var ExceptionCodes = []ExceptionCode{
	ExceptionShippedUnpaid, ExceptionCancelledMoving, ExceptionRefundedMoving, ExceptionChargeback,
	ExceptionPlacementFailed, ExceptionStoreNotTold, ExceptionNoTracking, ExceptionTotalMismatch, ExceptionLoss,
	ExceptionAddress, ExceptionUnknownStatus, ExceptionMissingUpstream, ExceptionForgotten, ExceptionDuplicateOrder,
	ExceptionDuplicateTracking,
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

// exceptions finds what contradicts itself within one order.
func exceptions(o *Order, f Facts, s State) []Exception {
	var out []Exception
	add := func(code ExceptionCode, from time.Time, format string, args ...any) {
		out = append(out, Exception{Code: code, From: from, Text: fmt.Sprintf(format, args...)})
	}
	cancelled := o.Lifecycle == LifecycleCancelled
	for _, p := range f.Placements {
		shipped := p.State == PlacementShipped || p.State == PlacementDelivered
		switch {
		case shipped && !EnoughPaid(o, f) && !cancelled:
			add(ExceptionShippedUnpaid, time.Time{}, "%s has shipped, but the customer has not paid (%s)", p.Supplier, o.CustomerPayment)
		case cancelled && p.State.Live() && p.State != PlacementDelivered && p.State != PlacementPending:
			add(ExceptionCancelledMoving, time.Time{}, "cancelled in the store, but %s at %s", p.State, p.Supplier)
		case o.CustomerPayment == PaymentRefunded && (p.State == PlacementPlaced || p.State == PlacementProcessing):
			add(ExceptionRefundedMoving, time.Time{}, "refunded to the customer, but %s is still preparing it", p.Supplier)
		case p.State == PlacementPending && p.Reason != "":
			add(ExceptionPlacementFailed, time.Time{}, "%s: %s", p.Supplier, p.Reason)
		case shipped && (o.Fulfilment == Unfulfilled || o.Fulfilment == FulfilmentInProgress) && !cancelled && !p.ShippedAt.IsZero():
			add(ExceptionStoreNotTold, p.ShippedAt.Add(toldAfter), "%s has shipped, but the store still says %s", p.Supplier, o.Fulfilment)
		}
	}
	if o.CustomerPayment == PaymentChargeback {
		add(ExceptionChargeback, time.Time{}, "the customer's bank has taken the money back")
	}
	if o.Fulfilment == Fulfilled && !hasTracking(o, f) && !digital(o) {
		add(ExceptionNoTracking, time.Time{}, "fulfilled without a tracking number")
	}
	if diff, ok := totalDifference(o); ok && !diff.IsZero() {
		add(ExceptionTotalMismatch, time.Time{}, "the parts do not add up to the total: %s too much", diff)
	}
	if s.CostKnown && s.Cost.Currency == o.Total.Currency && s.Cost.Minor > o.Total.Minor && s.Stage != StageCancelled {
		add(ExceptionLoss, time.Time{}, "costs %s, sold for %s", s.Cost, o.Total)
	}
	if missing := o.Shipping.Missing(); len(missing) > 0 && !digital(o) && s.Stage != StageShipped && s.Stage != StageCancelled {
		add(ExceptionAddress, time.Time{}, "the delivery address has no %s", strings.Join(missing, ", no "))
	}
	if o.UnknownStatus {
		add(ExceptionUnknownStatus, time.Time{}, "the store uses a status that Orderdeck does not know: %q", o.RawStatus)
	}
	if f.Gone {
		add(ExceptionMissingUpstream, time.Time{}, "the store no longer lists this order")
	}
	if s.Stage == StageUnpaid || s.Stage == StageQuoting {
		after := f.WaitingAfter
		if after == 0 {
			after = DefaultWaiting
		}
		add(ExceptionForgotten, o.CreatedAt.Add(after), "paid by the customer, but not yet paid to the supplier")
	}
	return out
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

func digital(o *Order) bool {
	for _, l := range o.Lines {
		if !l.Digital {
			return false
		}
	}
	return len(o.Lines) > 0
}

func hasTracking(o *Order, f Facts) bool {
	for _, sh := range o.Fulfilments {
		if sh.Tracking != "" {
			return true
		}
	}
	for _, p := range f.Placements {
		if len(p.Parcels) > 0 {
			return true
		}
	}
	return false
}

// totalDifference is what the parts of an order make more than its total says. ok is false where the parts are not
// known well enough to say (no lines, or lines reduced after a cancellation).
func totalDifference(o *Order) (diff Money, ok bool) {
	if len(o.Lines) == 0 || o.Subtotal.Currency == "" {
		return Money{}, false
	}
	sum := o.Subtotal
	parts := []Money{o.ShippingCost}
	if !o.TaxIncluded {
		parts = append(parts, o.Tax)
	}
	for _, a := range o.Adjustments {
		parts = append(parts, a.Amount)
	}
	var err error
	for _, p := range parts {
		if sum, err = sum.Add(p); err != nil {
			return Money{}, false
		}
	}
	if sum, err = sum.Sub(o.Discount); err != nil {
		return Money{}, false
	}
	if diff, err = sum.Sub(o.Total); err != nil {
		return Money{}, false
	}
	return diff, true
}
