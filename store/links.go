package store

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/text"
)

// linksAtOnce is how many links are written in one transaction, so that it stays below 200 ms.
const linksAtOnce = 1000

// PutLinks says who delivers some products of stores, and gives how many orders that touched: each that has one of the
// products is derived anew before it returns, with a journal entry for what changed. A preferred link takes the
// preference of the others of its product away.
func (d *DB) PutLinks(ctx context.Context, who string, links []order.Link) (touched int, err error) {
	for i := range links {
		if err := checkLink(&links[i]); err != nil {
			return 0, err
		}
	}
	for some := range slices.Chunk(links, linksAtOnce) {
		if err := d.write(ctx, func(t *tx) error {
			t.tell = true
			a := applier{tx: t, who: who}
			for i := range some {
				if err := a.putLink(&some[i]); err != nil {
					return err
				}
				if err := a.preferOnly(&some[i]); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return 0, err
		}
		d.breathe(ctx)
	}
	changed, err := d.drain(ctx)
	return len(changed), err
}

// RemoveLinks takes the link of a product to a supplier away, supplier "" = to all of them, and gives how many orders
// that touched.
func (d *DB) RemoveLinks(ctx context.Context, who, store, productKey, supplier string) (touched int, err error) {
	if err := d.write(ctx, func(t *tx) error {
		t.tell = true
		a := applier{tx: t, who: who}
		var ids []int64
		if err := a.rows(`SELECT id FROM links WHERE store = ? AND key = ? AND (?3 = '' OR supplier = ?3)`,
			[]any{store, productKey, supplier}, func(scan func(...any) error) error {
				var id int64
				err := scan(&id)
				ids = append(ids, id)
				return err
			}); err != nil {
			return err
		}
		if len(ids) == 0 {
			return refuse(NotFound, "the product %s of %s is not linked%s; there is nothing to undo", keyName(productKey), store, to(supplier))
		}
		for _, id := range ids {
			if err := a.exec(`DELETE FROM link_words WHERE rowid = ?`, id); err != nil {
				return err
			}
			if err := a.exec(`DELETE FROM links WHERE id = ?`, id); err != nil {
				return err
			}
		}
		return a.requeue(store, productKey)
	}); err != nil {
		return 0, err
	}
	changed, err := d.drain(ctx)
	return len(changed), err
}

// keyName is a product key as people know it, without what kind of key it is.
func keyName(key string) string {
	_, name, _ := strings.Cut(key, ":")
	return name
}

func to(supplier string) string {
	if supplier == "" {
		return ""
	}
	return " to " + supplier
}

// checkLink refuses what cannot be a link.
func checkLink(l *order.Link) error {
	switch {
	case l.Store == "" || l.ProductKey == "":
		return refuse(Invalid, "a link names no product of a store")
	case l.Supplier == "":
		return refuse(Invalid, "the link of %s names no supplier", keyName(l.ProductKey))
	case l.CostKnown && l.Cost.Currency == "":
		return refuse(Invalid, "the cost of %s at %s has no currency", keyName(l.ProductKey), l.Supplier)
	case l.CostKnown && l.Cost.Minor < 0:
		return refuse(Invalid, "the cost of %s at %s is negative: %s", keyName(l.ProductKey), l.Supplier, l.Cost)
	case l.CostKnown && absurd(l.Cost):
		return refuse(Invalid, "the cost of %s at %s is absurd: %s", keyName(l.ProductKey), l.Supplier, l.Cost)
	}
	return nil
}

// preferOnly takes the preference of the other links of a product away.
func (a *applier) preferOnly(l *order.Link) error {
	if !l.Preferred {
		return nil
	}
	others, err := a.linksWhere(`store = ? AND key = ? AND supplier <> ?`, l.Store, l.ProductKey, l.Supplier)
	if err != nil {
		return err
	}
	for i := range others {
		if others[i].Preferred {
			others[i].Preferred = false
			if err := a.putLink(&others[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *tx) linksWhere(where string, args ...any) (links []order.Link, err error) {
	err = t.rows(`SELECT doc FROM links WHERE `+where, args, func(scan func(...any) error) error {
		l, err := scanJSON[order.Link](scan)
		links = append(links, l)
		return err
	})
	return links, err
}

// eachLinkOf changes the links to a supplier's product.
func (a *applier) eachLinkOf(supplier, sku string, change func(*order.Link)) error {
	links, err := a.linksWhere(`supplier = ? AND sku = ?`, supplier, sku)
	if err != nil {
		return err
	}
	for i := range links {
		change(&links[i])
		if err := a.putLink(&links[i]); err != nil {
			return err
		}
	}
	return nil
}

// putLink writes one link. If it is new, or different in what an order is derived from, the orders that have its
// product are queued to be derived anew.
func (a *applier) putLink(l *order.Link) error {
	doc, err := json.Marshal(l)
	if err != nil {
		return err
	}
	var id int64
	var was []byte
	found, err := a.get(`SELECT id, doc FROM links WHERE store = ? AND key = ? AND supplier = ?`,
		[]any{l.Store, l.ProductKey, l.Supplier}, &id, &was)
	if err != nil || (found && bytes.Equal(was, doc)) {
		return err
	}
	var old order.Link
	if found {
		if err := json.Unmarshal(was, &old); err != nil {
			return a.fault(Corrupt, err)
		}
		err = a.exec(`UPDATE links SET sku = ?, doc = ? WHERE id = ?`, l.SupplierSKU, string(doc), id)
	} else {
		_, err = a.get(`INSERT INTO links (store, key, supplier, sku, doc) VALUES (?, ?, ?, ?, ?) RETURNING id`,
			[]any{l.Store, l.ProductKey, l.Supplier, l.SupplierSKU, string(doc)}, &id)
	}
	if err != nil {
		return err
	}
	if !found || old.Title != l.Title || old.SupplierSKU != l.SupplierSKU {
		if err := a.exec(`DELETE FROM link_words WHERE rowid = ?`, id); err != nil {
			return err
		}
		words := text.Tokens(text.Tokens(text.Tokens(text.Tokens(nil, keyName(l.ProductKey)), l.Supplier), l.SupplierSKU), l.Title)
		if err := a.exec(`INSERT INTO link_words (rowid, words) VALUES (?, ?)`, id, strings.Join(words, " ")); err != nil {
			return err
		}
	}
	a.w.known.linked = some
	delete(a.w.known.links, linkKey{l.Store, l.ProductKey})
	if found && old.Cost == l.Cost && old.CostKnown == l.CostKnown && old.Preferred == l.Preferred && old.ProcessingDays == l.ProcessingDays {
		return nil
	}
	return a.requeue(l.Store, l.ProductKey)
}

// requeue queues the orders that have a product to be derived anew.
func (a *applier) requeue(store, key string) error {
	delete(a.w.known.links, linkKey{store, key})
	shop, err := a.tx.shop(store)
	if err != nil || shop == nil {
		return err
	}
	var product int64
	found, err := a.get(`SELECT id FROM products WHERE shop = ? AND key = ?`, []any{shop.id, key}, &product)
	if err != nil || !found {
		return err
	}
	return a.exec(`INSERT INTO rederive (product, after_order, who) VALUES (?, 0, ?)
		ON CONFLICT (product) DO UPDATE SET after_order = 0, who = excluded.who`, product, a.who)
}

// Links lists the links of a store, "" = of all, by product; with a query those that have all its words, or words that
// begin so, in the product's key, the supplier's name, its SKU or its title.
func (d *DB) Links(ctx context.Context, store, query string, limit int) ([]order.Link, error) {
	var out []order.Link
	add := func(scan func(...any) error) error {
		l, err := scanJSON[order.Link](scan)
		out = append(out, l)
		return err
	}
	words := text.Words(nil, text.Clean(query))
	if len(words) == 0 {
		if store == "" {
			return out, d.query(ctx, `SELECT doc FROM links ORDER BY store, key, supplier LIMIT ?`, []any{limit}, add)
		}
		return out, d.query(ctx, `SELECT doc FROM links WHERE store = ? ORDER BY key, supplier LIMIT ?`, []any{store, limit}, add)
	}
	for i, w := range words {
		words[i] = quote(w) + "*"
	}
	err := d.query(ctx, `SELECT l.doc FROM link_words w CROSS JOIN links l ON l.id = w.rowid
		WHERE link_words MATCH ? AND (?2 = '' OR l.store = ?2) ORDER BY w.rowid LIMIT ?3`, []any{strings.Join(words, " AND "), store, limit}, add)
	return out, err
}

// UnlinkedProducts lists the products of a store, "" = of all, that open orders wait for and no supplier delivers, those
// that most orders wait for first.
func (d *DB) UnlinkedProducts(ctx context.Context, store string, limit int) ([]UnlinkedProduct, error) {
	var out []UnlinkedProduct
	err := d.query(ctx, `SELECT s.name, p.key, l.title, l.variant, l.sku, count(DISTINCT l.order_id) AS n, max(l.order_id)
		FROM orders o INDEXED BY orders_bucket CROSS JOIN lines l ON l.order_id = o.id CROSS JOIN products p ON p.id = l.product
		JOIN shops s ON s.id = o.shop
		WHERE o.bucket IN (?1, ?2) AND (?3 = '' OR s.name = ?3) AND s.own_stock = 0
		AND NOT EXISTS (SELECT 1 FROM links k WHERE k.store = s.name AND k.key = p.key)
		GROUP BY l.product ORDER BY n DESC, p.id LIMIT ?4`,
		[]any{bucketOf(order.StageQuoting, false), bucketOf(order.StageAwaiting, false), store, limit},
		func(scan func(...any) error) error {
			var p UnlinkedProduct
			var newest int64
			err := scan(&p.Store, &p.Key, &p.Title, &p.Variant, &p.SKU, &p.Orders, &newest)
			out = append(out, p)
			return err
		})
	return out, err
}
