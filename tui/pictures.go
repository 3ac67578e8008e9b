package tui

import (
	"image"
	"sync"

	"github.com/orderdeck/orderdeck/tui/ui"
)

// picture is an image that is looked at by shares of its size.
type picture struct{ img image.Image }

// Pixel is the colour at a place.
func (p picture) Pixel(u, v float64) (r, g, b uint8) {
	box := p.img.Bounds()
	x := box.Min.X + int(u*float64(box.Dx()))
	y := box.Min.Y + int(v*float64(box.Dy()))
	r16, g16, b16, _ := p.img.At(x, y).RGBA()
	return uint8(r16 >> 8), uint8(g16 >> 8), uint8(b16 >> 8)
}

// keepPictures keeps the images that were at hand when they were asked for.
func keepPictures(get func(string) (image.Image, bool)) func(string) (ui.Picture, bool) {
	var mu sync.Mutex
	known := map[string]ui.Picture{}
	return func(url string) (ui.Picture, bool) {
		mu.Lock()
		defer mu.Unlock()
		if p, ok := known[url]; ok {
			return p, true
		}
		img, ok := get(url)
		if !ok {
			return nil, false
		}
		if len(known) > 200 {
			clear(known)
		}
		known[url] = picture{img}
		return known[url], true
	}
}
