package locale

import (
	"regexp"

	"golang.org/x/text/currency"
)

var plainAmount = regexp.MustCompile(`\b([A-Z]{3}) (-?\d+(?:\.\d+)?)([.,]\d)?`)

// Sentence writes the amounts of a sentence in the locale's way. What the model, the suppliers and the database say of
// money has it as "USD 1234.50", for people and machines alike; only a currency of ISO 4217 and a plain decimal number
// behind it are taken for an amount, and everything else is left as it is.
func (l Locale) Sentence(text string) string {
	return plainAmount.ReplaceAllStringFunc(text, func(found string) string {
		p := plainAmount.FindStringSubmatch(found)
		if _, err := currency.ParseISO(p[1]); err != nil || p[3] != "" { // "USD 1.234,50" is somebody's own way
			return found
		}
		return p[1] + " " + l.Decimal(p[2])
	})
}
