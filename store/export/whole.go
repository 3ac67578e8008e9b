package export

import (
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
)

// wholeColumns need the order's document.
var wholeColumns = []column{
	wholeText("company", func(r *order.Record) string { return r.Customer.Company }),
	wholeText("tax_id", func(r *order.Record) string { return r.Customer.TaxID }),
	// total_exact is as the platform wrote it where that has more decimals than the currency, which total has not.
	wholeMoney("total_exact", func(r *order.Record) order.Money { return r.Total }),
	wholeMoney("subtotal", func(r *order.Record) order.Money { return r.Subtotal }),
	wholeMoney("discount", func(r *order.Record) order.Money { return r.Discount }),
	wholeText("discount_codes", func(r *order.Record) string { return strings.Join(r.DiscountCodes, ", ") }),
	wholeMoney("shipping_cost", func(r *order.Record) order.Money { return r.ShippingCost }),
	wholeMoney("tax", func(r *order.Record) order.Money { return r.Tax }),
	{name: "tax_included", whole: func(e *encoder, r *order.Record) { e.bool(r.TaxIncluded) }},
	wholeMoney("paid", func(r *order.Record) order.Money { return r.Paid }),
	wholeMoney("refunded", func(r *order.Record) order.Money { return r.Refunded }),
	wholeText("payment_reference", func(r *order.Record) string { return settled(r).Reference }),
	wholeText("shipping_name", func(r *order.Record) string { return r.Shipping.Name }),
	wholeText("shipping_company", func(r *order.Record) string { return r.Shipping.Company }),
	wholeText("shipping_line1", func(r *order.Record) string { return r.Shipping.Line1 }),
	wholeText("shipping_line2", func(r *order.Record) string { return r.Shipping.Line2 }),
	wholeText("shipping_city", func(r *order.Record) string { return r.Shipping.City }),
	wholeText("shipping_province", func(r *order.Record) string { return r.Shipping.Province }),
	{name: "shipping_postal_code", whole: func(e *encoder, r *order.Record) { e.code(r.Shipping.PostalCode) }},
	wholeText("shipping_country", func(r *order.Record) string { return r.Shipping.Country }),
	wholeText("shipping_phone", func(r *order.Record) string { return r.Shipping.Phone }),
	wholeText("billing_name", func(r *order.Record) string { return r.Billing.Name }),
	wholeText("billing_company", func(r *order.Record) string { return r.Billing.Company }),
	wholeText("billing_line1", func(r *order.Record) string { return r.Billing.Line1 }),
	wholeText("billing_line2", func(r *order.Record) string { return r.Billing.Line2 }),
	wholeText("billing_city", func(r *order.Record) string { return r.Billing.City }),
	wholeText("billing_province", func(r *order.Record) string { return r.Billing.Province }),
	{name: "billing_postal_code", whole: func(e *encoder, r *order.Record) { e.code(r.Billing.PostalCode) }},
	wholeText("billing_country", func(r *order.Record) string { return r.Billing.Country }),
	wholeText("billing_phone", func(r *order.Record) string { return r.Billing.Phone }),
	wholeText("note", func(r *order.Record) string { return r.CustomerNote }),
	{name: "exceptions", whole: func(e *encoder, r *order.Record) { e.string(exceptionCodes(r, e.now)) }},
	wholeText("raw_status", func(r *order.Record) string { return r.RawStatus }),
	wholeText("cancel_reason", func(r *order.Record) string { return r.CancelReason }),
	wholeText("admin_url", func(r *order.Record) string { return r.AdminURL }),
	{name: "first_seen_at", whole: func(e *encoder, r *order.Record) { e.time(r.FirstSeen) }},
}

func wholeText(name string, get func(*order.Record) string) column {
	return column{name: name, whole: func(e *encoder, r *order.Record) { e.string(get(r)) }}
}

func wholeMoney(name string, get func(*order.Record) order.Money) column {
	return column{name: name, whole: func(e *encoder, r *order.Record) { e.money(get(r)) }}
}

// settled is the last payment of the customer that has arrived, empty when none has.
func settled(r *order.Record) order.Payment {
	var last order.Payment
	for _, p := range r.Payments {
		if p.Settled && !p.At.Before(last.At) {
			last = p
		}
	}
	return last
}

// exceptionCodes lists the exceptions that hold at an instant.
func exceptionCodes(r *order.Record, now time.Time) string {
	var codes []string
	for _, x := range r.State.Exceptions {
		if !x.From.After(now) {
			codes = append(codes, string(x.Code))
		}
	}
	return strings.Join(codes, ", ")
}

// lineColumns are about one line of an order.
var lineColumns = []column{
	{name: "line", line: func(e *encoder, _ *order.Record, i int) {
		if e.next(); i >= 0 {
			e.buf = appendDecimal(e.buf, int64(i+1), 0, 0)
		}
	}},
	lineText("line_id", func(l *order.Line) string { return l.ExternalID }),
	lineText("line_product_id", func(l *order.Line) string { return l.ProductID }),
	lineText("line_sku", func(l *order.Line) string { return l.SKU }),
	lineText("line_title", func(l *order.Line) string { return l.Title }),
	lineText("line_variant", func(l *order.Line) string { return l.Variant }),
	lineQuantity("line_quantity", func(l *order.Line) order.Quantity { return l.Quantity }),
	lineQuantity("line_cancelled", func(l *order.Line) order.Quantity { return l.Cancelled }),
	lineQuantity("line_refunded", func(l *order.Line) order.Quantity { return l.Refunded }),
	lineQuantity("line_fulfilled", func(l *order.Line) order.Quantity { return l.Fulfilled }),
	lineMoney("line_price", func(l *order.Line) order.Money { return l.UnitPrice }),
	lineMoney("line_discount", func(l *order.Line) order.Money { return l.Discount }),
	lineMoney("line_tax", func(l *order.Line) order.Money { return l.Tax }),
	lineMoney("line_total", func(l *order.Line) order.Money { return l.Total }),
	{name: "line_supplier", line: func(e *encoder, r *order.Record, i int) { e.string(supplierOf(r, i)) }},
	{name: "line_supplier_sku", line: func(e *encoder, r *order.Record, i int) {
		link, _ := linkOf(r, i)
		e.string(link.SupplierSKU)
	}},
	{name: "line_supplier_cost", line: func(e *encoder, r *order.Record, i int) {
		if link, ok := linkOf(r, i); ok && link.CostKnown {
			e.money(link.Cost)
		} else {
			e.unknown()
		}
	}},
	{name: "line_supplier_currency", line: func(e *encoder, r *order.Record, i int) {
		link, _ := linkOf(r, i)
		e.string(link.Cost.Currency)
	}},
	{name: "line_stage", line: func(e *encoder, r *order.Record, i int) {
		g, _ := groupOf(r, i)
		e.word(string(g.Stage))
	}},
}

func lineText(name string, get func(*order.Line) string) column {
	return column{name: name, line: func(e *encoder, r *order.Record, i int) {
		if i < 0 {
			e.next()
			return
		}
		e.string(get(&r.Lines[i]))
	}}
}

func lineQuantity(name string, get func(*order.Line) order.Quantity) column {
	return column{name: name, line: func(e *encoder, r *order.Record, i int) {
		if i < 0 {
			e.next()
			return
		}
		e.quantity(get(&r.Lines[i]))
	}}
}

func lineMoney(name string, get func(*order.Line) order.Money) column {
	return column{name: name, line: func(e *encoder, r *order.Record, i int) {
		if i < 0 {
			e.next()
			return
		}
		e.money(get(&r.Lines[i]))
	}}
}

// groupOf is the line group in which line i is still open.
func groupOf(r *order.Record, i int) (order.Group, bool) {
	for _, g := range r.State.Groups {
		for _, n := range g.Lines {
			if n == i {
				return g, true
			}
		}
	}
	return order.Group{}, false
}

// linkOf is the link of line i to its supplier: to the one that its group goes to, where it has several.
func linkOf(r *order.Record, i int) (order.Link, bool) {
	if i < 0 {
		return order.Link{}, false
	}
	key := r.Lines[i].ProductKey()
	g, _ := groupOf(r, i)
	var found order.Link
	ok := false
	for _, l := range r.Links {
		if l.ProductKey == key && (!ok || l.Supplier == g.Supplier) {
			found, ok = l, true
		}
	}
	return found, ok
}

// supplierOf is the supplier that line i goes to, or would go to.
func supplierOf(r *order.Record, i int) string {
	if g, ok := groupOf(r, i); ok {
		return g.Supplier
	}
	link, _ := linkOf(r, i)
	return link.Supplier
}
