package store

import (
	"time"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
)

// CommitPart is one part that the merchant told us to buy.
type CommitPart struct {
	Key    checkout.PartKey
	Total  order.Money // what was shown: it is never paid for more
	Choice checkout.Choice
}

// QuoteRequest asks for the price of a basket. One without a basket asks for the account of the supplier.
type QuoteRequest struct {
	Supplier string          `json:"supplier"`
	Basket   string          `json:"basket"` // checkout.BasketKey; "" = the account is asked for, and nothing else is set
	Items    []checkout.Item `json:"items,omitempty"`
	Address  order.Address   `json:"address,omitzero"`
	Amount   order.Money     `json:"amount,omitzero"` // the customer's total, for duties
}

// ShippingRow is one line of a shipping table: a way of sending, where it goes and for what it is meant. Bounds are
// inclusive.
type ShippingRow struct {
	Countries  []string        `json:"countries,omitempty"`   // ISO 3166-1 alpha-2; empty = everywhere
	WeightFrom float64         `json:"weight_from,omitempty"` // grams of the whole parcel
	WeightTo   float64         `json:"weight_to,omitempty"`   // 0 = no limit
	AmountFrom *order.Money    `json:"amount_from,omitempty"` // of the goods' cost
	AmountTo   *order.Money    `json:"amount_to,omitempty"`   //
	Method     checkout.Method `json:"method"`                // code, name, cost, days
	PerKilo    *order.Money    `json:"cost_per_kg,omitempty"` // added for each kilogram or part of one; nil = none
	Line       int             `json:"line,omitempty"`        // of the file that it came from
}

// UnlinkedProduct is a product of a store that no supplier delivers yet.
type UnlinkedProduct struct {
	Store   string `json:"store"`
	Key     string `json:"product_key"` // order.Line.ProductKey
	Title   string `json:"title"`
	Variant string `json:"variant,omitempty"`
	SKU     string `json:"sku,omitempty"`
	Orders  int    `json:"orders"` // how many open ones wait for it
}

// TellRule says whether stores are told of the parcels of a supplier.
type TellRule struct {
	Store  bool // tell the store
	Notify bool // and have it write to the customer
}

// Attempt is one time that an effect was begun.
type Attempt struct {
	N        int         `json:"n"`
	At       time.Time   `json:"at"`
	Proof    string      `json:"proof,omitempty"`    // what showed that it could be begun
	Ended    time.Time   `json:"ended,omitzero"`     // zero = it never came to an end
	State    EffectState `json:"state,omitempty"`    // what it came to
	Reason   string      `json:"reason,omitempty"`   //
	Evidence string      `json:"evidence,omitempty"` //
}
