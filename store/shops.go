package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
)

// shopInfo is a shop as the writer knows it.
type shopInfo struct {
	id int64
	Shop
}

const shopColumns = `id, name, platform, title, url, currency, zone, own_stock, authorized_is_paid, demo`

func scanShop(scan func(...any) error) (shopInfo, error) {
	var s shopInfo
	err := scan(&s.id, &s.Name, &s.Platform, &s.Title, &s.URL, &s.Currency, &s.Zone, &s.OwnStock, &s.AuthorizedIsPaid, &s.Demo)
	return s, err
}

// Shops gives all shops in the order in which they were added.
func (d *DB) Shops(ctx context.Context) ([]Shop, error) {
	infos, err := d.shopInfos(ctx)
	if err != nil {
		return nil, err
	}
	shops := make([]Shop, len(infos))
	for i, s := range infos {
		shops[i] = s.Shop
	}
	return shops, nil
}

// shopCache keeps the list of shops: nearly everything asks for it, and it nearly never changes.
type shopCache struct {
	mu    sync.Mutex
	turn  int // grows whenever the list may have changed
	infos []shopInfo
	valid bool
}

func (c *shopCache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turn++
	c.infos, c.valid = nil, false
}

// shopInfos gives all shops. The list is shared and must not be changed.
func (d *DB) shopInfos(ctx context.Context) ([]shopInfo, error) {
	c := &d.shopList
	c.mu.Lock()
	infos, valid, turn := c.infos, c.valid, c.turn
	c.mu.Unlock()
	if valid {
		return infos, nil
	}
	infos = nil
	if err := d.query(ctx, `SELECT `+shopColumns+` FROM shops ORDER BY id`, nil, func(scan func(...any) error) error {
		s, err := scanShop(scan)
		infos = append(infos, s)
		return err
	}); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.turn == turn {
		c.infos, c.valid = infos, true
	}
	return infos, nil
}

// PutShop adds a shop or updates what is known of it; s.Name says which. Settings that decide about stages (OwnStock,
// AuthorizedIsPaid) take effect on all its orders at once for new ones, and in steps for those that are there already.
func (d *DB) PutShop(ctx context.Context, s Shop) error {
	if s.Name == "" {
		return refuse(Invalid, "a store needs a name")
	}
	var derive bool
	err := d.write(ctx, func(t *tx) error {
		old, err := t.shop(s.Name)
		if err != nil {
			return err
		}
		if old != nil && old.Shop == s {
			return nil
		}
		derive = old != nil && (old.OwnStock != s.OwnStock || old.AuthorizedIsPaid != s.AuthorizedIsPaid)
		delete(t.w.known.shops, s.Name)
		t.tell = true
		t.after = append(t.after, d.shopList.forget)
		if err := t.exec(`INSERT INTO shops (name, platform, title, url, currency, zone, own_stock, authorized_is_paid, demo)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (name) DO UPDATE SET platform = excluded.platform, title = excluded.title, url = excluded.url,
				currency = excluded.currency, zone = excluded.zone, own_stock = excluded.own_stock,
				authorized_is_paid = excluded.authorized_is_paid, demo = excluded.demo`,
			s.Name, s.Platform, s.Title, s.URL, s.Currency, s.Zone, s.OwnStock, s.AuthorizedIsPaid, s.Demo); err != nil || !derive {
			return err
		}
		return t.exec(`INSERT INTO rederive (product, after_order, who) SELECT id, 0, 'settings' FROM products WHERE shop = ?
			ON CONFLICT (product) DO UPDATE SET after_order = 0, who = excluded.who`, old.id)
	})
	if err != nil || !derive {
		return err
	}
	return d.rederiveAll(ctx)
}

// RemoveShop forgets a shop with all its orders, cursors and skips. Links, placements and the outbox stay: they are the
// suppliers', and the evidence. While something is being bought for the shop it is refused.
func (d *DB) RemoveShop(ctx context.Context, name string) error {
	var id int64
	if err := d.write(ctx, func(t *tx) error {
		s, err := t.shop(name)
		if err != nil {
			return err
		}
		if s == nil {
			return refuse(NotFound, "there is no store named %q", name)
		}
		id = s.id
		open, err := t.effectsWhere(`store = ? AND money = 1 AND `+openEffects, name)
		if err != nil {
			return err
		}
		if len(open) > 0 {
			return refuse(Invalid, "%d purchases for %s are not settled, such as that of order %s at %s; wait until they are, or withdraw them",
				len(open), name, open[0].Number, open[0].Supplier)
		}
		if _, err := t.nextID(); err != nil { // its ids are not given out again
			return err
		}
		return t.exec(`INSERT INTO meta (key, value) VALUES ('last_order', ?)
			ON CONFLICT (key) DO UPDATE SET value = excluded.value`, t.w.known.lastID)
	}); err != nil {
		return err
	}
	for more := true; more; {
		if err := d.write(ctx, func(t *tx) (err error) {
			more, err = t.removeOrders(id)
			return err
		}); err != nil {
			return err
		}
	}
	if err := d.write(ctx, func(t *tx) error {
		t.w.known = known{}
		t.tell = true
		t.after = append(t.after, d.shopList.forget)
		for _, text := range []string{
			`DELETE FROM rederive WHERE product IN (SELECT id FROM products WHERE shop = ?)`,
			`DELETE FROM products WHERE shop = ?`,
			`DELETE FROM shops WHERE id = ?`,
		} {
			if err := t.exec(text, id); err != nil {
				return err
			}
		}
		for _, text := range []string{
			`DELETE FROM cursors WHERE shop = ?`, `DELETE FROM sync_states WHERE shop = ?`, `DELETE FROM sync_requests WHERE shop = ?`,
		} {
			if err := t.exec(text, name); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	return d.removeSpool(name)
}

// removeOrders removes some orders of a shop, so many as fit a short transaction.
func (t *tx) removeOrders(shop int64) (more bool, err error) {
	const atOnce = 500
	type victim struct{ id, created, bucket, side int64 }
	var victims []victim
	if err := t.rows(`SELECT id, created, bucket, side FROM orders WHERE shop = ? LIMIT ?`, []any{shop, atOnce},
		func(scan func(...any) error) error {
			var v victim
			err := scan(&v.id, &v.created, &v.bucket, &v.side)
			victims = append(victims, v)
			return err
		}); err != nil {
		return false, err
	}
	for _, v := range victims {
		t.uncount(shop, v.bucket, v.side)
		if t.indexNow(v.id) {
			t.unindex(v.created, v.id)
		}
		if err := t.exec(`DELETE FROM orders WHERE id = ?`, v.id); err != nil {
			return false, err
		}
	}
	t.tell = len(victims) > 0
	return len(victims) == atOnce, nil
}

// shop finds a shop by name; nil = there is none.
func (t *tx) shop(name string) (*shopInfo, error) {
	if s := t.w.known.shops[name]; s != nil {
		return s, nil
	}
	var s shopInfo
	found, err := t.get(`SELECT `+shopColumns+` FROM shops WHERE name = ?`, []any{name},
		&s.id, &s.Name, &s.Platform, &s.Title, &s.URL, &s.Currency, &s.Zone, &s.OwnStock, &s.AuthorizedIsPaid, &s.Demo)
	if err != nil || !found {
		return nil, err
	}
	if t.w.known.shops == nil {
		t.w.known.shops = map[string]*shopInfo{}
	}
	t.w.known.shops[name] = &s
	return &s, nil
}

// needShop finds a shop or says that it is not there.
func (t *tx) needShop(name string) (*shopInfo, error) {
	s, err := t.shop(name)
	if err == nil && s == nil {
		err = refuse(NotFound, "there is no store named %q", name)
	}
	return s, err
}

// Cursor is where a stream stands; nil = at its beginning. Suppliers' streams have shop = "supplier:" + name.
func (d *DB) Cursor(ctx context.Context, shop, stream string) ([]byte, error) {
	var cursor []byte
	err := d.one(ctx, `SELECT cursor FROM cursors WHERE shop = ? AND stream = ?`, []any{shop, stream}, &cursor)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return cursor, err
}

// setCursor keeps a stream's cursor; nil leaves it as it was.
func (t *tx) setCursor(shop, stream string, cursor []byte) error {
	if cursor == nil {
		return nil
	}
	return t.exec(`INSERT INTO cursors (shop, stream, cursor) VALUES (?, ?, ?)
		ON CONFLICT (shop, stream) DO UPDATE SET cursor = excluded.cursor`, shop, stream, cursor)
}

// SaveSync keeps the state of a store's synchronisation for every process to see.
func (d *DB) SaveSync(ctx context.Context, s SyncState) error {
	s.Counts.Changed = nil
	doc, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return d.write(ctx, func(t *tx) error {
		t.tell = true
		return t.exec(`INSERT INTO sync_states (shop, doc) VALUES (?, ?) ON CONFLICT (shop) DO UPDATE SET doc = excluded.doc`,
			s.Shop, string(doc))
	})
}

// SyncStates gives the last known state of every store's synchronisation.
func (d *DB) SyncStates(ctx context.Context) ([]SyncState, error) {
	var states []SyncState
	err := d.query(ctx, `SELECT doc FROM sync_states ORDER BY shop`, nil, func(scan func(...any) error) error {
		var doc []byte
		if err := scan(&doc); err != nil {
			return err
		}
		var s SyncState
		if err := json.Unmarshal(doc, &s); err != nil {
			return err
		}
		states = append(states, s)
		return nil
	})
	return states, err
}

// RequestSync asks whichever process holds the wire to synchronise these stores soon; "" stands for all of them.
func (d *DB) RequestSync(ctx context.Context, shops []string) error {
	if len(shops) == 0 {
		shops = []string{""}
	}
	return d.write(ctx, func(t *tx) error {
		t.tell = true
		for _, s := range shops {
			if err := t.exec(`INSERT OR IGNORE INTO sync_requests (shop, at) VALUES (?, ?)`, s, millis(t.now)); err != nil {
				return err
			}
		}
		return nil
	})
}

// TakeSyncRequests gives the stores that were asked for, each once; an empty name stands for all of them.
func (d *DB) TakeSyncRequests(ctx context.Context) ([]string, error) {
	var waiting int
	if err := d.one(ctx, `SELECT count(*) FROM sync_requests`, nil, &waiting); err != nil || waiting == 0 {
		return nil, err // the usual case costs no write
	}
	var shops []string
	err := d.write(ctx, func(t *tx) error {
		if err := t.rows(`SELECT shop FROM sync_requests ORDER BY at, shop`, nil, func(scan func(...any) error) error {
			var s string
			err := scan(&s)
			shops = append(shops, s)
			return err
		}); err != nil {
			return err
		}
		return t.exec(`DELETE FROM sync_requests`)
	})
	return shops, err
}

// Skips lists orders that a store's pull filter left out, the latest first, and how many there are in all.
func (d *DB) Skips(ctx context.Context, shop string, limit int) ([]Skip, int, error) {
	var total int
	if err := d.one(ctx, `SELECT count(*) FROM skips WHERE shop = (SELECT id FROM shops WHERE name = ?)`, []any{shop}, &total); err != nil {
		return nil, 0, err
	}
	var skips []Skip
	err := d.query(ctx, `SELECT external_id, number, reason, at FROM skips
		WHERE shop = (SELECT id FROM shops WHERE name = ?) ORDER BY at DESC, external_id LIMIT ?`, []any{shop, limit},
		func(scan func(...any) error) error {
			var s Skip
			var at int64
			err := scan(&s.ExternalID, &s.Number, &s.Reason, &at)
			s.At = instant(at)
			skips = append(skips, s)
			return err
		})
	return skips, total, err
}

// Meta is a small value kept with the database; "" where there is none.
func (d *DB) Meta(ctx context.Context, key string) (string, error) {
	var v string
	err := d.one(ctx, `SELECT value FROM meta WHERE key = ?`, []any{key}, &v)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return v, err
}

// SetMeta keeps a small value with the database; "" forgets it.
func (d *DB) SetMeta(ctx context.Context, key, value string) error {
	return d.write(ctx, func(t *tx) error {
		if value == "" {
			return t.exec(`DELETE FROM meta WHERE key = ?`, key)
		}
		return t.exec(`INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`, key, value)
	})
}

// Facts are what a decision about an order of a shop needs besides the order.
func (s *Shop) Facts(now time.Time) order.Facts {
	return order.Facts{Now: now, OwnStock: s.OwnStock, AuthorizedIsPaid: s.AuthorizedIsPaid, Untold: s.Platform == "files"}
}
