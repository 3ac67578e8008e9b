package order

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// calm is an order in which nothing contradicts itself, with a placement at its supplier.
func calm() (*Order, Facts) {
	o := &Order{
		Store: "aurora", ExternalID: "1", Number: "1042", CreatedAt: testNow, Currency: "USD", Lifecycle: LifecycleOpen,
		CustomerPayment: PaymentPaid, Fulfilment: Unfulfilled, Shipping: Address{Name: "Maria", Line1: "Rua Augusta 1508", City: "São Paulo", Country: "BR"},
		Lines:    []Line{{ExternalID: "a", SKU: "LS-M", Title: "Linen shirt", Quantity: Units(2)}},
		Subtotal: New(20000, "USD"), ShippingCost: New(3000, "USD"), Tax: New(1000, "USD"), Discount: New(500, "USD"), Total: New(23500, "USD"),
		Paid: New(23500, "USD"),
	}
	f := Facts{Now: testNow, Links: map[string]Link{"sku:LS-M": {Supplier: "lumen", Cost: New(620, "USD"), CostKnown: true}}}
	return o, f
}

func place(f *Facts, state PlacementState) *Placement {
	f.Placements = []Placement{{Reference: "r", Supplier: "lumen", Lines: []string{"a"}, State: state, Total: New(2010, "USD"), CheckedOut: testNow}}
	return &f.Placements[0]
}

func TestCalmOrders(t *testing.T) {
	for _, state := range append([]PlacementState{""}, PlacementStates...) {
		o, f := calm()
		if state != "" {
			place(&f, state)
		}
		if got := Derive(o, f).Active(testNow); len(got) > 0 {
			t.Errorf("%q: %+v", state, got)
		}
	}
}

func TestExceptions(t *testing.T) {
	for _, c := range []struct {
		code   ExceptionCode
		change func(o *Order, f *Facts)
		after  time.Duration // from when on it holds
	}{
		{ExceptionShippedUnpaid, func(o *Order, f *Facts) { place(f, PlacementShipped); o.CustomerPayment = PaymentPending }, 0},
		{ExceptionShippedUnpaid, func(o *Order, f *Facts) { place(f, PlacementDelivered); o.CustomerPayment = PaymentFailed }, 0},
		{ExceptionCancelledMoving, func(o *Order, f *Facts) { place(f, PlacementProcessing); o.Lifecycle = LifecycleCancelled }, 0},
		{ExceptionCancelledMoving, func(o *Order, f *Facts) { place(f, PlacementShipped); o.Lifecycle = LifecycleCancelled }, 0},
		{ExceptionRefundedMoving, func(o *Order, f *Facts) { place(f, PlacementPlaced); o.CustomerPayment = PaymentRefunded }, 0},
		{ExceptionChargeback, func(o *Order, f *Facts) { o.CustomerPayment = PaymentChargeback }, 0},
		{ExceptionPlacementFailed, func(o *Order, f *Facts) { place(f, PlacementPending).Reason = "card declined" }, 0},
		{ExceptionStoreNotTold, func(o *Order, f *Facts) { place(f, PlacementShipped).ShippedAt = testNow }, 24 * time.Hour},
		{ExceptionNoTracking, func(o *Order, f *Facts) { o.Fulfilment = Fulfilled }, 0},
		{ExceptionTotalMismatch, func(o *Order, f *Facts) { o.Total.Minor++ }, 0},
		{ExceptionTotalMismatch, func(o *Order, f *Facts) { o.Adjustments = []Adjustment{{"fee", New(1, "USD")}} }, 0},
		{ExceptionTotalMismatch, func(o *Order, f *Facts) { o.TaxIncluded = true }, 0},
		{ExceptionLoss, func(o *Order, f *Facts) {
			f.Links["sku:LS-M"] = Link{Supplier: "lumen", Cost: New(12000, "USD"), CostKnown: true}
		}, 0},
		{ExceptionAddress, func(o *Order, f *Facts) { o.Shipping.City = " " }, 0},
		{ExceptionAddress, func(o *Order, f *Facts) { o.Shipping = Address{} }, 0},
		{ExceptionUnknownStatus, func(o *Order, f *Facts) { o.UnknownStatus, o.RawStatus = true, "Foo" }, 0},
		{ExceptionMissingUpstream, func(o *Order, f *Facts) { f.Gone = true }, 0},
		{ExceptionForgotten, func(o *Order, f *Facts) {}, DefaultWaiting},
		{ExceptionForgotten, func(o *Order, f *Facts) { f.WaitingAfter = time.Hour; f.Links = nil }, time.Hour},
		{ExceptionHoldExpired, func(o *Order, f *Facts) { f.Hold, f.HoldUntil = HoldCoolingOff, testNow.Add(time.Hour) }, time.Hour},
	} {
		o, f := calm()
		c.change(o, &f)
		s := Derive(o, f)
		has := func(at time.Time) bool {
			return slices.ContainsFunc(s.Active(at), func(e Exception) bool { return e.Code == c.code && e.Text != "" && !strings.Contains(e.Text, "%!") })
		}
		if !has(testNow.Add(c.after)) {
			t.Errorf("%s is not found: %+v", c.code, s.Exceptions)
		}
		if c.after > 0 && has(testNow.Add(c.after-1)) {
			t.Errorf("%s holds too early", c.code)
		}
		others := slices.DeleteFunc(s.Active(testNow), func(e Exception) bool { return e.Code == c.code })
		if len(others) > 0 {
			t.Errorf("%s brings others with it: %+v", c.code, others)
		}
	}
}

func TestNoExceptions(t *testing.T) {
	for name, c := range map[string]struct {
		code   ExceptionCode
		change func(o *Order, f *Facts)
	}{
		"cash on delivery is paid at the door": {ExceptionShippedUnpaid, func(o *Order, f *Facts) {
			place(f, PlacementShipped)
			o.CustomerPayment, o.CashOnDelivery = PaymentPending, true
		}},
		"a cancelled order has arrived":  {ExceptionCancelledMoving, func(o *Order, f *Facts) { place(f, PlacementDelivered); o.Lifecycle = LifecycleCancelled }},
		"a cancelled order was not paid": {ExceptionCancelledMoving, func(o *Order, f *Facts) { place(f, PlacementPending); o.Lifecycle = LifecycleCancelled }},
		"a refund after the parcel left": {ExceptionRefundedMoving, func(o *Order, f *Facts) { place(f, PlacementShipped); o.CustomerPayment = PaymentRefunded }},
		"a payment without a refusal":    {ExceptionPlacementFailed, func(o *Order, f *Facts) { place(f, PlacementPending) }},
		"the store knows":                {ExceptionStoreNotTold, func(o *Order, f *Facts) { place(f, PlacementShipped).ShippedAt = testNow; o.Fulfilment = Fulfilled }},
		"a number from the store":        {ExceptionNoTracking, func(o *Order, f *Facts) { o.Fulfilment = Fulfilled; o.Fulfilments = []Shipment{{Tracking: "X"}} }},
		"a number from the supplier": {ExceptionNoTracking, func(o *Order, f *Facts) {
			o.Fulfilment = Fulfilled
			place(f, PlacementShipped).Parcels = []Parcel{{Tracking: "X"}}
		}},
		"a download has no parcel": {ExceptionNoTracking, func(o *Order, f *Facts) { o.Fulfilment = Fulfilled; o.Lines[0].Digital = true }},
		"a sale at the counter":    {ExceptionNoTracking, func(o *Order, f *Facts) { o.Fulfilment = Fulfilled; o.Source = "pos" }},
		"tax is in the prices":     {ExceptionTotalMismatch, func(o *Order, f *Facts) { o.TaxIncluded, o.Total.Minor = true, o.Total.Minor-1000 }},
		"a cancelled line":         {ExceptionTotalMismatch, func(o *Order, f *Facts) { o.Total.Minor--; o.Lines[0].Cancelled = Units(1) }},
		"parts that nobody told":   {ExceptionTotalMismatch, func(o *Order, f *Facts) { o.Subtotal = Money{} }},
		"costs in another currency": {ExceptionLoss, func(o *Order, f *Facts) {
			f.Links["sku:LS-M"] = Link{Supplier: "l", Cost: New(99999, "BRL"), CostKnown: true}
		}},
		"as much as it costs": {ExceptionLoss, func(o *Order, f *Facts) {
			f.Links["sku:LS-M"] = Link{Supplier: "l", Cost: New(11750, "USD"), CostKnown: true}
		}},
		"a company has no name of a person": {ExceptionAddress, func(o *Order, f *Facts) { o.Shipping.Name, o.Shipping.Company = "", "Aurora Ltda" }},
		"billing address stands in":         {ExceptionAddress, func(o *Order, f *Facts) { o.Billing, o.Shipping = o.Shipping, Address{} }},
		"a download needs no address":       {ExceptionAddress, func(o *Order, f *Facts) { o.Shipping = Address{}; o.Lines[0].Digital = true }},
		"shipped without a city":            {ExceptionAddress, func(o *Order, f *Facts) { o.Shipping.City = ""; place(f, PlacementShipped) }},
		"bought in time":                    {ExceptionForgotten, func(o *Order, f *Facts) { place(f, PlacementPlaced) }},
		"a hold without an end":             {ExceptionHoldExpired, func(o *Order, f *Facts) { f.Hold = HoldFraud }},
	} {
		o, f := calm()
		c.change(o, &f)
		for _, e := range Derive(o, f).Exceptions {
			if e.Code == c.code {
				t.Errorf("%s: %+v", name, e)
			}
		}
	}
}

func TestWorstExceptionFirst(t *testing.T) {
	o, f := calm()
	place(&f, PlacementShipped).ShippedAt = testNow
	o.CustomerPayment, o.Shipping, o.UnknownStatus, f.Gone, o.Total.Minor = PaymentPending, Address{}, true, true, 1
	s := Derive(o, f)
	at := -1
	for _, e := range s.Exceptions {
		i := slices.Index(ExceptionCodes, e.Code)
		if i < at {
			t.Errorf("%s comes too late in %+v", e.Code, s.Exceptions)
		}
		at = i
	}
	if len(s.Exceptions) < 5 || s.Exceptions[0].Code != ExceptionShippedUnpaid {
		t.Errorf("%+v", s.Exceptions)
	}
}
