// Command floor is the least that a Bubble Tea program with a list on the whole screen can be: fifty lines that are
// already text, a cursor, 120 frames a second. What the framework and the terminal cost, it costs too; whatever
// Orderdeck takes longer is Orderdeck's.
package main

import (
	"fmt"
	"os"
	"strings"

	tea "charm.land/bubbletea/v2"
)

type model struct {
	lines  []string
	cursor int
}

func (m model) Init() tea.Cmd { return nil }

func (m model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if key, ok := msg.(tea.KeyPressMsg); ok {
		switch key.String() {
		case "j", "down":
			m.cursor = min(m.cursor+1, len(m.lines)-1)
		case "k", "up":
			m.cursor = max(m.cursor-1, 0)
		case "q":
			return m, tea.Quit
		}
	}
	return m, nil
}

func (m model) View() tea.View {
	var b strings.Builder
	for i, line := range m.lines {
		if i > 0 {
			b.WriteByte('\n')
		}
		if i == m.cursor {
			b.WriteString("\x1b[7m")
			b.WriteString(line)
			b.WriteString("\x1b[m")
			continue
		}
		b.WriteString(line)
	}
	v := tea.NewView(b.String())
	v.AltScreen = true
	return v
}

func main() {
	m := model{lines: make([]string, 50)}
	for i := range m.lines {
		line := fmt.Sprintf("  #%06d  21 Nov 14:02  Maria Souza   BR  2× Linen shirt +1   Lumen EU  USD 20,10  BRL 289,90", i)
		m.lines[i] = line + strings.Repeat(" ", 198-len([]rune(line)))
	}
	if _, err := tea.NewProgram(m, tea.WithFPS(120)).Run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
