// Package menu is a dialog with choices that typing narrows down: dates, sorting, views, columns, and the palette of
// every command.
package menu

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/sahilm/fuzzy"

	"github.com/orderdeck/orderdeck/tui/action"
	"github.com/orderdeck/orderdeck/tui/draw"
	"github.com/orderdeck/orderdeck/tui/theme"
	"github.com/orderdeck/orderdeck/tui/ui"
)

// Screen is one open menu.
type Screen struct {
	ctx    *ui.Context
	spec   ui.MenuSpec
	field  *ui.Field
	shown  []int // indices of spec.Items
	cursor int
	top    int
	body   draw.Box
}

// New opens a menu with the cursor on the choice that holds now.
func New(ctx *ui.Context, spec ui.MenuSpec) *Screen {
	s := &Screen{ctx: ctx, spec: spec, field: ui.NewField("")}
	s.narrow()
	if spec.Tick == nil {
		for i, at := range s.shown {
			if spec.Items[at].Mark {
				s.cursor = i
				break
			}
		}
	}
	return s
}

// titles lets the fuzzy finder look at the items.
type titles []ui.MenuItem

func (t titles) String(i int) string { return t[i].Title }
func (t titles) Len() int            { return len(t) }

func (s *Screen) narrow() {
	s.shown = s.shown[:0]
	text := strings.TrimSpace(s.field.Value())
	if text == "" {
		for i := range s.spec.Items {
			s.shown = append(s.shown, i)
		}
	} else {
		for _, m := range fuzzy.FindFrom(text, titles(s.spec.Items)) {
			s.shown = append(s.shown, m.Index)
		}
	}
	s.cursor = max(0, min(s.cursor, len(s.shown)-1))
}

// Size is how large the menu wants to be.
func (s *Screen) Size(w, h int) (int, int) {
	width := max(44, draw.Width(s.spec.Title)+6, draw.Width(s.spec.Prompt)+6, min(draw.Width(s.spec.Empty)+6, 70))
	for _, it := range s.spec.Items {
		width = max(width, draw.Width(it.Title)+min(draw.Width(it.Help), 44)+8)
	}
	return min(width, w-4), min(max(1, s.lines())+5, h-2)
}

func (s *Screen) lines() int {
	n, group := 0, ""
	for _, it := range s.spec.Items {
		if it.Group != group {
			group = it.Group
			n++
		}
		n++
	}
	return n
}

// Update does nothing: a menu waits for nothing.
func (s *Screen) Update(tea.Msg) tea.Cmd { return nil }

// Editing is always true: letters narrow the choices down.
func (s *Screen) Editing() bool { return true }

// Do is not reached: every key comes to Type.
func (s *Screen) Do(action.Action) (tea.Cmd, bool) { return nil, false }

// Can knows no action.
func (s *Screen) Can(action.ID) (ok bool, why string, known bool) { return false, "", false }

// Footer is empty: the menu says itself what its keys do.
func (s *Screen) Footer() []action.ID { return nil }

// Hints are what keys do here, where letters narrow the list down.
func (s *Screen) Hints() [][2]string {
	leave := [2]string{"Esc", "back, nothing is done"}
	switch {
	case s.spec.Tick != nil && s.spec.Move != nil:
		return [][2]string{{"↑↓", "choose"}, {"⏎", "on or off"}, {"←→", "move"}, {"Esc", "done"}}
	case s.spec.Tick != nil:
		return [][2]string{{"↑↓", "choose"}, {"⏎", "on or off"}, {"Esc", "done"}}
	case s.spec.Choose == nil:
		return [][2]string{{"⏎", "done"}, leave}
	}
	return [][2]string{{"↑↓", "choose"}, {"⏎", "take it"}, leave}
}

// Type takes a key.
func (s *Screen) Type(k tea.KeyPressMsg) tea.Cmd {
	page := max(1, s.body.H-1)
	switch k.String() {
	case "esc", "ctrl+c":
		return s.ctx.Close(s)
	case "up", "ctrl+k", "shift+tab":
		s.move(-1)
	case "down", "ctrl+j", "tab":
		s.move(1)
	case "pgup":
		s.move(-page)
	case "pgdown":
		s.move(page)
	case "home":
		s.cursor = 0
	case "end":
		s.cursor = max(0, len(s.shown)-1)
	case "left", "right":
		if s.spec.Move == nil || s.field.Value() != "" || len(s.shown) == 0 {
			s.field.Key(k)
			break
		}
		n := map[string]int{"left": -1, "right": 1}[k.String()]
		item := s.spec.Items[s.shown[s.cursor]]
		s.spec.Items = s.spec.Move(item, n)
		s.narrow()
		for i, at := range s.shown {
			if s.spec.Items[at].Value == item.Value {
				s.cursor = i
			}
		}
	case "enter":
		return s.choose()
	case "space":
		if s.spec.Tick != nil && s.field.Value() == "" {
			return s.choose()
		}
		s.field.Key(k)
		s.narrow()
	default:
		if s.field.Key(k) {
			s.cursor = 0
			s.narrow()
		}
	}
	return nil
}

func (s *Screen) move(n int) { s.cursor = max(0, min(s.cursor+n, len(s.shown)-1)) }

func (s *Screen) choose() tea.Cmd {
	if len(s.shown) == 0 || (s.spec.Accept != nil && s.field.Value() != "" && s.spec.Choose == nil) {
		if s.spec.Accept == nil || s.field.Value() == "" {
			return nil
		}
		s.ctx.Close(s)
		return s.spec.Accept(s.field.Value())
	}
	item := s.spec.Items[s.shown[s.cursor]]
	switch {
	case item.Off:
		return ui.Say(item.Title + ": " + item.Help)
	case s.spec.Tick != nil:
		var cmd tea.Cmd
		s.spec.Items, cmd = s.spec.Tick(item)
		s.narrow()
		return cmd
	case s.spec.Choose == nil:
		return nil
	}
	s.ctx.Close(s)
	return s.spec.Choose(item)
}

// Paste narrows by what is pasted.
func (s *Screen) Paste(text string) tea.Cmd {
	s.field.Paste(text)
	s.narrow()
	return nil
}

// Cursor is where the terminal's cursor stands.
func (s *Screen) Cursor() (x, y int, ok bool) {
	x, y = s.field.Cursor()
	return x, y, true
}

// Click chooses an item.
func (s *Screen) Click(x, y int, _ bool) tea.Cmd {
	if !s.body.Contains(x, y) {
		return s.ctx.Close(s)
	}
	if at := s.itemAt(y - s.body.Y); at >= 0 {
		s.cursor = at
		return s.choose()
	}
	return nil
}

// Wheel moves the cursor.
func (s *Screen) Wheel(_, _, lines int) tea.Cmd {
	s.move(lines)
	return nil
}

// row is one line of the body: a heading or an item.
type row struct {
	group string
	item  int // index in shown, −1 for headings
}

func (s *Screen) rows() []row {
	var out []row
	group := ""
	for i, at := range s.shown {
		if g := s.spec.Items[at].Group; g != group && s.field.Value() == "" {
			group = g
			out = append(out, row{group: g, item: -1})
		}
		out = append(out, row{item: i})
	}
	return out
}

func (s *Screen) itemAt(y int) int {
	rows := s.rows()
	if y += s.top; y >= 0 && y < len(rows) {
		return rows[y].item
	}
	return -1
}

// Draw paints the menu.
func (s *Screen) Draw(c *draw.Canvas, b draw.Box) {
	in := ui.Frame(c, b, s.spec.Title)
	prompt := s.spec.Prompt
	if prompt == "" {
		prompt = "type to narrow"
	}
	s.field.Draw(c, in.Row(0), prompt, theme.Plain)
	c.Repeat(in.Row(1), '─', theme.Rule)
	s.body = draw.Box{X: in.X, Y: in.Y + 2, W: in.W, H: max(0, in.H-2)}
	rows := s.rows()
	at := 0
	for i, r := range rows {
		if r.item == s.cursor {
			at = i
		}
	}
	if at < s.top+1 {
		s.top = max(0, at-1)
	}
	s.top = max(min(s.top, max(0, len(rows)-s.body.H)), at-s.body.H+1)
	if len(rows) == 0 {
		text := s.spec.Empty
		if text == "" || s.field.Value() != "" && s.spec.Accept == nil {
			text = "nothing matches"
		}
		for i, part := range draw.Wrap(text, s.body.W) {
			if i < s.body.H {
				c.Text(s.body.Row(i), part, theme.DimText)
			}
		}
		return
	}
	for y := range min(s.body.H, len(rows)-s.top) {
		s.row(c, s.body.Row(y), rows[s.top+y])
	}
}

func (s *Screen) row(c *draw.Canvas, line draw.Box, r row) {
	if r.item < 0 {
		c.Text(line, r.group, theme.Head)
		return
	}
	it := s.spec.Items[s.shown[r.item]]
	st, help := theme.Plain, theme.FaintTxt
	if it.Off {
		st = theme.FaintTxt
	}
	mark := "  "
	if it.Mark {
		mark = "✓ "
	}
	n := c.Text(line, mark, theme.Good)
	title := draw.Width(it.Title)
	c.Text(draw.Box{X: line.X + n, Y: line.Y, W: line.W - n, H: 1}, it.Title, st)
	if room := line.W - n - title - 2; it.Help != "" && room > 3 {
		box := draw.Box{X: line.X + n + title + 2, Y: line.Y, W: room, H: 1}
		c.TextRight(box, it.Help, help)
	}
	s.ctx.Theme.Row(c, line, r.item == s.cursor, false)
}
