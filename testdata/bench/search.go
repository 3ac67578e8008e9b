package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
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

// typed types a word letter by letter. Letters up to the fifth, and whole rare words, have one target; the letters
// from the sixth on of a wide word another.
func (b *bench) typed(ctx context.Context, db *store.DB, path, what, word string) ([]figure, error) {
	choices, err := twoChoices(ctx, db)
	if err != nil {
		return nil, err
	}
	var short, late pairs
	for end := 1; end <= len(word); end++ {
		typed := word[:end]
		expr, err := filter.Parse(typed, filter.Options{Now: db.Now(), Zone: time.UTC})
		if err != nil {
			return nil, err
		}
		floor, err := b.scan(ctx, typed, path)
		if err != nil {
			return nil, err
		}
		into := &short
		if end > 5 && what != aRareWord {
			into = &late
		}
		for _, tab := range order.Tabs() {
			for _, choice := range choices {
				err := into.add(fmt.Sprintf("%q in %s, %s", typed, tab.ID, cmp.Or(strings.Join(choice, ", "), "all stores")),
					func() (time.Duration, time.Duration, error) {
						took, err := b.firstRows(ctx, db, store.Query{Tab: tab, Shops: choice, Filter: expr})
						return took, floor, err
					})
				if err != nil {
					return nil, fmt.Errorf("%q in tab %s: %w", typed, tab.ID, err)
				}
			}
		}
	}
	const peer = "rg -F over the same text"
	title := "search as you type, " + what + " (" + word + "), first 50 rows"
	ours, floor := slices.Concat(short, late).medians()
	figures := []figure{atMost(title+", median", peer, ours, floor, 0.25, fmt.Sprintf("%d letters × tabs × stores", len(short)+len(late))).linear()}
	worst, err := short.worst(pair.ratio)
	if err != nil {
		return nil, err
	}
	figures = append(figures, atMost(title+", slowest", peer, worst.ours, worst.floor, 0.25, worst.what).linear())
	if len(late) == 0 {
		return figures, nil
	}
	if worst, err = late.worst(pair.ratio); err != nil {
		return nil, err
	}
	return append(figures, atMost(title+", sixth letter and on, slowest", peer, worst.ours, worst.floor, 1, worst.what).linear()), nil
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
