package locale

import "testing"

func TestAmountsInASentenceAreWrittenAsEverywhere(t *testing.T) {
	for _, c := range []struct{ locale, text, want string }{
		{"en", "the supplier asks for USD 1234.50, and you saw USD 999.00", "the supplier asks for USD 1,234.50, and you saw USD 999.00"},
		{"pt-BR", "not enough: BRL 1381.39 of BRL 12000.00", "not enough: BRL 1.381,39 of BRL 12.000,00"},
		{"en", "it costs JPY 120000.", "it costs JPY 120,000."},
		{"en", "left: USD -1234.50", "left: USD -1,234.50"},
		{"en", "USD 1,234.50 and EUR 1.234,50 are theirs", "USD 1,234.50 and EUR 1.234,50 are theirs"},
		{"pt-BR", "CEP 01304, SKU 1234.50, order 2201-KITE-1 and ABCUSD 1234.50", "CEP 01304, SKU 1234.50, order 2201-KITE-1 and ABCUSD 1234.50"},
	} {
		if got := Get(c.locale).Sentence(c.text); got != c.want {
			t.Errorf("%s: %q became %q, not %q", c.locale, c.text, got, c.want)
		}
	}
}
