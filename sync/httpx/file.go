package httpx

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/orderdeck/orderdeck/sync"
)

// File is a file, or a part of one, that is being read from a host that a store has named. Read gives its bytes as they
// are stored; its errors are [*sync.Error]. It must be closed.
type File struct {
	Status int   // 200 = all of it, 206 = from the byte From on, 416 = there is nothing there; 401, 403, 404 and 410 = it cannot be had
	From   int64 // the first byte that comes
	Size   int64 // of the whole file; -1 = not said
	Tag    string

	body  io.ReadCloser
	c     *Client
	ctx   context.Context //nolint:containedctx // of the request, which ends with Close
	end   context.CancelFunc
	watch *time.Timer
	still atomic.Bool // it was given up since nothing came
}

// FileOptions says how a file is read.
type FileOptions struct {
	UserAgent string
	// Private says that the store itself is on this machine or in a private network, so that its files may be there too.
	Private   bool
	Idle      time.Duration // without a byte, after which it is given up; 0 = DefaultHeaderTimeout
	Transport http.RoundTripper
	Clock     func() time.Time
}

// OpenFile asks for the bytes of a file from one on, up to another (-1 = to the end). The address is one that a store gave:
// it is https (http on this machine, where the store is there too), no private network's, and often a secret by itself, so
// that it stands in no error. Nothing of ours goes there but the name of the program. There is no limit in time as long as
// something comes.
func OpenFile(ctx context.Context, address string, from, to int64, o FileOptions) (*File, error) {
	u, err := fileAddress(address, o.Private)
	if err != nil {
		return nil, err
	}
	if o.Transport == nil {
		o.Transport = fileTransport(o.Private)
	}
	c, err := New(Options{
		URL: u.Scheme + "://" + u.Host, UserAgent: o.UserAgent, HeaderTimeout: o.Idle, Transport: o.Transport, Clock: o.Clock,
		Secrets: []string{address, u.RawQuery, u.Path},
	})
	if err != nil {
		return nil, err
	}
	idle := c.o.HeaderTimeout
	ctx, cancel := context.WithCancel(ctx)
	f := &File{c: c, ctx: ctx, end: cancel, Size: -1}
	f.watch = time.AfterFunc(idle, func() { f.still.Store(true); cancel() })
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		f.stop()
		return nil, refuse("the store names a file whose address cannot be read", "")
	}
	req.Header.Set("User-Agent", c.o.UserAgent)
	req.Header.Set("Accept-Encoding", "identity") // places in the file are of the bytes as they are stored
	req.Header.Set("Range", "bytes="+strconv.FormatInt(from, 10)+"-"+upTo(to))
	res, err := c.http.Do(req) //nolint:bodyclose // File.Close does
	if err != nil {
		f.stop()
		return nil, f.failure(err)
	}
	f.body = res.Body
	if err := f.judge(res); err != nil {
		_ = f.Close() // err says more
		return nil, err
	}
	return f, nil
}

func upTo(to int64) string {
	if to < 0 {
		return ""
	}
	return strconv.FormatInt(to, 10)
}

// fileAddress reads the address of a file.
func fileAddress(address string, private bool) (*url.URL, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.User != nil:
		return nil, refuse("the store names a file whose address cannot be read", "")
	case u.Scheme == "https" && (private || !Loopback(u.Hostname())), u.Scheme == "http" && private && Loopback(u.Hostname()):
		return u, nil
	}
	return nil, refuse("the store names a file at %s://%s, which is not fetched from there", "", u.Scheme, u.Host)
}

// fileTransport connects to no private network, by the address that is really connected to: a name may stand for any.
// Where a proxy is set, it is the proxy that connects.
func fileTransport(private bool) http.RoundTripper {
	t, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return http.DefaultTransport
	}
	t = t.Clone()
	t.DisableKeepAlives = true // each is the last
	t.DisableCompression = true
	t.MaxResponseHeaderBytes = 256 << 10
	t.Proxy = nil
	direct := net.Dialer{Timeout: 15 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return err
		}
		if ip := net.ParseIP(host); !private && !Public(ip) {
			return errPrivate
		}
		return nil
	}}
	t.DialContext = direct.DialContext
	return proxied{direct: t}
}

// proxied goes by the machine's proxy where there is one.
type proxied struct{ direct *http.Transport }

// RoundTrip implements http.RoundTripper.
func (p proxied) RoundTrip(r *http.Request) (*http.Response, error) {
	if by, err := http.ProxyFromEnvironment(r); err != nil || by == nil {
		return p.direct.RoundTrip(r)
	}
	t := p.direct.Clone()
	t.Proxy = http.ProxyFromEnvironment
	t.DialContext = (&net.Dialer{Timeout: 15 * time.Second}).DialContext
	return t.RoundTrip(r)
}

var errPrivate = errors.New("the file is on a private network")

// Public tells whether an address is one of the internet, and of no private network.
func Public(ip net.IP) bool {
	shared := net.IPNet{IP: net.IPv4(100, 64, 0, 0), Mask: net.CIDRMask(10, 32)}
	return ip.IsGlobalUnicast() && !ip.IsPrivate() && !shared.Contains(ip)
}

func (f *File) judge(res *http.Response) error {
	f.Status, f.Tag = res.StatusCode, res.Header.Get("Etag")
	host := f.c.base.Host
	status := fmt.Sprintf("%d %s", res.StatusCode, http.StatusText(res.StatusCode))
	switch {
	case res.StatusCode == http.StatusTooManyRequests, res.StatusCode >= 500:
		return &sync.Error{
			Kind: sync.Unavailable, RetryAfter: RetryAfter(res.Header.Get("Retry-After"), f.c.o.Clock()),
			Text: "the file at " + host + " cannot be had now (" + status + ")",
		}
	case res.StatusCode == http.StatusUnauthorized, res.StatusCode == http.StatusForbidden, res.StatusCode == http.StatusNotFound,
		res.StatusCode == http.StatusGone, res.StatusCode == http.StatusRequestedRangeNotSatisfiable:
		return nil
	case res.StatusCode != http.StatusOK && res.StatusCode != http.StatusPartialContent:
		return &sync.Error{Kind: sync.Refused, Text: host + " does not give the file (" + status + ")"}
	}
	if packed := res.Header.Get("Content-Encoding"); packed != "" && packed != "identity" || strings.Contains(res.Header.Get("Content-Type"), "text/html") {
		return &sync.Error{Kind: sync.Refused, Text: host + " sends something else than the file"}
	}
	if res.StatusCode == http.StatusOK {
		f.Size = res.ContentLength
		return nil
	}
	var last int64
	text, total, ok := strings.Cut(res.Header.Get("Content-Range"), "/")
	if n, err := fmt.Sscanf(text, "bytes %d-%d", &f.From, &last); !ok || n != 2 || err != nil {
		return sync.Errorf(sync.BadAnswer, "%s sends a part of the file and does not say which", host)
	}
	if n, err := strconv.ParseInt(total, 10, 64); err == nil {
		f.Size = n
	}
	return nil
}

// Read implements io.Reader.
func (f *File) Read(p []byte) (int, error) {
	n, err := f.body.Read(p)
	if n > 0 {
		f.watch.Reset(f.c.o.HeaderTimeout)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return n, f.failure(err)
	}
	return n, err
}

// failure says why nothing more comes.
func (f *File) failure(err error) error {
	if f.still.Load() {
		return &sync.Error{Kind: sync.Network, Text: f.c.base.Host + " took too long to send the file"}
	}
	return f.c.failure(f.ctx, err)
}

func (f *File) stop() {
	f.watch.Stop()
	f.end()
}

// Close ends the reading.
func (f *File) Close() error {
	f.stop()
	return f.body.Close()
}
