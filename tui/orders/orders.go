// Package orders is the start screen: the tabs, the table, the search line and the detail pane.
package orders

import (
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/tui/action"
	"github.com/orderdeck/orderdeck/tui/detail"
	"github.com/orderdeck/orderdeck/tui/draw"
	"github.com/orderdeck/orderdeck/tui/ui"
)

// View is a saved view: a tab of the merchant's own.
type View struct {
	Name, Query, Sort string
	Asc               bool
	Columns, Stores   []string
}

// Options are what the start screen begins with.
type Options struct {
	Views   []View
	Columns []string // the merchant's own; nil = the defaults
	// SaveViews keeps the merchant's views; it may be slow.
	SaveViews func([]View) error
	// SaveColumns keeps the merchant's columns; nil columns are the defaults again.
	SaveColumns func([]string) error
}

// Screen is the start screen.
type Screen struct {
	ctx    *ui.Context
	opt    Options
	list   *list
	table  *table
	tabs   *tabs
	search *search
	shops  []string // chosen; nil = all
	sort   order.Sort
	marked marked

	buyable verdictOf

	record    *order.Record
	recordReq int64 // the id that was asked for last
	lines     []detail.Line
	linesFor  linesKey
	scroll    int
	more      int // lines of the pane that are out of sight, as moreNote says
	moreNote  string
	seenReq   int64

	sums     []store.Sum
	sumsMore bool
	summing  bool // the sums are being read, or that rests after it
	sumsOld  bool // something changed since
	sumsPace pace

	counting  bool
	stale     bool // counters of views are out of date
	counted   time.Time
	countPace pace
	preloaded bool
	err       error

	box, pane, left, above draw.Box

	// What was written or chosen for the last picture, and what for.
	written written
	cols    []column
	colsFor columnsKey
}

type linesKey struct {
	rec   *order.Record
	width int
	at    time.Time
}

type (
	countsMsg struct {
		counts store.Counts
		err    error
	}
	recordMsg struct {
		id  int64
		rec order.Record
		err error
	}
	sumsMsg struct {
		gen  uint64
		sums []store.Sum
		more bool
		took time.Duration
		err  error
	}
	viewsMsg struct {
		counts map[string]viewCount
		took   time.Duration
	}
	askSums   struct{ gen uint64 }
	seenTimer struct{ id int64 }
)

// New makes the start screen.
func New(ctx *ui.Context, opt Options) *Screen {
	s := &Screen{
		ctx: ctx, opt: opt, list: newList(ctx), table: newTable(ctx), search: newSearch(ctx),
		sort: order.Sort{Key: order.SortDate}, stale: true,
	}
	s.tabs = newTabs(ctx, ownTabs(opt.Views))
	return s
}

func ownTabs(views []View) []order.Tab {
	out := make([]order.Tab, len(views))
	for i, v := range views {
		out[i] = order.Tab{ID: "view:" + v.Name, Title: v.Name, Query: v.Query, Own: true}
	}
	return out
}

// startPause is how long after the first rows of all the rest is read, so that the first picture has the machine to
// itself.
const startPause = 100 * time.Millisecond

// Preload reads the first rows and the counters before the first picture, if that takes no longer than a moment.
func (s *Screen) Preload(within time.Duration) {
	q, err := s.query()
	if err != nil {
		return // Init says so
	}
	s.preloaded = s.list.preload(q, within)
	if msg, ok := s.count()().(countsMsg); ok && s.preloaded {
		s.Update(msg)
	}
}

// Init reads the first rows and the counters.
func (s *Screen) Init() tea.Cmd {
	if !s.preloaded {
		return tea.Batch(s.reload(), s.count())
	}
	gen := s.list.gen
	return tea.Batch(s.follow(), s.ctx.After(startPause, readIDs{gen}), s.ctx.After(2*startPause, askSums{gen}))
}

// reload shows the current tab, search and sort from the top.
func (s *Screen) reload() tea.Cmd {
	q, err := s.query()
	if err != nil {
		s.err = err
		return nil
	}
	s.err = nil
	expect := -1
	if tab := s.tabs.current(); tab.Counted && q.Filter == nil && s.tabs.counts != nil {
		expect = s.tabs.counts[tab.ID]
	}
	s.table.reset()
	s.sums, s.summing, s.sumsOld, s.sumsPace = nil, false, false, pace{}
	cmd := s.list.setQuery(q, expect)
	return tea.Batch(cmd, s.ctx.After(150*time.Millisecond, askSums{s.list.gen}))
}

// query is what the list shows.
func (s *Screen) query() (store.Query, error) {
	tab := s.tabs.current()
	q := store.Query{Shops: s.shops, Tab: tab, Filter: s.search.expr, Sort: s.sort}
	if tab.Query == "" {
		return q, nil
	}
	if v := s.ownView(); v != nil && len(v.Stores) > 0 {
		q.Shops = v.Stores
	}
	e, err := s.search.view(tab.Query)
	if err != nil {
		return q, fmt.Errorf("the view %q cannot be read: %w", tab.Title, err)
	}
	q.Tab, q.Filter = order.Tab{}, e
	return q, nil
}

// Update takes answers and news.
func (s *Screen) Update(msg tea.Msg) tea.Cmd {
	if cmd, ok := s.list.update(msg); ok {
		if _, whole := msg.(refreshMsg); whole && s.list.idsKnown {
			s.marked.inView(s.list)
		}
		return tea.Batch(cmd, s.follow())
	}
	switch m := msg.(type) {
	case countsMsg:
		if m.err == nil {
			s.tabs.counts = m.counts
			if tab := s.tabs.current(); tab.Counted && s.list.query.Filter == nil && !s.list.idsKnown {
				s.list.total = m.counts[tab.ID]
			}
		}
	case recordMsg:
		return s.take(m)
	case offersMsg:
		s.search.take(m)
	case sumsMsg:
		return s.summed(m)
	case askSums:
		return s.sumAgain(m)
	case viewsMsg:
		s.counting, s.tabs.views, s.counted = false, m.counts, time.Now()
		s.countPace.took = m.took
	case seenTimer:
		if m.id == s.list.cursorID {
			return s.markSeen(m.id)
		}
	case ui.Acted:
		s.marked.done(m.IDs)
	case ui.StoreChanged:
		s.stale, s.sumsOld = true, true
		return tea.Batch(s.list.changed(), s.count(), s.again(m.Change.IDs), s.sum())
	case ui.PictureArrived:
		s.linesFor = linesKey{}
	case ui.Tick:
		return s.countViews()
	}
	return nil
}

// Do carries out an action.
func (s *Screen) Do(a action.Action) (tea.Cmd, bool) {
	s.pressed()
	cmd, handled := s.do(a)
	if !handled {
		return nil, false
	}
	return tea.Batch(cmd, s.follow()), true
}

func (s *Screen) do(a action.Action) (tea.Cmd, bool) {
	l := s.list
	switch a.ID {
	case action.Up:
		return l.move(l.cursor - 1), true
	case action.Down:
		return l.move(l.cursor + 1), true
	case action.PageUp:
		return l.pageBy(-1), true
	case action.PageDown:
		return l.pageBy(1), true
	case action.Top:
		return l.move(0), true
	case action.Middle:
		return l.move(l.known() / 2), true
	case action.Bottom:
		return l.bottom(), true
	case action.PrevOrder:
		return l.move(l.cursor - 1), true
	case action.NextOrder:
		return l.move(l.cursor + 1), true
	case action.PrevTab:
		return s.tab(s.tabs.step(-1)), true
	case action.NextTab:
		return s.tab(s.tabs.step(1)), true
	case action.ScrollUp:
		s.scroll = max(0, s.scroll-3)
		return nil, true
	case action.ScrollDown:
		s.scroll = clamp(s.scroll+3, 0, max(0, len(s.lines)-s.pane.H))
		return nil, true
	case action.Search:
		return s.search.begin(), true
	case action.Select:
		return s.selectOne(), true
	case action.SelectAll:
		return s.selectAll(), true
	case action.Back:
		return s.back()
	case action.Open:
		return s.open(), true
	}
	if a.Arg > 0 {
		return s.tab(s.tabs.to(a.Arg - 1)), true
	}
	return s.menu(a.ID)
}

func (s *Screen) tab(changed bool) tea.Cmd {
	if !changed {
		return nil
	}
	if v := s.ownView(); v != nil && v.Sort != "" {
		s.sort = order.Sort{Key: order.SortKey(v.Sort), Asc: v.Asc}
	}
	return s.reload()
}

// ownView is the merchant's own view that is shown, nil if another tab is.
func (s *Screen) ownView() *View {
	for i := range s.opt.Views {
		if "view:"+s.opt.Views[i].Name == s.tabs.active {
			return &s.opt.Views[i]
		}
	}
	return nil
}

// back undoes one thing at a time: the search, the selection; then there is nothing to go back from.
func (s *Screen) back() (tea.Cmd, bool) {
	switch {
	case s.search.field.Value() != "":
		s.search.set("")
		return s.reload(), true
	case s.marked.n > 0:
		s.marked.drop()
		return nil, true
	}
	return nil, false
}

func (s *Screen) open() tea.Cmd {
	if s.list.cursorID == 0 {
		return nil
	}
	return s.ctx.Open(ui.Open{Kind: ui.KindOrder, Arg: ui.OrderArg{ID: s.list.cursorID, Step: func(n int) (int64, tea.Cmd) {
		cmd := s.list.move(s.list.cursor + n)
		return s.list.cursorID, tea.Batch(cmd, s.follow())
	}}})
}

// Can tells what would happen now.
func (s *Screen) Can(id action.ID) (ok bool, why string, known bool) {
	switch id {
	case action.Open, action.Copy, action.Browse, action.Why, action.Select, action.Tracking, action.Invoice, action.Receipt,
		action.Refund, action.Checkout, action.Link, action.Cancel, action.Archive, action.Hold, action.AtStore, action.WriteNote,
		action.Tags, action.MarkPaid:
		if s.list.cursorID == 0 {
			return false, "there is no order here", true
		}
		return s.canOrder(id)
	case action.SelectAll, action.Export, action.Bottom, action.Middle:
		return s.list.known() > 0, "the list is empty", true
	case action.Stores:
		return len(s.ctx.Shops) > 1, "there is only one store", true
	}
	for _, a := range s.ctx.Keys.All() {
		if a.ID == id && a.Scope == action.Buying {
			return false, "not on this screen; " + s.ctx.Keys.Key(action.Checkout) + " opens the checkout", true
		}
		if a.ID == id {
			return true, "", a.Scope != action.Global
		}
	}
	return false, "", false
}

// Footer names what matters most now.
func (s *Screen) Footer() []action.ID {
	return footer
}

var footer = []action.ID{
	action.Open, action.Select, action.Checkout, action.Search, action.Dates, action.Sorting, action.Views, action.Export, action.SyncNow,
	action.Why, action.Copy, action.Commands,
}

// Editing tells whether the search line is being typed into.
func (s *Screen) Editing() bool { return s.search.editing }

// Hints are what keys do in the search line.
func (s *Screen) Hints() [][2]string {
	return [][2]string{{"⏎", "done"}, {"Esc", "back"}, {"↑↓", "choose"}, {"Tab", "complete"}}
}

// Type takes a key of the search line.
func (s *Screen) Type(k tea.KeyPressMsg) tea.Cmd {
	s.pressed()
	changed, done, cmd := s.search.key(k)
	switch {
	case changed:
		return tea.Batch(cmd, s.reload(), s.follow())
	case done && k.String() == "down":
		return tea.Batch(cmd, s.list.move(s.list.cursor+1), s.follow())
	}
	return cmd
}

// Paste takes text for the search line.
func (s *Screen) Paste(text string) tea.Cmd {
	s.search.field.Paste(text)
	if s.search.parse(true) {
		return tea.Batch(s.reload(), s.search.complete())
	}
	return s.search.complete()
}

// Cursor is where the terminal's cursor stands while typing.
func (s *Screen) Cursor() (x, y int, ok bool) {
	if !s.search.editing {
		return 0, 0, false
	}
	x, y = s.search.field.Cursor()
	return x, y, true
}

// Resize tells how many lines the screen will have, so that rows for them can be read.
func (s *Screen) Resize(h int) tea.Cmd { return s.list.resize(h - 4) }

// Close stops what is being read.
func (s *Screen) Close() { s.list.close() }

// Tab is the id of the tab that is shown.
func (s *Screen) Tab() string { return s.tabs.active }

// Current is the local id of the order under the cursor, 0 if there is none.
func (s *Screen) Current() int64 { return s.list.cursorID }

// Known is how many orders the view has, as far as is known now.
func (s *Screen) Known() int { return s.list.known() }

// Place is where in the view the cursor is, from 0.
func (s *Screen) Place() int { return s.list.cursor }

// SetSort chooses what the list is sorted by; Reload shows it.
func (s *Screen) SetSort(by order.Sort) { s.sort = by }

// Reload reads the list again from the top.
func (s *Screen) Reload() tea.Cmd { return tea.Batch(s.reload(), s.follow()) }
