package export

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/filter"
)

var update = flag.Bool("update", false, "write the golden files anew")

func format(t *testing.T, name string) Format {
	t.Helper()
	f, err := For(name)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestGolden(t *testing.T) {
	for _, c := range []struct {
		name    string
		profile Profile
		format  string
		columns []string
		raw     bool
	}{
		{"orders-machine", Orders, Machine, nil, false},
		{"orders-excel-br", Orders, ExcelBR, nil, false},
		{"orders-excel-pt", Orders, ExcelPT, nil, false},
		{"orders-excel-pl", Orders, ExcelPL, nil, false},
		{"orders-raw", Orders, Machine, nil, true},
		{"orders-all-columns", Orders, Machine, Columns(Orders), false},
		{"lines-machine", Lines, Machine, nil, false},
		{"lines-excel-br", Lines, ExcelBR, nil, false},
		{"lines-all-columns", Lines, Machine, Columns(Lines), false},
		{"shopify", Shopify, Machine, nil, false},
		{"json", JSON, Machine, nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := format(t, c.format)
			f.Raw = c.raw
			var out bytes.Buffer
			p, err := write(t.Context(), sample(), &out, Request{Profile: c.profile, Columns: c.columns, Format: f, Zone: saoPaulo()}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if p.Bytes != int64(out.Len()) || p.Orders != 4 {
				t.Errorf("progress says %+v of %d bytes", p, out.Len())
			}
			golden := filepath.Join("testdata", c.name+c.profile.Extension())
			if *update {
				if err := os.WriteFile(golden, out.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(out.Bytes(), want) {
				t.Errorf("got\n%s\nwant\n%s", out.Bytes(), want)
			}
		})
	}
}

// TestShape looks at what golden files cannot show at a glance: every row of every profile has as many cells as the
// header, and the counts are right.
func TestShape(t *testing.T) {
	for _, c := range []struct {
		profile     Profile
		columns     int
		rows        int64
		neutralised int64
	}{
		{Orders, 19, 4, 4}, // the name of a customer, an e-mail address, two phones
		{Lines, 25, 5, 7},
		{Shopify, 79, 5, 11},
	} {
		for _, name := range Formats() {
			var out bytes.Buffer
			f := format(t, name)
			p, err := write(t.Context(), sample(), &out, Request{Profile: c.profile, Format: f}, nil)
			if err != nil {
				t.Fatal(err)
			}
			rows := parse(t, f, out.Bytes()) // also refuses rows of different lengths
			if len(rows[0]) != c.columns || int64(len(rows)-1) != c.rows || p.Rows != c.rows {
				t.Errorf("%s %s: %d columns, %d rows, %+v", c.profile, name, len(rows[0]), len(rows)-1, p)
			}
			cells := int64(0)
			for _, row := range rows[1:] {
				for _, cell := range row {
					if !inert(cell) && !number(cell) {
						t.Errorf("%s %s: the cell %q would be run", c.profile, name, cell)
					}
					if strings.HasPrefix(cell, "'") && Restore(cell) != cell {
						cells++
					}
				}
			}
			if p.Neutralised != cells {
				t.Errorf("%s %s: %d cells counted as neutralised, there are %d", c.profile, name, p.Neutralised, cells)
			}
			if !f.CRLF != !bytes.Contains(out.Bytes(), []byte("\r\n")) {
				t.Errorf("%s %s: line ends", c.profile, name)
			}
		}
	}
}

// number tells whether a cell is a number of our own making.
func number(s string) bool { return plainDecimal(strings.Replace(s, ",", ".", 1)) }

func TestNumbersAreNotNeutralised(t *testing.T) {
	m := sample()
	m.records = m.records[:1]
	m.records[0].State.Cost = order.New(99_999, "BRL") // a loss
	var out bytes.Buffer
	f := format(t, ExcelBR)
	if _, err := write(t.Context(), m, &out, Request{Profile: Orders, Columns: []string{"margin"}, Format: f}, nil); err != nil {
		t.Fatal(err)
	}
	if rows := parse(t, f, out.Bytes()); rows[1][0] != "-655,09" {
		t.Errorf("the margin is %q", rows[1][0])
	}
}

func TestJSONIsLossless(t *testing.T) {
	m := sample()
	var out bytes.Buffer
	if _, err := write(t.Context(), m, &out, Request{Profile: JSON}, nil); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(lines) != len(m.records) {
		t.Fatalf("%d lines", len(lines))
	}
	for i, line := range lines {
		var got Document
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatal(err)
		}
		want := Document{Record: m.records[i], Demo: m.records[i].Store == "aurora"}
		want.ID = 0 // of this database only
		if !reflect.DeepEqual(got, want) {
			t.Errorf("order %d became\n%+v\nwant\n%+v", i, got, want)
		}
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name string
		r    Request
		want string // in the sentence
	}{
		{"profile", Request{Profile: "xml"}, "orders, lines, shopify, json"},
		{"no profile", Request{}, "orders, lines, shopify, json"},
		{"column", Request{Profile: Orders, Columns: []string{"colour"}}, "store, number"},
		{"line column", Request{Profile: Orders, Columns: []string{"line_sku"}}, "profile lines"},
		{"twice", Request{Profile: Orders, Columns: []string{"number", "number"}}, "named twice"},
		{"shopify columns", Request{Profile: Shopify, Columns: []string{"number"}}, "79 columns"},
		{"json columns", Request{Profile: JSON, Columns: []string{"number"}}, "whole orders"},
	} {
		var out bytes.Buffer
		_, err := write(t.Context(), sample(), &out, c.r, nil)
		if store.CodeOf(err) != store.Invalid || !strings.Contains(err.Error(), c.want) || out.Len() != 0 {
			t.Errorf("%s: %v, %d bytes", c.name, err, out.Len())
		}
	}
}

func TestNothing(t *testing.T) {
	for _, p := range Profiles {
		var out bytes.Buffer
		_, err := write(t.Context(), &memory{}, &out, Request{Profile: p, Format: format(t, ExcelBR)}, nil)
		if !errors.Is(err, ErrNothing) || out.Len() != 0 {
			t.Errorf("%s: %v, %d bytes", p, err, out.Len())
		}
	}
}

func TestSelectionAndDates(t *testing.T) {
	from, to := at2026(11, 1, 0, 0), at2026(11, 21, 14, 2) // the last order is placed exactly at the end
	numbers := func(r Request) string {
		t.Helper()
		var out bytes.Buffer
		r.Columns = []string{"external_id"}
		r.Format.Raw = true
		m := sample()
		if _, err := write(t.Context(), m, &out, r, nil); err != nil && !errors.Is(err, ErrNothing) {
			t.Fatal(err)
		}
		return strings.Join(strings.Fields(out.String()), " ")
	}
	for _, p := range []Profile{Orders, Lines} {
		if got, want := numbers(Request{Profile: p, IDs: []uint32{3, 99, 1}}), "external_id gid:3 9001"; !strings.HasPrefix(got, want) {
			t.Errorf("%s, a selection: %s", p, got)
		}
		if got := numbers(Request{Profile: p, IDs: []uint32{4, 3, 2}, From: from, To: to}); got != "external_id gid:2" {
			t.Errorf("%s, a selection and dates: %s", p, got)
		}
		if got := numbers(Request{Profile: p, IDs: []uint32{}}); got != "" {
			t.Errorf("%s, an empty selection: %s", p, got)
		}
		if got := numbers(Request{Profile: p, IDs: []uint32{1}, From: to, To: from}); got != "" {
			t.Errorf("%s, dates the wrong way round: %s", p, got)
		}
	}
	// Without a selection the dates go into the query, where an index finds them.
	m := sample()
	word := filter.Word{Text: "x"}
	if _, err := write(t.Context(), m, &bytes.Buffer{}, Request{Profile: Orders, Query: store.Query{Filter: word}, From: from, To: to}, nil); err != nil {
		t.Fatal(err)
	}
	want := filter.And{Of: []filter.Expr{word, filter.Cond{Field: "created", Values: []filter.Value{{Op: filter.Between, From: from, To: to}}}}}
	if !reflect.DeepEqual(m.query.Filter, filter.Expr(want)) {
		t.Errorf("the filter is %+v", m.query.Filter)
	}
}

func TestProgress(t *testing.T) {
	m := &memory{}
	for i := range 1000 {
		r := sample().records[0]
		r.ID = int64(i + 1)
		m.records = append(m.records, r)
	}
	var told []Progress
	p, err := write(t.Context(), m, &bytes.Buffer{}, Request{Profile: Lines}, func(p Progress) { told = append(told, p) })
	if err != nil {
		t.Fatal(err)
	}
	if len(told) < 2 || told[0].Orders != 256 || told[0].Rows != 512 || told[0].Bytes == 0 || told[len(told)-1] != p {
		t.Errorf("told %+v, answered %+v", told, p)
	}
	ctx, cancel := context.WithCancel(t.Context())
	p, err = write(ctx, m, &bytes.Buffer{}, Request{Profile: Lines}, func(Progress) { cancel() })
	if !errors.Is(err, context.Canceled) || p.Orders >= 1000 {
		t.Errorf("cancelled: %+v, %v", p, err)
	}
}

func TestZoneAndZeroFormat(t *testing.T) {
	var out bytes.Buffer
	if _, err := write(t.Context(), sample(), &out, Request{Profile: Orders, Columns: []string{"created_at", "late_at"}}, nil); err != nil {
		t.Fatal(err)
	}
	if want := "created_at,late_at\r\n2026-11-02T02:30:05Z,\r\n2026-11-01T23:59:05Z,2026-12-01T00:00:05Z\r\n"; !strings.HasPrefix(out.String(), want) {
		t.Errorf("got %s", out.String())
	}
	out.Reset()
	tokyo := time.FixedZone("", 9*3600)
	if _, err := write(t.Context(), sample(), &out, Request{Profile: Orders, Columns: []string{"created_at"}, Zone: tokyo}, nil); err != nil {
		t.Fatal(err)
	}
	if want := "created_at\r\n2026-11-02T11:30:05+09:00\r\n"; !strings.HasPrefix(out.String(), want) {
		t.Errorf("got %s", out.String())
	}
}
