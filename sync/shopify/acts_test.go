package shopify

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync/internal/schedules"
	"github.com/orderdeck/orderdeck/sync/outbox"
	"github.com/orderdeck/orderdeck/sync/shopify/admin"
)

func lineOf(f *fake, id string, n int) string {
	return number((rec{f.order(gid(id))}).list("lines")[n]["id"].(string))
}

func parcelOf(tracking string, lines ...order.ShipmentLine) store.TellDoc {
	return store.TellDoc{Parcel: order.Parcel{Carrier: "DHL", Tracking: tracking, URL: "https://t.example/" + tracking}, Lines: lines}
}

func TestReadAndGone(t *testing.T) {
	f := newFake(t)
	id := f.add(start, nil)
	p := f.platform()
	got, err := p.Read(t.Context(), id)
	if err != nil || got.Order.ExternalID != id || len(got.Raw) == 0 {
		t.Errorf("%+v %v", got.Order, err)
	}
	if _, err := p.Read(t.Context(), "99"); !errors.Is(err, outbox.ErrGone) {
		t.Errorf("%v", err)
	}
}

// TestFulfilmentUsesTheFulfilmentOrdersOwnLineIDs covers a part of an order, and that a parcel is told once.
func TestFulfilmentUsesTheFulfilmentOrdersOwnLineIDs(t *testing.T) {
	f := newFake(t)
	id := f.add(start, nil)
	p := f.platform()
	doc := parcelOf("JJ-1", order.ShipmentLine{LineID: lineOf(f, id, 0), Quantity: order.Units(1)})
	doc.Notify = true
	for range 2 {
		if err := p.Fulfil(t.Context(), id, doc); err != nil {
			t.Fatal(err)
		}
	}
	got, err := p.Read(t.Context(), id)
	if err != nil || len(got.Order.Fulfilments) != 1 || got.Order.Fulfilments[0].Lines[0].Quantity != order.Units(1) || got.Order.Fulfilment != order.FulfilmentPartial ||
		got.Order.Fulfilments[0].URL != "https://t.example/JJ-1" || f.mails != 1 {
		t.Errorf("%v %+v", err, got.Order.Fulfilments)
	}
	doc.Lines[0].Quantity = order.Units(1) / 2
	if err := p.Fulfil(t.Context(), id, doc); !errors.Is(err, outbox.ErrRejected) {
		t.Errorf("half a piece: %v", err)
	}
}

// TestOneLocationACall: a parcel from two places is told in two, and what was told is not told again.
func TestOneLocationACall(t *testing.T) {
	f := newFake(t)
	id := f.add(start, func(o object) {
		second := f.line("10.00", 3)
		o["_lines"] = append((rec{o}).list("lines"), second)
		sends := []object{f.toSend(o, "gid://shopify/Location/1", "CREATE_FULFILLMENT"), f.toSend(o, "gid://shopify/Location/2", "CREATE_FULFILLMENT")}
		for i, s := range sends {
			one := s["_lines"].([]object)[i : i+1]
			s["_lines"], s["lineItems"] = one, listOf(func() []object { return one })
		}
		o["_sends"] = sends
	})
	p := f.platform()
	failed := false
	f.fault = func(name string) fault {
		if name == "Fulfil" && f.asked["Fulfil"] == 2 && !failed {
			failed = true
			return cut
		}
		return fine
	}
	if err := p.Fulfil(t.Context(), id, parcelOf("X")); err == nil || errors.Is(err, outbox.ErrRejected) || errors.Is(err, outbox.ErrNotSent) {
		t.Errorf("half of it was told: %v", err)
	}
	doc := parcelOf("X", order.ShipmentLine{LineID: lineOf(f, id, 0), Quantity: order.Units(2)}, order.ShipmentLine{LineID: lineOf(f, id, 1), Quantity: order.Units(3)})
	if err := p.Fulfil(t.Context(), id, doc); err != nil {
		t.Error(err)
	}
	if f.made["fulfilment X from 1"] != 1 || f.made["fulfilment X from 2"] != 1 {
		t.Errorf("%v", f.made)
	}
}

// TestSupportedActionsDecide: what is with a fulfilment service is not ours to tell.
func TestSupportedActionsDecide(t *testing.T) {
	f := newFake(t)
	id := f.add(start, func(o object) {
		o["_sends"] = []object{f.toSend(o, "gid://shopify/Location/5", "REQUEST_FULFILLMENT")}
	})
	p := f.platform()
	if err := p.Fulfil(t.Context(), id, parcelOf("X")); !errors.Is(err, outbox.ErrRejected) || !strings.Contains(err.Error(), "Armazém") {
		t.Errorf("%v", err)
	}
	if _, err := p.Act(t.Context(), id, order.Act{Kind: order.ActRequest, Service: "another"}); !errors.Is(err, outbox.ErrRejected) {
		t.Errorf("another service was asked: %v", err)
	}
	done, err := p.Act(t.Context(), id, order.Act{Kind: order.ActRequest, Service: "Armazém", Text: "gift wrap"})
	if err != nil || done.Pending == "" {
		t.Errorf("%+v %v", done, err)
	}
	if done, err = p.Act(t.Context(), id, order.Act{Kind: order.ActRequest}); err != nil || !done.Already || f.made["request"] != 1 {
		t.Errorf("asked again: %+v %v", done, err)
	}
}

func TestRefundAsksFirstAndIsIdempotent(t *testing.T) {
	f := newFake(t)
	id := f.add(start, nil)
	p := f.platform()
	eur := order.New(1000, "EUR")
	done, err := p.Act(t.Context(), id, order.Act{Kind: order.ActRefund, Key: "r1", Amount: eur, Reason: "late"})
	if err != nil || done.ID == "" {
		t.Fatalf("%+v %v", done, err)
	}
	if again, err := p.Act(t.Context(), id, order.Act{Kind: order.ActRefund, Key: "r1", Amount: eur, Reason: "late"}); err != nil || !again.Already || again.ID != done.ID {
		t.Errorf("%+v %v", again, err)
	}
	line := map[string]order.Quantity{lineOf(f, id, 0): order.Units(1)}
	if _, err := p.Act(t.Context(), id, order.Act{Kind: order.ActRefund, Key: "r2", Lines: line, Restock: true}); err != nil {
		t.Error(err)
	}
	if _, err := p.Act(t.Context(), id, order.Act{Kind: order.ActRefund, Key: "r3", Amount: order.New(9999, "EUR")}); !errors.Is(err, outbox.ErrRejected) {
		t.Errorf("more than there is: %v", err)
	}
	if _, err := p.Act(t.Context(), id, order.Act{Kind: order.ActRefund, Key: "r4", Amount: order.New(100, "USD")}); !errors.Is(err, outbox.ErrRejected) {
		t.Errorf("in another currency: %v", err)
	}
	if _, err := p.Act(t.Context(), id, order.Act{Kind: order.ActRefund, Key: "r5"}); err != nil {
		t.Errorf("all that is left: %v", err)
	}
	got, err := p.Read(t.Context(), id)
	if err != nil || got.Order.Refunded.String() != "EUR 64.98" || len(got.Order.Refunds) != 3 || got.Order.Refunds[1].Amount.String() != "EUR 29.99" {
		t.Errorf("%v %s %+v", err, got.Order.Refunded, got.Order.Refunds)
	}
}

func TestMissingIdempotencyKeyIsRefused(t *testing.T) {
	f := newFake(t)
	id := f.add(start, nil)
	p := f.platform()
	bare := strings.NewReplacer("@idempotent(key: $key)", "", ", $key: String!", "").Replace(admin.Refund_Operation)
	err := p.mutate(t.Context(), "Refund", bare, map[string]any{"input": map[string]any{"orderId": gid(id), "transactions": []any{}}}, nil)
	if !errors.Is(err, outbox.ErrRejected) || f.made["refund"] != 0 {
		t.Errorf("%v", err)
	}
}

// TestNotesAreReadAndAddedTo: there is one text, and whoever writes it writes over the others.
func TestNotesAreReadAndAddedTo(t *testing.T) {
	f := newFake(t)
	id := f.add(start, func(o object) { o["note"] = "please ring twice" })
	p := f.platform()
	for range 2 {
		if _, err := p.Act(t.Context(), id, order.Act{Kind: order.ActNote, Key: "n1", Text: "called"}); err != nil {
			t.Fatal(err)
		}
	}
	if got := f.order(gid(id))["note"]; got != "please ring twice\ncalled [n1]" || f.made["note"] != 1 {
		t.Errorf("%q", got)
	}
	if _, err := p.Act(t.Context(), id, order.Act{Kind: order.ActNote, Key: "n2", Text: strings.Repeat("x", 5000)}); !errors.Is(err, outbox.ErrRejected) {
		t.Errorf("%v", err)
	}
	if _, err := p.Act(t.Context(), id, order.Act{Kind: order.ActNote, Public: true}); !errors.Is(err, outbox.ErrNotOffered) {
		t.Errorf("%v", err)
	}
}

func TestPaidByMarkOrByCapture(t *testing.T) {
	f := newFake(t)
	p := f.platform()
	marked := f.add(start, func(o object) { o["canMarkAsPaid"], o["fullyPaid"] = true, false })
	held := f.add(start, func(o object) {
		o["capturable"], o["fullyPaid"], o["totalCapturableSet"] = true, false, bag("64.98")
		o["_transactions"] = []object{f.transaction("AUTHORIZATION", "64.98", nil)}
	})
	neither := f.add(start, func(o object) { o["fullyPaid"], o["displayFinancialStatus"] = false, "VOIDED" })
	for id, what := range map[string]string{marked: "mark_paid", held: "capture"} {
		for i := range 2 {
			done, err := p.Act(t.Context(), id, order.Act{Kind: order.ActMarkPaid})
			if err != nil || done.Already != (i == 1) || f.made[what] != 1 {
				t.Errorf("%s: %+v %v", what, done, err)
			}
		}
	}
	if _, err := p.Act(t.Context(), neither, order.Act{Kind: order.ActMarkPaid}); !errors.Is(err, outbox.ErrRejected) || !strings.Contains(err.Error(), "voided") {
		t.Errorf("%v", err)
	}
}

func TestTheOtherActs(t *testing.T) {
	f := newFake(t)
	id := f.add(start, func(o object) { o["test"], o["tags"] = true, []string{"old"} })
	p := f.platform()
	act := func(a order.Act) outbox.Done {
		t.Helper()
		done, err := p.Act(t.Context(), id, a)
		if err != nil {
			t.Errorf("%s: %v", a.Kind, err)
		}
		return done
	}
	twice := func(a order.Act) {
		t.Helper()
		act(a)
		if !act(a).Already {
			t.Errorf("%s was done again", a.Kind)
		}
	}
	if _, err := p.Act(t.Context(), id, order.Act{Kind: order.ActTracking, Parcel: order.Parcel{Tracking: "A"}}); !errors.Is(err, outbox.ErrRejected) {
		t.Errorf("%v", err)
	}
	if _, err := p.Act(t.Context(), id, order.Act{Kind: order.ActDelete}); !errors.Is(err, outbox.ErrRejected) {
		t.Errorf("an open order was deleted: %v", err)
	}
	if err := p.Fulfil(t.Context(), id, parcelOf("A")); err != nil {
		t.Fatal(err)
	}
	twice(order.Act{Kind: order.ActTracking, Parcel: order.Parcel{Tracking: "B", Carrier: "CTT"}})
	twice(order.Act{Kind: order.ActTags, Add: []string{"new"}, Remove: []string{"old"}})
	twice(order.Act{Kind: order.ActCancel, Reason: "customer", Restock: true})
	twice(order.Act{Kind: order.ActArchive})
	twice(order.Act{Kind: order.ActReopen})
	got, err := p.Read(t.Context(), id)
	if err != nil || got.Order.Fulfilments[0].Tracking != "B" || !slices.Equal(got.Order.Tags, []string{"new"}) || got.Order.CancelReason != "customer" {
		t.Errorf("%v %+v", err, got.Order)
	}
	twice(order.Act{Kind: order.ActDelete})
	for kind, why := range p.Acts() {
		if why == "" {
			continue
		}
		if _, err := p.Act(t.Context(), id, order.Act{Kind: kind}); !errors.Is(err, outbox.ErrNotOffered) {
			t.Errorf("%s: %v", kind, err)
		}
	}
	for _, kind := range order.ActKinds {
		if _, ok := p.Acts()[kind]; !ok {
			t.Errorf("nothing is said of %s", kind)
		}
	}
	if _, err := p.Act(t.Context(), id, order.Act{Kind: order.ActArchive}); !errors.Is(err, outbox.ErrRejected) {
		t.Errorf("an order that is gone: %v", err)
	}
}

func draftOf() *order.Order {
	return &order.Order{
		Customer: order.Customer{Email: "ana@example.com"}, Shipping: order.Address{Name: "Ana Maria Lima", Country: "PT"},
		ShippingCost: order.New(500, "EUR"),
		Lines: []order.Line{
			{ProductID: "8", Quantity: order.Units(2), UnitPrice: order.New(2999, "EUR")},
			{Title: "Engraving", Quantity: order.Units(1), UnitPrice: order.New(100, "EUR")},
		},
	}
}

// TestEveryActIsDoneOnce acts through 200 schedules of faults as the outbox does: after an unknown outcome it acts again,
// and the act looks first.
func TestEveryActIsDoneOnce(t *testing.T) {
	for seed := range schedules.Count() {
		f := newFake(t)
		f.schema = nil
		id := f.add(start, func(o object) { o["canMarkAsPaid"], o["fullyPaid"] = true, false })
		p := f.platform()
		p.shop = &shop{currency: "EUR"}
		f.fault = someFaults(seed, 0.35)
		until := func(what string, try func() error) {
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
		until("fulfil", func() error { return p.Fulfil(t.Context(), id, parcelOf("JJD1")) })
		draft := ""
		for _, a := range []order.Act{
			{Kind: order.ActMarkPaid, Key: "k1"},
			{Kind: order.ActNote, Key: "k2", Text: "called"},
			{Kind: order.ActTags, Key: "k3", Add: []string{"x"}},
			{Kind: order.ActRefund, Key: "k4", Amount: order.New(500, "EUR")},
			{Kind: order.ActRefund, Key: "k5", Amount: order.New(500, "EUR")},
			{Kind: order.ActDraft, Key: "k6", Step: "create", Draft: draftOf()},
			{Kind: order.ActDraft, Key: "k7", Step: "send"},
			{Kind: order.ActDraft, Key: "k8", Step: "complete"},
			{Kind: order.ActCancel, Key: "k9"},
			{Kind: order.ActArchive, Key: "k10"},
		} {
			until(string(a.Kind)+a.Step, func() error {
				on := id
				if a.Kind == order.ActDraft {
					on = draft
				}
				done, err := p.Act(t.Context(), on, a)
				if err == nil && a.Step == "create" {
					draft = done.ID
					if !strings.HasPrefix(done.URL, "https://shop.example/invoices/") {
						return fmt.Errorf("no address to pay at: %+v", done)
					}
				}
				return err
			})
		}
		want := map[string]int{
			"fulfilment JJD1 from 1": 1, "mark_paid": 1, "note": 1, "tags added": 1, "refund": 2, "draft": 1, "invoice": 1, "complete": 1, "cancel": 1, "archive": 1,
		}
		for what, n := range want {
			if f.made[what] != n {
				t.Errorf("seed %d: %s was done %d times", seed, what, f.made[what])
			}
		}
	}
}

// TestWhatWasNotSentIsCancelledAndTheRestReturned: the store would send goods that it was told had come back.
func TestWhatWasNotSentIsCancelledAndTheRestReturned(t *testing.T) {
	for _, all := range []bool{false, true} {
		f := newFake(t)
		id := f.add(start, func(o object) {
			(rec{o}).list("lines")[0]["unfulfilledQuantity"] = 1
			closed := f.toSend(o, "gid://shopify/Location/9", "NONE")
			closed["status"] = "CLOSED"
			o["_sends"] = []object{closed, f.toSend(o, "gid://shopify/Location/1", "CREATE_FULFILLMENT")}
		})
		line := number((rec{f.order(gid(id))}).list("lines")[0]["id"].(string))
		a := order.Act{Kind: order.ActRefund, Key: "back", Restock: true, Lines: map[string]order.Quantity{line: order.Units(2)}}
		if all {
			a.Lines = nil
		}
		if _, err := f.platform().Act(t.Context(), id, a); err != nil {
			t.Fatal(err)
		}
		got := map[string]any{}
		for _, l := range f.refunded {
			l := l.(map[string]any)
			n, _ := count(l["quantity"])
			got[fmt.Sprint(l["restockType"], " ", n)] = l["locationId"]
		}
		if len(got) != 2 || got["CANCEL 1"] != "gid://shopify/Location/1" || got["RETURN 1"] == nil {
			t.Errorf("%v", got)
		}
	}
}

// TestOneServiceIsAskedAtATime where it is not said which: not every one may be asked in this way.
func TestOneServiceIsAskedAtATime(t *testing.T) {
	f := newFake(t)
	id := f.add(start, func(o object) {
		a, b := f.toSend(o, "gid://shopify/Location/1", "REQUEST_FULFILLMENT"), f.toSend(o, "gid://shopify/Location/2", "REQUEST_FULFILLMENT")
		a["assignedLocation"].(object)["name"], b["assignedLocation"].(object)["name"] = "Alpha", "Beta"
		o["_sends"] = []object{a, b}
	})
	p := f.platform()
	if _, err := p.Act(t.Context(), id, order.Act{Kind: order.ActRequest}); err == nil || !strings.Contains(err.Error(), "Alpha and Beta") || f.made["request"] != 0 {
		t.Errorf("%v, asked %d times", err, f.made["request"])
	}
	if _, err := p.Act(t.Context(), id, order.Act{Kind: order.ActRequest, Service: "beta"}); err != nil || f.made["request"] != 1 {
		t.Errorf("%v, asked %d times", err, f.made["request"])
	}
}

// TestADraftThatNoSearchFindsYetIsNotMadeTwice: what was made just now is in the list of the newest alone.
func TestADraftThatNoSearchFindsYetIsNotMadeTwice(t *testing.T) {
	f := newFake(t)
	f.late = true
	p := f.platform()
	for i := range 2 {
		done, err := p.Act(t.Context(), "", order.Act{Kind: order.ActDraft, Step: "create", Key: "k", Draft: draftOf()})
		if err != nil || done.Already != (i == 1) || f.made["draft"] != 1 {
			t.Errorf("%+v %v, made %d", done, err, f.made["draft"])
		}
	}
}
