package shopify

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/sync/internal/standin"
	"github.com/orderdeck/orderdeck/sync/shopify/admin"
)

// TestStandIn serves the fake to whoever asks; see package standin. Beyond some thousands of orders they differ in their id
// and name alone.
func TestStandIn(t *testing.T) {
	address := standin.Address(t)
	f := newFake(t)
	f.now = time.Now
	n := standin.Orders()
	begin, states := time.Now().Add(-time.Duration(min(n, 2000)+1)*time.Hour), []string{"PAID", "PAID", "PENDING", "AUTHORIZED"}
	for i := range min(n, 2000) {
		f.add(begin.Add(time.Duration(i)*time.Hour), func(o object) {
			o["displayFinancialStatus"] = states[i%len(states)]
			o["shippingAddress"].(object)["name"] = fmt.Sprintf("Ana Lima %d", i+1)
		})
	}
	if n <= 2000 {
		standin.Serve(t, address, fakeToken, f)
		return
	}
	standin.Serve(t, address, fakeToken, newMany(t, f, n))
}

// many is a store of very many orders, one a second, which are written down when they are asked for.
type many struct {
	*fake
	n     int
	begin time.Time
	node  string // an order; its number stands in it as ORDER-ID, its date as ORDER-DATE
}

func newMany(t *testing.T, f *fake, n int) *many {
	t.Helper()
	out := f.execute("Orders", admin.Orders_Operation, map[string]any{"first": 1})
	node, err := json.Marshal(out["data"].(object)["orders"].(object)["nodes"].([]any)[0])
	if err != nil {
		t.Fatal(err)
	}
	id, at := f.orders[0]["legacyResourceId"].(string), f.orders[0]["updatedAt"].(string)
	begin := time.Now().Truncate(time.Second).Add(-time.Duration(n)*time.Second - time.Hour)
	return &many{f, n, begin, strings.NewReplacer("Order/"+id+`"`, `Order/ORDER-ID"`, `"`+id+`"`, `"ORDER-ID"`, `"#`+id+`"`, `"#ORDER-ID"`, `"`+at+`"`, `"ORDER-DATE"`).Replace(string(node))}
}

// RoundTrip implements http.RoundTripper.
func (m *many) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	var in struct {
		Name string `json:"operationName"`
		Vars struct {
			First        int
			After, Query string
		} `json:"variables"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	switch {
	case in.Name == "CountOrders":
		return answerWith(200, fmt.Sprintf(`{"data":{"ordersCount":{"count":%d}}}`, m.n), nil), nil
	case in.Name != "Orders":
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		return m.fake.RoundTrip(r)
	}
	from, _ := strconv.Atoi(in.Vars.After)
	if since, err := time.Parse("updated_at:>='"+time.RFC3339+"'", in.Vars.Query); err == nil && in.Vars.After == "" {
		from = max(0, min(m.n, int(since.Sub(m.begin)/time.Second)))
	}
	to := min(m.n, from+in.Vars.First)
	nodes := make([]string, 0, to-from)
	for i := from; i < to; i++ {
		nodes = append(nodes, strings.NewReplacer("ORDER-ID", strconv.Itoa(1_000_000+i),
			"ORDER-DATE", stamp(m.begin.Add(time.Duration(i)*time.Second))).Replace(m.node))
	}
	return answerWith(200, fmt.Sprintf(`{"data":{"orders":{"pageInfo":{"hasNextPage":%t,"endCursor":"%d"},"nodes":[%s]}},`+
		`"extensions":{"cost":{"requestedQueryCost":%d,"throttleStatus":{"maximumAvailable":20000,"currentlyAvailable":20000,"restoreRate":1000}}}}`,
		to < m.n, to, strings.Join(nodes, ","), in.Vars.First*3), nil), nil
}
