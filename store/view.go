package store

import (
	"context"
	"slices"
	"strings"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/filter"
	"github.com/orderdeck/orderdeck/store/order/text"
)

// view is a Query that has been worked out: what the search index finds, what is left for SQL, and in what order.
type view struct {
	where  clause // conditions on the row o, without those of tab and shops
	match  string // FTS5 expression; "" = the index takes no part
	marks  marks  // what of tab and shops match decides too
	shops  []int64
	all    bool // all shops; shops is empty then
	tab    tab
	sort   sortKey
	desc   bool
	counts planCounts
	narrow []narrow // indexes that hold everything of the view, found in its filter
}

// sortKey is how a list is sorted.
type sortKey struct {
	name   string // of the indexes: orders_NAME and others, see way.go
	column string
	text   bool // the column is a text
}

var sortKeys = map[order.SortKey]sortKey{
	order.SortDate:     {name: "created", column: "created"},
	order.SortUpdated:  {name: "updated", column: "updated"},
	order.SortTotal:    {name: "total", column: "total_key"},
	order.SortCustomer: {name: "customer", column: "customer_key", text: true},
	order.SortNumber:   {name: "number", column: "number_key", text: true},
}

// tab is a tab as the tables know it.
type tab struct {
	kind  tabKind
	stage int64
}

type tabKind uint8

const (
	tabAll tabKind = iota
	tabStage
	tabRefunds
	tabResent
)

func tabOf(t order.Tab) tab {
	switch {
	case t.Stage != "":
		return tab{tabStage, enum(order.Stages, t.Stage)}
	case t.ID == order.TabRefunds:
		return tab{kind: tabRefunds}
	case t.ID == order.TabResent:
		return tab{kind: tabResent}
	}
	return tab{}
}

// plan works a query out, to be read in part (whole = false) or to its end.
func (d *DB) plan(ctx context.Context, q Query, whole bool) (*view, error) {
	infos, err := d.shopInfos(ctx)
	if err != nil {
		return nil, err
	}
	v := &view{tab: tabOf(q.Tab), desc: !q.Sort.Asc}
	var ok bool
	if v.sort, ok = sortKeys[q.Sort.Key]; !ok {
		if q.Sort.Key != "" {
			return nil, refuse(Invalid, "orders cannot be sorted by %q", q.Sort.Key)
		}
		v.sort = sortKeys[order.SortDate]
	}
	v.choose(q.Shops, infos)
	if v.counts, err = d.planCounts(ctx, v, infos); err != nil {
		return nil, err
	}
	now := q.Now
	if now.IsZero() {
		now = d.clock()
	}
	terms := func(t text.Term) (string, error) { return d.termMatch(ctx, t) }
	c := compiler{now: now, shops: infos, terms: terms, plain: d.indexing.deferred.Load()}
	if !whole {
		c.wide = func(match string) (bool, error) { return d.wide(ctx, match) }
	}
	if err := v.filter(&c, q.Filter); err != nil {
		return nil, d.readError(ctx, err)
	}
	v.where = c.clause
	return v, d.measure(ctx, v)
}

// choose turns the names of shops into ids. Names that are not there choose nothing.
func (v *view) choose(names []string, infos []shopInfo) {
	for _, s := range infos {
		if len(names) == 0 || slices.Contains(names, s.Name) {
			v.shops = append(v.shops, s.id)
		}
	}
	if v.all = len(v.shops) == len(infos); v.all {
		v.shops = nil
	}
}

// filter splits an expression into what the search index can do and what is left.
func (v *view) filter(c *compiler, e filter.Expr) error {
	var parts []filter.Expr
	switch e := e.(type) {
	case nil:
	case filter.And:
		parts = e.Of
	default:
		parts = []filter.Expr{e}
	}
	var f conjuncts
	if c.plain {
		f.rest, parts = parts, nil
	}
	for _, p := range parts {
		if err := f.take(c, p); err != nil {
			return err
		}
	}
	v.match = f.expression(c)
	for _, p := range f.phrases {
		c.and()
		c.phrase(p)
	}
	for _, p := range f.rest {
		c.and()
		c.paren(p)
		v.narrowed(p, c.now)
	}
	if v.match != "" {
		v.mark()
	}
	return c.err
}

// conjuncts are the parts of a filter that must all hold, by who is asked about them.
type conjuncts struct {
	match   []string  // index expressions of which all must hold
	without []string  // and of which none may
	phrases []*phrase // of which the index knows only the words
	rest    []filter.Expr
}

// take puts one part where it belongs.
func (f *conjuncts) take(c *compiler, p filter.Expr) error {
	m, err := c.indexed(p)
	if err != nil {
		return err
	}
	if m != "" {
		f.match = append(f.match, m)
		return nil
	}
	switch p := p.(type) {
	case filter.Word: // a phrase
		if wordless(p) {
			return nil
		}
		m, verify, err := c.wordMatch(p)
		f.match, f.phrases = append(f.match, m), append(f.phrases, verify)
		return err
	case filter.Cond:
		if m, err = c.prefilter(p); m != "" {
			f.match = append(f.match, m)
		}
	case filter.Not:
		if m, err = c.indexed(p.Of); m != "" {
			f.without = append(f.without, m)
			return err
		}
	}
	f.rest = append(f.rest, p)
	return err
}

// expression is the index expression of all parts. Where there is nothing to look for, what may not be found is asked
// of the rows instead.
func (f *conjuncts) expression(c *compiler) string {
	var all string
	for _, m := range f.match {
		if all != "" {
			all += " AND "
		}
		all += "(" + m + ")"
	}
	for _, m := range f.without {
		if all != "" {
			all = "(" + all + ") NOT (" + m + ")"
			continue
		}
		c.and()
		c.add("NOT ")
		c.found(m)
	}
	return all
}

// and separates conditions.
func (c *clause) and() {
	if c.sql.Len() > 0 {
		c.add(" AND ")
	}
}

// indexed gives the FTS5 expression of what the search index decides alone: words and their combinations. "" = it
// cannot.
func (c *compiler) indexed(e filter.Expr) (string, error) {
	var of []filter.Expr
	with := " AND "
	switch e := e.(type) {
	case filter.Word:
		if e.Phrase || wordless(e) {
			return "", nil
		}
		m, _, err := c.wordMatch(e)
		return m, err
	case filter.And:
		of = e.Of
	case filter.Or:
		of, with = e.Of, " OR "
	default:
		return "", nil
	}
	parts := make([]string, len(of))
	for i, p := range of {
		m, err := c.indexed(p)
		if err != nil || m == "" {
			return "", err
		}
		parts[i] = "(" + m + ")"
	}
	return strings.Join(parts, with), nil
}

// prefilter gives an FTS5 expression that every order has that meets a condition, for the fields whose texts are in the
// search index; "" = none.
func (c *compiler) prefilter(e filter.Cond) (string, error) {
	var parts []string
	for _, v := range e.Values {
		var t text.Term
		switch e.Field {
		case "customer", "product": // notes are indexed only at their beginning
			t = text.Term{Words: text.Words(nil, v.Text), Prefix: true}
		case "phone":
			t = text.Term{Words: []string{v.Text}, Prefix: true}
		case "number", "email", "sku", "tracking":
			t = text.Term{Words: text.Words(nil, v.Text), Prefix: v.Op == filter.Prefix}
			if v.Op != filter.Equal && v.Op != filter.Prefix {
				return "", nil
			}
		default:
			return "", nil
		}
		if v.Op == filter.Exists || len(t.Words) == 0 {
			return "", nil
		}
		m, err := c.terms(t)
		if err != nil {
			return "", err
		}
		parts = append(parts, "("+m+")")
	}
	return strings.Join(parts, " OR "), nil
}

// marks say what of tab and shops is part of the index expression. The rest is asked of the rows.
type marks struct{ tab, shops bool }

// markBelow is the share of all orders below which a choice of shops is part of the index expression: of a larger one,
// most hits belong to it, and it is cheaper to look at the rows of the few that do not. Tabs always are: the orders of
// one lie together, and there may be very many hits before the first that belongs.
const markBelow = 0.25

// mark narrows the index expression to the tab and the shops.
func (v *view) mark() {
	mark := rune(0)
	switch v.tab.kind {
	case tabStage:
		mark = markStage + rune(v.tab.stage)
	case tabRefunds:
		mark = markRefunds
	case tabResent:
		mark = markResent
	}
	if v.marks.tab = true; mark != 0 {
		v.match = "(" + v.match + ") AND " + quote(string(mark))
	}
	if v.all || len(v.shops) == 0 || float64(v.counts.shops) > markBelow*float64(v.counts.all) {
		return
	}
	marks := make([]string, len(v.shops))
	for i, s := range v.shops {
		m := shopMark(s)
		if m == "" {
			return
		}
		marks[i] = quote(m)
	}
	v.match = "(" + v.match + ") AND (" + strings.Join(marks, " OR ") + ")"
	v.marks.shops = true
}

// place writes the conditions of tab and shops, but those that the index expression has decided.
func (v *view) place(c *clause, live bool, done marks) {
	if !done.tab {
		v.placeTab(c, live)
	}
	if !v.all && !done.shops {
		c.and()
		c.in("o.shop", v.shops)
	}
}

func (v *view) placeTab(c *clause, live bool) {
	switch v.tab.kind {
	case tabStage:
		c.and()
		if live {
			c.add("o.live = ?", v.tab.stage)
		} else {
			c.add("o.bucket = ?", v.tab.stage)
		}
	case tabRefunds, tabResent:
		side := int64(sideRefunds)
		if v.tab.kind == tabResent {
			side = sideResent
		}
		c.and()
		c.add("o.side <> 0 AND o.side & ? <> 0 AND o.bucket < 16", side)
	}
}

// conditions writes all there is to ask of a row, besides what the search index decides.
func (v *view) conditions(c *clause, live bool) {
	v.place(c, live, marks{})
	if v.where.sql.Len() > 0 {
		c.and()
		c.add(v.where.sql.String(), v.where.args...)
	}
}
