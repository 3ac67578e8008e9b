package order

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

var currencies = []string{"BRL", "EUR", "JPY", "CLP", "KWD", "TND", "CLF", "XXX", ""}

func TestExponents(t *testing.T) {
	for code, want := range map[string]int{"BRL": 2, "JPY": 0, "CLP": 0, "KRW": 0, "KWD": 3, "BHD": 3, "CLF": 4, "???": 2, "": 2} {
		if got := Exponent(code); got != want {
			t.Errorf("%s has %d decimals, want %d", code, got, want)
		}
	}
}

func TestParseMoney(t *testing.T) {
	for _, c := range []struct {
		text, currency string
		minor          int64
		exact          string
	}{
		{"289.90", "BRL", 28990, ""},
		{"289.9", "BRL", 28990, ""},
		{"289", "BRL", 28900, ""},
		{" 1.00 ", "EUR", 100, ""},
		{"-0.05", "EUR", -5, ""},
		{"+3", "EUR", 300, ""},
		{".5", "EUR", 50, ""},
		{"5.", "EUR", 500, ""},
		{"1508", "JPY", 1508, ""},
		{"1508.00", "JPY", 1508, ""},
		{"1508.5", "JPY", 1509, "1508.5"},
		{"12500", "CLP", 12500, ""},
		{"1.250", "KWD", 1250, ""},
		{"0.0001", "CLF", 1, ""},
		{"1.005", "EUR", 101, "1.005"},
		{"-1.005", "EUR", -101, "-1.005"},
		{"1.0049", "EUR", 100, "1.0049"},
		{"33.333333333333333333", "EUR", 3333, "33.333333333333333333"},
		{"92233720368547758.07", "EUR", math.MaxInt64, ""},
		{"-92233720368547758.08", "EUR", math.MinInt64, ""},
		{"000000000000000000000000000001.50", "EUR", 150, ""},
	} {
		got, err := ParseMoney(c.text, c.currency)
		if want := (Money{c.minor, c.currency, c.exact}); err != nil || got != want {
			t.Errorf("ParseMoney(%q, %s) = %+v, %v, want %+v", c.text, c.currency, got, err, want)
		}
	}
	for text, want := range map[string]error{
		"": ErrMoneySyntax, " ": ErrMoneySyntax, "abc": ErrMoneySyntax, "1,50": ErrMoneySyntax, "1.2.3": ErrMoneySyntax, "1e5": ErrMoneySyntax,
		"0x1F": ErrMoneySyntax, "1/2": ErrMoneySyntax, "--1": ErrMoneySyntax, "1-": ErrMoneySyntax, ".": ErrMoneySyntax, "-": ErrMoneySyntax,
		"NaN": ErrMoneySyntax, "Inf": ErrMoneySyntax, "1_000": ErrMoneySyntax, "٣": ErrMoneySyntax,
		"92233720368547758.08": ErrMoneyRange, "99999999999999999999999": ErrMoneyRange,
		"1111111111111111111111111111111111111111111": ErrMoneySyntax,
	} {
		if got, err := ParseMoney(text, "EUR"); !errors.Is(err, want) {
			t.Errorf("ParseMoney(%q) = %+v, %v, want %v", text, got, err, want)
		}
	}
}

func TestFromScaled(t *testing.T) {
	for _, c := range []struct {
		n         int64
		precision int
		currency  string
		minor     int64
		exact     string
	}{
		{28990, 2, "BRL", 28990, ""},
		{150800, 2, "JPY", 1508, ""}, // Vendure scales every currency alike
		{150850, 2, "JPY", 1509, "1508.50"},
		{150, 2, "KWD", 1500, ""},
		{12345, 3, "EUR", 1235, "12.345"},
		{-12345, 3, "EUR", -1235, "-12.345"},
		{5, 0, "EUR", 500, ""},
		{math.MaxInt64, 0, "EUR", math.MaxInt64, "9223372036854775807"}, // cannot be kept: at least nothing is lost
	} {
		if got := FromScaled(c.n, c.precision, c.currency); got != (Money{c.minor, c.currency, c.exact}) {
			t.Errorf("FromScaled(%d, %d, %s) = %+v", c.n, c.precision, c.currency, got)
		}
	}
}

func TestDecimal(t *testing.T) {
	for _, c := range []struct {
		m    Money
		want string
	}{
		{New(28990, "BRL"), "BRL 289.90"},
		{New(5, "EUR"), "EUR 0.05"},
		{New(-5, "EUR"), "EUR -0.05"},
		{New(1508, "JPY"), "JPY 1508"},
		{New(-1508, "JPY"), "JPY -1508"},
		{New(1250, "KWD"), "KWD 1.250"},
		{New(1, "CLF"), "CLF 0.0001"},
		{Money{}, "0.00"},
		{New(math.MinInt64, "EUR"), "EUR -92233720368547758.08"},
		{New(math.MinInt64, "JPY"), "JPY -9223372036854775808"},
	} {
		if got := c.m.String(); got != c.want {
			t.Errorf("%+v is written %s, want %s", c.m, got, c.want)
		}
	}
}

func money(t *rapid.T, label string) Money {
	return New(rapid.Int64().Draw(t, label), rapid.SampledFrom(currencies).Draw(t, label+" currency"))
}

func TestMoneyRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := money(t, "m")
		back, err := ParseMoney(m.Decimal(), m.Currency)
		if err != nil || back != m {
			t.Fatalf("%+v is written %s and read as %+v, %v", m, m.Decimal(), back, err)
		}
		if same := FromScaled(m.Minor, Exponent(m.Currency), m.Currency); same != m {
			t.Fatalf("%+v is %+v in its own precision", m, same)
		}
		precision := rapid.IntRange(0, 6).Draw(t, "precision")
		n := rapid.Int64Range(-1<<40, 1<<40).Draw(t, "n")
		got := FromScaled(n, precision, m.Currency)
		text := got.Exact
		if text == "" {
			text = got.Decimal()
		}
		want := new(big.Rat).SetFrac(big.NewInt(n), pow10(precision))
		if r, ok := new(big.Rat).SetString(text); !ok || r.Cmp(want) != 0 {
			t.Fatalf("%d at %d decimals became %+v", n, precision, got)
		}
		data, err := json.Marshal(got)
		var decoded Money
		if err != nil || json.Unmarshal(data, &decoded) != nil || decoded != got {
			t.Fatalf("%+v is %s in JSON and comes back as %+v", got, data, decoded)
		}
	})
}

// TestMoneySums checks the arithmetic against numbers without limits.
func TestMoneySums(t *testing.T) {
	check := func(t *rapid.T, what string, got Money, err error, want *big.Int) {
		switch {
		case !want.IsInt64():
			if !errors.Is(err, ErrMoneyRange) {
				t.Fatalf("%s = %v, %v, though it does not fit", what, got, err)
			}
		case err != nil || got.Minor != want.Int64():
			t.Fatalf("%s = %v, %v, want %v", what, got, err, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Int64().Draw(t, "a"), rapid.Int64().Draw(t, "b")
		sum, err := New(a, "EUR").Add(New(b, "EUR"))
		check(t, "a+b", sum, err, new(big.Int).Add(big.NewInt(a), big.NewInt(b)))
		diff, err := New(a, "EUR").Sub(New(b, "EUR"))
		if b != math.MinInt64 { // refused as such: no amount is that small
			check(t, "a−b", diff, err, new(big.Int).Sub(big.NewInt(a), big.NewInt(b)))
		}

		q := rapid.Int64().Draw(t, "q")
		product, err := New(a, "EUR").Times(Quantity(q))
		exact := new(big.Rat).SetFrac(new(big.Int).Mul(big.NewInt(a), big.NewInt(q)), big.NewInt(quantityUnit))
		rounded, _ := new(big.Int).SetString(exact.FloatString(0), 10) // half away from zero, too
		if rounded.IsInt64() && rounded.Int64() == math.MinInt64 {
			return // likewise
		}
		check(t, "a×q", product, err, rounded)
	})
}

func TestMoneyEdges(t *testing.T) {
	if _, err := New(1, "EUR").Add(New(1, "BRL")); err == nil {
		t.Error("two currencies were added up")
	}
	if sum, err := (Money{}).Add(New(7, "EUR")); err != nil || sum != New(7, "EUR") {
		t.Errorf("nothing + 7 = %v, %v", sum, err)
	}
	if sum, err := New(7, "EUR").Sub(Money{}); err != nil || sum != New(7, "EUR") {
		t.Errorf("7 − nothing = %v, %v", sum, err)
	}
	if sum, err := New(7, "EUR").Add(New(0, "BRL")); err == nil {
		t.Errorf("7 EUR + 0 BRL = %v", sum)
	}
	for _, c := range []struct {
		minor int64
		q     Quantity
		want  int64
	}{{11995, Units(2), 23990}, {11995, Units(3) / 2, 17993}, {1, Units(1) / 2, 1}, {-1, Units(1) / 2, -1}, {1, -Units(1) / 2, -1}, {0, Units(5), 0}} {
		if got, err := New(c.minor, "EUR").Times(c.q); err != nil || got.Minor != c.want {
			t.Errorf("%d × %s = %v, %v, want %d", c.minor, c.q, got, err, c.want)
		}
	}
	if New(2, "BRL").Compare(New(1, "EUR")) >= 0 || New(1, "EUR").Compare(New(2, "EUR")) >= 0 || New(1, "EUR").Compare(New(1, "EUR")) != 0 {
		t.Error("amounts are not ordered by currency, then amount")
	}
}

func TestScaled(t *testing.T) {
	for _, c := range []struct {
		m    Money
		want int64
	}{
		{New(28990, "BRL"), 2_899_000},
		{New(1508, "JPY"), 15_080_000},
		{New(1250, "KWD"), 12_500},
		{New(7, "CLF"), 7},
		{Money{}, 0},
		{New(math.MaxInt64, "EUR"), math.MaxInt64},
		{New(math.MinInt64, "EUR"), math.MinInt64},
		{New(-math.MaxInt64/99, "EUR"), math.MinInt64},
		{New(math.MaxInt64, "CLF"), math.MaxInt64},
	} {
		if got := c.m.Scaled(); got != c.want {
			t.Errorf("%v is %d, want %d", c.m, got, c.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) { // comparing scaled amounts of one currency is comparing amounts
		a, b := money(t, "a"), money(t, "b")
		b.Currency = a.Currency
		if (a.Minor < b.Minor && a.Scaled() > b.Scaled()) || (a.Minor == b.Minor && a.Scaled() != b.Scaled()) {
			t.Fatalf("%v and %v change their order", a, b)
		}
	})
}

func TestQuantity(t *testing.T) {
	for text, want := range map[string]Quantity{
		"2": 20_000, "1.5": 15_000, "0.25": 2_500, "-1.5": -15_000, "-0.5": -5_000, " 3 ": 30_000, ".5": 5_000, "5.": 50_000, "1.50000": 15_000,
		"0": 0, "0.0001": 1, "922337203685477.5807": math.MaxInt64,
	} {
		if got, err := ParseQuantity(text); err != nil || got != want {
			t.Errorf("ParseQuantity(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", ".", "-", "1.00001", "1,5", "x", "1.2.3", "--1", "1e3", "0x1", "922337203685477.5808", "+-1", "1.-5"} {
		if got, err := ParseQuantity(text); err == nil {
			t.Errorf("ParseQuantity(%q) = %v", text, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		q := Quantity(rapid.Int64().Draw(t, "q"))
		data, err := json.Marshal(q)
		var back Quantity
		if err != nil || json.Unmarshal(data, &back) != nil || back != q {
			t.Fatalf("%d is %s in JSON and comes back as %d", int64(q), data, int64(back))
		}
	})
	var q Quantity
	for _, data := range []string{`"x"`, `true`, `{}`, `1.00001`} {
		if err := json.Unmarshal([]byte(data), &q); err == nil {
			t.Errorf("%s is read as %v", data, q)
		}
	}
}

func TestUnits(t *testing.T) {
	o := Order{Lines: []Line{{Quantity: Units(2)}, {Quantity: Units(1) / 2}, {Quantity: -Units(5)}}}
	if got := o.Units(); got != 25_000 {
		t.Errorf("%d", got)
	}
	o.Lines = append(o.Lines, Line{Quantity: math.MaxInt64})
	if got := o.Units(); got != math.MaxInt64 {
		t.Errorf("%d", got)
	}
}
