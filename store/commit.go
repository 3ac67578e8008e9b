package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
)

// partsAtOnce is how many parts are committed in one transaction, so that it stays below 200 ms.
const partsAtOnce = 50

// Commit buys parts, so far as that is a matter of writing it down: each is looked at anew, and if nothing is in its way
// and it costs no more than was shown, its money is reserved, and the placement, the outbox row and the journal entry are
// written in one transaction. What was not taken says why. Nothing is ever bought twice, whoever commits it and from
// wherever: a part that somebody else has committed is already on its way.
//
// An error ends it between two transactions; what it gives until then is committed.
func (d *DB) Commit(ctx context.Context, who string, parts []CommitPart, s checkout.Settings) ([]Committed, error) {
	out := make([]Committed, 0, len(parts))
	for some := range slices.Chunk(parts, partsAtOnce) {
		var done []Committed
		if err := d.write(ctx, func(t *tx) (err error) {
			done, err = t.commit(who, some, &s)
			return err
		}); err != nil {
			return out, err
		}
		out = append(out, done...)
		d.breathe(ctx)
	}
	return out, nil
}

// commit buys some parts within one transaction.
func (t *tx) commit(who string, parts []CommitPart, s *checkout.Settings) ([]Committed, error) {
	ids := make([]int64, len(parts))
	for i := range parts {
		ids[i] = parts[i].Key.OrderID
	}
	g := newGatherer(t.DB, t, t.now)
	inputs, err := g.inputs(ids, s)
	if err != nil {
		return nil, err
	}
	by := make(map[checkout.PartKey]*checkout.Input, len(inputs))
	for i := range inputs {
		in := &inputs[i]
		by[checkout.PartKey{OrderID: in.Record.ID, Supplier: in.Group.Supplier, Group: checkout.GroupKey(&in.Record.Order, in.Group)}] = in
	}
	out := make([]Committed, len(parts))
	for i := range parts {
		out[i].Key = parts[i].Key
		in := by[parts[i].Key]
		if in == nil {
			if out[i].Blockers, err = t.whyGone(parts[i].Key, inputs, s); err != nil {
				return nil, err
			}
			continue
		}
		delete(by, parts[i].Key) // it is bought once, if it is named twice
		key := spentKey{in.Group.Supplier, in.SpentToday.Currency}
		in.Choice, in.SpentToday = parts[i].Choice, g.spent[key]
		e := checkout.Make(*in, *s)
		if out[i].Blockers = refusals(&e, &parts[i], in.SpentToday); len(out[i].Blockers) > 0 {
			continue
		}
		if out[i].Reference, err = t.place(who, in, &e, g.shops, s); err != nil {
			return nil, err
		}
		if g.spent[key], err = in.SpentToday.Add(e.Total); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// refusals is what is in the way of buying a part for what was shown.
func refusals(e *checkout.Entry, part *CommitPart, spent order.Money) []checkout.Blocker {
	if len(e.Blockers) > 0 {
		return e.Blockers
	}
	block := func(code checkout.BlockerCode, fix, format string, args ...any) []checkout.Blocker {
		return []checkout.Blocker{{Code: code, Text: fmt.Sprintf(format, args...), Fix: fix}}
	}
	switch {
	case !e.Complete:
		return block(checkout.BlockTotal, "ask the supplier again", "not every part of the total is known")
	case e.Total.Currency == "" || e.Total.Minor < 0 || absurd(e.Total):
		return block(checkout.BlockTotal, "correct the price list, then ask again", "a total of %s cannot be right", e.Total)
	case e.Total.Currency != part.Total.Currency:
		return block(checkout.BlockPrice, "look at the new price and confirm it", "it costs %s now, and %s was shown", e.Total, part.Total)
	case e.Total.Minor > part.Total.Minor:
		return block(checkout.BlockPrice, "look at the new price and confirm it", "it costs %s now, more than the %s that were shown", e.Total, part.Total)
	}
	limit := e.Supplier.Cap
	if limit == nil {
		if e.Supplier.Mode == checkout.ModeAuto {
			return block(checkout.BlockCap, "set a cap in the settings", "%s is bought at automatically, and has no spend cap", e.Supplier.Name)
		}
		return nil
	}
	sum, err := spent.Add(e.Total)
	switch {
	case err != nil || limit.Currency != e.Total.Currency:
		return block(checkout.BlockCap, "set the cap in the supplier's currency", "the spend cap of %s cannot be compared with %s", limit, e.Total)
	case sum.Minor > limit.Minor:
		return block(checkout.BlockCap, "raise the cap, or go on tomorrow",
			"%s more would be over the day's cap of %s: %s are spent or reserved", e.Total, limit, spent)
	}
	return nil
}

// whyGone says why there is no such part to be bought.
func (t *tx) whyGone(key checkout.PartKey, inputs []checkout.Input, s *checkout.Settings) ([]checkout.Blocker, error) {
	var reference string
	found, err := t.get(`SELECT p.reference FROM placements p JOIN orders o ON o.external_id = p.external_id JOIN shops h ON h.id = o.shop AND h.name = p.store
		WHERE o.id = ? AND p.own = 1 AND p.grp = ? AND p.supplier = ? AND p.state <> ?`,
		[]any{key.OrderID, key.Group, key.Supplier, enum(order.PlacementStates, order.PlacementCancelled)}, &reference)
	if err != nil {
		return nil, err
	}
	if found {
		return []checkout.Blocker{{
			Code: checkout.BlockStage, Text: "it is already on its way: " + reference, Fix: "nothing is bought twice; follow it under Pending",
		}}, nil
	}
	for i := range inputs {
		if in := &inputs[i]; in.Record.ID == key.OrderID && len(in.Group.Lines) == 0 {
			if e := checkout.Make(*in, *s); len(e.Blockers) > 0 {
				return e.Blockers, nil
			}
		}
	}
	return []checkout.Blocker{{
		Code: checkout.BlockChanged, Text: "the order, or who delivers it, has changed since it was shown", Fix: "look at it again and confirm it anew",
	}}, nil
}

// place writes a placement and everything with it, and gives its reference.
func (t *tx) place(who string, in *checkout.Input, e *checkout.Entry, shops map[int64]*shopInfo, s *checkout.Settings) (string, error) {
	o := &in.Record.Order
	lines := make([]string, len(in.Group.Lines))
	for i, n := range in.Group.Lines {
		lines[i] = o.Lines[n].ExternalID
	}
	var attempt int
	if _, err := t.get(`SELECT coalesce(max(attempt), 0) FROM placements WHERE store = ? AND external_id = ? AND grp = ? AND supplier = ? AND own = 1`,
		[]any{o.Store, o.ExternalID, e.Key.Group, e.Key.Supplier}, &attempt); err != nil {
		return "", err
	}
	p := order.Placement{
		Store: o.Store, ExternalID: o.ExternalID, Supplier: e.Key.Supplier, Lines: lines, State: order.PlacementPending,
		Shipping: e.Shipping, Fees: e.Fees, Total: e.Total, CheckedOut: t.now, UpdatedAt: t.now, Own: true,
	}
	var err error
	if p.Goods, err = e.Goods.Add(e.PackagingCost); err != nil {
		return "", err
	}
	if e.Method != nil {
		p.Method = e.Method.Name
	}
	if e.PayWith != nil {
		p.PaidBy = e.PayWith.Name
	}
	if e.Rate != nil {
		p.Rate = &order.FrozenRate{From: e.Rate.From, To: e.Rate.To, Rate: e.Rate.Rate, Date: e.Rate.Date}
	}
	for _, v := range e.Overrides {
		p.Overrides = append(p.Overrides, order.Overridden{Guard: string(v.Code), Who: v.Who, At: v.At, Why: v.Why})
	}
	for taken := true; taken; { // a name is never used twice, whatever a shop did to its numbers
		attempt++
		p.Reference = checkout.Reference(o.Store, o.Number, o.ExternalID, e.Key.Supplier, e.Key.Group, attempt, o.CreatedAt)
		var one int
		if taken, err = t.get(`SELECT 1 FROM placements WHERE reference = ?`, []any{p.Reference}, &one); err != nil {
			return "", err
		}
	}
	if err := t.insertPlacement(&p, e, in, attempt); err != nil {
		return "", err
	}
	if err := t.exec(`INSERT INTO spend (reference, supplier, day, currency, reserved) VALUES (?, ?, ?, ?, ?)`,
		p.Reference, p.Supplier, dayIn(t.now, s.Zone), p.Total.Currency, p.Total.Minor); err != nil {
		return "", err
	}
	doc, err := json.Marshal(placeDoc(&p, e, in, platformOf(o.Store, shops)))
	if err != nil {
		return "", err
	}
	if err := t.enqueue(&Effect{
		Kind: EffectPlace, OrderID: in.Record.ID, Store: o.Store, External: o.ExternalID, Number: o.Number, Supplier: p.Supplier,
		Reference: p.Reference, Doc: doc, Who: who,
	}, ""); err != nil {
		return "", err
	}
	// What was set aside was so for this time only; what was typed is still there if it comes back.
	kept := in.Choice
	kept.Overrides, kept.AcceptPrice, kept.Removed = nil, "", false
	if err := t.saveChoice(e.Key, kept); err != nil {
		return "", err
	}
	a, err := t.applierOf(o.Store, who)
	if err != nil {
		return "", err
	}
	if err := a.journal(in.Record.ID, confirmed(&p, e)); err != nil {
		return "", err
	}
	return p.Reference, a.rederive(in.Record.ID, func(*rederivation) {})
}

// insertPlacement writes a new own placement and takes its lines, which nobody else may hold.
func (t *tx) insertPlacement(p *order.Placement, e *checkout.Entry, in *checkout.Input, attempt int) error {
	doc, err := packPlacement(p)
	if err != nil {
		return err
	}
	tell := 0
	if e.Supplier.TellStore {
		tell = 1
		if e.Supplier.NotifyCustomer {
			tell = 2
		}
	}
	if err := t.exec(`INSERT INTO placements (reference, store, external_id, supplier, state, doc, own, grp, attempt, promise, tell)
		VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?)`, p.Reference, p.Store, p.ExternalID, p.Supplier,
		enum(order.PlacementStates, p.State), doc, e.Key.Group, attempt, promised(e, in), tell); err != nil {
		return err
	}
	t.w.known.placed, t.w.known.bought = some, some
	for _, line := range p.Lines {
		if err := t.exec(`INSERT INTO placement_lines (store, external_id, line, reference) VALUES (?, ?, ?, ?)`,
			p.Store, p.ExternalID, line, p.Reference); err != nil {
			return err
		}
	}
	return nil
}

// promised is within how many business days from its payment a part is to leave: the longest of its products', or what
// the supplier promises for those that say nothing. 0 = there is no promise.
func promised(e *checkout.Entry, in *checkout.Input) int {
	most := 0
	for _, n := range in.Group.Lines {
		days := in.Links[in.Record.Lines[n].ProductKey()].ProcessingDays[1]
		if days <= 0 {
			days = e.Supplier.ProcessingDays[1]
		}
		if days <= 0 {
			return 0
		}
		most = max(most, days)
	}
	return most
}

func platformOf(store string, shops map[int64]*shopInfo) string {
	for _, s := range shops {
		if s.Name == store {
			return s.Platform
		}
	}
	return ""
}

// placeDoc is what is sent to the supplier.
func placeDoc(p *order.Placement, e *checkout.Entry, in *checkout.Input, platform string) PlaceDoc {
	o := &in.Record.Order
	doc := PlaceDoc{
		Reference: p.Reference, Items: e.Items, Packaging: e.Packaging, CardText: e.CardText, Address: o.Destination(),
		Email: o.Customer.Email, Phone: o.Customer.Phone, Note: e.Note, CustomerNote: e.CustomerNote, Total: e.Total,
		Platform: platform, Number: o.Number, Seen: checkout.Snap(o, p.Lines), Overrides: e.Overrides,
	}
	if e.Method != nil {
		doc.Method = *e.Method
	}
	if e.PayWith != nil {
		doc.PayWith = *e.PayWith
	}
	for _, v := range e.Overrides {
		doc.Seen.Override = append(doc.Seen.Override, v.Code)
	}
	return doc
}

// confirmed are the journal entries of a checkout.
func confirmed(p *order.Placement, e *checkout.Entry) []order.Entry {
	out := []order.Entry{{Field: "checkout", After: fmt.Sprintf("%s at %s for %s", p.Reference, p.Supplier, p.Total)}}
	for _, v := range e.Overrides {
		out = append(out, order.Entry{Field: "override", After: strings.TrimSuffix(string(v.Code)+": "+v.Why, ": ")})
	}
	if e.Redacted {
		out = append(out, order.Entry{Field: "forwarded_note", After: e.CustomerNote})
	}
	return out
}
