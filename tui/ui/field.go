package ui

import (
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"github.com/orderdeck/orderdeck/tui/draw"
	"github.com/orderdeck/orderdeck/tui/theme"
)

// Field is one line of editable text. The editing is bubbles' textinput; the drawing is ours, onto the canvas.
type Field struct {
	input  textinput.Model
	at     draw.Box // where the text was drawn last
	shift  int      // columns scrolled off on the left
	cursor int      // column of the cursor
}

// NewField makes a field with a text in it.
func NewField(value string) *Field {
	f := &Field{input: textinput.New()}
	f.input.CharLimit = 1000
	f.input.Focus() // its command only blinks a cursor that is not drawn
	f.Set(value)
	return f
}

// Value is the text.
func (f *Field) Value() string { return f.input.Value() }

// Set replaces the text and goes to its end.
func (f *Field) Set(s string) { f.input.SetValue(s); f.input.CursorEnd() }

// Position is the cursor's place in bytes of Value.
func (f *Field) Position() int {
	runes := []rune(f.input.Value())
	return len(string(runes[:min(f.input.Position(), len(runes))]))
}

// SetAt replaces the text and puts the cursor at a byte of it.
func (f *Field) SetAt(s string, at int) {
	f.input.SetValue(s)
	f.input.SetCursor(len([]rune(s[:min(at, len(s))])))
}

// Key takes a key that edits. It reports whether the text changed.
func (f *Field) Key(k tea.KeyPressMsg) bool {
	before := f.input.Value()
	f.input, _ = f.input.Update(k)
	return f.input.Value() != before
}

// Paste inserts text; control characters and line breaks do not get in.
func (f *Field) Paste(s string) {
	f.input, _ = f.input.Update(tea.PasteMsg{Content: s})
}

// Draw paints the text, scrolled so that the cursor is in sight, and a hint where it is empty.
func (f *Field) Draw(c *draw.Canvas, b draw.Box, hint string, st draw.Style) {
	f.at = b
	value := f.input.Value()
	f.cursor = draw.Width(value[:f.Position()])
	switch {
	case f.cursor-f.shift >= b.W:
		f.shift = f.cursor - b.W + 1
	case f.cursor < f.shift:
		f.shift = f.cursor
	}
	if value == "" {
		c.Text(b, hint, theme.FaintTxt.On(st.BG))
		return
	}
	head := draw.Head(value, f.shift)
	c.Text(b, value[len(head):], st)
}

// Cursor is where the terminal's cursor stands, after Draw.
func (f *Field) Cursor() (x, y int) { return f.at.X + f.cursor - f.shift, f.at.Y }
