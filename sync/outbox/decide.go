package outbox

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/text"
)

// What is decided here is decided from what was written down and what was seen, and from nothing else, so that it is the
// same before and after a crash.

const (
	// defaultSettle is how long "not found" and "not paid" must last before they count, where a supplier says nothing.
	defaultSettle = 5 * time.Minute
	// unclearPatience is how long a supplier that cannot say whether it knows a new reference is asked again.
	unclearPatience = time.Minute
	// storePatience is how long a store that cannot be reached is asked again before a payment is called off.
	storePatience = 2 * time.Minute
	// maxSends is how often one order is sent again after it was proven not to have arrived.
	maxSends = 4

	shortestWait = 2 * time.Second
	longestWait  = 5 * time.Minute
)

// action is what is to be done next about an effect.
type action string

// The values of action.
const (
	doSend    action = "send"    // write it down, then send it
	doAdopt   action = "adopt"   // it has happened: take over what is there
	doWait    action = "wait"    // look again later
	doFail    action = "fail"    // it certainly did not happen; a person decides what next
	doBalance action = "balance" // the order is unpaid for good; what does the balance say?
)

// decision is what is to be done, and why.
type decision struct {
	do     action
	order  *Order    // to be adopted
	reason string    // for the merchant
	proof  string    // why it may be sent again; "" = it is the first time
	until  time.Time // not to be looked at before
}

// sight is what a look at a supplier showed.
type sight struct {
	orders   []Order // those of our reference, cancelled ones too
	answered bool    // the supplier gave a whole answer
	proof    bool    // and what is not in it does not exist
	err      error
}

// mark is the step of a history that a look makes.
func (s sight) mark() mark {
	switch {
	case len(s.orders) > 0 && s.unpaid() != nil:
		return markUnpaid
	case len(s.orders) > 0:
		return markFound
	case s.proof:
		return markAbsent
	}
	return markUnclear
}

// words say what was seen, for the history.
func (s sight) words() string {
	if s.err != nil {
		return words(s.err)
	}
	var parts []string
	for i := range s.orders {
		o := &s.orders[i]
		parts = append(parts, strings.TrimSpace(fmt.Sprintf("%s %s %s", o.Number, o.RawState, o.Total)))
	}
	return strings.Join(parts, ", ")
}

// live are the orders that are not cancelled, without those that another one was split into.
func (s sight) live() []*Order {
	var out []*Order
	for i := range s.orders {
		o := &s.orders[i]
		part := slices.ContainsFunc(s.orders, func(p Order) bool { return slices.Contains(p.Split, o.Number) })
		if o.State != order.PlacementCancelled && !part {
			out = append(out, o)
		}
	}
	return out
}

// paid is an order that has been paid; nil = none that we know of.
func (s sight) paid() *Order {
	for i := range s.orders {
		if o := &s.orders[i]; o.Paid == PaidYes && o.State != order.PlacementCancelled {
			return o
		}
	}
	return nil
}

// unpaid is the one live order, when it is certainly unpaid.
func (s sight) unpaid() *Order {
	live := s.live()
	if len(live) != 1 || !payable(live[0]) {
		return nil
	}
	return live[0]
}

// payable tells whether an order is certainly waiting for its payment.
func payable(o *Order) bool {
	return o.Paid == PaidNo && o.State == order.PlacementPending && o.PaidAt.IsZero()
}

func settle(c Caps) time.Duration {
	if c.SettleAfter > 0 {
		return c.SettleAfter
	}
	return defaultSettle
}

// later is when to look again: the sooner the younger the matter is.
func later(since history, now time.Time) time.Time {
	age := time.Duration(0)
	if len(since) > 0 {
		age = now.Sub(since[0].At)
	}
	return now.Add(min(max(age/2, shortestWait), longestWait))
}

// waitFor looks again by the matter's age, but no later than when a second look counts.
func waitFor(since history, from, now time.Time, reason string) decision {
	until := later(since, now)
	if from.After(now) {
		until = from
	}
	return decision{do: doWait, until: until, reason: reason}
}

// decidePlace says what to do about an order that is to be made, after a look at the supplier that is in h already.
func decidePlace(c Caps, h history, s sight, now time.Time) decision {
	since, began := h.attempt()
	if live := s.live(); len(live) > 0 {
		if !c.SplitPay && live[0].Paid != PaidYes {
			return waitFor(since, time.Time{}, now, "the order is there and not shown as paid yet")
		}
		return decision{do: doAdopt, order: live[0]}
	}
	if len(s.orders) > 0 {
		return decision{do: doFail, reason: cancelledThere(&s.orders[0])}
	}
	if !began {
		return firstSend(c, since, s, now)
	}
	switch {
	case !s.proof:
		return waitFor(since, time.Time{}, now, "it is not known whether the order was made; looking again"+because(s.err))
	case since.has(markExists):
		return waitFor(since, time.Time{}, now, "the supplier says that it has this order already, and does not show it; looking again")
	}
	done, from := since.apart(markAbsent, settle(c))
	switch {
	case !done:
		return waitFor(since, from, now, "it is not known whether the order was made; it is not shown so far")
	case !c.SplitPay:
		return decision{do: doBalance}
	}
	return absent(c, h)
}

// firstSend is for an order of which nothing has been sent: our own record is the proof of that, and the look is for
// what somebody else may have made under the reference.
func firstSend(c Caps, since history, s sight, now time.Time) decision {
	if s.answered {
		return decision{do: doSend}
	}
	done, _ := since.apart(markUnclear, unclearPatience)
	switch {
	case !done:
		return waitFor(since, time.Time{}, now, "waiting for the supplier"+because(s.err))
	case c.ServerDedupe: // it would refuse a second one
		return decision{do: doSend}
	}
	return decision{do: doFail, reason: "the supplier cannot be asked whether it has this order already; nothing was sent" + because(s.err)}
}

// absent is what to do about an order that was sent and certainly never arrived.
func absent(c Caps, h history) decision {
	sends := 1
	for _, s := range h {
		if s.Mark == markProven {
			sends++
		}
	}
	proof := "looked for twice, " + settle(c).String() + " apart, and not there"
	if c.ServerDedupe && sends < maxSends {
		return decision{do: doSend, proof: proof}
	}
	return decision{do: doFail, proof: proof, reason: "the order never arrived: the supplier does not have it. Send it again, or take it back"}
}

// decidePay says what to do about a payment, after a look at the supplier that is in h already.
func decidePay(c Caps, h history, s sight, doc store.PayDoc, want *store.PlaceDoc, now time.Time) decision {
	since, began := h.attempt()
	if o := s.paid(); o != nil {
		return decision{do: doAdopt, order: o}
	}
	live := s.live()
	switch {
	case len(live) == 0 && len(s.orders) > 0 && s.orders[0].Paid == PaidNo:
		return decision{do: doFail, reason: cancelledThere(&s.orders[0]) + "; nothing was paid"}
	case len(live) == 0:
		done, _ := since.apart(markAbsent, settle(c))
		if !began && done {
			return decision{do: doFail, reason: "the supplier no longer shows the order " + doc.SupplierNo + "; nothing was paid"}
		}
		return waitFor(since, time.Time{}, now, "waiting until the supplier shows the order "+doc.SupplierNo+because(s.err))
	case len(live) > 1 && !began:
		return decision{do: doFail, reason: severalThere(live) + "; nothing was paid"}
	}
	o := live[0]
	if len(live) > 1 || !payable(o) {
		return waitFor(since, time.Time{}, now, notPayable(o))
	}
	if !began {
		if why := differs(o, doc, want); why != "" {
			return decision{do: doFail, reason: why + "; nothing was paid"}
		}
		return decision{do: doSend, order: o}
	}
	done, from := since.apart(markUnpaid, settle(c))
	if !done {
		return waitFor(since, from, now, "it is not known whether the payment went through; the supplier shows the order as unpaid so far")
	}
	return decision{do: doBalance, order: o}
}

// decideBalance judges a payment that the supplier does not know of, by the money: what was there before, what is there
// now, and what other payments of ours took meanwhile. nil = not known.
func decideBalance(before, now, others *order.Money) (proven bool, why string) {
	if before == nil { // a card or an invoice: there is no balance to look at
		return true, "the supplier shows it as unpaid, twice"
	}
	if now == nil || now.Currency != before.Currency {
		return false, "the supplier does not say what the balance is now"
	}
	expected := before.Minor
	if others != nil && others.Currency == before.Currency {
		expected -= others.Minor
	}
	if now.Minor == expected {
		return true, fmt.Sprintf("the supplier shows it as unpaid, twice, and the balance has not moved (%s)", now)
	}
	return false, fmt.Sprintf("the balance went from %s to %s%s, and the order is shown as unpaid: ask the supplier; nothing is paid again meanwhile",
		before, now, besides(others))
}

func besides(others *order.Money) string {
	if others == nil || others.Minor == 0 {
		return ""
	}
	return fmt.Sprintf(" (other payments took %s)", others)
}

// decideCancel says what to do about an unpaid order that is to be taken back.
func decideCancel(c Caps, h history, s sight, now time.Time) decision {
	since, began := h.attempt()
	if o := s.paid(); o != nil {
		return decision{do: doFail, order: o, reason: "it has been paid meanwhile and cannot be taken back"}
	}
	live := s.live()
	switch {
	case len(live) == 0 && len(s.orders) > 0:
		return decision{do: doAdopt, order: &s.orders[0]}
	case len(live) == 0:
		if done, from := since.apart(markAbsent, settle(c)); done {
			return decision{do: doAdopt}
		} else if s.proof {
			return waitFor(since, from, now, "the supplier does not show the order; looking again")
		}
		return waitFor(since, time.Time{}, now, "waiting for the supplier"+because(s.err))
	case !c.CanCancel:
		return decision{do: doFail, reason: "the supplier takes no order back by itself: cancel " + live[0].Number + " there"}
	case !began:
		return decision{do: doSend, order: live[0]}
	}
	seen := since.has(markFound) || since.has(markUnpaid)
	if done, from := since.apart(s.mark(), min(settle(c), time.Minute)); !done || !seen {
		return waitFor(since, from, now, "it is not known whether the supplier took the order back; looking again")
	}
	return decision{do: doSend, order: live[0], proof: "it is still there"}
}

// differs compares what the supplier made with what was asked for and what the merchant saw. "" = it is the same.
func differs(o *Order, doc store.PayDoc, want *store.PlaceDoc) string {
	switch {
	case o.Reference != "" && o.Reference != doc.Reference:
		return fmt.Sprintf("the supplier's order %s belongs to another reference, %s", o.Number, o.Reference)
	case o.Total.Currency == "":
		return "the supplier does not say what the order costs"
	case o.Total.Currency != doc.Max.Currency:
		return fmt.Sprintf("the supplier asks for %s, and you saw %s", o.Total, doc.Max)
	case o.Total.Minor < 0:
		return fmt.Sprintf("the supplier asks for %s, which makes no sense", o.Total)
	case o.Total.Minor > doc.Max.Minor:
		return fmt.Sprintf("the price rose: the supplier asks for %s, and you saw %s", o.Total, doc.Max)
	case want != nil:
		return differentLines(o, want)
	}
	return ""
}

// differentLines compares the products, where the supplier names them.
func differentLines(o *Order, want *store.PlaceDoc) string {
	if len(o.Lines) == 0 {
		return ""
	}
	asked := map[string]order.Quantity{}
	for _, i := range want.Items {
		asked[i.SKU] += i.Quantity
	}
	private := map[string]order.Quantity{} // packaging: some suppliers list it, some do not
	for _, i := range want.Packaging {
		private[i.SKU] += i.Quantity
	}
	var parts []string
	for sku, n := range asked {
		if got := o.Lines[sku]; got != n && got != n+private[sku] {
			parts = append(parts, fmt.Sprintf("%s of %s instead of %s", got, sku, n))
		}
	}
	for sku, n := range o.Lines {
		if _, ok := asked[sku]; !ok && n != 0 && n != private[sku] {
			parts = append(parts, fmt.Sprintf("%s of %s, which was not asked for", n, sku))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	slices.Sort(parts)
	return "the supplier's order " + o.Number + " is not what was asked for: " + strings.Join(parts, ", ")
}

func cancelledThere(o *Order) string {
	return "the supplier has cancelled its order " + o.Number + colon(o.Reason)
}

func severalThere(live []*Order) string {
	numbers := make([]string, len(live))
	for i, o := range live {
		numbers[i] = o.Number
	}
	return fmt.Sprintf("the supplier has %d orders with this reference (%s)", len(live), strings.Join(numbers, ", "))
}

func notPayable(o *Order) string {
	state := o.RawState
	if state == "" {
		state = string(o.State)
	}
	return fmt.Sprintf("the supplier says “%s” of the order %s%s; it is paid once it is shown as unpaid", state, o.Number, colon(o.Reason))
}

func colon(words string) string {
	if words == "" {
		return ""
	}
	return ": " + words
}

func because(err error) string {
	if err == nil {
		return ""
	}
	return ": " + words(err)
}

// words are an error's own, made harmless, without what only says which kind of error it is.
func words(err error) string {
	s := err.Error()
	for _, kind := range []error{ErrRejected, ErrExists, ErrDeclined, ErrNotSent, ErrNotOffered} {
		if errors.Is(err, kind) && s != kind.Error() {
			s = strings.TrimSuffix(strings.TrimPrefix(s, kind.Error()+": "), ": "+kind.Error())
		}
	}
	return text.Limit(text.Clean(s), 400)
}
