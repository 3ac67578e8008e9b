package medusa

import (
	"encoding/json"
	"strings"
	"time"
)

// asked is what is asked for of an order: the default fields have neither e-mail nor currency, and a list's not even
// addresses.
const asked = "id,display_id,status,payment_status,fulfillment_status,email,currency_code,created_at,updated_at,canceled_at," +
	"total,item_total,shipping_total,tax_total,discount_total,metadata,locale,version,summary,*customer,*sales_channel," +
	"*items,*items.detail,*items.tax_lines,*items.adjustments,*shipping_address,*billing_address,*shipping_methods," +
	"*shipping_methods.tax_lines,*shipping_methods.adjustments,*fulfillments,*fulfillments.items,*fulfillments.labels," +
	"*payment_collections,*payment_collections.payments,*payment_collections.payments.captures,*payment_collections.payments.refunds"

// glanced is what shows whether an order has changed.
const glanced = "id,status,payment_status,fulfillment_status,updated_at"

// fields are those of an order, or of a draft; and, as far as it goes, those of a payment.
type fields struct {
	ID            string                     `json:"id"`
	Number        json.Number                `json:"display_id"`
	Status        string                     `json:"status"`
	PaymentStatus string                     `json:"payment_status"`
	Fulfilment    string                     `json:"fulfillment_status"`
	Email         string                     `json:"email"`
	Currency      string                     `json:"currency_code"`
	CreatedAt     time.Time                  `json:"created_at"`
	UpdatedAt     time.Time                  `json:"updated_at"`
	Locale        string                     `json:"locale"`
	Metadata      map[string]json.RawMessage `json:"metadata"`
	Customer      *customer                  `json:"customer"`
	Channel       *named                     `json:"sales_channel"`
	Items         *[]lineItem                `json:"items"`
	ShipTo        *address                   `json:"shipping_address"`
	BillTo        *address                   `json:"billing_address"`
	Methods       []method                   `json:"shipping_methods"`
	Fulfilments   []fulfilment               `json:"fulfillments"`
	Collections   []collection               `json:"payment_collections"`

	// Of a payment: where it belongs to.
	Collection *struct {
		Order *struct {
			ID string `json:"id"`
		} `json:"order"`
	} `json:"payment_collection"`
}

type named struct {
	Name string `json:"name"`
}

type customer struct {
	ID      string `json:"id"`
	First   string `json:"first_name"`
	Last    string `json:"last_name"`
	Company string `json:"company_name"`
	Phone   string `json:"phone"`
	Email   string `json:"email"`
}

type address struct {
	First    string `json:"first_name"`
	Last     string `json:"last_name"`
	Company  string `json:"company"`
	Line1    string `json:"address_1"`
	Line2    string `json:"address_2"`
	City     string `json:"city"`
	Province string `json:"province"`
	Postal   string `json:"postal_code"`
	Country  string `json:"country_code"`
	Phone    string `json:"phone"`
}

// exact is an amount as a text, which stands beside the number that was made of it.
type exact struct {
	Value digits `json:"value"`
}

// digits are a number that is written as a text, or as a number.
type digits string

// UnmarshalJSON implements json.Unmarshaler.
func (d *digits) UnmarshalJSON(data []byte) error {
	*d = digits(strings.Trim(string(data), `"`))
	return nil
}

// priced is what lines and ways of sending have in common.
type priced struct {
	TaxIncluded bool        `json:"is_tax_inclusive"`
	Total       json.Number `json:"total"`
	RawTotal    *exact      `json:"raw_total"`
	Tax         json.Number `json:"tax_total"`
	RawTax      *exact      `json:"raw_tax_total"`
	Original    json.Number `json:"original_total"`
	RawOriginal *exact      `json:"raw_original_total"`
	OrigTax     json.Number `json:"original_tax_total"`
	RawOrigTax  *exact      `json:"raw_original_tax_total"`
	Adjustments []struct {
		Code string `json:"code"`
	} `json:"adjustments"`
}

type lineItem struct {
	priced
	ID        string      `json:"id"`
	Title     string      `json:"title"`
	Subtitle  string      `json:"subtitle"`
	Thumbnail string      `json:"thumbnail"`
	VariantID string      `json:"variant_id"`
	ProductID string      `json:"product_id"`
	Product   string      `json:"product_title"`
	SKU       string      `json:"variant_sku"`
	Variant   string      `json:"variant_title"`
	Ships     *bool       `json:"requires_shipping"`
	Price     json.Number `json:"unit_price"`
	RawPrice  *exact      `json:"raw_unit_price"`
	Quantity  json.Number `json:"quantity"`
	Detail    *struct {
		Fulfilled  json.Number `json:"fulfilled_quantity"`
		Shipped    json.Number `json:"shipped_quantity"`
		Delivered  json.Number `json:"delivered_quantity"`
		Returned   json.Number `json:"return_received_quantity"`
		WrittenOff json.Number `json:"written_off_quantity"`
	} `json:"detail"`
}

type method struct {
	priced
	Name   string `json:"name"`
	Option string `json:"shipping_option_id"`
}

type fulfilment struct {
	ID        string     `json:"id"`
	CreatedAt time.Time  `json:"created_at"`
	Packed    *time.Time `json:"packed_at"`
	Shipped   *time.Time `json:"shipped_at"`
	Delivered *time.Time `json:"delivered_at"`
	Canceled  *time.Time `json:"canceled_at"`
	Provider  string     `json:"provider_id"`
	Items     []struct {
		Line     string      `json:"line_item_id"`
		Quantity json.Number `json:"quantity"`
	} `json:"items"`
	Labels []label `json:"labels"`
}

type label struct {
	Number string `json:"tracking_number"`
	URL    string `json:"tracking_url"`
}

func (f *fulfilment) sent() bool { return f.Shipped != nil || f.Delivered != nil }

type collection struct {
	ID        string      `json:"id"`
	Status    string      `json:"status"`
	Amount    json.Number `json:"amount"`
	RawAmount *exact      `json:"raw_amount"`
	Payments  []payment   `json:"payments"`
}

type payment struct {
	ID        string      `json:"id"`
	Provider  string      `json:"provider_id"`
	CreatedAt time.Time   `json:"created_at"`
	Captured  *time.Time  `json:"captured_at"`
	Canceled  *time.Time  `json:"canceled_at"`
	Amount    json.Number `json:"amount"`
	RawAmount *exact      `json:"raw_amount"`
	Captures  []moved     `json:"captures"`
	Refunds   []moved     `json:"refunds"`
}

// moved is money that was taken or given back.
type moved struct {
	ID        string      `json:"id"`
	At        time.Time   `json:"created_at"`
	Amount    json.Number `json:"amount"`
	RawAmount *exact      `json:"raw_amount"`
	Note      string      `json:"note"`
	Reason    *struct {
		Label string `json:"label"`
	} `json:"refund_reason"`
}
