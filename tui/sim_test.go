package tui

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"github.com/orderdeck/orderdeck/config/locale"
	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/export"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/demo"
	"github.com/orderdeck/orderdeck/tui/action"
	"github.com/orderdeck/orderdeck/tui/exports"
	"github.com/orderdeck/orderdeck/tui/theme"
)

// The tests drive the real model on a real database that the demo's stores were really synced into. Commands are run
// one after the other in the test's own goroutine, so nothing depends on timing; what waits for time is kept aside.

// now is when every test happens.
var now = time.Date(2026, 11, 21, 14, 30, 0, 0, time.UTC)

const demoOrders = 600

var template string // a synced database, copied for every test that may write

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "orderdeck-tui")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	template = filepath.Join(dir, "demo.db")
	ctx := context.Background()
	db, err := store.Open(ctx, store.Options{Path: template, Clock: func() time.Time { return now }})
	if err != nil {
		return 0, err
	}
	s := service(db)
	reports, err := s.Sync(ctx, nil)
	if err != nil {
		return 0, err
	}
	for _, r := range reports {
		if r.Err != nil {
			return 0, r.Err
		}
	}
	if err := db.Close(); err != nil {
		return 0, err
	}
	return m.Run(), nil
}

func service(db *store.DB) *sync.Service {
	w := demo.New(demo.Options{Orders: demoOrders, Seed: 1, Start: now, Clock: func() time.Time { return now }})
	return sync.New(sync.Options{DB: db, Sources: w.Sources(), Suppliers: w.Suppliers()})
}

// sim is the app without a terminal.
type sim struct {
	testing.TB
	m       *root
	db      *store.DB
	now     time.Time
	waiting []tea.Msg // what After was asked for
	copied  []string
	quit    bool
}

func start(t testing.TB, w, h int) *sim {
	t.Helper()
	return startWith(t, w, h, func(*Options) {})
}

func startWith(t testing.TB, w, h int, change func(*Options)) *sim {
	t.Helper()
	data, err := os.ReadFile(template)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "demo.db")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), store.Options{Path: path, Clock: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	s := &sim{TB: t, db: db, now: now}
	o := Options{
		Store: db, Sync: service(db), Clock: func() time.Time { return s.now }, Buying: buying(db), Locale: locale.Get("en"), Theme: "dark", Icons: "plain", Demo: true,
		Image: demo.Image,
		Export: exports.Options{Write: func(ctx context.Context, path string, over bool, r export.Request, p func(export.Progress)) (export.Progress, error) {
			return export.File(ctx, db, path, over, r, p)
		}},
	}
	change(&o)
	if s.m, err = newRoot(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	s.m.ctx.After = func(_ time.Duration, msg tea.Msg) tea.Cmd {
		s.waiting = append(s.waiting, msg)
		return nil
	}
	s.send(tea.WindowSizeMsg{Width: w, Height: h})
	s.run(s.m.Init())
	s.wait()
	return s
}

// wait delivers what waited for time, once.
func (s *sim) wait() {
	msgs := s.waiting
	s.waiting = nil
	for _, m := range msgs {
		s.send(m)
	}
}

func (s *sim) send(msg tea.Msg) {
	s.Helper()
	_, cmd := s.m.Update(msg)
	s.run(cmd)
	s.m.View()
}

// run carries out a command and everything that comes of it.
func (s *sim) run(cmd tea.Cmd) {
	s.Helper()
	if cmd == nil {
		return
	}
	msg := cmd()
	if msg == nil {
		return
	}
	if v := reflect.ValueOf(msg); v.Kind() == reflect.Slice && v.Type().Elem() == reflect.TypeFor[tea.Cmd]() { // a batch or a sequence
		for i := range v.Len() {
			c, _ := v.Index(i).Interface().(tea.Cmd)
			s.run(c)
		}
		return
	}
	switch name := fmt.Sprintf("%T", msg); {
	case name == "tea.QuitMsg":
		s.quit = true
		return
	case name == "tea.setClipboardMsg":
		s.copied = append(s.copied, fmt.Sprint(msg))
		return
	case strings.HasPrefix(name, "tea.backgroundColor"), strings.HasPrefix(name, "tea.clearScreen"):
		return
	}
	s.send(msg)
}

// press presses the keys of actions, whatever they are.
func (s *sim) press(ids ...action.ID) {
	s.Helper()
	for _, id := range ids {
		keys := s.m.ctx.Keys.Keys(id)
		if len(keys) == 0 {
			s.Fatalf("%s has no key", id)
		}
		s.key(keys[0])
	}
}

var codes = map[string]rune{
	"up": tea.KeyUp, "down": tea.KeyDown, "left": tea.KeyLeft, "right": tea.KeyRight, "enter": tea.KeyEnter, "esc": tea.KeyEscape,
	"pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown, "tab": tea.KeyTab, "space": tea.KeySpace, "backspace": tea.KeyBackspace,
	"home": tea.KeyHome, "end": tea.KeyEnd,
}

func (s *sim) key(k string) {
	s.Helper()
	var msg tea.KeyPressMsg
	if rest, ok := strings.CutPrefix(k, "ctrl+"); ok {
		msg = tea.KeyPressMsg{Code: []rune(rest)[0], Mod: tea.ModCtrl}
	} else if c, ok := codes[k]; ok {
		msg = tea.KeyPressMsg{Code: c}
		if k == "space" {
			msg.Text = " "
		}
	} else {
		r := []rune(k)[0]
		msg = tea.KeyPressMsg{Code: r, Text: k}
	}
	if got := msg.String(); got != k && k != "space" {
		s.Fatalf("the key %q is spelled %q", k, got)
	}
	s.send(msg)
}

// write types a text, letter by letter.
func (s *sim) write(text string) {
	s.Helper()
	for _, r := range text {
		if r == ' ' {
			s.key("space")
		} else {
			s.key(string(r))
		}
	}
}

// screen is what a person sees, without colours.
func (s *sim) screen() string { return ansi.Strip(s.m.View().Content) }

func (s *sim) sees(texts ...string) {
	s.Helper()
	screen := s.screen()
	for _, t := range texts {
		if !strings.Contains(screen, t) {
			s.Fatalf("the screen does not show %q:\n%s", t, screen)
		}
	}
}

func (s *sim) seesNot(texts ...string) {
	s.Helper()
	for _, t := range texts {
		if screen := s.screen(); strings.Contains(screen, t) {
			s.Fatalf("the screen shows %q:\n%s", t, screen)
		}
	}
}

func (s *sim) look(dark bool, p colorprofile.Profile) {
	s.m.ctx.Dark, s.m.profile = dark, p
	*s.m.ctx.Theme = *theme.New(dark, p)
	s.m.version++
}
