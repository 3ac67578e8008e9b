package orderfile

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/text"
)

// build makes an order of its rows.
func (im *Import) build(rows []row) (order.Order, error) {
	first := rows[0]
	o := order.Order{
		Store: im.o.Store, Number: im.number(first), Lifecycle: order.LifecycleOpen, Resend: order.ResendNone, Refund: order.CaseNone,
		Fulfilment: order.Unfulfilled, Source: im.text(first, Source), CustomerNote: text.Limit(text.CleanLines(im.raw(first, CustomerNote)), 10_000),
		PaymentMethod: im.text(first, PaymentMethod), ShippingMethod: im.text(first, ShippingMethod),
		Tags: list(im.text(first, Tags)), DiscountCodes: list(im.text(first, DiscountCode)),
	}
	if o.Number == "" {
		return o, errors.New("it has no number")
	}
	o.ExternalID = cmp.Or(im.text(first, ID), o.Number)
	var err error
	if o.Currency, err = im.currency(first); err != nil {
		return o, err
	}
	if err := im.dated(&o, first); err != nil {
		return o, err
	}
	im.people(&o, first)
	if err := im.lines(&o, rows); err != nil {
		return o, err
	}
	if err := im.totals(&o, first); err != nil {
		return o, err
	}
	if err := im.states(&o, first); err != nil {
		return o, err
	}
	return o, nil
}

func (im *Import) raw(r row, f Field) string {
	cell, _ := im.cell(r, f)
	if rest, ok := strings.CutPrefix(cell, "'"); ok && strings.ContainsAny(rest[:min(1, len(rest))], "=+-@\t\r\n") {
		return rest
	}
	return cell
}

// list takes apart "a, b".
func list(s string) []string {
	var out []string
	for _, part := range strings.Split(s, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

func (im *Import) dated(o *order.Order, r row) (err error) {
	if o.CreatedAt, err = im.date(r, CreatedAt); err != nil {
		return err
	}
	if o.CreatedAt.IsZero() {
		return errors.New("it has no date: is the row with what concerns the whole order missing?")
	}
	o.UpdatedAt = o.CreatedAt
	for _, f := range []Field{PaidAt, FulfilledAt, CancelledAt} {
		at, err := im.date(r, f)
		if err != nil {
			return err
		}
		if at.After(o.UpdatedAt) {
			o.UpdatedAt = at
		}
	}
	return nil
}

func (im *Import) people(o *order.Order, r row) {
	o.Billing, o.Shipping = im.address(r, billing), im.address(r, shipping)
	o.Customer = order.Customer{
		ExternalID: im.text(r, CustomerID), Email: im.text(r, Email), TaxID: im.text(r, TaxID),
		Name:    cmp.Or(im.text(r, CustomerName), o.Shipping.Name, o.Billing.Name),
		Phone:   cmp.Or(im.text(r, Phone), o.Shipping.Phone, o.Billing.Phone),
		Company: cmp.Or(o.Billing.Company, o.Shipping.Company),
	}
	if !o.Shipping.IsZero() && o.Shipping.Name == "" {
		o.Shipping.Name = o.Customer.Name
	}
}

func (im *Import) address(r row, prefix string) order.Address {
	part := func(name string) string { return im.text(r, Field(prefix+name)) }
	a := order.Address{
		Name:    cmp.Or(part(partName), strings.TrimSpace(part(partFirst)+" "+part(partLast))),
		Company: part(partCompany), Line1: part(partLine1), Line2: part(partLine2), City: part(partCity), Province: part(partProvince),
		PostalCode: part(partPostcode), Phone: part(partPhone), CountryName: part(partCountry),
	}
	a.Country = country(a.CountryName)
	if strings.EqualFold(a.Country, a.CountryName) {
		a.CountryName = "" // it was a code
	}
	return a
}

// lines reads what was bought: a line a row, or several packed into cells of the first row.
func (im *Import) lines(o *order.Order, rows []row) error {
	for _, r := range rows {
		l, ok, err := im.line(r, o.Currency)
		if err != nil {
			return err
		}
		if ok {
			l.ExternalID = strconv.Itoa(len(o.Lines) + 1)
			o.Lines = append(o.Lines, l)
		}
	}
	packed := im.columns.packed
	if at := im.columns.at[Items]; len(at) > 0 {
		packed = at
	}
	for _, i := range packed {
		for _, cell := range strings.Split(rows[0].cells[i], ";") {
			l, ok, err := unpack(cell, o.Currency)
			if err != nil {
				return fmt.Errorf("%s: %w", im.table.Header[i], err)
			}
			if ok {
				l.ExternalID = strconv.Itoa(len(o.Lines) + 1)
				o.Lines = append(o.Lines, l)
			}
		}
	}
	return nil
}

func (im *Import) line(r row, currency string) (l order.Line, ok bool, err error) {
	l = order.Line{
		Title: im.text(r, ItemTitle), Variant: im.text(r, ItemVariant), SKU: im.text(r, ItemSKU), ProductID: im.text(r, ItemProduct),
		Quantity: order.Units(1), Digital: strings.EqualFold(im.text(r, ItemShips), "false"),
	}
	if l.Title == "" && l.SKU == "" && l.ProductID == "" {
		return l, false, nil
	}
	if u := im.text(r, ItemImage); strings.HasPrefix(u, "https://") || strings.HasPrefix(u, "http://") {
		l.ImageURL = u
	}
	l.Title = cmp.Or(l.Title, l.SKU, l.ProductID)
	if im.columns.layout.apart && l.Variant == "" {
		if i := strings.LastIndex(l.Title, " - "); i > 0 {
			l.Title, l.Variant = l.Title[:i], l.Title[i+3:]
		}
	}
	if im.has(ItemQuantity) {
		s, err := im.decimal(r, ItemQuantity)
		if err != nil {
			return l, false, err
		}
		if l.Quantity, err = order.ParseQuantity(s); err != nil || l.Quantity <= 0 {
			return l, false, fmt.Errorf("the quantity of “%s” is %q, and should be more than 0", l.Title, s)
		}
	}
	if err := im.prices(&l, r, currency); err != nil {
		return l, false, err
	}
	if s, err := im.decimal(r, ItemReturned); err == nil && s != "" {
		if q, err := order.ParseQuantity(strings.TrimPrefix(s, "-")); err == nil {
			l.Refunded = min(q, l.Quantity)
		}
	}
	switch strings.ToLower(im.text(r, ItemDelivery)) {
	case "fulfilled":
		l.Fulfilled = l.Quantity
	case "partial":
		l.Fulfilled = max(1, l.Quantity/2) // the file does not say how many
	}
	return l, true, nil
}

// prices fills in what a line costs, from its unit price or from its total.
func (im *Import) prices(l *order.Line, r row, currency string) error {
	price, priced, err := im.money(r, ItemPrice, currency)
	if err != nil {
		return err
	}
	total, totalled, err := im.money(r, ItemTotal, currency)
	if err != nil {
		return err
	}
	if l.Discount, _, err = im.money(r, ItemDiscount, currency); err != nil {
		return err
	}
	if l.Discount.Minor < 0 { // some programs write what is taken off as such
		l.Discount.Minor = -l.Discount.Minor
	}
	if l.Tax, _, err = im.money(r, ItemTax, currency); err != nil {
		return err
	}
	return settle(l, price, priced, total, totalled)
}

// settle works out of a line's unit price and total whichever is not known.
func settle(l *order.Line, price order.Money, priced bool, total order.Money, totalled bool) error {
	if !priced {
		price = each(total, l.Quantity)
	}
	l.UnitPrice = price
	gross, err := price.Times(l.Quantity)
	if err != nil {
		return fmt.Errorf("“%s” costs more than can be kept", l.Title)
	}
	switch {
	case !totalled:
		l.Total, err = gross.Sub(l.Discount)
	case priced && l.Discount.IsZero() && total.Minor < gross.Minor:
		l.Total = total
		l.Discount, err = gross.Sub(total)
	default:
		l.Total = total
	}
	return err
}

// each is a total divided by a quantity, rounded to the minor unit.
func each(total order.Money, q order.Quantity) order.Money {
	unit := int64(order.Units(1))
	if q <= 0 || total.Minor > (1<<62)/unit || total.Minor < -(1<<62)/unit {
		return total
	}
	return order.New((2*total.Minor*unit+int64(q))/(2*int64(q)), total.Currency)
}

// unpack reads one line out of a cell: "name:Tee|product_id:12|sku:T-1|quantity:2|total:19.98|sub_total:19.98".
func unpack(cell, currency string) (order.Line, bool, error) {
	l := order.Line{Quantity: order.Units(1)}
	amounts := map[string]order.Money{}
	for _, part := range strings.Split(cell, "|") {
		name, value, ok := strings.Cut(part, ":")
		if !ok {
			continue
		}
		name, value = strings.ToLower(strings.TrimSpace(name)), plain(value, false)
		var err error
		switch name {
		case "name":
			l.Title = value
		case "product_id", "id":
			l.ProductID = value
		case "sku":
			l.SKU = value
		case "meta", "variation":
			l.Variant = value
		case "quantity", "qty":
			if l.Quantity, err = order.ParseQuantity(value); err != nil || l.Quantity <= 0 {
				return l, false, fmt.Errorf("a quantity of %q should be more than 0", value)
			}
		case "total", "sub_total", "subtotal", "total_tax", "tax":
			if amounts[strings.ReplaceAll(name, "_", "")], err = order.ParseMoney(value, currency); err != nil {
				return l, false, fmt.Errorf("%s %q: %w", name, value, err)
			}
		}
	}
	if l.Title == "" && l.SKU == "" && l.ProductID == "" {
		return l, false, nil
	}
	l.Title = cmp.Or(l.Title, l.SKU, l.ProductID)
	total, totalled := amounts["total"]
	before, priced := amounts["subtotal"]
	l.Tax, l.Discount = cmp.Or(amounts["totaltax"], amounts["tax"]), order.New(0, currency)
	return l, true, settle(&l, each(before, l.Quantity), priced, total, totalled)
}
