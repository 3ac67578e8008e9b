package demo

import (
	"strconv"

	"github.com/orderdeck/orderdeck/store/order"
)

// rawPayments are the platform's own words for the state of a payment, by customer payment.
var rawPayments = map[order.CustomerPayment]string{
	order.PaymentDraft: "Draft", order.PaymentPending: "Created", order.PaymentAwaitingProof: "AwaitingProof",
	order.PaymentAuthorized: "Authorized", order.PaymentPartiallyPaid: "PartiallySettled", order.PaymentPaid: "Settled",
	order.PaymentOverpaid: "Settled", order.PaymentPartiallyRefunded: "Settled", order.PaymentRefunded: "Settled",
	order.PaymentVoided: "Voided", order.PaymentExpired: "Expired", order.PaymentFailed: "Declined",
	order.PaymentChargeback: "ChargedBack",
}

// writePayments says what the customer paid, and how often it was tried.
func (p *plan) writePayments(o *order.Order, b *bill, id string, now int64) {
	state := p.pay.at(now)
	switch o.CustomerPayment {
	case order.PaymentPaid, order.PaymentRefunded, order.PaymentPartiallyRefunded, order.PaymentChargeback:
		o.Paid = b.money(b.total)
	case order.PaymentPartiallyPaid:
		o.Paid = b.money(b.total / 2)
	case order.PaymentOverpaid:
		o.Paid = b.money(b.total + (b.total/100+9)/10*10 + 100)
	default:
		o.Paid = b.money(0)
	}
	if state == payDraft {
		return
	}
	name := methodNames[p.method][0]
	add := func(at int64, raw string, amount order.Money, settled bool, problem string) {
		k := strconv.Itoa(len(o.Payments) + 1)
		o.Payments = append(o.Payments, order.Payment{
			ExternalID: id + "-p" + k, At: instant(at), Method: name, State: raw, Amount: amount, Settled: settled,
			Reference: "PAY-" + id + "-" + k, Error: problem,
		})
	}
	begun := p.pay.from[0]
	if p.pay.to[0] == payDraft {
		begun = p.pay.from[1]
	}
	if p.pay.to[0] == payFailed {
		add(begun, "Declined", b.money(b.total), false, "card declined by its bank")
		if state == payFailed {
			return
		}
		begun = p.pay.from[1]
	}
	if p.fate == deposited {
		if half := p.pay.since(payPartly); half <= now {
			add(half, "Settled", b.money(b.total/2), true, "")
		}
		if rest := p.pay.since(payPaid); rest <= now {
			add(rest, "Settled", b.money(b.total-b.total/2), true, "")
		}
		return
	}
	amount, settled := b.money(b.total), o.Paid.Minor > 0
	if settled {
		amount = o.Paid
	}
	add(begun, rawPayments[o.CustomerPayment], amount, settled, "")
}

// writeRefunds says what went back, or is to go back, to the customer.
func (p *plan) writeRefunds(o *order.Order, b *bill, d *dice, id string, now int64) {
	o.Refunded = b.money(0)
	reasons := p.view.words.refundReasons
	reason := reasons[d.n(len(reasons))]
	state := p.refund.at(now)
	if state == 0 || state == caseRejected {
		return
	}
	amount := b.money(b.total)
	if p.fate == refundPartial {
		amount = b.money((b.total*3 + 9) / 10)
		if len(o.Lines) > 1 {
			amount = o.Lines[len(o.Lines)-1].Total
		}
	}
	if p.cancelled <= now {
		reason = p.cancelReason()
	}
	settled := state == casePaid || state == casePartial
	r := order.Refund{
		ExternalID: id + "-r1", At: instant(p.refund.from[0]), State: string(order.CaseStates[state]), Amount: amount,
		Settled: settled, Reason: reason,
	}
	if settled {
		o.Refunded = amount
		r.Reference = "REF-" + id
	}
	o.Refunds = []order.Refund{r}
}

func (p *plan) cancelReason() string {
	if p.why != "" {
		return p.why
	}
	r := &p.view.words.reasons
	switch p.fate {
	case soldOutForGood:
		return r[1]
	case expired, refused, voided, drafted:
		return r[2]
	case tested:
		return r[3]
	}
	return r[0]
}

// writeTexts adds what people wrote: notes, tags, the history.
func (p *plan) writeTexts(o *order.Order, d *dice, now int64) {
	t := p.view.words
	o.Notes = append(o.Notes, order.Note{At: o.CreatedAt, Kind: "created", Text: t.created, Public: true})
	if paid := p.pay.since(payPaid); paid <= now {
		o.Notes = append(o.Notes, order.Note{At: instant(paid), Kind: "paid", Text: t.paidBy + ": " + o.PaymentMethod})
	}
	if d.in(120) {
		o.CustomerNote = pick(d, wishes[p.land.locale[:2]])
	}
	remark := pick(d, remarks[p.view.language])
	if p.noted <= now {
		o.Notes = append(o.Notes, order.Note{At: instant(p.noted), Kind: "note", Text: remark, Author: p.view.staff[d.n(len(p.view.staff))]})
	}
	if p.cancelled <= now {
		o.CancelReason = p.cancelReason()
		o.Notes = append(o.Notes, order.Note{At: instant(p.cancelled), Kind: "cancelled", Text: t.cancelledBecause + o.CancelReason, Public: true})
	}
	if p.sentBack <= now {
		o.Notes = append(o.Notes, order.Note{At: instant(p.sentBack), Kind: "note", Text: t.returnNote, Author: p.view.staff[0]})
	}
	p.tag(o, d)
}

func (p *plan) tag(o *order.Order, d *dice) {
	add := func(yes bool, tag string) {
		if yes {
			o.Tags = append(o.Tags, tag)
		}
	}
	add(p.wholesale, "wholesale")
	add(p.who&regular != 0 || d.in(25), "vip")
	add(len(o.Adjustments) > 0 && p.method != onDelivery || d.in(30), "gift")
	add(p.booked > 0, "preorder")
	add(p.theme == lossy, "influencer")
	add(p.theme == held, "check")
	add(p.fate == tested, "test")
	add(d.in(20), "fragile")
	add(p.land != brazil && p.view.index == 0 || p.land != poland && p.view.index == 1, "export")
}
