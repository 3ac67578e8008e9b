package document

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
)

// InvoiceData is what a branded invoice says. It knows what the customer ordered and pays, and nothing of suppliers.
type InvoiceData struct {
	Record *order.Record
	Brand  Brand
	Format Format         // also the language; see Language
	Zone   *time.Location // in which dates are written; nil = UTC
	At     time.Time      // when it is made
}

// Invoice writes the branded invoice of an order as a PDF. The warnings say what does not look as it should.
func Invoice(w io.Writer, d InvoiceData) (warnings []string, err error) {
	o, t := &d.Record.Order, wordsOf(d.Format.Name())
	number := strings.TrimSpace(t.Order + " #" + o.Number)
	width, height := paper(o.Destination().Country)
	s, err := newSheet(width, height, t.Invoice+" #"+o.Number, d.Format.Name(), d.Brand.Font, d.At)
	if err != nil {
		return nil, err
	}
	warnings = s.brand(&d.Brand, t.Invoice, []string{number, t.Date + ": " + d.Format.Date(in(o.CreatedAt, d.Zone))})
	s.again = func() { s.runningHead(&d.Brand, t.Invoice+" #"+o.Number) }
	s.foot = func(page, of int) { s.pageFoot(t.NoTax, fmt.Sprintf(t.Page, page, of)) }

	s.parties(&d.Brand, t, o)
	s.invoiceLines(d, t)
	s.invoiceTotals(d, t)
	if d.Brand.Message != "" {
		s.y += 22
		s.paragraphs(d.Brand.Message, s.inner(), plain)
	}
	more, err := s.write(w)
	return append(warnings, more...), err
}

// brand draws the head of the first page: the logo or the name on the left, the title and what it is about on the right.
func (s *sheet) brand(b *Brand, title string, about []string) (warnings []string) {
	accent := b.accentInk()
	top, half := s.y, s.inner()*0.55
	high := 0.0
	if len(b.Logo) > 0 {
		picture, pw, ph, err := logo(b.Logo)
		if err != nil {
			warnings = append(warnings, "the logo is left out: "+err.Error())
		} else {
			const wide, tall = 170.0, 60.0
			w, h := wide, wide*float64(ph)/float64(pw)
			if h > tall {
				w, h = tall*float64(pw)/float64(ph), tall
			}
			s.picture = picture
			s.page().images = append(s.page().images, box{x: margin, y: top, w: w, h: h})
			high = h
		}
	}
	if high == 0 && b.Name != "" {
		name := style{19, true, accent}
		lines := s.wrap(b.Name, half, name)
		high = s.block(margin, top, -1, lines[:min(len(lines), 3)], name)
	}
	st := style{17, true, ink}
	right := s.block(s.width-margin, top, 1, s.wrap(title, s.inner()-half-12, st), st)
	for _, line := range about {
		right += s.block(s.width-margin, top+right+2, 1, s.wrap(line, s.inner()-half-12, plain.in(grey)), plain.in(grey))
	}
	s.y = top + max(high, right) + 12
	s.rule(2, accent)
	s.y += 16
	return warnings
}

// runningHead is what stands on the pages after the first.
func (s *sheet) runningHead(b *Brand, title string) {
	s.put(margin, s.y, -1, s.oneLine(b.Name, s.inner()*0.45, small), small)
	s.put(s.width-margin, s.y, 1, s.oneLine(title, s.inner()*0.5, small), small)
	s.y += 14
	s.rule(0.5, pale)
	s.y += 12
}

func (s *sheet) pageFoot(left, right string) {
	y := s.height - margin
	s.rect(margin, y-6, s.inner(), 0.5, pale)
	s.put(margin, y, -1, s.oneLine(left, s.inner()*0.75, small), small)
	s.put(s.width-margin, y, 1, right, small)
}

// parties are who sends, who pays and who gets it, side by side.
func (s *sheet) parties(b *Brand, t words, o *order.Order) {
	type party struct {
		title string
		lines []string
	}
	var all []party
	if from := append([]string{b.Name}, b.Address...); strings.TrimSpace(strings.Join(from, "")) != "" {
		all = append(all, party{t.From, from})
	}
	if o.Billing.IsZero() || o.Billing == o.Shipping || o.Shipping.IsZero() {
		all = append(all, party{t.To, addressLines(o.Destination())})
	} else {
		all = append(all, party{t.BillTo, addressLines(o.Billing)}, party{t.ShipTo, addressLines(o.Shipping)})
	}
	const gap = 14.0
	w := (s.inner() - gap*float64(len(all)-1)) / float64(len(all))
	high := 0.0
	for i, p := range all {
		x := margin + float64(i)*(w+gap)
		s.put(x, s.y, -1, p.title, small)
		var lines []string
		for _, line := range p.lines {
			lines = append(lines, s.wrap(line, w, plain)...)
		}
		high = max(high, s.block(x, s.y+13, -1, lines[:min(len(lines), 14)], plain))
	}
	s.y += high + 30
}

func (s *sheet) invoiceLines(d InvoiceData, t words) {
	o := &d.Record.Order
	head := func(word string) string { return word + " (" + o.Total.Currency + ")" }
	rows := make([]row, 0, len(o.Lines))
	for i := range o.Lines {
		l := &o.Lines[i]
		r := row{cells: []string{
			l.Title, d.Format.Decimal(l.Quantity.String()),
			amount(d.Format, l.UnitPrice, o.Total.Currency), amount(d.Format, l.Total, o.Total.Currency),
		}}
		if about := join2(" · ", l.Variant, l.SKU); about != "" {
			r.below = append(r.below, about)
		}
		if !l.Discount.IsZero() {
			r.below = append(r.below, t.Discount+" "+money(d.Format, minus(l.Discount)))
		}
		if l.Cancelled > 0 {
			r.below = append(r.below, d.Format.Decimal(l.Cancelled.String())+" "+t.Cancelled)
		}
		rows = append(rows, r)
	}
	background, foreground := d.Brand.accent()
	s.table([]column{
		{title: t.Item},
		{title: t.Quantity, width: 66, right: true},
		{title: head(t.Price), width: 88, right: true},
		{title: head(t.Total), width: 92, right: true},
	}, rows, background, foreground)
}

// join2 joins what is not empty.
func join2(by string, parts ...string) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, by)
}

// total is one line of the sums below a table.
type total struct {
	name  string
	value string
	bold  bool
}

func (s *sheet) invoiceTotals(d InvoiceData, t words) {
	o, f := &d.Record.Order, d.Format
	var sums []total
	some := func(name string, m order.Money) {
		if !m.IsZero() {
			sums = append(sums, total{name: name, value: money(f, m)})
		}
	}
	sums = append(sums, total{name: t.Subtotal, value: money(f, o.Subtotal)})
	discount := t.Discount
	if len(o.DiscountCodes) > 0 {
		discount += " (" + strings.Join(o.DiscountCodes, ", ") + ")"
	}
	some(discount, minus(o.Discount))
	for _, a := range o.Adjustments {
		some(a.Title, a.Amount)
	}
	some(t.Shipping, o.ShippingCost)
	if o.TaxIncluded {
		some(t.TaxIncluded, o.Tax)
	} else {
		some(t.Tax, o.Tax)
	}
	sums = append(sums, total{t.Total, money(f, o.Total), true})
	some(t.Paid, o.Paid)
	some(t.Refunded, o.Refunded)
	if o.PaymentMethod != "" {
		sums = append(sums, total{name: t.PaidBy, value: o.PaymentMethod})
	}
	s.totals(sums, d.Brand.accentInk())
}

// totals writes sums in the right half of the page, together on one.
func (s *sheet) totals(sums []total, accent colour) {
	const line = 15.0
	s.need(line*float64(len(sums)) + 12)
	s.y += 4
	x, w := margin+s.inner()*0.42, s.inner()*0.58-5
	for _, sum := range sums {
		if sum.value == "" {
			continue
		}
		st := plain
		if sum.bold {
			st = style{11, true, accent}
			s.rect(x, s.y-1, s.inner()*0.58, 0.8, accent)
			s.y += 4
		}
		value := s.wrap(sum.value, w*0.6, st)
		name := s.wrap(sum.name, w-8-s.faces.width(longestOf(s, value, st), st.bold, st.size), st)
		s.block(x, s.y, -1, name, st)
		s.block(s.width-margin-5, s.y, 1, value, st)
		s.y += line + float64(max(len(name), len(value))-1)*st.size*leading
		if sum.bold {
			s.y += 3
		}
	}
}

// longestOf is the widest of some lines.
func longestOf(s *sheet, lines []string, st style) (widest string) {
	for _, line := range lines {
		if s.faces.width(line, st.bold, st.size) > s.faces.width(widest, st.bold, st.size) {
			widest = line
		}
	}
	return widest
}
