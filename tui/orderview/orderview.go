// Package orderview is one order on the whole screen.
package orderview

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/tui/action"
	"github.com/orderdeck/orderdeck/tui/detail"
	"github.com/orderdeck/orderdeck/tui/draw"
	"github.com/orderdeck/orderdeck/tui/theme"
	"github.com/orderdeck/orderdeck/tui/ui"
)

// Screen is an order on the whole screen.
type Screen struct {
	ctx    *ui.Context
	arg    ui.OrderArg
	rec    *order.Record
	err    error
	scroll int
	lines  int // of the longer column
	height int
	hits   []hit
}

type hit struct {
	box draw.Box
	id  action.ID
}

type recordMsg struct {
	to  *Screen
	id  int64
	rec order.Record
	err error
}

// New opens an order.
func New(ctx *ui.Context, arg ui.OrderArg) *Screen { return &Screen{ctx: ctx, arg: arg} }

// Init reads the order.
func (s *Screen) Init() tea.Cmd {
	id, st := s.arg.ID, s.ctx.Store
	return func() tea.Msg {
		rec, err := st.Record(context.Background(), id)
		return recordMsg{s, id, rec, err}
	}
}

// Update takes the order when it has been read, and reads it again when the database changed.
func (s *Screen) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case recordMsg:
		if m.to != s || m.id != s.arg.ID {
			return nil
		}
		s.err = m.err
		if m.err == nil {
			s.rec = &m.rec
		}
	case ui.StoreChanged:
		return s.Init()
	}
	return nil
}

// Do moves, steps to the neighbours, closes, and acts on the order.
func (s *Screen) Do(a action.Action) (tea.Cmd, bool) {
	switch a.ID {
	case action.Up, action.ScrollUp:
		s.by(-1)
	case action.Down, action.ScrollDown:
		s.by(1)
	case action.PageUp:
		s.by(-s.height)
	case action.PageDown, action.Select:
		s.by(s.height)
	case action.Top:
		s.scroll = 0
	case action.Bottom:
		s.by(s.lines)
	case action.PrevOrder, action.PrevTab:
		return s.step(-1), true
	case action.NextOrder, action.NextTab:
		return s.step(1), true
	case action.Back, action.Open, action.Quit:
		return s.ctx.Close(s), true
	default:
		if ok, why, known := s.Can(a.ID); known && !ok {
			return ui.Say(a.Label + ": " + why), true
		}
		if s.rec == nil {
			return nil, false
		}
		return detail.Do(s.ctx, s.rec, a.ID)
	}
	return nil, true
}

func (s *Screen) by(n int) { s.scroll = max(0, min(s.scroll+n, s.lines-s.height)) }

func (s *Screen) step(n int) tea.Cmd {
	id, cmd := s.arg.Step(n)
	if id == s.arg.ID || id == 0 {
		return tea.Batch(cmd, ui.Say(map[bool]string{true: "this is the last order of the list", false: "this is the first order of the list"}[n > 0]))
	}
	s.arg.ID, s.scroll = id, 0
	return tea.Batch(cmd, s.Init())
}

// Can tells what would happen now.
func (s *Screen) Can(id action.ID) (ok bool, why string, known bool) {
	switch id {
	case action.Copy, action.Browse, action.Why, action.Tracking, action.Invoice, action.Receipt, action.Refund,
		action.Checkout, action.Link, action.Cancel, action.Archive, action.Hold, action.AtStore, action.WriteNote, action.Tags, action.MarkPaid:
		if s.rec == nil {
			return false, "the order is still being read", true
		}
		ok, why = detail.Can(s.ctx, s.rec, id)
		return ok, why, true
	case action.PrevOrder, action.NextOrder, action.Back:
		return true, "", true
	}
	return false, "", false
}

// Footer names what matters most now.
func (s *Screen) Footer() []action.ID {
	return []action.ID{
		action.Back, action.NextOrder, action.PrevOrder, action.Checkout, action.Tracking, action.Invoice, action.Receipt, action.Refund,
		action.AtStore, action.Why, action.Copy, action.Browse,
	}
}

// Click acts on what the mouse points at.
func (s *Screen) Click(x, y int, _ bool) tea.Cmd {
	for _, h := range s.hits {
		if h.box.Contains(x, y) {
			return s.ctx.Run(h.id)
		}
	}
	return nil
}

// Wheel scrolls.
func (s *Screen) Wheel(_, _, n int) tea.Cmd {
	s.by(n)
	return nil
}

// Draw paints the order: what was bought and its money on the left, people, actions and history on the right; below 100
// columns one under the other.
func (s *Screen) Draw(c *draw.Canvas, b draw.Box) {
	s.hits = s.hits[:0]
	if s.rec == nil {
		text := "reading the order …"
		if s.err != nil {
			text = s.err.Error()
		}
		c.Text(draw.Box{X: b.X + 2, Y: b.Y + 1, W: b.W - 4, H: 1}, text, theme.DimText)
		return
	}
	s.title(c, b)
	body := draw.Box{X: b.X + 2, Y: b.Y + 3, W: b.W - 4, H: max(0, b.H-3)}
	s.height = body.H
	if b.W < 100 {
		lines := append(detail.Left(s.ctx, s.rec, body.W), detail.Right(s.ctx, s.rec, body.W)...)
		s.column(c, body, lines)
		s.lines = len(lines)
		return
	}
	w := (body.W - 3) * 11 / 20
	left, right := detail.Left(s.ctx, s.rec, w), detail.Right(s.ctx, s.rec, body.W-w-3)
	s.lines = max(len(left), len(right))
	s.by(0)
	s.column(c, draw.Box{X: body.X, Y: body.Y, W: w, H: body.H}, left)
	c.Repeat(draw.Box{X: body.X + w + 1, Y: body.Y, W: 1, H: body.H}, '│', theme.Rule)
	s.column(c, draw.Box{X: body.X + w + 3, Y: body.Y, W: body.W - w - 3, H: body.H}, right)
}

func (s *Screen) column(c *draw.Canvas, b draw.Box, lines []detail.Line) {
	from := max(0, min(s.scroll, len(lines)-b.H))
	if from+b.H < len(lines) && b.H > 1 { // on a row of its own, so that it cuts no amount off
		b.H--
		c.TextRight(draw.Box{X: b.X, Y: b.Y + b.H, W: b.W, H: 1}, "↓ more", theme.FaintTxt)
	}
	detail.Draw(c, b, lines, from)
	for y := range min(b.H, len(lines)-from) {
		if id := lines[from+y].Action; id != "" {
			s.hits = append(s.hits, hit{b.Row(y), id})
		}
	}
}

func (s *Screen) title(c *draw.Canvas, b draw.Box) {
	st := s.rec.State
	stage := st.Stage.Label()
	if st.Partly {
		stage += " (partly)"
	}
	row := draw.Box{X: b.X + 2, Y: b.Y, W: b.W - 4, H: 1}
	zone := s.ctx.Zone(s.rec.Store)
	c.Spans(row,
		draw.Span{Text: "#" + s.rec.Number, Style: theme.Strong}, draw.Span{Text: "   "},
		draw.Span{Text: stage, Style: theme.Stage(st.Stage).With(draw.Bold)}, draw.Span{Text: "   "},
		draw.Span{Text: "customer: " + strings.ReplaceAll(string(s.rec.CustomerPayment), "_", " "), Style: theme.Payment(s.rec.CustomerPayment)})
	row.Y++
	c.Spans(row,
		draw.Span{Text: s.ctx.Title(s.rec.Store), Style: theme.DimText},
		draw.Span{Text: " · " + s.ctx.Locale.DateTime(s.rec.CreatedAt.In(zone)) + " " + zone.String(), Style: theme.FaintTxt},
		draw.Span{Text: " · " + s.ctx.Locale.Ago(s.ctx.Now().Sub(s.rec.CreatedAt)), Style: theme.FaintTxt},
		draw.Span{Text: " · in the store: " + s.rec.RawStatus, Style: theme.FaintTxt})
	c.Repeat(draw.Box{X: b.X, Y: b.Y + 2, W: b.W, H: 1}, '─', theme.Rule)
}
