package order

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// afterCheckout is why something is not there yet before a supplier has been paid, and what comes first.
func afterCheckout(s State) Verdict {
	next := "check it out"
	switch s.Stage {
	case StageAwaiting:
		next = "the customer must pay first"
	case StageQuoting:
		next = "link the products to a supplier, then check out"
	case StagePending:
		next = "wait until the payment to " + s.at() + " settles"
	}
	return refuse("after checkout", next)
}

// canTrack: there is something to follow, or else from when on there will be.
func canTrack(o *Order, s State, f Facts) Verdict {
	numbers := trackings(o, f)
	switch n := len(numbers); {
	case n == 1:
		return allow("%s", numbers[0])
	case n > 1:
		return allow("%s +%d", numbers[0], n-1)
	case s.Stage == StageCancelled:
		return refuse("cancelled: nothing is on its way", "nothing is to be done")
	case digital(o):
		return refuse("nothing is sent: it needs no delivery", "nothing is to be done")
	case s.Stage == StageShipped && len(s.placements()) > 0:
		return refuse("shipped without a tracking number", "ask "+s.at()+" for it")
	case s.Stage == StageShipped:
		return refuse("shipped without a tracking number", "add it in the store, then sync")
	case s.Stage == StageToShip:
		return refuse("after you have shipped it", "ship it and enter the number in the store")
	}
	if s.Stage != StagePlaced && s.Stage != StageProcessing {
		return afterCheckout(s)
	}
	return promised(o, s, f)
}

// promised says when a number is to be expected from suppliers that have been paid; the last of them counts.
func promised(o *Order, s State, f Facts) Verdict {
	var last time.Time
	who := ""
	for _, p := range s.placements() {
		if p.State != PlacementPlaced && p.State != PlacementProcessing {
			continue
		}
		at, ok := Promise(o, f, p)
		if !ok {
			return refuse("no promise on file", "ask "+p.Supplier+" when it ships")
		}
		if at.After(last) {
			last, who = at, p.Supplier
		}
	}
	switch {
	case last.IsZero(): // no placement says that it waits; the store alone says so
		return refuse("no promise on file", "ask the supplier when it ships")
	case last.Before(f.Now):
		return refuse("was expected by "+date(last), "ask "+who+" where it is")
	}
	return refuse("expected by "+date(last), "wait until "+who+" has shipped it")
}

func date(t time.Time) string { return t.Format("2 Jan 2006") }

// trackings lists the tracking numbers of an order and its placements, each once, those that the store knows first.
func trackings(o *Order, f Facts) []string {
	var out []string
	add := func(number string) {
		if number != "" && !slices.Contains(out, number) {
			out = append(out, number)
		}
	}
	for i := range o.Fulfilments {
		if o.Fulfilments[i].Live {
			add(o.Fulfilments[i].Tracking)
		}
	}
	for i := range f.Placements {
		for j := range f.Placements[i].Parcels {
			add(f.Placements[i].Parcels[j].Tracking)
		}
	}
	return out
}

// canInvoice: a branded invoice goes into the parcel, so the supplier must offer it and must have been paid.
func canInvoice(o *Order, s State, f Facts) Verdict {
	var yes, no, unknown int
	for i := range o.Lines {
		l := &o.Lines[i]
		link, ok := f.Links[l.ProductKey()]
		switch {
		case l.Open() <= 0:
		case !ok || link.BrandedInvoice == nil:
			unknown++
		case *link.BrandedInvoice:
			yes++
		default:
			no++
		}
	}
	who := strings.Join(s.Suppliers, ", ")
	switch {
	case s.Stage == StageCancelled:
		return refuse("cancelled: nothing is sent that it could go with", "nothing is to be done")
	case f.OwnStock:
		return refuse("no supplier sends it: it goes out of your own stock", "put your own invoice in the parcel")
	case no > 0 && yes+unknown == 0:
		return refuse("this supplier does not offer branded invoices", "look for another supplier of this product if you need one")
	case s.Stage == StageShipped && len(s.placements()) == 0:
		return refuse("shipped without a supplier's order", "nothing is to be done")
	case len(s.placements()) == 0 || s.Stage == StagePending || s.Stage.rank() < StagePending.rank() && !s.anyPaid():
		return afterCheckout(s)
	case yes > 0:
		return allow("offered by %s", who)
	}
	return refuse("the supplier does not say whether it offers branded invoices", "ask "+orSupplier(who))
}

func orSupplier(who string) string {
	if who == "" {
		return "the supplier"
	}
	return who
}

// anyPaid tells whether a supplier has been paid for some group.
func (s State) anyPaid() bool {
	return slices.ContainsFunc(s.placements(), func(p *Placement) bool { return p.State.Paid() })
}

// Paid tells whether the supplier has its money.
func (s PlacementState) Paid() bool {
	return s == PlacementPlaced || s == PlacementProcessing || s == PlacementShipped || s == PlacementDelivered
}

// canReceipt: there is one for each placement that was paid, also where it was cancelled later.
func canReceipt(s State, f Facts) Verdict {
	var parts []string
	open := false
	for i := range f.Placements {
		p := &f.Placements[i]
		switch {
		case p.State.Paid(), p.State == PlacementCancelled && p.Receipt != "":
			part := p.Total.String() + " to " + p.Supplier
			if p.Receipt != "" {
				part += " · " + p.Receipt
			}
			parts = append(parts, part)
		case p.State == PlacementPending:
			open = true
		}
	}
	switch {
	case len(parts) > 0:
		return allow("%s", strings.Join(parts, ", "))
	case f.OwnStock && len(f.Placements) == 0:
		return refuse("no supplier is paid: it goes out of your own stock", "nothing is to be done")
	case open:
		return refuse("nothing has been paid to the supplier yet: the payment is not settled", "wait until it is")
	case s.Stage == StageCancelled || s.Stage == StageShipped:
		return refuse("nothing has been paid to the supplier", "nothing is to be done")
	}
	return refuse("nothing has been paid to the supplier yet", afterCheckout(s).Next)
}

// canRefund: what the customer has paid and does not have back yet can be given back.
func canRefund(o *Order) Verdict {
	so := "refunded " + total(o.Refunded, o) + " of " + o.Total.String()
	if o.Refund != "" && o.Refund != CaseNone {
		so += " (" + words(o.Refund) + ")"
	}
	left, err := o.Paid.Sub(o.Refunded)
	switch {
	case o.CustomerPayment == PaymentRefunded, err == nil && !o.Paid.IsZero() && left.Minor <= 0:
		return refuse(so, "nothing is left to give back")
	case o.CustomerPayment == PaymentChargeback:
		return refuse(so+": the customer's bank has taken the money back", "answer the bank's claim in the store")
	case o.Paid.IsZero() && !paidSomething(o.CustomerPayment):
		return refuse(fmt.Sprintf("%s: the customer has paid nothing yet (%s)", so, words(o.CustomerPayment)), "cancel the order if it is not wanted")
	}
	return allow("%s", so)
}

// paidSomething tells whether a state of payment means that money has arrived.
func paidSomething(p CustomerPayment) bool {
	switch p {
	case PaymentPaid, PaymentOverpaid, PaymentPartiallyPaid, PaymentPartiallyRefunded:
		return true
	}
	return false
}

// total writes an amount that may be absent in the order's currency.
func total(m Money, o *Order) string {
	if m.Currency == "" {
		m.Currency = o.Total.Currency
	}
	return m.Decimal()
}
