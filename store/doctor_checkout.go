package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
)

// liveOwn are the own placements that hold lines.
const liveOwn = `own = 1 AND state <> 5`

// checkPurchases compares which line is held by which purchase with the purchases.
func (d *DB) checkPurchases(ctx context.Context) (Finding, error) {
	f := Finding{Check: "purchases", Severity: Fine, Text: "no line of an order is bought twice"}
	held := map[string]int{} // lines, by reference
	stray := 0
	if err := d.query(ctx, `SELECT l.reference, coalesce(p.own = 1 AND p.state <> 5 AND p.store = l.store AND p.external_id = l.external_id, 0)
		FROM placement_lines l LEFT JOIN placements p ON p.reference = l.reference`, nil, func(scan func(...any) error) error {
		var reference string
		var right bool
		err := scan(&reference, &right)
		if held[reference]++; !right {
			stray++
		}
		return err
	}); err != nil {
		return f, err
	}
	twice := map[[3]string]string{}
	lacking := 0
	var double []string
	err := d.query(ctx, `SELECT doc FROM placements WHERE `+liveOwn, nil, func(scan func(...any) error) error {
		p, err := scanPlacement(scan)
		if held[p.Reference] != len(p.Lines) {
			lacking++
		}
		for _, line := range p.Lines {
			key := [3]string{p.Store, p.ExternalID, line}
			if other := twice[key]; other != "" {
				double = append(double, other+" and "+p.Reference)
			}
			twice[key] = p.Reference
		}
		return err
	})
	switch {
	case len(double) > 0:
		f.Severity, f.Text, f.Do = Broken, "a line is in two purchases: "+double[0], "look at both at the supplier, and take one of them back there"
	case stray+lacking > 0:
		f.Severity, f.Do = Warning, doRebuild
		f.Text = fmt.Sprintf("which lines are bought is wrong for %d purchases", stray+lacking)
	}
	return f, err
}

// checkSpend compares the ledger with the purchases: each that is live has its money in it, and none that was cancelled
// before it was paid.
func (d *DB) checkSpend(ctx context.Context) (Finding, error) {
	var lacking, idle, unpaid int
	err := d.one(ctx, `SELECT
		(SELECT count(*) FROM placements p WHERE `+liveOwn+` AND NOT EXISTS (SELECT 1 FROM spend s WHERE s.reference = p.reference)),
		(SELECT count(*) FROM spend s WHERE s.spent IS NULL AND NOT EXISTS (SELECT 1 FROM placements p WHERE p.reference = s.reference AND `+liveOwn+`)),
		(SELECT count(*) FROM spend s JOIN placements p ON p.reference = s.reference WHERE s.spent IS NULL AND p.state IN (1, 2, 3, 4))`,
		nil, &lacking, &idle, &unpaid)
	if lacking+idle+unpaid == 0 {
		return Finding{Check: "spend", Severity: Fine, Text: "the ledger of what is spent has every purchase"}, err
	}
	return Finding{
		Check: "spend", Severity: Warning, Do: doRebuild,
		Text: fmt.Sprintf("the ledger lacks %d purchases, reserves money for %d that are none, and has %d paid ones as unpaid", lacking, idle, unpaid),
	}, err
}

// sendingFor is how long something may be on its way before it is worth a word.
const sendingFor = 10 * time.Minute

// checkOutbox looks for what is left of processes that died, and for purchases of which the outbox knows nothing.
func (d *DB) checkOutbox(ctx context.Context) (Finding, error) {
	f := Finding{Check: "outbox", Severity: Fine, Text: "nothing in the outbox is left over"}
	var left, unknown, orphans int
	err := d.one(ctx, `SELECT
		(SELECT count(*) FROM outbox WHERE state = 'sending' AND updated < ?),
		(SELECT count(*) FROM outbox WHERE state = 'unknown'),
		(SELECT count(*) FROM placements p WHERE own = 1 AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.reference = p.reference AND o.kind = 'place'))`,
		[]any{millis(d.clock().Add(-sendingFor))}, &left, &unknown, &orphans)
	switch {
	case orphans > 0:
		f.Severity, f.Do = Broken, doRestore
		f.Text = fmt.Sprintf("the outbox knows nothing of %d purchases", orphans)
	case left+unknown > 0:
		f.Severity, f.Do = Warning, "leave orderdeck open, or run orderdeck sync --watch: it looks what became of them, and sends nothing twice"
		f.Text = fmt.Sprintf("of %d acts outside it is not known whether they happened", left+unknown)
	}
	return f, err
}

// checkCatalogue compares the words of the catalogue and of the links with their rows.
func (d *DB) checkCatalogue(ctx context.Context) (Finding, error) {
	var wrong int
	err := d.one(ctx, `SELECT
		(SELECT count(*) FROM catalogue c WHERE NOT EXISTS (SELECT 1 FROM catalogue_words_docsize w WHERE w.id = c.id)) +
		(SELECT count(*) FROM catalogue_words_docsize w WHERE NOT EXISTS (SELECT 1 FROM catalogue c WHERE c.id = w.id)) +
		(SELECT count(*) FROM links l WHERE NOT EXISTS (SELECT 1 FROM link_words_docsize w WHERE w.id = l.id)) +
		(SELECT count(*) FROM link_words_docsize w WHERE NOT EXISTS (SELECT 1 FROM links l WHERE l.id = w.id))`, nil, &wrong)
	if wrong == 0 {
		return Finding{Check: "catalogue", Severity: Fine, Text: "products and links are found by their words"}, err
	}
	return Finding{
		Check: "catalogue", Severity: Warning, Do: doRebuild, Text: fmt.Sprintf("%d products or links are not found by their words, or are none", wrong),
	}, err
}

// rebuildPurchases makes what lines are held, and what money is reserved, anew from the purchases.
func (d *DB) rebuildPurchases(ctx context.Context) error {
	return d.write(ctx, func(t *tx) error {
		var all []order.Placement
		if err := t.rows(`SELECT doc FROM placements WHERE `+liveOwn+` ORDER BY reference`, nil, func(scan func(...any) error) error {
			p, err := scanPlacement(scan)
			all = append(all, p)
			return err
		}); err != nil {
			return err
		}
		for _, text := range []string{
			`DELETE FROM placement_lines`,
			`DELETE FROM spend WHERE spent IS NULL AND reference NOT IN (SELECT reference FROM placements WHERE ` + liveOwn + `)`,
			`UPDATE spend SET spent = reserved WHERE spent IS NULL AND reference IN (SELECT reference FROM placements WHERE state IN (1, 2, 3, 4))`,
		} {
			if err := t.once(text); err != nil {
				return err
			}
		}
		for i := range all {
			p := &all[i]
			for _, line := range p.Lines {
				// Two purchases of one line: the first keeps it, and Check goes on to speak of it.
				if err := t.exec(`INSERT OR IGNORE INTO placement_lines (store, external_id, line, reference) VALUES (?, ?, ?, ?)`,
					p.Store, p.ExternalID, line, p.Reference); err != nil {
					return err
				}
			}
			var spent any
			if p.State.Paid() {
				spent = p.Total.Minor
			}
			if err := t.exec(`INSERT OR IGNORE INTO spend (reference, supplier, day, currency, reserved, spent) VALUES (?, ?, ?, ?, ?, ?)`,
				p.Reference, p.Supplier, dayOf(p.CheckedOut), p.Total.Currency, p.Total.Minor, spent); err != nil {
				return err
			}
		}
		return nil
	})
}

// rebuildWords makes the words of links and of the catalogue anew, a few at a time.
func (d *DB) rebuildWords(ctx context.Context) error {
	if err := d.write(ctx, func(t *tx) error {
		if err := t.once(`INSERT INTO link_words (link_words) VALUES ('delete-all')`); err != nil {
			return err
		}
		return t.once(`INSERT INTO catalogue_words (catalogue_words) VALUES ('delete-all')`)
	}); err != nil {
		return err
	}
	if err := d.inSteps(ctx, func(t *tx, after int64) (last int64, err error) {
		if _, err := t.get(`SELECT coalesce(max(id), 0) FROM (SELECT id FROM links WHERE id > ? ORDER BY id LIMIT ?)`,
			[]any{after, linksAtOnce}, &last); err != nil {
			return 0, err
		}
		return last, t.exec(`INSERT INTO link_words (rowid, words) SELECT id, od_tokens(substr(key, instr(key, ':') + 1), supplier, sku,
			coalesce(json_extract(doc, '$.title'), '')) FROM links WHERE id > ? AND id <= ?`, after, last)
	}); err != nil {
		return err
	}
	return d.inSteps(ctx, func(t *tx, after int64) (last int64, err error) {
		products := map[int64]checkout.Product{}
		if err := t.rows(`SELECT id, doc FROM catalogue WHERE id > ? ORDER BY id LIMIT ?`, []any{after, productsAtOnce},
			func(scan func(...any) error) error {
				p, err := scanJSON[checkout.Product](func(dest ...any) error { return scan(append([]any{&last}, dest...)...) })
				products[last] = p
				return err
			}); err != nil {
			return 0, err
		}
		for _, id := range slices.Sorted(maps.Keys(products)) {
			p := products[id]
			if err := t.productWords(id, &p); err != nil {
				return 0, err
			}
		}
		return last, nil
	})
}

// inSteps runs some of a long work in each transaction, until it comes no further: step gives up to where it came.
func (d *DB) inSteps(ctx context.Context, step func(t *tx, after int64) (last int64, err error)) error {
	for after := int64(0); ; {
		var last int64
		if err := d.write(ctx, func(t *tx) (err error) {
			last, err = step(t, after)
			return err
		}); err != nil || last == 0 {
			return err
		}
		after = last
		d.breathe(ctx)
	}
}
