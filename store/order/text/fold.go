package text

import (
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// letters are the folded forms of letters that Unicode does not decompose.
var letters = map[rune]string{
	'ß': "ss", 'ł': "l", 'đ': "d", 'ð': "d", 'ø': "o", 'æ': "ae", 'œ': "oe", 'ı': "i", 'þ': "th", 'ħ': "h",
	'ŧ': "t", 'ŋ': "n", 'ĸ': "k", 'ə': "e", 'ƒ': "f", 'ȷ': "j", 'ɨ': "i", 'ʉ': "u", 'ɫ': "l", 'ς': "σ", 'ـ': "",
}

// Fold is the form in which texts are compared: lower case, without accents ("Łódź" → "lodz"), ligatures, width and
// style variants spelled out ("ＡＢ" → "ab"), digits of other scripts as 0–9. Scripts whose marks are letters of their
// own (Devanagari, Thai, kana) keep them. Folding twice changes nothing more.
func Fold(s string) string {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= utf8.RuneSelf || (c >= 'A' && c <= 'Z') {
			return string(AppendFold(make([]byte, 0, len(s)+8), s))
		}
	}
	return s
}

// AppendFold appends Fold(s) to dst.
func AppendFold(dst []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= utf8.RuneSelf {
			// Back up by one: what follows may combine with the letter before it.
			if i > 0 {
				i--
				dst = dst[:len(dst)-1]
			}
			return appendFoldSlow(dst, s[i:])
		}
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}

// common is the folded form of each rune of the alphabets from U+0080 on; "" for those that depend on what is around
// them, combining marks above all. It is made when the first of them is met, so that starting costs nothing.
var common = sync.OnceValue(func() *[0x530 - utf8.RuneSelf]string {
	var t [0x530 - utf8.RuneSelf]string
	for i := range t {
		if r := rune(i + utf8.RuneSelf); !unicode.Is(unicode.M, r) {
			t[i] = string(normalFold(nil, string(r)))
		}
	}
	return &t
})

// appendFoldSlow folds what begins with or before a rune that is not ASCII: rune by rune where nothing can combine,
// else by Unicode's whole rules.
func appendFoldSlow(dst []byte, s string) []byte {
	start, table := len(dst), common()
	for _, r := range s {
		switch {
		case r < utf8.RuneSelf:
			if r >= 'A' && r <= 'Z' {
				r += 'a' - 'A'
			}
			dst = append(dst, byte(r))
		case r < 0x530 && table[r-utf8.RuneSelf] != "":
			dst = append(dst, table[r-utf8.RuneSelf]...)
		case r >= 0x4e00 && r <= 0x9fff, r >= 0xac00 && r <= 0xd7a3, r >= 0x3041 && r <= 0x3096, r >= 0x30a1 && r <= 0x30fa, r == 0x30fc:
			dst = utf8.AppendRune(dst, r) // ideographs, Hangul syllables and kana are their own form
		default:
			return normalFold(dst[:start], s)
		}
	}
	return dst
}

// normalFold appends the folded form of any text.
func normalFold(dst []byte, s string) []byte {
	start := len(dst)
	var buf [256]byte
	for _, r := range string(norm.NFKD.AppendString(buf[:0], s)) {
		if r < utf8.RuneSelf {
			if r >= 'A' && r <= 'Z' {
				r += 'a' - 'A'
			}
			dst = append(dst, byte(r))
			continue
		}
		if accent(r) {
			continue
		}
		r = unicode.ToLower(r)
		if to, ok := letters[r]; ok {
			dst = append(dst, to...)
			continue
		}
		dst = utf8.AppendRune(dst, digit(r))
	}
	// Put together again what NFKD took apart and is no accent: Hangul syllables, voiced kana.
	if tail := dst[start:]; !norm.NFC.IsNormal(tail) {
		dst = append(dst[:start], norm.NFC.Bytes(tail)...)
	}
	return dst
}

// accent tells whether a combining mark only decorates: the general combining marks, Hebrew points, Arabic vowel signs
// and hamza.
func accent(r rune) bool {
	switch {
	case r < 0x0300:
		return false
	case r <= 0x036f:
		return true
	case r < 0x0591:
		return r >= 0x0483 && r <= 0x0489
	case r <= 0x05c7:
		return unicode.Is(unicode.Mn, r)
	case r < 0x064b:
		return false
	case r <= 0x065f || r == 0x0670:
		return true
	}
	return (r >= 0x1ab0 && r <= 0x1aff) || (r >= 0x1dc0 && r <= 0x1dff) || (r >= 0x20d0 && r <= 0x20ff) ||
		(r >= 0xfe20 && r <= 0xfe2f)
}

// digit turns the decimal digits of the scripts that shops meet into 0–9 and leaves every other rune alone.
func digit(r rune) rune {
	for _, zero := range [...]rune{0x0660, 0x06f0, 0x0966, 0x09e6, 0x0e50} {
		if r >= zero && r <= zero+9 {
			return '0' + r - zero
		}
	}
	return r
}
