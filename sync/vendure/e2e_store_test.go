//go:build e2e

package vendure_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// root is the repository.
const root = "../.."

// build makes the real program.
func build(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "orderdeck")
	cmd := exec.Command("go", "build", "-o", bin, ".")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return bin
}

// vendureServer is a running Vendure.
type vendureServer struct {
	URL  string `json:"base_url"`
	Key  string `json:"admin_api_key"`
	PID  int    `json:"pid"`
	port string
}

func startVendure(t *testing.T, orders int) *vendureServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	v := &vendureServer{port: strconv.Itoa(l.Addr().(*net.TCPAddr).Port)}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		out, err := exec.Command(filepath.Join(root, "testdata/stores/vendure/down.sh"), "--port", v.port).CombinedOutput()
		if err != nil {
			t.Errorf("down.sh: %v\n%s", err, out)
		}
	})
	v.up(t, nil, "--orders", strconv.Itoa(orders), "--keep")
	if v.URL == "" {
		t.FailNow()
	}
	return v
}

func (v *vendureServer) up(t *testing.T, env []string, args ...string) {
	t.Helper()
	cmd := exec.Command(filepath.Join(root, "testdata/stores/vendure/up.sh"), append([]string{"--port", v.port}, args...)...)
	cmd.Env = append(os.Environ(), env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Errorf("up.sh: %v\n%s", err, stderr.String())
		return
	}
	if err := json.Unmarshal(stdout.Bytes(), v); err != nil {
		t.Errorf("up.sh: %v\n%s", err, stdout.String())
	}
}

// kill ends the server at once, as a crash would.
func (v *vendureServer) kill(t *testing.T) {
	if err := syscall.Kill(v.PID, syscall.SIGKILL); err != nil {
		t.Errorf("kill: %v", err)
	}
}

// again starts it once more, with what it had when it was seeded, and pages of so many orders at most.
func (v *vendureServer) again(t *testing.T, limit int) {
	t.Helper()
	v.up(t, []string{fmt.Sprintf("STORE_LIST_LIMIT=%d", limit)}, "--again")
}

// ask runs one operation of the admin API, and wants it to go well.
func (v *vendureServer) ask(t *testing.T, query string, vars map[string]any, into any) {
	t.Helper()
	v.post(t, "/admin-api", http.Header{"Vendure-Api-Key": {v.Key}}, query, vars, into)
}

func (v *vendureServer) post(t *testing.T, path string, header http.Header, query string, vars map[string]any, into any) http.Header {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": vars})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, v.URL+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = header.Clone()
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	var answer struct {
		Errors json.RawMessage
		Data   json.RawMessage
	}
	if err != nil || json.Unmarshal(data, &answer) != nil || answer.Errors != nil || bytes.Contains(answer.Data, []byte(`"errorCode"`)) {
		t.Fatalf("%s\n%v: %s", query, err, data)
	}
	if into != nil {
		if err := json.Unmarshal(answer.Data, into); err != nil {
			t.Fatalf("%v: %s", err, answer.Data)
		}
	}
	return res.Header
}

// storeOrder is what the store says of an order.
type storeOrder struct {
	ID, Code, State string
	Active          bool
	OrderPlacedAt   *string
	Lines           []struct {
		ID       string
		Quantity int
	}
	Payments []struct {
		ID     string
		Amount int
	}
	Fulfillments []struct{ ID string }
}

// orders are all orders and drafts of the store, without its carts, by id. They are asked for one page of five after
// the other, so that it works whatever the store's limit.
func (v *vendureServer) orders(t *testing.T) map[string]storeOrder {
	t.Helper()
	out := map[string]storeOrder{}
	for skip := 0; ; skip += 5 {
		var page struct {
			Orders struct {
				TotalItems int
				Items      []storeOrder
			}
		}
		v.ask(t, `query($o: OrderListOptions) { orders(options: $o) { totalItems items { id code state active orderPlacedAt
			lines { id quantity } payments { id amount } fulfillments { id } } } }`,
			map[string]any{"o": map[string]any{"take": 5, "skip": skip, "sort": map[string]any{"id": "ASC"}}}, &page)
		for _, o := range page.Orders.Items {
			if !o.Active && (o.OrderPlacedAt != nil || o.State == "Draft") {
				out[o.ID] = o
			}
		}
		if skip+5 >= page.Orders.TotalItems {
			return out
		}
	}
}

// inState are the ids of orders in a state that nothing has been sent of, lowest first.
func (v *vendureServer) inState(t *testing.T, state string) []string {
	t.Helper()
	var refunded struct {
		Orders struct{ Items []refundedOrder }
	}
	v.ask(t, `query($o: OrderListOptions) { orders(options: $o) { items { id payments { refunds { id } } } } }`,
		map[string]any{"o": map[string]any{"take": 100, "filter": map[string]any{"state": map[string]any{"eq": state}}}}, &refunded)
	var ids []string
	orders := v.orders(t)
	for _, o := range refunded.Orders.Items {
		if len(o.Payments) == 1 && len(o.Payments[0].Refunds) == 0 && len(orders[o.ID].Fulfillments) == 0 {
			ids = append(ids, o.ID)
		}
	}
	slices.SortFunc(ids, func(a, b string) int { x, _ := strconv.Atoi(a); y, _ := strconv.Atoi(b); return x - y })
	if len(ids) < 2 {
		t.Fatalf("there are only %d orders in state %s", len(ids), state)
	}
	return ids
}

type refundedOrder struct {
	ID       string
	Payments []struct{ Refunds []struct{ ID string } }
}

const failure = `... on ErrorResult { errorCode message }`

func (v *vendureServer) settle(t *testing.T, id string) {
	t.Helper()
	v.ask(t, `mutation($id: ID!) { settlePayment(id: $id) { ... on Payment { id } `+failure+` } }`,
		map[string]any{"id": v.orders(t)[id].Payments[0].ID}, nil)
}

func (v *vendureServer) ship(t *testing.T, id, carrier, tracking string) {
	t.Helper()
	var lines []map[string]any
	for _, l := range v.orders(t)[id].Lines {
		lines = append(lines, map[string]any{"orderLineId": l.ID, "quantity": l.Quantity})
	}
	var made struct{ AddFulfillmentToOrder struct{ ID string } }
	v.ask(t, `mutation($i: FulfillOrderInput!) { addFulfillmentToOrder(input: $i) { ... on Fulfillment { id } `+failure+` } }`,
		map[string]any{"i": map[string]any{"lines": lines, "handler": map[string]any{
			"code": "manual-fulfillment", "arguments": []map[string]string{{"name": "method", "value": carrier}, {"name": "trackingCode", "value": tracking}},
		}}}, &made)
	v.ask(t, `mutation($id: ID!) { transitionFulfillmentToState(id: $id, state: "Shipped") { ... on Fulfillment { id } `+failure+` } }`,
		map[string]any{"id": made.AddFulfillmentToOrder.ID}, nil)
}

func (v *vendureServer) cancel(t *testing.T, id, reason string) {
	t.Helper()
	v.ask(t, `mutation($i: CancelOrderInput!) { cancelOrder(input: $i) { ... on Order { id } `+failure+` } }`,
		map[string]any{"i": map[string]any{"orderId": id, "cancelShipping": true, "reason": reason}}, nil)
}

func (v *vendureServer) refund(t *testing.T, id, reason string) {
	t.Helper()
	p := v.orders(t)[id].Payments[0]
	v.ask(t, `mutation($i: RefundOrderInput!) { refundOrder(input: $i) { ... on Refund { id } `+failure+` } }`,
		map[string]any{"i": map[string]any{
			"paymentId": p.ID, "amount": p.Amount, "lines": []any{}, "shipping": 0, "adjustment": 0, "reason": reason,
		}}, nil)
}

func (v *vendureServer) note(t *testing.T, id, text string) {
	t.Helper()
	v.ask(t, `mutation($i: AddNoteToOrderInput!) { addNoteToOrder(input: $i) { id } }`,
		map[string]any{"i": map[string]any{"id": id, "note": text, "isPublic": false}}, nil)
}

// buy places an order through the shop, as a customer does, and pays it by a method.
func (v *vendureServer) buy(t *testing.T, method string) {
	t.Helper()
	header := http.Header{}
	do := func(query string, vars map[string]any, into any) {
		t.Helper()
		if token := v.post(t, "/shop-api", header, query, vars, into).Get("Vendure-Auth-Token"); token != "" {
			header.Set("Authorization", "Bearer "+token)
		}
	}
	done := ` { ... on Order { id } ` + failure + ` } }`
	do(`mutation { addItemToOrder(productVariantId: "1", quantity: 2)`+done, nil, nil)
	do(`mutation($c: CreateCustomerInput!) { setCustomerForOrder(input: $c)`+done,
		map[string]any{"c": map[string]string{"firstName": "Zoë", "lastName": "Núñez", "emailAddress": "late@example.test"}}, nil)
	do(`mutation($a: CreateAddressInput!) { setOrderShippingAddress(input: $a)`+done,
		map[string]any{"a": map[string]string{"fullName": "Zoë Núñez", "streetLine1": "8 rue de l'Église", "city": "Nîmes", "countryCode": "FR"}}, nil)
	var methods struct{ EligibleShippingMethods []struct{ ID string } }
	do(`{ eligibleShippingMethods { id } }`, nil, &methods)
	do(`mutation($m: [ID!]!) { setOrderShippingMethod(shippingMethodId: $m)`+done,
		map[string]any{"m": []string{methods.EligibleShippingMethods[0].ID}}, nil)
	do(`mutation { transitionOrderToState(state: "ArrangingPayment")`+done, nil, nil)
	do(`mutation($m: String!) { addPaymentToOrder(input: { method: $m, metadata: {} })`+done, map[string]any{"m": method}, nil)
}

// proxy stands between the desk and the store, so that a test knows in the middle of what they are.
type proxy struct {
	url    string
	failed atomic.Int32 // requests that the store did not answer

	mu         sync.Mutex
	start, end func(op string, nth int)
	seen       map[string]int
}

func newProxy(t *testing.T, to string) *proxy {
	t.Helper()
	target, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{seen: map[string]int{}}
	forward := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) {
			p.failed.Add(1)
			panic(http.ErrAbortHandler) // the desk sees what the proxy sees: a connection that breaks
		},
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		var q struct{ OperationName string }
		_ = json.Unmarshal(body, &q)
		p.mu.Lock()
		p.seen[q.OperationName]++
		nth, start, end := p.seen[q.OperationName], p.start, p.end
		p.mu.Unlock()
		if start != nil {
			start(q.OperationName, nth)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		forward.ServeHTTP(w, r)
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
		if end != nil {
			end(q.OperationName, nth)
		}
	}))
	t.Cleanup(s.Close)
	p.url = s.URL
	return p
}

// before sets what happens before a request is passed on, and counts from now.
func (p *proxy) before(hook func(op string, nth int)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.start, p.end, p.seen = hook, nil, map[string]int{}
}

// after sets what happens when an answer has been passed on, and counts from now.
func (p *proxy) after(hook func(op string, nth int)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.start, p.end, p.seen = nil, hook, map[string]int{}
}

// terminal is orderdeck's screen in tmux.
type terminal struct {
	t      *testing.T
	socket string
}

func (d *desk) open(t *testing.T) *terminal {
	t.Helper()
	term := &terminal{t: t, socket: filepath.Join(t.TempDir(), "tmux")}
	cmd := exec.Command("tmux", "-S", term.socket, "-f", "/dev/null", "new-session", "-d", "-x", "200", "-y", "60",
		d.bin, "--config", d.config, "--data", d.data)
	cmd.Env = d.env()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("tmux: %v\n%s", err, out)
	}
	t.Cleanup(func() { _ = exec.Command("tmux", "-S", term.socket, "kill-server").Run() })
	return term
}

func (term *terminal) keys(keys ...string) {
	term.t.Helper()
	if out, err := exec.Command("tmux", append([]string{"-S", term.socket, "send-keys"}, keys...)...).CombinedOutput(); err != nil {
		term.t.Fatalf("tmux: %v\n%s", err, out)
	}
}

// wait waits until a line of the screen has all of these texts, and gives the line.
func (term *terminal) wait(text string, limit time.Duration, more ...string) string {
	term.t.Helper()
	var shown []byte
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		var err error
		if shown, err = exec.Command("tmux", "-S", term.socket, "capture-pane", "-p").CombinedOutput(); err != nil {
			term.t.Fatalf("tmux: %v\n%s", err, shown)
		}
	lines:
		for line := range strings.Lines(string(shown)) {
			for _, want := range append([]string{text}, more...) {
				if !strings.Contains(line, want) {
					continue lines
				}
			}
			return line
		}
	}
	term.t.Fatalf("no line with %q %q within %v:\n%s", text, more, limit, shown)
	return ""
}
