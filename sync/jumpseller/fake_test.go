package jumpseller

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	gosync "sync"
	"testing"
	"time"
)

const fakeKey = "login0123:token0123456789abcdef0123456789ab"

// fake is a Jumpseller of sorts behind an http.RoundTripper. It knows the paths that the connector uses, refuses what
// the real one refuses, and fails as it does.
type fake struct {
	t  testing.TB
	mu gosync.Mutex

	orders       map[int]map[string]any
	fulfilments  map[int]map[string]any
	history      map[int][]map[string]any
	products     map[int][]int // with their variants
	next         int
	perMinute    int // requests that are left; < 0 = without end
	now          func() time.Time
	mails        int
	made         map[string]int // mutations that did something, by what they did
	asked        map[string]int
	fault        func(method, path string) fault
	check        func(*http.Request, []byte, *http.Response, []byte)
	byCompletion bool // the date that is asked for is the one of the completion
	ascending    bool // lists begin with the oldest: nothing says that they do not
	ignorePaid   bool // "Paid" is not understood, and answered with 200
	banned       time.Time
	refreshToken string
}

type fault string

const (
	fine      fault = ""
	cut       fault = "connection cut"
	after     fault = "connection cut after it was done"
	tooMuch   fault = "429"
	broken    fault = "500"
	brokenBut fault = "500 after it was done"
	page      fault = "a web page"
	pageBut   fault = "a web page after it was done"
	half      fault = "half of the JSON"
)

var faults = []fault{cut, after, tooMuch, broken, brokenBut, page, pageBut, half}

func newFake(t testing.TB) *fake {
	return &fake{
		t: t, orders: map[int]map[string]any{}, fulfilments: map[int]map[string]any{}, history: map[int][]map[string]any{}, next: 1000,
		products:  map[int][]int{1: nil, 1001: nil, 1002: {55, 56}},
		perMinute: -1, now: time.Now, made: map[string]int{}, asked: map[string]int{}, refreshToken: "refresh1",
	}
}

func (f *fake) platform() *Platform {
	p, err := New(Options{Key: fakeKey, Version: "test", Transport: f, Clock: f.now})
	if err != nil {
		f.t.Fatal(err)
	}
	p.limit.SetLimit(1e9)
	p.limit.SetBurst(1e9)
	return p
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// add makes an order in the documented shape.
func (f *fake) add(at time.Time, change func(o map[string]any)) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next++
	id := f.next
	o := map[string]any{
		"id": id, "status": "Pagado", "status_name": "Pagado", "status_enum": "paid", "created_at": stamp(at), "completed_at": stamp(at.Add(time.Minute)),
		"currency": "EUR", "subtotal": 59.98, "tax": 0, "shipping_tax": 0, "shipping": 5.0, "total": 64.98, "discount": 0, "shipping_discount": 0,
		"fulfillment_status": "unfulfilled", "shipment_status": "No Procesado", "shipment_status_enum": "unfulfilled", "shipping_required": true,
		"shipping_method_name": "Correio", "payment_method_name": "Cartão", "payment_method_type": "stripe", "tracking_number": nil,
		"tracking_company": nil, "tracking_url": nil, "coupons": nil, "promotions": []any{}, "additional_information": nil,
		"checkout_url": "https://shop.example/checkout/" + strconv.Itoa(id), "duplicate_url": "https://shop.example/duplicate/" + strconv.Itoa(id),
		"source":   map[string]any{"created_from": "checkout"},
		"customer": map[string]any{"id": 201, "email": "ana@example.com", "fullname": "Ana Lima", "phone": "912000111"},
		"shipping_address": map[string]any{
			"name": "Ana", "surname": "Lima", "address": "Rua Augusta", "street_number": 12, "city": "Lisboa", "postal": "1100-048",
			"region": "Lisboa", "country": "Portugal", "country_code": "PT",
		},
		"billing_address": map[string]any{"name": "Ana", "surname": "Lima", "taxid": "123456789", "country_code": "PT"},
		"products": []any{
			map[string]any{"id": 1001, "variant_id": nil, "sku": "TSH-001", "name": "Camisa", "qty": 2, "price": 29.99, "discount": 0, "weight": 0.3},
		},
	}
	if change != nil {
		change(o)
	}
	f.orders[id] = o
	return id
}

// set changes an order as somebody in the store's admin would.
func (f *fake) set(id int, field string, value any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.orders[id][field] = value
}

func (f *fake) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	path := strings.TrimPrefix(r.URL.Path, "/v1/")
	f.asked[r.Method+" "+path]++
	bad := fine
	if f.fault != nil {
		bad = f.fault(r.Method, path)
	}
	switch bad {
	case cut:
		return nil, io.ErrUnexpectedEOF
	case tooMuch:
		return answer(429, `{"message":"Too many requests"}`, nil), nil
	case broken:
		return answer(500, `{"message":"Internal error"}`, nil), nil
	case page:
		return answer(200, "<html><title>Just a moment</title></html>", http.Header{"Content-Type": {"text/html"}}), nil
	}
	h := http.Header{}
	if f.perMinute >= 0 {
		if f.now().Before(f.banned) {
			return answer(429, `{"message":"banned"}`, http.Header{"Jumpseller-Bannedbyratelimit-Reset": {f.banned.Format(time.RFC3339)}}), nil
		}
		if f.perMinute == 0 {
			return answer(429, `{"message":"Too many requests"}`, nil), nil
		}
		f.perMinute--
		h.Set("Jumpseller-PerMinuteRateLimit-Limit", "800")
		h.Set("Jumpseller-PerMinuteRateLimit-Remaining", strconv.Itoa(f.perMinute))
	}
	status, out := f.serve(r, path, body)
	data, err := json.Marshal(out)
	if err != nil {
		f.t.Error(err)
	}
	switch bad {
	case after:
		return nil, io.ErrUnexpectedEOF
	case brokenBut:
		return answer(500, `{"message":"Internal error"}`, nil), nil
	case pageBut:
		return answer(200, "<html><title>Just a moment</title></html>", http.Header{"Content-Type": {"text/html"}}), nil
	case half:
		data = data[:len(data)/2]
	}
	res := answer(status, string(data), h)
	if f.check != nil && bad == fine {
		f.check(r, body, res, data)
	}
	return res, nil
}

func answer(status int, body string, h http.Header) *http.Response {
	if h == nil {
		h = http.Header{}
	}
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", "application/json")
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), ProtoMajor: 1, ProtoMinor: 1}
}

func message(status int, text string) (int, any) { return status, map[string]any{"message": text} }

func (f *fake) serve(r *http.Request, path string, body []byte) (int, any) {
	if path == "/oauth/token" || strings.HasSuffix(r.URL.Path, "/oauth/token") {
		return f.token(body)
	}
	login, token, basic := r.BasicAuth()
	bearer := r.Header.Get("Authorization")
	switch {
	case r.URL.Query().Has("login") || r.URL.Query().Has("authtoken"):
		return message(400, "keys in the address are deprecated")
	case basic && login+":"+token != fakeKey, !basic && bearer != "Bearer access-"+f.refreshToken:
		return message(401, "Invalid authentication")
	}
	var in map[string]map[string]any
	if len(body) > 0 {
		if err := json.Unmarshal(body, &in); err != nil {
			return message(400, "Bad Request")
		}
	}
	parts := strings.Split(strings.TrimSuffix(path, ".json"), "/")
	switch {
	case path == "store/info.json":
		return 200, map[string]any{"name": "Loja", "code": "loja", "currency": "EUR", "country": "PT", "timezone": "Europe/Lisbon", "url": "https://loja.example", "hooks_token": "secret-hooks"}
	case path == "orders/count.json":
		return 200, map[string]any{"count": len(f.orders)}
	case path == "orders.json" && r.Method == http.MethodGet:
		return f.list(r.URL.Query())
	case path == "orders.json":
		return f.create(in["order"])
	case path == "locations.json":
		return 200, []any{map[string]any{"location": map[string]any{"id": 7, "main": false}}, map[string]any{"location": map[string]any{"id": 8, "main": true}}}
	case path == "fulfillments.json" && r.Method == http.MethodPost:
		return f.fulfil(in["fulfillment"])
	case len(parts) == 2 && parts[0] == "fulfillments" && r.Method == http.MethodPut:
		return f.refulfil(parts[1], in["fulfillment"])
	case len(parts) == 3 && parts[0] == "order" && parts[2] == "fulfillments":
		out := []any{}
		for _, v := range f.fulfilments {
			if fmt.Sprint(v["order_id"]) == parts[1] {
				out = append(out, map[string]any{"fulfillment": v})
			}
		}
		return 200, out
	case len(parts) == 3 && parts[0] == "orders" && parts[2] == "history":
		return f.histories(r.Method, parts[1], in["order_history"])
	case len(parts) == 2 && parts[0] == "orders":
		return f.order(r.Method, parts[1], in["order"])
	}
	return message(404, "Not Found")
}

func (f *fake) token(body []byte) (int, any) {
	q, _ := url.ParseQuery(string(body))
	if q.Get("refresh_token") != f.refreshToken || q.Get("client_secret") != "secret" {
		return message(401, "invalid grant")
	}
	f.refreshToken += "x"
	return 200, map[string]any{"access_token": "access-" + f.refreshToken, "refresh_token": f.refreshToken, "expires_in": 3600}
}

func (f *fake) list(q url.Values) (int, any) {
	limit, page := 50, 1
	if n, err := strconv.Atoi(q.Get("limit")); err == nil {
		limit = n
	}
	if n, err := strconv.Atoi(q.Get("page")); err == nil {
		page = n
	}
	if limit > 100 || limit < 1 || page < 1 {
		return message(400, "limit must be at most 100")
	}
	ids := slices.Sorted(maps.Keys(f.orders))
	if !f.ascending {
		slices.Reverse(ids)
	}
	if q.Get("dateFilter") == "last30days" {
		since := f.now().Add(-30 * 24 * time.Hour)
		ids = slices.DeleteFunc(ids, func(id int) bool {
			at, _ := time.Parse("2006-01-02 15:04:05 MST", fmt.Sprint(f.orders[id]["created_at"]))
			return at.Before(since)
		})
	}
	if status := q.Get("status_filters[]"); status != "" {
		if !slices.Contains([]string{"paid", "created", "pending_payment", "canceled", "abandoned"}, status) {
			return message(400, "unknown status_filters "+status)
		}
		ids = slices.DeleteFunc(ids, func(id int) bool { return f.orders[id]["status_enum"] != status })
	}
	if f.byCompletion && q.Has("dateFilter") { // what was never completed has no day
		ids = slices.DeleteFunc(ids, func(id int) bool { return f.orders[id]["completed_at"] == nil })
	}
	out := []any{}
	for _, id := range ids[min(len(ids), (page-1)*limit):min(len(ids), page*limit)] {
		out = append(out, map[string]any{"order": f.orders[id]})
	}
	return 200, out
}

// create makes an order of what the description of OrderCreateFields has; all else is dropped without a word. A product that
// there is not, as one whose variant was given for it, is refused.
func (f *fake) create(in map[string]any) (int, any) {
	products := []any{}
	total := 0.0
	all, _ := in["products"].([]any)
	for _, x := range all {
		given, _ := x.(map[string]any)
		qty, _ := given["qty"].(float64)
		price, priced := given["price"].(float64)
		id, _ := given["id"].(float64)
		switch variants, there := f.products[int(id)]; {
		case !there && in["allow_missing_products"] != true:
			return message(404, "Product not found")
		case there && len(variants) > 0 && !slices.Contains(variants, int(number64(given["variant_id"]))):
			return message(404, "Variant not found")
		case qty < 1 || qty != float64(int(qty)) || !priced:
			return message(400, "qty and price are numbers")
		}
		total += qty * price
		products = append(products, map[string]any{
			"id": given["id"], "variant_id": given["variant_id"], "sku": "S", "name": "N", "qty": qty, "price": price, "discount": given["discount"],
		})
	}
	customer, _ := in["customer"].(map[string]any)
	f.next++
	f.made["draft"]++
	o := map[string]any{
		"id": f.next, "status": in["status"], "status_enum": "pending_payment", "created_at": stamp(f.now()), "currency": "EUR", "total": total,
		"additional_information": nil, "checkout_url": "https://shop.example/checkout/" + strconv.Itoa(f.next), "products": products,
		"source": map[string]any{"created_from": "api"}, "customer": map[string]any{"id": customer["id"], "email": customer["email"]},
		"shipping_address": customer["shipping_address"], "shipping_method_name": in["shipping_method_name"], "shipping": in["shipping_price"],
	}
	f.orders[f.next] = o
	return 200, map[string]any{"order": o}
}

func number64(v any) float64 {
	n, _ := v.(float64)
	return n
}

func (f *fake) order(method, id string, in map[string]any) (int, any) {
	n, _ := strconv.Atoi(id)
	o := f.orders[n]
	if o == nil {
		return message(404, "Not Found")
	}
	if method == http.MethodPut {
		if s, ok := in["additional_information"].(string); ok {
			o["additional_information"] = s
		}
		if s, ok := in["status"].(string); ok {
			enum := map[string]string{"Paid": "paid", "Canceled": "canceled", "Pending Payment": "pending_payment"}[s]
			switch {
			case enum == "":
				return message(400, "unknown status "+s)
			case f.ignorePaid:
			case o["status_enum"] == "canceled" && enum != "canceled":
				return message(400, "a canceled order stays canceled")
			default:
				f.made["status "+enum]++
				o["status_enum"], o["status"] = enum, s
			}
		}
		if s, ok := in["shipment_status"].(string); ok {
			if s != o["shipment_status_enum"] {
				f.mails++
			}
			o["shipment_status_enum"] = s
		}
	}
	return 200, map[string]any{"order": o}
}

func (f *fake) fulfil(in map[string]any) (int, any) {
	n, _ := strconv.Atoi(fmt.Sprint(in["order_id"]))
	o := f.orders[n]
	switch {
	case o == nil:
		return message(404, "Not Found")
	case fmt.Sprint(in["location_id"]) != "8", in["type"] != "manual":
		return message(400, "location_id is required")
	case in["tracking_url"] != nil && in["tracking_company"] != "other":
		return message(400, "tracking_url is only for other companies")
	}
	f.next++
	f.made["fulfilment "+fmt.Sprint(in["tracking_number"])]++
	v := map[string]any{"id": f.next, "order_id": n, "type": "manual", "tracking_number": in["tracking_number"], "tracking_company": in["tracking_company"]}
	f.fulfilments[f.next] = v
	o["fulfillment_status"], o["shipment_status"], o["shipment_status_enum"] = "fulfilled", "Procesado", "fulfilled"
	o["tracking_number"], o["tracking_company"], o["tracking_url"] = in["tracking_number"], in["tracking_company"], in["tracking_url"]
	if in["send_email"] == true {
		f.mails++
	}
	return 200, map[string]any{"order_fulfillment": v}
}

func (f *fake) refulfil(id string, in map[string]any) (int, any) {
	n, _ := strconv.Atoi(id)
	v := f.fulfilments[n]
	if v == nil || fmt.Sprint(in["order_id"]) != fmt.Sprint(v["order_id"]) {
		return message(404, "Not Found")
	}
	v["tracking_number"] = in["tracking_number"]
	if o := f.orders[v["order_id"].(int)]; o != nil {
		o["tracking_number"], o["tracking_company"], o["tracking_url"] = in["tracking_number"], in["tracking_company"], in["tracking_url"]
	}
	f.made["tracking"]++
	return 200, map[string]any{"fulfillment": v}
}

func (f *fake) histories(method, id string, in map[string]any) (int, any) {
	n, _ := strconv.Atoi(id)
	if f.orders[n] == nil {
		return message(404, "Not Found")
	}
	if method == http.MethodPost {
		f.made["note"]++
		f.next++
		entry := map[string]any{"id": f.next, "message": in["message"], "created_at": stamp(f.now())}
		f.history[n] = append(f.history[n], entry)
		return 200, map[string]any{"order_history": entry}
	}
	out := []any{}
	for _, e := range f.history[n] {
		out = append(out, map[string]any{"order_history": e})
	}
	return 200, out
}

// someFaults fails now and then, as a seed has it.
func someFaults(seed uint64, share float64) func(string, string) fault {
	d := rand.New(rand.NewPCG(seed, 7)) //nolint:gosec // a test that can be repeated
	return func(string, string) fault {
		if d.Float64() < share {
			return faults[d.IntN(len(faults))]
		}
		return fine
	}
}
