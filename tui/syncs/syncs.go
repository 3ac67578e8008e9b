// Package syncs is the screen that says how the synchronisation of each store stands.
package syncs

import (
	"context"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/tui/action"
	"github.com/orderdeck/orderdeck/tui/draw"
	"github.com/orderdeck/orderdeck/tui/theme"
	"github.com/orderdeck/orderdeck/tui/ui"
)

// Screen lists the stores.
type Screen struct {
	ctx    *ui.Context
	cursor int
	skips  map[string]skips
}

type skips struct {
	list  []store.Skip
	total int
}

type skipsMsg struct {
	to  *Screen
	all map[string]skips
}

// New opens the screen.
func New(ctx *ui.Context) *Screen { return &Screen{ctx: ctx} }

// Init reads what the pull settings left out.
func (s *Screen) Init() tea.Cmd {
	st, shops := s.ctx.Store, s.ctx.Shops
	return func() tea.Msg {
		all := map[string]skips{}
		for _, shop := range shops {
			list, total, err := st.Skips(context.Background(), shop.Name, 50)
			if err == nil && total > 0 {
				all[shop.Name] = skips{list, total}
			}
		}
		return skipsMsg{s, all}
	}
}

// Update takes news of the synchronisation.
func (s *Screen) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case skipsMsg:
		if m.to == s {
			s.skips = m.all
		}
	case ui.StoreChanged:
		return s.Init()
	}
	return nil
}

// Do moves, syncs one store, closes.
func (s *Screen) Do(a action.Action) (tea.Cmd, bool) {
	states := s.ctx.Sync.Status()
	switch a.ID {
	case action.Up:
		s.cursor = max(0, s.cursor-1)
	case action.Down:
		s.cursor = max(0, min(s.cursor+1, len(states)-1))
	case action.Open:
		if s.cursor < len(states) {
			return s.request([]string{states[s.cursor].Shop}), true
		}
	case action.Why:
		return s.skipped(states), true
	case action.Back, action.Quit, action.SyncScreen:
		return s.ctx.Close(s), true
	default:
		return nil, false
	}
	return nil, true
}

func (s *Screen) request(shops []string) tea.Cmd {
	queued, why := s.ctx.Sync.Request(shops)
	if queued {
		return ui.Say("asking " + strings.Join(shops, ", ") + " for news")
	}
	return ui.Say(why)
}

func (s *Screen) skipped(states []store.SyncState) tea.Cmd {
	if s.cursor >= len(states) {
		return nil
	}
	sk := s.skips[states[s.cursor].Shop]
	if sk.total == 0 {
		return ui.Say("nothing was skipped: the pull setting of this store lets everything through")
	}
	t := ui.TextArg{Title: fmt.Sprintf("%d orders that the pull setting of %s left out", sk.total, states[s.cursor].Shop)}
	for _, one := range sk.list {
		t.Lines = append(t.Lines, "#"+one.Number+"   "+one.Reason)
	}
	return s.ctx.Open(ui.Open{Kind: ui.KindText, Arg: t})
}

// Can knows the keys of this screen.
func (s *Screen) Can(id action.ID) (ok bool, why string, known bool) {
	switch id {
	case action.Open, action.Why, action.Back, action.Up, action.Down:
		return true, "", true
	}
	return false, "", false
}

// Footer names what matters most now.
func (s *Screen) Footer() []action.ID {
	return []action.ID{action.Back, action.SyncNow, action.Why}
}

// Draw paints a block of lines for each store.
func (s *Screen) Draw(c *draw.Canvas, b draw.Box) {
	c.Text(draw.Box{X: b.X + 2, Y: b.Y, W: b.W - 4, H: 1}, "Sync", theme.Strong)
	c.TextRight(draw.Box{X: b.X + 2, Y: b.Y, W: b.W - 4, H: 1},
		s.ctx.Keys.Key(action.Open)+" this store now · "+s.ctx.Keys.Key(action.SyncNow)+" all now · "+s.ctx.Keys.Key(action.Why)+" skipped", theme.FaintTxt)
	c.Repeat(b.Row(1), '─', theme.Rule)
	y := b.Y + 2
	states := s.ctx.Sync.Status()
	if len(states) == 0 {
		c.Text(draw.Box{X: b.X + 2, Y: y, W: b.W - 4, H: 1}, "No store is connected. orderdeck store add connects one.", theme.DimText)
		return
	}
	s.cursor = max(0, min(s.cursor, len(states)-1))
	for i := range states {
		if y >= b.Y+b.H {
			return
		}
		y += s.one(c, draw.Box{X: b.X, Y: y, W: b.W, H: b.Y + b.H - y}, &states[i], i == s.cursor)
	}
}

func (s *Screen) one(c *draw.Canvas, b draw.Box, st *store.SyncState, cursor bool) int {
	head := b.Row(0)
	title, what := s.ctx.Title(st.Shop), st.Shop
	if name, ok := strings.CutPrefix(st.Shop, sync.SupplierPrefix); ok {
		title, what = name, "supplier"
	}
	c.Spans(draw.Box{X: b.X + 2, Y: b.Y, W: b.W - 4, H: 1},
		draw.Span{Text: title, Style: theme.Strong}, draw.Span{Text: "  " + what + "   ", Style: theme.FaintTxt}, State(s.ctx, st))
	if !st.NextRun.IsZero() && st.State != sync.StateRunning {
		c.TextRight(draw.Box{X: b.X + 2, Y: b.Y, W: b.W - 4, H: 1}, "next in "+s.ctx.Locale.Duration(st.NextRun.Sub(s.ctx.Now())), theme.DimText)
	}
	s.ctx.Theme.Row(c, head, cursor, false)
	lines := s.lines(st)
	for i, l := range lines {
		if i+1 >= b.H {
			break
		}
		c.Spans(draw.Box{X: b.X + 4, Y: b.Y + 1 + i, W: b.W - 6, H: 1}, l...)
	}
	if st.State == sync.StateRunning && st.Total > 0 && len(lines)+1 < b.H {
		Bar(c, draw.Box{X: b.X + 4, Y: b.Y + 1 + len(lines), W: min(60, b.W-8), H: 1}, st.Done, st.Total)
		return len(lines) + 3
	}
	return len(lines) + 2
}

// State is the one word for how a store stands, coloured.
func State(ctx *ui.Context, st *store.SyncState) draw.Span {
	switch st.State {
	case sync.StateRunning:
		return draw.Span{Text: "⟳ syncing " + st.Phase, Style: theme.Info}
	case sync.StateQueued:
		return draw.Span{Text: "queued", Style: theme.Info}
	case sync.StateWaiting:
		return draw.Span{Text: "waits before it tries again", Style: theme.Warn}
	case sync.StateStopped:
		return draw.Span{Text: "✗ stopped", Style: theme.Bad}
	}
	if st.LastSuccess.IsZero() {
		return draw.Span{Text: "never synced", Style: theme.Warn}
	}
	return draw.Span{Text: "✓ " + ctx.Locale.Ago(ctx.Now().Sub(st.LastSuccess)), Style: theme.Good}
}

func (s *Screen) lines(st *store.SyncState) [][]draw.Span {
	num := func(n int) string { return s.ctx.Locale.Number(int64(n)) }
	dim := func(t string) draw.Span { return draw.Span{Text: t, Style: theme.DimText} }
	var out [][]draw.Span
	if !st.LastSuccess.IsZero() {
		out = append(out, []draw.Span{dim("last success  "), {Text: s.ctx.Locale.DateTime(st.LastSuccess.In(s.ctx.Zone(st.Shop)))}})
	}
	r := st.Counts
	line := []draw.Span{dim("last run      "), {Text: fmt.Sprintf("%s new · %s updated · %s unchanged", num(r.New), num(r.Updated), num(r.Unchanged))}}
	if sk := s.skips[st.Shop]; sk.total > 0 {
		line = append(line, draw.Span{Text: " · " + num(sk.total) + " skipped by the pull setting", Style: theme.Warn})
	}
	if r.Gone > 0 {
		line = append(line, draw.Span{Text: " · " + num(r.Gone) + " gone from the store", Style: theme.Warn})
	}
	out = append(out, line)
	if st.State == sync.StateRunning {
		out = append(out, []draw.Span{dim("now           "), {Text: Progress(s.ctx, st)}})
	}
	if st.LastError != "" {
		for _, part := range draw.Wrap(st.LastError, 100) {
			out = append(out, []draw.Span{{Text: part, Style: theme.Bad}})
		}
	}
	if skew := st.ClockSkew.Abs(); skew > 30*time.Second {
		out = append(out, []draw.Span{{Text: "the store's clock and this one differ by " + s.ctx.Locale.Duration(skew), Style: theme.Warn}})
	}
	return out
}

// Progress says how far a running sync is: orders so far, of how many, the rate, the time left.
func Progress(ctx *ui.Context, st *store.SyncState) string {
	text := ctx.Locale.Number(int64(st.Done))
	if st.Total > 0 {
		text += " of " + ctx.Locale.Number(int64(st.Total))
	}
	text += " orders"
	if st.Rate > 0 {
		text += fmt.Sprintf(" · %s/s", ctx.Locale.Number(int64(st.Rate)))
		if left := st.Total - st.Done; left > 0 {
			text += " · " + ctx.Locale.Duration(time.Duration(float64(left)/st.Rate*float64(time.Second))) + " left"
		}
	}
	return text
}

// Bar paints how much of something is done.
func Bar(c *draw.Canvas, b draw.Box, done, total int) {
	n := 0
	if total > 0 {
		n = min(b.W, b.W*done/total)
	}
	c.Repeat(b, '─', theme.Rule)
	c.Repeat(draw.Box{X: b.X, Y: b.Y, W: n, H: 1}, '━', theme.Key)
}
