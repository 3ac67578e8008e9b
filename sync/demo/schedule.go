package demo

import (
	"slices"

	"github.com/orderdeck/orderdeck/store/order"
)

// The values of tracks are places in the lists of package order.
var (
	payDraft      = place(order.CustomerPayments, order.PaymentDraft)
	payPending    = place(order.CustomerPayments, order.PaymentPending)
	payProof      = place(order.CustomerPayments, order.PaymentAwaitingProof)
	payAuthorized = place(order.CustomerPayments, order.PaymentAuthorized)
	payPartly     = place(order.CustomerPayments, order.PaymentPartiallyPaid)
	payPaid       = place(order.CustomerPayments, order.PaymentPaid)
	payOver       = place(order.CustomerPayments, order.PaymentOverpaid)
	payPartBack   = place(order.CustomerPayments, order.PaymentPartiallyRefunded)
	payBack       = place(order.CustomerPayments, order.PaymentRefunded)
	payVoided     = place(order.CustomerPayments, order.PaymentVoided)
	payExpired    = place(order.CustomerPayments, order.PaymentExpired)
	payFailed     = place(order.CustomerPayments, order.PaymentFailed)
	payCharged    = place(order.CustomerPayments, order.PaymentChargeback)

	caseRequested = place(order.CaseStates, order.CaseRequested)
	caseEvidence  = place(order.CaseStates, order.CaseEvidenceNeeded)
	caseApproved  = place(order.CaseStates, order.CaseApproved)
	caseRejected  = place(order.CaseStates, order.CaseRejected)
	casePartial   = place(order.CaseStates, order.CasePaidPartial)
	casePaid      = place(order.CaseStates, order.CasePaid)

	resendRequestedAt = place(order.ResendStates, order.ResendRequested)
	resendApprovedAt  = place(order.ResendStates, order.ResendApproved)
	resendRejectedAt  = place(order.ResendStates, order.ResendRejected)
	resendShippedAt   = place(order.ResendStates, order.ResendShipped)
	resendDeliveredAt = place(order.ResendStates, order.ResendDelivered)
)

func place[T comparable](list []T, value T) uint8 { return uint8(slices.Index(list, value)) }

// schedule plans when everything happens.
func (p *plan) schedule() {
	d := roll(p.view.seed, p.view.id, uint64(p.index), topicPay)
	p.money(&d)
	switch p.fate {
	case held:
		p.heldUntil = p.at + d.span(60*hour, 108*hour)
		p.ready = max(p.ready, p.heldUntil)
	case homeless:
		p.homed = p.at + d.span(7*days, 14*days)
		p.ready = max(p.ready, p.homed)
	case preordered:
		p.booked = p.at + d.span(12*days, 25*days)
	case regretted:
		p.cancelled = p.at + d.span(20*minute, 20*hour)
	case bare, remote: // nobody can send it
		p.cancelled = p.at + d.span(100*hour, 116*hour)
	case tested:
		p.cancelled = p.at + d.span(1*hour, 90*hour)
	}
	p.supply()
	d = roll(p.view.seed, p.view.id, uint64(p.index), topicCase)
	p.afterwards(&d)
	p.tidy(&d)
	for i := range p.parts { // after the dice, so that all else stays as it was
		if at := p.takenAt(i); at < never {
			p.leave(&p.parts[i], at)
		}
	}
	p.heed()
	p.collect()
}

// money plans how the customer pays.
func (p *plan) money(d *dice) {
	at := p.at
	switch p.fate {
	case expired:
		p.pay.set(at, payPending)
		at += d.span(20*hour, 40*hour)
		p.pay.set(at, payExpired)
		p.cancelled = at + d.span(1*days, 4*days)
		return
	case declined:
		p.pay.set(at, payFailed)
		at += d.span(3*hour, 50*hour)
	case refused:
		p.pay.set(at, payFailed)
		p.cancelled = at + d.span(3*days, 7*days)
		return
	case captured:
		p.pay.set(at, payAuthorized)
		at += d.span(30*hour, 80*hour)
	case voided:
		p.pay.set(at, payAuthorized)
		at += d.span(10*hour, 70*hour)
		p.pay.set(at, payVoided)
		p.cancelled = at
		return
	case deposited:
		p.pay.set(at, payPending)
		p.pay.set(at+d.span(10*minute, 9*hour), payPartly)
		at += d.span(3*days, 12*days)
	case overpaid:
		p.pay.set(at, payPending)
		at += d.span(3*hour, 30*hour)
		p.pay.set(at, payOver)
		p.ready = at
		return
	case drafted:
		p.pay.set(at, payDraft)
		if d.in(400) {
			p.cancelled = at + d.span(20*days, 35*days)
			return
		}
		at += d.span(5*days, 12*days)
		p.pay.set(at, payPending)
		at += d.span(1*hour, 30*hour)
	case shippedUnpaid:
		p.pay.set(at, payPending)
		at += d.span(14*days, 26*days)
	default:
		at = p.usual(d, at)
	}
	if at < never {
		p.pay.set(at, payPaid)
		p.ready = min(p.ready, at)
	}
}

// usual plans the payment of an order that goes as it should, up to when it is paid.
func (p *plan) usual(d *dice, at int64) int64 {
	switch p.method {
	case pix:
		p.pay.set(at, payPending)
		return at + 20 + d.span(10, 8*minute) + d.span(0, 40*minute)*int64(d.n(5)/4)
	case blik, przelewy:
		p.pay.set(at, payPending)
		return at + d.span(15, 4*minute)
	case boleto:
		p.pay.set(at, payPending)
		return at + d.span(8*hour, 70*hour)
	case konbini:
		p.pay.set(at, payPending)
		return at + d.span(3*hour, 60*hour)
	case deposit:
		p.pay.set(at, payProof)
		return at + d.span(20*hour, 96*hour)
	case onDelivery:
		p.pay.set(at, payPending)
		p.ready = at // paid when it arrives; see afterwards
		return never
	case card:
		if d.in(60) {
			p.pay.set(at, payAuthorized)
			at += d.span(2*hour, 20*hour)
		}
	}
	return at
}

// afterwards plans what follows on delivery, or on a cancellation.
func (p *plan) afterwards(d *dice) {
	if p.cancelled < never {
		p.stop(d)
		return
	}
	home := p.home()
	if p.method == onDelivery && home < never {
		p.pay.set(home+d.span(1*hour, 40*hour), payPaid)
	}
	if home >= never {
		if p.fate == cancelledMoving || p.fate == refundedMoving {
			p.withdraw(d)
		}
		return
	}
	at := home + d.span(20*hour, 4*days)
	wait := func() int64 { return d.span(15*hour, 5*days) }
	const ages = 48 * days
	switch p.fate {
	case charged:
		p.pay.set(at+d.span(8*days, 40*days), payCharged)
	case claimPaid, claimPartial, claimRejected, claimRequested, claimEvidence, claimApproved:
		p.dispute(&p.bought().claim, d, at, [...]uint8{casePaid, casePartial, caseRejected, caseRequested, caseEvidence, caseApproved}[p.fate-claimPaid])
	case refundPaid, refundPartial, refundRejected, refundRequested, refundEvidence, refundApproved, returned:
		end := [...]uint8{casePaid, casePartial, caseRejected, caseRequested, caseEvidence, caseApproved, casePaid}[p.fate-refundPaid]
		p.dispute(&p.refund, d, at, end)
		if paid := p.refund.since(casePaid); paid < never {
			p.pay.set(paid, payBack)
		}
		if paid := p.refund.since(casePartial); paid < never {
			p.pay.set(paid, payPartBack)
		}
		if p.fate == returned {
			p.sentBack = p.refund.since(casePaid) - d.span(1*hour, 30*hour)
		}
	case resent, resendRejected, resendRequested, resendApproved, resendShipped:
		p.resend.set(at, resendRequestedAt)
		if p.fate == resendRequested {
			at += ages
		} else {
			at += wait()
		}
		if p.fate == resendRejected {
			p.resend.set(at, resendRejectedAt)
			return
		}
		p.resend.set(at, resendApprovedAt)
		if p.fate == resendApproved {
			at += ages
		} else {
			at += wait()
		}
		p.resend.set(at, resendShippedAt)
		if p.fate == resendShipped {
			at += ages
		} else {
			at += wait() + 2*days
		}
		p.resend.set(at, resendDeliveredAt)
	}
}

// dispute plans a case that ends one way, or that stays where it is for weeks.
func (p *plan) dispute(t *track, d *dice, at int64, end uint8) {
	const ages = 48 * days
	steps := []uint8{caseRequested, caseEvidence, caseApproved}
	if end != caseEvidence && d.in(500) {
		steps = []uint8{caseRequested, caseApproved}
	}
	for _, s := range steps {
		if s == caseApproved && end == caseRejected {
			break
		}
		t.set(at, s)
		if s == end {
			at += ages
		} else {
			at += d.span(15*hour, 4*days)
		}
	}
	switch end {
	case caseRequested, caseEvidence, caseApproved:
		end = casePaid
	}
	t.set(at, end)
}

// stop plans a cancellation: what was paid goes back.
func (p *plan) stop(d *dice) {
	for p.pay.n > 0 && p.pay.from[p.pay.n-1] > p.cancelled { // what would have been paid later is not
		p.pay.n--
	}
	switch p.pay.at(p.cancelled) {
	case payPaid:
	case payAuthorized:
		p.pay.set(p.cancelled, payVoided)
		return
	default:
		return
	}
	p.refund.set(p.cancelled, caseApproved)
	back := p.cancelled + d.span(5*minute, 50*hour)
	p.refund.set(back, casePaid)
	p.pay.set(back, payBack)
}

// withdraw plans a cancellation or a refund that the supplier does not heed.
func (p *plan) withdraw(d *dice) {
	x := p.bought()
	at := x.process + d.span(2*hour, 20*hour)
	if p.fate == cancelledMoving {
		p.cancelled = at
	}
	p.refund.set(at, caseApproved)
	p.refund.set(at+d.span(5*minute, 5*hour), casePaid)
	p.pay.set(p.refund.since(casePaid), payBack)
}

// home is when the last parcel has arrived, never if not all do; a part that is downloaded counts when it is sent.
func (p *plan) home() (last int64) {
	for i := range p.parts {
		x := &p.parts[i]
		if x.via == download {
			last = max(last, x.told)
		} else {
			last = max(last, x.deliver)
		}
	}
	return last
}

// bought is the first part that a supplier delivers; the first part where none does.
func (p *plan) bought() *part {
	for i := range p.parts {
		if p.parts[i].via >= lumen {
			return &p.parts[i]
		}
	}
	return &p.parts[0]
}

// tidy plans what is done to old orders.
func (p *plan) tidy(d *dice) {
	switch p.fate {
	case vanished:
		p.vanished = p.at + d.span(40*days, 80*days)
	case deleted:
		p.removed = p.at + d.span(50*days, 90*days)
	case ordinary, slow, split, declined, preordered, soldOut, expired, regretted, refused:
		if d.in(260) {
			p.archived = max(p.end()+days, p.at+d.span(45*days, 75*days))
		}
	}
	if d.in(45) {
		p.noted = p.at + d.span(10*minute, 30*hour)
	}
}

// end is when nothing more happens, as far as is planned.
func (p *plan) end() (last int64) {
	for _, t := range []*track{&p.pay, &p.refund, &p.resend} {
		if t.n > 0 {
			last = max(last, t.from[t.n-1])
		}
	}
	if home := p.home(); home < never {
		last = max(last, home)
	}
	return last
}

// collect notes when the store platform's order changes.
func (p *plan) collect() {
	m := &p.marks
	m.add(p.at)
	if p.deeds != nil {
		for k := range p.deeds.told {
			m.add(p.deeds.told[k].At)
		}
	}
	m.follow(&p.pay)
	m.follow(&p.refund)
	m.follow(&p.resend)
	for _, at := range [...]int64{p.cancelled, p.removed, p.vanished, p.archived, p.sentBack, p.noted} {
		m.add(at)
	}
	for _, at := range [...]int64{p.heldUntil, p.homed, p.booked} {
		if at > 0 {
			m.add(at)
		}
	}
	for i := range p.parts {
		x := &p.parts[i]
		for _, at := range [...]int64{x.asked, x.begun, x.told, x.toldSecond, x.toldHome} {
			if at < p.cancelled {
				m.add(at)
			}
		}
		x.marks.follow(&x.claim)
	}
}
