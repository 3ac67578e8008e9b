package journal_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/orderdeck/orderdeck/sync/internal/journal"
)

// reader applies lines to a list.
type reader struct {
	log  *journal.Log
	seen []int
}

func open(path, epoch string) *reader { return &reader{log: journal.New(path, "test", epoch)} }

func (r *reader) refresh(t *testing.T) []int {
	t.Helper()
	err := r.log.Refresh(func() { r.seen = nil }, func(line []byte) error {
		var n int
		if err := json.Unmarshal(line, &n); err != nil {
			return err
		}
		r.seen = append(r.seen, n)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return r.seen
}

func (r *reader) add(t *testing.T, n int) {
	t.Helper()
	if err := r.log.Append(n); err != nil {
		t.Fatal(err)
	}
}

// TestTornAnywhere cuts the file at every byte: what was whole is read, and what is written then is read too.
func TestTornAnywhere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.jsonl")
	w := open(path, "")
	ends := []int64{}
	for n := 100; n < 105; n++ {
		w.refresh(t)
		w.add(t, n)
		ends = append(ends, w.log.Size())
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for cut := range len(whole) + 1 {
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		var want []int
		for i, end := range ends {
			if end <= int64(cut) {
				want = append(want, 100+i)
			}
		}
		r := open(path, "")
		if got := r.refresh(t); !slices.Equal(got, want) {
			t.Fatalf("cut at byte %d of %d: %v is read, want %v", cut, len(whole), got, want)
		}
		r.add(t, 777)
		if got := open(path, "").refresh(t); !slices.Equal(got, append(want, 777)) {
			t.Fatalf("cut at byte %d: after a write %v is read, want %v", cut, got, append(want, 777))
		}
	}
}

// TestReadAlong lets one process read what another writes, also after it wrote the file anew.
func TestReadAlong(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sub", "a.jsonl")
	w, r := open(path, "x"), open(path, "x")
	if got := r.refresh(t); got != nil {
		t.Fatalf("%v is read from nothing", got)
	}
	w.add(t, 1)
	w.add(t, 2)
	if got := r.refresh(t); !slices.Equal(got, []int{1, 2}) {
		t.Fatalf("%v", got)
	}
	if err := w.log.Rewrite([]any{2}); err != nil {
		t.Fatal(err)
	}
	w.add(t, 3)
	if got := r.refresh(t); !slices.Equal(got, []int{2, 3}) {
		t.Fatalf("after it was written anew: %v", got)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v %v, want -rw-------", info.Mode(), err)
	}
	if got := open(path, "y").refresh(t); got != nil {
		t.Fatalf("another epoch reads %v", got)
	}
	other := open(path, "y")
	other.refresh(t)
	other.add(t, 9)
	if got := r.refresh(t); got != nil {
		t.Fatalf("the old epoch reads %v", got)
	}
	if got := open(path, "y").refresh(t); !slices.Equal(got, []int{9}) {
		t.Fatalf("the new epoch reads %v", got)
	}
}

// TestDamage refuses what is no torn end but a hole in the middle, and what is no such file at all.
func TestDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.jsonl")
	for _, content := range []string{
		"{\"orderdeck\":\"test\"}\n1\n{nonsense\n3\n",
		"{\"orderdeck\":\"something else\"}\n",
		"hello\n",
	} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		err := journal.New(path, "test", "").Refresh(func() {}, func(line []byte) error {
			var n int
			return json.Unmarshal(line, &n)
		})
		if err == nil || !strings.Contains(err.Error(), "move it away") {
			t.Errorf("%q: %v", content, err)
		}
	}
}
