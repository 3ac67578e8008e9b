package checkout

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
)

// guards looks at the order itself: whether it is to be bought now, whether the customer has paid, whether it is held.
func (m *maker) guards() {
	if m.in.Choice.Removed {
		m.block(Blocker{
			Code: BlockStage, Text: "taken out of this checkout", Fix: "put it back, or leave it as it is", Action: ActionRemove,
		})
	}
	f := m.in.Facts
	f.Now, f.SetAside = m.now, nil
	if f.Links == nil {
		f.Links = m.in.Links
	}
	paid := order.EnoughPaid(m.o, f)
	// With the guards that have blockers of their own set aside, what is left is what nobody can set aside.
	f.SetAside = []order.Guard{order.GuardPaid, order.GuardHold}
	state, group := m.in.Record.State, m.in.Group
	if !paid {
		state = order.Derive(m.o, f)
		if i := slices.IndexFunc(state.Groups, func(g order.Group) bool {
			return g.Placement == nil && g.Supplier == group.Supplier
		}); i >= 0 && group.Placement == nil && len(group.Lines) > 0 {
			group.Stage = state.Groups[i].Stage
		}
	}
	v := m.verdict(state, f, group)
	quoting := len(group.Lines) == 0 && state.Stage == order.StageQuoting || len(group.Lines) > 0 && group.Stage == order.StageQuoting
	switch {
	case v.Allowed && len(group.Lines) == 0:
		m.block(Blocker{Code: BlockStage, Text: "nothing of it is to be bought", Fix: "take it out of this checkout", Action: ActionRemove})
	case v.Allowed:
	case quoting:
		m.unlinked(f.Links, v)
	default:
		m.block(Blocker{Code: BlockStage, Text: v.Reason, Fix: v.Next})
		return // the rest does not matter
	}
	if !paid {
		m.block(Blocker{
			Code: BlockPaid, Text: fmt.Sprintf("the customer has not paid (%s)", words(m.o.CustomerPayment)),
			Fix: "wait for the payment, or set this aside; that is recorded", Action: ActionOverride,
		})
	}
	m.holds(state, f)
}

func (m *maker) verdict(state order.State, f order.Facts, group order.Group) order.Verdict {
	if len(group.Lines) == 0 {
		return order.Can(m.o, state, f, order.EventCheckout)
	}
	return order.CanBuy(m.o, state, f, group)
}

// unlinked says of an order that is being quoted what it waits for.
func (m *maker) unlinked(links map[string]order.Link, v order.Verdict) {
	if len(m.in.Group.Lines) > 0 {
		return // items says it, line by line
	}
	var none, noCost []string
	for i := range m.o.Lines {
		l := &m.o.Lines[i]
		if l.Open() <= 0 {
			continue
		}
		if link, ok := links[l.ProductKey()]; !ok {
			none = append(none, l.Title)
		} else if !link.CostKnown {
			noCost = append(noCost, l.Title)
		}
	}
	if len(none)+len(noCost) == 0 {
		none = m.in.Record.State.Missing
	}
	m.noLink(none)
	m.noCost(noCost)
	if len(none)+len(noCost) == 0 {
		m.block(Blocker{Code: BlockStage, Text: v.Reason, Fix: v.Next})
	}
}

func (m *maker) noLink(titles []string) {
	if len(titles) > 0 {
		m.block(Blocker{
			Code: BlockLink, Text: fmt.Sprintf("%s %s no supplier product", several(titles), verb(len(titles), "has", "have")),
			Fix: "link it to what a supplier sells", Action: ActionLink,
		})
	}
}

func (m *maker) noCost(titles []string) {
	if len(titles) > 0 {
		m.block(Blocker{
			Code: BlockCost, Text: fmt.Sprintf("what %s %s is not known", several(titles), verb(len(titles), "costs", "cost")),
			Fix: "give the cost in the supplier's price list, or link another product", Action: ActionLink,
		})
	}
}

// holds blocks what is held by hand and what the merchant lets cool off.
func (m *maker) holds(state order.State, f order.Facts) {
	if m.in.Facts.Hold != "" {
		state.Hold, state.HoldUntil = m.in.Facts.Hold, m.in.Facts.HoldUntil
	}
	if state.OnHold(f) {
		text := "on hold: " + state.Hold.Label()
		if !state.HoldUntil.IsZero() {
			text += ", for another " + span(state.HoldUntil.Sub(m.now))
			m.e.HoldUntil = state.HoldUntil
		}
		m.block(Blocker{Code: BlockHold, Text: text, Fix: "release it, or set this aside; that is recorded", Action: ActionOverride})
	}
	days := m.s.HoldDays[m.o.Store]
	if days <= 0 || m.o.CreatedAt.IsZero() {
		return
	}
	until := m.o.CreatedAt.Add(time.Duration(min(days, 3650)) * 24 * time.Hour)
	if !m.now.Before(until) {
		return
	}
	if until.After(m.e.HoldUntil) {
		m.e.HoldUntil = until
	}
	m.block(Blocker{
		Code: BlockHold, Text: fmt.Sprintf("cooling off for another %s: the customer may still cancel", span(until.Sub(m.now))),
		Fix: "wait, or set this aside; that is recorded", Action: ActionOverride,
	})
}

// doorstep wants a rule for an order that is paid at the door: the merchant lays out the money until then.
func (m *maker) doorstep() {
	if !m.o.CashOnDelivery || m.rule != nil && m.rule.CashOnDelivery {
		return
	}
	f := m.in.Facts
	f.SetAside = nil
	beforehand := *m.o
	beforehand.CashOnDelivery = false
	if !order.EnoughPaid(m.o, f) || order.EnoughPaid(&beforehand, f) {
		return // blocked already, or paid like any other
	}
	text := "the customer pays at the door, and no shipping rule lets that through"
	if m.rule != nil {
		text = fmt.Sprintf("the customer pays at the door, and the rule “%s” does not let that through", m.rule.Name)
	}
	m.block(Blocker{
		Code: BlockPaid, Text: text, Fix: "write cash_on_delivery into a shipping rule, or set this aside; that is recorded", Action: ActionOverride,
	})
}

// words is a value of an axis in a sentence.
func words[T ~string](v T) string {
	if v == "" {
		return "none"
	}
	return strings.ReplaceAll(string(v), "_", " ")
}
