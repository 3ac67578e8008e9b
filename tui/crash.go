package tui

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
)

// errCrash is what Bubble Tea is told in place of the panic's own value, which might quote a customer.
var errCrash = errors.New("internal error")

// guard stands around the root and keeps what a crash report needs: where it happened, not what was on the screen.
type guard struct {
	root  *root
	mu    sync.Mutex
	what  string
	stack []byte
}

// Init starts the root.
func (g *guard) Init() tea.Cmd { return g.watch(g.root.Init()) }

// Update passes a message on.
func (g *guard) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	defer g.caught()
	_, cmd := g.root.Update(msg)
	return g, g.watch(cmd)
}

// View draws.
func (g *guard) View() tea.View {
	defer g.caught()
	return g.root.View()
}

// watch lets a crash in a command, which runs beside the loop, be reported as well.
func (g *guard) watch(cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() tea.Msg {
		defer g.caught()
		msg := cmd()
		if batch, ok := msg.(tea.BatchMsg); ok {
			for i := range batch {
				batch[i] = g.watch(batch[i])
			}
		}
		return msg
	}
}

func (g *guard) caught() {
	r := recover()
	if r == nil {
		return
	}
	g.mu.Lock()
	if g.stack == nil {
		g.stack = debug.Stack()
		g.what = fmt.Sprintf("%T", r)
		if err, ok := r.(runtime.Error); ok { // the runtime's own words name types and sizes, never data
			g.what = err.Error()
		}
	}
	g.mu.Unlock()
	panic(errCrash)
}

// report writes the crash report and says where it is.
func (g *guard) report(o Options) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	text := fmt.Sprintf("Orderdeck %s crashed at %s\n%s %s, %s\n\n%s\n\n%s", o.Version, time.Now().UTC().Format(time.RFC3339),
		runtime.GOOS, runtime.GOARCH, runtime.Version(), g.what, g.stack)
	name := filepath.Join(o.CrashDir, "crash-"+time.Now().UTC().Format("20060102-150405")+".txt")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		return fmt.Errorf("the screen crashed (%s), and the report could not be written: %w. Nothing that was synced is lost", g.what, err)
	}
	return fmt.Errorf("the screen crashed (%s). Nothing that was synced is lost; %s says where, and has no customer data in it", g.what, name)
}
