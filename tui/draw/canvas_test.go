package draw

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"github.com/rivo/uniseg"
	"pgregory.net/rapid"
)

var palette = &Palette{FG: []string{"", "31"}, BG: []string{"", "44"}}

// A canvas gives back exactly its box, whatever is drawn onto it and wherever.
func TestCanvasIsExactlyItsSize(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var c Canvas
		w, h := rapid.IntRange(1, 40).Draw(t, "w"), rapid.IntRange(1, 12).Draw(t, "h")
		c.Resize(w, h)
		for range rapid.IntRange(0, 12).Draw(t, "n") {
			box := Box{rapid.IntRange(-5, 45).Draw(t, "x"), rapid.IntRange(-3, 14).Draw(t, "y"), rapid.IntRange(-2, 50).Draw(t, "bw"), rapid.IntRange(0, 5).Draw(t, "bh")}
			text := rapid.OneOf(rapid.SampledFrom([]string{"山田健太", "Łódź", "é̂́", "🇩🇪🙂", "a\x1b[31mb", "\u202eabc", "─┬─", "ःः", "\U0001f3fb"}), rapid.String()).Draw(t, "text")
			st := Style{FG: Color(rapid.IntRange(0, 1).Draw(t, "fg")), BG: Color(rapid.IntRange(0, 1).Draw(t, "bg"))}
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0:
				c.Text(box, text, st)
			case 1:
				c.TextRight(box, text, st)
			case 2:
				c.Fill(box, st)
			case 3:
				c.Background(box, 1, Reverse)
			}
		}
		out := c.Render(palette)
		lines := strings.Split(out, "\n")
		if len(lines) != h {
			t.Fatalf("%d lines, not %d", len(lines), h)
		}
		for i, l := range lines {
			plain := ansi.Strip(l)
			if got := Width(plain); got != w {
				t.Fatalf("line %d is %d wide, not %d: %q", i, got, w, plain)
			}
		}
		for _, r := range c.Plain() {
			if r != '\n' && (r < 0x20 || r == 0x7f || r >= 0x80 && r < 0xa0) {
				t.Fatalf("a control character got through: %U", r)
			}
		}
	})
}

func TestTextIsCutWithAnEllipsis(t *testing.T) {
	for _, tt := range []struct {
		w          int
		text, want string
	}{
		{5, "hello", "hello"},
		{4, "hello", "hel…"},
		{1, "hello", "…"},
		{3, "山田", "山…"},
		{4, "山田", "山田"},
		{2, "山田", " …"},
		{6, "Łódźxyz", "Łódźx…"},
	} {
		var c Canvas
		c.Resize(tt.w, 1)
		c.Text(c.Box(), tt.text, Style{})
		if got := c.Plain(); got != tt.want {
			t.Errorf("%q in %d: %q, want %q", tt.text, tt.w, got, tt.want)
		}
	}
}

func TestWideCharactersAreNotHalved(t *testing.T) {
	var c Canvas
	c.Resize(6, 1)
	c.Text(c.Box(), "山田太", Style{})
	c.Text(Box{1, 0, 1, 1}, "x", Style{}) // over the right half of the first
	c.Text(Box{2, 0, 1, 1}, "y", Style{}) // over the left half of the second
	if got := c.Plain(); got != " xy 太" {
		t.Errorf("%q", got)
	}
}

func TestStylesEndAtTheLine(t *testing.T) {
	var c Canvas
	c.Resize(3, 2)
	c.Text(c.Box(), "ab", Style{FG: 1, Attr: Bold})
	want := "\x1b[0;1;31mab\x1b[0m \n   "
	if got := c.Render(palette); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := c.Render(&Palette{Mono: true}); strings.Contains(got, "31") {
		t.Errorf("colour without colours: %q", got)
	}
}

func TestWrapKeepsEveryWord(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOf(rapid.StringMatching(`[a-zŁó健]{1,30}`)).Draw(t, "words")
		w := rapid.IntRange(2, 40).Draw(t, "w")
		lines := Wrap(strings.Join(words, " "), w)
		joined := strings.ReplaceAll(strings.Join(lines, ""), " ", "")
		if joined != strings.Join(words, "") {
			t.Fatalf("%q became %q", words, lines)
		}
		for _, l := range lines {
			if Width(l) > w || !utf8.ValidString(l) {
				t.Fatalf("line %q is wider than %d", l, w)
			}
		}
	})
}

func BenchmarkFrame(b *testing.B) {
	var c Canvas
	row := "  #104233  21 Nov 14:02  Maria Souza              BR  2× Linen shirt · M +1                 Lumen EU    USD 20,10   BRL 289,90"
	for b.Loop() {
		c.Resize(200, 50)
		for y := range 50 {
			c.Text(Box{0, y, 200, 1}, row, Style{FG: Color(y % 2)})
		}
		c.Render(palette)
	}
	b.ReportAllocs()
}

// The short way through a text and the one by grapheme clusters come to the same.
func TestPlainCharactersAreWhatClustersSay(t *testing.T) {
	ranges := [][2]rune{{0x20, 0x36f}, {0x600, 0x605}, {0x900, 0x910}, {0x1f1e6, 0x1f1ef}, {0x2000, 0x206f}, {0x20d0, 0x20e0}, {0x2300, 0x2330}, {0x24c0, 0x2620}, {0xfe00, 0xfe0f}, {0x1f3fb, 0x1f3ff}}
	var all []string
	for _, r := range ranges {
		for c := r[0]; c <= r[1]; c++ {
			all = append(all, string(c))
		}
	}
	all = append(all, "", "\xff", "\xc3", "\xe2\x94", "\r\n")
	short := 0
	for _, a := range all {
		for _, b := range all {
			if a == "" {
				continue
			}
			r, size := plain(a + b)
			if size == 0 {
				continue
			}
			short++
			cluster, _, _, _ := uniseg.FirstGraphemeClusterInString(a+b, -1)
			if cluster != string(r) || len(cluster) != size || clusterWidth(cluster) != 1 {
				t.Fatalf("%q begins with %q, %d bytes; by cluster with %q of width %d", a+b, r, size, cluster, clusterWidth(cluster))
			}
		}
	}
	if short == 0 {
		t.Error("nothing goes the short way")
	}
}
