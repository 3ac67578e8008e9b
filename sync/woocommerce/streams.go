package woocommerce

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/httpx"
)

// The streams. What has changed is asked for by the date of change, which is not moved by everything and never by going
// for good; the other two find the rest.
const (
	streamOrders = "orders" // all orders once, the newest first; then those that have changed
	streamTrash  = "trash"  // known ones that were thrown away: a list of "any" does not have them
	streamOpen   = "open"   // known ones that may still change, again: edits without a date, and those that are gone
)

const (
	pageSize   = 100 // the most that is given
	leastPage  = 10
	overlap    = 2 * time.Minute // for changes that are written later than they are dated
	trashEvery = 10 * time.Minute
	openEvery  = 30 * time.Minute
	wholeEvery = 24 * time.Hour // between two readings of all open orders as a whole
)

// Streams implements sync.Platform.
func (p *Platform) Streams() []string { return []string{streamOrders, streamTrash, streamOpen} }

// cursor is where a stream stands.
type cursor struct {
	// Of the pass that is on.
	Offset  int       `json:"offset,omitempty"`
	Last    int64     `json:"last,omitempty"`   // number of the last order that was seen in it; 0 = none
	Began   time.Time `json:"began,omitzero"`   // zero = no pass is on
	Max     time.Time `json:"max,omitzero"`     // the latest change seen in it, by the store's clock
	Changed bool      `json:"changed,omitzero"` // something in it was new
	Stuck   int       `json:"stuck,omitzero"`   // pages in a row that brought nothing further
	// Of the passes before.
	Whole bool      `json:"whole,omitempty"` // all orders have been read once
	After time.Time `json:"after,omitzero"`  // nothing that changed up to then is missing, but for what was written late
	Since time.Time `json:"since,omitzero"`  // when something new was seen last, by our clock
	Quiet bool      `json:"quiet,omitempty"` // what was written late has been looked for long enough
	Ended time.Time `json:"ended,omitzero"`
	// Of the sweep of open orders.
	ID    string    `json:"id,omitempty"`    // the last one that was looked at
	Reads bool      `json:"reads,omitempty"` // this sweep reads them whole
	Read  time.Time `json:"read,omitzero"`   // when one did that last
}

func (c *cursor) batch(more bool) sync.Batch {
	raw, _ := json.Marshal(c) // numbers and texts: it cannot fail
	return sync.Batch{Cursor: raw, More: more}
}

// Pull implements sync.Platform.
func (p *Platform) Pull(ctx context.Context, stream string, raw []byte, known sync.Known) (sync.Batch, error) {
	s, err := p.hello(ctx)
	if err != nil {
		return sync.Batch{}, err
	}
	c := &cursor{}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, c); err != nil {
			return sync.Batch{}, &sync.Error{Kind: sync.Broken, Text: "the cursor of " + stream + " cannot be read", Err: err}
		}
	}
	now := p.o.Clock()
	rests := func(every time.Duration) bool {
		return !c.Ended.IsZero() && now.Sub(c.Ended) < every && !c.Ended.After(now)
	}
	switch stream {
	case streamOrders:
		if !c.Whole {
			return p.first(ctx, c, s, now)
		}
		if c.Began.IsZero() { // a run begins
			p.mu.Lock()
			p.lacks = false
			p.mu.Unlock()
		}
		return p.changed(ctx, c, s, known, "any", now)
	case streamTrash:
		if c.Began.IsZero() && rests(trashEvery) {
			return c.batch(false), nil
		}
		return p.changed(ctx, c, s, known, statusTrash, now)
	case streamOpen:
		if c.ID == "" && rests(openEvery) {
			return c.batch(false), nil
		}
		return p.open(ctx, c, s, known, now)
	}
	return sync.Batch{}, sync.Errorf(sync.Broken, "WooCommerce has no stream %q", stream)
}

// step moves a pass on behind a page, which begins with the last order of the page before: where it does not, orders
// before it have gone, the rest has moved up, and the pass goes back. It answers whether it may go on.
// A store may give fewer than take at a time.
func (c *cursor) step(ids []int64, take int, descending bool) (forward bool) {
	lost := c.Offset > 0 && len(ids) == 0
	if len(ids) > 0 && c.Last > 0 && c.Offset > 0 {
		lost = ids[0] < c.Last
		if !descending {
			lost = ids[0] > c.Last
		}
	}
	if lost {
		c.Offset = max(0, c.Offset-take)
		return false
	}
	if n := len(ids); n > 0 {
		// Orders that came before it push a page back; that all of it is pushed back, again and again, is no chance.
		last := ids[n-1]
		if further := last < c.Last == descending && last != c.Last; further || c.Last == 0 {
			c.Stuck = 0
		} else if n > 1 {
			c.Stuck++
		}
		c.Last = last
		c.Offset += n - 1
	}
	return true
}

// mostStuck is how many pages in a row may bring nothing further.
const mostStuck = 3

// keeps tells whether a list is the one that was asked for: caches and security plugins take parameters away, and then
// every page is the same, or orders stand where they are not looked for.
func (p *Platform) keeps(c *cursor, ids []int64, descending bool) error {
	const hint = "Something between, such as a cache or a security plugin, takes away what is asked for: it must let /wp-json/wc/ through as it is"
	for i := 1; i < len(ids); i++ {
		if ids[i] == ids[i-1] || ids[i] < ids[i-1] != descending {
			return &sync.Error{Kind: sync.Refused, Text: p.http.Host() + " does not keep to the order of the list that was asked for", Hint: hint}
		}
	}
	if c.Stuck >= mostStuck {
		return &sync.Error{Kind: sync.Refused, Text: p.http.Host() + " gives the same page again and again", Hint: hint}
	}
	return nil
}

// sees notes when an order was changed. A date of the future, by the answer's own clock, counts as now.
func (c *cursor) sees(g *glance, a *httpx.Answer, now time.Time) {
	at := instant(g.Modified)
	if there := now.Add(a.Skew); at.After(there) {
		at = there.Truncate(time.Second)
	}
	if at.After(c.Max) {
		c.Max = at
	}
}

// ends closes a pass. What was changed behind its back, on a page that was read already, is dated after its beginning; the
// store's clock has moved on by as much as ours, so that the latest change less that time is before all of them.
func (c *cursor) ends(now time.Time) {
	took := max(0, now.Sub(c.Began))
	safe := c.Max.Add(-took)
	switch {
	case c.Max.IsZero():
	case !c.Changed && !c.Since.IsZero() && c.Began.Sub(c.Since) >= overlap: // all of it was there long ago: nothing dated so is written any more
		safe, c.Quiet = c.Max, true
	}
	if c.Changed || c.Since.IsZero() {
		c.Since, c.Quiet = now, false
	}
	if safe.After(c.After) {
		c.After = safe
	}
	c.Offset, c.Last, c.Stuck, c.Began, c.Max, c.Changed, c.Ended = 0, 0, 0, time.Time{}, time.Time{}, false, now
}

// first reads all orders, the newest first.
func (p *Platform) first(ctx context.Context, c *cursor, s *shop, now time.Time) (sync.Batch, error) {
	if c.Began.IsZero() {
		c.Began = now
	}
	take := p.take
	raws, a, err := p.page(ctx, s, url.Values{
		"status": {"any"}, "orderby": {"id"}, "order": {"desc"}, "per_page": {strconv.Itoa(take)}, "offset": {strconv.Itoa(c.Offset)},
	})
	if err != nil {
		return sync.Batch{}, err
	}
	var ids []int64
	var orders []store.Pulled
	for _, raw := range raws {
		got, v, err := p.one(ctx, raw, s, false)
		if err != nil {
			return sync.Batch{}, err
		}
		c.sees(&v.glance, a, p.o.Clock())
		if ids = append(ids, v.number()); len(ids) > 1 || v.number() != c.Last { // it was on the page before as well
			orders = append(orders, *got)
		}
	}
	c.Changed = true
	reached := c.Offset + len(raws)
	more, total := !c.step(ids, take, true) || len(raws) >= take, listed(a)
	more = more || total > reached && len(raws) > 0
	if err := p.keeps(c, ids, true); err != nil {
		return sync.Batch{}, err
	}
	if !more {
		c.Whole = true
		c.ends(p.o.Clock())
	}
	b := c.batch(more)
	b.Orders, b.ClockSkew, b.Done = orders, a.Skew, reached
	if b.Total = max(total, reached); !more {
		b.Total = reached
	}
	return b, nil
}

// listed is how long a list is, 0 where that is not said.
func listed(a *httpx.Answer) int {
	n, _ := strconv.Atoi(a.Header.Get("X-Wp-Total"))
	return n
}

// changed looks at what has changed since the last pass, and reads what differs from what is known.
func (p *Platform) changed(ctx context.Context, c *cursor, s *shop, known sync.Known, status string, now time.Time) (sync.Batch, error) {
	if c.Began.IsZero() {
		c.Began = now
	}
	q := url.Values{
		"status": {status}, "orderby": {"id"}, "order": {"asc"}, "per_page": {strconv.Itoa(pageSize)}, "_fields": {glanceFields},
	}
	if c.Offset > 0 {
		q.Set("offset", strconv.Itoa(c.Offset))
	}
	from := c.After
	if !c.Quiet {
		from = from.Add(-overlap)
	}
	if !c.After.IsZero() {
		// Without a zone, and with the word that it is GMT: with a "Z" the store takes it for its own time.
		q.Set("modified_after", from.UTC().Format(naive))
		q.Set("dates_are_gmt", "true")
	}
	var all list[glance]
	a, err := p.get(ctx, s, "orders", q, &all)
	if err != nil {
		return sync.Batch{}, err
	}
	ids := make([]int64, len(all))
	for i := range all {
		if at := instant(all[i].Modified); !c.After.IsZero() && !at.IsZero() && at.Before(from.Truncate(time.Second)) {
			return sync.Batch{}, &sync.Error{
				Kind: sync.Refused, Text: p.http.Host() + " does not keep to the date that was asked for",
				Hint: "WooCommerce can tell what has changed since version 5.8: update it",
			}
		}
		ids[i] = all[i].number()
		c.sees(&all[i], a, p.o.Clock())
	}
	differ, seen, err := p.compare(ctx, known, all, status == statusTrash)
	if err != nil {
		return sync.Batch{}, err
	}
	orders, _, err := p.include(ctx, s, differ, status, true)
	if err != nil {
		return sync.Batch{}, err
	}
	c.Changed = c.Changed || len(differ) > 0
	reached := c.Offset + len(all)
	more := !c.step(ids, pageSize, false) || len(all) >= pageSize || listed(a) > reached && len(all) > 0
	if err := p.keeps(c, ids, false); err != nil {
		return sync.Batch{}, err
	}
	if !more {
		c.ends(p.o.Clock())
	}
	b := c.batch(more)
	b.Orders, b.Seen, b.ClockSkew = orders, seen, a.Skew
	return b, nil
}

// compare finds which of some orders are not known as they look now.
func (p *Platform) compare(ctx context.Context, known sync.Known, all []glance, onlyKnown bool) (differ, seen []string, err error) {
	if len(all) == 0 {
		return nil, nil, nil
	}
	ids := make([]string, len(all))
	for i := range all {
		ids[i] = string(all[i].ID)
	}
	have, err := known.Fingerprints(ctx, ids)
	if err != nil {
		return nil, nil, err
	}
	for i := range all {
		was, is := have[ids[i]]
		switch {
		case is && was == all[i].fingerprint():
			seen = append(seen, ids[i])
		case is || !onlyKnown:
			differ = append(differ, ids[i])
		}
	}
	return differ, seen, nil
}

// include reads some orders whole. Those that are not there, or not with that status, are missing from the answer. changed
// says that something about them is new.
func (p *Platform) include(ctx context.Context, s *shop, ids []string, status string, changed bool) (orders []store.Pulled, missing []string, err error) {
	for len(ids) > 0 {
		part := ids[:min(len(ids), p.take)]
		raws, _, err := p.page(ctx, s, url.Values{
			"status": {status}, "orderby": {"id"}, "order": {"asc"}, "per_page": {strconv.Itoa(len(part))}, "include": {strings.Join(part, ",")},
		})
		if err != nil {
			return nil, nil, err
		}
		there := map[string]bool{}
		for _, raw := range raws {
			got, _, err := p.one(ctx, raw, s, changed)
			if err != nil {
				return nil, nil, err
			}
			there[got.Order.ExternalID] = true
			orders = append(orders, *got)
		}
		for _, id := range part {
			if !there[id] {
				missing = append(missing, id)
			}
		}
		ids = ids[len(part):]
	}
	return orders, missing, nil
}

// open looks at the next orders that may still change. Once a day it reads them whole: an edit of a line that leaves the
// total alone shows nowhere else.
func (p *Platform) open(ctx context.Context, c *cursor, s *shop, known sync.Known, now time.Time) (sync.Batch, error) {
	if c.Ended.IsZero() && c.ID == "" { // the first reading of all orders has just had them
		c.Ended, c.Read = now, now
		return c.batch(false), nil
	}
	if c.ID == "" {
		c.Reads = now.Sub(c.Read) >= wholeEvery || c.Read.After(now)
	}
	ids, err := known.OpenOrders(ctx, c.ID, pageSize)
	if err != nil {
		return sync.Batch{}, err
	}
	more := len(ids) == pageSize
	next := *c
	if next.ID = ""; more {
		next.ID = ids[len(ids)-1]
	} else {
		if next.Ended = now; c.Reads {
			next.Read = now
		}
	}
	b := next.batch(more)
	if len(ids) == 0 {
		return b, nil
	}
	differ, missing := ids, []string(nil)
	if !c.Reads {
		var all list[glance]
		a, err := p.get(ctx, s, "orders", url.Values{
			"status": {"any"}, "orderby": {"id"}, "order": {"asc"}, "per_page": {strconv.Itoa(pageSize)}, "include": {strings.Join(ids, ",")},
			"_fields": {glanceFields},
		}, &all)
		if err != nil {
			return sync.Batch{}, err
		}
		b.ClockSkew = a.Skew
		if differ, b.Seen, err = p.compare(ctx, known, all, false); err != nil {
			return sync.Batch{}, err
		}
		there := map[string]bool{}
		for i := range all {
			there[string(all[i].ID)] = true
		}
		for _, id := range ids {
			if !there[id] {
				missing = append(missing, id)
			}
		}
	}
	orders, lost, err := p.include(ctx, s, differ, "any", !c.Reads)
	if err != nil {
		return sync.Batch{}, err
	}
	// What no list of "any" has is in the trash, or gone; that it is gone is believed only when it is asked for by its id.
	trashed, lost, err := p.include(ctx, s, append(missing, lost...), statusTrash, false)
	if err != nil {
		return sync.Batch{}, err
	}
	b.Orders = slices.Concat(orders, trashed)
	for _, id := range lost {
		got, _, err := p.read(ctx, id, s)
		switch {
		case err != nil:
			return sync.Batch{}, err
		case got == nil:
			b.Gone = append(b.Gone, id)
		default:
			b.Orders = append(b.Orders, *got)
		}
	}
	return b, nil
}
