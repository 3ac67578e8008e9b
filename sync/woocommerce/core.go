package woocommerce

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

// WooCommerce's own fulfilments are a feature (since 10.1, off at first) with an address of its own for every order: no
// list has them. Whoever makes, changes or deletes one in the admin saves the order with it, which moves the order's date
// and writes metaFulfilled (read in the plugin's source, src/Admin/Features/Fulfillments/FulfillmentsManager.php), so that
// only orders that have changed, or that bear that mark, are asked for theirs.

// metaFulfilled is where core says how far an order is fulfilled; an order without fulfilments has none.
const metaFulfilled = "_fulfillment_status"

// What is in a fulfilment stands in its meta data.
const (
	coreItems    = "_items"
	coreTracking = "_tracking_number"
	coreCarrier  = "_shipping_provider" // a word of core's own, such as "ups"
	coreName     = "_provider_name"     // of a carrier that core does not know
	coreURL      = "_tracking_url"
	coreAt       = "_date_fulfilled" // in the site's zone
)

// coreParcel is a fulfilment of WooCommerce's own.
type coreParcel struct {
	ID      loose      `json:"id"`
	Status  loose      `json:"status"`
	Sent    loose      `json:"is_fulfilled"` // else it is a draft
	Updated loose      `json:"date_updated"` // in the site's zone
	Deleted loose      `json:"date_deleted"`
	Meta    list[meta] `json:"meta_data"`
}

func (c *coreParcel) word(keys ...string) string { return (&fields{Meta: c.Meta}).word(keys...) }

// is tells whether it is the one that was made for a key, or that has a tracking number.
func (c *coreParcel) is(key, tracking string) bool {
	return c.Deleted == "" && (key != "" && c.word(metaKey) == key || tracking != "" && outbox.SameNumber(c.word(coreTracking), tracking))
}

func (c *coreParcel) sent() bool { return c.Sent == "true" || c.Sent == "1" }

// coreParcels lists the store's own fulfilments of an order; has is false where the store has none of them, or keeps them
// from this key.
func (p *Platform) coreParcels(ctx context.Context, s *shop, id string) (all list[coreParcel], has bool, err error) {
	a, err := p.get(ctx, s, "orders/"+url.PathEscape(id)+"/fulfillments", nil, &all)
	if err == nil || a == nil {
		return all, err == nil, err
	}
	switch c, said := complain(a.Body); {
	case !said: // cut off, or from something in between
		return nil, false, &sync.Error{Kind: sync.BadAnswer, Text: p.http.Host() + " sent an answer that cannot be read: " + p.start(a.Body), Err: err}
	case a.Status == http.StatusNotFound && c.Code == "rest_no_route", a.Status == http.StatusForbidden, a.Status == http.StatusUnauthorized:
		return nil, false, nil
	case strings.HasSuffix(string(c.Code), "_invalid_id"): // the order has gone meanwhile
		return nil, true, nil
	}
	return nil, false, err
}

// ownParcels reads the fulfilments of an order that is being read, where the site has the feature: that is found out with
// the first order that is asked about, and holds for the run. Of an order that has not changed, as far as anybody knows,
// only its mark makes us ask.
func (p *Platform) ownParcels(ctx context.Context, s *shop, v *fields, changed bool) error {
	p.mu.Lock()
	lacks := p.lacks
	p.mu.Unlock()
	if lacks || !changed && v.word(metaFulfilled) == "" {
		return nil
	}
	all, has, err := p.coreParcels(ctx, s, string(v.ID))
	if err != nil && sync.KindOf(err).Retryable() {
		return err
	}
	v.core = all
	if !has { // or it says no in words of its own: orders come without them then
		p.mu.Lock()
		p.lacks = true
		p.mu.Unlock()
	}
	return nil
}

// coreShipments adds the store's own fulfilments, and answers whether something of the order has left with them.
func (n normalizer) coreShipments(o *order.Order) (left bool) {
	for i := range n.v.core {
		c := &n.v.core[i]
		if c.Deleted != "" {
			continue
		}
		s := order.Shipment{
			ExternalID: clean(c.ID), State: clean(c.Status), Live: true, Shipped: c.sent(),
			Carrier: plain(loose(c.word(coreName, coreCarrier))), Tracking: c.word(coreTracking), URL: link(loose(c.word(coreURL))), At: n.local(loose(cmp.Or(c.word(coreAt), clean(c.Updated)))),
		}
		s.Delivered = s.Shipped && o.Fulfilment == order.FulfilmentDelivered
		s.Lines = c.lines()
		key := c.word(metaKey)
		if key != "" && !n.told(key, s.Tracking) {
			// We made it, and what comes last, the order's own word of it, is missing yet: it counts as sent when that is there.
			s.Shipped = false
		}
		left = left || s.Shipped
		n.core(o, s, key)
	}
	return left
}

// core adds a fulfilment of the store's own. One that we know from the order's meta data is what the store says of it now:
// somebody may have put it right there.
func (n normalizer) core(o *order.Order, s order.Shipment, key string) {
	for i := range o.Fulfilments {
		have := &o.Fulfilments[i]
		if have.ExternalID == "" || have.ExternalID != key && (s.Tracking == "" || !outbox.SameNumber(have.Tracking, s.Tracking)) {
			continue
		}
		s.ExternalID = have.ExternalID
		s.Carrier, s.URL, s.Tracking = cmp.Or(s.Carrier, have.Carrier), cmp.Or(s.URL, have.URL), cmp.Or(s.Tracking, have.Tracking)
		if !have.At.IsZero() {
			s.At = have.At
		}
		if len(s.Lines) == 0 {
			s.Lines = have.Lines
		}
		*have = s
		return
	}
	o.Fulfilments = append(o.Fulfilments, s)
}

// told tells whether a parcel stands in what Orderdeck wrote.
func (n normalizer) told(key, tracking string) bool {
	for _, r := range n.v.ours() {
		if clean(r.Reference) == key || clean(r.Tracking) == key || tracking != "" && outbox.SameNumber(clean(r.Tracking), tracking) {
			return true
		}
	}
	return false
}

// lines are what is in it.
func (c *coreParcel) lines() (out []order.ShipmentLine) {
	var items list[struct {
		ID  loose `json:"item_id"`
		Qty loose `json:"qty"`
	}]
	raw := (&fields{Meta: c.Meta}).find(coreItems)
	if len(raw) == 0 || json.Unmarshal(raw, &items) != nil {
		return nil
	}
	for _, it := range items {
		if q := quantity(it.Qty); q > 0 && it.ID != "" {
			out = append(out, order.ShipmentLine{LineID: clean(it.ID), Quantity: q})
		}
	}
	return out
}

// local reads a date in the site's zone, written as MySQL or as REST writes it.
func (n normalizer) local(l loose) time.Time {
	zone := time.UTC
	if n.s != nil && n.s.zone != nil {
		zone = n.s.zone
	}
	for _, layout := range []string{time.DateTime, naive} {
		if t, err := time.ParseInLocation(layout, string(l), zone); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}
