package medusa

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"strings"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync/httpx"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

var _ outbox.Actor = (*Platform)(nil)

// Read implements outbox.Shop.
func (p *Platform) Read(ctx context.Context, externalID string) (store.Pulled, error) {
	s, err := p.hello(ctx)
	if err != nil {
		return store.Pulled{}, err
	}
	got, err := p.read(ctx, externalID, s)
	if err != nil {
		return store.Pulled{}, err
	}
	if got == nil {
		return store.Pulled{}, outbox.ErrGone
	}
	return *got, nil
}

// look reads an order before something is done to it: its failures are those of something that has not been done.
func (p *Platform) look(ctx context.Context, id string) (*fields, error) {
	it, err := p.whole(ctx, id)
	if err != nil {
		return nil, outbox.NotSent(err)
	}
	if it == nil {
		return nil, fmt.Errorf("%w: %w", outbox.ErrRejected, outbox.ErrGone)
	}
	return it.v, nil
}

// mutate makes a request that changes something, once, and says of its failure whether it may have happened: only what
// the store's own words refuse, and what never left, certainly has not.
func (p *Platform) mutate(ctx context.Context, path string, body, out any) error {
	if body == nil {
		body = map[string]any{}
	}
	_, err := p.call(ctx, http.MethodPost, path, nil, body, out)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, httpx.ErrNotSent):
		return outbox.NotSent(err)
	case errors.Is(err, errAnswered):
		return outbox.Rejected(err)
	}
	return err
}

func orderPath(id string, more ...string) string {
	return strings.Join(append([]string{"admin/orders", url.PathEscape(id)}, more...), "/")
}

// Acts implements outbox.Actor.
func (p *Platform) Acts() map[order.ActKind]string {
	const no = "Medusa's API has no way to "
	return map[order.ActKind]string{
		order.ActMarkPaid: "", order.ActCancel: "", order.ActRefund: "", order.ActNote: "", order.ActDraft: "", order.ActComplete: "", order.ActArchive: "",
		order.ActTags:     no + "tag an order",
		order.ActStatus:   no + "set a status: it follows from what is done",
		order.ActTracking: no + "change a parcel once it has left",
		order.ActRequest:  no + "ask a fulfilment service",
		order.ActReopen:   no + "reopen an order",
		order.ActDelete:   no + "delete an order",
	}
}

// Act implements outbox.Actor.
func (p *Platform) Act(ctx context.Context, externalID string, a order.Act) (outbox.Done, error) {
	if why, ok := p.Acts()[a.Kind]; !ok || why != "" {
		return outbox.Done{}, fmt.Errorf("%w: %s", outbox.ErrNotOffered, why)
	}
	if a.Kind == order.ActDraft && a.Step == "create" {
		return p.draft(ctx, a)
	}
	v, err := p.look(ctx, externalID)
	if err != nil {
		return outbox.Done{}, err
	}
	switch a.Kind {
	case order.ActMarkPaid:
		return p.markPaid(ctx, v, a)
	case order.ActCancel:
		return p.cancel(ctx, v, a)
	case order.ActRefund:
		return p.refund(ctx, v, a)
	case order.ActNote:
		return p.note(ctx, v, a)
	case order.ActDraft:
		return p.convert(ctx, v, a)
	case order.ActComplete:
		if v.Status == "completed" || v.Status == "archived" {
			return outbox.Done{Already: true}, nil
		}
		if v.Status == "draft" {
			return outbox.Done{}, outbox.Rejectedf("it is a draft")
		}
		return outbox.Done{}, p.mutate(ctx, orderPath(v.ID, "complete"), nil, nil)
	case order.ActArchive:
		switch v.Status {
		case "archived":
			return outbox.Done{Already: true}, nil
		case "completed", "canceled", "draft":
			return outbox.Done{}, p.mutate(ctx, orderPath(v.ID, "archive"), nil, nil)
		}
		return outbox.Done{}, outbox.Rejectedf("Medusa archives only what is completed or cancelled")
	}
	return outbox.Done{}, fmt.Errorf("%w: %s", outbox.ErrNotOffered, a.Kind)
}

// markPaid takes the money that was authorized; where nothing was, it writes down that the customer paid otherwise.
func (p *Platform) markPaid(ctx context.Context, v *fields, a order.Act) (outbox.Done, error) {
	total := v.promised()
	switch {
	case v.Status == "draft" || v.Status == "canceled":
		return outbox.Done{}, outbox.Rejectedf("the order is %s", v.Status)
	case a.Amount.Minor != 0 && !sameAmount(a.Amount, total, v.Currency):
		return outbox.Done{}, fmt.Errorf("%w: an order is marked as paid whole or not at all", outbox.ErrNotOffered)
	}
	var authorized []string
	open := "" // a collection that waits to be marked
	paid := new(big.Rat)
	for i := range v.Collections {
		c := &v.Collections[i]
		if c.Status == "not_paid" && open == "" {
			open = c.ID
		}
		for j := range c.Payments {
			pay := &c.Payments[j]
			captured := sum(pay.Captures)
			paid.Add(paid, captured)
			if pay.Canceled == nil && captured.Cmp(number(pay.Amount, pay.RawAmount)) < 0 {
				authorized = append(authorized, pay.ID)
			}
		}
	}
	if len(authorized) > 0 {
		for _, id := range authorized { // doing it again is answered with 200, and does nothing
			if err := p.mutate(ctx, "admin/payments/"+url.PathEscape(id)+"/capture", nil, nil); err != nil {
				return outbox.Done{}, err
			}
		}
		return outbox.Done{ID: authorized[0]}, nil
	}
	rest := new(big.Rat).Sub(total, paid)
	if rest.Sign() <= 0 {
		return outbox.Done{Already: true}, nil
	}
	if open == "" {
		var made struct {
			Collection collection `json:"payment_collection"`
		}
		body := map[string]any{"order_id": v.ID, "amount": json.Number(decimal(rest))}
		if err := p.mutate(ctx, "admin/payment-collections", body, &made); err != nil {
			return outbox.Done{}, err
		}
		if open = made.Collection.ID; open == "" {
			return outbox.Done{}, fmt.Errorf("%s made a payment and does not name it", p.http.Host())
		}
	}
	return outbox.Done{ID: open}, p.mutate(ctx, "admin/payment-collections/"+url.PathEscape(open)+"/mark-as-paid", map[string]any{"order_id": v.ID}, nil)
}

// sameAmount tells whether an amount of ours is one of theirs: exactly, or as it is shown.
func sameAmount(m order.Money, r *big.Rat, currency string) bool {
	theirs := normalizer{currency: strings.ToUpper(currency)}.money(r)
	if m.Currency != theirs.Currency {
		return false
	}
	return m.Minor == theirs.Minor && (m.Exact == "" || number(json.Number(m.Exact), nil).Cmp(r) == 0)
}

// cancel cancels an order; what is packed goes back first, as the store wants it. Money that was taken is given back by
// the store at once.
func (p *Platform) cancel(ctx context.Context, v *fields, a order.Act) (outbox.Done, error) {
	switch {
	case v.Status == "canceled":
		return outbox.Done{Already: true}, nil
	case v.Status == "draft":
		return outbox.Done{}, outbox.Rejectedf("it is a draft: delete it in Medusa's admin")
	case len(a.Lines) > 0:
		return outbox.Done{}, fmt.Errorf("%w: Medusa cancels whole orders", outbox.ErrNotOffered)
	}
	var packed []string
	for i := range v.Fulfilments {
		f := &v.Fulfilments[i]
		if f.Canceled == nil && f.sent() {
			return outbox.Done{}, outbox.Rejectedf("a parcel has left already, and Medusa takes none back: refund it instead")
		}
		if f.Canceled == nil {
			packed = append(packed, f.ID)
		}
	}
	for _, id := range packed {
		if err := p.mutate(ctx, orderPath(v.ID, "fulfillments", url.PathEscape(id), "cancel"), map[string]any{"no_notification": !a.Notify}, nil); err != nil {
			return outbox.Done{}, err
		}
	}
	return outbox.Done{}, p.mutate(ctx, orderPath(v.ID, "cancel"), nil, nil)
}

// note keeps a note in the order's metadata, under a key of its own: what else is there stays.
func (p *Platform) note(ctx context.Context, v *fields, a order.Act) (outbox.Done, error) {
	if a.Public {
		return outbox.Done{}, fmt.Errorf("%w: Medusa's API has no way to write to the customer", outbox.ErrNotOffered)
	}
	if a.Text == "" || a.Key == "" { // an empty text would take the entry away
		return outbox.Done{}, outbox.Rejectedf("a note needs a text and a key")
	}
	key := noteKey + a.Key
	if _, there := v.Metadata[key]; there {
		return outbox.Done{ID: key, Already: true}, nil
	}
	body := map[string]any{"metadata": map[string]string{key: a.Text}}
	path := orderPath(v.ID)
	if v.Status == "draft" {
		path = "admin/draft-orders/" + url.PathEscape(v.ID)
	}
	return outbox.Done{ID: key}, p.mutate(ctx, path, body, nil)
}
