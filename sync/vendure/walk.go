package vendure

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/orderdeck/orderdeck/sync"
)

// walk goes through a list in the order of a date, oldest first. Vendure pages by offset only, and an offset shifts
// when an order comes into the list or leaves it between two pages. So every page asks anew for what comes after an
// instant a little before the newest one seen, without what was seen since that instant. Nothing is missed and nothing
// comes twice, also when several orders have the same date (which has whole seconds in some databases), when one is
// committed a moment later than another that is newer, and when the server compares dates as text.
type walk struct {
	After time.Time `json:"after,omitzero"` // asked for is what comes after this
	Seen  []seen    `json:"seen,omitempty"` // brought already, of what comes after this; oldest first
	Done  int       `json:"done,omitempty"` // how many were brought since the walk began
}

type seen struct {
	ID string    `json:"i"`
	At time.Time `json:"t"`
}

const (
	// overlap is how far a walk looks back for orders that were committed late.
	overlap = 2 * time.Minute
	// leastOverlap is the coarseness of the dates themselves.
	leastOverlap = 2 * time.Second
	// fewSeen is how many orders are excluded by id; where more fall into overlap, it is shortened, down to
	// leastOverlap.
	fewSeen = 300
	// mostExcluded bounds the ids in one question. Beyond it, when an import gave thousands of orders one date, the
	// others are skipped by offset.
	mostExcluded = 2000
	stamp        = "2006-01-02T15:04:05.000Z"
)

// options are the list options for the next page of a walk by one of the dates of an order.
func (w *walk) options(field string, take int, filter map[string]any) map[string]any {
	f := map[string]any{}
	for k, v := range filter {
		f[k] = v
	}
	after := w.After
	if after.IsZero() {
		after = time.Unix(0, 0)
	}
	dates := map[string]any{"after": after.UTC().Format(stamp)}
	if more, ok := filter[field].(map[string]any); ok {
		for k, v := range more {
			dates[k] = v
		}
	}
	f[field] = dates
	skip := 0
	if len(w.Seen) > 0 {
		ids := make([]string, 0, min(len(w.Seen), mostExcluded))
		for _, s := range w.Seen[:cap(ids)] {
			ids = append(ids, s.ID)
		}
		f["id"] = map[string]any{"notIn": ids}
		skip = w.skipped()
	}
	return map[string]any{
		"take": take, "skip": skip, "filter": f,
		"sort": map[string]any{field: "ASC", "id": "ASC"},
	}
}

// skipped is how many orders the next page skips by offset; the store counts them in its total.
func (w *walk) skipped() int { return max(0, len(w.Seen)-mostExcluded) }

// advance takes note of a page. now is the store's time: an order with a date in the future must not carry the walk
// there. It fails when the page has orders that were not asked for: to go on from such an answer might miss some, or go
// on for ever.
func (w *walk) advance(page []seen, now time.Time) error {
	if len(page) == 0 {
		return nil
	}
	have := make(map[string]bool, len(w.Seen))
	for _, s := range w.Seen {
		have[s.ID] = true
	}
	newest, fresh := w.After, 0
	excluded := len(w.Seen) <= mostExcluded // else some were only skipped, and may come again
	edge := w.After.Add(-leastOverlap)
	for _, s := range page {
		if have[s.ID] && excluded || !s.At.IsZero() && s.At.Before(edge) {
			return strangeOrder(s.ID)
		}
		if !have[s.ID] {
			have[s.ID] = true
			w.Seen = append(w.Seen, s)
			fresh++
		}
		if s.At.After(newest) {
			newest = s.At
		}
	}
	if fresh == 0 {
		return strangeOrder(page[0].ID)
	}
	w.Done += fresh
	if newest.After(now) {
		newest = now
	}
	slices.SortStableFunc(w.Seen, func(a, b seen) int { return cmp.Or(a.At.Compare(b.At), compareIDs(a.ID, b.ID)) })
	w.forget(newest.Add(-overlap))
	if extra := len(w.Seen) - fewSeen; extra > 0 {
		cut := w.Seen[extra].At
		if limit := newest.Add(-leastOverlap); cut.After(limit) {
			cut = limit
		}
		w.forget(cut)
	}
	return nil
}

// forget moves on to an instant and forgets what was seen well before it.
func (w *walk) forget(to time.Time) {
	if !to.After(w.After) {
		return
	}
	w.After = to.Truncate(time.Millisecond)
	edge := w.After.Add(-leastOverlap)
	w.Seen = slices.DeleteFunc(w.Seen, func(s seen) bool { return s.At.Before(edge) })
}

// compareIDs sorts ids as the database does: numbers by value, others as text.
func compareIDs(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}

// instant reads a date of the API; what cannot be read is the zero time.
func instant(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

func optional(s *string) time.Time {
	if s == nil {
		return time.Time{}
	}
	return instant(*s)
}

func strangeOrder(id string) error {
	return &sync.Error{
		Kind: sync.BadAnswer, Text: "the store sent an order that was not asked for",
		Err: fmt.Errorf("order %q", id),
	}
}
