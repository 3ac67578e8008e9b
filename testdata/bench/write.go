package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/storetest"
)

// perPage is how many orders a page of a platform brings, and so how many are written in one transaction.
const perPage = 250

// write measures new and unchanged orders, as the synchronisation hands them over, against loops that do nothing but
// write the very same rows, or read the hash of every order. Both work on copies of the database.
func write(ctx context.Context, b *bench) ([]figure, error) {
	pages := 12
	if b.quick {
		pages = 4
	}
	ours, floor := filepath.Join(b.data, "write-ours.db"), filepath.Join(b.data, "write-floor.db")
	defer remove(ours, floor)
	if err := errors.Join(duplicate(b.db, ours), duplicate(b.db, floor)); err != nil {
		return nil, err
	}
	db, err := store.Open(ctx, store.Options{Path: ours})
	if err != nil {
		return nil, err
	}
	defer db.Close()
	fresh, err := freshPages(ctx, db, pages)
	if err != nil {
		return nil, err
	}
	replay, err := storetest.NewBare(ctx, ours, floor)
	if err != nil {
		return nil, err
	}
	defer replay.Close()
	if replay.Words, err = b.searchWords(ctx, ours, fresh); err != nil {
		return nil, err
	}

	var news, bare, same, look sample
	for i, page := range fresh {
		begin := time.Now()
		got, err := db.Apply(ctx, page)
		if err != nil {
			return nil, err
		}
		news = append(news, time.Since(begin))
		if got.New != perPage {
			return nil, fmt.Errorf("page %d: %d new orders of %d", i, got.New, perPage)
		}
		rows, err := replay.Next(ctx, 0)
		if err != nil {
			return nil, err
		}
		took, err := replay.Write(ctx, rows)
		if err != nil {
			return nil, err
		}
		bare = append(bare, took)
		begin = time.Now()
		if got, err = db.Apply(ctx, page); err != nil {
			return nil, err
		}
		same = append(same, time.Since(begin))
		if got.Unchanged != perPage {
			return nil, fmt.Errorf("page %d again: %d unchanged orders of %d", i, got.Unchanged, perPage)
		}
		if took, err = replay.Hashes(ctx, page); err != nil {
			return nil, err
		}
		look = append(look, took)
	}
	rate := func(s sample) float64 { return perPage / s.median().Seconds() }
	note := fmt.Sprintf("%d pages of %d orders, synchronous=FULL; slowest page %s", pages, perPage, amount(news.at(1).Seconds(), "s"))
	return []figure{
		atLeast("new orders written by the sync", "bare loop writing the same rows, indices, search and counters",
			rate(news), rate(bare), 0.6, note),
		atLeast("unchanged orders", "bare loop reading their hash by key", rate(same), rate(look), 0.5, ""),
	}, nil
}

var errEnough = errors.New("enough")

// freshPages makes pages of orders that are not in the database, out of orders that are.
func freshPages(ctx context.Context, db *store.DB, pages int) ([]store.Page, error) {
	made := make([]store.Page, 0, pages)
	var page store.Page
	n := 0
	now := time.Now().UTC().Truncate(time.Second)
	err := db.Each(ctx, store.Query{}, nil, func(r *order.Record) error {
		if page.Shop == "" {
			page.Shop, page.Stream = r.Store, "bench"
		}
		if r.Store != page.Shop {
			return nil
		}
		n++
		o := r.Order
		o.ExternalID, o.Number = fmt.Sprintf("bench-%06d", n), fmt.Sprintf("9%07d", n)
		o.CreatedAt, o.UpdatedAt = now.Add(time.Duration(n)*time.Second), now.Add(time.Duration(n)*time.Second)
		page.Orders = append(page.Orders, store.Pulled{Order: o, Raw: []byte(`{"id":"` + o.ExternalID + `"}`)})
		if len(page.Orders) == perPage {
			page.Cursor = fmt.Appendf(nil, "%d", n)
			made = append(made, page)
			page = store.Page{}
		}
		if len(made) == pages {
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, err
	}
	if len(made) < pages {
		return nil, fmt.Errorf("only %d pages could be made", len(made))
	}
	return made, nil
}

// searchWords gives, by external id, the words under which each of some orders is put into the search index: it
// applies them to a database of their own and reads its index.
func (b *bench) searchWords(ctx context.Context, like string, pages []store.Page) (map[string]string, error) {
	path := filepath.Join(b.temp, "words.db")
	db, err := store.Open(ctx, store.Options{Path: path})
	if err != nil {
		return nil, err
	}
	err = copyShops(ctx, db, like)
	for _, page := range pages {
		if err == nil {
			_, err = db.Apply(ctx, page)
		}
	}
	if err = errors.Join(err, db.Close()); err != nil {
		return nil, err
	}
	words, err := storetest.SearchWords(ctx, path)
	if err != nil {
		return nil, err
	}
	if len(words) != len(pages)*perPage {
		return nil, fmt.Errorf("%d of %d orders are in the search index", len(words), len(pages)*perPage)
	}
	return words, nil
}

func copyShops(ctx context.Context, to *store.DB, like string) error {
	from, err := store.Open(ctx, store.Options{Path: like, ReadOnly: true})
	if err != nil {
		return err
	}
	defer from.Close()
	shops, err := from.Shops(ctx)
	for _, s := range shops {
		err = errors.Join(err, to.PutShop(ctx, s))
	}
	return err
}

// duplicate copies a database that nobody is writing to.
func duplicate(from, to string) error {
	remove(to)
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

func remove(paths ...string) {
	for _, path := range paths {
		for _, end := range []string{"", "-wal", "-shm"} {
			_ = os.Remove(path + end) // it may not be there
		}
	}
}
