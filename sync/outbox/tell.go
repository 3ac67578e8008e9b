package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
)

const (
	// tellSettle is how long a shipment that the store does not show must be missing before it is told again.
	tellSettle = 20 * time.Second
	// shopTimeout is the time of one call to a store.
	shopTimeout = time.Minute
)

// readOrder reads one order at its store.
func (w *Worker) readOrder(ctx context.Context, name, externalID string) (p store.Pulled, err error) {
	shop := w.o.Shops[name]
	if shop == nil {
		return p, fmt.Errorf("the store %s is not set up here, or cannot be asked for one order", name)
	}
	ctx, cancel := context.WithTimeout(ctx, shopTimeout)
	defer cancel()
	err = guarded(func() error {
		p, err = shop.Read(ctx, externalID)
		return err
	})
	p.Order.Store = name
	return p, err
}

// tell makes a shipment known at its store, unless the store knows it already.
func (l *lane) tell(ctx context.Context, e store.Effect) error {
	j := l.resume(e)
	_, began := j.h.attempt()
	doc, err := decode[store.TellDoc](e)
	if err != nil {
		return j.tellFails(ctx, err.Error())
	}
	if l.shop == nil {
		return j.tellFails(ctx, fmt.Sprintf("the store %s is not set up here, or cannot be told of parcels", e.Store))
	}
	pulled, err := l.w.readOrder(ctx, e.Store, e.External)
	switch {
	case errors.Is(err, ErrGone):
		return j.tellFails(ctx, words(err))
	case errors.Is(err, ErrNobody):
		j.h = j.h.add(j.now(), markFound, words(err))
		return j.tellDone(ctx)
	case err != nil:
		since, _ := j.h.attempt()
		j.h = j.h.add(j.now(), markUnclear, words(err))
		d := waitFor(since, time.Time{}, j.now(), "the store cannot be asked: "+words(err))
		return j.waits(ctx, e, j.h, notSooner(d, err, j.now()), nil)
	}
	if _, err := l.w.o.DB.ApplyRead(ctx, pulled); err != nil {
		return err
	}
	if told(&pulled.Order, doc) {
		j.h = j.h.add(j.now(), markFound, doc.Parcel.Tracking)
		return j.tellDone(ctx)
	}
	j.h = j.h.add(j.now(), markAbsent, doc.Parcel.Tracking)
	since, _ := j.h.attempt()
	proof := ""
	if began {
		done, from := since.apart(markAbsent, tellSettle)
		if !done {
			return j.waits(ctx, e, j.h, waitFor(since, from, j.now(), "it is not known whether the store took it; it does not show it so far"), nil)
		}
		if e.Attempts >= maxSends {
			j.h = j.h.add(j.now(), markProven, "the store does not show it")
			return j.tellFails(ctx, "the store was told several times and does not show the shipment")
		}
		proof = "the store does not show it, looked twice"
	}
	return j.sendTell(ctx, doc, proof)
}

func (j *job) sendTell(ctx context.Context, doc store.TellDoc, proof string) error {
	if err := j.begun(ctx, proof); err != nil {
		return err
	}
	err := j.send(ctx, shopTimeout, func(ctx context.Context) error { return j.shop.Fulfil(ctx, j.e.External, doc) })
	if err == nil {
		j.h = j.h.add(j.now(), markFound, doc.Parcel.Tracking)
		if err := j.tellDone(ctx); err != nil {
			return err
		}
		if pulled, err := j.w.readOrder(ctx, j.e.Store, j.e.External); err == nil { // so that it is seen before the next sync
			_, err = j.w.o.DB.ApplyRead(ctx, pulled)
			return err
		}
		return nil
	}
	return j.answered(ctx, err, decision{reason: "it is not known whether the store took it: " + words(err), until: j.now().Add(shortestWait)})
}

// answered ends a turn at an effect by what a store said that is no yes: it never left, it was refused, or, as unclear says,
// nothing is known.
func (j *job) answered(ctx context.Context, err error, unclear decision) error {
	d, mark := unclear, markUnclear
	switch {
	case errors.Is(err, ErrNotSent):
		d, mark = decision{reason: "the store cannot be reached: " + words(err), until: j.backOff()}, markNotSent
	case errors.Is(err, ErrRejected), errors.Is(err, ErrNotOffered), errors.Is(err, ErrDeclined):
		j.h = j.h.add(j.now(), markRefused, words(err))
		return j.tellFails(ctx, words(err))
	}
	j.h = j.h.add(j.now(), mark, words(err))
	return j.waits(ctx, j.e, j.h, notSooner(d, err, j.now()), nil)
}

func (j *job) tellDone(ctx context.Context) error {
	return j.end(ctx, j.e, store.Outcome{State: store.EffectSent, Evidence: j.h.String()})
}

func (j *job) tellFails(ctx context.Context, reason string) error {
	return j.fails(ctx, j.e, j.h, reason, nil)
}

// told tells whether a store knows already that a parcel left: by its tracking number, or where it has none by what is in
// it. One that is only made and waits there is no parcel that left; Shop.Fulfil goes on with it.
func told(o *order.Order, doc store.TellDoc) bool {
	for i := range o.Fulfilments {
		s := &o.Fulfilments[i]
		if !s.Live || !s.Shipped || !SameNumber(s.Tracking, doc.Parcel.Tracking) {
			continue
		}
		if doc.Parcel.Tracking != "" || len(doc.Lines) == 0 || slices.Equal(s.Lines, doc.Lines) {
			return true
		}
	}
	return false
}

// SameNumber compares tracking numbers as people and stores write them.
func SameNumber(a, b string) bool {
	bare := strings.NewReplacer(" ", "", "-", "", ".", "")
	return strings.EqualFold(bare.Replace(a), bare.Replace(b))
}
