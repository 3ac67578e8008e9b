package orders

import (
	"context"
	"path/filepath"
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
	var late []tea.Msg
	if batch, ok := first().(tea.BatchMsg); ok {
		for _, cmd := range batch {
			late = append(late, cmd())
		}
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
