package links

import (
	"cmp"
	"strings"

	"github.com/orderdeck/orderdeck/tui/action"
	"github.com/orderdeck/orderdeck/tui/draw"
	"github.com/orderdeck/orderdeck/tui/theme"
	"github.com/orderdeck/orderdeck/tui/ui"
)

// Draw paints the products on the left and the catalogue on the right; below 100 columns one above the other.
func (s *Screen) Draw(c *draw.Canvas, b draw.Box) {
	title := draw.Box{X: b.X + 1, Y: b.Y, W: b.W - 2, H: 1}
	spans := []draw.Span{{Text: "Link products to suppliers", Style: theme.Strong}}
	if s.rec != nil {
		spans = append(spans, draw.Span{Text: "   #" + s.rec.Number + " · " + s.ctx.Title(s.rec.Store), Style: theme.DimText})
	}
	c.Spans(title, spans...)
	c.Repeat(b.Row(1), '─', theme.Rule)
	body := draw.Box{X: b.X + 1, Y: b.Y + 2, W: b.W - 2, H: max(0, b.H-2)}
	if s.rec == nil {
		text, st := "Reading the order …", theme.DimText
		if s.err != nil {
			text, st = s.err.Error(), theme.Bad
		}
		for i, part := range draw.Wrap(text, min(body.W-2, 90)) {
			c.Text(draw.Box{X: body.X + 1, Y: body.Y + 1 + i, W: body.W - 2, H: 1}, part, st)
		}
		return
	}
	if b.W < 100 {
		h := min(2*len(s.products)+1, max(3, body.H*2/5))
		s.left(c, draw.Box{X: body.X, Y: body.Y, W: body.W, H: h})
		c.Repeat(draw.Box{X: b.X, Y: body.Y + h, W: b.W, H: 1}, '─', theme.Rule)
		s.catalogue(c, draw.Box{X: body.X, Y: body.Y + h + 1, W: body.W, H: max(0, body.H-h-1)})
		return
	}
	w := min(70, body.W*2/5)
	s.left(c, draw.Box{X: body.X, Y: body.Y, W: w, H: body.H})
	c.Repeat(draw.Box{X: body.X + w + 1, Y: body.Y, W: 1, H: body.H}, '│', theme.Rule)
	s.catalogue(c, draw.Box{X: body.X + w + 3, Y: body.Y, W: body.W - w - 3, H: body.H})
}

// left lists the products of the order, each with what it is linked to.
func (s *Screen) left(c *draw.Canvas, b draw.Box) {
	c.Text(b.Row(0), "This order's products", theme.Head)
	type row struct {
		spans, right []draw.Span
		at           int
	}
	var rows []row
	first := 0
	for i, p := range s.products {
		if i == s.at {
			first = len(rows)
		}
		l := p.line
		name := strings.TrimSpace(l.Title + " " + l.Variant)
		mark := "  "
		if i == s.at {
			mark = "▸ "
		}
		rows = append(rows, row{spans: []draw.Span{{Text: mark, Style: theme.Key}, {Text: cmp.Or(name, p.key), Style: theme.Strong}}, right: []draw.Span{{Text: skuOf(&l), Style: theme.DimText}}, at: i})
		if len(p.links) == 0 {
			rows = append(rows, row{spans: []draw.Span{{Text: "    ✗ not linked", Style: theme.Warn}}, at: i})
		}
		for j, link := range p.links {
			mark, st := "    ✓ ", theme.Good
			if j > 0 {
				mark, st = "      ", theme.DimText
			}
			text := s.title(link.Supplier) + " " + link.SupplierSKU
			if j == 0 && len(p.links) > 1 {
				text += " · preferred"
			}
			cost := "cost not known"
			if link.CostKnown {
				cost = s.ctx.Money(link.Cost)
			}
			rows = append(rows, row{spans: []draw.Span{{Text: mark, Style: st}, {Text: text, Style: theme.Plain}}, right: []draw.Span{{Text: cost, Style: theme.DimText}}, at: i})
		}
	}
	room := max(0, b.H-1)
	s.topLeft = max(0, min(s.topLeft, len(rows)-room))
	if first < s.topLeft {
		s.topLeft = first
	}
	if first+1 >= s.topLeft+room {
		s.topLeft = max(0, first+2-room)
	}
	for y := range min(room, len(rows)-s.topLeft) {
		r, line := rows[s.topLeft+y], b.Row(y+1)
		text := line
		text.W -= c.SpansRight(line, r.right...) + 1
		c.Spans(text, r.spans...)
		if r.at == s.at {
			if s.right {
				s.ctx.Theme.Row(c, line, false, true)
			} else {
				s.ctx.Theme.Row(c, line, true, false)
			}
		}
	}
}

// catalogue lists what suppliers sell.
func (s *Screen) catalogue(c *draw.Canvas, b draw.Box) {
	if b.H < 2 {
		return
	}
	line := b.Row(0)
	n := c.Text(line, s.ctx.Keys.Key(action.Search)+" ", theme.Key)
	field := draw.Box{X: line.X + n, Y: line.Y, W: line.W - n, H: 1}
	hint := "searches the price lists; these are suggestions"
	if s.editing {
		c.Fill(field, draw.Style{BG: theme.InputBG})
		s.query.Draw(c, field, "SKU or words of the title", draw.Style{BG: theme.InputBG})
	} else {
		s.query.Draw(c, field, hint, theme.Plain)
	}
	list := draw.Box{X: b.X, Y: b.Y + 2, W: b.W, H: max(0, b.H-2)}
	status := s.status()
	c.Text(b.Row(1), status, theme.Head)
	s.height = list.H
	s.topRight = max(0, min(s.topRight, len(s.found)-list.H))
	s.topRight = min(s.topRight, s.pick)
	s.topRight = max(s.topRight, s.pick-list.H+1)
	if len(s.found) == 0 {
		s.empty(c, list)
		return
	}
	for y := range min(list.H, len(s.found)-s.topRight) {
		s.found1(c, list.Row(y), s.topRight+y)
	}
}

func (s *Screen) status() string {
	where := "in the price lists"
	if s.remote {
		where = "at the supplier"
	}
	switch {
	case s.looking:
		return "looking …"
	case len(s.found) == 0:
		return ""
	case s.more || len(s.found) >= most:
		return s.ctx.Locale.Number(int64(len(s.found))) + "+ products " + where
	case len(s.found) == 1:
		return "1 product " + where
	}
	return s.ctx.Locale.Number(int64(len(s.found))) + " products " + where
}

func (s *Screen) empty(c *draw.Canvas, b draw.Box) {
	if s.looking {
		return
	}
	text := "Nothing in the price lists resembles this product. " + s.ctx.Keys.Key(action.Search) + " searches by SKU or words."
	switch {
	case s.query.Value() != "":
		text = "Nothing in the price lists matches. `orderdeck supplier import prices.csv` brings a supplier's list."
	case len(s.settings.Suppliers) == 0:
		text = "No supplier is set up. `orderdeck supplier add` sets one up; `orderdeck supplier import prices.csv` brings its list."
	}
	if s.ctx.Find != nil {
		text += " " + s.ctx.Keys.Key(action.Catalogue) + " searches at the supplier itself."
	}
	for i, part := range draw.Wrap(text, min(b.W-1, 80)) {
		if i < b.H {
			c.Text(b.Row(i), part, theme.DimText)
		}
	}
}

func (s *Screen) found1(c *draw.Canvas, line draw.Box, i int) {
	p := &s.found[i]
	cost := "cost not known"
	if p.CostKnown {
		cost = s.ctx.Money(p.Cost)
	}
	right := []draw.Span{{Text: cost, Style: theme.Plain}}
	if st := stock(p); st != "" && line.W >= 80 {
		right = append([]draw.Span{{Text: st + "   ", Style: theme.DimText}}, right...)
	}
	mark := "  "
	if s.at < len(s.products) {
		for _, l := range s.products[s.at].links {
			if l.Supplier == p.Supplier && l.SupplierSKU == p.SKU {
				mark = "✓ "
			}
		}
	}
	text := line
	text.W -= c.SpansRight(line, right...) + 1
	name := strings.TrimSpace(p.Title + " " + p.Variant)
	c.Spans(text, draw.Span{Text: mark, Style: theme.Good}, draw.Span{Text: name, Style: theme.Plain}, draw.Span{Text: "  " + p.SKU + " · " + s.title(p.Supplier), Style: theme.DimText})
	s.ctx.Theme.Row(c, line, s.right && i == s.pick, false)
}

var _ interface {
	ui.Screen
	ui.Typist
} = (*Screen)(nil)
