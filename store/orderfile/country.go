package orderfile

import (
	"maps"
	"strings"
	"sync"

	"golang.org/x/text/language"

	"github.com/orderdeck/orderdeck/store/sheet"
)

// countries has the code of every country by its name, as key gives it, in the languages that files come in.
var countries = sync.OnceValue(func() map[string]string {
	out := map[string]string{
		"usa": "US", "u s a": "US", "uk": "GB", "great britain": "GB", "england": "GB", "holland": "NL", "czech republic": "CZ",
		"south korea": "KR", "russian federation": "RU", "viet nam": "VN", "turkey": "TR",
	}
	maps.Copy(out, sheet.CountryNames(key, isCountry, language.English, language.Portuguese, language.EuropeanPortuguese, language.Polish, language.Spanish))
	return out
})

// isCountry tells whether a code is a country's own, not an older one of it.
func isCountry(code string) bool {
	r, err := language.ParseRegion(code)
	return err == nil && r.IsCountry() && r.String() == code
}

// country gives the code of a country that is written as a code or as a name, "" where it is neither.
func country(cell string) string {
	cell = strings.TrimSpace(cell)
	if len(cell) == 2 {
		if r, err := language.ParseRegion(cell); err == nil && r.IsCountry() {
			return r.Canonicalize().String()
		}
	}
	return countries()[key(cell)]
}
