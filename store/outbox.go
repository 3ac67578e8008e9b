package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
)

const effectColumns = `id, kind, state, order_id, store, external_id, number, supplier, reference, doc, attempts, reason, evidence,
	who, at, updated, not_before`

func scanEffect(scan func(...any) error) (Effect, error) {
	var e Effect
	var doc string
	var at, updated, notBefore int64
	err := scan(&e.ID, &e.Kind, &e.State, &e.OrderID, &e.Store, &e.External, &e.Number, &e.Supplier, &e.Reference, &doc,
		&e.Attempts, &e.Reason, &e.Evidence, &e.Who, &at, &updated, &notBefore)
	e.Doc = json.RawMessage(doc)
	e.At, e.Updated, e.NotBefore = instant(at), instant(updated), instant(notBefore)
	return e, err
}

// openEffects are the states in which something is still to be done, as the partial indexes name them.
const openEffects = `state IN ('queued', 'sending', 'unknown')`

// leftFailed is true of an effect f that failed and was not taken up again.
const leftFailed = `state = 'failed' AND NOT EXISTS (SELECT 1 FROM outbox l INDEXED BY outbox_order
	WHERE l.order_id = f.order_id AND l.id > f.id AND l.kind = f.kind AND l.tag = f.tag AND l.supplier = f.supplier)`

// DueEffects gives the effects that are to be taken up now: queued ones, those whose outcome is not known, and those that
// were being sent, which is what a process that died leaves. What concerns money comes first, then the oldest.
func (d *DB) DueEffects(ctx context.Context, limit int) ([]Effect, error) {
	return d.effects(ctx, `SELECT `+effectColumns+` FROM outbox INDEXED BY outbox_turn
		WHERE `+openEffects+` AND not_before <= ? ORDER BY money DESC, id LIMIT ?`, millis(d.clock()), limit)
}

// DueEffectsAt is DueEffects of those that go to one supplier, or, where tell is set, to one store.
func (d *DB) DueEffectsAt(ctx context.Context, name string, tell bool, limit int) ([]Effect, error) {
	where := `money = 1 AND supplier = ?`
	if tell {
		where = `money = 0 AND store = ?`
	}
	return d.effects(ctx, `SELECT `+effectColumns+` FROM outbox INDEXED BY outbox_turn
		WHERE `+openEffects+` AND `+where+` AND not_before <= ? ORDER BY id LIMIT ?`, name, millis(d.clock()), limit)
}

func (d *DB) effects(ctx context.Context, text string, args ...any) ([]Effect, error) {
	var out []Effect
	err := d.query(ctx, text, args, func(scan func(...any) error) error {
		e, err := scanEffect(scan)
		out = append(out, e)
		return err
	})
	return out, err
}

// NextDue is when the next effect is to be taken up or the next placement looked at; it may be past. ok is false where
// nothing waits.
func (d *DB) NextDue(ctx context.Context) (at time.Time, ok bool, err error) {
	var effect, poll sql.NullInt64
	if err := d.one(ctx, `SELECT (SELECT min(not_before) FROM outbox INDEXED BY outbox_due WHERE `+openEffects+`),
		(SELECT min(poll_at) FROM placements INDEXED BY placements_poll WHERE poll_at IS NOT NULL)`, nil, &effect, &poll); err != nil {
		return at, false, err
	}
	if !effect.Valid && !poll.Valid {
		return at, false, nil
	}
	next := effect.Int64
	if !effect.Valid || (poll.Valid && poll.Int64 < next) {
		next = poll.Int64
	}
	return time.UnixMilli(next).UTC(), true, nil
}

// Effects lists the outbox, the latest first.
func (d *DB) Effects(ctx context.Context, f EffectFilter) ([]Effect, error) {
	var c clause
	c.add(`SELECT ` + effectColumns + ` FROM outbox e WHERE 1`)
	if f.OrderID != 0 {
		c.add(` AND order_id = ?`, f.OrderID)
	}
	if f.Reference != "" {
		c.add(` AND reference = ?`, f.Reference)
	}
	if f.Open {
		c.add(` AND id IN (SELECT id FROM outbox INDEXED BY outbox_turn WHERE ` + openEffects + `
			UNION ALL SELECT id FROM outbox f INDEXED BY outbox_failed WHERE ` + leftFailed + `)`)
	}
	c.add(` ORDER BY id DESC LIMIT ?`, cmp.Or(f.Limit, 1000))
	return d.effects(ctx, c.sql.String(), c.args...)
}

// Effect gives one effect.
func (d *DB) Effect(ctx context.Context, id int64) (Effect, error) {
	all, err := d.effects(ctx, `SELECT `+effectColumns+` FROM outbox WHERE id = ?`, id)
	if err == nil && len(all) == 0 {
		err = noEffect(id)
	}
	if err != nil {
		return Effect{}, err
	}
	return all[0], nil
}

func noEffect(id int64) error { return refuse(NotFound, "the outbox has no entry %d", id) }

// Attempts lists how often an effect was begun, and what came of it, the first first.
func (d *DB) Attempts(ctx context.Context, id int64) ([]Attempt, error) {
	var out []Attempt
	err := d.query(ctx, `SELECT n, at, proof, coalesce(ended, 0), state, reason, evidence FROM outbox_attempts WHERE effect = ? ORDER BY n`,
		[]any{id}, func(scan func(...any) error) error {
			var a Attempt
			var at, ended int64
			err := scan(&a.N, &at, &a.Proof, &ended, &a.State, &a.Reason, &a.Evidence)
			a.At, a.Ended = instant(at), instant(ended)
			out = append(out, a)
			return err
		})
	return out, err
}

// effect reads one effect within a transaction.
func (t *tx) effect(id int64) (Effect, error) {
	all, err := t.effectsWhere(`id = ?`, id)
	if err == nil && len(all) == 0 {
		err = noEffect(id)
	}
	if err != nil {
		return Effect{}, err
	}
	return all[0], nil
}

func (t *tx) effectsWhere(where string, args ...any) (out []Effect, err error) {
	err = t.rows(`SELECT `+effectColumns+` FROM outbox WHERE `+where+` ORDER BY id`, args, func(scan func(...any) error) error {
		e, err := scanEffect(scan)
		out = append(out, e)
		return err
	})
	return out, err
}

// money tells whether an effect moves our money, or makes what may move it.
func (k EffectKind) money() bool { return !k.ToStore() }

// enqueue puts an effect into the outbox. tag tells apart the effects of one kind of a placement.
func (t *tx) enqueue(e *Effect, tag string) error {
	e.State = cmp.Or(e.State, EffectQueued)
	e.At, e.Updated = t.now, t.now
	_, err := t.get(`INSERT INTO outbox (kind, tag, state, money, order_id, store, external_id, number, supplier, reference, doc, attempts,
			reason, evidence, who, at, updated, not_before) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
		[]any{
			string(e.Kind), tag, string(e.State), e.Kind.money(), e.OrderID, e.Store, e.External, e.Number, e.Supplier, e.Reference,
			string(e.Doc), e.Attempts, e.Reason, e.Evidence, e.Who, millis(t.now), millis(t.now), millis(e.NotBefore),
		}, &e.ID)
	return err
}

// BeginEffect marks an effect as being sent, and counts the attempt. When it returns that is on the disk, and the first
// byte may leave, and so is the evidence: what was seen until then. It refuses unless the effect is queued, or of unknown
// outcome with evidence that nothing happened.
func (d *DB) BeginEffect(ctx context.Context, id int64, evidence string) (Effect, error) {
	var e Effect
	err := d.write(ctx, func(t *tx) (err error) {
		if e, err = t.effect(id); err != nil {
			return err
		}
		switch {
		case e.State == EffectQueued, e.State == EffectUnknown && evidence != "":
		case e.State == EffectUnknown:
			return refuse(Invalid, "whether “%s” of %s happened is not known; it is not begun again before that is settled", e.Name(), e.Reference)
		case e.State == EffectSending:
			return refuse(Invalid, "“%s” of %s is being sent already; nothing is sent twice", e.Name(), e.Reference)
		default:
			return refuse(Invalid, "“%s” of %s is %s; there is nothing to begin", e.Name(), e.Reference, e.State)
		}
		if e.Kind.money() {
			if err := t.countAttempt(&e); err != nil {
				return err
			}
		}
		e.State, e.Updated = EffectSending, t.now
		e.Attempts++
		e.Evidence = cmp.Or(evidence, e.Evidence)
		t.told(e.OrderID)
		if err := t.exec(`INSERT INTO outbox_attempts (effect, n, at, proof, state, reason, evidence) VALUES (?, ?, ?, ?, ?, '', '')`,
			e.ID, e.Attempts, millis(t.now), evidence, string(EffectSending)); err != nil {
			return err
		}
		e.Evidence = cmp.Or(evidence, e.Evidence) // whoever finds it after a crash must know when it began, and what was seen before
		return t.exec(`UPDATE outbox SET state = ?, attempts = ?, evidence = ?, updated = ? WHERE id = ?`,
			string(e.State), e.Attempts, e.Evidence, millis(t.now), e.ID)
	})
	if err != nil {
		return Effect{}, err
	}
	return e, nil
}

// told publishes a notice about an order whose row did not change.
func (t *tx) told(id int64) {
	t.tell = true
	t.changed = append(t.changed, id)
}

// countAttempt counts an attempt at a placement, and refuses it where the placement is not live any more.
func (t *tx) countAttempt(e *Effect) error {
	p, _, err := t.ownPlacement(e.Reference)
	if err != nil {
		return err
	}
	if !p.State.Live() {
		return refuse(Invalid, "the placement %s was cancelled; nothing is sent for it any more", e.Reference)
	}
	if e.Kind == EffectPay && p.State != order.PlacementPending {
		return refuse(Invalid, "the placement %s has been paid already (%s); nothing is paid twice", e.Reference, p.State)
	}
	p.Attempts++
	return t.writePlacement(&p)
}

// ownRow is what the database keeps of an own placement beside its document.
type ownRow struct {
	group   string
	promise int
	tell    int
	pollAt  time.Time
}

// ownPlacement reads an own placement.
func (t *tx) ownPlacement(reference string) (p order.Placement, row ownRow, err error) {
	var own bool
	var poll int64
	err = t.rows(`SELECT doc, own, grp, promise, tell, coalesce(poll_at, 0) FROM placements WHERE reference = ?`, []any{reference},
		func(scan func(...any) error) (err error) {
			p, err = scanPlacement(func(dest ...any) error {
				return scan(append(dest, &own, &row.group, &row.promise, &row.tell, &poll)...)
			})
			return err
		})
	row.pollAt = instant(poll)
	switch {
	case err != nil:
	case p.Reference == "":
		err = refuse(NotFound, "there is no placement %s", reference)
	case !own:
		err = refuse(Invalid, "the placement %s was reported by %s and not made here; it is theirs to change", reference, p.Supplier)
	}
	return p, row, err
}

// writePlacement writes an own placement back. Whoever calls it derives the order anew if its state has changed.
func (t *tx) writePlacement(p *order.Placement) error {
	p.UpdatedAt = t.now
	doc, err := packPlacement(p)
	if err != nil {
		return err
	}
	return t.exec(`UPDATE placements SET state = ?, supplier_no = ?, doc = ? WHERE reference = ?`,
		enum(order.PlacementStates, p.State), p.SupplierNo, doc, p.Reference)
}

// PlacementsOf gives the placement of a reference.
func (d *DB) PlacementsOf(ctx context.Context, reference string) (order.Placement, error) {
	var p order.Placement
	err := d.query(ctx, `SELECT doc FROM placements WHERE reference = ?`, []any{reference}, func(scan func(...any) error) (err error) {
		p, err = scanPlacement(scan)
		return err
	})
	if err == nil && p.Reference == "" {
		err = refuse(NotFound, "there is no placement %s", reference)
	}
	return p, err
}

// Spent is what has been paid or reserved at a supplier on a day; which one that is says the zone of the time given.
func (d *DB) Spent(ctx context.Context, supplier string, day time.Time) (order.Money, error) {
	var m order.Money
	err := d.one(ctx, `SELECT currency, sum(coalesce(spent, reserved)) FROM spend WHERE supplier = ? AND day = ?
		GROUP BY currency ORDER BY max(rowid) DESC LIMIT 1`, []any{supplier, dayOf(day)}, &m.Currency, &m.Minor)
	if errors.Is(err, sql.ErrNoRows) {
		return order.Money{}, nil
	}
	return m, err
}

// dayOf is a day as the ledger names it.
func dayOf(t time.Time) string { return t.Format(time.DateOnly) }
