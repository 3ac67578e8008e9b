package outbox

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/orderdeck/orderdeck/store/order"
)

// TestTracked looks at a paid order from its supplier's side.
func TestTracked(t *testing.T) {
	box := func(n string) []order.Parcel { return []order.Parcel{{Tracking: n}} }
	bill := order.New(250, "USD")
	was := order.Placement{SupplierNo: "S1", State: order.PlacementPlaced, Reason: "old"}
	split := Order{Number: "S1", State: order.PlacementProcessing, Paid: PaidYes, Split: []string{"S2", "S3"}}
	for _, tc := range []struct {
		name    string
		seen    []Order
		state   order.PlacementState
		says    string
		parcels int
	}{
		{"nothing new", []Order{{Number: "S1", State: order.PlacementPlaced, Paid: PaidYes}}, order.PlacementPlaced, "", 0},
		{"on its way", []Order{{Number: "S1", State: order.PlacementShipped, Parcels: box("A")}}, order.PlacementShipped, "", 1},
		{"not listed", []Order{{Number: "S9"}}, order.PlacementPlaced, "no longer lists", 0},
		{"behind what it said before", []Order{{Number: "S1", State: order.PlacementPending, Paid: PaidNo}}, order.PlacementPlaced, "", 0},
		{"a word of its own", []Order{{Number: "S1", RawState: "LIMBO"}}, order.PlacementPlaced, "“LIMBO”", 0},
		{"held", []Order{{Number: "S1", State: order.PlacementProcessing, Reason: "customs"}}, order.PlacementProcessing, "customs", 0},
		{"an extra bill", []Order{{Number: "S1", State: order.PlacementProcessing, ExtraBill: &bill}}, order.PlacementProcessing, "USD 2.50", 0},
		{"cancelled", []Order{{Number: "S1", State: order.PlacementCancelled, Reason: "sold out"}}, order.PlacementCancelled, "sold out", 0},
		{"split, one part gone", []Order{split, {Number: "S2", State: order.PlacementShipped, Parcels: box("A")}, {Number: "S3", State: order.PlacementProcessing}}, order.PlacementProcessing, "", 1},
		{"split, all gone", []Order{split, {Number: "S2", State: order.PlacementShipped, Parcels: box("A")}, {Number: "S3", State: order.PlacementShipped, Parcels: box("B")}}, order.PlacementShipped, "", 2},
		{"split, one part cancelled", []Order{split, {Number: "S2", State: order.PlacementShipped}, {Number: "S3", State: order.PlacementCancelled}}, order.PlacementShipped, "S3 was cancelled", 0},
		{"split, all cancelled", []Order{split, {Number: "S2", State: order.PlacementCancelled}, {Number: "S3", State: order.PlacementCancelled}}, order.PlacementCancelled, "", 0},
		{"split, with words of its own", []Order{split, {Number: "S2", RawState: "LIMBO"}, {Number: "S3", RawState: "LIMBO"}}, order.PlacementPlaced, "LIMBO", 0},
	} {
		p := tracked(was, tc.seen, time.Minute, begin)
		if p.State != tc.state || !strings.Contains(p.Reason, tc.says) || tc.says == "" && tc.state != order.PlacementCancelled && p.Reason != "" || len(p.Parcels) != tc.parcels {
			t.Errorf("%s: %s (%s), %d parcels", tc.name, p.State, p.Reason, len(p.Parcels))
		}
		if (p.State == order.PlacementShipped) != p.ShippedAt.Equal(begin) {
			t.Errorf("%s: shipped at %v", tc.name, p.ShippedAt)
		}
	}
}

// TestNotListedYet does not raise an alarm for an order that was paid a moment ago.
func TestNotListedYet(t *testing.T) {
	p := order.Placement{SupplierNo: "S1", State: order.PlacementPlaced, PlacedAt: begin.Add(-30 * time.Second)}
	if got := tracked(p, nil, time.Minute, begin); got.Reason != "" {
		t.Errorf("after half a minute: %s", got.Reason)
	}
	if got := tracked(p, nil, time.Minute, begin.Add(time.Hour)); got.Reason == "" {
		t.Error("nobody is told that it is missing")
	}
}

// TestTrackedNeverGoesBack draws what suppliers may say: only a cancellation takes anything back, and it must have been said.
func TestTrackedNeverGoesBack(t *testing.T) {
	states := append([]order.PlacementState{""}, order.PlacementStates...)
	rank := func(s order.PlacementState) int {
		for i, x := range order.PlacementStates {
			if x == s {
				return i
			}
		}
		return -1
	}
	rapid.Check(t, func(t *rapid.T) {
		was := order.Placement{SupplierNo: "S0", State: rapid.SampledFrom(order.PlacementStates[:5]).Draw(t, "was")}
		var seen []Order
		said := false
		for i := range rapid.IntRange(0, 3).Draw(t, "orders") {
			o := there(rapid.SampledFrom(states).Draw(t, "state"), rapid.SampledFrom([]Paid{PaidYes, PaidNo, PaidUnknown}).Draw(t, "paid"), 10)
			o.Number = "S" + string(rune('0'+i))
			if i == 0 && rapid.Bool().Draw(t, "split") {
				o.Split = []string{"S1", "S2"}
			}
			said = said || o.State == order.PlacementCancelled
			seen = append(seen, o)
		}
		p := tracked(was, seen, time.Minute, begin)
		switch {
		case p.State == order.PlacementCancelled:
			if !said {
				t.Fatalf("cancelled by %+v", seen)
			}
		case rank(p.State) < rank(was.State):
			t.Fatalf("from %s back to %s by %+v", was.State, p.State, seen)
		case !was.State.Paid() && p.State.Paid() && (len(seen) == 0 || seen[0].Paid != PaidYes):
			t.Fatalf("paid by %+v", seen)
		}
	})
}
