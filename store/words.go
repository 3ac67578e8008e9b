package store

import (
	"maps"
	"slices"
	"strings"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/filter"
)

// Marks are single characters of Unicode's private use area that stand in the search index beside an order's words
// (which are letters and digits only), so that a search within a tab or a choice of shops need not look at any row.
const (
	markStage   = 0xE000 // + the stage's position, of orders that are not archived
	markRefunds = 0xE020
	markResent  = 0xE021
	markShop    = 0xE100 // + the shop's id
	lastMark    = 0xF8FF
)

// shopMark is the mark of a shop's orders; "" for shops beyond the number that there are marks for.
func shopMark(shop int64) string {
	if shop > lastMark-markShop {
		return ""
	}
	return string(rune(markShop + shop))
}

// appendMarks appends the marks of where an order stands.
func appendMarks(dst []string, shop, bucket, side int64) []string {
	dst = append(dst, shopMark(shop))
	if bucket >= archivedBucket {
		return dst
	}
	dst = append(dst, string(rune(markStage+bucket)))
	if side&sideRefunds != 0 {
		dst = append(dst, string(rune(markRefunds)))
	}
	if side&sideResent != 0 {
		dst = append(dst, string(rune(markResent)))
	}
	return dst
}

// wordChange is what a transaction does to one entry of the search index.
type wordChange struct {
	out   bool // there was one before, it is taken out
	in    bool // there is one afterwards
	words string
}

// index puts an order into the search index at the end of the transaction.
func (t *tx) index(created, id int64, words string) {
	rank := rankOf(created, id)
	t.setWords(rank, wordChange{out: t.words[rank].out, in: true, words: words})
}

// unindex takes an order out of it.
func (t *tx) unindex(created, id int64) {
	rank := rankOf(created, id)
	if was, ok := t.words[rank]; ok {
		t.setWords(rank, wordChange{out: was.out})
		return
	}
	t.setWords(rank, wordChange{out: true})
}

func (t *tx) setWords(rank int64, c wordChange) {
	if t.words == nil {
		t.words = map[int64]wordChange{}
	}
	t.words[rank] = c
}

// writeWords does what index and unindex have asked for, at once and last, in the order of the ranks: FTS5 writes what
// it has gathered to the disk, as a segment of its own, whenever a rank is lower than the one before, and whenever
// another statement opens a savepoint in between.
func (t *tx) writeWords() error {
	ranks := slices.Sorted(maps.Keys(t.words))
	for _, rank := range ranks {
		if t.words[rank].out {
			if err := t.exec(`DELETE FROM fts WHERE rowid = ?`, rank); err != nil {
				return err
			}
		}
	}
	for _, rank := range ranks {
		if c := t.words[rank]; c.in {
			if err := t.exec(`INSERT INTO fts (rowid, words) VALUES (?, ?)`, rank, c.words); err != nil {
				return err
			}
		}
	}
	return nil
}

// document is what is indexed of an order: its words and its marks.
func (a *applier) document(rec *order.Record, r *row) string {
	a.tokens = filter.Tokens(a.tokens[:0], rec)
	return strings.Join(appendMarks(a.tokens, a.shop.id, r.bucket, r.side), " ")
}

// reindex brings the search index up to date with a changed order. Writing it costs more than all the rest of an
// update, so it is left alone when the words and the marks are the same; with intents in play that is not asked.
func (a *applier) reindex(id int64, b *before, was, shown *order.Order, placements []order.Placement, intents bool) error {
	r := &a.row
	a.rec = order.Record{ID: id, Order: *shown, Placements: placements}
	words := a.document(&a.rec, r)
	if !intents && b.created == r.created && b.bucket == r.bucket && b.side == r.side && b.tracking == r.tracking {
		a.rec.Order = *was
		if words == a.document(&a.rec, r) {
			return nil
		}
	}
	a.unindex(b.created, id)
	a.index(r.created, id, words)
	return nil
}
