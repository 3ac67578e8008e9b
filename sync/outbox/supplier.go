// Package outbox carries out what the desk has decided: it makes and pays orders at suppliers, follows them, and tells the
// stores. Everything that is to happen is in the database before it happens, and what may have happened is settled by
// looking, never by doing it again.
package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
)

// Supplier is one supplier at which orders are bought. Its methods are called from one goroutine at a time, each with a
// deadline, and none of them repeats a request by itself. Nothing that it returns may carry a secret.
//
// The error of Place, Pay and Cancel is one of ErrRejected, ErrExists, ErrDeclined, ErrNotSent, ErrNotOffered (wrapped in
// the supplier's own words); everything else means that it may have happened.
type Supplier interface {
	Name() string // as in the settings
	Caps() Caps
	// Test asks who we are there. It changes nothing.
	Test(ctx context.Context) (Info, error)
	// Search looks in the supplier's catalogue; more tells that there is another page. ErrNotOffered where the catalogue
	// is the merchant's own price list, which the database searches.
	Search(ctx context.Context, query string, page int) (products []checkout.Product, more bool, err error)
	// Quote asks what a basket costs now. It binds nobody and changes nothing.
	Quote(ctx context.Context, q QuoteReq) (checkout.Quote, error)
	// Account asks for the ways of paying and the balance.
	Account(ctx context.Context) (checkout.Account, error)
	// Place makes an order. It never charges unless Caps.SplitPay is false.
	Place(ctx context.Context, doc store.PlaceDoc) (Order, error)
	// Pay pays an order that Find has just shown to be unpaid, and no more than doc.Max.
	Pay(ctx context.Context, doc store.PayDoc) (Order, error)
	// Find looks for orders by our reference.
	Find(ctx context.Context, reference string) (Found, error)
	// Track reads how orders stand, by the supplier's own number. Those that it does not know are left out.
	Track(ctx context.Context, numbers []string) ([]Order, error)
	// Cancel takes an unpaid order back.
	Cancel(ctx context.Context, doc store.CancelDoc) error
}

// Caps says what a supplier can do.
type Caps struct {
	Kind          string        // manual, cj, demo
	Title         string        // of the kind, for people
	Currency      string        // in which it is paid; "" = whatever the price list says
	SplitPay      bool          // making and paying are two calls
	ConfirmedByUs bool          // it is paid when the merchant says so, with a reference (manual); the worker never pays
	FindIsProof   bool          // "not found" means that there is none
	ServerDedupe  bool          // it refuses a reference that it has already
	SettleAfter   time.Duration // how old an attempt must be before "not found" counts
	Whole         bool          // its catalogue is small: a search for nothing lists all of it
	CanCancel     bool          // an unpaid one can be taken back
	NoteMax       int
	Every         time.Duration // between two looks at the same order while it is being prepared
	Timeout       time.Duration // of one call; 0 = 60 s
	Limit         string        // its rate limit in words, for the supplier screen
}

// Info is what a supplier says of our account.
type Info struct {
	Title    string   `json:"title"`
	Account  string   `json:"account,omitempty"` // a name, no secret
	Currency string   `json:"currency"`
	Balance  string   `json:"balance,omitempty"`
	Sandbox  bool     `json:"sandbox,omitempty"`
	Warnings []string `json:"warnings,omitempty"`
}

// QuoteReq is a basket to be priced.
type QuoteReq struct {
	Basket  string // checkout.BasketKey, to be given back
	Items   []checkout.Item
	Address order.Address
	Amount  order.Money // the customer's total, for duties
}

// Order is an order at a supplier as it stands there.
type Order struct {
	Number    string                    `json:"number"` // the supplier's own
	AltIDs    map[string]string         `json:"alt_ids,omitempty"`
	Reference string                    `json:"reference"` // ours
	State     order.PlacementState      `json:"state"`     // pending = made and not paid
	RawState  string                    `json:"raw_state"`
	Paid      Paid                      `json:"paid"`
	Goods     order.Money               `json:"goods"`
	Shipping  order.Money               `json:"shipping"`
	Fees      order.Money               `json:"fees"`
	Total     order.Money               `json:"total"` // zero value = not said
	PaidAt    time.Time                 `json:"paid_at,omitzero"`
	Receipt   string                    `json:"receipt,omitempty"`
	Lines     map[string]order.Quantity `json:"lines,omitempty"` // by supplier SKU, where it says so
	Parcels   []order.Parcel            `json:"parcels,omitempty"`
	Split     []string                  `json:"split,omitempty"`      // numbers of the orders that it was split into
	ExtraBill *order.Money              `json:"extra_bill,omitempty"` // asked for afterwards
	Claim     order.CaseState           `json:"claim,omitempty"`
	Reason    string                    `json:"reason,omitempty"` // why it is held, in its words
}

// Paid is what a supplier says of the payment.
type Paid string

// The values of Paid.
const (
	PaidYes     Paid = "yes"
	PaidNo      Paid = "no"
	PaidUnknown Paid = ""
)

// Found is the answer to Find.
type Found struct {
	Orders []Order
	// Conclusive is false when nothing can be concluded from what is missing: a partial scan, a failure on the other side.
	Conclusive bool
}

// What the mutating calls of a Supplier and a Shop may fail with; anything else may have happened.
var (
	ErrRejected   = errors.New("refused, nothing happened")
	ErrExists     = errors.New("the reference is taken already")
	ErrDeclined   = errors.New("the payment was refused, nothing was charged")
	ErrNotSent    = errors.New("the request never left") // refused connection, unknown host, no TLS
	ErrNotOffered = errors.New("not offered there")
)

// NotSent says of an error that what it is about never left.
func NotSent(err error) error { return fmt.Errorf("%w: %w", ErrNotSent, err) }

// Rejected says of an error that it is a refusal of the other side's own, so that nothing happened.
func Rejected(err error) error { return fmt.Errorf("%w: %w", ErrRejected, err) }

// Rejectedf is Rejected with a sentence of ours.
func Rejectedf(format string, args ...any) error { return Rejected(fmt.Errorf(format, args...)) }

// ErrGone is what Shop.Read gives for an order that the store no longer has.
var ErrGone = errors.New("the store no longer has this order")

// ErrNobody is what a Shop gives whose orders come from files: there is nobody to be asked or told, and nothing is missing
// when that is not done.
var ErrNobody = errors.New("the store's orders come from files: there is nobody to ask")

// Shop is what the outbox asks of a store platform. A sync.Platform that is one too can be told of parcels and is asked
// again before its orders are paid. Its methods may be called from several goroutines, also while the platform is pulled.
type Shop interface {
	// Read gives one order as it is now.
	Read(ctx context.Context, externalID string) (store.Pulled, error)
	// Fulfil makes one shipment with its tracking at the store. The worker has looked (Read) whether it is there already.
	// Errors as for Supplier.
	Fulfil(ctx context.Context, externalID string, doc store.TellDoc) error
}
