// Package medusa pulls orders from a Medusa 2 backend through its admin API and acts on them.
//
// What it relies on was seen on running servers (2.21). Three things shape it: order.updated_at stays where it is when
// money arrives, so that payments are followed by a feed of their own; a question that the server does not understand
// (a filter, a date, a field) is answered with 200 and everything there is, so that every answer is held against its
// question; and amounts are not rounded to the currency, so that they are kept as they came.
package medusa

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	gosync "sync"
	"time"

	"github.com/orderdeck/orderdeck/store/order/text"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/httpx"
)

// Options says which store to talk to, and as whom.
type Options struct {
	URL       string // of the backend; its API is under /admin
	Key       string // a secret API key ("sk_…"), or "email:password" of a user
	Version   string // of Orderdeck, for the User-Agent
	Clock     func() time.Time
	Timeout   time.Duration
	Transport http.RoundTripper
}

// Platform is one Medusa store.
type Platform struct {
	o               Options
	http            *httpx.Client
	base            string // the address without a slash at its end
	basic           string // the header for a secret key, "" with a login
	email, password string

	logins gosync.Mutex // one login at a time
	mu     gosync.Mutex
	shop   *shop     // what the store said of itself; nil = not asked yet
	token  string    // of a login
	until  time.Time // it is used until then
	take   int       // orders on a page; halved where they are too large
}

var _ sync.Platform = (*Platform)(nil)

const keyHint = "In Medusa's admin under Settings → Secret API Keys make a key and give it as it is shown, once: sk_…. " +
	"A user's login as email:password does too. Either may do everything; Medusa has no smaller keys"

// A login's token counts for 24 hours.
const tokenFor = 23 * time.Hour

// New makes a Platform; nothing is sent yet.
func New(o Options) (*Platform, error) {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	u, err := httpx.CheckURL(o.URL)
	if err != nil {
		return nil, err
	}
	u.Path = strings.TrimRight(u.Path, "/")
	for _, tail := range []string{"/admin", "/app"} { // of the API or of the admin's own pages
		u.Path = strings.TrimSuffix(u.Path, tail)
	}
	u.RawPath = ""
	p := &Platform{o: o, base: u.String(), take: pageSize}
	secrets := []string{o.Key}
	email, password, login := strings.Cut(o.Key, ":")
	switch {
	case strings.HasPrefix(o.Key, "sk_"):
		key := strings.TrimSuffix(o.Key, ":")
		basic := base64.StdEncoding.EncodeToString([]byte(key + ":"))
		p.basic, secrets = "Basic "+basic, []string{key, basic}
	case login && strings.Contains(email, "@") && password != "":
		p.email, p.password = email, password
		secrets = append(secrets, password)
	case o.Key != "none": // a platform that is only asked what it is
		return nil, &sync.Error{Kind: sync.Refused, Text: "that is neither a secret key of Medusa (sk_…) nor a login (email:password)", Hint: keyHint}
	}
	agent := "orderdeck"
	if o.Version != "" {
		agent += "/" + o.Version
	}
	p.http, err = httpx.New(httpx.Options{
		URL: p.base, UserAgent: agent, Secrets: secrets, Timeout: o.Timeout, Transport: o.Transport, Clock: o.Clock,
	})
	return p, err
}

// Kind implements sync.Platform.
func (p *Platform) Kind() string { return "medusa" }

// Capabilities implements sync.Platform.
func (p *Platform) Capabilities() sync.Capabilities {
	return sync.Capabilities{Title: "Medusa", KeyHint: keyHint, Streams: p.Streams(), Every: time.Minute}
}

// shop is what the store says of itself.
type shop struct {
	name, currency, channel, location string
	admin                             string // where its own pages are
	skew                              time.Duration
}

// hello asks the store who it is, once.
func (p *Platform) hello(ctx context.Context) (*shop, error) {
	p.mu.Lock()
	known := p.shop
	p.mu.Unlock()
	if known != nil {
		return known, nil
	}
	var out struct {
		Stores []struct {
			Name       string `json:"name"`
			Channel    string `json:"default_sales_channel_id"`
			Location   string `json:"default_location_id"`
			Currencies []struct {
				Code    string `json:"currency_code"`
				Default bool   `json:"is_default"`
			} `json:"supported_currencies"`
		} `json:"stores"`
	}
	a, err := p.get(ctx, "admin/stores", url.Values{"limit": {"1"}}, &out)
	if err != nil {
		return nil, err
	}
	if len(out.Stores) == 0 {
		return nil, sync.Errorf(sync.Refused, "%s has no store", p.http.Host())
	}
	st := &out.Stores[0]
	s := &shop{name: clean(st.Name), channel: st.Channel, location: st.Location, admin: p.base + "/app", skew: a.Skew}
	for _, c := range st.Currencies {
		if c.Default || s.currency == "" {
			s.currency = strings.ToUpper(clean(c.Code))
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shop = s
	return s, nil
}

// Test implements sync.Platform. It also asks questions whose right answer is nothing, to see that the store's filters
// are filters.
func (p *Platform) Test(ctx context.Context) (sync.Info, error) {
	p.mu.Lock()
	p.shop = nil
	p.mu.Unlock()
	s, err := p.hello(ctx)
	if err != nil {
		return sync.Info{}, err
	}
	future := p.o.Clock().AddDate(50, 0, 0)
	for _, f := range []feed{ordersFeed, draftsFeed, paymentsFeed} {
		none, err := p.list(ctx, f, url.Values{"limit": {"1"}, "fields": {"id,updated_at"}, "updated_at[$gte]": {stamp(future)}})
		if err != nil {
			return sync.Info{}, err
		}
		if len(none.items) > 0 || none.count > 0 {
			return sync.Info{}, p.ignored(f, "updated_at")
		}
	}
	all, err := p.list(ctx, ordersFeed, url.Values{"limit": {"1"}, "fields": {"id,updated_at"}})
	if err != nil {
		return sync.Info{}, err
	}
	info := sync.Info{
		Title: s.name, Currency: s.currency, Version: "2", ClockSkew: s.skew, Orders: all.count,
		Permissions: []string{"everything: Medusa has no smaller keys"},
		Warnings: []string{
			"Medusa has no notes of its own: what customers write is taken from the order's metadata, and notes are kept there",
			"it does not round amounts to the currency; they are kept as they are, and rounded for the screen alone",
		},
	}
	if s.skew.Abs() >= time.Minute {
		info.Warnings = append(info.Warnings, fmt.Sprintf("the clock of the store differs from this machine's by %s", s.skew.Abs()))
	}
	return info, nil
}

// ignored is the error for a filter that the store does not know: it gives everything then, and says 200.
func (p *Platform) ignored(f feed, filter string) error {
	return &sync.Error{
		Kind: sync.Refused, Text: fmt.Sprintf("%s was asked for %s by %s and answered with others", p.http.Host(), f.title, filter),
		Hint: "Something at the store takes the filter away or does not know it: Medusa 2 does. Is there a proxy before it?",
	}
}

// errAnswered is in the errors for what the store itself refused, so that surely nothing was done.
var errAnswered = errors.New("refused by the store")

func (p *Platform) get(ctx context.Context, path string, query url.Values, out any) (*httpx.Answer, error) {
	return p.call(ctx, http.MethodGet, path, query, nil, out)
}

// call makes one request and reads its answer. It is repeated only when a login's token has run out, and then nothing
// has happened yet.
func (p *Platform) call(ctx context.Context, method, path string, query url.Values, body, out any) (*httpx.Answer, error) {
	header, err := p.login(ctx)
	if err != nil {
		return nil, err
	}
	a, err := p.send(ctx, method, path, query, header, body)
	if err == nil && a.Status == http.StatusUnauthorized && p.basic == "" {
		p.forget(header)
		if header, err = p.login(ctx); err != nil {
			return nil, err
		}
		a, err = p.send(ctx, method, path, query, header, body)
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
	if err := json.Unmarshal(a.Body, out); err != nil {
		return nil, &sync.Error{Kind: sync.BadAnswer, Text: p.http.Host() + " sent an answer that cannot be read", Err: err}
	}
	return a, nil
}

func (p *Platform) send(ctx context.Context, method, path string, query url.Values, auth string, body any) (*httpx.Answer, error) {
	r := httpx.Request{Method: method, Path: path, Query: query, Header: http.Header{}}
	if auth != "" {
		r.Header.Set("Authorization", auth)
	}
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", httpx.ErrNotSent, err)
		}
		r.Body = data
	}
	return p.http.Do(ctx, r)
}

// login gives the header that says who we are, with a new token where one is needed.
func (p *Platform) login(ctx context.Context) (string, error) {
	if p.basic != "" {
		return p.basic, nil
	}
	p.logins.Lock()
	defer p.logins.Unlock()
	if h := p.session(); h != "" {
		return h, nil
	}
	a, err := p.send(ctx, http.MethodPost, "auth/user/emailpass", nil, "", map[string]string{"email": p.email, "password": p.password})
	var out struct {
		Token string `json:"token"`
	}
	switch {
	case err != nil:
	case a.Status/100 != 2:
		err = p.refused(a)
	case json.Unmarshal(a.Body, &out) != nil || out.Token == "":
		err = &sync.Error{Kind: sync.BadAnswer, Text: p.http.Host() + " lets us in without a token"}
	}
	if err != nil { // what was to be asked after it has not been
		return "", fmt.Errorf("%w: %w", httpx.ErrNotSent, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.token, p.until = out.Token, p.o.Clock().Add(tokenFor)
	return "Bearer " + p.token, nil
}

// session is the header of the login that counts, "" where there is none.
func (p *Platform) session() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.token == "" || !p.o.Clock().Before(p.until) {
		return ""
	}
	return "Bearer " + p.token
}

// forget drops a token that is not taken any more.
func (p *Platform) forget(header string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if header == "Bearer "+p.token {
		p.token = ""
	}
}

// refused makes an error of an answer that is none.
func (p *Platform) refused(a *httpx.Answer) error {
	var said struct {
		Type    string `json:"type"`
		Message string `json:"message"`
	}
	_ = json.Unmarshal(a.Body, &said) // what is no JSON says nothing
	p.mu.Lock()
	message := said.Message
	if p.token != "" {
		message = strings.ReplaceAll(message, p.token, "…")
	}
	p.mu.Unlock()
	words := text.Limit(text.Clean(p.http.Redact(message)), 300)
	if words == "" {
		words = fmt.Sprintf("%d %s", a.Status, http.StatusText(a.Status))
	}
	switch a.Status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return &sync.Error{
			Kind: sync.Auth, Text: fmt.Sprintf("%s says: “%s”", p.http.Host(), words), Err: errAnswered,
			Hint: "Check the key in Medusa's admin under Settings → Secret API Keys, or the login",
		}
	case http.StatusConflict: // somebody else is at it: nothing is certain
		return sync.Errorf(sync.Unavailable, "%s is busy with the same thing: “%s”", p.http.Host(), words)
	}
	return &sync.Error{Kind: sync.Refused, Text: fmt.Sprintf("%s refuses: “%s”", p.http.Host(), words), Err: errAnswered}
}

// listed is one page of a list: every item as it came, and what all of them have.
type listed struct {
	items []item
	count int
	skew  time.Duration
}

type item struct {
	id  string
	at  time.Time
	raw json.RawMessage
	v   *fields
}

// answer is a page of any of the lists.
type answer struct {
	Orders   []json.RawMessage `json:"orders"`
	Drafts   []json.RawMessage `json:"draft_orders"`
	Payments []json.RawMessage `json:"payments"`
	Count    *int              `json:"count"`
}

// list asks for a page. That the page answers the question is for the caller to check, but what no question can have as
// its answer is refused here.
func (p *Platform) list(ctx context.Context, f feed, query url.Values) (listed, error) {
	var out answer
	a, err := p.get(ctx, f.path, query, &out)
	if err != nil {
		return listed{}, err
	}
	all := f.of(&out)
	if all == nil || out.Count == nil {
		return listed{}, p.unreadable(f, nil)
	}
	res := listed{skew: a.Skew, count: *out.Count, items: make([]item, len(all))}
	seen := make(map[string]bool, len(all))
	for i, raw := range all {
		it := item{raw: raw, v: &fields{}}
		if err := json.Unmarshal(raw, it.v); err != nil {
			return listed{}, p.unreadable(f, err)
		}
		it.id, it.at = it.v.ID, it.v.UpdatedAt.UTC()
		if it.id == "" || it.at.IsZero() || seen[it.id] {
			return listed{}, p.unreadable(f, nil)
		}
		seen[it.id] = true
		res.items[i] = it
	}
	return res, nil
}

func (p *Platform) unreadable(f feed, err error) error {
	return &sync.Error{Kind: sync.BadAnswer, Text: p.http.Host() + " sent a list of " + f.title + " that cannot be read", Err: err}
}

func (p *Platform) pageSize() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.take
}

// smaller asks for less at once from now on, and tells whether that is possible.
func (p *Platform) smaller(err error, took int) bool {
	if !errors.Is(err, httpx.ErrTooLarge) || took <= 1 {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.take = max(1, took/2)
	return true
}
