package sync

import (
	"context"
	"slices"
	"time"

	"github.com/orderdeck/orderdeck/store"
)

// unit is one shop or one supplier: something whose streams are pulled one after the other, page by page.
type unit struct {
	name    string  // of its state and its cursors
	source  *Source // nil for a supplier
	every   time.Duration
	streams func() []string
	pull    func(ctx context.Context, stream string, cursor []byte) (page, error)
	prepare func(ctx context.Context) error // before the first page of a run
	kick    chan struct{}                   // ends a wait early

	// Guarded by Service.mu.
	state     store.SyncState
	busy      bool      // a run is under way
	asked     bool      // a run is wanted now
	due       time.Time // when it runs by itself; zero = never
	attempted bool      // it has tried since the wire was taken
	wrote     bool      // the run under way has written something
	saved     time.Time // when its state was written last
	last      Report    // of the last run in this process
}

// page is what one request brought, ready to be written.
type page struct {
	apply       func(ctx context.Context) (store.Result, error)
	known       *known // of the shop; nil for a supplier
	n           int    // orders, links and placements looked at
	cursor      []byte
	more        bool
	done, total int
	phase, note string // as in Batch
	skew        time.Duration
}

// wanted tells whether a choice of shops includes this unit; suppliers are in every choice.
func (u *unit) wanted(shops []string) bool {
	return len(shops) == 0 || u.source == nil || slices.Contains(shops, u.name)
}

// kickNow ends the wait before the next try, unless the store itself has said how long to wait.
func (u *unit) kickNow() {
	select {
	case u.kick <- struct{}{}:
	default:
	}
}

// supplierEvery is how often suppliers are asked when no shop says more.
const supplierEvery = 5 * time.Minute

func (s *Service) supplierUnit(sup Supplier) *unit {
	name := SupplierPrefix + sup.Name()
	u := &unit{
		name: name, streams: sup.Streams, kick: make(chan struct{}, 1),
		state: store.SyncState{Shop: name, State: StateIdle},
	}
	for _, src := range s.o.Sources {
		if src.Every > 0 && (u.every == 0 || src.Every < u.every) {
			u.every = min(src.Every, supplierEvery)
		}
	}
	u.pull = func(ctx context.Context, stream string, cursor []byte) (page, error) {
		b, err := sup.Pull(ctx, stream, cursor)
		if err != nil {
			return page{}, err
		}
		return page{
			n: len(b.Products) + len(b.Links) + len(b.Placements), cursor: b.Cursor, more: b.More, done: b.Done, total: b.Total,
			apply: func(ctx context.Context) (store.Result, error) {
				// Twice is as good as once, so that the cursor may follow in a transaction of its own.
				if len(b.Products) > 0 {
					if _, err := s.o.DB.PutProducts(ctx, sup.Name(), b.Products, false); err != nil {
						return store.Result{}, err
					}
				}
				return s.o.DB.ApplySupplier(ctx, store.SupplierPage{
					Supplier: sup.Name(), Stream: stream, Cursor: b.Cursor, Links: b.Links, Placements: b.Placements,
				})
			},
		}, nil
	}
	return u
}

func (s *Service) shopUnit(src *Source) *unit {
	u := &unit{
		name: src.Shop.Name, source: src, every: src.Every, streams: src.Platform.Streams,
		kick:  make(chan struct{}, 1),
		state: store.SyncState{Shop: src.Shop.Name, State: StateIdle},
	}
	if least := src.Platform.Capabilities().Every; u.every > 0 && u.every < least {
		u.every = least
	}
	k := &known{db: s.o.DB, shop: src.Shop.Name, skipped: map[string]string{}}
	u.pull = func(ctx context.Context, stream string, cursor []byte) (page, error) {
		b, err := src.Platform.Pull(ctx, stream, cursor, k)
		if err != nil {
			return page{}, err
		}
		return s.shopPage(src, k, stream, b)
	}
	u.prepare = func(ctx context.Context) error { return s.introduce(ctx, src) }
	return u
}

// introduce registers a shop in the database and, the first time, asks it for its name and currency.
func (s *Service) introduce(ctx context.Context, src *Source) error {
	if src.Shop.Title != "" && src.Shop.Currency != "" {
		return nil
	}
	info, err := s.test(ctx, src.Platform)
	if err != nil {
		return err
	}
	shop := src.Shop
	shop.Title, shop.Currency = or(shop.Title, info.Title, shop.Name), or(shop.Currency, info.Currency)
	shop.Zone = or(shop.Zone, info.Zone)
	if err := s.o.DB.PutShop(ctx, shop); err != nil {
		return err
	}
	src.Shop = shop
	return nil
}

// register writes all shops into the database, keeping what was learnt about them before.
func (s *Service) register(ctx context.Context) error {
	before, err := s.o.DB.Shops(ctx)
	if err != nil {
		return err
	}
	for i := range s.o.Sources {
		shop := &s.o.Sources[i].Shop
		at := slices.IndexFunc(before, func(b store.Shop) bool { return b.Name == shop.Name })
		if at >= 0 {
			shop.Title, shop.Currency = or(shop.Title, before[at].Title), or(shop.Currency, before[at].Currency)
			shop.Zone = or(shop.Zone, before[at].Zone)
		}
		if at >= 0 && before[at] == *shop {
			continue
		}
		if err := s.o.DB.PutShop(ctx, *shop); err != nil {
			return err
		}
	}
	return nil
}

func or(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
