package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/store/order/text"
)

// job is one effect at a supplier that is being worked on.
type job struct {
	*lane
	e    store.Effect
	h    history
	p    order.Placement
	caps Caps
}

// resume goes on with an effect where its history ends; what a process that has died was sending may have happened.
func (l *lane) resume(e store.Effect) *job {
	j := &job{lane: l, e: e, h: parseHistory(e.Evidence)}
	if _, began := j.h.attempt(); !began && e.State != store.EffectQueued {
		j.h = j.h.add(e.Updated, markSent, "by a process that has ended")
	}
	return j
}

// take reads what is known of an effect at a supplier. ok is false when it has been dealt with: it cannot be carried out
// here.
func (l *lane) take(ctx context.Context, e store.Effect) (j *job, ok bool, err error) {
	j = l.resume(e)
	if j.p, err = l.w.o.DB.PlacementsOf(ctx, e.Reference); err != nil {
		return nil, false, err
	}
	if l.supplier != nil {
		j.caps = l.supplier.Caps()
		return j, true, nil
	}
	why := fmt.Sprintf("the supplier %s is not set up here", e.Supplier)
	if _, began := j.h.attempt(); began {
		return nil, false, j.waits(ctx, e, j.h, decision{do: doWait, reason: why, until: l.now().Add(longestWait)}, &j.p)
	}
	return nil, false, j.fails(ctx, e, j.h, why+"; nothing was sent", &j.p)
}

// look sees what the supplier has and notes it.
func (j *job) look(ctx context.Context, number string) sight {
	s := j.see(ctx, j.e.Reference, number)
	j.h = j.h.add(j.now(), s.mark(), s.words())
	return s
}

// wait, fail and settle end a turn at the effect.
func (j *job) wait(ctx context.Context, d decision, s sight) error {
	return j.waits(ctx, j.e, j.h, notSooner(d, s.err, j.now()), &j.p)
}

func (j *job) fail(ctx context.Context, reason string) error {
	return j.fails(ctx, j.e, j.h, reason, &j.p)
}

func (j *job) settle(ctx context.Context, o store.Outcome) error {
	o.State, o.Evidence = store.EffectSent, j.h.String()
	j.p.Attempts, j.p.UpdatedAt = j.e.Attempts, j.now()
	o.Placement = &j.p
	return j.end(ctx, j.e, o)
}

// begun writes down that it is about to be sent.
func (j *job) begun(ctx context.Context, proof string) (err error) {
	j.e, j.h, err = j.begin(ctx, j.e, j.h, proof)
	return err
}

// unsent puts something that certainly never left back into the queue.
func (j *job) unsent(ctx context.Context, err error) error {
	j.h = j.h.add(j.now(), markNotSent, words(err))
	return j.wait(ctx, decision{reason: "the supplier cannot be reached: " + words(err), until: j.backOff()}, sight{err: err})
}

// backOff is when something that never left is tried again: later with every attempt.
func (j *job) backOff() time.Time {
	return j.now().Add(min(shortestWait<<min(j.e.Attempts, 10), longestWait))
}

// place makes an order at its supplier, or finds out whether it was made.
func (l *lane) place(ctx context.Context, e store.Effect) error {
	j, ok, err := l.take(ctx, e)
	if !ok {
		return err
	}
	doc, err := decode[store.PlaceDoc](e)
	if err != nil {
		return j.fail(ctx, err.Error())
	}
	if _, began := j.h.attempt(); !began {
		if ok, err := j.stillWanted(ctx, doc, true); !ok {
			return err
		}
	}
	s := j.look(ctx, j.p.SupplierNo)
	d := decidePlace(j.caps, j.h, s, j.now())
	switch d.do {
	case doAdopt:
		return j.made(ctx, doc, d.order)
	case doWait:
		return j.wait(ctx, d, s)
	case doBalance:
		if d = j.money(ctx, doc.PayWith); d.do == doWait {
			return j.wait(ctx, d, s)
		}
		d = absent(j.caps, j.h)
	}
	if d.do == doFail {
		if d.proof != "" {
			j.h = j.h.add(j.now(), markProven, d.proof)
		} else {
			j.h = j.h.add(j.now(), markRefused, d.reason)
		}
		return j.fail(ctx, d.reason)
	}
	if !j.caps.SplitPay { // it is paid by the same call
		if _, ok, err := j.wallet(ctx, doc.PayWith, doc.Total); !ok {
			return err
		}
	}
	return j.sendPlace(ctx, doc, d.proof)
}

// sendPlace sends it and writes down what came of it.
func (j *job) sendPlace(ctx context.Context, doc store.PlaceDoc, proof string) error {
	if err := j.begun(ctx, proof); err != nil {
		return err
	}
	var made Order
	err := j.send(ctx, j.caps.Timeout, func(ctx context.Context) (err error) {
		made, err = j.supplier.Place(ctx, doc)
		return err
	})
	switch {
	case err == nil && made.Number == "":
		err = errors.New("the supplier's answer names no order")
	case err == nil && made.Reference != "" && made.Reference != doc.Reference:
		err = fmt.Errorf("the supplier's answer is about another reference, %s", made.Reference)
	case err == nil && !j.caps.SplitPay && made.Paid != PaidYes:
		err = errors.New("the supplier does not say that it is paid")
	}
	switch {
	case err == nil:
		j.h = j.h.add(j.now(), markFound, made.Number)
		return j.made(ctx, doc, &made)
	case errors.Is(err, ErrNotSent):
		return j.unsent(ctx, err)
	case errors.Is(err, ErrExists):
		j.h = j.h.add(j.now(), markExists, words(err))
	case errors.Is(err, ErrDeclined):
		j.h = j.h.add(j.now(), markRefused, words(err))
		return j.refused(ctx, words(err))
	case errors.Is(err, ErrRejected), errors.Is(err, ErrNotOffered):
		j.h = j.h.add(j.now(), markRefused, words(err))
		return j.fail(ctx, words(err))
	default:
		j.h = j.h.add(j.now(), markUnclear, words(err))
	}
	s := j.look(ctx, "")
	d := decidePlace(j.caps, j.h, s, j.now())
	if d.do == doAdopt {
		return j.made(ctx, doc, d.order)
	}
	if d.do != doWait { // whatever it is, it is decided by the next look
		d = decision{until: j.now().Add(shortestWait)}
	}
	d.reason = "it is not known whether the order was made: " + words(err)
	return j.wait(ctx, d, s)
}

// made takes over an order that is at the supplier.
func (j *job) made(ctx context.Context, doc store.PlaceDoc, o *Order) error {
	takeOver(&j.p, o)
	j.p.Reason = ""
	switch {
	case j.caps.ConfirmedByUs:
		j.p.Reason = "waiting for your payment"
		if said := text.Clean(o.Reason); said != "" { // what became of the mail
			j.p.Reason += "; " + said
		}
		return j.settle(ctx, store.Outcome{})
	case !j.caps.SplitPay:
		return j.paid(ctx, o, doc.PayWith, doc.Total)
	}
	pay, err := json.Marshal(store.PayDoc{
		Reference: doc.Reference, SupplierNo: o.Number, AltIDs: o.AltIDs, PayWith: doc.PayWith, Max: doc.Total,
	})
	if err != nil {
		return err
	}
	return j.settle(ctx, store.Outcome{Next: []store.NewEffect{{Kind: store.EffectPay, Doc: pay}}})
}

// stillWanted reads the order again at its store and compares it with what the merchant saw. ok is false when the effect
// must not go on; then that has been written down. give says that nothing is at the supplier yet, so that an order that
// changed can be given back at once.
func (j *job) stillWanted(ctx context.Context, doc store.PlaceDoc, give bool) (ok bool, err error) {
	if at, read := j.read[j.e.Reference]; read && j.now().Sub(at) < readAgain {
		delete(j.read, j.e.Reference) // for the payment that follows at once, and no other
		return true, nil
	}
	blockers, err := j.reread(ctx, doc)
	var db *databaseError
	switch {
	case errors.As(err, &db):
		return false, db.err
	case errors.Is(err, ErrNobody): // what the desk knows of the order is all there is, and that was looked at when it was told to buy
		return true, nil
	case err != nil:
		return j.withoutStore(ctx, doc, err)
	case len(blockers) == 0:
		if give {
			j.read[j.e.Reference] = j.now()
		}
		return true, nil
	}
	reason := "it changed at the store: " + checkout.Sentence(blockers)
	j.h = j.h.add(j.now(), markRefused, reason)
	if !give {
		return false, j.fail(ctx, reason+"; nothing was paid")
	}
	j.p.State, j.p.Reason, j.p.UpdatedAt = order.PlacementCancelled, reason, j.now()
	return false, j.end(ctx, j.e, store.Outcome{
		State: store.EffectFailed, Reason: reason, Evidence: j.h.String(), Placement: &j.p, Release: true,
	})
}

// databaseError is a failure of ours, not of the store's.
type databaseError struct{ err error }

func (d *databaseError) Error() string { return d.err.Error() }

// reread reads the order at its store, keeps what it says, and compares it with what the merchant saw.
func (j *job) reread(ctx context.Context, doc store.PlaceDoc) ([]checkout.Blocker, error) {
	pulled, err := j.w.readOrder(ctx, j.e.Store, j.e.External)
	if errors.Is(err, ErrGone) {
		return checkout.Recheck(doc.Seen, nil, true), nil
	}
	if err != nil {
		return nil, err
	}
	rec, err := j.w.o.DB.ApplyRead(ctx, pulled)
	if err != nil {
		return nil, &databaseError{err}
	}
	return checkout.Recheck(doc.Seen, &rec.Order, false), nil
}

// withoutStore is for a store that cannot be asked: it is asked again for a while, unless the merchant has said that it
// need not be.
func (j *job) withoutStore(ctx context.Context, doc store.PlaceDoc, err error) (ok bool, _ error) {
	for _, o := range doc.Overrides {
		if o.Code == checkout.BlockStore {
			return true, nil
		}
	}
	reason := fmt.Sprintf("the store %s could not be asked whether the order still stands: %s", j.e.Store, words(err))
	since, _ := j.h.attempt()
	j.h = j.h.add(j.now(), markStore, words(err))
	if done, _ := since.apart(markStore, storePatience); done {
		return false, j.fail(ctx, reason+"; nothing was sent. Try again, or set this aside")
	}
	d := waitFor(since, time.Time{}, j.now(), reason)
	return false, j.wait(ctx, d, sight{err: err})
}
