package vendure

import (
	"fmt"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/sync/vendure/admin"
)

// BenchmarkNormalize is what one recorded order costs.
func BenchmarkNormalize(b *testing.B) {
	s := testShop(b)
	ids, orders := recorded(b)
	all := make([]*admin.OrderFields, len(ids))
	for i, id := range ids {
		all[i] = orders[id]
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		normalize(all[i%len(all)], s)
	}
}

// BenchmarkFirstSync is a first sync of 500 orders from a store that answers at once, into a real database.
func BenchmarkFirstSync(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		f, db := newFakeStore(b), openStore(b)
		for i := range 500 {
			f.add("1", fmt.Sprint(i+1), time.Now().Add(-time.Duration(i)*time.Minute))
		}
		s := service(db, f.platform(fullPage))
		b.StartTimer()
		reports, err := s.Sync(b.Context(), nil)
		if err != nil || reports[0].Counts.New != 500 {
			b.Fatalf("%+v, %v", reports, err)
		}
	}
	b.ReportMetric(float64(500*b.N)/b.Elapsed().Seconds(), "orders/s")
}
