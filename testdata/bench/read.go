package main

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
)

// columns are what a row of the list is made of.
const columns = `id, shop, number, external_id, created, updated, customer, email, phone, country, city, items, quantity,
	suppliers, cost_currency, cost, currency, total, bucket, flags, payment, fulfilment, refund, exception_at, late_at,
	hold, tracking, tags, image_url`

// archived is what a bucket is at least when its orders are archived; below it, it is the position of the stage.
const archived = 16

// rawTab is a tab's condition in SQL, written so that the database can use the index that suits the sort.
func rawTab(tab order.Tab, sort order.SortKey) string {
	at := slices.Index(order.Stages, tab.Stage)
	switch {
	case tab.ID == order.TabRefunds:
		return fmt.Sprintf("side IN (1, 3) AND bucket < %d", archived)
	case tab.ID == order.TabResent:
		return fmt.Sprintf("side IN (2, 3) AND bucket < %d", archived)
	case tab.Stage == "":
		return "1"
	case sort != order.SortTotal && sort != order.SortCustomer, tab.Stage == order.StageShipped, tab.Stage == order.StageCancelled:
		return fmt.Sprintf("bucket = %d", at)
	}
	return fmt.Sprintf("live = %d", at)
}

var rawSort = map[order.SortKey]string{
	order.SortDate: "created", order.SortUpdated: "updated", order.SortTotal: "total_key",
	order.SortCustomer: "customer_key", order.SortNumber: "number_key",
}

func rawWindow(tab order.Tab, s order.Sort) string {
	direction := "DESC"
	if s.Asc {
		direction = "ASC"
	}
	key := rawSort[s.Key]
	return fmt.Sprintf("SELECT %s FROM orders WHERE %s ORDER BY %s %s, id %s LIMIT 50", columns, rawTab(tab, s.Key), key, direction, direction)
}

// first measures the first fifty rows of every counted tab under every sort, against the same question as prepared SQL.
func first(ctx context.Context, b *bench) ([]figure, error) {
	db, err := store.Open(ctx, store.Options{Path: b.db, ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer db.Close()
	raw, err := b.raw()
	if err != nil {
		return nil, err
	}
	defer raw.Close()

	var all pairs
	for _, tab := range order.Tabs() {
		if !tab.Counted {
			continue
		}
		for _, key := range order.SortKeys {
			for _, asc := range []bool{false, true} {
				s := order.Sort{Key: key, Asc: asc}
				what := fmt.Sprintf("%s by %s%s", tab.ID, key, map[bool]string{true: " ascending"}[asc])
				err := all.add(what, func() (time.Duration, time.Duration, error) { return b.window(ctx, db, raw, tab, s) })
				if err != nil {
					return nil, fmt.Errorf("%s: %w", what, err)
				}
			}
		}
	}
	ours, floor := all.medians()
	ratio, err := all.worst(pair.ratio)
	if err != nil {
		return nil, err
	}
	slowest, err := all.worst(slowness)
	if err != nil {
		return nil, err
	}
	const peer = "the same query as prepared SQL"
	return []figure{
		atMost("first 50 rows, any tab × any sort, median", peer, ours, floor, 1.5, fmt.Sprintf("%d combinations", len(all))),
		atMost("first 50 rows, the worst ratio", peer, ratio.ours, ratio.floor, 1.5, ratio.what),
		atMost("first 50 rows, the slowest", "one frame: 16 ms", slowest.ours, 16*time.Millisecond, 1, slowest.what),
	}, nil
}

// window measures the first fifty rows of one tab under one sort.
func (b *bench) window(ctx context.Context, db *store.DB, raw *sql.DB, tab order.Tab, s order.Sort) (ours, floor time.Duration, err error) {
	peer, err := prepare(ctx, raw, rawWindow(tab, s))
	if err != nil {
		return 0, 0, err
	}
	var mine, theirs int
	a, f, err := interleave(b.rounds, func() error {
		w, err := db.Window(ctx, store.Query{Tab: tab, Sort: s}, store.Key{}, false, 50)
		mine = len(w.Rows)
		return err
	}, func() (err error) {
		theirs, err = peer.run(ctx)
		return err
	})
	if err = errors.Join(err, peer.stmt.Close()); err != nil {
		return 0, 0, err
	}
	if mine != theirs {
		return 0, 0, fmt.Errorf("%d rows, the floor has %d: they do not do the same", mine, theirs)
	}
	return a.median(), f.median(), nil
}

// jump measures fifty rows in the middle of everything, with the view's ids loaded, against OFFSET.
func jump(ctx context.Context, b *bench) ([]figure, error) {
	db, err := store.Open(ctx, store.Options{Path: b.db, ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer db.Close()
	raw, err := b.raw()
	if err != nil {
		return nil, err
	}
	defer raw.Close()
	begin := time.Now()
	ids, err := db.IDs(ctx, store.Query{})
	if err != nil {
		return nil, err
	}
	load := time.Since(begin)
	if len(ids) < 100 {
		return nil, fmt.Errorf("only %d orders", len(ids))
	}
	middle := len(ids) / 2
	peer, err := prepare(ctx, raw, fmt.Sprintf("SELECT %s FROM orders ORDER BY created DESC, id DESC LIMIT 50 OFFSET %d", columns, middle))
	if err != nil {
		return nil, err
	}
	ours, floor, err := interleave(b.rounds, func() error {
		rows, err := db.Rows(ctx, ids[middle:middle+50])
		if err == nil && len(rows) != 50 {
			err = fmt.Errorf("%d rows", len(rows))
		}
		return err
	}, func() error {
		n, err := peer.run(ctx)
		if err == nil && n != 50 {
			err = fmt.Errorf("the floor read %d rows", n)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return []figure{atMost("jump to the middle, warm", fmt.Sprintf("OFFSET %d", middle), ours.median(), floor.median(), 1.0/50,
		"the ids of the view are loaded once: "+amount(load.Seconds(), "s")).linear()}, nil
}

// counts measures the counts of all tabs for each choice of stores, and that they are exact.
func counts(ctx context.Context, b *bench) ([]figure, error) {
	db, err := store.Open(ctx, store.Options{Path: b.db, ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer db.Close()
	raw, err := b.raw()
	if err != nil {
		return nil, err
	}
	defer raw.Close()
	shops, err := db.Shops(ctx)
	if err != nil {
		return nil, err
	}
	choices := [][]string{nil}
	for _, s := range shops {
		choices = append(choices, []string{s.Name})
	}
	var all pairs
	for _, choice := range choices {
		where, args := "1", []any{}
		if len(choice) > 0 {
			where, args = "shop = (SELECT id FROM shops WHERE name = ?)", []any{choice[0]}
		}
		if err := exact(ctx, raw, db, choice, where, args); err != nil {
			return nil, err
		}
		err := all.add(cmp.Or(strings.Join(choice, " "), "all stores"), func() (time.Duration, time.Duration, error) {
			return b.tabCounts(ctx, raw, db, choice, where, args)
		})
		if err != nil {
			return nil, err
		}
	}
	worst, err := all.worst(pair.ratio)
	if err != nil {
		return nil, err
	}
	return []figure{atMost("tab counts, the worst choice of stores", "GROUP BY stage", worst.ours, worst.floor, 1.0/500, worst.what+"; checked to be exact").linear()}, nil
}

// tabCounts measures the counts of all tabs for one choice of stores.
func (b *bench) tabCounts(ctx context.Context, raw *sql.DB, db *store.DB, choice []string, where string, args []any) (ours, floor time.Duration, err error) {
	peer, err := prepare(ctx, raw, "SELECT bucket, count(*) FROM orders WHERE "+where+" GROUP BY bucket")
	if err != nil {
		return 0, 0, err
	}
	a, f, err := interleave(min(b.rounds, 7), func() error {
		_, err := db.Counts(ctx, choice)
		return err
	}, func() error {
		_, err := peer.run(ctx, args...)
		return err
	})
	return a.median(), f.median(), errors.Join(err, peer.stmt.Close())
}

// exact compares the counts of the tabs with what is counted one by one.
func exact(ctx context.Context, raw *sql.DB, db *store.DB, choice []string, where string, args []any) error {
	counts, err := db.Counts(ctx, choice)
	if err != nil {
		return err
	}
	there := map[string]int{}
	rows, err := raw.QueryContext(ctx, "SELECT bucket, side, count(*) FROM orders WHERE "+where+" GROUP BY bucket, side", args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var bucket, side, n int
		if err := rows.Scan(&bucket, &side, &n); err != nil {
			return err
		}
		there[order.TabAll] += n
		if bucket >= archived {
			continue
		}
		there[string(order.Stages[bucket])] += n
		if side&1 != 0 {
			there[order.TabRefunds] += n
		}
		if side&2 != 0 {
			there[order.TabResent] += n
		}
	}
	for _, tab := range order.Tabs() {
		if tab.Counted && counts[tab.ID] != there[tab.ID] {
			return fmt.Errorf("tab %s counts %d, there are %d", tab.ID, counts[tab.ID], there[tab.ID])
		}
	}
	return rows.Err()
}
