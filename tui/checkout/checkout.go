// Package checkout is the screen on which orders are bought at their suppliers: what each costs and how it is sent, what
// is in the way, the one question before the money, and then a line an order as it goes.
package checkout

import (
	"cmp"
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/tui/action"
	"github.com/orderdeck/orderdeck/tui/draw"
	"github.com/orderdeck/orderdeck/tui/ui"
)

// Screen is an open checkout.
type Screen struct {
	ctx      *ui.Context
	arg      ui.CheckoutArg
	ids      []int64 // in the order in which they were chosen
	lines    []*line // of the table; those of an order stand together
	byOrder  map[int64][]*line
	settings checkout.Settings
	err      error // why nothing can be read

	reader reader
	saver  *saver
	asked  map[string]bool // baskets and accounts that a price or balance was asked for
	typed  map[checkout.PartKey]typed

	effects map[string][]store.Effect // by reference, what is open or failed
	sum     sum

	cursor, top int
	height      int // of the table
	focus       int // −1 = the table, else an index of fields
	field       *ui.Field
	editing     bool
	kind        fieldKind // of the one that is edited
	subject     checkout.PartKey

	committing bool
	committed  bool // something was said yes to here
	frame      int
	body, pane draw.Box
	fieldRows  []int // rows of the pane in which the fields stand
}

// line is one line of the table: a part that can be bought, a placement that was made, or an order of which nothing can
// be bought now.
type line struct {
	id       int64
	key      checkout.PartKey
	store    string
	number   string
	customer string
	country  string
	items    string
	first    int    // the first of its lines in the order
	note     string // of the customer
	entry    checkout.Entry
	choice   checkout.Choice
	quoting  bool // a price was asked for and has not come
	request  store.QuoteRequest
	buyable  bool
	held     bool               // by the merchant, not by the days of cooling off
	private  []checkout.Product // packaging and cards of the supplier
	last     string             // why the attempt before was given up
	placed   *order.Placement
	refused  []checkout.Blocker // what was said when it was to be bought
}

// same tells whether two lines are the same thing at different times.
func (l *line) same(o *line) bool {
	if (l.placed == nil) != (o.placed == nil) {
		return false
	}
	if l.placed != nil {
		return l.placed.Reference == o.placed.Reference
	}
	return l.key == o.key
}

// typed is what the merchant chose here, until what was read is known to be newer.
type typed struct {
	choice checkout.Choice
	seq    uint64
}

// New opens a checkout.
func New(ctx *ui.Context, arg ui.CheckoutArg) *Screen {
	return &Screen{
		ctx: ctx, arg: arg, ids: arg.IDs, byOrder: map[int64][]*line{}, saver: newSaver(ctx.Desk), asked: map[string]bool{},
		typed: map[checkout.PartKey]typed{}, effects: map[string][]store.Effect{}, focus: -1,
		reader: reader{dirty: map[int64]bool{}, at: map[int64]uint64{}},
	}
}

// Init reads the first orders.
func (s *Screen) Init() tea.Cmd {
	if s.arg.Underway {
		return s.findUnderway()
	}
	return s.read()
}

type underwayMsg struct {
	to  *Screen
	ids []int64
	err error
}

// findUnderway finds the orders that have money on its way, or that failed.
func (s *Screen) findUnderway() tea.Cmd {
	desk := s.ctx.Desk
	return func() tea.Msg {
		all, err := desk.Effects(context.Background(), store.EffectFilter{Open: true, Limit: maxEffects})
		var ids []int64
		slices.SortFunc(all, func(a, b store.Effect) int { return cmp.Compare(a.ID, b.ID) })
		for i := range all {
			if !all[i].Kind.ToStore() && !slices.Contains(ids, all[i].OrderID) {
				ids = append(ids, all[i].OrderID)
			}
		}
		return underwayMsg{s, ids, err}
	}
}

// Update takes answers and news.
func (s *Screen) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case readMsg:
		if m.to == s {
			return s.take(m)
		}
	case underwayMsg:
		if m.to == s {
			s.ids, s.err = m.ids, m.err
			return s.read()
		}
	case savedMsg:
		if m.to == s {
			return s.saved(m)
		}
	case committedMsg:
		if m.to == s {
			return s.taken(m)
		}
	case doneMsg:
		if m.to == s {
			return s.refresh(m.id)
		}
	case ui.StoreChanged:
		s.changed(m.Change.IDs)
		return s.read()
	case ui.Tick:
		s.frame++
	}
	return nil
}

// Do carries out an action.
func (s *Screen) Do(a action.Action) (tea.Cmd, bool) {
	switch a.ID {
	case action.Up:
		s.move(-1)
	case action.Down:
		s.move(1)
	case action.PageUp:
		s.by(-max(1, s.height-1))
	case action.PageDown:
		s.by(max(1, s.height-1))
	case action.Top:
		s.by(-len(s.lines))
	case action.Middle:
		s.cursor = len(s.lines) / 2
	case action.Bottom:
		s.by(len(s.lines))
	case action.NextTab:
		s.turn(1)
	case action.PrevTab:
		s.turn(-1)
	case action.Back, action.Quit:
		if s.focus >= 0 && a.ID == action.Back {
			s.focus = -1
			return nil, true
		}
		return s.ctx.Close(s), true
	case action.Open:
		return s.enter(), true
	default:
		ok, why, known := s.Can(a.ID)
		if !known {
			return nil, false
		}
		if !ok {
			return ui.Say(a.Label + ": " + why), true
		}
		return s.act(a.ID), true
	}
	return nil, true
}

// current is the line under the cursor, nil where there is none.
func (s *Screen) current() *line {
	if s.cursor < len(s.lines) {
		return s.lines[s.cursor]
	}
	return nil
}

func (s *Screen) by(n int) {
	s.cursor = max(0, min(s.cursor+n, len(s.lines)-1))
	s.focus = min(s.focus, len(s.fields())-1)
}

func (s *Screen) move(n int) {
	if s.focus < 0 {
		s.by(n)
		return
	}
	if s.focus += n; s.focus >= len(s.fields()) {
		s.focus = len(s.fields()) - 1
	}
}

// turn goes from the table through the fields and back.
func (s *Screen) turn(n int) {
	places := len(s.fields()) + 1
	s.focus = (s.focus+1+n+places)%places - 1
}

// enter opens what the cursor is on.
func (s *Screen) enter() tea.Cmd {
	l := s.current()
	if l == nil {
		return nil
	}
	if fs := s.fields(); s.focus >= 0 && s.focus < len(fs) {
		return s.ctx.Run(fs[s.focus].id)
	}
	if l.placed != nil {
		return s.ctx.Open(ui.Open{Kind: ui.KindPaper, Arg: ui.PaperArg{ID: l.id, What: action.Tracking}})
	}
	for _, b := range l.blockers() {
		if _, ok := s.ctx.Keys.Get(action.ID(b.Action)); ok && b.Action != "" {
			return s.ctx.Run(action.ID(b.Action))
		}
	}
	if len(l.entry.Methods) == 0 {
		return nil
	}
	return s.ctx.Run(action.Method)
}

// blockers are what is in the way of a part, what was said last first.
func (l *line) blockers() []checkout.Blocker {
	if len(l.refused) > 0 {
		return l.refused
	}
	return l.entry.Blockers
}

// ready tells whether a part can be paid now.
func (l *line) ready() bool {
	return l.placed == nil && l.buyable && !l.choice.Removed && l.entry.Ready()
}

// Footer names what matters most now.
func (s *Screen) Footer() []action.ID {
	l := s.current()
	switch {
	case l != nil && l.placed != nil:
		return []action.ID{action.Retry, action.ToUnpaid, action.ConfirmPaid, action.Tracking, action.Receipt, action.Back, action.Help}
	case s.focus >= 0:
		return []action.ID{action.Open, action.Back, action.Pay, action.Help}
	}
	return []action.ID{
		action.Pay, action.Method, action.PayWith, action.Note, action.Packaging, action.Override, action.Remove, action.Requote,
		action.Rules, action.Back, action.Help,
	}
}

// Name says that Enter changes the field under the cursor.
func (s *Screen) Name(id action.ID) string {
	if id == action.Open && s.focus >= 0 {
		return "change"
	}
	return ""
}

// Click goes to a line or field; twice opens it.
func (s *Screen) Click(x, y int, double bool) tea.Cmd {
	switch {
	case s.body.Contains(x, y):
		if at := s.top + y - s.body.Y; at < len(s.lines) {
			s.cursor, s.focus = at, -1
			if double {
				return s.enter()
			}
		}
	case s.pane.Contains(x, y):
		if at := slices.Index(s.fieldRows, y); at >= 0 && at < len(s.fields()) {
			s.focus = at
			return s.enter()
		}
	}
	return nil
}

// Wheel scrolls the table.
func (s *Screen) Wheel(_, _, n int) tea.Cmd {
	s.by(n)
	return nil
}

// now is the time of the injected clock.
func (s *Screen) now() time.Time { return s.ctx.Now() }
