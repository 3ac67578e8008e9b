package store

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func testSpool(t testing.TB) (*Spool, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "db-import-1")
	s, err := OpenSpool(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, path
}

// TestPartsComeBeforeAndLongAfterTheirHead: the order in which they were written is not that in which they belong.
func TestPartsComeBeforeAndLongAfterTheirHead(t *testing.T) {
	s, path := testSpool(t)
	ctx := t.Context()
	if err := s.Add(ctx, []SpoolRow{
		{At: 1, Parent: "b", Data: []byte("b1")},
		{At: 3, ID: "a", Data: []byte("A")},
		{At: 9, Parent: "a", Data: []byte("a2")},
		{At: 5, Parent: "a", Data: []byte("a1")},
	}, []byte("first")); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := OpenSpool(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	// What is added twice is there once.
	for range 2 {
		if err := s.Add(ctx, []SpoolRow{{At: 20, ID: "b", Data: []byte("B")}, {At: 21, Parent: "nobody", Data: []byte("n")}}, []byte("second")); err != nil {
			t.Fatal(err)
		}
	}
	state, err := s.State(ctx)
	if err != nil || string(state) != "second" {
		t.Errorf("state %q %v", state, err)
	}
	var got []string
	for after := int64(0); ; {
		page, err := s.Next(ctx, after, 1)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		after = page[0].At
		got = append(got, fmt.Sprintf("%s=%s%s", page[0].ID, page[0].Data, page[0].Parts))
	}
	if fmt.Sprint(got) != "[a=A[a1 a2] b=B[b1]]" {
		t.Error(got)
	}
	if err := s.Clear(ctx); err != nil {
		t.Fatal(err)
	}
	if state, err := s.State(ctx); state != nil || err != nil {
		t.Errorf("after clearing: %q %v", state, err)
	}
	if err := s.Remove(); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(path + "*"); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestRowsAndTheirStateAreOne: a transaction that does not come to its end leaves neither.
func TestRowsAndTheirStateAreOne(t *testing.T) {
	s, _ := testSpool(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Add(ctx, []SpoolRow{{At: 1, ID: "a"}}, []byte("x")); err == nil {
		t.Fatal("an ended context was ignored")
	}
	state, err := s.State(t.Context())
	page, err2 := s.Next(t.Context(), 0, 10)
	if err != nil || err2 != nil || state != nil || len(page) != 0 {
		t.Errorf("%q %v, %v %v", state, err, page, err2)
	}
}

// TestASpoolIsForItsUserAlone, with the files that SQLite makes beside it.
func TestASpoolIsForItsUserAlone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has other rights")
	}
	s, path := testSpool(t)
	if err := s.Add(t.Context(), []SpoolRow{{At: 1, ID: "a", Data: []byte("A")}}, nil); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) < 2 {
		t.Fatalf("%v %v", files, err)
	}
	for _, f := range files {
		if info, err := os.Stat(f); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", f, info.Mode(), err)
		}
	}
}

// TestADamagedSpoolIsMadeAnew: all of it can be had again.
func TestADamagedSpoolIsMadeAnew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "spool")
	if err := os.WriteFile(path, []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := OpenSpool(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Add(t.Context(), []SpoolRow{{At: 1, ID: "a", Data: []byte("A")}}, []byte("x")); err != nil {
		t.Error(err)
	}
}

// TestARemovedShopLeavesNoSpool: what was fetched for it goes with it.
func TestARemovedShopLeavesNoSpool(t *testing.T) {
	d, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "test.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.PutShop(t.Context(), Shop{Name: "my/shop", Platform: "shopify"}); err != nil {
		t.Fatal(err)
	}
	s, err := d.Spool(t.Context(), "my/shop")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(d.spoolPath("my/shop")); err != nil {
		t.Fatal(err)
	}
	if err := d.RemoveShop(t.Context(), "my/shop"); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(d.spoolPath("my/shop")); !os.IsNotExist(err) {
		t.Errorf("%v, want %v", err, fs.ErrNotExist)
	}
}
