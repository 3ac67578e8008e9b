package demo

import (
	"context"
	"errors"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync"
)

// The streams of a demo supplier.
const (
	streamCatalogue  = "catalogue"
	streamPlacements = "placements"
)

// deliverer is a demo supplier as the sync engine sees it.
type deliverer struct {
	world *World
	via   int8
}

var _ sync.Supplier = (*deliverer)(nil)

// Name is what the supplier is called on screen and in filters.
func (s *deliverer) Name() string { return suppliers[s.via].Title }

// Streams are the catalogue, then the placements.
func (s *deliverer) Streams() []string { return []string{streamCatalogue, streamPlacements} }

// Pull gives a page of a stream.
func (s *deliverer) Pull(ctx context.Context, stream string, cursor []byte) (sync.SupplierBatch, error) {
	if err := errors.Join(ctx.Err(), s.world.refresh()); err != nil {
		return sync.SupplierBatch{}, err
	}
	switch stream {
	case streamCatalogue:
		return s.pullCatalogue(cursor)
	case streamPlacements:
		return s.pullPlacements(ctx, cursor)
	}
	return sync.SupplierBatch{}, sync.Errorf(sync.Refused, "%s has no stream %q", s.Name(), stream)
}

// edition is which catalogue it is: a newer one is given again.
const edition = 2

func (s *deliverer) pullCatalogue(cursor []byte) (sync.SupplierBatch, error) {
	var c struct {
		Edition int `json:"edition"`
	}
	if err := decode(cursor, &c); err != nil {
		return sync.SupplierBatch{}, err
	}
	b := sync.SupplierBatch{Cursor: cursor}
	if c.Edition == edition {
		return b, nil
	}
	for _, shop := range s.world.shops {
		b.Links = append(b.Links, shop.links(s.via)...)
	}
	b.Products = s.world.sellers[s.via].Products()
	c.Edition = edition
	b.Cursor, b.Done = encode(c), len(b.Links)+len(b.Products)
	b.Total = b.Done
	return b, nil
}

// links are the products of a shop that are linked to a supplier.
func (s *shop) links(via int8) []order.Link {
	var out []order.Link
	for k := range products {
		x := &products[k]
		src := x.sources[s.index]
		if src.via != via || src.unlinked {
			continue
		}
		for v := range x.variants.codes {
			stock := s.stock(k, v)
			l := order.Link{
				Store: s.name, ProductKey: x.key(v), Supplier: suppliers[via].Title, SupplierSKU: suppliers[via].Prefix + x.code(v),
				Title: x.titles[s.index], ProcessingDays: suppliers[via].Promise, Preferred: true, Stock: &stock, WeightGrams: float64(x.grams),
				BrandedInvoice: branded(via, k),
			}
			if !src.costless {
				l.Cost, l.CostKnown = order.New(x.costAt(via), suppliers[via].Currency), true
			}
			out = append(out, l)
		}
	}
	return out
}

// reportCursor is up to when a supplier has told what it did. While Until is set, the orders of a shop are being scanned
// for changes after Since until then, beginning with Next. Since 0 is before everything.
type reportCursor struct {
	Since int64       `json:"since,omitempty"`
	Until int64       `json:"until,omitempty"`
	Shop  int         `json:"shop,omitempty"`
	Next  int         `json:"next,omitempty"`
	Known [2]int      `json:"known"` // orders of the shops that the supplier knew at Since
	Logs  [2]arrivals `json:"log"`   // how those that came later came
}

// ever is before everything.
const ever = int64(-1)

func (s *deliverer) pullPlacements(ctx context.Context, cursor []byte) (sync.SupplierBatch, error) {
	var c reportCursor
	if err := decode(cursor, &c); err != nil {
		return sync.SupplierBatch{}, err
	}
	now := s.world.now()
	b := sync.SupplierBatch{Cursor: cursor}
	if c.Until == 0 && now < c.Since { // the clock was put back
		return b, nil
	}
	if c.Until == 0 {
		var views [2]*view
		more := false
		for k, shop := range s.world.shops {
			views[k] = shop.kept(c.Logs[k])
			c.Logs[k] = views[k].arrivals
			more = more || views[k].known() > c.Known[k]
		}
		if now-c.Since <= glance {
			s.glance(&b, views, &c, now)
			if len(b.Placements) > 0 || more || now-c.Since > stale {
				c.Since, c.Known = now, [2]int{views[0].known(), views[1].known()}
				b.Cursor = encode(c)
			}
			return b, nil
		}
		c.Until, c.Shop, c.Next = now, 0, oldest(views[0], c.Since, c.Known[0])
	}
	return s.scan(ctx, c)
}

// oldest is the first order of a shop that may have changed after an instant, or that was not known then.
func oldest(v *view, since int64, known int) int {
	if since == 0 {
		return 0
	}
	return min(v.before(since-horizon), known)
}

// glance reports what has changed within the last minutes.
func (s *deliverer) glance(b *sync.SupplierBatch, views [2]*view, c *reportCursor, now int64) {
	var p plan
	for k, v := range views {
		for _, i := range v.agenda.between(v, s.via, c.Since, now) {
			if i < c.Known[k] {
				v.plan(&p, i)
				b.Placements = append(b.Placements, p.news(s.via, c.Since, now)...)
			}
		}
		for i := c.Known[k]; i < v.known(); i++ {
			v.plan(&p, i)
			b.Placements = append(b.Placements, p.news(s.via, ever, now)...)
		}
	}
}

// news is what a supplier has to say of an order that it had not said at since.
func (p *plan) news(via int8, since, until int64) []order.Placement {
	if !p.changed(via, since, until) {
		return nil
	}
	all := p.placements(nil, via, until)
	out := all[:0]
	for _, pl := range all {
		if pl.UpdatedAt.Unix() > since {
			out = append(out, pl)
		}
	}
	return out
}

// scan looks at orders one by one: all of them at first, later those that may have changed in the days in which nobody
// asked.
func (s *deliverer) scan(ctx context.Context, c reportCursor) (sync.SupplierBatch, error) {
	var b sync.SupplierBatch
	var p plan
	for looked := 0; c.Shop < len(s.world.shops) && looked < scanLimit && len(b.Placements) < pageSize; {
		v := &view{shop: s.world.shops[c.Shop], arrivals: c.Logs[c.Shop]}
		for ; c.Next < v.known() && looked < scanLimit && len(b.Placements) < pageSize; c.Next++ {
			looked++
			if looked%1024 == 0 && ctx.Err() != nil {
				return b, ctx.Err()
			}
			since := c.Since
			if c.Next >= c.Known[c.Shop] || since == 0 {
				since = ever
			}
			v.plan(&p, c.Next)
			b.Placements = append(b.Placements, p.news(s.via, since, c.Until)...)
		}
		if c.Next < v.known() {
			break
		}
		c.Shop++
		if c.Shop < len(s.world.shops) {
			c.Next = oldest(&view{shop: s.world.shops[c.Shop], arrivals: c.Logs[c.Shop]}, c.Since, c.Known[c.Shop])
		}
	}
	b.Total, b.Done = s.world.shops[0].orders+s.world.shops[1].orders, c.Next
	if c.Shop > 0 {
		b.Done += s.world.shops[0].orders
	}
	b.More = c.Shop < len(s.world.shops)
	if !b.More {
		known := [2]int{}
		for k, shop := range s.world.shops {
			known[k] = shop.orders + c.Logs[k].Count
		}
		c = reportCursor{Since: c.Until, Known: known, Logs: c.Logs}
		b.Done = b.Total
	}
	b.Cursor = encode(c)
	return b, nil
}
