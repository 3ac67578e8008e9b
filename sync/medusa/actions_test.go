package medusa

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync/internal/schedules"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

// actor is a fake with one order and a platform that acts on it.
func actor(t *testing.T, change func(o doc)) (*fake, *Platform, string) {
	t.Helper()
	f := newFake(t)
	id := f.add(start, change)
	return f, f.platform(fakeKey), id
}

// taken has the money of the order taken.
func (f *fake) taken(o doc) { f.captured(payments(o)[0], start) }

func do(t *testing.T, p *Platform, id string, a order.Act) outbox.Done {
	t.Helper()
	d, err := p.Act(t.Context(), id, a)
	if err != nil {
		t.Fatalf("%s: %v", a.Kind, err)
	}
	return d
}

// twice does an act two times, of which the second must be nothing.
func twice(t *testing.T, f *fake, p *Platform, id string, a order.Act, made string) {
	t.Helper()
	if d := do(t, p, id, a); d.Already {
		t.Errorf("%s had been done before: %+v", a.Kind, d)
	}
	if d := do(t, p, id, a); !d.Already {
		t.Errorf("%s was done again: %+v", a.Kind, d)
	}
	if f.made[made] != 1 {
		t.Errorf("%s: %v", a.Kind, f.made)
	}
}

func read(t *testing.T, p *Platform, id string) order.Order {
	t.Helper()
	got, err := p.Read(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return got.Order
}

func TestMarkPaidCapturesWhatIsAuthorized(t *testing.T) {
	f, p, id := actor(t, nil)
	twice(t, f, p, id, order.Act{Kind: order.ActMarkPaid, Key: "k", Amount: read(t, p, id).Total}, "capture")
	if o := read(t, p, id); o.CustomerPayment != order.PaymentPaid {
		t.Errorf("%+v", o)
	}
}

// TestMarkPaidWithoutAPayment: a collection with the exact amount is made, and marked. One that waits is taken.
func TestMarkPaidWithoutAPayment(t *testing.T) {
	f, p, id := actor(t, unpaid)
	twice(t, f, p, id, order.Act{Kind: order.ActMarkPaid, Key: "k"}, "paid")
	if o := read(t, p, id); o.CustomerPayment != order.PaymentPaid || o.Paid.Exact != "46.886" || f.made["collection"] != 1 {
		t.Errorf("%+v %v", o.Paid, f.made)
	}
	f, p, id = actor(t, func(o doc) {
		o["payment_collections"] = []any{amount(doc{"id": "paycol_waits", "status": "not_paid", "payments": []any{}}, "amount", "46.886")}
	})
	if d := do(t, p, id, order.Act{Kind: order.ActMarkPaid}); d.ID != "paycol_waits" || f.made["collection"] != 0 || f.made["paid"] != 1 {
		t.Errorf("%+v %v", d, f.made)
	}
	_, p, id = actor(t, nil)
	if _, err := p.Act(t.Context(), id, order.Act{Kind: order.ActMarkPaid, Amount: order.New(100, "EUR")}); !errors.Is(err, outbox.ErrNotOffered) {
		t.Errorf("a part: %v", err)
	}
}

// TestRefundIsExactAndOnce: everything means what is left to the last decimal, and a repeat is found by its key.
func TestRefundIsExactAndOnce(t *testing.T) {
	f, p, id := actor(t, nil)
	f.taken(f.orders[id])
	twice(t, f, p, id, order.Act{Kind: order.ActRefund, Key: "k1", Amount: order.New(300, "EUR"), Reason: "Scratch"}, "refund 3")
	twice(t, f, p, id, order.Act{Kind: order.ActRefund, Key: "k2"}, "refund 43.886")
	o := read(t, p, id)
	if o.Refund != order.CasePaid || o.Refunded.Exact != "46.886" || o.Total.Exact != "46.886" || o.CustomerPayment != order.PaymentRefunded {
		t.Errorf("%+v %+v", o.Refunded, o)
	}
	if o.Refunds[0].Reason != "Scratch [k1]" {
		t.Errorf("%+v", o.Refunds)
	}
	if _, err := p.Act(t.Context(), id, order.Act{Kind: order.ActRefund, Key: "k3", Amount: order.New(1, "EUR")}); !errors.Is(err, outbox.ErrRejected) {
		t.Errorf("too much: %v", err)
	}
	if _, err := p.Act(t.Context(), id, order.Act{Kind: order.ActRefund, Key: "k4", Amount: order.New(1, "USD")}); !errors.Is(err, outbox.ErrRejected) {
		t.Errorf("another currency: %v", err)
	}
	// What a screen shows as everything is everything, not a rounded part of it that the store would refuse.
	f, p, id = actor(t, nil)
	f.taken(f.orders[id])
	do(t, p, id, order.Act{Kind: order.ActRefund, Key: "k", Amount: order.New(4689, "EUR")})
	if f.made["refund 46.886"] != 1 {
		t.Errorf("%v", f.made)
	}
}

func TestRefundOverTwoPayments(t *testing.T) {
	f, p, id := actor(t, func(o doc) { unpaid(o) })
	f.captured(f.pay(f.orders[id], "20", start), start)
	f.captured(f.pay(f.orders[id], "26.886", start), start)
	a := order.Act{Kind: order.ActRefund, Key: "k", Amount: order.New(3000, "EUR")}
	n := 0
	f.fault = func(_, path string) fault { // the second of the two is cut off once it is done
		if strings.HasSuffix(path, "/refund") {
			if n++; n == 2 {
				return after
			}
		}
		return fine
	}
	if _, err := p.Act(t.Context(), id, a); err == nil || errors.Is(err, outbox.ErrRejected) || errors.Is(err, outbox.ErrNotSent) {
		t.Errorf("%v", err)
	}
	if d := do(t, p, id, a); !d.Already || f.made["refund 20"] != 1 || f.made["refund 10"] != 1 {
		t.Errorf("%+v %v", d, f.made)
	}
}

// TestCancelTakesWhatIsPackedBackFirst, as the store wants it; what has left cannot be taken back.
func TestCancelTakesWhatIsPackedBackFirst(t *testing.T) {
	f, p, id := actor(t, nil)
	f.taken(f.orders[id])
	v, err := p.look(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	lines, _ := parcelLines(v, nil)
	if _, err := p.pack(t.Context(), v, lines, false); err != nil {
		t.Fatal(err)
	}
	twice(t, f, p, id, order.Act{Kind: order.ActCancel, Key: "k"}, "cancel")
	if o := read(t, p, id); o.Lifecycle != order.LifecycleCancelled || f.made["fulfilment cancelled"] != 1 || o.Refund != order.CasePaid {
		t.Errorf("%+v %v", o, f.made)
	}
	f, p, id = actor(t, nil)
	if err := p.Fulfil(t.Context(), id, store.TellDoc{Parcel: order.Parcel{Tracking: "T"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Act(t.Context(), id, order.Act{Kind: order.ActCancel}); !errors.Is(err, outbox.ErrRejected) || f.made["cancel"] != 0 {
		t.Errorf("%v", err)
	}
}

// TestLabelsNeedAllThreeFields: an address that there is none of is written "#".
func TestLabelsNeedAllThreeFields(t *testing.T) {
	f, p, id := actor(t, nil)
	line := read(t, p, id).Lines[0].ExternalID
	first := store.TellDoc{Parcel: order.Parcel{Tracking: "T-1"}, Lines: []order.ShipmentLine{{LineID: line, Quantity: order.Units(1)}}}
	for range 2 {
		if err := p.Fulfil(t.Context(), id, first); err != nil {
			t.Fatal(err)
		}
	}
	if o := read(t, p, id); o.Fulfilment != order.FulfilmentPartial || o.Lines[0].Fulfilled != order.Units(1) {
		t.Errorf("%+v", o)
	}
	rest := store.TellDoc{Parcel: order.Parcel{Tracking: "T-2", URL: "https://t.example/T-2"}}
	for range 2 {
		if err := p.Fulfil(t.Context(), id, rest); err != nil && f.made["shipment T-2"] != 1 {
			t.Fatal(err)
		}
	}
	o := read(t, p, id)
	if o.Fulfilment != order.Fulfilled || f.made["fulfilment"] != 2 || f.made["shipment T-1"] != 1 || f.made["shipment T-2"] != 1 {
		t.Errorf("%+v %v", o, f.made)
	}
	if o.Fulfilments[0].Tracking != "T-1" || o.Fulfilments[0].URL != "" || o.Fulfilments[1].URL != "https://t.example/T-2" {
		t.Errorf("%+v", o.Fulfilments)
	}
	more := store.TellDoc{Parcel: order.Parcel{Tracking: "T-3"}, Lines: first.Lines}
	if err := p.Fulfil(t.Context(), id, more); !errors.Is(err, outbox.ErrRejected) || !strings.Contains(err.Error(), "No stock reservation") {
		t.Errorf("%v", err)
	}
}

// TestAPackedParcelIsSentOnItsWay, whether we packed it before something failed or the merchant did.
func TestAPackedParcelIsSentOnItsWay(t *testing.T) {
	f, p, id := actor(t, nil)
	f.fault = func(_, path string) fault {
		if strings.HasSuffix(path, "/shipments") {
			return broken
		}
		return fine
	}
	doc := store.TellDoc{Parcel: order.Parcel{Tracking: "T-1"}}
	if err := p.Fulfil(t.Context(), id, doc); err == nil || errors.Is(err, outbox.ErrRejected) {
		t.Fatalf("%v", err)
	}
	if o := read(t, p, id); o.Fulfilment != order.FulfilmentInProgress || o.Fulfilments[0].Shipped {
		t.Errorf("%+v", o)
	}
	f.fault = nil
	if err := p.Fulfil(t.Context(), id, doc); err != nil || f.made["fulfilment"] != 1 || f.made["shipment T-1"] != 1 {
		t.Errorf("%v %v", err, f.made)
	}
}

// TestAnOrderWithoutAWayOfSendingNamesItsPlace.
func TestAnOrderWithoutAWayOfSendingNamesItsPlace(t *testing.T) {
	f, p, id := actor(t, func(o doc) { o["shipping_methods"] = []any{} })
	if err := p.Fulfil(t.Context(), id, store.TellDoc{Parcel: order.Parcel{Tracking: "T-1"}}); err != nil || f.made["fulfilment"] != 1 {
		t.Errorf("%v %v", err, f.made)
	}
}

// TestNotesAreMergedIntoTheMetadata: what else is there stays.
func TestNotesAreMergedIntoTheMetadata(t *testing.T) {
	f, p, id := actor(t, func(o doc) { o["metadata"] = doc{"customer_note": "Ring twice"} })
	twice(t, f, p, id, order.Act{Kind: order.ActNote, Key: "k1", Text: "called"}, "metadata")
	do(t, p, id, order.Act{Kind: order.ActNote, Key: "k2", Text: "called again"})
	o := read(t, p, id)
	if o.CustomerNote != "Ring twice" || len(o.Notes) != 2 || o.Notes[1].Text != "called again" {
		t.Errorf("%q %+v", o.CustomerNote, o.Notes)
	}
	for _, a := range []order.Act{{Key: "k", Text: "x", Public: true}, {Key: "k"}, {Text: "x"}} {
		a.Kind = order.ActNote
		if _, err := p.Act(t.Context(), id, a); err == nil {
			t.Errorf("%+v", a)
		}
	}
}

func TestCompleteAndArchive(t *testing.T) {
	f, p, id := actor(t, nil)
	if _, err := p.Act(t.Context(), id, order.Act{Kind: order.ActArchive}); !errors.Is(err, outbox.ErrRejected) {
		t.Errorf("%v", err)
	}
	twice(t, f, p, id, order.Act{Kind: order.ActComplete}, "complete")
	twice(t, f, p, id, order.Act{Kind: order.ActArchive}, "archive")
	if o := read(t, p, id); !o.IsArchived() {
		t.Errorf("%+v", o)
	}
}

func newDraft() *order.Order {
	return &order.Order{
		Currency: "EUR", Customer: order.Customer{Email: "phone@example.test"}, ShippingMethod: "Standard Parcel", ShippingCost: order.New(500, "EUR"),
		Shipping: order.Address{Name: "Anna Maria Müller", Line1: "S 1", City: "Köln", PostalCode: "1", Country: "DE"}, CustomerNote: "by phone",
		Lines: []order.Line{
			{ProductID: "variant_C-1", Title: "Candle", Quantity: order.Units(2)},
			{Title: "Engraving", Quantity: order.Units(1), UnitPrice: order.New(1250, "EUR")},
		},
	}
}

// TestDraftsAreMadeOnceAndBecomeOrders; also when the answer to the first try was lost.
func TestDraftsAreMadeOnceAndBecomeOrders(t *testing.T) {
	f, p, _ := actor(t, nil)
	create := order.Act{Kind: order.ActDraft, Key: "k1", Step: "create", Draft: newDraft()}
	f.fault = func(method, path string) fault {
		if method == "POST" && path == "admin/draft-orders" {
			return after
		}
		return fine
	}
	if _, err := p.Act(t.Context(), "", create); err == nil || errors.Is(err, outbox.ErrRejected) {
		t.Fatalf("%v", err)
	}
	f.fault = nil
	d := do(t, p, "", create)
	if !d.Already || f.made["draft"] != 1 || d.ID == "" {
		t.Fatalf("%+v %v", d, f.made)
	}
	if o := read(t, p, d.ID); o.CustomerPayment != order.PaymentDraft || o.CustomerNote != "by phone" || o.Shipping.Name != "Anna Maria Müller" {
		t.Errorf("%+v", o)
	}
	twice(t, f, p, d.ID, order.Act{Kind: order.ActDraft, Key: "k2", Step: "complete"}, "convert")
	if again := do(t, p, "", create); !again.Already || again.ID != d.ID {
		t.Errorf("as an order it is not found: %+v", again)
	}
	far := newDraft()
	far.Shipping.Country = "BR"
	for _, bad := range []order.Act{
		{Key: "k", Step: "create", Draft: far}, {Step: "create", Draft: newDraft()}, {Key: "k", Step: "create"}, {Key: "k", Step: "send"},
	} {
		bad.Kind = order.ActDraft
		if _, err := p.Act(t.Context(), d.ID, bad); !errors.Is(err, outbox.ErrRejected) && !errors.Is(err, outbox.ErrNotOffered) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

func TestGoneAndNotOffered(t *testing.T) {
	_, p, id := actor(t, nil)
	if _, err := p.Read(t.Context(), "order_nope"); !errors.Is(err, outbox.ErrGone) {
		t.Errorf("%v", err)
	}
	if _, err := p.Act(t.Context(), "order_nope", order.Act{Kind: order.ActComplete}); !errors.Is(err, outbox.ErrGone) {
		t.Errorf("%v", err)
	}
	acts := p.Acts()
	for _, kind := range order.ActKinds {
		why, ok := acts[kind]
		if !ok {
			t.Errorf("nothing is said of %s", kind)
		}
		if why == "" {
			continue
		}
		if _, err := p.Act(t.Context(), id, order.Act{Kind: kind}); !errors.Is(err, outbox.ErrNotOffered) {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

// TestATokenThatEndsInAnActIsNoHarm: the 401 says that nothing was done.
func TestATokenThatEndsInAnActIsNoHarm(t *testing.T) {
	f := newFake(t)
	id := f.add(start, nil)
	p := f.platform(fakeLogin)
	read(t, p, id)
	f.tokens++
	if err := p.Fulfil(t.Context(), id, store.TellDoc{Parcel: order.Parcel{Tracking: "T"}}); err != nil || f.made["shipment T"] != 1 {
		t.Errorf("%v %v", err, f.made)
	}
}

// TestActFaultSchedules: whatever fails in between, every act is done exactly once.
func TestActFaultSchedules(t *testing.T) {
	for seed := range schedules.Count() {
		f := newFake(t)
		f.now = func() time.Time { return start }
		id, other := f.add(start, nil), f.add(start, unpaid)
		f.fault = someFaults(seed, 0.35)
		p := f.platform(fakeKey)
		until := func(what string, try func() error) {
			t.Helper()
			var last error
			for range 300 {
				if last = try(); last == nil {
					return
				}
				if errors.Is(last, outbox.ErrRejected) {
					break
				}
			}
			t.Fatalf("seed %d: %s never came to an end: %v", seed, what, last)
		}
		act := func(id string, a order.Act) {
			t.Helper()
			until(string(a.Kind), func() error { _, err := p.Act(t.Context(), id, a); return err })
		}
		act(id, order.Act{Kind: order.ActMarkPaid, Key: "k1"})
		act(id, order.Act{Kind: order.ActNote, Key: "k2", Text: "called"})
		act(id, order.Act{Kind: order.ActRefund, Key: "k3", Amount: order.New(250, "EUR")})
		act(id, order.Act{Kind: order.ActRefund, Key: "k4", Amount: order.New(150, "EUR")})
		until("fulfil", func() error { return p.Fulfil(t.Context(), id, store.TellDoc{Parcel: order.Parcel{Tracking: "JJD1"}}) })
		act(id, order.Act{Kind: order.ActComplete, Key: "k5"})
		act(id, order.Act{Kind: order.ActArchive, Key: "k6"})
		act("", order.Act{Kind: order.ActDraft, Key: "k7", Step: "create", Draft: newDraft()})
		act(other, order.Act{Kind: order.ActCancel, Key: "k8"})
		for _, what := range []string{"capture", "metadata", "refund 2.5", "refund 1.5", "fulfilment", "shipment JJD1", "complete", "archive", "draft", "cancel"} {
			if f.made[what] != 1 {
				t.Errorf("seed %d: %s was done %d times", seed, what, f.made[what])
			}
		}
	}
}
