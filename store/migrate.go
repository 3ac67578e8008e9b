package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"sync"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// schemaVersion is the version that this program brings a database to: the number of its last migration.
var schemaVersion = sync.OnceValue(func() int64 {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	var last int64
	for _, name := range names {
		number, _, _ := strings.Cut(path.Base(name), "_")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			panic("store: migration without a number: " + name)
		}
		last = max(last, n)
	}
	return last
})

// version is the schema version of a database, 0 for a new one.
func version(ctx context.Context, db *sql.DB) (int64, error) {
	var tables int
	if err := db.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_master WHERE name = 'goose_db_version'`).Scan(&tables); err != nil || tables == 0 {
		return 0, err
	}
	var v sql.NullInt64
	err := db.QueryRowContext(ctx, `SELECT max(version_id) FROM goose_db_version WHERE is_applied = 1`).Scan(&v)
	return v.Int64, err
}

// checkVersion refuses a database that this program cannot read as it is.
func (d *DB) checkVersion(ctx context.Context, db *sql.DB) error {
	v, err := version(ctx, db)
	switch {
	case err != nil:
		return err
	case v > schemaVersion():
		return d.fault(Newer, nil)
	case v < schemaVersion():
		return refuse(Invalid, "the database %s was made by an older orderdeck; start orderdeck once to bring it up to date", d.path)
	}
	return nil
}

// migrate brings the schema forward. When two processes do so at once, the one that comes second finds it done.
func (d *DB) migrate(ctx context.Context, db *sql.DB) error {
	for attempt := 0; ; attempt++ {
		v, err := version(ctx, db)
		switch {
		case err != nil:
			return err
		case v > schemaVersion():
			return d.fault(Newer, nil)
		case v == schemaVersion():
			return nil
		}
		if err := up(ctx, db); err != nil {
			if codeOf := CodeOf(d.explain(unwrapDriver(err))); attempt < 3 && (codeOf == Failed || codeOf == Locked) && ctx.Err() == nil {
				if now, verr := version(ctx, db); verr == nil && now != v {
					continue
				}
			}
			return unwrapDriver(err)
		}
	}
}

func up(ctx context.Context, db *sql.DB) error {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, `PRAGMA application_id = `+strconv.Itoa(applicationID)); err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, sub, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}

// unwrapDriver digs the driver's error out of goose's, which speaks of migrations to people who never heard of them.
func unwrapDriver(err error) error {
	var coded interface {
		error
		Code() int
	}
	if errors.As(err, &coded) {
		return coded
	}
	return err
}
