// Package pictures fetches the small pictures of products that orders name, and keeps them.
//
// Their addresses come from outside, so they are not trusted: only http and https, never an address of this machine or
// of a private network unless a store itself is there, at most maxBytes, at most maxPixels, and a time limit.
package pictures

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	_ "image/gif"  // the formats that stores use
	_ "image/jpeg" //
	_ "image/png"  //
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"syscall"
	"time"

	"github.com/orderdeck/orderdeck/sync/httpx"
)

const (
	maxBytes  = 4 << 20
	maxPixels = 40_000_000
	side      = 24 // pixels that are kept of either side: a picture takes 6 cells by 3 lines
	maxKept   = 500
	maxQueue  = 64
	timeout   = 10 * time.Second
	retry     = 10 * time.Minute // after a failure
)

// Fetcher gives pictures that are at hand and fetches the others in the background.
type Fetcher struct {
	client  *http.Client
	stores  map[string]bool // hosts of the merchant's own stores
	arrived func()

	mu    sync.Mutex
	kept  map[string]entry
	queue chan string
}

type entry struct {
	img image.Image // nil: it could not be had
	at  time.Time
	now bool // it is being fetched
}

// New makes a Fetcher. stores are the base addresses of the merchant's own stores, which may be on a private network.
// arrived is called, from another goroutine, when a picture has come.
func New(stores []string, arrived func()) *Fetcher {
	f := &Fetcher{stores: map[string]bool{}, arrived: arrived, kept: map[string]entry{}, queue: make(chan string, maxQueue)}
	for _, s := range stores {
		if u, err := url.Parse(s); err == nil && u.Hostname() != "" {
			f.stores[u.Hostname()] = true
		}
	}
	f.client = &http.Client{ // without a proxy, since what it connects to could not be checked
		Timeout:       timeout,
		Transport:     &http.Transport{DialContext: f.dial, TLSHandshakeTimeout: timeout, MaxIdleConnsPerHost: 2},
		CheckRedirect: redirect,
	}
	return f
}

// Run fetches what was asked for until the context ends.
func (f *Fetcher) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case address := <-f.queue:
			img, err := f.fetch(ctx, address)
			if err != nil {
				img = nil // a picture is never needed to read the screen
			}
			f.mu.Lock()
			f.kept[address] = entry{img: img, at: time.Now()}
			f.mu.Unlock()
			if img != nil && f.arrived != nil {
				f.arrived()
			}
		}
	}
}

// Image is a picture that is at hand; one that is not is fetched for the next time.
func (f *Fetcher) Image(address string) (image.Image, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	e, known := f.kept[address]
	if known && (e.img != nil || e.now || time.Since(e.at) < retry) {
		return e.img, e.img != nil
	}
	if len(f.kept) >= maxKept {
		clear(f.kept)
	}
	select {
	case f.queue <- address:
		f.kept[address] = entry{now: true}
	default: // too many at once; it is asked for again with the next picture of the screen
	}
	return nil, false
}

var (
	errAddress = errors.New("only pictures on the web are fetched")
	errPrivate = errors.New("a picture may not be on a private network")
	errSize    = errors.New("the picture is too large")
)

func (f *Fetcher) fetch(ctx context.Context, address string) (image.Image, error) {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil {
		return nil, errAddress
	}
	ctx = context.WithValue(ctx, ownHost{}, f.stores[u.Hostname()])
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "image/png, image/jpeg, image/gif")
	req.Header.Set("User-Agent", "orderdeck")
	res, err := f.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the picture's server answered %s", res.Status)
	}
	data, err := io.ReadAll(io.LimitReader(res.Body, maxBytes+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxBytes {
		return nil, errSize
	}
	return decode(data)
}

// decode looks at the size before it makes room for the pixels, and keeps a thumbnail only.
func decode(data []byte) (image.Image, error) {
	head, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	if head.Width <= 0 || head.Height <= 0 || head.Width > maxPixels/head.Height {
		return nil, errSize
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return thumbnail(img), nil
}

// thumbnail averages a picture down to side × side.
func thumbnail(img image.Image) image.Image {
	b := img.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			out.Set(x, y, average{img, image.Rect(
				b.Min.X+x*b.Dx()/side, b.Min.Y+y*b.Dy()/side, b.Min.X+(x+1)*b.Dx()/side, b.Min.Y+(y+1)*b.Dy()/side)})
		}
	}
	return out
}

// average is the mean colour of a part of a picture, from at most 8 × 8 of its pixels.
type average struct {
	img image.Image
	box image.Rectangle
}

// RGBA gives the mean, as image/color wants it.
func (a average) RGBA() (r, g, b, alpha uint32) {
	w, h := max(1, a.box.Dx()), max(1, a.box.Dy())
	nx, ny := min(w, 8), min(h, 8)
	var sum [4]uint64
	for j := range ny {
		for i := range nx {
			pr, pg, pb, pa := a.img.At(a.box.Min.X+i*w/nx, a.box.Min.Y+j*h/ny).RGBA()
			sum[0], sum[1], sum[2], sum[3] = sum[0]+uint64(pr), sum[1]+uint64(pg), sum[2]+uint64(pb), sum[3]+uint64(pa)
		}
	}
	n := uint64(nx * ny)
	return uint32(sum[0] / n), uint32(sum[1] / n), uint32(sum[2] / n), uint32(sum[3] / n)
}

// ownHost says, in a request's context, that its host is one of the merchant's stores.
type ownHost struct{}

// dial refuses addresses of this machine and of private networks, by the address that is really connected to: a name
// may stand for any.
func (f *Fetcher) dial(ctx context.Context, network, address string) (net.Conn, error) {
	own, _ := ctx.Value(ownHost{}).(bool)
	d := net.Dialer{Timeout: timeout, Control: func(_, address string, _ syscall.RawConn) error {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return err
		}
		if ip := net.ParseIP(host); !own && (ip == nil || !httpx.Public(ip)) {
			return errPrivate
		}
		return nil
	}}
	return d.DialContext(ctx, network, address)
}

// redirect follows only to the same host and never down to http.
func redirect(req *http.Request, via []*http.Request) error {
	from := via[len(via)-1].URL
	if len(via) > 3 || req.URL.Host != from.Host || (from.Scheme == "https" && req.URL.Scheme != "https") {
		return http.ErrUseLastResponse
	}
	return nil
}
