package detail

import (
	"context"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/tui/action"
	"github.com/orderdeck/orderdeck/tui/theme"
	"github.com/orderdeck/orderdeck/tui/ui"
)

// formOf are the acts at the store that have a key of their own.
var formOf = map[action.ID]order.ActKind{
	action.WriteNote: order.ActNote, action.Tags: order.ActTags, action.MarkPaid: order.ActMarkPaid,
}

// FormOf is the act at the store that an action opens a form for; AtStore has none of its own.
func FormOf(id action.ID) (order.ActKind, bool) {
	if id == action.Cancel {
		return order.ActCancel, true
	}
	kind, ok := formOf[id]
	return kind, ok
}

// storeMenu lists what the store can do to an order, and what it cannot, with its reason.
func storeMenu(ctx *ui.Context, rec *order.Record) ui.MenuSpec {
	m := ui.MenuSpec{
		Title: "At " + ctx.Title(rec.Store) + " · #" + rec.Number,
		Choose: func(it ui.MenuItem) tea.Cmd {
			return ctx.Open(ui.Open{Kind: ui.KindAct, Arg: it.Value.(ui.ActArg)})
		},
	}
	f := Facts(ctx, rec)
	add := func(title string, arg ui.ActArg) {
		it := ui.MenuItem{Title: title, Value: arg}
		if why := ctx.Cannot(rec.Store, arg.Kind); why != "" {
			it.Off, it.Help = true, why
		} else if v := order.Can(&rec.Order, rec.State, f, arg.Kind.Event()); !v.Allowed {
			it.Off, it.Help = true, sentence(v)
		}
		m.Items = append(m.Items, it)
	}
	for _, kind := range order.ActKinds {
		arg := ui.ActArg{IDs: []int64{rec.ID}, Kind: kind}
		if kind != order.ActDraft {
			add(kind.Label(), arg)
			continue
		}
		for _, step := range []string{order.DraftSend, order.DraftComplete} {
			arg.Step = step
			if step == order.DraftSend || rec.CustomerPayment == order.PaymentDraft {
				add(order.DraftLabel(step), arg)
			}
		}
	}
	return m
}

// CanRefund tells whether money can be given back now, and why not.
func CanRefund(ctx *ui.Context, rec *order.Record) (ok bool, why string) {
	if ctx.Desk == nil {
		return false, noSuppliers
	}
	if why := ctx.Cannot(rec.Store, order.ActRefund); why != "" {
		return false, why
	}
	if v := order.Can(&rec.Order, rec.State, Facts(ctx, rec), order.EventRefund); !v.Allowed {
		return false, sentence(v)
	}
	return true, ""
}

// archive puts an order away or brings it back: at its store too where the one and the other can be done there, else on
// this desk alone.
func archive(ctx *ui.Context, rec *order.Record) tea.Cmd {
	kind, local, said := order.ActArchive, order.IntentArchive, "is archived"
	again := "; " + ctx.Keys.Key(action.Archive) + " brings it back"
	if rec.IsArchived() {
		kind, local, said, again = order.ActReopen, order.IntentUnarchive, "is back from the archive", ""
	}
	if ctx.Cannot(rec.Store, order.ActArchive) != "" || ctx.Cannot(rec.Store, order.ActReopen) != "" {
		return intend(ctx, rec, order.Intent{Kind: local}, said+" on this desk"+again)
	}
	desk, id, who := ctx.Desk, rec.ID, ctx.Who
	said = "#" + rec.Number + " " + said + " here, and at " + ctx.Title(rec.Store) + " soon" + again
	return ui.Carry(func() (string, error) {
		_, err := desk.RequestAct(context.Background(), who, id, order.Act{Kind: kind})
		return said, err
	}, nil)
}

// acts says what is on its way to the store, and what it refused.
func (b *builder) acts() {
	for _, a := range b.rec.Acts {
		words, st := "⇡ "+a.Act+" · on its way", theme.Info
		if a.Refused {
			words, st = "✗ "+a.Act+" · refused", theme.Bad
		}
		if a.Reason != "" {
			words += ": " + a.Reason
		}
		b.wrapped(words, st, "")
	}
	key, name := theme.Key, theme.Plain
	var waiting string
	if n := len(b.rec.Acts); n > 0 {
		waiting = fmt.Sprintf("%d above", n)
	}
	if b.ctx.Desk == nil {
		key, name = theme.FaintTxt, theme.FaintTxt
	}
	l := line(text("["+b.ctx.Keys.Key(action.AtStore)+"] ", key), text("⇄ ", name), text(ui.Pad("at the store", 14), name), text(waiting, theme.DimText))
	l.Action = action.AtStore
	b.add(l)
}
