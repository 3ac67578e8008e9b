package order

import (
	"fmt"
	"slices"
)

// canAct judges what only the store does. known is false for other events.
func canAct(o *Order, s State, e Event) (v Verdict, known bool) {
	switch e {
	case EventMarkPaid:
		return canMarkPaid(o, s), true
	case EventStatus:
		return allow("in the store: %s", o.RawStatus), true
	case EventRetrack:
		return canRetrack(o, s), true
	case EventRequest:
		return canRequest(s), true
	case EventComplete:
		return canComplete(o, s), true
	case EventDraft:
		return canDraft(o, s), true
	}
	return Verdict{}, false
}

func canMarkPaid(o *Order, s State) Verdict {
	state := fmt.Sprintf("%s: the customer's payment is %s", s.Stage.Label(), words(o.CustomerPayment))
	switch {
	case o.Lifecycle == LifecycleCancelled:
		return refuse(s.Stage.Label()+": a cancelled order is not paid any more", "make a new order in the store if the customer wants it after all")
	case o.CustomerPayment == PaymentDraft:
		return refuse(state, "complete the draft; it is paid then")
	case o.CustomerPayment == PaymentRefunded, o.CustomerPayment == PaymentPartiallyRefunded, o.CustomerPayment == PaymentChargeback:
		return refuse(state, "make a new order in the store if the customer pays again")
	case o.CustomerPayment == PaymentPaid, o.CustomerPayment == PaymentOverpaid:
		return refuse(state+" already", "nothing is to be done")
	}
	return allow("%s", state)
}

// canDraft: a draft can be completed, and whoever has not paid can be sent a link.
func canDraft(o *Order, s State) Verdict {
	switch {
	case o.Lifecycle == LifecycleCancelled:
		return refuse(s.Stage.Label()+": a cancelled order is not paid any more", "make a new one")
	case o.CustomerPayment == PaymentDraft:
		return allow("a draft of %s", o.Total)
	case o.CustomerPayment == PaymentPending, o.CustomerPayment == PaymentAwaitingProof, o.CustomerPayment == PaymentFailed, o.CustomerPayment == PaymentExpired:
		return allow("%s: the customer has not paid", s.Stage.Label())
	}
	return refuse(fmt.Sprintf("%s: it is an order, not a draft, and the payment is %s", s.Stage.Label(), words(o.CustomerPayment)), "nothing is to be done")
}

// canReopen: what was put away, cancelled or finished may be taken up again, where a store does that.
func canReopen(o *Order, s State) Verdict {
	if o.IsArchived() || o.Lifecycle == LifecycleCancelled || s.Stage == StageShipped {
		return Verdict{Allowed: true}
	}
	return refuse(s.Stage.Label()+": it is open, and not archived", "there is nothing to undo")
}

func canRetrack(o *Order, s State) Verdict {
	if !slices.ContainsFunc(o.Fulfilments, func(f Shipment) bool { return f.Live }) {
		return refuse(s.Stage.Label()+": the store knows of no parcel", "enter its number under tracking; the store is told then")
	}
	return Verdict{Allowed: true}
}

// canRequest keeps an order from being sent twice: by its supplier, and by a fulfilment service.
func canRequest(s State) Verdict {
	state := s.Stage.Label()
	switch {
	case s.Stage == StageShipped || s.Stage == StageCancelled:
		return refuse(state+": nothing is left to be sent", "nothing is to be done")
	case len(s.placements()) > 0:
		return refuse(fmt.Sprintf("%s: %s has an order for it, and it would be sent twice", state, s.at()), "follow it under tracking")
	case s.Stage == StageAwaiting:
		return refuse(state+": the customer has not paid enough", "wait for the payment")
	}
	return allow("%s: asks a fulfilment service, such as Amazon's, to send it", state)
}

func canComplete(o *Order, s State) Verdict {
	state := s.Stage.Label()
	switch {
	case o.Lifecycle == LifecycleCancelled:
		return refuse(state+": a cancelled order is not completed", "archive it")
	case s.Stage == StageShipped:
		return Verdict{Allowed: true}
	}
	return allow("%s: it is not shipped yet", state)
}
