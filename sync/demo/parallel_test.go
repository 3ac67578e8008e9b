package demo

import (
	"context"
	"errors"
	gosync "sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

// TestSideBySide asks all shops and suppliers at once, as the engine does; the race detector watches.
func TestSideBySide(t *testing.T) {
	var seconds atomic.Int64
	w := New(Options{Orders: 600, Seed: 1, Start: began, Clock: func() time.Time {
		return began.Add(time.Duration(seconds.Add(1)) * time.Minute)
	}})
	var all gosync.WaitGroup
	for _, s := range w.Suppliers() {
		all.Go(func() {
			var cursor []byte
			for range 200 {
				b, err := s.Pull(context.Background(), streamPlacements, cursor)
				if err != nil {
					t.Error(err)
					return
				}
				cursor = b.Cursor
			}
		})
	}
	for _, src := range w.Sources() {
		all.Go(func() {
			shop, s := src.Platform.(outbox.Shop), src.Platform.(*platform).shop
			for i := range 100 {
				id := s.externalID(s.orders - 1 - i)
				got, err := shop.Read(context.Background(), id)
				if errors.Is(err, outbox.ErrGone) {
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				l := got.Order.Lines[0]
				_ = shop.Fulfil(context.Background(), id, store.TellDoc{ // much of it has been sent already
					Parcel: order.Parcel{Tracking: "T" + id}, Lines: []order.ShipmentLine{{LineID: l.ExternalID, Quantity: l.Open()}},
				})
			}
		})
		all.Go(func() {
			cursors := map[string][]byte{}
			for range 100 {
				for _, stream := range src.Platform.Streams() {
					b, err := src.Platform.Pull(context.Background(), stream, cursors[stream], nil)
					if err != nil {
						t.Error(err)
						return
					}
					cursors[stream] = b.Cursor
				}
			}
		})
	}
	all.Wait()
}
