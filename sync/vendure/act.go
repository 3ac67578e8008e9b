package vendure

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync/outbox"
	"github.com/orderdeck/orderdeck/sync/vendure/admin"
)

var _ outbox.Actor = (*Platform)(nil)

// Acts implements outbox.Actor.
func (p *Platform) Acts() map[order.ActKind]string {
	const no = "Vendure's API has no way to "
	return map[order.ActKind]string{
		order.ActMarkPaid: "", order.ActCancel: "", order.ActRefund: "", order.ActNote: "", order.ActStatus: "", order.ActTracking: "",
		order.ActComplete: "", order.ActDraft: "",
		order.ActTags:    no + "tag an order",
		order.ActRequest: no + "ask a fulfilment service",
		order.ActArchive: no + "archive an order",
		order.ActReopen:  no + "reopen an order: Cancelled is final",
		order.ActDelete:  no + "delete an order that was placed",
	}
}

// Act implements outbox.Actor.
func (p *Platform) Act(ctx context.Context, externalID string, a order.Act) (outbox.Done, error) {
	if why, ok := p.Acts()[a.Kind]; !ok || why != "" {
		return outbox.Done{}, fmt.Errorf("%w: %s", outbox.ErrNotOffered, cmp.Or(why, string(a.Kind)))
	}
	s := p.acting()
	p.actsLock.Lock()
	defer p.actsLock.Unlock()
	if a.Kind == order.ActDraft && a.Step == "create" {
		return s.draft(ctx, a)
	}
	v, err := s.look(ctx, externalID)
	if err != nil {
		return outbox.Done{}, err
	}
	switch a.Kind {
	case order.ActMarkPaid:
		return s.markPaid(ctx, v, a)
	case order.ActCancel:
		return s.cancel(ctx, v, a)
	case order.ActRefund:
		return s.refund(ctx, v, a)
	case order.ActNote:
		return s.note(ctx, v, a)
	case order.ActStatus:
		return s.moveOrder(ctx, v, a.Status)
	case order.ActTracking:
		return s.retrack(ctx, v, a)
	case order.ActComplete:
		return s.complete(ctx, v)
	case order.ActDraft:
		return s.finish(v, a)
	}
	return outbox.Done{}, fmt.Errorf("%w: %s", outbox.ErrNotOffered, a.Kind)
}

// standing is an order as it is before something is done to it, and the shop that it is of.
type standing struct {
	admin.StandingOrder
	shop *shop
}

// look reads an order before something is done to it: its failures are those of something that has not been done.
func (p *Platform) look(ctx context.Context, id string) (*standing, error) {
	s, err := p.hello(ctx)
	if err != nil {
		return nil, outbox.NotSent(err)
	}
	var out admin.StandingResponse
	if _, err := p.call(ctx, "Standing", admin.Standing_Operation, map[string]any{"id": id}, &out); err != nil {
		return nil, outbox.NotSent(err)
	}
	switch {
	case out.Order == nil:
		return nil, fmt.Errorf("%w: %w: %s has no order with the id %s", outbox.ErrRejected, outbox.ErrGone, p.http.Host(), id)
	case out.Order.Id != id:
		return nil, outbox.NotSent(strangeOrder(out.Order.Id))
	}
	return &standing{StandingOrder: *out.Order, shop: s}, nil
}

// verdict is what came of a mutation: what was made, or why not. Members of its union that this version does not know are
// told apart by whether they have a code of an error.
type verdict struct {
	Typename  string  `json:"__typename"`
	ID        string  `json:"id,omitempty"`
	State     string  `json:"state,omitempty"`
	Reference *string `json:"transactionId,omitempty"` // of a refund; null = nobody but the merchant can send the money

	ErrorCode string `json:"errorCode,omitempty"`
	Message   string `json:"message,omitempty"`
	Move      string `json:"transitionError,omitempty"`
	Payment   string `json:"paymentErrorMessage,omitempty"`
	Most      *int64 `json:"maximumRefundable,omitempty"`
}

// do runs a mutation that has one field, "did", once, and wants a thing of a type.
func (p *Platform) do(ctx context.Context, name, query string, vars map[string]any, want string) (*verdict, error) {
	var out struct {
		Did *verdict `json:"did"`
	}
	if err := p.change(ctx, name, query, vars, &out); err != nil {
		return nil, err
	}
	if out.Did == nil || out.Did.Typename != want {
		return nil, p.no(out.Did)
	}
	return out.Did, nil
}

// marked is a text with the key of an act at its end, by which the act is found again. Where Orderdeck shows it the key is
// left out (unmarked), and it is never put where the customer sees it.
func marked(text, key string) string { return strings.TrimSpace(text + " " + mark(key)) }

func mark(key string) string { return markBegin + key + "]" }

const markBegin = "[orderdeck "

// unmarked is a text without the key at its end.
func unmarked(text string) string {
	if i := strings.LastIndex(text, markBegin); i >= 0 && strings.HasSuffix(text, "]") {
		return strings.TrimSpace(text[:i])
	}
	return text
}

// entry finds the newest entry of a kind in the history that fits, of the newest notes and cancellations, as many as the store lists at once.
func (v *standing) entry(kind string, fits func(d historyData, public bool) bool) (id string, d historyData, ok bool) {
	for _, h := range v.History.Items {
		d = historyData{}
		if h.Type == kind && json.Unmarshal(h.Data, &d) == nil && fits(d, h.IsPublic) {
			return h.Id, d, true
		}
	}
	return "", historyData{}, false
}

// left is how many pieces of an order are not cancelled.
func (v *standing) left() (n int) {
	for _, l := range v.Lines {
		n += l.Quantity
	}
	return n
}

// cancel cancels an order, or pieces of it. What was taken for it is not given back: that is a refund.
func (p *Platform) cancel(ctx context.Context, v *standing, a order.Act) (outbox.Done, error) {
	if v.State == "Cancelled" {
		return p.release(ctx, v, outbox.Done{Already: true})
	}
	input := admin.CancelOrderInput{OrderId: v.Id, CancelShipping: new(bool)}
	lines, err := v.pieces(a.Lines)
	if err != nil {
		return outbox.Done{}, err
	}
	whole := len(a.Lines) == 0
	if !whole {
		if a.Key == "" {
			return outbox.Done{}, outbox.Rejectedf("cancelling pieces needs a key by which it is found again")
		}
		if id, _, ok := v.entry("ORDER_CANCELLATION", func(d historyData, _ bool) bool { return strings.HasSuffix(d.Reason, mark(a.Key)) }); ok {
			return outbox.Done{ID: id, Already: true}, nil
		}
		n := 0
		for _, l := range lines {
			n += l.Quantity
			if i := v.line(l.OrderLineId); l.Quantity > v.Lines[i].Quantity {
				return outbox.Done{}, outbox.Rejectedf("of line %s only %d are left to be cancelled, not %d", l.OrderLineId, v.Lines[i].Quantity, l.Quantity)
			}
		}
		input.Lines, whole = lines, n == v.left()
	}
	if v.left() == 0 && v.State != "ArrangingPayment" && v.State != "AddingItems" { // an empty draft, or pieces cancelled one by one
		return p.moveOrder(ctx, v, "Cancelled")
	}
	reason := marked(a.Reason, a.Key)
	*input.CancelShipping, input.Reason = whole, &reason
	vars := map[string]any{"input": input}
	if input.Lines == nil { // an empty list would be no lines, and nothing to be cancelled
		vars["input"] = map[string]any{"orderId": v.Id, "cancelShipping": true, "reason": reason}
	}
	if _, err := p.do(ctx, "CancelOrder", admin.CancelOrder_Operation, vars, "Order"); err != nil {
		return outbox.Done{}, err
	}
	if !whole {
		return outbox.Done{}, nil
	}
	return p.release(ctx, v, outbox.Done{})
}

// release gives the authorizations of a cancelled order back, so that the customer's money is not held for nothing.
func (p *Platform) release(ctx context.Context, v *standing, d outbox.Done) (outbox.Done, error) {
	for _, pay := range v.Payments {
		if pay.State != "Authorized" {
			continue
		}
		if _, err := p.do(ctx, "CancelPayment", admin.CancelPayment_Operation, map[string]any{"id": pay.Id}, "Payment"); err != nil {
			return outbox.Done{}, fmt.Errorf("the order is cancelled, but the payment that was authorized for it is not given back: %s", said(err))
		}
		d.Already = false
	}
	return d, nil
}

func (v *standing) line(id string) int {
	return slices.IndexFunc(v.Lines, func(l admin.StandingOrderLinesOrderLine) bool { return l.Id == id })
}

// pieces are lines of an act in Vendure's words, in the order of their ids.
func (v *standing) pieces(want map[string]order.Quantity) ([]admin.OrderLineInput, error) {
	one := order.Units(1)
	out := make([]admin.OrderLineInput, 0, len(want))
	for id, q := range want {
		switch {
		case v.line(id) < 0:
			return nil, outbox.Rejectedf("the order has no line %s", id)
		case q <= 0 || q%one != 0:
			return nil, outbox.Rejectedf("Vendure counts whole pieces, not %s", q)
		}
		out = append(out, admin.OrderLineInput{OrderLineId: id, Quantity: int(q / one)})
	}
	slices.SortFunc(out, func(x, y admin.OrderLineInput) int { return compareIDs(x.OrderLineId, y.OrderLineId) })
	return out, nil
}

// note writes a note. One for staff ends with the key; one that the customer sees is found again by its text, so that the
// same words to the customer are said once.
func (p *Platform) note(ctx context.Context, v *standing, a order.Act) (outbox.Done, error) {
	text := strings.TrimSpace(a.Text)
	if text == "" || a.Key == "" {
		return outbox.Done{}, outbox.Rejectedf("a note needs a text and a key")
	}
	id, _, there := v.entry("ORDER_NOTE", func(d historyData, public bool) bool {
		if a.Public {
			return public && strings.TrimSpace(d.Note) == text
		}
		return !public && strings.HasSuffix(d.Note, mark(a.Key))
	})
	if there {
		return outbox.Done{ID: id, Already: true}, nil
	}
	if !a.Public {
		text = marked(text, a.Key)
	}
	return outbox.Done{}, p.write(ctx, v.Id, text, a.Public)
}

func (p *Platform) write(ctx context.Context, id, text string, public bool) error {
	input := admin.AddNoteToOrderInput{Id: id, Note: text, IsPublic: public}
	_, err := p.do(ctx, "AddNote", admin.AddNote_Operation, map[string]any{"input": input}, "Order")
	return err
}

// moveOrder moves an order to a state, of those that it may be in next.
func (p *Platform) moveOrder(ctx context.Context, v *standing, state string) (outbox.Done, error) {
	switch {
	case state == "":
		return outbox.Done{}, outbox.Rejectedf("it is not said which state the order is to have")
	case v.State == state:
		return outbox.Done{Already: true}, nil
	case state == "Cancelled" && v.left() > 0:
		return outbox.Done{}, outbox.Rejectedf("an order becomes Cancelled by being cancelled, not by its state")
	case !slices.Contains(v.NextStates, state):
		next := clean(strings.Join(v.NextStates, ", "))
		return outbox.Done{}, outbox.Rejectedf("the order is %s; from there it can become %s, not %s", clean(v.State), cmp.Or(next, "nothing else"), clean(state))
	}
	_, err := p.do(ctx, "MoveOrder", admin.MoveOrder_Operation, map[string]any{"id": v.Id, "state": state}, "Order")
	return outbox.Done{}, err
}
