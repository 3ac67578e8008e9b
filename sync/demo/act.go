package demo

import (
	"context"
	"errors"
	"fmt"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/text"
	"github.com/orderdeck/orderdeck/sync/internal/journal"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

// parcelsMost is how many parcels the stores keep, so that their file stays short.
const parcelsMost = 50_000

var _ outbox.Shop = (*platform)(nil)

// Read gives one order as it is now. It may be called while pages are pulled.
func (p *platform) Read(ctx context.Context, externalID string) (store.Pulled, error) {
	if err := errors.Join(ctx.Err(), p.world.refresh()); err != nil {
		return store.Pulled{}, err
	}
	pl, now, err := p.find(externalID)
	if err != nil {
		return store.Pulled{}, err
	}
	var got store.Pulled
	pl.write(&got.Order, now)
	laundry{}.normalize(&got.Order) // one of its own: pages may be pulled meanwhile
	return got, nil
}

// find is the plan of an order, and the instant as which it is to be shown: now, or just after the last that the store
// was told of it.
func (p *platform) find(externalID string) (*plan, int64, error) {
	v, now := p.shop.seen(), p.world.now()
	i, ok := p.shop.indexOf(externalID)
	if !ok || i >= v.known() {
		return nil, 0, fmt.Errorf("%w: %s has no order %q", outbox.ErrGone, p.shop.title, text.Limit(externalID, 40))
	}
	pl := &plan{}
	v.plan(pl, i)
	if pl.deeds != nil {
		for k := range pl.deeds.told {
			now = max(now, pl.deeds.told[k].At)
		}
		for k := range pl.deeds.acts {
			now = max(now, pl.deeds.acts[k].At)
		}
	}
	if pl.vanished <= now {
		return nil, 0, fmt.Errorf("%w: %s no longer lists %s", outbox.ErrGone, p.shop.title, p.shop.number(i))
	}
	return pl, now, nil
}

// Fulfil makes a shipment. It is on the disk before it answers, and stands in what is pulled from the next second on.
func (p *platform) Fulfil(ctx context.Context, externalID string, doc store.TellDoc) error {
	if err := errors.Join(ctx.Err(), p.world.refresh()); err != nil {
		return fmt.Errorf("%w: %w", outbox.ErrNotSent, err)
	}
	w := p.world
	w.mu.Lock()
	defer w.mu.Unlock()
	pl, now, err := p.find(externalID)
	if err != nil {
		return fmt.Errorf("%w: %w", outbox.ErrRejected, err)
	}
	var o order.Order
	pl.write(&o, now)
	for i := range o.Fulfilments {
		if f := &o.Fulfilments[i]; f.Live && f.Tracking != "" && f.Tracking == doc.Parcel.Tracking {
			return nil // it knows already
		}
	}
	t := &told{
		Shop: p.shop.name, Order: externalID, At: max(now, w.now()) + 1, Carrier: text.Clean(doc.Parcel.Carrier),
		Number: text.Clean(doc.Parcel.Tracking), URL: text.Clean(doc.Parcel.URL), Lines: doc.Lines, Notify: doc.Notify,
	}
	if why := unfit(&o, t); why != "" {
		return fmt.Errorf("%w: %s", outbox.ErrRejected, why)
	}
	if w.parcels >= parcelsMost {
		return fmt.Errorf("%w: the demo's stores keep no more than %d parcels", outbox.ErrRejected, parcelsMost)
	}
	if err := w.log.Append(t); err != nil {
		if errors.Is(err, journal.ErrUnsure) {
			return err
		}
		return fmt.Errorf("%w: %w", outbox.ErrRejected, err)
	}
	p.shop.tell(pl.index, t)
	w.parcels++
	return nil
}

// unfit is why a store does not take a shipment; "" = it does.
func unfit(o *order.Order, t *told) string {
	switch {
	case o.Lifecycle == order.LifecycleCancelled || o.Lifecycle == order.LifecycleDeleted:
		return fmt.Sprintf("order %s is %s", o.Number, o.Lifecycle)
	case len(t.Lines) == 0:
		return "a shipment needs something in it"
	}
	left := map[string]order.Quantity{}
	for i := range o.Lines {
		l := &o.Lines[i]
		left[l.ExternalID] = l.Open() - l.Fulfilled
	}
	for _, l := range t.Lines {
		have, there := left[l.LineID]
		switch {
		case !there:
			return fmt.Sprintf("order %s has no line %q", o.Number, text.Limit(l.LineID, 40))
		case l.Quantity <= 0:
			return "a shipment needs more than nothing of each line"
		case l.Quantity > have:
			return fmt.Sprintf("of line %s only %s are left to be sent, not %s", l.LineID, max(have, 0), l.Quantity)
		}
		left[l.LineID] = have - l.Quantity
	}
	return ""
}
