package store

import (
	"context"
	"crypto/rand"
	"encoding/json"

	"github.com/orderdeck/orderdeck/store/order"
)

// RequestAct writes down that something is to be done to an order at its store. What the order looks like from now on, the
// entry of the journal and the effect are one transaction. It refuses what order.Can refuses, what makes no sense (see
// order.Act.Check), and a second act of a kind that is not settled. An empty a.Key is given here.
func (d *DB) RequestAct(ctx context.Context, who string, id int64, a order.Act) (Effect, error) {
	var e Effect
	err := d.write(ctx, func(t *tx) error {
		own, o, err := t.standing(id, who)
		if err != nil {
			return err
		}
		if err := own.mayAct(o, &a); err != nil {
			return err
		}
		e = Effect{
			Kind: EffectAct, OrderID: id, Store: o.rec.Store, External: o.rec.ExternalID, Number: o.rec.Number, Who: who,
		}
		if err := own.requested(&e, a); err != nil {
			return err
		}
		return own.lay(&e, &a)
	})
	return e, err
}

// RequestDraft writes down that a draft order is to be made at a store. There is no order yet that it belongs to.
func (d *DB) RequestDraft(ctx context.Context, who, store string, draft order.Order) (Effect, error) {
	a := order.Act{Kind: order.ActDraft, Step: order.DraftCreate, Draft: &draft}
	e := Effect{Kind: EffectAct, Store: store, Who: who}
	err := d.write(ctx, func(t *tx) error {
		shop, err := t.needShop(store)
		if err != nil {
			return err
		}
		if len(draft.Lines) == 0 {
			return refuse(Invalid, "a draft without lines cannot be made; say what is in it")
		}
		own := &applier{tx: t, who: who, shop: shop}
		return own.requested(&e, a)
	})
	return e, err
}

// standing reads an order as it stands within a transaction, with an applier for its store.
func (t *tx) standing(id int64, who string) (*applier, *gathered, error) {
	g := newGatherer(t.DB, t, t.now)
	if err := g.orders([]int64{id}); err != nil {
		return nil, nil, err
	}
	if len(g.found) == 0 {
		return nil, nil, refuse(NotFound, "the order is not there any more")
	}
	a, err := t.applierOf(g.found[0].shop.Name, who)
	return a, &g.found[0], err
}

// mayAct refuses what cannot be asked of a store now.
func (a *applier) mayAct(o *gathered, act *order.Act) error {
	rec := &o.rec
	if v := order.Can(&rec.Order, rec.State, o.facts, act.Kind.Event()); !v.Allowed {
		return refuse(Invalid, "%s of #%s is not possible: %s; %s", act.Kind.Label(), rec.Number, v.Reason, v.Next)
	}
	if why := act.Check(&rec.Order); why != "" {
		return refuse(Invalid, "%s of #%s: %s", act.Kind.Label(), rec.Number, why)
	}
	if !act.Kind.Once() {
		return nil
	}
	open, err := a.effectsWhere(`order_id = ? AND kind = 'act' AND tag = ? AND `+openEffects, rec.ID, string(act.Kind))
	if err == nil && len(open) > 0 {
		err = refuse(Invalid, "“%s” of #%s is on its way already (%s); wait for what comes of it, see the outbox",
			act.Kind.Label(), rec.Number, open[0].State)
	}
	return err
}

// requested puts an act into the outbox. A kind that may be asked for again before the first is settled is told apart by
// its key.
func (a *applier) requested(e *Effect, act order.Act) error {
	if act.Key == "" {
		act.Key = "act-" + rand.Text()[:16]
	}
	doc, err := json.Marshal(act)
	if err != nil {
		return err
	}
	tag := string(act.Kind)
	if !act.Kind.Once() {
		tag += " " + act.Key
	}
	e.Doc, e.Reference = doc, act.Key
	if err := a.enqueue(e, tag); err != nil {
		return err
	}
	a.told(e.OrderID)
	return a.entry(e.OrderID, string(act.Kind), "", "queued: "+act.String())
}

// lay lays over an order what an act is to bring about.
func (a *applier) lay(e *Effect, act *order.Act) error {
	intents := act.Intents()
	for _, in := range intents {
		if err := a.exec(`INSERT INTO intents (order_id, kind, value, who, at, effect) VALUES (?, ?, ?, ?, ?, ?)`,
			e.OrderID, in.Kind, in.Value, e.Who, millis(a.now), e.ID); err != nil {
			return err
		}
	}
	if len(intents) == 0 {
		return nil
	}
	return a.rederive(e.OrderID, func(r *rederivation) { r.intents = true })
}

// lift takes away what an act laid over its order: it was refused or withdrawn, or the order was read again since.
func (a *applier) lift(e *Effect) error {
	n, err := a.run(`DELETE FROM intents WHERE effect = ?`, e.ID)
	if err != nil || n == 0 || a.shop == nil {
		return err
	}
	return a.rederive(e.OrderID, func(r *rederivation) { r.intents = true })
}

// acted writes what an act came to.
func (a *applier) acted(e *Effect, o *Outcome, was EffectState) error {
	if o.State == EffectFailed || o.State == EffectSent && o.Seen {
		if err := a.lift(e); err != nil {
			return err
		}
	}
	return a.settled(e, was)
}

// again lays over an order what an act that is tried again is to bring about, if it is still possible.
func (a *applier) again(e *Effect) error {
	act, err := e.Act()
	if err != nil {
		return err
	}
	if e.OrderID == 0 {
		return nil
	}
	own, o, err := a.standing(e.OrderID, a.who)
	if err != nil {
		return err
	}
	if err := own.mayAct(o, &act); err != nil {
		return err
	}
	return own.lay(e, &act)
}

// Act is what an EffectAct does.
func (e *Effect) Act() (order.Act, error) {
	var a order.Act
	if err := json.Unmarshal(e.Doc, &a); err != nil {
		return a, refuse(Failed, "what is to be done at %s cannot be read: %v", e.Store, err)
	}
	return a, nil
}

// Name says what an effect does, in a word or two: "pay", "refund BRL 12.00".
func (e *Effect) Name() string {
	if e.Kind == EffectAct {
		if a, err := e.Act(); err == nil {
			return a.String()
		}
	}
	return string(e.Kind)
}

// acts are those at its store that an order waits for or that were refused last, the latest first.
func (s *snapshot) acts(id int64) ([]order.ActState, error) {
	var out []order.ActState
	err := s.rows(`SELECT `+effectColumns+` FROM outbox f INDEXED BY outbox_order WHERE order_id = ? AND kind = 'act' AND (`+openEffects+`
		OR `+leftFailed+`) ORDER BY id DESC LIMIT 20`,
		[]any{id}, func(scan func(...any) error) error {
			e, err := scanEffect(scan)
			out = append(out, order.ActState{Act: e.Name(), Refused: e.State == EffectFailed, Reason: e.Reason, At: e.Updated})
			return err
		})
	return out, err
}
