package orders

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
)

// peekMsg is what is on the screen now, read again between two readings of the whole view.
type peekMsg struct {
	gen  uint64
	base int
	head bool // the rows are the beginning of the view; else they are those of the ids at base
	ids  []uint32
	rows []order.Row
	err  error
}

// peek reads again what is on the screen: at the beginning of the view the first rows there are now, elsewhere the rows
// of the orders that stand there.
func (l *list) peek() tea.Cmd {
	if l.peeking || !l.idsKnown || l.fetching || len(l.rows) == 0 {
		return nil
	}
	l.peeking = true
	gen, q, st, base, limit, ctx := l.gen, l.query, l.ctx.Store, l.base, l.top+l.firstRows(), l.reading
	if base == 0 {
		return func() tea.Msg {
			w, err := st.Window(ctx, q, store.Key{}, false, limit)
			return peekMsg{gen: gen, head: true, rows: w.Rows, err: err}
		}
	}
	ids := slices.Clone(l.ids[base:min(len(l.ids), base+len(l.rows))])
	return func() tea.Msg {
		rows, err := st.Rows(ctx, ids)
		return peekMsg{gen: gen, base: base, ids: ids, rows: rows, err: err}
	}
}

// peeked takes what is on the screen now.
func (l *list) peeked(m peekMsg) tea.Cmd {
	l.peeking = false
	switch {
	case m.err != nil || m.base != l.base: // the reading of the whole view comes anyway
		return nil
	case !m.head:
		end := m.base + len(m.ids)
		if len(m.rows) == len(m.ids) && end <= len(l.ids) && slices.Equal(m.ids, l.ids[m.base:end]) {
			l.rows = m.rows
		}
		return nil
	}
	if !l.splice(m.rows) {
		return nil
	}
	l.rows, l.total = m.rows, len(l.ids)
	l.keepPlace()
	l.remember()
	return l.ensure()
}

// splice puts what the view begins with now in the place of what its ids begin with. It reports whether both could be
// brought together.
func (l *list) splice(rows []order.Row) bool {
	const reach = 1024 // no more than that comes in between two readings of a screen
	near := l.ids[:min(len(l.ids), len(rows)+reach)]
	head := make([]uint32, len(rows))
	for i := range rows {
		head[i] = uint32(rows[i].ID)
	}
	if by := l.query.Sort.Key; by == "" || by == order.SortDate {
		// No order ever gets another date: what stood before the last of the rows and is not among them has left the view.
		for i, id := range slices.Backward(head) {
			if at := slices.Index(near, id); at >= 0 {
				l.ids = slices.Replace(l.ids, 0, at+1, head[:i+1]...)
				return true
			}
		}
		return false
	}
	var kept []uint32
	for _, id := range near {
		if !slices.Contains(head, id) {
			kept = append(kept, id)
		}
	}
	const most = 16 // that came up from far below; each is looked for in the whole view
	if len(head)-(len(near)-len(kept)) > most {
		return false
	}
	for _, id := range head {
		if slices.Contains(near, id) {
			continue
		}
		if at := slices.Index(l.ids[len(near):], id); at >= 0 {
			l.ids = slices.Delete(l.ids, len(near)+at, len(near)+at+1)
		}
	}
	l.ids = slices.Replace(l.ids, 0, len(near), slices.Concat(head, kept)...)
	return true
}

// keepPlace keeps the cursor's order where it is on the screen after the ids have changed.
func (l *list) keepPlace() {
	if l.follows() {
		return
	}
	if l.cursorID != 0 {
		if at := nearest(l.ids, uint32(l.cursorID), l.cursor); at >= 0 {
			if at > l.cursor && (l.top == 0 || l.fresh > 0) {
				l.fresh += at - l.cursor
			}
			l.top, l.cursor = l.top+at-l.cursor, at
		}
	}
	l.clamp()
}

func (l *list) clamp() {
	l.cursor = clamp(l.cursor, 0, max(0, l.total-1))
	l.top = clamp(l.top, 0, max(0, l.total-l.height))
}
