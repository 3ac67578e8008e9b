package checkout

import (
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/ordertest"
)

func TestParsePrice(t *testing.T) {
	for _, tt := range []struct {
		text, currency, want string // want is the amount, or a part of the refusal after "!"
	}{
		{"12.50", "USD", "12.50"},
		{" 12,50 ", "EUR", "12.50"},
		{"1.250,00", "BRL", "1250.00"},
		{"1,250.00", "USD", "1250.00"},
		{"1 250,00", "PLN", "1250.00"},
		{"1'250.00", "CHF", "1250.00"},
		{"USD 12.50", "USD", "12.50"},
		{"12.50usd", "USD", "12.50"},
		{"1,250,000", "JPY", "1250000"},
		{"0", "USD", "0.00"},
		{"0.999", "KWD", "0.999"},
		{"1.250", "KWD", "1.250"},
		{"12.5", "USD", "12.50"},
		{"1000000", "USD", "1000000.00"},
		{"1.250.000", "IDR", "1250000.00"},
		{"0,125", "KWD", "0.125"},
		{".50", "USD", "0.50"},
		{"", "USD", "!there is no price"},
		{"free", "USD", "!is no currency"},
		{"-1", "USD", "!is negative"},
		{"1000000.01", "USD", "!more than any price"},
		{"99999999999999999999", "USD", "!more than any price"},
		{"EUR 5", "USD", "!is in EUR, but USD is expected here"},
		{"5 XYZ", "USD", "!“XYZ” is no currency"},
		{"1.250", "USD", "!may be 1250 or 1.25: write it with two decimals"},
		{"1,250", "BRL", "!may be 1250 or 1.25"},
		{"1,250", "KWD", "!may be 1250 or 1.25"},
		{"12.3456", "USD", "!has more decimals than USD has (2)"},
		{"1.000.000.001", "JPY", "!more than any price"},
		{"5.5", "JPY", "!has more decimals than JPY has (0)"},
		{"1.2.3", "USD", "!is not a price"},
		{"1,2.5", "USD", "!is not a price"},
		{"12-50", "USD", "!is not a price"},
		{"1e5", "USD", "!is not a price"},
		{"١٢", "USD", "!is not a price"},
		{"12.50 USD each", "USD", "!"},
		{"1.000.00", "USD", "!is not a price"},
		{"NaN", "USD", "!is no currency"},
	} {
		m, err := ParsePrice(tt.text, tt.currency)
		refusal, refused := strings.CutPrefix(tt.want, "!")
		switch {
		case refused && (err == nil || !strings.Contains(err.Error(), refusal)):
			t.Errorf("%q in %s: %v, %v; want a refusal with %q", tt.text, tt.currency, m, err, refusal)
		case !refused && (err != nil || m.Decimal() != tt.want || m.Currency != tt.currency || m.Exact != ""):
			t.Errorf("%q in %s: %v, %v; want %s", tt.text, tt.currency, m, err, tt.want)
		}
	}
	if m, err := ParseAmount("50.00 USD"); err != nil || m != usd(5_000) {
		t.Errorf("%v, %v", m, err)
	}
	for _, text := range []string{"50", "", "50 XXX1", "50 QQQ", "USD"} {
		if m, err := ParseAmount(text); err == nil {
			t.Errorf("%q is %v", text, m)
		}
	}
}

// TestPricesAreReadBack writes amounts as people of several countries do.
func TestPricesAreReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		code := rapid.SampledFrom(ordertest.Currencies).Draw(t, "currency")
		most := int64(LargestPrice)
		for range order.Exponent(code) {
			most *= 10
		}
		m := order.New(rapid.Int64Range(0, most).Draw(t, "minor"), code)
		text := m.Decimal()
		forms := []string{text, code + " " + text, text + " " + strings.ToLower(code)}
		if order.Exponent(code) == 2 {
			forms = append(forms, strings.Replace(text, ".", ",", 1))
		}
		for _, form := range forms {
			if got, err := ParsePrice(form, code); err != nil || got != m {
				t.Fatalf("%q is %v, %v, not %v", form, got, err, m)
			}
		}
		if got, err := ParsePrice(rapid.String().Draw(t, "anything"), code); err == nil && (got.Minor < 0 || Absurd(got)) {
			t.Fatalf("%v was taken", got)
		}
	})
}

func TestConvert(t *testing.T) {
	day := func(n int) time.Time { return now.AddDate(0, 0, n) }
	rates := []Rate{
		{From: "USD", To: "BRL", Rate: "5.00", Date: day(-9)},
		{From: "USD", To: "BRL", Rate: "5.40", Date: day(-2)},
		{From: "USD", To: "BRL", Rate: "9.99", Date: day(1)},
		{From: "EUR", To: "USD", Rate: "1.25", Date: day(-1)},
		{From: "JPY", To: "KWD", Rate: "0.002", Date: day(-1)},
		{From: "PLN", To: "USD", Rate: "nonsense", Date: day(-1)},
	}
	for _, tt := range []struct {
		from order.Money
		to   string
		want order.Money
		rate string
	}{
		{usd(1_000), "BRL", order.New(5_400, "BRL"), "5.40"},
		{order.New(5_400, "BRL"), "USD", usd(1_000), "5.40"},
		{usd(1_000), "EUR", order.New(800, "EUR"), "1.25"},
		{order.New(1_000, "JPY"), "KWD", order.New(2_000, "KWD"), "0.002"},
		{order.New(2_000, "KWD"), "JPY", order.New(1_000, "JPY"), "0.002"},
		{usd(1), "BRL", order.New(5, "BRL"), "5.40"},
		{usd(5), "EUR", order.New(4, "EUR"), "1.25"},
		{usd(-1_000), "BRL", order.New(-5_400, "BRL"), "5.40"},
		{usd(7), "USD", usd(7), ""},
	} {
		got, rate, ok := Convert(tt.from, tt.to, rates, now)
		if !ok || got != tt.want || (rate == nil) != (tt.rate == "") || rate != nil && rate.Rate != tt.rate {
			t.Errorf("%s is %s by %+v, %t; want %s", tt.from, got, rate, ok, tt.want)
		}
	}
	for _, to := range []string{"PLN", "CHF", ""} {
		if got, _, ok := Convert(usd(5), to, rates, now); ok {
			t.Errorf("%q without a rate: %v", to, got)
		}
	}
	if _, _, ok := Convert(usd(math.MaxInt64), "BRL", rates, now); ok {
		t.Error("more than can be kept")
	}
}

// TestMargin looks at the share of parts of an order.
func TestMargin(t *testing.T) {
	rates := []Rate{{From: "USD", To: "BRL", Rate: "5", Date: now.AddDate(0, 0, -1)}}
	for _, tt := range []struct {
		name   string
		change func(in *Input, s *Settings)
		want   string // "" = unknown
	}{
		{"all of it", func(*Input, *Settings) {}, "79.50"}, // 200 − 24.10 × 5
		{"without a rate", func(_ *Input, s *Settings) { s.Rates = nil }, ""},
		{"without a rate that is old enough", func(_ *Input, s *Settings) { s.Rates[0].Date = now.Add(time.Hour) }, ""},
		{"a quarter of the prices is another part's", func(in *Input, _ *Settings) { // 150 − (12.40 + 6.80 + 0.90) × 5
			l := in.Links["sku:WT"]
			l.Supplier = "other"
			in.Links["sku:WT"] = l
			derive(in)
			in.Quote.Items = in.Quote.Items[:1]
		}, "49.50"},
		{"some was given back", func(in *Input, _ *Settings) { in.Record.Refunded = order.New(5_000, "BRL") }, "29.50"},
		{"lines without prices count by pieces", func(in *Input, _ *Settings) {
			for i := range in.Record.Lines {
				in.Record.Lines[i].Total = order.Money{}
			}
			l := in.Links["sku:WT"]
			l.Supplier = "other"
			in.Links["sku:WT"] = l
			derive(in)
			in.Quote.Items = in.Quote.Items[:1]
		}, "32.83"}, // 200 × 2/3 − 20.10 × 5
		{"no total", func(in *Input, _ *Settings) {
			in.Record.Total, in.Record.Tax = order.Money{}, order.Money{}
		}, ""},
		{"a loss", func(in *Input, _ *Settings) { in.Record.Total = order.New(4_000, "BRL") }, "-100.50"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in, s := part(t)
			s.Rates = rates[:1:1]
			s.Rates = append([]Rate(nil), rates...)
			tt.change(&in, &s)
			e := Make(in, s)
			got := ""
			if e.Margin != nil {
				got = e.Margin.Decimal()
			}
			if got != tt.want || !e.Ready() || (e.Margin == nil) != (e.Rate == nil) {
				t.Errorf("%s, want %s; rate %v, blocked by %v", got, tt.want, e.Rate, e.Blockers)
			}
			if strings.HasPrefix(tt.want, "-") != (len(e.Warnings) > 0) {
				t.Errorf("warnings %q", e.Warnings)
			}
		})
	}
}

func TestNotes(t *testing.T) {
	for _, tt := range []struct {
		name     string
		note     string
		customer string
		redacted *string
		forward  string
		warning  string // part of it
	}{
		{"as it is", "No price tag", "gift wrap, please", nil, "gift wrap, please", ""},
		{"redacted", "", "call 555 01 03", new(""), "", ""},
		{"redacted to the same", "", "hello", new("hello "), "hello", ""},
		{"a phone number", "", "ring me at +48 600 100 200", nil, "ring me at +48 600 100 200", "a phone number in the customer's note"},
		{"a phone number with marks", "tel. (11) 98765-4321", "", nil, "", "a phone number in the instruction"},
		{"a card number", "4111 1111 1111 1111", "x", nil, "x", "a card number in the instruction"},
		{"a card number in other digits", "", "٤١١١-١١١١-١١١١-١١١١", nil, "٤١١١-١١١١-١١١١-١١١١", "a card number in the customer's note"},
		{"no card number", "4111 1111 1111 1112 x", "", nil, "", ""},
		{"a number of pieces and a date", "500 of 2026-11-20, order 1042", "", nil, "", ""},
		{"escape sequences", "a\x1b[31mb\u202ec", "", nil, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in, s := part(t)
			in.Record.CustomerNote, in.Choice.Note, in.Choice.CustomerNote = tt.customer, tt.note, tt.redacted
			e := Make(in, s)
			if e.CustomerNote != tt.forward || e.Redacted != (tt.customer != tt.forward) || !strings.Contains(e.NoteWarning, tt.warning) || (e.NoteWarning == "") != (tt.warning == "") {
				t.Errorf("forwarded %q, redacted %t, warning %q", e.CustomerNote, e.Redacted, e.NoteWarning)
			}
			if strings.ContainsAny(e.Note, "\x1b\u202e") || (len(e.Warnings) > 0) != strings.ContainsAny(tt.note, "\x1b") {
				t.Errorf("note %q, warnings %q", e.Note, e.Warnings)
			}
			if !e.Ready() {
				t.Errorf("a warning is in the way: %v", e.Blockers)
			}
		})
	}
	// The limit counts characters, of both notes with a line between them.
	in, s := part(t)
	in.Record.CustomerNote, in.Choice.Note = "ção", "né"
	s.Suppliers[0].NoteMax = utf8.RuneCountInString(Instruction("né", "ção"))
	if e := Make(in, s); !e.Ready() {
		t.Errorf("exactly as long as it may be: %v", e.Blockers)
	}
	s.Suppliers[0].NoteMax = 0
	in.Choice.Note = ""
	if e := Make(in, s); !e.Ready() || e.CustomerNote != "" || len(e.Warnings) != 1 {
		t.Errorf("one that takes no notes: %q, %q, %v", e.CustomerNote, e.Warnings, e.Blockers)
	}
}

// TestTogether pays entries one after the other from one cap and one balance.
func TestTogether(t *testing.T) {
	in, s := part(t)
	s.Suppliers[0].Cap, in.SpentToday = new(usd(10_000)), usd(4_000) // room for two of 24.10
	in.Account.Methods[0].Available = new(usd(3_000))                // enough for one
	entries := func(payWith ...string) []Entry {
		var out []Entry
		for _, p := range payWith {
			in.Choice.PayWith = p
			out = append(out, Make(in, s))
		}
		return out
	}
	got := entries("balance", "balance", "card", "card")
	for i := range got {
		if !got[i].Ready() {
			t.Fatalf("alone, %d is blocked by %v", i, got[i].Blockers)
		}
	}
	Together(got)
	for i, want := range []BlockerCode{"", BlockPayWith, "", BlockCap} {
		if have := codes(got[i]); want == "" && len(have) > 0 || want != "" && (len(have) != 1 || have[0] != want) {
			t.Errorf("%d is blocked by %v, want %q", i, have, want)
		}
	}
	if !strings.Contains(got[3].Blockers[0].Text, "USD 88.20 of USD 100.00 are spent or reserved") {
		t.Error(got[3].Blockers[0].Text)
	}
	// What is blocked anyway takes nothing from the others.
	blocked := entries("card", "card", "card")
	blocked[0].Blockers = []Blocker{{Code: BlockHold}}
	Together(blocked)
	if len(blocked[0].Blockers) != 1 || !blocked[1].Ready() || !blocked[2].Ready() {
		t.Errorf("%v %v %v", codes(blocked[0]), codes(blocked[1]), codes(blocked[2]))
	}
}

// TestParts looks at parts that differ from what was ordered.
func TestParts(t *testing.T) {
	in, s := part(t)
	in.Record.Lines[0].Fulfilled = order.Units(1)
	derive(&in)
	in.Quote = quote(&in)
	if e := Make(in, s); !e.Ready() || e.Items[0].Quantity != order.Units(1) || e.Goods != usd(1_020) {
		t.Errorf("one was sent elsewhere: %+v, %v", e.Items, e.Blockers)
	}
	in, s = part(t)
	in.Record.Lines[0].Digital, in.Record.Lines[1].Digital = true, true
	in.Record.Shipping = order.Address{}
	derive(&in)
	in.Quote.Methods = nil
	if e := Make(in, s); !e.Ready() || e.Method != nil || e.Total != usd(1_730) || !e.Delivery[0].IsZero() {
		t.Errorf("nothing to send: %s, %v", e.Total, e.Blockers)
	}
	in, s = part(t)
	in.Record.Shipping.PostalCode = ""
	derive(&in)
	if e := Make(in, s); !e.Ready() || len(e.Warnings) != 1 || !strings.Contains(e.Warnings[0], "no postcode") {
		t.Errorf("without a postcode: %q, %v", e.Warnings, e.Blockers)
	}
	in, s = part(t)
	in.Quote.Items[0].Unit = usd(700)
	if e := Make(in, s); !e.Ready() || len(e.Warnings) != 1 || !strings.Contains(e.Warnings[0], "“Linen shirt” costs USD 7.00 now, USD 6.20 on file") {
		t.Errorf("a price that has risen: %q, %v", e.Warnings, e.Blockers)
	}
	in.Quote.Items[0].Unit = usd(0)
	if e := Make(in, s); !e.Ready() || len(e.Warnings) != 1 || !strings.Contains(e.Warnings[0], "costs nothing") {
		t.Errorf("a price of nothing: %q, %v", e.Warnings, e.Blockers)
	}
	in, s = part(t)
	s.Suppliers[0].ProcessingDays = [2]int{}
	if e := Make(in, s); !e.Ready() || !e.Delivery[0].IsZero() {
		t.Errorf("a promise that nobody made: %v", e.Delivery)
	}
	in, s = part(t)
	s.Suppliers[0].Currency = ""
	if e := Make(in, s); !e.Ready() || e.Total != usd(2_410) {
		t.Errorf("a supplier that is paid in what its list says: %s, %v", e.Total, e.Blockers)
	}
	in.Choice.AcceptPrice = "24.10"
	if e := Make(in, s); !e.Ready() {
		t.Errorf("exactly what was agreed to: %v", e.Blockers)
	}
}

func TestKnownCountry(t *testing.T) {
	for code, want := range map[string]bool{"BR": true, "PL": true, "XK": true, "PR": true, "ZW": true, "AD": true, "XX": false, "br": false, "": false, "BRA": false, " A": false, "D ": false, "R ": false} {
		if KnownCountry(code) != want {
			t.Errorf("%q: %t", code, !want)
		}
	}
	if n := len(strings.Fields(countries)); n != 250 {
		t.Errorf("%d countries", n)
	}
	for _, code := range strings.Fields(noPostcodes) {
		if code != "AN" && !KnownCountry(code) {
			t.Errorf("%s is none", code)
		}
	}
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "less than a minute", time.Second: "1 min", 25 * time.Minute: "25 min", 90 * time.Minute: "1 h 30 min", 28 * time.Hour: "1 d 4 h",
		48*time.Hour + 5*time.Minute: "2 d", 7 * time.Hour: "7 h", -time.Hour: "less than a minute",
	} {
		if got := span(d); got != want {
			t.Errorf("%s: %q, want %q", d, got, want)
		}
	}
}

// TestSumsMayBeLarge: what a customer paid is no price, and is read as one otherwise.
func TestSumsMayBeLarge(t *testing.T) {
	const large = "99.999.999,50"
	if m, err := ParseSum(large, "BRL"); err != nil || m != order.New(9_999_999_950, "BRL") {
		t.Errorf("%s, %v", m, err)
	}
	if m, err := ParsePrice(large, "BRL"); err == nil {
		t.Errorf("%s is taken for a price", m)
	}
	for _, text := range []string{"", "x", "-5", "1.234", "1.005", "5 USD"} {
		if m, err := ParseSum(text, "BRL"); err == nil {
			t.Errorf("%q is read as %s", text, m)
		}
	}
}
