package demo

import (
	"slices"
	"strconv"

	"github.com/orderdeck/orderdeck/store/order"
)

// deed is one thing that the merchant did to an order at its store: an act of the outbox, reckoned out, as it is kept.
type deed struct {
	Act    order.ActKind             `json:"act"`
	Shop   string                    `json:"shop"`
	Order  string                    `json:"order"`
	At     int64                     `json:"at"`
	Key    string                    `json:"key,omitempty"`
	Amount int64                     `json:"amount,omitempty"` // of a refund, in minor units of the order's currency
	Lines  map[string]order.Quantity `json:"lines,omitempty"`
	Text   string                    `json:"text,omitempty"` // the note, or the reason
	Public bool                      `json:"public,omitempty"`
	Add    []string                  `json:"add,omitempty"`
	Remove []string                  `json:"remove,omitempty"`
	Parcel *order.Parcel             `json:"parcel,omitempty"`
}

// do notes what was done to an order.
func (s *shop) do(i int, x *deed) {
	s.hands.change(i, func(d *deeds) { d.acts = append(d.acts, *x) })
}

// acts are what was done to the order at its store, in the order of time.
func (p *plan) acts() []deed {
	if p.deeds == nil {
		return nil
	}
	return p.deeds.acts
}

// heed changes what was planned for after a deed, and could not come any more: it is called when all dice are thrown.
func (p *plan) heed() {
	acts := p.acts()
	for i := range acts {
		x := &acts[i]
		switch x.Act {
		case order.ActMarkPaid:
			p.paidAt(x.At)
		case order.ActCancel:
			if len(x.Lines) == 0 {
				p.cancelAt(x.At)
				p.why = x.Text
			}
		case order.ActRefund: // a case that was going on ends with it
			p.pay.drop(x.At, func(v uint8) bool { return v == payBack || v == payPartBack || v == payCharged })
			p.refund.drop(x.At, func(uint8) bool { return true })
		case order.ActArchive:
			if p.archived > x.At || p.reopened > p.archived {
				p.archived = x.At
			}
		case order.ActReopen:
			p.reopened = x.At
		}
	}
}

// drop leaves out what was to come after an instant.
func (t *track) drop(after int64, which func(uint8) bool) {
	n := 0
	for i := range t.n {
		if t.from[i] <= after || !which(t.to[i]) {
			t.from[n], t.to[n] = t.from[i], t.to[i]
			n++
		}
	}
	t.n = n
}

// paidAt has the customer pay then. What would have followed from not paying does not happen.
func (p *plan) paidAt(at int64) {
	p.pay.drop(at, func(v uint8) bool { return v != payBack && v != payPartBack && v != payCharged })
	var t track
	for i := range p.pay.n + 1 {
		if t.since(payPaid) >= never && (i == p.pay.n || p.pay.from[i] > at) {
			t.set(at, payPaid)
		}
		if i < p.pay.n {
			t.set(p.pay.from[i], p.pay.to[i])
		}
	}
	p.pay = t
	switch p.fate {
	case expired, refused, drafted:
		if p.cancelled > at {
			p.cancelled = never
		}
	}
}

// cancelAt cancels the order then. What nobody has begun to buy is not bought; what a supplier prepares goes on, as it does
// in life. An authorization goes back, money that was taken waits for a refund.
func (p *plan) cancelAt(at int64) {
	p.cancelled = min(p.cancelled, at)
	p.pay.drop(at, func(uint8) bool { return true })
	p.refund.drop(at, func(uint8) bool { return true })
	if p.pay.at(at) == payAuthorized {
		p.pay.set(at, payVoided)
	}
	p.archived, p.sentBack = later(p.archived, at), later(p.sentBack, at)
	for i := range p.parts {
		x := &p.parts[i]
		if x.tried > at && x.first.tried > at {
			past := *x
			x.rest()
			x.asked, x.begun, x.late = later(past.asked, at), later(past.begun, at), later(past.late, at)
			x.told, x.toldSecond, x.toldHome = later(past.told, at), later(past.toldSecond, at), later(past.toldHome, at)
		}
	}
}

// isArchived tells whether the order is put away at an instant.
func (p *plan) isArchived(now int64) bool {
	return p.archived <= now && (p.reopened > now || p.reopened < p.archived)
}

// later is an instant that has come, and never where it was still to come.
func later(planned, at int64) int64 {
	if planned > at {
		return never
	}
	return planned
}

// moved is the latest change of the store's order at or before an instant, of what was planned and what was done.
func (p *plan) moved(now int64) int64 {
	last := p.marks.last(now)
	for _, x := range p.acts() {
		if x.At <= now {
			last = max(last, x.At)
		}
	}
	return last
}

// movedWithin tells whether the store's order changed after since, until an instant.
func (p *plan) movedWithin(since, until int64) bool {
	return p.marks.within(since, until) ||
		slices.ContainsFunc(p.acts(), func(x deed) bool { return since < x.At && x.At <= until })
}

// writeActs adds what was done to the order at its store.
func (p *plan) writeActs(o *order.Order, id string, now int64) {
	acts := p.acts()
	for i := range acts {
		x := &acts[i]
		if x.At > now {
			break
		}
		switch x.Act {
		case order.ActCancel:
			for k := range o.Lines {
				l := &o.Lines[k]
				l.Cancelled = min(l.Quantity, l.Cancelled+x.Lines[l.ExternalID])
			}
		case order.ActRefund:
			p.writeRefund(o, x, id+"-m"+strconv.Itoa(i+1))
		case order.ActNote:
			o.Notes = append(o.Notes, order.Note{At: instant(x.At), Kind: "note", Text: x.Text, Public: x.Public, Author: p.view.staff[0]})
		case order.ActTags:
			for _, tag := range x.Add {
				if !slices.Contains(o.Tags, tag) {
					o.Tags = append(o.Tags, tag)
				}
			}
			o.Tags = slices.DeleteFunc(o.Tags, func(tag string) bool { return slices.Contains(x.Remove, tag) })
		case order.ActTracking:
			if f := newest(o, x.At); f != nil {
				f.Tracking, f.Carrier, f.URL = x.Parcel.Tracking, x.Parcel.Carrier, x.Parcel.URL
			}
		case order.ActComplete:
			for k := range o.Fulfilments {
				if f := &o.Fulfilments[k]; f.Live && f.Shipped {
					f.State, f.Delivered = "delivered", true
				}
			}
			o.Fulfilment = order.FulfilmentDelivered
		}
	}
	if len(acts) > 0 && !o.UnknownStatus {
		o.RawStatus = rawWords[place(order.CustomerPayments, o.CustomerPayment)][place(order.Fulfilments, o.Fulfilment)]
	}
}

// writeRefund adds money that the merchant gave back. A case that the customer had opened is closed with it.
func (p *plan) writeRefund(o *order.Order, x *deed, id string) {
	o.Refunds = slices.DeleteFunc(o.Refunds, func(r order.Refund) bool { return !r.Settled })
	amount := order.New(x.Amount, o.Currency)
	o.Refunds = append(o.Refunds, order.Refund{
		ExternalID: id, At: instant(x.At), State: string(order.CasePaid), Amount: amount, Settled: true, Reason: x.Text, Reference: "REF-" + id,
	})
	o.Refunded = order.New(o.Refunded.Minor+x.Amount, o.Currency)
	o.CustomerPayment, o.Refund = order.PaymentPartiallyRefunded, order.CasePaidPartial
	if o.Refunded.Minor >= o.Paid.Minor {
		o.CustomerPayment, o.Refund = order.PaymentRefunded, order.CasePaid
	}
	for k := range o.Lines {
		l := &o.Lines[k]
		l.Refunded = min(max(0, l.Quantity-l.Cancelled), l.Refunded+x.Lines[l.ExternalID])
	}
}

// newest is the newest parcel that counts and had left by then; nil = there is none.
func newest(o *order.Order, at int64) (f *order.Shipment) {
	for k := range o.Fulfilments {
		s := &o.Fulfilments[k]
		if s.Live && s.Shipped && s.At.Unix() <= at && (f == nil || !s.At.Before(f.At)) {
			f = s
		}
	}
	return f
}
