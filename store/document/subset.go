package document

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// point is a point of an outline in font units, y upwards.
type point struct {
	x, y int
	on   bool // the curve goes through it
}

// subset makes a TrueType font of some characters of a font. Every character has a glyph of its own, in ascending
// order after the empty one; all outlines are spelt out, with quadratic curves.
func subset(f *face, runes []rune) ([]byte, error) {
	runes = slices.Clone(runes)
	slices.Sort(runes)
	runes = slices.Compact(runes)
	glyf, loca, hmtx := []byte{}, make([]byte, 4), u16s(0, 0)
	bounds := [4]int{math.MaxInt16, math.MaxInt16, math.MinInt16, math.MinInt16}
	maxPoints, maxContours := 0, 0
	loca = binary.BigEndian.AppendUint32(loca, 0) // the empty glyph
	for _, r := range runes {
		contours, err := f.outline(r)
		if err != nil {
			return nil, fmt.Errorf("%s: U+%04X: %w", f.name, r, err)
		}
		data, box, points := encodeGlyph(contours)
		maxPoints, maxContours = max(maxPoints, points), max(maxContours, len(contours))
		if points > 0 {
			bounds = [4]int{min(bounds[0], box[0]), min(bounds[1], box[1]), max(bounds[2], box[2]), max(bounds[3], box[3])}
		}
		glyf = append(glyf, data...)
		loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
		hmtx = append(hmtx, u16s(clamp(f.advance(r)), clamp(box[0]))...)
	}
	if bounds[0] > bounds[2] {
		bounds = [4]int{}
	}
	n := len(runes) + 1
	m := f.metrics()
	return join(map[string][]byte{
		"glyf": glyf, "loca": loca, "hmtx": hmtx, "cmap": cmap(runes),
		"head": slices.Concat(u16s(1, 0, 1, 0, 0, 0, 0x5f0f, 0x3cf5, 0, f.units, 0, 0, 0, 0, 0, 0, 0, 0), // two dates of nothing
			u16s(clamp(bounds[0]), clamp(bounds[1]), clamp(bounds[2]), clamp(bounds[3]), 0, 8, 2, 1, 0)),
		"hhea": u16s(1, 0, m.ascent, -m.descent, 0, f.units, 0, 0, clamp(bounds[2]), 1, 0, 0, 0, 0, 0, 0, 0, n),
		"maxp": u16s(1, 0, n, maxPoints, maxContours, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0),
		"OS/2": os2(f, m, runes),
		"post": u16s(3, 0, 0, 0, -f.units/10, f.units/20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
		"name": u16s(0, 0, 6),
	}), nil
}

// metrics are in font units, both positive.
type metrics struct{ ascent, descent, capHeight int }

func (f *face) metrics() metrics {
	m, err := f.font.Metrics(&f.buf, fixed.I(f.units), font.HintingNone)
	if err != nil {
		return metrics{f.units * 9 / 10, f.units / 4, f.units * 7 / 10}
	}
	return metrics{m.Ascent.Round(), m.Descent.Round(), m.CapHeight.Round()}
}

// os2 is a table of version 4.
func os2(f *face, m metrics, runes []rune) []byte {
	weight := 400
	if f.bold {
		weight = 700
	}
	first, last := 0, 0
	if len(runes) > 0 {
		first, last = int(runes[0]), int(runes[len(runes)-1])
	}
	b := u16s(4, f.units/2, weight, 5, 0) // it may be embedded: those that may not are never opened
	b = append(b, u16s(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)...)
	b = append(b, make([]byte, 10+16+4)...)
	return append(b, u16s(0x40, first, last, m.ascent, -m.descent, 0, m.ascent, m.descent, 0, 0, 0, 0, f.units/2, m.capHeight, 0, 32, 1)...)
}

// cmap maps every character to its glyph, in the format that has a segment a stretch.
func cmap(runes []rune) []byte {
	type segment struct{ first, last, glyph int }
	var segments []segment
	for i, r := range runes {
		if k := len(segments) - 1; k >= 0 && segments[k].last+1 == int(r) {
			segments[k].last++
			continue
		}
		segments = append(segments, segment{int(r), int(r), i + 1})
	}
	segments = append(segments, segment{0xffff, 0xffff, 0x10000}) // the end: glyph 0
	n := len(segments)
	power := 1
	for power*2 <= n {
		power *= 2
	}
	b := u16s(0, 1, 3, 1, 0, 12, 4, 16+8*n, 0, 2*n, 2*power, int(math.Log2(float64(power))), 2*n-2*power)
	for _, s := range segments {
		b = append(b, u16s(s.last)...)
	}
	b = append(b, u16s(0)...)
	for _, s := range segments {
		b = append(b, u16s(s.first)...)
	}
	for _, s := range segments {
		b = append(b, u16s(s.glyph-s.first)...)
	}
	return append(b, make([]byte, 2*n)...)
}

// outline is what a character looks like.
func (f *face) outline(r rune) ([][]point, error) {
	glyph, err := f.font.GlyphIndex(&f.buf, r)
	if err != nil {
		return nil, err
	}
	segments, err := f.font.LoadGlyph(&f.buf, glyph, fixed.I(f.units), nil)
	if err != nil {
		return nil, err
	}
	var out [][]point
	var last fixed.Point26_6
	add := func(p fixed.Point26_6, on bool) {
		out[len(out)-1] = append(out[len(out)-1], point{round26(p.X), -round26(p.Y), on})
	}
	for _, s := range segments {
		if s.Op != sfnt.SegmentOpMoveTo && len(out) == 0 {
			continue
		}
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			out = append(out, nil)
			add(s.Args[0], true)
			last = s.Args[0]
		case sfnt.SegmentOpLineTo:
			add(s.Args[0], true)
			last = s.Args[0]
		case sfnt.SegmentOpQuadTo:
			add(s.Args[0], false)
			add(s.Args[1], true)
			last = s.Args[1]
		case sfnt.SegmentOpCubeTo:
			for _, q := range quadratics(last, s.Args[0], s.Args[1], s.Args[2], float64(f.units)/2000*64) {
				add(q[0], false)
				add(q[1], true)
			}
			last = s.Args[2]
		}
	}
	for i, c := range out { // TrueType closes contours by itself
		if n := len(c); n > 1 && c[0] == c[n-1] {
			out[i] = c[:n-1]
		}
	}
	return slices.DeleteFunc(out, func(c []point) bool { return len(c) < 3 }), nil
}

func round26(x fixed.Int26_6) int { return int(math.Floor(float64(x)/64 + 0.5)) }

// quadratics approximates a cubic curve, nowhere further away than the tolerance, by quadratic ones: the control point
// and the end of each.
func quadratics(p0, p1, p2, p3 fixed.Point26_6, tolerance float64) [][2]fixed.Point26_6 {
	type vec struct{ x, y float64 }
	v := func(p fixed.Point26_6) vec { return vec{float64(p.X), float64(p.Y)} }
	a, b, c, d := v(p0), v(p1), v(p2), v(p3)
	// The distance of the best single quadratic is √3/36 of the third difference, and falls with the cube of the number.
	third := math.Hypot(d.x-3*c.x+3*b.x-a.x, d.y-3*c.y+3*b.y-a.y)
	n := min(max(1, int(math.Ceil(math.Cbrt(third*math.Sqrt(3)/36/tolerance)))), 16)
	at := func(t float64) (p, slope vec) {
		u := 1 - t
		p = vec{
			u*u*u*a.x + 3*u*u*t*b.x + 3*u*t*t*c.x + t*t*t*d.x,
			u*u*u*a.y + 3*u*u*t*b.y + 3*u*t*t*c.y + t*t*t*d.y,
		}
		slope = vec{
			3*u*u*(b.x-a.x) + 6*u*t*(c.x-b.x) + 3*t*t*(d.x-c.x),
			3*u*u*(b.y-a.y) + 6*u*t*(c.y-b.y) + 3*t*t*(d.y-c.y),
		}
		return p, slope
	}
	fix := func(p vec) fixed.Point26_6 {
		return fixed.Point26_6{X: fixed.Int26_6(math.Round(p.x)), Y: fixed.Int26_6(math.Round(p.y))}
	}
	out := make([][2]fixed.Point26_6, n)
	from, slope := at(0)
	for i := range n {
		to, next := at(float64(i+1) / float64(n))
		h := 1 / float64(n)
		// The control points of this stretch as a cubic, and from them that of the quadratic between its ends.
		c1 := vec{from.x + slope.x*h/3, from.y + slope.y*h/3}
		c2 := vec{to.x - next.x*h/3, to.y - next.y*h/3}
		control := vec{(3*(c1.x+c2.x) - from.x - to.x) / 4, (3*(c1.y+c2.y) - from.y - to.y) / 4}
		out[i] = [2]fixed.Point26_6{fix(control), fix(to)}
		from, slope = to, next
	}
	out[n-1][1] = p3
	return out
}

// encodeGlyph writes a simple glyph, padded to four bytes, with its bounds.
func encodeGlyph(contours [][]point) (data []byte, box [4]int, points int) {
	if len(contours) == 0 {
		return nil, box, 0
	}
	box = [4]int{math.MaxInt16, math.MaxInt16, math.MinInt16, math.MinInt16}
	var ends, flags, xs, ys []byte
	x, y := 0, 0
	for _, c := range contours {
		for _, p := range c {
			p.x, p.y = clamp(p.x), clamp(p.y)
			box = [4]int{min(box[0], p.x), min(box[1], p.y), max(box[2], p.x), max(box[3], p.y)}
			flag := byte(0)
			if p.on {
				flag = 1
			}
			flags = append(flags, flag)
			xs, ys = append(xs, u16s(p.x-x)...), append(ys, u16s(p.y-y)...)
			x, y = p.x, p.y
		}
		points += len(c)
		ends = append(ends, u16s(points-1)...)
	}
	data = slices.Concat(u16s(len(contours), box[0], box[1], box[2], box[3]), ends, u16s(0), flags, xs, ys)
	return append(data, make([]byte, -len(data)&3)...), box, points
}

// clamp keeps a coordinate where differences of two still fit.
func clamp(v int) int { return min(max(v, -16000), 16000) }

// u16s are big-endian; negative numbers are two's complement.
func u16s(values ...int) []byte {
	b := make([]byte, 0, 2*len(values))
	for _, v := range values {
		b = binary.BigEndian.AppendUint16(b, uint16(v))
	}
	return b
}

// join makes a font file of its tables.
func join(tables map[string][]byte) []byte {
	names := make([]string, 0, len(tables))
	for name := range tables {
		names = append(names, name)
	}
	slices.Sort(names)
	power, n := 1, len(names)
	for power*2 <= n {
		power *= 2
	}
	out := u16s(1, 0, n, 16*power, int(math.Log2(float64(power))), 16*(n-power))
	at := len(out) + 16*n
	var body []byte
	for _, name := range names {
		data := tables[name]
		out = append(out, name...)
		out = binary.BigEndian.AppendUint32(out, checksum(data))
		out = binary.BigEndian.AppendUint32(out, uint32(at+len(body)))
		out = binary.BigEndian.AppendUint32(out, uint32(len(data)))
		body = append(body, data...)
		body = append(body, make([]byte, -len(body)&3)...)
	}
	return append(out, body...)
}

func checksum(data []byte) (sum uint32) {
	for ; len(data) > 3; data = data[4:] {
		sum += binary.BigEndian.Uint32(data)
	}
	var rest [4]byte
	copy(rest[:], data)
	return sum + binary.BigEndian.Uint32(rest[:])
}
