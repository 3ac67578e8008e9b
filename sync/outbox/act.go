package outbox

import (
	"context"

	"github.com/orderdeck/orderdeck/store/order"
)

// ActKind is something that can be done to an order at its store, beside telling it of a parcel.
type ActKind string

// The values of ActKind.
const (
	ActMarkPaid ActKind = "mark_paid" // the customer paid outside the store, or an authorization is captured
	ActCancel   ActKind = "cancel"
	ActRefund   ActKind = "refund"
	ActNote     ActKind = "note"
	ActTags     ActKind = "tags"
	ActStatus   ActKind = "status" // a status of the store's own
	ActTracking ActKind = "tracking"
	ActRequest  ActKind = "request_fulfilment" // ask a fulfilment service
	ActArchive  ActKind = "archive"
	ActReopen   ActKind = "reopen"
	ActComplete ActKind = "complete"
	ActDelete   ActKind = "delete"
	ActDraft    ActKind = "draft" // make a draft order, or send or complete one
)

// ActKinds lists every ActKind.
var ActKinds = []ActKind{
	ActMarkPaid, ActCancel, ActRefund, ActNote, ActTags, ActStatus, ActTracking, ActRequest, ActArchive, ActReopen,
	ActComplete, ActDelete, ActDraft,
}

// Act is one thing to be done. Only the fields of its kind count.
type Act struct {
	Kind ActKind `json:"kind"`
	// Key is ours, unique and kept: what finds the act again at the store (an idempotency key, a marker in a text).
	Key string `json:"key"`

	Amount  order.Money               `json:"amount"`            // refund, mark_paid; zero value = all
	Lines   map[string]order.Quantity `json:"lines,omitempty"`   // cancel, refund: by order.Line.ExternalID; empty = all
	Restock bool                      `json:"restock,omitempty"` // cancel, refund
	Notify  bool                      `json:"notify,omitempty"`  // have the store write to the customer
	Reason  string                    `json:"reason,omitempty"`
	Text    string                    `json:"text,omitempty"`   // note
	Public  bool                      `json:"public,omitempty"` // note: the customer sees it
	Add     []string                  `json:"add,omitempty"`    // tags
	Remove  []string                  `json:"remove,omitempty"`
	Status  string                    `json:"status,omitempty"`
	Parcel  order.Parcel              `json:"parcel"`          // tracking
	Step    string                    `json:"step,omitempty"`  // draft: create, send, complete
	Draft   *order.Order              `json:"draft,omitempty"` // draft: what is in it
	Service string                    `json:"service,omitempty"`
}

// Done is what came of an act.
type Done struct {
	ID      string // of what was made: a refund, a note, a draft
	URL     string // to be sent to the customer: a payment link
	Already bool   // it had been done before: nothing was done now
	Pending string // it goes on at the store; what is waited for
}

// Actor is a Shop that can do more than be told of parcels.
type Actor interface {
	Shop
	// Acts says of every kind why it cannot be done there, "" where it can.
	Acts() map[ActKind]string
	// Act does one thing to an order. It looks first whether it has been done (by a.Key where the store has a place for
	// it, else by its effect), so that it can be called again after an unknown outcome. Errors as for Supplier.
	Act(ctx context.Context, externalID string, a Act) (Done, error)
}
