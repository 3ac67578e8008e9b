package store

import (
	"context"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/orderdeck/orderdeck/store/order/text"
)

// indexedPrefix is how many characters the beginnings of words in the search index have at most (fts5's prefix option).
// A beginning of up to so many is looked up like a word; a longer one makes FTS5 collect all its orders first, which
// for a common word takes 100 ms and more at a million orders.
const indexedPrefix = 5

// maxExpansion is up to how many words a long beginning is spelled out, each of which streams by itself. Where there
// are more (digits, mostly) each is rare, and FTS5's own way is the faster one.
const maxExpansion = 48

// quote makes an FTS5 string of an index word.
func quote(word string) string { return `"` + strings.ReplaceAll(word, `"`, `""`) + `"` }

// termMatch is a search term as an FTS5 expression.
func (d *DB) termMatch(ctx context.Context, t text.Term) (string, error) {
	parts := make([]string, 0, len(t.Words))
	for i, w := range t.Words {
		if !t.Prefix || i < len(t.Words)-1 {
			parts = append(parts, quote(w))
			continue
		}
		p, err := d.beginning(ctx, w)
		if err != nil {
			return "", err
		}
		parts = append(parts, p)
	}
	m := strings.Join(parts, " AND ")
	if t.Phone == "" {
		return m, nil
	}
	p, err := d.beginning(ctx, t.Phone)
	return "(" + m + ") OR " + p, err
}

// beginning is the FTS5 expression for all words that begin in a way.
func (d *DB) beginning(ctx context.Context, prefix string) (string, error) {
	if utf8.RuneCountInString(prefix) <= indexedPrefix {
		return quote(prefix) + "*", nil
	}
	words, all, err := d.vocabulary(ctx, prefix)
	switch {
	case err != nil:
		return "", err
	case !all:
		return quote(prefix) + "*", nil
	case len(words) == 0:
		return quote(prefix), nil // nothing will be found
	}
	for i := range words {
		words[i] = quote(words[i])
	}
	return "(" + strings.Join(words, " OR ") + ")", nil
}

// vocabulary lists the words in the index that begin in a way; all is false where there are too many. It jumps from
// word to word: reading on would go through every order of each.
func (d *DB) vocabulary(ctx context.Context, prefix string) (words []string, all bool, err error) {
	if words, all, ok := d.vocab.get(prefix, d.notices.now()); ok {
		return append([]string(nil), words...), all, nil
	}
	version := d.notices.now()
	from := prefix
	for len(words) < maxExpansion {
		found := false
		if err := d.query(ctx, `SELECT term FROM fts_words WHERE term >= ? LIMIT 1`, []any{from}, func(scan func(...any) error) error {
			var w string
			if err := scan(&w); err != nil {
				return err
			}
			if found = strings.HasPrefix(w, prefix); found {
				words = append(words, w)
				from = w + "\x00" // the very next word, whatever it is
			}
			return nil
		}); err != nil {
			return nil, false, err
		}
		if !found {
			all = true
			break
		}
	}
	d.vocab.put(prefix, version, words, all)
	return append([]string(nil), words...), all, nil
}

// wideFrom is from how many hits on a word is asked for order by order.
const wideFrom = 3000

// wide tells whether an index expression finds very many orders.
func (d *DB) wide(ctx context.Context, match string) (bool, error) {
	n := 0
	err := d.one(ctx, `SELECT count(*) FROM (SELECT 1 FROM fts WHERE fts MATCH ? LIMIT ?)`, []any{match, wideFrom}, &n)
	return n >= wideFrom, err
}

// vocab remembers the last beginnings that were looked up: a key press asks for the rows, their number and their sum.
type vocab struct {
	mu   sync.Mutex
	last [8]struct {
		prefix  string
		version int64
		words   []string
		all     bool
	}
	next int
}

func (v *vocab) get(prefix string, version int64) (words []string, all, ok bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for i := range v.last {
		if l := &v.last[i]; l.prefix == prefix && l.version == version {
			return l.words, l.all, true
		}
	}
	return nil, false, false
}

func (v *vocab) forget() {
	v.mu.Lock()
	defer v.mu.Unlock()
	for i := range v.last {
		v.last[i].prefix = ""
	}
}

func (v *vocab) put(prefix string, version int64, words []string, all bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	l := &v.last[v.next%len(v.last)]
	v.next++
	l.prefix, l.version, l.words, l.all = prefix, version, append([]string(nil), words...), all
}

// now is the number of the latest notice.
func (n *notices) now() int64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.version
}
