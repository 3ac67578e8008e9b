package demo

import (
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/text"
)

// normalize cleans every text of an order that somebody outside wrote, as every connector does.
func normalize(o order.Order) order.Order {
	o.RawStatus, o.PaymentMethod, o.ShippingMethod = text.Clean(o.RawStatus), text.Clean(o.PaymentMethod), text.Clean(o.ShippingMethod)
	o.CustomerNote, o.CancelReason = text.CleanLines(o.CustomerNote), text.Clean(o.CancelReason)
	c := &o.Customer
	c.Name, c.Email, c.Phone, c.Company = text.Clean(c.Name), text.Clean(c.Email), text.Clean(c.Phone), text.Clean(c.Company)
	c.TaxID = text.Clean(c.TaxID)
	for _, a := range []*order.Address{&o.Shipping, &o.Billing} {
		for _, field := range []*string{
			&a.Name, &a.Company, &a.Line1, &a.Line2, &a.City, &a.Province, &a.PostalCode, &a.CountryName, &a.Phone,
		} {
			*field = text.Clean(*field)
		}
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		l.Title, l.Variant, l.SKU = text.Clean(l.Title), text.Clean(l.Variant), text.Clean(l.SKU)
	}
	for i := range o.Notes {
		o.Notes[i].Text, o.Notes[i].Author = text.CleanLines(o.Notes[i].Text), text.Clean(o.Notes[i].Author)
	}
	for i := range o.Tags {
		o.Tags[i] = text.Clean(o.Tags[i])
	}
	return o
}
