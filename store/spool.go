package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
)

// Spool is a file of its own beside the database, for what a platform sends all at once and in any order: it waits there
// until it can be put together into orders. It is no table of the database for three reasons: once the file is deleted
// nothing of it is left, neither in the database nor in a backup, whoever is to be forgotten; gigabytes that pass through
// leave no hole; and nobody who wants to write waits for it. One process at a time uses it: the one that holds the wire.
//
// It survives the end of the process at any instant, and a power cut may cost what was added last, together with the state
// that was given with it. Whoever fills it must be able to do so again from any earlier state.
type Spool struct {
	path string
	db   *sql.DB
}

// SpoolRow is one piece.
type SpoolRow struct {
	At     int64  // where it comes in the order of all; the same piece has the same At whenever it is read
	ID     string // of a head; "" for a part
	Parent string // the ID of the head that a part belongs to; "" = it is a head itself
	Data   []byte
}

// SpoolEntry is a head with all of its parts.
type SpoolEntry struct {
	At    int64
	ID    string
	Data  []byte
	Parts [][]byte // in the order of their At
}

// spoolVersion is the layout of the file; one of another is thrown away.
const spoolVersion = 1

var spoolSchema = []string{
	`CREATE TABLE state (one INTEGER PRIMARY KEY CHECK (one = 1), state BLOB)`,
	`CREATE TABLE heads (at INTEGER PRIMARY KEY, id TEXT NOT NULL, data BLOB NOT NULL)`,
	`CREATE TABLE parts (parent TEXT NOT NULL, at INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (parent, at)) WITHOUT ROWID`,
	`PRAGMA user_version = ` + strconv.Itoa(spoolVersion),
}

// spoolPath is where the spool of a shop is.
func (d *DB) spoolPath(shop string) string {
	h := sha256.Sum256([]byte(shop)) // a name may have any characters
	return d.path + "-import-" + hex.EncodeToString(h[:6])
}

// Spool opens the spool of a shop, and makes it where there is none.
func (d *DB) Spool(ctx context.Context, shop string) (*Spool, error) {
	return OpenSpool(ctx, d.spoolPath(shop))
}

// removeSpool deletes the spool of a shop that is no more.
func (d *DB) removeSpool(shop string) error { return removeSpool(d.spoolPath(shop)) }

// OpenSpool opens the spool in a file, and makes it where there is none. What is damaged is thrown away.
func OpenSpool(ctx context.Context, path string) (*Spool, error) {
	s := &Spool{path: path}
	err := s.open(ctx)
	if CodeOf(err) == Corrupt {
		if err = removeSpool(path); err == nil {
			err = s.open(ctx)
		}
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Spool) open(ctx context.Context) error {
	// Made here, so that it is readable by its user alone from the first byte; SQLite's files beside it follow it.
	f, err := os.OpenFile(s.path, os.O_CREATE|os.O_RDWR, 0o600)
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		return explain(s.path, err)
	}
	s.db, err = sql.Open("sqlite", "file:"+(&url.URL{Path: filepath.ToSlash(s.path)}).EscapedPath()+
		"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_pragma=cache_size(-8192)&_txlock=immediate")
	if err != nil {
		return explain(s.path, err)
	}
	s.db.SetMaxOpenConns(1)
	if err := s.prepare(ctx); err != nil {
		_ = s.db.Close() // why it cannot be used says more
		return explain(s.path, err)
	}
	return nil
}

func (s *Spool) prepare(ctx context.Context) error {
	var version, tables int
	if err := s.db.QueryRowContext(ctx, `SELECT (SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM sqlite_master)`).
		Scan(&version, &tables); err != nil {
		return err
	}
	switch {
	case version == spoolVersion:
		return nil
	case tables > 0:
		return fault(s.path, Corrupt, nil)
	}
	return s.tx(ctx, func(t *sql.Tx) error {
		for _, text := range spoolSchema {
			if _, err := t.ExecContext(ctx, text); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Spool) tx(ctx context.Context, run func(*sql.Tx) error) error {
	t, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return explain(s.path, err)
	}
	if err := run(t); err != nil {
		_ = t.Rollback() // err says more
		return explain(s.path, err)
	}
	return explain(s.path, t.Commit())
}

// State is what was given with the rows that were added last; nil = nothing yet.
func (s *Spool) State(ctx context.Context) ([]byte, error) {
	var state []byte
	err := s.db.QueryRowContext(ctx, `SELECT state FROM state`).Scan(&state)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return state, explain(s.path, err)
}

// Add keeps rows and the state behind them, both or neither. A row that is there already stays as it is.
func (s *Spool) Add(ctx context.Context, rows []SpoolRow, state []byte) error {
	return s.tx(ctx, func(t *sql.Tx) error {
		head, err := t.PrepareContext(ctx, `INSERT OR IGNORE INTO heads (at, id, data) VALUES (?, ?, ?)`)
		if err != nil {
			return err
		}
		defer head.Close()
		part, err := t.PrepareContext(ctx, `INSERT OR IGNORE INTO parts (parent, at, data) VALUES (?, ?, ?)`)
		if err != nil {
			return err
		}
		defer part.Close()
		for i := range rows {
			r := &rows[i]
			if r.Parent == "" {
				_, err = head.ExecContext(ctx, r.At, r.ID, r.Data)
			} else {
				_, err = part.ExecContext(ctx, r.Parent, r.At, r.Data)
			}
			if err != nil {
				return err
			}
		}
		_, err = t.ExecContext(ctx, `INSERT INTO state (one, state) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET state = excluded.state`, state)
		return err
	})
}

// Next gives the heads after one of them, at most so many, with their parts.
func (s *Spool) Next(ctx context.Context, after int64, limit int) ([]SpoolEntry, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT at, id, data FROM heads WHERE at > ? ORDER BY at LIMIT ?`, after, limit)
	if err != nil {
		return nil, explain(s.path, err)
	}
	var out []SpoolEntry
	if err := eachRow(rows, func(scan func(...any) error) error {
		var e SpoolEntry
		err := scan(&e.At, &e.ID, &e.Data)
		out = append(out, e)
		return err
	}); err != nil {
		return nil, explain(s.path, err)
	}
	find, err := s.db.PrepareContext(ctx, `SELECT data FROM parts WHERE parent = ? ORDER BY at`)
	if err != nil {
		return nil, explain(s.path, err)
	}
	defer find.Close()
	for i := range out {
		rows, err := find.QueryContext(ctx, out[i].ID)
		if err != nil {
			return nil, explain(s.path, err)
		}
		if err := eachRow(rows, func(scan func(...any) error) error {
			var data []byte
			err := scan(&data)
			out[i].Parts = append(out[i].Parts, data)
			return err
		}); err != nil {
			return nil, explain(s.path, err)
		}
	}
	return out, nil
}

// Clear throws away what was added, and its state.
func (s *Spool) Clear(ctx context.Context) error {
	if err := s.Remove(); err != nil {
		return err
	}
	return s.open(ctx)
}

// Close closes the file and keeps it.
func (s *Spool) Close() error { return explain(s.path, s.db.Close()) }

// Remove closes the file and deletes it.
func (s *Spool) Remove() error {
	return errors.Join(s.Close(), removeSpool(s.path))
}

func removeSpool(path string) error {
	var err error
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if e := os.Remove(path + suffix); e != nil && !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, explain(path, e))
		}
	}
	return err
}
