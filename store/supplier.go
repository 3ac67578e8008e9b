package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
)

// deriveAtOnce is how many orders are derived anew in one transaction, so that it stays below 200 ms.
const deriveAtOnce = 400

// ApplySupplier writes a page of a supplier and its cursor in one transaction, and derives anew the orders that it
// touches: those of changed placements in the same transaction; those of a changed link in the same one as many as
// fit, the others in further short ones before it returns. If it is interrupted there, the next call goes on.
func (d *DB) ApplySupplier(ctx context.Context, p SupplierPage) (Result, error) {
	var r Result
	err := d.write(ctx, func(t *tx) error {
		a := applier{tx: t, who: "supplier:" + p.Supplier}
		if err := a.supply(&p); err != nil {
			return err
		}
		r = a.result
		return t.setCursor("supplier:"+p.Supplier, p.Stream, p.Cursor)
	})
	if err != nil {
		return Result{}, err
	}
	touched, err := d.drain(ctx)
	r.Changed = append(r.Changed, touched...)
	r.Updated = len(r.Changed)
	return r, err
}

// supply writes links and placements.
func (a *applier) supply(p *SupplierPage) error {
	for i := range p.Links {
		if err := a.putLink(&p.Links[i]); err != nil {
			return err
		}
	}
	type at struct{ store, id string }
	var touched []at
	seen := map[at]bool{}
	for i := range p.Placements {
		changed, err := a.putPlacement(&p.Placements[i])
		if err != nil {
			return err
		}
		key := at{p.Placements[i].Store, p.Placements[i].ExternalID}
		if !changed {
			a.result.Unchanged++
		} else if !seen[key] {
			seen[key] = true
			touched = append(touched, key)
		}
	}
	for _, k := range touched {
		shop, err := a.tx.shop(k.store)
		if err != nil {
			return err
		}
		if shop == nil {
			continue // the order comes later
		}
		var id int64
		found, err := a.get(`SELECT id FROM orders WHERE shop = ? AND external_id = ?`, []any{shop.id, k.id}, &id)
		if err != nil {
			return err
		}
		if !found {
			continue
		}
		a.shop = shop
		if err := a.rederive(id, func(*rederivation) {}); err != nil {
			return err
		}
	}
	a.result.Changed = append([]int64(nil), a.changed...)
	return nil
}

// putPlacement writes one placement that a supplier reports, and tells whether it is new or different. What was bought
// here is not touched by it, nor are its lines given to another placement: that one is dropped, with an entry in the
// journal.
func (a *applier) putPlacement(p *order.Placement) (bool, error) {
	p.Own = false
	holder, err := a.holder(p)
	if err != nil || holder == p.Reference && holder != "" {
		return false, err
	}
	if holder != "" {
		return false, a.dropped(p, holder)
	}
	doc, err := packPlacement(p)
	if err != nil {
		return false, err
	}
	n, err := a.run(`INSERT INTO placements (reference, store, external_id, supplier, state, doc) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (reference) DO UPDATE SET store = excluded.store, external_id = excluded.external_id,
			supplier = excluded.supplier, state = excluded.state, doc = excluded.doc WHERE doc <> excluded.doc`,
		p.Reference, p.Store, p.ExternalID, p.Supplier, enum(order.PlacementStates, p.State), doc)
	if n > 0 {
		a.w.known.placed = some
	}
	return n > 0, err
}

// holder is the reference of the own placement that stands in the way of one that a supplier reports: the same, or a
// live one that holds one of its lines; "" = none.
func (a *applier) holder(p *order.Placement) (reference string, err error) {
	k := &a.w.known
	if k.bought == unknown { // most pulls come before anything is bought here
		var one int
		found, err := a.get(`SELECT 1 FROM outbox LIMIT 1`, nil, &one)
		if err != nil {
			return "", err
		}
		if k.bought = none; found {
			k.bought = some
		}
	}
	if k.bought == none {
		return "", nil
	}
	var own bool
	if _, err := a.get(`SELECT own FROM placements WHERE reference = ?`, []any{p.Reference}, &own); err != nil || own {
		return p.Reference, err
	}
	if !p.State.Live() {
		return "", nil
	}
	for _, line := range p.Lines {
		found, err := a.get(`SELECT reference FROM placement_lines WHERE store = ? AND external_id = ? AND line = ?`,
			[]any{p.Store, p.ExternalID, line}, &reference)
		if err != nil || found {
			return reference, err
		}
	}
	return "", nil
}

// dropped notes, once, that a placement which a supplier reports was not taken.
func (a *applier) dropped(p *order.Placement, holder string) error {
	shop, err := a.tx.shop(p.Store)
	if err != nil || shop == nil {
		return err
	}
	of := applier{tx: a.tx, who: a.who, shop: shop}
	id, err := of.orderID(p.ExternalID)
	if err != nil || id == 0 {
		return err
	}
	after := fmt.Sprintf("%s of %s: %s holds its lines", p.Reference, p.Supplier, holder)
	var one int
	found, err := a.get(`SELECT 1 FROM journal WHERE order_id = ? AND field = 'placement_dropped' AND after = ?`, []any{id, after}, &one)
	if err != nil || found {
		return err
	}
	return of.journal(id, []order.Entry{{Field: "placement_dropped", After: after}})
}

// drain derives the orders anew that changed links have queued, a few at a time, until none is left.
func (d *DB) drain(ctx context.Context) (changed []int64, err error) {
	if !d.has("lines_product") {
		return nil, nil // a large import is on; it ends with this
	}
	var waiting int
	if err := d.one(ctx, `SELECT 1 FROM rederive LIMIT 1`, nil, &waiting); errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	for more := true; more; {
		if err := d.write(ctx, func(t *tx) (err error) {
			more, err = t.drainSome()
			changed = append(changed, t.changed...)
			return err
		}); err != nil {
			return changed, err
		}
		if more {
			d.breathe(ctx)
		}
	}
	return changed, nil
}

// breathe lets others write between two long transactions.
func (d *DB) breathe(ctx context.Context) {
	select {
	case <-time.After(time.Millisecond):
	case <-ctx.Done():
	case <-d.closing:
	}
}

// drainSome derives some of the queued orders.
func (t *tx) drainSome() (more bool, err error) {
	left := deriveAtOnce
	for left > 0 {
		var product, after int64
		var who string
		found, err := t.get(`SELECT product, after_order, who FROM rederive ORDER BY product LIMIT 1`, nil, &product, &after, &who)
		if err != nil || !found {
			return false, err
		}
		var store string
		if _, err := t.get(`SELECT s.name FROM products p JOIN shops s ON s.id = p.shop WHERE p.id = ?`, []any{product}, &store); err != nil {
			return false, err
		}
		a := applier{tx: t, who: who}
		if a.shop, err = t.needShop(store); err != nil {
			return false, err
		}
		var ids []int64
		if err := t.rows(`SELECT DISTINCT order_id FROM lines INDEXED BY lines_product WHERE product = ? AND order_id > ? ORDER BY order_id LIMIT ?`,
			[]any{product, after, left}, func(scan func(...any) error) error {
				var id int64
				err := scan(&id)
				ids = append(ids, id)
				return err
			}); err != nil {
			return false, err
		}
		for _, id := range ids {
			if err := a.rederive(id, func(*rederivation) {}); err != nil {
				return false, err
			}
		}
		if len(ids) < left {
			err = t.exec(`DELETE FROM rederive WHERE product = ?`, product)
		} else {
			err = t.exec(`UPDATE rederive SET after_order = ? WHERE product = ?`, slices.Max(ids), product)
		}
		if err != nil {
			return false, err
		}
		left -= len(ids)
	}
	return true, nil
}

// rederiveAll works off what is queued; PutShop calls it after a setting has changed.
func (d *DB) rederiveAll(ctx context.Context) error {
	_, err := d.drain(ctx)
	return err
}
