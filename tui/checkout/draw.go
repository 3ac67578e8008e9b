package checkout

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/tui/action"
	"github.com/orderdeck/orderdeck/tui/draw"
	"github.com/orderdeck/orderdeck/tui/theme"
	"github.com/orderdeck/orderdeck/tui/ui"
)

// column is one column of the table.
type column struct {
	id    string
	title string
	w     int
	right bool
}

// columns are those that fit; the method takes what is left.
func columns(width int) []column {
	var out []column
	switch {
	case width >= 150:
		out = []column{
			{"order", "Order", 9, false},
			{"customer", "Customer", 19, false},
			{"items", "Items", 22, false},
			{"supplier", "Supplier", 13, false},
			{"method", "Shipping method", 0, false},
			{"goods", "Goods", 9, true},
			{"shipping", "Shipping", 9, true},
			{"fees", "Fees", 7, true},
			{"total", "Total", 13, true},
			{"margin", "Margin", 8, true},
		}
	case width >= 110:
		out = []column{
			{"order", "Order", 9, false},
			{"customer", "Customer", 17, false},
			{"items", "Items", 16, false},
			{"method", "Shipping method", 0, false},
			{"shipping", "Shipping", 9, true},
			{"total", "Total", 13, true},
			{"margin", "Margin", 7, true},
		}
	case width >= 80:
		out = []column{
			{"order", "Order", 8, false},
			{"customer", "Customer", 15, false},
			{"method", "Shipping method", 0, false},
			{"total", "Total", 13, true},
			{"margin", "Margin", 6, true},
		}
	default:
		out = []column{
			{"order", "Order", 7, false}, {"customer", "Customer", 12, false}, {"method", "Shipping method", 0, false}, {"total", "Total", 12, true},
		}
	}
	left := width - 3
	for _, c := range out {
		left -= c.w + 1
	}
	for i := range out {
		if out[i].w == 0 {
			out[i].w = max(6, left)
		}
	}
	return out
}

// paneRoom is how many lines the pane below a long table has.
const paneRoom = 11

// Draw paints the title, the table, what belongs to the line under the cursor, and the sums.
func (s *Screen) Draw(c *draw.Canvas, b draw.Box) {
	s.title1(c, draw.Box{X: b.X + 1, Y: b.Y, W: b.W - 2, H: 1})
	c.Repeat(b.Row(1), '─', theme.Rule)
	if s.err != nil || len(s.lines) == 0 {
		s.nothing(c, draw.Box{X: b.X + 2, Y: b.Y + 3, W: b.W - 4, H: b.H - 3})
		return
	}
	in := b.W - 4
	pane, sums := s.paneLines(in), s.sumLines(in)
	room := b.H - 3 - len(sums) - 2
	// How much the table takes does not depend on the line under the cursor, so that nothing jumps.
	rows := len(s.lines)
	if s.reader.next < len(s.ids) {
		rows = len(s.ids)
	}
	s.height = max(1, min(max(3, rows), room-min(paneRoom, room/2)))
	paneH := max(0, room-s.height)
	head := b.Row(2)
	cols := columns(b.W)
	s.heading(c, head, cols)
	s.body = draw.Box{X: b.X, Y: b.Y + 3, W: b.W, H: s.height}
	s.scroll()
	for y := range s.height {
		if s.top+y < len(s.lines) {
			s.row(c, s.body.Row(y), cols, s.lines[s.top+y], s.top+y == s.cursor)
		}
	}
	y := s.body.Y + s.height
	s.separator(c, draw.Box{X: b.X, Y: y, W: b.W, H: 1})
	s.pane = draw.Box{X: b.X + 2, Y: y + 1, W: in, H: paneH}
	s.drawPane(c, pane)
	y = b.Y + b.H - len(sums) - 1
	c.Repeat(draw.Box{X: b.X, Y: y, W: b.W, H: 1}, '─', theme.Rule)
	for i, l := range sums {
		row := draw.Box{X: b.X + 2, Y: y + 1 + i, W: in, H: 1}
		n := c.SpansRight(row, l.right...)
		row.W -= n + 1
		c.Spans(row, l.left...)
	}
}

// scroll keeps the cursor in sight.
func (s *Screen) scroll() {
	s.top = max(0, min(s.top, len(s.lines)-s.height))
	s.top = min(s.top, s.cursor)
	s.top = max(s.top, s.cursor-s.height+1)
}

func (s *Screen) title1(c *draw.Canvas, b draw.Box) {
	right := "nothing sent yet"
	switch {
	case s.committing:
		right = "being written down …"
	case s.committed:
		right = "it goes on when you leave"
	}
	taken := c.SpansRight(b, draw.Span{Text: s.ctx.Keys.Key(action.Back) + " back", Style: theme.Key}, draw.Span{Text: ", " + right, Style: theme.DimText})
	n := len(s.ids)
	spans := []draw.Span{{Text: "Checkout", Style: theme.Strong}, {Text: "   " + s.orders(n), Style: theme.Plain}}
	var parts []string
	for _, name := range s.sum.suppliers {
		parts = append(parts, s.title(name)+" ("+s.number(s.sum.counts[name])+")")
	}
	if len(parts) > 0 {
		spans = append(spans, draw.Span{Text: " · " + strings.Join(parts, ", "), Style: theme.DimText})
	}
	if s.reader.next < n || s.reader.busy && len(s.lines) == 0 {
		spans = append(spans, draw.Span{Text: "   reading " + s.number(len(s.byOrder)) + " of " + s.number(n) + " …", Style: theme.Info})
	}
	c.Spans(draw.Box{X: b.X, Y: b.Y, W: b.W - taken - 2, H: 1}, spans...)
}

// nothing says why there is nothing to see.
func (s *Screen) nothing(c *draw.Canvas, b draw.Box) {
	text, st := "Reading the orders …", theme.DimText
	switch {
	case s.err != nil:
		text, st = s.err.Error(), theme.Bad
	case len(s.ids) == 0 && s.arg.Underway && !s.reader.busy:
		text = "Nothing is on its way to a supplier, and nothing failed. Choose orders in the list and press " + s.ctx.Keys.Key(action.Checkout) + " to check them out."
	case !s.reader.busy && s.reader.next > 0:
		text = "These orders are not there any more."
	}
	for i, part := range draw.Wrap(text, min(b.W, 90)) {
		if i < b.H {
			c.Text(b.Row(i), part, st)
		}
	}
}

func (s *Screen) heading(c *draw.Canvas, b draw.Box, cols []column) {
	x := b.X + 2
	for _, col := range cols {
		box := draw.Box{X: x, Y: b.Y, W: col.w, H: 1}
		if col.right {
			c.TextRight(box, col.title, theme.Head)
		} else {
			c.Text(box, col.title, theme.Head)
		}
		x += col.w + 1
	}
}

// row paints one line of the table. What is in the way, or how far it is, runs from the method to the total.
func (s *Screen) row(c *draw.Canvas, b draw.Box, cols []column, l *line, cursor bool) {
	if cursor {
		c.Text(b, "▸", theme.Key)
	}
	text, st, whole := s.inTheWay(l)
	x := b.X + 2
	for i, col := range cols {
		box := draw.Box{X: x, Y: b.Y, W: col.w, H: 1}
		if whole && (col.id == "goods" || col.id == "shipping" || col.id == "fees") {
			x += col.w + 1
			continue
		}
		if whole && col.id == "method" {
			for _, next := range cols[i+1:] {
				if next.id == "total" {
					break
				}
				box.W += next.w + 1
			}
			c.Text(box, text, st)
			x += col.w + 1
			continue
		}
		value, style := s.cell(l, col.id)
		if col.right {
			c.TextRight(box, value, style)
		} else {
			c.Text(box, value, style)
		}
		x += col.w + 1
	}
	if l.choice.Removed && l.placed == nil {
		c.Background(draw.Box{X: b.X + 2, Y: b.Y, W: b.W - 4, H: 1}, 0, draw.Faint)
	}
	s.ctx.Theme.Row(c, b, cursor && s.focus < 0, false)
}

// inTheWay is the text that stands in place of the method; whole is false where the method itself stands there.
func (s *Screen) inTheWay(l *line) (text string, st draw.Style, whole bool) {
	if l.placed != nil {
		now := s.status(l)
		return now.text, now.style, true
	}
	if l.choice.Removed {
		return "taken out; " + s.ctx.Keys.Key(action.Remove) + " puts it back", theme.DimText, true
	}
	if s.committing && l.ready() {
		return "being written down …", theme.Info, true
	}
	blocked := l.blockers()
	switch {
	case s.waitsForPrice(l):
		return string(spinner[s.frame%len(spinner)]) + " asking " + s.title(l.key.Supplier) + " for the price …", theme.Info, true
	case len(blocked) > 0:
		text = "✗ " + s.ctx.Locale.Sentence(blockerLine(s.ctx.Keys, blocked[0]))
		if n := len(blocked) - 1; n > 0 {
			text = fmt.Sprintf("✗ %s (+%d)", s.ctx.Locale.Sentence(blockerLine(s.ctx.Keys, blocked[0])), n)
		}
		return text, draw.Style{FG: theme.Red}, true
	case !l.entry.Complete:
		return "✗ incomplete: a price is missing", theme.Bad, true
	}
	return "", theme.Plain, false
}

// waitsForPrice tells whether nothing is in the way of a part but a price that was asked for.
func (s *Screen) waitsForPrice(l *line) bool {
	if !l.quoting || len(l.refused) > 0 {
		return false
	}
	for _, b := range l.entry.Blockers {
		switch b.Code {
		case checkout.BlockQuote, checkout.BlockMethod, checkout.BlockPayWith, checkout.BlockTotal:
		default:
			return false
		}
	}
	return true
}

func (s *Screen) cell(l *line, id string) (string, draw.Style) {
	e := &l.entry
	known := func(m order.Money) (string, draw.Style) {
		if m.Currency == "" {
			return "–", theme.FaintTxt
		}
		return s.ctx.Amount(m), theme.Plain
	}
	switch id {
	case "order":
		return "#" + l.number, theme.Strong
	case "customer":
		return cmp.Or(l.customer, "–"), theme.Plain
	case "items":
		return l.items, theme.DimText
	case "supplier":
		return cmp.Or(s.title(l.supplier()), "–"), theme.Plain
	case "method":
		if e.Method == nil {
			return "–", theme.FaintTxt
		}
		return strings.Join(ui.Filled(e.Method.Name, days(e.Method.Days), e.MethodBy), " · "), theme.Plain
	case "goods":
		return known(e.Goods)
	case "shipping":
		return known(e.Shipping)
	case "fees":
		return known(e.Fees)
	case "total":
		total := e.Total
		if l.placed != nil {
			total = l.placed.Total
		} else if !e.Complete {
			return "—", theme.FaintTxt
		}
		return s.ctx.Money(total), theme.Strong
	case "margin":
		if l.placed != nil || e.Margin == nil {
			return "–", theme.FaintTxt
		}
		st := theme.Good
		if e.Margin.Minor < 0 {
			st = theme.Bad
		}
		return s.ctx.Locale.Percent(int64(e.MarginPercent)), st
	}
	return "", theme.Plain
}

func (s *Screen) separator(c *draw.Canvas, b draw.Box) {
	c.Repeat(b, '─', theme.Rule)
	n := 2
	if l := s.current(); l != nil {
		label := " #" + l.number
		if l.customer != "" {
			label += " · " + l.customer
		}
		if name := l.supplier(); name != "" {
			label += " · " + s.title(name)
		}
		n += c.Text(draw.Box{X: b.X + 1, Y: b.Y, W: b.W * 2 / 3, H: 1}, label+" ", theme.Head)
	}
	if len(s.lines) > s.height {
		c.TextRight(draw.Box{X: b.X + n, Y: b.Y, W: b.W - n - 1, H: 1}, " "+s.number(s.cursor+1)+" of "+s.number(len(s.lines))+" ", theme.DimText)
	}
}

// paneLine is one line below the table.
type paneLine struct {
	field int // index of fields, −1 for others
	spans []draw.Span
	right []draw.Span
	input bool
}

// paneLines is what belongs to the line under the cursor: what is in the way, then its fields.
func (s *Screen) paneLines(width int) []paneLine {
	l := s.current()
	if l == nil {
		return nil
	}
	var out []paneLine
	say := func(text string, st draw.Style) {
		for _, part := range draw.Wrap(text, width) {
			out = append(out, paneLine{field: -1, spans: []draw.Span{{Text: part, Style: st}}})
		}
	}
	if l.placed != nil {
		return append(out, s.placedLines(l, width)...)
	}
	if !s.waitsForPrice(l) {
		for _, b := range l.blockers() {
			say("✗ "+s.ctx.Locale.Sentence(blockerLine(s.ctx.Keys, b)), theme.Bad)
		}
	}
	if l.last != "" {
		say("the attempt before was given up: "+s.ctx.Sentence(l.last), theme.Warn)
	}
	for _, o := range l.entry.Overrides {
		say("set aside: "+string(o.Code)+" · "+o.Who+" · "+o.Why, theme.Warn)
	}
	for _, w := range l.entry.Warnings {
		say("! "+s.ctx.Sentence(w), theme.Warn)
	}
	if w := l.entry.NoteWarning; w != "" {
		say("! "+w, theme.Warn)
	}
	for i, f := range s.fields() {
		out = append(out, s.fieldLine(l, i, f, width))
	}
	if d := l.entry.Delivery; l.buyable {
		text := "no promise on file"
		if !d[1].IsZero() {
			text = s.between(l, d)
		}
		out = append(out, paneLine{field: -1, spans: []draw.Span{{Text: ui.Pad("Delivery", nameW(width)), Style: theme.DimText}, {Text: text, Style: theme.Plain}}})
	}
	return out
}

func (s *Screen) between(l *line, d [2]time.Time) string {
	zone := s.ctx.Zone(l.store)
	from, to := s.ctx.Locale.Date(d[0].In(zone)), s.ctx.Locale.Date(d[1].In(zone))
	if d[0].IsZero() || from == to {
		return "about " + to
	}
	return from + " – " + to
}

// nameW is how wide the names of the fields are.
func nameW(width int) int {
	if width < 100 {
		return 16
	}
	return 32
}

var longNames = map[fieldKind]string{fieldForward: "Forwarded note from customer", fieldNote: "Instruction to supplier"}

func (s *Screen) fieldLine(l *line, i int, f fieldOf, width int) paneLine {
	name := f.name
	if long, ok := longNames[f.kind]; ok && width >= 100 {
		name = long
	}
	out := paneLine{field: i, spans: []draw.Span{{Text: ui.Pad(name, nameW(width)), Style: theme.DimText}}}
	add := func(text string, st draw.Style) { out.spans = append(out.spans, draw.Span{Text: text, Style: st}) }
	hint := func(text string, st draw.Style) {
		out.right = []draw.Span{{Text: s.ctx.Keys.Key(f.id), Style: theme.Key}, {Text: " " + text, Style: st}}
	}
	out.input = s.editing && s.kind == f.kind && l.key == s.subject
	e := &l.entry
	switch f.kind {
	case fieldForward:
		switch note := l.forwarded(); {
		case note == "":
			add("nothing is forwarded", theme.Warn)
		case l.choice.CustomerNote != nil:
			add("“"+note+"”", theme.Plain)
			add("  changed by you", theme.Warn)
		default:
			add("“"+note+"”", theme.Plain)
		}
		hint("redact", theme.FaintTxt)
	case fieldNote:
		n, limit := len([]rune(l.choice.Note)), e.Supplier.NoteMax
		if limit == 0 {
			add("this supplier takes none", theme.FaintTxt)
			return out
		}
		if l.choice.Note == "" {
			add("none", theme.FaintTxt)
		} else {
			add(l.choice.Note, theme.Plain)
		}
		st := theme.FaintTxt
		if n > limit {
			st = theme.Bad
		}
		hint(fmt.Sprintf("edit  %d/%d", n, limit), st)
	case fieldPackaging:
		s.packagingText(l, add)
		hint("choose", theme.FaintTxt)
	case fieldPayWith:
		s.payText(e, add)
		hint("choose", theme.FaintTxt)
	}
	return out
}

func (s *Screen) packagingText(l *line, add func(string, draw.Style)) {
	e := &l.entry
	var names []string
	for _, p := range e.Packaging {
		names = append(names, p.Title)
	}
	text := strings.Join(names, " + ")
	if e.CardText != "" {
		text += " “" + e.CardText + "”"
	}
	if text == "" {
		add("none", theme.FaintTxt)
	} else {
		add(text, theme.Plain)
	}
	switch {
	case e.PackagingBy != "":
		add("  "+e.PackagingBy, theme.DimText)
	case l.choice.NoPackaging:
		add("  chosen", theme.DimText)
	}
}

// payText writes the ways of paying as a row of radio buttons, the chosen one first where there is little room.
func (s *Screen) payText(e *checkout.Entry, add func(string, draw.Style)) {
	if len(e.PayMethods) == 0 {
		add("the supplier has not said yet", theme.FaintTxt)
		return
	}
	for i, m := range e.PayMethods {
		mark, st := "( ) ", theme.DimText
		if e.PayWith != nil && e.PayWith.Code == m.Code {
			mark, st = "(•) ", theme.Plain
		}
		text := m.Name
		if m.Available != nil {
			text += " " + s.ctx.Money(*m.Available)
		}
		if m.Refused != "" {
			text, st = text+" — "+s.ctx.Sentence(m.Refused), theme.FaintTxt
		}
		if i > 0 {
			add("   ", theme.Plain)
		}
		add(mark+text, st)
	}
}

// placedLines is what there is to say of a placement.
func (s *Screen) placedLines(l *line, width int) []paneLine {
	p := l.placed
	var out []paneLine
	row := func(name, value string, st draw.Style) {
		if value == "" {
			return
		}
		for i, part := range draw.Wrap(value, max(8, width-nameW(width))) {
			if i > 0 {
				name = ""
			}
			out = append(out, paneLine{field: -1, spans: []draw.Span{{Text: ui.Pad(name, nameW(width)), Style: theme.DimText}, {Text: part, Style: st}}})
		}
	}
	now := s.status(l)
	row("Stands", now.text, now.style)
	if e := s.effect(l); e != nil {
		row("Seen", s.ctx.Sentence(e.Evidence), theme.DimText)
		if !e.NotBefore.IsZero() && e.NotBefore.After(s.now()) {
			row("Next try", "in "+s.ctx.Locale.Duration(e.NotBefore.Sub(s.now())), theme.DimText)
		}
	}
	row("Their order", p.SupplierNo, theme.Plain)
	row("Our reference", p.Reference, theme.DimText)
	if p.Total.Currency != "" {
		row("Cost", fmt.Sprintf("goods %s · shipping %s · fees %s", s.ctx.Amount(p.Goods), s.ctx.Amount(p.Shipping), s.ctx.Amount(p.Fees)), theme.DimText)
	}
	row("Paid by", p.PaidBy, theme.Plain)
	var keys []string
	for _, id := range []action.ID{action.Retry, action.ToUnpaid, action.ConfirmPaid} {
		if s.cannotPlacement(l, id) == "" {
			a, _ := s.ctx.Keys.Get(id)
			keys = append(keys, s.ctx.Keys.Key(id)+" "+a.Label)
		}
	}
	row("You can", strings.Join(keys, " · "), theme.Key)
	return out
}

func (s *Screen) drawPane(c *draw.Canvas, lines []paneLine) {
	s.fieldRows = s.fieldRows[:0]
	from := 0
	if s.focus >= 0 { // the field under the cursor stays in sight
		for i, l := range lines {
			if l.field == s.focus {
				from = max(0, min(i-s.pane.H/2, len(lines)-s.pane.H))
			}
		}
	}
	for i, l := range lines[min(from, len(lines)):] {
		if i >= s.pane.H {
			return
		}
		row := s.pane.Row(i)
		if l.field >= 0 {
			s.fieldRows = append(s.fieldRows, row.Y)
		}
		whole := row
		if n := c.SpansRight(row, l.right...); n > 0 {
			row.W -= n + 2
		}
		if l.input {
			n := c.Spans(row, l.spans[0])
			at := draw.Box{X: row.X + n, Y: row.Y, W: row.W - n, H: 1}
			c.Fill(at, draw.Style{BG: theme.InputBG})
			s.field.Draw(c, at, "", draw.Style{BG: theme.InputBG})
			continue
		}
		c.Spans(row, l.spans...)
		s.ctx.Theme.Row(c, whole, l.field >= 0 && l.field == s.focus && !s.editing, false)
	}
}

// sumLine is one line of the sums: a sentence on the left, an amount on the right.
type sumLine struct{ left, right []draw.Span }

// sumLines is what all of it comes to, per supplier and currency.
func (s *Screen) sumLines(width int) []sumLine {
	t := &s.sum
	var out []sumLine
	for i, key := range t.order {
		if i == 3 && len(t.order) > 4 {
			out = append(out, sumLine{right: []draw.Span{{Text: fmt.Sprintf("… and %d more", len(t.order)-i), Style: theme.DimText}}})
			break
		}
		l := sumLine{right: []draw.Span{
			{Text: "Pay to " + s.title(key[0]) + "   ", Style: theme.DimText}, {Text: s.ctx.Money(t.total[key]), Style: theme.Strong},
		}}
		if b := t.base[key]; b != nil && b.Currency != "" && b.Currency != key[1] && width >= 90 {
			l.right = append(l.right, draw.Span{Text: " ≈ " + s.ctx.Money(*b), Style: theme.DimText})
		}
		out = append(out, l)
	}
	if len(out) == 0 {
		out = append(out, sumLine{})
	}
	state := fmt.Sprintf("%s of %s can be placed", s.number(t.ready), s.number(t.all))
	if t.partly > 0 {
		state += ", " + s.number(t.partly) + " only in part"
	}
	if t.all == 0 {
		state = s.orders(t.placed) + " placed or on their way"
	} else if t.placed > 0 {
		state += " · " + s.number(t.placed) + " placed or on their way"
	}
	out[0].left = append(out[0].left, draw.Span{Text: state, Style: theme.Strong})
	if t.open > 0 {
		out[0].left = append(out[0].left, draw.Span{Text: " · " + s.number(t.open) + " incomplete", Style: theme.Warn})
	}
	st, word := theme.Key, theme.Plain
	if s.cannotPay() != "" {
		st, word = theme.FaintTxt, theme.FaintTxt
	}
	last := sumLine{
		left: []draw.Span{{Text: "After this an order cannot be cancelled at the supplier.", Style: theme.Warn}},
		right: []draw.Span{
			{Text: s.ctx.Keys.Key(action.Pay), Style: st}, {Text: " pay and place", Style: word}, {Text: "   " + s.ctx.Keys.Key(action.Remove), Style: theme.Key}, {Text: " remove", Style: theme.Plain},
		},
	}
	if width < 80 {
		last.right = last.right[:2]
		last.left[0].Text = "It can't be cancelled afterwards."
	}
	return append(out, last)
}

var _ interface {
	ui.Screen
	ui.Typist
	ui.Clicker
} = (*Screen)(nil)
