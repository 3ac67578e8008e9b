package checkout

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/tui/action"
	"github.com/orderdeck/orderdeck/tui/draw"
	"github.com/orderdeck/orderdeck/tui/theme"
	"github.com/orderdeck/orderdeck/tui/ui"
)

// commitAtOnce is how many parts are written down together, so that the first are on their way while the rest is written.
const commitAtOnce = 50

type committedMsg struct {
	to    *Screen
	parts []store.Committed
	err   error
}

// ask asks the one question before the money.
func (s *Screen) ask() tea.Cmd {
	var parts []store.CommitPart
	for _, l := range s.lines {
		if l.ready() {
			parts = append(parts, store.CommitPart{Key: l.key, Total: l.entry.Total, Choice: l.choice})
		}
	}
	q := ui.QuestionArg{
		Title: "Pay and place " + s.orders(s.sum.ready), Expect: strconv.Itoa(s.sum.ready), Ask: "the number of orders that will be paid",
		Yes: func() tea.Cmd { return s.commit(parts) },
	}
	for _, key := range s.sum.order {
		line := ui.QuestionLine{Text: "to " + s.title(key[0]) + " for " + s.orders(s.sum.orders[key]), Sum: s.ctx.Money(s.sum.total[key])}
		if with := s.paidWith(key[0]); with != "" {
			line.Text += ", by " + with
		}
		q.Lines = append(q.Lines, line)
		if b := s.sum.base[key]; b != nil && b.Currency != "" && b.Currency != key[1] {
			q.Lines = append(q.Lines, ui.QuestionLine{Sum: "≈ " + s.ctx.Money(*b)})
		}
	}
	q.Lines = append(q.Lines, ui.QuestionLine{Text: "This cannot be undone at the supplier.", Bad: true})
	switch n := s.sum.all - s.sum.ready; n {
	case 0:
	case 1:
		q.Lines = append(q.Lines, ui.QuestionLine{Text: "1 order stays as it is: something is in the way."})
	default:
		q.Lines = append(q.Lines, ui.QuestionLine{Text: s.orders(n) + " stay as they are: something is in the way."})
	}
	return s.ctx.Open(ui.Open{Arg: q})
}

func (s *Screen) orders(n int) string {
	if n == 1 {
		return "1 order"
	}
	return s.number(n) + " orders"
}

// title is what a supplier is called for people.
func (s *Screen) title(name string) string {
	return ui.SupplierTitle(&s.settings, name)
}

// paidWith names the ways in which a supplier is going to be paid.
func (s *Screen) paidWith(supplier string) string {
	var names []string
	for _, l := range s.lines {
		if l.ready() && l.key.Supplier == supplier && l.entry.PayWith != nil && !slices.Contains(names, l.entry.PayWith.Name) {
			names = append(names, l.entry.PayWith.Name)
		}
	}
	return strings.Join(names, " and ")
}

// commit writes down what is to be bought. It goes on when the screen is closed.
func (s *Screen) commit(parts []store.CommitPart) tea.Cmd {
	s.committing, s.committed = true, true
	desk, who, settings := s.ctx.Desk, s.ctx.Who, s.settings
	return func() tea.Msg {
		m := committedMsg{to: s}
		for some := range slices.Chunk(parts, commitAtOnce) {
			done, err := desk.Commit(context.Background(), who, some, settings)
			m.parts = append(m.parts, done...)
			if err != nil {
				m.err = err
				break
			}
		}
		return tea.Batch(ui.Send(m), ui.Send(m.acted()), s.outcome(m))()
	}
}

// acted are the orders of which something was taken.
func (m committedMsg) acted() ui.Acted {
	var out ui.Acted
	for _, p := range m.parts {
		if p.Reference != "" {
			out.IDs = append(out.IDs, p.Key.OrderID)
		}
	}
	return out
}

// outcome says what came of it, wherever the merchant is by then.
func (s *Screen) outcome(m committedMsg) tea.Cmd {
	if m.err != nil {
		return ui.Complain(m.err)
	}
	refused, first := 0, ""
	for _, p := range m.parts {
		if p.Reference != "" {
			continue
		}
		if refused++; first == "" && len(p.Blockers) > 0 {
			first = ": " + s.ctx.Sentence(p.Blockers[0].Text)
		}
	}
	if refused > 0 {
		return ui.Complain(errors.New(s.number(refused) + " of " + s.number(len(m.parts)) + " were not taken" + first))
	}
	orders := map[int64]bool{}
	for _, p := range m.parts {
		orders[p.Key.OrderID] = true
	}
	return ui.Say(s.orders(len(orders)) + " on the way; leaving this screen does not stop it")
}

// taken shows what was refused, and reads the others as they go.
func (s *Screen) taken(m committedMsg) tea.Cmd {
	s.committing = false
	var ids []int64
	for _, p := range m.parts {
		ids = append(ids, p.Key.OrderID)
		for _, l := range s.byOrder[p.Key.OrderID] {
			if p.Reference == "" && l.placed == nil && l.key == p.Key {
				l.refused = p.Blockers
			}
		}
	}
	s.changed(ids)
	return s.read()
}

// effect is what is open or failed of a placement, the one that matters most.
func (s *Screen) effect(l *line) *store.Effect {
	var out *store.Effect
	rank := func(e *store.Effect) int {
		return slices.Index([]store.EffectState{store.EffectQueued, store.EffectFailed, store.EffectUnknown, store.EffectSending}, e.State)
	}
	all := s.effects[l.placed.Reference]
	for i := range all {
		if !all[i].Kind.ToStore() && (out == nil || rank(&all[i]) >= rank(out)) {
			out = &all[i]
		}
	}
	return out
}

// standing is how a placement stands, in a line.
type standing struct {
	text  string
	style draw.Style
}

var spinner = []rune("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")

// status says how far a placement is.
func (s *Screen) status(l *line) standing {
	p, name := l.placed, s.title(l.placed.Supplier)
	if e := s.effect(l); e != nil && p.State == order.PlacementPending {
		word := map[store.EffectKind]string{store.EffectPlace: "placing at ", store.EffectPay: "paying ", store.EffectCancel: "taking back at "}[e.Kind]
		reason := ""
		if e.Reason != "" {
			reason = " · " + s.ctx.Sentence(e.Reason)
		}
		switch e.State {
		case store.EffectQueued:
			return standing{"queued: " + word + name + reason, theme.Info}
		case store.EffectSending:
			return standing{string(spinner[s.frame%len(spinner)]) + " " + word + name + " …", theme.Info}
		case store.EffectUnknown:
			return standing{"? " + word + name + ": it may have happened, this is being looked up" + reason, theme.Warn}
		case store.EffectFailed:
			return standing{"✗ " + cmp.Or(s.ctx.Sentence(e.Reason), word+name+" failed") + attempts(e.Attempts), draw.Style{FG: theme.Red}}
		}
	}
	parts := []string{name}
	if p.SupplierNo != "" {
		parts = append(parts, p.SupplierNo)
	}
	switch p.State {
	case order.PlacementPending:
		return standing{"pending · " + strings.Join(append(parts, cmp.Or(s.ctx.Sentence(p.Reason), "waits to be paid")), " · "), theme.Warn}
	case order.PlacementCancelled:
		return standing{"cancelled · " + strings.Join(append(parts, s.ctx.Sentence(p.Reason)), " · "), theme.DimText}
	}
	if p.Receipt != "" {
		parts = append(parts, "receipt "+p.Receipt)
	}
	if !p.CheckedOut.IsZero() {
		parts = append(parts, s.ctx.Locale.Short(p.CheckedOut.In(s.ctx.Zone(l.store)), s.now()))
	}
	return standing{"✓ " + string(p.State) + " · " + strings.Join(parts, " · "), theme.Good}
}

func attempts(n int) string {
	if n < 2 {
		return ""
	}
	return " (" + order.Units(int64(n)).String() + " attempts)"
}

// cannotPlacement says why something cannot be done to a placement.
func (s *Screen) cannotPlacement(l *line, id action.ID) string {
	if l.placed == nil {
		return "it has not been placed"
	}
	e := s.effect(l)
	switch {
	case l.placed.State != order.PlacementPending:
		return "it is paid; a supplier's order cannot be cancelled afterwards (" + s.ctx.Keys.Key(action.Refund) + " shows refunds)"
	case id == action.Retry && (e == nil || e.State != store.EffectFailed && e.State != store.EffectUnknown):
		return "nothing of it failed"
	case id == action.ConfirmPaid && e != nil:
		return "it is still on its way to the supplier"
	case id == action.Withdraw && (e == nil || e.State != store.EffectQueued):
		return "only what has not been sent can be withdrawn"
	}
	return ""
}

// retry takes up again what failed. What may have happened is done again only after a question.
func (s *Screen) retry(l *line) tea.Cmd {
	e := s.effect(l)
	id, effect := l.id, e.ID
	again := func() tea.Cmd {
		return s.do(id, "#"+l.number+" is tried again", func(ctx context.Context, d ui.Desk) error { return d.RetryEffect(ctx, s.ctx.Who, effect) })
	}
	if e.State != store.EffectUnknown {
		return again()
	}
	what := map[store.EffectKind]string{store.EffectPay: "pay", store.EffectPlace: "place"}[e.Kind]
	word := cmp.Or(what, string(e.Kind))
	return s.ctx.Open(ui.Open{Kind: ui.KindMenu, Arg: ui.Confirm("It may have happened: "+word+" #"+l.number+" again?",
		cmp.Or(s.ctx.Sentence(e.Evidence), "the supplier has not said"), "no, go on looking", "yes, "+word+" it again", again)})
}

// unpaidMenu asks before a placement is given up.
func (s *Screen) unpaidMenu(l *line, title string) ui.MenuSpec {
	ref := l.placed.Reference
	return ui.Confirm(title, "what the supplier has of it is taken back first ("+ref+")", "no, leave it", "yes, back to Unpaid", func() tea.Cmd {
		return s.do(l.id, "#"+l.number+" goes back to Unpaid", func(ctx context.Context, d ui.Desk) error { return d.BackToUnpaid(ctx, s.ctx.Who, ref) })
	})
}

// confirmMenu takes the reference of a payment that the merchant made.
func (s *Screen) confirmMenu(l *line) ui.MenuSpec {
	p := l.placed
	return ui.MenuSpec{
		Title: "You paid " + s.title(p.Supplier) + " " + s.ctx.Money(p.Total), Prompt: "reference of the payment, then ⏎",
		Empty: "The reference is what your bank or the supplier calls the payment. #" + l.number + " then counts as placed.",
		Accept: func(ref string) tea.Cmd {
			if ref = strings.TrimSpace(ref); ref == "" {
				return ui.Complain(errors.New("a payment needs a reference; nothing was recorded"))
			}
			return s.do(l.id, "#"+l.number+" is placed: "+s.ctx.Money(p.Total)+" paid, "+ref, func(ctx context.Context, d ui.Desk) error {
				return d.ConfirmPaid(ctx, s.ctx.Who, p.Reference, ref, p.Total, s.now())
			})
		},
	}
}

// blockerLine is what is in the way, with the key that mends it.
func blockerLine(keys *action.Keymap, b checkout.Blocker) string {
	text := b.Text
	if b.Fix != "" {
		text += ": " + b.Fix
	}
	if k := keys.Key(action.ID(b.Action)); b.Action != "" && k != "" {
		return "[" + k + "] " + text // in front, where it is never cut off
	}
	return text
}
