package checkout

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
)

// The ids of the actions that mend what is in the way.
const (
	ActionLink     = "link"              // link a product to a supplier
	ActionMethod   = "checkout.method"   // choose another shipping method
	ActionPayWith  = "checkout.pay_with" // choose another payment method
	ActionNote     = "checkout.note"     // change the instruction or what is forwarded
	ActionOverride = "checkout.override" // set a guard aside, knowingly
	ActionRemove   = "checkout.remove"   // take the part out of this checkout, or put it back
	ActionRequote  = "checkout.requote"  // ask the supplier again
	ActionAccept   = "checkout.accept"   // accept a price that has risen
)

// Label is the supplier's name for people.
func (s Supplier) Label() string { return cmp.Or(s.Title, s.Name) }

// maker fills one entry.
type maker struct {
	in   *Input
	s    *Settings
	o    *order.Order
	e    *Entry
	now  time.Time
	zone *time.Location
	// quote is the quote that fits the part; nil = there is none. It may be too old.
	quote *Quote
	rule  *Rule // the one that won
}

// Make tells what a part comes to and what is in the way of paying it. It is total: whatever the input, there is an
// entry, and where something is unknown Complete is false.
//
// Margin is what the customer pays for the part (its share of the order's total without tax and without what was
// refunded, by the prices of the lines) less what the supplier is paid.
func Make(in Input, s Settings) Entry {
	o := &in.Record.Order
	e := Entry{
		Key:   PartKey{OrderID: in.Record.ID, Supplier: in.Group.Supplier, Group: GroupKey(o, in.Group)},
		Store: o.Store, External: o.ExternalID, Number: o.Number, Country: o.Destination().Country,
		Spent: in.SpentToday, Address: o.Destination(), Amount: o.Total,
	}
	m := maker{in: &in, s: &s, o: o, e: &e, now: in.Now, zone: cmp.Or(s.Zone, time.UTC)}
	if m.now.IsZero() {
		m.now = in.Facts.Now
	}
	if m.in.Links == nil {
		m.in.Links = in.Facts.Links
	}
	m.in.Group.Lines = slices.DeleteFunc(slices.Clone(in.Group.Lines), func(i int) bool { return i < 0 || i >= len(o.Lines) })
	for _, v := range in.Choice.Overrides {
		if v.Code == BlockStore { // what it sets aside shows only when the store is asked again
			e.Overrides = append(e.Overrides, v)
			break
		}
	}
	m.guards()
	m.supplier()
	if len(m.in.Group.Lines) == 0 {
		return e
	}
	m.items()
	m.address()
	m.packaging()
	m.findQuote()
	m.price()
	m.methods()
	m.doorstep()
	m.total()
	m.accepted()
	m.payMethods()
	m.cap()
	m.notes()
	m.delivery()
	m.margin()
	return e
}

// block notes what is in the way, unless the merchant has set that guard aside.
func (m *maker) block(b Blocker) {
	if b.Code.Overridable() {
		if i := slices.IndexFunc(m.in.Choice.Overrides, func(o Override) bool { return o.Code == b.Code }); i >= 0 {
			if !slices.ContainsFunc(m.e.Overrides, func(o Override) bool { return o.Code == b.Code }) {
				m.e.Overrides = append(m.e.Overrides, m.in.Choice.Overrides[i])
			}
			return
		}
	}
	m.e.Blockers = append(m.e.Blockers, b)
}

func (m *maker) warn(format string, args ...any) {
	m.e.Warnings = append(m.e.Warnings, fmt.Sprintf(format, args...))
}

// label is the supplier's name for people, for sentences.
func (m *maker) label() string {
	return cmp.Or(m.e.Supplier.Label(), m.in.Group.Supplier, "the supplier")
}

// supplier finds what is set for the supplier of the part.
func (m *maker) supplier() {
	name := m.in.Group.Supplier
	if i := slices.IndexFunc(m.s.Suppliers, func(s Supplier) bool { return s.Name == name }); i >= 0 && name != "" {
		m.e.Supplier = m.s.Suppliers[i]
		return
	}
	m.e.Supplier = Supplier{Name: name}
	if name != "" {
		m.block(Blocker{
			Code: BlockSupplier, Text: fmt.Sprintf("the supplier “%s” is not set up, so nothing can be ordered there", name),
			Fix: "add it with `orderdeck supplier add`, or link the products to another supplier", Action: ActionLink,
		})
	}
}

// several writes a list of names for a sentence: "“a”", "“a” and “b”", "“a” and 3 more".
func several(names []string) string {
	switch len(names) {
	case 0:
		return ""
	case 1:
		return "“" + names[0] + "”"
	case 2:
		return "“" + names[0] + "” and “" + names[1] + "”"
	}
	return fmt.Sprintf("“%s” and %d more", names[0], len(names)-1)
}

// verb is a verb's form for n things.
func verb(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// span writes how long something still takes, in its two largest units: "1 d 4 h", "25 min".
func span(d time.Duration) string {
	minutes := int64((d + time.Minute - 1) / time.Minute)
	parts := make([]string, 0, 2)
	for _, u := range []struct {
		minutes int64
		name    string
	}{{24 * 60, "d"}, {60, "h"}, {1, "min"}} {
		if n := minutes / u.minutes; n > 0 && len(parts) < 2 {
			parts = append(parts, fmt.Sprintf("%d %s", n, u.name))
			minutes -= n * u.minutes
		} else if len(parts) > 0 {
			break
		}
	}
	return cmp.Or(strings.Join(parts, " "), "less than a minute")
}
