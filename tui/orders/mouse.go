package orders

import (
	tea "charm.land/bubbletea/v2"
)

// Click takes the mouse: a tab, a row, an action of the pane.
func (s *Screen) Click(x, y int, double bool) tea.Cmd {
	if id, ok := s.tabs.click(x, y); ok {
		s.tabs.active = id
		return s.tab(true)
	}
	if s.table.body.Contains(x, y) {
		at := s.list.top + y - s.table.body.Y
		if x == s.table.body.X+s.table.body.W-1 && s.list.known() > s.list.height { // the scrollbar
			at = (y - s.table.body.Y) * s.list.known() / max(1, s.table.body.H)
		}
		cmd := s.list.move(at)
		if double {
			return tea.Batch(cmd, s.follow(), s.open())
		}
		return tea.Batch(cmd, s.follow())
	}
	if s.pane.Contains(x, y) {
		if i := s.scroll + y - s.pane.Y; i < len(s.lines) && s.lines[i].Action != "" {
			return s.ctx.Run(s.lines[i].Action)
		}
	}
	if s.above.Contains(x, y) {
		return s.search.begin()
	}
	return nil
}

// Wheel scrolls what is under the mouse.
func (s *Screen) Wheel(x, y, lines int) tea.Cmd {
	if s.pane.Contains(x, y) {
		s.scroll = clamp(s.scroll+lines, 0, max(0, len(s.lines)-s.pane.H))
		return nil
	}
	return tea.Batch(s.list.move(s.list.cursor+lines), s.follow())
}
