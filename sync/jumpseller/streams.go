package jumpseller

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/sync"
)

// The streams. An order has no date of its last change, so what changes is found by reading again: everything of the
// last 30 days page by page, and whatever is open one by one.
const (
	streamNew    = "orders" // all orders once, then those above the highest number that was seen
	streamWindow = "recent" // those of the last 30 days, again
	streamOpen   = "open"   // older ones that may still change, again
)

const (
	pageSize    = 100              // the most that is given
	windowEvery = 10 * time.Minute // between two readings of the last 30 days
	openEvery   = time.Hour
	openPage    = 50
)

// Streams implements sync.Platform.
func (p *Platform) Streams() []string { return []string{streamNew, streamWindow, streamOpen} }

// cursor is where a stream stands.
type cursor struct {
	Page  int       `json:"page,omitempty"`  // of the pass that is on; 0 = none is
	Top   int64     `json:"top,omitempty"`   // highest number seen before this pass
	Next  int64     `json:"next,omitempty"`  // highest number seen in this pass
	Done  int       `json:"done,omitempty"`  // orders in this pass
	After string    `json:"after,omitempty"` // last one that was read again
	Ended time.Time `json:"ended,omitzero"`  // the last whole pass
}

// Pull implements sync.Platform.
func (p *Platform) Pull(ctx context.Context, stream string, raw []byte, known sync.Known) (sync.Batch, error) {
	s, err := p.hello(ctx)
	if err != nil {
		return sync.Batch{}, err
	}
	var c cursor
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &c); err != nil {
			return sync.Batch{}, &sync.Error{Kind: sync.Broken, Text: "the cursor of " + stream + " cannot be read", Err: err}
		}
	}
	now := p.o.Clock()
	switch stream {
	case streamNew:
		return p.newest(ctx, c, s, now)
	case streamWindow:
		if c.Page == 0 && now.Sub(c.Ended) < windowEvery && !c.Ended.After(now) {
			return c.batch(false), nil
		}
		return p.window(ctx, c, s, now)
	case streamOpen:
		if c.After == "" && now.Sub(c.Ended) < openEvery && !c.Ended.After(now) {
			return c.batch(false), nil
		}
		return p.open(ctx, c, s, known, now)
	}
	return sync.Batch{}, sync.Errorf(sync.Broken, "Jumpseller has no stream %q", stream)
}

func (c cursor) batch(more bool) sync.Batch {
	raw, _ := json.Marshal(c) // numbers and texts: it cannot fail
	return sync.Batch{Cursor: raw, More: more, Done: c.Done}
}

// newest reads the orders, the newest first, until those that were seen before. Orders that come meanwhile push others
// onto the next page, where they are met a second time: nothing is missed.
func (p *Platform) newest(ctx context.Context, c cursor, s *shop, now time.Time) (sync.Batch, error) {
	first := c.Ended.IsZero()
	page, err := p.page(ctx, c.Page+1, nil, s)
	if err != nil {
		return sync.Batch{}, err
	}
	c.Page++
	lowest := int64(1 << 62)
	descends := true
	for i, id := range page.ids {
		c.Next = max(c.Next, id)
		lowest = min(lowest, id)
		descends = descends && (i == 0 || id < page.ids[i-1])
	}
	c.Done += len(page.orders)
	// Only a list that goes down tells that what was seen before begins; of the order of its lists the store says nothing.
	ended := page.last || !first && descends && lowest <= c.Top
	if ended {
		c = cursor{Top: max(c.Top, c.Next), Ended: now, Done: c.Done}
	}
	b := c.batch(!ended)
	b.Orders, b.ClockSkew = page.orders, page.skew
	if first && !ended && page.total > 0 {
		b.Total = page.total
	}
	if ended {
		c.Done = 0
		b.Cursor = c.batch(false).Cursor
	}
	return b, nil
}

// window reads the orders of the last 30 days again.
func (p *Platform) window(ctx context.Context, c cursor, s *shop, now time.Time) (sync.Batch, error) {
	page, err := p.page(ctx, c.Page+1, url.Values{"dateFilter": {"last30days"}}, s)
	if err != nil {
		return sync.Batch{}, err
	}
	c.Page++
	// Which orders the list has is remembered one by one: whether it goes by the day an order was made or by the one it was
	// completed is not documented, and one that is still open may be missing between others.
	if c.Page == 1 || p.reading == nil {
		p.reading = map[string]bool{}
	}
	for i := range page.orders {
		p.reading[page.orders[i].Order.ExternalID] = true
	}
	if page.last {
		p.recent, p.reading = p.reading, nil
		c = cursor{Ended: now}
	}
	b := c.batch(!page.last)
	b.Orders, b.ClockSkew = page.orders, page.skew
	return b, nil
}

// open reads one by one what may still change and is no longer in the window.
func (p *Platform) open(ctx context.Context, c cursor, s *shop, known sync.Known, now time.Time) (sync.Batch, error) {
	ids, err := known.OpenOrders(ctx, c.After, openPage)
	if err != nil {
		return sync.Batch{}, err
	}
	var orders []store.Pulled
	var gone []string
	for i, id := range ids {
		if p.recent[id] {
			continue // the window had it
		}
		got, err := p.read(ctx, id, s)
		switch {
		case err != nil && i > 0: // what was read is kept; the next page begins with this one, and may tell its failure
			c.After = ids[i-1]
			b := c.batch(true)
			b.Orders, b.Gone = orders, gone
			return b, nil
		case err != nil:
			return sync.Batch{}, err
		case got == nil:
			gone = append(gone, id)
		default:
			orders = append(orders, *got)
		}
	}
	more := len(ids) == openPage
	if c.After = ""; more {
		c.After = ids[len(ids)-1]
	} else {
		c.Ended = now
	}
	b := c.batch(more)
	b.Orders, b.Gone = orders, gone
	return b, nil
}

// read gives one order, nil where there is none.
func (p *Platform) read(ctx context.Context, id string, s *shop) (*store.Pulled, error) {
	var raw json.RawMessage
	a, err := p.get(ctx, "orders/"+url.PathEscape(id)+".json", nil, &raw)
	if a != nil && a.Status == http.StatusNotFound {
		return nil, nil //nolint:nilnil // there is no order and no failure
	}
	if err != nil {
		return nil, err
	}
	return p.one(raw, s)
}

func (p *Platform) one(raw json.RawMessage, s *shop) (*store.Pulled, error) {
	var w wrapped
	if err := json.Unmarshal(raw, &w); err != nil || w.Order == nil || w.Order.ID == "" {
		return nil, &sync.Error{Kind: sync.BadAnswer, Text: p.http.Host() + " sent an order that cannot be read", Err: err}
	}
	return &store.Pulled{Order: normalize(w.Order, s), Raw: raw}, nil
}

// listed is one page of a list.
type listed struct {
	orders []store.Pulled
	ids    []int64
	last   bool
	total  int
	skew   time.Duration
}

func (p *Platform) page(ctx context.Context, n int, query url.Values, s *shop) (listed, error) {
	if query == nil {
		query = url.Values{}
	}
	query.Set("limit", strconv.Itoa(pageSize))
	query.Set("page", strconv.Itoa(n))
	var all []json.RawMessage
	a, err := p.get(ctx, "orders.json", query, &all)
	if err != nil {
		return listed{}, err
	}
	out := listed{last: len(all) < pageSize, skew: a.Skew}
	for _, raw := range all {
		got, err := p.one(raw, s)
		if err != nil {
			return listed{}, err
		}
		id, err := strconv.ParseInt(got.Order.ExternalID, 10, 64)
		if err != nil {
			return listed{}, &sync.Error{Kind: sync.BadAnswer, Text: p.http.Host() + " sent an order whose number is none", Err: err}
		}
		out.orders, out.ids = append(out.orders, *got), append(out.ids, id)
	}
	if n == 1 && !out.last {
		out.total = p.count(ctx)
	}
	return out, nil
}

// count is how many orders there are, 0 where the store does not say: it is for the progress alone.
func (p *Platform) count(ctx context.Context) int {
	var out struct {
		Count int `json:"count"`
	}
	if _, err := p.get(ctx, "orders/count.json", nil, &out); err != nil {
		return 0
	}
	return out.Count
}
