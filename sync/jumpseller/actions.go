package jumpseller

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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

// mutate makes a request that changes something, and says of its failure whether it may have happened: only what the store
// itself refuses certainly did not; a web page may come from something in between, after it was done.
func (p *Platform) mutate(ctx context.Context, method, path string, body, out any) error {
	a, err := p.call(ctx, method, path, nil, body, out)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, httpx.ErrNotSent):
		return outbox.NotSent(err)
	case a != nil && a.Status/100 == 4 && sync.KindOf(err) != sync.RateLimited:
		return outbox.Rejected(err)
	}
	return err
}

// settle is how long a store may go on with a request whose answer was lost. Only then does what is missing count as not
// done.
const settle = 2 * time.Minute

// once makes a request that would make a second thing if it were made twice. Whoever calls has looked, and it is not there:
// that counts only when no answer has been lost a short while ago.
func (p *Platform) once(ctx context.Context, key, path string, body, out any) error {
	if left := settle - p.o.Clock().Sub(p.unsure[key]); left > 0 && left <= settle {
		return outbox.NotSent(&sync.Error{
			Kind: sync.Unavailable, RetryAfter: left,
			Text: fmt.Sprintf("%s may still be at it: the answer was lost, and it is looked again in %s", p.http.Host(), left.Round(time.Second)),
		})
	}
	err := p.mutate(ctx, http.MethodPost, path, body, out)
	delete(p.unsure, key)
	if err != nil && !errors.Is(err, outbox.ErrRejected) && !errors.Is(err, outbox.ErrNotSent) {
		p.unsure[key] = p.o.Clock()
	}
	return err
}

// fulfilment is one of an order's.
type fulfilment struct {
	ID       loose `json:"id"`
	Tracking loose `json:"tracking_number"`
}

// fulfilments lists those of an order.
func (p *Platform) fulfilments(ctx context.Context, id string) (out []fulfilment, err error) {
	var all []map[string]fulfilment
	if _, err := p.get(ctx, "order/"+url.PathEscape(id)+"/fulfillments.json", nil, &all); err != nil {
		return nil, err
	}
	for _, w := range all {
		for _, f := range w { // wrapped as "fulfillment" or as "order_fulfillment"
			out = append(out, f)
		}
	}
	return out, nil
}

// Fulfil implements outbox.Shop. A fulfilment there is for the whole order and needs the place that the goods leave from.
func (p *Platform) Fulfil(ctx context.Context, externalID string, doc store.TellDoc) error {
	p.acts.Lock()
	defer p.acts.Unlock()
	got, err := p.Read(ctx, externalID)
	if err != nil {
		return outbox.NotSent(err)
	}
	if !whole(&got.Order, doc.Lines) {
		return fmt.Errorf("%w: Jumpseller can only be told that a whole order has left, and this parcel is a part of it", outbox.ErrNotOffered)
	}
	all, err := p.fulfilments(ctx, externalID)
	if err != nil {
		return outbox.NotSent(err)
	}
	for _, f := range all {
		switch {
		case outbox.SameNumber(string(f.Tracking), doc.Parcel.Tracking):
			return nil
		case clean(f.Tracking) == "": // somebody has made it in the admin already, and it waits for its number
			return p.renumber(ctx, externalID, string(f.ID), doc.Parcel)
		}
	}
	from, err := p.location(ctx)
	if err != nil {
		return outbox.NotSent(err)
	}
	f := tracking(externalID, doc.Parcel)
	f["type"], f["location_id"], f["send_email"] = "manual", from, doc.Notify
	return p.once(ctx, "parcel "+externalID+" "+doc.Parcel.Tracking, "fulfillments.json", map[string]any{"fulfillment": f}, nil)
}

// tracking is what a fulfilment says of its parcel. An address counts only of a carrier that Jumpseller does not know; the
// name of such a one has no place but the observations.
func tracking(orderID string, parcel order.Parcel) map[string]any {
	f := map[string]any{"order_id": orderID, "tracking_number": parcel.Tracking, "tracking_company": carrier(parcel.Carrier)}
	if parcel.URL != "" {
		f["tracking_company"], f["tracking_url"] = "other", parcel.URL
	}
	if name := strings.TrimSpace(parcel.Carrier); name != "" && f["tracking_company"] == "other" {
		f["observations"] = name
	}
	return f
}

// renumber gives a fulfilment another number.
func (p *Platform) renumber(ctx context.Context, orderID, id string, parcel order.Parcel) error {
	return p.mutate(ctx, http.MethodPut, "fulfillments/"+url.PathEscape(id)+".json", map[string]any{"fulfillment": tracking(orderID, parcel)}, nil)
}

// carriers are those that Jumpseller makes an address for.
var carriers = []string{
	"shipit", "chilexpress", "ctt", "dpd", "mrw", "correos_chile", "dhl", "servientrega", "starken", "bluexpress", "correos_express",
}

func carrier(name string) string {
	n := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(name)), " ", "_")
	if slices.Contains(carriers, n) {
		return n
	}
	return "other"
}

// whole tells whether a parcel has all that is still to be delivered.
func whole(o *order.Order, lines []order.ShipmentLine) bool {
	left := map[string]order.Quantity{}
	for i := range o.Lines {
		left[o.Lines[i].ExternalID] += o.Lines[i].Open()
	}
	for _, l := range lines {
		left[l.LineID] -= l.Quantity
	}
	for _, q := range left {
		if q > 0 {
			return false
		}
	}
	return true
}

// location is the place that goods leave from: the main one.
func (p *Platform) location(ctx context.Context) (string, error) {
	var all []struct {
		Location *struct {
			ID   loose `json:"id"`
			Main bool  `json:"main"`
		} `json:"location"`
		ID   loose `json:"id"`
		Main bool  `json:"main"`
	}
	if _, err := p.get(ctx, "locations.json", nil, &all); err != nil {
		return "", err
	}
	first := ""
	for _, l := range all {
		id, main := l.ID, l.Main
		if l.Location != nil {
			id, main = l.Location.ID, l.Location.Main
		}
		if main {
			return string(id), nil
		}
		if first == "" {
			first = string(id)
		}
	}
	if first == "" {
		return "", sync.Errorf(sync.Refused, "%s has no place that goods leave from: add one in Jumpseller's admin", p.http.Host())
	}
	return first, nil
}

// Acts implements outbox.Actor.
func (p *Platform) Acts() map[order.ActKind]string {
	const no = "Jumpseller's API has no way to "
	return map[order.ActKind]string{
		order.ActMarkPaid: "", order.ActCancel: "", order.ActNote: "", order.ActStatus: "", order.ActTracking: "", order.ActDraft: "",
		order.ActRefund:   no + "give money back: do it at the payment provider",
		order.ActTags:     no + "tag an order",
		order.ActRequest:  no + "ask a fulfilment service",
		order.ActArchive:  no + "archive an order",
		order.ActReopen:   no + "reopen an order",
		order.ActComplete: no + "complete an order but by sending it",
		order.ActDelete:   no + "delete an order",
	}
}

// statuses are those that an order's shipment can be set to.
var statuses = []string{"requested", "in_transit", "delivered", "failed", "pickup_available"}

// Act implements outbox.Actor.
func (p *Platform) Act(ctx context.Context, externalID string, a order.Act) (outbox.Done, error) {
	p.acts.Lock()
	defer p.acts.Unlock()
	switch a.Kind {
	case order.ActMarkPaid:
		return p.markPaid(ctx, externalID)
	case order.ActCancel:
		if len(a.Lines) > 0 {
			return outbox.Done{}, fmt.Errorf("%w: Jumpseller cancels whole orders only", outbox.ErrNotOffered)
		}
		// What becomes of the stock is the store's affair: there is no word for it.
		return p.set(ctx, externalID, "status", "Canceled", func(v *fields, o *order.Order) bool { return o.Lifecycle == order.LifecycleCancelled })
	case order.ActStatus:
		if !slices.Contains(statuses, a.Status) {
			return outbox.Done{}, fmt.Errorf("%w: a shipment there is %s, not %q", outbox.ErrRejected, strings.Join(statuses, ", "), a.Status)
		}
		return p.set(ctx, externalID, "shipment_status", a.Status, func(v *fields, _ *order.Order) bool { return string(v.Shipment) == a.Status })
	case order.ActTracking:
		return p.track(ctx, externalID, a.Parcel)
	case order.ActNote:
		return p.note(ctx, externalID, a)
	case order.ActDraft:
		return p.draft(ctx, externalID, a)
	}
	return outbox.Done{}, fmt.Errorf("%w: %s", outbox.ErrNotOffered, p.Acts()[a.Kind])
}

func (p *Platform) markPaid(ctx context.Context, id string) (outbox.Done, error) {
	return p.set(ctx, id, "status", "Paid", func(_ *fields, o *order.Order) bool { return o.CustomerPayment == order.PaymentPaid })
}

// look reads an order before something is done to it.
func (p *Platform) look(ctx context.Context, id string) (*shop, *fields, *order.Order, error) {
	got, err := p.Read(ctx, id)
	if errors.Is(err, outbox.ErrGone) {
		return nil, nil, nil, outbox.Rejected(err)
	}
	if err != nil {
		return nil, nil, nil, outbox.NotSent(err)
	}
	var w wrapped
	if err := json.Unmarshal(got.Raw, &w); err != nil || w.Order == nil { // it has just been read
		return nil, nil, nil, outbox.NotSent(err)
	}
	s, err := p.hello(ctx)
	if err != nil {
		return nil, nil, nil, outbox.NotSent(err)
	}
	return s, w.Order, &got.Order, nil
}

// set gives a field of an order a value, unless the order is so already: customers are written to when the status of the
// shipment changes.
func (p *Platform) set(ctx context.Context, id, field, value string, is func(*fields, *order.Order) bool) (outbox.Done, error) {
	s, v, o, err := p.look(ctx, id)
	if err != nil {
		return outbox.Done{}, err
	}
	if is(v, o) {
		return outbox.Done{Already: true}, nil
	}
	var after wrapped
	if err := p.mutate(ctx, http.MethodPut, "orders/"+url.PathEscape(id)+".json", map[string]any{"order": map[string]any{field: value}}, &after); err != nil {
		return outbox.Done{}, err
	}
	if after.Order != nil {
		if o := normalize(after.Order, s); !is(after.Order, &o) { // the case of the word is not documented; what counts is what came of it
			return outbox.Done{}, fmt.Errorf("%w: %s answered, and left the order as it was (%s)", outbox.ErrRejected, p.http.Host(), o.RawStatus)
		}
	}
	return outbox.Done{}, nil
}

// track puts another number on the fulfilment of an order.
func (p *Platform) track(ctx context.Context, id string, parcel order.Parcel) (outbox.Done, error) {
	all, err := p.fulfilments(ctx, id)
	if err != nil {
		return outbox.Done{}, outbox.NotSent(err)
	}
	which, newest := "", int64(-1)
	for _, f := range all {
		if outbox.SameNumber(string(f.Tracking), parcel.Tracking) {
			return outbox.Done{ID: string(f.ID), Already: true}, nil
		}
		if n, _ := strconv.ParseInt(string(f.ID), 10, 64); n > newest { // the order of the list is not documented
			which, newest = string(f.ID), n
		}
	}
	if which == "" {
		return outbox.Done{}, fmt.Errorf("%w: the order has no fulfilment there yet", outbox.ErrRejected)
	}
	return outbox.Done{ID: which}, p.renumber(ctx, id, which, parcel)
}

// note writes into the order's history, which only the merchant sees. The key stands at its end, so that it is found
// again.
func (p *Platform) note(ctx context.Context, id string, a order.Act) (outbox.Done, error) {
	if a.Public {
		return outbox.Done{}, fmt.Errorf("%w: Jumpseller's API has no way to write to the customer", outbox.ErrNotOffered)
	}
	path := "orders/" + url.PathEscape(id) + "/history.json"
	var all []struct {
		Entry struct {
			ID      loose `json:"id"`
			Message loose `json:"message"`
		} `json:"order_history"`
	}
	if _, err := p.get(ctx, path, nil, &all); err != nil {
		return outbox.Done{}, outbox.NotSent(err)
	}
	if strings.TrimSpace(a.Text) == "" {
		return outbox.Done{}, outbox.Rejectedf("the note is empty")
	}
	mark := " [" + a.Key + "]"
	for _, h := range all {
		if a.Key != "" && strings.HasSuffix(string(h.Entry.Message), mark) {
			return outbox.Done{ID: string(h.Entry.ID), Already: true}, nil
		}
	}
	return outbox.Done{}, p.once(ctx, "note "+a.Key, path, map[string]any{"order_history": map[string]any{"message": a.Text + mark}}, nil)
}

// number writes an id as the number that it is there, null where it is none.
func number(id string) any {
	if n, err := strconv.ParseInt(id, 10, 64); err == nil && n > 0 {
		return n
	}
	return nil
}
