package woocommerce

import (
	"bytes"
	"encoding/json"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/store"
)

// pageServer answers at once, from pages that are ready.
type pageServer struct {
	*fake
	pages [][]byte
	total int
}

func (s *pageServer) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(r.URL.Path, "/orders") {
		return s.fake.RoundTrip(r)
	}
	offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
	h := http.Header{"X-Wp-Total": {strconv.Itoa(s.total)}}
	return answer(200, string(s.pages[min(offset/(pageSize-1), len(s.pages)-1)]), h), nil
}

// BenchmarkPull reads 10,000 orders from a store that answers at once into a database, beside the mere decoding of the same
// bytes and the bare loop that writes the same orders.
func BenchmarkPull(b *testing.B) {
	const orders = 10_000
	f := newFake(b)
	for i := range orders {
		f.add(start.Add(-time.Duration(i)*time.Hour), nil)
	}
	served := &pageServer{fake: f, total: orders}
	for offset := 0; offset < orders; offset += pageSize - 1 {
		all := make([]any, 0, pageSize)
		for id := f.next - offset; id > f.next-min(offset+pageSize, orders); id-- {
			all = append(all, f.orders[id])
		}
		data, err := json.Marshal(all)
		if err != nil {
			b.Fatal(err)
		}
		served.pages = append(served.pages, data)
	}
	var pulled, bare time.Duration
	var ready [][]store.Pulled
	for b.Loop() {
		b.StopTimer()
		ready = ready[:0]
		db := openStore(b)
		p := f.platform(func(o *Options) { o.Transport = served })
		began := time.Now()
		b.StartTimer()
		n := 0
		var cursor []byte
		for more := true; more; {
			batch, err := p.Pull(b.Context(), streamOrders, cursor, newDesk())
			if err != nil {
				b.Fatal(err)
			}
			n += len(batch.Orders)
			ready = append(ready, batch.Orders)
			cursor, more = batch.Cursor, batch.More
			write(b, db, batch.Orders)
		}
		b.StopTimer()
		pulled += time.Since(began)
		if n != orders {
			b.Fatal(n)
		}
		db = openStore(b)
		began = time.Now()
		for i, page := range served.pages {
			var raws []json.RawMessage
			if err := json.NewDecoder(bytes.NewReader(page)).Decode(&raws); err != nil {
				b.Fatal(err)
			}
			for _, raw := range raws {
				if err := json.Unmarshal(raw, &fields{}); err != nil {
					b.Fatal(err)
				}
			}
			write(b, db, ready[i])
		}
		bare += time.Since(began)
		b.StartTimer()
	}
	b.ReportMetric(float64(pulled)/float64(bare), "×floor")
	b.ReportMetric(orders*float64(b.N)/pulled.Seconds(), "orders/s")
}

func openStore(b *testing.B) *store.DB {
	b.Helper()
	db, err := store.Open(b.Context(), store.Options{Path: filepath.Join(b.TempDir(), "orders.db")})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := db.Close(); err != nil {
			b.Error(err)
		}
	})
	if err := db.PutShop(b.Context(), store.Shop{Name: "shop", Platform: "woocommerce", Title: "Shop", Currency: "EUR"}); err != nil {
		b.Fatal(err)
	}
	return db
}

func write(b *testing.B, db *store.DB, orders []store.Pulled) {
	b.Helper()
	for i := range orders {
		orders[i].Order.Store = "shop"
	}
	if _, err := db.Apply(b.Context(), store.Page{Shop: "shop", Stream: streamOrders, Orders: orders}); err != nil {
		b.Fatal(err)
	}
}
