package sheet

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"pgregory.net/rapid"
)

// all reads a table to its end: the rows joined with |, and the sentences about those left out.
func all(t *testing.T, data string, o Options) (table *Table, rows, rejects []string) {
	t.Helper()
	table, err := Open(strings.NewReader(data), o)
	if err != nil {
		t.Fatal(err)
	}
	for {
		row, err := table.Next()
		var bad *RowError
		switch {
		case errors.Is(err, io.EOF):
			return table, rows, rejects
		case errors.As(err, &bad):
			rejects = append(rejects, bad.Error())
		case err != nil:
			t.Fatal(err)
		default:
			rows = append(rows, strings.Join(row.Cells, "|"))
		}
	}
}

func TestDelimiters(t *testing.T) {
	for name, data := range map[string]string{
		"comma":              "a,b,c\n1,2,3\n\"x,y;z\",5,6\n",
		"semicolon":          "a;b;c\n1;2;3\n\"x,y;z\";5;6\n",
		"tab":                "a\tb\tc\n1\t2\t3\nx,y;z\t5\t6\n",
		"pipe":               "a|b|c\n1|2|3\n\"x,y;z\"|5|6\n",
		"sep line":           "sep=;\na;b;c\n1;2;3\n\"x,y;z\";5;6\n",
		"byte order mark":    "\ufeffa;b;c\n1;2;3\n\"x,y;z\";5;6\n",
		"blank lines":        "\n\na,b,c\n\n1,2,3\n,,\n\"x,y;z\",5,6\n\n",
		"carriage returns":   "a,b,c\r\n1,2,3\r\n\"x,y;z\",5,6\r\n",
		"decimals in cells":  "a;b;c\n1;2;3\n\"x,y;z\";5;6",
		"blanks in a header": " a ;b; c\n1;2;3\n\"x,y;z\";5;6\n",
	} {
		table, rows, rejects := all(t, data, Options{})
		if strings.Join(table.Header, " ") != "a b c" || len(rejects) > 0 || len(rows) != 2 || rows[0] != "1|2|3" || rows[1] != "x,y;z|5|6" {
			t.Errorf("%s: header %q, rows %q, rejects %q, comma %q", name, table.Header, rows, rejects, table.Comma)
		}
	}
}

func TestEncodings(t *testing.T) {
	const plain = "Nome;Cidade\nPaweł Żak;Łódź\nAna;São Paulo\n"
	const western = "Nome;Cidade\nAna Conceição;São Paulo\n"
	w1252, _ := charmap.Windows1252.NewEncoder().String(western)
	w1250, _ := charmap.Windows1250.NewEncoder().String("Imię;Miasto\nPaweł Żak;Łódź\n")
	u16, _ := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(plain)
	for name, c := range map[string]struct {
		data, legacy, encoding, first string
		notices                       int
	}{
		"utf-8":        {plain, "", "utf-8", "Paweł Żak|Łódź", 0},
		"utf-16":       {u16, "", "utf-16", "Paweł Żak|Łódź", 0},
		"windows-1252": {w1252, "", Windows1252, "Ana Conceição|São Paulo", 1},
		"windows-1250": {w1250, Windows1250, Windows1250, "Paweł Żak|Łódź", 0},
	} {
		table, rows, _ := all(t, c.data, Options{Legacy: c.legacy})
		if table.Encoding != c.encoding || rows[0] != c.first || len(table.Notices) != c.notices {
			t.Errorf("%s: %s, %q, notices %q", name, table.Encoding, rows, table.Notices)
		}
	}
}

// TestARuneCutInTwo has a letter of two bytes across every place at which the file may be read in pieces.
func TestARuneCutInTwo(t *testing.T) {
	for pad := 256<<10 - 20; pad < 256<<10+4; pad++ {
		table, _, _ := all(t, "a,b\n"+strings.Repeat("x", pad-4)+",ęę\n", Options{})
		if table.Encoding != "utf-8" {
			t.Fatalf("with %d bytes before it a letter made the file %s", pad, table.Encoding)
		}
	}
}

func TestRowsThatAreLeftOut(t *testing.T) {
	_, rows, rejects := all(t, "a,b\n1,2\n1,2,3\nx \"y\" z,2\n\"nul\x00\",2\n3\n4,5,,\n", Options{})
	if strings.Join(rows, " ") != "1|2 3| 4|5" {
		t.Errorf("rows %q", rows)
	}
	if len(rejects) != 3 || !strings.HasPrefix(rejects[0], "line 3: ") || !strings.HasPrefix(rejects[1], "line 4: ") || !strings.HasPrefix(rejects[2], "line 5: ") {
		t.Errorf("rejects %q", rejects)
	}
}

func TestAnOpenQuoteIsNotTheRestOfTheFile(t *testing.T) {
	table, err := Open(strings.NewReader("a,b\n1,2\n\"3,4\n"+strings.Repeat("5,6\n", 3<<20)), Options{Comma: ','})
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = table.Next()
	}
	if errors.Is(err, io.EOF) || !strings.Contains(err.Error(), "after line 2 ") {
		t.Errorf("got %v", err)
	}
}

func TestFilesThatAreRefused(t *testing.T) {
	for data, want := range map[string]string{"": "empty", "\n \n": "no header", "PK\x03\x04": "save it as CSV"} {
		if _, err := Open(strings.NewReader(data), Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", data, err)
		}
	}
	if _, err := Open(strings.NewReader("caf\xe9"), Options{Legacy: "koi8"}); err == nil {
		t.Error("an unknown encoding was taken")
	}
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct{ cells, want, err string }{
		{"1.234,50|3,00", "1234.50 3.00", ""},
		{"1,234.50|3", "1234.50 3", ""},
		{"1.234|5,5", "1234 5.5", ""},
		{"1,234|5.5", "1234 5.5", ""},
		{"1 234,56 zł|0,99", "1234.56 0.99", ""},
		{"1 234,56|1 000 000,00", "1234.56 1000000.00", ""},
		{"R$ 1.234,56|-R$ 5,00", "1234.56 -5.00", ""},
		{"(12.30)|7", "-12.30 7", ""},
		{"1.234.567|", "1234567 ", ""},
		{"'-12,50|+3,1", "-12.50 +3.1", ""},
		{"0.125|2", "0.125 2", ""},
		{"1.234|2.345", "", "may be a thousand"},
		{"1.5|1,5", "", "in others"},
	} {
		var n Numbers
		cells := strings.Split(c.cells, "|")
		for _, cell := range cells {
			n.Observe(cell)
		}
		if err := n.Err("Total"); err != nil || c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%q: %v, want %q", c.cells, err, c.err)
			}
			continue
		}
		var got []string
		for _, cell := range cells {
			s, err := n.Parse(cell)
			if err != nil {
				t.Errorf("%q: %v", c.cells, err)
			}
			got = append(got, s)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%q: %q, want %q", c.cells, got, c.want)
		}
	}
	for _, cell := range []string{"abcd", "3,53E+43x", "1-2", "#####", "n/a", "--", "1.2.3"} {
		var n Numbers
		n.Force(false)
		if got, err := n.Parse(cell); err == nil {
			t.Errorf("%q was read as %q", cell, got)
		}
	}
}

func TestDates(t *testing.T) {
	zone := time.FixedZone("", 3600)
	for _, c := range []struct{ cells, want, err string }{
		{"2025-10-07 09:50:26 +0200", "2025-10-07T09:50:26+02:00", ""},
		{"2025-10-07T09:50:26Z", "2025-10-07T09:50:26Z", ""},
		{"2023-02-10 13:56:35 UTC", "2023-02-10T13:56:35Z", ""},
		{"2025-10-07", "2025-10-07T00:00:00+01:00", ""},
		{"9/26/2016 6:29:00", "2016-09-26T06:29:00+01:00", ""},
		{"21/11/2026 14:05", "2026-11-21T14:05:00+01:00", ""},
		{"03.04.2026", "2026-04-03T00:00:00+01:00", ""},
		{"3/4/2026|13/4/2026", "2026-04-03T00:00:00+01:00", ""},
		{"3/4/2026|4/13/2026", "2026-03-04T00:00:00+01:00", ""},
		{"12/25/2026 11:30 PM", "2026-12-25T23:30:00+01:00", ""},
		{"3/4/2026", "", "nothing tells the day"},
		{"13/4/2026|4/13/2026", "", "month first"},
	} {
		var d Dates
		cells := strings.Split(c.cells, "|")
		for _, cell := range cells {
			d.Observe(cell)
		}
		if err := d.Err("Date"); err != nil || c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%q: %v, want %q", c.cells, err, c.err)
			}
			continue
		}
		if got, err := d.Parse(cells[0], zone); err != nil || got.Format(time.RFC3339) != c.want {
			t.Errorf("%q: %v %v, want %s", c.cells, got.Format(time.RFC3339), err, c.want)
		}
	}
	for _, cell := range []string{"31/02/2026", "2026-13-01", "25:00", "yesterday", "2026-11-21 24:30", "0/0/0"} {
		var d Dates
		d.Force(true)
		if got, err := d.Parse(cell, zone); err == nil {
			t.Errorf("%q was read as %v", cell, got)
		}
	}
}

// TestEveryTableComesBack writes random tables in each dialect and reads them again.
func TestEveryTableComesBack(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		comma := rapid.SampledFrom([]string{",", ";", "\t"}).Draw(rt, "comma")
		width := rapid.IntRange(2, 5).Draw(rt, "columns")
		cell := rapid.StringMatching(`[a-z0-9ąéõ日"' .,;-]{0,8}`)
		var b strings.Builder
		var want []string
		line := func(cells []string) {
			for i, c := range cells {
				if i > 0 {
					b.WriteString(comma)
				}
				b.WriteString(`"` + strings.ReplaceAll(c, `"`, `""`) + `"`)
			}
			b.WriteString("\r\n")
		}
		line(strings.Split("abcde"[:width], ""))
		for range rapid.IntRange(0, 6).Draw(rt, "rows") {
			cells := rapid.SliceOfN(cell, width, width).Draw(rt, "cells")
			line(cells)
			if !blank(cells) {
				want = append(want, strings.Join(cells, "|"))
			}
		}
		_, rows, rejects := all(t, b.String(), Options{})
		if strings.Join(rows, "\n") != strings.Join(want, "\n") || len(rejects) > 0 {
			rt.Fatalf("%q came back as %q, %q", b.String(), rows, rejects)
		}
	})
}

func FuzzTable(f *testing.F) {
	f.Add("a,b\n1,2\n")
	f.Add("sep=;\na;\"b\n")
	f.Add("\xff\xfea\x00")
	f.Fuzz(func(t *testing.T, data string) {
		table, err := Open(strings.NewReader(data), Options{})
		if err != nil {
			return
		}
		for {
			row, err := table.Next()
			var bad *RowError
			if err != nil && !errors.As(err, &bad) {
				return
			}
			if err == nil && len(row.Cells) != len(table.Header) {
				t.Fatalf("%d cells under %d columns", len(row.Cells), len(table.Header))
			}
		}
	})
}
