package tui

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/tui/action"
	"github.com/orderdeck/orderdeck/tui/draw"
	"github.com/orderdeck/orderdeck/tui/orders"
	"github.com/orderdeck/orderdeck/tui/ui"
)

// under is the number of the order that the cursor is on, as the screen says it.
func (s *sim) under() string {
	s.Helper()
	id := s.m.home.Current()
	rec, err := s.db.Record(s.Context(), id)
	if err != nil {
		s.Fatal(err)
	}
	return rec.Number
}

func TestTheCounterOfATabIsWhatTheTabShows(t *testing.T) {
	s := start(t, 200, 50)
	counts, err := s.db.Counts(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tab := range order.Tabs() {
		if !tab.Counted || tab.Stage == order.StageToShip && counts[tab.ID] == 0 {
			continue
		}
		s.toTab(tab.ID)
		if got := s.m.home.Known(); got != counts[tab.ID] {
			t.Errorf("%s shows %d orders, its counter says %d", tab.ID, got, counts[tab.ID])
		}
	}
}

func TestSearchFindsWhileTyping(t *testing.T) {
	s := start(t, 200, 50)
	all := s.m.home.Known()
	rec, err := s.db.Record(t.Context(), s.m.home.Current())
	if err != nil {
		t.Fatal(err)
	}
	s.press(action.Search)
	s.write(rec.Number[:len(rec.Number)-1])
	if n := s.m.home.Known(); n == 0 || n >= all {
		t.Fatalf("a part of the number finds %d of %d", n, all)
	}
	s.write(rec.Number[len(rec.Number)-1:])
	s.key("enter")
	if got := s.under(); got != rec.Number {
		t.Errorf("%s finds %s", rec.Number, got)
	}
	s.press(action.Back)
	if n := s.m.home.Known(); n != all {
		t.Errorf("after Esc there are %d, not %d", n, all)
	}
}

func TestSearchSaysWhatIsWrong(t *testing.T) {
	s := start(t, 200, 50)
	before := s.m.home.Known()
	s.press(action.Search)
	s.write("stagge:unpaid x")
	s.sees("stagge", "stage")
	s.key("enter")
	s.sees("stagge:unpaid x") // what was typed is not lost
	s.key("esc")
	if got := s.m.home.Known(); got != before {
		t.Errorf("the list has %d, not %d", got, before)
	}
}

func TestSuggestionsCompleteFieldsAndValues(t *testing.T) {
	s := start(t, 200, 50)
	s.press(action.Search)
	s.write("stag")
	s.sees("stage")
	s.key("tab")
	s.write("unp")
	s.key("tab")
	s.sees("stage:unpaid")
	s.key("enter")
	counts, _ := s.db.Counts(t.Context(), nil)
	if got := s.m.home.Known(); got < counts["unpaid"] {
		t.Errorf("%d orders, the counter says %d", got, counts["unpaid"])
	}
}

func TestLettersAreTextWhileTyping(t *testing.T) {
	s := start(t, 120, 35)
	s.press(action.Search)
	for _, id := range []action.ID{action.Quit, action.Export, action.Help, action.Commands} {
		for _, k := range s.m.ctx.Keys.Keys(id) {
			if len(k) == 1 {
				s.key(k)
			}
		}
	}
	if s.quit || len(s.m.stack) > 0 {
		t.Fatal("a letter in the search line did something")
	}
}

// The cursor and the selection stay on their orders while others come in above.
func TestTheCursorStaysOnItsOrder(t *testing.T) {
	s := start(t, 200, 50)
	for range 7 {
		s.press(action.Down)
	}
	s.press(action.Select, action.Up)
	want, line := s.under(), s.lineOf(s.under())
	s.newest(t, 3)
	if got := s.under(); got != want {
		t.Fatalf("the cursor went from %s to %s", want, got)
	}
	if got := s.lineOf(want); got != line {
		t.Errorf("the order went from line %d to %d", line, got)
	}
	s.sees("3 new", "1 selected")
	s.press(action.Top)
	s.seesNot("3 new")
}

// newest puts orders above all others, as a sync does.
func (s *sim) newest(t *testing.T, n int) {
	t.Helper()
	rec, err := s.db.Record(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	var page store.Page
	page.Shop, page.Stream = rec.Store, "test"
	for i := range n {
		o := rec.Order
		o.ExternalID, o.Number = "new-"+string(rune('a'+i)), "9990"+string(rune('1'+i))
		o.CreatedAt, o.UpdatedAt = now, now
		page.Orders = append(page.Orders, store.Pulled{Order: o})
	}
	if _, err := s.db.Apply(t.Context(), page); err != nil {
		t.Fatal(err)
	}
	s.wait()
	s.send(ui.StoreChanged{})
	s.wait()
}

func (s *sim) lineOf(number string) int {
	return slices.IndexFunc(strings.Split(s.screen(), "\n"), func(l string) bool { return strings.Contains(l, "#"+number+" ") })
}

func TestBottomMiddleTop(t *testing.T) {
	s := start(t, 200, 50)
	n := s.m.home.Known()
	s.press(action.Bottom)
	if got := s.m.home.Place(); got != n-1 {
		t.Errorf("bottom is %d of %d", got, n)
	}
	s.press(action.Middle)
	if got := s.m.home.Place(); got != n/2 {
		t.Errorf("middle is %d of %d", got, n)
	}
	for range 20 {
		s.press(action.PageDown)
	}
	s.press(action.Top)
	if got := s.m.home.Place(); got != 0 {
		t.Errorf("top is %d", got)
	}
}

func TestSortingBothWays(t *testing.T) {
	s := start(t, 200, 50)
	for _, want := range []order.Sort{{Key: order.SortTotal}, {Key: order.SortCustomer, Asc: true}, {Key: order.SortNumber, Asc: true}, {Key: order.SortUpdated}} {
		s.m.home.SetSort(want)
		s.run(s.m.home.Reload())
		w, err := s.db.Window(t.Context(), store.Query{Sort: want}, store.Key{}, false, 1)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.m.home.Current(); got != w.Rows[0].ID {
			t.Errorf("%v begins with %d, not %d", want, got, w.Rows[0].ID)
		}
	}
}

func TestNextOrderFromTheWholeScreen(t *testing.T) {
	s := start(t, 120, 35)
	first := s.under()
	s.press(action.Open)
	s.sees("#"+first, "deliver to")
	s.press(action.NextOrder)
	second := s.under()
	if first == second {
		t.Fatal("the next order is the same")
	}
	s.sees("#" + second)
	s.press(action.PrevOrder, action.PrevOrder)
	s.sees("first order of the list")
	s.press(action.Back)
	s.sees("#"+first, "search")
}

func TestExportWritesWhatIsSelected(t *testing.T) {
	s := start(t, 120, 35)
	s.press(action.Select, action.Select, action.Select, action.Export)
	path := filepath.Join(t.TempDir(), "out.csv")
	s.exportTo(path)
	s.sees("✓ "+path, "3 rows")
	rows := readCSV(t, path)
	if len(rows) != 4 {
		t.Fatalf("%d lines in the file", len(rows))
	}
	// An existing file is asked about before it is written again.
	before, _ := os.ReadFile(path)
	s.press(action.Back, action.Export)
	s.exportTo(path)
	s.sees("overwrite")
	s.press(action.Back)
	after, _ := os.ReadFile(path)
	if string(before) != string(after) {
		t.Error("the file was written again without being asked")
	}
}

func (s *sim) exportTo(path string) {
	s.Helper()
	s.press(action.Up, action.Open)
	for range 200 {
		s.key("backspace")
	}
	s.write(path)
	s.key("enter")
	s.press(action.Open)
}

func readCSV(t *testing.T, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestAViewOfOnesOwn(t *testing.T) {
	var saved []orders.View
	s := startWith(t, 200, 50, func(o *Options) {
		o.Orders.SaveViews = func(v []orders.View) error { saved = v; return nil }
	})
	s.press(action.Search)
	s.write("country:BR")
	s.key("enter")
	n := s.m.home.Known()
	s.press(action.Commands)
	s.write("save view")
	s.key("enter")
	s.write("Brazil")
	s.key("enter")
	if len(saved) != 1 || saved[0].Name != "Brazil" || saved[0].Query != "country:BR" {
		t.Fatalf("saved %+v", saved)
	}
	if got := s.m.home.Known(); got != n {
		t.Errorf("the view shows %d, the search found %d", got, n)
	}
	s.sees("Brazil")
}

func TestDatesGoIntoTheSearchLine(t *testing.T) {
	s := start(t, 200, 50)
	all := s.m.home.Known()
	s.press(action.Dates)
	s.write("30 days")
	s.key("enter")
	s.sees("created:")
	if n := s.m.home.Known(); n == 0 || n >= all {
		t.Errorf("%d of %d orders", n, all)
	}
	s.press(action.Dates)
	s.key("home")
	s.key("enter")
	if n := s.m.home.Known(); n != all {
		t.Errorf("any time shows %d of %d orders", n, all)
	}
}

func TestEveryActionSaysWhyNot(t *testing.T) {
	s := start(t, 120, 35)
	for _, a := range action.All() {
		if ok, why := s.m.can(a.ID); !ok && why == "" {
			t.Errorf("%s is not possible and does not say why", a.ID)
		}
	}
	s.toTab("shipped")
	s.press(action.Checkout)
	if s.m.toast.Text == "" {
		t.Error("checkout says nothing")
	}
}

func TestPressingEveryKeyEverywhereHarmsNothing(t *testing.T) {
	for _, sc := range slices.Concat(scenes, buyingScenes) {
		s := start(t, 100, 30)
		sc.do(s)
		for _, a := range action.All() {
			for _, k := range a.Keys {
				if k != "ctrl+c" && a.ID != action.Quit && a.ID != action.Browse && k != "shift+tab" {
					s.key(k)
				}
			}
		}
		s.m.View()
	}
}

func TestTheDemoSaysSo(t *testing.T) {
	for _, w := range []int{70, 120, 200} {
		s := start(t, w, 30)
		s.sees("DEMO")
		s.press(action.Open)
		s.sees("DEMO")
	}
	startWith(t, 120, 30, func(o *Options) { o.Demo = false }).seesNot("DEMO")
}

func TestHostileTextIsHarmless(t *testing.T) {
	s := start(t, 200, 50)
	rec, err := s.db.Record(t.Context(), s.m.home.Current())
	if err != nil {
		t.Fatal(err)
	}
	o := rec.Order
	o.ExternalID, o.CreatedAt = "hostile", now
	o.Customer.Name = "\x1b]52;c;aGk=\x07Eve \u202egnp\x1b[31m\x9b2J"
	o.CustomerNote = "line\r\n\x1b[2Jnext\x00"
	o.Lines[0].Title = strings.Repeat("山", 300)
	if _, err := s.db.Apply(t.Context(), store.Page{Shop: o.Store, Stream: "test", Orders: []store.Pulled{{Order: o}}}); err != nil {
		t.Fatal(err)
	}
	s.send(ui.StoreChanged{})
	s.wait()
	s.press(action.Top, action.Open)
	harmless(t, s)
}

// harmless fails if anything but text and colours reaches the terminal.
func harmless(t *testing.T, s *sim) {
	t.Helper()
	for _, r := range s.m.View().Content {
		if r < 0x20 && r != '\n' && r != 0x1b || r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0x202e {
			t.Fatalf("%U reached the terminal", r)
		}
	}
	if strings.Contains(s.m.View().Content, "\x1b]") || strings.Contains(s.m.View().Content, "\x1b[2J") {
		t.Fatal("a sequence from outside reached the terminal")
	}
}

func (s *sim) click(x, y int) {
	s.Helper()
	s.send(tea.MouseClickMsg{X: x, Y: y, Button: tea.MouseLeft})
}

// find is where a text stands on the screen.
func (s *sim) find(text string) (x, y int) {
	s.Helper()
	for y, l := range strings.Split(s.screen(), "\n") {
		if before, _, ok := strings.Cut(l, text); ok {
			return draw.Width(before), y
		}
	}
	s.Fatalf("%q is not on the screen", text)
	return 0, 0
}

func TestTheMouse(t *testing.T) {
	s := startWith(t, 200, 50, func(o *Options) { o.Mouse = true })
	if s.m.View().MouseMode == 0 {
		t.Fatal("the mouse is off")
	}
	x, y := s.find("Shipped")
	s.click(x, y)
	if got := s.m.home.Tab(); got != "shipped" {
		t.Fatalf("a click on Shipped shows %s", got)
	}
	s.click(10, 12)
	if got := s.m.home.Place(); got != 12-5 {
		t.Errorf("a click on the eighth row goes to %d", got)
	}
	s.send(tea.MouseWheelMsg{X: 10, Y: 12, Button: tea.MouseWheelDown})
	if got := s.m.home.Place(); got != 12-5+3 {
		t.Errorf("the wheel goes to %d", got)
	}
	x, y = s.find("[f]")
	s.click(x, y)
	s.sees("Refund of #")
	s.click(1, 1)
	s.seesNot("Refund of #")
	s.press(action.Mouse)
	if s.m.View().MouseMode != 0 {
		t.Error("the mouse is still on")
	}
}
