package checkout

import (
	tea "charm.land/bubbletea/v2"

	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/tui/action"
	"github.com/orderdeck/orderdeck/tui/ui"
)

// fieldKind tells the fields of a part apart.
type fieldKind int

const (
	fieldForward fieldKind = iota
	fieldNote
	fieldPackaging
	fieldPayWith
)

// fieldOf is one line below the table in which something can be chosen or typed.
type fieldOf struct {
	kind fieldKind
	name string
	id   action.ID
}

// fields are those of the line under the cursor.
func (s *Screen) fields() []fieldOf {
	l := s.current()
	if l == nil || l.placed != nil || !l.buyable {
		return nil
	}
	var out []fieldOf
	if l.note != "" {
		out = append(out, fieldOf{fieldForward, "Forwarded note", action.Forward})
	}
	return append(out,
		fieldOf{fieldNote, "Instruction", action.Note}, fieldOf{fieldPackaging, "Packaging", action.Packaging}, fieldOf{fieldPayWith, "Pay with", action.PayWith})
}

// edit begins to type into a field of the line under the cursor.
func (s *Screen) edit(kind fieldKind, value string) tea.Cmd {
	l := s.current()
	s.field, s.editing, s.kind, s.subject = ui.NewField(value), true, kind, l.key
	for i, f := range s.fields() {
		if f.kind == kind {
			s.focus = i
		}
	}
	return nil
}

// edited is the line whose field is edited, wherever it stands by now.
func (s *Screen) edited() *line {
	for _, l := range s.byOrder[s.subject.OrderID] {
		if l.placed == nil && l.key == s.subject {
			return l
		}
	}
	return nil
}

// Editing tells whether a text is being typed.
func (s *Screen) Editing() bool { return s.editing }

// Type takes a key of a text. Everything that is typed is kept at once; Esc and Enter only leave the field.
func (s *Screen) Type(k tea.KeyPressMsg) tea.Cmd {
	switch k.String() {
	case "esc", "enter", "up", "down", "tab":
		s.editing = false
		if k.String() == "esc" {
			s.focus = -1
		}
		return nil
	}
	if !s.field.Key(k) {
		return nil
	}
	return s.keepText()
}

// Paste takes text for the field that is edited.
func (s *Screen) Paste(text string) tea.Cmd {
	s.field.Paste(text)
	return s.keepText()
}

func (s *Screen) keepText() tea.Cmd {
	text := s.field.Value()
	return s.choose(s.edited(), func(c *checkout.Choice) {
		if s.kind == fieldNote {
			c.Note = text
			return
		}
		if c.CustomerNote = &text; text == s.edited().note {
			c.CustomerNote = nil
		}
	})
}

// Cursor is where the terminal's cursor stands.
func (s *Screen) Cursor() (x, y int, ok bool) {
	if !s.editing {
		return 0, 0, false
	}
	x, y = s.field.Cursor()
	return x, y, true
}
