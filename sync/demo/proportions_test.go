package demo

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
)

func TestProportions(t *testing.T) {
	w, c := world(DefaultOrders, 1)
	k := newDesk(w)
	k.sync(t)
	n := k.tally(c.now)
	for _, key := range slices.Sorted(maps.Keys(n)) {
		t.Logf("%6d  %s", n[key], key)
	}
	for key, want := range map[string][2]int{
		"stage shipped": {4200, 4800}, "stage awaiting": {8, 70}, "stage to_ship": {8, 60}, "stage quoting": {8, 60}, "stage unpaid": {18, 90},
		"stage pending": {2, 15}, "stage placed": {5, 60}, "stage processing": {25, 150}, "stage cancelled": {80, 450},
		"exception total_mismatch": {2, 12}, "exception loss": {1, 10}, "currency BRL": {2000, 3100}, "currency PLN": {900, 1800},
	} {
		if n[key] < want[0] || n[key] > want[1] {
			t.Errorf("%s: %d orders, want %d to %d", key, n[key], want[0], want[1])
		}
	}
}

// TestExceptionsAreMeant makes sure that nothing contradicts itself by accident: every exception belongs to a fate that
// is there to show it.
func TestExceptionsAreMeant(t *testing.T) {
	meant := map[order.ExceptionCode][]fate{
		order.ExceptionShippedUnpaid: {shippedUnpaid}, order.ExceptionCancelledMoving: {cancelledMoving},
		order.ExceptionRefundedMoving: {refundedMoving}, order.ExceptionChargeback: {charged}, order.ExceptionPlacementFailed: {failing},
		order.ExceptionStoreNotTold: {untold}, order.ExceptionNoTracking: {untracked}, order.ExceptionTotalMismatch: {miscounted, duplicate},
		order.ExceptionLoss: {lossy}, order.ExceptionAddress: {homeless}, order.ExceptionUnknownStatus: {strange},
		order.ExceptionMissingUpstream: {vanished},
	}
	for seed := range int64(3) {
		w, c := world(DefaultOrders, seed)
		k := newDesk(w)
		k.sync(t)
		c.forward(37 * time.Hour)
		k.sync(t)
		fates := map[string]fate{}
		for _, s := range w.shops {
			for i := range s.seen().known() {
				fates[s.name+"/"+s.externalID(i)] = s.fateOf(i)
			}
		}
		for id, state := range k.derive(c.now) {
			for _, e := range state.Active(c.now) {
				if list := meant[e.Code]; list != nil && !slices.Contains(list, fates[id]) {
					t.Errorf("seed %d: %s (fate %d): %s: %s", seed, id, fates[id], e.Code, e.Text)
				}
			}
		}
	}
}
