// Package orderfile reads orders from files: what Shopify and WooCommerce's exporters write, DSers' order list, and any other
// table whose columns somebody tells the meaning of. It is the way in for shops without an API.
package orderfile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/orderdeck/orderdeck/store/order/text"
)

// Field is what a column holds.
type Field string

// The fields. Those of an order stand in its first row; those of a line in every row, or packed into one cell.
const (
	Number         Field = "number"
	ID             Field = "id"
	Email          Field = "email"
	Phone          Field = "phone"
	CreatedAt      Field = "created_at"
	PaidAt         Field = "paid_at"
	FulfilledAt    Field = "fulfilled_at"
	CancelledAt    Field = "cancelled_at"
	Status         Field = "status" // one word for payment, delivery and all
	PaymentStatus  Field = "customer_payment"
	DeliveryStatus Field = "fulfilment"
	Currency       Field = "currency"
	Subtotal       Field = "subtotal"
	ShippingCost   Field = "shipping_cost"
	Tax            Field = "tax"
	Discount       Field = "discount"
	Total          Field = "total"
	Refunded       Field = "refunded"
	Outstanding    Field = "outstanding"
	DiscountCode   Field = "discount_code"
	ShippingMethod Field = "shipping_method"
	PaymentMethod  Field = "payment_method"
	PaymentRef     Field = "payment_reference"
	PaymentID      Field = "payment_id"
	CustomerID     Field = "customer_id"
	CustomerName   Field = "customer"
	CustomerNote   Field = "note"
	TaxID          Field = "tax_id"
	Tags           Field = "tags"
	Source         Field = "source"
	Carrier        Field = "carrier"
	Tracking       Field = "tracking"
	TrackingURL    Field = "tracking_url"
	Items          Field = "items" // all lines of an order in one cell, "name:Tee|quantity:2|total:19.98"
	ItemTitle      Field = "item"
	ItemVariant    Field = "item_variant"
	ItemSKU        Field = "item_sku"
	ItemProduct    Field = "item_product"
	ItemQuantity   Field = "item_quantity"
	ItemPrice      Field = "item_price"
	ItemTotal      Field = "item_total"
	ItemDiscount   Field = "item_discount"
	ItemTax        Field = "item_tax"
	ItemImage      Field = "item_image"
	ItemDelivery   Field = "item_fulfilment"
	ItemShips      Field = "item_ships"
	ItemReturned   Field = "item_refunded"
	billing              = "billing_"
	shipping             = "shipping_"
	partFirst            = "first_name"
	partLast             = "last_name"
	partName             = "name"
	partCompany          = "company"
	partLine1            = "address"
	partLine2            = "address2"
	partCity             = "city"
	partProvince         = "province"
	partPostcode         = "postal_code"
	partCountry          = "country"
	partPhone            = "phone"
	ignored        Field = "-" // known, and nothing that an order keeps
)

var addressParts = []string{
	partName, partFirst, partLast, partCompany, partLine1, partLine2, partCity, partProvince, partPostcode, partCountry, partPhone,
}

// Fields lists every field that a column can be given.
var Fields = append([]Field{
	Number, ID, Email, Phone, CreatedAt, PaidAt, FulfilledAt, CancelledAt, Status, PaymentStatus, DeliveryStatus, Currency,
	Subtotal, ShippingCost, Tax, Discount, Total, Refunded, Outstanding, DiscountCode, ShippingMethod, PaymentMethod, PaymentRef,
	PaymentID, CustomerID, CustomerName, CustomerNote, TaxID, Tags, Source, Carrier, Tracking, TrackingURL, Items, ItemTitle,
	ItemVariant, ItemSKU, ItemProduct, ItemQuantity, ItemPrice, ItemTotal, ItemDiscount, ItemTax, ItemImage, ItemDelivery,
	ItemShips, ItemReturned,
}, addressFields()...)

func addressFields() []Field {
	var out []Field
	for _, prefix := range []string{billing, shipping} {
		for _, part := range addressParts {
			out = append(out, Field(prefix+part))
		}
	}
	return out
}

// amounts are the fields whose columns hold numbers, days those that hold dates.
var (
	amounts = []Field{
		Subtotal, ShippingCost, Tax, Discount, Total, Refunded, Outstanding, ItemQuantity, ItemPrice, ItemTotal, ItemDiscount,
		ItemTax, ItemReturned,
	}
	days = []Field{CreatedAt, PaidAt, FulfilledAt, CancelledAt}
)

func (f Field) isAmount() bool { return slices.Contains(amounts, f) }
func (f Field) isDate() bool   { return slices.Contains(days, f) }

// Mapping says which column holds a field, by the column's name.
type Mapping map[Field]string

// ParseMapping reads "total=Order total" pairs.
func ParseMapping(pairs []string) (Mapping, error) {
	m := Mapping{}
	for _, pair := range pairs {
		field, column, ok := strings.Cut(pair, "=")
		f := Field(strings.ToLower(strings.TrimSpace(field)))
		switch {
		case !ok || strings.TrimSpace(column) == "":
			return nil, fmt.Errorf("%q is no mapping: write it as %s=NAME OF THE COLUMN", pair, Total)
		case !slices.Contains(Fields, f):
			return nil, fmt.Errorf("%q is nothing that an order has; there is %s", field, names(Fields))
		}
		m[f] = strings.TrimSpace(column)
	}
	return m, nil
}

func names(fields []Field) string {
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = string(f)
	}
	return strings.Join(out, ", ")
}

// key is a column's name as it is compared: without case, accents and signs.
func key(name string) string {
	return strings.Join(text.Words(nil, name), " ")
}
