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
		if doc.Reference != "" && clean(ours[i].Reference) == doc.Reference || doc.Parcel.Tracking != "" && outbox.SameNumber(clean(ours[i].Tracking), doc.Parcel.Tracking) {
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
			if core[i].is(key, doc.Parcel.Tracking) {
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
		if number != "" && outbox.SameNumber(clean(it.Number), number) {
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

// retrack gives the last parcel another number: the last one that was told from here, or, where there is none, the last of
// the store's own fulfilments.
func (p *Platform) retrack(ctx context.Context, n *sight, a order.Act) (outbox.Done, error) {
	if a.Parcel.Tracking == "" {
		return outbox.Done{}, outbox.Rejectedf("a parcel needs a tracking number")
	}
	ours := written(n.v.ours())
	if slices.ContainsFunc(ours, func(d parcelDoc) bool { return d.Tracking == a.Parcel.Tracking }) {
		return outbox.Done{Already: true}, nil
	}
	core, has, err := p.coreParcels(ctx, n.s, n.id)
	if err != nil {
		return outbox.Done{}, outbox.NotSent(err)
	}
	if len(ours) == 0 {
		return p.retrackTheirs(ctx, n, core, a)
	}
	d := &ours[len(ours)-1]
	before := d.Tracking
	d.Tracking, d.Carrier, d.URL = a.Parcel.Tracking, cmp.Or(a.Parcel.Carrier, d.Carrier), a.Parcel.URL
	parcel := order.Parcel{Tracking: d.Tracking, Carrier: d.Carrier, URL: d.URL}
	switch old, there := n.tracked(before); {
	case has:
		if i := slices.IndexFunc(core, func(c coreParcel) bool { return c.is(d.Reference, before) }); i >= 0 {
			err = p.recore(ctx, n, &core[i], parcel, a.Notify)
		}
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

// retrackTheirs gives the last of the fulfilments that were made in the store another number.
func (p *Platform) retrackTheirs(ctx context.Context, n *sight, core list[coreParcel], a order.Act) (outbox.Done, error) {
	var last *coreParcel
	for i := range core {
		c := &core[i]
		if c.Deleted != "" {
			continue
		}
		if outbox.SameNumber(c.word(coreTracking), a.Parcel.Tracking) {
			return outbox.Done{Already: true}, nil
		}
		if last == nil || number64(string(c.ID)) > number64(string(last.ID)) {
			last = c
		}
	}
	if last == nil {
		return outbox.Done{}, outbox.Rejectedf("there is no parcel of this order that was told from here, and none among the store's own fulfilments")
	}
	return outbox.Done{ID: string(last.ID)}, p.recore(ctx, n, last, a.Parcel, a.Notify)
}

// recore gives a fulfilment of the store's own another number. What is written takes the place of all that it had, so that
// the rest is given back as it was.
func (p *Platform) recore(ctx context.Context, n *sight, c *coreParcel, parcel order.Parcel, notify bool) error {
	meta := []map[string]any{{"key": coreTracking, "value": parcel.Tracking}, {"key": coreCarrier, "value": cmp.Or(parcel.Carrier, c.word(coreCarrier))}}
	if parcel.URL != "" {
		meta = append(meta, map[string]any{"key": coreURL, "value": parcel.URL})
	}
	for i := range c.Meta {
		switch m := &c.Meta[i]; string(m.Key) {
		case "", coreTracking, coreCarrier, coreURL: // the address that it had leads to the old number
		case coreName:
			if parcel.Carrier == "" {
				meta = append(meta, map[string]any{"key": coreName, "value": m.Value})
			}
		default:
			meta = append(meta, map[string]any{"key": string(m.Key), "value": m.Value})
		}
	}
	return p.mutate(ctx, n, http.MethodPut, n.path("fulfillments", url.PathEscape(string(c.ID))), url.Values{"notify_customer": {fmt.Sprint(notify)}}, map[string]any{
		"status": cmp.Or(clean(c.Status), "fulfilled"), "is_fulfilled": c.sent(), "meta_data": meta,
	}, nil)
}
