package shopify

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/internal/pulltest"
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

// BenchmarkPull is a first pull of 10,000 orders beside its floor.
func BenchmarkPull(b *testing.B) {
	f := newFake(b)
	f.schema = nil
	n := pulltest.Orders()
	for i := range n {
		f.add(start.Add(-time.Duration(n-i)*time.Minute), nil)
	}
	pulltest.Pull(b, pulltest.Store{
		Platform: "shopify", Orders: n, Fake: f,
		Connect: func(to http.RoundTripper) (sync.Platform, error) {
			return New(Options{URL: "https://shop.example", Key: fakeToken, Transport: to, Clock: f.now})
		},
		Read: func(body []byte) error {
			var in struct {
				Data struct {
					Orders struct {
						Nodes []fields `json:"nodes"`
					} `json:"orders"`
				} `json:"data"`
			}
			return json.Unmarshal(body, &in)
		},
	})
}
