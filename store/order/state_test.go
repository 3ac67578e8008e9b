package order

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

var testNow = time.Date(2026, 11, 21, 14, 30, 0, 0, time.UTC) // a Saturday

// situation is one combination of all that a stage depends on, for an order of one line.
type situation struct {
	lifecycle  Lifecycle
	left       bool // something is neither cancelled nor refunded
	fulfilment Fulfilment
	sent       bool // the store says that the line has been sent
	placement  PlacementState
	payment    CustomerPayment
	authorized bool // the store's setting: authorized is enough
	cod        bool
	own        bool // the store's setting: own stock
	link       string
}

// glossary is the table of the stages, row by row; the first that matches wins. It is written from the document and
// not from the code.
var glossary = []struct {
	row   string
	when  func(c situation) bool
	stage Stage
}{
	{"1 cancelled", func(c situation) bool { return c.lifecycle == "cancelled" || c.lifecycle == "deleted" }, "cancelled"},
	{"1 nothing left", func(c situation) bool { return !c.left }, "cancelled"},
	{"2 the store says so", func(c situation) bool {
		return c.fulfilment == "fulfilled" || c.fulfilment == "delivered" || c.fulfilment == "returned" || c.sent
	}, "shipped"},
	{"2 every group", func(c situation) bool { return c.placement == "shipped" || c.placement == "delivered" }, "shipped"},
	{"3", func(c situation) bool { return c.placement == "pending" }, "pending"},
	{"4", func(c situation) bool { return c.placement == "placed" }, "placed"},
	{"5", func(c situation) bool { return c.placement == "processing" }, "processing"},
	{"6 draft", func(c situation) bool { return c.payment == "draft" }, "awaiting"},
	{"6", func(c situation) bool {
		return slices.Contains([]CustomerPayment{"awaiting_proof", "expired", "failed", "voided"}, c.payment)
	}, "awaiting"},
	{"6 cash on delivery", func(c situation) bool {
		return !c.cod && (c.payment == "pending" || c.payment == "partially_paid")
	}, "awaiting"},
	{"6 authorized", func(c situation) bool { return c.payment == "authorized" && !c.cod && !c.authorized }, "awaiting"},
	{"7", func(c situation) bool { return c.own }, "to_ship"},
	{"8 no supplier product", func(c situation) bool { return c.link == "none" }, "quoting"},
	{"8 no cost", func(c situation) bool { return c.link == "no cost" }, "quoting"},
	{"9", func(c situation) bool { return c.link == "linked" }, "unpaid"},
}

func (c situation) order() (*Order, Facts) {
	o := &Order{
		ExternalID: "1", Lifecycle: c.lifecycle, Fulfilment: c.fulfilment, CustomerPayment: c.payment, CashOnDelivery: c.cod,
		Lines: []Line{{ExternalID: "a", SKU: "LS-M", Title: "Linen shirt", Quantity: Units(2)}},
	}
	if !c.left {
		o.Lines[0].Cancelled, o.Lines[0].Refunded = Units(1), Units(1)
	}
	if c.sent {
		o.Lines[0].Fulfilled = Units(2)
	}
	f := Facts{Now: testNow, OwnStock: c.own, AuthorizedIsPaid: c.authorized, Links: map[string]Link{}}
	if c.link != "none" {
		f.Links["sku:LS-M"] = Link{Supplier: "lumen", Cost: New(620, "USD"), CostKnown: c.link == "linked"}
	}
	if c.placement != "" {
		f.Placements = []Placement{{Reference: "r", Supplier: "lumen", Lines: []string{"a"}, State: c.placement, Total: New(2010, "USD")}}
	}
	return o, f
}

// situations calls fn with every combination there is.
func situations(fn func(situation)) { combine(Fulfilments, CustomerPayments, fn) }

// typical calls fn with combinations of those values that guards tell apart.
func typical(fn func(situation)) {
	combine([]Fulfilment{Unfulfilled, FulfilmentPartial, Fulfilled, FulfilmentReturned},
		[]CustomerPayment{PaymentPending, PaymentAuthorized, PaymentPaid, PaymentRefunded, PaymentChargeback}, fn)
}

func combine(fulfilments []Fulfilment, payments []CustomerPayment, fn func(situation)) {
	bools := []bool{false, true}
	for _, lifecycle := range Lifecycles {
		for _, fulfilment := range fulfilments {
			for _, placement := range append([]PlacementState{""}, PlacementStates...) {
				for _, payment := range payments {
					for _, link := range []string{"none", "no cost", "linked"} {
						for n := range 32 {
							fn(situation{
								lifecycle, bools[n&1], fulfilment, bools[n>>1&1], placement, payment, bools[n>>2&1], bools[n>>3&1], bools[n>>4&1], link,
							})
						}
					}
				}
			}
		}
	}
}

func TestStageFollowsTheGlossary(t *testing.T) {
	rows := map[string]int{}
	failed := 0
	situations(func(c situation) {
		o, f := c.order()
		got := Derive(o, f)
		for _, r := range glossary {
			if !r.when(c) {
				continue
			}
			rows[r.row]++
			if got.Stage != r.stage {
				if failed++; failed < 10 {
					t.Errorf("%+v is %s, but row %s says %s", c, got.Stage, r.row, r.stage)
				}
			}
			break
		}
		if got.Partly && c.fulfilment != FulfilmentPartial {
			t.Fatalf("%+v is partly", c)
		}
	})
	for _, r := range glossary {
		if rows[r.row] == 0 {
			t.Errorf("row %s never decided", r.row)
		}
	}
}

// TestMixedGroups puts every two sorts of line group into one order: the least advanced gives the stage.
func TestMixedGroups(t *testing.T) {
	// How far the groups are, least first, and what makes a line be there.
	kinds := []struct {
		stage Stage
		make  func(l *Line, f *Facts)
	}{
		{StageQuoting, func(*Line, *Facts) {}},
		{StageUnpaid, func(l *Line, f *Facts) {
			f.Links[l.ProductKey()] = Link{Supplier: "s" + l.ExternalID, Cost: New(100, "USD"), CostKnown: true}
		}},
		{StagePending, placedLine(PlacementPending)},
		{StagePlaced, placedLine(PlacementPlaced)},
		{StageProcessing, placedLine(PlacementProcessing)},
		{StageShipped, placedLine(PlacementShipped)},
		{StageShipped, placedLine(PlacementDelivered)},
		{StageShipped, func(l *Line, _ *Facts) { l.Fulfilled = l.Quantity }},
	}
	for i, a := range kinds {
		for j, b := range kinds {
			o := &Order{Lifecycle: LifecycleOpen, CustomerPayment: PaymentPaid, Fulfilment: Unfulfilled, Lines: []Line{
				{ExternalID: "a", SKU: "A", Quantity: Units(1)}, {ExternalID: "b", SKU: "B", Quantity: Units(1)},
			}}
			f := Facts{Now: testNow, Links: map[string]Link{}}
			a.make(&o.Lines[0], &f)
			b.make(&o.Lines[1], &f)
			s := Derive(o, f)
			if want := kinds[min(i, j)].stage; s.Stage != want {
				t.Errorf("%s with %s is %s", a.stage, b.stage, s.Stage)
			}
			if s.Partly != (a.stage != b.stage) {
				t.Errorf("%s with %s: partly is %v", a.stage, b.stage, s.Partly)
			}
			// Whoever has paid too little waits with what has not been bought yet.
			o.CustomerPayment = PaymentPending
			if s := Derive(o, f); (i < 2 || j < 2) != (s.Stage == StageAwaiting) {
				t.Errorf("unpaid %s with %s is %s", a.stage, b.stage, s.Stage)
			}
		}
	}
}

func placedLine(state PlacementState) func(*Line, *Facts) {
	return func(l *Line, f *Facts) {
		f.Placements = append(f.Placements, Placement{
			Reference: "r" + l.ExternalID, Supplier: "s" + l.ExternalID, Lines: []string{l.ExternalID}, State: state, Total: New(500, "USD"),
		})
	}
}

func TestGroups(t *testing.T) {
	o := &Order{Lifecycle: LifecycleOpen, CustomerPayment: PaymentPaid, Fulfilment: FulfilmentPartial, Lines: []Line{
		{ExternalID: "1", SKU: "A", Title: "a", Quantity: Units(2)},
		{ExternalID: "2", SKU: "B", Title: "b", Quantity: Units(1)},
		{ExternalID: "3", SKU: "A", Title: "a again", Quantity: Units(3) / 2},
		{ExternalID: "4", ProductID: "p", Title: "not linked", Quantity: Units(1)},
		{ExternalID: "5", Title: "gone", Quantity: Units(1), Refunded: Units(1)},
		{ExternalID: "6", SKU: "C", Title: "bought", Quantity: Units(1)},
		{ExternalID: "7", SKU: "D", Title: "no cost", Quantity: Units(1)},
	}}
	f := Facts{
		Links: map[string]Link{
			"sku:A": {Supplier: "lumen", Cost: New(100, "USD"), CostKnown: true}, "sku:B": {Supplier: "cj", Cost: New(50, "USD"), CostKnown: true},
			"sku:C": {Supplier: "lumen", Cost: New(1, "USD"), CostKnown: true}, "sku:D": {Supplier: "cj"},
		},
		Placements: []Placement{
			{Reference: "given up", Supplier: "cj", Lines: []string{"1", "6"}, State: PlacementCancelled},
			{Reference: "live", Supplier: "lumen", Lines: []string{"6"}, State: PlacementPlaced, Total: New(777, "USD"), Claim: CaseRequested},
		},
	}
	s := Derive(o, f)
	got := ""
	for _, g := range s.Groups {
		ref := ""
		if g.Placement != nil {
			ref = g.Placement.Reference
		}
		got += fmt.Sprintf("%s%v %s %v %v %s|", g.Supplier, g.Lines, g.Stage, g.Cost, g.CostKnown, ref)
	}
	const want = "lumen[0 2] unpaid USD 3.50 true |cj[1 6] quoting USD 0.50 false |[3] quoting 0.00 false |lumen[5] placed USD 7.77 true live|"
	if got != want {
		t.Errorf("groups\n got %s\nwant %s", got, want)
	}
	if s.Stage != StageQuoting || !s.Partly || s.CostKnown || s.Claim != CaseRequested {
		t.Errorf("%+v", s)
	}
	if !slices.Equal(s.Suppliers, []string{"lumen", "cj"}) || !slices.Equal(s.Missing, []string{"not linked", "no cost"}) {
		t.Errorf("suppliers %q, missing %q", s.Suppliers, s.Missing)
	}
	// The same with everything known.
	f.Links["sku:D"] = Link{Supplier: "cj", Cost: New(50, "USD"), CostKnown: true}
	f.Links["id:p"] = Link{Supplier: "cj", Cost: New(9, "USD"), CostKnown: true}
	s = Derive(o, f)
	if s.Stage != StageUnpaid || !s.CostKnown || s.Cost != New(350+109+777, "USD") || s.Missing != nil {
		t.Errorf("%s %v %v %q", s.Stage, s.CostKnown, s.Cost, s.Missing)
	}
	// Two currencies make no sum.
	f.Links["sku:B"] = Link{Supplier: "other", Cost: New(50, "EUR"), CostKnown: true}
	if s = Derive(o, f); s.Stage != StageUnpaid || s.CostKnown || s.Cost != (Money{}) {
		t.Errorf("%s %v %v", s.Stage, s.CostKnown, s.Cost)
	}
}

func TestOrderWithoutLines(t *testing.T) {
	for _, c := range []struct {
		own     bool
		payment CustomerPayment
		want    Stage
	}{{false, PaymentPaid, StageQuoting}, {true, PaymentPaid, StageToShip}, {false, PaymentPending, StageAwaiting}} {
		o := &Order{Lifecycle: LifecycleOpen, CustomerPayment: c.payment}
		if s := Derive(o, Facts{OwnStock: c.own}); s.Stage != c.want || s.CostKnown {
			t.Errorf("%+v is %s, cost known %v", c, s.Stage, s.CostKnown)
		}
	}
}

func TestPartOfALine(t *testing.T) {
	for _, c := range []struct {
		quantity, cancelled, refunded, fulfilled int64
		want                                     Stage
	}{
		{3, 0, 0, 2, StageToShip},
		{3, 0, 0, 3, StageShipped},
		{3, 1, 0, 2, StageShipped},
		{3, 0, 1, 1, StageToShip},
		{3, 2, 1, 0, StageCancelled},
		{3, 3, 3, 0, StageCancelled},
		{0, 0, 0, 0, StageCancelled},
		{-1, 0, 0, 0, StageCancelled},
	} {
		o := &Order{Lifecycle: LifecycleOpen, CustomerPayment: PaymentPaid, Lines: []Line{
			{ExternalID: "1", Quantity: Units(c.quantity), Cancelled: Units(c.cancelled), Refunded: Units(c.refunded), Fulfilled: Units(c.fulfilled)},
		}}
		if s := Derive(o, Facts{OwnStock: true}); s.Stage != c.want {
			t.Errorf("%+v is %s", c, s.Stage)
		}
	}
}

func TestLate(t *testing.T) {
	friday := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	mk := func(state PlacementState, lateAt time.Time, days int) State {
		o := &Order{Lifecycle: LifecycleOpen, CustomerPayment: PaymentPaid, Lines: []Line{{ExternalID: "1", SKU: "A", Quantity: Units(1)}}}
		return Derive(o, Facts{
			Links:      map[string]Link{"sku:A": {Supplier: "s", CostKnown: true, ProcessingDays: [2]int{1, days}}},
			Placements: []Placement{{Supplier: "s", Lines: []string{"1"}, State: state, LateAt: lateAt, CheckedOut: friday}},
		})
	}
	if s := mk(PlacementPlaced, testNow, 9); !s.LateAt.Equal(testNow) || !s.Late(testNow) || s.Late(testNow.Add(-1)) {
		t.Errorf("the supplier's own date: %v", s.LateAt)
	}
	if s := mk(PlacementProcessing, time.Time{}, 2); !s.LateAt.Equal(friday.AddDate(0, 0, 4)) {
		t.Errorf("two business days after Friday: %v", s.LateAt)
	}
	for _, s := range []State{mk(PlacementPlaced, time.Time{}, 0), mk(PlacementShipped, testNow, 2), mk(PlacementPending, testNow, 2), mk(PlacementCancelled, testNow, 2)} {
		if !s.LateAt.IsZero() || s.Late(testNow) {
			t.Errorf("%s is late at %v", s.Stage, s.LateAt)
		}
	}
}

func TestAddBusinessDays(t *testing.T) {
	for _, c := range []struct {
		from string
		n    int
		want string
	}{
		{"2026-11-20", 0, "2026-11-20"}, // a Friday
		{"2026-11-20", 1, "2026-11-23"},
		{"2026-11-20", 5, "2026-11-27"},
		{"2026-11-20", 6, "2026-11-30"},
		{"2026-11-21", 0, "2026-11-23"}, // a Saturday
		{"2026-11-21", 1, "2026-11-24"},
		{"2026-11-22", 1, "2026-11-24"},
		{"2026-11-21", 5, "2026-11-30"},
		{"2026-11-16", 4, "2026-11-20"},
		{"2026-11-16", 10, "2026-11-30"},
		{"2026-11-16", -3, "2026-11-16"},
	} {
		from, _ := time.Parse(time.DateOnly, c.from)
		if got := AddBusinessDays(from, c.n).Format(time.DateOnly); got != c.want {
			t.Errorf("%s + %d = %s, want %s", c.from, c.n, got, c.want)
		}
	}
	// Against counting day by day.
	for start := range 7 {
		from := time.Date(2026, 11, 16+start, 9, 0, 0, 0, time.UTC)
		for n := 1; n < 30; n++ {
			want := from
			for weekend(want) {
				want = want.AddDate(0, 0, 1)
			}
			for left := n; left > 0; {
				if want = want.AddDate(0, 0, 1); !weekend(want) {
					left--
				}
			}
			if got := AddBusinessDays(from, n); !got.Equal(want) {
				t.Errorf("%s + %d = %s, want %s", from.Format(time.DateOnly), n, got.Format(time.DateOnly), want.Format(time.DateOnly))
			}
		}
	}
}

func BenchmarkDerive(b *testing.B) {
	o := &Order{
		Lifecycle: LifecycleOpen, CustomerPayment: PaymentPaid, Fulfilment: Unfulfilled, Total: New(28990, "BRL"), Subtotal: New(28990, "BRL"),
		CreatedAt: testNow, Shipping: Address{Name: "M", Line1: "Rua", City: "SP", Country: "BR"},
		Lines: []Line{{ExternalID: "a", SKU: "LS-M", Title: "Linen shirt", Quantity: Units(2)}, {ExternalID: "b", SKU: "WT", Title: "Wool throw", Quantity: Units(1)}},
	}
	links := map[string]Link{
		"sku:LS-M": {Supplier: "lumen", Cost: New(620, "USD"), CostKnown: true, ProcessingDays: [2]int{1, 3}},
		"sku:WT":   {Supplier: "lumen", Cost: New(770, "USD"), CostKnown: true, ProcessingDays: [2]int{1, 3}},
	}
	for name, f := range map[string]Facts{
		"unpaid": {Now: testNow, Links: links}, "own stock": {Now: testNow, OwnStock: true},
		"processing": {Now: testNow, Links: links, Placements: []Placement{{
			Supplier: "lumen", Lines: []string{"a", "b"}, State: PlacementProcessing, CheckedOut: testNow, Total: New(2010, "USD"),
		}}},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Derive(o, f)
			}
		})
	}
}
