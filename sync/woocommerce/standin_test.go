package woocommerce

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/sync/internal/standin"
)

// TestStandIn serves the fake to whoever asks; see package standin. Beyond some thousands of orders they differ in their id
// and number alone.
func TestStandIn(t *testing.T) {
	address := standin.Address(t)
	f := newFake(t)
	f.now = time.Now
	n := standin.Orders()
	begin, states := time.Now().Add(-time.Duration(min(n, 2000)+1)*time.Hour), []string{"processing", "completed", "pending", "on-hold"}
	for i := range min(n, 2000) {
		f.add(begin.Add(time.Duration(i)*time.Hour), func(o map[string]any) {
			o["status"] = states[i%len(states)]
			o["billing"].(map[string]any)["last_name"] = fmt.Sprintf("Schmidt %d", i+1)
		})
	}
	if n <= 2000 {
		standin.Serve(t, address, fakeKey, f)
		return
	}
	standin.Serve(t, address, fakeKey, newMany(t, f, n))
}

// many is a store of very many orders, which are written down when they are asked for.
type many struct {
	*fake
	n    int
	rest string // all of an order behind its id and number
}

func newMany(t *testing.T, f *fake, n int) *many {
	t.Helper()
	o := f.orders[f.next]
	for _, own := range []string{"id", "number"} {
		delete(o, own)
	}
	rest, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return &many{f, n, string(rest[1:])}
}

// RoundTrip implements http.RoundTripper.
func (m *many) RoundTrip(r *http.Request) (*http.Response, error) {
	q := r.URL.Query()
	if !strings.HasSuffix(r.URL.Path, "/orders") || q.Get("order") != "desc" || q.Has("_fields") {
		return m.fake.RoundTrip(r)
	}
	offset, _ := strconv.Atoi(q.Get("offset"))
	take, _ := strconv.Atoi(q.Get("per_page"))
	var out bytes.Buffer
	out.WriteByte('[')
	for i := offset; i < min(m.n, offset+take); i++ {
		if i > offset {
			out.WriteByte(',')
		}
		fmt.Fprintf(&out, `{"id":%d,"number":"%d",%s`, m.n-i, m.n-i, m.rest)
	}
	out.WriteByte(']')
	res := answer(200, "", http.Header{"X-Wp-Total": {strconv.Itoa(m.n)}})
	res.Body = io.NopCloser(&out)
	return res, nil
}
