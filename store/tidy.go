package store

import (
	"context"
	"time"
)

// Each page of orders leaves a segment in the search index. FTS5 would merge them by itself while a page is written,
// dozens at a time, which takes a second; here they are merged a little at a time while nobody writes.

// idleFor is how long nobody must have written for the search index to be tidied up.
const idleFor = 30 * time.Millisecond

// mergePages is how much of the search index one step merges, in its pages of 4 KB: some 20 ms of work.
const mergePages = 64

// tidy merges segments of the search index whenever something was written and nobody writes any more, until the
// database is closed.
func (d *DB) tidy() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var slim <-chan time.Time
	for {
		select {
		case <-d.untidy:
		case <-slim:
			slim = nil
			d.slim(ctx)
			continue
		case <-d.closing:
			return
		}
		if slim == nil {
			slim = time.After(slimEvery)
		}
		for more := true; more; {
			idle := time.Since(time.Unix(0, d.lastWrite.Load()))
			if idle < idleFor {
				select {
				case <-time.After(idleFor - idle):
					continue
				case <-d.closing:
					return
				}
			}
			if d.indexing.deferred.Load() {
				break // it tidies up after itself
			}
			var err error
			if more, err = d.mergeStep(ctx); err != nil {
				break // locked or full: the next writing tells, and tidying up can wait
			}
			d.breathe(ctx)
		}
	}
}

// slimEvery is how long after a writing the writer gives its memory back.
const slimEvery = 3 * time.Second

// slim gives back the pages that the writer keeps: after a large page of orders these are all that it may have, and
// nobody might need them for hours. To read them again takes milliseconds.
func (d *DB) slim(ctx context.Context) {
	if d.indexing.deferred.Load() || d.indexing.running.Load() {
		return // an import needs them all the time
	}
	select {
	case <-d.w.turn:
	default:
		return // busy; it will be called again after that
	}
	defer func() { d.w.turn <- struct{}{} }()
	if d.w.conn != nil {
		_, _ = d.w.conn.ExecContext(ctx, `PRAGMA shrink_memory`) // where it fails, the memory stays in use
	}
}

// mergeStep merges a little of the search index; more tells whether there was anything to merge.
func (d *DB) mergeStep(ctx context.Context) (more bool, err error) {
	err = d.write(ctx, func(t *tx) error {
		t.tidying = true
		var before, after int64
		if _, err := t.get(`SELECT total_changes()`, nil, &before); err != nil {
			return err
		}
		if err := t.exec(`INSERT INTO fts (fts, rank) VALUES ('merge', ?)`, mergePages); err != nil {
			return err
		}
		_, err := t.get(`SELECT total_changes()`, nil, &after)
		more = after-before >= 2 // fewer mean that there was nothing
		return err
	})
	return more && err == nil, err
}

// mergeWords tidies the search index up in at most so many steps.
func (d *DB) mergeWords(ctx context.Context, steps int) error {
	for range steps {
		more, err := d.mergeStep(ctx)
		if err != nil || !more {
			return err
		}
		d.breathe(ctx)
	}
	return nil
}
