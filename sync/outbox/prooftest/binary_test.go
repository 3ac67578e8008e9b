//go:build failpoint

package prooftest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	gosync "sync"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/store"
)

// demoOrders is a demo with some unpaid orders at three suppliers.
const demoOrders = 4000

// program is the real one, with its demo, whose suppliers keep their books in files of their own.
type program struct {
	path string // of the binary
	data string // what --data names
	// The demo's world goes by the machine's clock and only the waiting is hurried.
	epoch string
	rng   *rand.Rand
}

// built makes the program once, and a demo that is filled.
var built = gosync.OnceValues(func() (program, error) {
	dir, err := os.MkdirTemp("", "orderdeck")
	if err != nil {
		return program{}, err
	}
	p := program{path: filepath.Join(dir, "orderdeck"), data: filepath.Join(dir, "data"), epoch: time.Now().Format(time.RFC3339Nano)}
	build := exec.CommandContext(context.Background(), "go", "build", "-tags", "failpoint", "-o", p.path, "github.com/orderdeck/orderdeck")
	if out, err := build.CombinedOutput(); err != nil {
		return p, fmt.Errorf("%w\n%s", err, out)
	}
	if out, err := p.command(context.Background(), 0, "list", "--limit", "1").CombinedOutput(); err != nil {
		return p, fmt.Errorf("%w\n%s", err, out)
	}
	return p, nil
})

// command is one run of it, killed at the n-th failpoint; 0 = never.
func (p program) command(ctx context.Context, n int, args ...string) *exec.Cmd {
	args = append(args, "--demo", fmt.Sprint("--demo-orders=", demoOrders), "--data", p.data)
	cmd := exec.CommandContext(ctx, p.path, args...)
	cmd.Env = append(os.Environ(), fmt.Sprint("FAILPOINT_AT=", n), "FAILPOINT_SPEED=10", "FAILPOINT_EPOCH="+p.epoch, "HOME="+filepath.Dir(p.path))
	return cmd
}

// copyOf gives the program a database of its own.
func copyOf(t *testing.T, p program, seed uint64) program {
	t.Helper()
	from := p.data
	p.data, p.rng = t.TempDir(), rand.New(rand.NewPCG(seed, 2)) //nolint:gosec // a test
	if err := os.CopyFS(p.data, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return p
}

// TestBinary kills the real program while it checks out the unpaid orders of its demo, and compares its database with the
// books of the suppliers.
func TestBinary(t *testing.T) {
	p, err := built()
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(filepath.Dir(p.path))
	schedules(t, 4, func(t *testing.T, seed uint64) {
		p := copyOf(t, p, seed)
		var kills []string
		for range 2 + p.rng.IntN(4) {
			n := 1 + p.rng.IntN(120)
			out, err := p.command(t.Context(), n, "checkout", "stage:unpaid", "--yes", "--json").CombinedOutput()
			if err == nil || !bytes.Contains(out, []byte("killed at ")) {
				continue // it was through before: some orders stay blocked, which is no failure
			}
			_, at, _ := strings.Cut(string(out), "killed at ")
			kills = append(kills, strings.TrimSpace(at))
		}
		// Once to its end: the kills may all have come before anything was told to be bought. That some orders stay blocked is
		// no failure.
		if out, err := p.command(t.Context(), 0, "checkout", "stage:unpaid", "--yes", "--json").CombinedOutput(); err != nil && len(out) == 0 {
			t.Errorf("killed at %v: %v", kills, err)
		}
		p.settle(t)
		if err := p.audit(t); err != nil {
			t.Errorf("killed at %v:\n%v", kills, err)
		}
	})
}

// settle lets `sync --watch` work until nothing is open.
func (p program) settle(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	cmd := p.command(ctx, 0, "sync", "--watch")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	}()
	for {
		open := ""
		for _, e := range p.effects(t) {
			if e.State.Open() {
				open = fmt.Sprintf("“%s” of %s is %s (%s)\n%s", e.Kind, e.Reference, e.State, e.Reason, e.Evidence)
			}
		}
		if open == "" {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("it is not done: %s", open)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func (p program) database(t *testing.T) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{Path: filepath.Join(p.data, fmt.Sprintf("demo-%d.db", demoOrders)), ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func (p program) effects(t *testing.T) []store.Effect {
	t.Helper()
	db := p.database(t)
	defer db.Close()
	all, err := db.Effects(t.Context(), store.EffectFilter{Limit: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// audit compares the placements with the books.
func (p program) audit(t *testing.T) error {
	t.Helper()
	made, paid, err := p.books()
	if err != nil {
		return err
	}
	db := p.database(t)
	defer db.Close()
	var wrong []error
	known := map[string]bool{}
	bought := 0
	for _, e := range p.effects(t) {
		if e.Kind == store.EffectTell || known[e.Reference] {
			continue
		}
		known[e.Reference] = true
		pl, err := db.PlacementsOf(t.Context(), e.Reference)
		if err != nil {
			return err
		}
		if pl.State.Paid() != (paid[e.Reference] == 1) {
			wrong = append(wrong, fmt.Errorf("%s is %s (%s), and was paid %d times", e.Reference, pl.State, pl.Reason, paid[e.Reference]))
		}
		if pl.State.Paid() {
			bought++
		}
		if err := understandable(t.Context(), db, pl); err != nil {
			wrong = append(wrong, err)
		}
	}
	for ref, n := range made {
		if n > 1 || paid[ref] > 1 || !known[ref] {
			wrong = append(wrong, fmt.Errorf("%s was made %d times and paid %d times; known: %t", ref, n, paid[ref], known[ref]))
		}
	}
	if bought == 0 {
		wrong = append(wrong, errors.New("nothing was bought at all"))
	}
	return errors.Join(wrong...)
}

// books counts what the suppliers did, by reference.
func (p program) books() (made, paid map[string]int, err error) {
	made, paid = map[string]int{}, map[string]int{}
	files, err := filepath.Glob(filepath.Join(p.data, "*.jsonl"))
	if err != nil {
		return nil, nil, err
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, nil, err
		}
		refs := map[string]string{}
		for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
			var e struct {
				Order *struct{ No, Ref string }
				No    string
				Paid  string
			}
			if json.Unmarshal(lines.Bytes(), &e) != nil {
				continue // the first line, and one that a kill cut
			}
			switch {
			case e.Order != nil:
				refs[e.Order.No] = e.Order.Ref
				made[e.Order.Ref]++
			case e.Paid != "":
				paid[refs[e.No]]++
			}
		}
	}
	return made, paid, nil
}
