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

// painter gives the pictures that are drawn, beside the screen, and asks elsewhere for those that are not.
type painter struct {
	draw      func(url string) (image.Image, bool)
	elsewhere func(url string) (image.Image, bool)
	arrived   chan<- struct{}

	mu      sync.Mutex
	pending map[string]bool        // being drawn
	done    map[string]image.Image // nil: nobody draws it
}

func newPainter(draw, elsewhere func(string) (image.Image, bool), arrived chan<- struct{}) *painter {
	return &painter{draw: draw, elsewhere: elsewhere, arrived: arrived, pending: map[string]bool{}, done: map[string]image.Image{}}
}

// image is a picture that is at hand. If it is not, it will be announced.
func (p *painter) image(url string) (image.Image, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	img, ok := p.done[url]
	switch {
	case img != nil:
		return img, true
	case ok:
		return p.elsewhere(url)
	case !p.pending[url]:
		p.pending[url] = true
		go p.paint(url)
	}
	return nil, false
}

func (p *painter) paint(url string) {
	img, _ := p.draw(url)
	p.mu.Lock()
	if len(p.done) > 200 {
		clear(p.done)
	}
	p.done[url] = img
	delete(p.pending, url)
	p.mu.Unlock()
	select {
	case p.arrived <- struct{}{}:
	default: // the screen is about to be drawn anyway
	}
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
