package detail

import (
	"cmp"
	"slices"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/tui/draw"
	"github.com/orderdeck/orderdeck/tui/theme"
)

type event struct {
	at    time.Time
	text  string
	style draw.Style
}

// events gathers what happened to an order from everything that knows a date, newest first.
func (b *builder) events() []event {
	r := b.rec
	out := []event{{r.CreatedAt, "ordered", theme.Plain}}
	add := func(at time.Time, st draw.Style, s string) {
		if !at.IsZero() {
			out = append(out, event{at, s, st})
		}
	}
	add(r.FirstSeen, theme.DimText, "first synced from "+r.Store)
	for _, p := range r.Payments {
		word, st := "payment "+p.State, theme.DimText
		if p.Settled {
			word, st = "customer paid "+b.ctx.Money(p.Amount), theme.Good
		}
		add(p.At, st, word+" · "+p.Method)
	}
	for _, f := range r.Refunds {
		add(f.At, theme.Warn, "refund "+b.ctx.Money(f.Amount)+" "+spaced(f.State))
	}
	for _, s := range r.Fulfilments {
		add(s.At, theme.Plain, "store: fulfilment "+spaced(s.State)+" "+s.Carrier+" "+s.Tracking)
	}
	for _, p := range r.Placements {
		add(p.CheckedOut, theme.Info, p.Supplier+": checked out, "+b.ctx.Money(p.Total))
		add(p.PlacedAt, theme.Info, p.Supplier+": placed "+p.SupplierNo)
		add(p.ShippedAt, theme.Good, p.Supplier+": shipped")
		add(p.DeliveredAt, theme.Good, p.Supplier+": delivered")
		for _, parcel := range p.Parcels {
			for _, e := range parcel.Events {
				add(e.At, theme.DimText, parcel.Carrier+": "+e.Text)
			}
		}
	}
	for _, n := range r.Notes {
		who := n.Author
		if who != "" {
			who += ": "
		}
		add(n.At, theme.Plain, spaced(n.Kind)+": "+who+n.Text)
	}
	for _, e := range r.Journal {
		add(e.At, theme.DimText, e.Field+": "+dash(e.Before)+" → "+dash(e.After)+" ("+e.Who+")")
	}
	slices.SortStableFunc(out, func(a, b event) int { return cmp.Compare(b.at.UnixNano(), a.at.UnixNano()) })
	return out
}

func (b *builder) timeline(n int) {
	b.heading("timeline")
	events := b.events()
	for i, e := range events {
		if i == n {
			b.add(line(text("… and "+b.ctx.Locale.Number(int64(len(events)-n))+" more (⏎ shows all)", theme.FaintTxt)))
			return
		}
		stamp := b.ctx.Locale.Short(e.at.In(b.zone), b.ctx.Now()) + "  "
		indent := ""
		for range draw.Width(stamp) {
			indent += " "
		}
		for j, part := range draw.Wrap(e.text, max(8, b.width-len(indent))) {
			if j == 0 {
				b.add(line(text(stamp, theme.FaintTxt), text(part, e.style)))
			} else {
				b.add(line(text(indent+part, e.style)))
			}
		}
	}
}

func (b *builder) parcels() {
	var out []order.Parcel
	for _, p := range b.rec.Placements {
		out = append(out, p.Parcels...)
	}
	if len(out) == 0 {
		for _, s := range b.rec.Fulfilments {
			if s.Tracking != "" {
				out = append(out, order.Parcel{Carrier: s.Carrier, Tracking: s.Tracking, URL: s.URL, ShippedAt: s.At})
			}
		}
	}
	if len(out) == 0 {
		return
	}
	b.heading("parcels")
	for _, p := range out {
		l := line(text(p.Carrier+" ", theme.DimText), text(p.Tracking, theme.Strong))
		if !p.ShippedAt.IsZero() {
			l.Right = []draw.Span{text(b.ctx.Locale.Date(p.ShippedAt.In(b.zone)), theme.DimText)}
		}
		b.add(l)
		if p.URL != "" {
			b.add(line(text(p.URL, theme.FaintTxt)))
		}
	}
}
