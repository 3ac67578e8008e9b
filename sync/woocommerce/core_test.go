package woocommerce

import (
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

// byHand makes a fulfilment as somebody in the store's admin does.
func (f *fake) byHand(id int, sent bool, tracking string, items map[int]float64) map[string]any {
	f.mu.Lock()
	defer f.mu.Unlock()
	var in []any
	for line, qty := range items {
		in = append(in, map[string]any{"item_id": float64(line), "qty": qty})
	}
	return f.parcel(f.orders[id], sent, []any{
		map[string]any{"id": 1, "key": "_items", "value": in},
		map[string]any{"id": 2, "key": "_tracking_number", "value": tracking},
		map[string]any{"id": 3, "key": "_shipping_provider", "value": "ups"},
		map[string]any{"id": 4, "key": "_tracking_url", "value": "https://t.example/" + tracking},
	})
}

// TestFulfilmentsMadeInTheStoreAreSeen follows one from its draft to its deletion, with orders around it that nobody
// touches, and counts what is asked for.
func TestFulfilmentsMadeInTheStoreAreSeen(t *testing.T) {
	for _, mark := range []bool{true, false} { // by the mark in the meta data, and where a plugin hides it
		f, now := world(t, 250)
		f.features["fulfillments"], f.features["no mark"] = true, !mark
		p, d := f.platform(), newDesk()
		d.pull(t, p)
		if n := f.requests("/fulfillments"); n != 0 {
			t.Errorf("the first reading asked %d times, for orders that have none", n)
		}
		poll := func(asked int) order.Order {
			t.Helper()
			*now = now.Add(3 * time.Minute)
			before := f.requests("/fulfillments")
			d.pull(t, p, streamOrders)
			if n := f.requests("/fulfillments") - before; n != asked {
				t.Errorf("%d orders were asked for their fulfilments, not %d", n, asked)
			}
			return d.orders["1250"]
		}
		parcel := f.byHand(1250, false, "1Z1", map[int]float64{1: 1})
		o := poll(1)
		if len(o.Fulfilments) != 1 || o.Fulfilments[0].Shipped || o.Fulfilments[0].Tracking != "1Z1" || o.Fulfilment != order.Unfulfilled || o.Lines[0].Fulfilled != 0 {
			t.Errorf("a draft: %s %+v", o.Fulfilment, o.Fulfilments)
		}
		f.mu.Lock()
		parcel["is_fulfilled"], parcel["status"] = true, "fulfilled"
		f.fulfilled(f.orders[1250])
		f.mu.Unlock()
		o = poll(1)
		if s := o.Fulfilments[0]; !s.Shipped || s.Carrier != "ups" || s.URL != "https://t.example/1Z1" || s.State != "fulfilled" || len(s.Lines) != 1 ||
			o.Fulfilment != order.FulfilmentPartial || o.Lines[0].Fulfilled != order.Units(1) || o.Lines[1].Fulfilled != 0 {
			t.Errorf("a part of it: %s %+v", o.Fulfilment, o.Fulfilments)
		}
		if s := o.Fulfilments[0]; !s.At.Equal(start) { // written as the site's clock has it, an hour ahead
			t.Errorf("it left at %v", s.At)
		}
		f.byHand(1250, true, "1Z2", map[int]float64{2: 2, 3: 3})
		if o = poll(1); len(o.Fulfilments) != 2 || o.Fulfilment != order.Fulfilled || o.Lines[2].Fulfilled != order.Units(3) {
			t.Errorf("all of it: %s %+v", o.Fulfilment, o.Fulfilments)
		}
		f.mu.Lock()
		parcel["date_deleted"] = "2026-11-21 13:10:00"
		f.fulfilled(f.orders[1250])
		f.mu.Unlock()
		if o = poll(1); len(o.Fulfilments) != 1 || o.Fulfilments[0].Tracking != "1Z2" || o.Fulfilment != order.FulfilmentPartial {
			t.Errorf("one was deleted: %s %+v", o.Fulfilment, o.Fulfilments)
		}
		poll(0)
		before := len(f.asked)
		poll(0)
		if n := len(f.asked) - before; n != 1 {
			t.Errorf("a quiet poll is %d requests", n)
		}
	}
}

// TestFulfilmentsOfOldOrdersAreReadWithTheFirstReading, of those alone that bear the mark.
func TestFulfilmentsOfOldOrdersAreReadWithTheFirstReading(t *testing.T) {
	f, _ := world(t, 230)
	f.features["fulfillments"] = true
	for _, id := range []int{1001, 1150} {
		f.byHand(id, true, fmt.Sprint("1Z", id), map[int]float64{1: 1})
	}
	p, d := f.platform(), newDesk()
	d.pull(t, p)
	if n := f.requests("/fulfillments"); n != 2 || len(d.orders["1001"].Fulfilments) != 1 || d.orders["1150"].Fulfilments[0].Tracking != "1Z1150" {
		t.Errorf("%d requests, %+v", n, d.orders["1150"].Fulfilments)
	}
}

// TestASiteWithoutFulfilmentsIsAskedOnceARun, however many orders have changed, and whatever its no is.
func TestASiteWithoutFulfilmentsIsAskedOnceARun(t *testing.T) {
	for _, why := range []string{"", "no right to fulfillments"} {
		f, now := world(t, 150)
		f.features["fulfillments"], f.features[why] = why != "", true
		p, d := f.platform(), newDesk()
		d.pull(t, p)
		for run := 1; run <= 3; run++ {
			*now = now.Add(5 * time.Minute)
			for id := 1001; id <= 1120; id++ {
				f.set(id, "customer_note", fmt.Sprint("run ", run))
			}
			d.pull(t, p, streamOrders)
			if n := f.requests("/fulfillments"); n != run {
				t.Errorf("%q: after %d runs it was asked %d times", why, run, n)
			}
			if d.orders["1120"].CustomerNote != fmt.Sprint("run ", run) {
				t.Errorf("%q: the orders did not come: %q", why, d.orders["1120"].CustomerNote)
			}
		}
		// Somebody switches it on.
		f.features["fulfillments"], f.features[why] = true, false
		*now = now.Add(5 * time.Minute)
		f.byHand(1003, true, "1Z9", map[int]float64{1: 1})
		if d.pull(t, p, streamOrders); len(d.orders["1003"].Fulfilments) != 1 {
			t.Errorf("%q: %+v", why, d.orders["1003"].Fulfilments)
		}
	}
}

// TestOurParcelIsNotSeenTwice: what was told from here stands in the order's meta data and among the store's fulfilments,
// where somebody may put it right.
func TestOurParcelIsNotSeenTwice(t *testing.T) {
	f, now := world(t, 0)
	f.features["fulfillments"] = true
	id := f.add(start, nil)
	p, d := f.platform(), newDesk()
	first := whole("J1")
	first.Lines = first.Lines[:1]
	if err := p.Fulfil(t.Context(), strconv.Itoa(id), first); err != nil {
		t.Fatal(err)
	}
	d.pull(t, p)
	o := d.orders[strconv.Itoa(id)]
	if len(o.Fulfilments) != 1 || o.Fulfilments[0].Tracking != "J1" || !o.Fulfilments[0].Shipped || o.Lines[0].Fulfilled != order.Units(1) {
		t.Errorf("%+v", o.Fulfilments)
	}
	f.mu.Lock()
	for _, m := range asList(asList(f.orders[id]["_fulfilments"])[0]["meta_data"]) {
		if m["key"] == "_tracking_number" {
			m["value"] = "J1-B"
		}
	}
	*now = now.Add(5 * time.Minute)
	f.fulfilled(f.orders[id])
	f.mu.Unlock()
	d.pull(t, p)
	if o = d.orders[strconv.Itoa(id)]; len(o.Fulfilments) != 1 || o.Fulfilments[0].Tracking != "J1-B" || o.Lines[0].Fulfilled != order.Units(1) {
		t.Errorf("put right in the store: %+v", o.Fulfilments)
	}
}

// TestAFulfilmentWithoutItsOrdersWordIsFinished: the store has the fulfilment, and the answer to what comes last was cut.
func TestAFulfilmentWithoutItsOrdersWordIsFinished(t *testing.T) {
	f, now := world(t, 0)
	f.features["fulfillments"] = true
	id := strconv.Itoa(f.add(start, nil))
	p := f.platform()
	f.fault = func(method, _ string) fault {
		if method == "PUT" {
			return cut
		}
		return fine
	}
	if err := p.Fulfil(t.Context(), id, whole("J1")); err == nil {
		t.Fatal("it went well")
	}
	f.fault = nil
	got, err := p.Read(t.Context(), id)
	if err != nil || told(&got.Order, "J1") || len(got.Order.Fulfilments) != 1 {
		t.Errorf("half of it counts as all: %v %+v", err, got.Order.Fulfilments)
	}
	*now = now.Add(time.Hour)
	if err := p.Fulfil(t.Context(), id, whole("J1")); err != nil || f.made["fulfilment"] != 1 || f.made["status completed"] != 1 {
		t.Errorf("%v %v", err, f.made)
	}
	if got, err = p.Read(t.Context(), id); err != nil || !told(&got.Order, "J1") || len(got.Order.Fulfilments) != 1 {
		t.Errorf("%v %+v", err, got.Order.Fulfilments)
	}
}

// TestWhatLeftInTheStoreIsNotSentAgain: a parcel of all that is left has what the store's own fulfilments have not.
func TestWhatLeftInTheStoreIsNotSentAgain(t *testing.T) {
	f, _ := world(t, 0)
	f.features["fulfillments"] = true
	id := f.add(start, nil)
	f.byHand(id, true, "1Z1", map[int]float64{1: 1, 2: 2})
	f.byHand(id, false, "", map[int]float64{3: 3}) // a draft holds nothing back
	doc := whole("J1")
	doc.Lines = nil
	if err := f.platform().Fulfil(t.Context(), strconv.Itoa(id), doc); err != nil || f.made["status completed"] != 1 {
		t.Fatalf("%v %v", err, f.made)
	}
	all := asList(f.orders[id]["_fulfilments"])
	for _, m := range asList(all[len(all)-1]["meta_data"]) {
		if m["key"] == "_items" && fmt.Sprint(m["value"]) != "[map[item_id:3 qty:3]]" {
			t.Errorf("the parcel has %v", m["value"])
		}
	}
}

func TestOddFulfilments(t *testing.T) {
	f, _ := world(t, 0)
	f.features["fulfillments"] = true
	id := f.add(start, nil)
	f.byHand(id, true, "", nil)
	o := f.orders[id]
	o["_fulfilments"] = append(o["_fulfilments"].([]any), map[string]any{"id": "77", "is_fulfilled": "1", "status": nil, "meta_data": map[string]any{
		"5": map[string]any{"key": "_items", "value": "none"}, "6": map[string]any{"key": "_tracking_url", "value": "javascript:alert(1)"},
		"7": map[string]any{"key": "_provider_name", "value": "Tom &amp; Co"}, "8": map[string]any{"key": "_date_fulfilled", "value": "soon"},
	}}, map[string]any{"id": 78, "is_fulfilled": true, "meta_data": []any{map[string]any{"key": "_items", "value": []any{
		map[string]any{"item_id": "1", "qty": "1"}, map[string]any{"item_id": 999, "qty": 5}, map[string]any{"item_id": 2, "qty": -4},
	}}}})
	got, err := f.platform().Read(t.Context(), strconv.Itoa(id))
	if err != nil || len(got.Order.Fulfilments) != 3 {
		t.Fatalf("%v %+v", err, got.Order.Fulfilments)
	}
	if s := got.Order.Fulfilments[1]; s.URL != "" || s.Carrier != "Tom & Co" || !s.Shipped || len(s.Lines) != 0 {
		t.Errorf("%+v", s)
	}
	if o := got.Order; o.Fulfilment != order.FulfilmentPartial || o.Lines[0].Fulfilled != order.Units(1) || o.Lines[1].Fulfilled != 0 {
		t.Errorf("%s %+v", o.Fulfilment, o.Lines)
	}
}

// TestAParcelMadeInTheStoreGetsAnotherNumber, and keeps all else that it had.
func TestAParcelMadeInTheStoreGetsAnotherNumber(t *testing.T) {
	f, _ := world(t, 0)
	f.features["fulfillments"] = true
	id := f.add(start, nil)
	p := f.platform()
	act := order.Act{Kind: order.ActTracking, Key: "k1", Parcel: order.Parcel{Tracking: "1Z2"}}
	if _, err := p.Act(t.Context(), strconv.Itoa(id), act); !errors.Is(err, outbox.ErrRejected) {
		t.Errorf("an order without a parcel: %v", err)
	}
	f.byHand(id, true, "1Z0", map[int]float64{1: 1})
	f.byHand(id, true, "1Z1", map[int]float64{2: 2})
	if _, err := p.Act(t.Context(), strconv.Itoa(id), act); err != nil {
		t.Fatal(err)
	}
	if done, err := p.Act(t.Context(), strconv.Itoa(id), act); err != nil || !done.Already || f.made["refulfilled"] != 1 {
		t.Errorf("again: %v %+v", err, done)
	}
	got, err := p.Read(t.Context(), strconv.Itoa(id))
	if err != nil || len(got.Order.Fulfilments) != 2 || got.Order.Fulfilments[0].Tracking != "1Z0" {
		t.Fatalf("%v %+v", err, got.Order.Fulfilments)
	}
	if s := got.Order.Fulfilments[1]; s.Tracking != "1Z2" || s.Carrier != "ups" || s.URL != "" || !s.At.Equal(start) || len(s.Lines) != 1 || s.Lines[0].Quantity != order.Units(2) {
		t.Errorf("%+v", s)
	}
}
