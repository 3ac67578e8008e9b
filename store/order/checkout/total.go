package checkout

import (
	"fmt"

	"github.com/orderdeck/orderdeck/store/order"
)

// total adds up what is paid. It is complete only if every part of it is known and can be added to the others.
func (m *maker) total() {
	goods, err := sum(m.e.Items)
	if err == nil {
		m.e.PackagingCost, err = sum(m.e.Packaging)
	}
	if err != nil {
		m.wrongTotal(err.Error())
		return
	}
	m.e.Goods = goods
	known := m.quote != nil && len(m.e.Items) > 0
	for i := range m.e.Items {
		known = known && m.e.Items[i].Unit.Currency != ""
	}
	if m.quote != nil {
		m.e.Fees = m.quote.Fees
		if problem := wrongPrice(m.e.Fees, m.currency(), m.label()); problem != "" && m.e.Fees != (order.Money{}) {
			m.wrongTotal("the fees are " + problem)
			return
		}
	}
	switch {
	case m.e.Method != nil:
		m.e.Shipping = m.e.Method.Cost
	case known && m.digital() && len(m.e.Methods) == 0:
		m.e.Shipping = order.New(0, m.currency())
	default:
		known = false
	}
	if !known {
		return
	}
	total := m.e.Goods
	for _, part := range []order.Money{m.e.Shipping, m.e.Fees, m.e.PackagingCost} {
		if total, err = total.Add(part); err != nil {
			m.wrongTotal(err.Error())
			return
		}
	}
	if problem := wrongPrice(total, m.currency(), m.label()); problem != "" {
		m.wrongTotal("it is " + problem)
		return
	}
	m.e.Total, m.e.Complete = order.New(total.Minor, total.Currency), true
}

func (m *maker) wrongTotal(why string) {
	m.block(Blocker{
		Code: BlockTotal, Text: "the total does not add up: " + why, Fix: "correct the price list or ask again; nothing is paid like this", Action: ActionRequote,
	})
}

func sum(items []Item) (order.Money, error) {
	var total order.Money
	for i := range items {
		each, err := items[i].Unit.Times(items[i].Quantity)
		if err == nil {
			total, err = total.Add(each)
		}
		if err != nil {
			return order.Money{}, fmt.Errorf("%s× “%s”: %w", items[i].Quantity, items[i].Title, err)
		}
	}
	return total, nil
}

// accepted blocks what costs more than the merchant said yes to.
func (m *maker) accepted() {
	if m.in.Choice.AcceptPrice == "" || !m.e.Complete {
		return
	}
	most, err := order.ParseMoney(m.in.Choice.AcceptPrice, m.e.Total.Currency)
	if err == nil {
		if b, more := PriceRise(most, m.e.Total); more {
			m.block(b)
		}
	}
}

// PriceRise tells whether a total is more than the one that the merchant saw, and what is in the way then. Another
// currency is always more.
func PriceRise(seen, now order.Money) (Blocker, bool) {
	if now.Currency == seen.Currency && now.Minor <= seen.Minor {
		return Blocker{}, false
	}
	return Blocker{
		Code: BlockPrice, Text: fmt.Sprintf("it costs %s now, and %s was agreed to", now, seen),
		Fix: "look at the new total and agree to it, or take it out of this checkout", Action: ActionAccept,
	}, true
}
