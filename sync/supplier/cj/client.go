// Package cj buys at CJdropshipping through its API 2.0.
//
// What it relies on is CJ's documentation (developers.cjdropshipping.com/en/api) and what others have seen the live
// service do: an order number of ours that is used again is refused (code 1603003); a quote binds nobody; an order has
// three names (a code that begins with SD, a number, and that of its shipment); only isSandbox: 1, as a number, makes a
// test order; and an answer with status 200 and code 200 may still carry a failure.
//
// Making an order and paying it are never one call: an order is made with payType 3, confirmed, read, compared, paid.
package cj

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/httpx"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

const (
	// DefaultURL is where CJ's API is.
	DefaultURL = "https://developers.cjdropshipping.com/api2.0/v1"
	// Currency is the one in which CJ is paid, and in which it says every amount.
	Currency = "USD"

	// defaultTimeout is how long one request may take. CJ takes 5 to 20 s to make an order, and a client that gives up
	// sooner has lost orders that were made.
	defaultTimeout = 90 * time.Second
	// defaultPause is between two looks at an order that CJ is working on.
	defaultPause = 3 * time.Second
	// slowest is the rate of an account of which nothing is known: that of the free tier.
	slowest = rate.Limit(1)
	// fastest is how many requests a second CJ allows from one address, whatever the account.
	fastest = 10
)

// Options says which account to buy with, and how.
type Options struct {
	Name   string // of the supplier in the settings
	URL    string // "" = DefaultURL; another one for tests
	Key    string // the API key, from cjdropshipping.com under API
	Tokens Tokens // where the tokens are kept that CJ gives for the key
	// Platform is the kind of store that CJ is told the order comes from; "" = that of the order's store where CJ knows
	// it, else "shopify". CJ refuses kinds for which the account has no store.
	Platform  string
	StoreName string // as it is authorised at CJ; may be empty
	Sandbox   bool   // make test orders, for which no money moves
	From      string // country of the warehouse, ISO 3166-1 alpha-2; "" = CN
	// IOSS is how value added tax is declared for parcels to the European Union: "cj" or "" = with CJ's number, "none" =
	// the customer pays it at the door, anything else = our own number.
	IOSS      string
	PerSecond float64 // most requests a second, whatever the account may; 0 = 10, which is what CJ allows one address
	// AtFirst is how many requests a second there are before CJ has said how many it allows; 0 = 1.
	AtFirst   float64
	Version   string // of Orderdeck, for the User-Agent
	Clock     func() time.Time
	Timeout   time.Duration // of one request; 0 = 90 s
	Pause     time.Duration // between two looks at an order that CJ is working on; 0 = 3 s
	Transport http.RoundTripper
}

// Supplier is one account at CJ. It implements [outbox.Supplier].
type Supplier struct {
	o        Options
	http     *httpx.Client
	limit    *rate.Limiter
	points   points
	login    *login   // what is known of the tokens; nil = not read yet
	kept     error    // why the tokens could not be kept
	account  *account // what CJ says of the account; nil = not known
	tried    bool     // it was asked for in this process
	variants map[string]*variant
	skus     map[string]string // variant id → SKU
	freights map[string]freight
	bills    bills
	hand     chan struct{} // who holds it asks CJ
	// lookups tells that a look-up by our reference has been seen to find an order of this account, so that one that
	// finds none says something.
	lookups bool
}

var _ outbox.Supplier = (*Supplier)(nil)

// New makes a Supplier; nothing is sent yet, and nobody logs in.
func New(o Options) (*Supplier, error) {
	if o.Key == "" {
		return nil, &sync.Error{Kind: sync.Refused, Text: "CJdropshipping needs an API key", Hint: keyHint}
	}
	if o.Tokens == nil {
		return nil, &sync.Error{Kind: sync.Broken, Text: "there is no place to keep CJ's tokens"}
	}
	u, err := httpx.CheckURL(cmp.Or(o.URL, DefaultURL))
	if err != nil {
		return nil, err
	}
	if strings.Trim(u.Path, "/") == "" {
		u = u.JoinPath("api2.0/v1")
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	o.From = strings.ToUpper(cmp.Or(o.From, "CN"))
	o.PerSecond = cmp.Or(o.PerSecond, fastest)
	o.Timeout, o.Pause = cmp.Or(o.Timeout, defaultTimeout), cmp.Or(o.Pause, defaultPause)
	agent := "orderdeck"
	if o.Version != "" {
		agent += "/" + o.Version
	}
	s := &Supplier{
		o: o, limit: rate.NewLimiter(max(slowest, rate.Limit(o.AtFirst)), 1), points: points{total: basePoints, left: basePoints},
		hand: make(chan struct{}, 1), variants: map[string]*variant{}, skus: map[string]string{}, freights: map[string]freight{},
	}
	s.http, err = httpx.New(httpx.Options{
		URL: u.String(), UserAgent: agent, Secrets: []string{o.Key}, Timeout: o.Timeout, HeaderTimeout: o.Timeout,
		Limit: s.limit, Transport: o.Transport, Clock: o.Clock,
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

const keyHint = "Make one at CJ: install the app “API” there, and take the key from My CJ → API"

// Name implements outbox.Supplier.
func (s *Supplier) Name() string { return s.o.Name }

// hold makes this the only question to CJ until release: the outbox and a screen may ask at the same time, and the
// account has one pace.
func (s *Supplier) hold(ctx context.Context) (release func(), err error) {
	select {
	case s.hand <- struct{}{}:
		return func() { <-s.hand }, nil
	case <-ctx.Done():
		return nil, outbox.NotSent(&sync.Error{Kind: sync.Network, Text: "CJ is being asked something else", Err: ctx.Err()})
	}
}

// Caps implements outbox.Supplier.
func (s *Supplier) Caps() outbox.Caps {
	return outbox.Caps{
		Kind: "cj", Title: "CJdropshipping", Currency: Currency, SplitPay: true, FindIsProof: true, ServerDedupe: true,
		SettleAfter: 5 * time.Minute, CanCancel: true, NoteMax: noteMax, Every: 30 * time.Minute, Timeout: 2*s.o.Timeout + time.Minute,
		Limit: "1 request a second on CJ's free tier, 2 to 6 on the others; 50,000 points a day for products and quotes, orders are free",
	}
}

// account is what CJ says of ours.
type account struct {
	name    string
	sandbox bool
}

// Test implements outbox.Supplier.
func (s *Supplier) Test(ctx context.Context) (outbox.Info, error) {
	release, err := s.hold(ctx)
	if err != nil {
		return outbox.Info{}, err
	}
	defer release()
	if err := s.settings(ctx); err != nil {
		return outbox.Info{}, err
	}
	info := outbox.Info{Title: "CJdropshipping", Account: s.account.name, Currency: Currency, Sandbox: s.o.Sandbox}
	balance, err := s.balance(ctx)
	if err != nil {
		return outbox.Info{}, err
	}
	info.Balance = balance.String()
	if s.kept != nil {
		info.Warnings = append(info.Warnings, "CJ's tokens could not be kept, so every start has to log in again, which CJ allows once in five minutes: "+s.kept.Error())
	}
	if s.account.sandbox && !s.o.Sandbox {
		info.Warnings = append(info.Warnings, "CJ has set this account to its sandbox: orders made there are not delivered")
	}
	return info, nil
}

// settings asks CJ for the account's limits.
func (s *Supplier) settings(ctx context.Context) error {
	var out struct {
		OpenName  word `json:"openName"`
		OpenEmail word `json:"openEmail"`
		IsSandbox word `json:"isSandbox"`
		Setting   struct {
			QPS json.Number `json:"qpsLimit"`
		} `json:"setting"`
	}
	s.tried = true
	if _, err := s.call(ctx, request{path: "/setting/get"}, &out); err != nil {
		return err
	}
	if n, err := out.Setting.QPS.Float64(); err == nil && n > 0 { // a rate, no money
		s.limit.SetLimit(rate.Limit(min(n, s.o.PerSecond)))
	}
	s.account = &account{name: cmp.Or(out.OpenName, out.OpenEmail).clean(), sandbox: out.IsSandbox.yes()}
	return nil
}

// request is one question to CJ.
type request struct {
	method  string // "" = GET
	path    string
	query   url.Values
	body    any
	changes bool // it does something there: it is never made twice here
	points  int64
}

// call asks once, with a token. Only a question that changes nothing is repeated, once, when its token turned out to be
// no good. The text that it gives is CJ's number of the request, to show to CJ's support.
func (s *Supplier) call(ctx context.Context, r request, out any) (id string, err error) {
	id, err = s.callOnce(ctx, r, out)
	var refusal *RefusalError
	if errors.As(err, &refusal) && refusal.class() == badToken {
		s.spoil()
		if !r.changes {
			return s.callOnce(ctx, r, out)
		}
	}
	return id, err
}

func (s *Supplier) callOnce(ctx context.Context, r request, out any) (id string, err error) {
	token, err := s.token(ctx)
	if err != nil {
		return "", notSent(err)
	}
	if !s.tried { // the account's own limits, once; without them the slowest pace will do
		_ = s.settings(ctx)
	}
	if wait := s.points.take(r.points, s.o.Clock()); wait > 0 {
		return "", notSent(&sync.Error{
			Kind: sync.RateLimited, RetryAfter: wait, Err: ErrPoints,
			Text: "CJ's points for products and quotes are used up; orders and payments go on",
		})
	}
	header := http.Header{}
	header.Set("CJ-Access-Token", token)
	return s.send(ctx, r, header, out)
}

func notSent(err error) error {
	if errors.Is(err, httpx.ErrNotSent) {
		return err
	}
	return &unsentError{err}
}

// unsentError says of an error that it came before anything was sent.
type unsentError struct{ err error }

func (u *unsentError) Error() string   { return u.err.Error() }
func (u *unsentError) Unwrap() []error { return []error{httpx.ErrNotSent, u.err} }

// send makes one request and reads the envelope around the answer.
func (s *Supplier) send(ctx context.Context, r request, header http.Header, out any) (id string, err error) {
	q := httpx.Request{Method: cmp.Or(r.method, http.MethodGet), Path: r.path, Query: r.query, Header: header}
	if r.body != nil {
		if q.Body, err = json.Marshal(r.body); err != nil {
			return "", notSent(err)
		}
	}
	a, err := s.http.Do(ctx, q)
	var overload *httpx.OverloadError
	if errors.As(err, &overload) {
		return "", s.overloaded(err, overload.Answer, r)
	}
	if err != nil {
		return "", err
	}
	var e envelope
	if bad := e.read(a.Body); bad != nil {
		if a.Status == http.StatusUnauthorized || a.Status == http.StatusForbidden {
			return "", sync.Errorf(sync.Auth, "CJ does not let us in (%d %s)", a.Status, http.StatusText(a.Status))
		}
		return "", &sync.Error{Kind: sync.BadAnswer, Text: fmt.Sprintf("CJ sent an answer that cannot be read (%d)", a.Status), Err: bad}
	}
	if e.code != codeOK {
		return e.requestID, s.refusal(&e, nil)
	}
	if a.Status != http.StatusOK {
		return e.requestID, sync.Errorf(sync.BadAnswer, "CJ contradicts itself: status %d, code 200", a.Status)
	}
	if out == nil {
		return e.requestID, nil
	}
	if err := decode(e.data, out); err != nil {
		return e.requestID, &sync.Error{Kind: sync.BadAnswer, Text: "CJ sent an answer of an unexpected form", Err: err}
	}
	return e.requestID, nil
}

// envelope is what is around every answer. "result" is called "success" in some; the code is what counts.
type envelope struct {
	code      int64
	message   string
	data      json.RawMessage
	requestID string
}

func (e *envelope) read(body []byte) error {
	var raw struct {
		Code      word            `json:"code"`
		Message   word            `json:"message"`
		Data      json.RawMessage `json:"data"`
		RequestID word            `json:"requestId"`
	}
	if err := decode(body, &raw); err != nil {
		return err
	}
	code, err := json.Number(raw.Code).Int64()
	if err != nil {
		return fmt.Errorf("no code: %w", err)
	}
	*e = envelope{code: code, message: string(raw.Message), data: raw.Data, requestID: raw.RequestID.clean()}
	return nil
}

func decode(data []byte, out any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	return d.Decode(out)
}

// overloaded makes an error of being turned away for now. The same status stands for two things: the pace was too
// fast, or the day's points are used up; the code in the answer tells them apart, or else our own estimate.
func (s *Supplier) overloaded(err error, a *httpx.Answer, r request) error {
	var e envelope
	if e.read(a.Body) == nil && e.code != codeOK {
		decoded := s.refusal(&e, err)
		var told *sync.Error
		if r.changes && errors.As(decoded, &told) { // whoever says so, it may have been done before
			return &sync.Error{Kind: sync.Unavailable, Text: told.Text, RetryAfter: told.RetryAfter, Err: err}
		}
		return decoded
	}
	if a.Status == http.StatusTooManyRequests && r.points > 0 && s.points.low() {
		return s.outOfPoints(err, r.points)
	}
	return err
}

func (s *Supplier) outOfPoints(cause error, cost int64) error {
	wait := s.points.empty(max(cost, leastPoints), s.o.Clock())
	return &sync.Error{
		Kind: sync.RateLimited, RetryAfter: max(wait, asked(cause)), Err: errors.Join(ErrPoints, cause),
		Text: "CJ's points for products and quotes are used up; orders and payments go on",
	}
}

// asked is how long an error tells us to wait.
func asked(err error) time.Duration {
	var e *sync.Error
	if errors.As(err, &e) {
		return e.RetryAfter
	}
	return 0
}

// pause waits between two looks at the same thing.
func (s *Supplier) pause(ctx context.Context) error {
	t := time.NewTimer(s.o.Pause)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
