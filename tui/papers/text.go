package papers

import (
	"cmp"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/tui/action"
	"github.com/orderdeck/orderdeck/tui/detail"
	"github.com/orderdeck/orderdeck/tui/draw"
	"github.com/orderdeck/orderdeck/tui/theme"
	"github.com/orderdeck/orderdeck/tui/ui"
)

// page collects the lines of a paper for one width.
type page struct {
	s     *Screen
	width int
	zone  *time.Location
	out   []detail.Line
}

func span(text string, st draw.Style) draw.Span { return draw.Span{Text: text, Style: st} }

func (p *page) add(spans ...draw.Span) { p.out = append(p.out, detail.Line{Left: spans}) }
func (p *page) blank()                 { p.out = append(p.out, detail.Line{}) }
func (p *page) rule(title string)      { p.out = append(p.out, detail.Line{Rule: title}) }

func (p *page) wrapped(text string, st draw.Style) {
	for _, part := range draw.Wrap(text, p.width) {
		p.add(span(part, st))
	}
}

// field writes a name and a value.
func (p *page) field(name, value string, st draw.Style) {
	if value == "" {
		return
	}
	w := min(24, p.width/3)
	for i, part := range draw.Wrap(value, max(8, p.width-w-1)) {
		if i > 0 {
			name = ""
		}
		head := draw.Head(name, w)
		p.add(span(head+strings.Repeat(" ", w+1-draw.Width(head)), theme.DimText), span(part, st))
	}
}

// amount writes a name and an amount at the right edge.
func (p *page) amount(name string, m order.Money, st draw.Style) {
	if m.Currency == "" {
		return
	}
	p.out = append(p.out, detail.Line{Left: []draw.Span{span(name, theme.DimText)}, Right: []draw.Span{span(p.s.ctx.Money(m), st)}})
}

func (p *page) when(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return p.s.ctx.Locale.DateTime(at.In(p.zone))
}

// text is the paper as lines.
func (s *Screen) text(width int) []detail.Line {
	p := &page{s: s, width: max(10, width)}
	switch {
	case s.err != nil:
		p.wrapped(s.err.Error(), theme.Bad)
		return p.out
	case s.rec == nil:
		p.add(span("Reading the order …", theme.DimText))
		return p.out
	}
	p.zone = s.ctx.Zone(s.rec.Store)
	if v := detail.Verdict(s.ctx, s.rec, s.arg.What); v.Reason != "" {
		p.wrapped(v.Reason, theme.DimText)
		p.blank()
	}
	switch s.arg.What {
	case action.Tracking:
		p.tracking()
	case action.Invoice, action.Receipt:
		p.paper()
	case action.Refund:
		p.refund()
	}
	return p.out
}

func spaced[T ~string](v T) string { return strings.ReplaceAll(string(v), "_", " ") }

func (p *page) tracking() {
	s := p.s
	facts := detail.Facts(s.ctx, s.rec)
	for i, place := range s.placements() {
		if i > 0 {
			p.blank()
		}
		p.rule(strings.TrimSpace(place.Supplier + " " + place.SupplierNo))
		if len(place.Parcels) == 0 {
			p.expected(place, facts)
		}
		for _, parcel := range place.Parcels {
			p.parcel(parcel)
		}
	}
	if len(s.placements()) > 0 {
		return
	}
	for _, parcel := range s.parcels() {
		p.parcel(parcel)
	}
}

// expected says when a tracking number can be expected, and makes no date up where nothing was promised.
func (p *page) expected(place *order.Placement, f order.Facts) {
	at, ok := place.LateAt, !place.LateAt.IsZero()
	if !ok {
		at, ok = order.Promise(&p.s.rec.Order, f, place)
	}
	switch day := p.s.ctx.Locale.Date(at.In(p.zone)); {
	case !ok:
		p.add(span("No tracking number yet; the supplier has no promise on file.", theme.Plain))
	case at.Before(p.s.ctx.Now()):
		p.add(span("No tracking number yet; it was to be sent by "+day+": late.", theme.Bad))
	default:
		p.add(span("No tracking number yet; expected by "+day+".", theme.Plain))
	}
	p.wrapped(p.s.ctx.Keys.Key(action.AddTracking)+" enters one that the supplier sent you.", theme.FaintTxt)
}

func (p *page) parcel(parcel order.Parcel) {
	head := detail.Line{Left: []draw.Span{span(strings.TrimSpace(parcel.Carrier+" "), theme.DimText), span(" "+cmp.Or(parcel.Tracking, "no number"), theme.Strong)}}
	if !parcel.ShippedAt.IsZero() {
		head.Right = []draw.Span{span("sent "+p.when(parcel.ShippedAt), theme.DimText)}
	}
	p.out = append(p.out, head)
	if parcel.URL != "" {
		p.wrapped(parcel.URL, theme.Info)
	}
	for i := len(parcel.Events) - 1; i >= 0; i-- {
		e := parcel.Events[i]
		st := theme.DimText
		if i == len(parcel.Events)-1 {
			st = theme.Plain
		}
		p.field(p.when(e.At), e.Text, st)
	}
}

// paper shows what the document will say, field by field.
func (p *page) paper() {
	s := p.s
	place := s.placement()
	switch {
	case place == nil:
		p.add(span("Nothing has been placed yet.", theme.DimText))
		return
	case s.why != nil:
		p.wrapped(s.why.Error(), theme.Bad)
	case s.paper == nil && (s.arg.What == action.Invoice && s.ctx.Papers.Invoice != nil || s.arg.What == action.Receipt && s.ctx.Papers.Receipt != nil):
		p.add(span("Making the document …", theme.DimText))
		return
	}
	if s.paper != nil {
		for _, f := range s.paper.Fields {
			p.field(f[0], f[1], theme.Plain)
		}
		if len(s.paper.Lines) > 0 {
			p.rule("items")
			for _, l := range s.paper.Lines {
				p.wrapped(l, theme.Plain)
			}
		}
		for _, w := range s.paper.Warnings {
			p.wrapped("! "+w, theme.Warn)
		}
	}
	if s.arg.What == action.Receipt && (s.paper == nil || len(s.paper.Fields) == 0) {
		p.receipt(place)
	}
	if ok, _, _ := s.Can(action.WritePaper); ok {
		p.blank()
		p.add(span(s.ctx.Keys.Key(action.WritePaper), theme.Key), span(" writes it to a file", theme.DimText))
	}
}

// receipt is what was paid to whom when.
func (p *page) receipt(place *order.Placement) {
	p.field("supplier", place.Supplier, theme.Strong)
	p.field("their order", place.SupplierNo, theme.Plain)
	p.field("our reference", place.Reference, theme.DimText)
	p.field("paid on", p.when(place.CheckedOut), theme.Plain)
	p.field("paid by", place.PaidBy, theme.Plain)
	p.field("receipt", place.Receipt, theme.Plain)
	p.rule("amounts")
	p.amount("Goods", place.Goods, theme.Plain)
	p.amount("Shipping", place.Shipping, theme.Plain)
	p.amount("Fees", place.Fees, theme.Plain)
	p.amount("Total", place.Total, theme.Strong)
}

// refund is what was given back so far, and every case with its history.
func (p *page) refund() {
	s, rec := p.s, p.s.rec
	p.rule("to the customer")
	p.field("state", cmp.Or(spaced(rec.Refund), "none"), theme.Plain)
	p.out = append(p.out, detail.Line{Left: []draw.Span{span("refunded", theme.DimText)}, Right: []draw.Span{
		span(s.ctx.Money(zero(rec.Refunded, rec.Total)), theme.Strong), span(" of "+s.ctx.Money(rec.Total), theme.DimText),
	}})
	for _, r := range rec.Refunds {
		p.field(cmp.Or(p.when(r.At), "no date"), strings.Join(ui.Filled(s.ctx.Money(r.Amount), spaced(r.State), r.Reason, r.Reference), " · "), theme.Plain)
	}
	if len(rec.Refunds) == 0 {
		p.add(span("No refund was made.", theme.FaintTxt))
	}
	for _, place := range s.placements() {
		p.rule("claim at " + strings.TrimSpace(place.Supplier+" "+place.SupplierNo))
		if place.Claim == "" || place.Claim == order.CaseNone {
			p.add(span("No claim was made.", theme.FaintTxt))
			continue
		}
		p.field("state", spaced(place.Claim), theme.Plain)
		p.out = append(p.out, detail.Line{Left: []draw.Span{span("claimed", theme.DimText)}, Right: []draw.Span{
			span(s.ctx.Money(place.ClaimAmount), theme.Strong), span(" of "+s.ctx.Money(place.Total), theme.DimText),
		}})
	}
	var history []order.Entry
	for _, e := range rec.Journal {
		if strings.Contains(e.Field, "refund") || strings.Contains(e.Field, "claim") {
			history = append(history, e)
		}
	}
	if len(history) > 0 {
		p.rule("history")
	}
	for _, e := range history {
		p.field(p.when(e.At), spaced(e.Field)+": "+cmp.Or(spaced(e.Before), "–")+" → "+cmp.Or(spaced(e.After), "–")+" ("+e.Who+")", theme.DimText)
	}
}

// zero is an amount, or nothing in the currency of another one.
func zero(m, like order.Money) order.Money {
	if m.Currency == "" {
		return order.New(0, like.Currency)
	}
	return m
}
