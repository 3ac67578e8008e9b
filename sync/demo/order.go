package demo

import (
	"strconv"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
)

// strangeWord is a status that no version of this desk has heard of.
const strangeWord = "awaiting_customs_broker"

// rawWords are the platform's own words for an order, by payment and fulfilment.
var rawWords = func() (w [16][16]string) {
	for i, pay := range order.CustomerPayments {
		for k, f := range order.Fulfilments {
			w[i][k] = string(pay) + " / " + string(f)
		}
	}
	return w
}()

var instant = func(at int64) time.Time { return time.Unix(at, 0).UTC() }

// externalID is the platform's id of an order.
func (s *shop) externalID(i int) string { return strconv.Itoa(s.firstID + 17*i) }

// number is what people call an order.
func (s *shop) number(i int) string { return strconv.Itoa(s.firstNumber + i) }

// order is what the platform says of an order at an instant, cleaned as a connector does it.
func (p *plan) order(now int64) (o order.Order) {
	p.write(&o, now)
	laundry{}.normalize(&o)
	return o
}

// write is what the platform says of an order at an instant, as it comes: its texts have not been cleaned.
func (p *plan) write(o *order.Order, now int64) {
	v := p.view
	now = min(now, p.vanished)
	var b bill
	p.bill(&b)
	d := roll(v.seed, v.id, uint64(p.model), topicTexts)
	id := v.externalID(p.index)
	*o = order.Order{
		Store: v.name, ExternalID: id, Number: v.number(p.index), CreatedAt: instant(p.at),
		UpdatedAt: instant(max(p.moved(now), p.at)), Currency: b.currency,
		CustomerPayment: order.CustomerPayments[p.pay.at(now)], Refund: order.CaseStates[p.refund.at(now)],
		Resend: order.ResendStates[p.resend.at(now)], Lifecycle: p.lifecycle(now),
		Subtotal: b.money(b.subtotal), Discount: b.money(b.discount), ShippingCost: b.money(b.shipping),
		Tax: b.money(b.taxes), TaxIncluded: b.included, Total: b.money(b.total),
		PaymentMethod: methodNames[p.method][1+v.index], ShippingMethod: b.carrier, CashOnDelivery: p.method == onDelivery,
		Source: p.source(&d), Test: p.fate == tested, Archived: p.isArchived(now),
		AdminURL: v.admin + id,
	}
	if b.code != "" {
		o.DiscountCodes = []string{b.code}
	}
	if b.extra > 0 {
		o.Adjustments = []order.Adjustment{{Title: b.extraFor, Amount: b.money(b.extra)}}
	}
	who := v.person(p.who)
	o.Customer, o.Shipping, o.Billing = who.customer, who.address, who.address
	o.Billing.Phone = ""
	if p.homed > now {
		o.Shipping.Line1, o.Shipping.Line2 = "", ""
	}
	p.writeLines(o, &b, id, now)
	p.writePayments(o, &b, id, now)
	p.writeRefunds(o, &b, &d, id, now)
	p.writeParcels(o, id, now)
	p.writeTold(o, id, now)
	o.Fulfilment = p.fulfilment(o, now)
	o.RawStatus = rawWords[p.pay.at(now)][place(order.Fulfilments, o.Fulfilment)]
	if p.fate == strange {
		o.RawStatus, o.UnknownStatus = strangeWord, true
	}
	p.writeTexts(o, &d, now)
	p.writeActs(o, id, now)
	if p.theme == hostile {
		p.attack(o)
	}
}

func (p *plan) lifecycle(now int64) order.Lifecycle {
	switch {
	case p.removed <= now:
		return order.LifecycleDeleted
	case p.cancelled <= now:
		return order.LifecycleCancelled
	case p.isArchived(now):
		return order.LifecycleArchived
	}
	return order.LifecycleOpen
}

func (p *plan) source(d *dice) string {
	k := weigh(d, 80, 9, 6, 5)
	if p.theme == drafted {
		return "draft"
	}
	return [2][4]string{{"web", "instagram", "whatsapp", "marketplace"}, {"web", "instagram", "marketplace", "phone"}}[p.view.index][k]
}

func (p *plan) writeLines(o *order.Order, b *bill, id string, now int64) {
	lang := p.view.index
	o.Lines = make([]order.Line, len(p.lines))
	for i := range p.lines {
		it := &p.lines[i]
		x := &products[it.product]
		src := x.sources[lang]
		o.Lines[i] = order.Line{
			ExternalID: lineID(id, i), ProductID: p.view.prefix + strconv.Itoa(100+int(it.product)*8+int(it.variant)), SKU: x.code(int(it.variant)),
			Title: x.titles[lang], Variant: x.variants.names[lang][it.variant],
			Quantity: order.Units(int64(it.quantity)), UnitPrice: b.money(b.unit[i]), Discount: b.money(b.off[i]),
			Tax: b.money(b.tax[i]), Total: b.money(b.net[i]), ImageURL: picture(x, it), Digital: src.via == download,
		}
		if p.cancelled <= now {
			o.Lines[i].Cancelled = o.Lines[i].Quantity
		}
	}
	if p.cancelled <= now {
		return
	}
	switch all := p.fate == returned || p.fate == refundedMoving || p.fate == refundPaid && p.index%2 == 0; {
	case all && p.refund.since(casePaid) <= now:
		for i := range o.Lines {
			o.Lines[i].Refunded = o.Lines[i].Quantity
		}
	case len(o.Lines) > 1 && p.refund.since(casePartial) <= now:
		o.Lines[len(o.Lines)-1].Refunded = o.Lines[len(o.Lines)-1].Quantity
	}
}

func lineID(id string, i int) string { return id + "-" + strconv.Itoa(i+1) }

// share is how much of a line is in the first (0) or second (1) parcel of its part.
func (p *plan) share(line, parcel int) order.Quantity {
	it := &p.lines[line]
	q := int64(it.quantity)
	if p.parts[it.part].second >= never {
		return order.Units(q * int64(1-parcel))
	}
	first, count, pos := int64(0), 0, 0
	for k := range p.lines {
		if p.lines[k].part == it.part {
			if k == line {
				pos = count
			}
			count++
		}
	}
	switch {
	case count == 1:
		first = q - q/2
	case pos < (count+1)/2:
		first = q
	}
	if parcel == 1 {
		return order.Units(q - first)
	}
	return order.Units(first)
}

// told is when the store platform hears of the first or second parcel of a part; never when the order is cancelled
// before.
func (p *plan) toldAt(x *part, parcel int) int64 {
	at := x.told
	if parcel == 1 {
		at = x.toldSecond
	}
	if at >= p.cancelled {
		return never
	}
	return at
}

func (p *plan) writeParcels(o *order.Order, id string, now int64) {
	for i := range p.parts {
		x := &p.parts[i]
		for parcel := range 2 {
			at := p.toldAt(x, parcel)
			if at > now {
				continue
			}
			sh := order.Shipment{
				ExternalID: id + "-f" + strconv.Itoa(i*2+parcel+1), At: instant(at), State: "shipped", Live: true, Shipped: true,
			}
			if x.toldHome <= now {
				sh.State, sh.Delivered = "delivered", true
			}
			switch {
			case x.via == download:
				sh.State, sh.Delivered = "delivered", true
			case p.fate != untracked:
				sh.Carrier, sh.Tracking = p.tracking(i, parcel)
				sh.URL = trackingURL + sh.Tracking
			}
			for k := range p.lines {
				if int(p.lines[k].part) != i {
					continue
				}
				if q := p.share(k, parcel); q > 0 {
					sh.Lines = append(sh.Lines, order.ShipmentLine{LineID: o.Lines[k].ExternalID, Quantity: q})
					o.Lines[k].Fulfilled += q
				}
			}
			o.Fulfilments = append(o.Fulfilments, sh)
		}
	}
}

// fulfilment is the platform's word for how far delivery is.
func (p *plan) fulfilment(o *order.Order, now int64) order.Fulfilment {
	if p.sentBack <= now {
		return order.FulfilmentReturned
	}
	sent, all, home, begun, asked := false, len(p.parts) > 0, true, false, false
	for i := range p.parts {
		x := &p.parts[i]
		first, second := p.toldAt(x, 0) <= now, x.second >= never || p.toldAt(x, 1) <= now
		if x.taken < never {
			first, second = p.sentBy(o, i)
		}
		sent, all = sent || first, all && first && second
		home = home && (x.toldHome <= now || x.via == download)
		begun, asked = begun || x.begun <= now, asked || x.asked <= now
	}
	parcels := false
	for i := range p.parts {
		parcels = parcels || p.parts[i].via != download
	}
	switch {
	case all && home && parcels:
		return order.FulfilmentDelivered
	case all:
		return order.Fulfilled
	case sent:
		return order.FulfilmentPartial
	case o.Lifecycle == order.LifecycleCancelled:
		return order.Unfulfilled
	case p.heldUntil > now:
		return order.FulfilmentOnHold
	case p.booked > now:
		return order.FulfilmentScheduled
	case begun:
		return order.FulfilmentInProgress
	case asked:
		return order.FulfilmentRequested
	}
	return order.Unfulfilled
}

// attack puts hostile texts where the platform lets customers write.
func (p *plan) attack(o *order.Order) {
	a := &attacks[p.index%len(attacks)]
	o.Customer.Name, o.Shipping.Name, o.Billing.Name = a.name, a.name, a.name
	o.Customer.Company, o.Shipping.Company = a.company, a.company
	o.Shipping.Line1, o.CustomerNote = a.line1, a.note
	o.Customer.Email = "hostile@example.com"
	if a.title != "" {
		o.Lines[0].Title = a.title
	}
}
