package jumpseller

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/internal/pulltest"
)

// BenchmarkPull is a first pull of 10,000 orders beside its floor, from a store that sets no limits.
func BenchmarkPull(b *testing.B) {
	f := newFake(b)
	f.now = func() time.Time { return start }
	n := pulltest.Orders()
	for i := range n {
		f.add(start.Add(-time.Duration(n-i)*time.Hour), nil)
	}
	pulltest.Pull(b, pulltest.Store{
		Platform: "jumpseller", Orders: n, Fake: f,
		Connect: func(to http.RoundTripper) (sync.Platform, error) {
			p, err := New(Options{Key: fakeKey, Transport: to, Clock: f.now})
			if err == nil {
				p.limit.SetLimit(rate.Inf)
			}
			return p, err
		},
		Read: func(body []byte) error {
			if body[0] != '[' {
				return nil
			}
			var raws []json.RawMessage
			if err := json.Unmarshal(body, &raws); err != nil {
				return err
			}
			for _, raw := range raws {
				if err := json.Unmarshal(raw, &wrapped{}); err != nil {
					return err
				}
			}
			return nil
		},
	})
}
