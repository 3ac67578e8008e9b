package orders

import (
	"slices"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/tui/draw"
	"github.com/orderdeck/orderdeck/tui/theme"
	"github.com/orderdeck/orderdeck/tui/ui"
)

const marks = 4 // columns left of the first: selection or news, exception, a blank

// table draws the rows of a list.
type table struct {
	ctx       *ui.Context
	need      map[string]int // by column id: the widest content of this view so far, so that columns only ever grow
	cols      []column       // that have room
	shown     []int          // where each of them stands among those that were wanted
	widths    []int
	fitted    []int // what cols and widths were made for: the width, then what each column needs
	fittedIDs string
	body      draw.Box // where the rows were drawn last, for the mouse

	// What the cells of the rows at hand say, so that moving the cursor formats nothing again.
	cells map[int64][]cell
	rows  *order.Row // the first of the rows that cells were made from
	n     int
	ids   string // of the columns
	of    []column
}

// cell is the text of one cell, made once.
type cell struct {
	spans []draw.Span
	width int
}

func newTable(ctx *ui.Context) *table { return &table{ctx: ctx, need: map[string]int{}} }

// reset forgets the widths, for another view.
func (t *table) reset() { clear(t.need) }

// prepare makes the texts of the rows on the screen, and lets the columns grow to what they need.
func (t *table) prepare(l *list, cols []column) {
	ids := t.ids
	if len(cols) == 0 || len(t.of) != len(cols) || &t.of[0] != &cols[0] {
		t.of, ids = cols, ""
		for i := range cols {
			ids += cols[i].id + " "
		}
	}
	var first *order.Row
	if len(l.rows) > 0 {
		first = &l.rows[0]
	}
	if t.cells == nil || t.rows != first || t.n != len(l.rows) || t.ids != ids {
		t.cells, t.rows, t.n, t.ids = map[int64][]cell{}, first, len(l.rows), ids
	}
	for at := l.top; at < l.top+l.height; at++ {
		r := l.at(at)
		if r == nil {
			continue
		}
		if _, done := t.cells[r.ID]; done {
			continue
		}
		cells := make([]cell, len(cols))
		for i := range cols {
			cells[i] = t.cell(&cols[i], r)
			t.need[cols[i].id] = max(t.need[cols[i].id], cells[i].width)
		}
		t.cells[r.ID] = cells
	}
}

func (t *table) cell(c *column, r *order.Row) cell {
	var out cell
	if c.spans != nil {
		out.spans = c.spans(t.ctx, r, nil)
	} else {
		out.spans = []draw.Span{{Text: c.text(t.ctx, r), Style: c.style(r)}}
	}
	for _, s := range out.spans {
		out.width += draw.Width(s.Text)
	}
	return out
}

// draw paints the heading and the rows. selected tells which orders are marked.
func (t *table) draw(c *draw.Canvas, b draw.Box, l *list, cols []column, s order.Sort, selected func(int64) bool) {
	t.prepare(l, cols)
	t.fit(cols, b.W-marks-1)
	t.heading(c, b.Row(0), s)
	t.body = draw.Box{X: b.X, Y: b.Y + 1, W: b.W, H: max(0, b.H-1)}
	for y := range t.body.H {
		at := l.top + y
		r := l.at(at)
		line := t.body.Row(y)
		if r == nil {
			if at < l.known() {
				c.Text(draw.Box{X: line.X + marks, Y: line.Y, W: line.W - marks, H: 1}, "·  ·  ·", theme.FaintTxt)
			}
			continue
		}
		marked := selected(r.ID)
		t.row(c, line, r, marked)
		t.ctx.Theme.Row(c, line, at == l.cursor, marked)
	}
	t.scrollbar(c, l)
}

func (t *table) heading(c *draw.Canvas, b draw.Box, s order.Sort) {
	x := b.X + marks
	for i := range t.cols {
		col := &t.cols[i]
		title := col.title
		if col.sort != "" && col.sort == s.Key {
			title = col.sorted[b2i(s.Asc)]
		}
		cell := draw.Box{X: x, Y: b.Y, W: t.widths[i], H: 1}
		if col.right {
			c.TextRight(cell, title, theme.Head)
		} else {
			c.Text(cell, title, theme.Head)
		}
		x += t.widths[i] + gap
	}
}

func (t *table) row(c *draw.Canvas, b draw.Box, r *order.Row, selected bool) {
	switch {
	case selected:
		c.Text(draw.Box{X: b.X + 1, Y: b.Y, W: 1, H: 1}, "✓", theme.Good)
	case r.Unseen:
		c.Text(draw.Box{X: b.X + 1, Y: b.Y, W: 1, H: 1}, "●", theme.Key)
	}
	if r.Exception != "" || r.Late {
		c.Text(draw.Box{X: b.X + 2, Y: b.Y, W: 1, H: 1}, "!", theme.Bad)
	}
	x := b.X + marks
	cells := t.cells[r.ID]
	for i, at := range t.shown {
		box := draw.Box{X: x, Y: b.Y, W: t.widths[i], H: 1}
		if t.cols[i].right && cells[at].width < box.W {
			box.X += box.W - cells[at].width
			box.W = cells[at].width
		}
		c.Spans(box, cells[at].spans...)
		x += t.widths[i] + gap
	}
}

// fit chooses the columns that have room; the answer is kept until something it depends on changes.
func (t *table) fit(cols []column, width int) {
	same := len(t.fitted) == len(cols)+1 && t.fitted[0] == width && t.fittedIDs == t.ids
	for i := range cols {
		same = same && t.fitted[i+1] == t.need[cols[i].id]
	}
	if same {
		return
	}
	t.fittedIDs, t.fitted = t.ids, append(t.fitted[:0], width)
	for i := range cols {
		t.fitted = append(t.fitted, t.need[cols[i].id])
	}
	t.cols, t.widths = fit(cols, t.need, width)
	t.shown = t.shown[:0]
	for _, c := range t.cols {
		t.shown = append(t.shown, slices.IndexFunc(cols, func(o column) bool { return o.id == c.id }))
	}
}

// scrollbar shows where in the view the screen is, once there is more than a screen.
func (t *table) scrollbar(c *draw.Canvas, l *list) {
	n, h := l.known(), t.body.H
	if n <= h || h < 3 {
		return
	}
	size := max(1, h*h/n)
	at := (h - size) * l.top / max(1, n-h)
	x := t.body.X + t.body.W - 1
	for y := range h {
		mark, st := "│", theme.Rule
		if y >= at && y < at+size {
			mark, st = "┃", theme.DimText
		}
		c.Text(draw.Box{X: x, Y: t.body.Y + y, W: 1, H: 1}, mark, st)
	}
}
