package tui

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"github.com/orderdeck/orderdeck/tui/action"
	"github.com/orderdeck/orderdeck/tui/draw"
)

var update = flag.Bool("update", false, "write the golden screens anew")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name+".txt")
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; go test ./tui -update writes it", err)
	}
	if got+"\n" != string(want) {
		t.Errorf("%s differs:\n%s", name, diff(string(want), got+"\n"))
	}
}

func diff(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	var b strings.Builder
	for i := range max(len(w), len(g)) {
		var a, c string
		if i < len(w) {
			a = w[i]
		}
		if i < len(g) {
			c = g[i]
		}
		if a != c {
			fmt.Fprintf(&b, "%3d want %s\n    got  %s\n", i+1, a, c)
		}
	}
	return b.String()
}

// scene is a screen that a merchant can come to.
type scene struct {
	name string
	do   func(s *sim)
}

// scenes are the screens of looking.
var scenes = []scene{
	{"orders", func(*sim) {}},
	{"unpaid", func(s *sim) { s.toTab("unpaid") }},
	{"search", func(s *sim) { s.press(action.Search); s.write("linen") }},
	{"complete", func(s *sim) { s.press(action.Search); s.write("stage:") }},
	{"wrong", func(s *sim) { s.press(action.Search); s.write("stagge:unpaid ") }},
	{"nothing", func(s *sim) { s.press(action.Search); s.write("zzzzqqq"); s.key("enter") }},
	{"selected", func(s *sim) { s.press(action.Select, action.Select) }},
	{"order", func(s *sim) { s.press(action.Open) }},
	{"help", func(s *sim) { s.press(action.Help) }},
	{"commands", func(s *sim) { s.press(action.Commands) }},
	{"dates", func(s *sim) { s.press(action.Dates) }},
	{"sort", func(s *sim) { s.press(action.Sorting) }},
	{"views", func(s *sim) { s.press(action.Views) }},
	{"columns", func(s *sim) { s.press(action.Columns) }},
	{"stores", func(s *sim) { s.press(action.Stores) }},
	{"export", func(s *sim) { s.press(action.Export) }},
	{"sync", func(s *sim) { s.press(action.SyncScreen) }},
	{"why", func(s *sim) { s.press(action.Why) }},
	{"copy", func(s *sim) { s.press(action.Copy) }},
}

func (s *sim) toTab(id string) {
	s.Helper()
	for range 30 {
		if s.m.home.Tab() == id {
			s.wait()
			return
		}
		s.press(action.NextTab)
	}
	s.Fatalf("there is no tab %q", id)
}

// Every screen at every size class, in plain text: what it says and where.
func TestScreens(t *testing.T) {
	for _, size := range [][2]int{{200, 50}, {140, 40}, {100, 30}, {70, 20}} {
		for _, sc := range scenes {
			t.Run(fmt.Sprintf("%s/%dx%d", sc.name, size[0], size[1]), func(t *testing.T) {
				s := start(t, size[0], size[1])
				sc.do(s)
				golden(t, fmt.Sprintf("%s-%dx%d", sc.name, size[0], size[1]), hidePaths(s.screen()))
			})
		}
	}
}

// The start screen with its colours: dark, light, sixteen colours, none.
func TestColours(t *testing.T) {
	for _, size := range [][2]int{{200, 50}, {140, 40}, {100, 30}, {70, 20}} {
		s := start(t, size[0], size[1])
		s.press(action.Down, action.Select)
		for _, look := range []struct {
			name    string
			dark    bool
			profile colorprofile.Profile
		}{
			{"dark", true, colorprofile.TrueColor},
			{"light", false, colorprofile.TrueColor},
			{"dark-16", true, colorprofile.ANSI},
			{"dark-none", true, colorprofile.ASCII},
			{"light-none", false, colorprofile.ASCII},
		} {
			s.look(look.dark, look.profile)
			content := s.m.View().Content
			golden(t, fmt.Sprintf("colours-%s-%dx%d", look.name, size[0], size[1]), strings.ReplaceAll(content, "\x1b", "␛"))
			if look.profile == colorprofile.ASCII && hasColour(content) {
				t.Errorf("%s: colours without colours", look.name)
			}
		}
	}
}

// hasColour finds any SGR that sets a colour.
func hasColour(content string) bool {
	for _, seq := range strings.Split(content, "\x1b[")[1:] {
		body, _, _ := strings.Cut(seq, "m")
		for _, p := range strings.Split(body, ";") {
			if len(p) == 2 && (p[0] == '3' || p[0] == '4') || len(p) > 2 {
				return true
			}
		}
	}
	return false
}

func hidePaths(s string) string { return s }

// Whatever the size of the window, a screen is exactly that box.
func TestEverySizeIsFilledExactly(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 1))
	sizes := [][2]int{
		{1, 1}, {1, 70}, {220, 1}, {59, 16}, {60, 15}, {60, 16}, {79, 20}, {80, 20}, {99, 25}, {100, 25}, {109, 30}, {129, 40}, {130, 40}, {220, 70},
	}
	for range 12 {
		sizes = append(sizes, [2]int{1 + rnd.IntN(220), 1 + rnd.IntN(70)})
	}
	for _, sc := range slices.Concat(scenes, buyingScenes) {
		s := start(t, 120, 35)
		sc.do(s)
		for _, size := range sizes {
			s.send(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
			lines := strings.Split(s.m.View().Content, "\n")
			if len(lines) != size[1] {
				t.Fatalf("%s at %v has %d lines", sc.name, size, len(lines))
			}
			for i, l := range lines {
				if w := draw.Width(ansi.Strip(l)); w != size[0] {
					t.Fatalf("%s at %v: line %d is %d wide: %q", sc.name, size, i, w, ansi.Strip(l))
				}
			}
		}
	}
}
