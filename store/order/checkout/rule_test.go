package checkout

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/orderdeck/orderdeck/store/order"
)

func brl(minor int64) *order.Money { return new(order.New(minor, "BRL")) }

// TestOneRule chooses the method of the same part by one rule each.
func TestOneRule(t *testing.T) {
	tests := []struct {
		name string
		rule Rule
		why  string // part of it
		ok   bool
	}{
		{"for all", Rule{Method: "std"}, "every order", true},
		{"by name, without case", Rule{Method: "EXPRESS"}, "every order", true},
		{"disabled", Rule{Method: "std", Disabled: true}, "disabled", false},
		{"country", Rule{Method: "std", Countries: []string{"PT", "BR"}}, "PT, BR", true},
		{"another country", Rule{Method: "std", Countries: []string{"PT"}}, "for PT, and this goes to BR", false},
		{"supplier", Rule{Method: "std", Supplier: "lumen"}, "lumen", true},
		{"another supplier", Rule{Method: "std", Supplier: "cj"}, "for cj, and this goes to lumen", false},
		{"amount", Rule{Method: "std", AmountFrom: brl(22_000), AmountTo: brl(22_000)}, "amount BRL 220.00 to BRL 220.00", true},
		{"a larger one", Rule{Method: "std", AmountFrom: brl(22_001)}, "amounts to BRL 220.00, and the rule is for from BRL 220.01", false},
		{"a smaller one", Rule{Method: "std", AmountTo: brl(21_999)}, "up to BRL 219.99", false},
		{"an amount in another currency", Rule{Method: "std", AmountTo: new(usd(1_000_000))}, "up to USD 10000.00", false},
		{"freight", Rule{Method: "std", FreightFrom: new(usd(680)), FreightTo: new(usd(680))}, "freight USD 6.80", true},
		{"too much freight", Rule{Method: "exp", FreightTo: new(usd(1_499))}, "the freight is USD 15.00", false},
		{"too little freight", Rule{Method: "std", FreightFrom: new(usd(681))}, "the freight is USD 6.80", false},
		{"freight in another currency", Rule{Method: "std", FreightTo: brl(99_999)}, "the freight is USD 6.80", false},
		{"a method that does not serve it", Rule{Method: "sea"}, "does not serve this: not to BR", false},
		{"a method that there is not", Rule{Method: "rocket"}, "is not offered", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in, s := part(t)
			tt.rule.Name, tt.rule.Sequence = "r", 5
			s.Rules = []Rule{tt.rule}
			e := Make(in, s)
			if won := e.Rule == "r"; won != tt.ok || !e.Ready() || won == (e.MethodBy == "the cheapest") {
				t.Errorf("won: %t, by %s, blocked by %v", won, e.MethodBy, e.Blockers)
			}
			got := TestRules(in, s)
			if len(got) != 1 || got[0].Matches != tt.ok || got[0].Wins != tt.ok || !strings.Contains(got[0].Why, tt.why) {
				t.Errorf("%+v", got)
			}
			warned := slices.ContainsFunc(e.Warnings, func(w string) bool { return strings.Contains(w, "the rule “r” would come first") })
			if skipped := strings.Contains(tt.name, "a method"); warned != skipped {
				t.Errorf("warnings %q", e.Warnings)
			}
		})
	}
}

// TestFirstMatchWins compares the winner with one that is found by looking at the rules one after the other.
func TestFirstMatchWins(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		in, s := part(t)
		s.Rules = rapid.SliceOfNDistinct(rapid.Custom(rule), 0, 12, func(r Rule) int { return r.Sequence }).Draw(rt, "rules")
		for i := range s.Rules {
			s.Rules[i].Name = fmt.Sprint("rule ", s.Rules[i].Sequence)
			if s.Rules[i].Supplier != "" {
				s.Rules[i].Supplier = "lumen"
			}
		}
		e := Make(in, s)
		x := Match{Country: e.Country, Supplier: "lumen", Amount: in.Record.Total, Methods: e.Methods}
		sorted := slices.Clone(s.Rules)
		slices.SortFunc(sorted, func(a, b Rule) int { return a.Sequence - b.Sequence })
		want := ""
		for _, r := range sorted {
			if ok, _ := MatchRule(r, x); ok {
				want = r.Name
				if !strings.EqualFold(r.Method, e.Method.Code) && !strings.EqualFold(r.Method, e.Method.Name) {
					rt.Fatalf("%s wins with %+v", want, e.Method)
				}
				break
			}
		}
		if e.Rule != want {
			rt.Fatalf("%q wins, not %q", e.Rule, want)
		}
		wins := 0
		for _, r := range TestRules(in, s) {
			if r.Wins {
				wins++
				if r.Rule.Name != want {
					rt.Fatalf("the test says that %q wins", r.Rule.Name)
				}
			}
			if r.Why == "" {
				rt.Fatalf("nothing is said of %+v", r.Rule)
			}
		}
		if wins > 1 || wins == 0 && want != "" {
			rt.Fatalf("%d rules win", wins)
		}
	})
}

func TestCheckRules(t *testing.T) {
	good := Rule{Name: "a", Sequence: 10, Method: "std", Countries: []string{"BR"}, AmountFrom: brl(0), AmountTo: brl(100)}
	tests := []struct {
		name   string
		change func(r *Rule)
		text   string
	}{
		{"nothing", func(*Rule) {}, ""},
		{"no name", func(r *Rule) { r.Name = "" }, "has no name"},
		{"the name of another", func(r *Rule) { r.Name = "other" }, "two rules are called “other”"},
		{"the place of another", func(r *Rule) { r.Sequence = 20 }, "both have the sequence 20"},
		{"no method", func(r *Rule) { r.Method = "" }, "has no method"},
		{"no country", func(r *Rule) { r.Countries = []string{"UK"} }, "“UK”, which is no country"},
		{"a country in small letters", func(r *Rule) { r.Countries = []string{"br"} }, "“br”, which is no country"},
		{"a country twice", func(r *Rule) { r.Countries = []string{"BR", "BR"} }, "names BR twice"},
		{"the wrong way round", func(r *Rule) { r.AmountFrom = brl(101) }, "goes from BRL 1.01 to BRL 1.00, so no amount is ever in it: swap them"},
		{"two currencies", func(r *Rule) { r.AmountFrom = new(usd(1)) }, "which are two currencies"},
		{"a negative bound", func(r *Rule) { r.AmountFrom = brl(-1) }, "has the amount BRL -0.01"},
		{"an absurd freight", func(r *Rule) { r.FreightTo = brl(1 << 60) }, "has the freight BRL"},
	}
	for _, tt := range tests {
		r := good
		tt.change(&r)
		err := CheckRules([]Rule{{Name: "other", Sequence: 20, Method: "exp"}, r})
		var wrong *RuleError
		switch {
		case tt.text == "" && err != nil, tt.text != "" && (err == nil || !strings.Contains(err.Error(), tt.text)):
			t.Errorf("%s: %v", tt.name, err)
		case err != nil && (!errors.As(err, &wrong) || wrong.Index != 1):
			t.Errorf("%s: it is said of rule %d", tt.name, wrong.Index)
		}
	}
	p := []PackagingRule{{Name: "a", SKUs: []string{"X"}, Countries: []string{"ZZ"}}, {Name: "a", Sequence: 0}}
	if err := CheckPackaging(p); err == nil || strings.Count(err.Error(), "\n") != 3 {
		t.Errorf("%v", err)
	}
	if err := CheckPackaging([]PackagingRule{{Name: "a", SKUs: []string{"X"}}}); err != nil {
		t.Error(err)
	}
}

func TestCheckRates(t *testing.T) {
	good := Rate{From: "USD", To: "BRL", Rate: "5.43", Date: now}
	if err := CheckRates([]Rate{good, {From: "BRL", To: "USD", Rate: "0.18", Date: now}, {From: "USD", To: "BRL", Rate: "5.40", Date: now.AddDate(0, 0, -1)}}); err != nil {
		t.Error(err)
	}
	for text, r := range map[string]Rate{
		"“usd” is no currency":              {From: "usd", To: "BRL", Rate: "1", Date: now},
		"“ABC” is no currency":              {From: "USD", To: "ABC", Rate: "1", Date: now},
		"from USD to itself":                {From: "USD", To: "USD", Rate: "1", Date: now},
		"“-1” from USD to BRL is no number": {From: "USD", To: "BRL", Rate: "-1", Date: now},
		"“0” from":                          {From: "USD", To: "BRL", Rate: "0", Date: now},
		"“5,43”":                            {From: "USD", To: "BRL", Rate: "5,43", Date: now},
		"out of all bounds":                 {From: "USD", To: "BRL", Rate: "99999999999", Date: now},
		"has no date":                       {From: "USD", To: "BRL", Rate: "1"},
		"there are two rates":               good,
	} {
		if err := CheckRates([]Rate{good, r}); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestOverlaps(t *testing.T) {
	rules := []Rule{
		{Name: "rest", Sequence: 50, Method: "std"},
		{Name: "BR", Sequence: 60, Method: "exp", Countries: []string{"BR"}},
		{Name: "small", Sequence: 10, Method: "std", AmountTo: brl(1_000), Countries: []string{"BR", "PT"}},
		{Name: "smaller", Sequence: 20, Method: "exp", AmountTo: brl(500), Countries: []string{"PT"}},
		{Name: "smaller, dollars", Sequence: 30, Method: "exp", AmountTo: new(usd(500)), Countries: []string{"PT"}},
		{Name: "all of PT", Sequence: 40, Method: "exp", Countries: []string{"PT"}},
		{Name: "off", Sequence: 70, Method: "exp", Disabled: true},
	}
	var got []string
	for _, e := range Overlaps(rules) {
		got = append(got, rules[e.Index].Name)
	}
	if want := []string{"BR", "smaller"}; !slices.Equal(got, want) {
		t.Errorf("%q never win, want %q", got, want)
	}
}

// TestPackagingByRule puts things into a parcel by rule and by choice.
func TestPackagingByRule(t *testing.T) {
	in, s := part(t)
	s.Packaging = []PackagingRule{
		{Name: "all", Sequence: 20, SKUs: []string{"KRAFT-S"}},
		{Name: "VIPs", Sequence: 10, Stores: []string{"aurora"}, Countries: []string{"BR"}, Tags: []string{"vip"}, Supplier: "lumen", SKUs: []string{"KRAFT-S", "CARD", "KRAFT-S", "GONE"}, CardText: "Obrigada!"},
		{Name: "others", Sequence: 5, Tags: []string{"gift"}, SKUs: []string{"GIFT"}},
	}
	e := Make(in, s)
	if len(e.Packaging) != 2 || e.PackagingCost != usd(40) || e.Total != usd(2_450) || e.CardText != "Obrigada!" || e.PackagingBy != "by rule “VIPs”" || !e.Ready() {
		t.Errorf("%+v %s by %s, %q, blocked by %v", e.Packaging, e.Total, e.PackagingBy, e.CardText, e.Blockers)
	}
	if len(e.Warnings) != 1 || !strings.Contains(e.Warnings[0], "“GONE” is none of the private products") {
		t.Errorf("warnings %q", e.Warnings)
	}
	why := map[string]string{}
	for _, r := range TestPackaging(in, s) {
		why[r.Rule.Name] = fmt.Sprint(r.Wins, " ", r.Why)
	}
	if why["VIPs"] != "true all of its conditions hold" || why["all"] != "false “VIPs” comes first" || why["others"] != "false the order has none of the tags gift" {
		t.Errorf("%q", why)
	}
	in.Choice.Packaging = []string{"CARD"}
	if e := Make(in, s); len(e.Packaging) != 1 || e.PackagingBy != "chosen" || e.CardText != "Obrigada!" {
		t.Errorf("chosen: %+v, %q", e.Packaging, e.CardText)
	}
	in.Choice.NoPackaging = true
	if e := Make(in, s); len(e.Packaging) != 0 || e.CardText != "" || e.Total != usd(2_410) {
		t.Errorf("none: %+v", e.Packaging)
	}
	in.Choice = Choice{}
	in.Private[0].Stock, in.Private[1].CostKnown = new(int64(0)), false
	if e := Make(in, s); len(e.Packaging) != 0 || !e.Ready() || len(e.Warnings) != 3 {
		t.Errorf("flagged, never blocked: %+v, %v", e.Warnings, e.Blockers)
	}
}

// BenchmarkMake makes 1,000 entries with 1,000 rules, of which the last one matches.
func BenchmarkMake(b *testing.B) {
	in, s := part(b)
	for i := range 1_000 {
		s.Rules = append(s.Rules, Rule{Name: fmt.Sprint(i), Sequence: 1_000 - i, Countries: []string{"PT", "PL", "DE", "FR"}, AmountFrom: brl(int64(i)), Method: "std"})
	}
	s.Rules[999].Countries = nil
	s.Rates = []Rate{{From: "USD", To: "BRL", Rate: "5.40", Date: now.Add(-time.Hour)}}
	s.Rules[999].Sequence = 1_001
	for b.Loop() {
		for range 1_000 {
			if e := Make(in, s); e.Rule != "999" {
				b.Fatalf("%q won", e.Rule)
			}
		}
	}
}
