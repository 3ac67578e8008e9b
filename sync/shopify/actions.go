package shopify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/text"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/httpx"
	"github.com/orderdeck/orderdeck/sync/outbox"
	"github.com/orderdeck/orderdeck/sync/shopify/admin"
)

var _ outbox.Actor = (*Platform)(nil)

// Read implements outbox.Shop.
func (p *Platform) Read(ctx context.Context, externalID string) (store.Pulled, error) {
	s, err := p.hello(ctx)
	if err != nil {
		return store.Pulled{}, err
	}
	if _, draft := draftNumber(externalID); draft {
		return p.readDraft(ctx, externalID, s)
	}
	var out struct {
		Order json.RawMessage `json:"order"`
	}
	if _, err := p.call(ctx, "Order", admin.Order_Operation, map[string]any{"id": gid(externalID)}, &out); err != nil {
		return store.Pulled{}, err
	}
	if len(out.Order) == 0 || string(out.Order) == "null" {
		return store.Pulled{}, goneErr(p.http.Host(), "order", externalID)
	}
	got, _, err := p.one(ctx, out.Order, s)
	return got, err
}

func goneErr(host, what, id string) error {
	return fmt.Errorf("%w: %s has no %s with the id %s", outbox.ErrGone, host, what, id)
}

func isGone(err error) bool { return errors.Is(err, outbox.ErrGone) }

// look asks before something is done; a failure then means that nothing was.
func (p *Platform) look(ctx context.Context, name, query string, vars map[string]any, out any) error {
	if _, err := p.call(ctx, name, query, vars, out); err != nil {
		return outbox.NotSent(err)
	}
	return nil
}

// mutate changes something, once, and says of its failure whether it may have happened. A refusal in "userErrors" comes with
// a 200 like everything else.
func (p *Platform) mutate(ctx context.Context, name, query string, vars map[string]any, out any) error {
	var data map[string]json.RawMessage
	a, err := p.call(ctx, name, query, vars, &data)
	switch {
	case err == nil:
	case errors.Is(err, httpx.ErrNotSent), errors.Is(err, errNothingDone) && sync.KindOf(err) == sync.RateLimited:
		return outbox.NotSent(err)
	case errors.Is(err, errNothingDone):
		return outbox.Rejected(err)
	default:
		return err
	}
	for _, raw := range data { // there is one
		if string(raw) == "null" && len(a.denied) > 0 {
			return outbox.Rejectedf("the app has no right to do this; `orderdeck store test` says which rights it has")
		}
		type userError struct {
			Message string `json:"message"`
		}
		var said struct {
			Errors []userError `json:"userErrors"`
			Cancel []userError `json:"orderCancelUserErrors"`
		}
		if err := json.Unmarshal(raw, &said); err != nil || string(raw) == "null" {
			break
		}
		if all := slices.Concat(said.Errors, said.Cancel); len(all) > 0 {
			return outbox.Rejectedf("%s says: “%s”", p.http.Host(), text.Limit(text.Clean(p.http.Redact(all[0].Message)), 300))
		}
		if out != nil {
			if err := json.Unmarshal(raw, out); err != nil {
				break
			}
		}
		return nil
	}
	return sync.Errorf(sync.BadAnswer, "%s sent an answer that is neither a yes nor a no", p.http.Host())
}

// Acts implements outbox.Actor.
func (p *Platform) Acts() map[order.ActKind]string {
	out := map[order.ActKind]string{
		order.ActStatus:   "Shopify has no statuses that could be set",
		order.ActComplete: "Shopify completes only drafts; an order is done when it is paid and sent, and can be archived",
	}
	for _, k := range order.ActKinds {
		out[k] += "" // the others can be done
	}
	return out
}

// Act implements outbox.Actor.
func (p *Platform) Act(ctx context.Context, externalID string, a order.Act) (outbox.Done, error) {
	_, draft := draftNumber(externalID)
	switch {
	case a.Kind == order.ActStatus, a.Kind == order.ActComplete:
		return outbox.Done{}, fmt.Errorf("%w: %s", outbox.ErrNotOffered, p.Acts()[a.Kind])
	case draft && a.Kind != order.ActDraft:
		return p.draftAct(ctx, externalID, a)
	}
	switch a.Kind {
	case order.ActTracking:
		return p.retrack(ctx, externalID, a)
	case order.ActRequest:
		return p.request(ctx, externalID, a)
	case order.ActDraft:
		return p.draft(ctx, externalID, a)
	}
	var out admin.AllowedResponse
	if err := p.look(ctx, "Allowed", admin.Allowed_Operation, map[string]any{"id": gid(externalID)}, &out); err != nil {
		return outbox.Done{}, err
	}
	o := out.Order
	if o == nil {
		if a.Kind == order.ActDelete {
			return outbox.Done{Already: true}, nil
		}
		return outbox.Done{}, fmt.Errorf("%w: %w", outbox.ErrRejected, outbox.ErrGone)
	}
	id := map[string]any{"id": o.Id}
	switch a.Kind {
	case order.ActMarkPaid:
		return p.markPaid(ctx, o, a)
	case order.ActCancel:
		return p.cancel(ctx, o, a)
	case order.ActRefund:
		return p.refund(ctx, o, a)
	case order.ActNote:
		return p.note(ctx, o, a)
	case order.ActTags:
		return p.tag(ctx, o, a)
	case order.ActArchive:
		if o.Closed {
			return outbox.Done{Already: true}, nil
		}
		return outbox.Done{}, p.mutate(ctx, "Close", admin.Close_Operation, id, nil)
	case order.ActReopen:
		if !o.Closed {
			return outbox.Done{Already: true}, nil
		}
		return outbox.Done{}, p.mutate(ctx, "Open", admin.Open_Operation, id, nil)
	case order.ActDelete:
		if !o.Closed && o.CancelledAt == nil {
			return outbox.Done{}, outbox.Rejectedf("Shopify deletes only orders that are archived or cancelled")
		}
		return outbox.Done{}, p.mutate(ctx, "Delete", admin.Delete_Operation, id, nil)
	}
	return outbox.Done{}, fmt.Errorf("%w: Shopify cannot %q", outbox.ErrNotOffered, a.Kind)
}

// markPaid captures what was authorized, or notes that the customer paid in another way.
func (p *Platform) markPaid(ctx context.Context, o *admin.AllowedOrder, a order.Act) (outbox.Done, error) {
	status := deref(o.DisplayFinancialStatus)
	switch {
	case o.FullyPaid && !o.Capturable:
		return outbox.Done{Already: true}, nil
	case o.Capturable:
		parent := ""
		for _, t := range o.Transactions {
			if t.Kind == "AUTHORIZATION" && t.Status == "SUCCESS" {
				parent = t.Id
			}
		}
		open := o.TotalCapturableSet.PresentmentMoney
		amount := open.Amount
		if !a.Amount.IsZero() {
			if a.Amount.Currency != open.CurrencyCode {
				return outbox.Done{}, outbox.Rejectedf("the customer pays in %s: a part of it can only be captured in that", open.CurrencyCode)
			}
			amount = a.Amount.Decimal()
		}
		var done struct {
			Transaction *struct {
				ID string `json:"id"`
			} `json:"transaction"`
		}
		err := p.mutate(ctx, "Capture", admin.Capture_Operation, map[string]any{"input": map[string]any{
			"id": o.Id, "parentTransactionId": parent, "amount": amount, "currency": open.CurrencyCode,
		}}, &done)
		if err != nil || done.Transaction == nil {
			return outbox.Done{}, err
		}
		return outbox.Done{ID: number(done.Transaction.ID)}, nil
	case !o.CanMarkAsPaid:
		return outbox.Done{}, outbox.Rejectedf("the store does not let this order be marked as paid (%s)", strings.ToLower(clean(status)))
	case !a.Amount.IsZero():
		return outbox.Done{}, outbox.Rejectedf("Shopify marks only the whole order as paid")
	}
	return outbox.Done{}, p.mutate(ctx, "MarkPaid", admin.MarkPaid_Operation, map[string]any{"id": o.Id}, nil)
}

// cancelReasons are those that Shopify knows.
var cancelReasons = []string{"CUSTOMER", "DECLINED", "FRAUD", "INVENTORY", "OTHER", "STAFF"}

// cancel begins a job of the store's. It gives no money back: that is a refund.
func (p *Platform) cancel(ctx context.Context, o *admin.AllowedOrder, a order.Act) (outbox.Done, error) {
	if o.CancelledAt != nil {
		return outbox.Done{Already: true}, nil
	}
	if len(a.Lines) > 0 {
		return outbox.Done{}, fmt.Errorf("%w: Shopify cancels whole orders; take single lines back with a refund", outbox.ErrNotOffered)
	}
	reason := strings.ToUpper(a.Reason)
	if !slices.Contains(cancelReasons, reason) {
		reason = "OTHER"
	}
	vars := map[string]any{"id": o.Id, "reason": reason, "restock": a.Restock, "notify": a.Notify}
	if words := text.Limit(strings.TrimSpace(a.Text), 250); words != "" {
		vars["note"] = words
	} else if reason == "OTHER" && a.Reason != "" {
		vars["note"] = text.Limit(a.Reason, 250)
	}
	if err := p.mutate(ctx, "Cancel", admin.Cancel_Operation, vars, nil); err != nil {
		return outbox.Done{}, err
	}
	var now admin.AllowedResponse
	if _, err := p.call(ctx, "Allowed", admin.Allowed_Operation, map[string]any{"id": o.Id}, &now); err == nil && now.Order != nil && now.Order.CancelledAt != nil {
		return outbox.Done{}, nil
	}
	return outbox.Done{Pending: "the store is cancelling it"}, nil
}

// noteMost is how long an order's note may be.
const noteMost = 5000

// note adds to the order's note, which is one text that others write to as well: it is read, added to and written. Shopify
// has no way to write into its timeline.
func (p *Platform) note(ctx context.Context, o *admin.AllowedOrder, a order.Act) (outbox.Done, error) {
	if a.Public {
		return outbox.Done{}, fmt.Errorf("%w: Shopify has no notes that the customer sees", outbox.ErrNotOffered)
	}
	before := deref(o.Note)
	if a.Key != "" && strings.Contains(before, mark(a.Key)) {
		return outbox.Done{Already: true}, nil
	}
	now := strings.TrimSpace(before + "\n" + a.Text + mark(a.Key))
	if len([]rune(now)) > noteMost {
		return outbox.Done{}, outbox.Rejectedf("the order's note would be longer than %d characters", noteMost)
	}
	return outbox.Done{}, p.mutate(ctx, "Update", admin.Update_Operation, map[string]any{"input": map[string]any{"id": o.Id, "note": now}}, nil)
}

func (p *Platform) tag(ctx context.Context, o *admin.AllowedOrder, a order.Act) (outbox.Done, error) {
	has := func(tag string) bool {
		return slices.ContainsFunc(o.Tags, func(t string) bool { return strings.EqualFold(t, tag) })
	}
	add := slices.DeleteFunc(slices.Clone(a.Add), has)
	remove := slices.DeleteFunc(slices.Clone(a.Remove), func(t string) bool { return !has(t) })
	if len(add) == 0 && len(remove) == 0 {
		return outbox.Done{Already: true}, nil
	}
	if len(add) > 0 {
		if err := p.mutate(ctx, "AddTags", admin.AddTags_Operation, map[string]any{"id": o.Id, "tags": add}, nil); err != nil {
			return outbox.Done{}, err
		}
	}
	if len(remove) > 0 {
		err := p.mutate(ctx, "RemoveTags", admin.RemoveTags_Operation, map[string]any{"id": o.Id, "tags": remove}, nil)
		if err != nil && len(add) > 0 {
			return outbox.Done{}, sync.Errorf(sync.Unavailable, "tags were added, and others were not removed: %s", said(err))
		}
		return outbox.Done{}, err
	}
	return outbox.Done{}, nil
}
