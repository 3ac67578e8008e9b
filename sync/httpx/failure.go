package httpx

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/orderdeck/orderdeck/store/order/text"
	"github.com/orderdeck/orderdeck/sync"
)

// longestRetry bounds what a Retry-After is believed to say.
const longestRetry = 24 * time.Hour

// judge finds the answers that are none: web pages, and being turned away for now.
func (c *Client) judge(a *Answer, now time.Time) error {
	status := fmt.Sprintf("%d %s", a.Status, http.StatusText(a.Status))
	after := RetryAfter(a.Header.Get("Retry-After"), now)
	page, title := webPage(a)
	if title != "" {
		title = ", “" + c.Redact(title) + "”"
	}
	switch {
	case a.Status/100 == 3: // one that the standard library would not have followed
		to, err := c.base.Parse(a.Header.Get("Location"))
		if err != nil {
			to = &url.URL{}
		}
		return c.sentOn(to)
	case a.Status == http.StatusTooManyRequests:
		return &sync.Error{
			Kind: sync.RateLimited, RetryAfter: after, Err: &OverloadError{a},
			Text: c.base.Host + " asks us to slow down (" + status + ")",
		}
	case a.Status >= 500 && page:
		return &sync.Error{
			Kind: sync.Unavailable, RetryAfter: after, Err: &OverloadError{a},
			Text: fmt.Sprintf("%s shows a web page instead of data (%s%s): it is down or under maintenance", c.base.Host, status, title),
		}
	case a.Status >= 500:
		return &sync.Error{
			Kind: sync.Unavailable, RetryAfter: after, Err: &OverloadError{a}, Text: c.base.Host + " has a problem of its own (" + status + ")",
		}
	case page && a.Header.Get("Cf-Mitigated") != "":
		return &sync.Error{
			Kind: sync.Refused, Text: fmt.Sprintf("Cloudflare stands before %s and wants to see a browser (%s)", c.base.Host, status),
			Hint: "The store must let the path of its API through its bot protection",
		}
	case page:
		return &sync.Error{
			Kind: sync.Refused, Text: fmt.Sprintf("%s shows a web page instead of data (%s%s)", c.base.Host, status, title), Err: ErrPage,
			Hint: "Is the address right, with its path?",
		}
	}
	return nil
}

var titleOf = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)

// webPage tells whether an answer is HTML, and its title.
func webPage(a *Answer) (yes bool, title string) {
	start := bytes.TrimLeft(a.Body[:min(len(a.Body), 512)], " \t\r\n\xef\xbb\xbf")
	yes = strings.Contains(strings.ToLower(a.Header.Get("Content-Type")), "text/html") || bytes.HasPrefix(start, []byte("<"))
	if !yes {
		return false, ""
	}
	if m := titleOf.FindSubmatch(a.Body[:min(len(a.Body), 64<<10)]); m != nil {
		title = text.Limit(text.Clean(string(m[1])), 80)
	}
	return true, title
}

// failure makes an error of what came instead of an answer.
func (c *Client) failure(ctx context.Context, err error) error {
	var ours *sync.Error
	if errors.As(err, &ours) { // from redirect, inside a url.Error
		return ours
	}
	if ctx.Err() != nil && errors.Is(ctx.Err(), context.Canceled) {
		return &sync.Error{Kind: sync.Network, Text: "interrupted", Err: context.Canceled}
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) { // its text has the whole address, query and all
		err = wrapped.Err
	}
	e := &sync.Error{Kind: sync.Network, Err: errors.New(c.Redact(err.Error()))}
	if !reached(err) {
		e.Err = fmt.Errorf("%w: %w", ErrNotSent, e.Err)
	}
	host := c.base.Host
	var dns *net.DNSError
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var cert *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		e.Text, e.Hint = "there is no host "+c.base.Hostname(), "Is the address right, and is this machine online?"
	case errors.As(err, &unknown), errors.As(err, &name), errors.As(err, &invalid), errors.As(err, &cert):
		e.Kind, e.Text = sync.Refused, "the certificate of "+host+" is not valid: "+c.Redact(err.Error())
	case errors.As(err, &record):
		e.Kind, e.Text = sync.Refused, host+" does not speak https"
	case errors.Is(err, syscall.ECONNREFUSED):
		e.Text, e.Hint = host+" does not answer: nothing listens there", "Is the store running, and is the port right?"
	case isTimeout(err):
		e.Text = host + " took too long to answer"
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		e.Text = host + " cut the connection in the middle"
	default:
		e.Text = host + " could not be reached: " + c.Redact(err.Error())
	}
	return e
}

// reached tells whether a connection may have stood, so that the request, or a part of it, may have gone out. Anything
// that is not known to come before that counts.
func reached(err error) bool {
	var dial *net.OpError
	var dns *net.DNSError
	var cert *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	return (!errors.As(err, &dial) || dial.Op != "dial" && dial.Op != "proxyconnect") &&
		!errors.As(err, &dns) && !errors.As(err, &cert) && !errors.As(err, &record)
}

func isTimeout(err error) bool {
	var t net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &t) && t.Timeout()
}

// Redact cuts the client's secrets out of a text, as they are and as they look in an address.
func (c *Client) Redact(s string) string {
	for _, secret := range c.o.Secrets {
		if len(secret) < 4 {
			continue
		}
		for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret)} {
			s = strings.ReplaceAll(s, form, "•••")
		}
	}
	return s
}

// RetryAfter reads a Retry-After header, seconds or a date, as a time to wait from now; 0 = none or unreadable.
func RetryAfter(header string, now time.Time) time.Duration {
	header = strings.TrimSpace(header)
	if header == "" {
		return 0
	}
	var d time.Duration
	if n, err := strconv.ParseFloat(header, 64); err == nil {
		if math.IsNaN(n) || n <= 0 {
			return 0
		}
		d = time.Duration(min(n, longestRetry.Seconds()) * float64(time.Second))
	} else if at, err := http.ParseTime(header); err == nil {
		d = at.Sub(now)
	}
	return min(max(d, 0), longestRetry)
}

// skew compares the Date of an answer, which has whole seconds, with the middle of the time that it took.
func skew(date string, began, ended time.Time) time.Duration {
	at, err := http.ParseTime(date)
	if err != nil {
		return 0
	}
	took := ended.Sub(began)
	ahead := at.Add(500 * time.Millisecond).Sub(began.Add(took / 2))
	if ahead.Abs() < 2*time.Second+took/2 {
		return 0
	}
	return ahead.Round(time.Second)
}
