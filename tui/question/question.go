// Package question is the dialog before what cannot be undone: it says what is going to happen and wants a number typed.
package question

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/orderdeck/orderdeck/tui/action"
	"github.com/orderdeck/orderdeck/tui/draw"
	"github.com/orderdeck/orderdeck/tui/theme"
	"github.com/orderdeck/orderdeck/tui/ui"
)

// quiet is how long no key may have come before one counts: what was under way when the question appeared, a key that
// repeats, or a text that is pasted into the terminal, answers nothing.
const quiet = 300 * time.Millisecond

// Screen is one open question.
type Screen struct {
	ctx   *ui.Context
	arg   ui.QuestionArg
	field *ui.Field
	awake time.Time // of the last key that was dropped
	wrong string
}

// New asks a question.
func New(ctx *ui.Context, arg ui.QuestionArg) *Screen {
	return &Screen{ctx: ctx, arg: arg, field: ui.NewField(""), awake: ctx.Now()}
}

// Size is how large the question wants to be.
func (s *Screen) Size(w, h int) (int, int) {
	width := draw.Width(s.arg.Title) + 8
	for _, l := range s.arg.Lines {
		width = max(width, draw.Width(l.Text)+draw.Width(l.Sum)+9)
	}
	width = min(max(width, draw.Width(s.prompt())+14, 56), w-4)
	return width, min(len(s.lines(width-4))+7, h)
}

// line is one row of the question as it is drawn.
type line struct {
	text, sum string
	bad       bool
}

// lines breaks what is too long for the dialog.
func (s *Screen) lines(w int) []line {
	var out []line
	for _, l := range s.arg.Lines {
		parts := draw.Wrap(l.Text, max(8, w-draw.Width(l.Sum)-2))
		for i, part := range parts {
			one := line{text: part, bad: l.Bad}
			if i == len(parts)-1 {
				one.sum = l.Sum
			}
			out = append(out, one)
		}
	}
	return out
}

func (s *Screen) prompt() string { return "Type " + s.arg.Ask + " (" + s.arg.Expect + ") and ⏎" }

// Update waits for nothing.
func (s *Screen) Update(tea.Msg) tea.Cmd { return nil }

// Do takes the key that leaves Orderdeck for a no; the other keys come to Type.
func (s *Screen) Do(a action.Action) (tea.Cmd, bool) {
	if a.ID == action.Quit {
		return s.ctx.Close(s), true
	}
	return nil, true
}

// Can knows no action.
func (s *Screen) Can(action.ID) (ok bool, why string, known bool) { return false, "", false }

// Footer is empty: the question says itself what its keys do.
func (s *Screen) Footer() []action.ID { return nil }

// Editing is always true: nothing but digits, Enter and Esc counts.
func (s *Screen) Editing() bool { return true }

// Hints are what keys do here.
func (s *Screen) Hints() [][2]string {
	return [][2]string{{"0–9", "the number"}, {"⏎", "yes, do it"}, {"Esc", "no, leave everything as it is"}}
}

// Type takes a key.
func (s *Screen) Type(k tea.KeyPressMsg) tea.Cmd {
	now := s.ctx.Now()
	if now.Sub(s.awake) < quiet {
		s.awake = now
		return nil
	}
	key := k.String()
	switch {
	case key == "esc":
		s.ctx.Close(s)
		return ui.Say("nothing was done")
	case key == "enter":
		if s.field.Value() != s.arg.Expect {
			s.wrong = "That is not " + s.arg.Expect + ". Nothing was done."
			s.field.Set("")
			return nil
		}
		s.ctx.Close(s)
		return s.arg.Yes()
	case key == "backspace" || len(key) == 1 && key[0] >= '0' && key[0] <= '9':
		s.wrong = ""
		s.field.Key(k)
	}
	return nil
}

// Paste answers nothing.
func (s *Screen) Paste(string) tea.Cmd { return nil }

// Cursor is where the terminal's cursor stands.
func (s *Screen) Cursor() (x, y int, ok bool) {
	x, y = s.field.Cursor()
	return x, y, true
}

// Draw paints the question.
func (s *Screen) Draw(c *draw.Canvas, b draw.Box) {
	in := ui.Frame(c, b, s.arg.Title)
	lines := s.lines(in.W)
	room := max(0, in.H-5)
	if len(lines) > room { // the last line, which warns, is never cut off
		lines = append(lines[:max(0, room-1)], lines[len(lines)-1])
	}
	for i, l := range lines {
		row := in.Row(i + 1)
		st := theme.Plain
		if l.bad {
			st = theme.Bad
		}
		n := c.SpansRight(row, draw.Span{Text: l.sum, Style: theme.Strong})
		c.Text(draw.Box{X: row.X, Y: row.Y, W: row.W - n, H: 1}, l.text, st)
	}
	row := in.Row(min(len(lines)+2, in.H-3))
	n := c.Text(row, s.prompt()+"  ", theme.Key)
	at := draw.Box{X: row.X + n, Y: row.Y, W: min(8, max(1, row.W-n)), H: 1}
	c.Fill(at, draw.Style{BG: theme.InputBG})
	s.field.Draw(c, at, "", draw.Style{BG: theme.InputBG})
	row.Y++
	if s.wrong != "" {
		c.Text(row, s.wrong, theme.Bad)
	}
	row.Y++
	c.Text(row, "Esc leaves everything as it is", theme.FaintTxt)
}
