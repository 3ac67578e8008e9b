package outbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
)

const (
	// actSettle is how long after an act of unknown outcome its store is left alone: what is still under way there must
	// show before Act looks whether it was done.
	actSettle = time.Minute
	// actEvery is how often an act that goes on at the store is looked after.
	actEvery = 10 * time.Second
	// actRest is how long an act that was begun often, and of which nothing is known, is left alone.
	actRest = time.Hour
)

// act does something to an order at its store. Actor.Act looks first whether it has been done, so one whose outcome is
// not known is settled by calling it again, when it can no longer be under way.
func (l *lane) act(ctx context.Context, e store.Effect) error {
	j := l.resume(e)
	since, began := j.h.attempt()
	doc, err := decode[order.Act](e)
	if err != nil {
		return j.tellFails(ctx, err.Error())
	}
	actor, why := l.actor(doc.Kind, e.Store)
	switch {
	case actor == nil && began:
		return j.waits(ctx, e, j.h, decision{reason: why, until: j.now().Add(longestWait)}, nil)
	case actor == nil:
		return j.tellFails(ctx, why)
	case !began:
		return j.sendAct(ctx, actor, doc, "")
	}
	last := since[len(since)-1]
	switch last.Mark {
	case markGoesOn:
		return j.lookAfter(ctx, actor, doc, since)
	case markFound:
		return j.actSeen(ctx, doc, e.External, "")
	}
	if from := last.At.Add(shopTimeout + actSettle); last.Mark == markSent && j.now().Before(from) {
		return j.waits(ctx, e, j.h, decision{reason: "it is not known whether the store did it; it is asked again", until: from}, nil)
	}
	return j.sendAct(ctx, actor, doc, "the store is asked first whether it has been done")
}

// actor is who can do such a thing, or why nobody can.
func (l *lane) actor(kind order.ActKind, name string) (a Actor, why string) {
	if l.shop == nil {
		return nil, fmt.Sprintf("the store %s is not set up here, or nothing can be done there", name)
	}
	a, ok := l.shop.(Actor)
	if !ok {
		return nil, fmt.Sprintf("nothing can be done at the store %s from here", name)
	}
	if why := a.Acts()[kind]; why != "" {
		return nil, why
	}
	return a, ""
}

// sendAct writes down that an act is being done, does it, and writes down what came of it.
func (j *job) sendAct(ctx context.Context, actor Actor, doc order.Act, proof string) error {
	if err := j.begun(ctx, proof); err != nil {
		return err
	}
	var done Done
	err := j.send(ctx, shopTimeout, func(ctx context.Context) (err error) {
		done, err = actor.Act(ctx, j.e.External, doc)
		return err
	})
	switch {
	case err == nil && done.Pending != "":
		j.h = j.h.add(j.now(), markGoesOn, done.Pending)
		return j.waits(ctx, j.e, j.h, decision{reason: done.Pending, until: j.now().Add(actEvery)}, nil)
	case err == nil, errors.Is(err, ErrNobody), errors.Is(err, ErrGone) && doc.Kind == order.ActDelete:
		return j.actDone(ctx, doc, done)
	case errors.Is(err, ErrGone):
		err = Rejected(err)
	}
	unclear := decision{reason: "it is not known whether the store did it: " + words(err), until: j.now().Add(actSettle)}
	if j.e.Attempts >= maxSends {
		unclear.until = j.now().Add(actRest)
		unclear.reason += "; look there, and try again once you know"
	}
	return j.answered(ctx, err, unclear)
}

// lookAfter sees whether what goes on at the store has come to its end. It asks for it again only when nothing shows for
// long.
func (j *job) lookAfter(ctx context.Context, actor Actor, doc order.Act, since history) error {
	o, err := j.readAgain(ctx, j.e.External)
	if err == nil && doc.Shown(o) || errors.Is(err, ErrGone) && doc.Kind == order.ActDelete {
		j.h = j.h.add(j.now(), markFound, doc.String())
		return j.actEnds(ctx, "")
	}
	last := since[len(since)-1]
	if age := j.now().Sub(since[0].At); age > 10*actSettle {
		return j.sendAct(ctx, actor, doc, "it does not show at the store, which is asked again")
	}
	return j.waits(ctx, j.e, j.h, waitFor(since, time.Time{}, j.now(), last.Text), nil)
}

// actDone notes that an act was done.
func (j *job) actDone(ctx context.Context, doc order.Act, done Done) error {
	said := []string{doc.String()}
	if done.Already {
		said = append(said, "had been done already")
	}
	if done.ID != "" {
		said = append(said, "id "+done.ID)
	}
	j.h = j.h.add(j.now(), markFound, strings.Join(said, ", "))
	return j.actSeen(ctx, doc, cmp.Or(j.e.External, done.ID), strings.TrimSpace(done.URL+" "+done.Hint)) // a draft has an id only now
}

// actSeen reads an order after something was done to it, and ends the act. Until it was read, what the act laid over it stays,
// and so does the act: nobody is to see the old sums and ask again.
func (j *job) actSeen(ctx context.Context, doc order.Act, id, said string) error {
	var err error
	if id != "" {
		_, err = j.readAgain(ctx, id)
	}
	if doc.Kind == order.ActDraft || doc.Kind == order.ActDelete && errors.Is(err, ErrGone) { // the next sweep takes that off the list
		err = nil
	}
	since, _ := j.h.attempt()
	if err != nil && len(since) > 0 && j.now().Sub(since[0].At) < actRest {
		reason := "it is done; how the order stands now could not be read: " + words(err)
		return j.waits(ctx, j.e, j.h, notSooner(waitFor(since, time.Time{}, j.now(), reason), err, j.now()), nil)
	}
	return j.actEnds(ctx, said)
}

// actEnds ends an act that is done; said is what the merchant has to know of it.
func (j *job) actEnds(ctx context.Context, said string) error {
	return j.end(ctx, j.e, store.Outcome{State: store.EffectSent, Reason: said, Evidence: j.h.String(), Seen: true})
}

// readAgain writes down how an order stands at its store, and gives it as the store shows it.
func (j *job) readAgain(ctx context.Context, id string) (*order.Order, error) {
	pulled, err := j.w.readOrder(ctx, j.e.Store, id)
	if err == nil {
		_, err = j.w.o.DB.ApplyRead(ctx, pulled)
	}
	return &pulled.Order, err
}
