package shopify

import (
	"context"
	"encoding/json"
	"time"

	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/shopify/admin"
)

// The streams.
//
// "updated" follows Order.updatedAt: everything at first, and what has changed later. Dates have whole seconds, and what a
// search finds may lag behind, so that each pass begins somewhat before the last change that was seen.
//
// "drafts" does the same for drafts, which are a list of their own; see there.
//
// "destroyed" finds the orders that are gone, which are in no search any more: by the events that they leave, and by asking
// now and then whether the open ones are still there.
const (
	streamUpdated   = "updated"
	streamDrafts    = "drafts"
	streamDestroyed = "destroyed"
)

const (
	firstPage = 50               // orders; grows with what the store says that it costs
	fullPage  = 250              // the most that is given
	dearest   = 900              // points for one question; 1000 is the most that is allowed
	overlap   = 2 * time.Minute  // between two passes
	deep      = 20_000           // orders in one search; it gets slow, and is cut off at 25,000 by some accounts
	goneEvery = 10 * time.Minute // between two looks for deleted orders
	openEvery = 6 * time.Hour    // between two rounds through the open ones
	openPage  = 100
)

// Streams implements sync.Platform.
func (p *Platform) Streams() []string { return []string{streamUpdated, streamDrafts, streamDestroyed} }

// Pull implements sync.Platform.
func (p *Platform) Pull(ctx context.Context, stream string, raw []byte, known sync.Known) (sync.Batch, error) {
	s, err := p.hello(ctx)
	if err != nil {
		return sync.Batch{}, err
	}
	read := func(into any) error {
		if len(raw) == 0 {
			return nil
		}
		if err := json.Unmarshal(raw, into); err != nil {
			return &sync.Error{Kind: sync.Broken, Text: "the cursor of " + stream + " cannot be read", Err: err}
		}
		return nil
	}
	switch stream {
	case streamUpdated:
		var c cursor
		if err := read(&c); err != nil {
			return sync.Batch{}, err
		}
		switch {
		case len(raw) == 0:
			return p.first(ctx, s, known)
		case c.Bulk != nil:
			return p.bulk(ctx, c, s, known)
		case c.Gone:
			return p.goneMeanwhile(ctx, c, known)
		}
		return p.updated(ctx, c, s)
	case streamDrafts:
		var c draftCursor
		if err := read(&c); err != nil {
			return sync.Batch{}, err
		}
		return p.drafts(ctx, c, s, known)
	case streamDestroyed:
		var c goneCursor
		if err := read(&c); err != nil {
			return sync.Batch{}, err
		}
		return p.destroyed(ctx, c, s, known)
	}
	return sync.Batch{}, sync.Errorf(sync.Broken, "Shopify has no stream %q", stream)
}

// cursor is where "updated" stands. Between two passes it has only Since: Shopify's own cursors count within one search.
type cursor struct {
	Since  time.Time `json:"since,omitzero"`  // what the search begins with; zero = everything
	High   time.Time `json:"high,omitzero"`   // the last change that this pass has seen
	After  string    `json:"after,omitempty"` // Shopify's cursor within this search
	Served int       `json:"served,omitempty"`
	Done   int       `json:"done,omitempty"`
	Total  int       `json:"total,omitempty"`

	// Of the first import alone.
	Begun     time.Time   `json:"begun,omitzero"`      // by the store's clock
	Bulk      *bulkCursor `json:"bulk,omitempty"`      // it goes by a bulk operation
	Paged     bool        `json:"paged,omitempty"`     // it was to, and does not
	Gone      bool        `json:"gone,omitempty"`      // it has ended: what was deleted since Begun is looked for
	GoneAfter string      `json:"goneAfter,omitempty"` // Shopify's cursor within that search
	Spooled   bool        `json:"spooled,omitempty"`   // the spool is to be removed
}

func encode(c any) []byte {
	raw, _ := json.Marshal(c) // numbers and texts: it cannot fail
	return raw
}

// search is the search for what has changed. A date that is not in quotes is split at its colons, and something else is
// found, without an error.
func search(field string, since time.Time) string {
	return field + ":>='" + since.UTC().Format("2006-01-02T15:04:05Z") + "'"
}

// first begins the first import. Nothing is done before this cursor is kept: a bulk operation is found again by the date
// in it.
func (p *Platform) first(ctx context.Context, s *shop, known sync.Known) (sync.Batch, error) {
	n, err := p.count(ctx)
	if err != nil {
		return sync.Batch{}, err
	}
	c := cursor{Begun: p.storeNow(), Total: n}
	if !p.large(c.Total, known) {
		return p.updated(ctx, c, s)
	}
	c.Bulk = &bulkCursor{Planned: c.Begun}
	return sync.Batch{Cursor: encode(c), More: true, ClockSkew: s.skew, Phase: sync.PhaseExport, Total: c.Total}, nil
}

func (p *Platform) updated(ctx context.Context, c cursor, s *shop) (sync.Batch, error) {
	first := c.Since.IsZero()
	page, err := p.page(ctx, &c)
	if err != nil {
		return sync.Batch{}, err
	}
	b := sync.Batch{More: page.more, ClockSkew: s.skew}
	for i := range page.nodes {
		got, at, err := p.pulled(ctx, &page.nodes[i], page.raw[i], s)
		if err != nil {
			return sync.Batch{}, err
		}
		b.Orders = append(b.Orders, got)
		p.completed = p.completed || got.Order.Source == "draft"
		if at.After(c.High) {
			c.High = at
		}
	}
	c.After = page.after
	c.Served += len(b.Orders)
	c.Done += len(b.Orders)
	b.Done = c.Done
	if first {
		b.Total = max(c.Total, c.Done)
	}
	switch {
	case !page.more:
		next := c.High.Add(-overlap)
		if c.High.IsZero() || next.Before(c.Since) {
			next = c.Since
		}
		c = cursor{Since: next, Begun: c.Begun, Gone: !c.Begun.IsZero()}
		b.More = c.Gone
	case c.Served >= deep && c.High.After(c.Since):
		// A new search from here: what has the same second comes again.
		c.Since, c.After, c.Served = c.High, "", 0
	}
	b.Cursor = encode(c)
	return b, nil
}

// count is how many orders there are, 0 where the store does not say for good.
func (p *Platform) count(ctx context.Context) (int, error) {
	var out admin.CountOrdersResponse
	_, err := p.call(ctx, "CountOrders", admin.CountOrders_Operation, nil, &out)
	switch {
	case sync.KindOf(err).Retryable():
		return 0, err
	case err != nil || out.OrdersCount == nil:
		return 0, nil //nolint:nilerr // it is as good as not knowing
	}
	return out.OrdersCount.Count, nil
}

func gid(id string) string { return "gid://shopify/Order/" + id }
