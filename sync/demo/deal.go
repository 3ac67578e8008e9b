package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/text"
	"github.com/orderdeck/orderdeck/sync/internal/journal"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

var _ outbox.Actor = (*platform)(nil)

// Acts implements outbox.Actor.
func (p *platform) Acts() map[order.ActKind]string {
	const no = "the demo's stores have "
	return map[order.ActKind]string{
		order.ActMarkPaid: "", order.ActCancel: "", order.ActRefund: "", order.ActNote: "", order.ActTags: "", order.ActTracking: "",
		order.ActArchive: "", order.ActReopen: "", order.ActComplete: "",
		order.ActStatus:  no + "no statuses of their own",
		order.ActRequest: no + "no fulfilment service",
		order.ActDelete:  no + "a fixed past: nothing of it can be deleted",
		order.ActDraft:   no + "orders that follow from the number of their world: none can be added by hand",
	}
}

// Some banks refuse, so that a merchant who tries the demo sees what a failure looks like: which, follows from the order
// alone. Of every eleven orders one cannot be refunded, and of every seven that are authorized one cannot be captured.
func bankRefusesRefund(index int) bool  { return index%11 == 5 }
func bankRefusesCapture(index int) bool { return index%7 == 1 }

// Act does one thing to an order. It is on the disk before it answers, and stands in what is pulled from the next second on.
func (p *platform) Act(ctx context.Context, externalID string, a order.Act) (outbox.Done, error) {
	if why, ok := p.Acts()[a.Kind]; !ok || why != "" {
		return outbox.Done{}, fmt.Errorf("%w: %s", outbox.ErrNotOffered, why)
	}
	if err := errors.Join(ctx.Err(), p.world.refresh()); err != nil {
		return outbox.Done{}, outbox.NotSent(err)
	}
	w := p.world
	w.mu.Lock()
	defer w.mu.Unlock()
	pl, now, err := p.find(externalID)
	if err != nil {
		return outbox.Done{}, outbox.Rejected(err)
	}
	id := func(n int) string { return fmt.Sprintf("%s-m%d", externalID, n+1) }
	if a.Key != "" {
		if n := slices.IndexFunc(pl.acts(), func(x deed) bool { return x.Key == a.Key && x.Act == a.Kind }); n >= 0 {
			return outbox.Done{ID: id(n), Already: true}, nil
		}
	}
	var o order.Order
	pl.write(&o, now)
	laundry{}.normalize(&o)
	x := &deed{
		Act: a.Kind, Shop: p.shop.name, Order: externalID, At: max(now, w.now()) + 1, Key: a.Key, Text: text.Limit(text.CleanLines(a.Reason), 1000),
	}
	already, err := x.fill(&o, pl.index, a)
	if err != nil || already {
		return outbox.Done{Already: already}, err
	}
	if w.parcels >= parcelsMost {
		return outbox.Done{}, outbox.Rejectedf("the demo's stores keep no more than %d parcels and changes", parcelsMost)
	}
	if err := w.log.Append(x); err != nil {
		if errors.Is(err, journal.ErrUnsure) {
			return outbox.Done{}, err
		}
		return outbox.Done{}, outbox.Rejected(err)
	}
	p.shop.do(pl.index, x)
	w.parcels++
	return outbox.Done{ID: id(len(pl.acts()))}, nil
}

// fill reckons out what an act does to the order as it is, and whether it is so already.
func (x *deed) fill(o *order.Order, index int, a order.Act) (already bool, err error) {
	switch a.Kind {
	case order.ActMarkPaid:
		return x.fillPaid(o, index, a)
	case order.ActCancel:
		return x.fillCancel(o, a)
	case order.ActRefund:
		return false, x.fillRefund(o, index, a)
	case order.ActNote:
		x.Text, x.Public = text.Limit(text.CleanLines(strings.TrimSpace(a.Text)), 10_000), a.Public
		if x.Text == "" {
			return false, outbox.Rejectedf("the note is empty")
		}
	case order.ActTags:
		x.Add = tags(a.Add, func(tag string) bool { return !slices.Contains(o.Tags, tag) })
		x.Remove = tags(a.Remove, func(tag string) bool { return slices.Contains(o.Tags, tag) })
		return len(x.Add)+len(x.Remove) == 0, nil
	case order.ActTracking:
		f := newest(o, x.At)
		x.Parcel = &order.Parcel{Carrier: text.Clean(a.Parcel.Carrier), Tracking: text.Clean(a.Parcel.Tracking), URL: text.Clean(a.Parcel.URL)}
		switch {
		case f == nil:
			return false, outbox.Rejectedf("the order has no parcel at the store yet")
		case x.Parcel.Tracking == "":
			return false, outbox.Rejectedf("another tracking number needs the number")
		case outbox.SameNumber(f.Tracking, x.Parcel.Tracking):
			return true, nil
		}
	case order.ActArchive:
		if o.Lifecycle == order.LifecycleDeleted {
			return false, outbox.Rejectedf("the order is deleted")
		}
		return o.IsArchived(), nil
	case order.ActReopen:
		if o.Lifecycle == order.LifecycleCancelled || o.Lifecycle == order.LifecycleDeleted {
			return false, outbox.Rejectedf("the order is %s, which is final", o.Lifecycle)
		}
		return !o.IsArchived(), nil
	case order.ActComplete:
		switch o.Fulfilment {
		case order.FulfilmentDelivered:
			return true, nil
		case order.Fulfilled:
		default:
			return false, outbox.Rejectedf("only what has been sent whole can be completed")
		}
	}
	return false, nil
}

func (x *deed) fillPaid(o *order.Order, index int, a order.Act) (already bool, err error) {
	switch o.CustomerPayment {
	case order.PaymentPaid, order.PaymentOverpaid:
		return true, nil
	case order.PaymentPartiallyRefunded, order.PaymentRefunded, order.PaymentVoided, order.PaymentChargeback:
		return false, outbox.Rejectedf("the payment is %s", o.CustomerPayment)
	case order.PaymentAuthorized:
		if bankRefusesCapture(index) {
			return false, fmt.Errorf("%w: the bank says: “Authorization expired (54)”", outbox.ErrDeclined)
		}
	}
	switch rest := o.Total.Minor - o.Paid.Minor; {
	case o.Lifecycle != order.LifecycleOpen && o.Lifecycle != order.LifecycleArchived:
		return false, outbox.Rejectedf("the order is %s", o.Lifecycle)
	case a.Amount.Minor != 0 && (a.Amount.Currency != o.Currency || a.Amount.Minor != o.Total.Minor && a.Amount.Minor != rest):
		return false, fmt.Errorf("%w: an order is marked as paid whole or not at all", outbox.ErrNotOffered)
	}
	return false, nil
}

func (x *deed) fillCancel(o *order.Order, a order.Act) (already bool, err error) {
	switch {
	case o.Lifecycle == order.LifecycleCancelled:
		return true, nil
	case o.Lifecycle == order.LifecycleDeleted:
		return false, outbox.Rejectedf("the order is deleted")
	case len(a.Lines) == 0:
		if slices.ContainsFunc(o.Fulfilments, func(f order.Shipment) bool { return f.Live && f.Shipped }) {
			return false, outbox.Rejectedf("a parcel has left already: refund the order instead")
		}
		return false, nil
	}
	left := order.Quantity(0)
	for i := range o.Lines {
		left += o.Lines[i].Open() - o.Lines[i].Fulfilled
	}
	x.Lines = a.Lines
	n, err := pieces(o, a.Lines, func(l *order.Line) order.Quantity { return l.Open() - l.Fulfilled })
	if err == nil && n >= left && !slices.ContainsFunc(o.Lines, func(l order.Line) bool { return l.Fulfilled > 0 }) {
		x.Lines = nil // all that there is
	}
	return false, err
}

func (x *deed) fillRefund(o *order.Order, index int, a order.Act) error {
	left := o.Paid.Minor - o.Refunded.Minor
	x.Amount, x.Lines = left, a.Lines
	if _, err := pieces(o, a.Lines, func(l *order.Line) order.Quantity { return l.Quantity - l.Refunded }); err != nil {
		return err
	}
	switch {
	case a.Key == "":
		return outbox.Rejectedf("a refund needs a key by which it is found again")
	case a.Amount.Minor != 0 && a.Amount.Currency != o.Currency:
		return outbox.Rejectedf("the order is in %s, not in %s", o.Currency, a.Amount.Currency)
	case a.Amount.Minor != 0:
		x.Amount = a.Amount.Minor
	case len(a.Lines) > 0:
		x.Amount = 0
		for i := range o.Lines {
			if l := &o.Lines[i]; l.Quantity > 0 {
				x.Amount += l.Total.Minor * int64(a.Lines[l.ExternalID]) / int64(l.Quantity)
			}
		}
		x.Amount = min(x.Amount, left)
	}
	switch {
	case left <= 0 || x.Amount <= 0:
		return outbox.Rejectedf("there is nothing to give back")
	case x.Amount > left:
		return outbox.Rejectedf("%s were paid and not given back yet, not %s", order.New(left, o.Currency), order.New(x.Amount, o.Currency))
	case bankRefusesRefund(index):
		return outbox.Rejectedf("the bank says: “Card account closed (41)”, and takes nothing back")
	}
	return nil
}

// pieces counts the pieces of an act, of which no line may have more than it has left.
func pieces(o *order.Order, want map[string]order.Quantity, left func(*order.Line) order.Quantity) (n order.Quantity, err error) {
	for id, q := range want {
		i := slices.IndexFunc(o.Lines, func(l order.Line) bool { return l.ExternalID == id })
		switch {
		case i < 0:
			return 0, outbox.Rejectedf("order %s has no line %q", o.Number, text.Limit(id, 40))
		case q <= 0 || q > left(&o.Lines[i]):
			return 0, outbox.Rejectedf("of line %s there are %s, not %s", id, max(0, left(&o.Lines[i])), q)
		}
		n += q
	}
	return n, nil
}

// tags are cleaned tags that are worth a change.
func tags(in []string, wanted func(string) bool) (out []string) {
	for _, tag := range in {
		if tag = text.Limit(text.Clean(tag), 100); tag != "" && wanted(tag) && !slices.Contains(out, tag) {
			out = append(out, tag)
		}
	}
	return out
}
