package store

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"strings"
)

// Severity says how bad a Finding is.
type Severity string

// The values of Severity.
const (
	Fine    Severity = "ok"
	Warning Severity = "warning"
	Broken  Severity = "error"
)

// Finding is one result of Check.
type Finding struct {
	Check    string   `json:"check"` // file, integrity, foreign_keys, counters, index, lines, purchases, spend, outbox, catalogue, space
	Severity Severity `json:"severity"`
	Text     string   `json:"text"`         // what was found
	Do       string   `json:"do,omitempty"` // what to do about it
}

// What to do about findings.
const (
	doRestore = "keep a copy of the file, then restore the last backup in its place"
	doRebuild = "run orderdeck doctor --repair"
)

// Check looks the database over, reading only: the file and its rights, SQLite's own integrity check, references,
// counters against the rows, the search indexes against the rows, what was bought against the ledger and the outbox, and
// room on the disk. It takes a minute for a million orders. An error means that it could not look, not that something is wrong.
func (d *DB) Check(ctx context.Context) ([]Finding, error) {
	var all []Finding
	for _, check := range []func(context.Context) (Finding, error){
		d.checkFile, d.checkIntegrity, d.checkReferences, d.checkCounters, d.checkIndex, d.checkLines, d.checkPurchases, d.checkSpend,
		d.checkOutbox, d.checkCatalogue, d.checkSpace,
	} {
		f, err := check(ctx)
		if err != nil && CodeOf(err) != Corrupt {
			return all, err
		}
		if err != nil {
			f = Finding{Check: "integrity", Severity: Broken, Text: err.Error(), Do: doRestore}
		}
		all = append(all, f)
	}
	return all, nil
}

func (d *DB) checkFile(context.Context) (Finding, error) {
	f := Finding{Check: "file", Severity: Fine, Text: d.path + " is readable by you alone"}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(d.path + suffix)
		if os.IsNotExist(err) && suffix != "" {
			continue
		}
		if err != nil {
			return f, d.explain(err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			f.Severity, f.Text = Warning, "other users of this machine may read "+d.path+suffix
			f.Do = "chmod 600 " + d.path + suffix
		}
	}
	return f, nil
}

// checkIntegrity asks on a connection of its own: on one that has searched before, FTS5 compares what it remembers of
// its index with what is on the disk now, and takes what others have written since for damage.
func (d *DB) checkIntegrity(ctx context.Context) (Finding, error) {
	db, err := sql.Open("sqlite", d.dsn(Options{busy: busyTimeout}, "_query_only=1"))
	if err != nil {
		return Finding{}, d.explain(err)
	}
	defer db.Close()
	var complaints []string
	rows, err := db.QueryContext(ctx, `PRAGMA integrity_check(20)`)
	if err == nil {
		err = eachRow(rows, func(scan func(...any) error) error {
			var s string
			err := scan(&s)
			complaints = append(complaints, s)
			return err
		})
	}
	if err != nil {
		return Finding{}, d.readError(ctx, err)
	}
	if len(complaints) == 1 && complaints[0] == "ok" {
		return Finding{Check: "integrity", Severity: Fine, Text: "the file is sound"}, nil
	}
	return Finding{Check: "integrity", Severity: Broken, Text: "the file is damaged: " + strings.Join(complaints, "; "), Do: doRestore}, nil
}

func (d *DB) checkReferences(ctx context.Context) (Finding, error) {
	n := 0
	table := ""
	err := d.query(ctx, `SELECT "table" FROM pragma_foreign_key_check LIMIT 100`, nil, func(scan func(...any) error) error {
		n++
		return scan(&table)
	})
	if n == 0 {
		return Finding{Check: "foreign_keys", Severity: Fine, Text: "every row belongs to something"}, err
	}
	return Finding{Check: "foreign_keys", Severity: Broken, Text: fmt.Sprintf("%d or more rows, some in %s, belong to nothing", n, table), Do: doRestore}, err
}

// counted are the counters as they should be.
const counted = `SELECT shop, key, archived, sum(n) FROM (
	SELECT shop, bucket % 16 AS key, bucket / 16 AS archived, count(*) AS n FROM orders GROUP BY shop, bucket
	UNION ALL SELECT shop, 100, bucket / 16, count(*) FROM orders WHERE side <> 0 AND side & 1 <> 0 GROUP BY shop, bucket / 16
	UNION ALL SELECT shop, 101, bucket / 16, count(*) FROM orders WHERE side <> 0 AND side & 2 <> 0 GROUP BY shop, bucket / 16
) GROUP BY shop, key, archived`

func (d *DB) checkCounters(ctx context.Context) (Finding, error) {
	wrong := 0
	err := d.query(ctx, `SELECT count(*) FROM (
		SELECT * FROM (`+counted+`) EXCEPT SELECT shop, key, archived, n FROM counters WHERE n <> 0
		UNION ALL
		SELECT * FROM (SELECT shop, key, archived, n FROM counters WHERE n <> 0 EXCEPT `+counted+`))`, nil,
		func(scan func(...any) error) error { return scan(&wrong) })
	if wrong == 0 {
		return Finding{Check: "counters", Severity: Fine, Text: "the tabs' numbers are right"}, err
	}
	return Finding{Check: "counters", Severity: Warning, Text: fmt.Sprintf("%d of the tabs' numbers are wrong", wrong), Do: doRebuild}, err
}

func (d *DB) checkIndex(ctx context.Context) (Finding, error) {
	f := Finding{Check: "index", Severity: Fine}
	var missing, extra int
	var mark int64 = maxID
	if d.indexing.deferred.Load() {
		mark = d.indexing.mark.Load()
	}
	if err := d.one(ctx, `SELECT
		(SELECT count(*) FROM orders o WHERE o.id <= ?1 AND NOT EXISTS (SELECT 1 FROM fts_docsize f
			WHERE f.id = (max(-68719476736, min(68719476735, o.created >> 16)) << 27 | o.id))),
		(SELECT count(*) FROM fts_docsize f WHERE NOT EXISTS (SELECT 1 FROM orders o
			WHERE o.id = f.id & 134217727 AND o.created >> 16 = f.id >> 27))`, []any{mark}, &missing, &extra); err != nil {
		return f, err
	}
	switch {
	case missing+extra > 0:
		f.Severity, f.Do = Warning, doRebuild
		f.Text = fmt.Sprintf("the search index lacks %d orders and has %d that are not there", missing, extra)
	case mark < maxID:
		f.Severity, f.Text = Warning, "the search index is still being made; until then a search finds less"
		f.Do = "leave orderdeck open, or run orderdeck sync"
	default:
		f.Text = "the search index has every order"
	}
	return f, nil
}

func (d *DB) checkLines(ctx context.Context) (Finding, error) {
	var orphans, undocumented int
	err := d.one(ctx, `SELECT
		(SELECT count(*) FROM lines l WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.id = l.order_id)),
		(SELECT count(*) FROM orders o WHERE NOT EXISTS (SELECT 1 FROM docs d WHERE d.order_id = o.id))`, nil, &orphans, &undocumented)
	if orphans+undocumented == 0 {
		return Finding{Check: "lines", Severity: Fine, Text: "orders and their lines belong together"}, err
	}
	return Finding{
		Check: "lines", Severity: Broken, Do: doRestore,
		Text: fmt.Sprintf("%d lines have no order, %d orders have no content", orphans, undocumented),
	}, err
}

// spaceFor is how much room there should be besides the database itself: for the WAL, a backup and an export.
const spaceFor = 256 << 20

func (d *DB) checkSpace(context.Context) (Finding, error) {
	info, err := os.Stat(d.path)
	if err != nil {
		return Finding{}, d.explain(err)
	}
	free, err := freeSpace(d.path)
	if err != nil {
		return Finding{Check: "space", Severity: Fine, Text: "how much room the disk has left cannot be told: " + err.Error()}, nil //nolint:nilerr // it is told
	}
	f := Finding{Check: "space", Severity: Fine, Text: fmt.Sprintf("%d MB left on the disk; the database takes %d MB", free>>20, info.Size()>>20)}
	if free < spaceFor {
		f.Severity, f.Do = Warning, "free some space, or move the data folder (--data) to a larger disk"
	}
	return f, nil
}

// Rebuild makes anew, in short steps, what follows from the rest: the counters and the search index from the orders, the
// words of links and of the catalogue, and which line is held by which purchase. progress may be nil.
func (d *DB) Rebuild(ctx context.Context, progress func(done, total int)) error {
	if d.indexing.running.Load() {
		return refuse(Invalid, "a large import is on; what it leaves is made right by itself")
	}
	if err := d.write(ctx, func(t *tx) error {
		t.tell = true
		for _, text := range []string{
			`DELETE FROM counters`, `INSERT INTO counters (shop, key, archived, n) ` + counted,
			`INSERT INTO fts (fts) VALUES ('delete-all')`,
		} {
			if err := t.once(text); err != nil {
				return err
			}
		}
		if err := t.setMeta(indexingMark, "0"); err != nil {
			return err
		}
		return t.setMeta(indexingFrom, "0")
	}); err != nil {
		return err
	}
	if err := d.rebuildPurchases(ctx); err != nil {
		return err
	}
	if err := d.rebuildWords(ctx); err != nil {
		return err
	}
	if err := d.loadIndexing(ctx); err != nil {
		return err
	}
	if progress != nil {
		changes, stop := d.Subscribe()
		finished := make(chan struct{})
		defer func() { stop(); <-finished }()
		go func() {
			defer close(finished)
			for range changes {
				if done, total := d.Indexing(); total > 0 {
					progress(done, total)
				}
			}
		}()
	}
	return d.finishIndexing(ctx)
}
