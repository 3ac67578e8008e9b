// Package locale writes numbers, money and dates the way the merchant's country does. The words of the program stay
// English; only what is counted, paid or dated follows the locale.
//
// It is pure: no I/O, no tables from the system, the same bytes on every machine.
package locale

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// NBSP separates thousands in Portugal and Poland and keeps a number in one piece when a line is wrapped. It is one
// cell wide.
const NBSP = "\u00a0"

// Locale is one country's way of writing. Its zero value writes like "en".
type Locale struct {
	name     string
	decimal  string
	group    string
	minGroup int // group only numbers with at least this many digits before the last group of three (CLDR)
	months   *[12]string
	numeric  string // layout of a date in digits
}

var english = [12]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}

var portuguese = [12]string{"jan", "fev", "mar", "abr", "mai", "jun", "jul", "ago", "set", "out", "nov", "dez"}

var polish = [12]string{"sty", "lut", "mar", "kwi", "maj", "cze", "lip", "sie", "wrz", "paź", "lis", "gru"}

// The values are CLDR's. Every month is three cells wide, so that columns of dates line up. English dates in digits
// are ISO's, because 11/12 means two days in two countries that both write English.
var locales = []Locale{
	{"en", ".", ",", 1, &english, "2006-01-02"},
	{"pt-BR", ",", ".", 1, &portuguese, "02/01/2006"},
	{"pt-PT", ",", NBSP, 2, &portuguese, "02/01/2006"},
	{"pl", ",", NBSP, 2, &polish, "02.01.2006"},
}

// Names lists the locales that there are.
func Names() []string {
	names := make([]string, len(locales))
	for i, l := range locales {
		names[i] = l.name
	}
	return names
}

// Known tells whether a locale of that name exists.
func Known(name string) bool { return slices.Contains(Names(), name) }

// Get is the locale of that name, or "en" when there is none.
func Get(name string) Locale {
	for _, l := range locales {
		if l.name == name {
			return l
		}
	}
	return locales[0]
}

// FromEnvironment chooses a locale by the variables that programs on Unix look at, in POSIX' order of precedence.
// Portuguese of anywhere but Brazil is pt-PT; every other language that there is no locale for is "en".
func FromEnvironment(getenv func(string) string) string {
	for _, key := range []string{"LC_ALL", "LC_MONETARY", "LANG"} {
		value := getenv(key)
		if value == "" {
			continue
		}
		tag, _, _ := strings.Cut(value, ".")
		language, region, _ := strings.Cut(strings.ReplaceAll(tag, "-", "_"), "_")
		region, _, _ = strings.Cut(region, "@")
		switch strings.ToLower(language) {
		case "pt":
			if strings.EqualFold(region, "BR") {
				return "pt-BR"
			}
			return "pt-PT"
		case "pl":
			return "pl"
		}
		return "en"
	}
	return "en"
}

func (l Locale) orEnglish() Locale {
	if l.months == nil {
		return locales[0]
	}
	return l
}

// Name is the locale's name: "pt-BR".
func (l Locale) Name() string { return l.orEnglish().name }

// DecimalMark is what stands between units and decimals: '.' or ','.
func (l Locale) DecimalMark() rune { return rune(l.orEnglish().decimal[0]) }

// Number writes a whole number with its thousands grouped: "12.408".
func (l Locale) Number(n int64) string { return l.Amount(n, 0) }

// Money writes a currency's code and an amount in its minor units; exponent is how many decimals the minor unit stands
// for: Money(123456, 2, "BRL") is "BRL 1.234,56" in Brazil. The code always comes first, so that columns line up.
func (l Locale) Money(minor int64, exponent int, code string) string {
	return string(l.AppendMoney(nil, minor, exponent, code))
}

// AppendMoney appends what Money writes, for rows that are drawn often.
func (l Locale) AppendMoney(dst []byte, minor int64, exponent int, code string) []byte {
	if code != "" {
		dst = append(append(dst, code...), ' ')
	}
	return l.AppendAmount(dst, minor, exponent)
}

// Amount writes an amount in minor units without a currency: "1.234,56".
func (l Locale) Amount(minor int64, exponent int) string {
	var buf [40]byte
	return string(l.AppendAmount(buf[:0], minor, exponent))
}

// AppendAmount appends what Amount writes.
func (l Locale) AppendAmount(dst []byte, minor int64, exponent int) []byte {
	l = l.orEnglish()
	u := uint64(minor)
	if minor < 0 {
		dst = append(dst, '-')
		u = -u // right for the smallest int64 too: unsigned arithmetic wraps round to its magnitude
	}
	var buf [40]byte
	digits := strconv.AppendUint(buf[:0], u, 10)
	if missing := exponent + 1 - len(digits); missing > 0 {
		digits = buf[:exponent+1]
		copy(digits[missing:], strconv.AppendUint(make([]byte, 0, 20), u, 10))
		for i := range missing {
			digits[i] = '0'
		}
	}
	whole := digits[:len(digits)-exponent]
	dst = l.appendGrouped(dst, whole)
	if exponent > 0 {
		dst = append(append(dst, l.decimal...), digits[len(whole):]...)
	}
	return dst
}

func (l Locale) appendGrouped(dst, digits []byte) []byte {
	if len(digits) < 3+l.minGroup {
		return append(dst, digits...)
	}
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			dst = append(dst, l.group...)
		}
		dst = append(dst, d)
	}
	return dst
}

// Decimal rewrites a plain decimal text ("-1234.5") in the locale's way ("-1.234,5"). A text that is no plain decimal
// comes back as it was.
func (l Locale) Decimal(text string) string {
	l = l.orEnglish()
	unsigned := strings.TrimPrefix(text, "-")
	whole, frac, hasFrac := strings.Cut(unsigned, ".")
	if whole == "" || strings.Trim(whole+frac, "0123456789") != "" {
		return text
	}
	dst := make([]byte, 0, len(text)+8)
	if len(unsigned) < len(text) {
		dst = append(dst, '-')
	}
	dst = l.appendGrouped(dst, []byte(whole))
	if hasFrac {
		dst = append(append(dst, l.decimal...), frac...)
	}
	return string(dst)
}

// Percent writes a share in whole per cent: "62 %".
func (l Locale) Percent(n int64) string { return l.Number(n) + NBSP + "%" }

// Bytes writes a size with the unit that fits: "812 B", "3,4 MB" (decimal units, as disks are sold and file managers
// show).
func (l Locale) Bytes(n int64) string {
	if n < 1000 {
		return l.Number(n) + " B"
	}
	units := []string{"kB", "MB", "GB", "TB", "PB", "EB"}
	size, unit := float64(n)/1000, 0
	for size >= 999.95 && unit < len(units)-1 {
		size, unit = size/1000, unit+1
	}
	return l.Decimal(strconv.FormatFloat(size, 'f', 1, 64)) + " " + units[unit]
}

// Month is the month's name in three cells.
func (l Locale) Month(m time.Month) string { return l.orEnglish().months[m-1] }
