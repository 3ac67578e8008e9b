package checkout

import (
	"time"

	"github.com/orderdeck/orderdeck/store/order"
)

// delivery estimates when it arrives: the processing days of the product that takes longest, then the days on the way,
// all of them business days. Where either is not on file there is no estimate, never a made-up one.
func (m *maker) delivery() {
	if m.e.Method == nil || !days(m.e.Method.Days) {
		return
	}
	var most [2]int
	for _, i := range m.in.Group.Lines {
		l := &m.o.Lines[i]
		if remaining(l) <= 0 || l.Digital {
			continue
		}
		p := m.in.Links[l.ProductKey()].ProcessingDays
		if !days(p) {
			p = m.e.Supplier.ProcessingDays
		}
		if !days(p) {
			return
		}
		most = [2]int{max(most[0], p[0]), max(most[1], p[1])}
	}
	from := m.now.In(m.zone)
	m.e.Delivery = [2]time.Time{
		order.AddBusinessDays(from, most[0]+m.e.Method.Days[0]), order.AddBusinessDays(from, most[1]+m.e.Method.Days[1]),
	}
}

// days tells whether a span of days says something and can be meant.
func days(d [2]int) bool { return d[0] >= 0 && d[1] >= d[0] && d[1] > 0 && d[1] <= 1000 }
