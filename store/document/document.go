// Package document writes the papers of an order: the branded invoice that goes into the parcel, the receipt of what a
// supplier was paid, and the purchase order for a supplier without an API.
//
// # How a PDF is made
//
// PDFs are written by codeberg.org/go-pdf/fpdf, the continuation of gofpdf: pure Go, looked after, and it embeds fonts
// with a Unicode map, so that text can be found and copied again. (maroto is a layer above the gofpdf that is no longer
// looked after; gopdf does as well, with fewer means to draw and to set what a document says of itself.) It reads
// TrueType only, trusts what it reads, and knows one font at a time. So the glyphs are looked up here, by
// golang.org/x/image/font/sfnt, which reads TrueType, OpenType and collections and takes damaged files well: what a
// document needs of each font becomes a small TrueType font of its own, and fpdf never sees another.
//
// Latin, Greek and Cyrillic are set in the Go fonts (Bigelow & Holmes, under Go's BSD licence), which come with
// golang.org/x/image. What they lack is looked for in the font that the merchant named and in the system's fonts. What
// no font has is transliterated to Latin letters, and the caller is told.
//
// The same data gives the same bytes, on the same fonts.
package document

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
)

// Format writes amounts and dates as a country does, and by its name says in which language a document is headed: en,
// pt-BR, pt-PT or pl. A locale of the settings is one.
type Format interface {
	Name() string
	Money(minor int64, exponent int, code string) string
	Amount(minor int64, exponent int) string
	Decimal(text string) string
	Date(t time.Time) string
	DateTime(t time.Time) string
}

// Brand is the merchant on paper.
type Brand struct {
	Name    string
	Logo    []byte   // PNG or JPEG, as ReadLogo gives it; nil = the name is written
	Color   string   // "#1a5fb4"; "" = black
	Address []string // lines, below the name
	Message string   // to the customer, below the totals; lines
	Font    string   // a font file for scripts that the built-in font lacks; "" = what the system has
}

// ErrNotPaid is in the error of a receipt for something that has not been paid.
var ErrNotPaid = errors.New("there is no receipt before it is paid")

// Languages lists the languages that documents can be headed in; the first is what is taken when none fits.
func Languages() []string { return []string{"en", "pt-BR", "pt-PT", "pl"} }

// Language is the language of an order's papers: the customer's own, else that of the country that it goes to. Only
// those of allowed are taken, and the first of them where none fits; nil allows all of Languages.
func Language(o *order.Order, allowed []string) string {
	if len(allowed) == 0 {
		allowed = Languages()
	}
	country := strings.ToUpper(o.Destination().Country)
	wants := []string{languageOf(o.Customer.Locale, country), languageOf(map[string]string{"BR": "pt-BR", "PT": "pt-PT", "PL": "pl"}[country], country)}
	for _, want := range wants {
		if want != "" && slices.Contains(allowed, want) {
			return want
		}
	}
	return cmp.Or(allowed[0], Languages()[0])
}

// languageOf makes one of Languages of a BCP 47 tag: "pt_BR", "pl-PL", "PT". Portuguese without a region is that of
// the country that the order goes to.
func languageOf(tag, country string) string {
	language, rest, _ := strings.Cut(strings.ReplaceAll(tag, "_", "-"), "-")
	switch strings.ToLower(language) {
	case "en":
		return "en"
	case "pl":
		return "pl"
	case "pt":
		region := strings.ToUpper(rest)
		if region == "BR" || region == "" && country == "BR" {
			return "pt-BR"
		}
		return "pt-PT"
	}
	return ""
}

// money is an amount with its currency, "" for the zero value.
func money(f Format, m order.Money) string {
	if m.Currency == "" {
		return ""
	}
	return f.Money(m.Minor, order.Exponent(m.Currency), m.Currency)
}

// amount is an amount for a column whose head has the currency; one of another currency carries its own.
func amount(f Format, m order.Money, currency string) string {
	if m.Currency != currency {
		return money(f, m)
	}
	return f.Amount(m.Minor, order.Exponent(currency))
}

// minus is an amount that is taken off.
func minus(m order.Money) order.Money { return order.Money{Minor: -m.Minor, Currency: m.Currency} }

// addressLines is an address as it is written on a parcel.
func addressLines(a order.Address) []string {
	var out []string
	for _, line := range []string{
		a.Name, a.Company, a.Line1, a.Line2, strings.TrimSpace(a.PostalCode + " " + a.City), a.Province, cmp.Or(a.CountryName, a.Country),
	} {
		if strings.TrimSpace(line) != "" {
			out = append(out, line)
		}
	}
	return out
}

// in is an instant as it is shown; the zero time stays zero.
func in(t time.Time, zone *time.Location) time.Time {
	if zone == nil || t.IsZero() {
		return t
	}
	return t.In(zone)
}

// paper is the size of the pages: letter where printers have that.
func paper(country string) (width, height float64) {
	if slices.Contains([]string{"US", "CA", "MX", "PH", "CL", "CO"}, strings.ToUpper(country)) {
		return 612, 792
	}
	return 595.28, 841.89
}

// colour is a colour of three parts from 0 to 255.
type colour struct{ r, g, b int }

var (
	black = colour{0, 0, 0}
	ink   = colour{33, 37, 41}
	grey  = colour{108, 117, 125}
	pale  = colour{222, 226, 230}
	white = colour{255, 255, 255}
)

// ParseColor reads "#1a5fb4" or "#15b".
func ParseColor(text string) (r, g, b int, err error) {
	hex, ok := strings.CutPrefix(strings.TrimSpace(text), "#")
	if ok && len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	if ok && len(hex) == 6 && strings.Trim(strings.ToLower(hex), "0123456789abcdef") == "" {
		if _, err := fmt.Sscanf(hex, "%02x%02x%02x", &r, &g, &b); err == nil {
			return r, g, b, nil
		}
	}
	return 0, 0, 0, fmt.Errorf("%q is no colour: write it as #1a5fb4, two hexadecimal digits each for red, green and blue", text)
}

// accent is the brand's colour, and the colour of text on it.
func (b *Brand) accent() (background, text colour) {
	red, green, blue, err := ParseColor(b.Color)
	if err != nil {
		return ink, white
	}
	c := colour{red, green, blue}
	if luminance(c) > 0.4 {
		return c, black
	}
	return c, white
}

// accentInk is the brand's colour where it is to be read on white paper; a light one would not be.
func (b *Brand) accentInk() colour {
	if c, _ := b.accent(); luminance(c) <= 0.4 {
		return c
	}
	return ink
}

// luminance is how bright a colour looks, from 0 to 1.
func luminance(c colour) float64 {
	return (0.2126*float64(c.r)*float64(c.r) + 0.7152*float64(c.g)*float64(c.g) + 0.0722*float64(c.b)*float64(c.b)) / (255 * 255)
}
