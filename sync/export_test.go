package sync

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/orderdeck/orderdeck/store"
)

// exporter is a Platform whose store makes an export first, and gives pages in the end.
type exporter struct{ fakeShop }

func (e *exporter) Pull(ctx context.Context, _ string, cursor []byte, known Known) (Batch, error) {
	step := len(cursor)
	b := Batch{Cursor: append(cursor, 'x'), More: true}
	switch {
	case step < 3:
		b.Phase, b.Done, b.Total = PhaseExport, 10_000*step, 50_000
	case step == 3:
		spool, err := known.(Spooler).Spool(ctx)
		if err != nil {
			return Batch{}, err
		}
		defer func() { _ = spool.Close() }()
		if err := spool.Add(ctx, []store.SpoolRow{{At: 1, ID: "a", Data: []byte("A")}}, []byte("state")); err != nil {
			return Batch{}, err
		}
		b.Phase, b.Done, b.Total = PhaseFile, 50_000, 50_000
	case step == 4:
		spool, err := known.(Spooler).Spool(ctx)
		if err != nil {
			return Batch{}, err
		}
		if got, err := spool.Next(ctx, 0, 10); err != nil || len(got) != 1 {
			return Batch{}, fmt.Errorf("%v %w", got, err)
		}
		if err := spool.Remove(); err != nil {
			return Batch{}, err
		}
		b.Note, b.Total = "the store gives no export", 2
	default:
		b.Orders, b.Done, b.Total = []store.Pulled{{Order: e.order(0)}, {Order: e.order(1)}}, 2, 2
		b.More = false
	}
	return b, nil
}

// TestAnExportIsShownAndItsNoteIsKeptUntilTheEnd: the database does not begin to import in bulk while nothing comes yet.
func TestAnExportIsShownAndItsNoteIsKeptUntilTheEnd(t *testing.T) {
	db := newMemory(t)
	s := New(Options{DB: db, Bulk: true, Sources: []Source{source("a", &exporter{}, 0)}})
	reports, err := s.Sync(t.Context(), nil)
	if err != nil || reports[0].Err != nil || reports[0].Counts.New != 2 || db.Count() != 2 {
		t.Fatalf("%+v %v", reports, err)
	}
	noted, last := false, db.State("a")
	for _, st := range db.Saves {
		noted = noted || st.State == StateRunning && st.LastError == "the store gives no export" && st.Phase == "all"
		if st.Phase == PhaseExport && st.Total != 50_000 {
			t.Errorf("%+v", st)
		}
	}
	if !noted || last.LastError != "" || len(db.Bulk) != 0 {
		t.Errorf("noted %t, in the end %q, bulk import %v", noted, last.LastError, db.Bulk)
	}
	if left, _ := filepath.Glob(db.Path() + "-import*"); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestProgressIsOfWhatTheStreamIsAt: the phase comes with its own numbers, and goes with the first page of orders.
func TestProgressIsOfWhatTheStreamIsAt(t *testing.T) {
	s := New(Options{DB: newMemory(t), Sources: []Source{source("a", &exporter{}, 0)}})
	j := &job{s: s, u: s.units[0], at: "all"}
	for _, c := range []struct {
		p    page
		want string
	}{
		{page{phase: PhaseExport, done: 5, total: 50}, "the store's export 5/50"},
		{page{phase: PhaseFile, done: 50, total: 50}, "the export's file 50/50"},
		{page{n: 10, done: 10, total: 50}, "all 10/50"},
	} {
		j.progress(c.p)
		st := s.Status()[0]
		if got := fmt.Sprintf("%s %d/%d", st.Phase, st.Done, st.Total); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}
