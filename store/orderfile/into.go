package orderfile

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/orderdeck/orderdeck/store"
)

// Database is what an import needs of the store.
type Database interface {
	Apply(ctx context.Context, p store.Page) (store.Result, error)
	Fingerprints(ctx context.Context, shop string, externalIDs []string) (map[string]string, error)
	BulkImport(ctx context.Context, run func() error) error
	SyncStates(ctx context.Context) ([]store.SyncState, error)
	SaveSync(ctx context.Context, s store.SyncState) error
}

// Progress is how far an import is.
type Progress struct {
	Orders    int           `json:"orders"` // that could be read
	Lines     int           `json:"lines"`
	New       int           `json:"new"`
	Updated   int           `json:"updated"`
	Unchanged int           `json:"unchanged"` // in a dry run all that are known already
	Rejected  int           `json:"rejected"`
	Elapsed   time.Duration `json:"-"`
}

const (
	pageOf   = 250    // orders in one transaction
	bulkFrom = 20_000 // rows from which the database's bulk way is worth it, where there is little yet
)

// Into reads the file to its end and writes its orders into their shop, page by page; each page is written whole or not
// at all, and reading the file again changes nothing. reject is told of each order that is left out. With dry nothing is
// written.
func (im *Import) Into(ctx context.Context, db Database, dry bool, reject func(*RejectError), tell func(Progress)) (Progress, error) {
	r := run{im: im, db: db, dry: dry, reject: reject, tell: tell, began: time.Now()}
	pull := func() error { return r.pull(ctx) }
	if dry {
		return r.p, errors.Join(pull(), ctx.Err())
	}
	var err error
	if im.plan.Rows >= bulkFrom {
		err = db.BulkImport(ctx, pull)
	} else {
		err = pull()
	}
	if err != nil {
		return r.p, err
	}
	return r.p, r.remember(ctx)
}

type run struct {
	im     *Import
	db     Database
	dry    bool
	reject func(*RejectError)
	tell   func(Progress)
	began  time.Time
	p      Progress
	page   store.Page
}

func (r *run) pull(ctx context.Context) error {
	r.page = store.Page{Shop: r.im.o.Store, Stream: "files"}
	for {
		o, err := r.im.Next()
		var bad *RejectError
		switch {
		case errors.Is(err, io.EOF):
			return r.write(ctx)
		case errors.As(err, &bad):
			r.p.Rejected++
			r.reject(bad)
			continue
		case err != nil:
			return errors.Join(err, r.write(ctx))
		}
		r.p.Orders++
		r.p.Lines += len(o.Lines)
		if r.page.Orders = append(r.page.Orders, store.Pulled{Order: o}); len(r.page.Orders) >= pageOf {
			if err := r.write(ctx); err != nil {
				return err
			}
		}
	}
}

// write writes a page, or in a dry run counts what of it is new.
func (r *run) write(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(r.page.Orders) == 0 {
		return nil
	}
	if r.dry {
		ids := make([]string, len(r.page.Orders))
		for i := range r.page.Orders {
			ids[i] = r.page.Orders[i].Order.ExternalID
		}
		known, err := r.db.Fingerprints(ctx, r.page.Shop, ids)
		if err != nil {
			return err
		}
		r.p.New += len(ids) - len(known)
		r.p.Unchanged += len(known)
	} else {
		got, err := r.db.Apply(ctx, r.page)
		if err != nil {
			return err
		}
		r.p.New += got.New
		r.p.Updated += got.Updated
		r.p.Unchanged += got.Unchanged
	}
	r.page.Orders = r.page.Orders[:0]
	r.p.Elapsed = time.Since(r.began)
	if r.tell != nil {
		r.tell(r.p)
	}
	return nil
}

// remember keeps when the shop's orders came last, for the sync screen, and so that those of the next file are news.
func (r *run) remember(ctx context.Context) error {
	states, err := r.db.SyncStates(ctx)
	if err != nil {
		return err
	}
	state := store.SyncState{Shop: r.im.o.Store, State: "idle"}
	for _, s := range states {
		if s.Shop == state.Shop {
			state = s
		}
	}
	state.LastSuccess, state.LastAttempt, state.LastError = time.Now(), time.Now(), ""
	state.Counts = store.Result{New: r.p.New, Updated: r.p.Updated, Unchanged: r.p.Unchanged, Skipped: r.p.Rejected}
	return r.db.SaveSync(ctx, state)
}
