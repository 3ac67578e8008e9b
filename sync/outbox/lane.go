package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/failpoint"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
)

// lane is one supplier or one store: what goes there goes one after the other.
type lane struct {
	w        *Worker
	name     string
	supplier Supplier // nil for a store
	shop     Shop     // nil for a supplier
	read     map[string]time.Time
	stale    bool      // the balance that is shown is no longer right
	pollAt   time.Time // no orders are looked at before

	mu     sync.Mutex
	quotes []store.QuoteRequest // the next one is the last
	rest   time.Time            // no prices are asked for before
}

// readAgain is how long an order that was read at its store counts as just read.
const readAgain = time.Minute

// mine tells whether an effect goes to a supplier or a store that is not set up here; that is for nobody's lane.
func (l *lane) mine(e *store.Effect) bool {
	if e.Kind.ToStore() {
		return l.w.o.Shops[e.Store] == nil
	}
	return !slices.ContainsFunc(l.w.o.Suppliers, func(s Supplier) bool { return s.Name() == e.Supplier })
}

func (l *lane) nobody() bool { return l.shop == nil && l.supplier == nil }

// step does what is due in this lane, bounded; did tells whether there was something.
func (l *lane) step(ctx context.Context) (did bool, err error) {
	due, err := l.due(ctx)
	if err != nil {
		return false, err
	}
	for i := range due {
		if err := ctx.Err(); err != nil {
			return true, err
		}
		if err := l.effect(ctx, due[i]); err != nil {
			if store.CodeOf(err) != store.Invalid {
				return true, err
			}
			// Somebody has withdrawn it meanwhile, in another process.
			l.w.log.Warn("an effect was not carried out", "kind", due[i].Kind, "reference", due[i].Reference, "err", err)
			continue
		}
		did = true
		if _, err := l.quote(ctx, 1); err != nil { // somebody may be looking at a screen meanwhile
			return true, err
		}
	}
	quoted, err := l.quote(ctx, 4)
	if err != nil {
		return true, err
	}
	polled, err := l.poll(ctx)
	return did || quoted || polled, err
}

// due are the effects of this lane whose turn it is.
func (l *lane) due(ctx context.Context) ([]store.Effect, error) {
	if !l.nobody() {
		return l.w.o.DB.DueEffectsAt(ctx, l.name, l.shop != nil, atOnce)
	}
	all, err := l.w.o.DB.DueEffects(ctx, 20*atOnce)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(e store.Effect) bool { return !l.mine(&e) }), nil
}

// effect does what is to be done about one effect now. The payment of an order that has just been made follows at once.
func (l *lane) effect(ctx context.Context, e store.Effect) error {
	switch e.Kind {
	case store.EffectPlace:
		if err := l.place(ctx, e); err != nil {
			return err
		}
		open, err := l.w.o.DB.Effects(ctx, store.EffectFilter{Reference: e.Reference, Open: true})
		if err != nil {
			return err
		}
		for i := range open {
			if p := open[i]; p.Kind == store.EffectPay && p.State == store.EffectQueued && p.Attempts == 0 && ctx.Err() == nil {
				return l.pay(ctx, p)
			}
		}
		return nil
	case store.EffectPay:
		return l.pay(ctx, e)
	case store.EffectCancel:
		return l.cancel(ctx, e)
	case store.EffectTell:
		return l.tell(ctx, e)
	case store.EffectAct:
		return l.act(ctx, e)
	}
	return l.end(ctx, e, store.Outcome{State: store.EffectFailed, Reason: fmt.Sprintf("“%s” is nothing that this version can do; update Orderdeck", e.Kind)})
}

// end writes down what an effect came to. What is known must be kept even when the program is told to stop.
func (l *lane) end(ctx context.Context, e store.Effect, o store.Outcome) error {
	if o.Evidence == "" {
		o.Evidence = e.Evidence
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	return l.w.o.DB.EndEffect(ctx, e.ID, o)
}

// waits writes down that nothing can be done yet. What was begun stays unknown; what was not stays in the queue.
func (l *lane) waits(ctx context.Context, e store.Effect, h history, d decision, p *order.Placement) error {
	state := store.EffectQueued
	if _, began := h.attempt(); began {
		state = store.EffectUnknown
	}
	o := store.Outcome{State: state, Reason: d.reason, Evidence: h.String(), NotBefore: d.until}
	if p != nil && p.Reason != d.reason {
		p.Reason, p.UpdatedAt = d.reason, l.now()
		o.Placement = p
	}
	return l.end(ctx, e, o)
}

// fails writes down that an effect did not happen.
func (l *lane) fails(ctx context.Context, e store.Effect, h history, reason string, p *order.Placement) error {
	if since, began := h.attempt(); !began && len(since) > 0 {
		h = h.add(l.now(), markRefused, "nothing was sent")
	}
	o := store.Outcome{State: store.EffectFailed, Reason: reason, Evidence: h.String()}
	if p != nil {
		p.Reason, p.Attempts, p.UpdatedAt = reason, e.Attempts, l.now()
		o.Placement = p
	}
	l.w.log.Warn("an effect failed", "kind", e.Kind, "reference", e.Reference, "reason", reason)
	return l.end(ctx, e, o)
}

// begin writes down that an effect is about to be sent; it is on the disk when it returns.
func (l *lane) begin(ctx context.Context, e store.Effect, h history, proof string) (store.Effect, history, error) {
	if proof != "" {
		h = h.add(l.now(), markProven, proof)
	}
	h = h.add(l.now(), markSent, fmt.Sprintf("attempt %d", e.Attempts+1))
	began, err := l.w.o.DB.BeginEffect(ctx, e.ID, h.String())
	return began, h, err
}

// send makes a call that changes something outside, after it was written down. It is not interrupted when the program is
// told to stop: an outcome that is known need not be looked for.
func (l *lane) send(ctx context.Context, timeout time.Duration, call func(context.Context) error) error {
	if timeout <= 0 {
		timeout = time.Minute
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	defer cancel()
	failpoint.Hit("outbox.begun")
	err := guarded(func() error { return call(ctx) })
	failpoint.Hit("outbox.sent")
	return err
}

// ask makes a call that changes nothing.
func (l *lane) ask(ctx context.Context, call func(context.Context) error) error {
	timeout := time.Minute
	if l.supplier != nil && l.supplier.Caps().Timeout > 0 {
		timeout = l.supplier.Caps().Timeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return guarded(func() error { return call(ctx) })
}

// guarded turns a panic of a connector into an error: then it is not known what happened.
func guarded(call func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the connector failed: %v", p)
		}
	}()
	return call()
}

// see looks at the supplier for what it has under our reference.
func (l *lane) see(ctx context.Context, reference, number string) (s sight) {
	caps := l.supplier.Caps()
	var f Found
	s.err = l.ask(ctx, func(ctx context.Context) (err error) {
		f, err = l.supplier.Find(ctx, reference)
		return err
	})
	if s.err == nil {
		s.answered = f.Conclusive
		s.proof = f.Conclusive && caps.FindIsProof
	}
	// A list may ignore what it was asked for: only what bears our reference is ours.
	for i := range f.Orders {
		if f.Orders[i].Reference == reference || number != "" && named(&f.Orders[i], number) {
			s.orders = append(s.orders, f.Orders[i])
		}
	}
	if number == "" || slices.ContainsFunc(s.orders, func(o Order) bool { return named(&o, number) }) {
		return s
	}
	var tracked []Order
	err := l.ask(ctx, func(ctx context.Context) (err error) {
		tracked, err = l.supplier.Track(ctx, []string{number})
		return err
	})
	if err != nil && !errors.Is(err, ErrNotOffered) {
		s.err, s.answered, s.proof = errors.Join(s.err, err), false, false
	}
	for i := range tracked {
		if named(&tracked[i], number) {
			s.orders = append(s.orders, tracked[i])
		}
	}
	return s
}

// named tells whether a number is one of an order's names.
func named(o *Order, number string) bool {
	if o.Number == number {
		return true
	}
	for _, n := range o.AltIDs {
		if n == number {
			return true
		}
	}
	return false
}

// balance reads the balance that a payment would come from; nil = there is none to be read.
func (l *lane) balance(ctx context.Context, with checkout.PayMethod) (*order.Money, error) {
	if with.Kind != checkout.PayBalance {
		return nil, nil //nolint:nilnil // a card has no balance here
	}
	var a checkout.Account
	err := l.ask(ctx, func(ctx context.Context) (err error) {
		a, err = l.supplier.Account(ctx)
		return err
	})
	if err != nil {
		if errors.Is(err, ErrNotOffered) {
			return nil, nil //nolint:nilnil // it does not say
		}
		return nil, err
	}
	for i := range a.Methods {
		if m := &a.Methods[i]; m.Code == with.Code && m.Available != nil {
			return m.Available, nil
		}
	}
	return nil, nil //nolint:nilnil // it does not say
}

func (l *lane) now() time.Time { return l.w.clock.Now() }

// asked is how long the other side wants us to wait, where its error says so.
func asked(err error) time.Duration {
	var w interface{ Wait() time.Duration }
	if errors.As(err, &w) {
		return w.Wait()
	}
	return 0
}

// notSooner keeps to what the other side asked for.
func notSooner(d decision, err error, now time.Time) decision {
	if until := now.Add(asked(err)); until.After(d.until) {
		d.until = until
	}
	return d
}

func decode[T any](e store.Effect) (doc T, err error) {
	if err = json.Unmarshal(e.Doc, &doc); err != nil {
		err = fmt.Errorf("what is to be sent cannot be read: %w", err)
	}
	return doc, err
}
