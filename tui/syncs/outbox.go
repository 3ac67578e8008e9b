package syncs

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/tui/action"
	"github.com/orderdeck/orderdeck/tui/draw"
	"github.com/orderdeck/orderdeck/tui/theme"
	"github.com/orderdeck/orderdeck/tui/ui"
)

// mostEffects is how much of what is on its way out is listed.
const mostEffects = 1000

// desk is what is on its way out, and how the suppliers stand.
type desk struct {
	seq       uint64
	known     bool
	effects   []store.Effect
	suppliers []supplier
	err       error
}

// supplier is one line of the suppliers.
type supplier struct {
	checkout.Supplier
	account *checkout.Account
	spent   order.Money
	paused  string // why the automatic checkout stopped
}

type (
	deskMsg struct {
		to        *Screen
		seq       uint64
		effects   []store.Effect
		suppliers []supplier
		err       error
	}
	doneMsg struct{ to *Screen }
)

// readDesk reads what is on its way out and how the suppliers stand.
func (s *Screen) readDesk() tea.Cmd {
	d, settings, now := s.ctx.Desk, s.ctx.Settings, s.ctx.Now()
	if d == nil {
		return nil
	}
	s.desk.seq++
	seq := s.desk.seq
	return func() tea.Msg {
		m := deskMsg{to: s, seq: seq}
		ctx := context.Background()
		set, err := settings()
		if err != nil {
			m.err = err
			return m
		}
		if m.effects, m.err = d.Effects(ctx, store.EffectFilter{Open: true, Limit: mostEffects}); m.err != nil {
			return m
		}
		rank := func(e *store.Effect) int {
			return slices.Index([]store.EffectState{store.EffectFailed, store.EffectUnknown, store.EffectSending, store.EffectQueued}, e.State)
		}
		slices.SortFunc(m.effects, func(a, b store.Effect) int { return cmp.Or(rank(&a)-rank(&b), cmp.Compare(a.ID, b.ID)) })
		for _, sup := range set.Suppliers {
			one := supplier{Supplier: sup}
			if one.account, m.err = d.Account(ctx, sup.Name); m.err != nil {
				return m
			}
			day := now
			if set.Zone != nil {
				day = now.In(set.Zone)
			}
			if one.spent, m.err = d.Spent(ctx, sup.Name, day); m.err != nil {
				return m
			}
			if one.paused, m.err = d.AutoPaused(ctx, sup.Name); m.err != nil {
				return m
			}
			m.suppliers = append(m.suppliers, one)
		}
		return m
	}
}

// takeDesk shows what was read, with the cursor on the same thing.
func (s *Screen) takeDesk(m deskMsg) {
	was := s.current()
	s.desk.err, s.desk.known = m.err, m.err == nil
	if m.err != nil {
		return
	}
	s.desk.effects, s.desk.suppliers = m.effects, m.suppliers
	for i, r := range s.rows(s.ctx.Sync.Status()) {
		if was.effect != nil && r.effect != nil && r.effect.ID == was.effect.ID ||
			was.supplier != nil && r.supplier != nil && r.supplier.Name == was.supplier.Name ||
			was.sync != nil && r.sync != nil && r.sync.Shop == was.sync.Shop {
			s.cursor = i
			return
		}
	}
}

// cannot says why something on its way out cannot be taken up again or back, or why nothing is to be resumed.
func (s *Screen) cannot(id action.ID, r row) string {
	switch {
	case s.ctx.Desk == nil:
		return "no supplier can be set up here"
	case id == action.Resume && (r.supplier == nil || r.supplier.paused == ""):
		return "the automatic checkout of this line has not stopped"
	case id == action.Resume:
		return ""
	case r.effect == nil:
		return "this is nothing that is on its way out"
	case id == action.Retry && r.effect.State != store.EffectFailed && r.effect.State != store.EffectUnknown:
		return "it has not failed"
	case id == action.Withdraw && r.effect.State != store.EffectQueued && r.effect.State != store.EffectFailed:
		return "it may have been sent already"
	}
	return ""
}

// act takes something up again or back. What may have happened is done again only after a question.
func (s *Screen) act(id action.ID, r row) tea.Cmd {
	if id == action.Resume {
		name := r.supplier.Name
		return s.do("the automatic checkout at "+r.supplier.Label()+" goes on", func(ctx context.Context, d ui.Desk) error { return d.ResumeAuto(ctx, name) })
	}
	e, who := *r.effect, s.ctx.Who
	again := func() tea.Cmd {
		return s.do(s.words(&e)+" is tried again", func(ctx context.Context, d ui.Desk) error { return d.RetryEffect(ctx, who, e.ID) })
	}
	switch {
	case id == action.Retry && e.State != store.EffectUnknown:
		return again()
	case id == action.Retry:
		return s.ask("It may have happened: "+s.words(&e)+" again?", "yes, do it again", cmp.Or(s.ctx.Sentence(e.Evidence), "the other side has not said"), again)
	}
	return s.ask("Withdraw: "+s.words(&e)+"?", "yes, withdraw it", "what was withdrawn is not sent", func() tea.Cmd {
		return s.do(s.words(&e)+" is withdrawn", func(ctx context.Context, d ui.Desk) error { return d.WithdrawEffect(ctx, who, e.ID) })
	})
}

func (s *Screen) ask(title, yes, prompt string, then func() tea.Cmd) tea.Cmd {
	return s.ctx.Open(ui.Open{Kind: ui.KindMenu, Arg: ui.Confirm(title, prompt, "no", yes, then)})
}

func (s *Screen) do(said string, what func(context.Context, ui.Desk) error) tea.Cmd {
	d := s.ctx.Desk
	return ui.Carry(func() (string, error) { return said, what(context.Background(), d) }, doneMsg{s})
}

// name is what a supplier is called for people.
func (s *Screen) name(supplier string) string {
	for i := range s.desk.suppliers {
		if s.desk.suppliers[i].Name == supplier {
			return s.desk.suppliers[i].Label()
		}
	}
	return supplier
}

// words says what is to happen, in a few words.
func (s *Screen) words(e *store.Effect) string {
	switch e.Kind {
	case store.EffectPlace:
		return "place #" + e.Number + " at " + s.name(e.Supplier)
	case store.EffectPay:
		return "pay " + s.name(e.Supplier) + " for #" + e.Number
	case store.EffectCancel:
		return "take #" + e.Number + " back at " + s.name(e.Supplier)
	case store.EffectAct:
		if e.Number == "" {
			return e.Name() + " at " + s.ctx.Title(e.Store)
		}
		return e.Name() + " · #" + e.Number + " at " + s.ctx.Title(e.Store)
	}
	return "tell " + s.ctx.Title(e.Store) + " that #" + e.Number + " was sent"
}

// outgoing is the heading of what is on its way out.
func (s *Screen) outgoing() string {
	failed := 0
	for i := range s.desk.effects {
		if !s.desk.effects[i].State.Open() {
			failed++
		}
	}
	num := func(n int) string { return s.ctx.Locale.Number(int64(n)) }
	text := "on its way out: " + num(len(s.desk.effects)-failed)
	if failed > 0 {
		text += " · failed: " + num(failed)
	}
	if len(s.desk.effects) == mostEffects {
		text += " · only the first " + num(mostEffects) + " are listed"
	}
	return text
}

func (s *Screen) effect(i int, e *store.Effect) []line {
	state, st := map[store.EffectState]string{
		store.EffectQueued: "queued", store.EffectSending: "⟳ sending", store.EffectUnknown: "? being looked up", store.EffectFailed: "✗ failed",
	}[e.State], theme.Info
	switch e.State {
	case store.EffectFailed:
		st = theme.Bad
	case store.EffectUnknown:
		st = theme.Warn
	}
	head := line{row: i, first: true, left: []draw.Span{
		{Text: ui.Pad(cmp.Or(state, string(e.State)), 17), Style: st}, {Text: s.words(e), Style: theme.Plain},
	}}
	age := s.ctx.Locale.Ago(s.ctx.Now().Sub(e.At))
	if e.Attempts > 1 {
		age = fmt.Sprintf("%d attempts · ", e.Attempts) + age
	}
	if !e.NotBefore.IsZero() && e.NotBefore.After(s.ctx.Now()) && e.State.Open() {
		age = "next in " + s.ctx.Locale.Duration(e.NotBefore.Sub(s.ctx.Now())) + " · " + age
	}
	head.right = []draw.Span{{Text: age, Style: theme.DimText}}
	out := []line{head}
	if e.Reason != "" {
		out = append(out, line{row: i, indent: 17, left: []draw.Span{{Text: s.ctx.Sentence(e.Reason), Style: theme.DimText}}})
	}
	return out
}

// evidence is all that is known of something on its way out.
func (s *Screen) evidence(e *store.Effect) ui.TextArg {
	t := ui.TextArg{Title: s.words(e)}
	add := func(name, value string) {
		if value != "" {
			t.Lines = append(t.Lines, ui.Pad(name, 14)+value)
		}
	}
	add("state", string(e.State))
	add("reason", s.ctx.Sentence(e.Reason))
	add("seen", s.ctx.Sentence(e.Evidence))
	add("reference", e.Reference)
	add("attempts", s.ctx.Locale.Number(int64(e.Attempts)))
	add("asked by", e.Who)
	add("asked at", s.ctx.Locale.DateTime(e.At.In(s.ctx.Zone(e.Store))))
	add("changed at", s.ctx.Locale.DateTime(e.Updated.In(s.ctx.Zone(e.Store))))
	return t
}

// supplier writes the balance of a supplier, what was spent there today, and whether it is bought there without asking.
func (s *Screen) supplier(i int, sup *supplier) []line {
	head := line{row: i, first: true, left: []draw.Span{{Text: sup.Label(), Style: theme.Strong}, {Text: "  " + sup.Kind + "   ", Style: theme.FaintTxt}}}
	add := func(text string, st draw.Style) { head.left = append(head.left, draw.Span{Text: text, Style: st}) }
	switch {
	case sup.paused != "":
		add("✗ automatic checkout has stopped", theme.Bad)
	case sup.Mode == checkout.ModeAuto:
		add("automatic checkout", theme.Good)
	default:
		add("manual checkout", theme.DimText)
	}
	if sup.account != nil {
		for _, m := range sup.account.Methods {
			if m.Available != nil {
				head.right = []draw.Span{{Text: m.Name + " ", Style: theme.DimText}, {Text: s.ctx.Money(*m.Available), Style: theme.Plain}}
				break
			}
		}
	}
	out := []line{head}
	if sup.spent.Minor > 0 || sup.Cap != nil {
		spent := sup.spent
		if spent.Currency == "" {
			spent.Currency = sup.Currency
		}
		text := "spent today   " + s.ctx.Money(spent)
		if sup.Cap != nil {
			text += " of at most " + s.ctx.Money(*sup.Cap)
		}
		out = append(out, line{row: i, indent: 2, left: []draw.Span{{Text: text, Style: theme.DimText}}})
	}
	if sup.paused != "" {
		out = append(out, line{row: i, indent: 2, left: []draw.Span{{Text: s.ctx.Sentence(sup.paused) + "  ", Style: theme.Bad}, {Text: s.ctx.Keys.Key(action.Resume) + " resumes it", Style: theme.Key}}})
	}
	return out
}
