package checkout

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/orderdeck/orderdeck/store/order"
)

// RuleError is what is wrong with one rule or rate.
type RuleError struct {
	Index int    // of the rule in the list
	Text  string // a sentence without its full stop
}

// Error is the sentence.
func (e *RuleError) Error() string { return e.Text }

// wrongs collects what is wrong with the entries of a list.
type wrongs []error

func (w *wrongs) add(i int, format string, args ...any) {
	*w = append(*w, &RuleError{Index: i, Text: fmt.Sprintf(format, args...)})
}

func (w wrongs) join() error { return errors.Join(w...) }

// CheckRules tells what is wrong with shipping rules: what has no name or no method, stands on the place of another
// one, or can never match. The errors that it joins are of type *RuleError.
func CheckRules(rules []Rule) error {
	var w wrongs
	checkNames(&w, len(rules), func(i int) (string, int) { return rules[i].Name, rules[i].Sequence })
	for i := range rules {
		r := &rules[i]
		if r.Method == "" {
			w.add(i, "the rule “%s” has no method: write the code or the name of the shipping method that it chooses", r.Name)
		}
		checkCountries(&w, i, r.Name, r.Countries)
		checkBounds(&w, i, r.Name, "amount", r.AmountFrom, r.AmountTo)
		checkBounds(&w, i, r.Name, "freight", r.FreightFrom, r.FreightTo)
	}
	return w.join()
}

// checkNames wants every rule to have a name and a place of its own.
func checkNames(w *wrongs, n int, rule func(i int) (name string, sequence int)) {
	names, places := map[string]int{}, map[int]string{}
	for i := range n {
		name, sequence := rule(i)
		if name == "" {
			w.add(i, "a rule has no name: write one, by which the checkout says that it won")
		} else if _, twice := names[name]; twice {
			w.add(i, "two rules are called “%s”: give one of them another name", name)
		}
		names[name] = i
		if other, twice := places[sequence]; twice {
			w.add(i, "the rules “%s” and “%s” both have the sequence %d, so nobody knows which comes first: change one", other, name, sequence)
		}
		places[sequence] = name
	}
}

func checkCountries(w *wrongs, i int, name string, countries []string) {
	for j, c := range countries {
		if !KnownCountry(c) {
			w.add(i, "the rule “%s” is for “%s”, which is no country: write codes of two capital letters such as BR or PT", name, c)
		} else if slices.Contains(countries[:j], c) {
			w.add(i, "the rule “%s” names %s twice: once is enough", name, c)
		}
	}
}

func checkBounds(w *wrongs, i int, name, what string, from, to *order.Money) {
	for _, m := range []*order.Money{from, to} {
		if m != nil && (m.Minor < 0 || Absurd(*m)) {
			w.add(i, "the rule “%s” has the %s %s, which no order has: write a smaller one, or 0", name, what, m)
		}
	}
	if from == nil || to == nil {
		return
	}
	switch {
	case from.Currency != to.Currency:
		w.add(i, "the rule “%s” goes from %s to %s, which are two currencies: no %s is in both", name, from, to, what)
	case from.Minor > to.Minor:
		w.add(i, "the rule “%s” goes from %s to %s, so no %s is ever in it: swap them", name, from, to, what)
	}
}

// CheckPackaging tells what is wrong with packaging rules; see CheckRules.
func CheckPackaging(rules []PackagingRule) error {
	var w wrongs
	checkNames(&w, len(rules), func(i int) (string, int) { return rules[i].Name, rules[i].Sequence })
	for i := range rules {
		r := &rules[i]
		if len(r.SKUs) == 0 || slices.Contains(r.SKUs, "") {
			w.add(i, "the rule “%s” has no SKU of what is put into the parcel: write the supplier's own", r.Name)
		}
		checkCountries(&w, i, r.Name, r.Countries)
	}
	return w.join()
}

// CheckRates tells what is wrong with exchange rates; see CheckRules.
func CheckRates(rates []Rate) error {
	var w wrongs
	for i := range rates {
		r := &rates[i]
		if err := cmp.Or(CheckCurrency(r.From), CheckCurrency(r.To)); err != nil {
			w.add(i, "a rate from %s to %s cannot be: %v", r.From, r.To, err)
			continue
		}
		n := rat(r.Rate)
		switch {
		case r.From == r.To:
			w.add(i, "a rate from %s to itself says nothing: take it out", r.From)
		case n == nil:
			w.add(i, "the rate “%s” from %s to %s is no number above 0: write one such as 5.43", r.Rate, r.From, r.To)
		case n.Cmp(rat("1000000000")) > 0 || n.Cmp(rat("0.000000001")) < 0:
			w.add(i, "the rate “%s” from %s to %s is out of all bounds: it is what one %s is worth in %s", r.Rate, r.From, r.To, r.From, r.To)
		case r.Date.IsZero():
			w.add(i, "the rate from %s to %s has no date: write the day of which it is", r.From, r.To)
		case slices.ContainsFunc(rates[:i], func(x Rate) bool { return x.From == r.From && x.To == r.To && x.Date.Equal(r.Date) }):
			w.add(i, "there are two rates from %s to %s of %s: keep one of them", r.From, r.To, r.Date.Format("2006-01-02"))
		}
	}
	return w.join()
}

// Overlaps tells of rules that hardly ever win, because one that comes first takes all that they take. That is no
// mistake as such: the later one still has its turn where the method of the first is not offered.
func Overlaps(rules []Rule) []*RuleError {
	var out []*RuleError
	for i := range rules {
		for j := range rules {
			a, b := &rules[j], &rules[i]
			if a.Sequence < b.Sequence && !a.Disabled && !b.Disabled && covers(a, b) {
				out = append(out, &RuleError{i, fmt.Sprintf("“%s” comes before “%s” and takes every order that it would take", a.Name, b.Name)})
				break
			}
		}
	}
	return out
}

// covers tells whether rule a holds wherever rule b holds.
func covers(a, b *Rule) bool {
	if a.Supplier != "" && a.Supplier != b.Supplier {
		return false
	}
	if len(a.Countries) > 0 {
		if len(b.Countries) == 0 {
			return false
		}
		for _, c := range b.Countries {
			if !slices.Contains(a.Countries, c) {
				return false
			}
		}
	}
	// The freight is that of another method, unless both choose the same one.
	if (a.FreightFrom != nil || a.FreightTo != nil) && (a.Method != b.Method || !wider(a.FreightFrom, a.FreightTo, b.FreightFrom, b.FreightTo)) {
		return false
	}
	return wider(a.AmountFrom, a.AmountTo, b.AmountFrom, b.AmountTo)
}

// wider tells whether one range has all that another has.
func wider(from, to, from2, to2 *order.Money) bool {
	low := from == nil || from2 != nil && from.Currency == from2.Currency && from.Minor <= from2.Minor
	high := to == nil || to2 != nil && to.Currency == to2.Currency && to.Minor >= to2.Minor
	return low && high
}
