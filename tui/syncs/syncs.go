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

// Screen lists the stores, the suppliers, and what is on its way out.
type Screen struct {
	ctx    *ui.Context
	cursor int // of rows
	top    int // of lines
	height int
	skips  map[string]skips
	desk   desk
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

// Init reads what the pull settings left out, and what is on its way out.
func (s *Screen) Init() tea.Cmd {
	st, shops := s.ctx.Store, s.ctx.Shops
	return tea.Batch(func() tea.Msg {
		all := map[string]skips{}
		for _, shop := range shops {
			list, total, err := st.Skips(context.Background(), shop.Name, 50)
			if err == nil && total > 0 {
				all[shop.Name] = skips{list, total}
			}
		}
		return skipsMsg{s, all}
	}, s.readDesk())
}

// Update takes news of the synchronisation.
func (s *Screen) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case skipsMsg:
		if m.to == s {
			s.skips = m.all
		}
	case deskMsg:
		if m.to == s && m.seq == s.desk.seq {
			s.takeDesk(m)
		}
	case doneMsg:
		if m.to == s {
			return s.readDesk()
		}
	case ui.StoreChanged:
		return s.Init()
	}
	return nil
}

// row is what the cursor can stand on: a store, a supplier, or something on its way out.
type row struct {
	sync     *store.SyncState
	supplier *supplier
	effect   *store.Effect
}

func (s *Screen) rows(states []store.SyncState) []row {
	var out []row
	for i := range states {
		out = append(out, row{sync: &states[i]})
	}
	for i := range s.desk.suppliers {
		out = append(out, row{supplier: &s.desk.suppliers[i]})
	}
	for i := range s.desk.effects {
		out = append(out, row{effect: &s.desk.effects[i]})
	}
	return out
}

func (s *Screen) current() row {
	rows := s.rows(s.ctx.Sync.Status())
	if s.cursor < len(rows) {
		return rows[s.cursor]
	}
	return row{}
}

// Do moves, syncs one store, tries again, takes back, closes.
func (s *Screen) Do(a action.Action) (tea.Cmd, bool) {
	rows := s.rows(s.ctx.Sync.Status())
	switch a.ID {
	case action.Up:
		s.by(-1, len(rows))
	case action.Down:
		s.by(1, len(rows))
	case action.PageUp:
		s.by(-max(1, s.height/2), len(rows))
	case action.PageDown:
		s.by(max(1, s.height/2), len(rows))
	case action.Top:
		s.by(-len(rows), len(rows))
	case action.Bottom:
		s.by(len(rows), len(rows))
	case action.Open:
		return s.open(s.current()), true
	case action.Why:
		return s.why(s.current()), true
	case action.Back, action.Quit, action.SyncScreen:
		return s.ctx.Close(s), true
	case action.Retry, action.Withdraw, action.Resume:
		if ok, why, _ := s.Can(a.ID); !ok {
			return ui.Say(a.Label + ": " + why), true
		}
		return s.act(a.ID, s.current()), true
	default:
		return nil, false
	}
	return nil, true
}

func (s *Screen) by(n, rows int) { s.cursor = max(0, min(s.cursor+n, rows-1)) }

func (s *Screen) open(r row) tea.Cmd {
	switch {
	case r.sync != nil:
		return s.request([]string{r.sync.Shop})
	case r.effect != nil && r.effect.OrderID != 0 && r.effect.Kind == store.EffectTell:
		return s.ctx.Open(ui.Open{Kind: ui.KindPaper, Arg: ui.PaperArg{ID: r.effect.OrderID, What: action.Tracking}})
	case r.effect != nil && r.effect.OrderID != 0 && r.effect.Kind == store.EffectAct:
		id := r.effect.OrderID
		return s.ctx.Open(ui.Open{Kind: ui.KindOrder, Arg: ui.OrderArg{ID: id, Step: func(int) (int64, tea.Cmd) { return id, nil }}})
	case r.effect != nil && r.effect.OrderID != 0:
		return s.ctx.Open(ui.Open{Kind: ui.KindBuying, Arg: ui.CheckoutArg{IDs: []int64{r.effect.OrderID}}})
	}
	return nil
}

func (s *Screen) request(shops []string) tea.Cmd {
	queued, why := s.ctx.Sync.Request(shops)
	if queued {
		return ui.Say("asking " + strings.Join(shops, ", ") + " for news")
	}
	return ui.Say(why)
}

func (s *Screen) why(r row) tea.Cmd {
	if r.effect != nil {
		return s.ctx.Open(ui.Open{Kind: ui.KindText, Arg: s.evidence(r.effect)})
	}
	if r.sync == nil {
		return nil
	}
	sk := s.skips[r.sync.Shop]
	if sk.total == 0 {
		return ui.Say("nothing was skipped: the pull setting of this store lets everything through")
	}
	t := ui.TextArg{Title: fmt.Sprintf("%d orders that the pull setting of %s left out", sk.total, r.sync.Shop)}
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
	case action.Retry, action.Withdraw, action.Resume:
		why = s.cannot(id, s.current())
		return why == "", why, true
	}
	return false, "", false
}

// Footer names what matters most now.
func (s *Screen) Footer() []action.ID {
	switch r := s.current(); {
	case r.effect != nil:
		return []action.ID{action.Back, action.Retry, action.Withdraw, action.Open, action.Why, action.SyncNow}
	case r.supplier != nil && r.supplier.paused != "":
		return []action.ID{action.Back, action.Resume, action.SyncNow}
	}
	return []action.ID{action.Back, action.SyncNow, action.Why}
}

// line is one line of the page. The first one of a row carries the cursor.
type line struct {
	row         int // −1 = of no row
	first       bool
	rule        string
	left, right []draw.Span
	indent      int
	done, total int // of a bar
}

// Draw paints a block of lines for each store and supplier, and a line for everything on its way out.
func (s *Screen) Draw(c *draw.Canvas, b draw.Box) {
	head := draw.Box{X: b.X + 2, Y: b.Y, W: b.W - 4, H: 1}
	c.Text(head, "Sync", theme.Strong)
	keys := s.ctx.Keys
	c.TextRight(head, keys.Key(action.Open)+" this store now · "+keys.Key(action.SyncNow)+" all now · "+keys.Key(action.Why)+" skipped", theme.FaintTxt)
	c.Repeat(b.Row(1), '─', theme.Rule)
	states := s.ctx.Sync.Status()
	rows := s.rows(states)
	s.cursor = max(0, min(s.cursor, len(rows)-1))
	lines := s.page(rows)
	body := draw.Box{X: b.X, Y: b.Y + 2, W: b.W, H: max(0, b.H-2)}
	s.height = body.H
	s.scroll(lines)
	for y := range min(body.H, len(lines)-s.top) {
		s.line(c, body.Row(y), &lines[s.top+y])
	}
	if s.top+body.H < len(lines) && body.H > 0 {
		c.TextRight(draw.Box{X: b.X, Y: b.Y + b.H - 1, W: b.W - 1, H: 1}, " ↓ more", theme.FaintTxt)
	}
}

// scroll keeps the row under the cursor in sight, with what belongs to it as far as there is room.
func (s *Screen) scroll(lines []line) {
	first, last := 0, 0
	for i := range lines {
		if lines[i].row == s.cursor {
			if lines[i].first {
				first = i
			}
			last = i
		}
	}
	if s.cursor == 0 {
		first = 0
	}
	s.top = max(0, min(s.top, len(lines)-s.height))
	s.top = max(s.top, last-s.height+1)
	s.top = min(s.top, first)
}

func (s *Screen) page(rows []row) []line {
	var out []line
	if len(rows) == 0 {
		out = append(out, line{row: -1, left: []draw.Span{{Text: "No store is connected. orderdeck store add connects one.", Style: theme.DimText}}})
	}
	heading := ""
	head := func(text string) {
		if text != heading {
			heading = text
			out = append(out, line{row: -1, rule: text})
		}
	}
	for i, r := range rows {
		switch {
		case r.sync != nil:
			out = append(out, s.store(i, r.sync)...)
		case r.supplier != nil:
			head("suppliers")
			out = append(out, s.supplier(i, r.supplier)...)
		case r.effect != nil:
			head(s.outgoing())
			out = append(out, s.effect(i, r.effect)...)
		}
	}
	if len(s.desk.effects) == 0 && s.desk.known {
		out = append(out, line{row: -1, rule: "on its way out"}, line{row: -1, indent: 2, left: []draw.Span{{Text: "Nothing is on its way out, and nothing failed.", Style: theme.DimText}}})
	}
	return out
}

func (s *Screen) line(c *draw.Canvas, b draw.Box, l *line) {
	in := draw.Box{X: b.X + 2 + l.indent, Y: b.Y, W: b.W - 4 - l.indent, H: 1}
	switch {
	case l.rule != "":
		n := c.Text(b, "─ ", theme.Rule)
		n += c.Text(draw.Box{X: b.X + n, Y: b.Y, W: b.W - n, H: 1}, l.rule+" ", theme.Head)
		c.Repeat(draw.Box{X: b.X + n, Y: b.Y, W: b.W - n, H: 1}, '─', theme.Rule)
		return
	case l.total > 0:
		in.W = min(60, in.W)
		Bar(c, in, l.done, l.total)
		return
	}
	if n := c.SpansRight(in, l.right...); n > 0 {
		in.W -= n + 1
	}
	c.Spans(in, l.left...)
	if l.first {
		s.ctx.Theme.Row(c, b, l.row == s.cursor, false)
	}
}

// store writes how one store stands.
func (s *Screen) store(i int, st *store.SyncState) []line {
	title, what := s.ctx.Title(st.Shop), st.Shop
	if name, ok := strings.CutPrefix(st.Shop, sync.SupplierPrefix); ok {
		title, what = name, "supplier"
	}
	head := line{row: i, first: true, left: []draw.Span{
		{Text: title, Style: theme.Strong}, {Text: "  " + what + "   ", Style: theme.FaintTxt}, State(s.ctx, st),
	}}
	if !st.NextRun.IsZero() && st.State != sync.StateRunning {
		head.right = []draw.Span{{Text: "next in " + s.ctx.Locale.Duration(st.NextRun.Sub(s.ctx.Now())), Style: theme.DimText}}
	}
	out := []line{head}
	for _, l := range s.lines(st) {
		out = append(out, line{row: i, indent: 2, left: l})
	}
	if st.State == sync.StateRunning && st.Total > 0 {
		out = append(out, line{row: i, indent: 2, done: st.Done, total: st.Total})
	}
	return append(out, line{row: i})
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
		out = append(out, []draw.Span{dim("last success  "), {Text: s.ctx.Locale.DateTime(st.LastSuccess.In(time.Local))}})
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
