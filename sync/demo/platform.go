package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/sync"
)

// kind is the platform's name.
const kind = "demo"

// The streams of a demo shop.
const (
	streamOrders   = "orders"   // all that there were when the world began
	streamArrivals = "arrivals" // those that came since
	streamUpdated  = "updated"  // what has changed
)

// pageSize is how many orders a page has.
const pageSize = 500

// platform is a demo shop as the sync engine sees it.
type platform struct {
	world *World
	shop  *shop
	wash  laundry
}

var _ sync.Platform = (*platform)(nil)

// Kind is "demo".
func (p *platform) Kind() string { return kind }

// Streams are orders, arrivals, updated.
func (p *platform) Streams() []string { return []string{streamOrders, streamArrivals, streamUpdated} }

// Capabilities says what the demo can do.
func (p *platform) Capabilities() sync.Capabilities {
	return sync.Capabilities{Title: "Demo", KeyHint: "The demo needs no key.", Streams: p.Streams(), Every: every}
}

// Test always succeeds.
func (p *platform) Test(context.Context) (sync.Info, error) {
	s := p.shop
	return sync.Info{
		Title: s.title, Currency: currencies[s.home], Zone: s.zone.String(), Version: "demo", Permissions: []string{"read orders"},
		Orders: s.orders,
	}, nil
}

// Pull gives a page of a stream.
func (p *platform) Pull(ctx context.Context, stream string, cursor []byte, _ sync.Known) (sync.Batch, error) {
	if err := errors.Join(ctx.Err(), p.world.refresh()); err != nil {
		return sync.Batch{}, err
	}
	switch stream {
	case streamOrders:
		return p.pullOrders(cursor)
	case streamArrivals:
		return p.pullArrivals(cursor)
	case streamUpdated:
		return p.pullUpdated(ctx, cursor)
	}
	return sync.Batch{}, sync.Errorf(sync.Refused, "the demo has no stream %q", stream)
}

// importCursor is how far the first orders have been given.
type importCursor struct {
	Next int  `json:"next"`
	Done bool `json:"done,omitempty"` // and those that have vanished since have been named
}

func (p *platform) pullOrders(cursor []byte) (sync.Batch, error) {
	var c importCursor
	if err := decode(cursor, &c); err != nil {
		return sync.Batch{}, err
	}
	s := p.shop
	b := sync.Batch{Cursor: cursor, Total: s.orders, Done: min(c.Next, s.orders)}
	if c.Done {
		return b, nil
	}
	v, now := &view{shop: s}, p.world.now()
	var pl plan
	// An order that the store no longer lists was there once: it is told one page after it was given.
	for i := max(c.Next-pageSize, 0); i < min(c.Next, s.orders); i++ {
		if s.fateOf(i) == vanished {
			v.plan(&pl, i)
			if pl.vanished <= now {
				b.Gone = append(b.Gone, s.externalID(i))
			}
		}
	}
	top := min(c.Next+pageSize, s.orders)
	b.Orders = make([]store.Pulled, 0, top-min(c.Next, top))
	for i := c.Next; i < top; i++ {
		v.plan(&pl, i)
		p.give(&b, &pl, now)
	}
	c.Done, c.Next = c.Next >= s.orders, max(top, c.Next)
	b.More, b.Done = !c.Done, min(c.Next, s.orders)
	b.Cursor = encode(c)
	return b, nil
}

func (p *platform) pullArrivals(cursor []byte) (sync.Batch, error) {
	v := &view{shop: p.shop}
	if err := decode(cursor, &v.arrivals); err != nil {
		return sync.Batch{}, err
	}
	p.shop.settle(v.arrivals)
	now, segments := p.world.now(), len(v.Segments)
	due := v.grow(now)
	b := sync.Batch{Cursor: cursor}
	var pl plan
	top := min(due, v.Count+pageSize)
	for i := v.orders + v.Count; i < v.orders+top; i++ {
		v.plan(&pl, i)
		p.give(&b, &pl, now)
	}
	if len(b.Orders) > 0 || len(v.Segments) != segments {
		v.Count = max(v.Count, top)
		b.Cursor, b.More = encode(v.arrivals), v.Count < due
	}
	p.shop.publish(v.arrivals)
	return b, nil
}

// updateCursor is up to when changes have been told. While Until is set, orders are being scanned for changes after
// Since until then, beginning with Next.
type updateCursor struct {
	Since int64 `json:"since"`
	Until int64 `json:"until,omitempty"`
	Next  int   `json:"next,omitempty"`
	Known int   `json:"known"`         // orders that there were at Since
	Top   int   `json:"top,omitempty"` // orders that there were at Until
}

func (p *platform) pullUpdated(ctx context.Context, cursor []byte) (sync.Batch, error) {
	v, now := p.shop.seen(), p.world.now()
	c := updateCursor{Since: v.start, Known: v.orders}
	if err := decode(cursor, &c); err != nil {
		return sync.Batch{}, err
	}
	b := sync.Batch{Cursor: cursor}
	if c.Until == 0 && now < c.Since { // the clock was put back
		return b, nil
	}
	var pl plan
	if c.Until == 0 && now-c.Since > glance {
		c.Until, c.Next, c.Top = now, oldest(v, c.Since, c.Known), v.known()
		var old sync.Batch // too old for anything to happen to them, but for what the merchant did
		for _, i := range v.hands.touched(c.Since, now) {
			if i < c.Next {
				v.plan(&pl, i)
				p.tell(&old, &pl, c.Since, now)
			}
		}
		b, err := p.scanUpdated(ctx, v, c)
		b.Orders, b.Gone = append(old.Orders, b.Orders...), append(old.Gone, b.Gone...)
		return b, err
	}
	if c.Until > 0 {
		return p.scanUpdated(ctx, v, c)
	}
	moved := append(v.agenda.between(v, platformKind, c.Since, now), v.hands.touched(c.Since, now)...)
	slices.Sort(moved)
	for _, i := range slices.Compact(moved) {
		v.plan(&pl, i)
		if i < c.Known {
			p.tell(&b, &pl, c.Since, now)
		}
	}
	for i := max(c.Known, v.orders); i < v.known(); i++ {
		v.plan(&pl, i)
		p.tell(&b, &pl, pl.at, now)
	}
	if len(b.Orders)+len(b.Gone) > 0 || now-c.Since > stale || v.known() > c.Known {
		b.Cursor = encode(updateCursor{Since: now, Known: v.known()})
	}
	return b, nil
}

// give adds an order to a page, as it is at an instant.
func (p *platform) give(b *sync.Batch, pl *plan, now int64) {
	b.Orders = append(b.Orders, store.Pulled{})
	o := &b.Orders[len(b.Orders)-1].Order
	pl.write(o, now)
	p.wash.normalize(o)
}

// tell adds an order to a page where it has changed after since, until an instant.
func (p *platform) tell(b *sync.Batch, pl *plan, since, until int64) {
	switch {
	case since < pl.vanished && pl.vanished <= until:
		b.Gone = append(b.Gone, p.shop.externalID(pl.index))
	case pl.vanished > until && pl.movedWithin(since, until):
		p.give(b, pl, until)
	}
}

// scanUpdated looks at orders one by one, as after days in which nobody asked.
func (p *platform) scanUpdated(ctx context.Context, v *view, c updateCursor) (sync.Batch, error) {
	var b sync.Batch
	var pl plan
	top := min(c.Next+scanLimit, c.Top)
	for ; c.Next < top && len(b.Orders) < pageSize; c.Next++ {
		if c.Next%1024 == 0 && ctx.Err() != nil {
			return sync.Batch{}, ctx.Err()
		}
		v.plan(&pl, c.Next)
		since := c.Since
		if c.Next >= c.Known {
			since = pl.at
		}
		p.tell(&b, &pl, since, c.Until)
	}
	b.More = c.Next < c.Top
	if !b.More {
		c = updateCursor{Since: c.Until, Known: c.Top}
	}
	b.Cursor = encode(c)
	return b, nil
}

// decode reads a cursor; an empty one leaves the value as it is.
func decode(cursor []byte, into any) error {
	if len(cursor) == 0 {
		return nil
	}
	if err := json.Unmarshal(cursor, into); err != nil {
		return &sync.Error{
			Kind: sync.Refused, Text: "the demo cannot read how far it came", Hint: "Remove the demo's database to begin anew",
			Err: fmt.Errorf("cursor: %w", err),
		}
	}
	return nil
}

func encode(cursor any) []byte {
	data, err := json.Marshal(cursor)
	if err != nil {
		panic(err) // numbers only
	}
	return data
}
