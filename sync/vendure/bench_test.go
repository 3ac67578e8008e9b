package vendure

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/internal/pulltest"
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

// BenchmarkPull is a first pull of 10,000 orders beside its floor.
func BenchmarkPull(b *testing.B) {
	f := newFakeStore(b)
	n := pulltest.Orders()
	now := time.Now()
	f.fill(n, time.Hour, 1)
	pulltest.Pull(b, pulltest.Store{
		Platform: "vendure", Orders: n, Fake: f,
		Connect: func(to http.RoundTripper) (sync.Platform, error) {
			return New(Options{URL: "https://shop.example", Key: f.key, Transport: to, Clock: func() time.Time { return now }})
		},
		Read: func(body []byte) error {
			var in struct {
				Data struct {
					Orders struct {
						Items []json.RawMessage `json:"items"`
					} `json:"orders"`
				} `json:"data"`
			}
			if err := json.Unmarshal(body, &in); err != nil {
				return err
			}
			for _, raw := range in.Data.Orders.Items {
				if err := json.Unmarshal(raw, &admin.OrderFields{}); err != nil {
					return err
				}
			}
			return nil
		},
	})
}
