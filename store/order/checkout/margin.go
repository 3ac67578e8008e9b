package checkout

import (
	"math/big"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
)

// margin works out what is left of what the customer pays for the part. Without a rate it stays unknown.
func (m *maker) margin() {
	if !m.e.Complete {
		return
	}
	if base := m.s.Base; base != "" {
		if in, _, ok := Convert(m.e.Total, base, m.s.Rates, m.now); ok {
			m.e.InBase = &in
		}
	}
	revenue, ok := m.revenue()
	if !ok {
		return
	}
	cost, rate, ok := Convert(m.e.Total, revenue.Currency, m.s.Rates, m.now)
	if !ok {
		return
	}
	left, err := revenue.Sub(cost)
	if err != nil {
		return
	}
	m.e.Margin, m.e.Rate = &left, rate
	if revenue.Minor > 0 {
		m.e.MarginPercent, _ = new(big.Rat).SetFrac64(left.Minor*1, revenue.Minor).Float64()
		m.e.MarginPercent *= 100
	}
	if left.Minor < 0 {
		m.warn("it costs more than the customer pays: a loss of %s", order.New(-left.Minor, left.Currency))
	}
}

// revenue is the part's share of what the customer pays, without tax and without what was given back.
func (m *maker) revenue() (order.Money, bool) {
	net, err := m.o.Total.Sub(m.o.Tax)
	if err == nil {
		net, err = net.Sub(m.o.Refunded)
	}
	if err != nil || net.Currency == "" {
		return order.Money{}, false
	}
	part, all := new(big.Rat), new(big.Rat)
	units := lineUnits(m.o)
	for i := range m.o.Lines {
		l := &m.o.Lines[i]
		all.Add(all, weight(l, l.Open(), units))
	}
	for _, i := range m.in.Group.Lines {
		l := &m.o.Lines[i]
		part.Add(part, weight(l, remaining(l), units))
	}
	if all.Sign() <= 0 || part.Sign() < 0 {
		return order.Money{}, false
	}
	return scaled(net, part.Quo(part, all))
}

// lineUnits tells whether lines are weighed by their pieces, because they have no prices that could be compared.
func lineUnits(o *order.Order) bool {
	for i := range o.Lines {
		if l := &o.Lines[i]; l.Open() > 0 && l.Total.Minor > 0 && l.Quantity > 0 {
			return false
		}
	}
	return true
}

// weight is what a quantity of a line counts in its order.
func weight(l *order.Line, q order.Quantity, units bool) *big.Rat {
	switch {
	case q <= 0 || l.Quantity <= 0:
		return new(big.Rat)
	case units:
		return new(big.Rat).SetInt64(int64(q))
	}
	share := big.NewRat(int64(q), int64(l.Quantity))
	return share.Mul(share, new(big.Rat).SetInt64(max(0, l.Total.Minor)))
}

// scaled multiplies an amount, rounding half away from zero.
func scaled(m order.Money, by *big.Rat) (order.Money, bool) {
	return round(new(big.Rat).Mul(new(big.Rat).SetInt64(m.Minor), by), m.Currency)
}

func round(r *big.Rat, currency string) (order.Money, bool) {
	// FloatString rounds half away from zero.
	n, ok := new(big.Int).SetString(r.FloatString(0), 10)
	if !ok || !n.IsInt64() {
		return order.Money{}, false
	}
	return order.New(n.Int64(), currency), true
}

// Convert gives an amount in another currency, by the youngest rate that is not from the future, in either direction.
// rate is the one that was used, nil where none was needed. ok is false where there is none.
func Convert(m order.Money, to string, rates []Rate, now time.Time) (out order.Money, rate *Rate, ok bool) {
	if m.Currency == to {
		return order.New(m.Minor, to), nil, true
	}
	var best *Rate
	for i := range rates {
		r := &rates[i]
		fits := r.From == m.Currency && r.To == to || r.To == m.Currency && r.From == to
		if !fits || r.Date.After(now) || rat(r.Rate) == nil {
			continue
		}
		if best == nil || r.Date.After(best.Date) || r.Date.Equal(best.Date) && r.From == m.Currency && best.From != m.Currency {
			best = r
		}
	}
	if best == nil {
		return order.Money{}, nil, false
	}
	by := rat(best.Rate)
	if best.From != m.Currency {
		by.Inv(by)
	}
	by.Mul(by, new(big.Rat).SetFrac(tens(order.Exponent(to)), tens(order.Exponent(m.Currency))))
	out, ok = scaled(order.New(m.Minor, to), by)
	used := *best
	return out, &used, ok
}

func tens(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }
