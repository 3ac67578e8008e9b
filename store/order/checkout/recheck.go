package checkout

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/orderdeck/orderdeck/store/order"
)

// Snap keeps of an order what must not change between the merchant's word and the payment. lines are the external ids
// of the part's lines.
func Snap(o *order.Order, lines []string) Snapshot {
	s := Snapshot{Lines: make(map[string]order.Quantity, len(lines)), Address: addressText(o), Payment: o.CustomerPayment, Total: o.Total}
	for i := range o.Lines {
		if l := &o.Lines[i]; slices.Contains(lines, l.ExternalID) {
			s.Lines[l.ExternalID] = remaining(l)
		}
	}
	for _, id := range lines {
		if _, ok := s.Lines[id]; !ok {
			s.Lines[id] = 0
		}
	}
	return s
}

func addressText(o *order.Order) string {
	a := o.Destination()
	if a.Phone == "" {
		return a.OneLine()
	}
	return a.OneLine() + ", " + a.Phone
}

// Recheck compares an order as it is now at its store with what was seen when the merchant said yes. Whatever changed
// is in the way: nothing has been sent yet, so the merchant can look again. now may be nil when the store no longer has
// the order (gone).
func Recheck(seen Snapshot, now *order.Order, gone bool) []Blocker {
	var out []Blocker
	changed := func(format string, args ...any) {
		out = append(out, Blocker{
			Code: BlockChanged, Text: fmt.Sprintf(format, args...), Fix: "look at the order and check it out again", Action: ActionRequote,
		})
	}
	switch {
	case gone || now == nil || now.Lifecycle == order.LifecycleDeleted:
		changed("the store no longer has this order")
		return out
	case now.Lifecycle == order.LifecycleCancelled:
		changed("the order was cancelled at its store")
		return out
	case now.IsArchived():
		changed("the order was archived at its store")
	case now.Fulfilment == order.Fulfilled, now.Fulfilment == order.FulfilmentDelivered, now.Fulfilment == order.FulfilmentReturned:
		changed("the store says that the order has been sent already (%s)", words(now.Fulfilment))
	}
	if why := paymentFell(seen, now); why != "" {
		changed("%s", why)
	}
	changes := len(out)
	for _, id := range slices.Sorted(maps.Keys(seen.Lines)) {
		if why := lineChanged(now, id, seen.Lines[id]); why != "" {
			changed("%s", why)
		}
	}
	if addressText(now) != seen.Address {
		changed("the delivery address was changed at the store")
	}
	if now.Total != seen.Total && len(out) == changes {
		changed("the order was edited at its store: it amounts to %s, and was %s", now.Total, seen.Total)
	}
	return out
}

// lineChanged says what became of a line of which a quantity was to be bought; "" = nothing.
func lineChanged(now *order.Order, id string, want order.Quantity) string {
	i := slices.IndexFunc(now.Lines, func(l order.Line) bool { return l.ExternalID == id })
	if i < 0 {
		return "a product that was to be bought was taken out of the order"
	}
	l := &now.Lines[i]
	have := remaining(l)
	switch {
	case have == want:
		return ""
	case l.Fulfilled > 0 && have < want:
		return fmt.Sprintf("%s× “%s” was sent by somebody else: %s were to be bought, %s are left", l.Fulfilled, l.Title, want, have)
	case l.Refunded > 0 && have < want:
		return fmt.Sprintf("%s× “%s” was refunded: %s were to be bought, %s are left", l.Refunded, l.Title, want, have)
	case l.Cancelled > 0 && have < want:
		return fmt.Sprintf("%s× “%s” was cancelled: %s were to be bought, %s are left", l.Cancelled, l.Title, want, have)
	}
	return fmt.Sprintf("“%s” was edited: %s were to be bought, and now it is %s", l.Title, want, have)
}

// paymentFell says how the customer's payment became worse; "" = it did not. That it became better is in nobody's way.
func paymentFell(seen Snapshot, now *order.Order) string {
	was, is := seen.Payment, now.CustomerPayment
	if was == is {
		return ""
	}
	switch is {
	case order.PaymentPaid, order.PaymentOverpaid:
		return ""
	case order.PaymentPending, order.PaymentAwaitingProof, order.PaymentAuthorized, order.PaymentPartiallyPaid:
		// On its way: what had not been paid before either, and was let through, may go on.
		if progress(is) >= progress(was) {
			return ""
		}
	}
	return fmt.Sprintf("the customer's payment was %s and is %s now", words(was), words(is))
}

// progress orders the payments that are on their way.
func progress(p order.CustomerPayment) int {
	return slices.Index([]order.CustomerPayment{
		order.PaymentDraft, order.PaymentPending, order.PaymentAwaitingProof, order.PaymentPartiallyPaid, order.PaymentAuthorized,
		order.PaymentPartiallyRefunded, order.PaymentPaid, order.PaymentOverpaid,
	}, p)
}

// Sentence writes blockers as the reason of a purchase that was not made.
func Sentence(blockers []Blocker) string {
	parts := make([]string, len(blockers))
	for i, b := range blockers {
		parts[i] = b.Text
	}
	return strings.Join(parts, "; ")
}
