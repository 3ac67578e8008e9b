// Package help shows text to read: what every key does now and why not, or whatever another screen has to say.
package help

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/orderdeck/orderdeck/tui/action"
	"github.com/orderdeck/orderdeck/tui/draw"
	"github.com/orderdeck/orderdeck/tui/theme"
	"github.com/orderdeck/orderdeck/tui/ui"
)

// Screen is a dialog of lines that scrolls.
type Screen struct {
	ctx   *ui.Context
	title string
	lines func(width int) [][]draw.Span
	cache [][]draw.Span
	width int
	top   int
	h     int
}

// Keys shows every action with its keys. can tells what it would do now.
func Keys(ctx *ui.Context, can func(action.ID) (bool, string)) *Screen {
	return &Screen{ctx: ctx, title: "Keys", lines: func(int) [][]draw.Span {
		var out [][]draw.Span
		group := ""
		for _, a := range ctx.Keys.All() {
			if a.Arg > 1 { // one line stands for the digits
				continue
			}
			if a.Group != group {
				if group != "" {
					out = append(out, nil)
				}
				group = a.Group
				out = append(out, []draw.Span{{Text: group, Style: theme.Head}})
			}
			out = append(out, one(ctx, a, can))
		}
		out = append(out, nil, []draw.Span{{Text: "Keys can be changed in the config: orderdeck config path", Style: theme.FaintTxt}})
		return out
	}}
}

func one(ctx *ui.Context, a action.Action, can func(action.ID) (bool, string)) []draw.Span {
	keys := ""
	for _, k := range ctx.Keys.Keys(a.ID) {
		keys += action.Pretty(k) + " "
	}
	text := a.Help
	if a.Arg == 1 {
		keys, text = "1…9 ", "To a tab by its place"
	}
	ok, why := can(a.ID)
	st := theme.Plain
	if !ok {
		st = theme.FaintTxt
		if why != "" {
			text += " — " + why
		}
	}
	return []draw.Span{{Text: pad(keys, 16), Style: theme.Key}, {Text: text, Style: st}}
}

func pad(s string, w int) string {
	for draw.Width(s) < w {
		s += " "
	}
	return s
}

// Text shows lines that another screen wrote.
func Text(ctx *ui.Context, arg ui.TextArg) *Screen {
	return &Screen{ctx: ctx, title: arg.Title, lines: func(width int) [][]draw.Span {
		var out [][]draw.Span
		for _, l := range arg.Lines {
			st := theme.Plain
			if strings.HasPrefix(l, " ") {
				st = theme.DimText
			}
			indent := ""
			for i := 0; i < len(l) && l[i] == ' '; i++ {
				indent += " "
			}
			parts := draw.Wrap(l, max(1, width-len(indent)))
			for _, p := range parts {
				out = append(out, []draw.Span{{Text: indent + p, Style: st}})
			}
		}
		return out
	}}
}

// Size is how large the dialog wants to be.
func (s *Screen) Size(w, h int) (int, int) {
	width := min(96, w-4)
	return width, min(max(6, len(s.layout(width-4))+2), h-2)
}

func (s *Screen) layout(width int) [][]draw.Span {
	if s.cache == nil || s.width != width {
		s.cache, s.width = s.lines(width), width
	}
	return s.cache
}

// Update does nothing.
func (s *Screen) Update(tea.Msg) tea.Cmd { return nil }

// Do scrolls and closes.
func (s *Screen) Do(a action.Action) (tea.Cmd, bool) {
	switch a.ID {
	case action.Up:
		s.scroll(-1)
	case action.Down:
		s.scroll(1)
	case action.PageUp:
		s.scroll(-s.h)
	case action.PageDown:
		s.scroll(s.h)
	case action.Top:
		s.top = 0
	case action.Bottom:
		s.scroll(len(s.cache))
	case action.Back, action.Help, action.Open, action.Quit, action.Why:
		return s.ctx.Close(s), true
	default:
		return nil, a.ID != action.Redraw && a.ID != action.Mouse
	}
	return nil, true
}

func (s *Screen) scroll(n int) { s.top = max(0, min(s.top+n, len(s.cache)-s.h)) }

// Can knows the keys that scroll.
func (s *Screen) Can(action.ID) (ok bool, why string, known bool) { return false, "", false }

// Footer says how to leave.
func (s *Screen) Footer() []action.ID { return []action.ID{action.Down, action.Back} }

// Click closes the dialog.
func (s *Screen) Click(int, int, bool) tea.Cmd { return s.ctx.Close(s) }

// Wheel scrolls.
func (s *Screen) Wheel(_, _, n int) tea.Cmd {
	s.scroll(n)
	return nil
}

// Draw paints the dialog.
func (s *Screen) Draw(c *draw.Canvas, b draw.Box) {
	in := ui.Frame(c, b, s.title)
	lines := s.layout(in.W)
	s.h = in.H
	s.top = max(0, min(s.top, len(lines)-in.H))
	for y := range min(in.H, len(lines)-s.top) {
		c.Spans(in.Row(y), lines[s.top+y]...)
	}
	if s.top+in.H < len(lines) {
		c.TextRight(draw.Box{X: b.X + 2, Y: b.Y + b.H - 1, W: b.W - 4, H: 1}, " ↓ more ", theme.FaintTxt.On(theme.OverlayBG))
	}
}
