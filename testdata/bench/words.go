package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/text"
)

// corpus writes, once, everything that can be searched for as plain text: one order a line, folded as the search
// folds. It is what the floor of the search looks through.
func (b *bench) corpus(ctx context.Context, db *store.DB) (string, error) {
	path := filepath.Join(b.data, fmt.Sprintf("text-%d.txt", b.orders))
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	file, err := os.CreateTemp(b.data, "text-")
	if err != nil {
		return "", err
	}
	defer os.Remove(file.Name())
	w := bufio.NewWriterSize(file, 1<<20)
	err = db.Each(ctx, store.Query{}, nil, func(r *order.Record) error {
		parts := []string{r.Number, r.Customer.Name, r.Customer.Email, r.Customer.Phone, r.Shipping.Name, r.CustomerNote}
		for _, l := range r.Lines {
			parts = append(parts, l.Title, l.Variant, l.SKU)
		}
		for _, p := range r.Placements {
			for _, parcel := range p.Parcels {
				parts = append(parts, parcel.Tracking)
			}
		}
		for _, s := range r.Fulfilments {
			parts = append(parts, s.Tracking)
		}
		_, err := fmt.Fprintln(w, text.Fold(strings.Join(parts, " ")))
		return err
	})
	if err = errors.Join(err, w.Flush(), file.Close()); err != nil {
		return "", err
	}
	return path, os.Rename(file.Name(), path)
}

// words picks what is searched for out of the text itself: a word of five letters that very many orders have, one of
// seven letters and more, and one that at most one order in ten thousand has, such as a tracking number. The same text
// gives the same words.
func words(path string) (wide, long, rare string, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", "", "", err
	}
	lines := bytes.Split(data[:min(len(data), 20<<20)], []byte("\n"))
	in := map[string]int{} // in how many orders
	apart := func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }
	for _, line := range lines {
		seen := map[string]bool{}
		for word := range strings.FieldsFuncSeq(string(line), apart) {
			if !seen[word] {
				seen[word] = true
				in[word]++
			}
		}
	}
	best := func(accept func(word string, n int) bool) string {
		var found string
		for word, n := range in {
			if accept(word, n) && (found == "" || n > in[found] || n == in[found] && word < found) {
				found = word
			}
		}
		return found
	}
	// A word that (nearly) everybody has, such as the domain of all addresses, is no search.
	common := func(w string, n int) bool { return n < len(lines)/2 && !strings.ContainsAny(w, "0123456789") }
	wide = best(func(w string, n int) bool { return common(w, n) && len(w) == 5 })
	long = best(func(w string, n int) bool { return common(w, n) && len(w) >= 7 })
	rare = best(func(w string, n int) bool { return n <= max(1, len(lines)/10_000) && len(w) >= 6 && w[0] >= 'a' })
	if wide == "" || long == "" || rare == "" {
		return "", "", "", fmt.Errorf("no words to search for in %s", path)
	}
	return wide, long, rare, nil
}
