package text

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxWord is how many bytes of a word count, in the index and in a search alike.
const maxWord = 64

// class says how a rune takes part in a word.
type class uint8

const (
	between class = iota // separates words
	joiner               // separates words, but people leave it out: hyphen, apostrophe
	letter               // part of a word
	dense                // of a script that is written without spaces: indexed by pairs
)

var ascii = func() (t [utf8.RuneSelf]class) {
	for c := range t {
		if unicode.IsLetter(rune(c)) || unicode.IsDigit(rune(c)) {
			t[c] = letter
		}
	}
	t['-'], t['\''] = joiner, joiner
	return t
}()

func classOf(r rune) class {
	switch {
	case r < utf8.RuneSelf:
		return ascii[r]
	case r == 0x2019 || r == 0x02bc || r == 0x2010 || r == 0x2011: // typographic apostrophes and hyphens
		return joiner
	case r < 0x0e00:
	case r >= 0x4e00 && r <= 0x9fff, r >= 0xac00 && r <= 0xd7a3: // nearly all there are
		return dense
	case r == 0x30fc, // the kana's long vowel mark, of no script of its own
		unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai, unicode.Lao,
			unicode.Khmer, unicode.Myanmar):
		if unicode.In(r, unicode.L, unicode.M, unicode.N) {
			return dense
		}
	}
	if unicode.In(r, unicode.L, unicode.M, unicode.N) {
		return letter
	}
	return between
}

// Tokens appends the words under which a text is found to dst: folded runs of letters and digits; where hyphens or
// apostrophes join them also the whole without these ("LS-M" → "ls", "m", "lsm"; "O'Brien" → "o", "brien", "obrien");
// scripts without spaces as pairs of characters and the last one alone, so that each character begins a word
// ("山田" → "山田", "田"). Words are cut after 64 bytes. Duplicates are not removed.
func Tokens(dst []string, s string) []string { return split(dst, s, true) }

// Words appends the words to dst that must all be found for s to be found: Tokens without the joined forms and, for
// pairs, without the last character alone.
func Words(dst []string, s string) []string { return split(dst, s, false) }

func split(dst []string, s string, index bool) []string {
	s = Fold(s)
	w := splitter{s: s, index: index, out: dst}
	for i := 0; i < len(s); {
		c, size := classAt(s, i)
		switch c {
		case between:
			w.endCompound(i)
			i += size
		case joiner:
			if next, _ := classAt(s, i+size); next != letter {
				w.endCompound(i)
			}
			i += size
		default:
			i = w.word(i, c)
		}
	}
	w.endCompound(len(s))
	return w.out
}

// splitter collects the words of a folded text.
type splitter struct {
	s     string
	index bool
	out   []string
	from  int // where the run of joined words began
	parts int // how many words that run has so far
}

// endCompound closes a run of joined words; the index has them as one as well.
func (w *splitter) endCompound(at int) {
	if w.index && w.parts > 1 {
		w.out = append(w.out, cut(strip(w.s[w.from:at])))
	}
	w.parts = 0
}

// word takes the run of one class that begins at i and returns where it ends.
func (w *splitter) word(i int, c class) int {
	end := i
	for end < len(w.s) {
		other, size := classAt(w.s, end)
		if other != c {
			break
		}
		end += size
	}
	if c == dense {
		w.endCompound(i)
		w.out = pairs(w.out, w.s[i:end], w.index)
		return end
	}
	if w.parts == 0 {
		w.from = i
	}
	w.parts++
	w.out = append(w.out, cut(w.s[i:end]))
	return end
}

// classAt is the class of the rune at i, and its length; the end of the text separates words.
func classAt(s string, i int) (class, int) {
	if i >= len(s) {
		return between, 0
	}
	if c := s[i]; c < utf8.RuneSelf {
		return ascii[c], 1
	}
	r, size := utf8.DecodeRuneInString(s[i:])
	return classOf(r), size
}

// pairs appends the two-character words of a run that has no spaces.
func pairs(dst []string, run string, index bool) []string {
	at, n := 0, 0
	for i, r := range run {
		n++
		if n > 2 {
			_, first := utf8.DecodeRuneInString(run[at:])
			at += first
		}
		if n >= 2 {
			dst = append(dst, run[at:i+utf8.RuneLen(r)])
		}
	}
	if n == 1 {
		return append(dst, run)
	}
	if index {
		_, last := utf8.DecodeLastRuneInString(run)
		dst = append(dst, run[len(run)-last:])
	}
	return dst
}

// strip removes the joiners.
func strip(s string) string {
	return strings.Map(func(r rune) rune {
		if classOf(r) == joiner {
			return -1
		}
		return r
	}, s)
}

func cut(s string) string {
	if len(s) <= maxWord {
		return s
	}
	return cutAt(s, maxWord)
}

// cutAt is s cut to at most n bytes between two code points; s is longer.
func cutAt(s string, n int) string {
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// minEnding is the shortest ending of a phone number that finds it.
const minEnding = 4

// maxDigits is how many digits a phone number has at most (ITU-T E.164 has 15, and some are written with an exit code
// or an extension).
const maxDigits = 20

// PhoneTokens appends the digits of a phone number and every ending of at least four of them to dst, so that it is
// found with or without its country and area codes.
func PhoneTokens(dst []string, s string) []string {
	all := digits(s)
	if len(all) > maxDigits {
		all = all[len(all)-maxDigits:]
	}
	if all == "" {
		return dst
	}
	dst = append(dst, all)
	for i := 1; len(all)-i >= minEnding; i++ {
		dst = append(dst, all[i:])
	}
	return dst
}

// digits are the digits of a phone number, without a trunk zero in brackets: "+49 (0) 171" is 49171.
func digits(s string) string {
	s = strings.Replace(s, "(0)", "", 1)
	var b [64]byte
	out := b[:0]
	for _, r := range s {
		if r >= 0xff10 && r <= 0xff19 {
			r -= 0xff10 - '0'
		}
		if r = digit(r); r >= '0' && r <= '9' {
			out = append(out, byte(r))
		}
	}
	return string(out)
}

// Term is one thing that is looked for. It is found where all of its words are, or where Phone is.
type Term struct {
	Words  []string // index words (Tokens); all but the last are whole words
	Prefix bool     // the last word may also be the beginning of an index word
	Phone  string   // "" or the digits that a phone number (PhoneTokens) may begin or end with; always a prefix
}

// Query splits what somebody typed into terms, all of which must be found. Digits with blanks and the usual
// punctuation between them ("555 01 03", "(11) 98765-4321") stay together as one term, which is met by its words or by
// a phone number. What has no letter and no digit is left out.
func Query(s string) []Term {
	var terms []Term
	for fields := strings.Fields(Clean(s)); len(fields) > 0; {
		n, phone := PhoneRun(fields)
		for at := 0; at < n; {
			end := at + 1
			if phone {
				end = n
			}
			if t, ok := term(strings.Join(fields[at:end], " ")); ok {
				terms = append(terms, t)
			}
			at = end
		}
		fields = fields[n:]
	}
	return terms
}

// minPhone is from how many digits on a run of digits may be a phone number.
const minPhone = 7

// PhoneRun looks at the words at the beginning of fields that consist of digits and phone punctuation. n is how many
// there are (1 where the first is none of them), and phone whether together they may be one number.
func PhoneRun(fields []string) (n int, phone bool) {
	count := 0
	for n < len(fields) && phoneLike(fields[n]) {
		count += len(digits(fields[n]))
		n++
	}
	return max(n, 1), count >= minPhone && count <= maxDigits
}

func phoneLike(s string) bool { return strings.Trim(s, "0123456789+()-./") == "" }

// HasWords tells whether words (see Words) follow each other in s; the last may be the beginning of a word of s. A
// single word is also found without its hyphen or apostrophe, as in Tokens. No words are in every text.
func HasWords(s string, words []string) bool {
	if len(words) == 0 {
		return true
	}
	var buf [32]string
	last := len(words) - 1
	have := split(buf[:0], s, last == 0)
	for i := 0; i+last < len(have); i++ {
		if strings.HasPrefix(have[i+last], words[last]) && slices.Equal(have[i:i+last], words[:last]) {
			return true
		}
	}
	return false
}

// Hidden tells whether Clean would not leave a rune of a typed line as it is: controls, escape, invisible and
// meaningless characters.
func Hidden(r rune) bool {
	return r < ' ' || (r >= 0x7f && r < 0xa0) || r == 0x2028 || r == 0x2029 || r == utf8.RuneError || invisible(r) || foreign(r)
}

func term(s string) (Term, bool) {
	t := Term{Words: Words(nil, s), Prefix: true}
	if len(t.Words) == 0 {
		return Term{}, false
	}
	if strings.Trim(s, " 0123456789+()-./") == "" {
		// Trunk and exit zeros are not part of the number as stores keep it.
		if d := strings.TrimLeft(digits(s), "0"); len(d) >= minPhone && (len(t.Words) > 1 || d != t.Words[0]) {
			t.Phone = d
		}
	}
	return t, true
}
