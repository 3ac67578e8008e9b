package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/store/order/text"
)

// productsAtOnce is how many products are written in one transaction, so that it stays below 200 ms.
const productsAtOnce = 500

// catalogueMark stands before a supplier's mark among a product's words. It is a character of Unicode's private use
// area, so that no word begins with it.
const catalogueMark = "\uE200"

// supplierMark is the word that all products of a supplier have.
func supplierMark(supplier string) string {
	sum := sha256.Sum256([]byte(supplier))
	return catalogueMark + hex.EncodeToString(sum[:8])
}

// PutProducts writes products into a supplier's catalogue; with replace they are all that it has, and the others go. A
// new cost of a product goes to the links that name its SKU, and on to the orders that have them. It writes in short
// transactions: one that is interrupted has brought a part of the products, and taken none away.
func (d *DB) PutProducts(ctx context.Context, supplier string, products []checkout.Product, replace bool) (Result, error) {
	var r Result
	for i := range products {
		if err := checkProduct(supplier, &products[i]); err != nil {
			return r, err
		}
	}
	if replace && len(products) == 0 {
		return r, refuse(Invalid, "the new price list of %s is empty; the old one stays: remove the supplier if it sells nothing any more", supplier)
	}
	var pass int64
	if err := d.write(ctx, func(t *tx) error {
		_, err := t.get(`SELECT coalesce(max(pass), 0) + 1 FROM catalogue WHERE supplier = ?`, []any{supplier}, &pass)
		return err
	}); err != nil {
		return r, err
	}
	for some := range slices.Chunk(products, productsAtOnce) {
		var n Result
		if err := d.write(ctx, func(t *tx) error {
			n = Result{}
			t.tell = true
			a := applier{tx: t, who: "supplier:" + supplier}
			for i := range some {
				if err := a.putProduct(supplier, some[i], pass, &n); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return r, err
		}
		r.New, r.Updated, r.Unchanged = r.New+n.New, r.Updated+n.Updated, r.Unchanged+n.Unchanged
		d.breathe(ctx)
	}
	for more := replace; more; {
		n := 0
		if err := d.write(ctx, func(t *tx) (err error) {
			t.tell = true
			a := applier{tx: t, who: "supplier:" + supplier}
			n, err = a.dropProducts(supplier, pass)
			return err
		}); err != nil {
			return r, err
		}
		r.Gone += n
		more = n == productsAtOnce
	}
	var err error
	r.Changed, err = d.drain(ctx)
	return r, err
}

// checkProduct refuses what cannot be a product.
func checkProduct(supplier string, p *checkout.Product) error {
	switch {
	case strings.TrimSpace(p.SKU) == "":
		return refuse(Invalid, "a product of %s (“%s”) has no SKU; it cannot be ordered", supplier, p.Title)
	case !p.CostKnown:
		return nil
	case p.Cost.Currency == "":
		return refuse(Invalid, "the price of %s at %s has no currency", p.SKU, supplier)
	case p.Cost.Minor < 0:
		return refuse(Invalid, "the price of %s at %s is negative: %s", p.SKU, supplier, p.Cost)
	case absurd(p.Cost):
		return refuse(Invalid, "the price of %s at %s is absurd: %s", p.SKU, supplier, p.Cost)
	}
	return nil
}

// absurd tells whether an amount is above what anybody pays for anything that is sold in a shop.
func absurd(m order.Money) bool { return checkout.Absurd(m) }

// putProduct writes one product, its words, and what its links say of its cost.
func (a *applier) putProduct(supplier string, p checkout.Product, pass int64, r *Result) error {
	p.Supplier, p.Kind = supplier, cmp.Or(p.Kind, checkout.KindGoods)
	if p.UpdatedAt.IsZero() {
		p.UpdatedAt = a.now
	}
	var id int64
	var was []byte
	found, err := a.get(`SELECT id, doc FROM catalogue WHERE supplier = ? AND sku = ?`, []any{supplier, p.SKU}, &id, &was)
	if err != nil {
		return err
	}
	var old checkout.Product
	if found {
		if err := json.Unmarshal(was, &old); err != nil {
			return a.fault(Corrupt, err)
		}
		if sameProduct(old, p) {
			r.Unchanged++
			return a.exec(`UPDATE catalogue SET pass = ? WHERE id = ?`, pass, id)
		}
	}
	doc, err := json.Marshal(p)
	if err != nil {
		return err
	}
	if !found {
		r.New++
		if _, err := a.get(`INSERT INTO catalogue (supplier, sku, sku_key, kind, pass, doc) VALUES (?, ?, ?, ?, ?, ?) RETURNING id`,
			[]any{supplier, p.SKU, text.Fold(p.SKU), string(p.Kind), pass, string(doc)}, &id); err != nil {
			return err
		}
	} else {
		r.Updated++
		if err := a.exec(`UPDATE catalogue SET kind = ?, pass = ?, doc = ? WHERE id = ?`, string(p.Kind), pass, string(doc), id); err != nil {
			return err
		}
	}
	if !found || old.Title != p.Title || old.Variant != p.Variant {
		if err := a.productWords(id, &p); err != nil {
			return err
		}
	}
	return a.eachLinkOf(supplier, p.SKU, func(l *order.Link) {
		l.Cost, l.CostKnown, l.Stock = p.Cost, p.CostKnown, p.Stock
		l.ProcessingDays, l.BrandedInvoice = p.ProcessingDays, p.BrandedInvoice
		l.WeightGrams = p.WeightGrams
	})
}

// sameProduct tells whether two descriptions of a product say the same, whenever they were made.
func sameProduct(a, b checkout.Product) bool {
	same := func(x, y *int64) bool { return (x == nil) == (y == nil) && (x == nil || *x == *y) }
	if !same(a.Stock, b.Stock) || (a.BrandedInvoice == nil) != (b.BrandedInvoice == nil) ||
		(a.BrandedInvoice != nil && *a.BrandedInvoice != *b.BrandedInvoice) {
		return false
	}
	a.Stock, a.BrandedInvoice, a.UpdatedAt = b.Stock, b.BrandedInvoice, b.UpdatedAt
	return a == b
}

// productWords writes the words by which a product is found.
func (t *tx) productWords(id int64, p *checkout.Product) error {
	words := strings.Join(text.Tokens(text.Tokens(text.Tokens(nil, p.Title), p.Variant), p.SKU), " ")
	if err := t.exec(`DELETE FROM catalogue_words WHERE rowid = ?`, id); err != nil {
		return err
	}
	return t.exec(`INSERT INTO catalogue_words (rowid, words) VALUES (?, ?)`, id, supplierMark(p.Supplier)+" "+words)
}

// dropProducts takes away some of the products that an import did not bring. What links to them costs nobody knows what.
func (a *applier) dropProducts(supplier string, pass int64) (n int, err error) {
	type gone struct {
		id  int64
		sku string
	}
	var all []gone
	if err := a.rows(`SELECT id, sku FROM catalogue WHERE supplier = ? AND pass <> ? LIMIT ?`, []any{supplier, pass, productsAtOnce},
		func(scan func(...any) error) error {
			var g gone
			err := scan(&g.id, &g.sku)
			all = append(all, g)
			return err
		}); err != nil {
		return 0, err
	}
	for _, g := range all {
		if err := a.exec(`DELETE FROM catalogue_words WHERE rowid = ?`, g.id); err != nil {
			return 0, err
		}
		if err := a.exec(`DELETE FROM catalogue WHERE id = ?`, g.id); err != nil {
			return 0, err
		}
		if err := a.eachLinkOf(supplier, g.sku, func(l *order.Link) { l.CostKnown, l.Stock = false, nil }); err != nil {
			return 0, err
		}
	}
	return len(all), nil
}

// Products looks in the catalogue of a supplier, "" = of all of them: for products that have every word of the query,
// or words that begin so. Those whose SKU is the query come first. An empty query lists the catalogue.
func (d *DB) Products(ctx context.Context, supplier, query string, limit int) ([]checkout.Product, error) {
	var out []checkout.Product
	seen := map[string]bool{}
	add := func(scan func(...any) error) error {
		p, err := scanJSON[checkout.Product](scan)
		if key := p.Supplier + "\x00" + p.SKU; err == nil && !seen[key] && len(out) < limit {
			seen[key] = true
			out = append(out, p)
		}
		return err
	}
	query = text.Clean(query)
	words := text.Words(nil, query)
	if len(words) == 0 && strings.TrimSpace(query) != "" {
		return nil, nil // signs only: nothing has them
	}
	if len(words) == 0 {
		if supplier == "" {
			return out, d.query(ctx, `SELECT doc FROM catalogue ORDER BY supplier, sku LIMIT ?`, []any{limit}, add)
		}
		return out, d.query(ctx, `SELECT doc FROM catalogue WHERE supplier = ? ORDER BY sku LIMIT ?`, []any{supplier, limit}, add)
	}
	if err := d.query(ctx, `SELECT doc FROM catalogue WHERE sku_key = ? AND (?2 = '' OR supplier = ?2) ORDER BY supplier, sku LIMIT ?3`,
		[]any{text.Fold(strings.TrimSpace(query)), supplier, limit}, add); err != nil {
		return nil, err
	}
	parts := make([]string, 0, len(words)+1)
	if supplier != "" {
		parts = append(parts, quote(supplierMark(supplier)))
	}
	for _, w := range words {
		parts = append(parts, quote(w)+"*")
	}
	err := d.query(ctx, `SELECT c.doc FROM catalogue_words w CROSS JOIN catalogue c ON c.id = w.rowid
		WHERE catalogue_words MATCH ? ORDER BY w.rowid LIMIT ?`, []any{strings.Join(parts, " AND "), limit + len(out)}, add)
	return out, err
}

// What SuggestProducts looks at, so that it stays fast however large the catalogue is: the rarest words of a name, and
// so many products of each.
const (
	suggestWords = 5
	suggestEach  = 3000
	suggestBest  = 40
	suggestLeast = 0.34 // of 1: how like a name must be
)

// SuggestProducts proposes products of any supplier for a line of an order: those with its SKU first, then those whose
// name is like its, the likest first. Packaging is never proposed.
func (d *DB) SuggestProducts(ctx context.Context, store string, line order.Line, limit int) ([]checkout.Product, error) {
	var out []checkout.Product
	seen := map[string]bool{}
	add := func(p checkout.Product) {
		if key := p.Supplier + "\x00" + p.SKU; p.Kind == checkout.KindGoods && !seen[key] && len(out) < limit {
			seen[key] = true
			out = append(out, p)
		}
	}
	if sku := text.Fold(strings.TrimSpace(line.SKU)); sku != "" {
		if err := d.query(ctx, `SELECT doc FROM catalogue WHERE sku_key = ? ORDER BY supplier, sku LIMIT ?`, []any{sku, limit},
			func(scan func(...any) error) error {
				p, err := scanJSON[checkout.Product](scan)
				if err == nil {
					add(p)
				}
				return err
			}); err != nil {
			return nil, err
		}
	}
	name := nameWords(line.Title, line.Variant)
	if len(name) == 0 || len(out) >= limit {
		return out, nil
	}
	near, err := d.nearby(ctx, name)
	if err != nil {
		return nil, err
	}
	for _, p := range near {
		add(p)
	}
	return out, nil
}

// nameWords are the words of a product's name, each once.
func nameWords(title, variant string) []string {
	words := text.Words(text.Words(nil, title), variant)
	slices.Sort(words)
	return slices.Compact(words)
}

// nearby finds the products whose names are like these words, the likest first.
func (d *DB) nearby(ctx context.Context, name []string) ([]checkout.Product, error) {
	type word struct {
		text string
		docs int
	}
	var known []word
	for _, w := range name {
		var docs int
		err := d.one(ctx, `SELECT doc FROM catalogue_vocabulary WHERE term = ?`, []any{w}, &docs)
		switch {
		case err == nil:
			known = append(known, word{w, docs})
		case !errors.Is(err, sql.ErrNoRows):
			return nil, err
		}
	}
	slices.SortFunc(known, func(a, b word) int { return cmp.Or(cmp.Compare(a.docs, b.docs), cmp.Compare(a.text, b.text)) })
	scores := map[int64]float64{}
	for _, w := range known[:min(len(known), suggestWords)] {
		weight := 1 / math.Log(float64(w.docs)+2)
		if err := d.query(ctx, `SELECT rowid FROM catalogue_words WHERE catalogue_words MATCH ? LIMIT ?`, []any{quote(w.text), suggestEach},
			func(scan func(...any) error) error {
				var id int64
				err := scan(&id)
				scores[id] += weight
				return err
			}); err != nil {
			return nil, err
		}
	}
	ids := make([]int64, 0, len(scores))
	for id := range scores {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b int64) int { return cmp.Or(cmp.Compare(scores[b], scores[a]), cmp.Compare(a, b)) })
	type candidate struct {
		product checkout.Product
		like    float64
	}
	var found []candidate
	for _, id := range ids[:min(len(ids), suggestBest)] {
		if err := d.query(ctx, `SELECT doc FROM catalogue WHERE id = ?`, []any{id}, func(scan func(...any) error) error {
			p, err := scanJSON[checkout.Product](scan)
			if like := likeness(name, nameWords(p.Title, p.Variant)); err == nil && like >= suggestLeast {
				found = append(found, candidate{p, like})
			}
			return err
		}); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(found, func(a, b candidate) int { return cmp.Compare(b.like, a.like) })
	out := make([]checkout.Product, len(found))
	for i := range found {
		out[i] = found[i].product
	}
	return out, nil
}

// likeness is Dice's coefficient of two sorted sets of words: 0 = nothing in common, 1 = the same.
func likeness(a, b []string) float64 {
	if len(a)+len(b) == 0 {
		return 0
	}
	common := 0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch c := cmp.Compare(a[i], b[j]); {
		case c == 0:
			common++
			i++
			j++
		case c < 0:
			i++
		default:
			j++
		}
	}
	return 2 * float64(common) / float64(len(a)+len(b))
}
