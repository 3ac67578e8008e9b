package shopify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/shopify/admin"
)

// The first import of a large store goes by a bulk operation: Shopify writes all orders into a file, one line each for an
// order and for each of its lines, outside of the limit for questions. The file is fetched into the shop's spool, and from
// there the orders are handed on page by page. Every step begins with what the cursor and the spool say, so that it may be
// cut off anywhere. Whatever is in the way ends in pages, which need nothing but time.

// DefaultBulkFrom is how many orders make a first import a bulk operation. On the smallest plan (100 points a second) pages
// bring some 60 orders a second, by the costs that others measured on live stores, so that this many take a minute and a
// half. An operation takes some minutes of its own before its file is there, in which no order can be seen yet.
const DefaultBulkFrom = 5_000

const (
	bulkPoll  = 5 * time.Second
	bulkStill = 30 * time.Minute // without another object, after which an operation is given up
	bulkTries = 2                // operations, when the file of one is gone before it was read
	handPage  = 200              // orders from the spool at once
)

// bulkCursor is where a first import by a bulk operation stands.
type bulkCursor struct {
	Planned time.Time `json:"planned"`         // by the store's clock, before it was begun
	ID      string    `json:"id,omitempty"`    // of the operation; "" = not begun, or begun and not noted
	Not     string    `json:"not,omitempty"`   // the one before, whose file is gone
	Tries   int       `json:"tries,omitempty"` // operations before
	Moved   time.Time `json:"moved,omitzero"`  // when it last had more than before
	Had     int64     `json:"had,omitempty"`   // objects then
	Ready   bool      `json:"ready,omitempty"` // the file is in the spool
	At      int64     `json:"at,omitempty"`    // the order that was handed on last, by its place in the file; 0 = none
}

// operation is what the store says of a bulk operation.
type operation struct {
	ID      string `json:"id"`
	Status  string `json:"status"`
	Code    string `json:"errorCode"`
	Created string `json:"createdAt"`
	Objects whole  `json:"objectCount"`
	Orders  whole  `json:"rootObjectCount"`
	Size    *whole `json:"fileSize"`
	URL     string `json:"url"`
}

// whole is a number that is too large for some, and is sent as a text for their sake.
type whole int64

// UnmarshalJSON implements json.Unmarshaler.
func (w *whole) UnmarshalJSON(raw []byte) error {
	n, err := strconv.ParseInt(strings.Trim(string(raw), `"`), 10, 64)
	if err != nil || n < 0 {
		n = 0 // what cannot be read is as good as nothing
	}
	*w = whole(n)
	return nil
}

// bulkQuery is what the operation asks for. Whether Shopify takes fragments there is said nowhere: there are none in it.
var bulkQuery = inline(admin.BulkOrders_Operation)

var (
	aFragment = regexp.MustCompile(`(?s)\nfragment (\w+) on \w+ \{\n(.*?)\n\}`)
	aSpread   = regexp.MustCompile(`\.{3} ?(\w+)\b`)
)

// inline writes the fragments of a query where they are used.
func inline(query string) string {
	all := map[string]string{}
	for _, m := range aFragment.FindAllStringSubmatch(query, -1) {
		all[m[1]] = m[2]
	}
	query = aFragment.ReplaceAllString(query, "")
	for aSpread.MatchString(query) {
		query = aSpread.ReplaceAllStringFunc(query, func(s string) string { return all[aSpread.FindStringSubmatch(s)[1]] })
	}
	return strings.Join(strings.Fields(query[strings.IndexByte(query, '{'):]), " ")
}

// large tells whether a first import is one for a bulk operation, and there is a place for its file.
func (p *Platform) large(orders int, known sync.Known) bool {
	from := p.o.BulkFrom
	if from == 0 {
		from = DefaultBulkFrom
	}
	_, ok := known.(sync.Spooler)
	return ok && from > 0 && orders >= from
}

// bulk takes the next step of a first import by a bulk operation.
func (p *Platform) bulk(ctx context.Context, c cursor, s *shop, known sync.Known) (sync.Batch, error) {
	from, ok := known.(sync.Spooler)
	if !ok {
		return p.pages(c, nil, "there is no place for its file here"), nil
	}
	if c.Bulk.ID == "" {
		return p.beginBulk(ctx, c)
	}
	spool, err := from.Spool(ctx)
	if err != nil {
		return sync.Batch{}, err
	}
	defer func() { _ = spool.Close() }() // it may have been removed
	var b sync.Batch
	if c.Bulk.Ready {
		b, err = p.hand(ctx, c, s, spool)
	} else {
		b, err = p.waitBulk(ctx, c, spool)
	}
	switch store.CodeOf(err) {
	case store.Corrupt: // all of it can be had again
		_ = spool.Remove()
		return sync.Batch{}, &sync.Error{Kind: sync.BadAnswer, Text: "what was fetched of the store's export was damaged on this disk; it is fetched again", Err: err}
	case store.Full:
		return p.pages(c, spool, "this disk has no room for its file"), nil
	}
	return b, err
}

// pages gives the bulk operation up. spool may be nil.
func (p *Platform) pages(c cursor, spool sync.Spool, why string) sync.Batch {
	if spool != nil {
		_ = spool.Remove() // what is left is removed with the shop
	}
	c.Bulk, c.Paged = nil, true
	return sync.Batch{
		Cursor: encode(c), More: true, Total: c.Total,
		Note: p.http.Host() + " gives no export of its orders: " + why + ". They are read page by page instead, which takes longer and is as good",
	}
}

// beginBulk begins the operation, unless it was begun before and not noted.
func (p *Platform) beginBulk(ctx context.Context, c cursor) (sync.Batch, error) {
	begun := func(id string) (sync.Batch, error) {
		c.Bulk.ID, c.Bulk.Moved = id, p.o.Clock()
		return sync.Batch{Cursor: encode(c), More: true, Phase: sync.PhaseExport, Total: c.Total}, nil
	}
	var before admin.RecentBulkResponse
	if _, err := p.call(ctx, "RecentBulk", admin.RecentBulk_Operation, nil, &before); err != nil {
		return p.unlessForGood(c, err)
	}
	for _, o := range before.BulkOperations.Nodes {
		at := instant(o.CreatedAt)
		if o.Type == "QUERY" && o.Id != c.Bulk.Not && strings.Join(strings.Fields(o.Query), " ") == bulkQuery && !at.Before(c.Bulk.Planned) &&
			(o.Status == "CREATED" || o.Status == "RUNNING" || o.Status == "COMPLETED") {
			return begun(o.Id)
		}
	}
	var out struct {
		Run *struct {
			Operation *operation `json:"bulkOperation"`
			Errors    []struct {
				Code    string `json:"code"`
				Message string `json:"message"`
			} `json:"userErrors"`
		} `json:"bulkOperationRunQuery"`
	}
	if _, err := p.call(ctx, "RunBulk", admin.RunBulk_Operation, map[string]any{"query": bulkQuery}, &out); err != nil {
		return p.unlessForGood(c, err)
	}
	switch {
	case out.Run != nil && len(out.Run.Errors) > 0 && (out.Run.Errors[0].Code == "OPERATION_IN_PROGRESS" || out.Run.Errors[0].Code == "LIMIT_REACHED"):
		return p.pages(c, nil, "it is at work on another one"), nil
	case out.Run != nil && len(out.Run.Errors) > 0:
		return p.pages(c, nil, "it says “"+clean(out.Run.Errors[0].Message)+"”"), nil
	case out.Run == nil || out.Run.Operation == nil || out.Run.Operation.ID == "":
		return p.pages(c, nil, "it says neither yes nor no"), nil
	}
	return begun(out.Run.Operation.ID)
}

// unlessForGood gives the operation up where asking again would not help.
func (p *Platform) unlessForGood(c cursor, err error) (sync.Batch, error) {
	if k := sync.KindOf(err); k == sync.Refused || k == sync.Auth && errors.Is(err, errNothingDone) {
		return p.pages(c, nil, "it says “"+clean(said(err))+"”"), nil
	}
	return sync.Batch{}, err
}

// waitBulk looks how far the operation is, and fetches its file once it is there. The file's address is asked for each time:
// it is as good as a key, and is kept nowhere.
func (p *Platform) waitBulk(ctx context.Context, c cursor, spool sync.Spool) (sync.Batch, error) {
	var out struct {
		Operation *operation `json:"bulkOperation"`
	}
	if _, err := p.call(ctx, "PollBulk", admin.PollBulk_Operation, map[string]any{"id": c.Bulk.ID}, &out); err != nil {
		if k := sync.KindOf(err); k == sync.Refused || k == sync.Auth && errors.Is(err, errNothingDone) {
			return p.pages(c, spool, "it says “"+clean(said(err))+"”"), nil
		}
		return sync.Batch{}, err
	}
	o := out.Operation
	switch {
	case o == nil:
		return p.againBulk(c, spool, "it does not know of it any more"), nil
	case o.Status == "CREATED", o.Status == "RUNNING":
		return p.stillBulk(ctx, c, o, spool)
	case o.Status == "EXPIRED":
		return p.againBulk(c, spool, "its file has expired"), nil
	case o.Status == "CANCELED", o.Status == "CANCELING":
		return p.pages(c, spool, "somebody has cancelled it"), nil
	case o.Status == "FAILED" && o.Code == "ACCESS_DENIED":
		return p.pages(c, spool, "the app lacks a right for something in it"), nil
	case o.Status == "FAILED" && o.Code == "TIMEOUT":
		return p.pages(c, spool, "it took Shopify too long"), nil
	case o.Status != "COMPLETED": // what there is of it is not all, and nothing says what is missing
		return p.pages(c, spool, strings.ToLower(strings.Trim("it ended as "+clean(o.Status)+" "+clean(o.Code), " "))), nil
	case o.URL == "" && o.Objects > 0:
		return p.pages(c, spool, "it has no file"), nil
	case o.URL == "":
		return p.afterBulk(c, o), nil
	}
	return p.fetchBulk(ctx, c, o, spool)
}

func (p *Platform) stillBulk(ctx context.Context, c cursor, o *operation, spool sync.Spool) (sync.Batch, error) {
	now := p.o.Clock()
	if int64(o.Objects) != c.Bulk.Had || c.Bulk.Moved.After(now) {
		c.Bulk.Had, c.Bulk.Moved = int64(o.Objects), now
	}
	if now.Sub(c.Bulk.Moved) >= bulkStill {
		return p.pages(c, spool, "it has not got on for half an hour"), nil
	}
	if err := p.o.Sleep(ctx, bulkPoll); err != nil {
		return sync.Batch{}, &sync.Error{Kind: sync.Network, Text: "interrupted", Err: err}
	}
	return sync.Batch{Cursor: encode(c), More: true, Phase: sync.PhaseExport, Done: int(o.Orders), Total: max(c.Total, int(o.Orders))}, nil
}

// againBulk begins another operation where the file of one is gone, once.
func (p *Platform) againBulk(c cursor, spool sync.Spool, why string) sync.Batch {
	if c.Bulk.Tries+1 >= bulkTries {
		return p.pages(c, spool, why)
	}
	_ = spool.Remove() // it is of the other file; one that stays is told apart by its state
	c.Bulk = &bulkCursor{Planned: p.storeNow(), Not: c.Bulk.ID, Tries: c.Bulk.Tries + 1}
	return sync.Batch{Cursor: encode(c), More: true, Phase: sync.PhaseExport, Total: c.Total}
}

// storeNow is an instant that is surely not after what the store's clock shows, as far as is known.
func (p *Platform) storeNow() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.o.Clock().Add(-5 * time.Second).UTC().Truncate(time.Second)
	if p.shop != nil {
		now = now.Add(p.shop.skew)
	}
	return now
}

// afterBulk ends the first import: what was deleted while it went on is looked for, and then what has changed.
func (p *Platform) afterBulk(c cursor, o *operation) sync.Batch {
	since := c.Bulk.Planned
	if o != nil {
		if at := instant(o.Created); !at.IsZero() && at.Before(since) {
			since = at
		}
	}
	return sync.Batch{
		Cursor: encode(cursor{Since: since.Add(-overlap), Begun: since, Gone: true, Spooled: true}), More: true, Done: c.Done, Total: c.Done,
	}
}

// spoolState is how far the file has come into the spool.
type spoolState struct {
	ID     string `json:"id"` // of the operation
	At     int64  `json:"at"` // bytes
	Size   int64  `json:"size,omitempty"`
	Tag    string `json:"tag,omitempty"`
	Orders int    `json:"orders"`
	Whole  bool   `json:"whole,omitempty"`
}

func (p *Platform) spoolState(ctx context.Context, spool sync.Spool, id string) (spoolState, error) {
	raw, err := spool.State(ctx)
	if err != nil {
		return spoolState{}, err
	}
	var st spoolState
	if raw == nil {
		return spoolState{ID: id}, nil
	}
	if json.Unmarshal(raw, &st) != nil || st.ID != id {
		return spoolState{ID: id}, spool.Clear(ctx)
	}
	return st, nil
}

func (p *Platform) fetchBulk(ctx context.Context, c cursor, o *operation, spool sync.Spool) (sync.Batch, error) {
	st, err := p.spoolState(ctx, spool, o.ID)
	if err != nil {
		return sync.Batch{}, err
	}
	if !st.Whole {
		err = p.fetch(ctx, o, &st, spool)
	}
	var bad *badFileError
	switch {
	case errors.As(err, &bad) && bad.gone:
		return p.againBulk(c, spool, bad.Error()), nil
	case errors.As(err, &bad):
		return p.pages(c, spool, bad.Error()), nil
	case err != nil:
		return sync.Batch{}, err
	case st.Whole && st.Orders < int(o.Orders):
		return p.againBulk(c, spool, fmt.Sprintf("its file has %d of %d orders", st.Orders, int64(o.Orders))), nil
	}
	c.Total = max(c.Total, int(o.Orders))
	b := sync.Batch{More: true, Phase: sync.PhaseFile, Done: st.Orders, Total: c.Total}
	if st.Whole {
		c.Bulk.Ready, c.Total = true, st.Orders
		if at := instant(o.Created); !at.IsZero() && at.Before(c.Bulk.Planned) {
			c.Bulk.Planned = at
		}
	}
	b.Cursor = encode(c)
	return b, nil
}
