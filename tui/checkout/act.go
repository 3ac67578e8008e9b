package checkout

import (
	"context"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/tui/action"
	"github.com/orderdeck/orderdeck/tui/ui"
)

// doneMsg tells that something was done to an order, which is then read again.
type doneMsg struct {
	to *Screen
	id int64
}

// Can tells whether an action would do something now, and why not.
func (s *Screen) Can(id action.ID) (ok bool, why string, known bool) {
	l := s.current()
	switch id {
	case action.Back, action.Open, action.Up, action.Down, action.Top, action.Bottom, action.Middle, action.NextTab, action.PrevTab:
		return true, "", true
	case action.Pay:
		why = s.cannotPay()
		return why == "", why, true
	case action.Requote:
		return len(s.lines) > 0, "there is no order here", true
	case action.Method, action.PayWith, action.Packaging, action.Note, action.Forward, action.Rules, action.Override, action.Remove,
		action.AcceptPrice, action.Retry, action.ToUnpaid, action.ConfirmPaid, action.Withdraw, action.Link, action.Tracking, action.Receipt, action.Invoice,
		action.Refund, action.Hold, action.Why:
	case action.Search, action.Dates, action.Sorting, action.Views, action.SaveView, action.Columns, action.Stores, action.Select, action.SelectAll,
		action.Export, action.Checkout, action.PrevOrder, action.NextOrder, action.Archive, action.Cancel, action.Copy, action.Browse, action.ScrollDown, action.ScrollUp:
		return false, "not on this screen", true
	default:
		return false, "", false
	}
	if l == nil {
		return false, "there is no order here", true
	}
	switch id {
	case action.Tracking, action.Receipt, action.Invoice, action.Refund:
		return l.placed != nil, "it has not been placed", true
	case action.Link, action.Hold, action.Why:
		return true, "", true
	case action.Retry, action.ToUnpaid, action.ConfirmPaid, action.Withdraw:
		why = s.cannotPlacement(l, id)
	default:
		why = s.cannotChange(l, id)
	}
	return why == "", why, true
}

// cannotPay says why nothing can be paid now.
func (s *Screen) cannotPay() string {
	switch {
	case s.committing:
		return "it is being written down already"
	case len(s.lines) == 0:
		return "there is no order here"
	case s.reader.next < len(s.ids) || s.reader.busy && len(s.lines) == 0:
		return fmt.Sprintf("%s of %s orders have been read", s.number(s.reader.next), s.number(len(s.ids)))
	case s.sum.ready == 0 && s.sum.all == 0 && s.sum.placed > 0:
		return "everything here has been placed"
	case s.sum.ready == 0:
		return "nothing is ready: every line says what is in the way"
	}
	return ""
}

func (s *Screen) number(n int) string { return s.ctx.Locale.Number(int64(n)) }

// cannotChange says why a choice of a part cannot be changed.
func (s *Screen) cannotChange(l *line, id action.ID) string {
	if l.placed != nil {
		if id == action.Method || id == action.PayWith {
			return s.cannotPlacement(l, action.ToUnpaid)
		}
		return "it has been placed already"
	}
	if !l.buyable {
		if len(l.entry.Blockers) > 0 {
			return l.entry.Blockers[0].Text
		}
		return "nothing of it can be bought now"
	}
	switch id {
	case action.Method:
		if len(l.entry.Methods) == 0 {
			return "the supplier has named no shipping method yet"
		}
	case action.PayWith:
		if len(l.entry.PayMethods) == 0 {
			return "the supplier has not said yet how it can be paid"
		}
	case action.Note:
		if l.entry.Supplier.NoteMax == 0 {
			return l.entry.Supplier.Label() + " takes no instruction"
		}
	case action.Forward:
		if l.note == "" {
			return "the customer wrote no note"
		}
	case action.Override:
		if len(l.overridable()) == 0 {
			return "nothing that is in the way can be set aside"
		}
	case action.AcceptPrice:
		if !slices.ContainsFunc(l.blockers(), func(b checkout.Blocker) bool { return b.Code == checkout.BlockPrice }) {
			return "the price has not risen"
		}
	}
	return ""
}

func (l *line) overridable() []checkout.Blocker {
	return slices.DeleteFunc(slices.Clone(l.blockers()), func(b checkout.Blocker) bool { return !b.Code.Overridable() })
}

// act carries out an action that Can has allowed.
func (s *Screen) act(id action.ID) tea.Cmd {
	l := s.current()
	menu := func(m ui.MenuSpec) tea.Cmd { return s.ctx.Open(ui.Open{Kind: ui.KindMenu, Arg: m}) }
	if l != nil && l.placed != nil && (id == action.Method || id == action.PayWith) {
		return menu(s.unpaidMenu(l, "Take it back to Unpaid and choose anew?"))
	}
	switch id {
	case action.Pay:
		return s.ask()
	case action.Method:
		return menu(s.methodMenu(l))
	case action.PayWith:
		return menu(s.payMenu(l))
	case action.Packaging:
		return menu(s.packagingMenu(l))
	case action.Note:
		return s.edit(fieldNote, l.choice.Note)
	case action.Forward:
		return s.edit(fieldForward, l.forwarded())
	case action.Rules:
		return tea.Batch(s.choose(l, func(c *checkout.Choice) { c.Method, c.Packaging, c.NoPackaging = "", nil, false }), ui.Say("the rules choose for #"+l.number+" again"))
	case action.Override:
		return menu(s.overrideMenu(l))
	case action.AcceptPrice:
		return s.choose(l, func(c *checkout.Choice) { c.AcceptPrice = l.entry.Total.Decimal() })
	case action.Remove:
		return s.remove(l)
	case action.Requote:
		return s.requote()
	case action.Retry:
		return s.retry(l)
	case action.ToUnpaid, action.Withdraw:
		return menu(s.unpaidMenu(l, "Take #"+l.number+" back to Unpaid?"))
	case action.ConfirmPaid:
		return menu(s.confirmMenu(l))
	case action.Link:
		return s.ctx.Open(ui.Open{Kind: ui.KindLinks, Arg: ui.LinksArg{ID: l.id}})
	case action.Hold:
		return s.hold(l)
	case action.Why:
		return s.ctx.Open(ui.Open{Kind: ui.KindText, Arg: s.why(l)})
	case action.Tracking, action.Receipt, action.Invoice, action.Refund:
		return s.ctx.Open(ui.Open{Kind: ui.KindPaper, Arg: ui.PaperArg{ID: l.id, What: id}})
	}
	return nil
}

// forwarded is what is sent on of the customer's note.
func (l *line) forwarded() string {
	if l.choice.CustomerNote != nil {
		return *l.choice.CustomerNote
	}
	return l.note
}

func (s *Screen) methodMenu(l *line) ui.MenuSpec {
	m := ui.MenuSpec{Title: "Shipping method of #" + l.number, Choose: func(it ui.MenuItem) tea.Cmd {
		return s.choose(l, func(c *checkout.Choice) { c.Method, _ = it.Value.(string) })
	}}
	byRule := ui.MenuItem{Title: "by rule, else the cheapest", Mark: l.choice.Method == "", Value: ""}
	if l.choice.Method == "" && l.entry.Method != nil {
		byRule.Help = l.entry.Method.Name + ", " + l.entry.MethodBy
	}
	m.Items = append(m.Items, byRule)
	for _, way := range l.entry.Methods {
		it := ui.MenuItem{
			Title: way.Name, Help: strings.Join(ui.Filled(days(way.Days), s.ctx.Money(way.Cost)), " · "), Value: way.Code,
			Mark: l.choice.Method == way.Code, Group: "serve this parcel",
		}
		if way.Refused != "" {
			it.Off, it.Help, it.Group = true, way.Refused, "do not"
		}
		m.Items = append(m.Items, it)
	}
	return m
}

// payMenu chooses how a supplier is paid: for all its lines here at once, since there is one account.
func (s *Screen) payMenu(l *line) ui.MenuSpec {
	m := ui.MenuSpec{Title: "Pay " + l.entry.Supplier.Label() + " with", Choose: func(it ui.MenuItem) tea.Cmd {
		var cmds []tea.Cmd
		for _, o := range s.lines {
			if o.placed == nil && o.buyable && o.key.Supplier == l.key.Supplier {
				cmds = append(cmds, s.choose(o, func(c *checkout.Choice) { c.PayWith = it.Value.(string) }))
			}
		}
		return tea.Batch(cmds...)
	}}
	for _, way := range l.entry.PayMethods {
		it := ui.MenuItem{Title: way.Name, Value: way.Code, Mark: l.entry.PayWith != nil && l.entry.PayWith.Code == way.Code}
		if way.Available != nil {
			it.Help = s.ctx.Money(*way.Available)
		}
		if way.Refused != "" {
			it.Off, it.Help = true, s.ctx.Sentence(way.Refused)
		}
		m.Items = append(m.Items, it)
	}
	return m
}

func (s *Screen) packagingMenu(l *line) ui.MenuSpec {
	items := func() []ui.MenuItem {
		out := []ui.MenuItem{
			{Title: "by rule", Value: "rule", Mark: l.choice.Packaging == nil && !l.choice.NoPackaging},
			{Title: "none", Value: "none", Mark: l.choice.NoPackaging},
		}
		for _, p := range l.private {
			if p.Kind == checkout.KindCard && l.entry.CardText == "" {
				continue // its words come from a rule: without one it would go out blank
			}
			it := ui.MenuItem{Title: p.Title, Value: "sku:" + p.SKU, Group: "of " + l.entry.Supplier.Label(), Mark: slices.Contains(l.choice.Packaging, p.SKU), Help: string(p.Kind)}
			if p.CostKnown {
				it.Help += " · " + s.ctx.Money(p.Cost)
			}
			out = append(out, it)
		}
		return out
	}
	return ui.MenuSpec{Title: "Packaging of #" + l.number, Prompt: "space puts in or out, Esc when done", Items: items(), Tick: func(it ui.MenuItem) ([]ui.MenuItem, tea.Cmd) {
		cmd := s.choose(l, func(c *checkout.Choice) {
			c.NoPackaging = it.Value == "none"
			sku, one := strings.CutPrefix(it.Value.(string), "sku:")
			switch i := slices.Index(c.Packaging, sku); {
			case !one:
				c.Packaging = nil
			case i >= 0:
				if c.Packaging = slices.Delete(slices.Clone(c.Packaging), i, i+1); len(c.Packaging) == 0 {
					c.Packaging = nil
				}
			default:
				c.Packaging = append(slices.Clone(c.Packaging), sku)
			}
		})
		return items(), cmd
	}}
}

func (s *Screen) overrideMenu(l *line) ui.MenuSpec {
	m := ui.MenuSpec{Title: "Set aside for #" + l.number, Choose: func(it ui.MenuItem) tea.Cmd {
		b := it.Value.(checkout.Blocker)
		return s.ctx.Open(ui.Open{Kind: ui.KindMenu, Arg: ui.MenuSpec{
			Title: "Why is it set aside?", Prompt: "a reason, then ⏎", Empty: s.ctx.Sentence(b.Text) + ". The reason is kept with your name.",
			Accept: func(why string) tea.Cmd {
				if why = strings.TrimSpace(why); why == "" {
					return ui.Complain(fmt.Errorf("a reason is needed; nothing was set aside"))
				}
				return s.choose(l, func(c *checkout.Choice) {
					c.Overrides = append(slices.Clone(c.Overrides), checkout.Override{Code: b.Code, Who: s.ctx.Who, At: s.now(), Why: why})
				})
			},
		}})
	}}
	for _, b := range l.overridable() {
		m.Items = append(m.Items, ui.MenuItem{Title: s.ctx.Sentence(b.Text), Help: string(b.Code), Value: b})
	}
	return m
}

// remove takes a line out of the checkout, or puts it back.
func (s *Screen) remove(l *line) tea.Cmd {
	cmd := s.choose(l, func(c *checkout.Choice) { c.Removed = !c.Removed })
	s.by(1)
	return cmd
}

// requote asks for all prices and balances anew, those in sight first.
func (s *Screen) requote() tea.Cmd {
	var quotes []store.QuoteRequest
	var accounts []string
	add := func(lines []*line) {
		for _, l := range lines {
			if l.placed != nil || !l.buyable || l.request.Basket == "" {
				continue
			}
			accounts = append(accounts, l.key.Supplier)
			quotes = append(quotes, l.request)
		}
	}
	add(s.lines[min(s.top, len(s.lines)):min(len(s.lines), s.top+s.height)])
	add(s.lines)
	seen := map[string]bool{}
	quotes = slices.DeleteFunc(quotes, func(q store.QuoteRequest) bool {
		was := seen[q.Supplier+" "+q.Basket]
		seen[q.Supplier+" "+q.Basket] = true
		return was
	})
	return tea.Batch(s.request(quotes, accounts, true), ui.Say(s.number(len(quotes))+" prices have been asked for"))
}

// hold holds an order back or lets it go on.
func (s *Screen) hold(l *line) tea.Cmd {
	kind, said := order.IntentHold, "#"+l.number+" is on hold"
	if l.held {
		kind, said = order.IntentRelease, "#"+l.number+" is released"
	}
	in := order.Intent{Kind: kind, Who: s.ctx.Who}
	if kind == order.IntentHold {
		in.Value = string(order.HoldManual)
	}
	return s.do(l.id, said, func(ctx context.Context, d ui.Desk) error { return d.AddIntent(ctx, l.id, in) })
}

// do does something to an order in the database, says so, and reads it again.
func (s *Screen) do(id int64, said string, what func(context.Context, ui.Desk) error) tea.Cmd {
	desk := s.ctx.Desk
	return ui.Carry(func() (string, error) { return said, what(context.Background(), desk) }, doneMsg{s, id})
}

// why says everything that is known of a line.
func (s *Screen) why(l *line) ui.TextArg {
	t := ui.TextArg{Title: "Checkout of #" + l.number}
	if l.placed != nil {
		t.Lines = append(t.Lines, s.status(l).text)
		for _, e := range s.effects[l.placed.Reference] {
			t.Lines = append(t.Lines, "", string(e.Kind)+": "+string(e.State)+", attempt "+s.number(e.Attempts), "  "+s.ctx.Sentence(e.Reason), "  "+s.ctx.Sentence(e.Evidence))
		}
		return t
	}
	for _, b := range l.blockers() {
		t.Lines = append(t.Lines, "✗ "+s.ctx.Sentence(b.Text), "    → "+s.ctx.Sentence(b.Fix))
	}
	for _, o := range l.entry.Overrides {
		t.Lines = append(t.Lines, "set aside: "+string(o.Code)+", by "+o.Who+": "+o.Why)
	}
	for _, w := range l.entry.Warnings {
		t.Lines = append(t.Lines, "! "+s.ctx.Sentence(w))
	}
	if len(t.Lines) == 0 {
		t.Lines = append(t.Lines, "✓ nothing is in the way")
	}
	if l.entry.Method != nil {
		t.Lines = append(t.Lines, "", "method: "+l.entry.Method.Name+", "+l.entry.MethodBy)
	}
	return t
}

// days writes how long a method is on its way.
func days(d [2]int) string {
	switch {
	case d[1] == 0:
		return ""
	case d[0] == d[1] || d[0] == 0:
		return fmt.Sprintf("%d days", d[1])
	}
	return fmt.Sprintf("%d–%d days", d[0], d[1])
}
