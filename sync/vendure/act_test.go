package vendure

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync/internal/schedules"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

// Recorded orders that acts are tried on, by what is remarkable about them.
const (
	likeAuthorized = "2"  // 142.78, of which nothing is taken yet
	likePaid       = "30" // 41.02 of two lines, "55" (two pieces) and "56" (one)
	likePaidMore   = "35" // 33.96, of which 30.96 are paid, and the rest is waited for
	likeCart       = "11"
)

// actOn is a store with one order like a recorded one, and a platform that acts on it.
func actOn(t *testing.T, like string) (*fakeStore, *Platform) {
	f := newFakeStore(t)
	f.add(like, "1", time.Now().Add(-time.Hour))
	return f, f.platform(10)
}

// twice does an act two times, of which the second must be nothing.
func twice(t *testing.T, f *fakeStore, p *Platform, a order.Act, op string, want int) outbox.Done {
	t.Helper()
	first, err := p.Act(t.Context(), "1", a)
	if err != nil || first.Already {
		t.Fatalf("%s: %+v %v", a.Kind, first, err)
	}
	again, err := p.Act(t.Context(), "1", a)
	if err != nil || !again.Already {
		t.Errorf("%s again: %+v %v", a.Kind, again, err)
	}
	if f.made[op] != want {
		t.Errorf("%s: %v", a.Kind, f.made)
	}
	return first
}

func readOne(t *testing.T, p *Platform) order.Order {
	t.Helper()
	got, err := p.Read(t.Context(), "1")
	if err != nil {
		t.Fatal(err)
	}
	return got.Order
}

func refusal(t *testing.T, p *Platform, a order.Act, kind error, says string) {
	t.Helper()
	_, err := p.Act(t.Context(), "1", a)
	if !errors.Is(err, kind) || !strings.Contains(err.Error(), says) {
		t.Errorf("%+v: %v", a, err)
	}
}

func TestMarkPaidTakesWhatIsAuthorized(t *testing.T) {
	f, p := actOn(t, likeAuthorized)
	refusal(t, p, order.Act{Kind: order.ActMarkPaid, Key: "k", Amount: order.New(100, "USD")}, outbox.ErrNotOffered, "whole")
	refusal(t, p, order.Act{Kind: order.ActMarkPaid, Key: "k", Amount: order.New(14278, "EUR")}, outbox.ErrRejected, "USD")
	twice(t, f, p, order.Act{Kind: order.ActMarkPaid, Key: "k", Amount: order.New(14278, "USD")}, "SettlePayment", 1)
	if o := readOne(t, p); o.CustomerPayment != order.PaymentPaid {
		t.Errorf("%+v", o)
	}
}

// TestMarkPaidNotesWhatWasPaidOutside, where the order waits for it; elsewhere Vendure takes no payment.
func TestMarkPaidNotesWhatWasPaidOutside(t *testing.T) {
	f, p := actOn(t, likePaidMore)
	twice(t, f, p, order.Act{Kind: order.ActMarkPaid, Key: "k9"}, "ManualPayment", 1)
	if pay := list(f.orders["1"]["payments"]); len(pay) != 2 || number(pay[1]["amount"]) != 300 || pay[1]["transactionId"] != "k9" || f.orders["1"]["state"] != "PaymentSettled" {
		t.Errorf("%v %v", pay, f.orders["1"]["state"])
	}
	f, p = actOn(t, likeCart)
	twice(t, f, p, order.Act{Kind: order.ActMarkPaid, Key: "k"}, "ManualPayment", 1)
	_, p = actOn(t, "36") // being modified, with more to be paid
	refusal(t, p, order.Act{Kind: order.ActMarkPaid, Key: "k"}, outbox.ErrRejected, "Modifying")
	_, p = actOn(t, "4")
	refusal(t, p, order.Act{Kind: order.ActMarkPaid, Key: "k"}, outbox.ErrRejected, "Cancelled")
}

func TestRefundIsExactAndOnce(t *testing.T) {
	f, p := actOn(t, likePaid)
	twice(t, f, p, order.Act{Kind: order.ActRefund, Key: "k1", Amount: order.New(300, "USD"), Reason: "Scratch"}, "RefundOrder", 1)
	twice(t, f, p, order.Act{Kind: order.ActRefund, Key: "k2", Lines: map[string]order.Quantity{"56": order.Units(1)}}, "RefundOrder", 2)
	refusal(t, p, order.Act{Kind: order.ActRefund, Key: "k3", Amount: order.New(2937, "USD")}, outbox.ErrRejected, "29.36")
	twice(t, f, p, order.Act{Kind: order.ActRefund, Key: "k4"}, "RefundOrder", 3)
	refusal(t, p, order.Act{Kind: order.ActRefund, Key: "k5"}, outbox.ErrRejected, "nothing to give back")
	o := readOne(t, p)
	if o.Refunded.Minor != 4102 || o.Refund != order.CasePaid || o.Refunds[0].Reason != "Scratch" || o.Refunds[1].Reason != "" || o.Lines[1].Refunded != order.Units(1) {
		t.Errorf("%+v %+v", o.Refunds, o.Lines[1])
	}
	for says, a := range map[string]order.Act{
		"key": {}, "no line 7": {Key: "k", Lines: map[string]order.Quantity{"7": order.Units(1)}}, "whole pieces": {Key: "k", Lines: map[string]order.Quantity{"56": 5000}},
		"USD": {Key: "k", Amount: order.New(1, "EUR")},
	} {
		a.Kind = order.ActRefund
		refusal(t, p, a, outbox.ErrRejected, says)
	}
	refusal(t, p, order.Act{Kind: order.ActRefund, Key: "k", Restock: true}, outbox.ErrNotOffered, "stock")
	_, p = actOn(t, likeAuthorized)
	refusal(t, p, order.Act{Kind: order.ActRefund, Key: "k"}, outbox.ErrRejected, "nothing to give back")
}

// TestARefundByHandIsSettled, and one that a provider works on is left to it; one that it refused is not tried again.
func TestARefundByHandIsSettled(t *testing.T) {
	f, p := actOn(t, likePaid)
	f.bank = "hand"
	twice(t, f, p, order.Act{Kind: order.ActRefund, Key: "k1", Amount: order.New(100, "USD")}, "SettleRefund", 1)
	f.bank = "Pending"
	if d := twice(t, f, p, order.Act{Kind: order.ActRefund, Key: "k2", Amount: order.New(100, "USD")}, "SettleRefund", 1); d.Pending == "" {
		t.Errorf("%+v", d)
	}
	f.bank = "Failed"
	for range 2 {
		refusal(t, p, order.Act{Kind: order.ActRefund, Key: "k3", Amount: order.New(100, "USD")}, outbox.ErrRejected, "provider refused")
	}
	if f.made["RefundOrder"] != 3 {
		t.Errorf("%v", f.made)
	}
}

// TestRefundOverTwoPayments: what is done of it is not done again, and the whole is not called refused.
func TestRefundOverTwoPayments(t *testing.T) {
	f, p := actOn(t, likePaidMore)
	if _, err := p.Act(t.Context(), "1", order.Act{Kind: order.ActMarkPaid, Key: "k"}); err != nil {
		t.Fatal(err)
	}
	n := 0
	f.fault = func(op string) fault {
		if op == "RefundOrder" {
			if n++; n == 2 {
				return refusing
			}
		}
		return fine
	}
	a := order.Act{Kind: order.ActRefund, Key: "k1", Amount: order.New(3196, "USD")}
	if _, err := p.Act(t.Context(), "1", a); err == nil || errors.Is(err, outbox.ErrRejected) || errors.Is(err, outbox.ErrNotSent) {
		t.Errorf("%v", err)
	}
	if d, err := p.Act(t.Context(), "1", a); err != nil || d.Already || f.made["RefundOrder"] != 2 {
		t.Errorf("%+v %v %v", d, err, f.made)
	}
	if d, err := p.Act(t.Context(), "1", a); err != nil || !d.Already || readOne(t, p).Refunded.Minor != 3196 {
		t.Errorf("%+v %v %v", d, err, f.made)
	}
}

func TestCancel(t *testing.T) {
	f, p := actOn(t, likeAuthorized)
	twice(t, f, p, order.Act{Kind: order.ActCancel, Key: "k", Reason: "No longer wanted"}, "CancelOrder", 1)
	if o := readOne(t, p); o.Lifecycle != order.LifecycleCancelled || o.CancelReason != "No longer wanted" || f.made["CancelPayment"] != 1 {
		t.Errorf("%+v %v", o, f.made)
	}
	// Where the answer was lost, the authorization goes back the next time.
	f, p = actOn(t, likeAuthorized)
	f.fault = func(op string) fault {
		if op == "CancelOrder" {
			return cut
		}
		return fine
	}
	if _, err := p.Act(t.Context(), "1", order.Act{Kind: order.ActCancel, Key: "k"}); err == nil || errors.Is(err, outbox.ErrRejected) {
		t.Errorf("%v", err)
	}
	if d, err := p.Act(t.Context(), "1", order.Act{Kind: order.ActCancel, Key: "k"}); err != nil || d.Already || f.made["CancelPayment"] != 1 || f.made["CancelOrder"] != 1 {
		t.Errorf("%+v %v %v", d, err, f.made)
	}
	f, p = actOn(t, likePaid)
	one := map[string]order.Quantity{"55": order.Units(1)}
	twice(t, f, p, order.Act{Kind: order.ActCancel, Key: "k1", Lines: one}, "CancelOrder", 1)
	twice(t, f, p, order.Act{Kind: order.ActCancel, Key: "k2", Lines: one}, "CancelOrder", 2)
	refusal(t, p, order.Act{Kind: order.ActCancel, Key: "k3", Lines: one}, outbox.ErrRejected, "only 0")
	refusal(t, p, order.Act{Kind: order.ActCancel, Lines: one}, outbox.ErrRejected, "key")
	if o := readOne(t, p); o.Lifecycle != order.LifecycleOpen || o.Lines[0].Cancelled != order.Units(2) {
		t.Errorf("%+v", o.Lines)
	}
	// The last piece takes the order, and what its delivery costs, with it.
	twice(t, f, p, order.Act{Kind: order.ActCancel, Key: "k4", Lines: map[string]order.Quantity{"56": order.Units(1)}}, "CancelOrder", 3)
	last := list(f.orders["1"]["history"].(object)["items"])[0]["data"].(object)
	if o := readOne(t, p); o.Lifecycle != order.LifecycleCancelled || last["shippingCancelled"] != true {
		t.Errorf("%+v %v", o, last)
	}
}

// TestNotes: staff's are found again by their key, which is not shown; the customer's by their words, without a key.
func TestNotes(t *testing.T) {
	f, p := actOn(t, likePaid)
	twice(t, f, p, order.Act{Kind: order.ActNote, Key: "k1", Text: "called"}, "AddNote", 1)
	twice(t, f, p, order.Act{Kind: order.ActNote, Key: "k2", Text: "called"}, "AddNote", 2)
	twice(t, f, p, order.Act{Kind: order.ActNote, Key: "k3", Text: "on its way", Public: true}, "AddNote", 3)
	n := 0
	for _, h := range readOne(t, p).Notes {
		if h.Kind == "note" && (h.Text == "called" && !h.Public || h.Text == "on its way" && h.Public) {
			n++
		}
	}
	for _, h := range list(f.orders["1"]["history"].(object)["items"]) {
		if text, _ := h["data"].(object)["note"].(string); h["isPublic"] == true && strings.Contains(text, "orderdeck") {
			t.Errorf("the customer sees %q", text)
		}
	}
	if n != 3 {
		t.Errorf("%+v", readOne(t, p).Notes)
	}
	refusal(t, p, order.Act{Kind: order.ActNote, Key: "k"}, outbox.ErrRejected, "text")
	refusal(t, p, order.Act{Kind: order.ActNote, Text: "x"}, outbox.ErrRejected, "key")
}

func TestOnlyTheKeyAtTheEndIsLeftOut(t *testing.T) {
	for in, want := range map[string]string{
		"called [orderdeck k1]": "called", "[orderdeck k1]": "", "see [orderdeck k1] above": "see [orderdeck k1] above", "": "", "a [b]": "a [b]",
	} {
		if got := unmarked(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}

func TestStatusIsOneThatMayFollow(t *testing.T) {
	f, p := actOn(t, likePaid)
	twice(t, f, p, order.Act{Kind: order.ActStatus, Status: "Modifying"}, "MoveOrder", 1)
	refusal(t, p, order.Act{Kind: order.ActStatus, Status: "Delivered"}, outbox.ErrRejected, "PaymentSettled")
	refusal(t, p, order.Act{Kind: order.ActStatus, Status: "Cancelled"}, outbox.ErrRejected, "by being cancelled")
	refusal(t, p, order.Act{Kind: order.ActStatus}, outbox.ErrRejected, "which state")
}

// TestAParcelGetsAnotherNumber: it is made again with what was in it, and arrives.
func TestAParcelGetsAnotherNumber(t *testing.T) {
	f, p := actOn(t, likePaid)
	refusal(t, p, order.Act{Kind: order.ActTracking, Key: "k", Parcel: order.Parcel{Tracking: "T"}}, outbox.ErrRejected, "no parcel")
	refusal(t, p, order.Act{Kind: order.ActComplete}, outbox.ErrRejected, "sent whole")
	first, rest := tell("TRACK-1", order.ShipmentLine{LineID: "55", Quantity: order.Units(1)}), tell("TRACK-2")
	for _, doc := range []error{p.Fulfil(t.Context(), "1", first), p.Fulfil(t.Context(), "1", rest)} {
		if doc != nil {
			t.Fatal(doc)
		}
	}
	twice(t, f, p, order.Act{Kind: order.ActTracking, Key: "k1", Parcel: order.Parcel{Tracking: "TRACK-3"}}, "AddNote", 1)
	live := map[string]order.Shipment{}
	for _, s := range readOne(t, p).Fulfilments {
		if s.Live {
			live[s.Tracking] = s
		}
	}
	if len(live) != 2 || !live["TRACK-1"].Shipped || !live["TRACK-3"].Shipped || live["TRACK-3"].Carrier != "DPD" || len(live["TRACK-3"].Lines) != 2 {
		t.Errorf("%+v", live)
	}
	twice(t, f, p, order.Act{Kind: order.ActComplete}, "AddNote", 1)
	if o := readOne(t, p); o.Fulfilment != order.FulfilmentDelivered || o.RawStatus != "Delivered" {
		t.Errorf("%+v", o)
	}
}

// TestAParcelThatWaitsGetsAnotherNumber, and goes on waiting.
func TestAParcelThatWaitsGetsAnotherNumber(t *testing.T) {
	f, p := actOn(t, likePaid)
	f.stuck = true
	if err := p.Fulfil(t.Context(), "1", tell("TRACK-1")); !errors.Is(err, outbox.ErrRejected) {
		t.Fatal(err)
	}
	f.stuck = false
	twice(t, f, p, order.Act{Kind: order.ActTracking, Key: "k1", Parcel: order.Parcel{Carrier: "UPS", Tracking: "TRACK-2"}}, "AddNote", 1)
	s := readOne(t, p).Fulfilments
	if len(s) != 2 || s[0].Live || !s[1].Live || s[1].Shipped || s[1].Tracking != "TRACK-2" || s[1].Carrier != "UPS" {
		t.Errorf("%+v", s)
	}
}

func newDraft() *order.Order {
	return &order.Order{
		Currency: "USD", Customer: order.Customer{Name: "Anna Müller", Email: "phone@example.test", Phone: "1"}, ShippingMethod: "Parcel",
		Shipping: order.Address{Name: "Anna Müller", Line1: "S 1", City: "Köln", Country: "DE"}, CustomerNote: "by phone",
		Lines: []order.Line{{ProductID: "1", Quantity: order.Units(2)}, {ProductID: "2", Quantity: order.Units(1)}, {ProductID: "1", Quantity: order.Units(1)}},
	}
}

func TestDraft(t *testing.T) {
	f, p := actOn(t, likePaid)
	create := order.Act{Kind: order.ActDraft, Step: "create", Key: "k1", Draft: newDraft()}
	made := twice(t, f, p, create, "CreateDraft", 1)
	o := f.orders[made.ID]
	if lines := list(o["lines"]); len(lines) != 2 || number(lines[0]["quantity"]) != 3 || o["shippingAddress"] == nil || o["customer"] == nil || o["shippingLines"] == nil {
		t.Errorf("%v", o)
	}
	for step, kind := range map[string]error{"complete": outbox.ErrRejected, "send": outbox.ErrNotOffered} {
		if _, err := p.Act(t.Context(), made.ID, order.Act{Kind: order.ActDraft, Step: step}); !errors.Is(err, kind) {
			t.Errorf("%s: %v", step, err)
		}
	}
	if d, err := p.Act(t.Context(), made.ID, order.Act{Kind: order.ActMarkPaid, Key: "k2"}); err != nil || d.Already || o["state"] != "PaymentSettled" {
		t.Errorf("%+v %v %v", d, err, o["state"])
	}
	if d, err := p.Act(t.Context(), made.ID, order.Act{Kind: order.ActDraft, Step: "complete"}); err != nil || !d.Already {
		t.Errorf("%+v %v", d, err)
	}
	bad := newDraft()
	bad.Lines[0].ProductID = ""
	refusal(t, p, order.Act{Kind: order.ActDraft, Step: "create", Key: "k", Draft: bad}, outbox.ErrRejected, "products of the store")
	bad = newDraft()
	bad.Currency = "EUR"
	refusal(t, p, order.Act{Kind: order.ActDraft, Step: "create", Key: "k", Draft: bad}, outbox.ErrRejected, "USD")
	refusal(t, p, order.Act{Kind: order.ActDraft, Step: "create", Draft: newDraft()}, outbox.ErrRejected, "key")
}

func TestGoneForbiddenAndNotOffered(t *testing.T) {
	f, p := actOn(t, likePaid)
	if _, err := p.Act(t.Context(), "99", order.Act{Kind: order.ActCancel}); !errors.Is(err, outbox.ErrGone) || !errors.Is(err, outbox.ErrRejected) {
		t.Error(err)
	}
	acts := p.Acts()
	for _, kind := range order.ActKinds {
		why, ok := acts[kind]
		if !ok {
			t.Errorf("nothing is said of %s", kind)
		}
		if why != "" {
			refusal(t, p, order.Act{Kind: kind}, outbox.ErrNotOffered, "Vendure's API has no way to")
		}
	}
	f.readOnly = true
	refusal(t, p, order.Act{Kind: order.ActNote, Key: "k", Text: "x"}, outbox.ErrRejected, "UpdateOrder")
	refusal(t, p, order.Act{Kind: order.ActDraft, Step: "create", Key: "k", Draft: newDraft()}, outbox.ErrRejected, "CreateOrder")
}

// TestMembersOfUnionsThatNobodyKnows: an error stays a refusal, in its own words; all else may have happened.
func TestMembersOfUnionsThatNobodyKnows(t *testing.T) {
	for op, a := range map[string]order.Act{
		"CancelOrder": {Kind: order.ActCancel, Key: "k"}, "RefundOrder": {Kind: order.ActRefund, Key: "k"}, "AddNote": {Kind: order.ActNote, Key: "k", Text: "x"},
		"MoveOrder": {Kind: order.ActStatus, Status: "Modifying"},
	} {
		f, p := actOn(t, likePaid)
		f.refuses = map[string]string{op: "ERROR_OF_TOMORROW"}
		refusal(t, p, a, outbox.ErrRejected, "No, said the "+op)
		for _, strange := range []object{{"__typename": "Miracle", "id": "1"}, {"__typename": "Miracle"}, {}} {
			f, p := actOn(t, likePaid)
			f.strange = map[string]object{op: strange}
			if _, err := p.Act(t.Context(), "1", a); err == nil || errors.Is(err, outbox.ErrRejected) || errors.Is(err, outbox.ErrNotSent) {
				t.Errorf("%s: %v", op, err)
			}
			if d, err := p.Act(t.Context(), "1", a); err != nil || !d.Already {
				t.Errorf("%s: what had been done was not found: %+v %v", op, d, err)
			}
		}
	}
	f, p := actOn(t, likeAuthorized)
	f.refuses = map[string]string{"SettlePayment": "SETTLE_PAYMENT_ERROR"}
	refusal(t, p, order.Act{Kind: order.ActMarkPaid, Key: "k"}, outbox.ErrDeclined, "No, said")
}

// actFaults are those that end soon.
var actFaults = []fault{cut, tooMuch, broken, html, truncated, wrongID, refusing, internal, empty}

// TestActFaultSchedules: whatever fails in between, every act is done exactly once.
func TestActFaultSchedules(t *testing.T) {
	for seed := range schedules.Count() {
		r := rand.New(rand.NewPCG(seed, 7))
		f := newFakeStore(t)
		for id, like := range map[string]string{"1": likeAuthorized, "2": likePaid, "3": likePaidMore, "4": likeAuthorized} {
			f.add(like, id, time.Now().Add(-time.Hour))
		}
		for _, what := range []string{"lines", "payments"} { // ids are of the store, not of the order
			for _, x := range list(f.orders["4"][what]) {
				x["id"] = "4" + x["id"].(string)
			}
		}
		f.bank = []string{"", "hand"}[seed%2]
		f.fault = func(string) fault {
			if r.IntN(3) > 0 {
				return fine
			}
			return actFaults[r.IntN(len(actFaults))]
		}
		p := f.platform(10)
		until := func(what string, try func() error) {
			t.Helper()
			var last error
			for range 300 {
				if last = try(); last == nil {
					return
				}
				if errors.Is(last, outbox.ErrRejected) || errors.Is(last, outbox.ErrNotOffered) {
					break
				}
			}
			t.Fatalf("seed %d: %s never came to an end: %v", seed, what, last)
		}
		act := func(id string, a order.Act) (d outbox.Done) {
			t.Helper()
			until(string(a.Kind)+" of "+id, func() (err error) { d, err = p.Act(t.Context(), id, a); return err })
			return d
		}
		act("1", order.Act{Kind: order.ActMarkPaid, Key: "k1"})
		act("1", order.Act{Kind: order.ActNote, Key: "k2", Text: "called"})
		act("1", order.Act{Kind: order.ActRefund, Key: "k3", Amount: order.New(250, "USD")})
		act("1", order.Act{Kind: order.ActRefund, Key: "k4", Amount: order.New(250, "USD")})
		until("fulfil", func() error { return p.Fulfil(t.Context(), "1", tell("TRACK-1")) })
		act("1", order.Act{Kind: order.ActTracking, Key: "k5", Parcel: order.Parcel{Tracking: "TRACK-2"}})
		act("1", order.Act{Kind: order.ActComplete, Key: "k6"})
		act("2", order.Act{Kind: order.ActCancel, Key: "k7", Lines: map[string]order.Quantity{"55": order.Units(1)}})
		act("3", order.Act{Kind: order.ActMarkPaid, Key: "k8"})
		act("3", order.Act{Kind: order.ActRefund, Key: "k9"})
		act("4", order.Act{Kind: order.ActCancel, Key: "k10"})
		draft := act("", order.Act{Kind: order.ActDraft, Step: "create", Key: "k11", Draft: newDraft()}).ID
		act(draft, order.Act{Kind: order.ActMarkPaid, Key: "k12"})
		f.fault = nil
		o := func(id string) order.Order {
			t.Helper()
			got, err := p.Read(t.Context(), id)
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			return got.Order
		}
		live, notes := 0, 0
		for _, s := range o("1").Fulfilments {
			if s.Live {
				live++
			}
		}
		for _, n := range o("1").Notes {
			if n.Kind == "note" && n.Text == "called" {
				notes++
			}
		}
		filled := 0
		for _, o := range f.orders {
			if o["shippingLines"] != nil && o["customer"] != nil && len(anyList(o["lines"])) == 2 && compareIDs("5000", o["id"].(string)) < 0 {
				filled++
			}
		}
		if o("1").Refunded.Minor != 500 || len(o("1").Refunds) != 2 || live != 1 || notes != 1 || o("1").RawStatus != "Delivered" ||
			o("2").Lines[0].Cancelled != order.Units(1) || o("3").Refunded.Minor != 3396 || len(o("3").Payments) != 2 || o("4").Lifecycle != order.LifecycleCancelled ||
			list(f.orders["4"]["payments"])[0]["state"] != "Cancelled" || filled != 1 || len(list(f.orders[draft]["payments"])) != 1 || f.orders[draft]["totalWithTax"] != 4000.0 {
			t.Fatalf("seed %d: refunded %v and %v, %d live parcels, %d notes, %d drafts, %+v", seed, o("1").Refunded, o("3").Refunded, live, notes, filled, f.made)
		}
	}
}
