package orders

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/tui/action"
	"github.com/orderdeck/orderdeck/tui/ui"
)

// marked are the orders that the merchant has selected, in whatever view, and which of them the view that is shown has:
// nothing is done to orders out of sight without their being named.
type marked struct {
	selection
	sight selection // those in the view
	of    uint64    // the view that sight is of, by the list's generation
}

// inView works out which of the orders are in the view now. One that was in this very view and has left it, whatever took
// it away, is given back.
func (m *marked) inView(l *list) {
	if m.n == 0 {
		return
	}
	now := m.within(l.ids)
	if m.of == l.gen {
		m.remove(m.sight.without(&now))
	}
	m.sight, m.of = now, l.gen
}

// known tells whether it is known which of them are in the view.
func (m *marked) known(l *list) bool { return l.idsKnown && m.of == l.gen }

// hidden is how many are not in the view, 0 while that is not known.
func (m *marked) hidden(l *list) int {
	if !m.known(l) {
		return 0
	}
	return m.n - m.sight.n
}

// turn selects an order of the view, or gives it back.
func (m *marked) turn(l *list, id int64) {
	m.toggle(id)
	if l.idsKnown {
		m.of = m.ofNow(l)
		if m.sight.has(id) != m.has(id) {
			m.sight.toggle(id)
		}
	}
}

// ofNow is the view that sight is of, which it is made for first where that is another.
func (m *marked) ofNow(l *list) uint64 {
	if m.of != l.gen {
		m.sight = m.within(l.ids)
	}
	return l.gen
}

// drop gives all of them back.
func (m *marked) drop() {
	m.clear()
	m.sight.clear()
}

// done gives those back to which something was done.
func (m *marked) done(ids []int64) {
	m.remove(ids)
	m.sight.remove(ids)
}

func (s *Screen) selectOne() tea.Cmd {
	if s.list.cursorID == 0 {
		return nil
	}
	s.marked.turn(s.list, s.list.cursorID)
	return s.list.move(s.list.cursor + 1)
}

// selectAll selects the whole view; where something is selected, in whatever view, it drops that.
func (s *Screen) selectAll() tea.Cmd {
	if s.marked.n > 0 {
		s.marked.drop()
		return nil
	}
	if !s.list.idsKnown {
		return ui.Say("the view is still being read; press the key again in a moment")
	}
	s.marked.addAll(s.list.ids)
	s.marked.inView(s.list)
	return nil
}

// marksText says how many orders are selected, and how many of them nobody sees.
func (s *Screen) marksText() string {
	text := "✓ " + s.number(s.marked.n) + " selected"
	if n := s.marked.hidden(s.list); n > 0 {
		text += ", " + s.number(n) + " not in this view · " + s.ctx.Keys.Key(action.SelectAll) + " drops"
	}
	return text
}

// checkout opens the selected orders at the checkout.
func (s *Screen) checkout() tea.Cmd {
	return s.meant(action.Checkout, "what is checked out?", s.buy)
}

// act opens the form of something that is to be done to the selected orders at their stores.
func (s *Screen) act(id action.ID, kind order.ActKind) tea.Cmd {
	return s.meant(id, kind.Label()+": which?", func(ids []int64) tea.Cmd {
		if len(ids) > mostActs {
			return ui.Complain(fmt.Errorf("%s orders are selected; at most %s are asked for together", s.number(len(ids)), s.number(mostActs)))
		}
		return s.ctx.Open(ui.Open{Kind: ui.KindAct, Arg: ui.ActArg{IDs: ids, Kind: kind}})
	})
}

// meant does something to the selected orders. Where some of them are out of sight, it asks which are meant.
func (s *Screen) meant(id action.ID, prompt string, do func(ids []int64) tea.Cmd) tea.Cmd {
	switch {
	case s.ctx.Desk == nil:
		return ui.Say("no supplier can be set up here")
	case !s.list.idsKnown:
		return ui.Say("the view is still being read; press the key again in a moment")
	}
	if s.marked.of != s.list.gen {
		s.marked.inView(s.list)
	}
	all, seen := s.marked.ids(), s.marked.sight.n
	if seen == len(all) {
		return do(s.inOrder())
	}
	m := ui.MenuSpec{
		Title:  s.number(len(all)) + " orders are selected, " + s.number(len(all)-seen) + " not in this view",
		Prompt: prompt, Choose: func(it ui.MenuItem) tea.Cmd { return it.Value.(func() tea.Cmd)() },
	}
	offer := func(title string, what func() tea.Cmd) {
		m.Items = append(m.Items, ui.MenuItem{Title: title, Value: what})
	}
	if ok, _, _ := s.canOne(id); ok && seen == 0 {
		at := s.record.ID
		offer("#"+s.record.Number+", under the cursor", func() tea.Cmd { return do([]int64{at}) })
	}
	if seen > 0 {
		offer(s.number(seen)+" of this view", func() tea.Cmd { return do(s.inOrder()) })
	}
	offer("all "+s.number(len(all))+" that are selected", func() tea.Cmd {
		ids := make([]int64, len(all))
		for i := range all {
			ids[i] = int64(all[i])
		}
		return do(ids)
	})
	offer("nothing; drop the selection", func() tea.Cmd {
		s.marked.drop()
		return nil
	})
	return s.ctx.Open(ui.Open{Kind: ui.KindMenu, Arg: m})
}

// inOrder are the selected orders of the view, as the list has them.
func (s *Screen) inOrder() []int64 {
	ids := make([]int64, 0, s.marked.sight.n)
	for _, id := range s.list.ids {
		if s.marked.sight.has(int64(id)) {
			ids = append(ids, int64(id))
		}
	}
	return ids
}

// How many orders are checked out together, and asked for at their stores together.
const (
	mostCheckout = 5000
	mostActs     = 1000
)

// buy opens the checkout.
func (s *Screen) buy(ids []int64) tea.Cmd {
	if len(ids) > mostCheckout {
		return ui.Complain(fmt.Errorf("%s orders are selected; at most %s are checked out together", s.number(len(ids)), s.number(mostCheckout)))
	}
	return s.ctx.Open(ui.Open{Kind: ui.KindBuying, Arg: ui.CheckoutArg{IDs: ids}})
}
