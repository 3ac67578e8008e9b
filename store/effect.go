package store

import (
	"encoding/json"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
)

// EffectKind is what is to happen outside.
type EffectKind string

// The values of EffectKind.
const (
	EffectPlace  EffectKind = "place"  // make an order at a supplier, unpaid
	EffectPay    EffectKind = "pay"    // pay it
	EffectCancel EffectKind = "cancel" // take an unpaid one back at the supplier
	EffectTell   EffectKind = "tell"   // tell the store that a parcel left
	EffectAct    EffectKind = "act"    // do something to the order at its store: cancel, refund, note …
)

// ToStore tells whether an effect goes to the store, and not to a supplier.
func (k EffectKind) ToStore() bool { return k == EffectTell || k == EffectAct }

// EffectState is how far an effect is.
type EffectState string

// The values of EffectState. Sending is written, and on the disk, before the first byte leaves; what is found in that
// state at a start has an unknown outcome, which is settled by looking.
const (
	EffectQueued    EffectState = "queued"
	EffectSending   EffectState = "sending"
	EffectSent      EffectState = "sent"
	EffectFailed    EffectState = "failed"    // refused: it did not happen
	EffectUnknown   EffectState = "unknown"   // it may or may not have happened
	EffectWithdrawn EffectState = "withdrawn" // taken back before it was sent
)

// Open tells whether something is still to be done.
func (s EffectState) Open() bool {
	return s == EffectQueued || s == EffectSending || s == EffectUnknown
}

// Effect is one act outside, as the outbox keeps it.
type Effect struct {
	ID        int64
	Kind      EffectKind
	State     EffectState
	OrderID   int64
	Store     string
	External  string // the order's id at its store
	Number    string // of the order
	Supplier  string // "" for what goes to the store
	Reference string // of the placement; of an act its key
	// Doc is what is sent, as JSON: PlaceDoc, PayDoc, CancelDoc, TellDoc or order.Act. It never changes once something was sent.
	Doc       json.RawMessage
	Attempts  int    // how often it was begun
	Reason    string // why it failed or waits, in the other side's words
	Evidence  string // what was seen when its outcome was settled: ids, balance before and after
	Who       string // who asked for it
	At        time.Time
	Updated   time.Time
	NotBefore time.Time // not to be begun before; zero = now
}

// PlaceDoc is what an EffectPlace sends.
type PlaceDoc struct {
	Reference    string              `json:"reference"`
	Items        []checkout.Item     `json:"items"`
	Packaging    []checkout.Item     `json:"packaging,omitempty"`
	CardText     string              `json:"card_text,omitempty"`
	Method       checkout.Method     `json:"method"`
	PayWith      checkout.PayMethod  `json:"pay_with"`
	Address      order.Address       `json:"address"`
	Email        string              `json:"email,omitempty"`
	Phone        string              `json:"phone,omitempty"`
	Note         string              `json:"note,omitempty"`          // instruction to the supplier
	CustomerNote string              `json:"customer_note,omitempty"` // forwarded, after redaction
	Total        order.Money         `json:"total"`                   // what the merchant saw: the price lock
	Platform     string              `json:"platform,omitempty"`      // of the store
	Number       string              `json:"number"`                  // of the customer's order
	Seen         checkout.Snapshot   `json:"seen"`                    // of the order when it was confirmed, to tell what changed since
	Overrides    []checkout.Override `json:"overrides,omitempty"`
}

// PayDoc is what an EffectPay sends.
type PayDoc struct {
	Reference  string             `json:"reference"`
	SupplierNo string             `json:"supplier_order"`
	AltIDs     map[string]string  `json:"alt_ids,omitempty"` // further names of the order at the supplier
	PayWith    checkout.PayMethod `json:"pay_with"`
	Max        order.Money        `json:"max"`              // the price lock
	Before     *order.Money       `json:"before,omitempty"` // the balance that was read just before, once known
}

// CancelDoc is what an EffectCancel sends.
type CancelDoc struct {
	Reference  string `json:"reference"`
	SupplierNo string `json:"supplier_order"`
	Why        string `json:"why"`
}

// TellDoc is what an EffectTell sends: one parcel.
type TellDoc struct {
	Reference string               `json:"reference"`
	Parcel    order.Parcel         `json:"parcel"`
	Lines     []order.ShipmentLine `json:"lines"` // what is in it, by order.Line.ExternalID
	Notify    bool                 `json:"notify"`
}

// Committed is what became of one part that the merchant told us to buy.
type Committed struct {
	Key       checkout.PartKey
	Reference string // of the placement; "" when it was not taken
	Blockers  []checkout.Blocker
}

// Outcome is what an attempt at an effect came to. EndEffect writes all of it in one transaction.
type Outcome struct {
	State     EffectState
	Reason    string
	Evidence  string
	NotBefore time.Time // for one that is to be begun or looked at again
	// Placement is the placement as it stands now; nil = it did not change.
	Placement *order.Placement
	// Next are effects that follow from this one: pay after place.
	Next []NewEffect
	// Release gives the money that was reserved for the day's cap back, if the placement is not live any more; Spent says
	// what was really paid. At most one.
	Release bool
	Spent   *order.Money
	// Seen says of an act that was done that what it laid over its order may go: the order has been read again since.
	Seen bool
	// Doc replaces the effect's own; only for PayDoc.Before, and only before anything was sent.
	Doc json.RawMessage
}

// NewEffect is an effect to be put into the outbox.
type NewEffect struct {
	Kind      EffectKind
	Doc       json.RawMessage
	NotBefore time.Time
}

// EffectFilter chooses effects.
type EffectFilter struct {
	OrderID   int64 // 0 = of any order
	Reference string
	Open      bool // only those in which something is still to be done, or that failed and were not taken up again
	Limit     int  // 0 = 1000
}
