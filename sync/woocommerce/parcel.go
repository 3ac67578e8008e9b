package woocommerce

import (
	"cmp"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

// What an order knows of its parcels stands in its meta data: core has no field for it.
const (
	// metaParcels is where Orderdeck writes which parcel has what in it, whichever way the store was told.
	metaParcels = "_orderdeck_parcels"
	// metaTracking is where the plugin Shipment Tracking keeps its parcels, and the plugins that took its place.
	metaTracking = "_wc_shipment_tracking_items"
	// metaAfterShip is the same of AfterShip.
	metaAfterShip = "_aftership_tracking_items"
)

// parcelDoc is one parcel as Orderdeck writes it into metaParcels.
type parcelDoc struct {
	Reference string       `json:"reference"`
	Tracking  string       `json:"tracking"`
	Carrier   string       `json:"carrier"`
	URL       string       `json:"url"`
	At        string       `json:"at"` // RFC 3339
	Lines     []parcelLine `json:"lines"`
}

type parcelLine struct {
	ID       string `json:"id"`
	Quantity string `json:"quantity"`
}

// readParcel is parcelDoc as it comes back through PHP.
type readParcel struct {
	Reference loose `json:"reference"`
	Tracking  loose `json:"tracking"`
	Carrier   loose `json:"carrier"`
	URL       loose `json:"url"`
	At        loose `json:"at"`
	Lines     list[struct {
		ID       loose `json:"id"`
		Quantity loose `json:"quantity"`
	}] `json:"lines"`
}

// trackingItem is a parcel of a plugin's.
type trackingItem struct {
	ID       loose `json:"tracking_id"`
	Number   loose `json:"tracking_number"`
	Provider loose `json:"tracking_provider"`
	Custom   loose `json:"custom_tracking_provider"`
	Name     loose `json:"formatted_tracking_provider"`
	Slug     loose `json:"slug"`
	Link     loose `json:"custom_tracking_link"`
	Link2    loose `json:"formatted_tracking_link"`
	Shipped  loose `json:"date_shipped"` // seconds, or a date
}

// find is the value of an order's meta data.
func (v *fields) find(key string) json.RawMessage {
	for i := len(v.Meta) - 1; i >= 0; i-- {
		if string(v.Meta[i].Key) == key {
			return v.Meta[i].Value
		}
	}
	return nil
}

func (v *fields) word(keys ...string) string {
	for _, key := range keys {
		m := meta{Value: v.find(key)}
		if s := clean(m.text()); s != "" {
			return s
		}
	}
	return ""
}

// ours are the parcels that Orderdeck wrote.
func (v *fields) ours() (all list[readParcel]) {
	if raw := v.find(metaParcels); len(raw) > 0 {
		if json.Unmarshal(raw, &all) != nil {
			return nil
		}
	}
	return all
}

// parcels makes the parcels of an order, from what Orderdeck wrote and from what plugins did.
func (n normalizer) parcels(o *order.Order) {
	sent := o.Fulfilment == order.Fulfilled || o.Fulfilment == order.FulfilmentDelivered
	var ours order.Quantity
	for _, r := range n.v.ours() {
		s := order.Shipment{
			ExternalID: cmp.Or(clean(r.Reference), clean(r.Tracking)), State: "sent", Live: true, Shipped: true,
			Delivered: o.Fulfilment == order.FulfilmentDelivered, Carrier: clean(r.Carrier), Tracking: clean(r.Tracking), URL: link(r.URL),
		}
		s.At, _ = time.Parse(time.RFC3339, string(r.At))
		for _, l := range r.Lines {
			s.Lines = append(s.Lines, order.ShipmentLine{LineID: clean(l.ID), Quantity: quantity(l.Quantity)})
			ours += quantity(l.Quantity)
		}
		n.add(o, s)
	}
	if left := n.coreShipments(o); !sent && (left || ours > 0) {
		n.partly(o)
	}
	for _, key := range []string{metaTracking, metaAfterShip} {
		var items list[trackingItem]
		if raw := n.v.find(key); len(raw) == 0 || json.Unmarshal(raw, &items) != nil {
			continue
		}
		for _, it := range items {
			if clean(it.Number) == "" {
				continue
			}
			n.add(o, order.Shipment{
				ExternalID: cmp.Or(clean(it.ID), clean(it.Number)), At: shippedAt(it.Shipped), Tracking: clean(it.Number), URL: cmp.Or(link(it.Link), link(it.Link2)),
				Carrier: plain(cmp.Or(it.Name, it.Custom, it.Provider, it.Slug)), Live: true, Shipped: sent, Delivered: o.Fulfilment == order.FulfilmentDelivered,
			})
		}
	}
	if number := n.v.word("_tracking_number", "tracking_number", "ywot_tracking_code"); number != "" {
		n.add(o, order.Shipment{
			ExternalID: number, Tracking: number, Carrier: n.v.word("_tracking_provider", "_shipping_provider", "tracking_provider", "ywot_carrier_name"),
			URL: link(loose(n.v.word("_tracking_url", "tracking_url"))), Live: true, Shipped: sent, Delivered: o.Fulfilment == order.FulfilmentDelivered,
		})
	}
}

// add adds a parcel unless there is one with its number.
func (normalizer) add(o *order.Order, s order.Shipment) {
	for i := range o.Fulfilments {
		if have := &o.Fulfilments[i]; s.Tracking != "" && outbox.SameNumber(have.Tracking, s.Tracking) {
			have.URL, have.Carrier = cmp.Or(have.URL, s.URL), cmp.Or(have.Carrier, s.Carrier)
			return
		}
	}
	o.Fulfilments = append(o.Fulfilments, s)
}

// partly notes what of an order is on its way, when not all of it is.
func (normalizer) partly(o *order.Order) {
	left, some := false, false
	for i := range o.Lines {
		l := &o.Lines[i]
		for j := range o.Fulfilments {
			if !o.Fulfilments[j].Live || !o.Fulfilments[j].Shipped {
				continue
			}
			for _, in := range o.Fulfilments[j].Lines {
				if in.LineID == l.ExternalID {
					l.Fulfilled += in.Quantity
				}
			}
		}
		l.Fulfilled = min(l.Fulfilled, l.Open())
		left, some = left || l.Fulfilled < l.Open(), some || l.Fulfilled > 0
	}
	switch {
	case !some: // what has left is no line of this order any more
	case left:
		o.Fulfilment = order.FulfilmentPartial
	default:
		o.Fulfilment = order.Fulfilled
	}
}

func link(l loose) string {
	if u := clean(l); strings.HasPrefix(u, "https://") || strings.HasPrefix(u, "http://") {
		return u
	}
	return ""
}

func shippedAt(l loose) time.Time {
	if n, err := strconv.ParseInt(string(l), 10, 64); err == nil && n > 0 && n < 1<<40 {
		return time.Unix(n, 0).UTC()
	}
	t, _ := time.Parse(time.DateOnly, string(l))
	return t
}
