package store

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/text"
)

// group says which indexes hold a column: an update writes only the groups in which something changed, since writing
// an indexed column costs its index entry even when the value is the same.
type group uint16

const (
	groupPlain group = 1 << iota // no index
	groupCreated
	groupUpdated
	groupTotal
	groupCustomer
	groupNumber
	groupBucket
	groupFlags
	groupLate
	groupException
	groupHold
	groupTracking
)

// column is one column of orders that is derived from an order and its state.
type column struct {
	name  string
	group group
}

// derivedColumns are in the order of row.values.
var derivedColumns = []column{
	{"created", groupCreated},
	{"updated", groupUpdated},
	{"bucket", groupBucket},
	{"side", groupBucket},
	{"live", groupBucket},
	{"flags", groupFlags},
	{"payment", groupPlain},
	{"fulfilment", groupPlain},
	{"refund", groupPlain},
	{"claim", groupPlain},
	{"resend", groupPlain},
	{"lifecycle", groupPlain},
	{"supplier_paid", groupPlain},
	{"hold", groupHold},
	{"hold_until", groupPlain},
	{"late_at", groupLate},
	{"exception_at", groupException},
	{"quantity", groupPlain},
	{"currency", groupPlain},
	{"total", groupPlain},
	{"total_scaled", groupPlain},
	{"total_key", groupTotal},
	{"cost_currency", groupPlain},
	{"cost", groupPlain},
	{"cost_scaled", groupPlain},
	{"number", groupPlain},
	{"number_key", groupNumber},
	{"customer", groupPlain},
	{"customer_key", groupCustomer},
	{"names", groupPlain},
	{"email", groupPlain},
	{"phone", groupPlain},
	{"phones", groupPlain},
	{"country", groupPlain},
	{"city", groupPlain},
	{"items", groupPlain},
	{"suppliers", groupPlain},
	{"tracking", groupTracking},
	{"tags", groupPlain},
	{"source", groupPlain},
	{"payment_method", groupPlain},
	{"shipping_method", groupPlain},
	{"notes", groupPlain},
	{"image_url", groupPlain},
	{"fingerprint", groupPlain},
	{"hash", groupPlain},
	{"last_seen", groupPlain},
}

// row is what an order's row in the table orders will hold.
type row struct {
	created, updated    int64
	bucket, side, flags int64
	live                any
	hold                int64
	lateAt, exceptionAt any
	totalKey            int64
	customerKey, number string
	suppliers, tracking string
	values              []any // in the order of derivedColumns
}

// derive fills r from an order with its intents laid over it and the state derived from that.
func (r *row) derive(o *order.Order, s *order.State, placements []order.Placement, flags, hash, lastSeen int64, crossed any) {
	archived := o.IsArchived()
	r.created, r.updated = millis(o.CreatedAt), millis(o.UpdatedAt)
	r.bucket, r.live = bucketOf(s.Stage, archived), liveOf(s.Stage, archived)
	r.side = bit(order.InRefunds(o.Refund, s.Claim), sideRefunds) | bit(order.InResent(o.Resend), sideResent)
	r.flags = flags | bit(archived, flagArchived) | bit(o.Test, flagTest) | bit(s.Partly, flagPartly) | bit(s.CostKnown, flagCostKnown)
	r.hold = enumOr(order.HoldKinds, s.Hold, order.HoldNone)
	r.lateAt, r.exceptionAt = nullMillis(s.LateAt), firstException(s.Exceptions, crossed)
	r.totalKey = totalKey(o.Total.Currency, o.Total.Minor)
	name := cmp.Or(o.Customer.Name, o.Shipping.Name, o.Billing.Name, o.Customer.Company)
	r.customerKey, r.number = customerKey(name), numberKey(o.Number)
	r.suppliers = strings.Join(s.Suppliers, sep)
	r.tracking = strings.Join(trackings(o, placements), sep)
	to := o.Destination()
	r.values = append(r.values[:0],
		r.created, r.updated, r.bucket, r.side, r.live, r.flags,
		enum(order.CustomerPayments, o.CustomerPayment), enum(order.Fulfilments, o.Fulfilment),
		enumOr(order.CaseStates, o.Refund, order.CaseNone), enumOr(order.CaseStates, s.Claim, order.CaseNone),
		enumOr(order.ResendStates, o.Resend, order.ResendNone),
		enum(order.Lifecycles, o.Lifecycle), enum(order.SupplierPayments, s.SupplierPayment()),
		r.hold, nullMillis(s.HoldUntil), r.lateAt, r.exceptionAt,
		int64(o.Units()), o.Total.Currency, o.Total.Minor, o.Total.Scaled(), r.totalKey,
		s.Cost.Currency, s.Cost.Minor, s.Cost.Scaled(),
		o.Number, r.number, name, r.customerKey, names(o), o.Customer.Email,
		cmp.Or(o.Customer.Phone, o.Shipping.Phone, o.Billing.Phone), phones(o), to.Country, to.City,
		summary(o), r.suppliers, r.tracking, strings.Join(o.Tags, sep), o.Source, o.PaymentMethod, o.ShippingMethod, notes(o),
		picture(o), o.Fingerprint, hash, lastSeen)
	for i, v := range r.values { // texts are clean, but for a connector that forgot to
		if s, ok := v.(string); ok && strings.Contains(s, between) {
			r.values[i] = strings.ReplaceAll(s, between, " ")
		}
	}
}

// firstException is when the earliest exception begins to hold; crossed is that of the ones found across orders.
func firstException(es []order.Exception, crossed any) any {
	first := crossed
	for _, e := range es {
		at := millis(e.From)
		if f, ok := first.(int64); !ok || at < f {
			first = at
		}
	}
	return first
}

// trackings are all tracking numbers, each once: the platform's of parcels that are on their way, the suppliers', then
// those of parcels that were withdrawn.
func trackings(o *order.Order, placements []order.Placement) []string {
	var all []string
	add := func(number string) {
		if number != "" && !slices.Contains(all, number) {
			all = append(all, number)
		}
	}
	for i := range o.Fulfilments {
		if o.Fulfilments[i].Live {
			add(o.Fulfilments[i].Tracking)
		}
	}
	for i := range placements {
		for j := range placements[i].Parcels {
			add(placements[i].Parcels[j].Tracking)
		}
	}
	for i := range o.Fulfilments {
		add(o.Fulfilments[i].Tracking)
	}
	return all
}

// summary is an order's first product and how many others there are: "2× Linen shirt +1".
func summary(o *order.Order) string {
	if len(o.Lines) == 0 {
		return ""
	}
	s := o.Lines[0].Quantity.String() + "× " + o.Lines[0].Title
	if more := len(o.Lines) - 1; more > 0 {
		s += " +" + strconv.Itoa(more)
	}
	return s
}

// names are those of everybody who is named in an order, each once.
func names(o *order.Order) string {
	return distinct(o.Customer.Name, o.Customer.Company, o.Shipping.Name, o.Shipping.Company, o.Billing.Name, o.Billing.Company)
}

func distinct(values ...string) string {
	n := 0
	for _, v := range values {
		if v != "" && !slices.Contains(values[:n], v) {
			values[n] = v
			n++
		}
	}
	return strings.Join(values[:n], sep)
}

func phones(o *order.Order) string {
	var digits [3]string
	for i, p := range []string{o.Customer.Phone, o.Shipping.Phone, o.Billing.Phone} {
		if p != "" {
			if tokens := text.PhoneTokens(nil, p); len(tokens) > 0 {
				digits[i] = tokens[0]
			}
		}
	}
	return distinct(digits[:]...)
}

// notes are what the customer and the staff wrote.
func notes(o *order.Order) string {
	all := o.CustomerNote
	for i := range o.Notes {
		if n := &o.Notes[i]; n.Text != "" && (n.Kind == "note" || n.Kind == "customer_note") {
			if all != "" {
				all += sep
			}
			all += n.Text
		}
	}
	return all
}

// picture is the first picture of an order's products.
func picture(o *order.Order) string {
	for i := range o.Lines {
		if o.Lines[i].ImageURL != "" {
			return o.Lines[i].ImageURL
		}
	}
	return ""
}

// insertOrder and updateOrder write the columns that are derived.
var insertOrder = func() string {
	var names, marks strings.Builder
	for _, c := range derivedColumns {
		names.WriteString(", " + c.name)
		marks.WriteString(", ?")
	}
	return `INSERT INTO orders (id, shop, external_id, first_seen` + names.String() + `) VALUES (?, ?, ?, ?` + marks.String() + `)`
}()

// updateOrder is the statement that writes the columns of some groups, and picks their values; the order's id comes
// last.
func updateOrder(groups group, values []any) (string, []any) {
	var set []string
	var args []any
	for i, c := range derivedColumns {
		if c.group&groups != 0 {
			set = append(set, c.name+" = ?")
			args = append(args, values[i])
		}
	}
	return `UPDATE orders SET ` + strings.Join(set, ", ") + ` WHERE id = ?`, args
}
