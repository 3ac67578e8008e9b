package demo

import "github.com/orderdeck/orderdeck/store/order"

// bill is what an order comes to, in minor units of its currency.
type bill struct {
	currency string
	unit     []int64 // by line
	off      []int64 // discount by line
	net      []int64 // by line: unit × quantity − off
	tax      []int64 // by line
	subtotal int64   // of net
	discount int64
	code     string
	shipping int64
	carrier  string // the shipping method's name
	extra    int64
	extraFor string
	taxes    int64
	included bool
	total    int64

	room [4][6]int64
}

// unitPrice is the price of a variant.
func unitPrice(x *product, variant int8, currency int8) int64 {
	if x.variants == gifts {
		return x.price[currency] * int64(variant+1)
	}
	return x.price[currency]
}

// bill reckons what the customer is to pay.
func (p *plan) bill(b *bill) {
	d := roll(p.view.seed, p.view.id, uint64(p.model), topicMoney)
	*b = bill{currency: currencies[p.currency]}
	b.unit, b.off, b.net, b.tax = b.room[0][:0], b.room[1][:0], b.room[2][:0], b.room[3][:0]
	parcel := false
	for i := range p.lines {
		l := &p.lines[i]
		x := &products[l.product]
		unit := unitPrice(x, l.variant, p.currency)
		off := unit * int64(l.quantity) * int64(l.sale) / 100
		b.unit, b.off = append(b.unit, unit), append(b.off, off)
		b.net = append(b.net, unit*int64(l.quantity)-off)
		b.subtotal += b.net[i]
		parcel = parcel || x.sources[p.view.index].via != download
	}
	t := p.view.words
	if parcel {
		b.shipping, b.carrier = p.freight(&d, b.subtotal, t)
	} else {
		b.carrier = t.download
	}
	switch {
	case p.theme == lossy:
		b.discount, b.code, b.shipping = b.subtotal*92/100, "CREATOR92", 0
	case p.wholesale:
		b.discount, b.code = b.subtotal*22/100, [...]string{"ATACADO22", "HURT22"}[p.view.index]
	case d.in(45):
		b.discount, b.code = b.subtotal*10/100, [...]string{"BEMVINDO10", "WITAJ10"}[p.view.index]
	case d.in(20):
		b.discount, b.code = b.subtotal*15/100, [...]string{"CASA15", "DOM15"}[p.view.index]
	case d.in(25) && parcel && b.subtotal > 15000:
		b.shipping, b.code = 0, [...]string{"FRETEGRATIS", "DARMOWADOSTAWA"}[p.view.index]
	}
	switch {
	case d.in(35) && parcel:
		b.extra, b.extraFor = [...]int64{brl: 990, eur: 250, usd: 300, pln: 1000}[p.currency], t.wrap
	case p.method == onDelivery:
		b.extra, b.extraFor = [...]int64{brl: 750, eur: 200, usd: 200, pln: 500}[p.currency], t.codFee
	}
	p.levy(b)
	b.total = b.subtotal - b.discount + b.shipping + b.extra
	if !b.included {
		b.total += b.taxes
	}
	if p.theme == miscounted {
		b.total += d.span(1, 90)
	}
}

// freight is the shipping method that the customer chose, and its price.
func (p *plan) freight(d *dice, subtotal int64, t *phrases) (int64, string) {
	home := p.land == brazil && p.view.index == 0 || p.land == poland && p.view.index == 1
	if !home {
		return [...]int64{brl: 8990, eur: 990, usd: 1800, pln: 4900}[p.currency], t.abroad
	}
	free := subtotal >= [...]int64{brl: 39900, eur: 9900, usd: 12000, pln: 34900}[p.currency]
	switch kind := weigh(d, 62, 20, 18); {
	case kind == 1:
		return [...]int64{brl: 3990, eur: 1490, usd: 2500, pln: 2499}[p.currency], t.express
	case free && kind == 0:
		return 0, t.standard
	case free:
		return 0, t.locker
	case kind == 2:
		return [...]int64{brl: 1490, eur: 590, usd: 900, pln: 1299}[p.currency], t.locker
	}
	return [...]int64{brl: 2190, eur: 790, usd: 1200, pln: 1599}[p.currency], t.standard
}

// levy reckons the taxes: in the prices everywhere but in the United States, where they come on top; exports are free.
func (p *plan) levy(b *bill) {
	rate := int64(0) // in ten-thousandths
	b.included = p.land != america
	switch {
	case p.land == portugal || p.land == poland:
		rate = 2300
	case p.land == brazil && p.view.index == 0:
		rate = 1800
	case p.land == america && p.view.index == 1:
		rate = 825
	}
	for i := range b.net {
		net := b.net[i]
		if b.subtotal > 0 {
			net -= b.discount * net / b.subtotal
		}
		b.tax = append(b.tax, portion(net, rate, b.included))
		b.taxes += b.tax[i]
	}
	if b.included {
		b.taxes += portion(b.shipping, rate, true)
	}
}

// portion is the tax in an amount, or on it, rounded half up.
func portion(amount, rate int64, included bool) int64 {
	if included {
		return (amount*rate*2 + 10_000 + rate) / (2 * (10_000 + rate))
	}
	return (amount*rate*2 + 10_000) / 20_000
}

func (b *bill) money(minor int64) order.Money { return order.New(minor, b.currency) }
