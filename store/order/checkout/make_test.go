package checkout

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/ordertest"
)

var now = ordertest.Now

func usd(minor int64) order.Money { return order.New(minor, "USD") }

// part is an input of which nothing is in the way, and the settings that go with it.
func part(t testing.TB) (Input, Settings) {
	t.Helper()
	o := order.Order{
		Store: "aurora", ExternalID: "77", Number: "1042", CreatedAt: now.Add(-48 * time.Hour), Currency: "BRL",
		CustomerPayment: order.PaymentPaid, Fulfilment: order.Unfulfilled, Lifecycle: order.LifecycleOpen,
		Shipping: order.Address{Name: "Maria Souza", Line1: "Rua Augusta 1508", City: "São Paulo", PostalCode: "01304-001", Country: "BR"},
		Total:    order.New(22_000, "BRL"), Tax: order.New(2_000, "BRL"), Paid: order.New(22_000, "BRL"),
		CustomerNote: "gift wrap, please", Tags: []string{"VIP"},
		Notes: []order.Note{{Kind: "note", Text: "staff only: she complains a lot"}},
		Lines: []order.Line{
			{ExternalID: "1", SKU: "LS-M", Title: "Linen shirt", Quantity: order.Units(2), Total: order.New(15_000, "BRL")},
			{ExternalID: "2", SKU: "WT", Title: "Wool throw", Quantity: order.Units(1), Total: order.New(5_000, "BRL")},
		},
	}
	links := map[string]order.Link{
		"sku:LS-M": {Store: "aurora", ProductKey: "sku:LS-M", Supplier: "lumen", SupplierSKU: "L-1", Cost: usd(620), CostKnown: true, ProcessingDays: [2]int{1, 2}},
		"sku:WT":   {Store: "aurora", ProductKey: "sku:WT", Supplier: "lumen", SupplierSKU: "L-2", Cost: usd(400), CostKnown: true},
	}
	f := order.Facts{Now: now, Links: links}
	in := Input{
		Record: order.Record{ID: 7, Order: o, State: order.Derive(&o, f)}, Links: links, Facts: f, Now: now, SpentToday: usd(0),
		Account: &Account{Supplier: "lumen", At: now, Methods: []PayMethod{
			{Code: "balance", Name: "Lumen balance", Kind: PayBalance, Available: new(usd(5_410))},
			{Code: "card", Name: "Card on file", Kind: PayCard},
		}},
		Private: []Product{
			{Supplier: "lumen", SKU: "KRAFT-S", Title: "Kraft S", Kind: KindPackaging, Cost: usd(30), CostKnown: true},
			{Supplier: "lumen", SKU: "CARD", Title: "Card", Kind: KindCard, Cost: usd(10), CostKnown: true},
		},
	}
	in.Group = in.Record.State.Groups[0]
	s := Settings{
		Suppliers: []Supplier{{
			Name: "lumen", Kind: "manual", Title: "Lumen EU", Currency: "USD", Mode: ModeManual, NoteMax: 500,
			ProcessingDays: [2]int{2, 3},
		}},
		Zone: time.UTC,
	}
	in.Quote = quote(&in)
	return in, s
}

// quote is a fresh quote for a part.
func quote(in *Input) *Quote {
	e := Make(Input{Record: in.Record, Group: in.Group, Links: in.Links, Facts: in.Facts, Now: in.Now}, Settings{})
	q := &Quote{Supplier: in.Group.Supplier, Basket: e.Basket, Fees: usd(90), At: now.Add(-time.Hour), Methods: []Method{
		{Code: "exp", Name: "Express", Cost: usd(1_500), Days: [2]int{2, 3}},
		{Code: "std", Name: "Standard", Cost: usd(680), Days: [2]int{8, 12}},
		{Code: "sea", Name: "Sea", Refused: "not to BR"},
	}}
	for _, it := range e.Items {
		q.Items = append(q.Items, QuotedItem{SKU: it.SKU, Quantity: it.Quantity, Unit: it.Unit, Stock: new(int64(10))})
	}
	return q
}

func codes(e Entry) []BlockerCode {
	var out []BlockerCode
	for _, b := range e.Blockers {
		out = append(out, b.Code)
	}
	return out
}

func TestReady(t *testing.T) {
	in, s := part(t)
	s.Rates = []Rate{{From: "USD", To: "BRL", Rate: "5.40", Date: now.AddDate(0, 0, -3)}}
	s.Base = "BRL"
	e := Make(in, s)
	if !e.Ready() || len(e.Warnings) > 0 {
		t.Fatalf("blockers %v, warnings %q", e.Blockers, e.Warnings)
	}
	for what, got := range map[string]order.Money{
		"goods 1640": e.Goods, "shipping 680": e.Shipping, "fees 090": e.Fees, "total 2410": e.Total,
	} {
		if name, want, _ := strings.Cut(what, " "); got.Currency != "USD" || want != strings.ReplaceAll(got.Decimal(), ".", "") {
			t.Errorf("%s: %s", name, got)
		}
	}
	if e.Method.Code != "std" || e.MethodBy != "the cheapest" || e.Methods[2].Code != "sea" {
		t.Errorf("method %+v %s, of %+v", e.Method, e.MethodBy, e.Methods)
	}
	if e.PayWith.Code != "balance" {
		t.Errorf("paid with %+v", e.PayWith)
	}
	// 220 − 20 tax − 24.10 × 5.40 = 69.86
	if e.Margin == nil || *e.Margin != order.New(6_986, "BRL") || e.Rate == nil || e.Rate.Rate != "5.40" || *e.InBase != order.New(13_014, "BRL") {
		t.Errorf("margin %v, rate %v, base %v", e.Margin, e.Rate, e.InBase)
	}
	if e.CustomerNote != "gift wrap, please" || e.Redacted || strings.Contains(e.Note+e.CustomerNote, "staff") {
		t.Errorf("note %q %q", e.Note, e.CustomerNote)
	}
	// Saturday, 21 November: counted from Monday on, 2+8 and 3+12 business days.
	if got := e.Delivery[0].Format("01-02") + " " + e.Delivery[1].Format("01-02"); got != "12-07 12-14" {
		t.Errorf("delivery %s", got)
	}
}

// TestNeverPanics makes entries of random orders: their totals add up, or they are not complete and not ready.
func TestNeverPanics(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in, s := random(t)
		e := Make(in, s)
		checkEntry(t, &e)
		if e.Ready() && !slices.Contains([]order.Stage{order.StageUnpaid, order.StageAwaiting}, in.Group.Stage) {
			t.Fatalf("ready, but its group is %s", in.Group.Stage)
		}
		if _, err := in.Record.State.Cost.Add(e.Total); err != nil && e.Total.Currency == "" {
			t.Fatal(err)
		}
		TestRules(in, s)
		Together([]Entry{e, e})
	})
}

// checkEntry checks what holds for every entry.
func checkEntry(t interface{ Fatalf(string, ...any) }, e *Entry) {
	for _, b := range e.Blockers {
		if b.Code == "" || b.Text == "" || b.Fix == "" || strings.Contains(b.Text+b.Fix, "%!") {
			t.Fatalf("a blocker without words: %+v", b)
		}
	}
	if !e.Complete {
		if e.Total != (order.Money{}) || e.Ready() || e.Margin != nil {
			t.Fatalf("not complete, but with a total: %+v", e)
		}
		return
	}
	sum := e.Goods
	for _, m := range []order.Money{e.Shipping, e.Fees, e.PackagingCost} {
		var err error
		if sum, err = sum.Add(m); err != nil {
			t.Fatalf("complete, but %v", err)
		}
	}
	if sum.Minor != e.Total.Minor || sum.Currency != e.Total.Currency || e.Total.Minor < 0 {
		t.Fatalf("the parts make %s, the total is %s", sum, e.Total)
	}
	if e.Method == nil && e.Ready() && e.Shipping.Minor != 0 {
		t.Fatalf("no method, but shipping of %s", e.Shipping)
	}
}

// random draws the input for one part of a random order, with quotes good and bad, and settings.
func random(t *rapid.T) (Input, Settings) {
	r := ordertest.Record(t)
	f := ordertest.Facts(t, &r.Order)
	r.State = order.Derive(&r.Order, f)
	in := Input{Record: *r, Links: f.Links, Facts: f, Now: f.Now}
	if len(r.State.Groups) > 0 && rapid.IntRange(0, 9).Draw(t, "has group") > 0 {
		in.Group = rapid.SampledFrom(r.State.Groups).Draw(t, "group")
	}
	if rapid.IntRange(0, 20).Draw(t, "bad index") == 0 {
		in.Group.Lines = append(slices.Clone(in.Group.Lines), 99, -1)
	}
	currency := rapid.SampledFrom([]string{"USD", "USD", "USD", "EUR", ""})
	s := Settings{
		Rules: rapid.SliceOfN(rapid.Custom(rule), 0, 4).Draw(t, "rules"), HoldDays: map[string]int{"nordic": rapid.IntRange(0, 30).Draw(t, "hold days")},
		Base: rapid.SampledFrom([]string{"", "BRL", "EUR"}).Draw(t, "base"),
		Rates: []Rate{
			{From: "USD", To: rapid.SampledFrom(ordertest.Currencies).Draw(t, "to"), Rate: rapid.SampledFrom([]string{"5.4", "0.2", "x", "-1"}).Draw(t, "rate"), Date: ordertest.Time(t, "rate of")},
		},
	}
	for _, name := range ordertest.Suppliers[:rapid.IntRange(1, 2).Draw(t, "suppliers")] {
		sup := Supplier{Name: name, Currency: currency.Draw(t, "currency"), NoteMax: rapid.SampledFrom([]int{0, 5, 500}).Draw(t, "note max")}
		if rapid.Bool().Draw(t, "capped") {
			sup.Cap = new(ordertest.Money(t, currency.Draw(t, "cap currency"), "cap"))
		}
		s.Suppliers = append(s.Suppliers, sup)
	}
	if rapid.IntRange(0, 9).Draw(t, "quoted") > 0 {
		in.Quote = quote(&in)
		for i := range in.Quote.Items {
			it := &in.Quote.Items[i]
			if rapid.IntRange(0, 5).Draw(t, "other price") == 0 {
				it.Unit = ordertest.Money(t, currency.Draw(t, "quote currency"), "unit")
			}
			it.Gone = rapid.IntRange(0, 9).Draw(t, "gone") == 0
		}
		if rapid.IntRange(0, 5).Draw(t, "fees") == 0 {
			in.Quote.Fees = ordertest.Money(t, currency.Draw(t, "fee currency"), "fee")
		}
		in.Quote.At = now.Add(-time.Duration(rapid.IntRange(-10, 10).Draw(t, "age")) * time.Hour)
	}
	if rapid.IntRange(0, 9).Draw(t, "account") > 0 {
		in.Account = &Account{Methods: []PayMethod{{Code: "balance", Available: new(ordertest.Money(t, currency.Draw(t, "purse"), "balance"))}}}
	}
	for _, code := range []BlockerCode{BlockPaid, BlockHold, BlockStock} {
		if rapid.IntRange(0, 2).Draw(t, "override") == 0 {
			in.Choice.Overrides = append(in.Choice.Overrides, Override{Code: code, Who: "me", At: now})
		}
	}
	in.Choice.Method = rapid.SampledFrom([]string{"", "", "exp", "sea", "nope"}).Draw(t, "chosen")
	in.Choice.Note = rapid.SampledFrom([]string{"", "no price tag", "call +48 600 100 200"}).Draw(t, "instruction")
	in.SpentToday = ordertest.Money(t, currency.Draw(t, "spent in"), "spent")
	return in, s
}

// rule draws a shipping rule that meets random orders now and then.
func rule(t *rapid.T) Rule {
	bound := func(label string) *order.Money {
		if rapid.IntRange(0, 2).Draw(t, label+"?") > 0 {
			return nil
		}
		return new(ordertest.Money(t, rapid.SampledFrom([]string{"USD", "BRL", "EUR"}).Draw(t, label+" in"), label))
	}
	r := Rule{
		Name: rapid.StringMatching(`[a-z]{3}`).Draw(t, "name"), Sequence: rapid.IntRange(0, 50).Draw(t, "sequence"),
		Disabled: rapid.IntRange(0, 4).Draw(t, "disabled") == 0, AmountFrom: bound("amount from"), AmountTo: bound("amount to"),
		FreightFrom: bound("freight from"), FreightTo: bound("freight to"),
		Method: rapid.SampledFrom([]string{"std", "Express", "sea", "none"}).Draw(t, "method"), CashOnDelivery: rapid.Bool().Draw(t, "cod"),
	}
	if rapid.Bool().Draw(t, "countries") {
		r.Countries = []string{rapid.SampledFrom([]string{"BR", "PL", "JP"}).Draw(t, "country")}
	}
	if rapid.Bool().Draw(t, "for one supplier") {
		r.Supplier = rapid.SampledFrom(ordertest.Suppliers).Draw(t, "supplier")
	}
	return r
}
