package locale

import (
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestMoney(t *testing.T) {
	tests := []struct {
		locale   string
		minor    int64
		exponent int
		code     string
		want     string
	}{
		{"en", 123456, 2, "USD", "USD 1,234.56"},
		{"pt-BR", 123456, 2, "BRL", "BRL 1.234,56"},
		{"pt-PT", 123456, 2, "EUR", "EUR 1234,56"},
		{"pt-PT", 1234567, 2, "EUR", "EUR 12" + NBSP + "345,67"},
		{"pl", 123456, 2, "PLN", "PLN 1234,56"},
		{"pl", 123456789, 2, "PLN", "PLN 1" + NBSP + "234" + NBSP + "567,89"},
		{"pt-BR", 1508, 0, "JPY", "JPY 1.508"},
		{"en", 1250, 3, "KWD", "KWD 1.250"},
		{"en", 5, 2, "USD", "USD 0.05"},
		{"pt-BR", -5, 2, "BRL", "BRL -0,05"},
		{"en", 0, 2, "", "0.00"},
		{"en", math.MinInt64, 2, "USD", "USD -92,233,720,368,547,758.08"},
		{"nonsense", 123456, 2, "USD", "USD 1,234.56"},
	}
	for _, tt := range tests {
		if got := Get(tt.locale).Money(tt.minor, tt.exponent, tt.code); got != tt.want {
			t.Errorf("%s: Money(%d, %d, %q) = %q, want %q", tt.locale, tt.minor, tt.exponent, tt.code, got, tt.want)
		}
	}
	if got := (Locale{}).Number(12408); got != "12,408" {
		t.Errorf("the zero Locale writes %q", got)
	}
}

// What is written can be read back: grouping never loses or adds a digit.
func TestAmountKeepsItsDigits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := Get(rapid.SampledFrom(Names()).Draw(t, "locale"))
		minor := rapid.Int64().Draw(t, "minor")
		exponent := rapid.IntRange(0, 4).Draw(t, "exponent")
		text := l.Amount(minor, exponent)
		whole, frac, _ := strings.Cut(text, string(l.DecimalMark()))
		if len(frac) != exponent {
			t.Fatalf("%q has %d decimals, want %d", text, len(frac), exponent)
		}
		for _, group := range strings.FieldsFunc(strings.TrimPrefix(whole, "-"), func(r rune) bool { return r < '0' || r > '9' })[1:] {
			if len(group) != 3 {
				t.Fatalf("%q has a group that is not of three digits", text)
			}
		}
		plain := strings.NewReplacer(".", "", ",", "", NBSP, "").Replace(text)
		if back, err := strconv.ParseInt(plain, 10, 64); err != nil || back != minor {
			t.Fatalf("%q reads back as %d (%v), want %d", text, back, err, minor)
		}
	})
}

func TestDecimal(t *testing.T) {
	tests := []struct{ locale, text, want string }{
		{"pt-BR", "-1234.5", "-1.234,5"},
		{"en", "2", "2"},
		{"pl", "12345.25", "12" + NBSP + "345,25"},
		{"en", "n/a", "n/a"},
		{"en", ".5", ".5"},
		{"en", "", ""},
		{"en", "1.2.3", "1.2.3"},
	}
	for _, tt := range tests {
		if got := Get(tt.locale).Decimal(tt.text); got != tt.want {
			t.Errorf("%s: Decimal(%q) = %q, want %q", tt.locale, tt.text, got, tt.want)
		}
	}
}

func TestDates(t *testing.T) {
	zone := time.FixedZone("UTC-3", -3*3600)
	at := time.Date(2026, 11, 1, 14, 2, 3, 0, zone)
	tests := []struct{ locale, date, numeric, short, old string }{
		{"en", "1 Nov 2026", "2026-11-01", " 1 Nov 14:02", " 1 Nov  2025"},
		{"pt-BR", "1 nov 2026", "01/11/2026", " 1 nov 14:02", " 1 nov  2025"},
		{"pt-PT", "1 nov 2026", "01/11/2026", " 1 nov 14:02", " 1 nov  2025"},
		{"pl", "1 lis 2026", "01.11.2026", " 1 lis 14:02", " 1 lis  2025"},
	}
	for _, tt := range tests {
		l := Get(tt.locale)
		if got := l.Date(at); got != tt.date {
			t.Errorf("%s: Date = %q, want %q", tt.locale, got, tt.date)
		}
		if got := l.Numeric(at); got != tt.numeric {
			t.Errorf("%s: Numeric = %q, want %q", tt.locale, got, tt.numeric)
		}
		if got := l.DateTime(at); got != tt.date+" 14:02" {
			t.Errorf("%s: DateTime = %q", tt.locale, got)
		}
		if got := l.Short(at, at); got != tt.short {
			t.Errorf("%s: Short = %q, want %q", tt.locale, got, tt.short)
		}
		if got := l.Short(at.AddDate(-1, 0, 0), at); got != tt.old {
			t.Errorf("%s: Short a year ago = %q, want %q", tt.locale, got, tt.old)
		}
		for _, empty := range []string{l.Date(time.Time{}), l.Numeric(time.Time{}), l.DateTime(time.Time{}), l.Short(time.Time{}, at), ISO(time.Time{})} {
			if empty != "" {
				t.Errorf("%s: the zero time is written %q", tt.locale, empty)
			}
		}
	}
	if got := ISO(at); got != "2026-11-01T14:02:03-03:00" {
		t.Errorf("ISO = %q", got)
	}
}

func TestAgo(t *testing.T) {
	tests := []struct {
		d    time.Duration
		want string
	}{
		{-time.Hour, "just now"},
		{999 * time.Millisecond, "just now"},
		{12 * time.Second, "12 s ago"},
		{119 * time.Minute, "1 h ago"},
		{59*time.Minute + 59*time.Second, "59 min ago"},
		{47 * time.Hour, "47 h ago"},
		{49 * time.Hour, "2 d ago"},
		{24 * 1200 * time.Hour, "1,200 d ago"},
	}
	for _, tt := range tests {
		if got := Get("en").Ago(tt.d); got != tt.want {
			t.Errorf("Ago(%v) = %q, want %q", tt.d, got, tt.want)
		}
	}
}

func TestBytes(t *testing.T) {
	tests := []struct {
		n    int64
		want string
	}{
		{0, "0 B"},
		{999, "999 B"},
		{1000, "1,0 kB"},
		{999_949, "999,9 kB"},
		{999_950, "1,0 MB"},
		{3_400_000_000, "3,4 GB"},
		{math.MaxInt64, "9,2 EB"},
	}
	for _, tt := range tests {
		if got := Get("pt-BR").Bytes(tt.n); got != tt.want {
			t.Errorf("Bytes(%d) = %q, want %q", tt.n, got, tt.want)
		}
	}
}

func TestFromEnvironment(t *testing.T) {
	tests := []struct {
		env  map[string]string
		want string
	}{
		{map[string]string{}, "en"},
		{map[string]string{"LANG": "pt_BR.UTF-8"}, "pt-BR"},
		{map[string]string{"LANG": "pt_PT@euro"}, "pt-PT"},
		{map[string]string{"LANG": "pt"}, "pt-PT"},
		{map[string]string{"LANG": "pl_PL.UTF-8"}, "pl"},
		{map[string]string{"LANG": "C.UTF-8"}, "en"},
		{map[string]string{"LANG": "ja_JP.UTF-8"}, "en"},
		{map[string]string{"LANG": "pl_PL.UTF-8", "LC_ALL": "C"}, "en"},
		{map[string]string{"LANG": "en_US.UTF-8", "LC_MONETARY": "pt_BR.UTF-8"}, "pt-BR"},
	}
	for _, tt := range tests {
		if got := FromEnvironment(func(k string) string { return tt.env[k] }); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.env, got, tt.want)
		}
	}
}
