package store

import (
	"fmt"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/filter"
	"github.com/orderdeck/orderdeck/store/order/text"
)

// clause is a piece of SQL over the row o of orders, with the values of its parameters. Values never get into the text.
type clause struct {
	sql  sqlText
	args []any
	fns  bool // calls functions of ours, which only connections of database/sql have
}

func (c *clause) add(sql string, args ...any) {
	c.sql.WriteString(sql)
	c.args = append(c.args, args...)
}

// sqlText is SQL that grows. Unlike a strings.Builder it may be handed on.
type sqlText []byte

func (t *sqlText) WriteString(s string) { *t = append(*t, s...) }
func (t sqlText) String() string        { return string(t) }
func (t sqlText) Len() int              { return len(t) }

// compiler turns a filter into SQL.
type compiler struct {
	clause
	now   time.Time
	shops []shopInfo
	terms func(text.Term) (string, error)  // a term as an FTS5 expression
	plain bool                             // there is no complete search index
	wide  func(match string) (bool, error) // whether very many are found; nil = it does not matter
	err   error
}

// expr writes a condition that holds exactly when filter.Match does.
func (c *compiler) expr(e filter.Expr) {
	switch e := e.(type) {
	case nil:
		c.add("1")
	case filter.And:
		c.join(e.Of, " AND ")
	case filter.Or:
		c.join(e.Of, " OR ")
	case filter.Not:
		c.add("NOT ")
		c.paren(e.Of)
	case filter.Word:
		c.word(e)
	case filter.Cond:
		c.cond(e)
	default:
		c.err = fmt.Errorf("store: unknown filter %T", e)
	}
}

func (c *compiler) paren(e filter.Expr) {
	c.add("(")
	c.expr(e)
	c.add(")")
}

func (c *compiler) join(of []filter.Expr, with string) {
	for i, e := range of {
		if i > 0 {
			c.add(with)
		}
		c.paren(e)
	}
}

// cond writes a condition on a field.
func (c *compiler) cond(e filter.Cond) {
	f, ok := filter.FieldNamed(e.Field)
	if !ok || len(e.Values) == 0 {
		c.add("0") // as in filter.Match
		return
	}
	c.add("(")
	for i, v := range e.Values {
		if i > 0 {
			c.add(" OR ")
		}
		switch f.Kind {
		case filter.Fixed:
			c.fixed(f.Name, v)
		case filter.Money:
			c.money(f.Name, v)
		case filter.Quantity:
			if v.Op == filter.Exists {
				c.add("o.quantity > 0")
			} else {
				c.within("o.quantity", v)
			}
		case filter.Time:
			c.time(f.Name, v)
		default:
			c.text(f, v)
		}
	}
	c.add(")")
}

// textColumns are where the texts of a field are; lines and shops have their own ways.
var textColumns = map[string]string{
	"number": "o.number", "external_id": "o.external_id", "customer": "o.names", "email": "o.email", "phone": "o.phones",
	"tracking": "o.tracking", "note": "o.notes", "tag": "o.tags", "city": "o.city", "country": "o.country",
	"currency": "o.currency", "supplier": "o.suppliers", "source": "o.source", "payment": "o.payment_method",
	"shipping": "o.shipping_method",
}

// text writes a comparison of texts.
func (c *compiler) text(f filter.Field, v filter.Value) {
	switch f.Name {
	case "store":
		c.store(v)
		return
	case "product", "sku":
		column := "l.sku"
		if f.Name == "product" {
			column = "CASE l.variant WHEN '' THEN l.title ELSE l.title || ' ' || l.variant END"
		}
		c.add("EXISTS (SELECT 1 FROM lines l WHERE l.order_id = o.id AND ")
		c.compare(f.Kind, column, v)
		c.add(")")
		return
	}
	column, ok := textColumns[f.Name]
	if !ok {
		c.err = fmt.Errorf("store: no column for the field %q", f.Name)
		return
	}
	c.compare(f.Kind, column, v)
}

func (c *compiler) compare(kind filter.Kind, column string, v filter.Value) {
	if v.Op == filter.Exists {
		c.add(column + " <> ''")
		return
	}
	switch kind {
	case filter.Words:
		c.fns = true
		c.add(fnWords+"(?, "+column+")", strings.Join(text.Words(nil, v.Text), " "))
	case filter.Exact:
		c.add(column+" = ?", v.Text)
	case filter.Phone:
		c.fns = true
		c.add(fnPhone+"(?, "+column+")", v.Text)
	default:
		c.fns = true
		c.add(fnCode+"(?, ?, "+column+")", string(v.Op), v.Text)
	}
}

// store compares the shops' names here, there are few.
func (c *compiler) store(v filter.Value) {
	var ids []int64
	for _, s := range c.shops {
		if compareCode(v.Op, text.Fold(s.Name), v.Text) {
			ids = append(ids, s.id)
		}
	}
	c.in("o.shop", ids)
}

// in writes column IN (…).
func (c *clause) in(column string, ids []int64) {
	if len(ids) == 0 {
		c.add("0")
		return
	}
	c.add(column + " IN (")
	for i, id := range ids {
		if i > 0 {
			c.add(", ")
		}
		c.add("?", id)
	}
	c.add(")")
}

func (c *compiler) money(field string, v filter.Value) {
	amount, currency := "o.total_scaled", "o.currency"
	c.add("(")
	if field == "cost" {
		amount, currency = "o.cost_scaled", "o.cost_currency"
		c.add("o.flags & ? <> 0 AND ", int64(flagCostKnown))
	}
	if v.Currency != "" {
		c.add(currency+" = ? AND ", v.Currency)
	}
	c.within(amount, v)
	c.add(")")
}

// within compares a number.
func (c *compiler) within(column string, v filter.Value) {
	switch v.Op {
	case filter.Less, filter.AtMost, filter.Greater, filter.AtLeast, filter.Equal:
		c.add(column+" "+string(v.Op)+" ?", v.Amount)
	case filter.Between:
		c.add(column+" BETWEEN ? AND ?", v.Amount, v.AmountTo)
	default:
		c.add("1") // any value
	}
}

func (c *compiler) time(field string, v filter.Value) {
	column := "o." + field
	if v.Op == filter.Exists {
		c.add(column + " <> 0")
		return
	}
	c.add("(1")
	if !v.From.IsZero() {
		c.add(" AND "+column+" >= ?", ceilMillis(v.From))
	}
	if !v.To.IsZero() {
		c.add(" AND "+column+" < ?", ceilMillis(v.To))
	}
	c.add(")")
}

// ceilMillis is the first millisecond that is not before t.
func ceilMillis(t time.Time) int64 {
	ms := t.UnixMilli()
	if t.After(time.UnixMilli(ms)) {
		ms++
	}
	return ms
}

// fixed writes a comparison with one of a field's fixed values.
func (c *compiler) fixed(field string, v filter.Value) {
	exists := v.Op == filter.Exists
	switch field {
	case "stage":
		if exists {
			c.add("1")
			return
		}
		c.in("o.bucket", buckets([]filter.Value{v}))
	case "customer_payment":
		c.enum("o.payment", enum(order.CustomerPayments, order.CustomerPayment(v.Text)), exists, false)
	case "fulfilment":
		c.enum("o.fulfilment", enum(order.Fulfilments, order.Fulfilment(v.Text)), exists, false)
	case "refund", "claim":
		c.enum("o."+field, enum(order.CaseStates, order.CaseState(v.Text)), exists, true)
	case "resend":
		c.enum("o.resend", enum(order.ResendStates, order.ResendState(v.Text)), exists, true)
	case "hold":
		c.enum("o.hold", enum(order.HoldKinds, order.HoldKind(v.Text)), exists, true)
	case "lifecycle":
		c.enum("o.lifecycle", enum(order.Lifecycles, order.Lifecycle(v.Text)), exists, false)
		if v.Text == string(order.LifecycleArchived) {
			c.add(" OR ")
			c.is("archived")
		}
	case "exception":
		if exists {
			c.is("exception")
			return
		}
		c.add("(coalesce(o.exception_at <= ?, 0) AND EXISTS (SELECT 1 FROM exceptions e WHERE e.order_id = o.id AND e.code = ? AND e.at <= ?))",
			millis(c.now), enum(order.ExceptionCodes, order.ExceptionCode(v.Text)), millis(c.now))
	case "is":
		c.is(v.Text)
	default:
		c.add("0")
	}
}

// buckets are those of some stages, archived or not.
func buckets(stages []filter.Value) []int64 {
	var out []int64
	for _, v := range stages {
		if n := enum(order.Stages, order.Stage(v.Text)); n >= 0 {
			out = append(out, n, n+archivedBucket)
		}
	}
	return out
}

// enum compares a stored position. Where none is the first value, having any value means being beyond it.
func (c *compiler) enum(column string, n int64, exists, none bool) {
	switch {
	case exists && none:
		c.add(column + " > 0")
	case exists:
		c.add(column + " >= 0")
	case n < 0:
		c.add("0")
	default:
		c.add(column+" = ?", n)
	}
}

func (c *compiler) is(mark string) {
	now := millis(c.now)
	switch mark {
	case "exception":
		c.add("coalesce(o.exception_at <= ?, 0)", now)
	case "late":
		c.add("coalesce(o.late_at <= ?, 0)", now)
	case "new":
		c.flag(flagUnseen)
	case "archived":
		c.add("o.bucket >= 16")
	case "test":
		c.flag(flagTest)
	case "gone":
		c.flag(flagGone)
	case "partly":
		c.flag(flagPartly)
	default:
		c.add("0")
	}
}

func (c *compiler) flag(bit int64) { c.add("o.flags & ? <> 0", bit) }
