package export

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
)

// column is one column of the profiles orders and lines. Exactly one of its three functions is set.
type column struct {
	name string
	// flat writes the cell from what the list holds; fields are what it reads, at says where each of them stands.
	flat   func(e *encoder, v store.Values, at []int)
	fields []store.Field
	// whole writes the cell from the whole order: slower, since the order's document must be opened.
	whole func(e *encoder, r *order.Record)
	// line writes the cell from line i of the order; the order may have no lines, then i is -1.
	line func(e *encoder, r *order.Record, i int)
}

// Columns lists the names of the columns that a profile can have, in the order in which a chooser shows them. It is
// nil for the profiles whose columns are fixed.
func Columns(p Profile) []string {
	var names []string
	for _, c := range slices.Concat(orderColumns, wholeColumns, lineColumns) {
		if p == Lines || p == Orders && c.line == nil {
			names = append(names, c.name)
		}
	}
	return names
}

// DefaultColumns lists the columns of a profile when none are chosen.
func DefaultColumns(p Profile) []string {
	switch p {
	case Orders:
		return strings.Fields(`store number created_at customer email phone country city items quantity stage
			customer_payment supplier_payment supplier currency total cost margin tracking`)
	case Lines:
		return strings.Fields(`store number created_at customer email phone country city stage customer_payment currency
			line line_sku line_title line_variant line_quantity line_price line_discount line_tax line_total line_supplier
			line_fulfilled total tags note`)
	}
	return nil
}

// choose finds the columns of a request.
func choose(p Profile, names []string) ([]column, error) {
	if len(names) == 0 {
		names = DefaultColumns(p)
	} else if Columns(p) == nil {
		return nil, refuse("the columns of the profile %s are fixed; leave the choice of columns out, or use the profile orders or lines", p)
	}
	all := slices.Concat(orderColumns, wholeColumns, lineColumns)
	chosen := make([]column, 0, len(names))
	for i, name := range names {
		at := slices.IndexFunc(all, func(c column) bool { return c.name == name })
		switch {
		case at < 0:
			return nil, refuse("there is no column %q; the columns of the profile %s are %s", name, p, strings.Join(Columns(p), ", "))
		case p == Orders && all[at].line != nil:
			return nil, refuse("the column %s is about single lines; use the profile lines for it", name)
		case slices.Contains(names[:i], name):
			return nil, refuse("the column %s is named twice", name)
		}
		chosen = append(chosen, all[at])
	}
	return chosen, nil
}

func refuse(format string, args ...any) error {
	return &store.Error{Code: store.Invalid, Text: fmt.Sprintf(format, args...)}
}

// orderColumns come from the list.
var orderColumns = []column{
	textColumn("store", store.FieldStore),
	textColumn("number", store.FieldNumber),
	textColumn("external_id", store.FieldExternalID),
	dateColumn("created_at", store.FieldCreated),
	dateColumn("updated_at", store.FieldUpdated),
	textColumn("customer", store.FieldCustomer),
	textColumn("email", store.FieldEmail),
	textColumn("phone", store.FieldPhone),
	textColumn("country", store.FieldCountry),
	textColumn("city", store.FieldCity),
	textColumn("items", store.FieldItems),
	{name: "quantity", fields: []store.Field{store.FieldQuantity}, flat: func(e *encoder, v store.Values, at []int) {
		e.quantity(order.Quantity(v.Int(at[0])))
	}},
	wordColumn("stage", store.FieldStage, order.Stages),
	boolColumn("partly", store.FieldPartly),
	wordColumn("customer_payment", store.FieldPayment, order.CustomerPayments),
	wordColumn("supplier_payment", store.FieldSupplierPayment, order.SupplierPayments),
	wordColumn("fulfilment", store.FieldFulfilment, order.Fulfilments),
	wordColumn("refund", store.FieldRefund, order.CaseStates),
	wordColumn("claim", store.FieldClaim, order.CaseStates),
	wordColumn("resend", store.FieldResend, order.ResendStates),
	wordColumn("lifecycle", store.FieldLifecycle, order.Lifecycles),
	wordColumn("hold", store.FieldHold, order.HoldKinds),
	dateColumn("late_at", store.FieldLateAt),
	boolColumn("archived", store.FieldArchived),
	boolColumn("test", store.FieldTest),
	boolColumn("missing_upstream", store.FieldGone),
	listColumn("supplier", store.FieldSuppliers, ", "),
	textColumn("currency", store.FieldCurrency),
	moneyColumn("total", store.FieldTotal, store.FieldCurrency),
	// cost and margin are in the currency of the order, or not there; supplier_cost is in the supplier's.
	{name: "cost", fields: costFields, flat: func(e *encoder, v store.Values, at []int) {
		if sameCurrency(v, at) {
			e.amount(v.Int(at[costAt]), v.Bytes(at[currencyAt]))
		} else {
			e.unknown()
		}
	}},
	{name: "margin", fields: costFields, flat: func(e *encoder, v store.Values, at []int) {
		if sameCurrency(v, at) {
			e.amount(v.Int(at[0])-v.Int(at[costAt]), v.Bytes(at[currencyAt]))
		} else {
			e.unknown()
		}
	}},
	{name: "supplier_cost", fields: costFields, flat: func(e *encoder, v store.Values, at []int) {
		if v.Int(at[costKnownAt]) != 0 {
			e.amount(v.Int(at[costAt]), v.Bytes(at[costCurrencyAt]))
		} else {
			e.unknown()
		}
	}},
	textColumn("supplier_currency", store.FieldCostCurrency),
	listColumn("tracking", store.FieldTracking, ", "),
	listColumn("tags", store.FieldTags, ", "),
	textColumn("source", store.FieldSource),
	textColumn("payment_method", store.FieldPaymentMethod),
	textColumn("shipping_method", store.FieldShippingMethod),
	listColumn("notes", store.FieldNotes, "\n"),
}

// costFields are what cost and margin read; the constants are where each stands.
var costFields = []store.Field{store.FieldTotal, store.FieldCurrency, store.FieldCost, store.FieldCostCurrency, store.FieldCostKnown}

const (
	currencyAt = iota + 1
	costAt
	costCurrencyAt
	costKnownAt
)

// sameCurrency tells whether the cost is known and in the currency of the order.
func sameCurrency(v store.Values, at []int) bool {
	return v.Int(at[costKnownAt]) != 0 && bytes.Equal(v.Bytes(at[costCurrencyAt]), v.Bytes(at[currencyAt]))
}

func textColumn(name string, f store.Field) column {
	return column{name: name, fields: []store.Field{f}, flat: func(e *encoder, v store.Values, at []int) { e.text(v.Bytes(at[0])) }}
}

// listColumn is a column of several values, written with something between them.
func listColumn(name string, f store.Field, between string) column {
	return column{name: name, fields: []store.Field{f}, flat: func(e *encoder, v store.Values, at []int) {
		b := v.Bytes(at[0])
		if bytes.IndexByte(b, store.Separator[0]) >= 0 {
			b = bytes.ReplaceAll(b, []byte(store.Separator), []byte(between))
		}
		e.text(b)
	}}
}

func dateColumn(name string, f store.Field) column {
	return column{name: name, fields: []store.Field{f}, flat: func(e *encoder, v store.Values, at []int) { e.date(v.Int(at[0])) }}
}

func boolColumn(name string, f store.Field) column {
	return column{name: name, fields: []store.Field{f}, flat: func(e *encoder, v store.Values, at []int) { e.bool(v.Int(at[0]) != 0) }}
}

func moneyColumn(name string, amount, currency store.Field) column {
	return column{name: name, fields: []store.Field{amount, currency}, flat: func(e *encoder, v store.Values, at []int) {
		e.amount(v.Int(at[0]), v.Bytes(at[1]))
	}}
}

// wordColumn is a column of an enumeration that is stored by position.
func wordColumn[T ~string](name string, f store.Field, words []T) column {
	return column{name: name, fields: []store.Field{f}, flat: func(e *encoder, v store.Values, at []int) {
		if n := v.Int(at[0]); n >= 0 && n < int64(len(words)) {
			e.word(string(words[n]))
		} else {
			e.word("")
		}
	}}
}
