package jumpseller

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/httpx"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

var _ outbox.Actor = (*Platform)(nil)

// Read implements outbox.Shop.
func (p *Platform) Read(ctx context.Context, externalID string) (store.Pulled, error) {
	s, err := p.hello(ctx)
	if err != nil {
		return store.Pulled{}, err
	}
	got, err := p.read(ctx, externalID, s)
	if err != nil {
		return store.Pulled{}, err
	}
	if got == nil {
		return store.Pulled{}, outbox.ErrGone
	}
	return *got, nil
}

// mutate makes a request that changes something, and says of its failure whether it may have happened: only what the store
// itself refuses certainly did not; a web page may come from something in between, after it was done.
func (p *Platform) mutate(ctx context.Context, method, path string, body, out any) error {
	a, err := p.call(ctx, method, path, nil, body, out)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, httpx.ErrNotSent):
		return outbox.NotSent(err)
	case a != nil && a.Status/100 == 4 && sync.KindOf(err) != sync.RateLimited:
		return outbox.Rejected(err)
	}
	return err
}

// Fulfil implements outbox.Shop. A fulfilment there is for the whole order and needs the place that the goods leave from.
func (p *Platform) Fulfil(ctx context.Context, externalID string, doc store.TellDoc) error {
	got, err := p.Read(ctx, externalID)
	if err != nil {
		return outbox.NotSent(err)
	}
	if !whole(&got.Order, doc.Lines) {
		return fmt.Errorf("%w: Jumpseller can only be told that a whole order has left, and this parcel is a part of it", outbox.ErrNotOffered)
	}
	from, err := p.location(ctx)
	if err != nil {
		return outbox.NotSent(err)
	}
	f := map[string]any{
		"type": "manual", "order_id": externalID, "location_id": from, "tracking_number": doc.Parcel.Tracking, "send_email": doc.Notify,
		"tracking_company": carrier(doc.Parcel.Carrier),
	}
	if doc.Parcel.URL != "" { // the address counts only of a carrier that Jumpseller does not know
		f["tracking_company"], f["tracking_url"] = "other", doc.Parcel.URL
	}
	return p.mutate(ctx, http.MethodPost, "fulfillments.json", map[string]any{"fulfillment": f}, nil)
}

// carriers are those that Jumpseller makes an address for.
var carriers = []string{
	"shipit", "chilexpress", "ctt", "dpd", "mrw", "correos_chile", "dhl", "servientrega", "starken", "bluexpress", "correos_express",
}

func carrier(name string) string {
	n := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(name)), " ", "_")
	if slices.Contains(carriers, n) {
		return n
	}
	return "other"
}

// whole tells whether a parcel has all that is still to be delivered.
func whole(o *order.Order, lines []order.ShipmentLine) bool {
	left := map[string]order.Quantity{}
	for i := range o.Lines {
		left[o.Lines[i].ExternalID] += o.Lines[i].Open()
	}
	for _, l := range lines {
		left[l.LineID] -= l.Quantity
	}
	for _, q := range left {
		if q > 0 {
			return false
		}
	}
	return true
}

// location is the place that goods leave from: the main one.
func (p *Platform) location(ctx context.Context) (string, error) {
	var all []struct {
		Location *struct {
			ID   loose `json:"id"`
			Main bool  `json:"main"`
		} `json:"location"`
		ID   loose `json:"id"`
		Main bool  `json:"main"`
	}
	if _, err := p.get(ctx, "locations.json", nil, &all); err != nil {
		return "", err
	}
	first := ""
	for _, l := range all {
		id, main := l.ID, l.Main
		if l.Location != nil {
			id, main = l.Location.ID, l.Location.Main
		}
		if main {
			return string(id), nil
		}
		if first == "" {
			first = string(id)
		}
	}
	if first == "" {
		return "", sync.Errorf(sync.Refused, "%s has no place that goods leave from: add one in Jumpseller's admin", p.http.Host())
	}
	return first, nil
}

// Acts implements outbox.Actor.
func (p *Platform) Acts() map[outbox.ActKind]string {
	const no = "Jumpseller's API has no way to "
	return map[outbox.ActKind]string{
		outbox.ActMarkPaid: "", outbox.ActCancel: "", outbox.ActNote: "", outbox.ActStatus: "", outbox.ActTracking: "", outbox.ActDraft: "",
		outbox.ActRefund:   no + "give money back: do it at the payment provider",
		outbox.ActTags:     no + "tag an order",
		outbox.ActRequest:  no + "ask a fulfilment service",
		outbox.ActArchive:  no + "archive an order",
		outbox.ActReopen:   no + "reopen an order",
		outbox.ActComplete: no + "complete an order but by sending it",
		outbox.ActDelete:   no + "delete an order",
	}
}

// statuses are those that an order's shipment can be set to.
var statuses = []string{"requested", "in_transit", "delivered", "failed", "pickup_available"}

// Act implements outbox.Actor.
func (p *Platform) Act(ctx context.Context, externalID string, a outbox.Act) (outbox.Done, error) {
	switch a.Kind {
	case outbox.ActMarkPaid:
		return p.setStatus(ctx, externalID, "Paid", func(o *order.Order) bool { return o.CustomerPayment == order.PaymentPaid })
	case outbox.ActCancel:
		return p.setStatus(ctx, externalID, "Canceled", func(o *order.Order) bool { return o.Lifecycle == order.LifecycleCancelled })
	case outbox.ActStatus:
		if !slices.Contains(statuses, a.Status) {
			return outbox.Done{}, fmt.Errorf("%w: a shipment there is %s, not %q", outbox.ErrRejected, strings.Join(statuses, ", "), a.Status)
		}
		return outbox.Done{}, p.mutate(ctx, http.MethodPut, "orders/"+url.PathEscape(externalID)+".json",
			map[string]any{"order": map[string]any{"shipment_status": a.Status}}, nil)
	case outbox.ActTracking:
		return p.track(ctx, externalID, a.Parcel)
	case outbox.ActNote:
		return p.note(ctx, externalID, a)
	case outbox.ActDraft:
		return p.draft(ctx, a)
	}
	return outbox.Done{}, fmt.Errorf("%w: %s", outbox.ErrNotOffered, p.Acts()[a.Kind])
}

// setStatus sets an order's status unless it has it.
func (p *Platform) setStatus(ctx context.Context, id, status string, is func(*order.Order) bool) (outbox.Done, error) {
	got, err := p.Read(ctx, id)
	if err != nil {
		return outbox.Done{}, outbox.NotSent(err)
	}
	if is(&got.Order) {
		return outbox.Done{Already: true}, nil
	}
	var after wrapped
	if err := p.mutate(ctx, http.MethodPut, "orders/"+url.PathEscape(id)+".json", map[string]any{"order": map[string]any{"status": status}}, &after); err != nil {
		return outbox.Done{}, err
	}
	if s, err := p.hello(ctx); err == nil && after.Order != nil {
		if o := normalize(after.Order, s); !is(&o) { // the case of the word is not documented; what counts is what came of it
			return outbox.Done{}, fmt.Errorf("%w: %s answered, and left the order as it was (%s)", outbox.ErrRejected, p.http.Host(), o.RawStatus)
		}
	}
	return outbox.Done{}, nil
}

// track puts another number on the fulfilment of an order.
func (p *Platform) track(ctx context.Context, id string, parcel order.Parcel) (outbox.Done, error) {
	var all []map[string]struct {
		ID       loose `json:"id"`
		Tracking loose `json:"tracking_number"`
	}
	if _, err := p.get(ctx, "order/"+url.PathEscape(id)+"/fulfillments.json", nil, &all); err != nil {
		return outbox.Done{}, outbox.NotSent(err)
	}
	which := ""
	for _, w := range all {
		for _, f := range w { // wrapped as "fulfillment" or as "order_fulfillment"
			if string(f.Tracking) == parcel.Tracking {
				return outbox.Done{ID: string(f.ID), Already: true}, nil
			}
			which = string(f.ID)
		}
	}
	if which == "" {
		return outbox.Done{}, fmt.Errorf("%w: the order has no fulfilment there yet", outbox.ErrRejected)
	}
	f := map[string]any{"order_id": id, "tracking_number": parcel.Tracking, "tracking_company": carrier(parcel.Carrier)}
	if parcel.URL != "" {
		f["tracking_company"], f["tracking_url"] = "other", parcel.URL
	}
	return outbox.Done{ID: which}, p.mutate(ctx, http.MethodPut, "fulfillments/"+url.PathEscape(which)+".json", map[string]any{"fulfillment": f}, nil)
}

// note writes into the order's history, which only the merchant sees. The key stands at its end, so that it is found
// again.
func (p *Platform) note(ctx context.Context, id string, a outbox.Act) (outbox.Done, error) {
	if a.Public {
		return outbox.Done{}, fmt.Errorf("%w: Jumpseller's API has no way to write to the customer", outbox.ErrNotOffered)
	}
	path := "orders/" + url.PathEscape(id) + "/history.json"
	var all []struct {
		Entry struct {
			ID      loose `json:"id"`
			Message loose `json:"message"`
		} `json:"order_history"`
	}
	if _, err := p.get(ctx, path, nil, &all); err != nil {
		return outbox.Done{}, outbox.NotSent(err)
	}
	mark := " [" + a.Key + "]"
	for _, h := range all {
		if a.Key != "" && strings.HasSuffix(string(h.Entry.Message), mark) {
			return outbox.Done{ID: string(h.Entry.ID), Already: true}, nil
		}
	}
	return outbox.Done{}, p.mutate(ctx, http.MethodPost, path, map[string]any{"order_history": map[string]any{"message": a.Text + mark}}, nil)
}

// draft makes an order that waits for its payment; its address at the checkout is what the customer is sent. The key
// stands in a field of the order's own, by which it is found again.
func (p *Platform) draft(ctx context.Context, a outbox.Act) (outbox.Done, error) {
	if a.Step != "create" || a.Draft == nil {
		return outbox.Done{}, fmt.Errorf("%w: Jumpseller only makes such an order; send the customer its address yourself", outbox.ErrNotOffered)
	}
	var found struct {
		Orders []wrapped `json:"orders"`
	}
	if _, err := p.get(ctx, "orders/search.json", url.Values{"query": {a.Key}}, &found); err != nil {
		return outbox.Done{}, outbox.NotSent(err)
	}
	for _, w := range found.Orders {
		if w.Order != nil && a.Key != "" && strings.Contains(string(w.Order.Note), a.Key) {
			return outbox.Done{ID: string(w.Order.ID), URL: string(w.Order.Checkout), Already: true}, nil
		}
	}
	d := a.Draft
	products := make([]map[string]any, 0, len(d.Lines))
	for i := range d.Lines {
		l := &d.Lines[i]
		products = append(products, map[string]any{
			"id": number(l.ProductID), "sku": l.SKU, "name": l.Title, "qty": l.Quantity, "price": jsonNumber(l.UnitPrice), "discount": jsonNumber(l.Discount),
		})
	}
	var made wrapped
	err := p.mutate(ctx, http.MethodPost, "orders.json", map[string]any{"order": map[string]any{
		"status": "Pending Payment", "products": products, "allow_missing_products": true, "shipping_required": !d.Shipping.IsZero(),
		"shipping_method_name": d.ShippingMethod, "shipping_price": jsonNumber(d.ShippingCost),
		"customer":               map[string]any{"id": number(d.Customer.ExternalID), "email": d.Customer.Email, "fullname": d.Customer.Name, "phone": d.Customer.Phone},
		"additional_information": strings.TrimSpace(d.CustomerNote + "\n" + a.Key),
	}}, &made)
	if err != nil || made.Order == nil {
		return outbox.Done{}, err
	}
	return outbox.Done{ID: string(made.Order.ID), URL: string(made.Order.Checkout)}, nil
}

// number writes an id as the number that it is there, null where it is none.
func number(id string) any {
	if n, err := strconv.ParseInt(id, 10, 64); err == nil {
		return n
	}
	return nil
}
