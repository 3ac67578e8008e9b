package medusa

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/internal/pulltest"
)

// BenchmarkPull is a first pull of 10,000 orders beside its floor.
func BenchmarkPull(b *testing.B) {
	f := newFake(b)
	n := pulltest.Orders()
	now := start.Add(time.Duration(n) * time.Hour)
	f.now = func() time.Time { return now }
	for i := range n {
		f.add(start.Add(time.Duration(i)*time.Hour), nil)
	}
	pulltest.Pull(b, pulltest.Store{
		Platform: "medusa", Orders: n, Fake: f,
		Connect: func(to http.RoundTripper) (sync.Platform, error) {
			return New(Options{URL: "https://shop.example", Key: fakeKey, Transport: to, Clock: f.now})
		},
		Read: func(body []byte) error {
			var page answer
			if err := json.Unmarshal(body, &page); err != nil {
				return err
			}
			for _, raw := range append(page.Orders, page.Drafts...) {
				if err := json.Unmarshal(raw, &fields{}); err != nil {
					return err
				}
			}
			return nil
		},
	})
}
