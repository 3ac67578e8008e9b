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
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	gosync "sync"
	"time"

	"github.com/orderdeck/orderdeck/store/order/text"
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

	size int // orders on the next page; only Pull uses it
}

var _ sync.Platform = (*Platform)(nil)

const keyHint = "Make an app in Shopify's Dev Dashboard, give it the rights read_orders, read_all_orders, write_orders, " +
	"read_customers, read_products and the fulfillment orders' rights, install it in the store, and give its client id " +
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
	p := &Platform{o: o, costs: map[string]float64{}, size: firstPage}
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

// Test implements sync.Platform.
func (p *Platform) Test(ctx context.Context) (sync.Info, error) {
	p.mu.Lock()
	p.shop = nil
	p.mu.Unlock()
	s, err := p.hello(ctx)
	if err != nil {
		return sync.Info{}, err
	}
	info := sync.Info{
		Title: s.name, Currency: s.currency, Zone: s.zone, Version: Version, ClockSkew: s.skew, Permissions: s.scopes,
	}
	if s.version != "" && s.version != Version {
		info.Version = s.version
		info.Warnings = append(info.Warnings, fmt.Sprintf("the store answers as version %s of the API, and not as %s, which this Orderdeck is made for", s.version, Version))
	}
	var count admin.CountOrdersResponse
	if _, err := p.call(ctx, "CountOrders", admin.CountOrders_Operation, nil, &count); err != nil {
		if sync.KindOf(err) == sync.Auth {
			return sync.Info{}, &sync.Error{Kind: sync.Auth, Text: "the store lets us in, but not at its orders: " + said(err), Err: err, Hint: "Give the app the right read_orders"}
		}
		return sync.Info{}, err
	}
	if count.OrdersCount != nil {
		info.Orders = count.OrdersCount.Count
	}
	info.Warnings = append(info.Warnings, p.limits(ctx, s)...)
	if err := p.withheld(ctx, &info); err != nil {
		return sync.Info{}, err
	}
	if s.skew.Abs() >= time.Minute {
		info.Warnings = append(info.Warnings, fmt.Sprintf("the clock of the store differs from this machine's by %s", s.skew.Abs()))
	}
	return info, nil
}

// rights are what can be done with each right, for the warnings where one is missing.
var rights = []struct{ any, without string }{
	{"write_orders", "orders cannot be changed"},
	{"write_merchant_managed_fulfillment_orders write_assigned_fulfillment_orders write_third_party_fulfillment_orders", "the store cannot be told of parcels"},
	{"write_third_party_fulfillment_orders", "fulfilment services cannot be asked to send"},
	{"write_draft_orders", "no draft orders can be made"},
	{"read_customers", "orders do not tell their customers"},
	{"read_products", "lines do not tell their products, so that they are linked by SKU or title alone"},
}

// limits says what the key's rights do not allow.
func (p *Platform) limits(ctx context.Context, s *shop) []string {
	var out []string
	has := func(right string) bool {
		return slices.Contains(s.scopes, right) || strings.HasPrefix(right, "read_") && slices.Contains(s.scopes, "write_"+strings.TrimPrefix(right, "read_"))
	}
	if !has("read_all_orders") {
		seen := "the key sees only orders of the last 60 days, since it has no right read_all_orders"
		var oldest admin.OldestResponse
		if _, err := p.call(ctx, "Oldest", admin.Oldest_Operation, nil, &oldest); err == nil && len(oldest.Orders.Nodes) > 0 {
			seen += "; the oldest that it sees is of " + instant(oldest.Orders.Nodes[0].CreatedAt).Format(time.DateOnly)
		}
		out = append(out, seen)
	}
	for _, r := range rights {
		if !slices.ContainsFunc(strings.Fields(r.any), has) {
			out = append(out, fmt.Sprintf("without the right %s %s", strings.Join(strings.Fields(r.any), " or "), r.without))
		}
	}
	return out
}

// withheld looks at the newest order for what Shopify keeps from this app: data of customers is protected, and what an app
// has not been approved for comes as null.
func (p *Platform) withheld(ctx context.Context, info *sync.Info) error {
	var out admin.WithheldResponse
	a, err := p.call(ctx, "Withheld", admin.Withheld_Operation, nil, &out)
	if err != nil {
		return err
	}
	kept := map[string]bool{}
	for _, path := range a.denied {
		kept[path] = true
	}
	if len(out.Orders.Nodes) > 0 {
		o := out.Orders.Nodes[0]
		if o.Customer != nil && o.Customer.DisplayName == "" {
			kept["customer's name"] = true
		}
		if to := o.ShippingAddress; to != nil && to.CountryCodeV2 != nil && to.Name == nil && to.Address1 == nil {
			kept["delivery name and street"] = true
		}
	}
	if len(kept) > 0 {
		info.Warnings = append(info.Warnings, "Shopify withholds of customers: "+strings.Join(slices.Sorted(maps.Keys(kept)), ", ")+
			". The app needs access to protected customer data, and the store the plan for it")
	}
	return nil
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

// bucket is the store's limit as it said it last: points that flow back every second.
type bucket struct {
	most, left, rate float64
	at               time.Time
}

// wait is how long it takes until so many points are there.
func (b bucket) wait(points float64, now time.Time) time.Duration {
	if b.rate <= 0 {
		return 0
	}
	left := min(b.most, b.left+b.rate*max(0, now.Sub(b.at).Seconds()))
	if points = min(points, b.most); points <= left { // what is more than it ever holds is refused at once
		return 0
	}
	return time.Duration((points-left)/b.rate*float64(time.Second)) + time.Millisecond
}

// answer is what came back.
type answer struct {
	*httpx.Answer
	cost   float64  // points that were asked for
	denied []string // fields that the key may not see; they are null
}

// errTooDear is the cause where a question costs more than is ever given.
var errTooDear = errors.New("the question costs more than the store allows")

// errNothingDone is the cause where the store's own word is that it has not done what was asked for.
var errNothingDone = errors.New("the store's own answer")

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

// graphError is one entry of "errors".
type graphError struct {
	Message    string `json:"message"`
	Path       []any  `json:"path"`
	Extensions struct {
		Code string `json:"code"`
	} `json:"extensions"`
}

// envelope is every answer.
type envelope struct {
	Data       any             `json:"data"`   // a pointer to what is asked for
	Errors     json.RawMessage `json:"errors"` // a list; with a 4xx a text or an object
	Extensions struct {
		Cost *struct {
			Requested float64 `json:"requestedQueryCost"`
			Throttle  struct {
				Most float64 `json:"maximumAvailable"`
				Left float64 `json:"currentlyAvailable"`
				Rate float64 `json:"restoreRate"`
			} `json:"throttleStatus"`
		} `json:"cost"`
		Search []struct {
			Warnings []struct {
				Field   string `json:"field"`
				Message string `json:"message"`
			} `json:"warnings"`
		} `json:"search"`
	} `json:"extensions"`
}

// read finds errors in their three places: the status, the "errors", and (in mutate) the "userErrors".
func (p *Platform) read(a *httpx.Answer, out any) (*answer, error) {
	// What is asked for is read with the rest, at once; a pointer that stays nil tells that there is no data.
	data := reflect.New(reflect.TypeOf(out))
	e := envelope{Data: data.Interface()}
	bad := json.Unmarshal(a.Body, &e)
	list, words := problems(e.Errors)
	words = text.Limit(text.Clean(p.http.Redact(words)), 300)
	if a.Status != http.StatusOK {
		return nil, p.refused(a, words)
	}
	if bad != nil && words == "" {
		return nil, &sync.Error{Kind: sync.BadAnswer, Text: p.http.Host() + " sent an answer that cannot be read", Err: bad}
	}
	got := &answer{Answer: a}
	if c := e.Extensions.Cost; c != nil {
		got.cost = c.Requested
		p.mu.Lock()
		p.bucket = bucket{most: c.Throttle.Most, left: c.Throttle.Left, rate: c.Throttle.Rate, at: p.o.Clock()}
		p.mu.Unlock()
	}
	none := bad != nil || data.Elem().IsNil()
	if words != "" {
		if err := p.problem(got, list, words, none); err != nil {
			return got, err
		}
	}
	for _, s := range e.Extensions.Search {
		for _, w := range s.Warnings {
			return got, &sync.Error{
				Kind: sync.Broken, Text: fmt.Sprintf("%s reads our search in another way than it is meant: “%s” (%s)", p.http.Host(), clean(w.Message), clean(w.Field)),
				Hint: "This is a fault in Orderdeck; nothing was taken over",
			}
		}
	}
	if none {
		return got, sync.Errorf(sync.BadAnswer, "%s sent an answer without data", p.http.Host())
	}
	reflect.ValueOf(out).Elem().Set(data.Elem().Elem())
	return got, nil
}

// problems reads "errors", which is a list, a text or an object.
func problems(raw json.RawMessage) (list []graphError, words string) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, ""
	}
	if json.Unmarshal(raw, &list) == nil {
		if len(list) > 0 {
			words = list[0].Message
			if words == "" {
				words = "an error without words"
			}
		}
		return list, words
	}
	if json.Unmarshal(raw, &words) == nil {
		return nil, words
	}
	return nil, string(raw)
}

// problem makes an error of "errors". Fields that the key may not see are none as long as the rest came.
func (p *Platform) problem(a *answer, list []graphError, words string, none bool) error {
	denied := 0
	for _, g := range list {
		switch g.Extensions.Code {
		case "THROTTLED":
			return p.throttled(a)
		case "MAX_COST_EXCEEDED":
			return &sync.Error{Kind: sync.Refused, Text: fmt.Sprintf("%s says: “%s”", p.http.Host(), words), Err: fmt.Errorf("%w: %w", errTooDear, errNothingDone)}
		case "ACCESS_DENIED":
			denied++
			if n := len(g.Path); n > 0 {
				a.denied = append(a.denied, clean(fmt.Sprint(g.Path[n-1])))
			}
		case "", "INTERNAL_SERVER_ERROR", "TIMEOUT", "SERVICE_UNAVAILABLE":
			if g.Extensions.Code != "" || !strings.Contains(g.Message, "nvalid") {
				return sync.Errorf(sync.Unavailable, "%s has a problem of its own: “%s”", p.http.Host(), words)
			}
		}
	}
	if denied > 0 && denied == len(list) {
		if !none {
			return nil
		}
		return &sync.Error{
			Kind: sync.Auth, Text: fmt.Sprintf("%s says: “%s”", p.http.Host(), words), Err: errNothingDone,
			Hint: "The app lacks a right; `orderdeck store test` says which it has",
		}
	}
	return &sync.Error{Kind: sync.Refused, Text: fmt.Sprintf("%s refuses: “%s”", p.http.Host(), words), Err: errNothingDone}
}

// throttled reads how long it takes until the bucket holds what was asked for. The store does not say it otherwise.
func (p *Platform) throttled(a *answer) error {
	p.mu.Lock()
	b := p.bucket
	p.mu.Unlock()
	if a.cost > b.most && b.most > 0 {
		return &sync.Error{Kind: sync.Refused, Text: p.http.Host() + " never gives as much at once as was asked for", Err: fmt.Errorf("%w: %w", errTooDear, errNothingDone)}
	}
	wait := time.Second
	if a.cost > 0 && b.rate > 0 {
		wait = max(b.wait(a.cost, b.at), 10*time.Millisecond)
	}
	return &sync.Error{
		Kind: sync.RateLimited, RetryAfter: wait, Err: errNothingDone,
		Text: fmt.Sprintf("%s wants nothing to be asked for %s", p.http.Host(), wait.Round(time.Millisecond)),
	}
}

// refused makes an error of a status.
func (p *Platform) refused(a *httpx.Answer, words string) error {
	status := fmt.Sprintf("%d %s", a.Status, http.StatusText(a.Status))
	if words == "" {
		words = status
	}
	e := &sync.Error{Kind: sync.Refused, Text: fmt.Sprintf("%s refuses: “%s”", p.http.Host(), words), Err: errNothingDone}
	switch a.Status {
	case http.StatusUnauthorized:
		e.Kind, e.Text = sync.Auth, fmt.Sprintf("%s says: “%s”", p.http.Host(), words)
		e.Hint = "Check the token, and that the app is still installed in the store"
		if p.clientID != "" {
			e.Hint = "Check the client id and the secret, and that the app is still installed in the store"
		}
	case http.StatusForbidden:
		e.Kind, e.Text, e.Hint = sync.Auth, fmt.Sprintf("%s says: “%s”", p.http.Host(), words), "The app lacks a right, or the store does not let it in"
	case http.StatusPaymentRequired:
		e.Kind, e.Text, e.Hint = sync.Auth, fmt.Sprintf("%s is frozen: “%s”", p.http.Host(), words), "Shopify wants a bill to be paid first"
	case http.StatusNotFound:
		e.Text, e.Hint = "there is no Shopify store at "+p.http.Host()+" (404 Not Found)", "Give the address that ends in .myshopify.com"
	case http.StatusLocked:
		e.Kind, e.RetryAfter = sync.RateLimited, time.Minute
		e.Text = fmt.Sprintf("%s is locked for now: “%s”", p.http.Host(), words)
		e.Err = nil
	}
	return e
}

// said is the store's part of an error: its text without our advice.
func said(err error) string {
	var e *sync.Error
	if errors.As(err, &e) {
		return e.Text
	}
	return err.Error()
}
