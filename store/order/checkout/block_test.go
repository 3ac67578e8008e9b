package checkout

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
)

// derive brings what depends on the order up to date after a test has changed it.
func derive(in *Input) {
	in.Facts.Links = in.Links
	in.Record.State = order.Derive(&in.Record.Order, in.Facts)
	for _, g := range in.Record.State.Groups {
		if g.Placement == nil && g.Supplier == "lumen" {
			in.Group = g
		}
	}
	in.Quote.Basket = Make(*in, Settings{}).Basket
}

// blocks are the changes to a ready part that are each in the way of paying it, by one blocker and no other.
var blocks = []struct {
	name   string
	change func(in *Input, s *Settings)
	code   BlockerCode
	action string
	text   string // is in the sentence
	want   []BlockerCode
}{
	{"no link", func(in *Input, _ *Settings) { delete(in.Links, "sku:LS-M") }, BlockLink, ActionLink, "“Linen shirt” has no supplier product", []BlockerCode{BlockLink}},
	{"linked elsewhere meanwhile", func(in *Input, _ *Settings) {
		l := in.Links["sku:WT"]
		l.Supplier = "other"
		in.Links["sku:WT"] = l
	}, BlockLink, ActionLink, "“Wool throw” has no supplier product", nil},
	{"no cost", func(in *Input, _ *Settings) {
		l := in.Links["sku:WT"]
		l.CostKnown, l.Cost = false, order.Money{}
		in.Links["sku:WT"] = l
		derive(in)
	}, BlockCost, ActionLink, "what “Wool throw” costs is not known", nil},
	{"a cost in another currency", func(in *Input, _ *Settings) {
		in.Quote.Items[0].Unit = order.New(620, "EUR")
		in.Quote.Fees = order.Money{}
	}, BlockCost, ActionRequote, "in EUR (EUR 6.20), but Lumen EU is paid in USD", []BlockerCode{BlockCost, BlockTotal}},
	{"a negative price", func(in *Input, _ *Settings) { in.Quote.Items[0].Unit = usd(-1) }, BlockCost, ActionRequote, "negative (USD -0.01)", nil},
	{"an absurd price", func(in *Input, _ *Settings) { in.Quote.Items[0].Unit = usd(100_000_001) }, BlockCost, ActionRequote, "more than any price", []BlockerCode{BlockCost, BlockTotal}},
	{"no quote", func(in *Input, _ *Settings) { in.Quote = nil }, BlockQuote, ActionRequote, "has not said yet", nil},
	{"the quote of another basket", func(in *Input, _ *Settings) { in.Quote.Basket = "x" }, BlockQuote, ActionRequote, "has not said yet", nil},
	{"the quote of another supplier", func(in *Input, _ *Settings) { in.Quote.Supplier = "x" }, BlockQuote, ActionRequote, "has not said yet", nil},
	{"an old quote", func(in *Input, _ *Settings) { in.Quote.At = now.Add(-7 * time.Hour) }, BlockQuote, ActionRequote, "the quote of Lumen EU is 7 h old", nil},
	{"a quote from the future", func(in *Input, _ *Settings) { in.Quote.At = now.Add(7 * time.Hour) }, BlockQuote, ActionRequote, "a clock is wrong", nil},
	{"a quote that was refused", func(in *Input, _ *Settings) { in.Quote.Error = "not to this island" }, BlockQuote, ActionRequote, "Lumen EU gives no quote: not to this island", nil},
	{"a quote without an item", func(in *Input, _ *Settings) { in.Quote.Items = in.Quote.Items[:1] }, BlockQuote, ActionRequote, "is not for 1× Wool throw", nil},
	{"a quote for fewer", func(in *Input, _ *Settings) { in.Quote.Items[0].Quantity = order.Units(1) }, BlockQuote, ActionRequote, "is not for 2× Linen shirt", nil},
	{"not enough", func(in *Input, _ *Settings) { in.Quote.Items[0].Stock = new(int64(1)) }, BlockStock, ActionLink, "has 1 of “Linen shirt”, and 2 are wanted", nil},
	{"none on file", func(in *Input, _ *Settings) {
		l := in.Links["sku:WT"]
		l.Stock = new(int64(-3))
		in.Links["sku:WT"] = l
		in.Quote.Items[1].Stock = nil
	}, BlockStock, ActionLink, "has 0 of “Wool throw”, and 1 are wanted", nil},
	{"not sold any more", func(in *Input, _ *Settings) { in.Quote.Items[1].Gone = true }, BlockGone, ActionLink, "does not sell “Wool throw” any more", nil},
	{"no street", func(in *Input, _ *Settings) { in.Record.Shipping.Line1 = " "; derive(in) }, BlockAddress, "", "has no street", nil},
	{"no such country", func(in *Input, _ *Settings) { in.Record.Shipping.Country = "XX"; derive(in) }, BlockAddress, "", "“XX” is no country", nil},
	{"a country that is not a code", func(in *Input, _ *Settings) { in.Record.Shipping.Country = "br"; derive(in) }, BlockAddress, "", "“br” is no country", nil},
	{"no method at all", func(in *Input, _ *Settings) { in.Quote.Methods = nil }, BlockMethod, ActionRemove, "no shipping method of Lumen EU serves BR", nil},
	{"no method that serves it", func(in *Input, _ *Settings) {
		in.Record.Shipping.Country, in.Record.Shipping.Province = "US", "PR"
		derive(in)
		in.Quote.Methods = []Method{{Code: "std", Name: "Standard", Refused: "too heavy"}}
	}, BlockMethod, ActionRemove, "serves US-PR: Standard: too heavy", nil},
	{"a chosen method that does not serve it", func(in *Input, _ *Settings) { in.Choice.Method = "sea" }, BlockMethod, ActionMethod, "Sea cannot be used: not to BR", nil},
	{"a chosen method that is not there", func(in *Input, _ *Settings) { in.Choice.Method = "rocket" }, BlockMethod, ActionMethod, "“rocket” is not offered here", nil},
	{"a method in another currency", func(in *Input, _ *Settings) {
		in.Quote.Methods = []Method{{Code: "std", Cost: order.New(5, "EUR")}}
	}, BlockMethod, ActionRemove, "its price is in EUR", nil},
	{"held by hand", func(in *Input, _ *Settings) { in.Facts.Hold = order.HoldFraud; derive(in) }, BlockHold, ActionOverride, "on hold: fraud", nil},
	{"held for some time", func(in *Input, _ *Settings) {
		in.Facts.Hold, in.Facts.HoldUntil = order.HoldManual, now.Add(28*time.Hour)
		derive(in)
	}, BlockHold, ActionOverride, "on hold: manual, for another 1 d 4 h", nil},
	{"cooling off", func(_ *Input, s *Settings) { s.HoldDays = map[string]int{"aurora": 3} }, BlockHold, ActionOverride, "cooling off for another 1 d:", nil},
	{"not paid", func(in *Input, _ *Settings) { in.Record.CustomerPayment = order.PaymentPending; derive(in) }, BlockPaid, ActionOverride, "the customer has not paid (pending)", nil},
	{"paid at the door without a rule", func(in *Input, _ *Settings) {
		in.Record.CustomerPayment, in.Record.CashOnDelivery = order.PaymentPending, true
		derive(in)
	}, BlockPaid, ActionOverride, "no shipping rule lets that through", nil},
	{"paid at the door, another rule", func(in *Input, s *Settings) {
		in.Record.CustomerPayment, in.Record.CashOnDelivery = order.PaymentPending, true
		s.Rules = []Rule{{Name: "BR", Method: "std"}}
		derive(in)
	}, BlockPaid, ActionOverride, "the rule “BR” does not let that through", nil},
	{"beyond the cap", func(_ *Input, s *Settings) { s.Suppliers[0].Cap = new(usd(2_409)) }, BlockCap, "", "beyond the day's cap of USD 24.09", nil},
	{"beyond what is left of the cap", func(in *Input, s *Settings) {
		s.Suppliers[0].Cap, in.SpentToday = new(usd(20_000)), usd(18_000)
	}, BlockCap, "", "USD 180.00 of USD 200.00 are spent or reserved", nil},
	{"a cap in another currency", func(_ *Input, s *Settings) { s.Suppliers[0].Cap = new(order.New(99_999, "EUR")) }, BlockCap, "", "the day's cap is in EUR", nil},
	{"bought by itself without a cap", func(_ *Input, s *Settings) { s.Suppliers[0].Mode = ModeAuto }, BlockCap, "", "needs a cap for a day", nil},
	{"what was spent is nonsense", func(in *Input, s *Settings) {
		s.Suppliers[0].Cap, in.SpentToday = new(usd(20_000)), usd(math.MaxInt64)
	}, BlockCap, "", "cannot be added up", nil},
	{"no account yet", func(in *Input, _ *Settings) { in.Account = nil }, BlockPayWith, ActionRequote, "has not said yet how it can be paid", nil},
	{"no way to pay", func(in *Input, _ *Settings) { in.Account.Methods = nil }, BlockPayWith, ActionRequote, "offers no way to pay", nil},
	{"a balance that is not enough", func(in *Input, _ *Settings) {
		in.Account.Methods = in.Account.Methods[:1]
		in.Account.Methods[0].Available = new(usd(2_409))
	}, BlockPayWith, ActionPayWith, "not enough: USD 24.09 of USD 24.10", nil},
	{"a balance in another currency", func(in *Input, _ *Settings) {
		in.Account.Methods = in.Account.Methods[:1]
		in.Account.Methods[0].Available = new(order.New(99_999, "EUR"))
	}, BlockPayWith, ActionPayWith, "it is in EUR", nil},
	{"the chosen way is never replaced", func(in *Input, _ *Settings) {
		in.Choice.PayWith, in.Account.Methods[0].Available = "balance", new(usd(1))
	}, BlockPayWith, ActionPayWith, "Lumen balance cannot be used: not enough", nil},
	{"nor is the one that is set", func(in *Input, s *Settings) {
		s.Suppliers[0].PayWith, in.Account.Methods[0].Refused = "balance", "frozen"
	}, BlockPayWith, ActionPayWith, "cannot be used: frozen", nil},
	{"a way that is not offered", func(in *Input, _ *Settings) { in.Choice.PayWith = "gold" }, BlockPayWith, ActionPayWith, "does not offer “gold”", nil},
	{"a long note", func(in *Input, s *Settings) { s.Suppliers[0].NoteMax, in.Choice.Note = 30, "Leave no price tag" }, BlockNote, ActionNote, "have 36 characters, and Lumen EU takes 30", nil},
	{"a note for one that takes none", func(in *Input, s *Settings) { s.Suppliers[0].NoteMax, in.Choice.Note = 0, "x" }, BlockNote, ActionNote, "takes no instructions", nil},
	{"fees in another currency", func(in *Input, _ *Settings) { in.Quote.Fees = order.New(1, "EUR") }, BlockTotal, ActionRequote, "the fees are in EUR", nil},
	{"negative fees", func(in *Input, _ *Settings) { in.Quote.Fees = usd(-1) }, BlockTotal, ActionRequote, "the fees are negative", nil},
	{"an absurd total", func(in *Input, _ *Settings) {
		in.Quote.Items[0].Unit, in.Quote.Items[1].Unit = usd(60_000_000), usd(1)
	}, BlockTotal, ActionRequote, "more than any price", nil},
	{"more than was agreed to", func(in *Input, _ *Settings) { in.Choice.AcceptPrice = "24.09" }, BlockPrice, ActionAccept, "it costs USD 24.10 now, and USD 24.09 was agreed to", nil},
	{"a supplier that is not set up", func(in *Input, s *Settings) { s.Suppliers[0].Name = "other" }, BlockSupplier, ActionLink, "the supplier “lumen” is not set up", []BlockerCode{BlockSupplier}},
	{"a test order", func(in *Input, _ *Settings) { in.Record.Test = true }, BlockStage, "", "test order", nil},
	{"an archived order", func(in *Input, _ *Settings) { in.Record.Archived = true }, BlockStage, "", "archived", nil},
	{"a cancelled order", func(in *Input, _ *Settings) { in.Record.Lifecycle = order.LifecycleCancelled; derive(in) }, BlockStage, "", "nothing is left to deliver", nil},
	{"a deleted order", func(in *Input, _ *Settings) { in.Record.Lifecycle = order.LifecycleDeleted; derive(in) }, BlockStage, "", "deleted", nil},
	{"money that went back", func(in *Input, _ *Settings) { in.Record.CustomerPayment = order.PaymentRefunded; derive(in) }, BlockStage, "", "the customer has the money back", nil},
	{"an order that the store lost", func(in *Input, _ *Settings) { in.Facts.Gone = true }, BlockStage, "", "no longer lists", nil},
	{"one that is sent", func(in *Input, _ *Settings) { in.Record.Fulfilment = order.Fulfilled; derive(in) }, BlockStage, "", "on its way", nil},
	{"taken out", func(in *Input, _ *Settings) { in.Choice.Removed = true }, BlockStage, ActionRemove, "taken out of this checkout", nil},
}

func TestBlockers(t *testing.T) {
	seen := map[BlockerCode]bool{}
	for _, tt := range blocks {
		t.Run(tt.name, func(t *testing.T) {
			in, s := part(t)
			tt.change(&in, &s)
			e := Make(in, s)
			checkEntry(t, &e)
			i := slices.IndexFunc(e.Blockers, func(b Blocker) bool { return b.Code == tt.code })
			if i < 0 {
				t.Fatalf("blockers: %+v", e.Blockers)
			}
			b := e.Blockers[i]
			if b.Action != tt.action || !strings.Contains(b.Text, tt.text) || e.Ready() {
				t.Errorf("%+v, ready %t", b, e.Ready())
			}
			want := tt.want
			if want == nil {
				want = []BlockerCode{tt.code}
			}
			for _, other := range codes(e) {
				if !slices.Contains(want, other) && !slices.Contains(consequences[tt.code], other) {
					t.Errorf("%s is in the way too: %+v", other, e.Blockers)
				}
			}
			seen[tt.code] = true
		})
	}
	for _, code := range []BlockerCode{
		BlockStage, BlockLink, BlockCost, BlockQuote, BlockStock, BlockGone, BlockAddress, BlockMethod, BlockHold, BlockPaid,
		BlockCap, BlockPayWith, BlockNote, BlockTotal, BlockPrice, BlockSupplier,
	} {
		if !seen[code] {
			t.Errorf("no case of %s", code)
		}
	}
}

// consequences are blockers that cannot but come with another one.
var consequences = map[BlockerCode][]BlockerCode{
	BlockCost:     {BlockTotal},
	BlockSupplier: {BlockNote},
}

// TestNoGroup makes entries of orders of which nothing can be bought.
func TestNoGroup(t *testing.T) {
	tests := []struct {
		name   string
		change func(in *Input)
		code   BlockerCode
		text   string
	}{
		{"quoting", func(in *Input) { clear(in.Links) }, BlockLink, "“Linen shirt” and “Wool throw” have no supplier product"},
		{"own stock", func(in *Input) { in.Facts.OwnStock = true }, BlockStage, "own stock"},
		{"placed", func(in *Input) {
			in.Facts.Placements = []order.Placement{{Supplier: "lumen", State: order.PlacementPlaced, Lines: []string{"1", "2"}, Total: usd(1)}}
		}, BlockStage, "lumen has been paid for it already"},
		{"pending", func(in *Input) {
			in.Facts.Placements = []order.Placement{{Supplier: "lumen", State: order.PlacementPending, Lines: []string{"1", "2"}, Total: usd(1)}}
		}, BlockStage, "is not settled"},
		{"nothing", func(in *Input) { in.Record.Lines = nil; in.Record.CustomerPayment = order.PaymentPaid }, BlockStage, "not every line has a supplier product"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in, s := part(t)
			tt.change(&in)
			in.Facts.Links = in.Links
			in.Record.State, in.Group, in.Quote = order.Derive(&in.Record.Order, in.Facts), order.Group{}, nil
			e := Make(in, s)
			if len(e.Blockers) == 0 || e.Blockers[0].Code != tt.code || !strings.Contains(e.Blockers[0].Text, tt.text) || e.Ready() {
				t.Errorf("%+v", e.Blockers)
			}
		})
	}
}

// TestOverrides sets guards aside one by one: those of Overridable give way, no other does.
func TestOverrides(t *testing.T) {
	for _, tt := range blocks {
		in, s := part(t)
		tt.change(&in, &s)
		in.Choice.Overrides = []Override{{Code: tt.code, Who: "me", At: now, Why: "I know"}}
		e := Make(in, s)
		if still := slices.Contains(codes(e), tt.code); still == tt.code.Overridable() {
			t.Errorf("%s: set aside, still in the way: %t: %v", tt.name, still, e.Blockers)
		}
		if tt.code.Overridable() {
			if !e.Ready() || len(e.Overrides) != 1 || e.Overrides[0].Who != "me" {
				t.Errorf("%s: ready %t with %v, blocked by %v", tt.name, e.Ready(), e.Overrides, e.Blockers)
			}
		} else if len(e.Overrides) > 0 {
			t.Errorf("%s: %v are in force", tt.name, e.Overrides)
		}
	}
	in, s := part(t)
	in.Choice.Overrides = []Override{{Code: BlockPaid, Who: "me"}, {Code: BlockHold, Who: "me"}}
	if e := Make(in, s); len(e.Overrides) > 0 {
		t.Errorf("overrides of what was not in the way: %v", e.Overrides)
	}
	in.Choice.Overrides = append(in.Choice.Overrides, Override{Code: BlockStore, Who: "me"})
	if e := Make(in, s); len(e.Overrides) != 1 || e.Overrides[0].Code != BlockStore {
		t.Errorf("the store may be down when it is asked again: %v", e.Overrides)
	}
}

// TestCashOnDelivery lets orders that are paid at the door through by a rule only.
func TestCashOnDelivery(t *testing.T) {
	in, s := part(t)
	in.Record.CustomerPayment, in.Record.CashOnDelivery = order.PaymentPending, true
	derive(&in)
	s.Rules = []Rule{{Name: "door", Sequence: 1, Countries: []string{"BR"}, Method: "Express", CashOnDelivery: true}}
	e := Make(in, s)
	if !e.Ready() || e.Method.Code != "exp" || e.Rule != "door" || e.MethodBy != "by rule “door”" || len(e.Overrides) > 0 {
		t.Errorf("%+v by %s, blocked by %v", e.Method, e.MethodBy, e.Blockers)
	}
	in.Choice.Method = "std" // the rule still holds for the order
	if e := Make(in, s); !e.Ready() || e.MethodBy != "chosen" {
		t.Errorf("%s: %v", e.MethodBy, e.Blockers)
	}
	in.Record.CustomerPayment = order.PaymentAuthorized
	in.Facts.AuthorizedIsPaid = true
	s.Rules = nil
	derive(&in)
	if e := Make(in, s); !e.Ready() {
		t.Errorf("authorized counts as paid here: %v", e.Blockers)
	}
}
