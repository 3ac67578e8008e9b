package woocommerce

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

// A store learns of a parcel in the way that it has: WooCommerce's own fulfilments (a feature that is off at first), the
// plugin Shipment Tracking or one that took its place, or a note to the customer. Then, in one request and as the last one,
// the parcel is written into the order's meta data, and the order is completed when all of it has left; only what stands
// there counts as told, so that whatever was interrupted before is taken up again.

// trackingSpace is the namespace of the tracking plugin, "" where there is none.
func (s *shop) trackingSpace() string {
	best := ""
	for _, n := range s.spaces {
		if strings.HasPrefix(n, "wc-shipment-tracking/") && n > best {
			best = n
		}
	}
	return best
}

// Fulfil implements outbox.Shop.
func (p *Platform) Fulfil(ctx context.Context, externalID string, doc store.TellDoc) error {
	p.acts.Lock()
	defer p.acts.Unlock()
	n, err := p.look(ctx, externalID)
	if err != nil {
		return err
	}
	ours := n.v.ours()
	for i := range ours {
		if doc.Reference != "" && clean(ours[i].Reference) == doc.Reference || doc.Parcel.Tracking != "" && strings.EqualFold(clean(ours[i].Tracking), doc.Parcel.Tracking) {
			return nil
		}
	}
	switch status := string(n.v.Status); status {
	case statusCancelled, statusTrash, statusFailed, "checkout-draft":
		return outbox.Rejectedf("the order is %s there", status)
	}
	lines, whole, err := n.inParcel(doc.Lines)
	if err != nil {
		return err
	}
	if err := p.tellWay(ctx, n, doc, lines); err != nil {
		return err
	}
	d := parcelDoc{
		Reference: doc.Reference, Tracking: doc.Parcel.Tracking, Carrier: doc.Parcel.Carrier, URL: doc.Parcel.URL, Lines: []parcelLine{},
		At: p.o.Clock().UTC().Format(time.RFC3339),
	}
	for _, l := range lines {
		d.Lines = append(d.Lines, parcelLine{ID: l.LineID, Quantity: l.Quantity.String()})
	}
	body := map[string]any{"meta_data": []map[string]any{{"key": metaParcels, "value": append(written(ours), d)}}}
	if whole && string(n.v.Status) != statusCompleted {
		body["status"] = statusCompleted
	}
	after, err := p.put(ctx, n, body)
	if err != nil {
		return err
	}
	if len(after.ours()) <= len(ours) {
		return sync.Errorf(sync.BadAnswer, "%s answered, and did not write the parcel down", p.http.Host())
	}
	return nil
}

// written are parcels as they are written.
func written(ours list[readParcel]) []parcelDoc {
	out := make([]parcelDoc, 0, len(ours)+1)
	for _, r := range ours {
		d := parcelDoc{Reference: string(r.Reference), Tracking: string(r.Tracking), Carrier: string(r.Carrier), URL: string(r.URL), At: string(r.At), Lines: []parcelLine{}}
		for _, l := range r.Lines {
			d.Lines = append(d.Lines, parcelLine{ID: string(l.ID), Quantity: string(l.Quantity)})
		}
		out = append(out, d)
	}
	return out
}

// inParcel is what is in a parcel, and whether nothing is left to be sent after it. Without lines it is all that is left.
func (n *sight) inParcel(want []order.ShipmentLine) (lines []order.ShipmentLine, whole bool, err error) {
	left := map[string]order.Quantity{}
	for i := range n.o.Lines {
		l := &n.o.Lines[i]
		left[l.ExternalID] = l.Open()
	}
	for _, s := range n.o.Fulfilments {
		if !s.Live || !s.Shipped {
			continue
		}
		for _, l := range s.Lines {
			left[l.LineID] -= l.Quantity
		}
	}
	for _, w := range want {
		if _, there := left[w.LineID]; !there {
			return nil, false, outbox.Rejectedf("the order has no line %s any more", w.LineID)
		}
		lines = append(lines, w)
	}
	if len(want) == 0 {
		for i := range n.o.Lines {
			if q := left[n.o.Lines[i].ExternalID]; q > 0 {
				lines = append(lines, order.ShipmentLine{LineID: n.o.Lines[i].ExternalID, Quantity: q})
			}
		}
	}
	for _, l := range lines {
		left[l.LineID] -= l.Quantity
	}
	for _, q := range left {
		if q > 0 {
			return lines, false, nil
		}
	}
	return lines, true, nil
}

// tellWay tells of a parcel in the way that the store has, unless it knows it.
func (p *Platform) tellWay(ctx context.Context, n *sight, doc store.TellDoc, lines []order.ShipmentLine) error {
	core, has, err := p.coreParcels(ctx, n.s, n.id)
	if err != nil {
		return outbox.NotSent(err)
	}
	key := cmp.Or(doc.Reference, doc.Parcel.Tracking)
	switch {
	case has:
		for i := range core {
			if c := &core[i]; c.Deleted == "" && (strings.EqualFold(c.word(coreTracking), doc.Parcel.Tracking) && doc.Parcel.Tracking != "" ||
				key != "" && c.word(metaKey) == key) {
				return nil
			}
		}
		return p.once(ctx, n, "parcel "+key, n.path("fulfillments"), url.Values{"notify_customer": {fmt.Sprint(doc.Notify)}}, map[string]any{
			"status": "fulfilled", "is_fulfilled": true, "meta_data": coreMeta(doc.Parcel, key, lines),
		}, nil)
	case n.s.trackingSpace() != "" && doc.Parcel.Tracking != "":
		if _, there := n.tracked(doc.Parcel.Tracking); there {
			return nil
		}
		return p.track(ctx, n, key, doc.Parcel)
	case doc.Notify && doc.Parcel.Tracking != "":
		_, err := p.note(ctx, n, "parcel "+key, parcelWords(doc.Parcel), true)
		return err
	}
	return nil
}

func coreMeta(parcel order.Parcel, key string, lines []order.ShipmentLine) []map[string]any {
	items := []map[string]any{}
	for _, l := range lines {
		items = append(items, map[string]any{"item_id": number64(l.LineID), "qty": json.Number(l.Quantity.String())})
	}
	out := []map[string]any{
		{"key": coreItems, "value": items},
		{"key": coreTracking, "value": parcel.Tracking},
		{"key": coreCarrier, "value": parcel.Carrier},
		{"key": metaKey, "value": key},
	}
	if parcel.URL != "" {
		out = append(out, map[string]any{"key": coreURL, "value": parcel.URL})
	}
	return out
}

func parcelWords(parcel order.Parcel) string {
	words := "Your parcel is on its way: " + strings.TrimSpace(parcel.Carrier+" "+parcel.Tracking)
	if parcel.URL != "" {
		words += "\n" + parcel.URL
	}
	return words
}

// tracked finds a parcel of the tracking plugin's.
func (n *sight) tracked(number string) (id string, there bool) {
	var items list[trackingItem]
	if raw := n.v.find(metaTracking); len(raw) == 0 || json.Unmarshal(raw, &items) != nil {
		return "", false
	}
	for _, it := range items {
		if strings.EqualFold(clean(it.Number), number) {
			return string(it.ID), true
		}
	}
	return "", false
}

// track gives the tracking plugin a parcel. Carriers go by the names of its own, so that ours is one of the customer's.
func (p *Platform) track(ctx context.Context, n *sight, key string, parcel order.Parcel) error {
	body := map[string]any{
		"tracking_number": parcel.Tracking, "custom_tracking_provider": parcel.Carrier, "custom_tracking_link": parcel.URL,
		"date_shipped": p.o.Clock().In(cmp.Or(n.s.zone, time.UTC)).Format(time.DateOnly),
	}
	return p.once(ctx, n, "parcel "+key, n.s.trackingSpace()+"/orders/"+n.id+"/shipment-trackings", nil, body, nil)
}

// retrack gives the last parcel another number.
func (p *Platform) retrack(ctx context.Context, n *sight, a outbox.Act) (outbox.Done, error) {
	ours := written(n.v.ours())
	if slices.ContainsFunc(ours, func(d parcelDoc) bool { return d.Tracking == a.Parcel.Tracking }) {
		return outbox.Done{Already: true}, nil
	}
	if len(ours) == 0 || a.Parcel.Tracking == "" {
		return outbox.Done{}, outbox.Rejectedf("there is no parcel of this order that was told from here")
	}
	d := &ours[len(ours)-1]
	before := d.Tracking
	d.Tracking, d.Carrier, d.URL = a.Parcel.Tracking, cmp.Or(a.Parcel.Carrier, d.Carrier), a.Parcel.URL
	parcel := order.Parcel{Tracking: d.Tracking, Carrier: d.Carrier, URL: d.URL}
	core, has, err := p.coreParcels(ctx, n.s, n.id)
	if err != nil {
		return outbox.Done{}, outbox.NotSent(err)
	}
	switch old, there := n.tracked(before); {
	case has:
		err = p.recore(ctx, n, core, before, d, parcel)
	case n.s.trackingSpace() != "":
		if _, told := n.tracked(d.Tracking); !told {
			err = p.track(ctx, n, "again "+a.Key, parcel)
		}
		if err == nil && there && old != "" {
			err = p.mutate(ctx, n, http.MethodDelete, n.s.trackingSpace()+"/orders/"+n.id+"/shipment-trackings/"+url.PathEscape(old), nil, nil, nil)
		}
	case a.Notify:
		_, err = p.note(ctx, n, "again "+a.Key, parcelWords(parcel), true)
	}
	if err != nil {
		return outbox.Done{}, err
	}
	_, err = p.put(ctx, n, map[string]any{"meta_data": []map[string]any{{"key": metaParcels, "value": ours}}})
	return outbox.Done{}, err
}

// recore gives a fulfilment of the store's own another number. What is written takes the place of all that it had.
func (p *Platform) recore(ctx context.Context, n *sight, core list[coreParcel], before string, d *parcelDoc, parcel order.Parcel) error {
	for i := range core {
		c := &core[i]
		if c.Deleted != "" || !strings.EqualFold(c.word(coreTracking), before) {
			continue
		}
		var lines []order.ShipmentLine
		for _, l := range d.Lines {
			lines = append(lines, order.ShipmentLine{LineID: l.ID, Quantity: quantity(loose(l.Quantity))})
		}
		return p.mutate(ctx, n, http.MethodPut, n.path("fulfillments", url.PathEscape(string(c.ID))), nil, map[string]any{
			"status": "fulfilled", "is_fulfilled": true, "meta_data": coreMeta(parcel, cmp.Or(d.Reference, before), lines),
		}, nil)
	}
	return nil
}
