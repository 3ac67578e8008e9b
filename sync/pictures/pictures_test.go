package pictures

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/orderdeck/orderdeck/sync/httpx"
)

func red(w, h int) []byte {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.Set(x, y, color.RGBA{200, 10, 20, 255})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err) // a picture in memory
	}
	return b.Bytes()
}

func serve(t *testing.T, body []byte) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/elsewhere" {
			http.Redirect(w, r, "http://localhost:1/x.png", http.StatusFound)
			return
		}
		_, _ = w.Write(body)
	}))
	t.Cleanup(s.Close)
	return s
}

func TestAPictureArrives(t *testing.T) {
	s := serve(t, red(300, 200))
	arrived := make(chan struct{}, 1)
	f := New([]string{s.URL}, func() { arrived <- struct{}{} })
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go f.Run(ctx)
	if _, ok := f.Image(s.URL + "/a.png"); ok {
		t.Fatal("a picture was at hand before it was fetched")
	}
	<-arrived
	img, ok := f.Image(s.URL + "/a.png")
	if !ok || img.Bounds().Dx() != side {
		t.Fatalf("%v %v", img, ok)
	}
	if r, g, b, _ := img.At(3, 3).RGBA(); r>>8 != 200 || g>>8 != 10 || b>>8 != 20 {
		t.Errorf("the colour is %d %d %d", r>>8, g>>8, b>>8)
	}
}

func TestRefusals(t *testing.T) {
	s := serve(t, red(10, 10))
	own, other := New([]string{s.URL}, nil), New(nil, nil)
	if _, err := own.fetch(t.Context(), s.URL+"/a.png"); err != nil {
		t.Errorf("the store's own picture: %v", err)
	}
	if _, err := other.fetch(t.Context(), s.URL+"/a.png"); !errors.Is(err, errPrivate) {
		t.Errorf("loopback: %v", err)
	}
	for _, address := range []string{"file:///etc/passwd", "ftp://x/y.png", "demo:shirt-1", "https://user:pass@host/x.png", "://", "https://"} {
		if _, err := own.fetch(t.Context(), address); !errors.Is(err, errAddress) {
			t.Errorf("%s: %v", address, err)
		}
	}
	if _, err := own.fetch(t.Context(), s.URL+"/elsewhere"); err == nil {
		t.Error("a redirect to another host was followed")
	}
}

func TestSizesAreBounded(t *testing.T) {
	if _, err := New([]string{"http://127.0.0.1"}, nil).fetch(t.Context(), serve(t, make([]byte, maxBytes+10)).URL); !errors.Is(err, errSize) {
		t.Errorf("many bytes: %v", err)
	}
	// A header that claims 60,000 × 60,000 pixels.
	bomb := red(1, 1)
	binary.BigEndian.PutUint32(bomb[16:], 60_000)
	binary.BigEndian.PutUint32(bomb[20:], 60_000)
	binary.BigEndian.PutUint32(bomb[29:], crc32.ChecksumIEEE(bomb[12:29]))
	if _, err := decode(bomb); !errors.Is(err, errSize) {
		t.Errorf("many pixels: %v", err)
	}
	if _, err := decode([]byte("<html>")); err == nil {
		t.Error("a page was taken for a picture")
	}
}

func TestPublicAddresses(t *testing.T) {
	for address, want := range map[string]bool{
		"127.0.0.1": false, "10.1.2.3": false, "192.168.0.1": false, "172.20.0.1": false, "169.254.169.254": false, "100.64.1.1": false,
		"::1": false, "fe80::1": false, "fd00::1": false, "0.0.0.0": false, "224.0.0.1": false, "::ffff:127.0.0.1": false,
		"93.184.216.34": true, "2606:2800:220:1::1": true,
	} {
		if got := httpx.Public(net.ParseIP(address)); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
}
