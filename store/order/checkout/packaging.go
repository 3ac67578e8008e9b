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
		if (best == nil || r.Sequence < best.Sequence) && wraps(r, m.o, m.e.Country, m.in.Group.Supplier) == matches {
			best = r
		}
	}
	return best
}

// wraps compares a packaging rule with a part.
func wraps(r *PackagingRule, o *order.Order, country, supplier string) mismatch {
	switch {
	case r.Disabled:
		return disabled
	case r.Supplier != "" && r.Supplier != supplier:
		return otherSupplier
	case len(r.Countries) > 0 && !slices.Contains(r.Countries, country):
		return otherCountry
	case len(r.Stores) > 0 && !slices.Contains(r.Stores, o.Store):
		return otherStore
	case len(r.Tags) > 0 && !slices.ContainsFunc(o.Tags, func(have string) bool {
		return slices.ContainsFunc(r.Tags, func(want string) bool { return strings.EqualFold(have, want) })
	}):
		return otherTags
	}
	return matches
}

// TestPackaging says of every packaging rule, in the order of their sequence, whether it matches a part and why or why
// not. Of the rules only name and sequence are given.
func TestPackaging(in Input, s Settings) []RuleResult {
	o, supplier := &in.Record.Order, in.Group.Supplier
	country := o.Destination().Country
	out := make([]RuleResult, 0, len(s.Packaging))
	for i := range s.Packaging {
		r := &s.Packaging[i]
		one := RuleResult{Rule: Rule{Name: r.Name, Sequence: r.Sequence}}
		switch wraps(r, o, country, supplier) {
		case disabled:
			one.Why = "it is disabled"
		case otherSupplier:
			one.Why = fmt.Sprintf("it is for %s, and this goes to %s", r.Supplier, cmp.Or(supplier, "no supplier yet"))
		case otherCountry:
			one.Why = fmt.Sprintf("it is for %s, and this goes to %s", strings.Join(r.Countries, ", "), nowhere(country))
		case otherStore:
			one.Why = fmt.Sprintf("it is for orders of %s, and this is one of %s", strings.Join(r.Stores, ", "), o.Store)
		case otherTags:
			one.Why = fmt.Sprintf("the order has none of the tags %s", strings.Join(r.Tags, ", "))
		default:
			one.Matches, one.Why = true, "all of its conditions hold"
		}
		out = append(out, one)
	}
	return ranked(out)
}
