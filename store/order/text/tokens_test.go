package text

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func TestFold(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"abc", "abc"},
		{"Maria Souza", "maria souza"},
		{"Łódź", "lodz"},
		{"São Paulo", "sao paulo"},
		{"STRAßE", "strasse"},
		{"ẞ", "ss"},
		{"Øre Ærø Œuvre", "ore aero oeuvre"},
		{"Iğdır İzmir", "igdir izmir"},
		{"Đorđe Þór Ħal", "dorde thor hal"},
		{"ＡＢＣ１２３", "abc123"},
		{"ﬁn ½ №5 x²", "fin 1⁄2 no5 x2"},
		{"Ёлка Йод", "елка иод"},
		{"ΣΊΣΥΦΟΣ ς", "σισυφοσ σ"},
		{"ﾊﾞｰ ガ", "バー ガ"},
		{"각", "각"},
		{"한국", "한국"},
		{"हिन्दी", "हिन्दी"},
		{"٠١٢۳४๕", "012345"},
		{"مُحَمَّد", "محمد"},
		{"שָׁלוֹם", "שלום"},
		{"Cafe\u0301", "cafe"},
		{"e\u0301", "e"},
	} {
		if got := Fold(c.in); got != c.want {
			t.Errorf("Fold(%q) = %q, want %q", c.in, got, c.want)
		}
	}
	if n := testing.AllocsPerRun(100, func() { Fold("linen shirt") }); n != 0 {
		t.Errorf("folded text costs %v allocations", n)
	}
}

// TestFoldShortcuts compares the shortcuts with Unicode's whole rules, for each rune alone and between letters.
func TestFoldShortcuts(t *testing.T) {
	for r := rune(0); r <= 0xffff; r++ {
		if r >= 0x3200 && r%29 != 0 {
			continue // ideographs and syllables by the thousand
		}
		for _, s := range []string{string(r), "Ab" + string(r) + "C", "가" + string(r) + "か"} {
			if fast, whole := Fold(s), string(normalFold(nil, s)); fast != whole {
				t.Fatalf("Fold(%q) = %q, by the whole rules %q", s, fast, whole)
			}
		}
	}
}

func TestTokens(t *testing.T) {
	long := strings.Repeat("é", 100)
	for _, c := range []struct {
		in   string
		want string // index words
		ask  string // words of a search; "" = the same
	}{
		{"", "", ""},
		{"Linen shirt", "linen shirt", ""},
		{"LS-M", "ls m lsm", "ls m"},
		{"O'Brien", "o brien obrien", "o brien"},
		{"O’Brien", "o brien obrien", "o brien"},
		{"Jean-Luc-Marie.", "jean luc marie jeanlucmarie", "jean luc marie"},
		{"-a- b -", "a b", ""},
		{"a--b", "a b", ""},
		{"maria.souza+x@example.com", "maria souza x example com", ""},
		{"#1042", "1042", ""},
		{"山", "山", ""},
		{"山田", "山田 田", "山田"},
		{"山田健太", "山田 田健 健太 太", "山田 田健 健太"},
		{"iPhone用ケース", "iphone 用ケ ケー ース ス", "iphone 用ケ ケー ース"},
		{"ab-山田", "ab 山田 田", "ab 山田"},
		{"김민준", "김민 민준 준", "김민 민준"},
		{"2丁目", "2 丁目 目", "2 丁目"},
		{"Łódź, ul. Żytnia 5/7", "lodz ul zytnia 5 7", ""},
		{long, strings.Repeat("e", 64), ""},
		{strings.Repeat("ж", 40), strings.Repeat("ж", 32), ""},
		{"🎁 & ---", "", ""},
	} {
		if got := strings.Join(Tokens(nil, c.in), " "); got != c.want {
			t.Errorf("Tokens(%q) = %q, want %q", c.in, got, c.want)
		}
		want := c.ask
		if want == "" {
			want = c.want
		}
		if got := strings.Join(Words(nil, c.in), " "); got != want {
			t.Errorf("Words(%q) = %q, want %q", c.in, got, want)
		}
	}
}

func TestPhoneTokens(t *testing.T) {
	got := PhoneTokens(nil, "+48 42 555 01 03")
	want := []string{"48425550103", "8425550103", "425550103", "25550103", "5550103", "550103", "50103", "0103"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	for in, want := range map[string]string{"": "", "n/a": "", "12": "12", "+49 (0) 171": "49171 9171", "１２３": "123"} {
		if got := strings.Join(PhoneTokens(nil, in), " "); got != want {
			t.Errorf("PhoneTokens(%q) = %q, want %q", in, got, want)
		}
	}
	if got := PhoneTokens(nil, strings.Repeat("7", 500)); len(got) > maxDigits {
		t.Errorf("a number of 500 digits makes %d words", len(got))
	}
}

// found is how an index answers a query, in the plainest way.
func found(index []string, query string) bool {
	has := func(word string, prefix bool) bool {
		return slices.ContainsFunc(index, func(t string) bool { return t == word || (prefix && strings.HasPrefix(t, word)) })
	}
	for _, t := range Query(query) {
		ok := true
		for i, w := range t.Words {
			ok = ok && has(w, t.Prefix && i == len(t.Words)-1)
		}
		if !ok && (t.Phone == "" || !has(t.Phone, true)) {
			return false
		}
	}
	return true
}

func TestQueryFinds(t *testing.T) {
	index := func(phone string, texts ...string) []string {
		out := PhoneTokens(nil, phone)
		for _, s := range texts {
			out = Tokens(out, s)
		}
		return out
	}
	doc := index("+48 42 555 01 03", "Paweł Żak-Nowak", "pawel.zak@example.pl", "Łódź", "LS-M", "山田健太", "O'Brien", "1Z999AA10123456784")
	for _, q := range []string{
		"lodz", "Łódź", "lod", "健太", "田", "太", "山田健", "5550103", "555 01 03", "555-01-03", "+48 42 555 01 03",
		"48425550103", "0048 42 555 01 03", "042 555 01 03", "0103", "LS-M", "ls-m", "lsm", "ls", "pawel zak", "zak paw",
		"pawel.zak@", "zak@example.pl", "zaknow", "obrien", "o'brien", "o’bri", "1z999aa1", "paw 555 01 03 lodz", "42 555",
		"🎁 lodz",
	} {
		if !found(doc, q) {
			t.Errorf("%q is not found", q)
		}
	}
	for _, q := range []string{"odz", "健山", "5550104", "555 01 04", "zak lodx", "LS-X", "pawe.zak", "103", "8 42 5550103 9"} {
		if found(doc, q) {
			t.Errorf("%q is found", q)
		}
	}
	if e164 := index("+48425550103"); !found(e164, "555 01 03") || !found(e164, "(42) 555-01-03") {
		t.Error("a number kept without blanks is not found with them")
	}
	if !found(index("+49 (0) 171 1234567"), "0171 1234567") || !found(index("+49 (0) 171 1234567"), "+491711234567") {
		t.Error("a trunk zero in brackets is in the way")
	}
}

func TestQueryTerms(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []Term
	}{
		{"", nil},
		{" & 🎁 ", nil},
		{"Łódź", []Term{{Words: []string{"lodz"}, Prefix: true}}},
		{"14 15", []Term{{Words: []string{"14"}, Prefix: true}, {Words: []string{"15"}, Prefix: true}}},
		{"x 555 01 03", []Term{{Words: []string{"x"}, Prefix: true}, {Words: []string{"555", "01", "03"}, Prefix: true, Phone: "5550103"}}},
		{"5550103", []Term{{Words: []string{"5550103"}, Prefix: true}}},
		{"\x1b[31mred", []Term{{Words: []string{"red"}, Prefix: true}}},
	} {
		got := Query(c.in)
		if !slices.EqualFunc(got, c.want, func(a, b Term) bool {
			return slices.Equal(a.Words, b.Words) && a.Prefix == b.Prefix && a.Phone == b.Phone
		}) {
			t.Errorf("Query(%q) = %+v, want %+v", c.in, got, c.want)
		}
	}
}

func TestHasWords(t *testing.T) {
	for _, c := range []struct {
		text, query string
		want        bool
	}{
		{"Linen shirt, white", "linen shirt", true},
		{"Linen shirt, white", "shirt whi", true},
		{"Linen shirt, white", "linen white", false},
		{"Linen shirt", "inen", false},
		{"Linen shirt", "line shirt", false},
		{"O'Brien", "obrien", true},
		{"O'Brien", "o'brien", true},
		{"山田健太", "田健太", true},
		{"山田健太", "太", true},
		{"山田健太", "田太", false},
		{"Łódź", "lod", true},
		{"", "x", false},
		{"x", "", true},
	} {
		if got := HasWords(c.text, Words(nil, c.query)); got != c.want {
			t.Errorf("HasWords(%q, %q) = %v", c.text, c.query, got)
		}
	}
}

func TestHidden(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !utf8.ValidRune(r) || (r >= 0x3200 && r < 0xd000 && r%29 != 0) || (r >= 0x20000 && r < 0xe0000 && r%251 != 0) || (r > 0xe2000 && r%251 != 0 && r&0xfffe != 0xfffe) {
			continue
		}
		s := "a" + string(r) + "a"
		got := Clean(s)
		kept := got == s || got == norm.NFC.String(s)
		if kept == Hidden(r) && r != utf8.RuneError {
			t.Fatalf("Hidden(%U) = %v, but Clean makes %q", r, Hidden(r), got)
		}
	}
}

// FuzzTokens checks that a text is found by itself and by each beginning of itself, whatever it is.
func FuzzTokens(f *testing.F) {
	for _, s := range []string{"Łódź O'Brien LS-M", "山田健太 2丁目", "+48 (0) 42 555-01-03", "ﷺ ǅ ß", "ไทย हिन्दी 각", "a-b-山"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = Clean(s)
		if fast, whole := string(AppendFold(nil, s)), string(normalFold(nil, s)); fast != whole {
			t.Fatalf("Fold(%q) = %q, by the whole rules %q", s, fast, whole)
		}
		if folded := Fold(s); !utf8.ValidString(folded) || Fold(folded) != folded {
			t.Fatalf("Fold(%q) = %q, folded again %q", s, folded, Fold(folded))
		}
		index := PhoneTokens(Tokens(nil, s), s)
		for _, w := range index {
			if w == "" || len(w) > maxWord {
				t.Fatalf("Tokens(%q) has %q", s, w)
			}
		}
		if !found(index, s) {
			t.Fatalf("%q is not found by itself: index %q, query %+v", s, index, Query(s))
		}
		for _, w := range strings.Fields(s) {
			if !found(index, w) {
				t.Fatalf("%q is not found by its word %q: index %q, query %+v", s, w, index, Query(w))
			}
		}
	})
}

func BenchmarkTokens(b *testing.B) {
	for name, s := range map[string]string{"ascii": "Maria Souza maria.souza@example.com LS-M Linen shirt", "accents": "Paweł Żak, ul. Piotrkowska, Łódź", "cjk": "山田健太 東京都千代田区"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var dst []string
			for b.Loop() {
				dst = Tokens(dst[:0], s)
			}
		})
	}
}
