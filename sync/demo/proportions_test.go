package demo

import (
	"maps"
	"slices"
	"testing"
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
