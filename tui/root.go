package tui

import (
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/tui/action"
	"github.com/orderdeck/orderdeck/tui/draw"
	"github.com/orderdeck/orderdeck/tui/menu"
	"github.com/orderdeck/orderdeck/tui/orders"
	"github.com/orderdeck/orderdeck/tui/theme"
	"github.com/orderdeck/orderdeck/tui/ui"
)

// The least window that can show an order.
const (
	minWidth  = 60
	minHeight = 16
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

type clicked struct {
	x, y int
	at   time.Time
}

// Init reads what the first screen shows and asks the terminal for its background.
func (m *root) Init() tea.Cmd {
	return tea.Batch(m.home.Init(), m.tick(), tea.RequestBackgroundColor, m.readOutgoing())
}

func (m *root) tick() tea.Cmd { return m.ctx.After(time.Second, ui.Tick(m.ctx.Now())) }

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

// serve does what screens ask of the root.
func (m *root) serve(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case ui.Tick:
		if m.toast.Text != "" && !m.toast.Bad && time.Since(m.toastAt) > 4*time.Second {
			m.toast = ui.Toast{}
		}
		return m.tick()
	case ui.StoreChanged:
		return tea.Batch(m.readShops(), m.readOutgoing())
	case outgoing:
		m.out = msg
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

// shopsMsg tells which stores there are: a first sync makes them known, and what they call themselves.
type shopsMsg []store.Shop

func (m *root) readShops() tea.Cmd {
	return func() tea.Msg {
		shops, err := m.ctx.Store.Shops(context.Background())
		if err != nil || slices.Equal(shops, m.ctx.Shops) {
			return nil // the list itself says what is wrong with the database
		}
		return shopsMsg(shops)
	}
}

func (m *root) top() ui.Screen {
	if n := len(m.stack); n > 0 {
		return m.stack[n-1]
	}
	return m.home
}

func (m *root) push(s ui.Screen) tea.Cmd {
	m.stack = append(m.stack, s)
	if i, ok := s.(interface{ Init() tea.Cmd }); ok {
		return i.Init()
	}
	return nil
}

func (m *root) close(s ui.Screen) tea.Cmd {
	if i := slices.Index(m.stack, s); i >= 0 {
		m.stack = m.stack[:i]
	}
	return nil
}

// run carries out an action as if its key had been pressed.
func (m *root) run(id action.ID) tea.Cmd {
	if a, ok := m.ctx.Keys.Get(id); ok {
		return m.do(a)
	}
	return nil
}

// key gives a key to the layer that types, or finds its action.
func (m *root) key(k tea.KeyPressMsg) tea.Cmd {
	m.toast = ui.Toast{}
	if t, ok := m.top().(ui.Typist); ok && t.Editing() && k.String() != "ctrl+c" {
		return t.Type(k)
	}
	a, ok := m.ctx.Keys.Lookup(k.String())
	if !ok {
		return nil
	}
	return m.do(a)
}

// do offers an action to the layers from the top down; a dialog lets nothing through to what it covers.
func (m *root) do(a action.Action) tea.Cmd {
	m.freshOld = m.freshOld || a.Scope == action.Global // it may ask for a synchronisation
	for i := len(m.stack) - 1; i >= 0; i-- {
		if cmd, handled := m.stack[i].Do(a); handled {
			return cmd
		}
		if _, dialog := m.stack[i].(ui.Sized); dialog && a.Scope != action.Global {
			return nil
		}
	}
	if len(m.stack) == 0 || a.Scope == action.Global {
		if cmd, handled := m.global(a); handled {
			return cmd
		}
	}
	if len(m.stack) == 0 {
		cmd, _ := m.home.Do(a)
		return cmd
	}
	return nil
}

// can tells whether an action would do something now, and why not, for help and the palette.
func (m *root) can(id action.ID) (ok bool, why string) {
	for i := len(m.stack) - 1; i >= 0; i-- {
		if ok, why, known := m.stack[i].Can(id); known {
			return ok, why
		}
	}
	if ok, why, known := m.home.Can(id); known {
		return ok, why
	}
	return true, ""
}

func (m *root) clickAt(e tea.Mouse) tea.Cmd {
	now := time.Now()
	double := m.click.x == e.X && m.click.y == e.Y && now.Sub(m.click.at) < 400*time.Millisecond
	m.click = clicked{e.X, e.Y, now}
	if c, ok := m.top().(ui.Clicker); ok && e.Button == tea.MouseLeft {
		return c.Click(e.X, e.Y, double)
	}
	return nil
}

func (m *root) wheel(e tea.Mouse) tea.Cmd {
	n := map[tea.MouseButton]int{tea.MouseWheelUp: -3, tea.MouseWheelDown: 3}[e.Button]
	if c, ok := m.top().(ui.Clicker); ok && n != 0 {
		return c.Wheel(e.X, e.Y, n)
	}
	return nil
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
