package medusa

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

// convert makes an order of a draft. It keeps its id.
func (p *Platform) convert(ctx context.Context, v *fields, a order.Act) (outbox.Done, error) {
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
func (p *Platform) draft(ctx context.Context, a order.Act) (outbox.Done, error) {
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

func (p *Platform) draftBody(ctx context.Context, s *shop, a order.Act) (map[string]any, error) {
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
