package shopify

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/sync/shopify/admin"
)

// TestOverALoopbackAddress: a stand-in on this machine is talked to over http.
func TestOverALoopbackAddress(t *testing.T) {
	f := newFake(t)
	f.add(start, nil)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		res, err := f.RoundTrip(r)
		if err != nil {
			t.Error(err)
			return
		}
		for k, v := range res.Header {
			w.Header()[k] = v
		}
		w.WriteHeader(res.StatusCode)
		defer func() { _ = res.Body.Close() }()
		var body json.RawMessage
		if err := json.NewDecoder(res.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		_, _ = w.Write(body)
	}))
	defer server.Close()
	p, err := New(Options{URL: server.URL, Key: fakeToken, Clock: f.now})
	if err != nil {
		t.Fatal(err)
	}
	info, err := p.Test(t.Context())
	if err != nil || info.Title != "Loja" || info.Orders != 1 {
		t.Errorf("%+v %v", info, err)
	}
}

// pageServer answers at once, from pages that are ready.
type pageServer struct {
	hello string
	pages map[string]string // by cursor
}

func (s *pageServer) RoundTrip(r *http.Request) (*http.Response, error) {
	var in struct {
		Name string `json:"operationName"`
		Vars struct {
			After string `json:"after"`
		} `json:"variables"`
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return nil, err
	}
	switch in.Name {
	case "Hello":
		return answerWith(200, s.hello, nil), nil
	case "CountOrders":
		return answerWith(200, `{"data":{"ordersCount":{"count":10000}}}`, nil), nil
	}
	return answerWith(200, s.pages[in.Vars.After], nil), nil
}

// BenchmarkPull pulls 10,000 orders from a server without latency. What it is held against is the decoding of the same
// bytes into the same types.
func BenchmarkPull(b *testing.B) {
	f := newFake(b)
	f.schema = nil
	for i := range 10_000 {
		f.add(start.Add(-time.Duration(10_000-i)*time.Minute), nil)
	}
	served := &pageServer{pages: map[string]string{}}
	hello, _ := json.Marshal(f.execute("Hello", admin.Hello_Operation, nil))
	served.hello = string(hello)
	var bytes int64
	for at := ""; ; {
		vars := map[string]any{"first": 150}
		if at != "" {
			vars["after"] = at
		}
		out := f.execute("Orders", admin.Orders_Operation, vars)
		data, err := json.Marshal(out)
		if err != nil || out["errors"] != nil {
			b.Fatal(err, out["errors"])
		}
		served.pages[at] = string(data)
		bytes += int64(len(data))
		info := out["data"].(object)["orders"].(object)["pageInfo"].(object)
		if info["hasNextPage"] != true {
			break
		}
		at = info["endCursor"].(string)
	}
	decode := func() {
		n := 0
		for _, page := range served.pages {
			var in struct {
				Data struct {
					Orders struct {
						Nodes []fields `json:"nodes"`
					} `json:"orders"`
				} `json:"data"`
			}
			if err := json.Unmarshal([]byte(page), &in); err != nil {
				b.Fatal(err)
			}
			n += len(in.Data.Orders.Nodes)
		}
		if n != 10_000 {
			b.Fatal(n)
		}
	}
	pull := func() {
		p, err := New(Options{URL: "https://shop.example", Key: fakeToken, Transport: served, Clock: f.now})
		if err != nil {
			b.Fatal(err)
		}
		var cursor []byte
		n := 0
		for more := true; more; {
			batch, err := p.Pull(b.Context(), streamUpdated, cursor, nil)
			if err != nil {
				b.Fatal(err)
			}
			n += len(batch.Orders)
			cursor, more = batch.Cursor, batch.More
		}
		if n != 10_000 {
			b.Fatal(n)
		}
	}
	b.Run("decode", func(b *testing.B) {
		b.SetBytes(bytes)
		for b.Loop() {
			decode()
		}
	})
	b.Run("pull", func(b *testing.B) {
		b.SetBytes(bytes)
		for b.Loop() {
			pull()
		}
	})
	b.Run("ratio", func(b *testing.B) {
		var d, p time.Duration
		for b.Loop() {
			began := time.Now()
			decode()
			d += time.Since(began)
			began = time.Now()
			pull()
			p += time.Since(began)
		}
		b.ReportMetric(p.Seconds()/d.Seconds(), "pull/decode")
	})
}
