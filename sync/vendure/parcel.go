package vendure

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync/outbox"
	"github.com/orderdeck/orderdeck/sync/vendure/admin"
)

// there is a parcel as the store has it.
type there = admin.StandingOrderFulfillmentsFulfillment

// retrack gives the newest parcel that has not arrived another tracking number. Vendure cannot change a parcel: it is
// cancelled, and made again with the same content. A note says before which parcel is meant, so that it is the same one
// however often this is begun.
func (p *Platform) retrack(ctx context.Context, v *standing, a order.Act) (outbox.Done, error) {
	if a.Key == "" || a.Parcel.Tracking == "" {
		return outbox.Done{}, outbox.Rejectedf("another tracking number needs the number, and a key")
	}
	_, d, begun := v.entry("ORDER_NOTE", func(d historyData, public bool) bool { return !public && strings.HasSuffix(d.Note, mark(a.Key)) })
	made := slices.IndexFunc(v.Fulfillments, func(f there) bool { return f.State != stateOff && outbox.SameNumber(codeOf(f), a.Parcel.Tracking) })
	sent := begun && strings.Contains(d.Note, sentWord)
	if made >= 0 && (!sent || v.Fulfillments[made].State != "Pending") {
		return outbox.Done{ID: v.Fulfillments[made].Id, Already: true}, nil
	}
	var old *there
	if begun {
		id, _, _ := strings.Cut(strings.TrimPrefix(d.Note, parcelWord), " ")
		old = v.parcel(func(f there) bool { return f.Id == id })
	} else {
		old = v.parcel(func(f there) bool { return f.State == stateShipped || f.State == "Pending" })
	}
	if old == nil {
		return outbox.Done{}, outbox.Rejectedf("the order has no parcel at the store that is still on its way")
	}
	if !begun {
		sent = old.State == stateShipped
		if err := p.write(ctx, v.Id, marked(changeOf(old, a.Parcel), a.Key), false); err != nil {
			return outbox.Done{}, err
		}
	}
	if old.State != stateOff {
		if err := p.moveParcel(ctx, old.Id, stateOff); err != nil {
			return outbox.Done{}, begunAlready(err)
		}
	}
	doc := store.TellDoc{Parcel: a.Parcel}
	doc.Parcel.Carrier = cmp.Or(a.Parcel.Carrier, old.Method)
	input := admin.FulfillOrderInput{Handler: byHand(doc.Parcel)}
	for _, l := range old.Lines {
		input.Lines = append(input.Lines, admin.OrderLineInput(l))
	}
	var id string
	if made >= 0 {
		id = v.Fulfillments[made].Id
	} else if made, _, err := p.make(ctx, input); err == nil {
		id = made
	} else {
		return outbox.Done{}, begunAlready(err)
	}
	if sent {
		if err := p.moveParcel(ctx, id, stateShipped); err != nil {
			return outbox.Done{}, begunAlready(err)
		}
	}
	return outbox.Done{ID: id}, nil
}

// What the note of a change of numbers begins with, and how it says that the parcel had left.
const (
	parcelWord = "Parcel "
	sentWord   = " on its way gets the tracking number "
	keptWord   = " gets the tracking number "
)

func changeOf(old *there, to order.Parcel) string {
	word := keptWord
	if old.State == stateShipped {
		word = sentWord
	}
	return parcelWord + old.Id + word + to.Tracking
}

func codeOf(f there) string {
	if f.TrackingCode == nil {
		return ""
	}
	return *f.TrackingCode
}

// parcel is the newest parcel that fits; nil = none does.
func (v *standing) parcel(fits func(there) bool) (newest *there) {
	for i := range v.Fulfillments {
		if f := &v.Fulfillments[i]; fits(*f) && (newest == nil || compareIDs(newest.Id, f.Id) < 0) {
			newest = f
		}
	}
	return newest
}

// moveParcel moves a parcel to a state.
func (p *Platform) moveParcel(ctx context.Context, id, state string) error {
	var out struct {
		Did *verdict `json:"transitionFulfillmentToState"`
	}
	err := p.change(ctx, "MoveFulfillment", admin.MoveFulfillment_Operation, map[string]any{"id": id, "state": state}, &out)
	if err == nil && (out.Did == nil || out.Did.Typename != "Fulfillment") {
		err = p.no(out.Did)
	}
	return err
}

// begunAlready makes an error of a step of several one that does not say that nothing happened.
func begunAlready(err error) error {
	return fmt.Errorf("the change of the tracking number has begun, and is not done: %s", said(err))
}

// complete says of every parcel that left that it has arrived. With the last of them the order becomes Delivered, beyond
// which Vendure has nothing.
func (p *Platform) complete(ctx context.Context, v *standing) (outbox.Done, error) {
	if v.State == stateDone {
		return outbox.Done{Already: true}, nil
	}
	var way []string
	sent := 0
	for _, f := range v.Fulfillments {
		switch f.State {
		case stateShipped:
			way = append(way, f.Id)
		case stateDone:
		default:
			continue
		}
		for _, l := range f.Lines {
			sent += l.Quantity
		}
	}
	if sent == 0 || sent < v.left() {
		return outbox.Done{}, outbox.Rejectedf("the order is %s: Vendure completes what has been sent whole", clean(v.State))
	}
	for n, id := range way {
		if err := p.moveParcel(ctx, id, stateDone); err != nil {
			if n > 0 {
				err = fmt.Errorf("of %d parcels %d are delivered: %s", len(way), n, said(err))
			}
			return outbox.Done{}, err
		}
	}
	if len(way) == 0 {
		return p.moveOrder(ctx, v, stateDone)
	}
	return outbox.Done{}, nil
}
