package tui

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
)

// BenchmarkFrame makes the content of a frame of 200×50 after the cursor has moved by a line: ours, the whole screen
// with header, tabs, table, detail pane and footer; and, as the floor, the table alone the way lipgloss's examples
// make one, a style rendered for every cell.
func BenchmarkFrame(b *testing.B) {
	b.Run("ours", func(b *testing.B) {
		s := start(b, 200, 50)
		down, up := tea.KeyPressMsg{Code: 'j', Text: "j"}, tea.KeyPressMsg{Code: 'k', Text: "k"}
		s.send(down)
		b.ReportAllocs()
		at := 0
		for b.Loop() {
			// Only the drawing is measured: reading the order under the cursor is a command, carried out elsewhere.
			b.StopTimer()
			if at++; at%2 == 0 {
				s.m.Update(up)
			} else {
				s.m.Update(down)
			}
			b.StartTimer()
			s.m.View()
		}
	})
	b.Run("lipgloss", func(b *testing.B) {
		s := start(b, 200, 50)
		w, err := s.db.Window(b.Context(), store.Query{}, store.Key{}, false, 47)
		if err != nil || len(w.Rows) < 47 {
			b.Fatal(len(w.Rows), err)
		}
		b.ReportAllocs()
		at := 0
		for b.Loop() {
			at++
			perCell(w.Rows, at%len(w.Rows))
		}
	})
}

// A frame is made out of what is kept from the one before: what is written anew is the cursor's place and the text as a
// whole.
func TestAFrameTakesLittleMemory(t *testing.T) {
	s := start(t, 200, 50)
	s.key("j")
	n := testing.AllocsPerRun(50, func() {
		s.m.version++
		s.m.View()
	})
	if n > 10 {
		t.Errorf("%.0f allocations for a frame, more than 10", n)
	}
}

// perCell is a table of nine columns by lipgloss.
func perCell(rows []order.Row, cursor int) string {
	widths := []int{12, 14, 30, 5, 60, 20, 16, 18, 16}
	lines := make([]string, 0, len(rows))
	for i, r := range rows {
		cells := []string{
			"#" + r.Number, r.CreatedAt.Format("02 Jan 15:04"), r.Customer, r.Country, r.Items, r.Suppliers, r.Stage.Label(),
			r.Cost.String(), r.Total.String(),
		}
		for c, text := range cells {
			style := lipgloss.NewStyle().Width(widths[c]).MaxWidth(widths[c]).MaxHeight(1).Foreground(lipgloss.Color(fmt.Sprint(c + 1)))
			if i == cursor {
				style = style.Background(lipgloss.Color("238"))
			}
			cells[c] = style.Render(text)
		}
		lines = append(lines, lipgloss.JoinHorizontal(lipgloss.Top, cells...))
	}
	return lipgloss.JoinVertical(lipgloss.Left, strings.Join(lines, "\n"))
}
