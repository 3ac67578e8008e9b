package medusa

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
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

const (
	fakeKey   = "sk_0123456789abcdef0123456789abcdef"
	fakeLogin = "admin@example.test:pass:word-of-the-fake"
)

type doc = map[string]any

// fake is a Medusa of sorts behind an http.RoundTripper. It knows the paths that the connector uses, refuses what the
// real one refuses, ignores what the real one ignores, and fails as it does. A question that the real one would ignore
// fails the test.
type fake struct {
	t  testing.TB
	mu gosync.Mutex

	orders map[string]doc
	next   int
	now    func() time.Time
	dice   *rand.Rand
	made   map[string]int // mutations that did something, by what they did
	asked  map[string]int
	fault  func(method, path string) fault
	tokens int  // logins so far; only the last one's token counts
	deaf   bool // filters are ignored, as if they were not known
	few    string
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
		t: t, orders: map[string]doc{}, next: 1000, now: time.Now, made: map[string]int{}, asked: map[string]int{},
		dice: rand.New(rand.NewPCG(1, 2)), //nolint:gosec // a test that can be repeated
	}
}

func (f *fake) platform(key string) *Platform {
	p, err := New(Options{URL: "https://shop.example", Key: key, Version: "test", Transport: f, Clock: func() time.Time { return f.now() }})
	if err != nil {
		f.t.Fatal(err)
	}
	return p
}

func (f *fake) id(kind string) string {
	f.next++
	return fmt.Sprintf("%s_%026d", kind, f.next)
}

// amount writes an amount twice, as Medusa does.
func amount(d doc, name, value string) doc {
	d[name], d["raw_"+name] = json.Number(value), doc{"value": value, "precision": 20}
	return d
}

func rat(v any) *big.Rat {
	r, ok := new(big.Rat).SetString(fmt.Sprint(v))
	if !ok {
		return new(big.Rat)
	}
	return r
}

// add makes an order of two lines, paid by an authorized payment: 2 × 15.75 and 1 × 3 and 4.90, with 19 % tax.
func (f *fake) add(at time.Time, change func(o doc)) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	id := f.id("order")
	line := func(title, sku, price string, n int64) doc {
		net := new(big.Rat).Mul(rat(price), big.NewRat(n, 1))
		tax := new(big.Rat).Mul(net, big.NewRat(19, 100))
		total := new(big.Rat).Add(net, tax)
		l := doc{
			"id": f.id("ordli"), "title": title, "subtitle": "Blue", "product_title": title, "variant_title": "Blue", "variant_sku": sku, "variant_id": "variant_" + sku,
			"requires_shipping": true, "is_tax_inclusive": false, "quantity": n, "thumbnail": nil, "adjustments": []any{},
			"detail": doc{"fulfilled_quantity": 0, "shipped_quantity": 0, "delivered_quantity": 0, "return_received_quantity": 0, "written_off_quantity": 0},
		}
		amount(l, "unit_price", price)
		amount(l, "total", decimal(total))
		amount(l, "original_total", decimal(total))
		amount(l, "tax_total", decimal(tax))
		return amount(l, "original_tax_total", decimal(tax))
	}
	ship := doc{"id": f.id("ordsm"), "name": "Standard Parcel", "shipping_option_id": "so_1", "is_tax_inclusive": false}
	amount(amount(ship, "total", "5.831"), "original_total", "5.831")
	amount(amount(ship, "tax_total", "0.931"), "original_tax_total", "0.931")
	person := doc{
		"first_name": "Anna", "last_name": "Müller", "company": nil, "address_1": "Lindenstraße 12", "address_2": "", "city": "Köln", "country_code": "de",
		"province": "", "postal_code": "50674", "phone": "+49 221 5550101",
	}
	o := doc{
		"id": id, "display_id": f.next, "status": "pending", "email": "anna@example.test", "currency_code": "eur", "created_at": stamp(at), "updated_at": stamp(at),
		"metadata": doc{}, "version": 1, "customer": doc{"id": "cus_1", "email": "anna@example.test", "first_name": nil, "last_name": nil},
		"items":            []any{line("Candle", "C-1", "15.75", 2), line("Match", "M-1", "3", 1)},
		"shipping_methods": []any{ship}, "shipping_address": person, "billing_address": person, "fulfillments": []any{}, "payment_collections": []any{},
	}
	f.pay(o, "46.886", at)
	if change != nil {
		change(o)
	}
	f.orders[id] = o
	return id
}

// pay puts an authorized payment to an order.
func (f *fake) pay(o doc, value string, at time.Time) doc {
	pay := doc{
		"id": f.id("pay"), "provider_id": "pp_system_default", "created_at": stamp(at), "updated_at": stamp(at), "captured_at": nil, "canceled_at": nil,
		"captures": []any{}, "refunds": []any{},
	}
	amount(pay, "amount", value)
	o["payment_collections"] = append(list(o["payment_collections"]), amount(doc{"id": f.id("paycol"), "status": "authorized", "payments": []any{pay}}, "amount", value))
	return pay
}

func unpaid(o doc) { o["payment_collections"] = []any{} }

func draft(o doc) { unpaid(o); o["status"] = "draft" }

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

func payments(o doc) []doc {
	var out []doc
	for _, c := range list(o["payment_collections"]) {
		for _, p := range list(c.(doc)["payments"]) {
			out = append(out, p.(doc))
		}
	}
	return out
}

// touch changes an order as somebody in the store's admin would.
func (f *fake) touch(id string, at time.Time, change func(o doc)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(f.orders[id])
	f.orders[id]["updated_at"] = stamp(at)
}

// capture takes a payment's money as somebody in the admin would: the order's date stays.
func (f *fake) capture(id string, at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.captured(payments(f.orders[id])[0], at)
}

func (f *fake) captured(p doc, at time.Time) {
	p["captures"] = append(list(p["captures"]), amount(doc{"id": f.id("capt"), "created_at": stamp(at)}, "amount", fmt.Sprint(p["amount"])))
	p["captured_at"], p["updated_at"] = stamp(at), stamp(at)
}

func total(moves any) *big.Rat {
	sum := new(big.Rat)
	for _, m := range list(moves) {
		sum.Add(sum, rat(m.(doc)["amount"]))
	}
	return sum
}

// computed are the two statuses, which the real one works out when it is asked.
func computed(o doc) (pay, ful string) {
	var authorized, captured, refunded, off int
	for _, p := range payments(o) {
		paid, back := total(p["captures"]), total(p["refunds"])
		switch {
		case p["canceled_at"] != nil:
			off++
		case back.Sign() > 0 && back.Cmp(paid) >= 0:
			refunded++
		case back.Sign() > 0:
			return "partially_refunded", fulfilled(o)
		case paid.Sign() > 0:
			captured++
		default:
			authorized++
		}
	}
	switch {
	case refunded > 0:
		pay = "refunded"
	case captured > 0:
		pay = "captured"
	case authorized > 0:
		pay = "authorized"
	case off > 0:
		pay = "canceled"
	default:
		pay = "not_paid"
	}
	return pay, fulfilled(o)
}

func fulfilled(o doc) string {
	var want, packed, shipped, delivered int64
	for _, v := range list(o["items"]) {
		want += v.(doc)["quantity"].(int64)
	}
	off := false
	for _, v := range list(o["fulfillments"]) {
		x := v.(doc)
		if x["canceled_at"] != nil {
			off = true
			continue
		}
		for _, it := range list(x["items"]) {
			n := it.(doc)["quantity"].(int64)
			packed += n
			if x["shipped_at"] != nil {
				shipped += n
			}
			if x["delivered_at"] != nil {
				delivered += n
			}
		}
	}
	switch {
	case delivered >= want && want > 0:
		return "delivered"
	case delivered > 0:
		return "partially_delivered"
	case shipped >= want && want > 0:
		return "shipped"
	case shipped > 0:
		return "partially_shipped"
	case packed >= want && want > 0:
		return "fulfilled"
	case packed > 0:
		return "partially_fulfilled"
	case off:
		return "canceled"
	}
	return "not_fulfilled"
}

func (f *fake) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	path := strings.TrimPrefix(r.URL.Path, "/")
	f.asked[r.Method+" "+path]++
	bad := fine
	if f.fault != nil {
		bad = f.fault(r.Method, path)
	}
	const html = "<!DOCTYPE html><html><title>Just a moment</title></html>"
	switch bad {
	case cut:
		return nil, io.ErrUnexpectedEOF
	case tooMuch:
		return reply(429, `{"message":"Too many requests"}`), nil
	case broken:
		return reply(500, `{"code":"unknown_error","type":"unknown_error","message":"An unknown error occurred."}`), nil
	case page:
		return reply(200, html), nil
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
		return reply(500, `{"code":"unknown_error","type":"unknown_error","message":"An unknown error occurred."}`), nil
	case pageBut:
		return reply(200, html), nil
	case half:
		data = data[:len(data)/2]
	}
	if out == nil {
		return reply(status, html), nil
	}
	return reply(status, string(data)), nil
}

func reply(status int, body string) *http.Response {
	h := http.Header{"Content-Type": {"application/json; charset=utf-8"}}
	if strings.HasPrefix(body, "<") {
		h.Set("Content-Type", "text/html")
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), ProtoMajor: 1, ProtoMinor: 1}
}

func no(status int, kind, message string) (int, any) {
	d := doc{"message": message}
	if kind != "" {
		d["type"] = kind
	}
	return status, d
}

func (f *fake) serve(r *http.Request, path string, body []byte) (int, any) {
	var in doc
	if len(body) > 0 {
		d := json.NewDecoder(strings.NewReader(string(body)))
		d.UseNumber()
		if err := d.Decode(&in); err != nil {
			return no(400, "invalid_data", "Unexpected end of JSON input")
		}
	}
	if path == "auth/user/emailpass" {
		if in["email"].(string)+":"+in["password"].(string) != fakeLogin {
			return no(401, "unauthorized", "Invalid email or password") //nolint:misspell // its own words
		}
		f.tokens++
		return 200, doc{"token": "jwt-" + strconv.Itoa(f.tokens)}
	}
	switch auth := r.Header.Get("Authorization"); {
	case strings.HasPrefix(auth, "Bearer sk_"):
		return no(401, "", "A secret API key was passed as a Bearer token.")
	case auth != "Basic "+base64.StdEncoding.EncodeToString([]byte(fakeKey+":")) && auth != "Bearer jwt-"+strconv.Itoa(f.tokens):
		return no(401, "", "Unauthorized") //nolint:misspell // its own words
	}
	parts := strings.Split(path, "/")
	get := r.Method == http.MethodGet
	switch {
	case path == "admin/stores":
		return 200, doc{"stores": []any{doc{
			"name": "Test Store", "default_sales_channel_id": "sc_1", "default_location_id": nil, "supported_currencies": []any{
				doc{"currency_code": "usd", "is_default": false}, doc{"currency_code": "eur", "is_default": true},
			},
		}}}
	case path == "admin/stock-locations":
		return 200, doc{"stock_locations": []any{doc{"id": "sloc_1"}}}
	case path == "admin/regions":
		return 200, doc{"count": 2, "regions": []any{
			doc{"id": "reg_us", "currency_code": "usd", "countries": []any{doc{"iso_2": "us"}}},
			doc{"id": "reg_eu", "currency_code": "eur", "countries": []any{doc{"iso_2": "de"}, doc{"iso_2": "fr"}}},
		}}
	case path == "admin/shipping-options":
		return 200, doc{"shipping_options": []any{doc{"id": "so_1", "name": "Standard Parcel"}}}
	case path == "admin/orders" && get:
		return f.list(r.URL.Query(), "orders")
	case path == "admin/draft-orders" && get:
		return f.list(r.URL.Query(), "draft_orders")
	case path == "admin/payments" && get:
		return f.list(r.URL.Query(), "payments")
	case len(parts) == 3 && parts[1] == "orders" && get:
		o := f.orders[parts[2]]
		if o == nil {
			return no(404, "not_found", "Order id not found: "+parts[2])
		}
		return 200, doc{"order": f.shown(o, r.URL.Query().Get("fields"))}
	case !get:
		return f.act(parts, in)
	}
	return 404, nil
}

// shown is an order with the fields that were asked for. Fields that there are not are ignored.
func (f *fake) shown(o doc, fields string) doc {
	pay, ful := computed(o)
	out := doc{}
	add := func(k string) {
		switch v, ok := o[k]; {
		case k == f.few:
		case k == "payment_status":
			out[k] = pay
		case k == "fulfillment_status":
			out[k] = ful
		case ok:
			out[k] = v
		}
	}
	if fields == "" {
		fields = "display_id,status,version,total,metadata,created_at,updated_at,items"
	}
	add("id")
	for _, k := range strings.Split(fields, ",") {
		k, _, _ = strings.Cut(strings.TrimLeft(k, "*+"), ".")
		add(k)
	}
	return out
}

// list is one of the lists. They are sorted by one field; what is equal in it comes in any order.
func (f *fake) list(q url.Values, key string) (int, any) {
	limit, offset := 15, 0
	known := []string{"limit", "offset", "fields", "order", "id[]", "updated_at[$gte]", "updated_at[$lt]", "created_at[$gte]"}
	for k := range q {
		if !slices.Contains(known, k) {
			f.t.Errorf("the real one would ignore %s", k)
		}
	}
	if n, err := strconv.Atoi(q.Get("limit")); err == nil {
		limit = n
	}
	if n, err := strconv.Atoi(q.Get("offset")); err == nil {
		offset = n
	}
	var all []doc
	for _, o := range f.orders {
		switch {
		case key == "payments":
			for _, p := range payments(o) {
				d := doc{"id": p["id"], "updated_at": p["updated_at"], "payment_collection": doc{"id": "x", "order": doc{"id": o["id"]}}}
				if o["cart"] == true {
					d["payment_collection"] = doc{"id": "x"}
				}
				all = append(all, d)
			}
		case (key == "draft_orders") == (o["status"] == "draft"):
			all = append(all, o)
		}
	}
	bound := func(k string, out func(at, limit time.Time) bool) bool {
		if q.Get(k) == "" {
			return true
		}
		limit, err := time.Parse(time.RFC3339, q.Get(k))
		if err != nil {
			f.t.Errorf("the real one would ignore %s=%s", k, q.Get(k))
			return key != "payments"
		}
		field, _, _ := strings.Cut(k, "[")
		all = slices.DeleteFunc(all, func(o doc) bool {
			at, _ := time.Parse(time.RFC3339, o[field].(string))
			return out(at, limit)
		})
		return true
	}
	if !f.deaf {
		ok := bound("updated_at[$gte]", time.Time.Before) && bound("created_at[$gte]", time.Time.Before) &&
			bound("updated_at[$lt]", func(at, limit time.Time) bool { return !at.Before(limit) })
		if !ok {
			return no(500, "unknown_error", "An unknown error occurred.")
		}
		if ids := q["id[]"]; len(ids) > 0 {
			if len(ids) > 20 {
				f.t.Errorf("%d ids at once", len(ids))
			}
			all = slices.DeleteFunc(all, func(o doc) bool { return !slices.Contains(ids, o["id"].(string)) })
		}
	}
	slices.SortFunc(all, func(a, b doc) int { return strings.Compare(a["id"].(string), b["id"].(string)) })
	field := strings.TrimPrefix(q.Get("order"), "-")
	if field == "" {
		field = "id"
	}
	if field != "id" {
		f.dice.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	}
	slices.SortStableFunc(all, func(a, b doc) int {
		c := strings.Compare(a[field].(string), b[field].(string))
		if strings.HasPrefix(q.Get("order"), "-") {
			c = -c
		}
		return c
	})
	out := []any{}
	for _, o := range all[min(len(all), offset):min(len(all), offset+limit)] {
		if key != "payments" {
			o = f.shown(o, q.Get("fields"))
		}
		out = append(out, o)
	}
	return 200, doc{key: out, "count": len(all), "offset": offset, "limit": limit}
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
