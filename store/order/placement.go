package order

import "time"

// Link says which supplier delivers a product of a store, and what it costs there.
type Link struct {
	Store          string  `json:"store"`
	ProductKey     string  `json:"product_key"` // Line.ProductKey
	Supplier       string  `json:"supplier"`    // the supplier's name in the config
	SupplierSKU    string  `json:"supplier_sku"`
	Title          string  `json:"title,omitempty"`
	Cost           Money   `json:"cost"` // per unit; meaningless unless CostKnown
	CostKnown      bool    `json:"cost_known"`
	ProcessingDays [2]int  `json:"processing_days"`           // business days from payment to dispatch, least and most; 0,0 = no promise on file
	BrandedInvoice *bool   `json:"branded_invoice,omitempty"` // whether the supplier puts a branded invoice in; nil = unknown
	Preferred      bool    `json:"preferred,omitempty"`
	Stock          *int64  `json:"stock,omitempty"`
	WeightGrams    float64 `json:"weight_grams,omitempty"`
}

// Better tells whether a link is to be used rather than another one of the same product: the preferred one, else one whose
// cost is known, else the first by the supplier's name.
func (l Link) Better(than Link) bool {
	if l.Preferred != than.Preferred {
		return l.Preferred
	}
	if l.CostKnown != than.CostKnown {
		return l.CostKnown
	}
	return l.Supplier < than.Supplier
}

// PlacementState is how far one line group is at its supplier.
type PlacementState string

// The values of PlacementState. Pending is "payment tried and not settled".
const (
	PlacementPending    PlacementState = "pending"
	PlacementPlaced     PlacementState = "placed"
	PlacementProcessing PlacementState = "processing"
	PlacementShipped    PlacementState = "shipped"
	PlacementDelivered  PlacementState = "delivered"
	PlacementCancelled  PlacementState = "cancelled"
)

// PlacementStates lists every PlacementState; the position is stored, so new ones go to the end.
var PlacementStates = []PlacementState{
	PlacementPending, PlacementPlaced, PlacementProcessing, PlacementShipped, PlacementDelivered, PlacementCancelled,
}

// Live tells whether a placement still counts: it was neither cancelled nor given up.
func (s PlacementState) Live() bool { return s != PlacementCancelled && s != "" }

// Placement is one purchase at a supplier for one line group of one order: made here by a checkout, or reported by the
// supplier.
type Placement struct {
	Reference   string         `json:"reference"` // ours, unique, made from store, order, line group, supplier and attempt
	Store       string         `json:"store"`
	ExternalID  string         `json:"external_id"` // of the order
	Supplier    string         `json:"supplier"`
	SupplierNo  string         `json:"supplier_order,omitempty"` // the supplier's own order number
	Lines       []string       `json:"lines"`                    // Line.ExternalID of the group
	State       PlacementState `json:"state"`
	RawState    string         `json:"raw_state,omitempty"` // the supplier's own word
	Reason      string         `json:"reason,omitempty"`    // why it failed or waits, in the supplier's words
	Attempts    int            `json:"attempts,omitempty"`
	Goods       Money          `json:"goods"`
	Shipping    Money          `json:"shipping"`
	Fees        Money          `json:"fees"`
	Total       Money          `json:"total"`
	PaidBy      string         `json:"paid_by,omitempty"`
	CheckedOut  time.Time      `json:"checked_out_at,omitzero"` // the checkout date
	PlacedAt    time.Time      `json:"placed_at,omitzero"`
	ShippedAt   time.Time      `json:"shipped_at,omitzero"`
	DeliveredAt time.Time      `json:"delivered_at,omitzero"`
	LateAt      time.Time      `json:"late_at,omitzero"` // not shipped by then = late
	Parcels     []Parcel       `json:"parcels,omitempty"`
	Claim       CaseState      `json:"claim,omitempty"`
	ClaimAmount Money          `json:"claim_amount"`
	Receipt     string         `json:"receipt,omitempty"` // the supplier's receipt number
	UpdatedAt   time.Time      `json:"updated_at"`
	Own         bool           `json:"own,omitempty"`       // made here by a checkout
	Method      string         `json:"method,omitempty"`    // how it is sent, by the name that the supplier gives it
	Rate        *FrozenRate    `json:"rate,omitempty"`      // that the margin was worked out with
	Overrides   []Overridden   `json:"overrides,omitempty"` // guards that the merchant set aside
}

// FrozenRate is an exchange rate as it stood when a placement was made.
type FrozenRate struct {
	From string    `json:"from"`
	To   string    `json:"to"`
	Rate string    `json:"rate"` // decimal text: what one unit of From is worth in To
	Date time.Time `json:"date"`
}

// Overridden is a guard of a checkout that was set aside.
type Overridden struct {
	Guard string    `json:"guard"`
	Who   string    `json:"who"`
	At    time.Time `json:"at"`
	Why   string    `json:"why,omitempty"`
}

// Parcel is one shipment of a placement.
type Parcel struct {
	Carrier   string         `json:"carrier,omitempty"`
	Tracking  string         `json:"tracking"`
	URL       string         `json:"url,omitempty"`
	ShippedAt time.Time      `json:"shipped_at,omitzero"`
	Lines     []ShipmentLine `json:"lines,omitempty"`
	Events    []ParcelEvent  `json:"events,omitempty"`
}

// ParcelEvent is one scan of a parcel.
type ParcelEvent struct {
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}

// Group is the part of an order that goes one way: to one supplier, or out of own stock.
type Group struct {
	Supplier  string     `json:"supplier,omitempty"` // "" for own stock and for lines that are not linked
	Lines     []int      `json:"lines"`              // indices in Order.Lines
	Stage     Stage      `json:"stage"`
	Cost      Money      `json:"cost"` // goods, or the placement's total once placed
	CostKnown bool       `json:"cost_known"`
	Placement *Placement `json:"placement,omitempty"`
}
