package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/orderdeck/orderdeck/store/failpoint"
)

// Options says which database to open and how.
type Options struct {
	Path     string           // of the file; its folder is made (0700) when it is missing
	ReadOnly bool             // nothing is written, not even migrations; the file must exist
	Clock    func() time.Time // nil = time.Now
	CacheKB  int              // page cache of the writer in KiB; 0 = 16 MiB

	busy time.Duration // how long to wait for another process; 0 = busyTimeout. Tests shorten it.
	poll time.Duration // how often to look for what other processes wrote; 0 = pollEvery
}

const (
	busyTimeout = 5 * time.Second
	pollEvery   = 500 * time.Millisecond
	readers     = 3
	readerKB    = 3 << 10
	writerKB    = 16 << 10
)

// applicationID marks a database file as Orderdeck's ("OrdD"); the header of the file has it at byte 68.
const applicationID = 0x4f726444

// DB is an open database. Its methods may be called from several goroutines.
type DB struct {
	path    string
	clock   func() time.Time
	cacheKB int
	read    *sql.DB // pool of readers, query_only
	w       *writer // nil when the database was opened for reading only

	stmts    stmtCache // of the readers
	notices  notices
	indexing indexing
	missing  atomic.Pointer[map[string]bool] // indexes that are not there, while a large import is being indexed
	numbers  tabNumbers
	shopList shopCache
	vocab    vocab

	lastWrite atomic.Int64  // unix nanoseconds, of the last transaction that was no housekeeping
	autoAfter atomic.Int64  // the order up to which AutoParts has come
	untidy    chan struct{} // holds a token when the search index may be worth tidying up

	closing   chan struct{}
	closeOnce sync.Once
	workers   sync.WaitGroup
}

// Open opens the database at o.Path: makes it if it is not there, brings its schema up to date, and refuses, with a
// sentence of its own each (see Code), what is damaged, locked, read-only, newer than this program or not Orderdeck's.
func Open(ctx context.Context, o Options) (*DB, error) {
	if o.Path == "" {
		return nil, &Error{Code: Invalid, Text: "no database was named; give a folder with --data"}
	}
	path, err := filepath.Abs(o.Path)
	if err != nil {
		return nil, explain(o.Path, err)
	}
	d := &DB{path: path, clock: o.Clock, closing: make(chan struct{}), untidy: make(chan struct{}, 1)}
	if d.clock == nil {
		d.clock = failpoint.Now
	}
	if o.busy == 0 {
		o.busy = busyTimeout
	}
	if err := d.prepareFile(ctx, o); err != nil {
		return nil, err
	}
	if err := d.connect(ctx, o); err != nil {
		err = d.explain(err)
		_ = d.Close() // it never opened; why is what matters
		return nil, err
	}
	return d, nil
}

// prepareFile makes the folder and the file, both for the user alone, and looks whether what is there may be opened.
func (d *DB) prepareFile(ctx context.Context, o Options) error {
	if !o.ReadOnly {
		if err := os.MkdirAll(filepath.Dir(d.path), 0o700); err != nil {
			return d.explain(err)
		}
		f, err := os.OpenFile(d.path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
		switch {
		case err == nil:
			if err := f.Close(); err != nil {
				return d.explain(err)
			}
		case !errors.Is(err, fs.ErrExist):
			return d.explain(err)
		}
	}
	f, err := os.Open(d.path)
	if err != nil {
		return d.explain(err)
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Mode().Perm()&0o077 != 0 && !o.ReadOnly {
		_ = f.Chmod(0o600) // a file that was copied here; where it is not ours to change we leave it
	}
	var header [72]byte
	n, err := io.ReadFull(f, header[:])
	switch {
	case n == 0 && errors.Is(err, io.EOF):
		if o.ReadOnly {
			return &Error{Code: Missing, Text: "there is no database yet in " + d.path + "; start orderdeck once to make it"}
		}
		return nil
	case err != nil || string(header[:16]) != "SQLite format 3\x00":
		return d.fault(Corrupt, err)
	case binary.BigEndian.Uint32(header[68:]) == applicationID:
		return nil
	}
	return d.recognise(ctx, o)
}

// recognise looks into a file whose header does not say whose it is: the mark may still be in the WAL.
func (d *DB) recognise(ctx context.Context, o Options) error {
	db, err := sql.Open("sqlite", d.dsn(o, "mode=ro"))
	if err != nil {
		return d.explain(err)
	}
	defer db.Close()
	var id, tables int64
	if err := db.QueryRowContext(ctx, `SELECT (SELECT application_id FROM pragma_application_id),
		(SELECT count(*) FROM sqlite_master)`).Scan(&id, &tables); err != nil {
		return d.explain(err)
	}
	if id != applicationID && tables > 0 {
		return d.fault(Foreign, nil)
	}
	return nil
}

// dsn is the name of the database as the driver takes it, with the settings of every connection.
func (d *DB) dsn(o Options, more ...string) string {
	s := "file:" + (&url.URL{Path: filepath.ToSlash(d.path)}).EscapedPath() +
		"?_pragma=busy_timeout(" + strconv.FormatInt(o.busy.Milliseconds(), 10) + ")&_pragma=temp_store(MEMORY)"
	for _, m := range more {
		s += "&" + m
	}
	return s
}

func (d *DB) connect(ctx context.Context, o Options) error {
	if !o.ReadOnly {
		if d.cacheKB = o.CacheKB; d.cacheKB <= 0 {
			d.cacheKB = writerKB
		}
		db, err := sql.Open("sqlite", d.dsn(o, "_pragma=journal_mode(WAL)", "_pragma=synchronous(FULL)",
			"_pragma=foreign_keys(1)", "_pragma=cache_size(-"+strconv.Itoa(d.cacheKB)+")", "_pragma=journal_size_limit(33554432)", "_txlock=immediate"))
		if err != nil {
			return err
		}
		db.SetMaxOpenConns(1)
		d.w = newWriter(db)
		if err := d.migrate(ctx, db); err != nil {
			return err
		}
		if err := d.w.pin(ctx); err != nil {
			return err
		}
	}
	mode := []string{"_query_only=1", "_pragma=cache_size(-" + strconv.Itoa(readerKB) + ")"}
	if o.ReadOnly {
		mode = append(mode, "mode=ro")
	}
	db, err := sql.Open("sqlite", d.dsn(o, mode...))
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(readers)
	db.SetMaxIdleConns(readers)
	d.read, d.stmts.db = db, db
	if o.ReadOnly {
		if err := d.checkVersion(ctx, db); err != nil {
			return err
		}
	}
	if err := d.loadIndexing(ctx); err != nil {
		return err
	}
	poll := o.poll
	if poll == 0 {
		poll = pollEvery
	}
	d.workers.Go(func() { d.watch(poll) })
	if d.w != nil {
		d.workers.Go(d.tidy)
	}
	return nil
}

// Close ends all that runs on the database and closes it.
func (d *DB) Close() error {
	var err error
	d.closeOnce.Do(func() {
		close(d.closing)
		d.workers.Wait()
		d.notices.close()
		d.stmts.close()
		if d.read != nil {
			err = d.read.Close()
		}
		if d.w != nil {
			err = errors.Join(d.w.close(), err)
		}
	})
	return err
}

// Path is where the database file is.
func (d *DB) Path() string { return d.path }

// Now is the database's clock.
func (d *DB) Now() time.Time { return d.clock() }
