package tui

import (
	"image"
	"image/draw"
	"sync"

	"github.com/orderdeck/orderdeck/tui/ui"
)

// picture is an image that is looked at by shares of its size. Its kind is known, so that a look at a pixel makes
// nothing.
type picture struct{ img *image.RGBA }

func newPicture(img image.Image) *picture {
	rgba, ok := img.(*image.RGBA)
	if !ok {
		rgba = image.NewRGBA(img.Bounds())
		draw.Draw(rgba, rgba.Bounds(), img, img.Bounds().Min, draw.Src)
	}
	return &picture{rgba}
}

// Pixel is the colour at a place.
func (p *picture) Pixel(u, v float64) (r, g, b uint8) {
	box := p.img.Bounds()
	x := box.Min.X + int(u*float64(box.Dx()))
	y := box.Min.Y + int(v*float64(box.Dy()))
	at := p.img.RGBAAt(x, y)
	return at.R, at.G, at.B
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
		known[url] = newPicture(img)
		return known[url], true
	}
}
