package orders

import (
	"context"
	"errors"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/tui/ui"
)

// list is a window on a view of orders. It holds the rows that are shown and a page either side, never the view itself;
// what it knows of the whole view is the ids in order, four bytes an order, which arrive a moment after the first rows.
//
// Places are counted from the top of the view. The cursor belongs to an order, not to a place: when the view changes
// underneath, the order stays where it is on the screen.
type list struct {
	ctx    *ui.Context
	query  store.Query
	gen    uint64 // grows with every query; answers to an earlier one are dropped
	stop   context.CancelFunc
	height int

	reading context.Context // ends when another view is shown

	rows        []order.Row
	base        int // place of rows[0]
	first, last store.Key
	atEnd       bool
	ids         []uint32 // the whole view; nil until it has been read
	idsKnown    bool
	total       int // exact once idsKnown, else what the tab's counter says, or -1
	partial     bool

	top, cursor int
	cursorID    int64
	fresh       int // orders that came in above the top since the cursor was last there

	loading  bool // nothing of this query has arrived yet
	fetching bool
	dirty    bool // the database changed while a refresh was under way
	busy     bool // a refresh is under way, or rests after one
	peeking  bool // what is on the screen is being read again
	pace     pace // of refreshes
	follow   bool // see follows
	filled   bool // a store was being read for the first time when the view was last read
	err      error
}

// Answers. Each carries the generation of the query it belongs to.
type (
	windowMsg struct {
		gen      uint64
		backward bool
		from     store.Key
		win      store.Window
		err      error
	}
	rowsMsg struct {
		gen  uint64
		base int
		rows []order.Row
		err  error
	}
	refreshMsg struct {
		gen         uint64
		ids         []uint32
		rows        []order.Row
		base        int
		top, cursor int
		took        time.Duration
		err         error
	}
	refreshAgain struct{ gen uint64 }
	readIDs      struct{ gen uint64 }
)

func newList(ctx *ui.Context) *list { return &list{ctx: ctx, height: 20, total: -1} }

// setQuery shows another view from its top: first its first rows, then, once these are there, the ids of all of it.
// expect is how many orders it has, where a counter says so, else -1.
func (l *list) setQuery(q store.Query, expect int) tea.Cmd {
	ctx := l.begin(q, expect)
	gen, limit := l.gen, l.firstRows()
	return func() tea.Msg {
		w, err := l.ctx.Store.Window(ctx, q, store.Key{}, false, limit)
		return windowMsg{gen: gen, win: w, err: err}
	}
}

// tallest is how many rows the first picture has at hand: no size is known yet.
const tallest = 120

// preload shows the beginning of a view at once if it can be read within a moment, so that the first picture has rows.
func (l *list) preload(q store.Query, within time.Duration) (ok bool) {
	ctx, stop := context.WithTimeout(l.begin(q, -1), within)
	defer stop()
	w, err := l.ctx.Store.Window(ctx, q, store.Key{}, false, tallest)
	if err != nil {
		return false
	}
	l.window(windowMsg{gen: l.gen, win: w})
	return true
}

func (l *list) firstRows() int { return 2*l.height + 8 }

// begin forgets the view that was shown. What is read for the new one is read under the context.
func (l *list) begin(q store.Query, expect int) context.Context {
	if l.stop != nil {
		l.stop()
	}
	ctx, stop := context.WithCancel(context.Background())
	l.gen++
	l.stop = stop
	l.query, l.total = q, expect
	l.ids, l.idsKnown, l.partial, l.atEnd = nil, false, false, false
	l.top, l.cursor, l.cursorID, l.fresh = 0, 0, 0, 0
	l.loading, l.fetching, l.busy, l.dirty, l.err = true, true, true, false, nil
	l.peeking, l.pace = false, pace{}
	l.reading = ctx
	return ctx
}

// changed reads the view again after the database changed. Only one such reading is under way at a time, and it rests
// after each; what is on the screen is read again meanwhile.
func (l *list) changed() tea.Cmd {
	if l.gen == 0 {
		return nil
	}
	if l.busy {
		l.dirty = true
		return l.peek()
	}
	l.busy = true
	filling := l.filling()
	l.follow, l.filled = filling || l.filled, filling // once more when it has ended: what came last is read only now
	if l.follows() {
		return l.read(l.reading, 0, 0, 0)
	}
	return l.read(l.reading, l.cursorID, l.cursor, l.top)
}

// filling tells whether a store is being read for the first time.
func (l *list) filling() bool {
	return slices.ContainsFunc(l.ctx.Sync.Status(), func(s store.SyncState) bool {
		return s.LastSuccess.IsZero() && s.State != "idle" && s.State != "stopped"
	})
}

// follows tells whether the list stays at its top whatever comes in there: while a store is read for the first time, and
// nobody has moved the cursor. What the merchant wants to see then are the newest orders, and those come bit by bit.
func (l *list) follows() bool {
	return l.follow && l.cursor == 0 && l.top == 0 && l.pace.pressed.IsZero()
}

// read gets the ids of the view and the rows around the cursor's order in one go, so that both show up in one frame.
func (l *list) read(ctx context.Context, cursorID int64, cursor, top int) tea.Cmd {
	gen, q, height, st := l.gen, l.query, l.height, l.ctx.Store
	return func() tea.Msg {
		start := time.Now()
		ids, err := st.IDs(ctx, q)
		if err != nil {
			return refreshMsg{gen: gen, err: err}
		}
		m := refreshMsg{gen: gen, ids: ids, cursor: cursor, top: top}
		if cursorID != 0 {
			if at := nearest(ids, uint32(cursorID), cursor); at >= 0 {
				m.top, m.cursor = at-(cursor-top), at
			}
		}
		m.cursor = clamp(m.cursor, 0, len(ids)-1)
		m.top = clamp(m.top, max(0, m.cursor-height+1), m.cursor)
		m.top = clamp(m.top, 0, max(0, len(ids)-height))
		m.base = max(0, m.top-height)
		m.rows, err = st.Rows(ctx, ids[m.base:min(len(ids), m.top+2*height)])
		m.err, m.took = err, time.Since(start)
		return m
	}
}

// nearest finds an id, looking near a place first: most changes move an order by a few lines or not at all.
func nearest(ids []uint32, id uint32, near int) int {
	lo, hi := clamp(near-512, 0, len(ids)), clamp(near+512, 0, len(ids))
	if i := slices.Index(ids[lo:hi], id); i >= 0 {
		return lo + i
	}
	return slices.Index(ids, id)
}

func clamp(v, lo, hi int) int { return max(lo, min(v, hi)) }

// update takes the answers. It reports whether the message was one of them.
func (l *list) update(msg tea.Msg) (tea.Cmd, bool) {
	switch m := msg.(type) {
	case windowMsg:
		if m.gen != l.gen || l.idsKnown {
			return nil, true
		}
		return l.window(m), true
	case rowsMsg:
		if m.gen != l.gen {
			return nil, true
		}
		l.fetching = false
		if l.failed(m.err) {
			return nil, true
		}
		l.rows, l.base = m.rows, m.base
		l.remember()
		return l.ensure(), true
	case refreshMsg:
		if m.gen != l.gen {
			return nil, true
		}
		return l.refreshed(m), true
	case peekMsg:
		if m.gen != l.gen {
			return nil, true
		}
		return l.peeked(m), true
	case readIDs:
		if m.gen != l.gen {
			return nil, true
		}
		return l.read(l.reading, 0, 0, 0), true
	case refreshAgain:
		if m.gen != l.gen {
			return nil, true
		}
		if l.dirty && l.pace.waits() {
			return l.ctx.After(keyPause, m), true
		}
		l.busy = false
		if l.dirty {
			l.dirty = false
			return l.changed(), true
		}
		return nil, true
	}
	return nil, false
}

func (l *list) failed(err error) bool {
	if err == nil || errors.Is(err, context.Canceled) {
		return err != nil
	}
	l.err, l.loading = err, false
	return true
}

// window takes rows that were read by key, before the ids are known.
func (l *list) window(m windowMsg) tea.Cmd {
	first := l.loading
	l.fetching = false
	if l.failed(m.err) {
		l.busy = l.busy && !first // the next change tries again
		return nil
	}
	l.loading, l.err, l.partial = false, nil, m.win.Partial
	switch {
	case !m.from.OK && !m.backward:
		l.rows, l.base, l.first, l.last, l.atEnd = m.win.Rows, 0, m.win.First, m.win.Last, m.win.AtEnd
		if l.atEnd {
			l.total = len(l.rows)
		}
	case !m.from.OK: // from the end; only asked for when the total is known
		l.rows, l.base, l.first, l.last, l.atEnd = m.win.Rows, l.total-len(m.win.Rows), m.win.First, m.win.Last, true
	case m.backward:
		l.rows, l.first = append(slices.Clip(m.win.Rows), l.rows...), m.win.First
		l.base = max(0, l.base-len(m.win.Rows))
	default:
		l.rows, l.last, l.atEnd = append(l.rows, m.win.Rows...), m.win.Last, m.win.AtEnd
	}
	l.remember()
	if first {
		return tea.Batch(l.read(l.reading, 0, 0, 0), l.ensure())
	}
	return l.ensure()
}

// refreshed takes a new state of the whole view. Where the cursor moved in the meantime, its order is looked up again.
func (l *list) refreshed(m refreshMsg) tea.Cmd {
	again := func(after time.Duration) tea.Cmd {
		return l.ctx.After(after, refreshAgain{l.gen})
	}
	if m.err != nil {
		l.failed(m.err)
		return again(time.Second)
	}
	moved := l.idsKnown || l.cursor != 0
	l.ids, l.idsKnown, l.total = m.ids, true, len(m.ids)
	l.loading, l.err = false, nil
	if !moved || l.cursorID == 0 {
		l.top, l.cursor = m.top, m.cursor
		l.clamp()
	} else {
		l.keepPlace()
	}
	if l.covers(m.base, len(m.rows)) {
		l.rows, l.base = m.rows, m.base
	} else if !l.covers(l.base, len(l.rows)) || len(l.rows) == 0 {
		l.rows, l.base = m.rows, m.base
	}
	l.remember()
	return tea.Batch(l.ensure(), again(l.pace.rest(m.took)))
}

// covers tells whether a stretch of rows has all the lines on the screen.
func (l *list) covers(base, n int) bool {
	return base <= l.top && base+n >= min(l.top+l.height, max(l.total, 0))
}

// ensure asks for rows when those at hand do not reach a page beyond the screen.
func (l *list) ensure() tea.Cmd {
	if l.fetching || l.gen == 0 {
		return nil
	}
	if l.idsKnown {
		lo, hi := max(0, l.top-l.height/2), min(l.total, l.top+l.height+l.height/2)
		if l.base <= lo && l.base+len(l.rows) >= hi {
			return nil
		}
		lo, hi = max(0, l.top-l.height), min(l.total, l.top+2*l.height)
		gen, st, ids := l.gen, l.ctx.Store, slices.Clone(l.ids[lo:hi])
		l.fetching = true
		return func() tea.Msg {
			rows, err := st.Rows(context.Background(), ids)
			return rowsMsg{gen: gen, base: lo, rows: rows, err: err}
		}
	}
	switch {
	case l.loading:
		return nil
	case l.top+l.height+l.height/2 > l.base+len(l.rows) && !l.atEnd:
		return l.page(l.last, false)
	case l.top < l.base+l.height/2 && l.base > 0:
		return l.page(l.first, true)
	}
	return nil
}

func (l *list) page(from store.Key, backward bool) tea.Cmd {
	l.fetching = true
	gen, q, st, limit := l.gen, l.query, l.ctx.Store, 2*l.height
	return func() tea.Msg {
		w, err := st.Window(context.Background(), q, from, backward, limit)
		return windowMsg{gen: gen, backward: backward, from: from, win: w, err: err}
	}
}

// remember keeps which order the cursor is on.
func (l *list) remember() {
	if r, ok := l.row(l.cursor); ok {
		l.cursorID = r.ID
	} else if l.idsKnown && l.cursor < len(l.ids) {
		l.cursorID = int64(l.ids[l.cursor])
	}
	if l.top == 0 && l.cursor == 0 {
		l.fresh = 0
	}
}

// row is the row at a place, if it is at hand.
func (l *list) row(at int) (order.Row, bool) {
	if i := at - l.base; i >= 0 && i < len(l.rows) {
		return l.rows[i], true
	}
	return order.Row{}, false
}

// at is the row at a place, nil if it is not at hand.
func (l *list) at(place int) *order.Row {
	if i := place - l.base; i >= 0 && i < len(l.rows) {
		return &l.rows[i]
	}
	return nil
}

// known is how many orders the view has, as far as is known now.
func (l *list) known() int {
	if l.total >= 0 {
		return l.total
	}
	return l.base + len(l.rows)
}

// move puts the cursor on another place.
func (l *list) move(to int) tea.Cmd {
	l.pace.key()
	return l.put(to)
}

func (l *list) put(to int) tea.Cmd {
	l.cursor = clamp(to, 0, max(0, l.known()-1))
	switch {
	case l.cursor < l.top:
		l.top = l.cursor
	case l.cursor >= l.top+l.height:
		l.top = l.cursor - l.height + 1
	}
	l.remember()
	return l.ensure()
}

// page moves a screenful, keeping one line in sight.
func (l *list) pageBy(n int) tea.Cmd {
	step := n * max(1, l.height-1)
	l.top = clamp(l.top+step, 0, max(0, l.known()-l.height))
	return l.move(l.cursor + step)
}

// bottom goes to the last order, by reading backward from the end while the ids are not known yet.
func (l *list) bottom() tea.Cmd {
	if l.idsKnown || l.total < 0 || l.atEnd || l.fetching {
		return l.move(l.known() - 1)
	}
	l.cursor, l.top = l.total-1, max(0, l.total-l.height)
	l.rows, l.base = nil, l.total
	return l.page(store.Key{}, true)
}

// resize tells how many lines there are to fill.
func (l *list) resize(height int) tea.Cmd {
	height = max(1, height)
	if height == l.height {
		return nil
	}
	l.height = height
	return l.put(l.cursor)
}

// close stops what is being read.
func (l *list) close() {
	if l.stop != nil {
		l.stop()
	}
}
