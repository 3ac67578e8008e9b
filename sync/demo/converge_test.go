package demo

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/orderdeck/orderdeck/store/order"
)

// TestPollsConverge lets time pass in steps of any size, with requests that are lost and restarts in between. Whatever
// the steps, nothing is told twice (desk.sync checks it), and in the end the desk knows what one that asks only then is
// told.
func TestPollsConverge(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		o := Options{Orders: rapid.IntRange(1, 120).Draw(r, "orders"), Seed: rapid.Int64Range(0, 1000).Draw(r, "seed"), Start: began}
		c := &clock{now: began.Add(time.Duration(rapid.IntRange(0, 90_000).Draw(r, "late")) * time.Second)}
		o.Clock = c.Now
		k := newDesk(New(o))
		dice := rapid.IntRange(0, 99)
		k.before = func() bool {
			if dice.Draw(r, "pause") < 20 {
				c.forward(time.Duration(rapid.IntRange(1, 40).Draw(r, "seconds")) * time.Second)
			}
			return dice.Draw(r, "lost") < 10
		}
		steps := rapid.SliceOfN(rapid.SampledFrom([]time.Duration{
			time.Second, 10 * time.Second, 47 * time.Second, 5 * time.Minute, 14 * time.Minute, time.Hour, 3 * time.Hour, 26 * time.Hour,
			9 * 24 * time.Hour, 45 * 24 * time.Hour,
		}), 1, 5).Draw(r, "steps")
		for _, step := range steps {
			k.sync(r)
			c.forward(step)
			if dice.Draw(r, "restart") < 25 {
				k.world = New(o)
			}
		}
		k.before = nil
		k.compare(r, o, c)
	})
}

// compare lets the desk catch up, and compares it with one that asks only now.
func (k *desk) compare(t tester, o Options, c *clock) {
	t.Helper()
	for quiet := 0; quiet < 2; { // suppliers hear of an order when the desk has kept it
		if k.sync(t); k.moved == 0 {
			quiet++
		}
	}
	fresh := newDesk(New(o))
	for _, src := range fresh.world.Sources() {
		// A desk that asks only now has to be told when somebody was watching.
		name := src.Shop.Name + "/" + streamArrivals
		fresh.cursors[name] = k.cursors[name]
		fresh.pull(t, src, streamOrders)
		fresh.pull(t, src, streamArrivals)
	}
	for _, s := range fresh.world.Suppliers() {
		fresh.syncSupplier(t, s)
	}
	for i, shop := range fresh.world.shops {
		v := shop.seen()
		for n := v.orders; n < v.known(); n++ {
			var p plan
			v.plan(&p, n)
			fresh.orders[shop.name+"/"+shop.externalID(n)] = p.order(c.now.Unix())
			if p.vanished <= c.now.Unix() {
				fresh.gone[shop.name+"/"+shop.externalID(n)] = true
			}
		}
		if known := k.world.shops[i].seen().known(); known != v.known() {
			t.Fatalf("%s has %d orders, and %d for who asks now", shop.name, known, v.known())
		}
	}
	same(t, "orders", k.orders, fresh.orders, k.gone)
	same(t, "placements", k.placements, fresh.placements, nil)
	if !maps.Equal(k.gone, fresh.gone) {
		t.Fatalf("gone: %v, and for who asks now %v", k.gone, fresh.gone)
	}
	for id, n := range k.times {
		if n != 1 {
			t.Fatalf("%s was given %d times", id, n)
		}
	}
}

// TestEverySecond polls in the very seconds in which things happen.
func TestEverySecond(t *testing.T) {
	c := &clock{now: began}
	o := Options{Orders: 2000, Seed: 8, Clock: c.Now, Start: began}
	k := newDesk(New(o))
	k.sync(t)
	changes := 0
	for range 20 * 60 {
		c.forward(time.Second)
		k.sync(t)
		changes += k.moved
	}
	if changes < 60 {
		t.Errorf("%d changes in twenty minutes, want more", changes)
	}
	k.compare(t, o, c)
}

// same compares what two desks know; orders that are gone may have been seen earlier or later.
func same[T any](t tester, what string, got, want map[string]T, except map[string]bool) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d %s, and %d for who asks now", len(got), what, len(want))
	}
	for _, id := range slices.Sorted(maps.Keys(want)) {
		if except[id] {
			continue
		}
		if a, b := digest(t, got[id]), digest(t, want[id]); a != b {
			t.Fatalf("%s %s:\n%s\nand for who asks now\n%s", what, id, a, b)
		}
	}
}

// TestSomethingHappens watches for half an hour: orders come, parcels leave, Pix payments arrive.
func TestSomethingHappens(t *testing.T) {
	w, c := world(DefaultOrders, 3)
	k := newDesk(w)
	k.sync(t)
	shipped := func() (n int) {
		for _, p := range k.placements {
			if p.State == order.PlacementShipped || p.State == order.PlacementDelivered {
				n++
			}
		}
		return n
	}
	orders, parcels, quiet := len(k.orders), shipped(), 0
	var last time.Time
	for range 180 {
		c.forward(10 * time.Second)
		before := len(k.orders)
		k.sync(t)
		if len(k.orders) > before {
			if !last.IsZero() && c.now.Sub(last) > 50*time.Second {
				t.Errorf("no order came for %s", c.now.Sub(last))
			}
			last = c.now
		}
		if k.moved == 0 {
			quiet++
		}
	}
	if n := len(k.orders) - orders; n < 45 || n > 90 {
		t.Errorf("%d orders came in half an hour, want one every 20 to 40 seconds", n)
	}
	if n := shipped() - parcels; n < 15 || n > 60 {
		t.Errorf("%d parcels left in half an hour, want about one a minute", n)
	}
	bought := 0
	for _, p := range k.placements {
		if o, ok := k.orders[p.Store+"/"+p.ExternalID]; ok && o.CreatedAt.After(began) {
			bought++
		}
	}
	if bought < 10 {
		t.Errorf("%d of the new orders went to suppliers, want more", bought)
	}
	if quiet > 90 {
		t.Errorf("nothing happened in %d of 180 polls", quiet)
	}
}

// TestGap opens the world again after it was closed for a while.
func TestGap(t *testing.T) {
	for _, tt := range []struct {
		orders    int
		away      time.Duration
		low, high int
	}{
		{DefaultOrders, time.Minute, 1, 4},
		{DefaultOrders, 3 * 24 * time.Hour, 30, 140},
		{DefaultOrders, 300 * 24 * time.Hour, 400, 402},
		{1_000_000, 24 * time.Hour, 400, 402},
		{1, 24 * time.Hour, 0, 2},
	} {
		w, c := world(tt.orders, 1)
		k := newDesk(w)
		for _, src := range w.Sources() {
			k.pull(t, src, streamArrivals)
		}
		c.forward(30 * time.Second)
		for _, src := range w.Sources() {
			k.pull(t, src, streamArrivals)
		}
		before := len(k.orders)
		c.forward(tt.away)
		w = New(Options{Orders: tt.orders, Seed: 1, Clock: c.Now, Start: began}) // as after a restart
		for _, src := range w.Sources() {
			k.pull(t, src, streamArrivals)
		}
		if n := len(k.orders) - before; n < tt.low || n > tt.high {
			t.Errorf("%d orders, away for %s: %d came, want %d to %d", tt.orders, tt.away, n, tt.low, tt.high)
		}
	}
}

// TestCancelledContext ends a long scan at once.
func TestCancelledContext(t *testing.T) {
	w, _ := world(100_000, 1)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := w.Suppliers()[0].Pull(ctx, streamPlacements, nil); err == nil {
		t.Error("a cancelled report was answered")
	}
	if _, err := w.Sources()[0].Platform.Pull(ctx, streamOrders, nil, nil); err == nil {
		t.Error("a cancelled import was answered")
	}
}
