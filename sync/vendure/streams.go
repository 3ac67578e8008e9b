package vendure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/httpx"
	"github.com/orderdeck/orderdeck/sync/vendure/admin"
)

// The streams, in the order in which they run.
//
// "updated" follows Order.updatedAt, which moves for few changes. It runs first, so that its first cursor is older
// than the import of everything and whatever changes during a long import is found afterwards. The first time it
// brings only the merchant's drafts, which have not been placed and so are in no other stream.
//
// "placed" follows orderPlacedAt, which never changes: all orders at first, new ones later.
//
// "sweep" looks at orders that may have changed without a trace in any date. See sweep.go.
const (
	updated = "updated"
	placed  = "placed"
	sweep   = "sweep"
)

// Streams implements sync.Platform.
func (p *Platform) Streams() []string { return []string{updated, placed, sweep} }

// Pull implements sync.Platform.
func (p *Platform) Pull(ctx context.Context, stream string, cursor []byte, known sync.Known) (sync.Batch, error) {
	s, err := p.hello(ctx)
	if err != nil {
		return sync.Batch{}, err
	}
	var c position
	if len(cursor) > 0 {
		if err := json.Unmarshal(cursor, &c); err != nil {
			return sync.Batch{}, &sync.Error{Kind: sync.Broken, Text: "the cursor of the stream " + stream + " is damaged", Err: err}
		}
	}
	r := &request{p: p, shop: s, known: known, at: &c, sweeping: stream == sweep}
	switch stream {
	case updated:
		err = r.updated(ctx)
	case placed:
		err = r.placed(ctx)
	case sweep:
		err = r.sweep(ctx)
	default:
		err = fmt.Errorf("vendure: no stream %q", stream)
	}
	if err != nil {
		return sync.Batch{}, err
	}
	r.batch.ClockSkew = s.skew
	r.batch.Cursor, err = json.Marshal(&c)
	return r.batch, err
}

// position is where a stream stands.
type position struct {
	walk
	// Phase is where the stream updated (drafts, then nothing) or a sweep stands.
	Phase string `json:"phase,omitempty"`
	// The rest is of a sweep; see sweep.go.
	Open   string    `json:"open,omitempty"`
	Round  walk      `json:"round,omitzero"`
	Left   int       `json:"left,omitempty"`
	Recent time.Time `json:"recent,omitzero"`
}

// request is one Pull.
type request struct {
	p     *Platform
	shop  *shop
	known sync.Known
	at    *position
	batch sync.Batch

	sweeping bool
}

// now is the store's time.
func (r *request) now() time.Time { return r.p.o.Clock().Add(r.shop.skew) }

// placed brings the next page of placed orders, whole.
func (r *request) placed(ctx context.Context) error {
	return r.whole(ctx, "orderPlacedAt", map[string]any{"active": eq(false)},
		func(o *admin.OrderFields) time.Time { return optional(o.OrderPlacedAt) })
}

// updated brings the next page of orders whose updatedAt has moved: whole where a glance shows that they differ.
func (r *request) updated(ctx context.Context) error {
	if r.at.After.IsZero() && r.at.Phase == "" {
		if err := r.newest(ctx); err != nil {
			return err
		}
	}
	if r.at.Phase != phaseDrafts {
		if r.at.Done == 0 { // a run begins here
			clear(r.p.looked)
		}
		err := r.glances(ctx, &r.at.walk, "updatedAt", map[string]any{"active": eq(false)},
			func(g *admin.Glance) time.Time { return instant(g.UpdatedAt) })
		if err == nil && !r.batch.More {
			r.at.Seen = nil // unlike a date of placing, this one may move on within the overlap
		}
		return err
	}
	start := r.at.Round.After // kept there while the walk goes through the drafts
	err := r.whole(ctx, "createdAt", map[string]any{"active": eq(false), "state": eq("Draft")},
		func(o *admin.OrderFields) time.Time { return instant(o.CreatedAt) })
	if err == nil && !r.batch.More {
		*r.at = position{walk: walk{After: start}, Phase: phaseFollow}
	}
	return err
}

// Phases of the stream updated.
const (
	phaseDrafts = "drafts"
	phaseFollow = "follow"
)

// newest finds the newest updatedAt, from which the stream updated is to go on once the drafts are in.
func (r *request) newest(ctx context.Context) error {
	var out admin.NewestResponse
	_, err := r.p.call(ctx, "Newest", admin.Newest_Operation, options(map[string]any{
		"take": 1, "sort": map[string]any{"updatedAt": "DESC"},
	}), &out)
	if err != nil {
		return err
	}
	start := r.now()
	if items := out.Orders.Items; len(items) > 0 {
		if at := instant(items[0].UpdatedAt); at.Before(start) {
			start = at
		}
	}
	r.at.Phase, r.at.Round.After = phaseDrafts, start.Add(-overlap)
	return nil
}

// whole brings the next page of a walk, with all that there is to each order.
func (r *request) whole(ctx context.Context, field string, filter map[string]any, at func(*admin.OrderFields) time.Time) error {
	orders, total, err := r.p.orders(ctx, r.shop, func(take int) map[string]any { return r.at.options(field, take, filter) })
	if err != nil {
		return err
	}
	page := make([]seen, len(orders))
	for i := range orders {
		page[i] = seen{ID: orders[i].fields.Id, At: at(&orders[i].fields)}
	}
	skipped := r.at.skipped()
	if err := r.at.advance(page, r.now()); err != nil {
		return err
	}
	r.progress(&r.at.walk, len(orders), total-skipped)
	r.add(orders)
	return nil
}

// progress says whether there is more, and how far the walk is.
func (r *request) progress(w *walk, got, left int) {
	r.batch.More = got > 0 && left > got
	r.batch.Done, r.batch.Total = w.Done, w.Done+max(0, left-got)
	if !r.batch.More {
		w.Done = 0 // the next pass counts anew
	}
}

// glances brings the next page of a walk: the orders that differ from what is known, and whose orders these are.
func (r *request) glances(
	ctx context.Context, w *walk, field string, filter map[string]any, at func(*admin.Glance) time.Time,
) error {
	list, total, err := r.p.glances(ctx, func(take int) map[string]any { return w.options(field, take, filter) })
	if err != nil {
		return err
	}
	page := make([]seen, len(list))
	for i := range list {
		page[i] = seen{ID: list[i].Id, At: at(&list[i])}
	}
	skipped := w.skipped()
	if err := w.advance(page, r.now()); err != nil {
		return err
	}
	r.progress(w, len(list), total-skipped)
	return r.compare(ctx, list)
}

// compare looks up what is known of some orders and reads those that differ. A sweep leaves alone what was looked at in
// the same run already.
func (r *request) compare(ctx context.Context, list []admin.Glance) error {
	if r.sweeping {
		list = slices.DeleteFunc(list, func(g admin.Glance) bool { return r.p.looked[g.Id] })
	}
	ids := make([]string, len(list))
	for i := range list {
		ids[i] = list[i].Id
	}
	have, err := r.known.Fingerprints(ctx, ids)
	if err != nil {
		return err
	}
	var differ []string
	for i := range list {
		g := &list[i]
		before, ok := have[g.Id]
		switch {
		case ok && before == fingerprint(g):
			r.batch.Seen = append(r.batch.Seen, g.Id)
		case ok || isOrder(g.State, g.Active, g.OrderPlacedAt):
			differ = append(differ, g.Id)
		}
	}
	orders, err := r.p.byID(ctx, r.shop, differ)
	if err != nil {
		return err
	}
	r.add(orders)
	for _, id := range ids {
		r.p.looked[id] = true
	}
	return nil
}

// isOrder tells orders and the merchant's drafts from carts. A cart is active; one that was given up before it was
// placed is neither active nor placed.
func isOrder(state string, active bool, placedAt *string) bool {
	return !active && (placedAt != nil || state == "Draft")
}

func (r *request) add(orders []rawOrder) {
	for i := range orders {
		r.batch.Orders = append(r.batch.Orders, pulled(&orders[i], r.shop))
	}
}

// pulled is an order as it goes to the database.
func pulled(raw *rawOrder, s *shop) store.Pulled {
	o := normalize(&raw.fields, s)
	o.CustomerNote = raw.note
	return store.Pulled{Order: o, Raw: raw.raw}
}

// rawOrder is one order of an answer, read and as it came.
type rawOrder struct {
	raw    json.RawMessage
	fields admin.OrderFields
	note   string
}

// orders reads a page of whole orders; total is how many fit the question.
func (p *Platform) orders(ctx context.Context, s *shop, question func(take int) map[string]any) (out []rawOrder, total int, err error) {
	items, total, err := p.page(ctx, "Orders", admin.Orders_Operation, question)
	if err != nil {
		return nil, 0, err
	}
	out = make([]rawOrder, len(items))
	ids := make([]string, len(items))
	for i, raw := range items {
		out[i].raw = raw
		if err := json.Unmarshal(raw, &out[i].fields); err != nil {
			return nil, 0, &sync.Error{Kind: sync.BadAnswer, Text: p.http.Host() + " sent an order of an unexpected form", Err: err}
		}
		ids[i] = out[i].fields.Id
		if ids[i] == "" || slices.Contains(ids[:i], ids[i]) {
			return nil, 0, strangeOrder(ids[i])
		}
	}
	notes, err := p.notes(ctx, s, ids)
	if err != nil {
		return nil, 0, err
	}
	for i := range out {
		out[i].note = notes[ids[i]]
	}
	return out, total, nil
}

// byID reads orders by their ids; those that are no more are left out.
func (p *Platform) byID(ctx context.Context, s *shop, ids []string) ([]rawOrder, error) {
	var all []rawOrder
	for len(ids) > 0 {
		var asked []string
		got, _, err := p.orders(ctx, s, func(take int) map[string]any {
			asked = ids[:min(take, len(ids))]
			return map[string]any{"take": len(asked), "filter": map[string]any{"id": map[string]any{"in": asked}}}
		})
		if err != nil {
			return nil, err
		}
		for i := range got {
			if !slices.Contains(asked, got[i].fields.Id) {
				return nil, strangeOrder(got[i].fields.Id)
			}
		}
		all, ids = append(all, got...), ids[len(asked):]
	}
	return all, nil
}

// glances reads a page of orders at a glance.
func (p *Platform) glances(ctx context.Context, question func(take int) map[string]any) ([]admin.Glance, int, error) {
	items, total, err := p.page(ctx, "Glances", admin.Glances_Operation, question)
	if err != nil {
		return nil, 0, err
	}
	out := make([]admin.Glance, len(items))
	for i, raw := range items {
		if err := json.Unmarshal(raw, &out[i]); err != nil || out[i].Id == "" {
			return nil, 0, &sync.Error{Kind: sync.BadAnswer, Text: p.http.Host() + " sent an order of an unexpected form", Err: err}
		}
	}
	return out, total, nil
}

var tooMany = regexp.MustCompile(`more than (\d+) results`)

// page asks a list question, with fewer orders at once where the store will not or cannot give as many.
func (p *Platform) page(
	ctx context.Context, name, query string, question func(take int) map[string]any,
) (items []json.RawMessage, total int, err error) {
	for {
		var out struct {
			Orders struct {
				TotalItems int               `json:"totalItems"`
				Items      []json.RawMessage `json:"items"`
			} `json:"orders"`
		}
		take := p.take
		a, err := p.call(ctx, name, query, options(question(take)), &out)
		var e *sync.Error
		switch {
		case err == nil:
			p.shopSkew(a.Skew)
			p.take = min(p.most, take+10)
			if len(out.Orders.Items) > take {
				return nil, 0, sync.Errorf(sync.BadAnswer, "%s sent more orders than were asked for", p.http.Host())
			}
			return out.Orders.Items, out.Orders.TotalItems, nil
		case errors.Is(err, httpx.ErrTooLarge) && take > 1:
			p.take, p.most = take/2, take/2
			continue
		case errors.As(err, &e) && e.Kind == sync.Refused:
			if m := tooMany.FindStringSubmatch(e.Text); m != nil {
				if most, _ := strconv.Atoi(m[1]); most > 0 && most < take {
					p.take, p.most = most, most
					continue
				}
			}
		case errors.As(err, &e) && e.Kind == sync.Network && ctx.Err() == nil:
			p.take = min(take, max(take/2, 10)) // the next try asks for less; a slow store may manage that
		}
		return nil, 0, err
	}
}

// shopSkew keeps the latest that is known of the store's clock.
func (p *Platform) shopSkew(skew time.Duration) {
	if p.shop != nil {
		p.shop.skew = skew
	}
}
