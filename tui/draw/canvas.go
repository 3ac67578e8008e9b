// Package draw is the grid of cells that every screen draws into, and its conversion to what the terminal is sent.
//
// A canvas always has exactly its size: whatever is drawn outside is cut, so no screen can push another one off its
// place. It is written by hand because styling each cell with a general library costs fifty times as much.
package draw

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"
	"github.com/rivo/uniseg"
)

// Color is a colour of the theme's palette by index, or, with the top bit set, 24-bit RGB (pictures only).
type Color uint32

// RGB is a colour outside the palette.
func RGB(r, g, b uint8) Color { return 1<<31 | Color(r)<<16 | Color(g)<<8 | Color(b) }

// Attr is a set of text attributes.
type Attr uint8

// The attributes.
const (
	Bold Attr = 1 << iota
	Faint
	Italic
	Underline
	Reverse
	Strike
)

// Style is how a cell looks. The zero value is the terminal's own colours.
type Style struct {
	FG, BG Color
	Attr   Attr
}

// On is the style on another background.
func (s Style) On(bg Color) Style { s.BG = bg; return s }

// With is the style with more attributes.
func (s Style) With(a Attr) Style { s.Attr |= a; return s }

type cell struct {
	r     rune // < 0: -(index+1) in Canvas.clusters
	w     int8 // columns; 0 = the right half of a wide one
	style Style
}

// Box is a rectangle of cells.
type Box struct{ X, Y, W, H int }

// Inset takes columns and rows off every side.
func (b Box) Inset(x, y int) Box {
	return Box{b.X + x, b.Y + y, max(0, b.W-2*x), max(0, b.H-2*y)}
}

// Row is one line of the box.
func (b Box) Row(i int) Box { return Box{b.X, b.Y + i, b.W, 1} }

// Contains tells whether a cell lies within.
func (b Box) Contains(x, y int) bool { return x >= b.X && x < b.X+b.W && y >= b.Y && y < b.Y+b.H }

// Canvas is a grid of cells. It is reused from frame to frame.
type Canvas struct {
	w, h     int
	cells    []cell
	clusters []string
	out      []byte
}

// Resize makes the canvas exactly w × h and blank.
func (c *Canvas) Resize(w, h int) {
	c.w, c.h = max(0, w), max(0, h)
	if n := c.w * c.h; cap(c.cells) < n {
		c.cells = make([]cell, n)
	} else {
		c.cells = c.cells[:n]
	}
	c.Clear()
}

// Clear makes every cell blank.
func (c *Canvas) Clear() {
	for done := 0; done < len(c.cells); { // each copy is twice as long as the one before
		if done == 0 {
			c.cells[0], done = cell{r: ' ', w: 1}, 1
			continue
		}
		done += copy(c.cells[done:], c.cells[:done])
	}
	c.clusters = c.clusters[:0]
}

// Box is the whole canvas.
func (c *Canvas) Box() Box { return Box{0, 0, c.w, c.h} }

// Fill paints a box with blanks of a style.
func (c *Canvas) Fill(b Box, s Style) { c.Repeat(b, ' ', s) }

// Repeat paints a box with one rune of one column.
func (c *Canvas) Repeat(b Box, r rune, s Style) {
	for y := max(0, b.Y); y < min(c.h, b.Y+b.H); y++ {
		for x := max(0, b.X); x < min(c.w, b.X+b.W); x++ {
			c.one(x, y, r, s)
		}
	}
}

// Background paints the background of a box under what is drawn there, and adds attributes. Pictures stay as they are.
func (c *Canvas) Background(b Box, bg Color, attr Attr) {
	for y := max(0, b.Y); y < min(c.h, b.Y+b.H); y++ {
		row := c.cells[y*c.w : (y+1)*c.w]
		for x := max(0, b.X); x < min(c.w, b.X+b.W); x++ {
			if bg != 0 && row[x].style.BG&(1<<31) == 0 {
				row[x].style.BG = bg
			}
			row[x].style.Attr |= attr
		}
	}
}

// one draws one character of one column.
func (c *Canvas) one(x, y int, r rune, s Style) {
	at := &c.cells[y*c.w+x]
	if at.w != 1 {
		c.put(x, y, r, 1, s)
		return
	}
	if s.BG == 0 {
		s.BG = at.style.BG
	}
	at.r, at.style = r, s
}

// put draws one character. A style without a background leaves the one that is there.
func (c *Canvas) put(x, y int, r rune, w int, s Style) {
	i := y*c.w + x
	if s.BG == 0 {
		s.BG = c.cells[i].style.BG
	}
	// Writing over one half of a wide character blanks its other half.
	if c.cells[i].w == 0 && x > 0 {
		c.cells[i-1].r, c.cells[i-1].w = ' ', 1
	}
	if c.cells[i].w == 2 && w == 1 && x+1 < c.w {
		c.cells[i+1].r, c.cells[i+1].w = ' ', 1
	}
	c.cells[i] = cell{r: r, w: int8(w), style: s}
	if w == 2 {
		if x+2 < c.w && c.cells[i+1].w == 2 {
			c.cells[i+2].r, c.cells[i+2].w = ' ', 1
		}
		c.cells[i+1] = cell{r: ' ', w: 0, style: s}
	}
}

// Text draws one line from the left edge of a box, cut with … at its right edge, and gives the columns it took. It never leaves the
// first row of the box.
func (c *Canvas) Text(b Box, s string, st Style) int {
	if b.W <= 0 || b.H <= 0 || b.Y < 0 || b.Y >= c.h {
		return 0
	}
	right := min(b.X+b.W, c.w)
	x := b.X
	for i := 0; i < len(s); {
		if r, size := plain(s[i:]); size > 0 {
			if x >= right {
				return c.cut(b, right, st)
			}
			if x >= 0 {
				c.one(x, b.Y, r, st)
			}
			x++
			i += size
			continue
		}
		cluster, _, _, _ := uniseg.FirstGraphemeClusterInString(s[i:], -1)
		i += len(cluster)
		w := clusterWidth(cluster)
		if w == 0 {
			continue
		}
		if x+w > right {
			return c.cut(b, right, st)
		}
		if x >= 0 && clings(cluster) {
			c.put(x, b.Y, '◌', 1, st)
			for i := 1; i < w; i++ {
				c.put(x+i, b.Y, ' ', 1, st)
			}
		} else if x >= 0 {
			c.put(x, b.Y, c.intern(cluster), w, st)
		}
		x += w
	}
	return x - b.X
}

// clings tells whether a character has no base of its own: a terminal would put it onto what stands before it, and all
// that follows would be a column off.
func clings(cluster string) bool {
	first, _, _, _ := uniseg.FirstGraphemeClusterInString("a"+cluster, -1)
	return len(first) > 1
}

// cut replaces the last column of a box by an ellipsis.
func (c *Canvas) cut(b Box, right int, st Style) int {
	if x := right - 1; x >= b.X && x >= 0 {
		c.put(x, b.Y, '…', 1, st)
	}
	return right - b.X
}

func (c *Canvas) intern(cluster string) rune {
	for i, r := range cluster {
		if i > 0 {
			c.clusters = append(c.clusters, cluster)
			return rune(-len(c.clusters))
		}
		if r < 0x20 || r >= 0x7f && r < 0xa0 {
			return '␀' + min(r, 0x20) // made visible; controls should never get this far
		}
		if len(cluster) == len(string(r)) {
			return r
		}
	}
	return ' '
}

// TextRight draws one line so that it ends at the right edge of a box.
func (c *Canvas) TextRight(b Box, s string, st Style) int {
	w := Width(s)
	if w >= b.W {
		return c.Text(b, s, st)
	}
	return c.Text(Box{b.X + b.W - w, b.Y, w, 1}, s, st)
}

// Span is a piece of text in one style.
type Span struct {
	Text  string
	Style Style
}

// Spans draws pieces one after the other within a box and gives the columns taken.
func (c *Canvas) Spans(b Box, spans ...Span) int {
	x := 0
	for _, s := range spans {
		x += c.Text(Box{b.X + x, b.Y, b.W - x, 1}, s.Text, s.Style)
	}
	return x
}

// SpansRight draws pieces so that they end at the right edge of a box, and gives the columns taken.
func (c *Canvas) SpansRight(b Box, spans ...Span) int {
	w := 0
	for _, s := range spans {
		w += Width(s.Text)
	}
	return c.Spans(Box{b.X + max(0, b.W-w), b.Y, min(w, b.W), 1}, spans...)
}

// Width is how many columns a text takes.
func Width(s string) int {
	w := 0
	for i := 0; i < len(s); {
		if _, size := plain(s[i:]); size > 0 {
			w++
			i += size
			continue
		}
		cluster, _, _, _ := uniseg.FirstGraphemeClusterInString(s[i:], -1)
		w += clusterWidth(cluster)
		i += len(cluster)
	}
	return w
}

// plain gives the first character of a text and its bytes where that is no matter: one of one column that nothing after
// it can be part of. For others size is 0, and uniseg is asked, which takes thirty times as long.
func plain(s string) (r rune, size int) {
	switch ch := s[0]; {
	case ch < 0x80:
		r, size = rune(ch), 1
		if ch < 0x20 || ch == 0x7f {
			return 0, 0
		}
	case ch >= 0xc2 && ch < 0xcc || ch == 0xe2: // up to U+02FF; punctuation and lines
		r, size = utf8.DecodeRuneInString(s)
		letter := r >= 0xa1 && r < 0x300 && r != 0xad
		dash := r >= 0x2010 && r <= 0x2027
		line := r >= 0x2500 && r <= 0x259f
		if !letter && !dash && !line || size == 1 {
			return 0, 0
		}
	default:
		return 0, 0
	}
	if len(s) == size {
		return r, size
	}
	switch next := s[size]; {
	case next < 0xcc: // before the first character that joins the one before it
		return r, size
	case next == 0xe2 && len(s) > size+2 && (s[size+1] == 0x80 && s[size+2] >= 0x90 || s[size+1] == 0x94 || s[size+1] == 0x95):
		return r, size
	}
	return 0, 0
}

// widths has East Asian ambiguous characters narrow whatever the locale says, as terminals have them by default.
var widths = &runewidth.Condition{StrictEmojiNeutral: true}

func clusterWidth(cluster string) int {
	w := 0
	for _, r := range cluster {
		if r < 0x20 || r >= 0x7f && r < 0xa0 {
			return 1
		}
		w += widths.RuneWidth(r)
	}
	return min(w, 2)
}

// Wrap breaks a text into lines of at most w columns, at blanks where there are any; newlines are kept.
func Wrap(s string, w int) []string {
	if w <= 0 {
		return nil
	}
	var out []string
	for _, para := range strings.Split(s, "\n") {
		line, cols := "", 0
		for _, word := range strings.Fields(para) {
			ww := Width(word)
			if cols > 0 && cols+1+ww <= w {
				line, cols = line+" "+word, cols+1+ww
				continue
			}
			if cols > 0 {
				out = append(out, line)
			}
			for ww > w {
				head := Head(word, w)
				if head == "" {
					break
				}
				out, word = append(out, head), word[len(head):]
				ww = Width(word)
			}
			line, cols = word, ww
		}
		out = append(out, line)
	}
	return out
}

// Head is as much of the beginning of a text as fits into w columns.
func Head(s string, w int) string {
	n := 0
	for i := 0; i < len(s); {
		cluster, _, _, _ := uniseg.FirstGraphemeClusterInString(s[i:], -1)
		if n += clusterWidth(cluster); n > w {
			return s[:i]
		}
		i += len(cluster)
	}
	return s
}

// Palette gives the SGR parameters of the theme's colours: foreground and background by index, "" for the terminal's
// own.
type Palette struct {
	FG, BG []string
	// OnBG is the foreground of text on a painted background that names none: the terminal's own might not show there.
	OnBG Color
	Mono bool // no colours at all, only attributes
}

// Render is the canvas as text with SGR sequences, a line a row, without a trailing newline.
func (c *Canvas) Render(p *Palette) string {
	out := c.out[:0]
	for y := range c.h {
		if y > 0 {
			out = append(out, '\n')
		}
		var last Style
		row := c.cells[y*c.w : (y+1)*c.w]
		for i := range row {
			cl := &row[i]
			if cl.w == 0 {
				continue
			}
			if cl.style != last {
				out = appendSGR(out, cl.style, p)
				last = cl.style
			}
			switch {
			case cl.r >= 0 && cl.r < 0x80:
				out = append(out, byte(cl.r))
			case cl.r < 0:
				out = append(out, c.clusters[-cl.r-1]...)
			default:
				out = utf8.AppendRune(out, cl.r)
			}
		}
		if last != (Style{}) {
			out = append(out, "\x1b[m"...)
		}
	}
	c.out = out
	return string(out)
}

func appendSGR(out []byte, s Style, p *Palette) []byte {
	out = append(out, "\x1b[0"...)
	if s.Attr != 0 {
		for i, code := range [...]string{";1", ";2", ";3", ";4", ";7", ";9"} {
			if s.Attr&(1<<i) != 0 {
				out = append(out, code...)
			}
		}
	}
	if !p.Mono {
		if s.FG == 0 && s.BG != 0 {
			s.FG = p.OnBG
		}
		out = appendColor(out, s.FG, p.FG, "38")
		out = appendColor(out, s.BG, p.BG, "48")
	}
	return append(out, 'm')
}

func appendColor(out []byte, col Color, named []string, base string) []byte {
	if col == 0 {
		return out
	}
	if col&(1<<31) != 0 {
		out = append(append(append(out, ';'), base...), ";2;"...)
		out = strconv.AppendUint(out, uint64(col>>16&0xff), 10)
		out = strconv.AppendUint(append(out, ';'), uint64(col>>8&0xff), 10)
		return strconv.AppendUint(append(out, ';'), uint64(col&0xff), 10)
	}
	if int(col) < len(named) && named[col] != "" {
		out = append(append(out, ';'), named[col]...)
	}
	return out
}

// Plain is the canvas as text without any styling, for tests and screen readers.
func (c *Canvas) Plain() string {
	var b strings.Builder
	for y := range c.h {
		if y > 0 {
			b.WriteByte('\n')
		}
		for _, cl := range c.cells[y*c.w : (y+1)*c.w] {
			switch {
			case cl.w == 0:
			case cl.r < 0:
				b.WriteString(c.clusters[-cl.r-1])
			default:
				b.WriteRune(cl.r)
			}
		}
	}
	return b.String()
}
