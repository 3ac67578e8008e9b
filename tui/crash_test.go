package tui

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/orderdeck/orderdeck/tui/action"
	"github.com/orderdeck/orderdeck/tui/ui"
)

// A crash is reported with where it happened and without what was on the screen.
func TestACrashLeavesAReportWithoutCustomers(t *testing.T) {
	s := start(t, 120, 35)
	dir := t.TempDir()
	g := &guard{root: s.m}
	cmd := g.watch(tea.Batch(func() tea.Msg { panic(errors.New("Maria Souza, maria@example.com")) }))
	func() {
		defer func() {
			if err, ok := recover().(error); !ok || !errors.Is(err, errCrash) {
				t.Errorf("Bubble Tea would be told %v", err)
			}
		}()
		batch, ok := cmd().(tea.BatchMsg)
		if ok {
			batch[0]()
		}
	}()
	err := g.report(Options{CrashDir: dir, Version: "1.2.3"})
	if err == nil || !strings.Contains(err.Error(), dir) {
		t.Fatalf("%v does not say where the report is", err)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "crash-*.txt"))
	if len(files) != 1 {
		t.Fatalf("%d reports", len(files))
	}
	text, _ := os.ReadFile(files[0])
	if strings.Contains(string(text), "Maria") || !strings.Contains(string(text), "1.2.3") || !strings.Contains(string(text), "crash_test.go") {
		t.Errorf("the report says: %s", text)
	}
	if st, _ := os.Stat(files[0]); st.Mode().Perm() != 0o600 {
		t.Errorf("the report's mode is %v", st.Mode())
	}
}

func TestOnlyAddressesOfTheWebAreOpened(t *testing.T) {
	s := start(t, 120, 35)
	for _, u := range []string{"file:///etc/passwd", "javascript:alert(1)", "-x", "ftp://a/b", "https://"} {
		s.send(ui.BrowseURL{URL: u})
		if !s.m.toast.Bad {
			t.Errorf("%q was not refused", u)
		}
	}
}

func TestASmallWindowSaysHowLargeItMustBe(t *testing.T) {
	s := start(t, 59, 20)
	s.sees("60 × 16")
	s.send(tea.WindowSizeMsg{Width: 60, Height: 16})
	s.seesNot("60 × 16")
	s.press(action.Down)
}
