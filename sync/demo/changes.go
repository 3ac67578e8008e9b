package demo

import (
	"cmp"
	"slices"
	gosync "sync"
)

// scanLimit is how many orders are looked at for one page at most, so that a page never takes long.
const scanLimit = 20_000

// glance is the longest time for which changes are looked up in the agenda; beyond it, orders are scanned in pages.
const glance = 2 * hour

// The agenda is made for so long ahead, and so long back, as seen from when it is needed.
const (
	agendaAhead = hour
	agendaBack  = 40 * minute
	// A cursor is moved on without need when it is so old, so that the agenda need not reach further back.
	stale = 20 * minute
)

// agenda is a short list of what happens in the hours around now. Making it looks at every order that is young enough
// to change; asking it costs next to nothing.
type agenda struct {
	mu       gosync.Mutex
	from, to int64
	known    int // orders that it has looked at
	entries  []entry
}

// entry is one change: of the store platform's order (kind platformKind) or of a supplier's placement (its index).
type entry struct {
	at    int64
	index int
	kind  int8
}

const platformKind int8 = -1

func (a *agenda) reset() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.from, a.to, a.known, a.entries = 0, 0, 0, nil
}

// between lists, in order, which orders of a view have a change of a kind after since, until an instant.
func (a *agenda) between(v *view, kind int8, since, until int64) []int {
	a.mu.Lock()
	defer a.mu.Unlock()
	if since < a.from || until >= a.to {
		a.from, a.to, a.entries = since-agendaBack, until+agendaAhead, a.entries[:0]
		a.known = v.before(a.from - horizon)
	}
	if known := v.known(); known > a.known {
		a.extend(v, known)
	}
	lo, _ := slices.BinarySearchFunc(a.entries, since+1, func(e entry, at int64) int { return cmp.Compare(e.at, at) })
	var out []int
	for _, e := range a.entries[lo:] {
		if e.at > until {
			break
		}
		if e.kind == kind && e.index < v.known() {
			out = append(out, e.index)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (a *agenda) extend(v *view, known int) {
	var p plan
	for i := a.known; i < known; i++ {
		v.plan(&p, i)
		a.note(&p.marks, i, platformKind)
		for k := range p.parts {
			a.note(&p.parts[k].marks, i, p.parts[k].via)
		}
	}
	a.known = known
	slices.SortFunc(a.entries, func(x, y entry) int {
		return cmp.Or(cmp.Compare(x.at, y.at), cmp.Compare(x.index, y.index), cmp.Compare(x.kind, y.kind))
	})
}

func (a *agenda) note(m *marks, i int, kind int8) {
	for _, at := range m.at[:m.n] {
		if at > a.from && at <= a.to {
			a.entries = append(a.entries, entry{at, i, kind})
		}
	}
}
