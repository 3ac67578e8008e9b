package demo

import (
	"context"
	"testing"
	"time"
)

// BenchmarkOrders is how fast the platform makes orders: a target of 50,000 a second on one core.
func BenchmarkOrders(b *testing.B) {
	w, _ := world(1_000_000, 1)
	src := w.Sources()[0].Platform
	var cursor []byte
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		page, err := src.Pull(context.Background(), streamOrders, cursor, nil)
		if err != nil {
			b.Fatal(err)
		}
		if cursor = page.Cursor; !page.More {
			cursor = nil
		}
		n += len(page.Orders)
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "orders/s")
}

// BenchmarkPlacements is how fast a supplier makes its first report.
func BenchmarkPlacements(b *testing.B) {
	w, _ := world(1_000_000, 1)
	s := w.Suppliers()[minas]
	var cursor []byte
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		page, err := s.Pull(context.Background(), streamPlacements, cursor)
		if err != nil {
			b.Fatal(err)
		}
		if cursor = page.Cursor; !page.More {
			cursor = nil
		}
		n += len(page.Placements)
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "placements/s")
}

// BenchmarkPlan is what looking at one order costs when asking what changes.
func BenchmarkPlan(b *testing.B) {
	w, _ := world(1_000_000, 1)
	v := w.shops[0].seen()
	var p plan
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		v.plan(&p, i%v.orders)
		i += 7
	}
}

// BenchmarkPoll is one sync of everything, ten seconds after the last, in a world of a million orders.
func BenchmarkPoll(b *testing.B) {
	w, c := world(1_000_000, 1)
	cursors := map[string][]byte{}
	for _, src := range w.Sources() { // what the first orders were is told already
		cursors[src.Shop.Name+streamOrders] = encode(importCursor{Next: w.shops[0].orders, Done: true})
	}
	known := [2]int{w.shops[0].orders, w.shops[1].orders}
	for _, s := range w.Suppliers() {
		cursors[s.Name()+streamPlacements] = encode(reportCursor{Since: began.Unix(), Known: known})
	}
	for b.Loop() {
		c.forward(10 * time.Second)
		for _, s := range w.Suppliers() {
			page, err := s.Pull(context.Background(), streamPlacements, cursors[s.Name()+streamPlacements])
			if err != nil {
				b.Fatal(err)
			}
			cursors[s.Name()+streamPlacements] = page.Cursor
		}
		for _, src := range w.Sources() {
			for _, stream := range src.Platform.Streams() {
				page, err := src.Platform.Pull(context.Background(), stream, cursors[src.Shop.Name+stream], nil)
				if err != nil {
					b.Fatal(err)
				}
				cursors[src.Shop.Name+stream] = page.Cursor
			}
		}
	}
}
