// Package order is the model: what an order is, what stage it is in and what may be done with it.
//
// It is pure: no I/O, no clock of its own, no import of another room. Whatever it needs to decide is handed to it.
package order

// CustomerPayment says how far the customer has paid the merchant. It never says anything about the supplier.
type CustomerPayment string

// The values of CustomerPayment.
const (
	PaymentDraft             CustomerPayment = "draft"
	PaymentPending           CustomerPayment = "pending"
	PaymentAwaitingProof     CustomerPayment = "awaiting_proof"
	PaymentAuthorized        CustomerPayment = "authorized"
	PaymentPartiallyPaid     CustomerPayment = "partially_paid"
	PaymentPaid              CustomerPayment = "paid"
	PaymentOverpaid          CustomerPayment = "overpaid"
	PaymentPartiallyRefunded CustomerPayment = "partially_refunded"
	PaymentRefunded          CustomerPayment = "refunded"
	PaymentVoided            CustomerPayment = "voided"
	PaymentExpired           CustomerPayment = "expired"
	PaymentFailed            CustomerPayment = "failed"
	PaymentChargeback        CustomerPayment = "chargeback"
)

// CustomerPayments lists every value of CustomerPayment; its order is the order in which they are stored, so new
// ones go to the end.
var CustomerPayments = []CustomerPayment{
	PaymentDraft, PaymentPending, PaymentAwaitingProof, PaymentAuthorized, PaymentPartiallyPaid, PaymentPaid,
	PaymentOverpaid, PaymentPartiallyRefunded, PaymentRefunded, PaymentVoided, PaymentExpired, PaymentFailed,
	PaymentChargeback,
}

// Stage says how far an order is on its way through the supplier. It is derived (see Derive), never set.
type Stage string

// The values of Stage.
const (
	StageAwaiting   Stage = "awaiting"
	StageToShip     Stage = "to_ship"
	StageQuoting    Stage = "quoting"
	StageUnpaid     Stage = "unpaid"
	StagePending    Stage = "pending"
	StagePlaced     Stage = "placed"
	StageProcessing Stage = "processing"
	StageShipped    Stage = "shipped"
	StageCancelled  Stage = "cancelled"
)

// Stages lists every Stage in the order of the tabs; new ones go to the end, since the position is stored.
var Stages = []Stage{
	StageAwaiting, StageToShip, StageQuoting, StageUnpaid, StagePending, StagePlaced, StageProcessing, StageShipped,
	StageCancelled,
}

// Label is the word for a stage on screen.
func (s Stage) Label() string {
	switch s {
	case StageAwaiting:
		return "Awaiting payment"
	case StageToShip:
		return "To ship"
	case StageQuoting:
		return "Quoting"
	case StageUnpaid:
		return "Unpaid"
	case StagePending:
		return "Pending"
	case StagePlaced:
		return "Placed"
	case StageProcessing:
		return "Processing"
	case StageShipped:
		return "Shipped"
	case StageCancelled:
		return "Cancelled"
	}
	return string(s)
}

// rank orders stages by how far they have come: the least advanced open line group gives the order its stage.
func (s Stage) rank() int {
	switch s {
	case StageAwaiting:
		return 0
	case StageQuoting:
		return 1
	case StageUnpaid:
		return 2
	case StageToShip:
		return 3
	case StagePending:
		return 4
	case StagePlaced:
		return 5
	case StageProcessing:
		return 6
	case StageShipped:
		return 7
	}
	return 8
}

// Fulfilment says what the store platform says about delivery to the customer.
type Fulfilment string

// The values of Fulfilment.
const (
	Unfulfilled          Fulfilment = "unfulfilled"
	FulfilmentScheduled  Fulfilment = "scheduled"
	FulfilmentOnHold     Fulfilment = "on_hold"
	FulfilmentRequested  Fulfilment = "requested"
	FulfilmentInProgress Fulfilment = "in_progress"
	FulfilmentPartial    Fulfilment = "partial"
	Fulfilled            Fulfilment = "fulfilled"
	FulfilmentDelivered  Fulfilment = "delivered"
	FulfilmentReturned   Fulfilment = "returned"
)

// Fulfilments lists every Fulfilment; the position is stored, so new ones go to the end.
var Fulfilments = []Fulfilment{
	Unfulfilled, FulfilmentScheduled, FulfilmentOnHold, FulfilmentRequested, FulfilmentInProgress, FulfilmentPartial,
	Fulfilled, FulfilmentDelivered, FulfilmentReturned,
}

// CaseState is the state of a refund (to the customer) or of a claim (at the supplier).
type CaseState string

// The values of CaseState.
const (
	CaseNone           CaseState = "none"
	CaseRequested      CaseState = "requested"
	CaseEvidenceNeeded CaseState = "evidence_needed"
	CaseApproved       CaseState = "approved"
	CaseRejected       CaseState = "rejected"
	CasePaidPartial    CaseState = "paid_partial"
	CasePaid           CaseState = "paid"
)

// CaseStates lists every CaseState; the position is stored, so new ones go to the end.
var CaseStates = []CaseState{
	CaseNone, CaseRequested, CaseEvidenceNeeded, CaseApproved, CaseRejected, CasePaidPartial, CasePaid,
}

// ResendState is the state of a second parcel sent for the same sale.
type ResendState string

// The values of ResendState.
const (
	ResendNone      ResendState = "none"
	ResendRequested ResendState = "requested"
	ResendApproved  ResendState = "approved"
	ResendRejected  ResendState = "rejected"
	ResendShipped   ResendState = "shipped"
	ResendDelivered ResendState = "delivered"
)

// ResendStates lists every ResendState; the position is stored, so new ones go to the end.
var ResendStates = []ResendState{
	ResendNone, ResendRequested, ResendApproved, ResendRejected, ResendShipped, ResendDelivered,
}

// Lifecycle says whether an order still lives.
type Lifecycle string

// The values of Lifecycle.
const (
	LifecycleOpen      Lifecycle = "open"
	LifecycleCancelled Lifecycle = "cancelled"
	LifecycleArchived  Lifecycle = "archived"
	LifecycleDeleted   Lifecycle = "deleted"
)

// Lifecycles lists every Lifecycle; the position is stored, so new ones go to the end.
var Lifecycles = []Lifecycle{LifecycleOpen, LifecycleCancelled, LifecycleArchived, LifecycleDeleted}

// HoldKind says why an order may not go on for now.
type HoldKind string

// The values of HoldKind.
const (
	HoldNone       HoldKind = "none"
	HoldCoolingOff HoldKind = "cooling_off"
	HoldFraud      HoldKind = "fraud"
	HoldAddress    HoldKind = "address"
	HoldStock      HoldKind = "stock"
	HoldManual     HoldKind = "manual"
)

// HoldKinds lists every HoldKind; the position is stored, so new ones go to the end.
var HoldKinds = []HoldKind{HoldNone, HoldCoolingOff, HoldFraud, HoldAddress, HoldStock, HoldManual}
