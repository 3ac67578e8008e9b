package store

import (
	"slices"

	"github.com/orderdeck/orderdeck/store/order"
)

// before is an order's row as it is, so far as an update must know it.
type before struct {
	shop                        int64
	created, updated            int64
	bucket, side, flags         int64
	hold, totalKey              int64
	lateAt, exceptionAt         any
	customerKey, number         string
	suppliers, tracking         string
	costCurrency                string
	cost, hash, claim, lastSeen int64
	doc                         []byte
}

func (t *tx) before(id int64) (b before, found bool, err error) {
	found, err = t.get(`SELECT o.shop, o.created, o.updated, o.bucket, o.side, o.flags, o.hold, o.total_key, o.late_at,
		o.exception_at, o.customer_key, o.number_key, o.suppliers, o.tracking, o.cost_currency, o.cost, o.hash, o.claim,
		o.last_seen, d.doc FROM orders o JOIN docs d ON d.order_id = o.id WHERE o.id = ?`, []any{id},
		&b.shop, &b.created, &b.updated, &b.bucket, &b.side, &b.flags, &b.hold, &b.totalKey, &b.lateAt,
		&b.exceptionAt, &b.customerKey, &b.number, &b.suppliers, &b.tracking, &b.costCurrency, &b.cost, &b.hash, &b.claim,
		&b.lastSeen, &b.doc)
	return b, found, err
}

// changes are the groups of columns in which an update must write.
func (r *row) changes(b *before) group {
	groups := groupPlain
	for _, c := range []struct {
		differs bool
		group   group
	}{
		{r.created != b.created, groupCreated},
		{r.updated != b.updated, groupUpdated},
		{r.bucket != b.bucket || r.side != b.side, groupBucket},
		{r.flags != b.flags, groupFlags},
		{r.hold != b.hold, groupHold},
		{r.totalKey != b.totalKey, groupTotal},
		{r.customerKey != b.customerKey, groupCustomer},
		{r.number != b.number, groupNumber},
		{r.lateAt != b.lateAt, groupLate},
		{r.exceptionAt != b.exceptionAt, groupException},
		{r.tracking != b.tracking, groupTracking},
	} {
		if c.differs {
			groups |= c.group
		}
	}
	return groups
}

// stage is the stage that a bucket stands for.
func stageOf(bucket int64) order.Stage { return valueAt(order.Stages, bucket%archivedBucket) }

// rederivation is what may be different when an order is derived anew.
type rederivation struct {
	upstream *order.Order // what the platform sent; nil = as it was
	hash     int64        // of upstream
	raw      []byte
	gone     *bool // nil = as it was
	seen     bool  // the platform has just shown it
	intents  bool  // the intents have changed
}

// update writes an order whose content has changed.
func (a *applier) update(p *Pulled, old stored, hash int64) error {
	gone := false
	if err := a.rederive(old.id, func(r *rederivation) {
		r.upstream, r.hash, r.raw, r.gone, r.seen = &p.Order, hash, p.Raw, &gone, true
	}); err != nil {
		return err
	}
	old.hash, old.lastSeen = hash, millis(a.now)
	old.flags &^= flagGone
	a.known[p.Order.ExternalID] = old
	return nil
}

// rederive works an order's state out again from what is known now and writes what is different: its row, its
// document, lines and words if upstream changed, and the journal.
func (a *applier) rederive(id int64, change func(*rederivation)) error {
	var c rederivation
	change(&c)
	b, found, err := a.before(id)
	if err != nil || !found {
		return err
	}
	var was order.Order
	if a.buf, err = decode(b.doc, a.buf, &was); err != nil {
		return err
	}
	now := c.upstream
	if now == nil {
		now, c.hash = &was, b.hash
	}
	placements := a.placed[was.ExternalID]
	if !a.inPage {
		by, err := a.placements(a.shop.Name, []string{was.ExternalID})
		if err != nil {
			return err
		}
		placements = by[was.ExternalID]
	}
	flags := b.flags & (flagGone | flagUnseen | flagCrossed | flagIntents)
	if c.gone != nil {
		flags = flags&^flagGone | bit(*c.gone, flagGone)
	}
	var intents []order.Intent
	if flags&flagIntents != 0 || c.intents {
		if intents, err = a.intents(id); err != nil {
			return err
		}
		if intents, err = a.settle(now, intents); err != nil {
			return err
		}
		flags = flags&^flagIntents | bit(len(intents) > 0, flagIntents)
	}
	facts, err := a.facts(a.shop, now, placements, flags&flagGone != 0)
	if err != nil {
		return err
	}
	shown := overlay(now, intents, &facts)
	state := order.Derive(shown, facts)
	crossed, err := a.crossed(id, flags)
	if err != nil {
		return err
	}
	lastSeen := b.lastSeen
	if c.seen {
		lastSeen = millis(a.now)
	}
	r := &a.row
	r.derive(shown, &state, placements, flags, c.hash, lastSeen, crossed)
	text, args := updateOrder(r.changes(&b), r.values)
	if err := a.exec(text, append(args, id)...); err != nil {
		return err
	}
	if c.upstream != nil {
		if err := a.rewrite(id, now, &was, c.raw); err != nil {
			return err
		}
	}
	if err := a.reexcept(id, state.Exceptions); err != nil {
		return err
	}
	if a.indexNow(id) {
		if err := a.reindex(id, &b, &was, shown, placements, (b.flags|r.flags)&flagIntents != 0); err != nil {
			return err
		}
	}
	if b.bucket != r.bucket || b.side != r.side {
		a.uncount(b.shop, b.bucket, b.side)
		a.recount(b.shop, r.bucket, r.side)
	}
	if err := a.journal(id, difference(&b, &was, now, r, &state, flags)); err != nil {
		return err
	}
	a.changed = append(a.changed, id)
	return nil
}

// rewrite replaces an order's document and, if they changed, its lines.
func (a *applier) rewrite(id int64, now, was *order.Order, raw []byte) error {
	doc, packed, err := a.enc.encode(now, raw)
	if err != nil {
		return err
	}
	if err := a.exec(`UPDATE docs SET doc = ?, raw = coalesce(?, raw) WHERE order_id = ?`, doc, packed, id); err != nil {
		return err
	}
	if slices.EqualFunc(now.Lines, was.Lines, sameLine) {
		return nil
	}
	if err := a.exec(`DELETE FROM lines WHERE order_id = ?`, id); err != nil {
		return err
	}
	return a.lines(id, now)
}

// sameLine tells whether two lines have the same row in the table lines.
func sameLine(a, b order.Line) bool {
	return a.SKU == b.SKU && a.Title == b.Title && a.Variant == b.Variant && a.ProductID == b.ProductID &&
		a.Quantity == b.Quantity && a.UnitPrice.Minor == b.UnitPrice.Minor && a.Total.Minor == b.Total.Minor
}

// firstCrossed is the number from which on exceptions are those found across orders.
const firstCrossed = 100

// reexcept replaces the exceptions within an order.
func (a *applier) reexcept(id int64, es []order.Exception) error {
	type entry struct{ n, code, at int64 }
	var was []entry
	if err := a.rows(`SELECT n, code, at FROM exceptions WHERE order_id = ? AND n < ?`, []any{id, firstCrossed},
		func(scan func(...any) error) error {
			var e entry
			err := scan(&e.n, &e.code, &e.at)
			was = append(was, e)
			return err
		}); err != nil {
		return err
	}
	if slices.EqualFunc(was, es, func(e entry, x order.Exception) bool {
		return e.code == enum(order.ExceptionCodes, x.Code) && e.at == millis(x.From)
	}) {
		return nil
	}
	if len(was) > 0 {
		if err := a.exec(`DELETE FROM exceptions WHERE order_id = ? AND n < ?`, id, firstCrossed); err != nil {
			return err
		}
	}
	return a.exceptions(id, es)
}

// crossed is when the earliest exception found across orders begins; nil = there is none.
func (a *applier) crossed(id, flags int64) (any, error) {
	if flags&flagCrossed == 0 {
		return nil, nil
	}
	var at any
	_, err := a.get(`SELECT min(at) FROM exceptions WHERE order_id = ? AND n >= ?`, []any{id, firstCrossed}, &at)
	return at, err
}

// settle removes the intents that the platform has confirmed and gives those that are left.
func (a *applier) settle(o *order.Order, intents []order.Intent) ([]order.Intent, error) {
	left := intents[:0]
	for _, in := range intents {
		if !order.Settled(o, in) {
			left = append(left, in)
			continue
		}
		if err := a.exec(`DELETE FROM intents WHERE id = ?`, in.ID); err != nil {
			return nil, err
		}
	}
	return left, nil
}

// overlay lays what the merchant did over what the platform said, and over the facts.
func overlay(o *order.Order, intents []order.Intent, f *order.Facts) *order.Order {
	if len(intents) == 0 {
		return o
	}
	shown := order.Overlay(*o, intents)
	*f = order.OverlayFacts(*f, intents)
	return &shown
}
