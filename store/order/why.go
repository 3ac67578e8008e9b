package order

import (
	"fmt"
	"strings"
)

// Reason is one check on an order's way, for the question "why is it here?".
type Reason struct {
	OK   bool
	Text string
	Next string // what to do where it is not OK; "" where nothing can be done here
}

// Why explains an order's stage: the checks in the order in which an order passes them, up to the one that it stands
// before, and then what else is wrong with it. s is Derive(o, f).
func Why(o *Order, s State, f Facts) []Reason {
	var out []Reason
	ok := func(format string, args ...any) {
		out = append(out, Reason{OK: true, Text: fmt.Sprintf(format, args...)})
	}
	not := func(next, format string, args ...any) {
		out = append(out, Reason{Text: fmt.Sprintf(format, args...), Next: next})
	}
	switch {
	case o.Lifecycle == LifecycleCancelled || o.Lifecycle == LifecycleDeleted:
		not("", "the order is %s%s", o.Lifecycle, because(o.CancelReason))
	case s.Stage == StageCancelled:
		not("", "nothing is left to deliver: everything was cancelled or refunded")
	default:
		way(o, s, f, ok, not)
	}
	if s.OnHold(f) {
		until := ""
		if !s.HoldUntil.IsZero() {
			until = " until " + date(s.HoldUntil)
		}
		not("release it when the reason is gone", "it is on hold: %s%s", s.Hold.Label(), until)
	}
	if o.IsArchived() {
		not("unarchive it to work on it", "it is archived")
	}
	for _, e := range s.Active(f.Now) {
		if e.Code != ExceptionPlacementFailed || s.Stage == StageCancelled { // said already
			not("", "%s", e.Text)
		}
	}
	return out
}

// way walks the rules of the stage (see Derive) for an order that is alive.
func way(o *Order, s State, f Facts, ok func(string, ...any), not func(string, string, ...any)) {
	ok("the order is open")
	switch {
	case EnoughPaid(o, f) && o.CashOnDelivery && o.CustomerPayment != PaymentPaid:
		ok("the customer pays on delivery")
	case EnoughPaid(o, f):
		ok("customer: %s", words(o.CustomerPayment))
	case o.CustomerPayment == PaymentAuthorized:
		not("capture the payment in the store, or let authorized orders go on in the store's settings", "customer: authorized, and this store waits for the money")
	default:
		not("wait for the payment, or record it in the store and sync", "customer: %s, that is not enough to go on", words(o.CustomerPayment))
	}
	if s.Stage == StageShipped && o.Fulfilment.sent() {
		ok("the store says that it is %s", words(o.Fulfilment))
		return
	}
	if f.OwnStock {
		ok("this store ships from its own stock")
	}
	for i := range s.Groups {
		g := &s.Groups[i]
		what := titles(o, g)
		switch {
		case len(g.Lines) == 0:
			not("look at it in the store's admin", "the order has no lines")
		case g.Placement == nil && g.Stage == StageShipped:
			ok("%s: the store says that it has been sent", what)
		case g.Placement == nil && f.OwnStock:
			not("ship it and tell the store", "%s: not sent yet", what)
		case g.Placement == nil && !g.CostKnown:
			not("link the products to a supplier, or give their cost", "%s: no supplier product, or its cost is not known", lacking(o, f, g))
		case g.Placement == nil && g.Stage == StageAwaiting:
			ok("%s: linked, %s to %s", what, g.Cost, g.Supplier)
		case g.Placement == nil:
			ok("%s: linked", what)
			not("check it out", "%s: %s has not been paid (%s)", what, g.Supplier, g.Cost)
		default:
			placedWhy(g, what, ok, not)
		}
	}
}

// lacking names the lines of a group that cannot be bought yet; all of it where none stands out.
func lacking(o *Order, f Facts, g *Group) string {
	only := *g
	only.Lines = nil
	for _, i := range g.Lines {
		if l, ok := f.Links[o.Lines[i].ProductKey()]; !ok || !l.CostKnown {
			only.Lines = append(only.Lines, i)
		}
	}
	if len(only.Lines) == 0 {
		return titles(o, g)
	}
	return titles(o, &only)
}

func placedWhy(g *Group, what string, ok func(string, ...any), not func(string, string, ...any)) {
	p := g.Placement
	switch {
	case p.State == PlacementPending && p.Reason != "":
		not("settle the payment at the supplier", "%s: the payment to %s did not succeed: %s", what, p.Supplier, p.Reason)
		return
	case p.State == PlacementPending:
		not("wait until it settles; nothing is paid twice", "%s: the payment to %s is not settled", what, p.Supplier)
		return
	case p.CheckedOut.IsZero():
		ok("%s: %s has been paid", what, p.Supplier)
	default:
		ok("%s: %s was paid on %s", what, p.Supplier, date(p.CheckedOut))
	}
	switch {
	case g.Stage == StageShipped && p.State != PlacementShipped && p.State != PlacementDelivered:
		ok("%s: the store says that it has been sent", what)
	case p.State == PlacementPlaced:
		not("wait, or ask the supplier", "%s: %s has not begun", what, p.Supplier)
	case p.State == PlacementProcessing:
		not("wait, or ask the supplier", "%s: %s prepares it, it has not left", what, p.Supplier)
	case p.State == PlacementDelivered:
		ok("%s: delivered", what)
	default:
		ok("%s: %s has shipped it", what, p.Supplier)
	}
}

// titles names the lines of a group, the first two of them.
func titles(o *Order, g *Group) string {
	var names []string
	for _, i := range g.Lines {
		if len(names) == 2 {
			names = append(names, fmt.Sprintf("%d more", len(g.Lines)-2))
			break
		}
		names = append(names, o.Lines[i].Title)
	}
	return strings.Join(names, ", ")
}
