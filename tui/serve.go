package tui

import (
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/tui/theme"
	"github.com/orderdeck/orderdeck/tui/ui"
)

// Init reads what the first screen shows and asks the terminal for its background.
func (m *root) Init() tea.Cmd {
	return tea.Batch(m.home.Init(), m.readRates(), m.tick(), tea.RequestBackgroundColor, m.readOutgoing())
}

func (m *root) tick() tea.Cmd { return m.ctx.After(time.Second, ui.Tick(m.ctx.Now())) }

// serve does what screens ask of the root.
func (m *root) serve(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case ui.Tick:
		if m.toast.Text != "" && !m.toast.Bad && time.Since(m.toastAt) > 4*time.Second {
			m.toast = ui.Toast{}
		}
		return m.tick()
	case ui.StoreChanged:
		return tea.Batch(m.readShops(), m.readRates(), m.readOutgoing())
	case outgoing:
		m.out = msg
	case ratesMsg:
		m.ctx.Rates = msg
	case shopsMsg:
		m.ctx.SetShops(msg)
	case ui.Toast:
		m.toast, m.toastAt = msg, time.Now()
	case ui.CopyText:
		m.toast, m.toastAt = ui.Toast{Text: "copied the " + msg.What + ": " + msg.Text}, time.Now()
		return tea.SetClipboard(msg.Text)
	case ui.BrowseURL:
		return m.browse(msg.URL)
	}
	return nil
}

// ratesMsg has the merchant's exchange rates.
type ratesMsg []checkout.Rate

func (m *root) readRates() tea.Cmd {
	if m.ctx.Settings == nil {
		return nil
	}
	read, known := m.ctx.Settings, m.ctx.Rates
	return func() tea.Msg {
		s, err := read()
		if err != nil || slices.Equal(s.Rates, known) {
			return nil // where it matters, at a checkout, it is said what is wrong with them
		}
		return ratesMsg(s.Rates)
	}
}

// shopsMsg tells which stores there are: a first sync makes them known, and what they call themselves.
type shopsMsg []store.Shop

func (m *root) readShops() tea.Cmd {
	db, known := m.ctx.Store, m.ctx.Shops
	return func() tea.Msg {
		shops, err := db.Shops(context.Background())
		if err != nil || slices.Equal(shops, known) {
			return nil // the list itself says what is wrong with the database
		}
		return shopsMsg(shops)
	}
}

// terminal takes what the terminal tells of itself.
func (m *root) terminal(msg tea.Msg) {
	switch msg := msg.(type) {
	case tea.BackgroundColorMsg:
		if m.opt.Theme != "dark" && m.opt.Theme != "light" {
			m.ctx.Dark = msg.IsDark()
		}
	case tea.ColorProfileMsg:
		m.profile = msg.Profile
	}
	*m.ctx.Theme = *theme.New(m.ctx.Dark, m.profile)
}
