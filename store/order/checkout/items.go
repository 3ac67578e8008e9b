package checkout

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/orderdeck/orderdeck/store/order"
)

// remaining is what of a line is still to be bought: neither cancelled nor refunded nor sent by somebody else.
func remaining(l *order.Line) order.Quantity { return max(0, l.Open()-max(0, l.Fulfilled)) }

// items makes the lines of the order the lines of the purchase, at the cost on file.
func (m *maker) items() {
	var none, noCost []string
	for _, i := range m.in.Group.Lines {
		l := &m.o.Lines[i]
		q := remaining(l)
		if q <= 0 {
			continue
		}
		link, ok := m.in.Links[l.ProductKey()]
		switch {
		case !ok || link.Supplier != m.in.Group.Supplier || link.SupplierSKU == "":
			none = append(none, l.Title)
			continue
		case !link.CostKnown:
			noCost = append(noCost, l.Title)
		}
		it := Item{
			Line: l.ExternalID, Title: l.Title, SKU: link.SupplierSKU, Quantity: q, Weight: link.WeightGrams, Stock: link.Stock,
		}
		if l.Variant != "" {
			it.Title += " (" + l.Variant + ")"
		}
		if link.CostKnown {
			it.Unit = link.Cost
		}
		m.e.Items = append(m.e.Items, it)
	}
	m.noLink(none)
	m.noCost(noCost)
	switch {
	case len(m.e.Items) > 0 && len(none) == 0:
		m.e.Basket = BasketKey(m.in.Group.Supplier, m.e.Items, m.e.Address)
	case len(m.e.Items) == 0 && len(m.e.Blockers) == 0:
		m.block(Blocker{
			Code: BlockStage, Text: "nothing of it is left to be bought: the store says that it has been sent", Fix: "take it out of this checkout", Action: ActionRemove,
		})
	}
}

// digital tells whether nothing of the part needs delivery.
func (m *maker) digital() bool {
	for _, i := range m.in.Group.Lines {
		if l := &m.o.Lines[i]; remaining(l) > 0 && !l.Digital {
			return false
		}
	}
	return true
}

// findQuote takes the quote if it is one for this part, and blocks where there is none or where it is too old.
func (m *maker) findQuote() {
	if m.e.Basket == "" {
		return
	}
	q := m.in.Quote
	b := Blocker{Code: BlockQuote, Fix: "ask again", Action: ActionRequote}
	switch {
	case q == nil || q.Basket != m.e.Basket || q.Supplier != m.in.Group.Supplier || q.At.IsZero() && q.Error == "":
		b.Text = m.label() + " has not said yet what it costs now"
		m.block(b)
		return
	case q.Error != "":
		m.e.QuotedAt = q.At
		b.Text, b.Fix = fmt.Sprintf("%s gives no quote: %s", m.label(), q.Error), "mend what it says, then ask again; or choose another supplier"
		m.block(b)
		return
	}
	m.quote, m.e.QuotedAt = q, q.At
	if age := m.now.Sub(q.At); age.Abs() > cmp.Or(m.s.QuoteAge, DefaultQuoteAge) {
		b.Text = fmt.Sprintf("the quote of %s is %s old", m.label(), span(age))
		if age < 0 {
			b.Text = fmt.Sprintf("the quote of %s is from the future: a clock is wrong", m.label())
		}
		m.block(b)
	}
}

// quoted is what a quote says of one SKU, taken together where it says it in several rows.
type quoted struct {
	QuotedItem
	ok bool
}

func find(q *Quote, sku string) quoted {
	var out quoted
	for i := range q.Items {
		it := &q.Items[i]
		if it.SKU != sku {
			continue
		}
		if !out.ok {
			out = quoted{*it, true}
			continue
		}
		out.Quantity += it.Quantity
		out.Gone = out.Gone || it.Gone
		if it.Unit.Minor > out.Unit.Minor || it.Unit.Currency != out.Unit.Currency {
			out.Unit = it.Unit
		}
		if it.Stock != nil && (out.Stock == nil || *it.Stock < *out.Stock) {
			out.Stock = it.Stock
		}
	}
	return out
}

// price puts the prices and the stock of the quote into the items, and blocks what is not sold any more or not there.
func (m *maker) price() {
	wanted := map[string]order.Quantity{}
	for i := range m.e.Items {
		wanted[m.e.Items[i].SKU] += m.e.Items[i].Quantity
	}
	currency := m.currency()
	var seen, risen []string
	for i := range m.e.Items {
		it := &m.e.Items[i]
		first := !slices.Contains(seen, it.SKU)
		seen = append(seen, it.SKU)
		if m.quote != nil {
			q := find(m.quote, it.SKU)
			switch {
			case !q.ok || q.Quantity != 0 && q.Quantity != wanted[it.SKU]:
				if first {
					m.block(Blocker{
						Code: BlockQuote, Text: fmt.Sprintf("the quote of %s is not for %s× %s", m.label(), wanted[it.SKU], it.Title), Fix: "ask again", Action: ActionRequote,
					})
				}
			case q.Gone:
				m.block(Blocker{
					Code: BlockGone, Text: fmt.Sprintf("%s does not sell “%s” any more", m.label(), it.Title), Fix: "link it to another product", Action: ActionLink,
				})
			default:
				if it.Unit.Currency == q.Unit.Currency && q.Unit.Minor > it.Unit.Minor {
					risen = append(risen, fmt.Sprintf("“%s” costs %s now, %s on file", it.Title, q.Unit, it.Unit))
				}
				it.Unit = q.Unit
			}
			if q.Stock != nil {
				it.Stock = q.Stock
			}
		}
		m.checkUnit(it, currency)
		if it.Stock != nil && first && order.Units(max(0, min(*it.Stock, 1<<40))) < wanted[it.SKU] {
			m.block(Blocker{
				Code: BlockStock, Text: fmt.Sprintf("%s has %d of “%s”, and %s are wanted", m.label(), max(0, *it.Stock), it.Title, wanted[it.SKU]),
				Fix: "wait until there is more, or link it to another supplier", Action: ActionLink,
			})
		}
	}
	m.e.Warnings = append(m.e.Warnings, risen...)
}

// currency is the one in which the part is paid: the supplier's, else that of the first price.
func (m *maker) currency() string {
	if m.e.Supplier.Currency != "" {
		return m.e.Supplier.Currency
	}
	if m.quote != nil && len(m.quote.Items) > 0 {
		return m.quote.Items[0].Unit.Currency
	}
	for i := range m.e.Items {
		if c := m.e.Items[i].Unit.Currency; c != "" {
			return c
		}
	}
	return ""
}

// checkUnit refuses a price that cannot be one.
func (m *maker) checkUnit(it *Item, currency string) {
	if it.Unit.Currency == "" {
		return // not known; that has been said
	}
	if problem := wrongPrice(it.Unit, currency, m.label()); problem != "" {
		m.block(Blocker{
			Code: BlockCost, Text: fmt.Sprintf("the price of “%s” is %s", it.Title, problem), Fix: "correct the price list, then ask again", Action: ActionRequote,
		})
	} else if it.Unit.Minor == 0 {
		m.warn("“%s” costs nothing at %s", it.Title, m.label())
	}
}
