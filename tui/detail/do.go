package detail

import (
	"context"
	"net/url"
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/tui/action"
	"github.com/orderdeck/orderdeck/tui/ui"
)

// events maps the actions on an order to the model's events.
var events = map[action.ID]order.Event{
	action.Checkout: order.EventCheckout, action.Tracking: order.EventTracking, action.Invoice: order.EventInvoice,
	action.Receipt: order.EventReceipt, action.Refund: order.EventRefund, action.Link: order.EventLink,
	action.Cancel: order.EventCancel, action.Archive: order.EventArchive, action.Hold: order.EventHold,
}

// noSuppliers is why nothing can be bought where no suppliers are known.
const noSuppliers = "no supplier can be set up here"

// Can tells whether an action on an order would do something now, and why not.
func Can(ctx *ui.Context, rec *order.Record, id action.ID) (ok bool, why string) {
	switch id {
	case action.Browse:
		if !WebAddress(rec.AdminURL) {
			return false, "the store gives no address for this order"
		}
		return true, ""
	case action.Copy, action.Why, action.Tracking, action.Invoice, action.Receipt, action.Refund:
		return true, ""
	case action.WriteNote, action.Tags, action.MarkPaid:
		return CanAct(ctx, rec, formOf[id])
	}
	event, known := events[id]
	switch {
	case id == action.AtStore:
		return ctx.Desk != nil, noSuppliers
	case !known:
		return true, ""
	case ctx.Desk == nil:
		return false, noSuppliers
	case id == action.Hold && held(rec):
		event = order.EventRelease
	case id == action.Archive && rec.IsArchived():
		event = order.EventUnarchive
	case id == action.Checkout && underway(rec):
		return true, "" // to see how far it is, and to take it up again
	case id == action.Checkout && overridable(ctx, rec):
		return true, ""
	}
	if v := order.Can(&rec.Order, rec.State, Facts(ctx, rec), event); !v.Allowed {
		return false, sentence(v)
	}
	return true, ""
}

// underway tells whether a payment to a supplier is not settled.
func underway(rec *order.Record) bool { return rec.State.Stage == order.StagePending }

// overridable tells whether the checkout screen can be opened although something is in the way that is set aside there.
func overridable(ctx *ui.Context, rec *order.Record) bool {
	v := order.Can(&rec.Order, rec.State, Facts(ctx, rec), order.EventCheckout)
	return v.Guard != ""
}

func held(rec *order.Record) bool { return rec.State.Hold != "" && rec.State.Hold != order.HoldNone }

// Verdict is what the model says of an action on an order.
func Verdict(ctx *ui.Context, rec *order.Record, id action.ID) order.Verdict {
	v := order.Can(&rec.Order, rec.State, Facts(ctx, rec), events[id])
	v.Reason = ctx.Sentence(v.Reason)
	return v
}

func sentence(v order.Verdict) string {
	if v.Next == "" {
		return v.Reason
	}
	return v.Reason + " · " + v.Next
}

// Do carries out an action on an order that only looks: copy, browser, why, and what stands of the four actions.
func Do(ctx *ui.Context, rec *order.Record, id action.ID) (tea.Cmd, bool) {
	switch id {
	case action.Copy:
		return ctx.Open(ui.Open{Kind: ui.KindMenu, Arg: copyMenu(rec)}), true
	case action.Browse:
		return ui.Send(ui.BrowseURL{URL: rec.AdminURL}), true
	case action.Why:
		return ctx.Open(ui.Open{Kind: ui.KindText, Arg: why(ctx, rec)}), true
	case action.Tracking, action.Invoice, action.Receipt, action.Refund:
		v := order.Can(&rec.Order, rec.State, Facts(ctx, rec), events[id])
		word := string(id)
		if !v.Allowed && (id != action.Refund || !refunded(rec)) {
			return ui.Say(word + ": " + sentence(v)), true
		}
		return ctx.Open(ui.Open{Kind: ui.KindPaper, Arg: ui.PaperArg{ID: rec.ID, What: id}}), true
	case action.Checkout:
		return ctx.Open(ui.Open{Kind: ui.KindBuying, Arg: ui.CheckoutArg{IDs: []int64{rec.ID}}}), true
	case action.Link:
		return ctx.Open(ui.Open{Kind: ui.KindLinks, Arg: ui.LinksArg{ID: rec.ID}}), true
	case action.Hold:
		if held(rec) {
			return intend(ctx, rec, order.Intent{Kind: order.IntentRelease}, "is released"), true
		}
		return intend(ctx, rec, order.Intent{Kind: order.IntentHold, Value: string(order.HoldManual)}, "is on hold; "+ctx.Keys.Key(action.Hold)+" lets it go on"), true
	case action.Archive:
		return archive(ctx, rec), true
	case action.AtStore:
		return ctx.Open(ui.Open{Kind: ui.KindMenu, Arg: storeMenu(ctx, rec)}), true
	case action.WriteNote, action.Tags, action.MarkPaid:
		return ctx.Open(ui.Open{Kind: ui.KindAct, Arg: ui.ActArg{IDs: []int64{rec.ID}, Kind: formOf[id]}}), true
	case action.Cancel:
		return ctx.Open(ui.Open{Kind: ui.KindAct, Arg: ui.ActArg{IDs: []int64{rec.ID}, Kind: order.ActCancel}}), true
	}
	return nil, false
}

// refunded tells whether there is something to see of refunds, whatever may be asked for now.
func refunded(rec *order.Record) bool {
	if len(rec.Refunds) > 0 || rec.Refunded.Minor > 0 {
		return true
	}
	for i := range rec.Placements {
		if c := rec.Placements[i].Claim; c != "" && c != order.CaseNone {
			return true
		}
	}
	return false
}

// intend lays something over an order that the store does not know.
func intend(ctx *ui.Context, rec *order.Record, in order.Intent, said string) tea.Cmd {
	desk, id, number := ctx.Desk, rec.ID, rec.Number
	in.Who = ctx.Who
	return ui.Carry(func() (string, error) { return "#" + number + " " + said, desk.AddIntent(context.Background(), id, in) }, nil)
}

func copyMenu(rec *order.Record) ui.MenuSpec {
	m := ui.MenuSpec{Title: "Copy", Choose: func(it ui.MenuItem) tea.Cmd {
		return ui.Send(ui.CopyText{Text: it.Value.(string), What: it.Title})
	}}
	add := func(title, value string) {
		if value != "" {
			m.Items = append(m.Items, ui.MenuItem{Title: title, Help: value, Value: value})
		}
	}
	add("number", "#"+rec.Number)
	add("name", rec.Store+"/"+rec.Number)
	add("customer", rec.Customer.Name)
	add("e-mail", rec.Customer.Email)
	add("phone", rec.Customer.Phone)
	add("delivery address", rec.Shipping.OneLine())
	add("billing address", rec.Billing.OneLine())
	for _, n := range trackings(rec) {
		add("tracking number", n)
	}
	for _, l := range rec.Lines {
		add("SKU", l.SKU)
		if len(m.Items) > 24 {
			break
		}
	}
	add("map link", mapLink(rec.Shipping))
	add("address in the store's admin", rec.AdminURL)
	return m
}

// mapLink is a search for an address on a map.
func mapLink(a order.Address) string {
	a.Name, a.Company, a.Phone = "", "", ""
	if a.IsZero() {
		return ""
	}
	return "https://www.openstreetmap.org/search?query=" + url.QueryEscape(a.OneLine())
}

func trackings(rec *order.Record) []string {
	var out []string
	for _, p := range rec.Placements {
		for _, parcel := range p.Parcels {
			out = append(out, parcel.Tracking)
		}
	}
	for _, s := range rec.Fulfilments {
		if s.Tracking != "" && !slices.Contains(out, s.Tracking) {
			out = append(out, s.Tracking)
		}
	}
	return out
}

// WebAddress tells whether a text is a link to the web.
func WebAddress(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

// why is the proof chain of an order's stage.
func why(ctx *ui.Context, rec *order.Record) ui.TextArg {
	t := ui.TextArg{Title: "Why is #" + rec.Number + " in " + rec.State.Stage.Label() + "?"}
	for _, r := range order.Why(&rec.Order, rec.State, Facts(ctx, rec)) {
		mark := "✗ "
		if r.OK {
			mark = "✓ "
		}
		t.Lines = append(t.Lines, mark+r.Text)
		if r.Next != "" {
			t.Lines = append(t.Lines, "    → "+r.Next)
		}
	}
	return t
}
