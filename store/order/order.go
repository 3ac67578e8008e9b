package order

import (
	"math"
	"strings"
	"time"
)

// Order is what the store platform said, in Orderdeck's words ("upstream"). Connectors make it (their normalize.go),
// the store keeps it, and nothing in it is ever changed by what the merchant does here: see Intent and Derive.
//
// Every text in it has been cleaned (package text) before it gets here.
type Order struct {
	Store      string    `json:"store"`       // the store's name in the config
	ExternalID string    `json:"external_id"` // the platform's id; (Store, ExternalID) is the identity
	Number     string    `json:"number"`      // the number that people use, without '#'
	CreatedAt  time.Time `json:"created_at"`  // when the customer placed it
	UpdatedAt  time.Time `json:"updated_at"`  // when the platform says that it changed last
	Currency   string    `json:"currency"`    // ISO 4217

	CustomerPayment CustomerPayment `json:"customer_payment"`
	Fulfilment      Fulfilment      `json:"fulfilment"`
	Refund          CaseState       `json:"refund"` // refund to the customer
	Resend          ResendState     `json:"resend"`
	Lifecycle       Lifecycle       `json:"lifecycle"`
	RawStatus       string          `json:"raw_status"` // the platform's own word(s), kept as they came
	UnknownStatus   bool            `json:"unknown_status,omitempty"`

	Customer Customer `json:"customer"`
	Shipping Address  `json:"shipping_address"`
	Billing  Address  `json:"billing_address"`

	Lines       []Line       `json:"lines"`
	Payments    []Payment    `json:"payments,omitempty"`
	Refunds     []Refund     `json:"refunds,omitempty"`
	Fulfilments []Shipment   `json:"fulfilments,omitempty"`
	Notes       []Note       `json:"notes,omitempty"` // history and staff notes of the platform
	Adjustments []Adjustment `json:"adjustments,omitempty"`

	Subtotal     Money `json:"subtotal"`
	Discount     Money `json:"discount"` // a positive amount that is taken off
	ShippingCost Money `json:"shipping_cost"`
	Tax          Money `json:"tax"`
	TaxIncluded  bool  `json:"tax_included"` // the lines' and shipping prices contain the tax already
	Total        Money `json:"total"`        // what the customer agreed to pay, before refunds
	Paid         Money `json:"paid"`
	Refunded     Money `json:"refunded"`

	CustomerNote   string   `json:"customer_note,omitempty"`
	Tags           []string `json:"tags,omitempty"`
	Source         string   `json:"source,omitempty"` // web, pos, draft, ...
	PaymentMethod  string   `json:"payment_method,omitempty"`
	ShippingMethod string   `json:"shipping_method,omitempty"`
	DiscountCodes  []string `json:"discount_codes,omitempty"`
	CashOnDelivery bool     `json:"cash_on_delivery,omitempty"`
	Test           bool     `json:"test,omitempty"`
	Archived       bool     `json:"archived,omitempty"`
	CancelReason   string   `json:"cancel_reason,omitempty"`
	AdminURL       string   `json:"admin_url,omitempty"` // the order in the platform's own web admin

	// Fingerprint is a short digest of what a cheap "has it changed?" look at the platform shows; a sweep compares it
	// before it reads an order whole. Empty where the platform needs no sweep.
	Fingerprint string `json:"fingerprint,omitempty"`
}

// Destination is where an order goes: the delivery address, or the billing address where there is none.
func (o *Order) Destination() Address {
	if o.Shipping.IsZero() {
		return o.Billing
	}
	return o.Shipping
}

// Units is how many pieces were ordered, over all lines.
func (o *Order) Units() Quantity {
	var sum Quantity
	for i := range o.Lines {
		if q := o.Lines[i].Quantity; q > 0 && sum > math.MaxInt64-q {
			return math.MaxInt64
		} else if q > 0 {
			sum += q
		}
	}
	return sum
}

// IsArchived tells whether an order was put away, whichever way its platform says so.
func (o *Order) IsArchived() bool { return o.Archived || o.Lifecycle == LifecycleArchived }

// Customer is who bought.
type Customer struct {
	ExternalID string `json:"external_id,omitempty"`
	Name       string `json:"name"`
	Email      string `json:"email"`
	Phone      string `json:"phone"`
	Locale     string `json:"locale,omitempty"` // BCP 47
	Company    string `json:"company,omitempty"`
	TaxID      string `json:"tax_id,omitempty"`
}

// Address is a postal address as the customer typed it.
type Address struct {
	Name        string `json:"name,omitempty"`
	Company     string `json:"company,omitempty"`
	Line1       string `json:"line1,omitempty"`
	Line2       string `json:"line2,omitempty"`
	City        string `json:"city,omitempty"`
	Province    string `json:"province,omitempty"`
	PostalCode  string `json:"postal_code,omitempty"`
	Country     string `json:"country,omitempty"`      // ISO 3166-1 alpha-2, upper case
	CountryName string `json:"country_name,omitempty"` // as the platform wrote it
	Phone       string `json:"phone,omitempty"`
}

// IsZero tells whether there is no address at all.
func (a Address) IsZero() bool { return a == Address{} }

// Missing names the parts without which a parcel cannot be sent.
func (a Address) Missing() []string {
	var missing []string
	need := func(name, value string) {
		if strings.TrimSpace(value) == "" {
			missing = append(missing, name)
		}
	}
	if strings.TrimSpace(a.Company) == "" {
		need("name", a.Name)
	}
	need("street", a.Line1)
	need("city", a.City)
	need("country", a.Country)
	return missing
}

// OneLine is the address in one line, for copying.
func (a Address) OneLine() string {
	parts := make([]string, 0, 8)
	for _, p := range []string{
		a.Name, a.Company, a.Line1, a.Line2, strings.TrimSpace(a.PostalCode + " " + a.City), a.Province, a.Country,
	} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, ", ")
}

// Line is one product of an order.
type Line struct {
	ExternalID string   `json:"external_id"`
	ProductID  string   `json:"product_id,omitempty"` // the platform's variant id
	SKU        string   `json:"sku,omitempty"`
	Title      string   `json:"title"`
	Variant    string   `json:"variant,omitempty"`
	Quantity   Quantity `json:"quantity"` // as ordered
	Cancelled  Quantity `json:"cancelled_quantity,omitempty"`
	Refunded   Quantity `json:"refunded_quantity,omitempty"` // refunded and not already counted in Cancelled
	Fulfilled  Quantity `json:"fulfilled_quantity,omitempty"`
	UnitPrice  Money    `json:"unit_price"`
	Discount   Money    `json:"discount"` // of the whole line, positive
	Tax        Money    `json:"tax"`      // of the whole line
	Total      Money    `json:"total"`    // UnitPrice × Quantity − Discount
	ImageURL   string   `json:"image_url,omitempty"`
	Digital    bool     `json:"digital,omitempty"` // needs no delivery
}

// ProductKey is what a product is linked to a supplier by: its SKU, else the platform's id, else its title.
func (l Line) ProductKey() string {
	switch {
	case l.SKU != "":
		return "sku:" + l.SKU
	case l.ProductID != "":
		return "id:" + l.ProductID
	}
	return "title:" + l.Title
}

// Open is what of the line is neither cancelled nor refunded.
func (l Line) Open() Quantity { return max(0, l.Quantity-l.Cancelled-l.Refunded) }

// Payment is one attempt of the customer to pay.
type Payment struct {
	ExternalID string    `json:"external_id"`
	At         time.Time `json:"at"`
	Method     string    `json:"method"`
	State      string    `json:"state"` // the platform's own word
	Amount     Money     `json:"amount"`
	Settled    bool      `json:"settled"` // the money has arrived
	Reference  string    `json:"reference,omitempty"`
	Error      string    `json:"error,omitempty"`
}

// Refund is money that went, or is to go, back to the customer.
type Refund struct {
	ExternalID string    `json:"external_id"`
	At         time.Time `json:"at,omitzero"`
	State      string    `json:"state"` // the platform's own word
	Amount     Money     `json:"amount"`
	Settled    bool      `json:"settled"`
	Reason     string    `json:"reason,omitempty"`
	Reference  string    `json:"reference,omitempty"`
}

// Shipment is one parcel as the store platform knows it (its "fulfilment").
type Shipment struct {
	ExternalID string         `json:"external_id"`
	At         time.Time      `json:"at,omitzero"`
	State      string         `json:"state"` // the platform's own word
	Live       bool           `json:"live"`  // not cancelled
	Shipped    bool           `json:"shipped"`
	Delivered  bool           `json:"delivered"`
	Carrier    string         `json:"carrier,omitempty"`
	Tracking   string         `json:"tracking,omitempty"`
	URL        string         `json:"url,omitempty"`
	Lines      []ShipmentLine `json:"lines,omitempty"`
}

// ShipmentLine is how much of which line is in a parcel.
type ShipmentLine struct {
	LineID   string   `json:"line_id"` // Line.ExternalID
	Quantity Quantity `json:"quantity"`
}

// Note is one entry of the platform's own history.
type Note struct {
	At     time.Time `json:"at"`
	Kind   string    `json:"kind"` // note, customer_note, or the platform's own event name
	Text   string    `json:"text"`
	Public bool      `json:"public,omitempty"` // the customer sees it
	Author string    `json:"author,omitempty"`
}

// Adjustment is a fee or surcharge that belongs to no line.
type Adjustment struct {
	Title  string `json:"title"`
	Amount Money  `json:"amount"`
}

// Ref names an order: store and number for people, store and external id for machines.
type Ref struct {
	ID         int64  `json:"-"` // local row id
	Store      string `json:"store"`
	Number     string `json:"number"`
	ExternalID string `json:"external_id"`
}

// String is the name that every command takes: "store/number".
func (r Ref) String() string { return r.Store + "/" + r.Number }
