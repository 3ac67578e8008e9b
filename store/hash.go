package store

import (
	"crypto/sha256"
	"encoding/binary"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
)

// hashVersion is part of every hash: raise it when the meaning of a field changes, so that orders are written anew.
const hashVersion = 1

// hasher writes an order as bytes that differ whenever anything in the order does, and hashes them. Encoding to JSON
// would do as well, at five times the cost, and it is done for every order of every page, changed or not.
type hasher struct{ buf []byte }

func (h *hasher) sum(o *order.Order) int64 {
	h.buf = append(h.buf[:0], hashVersion)
	h.order(o)
	digest := sha256.Sum256(h.buf)
	return int64(binary.LittleEndian.Uint64(digest[:]))
}

func (h *hasher) text(values ...string) {
	for _, s := range values {
		h.buf = binary.AppendUvarint(h.buf, uint64(len(s)))
		h.buf = append(h.buf, s...)
	}
}

func (h *hasher) number(values ...int64) {
	for _, n := range values {
		h.buf = binary.AppendVarint(h.buf, n)
	}
}

func (h *hasher) flag(values ...bool) {
	for _, b := range values {
		h.buf = append(h.buf, byte(bit(b, 1)))
	}
}

func (h *hasher) time(t time.Time) {
	if t.IsZero() {
		h.buf = append(h.buf, 0)
		return
	}
	h.buf = append(h.buf, 1)
	h.number(t.Unix(), int64(t.Nanosecond()))
}

func (h *hasher) money(values ...order.Money) {
	for _, m := range values {
		h.number(m.Minor)
		h.text(m.Currency, m.Exact)
	}
}

func (h *hasher) address(a *order.Address) {
	h.text(a.Name, a.Company, a.Line1, a.Line2, a.City, a.Province, a.PostalCode, a.Country, a.CountryName, a.Phone)
}

func (h *hasher) order(o *order.Order) {
	h.text(o.Store, o.ExternalID, o.Number)
	h.time(o.CreatedAt)
	h.time(o.UpdatedAt)
	h.text(o.Currency, string(o.CustomerPayment), string(o.Fulfilment), string(o.Refund), string(o.Resend),
		string(o.Lifecycle), o.RawStatus)
	h.flag(o.UnknownStatus)
	c := &o.Customer
	h.text(c.ExternalID, c.Name, c.Email, c.Phone, c.Locale, c.Company, c.TaxID)
	h.address(&o.Shipping)
	h.address(&o.Billing)
	h.parts(o)
	h.money(o.Subtotal, o.Discount, o.ShippingCost, o.Tax, o.Total, o.Paid, o.Refunded)
	h.flag(o.TaxIncluded)
	h.text(o.CustomerNote)
	h.number(int64(len(o.Tags)))
	h.text(o.Tags...)
	h.text(o.Source, o.PaymentMethod, o.ShippingMethod)
	h.number(int64(len(o.DiscountCodes)))
	h.text(o.DiscountCodes...)
	h.flag(o.CashOnDelivery, o.Test, o.Archived)
	h.text(o.CancelReason, o.AdminURL, o.Fingerprint)
}

// parts is everything that there may be several of.
func (h *hasher) parts(o *order.Order) {
	h.number(int64(len(o.Lines)))
	for i := range o.Lines {
		l := &o.Lines[i]
		h.text(l.ExternalID, l.ProductID, l.SKU, l.Title, l.Variant, l.ImageURL)
		h.number(int64(l.Quantity), int64(l.Cancelled), int64(l.Refunded), int64(l.Fulfilled))
		h.money(l.UnitPrice, l.Discount, l.Tax, l.Total)
		h.flag(l.Digital)
	}
	h.number(int64(len(o.Payments)))
	for i := range o.Payments {
		p := &o.Payments[i]
		h.text(p.ExternalID, p.Method, p.State, p.Reference, p.Error)
		h.time(p.At)
		h.money(p.Amount)
		h.flag(p.Settled)
	}
	h.number(int64(len(o.Refunds)))
	for i := range o.Refunds {
		r := &o.Refunds[i]
		h.text(r.ExternalID, r.State, r.Reason, r.Reference)
		h.time(r.At)
		h.money(r.Amount)
		h.flag(r.Settled)
	}
	h.number(int64(len(o.Fulfilments)))
	for i := range o.Fulfilments {
		s := &o.Fulfilments[i]
		h.text(s.ExternalID, s.State, s.Carrier, s.Tracking, s.URL)
		h.time(s.At)
		h.flag(s.Live, s.Shipped, s.Delivered)
		h.number(int64(len(s.Lines)))
		for _, l := range s.Lines {
			h.text(l.LineID)
			h.number(int64(l.Quantity))
		}
	}
	h.number(int64(len(o.Notes)))
	for i := range o.Notes {
		n := &o.Notes[i]
		h.time(n.At)
		h.text(n.Kind, n.Text, n.Author)
		h.flag(n.Public)
	}
	h.number(int64(len(o.Adjustments)))
	for i := range o.Adjustments {
		h.text(o.Adjustments[i].Title)
		h.money(o.Adjustments[i].Amount)
	}
}
