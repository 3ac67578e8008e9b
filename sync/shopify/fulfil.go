package shopify

import (
	"context"
	"slices"
	"strings"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/outbox"
	"github.com/orderdeck/orderdeck/sync/shopify/admin"
)

// sendable is a part of an order that one place sends.
type sendable struct {
	id, place, name, status, request string
	actions                          []string
	lines                            []admin.SendLinesNodesFulfillmentOrderLineItem
}

// over tells that nothing more is sent of it.
func (s sendable) over() bool {
	return s.status == "CLOSED" || s.status == "CANCELLED" || s.status == "INCOMPLETE"
}

// toSend reads the fulfillment orders of an order, which are what can be sent; their lines have ids of their own.
func (p *Platform) toSend(ctx context.Context, id string) ([]sendable, error) {
	var all []sendable
	vars := map[string]any{"id": gid(id)}
	for range endless {
		var out admin.ToSendResponse
		if _, err := p.call(ctx, "ToSend", admin.ToSend_Operation, vars, &out); err != nil {
			return nil, err
		}
		if out.Order == nil {
			return nil, outbox.ErrGone
		}
		for _, f := range out.Order.FulfillmentOrders.Nodes {
			s := sendable{id: f.Id, name: clean(f.AssignedLocation.Name), status: f.Status, request: f.RequestStatus, lines: f.LineItems.Nodes}
			if f.AssignedLocation.Location != nil {
				s.place = f.AssignedLocation.Location.Id
			}
			for _, a := range f.SupportedActions {
				s.actions = append(s.actions, a.Action)
			}
			for more := f.LineItems.PageInfo; more.HasNextPage; {
				var next admin.MoreToSendResponse
				_, err := p.call(ctx, "MoreToSend", admin.MoreToSend_Operation, map[string]any{"id": f.Id, "after": deref(more.EndCursor)}, &next)
				if err != nil {
					return nil, err
				}
				if next.FulfillmentOrder == nil {
					return nil, p.vanished()
				}
				s.lines = append(s.lines, next.FulfillmentOrder.LineItems.Nodes...)
				more = next.FulfillmentOrder.LineItems.PageInfo
			}
			all = append(all, s)
		}
		info := out.Order.FulfillmentOrders.PageInfo
		if !info.HasNextPage {
			break
		}
		vars["after"] = deref(info.EndCursor)
	}
	return all, nil
}

// Fulfil implements outbox.Shop. One call is for the goods of one place: a parcel of two is told in two.
func (p *Platform) Fulfil(ctx context.Context, externalID string, doc store.TellDoc) error {
	if _, draft := draftNumber(externalID); draft {
		return outbox.Rejectedf("this is a draft: nothing of it can be sent before it is an order")
	}
	got, err := p.Read(ctx, externalID)
	if err != nil {
		return outbox.NotSent(err)
	}
	left, err := missing(&got.Order, doc)
	if err != nil {
		return err
	}
	if len(left) == 0 {
		return nil // it is there already
	}
	parts, err := p.toSend(ctx, externalID)
	if err != nil {
		return outbox.NotSent(err)
	}
	calls, order := map[string][]any{}, []string{}
	for _, s := range parts {
		if !slices.Contains(s.actions, "CREATE_FULFILLMENT") {
			continue
		}
		var lines []any
		for _, l := range s.lines {
			if n := min(left[number(l.LineItem.Id)], l.RemainingQuantity); n > 0 {
				left[number(l.LineItem.Id)] -= n
				lines = append(lines, map[string]any{"id": l.Id, "quantity": n})
			}
		}
		if len(lines) > 0 {
			if calls[s.place] == nil {
				order = append(order, s.place)
			}
			calls[s.place] = append(calls[s.place], map[string]any{"fulfillmentOrderId": s.id, "fulfillmentOrderLineItems": lines})
		}
	}
	if len(order) == 0 {
		return outbox.Rejectedf("%s", whyNot(parts))
	}
	for i, place := range order {
		err := p.mutate(ctx, "Fulfil", admin.Fulfil_Operation, map[string]any{"fulfillment": map[string]any{
			"lineItemsByFulfillmentOrder": calls[place], "trackingInfo": tracking(doc.Parcel), "notifyCustomer": doc.Notify,
		}}, nil)
		if err != nil && i > 0 { // a part has been told: the rest is looked for the next time
			return sync.Errorf(sync.Unavailable, "a part of the parcel was told, and the rest was not: %s", said(err))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// missing is what of a parcel the store does not know yet, in pieces by line.
func missing(o *order.Order, doc store.TellDoc) (map[string]int, error) {
	one := order.Units(1)
	left := map[string]int{}
	for _, l := range doc.Lines {
		if l.Quantity%one != 0 {
			return nil, outbox.Rejectedf("Shopify counts whole pieces, not %s", l.Quantity)
		}
		left[l.LineID] += int(l.Quantity / one)
	}
	if len(doc.Lines) == 0 {
		for i := range o.Lines {
			l := &o.Lines[i]
			left[l.ExternalID] = int(max(0, l.Open()-l.Fulfilled) / one)
		}
	}
	for _, s := range o.Fulfilments {
		if !s.Live || s.Tracking == "" || !outbox.SameNumber(s.Tracking, doc.Parcel.Tracking) {
			continue
		}
		if len(doc.Lines) == 0 || len(s.Lines) == 0 {
			return nil, nil
		}
		for _, l := range s.Lines {
			left[l.LineID] -= int(l.Quantity / one)
		}
	}
	for id, n := range left {
		if n <= 0 {
			delete(left, id)
		}
	}
	return left, nil
}

// whyNot says why nothing of a parcel can be sent.
func whyNot(parts []sendable) string {
	for _, s := range parts {
		if slices.Contains(s.actions, "REQUEST_FULFILLMENT") || slices.Contains(s.actions, "REQUEST_CANCELLATION") {
			return "the goods are with the fulfilment service " + s.name + ", which tells the store of its parcels itself"
		}
		if slices.Contains(s.actions, "RELEASE_HOLD") {
			return "the store holds these goods back: release the hold in Shopify's admin"
		}
	}
	if len(parts) == 0 {
		return "the key sees nothing to be sent of this order: it lacks the fulfillment orders' rights, or all of it was sent"
	}
	return "nothing of what is in the parcel is left to be sent: it was sent or cancelled at the store"
}

// tracking is how a parcel is followed. Shopify makes an address only for carriers whose name it knows, letter for letter.
func tracking(p order.Parcel) map[string]any {
	out := map[string]any{}
	for k, v := range map[string]string{"company": p.Carrier, "number": p.Tracking, "url": p.URL} {
		if v != "" {
			out[k] = v
		}
	}
	return out
}

// retrack puts another number on the last parcel that counts.
func (p *Platform) retrack(ctx context.Context, id string, a order.Act) (outbox.Done, error) {
	got, err := p.Read(ctx, id)
	if err != nil {
		return outbox.Done{}, outbox.NotSent(err)
	}
	which := ""
	for _, s := range got.Order.Fulfilments {
		if !s.Live {
			continue
		}
		if s.Tracking != "" && outbox.SameNumber(s.Tracking, a.Parcel.Tracking) {
			return outbox.Done{ID: s.ExternalID, Already: true}, nil
		}
		which = s.ExternalID
	}
	if which == "" {
		return outbox.Done{}, outbox.Rejectedf("the order has no parcel at the store yet")
	}
	return outbox.Done{ID: which}, p.mutate(ctx, "Track", admin.Track_Operation, map[string]any{
		"id": "gid://shopify/Fulfillment/" + which, "tracking": tracking(a.Parcel), "notify": a.Notify,
	}, nil)
}

// request asks the fulfilment service that has the goods to send them.
func (p *Platform) request(ctx context.Context, id string, a order.Act) (outbox.Done, error) {
	parts, err := p.toSend(ctx, id)
	if err != nil {
		return outbox.Done{}, outbox.NotSent(err)
	}
	asked, todo := false, parts[:0:0]
	for _, s := range parts {
		if a.Service != "" && !strings.EqualFold(s.name, a.Service) {
			continue
		}
		switch {
		case slices.Contains(s.actions, "REQUEST_FULFILLMENT"):
			todo = append(todo, s)
		case s.request == "SUBMITTED" || s.request == "ACCEPTED" || s.request == "CLOSED":
			asked = true
		}
	}
	if len(todo) == 0 {
		if asked {
			return outbox.Done{Already: true}, nil
		}
		return outbox.Done{}, outbox.Rejectedf("nothing of this order is with a fulfilment service that can be asked")
	}
	for _, s := range todo {
		if a.Service == "" && s.place != todo[0].place { // not every service may be asked in this way
			return outbox.Done{}, outbox.Rejectedf("the goods are with %s and %s: say which is to be asked", todo[0].name, s.name)
		}
	}
	for i, s := range todo {
		vars := map[string]any{"id": s.id, "notify": a.Notify}
		if a.Text != "" {
			vars["message"] = a.Text
		}
		if err := p.mutate(ctx, "Request", admin.Request_Operation, vars, nil); err != nil {
			if i > 0 || asked {
				return outbox.Done{}, sync.Errorf(sync.Unavailable, "a part was asked for, and the rest was not: %s", said(err))
			}
			return outbox.Done{}, err
		}
	}
	return outbox.Done{Pending: "the service has not accepted it yet"}, nil
}
