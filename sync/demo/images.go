package demo

import (
	"image"
	"image/color"
	"math"
	"strconv"
	"strings"
)

// pictureSize is the width and height of a picture in pixels.
const pictureSize = 96

// shades are the colours that products come in: natural, white, olive, night blue, terracotta.
var shades = [...]color.RGBA{
	{0xd9, 0xc7, 0xa3, 0xff}, {0xf4, 0xf1, 0xea, 0xff}, {0x7d, 0x8a, 0x55, 0xff}, {0x2f, 0x45, 0x69, 0xff}, {0xc0, 0x68, 0x45, 0xff},
}

var background = color.RGBA{0xcf, 0xd3, 0xd2, 0xff}

// Roles of the parts of a drawing.
const (
	body = iota // in the product's colour
	deep        // the same, darker
	fine        // the same, lighter
	brass
	glow
	ink
	wall // what is behind
)

// shape is an ellipse or a rectangle with round corners, in a square of 100 × 100.
type shape struct {
	role       int
	oval       bool
	x, y, w, h float64 // centre, half width, half height
	turn       float64 // of the width from top to bottom: 0 = straight, .5 = half as wide at the top
}

// drawings are the pictures that there are, drawn from back to front.
var drawings = map[string][]shape{
	"shirt": {
		{body, false, 50, 58, 24, 32, 0},
		{body, false, 24, 42, 9, 16, .2},
		{body, false, 76, 42, 9, 16, .2},
		{deep, true, 50, 27, 10, 7, 0},
		{deep, false, 50, 58, .8, 30, 0},
		{fine, true, 54, 48, 1.4, 1.4, 0},
		{fine, true, 54, 62, 1.4, 1.4, 0},
	},
	"apron": {
		{body, false, 50, 62, 26, 30, .1}, {body, false, 50, 32, 13, 14, .1}, {deep, false, 50, 68, 13, 9, 0}, {ink, false, 50, 14, 12, 1, 0},
	},
	"throw": {
		{deep, false, 50, 74, 36, 12, 0},
		{body, false, 50, 60, 36, 10, 0},
		{fine, false, 50, 46, 36, 8, 0},
		{body, false, 50, 33, 34, 7, 0},
		{deep, false, 24, 50, 1, 26, 0},
		{deep, false, 34, 50, 1, 26, 0},
	},
	"cushion": {{deep, false, 50, 54, 34, 32, 0}, {body, false, 50, 52, 32, 30, 0}, {fine, true, 50, 52, 5, 5, 0}},
	"towel": {
		{deep, false, 50, 20, 38, 2, 0}, {body, false, 50, 54, 22, 34, 0}, {fine, false, 50, 74, 22, 2, 0}, {fine, false, 50, 80, 22, 1, 0},
	},
	"candle": {
		{deep, false, 50, 66, 24, 24, 0},
		{body, false, 50, 64, 24, 22, 0},
		{fine, true, 50, 42, 24, 6, 0},
		{ink, false, 50, 36, .8, 6, 0},
		{glow, true, 50, 24, 5, 9, 0},
	},
	"mug": {
		{deep, true, 76, 54, 14, 16, 0},
		{fine, true, 76, 54, 8, 10, 0},
		{body, false, 48, 56, 26, 28, -.1},
		{deep, true, 48, 29, 27, 6, 0},
		{ink, true, 48, 30, 23, 4, 0},
	},
	"plate":    {{deep, true, 50, 54, 42, 40, 0}, {body, true, 50, 52, 42, 40, 0}, {fine, true, 50, 52, 28, 26, 0}, {body, true, 50, 53, 26, 24, 0}},
	"bowl":     {{deep, false, 50, 82, 14, 3, 0}, {body, true, 50, 50, 40, 32, 0}, {wall, false, 50, 30, 42, 18, 0}, {deep, true, 50, 48, 40, 8, 0}, {fine, true, 50, 50, 34, 5, 0}},
	"vase":     {{body, true, 50, 62, 24, 28, 0}, {body, false, 50, 30, 9, 18, 0}, {deep, true, 50, 14, 12, 4, 0}, {fine, true, 42, 58, 4, 12, 0}},
	"lamp":     {{glow, true, 50, 60, 40, 26, 0}, {brass, false, 50, 64, 1.6, 26, 0}, {brass, true, 50, 88, 18, 4, 0}, {body, false, 50, 32, 26, 17, .5}},
	"notebook": {{deep, false, 53, 54, 28, 36, 0}, {body, false, 50, 50, 28, 36, 0}, {fine, false, 54, 36, 16, 8, 0}, {ink, false, 27, 50, 1, 36, 0}},
	"card":     {{deep, false, 56, 58, 32, 24, 0}, {fine, false, 48, 48, 34, 24, 0}, {body, true, 48, 46, 9, 12, 0}, {deep, false, 48, 60, .8, 9, 0}},
	"frame":    {{brass, false, 50, 52, 34, 40, 0}, {fine, false, 50, 52, 29, 35, 0}, {body, true, 50, 62, 18, 18, 0}, {glow, true, 60, 34, 6, 6, 0}},
}

// Image draws the picture of a product: the address is an ImageURL of a line, such as "demo:shirt-1". false = there is
// no such picture.
func Image(url string) (image.Image, bool) {
	name, number, ok := strings.Cut(strings.TrimPrefix(url, "demo:"), "-")
	n, err := strconv.Atoi(number)
	shapes := drawings[name]
	if !strings.HasPrefix(url, "demo:") || !ok || err != nil || n < 1 || n > len(shades) || shapes == nil {
		return nil, false
	}
	img := image.NewRGBA(image.Rect(0, 0, pictureSize, pictureSize))
	const grid = 3 // samples a pixel and direction, so that edges are smooth
	for y := range pictureSize {
		for x := range pictureSize {
			var sum [3]int
			for s := range grid * grid {
				px := (float64(x) + (float64(s%grid)+.5)/grid) * 100 / pictureSize
				py := (float64(y) + (float64(s/grid)+.5)/grid) * 100 / pictureSize
				c := sample(shapes, shades[n-1], px, py)
				sum[0], sum[1], sum[2] = sum[0]+int(c.R), sum[1]+int(c.G), sum[2]+int(c.B)
			}
			const all = grid * grid
			img.SetRGBA(x, y, color.RGBA{uint8(sum[0] / all), uint8(sum[1] / all), uint8(sum[2] / all), 0xff})
		}
	}
	return img, true
}

// sample is the colour at a point.
func sample(shapes []shape, base color.RGBA, x, y float64) color.RGBA {
	for i := len(shapes) - 1; i >= 0; i-- {
		if shapes[i].covers(x, y) {
			return tint(shapes[i].role, base)
		}
	}
	if y > 78 { // a table to stand on
		return color.RGBA{0xb8, 0xb0, 0xa4, 0xff}
	}
	return background
}

func (s *shape) covers(x, y float64) bool {
	dx, dy := x-s.x, y-s.y
	if s.oval {
		return dx*dx/(s.w*s.w)+dy*dy/(s.h*s.h) <= 1
	}
	w := s.w * (1 - s.turn*(s.h-dy)/(2*s.h))
	r := min(3, w, s.h)
	ax, ay := max(math.Abs(dx)-w+r, 0), max(math.Abs(dy)-s.h+r, 0)
	return ax*ax+ay*ay <= r*r
}

func tint(role int, c color.RGBA) color.RGBA {
	mixed := func(to color.RGBA, share int) color.RGBA {
		part := func(a, b uint8) uint8 { return uint8((int(a)*(100-share) + int(b)*share) / 100) }
		return color.RGBA{part(c.R, to.R), part(c.G, to.G), part(c.B, to.B), 0xff}
	}
	switch role {
	case deep:
		return mixed(color.RGBA{0x20, 0x1c, 0x18, 0xff}, 28)
	case fine:
		return mixed(color.RGBA{0xff, 0xfb, 0xf2, 0xff}, 55)
	case brass:
		return color.RGBA{0xb0, 0x8d, 0x45, 0xff}
	case glow:
		return color.RGBA{0xff, 0xd9, 0x7a, 0xff}
	case wall:
		return background
	case ink:
		return color.RGBA{0x3a, 0x33, 0x2c, 0xff}
	}
	return c
}

// picture is the address of the picture of a line.
func picture(x *product, it *item) string {
	n := 1
	if x.variants == colors {
		n += int(it.variant)
	} else {
		n += int(it.product) % len(shades)
	}
	return x.image + "-" + strconv.Itoa(n)
}
