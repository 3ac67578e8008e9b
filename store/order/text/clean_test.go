package text

import (
	"bufio"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// hostile is one line of testdata/hostile.jsonl: a text as it came, and what must be left of it. Bytes that JSON
// cannot carry are written as \xNN inside Raw.
type hostile struct {
	Name  string `json:"name"`
	Raw   string `json:"raw"`
	Line  string `json:"line"`
	Lines string `json:"lines"` // "" = the same as Line
}

func corpus(t testing.TB) []hostile {
	t.Helper()
	f, err := os.Open("testdata/hostile.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []hostile
	for sc := bufio.NewScanner(f); sc.Scan(); {
		var h hostile
		if err := json.Unmarshal(sc.Bytes(), &h); err != nil {
			t.Fatalf("%s: %v", sc.Text(), err)
		}
		h.Raw = rawBytes(h.Raw)
		out = append(out, h)
	}
	if len(out) < 30 {
		t.Fatalf("only %d lines in the corpus", len(out))
	}
	return out
}

func rawBytes(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if strings.HasPrefix(s[i:], `\x`) && i+4 <= len(s) {
			hi, lo := strings.IndexByte("0123456789abcdef", s[i+2]), strings.IndexByte("0123456789abcdef", s[i+3])
			if hi >= 0 && lo >= 0 {
				b.WriteByte(byte(hi<<4 | lo))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func TestCleanCorpus(t *testing.T) {
	for _, h := range corpus(t) {
		if got := Clean(h.Raw); got != h.Line {
			t.Errorf("%s: Clean(%q) = %q, want %q", h.Name, h.Raw, got, h.Line)
		}
		want := h.Lines
		if want == "" {
			want = h.Line
		}
		if got := CleanLines(h.Raw); got != want {
			t.Errorf("%s: CleanLines(%q) = %q, want %q", h.Name, h.Raw, got, want)
		}
	}
}

func TestCleanFlood(t *testing.T) {
	flood := "a" + strings.Repeat("\u0301\u0316\u0338", 400) + "b"
	got := Clean(flood)
	if n := utf8.RuneCountInString(got); n > 2+maxMarks {
		t.Errorf("%d runes are left of a flood of marks", n)
	}
	if !strings.HasSuffix(got, "b") {
		t.Errorf("the flood swallowed what follows: %q", got)
	}
}

func TestCleanIsLinear(t *testing.T) {
	// Each unended control string used to be searched for its end to the last byte.
	s := strings.Repeat("\x1b]", 1<<20)
	if got := Clean(s); got != "" {
		t.Errorf("%d bytes are left", len(got))
	}
}

func TestCleanLeavesPlainTextAlone(t *testing.T) {
	for _, s := range []string{"", "Maria Souza", "#1042 <a@b.c> {x|y}~", "Łódź", "山田健太", "São Paulo", "ไทย", "हिन्दी"} {
		if got := Clean(s); got != s {
			t.Errorf("Clean(%q) = %q", s, got)
		}
	}
	if n := testing.AllocsPerRun(100, func() { Clean("Maria Souza, Rua Augusta 1508") }); n != 0 {
		t.Errorf("plain text costs %v allocations", n)
	}
}

func FuzzClean(f *testing.F) {
	for _, h := range corpus(f) {
		f.Add(h.Raw)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for name, fn := range map[string]func(string) string{"Clean": Clean, "CleanLines": CleanLines} {
			got := fn(s)
			if !utf8.ValidString(got) {
				t.Fatalf("%s(%q) = %q is not UTF-8", name, s, got)
			}
			if again := fn(got); again != got {
				t.Fatalf("%s twice: %q, then %q", name, got, again)
			}
			if !norm.NFC.IsNormalString(got) {
				t.Fatalf("%s(%q) = %q is not NFC", name, s, got)
			}
			marks := 0
			for _, r := range got {
				if r == '\n' && name == "CleanLines" {
					marks = 0
					continue
				}
				if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || unicode.Is(unicode.Zl, r) ||
					unicode.Is(unicode.Zp, r) || strings.ContainsRune("\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f", r) ||
					unicode.Is(unicode.Variation_Selector, r) || unicode.Is(unicode.Co, r) {
					t.Fatalf("%s(%q) = %q has %U", name, s, got, r)
				}
				if marks++; !unicode.Is(unicode.M, r) {
					marks = 0
				}
				if marks > maxMarks {
					t.Fatalf("%s(%q) = %q has more than %d marks on one character", name, s, got, maxMarks)
				}
			}
			if got != strings.TrimSpace(got) {
				t.Fatalf("%s(%q) = %q is not trimmed", name, s, got)
			}
		}
	})
}

func TestLimit(t *testing.T) {
	for _, c := range []struct {
		s    string
		n    int
		want string
	}{
		{"abc", 3, "abc"},
		{"abcd", 3, "abc"},
		{"abc", 0, ""},
		{"abc", -1, ""},
		{"", 0, ""},
		{"aé", 2, "a"},
		{"e\u0301x", 2, "e"},         // the first alone does not fit: between code points
		{"xe\u0301", 3, "x"},         // never between a letter and its accent
		{"日本語", 7, "日本"},             //
		{"🇧🇷🇵🇹", 12, "🇧🇷"},           // flags are pairs
		{"a👨\u200d👩\u200d👧", 9, "a"}, // a family is one character
		{"🇧🇷", 3, ""},                // not even one code point fits
	} {
		if got := Limit(c.s, c.n); got != c.want {
			t.Errorf("Limit(%q, %d) = %q, want %q", c.s, c.n, got, c.want)
		}
	}
}

func FuzzLimit(f *testing.F) {
	f.Add("e\u0301x🇧🇷", 3)
	f.Fuzz(func(t *testing.T, s string, n int) {
		s = Clean(s)
		got := Limit(s, n)
		if len(got) > max(n, 0) || !strings.HasPrefix(s, got) || !utf8.ValidString(got) {
			t.Fatalf("Limit(%q, %d) = %q", s, n, got)
		}
		if len(s) <= n && got != s {
			t.Fatalf("Limit(%q, %d) = %q cuts what fits", s, n, got)
		}
	})
}

func BenchmarkClean(b *testing.B) {
	for name, s := range map[string]string{"ascii": "Maria Souza, Rua Augusta 1508", "accents": "Paweł Żak, ul. Piotrkowska, Łódź"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Clean(s)
			}
		})
	}
}
