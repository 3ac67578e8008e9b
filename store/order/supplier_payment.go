package order

// SupplierPayment says how far the merchant has paid the suppliers of one order. It is the counterpart of
// CustomerPayment and never says anything about the customer.
type SupplierPayment string

// The values of SupplierPayment.
const (
	SupplierNone    SupplierPayment = "none"    // nothing is to be paid, or nothing is known of it
	SupplierUnpaid  SupplierPayment = "unpaid"  // no supplier has been paid
	SupplierPending SupplierPayment = "pending" // a payment was tried and has not settled
	SupplierPartly  SupplierPayment = "partly"  // some line groups are paid, others are not
	SupplierPaid    SupplierPayment = "paid"
)

// SupplierPayments lists every SupplierPayment; the position is stored, so new ones go to the end.
var SupplierPayments = []SupplierPayment{SupplierNone, SupplierUnpaid, SupplierPending, SupplierPartly, SupplierPaid}

// SupplierPayment looks at the line groups that go to a supplier. Own stock has none; a group that the store had
// delivered without a placement says nothing of a payment, and so it is left out.
func (s State) SupplierPayment() SupplierPayment {
	var unpaid, pending, paid int
	for _, g := range s.Groups {
		switch {
		case g.Placement != nil && g.Placement.State == PlacementPending:
			pending++
		case g.Placement != nil:
			paid++
		case s.Stage == StageCancelled:
		case g.Stage == StageUnpaid, g.Stage == StageQuoting, g.Stage == StageAwaiting && g.Supplier != "":
			unpaid++
		}
	}
	switch {
	case paid > 0 && unpaid+pending > 0:
		return SupplierPartly
	case paid > 0:
		return SupplierPaid
	case pending > 0:
		return SupplierPending
	case unpaid > 0:
		return SupplierUnpaid
	}
	return SupplierNone
}
