package ui

import (
	"github.com/orderdeck/orderdeck/tui/draw"
	"github.com/orderdeck/orderdeck/tui/theme"
)

// Frame clears a box, draws a border with a title and gives what is inside.
func Frame(c *draw.Canvas, b draw.Box, title string) draw.Box {
	base := draw.Style{BG: theme.OverlayBG}
	c.Fill(b, base)
	if b.W < 4 || b.H < 3 {
		return b
	}
	line := theme.Rule.On(theme.OverlayBG)
	c.Repeat(draw.Box{X: b.X + 1, Y: b.Y, W: b.W - 2, H: 1}, '─', line)
	c.Repeat(draw.Box{X: b.X + 1, Y: b.Y + b.H - 1, W: b.W - 2, H: 1}, '─', line)
	for y := 1; y < b.H-1; y++ {
		c.Text(draw.Box{X: b.X, Y: b.Y + y, W: 1, H: 1}, "│", line)
		c.Text(draw.Box{X: b.X + b.W - 1, Y: b.Y + y, W: 1, H: 1}, "│", line)
	}
	for _, corner := range []struct {
		x, y int
		s    string
	}{{0, 0, "╭"}, {b.W - 1, 0, "╮"}, {0, b.H - 1, "╰"}, {b.W - 1, b.H - 1, "╯"}} {
		c.Text(draw.Box{X: b.X + corner.x, Y: b.Y + corner.y, W: 1, H: 1}, corner.s, line)
	}
	c.Text(draw.Box{X: b.X + 2, Y: b.Y, W: b.W - 4, H: 1}, " "+title+" ", theme.Brand.On(theme.OverlayBG))
	return draw.Box{X: b.X + 2, Y: b.Y + 1, W: b.W - 4, H: b.H - 2}
}
