package demo

import "sort"

// segment is a stretch of time after the world began. In a live one (To = 0) somebody is watching, and an order comes
// every minute to each shop; a gap is what happened while nobody was, at the shop's natural rate.
type segment struct {
	From int64 `json:"f"`
	To   int64 `json:"t,omitempty"`
	Base int   `json:"b"` // how many orders came in the segments before
}

// arrivals is the history of the segments of one shop, and how many orders it has brought. It belongs to the cursor of
// the shop's arrivals; all else learns it from there.
type arrivals struct {
	Segments []segment `json:"s,omitempty"`
	Count    int       `json:"n,omitempty"`
}

const (
	// A watcher who asked for nothing for so long was away.
	away = 15 * minute
	// However long the watcher was away, no more orders than this have come to a shop.
	gapMost = 200
	// Segments are forgotten when nothing can happen to their orders any more.
	forget = horizon + 30*days
)

// view is a shop with what is known of its arrivals: everything that decides what its orders are.
type view struct {
	*shop
	arrivals
}

// known is how many orders there are.
func (v *view) known() int { return v.orders + v.Count }

// segment is the one that an order came in; nil for those that were there at the beginning.
func (v *view) segment(i int) *segment {
	m := i - v.orders
	if m < 0 {
		return nil
	}
	k := sort.Search(len(v.Segments), func(k int) bool { return v.Segments[k].Base > m }) - 1
	if k < 0 {
		return nil
	}
	return &v.Segments[k]
}

// natural is when an order came, in seconds; it never falls as i grows. live tells that somebody was watching, anchor
// is when watching began for an order that came before.
func (v *view) natural(i int) (at int64, live bool, anchor int64) {
	d := roll(v.seed, v.id, uint64(i), topicClock)
	if i < v.orders {
		return v.past.at((float64(i) + d.unit()) / float64(v.orders)), false, v.start
	}
	s := v.segment(i)
	if s == nil { // forgotten: so old that only its order among the others matters
		return v.start, false, v.start
	}
	m := i - v.orders - s.Base
	if s.To == 0 {
		return s.From + int64(m)*minute + 5 + 30*int64(v.index) + d.span(0, 10), true, s.From
	}
	next := v.segmentAfter(s)
	n := max(next-s.Base, m+1)
	return v.calendar(s.From, s.To).at((float64(m) + d.unit()) / float64(n)), false, s.To
}

func (v *view) segmentAfter(s *segment) int {
	k := sort.Search(len(v.Segments), func(k int) bool { return v.Segments[k].Base > s.Base })
	if k < len(v.Segments) {
		return v.Segments[k].Base
	}
	return v.Count
}

// createdAt is natural, but for a duplicate, which follows its model within minutes.
func (v *view) createdAt(i int) int64 {
	at, _, _ := v.natural(i)
	if v.fateOf(i) == duplicate && v.model(i) != i {
		before, _, _ := v.natural(i - 1)
		at = min(at, before+v.echo(i))
	}
	return at
}

func (v *view) echo(i int) int64 {
	d := roll(v.seed, v.id, uint64(i), topicKronecker)
	return d.span(150, 900)
}

// model is the order whose content an order has: its own, or that of the one before.
func (s *shop) model(i int) int {
	if i > 0 && s.fateOf(i) == duplicate && s.fateOf(i-1) != duplicate {
		return i - 1
	}
	return i
}

// before is how many orders were created before an instant.
func (v *view) before(at int64) int {
	return sort.Search(v.known(), func(i int) bool { return v.createdAt(i) >= at })
}

// earlier is how many of the first orders came before an instant; duplicates are not looked at.
func (s *shop) earlier(at int64) int {
	v := view{shop: s}
	return sort.Search(s.orders, func(i int) bool {
		t, _, _ := v.natural(i)
		return t >= at
	})
}

// grow adds the segments that an instant asks for, and tells how many orders have come by then. It changes nothing that
// has come already.
func (v *view) grow(now int64) (due int) {
	if len(v.Segments) == 0 {
		v.open(v.start, now)
	} else if last := v.Segments[len(v.Segments)-1]; last.To == 0 {
		if seen := last.From + int64(max(v.Count-last.Base, 0))*minute; now-seen > away {
			v.open(seen, now)
		}
	}
	last := v.Segments[len(v.Segments)-1]
	if now <= last.From {
		return max(last.Base, v.Count)
	}
	// The next order of a live segment may have come within the running minute.
	due = last.Base + int((now-last.From)/minute)
	reach := view{shop: v.shop, arrivals: arrivals{Segments: v.Segments, Count: due + 1}}
	if at, _, _ := reach.natural(v.orders + due); at <= now {
		due++
	}
	return max(due, v.Count)
}

// open begins a live segment, after a gap where the watcher was away.
func (v *view) open(seen, now int64) {
	base := v.Count
	if now-seen > away {
		rate := float64(v.orders) / v.past.total
		n := min(int(rate*v.calendar(seen, now).total+.5), gapMost)
		if n > 0 {
			v.Segments = append(v.Segments, segment{From: seen, To: now, Base: base})
			base += n
		}
		seen = now
	}
	v.Segments = append(v.Segments, segment{From: seen, Base: base})
	for len(v.Segments) > 2 && v.Segments[1].From < now-int64(forget) {
		v.Segments = v.Segments[1:]
	}
}
