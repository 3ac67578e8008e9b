package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"github.com/orderdeck/orderdeck/tui/draw"
	"github.com/orderdeck/orderdeck/tui/menu"
	"github.com/orderdeck/orderdeck/tui/orders"
	"github.com/orderdeck/orderdeck/tui/ui"
)

// root is the router: it knows sizes, layers, keys and the footer, and no feature.
type root struct {
	ctx     *ui.Context
	opt     Options
	home    *orders.Screen
	stack   []ui.Screen // layers above home, the topmost last
	w, h    int
	mouse   bool
	profile colorprofile.Profile
	toast   ui.Toast
	toastAt time.Time
	click   clicked

	canvas  draw.Canvas
	version uint64 // grows with whatever may change the picture
	drawn   uint64
	content string
	shown   bool // a first picture was made

	right    []draw.Span // of the header; its memory is used again
	fresh    []draw.Span // how fresh the desk is, as it was written last
	freshOld bool        // something has happened since
	cursor   *tea.Cursor

	out     outgoing
	leaving *menu.Screen // the question before leaving
}

// Update routes a message: keys and mouse to the topmost layer, everything else to all.
func (m *root) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	m.version++
	if _, key := msg.(tea.KeyPressMsg); !key {
		m.freshOld = true
	}
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.w, m.h = msg.Width, msg.Height
		return m, m.home.Resize(m.body().H)
	case tea.KeyPressMsg:
		return m, m.key(msg)
	case tea.PasteMsg:
		if t, ok := m.top().(ui.Typist); ok && t.Editing() {
			return m, t.Paste(msg.Content)
		}
		return m, nil
	case tea.MouseClickMsg:
		return m, m.clickAt(msg.Mouse())
	case tea.MouseWheelMsg:
		return m, m.wheel(msg.Mouse())
	case tea.BackgroundColorMsg, tea.ColorProfileMsg:
		m.terminal(msg)
		return m, nil
	}
	return m, tea.Batch(m.serve(msg), m.broadcast(msg))
}

func (m *root) broadcast(msg tea.Msg) tea.Cmd {
	cmds := []tea.Cmd{m.home.Update(msg)}
	for _, s := range m.stack {
		cmds = append(cmds, s.Update(msg))
	}
	return tea.Batch(cmds...)
}
