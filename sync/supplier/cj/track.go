package cj

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

// bills are the extra bills that CJ has made, by the code of the order. They are read at most once in billsAge.
type bills struct {
	at   time.Time
	open map[string]order.Money
}

const (
	billsAge  = 10 * time.Minute
	billsPage = 200
)

// extra is what is still asked for an order afterwards.
func (s *Supplier) extra(ctx context.Context, number string) *order.Money {
	if s.bills.at.IsZero() || s.o.Clock().Sub(s.bills.at) >= billsAge {
		open, err := s.readBills(ctx)
		if err != nil { // they are read the next time
			return nil
		}
		s.bills = bills{at: s.o.Clock(), open: open}
	}
	if m, ok := s.bills.open[number]; ok {
		return &m
	}
	return nil
}

func (s *Supplier) readBills(ctx context.Context) (map[string]order.Money, error) {
	open := map[string]order.Money{}
	for page := 1; page <= 10; page++ {
		var out struct {
			Page struct {
				Content []struct {
					Order  word `json:"cjOrderCode"`
					Status word `json:"status"` // 3 cancelled, 4 paid
					Amount word `json:"amount"`
				} `json:"content"`
			} `json:"pageData"`
		}
		body := map[string]int{"pageNum": page, "pageSize": billsPage, "type": 0}
		if _, err := s.call(ctx, request{method: http.MethodPost, path: "/shopping/makeup/list", body: body}, &out); err != nil {
			return nil, err
		}
		for _, b := range out.Page.Content {
			m, ok := b.Amount.money()
			if !ok || b.Status == "3" || b.Status == "4" {
				continue
			}
			sum, err := open[b.Order.clean()].Add(m)
			if err == nil {
				open[b.Order.clean()] = sum
			}
		}
		if len(out.Page.Content) < billsPage {
			break
		}
	}
	return open, nil
}

// Track implements outbox.Supplier. When CJ fails on the way, what was read until then is the answer; the others are
// asked for the next time.
func (s *Supplier) Track(ctx context.Context, numbers []string) ([]outbox.Order, error) {
	release, err := s.hold(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	var out []outbox.Order
	for _, n := range numbers {
		raw, err := s.detail(ctx, n)
		if err != nil {
			if len(out) > 0 && sync.KindOf(err).Retryable() {
				return out, nil
			}
			return out, err
		}
		if raw == nil {
			continue
		}
		o := s.complete(ctx, normalize(raw, s.skus))
		o.ExtraBill = s.extra(ctx, o.Number)
		if raw.DisputeID != "" {
			o.Claim = s.claim(ctx, &o, raw.DisputeID)
		}
		s.follow(ctx, &o)
		out = append(out, o)
	}
	return out, nil
}

// complete adds to an order what stands in others: the parts that it was split into. A part that cannot be read now is
// read the next time; until then the whole is no further than it says.
func (s *Supplier) complete(ctx context.Context, o outbox.Order) outbox.Order {
	if len(o.Split) == 0 && o.Paid == outbox.PaidYes && o.Reference != "" && (o.State == order.PlacementCancelled || o.RawState == "OTHER") {
		parts := s.siblings(ctx, &o)
		for i := range parts {
			o.Split = append(o.Split, parts[i].Number)
		}
		merge(&o, parts)
		return o
	}
	var parts []outbox.Order
	for _, code := range o.Split {
		if raw, err := s.detail(ctx, code); err == nil && raw != nil {
			parts = append(parts, normalize(raw, s.skus))
		}
	}
	if len(parts) == len(o.Split) {
		merge(&o, parts)
	} else if o.State == order.PlacementCancelled { // the whole is, and the parts are not known to be
		o.State = order.PlacementProcessing
	}
	return o
}

// claim reads how far a case about an order is.
func (s *Supplier) claim(ctx context.Context, o *outbox.Order, id word) order.CaseState {
	var out struct {
		List []dispute `json:"list"`
	}
	q := url.Values{"orderId": {o.Number}, "pageNum": {"1"}, "pageSize": {"20"}}
	if _, err := s.call(ctx, request{path: "/disputes/getDisputeList", query: q}, &out); err == nil {
		for i := range out.List {
			if out.List[i].ID == id {
				return out.List[i].claim(o.Total)
			}
		}
	}
	return order.CaseRequested
}

// follow adds where the parcels have been seen.
func (s *Supplier) follow(ctx context.Context, o *outbox.Order) {
	if o.State != order.PlacementShipped && o.State != order.PlacementDelivered {
		return
	}
	for i := range o.Parcels {
		p := &o.Parcels[i]
		var list []track
		if _, err := s.call(ctx, request{path: "/logistic/trackInfo", query: url.Values{"trackNumber": {p.Tracking}}}, &list); err != nil {
			continue // the number is what counts; the scans come with the next look
		}
		for k := range list {
			if n := list[k].Number.clean(); n == "" || n == p.Tracking {
				p.Events = list[k].events(*p)
			}
		}
	}
}
