package order

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store/order/text"
)

// ActKind is something that can be done to an order at its store, beside telling it of a parcel.
type ActKind string

// The values of ActKind. They are kept in the outbox, so they never change.
const (
	ActMarkPaid ActKind = "mark_paid" // the customer paid outside the store, or an authorized payment is captured
	ActCancel   ActKind = "cancel"
	ActRefund   ActKind = "refund"
	ActNote     ActKind = "note"
	ActTags     ActKind = "tags"
	ActStatus   ActKind = "status"   // a status of the store's own
	ActTracking ActKind = "tracking" // another number for a parcel that the store knows
	ActRequest  ActKind = "request_fulfilment"
	ActArchive  ActKind = "archive"
	ActReopen   ActKind = "reopen"
	ActComplete ActKind = "complete"
	ActDelete   ActKind = "delete"
	ActDraft    ActKind = "draft" // make a draft order, or send or complete one
)

// ActKinds lists every ActKind, in the order in which menus show them.
var ActKinds = []ActKind{
	ActNote, ActTags, ActMarkPaid, ActRefund, ActCancel, ActStatus, ActTracking, ActRequest, ActComplete, ActArchive, ActReopen,
	ActDraft, ActDelete,
}

// Label is the word for a kind of act in a sentence: "mark as paid".
func (k ActKind) Label() string {
	switch k {
	case ActMarkPaid:
		return "mark as paid"
	case ActStatus:
		return "set the status"
	case ActTracking:
		return "change the tracking"
	case ActRequest:
		return "request fulfilment"
	}
	return string(k)
}

// Event is what a merchant wants who asks for such an act. The two are named alike, but for tracking, which is looked at too.
func (k ActKind) Event() Event {
	if k == ActTracking {
		return EventRetrack
	}
	return Event(k)
}

// Once tells whether a second act of a kind has to wait until the first is settled.
func (k ActKind) Once() bool { return k != ActNote && k != ActTags }

// The steps of an ActDraft.
const (
	DraftCreate   = "create"
	DraftSend     = "send"     // the store writes to the customer, who pays there
	DraftComplete = "complete" // it becomes an order
)

// DraftLabel says what a step of an ActDraft does.
func DraftLabel(step string) string {
	switch step {
	case DraftCreate:
		return "create a draft"
	case DraftSend:
		return "send the payment link"
	case DraftComplete:
		return "complete the draft"
	}
	return step
}

// Act is one thing to be done to an order at its store. Only the fields of its kind count.
type Act struct {
	Kind ActKind `json:"kind"`
	// Key is ours, unique and kept: what finds the act again at the store (an idempotency key, a marker in a text).
	Key string `json:"key"`

	Amount  Money               `json:"amount"`            // refund, mark_paid; zero value = all
	Lines   map[string]Quantity `json:"lines,omitempty"`   // cancel, refund: by Line.ExternalID; empty = all
	Restock bool                `json:"restock,omitempty"` // cancel, refund
	Notify  bool                `json:"notify,omitempty"`  // have the store write to the customer
	Reason  string              `json:"reason,omitempty"`
	Text    string              `json:"text,omitempty"`   // note
	Public  bool                `json:"public,omitempty"` // note: the customer sees it
	Add     []string            `json:"add,omitempty"`    // tags
	Remove  []string            `json:"remove,omitempty"`
	Status  string              `json:"status,omitempty"`
	Parcel  Parcel              `json:"parcel"`          // tracking
	Step    string              `json:"step,omitempty"`  // draft
	Draft   *Order              `json:"draft,omitempty"` // draft: what is in it
	Service string              `json:"service,omitempty"`
}

// String says an act in a few words: "refund BRL 12.00".
func (a *Act) String() string {
	s := a.Kind.Label()
	switch a.Kind {
	case ActRefund, ActMarkPaid:
		if !a.Amount.IsZero() {
			s += " " + a.Amount.String()
		}
	case ActTags:
		for _, t := range a.Add {
			s += " +" + t
		}
		for _, t := range a.Remove {
			s += " −" + t
		}
	case ActStatus:
		s += " " + a.Status
	case ActTracking:
		s += " " + a.Parcel.Tracking
	case ActDraft:
		s = DraftLabel(a.Step)
	}
	return s
}

// ActState is how an act at the store stands that is on its way, or that was refused and not asked for again.
type ActState struct {
	Act     string    `json:"act"` // Act.String
	Refused bool      `json:"refused,omitempty"`
	Reason  string    `json:"reason,omitempty"` // why it was refused or waits
	At      time.Time `json:"at"`               // of its last change
}

// Intents are what an act makes an order look like before the store has confirmed it. Money is not among it: nobody has
// been paid before the store says so.
func (a *Act) Intents() []Intent {
	switch a.Kind {
	case ActCancel:
		if len(a.Lines) == 0 {
			return []Intent{{Kind: IntentCancel, Value: cmp.Or(a.Reason, "cancelled")}}
		}
	case ActNote:
		return []Intent{{Kind: IntentNote, Value: a.Text}}
	case ActArchive:
		return []Intent{{Kind: IntentArchive}}
	case ActReopen:
		return []Intent{{Kind: IntentUnarchive}}
	case ActTags:
		var out []Intent
		for _, t := range a.Add {
			out = append(out, Intent{Kind: IntentTagAdd, Value: t})
		}
		for _, t := range a.Remove {
			out = append(out, Intent{Kind: IntentTagRemove, Value: t})
		}
		return out
	}
	return nil
}

// Shown tells whether an order, as its store shows it, has what an act was to bring about; false also where that cannot
// be seen.
func (a *Act) Shown(o *Order) bool {
	if a.Kind == ActMarkPaid {
		return o.CustomerPayment == PaymentPaid || o.CustomerPayment == PaymentOverpaid
	}
	if a.Kind == ActNote {
		return false // a text like it may have been there before
	}
	intents := a.Intents()
	for _, in := range intents {
		if !Settled(o, in) {
			return false
		}
	}
	return len(intents) > 0
}

// The longest texts that an act carries, in characters.
const (
	mostNote   = 5000
	mostReason = 500
	mostTag    = 255
	mostTags   = 50
)

// Check tells what is wrong with an act, "" where nothing is. It looks at what was typed, not at whether the order may
// be acted on now: that is Can.
func (a *Act) Check(o *Order) string {
	if len([]rune(a.Reason)) > mostReason {
		return fmt.Sprintf("the reason is longer than %d characters; shorten it", mostReason)
	}
	if a.Kind == ActRefund || a.Kind == ActCancel {
		if why := a.checkLines(o); why != "" {
			return why
		}
	}
	switch a.Kind {
	case ActRefund:
		return a.checkRefund(o)
	case ActMarkPaid:
		return a.checkPaid(o)
	case ActNote:
		return limited("a note", a.Text, mostNote)
	case ActTags:
		return a.checkTags()
	case ActStatus:
		return limited("a status", a.Status, mostTag)
	case ActTracking:
		return limited("a tracking number", a.Parcel.Tracking, mostTag)
	case ActDraft:
		if a.Step != DraftSend && a.Step != DraftComplete && a.Step != DraftCreate {
			return fmt.Sprintf("a draft is created, sent or completed, not %q", a.Step)
		}
		if a.Step == DraftComplete && o.CustomerPayment != PaymentDraft {
			return "it is an order, not a draft"
		}
	case ActCancel, ActRequest, ActArchive, ActReopen, ActComplete, ActDelete:
	default:
		return fmt.Sprintf("“%s” is nothing that can be done to an order", a.Kind)
	}
	return ""
}

func limited(what, words string, most int) string {
	switch n := len([]rune(words)); {
	case strings.TrimSpace(words) == "":
		return what + " is missing"
	case n > most:
		return fmt.Sprintf("%s has at most %d characters, and this one has %d", what, most, n)
	case text.CleanLines(words) != words:
		return what + " cannot have control characters in it"
	}
	return ""
}

// checkLines compares what is to be taken back with what was ordered.
func (a *Act) checkLines(o *Order) string {
	ids := make([]string, 0, len(a.Lines))
	for id := range a.Lines {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		q := a.Lines[id]
		i := slices.IndexFunc(o.Lines, func(l Line) bool { return l.ExternalID == id })
		switch {
		case i < 0:
			return fmt.Sprintf("the order has no line %q", id)
		case q <= 0:
			return fmt.Sprintf("%s of “%s” cannot be taken back: at least one piece", q, o.Lines[i].Title)
		case q > o.Lines[i].Quantity:
			return fmt.Sprintf("%s of “%s” cannot be taken back: %s were ordered", q, o.Lines[i].Title, o.Lines[i].Quantity)
		}
	}
	return ""
}

// Refundable is what is left of the customer's money. ok is false where the store does not say what was paid.
func Refundable(o *Order) (left Money, ok bool) {
	if o.Paid.Currency == "" || o.Paid.IsZero() {
		return Money{}, false
	}
	left, err := o.Paid.Sub(o.Refunded)
	if o.Refunded.Currency == "" || o.Refunded.IsZero() {
		left, err = o.Paid, nil
	}
	return left, err == nil
}

func (a *Act) checkRefund(o *Order) string {
	if a.Amount == (Money{}) {
		return ""
	}
	left, known := Refundable(o)
	currency := cmp.Or(left.Currency, o.Currency)
	switch {
	case a.Amount.Minor <= 0:
		return fmt.Sprintf("%s cannot be given back: an amount is more than nothing", a.Amount)
	case a.Amount.Currency != currency:
		return fmt.Sprintf("the customer paid in %s: a refund is in %s, not in %s", currency, currency, a.Amount.Currency)
	case known && a.Amount.Minor > left.Minor:
		return fmt.Sprintf("%s cannot be given back: %s are left of what the customer paid", a.Amount, left)
	}
	return ""
}

func (a *Act) checkPaid(o *Order) string {
	switch {
	case a.Amount == (Money{}):
		return ""
	case a.Amount.Minor <= 0:
		return fmt.Sprintf("%s cannot have been paid: an amount is more than nothing", a.Amount)
	case a.Amount.Currency != o.Currency:
		return fmt.Sprintf("the order is in %s, not in %s", o.Currency, a.Amount.Currency)
	}
	return ""
}

func (a *Act) checkTags() string {
	if len(a.Add)+len(a.Remove) == 0 {
		return "no tag is named"
	}
	if len(a.Add)+len(a.Remove) > mostTags {
		return fmt.Sprintf("at most %d tags are changed at once", mostTags)
	}
	for _, t := range slices.Concat(a.Add, a.Remove) {
		if why := limited("a tag", t, mostTag); why != "" {
			return why
		}
		if strings.ContainsAny(t, ",\n") {
			return fmt.Sprintf("a tag has no comma in it, as %q has", t)
		}
	}
	for _, t := range a.Add {
		if hasTag(a.Remove, t) {
			return fmt.Sprintf("the tag %q cannot be added and removed at once", t)
		}
	}
	return ""
}
