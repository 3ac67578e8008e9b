package demo

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

// actor is a world whose orders have been pulled, with its files in a folder.
func actor(t *testing.T) (*desk, *clock, string) {
	dir, c := t.TempDir(), &clock{now: began}
	k := newDesk(open(dir, DefaultOrders, c))
	k.sync(t)
	return k, c, dir
}

// find is an order, as pulled, that fits, the first by its name.
func (k *desk) find(t *testing.T, fits func(o *order.Order, index int) bool) (outbox.Actor, order.Order) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(k.orders)) {
		o := k.orders[name]
		for _, s := range k.world.shops {
			if i, ok := s.indexOf(o.ExternalID); ok && s.name == o.Store && !k.gone[name] && fits(&o, i) {
				return shopOf(k.world, o.Store).(outbox.Actor), o
			}
		}
	}
	t.Fatal("no order fits")
	return nil, order.Order{}
}

// untouched tells whether nothing has been sent of an order, or done to it.
func untouched(o *order.Order) bool {
	return o.Lifecycle == order.LifecycleOpen && len(o.Fulfilments) == 0 && !o.UnknownStatus && o.Fulfilment == order.Unfulfilled
}

// acted does an act two times, of which the second must be nothing, and pulls the order.
func (k *desk) acted(t *testing.T, c *clock, shop outbox.Actor, o order.Order, a order.Act) order.Order {
	t.Helper()
	for n := range 2 {
		if d, err := shop.Act(t.Context(), o.ExternalID, a); err != nil || d.Already != (n == 1) {
			t.Fatalf("%s of %s, time %d: %+v %v", a.Kind, o.Number, n+1, d, err)
		}
	}
	c.forward(time.Second)
	k.sync(t)
	pulled := k.orders[o.Store+"/"+o.ExternalID]
	read, err := shop.Read(t.Context(), o.ExternalID)
	if err != nil || digest(t, read.Order) != digest(t, pulled) {
		t.Errorf("%s: pulled\n%+v\nread\n%+v\n%v", a.Kind, pulled, read.Order, err)
	}
	return pulled
}

// TestActs does everything that can be done in the demo, sees it in the next pull, and again after a restart.
func TestActs(t *testing.T) {
	k, c, dir := actor(t)
	paid := func(o *order.Order, i int) bool {
		return untouched(o) && o.CustomerPayment == order.PaymentPaid && len(o.Lines) > 1 && !bankRefusesRefund(i) && o.Refund == order.CaseNone
	}
	shop, o := k.find(t, paid)
	o = k.acted(t, c, shop, o, order.Act{Kind: order.ActNote, Key: "k1", Text: "called\x1b[2J"})
	if n := o.Notes[len(o.Notes)-1]; !strings.HasPrefix(n.Text, "called") || strings.Contains(n.Text, "\x1b") || n.Public || n.Kind != "note" {
		t.Errorf("%+v", n)
	}
	o = k.acted(t, c, shop, o, order.Act{Kind: order.ActTags, Key: "k2", Add: []string{"urgent"}, Remove: o.Tags})
	if !slices.Equal(o.Tags, []string{"urgent"}) {
		t.Errorf("%q", o.Tags)
	}
	line := o.Lines[0]
	o = k.acted(t, c, shop, o, order.Act{Kind: order.ActRefund, Key: "k3", Lines: map[string]order.Quantity{line.ExternalID: line.Quantity}, Reason: "broken"})
	if o.Refunded != line.Total || o.CustomerPayment != order.PaymentPartiallyRefunded || o.Lines[0].Refunded != line.Quantity || o.Refunds[0].Reason != "broken" {
		t.Errorf("%+v %s", o.Refunds, o.CustomerPayment)
	}
	o = k.acted(t, c, shop, o, order.Act{Kind: order.ActRefund, Key: "k4"})
	if o.Refunded != o.Paid || o.CustomerPayment != order.PaymentRefunded || o.Refund != order.CasePaid {
		t.Errorf("%+v %s", o.Refunds, o.CustomerPayment)
	}
	if _, err := shop.Act(t.Context(), o.ExternalID, order.Act{Kind: order.ActRefund, Key: "k5"}); !errors.Is(err, outbox.ErrRejected) {
		t.Errorf("more than was paid: %v", err)
	}
	o = k.acted(t, c, shop, o, order.Act{Kind: order.ActCancel, Key: "k6", Reason: "twice the same"})
	if o.Lifecycle != order.LifecycleCancelled || o.CancelReason != "twice the same" || o.Lines[0].Open() != 0 {
		t.Errorf("%+v", o)
	}
	if _, err := shop.Act(t.Context(), o.ExternalID, order.Act{Kind: order.ActReopen, Key: "k7"}); !errors.Is(err, outbox.ErrRejected) {
		t.Errorf("%v", err)
	}
	shop, o2 := k.find(t, func(o *order.Order, i int) bool {
		return untouched(o) && (o.CustomerPayment == order.PaymentAwaitingProof || o.CustomerPayment == order.PaymentPending)
	})
	o2 = k.acted(t, c, shop, o2, order.Act{Kind: order.ActMarkPaid, Key: "k8"})
	if o2.CustomerPayment != order.PaymentPaid || o2.Paid != o2.Total || !o2.Payments[len(o2.Payments)-1].Settled {
		t.Errorf("%+v", o2.Payments)
	}
	shop, o3 := k.find(t, func(o *order.Order, i int) bool {
		return o.Lifecycle == order.LifecycleOpen && o.Fulfilment == order.Fulfilled && len(o.Fulfilments) > 0 && o.Fulfilments[0].Tracking != ""
	})
	o3 = k.acted(t, c, shop, o3, order.Act{Kind: order.ActTracking, Key: "k9", Parcel: order.Parcel{Carrier: "DHL", Tracking: "NEW-1"}})
	if !slices.ContainsFunc(o3.Fulfilments, func(s order.Shipment) bool { return s.Tracking == "NEW-1" && s.Carrier == "DHL" }) {
		t.Errorf("%+v", o3.Fulfilments)
	}
	o3 = k.acted(t, c, shop, o3, order.Act{Kind: order.ActComplete, Key: "k10"})
	if o3.Fulfilment != order.FulfilmentDelivered {
		t.Errorf("%s", o3.Fulfilment)
	}
	o3 = k.acted(t, c, shop, o3, order.Act{Kind: order.ActArchive, Key: "k11"})
	if !o3.IsArchived() {
		t.Errorf("%s", o3.Lifecycle)
	}
	o3 = k.acted(t, c, shop, o3, order.Act{Kind: order.ActReopen, Key: "k12"})
	if o3.IsArchived() {
		t.Errorf("%s", o3.Lifecycle)
	}
	again := newDesk(open(dir, DefaultOrders, c))
	again.sync(t)
	for _, o := range []order.Order{o, o2, o3} {
		if have := again.orders[o.Store+"/"+o.ExternalID]; digest(t, have) != digest(t, o) {
			t.Errorf("after a restart:\n%+v\nbefore:\n%+v", have, o)
		}
	}
}

// TestAnActOnAnOldOrderIsPulled, though nothing happens to an order of that age by itself; at once, and after a long while.
func TestAnActOnAnOldOrderIsPulled(t *testing.T) {
	k, c, dir := actor(t)
	shop, o := k.find(t, func(o *order.Order, _ int) bool {
		return o.CreatedAt.Before(began.Add(-(horizon+30*days)*time.Second)) && o.Lifecycle == order.LifecycleOpen
	})
	k.acted(t, c, shop, o, order.Act{Kind: order.ActTags, Key: "k1", Add: []string{"urgent"}})
	for n, wait := range []time.Duration{time.Second, 10 * time.Minute, 5 * time.Hour} {
		k.world = open(dir, DefaultOrders, c) // another process does it
		text := fmt.Sprint("called ", n)
		if _, err := shopOf(k.world, o.Store).(outbox.Actor).Act(t.Context(), o.ExternalID, order.Act{Kind: order.ActNote, Key: text, Text: text}); err != nil {
			t.Fatal(err)
		}
		k.world = open(dir, DefaultOrders, c)
		c.forward(wait)
		k.sync(t)
		if notes := k.orders[o.Store+"/"+o.ExternalID].Notes; notes[len(notes)-1].Text != text {
			t.Errorf("after %s: %+v", wait, notes)
		}
	}
}

// TestActsThatFail: what a merchant must see once: banks that refuse, and stores that do.
func TestActsThatFail(t *testing.T) {
	k, _, _ := actor(t)
	fails := func(a order.Act, kind error, says string, fits func(o *order.Order, index int) bool) {
		t.Helper()
		shop, o := k.find(t, fits)
		for range 2 { // as often as it is tried
			if _, err := shop.Act(t.Context(), o.ExternalID, a); !errors.Is(err, kind) || !strings.Contains(err.Error(), says) {
				t.Errorf("%s: %v", a.Kind, err)
			}
		}
		if read, err := shop.Read(t.Context(), o.ExternalID); err != nil || digest(t, read.Order) != digest(t, k.orders[o.Store+"/"+o.ExternalID]) {
			t.Errorf("%s changed something: %v", a.Kind, err)
		}
	}
	paid := func(o *order.Order, i int) bool { return o.CustomerPayment == order.PaymentPaid && untouched(o) }
	sent := func(o *order.Order, _ int) bool {
		return o.Fulfilment == order.Fulfilled && o.Lifecycle == order.LifecycleOpen
	}
	fails(order.Act{Kind: order.ActRefund, Key: "k"}, outbox.ErrRejected, "bank", func(o *order.Order, i int) bool { return paid(o, i) && bankRefusesRefund(i) })
	fails(order.Act{Kind: order.ActRefund, Key: "k", Amount: order.New(1<<40, "BRL")}, outbox.ErrRejected, "not given back yet",
		func(o *order.Order, i int) bool { return paid(o, i) && o.Currency == "BRL" })
	fails(order.Act{Kind: order.ActRefund, Key: "k", Amount: order.New(1, "XXX")}, outbox.ErrRejected, "XXX", paid)
	fails(order.Act{Kind: order.ActRefund}, outbox.ErrRejected, "key", paid)
	fails(order.Act{Kind: order.ActRefund, Key: "k", Lines: map[string]order.Quantity{"7-1": 1}}, outbox.ErrRejected, "no line", paid)
	fails(order.Act{Kind: order.ActMarkPaid, Key: "k"}, outbox.ErrDeclined, "expired", func(o *order.Order, i int) bool {
		return o.CustomerPayment == order.PaymentAuthorized && o.Lifecycle == order.LifecycleOpen && bankRefusesCapture(i)
	})
	fails(order.Act{Kind: order.ActCancel, Key: "k"}, outbox.ErrRejected, "left already", sent)
	fails(order.Act{Kind: order.ActComplete, Key: "k"}, outbox.ErrRejected, "sent whole", paid)
	fails(order.Act{Kind: order.ActTracking, Key: "k", Parcel: order.Parcel{Tracking: "T"}}, outbox.ErrRejected, "no parcel", paid)
	fails(order.Act{Kind: order.ActNote, Key: "k"}, outbox.ErrRejected, "empty", paid)
	acts := shopOf(k.world, "aurora").(outbox.Actor).Acts()
	for _, kind := range order.ActKinds {
		why, ok := acts[kind]
		if !ok {
			t.Errorf("nothing is said of %s", kind)
		}
		if why != "" {
			fails(order.Act{Kind: kind, Key: "k"}, outbox.ErrNotOffered, why, paid)
		}
	}
	if _, err := shopOf(k.world, "aurora").(outbox.Actor).Act(t.Context(), "x", order.Act{Kind: order.ActCancel}); !errors.Is(err, outbox.ErrGone) {
		t.Error(err)
	}
}

// TestActsConverge has a merchant do anything to any order at any time between polls, with restarts. What is refunded is
// never more than was paid, and the desk knows in the end what one that asks only then is told.
func TestActsConverge(t *testing.T) {
	dir := t.TempDir()
	n, done := 0, map[order.ActKind]int{}
	t.Cleanup(func() {
		for _, kind := range []order.ActKind{order.ActMarkPaid, order.ActCancel, order.ActRefund, order.ActNote, order.ActTags, order.ActArchive} {
			if done[kind] == 0 {
				t.Errorf("%s was never done", kind)
			}
		}
	})
	rapid.Check(t, func(r *rapid.T) {
		n++
		c := &clock{now: began}
		o := Options{
			Orders: rapid.IntRange(20, 80).Draw(r, "orders"), Seed: rapid.Int64Range(0, 1000).Draw(r, "seed"), Start: began, Clock: c.Now,
			State: filepath.Join(dir, fmt.Sprint(n)),
		}
		k := newDesk(New(o))
		steps := rapid.SliceOfN(rapid.SampledFrom([]time.Duration{time.Second, 20 * time.Second, 3 * time.Minute, time.Hour, 50 * time.Hour}), 1, 5).Draw(r, "steps")
		for s, step := range steps {
			k.sync(r)
			c.forward(step)
			for _, id := range slices.Sorted(maps.Keys(k.orders)) {
				if k.gone[id] || rapid.IntRange(0, 5).Draw(r, "act") > 0 {
					continue
				}
				it := k.orders[id]
				a := order.Act{
					Kind: rapid.SampledFrom(order.ActKinds).Draw(r, "kind"), Key: fmt.Sprint("k", s), Text: "x", Add: []string{"a"}, Parcel: order.Parcel{Tracking: "N" + fmt.Sprint(s)},
				}
				if rapid.Bool().Draw(r, "one line") {
					a.Lines = map[string]order.Quantity{it.Lines[0].ExternalID: it.Lines[0].Quantity}
				}
				d, err := shopOf(k.world, it.Store).(outbox.Actor).Act(r.Context(), it.ExternalID, a)
				if err == nil && !d.Already {
					done[a.Kind]++
				}
			}
			if rapid.IntRange(0, 99).Draw(r, "restart") < 25 {
				k.world = New(o)
			}
		}
		k.compare(r, o, c)
		for id, o := range k.orders {
			if o.Refunded.Minor > o.Paid.Minor && len(o.Refunds) > 0 && strings.Contains(o.Refunds[len(o.Refunds)-1].ExternalID, "-m") {
				r.Fatalf("%s: %v were given back of %v", id, o.Refunded, o.Paid)
			}
			for _, l := range o.Lines {
				if l.Cancelled+l.Refunded > l.Quantity {
					r.Fatalf("%s: %+v", id, l)
				}
			}
		}
	})
}
