// Package acts is the form of what is to be done to orders at their store: a note, a refund, a cancellation. Nothing is
// sent from here: it goes into the outbox.
package acts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/tui/action"
	"github.com/orderdeck/orderdeck/tui/draw"
	"github.com/orderdeck/orderdeck/tui/ui"
)

// Screen is one open form.
type Screen struct {
	ctx    *ui.Context
	arg    ui.ActArg
	rec    *order.Record // of the one order; nil = several, or not read yet
	ready  bool
	cannot string // why the store does not do it; then it can only be noted on the desk
	rows   []row
	cursor int // len(rows) = the line that does it
	busy   bool
	err    error
	body   draw.Box
}

type (
	recordMsg struct {
		to  *Screen
		rec order.Record
		err error
	}
	doneMsg struct {
		to      *Screen
		refused []string // a sentence each
		stores  []string
		acted   ui.Acted
	}
)

// New opens the form of an act.
func New(ctx *ui.Context, arg ui.ActArg) *Screen { return &Screen{ctx: ctx, arg: arg} }

// Init reads the order; for several there is nothing to be read before.
func (s *Screen) Init() tea.Cmd {
	if len(s.arg.IDs) != 1 {
		s.open(nil)
		return nil
	}
	id, st := s.arg.IDs[0], s.ctx.Store
	return func() tea.Msg {
		rec, err := st.Record(context.Background(), id)
		return recordMsg{s, rec, err}
	}
}

// open makes the lines of the form.
func (s *Screen) open(rec *order.Record) {
	s.rec, s.ready = rec, true
	if rec != nil {
		s.cannot = s.ctx.Cannot(rec.Store, s.arg.Kind)
	}
	s.rows = s.form(rec)
}

// Update takes the order, and what came of asking.
func (s *Screen) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case recordMsg:
		if m.to != s || s.ready {
			return nil
		}
		if s.err = m.err; m.err == nil {
			s.open(&m.rec)
		}
	case doneMsg:
		if m.to == s {
			return s.finish(m)
		}
	}
	return nil
}

// finish closes the form when all was taken; else it says what was refused, and keeps what was typed.
func (s *Screen) finish(m doneMsg) tea.Cmd {
	s.busy = false
	if len(m.refused) == 0 {
		s.ctx.Close(s)
		return ui.Say(s.said(m))
	}
	why := m.refused[0]
	if n := len(m.refused) - 1; n > 0 {
		why += fmt.Sprintf(" (and %d more were refused)", n)
	}
	if n := len(m.acted.IDs); n > 0 {
		why = fmt.Sprintf("%d orders were taken; %s", n, why)
	}
	s.err = errors.New(why)
	return nil
}

func (s *Screen) said(m doneMsg) string {
	of := fmt.Sprintf("%d orders", len(m.acted.IDs))
	if s.rec != nil {
		of = "#" + s.rec.Number
	}
	if s.value(nameWhere) == atDesk {
		return of + " is cancelled on this desk"
	}
	return s.arg.Label() + ": " + of + ", on its way to " + strings.Join(m.stores, ", ")
}

// Do moves, chooses and closes; letters are typed.
func (s *Screen) Do(a action.Action) (tea.Cmd, bool) {
	switch a.ID {
	case action.Up:
		s.move(-1)
	case action.Down:
		s.move(1)
	case action.NextTab:
		s.turn(1)
	case action.PrevTab:
		s.turn(-1)
	case action.Select:
		s.turn(1)
	case action.Open:
		return s.enter(), true
	case action.Back, action.Quit:
		return s.ctx.Close(s), true
	}
	return nil, true
}

func (s *Screen) move(n int) { s.cursor = max(0, min(s.cursor+n, len(s.rows))) }

// turn takes the next choice of the line under the cursor; where there is none it moves on.
func (s *Screen) turn(n int) {
	if r := s.current(); r != nil && len(r.choices) > 1 {
		r.at, s.err = (r.at+n+len(r.choices))%len(r.choices), nil
		return
	}
	s.move(n)
}

func (s *Screen) current() *row {
	if s.cursor < len(s.rows) {
		return &s.rows[s.cursor]
	}
	return nil
}

// enter goes to the next line; on the last it does what the form is for.
func (s *Screen) enter() tea.Cmd {
	if s.cursor < len(s.rows) {
		s.move(1)
		return nil
	}
	if !s.ready || s.busy {
		return nil
	}
	act, err := s.act()
	switch {
	case err != nil:
	case s.cannot != "" && s.arg.Kind != order.ActCancel:
		err = errors.New(s.cannot)
	case s.rec != nil:
		if why := act.Check(&s.rec.Order); why != "" {
			err = errors.New(why)
		}
	}
	if s.err = err; err != nil {
		return nil
	}
	if q, ask := s.question(act); ask {
		return s.ctx.Open(ui.Open{Arg: q})
	}
	return s.send(act)
}

// question asks before what cannot be undone.
func (s *Screen) question(a order.Act) (q ui.QuestionArg, ask bool) {
	q.Yes = func() tea.Cmd { return s.send(a) }
	n := len(s.arg.IDs)
	of := fmt.Sprintf("%d orders", n)
	if s.rec != nil {
		of = "#" + s.rec.Number + " of " + s.rec.Customer.Name
	}
	add := func(text, sum string, bad bool) {
		q.Lines = append(q.Lines, ui.QuestionLine{Text: text, Sum: sum, Bad: bad})
	}
	switch {
	case a.Kind == order.ActRefund:
		amount := a.Amount
		if left, ok := order.Refundable(&s.rec.Order); amount.IsZero() && ok {
			amount = left
		}
		q.Title = "Give money back?"
		add(of, s.ctx.Money(amount), false)
		add("The money goes to the customer. It cannot be taken back.", "", true)
		q.Expect, q.Ask = fmt.Sprint(amount.Minor), "the digits of the amount"
	case a.Kind == order.ActDelete:
		q.Title = "Delete at the store?"
		add(of, "", false)
		add("The store forgets the order. It cannot be brought back.", "", true)
		q.Expect, q.Ask = fmt.Sprint(n), "the number of orders"
	case a.Kind == order.ActCancel && s.value(nameWhere) == atStore:
		q.Title = "Cancel at the store?"
		add(of, "", false)
		add("A cancelled order is not taken up again. Medusa gives the money back at once, other stores by a refund.", "", true)
		q.Expect, q.Ask = fmt.Sprint(n), "the number of orders"
	default:
		return q, false
	}
	return q, true
}

// send writes what is to be done into the outbox, order by order.
func (s *Screen) send(a order.Act) tea.Cmd {
	s.busy, s.err = true, nil
	desk, st, who := s.ctx.Desk, s.ctx.Store, s.ctx.Who
	ids := make([]uint32, len(s.arg.IDs))
	for i, id := range s.arg.IDs {
		ids[i] = uint32(id) //nolint:gosec // local ids are that small; see order.Row
	}
	local := s.value(nameWhere) == atDesk
	cannot := func(store string) string { return s.ctx.Cannot(store, a.Kind) }
	title := s.ctx.Title
	return func() tea.Msg {
		ctx := context.Background()
		m := doneMsg{to: s}
		rows, err := st.Rows(ctx, ids)
		switch gone := len(ids) - len(rows); {
		case err != nil:
			m.refused = append(m.refused, err.Error())
		case gone == 1:
			m.refused = append(m.refused, "the order is not there any more")
		case gone > 1:
			m.refused = append(m.refused, fmt.Sprintf("%d orders are not there any more", gone))
		}
		for i := range rows {
			o := &rows[i]
			why := ""
			if !local {
				why = cannot(o.Store)
			}
			var err error
			switch {
			case local:
				err = desk.AddIntent(ctx, o.ID, order.Intent{Kind: order.IntentCancel, Value: a.Reason, Who: who})
			case why != "":
				err = fmt.Errorf("#%s: %s", o.Number, why)
			default:
				_, err = desk.RequestAct(ctx, who, o.ID, a)
			}
			if err != nil {
				m.refused = append(m.refused, err.Error())
				continue
			}
			m.acted.IDs = append(m.acted.IDs, o.ID)
			if name := title(o.Store); !slices.Contains(m.stores, name) {
				m.stores = append(m.stores, name)
			}
		}
		return tea.Batch(ui.Send(m), ui.Send(m.acted))()
	}
}

// Can knows no other action.
func (s *Screen) Can(action.ID) (ok bool, why string, known bool) { return false, "", false }

// Footer names the keys of the form.
func (s *Screen) Footer() []action.ID {
	return []action.ID{action.Open, action.Select, action.Down, action.Up, action.Back}
}

// Name says what keys mean here.
func (s *Screen) Name(id action.ID) string {
	switch {
	case id == action.Open && s.cursor < len(s.rows):
		return "next line"
	case id == action.Open:
		return "do it"
	case id == action.Select:
		return "another choice"
	}
	return ""
}

// Editing tells whether the line under the cursor takes text.
func (s *Screen) Editing() bool {
	r := s.current()
	return r != nil && r.field != nil
}

// Hints are what keys do while a text is typed.
func (s *Screen) Hints() [][2]string {
	return [][2]string{{"⏎", "next line"}, {"↑↓", "move"}, {"Esc", "back, nothing is done"}}
}

// Type takes a key of a text.
func (s *Screen) Type(k tea.KeyPressMsg) tea.Cmd {
	switch k.String() {
	case "esc":
		return s.ctx.Close(s)
	case "enter", "tab", "down":
		s.move(1)
	case "up", "shift+tab":
		s.move(-1)
	default:
		if s.current().field.Key(k) {
			s.err = nil
		}
	}
	return nil
}

// Paste takes text for the line under the cursor.
func (s *Screen) Paste(text string) tea.Cmd {
	s.current().field.Paste(text)
	s.err = nil
	return nil
}

// Cursor is where the terminal's cursor stands.
func (s *Screen) Cursor() (x, y int, ok bool) {
	if !s.Editing() {
		return 0, 0, false
	}
	x, y = s.current().field.Cursor()
	return x, y, true
}

// Click chooses a line.
func (s *Screen) Click(x, y int, _ bool) tea.Cmd {
	if at := y - s.body.Y; s.body.Contains(x, y) && at >= 0 && at <= len(s.rows) {
		again := s.cursor == at
		if s.cursor = at; at == len(s.rows) {
			return s.enter()
		}
		if again {
			s.turn(1)
		}
	}
	return nil
}

// Wheel does nothing here.
func (s *Screen) Wheel(int, int, int) tea.Cmd { return nil }

var _ interface {
	ui.Screen
	ui.Sized
	ui.Typist
	ui.Clicker
} = (*Screen)(nil)
