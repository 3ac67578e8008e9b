package tui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/tui/action"
	"github.com/orderdeck/orderdeck/tui/draw"
	"github.com/orderdeck/orderdeck/tui/syncs"
	"github.com/orderdeck/orderdeck/tui/theme"
	"github.com/orderdeck/orderdeck/tui/ui"
)

// View is the picture of the moment. Bubble Tea asks for it after every message, so it is kept until something changes.
func (m *root) View() tea.View {
	if m.drawn != m.version || m.content == "" {
		m.content, m.drawn = m.draw(), m.version
		if !m.shown && m.w > 0 && m.opt.Shown != nil {
			m.shown = true
			m.opt.Shown()
		}
	}
	v := tea.NewView(m.content)
	v.AltScreen = true
	v.WindowTitle = "Orderdeck"
	v.Cursor = m.cursor
	if m.mouse {
		v.MouseMode = tea.MouseModeCellMotion
	}
	return v
}

// body is the box between the header and the footer.
func (m *root) body() draw.Box { return draw.Box{X: 0, Y: 1, W: m.w, H: max(0, m.h-2)} }

// draw paints header, the topmost whole screen, the dialogs above it, and the footer.
func (m *root) draw() string {
	m.canvas.Resize(m.w, m.h)
	m.cursor = nil
	if m.w < minWidth || m.h < minHeight {
		c := &m.canvas
		text := fmt.Sprintf("Orderdeck needs a window of %d × %d; this one is %d × %d.", minWidth, minHeight, m.w, m.h)
		if draw.Width(text) > m.w {
			text = fmt.Sprintf("needs %d × %d", minWidth, minHeight)
		}
		c.Text(c.Box(), text, theme.Plain)
		return c.Render(&m.ctx.Theme.Palette)
	}
	whole := ui.Screen(m.home)
	first := 0
	for i, s := range m.stack {
		if _, dialog := s.(ui.Sized); !dialog {
			whole, first = s, i+1
		}
	}
	m.header(m.canvas.Box().Row(0))
	whole.Draw(&m.canvas, m.body())
	for _, s := range m.stack[first:] {
		w, h := s.(ui.Sized).Size(m.w, m.body().H)
		s.Draw(&m.canvas, draw.Box{X: (m.w - w) / 2, Y: 1 + max(0, (m.body().H-h)/3), W: w, H: h})
	}
	m.footer(m.canvas.Box().Row(m.h - 1))
	if t, ok := m.top().(ui.Typist); ok && t.Editing() {
		if x, y, ok := t.Cursor(); ok {
			m.cursor = tea.NewCursor(x, y)
		}
	}
	return m.canvas.Render(&m.ctx.Theme.Palette)
}

// header names the stores, says how fresh the desk is, and wears the DEMO badge.
func (m *root) header(b draw.Box) {
	c := &m.canvas
	if !m.ctx.Theme.Few {
		c.Fill(b, draw.Style{BG: theme.BarBG})
	}
	right := m.right[:0]
	if m.ctx.Demo {
		right = append(right, draw.Span{Text: " DEMO ", Style: theme.DemoPill})
		if m.w >= 110 {
			right = append(right, draw.Span{Text: " orderdeck store add shows your own  ", Style: theme.DimText})
		} else {
			right = append(right, draw.Span{Text: "  "})
		}
	}
	if m.freshOld {
		m.fresh, m.freshOld = m.freshness(), false
	}
	right = append(right, m.fresh...)
	right = append(right, draw.Span{Text: "   " + m.ctx.Keys.Key(action.Help), Style: theme.Key}, draw.Span{Text: " help ", Style: theme.DimText})
	m.right = right
	taken := c.SpansRight(b, right...)
	left := draw.Box{X: b.X + 1, Y: b.Y, W: b.W - taken - 2, H: 1}
	n := c.Text(left, "Orderdeck", theme.Brand) + 3
	for i := range m.ctx.Shops {
		s := &m.ctx.Shops[i]
		rest := left.W - n
		if rest < 8 {
			break
		}
		n += c.Spans(draw.Box{X: left.X + n, Y: b.Y, W: rest, H: 1}, draw.Span{Text: m.ctx.Title(s.Name)}, draw.Span{Text: " · ", Style: theme.FaintTxt}, draw.Span{Text: s.Platform, Style: theme.FaintTxt}) + 3
	}
}

// freshness is the worst of the stores: an error before a running sync before the age of the data.
func (m *root) freshness() []draw.Span {
	out := m.out.spans()
	states := m.ctx.Sync.Status()
	at := -1
	weight := func(i int) int {
		return slices.Index([]string{sync.StateIdle, sync.StateQueued, sync.StateRunning, sync.StateWaiting, sync.StateStopped}, states[i].State)
	}
	for i := range states {
		if strings.HasPrefix(states[i].Shop, sync.SupplierPrefix) {
			continue
		}
		if at < 0 || weight(i) > weight(at) || weight(i) == weight(at) && states[i].LastSuccess.Before(states[at].LastSuccess) {
			at = i
		}
	}
	if at < 0 {
		return out
	}
	st := states[at]
	if st.State == sync.StateRunning && st.Total > 0 && st.Done < st.Total {
		return append(out, draw.Span{Text: "⟳ " + syncs.Progress(m.ctx, &st), Style: theme.Info})
	}
	s := syncs.State(m.ctx, &st)
	s.Text = strings.Replace(s.Text, "✓", "⟳", 1)
	return append(out, s)
}

// footer shows a toast, or the keys that matter most.
func (m *root) footer(b draw.Box) {
	c := &m.canvas
	if !m.ctx.Theme.Few {
		c.Fill(b, draw.Style{BG: theme.BarBG})
	}
	in := draw.Box{X: b.X + 1, Y: b.Y, W: b.W - 2, H: 1}
	if m.toast.Text != "" {
		st := theme.Plain
		if m.toast.Bad {
			st = theme.Bad
		}
		c.Text(in, m.toast.Text, st)
		return
	}
	if t, ok := m.top().(ui.Typist); ok && t.Editing() { // letters are text now
		hints := [][2]string{{"⏎", "done"}, {"Esc", "back"}}
		if h, ok := t.(ui.Hinter); ok {
			hints = h.Hints()
		}
		for _, h := range hints {
			n := c.Spans(in, draw.Span{Text: h[0], Style: theme.Key}, draw.Span{Text: " " + h[1], Style: theme.DimText}) + 2
			in.X, in.W = in.X+n, in.W-n
		}
		return
	}
	hints := m.top().Footer()
	if len(m.stack) == 0 {
		c.Text(in, "↑↓", theme.Key)
		c.Text(draw.Box{X: in.X + 3, Y: in.Y, W: 5, H: 1}, "move", theme.DimText)
		in.X, in.W = in.X+9, in.W-9
	}
	for _, id := range hints {
		a, ok := m.ctx.Keys.Get(id)
		key := m.ctx.Keys.Key(id)
		if !ok || key == "" {
			continue
		}
		if n, ok := m.top().(ui.Namer); ok {
			a.Label = cmp.Or(n.Name(id), a.Label)
		}
		w := draw.Width(key) + 1 + draw.Width(a.Label)
		if w > in.W {
			return
		}
		st, word := theme.Key, theme.DimText
		if can, _ := m.can(id); !can {
			st, word = theme.FaintTxt, theme.FaintTxt
		}
		c.Spans(in, draw.Span{Text: key, Style: st}, draw.Span{Text: " ", Style: word}, draw.Span{Text: a.Label, Style: word})
		in.X, in.W = in.X+w+2, in.W-w-2
	}
}
