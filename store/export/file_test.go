package export

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/orderdeck/orderdeck/store"
)

// only fails unless a folder holds exactly the files named.
func only(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if strings.Join(got, " ") != strings.Join(names, " ") {
		t.Errorf("the folder holds %q, want %q", got, names)
	}
}

func many(n int) *memory {
	m := sample()
	one := m.records[0]
	m.records = m.records[:0]
	for i := range n {
		one.ID = int64(i + 1)
		m.records = append(m.records, one)
	}
	return m
}

func TestFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "orders.csv")
	r := Request{Profile: Orders}
	p, err := file(t.Context(), sample(), path, false, r, nil)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Size() != p.Bytes {
		t.Fatal(info, p, err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("the mode is %v", info.Mode())
	}
	only(t, dir, "orders.csv")

	before, _ := os.ReadFile(path)
	r.Columns = []string{"number"}
	if _, err := file(t.Context(), sample(), path, false, r, nil); !errors.Is(err, ErrExists) || store.CodeOf(err) != store.Exists {
		t.Errorf("an existing file: %v", err)
	}
	if after, _ := os.ReadFile(path); string(after) != string(before) {
		t.Error("the existing file was changed")
	}
	if _, err := file(t.Context(), sample(), path, true, r, nil); err != nil {
		t.Fatal(err)
	}
	if after, _ := os.ReadFile(path); string(after) != "number\r\n1001\r\n1001\r\n1002\r\n1003\r\n" {
		t.Errorf("overwritten, the file holds %q", after)
	}
	only(t, dir, "orders.csv")
}

// TestFileAppearsMeanwhile makes a file of the same name while the export runs.
func TestFileAppearsMeanwhile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "orders.csv")
	made := false
	_, err := file(t.Context(), many(300), path, false, Request{Profile: Orders}, func(Progress) {
		if !made {
			made = true
			if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	})
	if !errors.Is(err, ErrExists) {
		t.Error(err)
	}
	if data, _ := os.ReadFile(path); string(data) != "mine" {
		t.Errorf("the file that appeared holds %q", data)
	}
	only(t, dir, "orders.csv")
}

func TestFileLeavesNothing(t *testing.T) {
	boom := errors.New("boom")
	for _, c := range []struct {
		name string
		m    *memory
		want error
	}{
		{"nothing matches", &memory{}, ErrNothing},
		{"the database fails", &memory{records: sample().records, fail: boom}, boom},
		{"cancelled", nil, context.Canceled},
	} {
		for _, overwrite := range []bool{false, true} {
			t.Run(c.name, func(t *testing.T) {
				dir := t.TempDir()
				path := filepath.Join(dir, "orders.csv")
				var kept []string
				if overwrite {
					if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
						t.Fatal(err)
					}
					kept = []string{"orders.csv"}
				}
				ctx, m := t.Context(), c.m
				var progress func(Progress)
				if m == nil {
					var cancel context.CancelFunc
					ctx, cancel = context.WithCancel(ctx)
					m, progress = many(2000), func(p Progress) {
						if p.Orders < 256 || p.Bytes == 0 {
							t.Errorf("cancelled too early to show anything: %+v", p)
						}
						only(t, dir, append([]string{part(t, dir)}, kept...)...)
						cancel()
					}
				}
				if _, err := file(ctx, m, path, overwrite, Request{Profile: Lines}, progress); !errors.Is(err, c.want) {
					t.Error(err)
				}
				only(t, dir, kept...)
				if overwrite {
					if data, _ := os.ReadFile(path); string(data) != "old" {
						t.Errorf("the old file holds %q", data)
					}
				}
			})
		}
	}
}

// part is the name of the file that is being written.
func part(t *testing.T, dir string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, ".orderdeck-export-*"))
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	return filepath.Base(found[0])
}

func TestFileRefusals(t *testing.T) {
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, path string
		code       store.Code
		want       string
	}{
		{"no name", "", store.Invalid, "no file was named"},
		{"a folder", dir, store.Invalid, "is a folder"},
		{"no folder", filepath.Join(dir, "none", "x.csv"), store.Missing, "there is no folder"},
		{"a file for a folder", filepath.Join(plain, "x.csv"), store.Missing, "folder"},
		{"a device", os.DevNull, store.Invalid, "not an ordinary file"},
		{"a long name", filepath.Join(dir, strings.Repeat("x", 300)), store.Invalid, "too long"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if runtime.GOOS == "windows" && (c.name == "a device" || c.name == "a long name") {
				t.Skip("Windows has other words for it")
			}
			_, err := file(t.Context(), sample(), c.path, true, Request{Profile: Orders}, nil)
			if store.CodeOf(err) != c.code || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%q: %v", store.CodeOf(err), err)
			}
		})
	}
	only(t, dir, "plain")
}

func TestFileThroughLink(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "real.csv"), filepath.Join(dir, "a-link.csv")
	if err := os.WriteFile(target, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, link); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	if _, err := file(t.Context(), sample(), link, false, Request{Profile: Orders}, nil); !errors.Is(err, ErrExists) {
		t.Error(err)
	}
	if _, err := file(t.Context(), sample(), link, true, Request{Profile: Orders}, nil); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Error("the link has been replaced")
	}
	if data, _ := os.ReadFile(target); !strings.HasPrefix(string(data), "store,number") {
		t.Errorf("the target holds %q", data)
	}
	only(t, dir, "a-link.csv", "real.csv")
}
