package order

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Event is something that a merchant may want to do with an order.
type Event string

// The values of Event.
const (
	EventTracking  Event = "tracking"  // see where it is
	EventInvoice   Event = "invoice"   // a branded invoice in the parcel
	EventReceipt   Event = "receipt"   // what the supplier was paid
	EventRefund    Event = "refund"    // give money back to the customer
	EventCheckout  Event = "checkout"  // pay the supplier
	EventLink      Event = "link"      // link products to a supplier
	EventUnlink    Event = "unlink"    //
	EventCancel    Event = "cancel"    // cancel the customer's order
	EventArchive   Event = "archive"   // put it away
	EventUnarchive Event = "unarchive" //
	EventHold      Event = "hold"      // keep it from going on
	EventRelease   Event = "release"   //
	EventDelete    Event = "delete"    // remove it from lists and reports
	EventExport    Event = "export"    //

	// What the store is asked to do; see ActKind.
	EventMarkPaid Event = "mark_paid"
	EventNote     Event = "note"
	EventTags     Event = "tags"
	EventStatus   Event = "status"
	EventRetrack  Event = "retrack" // another tracking number for a parcel
	EventRequest  Event = "request_fulfilment"
	EventComplete Event = "complete"
	EventDraft    Event = "draft"  // send the payment link, or complete a draft
	EventReopen   Event = "reopen" // back from the archive, or from being cancelled or completed
)

// Events lists every Event.
var Events = []Event{
	EventTracking, EventInvoice, EventReceipt, EventRefund, EventCheckout, EventLink, EventUnlink, EventCancel,
	EventArchive, EventUnarchive, EventHold, EventRelease, EventDelete, EventExport, EventMarkPaid, EventNote, EventTags,
	EventStatus, EventRetrack, EventRequest, EventComplete, EventDraft, EventReopen,
}

// Guard names a condition of EventCheckout that a merchant may set aside, knowingly: see Facts.SetAside.
type Guard string

// The values of Guard.
const (
	GuardPaid Guard = "paid" // the customer has paid enough
	GuardHold Guard = "hold" // it is not on hold
)

// Verdict answers whether an event may happen now.
type Verdict struct {
	Allowed bool
	// Guard is what refused it, where that can be set aside; "" = it can't, or it is allowed.
	Guard Guard
	// Reason says, when refused, what is in the way and in which state the order is; when allowed, how things stand or
	// what to think of first. It may be empty only when allowed.
	Reason string
	// Next is the next step; never empty when refused.
	Next string
}

func allow(format string, args ...any) Verdict {
	return Verdict{Allowed: true, Reason: fmt.Sprintf(format, args...)}
}

func refuse(reason, next string) Verdict { return Verdict{Reason: reason, Next: next} }

// Can tells whether an event may happen to an order in its state. It is total: every event has a verdict in every
// state. s is Derive(o, f).
func Can(o *Order, s State, f Facts, e Event) Verdict {
	if e == EventExport {
		return Verdict{Allowed: true}
	}
	if o.Lifecycle == LifecycleDeleted {
		return refuse("deleted: it is kept for the record only", "nothing more is to be done with it")
	}
	switch e {
	case EventTracking:
		return canTrack(o, s, f)
	case EventInvoice:
		return canInvoice(o, s, f)
	case EventReceipt:
		return canReceipt(s, f)
	case EventRefund:
		return canRefund(o)
	case EventNote, EventTags:
		return Verdict{Allowed: true}
	case EventReopen:
		return canReopen(o, s)
	case EventUnarchive:
		if !o.IsArchived() {
			return refuse(s.Stage.Label()+": it is not archived", "there is nothing to undo")
		}
		return Verdict{Allowed: true}
	case EventRelease:
		if s.Hold == HoldNone || s.Hold == "" {
			return refuse(s.Stage.Label()+": it is not on hold", "there is nothing to release")
		}
		return allow("on hold: %s", s.Hold.Label())
	}
	if o.IsArchived() {
		if e == EventArchive {
			return refuse(s.Stage.Label()+": it is archived already", "there is nothing to do")
		}
		return refuse(s.Stage.Label()+" and archived", "unarchive it first")
	}
	switch e {
	case EventCheckout:
		return canCheckout(o, s, f)
	case EventLink, EventUnlink:
		return canLink(o, s, f, e)
	case EventCancel:
		return canCancel(o, s)
	case EventArchive:
		return canArchive(o, s)
	case EventHold:
		return canHold(s)
	case EventDelete:
		return canDelete(o, s)
	}
	if v, known := canAct(o, s, e); known {
		return v
	}
	return refuse(fmt.Sprintf("%s: “%s” is nothing that Orderdeck can do", s.Stage.Label(), e), "update Orderdeck")
}

// Label is a hold's name in a sentence.
func (h HoldKind) Label() string { return strings.ReplaceAll(string(h), "_", " ") }

// placements are those of the groups of a state, in their order.
func (s State) placements() []*Placement {
	var out []*Placement
	for i := range s.Groups {
		if p := s.Groups[i].Placement; p != nil {
			out = append(out, p)
		}
	}
	return out
}

// at names the suppliers that have an order, "CJ, Lumen EU"; "the supplier" where none is named.
func (s State) at() string {
	var names []string
	for _, p := range s.placements() {
		if p.Supplier != "" && !slices.Contains(names, p.Supplier) {
			names = append(names, p.Supplier)
		}
	}
	return cmp.Or(strings.Join(names, ", "), "the supplier")
}

func canCheckout(o *Order, s State, f Facts) Verdict {
	v := canBuy(o, s, f, s.Stage)
	missing := o.Destination().Missing()
	switch {
	case !v.Allowed:
		return v
	case !digital(o) && len(missing) > 0:
		return refuse(s.Stage.Label()+": the delivery address has no "+strings.Join(missing, ", no "), "complete it in the store, then sync")
	}
	return allow("%s", cost(s))
}

// CanBuy tells whether one part of an order may be bought now. It is Can of EventCheckout for that part alone: another
// part that still waits for a link, or that is with its supplier already, is not in its way. It does not look at the
// address, which a part without parcels does not need.
func CanBuy(o *Order, s State, f Facts, g Group) Verdict {
	switch {
	case o.Lifecycle == LifecycleDeleted:
		return refuse("deleted: it is kept for the record only", "nothing more is to be done with it")
	case o.IsArchived():
		return refuse(s.Stage.Label()+" and archived", "unarchive it first")
	case s.Stage == StageCancelled || s.Stage == StageShipped:
		return canBuy(o, s, f, s.Stage)
	case g.Placement != nil:
		s.Groups = []Group{g}
	}
	return canBuy(o, s, f, g.Stage)
}

// canBuy judges an order, or a part of it, at a stage of its own.
func canBuy(o *Order, s State, f Facts, stage Stage) Verdict {
	state := stage.Label()
	switch stage {
	case StageAwaiting:
		v := refuse(fmt.Sprintf("%s: the customer has not paid enough (%s)", state, words(o.CustomerPayment)),
			"wait for the payment, or record it in the store and sync")
		v.Guard = GuardPaid
		return v
	case StageToShip:
		return refuse(state+": it goes out of your own stock, nothing is bought for it", "ship it and tell the store")
	case StageQuoting:
		return refuse(state+": "+missing(s), "link the products to a supplier")
	case StagePending:
		return refuse(fmt.Sprintf("%s: a payment to %s is not settled", state, s.at()), "wait until it is; nothing is paid twice")
	case StagePlaced, StageProcessing:
		return refuse(fmt.Sprintf("%s: %s has been paid for it already", state, s.at()), "follow it under tracking")
	case StageShipped:
		return refuse(state+": it is on its way already", "follow it under tracking")
	case StageCancelled:
		return refuse(state+": nothing is left to deliver", "make a new order in the store if the customer wants it after all")
	case StageUnpaid:
	default:
		return refuse(string(stage)+": not a stage that Orderdeck knows", "update Orderdeck")
	}
	switch {
	case o.CustomerPayment == PaymentRefunded || o.CustomerPayment == PaymentChargeback:
		return refuse(fmt.Sprintf("%s: the customer has the money back (%s)", state, words(o.CustomerPayment)), "cancel the order in the store")
	case f.Gone:
		return refuse(state+": the store no longer lists this order", "look for it in the store's admin, then sync")
	case o.Test:
		return refuse(state+": it is a test order, nothing is bought for it", "archive it")
	case s.OnHold(f) && !slices.Contains(f.SetAside, GuardHold):
		v := refuse(state+" and on hold: "+s.Hold.Label(), "release it first")
		v.Guard = GuardHold
		return v
	}
	return Verdict{Allowed: true}
}

// OnHold tells whether a hold is in force: it is set and has not run out.
func (s State) OnHold(f Facts) bool {
	return s.Hold != "" && s.Hold != HoldNone && (s.HoldUntil.IsZero() || f.Now.Before(s.HoldUntil))
}

// cost is what is still to be paid, per supplier.
func cost(s State) string {
	var parts []string
	for _, g := range s.Groups {
		if g.Stage == StageUnpaid {
			parts = append(parts, g.Cost.String()+" to "+g.Supplier)
		}
	}
	return strings.Join(parts, ", ")
}

// missing says which lines cannot be bought yet.
func missing(s State) string {
	switch n := len(s.Missing); n {
	case 0:
		return "not every line has a supplier product and a cost"
	case 1:
		return "“" + s.Missing[0] + "” has no supplier product or no cost"
	default:
		return fmt.Sprintf("“%s” and %d more have no supplier product or no cost", s.Missing[0], n-1)
	}
}

func canLink(o *Order, s State, f Facts, e Event) Verdict {
	state := s.Stage.Label()
	switch {
	case s.Stage == StageCancelled:
		return refuse(state+": nothing of it is bought any more", "link the product from another order")
	case f.OwnStock:
		return refuse(state+": this store ships from its own stock", "change the store's setting if a supplier delivers")
	case !slices.ContainsFunc(s.Groups, func(g Group) bool { return g.Placement == nil && g.Stage != StageShipped }):
		return refuse(state+": everything has been bought or sent already", "link the product from an order that is open")
	}
	linked := 0
	for i := range o.Lines {
		if _, ok := f.Links[o.Lines[i].ProductKey()]; ok && o.Lines[i].Open() > 0 {
			linked++
		}
	}
	switch {
	case e == EventUnlink && linked == 0:
		return refuse(state+": no product of it is linked", "there is nothing to undo")
	case e == EventLink && len(s.Missing) > 0:
		return allow("%s", missing(s))
	}
	return allow("%d of %d products are linked", linked, len(o.Lines))
}

func canCancel(o *Order, s State) Verdict {
	state := s.Stage.Label()
	switch {
	case o.Lifecycle == LifecycleCancelled:
		return refuse("Cancelled already"+because(o.CancelReason), "nothing is to be done; a cancelled order is not taken up again")
	case s.Stage == StageCancelled:
		return refuse(state+": nothing is left to deliver", "archive it")
	case o.Fulfilment == FulfilmentReturned:
		return refuse(state+" and returned: it is too late to cancel", "refund the customer")
	}
	switch s.Stage {
	case StageShipped:
		return refuse(state+": it has left, it cannot be cancelled any more", "refund the customer, or ask for a return")
	case StagePending:
		return refuse(fmt.Sprintf("%s: a payment to %s is not settled", state, s.at()), "wait until it is, then cancel")
	case StagePlaced, StageProcessing:
		return refuse(fmt.Sprintf("%s: %s has been paid, and an order there cannot be cancelled after checkout", state, s.at()),
			"request a refund instead")
	}
	if len(s.placements()) > 0 {
		return allow("%s: a part is with %s already and may still arrive", state, s.at())
	}
	return allow("%s: nothing has been bought for it yet", state)
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reason
}

func canArchive(o *Order, s State) Verdict {
	state := s.Stage.Label()
	switch {
	case openCase(o.Refund):
		return refuse(fmt.Sprintf("%s: a refund is open (%s)", state, words(o.Refund)), "settle the refund first")
	case openCase(s.Claim):
		return refuse(fmt.Sprintf("%s: a claim at %s is open (%s)", state, s.at(), words(s.Claim)), "settle the claim first")
	case o.Resend == ResendRequested || o.Resend == ResendApproved:
		return refuse(fmt.Sprintf("%s: a second parcel is open (%s)", state, words(o.Resend)), "finish the resend first")
	case s.Stage == StageShipped || s.Stage == StageCancelled:
		return Verdict{Allowed: true}
	}
	return allow("%s: it is not finished, and leaves the tabs of open work", state)
}

// openCase tells whether a refund or claim still waits for somebody.
func openCase(c CaseState) bool {
	return c == CaseRequested || c == CaseEvidenceNeeded || c == CaseApproved
}

func canHold(s State) Verdict {
	state := s.Stage.Label()
	switch {
	case s.Hold != "" && s.Hold != HoldNone:
		return refuse(state+": it is on hold already: "+s.Hold.Label(), "release it first to hold it for another reason")
	case s.Stage == StageShipped:
		return refuse(state+": it has left, it cannot be held any more", "follow it under tracking")
	case s.Stage == StageCancelled:
		return refuse(state+": nothing of it goes on anyway", "archive it")
	case s.Stage == StagePending || s.Stage == StagePlaced || s.Stage == StageProcessing:
		return refuse(fmt.Sprintf("%s: %s has it already, a hold here does not stop it", state, s.at()), "ask the supplier to stop it")
	}
	return Verdict{Allowed: true}
}

func canDelete(o *Order, s State) Verdict {
	state := s.Stage.Label()
	if openCase(o.Refund) || openCase(s.Claim) || o.Resend == ResendRequested || o.Resend == ResendApproved {
		return refuse(state+": a refund, claim or resend of it is open", "settle it first")
	}
	bought := len(s.placements()) > 0
	switch {
	case o.Test:
		return allow("a test order")
	case o.Lifecycle == LifecycleCancelled && !bought:
		return allow("cancelled, and nothing was bought for it")
	case s.Stage == StageAwaiting && !bought && o.Paid.IsZero():
		return allow("the customer has not paid, and nothing was bought for it")
	case bought:
		return refuse(fmt.Sprintf("%s: %s has an order for it", state, s.at()), "archive it instead")
	}
	return refuse(fmt.Sprintf("%s: only test orders, cancelled ones and ones that nobody paid are deleted (customer: %s)", state, words(o.CustomerPayment)),
		"archive it instead")
}

// words is a value of an axis in a sentence.
func words[T ~string](v T) string { return strings.ReplaceAll(cmp.Or(string(v), "none"), "_", " ") }
