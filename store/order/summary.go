package order

import "strconv"

// Summary is what an order is about, in a few words: its first line with the quantity, and how many more lines there
// are: "2× Linen shirt +1".
func (o *Order) Summary() string {
	if len(o.Lines) == 0 {
		return ""
	}
	l := o.Lines[0]
	s := l.Quantity.String() + "× " + l.Title
	if n := len(o.Lines) - 1; n > 0 {
		s += " +" + strconv.Itoa(n)
	}
	return s
}

// Trackings lists the tracking numbers of an order once each: those that the store platform knows, then those that
// only a supplier has told.
func (r *Record) Trackings() []string { return trackings(&r.Order, Facts{Placements: r.Placements}) }
