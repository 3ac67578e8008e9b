package sync

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order/filter"
)

// The tests run in bubbles of package synctest, whose time goes on only when everything waits. So waits of minutes
// take no time, and are exact.

func run(t *testing.T, s *Service) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	return func() {
		t.Helper()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run ended with %v", err)
		}
	}
}

func TestSyncPullsEverythingOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newMemory(t)
		shop := &fakeShop{n: 25, size: 10, total: true}
		s := New(Options{DB: db, Sources: []Source{source("a", shop, 0)}})
		reports, err := s.Sync(t.Context(), nil)
		if err != nil || len(reports) != 1 || reports[0].Err != nil || reports[0].Counts.New != 25 || reports[0].Other {
			t.Fatalf("%+v, %v", reports, err)
		}
		if shop.asked() != 3 || db.Count() != 25 || db.Passes != 1 {
			t.Errorf("%d pages, %d orders, %d background passes", shop.asked(), db.Count(), db.Passes)
		}
		st := db.State("a")
		if st.State != StateIdle || st.LastSuccess.IsZero() || st.Counts.New != 25 || st.PID != 0 || st.LastError != "" {
			t.Errorf("state %+v", st)
		}
		if got := db.Shop["a"]; got.Title != "A fake shop" || got.Currency != "EUR" || got.Zone != "Europe/Lisbon" {
			t.Errorf("the shop was not introduced: %+v", got)
		}
		shop.set(27)
		reports, err = s.Sync(t.Context(), []string{"a"})
		if err != nil || reports[0].Counts.New != 2 || reports[0].Counts.Unchanged != 0 {
			t.Errorf("second: %+v, %v", reports, err)
		}
		if _, err := s.Sync(t.Context(), []string{"b"}); KindOf(err) != Refused || !strings.Contains(err.Error(), `no store "b"`) {
			t.Errorf("unknown store: %v", err)
		}
	})
}

func TestAFailedPageIsResumed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newMemory(t)
		shop := &fakeShop{n: 50, size: 10}
		db.Failing = func(p store.Page) error {
			if string(p.Cursor) == "30" {
				return errors.New("disk full")
			}
			return nil
		}
		s := New(Options{DB: db, Sources: []Source{source("a", shop, 0)}})
		reports, _ := s.Sync(t.Context(), nil)
		if reports[0].Err == nil || reports[0].Counts.New != 20 || db.State("a").LastError != "disk full" {
			t.Fatalf("%+v, %+v", reports, db.State("a"))
		}
		db.Failing = nil
		reports, _ = s.Sync(t.Context(), nil)
		if reports[0].Err != nil || reports[0].Counts.New != 30 || reports[0].Counts.Unchanged != 0 {
			t.Errorf("%+v", reports)
		}
		for key, n := range db.Written {
			if n != 1 {
				t.Errorf("%s came %d times", key, n)
			}
		}
	})
}

// TestWhatCannotBeWrittenEndsTheAsking, and nothing behind it is written.
func TestWhatCannotBeWrittenEndsTheAsking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newMemory(t)
		shop := &fakeShop{n: 100, size: 10, took: time.Minute}
		db.Failing = func(p store.Page) error {
			if string(p.Cursor) == "30" {
				return errors.New("disk full")
			}
			return nil
		}
		s := New(Options{DB: db, Sources: []Source{source("a", shop, 0)}})
		began := time.Now()
		reports, _ := s.Sync(t.Context(), nil)
		if reports[0].Err == nil || db.State("a").LastError != "disk full" || db.Count() != 20 || string(db.Cursors["a all"]) != "20" {
			t.Errorf("%+v, %d orders, cursor %s", reports, db.Count(), db.Cursors["a all"])
		}
		if took := time.Since(began); took > 3*time.Minute+time.Second {
			t.Errorf("the answer to a page that nobody wants any more was waited for: %s", took)
		}
	})
}

// TestAStoreThatLimitsIsUsedUp: of what it allows in a minute at least 95 % is taken, and what it says about waiting is kept.
func TestAStoreThatLimitsIsUsedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const perMinute, minutes = 30, 40
		db := newMemory(t)
		shop := &fakeShop{n: perMinute * minutes, size: 1, took: 100 * time.Millisecond}
		var window time.Time
		left, turnedAway := 0, 0
		shop.hook = func(int, string) error {
			now := time.Now()
			if now.Sub(window) >= time.Minute {
				window, left = now.Truncate(time.Minute), perMinute
			}
			if left == 0 {
				turnedAway++
				return &Error{Kind: RateLimited, Text: "slow down", RetryAfter: window.Add(time.Minute).Sub(now)}
			}
			left--
			return nil
		}
		s := New(Options{DB: db, Sources: []Source{source("a", shop, 0)}})
		began := time.Now()
		reports, err := s.Sync(t.Context(), nil)
		if err != nil || reports[0].Err != nil {
			t.Fatalf("%+v, %v", reports, err)
		}
		allowed := perMinute * (time.Since(began).Minutes() + 1) // that of the minute under way as well
		if share := float64(perMinute*minutes) / allowed; share < 0.95 || turnedAway > minutes {
			t.Errorf("%.3f of what was allowed is used, %d requests were turned away", share, turnedAway)
		}
	})
}

func TestRetries(t *testing.T) {
	for _, tc := range []struct {
		name     string
		err      *Error
		fails    int
		tries    int // in all
		atLeast  time.Duration
		atMost   time.Duration
		succeeds bool
	}{
		{"server asks to wait", &Error{Kind: RateLimited, RetryAfter: 30 * time.Second}, 1, 2, 30 * time.Second, 34 * time.Second, true},
		{"down for a while", &Error{Kind: Unavailable}, 4, 5, 7 * time.Second, 23 * time.Second, true},
		{"down for good", &Error{Kind: Unavailable}, 99, maxTries, time.Minute, 4 * time.Minute, false},
		{"nonsense", &Error{Kind: BadAnswer}, 99, maxBadAnswers, 3 * time.Second, 12 * time.Second, false},
		{"refused", &Error{Kind: Refused}, 99, 1, 0, 0, false},
		{"wrong key", &Error{Kind: Auth}, 99, 1, 0, 0, false},
		{"wait too long", &Error{Kind: RateLimited, RetryAfter: time.Hour}, 99, 1, 0, 0, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				db := newMemory(t)
				tc.err.Text = "the words of the store"
				shop := &fakeShop{n: 5, size: 10}
				shop.hook = func(call int, _ string) error {
					if call <= tc.fails {
						return tc.err
					}
					return nil
				}
				s := New(Options{DB: db, Sources: []Source{source("a", shop, 0)}})
				began := time.Now()
				reports, err := s.Sync(t.Context(), nil)
				took := time.Since(began)
				if err != nil || (reports[0].Err == nil) != tc.succeeds {
					t.Fatalf("%+v, %v", reports, err)
				}
				if shop.asked() != tc.tries || took < tc.atLeast || took > tc.atMost {
					t.Errorf("%d tries in %v", shop.asked(), took)
				}
				st := db.State("a")
				if !tc.succeeds && st.LastError != "the words of the store" {
					t.Errorf("state %+v", st)
				}
				if tc.succeeds && (st.LastError != "" || db.Count() != 5) {
					t.Errorf("%d orders, state %+v", db.Count(), st)
				}
			})
		})
	}
}

func TestAuthStopsUntilAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newMemory(t)
		var mended bool
		bad, good := &fakeShop{n: 3, size: 10}, &fakeShop{n: 3, size: 10}
		bad.hook = func(int, string) error {
			if mended {
				return nil
			}
			return Errorf(Auth, "the store says: no")
		}
		s := New(Options{DB: db, Sources: []Source{source("bad", bad, time.Minute), source("good", good, time.Minute)}})
		stop := run(t, s)
		defer stop()
		time.Sleep(10*time.Minute + time.Second)
		if bad.asked() != 1 || good.asked() != 11 {
			t.Errorf("bad was asked %d times, good %d times", bad.asked(), good.asked())
		}
		st := s.Status()
		if st[0].State != StateStopped || st[0].LastError != "the store says: no" || !st[0].NextRun.IsZero() || st[1].State != StateIdle {
			t.Errorf("%+v", st)
		}
		mended = true
		if queued, why := s.Request([]string{"bad"}); !queued || why != "" {
			t.Errorf("%v %q", queued, why)
		}
		time.Sleep(time.Second)
		if st := s.Status()[0]; st.State != StateIdle || st.LastError != "" || st.NextRun.IsZero() {
			t.Errorf("%+v", st)
		}
	})
}

func TestASlowShopHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newMemory(t)
		slow, quick := &fakeShop{n: 30, size: 10, took: time.Hour}, &fakeShop{n: 30, size: 10, took: time.Second}
		s := New(Options{DB: db, Sources: []Source{source("slow", slow, time.Minute), source("quick", quick, time.Minute)}})
		stop := run(t, s)
		time.Sleep(10 * time.Second)
		if st := s.Status(); st[0].State != StateRunning || st[1].State != StateIdle || st[1].LastSuccess.IsZero() {
			t.Errorf("%+v", st)
		}
		if queued, why := s.Request([]string{"slow"}); queued || !strings.Contains(why, "running already") {
			t.Errorf("%v %q", queued, why)
		}
		stop()
		if st := db.State("slow"); st.State != StateIdle || st.LastError != "" || st.PID != 0 {
			t.Errorf("interrupted: %+v", st)
		}
	})
}

func TestAPanicIsAnErrorOfItsStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newMemory(t)
		bad, good := &fakeShop{n: 3, size: 10}, &fakeShop{n: 3, size: 10}
		bad.hook = func(int, string) error { panic("nil map") }
		s := New(Options{DB: db, Sources: []Source{source("bad", bad, 0), source("good", good, 0)}})
		reports, err := s.Sync(t.Context(), nil)
		if err != nil || KindOf(reports[0].Err) != Broken || reports[1].Err != nil || db.Count() != 3 {
			t.Errorf("%+v, %v", reports, err)
		}
	})
}

func TestPullFilterConcernsUnknownOrdersOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newMemory(t)
		even := true
		shop := &fakeShop{n: 10, size: 4, paid: func(i int) bool { return (i%2 == 0) == even }}
		expr, err := filter.Parse("customer_payment:paid fulfilment:unfulfilled", filter.Options{Now: time.Now(), Zone: time.UTC})
		if err != nil {
			t.Fatal(err)
		}
		src := source("a", shop, 0)
		src.Filter = expr
		s := New(Options{DB: db, Sources: []Source{src}})
		reports, err := s.Sync(t.Context(), nil)
		if err != nil || reports[0].Counts.New != 5 || reports[0].Counts.Skipped != 5 {
			t.Fatalf("%+v, %v", reports, err)
		}
		for _, skip := range db.Skipped {
			if !strings.Contains(skip.Reason, "customer_payment:paid") || skip.Number == "" || skip.At.IsZero() {
				t.Errorf("%+v", skip)
			}
		}
		// Now the others are paid: known orders are updated though they do not match any more, the others come in.
		even = false
		var prints map[string]string
		shop.known = func(k Known) { prints, _ = k.Fingerprints(t.Context(), []string{"0", "1", "99"}) }
		db.Cursors = map[string][]byte{}
		reports, err = s.Sync(t.Context(), nil)
		if err != nil || reports[0].Counts.New != 5 || reports[0].Counts.Updated != 5 || reports[0].Counts.Skipped != 0 {
			t.Errorf("%+v, %v", reports, err)
		}
		if len(prints) != 2 || prints["1"] != "f1" {
			t.Errorf("an order that was left out is known by its fingerprint while the process lives: %v", prints)
		}
	})
}

func TestAutoSyncComesEveryNMinutesAfterTheLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newMemory(t)
		shop := &fakeShop{n: 3, size: 10, took: 30 * time.Second}
		s := New(Options{DB: db, Sources: []Source{source("a", shop, 5*time.Minute)}})
		stop := run(t, s)
		time.Sleep(21*time.Minute + 40*time.Second)
		if shop.asked() != 4 { // at 0:00, 5:30, 11:00, 16:30
			t.Errorf("asked %d times", shop.asked())
		}
		next := s.Status()[0].NextRun
		if want := 22*time.Minute - (21*time.Minute + 40*time.Second); time.Until(next) != want {
			t.Errorf("next run in %v, want %v", time.Until(next), want)
		}
		stop()
		// Started again, it does not begin before its time.
		stop = run(t, New(Options{DB: db, Sources: []Source{source("a", shop, 5*time.Minute)}}))
		time.Sleep(10 * time.Second)
		if shop.asked() != 4 {
			t.Errorf("asked %d times", shop.asked())
		}
		time.Sleep(11 * time.Second)
		if shop.asked() != 5 {
			t.Errorf("asked %d times", shop.asked())
		}
		stop()
	})
}

func TestARequestEndsTheWaitAfterAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newMemory(t)
		shop := &fakeShop{n: 3, size: 10}
		shop.hook = func(call int, _ string) error {
			if call < 6 {
				return Errorf(Unavailable, "down")
			}
			return nil
		}
		s := New(Options{DB: db, Sources: []Source{source("a", shop, time.Hour)}})
		stop := run(t, s)
		defer stop()
		for i := range 5 {
			synctest.Wait()
			if st := s.Status()[0]; st.State != StateWaiting || st.LastError != "down" || st.NextRun.IsZero() || shop.asked() != i+1 {
				t.Fatalf("%+v after %d", st, shop.asked())
			}
			if queued, _ := s.Request(nil); !queued {
				t.Error("not queued")
			}
		}
		synctest.Wait()
		if st := s.Status()[0]; st.State != StateIdle || st.LastError != "" {
			t.Errorf("%+v", st)
		}
	})
}

func TestSuppliersComeFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newMemory(t)
		var mu sync.Mutex
		var log []string
		note := func(s string) {
			mu.Lock()
			defer mu.Unlock()
			log = append(log, s)
		}
		shop := &fakeShop{n: 3, size: 10, hook: func(int, string) error { note("shop"); return nil }}
		s := New(Options{
			DB: db, Sources: []Source{source("a", shop, 0)},
			Suppliers: []Supplier{&fakeSupplier{took: time.Minute, log: note}},
		})
		reports, err := s.Sync(t.Context(), nil)
		if err != nil || len(reports) != 1 || !slices.Equal(log, []string{"supplier", "shop"}) || db.Links != 2 {
			t.Errorf("%v, %+v, %v", log, reports, err)
		}
		if st := s.Status(); len(st) != 2 || st[0].Shop != "a" || st[1].Shop != "supplier:lumen" {
			t.Errorf("%+v", st)
		}
		// One that fails holds up the shops only until its first wait.
		log = nil
		s = New(Options{
			DB: newMemory(t), Sources: []Source{source("a", shop, 0)},
			Suppliers: []Supplier{&fakeSupplier{err: Errorf(Network, "no route"), log: note}},
		})
		if _, err := s.Sync(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		if at := slices.Index(log, "shop"); at != 1 || len(log) != maxTries+1 {
			t.Errorf("%v", log)
		}
	})
}
