package vendure

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/sync/vendure/admin"
)

// A sweep finds what no date tells: payments, refunds, fulfilments, notes, edits. It compares a glance at each order
// (state, payments, refunds, fulfilments, length of the history) with what is known and reads those that differ.
//
// Each sweep looks at the newest orders whatever their state, so that what a merchant works on is always up to date;
// then it goes on with two rounds, of which each sweep does a part, so that its cost is bounded however large the
// shop: the orders that are open here, which also finds those that are gone in the store, and the orders that are
// open or recent there, which finds those that the pull filter left out and that match it by now. The merchant's
// drafts come last.
const (
	sweepRecent = 14 * 24 * time.Hour  // what counts as new
	sweepFinal  = 120 * 24 * time.Hour // how long after its placing a finished order is still looked at: refunds
	sweepNewest = 2000                 // at most so many new ones in one sweep
	sweepPart   = 1000                 // orders of each round in one sweep
)

// Phases of a sweep.
const (
	phaseRecent = "recent"
	phaseOpen   = "open"
	phaseRound  = "round"
	phaseUnsent = "unsent" // drafts, which have no date of placing
	phaseRest   = "rest"   // between two sweeps
)

// final are the states in which an order of stock Vendure stays.
var final = []string{"Cancelled", "Delivered"}

func (r *request) sweep(ctx context.Context) error {
	switch r.at.Phase {
	case "": // right after the first import there is nothing to compare
		r.at.Phase = phaseRest
		return nil
	case phaseRecent:
		return r.sweepRecent(ctx)
	case phaseOpen:
		return r.sweepOpen(ctx)
	case phaseRound:
		return r.sweepRound(ctx)
	case phaseUnsent:
		return r.sweepDrafts(ctx)
	}
	r.at.Phase, r.at.walk = phaseRecent, walk{After: r.now().Add(-sweepRecent)}
	if err := r.narrow(ctx); err != nil {
		return err
	}
	r.at.Recent = r.at.After
	return r.sweepRecent(ctx)
}

// narrow begins the walk through the new orders later when there are too many of them.
func (r *request) narrow(ctx context.Context) error {
	var out admin.NewestResponse
	_, err := r.p.call(ctx, "Newest", admin.Newest_Operation, options(map[string]any{
		"take": 1, "skip": sweepNewest, "sort": map[string]any{"orderPlacedAt": "DESC"},
		"filter": map[string]any{
			"active": eq(false), "orderPlacedAt": map[string]any{"after": r.at.After.UTC().Format(stamp)},
		},
	}), &out)
	if err != nil || len(out.Orders.Items) == 0 {
		return err
	}
	if at := optional(out.Orders.Items[0].OrderPlacedAt); at.After(r.at.After) {
		r.at.After = at
	}
	return nil
}

func (r *request) sweepRecent(ctx context.Context) error {
	err := r.look(ctx, &r.at.walk, map[string]any{"active": eq(false)})
	if err == nil && !r.batch.More {
		r.next(phaseOpen)
	}
	return err
}

// next goes on to another phase.
func (r *request) next(phase string) {
	r.at.Phase, r.at.Left, r.at.walk = phase, sweepPart, walk{}
	r.batch.More = phase != phaseRest
}

// look compares the next page of a walk by the date of placing.
func (r *request) look(ctx context.Context, w *walk, filter map[string]any) error {
	return r.glances(ctx, w, "orderPlacedAt", filter, func(g *admin.Glance) time.Time { return optional(g.OrderPlacedAt) })
}

// sweepOpen looks at the next orders that are open here, by their ids.
func (r *request) sweepOpen(ctx context.Context) error {
	ids, err := r.known.OpenOrders(ctx, r.at.Open, r.p.take)
	if err != nil {
		return err
	}
	end := len(ids) < r.p.take
	if len(ids) > 0 {
		r.at.Open = ids[len(ids)-1]
	}
	r.at.Left -= len(ids)
	if r.at.Left <= 0 || end {
		if end {
			r.at.Open = ""
		}
		r.next(phaseRound)
	}
	r.batch.More = true
	ids = slices.DeleteFunc(ids, func(id string) bool { return r.p.looked[id] })
	if len(ids) == 0 {
		return nil
	}
	list, _, err := r.p.glances(ctx, func(int) map[string]any {
		return map[string]any{"take": len(ids), "filter": map[string]any{"id": map[string]any{"in": ids}}}
	})
	if err != nil {
		return err
	}
	there := map[string]bool{}
	for i := range list {
		if !slices.Contains(ids, list[i].Id) {
			return strangeOrder(list[i].Id)
		}
		there[list[i].Id] = true
	}
	for _, id := range ids {
		if !there[id] {
			r.batch.Gone = append(r.batch.Gone, id)
		}
	}
	return r.compare(ctx, list)
}

// sweepRound looks at the next orders that are open, or placed not long ago, in the store.
func (r *request) sweepRound(ctx context.Context) error {
	left := r.at.Left
	before := r.at.Round.Done
	recent := r.now().Add(-sweepFinal).UTC().Format(stamp)
	err := r.look(ctx, &r.at.Round, map[string]any{
		"active":        eq(false),
		"orderPlacedAt": map[string]any{"before": r.at.Recent.UTC().Format(stamp)}, // the others have been looked at
		"_or": []any{
			map[string]any{"state": map[string]any{"notIn": final}},
			map[string]any{"orderPlacedAt": map[string]any{"after": recent}},
		},
	})
	if err != nil {
		return err
	}
	end := !r.batch.More
	if end {
		r.at.Round = walk{} // the next sweep begins a new round
	} else {
		left -= r.at.Round.Done - before
	}
	r.at.Left = left
	if end || left <= 0 {
		r.next(phaseUnsent)
	}
	return nil
}

// sweepDrafts looks at the merchant's drafts in the store; few have many.
func (r *request) sweepDrafts(ctx context.Context) error {
	err := r.glances(ctx, &r.at.walk, "createdAt", map[string]any{"active": eq(false), "state": eq("Draft")},
		func(g *admin.Glance) time.Time { return instant(g.CreatedAt) })
	if err == nil && !r.batch.More {
		r.next(phaseRest)
	}
	return err
}

// fingerprint digests a glance. It must come out the same for a whole order; see glance.
func fingerprint(g *admin.Glance) string {
	var parts []string
	for _, p := range g.Payments {
		parts = append(parts, fmt.Sprintf("p %s %s %d", p.Id, p.State, p.Amount))
		for _, ref := range p.Refunds {
			parts = append(parts, fmt.Sprintf("r %s %s %d", ref.Id, ref.State, ref.Total))
		}
	}
	for _, f := range g.Fulfillments {
		code := ""
		if f.TrackingCode != nil {
			code = *f.TrackingCode
		}
		parts = append(parts, fmt.Sprintf("f %s %s %q", f.Id, f.State, code))
	}
	slices.Sort(parts) // the server promises no order
	head := fmt.Sprintf("%s %q %t %s %d\n", g.Id, g.State, g.Active, g.UpdatedAt, g.History.TotalItems)
	sum := sha256.Sum256([]byte(head + strings.Join(parts, "\n")))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// glance is what a glance at a whole order would show.
func glance(o *admin.OrderFields) *admin.Glance {
	g := &admin.Glance{Id: o.Id, State: o.State, Active: o.Active, UpdatedAt: o.UpdatedAt}
	g.History.TotalItems = o.History.TotalItems
	for _, p := range o.Payments {
		gp := admin.GlancePaymentsPayment{Id: p.Id, State: p.State, Amount: p.Amount}
		for _, r := range p.Refunds {
			gp.Refunds = append(gp.Refunds, admin.GlancePaymentsPaymentRefundsRefund{Id: r.Id, State: r.State, Total: r.Total})
		}
		g.Payments = append(g.Payments, gp)
	}
	for _, f := range o.Fulfillments {
		g.Fulfillments = append(g.Fulfillments, admin.GlanceFulfillmentsFulfillment{Id: f.Id, State: f.State, TrackingCode: f.TrackingCode})
	}
	return g
}
