package document

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/gosimple/unidecode"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/unicode/bidi"
	"golang.org/x/text/unicode/norm"
)

// face is one weight of one font.
type face struct {
	name  string // for people
	font  *sfnt.Font
	buf   sfnt.Buffer
	units int // of an em
	bold  bool
	known map[rune]int // the advance in font units of what has been asked for; -1 = it does not have it
	used  map[rune]bool
}

func newFace(name string, f *sfnt.Font, bold bool) (*face, error) {
	units := int(f.UnitsPerEm())
	if units < 16 || units > 16384 {
		return nil, fmt.Errorf("%s: %d units an em", name, units)
	}
	return &face{name: name, font: f, units: units, bold: bold, known: map[rune]int{}, used: map[rune]bool{}}, nil
}

// has tells whether a character can be drawn in outlines.
func (f *face) has(r rune) bool {
	if a, ok := f.known[r]; ok {
		return a >= 0
	}
	f.known[r] = -1
	glyph, err := f.font.GlyphIndex(&f.buf, r)
	if err != nil || glyph == 0 {
		return false
	}
	if _, err := f.outline(r); err != nil {
		return false // a coloured picture, or damaged
	}
	advance, err := f.font.GlyphAdvance(&f.buf, glyph, fixed.I(f.units), font.HintingNone)
	if err != nil {
		return false
	}
	f.known[r] = max(0, advance.Round())
	return true
}

// advance is how wide a character is, in font units.
func (f *face) advance(r rune) int {
	if !f.has(r) {
		return 0
	}
	return f.known[r]
}

// run is a stretch of text in one face.
type run struct {
	face *face
	text string
}

// typeface is the fonts of one document.
type typeface struct {
	own    [2]*face // by weight
	more   []pair   // others, in the order in which they were needed
	search *finder
	lost   map[rune]bool                // no font has them
	joined map[*unicode.RangeTable]bool // scripts whose letters would have to be joined
}

// pair is a font with its bold one, which may be missing.
type pair struct{ regular, bold *face }

func newTypeface(search *finder) (*typeface, error) {
	t := &typeface{search: search, lost: map[rune]bool{}, joined: map[*unicode.RangeTable]bool{}}
	for i, data := range [][]byte{goregular.TTF, gobold.TTF} {
		f, err := sfnt.Parse(data)
		if err != nil {
			return nil, err
		}
		if t.own[i], err = newFace("Go", f, i == 1); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// faceOf finds a face for a character, nil when there is none.
func (t *typeface) faceOf(r rune, bold bool) *face {
	own := t.own[0]
	if bold {
		own = t.own[1]
	}
	if own.has(r) {
		return own
	}
	if r > 0xffff { // fpdf's map from characters to glyphs ends there
		return nil
	}
	for _, p := range t.more {
		if f := p.of(r, bold); f != nil {
			return f
		}
	}
	if t.lost[r] {
		return nil
	}
	if p, ok := t.search.find(r); ok {
		t.more = append(t.more, p)
		return p.of(r, bold)
	}
	return nil
}

func (p pair) of(r rune, bold bool) *face {
	if bold && p.bold != nil && p.bold.has(r) {
		return p.bold
	}
	if p.regular.has(r) {
		return p.regular
	}
	return nil
}

// letters are scripts whose letters change with their neighbours. What joins them is not done here.
var letters = map[*unicode.RangeTable]string{
	unicode.Arabic: "Arabic", unicode.Syriac: "Syriac", unicode.Devanagari: "Devanagari", unicode.Bengali: "Bengali",
	unicode.Gurmukhi: "Gurmukhi", unicode.Gujarati: "Gujarati", unicode.Tamil: "Tamil", unicode.Telugu: "Telugu",
	unicode.Kannada: "Kannada", unicode.Malayalam: "Malayalam", unicode.Sinhala: "Sinhala", unicode.Khmer: "Khmer",
	unicode.Myanmar: "Burmese", unicode.Tibetan: "Tibetan", unicode.Mongolian: "Mongolian",
}

// printable replaces what no font has by Latin letters, and notes it.
func (t *typeface) printable(s string, bold bool) string {
	var b strings.Builder
	space := false // a transliterated syllable ends; the next one is set apart
	for _, r := range s {
		switch {
		case r == ' ' || r == '\u00a0':
			b.WriteRune(r)
			space = false
			continue
		case t.faceOf(r, bold) != nil:
			for table := range letters {
				if unicode.Is(table, r) {
					t.joined[table] = true
				}
			}
			b.WriteRune(r)
			space = false
			continue
		}
		t.lost[r] = true
		latin := t.latin(r, bold)
		if space && len(latin) > 1 {
			b.WriteByte(' ')
		}
		b.WriteString(latin)
		space = len(latin) > 1
	}
	return b.String()
}

// latin is a character without what makes it foreign: its base letter, else its transliteration, else a question mark.
func (t *typeface) latin(r rune, bold bool) string {
	plain := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFKD.String(string(r)))
	if plain == "" && unicode.Is(unicode.Mn, r) {
		return ""
	}
	for _, try := range []string{plain, strings.TrimSpace(unidecode.Unidecode(string(r)))} {
		if try != "" && try != "[?]" && !strings.ContainsFunc(try, func(r rune) bool { return t.faceOf(r, bold) == nil }) {
			return try
		}
	}
	return "?"
}

// runs splits a text that is printable into stretches of one face each, in the order in which they stand on paper.
func (t *typeface) runs(s string, bold bool) []run {
	var out []run
	for _, r := range visual(s) {
		f := t.faceOf(r, bold)
		if f == nil { // a space that a font lacks
			r, f = ' ', t.own[0]
		}
		f.used[r] = true
		if k := len(out) - 1; k >= 0 && out[k].face == f {
			out[k].text += string(r)
			continue
		}
		out = append(out, run{f, string(r)})
	}
	return out
}

// visual puts a line into the order in which it is drawn from left to right.
func visual(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool {
		p, _ := bidi.LookupRune(r)
		return p.Class() == bidi.R || p.Class() == bidi.AL
	}) {
		return s
	}
	var p bidi.Paragraph
	if _, err := p.SetString(s, bidi.DefaultDirection(bidi.LeftToRight)); err != nil {
		return s
	}
	order, err := p.Order()
	if err != nil {
		return s
	}
	var b strings.Builder
	for i := range order.NumRuns() {
		part := order.Run(i)
		if part.Direction() == bidi.RightToLeft {
			b.WriteString(bidi.ReverseString(part.String()))
			continue
		}
		b.WriteString(part.String())
	}
	return b.String()
}

// width is how wide a printable text is at a size, in the unit of the size.
func (t *typeface) width(s string, bold bool, size float64) (w float64) {
	for _, r := range s {
		if f := t.faceOf(r, bold); f != nil {
			w += float64(f.advance(r)) / float64(f.units) * size
		} else {
			w += float64(t.own[0].advance(' ')) / float64(t.own[0].units) * size
		}
	}
	return w
}

// faces are all that have been drawn with, in a fixed order.
func (t *typeface) faces() []*face {
	all := []*face{t.own[0], t.own[1]}
	for _, p := range t.more {
		all = append(all, p.regular)
		if p.bold != nil {
			all = append(all, p.bold)
		}
	}
	return slices.DeleteFunc(all, func(f *face) bool { return len(f.used) == 0 })
}

// warnings say what does not look as it was written.
func (t *typeface) warnings() []string {
	var out []string
	if t.search.trouble != nil {
		out = append(out, t.search.trouble.Error())
	}
	if len(t.lost) > 0 {
		var lost []rune
		for r := range t.lost {
			lost = append(lost, r)
		}
		slices.Sort(lost)
		shown := string(lost[:min(len(lost), 12)])
		if len(lost) > 12 {
			shown += "…"
		}
		out = append(out, fmt.Sprintf("no font on this computer has %s (%s), so Latin letters stand there instead: install a font for it, such as Noto, or name one under brand.font in the settings",
			shown, strings.Join(scripts(lost), ", ")))
	}
	var joined []string
	for table := range t.joined {
		joined = append(joined, letters[table])
	}
	slices.Sort(joined)
	if len(joined) > 0 {
		out = append(out, fmt.Sprintf("the letters of %s stand side by side and are not joined as they should be: have somebody who reads it look at the page", strings.Join(joined, ", ")))
	}
	return out
}

// scripts names the scripts of some characters.
func scripts(runes []rune) []string {
	var out []string
	for _, r := range runes {
		name := "symbols"
		for script, table := range unicode.Scripts {
			if script != "Common" && script != "Inherited" && unicode.Is(table, r) {
				name = strings.ReplaceAll(script, "_", " ")
			}
		}
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// errNoOutlines is what is wrong with a font that cannot be used.
var errNoOutlines = errors.New("it is no font with outlines that can be read (TTF, OTF or TTC)")
