package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/filter"
)

const aRareWord = "a rare word"

// search measures the first fifty rows after every letter of words that are typed, in every tab and for two choices
// of stores, against looking through the same text with ripgrep.
func search(ctx context.Context, b *bench) ([]figure, error) {
	db, err := store.Open(ctx, store.Options{Path: b.db, ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer db.Close()
	path, err := b.corpus(ctx, db)
	if err != nil {
		return nil, err
	}
	wide, long, rare, err := words(path)
	if err != nil {
		return nil, err
	}
	var figures []figure
	for _, w := range []struct{ what, word string }{{"a wide word", wide}, {"a wide word of 7+ letters", long}, {aRareWord, rare}} {
		got, err := b.typed(ctx, db, path, w.what, w.word)
		if err != nil {
			return nil, err
		}
		figures = append(figures, got...)
	}
	return figures, nil
}

// hardest keeps the slowest of a set of measurements, with what it was.
type hardest struct {
	ours, floor time.Duration
	what        string
}

func (h *hardest) add(ours, floor time.Duration, what string) {
	if h.floor == 0 || float64(ours)/float64(floor) > float64(h.ours)/float64(h.floor) {
		*h = hardest{ours, floor, what}
	}
}

// typed types a word letter by letter. Letters up to the fifth, and whole rare words, have one target; the letters
// from the sixth on of a wide word another.
func (b *bench) typed(ctx context.Context, db *store.DB, path, what, word string) ([]figure, error) {
	choices, err := twoChoices(ctx, db)
	if err != nil {
		return nil, err
	}
	var short, late hardest
	var all, floors sample
	for end := 1; end <= len(word); end++ {
		typed := word[:end]
		floor, err := b.scan(ctx, typed, path)
		if err != nil {
			return nil, err
		}
		floors = append(floors, floor)
		expr, err := filter.Parse(typed, filter.Options{Now: db.Now(), Zone: time.UTC})
		if err != nil {
			return nil, err
		}
		for _, tab := range order.Tabs() {
			for _, choice := range choices {
				took, err := b.firstRows(ctx, db, store.Query{Tab: tab, Shops: choice, Filter: expr})
				if err != nil {
					return nil, fmt.Errorf("%q in tab %s: %w", typed, tab.ID, err)
				}
				all = append(all, took)
				h := &short
				if end > 5 && what != aRareWord {
					h = &late
				}
				h.add(took, floor, fmt.Sprintf("%q in %s, %s", typed, tab.ID, cmp.Or(strings.Join(choice, ", "), "all stores")))
			}
		}
	}
	const peer = "rg -F over the same text"
	title := "search as you type, " + what + ", first 50 rows"
	figures := []figure{
		atMost(title+", slowest letter × tab × stores", peer, short.ours, short.floor, 0.25, "slowest: "+short.what),
		atMost(title+", median", peer, all.median(), floors.median(), 0, ""),
	}
	if late.floor > 0 {
		figures = append(figures, atMost(title+", sixth letter and on, slowest", peer, late.ours, late.floor, 1, "slowest: "+late.what))
	}
	return figures, nil
}

// twoChoices are all stores, and one of them.
func twoChoices(ctx context.Context, db *store.DB) ([][]string, error) {
	shops, err := db.Shops(ctx)
	choices := [][]string{nil}
	if len(shops) > 1 {
		choices = append(choices, []string{shops[0].Name})
	}
	return choices, err
}

// scan looks through the whole text for a word, the median of a few times.
func (b *bench) scan(ctx context.Context, word, path string) (time.Duration, error) {
	var took sample
	for range min(b.rounds, 5) {
		f, err := b.process(ctx, nil, "rg", "-F", "-c", "--no-messages", "--", word, path)
		if err != nil {
			return 0, err
		}
		took = append(took, f.wall)
	}
	return took.median(), nil
}

// firstRows reads the first fifty rows of a query, the median of a few times after one that is not counted.
func (b *bench) firstRows(ctx context.Context, db *store.DB, q store.Query) (time.Duration, error) {
	var took sample
	for range min(b.rounds, 5) + 1 {
		begin := time.Now()
		if _, err := db.Window(ctx, q, store.Key{}, false, 50); err != nil {
			return 0, err
		}
		took = append(took, time.Since(begin))
	}
	return took[1:].median(), nil
}
