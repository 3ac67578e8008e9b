package store

import (
	"testing"
	"time"
)

// TestTidy writes many small pages and wants their segments of the search index merged soon after.
func TestTidy(t *testing.T) {
	d := fresh(t)
	for n := range 12 {
		apply(t, d, "aurora", simple("aurora", n+1))
	}
	segments := func() (n int) {
		t.Helper()
		if err := d.one(t.Context(), `SELECT count(DISTINCT segid) FROM fts_idx`, nil, &n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	deadline := time.Now().Add(20 * time.Second)
	for segments() > 5 {
		if time.Now().After(deadline) {
			t.Fatalf("%d segments are left", segments())
		}
		time.Sleep(idleFor / 3)
	}
	if got := search(t, d, "linen"); len(got) != 12 {
		t.Errorf("%d orders are found", len(got))
	}
	healthy(t, d)
}
