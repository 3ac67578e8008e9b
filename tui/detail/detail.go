// Package detail writes everything about one order as lines, for the pane beside the list and for the whole screen.
package detail

import (
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/tui/action"
	"github.com/orderdeck/orderdeck/tui/draw"
	"github.com/orderdeck/orderdeck/tui/theme"
	"github.com/orderdeck/orderdeck/tui/ui"
)

// Line is one line: spans from the left, and spans that end at the right edge.
type Line struct {
	Left, Right []draw.Span
	Rule        string      // a heading with a rule behind it, instead of spans
	Picture     *ui.Picture // this line and the ones after it belong to a picture
	Row, Rows   int         // which of the picture's lines this is, of how many
	Action      action.ID   // a click here does this
}

func text(s string, st draw.Style) draw.Span { return draw.Span{Text: s, Style: st} }

func line(spans ...draw.Span) Line { return Line{Left: spans} }

// builder collects the lines of one order for one width.
type builder struct {
	ctx   *ui.Context
	rec   *order.Record
	width int
	zone  *time.Location
	out   []Line
}

func (b *builder) add(l ...Line)        { b.out = append(b.out, l...) }
func (b *builder) blank()               { b.out = append(b.out, Line{}) }
func (b *builder) heading(title string) { b.out = append(b.out, Line{Rule: title}) }

// wrapped adds a text that may need several lines.
func (b *builder) wrapped(s string, st draw.Style, indent string) {
	for _, part := range draw.Wrap(s, b.width-draw.Width(indent)) {
		b.add(line(text(indent+part, st)))
	}
}

// Facts is what the record itself says for order.Can and order.Why.
func Facts(ctx *ui.Context, rec *order.Record) order.Facts {
	shop := store.Shop{Name: rec.Store}
	for _, s := range ctx.Shops {
		if s.Name == rec.Store {
			shop = s
		}
	}
	return rec.Facts(shop.Facts(ctx.Now()))
}

// Build writes an order for the pane: everything in one column.
func Build(ctx *ui.Context, rec *order.Record, width int) []Line {
	b := &builder{ctx: ctx, rec: rec, width: max(10, width), zone: ctx.Zone(rec.Store)}
	b.head()
	b.exceptions()
	b.people()
	b.heading("items")
	b.items(6)
	b.heading("money")
	b.totals()
	b.money()
	b.notes()
	b.actions()
	b.timeline(12)
	return b.out
}

// Left and Right are the two columns of the whole screen.
func Left(ctx *ui.Context, rec *order.Record, width int) []Line {
	b := &builder{ctx: ctx, rec: rec, width: max(10, width), zone: ctx.Zone(rec.Store)}
	b.exceptions()
	b.heading("items")
	b.items(1000)
	b.heading("money")
	b.totals()
	b.money()
	b.documents()
	b.notes()
	return b.out
}

// Right is the other column of the whole screen: people, actions, timeline.
func Right(ctx *ui.Context, rec *order.Record, width int) []Line {
	b := &builder{ctx: ctx, rec: rec, width: max(10, width), zone: ctx.Zone(rec.Store)}
	b.addresses()
	b.actions()
	b.parcels()
	b.timeline(1000)
	return b.out
}

func (b *builder) head() {
	s := b.rec.State
	stage := s.Stage.Label()
	if s.Partly {
		stage += " (partly)"
	}
	left := line(text("#"+b.rec.Number, theme.Strong), text("  ", theme.Plain), text(stage, theme.Stage(s.Stage).With(draw.Bold)))
	left.Right = []draw.Span{text(b.ctx.Locale.Ago(b.ctx.Now().Sub(b.rec.CreatedAt)), theme.DimText)}
	b.add(left)
	where := b.ctx.Title(b.rec.Store) + " · " + b.ctx.Locale.DateTime(b.rec.CreatedAt.In(b.zone))
	b.add(line(text(where, theme.FaintTxt)))
	b.flags()
}

// flags are the short facts that are true of few orders.
func (b *builder) flags() {
	var words []string
	if b.rec.Archived {
		words = append(words, "archived")
	}
	if b.rec.Test {
		words = append(words, "test order")
	}
	if b.rec.Gone {
		words = append(words, "no longer in the store")
	}
	if b.rec.CashOnDelivery {
		words = append(words, "cash on delivery")
	}
	if h := b.rec.State.Hold; h != "" && h != order.HoldNone {
		words = append(words, "on hold: "+spaced(string(h)))
	}
	if len(b.rec.Tags) > 0 {
		words = append(words, "tags: "+strings.Join(b.rec.Tags, ", "))
	}
	if len(words) > 0 {
		b.wrapped(strings.Join(words, " · "), theme.Info, "")
	}
}

func (b *builder) exceptions() {
	now := b.ctx.Now()
	for _, e := range b.rec.State.Active(now) {
		b.wrapped("! "+e.Text, theme.Bad, "")
	}
	if b.rec.State.Late(now) {
		b.wrapped("! late: the supplier was to ship by "+b.ctx.Locale.Date(b.rec.State.LateAt.In(b.zone)), theme.Bad, "")
	}
}

func (b *builder) people() {
	b.blank()
	c := b.rec.Customer
	b.add(line(text(dash(c.Name), theme.Strong), text("   "+c.Email, theme.DimText)))
	if c.Phone != "" {
		b.add(line(text(c.Phone, theme.DimText)))
	}
	if a := b.rec.Shipping; !a.IsZero() {
		a.Name = differs(a.Name, c.Name)
		b.wrapped(a.OneLine(), theme.Plain, "")
	} else {
		b.add(line(text("no delivery address", theme.FaintTxt)))
	}
	b.blank()
}

func differs(s, from string) string {
	if s == from {
		return ""
	}
	return s
}

func (b *builder) addresses() {
	c := b.rec.Customer
	b.heading("customer")
	b.add(line(text(dash(c.Name), theme.Strong)))
	for _, s := range []string{c.Company, c.Email, c.Phone, c.TaxID} {
		if s != "" {
			b.add(line(text(s, theme.DimText)))
		}
	}
	b.heading("deliver to")
	b.address(b.rec.Shipping)
	b.heading("bill to")
	if b.rec.Billing == b.rec.Shipping {
		b.add(line(text("same as delivery", theme.FaintTxt)))
	} else {
		b.address(b.rec.Billing)
	}
}

func (b *builder) address(a order.Address) {
	if a.IsZero() {
		b.add(line(text("none given", theme.FaintTxt)))
		return
	}
	for _, s := range []string{a.Name, a.Company, a.Line1, a.Line2, strings.TrimSpace(a.PostalCode + " " + a.City), strings.TrimSpace(a.Province + " " + a.Country), a.Phone} {
		if s != "" {
			b.wrapped(s, theme.Plain, "")
		}
	}
}

func (b *builder) notes() {
	if b.rec.CustomerNote != "" {
		b.heading("note from the customer")
		b.wrapped("“"+b.rec.CustomerNote+"”", theme.Warn, "")
	}
}

func (b *builder) actions() {
	b.heading("actions")
	f := Facts(b.ctx, b.rec)
	o, s := &b.rec.Order, b.rec.State
	for _, a := range []struct {
		id    action.ID
		event order.Event
		icon  string
		word  string
	}{
		{action.Tracking, order.EventTracking, b.ctx.Icons.Tracking, "tracking"},
		{action.Invoice, order.EventInvoice, b.ctx.Icons.Invoice, "invoice"},
		{action.Receipt, order.EventReceipt, b.ctx.Icons.Receipt, "receipt"},
		{action.Refund, order.EventRefund, b.ctx.Icons.Refund, "refund"},
	} {
		v := order.Can(o, s, f, a.event)
		name, key := theme.Plain, theme.Key
		if !v.Allowed {
			name, key = theme.FaintTxt, theme.FaintTxt
		}
		l := line(text("["+b.ctx.Keys.Key(a.id)+"] ", key), text(a.icon+" ", name), text(ui.Pad(a.word, 9), name), text(b.ctx.Sentence(v.Reason), theme.DimText))
		l.Action = a.id
		b.add(l)
	}
	b.acts()
}

func dash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

func spaced(s string) string { return strings.ReplaceAll(s, "_", " ") }

// Draw paints lines into a box from a first line on, and gives how many there are.
func Draw(c *draw.Canvas, b draw.Box, lines []Line, from int) {
	for y := range b.H {
		if from+y >= len(lines) {
			return
		}
		l, row := &lines[from+y], b.Row(y)
		if l.Rule != "" {
			n := c.Text(row, "─ ", theme.Rule)
			n += c.Text(draw.Box{X: row.X + n, Y: row.Y, W: row.W - n, H: 1}, l.Rule, theme.Head)
			n += c.Text(draw.Box{X: row.X + n, Y: row.Y, W: row.W - n, H: 1}, " ", theme.Head)
			c.Repeat(draw.Box{X: row.X + n, Y: row.Y, W: row.W - n, H: 1}, '─', theme.Rule)
			continue
		}
		right := 0
		if len(l.Right) > 0 {
			right = c.SpansRight(row, l.Right...) + 1
		}
		left := row
		if l.Picture != nil {
			picture(c, draw.Box{X: row.X, Y: row.Y, W: min(PictureWidth, row.W), H: 1}, *l.Picture, l.Row, l.Rows)
			left.X, left.W = row.X+PictureWidth+1, row.W-PictureWidth-1
		}
		left.W -= right
		c.Spans(left, l.Left...)
	}
}

// PictureWidth is how many columns a product's picture takes.
const PictureWidth = 6

// picture paints one line of a picture with half blocks: two pixels a cell, one above the other.
func picture(c *draw.Canvas, b draw.Box, p ui.Picture, row, rows int) {
	for x := range b.W {
		u := (float64(x) + 0.5) / float64(b.W)
		at := func(half float64) draw.Color {
			r, g, bl := p.Pixel(u, (float64(row)+half)/float64(rows))
			return draw.RGB(r, g, bl)
		}
		c.Text(draw.Box{X: b.X + x, Y: b.Y, W: 1, H: 1}, "▀", draw.Style{FG: at(0.25), BG: at(0.75)})
	}
}
