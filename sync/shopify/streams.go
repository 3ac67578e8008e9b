package shopify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/httpx"
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

// goneMeanwhile ends the first import with the orders that were deleted while it went on: what is handed on is as old as
// that may have taken, and nobody would look for their events any more.
func (p *Platform) goneMeanwhile(ctx context.Context, c cursor, known sync.Known) (sync.Batch, error) {
	if from, ok := known.(sync.Spooler); ok && c.Spooled {
		spool, err := from.Spool(ctx)
		if err == nil {
			err = spool.Remove()
		}
		if err != nil {
			return sync.Batch{}, err
		}
	}
	ids, next, err := p.destroyedSince(ctx, c.Begun, c.GoneAfter)
	switch k := sync.KindOf(err); {
	case k == sync.Refused, k == sync.Auth && errors.Is(err, errNothingDone): // it is no reason to have no orders at all
	case err != nil:
		return sync.Batch{}, err
	}
	b := sync.Batch{Gone: ids, More: true}
	if next != "" {
		c.GoneAfter, c.Spooled = next, false
	} else {
		c = cursor{Since: c.Since}
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

// listed is a page of orders.
type listed struct {
	nodes []fields
	raw   [][]byte // each node as it came
	more  bool
	after string
}

// page asks for the next orders, for as many as the store's limit lets through at once.
func (p *Platform) page(ctx context.Context, c *cursor) (listed, error) {
	for {
		vars := map[string]any{"first": p.size}
		if c.After != "" {
			vars["after"] = c.After
		}
		if !c.Since.IsZero() {
			vars["query"] = search("updated_at", c.Since)
		}
		var out struct {
			Orders struct {
				PageInfo admin.OrdersOrdersOrderConnectionPageInfo `json:"pageInfo"`
				Nodes    []fields                                  `json:"nodes"`
			} `json:"orders"`
		}
		a, err := p.call(ctx, "Orders", admin.Orders_Operation, vars, &out)
		switch {
		case isTooDear(err) && p.size > 1:
			p.size /= 2
			continue
		case sync.KindOf(err) == sync.Refused && c.After != "" && !errors.Is(err, errTooDear):
			// The store does not know its cursor any more: the search begins again where it stands.
			if c.After, c.Served = "", 0; c.High.After(c.Since) {
				c.Since = c.High
			}
			continue
		case err != nil:
			return listed{}, err
		}
		p.resize(a.cost)
		after := deref(out.Orders.PageInfo.EndCursor)
		if out.Orders.PageInfo.HasNextPage && (after == "" || after == c.After) {
			return listed{}, sync.Errorf(sync.BadAnswer, "%s sends the same page again and again", p.http.Host())
		}
		raw := apart(a.Body)
		if len(raw) != len(out.Orders.Nodes) {
			return listed{}, sync.Errorf(sync.BadAnswer, "%s sent a list of orders that cannot be read", p.http.Host())
		}
		return listed{out.Orders.Nodes, raw, out.Orders.PageInfo.HasNextPage, after}, nil
	}
}

// resize makes the next page as large as one question may cost.
func (p *Platform) resize(cost float64) {
	if cost <= 0 {
		return
	}
	p.mu.Lock()
	most := p.bucket.most
	p.mu.Unlock()
	budget := float64(dearest)
	if most > 0 {
		budget = min(budget, most)
	}
	p.size = min(max(1, min(2*p.size, int(float64(p.size)*budget/cost))), fullPage)
}

// one makes an order of an answer, with what did not fit into it.
func (p *Platform) one(ctx context.Context, raw json.RawMessage, s *shop) (store.Pulled, time.Time, error) {
	var v fields
	if err := json.Unmarshal(raw, &v); err != nil {
		return store.Pulled{}, time.Time{}, &sync.Error{Kind: sync.BadAnswer, Text: p.http.Host() + " sent an order that cannot be read", Err: err}
	}
	return p.pulled(ctx, &v, raw, s)
}

func (p *Platform) pulled(ctx context.Context, v *fields, raw []byte, s *shop) (store.Pulled, time.Time, error) {
	if v.LegacyResourceId == "" {
		return store.Pulled{}, time.Time{}, sync.Errorf(sync.BadAnswer, "%s sent an order without an id", p.http.Host())
	}
	more, err := p.complete(ctx, v)
	if err != nil {
		return store.Pulled{}, time.Time{}, err
	}
	if more {
		if raw, err = json.Marshal(v); err != nil {
			return store.Pulled{}, time.Time{}, &sync.Error{Kind: sync.Broken, Text: "an order could not be kept", Err: err}
		}
	}
	return store.Pulled{Order: normalize(v, s), Raw: raw}, instant(v.UpdatedAt), nil
}

// apart finds the orders of a page as they came, in an answer that has been read already: to read each of them a second
// time would cost more than all the rest. The list is the first "nodes" of the answer, since no text of ours comes before
// it; what is no list gives nothing.
func apart(body []byte) [][]byte {
	_, rest, ok := bytes.Cut(body, []byte(`"nodes"`))
	if !ok {
		return nil
	}
	var out [][]byte
	depth, begin, inText := 0, 0, false
	for i := 0; i < len(rest); i++ {
		c := rest[i]
		switch {
		case inText:
			switch c {
			case '\\':
				i++
			case '"':
				inText = false
			}
		case c == '"':
			inText = true
		case c == '{' || c == '[':
			if depth++; depth == 2 {
				begin = i
			}
		case c == '}' || c == ']':
			if depth--; depth == 1 {
				out = append(out, rest[begin:i+1:i+1])
			}
			if depth == 0 {
				return out
			}
		}
	}
	return nil
}

// The sizes of the lists within an order in operations.graphql. They are cut off without a word: one that is full may have
// more.
const (
	fullList   = 10
	nestedPage = 250
	endless    = 100 // pages of one list
)

// complete reads on where a list within an order was cut off.
func (p *Platform) complete(ctx context.Context, v *fields) (more bool, err error) {
	for n := 0; v.LineItems.PageInfo.HasNextPage && n < endless; n++ {
		var out admin.MoreLinesResponse
		_, err := p.call(ctx, "MoreLines", admin.MoreLines_Operation,
			map[string]any{"id": v.Id, "first": nestedPage, "after": deref(v.LineItems.PageInfo.EndCursor)}, &out)
		if err != nil {
			return false, err
		}
		if out.Order == nil {
			return false, p.vanished()
		}
		v.LineItems.Nodes = append(v.LineItems.Nodes, out.Order.LineItems.Nodes...)
		v.LineItems.PageInfo = out.Order.LineItems.PageInfo
		more = true
	}
	if len(v.Fulfillments) >= fullList || len(v.Refunds) >= fullList || len(v.Transactions) >= fullList {
		var out admin.MoreListsResponse
		if _, err := p.call(ctx, "MoreLists", admin.MoreLists_Operation, map[string]any{"id": v.Id}, &out); err != nil {
			return false, err
		}
		if out.Order == nil {
			return false, p.vanished()
		}
		v.Fulfillments, v.Refunds, v.Transactions = out.Order.Fulfillments, out.Order.Refunds, out.Order.Transactions
		more = true
	}
	for i := range v.Fulfillments {
		if slices.ContainsFunc(v.Parcels, func(known admin.Parcel) bool { return known.Id == v.Fulfillments[i].Id }) {
			continue
		}
		parcel := admin.Parcel{Id: v.Fulfillments[i].Id}
		parcel.FulfillmentLineItems.PageInfo.HasNextPage = true // nothing of it is known yet
		v.Parcels = append(v.Parcels, parcel)
	}
	for i := range v.Parcels {
		lines := &v.Parcels[i].FulfillmentLineItems
		for n := 0; lines.PageInfo.HasNextPage && n < endless; n++ {
			vars := map[string]any{"id": v.Parcels[i].Id, "first": nestedPage}
			if after := deref(lines.PageInfo.EndCursor); after != "" {
				vars["after"] = after
			}
			var out admin.MoreOfParcelResponse
			if _, err := p.call(ctx, "MoreOfParcel", admin.MoreOfParcel_Operation, vars, &out); err != nil {
				return false, err
			}
			if out.Fulfillment == nil {
				return false, p.vanished()
			}
			lines.Nodes = append(lines.Nodes, out.Fulfillment.FulfillmentLineItems.Nodes...)
			lines.PageInfo = out.Fulfillment.FulfillmentLineItems.PageInfo
			more = true
		}
	}
	return more, nil
}

var errVanished = errors.New("it is not there any more")

func (p *Platform) vanished() error {
	return &sync.Error{Kind: sync.BadAnswer, Text: "an order of " + p.http.Host() + " went away while it was read", Err: errVanished}
}

func isTooDear(err error) bool {
	return errors.Is(err, errTooDear) || errors.Is(err, httpx.ErrTooLarge)
}

// goneCursor is where "destroyed" stands.
type goneCursor struct {
	Since time.Time `json:"since"`           // events from here on
	After string    `json:"after,omitempty"` // within this search
	Ended time.Time `json:"ended,omitzero"`  // the last whole pass
	Open  string    `json:"open,omitempty"`  // the open order that was asked about last
	Round time.Time `json:"round,omitzero"`  // the last whole round through the open ones
	Going bool      `json:"going,omitempty"` // a round is on
}

// destroyed looks for the orders that are gone.
func (p *Platform) destroyed(ctx context.Context, c goneCursor, s *shop, known sync.Known) (sync.Batch, error) {
	now := p.o.Clock()
	switch {
	case c.Since.IsZero(): // whatever was pulled before is there
		c = goneCursor{Since: now.Add(s.skew - goneEvery), Ended: now, Round: now}
	case c.Going:
		return p.stillThere(ctx, c, known, now)
	case c.After != "" || now.Sub(c.Ended) >= goneEvery || c.Ended.After(now):
		return p.events(ctx, c, s, now)
	}
	return sync.Batch{Cursor: encode(c)}, nil
}

func (p *Platform) events(ctx context.Context, c goneCursor, s *shop, now time.Time) (sync.Batch, error) {
	ids, next, err := p.destroyedSince(ctx, c.Since, c.After)
	if err != nil {
		if sync.KindOf(err) == sync.Refused && c.After != "" {
			c.After = ""
			return sync.Batch{Cursor: encode(c), More: true}, nil
		}
		return sync.Batch{}, err
	}
	b := sync.Batch{Gone: ids}
	if next != "" {
		c.After, b.More = next, true
	} else {
		c.After, c.Since, c.Ended = "", now.Add(s.skew-goneEvery), now
		// An order that is older than a key may see looks as if it were gone.
		if (now.Sub(c.Round) >= openEvery || c.Round.After(now)) && slices.Contains(s.scopes, "read_all_orders") {
			c.Going, c.Open, b.More = true, "", true
		}
	}
	b.Cursor = encode(c)
	return b, nil
}

// destroyedSince gives the orders whose deletion left an event, page by page; next is "" with the last.
func (p *Platform) destroyedSince(ctx context.Context, since time.Time, after string) (ids []string, next string, err error) {
	vars := map[string]any{"first": 100, "query": "subject_type:ORDER AND action:destroy AND " + search("created_at", since)}
	if after != "" {
		vars["after"] = after
	}
	// Events are of several kinds, and a new one must not make the page unreadable.
	var out struct {
		Events *struct {
			PageInfo admin.DestroyedEventsEventConnectionPageInfo `json:"pageInfo"`
			Nodes    []struct {
				Action  string `json:"action"`
				Subject string `json:"subjectId"`
				Kind    string `json:"subjectType"`
			} `json:"nodes"`
		} `json:"events"`
	}
	if _, err := p.call(ctx, "Destroyed", admin.Destroyed_Operation, vars, &out); err != nil || out.Events == nil {
		return nil, "", err
	}
	for _, e := range out.Events.Nodes {
		if e.Action == "destroy" && e.Kind == "ORDER" && strings.Contains(e.Subject, "/Order/") {
			ids = append(ids, number(e.Subject))
		}
	}
	if out.Events.PageInfo.HasNextPage {
		next = deref(out.Events.PageInfo.EndCursor)
	}
	if next == after {
		next = ""
	}
	return ids, next, nil
}

// stillThere asks whether the next open orders are there.
func (p *Platform) stillThere(ctx context.Context, c goneCursor, known sync.Known, now time.Time) (sync.Batch, error) {
	ids, err := known.OpenOrders(ctx, c.Open, openPage)
	if err != nil {
		return sync.Batch{}, err
	}
	b := sync.Batch{More: len(ids) == openPage}
	if len(ids) > 0 {
		c.Open = ids[len(ids)-1]
		gids := make([]string, len(ids))
		for i, id := range ids {
			gids[i] = anyGID(id)
		}
		there, err := p.there(ctx, gids)
		if err != nil {
			return sync.Batch{}, err
		}
		for i, is := range there {
			if !is {
				b.Gone = append(b.Gone, ids[i])
			}
		}
	}
	if !b.More {
		c.Going, c.Open, c.Round = false, "", now
	}
	b.Cursor = encode(c)
	return b, nil
}

// there tells of each of some things whether it is still there.
func (p *Platform) there(ctx context.Context, gids []string) ([]bool, error) {
	var out struct {
		Nodes []*struct {
			ID string `json:"id"`
		} `json:"nodes"`
	}
	if _, err := p.call(ctx, "There", admin.There_Operation, map[string]any{"ids": gids}, &out); err != nil {
		return nil, err
	}
	if len(out.Nodes) != len(gids) {
		return nil, &sync.Error{
			Kind: sync.BadAnswer, Text: p.http.Host() + " sent an answer of an unexpected form",
			Err: fmt.Errorf("%d nodes for %d ids", len(out.Nodes), len(gids)),
		}
	}
	is := make([]bool, len(gids))
	for i, n := range out.Nodes {
		is[i] = n != nil
	}
	return is, nil
}

func gid(id string) string { return "gid://shopify/Order/" + id }
