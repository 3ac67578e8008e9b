package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
)

// snapshot reads whole orders within one transaction: what it gives was all true at one instant.
type snapshot struct {
	d     *DB
	ctx   context.Context
	tx    *sql.Tx
	stmts map[string]*sql.Stmt
	shops map[int64]*shopInfo
	links map[linkKey]linkInfo
	now   time.Time
	buf   []byte
}

// reading runs fn within a snapshot.
func (d *DB) reading(ctx context.Context, fn func(*snapshot) error) error {
	t, err := d.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return d.readError(ctx, err)
	}
	s := &snapshot{d: d, ctx: ctx, tx: t, stmts: map[string]*sql.Stmt{}, shops: map[int64]*shopInfo{}, links: map[linkKey]linkInfo{}, now: d.clock()}
	defer func() { _ = t.Rollback() }()
	if err := s.rows(`SELECT `+shopColumns+` FROM shops`, nil, func(scan func(...any) error) error {
		info, err := scanShop(scan)
		s.shops[info.id] = &info
		return err
	}); err != nil {
		return err
	}
	return fn(s)
}

func (s *snapshot) rows(text string, args []any, fn func(scan func(...any) error) error) error {
	stmt := s.stmts[text]
	if stmt == nil {
		var err error
		if stmt, err = s.tx.PrepareContext(s.ctx, text); err != nil {
			return s.d.readError(s.ctx, err)
		}
		s.stmts[text] = stmt
	}
	rows, err := stmt.QueryContext(s.ctx, args...)
	if err != nil {
		return s.d.readError(s.ctx, err)
	}
	return s.d.readError(s.ctx, eachRow(rows, fn))
}

// link finds who delivers a product of a store.
func (s *snapshot) link(store, key string) (linkInfo, error) {
	at := linkKey{store, key}
	if info, ok := s.links[at]; ok {
		return info, nil
	}
	var info linkInfo
	err := s.rows(`SELECT doc FROM links WHERE store = ? AND key = ?`, []any{store, key}, func(scan func(...any) error) error {
		l, err := scanJSON[order.Link](scan)
		if err == nil && (!info.ok || l.Better(info.link)) {
			info = linkInfo{l, true}
		}
		return err
	})
	if len(s.links) > maxKnown {
		clear(s.links)
	}
	s.links[at] = info
	return info, err
}

// whole reads everything about an order but its journal; found is false where it is not there.
func (s *snapshot) whole(id int64, rec *order.Record) (found bool, err error) {
	*rec = order.Record{ID: id}
	var shop, flags, firstSeen, lastSeen int64
	var doc []byte
	if err := s.rows(`SELECT o.shop, o.flags, o.first_seen, o.last_seen, d.doc FROM orders o JOIN docs d ON d.order_id = o.id WHERE o.id = ?`,
		[]any{id}, func(scan func(...any) error) error {
			found = true
			return scan(&shop, &flags, &firstSeen, &lastSeen, &doc)
		}); err != nil || !found {
		return false, err
	}
	var upstream order.Order
	if s.buf, err = decode(doc, s.buf, &upstream); err != nil {
		return false, s.d.fault(Corrupt, err)
	}
	info := s.shops[shop]
	if info == nil {
		return false, nil
	}
	rec.FirstSeen, rec.LastSeen = instant(firstSeen), instant(lastSeen)
	rec.Gone, rec.Unseen = flags&flagGone != 0, flags&flagUnseen != 0
	if err := s.rows(`SELECT doc FROM placements INDEXED BY placements_order WHERE store = ? AND external_id = ? ORDER BY reference`,
		[]any{info.Name, upstream.ExternalID}, func(scan func(...any) error) error {
			p, err := scanPlacement(scan)
			rec.Placements = append(rec.Placements, p)
			return err
		}); err != nil {
		return false, err
	}
	if flags&flagIntents != 0 {
		if err := s.rows(selectIntents, []any{id}, func(scan func(...any) error) error {
			in, err := scanIntent(scan)
			rec.Intents = append(rec.Intents, in)
			return err
		}); err != nil {
			return false, err
		}
	}
	f := info.Facts(s.now)
	f.Placements, f.Gone, f.Links = rec.Placements, rec.Gone, map[string]order.Link{}
	for i := range upstream.Lines {
		key := upstream.Lines[i].ProductKey()
		link, err := s.link(info.Name, key)
		if err != nil {
			return false, err
		}
		if _, have := f.Links[key]; link.ok && !have {
			f.Links[key] = link.link
			rec.Links = append(rec.Links, link.link)
		}
	}
	rec.Order = *overlay(&upstream, rec.Intents, &f)
	rec.State = order.Derive(&rec.Order, f)
	if flags&flagCrossed == 0 {
		return true, nil
	}
	return true, s.rows(`SELECT code, at, text FROM exceptions WHERE order_id = ? AND n >= ? ORDER BY n`, []any{id, firstCrossed},
		func(scan func(...any) error) error {
			var code, at int64
			var e order.Exception
			err := scan(&code, &at, &e.Text)
			e.Code, e.From = valueAt(order.ExceptionCodes, code), instant(at)
			rec.State.Exceptions = append(rec.State.Exceptions, e)
			return err
		})
}

// journal reads what happened to an order, the oldest first.
func (s *snapshot) journal(id int64) ([]order.Entry, error) {
	var out []order.Entry
	err := s.rows(`SELECT at, who, field, before, after FROM journal WHERE order_id = ? ORDER BY id`, []any{id},
		func(scan func(...any) error) error {
			var e order.Entry
			var at int64
			err := scan(&at, &e.Who, &e.Field, &e.Before, &e.After)
			e.At = instant(at)
			out = append(out, e)
			return err
		})
	return out, err
}

// Record gives all that is known of an order, by its local id.
func (d *DB) Record(ctx context.Context, id int64) (order.Record, error) {
	var rec order.Record
	err := d.reading(ctx, func(s *snapshot) error {
		found, err := s.whole(id, &rec)
		if err == nil && !found {
			err = refuse(NotFound, "the order is not there any more")
		}
		if err == nil {
			rec.Journal, err = s.journal(id)
		}
		if err == nil {
			rec.Acts, err = s.acts(id)
		}
		return err
	})
	return rec, err
}

// Raw gives the platform's own answer for an order as it last came; nil where none was kept.
func (d *DB) Raw(ctx context.Context, id int64) ([]byte, error) {
	var packed []byte
	err := d.one(ctx, `SELECT raw FROM docs WHERE order_id = ?`, []any{id}, &packed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, refuse(NotFound, "the order is not there any more")
	}
	if err != nil {
		return nil, err
	}
	return unpack(packed)
}

// Each reads whole orders one after the other, all as they were at one instant: those with the given ids in their
// order, or, when ids is nil, those of the query. Their journals are left out. The record is valid until fn returns; an
// error of fn ends it and is handed back as it is.
func (d *DB) Each(ctx context.Context, q Query, ids []uint32, fn func(*order.Record) error) error {
	return d.each(ctx, q, ids, false, fn)
}

// EachWhole is Each with the journals.
func (d *DB) EachWhole(ctx context.Context, q Query, ids []uint32, fn func(*order.Record) error) error {
	return d.each(ctx, q, ids, true, fn)
}

// list gives the ids of all the orders of a query, in its order.
func (s *snapshot) list(q Query) (ids []uint32, err error) {
	text, args, _, err := s.d.listSQL(s.ctx, q, "o.id")
	if err != nil {
		return nil, err
	}
	err = s.rows(text, args, func(scan func(...any) error) error {
		var id uint32
		err := scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, err
}

func (d *DB) each(ctx context.Context, q Query, ids []uint32, journals bool, fn func(*order.Record) error) error {
	var mine error
	err := d.reading(ctx, func(s *snapshot) error {
		if ids == nil {
			var err error
			if ids, err = s.list(q); err != nil {
				return err
			}
		}
		var rec order.Record
		for _, id := range ids {
			found, err := s.whole(int64(id), &rec)
			if err != nil {
				return err
			}
			if !found {
				continue
			}
			if journals {
				if rec.Journal, err = s.journal(rec.ID); err != nil {
					return err
				}
			}
			if mine = fn(&rec); mine != nil {
				return mine
			}
		}
		return nil
	})
	if mine != nil {
		return mine
	}
	return err
}

// Find looks an order up by what people call it: "store/number", "store/#number", a bare number or an external id.
// Several answers mean that the name is ambiguous, none that there is no such order.
func (d *DB) Find(ctx context.Context, name string) ([]order.Ref, error) {
	name = strings.TrimSpace(name)
	if store, number, ok := strings.Cut(name, "/"); ok {
		refs, err := d.find(ctx, store, number)
		if err != nil || len(refs) > 0 {
			return refs, err
		}
	}
	return d.find(ctx, "", name)
}

func (d *DB) find(ctx context.Context, store, number string) ([]order.Ref, error) {
	bare := strings.TrimPrefix(number, "#")
	if bare == "" {
		return nil, nil
	}
	infos, err := d.shopInfos(ctx)
	if err != nil {
		return nil, err
	}
	var refs []order.Ref
	look := func(text string, args ...any) error {
		return d.query(ctx, text, args, func(scan func(...any) error) error {
			var r order.Ref
			err := scan(&r.ID, &r.Store, &r.Number, &r.ExternalID)
			refs = append(refs, r)
			return err
		})
	}
	const what = `SELECT o.id, s.name, o.number, o.external_id FROM orders o`
	index := ` INDEXED BY orders_number`
	if !d.has("orders_number") {
		index = ""
	}
	if err := look(what+index+` JOIN shops s ON s.id = o.shop WHERE o.number_key = ? AND o.number = ? COLLATE NOCASE
		AND (? = '' OR s.name = ?) ORDER BY s.id, o.id LIMIT 50`, numberKey(bare), bare, store, store); err != nil || len(refs) > 0 {
		return refs, err
	}
	for _, s := range infos {
		if store != "" && s.Name != store {
			continue
		}
		if err := look(what+` INDEXED BY orders_external JOIN shops s ON s.id = o.shop WHERE o.shop = ? AND o.external_id = ?`, s.id, number); err != nil {
			return nil, err
		}
	}
	return refs, nil
}

// Fingerprints gives the digests under which the platform's cheap look at orders was last seen, of those orders that
// are known, by external id.
func (d *DB) Fingerprints(ctx context.Context, shop string, externalIDs []string) (map[string]string, error) {
	out := make(map[string]string, len(externalIDs))
	if len(externalIDs) == 0 {
		return out, nil
	}
	doc, err := json.Marshal(externalIDs)
	if err != nil {
		return nil, err
	}
	err = d.query(ctx, `SELECT o.external_id, o.fingerprint FROM json_each(?) j CROSS JOIN orders o INDEXED BY orders_external
		ON o.shop = (SELECT id FROM shops WHERE name = ?) AND o.external_id = j.value`, []any{string(doc), shop},
		func(scan func(...any) error) error {
			var id, fingerprint string
			err := scan(&id, &fingerprint)
			out[id] = fingerprint
			return err
		})
	return out, err
}

// sweepFor is for how long after it was placed an order is swept although it looks final: it may still be refunded.
const sweepFor = 60 * 24 * time.Hour

// OpenOrders lists external ids of orders that may still change without the platform saying so: those on their way, and
// recent ones whatever their state; neither archived ones nor those that are gone. They come sorted; after is the last
// one of the page before, "" at the beginning.
func (d *DB) OpenOrders(ctx context.Context, shop, after string, limit int) ([]string, error) {
	var out []string
	err := d.query(ctx, `SELECT external_id FROM orders INDEXED BY orders_external
		WHERE shop = (SELECT id FROM shops WHERE name = ?) AND external_id > ?
		AND (live IS NOT NULL OR (created > ? AND bucket < 16)) AND flags & ? = 0
		ORDER BY external_id LIMIT ?`,
		[]any{shop, after, millis(d.clock().Add(-sweepFor)), int64(flagGone), limit},
		func(scan func(...any) error) error {
			var id string
			err := scan(&id)
			out = append(out, id)
			return err
		})
	return out, err
}

// Locate gives the place of an order in a list sorted as the query says, for a Window around it; ok is false where the
// order is not there any more. Whether the order belongs to the list is not asked.
func (d *DB) Locate(ctx context.Context, q Query, id int64) (k Key, ok bool, err error) {
	if id <= 0 || id > maxID {
		return Key{}, false, errors.New("store: no such id " + strconv.FormatInt(id, 10))
	}
	v, err := d.plan(ctx, Query{Sort: q.Sort}, true)
	if err != nil {
		return Key{}, false, err
	}
	r, err := d.rowReader(ctx, q.Now)
	if err != nil {
		return Key{}, false, err
	}
	rows, err := d.listedByID(ctx, r, []uint32{uint32(id)})
	if err != nil || len(rows) == 0 {
		return Key{}, false, err
	}
	return rows[0].key(v.sort), true, nil
}
