package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// raw opens a database file without this package's ways.
func raw(t testing.TB, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func mustExec(t testing.TB, db *sql.DB, text string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), text, args...); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

// wantCode fails the test unless err is an *Error with a code and a sentence that names the file.
func wantCode(t testing.TB, err error, code Code, path string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Code != code {
		t.Fatalf("got %v (%s), want code %s", err, CodeOf(err), code)
	}
	if !strings.Contains(e.Text, path) || strings.Contains(e.Text, "%!") {
		t.Errorf("sentence %q does not name %s", e.Text, path)
	}
}

func TestOpenSettings(t *testing.T) {
	d := fresh(t)
	for _, c := range []struct {
		pragma string
		want   int64
	}{{"synchronous", 2}, {"foreign_keys", 1}, {"cache_size", -writerKB}} {
		var got int64
		if err := d.w.conn.QueryRowContext(t.Context(), "PRAGMA "+c.pragma).Scan(&got); err != nil || got != c.want {
			t.Errorf("writer: %s is %d, want %d (%v)", c.pragma, got, c.want, err)
		}
	}
	var mode string
	if err := d.w.conn.QueryRowContext(t.Context(), "PRAGMA journal_mode").Scan(&mode); err != nil || mode != "wal" {
		t.Errorf("journal mode %q, %v", mode, err)
	}
	if _, err := d.read.ExecContext(t.Context(), `DELETE FROM shops`); err == nil {
		t.Error("a reader can write")
	}
	for _, name := range []string{filepath.Dir(d.path), d.path, d.path + "-wal", d.path + "-shm"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", name, info.Mode())
		}
	}
}

func TestOpenStrangePath(t *testing.T) {
	for _, name := range []string{"a b.db", "q?mode=memory.db", "hash#1.db", "100%25.db", "ünï.db"} {
		path := filepath.Join(t.TempDir(), name)
		d := at(t, path, newClock(testTime))
		apply(t, d, "aurora", simple("aurora", 1))
		if info, err := os.Stat(path); err != nil || info.Size() == 0 {
			t.Errorf("%s was not written: %v", path, err)
		}
	}
}

func TestOpenCorrupt(t *testing.T) {
	dir := t.TempDir()
	garbage := filepath.Join(dir, "garbage.db")
	want := strings.Repeat("this is no database. ", 500)
	if err := os.WriteFile(garbage, []byte(want), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), Options{Path: garbage})
	wantCode(t, err, Corrupt, garbage)
	if got, _ := os.ReadFile(garbage); string(got) != want {
		t.Error("the file was changed")
	}

	path := filepath.Join(dir, "good.db")
	func() {
		d, err := Open(t.Context(), Options{Path: path, Clock: newClock(testTime).now})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		if err := d.PutShop(t.Context(), Shop{Name: "aurora"}); err != nil {
			t.Fatal(err)
		}
		for n := range 50 {
			apply(t, d, "aurora", simple("aurora", n+1))
		}
	}()
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		bad := append([]byte(nil), good...)
		from := rapid.IntRange(100, len(bad)-1).Draw(rt, "from")
		for i := range bad[from:min(from+rapid.IntRange(1, 40_000).Draw(rt, "bytes"), len(bad))] {
			bad[from+i] = byte(i*31 + 7)
		}
		broken := filepath.Join(dir, "broken.db")
		for _, s := range []string{"-wal", "-shm"} {
			_ = os.Remove(broken + s)
		}
		if err := os.WriteFile(broken, bad, 0o600); err != nil {
			rt.Fatal(err)
		}
		// Whatever is damaged, there is no panic, and what is noticed has the code and the sentence.
		d, err := Open(context.Background(), Options{Path: broken, Clock: newClock(testTime).now})
		if err != nil {
			if c := CodeOf(err); c == "" {
				rt.Fatalf("open: %v", err)
			}
			return
		}
		defer d.Close()
		findings, err := d.Check(context.Background())
		if err != nil && CodeOf(err) == "" {
			rt.Fatalf("check: %v", err)
		}
		_ = findings
		if _, err := d.Window(context.Background(), Query{}, Key{}, false, 100); err != nil && CodeOf(err) == "" {
			rt.Fatalf("window: %v", err)
		}
	})
}

func TestOpenForeign(t *testing.T) {
	path := filepath.Join(t.TempDir(), "other.db")
	db := raw(t, path)
	mustExec(t, db, `CREATE TABLE bookmarks (url TEXT)`)
	mustExec(t, db, `INSERT INTO bookmarks VALUES ('https://example.com')`)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	before, _ := os.ReadFile(path)
	_, err := Open(t.Context(), Options{Path: path})
	wantCode(t, err, Foreign, path)
	if after, _ := os.ReadFile(path); string(after) != string(before) {
		t.Error("the file was changed")
	}
}

func TestOpenNewer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.db")
	d, err := Open(t.Context(), Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	db := raw(t, path)
	mustExec(t, db, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (?, 1)`, schemaVersion()+1)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, readOnly := range []bool{false, true} {
		_, err = Open(t.Context(), Options{Path: path, ReadOnly: readOnly})
		wantCode(t, err, Newer, path)
	}
}

func TestOpenLocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.db")
	d := at(t, path, newClock(testTime))
	other := raw(t, "file:"+path+"?_pragma=busy_timeout(0)&_txlock=immediate")
	tx, err := other.Begin()
	if err != nil {
		t.Fatal(err)
	}
	err = d.SetMeta(t.Context(), "a", "b")
	wantCode(t, err, Locked, path)
	if _, err := d.Window(t.Context(), Query{}, Key{}, false, 10); err != nil {
		t.Errorf("reading while another process writes: %v", err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := d.SetMeta(t.Context(), "a", "b"); err != nil {
		t.Errorf("after the lock is gone: %v", err)
	}
}

// TestOpenHeld opens a database that another program keeps for itself.
func TestOpenHeld(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.db")
	if err := seedFile(path); err != nil {
		t.Fatal(err)
	}
	other := raw(t, "file:"+path+"?_pragma=locking_mode(EXCLUSIVE)")
	other.SetMaxOpenConns(1)
	mustExec(t, other, `BEGIN EXCLUSIVE`)
	mustExec(t, other, `INSERT INTO meta (key, value) VALUES ('a', 'b')`)
	for _, readOnly := range []bool{false, true} {
		_, err := Open(t.Context(), Options{Path: path, ReadOnly: readOnly, busy: 20 * time.Millisecond})
		wantCode(t, err, Locked, path)
	}
	mustExec(t, other, `ROLLBACK`)
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	d := at(t, path, newClock(testTime))
	healthy(t, d)
}

// coded is an error of SQLite's.
type coded int

func (c coded) Error() string { return "SQLite says " + numeral(int64(c)) }
func (c coded) Code() int     { return int(c) }

func TestExplain(t *testing.T) {
	for _, c := range []struct {
		err  error
		want Code
	}{
		{coded(5), Locked},
		{coded(5 | 1<<8), Locked},
		{coded(6), Locked},
		{coded(8), ReadOnly},
		{coded(8 | 4<<8), ReadOnly},
		{coded(14), ReadOnly},
		{coded(13), Full},
		{coded(11), Corrupt},
		{coded(11 | 1<<8), Corrupt},
		{coded(26), Corrupt},
		{coded(1), Failed},
		{fs.ErrPermission, ReadOnly},
		{syscall.EROFS, ReadOnly},
		{syscall.ENOSPC, Full},
		{fs.ErrNotExist, Missing},
		{syscall.ENOTDIR, Missing},
		{io.ErrUnexpectedEOF, Failed},
		{fmt.Errorf("while writing: %w", coded(13)), Full},
		{refuse(Exists, "there"), Exists},
	} {
		err := explain("/data/desk.db", c.err)
		if CodeOf(err) != c.want || strings.Contains(err.Error(), "%!") {
			t.Errorf("%v: %s (%v), want %s", c.err, CodeOf(err), err, c.want)
		}
		if !errors.Is(err, c.err) {
			t.Errorf("%v: the cause is lost", c.err)
		}
	}
	for _, err := range []error{nil, context.Canceled, context.DeadlineExceeded} {
		if got := explain("/data/desk.db", err); got != err { //nolint:errorlint // the very same
			t.Errorf("%v became %v", err, got)
		}
	}
}

func TestOpenMissing(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(file, "desk.db")
	_, err := Open(t.Context(), Options{Path: path})
	wantCode(t, err, Missing, path)
	path = filepath.Join(dir, "none.db")
	_, err = Open(t.Context(), Options{Path: path, ReadOnly: true})
	wantCode(t, err, Missing, path)
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Error("opening for reading made a file")
	}
}

func TestOpenReadOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.db")
	d := at(t, path, newClock(testTime))
	apply(t, d, "aurora", simple("aurora", 1))
	r, err := Open(t.Context(), Options{Path: path, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	w, err := r.Window(t.Context(), Query{}, Key{}, false, 10)
	if err != nil || len(w.Rows) != 1 {
		t.Errorf("%d rows, %v", len(w.Rows), err)
	}
	wantCode(t, r.SetMeta(t.Context(), "a", "b"), ReadOnly, path)
}

func TestFull(t *testing.T) {
	d := fresh(t)
	apply(t, d, "aurora", simple("aurora", 1))
	var pages int64
	if err := d.w.conn.QueryRowContext(t.Context(), `PRAGMA page_count`).Scan(&pages); err != nil {
		t.Fatal(err)
	}
	var limit int64
	if err := d.w.conn.QueryRowContext(t.Context(), `PRAGMA max_page_count = `+numeral(pages+4)).Scan(&limit); err != nil {
		t.Fatal(err)
	}
	p := Page{Shop: "aurora", Stream: "orders", Cursor: []byte("after")}
	for n := range 300 {
		p.Orders = append(p.Orders, Pulled{Order: simple("aurora", n+2)})
	}
	_, err := d.Apply(t.Context(), p)
	wantCode(t, err, Full, d.path)
	if c, err := d.Cursor(t.Context(), "aurora", "orders"); err != nil || c != nil {
		t.Errorf("the cursor moved to %q, %v", c, err)
	}
	if n, _, err := d.Count(t.Context(), Query{}, 0); err != nil || n != 1 {
		t.Errorf("%d orders, %v", n, err)
	}
	healthy(t, d)
	if err := d.w.conn.QueryRowContext(t.Context(), `PRAGMA max_page_count = 1000000`).Scan(&limit); err != nil {
		t.Fatal(err)
	}
	if r, err := d.Apply(t.Context(), p); err != nil || r.New != 300 {
		t.Errorf("with room again: %+v, %v", r, err)
	}
	healthy(t, d)
}

// TestMigrateTogether opens a new database from several sides at once.
func TestMigrateTogether(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.db")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			d, err := Open(t.Context(), Options{Path: path})
			if err != nil {
				t.Errorf("open: %v", err)
				return
			}
			if err := d.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		})
	}
	wg.Wait()
	db := raw(t, path)
	var n int
	if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM goose_db_version WHERE version_id = 1`).Scan(&n); err != nil || n != 1 {
		t.Errorf("the first migration ran %d times, %v", n, err)
	}
}

// TestMigrateOld brings a database of the first version up to date.
func TestMigrateOld(t *testing.T) {
	if os.Getenv("ORDERDECK_UPDATE") != "" && schemaVersion() == 1 {
		writeV1(t)
	}
	packed, err := os.ReadFile(v1)
	if err != nil {
		t.Fatal(err)
	}
	old, err := unpack(packed)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "desk.db")
	if err := os.WriteFile(path, old, 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := Open(t.Context(), Options{Path: path, Clock: newClock(testTime).now})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	counts, err := d.Counts(t.Context(), nil)
	if err != nil || counts["all"] != 2 {
		t.Errorf("counts %v, %v", counts, err)
	}
	refs, err := d.Find(t.Context(), "aurora/1")
	if err != nil || len(refs) != 1 {
		t.Fatalf("find: %v, %v", refs, err)
	}
	rec, err := d.Record(t.Context(), refs[0].ID)
	if err != nil || rec.Customer.Name != "Maria Souza 1" {
		t.Errorf("%+v, %v", rec.Customer, err)
	}
	healthy(t, d)
	// What an old database becomes must be what a new one is: migrations that were released are never edited.
	was, err := d.Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	is, err := fresh(t).Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(was, is) {
		t.Errorf("the schema differs from a new one:\n%s\n\n%s", strings.Join(was, "\n"), strings.Join(is, "\n"))
	}
}

// v1 is a database as the first version made it, packed with zstd. It is never written again once that is released.
const v1 = "testdata/v1.db.zst"

func writeV1(t *testing.T) {
	path := filepath.Join(t.TempDir(), "v1.db")
	func() {
		d, err := Open(t.Context(), Options{Path: path, Clock: newClock(testTime).now})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		if err := d.PutShop(t.Context(), Shop{Name: "aurora"}); err != nil {
			t.Fatal(err)
		}
		apply(t, d, "aurora", simple("aurora", 1), simple("aurora", 2))
	}()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(v1), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(v1, rawCompressor().EncodeAll(file, nil), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestClosed(t *testing.T) {
	d := fresh(t)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	wantCode(t, d.SetMeta(t.Context(), "a", "b"), Closed, d.path)
	_, err := d.Window(t.Context(), Query{}, Key{}, false, 10)
	wantCode(t, err, Closed, d.path)
}
