package woocommerce

import (
	"cmp"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/text"
)

func clean(l loose) string { return text.Limit(text.Clean(string(l)), 1000) }

const naive = "2006-01-02T15:04:05"

// instant reads a date of one of the …_gmt fields, which carry no zone.
func instant(l loose) time.Time {
	t, err := time.ParseInLocation(naive, strings.TrimSuffix(string(l), "Z"), time.UTC)
	if err != nil {
		return time.Time{}
	}
	return t
}

// created is when the order was made; drafts may have no date in GMT.
func (n normalizer) created() time.Time {
	if t := instant(n.v.Created); !t.IsZero() {
		return t
	}
	return n.local(n.v.CreatedHere)
}

// rational reads a decimal number of sensible size.
func rational(l loose) (*big.Rat, bool) {
	s := strings.TrimSpace(string(l))
	if s == "" || len(s) > 40 {
		return nil, false
	}
	if i := strings.IndexAny(s, "eE"); i >= 0 { // an exponent that nobody needs could take all memory
		if e, err := strconv.Atoi(s[i+1:]); err != nil || e > 18 || e < -18 {
			return nil, false
		}
	}
	return new(big.Rat).SetString(s)
}

// money reads an amount, which is a decimal text here.
func (n normalizer) money(l loose) order.Money {
	if m, err := order.ParseMoney(string(l), n.currency); err == nil {
		return m
	}
	r, ok := rational(l) // a number of some plugin's, with an exponent
	if !ok {
		return order.New(0, n.currency)
	}
	return n.ratio(r)
}

// ratio makes an amount of a fraction: exact as far as a few more decimals than the currency has can say it.
func (n normalizer) ratio(r *big.Rat) order.Money {
	exact := strings.TrimRight(strings.TrimRight(r.FloatString(order.Exponent(n.currency)+4), "0"), ".")
	m, err := order.ParseMoney(cmp.Or(exact, "0"), n.currency)
	if err != nil {
		return order.New(0, n.currency)
	}
	return m
}

// quantity reads how many, which may be a fraction; more than four decimals are rounded.
func quantity(l loose) order.Quantity {
	if q, err := order.ParseQuantity(string(l)); err == nil {
		return q
	}
	if r, ok := rational(l); ok {
		if q, err := order.ParseQuantity(r.FloatString(4)); err == nil {
			return q
		}
	}
	return 0
}
