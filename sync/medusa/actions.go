package medusa

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strconv"
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

// Fulfil implements outbox.Shop. Medusa makes a parcel in two steps: it is packed, and then it is shipped, with its label.
// One that was packed and has just these lines is sent on its way; so nothing is packed twice when the second step failed.
func (p *Platform) Fulfil(ctx context.Context, externalID string, doc store.TellDoc) error {
	v, err := p.look(ctx, externalID)
	if err != nil {
		return err
	}
	for i := range v.Fulfilments {
		if v.Fulfilments[i].left(doc) {
			return nil
		}
	}
	lines, err := parcelLines(v, doc.Lines)
	if err != nil {
		return err
	}
	id := ""
	for i := range v.Fulfilments {
		if f := &v.Fulfilments[i]; id == "" && f.Canceled == nil && !f.sent() && f.has(lines) {
			id = f.ID
		}
	}
	if id == "" {
		if id, err = p.pack(ctx, v, lines, doc.Notify); err != nil {
			return err
		}
	}
	body := map[string]any{"items": lines, "no_notification": !doc.Notify}
	if doc.Parcel.Tracking != "" {
		// All three are asked for; an address that there is none of is written so.
		body["labels"] = []any{map[string]string{"tracking_number": doc.Parcel.Tracking, "tracking_url": webAddress(doc.Parcel.URL), "label_url": "#"}}
	}
	return p.mutate(ctx, orderPath(externalID, "fulfillments", url.PathEscape(id), "shipments"), body, nil)
}

// left tells whether a parcel is this one, and has left already.
func (f *fulfilment) left(doc store.TellDoc) bool {
	if f.Canceled != nil || !f.sent() {
		return false
	}
	if doc.Parcel.Tracking != "" {
		return slices.ContainsFunc(f.Labels, func(l label) bool { return outbox.SameNumber(l.Number, doc.Parcel.Tracking) })
	}
	lines := make([]part, 0, len(doc.Lines))
	for _, l := range doc.Lines {
		lines = append(lines, part{l.LineID, json.Number(l.Quantity.String())})
	}
	return len(f.Labels) == 0 && len(lines) > 0 && f.has(lines)
}

func webAddress(u string) string {
	if strings.HasPrefix(u, "https://") || strings.HasPrefix(u, "http://") {
		return u
	}
	return "#"
}

// part is how much of a line is in a parcel.
type part struct {
	ID       string      `json:"id"`
	Quantity json.Number `json:"quantity"`
}

// parcelLines are the lines of a parcel; without any it is everything that is in no parcel yet.
func parcelLines(v *fields, want []order.ShipmentLine) ([]part, error) {
	var out []part
	for _, w := range want {
		if !slices.ContainsFunc(v.items(), func(l lineItem) bool { return l.ID == w.LineID }) {
			return nil, fmt.Errorf("%w: the order has no line %s any more", outbox.ErrRejected, w.LineID)
		}
		if w.Quantity > 0 {
			out = append(out, part{w.LineID, json.Number(w.Quantity.String())})
		}
	}
	if len(want) == 0 {
		left := map[string]order.Quantity{}
		for i := range v.items() {
			l := &(*v.Items)[i]
			left[l.ID] = quantity(l.Quantity)
		}
		for i := range v.Fulfilments {
			for _, it := range v.Fulfilments[i].Items {
				if v.Fulfilments[i].Canceled == nil && v.Fulfilments[i].sent() {
					left[it.Line] -= quantity(it.Quantity)
				}
			}
		}
		for i := range v.items() {
			l := &(*v.Items)[i]
			if q := left[l.ID]; q > 0 {
				out = append(out, part{l.ID, json.Number(q.String())})
			}
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%w: nothing of what is in the parcel is left to be sent", outbox.ErrRejected)
	}
	return out, nil
}

// has tells whether these and no other lines are in a parcel.
func (f *fulfilment) has(lines []part) bool {
	left := map[string]order.Quantity{}
	for _, it := range f.Items {
		left[it.Line] += quantity(it.Quantity)
	}
	for _, l := range lines {
		left[l.ID] -= quantity(l.Quantity)
	}
	for _, n := range left {
		if n != 0 {
			return false
		}
	}
	return true
}

// pack makes a parcel that waits. Where the goods leave from the store knows by the way of sending; an order that has
// none needs to be told.
func (p *Platform) pack(ctx context.Context, v *fields, lines []part, notify bool) (string, error) {
	body := map[string]any{"items": lines, "no_notification": !notify}
	if !slices.ContainsFunc(v.Methods, func(m method) bool { return m.Option != "" }) {
		from, err := p.location(ctx)
		if err != nil {
			return "", outbox.NotSent(err)
		}
		if from != "" {
			body["location_id"] = from
		}
	}
	if err := p.mutate(ctx, orderPath(v.ID, "fulfillments"), body, nil); err != nil {
		return "", err
	}
	after, err := p.whole(ctx, v.ID) // an answer to a change does not say it all
	if err != nil {
		return "", err
	}
	if after != nil {
		for i := range after.v.Fulfilments {
			if f := &after.v.Fulfilments[i]; f.Canceled == nil && !f.sent() && f.has(lines) {
				return f.ID, nil
			}
		}
	}
	return "", fmt.Errorf("%s packed the parcel and does not show it", p.http.Host())
}

// location is where goods leave from: the store's own choice, else the only place there is.
func (p *Platform) location(ctx context.Context) (string, error) {
	s, err := p.hello(ctx)
	if err != nil || s.location != "" {
		return s.location, err
	}
	var out struct {
		All []struct {
			ID string `json:"id"`
		} `json:"stock_locations"`
	}
	if _, err := p.get(ctx, "admin/stock-locations", url.Values{"limit": {"2"}, "fields": {"id"}}, &out); err != nil {
		return "", err
	}
	if len(out.All) == 0 {
		return "", nil
	}
	return out.All[0].ID, nil
}

// Acts implements outbox.Actor.
func (p *Platform) Acts() map[outbox.ActKind]string {
	const no = "Medusa's API has no way to "
	return map[outbox.ActKind]string{
		outbox.ActMarkPaid: "", outbox.ActCancel: "", outbox.ActRefund: "", outbox.ActNote: "", outbox.ActDraft: "", outbox.ActComplete: "", outbox.ActArchive: "",
		outbox.ActTags:     no + "tag an order",
		outbox.ActStatus:   no + "set a status: it follows from what is done",
		outbox.ActTracking: no + "change a parcel once it has left",
		outbox.ActRequest:  no + "ask a fulfilment service",
		outbox.ActReopen:   no + "reopen an order",
		outbox.ActDelete:   no + "delete an order",
	}
}

// Act implements outbox.Actor.
func (p *Platform) Act(ctx context.Context, externalID string, a outbox.Act) (outbox.Done, error) {
	if why, ok := p.Acts()[a.Kind]; !ok || why != "" {
		return outbox.Done{}, fmt.Errorf("%w: %s", outbox.ErrNotOffered, why)
	}
	if a.Kind == outbox.ActDraft && a.Step == "create" {
		return p.draft(ctx, a)
	}
	v, err := p.look(ctx, externalID)
	if err != nil {
		return outbox.Done{}, err
	}
	switch a.Kind {
	case outbox.ActMarkPaid:
		return p.markPaid(ctx, v, a)
	case outbox.ActCancel:
		return p.cancel(ctx, v, a)
	case outbox.ActRefund:
		return p.refund(ctx, v, a)
	case outbox.ActNote:
		return p.note(ctx, v, a)
	case outbox.ActDraft:
		return p.convert(ctx, v, a)
	case outbox.ActComplete:
		if v.Status == "completed" || v.Status == "archived" {
			return outbox.Done{Already: true}, nil
		}
		if v.Status == "draft" {
			return outbox.Done{}, outbox.Rejectedf("it is a draft")
		}
		return outbox.Done{}, p.mutate(ctx, orderPath(v.ID, "complete"), nil, nil)
	case outbox.ActArchive:
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
func (p *Platform) markPaid(ctx context.Context, v *fields, a outbox.Act) (outbox.Done, error) {
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
func (p *Platform) cancel(ctx context.Context, v *fields, a outbox.Act) (outbox.Done, error) {
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

// refund gives money back. Doing it twice gives it back twice, so that the key stands at the end of the refund's note,
// where it is looked for first.
func (p *Platform) refund(ctx context.Context, v *fields, a outbox.Act) (outbox.Done, error) {
	if a.Key == "" {
		return outbox.Done{}, outbox.Rejectedf("a refund needs a key by which it is found again")
	}
	mark := "[" + a.Key + "]"
	from, all, had, last := refundable(v, mark)
	rest := new(big.Rat).Add(all, had) // of what this refund began with
	want := new(big.Rat)
	switch {
	case a.Amount.Minor == 0 && len(a.Lines) > 0:
		return outbox.Done{}, fmt.Errorf("%w: Medusa refunds amounts, not lines: say how much", outbox.ErrNotOffered)
	case a.Amount.Minor == 0 && a.Amount.Exact == "", sameAmount(a.Amount, rest, v.Currency):
		want.Set(rest)
	case !strings.EqualFold(a.Amount.Currency, v.Currency):
		return outbox.Done{}, outbox.Rejectedf("the order is in %s, not in %s", strings.ToUpper(v.Currency), a.Amount.Currency)
	default:
		want = number(json.Number(cmp.Or(a.Amount.Exact, a.Amount.Decimal())), nil)
	}
	want.Sub(want, had)
	switch {
	case had.Sign() > 0 && want.Sign() <= 0:
		return outbox.Done{ID: last, Already: true}, nil
	case want.Sign() <= 0:
		return outbox.Done{}, outbox.Rejectedf("there is nothing to give back")
	case want.Cmp(all) > 0:
		return outbox.Done{}, outbox.Rejectedf("%s was paid and not given back yet, not %s", decimal(all), decimal(want))
	}
	for _, s := range from {
		now := s.left
		if want.Cmp(now) < 0 {
			now = want
		}
		if now.Sign() <= 0 {
			break
		}
		var out struct {
			Payment payment `json:"payment"`
		}
		body := map[string]any{"amount": json.Number(decimal(now)), "note": strings.TrimSpace(a.Reason + " " + mark)}
		if err := p.mutate(ctx, "admin/payments/"+url.PathEscape(s.id)+"/refund", body, &out); err != nil {
			if had.Sign() > 0 || last != "" { // a part of it is done: it is not refused as a whole
				return outbox.Done{}, fmt.Errorf("a part of the refund is done: %s", err.Error())
			}
			return outbox.Done{}, err
		}
		if n := len(out.Payment.Refunds); n > 0 {
			last = out.Payment.Refunds[n-1].ID
		}
		had.Add(had, now)
		want = new(big.Rat).Sub(want, now)
	}
	return outbox.Done{ID: last}, nil
}

// source is a payment of which something can be given back.
type source struct {
	id   string
	left *big.Rat
}

// refundable is what can be given back, and what was with a mark.
func refundable(v *fields, mark string) (from []source, all, had *big.Rat, last string) {
	all, had = new(big.Rat), new(big.Rat)
	for i := range v.Collections {
		for j := range v.Collections[i].Payments {
			pay := &v.Collections[i].Payments[j]
			left := new(big.Rat).Sub(sum(pay.Captures), sum(pay.Refunds))
			all.Add(all, left)
			if left.Sign() > 0 {
				from = append(from, source{pay.ID, left})
			}
			for k := range pay.Refunds {
				if r := &pay.Refunds[k]; strings.HasSuffix(r.Note, mark) {
					had.Add(had, number(r.Amount, r.RawAmount))
					last = r.ID
				}
			}
		}
	}
	return from, all, had, last
}

// note keeps a note in the order's metadata, under a key of its own: what else is there stays.
func (p *Platform) note(ctx context.Context, v *fields, a outbox.Act) (outbox.Done, error) {
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

// convert makes an order of a draft. It keeps its id.
func (p *Platform) convert(ctx context.Context, v *fields, a outbox.Act) (outbox.Done, error) {
	switch {
	case a.Step != "complete":
		return outbox.Done{}, fmt.Errorf("%w: Medusa makes drafts and turns them into orders; it sends the customer nothing", outbox.ErrNotOffered)
	case v.Status != "draft":
		return outbox.Done{ID: v.ID, Already: true}, nil
	}
	return outbox.Done{ID: v.ID}, p.mutate(ctx, "admin/draft-orders/"+url.PathEscape(v.ID)+"/convert-to-order", nil, nil)
}

// draftsBack is how many drafts, and how many orders, are looked through for one that was made already.
const draftsBack = 300

// draft makes a draft order. The key is in its metadata, by which it is found again, also as an order.
func (p *Platform) draft(ctx context.Context, a outbox.Act) (outbox.Done, error) {
	if a.Draft == nil || a.Key == "" || len(a.Draft.Lines) == 0 {
		return outbox.Done{}, outbox.Rejectedf("a draft needs lines and a key by which it is found again")
	}
	notSent := func(err error) (outbox.Done, error) {
		return outbox.Done{}, outbox.NotSent(err)
	}
	s, err := p.hello(ctx)
	if err != nil {
		return notSent(err)
	}
	for _, f := range []feed{draftsFeed, ordersFeed} {
		for at := 0; at < draftsBack; at += pageSize {
			got, err := p.list(ctx, f, url.Values{
				"limit": {strconv.Itoa(pageSize)}, "offset": {strconv.Itoa(at)}, "order": {"-created_at"}, "fields": {"id,updated_at,metadata"},
			})
			if err != nil {
				return notSent(err)
			}
			for _, it := range got.items {
				var key string
				if json.Unmarshal(it.v.Metadata[draftKey], &key) == nil && key == a.Key {
					return outbox.Done{ID: it.id, Already: true}, nil
				}
			}
			if len(got.items) < pageSize {
				break
			}
		}
	}
	body, err := p.draftBody(ctx, s, a)
	if err != nil {
		if errors.Is(err, outbox.ErrRejected) {
			return outbox.Done{}, err
		}
		return notSent(err)
	}
	var made struct {
		Draft struct {
			ID string `json:"id"`
		} `json:"draft_order"`
	}
	if err := p.mutate(ctx, "admin/draft-orders", body, &made); err != nil {
		return outbox.Done{}, err
	}
	return outbox.Done{ID: made.Draft.ID}, nil
}

func (p *Platform) draftBody(ctx context.Context, s *shop, a outbox.Act) (map[string]any, error) {
	d := a.Draft
	to := d.Destination()
	region, err := p.region(ctx, d.Currency, to.Country)
	if err != nil {
		return nil, err
	}
	items := make([]map[string]any, 0, len(d.Lines))
	for i := range d.Lines {
		l := &d.Lines[i]
		it := map[string]any{"quantity": l.Quantity}
		if strings.HasPrefix(l.ProductID, "variant_") {
			it["variant_id"] = l.ProductID
		} else {
			it["title"] = cmp.Or(l.Title, l.SKU)
		}
		if !l.UnitPrice.IsZero() || it["variant_id"] == nil {
			it["unit_price"] = json.Number(cmp.Or(l.UnitPrice.Exact, l.UnitPrice.Decimal()))
		}
		items = append(items, it)
	}
	meta := map[string]string{draftKey: a.Key}
	if d.CustomerNote != "" {
		meta["customer_note"] = d.CustomerNote
	}
	body := map[string]any{"region_id": region, "items": items, "metadata": meta, "no_notification_order": !a.Notify}
	if s.channel != "" {
		body["sales_channel_id"] = s.channel
	}
	if d.Customer.Email != "" {
		body["email"] = d.Customer.Email
	}
	for name, at := range map[string]order.Address{"shipping_address": d.Shipping, "billing_address": d.Billing} {
		if !at.IsZero() {
			body[name] = addressBody(at)
		}
	}
	if d.ShippingMethod == "" {
		return body, nil
	}
	option, err := p.option(ctx, d.ShippingMethod)
	if err != nil {
		return nil, err
	}
	body["shipping_methods"] = []any{map[string]any{
		"name": d.ShippingMethod, "shipping_option_id": option, "amount": json.Number(cmp.Or(d.ShippingCost.Exact, d.ShippingCost.Decimal())),
	}}
	return body, nil
}

func addressBody(a order.Address) map[string]string {
	first, last := "", a.Name
	if i := strings.LastIndex(a.Name, " "); i >= 0 {
		first, last = a.Name[:i], a.Name[i+1:]
	}
	return map[string]string{
		"first_name": first, "last_name": last, "company": a.Company, "address_1": a.Line1, "address_2": a.Line2, "city": a.City, "province": a.Province,
		"postal_code": a.PostalCode, "country_code": strings.ToLower(a.Country), "phone": a.Phone,
	}
}

// region is the store's region for a currency and a country.
func (p *Platform) region(ctx context.Context, currency, country string) (string, error) {
	var out struct {
		Regions []struct {
			ID        string `json:"id"`
			Currency  string `json:"currency_code"`
			Countries []struct {
				Code string `json:"iso_2"`
			} `json:"countries"`
		} `json:"regions"`
	}
	if _, err := p.get(ctx, "admin/regions", url.Values{"limit": {"1000"}, "fields": {"id,currency_code,*countries"}}, &out); err != nil {
		return "", err
	}
	first := ""
	for _, r := range out.Regions {
		if currency != "" && !strings.EqualFold(r.Currency, currency) {
			continue
		}
		for _, c := range r.Countries {
			if strings.EqualFold(c.Code, country) {
				return r.ID, nil
			}
		}
		if first == "" {
			first = r.ID
		}
	}
	if first == "" || country != "" {
		return "", outbox.Rejectedf("the store has no region with the currency %s and the country %s", currency, country)
	}
	return first, nil
}

// option is the store's way of sending with a name.
func (p *Platform) option(ctx context.Context, name string) (string, error) {
	var out struct {
		Options []struct {
			ID   string `json:"id"`
			Name string `json:"name"`
		} `json:"shipping_options"`
	}
	if _, err := p.get(ctx, "admin/shipping-options", url.Values{"limit": {"1000"}, "fields": {"id,name"}}, &out); err != nil {
		return "", err
	}
	for _, o := range out.Options {
		if strings.EqualFold(clean(o.Name), name) {
			return o.ID, nil
		}
	}
	return "", outbox.Rejectedf("the store has no way of sending with the name %q", name)
}
