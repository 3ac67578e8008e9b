// Package checkout decides how unpaid orders are bought at their suppliers: what it costs, which way it is sent, what is
// in the way, and what is written down before anything is sent. It is pure: [Input] has all that it needs to know, and
// nothing here looks anything up.
//
// An order is checked out by parts: a part is the lines of one order that one supplier delivers. [Make] turns one part
// into an [Entry], which is a line of the checkout screen, a row of the dry run, and, once the merchant has said so, what
// is paid.
package checkout

import (
	"time"

	"github.com/orderdeck/orderdeck/store/order"
)

// Mode says who starts a checkout.
type Mode string

// The values of Mode. Auto spends money without being asked and is therefore never a default.
const (
	ModeManual Mode = "manual"
	ModeAuto   Mode = "auto"
)

// Supplier is what a merchant has set for one supplier, and what that supplier can do.
type Supplier struct {
	Name     string // as in the settings
	Kind     string // manual, cj, demo
	Title    string // for people; Name when empty
	Currency string // in which it is paid, ISO 4217
	Mode     Mode
	// Cap is the most that is spent there in one day of the merchant's zone; nil = no cap.
	Cap            *order.Money
	PayWith        string // code of the payment method that is preselected; "" = the first that will do
	NoteMax        int    // characters of the instruction; 0 = it takes none
	BrandedInvoice *bool  // whether it puts a branded invoice in; nil = unknown
	ReturnDays     int    // return window after delivery; 0 = none on file
	ProcessingDays [2]int // business days from payment to dispatch, for products that say none
	TellStore      bool   // tell the store when it ships
	NotifyCustomer bool   // and have the store write to the customer
}

// Method is one way of sending that a supplier offers for one basket to one place.
type Method struct {
	Code    string      `json:"code"` // what the supplier wants to hear
	Name    string      `json:"name"`
	Cost    order.Money `json:"cost"`
	Days    [2]int      `json:"days,omitzero"`     // on the way, least and most; 0,0 = not said
	Refused string      `json:"refused,omitempty"` // why it does not serve this part; "" = it does
}

// PayKind is where the money comes from.
type PayKind string

// The values of PayKind. No card data is ever kept here: a card is one that the supplier has on file.
const (
	PayBalance  PayKind = "balance"
	PayCard     PayKind = "card"
	PayInvoice  PayKind = "invoice"
	PayTransfer PayKind = "transfer"
)

// PayMethod is one way of paying a supplier.
type PayMethod struct {
	Code      string       `json:"code"`
	Name      string       `json:"name"`
	Kind      PayKind      `json:"kind"`
	Available *order.Money `json:"available,omitempty"` // of a balance; nil = not known or not limited
	Refused   string       `json:"refused,omitempty"`   // why it cannot be used now
}

// Account is what a supplier says of the merchant's account.
type Account struct {
	Supplier string      `json:"supplier"`
	Methods  []PayMethod `json:"methods"`
	At       time.Time   `json:"at"`
}

// QuotedItem is the present price and stock of one product of a part.
type QuotedItem struct {
	SKU      string         `json:"sku"` // the supplier's
	Quantity order.Quantity `json:"quantity"`
	Unit     order.Money    `json:"unit"`
	Stock    *int64         `json:"stock,omitempty"` // nil = not said
	Gone     bool           `json:"gone,omitempty"`  // it is not sold any more
}

// Quote is what a supplier asks for a part now. It binds nobody: the price is compared again before it is paid.
type Quote struct {
	Supplier string       `json:"supplier"`
	Basket   string       `json:"basket"` // BasketKey of what was asked for
	Items    []QuotedItem `json:"items"`
	Methods  []Method     `json:"methods"`
	Fees     order.Money  `json:"fees"` // transaction fees beside goods and shipping; zero value = none
	At       time.Time    `json:"at"`
	// Error is why there is no quote, in the supplier's words: a place that it does not serve, an address that it
	// does not understand. "" = it is a quote.
	Error string `json:"error,omitempty"`
}

// Product is one product of a supplier's catalogue.
type Product struct {
	Supplier       string      `json:"supplier"`
	SKU            string      `json:"sku"` // unique at the supplier; what is ordered
	Title          string      `json:"title"`
	Variant        string      `json:"variant,omitempty"`
	Kind           ProductKind `json:"kind"`
	Cost           order.Money `json:"cost"` // per unit; meaningless unless CostKnown
	CostKnown      bool        `json:"cost_known"`
	Stock          *int64      `json:"stock,omitempty"`
	WeightGrams    float64     `json:"weight_grams,omitempty"` // 0 = not known
	ProcessingDays [2]int      `json:"processing_days,omitzero"`
	BrandedInvoice *bool       `json:"branded_invoice,omitempty"`
	ImageURL       string      `json:"image_url,omitempty"`
	UpdatedAt      time.Time   `json:"updated_at"`
}

// ProductKind tells goods from what is put around them.
type ProductKind string

// The values of ProductKind. Packaging and cards are the supplier's private products for this merchant.
const (
	KindGoods     ProductKind = "goods"
	KindPackaging ProductKind = "packaging"
	KindCard      ProductKind = "card"
)

// Rule chooses the shipping method of a part. All conditions that are set must hold; the enabled rule with the lowest
// Sequence whose conditions hold wins.
type Rule struct {
	Name      string
	Sequence  int // unique; a smaller one comes first
	Disabled  bool
	Countries []string // ISO 3166-1 alpha-2; empty = all
	Supplier  string   // "" = all
	// The order's total and the freight (cost of the method), from and to, both inclusive; a bound of another currency
	// than the amount does not match. nil = open.
	AmountFrom, AmountTo   *order.Money
	FreightFrom, FreightTo *order.Money
	Method                 string // code or name of the method; compared without case
	CashOnDelivery         bool   // an order that is paid at the door may be checked out under this rule
}

// PackagingRule puts a supplier's private products into the parcel. As with Rule the first match wins.
type PackagingRule struct {
	Name      string
	Sequence  int
	Disabled  bool
	Supplier  string
	Stores    []string // empty = all
	Countries []string
	Tags      []string // the order has one of them; empty = whatever tags
	SKUs      []string // of the supplier: packaging, cards
	CardText  string
}

// Rate is what one unit of From is worth in To on a day. It is set by the merchant.
type Rate struct {
	From, To string
	Rate     string // decimal text, > 0
	Date     time.Time
}

// Settings is what the merchant has set, for all suppliers and stores.
type Settings struct {
	Suppliers []Supplier
	Rules     []Rule
	Packaging []PackagingRule
	Rates     []Rate
	Base      string         // the merchant's currency; "" = margin in the order's currency only
	HoldDays  map[string]int // cooling-off days per store, from the order's date; absent = none
	Zone      *time.Location // whose day counts for the caps
	// QuoteAge is how old a quote may be when it is paid; 0 = DefaultQuoteAge.
	QuoteAge time.Duration
}

// DefaultQuoteAge is how long a quote counts as fresh.
const DefaultQuoteAge = 6 * time.Hour

// Override is a guard that the merchant set aside, knowingly; it is kept on the placement and in the journal.
type Override struct {
	Code BlockerCode `json:"code"`
	Who  string      `json:"who"`
	At   time.Time   `json:"at"`
	Why  string      `json:"why,omitempty"`
}

// Choice is what the merchant decided for one part. It is kept as it is typed, so that nothing is lost.
type Choice struct {
	Method       string     `json:"method,omitempty"` // code; "" = by rule, else the cheapest
	PayWith      string     `json:"pay_with,omitempty"`
	Note         string     `json:"note,omitempty"`          // instruction to the supplier
	CustomerNote *string    `json:"customer_note,omitempty"` // what is forwarded of the customer's note when it was redacted; nil = all
	Packaging    []string   `json:"packaging,omitempty"`     // supplier SKUs; nil = by rule
	NoPackaging  bool       `json:"no_packaging,omitempty"`  // none, whatever the rules say
	Overrides    []Override `json:"overrides,omitempty"`     //
	Removed      bool       `json:"removed,omitempty"`       // taken out of this checkout
	AcceptPrice  string     `json:"accept_price,omitempty"`  // a total, as text, that the merchant accepted after a price rise
}

// PartKey names one part of an order: which lines go to which supplier.
type PartKey struct {
	OrderID  int64  // local row id
	Supplier string // of the settings
	Group    string // GroupKey of the lines
}

// Input is all that a decision about one part needs. The store fills it.
type Input struct {
	Record  order.Record
	Group   order.Group // one of Record.State.Groups; Group.Placement is nil
	Links   map[string]order.Link
	Facts   order.Facts // as order.Can wants them
	Quote   *Quote      // the latest of its basket; nil = none was asked for yet
	Account *Account    // of the supplier; nil = not known yet
	Private []Product   // packaging and cards of the supplier
	Choice  Choice
	// SpentToday is what has been paid or reserved at the supplier on this day of the merchant's zone.
	SpentToday order.Money
	Now        time.Time
}

// BlockerCode names what is in the way of paying.
type BlockerCode string

// What may be in the way. Those of Overridable can be set aside by the merchant.
const (
	BlockStage    BlockerCode = "stage"    // the order is not to be bought now (order.Can says why)
	BlockLink     BlockerCode = "link"     // a line has no supplier product
	BlockCost     BlockerCode = "cost"     // a cost is not known, or is in a currency that the supplier is not paid in
	BlockQuote    BlockerCode = "quote"    // no quote yet, or it is too old, or the supplier gave none
	BlockStock    BlockerCode = "stock"    // the supplier has not enough
	BlockGone     BlockerCode = "gone"     // the supplier sells it no more
	BlockAddress  BlockerCode = "address"  // incomplete, or a country that there is not
	BlockMethod   BlockerCode = "method"   // no method serves it, or the chosen one does not
	BlockHold     BlockerCode = "hold"     // cooling off, or held by hand
	BlockPaid     BlockerCode = "paid"     // the customer has not paid
	BlockCap      BlockerCode = "cap"      // the day's spend cap
	BlockPayWith  BlockerCode = "pay_with" // no payment method, or the balance does not do
	BlockNote     BlockerCode = "note"     // longer than the supplier takes
	BlockTotal    BlockerCode = "total"    // the total does not add up, or is absurd
	BlockPrice    BlockerCode = "price"    // it costs more than the merchant saw
	BlockSupplier BlockerCode = "supplier" // the supplier is not set up
	BlockStore    BlockerCode = "store"    // the store could not be asked again
	BlockChanged  BlockerCode = "changed"  // the order changed at its store in the meantime
)

// Overridable tells whether a merchant may set a guard aside: a hold, a payment that is known to come, a store that is
// down. What would pay wrongly can't be set aside.
func (c BlockerCode) Overridable() bool {
	switch c {
	case BlockHold, BlockPaid, BlockStore:
		return true
	}
	return false
}

// Blocker is one thing in the way, in one line.
type Blocker struct {
	Code BlockerCode `json:"code"`
	Text string      `json:"text"` // what, and how things stand
	Fix  string      `json:"fix"`  // what mends it
	// Action is the id of the action that mends it ("link", "checkout.method", …), for the key shown beside it; "" = none here.
	Action string `json:"action,omitempty"`
}

// Item is one line of a part as it is ordered.
type Item struct {
	Line     string         `json:"line"` // order.Line.ExternalID
	Title    string         `json:"title"`
	SKU      string         `json:"sku"` // the supplier's
	Quantity order.Quantity `json:"quantity"`
	Unit     order.Money    `json:"unit"`
	Weight   float64        `json:"weight_grams,omitempty"` // of one
	Stock    *int64         `json:"stock,omitempty"`
}

// Entry is what a part comes to.
type Entry struct {
	Key      PartKey
	Store    string
	External string // the order's id at its store
	Number   string
	Supplier Supplier
	Items    []Item
	Basket   string // BasketKey of the items, for asking for a quote; "" = there is nothing to ask for
	Country  string
	Address  order.Address // of the delivery
	Amount   order.Money   // what the customer pays for the whole order, for duties
	Spent    order.Money   // what has been paid or reserved at the supplier today

	Methods  []Method // those that serve it first, cheapest first; then the others with their reason
	Method   *Method  // the chosen one
	MethodBy string   // "by rule “BR”", "chosen", "the cheapest", for the screen
	Rule     string   // the rule that won, "" = none

	Packaging   []Item
	PackagingBy string
	CardText    string

	PayMethods []PayMethod
	PayWith    *PayMethod

	Note         string // to the supplier
	CustomerNote string // forwarded, after redaction
	Redacted     bool
	NoteWarning  string // a phone or card number in a note

	Goods, Shipping, Fees, PackagingCost, Total order.Money  // in the supplier's currency
	Complete                                    bool         // every part of Total is known
	Margin                                      *order.Money // in the order's currency (its total less tax? see Make); nil = not known ("–")
	MarginPercent                               float64
	Rate                                        *Rate        // the one that the margin was worked out with; frozen on the placement
	InBase                                      *order.Money // Total in Settings.Base

	Delivery  [2]time.Time // estimate: processing and shipping days counted in business days; zero = no promise on file
	QuotedAt  time.Time
	HoldUntil time.Time
	Blockers  []Blocker
	Overrides []Override // in force
	Warnings  []string
}

// Ready tells whether it can be paid.
func (e *Entry) Ready() bool { return len(e.Blockers) == 0 && e.Complete }

// Snapshot is what of an order must not have changed between the merchant's word and the payment.
type Snapshot struct {
	Lines    map[string]order.Quantity `json:"lines"` // open quantity of each line of the part, by external id
	Address  string                    `json:"address"`
	Payment  order.CustomerPayment     `json:"payment"`
	Total    order.Money               `json:"total"`
	Override []BlockerCode             `json:"override,omitempty"`
}
