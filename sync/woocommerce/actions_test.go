package woocommerce

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/internal/schedules"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

// whole is a parcel with all that the template has.
func whole(tracking string) store.TellDoc {
	return store.TellDoc{
		Reference: "od-" + tracking, Parcel: order.Parcel{Carrier: "DHL", Tracking: tracking, URL: "https://t.example/" + tracking}, Notify: true,
		Lines: []order.ShipmentLine{{LineID: "1", Quantity: order.Units(1)}, {LineID: "2", Quantity: order.Units(2)}, {LineID: "3", Quantity: order.Units(3)}},
	}
}

// waiting is an order that nobody has paid.
func waiting(o map[string]any) {
	o["status"], o["date_paid"], o["date_paid_gmt"], o["payment_method"], o["needs_payment"] = "pending", nil, nil, "stripe", true
}

// lean is the same with little else, so that many of them take little time.
func lean(o map[string]any) {
	waiting(o)
	for _, name := range []string{"billing", "shipping", "tax_lines", "shipping_lines", "order_key", "cart_hash", "customer_user_agent", "fee_lines", "coupon_lines"} {
		delete(o, name)
	}
	for _, l := range o["line_items"].([]any) {
		for _, name := range []string{"taxes", "image", "sku", "parent_name", "subtotal_tax", "tax_class"} {
			delete(l.(map[string]any), name)
		}
	}
}

func told(o *order.Order, tracking string) bool {
	for _, s := range o.Fulfilments {
		if s.Live && s.Shipped && s.Tracking == tracking {
			return true
		}
	}
	return false
}

// TestEveryActIsDoneOnce acts through schedules of faults as the outbox does: after an unknown outcome it looks, and acts
// again only when nothing is there. The clock moves by less than a store may still be at it.
func TestEveryActIsDoneOnce(t *testing.T) {
	for seed := range schedules.Count() {
		f, now := world(t, 0)
		f.auto = true
		way := []string{"", "tracking", "fulfillments"}[seed%3]
		f.features[way] = true
		id := strconv.Itoa(f.add(start, lean))
		f.fault = someFaults(seed, 0.35)
		p := f.platform()
		until := func(what string, try func() (bool, error)) {
			t.Helper()
			var last error
			for range 400 {
				*now = now.Add(45 * time.Second)
				done, err := try()
				if done {
					return
				}
				if last = err; err != nil && (errors.Is(err, outbox.ErrRejected) || errors.Is(err, outbox.ErrNotOffered)) {
					break
				}
			}
			t.Fatalf("seed %d: %s never came to an end: %v", seed, what, last)
		}
		act := func(a order.Act) {
			t.Helper()
			until(string(a.Kind)+" "+a.Step, func() (bool, error) {
				_, err := p.Act(t.Context(), id, a)
				return err == nil, err
			})
		}
		act(order.Act{Kind: order.ActMarkPaid, Key: "k1"})
		act(order.Act{Kind: order.ActNote, Key: "k2", Text: "called"})
		act(order.Act{Kind: order.ActRefund, Key: "k3", Amount: order.New(100, "EUR"), Reason: "goodwill"})
		act(order.Act{Kind: order.ActRefund, Key: "k4", Amount: order.New(250, "EUR"), Reason: "goodwill"})
		act(order.Act{Kind: order.ActDraft, Key: "k5", Step: "create", Draft: &order.Order{
			Lines: []order.Line{{ProductID: "20", Quantity: order.Units(1), UnitPrice: order.New(1000, "EUR")}},
		}})
		until("fulfil", func() (bool, error) {
			got, err := p.Read(t.Context(), id)
			if err != nil {
				return false, err
			}
			if told(&got.Order, "J1") {
				return true, nil
			}
			return false, p.Fulfil(t.Context(), id, whole("J1"))
		})
		act(order.Act{Kind: order.ActTracking, Key: "k6", Parcel: order.Parcel{Tracking: "J2", Carrier: "UPS"}, Notify: true})
		act(order.Act{Kind: order.ActCancel, Key: "k7"})
		act(order.Act{Kind: order.ActReopen, Key: "k8"})
		act(order.Act{Kind: order.ActDelete, Key: "k9"})
		want := map[string]int{
			"paid": 1, "refund 1.00": 1, "refund 2.50": 1, "created": 1, "status completed": 1, "status cancelled": 1, "trashed": 1, "status processing": 1,
			"note": map[string]int{"": 3, "tracking": 1, "fulfillments": 1}[way], "tracking": map[string]int{"tracking": 2}[way],
			"fulfilment": map[string]int{"fulfillments": 1}[way],
		}
		for what, n := range want {
			if f.made[what] != n {
				t.Errorf("seed %d (%s): %s was done %d times, not %d", seed, way, what, f.made[what], n)
			}
		}
	}
}

// TestALostRefundIsLookedFor: the client gives up, and the store makes the refund all the same, a while later.
func TestALostRefundIsLookedFor(t *testing.T) {
	f, now := world(t, 0)
	f.auto = true
	id := f.add(start, waiting)
	f.orders[id]["date_paid_gmt"] = "2026-11-21T10:00:00"
	p := f.platform()
	lose := true
	f.fault = func(method, path string) fault {
		if lose && method == http.MethodPost && strings.HasSuffix(path, "/refunds") {
			return cut // it went out: nobody knows
		}
		return fine
	}
	a := order.Act{Kind: order.ActRefund, Key: "k", Amount: order.New(500, "EUR")}
	if _, err := p.Act(t.Context(), strconv.Itoa(id), a); err == nil || errors.Is(err, outbox.ErrRejected) || errors.Is(err, outbox.ErrNotSent) {
		t.Fatalf("a lost answer is taken for one: %v", err)
	}
	lose = false
	*now = now.Add(20 * time.Second)
	_, err := p.Act(t.Context(), strconv.Itoa(id), a)
	var e *sync.Error
	if !errors.Is(err, outbox.ErrNotSent) || !errors.As(err, &e) || e.RetryAfter != 100*time.Second || f.made["refund 5.00"] != 0 {
		t.Errorf("asked again while the store may be at it: %v, %v", err, f.made)
	}
	if status, _ := f.refunds(http.MethodPost, id, map[string]any{"amount": "5.00", "reason": "[" + mark("k") + "]"}, http.Header{}); status != 201 {
		t.Fatal(status)
	}
	*now = now.Add(5 * time.Minute)
	done, err := p.Act(t.Context(), strconv.Itoa(id), a)
	if err != nil || !done.Already || f.made["refund 5.00"] != 1 {
		t.Errorf("%+v %v %v", done, err, f.made)
	}
}

// TestARefundThatIsRefusedIsAnsweredWith500, and is no outage: it is not tried again.
func TestARefundThatIsRefusedIsAnsweredWith500(t *testing.T) {
	f := newFake(t)
	id := strconv.Itoa(f.add(start, func(o map[string]any) { o["payment_method"] = "stripe" })) // whose gateway cannot
	_, err := f.platform().Act(t.Context(), id, order.Act{Kind: order.ActRefund, Key: "k", Amount: order.New(100, "EUR")})
	if !errors.Is(err, outbox.ErrRejected) || !strings.Contains(err.Error(), "does not support automatic refunds") {
		t.Errorf("%v", err)
	}
	if n := f.requests("refunds"); n != 3 { // looked, tried, looked
		t.Errorf("%d requests: %v", n, f.asked)
	}
}

// TestARefundAnsweredWith500ThatDidHappen: something behind it failed.
func TestARefundAnsweredWith500ThatDidHappen(t *testing.T) {
	f, now := world(t, 0)
	f.auto = true
	id := strconv.Itoa(f.add(start, func(o map[string]any) { o["payment_method"] = "stripe" }))
	p := f.platform()
	f.fault = func(method, path string) fault {
		if method == http.MethodPost && strings.HasSuffix(path, "/refunds") {
			return brokenBut
		}
		return fine
	}
	a := order.Act{Kind: order.ActRefund, Key: "k", Amount: order.New(100, "EUR")}
	for range 3 {
		_, _ = p.Act(t.Context(), id, a)
		*now = now.Add(time.Hour)
	}
	if done, err := p.Act(t.Context(), id, a); err != nil || !done.Already || f.made["refund 1.00"] != 1 {
		t.Errorf("%+v %v, %v", done, err, f.made)
	}
}

// TestAmountsHaveADot: a comma is dropped by the store, and a number is refused.
func TestAmountsHaveADot(t *testing.T) {
	for currency, want := range map[string]string{"EUR": "0.10", "JPY": "10", "KWD": "0.010"} {
		o := order.Order{Currency: currency, Total: order.New(5000, currency)}
		body, err := (&Platform{}).refundBody(&sight{v: &fields{}, o: &o}, order.Act{Key: "k", Amount: order.New(10, currency)})
		data, _ := json.Marshal(body)
		if err != nil || !strings.Contains(string(data), `"amount":"`+want+`"`) {
			t.Errorf("%s: %s %v", currency, data, err)
		}
	}
}

func TestRefundsOfLines(t *testing.T) {
	f := newFake(t)
	f.auto = true
	id := strconv.Itoa(f.add(start, func(o map[string]any) { o["payment_method"] = "stripe" }))
	p := f.platform()
	_, err := p.Act(t.Context(), id, order.Act{
		Kind: order.ActRefund, Key: "k", Lines: map[string]order.Quantity{"2": order.Units(1)}, Restock: true, Reason: "one back",
	})
	if err != nil || f.made["refund 8.53"] != 1 || f.made["restock"] != 1 { // 7.11 and 1.42 of tax
		t.Errorf("%v %v", err, f.made)
	}
	got, err := p.Read(t.Context(), id)
	if err != nil || got.Order.Lines[1].Refunded != order.Units(1) || got.Order.Refunded.String() != "EUR 8.53" {
		t.Errorf("%v %+v", err, got.Order)
	}
	for name, a := range map[string]order.Act{
		"more than is left":      {Amount: order.New(99999, "EUR")},
		"another currency":       {Amount: order.New(100, "USD")},
		"a negative amount":      {Amount: order.New(-100, "EUR")},
		"a line that is not":     {Lines: map[string]order.Quantity{"99": order.Units(1)}},
		"more than was bought":   {Lines: map[string]order.Quantity{"1": order.Units(99)}},
		"nothing of a line":      {Lines: map[string]order.Quantity{"1": 0}},
		"more than is left of a": {Lines: map[string]order.Quantity{"2": order.Units(2)}},
	} {
		a.Kind, a.Key = order.ActRefund, name
		if _, err := p.Act(t.Context(), id, a); !errors.Is(err, outbox.ErrRejected) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// All that is left, onto the shelf.
	if _, err := p.Act(t.Context(), id, order.Act{Kind: order.ActRefund, Key: "rest", Restock: true}); err != nil || f.made["refund 151.24"] != 1 {
		t.Errorf("%v %v", err, f.made)
	}
	if f.orders[1001]["status"] != "refunded" {
		t.Errorf("%s", f.orders[1001]["status"])
	}
}

// TestNobodyGivesBackWhatWasPaidByHand: the store writes it down, and says so.
func TestNobodyGivesBackWhatWasPaidByHand(t *testing.T) {
	f := newFake(t)
	id := strconv.Itoa(f.add(start, func(o map[string]any) { o["payment_method"] = "bacs" }))
	done, err := f.platform().Act(t.Context(), id, order.Act{Kind: order.ActRefund, Key: "k", Amount: order.New(100, "EUR")})
	if err != nil || !strings.Contains(done.Hint, "by hand") || f.made["refund 1.00"] != 1 {
		t.Errorf("%+v %v", done, err)
	}
}

// TestFulfilmentByWhatTheShopHas tells of two parcels in each of the three ways.
func TestFulfilmentByWhatTheShopHas(t *testing.T) {
	for _, way := range []string{"", "tracking", "fulfillments"} {
		f, _ := world(t, 0)
		f.features[way] = true
		id := strconv.Itoa(f.add(start, nil))
		p := f.platform()
		first, rest := whole("J1"), whole("J2")
		first.Lines, rest.Lines = first.Lines[:1], rest.Lines[1:]
		if err := p.Fulfil(t.Context(), id, first); err != nil {
			t.Fatalf("%s: %v", way, err)
		}
		got, err := p.Read(t.Context(), id)
		if err != nil || got.Order.Fulfilment != order.FulfilmentPartial || !told(&got.Order, "J1") || got.Order.RawStatus != "processing" ||
			got.Order.Lines[0].Fulfilled != order.Units(1) || got.Order.Lines[1].Fulfilled != 0 {
			t.Errorf("%s: %v %+v", way, err, got.Order)
		}
		if err := p.Fulfil(t.Context(), id, rest); err != nil {
			t.Fatalf("%s: %v", way, err)
		}
		if got, err = p.Read(t.Context(), id); err != nil || got.Order.Fulfilment != order.Fulfilled || !told(&got.Order, "J2") || got.Order.RawStatus != "completed" ||
			len(got.Order.Fulfilments) != 2 || got.Order.Fulfilments[0].URL != "https://t.example/J1" {
			t.Errorf("%s: %v %+v", way, err, got.Order.Fulfilments)
		}
		mails := map[string]string{"": "[note note completed]", "tracking": "[completed]", "fulfillments": "[fulfilment fulfilment completed]"}[way]
		if fmt.Sprint(f.mails) != mails {
			t.Errorf("%s: mails %v", way, f.mails)
		}
		if err := p.Fulfil(t.Context(), id, rest); err != nil || len(f.mails) != strings.Count(mails, " ")+1 {
			t.Errorf("%s: told again: %v %v", way, err, f.mails)
		}
	}
}

// TestAParcelThatWasToldHalfwayIsFinished: the plugin has it, and the order was not completed.
func TestAParcelThatWasToldHalfwayIsFinished(t *testing.T) {
	f, now := world(t, 0)
	f.features["tracking"] = true
	id := strconv.Itoa(f.add(start, nil))
	p := f.platform()
	f.fault = func(method, _ string) fault {
		if method == http.MethodPut {
			return cut
		}
		return fine
	}
	if err := p.Fulfil(t.Context(), id, whole("J1")); err == nil {
		t.Fatal("it went well")
	}
	f.fault = nil
	got, err := p.Read(t.Context(), id)
	if err != nil || told(&got.Order, "J1") {
		t.Errorf("half of it counts as all: %v %+v", err, got.Order.Fulfilments)
	}
	*now = now.Add(time.Hour)
	if err := p.Fulfil(t.Context(), id, whole("J1")); err != nil || f.made["tracking"] != 1 || f.made["status completed"] != 1 {
		t.Errorf("%v %v", err, f.made)
	}
}

func TestStatusIsNeverSetInABatch(t *testing.T) {
	f := newFake(t)
	f.statuses["awaiting-pickup"] = "Awaiting pickup"
	id := strconv.Itoa(f.add(start, nil))
	p := f.platform()
	if _, err := p.Act(t.Context(), id, order.Act{Kind: order.ActStatus, Status: "awaiting-pickup"}); err != nil || f.orders[1001]["status"] != "awaiting-pickup" {
		t.Errorf("%v", err)
	}
	for _, bad := range []string{"shipped", "wc-completed", "trash", "", "refunded", "5"} {
		if _, err := p.Act(t.Context(), id, order.Act{Kind: order.ActStatus, Status: bad}); !errors.Is(err, outbox.ErrRejected) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for _, r := range f.seen {
		if strings.Contains(r.URL.Path, "batch") {
			t.Error(r.URL.Path)
		}
	}
	before := len(f.mails)
	if done, err := p.Act(t.Context(), id, order.Act{Kind: order.ActStatus, Status: "awaiting-pickup"}); err != nil || !done.Already || len(f.mails) != before {
		t.Errorf("%+v %v", done, err)
	}
}

func TestNotes(t *testing.T) {
	f := newFake(t)
	id := f.add(start, nil)
	p := f.platform()
	for range 2 {
		if _, err := p.Act(t.Context(), strconv.Itoa(id), order.Act{Kind: order.ActNote, Key: "k", Text: "1 < 2 & <b>so</b>", Public: true}); err != nil {
			t.Fatal(err)
		}
	}
	if text := fmt.Sprint(f.notes[id][0]["note"]); len(f.notes[id]) != 1 || !strings.HasPrefix(text, "1 &lt; 2 &amp; &lt;b&gt;so&lt;/b&gt;<!--") || fmt.Sprint(f.mails) != "[note]" {
		t.Errorf("%v, mails %v", f.notes[id], f.mails)
	}
	if _, err := p.Act(t.Context(), strconv.Itoa(id), order.Act{Kind: order.ActNote, Key: "l", Text: " "}); !errors.Is(err, outbox.ErrRejected) {
		t.Errorf("an empty note: %v", err)
	}
}

func TestDraftsAndTheirPaymentLink(t *testing.T) {
	f := newFake(t)
	p := f.platform()
	d := &order.Order{
		Currency: "EUR", Customer: order.Customer{Name: "Ana Lima", Email: "ana@example.com"}, ShippingMethod: "Post", ShippingCost: order.New(490, "EUR"),
		Lines: []order.Line{
			{ProductID: "20", Quantity: order.Units(2), UnitPrice: order.New(1259, "EUR"), Discount: order.New(100, "EUR")},
			{Title: "Engraving", Quantity: order.Units(1), UnitPrice: order.New(300, "EUR")},
		},
	}
	done, err := p.Act(t.Context(), "", order.Act{Kind: order.ActDraft, Key: "k", Step: "create", Draft: d})
	if err != nil || !strings.Contains(done.URL, "order-pay") {
		t.Fatalf("%+v %v", done, err)
	}
	data, _ := json.Marshal(f.orders[int(number64(done.ID))])
	for _, part := range []string{`"total":"24.18"`, `"subtotal":"25.18"`, `"1 × Engraving"`, `"total":"4.90"`, `"ana@example.com"`, `"status":"pending"`} {
		if !strings.Contains(string(data), part) {
			t.Errorf("no %s in %s", part, data)
		}
	}
	again, err := p.Act(t.Context(), "", order.Act{Kind: order.ActDraft, Key: "k", Step: "create", Draft: d})
	if err != nil || !again.Already || again.ID != done.ID || again.URL != done.URL {
		t.Errorf("%+v %v", again, err)
	}
	for range 2 {
		if _, err := p.Act(t.Context(), done.ID, order.Act{Kind: order.ActDraft, Key: "s", Step: "send"}); err != nil {
			t.Fatal(err)
		}
	}
	if n, _ := strconv.Atoi(done.ID); len(f.notes[n]) != 1 || !strings.Contains(fmt.Sprint(f.notes[n]), "order-pay") || fmt.Sprint(f.mails) != "[note]" {
		t.Errorf("%v %v", f.notes, f.mails)
	}
	if _, err := p.Act(t.Context(), done.ID, order.Act{Kind: order.ActDraft, Key: "c", Step: "complete"}); err != nil || f.made["paid"] != 1 {
		t.Errorf("%v %v", err, f.made)
	}
}

func TestMarkPaid(t *testing.T) {
	for status, want := range map[string]error{
		"pending": nil, "failed": nil, "on-hold": nil, "processing": outbox.ErrNotOffered, "cancelled": outbox.ErrRejected,
	} {
		f := newFake(t)
		id := strconv.Itoa(f.add(start, func(o map[string]any) { waiting(o); o["status"] = status }))
		if status == "on-hold" { // which needs no payment there: the status alone dates it
			f.orders[1001]["needs_payment"] = false
		}
		f.paysOnProcessing = true
		_, err := f.platform().Act(t.Context(), id, order.Act{Kind: order.ActMarkPaid})
		if !errors.Is(err, want) {
			t.Errorf("%s: %v", status, err)
		}
		if paid := f.orders[1001]["date_paid_gmt"] != nil; paid != (want == nil) {
			t.Errorf("%s: paid %t", status, paid)
		}
	}
	f := newFake(t)
	id := strconv.Itoa(f.add(start, func(o map[string]any) { waiting(o); o["needs_payment"] = false }))
	if _, err := f.platform().Act(t.Context(), id, order.Act{Kind: order.ActMarkPaid}); !errors.Is(err, outbox.ErrRejected) {
		t.Errorf("an answer of OK is enough: %v", err)
	}
}

func TestGoneAndRefused(t *testing.T) {
	f := newFake(t)
	p := f.platform()
	if _, err := p.Read(t.Context(), "99"); !errors.Is(err, outbox.ErrGone) {
		t.Errorf("%v", err)
	}
	if err := p.Fulfil(t.Context(), "99", whole("J")); !errors.Is(err, outbox.ErrRejected) {
		t.Errorf("%v", err)
	}
	for kind, why := range p.Acts() {
		if why == "" {
			continue
		}
		if _, err := p.Act(t.Context(), "99", order.Act{Kind: kind}); !errors.Is(err, outbox.ErrNotOffered) {
			t.Errorf("%s: %v", kind, err)
		}
	}
	for _, kind := range order.ActKinds {
		if _, ok := p.Acts()[kind]; !ok {
			t.Errorf("nothing is said of %s", kind)
		}
	}
	if done, err := p.Act(t.Context(), "99", order.Act{Kind: order.ActDelete}); err != nil || !done.Already {
		t.Errorf("%+v %v", done, err)
	}
	f.may = "read"
	id := strconv.Itoa(f.add(start, nil))
	if _, err := p.Act(t.Context(), id, order.Act{Kind: order.ActCancel}); !errors.Is(err, outbox.ErrRejected) || !strings.Contains(err.Error(), "Read/Write") {
		t.Errorf("with a key that may only read: %v", err)
	}
}
