package filter

import (
	"slices"
	"strings"
	"testing"
)

func TestComplete(t *testing.T) {
	known := func(field, prefix string) []string {
		all := map[string][]string{"store": {"aurora", "nordic"}, "tag": {"big box", "vip", "<new>"}, "city": {"Łódź"}}[field]
		return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return !strings.HasPrefix(s, prefix) })
	}
	for _, c := range []struct {
		in    string // | is the cursor
		first string // the whole line after taking the first suggestion; "" = none offered
		has   string // some suggestion inserts this
	}{
		{"sta|", "stage:", "stage:"},
		{"-sta|", "-stage:", ""},
		{"linen (cou|", "linen (country:", ""},
		{"|", "stage:", "external_id:"},
		{"linen |", "linen stage:", ""},
		{"payment|", "payment:", "customer_payment:"},
		{"unp|", "stage:unpaid", ""},
		{"stage:|", "stage:awaiting", "shipped"},
		{"stage:un|", "stage:unpaid", ""},
		{"stage:unpaid,pe|", "stage:unpaid,pending", ""},
		{"stage:un|,pending x", "stage:unpaid,pending x", ""},
		{"is:l|", "is:late", ""},
		{"store:n|", "store:nordic", ""},
		{"store:n|orth x", "store:nordic x", ""},
		{"tag:b|", `tag:"big box"`, ""},
		{`tag:"b|`, `tag:"big box"`, ""},
		{"tag:<|", `tag:"<new>"`, ""},
		{"city:|", "city:Łódź", ""},
		{"created:la|", "created:last-week", "last-month"},
		{"total:|", "total:>100", ""},
		{"total:1|", "", ""},
		{"foo:|", "", ""},
		{`"linen sta|`, "", ""},
		{"zzz|", "", ""},
	} {
		cursor := strings.Index(c.in, "|")
		line := strings.Replace(c.in, "|", "", 1)
		got := Complete(line, cursor, known)
		if len(got) == 0 {
			if c.first != "" {
				t.Errorf("%s: nothing is offered", c.in)
			}
			continue
		}
		s := got[0]
		if after := line[:s.From] + s.Insert + line[s.To:]; after != c.first {
			t.Errorf("%s becomes %q, want %q", c.in, after, c.first)
		}
		if c.has != "" && !slices.ContainsFunc(got, func(s Suggestion) bool { return s.Insert == c.has }) {
			t.Errorf("%s: %s is not offered", c.in, c.has)
		}
	}
	// Whatever is offered must be understood.
	for _, f := range Fields {
		for _, s := range Complete(f.Name+":", len(f.Name)+1, known) {
			if _, err := Parse(f.Name+":"+s.Insert, options); err != nil {
				t.Errorf("%s:%s is offered: %v", f.Name, s.Insert, err)
			}
		}
	}
}

func TestReplace(t *testing.T) {
	for _, c := range []struct{ in, term, want string }{
		{"", "created:today", "created:today"},
		{"linen", "created:today", "linen created:today"},
		{"created:-7d linen date:2026", "created:today", "linen created:today"},
		{`linen created:"2026" "a created:x"`, "", `linen "a created:x"`},
		{"a OR b", "created:today", "(a OR b) created:today"},
		{"(a OR created:2026) -created:2025", "created:today", "(a OR created:2026) -created:2025 created:today"},
	} {
		if got := Replace(c.in, "created", c.term); got != c.want {
			t.Errorf("Replace(%q, %q) = %q, want %q", c.in, c.term, got, c.want)
		}
	}
	if got := Replace("x", "nonsense", "y"); got != "x" {
		t.Errorf("an unknown field gives %q", got)
	}
}

func TestFieldsAreSound(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range Fields {
		if seen[f.Name] || f.Help == "" || (f.Kind == Fixed) != (len(f.Values) > 0) {
			t.Errorf("%+v", f)
		}
		seen[f.Name] = true
		if got, ok := FieldNamed(strings.ToUpper(strings.ReplaceAll(f.Name, "_", "-"))); !ok || got.Name != f.Name {
			t.Errorf("%s is not found in capitals", f.Name)
		}
		for _, v := range f.Values {
			if _, err := Parse(f.Name+":"+v, options); err != nil {
				t.Errorf("%s:%s: %v", f.Name, v, err)
			}
		}
	}
	for alias, name := range aliases {
		if f, ok := FieldNamed(alias); !ok || f.Name != name {
			t.Errorf("%s does not stand for %s", alias, name)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"", "abc", 3}, {"unpiad", "unpaid", 2}, {"kitten", "sitting", 3}, {"same", "same", 0}} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("distance(%q, %q) = %d", c.a, c.b, got)
		}
	}
}
