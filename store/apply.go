package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
)

// seenEvery is how stale the time at which an unchanged order was last seen may become before it is written again.
const seenEvery = 24 * time.Hour

// known order, as a page needs it to tell what changed.
type stored struct {
	id, hash, flags, lastSeen int64
}

// Apply writes a page and its cursor in one transaction: all of it, or nothing. An order whose content is the same as
// before costs one read; a changed one writes a journal entry for each thing that a person would notice. Orders that
// are gone are marked, never removed.
func (d *DB) Apply(ctx context.Context, p Page) (Result, error) {
	var r Result
	err := d.write(ctx, func(t *tx) error {
		a := applier{tx: t, who: "sync:" + p.Shop}
		var err error
		if a.shop, err = t.needShop(p.Shop); err != nil {
			return err
		}
		if err := a.page(&p); err != nil {
			return err
		}
		r = a.result
		r.Changed = t.changed
		return t.setCursor(p.Shop, p.Stream, p.Cursor)
	})
	if err != nil {
		return Result{}, err
	}
	return r, nil
}

// applier writes one page.
type applier struct {
	*tx
	shop   *shopInfo
	who    string
	result Result
	known  map[string]stored
	placed map[string][]order.Placement // of the orders of the page
	inPage bool                         // placed is complete
	news   int64                        // flagUnseen once the shop has been synced whole; its first orders are no news
	hash   hasher
	enc    encoder
	row    row

	// Space that is used again and again.
	tokens []string
	buf    []byte
	rec    order.Record
}

func (a *applier) page(p *Page) error {
	ids := make([]string, 0, len(p.Orders)+len(p.Seen)+len(p.Gone))
	for i := range p.Orders {
		o := &p.Orders[i].Order
		if o.ExternalID == "" {
			return refuse(Invalid, "an order of %s has no id of its own; it cannot be kept", p.Shop)
		}
		o.Store = p.Shop
		ids = append(ids, o.ExternalID)
	}
	pulled := len(ids)
	ids = append(append(ids, p.Seen...), p.Gone...)
	var err error
	if a.known, err = a.stored(a.shop.id, ids); err != nil {
		return err
	}
	if a.placed, err = a.placements(p.Shop, ids[:pulled]); err != nil {
		return err
	}
	if a.news, err = a.unseen(p.Shop); err != nil {
		return err
	}
	a.inPage = true
	for i := range p.Orders {
		if err := a.one(&p.Orders[i]); err != nil {
			return err
		}
	}
	a.inPage = false
	for _, id := range p.Seen {
		if err := a.seen(id); err != nil {
			return err
		}
	}
	for _, id := range p.Gone {
		if err := a.gone(id); err != nil {
			return err
		}
	}
	return a.skipped(p.Skipped)
}

// unseen is the flag of a new order: it is news to the merchant, unless the shop is being synced for the first time,
// when everything would be.
func (t *tx) unseen(shop string) (int64, error) {
	var doc []byte
	found, err := t.get(`SELECT doc FROM sync_states WHERE shop = ?`, []any{shop}, &doc)
	if err != nil || !found {
		return 0, err
	}
	var s SyncState
	if err := json.Unmarshal(doc, &s); err != nil {
		return 0, err
	}
	if s.LastSuccess.IsZero() {
		return 0, nil
	}
	return flagUnseen, nil
}

// stored reads what is known of some orders of a shop, by external id.
func (t *tx) stored(shop int64, externalIDs []string) (map[string]stored, error) {
	out := make(map[string]stored, len(externalIDs))
	if len(externalIDs) == 0 {
		return out, nil
	}
	list, err := json.Marshal(externalIDs)
	if err != nil {
		return nil, err
	}
	err = t.rows(`SELECT o.external_id, o.id, o.hash, o.flags, o.last_seen
		FROM json_each(?) j CROSS JOIN orders o INDEXED BY orders_external ON o.shop = ? AND o.external_id = j.value`,
		[]any{string(list), shop}, func(scan func(...any) error) error {
			var id string
			var s stored
			err := scan(&id, &s.id, &s.hash, &s.flags, &s.lastSeen)
			out[id] = s
			return err
		})
	return out, err
}

// one writes one pulled order, if there is anything to write.
func (a *applier) one(p *Pulled) error {
	o := &p.Order
	hash := a.hash.sum(o)
	old, isKnown := a.known[o.ExternalID]
	switch {
	case !isKnown:
		return a.insert(p, hash)
	case old.hash == hash && old.flags&flagGone == 0:
		a.result.Unchanged++
		return a.touch(o.ExternalID, old)
	}
	if err := a.update(p, old, hash); err != nil {
		return err
	}
	a.result.Updated++
	return nil
}

// touch notes that an unchanged order was seen, unless that was noted not long ago.
func (a *applier) touch(externalID string, old stored) error {
	if millis(a.now)-old.lastSeen < seenEvery.Milliseconds() {
		return nil
	}
	old.lastSeen = millis(a.now)
	a.known[externalID] = old
	return a.exec(`UPDATE orders SET last_seen = ? WHERE id = ?`, old.lastSeen, old.id)
}

// seen handles an order that the platform confirmed without sending it.
func (a *applier) seen(externalID string) error {
	old, ok := a.known[externalID]
	if !ok {
		return nil
	}
	a.result.Unchanged++
	if old.flags&flagGone != 0 {
		return a.setGone(externalID, old, false)
	}
	return a.touch(externalID, old)
}

func (a *applier) gone(externalID string) error {
	old, ok := a.known[externalID]
	if !ok || old.flags&flagGone != 0 {
		return nil
	}
	a.result.Gone++
	return a.setGone(externalID, old, true)
}

func (a *applier) setGone(externalID string, old stored, gone bool) error {
	old.flags = old.flags&^flagGone | bit(gone, flagGone)
	a.known[externalID] = old
	return a.rederive(old.id, func(r *rederivation) { r.gone = &gone })
}

// skipped keeps the list of orders that the pull filter left out.
func (a *applier) skipped(skips []Skip) error {
	for _, s := range skips {
		at := s.At
		if at.IsZero() {
			at = a.now
		}
		if err := a.exec(`INSERT INTO skips (shop, external_id, number, reason, at) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (shop, external_id) DO UPDATE SET number = excluded.number, reason = excluded.reason, at = excluded.at`,
			a.shop.id, s.ExternalID, s.Number, s.Reason, millis(at)); err != nil {
			return err
		}
		a.w.known.skips = some
	}
	a.result.Skipped += len(skips)
	return nil
}

// unskip takes an order off the list of skipped ones, since it is there now.
func (a *applier) unskip(externalID string) error {
	k := &a.w.known
	if k.skips == unknown {
		var one int
		found, err := a.get(`SELECT 1 FROM skips LIMIT 1`, nil, &one)
		if err != nil {
			return err
		}
		if k.skips = none; found {
			k.skips = some
		}
	}
	if k.skips == none {
		return nil
	}
	return a.exec(`DELETE FROM skips WHERE shop = ? AND external_id = ?`, a.shop.id, externalID)
}

// nextID gives the id of a new order: the next one after all that ever were.
func (t *tx) nextID() (int64, error) {
	k := &t.w.known
	if k.lastID == 0 {
		if _, err := t.get(`SELECT max(coalesce((SELECT max(id) FROM orders), 0),
			coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'last_order'), 0))`, nil, &k.lastID); err != nil {
			return 0, err
		}
	}
	if k.lastID >= maxID {
		return 0, refuse(Full, "the database %s has had %d orders, more than it can number; begin a new one with --data", t.path, maxID)
	}
	return k.lastID + 1, nil
}

// insert writes an order that was not known.
func (a *applier) insert(p *Pulled, hash int64) error {
	o := &p.Order
	id, err := a.nextID()
	if err != nil {
		return err
	}
	a.w.known.lastID = id
	placements := a.placed[o.ExternalID]
	facts, err := a.facts(a.shop, o, placements, false)
	if err != nil {
		return err
	}
	state := order.Derive(o, facts)
	now := millis(a.now)
	r := &a.row
	r.derive(o, &state, placements, a.news, hash, now, nil)
	args := append(append(make([]any, 0, len(r.values)+4), id, a.shop.id, o.ExternalID, now), r.values...)
	if err := a.exec(insertOrder, args...); err != nil {
		return err
	}
	doc, raw, err := a.enc.encode(o, p.Raw)
	if err != nil {
		return err
	}
	if err := a.exec(`INSERT INTO docs (order_id, doc, raw) VALUES (?, ?, ?)`, id, doc, raw); err != nil {
		return err
	}
	if err := a.lines(id, o); err != nil {
		return err
	}
	if err := a.exceptions(id, state.Exceptions); err != nil {
		return err
	}
	if a.indexNow(id) {
		a.rec = order.Record{ID: id, Order: *o, State: state, Placements: placements}
		a.index(r.created, id, a.document(&a.rec, r))
	}
	if err := a.unskip(o.ExternalID); err != nil {
		return err
	}
	a.recount(a.shop.id, r.bucket, r.side)
	a.changed = append(a.changed, id)
	a.known[o.ExternalID] = stored{id: id, hash: hash, flags: r.flags, lastSeen: now}
	a.result.New++
	return nil
}

// lines writes the lines of a new order.
func (a *applier) lines(id int64, o *order.Order) error {
	for i := range o.Lines {
		l := &o.Lines[i]
		product, err := a.product(a.shop.id, l.ProductKey())
		if err != nil {
			return err
		}
		if err := a.exec(`INSERT INTO lines (order_id, n, product, sku, title, variant, quantity, price, total)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			id, i, product, l.SKU, l.Title, l.Variant, int64(l.Quantity), l.UnitPrice.Minor, l.Total.Minor); err != nil {
			return err
		}
	}
	return nil
}

// product gives the id of a product of a shop, making it if it is new.
func (t *tx) product(shop int64, key string) (int64, error) {
	k := &t.w.known
	at := productKey{shop, key}
	if id, ok := k.products[at]; ok {
		return id, nil
	}
	var id int64
	found, err := t.get(`SELECT id FROM products WHERE shop = ? AND key = ?`, []any{shop, key}, &id)
	if err != nil {
		return 0, err
	}
	if !found {
		if _, err := t.get(`INSERT INTO products (shop, key) VALUES (?, ?) RETURNING id`, []any{shop, key}, &id); err != nil {
			return 0, err
		}
	}
	if k.products == nil || len(k.products) > maxKnown {
		k.products = map[productKey]int64{}
	}
	k.products[at] = id
	return id, nil
}

// exceptions writes what was found wrong within a new order.
func (t *tx) exceptions(id int64, es []order.Exception) error {
	for n, e := range es {
		if err := t.exec(`INSERT INTO exceptions (order_id, n, code, at, text) VALUES (?, ?, ?, ?, '')`,
			id, n, enum(order.ExceptionCodes, e.Code), millis(e.From)); err != nil {
			return err
		}
	}
	return nil
}
