// Package woocommerce pulls orders from a WooCommerce store through its REST API (v3) and acts on them.
//
// What it relies on was measured on WooCommerce 10.0.2 under WordPress 6.8.2, and read in the sources where that is said.
// The traps: keys count as Basic over https only and must sign over http (auth.go); a list by date of change has no
// tie-break, dates are compared in the store's own zone unless they carry none, and what is trashed or deleted is not
// told of (streams.go); names come with HTML entities (normalize.go); a refund that is refused answers with 500, and one
// whose answer is lost has happened (actions.go).
package woocommerce

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	gosync "sync"
	"time"

	"github.com/orderdeck/orderdeck/store/order/text"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/httpx"
)

// Options says which store to talk to, and as whom.
type Options struct {
	URL string // of the site, with its path where it has one; a path that ends in /wp-json/… is understood as well
	Key string // "ck_…:cs_…"
	// InAddress puts the key into the address of every request, for a web server that takes the Authorization header away.
	InAddress bool
	Version   string // of Orderdeck, for the User-Agent
	Clock     func() time.Time
	Timeout   time.Duration
	Transport http.RoundTripper
}

// Platform is one WooCommerce store.
type Platform struct {
	o    Options
	http *httpx.Client
	key  key
	path string // of the site on its host, as it was given; "" = none
	take int    // full orders in one page. Only Pull uses it

	mu   gosync.Mutex
	shop *shop // what the store said of itself; nil = not asked yet
	// lacks says that in this run the site has turned out not to have core's fulfilments.
	lacks bool

	acts   gosync.Mutex         // one act at a time
	unsure map[string]time.Time // when the answer to what was lost
}

var _ sync.Platform = (*Platform)(nil)

const keyHint = "In WordPress under WooCommerce → Settings → Advanced → REST API add a key with Read/Write for a user who may manage the shop, " +
	"and give both halves as ck_…:cs_…"

// New makes a Platform; nothing is sent yet.
func New(o Options) (*Platform, error) {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	u, err := url.Parse(strings.TrimSpace(o.URL))
	if err != nil || u.Host == "" || u.User != nil {
		_, err = httpx.CheckURL(o.URL)
		return nil, cmp.Or(err, error(sync.Errorf(sync.Refused, "this is not the address of a store")))
	}
	p := &Platform{o: o, path: sitePath(u.Path), take: pageSize, unsure: map[string]time.Time{}}
	if p.key, err = readKey(o.Key, u.Scheme == "http", o.InAddress); err != nil {
		return nil, err
	}
	agent := "orderdeck"
	if o.Version != "" {
		agent += "/" + o.Version
	}
	u.Path, u.RawPath = "", ""
	p.http, err = httpx.New(httpx.Options{
		URL: u.String(), UserAgent: agent, Secrets: p.key.secrets(), Timeout: o.Timeout, Transport: o.Transport, Clock: o.Clock,
		Signed: p.key.how == signed, Salvage: salvage,
	})
	return p, err
}

// sitePath leaves of a path what the site is under.
func sitePath(path string) string {
	if i := strings.Index(path+"/", "/wp-json/"); i >= 0 {
		path = path[:i]
	}
	if i := strings.Index(path+"/", "/wp-admin/"); i >= 0 {
		path = path[:i]
	}
	return strings.Trim(path, "/")
}

// Kind implements sync.Platform.
func (p *Platform) Kind() string { return "woocommerce" }

// Capabilities implements sync.Platform.
func (p *Platform) Capabilities() sync.Capabilities {
	return sync.Capabilities{Title: "WooCommerce", KeyHint: keyHint, Streams: p.Streams(), Every: time.Minute, Signed: true, InAddress: true}
}

// shop is what the store says of itself.
type shop struct {
	path     string // of the site on its host, with a slash at its end
	name     string
	home     string // the site's own idea of its address, which signatures are made over; "" = as we know it
	zone     *time.Location
	zoneName string
	statuses map[string]string // name by slug; nil = it does not say
	skew     time.Duration
	spaces   []string  // namespaces of its API
	until    time.Time // then it is asked again
}

// knownFor is how long what the store says of itself counts: plugins with statuses of their own come and go.
const knownFor = 24 * time.Hour

// hello asks the store who it is, once a day.
func (p *Platform) hello(ctx context.Context) (*shop, error) {
	p.mu.Lock()
	known := p.shop
	p.mu.Unlock()
	if known != nil && p.o.Clock().Before(known.until) {
		return known, nil
	}
	s, err := p.discover(ctx)
	if err != nil {
		return nil, err
	}
	s.until = p.o.Clock().Add(knownFor)
	if s.statuses, err = p.statuses(ctx, s); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shop = s
	return s, nil
}

// discover looks for the site's API under the path that was given, and under its parents: the address of a page of the
// shop, or of one of its languages, leads to the site as well.
func (p *Platform) discover(ctx context.Context) (*shop, error) {
	var first error
	for path := p.path; ; {
		s, err := p.index(ctx, path)
		if err == nil {
			return s, nil
		}
		if first == nil {
			first = err
		}
		if sync.KindOf(err) != sync.Refused || path == "" {
			break
		}
		path = path[:max(0, strings.LastIndex(path, "/"))]
	}
	if e := (*sync.Error)(nil); errors.As(first, &e) && (errors.Is(first, errNoAPI) || errors.Is(first, httpx.ErrPage)) {
		return nil, &sync.Error{
			Kind: sync.Refused, Text: e.Text, Err: first,
			Hint: "There is no WordPress API under /wp-json/: check the address, and that the permalinks of WordPress (Settings → Permalinks) are not “Plain”",
		}
	}
	return nil, first
}

var (
	errNoAPI = errors.New("no wp-json")
	errNoWoo = errors.New("no wc/v3")
)

// index reads what the site tells everybody.
func (p *Platform) index(ctx context.Context, path string) (*shop, error) {
	s := &shop{path: path}
	a, err := p.http.Do(ctx, httpx.Request{
		Path: s.route("wp-json/"), Query: url.Values{"_fields": {"name,namespaces,gmt_offset,timezone_string,home"}},
	})
	if err != nil {
		return nil, err
	}
	s.skew = a.Skew
	var out struct {
		Name   loose   `json:"name"`
		Spaces []loose `json:"namespaces"`
		Offset loose   `json:"gmt_offset"`
		Zone   loose   `json:"timezone_string"`
		Home   loose   `json:"home"`
	}
	switch err := decode(a.Body, &out); {
	case a.Status == http.StatusUnauthorized || a.Status == http.StatusForbidden: // plugins keep strangers out of it
		return s, nil
	case a.Status != http.StatusOK || err != nil || out.Spaces == nil:
		return nil, &sync.Error{
			Kind: sync.Refused, Err: errNoAPI, Text: fmt.Sprintf("%s has no WordPress under /%s (%d %s)", p.http.Host(), path, a.Status, http.StatusText(a.Status)),
		}
	}
	for _, n := range out.Spaces {
		s.spaces = append(s.spaces, string(n))
	}
	if !slices.Contains(s.spaces, "wc/v3") {
		return nil, &sync.Error{
			Kind: sync.Refused, Err: errNoWoo, Text: fmt.Sprintf("%s is a WordPress without WooCommerce (its API has no wc/v3)", p.http.Host()),
			Hint: "Is the plugin switched on, and is the shop at this address?",
		}
	}
	s.name = plain(out.Name)
	if home, err := url.Parse(string(out.Home)); err == nil && home.Host != "" && (home.Scheme == "http" || home.Scheme == "https") && home.User == nil {
		s.home = strings.TrimRight(home.Scheme+"://"+home.Host+home.Path, "/")
	}
	s.zoneName, s.zone = zoneOf(string(out.Zone), string(out.Offset))
	return s, nil
}

// zoneOf makes a zone of WordPress's name, or of its offset in hours, which may be a fraction.
func zoneOf(name, offset string) (string, *time.Location) {
	if name != "" && name != "Local" {
		if zone, err := time.LoadLocation(name); err == nil {
			return name, zone
		}
	}
	hours, err := strconv.ParseFloat(offset, 64)
	if err != nil || math.Abs(hours) > 15 {
		return "", nil
	}
	if hours == 0 {
		return "UTC", time.UTC
	}
	if whole := int(hours); float64(whole) == hours { // the sign of these names is the other way round
		name = fmt.Sprintf("Etc/GMT%+d", -whole)
		if zone, err := time.LoadLocation(name); err == nil {
			return name, zone
		}
	}
	return "", time.FixedZone("", int(hours*3600))
}

// route is the path of something below the site.
func (s *shop) route(path string) string {
	if s.path == "" {
		return path
	}
	return s.path + "/" + path
}

// statuses asks for the statuses that there are, plugins' own among them; nil where the store does not say.
func (p *Platform) statuses(ctx context.Context, s *shop) (map[string]string, error) {
	for _, path := range []string{"orders/statuses", "reports/orders/totals"} { // the first is there since WooCommerce 9.6
		var all []struct {
			Slug loose `json:"slug"`
			Name loose `json:"name"`
		}
		a, err := p.ask(ctx, s, http.MethodGet, path, nil, nil, &all)
		switch {
		case err == nil:
			out := make(map[string]string, len(all))
			for _, st := range all {
				out[string(st.Slug)] = plain(st.Name)
			}
			return out, nil
		case a == nil || sync.KindOf(err).Retryable() || a.Status == http.StatusUnauthorized:
			return nil, err
		}
	}
	return nil, nil
}

// Test implements sync.Platform.
func (p *Platform) Test(ctx context.Context) (sync.Info, error) {
	p.mu.Lock()
	p.shop, p.lacks = nil, false
	p.mu.Unlock()
	s, err := p.hello(ctx)
	if err != nil {
		return sync.Info{}, err
	}
	var newest []struct {
		Currency loose `json:"currency"`
		Version  loose `json:"version"`
	}
	a, err := p.get(ctx, s, "orders", url.Values{"per_page": {"1"}, "orderby": {"id"}, "status": {"any"}, "_fields": {"id,currency,version"}}, &newest)
	if err != nil {
		return sync.Info{}, err
	}
	info := sync.Info{Title: cmp.Or(s.name, p.http.Host()), Zone: s.zoneName, ClockSkew: s.skew, Permissions: []string{"read orders"}}
	info.Orders, _ = strconv.Atoi(a.Header.Get("X-Wp-Total"))
	if info.Currency, err = p.currency(ctx, s); err != nil {
		return sync.Info{}, err
	}
	if len(newest) > 0 {
		info.Version = clean(newest[0].Version)
		info.Currency = cmp.Or(info.Currency, strings.ToUpper(clean(newest[0].Currency)))
	}
	writes, err := p.mayWrite(ctx, s)
	if err != nil {
		return sync.Info{}, err
	}
	if writes {
		info.Permissions = append(info.Permissions, "change orders")
	} else {
		info.Warnings = append(info.Warnings, "the key may only read: nothing can be done to orders from here until it has Read/Write")
	}
	if old(info.Version, 5, 8) {
		info.Warnings = append(info.Warnings, "WooCommerce "+info.Version+" does not tell what has changed (5.8 does): update it")
	}
	if s.zoneName == "" {
		info.Warnings = append(info.Warnings, "the store does not name its time zone: times are shown in this machine's")
	}
	if p.key.how == signed && !httpx.Loopback(hostname(p.o.URL)) {
		info.Warnings = append(info.Warnings, "the store is reached over http: the key stays secret, but orders, with customers' names and addresses, "+
			"can be read and changed by anybody on the way")
	}
	if p.key.how == inText {
		info.Warnings = append(info.Warnings, "the key stands in the address of every request (key_in_address), and so in the logs of the store's server")
	}
	if s.skew.Abs() >= time.Minute {
		info.Warnings = append(info.Warnings, fmt.Sprintf("the clock of the store differs from this machine's by %s", s.skew.Abs()))
	}
	info.Warnings = append(info.Warnings, "WooCommerce does not tell of notes that are written there; it has no tags, no archive and no test orders")
	return info, nil
}

// currency asks for the store's currency, which keys without the right to its settings are not told.
func (p *Platform) currency(ctx context.Context, s *shop) (string, error) {
	var set struct {
		Value loose `json:"value"`
	}
	a, err := p.get(ctx, s, "settings/general/woocommerce_currency", url.Values{"_fields": {"value"}}, &set)
	if err != nil && (a == nil || sync.KindOf(err).Retryable()) {
		return "", err
	}
	if err != nil {
		return "", nil //nolint:nilerr // the orders tell as well
	}
	return strings.ToUpper(clean(set.Value)), nil
}

// mayWrite tries to change an order that does not exist, which a key that may only read is refused in other words.
func (p *Platform) mayWrite(ctx context.Context, s *shop) (bool, error) {
	a, err := p.ask(ctx, s, http.MethodPut, "orders/0", nil, map[string]any{}, nil)
	switch {
	case err == nil:
		return true, nil
	case a == nil:
		return false, err
	}
	return a.Status != http.StatusUnauthorized && a.Status != http.StatusForbidden, nil
}

// old tells whether a version is known and before another.
func old(version string, major, minor int) bool {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) < 2 {
		return false
	}
	a, err := strconv.Atoi(parts[0])
	b, bad := strconv.Atoi(parts[1])
	return err == nil && bad == nil && (a < major || a == major && b < minor)
}

func hostname(address string) string {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return ""
	}
	return u.Hostname()
}

func (p *Platform) get(ctx context.Context, s *shop, path string, query url.Values, out any) (*httpx.Answer, error) {
	return p.ask(ctx, s, http.MethodGet, path, query, nil, out)
}

// ask makes one request of wc/v3 and reads its answer; it is never repeated.
func (p *Platform) ask(ctx context.Context, s *shop, method, path string, query url.Values, body, out any) (*httpx.Answer, error) {
	return p.request(ctx, s, method, "wc/v3/"+path, query, body, out)
}

// request makes one request of any namespace for which the keys count.
func (p *Platform) request(ctx context.Context, s *shop, method, path string, query url.Values, body, out any) (*httpx.Answer, error) {
	r := httpx.Request{Method: method, Path: s.route("wp-json/" + path), Query: url.Values{}}
	for k, v := range query {
		r.Query[k] = v
	}
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		r.Body = data
	}
	p.authorize(&r, s, "wp-json/"+path)
	a, err := p.http.Do(ctx, r)
	if err != nil {
		return nil, err
	}
	if a.Status/100 != 2 {
		return a, p.refused(a, s)
	}
	if out == nil {
		return a, nil
	}
	if err := decode(a.Body, out); err != nil {
		return nil, &sync.Error{Kind: sync.BadAnswer, Text: p.http.Host() + " sent an answer that cannot be read: " + p.start(a.Body), Err: err}
	}
	return a, nil
}

// decode reads an answer, behind which PHP may have printed something.
func decode(body []byte, out any) error {
	if err := json.Unmarshal(body, out); err == nil {
		return nil
	}
	return json.NewDecoder(bytes.NewReader(body)).Decode(out)
}

// start is the beginning of something that was no answer, for people.
func (p *Platform) start(body []byte) string {
	body = body[:min(len(body), 800)]
	return "“" + text.Limit(plain(loose(p.http.Redact(string(body)))), 200) + "”"
}

// complaint is an error as WordPress writes it. Its data is an object, or for refunds a bare number.
type complaint struct {
	Code    loose           `json:"code"`
	Message loose           `json:"message"`
	Data    json.RawMessage `json:"data"`
}

// complain reads an error; ok is false for what is none.
func complain(body []byte) (c complaint, ok bool) {
	err := json.Unmarshal(body, &c)
	return c, err == nil && c.Code != ""
}

// words are the store's own, with what is wrong with which parameter where it says that.
func (p *Platform) words(a *httpx.Answer) string {
	c, _ := complain(a.Body)
	out := plain(c.Message)
	var data struct {
		Params map[string]loose `json:"params"`
	}
	_ = json.Unmarshal(c.Data, &data) // a number has none
	if len(data.Params) > 0 {
		var parts []string
		for name, why := range data.Params {
			parts = append(parts, plain(loose(name))+": "+plain(why))
		}
		slices.Sort(parts)
		out = strings.Join(parts, "; ")
	}
	if out == "" {
		out = fmt.Sprintf("%d %s", a.Status, http.StatusText(a.Status))
	}
	return text.Limit(p.http.Redact(out), 300)
}

// refused makes an error of an answer that is none.
func (p *Platform) refused(a *httpx.Answer, s *shop) error {
	c, _ := complain(a.Body)
	e := sync.Errorf(sync.Refused, "%s refuses: “%s”", p.http.Host(), p.words(a))
	switch {
	case a.Status == http.StatusUnauthorized:
		e.Kind, e.Text = sync.Auth, fmt.Sprintf("%s says: “%s”", p.http.Host(), p.words(a))
		switch {
		case strings.Contains(e.Text, "timestamp"):
			e.Hint = "The clocks of the store and of this machine are too far apart"
		case strings.Contains(e.Text, "permissions"):
			e.Hint = "Give the key Read/Write under WooCommerce → Settings → Advanced → REST API"
		case c.Code == "woocommerce_rest_cannot_view" && p.key.how == basic:
			e.Hint = "The key is not known there, or the web server takes the Authorization header away (then write key_in_address: true for the store), " +
				"or WordPress behind its proxy does not know that it is reached by https"
		default:
			e.Hint = "Check the key under WooCommerce → Settings → Advanced → REST API; its signature is made over the address " + cmp.Or(s.home, p.o.URL)
		}
	case a.Status == http.StatusForbidden:
		e.Kind, e.Text = sync.Auth, fmt.Sprintf("%s says: “%s”", p.http.Host(), p.words(a))
		e.Hint = "The user of the key must be a shop manager or an administrator"
	case c.Code == "rest_no_route":
		e.Hint = "Is WooCommerce new enough, and are its permalinks not “Plain”?"
	}
	return e
}

// salvage finds the JSON behind what PHP or a plugin has printed before it: notices, warnings, a byte order mark.
func salvage(body []byte) ([]byte, bool) {
	rest := bytes.TrimLeft(body, " \t\r\n\xef\xbb\xbf\x00")
	if len(rest) == 0 || rest[0] == '{' || rest[0] == '[' {
		return rest, len(rest) > 0
	}
	if head := bytes.ToLower(rest[:min(len(rest), 200)]); bytes.HasPrefix(head, []byte("<!doctype")) || bytes.HasPrefix(head, []byte("<html")) {
		return nil, false
	}
	for range 64 {
		i := bytes.IndexAny(rest, "{[")
		if i < 0 {
			return nil, false
		}
		if rest = rest[i:]; json.Valid(rest) {
			return rest, true
		}
		rest = rest[1:]
	}
	return nil, false
}

var tag = regexp.MustCompile(`<[^>]*>`)

// plain is one line of a text that is HTML on the other side.
func plain(l loose) string {
	s := string(l)
	if strings.Contains(s, "<") {
		s = tag.ReplaceAllString(s, " ")
	}
	return text.Limit(text.Clean(html.UnescapeString(s)), 1000)
}
