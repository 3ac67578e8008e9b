package shopify

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
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
	var out struct {
		Order json.RawMessage `json:"order"`
	}
	if _, err := p.call(ctx, "Order", admin.Order_Operation, map[string]any{"id": gid(externalID)}, &out); err != nil {
		return store.Pulled{}, err
	}
	if len(out.Order) == 0 || string(out.Order) == "null" {
		return store.Pulled{}, fmt.Errorf("%w: %s has no order with the id %s", outbox.ErrGone, p.http.Host(), externalID)
	}
	got, _, err := p.one(ctx, out.Order, s)
	return got, err
}

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

// sendable is a part of an order that one place sends.
type sendable struct {
	id, place, name, request string
	actions                  []string
	lines                    []admin.SendLinesNodesFulfillmentOrderLineItem
}

// toSend reads the fulfillment orders of an order, which are what can be sent; their lines have ids of their own.
func (p *Platform) toSend(ctx context.Context, id string) ([]sendable, error) {
	var all []sendable
	vars := map[string]any{"id": gid(id)}
	for range endless {
		var out admin.ToSendResponse
		if _, err := p.call(ctx, "ToSend", admin.ToSend_Operation, vars, &out); err != nil {
			return nil, err
		}
		if out.Order == nil {
			return nil, outbox.ErrGone
		}
		for _, f := range out.Order.FulfillmentOrders.Nodes {
			s := sendable{id: f.Id, name: clean(f.AssignedLocation.Name), request: f.RequestStatus, lines: f.LineItems.Nodes}
			if f.AssignedLocation.Location != nil {
				s.place = f.AssignedLocation.Location.Id
			}
			for _, a := range f.SupportedActions {
				s.actions = append(s.actions, a.Action)
			}
			for more := f.LineItems.PageInfo; more.HasNextPage; {
				var next admin.MoreToSendResponse
				_, err := p.call(ctx, "MoreToSend", admin.MoreToSend_Operation, map[string]any{"id": f.Id, "after": deref(more.EndCursor)}, &next)
				if err != nil {
					return nil, err
				}
				if next.FulfillmentOrder == nil {
					return nil, p.vanished()
				}
				s.lines = append(s.lines, next.FulfillmentOrder.LineItems.Nodes...)
				more = next.FulfillmentOrder.LineItems.PageInfo
			}
			all = append(all, s)
		}
		info := out.Order.FulfillmentOrders.PageInfo
		if !info.HasNextPage {
			break
		}
		vars["after"] = deref(info.EndCursor)
	}
	return all, nil
}

// Fulfil implements outbox.Shop. One call is for the goods of one place: a parcel of two is told in two.
func (p *Platform) Fulfil(ctx context.Context, externalID string, doc store.TellDoc) error {
	got, err := p.Read(ctx, externalID)
	if err != nil {
		return outbox.NotSent(err)
	}
	left, err := missing(&got.Order, doc)
	if err != nil {
		return err
	}
	if len(left) == 0 {
		return nil // it is there already
	}
	parts, err := p.toSend(ctx, externalID)
	if err != nil {
		return outbox.NotSent(err)
	}
	calls, order := map[string][]any{}, []string{}
	for _, s := range parts {
		if !slices.Contains(s.actions, "CREATE_FULFILLMENT") {
			continue
		}
		var lines []any
		for _, l := range s.lines {
			if n := min(left[number(l.LineItem.Id)], l.RemainingQuantity); n > 0 {
				left[number(l.LineItem.Id)] -= n
				lines = append(lines, map[string]any{"id": l.Id, "quantity": n})
			}
		}
		if len(lines) > 0 {
			if calls[s.place] == nil {
				order = append(order, s.place)
			}
			calls[s.place] = append(calls[s.place], map[string]any{"fulfillmentOrderId": s.id, "fulfillmentOrderLineItems": lines})
		}
	}
	if len(order) == 0 {
		return outbox.Rejectedf("%s", whyNot(parts))
	}
	for i, place := range order {
		err := p.mutate(ctx, "Fulfil", admin.Fulfil_Operation, map[string]any{"fulfillment": map[string]any{
			"lineItemsByFulfillmentOrder": calls[place], "trackingInfo": tracking(doc.Parcel), "notifyCustomer": doc.Notify,
		}}, nil)
		if err != nil && i > 0 { // a part has been told: the rest is looked for the next time
			return sync.Errorf(sync.Unavailable, "a part of the parcel was told, and the rest was not: %s", said(err))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// missing is what of a parcel the store does not know yet, in pieces by line.
func missing(o *order.Order, doc store.TellDoc) (map[string]int, error) {
	one := order.Units(1)
	left := map[string]int{}
	for _, l := range doc.Lines {
		if l.Quantity%one != 0 {
			return nil, outbox.Rejectedf("Shopify counts whole pieces, not %s", l.Quantity)
		}
		left[l.LineID] += int(l.Quantity / one)
	}
	if len(doc.Lines) == 0 {
		for i := range o.Lines {
			l := &o.Lines[i]
			left[l.ExternalID] = int(max(0, l.Open()-l.Fulfilled) / one)
		}
	}
	for _, s := range o.Fulfilments {
		if !s.Live || s.Tracking == "" || !outbox.SameNumber(s.Tracking, doc.Parcel.Tracking) {
			continue
		}
		if len(doc.Lines) == 0 || len(s.Lines) == 0 {
			return nil, nil
		}
		for _, l := range s.Lines {
			left[l.LineID] -= int(l.Quantity / one)
		}
	}
	for id, n := range left {
		if n <= 0 {
			delete(left, id)
		}
	}
	return left, nil
}

// whyNot says why nothing of a parcel can be sent.
func whyNot(parts []sendable) string {
	for _, s := range parts {
		if slices.Contains(s.actions, "REQUEST_FULFILLMENT") || slices.Contains(s.actions, "REQUEST_CANCELLATION") {
			return "the goods are with the fulfilment service " + s.name + ", which tells the store of its parcels itself"
		}
		if slices.Contains(s.actions, "RELEASE_HOLD") {
			return "the store holds these goods back: release the hold in Shopify's admin"
		}
	}
	if len(parts) == 0 {
		return "the key sees nothing to be sent of this order: it lacks the fulfillment orders' rights, or all of it was sent"
	}
	return "nothing of what is in the parcel is left to be sent: it was sent or cancelled at the store"
}

// tracking is how a parcel is followed. Shopify makes an address only for carriers whose name it knows, letter for letter.
func tracking(p order.Parcel) map[string]any {
	out := map[string]any{}
	for k, v := range map[string]string{"company": p.Carrier, "number": p.Tracking, "url": p.URL} {
		if v != "" {
			out[k] = v
		}
	}
	return out
}

// Acts implements outbox.Actor.
func (p *Platform) Acts() map[outbox.ActKind]string {
	out := map[outbox.ActKind]string{
		outbox.ActStatus:   "Shopify has no statuses that could be set",
		outbox.ActComplete: "Shopify completes only drafts; an order is done when it is paid and sent, and can be archived",
	}
	for _, k := range outbox.ActKinds {
		out[k] += "" // the others can be done
	}
	return out
}

// Act implements outbox.Actor.
func (p *Platform) Act(ctx context.Context, externalID string, a outbox.Act) (outbox.Done, error) {
	switch a.Kind {
	case outbox.ActStatus, outbox.ActComplete:
		return outbox.Done{}, fmt.Errorf("%w: %s", outbox.ErrNotOffered, p.Acts()[a.Kind])
	case outbox.ActTracking:
		return p.retrack(ctx, externalID, a)
	case outbox.ActRequest:
		return p.request(ctx, externalID, a)
	case outbox.ActDraft:
		return p.draft(ctx, externalID, a)
	}
	var out admin.AllowedResponse
	if err := p.look(ctx, "Allowed", admin.Allowed_Operation, map[string]any{"id": gid(externalID)}, &out); err != nil {
		return outbox.Done{}, err
	}
	o := out.Order
	if o == nil {
		if a.Kind == outbox.ActDelete {
			return outbox.Done{Already: true}, nil
		}
		return outbox.Done{}, fmt.Errorf("%w: %w", outbox.ErrRejected, outbox.ErrGone)
	}
	id := map[string]any{"id": o.Id}
	switch a.Kind {
	case outbox.ActMarkPaid:
		return p.markPaid(ctx, o, a)
	case outbox.ActCancel:
		return p.cancel(ctx, o, a)
	case outbox.ActRefund:
		return p.refund(ctx, o, a)
	case outbox.ActNote:
		return p.note(ctx, o, a)
	case outbox.ActTags:
		return p.tag(ctx, o, a)
	case outbox.ActArchive:
		if o.Closed {
			return outbox.Done{Already: true}, nil
		}
		return outbox.Done{}, p.mutate(ctx, "Close", admin.Close_Operation, id, nil)
	case outbox.ActReopen:
		if !o.Closed {
			return outbox.Done{Already: true}, nil
		}
		return outbox.Done{}, p.mutate(ctx, "Open", admin.Open_Operation, id, nil)
	case outbox.ActDelete:
		if !o.Closed && o.CancelledAt == nil {
			return outbox.Done{}, outbox.Rejectedf("Shopify deletes only orders that are archived or cancelled")
		}
		return outbox.Done{}, p.mutate(ctx, "Delete", admin.Delete_Operation, id, nil)
	}
	return outbox.Done{}, fmt.Errorf("%w: Shopify cannot %q", outbox.ErrNotOffered, a.Kind)
}

// markPaid captures what was authorized, or notes that the customer paid in another way.
func (p *Platform) markPaid(ctx context.Context, o *admin.AllowedOrder, a outbox.Act) (outbox.Done, error) {
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
func (p *Platform) cancel(ctx context.Context, o *admin.AllowedOrder, a outbox.Act) (outbox.Done, error) {
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

// mark is what an act is found again by.
func mark(key string) string {
	if key == "" {
		return ""
	}
	return " [" + key + "]"
}

// uuid makes of our key one in the form that Shopify wants; the same key gives the same.
func uuid(key string) string {
	h := sha256.Sum256([]byte(key))
	h[6], h[8] = h[6]&0x0f|0x50, h[8]&0x3f|0x80
	s := hex.EncodeToString(h[:16])
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

// refund asks the store first what it would give back, and through which payments. Our key stands in the refund's note, and
// it is the request's idempotency key: the store does the same request once.
func (p *Platform) refund(ctx context.Context, o *admin.AllowedOrder, a outbox.Act) (outbox.Done, error) {
	if a.Key == "" {
		return outbox.Done{}, outbox.Rejectedf("a refund needs a key")
	}
	for _, r := range o.Refunds {
		if strings.Contains(deref(r.Note), mark(a.Key)) {
			return outbox.Done{ID: number(r.Id), Already: true}, nil
		}
	}
	lines, err := p.refundLines(ctx, o, a)
	if err != nil {
		return outbox.Done{}, err
	}
	all := len(a.Lines) == 0 && a.Amount.IsZero()
	var out admin.SuggestRefundResponse
	vars := map[string]any{"id": o.Id, "all": len(a.Lines) == 0}
	if len(lines) > 0 {
		vars["lines"] = lines
	}
	if err := p.look(ctx, "SuggestRefund", admin.SuggestRefund_Operation, vars, &out); err != nil {
		return outbox.Done{}, err
	}
	if out.Order == nil || out.Order.SuggestedRefund == nil {
		return outbox.Done{}, outbox.Rejectedf("the store says that nothing of this order can be given back")
	}
	s := out.Order.SuggestedRefund
	input := map[string]any{"orderId": o.Id, "note": strings.TrimSpace(text.Limit(a.Reason, 200) + mark(a.Key)), "notify": a.Notify}
	foreign := o.PresentmentCurrencyCode != o.CurrencyCode
	if foreign {
		input["currency"] = o.PresentmentCurrencyCode
	}
	if all {
		kind := "NO_RESTOCK"
		if a.Restock {
			kind = "RETURN"
		}
		for _, l := range s.RefundLineItems {
			item := map[string]any{"lineItemId": l.LineItem.Id, "quantity": l.Quantity, "restockType": kind}
			if l.Location != nil && a.Restock {
				item["locationId"] = l.Location.Id
			} else if a.Restock {
				item["restockType"] = "NO_RESTOCK"
			}
			lines = append(lines, item)
		}
		input["shipping"] = map[string]any{"fullRefund": true}
	}
	if len(lines) > 0 {
		input["refundLineItems"] = lines
	}
	input["transactions"], err = split(o, s, a.Amount, foreign)
	if err != nil {
		return outbox.Done{}, err
	}
	var done struct {
		Refund *struct {
			ID string `json:"id"`
		} `json:"refund"`
	}
	if err := p.mutate(ctx, "Refund", admin.Refund_Operation, map[string]any{"input": input, "key": uuid(a.Key)}, &done); err != nil {
		return outbox.Done{}, err
	}
	if done.Refund == nil {
		return outbox.Done{}, nil
	}
	return outbox.Done{ID: number(done.Refund.ID)}, nil
}

// refundLines are the lines that are taken back, with the place that they go to.
func (p *Platform) refundLines(ctx context.Context, o *admin.AllowedOrder, a outbox.Act) ([]any, error) {
	one, place := order.Units(1), ""
	if a.Restock && len(a.Lines) > 0 {
		parts, err := p.toSend(ctx, number(o.Id))
		if err != nil {
			return nil, outbox.NotSent(err)
		}
		for _, s := range parts {
			place = cmp.Or(place, s.place)
		}
		if place == "" {
			return nil, outbox.Rejectedf("the store does not say which place the goods would go back to")
		}
	}
	var out []any
	for id, q := range a.Lines {
		if q%one != 0 || q <= 0 {
			return nil, outbox.Rejectedf("Shopify counts whole pieces, not %s", q)
		}
		item := map[string]any{"lineItemId": "gid://shopify/LineItem/" + id, "quantity": int(q / one), "restockType": "NO_RESTOCK"}
		if a.Restock {
			item["restockType"], item["locationId"] = "RETURN", place
		}
		out = append(out, item)
	}
	return out, nil
}

// split gives an amount back through the payments that it came by, as far as each allows; without one, what the store
// suggests.
func split(o *admin.AllowedOrder, s *admin.SuggestRefundOrderSuggestedRefund, amount order.Money, foreign bool) ([]any, error) {
	side := func(b *admin.Both) (string, string) {
		if foreign {
			return b.PresentmentMoney.Amount, b.PresentmentMoney.CurrencyCode
		}
		return b.ShopMoney.Amount, b.ShopMoney.CurrencyCode
	}
	if foreign && !amount.IsZero() && amount.Currency != o.PresentmentCurrencyCode {
		return nil, outbox.Rejectedf("the customer paid in %s: a part of it can only be given back in that", o.PresentmentCurrencyCode)
	}
	left := amount
	var out []any
	for i := range s.SuggestedTransactions {
		t := &s.SuggestedTransactions[i]
		value, _ := side(&t.AmountSet)
		if !amount.IsZero() {
			most, currency := side(&t.AmountSet)
			if t.MaximumRefundableSet != nil {
				most, currency = side(t.MaximumRefundableSet)
			}
			m, err := order.ParseMoney(most, currency)
			if err != nil || currency != amount.Currency {
				return nil, outbox.Rejectedf("the store says amounts in %s, and not in %s", clean(currency), amount.Currency)
			}
			m.Minor = min(m.Minor, left.Minor)
			left.Minor -= m.Minor
			value = order.New(m.Minor, m.Currency).Decimal()
		}
		if strings.Trim(value, "0.") == "" {
			continue
		}
		item := map[string]any{"orderId": o.Id, "kind": "REFUND", "gateway": deref(t.Gateway), "amount": value}
		if t.ParentTransaction != nil {
			item["parentId"] = t.ParentTransaction.Id
		}
		out = append(out, item)
	}
	if !amount.IsZero() && left.Minor > 0 {
		return nil, outbox.Rejectedf("%s is %s more than can be given back", amount, left)
	}
	return out, nil
}

// noteMost is how long an order's note may be.
const noteMost = 5000

// note adds to the order's note, which is one text that others write to as well: it is read, added to and written. Shopify
// has no way to write into its timeline.
func (p *Platform) note(ctx context.Context, o *admin.AllowedOrder, a outbox.Act) (outbox.Done, error) {
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

func (p *Platform) tag(ctx context.Context, o *admin.AllowedOrder, a outbox.Act) (outbox.Done, error) {
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

// retrack puts another number on the last parcel that counts.
func (p *Platform) retrack(ctx context.Context, id string, a outbox.Act) (outbox.Done, error) {
	got, err := p.Read(ctx, id)
	if err != nil {
		return outbox.Done{}, outbox.NotSent(err)
	}
	which := ""
	for _, s := range got.Order.Fulfilments {
		if !s.Live {
			continue
		}
		if s.Tracking != "" && outbox.SameNumber(s.Tracking, a.Parcel.Tracking) {
			return outbox.Done{ID: s.ExternalID, Already: true}, nil
		}
		which = s.ExternalID
	}
	if which == "" {
		return outbox.Done{}, outbox.Rejectedf("the order has no parcel at the store yet")
	}
	return outbox.Done{ID: which}, p.mutate(ctx, "Track", admin.Track_Operation, map[string]any{
		"id": "gid://shopify/Fulfillment/" + which, "tracking": tracking(a.Parcel), "notify": a.Notify,
	}, nil)
}

// request asks the fulfilment service that has the goods to send them.
func (p *Platform) request(ctx context.Context, id string, a outbox.Act) (outbox.Done, error) {
	parts, err := p.toSend(ctx, id)
	if err != nil {
		return outbox.Done{}, outbox.NotSent(err)
	}
	asked, todo := false, parts[:0:0]
	for _, s := range parts {
		if a.Service != "" && !strings.EqualFold(s.name, a.Service) {
			continue
		}
		switch {
		case slices.Contains(s.actions, "REQUEST_FULFILLMENT"):
			todo = append(todo, s)
		case s.request == "SUBMITTED" || s.request == "ACCEPTED" || s.request == "CLOSED":
			asked = true
		}
	}
	if len(todo) == 0 {
		if asked {
			return outbox.Done{Already: true}, nil
		}
		return outbox.Done{}, outbox.Rejectedf("nothing of this order is with a fulfilment service that can be asked")
	}
	for i, s := range todo {
		vars := map[string]any{"id": s.id, "notify": a.Notify}
		if a.Text != "" {
			vars["message"] = a.Text
		}
		if err := p.mutate(ctx, "Request", admin.Request_Operation, vars, nil); err != nil {
			if i > 0 || asked {
				return outbox.Done{}, sync.Errorf(sync.Unavailable, "a part was asked for, and the rest was not: %s", said(err))
			}
			return outbox.Done{}, err
		}
	}
	return outbox.Done{Pending: "the service has not accepted it yet"}, nil
}

// draft makes a draft order, sends its invoice, or makes an order of it. A tag of ours is what it is found again by.
func (p *Platform) draft(ctx context.Context, id string, a outbox.Act) (outbox.Done, error) {
	if a.Step == "create" {
		return p.draftCreate(ctx, a)
	}
	vars := map[string]any{"id": "gid://shopify/DraftOrder/" + id}
	var out admin.DraftResponse
	if err := p.look(ctx, "Draft", admin.Draft_Operation, vars, &out); err != nil {
		return outbox.Done{}, err
	}
	d := out.DraftOrder
	switch {
	case d == nil:
		return outbox.Done{}, outbox.Rejectedf("the store has no draft %s", id)
	case a.Step == "send" && d.InvoiceSentAt != nil, a.Step == "complete" && d.Order != nil:
		done := outbox.Done{ID: id, URL: link(deref(d.InvoiceUrl)), Already: true}
		if d.Order != nil {
			done.ID = d.Order.LegacyResourceId
		}
		return done, nil
	case a.Step == "send":
		return outbox.Done{ID: id, URL: link(deref(d.InvoiceUrl))}, p.mutate(ctx, "DraftSend", admin.DraftSend_Operation, vars, nil)
	case a.Step == "complete":
		var done struct {
			Draft *struct {
				Order *struct {
					ID string `json:"legacyResourceId"`
				} `json:"order"`
			} `json:"draftOrder"`
		}
		err := p.mutate(ctx, "DraftComplete", admin.DraftComplete_Operation, vars, &done)
		if err != nil || done.Draft == nil || done.Draft.Order == nil {
			return outbox.Done{ID: id}, err
		}
		return outbox.Done{ID: done.Draft.Order.ID}, nil
	}
	return outbox.Done{}, outbox.Rejectedf("a draft is created, sent or completed, not %q", a.Step)
}

func (p *Platform) draftCreate(ctx context.Context, a outbox.Act) (outbox.Done, error) {
	if a.Draft == nil || a.Key == "" {
		return outbox.Done{}, outbox.Rejectedf("a draft needs lines and a key")
	}
	tag := "orderdeck-" + strings.ReplaceAll(uuid(a.Key), "-", "")[:16]
	var found admin.DraftsResponse
	if err := p.look(ctx, "Drafts", admin.Drafts_Operation, map[string]any{"query": "tag:'" + tag + "'"}, &found); err != nil {
		return outbox.Done{}, err
	}
	for _, d := range found.DraftOrders.Nodes {
		if slices.Contains(d.Tags, tag) {
			return outbox.Done{ID: number(d.Id), URL: link(deref(d.InvoiceUrl)), Already: true}, nil
		}
	}
	o := a.Draft
	one := order.Units(1)
	lines := make([]any, 0, len(o.Lines))
	for i := range o.Lines {
		l := &o.Lines[i]
		if l.Quantity%one != 0 {
			return outbox.Done{}, outbox.Rejectedf("Shopify counts whole pieces, not %s", l.Quantity)
		}
		price := map[string]any{"amount": l.UnitPrice.Decimal(), "currencyCode": l.UnitPrice.Currency}
		line := map[string]any{"quantity": int(l.Quantity / one)}
		if l.ProductID != "" {
			line["variantId"] = "gid://shopify/ProductVariant/" + l.ProductID
			if !l.UnitPrice.IsZero() {
				line["priceOverride"] = price
			}
		} else {
			line["title"], line["sku"], line["originalUnitPriceWithCurrency"], line["requiresShipping"] = l.Title, l.SKU, price, !l.Digital
		}
		lines = append(lines, line)
	}
	input := map[string]any{"lineItems": lines, "tags": append([]string{tag}, o.Tags...)}
	for k, v := range map[string]string{"email": o.Customer.Email, "phone": o.Customer.Phone, "note": o.CustomerNote} {
		if v != "" {
			input[k] = v
		}
	}
	if !o.Shipping.IsZero() {
		input["shippingAddress"] = sendAddress(o.Shipping)
	}
	if !o.ShippingCost.IsZero() {
		input["shippingLine"] = map[string]any{
			"title":             cmp.Or(o.ShippingMethod, "Shipping"),
			"priceWithCurrency": map[string]any{"amount": o.ShippingCost.Decimal(), "currencyCode": o.ShippingCost.Currency},
		}
	}
	var done struct {
		Draft *struct {
			ID  string `json:"id"`
			URL string `json:"invoiceUrl"`
		} `json:"draftOrder"`
	}
	if err := p.mutate(ctx, "DraftCreate", admin.DraftCreate_Operation, map[string]any{"input": input}, &done); err != nil {
		return outbox.Done{}, err
	}
	if done.Draft == nil {
		return outbox.Done{}, nil
	}
	return outbox.Done{ID: number(done.Draft.ID), URL: link(done.Draft.URL)}, nil
}

func sendAddress(a order.Address) map[string]any {
	first, last := "", a.Name
	if i := strings.LastIndexByte(a.Name, ' '); i > 0 {
		first, last = a.Name[:i], a.Name[i+1:]
	}
	out := map[string]any{}
	for k, v := range map[string]string{
		"firstName": first, "lastName": last, "company": a.Company, "address1": a.Line1, "address2": a.Line2, "city": a.City,
		"zip": a.PostalCode, "countryCode": a.Country, "phone": a.Phone,
	} {
		if v != "" {
			out[k] = v
		}
	}
	return out
}
