package sheet

import (
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// CountryNames lists the codes of countries by their names in some languages, as key gives them. known says which codes
// count. A name that several countries have, or that key leaves nothing of, is whose it was last, or left out.
func CountryNames(key func(name string) string, known func(code string) bool, languages ...language.Tag) map[string]string {
	out := map[string]string{}
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			code := string([]rune{a, b})
			region, err := language.ParseRegion(code)
			if err != nil || !known(code) {
				continue
			}
			for _, tag := range languages {
				if name := key(display.Regions(tag).Name(region)); name != "" {
					out[name] = code
				}
			}
		}
	}
	return out
}
