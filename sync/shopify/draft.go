package shopify

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync/outbox"
	"github.com/orderdeck/orderdeck/sync/shopify/admin"
)

// draft makes a draft order, sends its invoice, or makes an order of it. A tag of ours is what it is found again by.
func (p *Platform) draft(ctx context.Context, id string, a order.Act) (outbox.Done, error) {
	if a.Step == "create" {
		return p.draftCreate(ctx, a)
	}
	n := strings.TrimPrefix(id, draftPrefix) // as a number alone it is of an act from before drafts were pulled
	id = draftPrefix + n
	vars := map[string]any{"id": draftGID(n)}
	var out admin.DraftResponse
	if err := p.look(ctx, "Draft", admin.Draft_Operation, vars, &out); err != nil {
		return outbox.Done{}, err
	}
	d := out.DraftOrder
	switch {
	case d == nil:
		return outbox.Done{}, outbox.Rejectedf("the store has no draft %s", n)
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

func (p *Platform) draftCreate(ctx context.Context, a order.Act) (outbox.Done, error) {
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
			return outbox.Done{ID: draftPrefix + number(d.Id), URL: link(deref(d.InvoiceUrl)), Already: true}, nil
		}
	}
	for _, d := range found.Newest.Nodes {
		if slices.Contains(d.Tags, tag) {
			return outbox.Done{ID: draftPrefix + number(d.Id), URL: link(deref(d.InvoiceUrl)), Already: true}, nil
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
	return outbox.Done{ID: draftPrefix + number(done.Draft.ID), URL: link(done.Draft.URL)}, nil
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
