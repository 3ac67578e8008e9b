// Package vendure pulls orders from a Vendure store through its admin API (GraphQL).
//
// What it relies on was seen on @vendure/core 3.7.3; the types of package admin are made from that server's schema.
// Vendure has no webhooks, pages only by offset, and an order's updatedAt stays where it is while payments, refunds,
// fulfilments and notes change; what follows from that is in streams.go.
package vendure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	gosync "sync"
	"time"

	"github.com/orderdeck/orderdeck/store/order/text"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/httpx"
	"github.com/orderdeck/orderdeck/sync/vendure/admin"
)

// Options says which store to talk to, and as whom: with an API key, or with the name and password of an
// administrator.
type Options struct {
	URL            string // of the store; the admin API is taken to be at /admin-api unless it has a path
	Key            string // API key, "lookupId:secret"; or "name:password" of an administrator
	User, Password string // of an administrator, when they are not in Key
	Channel        string // channel token; "" = the default channel
	Version        string // of Orderdeck, for the User-Agent
	Clock          func() time.Time
	Timeout        time.Duration // of one request; 0 = httpx's
	MaxBody        int64         // bytes of one answer; 0 = httpx's
	Transport      http.RoundTripper
}

// Platform is one Vendure store.
type Platform struct {
	o       Options
	http    *httpx.Client
	session http.Header     // what a login gave; nil = not logged in, or an API key
	shop    *shop           // what the store said of itself; nil = not asked yet
	take    int             // orders on the next page
	most    int             // orders per page that the store can bear
	looked  map[string]bool // external ids that were compared already in this run

	acts     *Platform // the same store, for what the outbox asks of it while a pull is on; see acting
	actsOnce gosync.Once
	actsLock gosync.Mutex
}

var _ sync.Platform = (*Platform)(nil)

// fullPage is how many orders are asked for at once. The server takes about 10 ms for each; more per page would win
// little and make every retry dear.
const fullPage = 100

// New makes a Platform; nothing is sent yet.
func New(o Options) (*Platform, error) {
	if o.User == "" {
		o.Key, o.User, o.Password = SplitSecret(o.Key)
	}
	if o.Key == "" && (o.User == "" || o.Password == "") {
		return nil, &sync.Error{
			Kind: sync.Refused, Text: "Vendure needs an API key, or the name and password of an administrator",
			Hint: keyHint,
		}
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	u, err := httpx.CheckURL(o.URL)
	if err != nil {
		return nil, err
	}
	if strings.Trim(u.Path, "/") == "" {
		u = u.JoinPath("admin-api")
	}
	header := http.Header{}
	if o.Key != "" {
		header.Set("Vendure-Api-Key", o.Key)
	}
	if o.Channel != "" {
		header.Set("Vendure-Token", o.Channel)
	}
	agent := "orderdeck"
	if o.Version != "" {
		agent += "/" + o.Version
	}
	secrets := []string{o.Key, o.Password}
	if _, secret, ok := strings.Cut(o.Key, ":"); ok {
		secrets = append(secrets, secret)
	}
	c, err := httpx.New(httpx.Options{
		URL: u.String(), UserAgent: agent, Header: header, Secrets: secrets,
		Timeout: o.Timeout, MaxBody: o.MaxBody, Transport: o.Transport, Clock: o.Clock,
	})
	if err != nil {
		return nil, err
	}
	return &Platform{o: o, http: c, take: fullPage, most: fullPage, looked: map[string]bool{}}, nil
}

var apiKey = regexp.MustCompile(`^[0-9A-Za-z_-]{8,}:[0-9a-f]{32,}$`)

// SplitSecret tells the two kinds of credentials apart when they come as one text: an API key ("lookupId:secret",
// whose secret is long and hexadecimal) and "name:password".
func SplitSecret(secret string) (key, user, password string) {
	if apiKey.MatchString(secret) {
		return secret, "", ""
	}
	if name, pass, ok := strings.Cut(secret, ":"); ok && name != "" && pass != "" {
		return "", name, pass
	}
	return secret, "", ""
}

const keyHint = "Make an API key in the Vendure dashboard under Settings → API keys, with a role that has ReadOrder, " +
	"UpdateOrder and, for drafts, CreateOrder; " +
	"or give an administrator's name and password as name:password"

// Kind implements sync.Platform.
func (p *Platform) Kind() string { return "vendure" }

// Capabilities implements sync.Platform.
func (p *Platform) Capabilities() sync.Capabilities {
	return sync.Capabilities{Title: "Vendure", KeyHint: keyHint, Streams: p.Streams(), Every: time.Minute}
}

// shop is what the store says of itself.
type shop struct {
	code, currency string
	precision      int             // of its money
	pricesWithTax  bool            // its price lists contain the tax
	states         map[string]bool // of its own order process
	custom         []string        // states that stock Vendure does not have
	noteFields     []string        // custom fields of orders that hold a note of the customer
	skew           time.Duration
}

// hello asks the store who it is, once.
func (p *Platform) hello(ctx context.Context) (*shop, error) {
	if p.shop != nil {
		return p.shop, nil
	}
	var out admin.ShopResponse
	a, err := p.call(ctx, "Shop", admin.Shop_Operation, nil, &out)
	if err != nil {
		return nil, err
	}
	s := &shop{
		code: text.Clean(out.ActiveChannel.Code), currency: out.ActiveChannel.DefaultCurrencyCode,
		precision: out.GlobalSettings.ServerConfig.MoneyStrategyPrecision, pricesWithTax: out.ActiveChannel.PricesIncludeTax,
		states: map[string]bool{}, skew: a.Skew,
	}
	for _, state := range out.GlobalSettings.ServerConfig.OrderProcess {
		s.states[state.Name] = true
		if !stockStates[state.Name] {
			s.custom = append(s.custom, text.Clean(state.Name))
		}
	}
	if s.noteFields, err = p.findNoteFields(ctx); err != nil {
		return nil, err
	}
	p.shop = s
	return s, nil
}

// Test implements sync.Platform.
func (p *Platform) Test(ctx context.Context) (sync.Info, error) {
	p.shop = nil
	s, err := p.hello(ctx)
	if err != nil {
		return sync.Info{}, err
	}
	var orders admin.NewestResponse
	if _, err := p.call(ctx, "Newest", admin.Newest_Operation, options(map[string]any{
		"take": 1, "filter": map[string]any{"active": eq(false)},
	}), &orders); err != nil {
		if sync.KindOf(err) == sync.Auth {
			return sync.Info{}, &sync.Error{
				Kind: sync.Auth, Text: "the store lets us in, but not at its orders: " + said(err), Err: err,
				Hint: "Give the role of this key the permission ReadOrder",
			}
		}
		return sync.Info{}, err
	}
	info := sync.Info{Title: s.code, Currency: s.currency, ClockSkew: s.skew, Orders: orders.Orders.TotalItems}
	if info.Permissions, info.Warnings, err = p.permissions(ctx); err != nil {
		return sync.Info{}, err
	}
	if s.code == "__default_channel__" {
		info.Title = p.http.Host()
	}
	if len(s.custom) > 0 {
		info.Warnings = append(info.Warnings, "the store has order states of its own, which are shown as they are: "+strings.Join(s.custom, ", "))
	}
	if s.skew.Abs() >= time.Minute {
		info.Warnings = append(info.Warnings, fmt.Sprintf("the clock of the store differs from this machine's by %s", s.skew.Abs()))
	}
	return info, nil
}

func options(o map[string]any) map[string]any { return map[string]any{"options": o} }

func eq(v any) map[string]any { return map[string]any{"eq": v} }

// graphError is one entry of the "errors" of an answer.
type graphError struct {
	Message    string `json:"message"`
	Extensions struct {
		Code string `json:"code"`
	} `json:"extensions"`
}

// call runs one operation. A session that has run out is renewed once, since nothing here changes anything.
func (p *Platform) call(ctx context.Context, name, query string, vars any, out any) (*httpx.Answer, error) {
	fresh := false
	if p.o.Key == "" && p.session == nil {
		if err := p.login(ctx); err != nil {
			return nil, err
		}
		fresh = true
	}
	a, err := p.send(ctx, name, query, vars, p.session, out)
	if sync.KindOf(err) == sync.Auth && p.o.Key == "" && !fresh {
		if err := p.login(ctx); err != nil {
			return nil, err
		}
		a, err = p.send(ctx, name, query, vars, p.session, out)
	}
	return a, err
}

// send runs one operation once and reads all three places where Vendure puts errors, but for the unions of mutations.
func (p *Platform) send(ctx context.Context, name, query string, vars any, header http.Header, out any) (*httpx.Answer, error) {
	body, err := json.Marshal(map[string]any{"operationName": name, "query": query, "variables": vars})
	if err != nil {
		return nil, err
	}
	a, err := p.http.Do(ctx, httpx.Request{Method: http.MethodPost, Header: header, Body: body})
	if err != nil {
		return nil, err
	}
	var answer struct {
		Errors []graphError    `json:"errors"`
		Data   json.RawMessage `json:"data"`
	}
	bad := json.Unmarshal(a.Body, &answer)
	switch {
	case bad == nil && len(answer.Errors) > 0:
		return nil, p.refused(answer.Errors[0])
	case a.Status == http.StatusUnauthorized, a.Status == http.StatusForbidden:
		return nil, p.turnedAway(fmt.Sprintf("%d %s", a.Status, http.StatusText(a.Status)))
	case a.Status == http.StatusNotFound:
		return nil, &sync.Error{
			Kind: sync.Refused, Text: p.http.Host() + " has no admin API at this address (404 Not Found)",
			Hint: "Give the whole address, such as https://shop.example/admin-api",
		}
	case a.Status != http.StatusOK:
		return nil, sync.Errorf(sync.Refused, "%s answered %d %s", p.http.Host(), a.Status, http.StatusText(a.Status))
	case bad != nil:
		return nil, &sync.Error{Kind: sync.BadAnswer, Text: p.http.Host() + " sent an answer that cannot be read", Err: bad}
	case len(answer.Data) == 0 || string(answer.Data) == "null":
		return nil, sync.Errorf(sync.BadAnswer, "%s sent an answer without data", p.http.Host())
	}
	if err := json.Unmarshal(answer.Data, out); err != nil {
		return nil, &sync.Error{Kind: sync.BadAnswer, Text: p.http.Host() + " sent an answer of an unexpected form", Err: err}
	}
	return a, nil
}

// errAnswered is in the errors that are the store's own word: what was asked for was not done.
var errAnswered = errors.New("the store's own answer")

// refused makes an error of what GraphQL says. Vendure answers 200 even to those whom it does not let in; an error
// without a code, or INTERNAL_SERVER_ERROR, is a fault in the server, and may pass.
func (p *Platform) refused(e graphError) error {
	words := text.Limit(text.Clean(p.http.Redact(e.Message)), 300)
	switch e.Extensions.Code {
	case "FORBIDDEN", "UNAUTHORIZED": //nolint:misspell // GraphQL's word
		return p.turnedAway(words)
	case "", "INTERNAL_SERVER_ERROR":
		return sync.Errorf(sync.Unavailable, "%s has a problem of its own: “%s”", p.http.Host(), words)
	case "GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED":
		return &sync.Error{
			Kind: sync.Refused, Text: fmt.Sprintf("%s does not understand the question: “%s”", p.http.Host(), words),
			Hint: "Its version of Vendure may be older than 3.0", Err: errAnswered,
		}
	}
	return &sync.Error{Kind: sync.Refused, Text: fmt.Sprintf("%s refuses: “%s”", p.http.Host(), words), Err: errAnswered}
}

// turnedAway makes an error of being refused, with what to check.
func (p *Platform) turnedAway(words string) error {
	e := &sync.Error{Kind: sync.Auth, Text: fmt.Sprintf("%s says: “%s”", p.http.Host(), words), Err: errAnswered}
	if p.o.Key != "" {
		e.Hint = "Check the API key. The store must also list 'api-key' in authOptions.tokenMethod of its Vendure config; " +
			"where it does not, give an administrator's name:password instead"
	} else {
		e.Hint = "Check the name and the password of the administrator, and that its role has ReadOrder; " +
			"an API key would be lookupId:secret, with a secret of 64 hexadecimal digits"
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

// login opens a session, by bearer token where the store hands one out, else by its cookies.
func (p *Platform) login(ctx context.Context) error {
	p.session = nil
	var out admin.LoginResponse
	a, err := p.send(ctx, "Login", admin.Login_Operation,
		map[string]any{"user": p.o.User, "password": p.o.Password}, nil, &out)
	if err != nil {
		return err
	}
	switch r := out.Login.(type) {
	case *admin.LoginLoginCurrentUser:
	case *admin.LoginLoginInvalidCredentialsError:
		return p.turnedAway(text.Clean(r.Message))
	case *admin.LoginLoginNativeAuthStrategyError:
		return p.turnedAway(text.Clean(r.Message))
	default:
		return sync.Errorf(sync.BadAnswer, "%s sent an answer to the login that cannot be read", p.http.Host())
	}
	p.session = http.Header{}
	if token := a.Header.Get("Vendure-Auth-Token"); token != "" {
		p.session.Set("Authorization", "Bearer "+token)
		return nil
	}
	var cookies []string
	for _, c := range (&http.Response{Header: a.Header}).Cookies() {
		cookies = append(cookies, c.Name+"="+c.Value)
	}
	if len(cookies) == 0 {
		p.session = nil
		return &sync.Error{
			Kind: sync.Auth, Text: p.http.Host() + " accepts the login but hands out neither a token nor a cookie",
			Hint: "Add 'bearer' or 'api-key' to authOptions.tokenMethod of its Vendure config",
		}
	}
	p.session.Set("Cookie", strings.Join(cookies, "; "))
	return nil
}
