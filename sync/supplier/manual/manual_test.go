package manual_test

import (
	"context"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/export"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/sync/mail"
	"github.com/orderdeck/orderdeck/sync/outbox"
	"github.com/orderdeck/orderdeck/sync/supplier/manual"
)

var update = flag.Bool("update", false, "write the golden files anew")

var now = time.Date(2026, 11, 21, 23, 30, 0, 0, time.UTC)

// tables are a price list and a shipping table.
type tables struct {
	products []checkout.Product
	rows     []store.ShippingRow
}

func (t *tables) Products(_ context.Context, _, query string, limit int) (out []checkout.Product, _ error) {
	for _, p := range t.products {
		if strings.HasPrefix(strings.ToLower(p.SKU), strings.ToLower(query)) && len(out) < limit {
			out = append(out, p)
		}
	}
	return out, nil
}

func (t *tables) Methods(context.Context, string) ([]store.ShippingRow, error) { return t.rows, nil }

func eur(minor int64) order.Money { return order.New(minor, "EUR") }

func ptr[T any](v T) *T { return &v }

// factory is the price list and the shipping table of the tests.
func factory() *tables {
	row := func(code, countries string, from, to float64, cost int64) store.ShippingRow {
		return store.ShippingRow{
			Countries: strings.Fields(countries), WeightFrom: from, WeightTo: to,
			Method: checkout.Method{Code: code, Name: strings.ToUpper(code[:1]) + code[1:], Cost: eur(cost), Days: [2]int{3, 6}},
		}
	}
	heavy := row("freight", "", 5000, 0, 1500)
	heavy.PerKilo = ptr(eur(100))
	dear := row("courier", "PL DE", 0, 0, 900)
	dear.AmountFrom, dear.AmountTo = ptr(eur(50_00)), ptr(eur(500_00))
	return &tables{
		products: []checkout.Product{
			{SKU: "LS-M", Title: "Linen shirt", Variant: "M", Kind: checkout.KindGoods, Cost: eur(12_40), CostKnown: true, WeightGrams: 240},
			{SKU: "LS-M-LONG", Title: "Linen shirt, long", Kind: checkout.KindGoods, Cost: eur(14_00), CostKnown: true, Stock: ptr(int64(3)), WeightGrams: 290},
			{SKU: "LAMP", Title: "Lamp", Kind: checkout.KindGoods, Cost: eur(31_00), CostKnown: true},
			{SKU: "ASK", Title: "Rug", Kind: checkout.KindGoods, WeightGrams: 9000},
		},
		rows: []store.ShippingRow{row("post", "PL PT", 0, 1000, 490), row("post", "PL PT", 1000, 5000, 890), row("post", "BR", 0, 2000, 1990), heavy, dear},
	}
}

func purchase(reference string) store.PlaceDoc {
	return store.PlaceDoc{
		Reference: reference,
		Items: []checkout.Item{
			{Line: "1", Title: "Koszula lniana", SKU: "LS-M", Quantity: order.Units(2), Unit: eur(12_40)},
			{Line: "2", Title: "=HYPERLINK(\"http://evil.example\")", SKU: "-LAMP", Quantity: order.Quantity(1_5000), Unit: eur(31_00)},
		},
		Packaging: []checkout.Item{{Title: "Kraft S", SKU: "PKG", Quantity: order.Units(1), Unit: eur(50)}},
		CardText:  "Dziękujemy!", Method: checkout.Method{Code: "post", Name: "Post", Cost: eur(4_90)}, PayWith: checkout.PayMethod{Code: "transfer"},
		Address: order.Address{
			Name: "@Żaneta Żak", Company: "Café \"Łódź\"", Line1: "ul. Piotrkowska 104/12", Line2: "=1+1", City: "Łódź", Province: "łódzkie",
			PostalCode: "90-926", Country: "PL",
		},
		Email: "zaneta@example.com", Phone: "+48 42 555 01 03", Note: "No price tag,\nplease", CustomerNote: "\"gift\"\x1b[31m",
		Total: eur(2*12_40 + 46_50 + 50 + 4_90), Number: "1042",
	}
}

// post is a mailer that remembers.
type post struct {
	sent []mail.Message
	err  error
	die  bool // the program ends while it sends
}

func (p *post) Send(_ context.Context, m mail.Message) error {
	if p.die {
		p.sent = append(p.sent, m)
		panic("killed")
	}
	if p.err == nil || !errors.Is(p.err, mail.ErrNotSent) {
		p.sent = append(p.sent, m)
	}
	return p.err
}

func supplier(folder string, p *post) *manual.Supplier {
	o := manual.Options{
		Name: "factory", Title: "Fábrica", Currency: "EUR", Tables: factory(), Folder: folder, Clock: func() time.Time { return now },
		Zone: time.FixedZone("Warsaw", 3600), Sign: "Ateliê Aurora",
		PDF: func(w io.Writer, doc store.PlaceDoc, at time.Time) ([]string, error) {
			_, err := fmt.Fprintf(w, "%%PDF of %s at %s", doc.Reference, at.Format(time.RFC3339))
			return nil, err
		},
	}
	if p != nil {
		o.Mail, o.MailTo = p, "factory@example.org"
	}
	return manual.New(o)
}

// TestFiles compares the files of a purchase order with what they are to be.
func TestFiles(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "data", "purchase-orders", "factory")
	p := &post{}
	s := supplier(folder, p)
	made, err := s.Place(t.Context(), purchase("S1-1042-F-1"))
	if err != nil {
		t.Fatal(err)
	}
	if made.Number != "S1-1042-F-1" || made.State != order.PlacementPending || made.Paid != outbox.PaidUnknown || made.Total != eur(76_70) || !strings.Contains(made.Reason, "mailed to") {
		t.Errorf("%+v", made)
	}
	if info, err := os.Stat(folder); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder: %v %v", info.Mode(), err)
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
		info, err := e.Info()
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", e.Name(), info.Mode(), err)
		}
		got, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		golden(t, e.Name(), string(got))
	}
	if want := []string{"S1-1042-F-1.csv", "S1-1042-F-1.json", "S1-1042-F-1.mail.json", "S1-1042-F-1.pdf"}; !slices.Equal(names, want) {
		t.Errorf("there are %v, want %v", names, want)
	}
	if len(p.sent) != 1 || len(p.sent[0].Attachments) != 2 || p.sent[0].To[0] != "factory@example.org" {
		t.Fatalf("sent: %+v", p.sent)
	}
	golden(t, "letter.txt", p.sent[0].Subject+"\n\n"+p.sent[0].Text)
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is\n%s\nwant\n%s", name, got, want)
	}
}

// TestFind knows what is in the folder, also after a restart, and nothing else.
func TestFind(t *testing.T) {
	folder := t.TempDir()
	if _, err := supplier(folder, nil).Place(t.Context(), purchase("A-1")); err != nil {
		t.Fatal(err)
	}
	s := supplier(folder, nil)
	for ref, want := range map[string]int{"A-1": 1, "A-2": 0, "": 0, "../A-1": 0, "a/b": 0} {
		found, err := s.Find(t.Context(), ref)
		if err != nil || !found.Conclusive || len(found.Orders) != want {
			t.Errorf("%q: %+v %v", ref, found, err)
		}
	}
	if _, err := s.Place(t.Context(), purchase("A-1")); !errors.Is(err, outbox.ErrExists) {
		t.Errorf("placed again: %v", err)
	}
	if _, err := s.Pay(t.Context(), store.PayDoc{}); !errors.Is(err, outbox.ErrNotOffered) {
		t.Errorf("paid: %v", err)
	}
	for range 2 {
		if err := s.Cancel(t.Context(), store.CancelDoc{Reference: "A-1", SupplierNo: "A-1", Why: "the customer left"}); err != nil {
			t.Fatal(err)
		}
	}
	found, err := s.Find(t.Context(), "A-1")
	if err != nil || found.Orders[0].State != order.PlacementCancelled {
		t.Errorf("cancelled: %+v %v", found, err)
	}
	if err := s.Cancel(t.Context(), store.CancelDoc{Reference: "A-9"}); !errors.Is(err, outbox.ErrRejected) {
		t.Errorf("nothing was cancelled: %v", err)
	}
	if err := os.WriteFile(filepath.Join(folder, "A-3.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if found, err := s.Find(t.Context(), "A-3"); err == nil {
		t.Errorf("a damaged record says %+v", found)
	}
}

// TestMailOnce sends at most one mail for an order, whatever happens on the way and however often it is placed.
func TestMailOnce(t *testing.T) {
	kill := func(s *manual.Supplier, ref string) {
		defer func() { _ = recover() }()
		_, _ = s.Place(context.Background(), purchase(ref))
	}
	t.Run("killed while it was sent", func(t *testing.T) {
		folder, p := t.TempDir(), &post{die: true}
		kill(supplier(folder, p), "K-1")
		p.die = false
		s := supplier(folder, p)
		if found, err := s.Find(t.Context(), "K-1"); err != nil || len(found.Orders) != 0 {
			t.Fatalf("%+v %v", found, err)
		}
		made, err := s.Place(t.Context(), purchase("K-1"))
		if err != nil || len(p.sent) != 1 || !strings.Contains(made.Reason, "not known") {
			t.Errorf("%q %v, %d mails", made.Reason, err, len(p.sent))
		}
	})
	t.Run("nobody knows", func(t *testing.T) {
		folder, p := t.TempDir(), &post{err: errors.New("cut")}
		made, err := supplier(folder, p).Place(t.Context(), purchase("K-1"))
		if err != nil || len(p.sent) != 1 || !strings.Contains(made.Reason, "not known") {
			t.Errorf("%q %v, %d mails", made.Reason, err, len(p.sent))
		}
		found, _ := supplier(folder, p).Find(t.Context(), "K-1")
		if len(found.Orders) != 1 || !strings.Contains(found.Orders[0].Reason, "not known") {
			t.Errorf("%+v", found)
		}
	})
	t.Run("refused", func(t *testing.T) {
		folder, p := t.TempDir(), &post{err: fmt.Errorf("%w: no such user", mail.ErrNotSent)}
		made, err := supplier(folder, p).Place(t.Context(), purchase("K-1"))
		if err != nil || !strings.Contains(made.Reason, "no such user") || !strings.Contains(made.Reason, "send it yourself") {
			t.Errorf("%q %v", made.Reason, err)
		}
		p.err = nil // a cancellation needs no mail then
		if err := supplier(folder, p).Cancel(t.Context(), store.CancelDoc{Reference: "K-1"}); err != nil || len(p.sent) != 0 {
			t.Errorf("%v, %d mails", err, len(p.sent))
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		folder, p := t.TempDir(), &post{}
		s := supplier(folder, p)
		if _, err := s.Place(t.Context(), purchase("K-1")); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := s.Cancel(t.Context(), store.CancelDoc{Reference: "K-1", Why: "sold twice"}); err != nil {
				t.Fatal(err)
			}
		}
		if len(p.sent) != 2 || !strings.HasPrefix(p.sent[1].Subject, "Cancelled") {
			t.Errorf("%+v", p.sent)
		}
	})
	t.Run("no room", func(t *testing.T) {
		folder := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(folder, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		p := &post{}
		if _, err := supplier(folder, p).Place(t.Context(), purchase("K-1")); !errors.Is(err, outbox.ErrRejected) || len(p.sent) > 0 {
			t.Errorf("%v, %d mails", err, len(p.sent))
		}
	})
}

// TestInterrupted removes the record and any of the other files, as a kill leaves them, and places again.
func TestInterrupted(t *testing.T) {
	for _, lost := range [][]string{{".json"}, {".json", ".csv"}, {".json", ".pdf"}, {".json", ".pdf", ".csv"}} {
		folder, p := t.TempDir(), &post{}
		if _, err := supplier(folder, p).Place(t.Context(), purchase("I-1")); err != nil {
			t.Fatal(err)
		}
		for _, ending := range lost {
			if err := os.Remove(filepath.Join(folder, "I-1"+ending)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := supplier(folder, p).Place(t.Context(), purchase("I-1")); err != nil || len(p.sent) != 1 {
			t.Errorf("without %v: %v, %d mails", lost, err, len(p.sent))
		}
		for _, ending := range []string{".json", ".csv", ".pdf"} {
			if _, err := os.Stat(filepath.Join(folder, "I-1"+ending)); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "orders")
	p := &post{}
	s := supplier(folder, p)
	for what, spoil := range map[string]func(d *store.PlaceDoc){
		"a way out":      func(d *store.PlaceDoc) { d.Reference = "../../x" },
		"no reference":   func(d *store.PlaceDoc) { d.Reference = "" },
		"a long one":     func(d *store.PlaceDoc) { d.Reference = strings.Repeat("A", 65) },
		"nothing":        func(d *store.PlaceDoc) { d.Items = nil },
		"no street":      func(d *store.PlaceDoc) { d.Address.Line1 = " " },
		"wrong sum":      func(d *store.PlaceDoc) { d.Total.Minor++ },
		"other currency": func(d *store.PlaceDoc) { d.Total.Currency = "USD" },
		"two currencies": func(d *store.PlaceDoc) { d.Items[0].Unit.Currency = "USD" },
		"negative price": func(d *store.PlaceDoc) { d.Items[0].Unit.Minor = -1 },
		"negative count": func(d *store.PlaceDoc) { d.Items[0].Quantity = -1 },
		"too much":       func(d *store.PlaceDoc) { d.Items[0].Quantity, d.Items[0].Unit.Minor = 1<<62, 1<<62 },
		"long note":      func(d *store.PlaceDoc) { d.Note = strings.Repeat("ż", 1001) },
	} {
		d := purchase("R-1")
		spoil(&d)
		if _, err := s.Place(t.Context(), d); !errors.Is(err, outbox.ErrRejected) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := os.Stat(folder); !errors.Is(err, fs.ErrNotExist) || len(p.sent) > 0 {
		t.Errorf("something was written or sent: %v, %d mails", err, len(p.sent))
	}
}

func TestQuote(t *testing.T) {
	for _, tt := range []struct {
		name, sku, country string
		n                  int64
		want               string
	}{
		{"light", "LS-M", "PL", 1, "post 4.90 | freight: is for parcels from 5.00 kg, this is 0.24 kg | courier: is for goods from EUR 50.00, these are EUR 12.40"},
		{"heavier", "LS-M", "PT", 8, "post 8.90 | freight: is for parcels from 5.00 kg, this is 1.92 kg | courier: does not serve PT"},
		{"abroad", "LS-M", "br", 1, "post 19.90 | freight: is for parcels from 5.00 kg, this is 0.24 kg | courier: does not serve BR"},
		{"too heavy for the post", "LS-M", "DE", 25, "post: does not serve DE | freight 21.00 | courier 9.00"},
		{"too heavy there", "LS-M", "BR", 9, "post: is for parcels up to 2.00 kg, this is 2.16 kg | freight: is for parcels from 5.00 kg, this is 2.16 kg | courier: does not serve BR"},
		{"no weight", "LAMP", "PL", 2, "post: goes by weight, and the price list has none for LAMP | freight: goes by weight, and the price list has none for LAMP | courier 9.00"},
		{"elsewhere", "LS-M", "JP", 1, "post: does not serve JP | freight: is for parcels from 5.00 kg, this is 0.24 kg | courier: does not serve JP"},
	} {
		q, err := supplier(t.TempDir(), nil).Quote(t.Context(), outbox.QuoteReq{
			Basket: "b", Items: []checkout.Item{{SKU: tt.sku, Quantity: order.Units(tt.n)}}, Address: order.Address{Country: tt.country},
		})
		if err != nil || q.Error != "" || q.Basket != "b" {
			t.Fatalf("%s: %+v %v", tt.name, q, err)
		}
		var got []string
		for _, m := range q.Methods {
			if m.Refused != "" {
				got = append(got, m.Code+": "+m.Refused)
			} else {
				got = append(got, m.Code+" "+m.Cost.Decimal())
			}
		}
		if strings.Join(got, " | ") != tt.want {
			t.Errorf("%s:\n%s\nwant\n%s", tt.name, strings.Join(got, " | "), tt.want)
		}
	}
	q, err := supplier(t.TempDir(), nil).Quote(t.Context(), outbox.QuoteReq{
		Items: []checkout.Item{{SKU: "NONE", Quantity: 1}, {SKU: "ASK", Quantity: 1}, {SKU: "LS-M-LONG", Quantity: 1}}, Address: order.Address{Country: "PL"},
	})
	if err != nil || !q.Items[0].Gone || !q.Items[1].Gone || q.Items[2].Gone || *q.Items[2].Stock != 3 {
		t.Errorf("%+v %v", q.Items, err)
	}
}

// TestSheetIsInert puts anything into a purchase order: nothing in its CSV is a formula, and all of it can be read back.
func TestSheetIsInert(t *testing.T) {
	folder := t.TempDir()
	n := 0
	rapid.Check(t, func(r *rapid.T) {
		n++
		anything := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"=1+1", "+1", "-1", "@A1", "\t=1", " =1", "'=1", "＝1", "a\r\nb", `"`, "a;b,c", "\x1b[31m", "\u202e=1"}))
		d := purchase(fmt.Sprint("S-", n))
		for _, f := range []*string{&d.Address.Line2, &d.Address.City, &d.Address.Province, &d.Address.PostalCode, &d.Address.Phone, &d.Email, &d.CustomerNote, &d.CardText, &d.Items[0].SKU} {
			*f = anything.Draw(r, "text")
		}
		d.Address.City = "x" + d.Address.City
		d.Address.Name = "x" + anything.Draw(r, "name")
		s := supplier(folder, nil)
		if _, err := s.Place(r.Context(), d); err != nil {
			r.Fatal(err)
		}
		file, err := os.Open(filepath.Join(folder, d.Reference+".csv"))
		if err != nil {
			r.Fatal(err)
		}
		defer file.Close()
		rows, err := csv.NewReader(file).ReadAll()
		if err != nil || len(rows) != 4 || len(rows[0]) != 19 {
			r.Fatalf("%d rows: %v", len(rows), err)
		}
		for _, row := range rows[1:] {
			for i, c := range row {
				if i != 1 && i != 5 && export.Hazardous([]byte(c)) && c[0] != '\'' {
					r.Fatalf("column %s is %q", rows[0][i], c)
				}
			}
		}
	})
}
