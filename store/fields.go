package store

import (
	"slices"

	"github.com/orderdeck/orderdeck/store/order"
)

// Field is one thing about an order that Stream reads from the orders table, without opening the order's document.
type Field int

// The fields. Times are Unix milliseconds, 0 = none; amounts are minor units of the currency that stands beside them;
// enumerations are positions in the slices of package order; no is 0, yes is anything else.
const (
	FieldID Field = iota
	FieldStore
	FieldExternalID
	FieldNumber
	FieldCreated
	FieldUpdated
	FieldCustomer
	FieldEmail
	FieldPhone
	FieldCountry
	FieldCity
	FieldItems    // "2× Linen shirt +1"
	FieldQuantity // order.Quantity
	FieldStage    // in order.Stages
	FieldPartly
	FieldArchived
	FieldTest
	FieldGone
	FieldPayment         // in order.CustomerPayments
	FieldSupplierPayment // in order.SupplierPayments
	FieldFulfilment      // in order.Fulfilments
	FieldRefund          // in order.CaseStates
	FieldClaim           // in order.CaseStates
	FieldResend          // in order.ResendStates
	FieldLifecycle       // in order.Lifecycles
	FieldHold            // in order.HoldKinds
	FieldLateAt
	FieldSuppliers // all of them, U+001F between them
	FieldCurrency
	FieldTotal
	FieldCostKnown
	FieldCostCurrency
	FieldCost
	FieldTracking // all numbers, U+001F between them
	FieldTags     // all of them, U+001F between them
	FieldSource
	FieldPaymentMethod
	FieldShippingMethod
	FieldNotes // the customer's note, then the staff's, U+001F between them
	fields     // how many there are
)

// fieldColumns tell where each field is: in a column of orders, or in some bits of one.
var fieldColumns = [fields]struct {
	column string
	bits   int64 // 0 = all
}{
	FieldID: {column: "id"}, FieldStore: {column: "shop"}, FieldExternalID: {column: "external_id"},
	FieldNumber: {column: "number"}, FieldCreated: {column: "created"}, FieldUpdated: {column: "updated"},
	FieldCustomer: {column: "customer"}, FieldEmail: {column: "email"}, FieldPhone: {column: "phone"},
	FieldCountry: {column: "country"}, FieldCity: {column: "city"}, FieldItems: {column: "items"},
	FieldQuantity: {column: "quantity"}, FieldStage: {"bucket", archivedBucket - 1}, FieldPartly: {"flags", flagPartly},
	FieldArchived: {"flags", flagArchived}, FieldTest: {"flags", flagTest}, FieldGone: {"flags", flagGone},
	FieldPayment: {column: "payment"}, FieldSupplierPayment: {column: "supplier_paid"},
	FieldFulfilment: {column: "fulfilment"}, FieldRefund: {column: "refund"}, FieldClaim: {column: "claim"},
	FieldResend: {column: "resend"}, FieldLifecycle: {column: "lifecycle"}, FieldHold: {column: "hold"},
	FieldLateAt: {column: "late_at"}, FieldSuppliers: {column: "suppliers"}, FieldCurrency: {column: "currency"},
	FieldTotal: {column: "total"}, FieldCostKnown: {"flags", flagCostKnown}, FieldCostCurrency: {column: "cost_currency"},
	FieldCost: {column: "cost"}, FieldTracking: {column: "tracking"}, FieldTags: {column: "tags"},
	FieldSource: {column: "source"}, FieldPaymentMethod: {column: "payment_method"},
	FieldShippingMethod: {column: "shipping_method"}, FieldNotes: {column: "notes"},
}

// Separator stands between the values of a field that holds several.
const Separator = sep

// Values is one row of Stream. What Bytes gives may be read until the function that got the row returns.
type Values interface {
	Int(i int) int64    // the value of the i-th field asked for, where it is a number
	Bytes(i int) []byte // the value of the i-th field asked for, where it is a text
}

// Flat reads from a whole order what Stream reads from the list. Both say the same: the list's columns are derived by
// the same function.
type Flat struct {
	fields []Field
	at     []int // in derivedColumns; -1 = not derived
	row    row
	record *order.Record
}

// NewFlat makes a Flat that gives some fields; Set gives it the order.
func NewFlat(fields []Field) *Flat {
	f := &Flat{fields: fields, at: make([]int, len(fields))}
	for i, field := range fields {
		f.at[i] = slices.IndexFunc(derivedColumns, func(c column) bool { return c.name == fieldColumns[field].column })
	}
	return f
}

// Set takes an order. It must not be changed while it is read from.
func (f *Flat) Set(r *order.Record) {
	f.record = r
	f.row.derive(&r.Order, &r.State, r.Placements, bit(r.Gone, flagGone), 0, 0, nil)
}

// Int is the i-th field, where it is a number.
func (f *Flat) Int(i int) int64 {
	if f.at[i] < 0 {
		if f.fields[i] == FieldID {
			return f.record.ID
		}
		return 0
	}
	n, _ := f.row.values[f.at[i]].(int64)
	if bits := fieldColumns[f.fields[i]].bits; bits != 0 {
		n &= bits
	}
	return n
}

// Bytes is the i-th field, where it is a text.
func (f *Flat) Bytes(i int) []byte {
	if f.at[i] < 0 {
		switch f.fields[i] {
		case FieldStore:
			return []byte(f.record.Store)
		case FieldExternalID:
			return []byte(f.record.ExternalID)
		}
		return nil
	}
	s, _ := f.row.values[f.at[i]].(string)
	return []byte(s)
}
