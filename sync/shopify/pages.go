package shopify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/httpx"
	"github.com/orderdeck/orderdeck/sync/shopify/admin"
)

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
