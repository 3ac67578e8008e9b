package filter

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/text"
)

// Match tells whether an order meets a filter at an instant (what is late or contradicts itself depends on it). The
// record is as it is shown: intents laid over it, its state derived.
func Match(e Expr, r *order.Record, now time.Time) bool {
	return e == nil || (&matcher{r: r, now: now}).match(e)
}

type matcher struct {
	r      *order.Record
	now    time.Time
	tokens []string // made when the first word asks for them
	texts  []string
}

func (m *matcher) match(e Expr) bool {
	switch e := e.(type) {
	case And:
		for _, part := range e.Of {
			if !m.match(part) {
				return false
			}
		}
		return true
	case Or:
		return slices.ContainsFunc(e.Of, m.match)
	case Not:
		return !m.match(e.Of)
	case Word:
		if m.tokens == nil {
			m.tokens = Tokens(make([]string, 0, 64), m.r)
		}
		if e.Phrase && m.texts == nil {
			m.texts = Texts(m.r)
		}
		return e.Holds(m.tokens, m.texts)
	case Cond:
		f, ok := FieldNamed(e.Field)
		return ok && slices.ContainsFunc(e.Values, func(v Value) bool { return m.value(f, v) })
	}
	return false
}

func (m *matcher) value(f Field, v Value) bool {
	r := m.r
	switch f.Kind {
	case Fixed:
		return m.fixed(f.Name, v)
	case Money:
		amount, known := r.Total, true
		if f.Name == "cost" {
			amount, known = r.State.Cost, r.State.CostKnown
		}
		return known && (v.Currency == "" || v.Currency == amount.Currency) && within(v, amount.Scaled())
	case Quantity:
		if v.Op == Exists {
			return r.Units() > 0
		}
		return within(v, int64(r.Units()))
	case Time:
		at := r.CreatedAt
		if f.Name == "updated" {
			at = r.UpdatedAt
		}
		if v.Op == Exists {
			return !at.IsZero()
		}
		return (v.From.IsZero() || !at.Before(v.From)) && (v.To.IsZero() || at.Before(v.To))
	}
	var words []string
	if f.Kind == Words {
		words = text.Words(nil, v.Text)
	}
	found := false
	texts(f.Name, r, func(s string) { found = found || (s != "" && same(f, v, words, s)) })
	return found
}

// same compares one text.
func same(f Field, v Value, words []string, s string) bool {
	if v.Op == Exists {
		return true
	}
	switch f.Kind {
	case Words:
		return text.HasWords(s, words)
	case Exact:
		return s == v.Text
	case Phone:
		return slices.ContainsFunc(text.PhoneTokens(nil, s), func(t string) bool { return strings.HasPrefix(t, v.Text) })
	}
	s = text.Fold(s)
	switch v.Op {
	case Prefix:
		return strings.HasPrefix(s, v.Text)
	case Suffix:
		return strings.HasSuffix(s, v.Text)
	case Contains:
		return strings.Contains(s, v.Text)
	}
	return s == v.Text
}

func within(v Value, n int64) bool {
	switch v.Op {
	case Less:
		return n < v.Amount
	case AtMost:
		return n <= v.Amount
	case Greater:
		return n > v.Amount
	case AtLeast:
		return n >= v.Amount
	case Between:
		return n >= v.Amount && n <= v.AmountTo
	case Exists:
		return true
	}
	return n == v.Amount
}

// fixed compares a field that has fixed values. Where "none" is one of them, no value at all is none, and * is
// anything else.
func (m *matcher) fixed(field string, v Value) bool {
	r := m.r
	is := func(value string) bool {
		if v.Op == Exists {
			return value != "" && value != "none"
		}
		return value == v.Text
	}
	switch field {
	case "stage":
		return is(string(r.State.Stage))
	case "customer_payment":
		return is(string(r.CustomerPayment))
	case "fulfilment":
		return is(string(r.Fulfilment))
	case "refund":
		return is(cmp.Or(string(r.Refund), "none"))
	case "claim":
		return is(cmp.Or(string(r.State.Claim), "none"))
	case "resend":
		return is(cmp.Or(string(r.Resend), "none"))
	case "hold":
		return is(cmp.Or(string(r.State.Hold), "none"))
	case "lifecycle":
		return is(string(r.Lifecycle)) || (v.Text == string(order.LifecycleArchived) && r.IsArchived())
	case "exception":
		return slices.ContainsFunc(r.State.Exceptions, func(e order.Exception) bool {
			return !m.now.Before(e.From) && is(string(e.Code))
		})
	case "is":
		return m.is(v.Text)
	}
	return false
}

func (m *matcher) is(mark string) bool {
	r := m.r
	switch mark {
	case "new":
		return r.Unseen
	case "exception":
		return slices.ContainsFunc(r.State.Exceptions, func(e order.Exception) bool { return !m.now.Before(e.From) })
	case "late":
		return r.State.Late(m.now)
	case "archived":
		return r.IsArchived()
	case "test":
		return r.Test
	case "gone":
		return r.Gone
	case "partly":
		return r.State.Partly
	}
	return false
}
