package document

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/store/order/text"
)

// ReceiptData is what a receipt says: what one supplier was paid for one order.
type ReceiptData struct {
	Record    *order.Record
	Placement order.Placement
	Supplier  string          // for people; "" = its name in the settings
	Brand     Brand           // who paid
	Items     []checkout.Item // what was ordered and at which prices; nil = the order's lines, without prices
	Format    Format
	Zone      *time.Location
	At        time.Time // when the receipt is made
}

// PaidAt is when a placement was paid, and whether it was.
func PaidAt(p *order.Placement) (time.Time, bool) {
	switch p.State {
	case order.PlacementPlaced, order.PlacementProcessing, order.PlacementShipped, order.PlacementDelivered:
		at := p.PlacedAt
		if at.IsZero() {
			at = p.CheckedOut
		}
		return at, true
	case order.PlacementCancelled: // paid first, and then cancelled by the supplier
		return p.PlacedAt, !p.PlacedAt.IsZero()
	}
	return time.Time{}, false
}

// facts are the names and values of a receipt.
func (d *ReceiptData) facts(t words) ([][2]string, error) {
	p := &d.Placement
	at, paid := PaidAt(p)
	if !paid {
		return nil, fmt.Errorf("%w, and %s is %s at %s", ErrNotPaid, p.Reference, strings.ReplaceAll(string(p.State), "_", " "), p.Supplier)
	}
	return [][2]string{
		{t.PaidTo, cmp.Or(d.Supplier, p.Supplier)},
		{t.Payer, d.Brand.Name},
		{t.PaidOn, d.Format.DateTime(in(at, d.Zone))},
		{t.Amount, money(d.Format, p.Total)},
		{t.Method, p.PaidBy},
		{t.SupplierNo, p.SupplierNo},
		{t.ReceiptNo, p.Receipt},
		{t.Reference, p.Reference},
		{t.Order, d.Record.Store + " / #" + d.Record.Number},
	}, nil
}

// rows are what was bought. What each thing cost is known only where the receipt has Items.
func (d *ReceiptData) rows() (rows []row, priced bool) {
	f := d.Format
	for _, i := range d.Items {
		each, err := i.Unit.Times(i.Quantity)
		if err != nil {
			each = order.Money{}
		}
		rows = append(rows, row{
			cells: []string{i.Title, f.Decimal(i.Quantity.String()), amount(f, i.Unit, d.Placement.Total.Currency), amount(f, each, d.Placement.Total.Currency)},
			below: []string{i.SKU},
		})
	}
	if len(rows) > 0 {
		return rows, true
	}
	for i := range d.Record.Lines {
		l := &d.Record.Lines[i]
		for _, id := range d.Placement.Lines {
			if id == l.ExternalID {
				rows = append(rows, row{cells: []string{l.Title, f.Decimal(l.Quantity.String())}, below: []string{join2(" · ", l.Variant, l.SKU)}})
			}
		}
	}
	return rows, false
}

// sums are the amounts of a receipt.
func (d *ReceiptData) sums(t words) []total {
	p := &d.Placement
	var sums []total
	for _, s := range []struct {
		name  string
		value order.Money
	}{{t.Goods, p.Goods}, {t.Shipping, p.Shipping}, {t.Fees, p.Fees}} {
		if s.value.Currency != "" && (s.name == t.Goods || !s.value.IsZero()) {
			sums = append(sums, total{name: s.name, value: money(d.Format, s.value)})
		}
	}
	sums = append(sums, total{t.Total, money(d.Format, p.Total), true})
	if r := p.Rate; r != nil {
		rate := "1 " + r.From + " = " + d.Format.Decimal(r.Rate) + " " + r.To
		if !r.Date.IsZero() {
			rate += " (" + d.Format.Date(r.Date) + ")"
		}
		sums = append(sums, total{name: t.Rate, value: rate})
		if m, ok := convert(p.Total, r); ok {
			sums = append(sums, total{name: t.Converted, value: "≈ " + money(d.Format, m)})
		}
	}
	return sums
}

// convert changes an amount by a rate, in whichever direction.
func convert(m order.Money, r *order.FrozenRate) (order.Money, bool) {
	to := r.To
	if m.Currency == r.To {
		to = r.From
	}
	out, _, ok := checkout.Convert(m, to, []checkout.Rate{{From: r.From, To: r.To, Rate: r.Rate, Date: r.Date}}, r.Date)
	return out, ok && out.Currency != m.Currency
}

// Receipt writes the receipt of a placement as a PDF; ErrNotPaid where there is nothing to be receipted.
func Receipt(w io.Writer, d ReceiptData) (warnings []string, err error) {
	t := wordsOf(d.Format.Name())
	facts, err := d.facts(t)
	if err != nil {
		return nil, err
	}
	width, height := paper("")
	title := t.Receipt
	s, err := newSheet(width, height, title+" "+d.Placement.Reference, d.Format.Name(), d.Brand.Font, d.At)
	if err != nil {
		return nil, err
	}
	warnings = s.brand(&d.Brand, title, []string{d.Placement.Reference})
	s.again = func() { s.runningHead(&d.Brand, title+" "+d.Placement.Reference) }
	s.foot = func(page, of int) { s.pageFoot(strings.Join(d.Brand.Address, ", "), fmt.Sprintf(t.Page, page, of)) }
	s.pairs(facts, 170)
	s.y += 14
	rows, priced := d.rows()
	columns := []column{{title: t.Item}, {title: t.Quantity, width: 70, right: true}}
	if priced {
		in := " (" + d.Placement.Total.Currency + ")"
		columns = append(columns, column{title: t.Price + in, width: 88, right: true}, column{title: t.Total + in, width: 92, right: true})
	}
	background, foreground := d.Brand.accent()
	s.table(columns, rows, background, foreground)
	s.totals(d.sums(t), d.Brand.accentInk())
	more, err := s.write(w)
	return append(warnings, more...), err
}

// ReceiptText writes the same receipt as plain text, for a terminal, a mail or a bookkeeping system.
func ReceiptText(w io.Writer, d ReceiptData) error {
	t := wordsOf(d.Format.Name())
	facts, err := d.facts(t)
	if err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString(t.Receipt + "\n\n")
	wide := 0
	for _, f := range facts {
		wide = max(wide, len([]rune(f[0])))
	}
	sums := d.sums(t)
	for _, s := range sums {
		wide = max(wide, len([]rune(s.name)))
	}
	line := func(name, value string) {
		if value = text.Clean(value); value != "" {
			b.WriteString(name + strings.Repeat(" ", wide-len([]rune(name))+2) + value + "\n")
		}
	}
	for _, f := range facts {
		line(f[0], f[1])
	}
	b.WriteString("\n")
	rows, priced := d.rows()
	for _, r := range rows {
		b.WriteString("  " + r.cells[1] + " × " + text.Clean(join2(" · ", append([]string{r.cells[0]}, r.below...)...)))
		if priced {
			b.WriteString("   " + r.cells[3])
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
	for _, s := range sums {
		line(s.name, s.value)
	}
	_, err = io.WriteString(w, b.String())
	return err
}
