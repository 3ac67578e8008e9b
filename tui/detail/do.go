package detail

import (
	"net/url"
	"slices"
	"strings"

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

// later are the actions whose effects this version does not have yet.
const later = "not in this version yet"

// Can tells whether an action on an order would do something now, and why not.
func Can(ctx *ui.Context, rec *order.Record, id action.ID) (ok bool, why string) {
	switch id {
	case action.Browse:
		if !webAddress(rec.AdminURL) {
			return false, "the store gives no address for this order"
		}
		return true, ""
	case action.Copy, action.Why, action.Tracking, action.Invoice, action.Receipt, action.Refund:
		return true, ""
	}
	event, known := events[id]
	if !known {
		return true, ""
	}
	if v := order.Can(&rec.Order, rec.State, Facts(ctx, rec), event); !v.Allowed {
		return false, sentence(v)
	}
	return false, later
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
		if !v.Allowed {
			return ui.Say(word + ": " + sentence(v)), true
		}
		return ctx.Open(ui.Open{Kind: ui.KindText, Arg: state(ctx, rec, id, v)}), true
	}
	return nil, false
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

func webAddress(raw string) bool {
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

// state is what one of the four actions has to show now.
func state(ctx *ui.Context, rec *order.Record, id action.ID, v order.Verdict) ui.TextArg {
	zone := ctx.Zone(rec.Store)
	t := ui.TextArg{Title: strings.ToUpper(string(id)[:1]) + string(id)[1:] + " of #" + rec.Number}
	if v.Reason != "" {
		t.Lines = append(t.Lines, v.Reason, "")
	}
	switch id {
	case action.Tracking:
		t.Lines = append(t.Lines, trackingLines(ctx, rec, zone)...)
	case action.Receipt:
		for _, p := range rec.Placements {
			if p.CheckedOut.IsZero() {
				continue
			}
			t.Lines = append(t.Lines, p.Supplier+"  "+p.SupplierNo, "  paid "+ctx.Money(p.Total)+" by "+dash(p.PaidBy)+" on "+ctx.Locale.DateTime(p.CheckedOut.In(zone)),
				"  goods "+ctx.Money(p.Goods)+" · shipping "+ctx.Money(p.Shipping)+" · fees "+ctx.Money(p.Fees))
			if p.Receipt != "" {
				t.Lines = append(t.Lines, "  receipt "+p.Receipt)
			}
			t.Lines = append(t.Lines, "")
		}
	case action.Refund:
		t.Lines = append(t.Lines, "to the customer: "+spaced(string(rec.Refund))+", "+ctx.Money(rec.Refunded)+" of "+ctx.Money(rec.Total))
		for _, r := range rec.Refunds {
			t.Lines = append(t.Lines, "  "+ctx.Locale.DateTime(r.At.In(zone))+"  "+ctx.Money(r.Amount)+"  "+spaced(r.State)+"  "+r.Reason)
		}
		for _, p := range rec.Placements {
			if p.Claim != "" && p.Claim != order.CaseNone {
				t.Lines = append(t.Lines, "claim at "+p.Supplier+": "+spaced(string(p.Claim))+", "+ctx.Money(p.ClaimAmount))
			}
		}
	}
	return t
}
