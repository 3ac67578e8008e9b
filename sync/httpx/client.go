// Package httpx is the one HTTP client that all connectors use. It bounds times and sizes, speaks only https (http to
// this machine, and to others only with signed requests), follows no redirect to another host or down to http, never repeats a request by itself, and turns
// whatever goes wrong into a sync.Error whose text carries no secret.
package httpx

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/orderdeck/orderdeck/sync"
)

// Defaults of Options.
const (
	DefaultTimeout       = 90 * time.Second
	DefaultHeaderTimeout = 60 * time.Second
	DefaultMaxBody       = 32 << 20
)

// Options says whom a Client talks to and how.
type Options struct {
	URL       string      // the base address; every request goes to its host
	UserAgent string      // "orderdeck/1.0.0"
	Header    http.Header // sent with every request, such as the key
	// Secrets are texts that must never be seen: they are cut out of every error.
	Secrets       []string
	Timeout       time.Duration // of a whole request, with its body; 0 = DefaultTimeout
	HeaderTimeout time.Duration // until the answer begins; 0 = DefaultHeaderTimeout
	MaxBody       int64         // bytes of an answer once unpacked; 0 = DefaultMaxBody
	Limit         *rate.Limiter // waited for before every request; nil = none
	// Signed says that every request carries a signature in place of a key (OAuth 1.0a): only then is plain http spoken
	// with other machines.
	Signed bool
	// Salvage finds the data in an answer that a store has printed something else before; nil = it is taken as it came.
	Salvage   func(body []byte) (data []byte, found bool)
	Transport http.RoundTripper
	Clock     func() time.Time // nil = time.Now
}

// Client talks to one host. It may be used by several goroutines.
type Client struct {
	o    Options
	base *url.URL
	http *http.Client
}

// Request is one request to be made.
type Request struct {
	Method      string // "" = GET
	Path        string // below the base address; "" = the base address itself
	Query       url.Values
	Header      http.Header
	Body        []byte
	ContentType string // of the body; "" = application/json
}

// Answer is what came back, whatever its status, as long as it is no web page and no sign of overload.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte        // unpacked, whole
	Skew   time.Duration // how far the other clock is ahead of ours; 0 = unknown or under two seconds
	Took   time.Duration
}

// ErrTooLarge is the cause of the error for an answer above Options.MaxBody.
var ErrTooLarge = errors.New("the answer is too large")

// ErrPage is the cause of the error for a web page where data should be.
var ErrPage = errors.New("a web page")

// ErrNotSent is in the errors for a request of which surely nothing was carried out: the other side was never reached,
// or it turned out not to be the one that we want to talk to before a byte of the request was sent.
var ErrNotSent = errors.New("the request was not sent")

// OverloadError is the cause of the errors for being turned away for now (429, 5xx): the answer that came with it, which may
// say more. Something between us and the other side may have given it, so it does not tell that nothing was done.
type OverloadError struct{ Answer *Answer }

// Error names the status.
func (o *OverloadError) Error() string { return fmt.Sprintf("status %d", o.Answer.Status) }

// New makes a Client. It refuses addresses that it would not talk to.
func New(o Options) (*Client, error) {
	base, err := checkURL(o.URL, o.Signed)
	if err != nil {
		return nil, err
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	if o.HeaderTimeout <= 0 {
		o.HeaderTimeout = DefaultHeaderTimeout
	}
	if o.MaxBody <= 0 {
		o.MaxBody = DefaultMaxBody
	}
	if o.UserAgent == "" {
		o.UserAgent = "orderdeck"
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Transport == nil {
		o.Transport = &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
			ForceAttemptHTTP2:      true,
			TLSHandshakeTimeout:    15 * time.Second,
			ResponseHeaderTimeout:  o.HeaderTimeout,
			MaxResponseHeaderBytes: 256 << 10,
			MaxIdleConnsPerHost:    2,
			IdleConnTimeout:        60 * time.Second,
		}
	}
	c := &Client{o: o, base: base}
	c.http = &http.Client{Transport: o.Transport, CheckRedirect: c.redirect}
	return c, nil
}

// CheckURL reads the address of a store and says what is wrong with it, if something is: only https is spoken, and
// plain http only to this machine; a name or password in the address would end up in logs.
func CheckURL(text string) (*url.URL, error) { return checkURL(text, false) }

func checkURL(text string, signed bool) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(text))
	switch {
	case err != nil || u.Host == "":
		return nil, refuse("%q is not the address of a store", "Write it as https://shop.example", redactURL(text))
	case u.User != nil:
		return nil, refuse("the address of the store must not contain a name or a password", "Give the key when you are asked for it")
	case u.Scheme == "https", u.Scheme == "http" && (signed || Loopback(u.Hostname())):
		u.RawQuery, u.Fragment = "", ""
		return u, nil
	case u.Scheme == "http":
		return nil, refuse("http://%s would send the key unencrypted", "Write https:// instead; http is accepted only for a store on this machine", u.Host)
	}
	return nil, refuse("%s:// is not spoken here", "Write the address of the store as https://shop.example", u.Scheme)
}

func refuse(text, hint string, args ...any) *sync.Error {
	return &sync.Error{Kind: sync.Refused, Text: fmt.Sprintf(text, args...), Hint: hint}
}

// redactURL leaves of something that was meant as an address only what cannot be a secret.
func redactURL(text string) string {
	if at := strings.LastIndex(text, "@"); at >= 0 {
		text = text[at+1:]
	}
	text, _, _ = strings.Cut(text, "?")
	return text
}

// Loopback tells whether a host name means this machine.
func Loopback(host string) bool {
	if ip := net.ParseIP(host); ip != nil {
		return ip.IsLoopback()
	}
	return strings.EqualFold(host, "localhost") || strings.HasSuffix(strings.ToLower(host), ".localhost")
}

// Host is the host that the client talks to, for people.
func (c *Client) Host() string { return c.base.Host }

// Do makes one request, once. Any status that may be meant for the connector is an Answer; being turned away for now
// (429, 5xx), a web page instead of data, a broken connection and an answer above the limit are errors.
//
// A request is never repeated here, not even on a connection that breaks: whoever calls knows whether it may be.
func (c *Client) Do(ctx context.Context, r Request) (*Answer, error) {
	if c.o.Limit != nil {
		if err := c.o.Limit.Wait(ctx); err != nil {
			return nil, &sync.Error{
				Kind: sync.RateLimited, Text: "there was no time left to ask " + c.base.Host + " without going faster than it allows",
				Err: fmt.Errorf("%w: %w", ErrNotSent, err),
			}
		}
	}
	ctx, cancel := context.WithTimeout(ctx, c.o.Timeout)
	defer cancel()
	req, err := c.build(ctx, r)
	if err != nil {
		return nil, err
	}
	began := c.o.Clock()
	res, err := c.http.Do(req)
	if err != nil {
		return nil, c.failure(ctx, err)
	}
	defer res.Body.Close()
	ended := c.o.Clock()
	body, err := io.ReadAll(io.LimitReader(res.Body, c.o.MaxBody+1))
	if err != nil {
		return nil, c.failure(ctx, err)
	}
	if int64(len(body)) > c.o.MaxBody {
		return nil, &sync.Error{
			Kind: sync.Refused, Err: ErrTooLarge,
			Text: fmt.Sprintf("%s sent an answer of more than %d MB", c.base.Host, c.o.MaxBody>>20),
		}
	}
	a := &Answer{Status: res.StatusCode, Header: res.Header, Body: body, Took: c.o.Clock().Sub(began)}
	a.Skew = skew(res.Header.Get("Date"), began, ended)
	if c.o.Salvage != nil {
		if data, found := c.o.Salvage(body); found {
			a.Body = data
			a.Header.Set("Content-Type", "application/json")
		}
	}
	if err := c.judge(a, ended); err != nil {
		return nil, err
	}
	return a, nil
}

func (c *Client) build(ctx context.Context, r Request) (*http.Request, error) {
	if r.Method == "" {
		r.Method = http.MethodGet
	}
	u := *c.base
	if r.Path != "" {
		u = *c.base.JoinPath(r.Path)
	}
	u.RawQuery = r.Query.Encode()
	var body io.Reader
	if r.Body != nil {
		body = bytes.NewReader(r.Body)
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, u.String(), body)
	if err != nil {
		return nil, &sync.Error{Kind: sync.Refused, Text: "the request could not be made: " + c.Redact(err.Error())}
	}
	// Without GetBody the standard library cannot send a body a second time.
	req.GetBody = nil
	for _, h := range []http.Header{c.o.Header, r.Header} {
		for k, v := range h {
			req.Header[k] = v
		}
	}
	req.Header.Set("User-Agent", c.o.UserAgent)
	if req.Header.Get("Accept") == "" {
		req.Header.Set("Accept", "application/json")
	}
	if r.Body != nil {
		ct := r.ContentType
		if ct == "" {
			ct = "application/json"
		}
		req.Header.Set("Content-Type", ct)
	}
	return req, nil
}

// redirect decides about a redirect. Custom key headers would travel with it, so it may not leave the host or the
// encryption; and what was sent to one address is not sent again to another.
func (c *Client) redirect(req *http.Request, via []*http.Request) error {
	first := via[0]
	to := withoutQuery(req.URL)
	switch {
	case first.Method != http.MethodGet && first.Method != http.MethodHead:
		return c.sentOn(req.URL)
	case req.URL.Host != c.base.Host:
		return refuse("%s sends us on to another host, %s", "If that is the store's right address, use it", c.base.Host, to)
	case req.URL.Scheme == "https" && c.base.Scheme == "http":
		return refuse("%s sends us on to https", "Give the store's address with https:// in place of http://", c.base.Host)
	case req.URL.Scheme != c.base.Scheme:
		return refuse("%s sends us on to %s, unencrypted", "The store's address must be right at once", c.base.Host, to)
	case len(via) > 5:
		return refuse("%s sends us round in circles", "Is the address right?", c.base.Host)
	}
	return nil
}

// sentOn refuses a redirect and says where to, in case that is where the store really is.
func (c *Client) sentOn(to *url.URL) error {
	return refuse("%s sends us on to %s", "If that is the store's right address, use it", c.base.Host, c.Redact(withoutQuery(to)))
}

func withoutQuery(u *url.URL) string { return u.Scheme + "://" + u.Host + u.Path }
