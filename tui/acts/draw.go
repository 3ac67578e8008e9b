package acts

import (
	"fmt"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/tui/draw"
	"github.com/orderdeck/orderdeck/tui/theme"
	"github.com/orderdeck/orderdeck/tui/ui"
)

// nameWidth is how many columns the names of the lines take.
const nameWidth = 13

// Size is how large the form wants to be.
func (s *Screen) Size(w, h int) (int, int) { return min(84, w-4), min(len(s.rows)+9, h-2) }

func (s *Screen) title() string {
	words := ui.Capital(s.arg.Label())
	switch {
	case s.rec != nil:
		return words + " · #" + s.rec.Number
	case len(s.arg.IDs) > 1:
		return fmt.Sprintf("%s · %d orders", words, len(s.arg.IDs))
	}
	return words
}

// Draw paints the form.
func (s *Screen) Draw(c *draw.Canvas, b draw.Box) {
	in := ui.Frame(c, b, s.title())
	in.Y, in.H = in.Y+1, max(0, in.H-1)
	s.body = in
	if !s.ready {
		said := "reading the order …"
		if s.err != nil {
			said = s.err.Error()
		}
		c.Text(in.Row(0), said, theme.DimText)
		return
	}
	for i := range s.rows {
		if i < in.H {
			s.line(c, in.Row(i), i)
		}
	}
	if at := len(s.rows); at < in.H {
		st := theme.Key
		if s.cursor == at {
			st = theme.Pill
			if s.ctx.Theme.Few {
				st = draw.Style{Attr: draw.Reverse | draw.Bold}
			}
		}
		row := in.Row(at)
		c.Text(draw.Box{X: row.X + nameWidth, Y: row.Y, W: max(0, row.W-nameWidth), H: 1}, " "+s.does()+" ", st)
	}
	s.below(c, draw.Box{X: in.X, Y: in.Y + len(s.rows) + 2, W: in.W, H: max(0, in.H-len(s.rows)-2)})
}

func (s *Screen) line(c *draw.Canvas, row draw.Box, i int) {
	r := &s.rows[i]
	c.Text(draw.Box{X: row.X, Y: row.Y, W: nameWidth - 1, H: 1}, string(r.name), theme.DimText)
	value := draw.Box{X: row.X + nameWidth, Y: row.Y, W: max(0, row.W-nameWidth), H: 1}
	if r.field != nil {
		r.field.Draw(c, value, r.hint, theme.Plain)
	} else {
		words := r.choices[r.at].title
		if len(r.choices) > 1 {
			words = "‹ " + words + " ›"
		}
		n := c.Text(value, words, theme.Plain)
		c.Text(draw.Box{X: value.X + n + 2, Y: row.Y, W: max(0, value.W-n-2), H: 1}, r.hint, theme.FaintTxt)
	}
	s.ctx.Theme.Row(c, row, i == s.cursor, false)
}

// does is what the last line says that it does.
func (s *Screen) does() string {
	if s.busy {
		return "is written down …"
	}
	switch s.arg.Kind {
	case order.ActNote:
		return "Write the note"
	case order.ActTags:
		return "Change the tags"
	case order.ActMarkPaid:
		return "Mark as paid"
	case order.ActRefund:
		return "Give the money back …"
	case order.ActCancel:
		if s.value(nameWhere) == atDesk {
			return "Cancel the order on this desk"
		}
		return "Cancel the order …"
	case order.ActStatus:
		return "Set the status"
	case order.ActTracking:
		return "Change the tracking"
	case order.ActRequest:
		return "Ask the service"
	case order.ActDelete:
		return "Delete the order …"
	}
	return ui.Capital(s.arg.Label())
}

// below says what is wrong, or how things stand.
func (s *Screen) below(c *draw.Canvas, b draw.Box) {
	words, st := s.stands(), theme.FaintTxt
	if s.err != nil {
		words, st = s.err.Error(), theme.Bad
	}
	for y, part := range draw.Wrap(words, b.W) {
		if y < b.H {
			c.Text(b.Row(y), part, st)
		}
	}
}

func (s *Screen) stands() string {
	if s.rec == nil {
		return "Every order is asked for by itself; what is refused is said."
	}
	store := s.ctx.Title(s.rec.Store)
	switch {
	case s.cannot != "":
		return store + ": " + s.cannot
	case s.arg.Kind == order.ActRefund:
		said := "paid " + s.ctx.Money(s.rec.Paid)
		if s.rec.Refunded.Minor != 0 {
			said += " · refunded " + s.ctx.Money(s.rec.Refunded)
		}
		return said + " · " + store
	case s.arg.Kind == order.ActMarkPaid:
		return "total " + s.ctx.Money(s.rec.Total) + " · paid " + s.ctx.Money(s.rec.Paid) + " · " + store
	}
	return "It goes to " + store + " by the outbox, and stands in the order's history."
}
