package store

import (
	"context"
	"slices"
	"sync"

	"github.com/orderdeck/orderdeck/store/order"
)

type counterKey struct{ shop, key, archived int64 }

// counter adds to what the transaction will change in the counters.
func (t *tx) counter(shop, bucket, side, by int64) {
	if t.deltas == nil {
		t.deltas = map[counterKey]int64{}
	}
	stage, archived := bucket, int64(0)
	if bucket >= archivedBucket {
		stage, archived = bucket-archivedBucket, 1
	}
	t.deltas[counterKey{shop, stage, archived}] += by
	if side&sideRefunds != 0 {
		t.deltas[counterKey{shop, counterRefunds, archived}] += by
	}
	if side&sideResent != 0 {
		t.deltas[counterKey{shop, counterResent, archived}] += by
	}
}

func (t *tx) recount(shop, bucket, side int64) { t.counter(shop, bucket, side, 1) }
func (t *tx) uncount(shop, bucket, side int64) { t.counter(shop, bucket, side, -1) }

// count writes the deltas.
func (t *tx) count() error {
	for k, n := range t.deltas {
		if n == 0 {
			continue
		}
		if err := t.exec(`INSERT INTO counters (shop, key, archived, n) VALUES (?, ?, ?, ?)
			ON CONFLICT (shop, key, archived) DO UPDATE SET n = n + excluded.n`, k.shop, k.key, k.archived, n); err != nil {
			return err
		}
	}
	return nil
}

// shopCounts are the counters of one shop.
type shopCounts struct {
	stages          [2][archivedBucket]int // by archived, stage
	refunds, resent int                    // without archived ones
	all             int
}

// counts reads all counters: a few dozen rows. Shops are by id.
func (d *DB) counts(ctx context.Context) (map[int64]*shopCounts, error) {
	out := map[int64]*shopCounts{}
	err := d.query(ctx, `SELECT shop, key, archived, n FROM counters`, nil, func(scan func(...any) error) error {
		var shop int64
		var key, archived, n int
		if err := scan(&shop, &key, &archived, &n); err != nil {
			return err
		}
		c := out[shop]
		if c == nil {
			c = &shopCounts{}
			out[shop] = c
		}
		switch {
		case key >= 0 && key < archivedBucket:
			c.stages[archived][key] += n
			c.all += n
		case key == counterRefunds && archived == 0:
			c.refunds += n
		case key == counterResent && archived == 0:
			c.resent += n
		}
		return nil
	})
	return out, err
}

// Counts gives the exact numbers of the tabs that have one, for a choice of shops; none = all.
func (d *DB) Counts(ctx context.Context, shops []string) (Counts, error) {
	infos, err := d.shopInfos(ctx)
	if err != nil {
		return nil, err
	}
	by, err := d.counts(ctx)
	if err != nil {
		return nil, err
	}
	out := make(Counts, len(countedTabs()))
	for _, id := range countedTabs() {
		out[id] = 0
	}
	for _, s := range infos {
		c := by[s.id]
		if c == nil || (len(shops) > 0 && !slices.Contains(shops, s.Name)) {
			continue
		}
		for i, stage := range order.Stages {
			out[string(stage)] += c.stages[0][i]
		}
		out[order.TabAll] += c.all
		out[order.TabRefunds] += c.refunds
		out[order.TabResent] += c.resent
	}
	return out, nil
}

// countedTabs are the ids of the tabs that have a counter.
var countedTabs = sync.OnceValue(func() []string {
	var ids []string
	for _, t := range order.Tabs() {
		if t.Counted {
			ids = append(ids, t.ID)
		}
	}
	return ids
})
