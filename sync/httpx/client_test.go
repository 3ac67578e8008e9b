package httpx

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"github.com/orderdeck/orderdeck/sync"
)

const secret = "s3cr3t/with+signs=="

func client(t *testing.T, o Options) *Client {
	t.Helper()
	o.Secrets = append(o.Secrets, secret)
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func TestCheckURL(t *testing.T) {
	for _, tc := range []struct{ in, says string }{
		{"https://shop.example", ""},
		{"https://shop.example:8443/admin-api?x=1#y", ""},
		{" https://shop.example ", ""},
		{"http://127.0.0.1:3910", ""},
		{"http://localhost:3000/admin-api", ""},
		{"http://shop.localhost", ""},
		{"http://[::1]:3000", ""},
		{"http://shop.example", "unencrypted"},
		{"http://127.0.0.1.evil.example", "unencrypted"},
		{"http://192.168.1.5", "unencrypted"},
		{"ftp://shop.example", "not spoken"},
		{"file:///etc/passwd", "not the address"},
		{"shop.example", "not the address"},
		{"", "not the address"},
		{"https://", "not the address"},
		{"https://user:" + secret + "@shop.example", "not the address"}, // the slash ends the host
		{"https://user:password@shop.example", "must not contain"},
		{"https://user:" + secret + "@shop.example:port", "not the address"},
		{"https://shop.example:99999999999/?key=" + secret + "%zz", ""},
	} {
		u, err := CheckURL(tc.in)
		if (err == nil) != (tc.says == "") || err != nil && !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%q: %v, %v", tc.in, u, err)
		}
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("%q: the secret is in %v", tc.in, err)
		}
		if err == nil && u.RawQuery+u.Fragment != "" {
			t.Errorf("%q: %v", tc.in, u)
		}
	}
}

// TestPlainHTTPNeedsASignature: only where no key goes over the wire.
func TestPlainHTTPNeedsASignature(t *testing.T) {
	for _, signed := range []bool{false, true} {
		_, err := New(Options{URL: "http://shop.example", Signed: signed})
		if (err == nil) != signed {
			t.Errorf("signed %t: %v", signed, err)
		}
	}
	if _, err := New(Options{URL: "ftp://shop.example", Signed: true}); err == nil {
		t.Error("ftp is spoken")
	}
}

// TestDataIsFoundBehindWhatWasPrintedBeforeIt where a connector knows how.
func TestDataIsFoundBehindWhatWasPrintedBeforeIt(t *testing.T) {
	address := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<br />Notice: x<br />{}")
	})
	for _, knows := range []bool{false, true} {
		o := Options{URL: address}
		if knows {
			o.Salvage = func(body []byte) ([]byte, bool) { return body[len(body)-2:], true }
		}
		c, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		a, err := c.Do(t.Context(), Request{})
		if (err == nil) != knows || knows && string(a.Body) != "{}" {
			t.Errorf("knows how %t: %+v %v", knows, a, err)
		}
	}
}

func TestRedirects(t *testing.T) {
	var elsewhere atomic.Int32
	other := serve(t, func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) })
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/here":
			http.Redirect(w, r, "/there", http.StatusFound)
		case "/there":
			if r.Header.Get("X-Key") != "k" {
				t.Error("the key was lost")
			}
			fmt.Fprint(w, `{}`)
		case "/away":
			http.Redirect(w, r, other+"/?key="+secret, http.StatusTemporaryRedirect)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		}
	})
	c := client(t, Options{URL: url, Header: http.Header{"X-Key": {"k"}}})
	for _, tc := range []struct{ method, path, says string }{
		{"GET", "here", ""},
		{"POST", "here", "sends us on to"},
		{"GET", "away", "another host"},
		{"POST", "away", "sends us on to"},
		{"GET", "loop", "in circles"},
	} {
		r := Request{Method: tc.method, Path: tc.path}
		if tc.method == http.MethodPost {
			r.Body = []byte("{}")
		}
		_, err := c.Do(t.Context(), r)
		if (err == nil) != (tc.says == "") || err != nil && !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s %s: %v", tc.method, tc.path, err)
		}
		if err != nil && (sync.KindOf(err) != sync.Refused || strings.Contains(err.Error(), secret)) {
			t.Errorf("%s %s: %v", tc.method, tc.path, err)
		}
	}
	if n := elsewhere.Load(); n != 0 {
		t.Errorf("the other host was asked %d times", n)
	}
}

func TestNeverDownToHTTP(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://"+r.Host+"/plain", http.StatusFound)
	}))
	t.Cleanup(s.Close)
	c := client(t, Options{URL: s.URL, Transport: s.Client().Transport})
	if _, err := c.Do(t.Context(), Request{}); err == nil || !strings.Contains(err.Error(), "unencrypted") {
		t.Errorf("%v", err)
	}
	// A certificate that nobody has signed.
	c = client(t, Options{URL: s.URL})
	if _, err := c.Do(t.Context(), Request{}); sync.KindOf(err) != sync.Refused || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("%v", err)
	}
}

// TestUpToHTTPSIsSaid: what was signed for one address is not sent to another one, and the merchant is told which is right.
func TestUpToHTTPSIsSaid(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://"+r.Host+r.URL.Path, http.StatusMovedPermanently)
	})
	_, err := client(t, Options{URL: url, Signed: true}).Do(t.Context(), Request{Path: "x"})
	if sync.KindOf(err) != sync.Refused || !strings.Contains(err.Error(), "https:// in place of http://") {
		t.Errorf("%v", err)
	}
}

func TestBodiesAreBounded(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/bomb": // ten megabytes in ten kilobytes
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			for range 10 {
				if _, err := z.Write(make([]byte, 1<<20)); err != nil {
					return
				}
			}
			_ = z.Close()
		case "/fits":
			_, _ = w.Write(bytes.Repeat([]byte("a"), 1<<20))
		}
	})
	c := client(t, Options{URL: url, MaxBody: 1 << 20})
	if _, err := c.Do(t.Context(), Request{Path: "bomb"}); !errors.Is(err, ErrTooLarge) || sync.KindOf(err) != sync.Refused {
		t.Errorf("%v", err)
	}
	if a, err := c.Do(t.Context(), Request{Path: "fits"}); err != nil || len(a.Body) != 1<<20 {
		t.Errorf("%v", err)
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	for _, tc := range []struct {
		name   string
		status int
		header map[string]string
		body   string
		kind   sync.Kind
		says   string
		after  time.Duration
	}{
		{"maintenance", 503, map[string]string{"Content-Type": "text/html", "Retry-After": "120"}, "<title>We\x1b[31m are\nback soon " + secret + "</title>", sync.Unavailable, "“We are back soon •••”", 2 * time.Minute},
		{"slow down", 429, map[string]string{"Retry-After": "7"}, "{}", sync.RateLimited, "slow down", 7 * time.Second},
		{"slow down, no word how long", 429, nil, "{}", sync.RateLimited, "slow down", 0},
		{"server error", 500, nil, `{"error":"` + secret + `"}`, sync.Unavailable, "problem of its own (500", 0},
		{"gateway", 502, map[string]string{"Content-Type": "text/html"}, "<html>Bad gateway", sync.Unavailable, "502", 0},
		{"bot protection", 403, map[string]string{"Content-Type": "text/html", "Cf-Mitigated": "challenge"}, "<title>Just a moment...</title>", sync.Refused, "Cloudflare", 0},
		{"a login page", 200, map[string]string{"Content-Type": "application/json"}, "\n <!DOCTYPE html><title>Log in</title>", sync.Refused, "“Log in”", 0},
		{"no such page", 404, map[string]string{"Content-Type": "text/html; charset=utf-8"}, "nope", sync.Refused, "404", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := client(t, Options{URL: serve(t, func(w http.ResponseWriter, _ *http.Request) {
				for k, v := range tc.header {
					w.Header().Set(k, v)
				}
				w.WriteHeader(tc.status)
				fmt.Fprint(w, tc.body)
			})})
			_, err := c.Do(t.Context(), Request{})
			var e *sync.Error
			if !errors.As(err, &e) || e.Kind != tc.kind || !strings.Contains(e.Text, tc.says) || e.RetryAfter != tc.after {
				t.Fatalf("%+v", err)
			}
			if strings.Contains(e.Text, secret) || strings.ContainsAny(e.Text, "\x1b\n") {
				t.Errorf("%q", e.Text)
			}
		})
	}
}

func TestAnswersForTheConnector(t *testing.T) {
	for _, status := range []int{200, 201, 400, 401, 403, 404, 422} {
		c := client(t, Options{URL: serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.UserAgent() != "orderdeck/1" || r.Header.Get("Content-Type") != "application/json" {
				t.Errorf("%v", r.Header)
			}
			w.WriteHeader(status)
			fmt.Fprint(w, `{"a":1}`)
		}), UserAgent: "orderdeck/1"})
		a, err := c.Do(t.Context(), Request{Method: http.MethodPost, Body: []byte(`{}`)})
		if err != nil || a.Status != status || string(a.Body) != `{"a":1}` {
			t.Errorf("%d: %+v, %v", status, a, err)
		}
	}
}

func TestBrokenConnections(t *testing.T) {
	hijack := func(w http.ResponseWriter, answer string) {
		conn, buf, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = buf.WriteString(answer)
		_ = buf.Flush()
		_ = conn.Close()
	}
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/cut":
			hijack(w, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"half\":")
		case "/nothing":
			hijack(w, "")
		case "/slow":
			<-r.Context().Done()
		}
	})
	c := client(t, Options{URL: url, HeaderTimeout: 50 * time.Millisecond})
	for path, says := range map[string]string{"cut": "cut the connection", "nothing": "cut the connection", "slow": "too long"} {
		_, err := c.Do(t.Context(), Request{Path: path, Query: map[string][]string{"key": {secret}}})
		if sync.KindOf(err) != sync.Network || !strings.Contains(err.Error(), says) || strings.Contains(fmt.Sprintf("%+v", err), "s3cr3t") {
			t.Errorf("%s: %v", path, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Do(ctx, Request{}); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	if _, err := client(t, Options{URL: "http://" + addr}).Do(t.Context(), Request{}); !strings.Contains(err.Error(), "nothing listens there") {
		t.Errorf("%v", err)
	}
}

// The server takes a request on a connection that is kept alive, and closes it without an answer: Go would repeat
// what it thinks is safe to repeat.
func TestNothingIsRepeated(t *testing.T) {
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		var asked atomic.Int32
		c := client(t, Options{URL: serve(t, func(w http.ResponseWriter, _ *http.Request) {
			if asked.Add(1) == 1 {
				fmt.Fprint(w, `{}`)
				return
			}
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				_ = conn.Close()
			}
		})})
		if _, err := c.Do(t.Context(), Request{Method: method, Body: []byte(`{"pay":1}`)}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Do(t.Context(), Request{Method: method, Body: []byte(`{"pay":1}`)}); err == nil {
			t.Errorf("%s: no error", method)
		}
		if n := asked.Load(); n != 2 {
			t.Errorf("%s: sent %d times instead of 2", method, n)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for in, want := range map[string]time.Duration{
		"": 0, "30": 30 * time.Second, " 1.5 ": 1500 * time.Millisecond, "-4": 0, "NaN": 0, "soon": 0, "1e300": longestRetry,
		"Sat, 21 Nov 2026 12:01:00 GMT": time.Minute, "Sat, 21 Nov 2026 11:00:00 GMT": 0, "+Inf": longestRetry,
	} {
		if got := RetryAfter(in, now); got != want {
			t.Errorf("%q: %v, want %v", in, got, want)
		}
	}
}

func TestClockSkew(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for ahead, want := range map[time.Duration]time.Duration{
		0: 0, time.Second: 0, -time.Second: 0, time.Minute: time.Minute, -time.Hour: -time.Hour,
	} {
		got := skew(now.Add(ahead).Format(http.TimeFormat), now, now.Add(100*time.Millisecond))
		if diff := (got - want).Abs(); diff > time.Second {
			t.Errorf("%v ahead: %v", ahead, got)
		}
	}
	if skew("yesterday", now, now) != 0 {
		t.Error("an unreadable date")
	}
}

func TestTheLimiterIsWaitedFor(t *testing.T) {
	limit := rate.NewLimiter(rate.Every(time.Hour), 1)
	c := client(t, Options{URL: serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{}`) }), Limit: limit})
	if _, err := c.Do(t.Context(), Request{}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := c.Do(ctx, Request{}); err == nil {
		t.Error("the second request did not wait")
	}
}

func TestWhatIsKnownNotToHaveBeenSent(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + closed.Addr().String()
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	tls := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a request came through") }))
	defer tls.Close()
	cut := serve(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	slow := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // until it is read, nobody sees that the other side has gone
		<-r.Context().Done()
	})
	busy := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusTooManyRequests)
		fmt.Fprint(w, `{"code":7}`)
	})
	never := rate.NewLimiter(rate.Every(time.Hour), 1)
	never.Allow()
	for _, tc := range []struct {
		name    string
		o       Options
		notSent bool
	}{
		{"nobody listens", Options{URL: nobody}, true},
		{"no such host", Options{URL: "https://shop.invalid"}, true},
		{"a certificate of somebody else", Options{URL: tls.URL}, true},
		{"no time within the rate limit", Options{URL: cut, Limit: never}, true},
		{"cut in the middle", Options{URL: cut}, false},
		{"no answer in time", Options{URL: slow, Timeout: 50 * time.Millisecond}, false},
		{"turned away", Options{URL: busy}, false},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		_, err := client(t, tc.o).Do(ctx, Request{Method: http.MethodPost, Body: []byte("{}")})
		cancel()
		if err == nil || errors.Is(err, ErrNotSent) != tc.notSent {
			t.Errorf("%s: %v; known not to have been sent: %t", tc.name, err, errors.Is(err, ErrNotSent))
		}
		var o *OverloadError
		if got := errors.As(err, &o); got != (tc.name == "turned away") || got && string(o.Answer.Body) != `{"code":7}` {
			t.Errorf("%s: the answer that came with it: %+v", tc.name, o)
		}
	}
}
