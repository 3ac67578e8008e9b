package export

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/filter"
	cleaning "github.com/orderdeck/orderdeck/store/order/text"
)

// database is a real one with the orders of a source in it, in the reverse of their order of age.
func database(t testing.TB, m *memory) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "orders.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	pages := map[string]*store.Page{}
	for _, s := range m.shops {
		s.Platform, s.Currency = "demo", "BRL"
		if err := db.PutShop(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		pages[s.Name] = &store.Page{Shop: s.Name, Stream: "orders"}
	}
	for i, r := range m.records {
		r.CreatedAt = at2026(11, 20, 12, 0).Add(-time.Duration(i) * time.Minute)
		pages[r.Store].Orders = append(pages[r.Store].Orders, store.Pulled{Order: r.Order})
		if _, err := db.ApplySupplier(t.Context(), store.SupplierPage{Supplier: "Lumen EU", Links: r.Links, Placements: r.Placements}); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range pages {
		if _, err := db.Apply(t.Context(), *p); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

// TestBothWaysSayTheSame exports once from the list alone and once from whole orders, and compares every cell.
func TestBothWaysSayTheSame(t *testing.T) {
	db := database(t, sample())
	f := format(t, ExcelBR)
	var fromList []string
	for _, c := range orderColumns {
		fromList = append(fromList, c.name)
	}
	export := func(columns []string) [][]string {
		t.Helper()
		var out bytes.Buffer
		if _, err := Write(t.Context(), db, &out, Request{Profile: Orders, Columns: columns, Format: f, Zone: saoPaulo()}, nil); err != nil {
			t.Fatal(err)
		}
		return parse(t, f, out.Bytes())
	}
	list, whole := export(fromList), export(append(slices.Clone(fromList), "tax_id"))
	if len(list) != 5 || len(whole) != len(list) {
		t.Fatalf("%d and %d rows", len(list), len(whole))
	}
	for i := range list {
		if got := whole[i][:len(fromList)]; !slices.Equal(list[i], got) {
			t.Errorf("row %d is\n%q\nfrom the list and\n%q\nfrom the order", i, list[i], got)
		}
	}
	if whole[1][len(fromList)] != "123.456.789-09" || list[1][slices.Index(fromList, "supplier_payment")] != "partly" {
		t.Errorf("the first order is %q", whole[1])
	}
}

// TestHostileOrders exports orders whose every text is hostile, as it came and as it is kept.
func TestHostileOrders(t *testing.T) {
	m := &memory{shops: []store.Shop{{Name: "s"}}}
	for _, raw := range append(corpus(t), hostile...) {
		for _, s := range []string{raw, cleaning.CleanLines(raw)} {
			r := order.Record{Order: order.Order{
				Store: "s", ExternalID: fmt.Sprint(len(m.records)), Number: s, Currency: "BRL", Customer: order.Customer{Name: s, Email: s, Phone: s, Company: s},
				Shipping: order.Address{Name: s, Line1: s, City: s, PostalCode: s, Country: s}, Tags: []string{s, s}, CustomerNote: s,
				Lines: []order.Line{{ExternalID: "1", SKU: s, Title: s, Variant: s, Quantity: order.Units(1), UnitPrice: order.New(1, "BRL")}},
				Total: order.New(-1, "BRL"), Fulfilments: []order.Shipment{{Live: true, Tracking: s}}, PaymentMethod: s, ShippingMethod: s,
			}}
			m.records = append(m.records, r)
		}
	}
	db := database(t, m)
	for _, p := range []Profile{Orders, Lines, Shopify} {
		for _, name := range Formats() {
			var out bytes.Buffer
			f := format(t, name)
			r := Request{Profile: p, Format: f}
			if p != Shopify {
				r.Columns = Columns(p)
			}
			said, err := Write(t.Context(), db, &out, r, nil)
			if err != nil {
				t.Fatal(err)
			}
			rows := parse(t, f, out.Bytes())
			if len(rows) != len(m.records)+1 || said.Neutralised < 100 {
				t.Errorf("%s for %s: %d rows of %d orders, %+v", p, name, len(rows), len(m.records), said)
			}
			for _, row := range rows[1:] {
				for i, cell := range row {
					if !inert(cell) && !number(cell) {
						t.Errorf("%s for %s: %s is %q, which a spreadsheet would run", p, name, rows[0][i], cell)
					}
				}
			}
			if bytes.ContainsRune(out.Bytes(), 0) {
				t.Errorf("%s for %s: there is a NUL", p, name)
			}
		}
	}
}

// corpus reads the hostile texts that the cleaning is tested with.
func corpus(t *testing.T) (all []string) {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "order", "text", "testdata", "hostile.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		var c struct{ Raw string }
		if err := json.Unmarshal(s.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		all = append(all, c.Raw)
	}
	if len(all) < 50 {
		t.Fatalf("only %d texts", len(all))
	}
	return all
}

func TestFileFromDatabase(t *testing.T) {
	db := database(t, sample())
	dir := t.TempDir()
	path := filepath.Join(dir, "x.ndjson")
	none := Request{Profile: JSON, Query: store.Query{Filter: filter.Word{Text: "nobody"}}}
	if _, err := File(t.Context(), db, path, false, none, nil); !errors.Is(err, ErrNothing) {
		t.Error(err)
	}
	only(t, dir)
	p, err := File(t.Context(), db, path, false, Request{Profile: JSON, Query: store.Query{Shops: []string{"aurora"}}}, nil)
	if err != nil || p.Orders != 2 || p.Rows != 2 {
		t.Fatal(p, err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		var d Document
		if err := json.Unmarshal([]byte(line), &d); err != nil || !d.Demo || d.Store != "aurora" || len(d.State.Groups) == 0 {
			t.Errorf("%v: %s", err, line)
		}
	}
}

// BenchmarkWrite exports 5,000 orders in each profile; a row is one order.
func BenchmarkWrite(b *testing.B) {
	m := many(5000)
	for i := range m.records {
		m.records[i].ExternalID, m.records[i].Number = fmt.Sprint(i), fmt.Sprint(i)
		m.records[i].Links, m.records[i].Placements = nil, nil
	}
	db := database(b, m)
	for _, p := range Profiles {
		b.Run(string(p), func(b *testing.B) {
			var bytes, orders int64
			for b.Loop() {
				said, err := Write(b.Context(), db, discard{}, Request{Profile: p}, nil)
				if err != nil {
					b.Fatal(err)
				}
				bytes, orders = said.Bytes, said.Orders
			}
			b.SetBytes(bytes)
			b.ReportMetric(float64(orders)*float64(b.N)/b.Elapsed().Seconds(), "orders/s")
		})
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
