package vendure

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

// paidOrder is a store with one order of two lines, "59" (one piece) and "60" (two), of which nothing was sent.
func paidOrder(t *testing.T) (*fakeStore, *Platform) {
	f := newFakeStore(t)
	f.add("32", "32", time.Now().Add(-time.Hour))
	return f, f.platform(10)
}

func tell(tracking string, lines ...order.ShipmentLine) store.TellDoc {
	return store.TellDoc{Reference: "R", Parcel: order.Parcel{Carrier: "DPD", Tracking: tracking}, Lines: lines, Notify: true}
}

func TestReadOne(t *testing.T) {
	f, p := paidOrder(t)
	got, err := p.Read(t.Context(), "32")
	if err != nil || got.Order.ExternalID != "32" || len(got.Order.Lines) != 2 || len(got.Raw) == 0 {
		t.Errorf("%+v %v", got, err)
	}
	if _, err := p.Read(t.Context(), "99"); !errors.Is(err, outbox.ErrGone) {
		t.Error(err)
	}
	f.fault = func(string) fault { return broken }
	if _, err := p.Read(t.Context(), "32"); err == nil || errors.Is(err, outbox.ErrGone) {
		t.Errorf("a store that fails does not say that the order is gone: %v", err)
	}
}

func TestFulfil(t *testing.T) {
	f, p := paidOrder(t)
	one := tell("TRACK-1", order.ShipmentLine{LineID: "59", Quantity: order.Units(1)})
	for range 3 { // the same parcel again does nothing
		if err := p.Fulfil(t.Context(), "32", one); err != nil {
			t.Fatal(err)
		}
	}
	rest := tell("TRACK-2")
	if err := p.Fulfil(t.Context(), "32", rest); err != nil { // all that is left
		t.Fatal(err)
	}
	o, err := p.Read(t.Context(), "32")
	if err != nil {
		t.Fatal(err)
	}
	s := o.Order.Fulfilments
	if len(s) != 2 || !s[0].Shipped || s[0].Tracking != "TRACK-1" || s[0].Carrier != "DPD" || len(s[1].Lines) != 1 || s[1].Lines[0].Quantity != order.Units(2) {
		t.Errorf("%+v", s)
	}
	if o.Order.Fulfilment != order.Fulfilled || f.asked["AddFulfillment"] != 2 || f.mail != 2 {
		t.Errorf("%s; made %d, moved %d", o.Order.Fulfilment, f.asked["AddFulfillment"], f.mail)
	}
}

// TestFulfilAfterAnyFailure: whatever breaks at whichever request, the parcel is there once in the end.
func TestFulfilAfterAnyFailure(t *testing.T) {
	for _, op := range []string{"Shop", "Orders", "AddFulfillment", "MoveFulfillment"} {
		for _, kind := range allFaults {
			if kind == wrongID {
				continue // there is one order, so there is no other to be sent
			}
			synctest.Test(t, func(t *testing.T) { fulfilTwice(t, op, kind) })
		}
	}
}

func fulfilTwice(t *testing.T, op string, kind fault) {
	f, p := paidOrder(t)
	hits := 0
	f.fault = func(o string) fault {
		if o == op {
			if hits++; hits == 1 {
				return kind
			}
		}
		return fine
	}
	doc := tell("TRACK-1")
	err := p.Fulfil(t.Context(), "32", doc)
	mutation := strings.HasSuffix(op, "Fulfillment")
	switch {
	case err == nil && (mutation || f.mail != 1): // a question may be asked again at once
		t.Errorf("%s, %s: no error", op, kind)
	case err != nil && (errors.Is(err, outbox.ErrRejected) || errors.Is(err, outbox.ErrNotSent) == mutation):
		t.Errorf("%s, %s: %v", op, kind, err)
	}
	if n := f.asked["AddFulfillment"]; n > 1 {
		t.Errorf("%s, %s: sent %d times", op, kind, n)
	}
	if err := p.Fulfil(t.Context(), "32", doc); err != nil {
		t.Errorf("%s, %s: again: %v", op, kind, err)
	}
	o, err := p.Read(t.Context(), "32")
	if err != nil || len(o.Order.Fulfilments) != 1 || !o.Order.Fulfilments[0].Shipped || f.mail != 1 {
		t.Errorf("%s, %s: %v %+v", op, kind, err, o.Order.Fulfilments)
	}
}

func TestFulfilRefused(t *testing.T) {
	line := func(n int64) order.ShipmentLine { return order.ShipmentLine{LineID: "59", Quantity: order.Units(n)} }
	for name, tc := range map[string]struct {
		change func(*fakeStore, *Platform)
		doc    store.TellDoc
		kind   error
		says   string
	}{
		"another parcel has it": {func(f *fakeStore, p *Platform) {
			if err := p.Fulfil(t.Context(), "32", tell("OTHER", line(1))); err != nil {
				t.Fatal(err)
			}
		}, tell("TRACK-1", line(1)), outbox.ErrRejected, "in another one"},
		"a line that is not there": {nil, tell("TRACK-1", order.ShipmentLine{LineID: "7", Quantity: order.Units(1)}), outbox.ErrRejected, "no line 7"},
		"half a piece":             {nil, tell("TRACK-1", order.ShipmentLine{LineID: "59", Quantity: 5000}), outbox.ErrRejected, "whole pieces"},
		"cancelled since": {func(f *fakeStore, _ *Platform) {
			f.change("32", func(o map[string]any) { list(o["lines"])[0]["quantity"] = 0.0 })
		}, tell("TRACK-1", line(1)), outbox.ErrRejected, "cancelled at the store"},
		"may not":         {func(f *fakeStore, _ *Platform) { f.readOnly = true }, tell("TRACK-1", line(1)), outbox.ErrRejected, "UpdateOrder"},
		"no such handler": {func(f *fakeStore, _ *Platform) { f.noHandler = true }, tell("TRACK-1", line(1)), outbox.ErrNotOffered, "manual-fulfillment"},
		"cannot be moved": {func(f *fakeStore, _ *Platform) { f.stuck = true }, tell("TRACK-1", line(1)), outbox.ErrRejected, "Cannot transition"},
	} {
		f, p := paidOrder(t)
		if tc.change != nil {
			tc.change(f, p)
		}
		before := f.mail
		err := p.Fulfil(t.Context(), "32", tc.doc)
		if !errors.Is(err, tc.kind) || !strings.Contains(err.Error(), tc.says) || f.mail != before {
			t.Errorf("%s: %v", name, err)
		}
		if strings.Contains(err.Error(), f.key) {
			t.Errorf("%s: the key is in the error", name)
		}
	}
}

func TestAParcelThatWaitsIsSentOnItsWay(t *testing.T) {
	f, p := paidOrder(t)
	f.stuck = true
	doc := tell("TRACK-1")
	if err := p.Fulfil(t.Context(), "32", doc); !errors.Is(err, outbox.ErrRejected) {
		t.Fatal(err)
	}
	f.stuck = false
	doc.Parcel.Tracking = "track 1" // as people write it
	if err := p.Fulfil(t.Context(), "32", doc); err != nil || f.asked["AddFulfillment"] != 1 || f.mail != 1 {
		t.Errorf("%v; made %d, moved %d", err, f.asked["AddFulfillment"], f.mail)
	}
}

func TestParcelsWithoutANumberAreToldApartByTheirLines(t *testing.T) {
	f, p := paidOrder(t)
	a := tell("", order.ShipmentLine{LineID: "59", Quantity: order.Units(1)})
	b := tell("", order.ShipmentLine{LineID: "60", Quantity: order.Units(2)})
	for _, doc := range []store.TellDoc{a, a, b, b} {
		if err := p.Fulfil(t.Context(), "32", doc); err != nil {
			t.Fatal(err)
		}
	}
	if f.asked["AddFulfillment"] != 2 {
		t.Errorf("made %d", f.asked["AddFulfillment"])
	}
}
