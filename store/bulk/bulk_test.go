package bulk_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	_ "modernc.org/sqlite"
	"pgregory.net/rapid"

	"github.com/orderdeck/orderdeck/store/bulk"
)

// database makes a database file and gives the ordinary way into it.
func database(t testing.TB, schema ...string) (*sql.DB, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "test.db")
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	for _, s := range schema {
		if _, err := db.Exec(s); err != nil {
			t.Fatal(err)
		}
	}
	return db, path
}

func open(t testing.TB, path string) *bulk.Conn {
	t.Helper()
	c, err := bulk.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// TestSameAsDatabaseSQL reads random rows both ways.
func TestSameAsDatabaseSQL(t *testing.T) {
	db, path := database(t, `CREATE TABLE t(id INTEGER PRIMARY KEY, i INTEGER, f REAL, s TEXT, b BLOB)`)
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
		"", " ", "a\x00b", "\xff\xfe", "Łódź", "山田健太", "👨‍👩‍👧", "line\r\nline", "'", `"`, string(bytes.Repeat([]byte("x"), 70_000)),
	}))
	rapid.Check(t, func(t *rapid.T) {
		if _, err := db.Exec(`DELETE FROM t`); err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(0, 5).Draw(t, "rows") {
			var s any = text.Draw(t, "s")
			if rapid.Bool().Draw(t, "null") {
				s = nil
			}
			if _, err := db.Exec(`INSERT INTO t(i, f, s, b) VALUES(?, ?, ?, ?)`, rapid.Int64().Draw(t, "i"),
				rapid.Float64().Draw(t, "f"), s, rapid.SliceOf(rapid.Byte()).Draw(t, "b")); err != nil {
				t.Fatal(err)
			}
		}
		c, err := bulk.Open(context.Background(), path)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		want, err := ordinary(db)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		err = c.Rows(query, nil, func(r *bulk.Stmt) error {
			got := fmt.Sprintf("%d %d %v %v %q %x %q", r.Int(0), r.Int(1), r.Float(2), !r.Null(3), r.Bytes(3), r.Bytes(4), r.Bytes(5))
			if n >= len(want) || got != want[n] || r.Columns() != 6 {
				return fmt.Errorf("row %d is %s, want %s", n, got, want[n:min(n+1, len(want))])
			}
			n++
			return nil
		})
		if err != nil || n != len(want) {
			t.Fatalf("%d rows of %d: %v", n, len(want), err)
		}
	})
}

const query = `SELECT id, i, f, s, b, i AS digits FROM t ORDER BY id`

// ordinary reads what TestSameAsDatabaseSQL reads through database/sql.
func ordinary(db *sql.DB) (all []string, err error) {
	rows, err := db.Query(query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var (
			id, i  int64
			f      float64
			s      sql.NullString
			b      []byte
			digits string
		)
		if err := rows.Scan(&id, &i, &f, &s, &b, &digits); err != nil {
			return nil, err
		}
		all = append(all, fmt.Sprintf("%d %d %v %v %q %x %q", id, i, f, s.Valid, s.String, b, digits))
	}
	return all, rows.Err()
}

func TestBind(t *testing.T) {
	_, path := database(t, `CREATE TABLE t(x)`)
	c := open(t, path)
	s, err := c.Prepare(`SELECT typeof(?1), typeof(?2), typeof(?3), typeof(?4), typeof(?5), typeof(?6), ?6, typeof(?7), ?7, ?8 + 1, ?9, typeof(?9)`)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for range 3 { // bound again, it starts again
		if err := s.Bind(nil, true, 1, int64(1)<<40, 1.5, "a\x00é", []byte{0, 1}, uint32(1<<31), ""); err != nil {
			t.Fatal(err)
		}
		if more, err := s.Next(); err != nil || !more {
			t.Fatal(more, err)
		}
		var got []string
		for i := range s.Columns() {
			got = append(got, string(s.Bytes(i)))
		}
		want := []string{"null", "integer", "integer", "integer", "real", "text", "a\x00é", "blob", "\x00\x01", "2147483649", "", "text"}
		if !slices.Equal(got, want) {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
	var e *bulk.Error
	if err := s.Bind(1); !errors.As(err, &e) || e.Code() != 25 { // SQLITE_RANGE
		t.Errorf("too few values: %v", err)
	}
	if err := s.Bind(struct{}{}, 2, 3, 4, 5, 6, 7, 8, 9); err == nil {
		t.Error("a struct was bound")
	}
}

func TestErrors(t *testing.T) {
	_, path := database(t, `CREATE TABLE t(x)`)
	dir := t.TempDir()
	junk := filepath.Join(dir, "junk.db")
	if err := os.WriteFile(junk, bytes.Repeat([]byte("this is no database\n"), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, path, sql string
		code            int // primary
	}{
		{"missing file", filepath.Join(dir, "none.db"), `SELECT 1`, 14},
		{"a folder", dir, `SELECT 1 FROM sqlite_schema`, 0}, // 10 or 14, by the system
		{"no database", junk, `SELECT 1 FROM sqlite_schema`, 26},
		{"bad statement", path, `SELEKT`, 1},
		{"no statement", path, ` -- nothing`, 21},
		{"a write", path, `INSERT INTO t VALUES(1)`, 8},
	} {
		t.Run(c.name, func(t *testing.T) {
			var e *bulk.Error
			if _, err := bulk.IDs(t.Context(), c.path, c.sql); !errors.As(err, &e) || c.code != 0 && e.Code()&0xff != c.code || e.Error() == "" {
				t.Errorf("got %v, want code %d", err, c.code)
			}
		})
	}
	stop := errors.New("enough")
	if err := open(t, path).Rows(`SELECT 1`, nil, func(*bulk.Stmt) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("the error of fn became %v", err)
	}
	if _, err := bulk.IDs(t.Context(), path, `SELECT 4294967296`); err == nil {
		t.Error("an id of 33 bits was cut")
	}
	if ids, err := bulk.IDs(t.Context(), path, `SELECT ?`, 7); err != nil || !slices.Equal(ids, []uint32{7}) {
		t.Error(ids, err)
	}
}

// endless is a statement that gives no row and never ends by itself.
const endless = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT max(i) FROM n`

func TestCancel(t *testing.T) {
	_, path := database(t, `CREATE TABLE t(x)`)
	t.Run("while it runs", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		if _, err := bulk.IDs(ctx, path, endless); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
	t.Run("before it begins", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		c, err := bulk.Open(ctx, path)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		cancel()
		if err := c.Exec(endless); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if _, err := bulk.Open(ctx, path); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	t.Run("between rows", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		c, err := bulk.Open(ctx, path)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		rows := 0
		err = c.Rows(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT i FROM n`, nil, func(*bulk.Stmt) error {
			if rows++; rows == 1000 {
				cancel()
			}
			return nil
		})
		if !errors.Is(err, context.Canceled) || rows < 1000 {
			t.Error(rows, err)
		}
	})
}

// TestSnapshot holds a transaction open while another connection writes.
func TestSnapshot(t *testing.T) {
	db, path := database(t, `CREATE TABLE t(id INTEGER PRIMARY KEY)`, `INSERT INTO t VALUES(1), (2)`)
	c := open(t, path)
	if err := c.Exec(`BEGIN`); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		ids, err := c.IDs(`SELECT id FROM t`)
		if err != nil || !slices.Equal(ids, []uint32{1, 2}) {
			t.Fatal(ids, err)
		}
		if _, err := db.Exec(`INSERT INTO t(id) SELECT max(id)+1 FROM t`); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Exec(`COMMIT`); err != nil {
		t.Fatal(err)
	}
	if ids, err := c.IDs(`SELECT id FROM t`); err != nil || len(ids) != 4 {
		t.Fatal(ids, err)
	}
}

// BenchmarkIDs loads a million row ids both ways.
func BenchmarkIDs(b *testing.B) {
	db, path := database(b, `CREATE TABLE t(id INTEGER PRIMARY KEY, at INTEGER)`,
		`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 1000000) INSERT INTO t SELECT i, i/2 FROM n`,
		`CREATE INDEX t_at ON t(at DESC, id DESC)`)
	const query = `SELECT id FROM t ORDER BY at DESC, id DESC`
	b.Run("bulk", func(b *testing.B) {
		for b.Loop() {
			if ids, err := bulk.IDs(b.Context(), path, query); err != nil || len(ids) != 1_000_000 {
				b.Fatal(len(ids), err)
			}
		}
	})
	b.Run("database_sql", func(b *testing.B) {
		for b.Loop() {
			if n, err := load(b, db, query); err != nil || n != 1_000_000 {
				b.Fatal(n, err)
			}
		}
	})
}

func load(b *testing.B, db *sql.DB, query string) (int, error) {
	b.Helper()
	rows, err := db.QueryContext(b.Context(), query)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	var ids []uint32
	for rows.Next() {
		var id uint32
		if err := rows.Scan(&id); err != nil {
			return 0, err
		}
		ids = append(ids, id)
	}
	return len(ids), rows.Err()
}
