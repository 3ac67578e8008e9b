package medusa

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/sync"
)

// The streams, in the order in which they run.
//
// "payments" follows the dates of payments and reads their orders again: an order's own date stays where it is when its
// money arrives. It runs first, so that its first cursor is older than the import of everything, and brings nothing then.
//
// "orders" follows order.updated_at, from the first order on; "drafts" does the same for drafts, which are in a list of
// their own and keep their id when they become orders.
//
// "open" looks at what may still change, for whatever left no trace in a date, and for drafts that are no more.
const (
	streamPayments = "payments"
	streamOrders   = "orders"
	streamDrafts   = "drafts"
	streamOpen     = "open"
)

const (
	pageSize  = 100
	idsAtOnce = 20 // of a question by ids: lists in an address are not read beyond this by every server
	openPage  = 100
	openEvery = 30 * time.Minute
	// A change gets its date before it can be seen. What is as fresh as this is looked at again the next time, and
	// nothing that has rested for longer is.
	overlap = time.Minute
	rests   = 5 * time.Minute
)

// feed is one of the store's lists.
type feed struct {
	path, title string
	of          func(*answer) []json.RawMessage
	fields      string
}

var (
	ordersFeed   = feed{"admin/orders", "orders", func(a *answer) []json.RawMessage { return a.Orders }, asked}
	draftsFeed   = feed{"admin/draft-orders", "drafts", func(a *answer) []json.RawMessage { return a.Drafts }, asked}
	paymentsFeed = feed{
		"admin/payments", "payments", func(a *answer) []json.RawMessage { return a.Payments }, "id,updated_at,payment_collection.id,payment_collection.order.id",
	}
)

// Streams implements sync.Platform.
func (p *Platform) Streams() []string {
	return []string{streamPayments, streamOrders, streamDrafts, streamOpen}
}

// cursor is where a stream stands.
type cursor struct {
	Since  time.Time `json:"since,omitzero"`   // dates from here on are still to come
	Edge   []string  `json:"edge,omitempty"`   // what was seen of those at Since
	Tied   bool      `json:"tied,omitempty"`   // more are at Since than fit a page: they are read by id
	Offset int       `json:"offset,omitempty"` // among them
	Last   string    `json:"last,omitempty"`   // the one before Offset; of the stream open, the last one looked at
	First  bool      `json:"first,omitempty"`  // this pass is the first: nothing of it is known
	Begun  bool      `json:"begun,omitempty"`  // the stream payments has its beginning
	Done   int       `json:"done,omitempty"`   // in this pass
	Ended  time.Time `json:"ended,omitzero"`   // the last whole pass of the stream open
}

func (c cursor) batch(more bool) sync.Batch {
	done := c.Done
	if !more {
		c.Done = 0 // the next pass counts anew
	}
	raw, _ := json.Marshal(c) // numbers and texts: it cannot fail
	return sync.Batch{Cursor: raw, More: more, Done: done}
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
	switch stream {
	case streamPayments:
		if !c.Begun {
			return p.beginPayments(ctx)
		}
		return p.payments(ctx, c, s, known)
	case streamOrders:
		return p.changed(ctx, ordersFeed, c, s, known)
	case streamDrafts:
		return p.changed(ctx, draftsFeed, c, s, known)
	case streamOpen:
		now := p.o.Clock()
		if c.Last == "" && c.Ended.IsZero() { // right after the first import there is nothing to look for
			c.Ended = now
		}
		if c.Last == "" && now.Sub(c.Ended) < openEvery && !c.Ended.After(now) {
			return c.batch(false), nil
		}
		return p.open(ctx, c, s, known, now)
	}
	return sync.Batch{}, sync.Errorf(sync.Broken, "Medusa has no stream %q", stream)
}

// stamp writes an instant as Medusa does.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// page asks for the next page of a walk through a list by updated_at, holds it against the question, and moves the
// cursor behind it. What was seen before is taken out.
//
// A list can be sorted by one field alone. The walk goes by the date; where more of one date are there than fit a page,
// these are read by their id, from an offset: the last one that was seen is asked for again, so that it shows when one of
// them has left.
func (p *Platform) page(ctx context.Context, f feed, c *cursor) (got listed, more bool, err error) {
	for {
		take := p.pageSize()
		q := url.Values{"limit": {strconv.Itoa(take)}, "fields": {f.fields}, "order": {"updated_at"}}
		if !c.Since.IsZero() {
			q.Set("updated_at[$gte]", stamp(c.Since))
		}
		if c.Tied {
			q.Set("order", "id")
			q.Set("updated_at[$lt]", stamp(c.Since.Add(time.Millisecond)))
			q.Set("offset", strconv.Itoa(max(0, c.Offset-1)))
			q.Set("limit", strconv.Itoa(take+1))
		}
		got, err = p.list(ctx, f, q)
		if p.smaller(err, take) {
			continue
		}
		if err != nil {
			return listed{}, false, err
		}
		if c.Tied {
			more, err = p.tied(f, c, &got, take)
		} else {
			more, err = p.moved(f, c, &got, take)
		}
		return got, more, err
	}
}

// moved goes on behind a page by date.
func (p *Platform) moved(f feed, c *cursor, got *listed, take int) (more bool, err error) {
	for i, it := range got.items {
		switch {
		case it.at.Truncate(time.Millisecond).Before(c.Since):
			return false, p.ignored(f, "updated_at")
		case i > 0 && it.at.Before(got.items[i-1].at):
			return false, &sync.Error{Kind: sync.Refused, Text: p.http.Host() + " does not sort its " + f.title + " by their date"}
		}
	}
	if len(got.items) > take {
		return false, sync.Errorf(sync.BadAnswer, "%s sent more %s than were asked for", p.http.Host(), f.title)
	}
	n := len(got.items)
	if n == 0 {
		return false, nil
	}
	last := got.items[n-1].at.Truncate(time.Millisecond)
	before, edge := c.Since, c.Edge
	var at []string
	for _, it := range got.items {
		if it.at.Truncate(time.Millisecond).Equal(last) {
			at = append(at, it.id)
		}
	}
	got.items = slices.DeleteFunc(got.items, func(it item) bool {
		return it.at.Truncate(time.Millisecond).Equal(before) && slices.Contains(edge, it.id)
	})
	c.Done += len(got.items)
	switch {
	case n < take: // the end, for now
		if to := p.rest(last, got.skew); to.After(c.Since) {
			c.Since, c.Edge = to, nil
		}
		return false, nil
	case last.Equal(before):
		c.Tied, c.Offset, c.Last, c.Edge = true, 0, "", nil
	default:
		c.Since, c.Edge = last, at
	}
	return true, nil
}

// rest is where to begin the next time, when this was the last that there is.
func (p *Platform) rest(last time.Time, skew time.Duration) time.Time {
	if p.o.Clock().Add(skew).Sub(last) > rests {
		return last.Add(time.Millisecond)
	}
	return last.Add(-overlap)
}

// tied goes on behind a page of those that have one date.
func (p *Platform) tied(f feed, c *cursor, got *listed, take int) (more bool, err error) {
	for _, it := range got.items {
		if !it.at.Truncate(time.Millisecond).Equal(c.Since) {
			return false, p.ignored(f, "updated_at")
		}
	}
	n := len(got.items)
	if n > take+1 {
		return false, sync.Errorf(sync.BadAnswer, "%s sent more %s than were asked for", p.http.Host(), f.title)
	}
	if c.Offset > 0 {
		if n == 0 || got.items[0].id != c.Last { // some have left, and those behind have moved up: once more from the first
			c.Offset, c.Last, got.items = 0, "", nil
			return true, nil
		}
		got.items = got.items[1:]
	}
	if n <= take { // that was all of them
		c.Since, c.Tied, c.Offset, c.Last = c.Since.Add(time.Millisecond), false, 0, ""
	} else {
		c.Offset, c.Last = max(0, c.Offset-1)+n, got.items[len(got.items)-1].id
	}
	c.Done += len(got.items)
	return true, nil
}

// changed brings the next page of orders, or of drafts, that have changed.
func (p *Platform) changed(ctx context.Context, f feed, c cursor, s *shop, known sync.Known) (sync.Batch, error) {
	first, tied := c.Since.IsZero() || c.First, c.Tied
	got, more, err := p.page(ctx, f, &c)
	if err != nil {
		return sync.Batch{}, err
	}
	c.First = first && more
	b := c.batch(more)
	b.ClockSkew = got.skew
	if more {
		b.Total = c.Done + max(0, got.count-len(got.items))
	}
	if first && !tied {
		known = nil // nothing of it is; those of one date are read anew
	}
	if err := p.add(ctx, &b, got.items, s, known); err != nil {
		return sync.Batch{}, err
	}
	return b, nil
}

// add puts orders to a batch: those that are not known, or not as they are.
func (p *Platform) add(ctx context.Context, b *sync.Batch, items []item, s *shop, known sync.Known) error {
	var have map[string]string
	if known != nil && len(items) > 0 {
		ids := make([]string, len(items))
		for i, it := range items {
			ids[i] = it.id
		}
		var err error
		if have, err = known.Fingerprints(ctx, ids); err != nil {
			return err
		}
	}
	for _, it := range items {
		if before, ok := have[it.id]; ok && before == fingerprint(it.v) {
			b.Seen = append(b.Seen, it.id)
			continue
		}
		one, err := p.one(it, s)
		if err != nil {
			return err
		}
		b.Orders = append(b.Orders, one)
	}
	return nil
}

// one is an order as it goes to the database. Fields that are not known to the store are left out of its answers without
// a word.
func (p *Platform) one(it item, s *shop) (store.Pulled, error) {
	if it.v.Items == nil || it.v.Currency == "" || it.v.Status == "" {
		return store.Pulled{}, &sync.Error{
			Kind: sync.Refused, Text: p.http.Host() + " sends orders without their lines, currency or status",
			Hint: "Something at the store keeps fields back: the admin API must give all of an order",
		}
	}
	return store.Pulled{Order: normalize(it.v, s), Raw: it.raw}, nil
}

// beginPayments finds the newest payment: the import of all orders has what was before it.
func (p *Platform) beginPayments(ctx context.Context) (sync.Batch, error) {
	got, err := p.list(ctx, paymentsFeed, url.Values{"limit": {"1"}, "order": {"-updated_at"}, "fields": {paymentsFeed.fields}})
	if err != nil {
		return sync.Batch{}, err
	}
	c := cursor{Begun: true}
	if len(got.items) > 0 {
		c.Since = p.rest(got.items[0].at.Truncate(time.Millisecond), got.skew)
	}
	b := c.batch(false)
	b.ClockSkew = got.skew
	return b, nil
}

// payments brings the orders of the next page of payments that have changed.
func (p *Platform) payments(ctx context.Context, c cursor, s *shop, known sync.Known) (sync.Batch, error) {
	got, more, err := p.page(ctx, paymentsFeed, &c)
	if err != nil {
		return sync.Batch{}, err
	}
	var ids []string
	for _, it := range got.items {
		if of := it.v.Collection; of != nil && of.Order != nil && of.Order.ID != "" { // else of a cart that is no order yet
			ids = appendNew(ids, of.Order.ID)
		}
	}
	items, err := p.byID(ctx, ordersFeed, asked, ids)
	if err != nil {
		return sync.Batch{}, err
	}
	b := c.batch(more)
	b.ClockSkew, b.Done = got.skew, 0
	if err := p.add(ctx, &b, items, s, known); err != nil {
		return sync.Batch{}, err
	}
	return b, nil
}

// byID reads some orders, or drafts; those that are not there are left out.
func (p *Platform) byID(ctx context.Context, f feed, fields string, ids []string) ([]item, error) {
	var all []item
	for len(ids) > 0 {
		take := min(idsAtOnce, len(ids), p.pageSize())
		now := ids[:take]
		got, err := p.list(ctx, f, url.Values{"limit": {strconv.Itoa(take)}, "fields": {fields}, "id[]": now})
		if p.smaller(err, take) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, it := range got.items {
			if !slices.Contains(now, it.id) {
				return nil, p.ignored(f, "id")
			}
		}
		if got.count > len(now) {
			return nil, p.ignored(f, "id")
		}
		all, ids = append(all, got.items...), ids[take:]
	}
	return all, nil
}

// open looks at what may still change, and reads what has.
func (p *Platform) open(ctx context.Context, c cursor, s *shop, known sync.Known, now time.Time) (sync.Batch, error) {
	ids, err := known.OpenOrders(ctx, c.Last, openPage)
	if err != nil {
		return sync.Batch{}, err
	}
	have, err := known.Fingerprints(ctx, ids)
	if err != nil {
		return sync.Batch{}, err
	}
	more := len(ids) == openPage
	if c.Last = ""; more {
		c.Last = ids[len(ids)-1]
	} else {
		c.Ended = now
	}
	b := c.batch(more)
	left := ids
	for _, f := range []feed{ordersFeed, draftsFeed} {
		there, err := p.byID(ctx, f, glanced, left)
		if err != nil {
			return sync.Batch{}, err
		}
		var differ []string
		for _, it := range there {
			left = slices.DeleteFunc(slices.Clone(left), func(id string) bool { return id == it.id })
			if have[it.id] == fingerprint(it.v) {
				b.Seen = append(b.Seen, it.id)
				continue
			}
			differ = append(differ, it.id)
		}
		whole, err := p.byID(ctx, f, asked, differ)
		if err != nil {
			return sync.Batch{}, err
		}
		if err := p.add(ctx, &b, whole, s, nil); err != nil {
			return sync.Batch{}, err
		}
	}
	for _, id := range left { // in neither list: only the store's word for it counts
		got, err := p.read(ctx, id, s)
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

// read gives one order or draft, nil where there is none.
func (p *Platform) read(ctx context.Context, id string, s *shop) (*store.Pulled, error) {
	it, err := p.whole(ctx, id)
	if it == nil || err != nil {
		return nil, err
	}
	one, err := p.one(*it, s)
	if err != nil {
		return nil, err
	}
	return &one, nil
}

// whole reads one order or draft as it came, nil where there is none.
func (p *Platform) whole(ctx context.Context, id string) (*item, error) {
	var out struct {
		Order json.RawMessage `json:"order"`
	}
	a, err := p.get(ctx, "admin/orders/"+url.PathEscape(id), url.Values{"fields": {asked}}, &out)
	if a != nil && a.Status == http.StatusNotFound && bytes.Contains(a.Body, []byte(`"not_found"`)) {
		return nil, nil //nolint:nilnil // there is no order and no failure
	}
	if err != nil {
		return nil, err
	}
	it := &item{id: id, raw: out.Order, v: &fields{}}
	if err := json.Unmarshal(out.Order, it.v); err != nil || it.v.ID != id {
		return nil, &sync.Error{Kind: sync.BadAnswer, Text: p.http.Host() + " sent an order that cannot be read", Err: err}
	}
	it.at = it.v.UpdatedAt.UTC()
	return it, nil
}
