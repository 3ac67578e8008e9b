package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
)

// PutMethods replaces the shipping table of a supplier. What was reckoned by the old one is forgotten.
func (d *DB) PutMethods(ctx context.Context, supplier string, table []ShippingRow) error {
	for i := range table {
		if err := checkMethod(supplier, i, &table[i]); err != nil {
			return err
		}
	}
	return d.write(ctx, func(t *tx) error {
		t.tell = true
		if err := t.exec(`DELETE FROM methods WHERE supplier = ?`, supplier); err != nil {
			return err
		}
		if err := t.exec(`DELETE FROM quotes WHERE supplier = ?`, supplier); err != nil {
			return err
		}
		for n := range table {
			doc, err := json.Marshal(table[n])
			if err != nil {
				return err
			}
			if err := t.exec(`INSERT INTO methods (supplier, n, doc) VALUES (?, ?, ?)`, supplier, n, string(doc)); err != nil {
				return err
			}
		}
		return nil
	})
}

// checkMethod refuses what cannot be a line of a shipping table.
func checkMethod(supplier string, n int, r *ShippingRow) error {
	switch {
	case r.Method.Code == "":
		return refuse(Invalid, "line %d of the shipping table of %s names no method", n+1, supplier)
	case r.Method.Cost.Currency == "":
		return refuse(Invalid, "the cost of %s at %s has no currency", r.Method.Code, supplier)
	case r.Method.Cost.Minor < 0 || absurd(r.Method.Cost):
		return refuse(Invalid, "the cost of %s at %s cannot be right: %s", r.Method.Code, supplier, r.Method.Cost)
	case r.WeightTo > 0 && r.WeightTo < r.WeightFrom:
		return refuse(Invalid, "%s at %s is for parcels from %g to %g grams; nothing weighs that", r.Method.Code, supplier, r.WeightFrom, r.WeightTo)
	case r.AmountFrom != nil && r.AmountTo != nil && r.AmountTo.Minor < r.AmountFrom.Minor:
		return refuse(Invalid, "%s at %s is for goods from %s to %s; nothing costs that", r.Method.Code, supplier, r.AmountFrom, r.AmountTo)
	}
	return nil
}

// Methods gives the shipping table of a supplier, in its order.
func (d *DB) Methods(ctx context.Context, supplier string) ([]ShippingRow, error) {
	var out []ShippingRow
	err := d.query(ctx, `SELECT doc FROM methods WHERE supplier = ? ORDER BY n`, []any{supplier}, func(scan func(...any) error) error {
		r, err := scanJSON[ShippingRow](scan)
		out = append(out, r)
		return err
	})
	return out, err
}

// quotesLooked is how many quotes are looked through for what a supplier has named.
const quotesLooked = 500

// NamedMethods gives the shipping methods that a supplier has named in its latest quotes, each once, by their codes. It
// may have others, which it has named for no parcel yet.
func (d *DB) NamedMethods(ctx context.Context, supplier string) ([]checkout.Method, error) {
	var out []checkout.Method
	seen := map[string]bool{}
	err := d.query(ctx, `SELECT doc FROM quotes WHERE supplier = ? ORDER BY at DESC LIMIT ?`, []any{supplier, quotesLooked}, func(scan func(...any) error) error {
		q, err := scanJSON[checkout.Quote](scan)
		for _, m := range q.Methods {
			if !seen[m.Code] {
				seen[m.Code] = true
				out = append(out, m)
			}
		}
		return err
	})
	return out, err
}

// RequestQuotes asks whichever process holds the wire for prices, in the order given. What waits already and is asked
// for again comes first, so that a screen may ask again for what it shows.
func (d *DB) RequestQuotes(ctx context.Context, reqs []QuoteRequest) error {
	if len(reqs) == 0 {
		return nil
	}
	return d.write(ctx, func(t *tx) error {
		t.tell = true
		var first, last int64
		if _, err := t.get(`SELECT coalesce(min(turn), 0), coalesce(max(turn), 0) FROM quote_requests`, nil, &first, &last); err != nil {
			return err
		}
		first -= int64(len(reqs))
		for i := range reqs {
			doc, err := json.Marshal(reqs[i])
			if err != nil {
				return err
			}
			last++
			if err := t.exec(`INSERT INTO quote_requests (supplier, basket, turn, doc) VALUES (?, ?, ?, ?)
				ON CONFLICT (supplier, basket) DO UPDATE SET turn = ?, doc = excluded.doc`,
				reqs[i].Supplier, reqs[i].Basket, last, string(doc), first+int64(i)); err != nil {
				return err
			}
		}
		return nil
	})
}

// RequestAccount asks whichever process holds the wire how the account at a supplier stands; see QuoteRequest.
func (d *DB) RequestAccount(ctx context.Context, supplier string) error {
	return d.RequestQuotes(ctx, []QuoteRequest{{Supplier: supplier}})
}

// TakeQuoteRequests gives what was asked for and not taken yet, in the order in which it is to be answered. What is
// taken and not answered is asked for again by whoever needs it.
func (d *DB) TakeQuoteRequests(ctx context.Context, limit int) ([]QuoteRequest, error) {
	var waiting int
	if err := d.one(ctx, `SELECT 1 FROM quote_requests LIMIT 1`, nil, &waiting); err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			return nil, nil // the usual case costs no write
		}
		return nil, err
	}
	var out []QuoteRequest
	err := d.write(ctx, func(t *tx) error {
		out = nil
		if err := t.rows(`SELECT doc FROM quote_requests ORDER BY turn LIMIT ?`, []any{limit}, func(scan func(...any) error) error {
			q, err := scanJSON[QuoteRequest](scan)
			out = append(out, q)
			return err
		}); err != nil {
			return err
		}
		for i := range out {
			if err := t.exec(`DELETE FROM quote_requests WHERE supplier = ? AND basket = ?`, out[i].Supplier, out[i].Basket); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// quotesFor is how long a quote is kept: by then nobody pays by it any more.
const quotesFor = 14 * 24 * time.Hour

// SaveQuote keeps what a supplier asks for a basket, in the place of what it asked before.
func (d *DB) SaveQuote(ctx context.Context, q checkout.Quote) error {
	if q.At.IsZero() {
		q.At = d.clock()
	}
	doc, err := json.Marshal(q)
	if err != nil {
		return err
	}
	return d.write(ctx, func(t *tx) error {
		t.tell = true
		if err := t.exec(`DELETE FROM quotes WHERE at < ?`, millis(t.now.Add(-quotesFor))); err != nil {
			return err
		}
		return t.exec(`INSERT INTO quotes (supplier, basket, at, doc) VALUES (?, ?, ?, ?)
			ON CONFLICT (supplier, basket) DO UPDATE SET at = excluded.at, doc = excluded.doc`,
			q.Supplier, q.Basket, millis(q.At), string(doc))
	})
}

// ForgetQuotes forgets what a supplier asked for baskets, so that it is asked again: its prices are others now.
func (d *DB) ForgetQuotes(ctx context.Context, supplier string) error {
	return d.write(ctx, func(t *tx) error {
		t.tell = true
		return t.exec(`DELETE FROM quotes WHERE supplier = ?`, supplier)
	})
}

// SaveAccount keeps what a supplier says of the merchant's account.
func (d *DB) SaveAccount(ctx context.Context, a checkout.Account) error {
	if a.At.IsZero() {
		a.At = d.clock()
	}
	doc, err := json.Marshal(a)
	if err != nil {
		return err
	}
	return d.write(ctx, func(t *tx) error {
		t.tell = true
		return t.exec(`INSERT INTO accounts (supplier, doc) VALUES (?, ?) ON CONFLICT (supplier) DO UPDATE SET doc = excluded.doc`,
			a.Supplier, string(doc))
	})
}

// Account is what a supplier last said of the merchant's account; nil = nothing yet.
func (d *DB) Account(ctx context.Context, supplier string) (*checkout.Account, error) {
	var doc []byte
	err := d.one(ctx, `SELECT doc FROM accounts WHERE supplier = ?`, []any{supplier}, &doc)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil //nolint:nilnil // nothing was said
	}
	if err != nil {
		return nil, err
	}
	a := new(checkout.Account)
	if err := json.Unmarshal(doc, a); err != nil {
		return nil, d.fault(Corrupt, err)
	}
	return a, nil
}

// SaveChoice keeps what the merchant has decided for a part, as it is typed.
func (d *DB) SaveChoice(ctx context.Context, key checkout.PartKey, c checkout.Choice) error {
	return d.write(ctx, func(t *tx) error {
		var one int
		found, err := t.get(`SELECT 1 FROM orders WHERE id = ?`, []any{key.OrderID}, &one)
		if err == nil && !found {
			err = refuse(NotFound, "the order is not there any more")
		}
		if err != nil {
			return err
		}
		t.changed = append(t.changed, key.OrderID)
		return t.saveChoice(key, c)
	})
}

func (t *tx) saveChoice(key checkout.PartKey, c checkout.Choice) error {
	doc, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return t.exec(`INSERT INTO choices (order_id, supplier, grp, doc) VALUES (?, ?, ?, ?)
		ON CONFLICT (order_id, supplier, grp) DO UPDATE SET doc = excluded.doc`, key.OrderID, key.Supplier, key.Group, string(doc))
}

// PauseAuto stops the automatic checkout at a supplier, until the merchant lets it go on.
func (d *DB) PauseAuto(ctx context.Context, supplier, why string) error {
	return d.write(ctx, func(t *tx) error {
		t.tell = true
		return t.exec(`INSERT INTO auto_pauses (supplier, why, at) VALUES (?, ?, ?) ON CONFLICT (supplier) DO NOTHING`,
			supplier, why, millis(t.now))
	})
}

// ResumeAuto lets the automatic checkout at a supplier go on.
func (d *DB) ResumeAuto(ctx context.Context, supplier string) error {
	return d.write(ctx, func(t *tx) error { return t.resumeAuto(supplier) })
}

func (t *tx) resumeAuto(supplier string) error {
	n, err := t.run(`DELETE FROM auto_pauses WHERE supplier = ?`, supplier)
	t.tell = t.tell || n > 0
	return err
}

// AutoPaused is why the automatic checkout at a supplier has stopped; "" = it has not.
func (d *DB) AutoPaused(ctx context.Context, supplier string) (why string, err error) {
	err = d.one(ctx, `SELECT why FROM auto_pauses WHERE supplier = ?`, []any{supplier}, &why)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return why, err
}

// AutoParts gives unpaid orders of which one of the suppliers delivers something, by local id. Each call goes on where
// the one before ended and begins anew at the end, so that orders which cannot be bought keep none waiting.
func (d *DB) AutoParts(ctx context.Context, suppliers []string, limit int) ([]int64, error) {
	if len(suppliers) == 0 || limit <= 0 {
		return nil, nil
	}
	doc, err := json.Marshal(suppliers)
	if err != nil {
		return nil, err
	}
	var ids []int64
	after := d.autoAfter.Load()
	err = d.query(ctx, `SELECT o.id FROM orders o INDEXED BY orders_bucket WHERE o.bucket = ? AND o.id > ? AND EXISTS (
			SELECT 1 FROM json_each(?) j WHERE instr(char(31) || o.suppliers || char(31), char(31) || j.value || char(31)) > 0)
		ORDER BY o.id LIMIT ?`, []any{bucketOf(order.StageUnpaid, false), after, string(doc), limit},
		func(scan func(...any) error) error {
			var id int64
			err := scan(&id)
			ids = append(ids, id)
			return err
		})
	if err != nil {
		return nil, err
	}
	if len(ids) < limit {
		d.autoAfter.Store(0)
	} else {
		d.autoAfter.Store(ids[len(ids)-1])
	}
	return ids, nil
}
