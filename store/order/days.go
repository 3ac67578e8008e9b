package order

import "time"

// AddBusinessDays is the instant n business days (Monday to Friday) after t, at the same time of day. Counting from a
// weekend begins on the Monday after it. Public holidays are not known and count as business days.
func AddBusinessDays(t time.Time, n int) time.Time {
	for weekend(t) {
		t = t.AddDate(0, 0, 1)
	}
	// Whole weeks at once, so that a senseless promise of a supplier costs no time.
	n = min(max(n, 0), 100_000)
	t = t.AddDate(0, 0, n/5*7)
	for n %= 5; n > 0; {
		if t = t.AddDate(0, 0, 1); !weekend(t) {
			n--
		}
	}
	return t
}

func weekend(t time.Time) bool { return t.Weekday() == time.Saturday || t.Weekday() == time.Sunday }

// Promise is until when a supplier said that a placement leaves: the supplier's own date, else its processing days
// counted from the checkout, the longest of the lines'. ok is false where there is no promise on file.
func Promise(o *Order, f Facts, p *Placement) (at time.Time, ok bool) {
	if !p.LateAt.IsZero() {
		return p.LateAt, true
	}
	most := 0
	for i := range o.Lines {
		if l := &o.Lines[i]; holds(p, l.ExternalID) {
			days := f.Links[l.ProductKey()].ProcessingDays[1]
			if days <= 0 {
				return time.Time{}, false
			}
			most = max(most, days)
		}
	}
	if most == 0 || p.CheckedOut.IsZero() {
		return time.Time{}, false
	}
	return AddBusinessDays(p.CheckedOut, most), true
}

// holds tells whether a placement is for a line.
func holds(p *Placement, line string) bool {
	for _, id := range p.Lines {
		if id == line {
			return true
		}
	}
	return false
}
