package store

import (
	"cmp"
	"context"
	"database/sql"
	"math"
	"slices"

	"github.com/orderdeck/orderdeck/store/bulk"
	"github.com/orderdeck/orderdeck/store/order"
)

// wholeView is the statement that gives the ids of a whole list in its order. It calls functions of ours only if
// v.where.fns.
func (d *DB) wholeView(v *view) (string, []any) {
	var c clause
	dir := " ASC"
	if v.desc {
		dir = " DESC"
	}
	order := ` ORDER BY o.` + v.sort.column + dir + `, o.id` + dir
	if v.match != "" {
		c.add(`SELECT o.id`+searched, v.match)
		v.rest(&c)
		c.add(order)
		if v.sort.name != "created" { // as Window does
			var outer clause
			outer.add(`SELECT o.id FROM orders o WHERE o.id IN (SELECT o.id`+searched, v.match)
			v.rest(&outer)
			outer.add(` ORDER BY fts.rowid DESC LIMIT ?)`+order, maxCollected)
			c = outer
		}
		return c.sql.String(), c.args
	}
	way := v.wholeWay(d.has)
	c.add(`SELECT o.id FROM orders o` + way.indexed() + ` WHERE `)
	(&stretch{view: v}).from0(&c, way)
	c.add(order)
	return c.sql.String(), c.args
}

// IDs gives the ids of a whole list in its order, four bytes each; a million take 4 MB. It stops at once when ctx ends.
// Of a search that is sorted by something else than the date it gives what Window does.
func (d *DB) IDs(ctx context.Context, q Query) ([]uint32, error) {
	v, err := d.plan(ctx, q, true)
	if err != nil {
		return nil, err
	}
	if v.match != "" && v.where.sql.Len() == 0 && v.sort.name == "created" {
		wide, err := d.wide(ctx, v.match)
		if err != nil {
			return nil, err
		}
		if wide {
			ids, err := d.sieve(ctx, v)
			return ids, d.readError(ctx, err)
		}
	}
	text, args := d.wholeView(v)
	if !v.where.fns {
		var ids []uint32
		if v.match == "" && v.where.sql.Len() == 0 {
			ids = make([]uint32, 0, v.counts.tab+64) // a few may have come since they were counted
		}
		ids, err := bulk.AppendIDs(ctx, d.path, ids, text, args...)
		return ids, d.readError(ctx, err)
	}
	var ids []uint32
	err = d.query(ctx, text, args, func(scan func(...any) error) error {
		var id uint32
		err := scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, err
}

// sieve gives the ids of a search that finds very many orders: it goes through all of the list without the search, which
// an index has in order, and keeps those that are found. Sorting them would take three times as long.
func (d *DB) sieve(ctx context.Context, v *view) ([]uint32, error) {
	conn, err := bulk.Open(ctx, d.path)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if err := conn.Exec(`BEGIN`); err != nil {
		return nil, err
	}
	hits, err := conn.IDs(`SELECT rowid & 134217727 FROM fts WHERE fts MATCH ?`, v.match)
	if err != nil || len(hits) == 0 {
		return nil, err
	}
	found := make([]uint64, slices.Max(hits)/64+1)
	for _, id := range hits {
		found[id/64] |= 1 << (id % 64)
	}
	all := *v
	all.match = ""
	text, args := d.wholeView(&all)
	ids, err := conn.IDs(text, args...)
	if err != nil {
		return nil, err
	}
	kept := ids[:0]
	for _, id := range ids {
		if int(id/64) < len(found) && found[id/64]&(1<<(id%64)) != 0 {
			kept = append(kept, id)
		}
	}
	return kept, nil
}

// Count counts the orders of a query, up to limit (0 = all of them); more tells that there are more than that.
func (d *DB) Count(ctx context.Context, q Query, limit int) (n int, more bool, err error) {
	v, err := d.plan(ctx, q, limit <= 0)
	if err != nil {
		return 0, false, err
	}
	if limit <= 0 {
		limit = maxID
	}
	if v.match == "" && v.where.sql.Len() == 0 {
		if !v.all && len(v.shops) == 0 {
			return 0, false, nil
		}
		counts, err := d.Counts(ctx, q.Shops)
		n := counts[v.tab.id()]
		return min(n, limit), n > limit, err
	}
	var c clause
	c.add(`SELECT count(*) FROM (SELECT 1`)
	d.unsorted(v, &c)
	c.add(` LIMIT ?)`, limit+1)
	err = d.one(ctx, c.sql.String(), c.args, &n)
	return min(n, limit), n > limit, err
}

// unsorted writes FROM, WHERE and what else a view needs whose order does not matter. The newest come first all the
// same where that costs nothing: what people ask for is mostly there.
func (d *DB) unsorted(v *view, c *clause) {
	if v.match != "" {
		c.add(searched, v.match)
		v.rest(c)
		c.add(` ORDER BY fts.rowid DESC`)
		return
	}
	byDate := *v
	byDate.sort, byDate.desc = sortKeys[order.SortDate], true
	way := byDate.way(d.has)
	c.add(` FROM orders o` + way.indexed() + ` WHERE `)
	(&stretch{view: &byDate}).from0(c, way)
	if !way.sorts {
		c.add(` ORDER BY o.created DESC, o.id DESC`)
	}
}

// Sums adds up the totals of a query per currency, largest number of orders first, over at most limit orders (0 = all);
// more tells that there are more.
func (d *DB) Sums(ctx context.Context, q Query, limit int) (sums []Sum, more bool, err error) {
	v, err := d.plan(ctx, q, limit <= 0)
	if err != nil {
		return nil, false, err
	}
	if limit <= 0 {
		limit = maxID
	}
	var c clause
	c.add(`SELECT o.currency, o.total`)
	d.unsorted(v, &c)
	c.add(` LIMIT ?`, limit+1)
	// Added up here: SQLite would keep all rows and sort them by currency first.
	by, n := map[string]*runningSum{}, 0
	add := func(currency []byte, total int64) {
		if n++; n > limit {
			more = true
			return
		}
		r := by[string(currency)]
		if r == nil {
			r = &runningSum{}
			by[string(currency)] = r
		}
		r.orders++
		r.millions += total / 1_000_000
		r.rest += total % 1_000_000
	}
	text, args := c.sql.String(), c.args
	if v.where.fns {
		var currency sql.RawBytes
		var total int64
		err = d.query(ctx, text, args, func(scan func(...any) error) error {
			err := scan(&currency, &total)
			add(currency, total)
			return err
		})
	} else {
		err = bulk.Each(ctx, d.path, text, args, func(s *bulk.Stmt) error {
			add(s.Bytes(0), s.Int(1))
			return nil
		})
	}
	if err != nil {
		return nil, false, d.readError(ctx, err)
	}
	for currency, r := range by {
		sums = append(sums, Sum{Total: order.Money{Minor: saturate(r.millions, r.rest), Currency: currency}, Orders: r.orders})
	}
	slices.SortFunc(sums, func(a, b Sum) int {
		return cmp.Or(cmp.Compare(b.Orders, a.Orders), cmp.Compare(a.Total.Currency, b.Total.Currency))
	})
	return sums, more, nil
}

// runningSum adds up totals in two parts, since together they might not fit.
type runningSum struct {
	millions, rest int64
	orders         int
}

// saturate is millions × 1,000,000 + rest, or the nearest number that there is.
func saturate(millions, rest int64) int64 {
	millions, rest = millions+rest/1_000_000, rest%1_000_000
	const limit = math.MaxInt64/1_000_000 - 1
	switch {
	case millions > limit:
		return math.MaxInt64
	case millions < -limit:
		return math.MinInt64
	}
	return millions*1_000_000 + rest
}

// id is the tab's name.
func (t tab) id() string {
	switch t.kind {
	case tabStage:
		return string(stageOf(t.stage))
	case tabRefunds:
		return order.TabRefunds
	case tabResent:
		return order.TabResent
	}
	return order.TabAll
}
