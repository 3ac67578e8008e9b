package order_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/ordertest"
)

// through sends a value through JSON and back.
func through[T any](t *rapid.T, v T) T {
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var back T
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	return back
}

func TestJSONRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := ordertest.Order(t)
		if back := through(t, o); !reflect.DeepEqual(back, o) {
			t.Fatalf("an order comes back otherwise:\n%+v\n%+v", o, back)
		}
		f := ordertest.Facts(t, &o)
		if back := through(t, f.Placements); !reflect.DeepEqual(back, f.Placements) {
			t.Fatalf("placements come back otherwise:\n%+v\n%+v", f.Placements, back)
		}
		if back := through(t, f.Links); !reflect.DeepEqual(back, f.Links) {
			t.Fatalf("links come back otherwise:\n%+v\n%+v", f.Links, back)
		}
		s := order.Derive(&o, f)
		if back := through(t, s); !reflect.DeepEqual(back, s) {
			t.Fatalf("a state comes back otherwise:\n%+v\n%+v", s, back)
		}
	})
}

// TestDeriveIsPure checks that a state depends on its arguments alone and changes none of them.
func TestDeriveIsPure(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := ordertest.Order(t)
		f := ordertest.Facts(t, &o)
		o2, p2 := through(t, o), through(t, f.Placements)
		a := order.Derive(&o, f)
		for _, e := range order.Events {
			order.Can(&o, a, f, e)
		}
		order.Why(&o, a, f)
		if b := order.Derive(&o, f); !reflect.DeepEqual(a, b) {
			t.Fatalf("derived twice:\n%+v\n%+v", a, b)
		}
		if !reflect.DeepEqual(o, o2) || !reflect.DeepEqual(f.Placements, p2) {
			t.Fatal("deriving changed what it was derived from")
		}
		lines := 0
		for _, g := range a.Groups {
			lines += len(g.Lines)
		}
		open := 0
		for _, l := range o.Lines {
			if l.Open() > 0 {
				open++
			}
		}
		if lines != open {
			t.Fatalf("%d open lines, but %d in groups", open, lines)
		}
		if a.Partly && (a.Stage == order.StageShipped || a.Stage == order.StageCancelled) {
			t.Fatalf("partly %s", a.Stage)
		}
	})
}
