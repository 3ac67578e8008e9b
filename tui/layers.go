package tui

import (
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/orderdeck/orderdeck/tui/action"
	"github.com/orderdeck/orderdeck/tui/ui"
)

// The least window that can show an order.
const (
	minWidth  = 60
	minHeight = 16
)

type clicked struct {
	x, y int
	at   time.Time
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
