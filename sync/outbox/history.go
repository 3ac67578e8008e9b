package outbox

import (
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store/order/text"
)

// mark is what happened in one step of an effect's history.
type mark string

// The values of mark. They are kept in the database, so they never change.
const (
	markSent    mark = "sent"     // an attempt begins; nothing is known of it until another mark follows
	markNotSent mark = "not-sent" // it certainly never left
	markExists  mark = "exists"   // the other side says that the reference is taken
	markRefused mark = "refused"  // the other side said no
	markFound   mark = "found"    // seen there
	markAbsent  mark = "absent"   // looked for, and certainly not there
	markUnpaid  mark = "unpaid"   // read, and certainly not paid
	markUnclear mark = "unclear"  // looked for, and nothing can be concluded
	markBefore  mark = "before"   // the balance just before a payment
	markAfter   mark = "after"    // the balance when an unclear payment was looked into
	markPaid    mark = "paid"     // with the amount
	markProven  mark = "proven"   // nothing happened: looked twice, far enough apart
	markStore   mark = "store"    // the store could not be asked
	markGoesOn  mark = "goes-on"  // the store is doing it
	markFrozen  mark = "frozen"   // the money went and the order is not paid: a person must look
)

// step is one line of a history: "2026-11-22T02:03:04Z absent looked by its reference".
type step struct {
	At   time.Time
	Mark mark
	Text string
}

// history is what was done and seen about one effect. It is its store.Effect.Evidence: a line per step, for people as
// they are, and for us after a crash.
type history []step

func parseHistory(evidence string) history {
	var h history
	for line := range strings.Lines(evidence) {
		line = strings.TrimSpace(line)
		when, rest, _ := strings.Cut(line, " ")
		at, err := time.Parse(time.RFC3339Nano, when)
		if err != nil {
			if line != "" { // something that somebody else wrote down
				h = append(h, step{Text: line})
			}
			continue
		}
		m, words, _ := strings.Cut(rest, " ")
		h = append(h, step{at, mark(m), words})
	}
	return h
}

// String is what is kept.
func (h history) String() string {
	var b strings.Builder
	for _, s := range h {
		if s.Mark != "" {
			b.WriteString(s.At.UTC().Format(time.RFC3339Nano))
			b.WriteByte(' ')
			b.WriteString(string(s.Mark))
			if s.Text != "" {
				b.WriteByte(' ')
			}
		}
		b.WriteString(s.Text)
		b.WriteByte('\n')
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// add notes a step. Of several equal steps in a row the first and the last are kept, which is all that is asked for.
func (h history) add(at time.Time, m mark, words string) history {
	next := step{at, m, text.Limit(text.Clean(words), 300)}
	if n := len(h); n >= 2 && h[n-1].Mark == m && h[n-2].Mark == m {
		return append(h[:n-1:n-1], next)
	}
	return append(h[:len(h):len(h)], next).bounded()
}

// The longest that a history becomes: of what came before the present attempt, and of the attempt itself.
const (
	mostBefore = 30
	mostSince  = 100
)

// bounded shortens a history that went on for days, without what decisions rest on: what was proven, when the present
// attempt began, and what was seen first and last since.
func (h history) bounded() history {
	if len(h) <= mostBefore+mostSince {
		return h
	}
	since, _ := h.attempt()
	before := h[:len(h)-len(since)]
	var out history
	for i, s := range before {
		if s.Mark == markProven || i >= len(before)-mostBefore {
			out = append(out, s)
		}
	}
	if len(since) > mostSince {
		out = append(out, since[:mostSince/2]...)
		since = since[len(since)-mostSince/2:]
	}
	return append(out, since...)
}

// attempt is what happened since the last attempt began. began is false when nothing has been sent, or what was sent
// certainly never left: then nothing can have happened there.
func (h history) attempt() (since history, began bool) {
	for i := len(h) - 1; i >= 0; i-- {
		switch h[i].Mark {
		case markNotSent, markRefused, markProven:
			return h[i+1:], false
		case markSent:
			return h[i:], true
		}
	}
	return h, false
}

// last is the latest step of a kind.
func (h history) last(m mark) (step, bool) {
	for i := len(h) - 1; i >= 0; i-- {
		if h[i].Mark == m {
			return h[i], true
		}
	}
	return step{}, false
}

func (h history) has(m mark) bool {
	_, ok := h.last(m)
	return ok
}

// apart tells whether something was seen twice, at least d apart; if not, from when on a second look counts.
func (h history) apart(m mark, d time.Duration) (done bool, from time.Time) {
	var first, last time.Time
	for _, s := range h {
		if s.Mark != m {
			continue
		}
		if first.IsZero() {
			first = s.At
		}
		last = s.At
	}
	if first.IsZero() {
		return false, time.Time{}
	}
	return last.Sub(first) >= d, first.Add(d)
}
