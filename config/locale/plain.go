package locale

import "strings"

// Plain is an amount, as somebody typed it, as a number with a decimal point and nothing else that the text did not have:
// "1.234,5" becomes "1234.5" where the comma is the decimal mark. Of two kinds of marks the last is the decimal mark,
// whatever the locale; one of the other kind with three digits behind it groups thousands. What is no number stays none.
func (l Locale) Plain(text string) string {
	text = strings.NewReplacer(" ", "", NBSP, "", "\u202f", "", "'", "", "’", "").Replace(strings.TrimSpace(text))
	at := strings.LastIndexAny(text, ".,")
	if at < 0 {
		return text
	}
	mark := text[at]
	whole, part := text[:at], text[at+1:]
	other := byte('.')
	if mark == '.' {
		other = ','
	}
	grouped := strings.IndexByte(whole, mark) >= 0 // 1.234.567
	foreign := rune(mark) != l.DecimalMark() && strings.IndexByte(whole, other) < 0 && len(part) == 3
	if grouped || foreign {
		return strings.ReplaceAll(text, string(mark), "")
	}
	return strings.ReplaceAll(whole, string(other), "") + "." + part
}
