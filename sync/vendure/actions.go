package vendure

import (
	"cmp"
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
	"github.com/orderdeck/orderdeck/sync/vendure/admin"
)

var _ outbox.Shop = (*Platform)(nil)

// Vendure makes a parcel in two steps: it is added to the order, where it waits, and then it is moved to Shipped, which
// is what moves the order and writes to the customer (a plugin of the store's does that; nothing here can keep it from
// doing so, or make it). A parcel has one tracking number, no carrier beside the name of the way of sending, and no
// address to follow it at; it cannot be changed afterwards.
const (
	manualHandler = "manual-fulfillment" // of stock Vendure: takes the name of the way of sending and the tracking number
	stateShipped  = "Shipped"
	stateDone     = "Delivered"
	stateOff      = "Cancelled"
)

// acting is the part of a Platform that reads single orders and changes them. It has a session of its own, so that it
// may work while a pull is on.
func (p *Platform) acting() *Platform {
	p.actsOnce.Do(func() {
		p.acts = &Platform{o: p.o, http: p.http, take: fullPage, most: fullPage, looked: map[string]bool{}}
	})
	return p.acts
}

// Read implements outbox.Shop.
func (p *Platform) Read(ctx context.Context, externalID string) (store.Pulled, error) {
	a := p.acting()
	p.actsLock.Lock()
	defer p.actsLock.Unlock()
	s, raw, err := a.one(ctx, externalID)
	if err != nil {
		return store.Pulled{}, err
	}
	return pulled(raw, s), nil
}

// one reads an order whole.
func (p *Platform) one(ctx context.Context, id string) (*shop, *rawOrder, error) {
	s, err := p.hello(ctx)
	if err != nil {
		return nil, nil, err
	}
	orders, err := p.byID(ctx, s, []string{id})
	if err != nil {
		return nil, nil, err
	}
	if len(orders) == 0 {
		return nil, nil, fmt.Errorf("%w: %s has no order with the id %s", outbox.ErrGone, p.http.Host(), id)
	}
	return s, &orders[0], nil
}

// Fulfil implements outbox.Shop. It looks first what of it is there already: a parcel with the same tracking number is
// not made again, and one that waits is sent on its way.
func (p *Platform) Fulfil(ctx context.Context, externalID string, doc store.TellDoc) error {
	a := p.acting()
	p.actsLock.Lock()
	defer p.actsLock.Unlock()
	_, raw, err := a.one(ctx, externalID)
	if err != nil {
		return outbox.NotSent(err)
	}
	id, state := existing(&raw.fields, doc)
	switch state {
	case stateShipped, stateDone:
		return nil
	case "":
		if id, state, err = a.add(ctx, &raw.fields, doc); err != nil {
			return err
		}
	}
	if state == stateShipped {
		return nil
	}
	return a.move(ctx, externalID, id, doc)
}

// existing finds the parcel that still counts and has the tracking number; or, where there is none, the same lines.
func existing(v *admin.OrderFields, doc store.TellDoc) (id, state string) {
	bare := strings.NewReplacer(" ", "", "-", "", ".", "").Replace
	for _, f := range v.Fulfillments {
		code := ""
		if f.TrackingCode != nil {
			code = *f.TrackingCode
		}
		if f.State == stateOff || !strings.EqualFold(bare(code), bare(doc.Parcel.Tracking)) {
			continue
		}
		if code != "" || sameLines(f.Lines, doc.Lines) {
			return f.Id, f.State
		}
	}
	return "", ""
}

func sameLines(have []admin.OrderFieldsFulfillmentsFulfillmentLinesFulfillmentLine, want []order.ShipmentLine) bool {
	left := map[string]order.Quantity{}
	for _, l := range have {
		left[l.OrderLineId] += order.Units(int64(l.Quantity))
	}
	for _, l := range want {
		left[l.LineID] -= l.Quantity
	}
	for _, n := range left {
		if n != 0 {
			return false
		}
	}
	return len(have) > 0
}

// add makes a parcel that waits.
func (p *Platform) add(ctx context.Context, v *admin.OrderFields, doc store.TellDoc) (id, state string, err error) {
	input := admin.FulfillOrderInput{Handler: byHand(doc.Parcel)}
	if input.Lines, err = parcelLines(v, doc.Lines); err != nil {
		return "", "", outbox.Rejected(err)
	}
	return p.make(ctx, input)
}

// byHand is how a parcel is made that the store does not send itself.
func byHand(parcel order.Parcel) admin.ConfigurableOperationInput {
	return admin.ConfigurableOperationInput{Code: manualHandler, Arguments: []admin.ConfigArgInput{
		{Name: "method", Value: cmp.Or(parcel.Carrier, "Parcel")}, {Name: "trackingCode", Value: parcel.Tracking},
	}}
}

func (p *Platform) make(ctx context.Context, input admin.FulfillOrderInput) (id, state string, err error) {
	var out admin.AddFulfillmentResponse
	if err := p.change(ctx, "AddFulfillment", admin.AddFulfillment_Operation, map[string]any{"input": input}, &out); err != nil {
		return "", "", err
	}
	if made, ok := out.AddFulfillmentToOrder.(*admin.AddFulfillmentAddFulfillmentToOrderFulfillment); ok {
		return made.Id, made.State, nil
	}
	return "", "", p.no(out.AddFulfillmentToOrder)
}

// parcelLines are the lines of a parcel that can still be sent: what was cancelled at the store since is left out.
// Without lines it is everything.
func parcelLines(v *admin.OrderFields, want []order.ShipmentLine) ([]admin.OrderLineInput, error) {
	one := order.Units(1)
	var out []admin.OrderLineInput
	for _, w := range want {
		i := slices.IndexFunc(v.Lines, func(l admin.OrderFieldsLinesOrderLine) bool { return l.Id == w.LineID })
		if i < 0 {
			return nil, fmt.Errorf("the order has no line %s any more", w.LineID)
		}
		if w.Quantity%one != 0 {
			return nil, fmt.Errorf("Vendure counts whole pieces, not %s", w.Quantity)
		}
		if n := min(int(w.Quantity/one), v.Lines[i].Quantity); n > 0 {
			out = append(out, admin.OrderLineInput{OrderLineId: w.LineID, Quantity: n})
		}
	}
	if len(want) == 0 {
		sent := map[string]int{}
		for _, f := range v.Fulfillments {
			for _, l := range f.Lines {
				if f.State != stateOff {
					sent[l.OrderLineId] += l.Quantity
				}
			}
		}
		for _, l := range v.Lines {
			if n := l.Quantity - sent[l.Id]; n > 0 {
				out = append(out, admin.OrderLineInput{OrderLineId: l.Id, Quantity: n})
			}
		}
	}
	if len(out) == 0 {
		return nil, errors.New("nothing of what is in the parcel is left to be sent: it was cancelled at the store, or is in another parcel")
	}
	return out, nil
}

// move sends a parcel on its way. It is in the store by now, so that a refusal is believed only when a look shows the
// parcel still waiting.
func (p *Platform) move(ctx context.Context, orderID, id string, doc store.TellDoc) error {
	var out admin.MoveFulfillmentResponse
	err := p.change(ctx, "MoveFulfillment", admin.MoveFulfillment_Operation, map[string]any{"id": id, "state": stateShipped}, &out)
	if err != nil {
		return err
	}
	if _, ok := out.TransitionFulfillmentToState.(*admin.MoveFulfillmentTransitionFulfillmentToStateFulfillment); ok {
		return nil
	}
	refused := p.no(out.TransitionFulfillmentToState)
	_, raw, err := p.one(ctx, orderID)
	if err != nil {
		return sync.Errorf(sync.Unavailable, "%s; and the order could not be read again: %s", said(refused), said(err))
	}
	if _, state := existing(&raw.fields, doc); state == stateShipped || state == stateDone {
		return nil
	}
	return refused
}

// change runs one operation that changes something, once, and says of every failure whether it may have happened: only
// what the store's own words refuse, and what never left, certainly did not.
func (p *Platform) change(ctx context.Context, name, query string, vars, out any) error {
	if p.o.Key == "" && p.session == nil {
		if err := p.login(ctx); err != nil {
			return outbox.NotSent(err)
		}
	}
	_, err := p.send(ctx, name, query, vars, p.session, out)
	var e *sync.Error
	switch {
	case err == nil:
		return nil
	case errors.Is(err, httpx.ErrNotSent):
		return outbox.NotSent(err)
	case errors.As(err, &e) && e.Kind == sync.Auth && errors.Is(err, errAnswered):
		p.session = nil // if it has run out, the next time has a new one
		return fmt.Errorf("%w: %s. The role of the key needs the permission %s", outbox.ErrRejected, e.Text, rightFor(name))
	case errors.Is(err, errAnswered):
		return outbox.Rejected(err)
	}
	return err
}

// no makes an error of the member of a union that says why something was not done.
func (p *Platform) no(result any) error {
	var why struct {
		ErrorCode string `json:"errorCode"`
		Message   string `json:"message"`
		Handler   string `json:"fulfillmentHandlerError"`
		Move      string `json:"transitionError"`
		Payment   string `json:"paymentErrorMessage"`
		Most      *int64 `json:"maximumRefundable"`
	}
	data, err := json.Marshal(result)
	if err == nil {
		err = json.Unmarshal(data, &why)
	}
	if err != nil || why.ErrorCode == "" {
		return &sync.Error{Kind: sync.BadAnswer, Text: p.http.Host() + " sent an answer that is neither a yes nor a no", Err: err}
	}
	words := cmp.Or(why.Move, why.Handler, why.Payment)
	if words == "" && !strings.HasPrefix(why.Message, "errorResult.") { // else a text that the store has not translated
		words = why.Message
	}
	words = text.Limit(text.Clean(p.http.Redact(cmp.Or(words, why.ErrorCode))), 300)
	switch why.ErrorCode {
	case "INVALID_FULFILLMENT_HANDLER_ERROR":
		return fmt.Errorf("%w: the store has no way to fulfil orders by hand (the handler %s is not in its Vendure config)", outbox.ErrNotOffered, manualHandler)
	case "ITEMS_ALREADY_FULFILLED_ERROR":
		words += ". Something of this parcel is in another one at the store already"
	case "SETTLE_PAYMENT_ERROR", "PAYMENT_DECLINED_ERROR":
		return fmt.Errorf("%w: %s says: “%s”", outbox.ErrDeclined, p.http.Host(), words)
	case "REFUND_AMOUNT_ERROR":
		if why.Most != nil {
			words += fmt.Sprintf(" (%d at most, in its smallest units)", *why.Most)
		}
	case "INSUFFICIENT_STOCK_ON_HAND_ERROR":
		words += ". The store's own stock does not do: turn stock tracking off for what a supplier sends"
	}
	return fmt.Errorf("%w: %s says: “%s”", outbox.ErrRejected, p.http.Host(), words)
}
