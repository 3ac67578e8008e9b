package medusa

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/sync/internal/standin"
)

// TestStandIn serves the fake to whoever asks; see package standin. Beyond some thousands of orders they differ in their id,
// number and date alone.
func TestStandIn(t *testing.T) {
	address := standin.Address(t)
	f := newFake(t)
	n := standin.Orders()
	begin := time.Now().Add(-time.Duration(min(n, 2000)+1) * time.Hour)
	for i := range min(n, 2000) {
		id := f.add(begin.Add(time.Duration(i)*time.Hour), func(o doc) {
			o["shipping_address"].(doc)["first_name"] = fmt.Sprintf("Anna %d", i+1)
			if i%3 == 0 {
				unpaid(o)
			}
		})
		if i%3 == 1 {
			f.capture(id, begin.Add(time.Duration(i)*time.Hour))
		}
	}
	if n <= 2000 {
		standin.Serve(t, address, fakeKey, f)
		return
	}
	standin.Serve(t, address, fakeKey, newMany(t, f, n))
}

// many is a store of very many orders, one a second, which are written down when they are asked for.
type many struct {
	*fake
	n     int
	begin time.Time
	rest  string // all of an order behind its id, number and date
}

func newMany(t *testing.T, f *fake, n int) *many {
	t.Helper()
	var o doc
	for _, o = range f.orders {
		break
	}
	shown := f.shown(o, asked)
	for _, own := range []string{"id", "display_id", "updated_at"} {
		delete(shown, own)
	}
	rest, err := json.Marshal(shown)
	if err != nil {
		t.Fatal(err)
	}
	return &many{f, n, time.Now().Truncate(time.Second).Add(-time.Duration(n)*time.Second - time.Hour), string(rest[1:])}
}

// RoundTrip implements http.RoundTripper.
func (m *many) RoundTrip(r *http.Request) (*http.Response, error) {
	q := r.URL.Query()
	if r.URL.Path != "/admin/orders" || q.Get("order") != "updated_at" {
		return m.fake.RoundTrip(r)
	}
	from := 0
	if since, err := time.Parse(time.RFC3339, q.Get("updated_at[$gte]")); err == nil {
		from = max(0, min(m.n, int((since.Sub(m.begin)+time.Second-1)/time.Second)))
	}
	var out bytes.Buffer
	out.WriteString(`{"orders":[`)
	for i := from; i < min(m.n, from+pageSize); i++ {
		if i > from {
			out.WriteByte(',')
		}
		fmt.Fprintf(&out, `{"id":"order_%026d","display_id":%d,"updated_at":"%s",%s`, i, i+1, stamp(m.begin.Add(time.Duration(i)*time.Second)), m.rest)
	}
	fmt.Fprintf(&out, `],"count":%d,"offset":0,"limit":%d}`, m.n-from, pageSize)
	res := reply(200, "")
	res.Body = io.NopCloser(&out)
	return res, nil
}
