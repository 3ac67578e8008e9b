package shopify

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/shopify/admin"
)

// hand hands the next orders on from the spool.
func (p *Platform) hand(ctx context.Context, c cursor, s *shop, spool sync.Spool) (sync.Batch, error) {
	st, err := p.spoolState(ctx, spool, c.Bulk.ID)
	if err != nil {
		return sync.Batch{}, err
	}
	if !st.Whole { // the file on this disk is not there any more; what was handed on is known by its place in the store's
		c.Bulk.Ready = false
		return sync.Batch{Cursor: encode(c), More: true, Phase: sync.PhaseFile, Total: c.Total}, nil
	}
	entries, err := spool.Next(ctx, c.Bulk.At, handPage)
	if err != nil {
		return sync.Batch{}, err
	}
	if len(entries) == 0 {
		return p.afterBulk(c, nil), nil
	}
	all := make([]fields, len(entries))
	for i := range entries {
		if err := assemble(&entries[i], &all[i]); err != nil {
			return p.pages(c, spool, "an order of its file cannot be read"), nil //nolint:nilerr // it is said, and read in pages
		}
	}
	b := sync.Batch{More: true, ClockSkew: s.skew}
	known, err := p.parcels(ctx, all)
	for i := 0; i < known; i++ {
		got, bad := p.whole(ctx, &all[i], s)
		if bad != nil {
			err = bad
			break
		}
		b.Orders = append(b.Orders, got)
	}
	if len(b.Orders) == 0 && err != nil {
		return sync.Batch{}, err
	}
	// What was asked for before something failed is handed on, so that it is not asked for again.
	entries = entries[:len(b.Orders)]
	c.Bulk.At = entries[len(entries)-1].At
	c.Done += len(entries)
	b.Done, b.Total, b.Cursor = c.Done, max(c.Total, c.Done), encode(c)
	return b, nil
}

// assemble puts an order together from its lines in the file. What was ordered first has the lowest number there, and comes
// first in a page.
func assemble(e *store.SpoolEntry, v *fields) error {
	if err := json.Unmarshal(e.Data, v); err != nil {
		return err
	}
	v.LineItems.Nodes = make([]admin.Line, len(e.Parts))
	for i, part := range e.Parts {
		if err := json.Unmarshal(part, &v.LineItems.Nodes[i]); err != nil {
			return err
		}
	}
	slices.SortStableFunc(v.LineItems.Nodes, func(a, b admin.Line) int {
		return cmp.Or(cmp.Compare(len(a.Id), len(b.Id)), strings.Compare(a.Id, b.Id))
	})
	return nil
}

// whole makes an order of one that was assembled, with what does not fit into a line of the file. Of one that has gone away
// since, what is in the file is all that there is: that it is gone is found out as for every order.
func (p *Platform) whole(ctx context.Context, v *fields, s *shop) (store.Pulled, error) {
	if v.LegacyResourceId == "" {
		return store.Pulled{}, sync.Errorf(sync.BadAnswer, "%s sent an order without an id", p.http.Host())
	}
	if v.Parcels != nil {
		if _, err := p.complete(ctx, v); err != nil && !errors.Is(err, errVanished) {
			return store.Pulled{}, err
		}
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return store.Pulled{}, &sync.Error{Kind: sync.Broken, Text: "an order could not be kept", Err: err}
	}
	return store.Pulled{Order: normalize(v, s), Raw: raw}, nil
}

// parcelsAtOnce is how many orders are asked for at once what is in their parcels; fewer where that is too dear.
const parcelsAtOnce = 10

// parcels finds out what is in the parcels of orders. A bulk operation cannot tell; but where an order has one parcel, and
// nothing was taken out of it or given back, that has whatever was sent. The others are asked for.
//
// known is how many of the orders, from the first on, have what was to be found out: all, where nothing failed.
func (p *Platform) parcels(ctx context.Context, all []fields) (known int, err error) {
	var ask []int
	for i := range all {
		v := &all[i]
		switch {
		case len(v.Fulfillments) == 0:
			v.Parcels = []admin.Parcel{}
		case len(v.Fulfillments) == 1 && v.Fulfillments[0].Status == "SUCCESS" && len(v.Refunds) == 0 && !v.Edited && v.CancelledAt == nil:
			v.Parcels = []admin.Parcel{onlyParcel(v)}
		default:
			ask = append(ask, i)
		}
	}
	for len(ask) > 0 {
		now := ask[:min(p.askParcels, len(ask))]
		err := p.askFor(ctx, all, now)
		switch {
		case isTooDear(err) && p.askParcels > 1:
			p.askParcels /= 2
			continue
		case err != nil:
			return now[0], err
		}
		ask = ask[len(now):]
	}
	return len(all), nil
}

func onlyParcel(v *fields) admin.Parcel {
	out := admin.Parcel{Id: v.Fulfillments[0].Id}
	for i := range v.LineItems.Nodes {
		l := &v.LineItems.Nodes[i]
		if n := l.Quantity - l.UnfulfilledQuantity - l.NonFulfillableQuantity; n > 0 {
			line := admin.ParcelLinesNodesFulfillmentLineItem{Quantity: &n}
			line.LineItem.Id = l.Id
			out.FulfillmentLineItems.Nodes = append(out.FulfillmentLineItems.Nodes, line)
		}
	}
	return out
}

func (p *Platform) askFor(ctx context.Context, all []fields, which []int) error {
	ids := make([]string, len(which))
	for i, at := range which {
		ids[i] = all[at].Id
	}
	var out struct {
		Nodes []*struct {
			ID      string         `json:"id"`
			Parcels []admin.Parcel `json:"parcels"`
		} `json:"nodes"`
	}
	if _, err := p.call(ctx, "Parcels", admin.Parcels_Operation, map[string]any{"ids": ids}, &out); err != nil {
		return err
	}
	for _, n := range out.Nodes {
		if n == nil {
			continue // it was deleted meanwhile, or may not be seen
		}
		if i := slices.Index(ids, n.ID); i >= 0 {
			all[which[i]].Parcels = append([]admin.Parcel{}, n.Parcels...)
		}
	}
	return nil
}
