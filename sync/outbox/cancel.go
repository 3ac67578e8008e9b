package outbox

import (
	"context"
	"errors"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
)

// cancel takes an unpaid order back at its supplier, or finds out whether it was taken back.
func (l *lane) cancel(ctx context.Context, e store.Effect) error {
	j, ok, err := l.take(ctx, e)
	if !ok {
		return err
	}
	doc, err := decode[store.CancelDoc](e)
	if err != nil {
		return j.fail(ctx, err.Error())
	}
	s := j.look(ctx, doc.SupplierNo)
	d := decideCancel(j.caps, j.h, s, j.now())
	switch d.do {
	case doAdopt:
		return j.cancelled(ctx)
	case doWait:
		return j.wait(ctx, d, s)
	case doFail:
		if d.order != nil { // paid after all
			takeOver(&j.p, d.order)
			if !j.p.State.Paid() {
				j.p.State = order.PlacementPlaced
			}
		}
		j.h = j.h.add(j.now(), markRefused, d.reason)
		return j.fail(ctx, d.reason)
	}
	if err := j.begun(ctx, d.proof); err != nil {
		return err
	}
	err = j.send(ctx, j.caps.Timeout, func(ctx context.Context) error { return j.supplier.Cancel(ctx, doc) })
	switch {
	case err == nil:
		return j.cancelled(ctx)
	case errors.Is(err, ErrNotSent):
		return j.unsent(ctx, err)
	case errors.Is(err, ErrRejected), errors.Is(err, ErrDeclined), errors.Is(err, ErrNotOffered), errors.Is(err, ErrExists):
		j.h = j.h.add(j.now(), markRefused, words(err))
		return j.fail(ctx, words(err))
	}
	j.h = j.h.add(j.now(), markUnclear, words(err))
	return j.wait(ctx, decision{
		reason: "it is not known whether the supplier took the order back: " + words(err), until: j.now().Add(shortestWait),
	}, sight{err: err})
}

// cancelled writes down that nothing of it is at the supplier any more: the order may be bought anew.
func (j *job) cancelled(ctx context.Context) error {
	j.p.State, j.p.Reason = order.PlacementCancelled, ""
	return j.settle(ctx, store.Outcome{Release: true})
}
