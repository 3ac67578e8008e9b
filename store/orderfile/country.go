package orderfile

import (
	"strings"
	"sync"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// countries has the code of every country by its name, as key gives it, in the languages that files come in.
var countries = sync.OnceValue(func() map[string]string {
	out := map[string]string{
		"usa": "US", "u s a": "US", "uk": "GB", "great britain": "GB", "england": "GB", "holland": "NL", "czech republic": "CZ",
		"south korea": "KR", "russian federation": "RU", "viet nam": "VN", "turkey": "TR",
	}
	namers := []display.Namer{
		display.English.Regions(), display.Regions(language.Portuguese), display.Regions(language.EuropeanPortuguese),
		display.Regions(language.Polish), display.Regions(language.Spanish),
	}
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			region, err := language.ParseRegion(string([]rune{a, b}))
			if err != nil || !region.IsCountry() || region.String() != string([]rune{a, b}) {
				continue
			}
			for _, n := range namers {
				if name := key(n.Name(region)); name != "" {
					out[name] = region.String()
				}
			}
		}
	}
	return out
})

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
