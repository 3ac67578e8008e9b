package prooftest

import (
	"os"
	"strconv"
	"testing"
	"time"
)

// BenchmarkPlacing buys orders at a house that takes its time to answer, and reports how much longer that takes than the
// answers alone: everything else is ours. BENCH_ORDERS and BENCH_ANSWER change 100 orders and 50 ms.
func BenchmarkPlacing(b *testing.B) {
	n, slow := 100, 50*time.Millisecond
	if text := os.Getenv("BENCH_ORDERS"); text != "" {
		n, _ = strconv.Atoi(text)
	}
	if text := os.Getenv("BENCH_ANSWER"); text != "" {
		slow, _ = time.ParseDuration(text)
	}
	for b.Loop() {
		b.StopTimer()
		h := &house{}
		x := begin(b, h, n, caps())
		x.buy()
		h.mu.Lock()
		h.Slow = slow
		before := h.calls
		h.mu.Unlock()
		b.StartTimer()
		began := time.Now()
		if _, err := x.w.Step(b.Context()); err != nil {
			b.Fatal(err)
		}
		took := time.Since(began)
		calls := h.calls - before
		x.check()
		b.ReportMetric(took.Seconds()/(float64(calls)*slow.Seconds()), "ratio")
		b.ReportMetric(float64(calls)/float64(n), "calls/order")
		b.ReportMetric(float64(n)/took.Seconds(), "orders/s")
	}
}
