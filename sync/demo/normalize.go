package demo

import (
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/text"
)

// laundry cleans the texts of orders that somebody outside wrote, as every connector does. It remembers what it has
// made of texts that come again and again, such as titles and cities.
type laundry map[string]string

// remembered is how many texts a laundry remembers at most.
const remembered = 2000

func (m laundry) often(s *string) {
	if *s == "" {
		return
	}
	clean, ok := m[*s]
	if !ok {
		clean = text.Clean(*s)
		if len(m) < remembered {
			m[*s] = clean
		}
	}
	*s = clean
}

// normalize cleans every text of an order.
func (m laundry) normalize(o *order.Order) {
	m.often(&o.RawStatus)
	m.often(&o.PaymentMethod)
	m.often(&o.ShippingMethod)
	m.often(&o.CancelReason)
	o.CustomerNote = text.CleanLines(o.CustomerNote)
	c := &o.Customer
	c.Name, c.Email, c.Phone, c.Company = text.Clean(c.Name), text.Clean(c.Email), text.Clean(c.Phone), text.Clean(c.Company)
	c.TaxID = text.Clean(c.TaxID)
	m.address(&o.Shipping)
	m.address(&o.Billing)
	for i := range o.Lines {
		l := &o.Lines[i]
		m.often(&l.Title)
		m.often(&l.Variant)
		l.SKU = text.Clean(l.SKU)
	}
	for i := range o.Notes {
		m.often(&o.Notes[i].Text)
		o.Notes[i].Author = text.Clean(o.Notes[i].Author)
	}
	for i := range o.Tags {
		o.Tags[i] = text.Clean(o.Tags[i])
	}
	for i := range o.Refunds {
		m.often(&o.Refunds[i].Reason)
	}
	for i := range o.Adjustments {
		m.often(&o.Adjustments[i].Title)
	}
}

func (m laundry) address(a *order.Address) {
	a.Name, a.Company, a.Line1, a.Line2 = text.Clean(a.Name), text.Clean(a.Company), text.Clean(a.Line1), text.Clean(a.Line2)
	a.PostalCode, a.Phone = text.Clean(a.PostalCode), text.Clean(a.Phone)
	m.often(&a.City)
	m.often(&a.Province)
	m.often(&a.CountryName)
}
