package woocommerce

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync"
)

func TestStoreTest(t *testing.T) {
	f, _ := world(t, 3)
	info, err := f.platform().Test(t.Context())
	if err != nil || info.Title != "Tom & Co" || info.Currency != "EUR" || info.Zone != "Europe/Berlin" || info.Orders != 3 || info.Version != "10.0.2" ||
		!slices.Equal(info.Permissions, []string{"read orders", "change orders"}) {
		t.Errorf("%+v %v", info, err)
	}
	f.may = "read"
	if info, err = f.platform().Test(t.Context()); err != nil || len(info.Permissions) != 1 || !strings.Contains(info.Warnings[0], "may only read") {
		t.Errorf("%+v %v", info, err)
	}
}

// TestBasicCountsOverHTTPSOnly: over http the store does not look at it, and everything is signed.
func TestBasicCountsOverHTTPSOnly(t *testing.T) {
	for _, address := range []string{"http://127.0.0.1:8181", "http://shop.example", "http://shop.example:8080"} {
		f, _ := world(t, 120)
		p, d := f.platform(func(o *Options) { o.URL = address }), newDesk()
		d.pull(t, p)
		if len(d.orders) != 120 {
			t.Errorf("%s: %d orders", address, len(d.orders))
		}
		for _, r := range f.seen {
			if strings.Contains(fmt.Sprint(r.Header, r.URL), fakeSecret) {
				t.Fatalf("the secret went out in the open: %s", r.URL.Path)
			}
		}
		info, err := p.Test(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if open := strings.Contains(strings.Join(info.Warnings, " "), "anybody on the way"); open == strings.Contains(address, "127.0.0.1") {
			t.Errorf("%s: warned %t", address, open)
		}
	}
}

// TestSignaturesAreMadeOverTheSitesOwnAddress, which may be another one than the one that is asked.
func TestSignaturesAreMadeOverTheSitesOwnAddress(t *testing.T) {
	f, _ := world(t, 3)
	f.root, f.home = "/shop", "http://www.shop.example/shop"
	d := newDesk()
	d.pull(t, f.platform(func(o *Options) { o.URL = "http://127.0.0.1:8181/shop" }))
	if len(d.orders) != 3 {
		t.Errorf("%d orders", len(d.orders))
	}
}

// TestAPlatformOverHTTPIsMadeWithoutItsKey, to be asked what it is before there is one.
func TestAPlatformOverHTTPIsMadeWithoutItsKey(t *testing.T) {
	p, err := New(Options{URL: "http://shop.example/shop", Key: "none"})
	if err != nil || !p.Capabilities().Signed || !p.Capabilities().InAddress {
		t.Errorf("%v", err)
	}
}

// TestAStoreThatSendsUsOnToHTTPSSaysSo, and not that it is no WordPress; nothing signed follows.
func TestAStoreThatSendsUsOnToHTTPSSaysSo(t *testing.T) {
	f, _ := world(t, 1)
	f.toHTTPS = true
	_, err := f.platform(func(o *Options) { o.URL = "http://shop.example" }).Test(t.Context())
	if sync.KindOf(err) != sync.Refused || !strings.Contains(err.Error(), "https:// in place of http://") || len(f.seen) != 1 {
		t.Errorf("%d requests: %v", len(f.seen), err)
	}
}

// TestSignature holds a signature against one that was made elsewhere (Python's hmac, after RFC 5849, 3.4).
func TestSignature(t *testing.T) {
	k := key{how: signed, consumer: "ck_1", secret: "cs_1"}
	got := k.sign("GET", "http://shop.example/wp-json/wc/v3/orders", map[string][]string{"search": {"O'Neil x~*()ü"}, "per_page": {"1"}}, map[string]string{
		"oauth_consumer_key": "ck_1", "oauth_nonce": "n", "oauth_signature_method": "HMAC-SHA256", "oauth_timestamp": "1795295134",
	})
	if want := `oauth_signature="JPGnNMYoKi7wGETlybu%2FuwwjVtM1Ixmt6AKduomKIJM%3D"`; !strings.Contains(got, want) {
		t.Errorf("%s", got)
	}
}

func TestClocksApartStillSign(t *testing.T) {
	f, now := world(t, 1)
	p := f.platform(func(o *Options) {
		o.URL, o.Clock = "http://127.0.0.1:8181", func() time.Time { return now.Add(-3 * time.Hour) }
	})
	_, err := p.Test(t.Context())
	if sync.KindOf(err) != sync.Auth || !strings.Contains(err.Error(), "clocks") { // this fake says no time
		t.Errorf("%v", err)
	}
}

// TestKeysInTheAddressAreAChoice for a server that takes the header away, and are seen nowhere.
func TestKeysInTheAddressAreAChoice(t *testing.T) {
	f, _ := world(t, 3)
	f.noHeader = true
	_, err := f.platform().Test(t.Context())
	if sync.KindOf(err) != sync.Auth || !strings.Contains(err.Error(), "key_in_address: true") {
		t.Errorf("%v", err)
	}
	for _, r := range f.seen {
		if strings.Contains(r.URL.String(), "ck_") {
			t.Error("the key went into the address unasked")
		}
	}
	p := f.platform(func(o *Options) { o.InAddress = true })
	d := newDesk()
	d.pull(t, p)
	if len(d.orders) != 3 {
		t.Errorf("%d orders", len(d.orders))
	}
	for _, bad := range faults {
		f.fault = func(string, string) fault { return bad }
		_, err := p.Read(t.Context(), "1001")
		if text := fmt.Sprintf("%v %+v", err, errors.Unwrap(err)); strings.Contains(text, fakeSecret) || strings.Contains(text, fakeConsumer) {
			t.Errorf("%s: the key is told: %s", bad, text)
		}
	}
	f.fault = nil
	if info, err := p.Test(t.Context()); err != nil || !strings.Contains(strings.Join(info.Warnings, " "), "in the logs") {
		t.Errorf("%v %+v", err, info.Warnings)
	}
	for _, address := range []string{"http://127.0.0.1", "http://shop.example"} {
		for _, key := range []string{fakeKey, "none"} {
			if _, err := New(Options{URL: address, Key: key, InAddress: true}); err == nil || !strings.Contains(err.Error(), "signed") {
				t.Errorf("%s: a key in the address was taken: %v", address, err)
			}
		}
	}
	if _, err := New(Options{URL: "https://shop.example", Key: "query:" + fakeKey}); err == nil || !strings.Contains(err.Error(), "key_in_address") || strings.Contains(err.Error(), fakeSecret) {
		t.Errorf("a key that says where it stands: %v", err)
	}
}

// TestASecretInAnAnswerIsCutOut: the store repeats what it was asked.
func TestASecretInAnAnswerIsCutOut(t *testing.T) {
	f, _ := world(t, 1)
	f.before = `{"code":"x","message":"no consumer_secret=` + fakeSecret + `","data":{"status":500}}`
	p := f.platform()
	_, err := p.Test(t.Context())
	if err == nil || strings.Contains(err.Error(), fakeSecret) {
		t.Errorf("%v", err)
	}
}

func TestKeysThatAreNone(t *testing.T) {
	for _, bad := range []string{"", "ck_1", "ck_1:", ":cs_1", "cs_1:ck_1", "query:ck_1", "ck_1:cs 1"} {
		_, err := New(Options{URL: "https://shop.example", Key: bad})
		if err == nil || len(bad) > 3 && strings.Contains(err.Error(), bad) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for _, bad := range []string{"", "shop", "ftp://shop.example", "https://a:b@shop.example", "://"} {
		if _, err := New(Options{URL: bad, Key: fakeKey}); err == nil || strings.Contains(err.Error(), "a:b") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestSitesInSubdirectories(t *testing.T) {
	for _, c := range []struct{ root, address string }{
		{"/shop", "https://shop.example/shop"},
		{"/shop", "https://shop.example/shop/"},
		{"/shop", "https://shop.example/shop/wp-json/wc/v3"},
		{"/shop", "https://shop.example/shop/wp-admin/admin.php"},
		{"/shop", "https://shop.example/shop/de/checkout"},
		{"", "https://shop.example/de"},
		{"", "https://shop.example/wp-json/"},
	} {
		f, _ := world(t, 2)
		f.root = c.root
		p, d := f.platform(func(o *Options) { o.URL = c.address }), newDesk()
		d.pull(t, p)
		if len(d.orders) != 2 || !strings.HasPrefix(d.orders["1001"].AdminURL, "https://shop.example"+c.root+"/wp-admin/") {
			t.Errorf("%s: %d orders, %s", c.address, len(d.orders), d.orders["1001"].AdminURL)
		}
	}
}

func TestWhatIsNoWooCommerceIsSaid(t *testing.T) {
	f := newFake(t)
	f.root = "/elsewhere"
	if _, err := f.platform(func(o *Options) { o.URL = "https://shop.example" }).Test(t.Context()); sync.KindOf(err) != sync.Refused || !strings.Contains(err.Error(), "Permalinks") {
		t.Errorf("%v", err)
	}
	f = newFake(t)
	f.features["no woo"] = true
	if _, err := f.platform().Test(t.Context()); sync.KindOf(err) != sync.Refused || !strings.Contains(err.Error(), "without WooCommerce") {
		t.Errorf("%v", err)
	}
	f = newFake(t)
	f.secrets = true // a plugin that closes the index: the orders can be had all the same
	if info, err := f.platform().Test(t.Context()); err != nil || info.Title == "" {
		t.Errorf("%+v %v", info, err)
	}
}

// TestNoticesBeforeTheJSON: PHP prints its warnings into the answer, as HTML, with a byte order mark of some plugin.
func TestNoticesBeforeTheJSON(t *testing.T) {
	for _, before := range []string{
		"<br />\n<b>Notice</b>:  Undefined offset: 0 in <b>/srv/x.php</b> on line <b>[7]</b><br />\n", "\xef\xbb\xbf", "\n\n", "PHP Warning: {x} in y\n",
	} {
		f, _ := world(t, 3)
		f.before, f.behind = before, "\n<br /><b>Warning</b>: at the end"
		if strings.HasPrefix(before, "PHP") || strings.HasPrefix(before, "<br") {
			f.behind = ""
		}
		d := newDesk()
		d.pull(t, f.platform())
		if len(d.orders) != 3 {
			t.Errorf("%q: %d orders", before, len(d.orders))
		}
	}
}

func recorded(t testing.TB, name string) (status int, h http.Header, body []byte) {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var x struct {
		Status  int               `json:"status"`
		Headers map[string]string `json:"headers"`
		Body    json.RawMessage   `json:"body"`
	}
	if err := json.Unmarshal(raw, &x); err != nil {
		t.Fatal(err)
	}
	h = http.Header{}
	for k, v := range x.Headers {
		h.Set(k, v)
	}
	var page string
	if json.Unmarshal(x.Body, &page) == nil {
		return x.Status, h, []byte(page)
	}
	return x.Status, h, x.Body
}

// replay answers every request after the greeting with one that was recorded.
type replay struct {
	*fake
	name string
}

func (r *replay) RoundTrip(req *http.Request) (*http.Response, error) {
	if !strings.Contains(req.URL.Path, "/orders") || strings.HasSuffix(req.URL.Path, "/statuses") {
		return r.fake.RoundTrip(req)
	}
	status, h, body := recorded(r.fake.t, r.name)
	return answer(status, string(body), h), nil
}

// TestRecordedFailures: what a real store answered, and what is made of it.
func TestRecordedFailures(t *testing.T) {
	for _, c := range []struct {
		name string
		kind sync.Kind
		says string
		wait time.Duration
	}{
		{"auth-basic-http", sync.Auth, "Authorization header", 0},
		{"auth-basic-https-badsecret", sync.Auth, "Consumer secret is invalid", 0},
		{"auth-customer-key-list", sync.Auth, "shop manager", 0},
		{"auth-readonly-put", sync.Auth, "Read/Write", 0},
		{"list-status-bad", sync.Refused, "status[0] is not one of any", 0},
		{"create-bad-coupon", sync.Refused, `Coupon "nope" cannot be applied`, 0}, // with HTML entities
		{"maintenance", sync.Unavailable, "Maintenance", 10 * time.Minute},
		{"refund-too-much", sync.Unavailable, "500", 0},
	} {
		f := newFake(t)
		p := f.platform(func(o *Options) { o.Transport = &replay{f, c.name} })
		_, err := p.Read(t.Context(), "41")
		var e *sync.Error
		if !errors.As(err, &e) || e.Kind != c.kind || !strings.Contains(err.Error(), c.says) || e.RetryAfter != c.wait {
			t.Errorf("%s: %v (%+v)", c.name, err, e)
		}
	}
}

// TestPagesOfMoreThan100AreRefused, and arrays that cannot be signed: the fake is as strict as the real one.
func TestPagesOfMoreThan100AreRefused(t *testing.T) {
	f, _ := world(t, 1)
	p := f.platform(func(o *Options) { o.URL = "http://127.0.0.1" })
	s, err := p.hello(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		q    map[string][]string
		says string
		kind sync.Kind
	}{
		{map[string][]string{"per_page": {"101"}, "orderby": {"id"}, "status": {"any"}}, "per_page must be between", sync.Refused},
		{map[string][]string{"status": {"wc-processing"}, "orderby": {"id"}}, "status[0] is not one of", sync.Refused},
		{map[string][]string{"status[]": {"processing", "completed"}}, "signature does not match", sync.Auth},
		{map[string][]string{"modified_after": {"yesterday"}, "orderby": {"id"}, "status": {"any"}}, "Invalid date", sync.Refused},
	} {
		if _, err := p.get(t.Context(), s, "orders", c.q, nil); sync.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v: %v", c.q, err)
		}
	}
}

func TestCapabilities(t *testing.T) {
	p, err := New(Options{URL: "https://shop.example", Key: "none"})
	if err != nil {
		t.Fatal(err)
	}
	c := p.Capabilities()
	if p.Kind() != "woocommerce" || c.Title != "WooCommerce" || len(c.Streams) != 3 || !strings.Contains(c.KeyHint, "ck_") {
		t.Errorf("%+v", c)
	}
	for in, want := range map[string]string{"2": "Etc/GMT-2", "-3": "Etc/GMT+3", "0": "UTC", "5.5": "", "": ""} {
		name, zone := zoneOf("", in)
		if name != want || in == "5.5" && zone == nil {
			t.Errorf("offset %q is %q (%v)", in, name, zone)
		}
		if at := start; zone != nil && in != "5.5" {
			_, seconds := at.In(zone).Zone()
			if strconv.Itoa(seconds/3600) != in {
				t.Errorf("offset %q is %d s", in, seconds)
			}
		}
	}
}

// TestOverARealConnection signs, sends and reads over a socket, in a subdirectory.
func TestOverARealConnection(t *testing.T) {
	f, _ := world(t, 120)
	f.root = "/shop"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.URL.Scheme, r.URL.Host = "http", r.Host
		res, err := f.RoundTrip(r)
		if err != nil {
			t.Error(err)
			return
		}
		defer res.Body.Close()
		for k, v := range res.Header {
			w.Header()[k] = v
		}
		w.WriteHeader(res.StatusCode)
		if _, err := io.Copy(w, res.Body); err != nil {
			t.Error(err)
		}
	}))
	defer server.Close()
	p, d := f.platform(func(o *Options) { o.URL, o.Transport, o.Clock = server.URL+"/shop/checkout", nil, nil }), newDesk()
	f.now = time.Now
	d.pull(t, p)
	if len(d.orders) != 120 {
		t.Fatalf("%d orders", len(d.orders))
	}
	if err := p.Fulfil(t.Context(), "1001", whole("J1")); err != nil || f.made["status completed"] != 1 {
		t.Errorf("%v %v", err, f.made)
	}
	if _, err := p.Act(t.Context(), "1002", order.Act{Kind: order.ActNote, Key: "k", Text: "Grüße, O'Neil ~*()"}); err != nil || f.made["note"] != 2 {
		t.Errorf("%v %v", err, f.made)
	}
}
