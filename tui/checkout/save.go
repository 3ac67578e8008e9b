package checkout

import (
	"context"
	"slices"
	"sync"

	tea "charm.land/bubbletea/v2"

	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/tui/ui"
)

// saver keeps choices as they are typed, one after the other and the latest of each part only. It goes on when its
// screen is closed.
type saver struct {
	desk    ui.Desk
	mu      sync.Mutex
	pending map[checkout.PartKey]checkout.Choice
	order   []checkout.PartKey
	writing checkout.PartKey
	busy    bool
}

type savedMsg struct {
	to   *Screen
	keys []checkout.PartKey
	err  error
}

func newSaver(desk ui.Desk) *saver {
	return &saver{desk: desk, pending: map[checkout.PartKey]checkout.Choice{}}
}

// has tells whether a choice of a part is still being written.
func (v *saver) has(key checkout.PartKey) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	_, waits := v.pending[key]
	return waits || v.busy && v.writing == key
}

// put keeps a choice; the command writes everything that waits, unless another one is at it.
func (v *saver) put(to *Screen, key checkout.PartKey, c checkout.Choice) tea.Cmd {
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, waits := v.pending[key]; !waits {
		v.order = append(v.order, key)
	}
	c.Overrides, c.Packaging = slices.Clone(c.Overrides), slices.Clone(c.Packaging)
	v.pending[key] = c
	if v.busy {
		return nil
	}
	v.busy = true
	return func() tea.Msg { return v.write(to) }
}

func (v *saver) write(to *Screen) tea.Msg {
	m := savedMsg{to: to}
	for {
		v.mu.Lock()
		if len(v.order) == 0 {
			v.busy = false
			v.mu.Unlock()
			return m
		}
		key := v.order[0]
		v.order = v.order[1:]
		c := v.pending[key]
		delete(v.pending, key)
		v.writing = key
		v.mu.Unlock()
		if err := v.desk.SaveChoice(context.Background(), key, c); err != nil {
			m.err = err
		}
		if !slices.Contains(m.keys, key) {
			m.keys = append(m.keys, key)
		}
	}
}

// choose changes the choice of a part, at once on the screen and then in the database.
func (s *Screen) choose(l *line, change func(*checkout.Choice)) tea.Cmd {
	if l == nil || l.placed != nil {
		return nil
	}
	change(&l.choice)
	l.refused = nil
	s.typed[l.key] = typed{l.choice, s.reader.seq}
	s.add()
	return s.saver.put(s, l.key, l.choice)
}

// saved reads again what the choices come to.
func (s *Screen) saved(m savedMsg) tea.Cmd {
	var cmd tea.Cmd
	if m.err != nil {
		cmd = ui.Complain(m.err)
	}
	for _, key := range m.keys {
		if t, ok := s.typed[key]; ok {
			t.seq = s.reader.seq
			s.typed[key] = t
		}
		s.changed([]int64{key.OrderID})
	}
	return tea.Batch(cmd, s.read())
}
