package medusa

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// pageServer answers at once, with one recorded order a millisecond after the other.
type pageServer struct {
	order string // all of it behind the id and the date
	n     int
}

func (s *pageServer) page(from int) []byte {
	var out bytes.Buffer
	out.WriteString(`{"orders":[`)
	for i := from; i < min(s.n, from+pageSize); i++ {
		if i > from {
			out.WriteByte(',')
		}
		fmt.Fprintf(&out, `{"id":"order_%026d","updated_at":"%s",%s`, i, stamp(start.Add(time.Duration(i)*time.Millisecond)), s.order)
	}
	fmt.Fprintf(&out, `],"count":%d,"offset":0,"limit":100}`, s.n-from)
	return out.Bytes()
}

func (s *pageServer) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/stores") {
		return reply(200, `{"stores":[{"name":"x","supported_currencies":[{"currency_code":"eur","is_default":true}]}]}`), nil
	}
	from := 0
	if since, err := time.Parse(time.RFC3339, r.URL.Query().Get("updated_at[$gte]")); err == nil {
		from = min(s.n, int(since.Sub(start)/time.Millisecond))
	}
	res := reply(200, "{}")
	res.Body = io.NopCloser(bytes.NewReader(s.page(from)))
	return res, nil
}

// BenchmarkPull is a pull of 10,000 orders from a store that answers at once, beside the bare reading of the same bytes.
func BenchmarkPull(b *testing.B) {
	const n = 10_000
	data, err := os.ReadFile("testdata/order_captured_not_fulfilled.json")
	if err != nil {
		b.Fatal(err)
	}
	var recorded struct {
		Body struct {
			Order map[string]json.RawMessage `json:"order"`
		} `json:"body"`
	}
	if err := json.Unmarshal(data, &recorded); err != nil {
		b.Fatal(err)
	}
	delete(recorded.Body.Order, "id")
	delete(recorded.Body.Order, "updated_at")
	rest, err := json.Marshal(recorded.Body.Order)
	if err != nil {
		b.Fatal(err)
	}
	s := &pageServer{order: string(rest[1:]), n: n}
	var bare float64 // of one reading
	b.Run("decode", func(b *testing.B) {
		for b.Loop() {
			for from := 0; from < n; from += pageSize {
				var page answer
				if err := json.Unmarshal(s.page(from), &page); err != nil {
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
