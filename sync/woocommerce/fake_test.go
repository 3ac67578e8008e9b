package woocommerce

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	gosync "sync"
	"testing"
	"time"
)

const (
	fakeConsumer = "ck_0123456789012345678901234567890123456789"
	fakeSecret   = "cs_abcdefabcdefabcdefabcdefabcdefabcdefabcd"
	fakeKey      = fakeConsumer + ":" + fakeSecret
)

// fake is a WooCommerce of sorts behind an http.RoundTripper. It refuses what the real one refuses, and fails as it does.
type fake struct {
	t  testing.TB
	mu gosync.Mutex

	orders   map[int]map[string]any
	notes    map[int][]map[string]any
	next     int
	now      func() time.Time // of the store
	zone     *time.Location
	root     string // path of the site: "" or "/shop"
	home     string // what it takes for its address; "" = the host that is asked
	statuses map[string]string
	nonces   map[string]bool
	may      string // what the key may do: "read", "write", "read_write", "nothing" (a customer's)
	noHeader bool   // the web server takes the Authorization header away
	old      bool   // before 5.8: modified_after is not known, and ignored
	before   string // printed before every answer
	behind   string // and after it
	secrets  bool   // the index is closed to strangers
	most     int    // rows that a page has at most, whatever is asked for; 0 = what is asked for
	drops    string // a parameter that something between takes away
	toHTTPS  bool   // the web server sends on what comes over http
	fault    func(method, path string) fault
	asked    []string
	made     map[string]int // what was done, by what it was
	mails    []string
	features map[string]bool // "fulfillments", "tracking"
	mid      func(q url.Values)
	auto     bool // the gateway gives money back by itself
	// paysOnProcessing dates the payment when an order gets that status, as a store does but with payment at the door.
	paysOnProcessing bool
	seen             []*http.Request
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
	upkeep    fault = "503 for maintenance"
	half      fault = "half of the JSON"
	notice    fault = "PHP notices before the JSON"
)

var faults = []fault{cut, after, tooMuch, broken, brokenBut, page, upkeep, half, notice}

func newFake(t testing.TB) *fake {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return &fake{
		t: t, orders: map[int]map[string]any{}, notes: map[int][]map[string]any{}, next: 1000, now: func() time.Time { return start }, zone: zone,
		statuses: map[string]string{
			"pending": "Pending payment", "processing": "Processing", "on-hold": "On hold", "completed": "Completed", "cancelled": "Cancelled",
			"refunded": "Refunded", "failed": "Failed", "checkout-draft": "Draft",
		},
		nonces: map[string]bool{}, may: "read_write", made: map[string]int{}, features: map[string]bool{},
	}
}

func (f *fake) options() Options {
	return Options{URL: "https://shop.example" + f.root, Key: fakeKey, Version: "test", Transport: f, Clock: f.now}
}

func (f *fake) platform(change ...func(*Options)) *Platform {
	o := f.options()
	for _, c := range change {
		c(&o)
	}
	p, err := New(o)
	if err != nil {
		f.t.Fatal(err)
	}
	return p
}

// template is an order as a real store wrote it.
var template = gosync.OnceValue(func() string {
	raw, err := os.ReadFile("testdata/get-order.json")
	if err != nil {
		panic(err)
	}
	var x struct {
		Body json.RawMessage `json:"body"`
	}
	if err := json.Unmarshal(raw, &x); err != nil {
		panic(err)
	}
	return string(x.Body)
})

// add makes an order.
func (f *fake) add(at time.Time, change func(o map[string]any)) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	var o map[string]any
	if err := json.Unmarshal([]byte(template()), &o); err != nil {
		f.t.Fatal(err)
	}
	f.next++
	delete(o, "_links")
	o["id"], o["number"] = f.next, strconv.Itoa(f.next)
	f.date(o, "date_created", at)
	f.date(o, "date_modified", at)
	f.date(o, "date_paid", at)
	if change != nil {
		change(o)
	}
	f.orders[f.next] = o
	return f.next
}

func (f *fake) date(o map[string]any, field string, at time.Time) {
	o[field], o[field+"_gmt"] = at.In(f.zone).Format(naive), at.UTC().Format(naive)
}

// set changes an order as somebody in the store's admin would.
func (f *fake) set(id int, field string, value any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.orders[id][field] = value
	f.date(f.orders[id], "date_modified", f.now())
}

// requests is how many were made, of those whose path has a part.
func (f *fake) requests(part string) (n int) {
	for _, a := range f.asked {
		if strings.Contains(a, part) {
			n++
		}
	}
	return n
}

func (f *fake) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen = append(f.seen, r)
	if f.toHTTPS && r.URL.Scheme == "http" {
		return answer(301, "<html><title>Moved</title></html>", http.Header{"Content-Type": {"text/html"}, "Location": {"https://" + r.URL.Host + r.URL.RequestURI()}}), nil
	}
	path, under := strings.CutPrefix(r.URL.Path, f.root+"/wp-json/")
	f.asked = append(f.asked, r.Method+" "+path)
	bad := fine
	if f.fault != nil {
		bad = f.fault(r.Method, path)
	}
	switch bad {
	case cut:
		return nil, io.ErrUnexpectedEOF
	case tooMuch:
		return answer(429, `<html><title>Too many requests</title></html>`, http.Header{"Content-Type": {"text/html"}}), nil
	case broken:
		return critical(), nil
	case page:
		return answer(200, "<!doctype html><html><title>Just a moment</title></html>", http.Header{"Content-Type": {"text/html"}}), nil
	case upkeep:
		return answer(503, "<!DOCTYPE html>\n<html><head><title>Maintenance</title></head></html>", http.Header{
			"Content-Type": {"text/html; charset=UTF-8"}, "Retry-After": {"600"},
		}), nil
	}
	h := http.Header{}
	var status int
	var out any
	switch {
	case !under:
		return answer(404, "<!DOCTYPE html><html><title>Page not found</title></html>", http.Header{"Content-Type": {"text/html"}}), nil
	case path == "":
		status, out = f.index(r)
	default:
		status, out = f.api(r, path, body, h)
	}
	data, err := json.Marshal(out)
	if err != nil {
		f.t.Error(err)
	}
	switch bad {
	case after:
		return nil, io.ErrUnexpectedEOF
	case brokenBut:
		return critical(), nil
	case half:
		data = data[:len(data)/2]
	case notice:
		h.Set("Content-Type", "text/html; charset=UTF-8")
		data = append([]byte("<br />\n<b>Warning</b>:  Undefined array key [\"x\"] in <b>/srv/plugin.php</b> on line <b>12</b><br />\n"), data...)
	}
	return answer(status, f.before+string(data)+f.behind, h), nil
}

func critical() *http.Response {
	return answer(500, `{"code":"internal_server_error","message":"<p>There has been a critical error on this website.</p>","data":{"status":500},"additional_errors":[]}`, nil)
}

func answer(status int, body string, h http.Header) *http.Response {
	if h == nil {
		h = http.Header{}
	}
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", "application/json; charset=UTF-8")
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), ProtoMajor: 1, ProtoMinor: 1}
}

func no(status int, code, message string) (int, any) {
	return status, map[string]any{"code": code, "message": message, "data": map[string]any{"status": status}}
}

func invalid(name, why string) (int, any) {
	return 400, map[string]any{"code": "rest_invalid_param", "message": "Invalid parameter(s): " + name, "data": map[string]any{
		"status": 400, "params": map[string]any{name: why},
	}}
}

func (f *fake) index(r *http.Request) (int, any) {
	if f.secrets {
		return no(401, "rest_not_logged_in", "You are not currently logged in.")
	}
	home := f.home
	if home == "" {
		home = r.URL.Scheme + "://" + r.URL.Host + f.root
	}
	spaces := []string{"wc/v3", "wp/v2"}
	if f.features["tracking"] {
		spaces = append(spaces, "wc-shipment-tracking/v3")
	}
	if f.features["no woo"] {
		spaces = []string{"wp/v2"}
	}
	return 200, map[string]any{"name": "Tom &amp; Co", "home": home, "gmt_offset": 1, "timezone_string": f.zone.String(), "namespaces": spaces}
}

// login is what the store says to a key, nil where it lets it in.
func (f *fake) login(r *http.Request) (int, any) {
	const cannot = "Sorry, you cannot list resources."
	q := r.URL.Query()
	head := r.Header.Get("Authorization")
	if f.noHeader {
		head = ""
	}
	ck, cs := "", ""
	switch {
	case r.URL.Scheme == "http":
		if !strings.HasPrefix(head, "OAuth ") {
			return no(401, "woocommerce_rest_cannot_view", cannot) // Basic, and keys in the address, are not looked at
		}
		if status, out := f.oauth(r, strings.TrimPrefix(head, "OAuth ")); status != 0 {
			return status, out
		}
		ck, cs = fakeConsumer, fakeSecret
	case q.Has("consumer_key"):
		ck, cs = q.Get("consumer_key"), q.Get("consumer_secret")
	default:
		if strings.HasPrefix(head, "Basic ") {
			ck, cs, _ = r.BasicAuth()
		}
	}
	writes := r.Method != http.MethodGet && r.Method != http.MethodHead
	switch {
	case ck != fakeConsumer || cs == "":
		return no(401, "woocommerce_rest_cannot_view", cannot)
	case cs != fakeSecret:
		return no(401, "woocommerce_rest_authentication_error", "Consumer secret is invalid.")
	case writes && f.may == "read":
		return no(401, "woocommerce_rest_authentication_error", "The API key provided does not have write permissions.")
	case !writes && f.may == "write":
		return no(401, "woocommerce_rest_authentication_error", "The API key provided does not have read permissions.")
	case f.may == "nothing":
		return no(403, "woocommerce_rest_cannot_view", cannot)
	}
	return 0, nil
}

// oauth checks a signature as PHP does: it sees the parameters of the address decoded, and names status[] status[0].
func (f *fake) oauth(r *http.Request, head string) (int, any) {
	p := map[string]string{}
	for _, part := range strings.Split(head, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		value, err := url.PathUnescape(strings.Trim(value, `"`))
		if err != nil {
			f.t.Error(err)
		}
		p[name] = value
	}
	for _, need := range []string{"oauth_consumer_key", "oauth_timestamp", "oauth_nonce", "oauth_signature", "oauth_signature_method"} {
		if p[need] == "" {
			return no(401, "woocommerce_rest_authentication_missing_parameter", "Missing OAuth parameters "+need)
		}
	}
	const wrong = "woocommerce_rest_authentication_error"
	if p["oauth_consumer_key"] != fakeConsumer {
		return no(401, wrong, "Consumer key is invalid.")
	}
	if p["oauth_signature_method"] != "HMAC-SHA256" {
		return no(401, wrong, "Invalid signature - signature method is invalid.")
	}
	given := p["oauth_signature"]
	delete(p, "oauth_signature")
	for name, values := range r.URL.Query() {
		for i, v := range values {
			p[strings.Replace(name, "[]", "["+strconv.Itoa(i)+"]", 1)] = v
		}
	}
	rfc := func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
	pairs := make([]string, 0, len(p))
	for _, name := range slices.Sorted(maps.Keys(p)) {
		pairs = append(pairs, rfc(name)+"="+rfc(p[name]))
	}
	home := f.home
	if home == "" {
		home = "http://" + r.URL.Host + f.root
	}
	address := home + strings.TrimPrefix(r.URL.Path, f.root)
	mac := hmac.New(sha256.New, []byte(fakeSecret+"&"))
	fmt.Fprint(mac, r.Method+"&"+rfc(address)+"&"+rfc(strings.Join(pairs, "&")))
	if base64.StdEncoding.EncodeToString(mac.Sum(nil)) != given {
		return no(401, wrong, "Invalid signature - provided signature does not match.")
	}
	at, _ := strconv.ParseInt(p["oauth_timestamp"], 10, 64)
	if d := f.now().Sub(time.Unix(at, 0)).Abs(); d > 15*time.Minute {
		return no(401, wrong, "Invalid timestamp.")
	}
	if f.nonces[p["oauth_nonce"]] {
		return no(401, wrong, "Invalid nonce - nonce has already been used.")
	}
	f.nonces[p["oauth_nonce"]] = true
	return 0, nil
}

func (f *fake) api(r *http.Request, path string, body []byte, h http.Header) (int, any) {
	if status, out := f.login(r); status != 0 {
		return status, out
	}
	q := r.URL.Query()
	var in map[string]any
	if len(body) > 0 {
		if r.Header.Get("Content-Type") != "application/json" {
			f.t.Errorf("%s %s: sent as %q, of which the store takes nothing", r.Method, path, r.Header.Get("Content-Type"))
		}
		if err := json.Unmarshal(body, &in); err != nil {
			return no(400, "rest_invalid_json", "Invalid JSON body passed.")
		}
	}
	switch path {
	case "wc/v3/orders/statuses":
		out := []any{}
		for slug, name := range f.statuses {
			out = append(out, map[string]any{"slug": slug, "name": name})
		}
		return 200, out
	case "wc/v3/settings/general/woocommerce_currency":
		return 200, map[string]any{"value": "EUR"}
	case "wc/v3/orders":
		if r.Method == http.MethodPost {
			return f.create(in)
		}
		return f.list(q, h)
	}
	parts := strings.Split(path, "/")
	if len(parts) < 4 || parts[2] != "orders" {
		return no(404, "rest_no_route", "No route was found matching the URL and request method.")
	}
	id, err := strconv.Atoi(parts[3])
	if err != nil {
		return no(404, "rest_no_route", "No route was found matching the URL and request method.")
	}
	if parts[0] == "wc-shipment-tracking" {
		return f.tracking(r.Method, id, parts[4:], in)
	}
	o := f.orders[id]
	switch {
	case len(parts) == 4 && o == nil && r.Method == http.MethodPut:
		return no(400, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.")
	case len(parts) == 4 && o == nil:
		return no(404, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.")
	case len(parts) == 4 && r.Method == http.MethodGet:
		return 200, o
	case len(parts) == 4 && r.Method == http.MethodPut:
		return f.put(o, in)
	case len(parts) == 4 && r.Method == http.MethodDelete:
		return f.remove(o, id, q.Get("force") == "true")
	case len(parts) == 5 && parts[4] == "refunds":
		return f.refunds(r.Method, id, in, h)
	case len(parts) == 5 && parts[4] == "notes":
		return f.note(r.Method, id, in)
	case len(parts) >= 5 && parts[4] == "fulfillments":
		return f.fulfilments(r.Method, id, parts[5:], in, q)
	case len(parts) == 6 && parts[4] == "actions" && parts[5] == "send_order_details" && r.Method == http.MethodPost:
		f.mails = append(f.mails, "details")
		f.made["details"]++
		return 200, map[string]any{"message": "Order details sent."}
	}
	return no(404, "rest_no_route", "No route was found matching the URL and request method.")
}

func number(q url.Values, name string, otherwise, least, most int) (int, bool) {
	if !q.Has(name) {
		return otherwise, true
	}
	n, err := strconv.Atoi(q.Get(name))
	return n, err == nil && n >= least && n <= most
}

func (f *fake) list(q url.Values, h http.Header) (int, any) {
	if f.mid != nil {
		f.mid(q)
	}
	if q.Del(f.drops); f.drops == "orderby" { // then it is by date, the newest first
		q.Set("orderby", "id")
		q.Set("order", "desc")
	}
	size, ok := number(q, "per_page", 10, 1, 100)
	if !ok {
		return invalid("per_page", "per_page must be between 1 (inclusive) and 100 (inclusive)")
	}
	pageNo, ok := number(q, "page", 1, 1, 1<<30)
	if !ok {
		return invalid("page", "page must be greater than or equal to 1")
	}
	offset, ok := number(q, "offset", (pageNo-1)*size, 0, 1<<30)
	if !ok {
		return invalid("offset", "offset is not of type integer.")
	}
	if f.most > 0 {
		size = min(size, f.most)
	}
	if by := q.Get("orderby"); !slices.Contains([]string{"", "date", "id", "include", "title", "slug", "modified"}, by) {
		return invalid("orderby", "orderby is not one of date, id, include, title, slug, and modified.")
	} else if by != "id" {
		f.t.Errorf("a list by %q, which is not stable", by)
	}
	status := q.Get("status")
	if _, core := f.statuses[status]; !core && status != "any" && status != "trash" {
		return invalid("status", "status[0] is not one of any, trash, auto-draft, pending, ….")
	}
	var since time.Time
	if v := q.Get("modified_after"); v != "" && !f.old {
		at, err := time.Parse(naive, v)
		zoned := err != nil
		if zoned {
			if at, err = time.Parse(time.RFC3339, v); err != nil {
				return invalid("modified_after", "Invalid date.")
			}
		}
		gmt := q.Get("dates_are_gmt") == "true"
		if zoned == gmt { // read as a clock of another zone, without a word
			f.t.Errorf("modified_after=%s with dates_are_gmt=%t is off by the store's zone", v, gmt)
		}
		since = at
	}
	include := map[int]bool{}
	if v := q.Get("include"); v != "" {
		for _, id := range strings.Split(v, ",") {
			n, err := strconv.Atoi(id)
			if err != nil {
				return invalid("include", "include[0] is not of type integer.")
			}
			include[n] = true
		}
	}
	var ids []int
	for id, o := range f.orders {
		at, _ := time.Parse(naive, fmt.Sprint(o["date_modified_gmt"]))
		trashed := o["status"] == "trash"
		switch {
		case status == "any" && trashed, status == "trash" && !trashed, status != "any" && status != "trash" && o["status"] != status,
			len(include) > 0 && !include[id], !since.IsZero() && !at.After(since):
			continue
		}
		ids = append(ids, id)
	}
	slices.Sort(ids)
	if q.Get("order") != "asc" {
		slices.Reverse(ids)
	}
	h.Set("X-WP-Total", strconv.Itoa(len(ids)))
	h.Set("X-WP-TotalPages", strconv.Itoa((len(ids)+size-1)/size))
	if offset >= len(ids) {
		h.Set("X-WP-Total", "0")
	}
	h.Set("Link", "<https://shop.example/wp-json/wc/v3/orders?"+q.Encode()+"&page=2>; rel=\"next\"") // with the key in it
	out := []any{}
	for _, id := range ids[min(len(ids), offset):min(len(ids), offset+size)] {
		out = append(out, pick(f.orders[id], q.Get("_fields")))
	}
	return 200, out
}

// pick leaves the fields that were asked for.
func pick(o map[string]any, names string) map[string]any {
	if names == "" {
		return o
	}
	out := map[string]any{}
	for _, name := range strings.Split(names, ",") {
		if v, ok := o[name]; ok {
			out[name] = v
		}
	}
	return out
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
