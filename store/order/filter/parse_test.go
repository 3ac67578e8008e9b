package filter

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	warsaw, _ = time.LoadLocation("Europe/Warsaw")
	now       = time.Date(2026, 11, 21, 14, 30, 0, 0, warsaw)
	options   = Options{Now: now, Zone: warsaw}
)

func day(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, warsaw) }

func word(s string) Word   { return Word{Text: s} }
func phrase(s string) Word { return Word{Text: s, Phrase: true} }
func cond(field string, values ...Value) Cond {
	return Cond{Field: field, Values: values}
}

func is(texts ...string) (out []Value) {
	for _, s := range texts {
		out = append(out, Value{Op: Equal, Text: s})
	}
	return out
}

func amount(op Op, n int64, code string) Value {
	return Value{Op: op, Amount: n * 10_000, Currency: code}
}

func span(text string, from, to time.Time) Value {
	return Value{Op: Between, Text: text, From: from, To: to}
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		in   string
		want Expr
	}{
		{"", nil},
		{" \t ", nil},
		{"linen", word("linen")},
		{"linen shirt", And{[]Expr{word("linen"), word("shirt")}}},
		{"linen AND shirt", And{[]Expr{word("linen"), word("shirt")}}},
		{`"linen shirt"`, phrase("linen shirt")},
		{`"say \"hi\" \\ \n"`, phrase(`say "hi" \ \n`)},
		{"a OR b c", Or{[]Expr{word("a"), And{[]Expr{word("b"), word("c")}}}}},
		{"(a OR b) c", And{[]Expr{Or{[]Expr{word("a"), word("b")}}, word("c")}}},
		{"a (b c)", And{[]Expr{word("a"), word("b"), word("c")}}},
		{"a OR (b OR c)", Or{[]Expr{word("a"), word("b"), word("c")}}},
		{"-a", Not{word("a")}},
		{"NOT a", Not{word("a")}},
		{"NOT -a", word("a")},
		{"-(a b)", Not{And{[]Expr{word("a"), word("b")}}}},
		{`-"a b"`, Not{phrase("a b")}},
		{"or and not", And{[]Expr{word("or"), word("and"), word("not")}}},
		{"t-shirt", word("t-shirt")},
		{"a & b", And{[]Expr{word("a"), word("b")}}},
		{`5"`, word(`5"`)},
		{"14:30", word("14:30")},
		{"555 01 03", word("555 01 03")},
		{"(11) 98765-4321 x", And{[]Expr{word("11 98765-4321"), word("x")}}},
		{"14 15", And{[]Expr{word("14"), word("15")}}},
		{"a\x1bb\u200bc", And{[]Expr{word("a"), word("b"), word("c")}}},
		{"stage:unpaid,pending", cond("stage", is("unpaid", "pending")...)},
		{"Stage:To-Ship", cond("stage", is("to_ship")...)},
		{"lifecycle:canceled", cond("lifecycle", is("cancelled")...)},
		{"fulfillment:partial", cond("fulfilment", is("partial")...)},
		{"store:aurora", cond("store", is("aurora")...)},
		{"store:Łódź", cond("store", is("lodz")...)},
		{`tag:"big box",VIP`, cond("tag", is("big box", "vip")...)},
		{"-tag:wholesale", Not{cond("tag", is("wholesale")...)}},
		{"tag:*", cond("tag", Value{Op: Exists})},
		{`tag:"*"`, cond("tag", is("*")...)},
		{"sku:LS*", cond("sku", Value{Op: Prefix, Text: "ls"})},
		{"email:*@gmail.com", cond("email", Value{Op: Suffix, Text: "@gmail.com"})},
		{"sku:*ls*,=x", cond("sku", Value{Op: Contains, Text: "ls"}, Value{Op: Equal, Text: "x"})},
		{"number:#1042", cond("number", is("1042")...)},
		{"country:br", cond("country", is("BR")...)},
		{"currency:brl", cond("currency", is("BRL")...)},
		{`phone:"+48 42 555"`, cond("phone", is("4842555")...)},
		{"phone:0048-42", cond("phone", is("4842")...)},
		{`customer:"Paweł Ż*"`, cond("customer", is("pawel z*")...)},
		{"customer:Paweł*", cond("customer", is("pawel")...)},
		{"total:>100", cond("total", amount(Greater, 100, ""))},
		{"total:>=1,250.50BRL", cond("total", Value{Op: AtLeast, Amount: 12_505_000, Currency: "BRL"})},
		{"total:brl100", cond("total", amount(Equal, 100, "BRL"))},
		{"total:50..100", cond("total", Value{Op: Between, Amount: 500_000, AmountTo: 1_000_000})},
		{"total:50..100eur", cond("total", Value{Op: Between, Amount: 500_000, AmountTo: 1_000_000, Currency: "EUR"})},
		{"total:50..", cond("total", amount(AtLeast, 50, ""))},
		{"total:..-50", cond("total", amount(AtMost, -50, ""))},
		{`total:>"1 250"`, cond("total", amount(Greater, 1250, ""))},
		{"items:1,2", Or{[]Expr{cond("items", amount(Equal, 1, "")), cond("items", amount(Equal, 2, ""))}}},
		{"items:1.5", cond("items", Value{Op: Equal, Amount: 15_000})},
		{"cost:*", cond("cost", Value{Op: Exists})},
		{"created:2026-11-01", cond("created", span("2026-11-01", day(2026, 11, 1), day(2026, 11, 2)))},
		{"date:2026-02", cond("created", span("2026-02", day(2026, 2, 1), day(2026, 3, 1)))},
		{"created:2026", cond("created", span("2026", day(2026, 1, 1), day(2027, 1, 1)))},
		{"created:2026-11-01..2026-11-21", cond("created", span("2026-11-01..2026-11-21", day(2026, 11, 1), day(2026, 11, 22)))},
		{"created:2026-11..", cond("created", span(">=2026-11", day(2026, 11, 1), time.Time{}))},
		{"created:..2026-11", cond("created", span("<=2026-11", time.Time{}, day(2026, 12, 1)))},
		{"created:>2026-11-01", cond("created", span(">2026-11-01", day(2026, 11, 2), time.Time{}))},
		{"created:<2026-11-01", cond("created", span("<2026-11-01", time.Time{}, day(2026, 11, 1)))},
		{"created:Today", cond("created", span("today", day(2026, 11, 21), day(2026, 11, 22)))},
		{"created:yesterday", cond("created", span("yesterday", day(2026, 11, 20), day(2026, 11, 21)))},
		{"created:-7d", cond("created", span("-7d", day(2026, 11, 14), time.Time{}))},
		{"created:=-7d", cond("created", span("=-7d", day(2026, 11, 14), day(2026, 11, 15)))},
		{"created:<-2w", cond("created", span("<-2w", time.Time{}, day(2026, 11, 7)))},
		{"created:-6d..today", cond("created", span("-6d..today", day(2026, 11, 15), day(2026, 11, 22)))},
		{"updated:-2h", cond("updated", span("-2h", now.Add(-2*time.Hour), time.Time{}))},
		{"updated:-9m", cond("updated", span("-9m", day(2026, 2, 21), time.Time{}))},
		{"created:last-month", cond("created", span("last-month", day(2026, 10, 1), day(2026, 11, 1)))},
		{"created:this_week", cond("created", span("this-week", day(2026, 11, 16), day(2026, 11, 23)))},
		{"created:2026-11-21T14:30", cond("created", span("2026-11-21T14:30", now, now.Add(time.Minute)))},
		{`stage:unpaid,pending store:aurora total:>100 created:2026-11-01..2026-11-21 country:BR -tag:wholesale "linen shirt"`, And{[]Expr{
			cond("stage", is("unpaid", "pending")...), cond("store", is("aurora")...), cond("total", amount(Greater, 100, "")),
			cond("created", span("2026-11-01..2026-11-21", day(2026, 11, 1), day(2026, 11, 22))),
			cond("country", is("BR")...),
			Not{cond("tag", is("wholesale")...)},
			phrase("linen shirt"),
		}}},
	} {
		got, err := Parse(c.in, options)
		if err != nil {
			t.Errorf("%s: %v", c.in, err)
			continue
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s:\n got %#v\nwant %#v", c.in, got, c.want)
		}
		again, err := Parse(String(got), options)
		if err != nil || !reflect.DeepEqual(again, got) {
			t.Errorf("%s is written as %s, which is %#v, %v", c.in, String(got), again, err)
		}
	}
}

func TestDecimals(t *testing.T) {
	for _, c := range []struct {
		decimal rune
		in      string
		want    int64 // -1 = refused
	}{
		{'.', "1250", 12_500_000},
		{'.', "1,250", 12_500_000},
		{'.', "1,250.00", 12_500_000},
		{'.', "1.25", 12_500},
		{'.', "1.250", 12_500},
		{'.', "1.2345", 12_345},
		{'.', "1.23456", -1},
		{'.', ".5", 5_000},
		{'.', "5.", 50_000},
		{'.', ".", -1},
		{'.', "1250,00", -1},
		{'.', "1.250,00", -1},
		{'.', "12,50", -1},
		{'.', "1,25,000", -1},
		{'.', "1e3", -1},
		{'.', "0x10", -1},
		{'.', "٣", -1},
		{'.', "--1", -1},
		{'.', "+7", 70_000},
		{'.', "922337203685477.5807", 9223372036854775807},
		{'.', "922337203685477.5808", -1},
		{',', "1.250,00", 12_500_000},
		{',', "1250,00", 12_500_000},
		{',', "1.250", 12_500_000},
		{',', "12.50", 125_000},
		{',', "12.5000", 125_000},
		{',', "1,250.00", -1},
		{',', "1,25", 12_500},
		{',', "1.2.3", -1},
	} {
		got, err := Parse("total:"+c.in, Options{Decimal: c.decimal})
		if c.want < 0 {
			if err == nil {
				t.Errorf("%c %s is taken as %s", c.decimal, c.in, String(got))
			}
			continue
		}
		if want := cond("total", Value{Op: Equal, Amount: c.want}); err != nil || !reflect.DeepEqual(got, Expr(want)) {
			t.Errorf("%c %s: %#v, %v", c.decimal, c.in, got, err)
		}
	}
}

func TestSyntaxErrors(t *testing.T) {
	for _, c := range []struct {
		in, at string // at = what the error points at
		msg    string // part of the sentence
		valid  string // the first of the valid ones
	}{
		{"linen stagee:unpaid", "stagee", "not a field", "stage"},
		{"stage:unpiad", "unpiad", "cannot be “unpiad”", "unpaid"},
		{"stage:unpaid,pendig", "pendig", "cannot be", "pending"},
		{"stage:", "stage:", "needs a value", "awaiting"},
		{"stage: x", "stage:", "needs a value", "awaiting"},
		{"tag:a,", "tag:a,", "needs a value", ""},
		{`tag:""`, `""`, "needs a value", ""},
		{"stage:>unpaid", ">unpaid", "cannot be compared", "awaiting"},
		{"is:lat", "lat", "cannot be", "late"},
		{"is:*", "*", "cannot be", "new"},
		{"country:Brazil", "Brazil", "two letters", "BR"},
		{"currency:R$", "R$", "three letters", "BRL"},
		{"phone:abc", "abc", "digits", ""},
		{"customer:---", "---", "no letter or digit", ""},
		{"total:abc", "abc", "not a number", ">100"},
		{"total:>", ">", "number is missing", ">100"},
		{"total:..", "..", "no ends", ">100"},
		{"total:100..50", "100..50", "ends before", ">100"},
		{"total:1BRL..2EUR", "1BRL..2EUR", "one currency", ">100"},
		{"total:99999999999999999999", "99999999999999999999", "larger", ">100"},
		{"created:2026-02-30", "2026-02-30", "not in the calendar", "2026-11-21"},
		{"created:21/11/2026", "21/11/2026", "year-month-day", "2026-11-21"},
		{"created:soon", "soon", "not a date", "2026-11-21"},
		{"created:2026-11..2026-10", "2026-11..2026-10", "ends before", "2026-11-21"},
		{"created:=-2h", "=-2h", "one instant", "2026-11-21"},
		{"created:-9999y", "-9999y", "too long ago", "2026-11-21"},
		{"created:0000", "0000", "no year", "2026-11-21"},
		{`"linen`, `"linen`, "never closed", ""},
		{`a tag:"x`, `"x`, "never closed", ""},
		{"(a b", "(", "never closed", ""},
		{"a)", ")", "no parenthesis is open", ""},
		{"a ()", "()", "nothing in these", ""},
		{"OR a", "OR", "both sides", ""},
		{"a OR", "OR", "both sides", ""},
		{"a OR OR b", "OR", "both sides", ""},
		{"(a OR )", "OR", "both sides", ""},
		{"AND a", "AND", "both sides", ""},
		{"a AND", "AND", "both sides", ""},
		{"a AND OR b", "AND", "both sides", ""},
		{"NOT", "NOT", "something after", ""},
		{"a NOT OR b", "NOT", "something after", ""},
		{"🎁 & -", "🎁 & -", "no", ""},
		{strings.Repeat("(", 100) + "a", "(", "nested", ""},
		{strings.Repeat("a ", 300), "a", "too many", ""},
		{strings.Repeat("a", 5000), strings.Repeat("a", 904), "too long", ""},
	} {
		_, err := Parse(c.in, options)
		var e *SyntaxError
		if !errors.As(err, &e) {
			t.Errorf("%.60s is accepted", c.in)
			continue
		}
		if got := c.in[e.Pos:e.End]; got != c.at {
			t.Errorf("%.60s: points at %q, want %q", c.in, got, c.at)
		}
		if !strings.Contains(e.Error(), c.msg) {
			t.Errorf("%.60s: %q does not say %q", c.in, e.Error(), c.msg)
		}
		if c.valid != "" && (len(e.Valid) == 0 || e.Valid[0] != c.valid) {
			t.Errorf("%.60s: nearest is %q, want %s", c.in, e.Valid, c.valid)
		}
	}
	if _, err := Parse("created:today", Options{}); err == nil {
		t.Error("today is understood without a clock")
	}
}

func TestPartial(t *testing.T) {
	o := options
	o.Partial = true
	for in, want := range map[string]string{
		"linen stage:":             "linen",
		"linen stage:unp":          "linen",
		"stage:unpaid,pen":         "stage:unpaid",
		"stage:unpaid,":            "stage:unpaid",
		`linen "lin`:               `linen "lin"`,
		`linen "`:                  "linen",
		`tag:"big b`:               `tag:"big b"`,
		"total:>":                  "",
		"linen total:abc":          "linen",
		"created:2026-1":           "",
		"a OR":                     "a",
		"a OR ":                    "a",
		"a AND":                    "a",
		"a NOT":                    "a",
		"a -":                      "a",
		"a -tag:":                  "a",
		"(a OR b":                  "a OR b",
		"(a OR":                    "a",
		"(":                        "",
		"🎁":                        "",
		"(linen stage:unp":         "linen",
		`created:-6d..today "x y`:  `created:-6d..today "x y"`,
		"store:aurora created:201": "store:aurora",
	} {
		e, err := Parse(in, o)
		if err != nil || String(e) != want {
			t.Errorf("%s: %q, %v, want %q", in, String(e), err, want)
		}
	}
	for _, in := range []string{"stage:unp linen", "stage: linen", "stagee:x", "a)", "OR a", "() a", "a OR OR b"} {
		if e, err := Parse(in, o); err == nil {
			t.Errorf("%s is taken as %q", in, String(e))
		}
	}
}

// Each beginning of a good filter must be searchable while it is typed, or be refused for what stands in it.
func TestEveryBeginningIsTolerated(t *testing.T) {
	const whole = `stage:unpaid,pending store:aurora total:>100 created:2026-11-01..2026-11-21 country:BR -tag:wholesale (is:late OR "linen shirt")`
	o := options
	o.Partial = true
	for i := range whole {
		if _, err := Parse(whole[:i], o); err != nil {
			t.Errorf("%s: %v", whole[:i], err)
		}
	}
}

func TestDaysFollowTheZone(t *testing.T) {
	// The clocks went back on 25 October 2026 in Poland: that day has 25 hours.
	e, err := Parse("created:2026-10-25", options)
	if err != nil {
		t.Fatal(err)
	}
	v := e.(Cond).Values[0]
	if d := v.To.Sub(v.From); d != 25*time.Hour {
		t.Errorf("the day has %v", d)
	}
	// The last day of a month stands for days that an earlier month lacks.
	o := options
	o.Now = time.Date(2026, 3, 31, 12, 0, 0, 0, warsaw)
	e, _ = Parse("created:=-1m", o)
	if v := e.(Cond).Values[0]; !v.From.Equal(day(2026, 2, 28)) || !v.To.Equal(day(2026, 3, 1)) {
		t.Errorf("a month before 31 March is %v", v.From)
	}
}

func TestPresetsParse(t *testing.T) {
	for _, p := range DatePresets {
		e, err := Parse(p.Filter, options)
		if err != nil {
			t.Errorf("%s: %v", p.Title, err)
			continue
		}
		if v := e.(Cond).Values[0]; now.Before(v.From) && !strings.HasPrefix(p.Title, "Yesterday") {
			t.Errorf("%s begins at %v", p.Title, v.From)
		}
	}
	for title, days := range map[string]int{"Last 7 days": 7, "Last 30 days": 30, "Today": 1} {
		i := slices.IndexFunc(DatePresets, func(p Preset) bool { return p.Title == title })
		e, _ := Parse(DatePresets[i].Filter, options)
		v := e.(Cond).Values[0]
		if !v.To.Equal(day(2026, 11, 22)) || !v.From.Equal(day(2026, 11, 22-days)) {
			t.Errorf("%s is %v … %v", title, v.From, v.To)
		}
	}
}
