// Package jumpseller pulls orders from a Jumpseller store through its REST API (v1) and acts on them.
//
// What it relies on is Jumpseller's own OpenAPI description (github.com/Jumpseller/api-docs, openapi.json). Orders have
// no date of their last change there and no filter by one, amounts are floating-point numbers, dates are written as
// "2023-02-10 13:56:35 UTC", and what is typed as a number may come as a text; what follows from that is in streams.go
// and normalize.go.
package jumpseller

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	gosync "sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/orderdeck/orderdeck/store/order/text"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/httpx"
)

// Address is where every store's API answers.
const Address = "https://api.jumpseller.com"

// The limits of Jumpseller, for each store and each address: 20 requests a second and 800 a minute. A store that says
// otherwise in its answers is obeyed. What may come at once and what flows back in a second are together within the 20.
const (
	perSecond = 20
	perMinute = 800
)

// pace is how fast to go so that no second and no minute, wherever they begin, has more requests than allowed: some at
// once, and from then on so many that both together stay below.
func pace(second, minute int) (each rate.Limit, burst int) {
	burst = max(1, min(second/3, minute/10, 6))
	each = min(rate.Limit(max(second-burst, 1)), rate.Limit(max(minute-burst, 1))/60)
	return each, burst
}

// Options says which store to talk to, and as whom.
type Options struct {
	URL string // "" = Address; /v1 is added where there is no path
	// Key is "login:authtoken" from the store's admin, or "oauth:ID:SECRET:REFRESH" of an OAuth application.
	Key       string
	Version   string // of Orderdeck, for the User-Agent
	Clock     func() time.Time
	Timeout   time.Duration
	Transport http.RoundTripper
}

// Platform is one Jumpseller store.
type Platform struct {
	o     Options
	http  *httpx.Client
	limit *rate.Limiter
	// recent are the orders that the last reading of the last 30 days had, reading those of the one that is on. Only Pull
	// uses them.
	recent, reading map[string]bool

	acts   gosync.Mutex         // one act at a time
	unsure map[string]time.Time // when the answer to what was lost

	mu     gosync.Mutex
	second int                    // requests a second, as the store says
	minute int                    // the same of a minute
	shop   *shop                  // what the store said of itself; nil = not asked yet
	header http.Header            // who we are
	until  time.Time              // an OAuth token counts until then
	keep   func(key string) error // an OAuth application gets a new refresh token with every login; nil = it is not kept
	banned time.Time              // nothing is asked before
}

var (
	_ sync.Platform  = (*Platform)(nil)
	_ sync.KeyKeeper = (*Platform)(nil)
)

const keyHint = "In the admin of Jumpseller under Settings → API (or Account) there are a login and an auth token: give both as " +
	"login:token. They may do everything; Jumpseller has no smaller keys"

// New makes a Platform; nothing is sent yet.
func New(o Options) (*Platform, error) {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.URL == "" {
		o.URL = Address
	}
	u, err := httpx.CheckURL(o.URL)
	if err != nil {
		return nil, err
	}
	if strings.Trim(u.Path, "/") == "" {
		u = u.JoinPath("v1")
	}
	p := &Platform{o: o, limit: rate.NewLimiter(pace(perSecond, perMinute)), second: perSecond, minute: perMinute, unsure: map[string]time.Time{}}
	secrets := strings.Split(o.Key, ":")
	if p.oauth() == nil {
		login, token, ok := strings.Cut(o.Key, ":")
		if !ok || login == "" || token == "" {
			if o.Key != "none" { // a platform that is only asked what it is
				return nil, &sync.Error{Kind: sync.Refused, Text: "Jumpseller needs a login and an auth token", Hint: keyHint}
			}
		}
		basic := base64.StdEncoding.EncodeToString([]byte(o.Key))
		p.header = http.Header{"Authorization": {"Basic " + basic}}
		secrets = []string{token, basic}
	}
	agent := "orderdeck"
	if o.Version != "" {
		agent += "/" + o.Version
	}
	p.http, err = httpx.New(httpx.Options{
		URL: u.String(), UserAgent: agent, Secrets: secrets, Timeout: o.Timeout, Limit: p.limit, Transport: o.Transport, Clock: o.Clock,
	})
	return p, err
}

// KeepKey implements sync.KeyKeeper.
func (p *Platform) KeepKey(keep func(key string) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keep = keep
}

// Kind implements sync.Platform.
func (p *Platform) Kind() string { return "jumpseller" }

// Capabilities implements sync.Platform.
func (p *Platform) Capabilities() sync.Capabilities {
	return sync.Capabilities{Title: "Jumpseller", URL: Address, KeyHint: keyHint, Streams: p.Streams(), Every: 2 * time.Minute}
}

// shop is what the store says of itself.
type shop struct {
	name, currency, zone, url string
	skew                      time.Duration
}

// hello asks the store who it is, once.
func (p *Platform) hello(ctx context.Context) (*shop, error) {
	p.mu.Lock()
	known := p.shop
	p.mu.Unlock()
	if known != nil {
		return known, nil
	}
	// Some answers are wrapped in an object, some are not.
	var out struct {
		info
		Store *info `json:"store"`
	}
	a, err := p.get(ctx, "store/info.json", nil, &out)
	if err != nil {
		return nil, err
	}
	i := out.info
	if out.Store != nil {
		i = *out.Store
	}
	s := &shop{
		name: text.Clean(string(i.Name)), currency: strings.ToUpper(text.Clean(string(i.Currency))), zone: string(i.Zone),
		url: string(i.URL), skew: a.Skew,
	}
	if _, err := time.LoadLocation(s.zone); err != nil {
		s.zone = ""
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shop = s
	return s, nil
}

type info struct {
	Name     loose `json:"name"`
	Currency loose `json:"currency"`
	Zone     loose `json:"timezone"`
	URL      loose `json:"url"`
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
	var count struct {
		Count int `json:"count"`
	}
	if _, err := p.get(ctx, "orders/count.json", nil, &count); err != nil {
		return sync.Info{}, err
	}
	info := sync.Info{
		Title: s.name, Currency: s.currency, Zone: s.zone, Version: "v1", ClockSkew: s.skew, Orders: count.Count,
		Permissions: []string{"everything: Jumpseller has no smaller keys"},
		Warnings: []string{
			"Jumpseller does not tell which orders have changed: those of the last 30 days and all that are open are read again and again",
			"it knows no refunds, tags, test orders or archive",
		},
	}
	if s.skew.Abs() >= time.Minute {
		info.Warnings = append(info.Warnings, fmt.Sprintf("the clock of the store differs from this machine's by %s", s.skew.Abs()))
	}
	return info, nil
}

func (p *Platform) get(ctx context.Context, path string, query url.Values, out any) (*httpx.Answer, error) {
	return p.call(ctx, http.MethodGet, path, query, nil, out)
}

// call makes one request and reads its answer. It is never repeated but when the token has run out, and then nothing has
// happened yet.
func (p *Platform) call(ctx context.Context, method, path string, query url.Values, body, out any) (*httpx.Answer, error) {
	if wait := p.shut(); wait > 0 {
		e := p.ban(wait)
		e.Err = httpx.ErrNotSent
		return nil, e
	}
	if err := p.login(ctx); err != nil {
		return nil, unsent(method, err)
	}
	a, err := p.send(ctx, method, path, query, body)
	if err == nil && a.Status == http.StatusUnauthorized && p.oauth() != nil && p.forget() {
		if err := p.login(ctx); err != nil {
			return nil, unsent(method, err)
		}
		a, err = p.send(ctx, method, path, query, body)
	}
	if err != nil {
		return nil, err
	}
	if a.Status/100 != 2 {
		return a, p.refused(a)
	}
	if out == nil {
		return a, nil
	}
	d := json.NewDecoder(bytes.NewReader(a.Body))
	d.UseNumber()
	if err := d.Decode(out); err != nil {
		return nil, &sync.Error{Kind: sync.BadAnswer, Text: p.http.Host() + " sent an answer that cannot be read", Err: err}
	}
	return a, nil
}

// unsent says of a request that would change something that it never left, since there was no token for it.
func unsent(method string, err error) error {
	if method == http.MethodGet {
		return err
	}
	return fmt.Errorf("%w: %w", httpx.ErrNotSent, err)
}

func (p *Platform) send(ctx context.Context, method, path string, query url.Values, body any) (*httpx.Answer, error) {
	p.mu.Lock()
	r := httpx.Request{Method: method, Path: path, Query: query, Header: p.header}
	p.mu.Unlock()
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		r.Body = data
	}
	a, err := p.http.Do(ctx, r)
	if err != nil {
		return nil, p.overload(err)
	}
	p.obey(a.Header)
	return a, nil
}

// obey goes as fast as the store allows, and stops for a while where nothing is left of a second or of a minute.
func (p *Platform) obey(h http.Header) {
	most := func(interval string, was int) int {
		if n, err := strconv.Atoi(h.Get("Jumpseller-Per" + interval + "RateLimit-Limit")); err == nil && n > 0 && n <= 100_000 {
			return n
		}
		return was
	}
	p.mu.Lock()
	second, minute := most("Second", p.second), most("Minute", p.minute)
	changed := second != p.second || minute != p.minute
	p.second, p.minute = second, minute
	p.mu.Unlock()
	if changed {
		each, burst := pace(second, minute)
		p.limit.SetLimit(each)
		p.limit.SetBurst(burst)
	}
	for _, interval := range []string{"Second", "Minute"} {
		if left, err := strconv.Atoi(h.Get("Jumpseller-Per" + interval + "RateLimit-Remaining")); err == nil && left <= 0 {
			p.shutFor(time.Second) // others use the same limit; it is given back bit by bit
		}
	}
}

// overload reads of an answer to too many requests how long it takes: a minute where the store does not say, and as long
// as it says where it has shut us out.
func (p *Platform) overload(err error) error {
	var o *httpx.OverloadError
	if sync.KindOf(err) != sync.RateLimited || !errors.As(err, &o) {
		return err
	}
	wait := time.Minute
	if until, bad := time.Parse(time.RFC3339, o.Answer.Header.Get("Jumpseller-BannedByRateLimit-Reset")); bad == nil {
		wait = min(max(until.Sub(p.o.Clock()), time.Second), 24*time.Hour)
	}
	p.shutFor(wait)
	return p.ban(wait)
}

// shut is for how long nothing is to be asked.
func (p *Platform) shut() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.banned.Sub(p.o.Clock())
}

func (p *Platform) shutFor(wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if until := p.o.Clock().Add(wait); until.After(p.banned) { // the end of a ban is not brought forward
		p.banned = until
	}
}

func (p *Platform) ban(wait time.Duration) *sync.Error {
	return &sync.Error{
		Kind: sync.RateLimited, RetryAfter: wait,
		Text: fmt.Sprintf("%s wants nothing to be asked for %s", p.http.Host(), wait.Round(time.Second)),
	}
}

// refused makes an error of an answer that is none.
func (p *Platform) refused(a *httpx.Answer) error {
	var said struct {
		Message loose `json:"message"`
	}
	_ = json.Unmarshal(a.Body, &said) // what is no JSON says nothing
	words := text.Limit(text.Clean(p.http.Redact(string(said.Message))), 300)
	if words == "" {
		words = fmt.Sprintf("%d %s", a.Status, http.StatusText(a.Status))
	}
	switch {
	case a.Header.Get("Jumpseller-BannedByRateLimit-Reset") != "": // which the documentation has under 403 as well
		return p.overload(&sync.Error{Kind: sync.RateLimited, Err: &httpx.OverloadError{Answer: a}})
	case a.Status == http.StatusUnauthorized, a.Status == http.StatusForbidden:
		return &sync.Error{Kind: sync.Auth, Text: fmt.Sprintf("%s says: “%s”", p.http.Host(), words), Hint: "Check the login and the auth token in Jumpseller's admin under Settings → API"}
	case a.Status == http.StatusPaymentRequired:
		return &sync.Error{Kind: sync.Auth, Text: fmt.Sprintf("%s says: “%s”", p.http.Host(), words), Hint: "The store's subscription does not let its API be used"}
	}
	return sync.Errorf(sync.Refused, "%s refuses: “%s”", p.http.Host(), words)
}
