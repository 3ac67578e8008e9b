package orders

import (
	"slices"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/tui/draw"
	"github.com/orderdeck/orderdeck/tui/theme"
	"github.com/orderdeck/orderdeck/tui/ui"
)

// viewLimit is where the counting of a view stops; beyond it the tab says "1000+".
const viewLimit = 1000

// viewCount is the count of a view, taken in the background.
type viewCount struct {
	n    int
	more bool
}

// tabs is the row of tabs: the stages with their exact counters, then the views.
type tabs struct {
	ctx    *ui.Context
	all    []order.Tab
	active string // id
	counts store.Counts
	views  map[string]viewCount
	hits   []tabHit
	from   int // first tab that is drawn

	show    []order.Tab           // what shown gave last; its memory is used again
	numbers map[string]writtenTab // by id
}

// writtenTab is a tab's number as it was written last.
type writtenTab struct {
	count viewCount
	text  string
}

type tabHit struct {
	box draw.Box
	id  string
}

func newTabs(ctx *ui.Context, own []order.Tab) *tabs {
	t := &tabs{ctx: ctx, active: order.TabAll, views: map[string]viewCount{}, numbers: map[string]writtenTab{}}
	t.setOwn(own)
	return t
}

func (t *tabs) setOwn(own []order.Tab) { t.all = append(order.Tabs(), own...) }

// shown leaves out To ship where no shop has a shelf of its own and nothing stands in it.
func (t *tabs) shown() []order.Tab {
	own := false
	for i := range t.ctx.Shops {
		own = own || t.ctx.Shops[i].OwnStock
	}
	t.show = t.show[:0]
	for i := range t.all {
		tab := &t.all[i]
		if tab.Stage != order.StageToShip || own || t.counts[tab.ID] != 0 || t.active == tab.ID {
			t.show = append(t.show, *tab)
		}
	}
	return t.show
}

func (t *tabs) current() order.Tab {
	for _, tab := range t.all {
		if tab.ID == t.active {
			return tab
		}
	}
	return t.all[0]
}

// step goes n tabs to the right, stopping at the ends. It reports whether the tab changed.
func (t *tabs) step(n int) bool {
	shown := t.shown()
	at := slices.IndexFunc(shown, func(tab order.Tab) bool { return tab.ID == t.active })
	return t.to(clamp(at+n, 0, len(shown)-1))
}

// to goes to the n-th shown tab.
func (t *tabs) to(n int) bool {
	shown := t.shown()
	if n < 0 || n >= len(shown) || shown[n].ID == t.active {
		return false
	}
	t.active = shown[n].ID
	return true
}

func (t *tabs) label(tab order.Tab) (title, count string) {
	if tab.Counted {
		if t.counts == nil {
			return tab.Title, ""
		}
		return tab.Title, t.number(tab.ID, viewCount{n: t.counts[tab.ID]})
	}
	v, ok := t.views[tab.ID]
	if !ok {
		return tab.Title, ""
	}
	return tab.Title, t.number(tab.ID, v)
}

// number writes a tab's number, once for as long as it stays.
func (t *tabs) number(id string, n viewCount) string {
	if w, ok := t.numbers[id]; ok && w.count == n {
		return w.text
	}
	text := t.ctx.Locale.Number(int64(n.n))
	if n.more {
		text += "+"
	}
	t.numbers[id] = writtenTab{n, text}
	return text
}

// draw paints the row, scrolled so that the active tab is in sight.
func (t *tabs) draw(c *draw.Canvas, b draw.Box) {
	shown := t.shown()
	at := max(0, slices.IndexFunc(shown, func(tab order.Tab) bool { return tab.ID == t.active }))
	head := 0
	if b.W >= 100 {
		head = c.Text(draw.Box{X: b.X + 1, Y: b.Y, W: b.W, H: 1}, "supplier ", theme.FaintTxt) + 1
	}
	b.X, b.W = b.X+head, b.W-head
	width := func(tab order.Tab) int {
		title, count := t.label(tab)
		w := draw.Width(title) + 2
		if count != "" {
			w += draw.Width(count) + 1
		}
		return w
	}
	t.from = min(t.from, at)
	fits := func() bool {
		x := 2 * b2i(t.from > 0)
		for i := t.from; i <= at; i++ {
			x += width(shown[i]) + 1
		}
		return x+2*b2i(at < len(shown)-1) <= b.W
	}
	for t.from < at && !fits() {
		t.from++
	}
	t.hits = t.hits[:0]
	x := b.X
	if t.from > 0 {
		c.Text(draw.Box{X: x, Y: b.Y, W: 1, H: 1}, "‹", theme.Key)
		x += 2
	}
	for i := t.from; i < len(shown); i++ {
		w := width(shown[i])
		if x+w+2*b2i(i < len(shown)-1) > b.X+b.W {
			c.Text(draw.Box{X: b.X + b.W - 2, Y: b.Y, W: 1, H: 1}, "›", theme.Key)
			break
		}
		box := draw.Box{X: x, Y: b.Y, W: w, H: 1}
		t.one(c, box, shown[i], i == at)
		t.hits = append(t.hits, tabHit{box, shown[i].ID})
		x += w + 1
	}
}

func (t *tabs) one(c *draw.Canvas, b draw.Box, tab order.Tab, active bool) {
	title, count := t.label(tab)
	name, number := theme.DimText, theme.FaintTxt
	if count != "" && count != "0" {
		name, number = theme.Plain, theme.DimText
		if tab.Stage != "" {
			number = theme.Stage(tab.Stage)
		}
	}
	if active {
		name, number = theme.Pill, theme.Pill
		c.Fill(b, theme.Pill)
		if t.ctx.Theme.Few {
			name, number = draw.Style{Attr: draw.Reverse | draw.Bold}, draw.Style{Attr: draw.Reverse | draw.Bold}
			c.Fill(b, name)
		}
	}
	inner := draw.Box{X: b.X + 1, Y: b.Y, W: b.W - 1, H: 1}
	n := c.Text(inner, title, name)
	if count != "" {
		c.Text(draw.Box{X: inner.X + n + 1, Y: b.Y, W: inner.W - n, H: 1}, count, number)
	}
}

// click gives the tab at a place.
func (t *tabs) click(x, y int) (string, bool) {
	for _, h := range t.hits {
		if h.box.Contains(x, y) {
			return h.id, true
		}
	}
	return "", false
}
