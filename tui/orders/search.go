package orders

import (
	"context"
	"errors"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/orderdeck/orderdeck/store/order/filter"
	"github.com/orderdeck/orderdeck/tui/action"
	"github.com/orderdeck/orderdeck/tui/draw"
	"github.com/orderdeck/orderdeck/tui/theme"
	"github.com/orderdeck/orderdeck/tui/ui"
)

// search is the line that searches and filters while it is typed.
type search struct {
	ctx     *ui.Context
	field   *ui.Field
	editing bool
	before  string // the text when editing began, for Esc

	text string // what the list shows now
	expr filter.Expr
	err  *filter.SyntaxError

	offers []filter.Suggestion
	choice int // -1 = none
	req    uint64
}

type offersMsg struct {
	req    uint64
	offers []filter.Suggestion
}

func newSearch(ctx *ui.Context) *search {
	return &search{ctx: ctx, field: ui.NewField(""), choice: -1}
}

func (s *search) begin() tea.Cmd {
	s.editing, s.before, s.choice = true, s.field.Value(), -1
	return s.complete()
}

// parse reads the line. It reports whether the list has to change. A text with an error leaves the list as it was.
func (s *search) parse(partial bool) bool {
	value := strings.TrimSpace(s.field.Value())
	e, err := filter.Parse(value, filter.Options{
		Now: s.ctx.Now(), Zone: s.ctx.Zone(""), Decimal: s.ctx.Locale.DecimalMark(), Partial: partial,
	})
	s.err = nil
	if err != nil {
		if !errors.As(err, &s.err) {
			s.err = &filter.SyntaxError{Msg: err.Error()}
		}
		return false
	}
	if value == s.text && !partial {
		return false
	}
	s.text, s.expr = value, e
	return true
}

// set replaces the text, as a view or a preset does.
func (s *search) set(text string) {
	s.field.Set(text)
	s.text = "\x00" // so that parse sees a change
	s.parse(false)
	if s.err == nil {
		s.text = text
	}
}

// withDates puts a range of dates in the place of the one that the text may have.
func (s *search) withDates(preset string) string {
	return filter.Replace(s.field.Value(), "created", preset)
}

// key takes a key while editing. done is set when editing is over.
func (s *search) key(k tea.KeyPressMsg) (changed, done bool, cmd tea.Cmd) {
	switch k.String() {
	case "esc":
		if len(s.offers) > 0 && s.choice >= 0 {
			s.choice = -1
			return false, false, nil
		}
		s.editing, s.offers = false, nil
		s.field.Set(s.before)
		s.text = "\x00"
		return s.parse(false), true, nil
	case "enter":
		if s.choice >= 0 {
			return s.accept()
		}
		changed = s.parse(false)
		if s.err != nil {
			return false, false, nil // the sentence stays, and so does what was typed
		}
		s.editing, s.offers = false, nil
		return changed, true, nil
	case "tab":
		if len(s.offers) > 0 {
			s.choice = max(s.choice, 0)
			return s.accept()
		}
		return false, false, nil
	case "up", "shift+tab":
		s.choice = max(-1, s.choice-1)
		return false, false, nil
	case "down":
		if len(s.offers) == 0 {
			return false, true, nil
		}
		s.choice = min(len(s.offers)-1, s.choice+1)
		return false, false, nil
	}
	if !s.field.Key(k) {
		return false, false, s.complete() // the cursor may have moved into another word
	}
	s.choice = -1
	return s.parse(true), false, s.complete()
}

// accept puts the chosen suggestion into the text.
func (s *search) accept() (changed, done bool, cmd tea.Cmd) {
	o := s.offers[s.choice]
	text := s.field.Value()
	s.field.SetAt(text[:o.From]+o.Insert+text[o.To:], o.From+len(o.Insert))
	s.choice = -1
	return s.parse(true), false, s.complete()
}

// complete asks for suggestions at the cursor; values such as tags and cities come out of the database.
func (s *search) complete() tea.Cmd {
	s.req++
	req, text, at, st := s.req, s.field.Value(), s.field.Position(), s.ctx.Store
	return func() tea.Msg {
		ctx, stop := context.WithTimeout(context.Background(), 2*time.Second)
		defer stop()
		offers := filter.Complete(text, at, func(field, prefix string) []string {
			values, err := st.Suggest(ctx, field, prefix, 8)
			if err != nil {
				return nil // suggestions are a convenience: without them typing goes on
			}
			return values
		})
		return offersMsg{req, offers}
	}
}

func (s *search) take(m offersMsg) {
	if m.req != s.req || !s.editing {
		return
	}
	s.offers = m.offers
	if s.choice >= len(s.offers) {
		s.choice = -1
	}
}

// draw paints the line. right is what stands at its end.
func (s *search) draw(c *draw.Canvas, b draw.Box, right []draw.Span) {
	taken := 0
	if len(right) > 0 {
		taken = c.SpansRight(draw.Box{X: b.X, Y: b.Y, W: b.W - 1, H: 1}, right...) + 2
	}
	key := s.ctx.Keys.Key(action.Search)
	prompt := draw.Box{X: b.X + 1, Y: b.Y, W: b.W - 1 - taken, H: 1}
	n := c.Text(prompt, key+" ", theme.Key)
	field := draw.Box{X: prompt.X + n, Y: b.Y, W: max(1, prompt.W-n), H: 1}
	switch {
	case s.editing:
		if !s.ctx.Theme.Few {
			c.Fill(field, draw.Style{BG: theme.InputBG})
		}
		s.field.Draw(c, field, "a name, a number, stage:unpaid, total:>100 …", draw.Style{BG: theme.InputBG})
		if s.err != nil {
			s.underline(c, field)
		}
	case s.field.Value() == "":
		c.Text(field, "search", theme.FaintTxt)
	default:
		c.Text(field, s.field.Value(), theme.Warn)
	}
}

// underline marks the word that is wrong.
func (s *search) underline(c *draw.Canvas, b draw.Box) {
	value := s.field.Value()
	if s.err.Pos >= len(value) || s.err.End > len(value) || s.err.Pos >= s.err.End {
		return
	}
	x := draw.Width(value[:s.err.Pos])
	w := draw.Width(value[s.err.Pos:s.err.End])
	if x+w <= b.W {
		c.Text(draw.Box{X: b.X + x, Y: b.Y, W: w, H: 1}, value[s.err.Pos:s.err.End], theme.Bad.With(draw.Underline))
	}
}

// popup paints the suggestions, or what is wrong, under the line.
func (s *search) popup(c *draw.Canvas, b draw.Box) {
	if !s.editing {
		return
	}
	x := b.X + 3
	y := b.Y
	if s.err != nil {
		for _, part := range draw.Wrap(s.err.Error(), max(10, b.W-x-2)) {
			box := draw.Box{X: x, Y: y, W: min(b.W-x, draw.Width(part)+2), H: 1}
			c.Fill(box, draw.Style{BG: theme.OverlayBG})
			c.Text(draw.Box{X: x + 1, Y: y, W: box.W - 1, H: 1}, part, theme.Bad.On(theme.OverlayBG))
			y++
		}
	}
	n := min(len(s.offers), 8, b.H-(y-b.Y))
	if n <= 0 {
		return
	}
	w := 0
	for _, o := range s.offers[:n] {
		w = max(w, draw.Width(o.Insert)+3+draw.Width(o.Help))
	}
	w = min(w+3, b.W-x-1)
	for i, o := range s.offers[:n] {
		row := draw.Box{X: x, Y: y + i, W: w, H: 1}
		c.Fill(row, draw.Style{BG: theme.OverlayBG})
		c.SpansRight(draw.Box{X: x, Y: row.Y, W: w - 1, H: 1}, draw.Span{Text: o.Help, Style: theme.FaintTxt.On(theme.OverlayBG)})
		c.Text(draw.Box{X: x + 1, Y: row.Y, W: w - 1, H: 1}, o.Insert, draw.Style{BG: theme.OverlayBG})
		if i == s.choice {
			c.Text(draw.Box{X: x, Y: row.Y, W: 1, H: 1}, "▸", theme.Key.On(theme.OverlayBG))
			s.ctx.Theme.Row(c, row, true, false)
		}
	}
}

// view parses a view's query together with the search line.
func (s *search) view(query string) (filter.Expr, error) {
	e, err := s.viewOnly(query)
	if err != nil {
		return nil, err
	}
	return filter.All(e, s.expr), nil
}

// viewOnly parses a filter text by itself.
func (s *search) viewOnly(query string) (filter.Expr, error) {
	return filter.Parse(query, filter.Options{Now: s.ctx.Now(), Zone: s.ctx.Zone(""), Decimal: s.ctx.Locale.DecimalMark()})
}
