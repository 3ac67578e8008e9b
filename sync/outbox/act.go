package outbox

import (
	"context"

	"github.com/orderdeck/orderdeck/store/order"
)

// Done is what came of an act.
type Done struct {
	ID      string // of what was made: a refund, a note, a draft
	URL     string // to be sent to the customer: a payment link
	Already bool   // it had been done before: nothing was done now
	Pending string // it goes on at the store; what is waited for
	Hint    string // it is done, and there is something for the merchant to know or to do
}

// Actor is a Shop that can do more than be told of parcels.
type Actor interface {
	Shop
	// Acts says of every kind why it cannot be done there, "" where it can.
	Acts() map[order.ActKind]string
	// Act does one thing to an order. It looks first whether it has been done (by a.Key where the store has a place for
	// it, else by its effect), so that it can be called again after an unknown outcome. Errors as for Supplier.
	Act(ctx context.Context, externalID string, a order.Act) (Done, error)
}
