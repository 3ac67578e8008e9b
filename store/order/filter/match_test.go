package filter

import (
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
)

func sample() *order.Record {
	o := order.Order{
		Store: "aurora", ExternalID: "gid://77", Number: "1042", Currency: "BRL",
		CreatedAt:       time.Date(2026, 11, 20, 23, 30, 0, 0, time.UTC), // 21 November in Warsaw
		UpdatedAt:       time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC),
		CustomerPayment: order.PaymentPaid, Fulfilment: order.Unfulfilled, Lifecycle: order.LifecycleOpen,
		Customer: order.Customer{Name: "Paweł Żak", Email: "Pawel.Zak@example.pl", Phone: "+48 42 555 01 03", Company: "Żak & Syn"},
		Shipping: order.Address{Name: "山田健太", City: "Łódź", Country: "PL"},
		Billing:  order.Address{City: "Warszawa", Country: "DE"},
		Lines: []order.Line{
			{ExternalID: "1", SKU: "LS-M", Title: "Linen shirt", Variant: "M / white", Quantity: order.Units(2)},
			{ExternalID: "2", SKU: "WT", Title: "Wool throw", Quantity: order.Units(1) / 2},
		},
		Fulfilments:  []order.Shipment{{Tracking: "1Z999AA1"}},
		Notes:        []order.Note{{Kind: "note", Text: "gift wrap, please"}, {Kind: "ORDER_STATE", Text: "secret"}},
		CustomerNote: "call first",
		Total:        order.New(28990, "BRL"), Tags: []string{"VIP", "big box"}, Source: "web",
		PaymentMethod: "Bank transfer", ShippingMethod: "Express Standard",
	}
	return &order.Record{
		Order: o, Unseen: true,
		Placements: []order.Placement{{Parcels: []order.Parcel{{Tracking: "LX123"}}}},
		State: order.State{
			Stage: order.StageUnpaid, Partly: true, Suppliers: []string{"Lumen EU", "CJ"}, Cost: order.New(2010, "USD"), CostKnown: true,
			LateAt: now.Add(-time.Hour), Hold: order.HoldNone, Claim: order.CaseRequested,
			Exceptions: []order.Exception{{Code: order.ExceptionLoss}, {Code: order.ExceptionForgotten, From: now.Add(time.Hour)}},
		},
	}
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		filter  string
		yes, no []string
	}{
		{"words", []string{
			"", "1042", "#1042", "pawel", "lodz OR zak", "paw linen", "健太", "太", "5550103", "555 01 03", `"555 01 03"`, "0103",
			"ls-m", "LSM", "1z999", "lx12", "gift", `"gift wrap"`, `"wool thr"`, `"shirt m white"`, "call", "-lodz", `"pawel.zak@example"`,
			"syn", "(linen OR cotton) -cotton",
		}, []string{
			"lodz", "odz", "secret", `"linen wool"`, `"throw linen"`, "-linen", "NOT (linen OR cotton)", "健山", "5550104", `"555 01 04"`, "104 2x",
		}},
		{"number", []string{"number:1042", "number:#1042", "number:10*", "number:*42", "number:*04*"}, []string{"number:104", "number:1042x"}},
		{"customer", []string{"customer:pawel", "customer:paw", `customer:"pawel zak"`, "customer:山田", "customer:syn", "customer:*"}, []string{"customer:lodz", `customer:"zak pawel"`, "-customer:*"}},
		{"email", []string{"email:pawel.zak@EXAMPLE.pl", "email:pawel*", "email:*@example.pl"}, []string{"email:pawel", "email:*.com"}},
		{"phone", []string{"phone:5550103", `phone:"+48 42"`, "phone:042555", "phone:0103", "phone:*"}, []string{"phone:5550104", "phone:103"}},
		{"product", []string{"product:shirt", `product:"linen shirt m"`, "product:lin"}, []string{`product:"shirt wool"`, "product:ls"}},
		{"sku", []string{"sku:ls-m", "sku:LS*", "sku:WT,XX"}, []string{"sku:ls", "sku:lsm"}},
		{"tracking", []string{"tracking:1z999aa1", "tracking:LX*"}, []string{"tracking:1z"}},
		{"note", []string{"note:wrap", `note:"gift wrap"`, "note:first"}, []string{"note:secret"}},
		{"tag", []string{"tag:vip", `tag:"Big Box"`, "tag:big*"}, []string{"tag:box", "-tag:vip"}},
		{"places", []string{"country:pl", "country:BR,PL", "city:łódź", "city:lo"}, []string{"country:DE", "city:warszawa"}},
		{"currency", []string{"currency:brl"}, []string{"currency:USD"}},
		{"supplier", []string{"supplier:lumen", `supplier:"lumen eu"`, "supplier:cj"}, []string{"supplier:eu-lumen"}},
		{"fixed", []string{
			"stage:unpaid,pending", "customer_payment:paid", "fulfilment:unfulfilled", "refund:none", "claim:requested", "claim:*",
			"resend:none", "lifecycle:open", "hold:none", "-hold:*", "exception:loss", "exception:*", "stage:*",
		}, []string{
			"stage:pending", "refund:*", "-claim:*", "hold:*", "lifecycle:archived", "exception:forgotten", "-exception:*",
		}},
		{"is", []string{"is:new", "is:late", "is:exception", "is:partly"}, []string{"is:archived", "is:test", "is:gone"}},
		{"total", []string{
			"total:289.90", "total:>289.89", "total:>=289.9", "total:<289.91", "total:200..300", "total:289.90BRL", "total:*", "-total:>289.90",
		}, []string{"total:290", "total:>289.90", "total:<289.90", "total:>1USD", "total:290..300", "total:1..289.89"}},
		{"cost", []string{"cost:20.10", "cost:*", "cost:<21usd"}, []string{"cost:>21", "cost:<21BRL"}},
		{"items", []string{"items:2.5", "items:>2", "items:2..3", "items:*"}, []string{"items:2", "items:3.."}},
		{"time", []string{
			"created:2026-11-21", "created:today", "created:2026-11", "created:2026-11-01..2026-11-21", "created:-7d", "updated:today",
			"created:*", "created:>=2026-11-21", "created:<=2026-11-21", "created:2026-11-21T00:30",
		}, []string{"created:2026-11-20", "created:yesterday", "created:>2026-11-21", "created:<2026-11-21", "created:2026-11-21T00:31"}},
		{
			"rest",
			[]string{"store:aurora", "store:*", "external_id:gid://77", "source:web", "payment:bank", `payment:"bank transfer"`, "shipping:express"},
			[]string{"store:nordic", "payment:pix", "source:pos", "external_id:77"},
		},
	} {
		for want, filters := range map[bool][]string{true: c.yes, false: c.no} {
			for _, f := range filters {
				e, err := Parse(f, options)
				if err != nil {
					t.Errorf("%s: %v", f, err)
				} else if got := Match(e, sample(), now); got != want {
					t.Errorf("%s: %s is %v", c.filter, f, got)
				}
			}
		}
	}
}

func TestMatchFollowsTheClock(t *testing.T) {
	late, _ := Parse("is:late", options)
	forgotten, _ := Parse("exception:forgotten", options)
	r := sample()
	if Match(late, r, now.Add(-2*time.Hour)) || !Match(late, r, now.Add(-time.Hour)) {
		t.Error("late does not begin when it begins")
	}
	if Match(forgotten, r, now) || !Match(forgotten, r, now.Add(time.Hour)) {
		t.Error("an exception does not begin when it begins")
	}
}

func TestMatchWhatIsNotThere(t *testing.T) {
	r := &order.Record{Order: order.Order{Lifecycle: order.LifecycleCancelled, Archived: true, Billing: order.Address{City: "Warszawa", Country: "PL"}}}
	for filter, want := range map[string]bool{
		"refund:none": true, "claim:none": true, "resend:none": true, "hold:none": true, "refund:*": false, "customer:*": false,
		"tag:*": false, "items:*": false, "cost:*": false, "created:*": false, "is:archived": true, "lifecycle:archived": true,
		"lifecycle:cancelled": true, "city:warszawa": true, "country:PL": true, "cost:<1": false, "linen": false, "-linen": true,
	} {
		e, err := Parse(filter, options)
		if err != nil {
			t.Fatal(err)
		}
		if got := Match(e, r, now); got != want {
			t.Errorf("%s is %v", filter, got)
		}
	}
}

func TestTokensAreBounded(t *testing.T) {
	r := sample()
	note := make([]byte, 1<<20)
	for i := range note {
		note[i] = "abcdefgh 12345678 "[(i+i/17)%18]
	}
	r.CustomerNote = string(note)
	if n := len(Tokens(nil, r)); n > maxIndexed {
		t.Errorf("%d words", n)
	}
}

func BenchmarkMatch(b *testing.B) {
	for _, f := range []string{"stage:unpaid total:>100", "customer:pawel", "linen"} {
		e, _ := Parse(f, options)
		r := sample()
		b.Run(f, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Match(e, r, now)
			}
		})
	}
}

func BenchmarkTokens(b *testing.B) {
	r := sample()
	dst := make([]string, 0, 100)
	b.ReportAllocs()
	for b.Loop() {
		dst = Tokens(dst[:0], r)
	}
}
