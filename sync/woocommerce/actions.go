package woocommerce

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"maps"
	"math/big"
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
func (p *Platform) Acts() map[outbox.ActKind]string {
	return map[outbox.ActKind]string{
		outbox.ActMarkPaid: "", outbox.ActCancel: "", outbox.ActRefund: "", outbox.ActNote: "", outbox.ActStatus: "", outbox.ActTracking: "",
		outbox.ActReopen: "", outbox.ActComplete: "", outbox.ActDelete: "", outbox.ActDraft: "",
		outbox.ActTags:    "WooCommerce has no tags on orders",
		outbox.ActRequest: "WooCommerce has no fulfilment services to ask",
		outbox.ActArchive: "WooCommerce has no archive: complete the order, or throw it away",
	}
}

// Act implements outbox.Actor. Acts run one after the other: some read a list, and write it with one more in it.
func (p *Platform) Act(ctx context.Context, externalID string, a outbox.Act) (outbox.Done, error) {
	if why := p.Acts()[a.Kind]; why != "" {
		return outbox.Done{}, fmt.Errorf("%w: %s", outbox.ErrNotOffered, why)
	}
	p.acts.Lock()
	defer p.acts.Unlock()
	if a.Kind == outbox.ActDraft && a.Step == "create" {
		return p.draft(ctx, a)
	}
	n, err := p.look(ctx, externalID)
	if a.Kind == outbox.ActDelete && errors.Is(err, outbox.ErrGone) {
		return outbox.Done{Already: true}, nil
	}
	if err != nil {
		return outbox.Done{}, err
	}
	switch a.Kind {
	case outbox.ActMarkPaid:
		return p.markPaid(ctx, n, a)
	case outbox.ActCancel:
		if len(a.Lines) > 0 {
			return outbox.Done{}, fmt.Errorf("%w: WooCommerce cancels whole orders only; refund the lines", outbox.ErrNotOffered)
		}
		return p.setStatus(ctx, n, statusCancelled) // the stock comes back by itself, and no money moves
	case outbox.ActComplete:
		return p.setStatus(ctx, n, statusCompleted)
	case outbox.ActReopen:
		return p.reopen(ctx, n)
	case outbox.ActStatus:
		return p.anyStatus(ctx, n, a.Status)
	case outbox.ActRefund:
		return p.refund(ctx, n, a)
	case outbox.ActNote:
		return p.note(ctx, n, a.Key, a.Text, a.Public)
	case outbox.ActTracking:
		return p.retrack(ctx, n, a)
	case outbox.ActDelete:
		return p.trash(ctx, n)
	case outbox.ActDraft:
		switch a.Step {
		case "send":
			return p.sendDraft(ctx, n, a)
		case "complete":
			return p.markPaid(ctx, n, outbox.Act{Kind: outbox.ActMarkPaid, Key: a.Key})
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
func (p *Platform) markPaid(ctx context.Context, n *sight, a outbox.Act) (outbox.Done, error) {
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

// byHand are the payment methods of core that nobody can be asked to give money back by.
var byHand = []string{"", "bacs", "cheque", "cod"}

// refund gives money back. The mark stands in the reason, since that is written together with the refund; what else could
// carry it is written after.
func (p *Platform) refund(ctx context.Context, n *sight, a outbox.Act) (outbox.Done, error) {
	found, err := p.refunded(ctx, n, a.Key)
	if err != nil {
		return outbox.Done{}, outbox.NotSent(err)
	}
	if found != "" {
		return outbox.Done{ID: found, Already: true}, nil
	}
	body, err := p.refundBody(n, a)
	if err != nil {
		return outbox.Done{}, err
	}
	var made struct {
		ID loose `json:"id"`
	}
	err = p.once(ctx, n, "refund "+a.Key, n.path("refunds"), nil, body, &made)
	done := outbox.Done{ID: string(made.ID)}
	if body["api_refund"] == false {
		done.Pending = "the store has written it down; the money goes back by hand"
	}
	var o *httpx.OverloadError
	if !errors.As(err, &o) {
		return done, err
	}
	// Whatever is wrong with a refund is answered with 500. What the store says in its own words is believed when a look
	// shows no refund: something behind it may have failed after the money went.
	c, ok := complain(o.Answer.Body)
	if !ok || !strings.Contains(string(c.Code), "refund") && c.Code != "woocommerce_rest_invalid_order_id" {
		return done, err
	}
	found, bad := p.refunded(ctx, n, a.Key)
	switch {
	case bad != nil:
		return done, err
	case found != "":
		done.ID = found
		return done, nil
	}
	delete(p.unsure, "refund "+a.Key)
	return outbox.Done{}, outbox.Rejectedf("%s says: “%s”", p.http.Host(), p.words(o.Answer))
}

// refunded finds the refund that was made for a key.
func (p *Platform) refunded(ctx context.Context, n *sight, key string) (id string, err error) {
	all, err := p.refunds(ctx, n.id, n.s)
	if err != nil {
		return "", err
	}
	for i := range all {
		if strings.Contains(string(all[i].Reason), mark(key)) {
			return string(all[i].ID), nil
		}
	}
	return "", nil
}

// refundBody says what goes back. The amount is a text with a dot and the currency's decimals: a comma would be dropped,
// and a hundred times as much go back.
func (p *Platform) refundBody(n *sight, a outbox.Act) (map[string]any, error) {
	left, err := n.o.Total.Sub(n.o.Refunded)
	if err != nil {
		return nil, outbox.Rejectedf("%s", err)
	}
	want := maps.Clone(a.Lines)
	if len(want) == 0 && a.Restock && a.Amount.Minor == 0 {
		want = map[string]order.Quantity{}
		for i := range n.o.Lines {
			if l := &n.o.Lines[i]; l.Open() > 0 {
				want[l.ExternalID] = l.Open()
			}
		}
	}
	items, sum, err := n.refundLines(want)
	if err != nil {
		return nil, err
	}
	amount := a.Amount
	switch {
	case amount.Minor == 0 && len(a.Lines) > 0:
		amount = sum
	case amount.Minor == 0:
		amount = left
	}
	switch {
	case amount.Currency != n.o.Currency:
		return nil, outbox.Rejectedf("the order is in %s, not in %s", n.o.Currency, amount.Currency)
	case amount.Minor <= 0:
		return nil, outbox.Rejectedf("there is nothing to give back")
	case amount.Minor > left.Minor:
		return nil, outbox.Rejectedf("%s is more than the %s that are left of the order", amount, left)
	}
	body := map[string]any{
		"amount": amount.Decimal(), "reason": strings.TrimSpace(a.Reason + " [" + mark(a.Key) + "]"),
		"api_refund": !slices.Contains(byHand, string(n.v.Method)), "api_restock": a.Restock,
	}
	if len(items) > 0 {
		body["line_items"] = items
	}
	return body, nil
}

// refundLines says what of which line goes back, with its tax, and what that comes to.
func (n *sight) refundLines(want map[string]order.Quantity) (items []map[string]any, sum order.Money, err error) {
	sum = order.New(0, n.o.Currency)
	m := normalizer{currency: n.o.Currency}
	for _, id := range slices.Sorted(maps.Keys(want)) {
		i := slices.IndexFunc(n.v.Lines, func(l line) bool { return string(l.ID) == id })
		if i < 0 {
			return nil, sum, outbox.Rejectedf("the order has no line %s", id)
		}
		v, q := &n.v.Lines[i], want[id]
		if q <= 0 || q > n.o.Lines[i].Open() {
			return nil, sum, outbox.Rejectedf("of line %s (%s) there are %s left, not %s", id, n.o.Lines[i].Title, n.o.Lines[i].Open(), q)
		}
		part := func(l loose) order.Money {
			r, ok := rational(l)
			if !ok {
				r = new(big.Rat)
			}
			out := m.ratio(r.Mul(r, big.NewRat(int64(q), int64(n.o.Lines[i].Quantity))))
			out.Exact = ""
			return out
		}
		goods := part(v.Total)
		item := map[string]any{"id": number64(id), "quantity": json.Number(q.String()), "refund_total": json.Number(goods.Decimal())}
		sum.Minor += goods.Minor
		if len(v.Taxes) > 0 {
			var back []map[string]any
			for _, t := range v.Taxes {
				tax := part(t.Total)
				sum.Minor += tax.Minor
				back = append(back, map[string]any{"id": number64(string(t.ID)), "refund_total": json.Number(tax.Decimal())})
			}
			item["refund_tax"] = back
		}
		items = append(items, item)
	}
	return items, sum, nil
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

// draft makes an order that waits for its payment; the address to pay at is what the customer is sent.
func (p *Platform) draft(ctx context.Context, a outbox.Act) (outbox.Done, error) {
	if a.Draft == nil {
		return outbox.Done{}, outbox.Rejectedf("there is no draft")
	}
	s, err := p.hello(ctx)
	if err != nil {
		return outbox.Done{}, outbox.NotSent(err)
	}
	n := &sight{s: s}
	var newest list[fields]
	_, err = p.get(ctx, s, "orders", url.Values{
		"status": {"any"}, "orderby": {"id"}, "order": {"desc"}, "per_page": {strconv.Itoa(pageSize)}, "_fields": {"id,meta_data,payment_url"},
	}, &newest)
	if err != nil {
		return outbox.Done{}, outbox.NotSent(err)
	}
	for i := range newest {
		if v := &newest[i]; a.Key != "" && v.word(metaKey) == a.Key {
			return outbox.Done{ID: string(v.ID), URL: link(v.PaymentURL), Already: true}, nil
		}
	}
	made := &fields{}
	if err := p.once(ctx, n, "draft "+a.Key, "wc/v3/orders", nil, draftBody(a), made); err != nil {
		return outbox.Done{}, err
	}
	done := outbox.Done{ID: string(made.ID), URL: link(made.PaymentURL)}
	for i := range made.Lines { // an unknown product makes an empty line
		if l := &made.Lines[i]; l.Name == "" && (l.Product == "0" || l.Product == "") && l.SKU == "" {
			done.Pending = "the store does not know one of its products: look at the order there"
		}
	}
	return done, nil
}

func draftBody(a outbox.Act) map[string]any {
	d := a.Draft
	lines, fees := []map[string]any{}, []map[string]any{}
	for i := range d.Lines {
		l := &d.Lines[i]
		before, err := l.UnitPrice.Times(l.Quantity)
		if err != nil {
			before = l.Total
		}
		total := order.New(before.Minor-l.Discount.Minor, before.Currency)
		if id := number64(l.ProductID); id > 0 {
			lines = append(lines, map[string]any{
				"product_id": id, "quantity": json.Number(l.Quantity.String()), "subtotal": before.Decimal(), "total": total.Decimal(),
			})
			continue
		}
		fees = append(fees, map[string]any{"name": strings.TrimSpace(l.Quantity.String() + " × " + l.Title), "total": total.Decimal()})
	}
	for _, adj := range d.Adjustments {
		fees = append(fees, map[string]any{"name": adj.Title, "total": adj.Amount.Decimal()})
	}
	if d.Discount.Minor > 0 {
		fees = append(fees, map[string]any{"name": "Discount", "total": order.New(-d.Discount.Minor, d.Discount.Currency).Decimal()})
	}
	body := map[string]any{
		"status": statusPending, "set_paid": false, "line_items": lines, "fee_lines": fees, "customer_note": d.CustomerNote,
		"meta_data": []map[string]any{{"key": metaKey, "value": a.Key}}, "billing": draftAddress(d.Billing, &d.Customer),
	}
	if !d.Shipping.IsZero() {
		body["shipping"] = draftAddress(d.Shipping, nil)
	}
	if d.Currency != "" {
		body["currency"] = d.Currency
	}
	if id := number64(d.Customer.ExternalID); id > 0 {
		body["customer_id"] = id
	}
	if d.ShippingMethod != "" || d.ShippingCost.Minor != 0 {
		body["shipping_lines"] = []map[string]any{{
			"method_id": "flat_rate", "method_title": cmp.Or(d.ShippingMethod, "Shipping"), "total": d.ShippingCost.Decimal(),
		}}
	}
	return body
}

func draftAddress(a order.Address, c *order.Customer) map[string]any {
	name := a.Name
	if c != nil {
		name = cmp.Or(name, c.Name)
	}
	first, last, _ := strings.Cut(name, " ")
	out := map[string]any{
		"first_name": first, "last_name": last, "company": a.Company, "address_1": a.Line1, "address_2": a.Line2, "city": a.City,
		"state": a.Province, "postcode": a.PostalCode, "country": a.Country, "phone": a.Phone,
	}
	if c != nil {
		out["phone"] = cmp.Or(a.Phone, c.Phone)
		if c.Email != "" { // an empty one is refused
			out["email"] = c.Email
		}
	}
	return out
}

// sendDraft sends the customer where to pay, as a note to them: of the store's own mail with the order's details nobody
// can tell afterwards whether it went.
func (p *Platform) sendDraft(ctx context.Context, n *sight, a outbox.Act) (outbox.Done, error) {
	at := link(n.v.PaymentURL)
	if at == "" {
		return outbox.Done{}, outbox.Rejectedf("the store gives no address to pay the order at")
	}
	words := cmp.Or(strings.TrimSpace(a.Text), "Your order can be paid here:") + "\n" + html.UnescapeString(at)
	done, err := p.note(ctx, n, a.Key, words, true)
	done.URL = at
	return done, err
}
