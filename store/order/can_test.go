package order

import (
	"strings"
	"testing"
	"time"
)

// looking are the events that only show something; the reason for which they cannot is short, to stand on an icon.
var looking = map[Event]bool{EventTracking: true, EventInvoice: true, EventReceipt: true, EventRefund: true, EventExport: true}

// TestCanIsTotal asks every event in every situation. Each refusal must name the state, the reason and the next step.
func TestCanIsTotal(t *testing.T) {
	type pair struct {
		s Stage
		e Event
	}
	allowed, refused := map[pair]int{}, map[pair]int{}
	failed := 0
	typical(func(c situation) {
		o, f := c.order()
		s := Derive(o, f)
		for _, e := range Events {
			v := Can(o, s, f, e)
			if v.Allowed {
				allowed[pair{s.Stage, e}]++
				if v.Next != "" {
					t.Fatalf("%+v: %s is allowed and still has a next step: %+v", c, e, v)
				}
				continue
			}
			refused[pair{s.Stage, e}]++
			named := looking[e] || strings.Contains(v.Reason, s.Stage.Label()) || c.lifecycle == LifecycleDeleted
			if v.Reason == "" || v.Next == "" || !named || strings.Contains(v.Reason+v.Next, "%!") {
				if failed++; failed < 10 {
					t.Errorf("%+v: %s of an order that is %s: %+v", c, e, s.Stage, v)
				}
			}
		}
	})
	for _, s := range Stages {
		for _, e := range Events {
			p := pair{s, e}
			if allowed[p]+refused[p] == 0 {
				t.Errorf("%s in %s was never asked", e, s)
			}
		}
	}
	// What money and goods depend on holds in every situation.
	for p := range allowed {
		switch {
		case p.e == EventCheckout && p.s != StageUnpaid, p.e == EventCancel && p.s != StageAwaiting && p.s != StageToShip && p.s != StageQuoting && p.s != StageUnpaid,
			p.e == EventHold && p.s != StageAwaiting && p.s != StageToShip && p.s != StageQuoting && p.s != StageUnpaid,
			p.e == EventInvoice && p.s == StagePending:
			t.Errorf("%s is allowed in %s", p.e, p.s)
		}
	}
	if v := Can(&Order{}, State{Stage: StageUnpaid}, Facts{}, "fly"); v.Allowed || v.Next == "" {
		t.Errorf("an event that nobody knows: %+v", v)
	}
	if v := Can(&Order{}, State{Stage: "new"}, Facts{}, EventCheckout); v.Allowed || v.Next == "" {
		t.Errorf("a stage that nobody knows: %+v", v)
	}
}

// TestGuards sets aside what may be set aside: that alone makes the difference, and only for a checkout.
func TestGuards(t *testing.T) {
	seen := map[Guard]int{}
	met := 0
	typical(func(c situation) {
		if met++; met%5 != 0 {
			return
		}
		o, f := c.order()
		if met%3 == 0 {
			f.Hold = HoldManual
		}
		s := Derive(o, f)
		v := Can(o, s, f, EventCheckout)
		if v.Allowed && v.Guard != "" {
			t.Fatalf("%+v: allowed, and refused by %s", c, v.Guard)
		}
		f.SetAside = []Guard{GuardPaid, GuardHold}
		all := Can(o, Derive(o, f), f, EventCheckout)
		if v.Allowed != all.Allowed && v.Guard == "" || all.Guard != "" {
			t.Fatalf("%+v: %+v, and with everything set aside %+v", c, v, all)
		}
		if v.Guard != "" {
			f.SetAside = []Guard{v.Guard}
			if next := Can(o, Derive(o, f), f, EventCheckout); next.Guard == v.Guard || all.Allowed && !next.Allowed && next.Guard == "" {
				t.Fatalf("%+v: %+v, and with that set aside %+v", c, v, next)
			}
			seen[v.Guard]++
		}
	})
	if seen[GuardPaid] == 0 || seen[GuardHold] == 0 {
		t.Errorf("guards that were met: %v", seen)
	}
}

// TestCanBuy looks at one part of an order beside others.
func TestCanBuy(t *testing.T) {
	two := func() (*Order, Facts) {
		o, f := calm()
		o.Lines = append(o.Lines, Line{ExternalID: "2", SKU: "WT", Title: "Throw", Quantity: Units(1)})
		f.Links["sku:WT"] = Link{Supplier: "cj", Cost: New(100, "USD"), CostKnown: true}
		return o, f
	}
	part := func(o *Order, f Facts, supplier string) Verdict {
		s := Derive(o, f)
		for _, g := range s.Groups {
			if g.Supplier == supplier {
				return CanBuy(o, s, f, g)
			}
		}
		t.Fatalf("no part of %q in %+v", supplier, s.Groups)
		return Verdict{}
	}
	o, f := two()
	if v := part(o, f, "lumen"); !v.Allowed {
		t.Errorf("%+v", v)
	}
	place(&f, PlacementPlaced)
	if v := part(o, f, "lumen"); v.Allowed || !strings.Contains(v.Reason, "lumen has been paid for it already") {
		t.Errorf("bought: %+v", v)
	}
	if v := part(o, f, "cj"); !v.Allowed {
		t.Errorf("the other part: %+v", v)
	}
	o, f = two()
	delete(f.Links, "sku:WT")
	if v := part(o, f, "lumen"); !v.Allowed {
		t.Errorf("another part waits for a link: %+v", v)
	}
	if v := part(o, f, ""); v.Allowed {
		t.Errorf("the one that waits: %+v", v)
	}
	o.Lifecycle = LifecycleDeleted
	if v := part(o, f, "lumen"); v.Allowed || v.Next == "" {
		t.Errorf("deleted: %+v", v)
	}
}

func TestCan(t *testing.T) {
	friday := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	promise := func(f *Facts, days int) {
		f.Links["sku:LS-M"] = Link{Supplier: "lumen", CostKnown: true, ProcessingDays: [2]int{1, days}}
	}
	offers := func(f *Facts, yes *bool) {
		f.Links["sku:LS-M"] = Link{Supplier: "lumen", CostKnown: true, BrandedInvoice: yes}
	}
	for _, c := range []struct {
		name   string
		event  Event
		change func(o *Order, f *Facts)
		ok     bool
		reason string // part of it
		next   string // part of it
	}{
		{"not bought", EventTracking, func(o *Order, f *Facts) {}, false, "after checkout", "check it out"},
		{"not linked", EventTracking, func(o *Order, f *Facts) { f.Links = nil }, false, "after checkout", "link the products"},
		{"not paid", EventTracking, func(o *Order, f *Facts) { o.CustomerPayment = PaymentPending }, false, "after checkout", "customer must pay"},
		{"not settled", EventTracking, func(o *Order, f *Facts) { place(f, PlacementPending) }, false, "after checkout", "lumen"},
		{"promised", EventTracking, func(o *Order, f *Facts) { promise(f, 2); place(f, PlacementPlaced).CheckedOut = friday }, false, "expected by 24 Nov 2026", "lumen"},
		{"promised by date", EventTracking, func(o *Order, f *Facts) { place(f, PlacementProcessing).LateAt = testNow.AddDate(0, 0, 9) }, false, "expected by 30 Nov 2026", "lumen"},
		{"promise broken", EventTracking, func(o *Order, f *Facts) {
			promise(f, 2)
			place(f, PlacementPlaced).CheckedOut = friday.AddDate(0, 0, -14)
		}, false, "was expected by 10 Nov 2026", "ask lumen"},
		{"no promise", EventTracking, func(o *Order, f *Facts) { place(f, PlacementPlaced) }, false, "no promise on file", "ask lumen"},
		{"shipped, no number", EventTracking, func(o *Order, f *Facts) { place(f, PlacementShipped) }, false, "without a tracking number", "ask lumen"},
		{"fulfilled, no number", EventTracking, func(o *Order, f *Facts) { o.Fulfilment = Fulfilled }, false, "without a tracking number", "in the store"},
		{"own stock", EventTracking, func(o *Order, f *Facts) { f.OwnStock = true }, false, "after you have shipped", "ship it"},
		{"cancelled", EventTracking, func(o *Order, f *Facts) { o.Lifecycle = LifecycleCancelled }, false, "cancelled", "nothing"},
		{"a download", EventTracking, func(o *Order, f *Facts) { o.Lines[0].Digital = true }, false, "needs no delivery", "nothing"},
		{"tracked", EventTracking, func(o *Order, f *Facts) {
			place(f, PlacementShipped).Parcels = []Parcel{{Tracking: "A1"}, {Tracking: "B2"}, {Tracking: "A1"}}
		}, true, "A1 +1", ""},
		{"tracked by the store", EventTracking, func(o *Order, f *Facts) { o.Fulfilments = []Shipment{{Tracking: "A1", Live: true}} }, true, "A1", ""},
		{"number of a cancelled parcel", EventTracking, func(o *Order, f *Facts) { o.Fulfilments = []Shipment{{Tracking: "A1"}} }, false, "after checkout", ""},

		{"not bought", EventInvoice, func(o *Order, f *Facts) { offers(f, new(true)) }, false, "after checkout", "check it out"},
		{"not offered", EventInvoice, func(o *Order, f *Facts) { offers(f, new(false)) }, false, "this supplier does not offer branded invoices", ""},
		{"not offered, bought", EventInvoice, func(o *Order, f *Facts) { offers(f, new(false)); place(f, PlacementPlaced) }, false, "does not offer", ""},
		{"unknown", EventInvoice, func(o *Order, f *Facts) { place(f, PlacementPlaced) }, false, "does not say whether it offers branded invoices", "ask lumen"},
		{"offered", EventInvoice, func(o *Order, f *Facts) { offers(f, new(true)); place(f, PlacementProcessing) }, true, "offered by lumen", ""},
		{"own stock", EventInvoice, func(o *Order, f *Facts) { f.OwnStock = true }, false, "own stock", ""},
		{"not settled", EventInvoice, func(o *Order, f *Facts) { offers(f, new(true)); place(f, PlacementPending) }, false, "after checkout", "settles"},

		{"not bought", EventReceipt, func(o *Order, f *Facts) {}, false, "nothing has been paid to the supplier yet", "check it out"},
		{"not settled", EventReceipt, func(o *Order, f *Facts) { place(f, PlacementPending) }, false, "nothing has been paid to the supplier yet", "wait"},
		{"bought", EventReceipt, func(o *Order, f *Facts) { place(f, PlacementPlaced).Receipt = "R-7" }, true, "USD 20.10 to lumen · R-7", ""},
		{"bought and given up", EventReceipt, func(o *Order, f *Facts) { place(f, PlacementCancelled).Receipt = "R-7" }, true, "R-7", ""},
		{"own stock", EventReceipt, func(o *Order, f *Facts) { f.OwnStock = true }, false, "own stock", ""},

		{"paid", EventRefund, func(o *Order, f *Facts) {}, true, "refunded 0.00 of USD 235.00", ""},
		{"a part", EventRefund, func(o *Order, f *Facts) {
			o.Refunded, o.Refund, o.CustomerPayment = New(1250, "USD"), CasePaidPartial, PaymentPartiallyRefunded
		}, true, "refunded 12.50 of USD 235.00 (paid partial)", ""},
		{"all", EventRefund, func(o *Order, f *Facts) {
			o.Refunded, o.Refund, o.CustomerPayment = o.Total, CasePaid, PaymentRefunded
		}, false, "refunded 235.00 of USD 235.00 (paid)", "nothing is left"},
		{"not paid", EventRefund, func(o *Order, f *Facts) { o.CustomerPayment, o.Paid = PaymentPending, Money{} }, false, "paid nothing yet (pending)", "cancel"},
		{"charged back", EventRefund, func(o *Order, f *Facts) { o.CustomerPayment = PaymentChargeback }, false, "bank", "answer"},

		{"ready", EventCheckout, func(o *Order, f *Facts) {}, true, "USD 12.40 to lumen", ""},
		{"on hold", EventCheckout, func(o *Order, f *Facts) { f.Hold = HoldFraud }, false, "on hold: fraud", "release"},
		{"hold has run out", EventCheckout, func(o *Order, f *Facts) { f.Hold, f.HoldUntil = HoldCoolingOff, testNow }, true, "", ""},
		{"hold runs", EventCheckout, func(o *Order, f *Facts) { f.Hold, f.HoldUntil = HoldCoolingOff, testNow.Add(1) }, false, "cooling off", "release"},
		{"no city", EventCheckout, func(o *Order, f *Facts) { o.Shipping.City = "" }, false, "no city", "complete it"},
		{"test", EventCheckout, func(o *Order, f *Facts) { o.Test = true }, false, "test order", "archive"},
		{"gone", EventCheckout, func(o *Order, f *Facts) { f.Gone = true }, false, "no longer lists", "admin"},
		{"money back", EventCheckout, func(o *Order, f *Facts) { o.CustomerPayment = PaymentRefunded }, false, "money back", "cancel"},
		{"archived", EventCheckout, func(o *Order, f *Facts) { o.Archived = true }, false, "archived", "unarchive"},
		{"twice", EventCheckout, func(o *Order, f *Facts) { place(f, PlacementPlaced) }, false, "lumen has been paid", "tracking"},
		{"while it is tried", EventCheckout, func(o *Order, f *Facts) { place(f, PlacementPending) }, false, "not settled", "nothing is paid twice"},
		{"not linked", EventCheckout, func(o *Order, f *Facts) { f.Links = nil }, false, "“Linen shirt” has no supplier product", "link"},

		{"linked", EventLink, func(o *Order, f *Facts) {}, true, "1 of 1", ""},
		{"not linked", EventLink, func(o *Order, f *Facts) { f.Links = nil }, true, "Linen shirt", ""},
		{"not linked", EventUnlink, func(o *Order, f *Facts) { f.Links = nil }, false, "no product of it is linked", ""},
		{"bought", EventLink, func(o *Order, f *Facts) { place(f, PlacementPlaced) }, false, "bought or sent", "open"},
		{"own stock", EventLink, func(o *Order, f *Facts) { f.OwnStock = true }, false, "own stock", "setting"},

		{"nothing bought", EventCancel, func(o *Order, f *Facts) {}, true, "nothing has been bought", ""},
		{"bought", EventCancel, func(o *Order, f *Facts) { place(f, PlacementProcessing) }, false, "Processing: lumen has been paid, and an order there cannot be cancelled after checkout", "request a refund"},
		{"tried", EventCancel, func(o *Order, f *Facts) { place(f, PlacementPending) }, false, "Pending: a payment to lumen is not settled", "then cancel"},
		{"shipped", EventCancel, func(o *Order, f *Facts) { place(f, PlacementShipped) }, false, "Shipped: it has left", "refund"},
		{"again", EventCancel, func(o *Order, f *Facts) { o.Lifecycle, o.CancelReason = LifecycleCancelled, "by the customer" }, false, "Cancelled already: by the customer", "not taken up again"},

		{"done", EventArchive, func(o *Order, f *Facts) { o.Fulfilment = Fulfilled }, true, "", ""},
		{"not done", EventArchive, func(o *Order, f *Facts) {}, true, "not finished", ""},
		{"refund open", EventArchive, func(o *Order, f *Facts) { o.Refund = CaseApproved }, false, "refund is open (approved)", "settle"},
		{"claim open", EventArchive, func(o *Order, f *Facts) { place(f, PlacementShipped).Claim = CaseEvidenceNeeded }, false, "claim at lumen is open (evidence needed)", "settle"},
		{"resend open", EventArchive, func(o *Order, f *Facts) { o.Resend = ResendRequested }, false, "second parcel", "resend"},
		{"again", EventArchive, func(o *Order, f *Facts) { o.Archived = true }, false, "archived already", "nothing"},
		{"archived", EventUnarchive, func(o *Order, f *Facts) { o.Lifecycle = LifecycleArchived }, true, "", ""},
		{"not archived", EventUnarchive, func(o *Order, f *Facts) {}, false, "not archived", "nothing"},

		{"free", EventHold, func(o *Order, f *Facts) {}, true, "", ""},
		{"held", EventHold, func(o *Order, f *Facts) { f.Hold = HoldStock }, false, "on hold already: stock", "release"},
		{"bought", EventHold, func(o *Order, f *Facts) { place(f, PlacementPlaced) }, false, "lumen has it", "ask"},
		{"held", EventRelease, func(o *Order, f *Facts) { f.Hold = HoldStock }, true, "stock", ""},
		{"free", EventRelease, func(o *Order, f *Facts) {}, false, "not on hold", "nothing"},

		{"paid", EventDelete, func(o *Order, f *Facts) {}, false, "customer: paid", "archive it instead"},
		{"test", EventDelete, func(o *Order, f *Facts) { o.Test = true }, true, "test", ""},
		{"cancelled", EventDelete, func(o *Order, f *Facts) { o.Lifecycle = LifecycleCancelled }, true, "cancelled", ""},
		{"cancelled, bought", EventDelete, func(o *Order, f *Facts) { o.Lifecycle = LifecycleCancelled; place(f, PlacementPlaced) }, false, "lumen has an order", "archive"},
		{"not paid", EventDelete, func(o *Order, f *Facts) { o.CustomerPayment, o.Paid = PaymentExpired, Money{} }, true, "not paid", ""},
		{"refund open", EventDelete, func(o *Order, f *Facts) { o.Test, o.Refund = true, CaseRequested }, false, "open", "settle"},
		{"bought", EventDelete, func(o *Order, f *Facts) { place(f, PlacementPlaced) }, false, "lumen has an order", "archive"},

		{"deleted", EventExport, func(o *Order, f *Facts) { o.Lifecycle = LifecycleDeleted }, true, "", ""},
		{"deleted", EventRefund, func(o *Order, f *Facts) { o.Lifecycle = LifecycleDeleted }, false, "deleted", "nothing"},
	} {
		o, f := calm()
		c.change(o, &f)
		v := Can(o, Derive(o, f), f, c.event)
		if v.Allowed != c.ok || !strings.Contains(v.Reason, c.reason) || !strings.Contains(v.Next, c.next) {
			t.Errorf("%s, %s: %+v", c.event, c.name, v)
		}
	}
}

func TestWhy(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(o *Order, f *Facts)
		want   string
	}{
		{"unpaid", func(o *Order, f *Facts) {}, "+the order is open +customer: paid +Linen shirt: linked -Linen shirt: lumen has not been paid (USD 12.40)"},
		{"awaiting", func(o *Order, f *Facts) { o.CustomerPayment = PaymentPending }, "+the order is open -customer: pending, that is not enough to go on +Linen shirt: linked, USD 12.40 to lumen"},
		{"authorized", func(o *Order, f *Facts) { o.CustomerPayment = PaymentAuthorized }, "+the order is open -customer: authorized, and this store waits for the money +Linen shirt: linked, USD 12.40 to lumen"},
		{"cash on delivery", func(o *Order, f *Facts) { o.CustomerPayment, o.CashOnDelivery = PaymentPending, true }, "+the order is open +the customer pays on delivery +Linen shirt: linked -Linen shirt: lumen has not been paid (USD 12.40)"},
		{"quoting", func(o *Order, f *Facts) { f.Links = nil }, "+the order is open +customer: paid -Linen shirt: no supplier product, or its cost is not known"},
		{"own stock", func(o *Order, f *Facts) { f.OwnStock = true }, "+the order is open +customer: paid +this store ships from its own stock -Linen shirt: not sent yet"},
		{"pending", func(o *Order, f *Facts) { place(f, PlacementPending) }, "+the order is open +customer: paid -Linen shirt: the payment to lumen is not settled"},
		{"refused", func(o *Order, f *Facts) { place(f, PlacementPending).Reason = "card declined" }, "+the order is open +customer: paid -Linen shirt: the payment to lumen did not succeed: card declined"},
		{"placed", func(o *Order, f *Facts) { place(f, PlacementPlaced) }, "+the order is open +customer: paid +Linen shirt: lumen was paid on 21 Nov 2026 -Linen shirt: lumen has not begun"},
		{"processing, on hold", func(o *Order, f *Facts) {
			place(f, PlacementProcessing).CheckedOut = time.Time{}
			f.Hold, f.HoldUntil = HoldAddress, testNow.Add(time.Hour)
		}, "+the order is open +customer: paid +Linen shirt: lumen has been paid -Linen shirt: lumen prepares it, it has not left -it is on hold: address until 21 Nov 2026"},
		{"shipped", func(o *Order, f *Facts) { place(f, PlacementShipped) }, "+the order is open +customer: paid +Linen shirt: lumen was paid on 21 Nov 2026 +Linen shirt: lumen has shipped it"},
		{"fulfilled", func(o *Order, f *Facts) { o.Fulfilment, o.Fulfilments = Fulfilled, []Shipment{{Tracking: "X"}} }, "+the order is open +customer: paid +the store says that it is fulfilled"},
		{"cancelled, archived", func(o *Order, f *Facts) { o.Lifecycle, o.CancelReason, o.Archived = LifecycleCancelled, "twice", true }, "-the order is cancelled: twice -it is archived"},
		{"nothing left", func(o *Order, f *Facts) { o.Lines[0].Refunded = Units(2) }, "-nothing is left to deliver: everything was cancelled or refunded"},
		{"no lines", func(o *Order, f *Facts) { o.Lines = nil }, "+the order is open +customer: paid -the order has no lines"},
	} {
		o, f := calm()
		c.change(o, &f)
		var got []string
		for _, r := range Why(o, Derive(o, f), f) {
			mark := "-"
			if r.OK {
				mark = "+"
			}
			got = append(got, mark+r.Text)
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, s, c.want)
		}
	}
	typical(func(c situation) {
		o, f := c.order()
		s := Derive(o, f)
		open := false
		for _, r := range Why(o, s, f) {
			open = open || !r.OK
			if r.Text == "" || strings.Contains(r.Text, "%!") || (r.OK && r.Next != "") {
				t.Fatalf("%+v: %+v", c, r)
			}
		}
		if !open && s.Stage != StageShipped {
			t.Fatalf("%+v: nothing says why it is %s", c, s.Stage)
		}
	})
}
