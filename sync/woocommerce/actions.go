package woocommerce

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/httpx"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

var _ outbox.Actor = (*Platform)(nil)

// settle is how long a store may go on with a request whose answer was lost: PHP does not stop when nobody listens any
// more. Only then does what is missing count as not done.
const settle = 2 * time.Minute

// metaKey is where an order that was made here has its key.
const metaKey = "_orderdeck_key"

// Read implements outbox.Shop.
func (p *Platform) Read(ctx context.Context, externalID string) (store.Pulled, error) {
	_, got, _, err := p.fetch(ctx, externalID)
	if err != nil {
		return store.Pulled{}, err
	}
	return *got, nil
}

// fetch reads one order.
func (p *Platform) fetch(ctx context.Context, id string) (*shop, *store.Pulled, *fields, error) {
	s, err := p.hello(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	got, v, err := p.read(ctx, id, s)
	if err == nil && got == nil {
		err = fmt.Errorf("%w: %s has no order with the id %s", outbox.ErrGone, p.http.Host(), id)
	}
	return s, got, v, err
}

// sight is an order as it stands, for something that is to be done to it.
type sight struct {
	s  *shop
	id string
	v  *fields
	o  *order.Order
}

// path is of the order, or of something below it.
func (n *sight) path(below ...string) string {
	return strings.Join(append([]string{"wc/v3/orders", n.id}, below...), "/")
}

// look reads an order before something is done to it. None of its failures means that something has happened.
func (p *Platform) look(ctx context.Context, id string) (*sight, error) {
	s, got, v, err := p.fetch(ctx, id)
	if errors.Is(err, outbox.ErrGone) {
		return nil, outbox.Rejected(err)
	}
	if err != nil {
		return nil, outbox.NotSent(err)
	}
	return &sight{s: s, id: got.Order.ExternalID, v: v, o: &got.Order}, nil
}

// mutate makes a request that changes something, and says of its failure whether it may have happened: what the store
// refuses in its own words has not, and what never left has not.
func (p *Platform) mutate(ctx context.Context, n *sight, method, path string, query url.Values, body, out any) error {
	a, err := p.request(ctx, n.s, method, path, query, body, out)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, httpx.ErrNotSent):
		return outbox.NotSent(err)
	case a != nil:
		if _, ok := complain(a.Body); ok && a.Status/100 == 4 {
			return outbox.Rejected(err)
		}
	}
	return err
}

// once makes a request that would make a second thing if it were made twice. Whoever calls has looked, and it is not there:
// that counts only when no answer has been lost a short while ago.
func (p *Platform) once(ctx context.Context, n *sight, key, path string, query url.Values, body, out any) error {
	if left := settle - p.o.Clock().Sub(p.unsure[key]); left > 0 && left <= settle {
		return outbox.NotSent(&sync.Error{
			Kind: sync.Unavailable, RetryAfter: left,
			Text: fmt.Sprintf("%s may still be at it: the answer was lost, and it is looked again in %s", p.http.Host(), left.Round(time.Second)),
		})
	}
	err := p.mutate(ctx, n, http.MethodPost, path, query, body, out)
	delete(p.unsure, key)
	if err != nil && !errors.Is(err, outbox.ErrRejected) && !errors.Is(err, outbox.ErrNotSent) {
		p.unsure[key] = p.o.Clock()
	}
	return err
}

// Acts implements outbox.Actor.
func (p *Platform) Acts() map[order.ActKind]string {
	return map[order.ActKind]string{
		order.ActMarkPaid: "", order.ActCancel: "", order.ActRefund: "", order.ActNote: "", order.ActStatus: "", order.ActTracking: "",
		order.ActReopen: "", order.ActComplete: "", order.ActDelete: "", order.ActDraft: "",
		order.ActTags:    "WooCommerce has no tags on orders",
		order.ActRequest: "WooCommerce has no fulfilment services to ask",
		order.ActArchive: "WooCommerce has no archive: complete the order, or throw it away",
	}
}

// Act implements outbox.Actor. Acts run one after the other: some read a list, and write it with one more in it.
func (p *Platform) Act(ctx context.Context, externalID string, a order.Act) (outbox.Done, error) {
	if why := p.Acts()[a.Kind]; why != "" {
		return outbox.Done{}, fmt.Errorf("%w: %s", outbox.ErrNotOffered, why)
	}
	p.acts.Lock()
	defer p.acts.Unlock()
	if a.Kind == order.ActDraft && a.Step == "create" {
		return p.draft(ctx, a)
	}
	n, err := p.look(ctx, externalID)
	if a.Kind == order.ActDelete && errors.Is(err, outbox.ErrGone) {
		return outbox.Done{Already: true}, nil
	}
	if err != nil {
		return outbox.Done{}, err
	}
	switch a.Kind {
	case order.ActMarkPaid:
		return p.markPaid(ctx, n, a)
	case order.ActCancel:
		if len(a.Lines) > 0 {
			return outbox.Done{}, fmt.Errorf("%w: WooCommerce cancels whole orders only; refund the lines", outbox.ErrNotOffered)
		}
		return p.setStatus(ctx, n, statusCancelled) // the stock comes back by itself, and no money moves
	case order.ActComplete:
		return p.setStatus(ctx, n, statusCompleted)
	case order.ActReopen:
		return p.reopen(ctx, n)
	case order.ActStatus:
		return p.anyStatus(ctx, n, a.Status)
	case order.ActRefund:
		return p.refund(ctx, n, a)
	case order.ActNote:
		return p.note(ctx, n, a.Key, a.Text, a.Public)
	case order.ActTracking:
		return p.retrack(ctx, n, a)
	case order.ActDelete:
		return p.trash(ctx, n)
	case order.ActDraft:
		switch a.Step {
		case "send":
			return p.sendDraft(ctx, n, a)
		case "complete":
			return p.markPaid(ctx, n, order.Act{Kind: order.ActMarkPaid, Key: a.Key})
		}
	}
	return outbox.Done{}, fmt.Errorf("%w: %s %s", outbox.ErrNotOffered, a.Kind, a.Step)
}

// put changes fields of the order, and reads what came of it.
func (p *Platform) put(ctx context.Context, n *sight, body map[string]any) (*fields, error) {
	after := &fields{}
	if err := p.mutate(ctx, n, http.MethodPut, n.path(), nil, body, after); err != nil {
		return nil, err
	}
	return after, nil
}

// setStatus gives an order a status, by a request of its own: in a batch, a store takes any word for a status and makes
// "pending" of it. The same status again would move the date of change.
func (p *Platform) setStatus(ctx context.Context, n *sight, status string) (outbox.Done, error) {
	if string(n.v.Status) == status {
		return outbox.Done{Already: true}, nil
	}
	after, err := p.put(ctx, n, map[string]any{"status": status})
	if err != nil {
		return outbox.Done{}, err
	}
	if string(after.Status) != status { // what is not understood is answered with 200
		return outbox.Done{}, outbox.Rejectedf("%s answered, and the order is now %s", p.http.Host(), clean(after.Status))
	}
	return outbox.Done{}, nil
}

// anyStatus sets one of the store's own statuses.
func (p *Platform) anyStatus(ctx context.Context, n *sight, status string) (outbox.Done, error) {
	switch {
	case status == statusRefunded:
		return outbox.Done{}, outbox.Rejectedf("the status “refunded” writes a refund down that gives nobody money back: refund the order")
	case status == statusTrash:
		return outbox.Done{}, outbox.Rejectedf("trash is no status that can be set: delete the order")
	case n.s.statuses != nil:
		if _, known := n.s.statuses[status]; !known {
			return outbox.Done{}, outbox.Rejectedf("the store has no status %q; it has %s", status, strings.Join(slices.Sorted(maps.Keys(n.s.statuses)), ", "))
		}
	}
	return p.setStatus(ctx, n, status)
}

func (p *Platform) reopen(ctx context.Context, n *sight) (outbox.Done, error) {
	switch string(n.v.Status) {
	case statusCancelled, statusCompleted, statusFailed, statusTrash:
	case statusRefunded:
		return outbox.Done{}, outbox.Rejectedf("the order's money has been given back")
	default:
		return outbox.Done{Already: true}, nil
	}
	status := statusPending
	if !instant(n.v.PaidAt).IsZero() {
		status = statusProcessing
	}
	return p.setStatus(ctx, n, status)
}

// markPaid has the store take an order for paid, which it does by itself only with orders that wait for a payment.
func (p *Platform) markPaid(ctx context.Context, n *sight, a order.Act) (outbox.Done, error) {
	if !instant(n.v.PaidAt).IsZero() {
		return outbox.Done{Already: true}, nil
	}
	if a.Amount.Minor != 0 && (a.Amount.Minor != n.o.Total.Minor || a.Amount.Currency != n.o.Currency) {
		return outbox.Done{}, fmt.Errorf("%w: WooCommerce knows paid and not paid, no part of it", outbox.ErrNotOffered)
	}
	body := map[string]any{"set_paid": true}
	switch string(n.v.Status) {
	case statusPending, statusFailed:
	case statusHold:
		body = map[string]any{"status": statusProcessing}
	case statusProcessing:
		return outbox.Done{}, fmt.Errorf("%w: WooCommerce takes an order that is paid at the door for paid when it is completed", outbox.ErrNotOffered)
	default:
		return outbox.Done{}, outbox.Rejectedf("an order that is %s takes no payment; set it to pending or on-hold before", clean(n.v.Status))
	}
	after, err := p.put(ctx, n, body)
	if err != nil {
		return outbox.Done{}, err
	}
	if instant(after.PaidAt).IsZero() {
		return outbox.Done{}, outbox.Rejectedf("%s answered, and left the order unpaid (%s)", p.http.Host(), clean(after.Status))
	}
	return outbox.Done{}, nil
}

// mark is how something that was made for a key is found again.
func mark(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:8])
}

// note writes a note. The mark stands in a comment of HTML, which a note may have and nobody sees.
func (p *Platform) note(ctx context.Context, n *sight, key, words string, public bool) (outbox.Done, error) {
	if strings.TrimSpace(words) == "" {
		return outbox.Done{}, outbox.Rejectedf("the note is empty")
	}
	var all list[struct {
		ID   loose `json:"id"`
		Text loose `json:"note"`
	}]
	// The list has no pages: it comes whole.
	if _, err := p.get(ctx, n.s, "orders/"+n.id+"/notes", nil, &all); err != nil {
		return outbox.Done{}, outbox.NotSent(err)
	}
	for _, h := range all {
		if strings.Contains(string(h.Text), mark(key)) {
			return outbox.Done{ID: string(h.ID), Already: true}, nil
		}
	}
	words = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(words)
	var made struct {
		ID loose `json:"id"`
	}
	err := p.once(ctx, n, "note "+key, n.path("notes"), nil, map[string]any{
		"note": words + "<!-- orderdeck " + mark(key) + " -->", "customer_note": public,
	}, &made)
	return outbox.Done{ID: string(made.ID)}, err
}

// number64 writes an id as the number that it is there, 0 where it is none.
func number64(id string) int64 {
	n, _ := strconv.ParseInt(id, 10, 64)
	return n
}

// trash throws an order away. For good, it is deleted in the store alone.
func (p *Platform) trash(ctx context.Context, n *sight) (outbox.Done, error) {
	if string(n.v.Status) == statusTrash {
		return outbox.Done{Already: true}, nil
	}
	err := p.mutate(ctx, n, http.MethodDelete, n.path(), nil, nil, nil)
	var o *httpx.OverloadError
	if errors.As(err, &o) && o.Answer.Status == http.StatusNotImplemented {
		return outbox.Done{}, outbox.Rejectedf("the trash of this store is switched off, and orders are deleted for good in the store alone")
	}
	return outbox.Done{}, err
}
