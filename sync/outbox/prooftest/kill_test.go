//go:build failpoint

package prooftest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	gosync "sync"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/sync/supplier/cj/cjfake"
)

// speed is how many seconds pass in one for the program under test, and for the house.
const speed = 30

// world is one schedule: a house with its manners, a database, and the program that is killed again and again.
type world struct {
	t     *testing.T
	h     *house
	cj    *cjfake.Server // nil = the house is bought at
	rng   *rand.Rand
	c     child
	epoch time.Time
	kills []string // where
}

// seeds gives how many schedules there are to be, and the seed of the first.
func seeds(t *testing.T, least int) (first uint64, n int) {
	t.Helper()
	n = least
	if text := os.Getenv("KILL_SCHEDULES"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	first = uint64(time.Now().UnixNano()) //nolint:gosec // any number will do
	if text := os.Getenv("KILL_SEED"); text != "" {
		var err error
		if first, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	return first, n
}

// drawn is what goes wrong with a reference: the same for the same seed.
func drawn(seed uint64) func(reference string) plan {
	return func(reference string) plan {
		n := uint64(0)
		for _, c := range reference {
			n = n*131 + uint64(c)
		}
		r := rand.New(rand.NewPCG(seed, n)) //nolint:gosec // a test
		var p plan
		if r.IntN(2) == 0 {
			p.Place = []fault{late, dropped, cut, refused, busy, busyDone, brokenDone, partial}[r.IntN(8)]
		}
		if r.IntN(2) == 0 {
			p.Pay = []fault{late, dropped, cut, refused, busy, busyDone, brokenDone}[r.IntN(7)]
		}
		if r.IntN(3) == 0 {
			p.Hidden = time.Duration(r.Int64N(int64(settled - 2*time.Second)))
		}
		if r.IntN(8) == 0 {
			p.Rise = 50
		}
		p.ThirdRead, p.Split, p.Extra = r.IntN(6) == 0, r.IntN(6) == 0, r.IntN(8) == 0
		if r.IntN(6) == 0 {
			p.Alien = r.IntN(4)
		}
		p.CancelledThere = r.IntN(12) == 0
		return p
	}
}

func newWorld(t *testing.T, seed uint64, n int) *world {
	t.Helper()
	w := &world{t: t, rng: rand.New(rand.NewPCG(seed, 1)), epoch: time.Now()} //nolint:gosec // a test
	w.h = &house{
		now: func() time.Time { return w.epoch.Add(time.Since(w.epoch) * speed) },
		manners: manners{
			Second: w.rng.IntN(2) == 0, IgnoreFilter: w.rng.IntN(2) == 0, Lookup500: w.rng.IntN(4) == 0,
		},
		Plan: drawn(seed),
	}
	w.c = child{Path: filepath.Join(t.TempDir(), "desk.db"), URL: open(t, w.h), Who: "ana", Patient: 30 * time.Second}
	w.c.Dedupe = !w.h.Second
	if w.h.Second && w.h.Lookup500 { // nothing can be bought at such a house
		w.h.Lookup500 = false
	}
	db := w.open()
	w.c.IDs = stock(t, w.h, db, n)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) open() *store.DB {
	w.t.Helper()
	db, err := store.Open(w.t.Context(), store.Options{Path: w.c.Path, Clock: w.h.now})
	if err != nil {
		w.t.Fatal(err)
	}
	return db
}

// start begins a run that is killed at the n-th failpoint; 0 = never.
func (w *world) start(c child, n int) (*exec.Cmd, *bytes.Buffer) {
	w.t.Helper()
	text, err := json.Marshal(c)
	if err != nil {
		w.t.Fatal(err)
	}
	cmd := exec.CommandContext(w.t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+string(text), fmt.Sprint("FAILPOINT_AT=", n), fmt.Sprint("FAILPOINT_SPEED=", speed),
		"FAILPOINT_EPOCH="+w.epoch.Format(time.RFC3339Nano))
	out := new(bytes.Buffer)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	return cmd, out
}

// killed tells whether a run ended at its failpoint; a run that fails by itself fails the test.
func (w *world) killed(cmd *exec.Cmd, out *bytes.Buffer) bool {
	w.t.Helper()
	err := cmd.Wait()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return false
	case errors.As(err, &exit) && exit.ExitCode() == -1:
		_, at, _ := strings.Cut(out.String(), "killed at ")
		w.kills = append(w.kills, strings.TrimSpace(at))
		return true
	}
	w.t.Fatalf("%v\n%s", err, out)
	return false
}

// finish lets it come to its end undisturbed.
func (w *world) finish() {
	w.t.Helper()
	if cmd, out := w.start(w.c, 0); w.killed(cmd, out) {
		w.t.Fatalf("it ended by itself:\n%s", out)
	}
}

// check compares what is believed with what happened.
func (w *world) check(when string) {
	w.t.Helper()
	w.books()
	db := w.open()
	defer db.Close()
	if err := audit(w.t.Context(), w.h, db, w.c.IDs); err != nil {
		w.t.Errorf("%s, killed at %v:\n%v", when, w.kills, err)
	}
	findings, err := db.Check(w.t.Context())
	if err != nil {
		w.t.Error(err)
	}
	for _, f := range findings {
		if f.Severity != store.Fine && f.Check != "space" && f.Check != "outbox" { // that something is not known is what it says
			w.t.Errorf("%s: %s: %s", when, f.Check, f.Text)
		}
	}
}

// decide is what a merchant does about what stands still: try again, or take it back.
func (w *world) decide() (acted bool) {
	w.t.Helper()
	db := w.open()
	defer db.Close()
	failed, err := db.Effects(w.t.Context(), store.EffectFilter{Open: true})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range failed {
		if e.State != store.EffectFailed {
			continue
		}
		if w.rng.IntN(2) == 0 {
			err = db.RetryEffect(w.t.Context(), "ana", e.ID)
		} else {
			err = db.BackToUnpaid(w.t.Context(), "ana", e.Reference)
		}
		if err != nil && store.CodeOf(err) != store.Invalid { // a refusal is an answer too
			w.t.Fatal(err)
		}
		acted = acted || err == nil
	}
	return acted
}

// schedules runs something for every seed, several side by side.
func schedules(t *testing.T, least int, run func(t *testing.T, seed uint64)) {
	first, n := seeds(t, least)
	t.Logf("seed %d (KILL_SEED=%d KILL_SCHEDULES=%d to see it again)", first, first, n)
	gate := make(chan struct{}, 6)
	var all gosync.WaitGroup
	for i := range n {
		seed := first + uint64(i) //nolint:gosec // small
		gate <- struct{}{}
		all.Go(func() {
			defer func() { <-gate }()
			t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) { run(t, seed) })
		})
	}
	all.Wait()
}

// live kills the program at least three times, and fewer than kills more, each within so many failpoints; then it lets a
// merchant act on what is left. Whatever happened is checked.
func (w *world) live(kills, within int) {
	w.t.Helper()
	for range 3 + w.rng.IntN(kills) {
		cmd, out := w.start(w.c, 1+w.rng.IntN(within))
		if !w.killed(cmd, out) {
			break
		}
	}
	w.finish()
	w.check("after the kills")
	if !w.decide() {
		return
	}
	cmd, out := w.start(w.c, 1+w.rng.IntN(30))
	if w.killed(cmd, out) {
		w.finish()
	}
	w.check("after the merchant's word")
}

// TestKill kills the program between any two writes and sends, again and again, and lets a merchant act on what is left.
func TestKill(t *testing.T) {
	var mu gosync.Mutex
	where := map[string]int{}
	schedules(t, 50, func(t *testing.T, seed uint64) {
		w := newWorld(t, seed, 4)
		w.live(5, 60)
		mu.Lock()
		defer mu.Unlock()
		for _, at := range w.kills {
			where[at]++
		}
	})
	t.Logf("killed at %v", where)
	for _, at := range []string{"store.before", "store.after", "outbox.begun", "outbox.sent"} {
		if where[at] == 0 {
			t.Errorf("it was never killed at %s", at)
		}
	}
}

// TestTwoTerminals lets two processes check out the same orders at once; one of them is killed now and then.
func TestTwoTerminals(t *testing.T) {
	schedules(t, 10, func(t *testing.T, seed uint64) {
		w := newWorld(t, seed, 6)
		one, two := w.c, w.c
		two.Who = "bia"
		n := 0
		if w.rng.IntN(2) == 0 {
			n = 1 + w.rng.IntN(80)
		}
		a, outA := w.start(one, n)
		b, outB := w.start(two, 0)
		w.killed(a, outA)
		w.killed(b, outB)
		w.finish()
		w.check("two at once")
		db := w.open()
		defer db.Close()
		for _, id := range w.c.IDs {
			rec, err := db.Record(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			if len(rec.Placements) != 1 {
				t.Errorf("%s has %d placements", rec.Number, len(rec.Placements))
			}
		}
	})
}

// TestPowerCut takes the database back to what was on the disk when a request came to the house, as after a power cut:
// what the program wrote later is gone, and what the house did is not.
func TestPowerCut(t *testing.T) {
	schedules(t, 10, func(t *testing.T, seed uint64) {
		w := newWorld(t, seed, 3)
		for range 3 {
			left := 1 + w.rng.IntN(4)
			saved := filepath.Join(t.TempDir(), "saved")
			reached, dead := make(chan struct{}), make(chan struct{})
			w.h.setOnWrite(func() { // the house does nothing more before the program is dead, and then what it was asked for
				if left--; left != 0 {
					return
				}
				for _, end := range []string{"", "-wal"} {
					data, err := os.ReadFile(w.c.Path + end)
					if err == nil {
						err = os.WriteFile(saved+end, data, 0o600)
					}
					if err != nil && !os.IsNotExist(err) {
						t.Error(err)
					}
				}
				close(reached)
				<-dead
			})
			cmd, out := w.start(w.c, 0)
			ended := make(chan bool, 1)
			go func() { ended <- w.killed(cmd, out) }()
			select {
			case <-reached:
				_ = cmd.Process.Kill()
				<-ended
			case <-ended:
			}
			close(dead)
			w.h.setOnWrite(nil)
			if _, err := os.Stat(saved); err != nil {
				break // it was over before
			}
			_ = os.Remove(w.c.Path + "-shm")
			for _, end := range []string{"", "-wal"} {
				data, err := os.ReadFile(saved + end)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(w.c.Path+end, data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
		w.finish()
		w.check("after the power cuts")
	})
}

// TestFullDisk gives the program less and less room, and then enough of it again.
func TestFullDisk(t *testing.T) {
	schedules(t, 10, func(t *testing.T, seed uint64) {
		w := newWorld(t, seed, 4)
		info, err := os.Stat(w.c.Path)
		if err != nil {
			t.Fatal(err)
		}
		full := w.c
		full.Patient = 2 * time.Second
		for range 3 {
			full.Limit = uint64(info.Size()) + uint64(w.rng.IntN(400<<10)) //nolint:gosec // small
			cmd, out := w.start(full, 0)
			if err := cmd.Wait(); err != nil && !strings.Contains(out.String(), "no room left") && !strings.Contains(out.String(), "not done") &&
				!strings.Contains(out.String(), "failed") {
				t.Fatalf("%v\n%s", err, out)
			}
		}
		w.finish()
		w.check("after the full disk")
	})
}
