package vendure

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/sync/vendure/admin"
)

// fakeStore is a Vendure of sorts behind an http.RoundTripper: it knows the questions of package admin, the filters,
// sorting and paging that the streams rely on, and how to fail. Its orders are copies of recorded ones.
type fakeStore struct {
	t      testing.TB
	key    string
	limit  int // adminListQueryLimit
	custom bool
	carts  bool // fill makes carts as well

	mu                  sync.Mutex
	orders              map[string]map[string]any
	asked               map[string]int
	takes               []int
	fault               func(op string) fault
	faults              map[fault]int
	readOnly, noHandler bool
	stuck               bool // no parcel can be moved
	mail                int  // parcels that were moved to Shipped, of which the customer was told

	made    map[string]int    // operations of acts that were carried out, whatever came of their answers
	refuses map[string]string // the error code with which an operation is refused
	strange map[string]object // the answer to an operation that is carried out
	bank    string            // what a refund becomes: "" = Settled, Failed, Pending (with the provider), hand
}

// fault is one way to fail.
type fault string

const (
	fine      fault = ""
	slow      fault = "no answer"
	cut       fault = "connection cut in the middle"
	tooMuch   fault = "429"
	broken    fault = "500"
	html      fault = "a web page"
	truncated fault = "half of the JSON"
	wrongID   fault = "other orders than asked for"
	huge      fault = "a body without end"
	refusing  fault = "connection refused"
	internal  fault = "an error without a code"
	empty     fault = "an empty body"
)

var allFaults = []fault{slow, cut, tooMuch, broken, html, truncated, wrongID, huge, refusing, internal, empty}

const fakeKey = "0123456789abcdef01234567:0000000000000000000000000000000000000000000000000000000000000000"

func newFakeStore(t testing.TB) *fakeStore {
	return &fakeStore{
		t: t, key: fakeKey, limit: 1000, orders: map[string]map[string]any{}, asked: map[string]int{}, faults: map[fault]int{},
	}
}

// platform is a connector that talks to the fake, a few orders at a time.
func (f *fakeStore) platform(take int) *Platform {
	p, err := New(Options{URL: "https://shop.example", Key: f.key, Version: "test", Transport: f, MaxBody: 2 << 20})
	if err != nil {
		f.t.Fatal(err)
	}
	p.take, p.most = take, take
	return p
}

// fill adds n orders, one every step, the newest an hour ago. ties gives that many in a row the same dates.
func (f *fakeStore) fill(n int, step time.Duration, ties int) {
	ids, like := recorded(f.t)
	ids = slices.DeleteFunc(ids, func(id string) bool { return like[id].Active && !f.carts })
	start := time.Now().Add(-time.Hour - time.Duration(n)*step)
	for i := range n {
		at := start.Add(time.Duration(i/max(ties, 1)*max(ties, 1)) * step)
		f.add(ids[i%len(ids)], fmt.Sprint(i+1), at)
	}
}

// add adds a copy of a recorded order.
func (f *fakeStore) add(like, id string, at time.Time) {
	var o map[string]any
	if err := json.Unmarshal(templates()[like], &o); err != nil {
		f.t.Fatalf("recorded order %q: %v", like, err)
	}
	at = at.UTC().Truncate(time.Second)
	f.mu.Lock()
	defer f.mu.Unlock()
	o["id"], o["code"] = id, "CODE"+id
	o["createdAt"], o["updatedAt"] = at.Format(stamp), at.Format(stamp)
	if o["orderPlacedAt"] != nil {
		o["orderPlacedAt"] = at.Add(1500 * time.Millisecond).Format(stamp)
	}
	f.orders[id] = o
}

// templates are the recorded orders as they came, by id.
var templates = sync.OnceValue(func() map[string]json.RawMessage {
	data, err := os.ReadFile("testdata/orders.json")
	if err != nil {
		panic(err)
	}
	var page struct {
		Data struct {
			Orders struct{ Items []json.RawMessage }
		}
	}
	if err := json.Unmarshal(data, &page); err != nil {
		panic(err)
	}
	out := map[string]json.RawMessage{}
	for _, raw := range page.Data.Orders.Items {
		var o struct{ ID string }
		if err := json.Unmarshal(raw, &o); err != nil {
			panic(err)
		}
		out[o.ID] = raw
	}
	return out
})

// change changes an order in a way that moves none of its dates.
func (f *fakeStore) change(id string, how func(o map[string]any)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	o := f.orders[id]
	h := o["history"].(map[string]any)
	h["totalItems"] = h["totalItems"].(float64) + 1
	if how != nil {
		how(o)
	}
}

func (f *fakeStore) remove(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.orders, id)
}

// ids are the ids of all orders that are no carts.
func (f *fakeStore) ids() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Sorted(maps.Keys(f.orders))
}

func (f *fakeStore) fields(id string) *admin.OrderFields {
	f.mu.Lock()
	defer f.mu.Unlock()
	data, err := json.Marshal(f.orders[id])
	if err != nil {
		f.t.Fatal(err)
	}
	var v admin.OrderFields
	if err := json.Unmarshal(data, &v); err != nil {
		f.t.Fatal(err)
	}
	return &v
}

// RoundTrip implements http.RoundTripper.
func (f *fakeStore) RoundTrip(req *http.Request) (*http.Response, error) {
	data, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	var q struct {
		OperationName string
		Variables     struct {
			Options   map[string]any
			Input     admin.FulfillOrderInput
			ID, State string
		}
	}
	if err := json.Unmarshal(data, &q); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked[q.OperationName]++
	kind := fine
	if f.fault != nil {
		kind = f.fault(q.OperationName)
		f.faults[kind]++
	}
	status := http.StatusOK
	var body []byte
	switch {
	case q.OperationName == "AddFulfillment" && kind != refusing:
		body = f.fulfil(req, q.Variables.Input)
	case q.OperationName == "MoveFulfillment" && kind != refusing:
		body = f.moveTo(req, q.Variables.ID, q.Variables.State)
	case acted[q.OperationName]:
		if kind != refusing {
			body = f.act(req, q.OperationName, data, kind == wrongID)
		}
	default:
		body = f.answer(req, q.OperationName, q.Variables.Options, kind == wrongID)
	}
	header := http.Header{"Date": {time.Now().UTC().Format(http.TimeFormat)}, "Content-Type": {"application/json; charset=utf-8"}}
	var reader io.Reader = bytes.NewReader(body)
	switch kind {
	case slow:
		f.mu.Unlock()
		<-req.Context().Done()
		f.mu.Lock()
		return nil, req.Context().Err()
	case refusing:
		return nil, io.EOF
	case cut:
		reader = io.MultiReader(bytes.NewReader(body[:len(body)/2]), failing{})
	case truncated:
		reader = bytes.NewReader(body[:len(body)/2])
	case empty:
		reader = strings.NewReader("")
	case huge:
		reader = io.MultiReader(strings.NewReader(`{"data":{"orders":{"items":["`), zeros{})
	case tooMuch:
		status, reader = http.StatusTooManyRequests, strings.NewReader(`{"message":"slow down"}`)
		header.Set("Retry-After", "7")
	case broken:
		status, reader = http.StatusInternalServerError, strings.NewReader(`{"errors":[{"message":"boom"}]}`)
	case html:
		status, reader = http.StatusServiceUnavailable, strings.NewReader("<!doctype html><title>We'll be back soon</title>")
		header.Set("Content-Type", "text/html")
	case internal:
		reader = strings.NewReader(`{"errors":[{"message":"deadlock detected"}],"data":null}`)
	case fine, wrongID:
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(reader), Request: req}, nil
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func (f *fakeStore) answer(req *http.Request, op string, o map[string]any, wrong bool) []byte {
	if req.Header.Get("Vendure-Api-Key") != f.key {
		return []byte(forbidden)
	}
	switch op {
	case "Shop":
		var raw json.RawMessage
		readJSON(f.t, "shop.json", &raw)
		return raw
	case "CustomFields":
		fields := `[]`
		if f.custom {
			fields = `[{"entityName":"Product","customFields":[{"name":"note","type":"string"}]},
				{"entityName":"Order","customFields":[{"name":"giftMessage","type":"text"},{"name":"points","type":"int"},{"name":"customerNote","type":"string"}]}]`
		}
		return []byte(`{"data":{"globalSettings":{"serverConfig":{"entityCustomFields":` + fields + `}}}}`)
	}
	items := f.list(o)
	total := len(items)
	skip, take := int(number(o["skip"])), int(number(o["take"]))
	if take > f.limit {
		return fmt.Appendf(nil, `{"errors":[{"message":"Cannot take more than %d results from a list query","extensions":{"code":"USER_INPUT_ERROR"}}],"data":null}`, f.limit)
	}
	f.takes = append(f.takes, take)
	items = items[min(skip, total):]
	items = items[:min(take, len(items))]
	if wrong && len(items) > 0 {
		items = slices.Clone(items)
		for _, other := range f.orders {
			items[0] = other
			break
		}
		items[len(items)-1] = items[0]
	}
	if op == "Glances" {
		items = slices.Clone(items)
		for i, o := range items {
			items[i] = map[string]any{"history": map[string]any{"totalItems": o["history"].(map[string]any)["totalItems"]}}
			for _, field := range []string{"id", "state", "active", "createdAt", "updatedAt", "orderPlacedAt", "payments", "fulfillments"} {
				items[i][field] = o[field]
			}
		}
	}
	if op == "Notes" {
		var notes []map[string]any
		for _, o := range items {
			notes = append(notes, map[string]any{"id": o["id"], "customFields": map[string]any{"customerNote": "Note of " + o["id"].(string), "giftMessage": nil}})
		}
		items = notes
	}
	body, err := json.Marshal(map[string]any{"data": map[string]any{"orders": map[string]any{"totalItems": total, "items": items}}})
	if err != nil {
		f.t.Error(err)
	}
	return body
}

func number(v any) float64 { n, _ := v.(float64); return n }

// list are the orders that fit, sorted.
func (f *fakeStore) list(o map[string]any) []map[string]any {
	var out []map[string]any
	filter, _ := o["filter"].(map[string]any)
	for _, order := range f.orders {
		if fits(order, filter) {
			out = append(out, order)
		}
	}
	by, _ := o["sort"].(map[string]any)
	slices.SortFunc(out, func(a, b map[string]any) int {
		for _, field := range []string{"orderPlacedAt", "updatedAt", "createdAt"} {
			if dir, ok := by[field]; ok {
				x, _ := a[field].(string)
				y, _ := b[field].(string)
				if c := cmp.Compare(x, y); c != 0 {
					if dir == "DESC" {
						return -c
					}
					return c
				}
			}
		}
		return compareIDs(a["id"].(string), b["id"].(string))
	})
	return out
}

func fits(o, filter map[string]any) bool {
	for field, cond := range filter {
		if field == "_or" {
			if !slices.ContainsFunc(cond.([]any), func(c any) bool { return fits(o, c.(map[string]any)) }) {
				return false
			}
			continue
		}
		for op, want := range cond.(map[string]any) {
			have := o[field]
			text, _ := have.(string)
			in := func() bool { return slices.Contains(want.([]any), have) }
			switch op {
			case "eq":
				if have != want {
					return false
				}
			case "after":
				if text == "" || text <= want.(string) {
					return false
				}
			case "before":
				if text == "" || text >= want.(string) {
					return false
				}
			case "in":
				if !in() {
					return false
				}
			case "notIn":
				if in() {
					return false
				}
			default:
				panic("fake: operator " + op)
			}
		}
	}
	return true
}

// noOrders is a Known without any.
type noOrders struct{}

func (noOrders) Fingerprints(context.Context, []string) (map[string]string, error) {
	return nil, nil
}

func (noOrders) OpenOrders(context.Context, string, int) ([]string, error) {
	return nil, nil
}

// randomFaults fails about one request in n.
func randomFaults(r *rand.Rand, n int) func(string) fault {
	return func(string) fault {
		if r.IntN(n) != 0 {
			return fine
		}
		return allFaults[r.IntN(len(allFaults))]
	}
}

const forbidden = `{"errors":[{"message":"You are not currently authorized to perform this action","extensions":{"code":"FORBIDDEN"}}],"data":null}`

// refusedAs is the answer of a mutation that was not done, as recorded.
func refusedAs(field, typeName, code, message, more string) []byte {
	return fmt.Appendf(nil, `{"data":{%q:{"__typename":%q,"errorCode":%q,"message":%q%s}}}`, field, typeName, code, message, more)
}

// fulfil makes a parcel as addFulfillmentToOrder does: it waits, and the order stays as it is.
func (f *fakeStore) fulfil(req *http.Request, in admin.FulfillOrderInput) []byte {
	const field = "addFulfillmentToOrder"
	switch {
	case req.Header.Get("Vendure-Api-Key") != f.key, f.readOnly:
		return []byte(forbidden)
	case in.Handler.Code != "manual-fulfillment" || f.noHandler:
		return refusedAs(field, "InvalidFulfillmentHandlerError", "INVALID_FULFILLMENT_HANDLER_ERROR", "errorResult.INVALID_FULFILLMENT_HANDLER_ERROR", "")
	case len(in.Lines) == 0:
		return refusedAs(field, "EmptyOrderLineSelectionError", "EMPTY_ORDER_LINE_SELECTION_ERROR", "At least one OrderLine must be specified", "")
	}
	var parts []map[string]any
	var of map[string]any
	for _, l := range in.Lines {
		for _, o := range f.orders {
			for _, have := range list(o["lines"]) {
				if have["id"] == l.OrderLineId {
					of = o
					if number(have["quantity"])-sentOf(o, l.OrderLineId) < float64(l.Quantity) {
						return refusedAs(field, "ItemsAlreadyFulfilledError", "ITEMS_ALREADY_FULFILLED_ERROR", "One or more OrderItems are already part of a Fulfillment", "")
					}
				}
			}
		}
		parts = append(parts, map[string]any{"orderLineId": l.OrderLineId, "quantity": float64(l.Quantity)})
	}
	args := map[string]string{}
	for _, a := range in.Handler.Arguments {
		args[a.Name] = a.Value
	}
	id := fmt.Sprint(900 + f.asked["AddFulfillment"])
	made := map[string]any{
		"id": id, "state": "Pending", "method": args["method"], "trackingCode": args["trackingCode"], "lines": parts,
		"createdAt": time.Now().UTC().Format(stamp), "updatedAt": time.Now().UTC().Format(stamp),
	}
	of["fulfillments"] = append(anyList(of["fulfillments"]), made)
	return fmt.Appendf(nil, `{"data":{%q:{"__typename":"Fulfillment","id":%q,"state":"Pending"}}}`, field, id)
}

// moveTo moves a parcel, and with Shipped the order.
func (f *fakeStore) moveTo(req *http.Request, id, state string) []byte {
	const field = "transitionFulfillmentToState"
	if req.Header.Get("Vendure-Api-Key") != f.key || f.readOnly {
		return []byte(forbidden)
	}
	for _, o := range f.orders {
		for _, p := range list(o["fulfillments"]) {
			if p["id"] != id {
				continue
			}
			from := p["state"]
			if from == "Cancelled" || from == "Delivered" || from == state || f.stuck {
				return refusedAs(field, "FulfillmentStateTransitionError", "FULFILLMENT_STATE_TRANSITION_ERROR", "errorResult.FULFILLMENT_STATE_TRANSITION_ERROR",
					fmt.Sprintf(`,"transitionError":"Cannot transition Fulfillment from \"%s\" to \"%s\""`, p["state"], state))
			}
			p["state"] = state
			switch state {
			case "Shipped":
				o["state"] = state
				f.mail++
			case "Delivered":
				if !slices.ContainsFunc(list(o["fulfillments"]), func(p object) bool { return p["state"] == "Shipped" }) {
					o["state"] = state
				}
			}
			return fmt.Appendf(nil, `{"data":{%q:{"__typename":"Fulfillment","id":%q,"state":%q}}}`, field, id, state)
		}
	}
	return []byte(`{"errors":[{"message":"No Fulfillment with the id was found","extensions":{"code":"ENTITY_NOT_FOUND"}}],"data":null}`)
}

func anyList(v any) []any { l, _ := v.([]any); return l }

func list(v any) (out []map[string]any) {
	for _, item := range anyList(v) {
		out = append(out, item.(map[string]any))
	}
	return out
}

func sentOf(o map[string]any, line string) (n float64) {
	for _, p := range list(o["fulfillments"]) {
		if p["state"] == "Cancelled" {
			continue
		}
		lines, ok := p["lines"].([]map[string]any)
		if !ok {
			lines = list(p["lines"])
		}
		for _, l := range lines {
			if l["orderLineId"] == line {
				n += number(l["quantity"])
			}
		}
	}
	return n
}
