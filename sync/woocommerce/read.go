package woocommerce

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/httpx"
)

// page asks for a list of whole orders. Where the store has not the memory or the time for so many, fewer are asked for the
// next time.
func (p *Platform) page(ctx context.Context, s *shop, q url.Values) ([]json.RawMessage, *httpx.Answer, error) {
	var raws []json.RawMessage
	a, err := p.get(ctx, s, "orders", q, &raws)
	if k := sync.KindOf(err); k == sync.Unavailable || k == sync.Network || errors.Is(err, httpx.ErrTooLarge) {
		p.take = max(leastPage, p.take/2)
		if errors.Is(err, httpx.ErrTooLarge) && p.take > leastPage { // this one is worth another try
			err = &sync.Error{Kind: sync.BadAnswer, Text: err.Error(), Err: err}
		}
	} else if err == nil {
		p.take = min(pageSize, p.take*2)
	}
	return raws, a, err
}

// read gives one order, nil where there is none.
func (p *Platform) read(ctx context.Context, id string, s *shop) (*store.Pulled, *fields, error) {
	var raw json.RawMessage
	a, err := p.get(ctx, s, "orders/"+url.PathEscape(id), nil, &raw)
	if a != nil && a.Status == http.StatusNotFound {
		if c, _ := complain(a.Body); strings.HasSuffix(string(c.Code), "_invalid_id") {
			return nil, nil, nil
		}
	}
	if err != nil {
		return nil, nil, err
	}
	return p.one(ctx, raw, s, true)
}

// one reads an order, and of one that is still worked on and partly refunded also what of it was refunded, and what the
// store's own fulfilments have of it: neither does the order itself say.
func (p *Platform) one(ctx context.Context, raw json.RawMessage, s *shop, changed bool) (*store.Pulled, *fields, error) {
	v := &fields{}
	if err := json.Unmarshal(raw, v); err != nil || v.number() == 0 {
		return nil, nil, &sync.Error{Kind: sync.BadAnswer, Text: p.http.Host() + " sent an order that cannot be read: " + p.start(raw), Err: err}
	}
	if err := p.ownParcels(ctx, s, v, changed); err != nil {
		return nil, nil, err
	}
	n := normalizer{v: v, s: s, base: p.site(s)}
	switch string(v.Status) {
	case statusCompleted, statusCancelled, statusRefunded, statusTrash, statusFailed:
	default:
		if len(v.Refunds) > 0 {
			var err error
			if n.returned, err = p.returned(ctx, string(v.ID), s); err != nil {
				return nil, nil, err
			}
		}
	}
	return &store.Pulled{Order: n.order(), Raw: raw}, v, nil
}

// site is the address of the site, for links.
func (p *Platform) site(s *shop) string {
	if s.home != "" {
		return s.home
	}
	u, err := url.Parse(strings.TrimSpace(p.o.URL))
	if err != nil {
		return ""
	}
	return strings.TrimRight(u.Scheme+"://"+u.Host+"/"+s.path, "/")
}

// refund is one refund of an order.
type refund struct {
	ID     loose `json:"id"`
	Amount loose `json:"amount"`
	Reason loose `json:"reason"`
	Lines  list[struct {
		Quantity loose      `json:"quantity"` // negative
		Meta     list[meta] `json:"meta_data"`
	}] `json:"line_items"`
}

// refunds reads all refunds of an order.
func (p *Platform) refunds(ctx context.Context, id string, s *shop) ([]refund, error) {
	var all []refund
	for page := 1; ; page++ {
		var some list[refund]
		_, err := p.get(ctx, s, "orders/"+url.PathEscape(id)+"/refunds", url.Values{
			"per_page": {strconv.Itoa(pageSize)}, "page": {strconv.Itoa(page)},
		}, &some)
		if err != nil {
			return nil, err
		}
		if all = append(all, some...); len(some) < pageSize {
			return all, nil
		}
	}
}

// returned is how much of which line was refunded.
func (p *Platform) returned(ctx context.Context, id string, s *shop) (map[string]order.Quantity, error) {
	all, err := p.refunds(ctx, id, s)
	if err != nil {
		return nil, err
	}
	out := map[string]order.Quantity{}
	for i := range all {
		for j := range all[i].Lines {
			l := &all[i].Lines[j]
			for k := range l.Meta {
				if l.Meta[k].Key == "_refunded_item_id" {
					out[string(l.Meta[k].text())] -= quantity(l.Quantity)
				}
			}
		}
	}
	return out, nil
}
