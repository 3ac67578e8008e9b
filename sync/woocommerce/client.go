// Package woocommerce pulls orders from a WooCommerce store through its REST API (v3) and acts on them.
//
// What it relies on was measured on WooCommerce 10.0.2 under WordPress 6.8.2, and read in the sources where that is said.
// The traps: keys count as Basic over https only and must sign over http (auth.go); a list by date of change has no
// tie-break, dates are compared in the store's own zone unless they carry none, and what is trashed or deleted is not
// told of (streams.go); names come with HTML entities (answer.go); a refund that is refused answers with 500, and one
// whose answer is lost has happened (refund.go).
package woocommerce

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	gosync "sync"
	"time"

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
