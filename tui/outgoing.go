package tui

import (
	"context"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/tui/draw"
	"github.com/orderdeck/orderdeck/tui/menu"
	"github.com/orderdeck/orderdeck/tui/theme"
	"github.com/orderdeck/orderdeck/tui/ui"
)

// Buying is what the screens need to buy orders at suppliers.
type Buying struct {
	Desk     ui.Desk // nil = nothing can be bought here
	Settings func() (checkout.Settings, error)
	Find     func(ctx context.Context, supplier, query string, page int) (products []checkout.Product, more bool, err error)
	Papers   ui.Papers
	Acts     map[string]map[order.ActKind]string // see ui.Context.Acts
	Who      string                              // acts, for journal and placements
}

// outgoing is how much is on its way out.
type outgoing struct {
	waiting, failed int
	money           int // of waiting: orders that are being placed or paid
}

// mostOutgoing is how many effects are counted.
const mostOutgoing = 1000

func (m *root) readOutgoing() tea.Cmd {
	desk := m.ctx.Desk
	if desk == nil {
		return nil
	}
	return func() tea.Msg {
		all, err := desk.Effects(context.Background(), store.EffectFilter{Open: true, Limit: mostOutgoing})
		if err != nil {
			return nil // the screens that show them say what is wrong with the database
		}
		var o outgoing
		for i := range all {
			switch e := &all[i]; {
			case !e.State.Open():
				o.failed++
			default:
				o.waiting++
				if !e.Kind.ToStore() {
					o.money++
				}
			}
		}
		return o
	}
}

// spans says how much is waiting to be sent, and what could not be.
func (o outgoing) spans() []draw.Span {
	var out []draw.Span
	if o.waiting > 0 {
		out = append(out, draw.Span{Text: fmt.Sprintf("⇡ %d waiting   ", o.waiting), Style: theme.Info})
	}
	if o.failed > 0 {
		out = append(out, draw.Span{Text: fmt.Sprintf("✗ %d failed   ", o.failed), Style: theme.Bad})
	}
	return out
}

// quit leaves; while money is on its way it asks first, and the second time it leaves.
func (m *root) quit() tea.Cmd {
	if m.out.money == 0 || m.leaving != nil && m.top() == ui.Screen(m.leaving) {
		return tea.Quit
	}
	what := "1 order is"
	if m.out.money > 1 {
		what = fmt.Sprintf("%d orders are", m.out.money)
	}
	m.leaving = menu.New(m.ctx, ui.MenuSpec{
		Title: "Money is on its way", Prompt: what + " being placed or paid; what is not finished goes on when Orderdeck runs again",
		Items: []ui.MenuItem{{Title: "stay", Mark: true, Value: false}, {Title: "leave", Value: true}},
		Choose: func(it ui.MenuItem) tea.Cmd {
			if it.Value == true {
				return tea.Quit
			}
			return nil
		},
	})
	return m.push(m.leaving)
}
