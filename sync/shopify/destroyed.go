package shopify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/shopify/admin"
)

// goneCursor is where "destroyed" stands.
type goneCursor struct {
	Since time.Time `json:"since"`           // events from here on
	After string    `json:"after,omitempty"` // within this search
	Ended time.Time `json:"ended,omitzero"`  // the last whole pass
	Open  string    `json:"open,omitempty"`  // the open order that was asked about last
	Round time.Time `json:"round,omitzero"`  // the last whole round through the open ones
	Going bool      `json:"going,omitempty"` // a round is on
}

// destroyed looks for the orders that are gone.
func (p *Platform) destroyed(ctx context.Context, c goneCursor, s *shop, known sync.Known) (sync.Batch, error) {
	now := p.o.Clock()
	switch {
	case c.Since.IsZero(): // whatever was pulled before is there
		c = goneCursor{Since: now.Add(s.skew - goneEvery), Ended: now, Round: now}
	case c.Going:
		return p.stillThere(ctx, c, known, now)
	case c.After != "" || now.Sub(c.Ended) >= goneEvery || c.Ended.After(now):
		return p.events(ctx, c, s, now)
	}
	return sync.Batch{Cursor: encode(c)}, nil
}

func (p *Platform) events(ctx context.Context, c goneCursor, s *shop, now time.Time) (sync.Batch, error) {
	ids, next, err := p.destroyedSince(ctx, c.Since, c.After)
	if err != nil {
		if sync.KindOf(err) == sync.Refused && c.After != "" {
			c.After = ""
			return sync.Batch{Cursor: encode(c), More: true}, nil
		}
		return sync.Batch{}, err
	}
	b := sync.Batch{Gone: ids}
	if next != "" {
		c.After, b.More = next, true
	} else {
		c.After, c.Since, c.Ended = "", now.Add(s.skew-goneEvery), now
		// An order that is older than a key may see looks as if it were gone.
		if (now.Sub(c.Round) >= openEvery || c.Round.After(now)) && slices.Contains(s.scopes, "read_all_orders") {
			c.Going, c.Open, b.More = true, "", true
		}
	}
	b.Cursor = encode(c)
	return b, nil
}

// destroyedSince gives the orders whose deletion left an event, page by page; next is "" with the last.
func (p *Platform) destroyedSince(ctx context.Context, since time.Time, after string) (ids []string, next string, err error) {
	vars := map[string]any{"first": 100, "query": "subject_type:ORDER AND action:destroy AND " + search("created_at", since)}
	if after != "" {
		vars["after"] = after
	}
	// Events are of several kinds, and a new one must not make the page unreadable.
	var out struct {
		Events *struct {
			PageInfo admin.DestroyedEventsEventConnectionPageInfo `json:"pageInfo"`
			Nodes    []struct {
				Action  string `json:"action"`
				Subject string `json:"subjectId"`
				Kind    string `json:"subjectType"`
			} `json:"nodes"`
		} `json:"events"`
	}
	if _, err := p.call(ctx, "Destroyed", admin.Destroyed_Operation, vars, &out); err != nil || out.Events == nil {
		return nil, "", err
	}
	for _, e := range out.Events.Nodes {
		if e.Action == "destroy" && e.Kind == "ORDER" && strings.Contains(e.Subject, "/Order/") {
			ids = append(ids, number(e.Subject))
		}
	}
	if out.Events.PageInfo.HasNextPage {
		next = deref(out.Events.PageInfo.EndCursor)
	}
	if next == after {
		next = ""
	}
	return ids, next, nil
}

// stillThere asks whether the next open orders are there.
func (p *Platform) stillThere(ctx context.Context, c goneCursor, known sync.Known, now time.Time) (sync.Batch, error) {
	ids, err := known.OpenOrders(ctx, c.Open, openPage)
	if err != nil {
		return sync.Batch{}, err
	}
	b := sync.Batch{More: len(ids) == openPage}
	if len(ids) > 0 {
		c.Open = ids[len(ids)-1]
		gids := make([]string, len(ids))
		for i, id := range ids {
			gids[i] = anyGID(id)
		}
		there, err := p.there(ctx, gids)
		if err != nil {
			return sync.Batch{}, err
		}
		for i, is := range there {
			if !is {
				b.Gone = append(b.Gone, ids[i])
			}
		}
	}
	if !b.More {
		c.Going, c.Open, c.Round = false, "", now
	}
	b.Cursor = encode(c)
	return b, nil
}

// there tells of each of some things whether it is still there.
func (p *Platform) there(ctx context.Context, gids []string) ([]bool, error) {
	var out struct {
		Nodes []*struct {
			ID string `json:"id"`
		} `json:"nodes"`
	}
	if _, err := p.call(ctx, "There", admin.There_Operation, map[string]any{"ids": gids}, &out); err != nil {
		return nil, err
	}
	if len(out.Nodes) != len(gids) {
		return nil, &sync.Error{
			Kind: sync.BadAnswer, Text: p.http.Host() + " sent an answer of an unexpected form",
			Err: fmt.Errorf("%d nodes for %d ids", len(out.Nodes), len(gids)),
		}
	}
	is := make([]bool, len(gids))
	for i, n := range out.Nodes {
		is[i] = n != nil
	}
	return is, nil
}

// goneMeanwhile ends the first import with the orders that were deleted while it went on: what is handed on is as old as
// that may have taken, and nobody would look for their events any more.
func (p *Platform) goneMeanwhile(ctx context.Context, c cursor, known sync.Known) (sync.Batch, error) {
	if from, ok := known.(sync.Spooler); ok && c.Spooled {
		spool, err := from.Spool(ctx)
		if err == nil {
			err = spool.Remove()
		}
		if err != nil {
			return sync.Batch{}, err
		}
	}
	ids, next, err := p.destroyedSince(ctx, c.Begun, c.GoneAfter)
	switch k := sync.KindOf(err); {
	case k == sync.Refused, k == sync.Auth && errors.Is(err, errNothingDone): // it is no reason to have no orders at all
	case err != nil:
		return sync.Batch{}, err
	}
	b := sync.Batch{Gone: ids, More: true}
	if next != "" {
		c.GoneAfter, c.Spooled = next, false
	} else {
		c = cursor{Since: c.Since}
	}
	b.Cursor = encode(c)
	return b, nil
}
