package detail

import (
	"math/big"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/tui/draw"
	"github.com/orderdeck/orderdeck/tui/theme"
)

// items lists the lines, at most n of them, with the supplier's side under each.
func (b *builder) items(n int) {
	links := map[string]order.Link{}
	for _, l := range b.rec.Links {
		if have, ok := links[l.ProductKey]; !ok || l.Preferred && !have.Preferred {
			links[l.ProductKey] = l
		}
	}
	for i, l := range b.rec.Lines {
		if i == n {
			b.add(line(text("… and "+b.ctx.Locale.Number(int64(len(b.rec.Lines)-n))+" more (⏎ shows all)", theme.FaintTxt)))
			return
		}
		b.item(l, links)
	}
	if len(b.rec.Lines) == 0 {
		b.add(line(text("the store sent no lines", theme.FaintTxt)))
	}
}

func (b *builder) item(l order.Line, links map[string]order.Link) {
	title := l.Title
	if l.Variant != "" {
		title += " · " + l.Variant
	}
	first := line(text(title, theme.Plain))
	first.Right = []draw.Span{text(b.ctx.Locale.Decimal(l.Quantity.String())+" × ", theme.DimText), text(b.ctx.Amount(l.UnitPrice), theme.Plain)}
	var second Line
	if l.SKU != "" {
		second.Left = append(second.Left, text(l.SKU+"  ", theme.FaintTxt))
	}
	link, ok := links[l.ProductKey()]
	switch {
	case ok && link.CostKnown:
		second.Left = append(second.Left, text(link.Supplier+" "+link.SupplierSKU+"  cost "+b.ctx.Money(link.Cost), theme.DimText))
	case ok:
		second.Left = append(second.Left, text(link.Supplier+" "+link.SupplierSKU+"  cost unknown", theme.Warn))
	default:
		second.Left = append(second.Left, text("no supplier product", theme.FaintTxt))
	}
	if q := l.Cancelled; q > 0 {
		second.Left = append(second.Left, text("  cancelled "+q.String(), theme.Warn))
	}
	if q := l.Refunded; q > 0 {
		second.Left = append(second.Left, text("  refunded "+q.String(), theme.Warn))
	}
	if q := l.Fulfilled; q > 0 && q < l.Open() {
		second.Left = append(second.Left, text("  sent "+q.String(), theme.Good))
	}
	if b.ctx.Image != nil && l.ImageURL != "" && b.width >= 40 {
		if p, ok := b.ctx.Image(l.ImageURL); ok {
			pic := p
			first.Picture, first.Row, first.Rows = &pic, 0, 3
			second.Picture, second.Row, second.Rows = &pic, 1, 3
			b.add(first, second, Line{Picture: &pic, Row: 2, Rows: 3})
			return
		}
	}
	for i := range second.Left[:1] {
		second.Left[i].Text = "  " + second.Left[i].Text
	}
	b.add(first, second)
}

func (b *builder) totals() {
	amount := func(name string, m order.Money, st draw.Style) {
		l := line(text(name, theme.DimText))
		l.Right = []draw.Span{text(b.ctx.Amount(m), st)}
		b.add(l)
	}
	amount("Subtotal", b.rec.Subtotal, theme.Plain)
	if !b.rec.Discount.IsZero() {
		name := "Discount"
		for _, code := range b.rec.DiscountCodes {
			name += " " + code
		}
		d := b.rec.Discount
		d.Minor = -d.Minor
		amount(name, d, theme.Good)
	}
	shipping := "Shipping"
	if b.rec.ShippingMethod != "" {
		shipping += " · " + b.rec.ShippingMethod
	}
	amount(shipping, b.rec.ShippingCost, theme.Plain)
	for _, a := range b.rec.Adjustments {
		amount(a.Title, a.Amount, theme.Plain)
	}
	tax := "Tax"
	if b.rec.TaxIncluded {
		tax = "Tax, included"
	}
	if !b.rec.Tax.IsZero() {
		amount(tax, b.rec.Tax, theme.DimText)
	}
	total := line(text("Total", theme.Strong))
	total.Right = []draw.Span{text(b.rec.Total.Currency+" ", theme.DimText), text(b.ctx.Amount(b.rec.Total), theme.Strong)}
	b.add(total)
}

// money says both sides, the customer's and the supplier's, never with one bare "paid".
func (b *builder) money() {
	b.blank()
	customer := line(text("Customer: ", theme.DimText), text(spaced(string(b.rec.CustomerPayment)), theme.Payment(b.rec.CustomerPayment)))
	if b.rec.PaymentMethod != "" {
		customer.Left = append(customer.Left, text(" · "+b.rec.PaymentMethod, theme.DimText))
	}
	if !b.rec.Paid.IsZero() {
		customer.Right = []draw.Span{text(b.ctx.Money(b.rec.Paid), theme.Plain)}
	}
	b.add(customer)
	if b.rec.Refund != "" && b.rec.Refund != order.CaseNone {
		refund := line(text("Refund: ", theme.DimText), text(spaced(string(b.rec.Refund)), theme.Warn))
		refund.Right = []draw.Span{text(b.ctx.Money(b.rec.Refunded)+" of "+b.ctx.Amount(b.rec.Total), theme.Warn)}
		b.add(refund)
	}
	for _, g := range b.rec.State.Groups {
		b.group(g)
	}
	if len(b.rec.State.Suppliers) > 0 {
		m := line(text("Margin", theme.DimText))
		m.Right = []draw.Span{text(b.margin(), theme.Plain)}
		b.add(m)
	}
}

func (b *builder) group(g order.Group) {
	name := g.Supplier
	if name == "" {
		name = map[bool]string{true: "own stock", false: "not linked"}[g.Stage == order.StageToShip]
	}
	l := line(text("Supplier: ", theme.DimText), text(name+" ", theme.Plain), text(lower(g.Stage), theme.Stage(g.Stage)))
	if g.CostKnown {
		l.Right = []draw.Span{text(b.ctx.Money(g.Cost), theme.Plain)}
	}
	b.add(l)
	if p := g.Placement; p != nil {
		switch {
		case p.Reason != "":
			b.wrapped(b.ctx.Sentence(p.Reason), theme.Bad, "  ")
		case p.SupplierNo != "":
			b.add(line(text("  their order "+p.SupplierNo, theme.FaintTxt)))
		}
	}
}

func lower(s order.Stage) string {
	switch s {
	case order.StageAwaiting:
		return "waits for the customer's payment"
	case order.StageToShip:
		return "to ship"
	}
	return string(s)
}

// margin is what is left of the total, without its tax, after the suppliers, in percent: by the rates that were used where
// they were paid, else by those of now.
func (b *builder) margin() string {
	total := b.rec.Total
	if b.rec.Tax.Currency == total.Currency {
		total.Minor -= b.rec.Tax.Minor
	}
	left, about := total.Minor, ""
	for _, g := range b.rec.State.Groups {
		rates, at := b.ctx.Rates, b.ctx.Now()
		if p := g.Placement; p != nil && p.Rate != nil {
			rates, at = []checkout.Rate{{From: p.Rate.From, To: p.Rate.To, Rate: p.Rate.Rate, Date: p.Rate.Date}}, p.Rate.Date
		}
		cost, rate, ok := checkout.Convert(g.Cost, total.Currency, rates, at)
		if !ok || !g.CostKnown {
			return "–"
		}
		if rate != nil {
			about = "≈ "
		}
		left -= cost.Minor
	}
	if total.Minor <= 0 {
		return "–"
	}
	f, _ := new(big.Rat).Mul(big.NewRat(left, total.Minor), big.NewRat(100, 1)).Float64()
	return about + b.ctx.Locale.Percent(int64(f))
}

func (b *builder) documents() {
	if len(b.rec.Payments)+len(b.rec.Refunds) == 0 {
		return
	}
	b.heading("payments of the customer")
	for _, p := range b.rec.Payments {
		l := line(text(b.ctx.Locale.Short(p.At.In(b.zone), b.ctx.Now())+"  ", theme.FaintTxt), text(p.Method+" ", theme.Plain), text(p.State, theme.DimText))
		if p.Error != "" {
			l.Left = append(l.Left, text("  "+p.Error, theme.Bad))
		}
		l.Right = []draw.Span{text(b.ctx.Money(p.Amount), theme.Plain)}
		b.add(l)
	}
	for _, r := range b.rec.Refunds {
		l := line(text(b.ctx.Locale.Short(r.At.In(b.zone), b.ctx.Now())+"  ", theme.FaintTxt), text("refund ", theme.Warn), text(r.State, theme.DimText))
		if r.Reason != "" {
			l.Left = append(l.Left, text("  "+b.ctx.Sentence(r.Reason), theme.FaintTxt))
		}
		l.Right = []draw.Span{text("−"+b.ctx.Money(r.Amount), theme.Warn)}
		b.add(l)
	}
}
