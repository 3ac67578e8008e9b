package checkout

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/orderdeck/orderdeck/store/order"
)

// packaging puts the supplier's private products into the parcel: those that the merchant chose, else those of the
// first rule that matches. What cannot be had is told of and is never in the way.
func (m *maker) packaging() {
	rule := m.packagingRule()
	var skus []string
	switch {
	case m.in.Choice.NoPackaging:
		m.e.PackagingBy = "none, chosen"
		return
	case m.in.Choice.Packaging != nil:
		skus, m.e.PackagingBy = m.in.Choice.Packaging, "chosen"
	case rule != nil:
		skus, m.e.PackagingBy = rule.SKUs, fmt.Sprintf("by rule “%s”", rule.Name)
	default:
		return
	}
	card := false
	for i, sku := range skus {
		if slices.Contains(skus[:i], sku) {
			continue
		}
		at := slices.IndexFunc(m.in.Private, func(p Product) bool { return p.SKU == sku })
		if at < 0 {
			m.warn("“%s” is none of the private products of %s, and was left out", sku, m.label())
			continue
		}
		p := &m.in.Private[at]
		switch problem := wrongPrice(p.Cost, cmp.Or(m.e.Supplier.Currency, p.Cost.Currency), m.label()); {
		case !p.CostKnown:
			m.warn("what “%s” costs is not known, and it was left out", p.Title)
		case problem != "":
			m.warn("the price of “%s” is %s, and it was left out", p.Title, problem)
		case p.Stock != nil && *p.Stock < 1:
			m.warn("%s has no “%s” left, and it was left out", m.label(), p.Title)
		default:
			m.e.Packaging = append(m.e.Packaging, Item{
				Title: p.Title, SKU: p.SKU, Quantity: order.Units(1), Unit: p.Cost, Weight: p.WeightGrams, Stock: p.Stock,
			})
			card = card || p.Kind == KindCard
		}
	}
	if rule != nil && (card || len(m.e.Packaging) > 0 && m.in.Choice.Packaging == nil) {
		m.e.CardText = rule.CardText
	}
}

// packagingRule is the enabled packaging rule with the lowest sequence that matches.
func (m *maker) packagingRule() *PackagingRule {
	var best *PackagingRule
	for i := range m.s.Packaging {
		r := &m.s.Packaging[i]
		if !r.Disabled && (best == nil || r.Sequence < best.Sequence) && m.wraps(r) {
			best = r
		}
	}
	return best
}

func (m *maker) wraps(r *PackagingRule) bool {
	tagged := len(r.Tags) == 0 || slices.ContainsFunc(m.o.Tags, func(have string) bool {
		return slices.ContainsFunc(r.Tags, func(want string) bool { return strings.EqualFold(have, want) })
	})
	return tagged && (r.Supplier == "" || r.Supplier == m.in.Group.Supplier) &&
		(len(r.Stores) == 0 || slices.Contains(r.Stores, m.o.Store)) &&
		(len(r.Countries) == 0 || slices.Contains(r.Countries, m.e.Country))
}
