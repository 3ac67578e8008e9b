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
	add := func(kind order.ActKind, step string) {
		arg := ui.ActArg{IDs: []int64{rec.ID}, Kind: kind, Step: step}
		ok, why := canAct(ctx, rec, f, kind)
		m.Items = append(m.Items, ui.MenuItem{Title: arg.Label(), Value: arg, Off: !ok, Help: why})
	}
	for _, kind := range order.ActKinds {
		if kind != order.ActDraft {
			add(kind, "")
			continue
		}
		add(kind, order.DraftSend)
		if rec.CustomerPayment == order.PaymentDraft {
			add(kind, order.DraftComplete)
		}
	}
	return m
}

// CanAct tells whether something can be done to an order at its store now, and why not.
func CanAct(ctx *ui.Context, rec *order.Record, kind order.ActKind) (ok bool, why string) {
	if ctx.Desk == nil {
		return false, noSuppliers
	}
	return canAct(ctx, rec, Facts(ctx, rec), kind)
}

func canAct(ctx *ui.Context, rec *order.Record, f order.Facts, kind order.ActKind) (ok bool, why string) {
	if why := ctx.Cannot(rec.Store, kind); why != "" {
		return false, why
	}
	if v := order.Can(&rec.Order, rec.State, f, kind.Event()); !v.Allowed {
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
