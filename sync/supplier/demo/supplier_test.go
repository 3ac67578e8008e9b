package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

var began = time.Date(2026, 11, 21, 21, 7, 0, 0, time.UTC)

type clock struct{ now time.Time }

func (c *clock) Now() time.Time          { return c.now }
func (c *clock) forward(d time.Duration) { c.now = c.now.Add(d) }

// supplier is a Lumen whose slow answers take no time.
func supplier(path string) (*Supplier, *clock) {
	c := &clock{now: began}
	return New(Options{Name: "lumen", Clock: c.Now, Path: path, Wait: func(context.Context, time.Duration) {}}), c
}

// doc is an order of two tote bags and one mug, to Porto.
func doc(reference string) store.PlaceDoc {
	return store.PlaceDoc{
		Reference: reference,
		Items: []checkout.Item{
			{Line: reference + "-1", SKU: "TOTE-1", Quantity: order.Units(2)}, {Line: reference + "-2", SKU: "MUG-1", Quantity: order.Units(1)},
		},
		Method:  checkout.Method{Code: "economy"},
		Address: order.Address{Name: "Ana Lima", Line1: "Rua Garrett 73", City: "Porto", PostalCode: "4000-007", Country: "PT"},
	}
}

// place makes an order, whether the answer arrives or not, and gives it as Find does.
func place(t tester, s *Supplier, reference string) outbox.Order {
	t.Helper()
	d := doc(reference)
	if _, err := s.Place(t.Context(), d); err != nil && definite(err) {
		t.Fatalf("%s: %v", reference, err)
	}
	found, err := s.Find(t.Context(), reference)
	if err != nil || len(found.Orders) != 1 || !found.Conclusive {
		t.Fatalf("%s: %+v %v", reference, found, err)
	}
	return found.Orders[0]
}

type tester interface {
	Helper()
	Context() context.Context
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// definite tells whether an error says for certain that nothing happened.
func definite(err error) bool {
	return errors.Is(err, outbox.ErrRejected) || errors.Is(err, outbox.ErrExists) || errors.Is(err, outbox.ErrDeclined) || errors.Is(err, outbox.ErrNotSent)
}

func pay(o outbox.Order, way string) store.PayDoc {
	return store.PayDoc{Reference: o.Reference, SupplierNo: o.Number, Max: o.Total, PayWith: checkout.PayMethod{Code: way}}
}

// TestEveryPath goes through all that the first orders show.
func TestEveryPath(t *testing.T) {
	s, c := supplier("")
	ctx := t.Context()
	states := func(o outbox.Order) (seen []string) {
		for range 40 {
			list, err := s.Track(ctx, []string{o.Number, "nobody's"})
			if err != nil || len(list) != 1 {
				t.Fatal(list, err)
			}
			if w := fmt.Sprint(list[0].State, "/", list[0].RawState, "/", len(list[0].Parcels)); !slices.Contains(seen, w) {
				seen = append(seen, w)
			}
			c.forward(4 * time.Second)
		}
		return seen
	}
	const usual = "placed/confirmed/0 processing/in_preparation/0 shipped/dispatched/1 delivered/delivered/1"
	for i, f := range show {
		ref := fmt.Sprintf("S1-%d-L-1", i)
		_, err := s.Place(ctx, doc(ref))
		if lost := f == lostPlace; lost != (err != nil) {
			t.Fatalf("%s: placing answered %v", f, err)
		}
		if err != nil && definite(err) {
			t.Fatalf("a lost answer says that nothing happened: %v", err)
		}
		if _, err := s.Place(ctx, doc(ref)); !errors.Is(err, outbox.ErrExists) {
			t.Fatalf("%s: placed again: %v", f, err)
		}
		found, err := s.Find(ctx, ref)
		if err != nil || len(found.Orders) != 1 {
			t.Fatal(found, err)
		}
		o := found.Orders[0]
		if o.State != order.PlacementPending || o.Paid != outbox.PaidNo {
			t.Fatalf("%s: made, it is %s and paid %q", f, o.State, o.Paid)
		}
		_, err = s.Pay(ctx, pay(o, "card"))
		switch f {
		case declined:
			if !errors.Is(err, outbox.ErrDeclined) {
				t.Fatalf("%s: %v", f, err)
			}
			again, _ := s.Find(ctx, ref)
			if again.Orders[0].Reason == "" || again.Orders[0].Paid != outbox.PaidNo {
				t.Fatalf("%s: after it: %+v", f, again.Orders[0])
			}
			_, err = s.Pay(ctx, pay(o, "card"))
			if err != nil {
				t.Fatalf("the retry: %v", err)
			}
		case lostPay:
			if err == nil || definite(err) {
				t.Fatalf("%s: %v", f, err)
			}
		default:
			if err != nil {
				t.Fatalf("%s: %v", f, err)
			}
		}
		want := usual
		switch f {
		case split:
			want = "placed/confirmed/0 processing/in_preparation/0 processing/in_preparation/1 shipped/dispatched/2 delivered/delivered/2"
		case strange:
			want = "placed/confirmed/0 processing/in_preparation/0 processing/awaiting_export_permit/0 shipped/dispatched/1 delivered/delivered/1"
		case soldOut:
			want = "placed/confirmed/0 processing/in_preparation/0 cancelled/cancelled/0"
		case late:
			want = "placed/confirmed/0 processing/in_preparation/0"
		}
		if got := strings.Join(states(o), " "); got != want {
			t.Errorf("%q: %s\nwant %s", f, got, want)
		}
	}
}

// TestPriceLock makes an order whose price rises: it is not paid at more than was agreed, and a new quote says so.
func TestPriceLock(t *testing.T) {
	s, _ := supplier("")
	ctx := t.Context()
	for i := 0; fateOf(i) != dearer; i++ {
		place(t, s, fmt.Sprint("before-", i))
	}
	quote := func() checkout.Quote {
		q, err := s.Quote(ctx, outbox.QuoteReq{Basket: "b", Items: doc("x").Items, Address: doc("x").Address})
		if err != nil || q.Error != "" {
			t.Fatal(q, err)
		}
		return q
	}
	before := quote()
	made, err := s.Place(ctx, doc("dear"))
	if err != nil {
		t.Fatal(err)
	}
	if want := quoted(t, before, "economy", doc("x").Items); made.Total != want {
		t.Errorf("made for %s, quoted %s", made.Total, want)
	}
	found, _ := s.Find(ctx, "dear")
	if found.Orders[0].Total.Minor <= made.Total.Minor {
		t.Fatalf("%s after %s: the price has not risen", found.Orders[0].Total, made.Total)
	}
	if _, err := s.Pay(ctx, pay(made, "card")); !errors.Is(err, outbox.ErrRejected) || !strings.Contains(err.Error(), "price has gone up") {
		t.Fatalf("paid in spite of it: %v", err)
	}
	if err := s.Cancel(ctx, store.CancelDoc{Reference: "dear", SupplierNo: made.Number}); err != nil {
		t.Fatal(err)
	}
	if after := quote(); after.Items[0].Unit.Minor <= before.Items[0].Unit.Minor || after.Items[1].Unit != before.Items[1].Unit {
		t.Errorf("quoted %v, before it was %v", after.Items, before.Items)
	}
	if got := place(t, s, "dear-2"); got.Total != found.Orders[0].Total {
		t.Errorf("anew it costs %s, want %s", got.Total, found.Orders[0].Total)
	}
}

// quoted is what a quote comes to.
func quoted(t tester, q checkout.Quote, method string, items []checkout.Item) order.Money {
	t.Helper()
	total := q.Fees
	for i := range items {
		each, err := q.Items[i].Unit.Times(items[i].Quantity)
		if err != nil {
			t.Fatal(err)
		}
		if total, err = total.Add(each); err != nil {
			t.Fatal(err)
		}
	}
	i := slices.IndexFunc(q.Methods, func(m checkout.Method) bool { return m.Code == method })
	total, err := total.Add(q.Methods[i].Cost)
	if err != nil {
		t.Fatal(err)
	}
	return total
}

func TestMethods(t *testing.T) {
	for _, tt := range []struct {
		house, country, province string
		bags                     int64
		want                     string // codes that serve it
	}{
		{"lumen", "PT", "", 1, "economy express locker"},
		{"lumen", "DE", "", 1, "economy express"},
		{"lumen", "PL", "", 50, "economy express"},
		{"lumen", "PL", "", 100, "express"},
		{"lumen", "PL", "", 300, ""},
		{"lumen", "US", "NY", 1, "economy express"},
		{"lumen", "US", "PR", 1, ""},
		{"minas", "US", "US-PR", 1, ""},
		{"kite", "PR", "", 1, ""},
		{"minas", "BR", "SP", 1, "pac sedex"},
		{"minas", "PT", "", 1, "exporta"},
		{"kite", "JP", "", 1, "line air"},
		{"kite", "AQ", "", 1, ""},
	} {
		s := New(Options{Name: tt.house})
		q, err := s.Quote(t.Context(), outbox.QuoteReq{
			Items:   []checkout.Item{{SKU: "TOTE-1", Quantity: order.Units(tt.bags)}},
			Address: order.Address{Country: tt.country, Province: tt.province},
		})
		if err != nil || q.Error != "" {
			t.Fatal(q, err)
		}
		var got []string
		for _, m := range q.Methods {
			if m.Refused == "" {
				got = append(got, m.Code)
			}
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s to %s %s, %d bags: %v, want %s (%+v)", tt.house, tt.country, tt.province, tt.bags, got, tt.want, q.Methods)
		}
	}
}

// TestRefusals sends what must not be taken, and looks that nothing came of it.
func TestRefusals(t *testing.T) {
	s, _ := supplier("")
	for what, spoil := range map[string]func(d *store.PlaceDoc){
		"no reference":     func(d *store.PlaceDoc) { d.Reference = "" },
		"nothing":          func(d *store.PlaceDoc) { d.Items = nil },
		"no street":        func(d *store.PlaceDoc) { d.Address.Line1 = "" },
		"long note":        func(d *store.PlaceDoc) { d.Note = strings.Repeat("ż", NoteMax+1) },
		"unknown SKU":      func(d *store.PlaceDoc) { d.Items[0].SKU = "NO-SUCH" },
		"negative":         func(d *store.PlaceDoc) { d.Items[0].Quantity = -1 },
		"out of stock":     func(d *store.PlaceDoc) { d.Items[0].SKU = "BEANIE-2" },
		"too many":         func(d *store.PlaceDoc) { d.Items[0].Quantity = order.Units(900) },
		"too many in all":  func(d *store.PlaceDoc) { d.Items[0].Quantity = 1 << 62; d.Items[1] = d.Items[0] },
		"box as goods":     func(d *store.PlaceDoc) { d.Items[0].SKU = "LUM-PKG-S" },
		"goods as a box":   func(d *store.PlaceDoc) { d.Packaging = d.Items },
		"unknown method":   func(d *store.PlaceDoc) { d.Method.Code = "pigeon" },
		"method elsewhere": func(d *store.PlaceDoc) { d.Address.Country = "US"; d.Method.Code = "locker" },
		"place not served": func(d *store.PlaceDoc) { d.Address.Country = "US"; d.Address.Province = "PR" },
	} {
		d := doc("ref")
		spoil(&d)
		if _, err := s.Place(t.Context(), d); !errors.Is(err, outbox.ErrRejected) {
			t.Errorf("%s: %v", what, err)
		}
		if len(s.books.list) > 0 {
			t.Fatalf("%s: an order was made", what)
		}
	}
	o := place(t, s, "ref")
	for what, bad := range map[string]store.PayDoc{
		"other order":    {Reference: o.Reference, SupplierNo: "LUM-1", Max: o.Total, PayWith: checkout.PayMethod{Code: "card"}},
		"other currency": {Reference: o.Reference, SupplierNo: o.Number, Max: order.New(1<<40, "USD"), PayWith: checkout.PayMethod{Code: "card"}},
		"too low":        {Reference: o.Reference, SupplierNo: o.Number, Max: order.New(o.Total.Minor-1, "EUR"), PayWith: checkout.PayMethod{Code: "card"}},
	} {
		if _, err := s.Pay(t.Context(), bad); !errors.Is(err, outbox.ErrRejected) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := s.Pay(t.Context(), pay(o, "gold")); !errors.Is(err, outbox.ErrDeclined) {
		t.Errorf("an unknown way: %v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Place(gone, doc("late")); !errors.Is(err, outbox.ErrNotSent) {
		t.Errorf("after the deadline: %v", err)
	}
}

// TestWallet empties the wallet, and has it full again in the morning.
func TestWallet(t *testing.T) {
	s, c := supplier("")
	have := func() int64 {
		a, err := s.Account(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return a.Methods[0].Available.Minor
	}
	full := have()
	for i := 0; ; i++ {
		o := place(t, s, fmt.Sprint("w-", i))
		before := have()
		_, err := s.Pay(t.Context(), pay(o, "balance"))
		if errors.Is(err, outbox.ErrDeclined) && strings.Contains(err.Error(), "insufficient") {
			if have() != before {
				t.Error("a refused payment took something")
			}
			break
		}
		if err == nil && before-have() != o.Total.Minor {
			t.Fatalf("%s was paid, and %d taken from the wallet", o.Total, before-have())
		}
		if i > 100 {
			t.Fatal("the wallet has no bottom")
		}
	}
	if c.forward(24 * time.Hour); have() != full {
		t.Errorf("%d in the morning, want %d", have(), full)
	}
}

// TestPaidOnce calls a supplier in any order, with restarts and files torn at any byte in between. Nothing that was
// answered for is lost, no reference has two orders, and no order is paid twice.
func TestPaidOnce(t *testing.T) {
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(r *rapid.T) {
		n++
		path := filepath.Join(dir, fmt.Sprint(n, ".jsonl"))
		s, c := supplier(path)
		certain := map[string]string{} // references whose order was answered for, and its number
		paid := map[string]int64{}     // and what was certainly taken for them, from the wallet or otherwise
		refs := []string{"a-1", "b-1", "c-1", "d-1", "e-1", "f-1", "g-1", "h-1"}
		steps := rapid.IntRange(1, 60).Draw(r, "steps")
		for range steps {
			ref := rapid.SampledFrom(refs).Draw(r, "ref")
			switch rapid.IntRange(0, 9).Draw(r, "do") {
			case 0, 1, 2:
				o, err := s.Place(r.Context(), doc(ref))
				if err == nil {
					if certain[ref] != "" {
						r.Fatalf("%s was made twice", ref)
					}
					certain[ref] = o.Number
				}
			case 3, 4, 5:
				found, err := s.Find(r.Context(), ref)
				if err != nil || len(found.Orders) == 0 {
					continue
				}
				way := rapid.SampledFrom([]string{"balance", "card", "invoice"}).Draw(r, "way")
				got, err := s.Pay(r.Context(), pay(found.Orders[0], way))
				if err == nil {
					if before, ok := paid[ref]; ok && before != got.Total.Minor {
						r.Fatalf("%s was paid with %d, then with %d", ref, before, got.Total.Minor)
					}
					paid[ref] = got.Total.Minor
				}
			case 6:
				_ = s.Cancel(r.Context(), store.CancelDoc{Reference: ref, SupplierNo: certain[ref]}) // may be refused
			case 7:
				c.forward(time.Duration(rapid.IntRange(1, 90).Draw(r, "seconds")) * time.Second)
			case 8: // killed, with half a line written
				tear(r, path)
				s = New(Options{Name: "lumen", Clock: c.Now, Path: path, Wait: s.o.Wait})
			case 9: // killed
				s = New(Options{Name: "lumen", Clock: c.Now, Path: path, Wait: s.o.Wait})
			}
			audit(r, s, path, certain, paid)
		}
	})
}

// tear adds a part of a line to a file.
func tear(r *rapid.T, path string) {
	data, err := os.ReadFile(path)
	if err != nil {
		return // none yet
	}
	line := `{"no":"LUM-700001","at":"2026-11-21T21:07:00Z","paid":"card"}`
	data = append(data, line[:rapid.IntRange(0, len(line)).Draw(r, "torn")]...)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		r.Fatal(err)
	}
}

// audit looks at the books as they are in the file.
func audit(r *rapid.T, s *Supplier, path string, certain map[string]string, paid map[string]int64) {
	fresh := New(Options{Name: "lumen", Clock: s.o.Clock, Path: path})
	if err := errors.Join(fresh.Refresh(), s.Refresh()); err != nil { // it fails on an order that is there, or paid, twice
		r.Fatal(err)
	}
	for ref, no := range certain {
		if o := fresh.books.ref[ref]; o == nil || o.No != no {
			r.Fatalf("%s (%s) is lost", ref, no)
		}
	}
	for ref := range paid {
		if o := fresh.books.ref[ref]; o == nil || o.Paid.IsZero() || !o.Cancelled.IsZero() {
			r.Fatalf("the payment of %s is lost: %+v", ref, o)
		}
	}
	if a, b := s.balance(s.o.Clock()), fresh.balance(s.o.Clock()); a != b {
		r.Fatalf("%s in the wallet, after a restart %s", a, b)
	}
}

// TestTornAnywhere cuts the books at every byte: what is left is a state that they once had.
func TestTornAnywhere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "books.jsonl")
	s, _ := supplier(path)
	for i := range 3 {
		o := place(t, s, fmt.Sprint("r-", i))
		if i < 2 {
			if _, err := s.Pay(t.Context(), pay(o, "balance")); err != nil {
				t.Fatal(err)
			}
		}
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for cut := len(whole); cut >= 0; cut-- {
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		s, _ := supplier(path)
		o := place(t, s, "new")
		if _, err := s.Pay(t.Context(), pay(o, "card")); err != nil && definite(err) && !errors.Is(err, outbox.ErrDeclined) {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		again, _ := supplier(path)
		if err := again.Refresh(); err != nil || again.books.ref["new"] == nil {
			t.Fatalf("cut at %d: what came after is lost (%v)", cut, err)
		}
	}
}

// TestBounded fills the books: those that are over make room, and the file stays short.
func TestBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "books.jsonl")
	full, _ := supplier(path)
	if err := full.Refresh(); err != nil {
		t.Fatal(err)
	}
	var lines []any
	for i := range ordersMost {
		o := &bought{
			No: fmt.Sprint("LUM-", 700_001+i), Ref: fmt.Sprint("old-", i), Seq: i, Made: began.Add(time.Duration(i-ordersMost) * time.Minute),
			Lines: []sold{{SKU: "TOTE-1", Quantity: order.Units(1), Unit: order.New(700, "EUR")}},
		}
		o.Paid, o.PaidWith = o.Made, "card"
		lines = append(lines, &entry{Order: o})
	}
	if err := full.books.log.Rewrite(lines); err != nil {
		t.Fatal(err)
	}
	s, c := supplier(path)
	if _, err := s.Place(t.Context(), doc("one more")); !errors.Is(err, outbox.ErrRejected) || !strings.Contains(err.Error(), "full") {
		t.Fatalf("into full books: %v", err)
	}
	c.forward(70 * 24 * time.Hour)
	if _, err := s.Place(t.Context(), doc("one more")); err != nil && definite(err) {
		t.Fatal(err)
	}
	if err := s.Refresh(); err != nil || len(s.books.list) >= ordersMost || s.books.next != ordersMost+1 {
		t.Fatalf("%d orders are left, the next is number %d (%v)", len(s.books.list), s.books.next, err)
	}
}

// TestCatalogue pages through everything, and finds by words and by SKU.
func TestCatalogue(t *testing.T) {
	for i := range Houses {
		s := New(Options{Name: Houses[i].Key})
		seen := map[string]bool{}
		kinds := map[checkout.ProductKind]int{}
		for page, more := 0, true; more; page++ {
			var list []checkout.Product
			var err error
			if list, more, err = s.Search(t.Context(), "", page); err != nil {
				t.Fatal(err)
			}
			for _, p := range list {
				if seen[p.SKU] || p.Supplier != Houses[i].Key || p.Cost.Currency != Houses[i].Currency || p.Cost.Minor <= 0 {
					t.Errorf("%+v", p)
				}
				seen[p.SKU] = true
				kinds[p.Kind]++
			}
		}
		if kinds[checkout.KindGoods] < 30 || kinds[checkout.KindPackaging] < 2 || kinds[checkout.KindCard] < 2 {
			t.Errorf("%s sells %v", Houses[i].Key, kinds)
		}
	}
	s := New(Options{Name: "lumen"})
	for query, first := range map[string]string{"tote-2": "TOTE-2", "cafe": "FILTER-1", "mug 500": "MUG-2", "obrigada": "LUM-CARD-THANKS", "xyz": ""} {
		list, _, err := s.Search(t.Context(), query, 0)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if len(list) > 0 {
			got = list[0].SKU
		}
		if got != first {
			t.Errorf("%q finds %q first, want %q", query, got, first)
		}
	}
}

// TestTaken tells of lines once, and of those of a former life.
func TestTaken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "books.jsonl")
	told := map[string]int{}
	open := func() *Supplier {
		return New(Options{Name: "kite", Path: path, Clock: func() time.Time { return began }, Taken: func(lines []string, _ time.Time) {
			for _, l := range lines {
				told[l]++
			}
		}})
	}
	d := doc("r")
	d.Method.Code = "line"
	if _, err := open().Place(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if err := open().Refresh(); err != nil || told["r-1"] != 2 || told["r-2"] != 2 {
		t.Fatal(told, err)
	}
}

// TestParcels has everything that was ordered in some parcel, once.
func TestParcels(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		o := &bought{No: "LUM-1", Ref: rapid.StringMatching(`[A-Z0-9-]{3,12}`).Draw(r, "ref"), Fate: split, Paid: began}
		want := map[string]order.Quantity{}
		for i := range rapid.IntRange(1, 5).Draw(r, "lines") {
			q := order.Quantity(rapid.Int64Range(1, 50_0000).Draw(r, "quantity"))
			o.Lines = append(o.Lines, sold{Line: fmt.Sprint(i), Quantity: q})
			want[fmt.Sprint(i)] = q
		}
		out := outbox.Order{}
		s := New(Options{Name: "lumen"})
		s.progress(&out, o, began.Add(time.Hour))
		if out.State != order.PlacementDelivered {
			t.Fatalf("after an hour it is %s", out.State)
		}
		for _, p := range out.Parcels {
			if len(p.Lines) == 0 || p.Tracking == "" || !strings.HasPrefix(p.URL, "https://track.example.com/") || len(p.Events) != 5 {
				t.Fatalf("%+v", p)
			}
			for _, l := range p.Lines {
				want[l.LineID] -= l.Quantity
			}
		}
		for line, q := range want {
			if q != 0 {
				t.Fatalf("of line %s %s are left over", line, q)
			}
		}
	})
}
