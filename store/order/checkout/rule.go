package checkout

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/orderdeck/orderdeck/store/order"
)

// Match is what the conditions of a shipping rule are compared with.
type Match struct {
	Country  string
	Supplier string
	Amount   order.Money // the order's total
	Methods  []Method    // that the supplier offers; nil = not known yet
}

// mismatch says which condition of a rule does not hold; the text is only made for people.
type mismatch int

const (
	matches mismatch = iota
	disabled
	otherSupplier
	otherCountry
	otherAmount
	notOffered
	notServing
	otherFreight
	otherStore
	otherTags
)

// judge compares a rule with a part. Of its method it gives the place among the methods, -1 where they are not known.
// A rule whose method does not serve the part does not match, so that the next one has its turn.
func judge(r *Rule, x *Match) (at int, why mismatch) {
	switch {
	case r.Disabled:
		return -1, disabled
	case r.Supplier != "" && r.Supplier != x.Supplier:
		return -1, otherSupplier
	case len(r.Countries) > 0 && !oneOf(r.Countries, x.Country):
		return -1, otherCountry
	case !inside(x.Amount, r.AmountFrom, r.AmountTo):
		return -1, otherAmount
	case x.Methods == nil:
		if r.FreightFrom != nil || r.FreightTo != nil {
			return -1, otherFreight
		}
		return -1, matches
	}
	at = slices.IndexFunc(x.Methods, func(m Method) bool { return strings.EqualFold(m.Code, r.Method) })
	if at < 0 {
		at = slices.IndexFunc(x.Methods, func(m Method) bool { return strings.EqualFold(m.Name, r.Method) })
	}
	switch {
	case at < 0:
		return -1, notOffered
	case x.Methods[at].Refused != "":
		return at, notServing
	case !inside(x.Methods[at].Cost, r.FreightFrom, r.FreightTo):
		return at, otherFreight
	}
	return at, matches
}

// oneOf tells whether a country is among some. Thousands of rules are asked this for thousands of parts, so two letters
// are compared as two letters.
func oneOf(countries []string, code string) bool {
	if len(code) != 2 {
		return slices.Contains(countries, code)
	}
	a, b := code[0], code[1]
	for _, c := range countries {
		if len(c) == 2 && c[0] == a && c[1] == b {
			return true
		}
	}
	return false
}

// inside tells whether an amount lies between two bounds, both inclusive; nil is open, and a bound in another currency
// is never kept.
func inside(m order.Money, from, to *order.Money) bool {
	if from != nil && (from.Currency != m.Currency || m.Minor < from.Minor) {
		return false
	}
	return to == nil || to.Currency == m.Currency && m.Minor <= to.Minor
}

// MatchRule tells whether the conditions of a rule hold, and why or why not.
func MatchRule(r Rule, x Match) (ok bool, why string) {
	at, miss := judge(&r, &x)
	switch miss {
	case disabled:
		return false, "it is disabled"
	case otherSupplier:
		return false, fmt.Sprintf("it is for %s, and this goes to %s", r.Supplier, cmp.Or(x.Supplier, "no supplier yet"))
	case otherCountry:
		return false, fmt.Sprintf("it is for %s, and this goes to %s", strings.Join(r.Countries, ", "), nowhere(x.Country))
	case otherAmount:
		return false, fmt.Sprintf("the order amounts to %s, and the rule is for %s", x.Amount, bounds(r.AmountFrom, r.AmountTo))
	case notOffered:
		return false, fmt.Sprintf("its method “%s” is not offered for this", r.Method)
	case notServing:
		return false, fmt.Sprintf("its method “%s” does not serve this: %s", r.Method, x.Methods[at].Refused)
	case otherFreight:
		if x.Methods == nil {
			return false, "the freight is not known yet"
		}
		return false, fmt.Sprintf("the freight is %s, and the rule is for %s", x.Methods[at].Cost, bounds(r.FreightFrom, r.FreightTo))
	case matches, otherStore, otherTags:
	}
	return true, conditions(&r)
}

// conditions says what a rule asks for.
func conditions(r *Rule) string {
	var parts []string
	if r.Supplier != "" {
		parts = append(parts, r.Supplier)
	}
	if len(r.Countries) > 0 {
		parts = append(parts, strings.Join(r.Countries, ", "))
	}
	if r.AmountFrom != nil || r.AmountTo != nil {
		parts = append(parts, "amount "+bounds(r.AmountFrom, r.AmountTo))
	}
	if r.FreightFrom != nil || r.FreightTo != nil {
		parts = append(parts, "freight "+bounds(r.FreightFrom, r.FreightTo))
	}
	if len(parts) == 0 {
		return "it is for every order"
	}
	return "all of it holds: " + strings.Join(parts, "; ")
}

// bounds writes a range: "USD 10.00 to USD 50.00", "from USD 10.00", "up to USD 50.00".
func bounds(from, to *order.Money) string {
	switch {
	case from != nil && to != nil:
		return from.String() + " to " + to.String()
	case from != nil:
		return "from " + from.String()
	case to != nil:
		return "up to " + to.String()
	}
	return "any amount"
}

func nowhere(country string) string {
	if country == "" {
		return "no country"
	}
	return country
}

func (m *maker) match() Match {
	return Match{Country: m.e.Country, Supplier: m.in.Group.Supplier, Amount: m.o.Total, Methods: m.e.Methods}
}

// winner is the enabled rule with the lowest sequence that matches, and its method. A rule that would have won if its
// method were offered is told of, so that nobody wonders.
func (m *maker) winner() (*Rule, *Method) {
	x := m.match()
	var best, missed *Rule
	var method *Method
	for i := range m.s.Rules {
		r := &m.s.Rules[i]
		if best != nil && r.Sequence >= best.Sequence {
			continue
		}
		switch at, why := judge(r, &x); why {
		case matches:
			best, method = r, nil
			if at >= 0 {
				method = &m.e.Methods[at]
			}
		case notOffered, notServing:
			if missed == nil || r.Sequence < missed.Sequence {
				missed = r
			}
		}
	}
	if missed != nil && (best == nil || missed.Sequence < best.Sequence) && m.in.Choice.Method == "" {
		_, why := MatchRule(*missed, x)
		m.warn("the rule “%s” would come first, but %s", missed.Name, why)
	}
	return best, method
}

// RuleResult is what a test says of one rule.
type RuleResult struct {
	Rule    Rule
	Matches bool
	Wins    bool
	Why     string
}

// TestRules says of every shipping rule, in the order of their sequence, whether it matches a part and why or why not.
func TestRules(in Input, s Settings) []RuleResult {
	e := Make(in, s)
	x := Match{Country: e.Country, Supplier: in.Group.Supplier, Amount: in.Record.Total, Methods: e.Methods}
	out := make([]RuleResult, 0, len(s.Rules))
	for _, r := range s.Rules {
		one := RuleResult{Rule: r}
		one.Matches, one.Why = MatchRule(r, x)
		out = append(out, one)
	}
	return ranked(out)
}

// ranked puts results in the order of the rules' sequence, and marks the one that wins.
func ranked(out []RuleResult) []RuleResult {
	slices.SortStableFunc(out, func(a, b RuleResult) int { return cmp.Compare(a.Rule.Sequence, b.Rule.Sequence) })
	if i := slices.IndexFunc(out, func(r RuleResult) bool { return r.Matches }); i >= 0 {
		out[i].Wins = true
		for j := i + 1; j < len(out); j++ {
			if out[j].Matches {
				out[j].Why = fmt.Sprintf("“%s” comes first", out[i].Rule.Name)
			}
		}
	}
	return out
}
