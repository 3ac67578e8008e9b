package orderfile

import (
	"errors"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
)

// totals fills in what the order comes to. Programs differ in whether a subtotal has the discount taken off already and
// prices the tax in them; what adds up tells.
func (im *Import) totals(o *order.Order, r row) error {
	var err error
	read := func(f Field) (m order.Money, known bool) {
		if err != nil {
			return m, false
		}
		m, known, err = im.money(r, f, o.Currency)
		return m, known
	}
	subtotal, sub := read(Subtotal)
	discount, _ := read(Discount)
	ship, _ := read(ShippingCost)
	tax, taxed := read(Tax)
	total, totalled := read(Total)
	o.Refunded, _ = read(Refunded)
	if err != nil {
		return err
	}
	if !totalled && (sub || !im.priceless()) && im.has(Total) {
		return errors.New("it has no total: is the row with what concerns the whole order missing?")
	}
	if discount.Minor < 0 {
		discount.Minor = -discount.Minor
	}
	if o.Refunded.Minor < 0 {
		o.Refunded.Minor = -o.Refunded.Minor
	}
	var lines, lineTax order.Money
	for i := range o.Lines {
		if lines, err = lines.Add(o.Lines[i].Total); err != nil {
			return err
		}
		if lineTax, err = lineTax.Add(o.Lines[i].Tax); err != nil {
			return err
		}
	}
	lines.Currency = o.Currency
	if !taxed {
		tax = lineTax
		tax.Currency = o.Currency
	}
	if !sub {
		subtotal = lines
	}
	o.Subtotal, o.Discount, o.ShippingCost, o.Tax, o.Total = subtotal, discount, ship, tax, total
	if !totalled {
		o.Total = order.New(subtotal.Minor-discount.Minor+ship.Minor, o.Currency)
		if im.columns.layout.plain {
			o.Total.Minor += tax.Minor
		} else {
			o.TaxIncluded = true
		}
		return nil
	}
	im.addUp(o, sub)
	return nil
}

// priceless tells whether the file has no prices at all, as an order list for a supplier has.
func (im *Import) priceless() bool { return !im.has(ItemPrice) && !im.has(ItemTotal) && !im.has(Total) }

// addUp finds the reading of subtotal, discount and tax under which the parts make the total. Where none does, the
// first is kept, and the order shows that it does not add up.
func (im *Import) addUp(o *order.Order, sub bool) {
	for _, reading := range []struct{ taken, included bool }{{false, false}, {false, true}, {true, false}, {true, true}} {
		sum := o.Subtotal.Minor + o.ShippingCost.Minor
		if !reading.taken {
			sum -= o.Discount.Minor
		}
		if !reading.included {
			sum += o.Tax.Minor
		}
		if sum == o.Total.Minor {
			o.TaxIncluded = reading.included && !o.Tax.IsZero()
			if reading.taken {
				o.Subtotal.Minor += o.Discount.Minor
			}
			return
		}
	}
	if sub && im.columns.layout == &shopify {
		o.Subtotal.Minor += o.Discount.Minor
	}
	if !sub { // fees and the like that the file does not list: the lines alone say nothing of the total
		o.Subtotal = order.Money{}
	}
}

// states reads how far the order is, and what was paid and sent.
func (im *Import) states(o *order.Order, r row) error {
	status, payment, delivery := im.text(r, Status), im.text(r, PaymentStatus), im.text(r, DeliveryStatus)
	o.RawStatus = strings.Join(filled(status, payment, delivery), ", ")
	if status != "" {
		im.status(o, status)
	}
	if payment != "" {
		p, ok := payments[key(payment)]
		o.CustomerPayment, o.UnknownStatus = p, o.UnknownStatus || !ok
	}
	if delivery != "" {
		f, ok := deliveries[key(delivery)]
		o.Fulfilment, o.UnknownStatus = f, o.UnknownStatus || !ok
	}
	paidAt, err := im.date(r, PaidAt)
	if err != nil {
		return err
	}
	sentAt, err := im.date(r, FulfilledAt)
	if err != nil {
		return err
	}
	cancelledAt, err := im.date(r, CancelledAt)
	if err != nil {
		return err
	}
	if !cancelledAt.IsZero() {
		o.Lifecycle = order.LifecycleCancelled
	}
	if o.CustomerPayment == order.PaymentVoided && !paidAt.IsZero() {
		o.CustomerPayment = order.PaymentPaid // cancelled after it was paid
	}
	if o.CustomerPayment == "" {
		switch {
		case !paidAt.IsZero():
			o.CustomerPayment = order.PaymentPaid
		case im.o.Payment != "":
			o.CustomerPayment = im.o.Payment
		default:
			o.CustomerPayment = order.PaymentPending
		}
	}
	if err := im.paid(o, r); err != nil {
		return err
	}
	if !o.Paid.IsZero() {
		o.Payments = []order.Payment{{
			ExternalID: orOne(im.text(r, PaymentID)), At: paidAt, Method: o.PaymentMethod, State: string(o.CustomerPayment),
			Amount: o.Paid, Settled: true, Reference: im.text(r, PaymentRef),
		}}
	}
	im.sent(o, r, sentAt)
	return nil
}

func filled(texts ...string) []string {
	var out []string
	for _, s := range texts {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

func orOne(id string) string {
	if id == "" {
		return "1"
	}
	return id
}

// paid says how much the customer has paid and got back.
func (im *Import) paid(o *order.Order, r row) error {
	owed, known, err := im.money(r, Outstanding, o.Currency)
	if err != nil {
		return err
	}
	o.Paid = order.New(0, o.Currency)
	switch o.CustomerPayment {
	case order.PaymentPaid, order.PaymentOverpaid, order.PaymentRefunded, order.PaymentPartiallyRefunded:
		o.Paid = o.Total
	case order.PaymentPartiallyPaid:
		if known && owed.Minor < o.Total.Minor {
			o.Paid.Minor = o.Total.Minor - owed.Minor
		}
	}
	if o.CustomerPayment == order.PaymentRefunded && !im.has(Refunded) {
		o.Refunded = o.Paid
	}
	switch {
	case o.Refunded.IsZero():
	case o.Refunded.Minor >= o.Total.Minor:
		o.Refund = order.CasePaid
		o.CustomerPayment = order.PaymentRefunded
	default:
		o.Refund = order.CasePaidPartial
		if o.CustomerPayment == order.PaymentPaid {
			o.CustomerPayment = order.PaymentPartiallyRefunded
		}
	}
	if !o.Refunded.IsZero() {
		o.Refunds = []order.Refund{{ExternalID: "1", State: "refunded", Amount: o.Refunded, Settled: true}}
	}
	return nil
}

// status reads the one word that WooCommerce and tables of people have for everything.
func (im *Import) status(o *order.Order, word string) {
	s, ok := statuses[strings.TrimPrefix(key(word), "wc ")]
	if !ok {
		o.UnknownStatus = true
		return
	}
	o.CustomerPayment = s.payment
	if s.fulfilment != "" {
		o.Fulfilment = s.fulfilment
	}
	if s.cancelled {
		o.Lifecycle = order.LifecycleCancelled
	}
}

// sent makes the parcel that a file tells of: it has at most one an order.
func (im *Import) sent(o *order.Order, r row, at time.Time) {
	tracking := im.text(r, Tracking)
	whole := o.Fulfilment == order.Fulfilled || o.Fulfilment == order.FulfilmentDelivered
	for i := range o.Lines {
		l := &o.Lines[i]
		if whole {
			l.Fulfilled = l.Quantity
		}
	}
	if !whole && tracking == "" {
		return
	}
	parcel := order.Shipment{
		ExternalID: "1", At: at, State: "fulfilled", Live: true, Shipped: true, Carrier: im.text(r, Carrier), Tracking: tracking,
		Delivered: o.Fulfilment == order.FulfilmentDelivered,
	}
	if u := im.text(r, TrackingURL); strings.HasPrefix(u, "https://") || strings.HasPrefix(u, "http://") {
		parcel.URL = u
	}
	if whole {
		for i := range o.Lines {
			parcel.Lines = append(parcel.Lines, order.ShipmentLine{LineID: o.Lines[i].ExternalID, Quantity: o.Lines[i].Quantity})
		}
	}
	o.Fulfilments = []order.Shipment{parcel}
}
