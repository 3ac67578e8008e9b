package demo

import (
	"context"
	gosync "sync"
	"sync/atomic"
	"testing"
	"time"
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
