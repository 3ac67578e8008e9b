package medusa

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

// Fulfil implements outbox.Shop. Medusa makes a parcel in two steps: it is packed, and then it is shipped, with its label.
// One that was packed and has just these lines is sent on its way; so nothing is packed twice when the second step failed.
func (p *Platform) Fulfil(ctx context.Context, externalID string, doc store.TellDoc) error {
	v, err := p.look(ctx, externalID)
	if err != nil {
		return err
	}
	for i := range v.Fulfilments {
		if v.Fulfilments[i].left(doc) {
			return nil
		}
	}
	lines, err := parcelLines(v, doc.Lines)
	if err != nil {
		return err
	}
	id := ""
	for i := range v.Fulfilments {
		if f := &v.Fulfilments[i]; id == "" && f.Canceled == nil && !f.sent() && f.has(lines) {
			id = f.ID
		}
	}
	if id == "" {
		if id, err = p.pack(ctx, v, lines, doc.Notify); err != nil {
			return err
		}
	}
	body := map[string]any{"items": lines, "no_notification": !doc.Notify}
	if doc.Parcel.Tracking != "" {
		// All three are asked for; an address that there is none of is written so.
		body["labels"] = []any{map[string]string{"tracking_number": doc.Parcel.Tracking, "tracking_url": webAddress(doc.Parcel.URL), "label_url": "#"}}
	}
	return p.mutate(ctx, orderPath(externalID, "fulfillments", url.PathEscape(id), "shipments"), body, nil)
}

// left tells whether a parcel is this one, and has left already.
func (f *fulfilment) left(doc store.TellDoc) bool {
	if f.Canceled != nil || !f.sent() {
		return false
	}
	if doc.Parcel.Tracking != "" {
		return slices.ContainsFunc(f.Labels, func(l label) bool { return outbox.SameNumber(l.Number, doc.Parcel.Tracking) })
	}
	lines := make([]part, 0, len(doc.Lines))
	for _, l := range doc.Lines {
		lines = append(lines, part{l.LineID, json.Number(l.Quantity.String())})
	}
	return len(f.Labels) == 0 && len(lines) > 0 && f.has(lines)
}

func webAddress(u string) string {
	if strings.HasPrefix(u, "https://") || strings.HasPrefix(u, "http://") {
		return u
	}
	return "#"
}

// part is how much of a line is in a parcel.
type part struct {
	ID       string      `json:"id"`
	Quantity json.Number `json:"quantity"`
}

// parcelLines are the lines of a parcel; without any it is everything that is in no parcel yet.
func parcelLines(v *fields, want []order.ShipmentLine) ([]part, error) {
	var out []part
	for _, w := range want {
		if !slices.ContainsFunc(v.items(), func(l lineItem) bool { return l.ID == w.LineID }) {
			return nil, fmt.Errorf("%w: the order has no line %s any more", outbox.ErrRejected, w.LineID)
		}
		if w.Quantity > 0 {
			out = append(out, part{w.LineID, json.Number(w.Quantity.String())})
		}
	}
	if len(want) == 0 {
		left := map[string]order.Quantity{}
		for i := range v.items() {
			l := &(*v.Items)[i]
			left[l.ID] = quantity(l.Quantity)
		}
		for i := range v.Fulfilments {
			for _, it := range v.Fulfilments[i].Items {
				if v.Fulfilments[i].Canceled == nil && v.Fulfilments[i].sent() {
					left[it.Line] -= quantity(it.Quantity)
				}
			}
		}
		for i := range v.items() {
			l := &(*v.Items)[i]
			if q := left[l.ID]; q > 0 {
				out = append(out, part{l.ID, json.Number(q.String())})
			}
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%w: nothing of what is in the parcel is left to be sent", outbox.ErrRejected)
	}
	return out, nil
}

// has tells whether these and no other lines are in a parcel.
func (f *fulfilment) has(lines []part) bool {
	left := map[string]order.Quantity{}
	for _, it := range f.Items {
		left[it.Line] += quantity(it.Quantity)
	}
	for _, l := range lines {
		left[l.ID] -= quantity(l.Quantity)
	}
	for _, n := range left {
		if n != 0 {
			return false
		}
	}
	return true
}

// pack makes a parcel that waits. Where the goods leave from the store knows by the way of sending; an order that has
// none needs to be told.
func (p *Platform) pack(ctx context.Context, v *fields, lines []part, notify bool) (string, error) {
	body := map[string]any{"items": lines, "no_notification": !notify}
	if !slices.ContainsFunc(v.Methods, func(m method) bool { return m.Option != "" }) {
		from, err := p.location(ctx)
		if err != nil {
			return "", outbox.NotSent(err)
		}
		if from != "" {
			body["location_id"] = from
		}
	}
	if err := p.mutate(ctx, orderPath(v.ID, "fulfillments"), body, nil); err != nil {
		return "", err
	}
	after, err := p.whole(ctx, v.ID) // an answer to a change does not say it all
	if err != nil {
		return "", err
	}
	if after != nil {
		for i := range after.v.Fulfilments {
			if f := &after.v.Fulfilments[i]; f.Canceled == nil && !f.sent() && f.has(lines) {
				return f.ID, nil
			}
		}
	}
	return "", fmt.Errorf("%s packed the parcel and does not show it", p.http.Host())
}

// location is where goods leave from: the store's own choice, else the only place there is.
func (p *Platform) location(ctx context.Context) (string, error) {
	s, err := p.hello(ctx)
	if err != nil || s.location != "" {
		return s.location, err
	}
	var out struct {
		All []struct {
			ID string `json:"id"`
		} `json:"stock_locations"`
	}
	if _, err := p.get(ctx, "admin/stock-locations", url.Values{"limit": {"2"}, "fields": {"id"}}, &out); err != nil {
		return "", err
	}
	if len(out.All) == 0 {
		return "", nil
	}
	return out.All[0].ID, nil
}
