package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestBackup(t *testing.T) {
	d := fresh(t)
	for n := range 40 {
		apply(t, d, "aurora", simple("aurora", n+1))
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "copy #1.db")
	calls, last, total := 0, 0, 0
	if err := d.Backup(t.Context(), path, false, func(done, of int) {
		calls++
		if done < last || done > of {
			t.Errorf("%d of %d after %d", done, of, last)
		}
		last, total = done, of
	}); err != nil {
		t.Fatal(err)
	}
	if calls == 0 || last != total {
		t.Errorf("%d calls, %d of %d", calls, last, total)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	c, err := Open(t.Context(), Options{Path: path, Clock: newClock(testTime).now})
	if err != nil {
		t.Fatal(err)
	}
	if got := stages(t, c); got["all"] != 40 {
		t.Errorf("%v", got)
	}
	healthy(t, c)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}

	apply(t, d, "aurora", simple("aurora", 99))
	wantCode(t, d.Backup(t.Context(), path, false, nil), Exists, path)
	if err := d.Backup(t.Context(), path, true, nil); err != nil {
		t.Fatal(err)
	}
	wantCode(t, d.Backup(t.Context(), d.Path(), true, nil), Invalid, d.Path())
	wantCode(t, d.Backup(t.Context(), dir, true, nil), Invalid, dir)
	nowhere := filepath.Join(dir, "no", "such", "folder.db")
	wantCode(t, d.Backup(t.Context(), nowhere, false, nil), Missing, nowhere)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	broken := filepath.Join(dir, "broken.db")
	if err := d.Backup(ctx, broken, false, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f.Name() != "copy #1.db" && f.Name() != "copy #1.db-wal" && f.Name() != "copy #1.db-shm" {
			t.Errorf("%s is left", f.Name())
		}
	}
}
