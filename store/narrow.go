package store

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/orderdeck/orderdeck/store/order/filter"
)

// narrow is an index that holds few orders, all of a view's among them.
type narrow struct {
	index string
	cond  string // holds for every order of the view; the index can be used only where the statement says so
	args  []any
	n     int // how many orders the index gives, up to tooMany
}

// tooMany is how many orders an index gives at most to be worth sorting all that it gives.
const tooMany = 4000

// narrowed notes which index a condition of the filter allows to use. It must hold for every order of the view.
func (v *view) narrowed(e filter.Expr, now time.Time) {
	not, isNot := e.(filter.Not)
	if isNot {
		e = not.Of
	}
	c, ok := e.(filter.Cond)
	if !ok {
		return
	}
	none := slices.ContainsFunc(c.Values, func(v filter.Value) bool { return v.Op != filter.Exists && v.Text == "none" })
	switch {
	case c.Field == "hold" && isNot == none:
		v.narrow = append(v.narrow, narrow{index: "orders_hold", cond: "o.hold <> 0"})
	case isNot:
	case c.Field == "exception":
		v.narrow = append(v.narrow, narrow{index: "orders_exception", cond: "o.exception_at IS NOT NULL"})
	case c.Field == "is" && len(c.Values) == 1:
		v.narrowedMark(c.Values[0].Text, now)
	case c.Field == "stage" && c.Values[0].Op == filter.Equal:
		v.narrowedStages(c.Values)
	case c.Field == "created" && len(c.Values) == 1:
		v.narrowedDates(c.Values[0])
	}
}

func (v *view) narrowedMark(mark string, now time.Time) {
	switch mark {
	case "exception":
		v.narrow = append(v.narrow, narrow{index: "orders_exception", cond: "o.exception_at IS NOT NULL"})
	case "late":
		v.narrow = append(v.narrow, narrow{index: "orders_late", cond: "o.late_at <= ?", args: []any{millis(now)}})
	case "new":
		v.narrow = append(v.narrow, narrow{index: "orders_unseen", cond: "o.flags & 8 <> 0"})
	case "archived":
		v.narrow = append(v.narrow, narrow{index: "orders_bucket", cond: "o.bucket >= 16"})
	}
}

func (v *view) narrowedStages(values []filter.Value) {
	var c clause
	c.in("o.bucket", buckets(values))
	v.narrow = append(v.narrow, narrow{index: "orders_bucket", cond: c.sql.String(), args: c.args})
}

func (v *view) narrowedDates(d filter.Value) {
	if d.Op == filter.Exists || (d.From.IsZero() && d.To.IsZero()) {
		return
	}
	var c compiler
	c.time("created", d)
	v.narrow = append(v.narrow, narrow{index: "orders_created", cond: c.sql.String(), args: c.args})
}

// measure counts how many orders the indexes give that the filter allows to use, and keeps those that give few.
func (d *DB) measure(ctx context.Context, v *view) error {
	few := v.narrow[:0]
	for _, n := range v.narrow {
		if !d.has(n.index) {
			continue
		}
		var err error
		if n.n, err = d.numbers.few(ctx, d, n); err != nil {
			return err
		}
		if n.n < tooMany {
			few = append(few, n)
		}
	}
	v.narrow = few
	if v.match != "" && slices.ContainsFunc(few, func(n narrow) bool { return n.n < fewEnough }) {
		// So few that each can be asked whether the word is in it.
		v.where.and()
		v.where.add(hasWord, v.match)
		v.match = ""
	}
	return nil
}

// fewEnough is how many orders an index gives at most for it to be used rather than the search index.
const fewEnough = 400

// planCounts are the numbers by which a way through the tables is chosen.
type planCounts struct {
	all        int // orders in the database
	shops      int // in the chosen shops
	tab        int // in the tab, of the chosen shops
	tabAnyShop int // in the tab, of all shops
	sides      int // in the tabs refunds and resent, of all shops
}

func (d *DB) planCounts(ctx context.Context, v *view, infos []shopInfo) (planCounts, error) {
	by, err := d.numbers.get(ctx, d)
	if err != nil {
		return planCounts{}, err
	}
	var p planCounts
	for _, s := range infos {
		c := by[s.id]
		if c == nil {
			continue
		}
		n := 0
		switch v.tab.kind {
		case tabAll:
			n = c.all
		case tabStage:
			n = c.stages[0][v.tab.stage]
		case tabRefunds:
			n = c.refunds
		case tabResent:
			n = c.resent
		}
		p.all += c.all
		p.tabAnyShop += n
		p.sides += c.refunds + c.resent
		if v.all || slices.Contains(v.shops, s.id) {
			p.shops += c.all
			p.tab += n
		}
	}
	return p, nil
}

// tabNumbers keep what plans go by for a moment: they need no exact numbers.
type tabNumbers struct {
	mu     sync.Mutex
	at     time.Time
	by     map[int64]*shopCounts
	counts map[string]int // of narrow indexes, by condition and values
}

const numbersFor = 2 * time.Second

// fresh forgets what is too old; n.mu is held.
func (n *tabNumbers) fresh() {
	if time.Since(n.at) > numbersFor {
		n.at, n.by, n.counts = time.Now(), nil, nil
	}
}

func (n *tabNumbers) get(ctx context.Context, d *DB) (map[int64]*shopCounts, error) {
	n.mu.Lock()
	n.fresh()
	by := n.by
	n.mu.Unlock()
	if by != nil {
		return by, nil
	}
	by, err := d.counts(ctx)
	if err == nil {
		n.mu.Lock()
		n.by = by
		n.mu.Unlock()
	}
	return by, err
}

// few counts what a narrow index gives, up to tooMany.
func (n *tabNumbers) few(ctx context.Context, d *DB, x narrow) (int, error) {
	var key strings.Builder
	key.WriteString(x.cond)
	for _, a := range x.args {
		if v, ok := a.(int64); ok {
			key.WriteString(" " + numeral(v))
		}
	}
	n.mu.Lock()
	n.fresh()
	count, ok := n.counts[key.String()]
	n.mu.Unlock()
	if ok {
		return count, nil
	}
	err := d.one(ctx, `SELECT count(*) FROM (SELECT 1 FROM orders o INDEXED BY `+x.index+` WHERE `+x.cond+` LIMIT ?)`,
		append(slices.Clone(x.args), tooMany), &count)
	if err == nil {
		n.mu.Lock()
		if n.counts == nil {
			n.counts = map[string]int{}
		}
		n.counts[key.String()] = count
		n.mu.Unlock()
	}
	return count, err
}
