// Package shopify pulls orders from a Shopify store through its Admin GraphQL API, version 2026-10, and acts on them.
//
// The types and operations of package admin are made from Shopify's own schema. What the schema does not say (how the
// rate limit answers, what a search does with a date that is not quoted, what a key without rights sees) is measured by
// others on live stores; each such fact has a test that is named after it.
package shopify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	gosync "sync"
	"time"

	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/httpx"
	"github.com/orderdeck/orderdeck/sync/shopify/admin"
)

// Version is the version of the API that everything here is made for.
const Version = "2026-10"

// Options says which store to talk to, and as whom.
type Options struct {
	URL string // of the store, "https://name.myshopify.com"; its admin's address is understood as well
	// Key is an access token, "shpat_…", or "client_id:client_secret" of an app in the Dev Dashboard.
	Key       string
	Version   string // of Orderdeck, for the User-Agent
	Clock     func() time.Time
	Sleep     func(context.Context, time.Duration) error // nil = time passes
	Timeout   time.Duration
	Transport http.RoundTripper
	// BulkFrom is how many orders make a first import a bulk operation; 0 = DefaultBulkFrom, less = never.
	BulkFrom int
}

// Platform is one Shopify store.
type Platform struct {
	o                Options
	http             *httpx.Client
	clientID, secret string // "" = the key is a token

	mu     gosync.Mutex
	shop   *shop // what the store said of itself; nil = not asked yet
	token  string
	until  time.Time // the token counts until then; zero = for good
	bucket bucket
	costs  map[string]float64 // what was asked for by each operation the last time

	agent string
	local bool // the store is on this machine

	// Only Pull uses these.
	size       int   // orders on the next page
	askParcels int   // orders whose parcels are asked for at once
	filePart   int64 // bytes of a bulk operation's file with each question
	completed  bool  // an order that was a draft has come: the drafts are looked at
}

var _ sync.Platform = (*Platform)(nil)

const keyHint = "Make an app in Shopify's Dev Dashboard, give it the rights read_orders, read_all_orders, write_orders, " +
	"read_customers, read_products, write_draft_orders and the fulfillment orders' rights, install it in the store, and give its client id " +
	"and secret as id:secret. A token of an older custom app (shpat_…) does as well"

// patience is how long a request waits by itself until the store's limit lets it through; longer waits are the engine's.
const patience = 5 * time.Second

// New makes a Platform; nothing is sent yet.
func New(o Options) (*Platform, error) {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	u, err := httpx.CheckURL(address(o.URL))
	if err != nil {
		return nil, err
	}
	p := &Platform{o: o, costs: map[string]float64{}, size: firstPage, askParcels: parcelsAtOnce, filePart: filePart, local: local(u.String())}
	secrets := []string{o.Key}
	id, secret, both := strings.Cut(o.Key, ":")
	switch {
	case both && id != "" && secret != "":
		p.clientID, p.secret = id, secret
		secrets = append(secrets, secret)
	case both || o.Key == "":
		return nil, &sync.Error{Kind: sync.Refused, Text: "Shopify needs an access token, or a client id and its secret", Hint: keyHint}
	default:
		p.token = o.Key
	}
	agent := "orderdeck"
	if o.Version != "" {
		agent += "/" + o.Version
	}
	p.agent = agent
	p.http, err = httpx.New(httpx.Options{
		URL: u.String(), UserAgent: agent, Secrets: secrets, Timeout: o.Timeout, Transport: o.Transport, Clock: o.Clock,
	})
	return p, err
}

var inAdmin = regexp.MustCompile(`^https://admin\.shopify\.com/store/([0-9A-Za-z-]+)`)

// address makes the address of a store of what a merchant may copy from the browser.
func address(given string) string {
	given = strings.TrimSpace(given)
	if m := inAdmin.FindStringSubmatch(given); m != nil {
		return "https://" + m[1] + ".myshopify.com"
	}
	given, _, _ = strings.Cut(given, "/admin")
	return given
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Kind implements sync.Platform.
func (p *Platform) Kind() string { return "shopify" }

// Capabilities implements sync.Platform.
func (p *Platform) Capabilities() sync.Capabilities {
	return sync.Capabilities{Title: "Shopify", KeyHint: keyHint, Streams: p.Streams(), Every: time.Minute}
}

// shop is what the store says of itself.
type shop struct {
	name, domain, currency, zone, plan, version string
	scopes                                      []string
	skew                                        time.Duration
}

// hello asks the store who it is, once.
func (p *Platform) hello(ctx context.Context) (*shop, error) {
	p.mu.Lock()
	known := p.shop
	p.mu.Unlock()
	if known != nil {
		return known, nil
	}
	var out admin.HelloResponse
	a, err := p.call(ctx, "Hello", admin.Hello_Operation, nil, &out)
	if err != nil {
		return nil, err
	}
	s := &shop{
		name: clean(out.Shop.Name), domain: clean(out.Shop.MyshopifyDomain), currency: clean(out.Shop.CurrencyCode), zone: out.Shop.IanaTimezone,
		plan: clean(out.Shop.Plan.PublicDisplayName), version: a.Header.Get("X-Shopify-API-Version"), skew: a.Skew,
	}
	if _, err := time.LoadLocation(s.zone); err != nil {
		s.zone = ""
	}
	for _, scope := range out.CurrentAppInstallation.AccessScopes {
		s.scopes = append(s.scopes, clean(scope.Handle))
	}
	slices.Sort(s.scopes)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shop = s
	return s, nil
}

// login sees to it that there is a token: one of client credentials counts for a day, and is renewed an hour before.
func (p *Platform) login(ctx context.Context) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.clientID == "" || p.token != "" && p.o.Clock().Before(p.until) {
		return p.token, nil
	}
	a, err := p.http.Do(ctx, httpx.Request{
		Method: http.MethodPost, Path: "admin/oauth/access_token", ContentType: "application/x-www-form-urlencoded",
		Body: []byte(url.Values{"grant_type": {"client_credentials"}, "client_id": {p.clientID}, "client_secret": {p.secret}}.Encode()),
	})
	if err != nil {
		return "", err
	}
	var got struct {
		Token   string `json:"access_token"`
		Expires int    `json:"expires_in"`
	}
	if err := json.Unmarshal(a.Body, &got); a.Status != http.StatusOK || err != nil || got.Token == "" {
		return "", &sync.Error{
			Kind: sync.Auth, Text: fmt.Sprintf("%s gives no token for this client id (%d %s)", p.http.Host(), a.Status, http.StatusText(a.Status)),
			Hint: "Check the client id and the secret in the Dev Dashboard. The app must be installed in this store, and both must belong to the same organisation",
		}
	}
	life := time.Duration(got.Expires) * time.Second
	if got.Expires <= 0 || life > 24*time.Hour {
		life = 24 * time.Hour
	}
	p.token, p.until = got.Token, p.o.Clock().Add(life-min(time.Hour, life/10))
	return p.token, nil
}

// forget drops a token that is refused. It answers false where there is no other to be had.
func (p *Platform) forget(token string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.clientID == "" {
		return false
	}
	if p.token == token {
		p.token = ""
	}
	return true
}

// call asks, and waits where the store's limit wants it. A question that is throttled has not been carried out, so that
// asking again is safe whatever it does; nothing else is ever repeated but what a token that has run out was refused.
func (p *Platform) call(ctx context.Context, name, query string, vars map[string]any, out any) (*answer, error) {
	each := 1.0 // a list costs about as much for each that is on a page
	if n, ok := vars["first"].(int); ok {
		each = float64(n)
	}
	p.mu.Lock()
	wait := p.bucket.wait(p.costs[name]*each, p.o.Clock())
	p.mu.Unlock()
	for range 5 {
		if wait > patience {
			break
		}
		if wait > 0 {
			if err := p.o.Sleep(ctx, wait); err != nil {
				return nil, &sync.Error{Kind: sync.Network, Text: "interrupted", Err: fmt.Errorf("%w: %w", httpx.ErrNotSent, err)}
			}
		}
		a, err := p.send(ctx, name, query, vars, out)
		if a != nil && a.cost > 0 {
			p.mu.Lock()
			p.costs[name] = a.cost / each
			p.mu.Unlock()
		}
		var e *sync.Error
		if errors.As(err, &e) && e.Kind == sync.RateLimited && errors.Is(err, errNothingDone) && e.RetryAfter > 0 {
			wait = e.RetryAfter
			continue
		}
		return a, err
	}
	return nil, &sync.Error{
		Kind: sync.RateLimited, RetryAfter: max(wait, time.Millisecond), Err: errNothingDone,
		Text: fmt.Sprintf("%s wants nothing to be asked for %s", p.http.Host(), wait.Round(time.Millisecond)),
	}
}

// send asks once, or twice where the token had run out.
func (p *Platform) send(ctx context.Context, name, query string, vars map[string]any, out any) (*answer, error) {
	body, err := json.Marshal(map[string]any{"operationName": name, "query": query, "variables": vars})
	if err != nil {
		return nil, err
	}
	for again := false; ; again = true {
		token, err := p.login(ctx)
		if err != nil {
			var e *sync.Error
			if errors.As(err, &e) {
				e.Err = fmt.Errorf("%w: %w", httpx.ErrNotSent, cmpErr(e.Err))
			}
			return nil, err
		}
		a, err := p.http.Do(ctx, httpx.Request{
			Method: http.MethodPost, Path: "admin/api/" + Version + "/graphql.json", Header: http.Header{"X-Shopify-Access-Token": {token}}, Body: body,
		})
		if err != nil {
			return nil, err
		}
		if a.Status == http.StatusUnauthorized && !again && p.forget(token) {
			continue
		}
		return p.read(a, out)
	}
}

func cmpErr(err error) error {
	if err == nil {
		return errors.New("no token")
	}
	return err
}
