package sync

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestOneHandOnTheWire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newMemory(t)
		shop := &fakeShop{n: 3, size: 10, took: 2 * time.Second}
		holder := New(Options{DB: db, Sources: []Source{source("a", shop, time.Hour)}})
		stop := run(t, holder)
		time.Sleep(5 * time.Second)
		// Another process: it follows, shows the same, and hands over what it is asked.
		other := &fakeShop{n: 3, size: 10}
		follower := New(Options{DB: db, Sources: []Source{source("a", other, time.Hour)}})
		stopOther := run(t, follower)
		time.Sleep(2 * time.Second)
		if st := follower.Status()[0]; st.LastSuccess.IsZero() || st.PID != pid() {
			t.Errorf("the follower shows %+v", st)
		}
		if queued, why := follower.Request(nil); !queued || !strings.Contains(why, "another Orderdeck") {
			t.Errorf("%v %q", queued, why)
		}
		time.Sleep(5 * time.Second)
		if shop.asked() != 2 || other.asked() != 0 {
			t.Errorf("holder asked %d times, follower %d times", shop.asked(), other.asked())
		}
		// A command: it queues, waits, and reads.
		shop.set(7)
		command := New(Options{DB: db, Sources: []Source{source("a", other, 0)}})
		reports, err := command.Sync(t.Context(), []string{"a"})
		if err != nil || !reports[0].Other || reports[0].Err != nil || reports[0].Counts.New != 4 || other.asked() != 0 {
			t.Errorf("%+v, %v", reports, err)
		}
		// The holder goes; the follower takes over.
		stop()
		time.Sleep(3 * time.Second)
		if queued, why := follower.Request(nil); !queued || why != "" {
			t.Errorf("%v %q", queued, why)
		}
		time.Sleep(3 * time.Second)
		if other.asked() == 0 {
			t.Error("the follower did not take the wire")
		}
		stopOther()
	})
}

func TestSyncGivesUpWaitingForAnotherProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newMemory(t)
		shop := &fakeShop{n: 3, size: 10, took: time.Hour}
		stop := run(t, New(Options{DB: db, Sources: []Source{source("a", shop, time.Hour)}}))
		time.Sleep(time.Second)
		began := time.Now()
		command := New(Options{DB: db, Sources: []Source{source("a", shop, 0)}, Patience: time.Minute})
		reports, err := command.Sync(t.Context(), nil)
		if err != nil || reports[0].Err == nil || !strings.Contains(reports[0].Err.Error(), "has not finished a yet") {
			t.Errorf("%+v, %v", reports, err)
		}
		if took := time.Since(began); took < time.Minute || took > 62*time.Second {
			t.Errorf("waited %v", took)
		}
		stop()
		// The request is still there for whoever has the wire next.
		if reports, err := command.Sync(t.Context(), nil); err != nil || reports[0].Err != nil || reports[0].Other {
			t.Errorf("%+v, %v", reports, err)
		}
	})
}

func TestStatesAreWrittenAtMostTwiceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newMemory(t)
		shop := &fakeShop{n: 1000, size: 1, took: 10 * time.Millisecond, total: true}
		s := New(Options{DB: db, Sources: []Source{source("a", shop, 0)}})
		changes, end := s.Subscribe()
		defer end()
		if _, err := s.Sync(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		if n := len(db.Saves); n < 15 || n > 30 {
			t.Errorf("%d writes in ten seconds", n)
		}
		mid := db.Saves[len(db.Saves)/2]
		if mid.State != StateRunning || mid.Phase != "all" || mid.Total != 1000 || mid.Done < 300 || mid.Done > 700 || mid.Rate < 80 || mid.Rate > 120 {
			t.Errorf("in the middle: %+v", mid)
		}
		select {
		case <-changes:
		default:
			t.Error("nobody was told")
		}
	})
}

func TestLargeFirstImportsShareOneBulk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newMemory(t)
		a := &fakeShop{n: 30_000, size: 1000, took: time.Second, total: true}
		b := &fakeShop{n: 40_000, size: 1000, took: time.Second, total: true}
		small := &fakeShop{n: 10, size: 10, total: true}
		db.BulkHold = make(chan struct{})
		s := New(Options{DB: db, Bulk: true, Sources: []Source{source("a", a, 0), source("b", b, 0), source("c", small, 0)}})
		go func() {
			time.Sleep(90 * time.Second)
			if st := db.State("b"); st.Phase != PhaseIndexing {
				t.Errorf("while the indexes are built: %+v", st)
			}
			close(db.BulkHold)
		}()
		reports, err := s.Sync(t.Context(), nil)
		if err != nil || db.Count() != 70_010 || !slices.Equal(db.Bulk, []string{"begin", "index", "end"}) {
			t.Errorf("%+v, %v, %v", reports, err, db.Bulk)
		}
	})
}
