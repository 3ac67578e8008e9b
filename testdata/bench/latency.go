package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
)

// latency measures what a screen reads while the synchronisation writes changed orders as fast as it can, against the
// same reads while nothing is written: stretches of idle and of writing take turns.
func latency(ctx context.Context, b *bench) ([]figure, error) {
	stretch := 5 * time.Second
	if b.quick {
		stretch = time.Second
	}
	path := filepath.Join(b.data, "latency.db")
	defer remove(path)
	if err := duplicate(b.db, path); err != nil {
		return nil, err
	}
	db, err := store.Open(ctx, store.Options{Path: path})
	if err != nil {
		return nil, err
	}
	defer db.Close()
	pages, err := changedPages(ctx, db, 40)
	if err != nil {
		return nil, err
	}
	ids, err := db.IDs(ctx, store.Query{})
	if err != nil {
		return nil, err
	}
	dice := rand.New(rand.NewPCG(1, 2))
	var idle, busy, writes sample
	written := 0
	for range 2 {
		got, err := reads(ctx, db, ids, dice, stretch)
		if err != nil {
			return nil, err
		}
		idle = append(idle, got...)
		writing, stop := context.WithCancel(ctx)
		done := make(chan error, 1)
		go func() {
			for writing.Err() == nil {
				page := pages[written%len(pages)]
				for i := range page.Orders { // the same change twice is none
					page.Orders[i].Order.CustomerNote = fmt.Sprintf("please ring twice %d", written)
				}
				written++
				begin := time.Now()
				if _, err := db.Apply(ctx, page); err != nil {
					done <- err
					return
				}
				writes = append(writes, time.Since(begin))
			}
			done <- nil
		}()
		got, err = reads(ctx, db, ids, dice, stretch)
		stop()
		if err = errors.Join(err, <-done); err != nil {
			return nil, err
		}
		busy = append(busy, got...)
	}
	return []figure{
		atMost("a screen's read while the sync writes, p99", "the same when idle, p99", busy.p99(), idle.p99(), 2,
			fmt.Sprintf("%d pages of %d changed orders meanwhile: median %s, slowest %s; slowest read %s", len(writes), perPage,
				amount(writes.median().Seconds(), "s"), amount(writes.at(1).Seconds(), "s"), amount(busy.at(1).Seconds(), "s"))),
	}, nil
}

// changedPages are pages of orders at random places of the database.
func changedPages(ctx context.Context, db *store.DB, pages int) ([]store.Page, error) {
	ids, err := db.IDs(ctx, store.Query{})
	if err != nil {
		return nil, err
	}
	dice := rand.New(rand.NewPCG(3, 4))
	byShop := map[string]*store.Page{}
	var made []store.Page
	for len(made) < pages {
		r, err := db.Record(ctx, int64(ids[dice.IntN(len(ids))]))
		if err != nil {
			return nil, err
		}
		page := byShop[r.Store]
		if page == nil {
			page = &store.Page{Shop: r.Store, Stream: "bench"}
			byShop[r.Store] = page
		}
		page.Orders = append(page.Orders, store.Pulled{Order: r.Order, Raw: []byte(`{}`)})
		if len(page.Orders) == perPage {
			made = append(made, *page)
			delete(byShop, r.Store)
		}
	}
	return made, nil
}

// reads reads what a screen reads, at random places, for a while.
func reads(ctx context.Context, db *store.DB, ids []uint32, dice *rand.Rand, stretch time.Duration) (sample, error) {
	var took sample
	tabs := order.Tabs()
	for end := time.Now().Add(stretch); time.Now().Before(end); {
		at := dice.IntN(max(1, len(ids)-50))
		tab := tabs[dice.IntN(9)] // all and the stages
		begin := time.Now()
		if _, err := db.Rows(ctx, ids[at:min(at+50, len(ids))]); err != nil {
			return nil, err
		}
		if _, err := db.Window(ctx, store.Query{Tab: tab}, store.Key{}, false, 50); err != nil {
			return nil, err
		}
		if _, err := db.Counts(ctx, nil); err != nil {
			return nil, err
		}
		took = append(took, time.Since(begin))
		time.Sleep(5 * time.Millisecond)
	}
	return took, nil
}
