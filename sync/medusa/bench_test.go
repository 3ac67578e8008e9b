package medusa

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// pageServer answers at once, from orders that are written already, a millisecond apart.
type pageServer struct{ orders []string }

func (s *pageServer) page(from int) string {
	to := min(len(s.orders), from+pageSize)
	return `{"orders":[` + strings.Join(s.orders[from:to], ",") + `],"count":` + strconv.Itoa(len(s.orders)-from) + `,"offset":0,"limit":100}`
}

func (s *pageServer) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/stores") {
		return reply(200, `{"stores":[{"name":"x","supported_currencies":[{"currency_code":"eur","is_default":true}]}]}`), nil
	}
	from := 0
	if since, err := time.Parse(time.RFC3339, r.URL.Query().Get("updated_at[$gte]")); err == nil {
		from = min(len(s.orders), int(since.Sub(start)/time.Millisecond))
	}
	return reply(200, s.page(from)), nil
}

// BenchmarkPull is a pull of 10,000 orders from a store that answers at once, beside the bare reading of the same bytes.
func BenchmarkPull(b *testing.B) {
	const n = 10_000
	f := newFake(b)
	s := &pageServer{}
	for i := range n {
		o := f.orders[f.add(start.Add(time.Duration(i)*time.Millisecond), nil)]
		data, err := json.Marshal(f.shown(o, asked))
		if err != nil {
			b.Fatal(err)
		}
		s.orders = append(s.orders, string(data))
	}
	var bare float64 // of one reading
	b.Run("decode", func(b *testing.B) {
		for b.Loop() {
			for from := 0; from < n; from += pageSize {
				var page answer
				if err := json.Unmarshal([]byte(s.page(from)), &page); err != nil {
					b.Fatal(err)
				}
				for _, raw := range page.Orders {
					var v fields
					if err := json.Unmarshal(raw, &v); err != nil {
						b.Fatal(err)
					}
				}
			}
		}
		bare = b.Elapsed().Seconds() / float64(b.N)
	})
	b.Run("pull", func(b *testing.B) {
		for b.Loop() {
			p, err := New(Options{URL: "https://shop.example", Key: fakeKey, Transport: s, Clock: func() time.Time { return start.Add(time.Hour) }})
			if err != nil {
				b.Fatal(err)
			}
			var cursor []byte
			got := 0
			for more := true; more; {
				batch, err := p.Pull(b.Context(), streamOrders, cursor, nil)
				if err != nil {
					b.Fatal(err)
				}
				got += len(batch.Orders)
				cursor, more = batch.Cursor, batch.More
			}
			if got != n {
				b.Fatal(got)
			}
		}
		if bare > 0 {
			b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/bare, "ratio")
		}
	})
}
