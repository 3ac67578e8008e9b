package tui

import (
	"image"
	"testing"
	"time"
)

// Pictures are drawn beside the screen: the first look finds none, and is told when there is one.
func TestPicturesAreDrawnBesideTheScreen(t *testing.T) {
	there, other := image.NewRGBA(image.Rect(0, 0, 2, 2)), image.NewGray(image.Rect(0, 0, 1, 1))
	arrived := make(chan struct{}, 1)
	p := newPainter(
		func(url string) (image.Image, bool) {
			if url == "drawn" {
				return there, true
			}
			return nil, false
		},
		func(string) (image.Image, bool) { return other, true }, arrived)
	for url, want := range map[string]image.Image{"drawn": there, "fetched": other} {
		if _, ok := p.image(url); ok {
			t.Fatalf("%s was there at once", url)
		}
		select {
		case <-arrived:
		case <-time.After(10 * time.Second):
			t.Fatalf("%s never came", url)
		}
		if img, ok := p.image(url); !ok || img != want {
			t.Errorf("%s: %v, %v", url, img, ok)
		}
	}
	if r, g, b := newPicture(other).Pixel(0.5, 0.5); r != 0 || g != 0 || b != 0 {
		t.Errorf("a grey picture is read as %d %d %d", r, g, b)
	}
}
