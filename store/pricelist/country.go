package pricelist

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/language"

	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/store/order/text"
	"github.com/orderdeck/orderdeck/store/sheet"
)

// everywhere are the words for all countries.
var everywhere = []string{"", // nothing, or a star
	"all", "any", "world", "worldwide", "rest of the world", "todos", "mundo", "todo o mundo", "wszystkie", "swiat", "caly swiat"}

// countries reads a list of countries, by code or by name; nil = everywhere.
func (r *row) countries() ([]string, error) {
	s := r.text(Country)
	if slices.Contains(everywhere, plain(s)) {
		return nil, nil
	}
	var out []string
	add := func(name string) bool {
		code := countryOf(name)
		if code != "" && !slices.Contains(out, code) {
			out = append(out, code)
		}
		return code != ""
	}
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(",;/|+", r) }) {
		if strings.TrimSpace(part) == "" || add(part) {
			continue
		}
		for _, word := range strings.Fields(part) { // codes with blanks between them
			if len(word) != 2 || !add(word) {
				return nil, fmt.Errorf("“%s” is no country: write its code of two letters, such as BR", text.Limit(part, 60))
			}
		}
	}
	return out, nil
}

// countryOf is the code of a country that is written as a code or as its name in English, Portuguese or Polish; "" where
// there is no such country.
func countryOf(name string) string {
	key := plain(name)
	if code := strings.ToUpper(key); checkout.KnownCountry(code) {
		return code
	}
	return countryNames()[key]
}

// countryNames are the codes of countries by their names, as plain gives them.
var countryNames = sync.OnceValue(func() map[string]string {
	out := map[string]string{"uk": "GB", "usa": "US", "great britain": "GB", "america": "US"}
	maps.Copy(out, sheet.CountryNames(plain, checkout.KnownCountry, language.English, language.Portuguese, language.Polish))
	return out
})
