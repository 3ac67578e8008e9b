package orders

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/tui/action"
	"github.com/orderdeck/orderdeck/tui/detail"
	"github.com/orderdeck/orderdeck/tui/draw"
	"github.com/orderdeck/orderdeck/tui/theme"
)

// Wide is the least width at which the pane stands beside the list.
const Wide = 130

// Draw paints the screen: tabs, search line, rule, list, and the pane where there is room.
func (s *Screen) Draw(c *draw.Canvas, b draw.Box) {
	s.box = b
	s.tabs.draw(c, b.Row(0))
	s.above = b.Row(1)
	s.search.draw(c, s.above, s.status(b.W))
	s.left = draw.Box{X: b.X, Y: b.Y + 3, W: b.W, H: max(0, b.H-3)}
	s.pane = draw.Box{}
	cross := 0
	if b.W >= Wide {
		w := clamp(b.W*33/100, 46, 80)
		s.left.W = b.W - w
		cross = s.left.X + s.left.W
		s.pane = draw.Box{X: cross + 2, Y: s.left.Y, W: w - 3, H: s.left.H}
		c.Repeat(draw.Box{X: cross, Y: s.left.Y, W: 1, H: s.left.H}, '│', theme.Rule)
	}
	rule(c, b.Row(2), cross)
	s.drawList(c, s.left)
	if s.pane.W > 0 {
		s.drawPane(c)
	}
	s.search.popup(c, draw.Box{X: b.X, Y: b.Y + 2, W: b.W, H: b.H - 2})
}

func (s *Screen) drawList(c *draw.Canvas, b draw.Box) {
	if s.err != nil || s.list.err != nil {
		err := s.err
		if err == nil {
			err = s.list.err
		}
		s.say(c, b, theme.Bad, err.Error(), "Orderdeck tries again when the database changes; `orderdeck doctor` looks into it.")
		return
	}
	if s.list.known() == 0 && !s.list.loading {
		s.empty(c, b)
		return
	}
	s.table.draw(c, b, s.list, s.shownColumns(b.W), s.sort, s.marked.has)
}

// columnsKey is what the choice of columns depends on.
type columnsKey struct {
	own                  string
	stage, store, narrow bool
}

// shownColumns are the columns for this tab and width, made anew only when the choice changes.
func (s *Screen) shownColumns(width int) []column {
	own := s.columns()
	key := columnsKey{stage: s.tabs.current().Stage == "", store: len(s.ctx.Shops) > 1 && len(s.shops) != 1, narrow: width < 80 && len(own) == 0}
	if len(own) > 0 {
		key.own = strings.Join(own, " ")
	}
	if s.cols != nil && key == s.colsFor {
		return s.cols
	}
	if s.colsFor = key; key.narrow {
		s.cols = chosen([]string{"order", "customer", "stage", "total"}, false, false)
	} else {
		s.cols = chosen(own, key.stage, key.store)
	}
	return s.cols
}

func (s *Screen) columns() []string {
	if v := s.ownView(); v != nil && len(v.Columns) > 0 {
		return v.Columns
	}
	return s.opt.Columns
}

// written keeps what the end of the search line said, so that moving the cursor writes one number.
type written struct {
	spans []draw.Span
	of    ofKey
	ofs   string
	sums  []store.Sum // that the texts below were made of
	more  bool
	money []draw.Span
}

type ofKey struct {
	n           int
	about, part bool
}

// status is what stands at the end of the search line: place, how many, sums, what is selected. It is good until the
// next call.
func (s *Screen) status(width int) []draw.Span {
	out := s.written.spans[:0]
	sep := func() {
		if len(out) > 0 {
			out = append(out, draw.Span{Text: "   "})
		}
	}
	if done, total := s.ctx.Store.Indexing(); total > 0 && done < total {
		out = append(out, draw.Span{Text: fmt.Sprintf("indexing %d %%", done*100/total), Style: theme.Warn})
	}
	if s.marked.n > 0 {
		sep()
		out = append(out, draw.Span{Text: s.marksText(), Style: theme.Good})
	}
	if n := s.list.fresh; n > 0 {
		sep()
		out = append(out, draw.Span{Text: "↑ " + s.number(n) + " new above", Style: theme.Brand})
	}
	if n := s.list.known(); n > 0 {
		sep()
		out = append(out, draw.Span{Text: s.number(s.list.cursor + 1), Style: theme.Plain}, draw.Span{Text: s.ofAll(n), Style: theme.DimText})
	}
	if width >= 100 && len(s.sums) > 0 {
		sep()
		out = append(out, s.money()...)
	}
	s.written.spans = out
	return out
}

func (s *Screen) number(n int) string { return s.ctx.Locale.Number(int64(n)) }

// ofAll says of how many orders the cursor is on one.
func (s *Screen) ofAll(n int) string {
	key := ofKey{n, !s.list.idsKnown && s.list.total < 0, s.list.partial}
	if w := &s.written; w.ofs == "" || w.of != key {
		w.of, w.ofs = key, " of "+s.number(n)
		if key.about {
			w.ofs += "+"
		}
		if key.part {
			w.ofs += " (the newest hits)"
		}
	}
	return s.written.ofs
}

// money writes the sums.
func (s *Screen) money() []draw.Span {
	w := &s.written
	if len(w.sums) == len(s.sums) && &w.sums[0] == &s.sums[0] && w.more == s.sumsMore {
		return w.money
	}
	w.sums, w.more, w.money = s.sums, s.sumsMore, nil
	for i, sum := range s.sums {
		if i == 4 {
			w.money = append(w.money, draw.Span{Text: " …", Style: theme.FaintTxt})
			break
		}
		if i > 0 {
			w.money = append(w.money, draw.Span{Text: " · ", Style: theme.FaintTxt})
		}
		more := ""
		if s.sumsMore {
			more = "+"
		}
		w.money = append(w.money, draw.Span{Text: sum.Total.Currency + " ", Style: theme.FaintTxt}, draw.Span{Text: s.ctx.Amount(sum.Total) + more, Style: theme.DimText})
	}
	return w.money
}

func (s *Screen) drawPane(c *draw.Canvas) {
	if s.record == nil {
		return
	}
	// Ages are written in the pane, so it is written anew each second at the most.
	key := linesKey{s.record, s.pane.W, s.ctx.Now().Truncate(time.Second)}
	if key != s.linesFor {
		s.lines, s.linesFor = detail.Build(s.ctx, s.record, s.pane.W), key
	}
	s.scroll = clamp(s.scroll, 0, max(0, len(s.lines)-s.pane.H))
	shown := s.pane
	more := len(s.lines) - s.scroll - s.pane.H
	if more > 0 { // that is said on a row of its own, so that no amount is cut off
		more++
		shown.H--
	}
	detail.Draw(c, shown, s.lines, s.scroll)
	if more > 0 {
		if more != s.more {
			s.more, s.moreNote = more, fmt.Sprintf(" %s %d more ", s.ctx.Keys.Key(action.ScrollDown), more)
		}
		c.TextRight(s.pane.Row(s.pane.H-1), s.moreNote, theme.FaintTxt)
	}
}

// empty says why there is nothing, and what to do next.
func (s *Screen) empty(c *draw.Canvas, b draw.Box) {
	keys := s.ctx.Keys
	switch {
	case s.search.text != "":
		s.say(c, b, theme.Plain, "Nothing matches "+s.search.field.Value(),
			fmt.Sprintf("%s clears the search · %s changes it · %s goes to another tab", keys.Key(action.Back), keys.Key(action.Search), keys.Key(action.NextTab)))
	case s.tabs.counts[order.TabAll] == 0:
		s.checklist(c, b)
	default:
		why, next := emptyTab(s.tabs.current())
		s.say(c, b, theme.Plain, why, next)
	}
}

// emptyTab says what a tab is for and what brings orders into it.
func emptyTab(t order.Tab) (why, next string) {
	switch t.Stage {
	case order.StageAwaiting:
		return "No customer owes a payment.", "Orders wait here until the customer has paid."
	case order.StageToShip:
		return "Nothing waits to be sent from your own stock.", "A store with own_stock: true puts its paid orders here."
	case order.StageQuoting:
		return "Every product has a supplier.", "Orders with a product that is not linked, or whose cost is unknown, come here."
	case order.StageUnpaid:
		return "No supplier waits for your payment.", "Orders that the customer has paid and that are linked to a supplier come here."
	case order.StagePending:
		return "No payment to a supplier hangs.", "Orders come here when paying the supplier was tried and has not succeeded."
	case order.StagePlaced:
		return "Nothing is newly placed.", "Orders come here once the supplier has been paid and has not begun."
	case order.StageProcessing:
		return "No supplier is preparing anything.", "Orders come here when the supplier prepares them."
	case order.StageShipped:
		return "Nothing has been shipped.", "Orders come here when everything is on its way."
	case order.StageCancelled:
		return "Nothing was cancelled.", "Cancelled orders, and those with nothing left to deliver, come here."
	}
	switch t.ID {
	case order.TabRefunds:
		return "No refunds.", "Orders with a refund to the customer or a claim at the supplier come here."
	case order.TabResent:
		return "Nothing was sent twice.", "Orders with a second parcel come here."
	case "exceptions":
		return "Nothing contradicts itself.", "Orders whose facts do not fit together come here, each with its reason."
	case "late":
		return "Nothing is late.", "Orders that a supplier should have shipped by now come here."
	}
	return "No orders in this view.", "It shows: " + t.Query
}

func (s *Screen) say(c *draw.Canvas, b draw.Box, st draw.Style, title, next string) {
	y := b.Y + max(1, b.H/3)
	w := min(b.W-4, 76)
	for _, part := range draw.Wrap(title, w) {
		c.Text(draw.Box{X: b.X + (b.W-draw.Width(part))/2, Y: y, W: w, H: 1}, part, st.With(draw.Bold))
		y++
	}
	y++
	for _, part := range draw.Wrap(next, w) {
		c.Text(draw.Box{X: b.X + (b.W-draw.Width(part))/2, Y: y, W: w, H: 1}, part, theme.DimText)
		y++
	}
}

// ofFiles is the platform whose orders the merchant brings in files: nobody can be asked for them.
const ofFiles = "files"

// checklist is what a new shop sees: what is there, what is missing, and the next step.
func (s *Screen) checklist(c *draw.Canvas, b draw.Box) {
	synced, syncing, supplied := false, false, false
	for _, st := range s.ctx.Sync.Status() {
		if strings.HasPrefix(st.Shop, sync.SupplierPrefix) {
			supplied = true
			continue
		}
		synced = synced || !st.LastSuccess.IsZero()
		syncing = syncing || st.State == sync.StateRunning
	}
	step := func(ok bool, text, next string) (draw.Span, draw.Span, draw.Span) {
		if ok {
			return draw.Span{Text: "✓ ", Style: theme.Good}, draw.Span{Text: text}, draw.Span{}
		}
		return draw.Span{Text: "✗ ", Style: theme.Warn}, draw.Span{Text: text}, draw.Span{Text: "   " + next, Style: theme.DimText}
	}
	first := s.ctx.Keys.Key(action.SyncNow) + " asks the store now"
	if syncing {
		first = "the first sync is running …"
	} else if at := slices.IndexFunc(s.ctx.Shops, func(x store.Shop) bool { return x.Platform == ofFiles }); at >= 0 && len(s.ctx.Shops) == 1 {
		first = "orderdeck import FILE --store " + s.ctx.Shops[at].Name
	} else if synced {
		first = "the store has no orders that its pull setting lets through"
	}
	y := b.Y + max(1, b.H/4)
	x := b.X + max(2, (b.W-70)/2)
	c.Text(draw.Box{X: x, Y: y, W: b.W - x, H: 1}, "Your desk is set up; it is still empty.", theme.Strong)
	rows := [][3]draw.Span{}
	add := func(a, b, c draw.Span) { rows = append(rows, [3]draw.Span{a, b, c}) }
	add(step(len(s.ctx.Shops) > 0, "store connected", "orderdeck store add"))
	add(step(false, "orders synced", first))
	add(step(supplied, "supplier set up", "orderdeck supplier add"))
	add(step(false, "products linked to suppliers", s.ctx.Keys.Key(action.Link)+" on an order, once there is one"))
	for i, r := range rows {
		c.Spans(draw.Box{X: x, Y: y + 2 + i, W: b.W - x, H: 1}, r[:]...)
	}
}

// rule is the line between head and body.
func rule(c *draw.Canvas, b draw.Box, cross int) {
	c.Repeat(b, '─', theme.Rule)
	if cross > 0 {
		c.Text(draw.Box{X: cross, Y: b.Y, W: 1, H: 1}, "┬", theme.Rule)
	}
}
