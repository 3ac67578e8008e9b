package orders

import (
	"context"
	"path/filepath"
	"slices"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"pgregory.net/rapid"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/demo"
	"github.com/orderdeck/orderdeck/tui/ui"
)

var now = time.Date(2026, 11, 21, 14, 30, 0, 0, time.UTC)

func filled(t *testing.T) *store.DB {
	t.Helper()
	clock := func() time.Time { return now }
	db, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "demo.db"), Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	w := demo.New(demo.Options{Orders: 300, Seed: 1, Start: now, Clock: clock})
	if _, err := sync.New(sync.Options{DB: db, Sources: w.Sources(), Suppliers: w.Suppliers()}).Sync(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	return db
}

// The list walked by key, before the ids of the view have arrived, has every order once and in the order of the ids,
// in both directions and from both ends.
func TestTheListByKeyIsTheListById(t *testing.T) {
	db := filled(t)
	c := &ui.Context{Store: db, Clock: func() time.Time { return now }, After: func(time.Duration, tea.Msg) tea.Cmd { return nil }}
	for _, by := range []order.Sort{{Key: order.SortDate}, {Key: order.SortDate, Asc: true}, {Key: order.SortTotal}, {Key: order.SortCustomer, Asc: true}, {Key: order.SortNumber}, {Key: order.SortUpdated}} {
		q := store.Query{Sort: by}
		ids, err := db.IDs(context.Background(), q)
		if err != nil {
			t.Fatal(err)
		}
		l := newList(c)
		l.height = 7
		byKey(l, l.setQuery(q, len(ids)))
		check := func(at int) {
			t.Helper()
			if l.cursor != at || l.cursorID != int64(ids[at]) {
				t.Fatalf("%v: place %d has %d, not %d at %d", by, l.cursor, l.cursorID, ids[at], at)
			}
		}
		for at := range ids {
			check(at)
			byKey(l, l.move(l.cursor+1))
		}
		l = newList(c)
		l.height = 7
		byKey(l, l.setQuery(q, len(ids)))
		byKey(l, l.bottom())
		for at := len(ids) - 1; at >= 0; at-- {
			check(at)
			byKey(l, l.move(l.cursor-1))
		}
	}
}

// byKey runs commands and keeps the ids of the view from arriving.
func byKey(l *list, cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	switch msg := cmd().(type) {
	case tea.BatchMsg:
		for _, c := range msg {
			byKey(l, c)
		}
	case refreshMsg, nil:
	default:
		next, _ := l.update(msg)
		byKey(l, next)
	}
}

// Answers to an earlier query never show.
func TestStaleAnswersAreDropped(t *testing.T) {
	db := filled(t)
	c := &ui.Context{Store: db, Clock: func() time.Time { return now }, After: func(time.Duration, tea.Msg) tea.Cmd { return nil }}
	l := newList(c)
	l.height = 10
	first := l.setQuery(store.Query{Sort: order.Sort{Key: order.SortDate}}, -1)
	late := []tea.Msg{first()}
	if next, _ := l.update(late[0]); next != nil {
		msg := next()
		if batch, ok := msg.(tea.BatchMsg); ok {
			for _, cmd := range batch {
				late = append(late, cmd())
			}
		} else {
			late = append(late, msg)
		}
	}
	if _, ok := late[1].(refreshMsg); !ok {
		t.Fatalf("%T came after the first rows, not the ids", late[1])
	}
	q := store.Query{Tab: order.Tab{ID: string(order.StageShipped), Stage: order.StageShipped}}
	byKey(l, l.setQuery(q, -1))
	want := l.cursorID
	for _, m := range late {
		if _, mine := l.update(m); !mine {
			t.Fatalf("%T is nobody's", m)
		}
	}
	if l.cursorID != want {
		t.Error("an answer to the earlier query showed")
	}
}

// While the whole view may not be read again yet, what comes in shows all the same, and nothing else moves.
func TestNewOrdersShowBetweenReadings(t *testing.T) {
	clock := now
	db, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "demo.db"), Clock: func() time.Time { return clock }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	w := demo.New(demo.Options{Orders: 300, Seed: 1, Start: now, Clock: func() time.Time { return clock }})
	pull := func() {
		t.Helper()
		if _, err := sync.New(sync.Options{DB: db, Sources: w.Sources(), Suppliers: w.Suppliers()}).Sync(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}
	pull()
	c := &ui.Context{Store: db, Clock: func() time.Time { return clock }, After: func(time.Duration, tea.Msg) tea.Cmd { return nil }}
	for _, by := range []order.Sort{{}, {Key: order.SortUpdated}} {
		l := newList(c)
		l.height = 10
		q := store.Query{Sort: by}
		deliver(l, l.setQuery(q, -1))
		deliver(l, l.move(4))
		was, line, before := l.cursorID, l.cursor-l.top, len(l.ids)
		for range 3 { // the first reading rests: After never comes back here
			if by.Key != "" {
				deliver(l, l.move(0)) // the order under the cursor may have gone down, and the cursor with it
			}
			clock = clock.Add(72 * time.Hour)
			pull()
			deliver(l, l.changed())
		}
		ids, err := db.IDs(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if len(ids) <= before {
			t.Fatalf("no orders came in")
		}
		if len(l.ids) != len(ids) || l.total != len(ids) || !slices.Equal(l.ids[:40], ids[:40]) {
			t.Errorf("%v: %d ids of which the first are %v; there are %d: %v", by, len(l.ids), l.ids[:40], len(ids), ids[:40])
		}
		if by.Key == "" && (l.cursorID != was || l.ids[l.cursor] != uint32(was) || l.cursor-l.top != line) {
			t.Errorf("the cursor went from order %d in line %d to order %d in line %d", was, line, l.cursorID, l.cursor-l.top)
		}
		if by.Key == "" && l.fresh != len(ids)-before {
			t.Errorf("%d new above, %d came in", l.fresh, len(ids)-before)
		}
		if r, ok := l.row(l.cursor); !ok || r.ID != l.cursorID {
			t.Errorf("the row under the cursor is %d, not %d", r.ID, l.cursorID)
		}
	}
}

// syncer says how the synchronisation stands.
type syncer []store.SyncState

func (s syncer) Request([]string) (bool, string) { return false, "" }
func (s syncer) Status() []store.SyncState       { return s }

// While a store is read for the first time, its newest orders are at the top and stay in sight, until the cursor is moved
// or the reading has ended.
func TestTheTopStaysWhileAStoreIsReadForTheFirstTime(t *testing.T) {
	for _, moved := range []bool{false, true} {
		db := filled(t)
		c := &ui.Context{
			Store: db, Clock: func() time.Time { return now }, After: func(time.Duration, tea.Msg) tea.Cmd { return nil },
			Sync: syncer{{Shop: "aurora", State: sync.StateRunning}},
		}
		l := newList(c)
		l.height = 10
		deliver(l, l.setQuery(store.Query{}, -1))
		if moved {
			deliver(l, l.move(1))
			deliver(l, l.move(0))
		}
		arrive := func(id string, state store.SyncState) int64 {
			t.Helper()
			r, err := db.Apply(t.Context(), store.Page{Shop: "aurora", Stream: "orders", Orders: []store.Pulled{{Order: order.Order{
				ExternalID: id, Number: id, CreatedAt: now, Currency: "EUR", Lifecycle: order.LifecycleOpen, CustomerPayment: order.PaymentPaid,
			}}}})
			if err != nil {
				t.Fatal(err)
			}
			c.Sync = syncer{state}
			l.busy = false // it has rested
			deliver(l, l.changed())
			return r.Changed[0]
		}
		was := l.cursorID
		newest := arrive("late1", store.SyncState{Shop: "aurora", State: sync.StateRunning})
		if moved {
			if l.cursorID != was {
				t.Error("the order under a cursor that was moved went away")
			}
			continue
		}
		if l.cursor != 0 || l.cursorID != newest {
			t.Errorf("the cursor is at %d on order %d, not on the newest, %d", l.cursor, l.cursorID, newest)
		}
		last := arrive("late2", store.SyncState{Shop: "aurora", State: sync.StateIdle, LastSuccess: now})
		if l.cursor != 0 || l.cursorID != last {
			t.Error("what came with the last page is not in sight")
		}
		arrive("later", store.SyncState{Shop: "aurora", State: sync.StateIdle, LastSuccess: now})
		if l.cursorID != last {
			t.Error("the order under the cursor went away after the first reading had ended")
		}
	}
}

// deliver runs commands and everything that comes of them.
func deliver(l *list, cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	msg := cmd()
	if batch, ok := msg.(tea.BatchMsg); ok {
		for _, c := range batch {
			deliver(l, c)
		}
		return
	}
	next, _ := l.update(msg)
	deliver(l, next)
}

func TestSelection(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s selection
		want := map[int64]bool{}
		for range rapid.IntRange(0, 60).Draw(t, "n") {
			id := int64(rapid.IntRange(1, 300).Draw(t, "id"))
			s.toggle(id)
			want[id] = !want[id]
			if !want[id] {
				delete(want, id)
			}
		}
		ids := s.ids()
		if len(ids) != len(want) || s.n != len(want) {
			t.Fatalf("%d, %d and %d", len(ids), s.n, len(want))
		}
		for _, id := range ids {
			if !want[int64(id)] || !s.has(int64(id)) {
				t.Fatalf("%d does not belong", id)
			}
		}
	})
}

// The columns always fit, and the two that matter most are always there.
func TestColumnsFit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cols := chosen(nil, rapid.Bool().Draw(t, "stage"), rapid.Bool().Draw(t, "store"))
		need := map[string]int{}
		for _, c := range cols {
			need[c.id] = rapid.IntRange(0, 80).Draw(t, c.id)
		}
		width := rapid.IntRange(44, 220).Draw(t, "width")
		got, widths := fit(cols, need, width)
		sum := gap * (len(got) - 1)
		for i, w := range widths {
			sum += w
			if w < got[i].min {
				t.Fatalf("%s is %d wide, at least %d are needed", got[i].id, w, got[i].min)
			}
		}
		if sum > width {
			t.Fatalf("%d columns take %d of %d", len(got), sum, width)
		}
	})
}
