package cj

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"

	"github.com/orderdeck/orderdeck/sync/outbox"
)

const (
	listPage = 100
	// mostPages bounds a search through all orders. What is not found until then is not known to be absent.
	mostPages = 60
)

// listStatuses are all that CJ's list knows, in the order in which an order goes through them, so that one that moves
// on while we look is not missed. The list is never asked for without one: then it has, for some accounts, only the
// cancelled ones.
var listStatuses = []string{"CREATED", "IN_CART", "UNPAID", "UNSHIPPED", "SHIPPED", "DELIVERED", "CANCELLED", "OTHER"}

// Find implements outbox.Supplier.
//
// The detail of an order takes our reference for its name. That counts as an answer; but that it finds nothing counts
// only when it has been seen, in this process and on this account, that an order which is there is found that way. Where
// it has not, all orders are gone through, and matched here, since the list ignores what it is asked for. Nothing is
// concluded from a search that was not complete.
func (s *Supplier) Find(ctx context.Context, reference string) (outbox.Found, error) {
	release, err := s.hold(ctx)
	if err != nil {
		return outbox.Found{}, err
	}
	defer release()
	raw, err := s.detail(ctx, reference)
	if err == nil && raw != nil && raw.reference() == reference {
		s.lookups = true
		return s.found(ctx, raw)
	}
	clean := err == nil && raw == nil // it says that there is none; an order of another reference would be no answer
	if clean && s.lookups {
		return outbox.Found{Conclusive: true}, nil
	}
	return s.search(ctx, reference, clean)
}

func (s *Supplier) found(ctx context.Context, raw *rawOrder) (outbox.Found, error) {
	s.name(ctx, raw)
	return outbox.Found{Orders: []outbox.Order{s.complete(ctx, normalize(raw, s.skus))}, Conclusive: true}, nil
}

// name learns the SKUs of an order's products, so that it can be compared with what was asked for.
func (s *Supplier) name(ctx context.Context, raw *rawOrder) {
	for i := range raw.Products {
		vid := raw.Products[i].VID.clean()
		if vid == "" || raw.Products[i].SKU != "" || s.skus[vid] != "" {
			continue
		}
		var v rawVariant
		if _, err := s.call(ctx, request{path: "/product/variant/queryByVid", query: url.Values{"vid": {vid}}, points: queryPoints}, &v); err != nil {
			return // then they are not compared
		}
		s.skus[vid] = v.SKU.clean()
	}
}

// search goes through all orders. It ends early when it can show that looking up by reference works here, if that said
// that there is none (clean).
func (s *Supplier) search(ctx context.Context, reference string, clean bool) (outbox.Found, error) {
	h := hunt{s: s, reference: reference, tried: !clean, seen: map[string]bool{}}
	for _, status := range listStatuses {
		whole, err := h.through(ctx, status)
		if h.proven {
			return outbox.Found{Conclusive: true}, nil
		}
		if err != nil || !whole {
			return outbox.Found{Orders: h.orders}, err
		}
	}
	return outbox.Found{Orders: h.orders, Conclusive: true}, nil
}

// hunt is a search for the orders of one reference.
type hunt struct {
	s         *Supplier
	reference string
	orders    []outbox.Order
	seen      map[string]bool // numbers of those
	pages     int
	tried     bool // whether looking up works here has been tried, or need not be
	proven    bool // it works, so that its answer counts: there is none
}

// through goes through the orders of one status; whole tells that these were all.
func (h *hunt) through(ctx context.Context, status string) (whole bool, err error) {
	got, here := int64(0), map[string]bool{}
	for page := 1; ; page++ {
		if h.pages++; h.pages > mostPages {
			return false, nil
		}
		list, total, err := h.s.list(ctx, status, page)
		if err != nil {
			return false, err
		}
		if len(list) == 0 {
			return got >= total, nil // else it has more and does not show them
		}
		got += int64(len(list))
		fresh := false
		for i := range list {
			id := list[i].number()
			fresh = fresh || !here[id]
			here[id] = true
			h.match(ctx, &list[i])
		}
		if len(h.orders) == 0 && !h.tried && list[0].reference() != "" {
			h.tried = true
			if h.proven = h.s.worksFor(ctx, list[0].reference()); h.proven {
				return false, nil
			}
		}
		if !fresh { // the same page again: it does not turn them
			return false, nil
		}
		if total > 0 && got >= total {
			return true, nil
		}
	}
}

func (h *hunt) match(ctx context.Context, r *rawOrder) {
	if id := r.number(); r.reference() == h.reference && !h.seen[id] {
		h.seen[id] = true
		h.s.name(ctx, r)
		h.orders = append(h.orders, h.s.complete(ctx, normalize(r, h.s.skus)))
	}
}

// siblings are the other orders of a reference that are being delivered. An order that CJ has split goes on as several,
// and may itself be shown as cancelled then.
func (s *Supplier) siblings(ctx context.Context, o *outbox.Order) (parts []outbox.Order) {
	for _, status := range []string{"UNSHIPPED", "SHIPPED", "DELIVERED"} {
		for page := 1; page <= mostPages/3; page++ {
			list, total, err := s.list(ctx, status, page)
			if err != nil {
				return parts
			}
			for i := range list {
				if r := &list[i]; r.reference() == o.Reference && r.number() != o.Number {
					parts = append(parts, normalize(r, s.skus))
				}
			}
			if len(list) == 0 || int64(page*listPage) >= total {
				break
			}
		}
	}
	return parts
}

// worksFor tells whether an order that is there is found by its reference.
func (s *Supplier) worksFor(ctx context.Context, reference string) bool {
	raw, err := s.detail(ctx, reference)
	s.lookups = err == nil && raw != nil && raw.reference() == reference
	return s.lookups
}

// list reads one page. What is one object in the documentation is a list with its length in the real service.
func (s *Supplier) list(ctx context.Context, status string, page int) (orders []rawOrder, total int64, err error) {
	q := url.Values{"status": {status}, "pageNum": {fmt.Sprint(page)}, "pageSize": {fmt.Sprint(listPage)}}
	var data json.RawMessage
	if _, err := s.call(ctx, request{path: "/shopping/order/list", query: q}, &data); err != nil {
		return nil, 0, err
	}
	var many struct {
		List  []rawOrder `json:"list"`
		Total word       `json:"total"`
	}
	if decode(data, &many) == nil && many.List != nil {
		total, _ = many.Total.whole()
		return many.List, total, nil
	}
	if decode(data, &orders) == nil {
		return orders, 0, nil
	}
	var one rawOrder
	if decode(data, &one) == nil && one.number() != "" {
		return []rawOrder{one}, 1, nil
	}
	return nil, 0, nil
}
