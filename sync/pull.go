package sync

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/filter"
)

var _ Spooler = (*known)(nil)

// known answers a platform's questions about its shop's orders.
type known struct {
	db   Database
	shop string

	// writing is locked while a page is written. Questions wait for it, so that the answer has all that was brought before:
	// an order that is about to be written as it was a moment ago must not be taken for one that is known as it is now.
	writing sync.RWMutex

	mu      sync.Mutex
	skipped map[string]string // external id → fingerprint of orders that the pull filter left out in this process
}

// maxSkipped bounds the memory for orders that were left out; beyond it they are read again at every sweep.
const maxSkipped = 200_000

// Fingerprints implements Known.
func (k *known) Fingerprints(ctx context.Context, externalIDs []string) (map[string]string, error) {
	k.writing.RLock()
	defer k.writing.RUnlock()
	out, err := k.db.Fingerprints(ctx, k.shop, externalIDs)
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, id := range externalIDs {
		if known, ok := k.skipped[id]; ok {
			if _, taken := out[id]; !taken {
				out[id] = known
			}
		}
	}
	return out, nil
}

// OpenOrders implements Known.
func (k *known) OpenOrders(ctx context.Context, after string, limit int) ([]string, error) {
	k.writing.RLock()
	defer k.writing.RUnlock()
	return k.db.OpenOrders(ctx, k.shop, after, limit)
}

// Spool implements Spooler.
func (k *known) Spool(ctx context.Context) (Spool, error) {
	s, err := k.db.Spool(ctx, k.shop)
	if err != nil {
		return nil, err // and no Spool that is a nil *store.Spool
	}
	return s, nil
}

// remember notes what was left out, once that is written.
func (k *known) remember(left []order.Order, taken []store.Pulled) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, p := range taken {
		delete(k.skipped, p.Order.ExternalID)
	}
	for _, o := range left {
		if o.Fingerprint != "" && len(k.skipped) < maxSkipped {
			k.skipped[o.ExternalID] = o.Fingerprint
		}
	}
}

// shopPage makes a platform's page ready to be written. What the pull filter leaves out is found out then: that depends on
// which orders are known, and the page before may not be written yet.
func (s *Service) shopPage(src *Source, k *known, stream string, b Batch) (page, error) {
	n := len(b.Orders) + len(b.Seen) + len(b.Gone)
	for i := range b.Orders {
		o := &b.Orders[i].Order
		if o.ExternalID == "" {
			return page{}, Errorf(BadAnswer, "the store sent an order without an id")
		}
		o.Store = src.Shop.Name
	}
	return page{
		known: k, n: n, cursor: b.Cursor, more: b.More, done: b.Done, total: b.Total, skew: b.ClockSkew, phase: b.Phase, note: b.Note,
		apply: func(ctx context.Context) (store.Result, error) {
			taken, left, skips, err := s.choose(ctx, src, b.Orders)
			if err != nil {
				return store.Result{}, err
			}
			res, err := s.o.DB.Apply(ctx, store.Page{
				Shop: src.Shop.Name, Stream: stream, Cursor: b.Cursor,
				Orders: taken, Skipped: skips, Seen: b.Seen, Gone: b.Gone,
			})
			if err == nil {
				k.remember(left, taken)
			}
			return res, err
		},
	}, nil
}

// choose applies the pull filter: it concerns only orders that are not known yet.
func (s *Service) choose(ctx context.Context, src *Source, all []store.Pulled) (
	taken []store.Pulled, left []order.Order, skips []store.Skip, err error,
) {
	if src.Filter == nil || len(all) == 0 {
		return all, nil, nil, nil
	}
	ids := make([]string, len(all))
	for i := range all {
		ids[i] = all[i].Order.ExternalID
	}
	have, err := s.o.DB.Fingerprints(ctx, src.Shop.Name, ids)
	if err != nil {
		return nil, nil, nil, err
	}
	now := s.clock.Now()
	reason := "does not match the pull filter: " + filter.String(src.Filter)
	for _, p := range all {
		if _, ok := have[p.Order.ExternalID]; ok || s.matches(src, &p.Order) {
			taken = append(taken, p)
			continue
		}
		left = append(left, p.Order)
		skips = append(skips, store.Skip{ExternalID: p.Order.ExternalID, Number: p.Order.Number, Reason: reason, At: now})
	}
	return taken, left, skips, nil
}

// matches tells whether an order that is not known yet passes the pull filter.
func (s *Service) matches(src *Source, o *order.Order) bool {
	now := s.clock.Now()
	rec := order.Record{Order: *o, FirstSeen: now, LastSeen: now}
	rec.State = order.Derive(o, order.Facts{
		Now: now, OwnStock: src.Shop.OwnStock, AuthorizedIsPaid: src.Shop.AuthorizedIsPaid,
	})
	return filter.Match(src.Filter, &rec, now)
}

// guarded calls a connector and turns a panic in it into an error of its store.
func (s *Service) guarded(name string, call func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			s.log.Error("a connector failed", "store", name, "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
			err = &Error{
				Kind: Broken, Text: "the connector failed: " + fmt.Sprint(r),
				Hint: "This is a fault in Orderdeck; orderdeck doctor --bundle collects what a report needs",
			}
		}
	}()
	return call()
}

// test is Platform.Test behind the same guard.
func (s *Service) test(ctx context.Context, p Platform) (info Info, err error) {
	err = s.guarded(p.Kind(), func() (err error) {
		info, err = p.Test(ctx)
		return err
	})
	return info, err
}
