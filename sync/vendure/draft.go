package vendure

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/outbox"
	"github.com/orderdeck/orderdeck/sync/vendure/admin"
)

// draftsBack is how many of the newest orders and drafts are looked through for one that was begun.
const draftsBack = 100

// finish is what can be done to a draft that is there. Vendure places an order only together with its payment.
func (p *Platform) finish(v *standing, a order.Act) (outbox.Done, error) {
	switch {
	case a.Step != "complete":
		return outbox.Done{}, fmt.Errorf("%w: Vendure sends the customer nothing of a draft", outbox.ErrNotOffered)
	case v.State != stateDraft:
		return outbox.Done{ID: v.Id, Already: true}, nil
	}
	return outbox.Done{}, outbox.Rejectedf("Vendure places an order only together with its payment: mark the draft as paid")
}

// draft makes a draft order, step by step, as Vendure wants it: empty, with a note that has the key, and then what is in it.
// It is found again by the note, and what is in it already is not put there again. When the answer to the first step is
// lost, an empty draft stays behind at the store.
func (p *Platform) draft(ctx context.Context, a order.Act) (outbox.Done, error) {
	d := a.Draft
	if d == nil || a.Key == "" || len(d.Lines) == 0 {
		return outbox.Done{}, outbox.Rejectedf("a draft needs lines and a key by which it is found again")
	}
	one := order.Units(1)
	for i := range d.Lines {
		l := &d.Lines[i]
		switch {
		case l.ProductID == "":
			return outbox.Done{}, outbox.Rejectedf("Vendure's drafts have products of the store only: %q is none", cmp.Or(l.Title, l.SKU))
		case l.Quantity <= 0 || l.Quantity%one != 0:
			return outbox.Done{}, outbox.Rejectedf("Vendure counts whole pieces, not %s", l.Quantity)
		}
	}
	s, err := p.hello(ctx)
	if err == nil && d.Currency != "" && !strings.EqualFold(d.Currency, s.currency) {
		return outbox.Done{}, outbox.Rejectedf("the store sells in %s, not in %s", s.currency, d.Currency)
	}
	var it *admin.DraftsOrdersOrderListItemsOrder
	if err == nil {
		it, err = p.findDraft(ctx, a.Key)
	}
	if err != nil {
		return outbox.Done{}, outbox.NotSent(err)
	}
	begun := it != nil
	if !begun {
		made, err := p.do(ctx, "CreateDraft", admin.CreateDraft_Operation, nil, "Order")
		if err != nil {
			return outbox.Done{}, err
		}
		it = &admin.DraftsOrdersOrderListItemsOrder{Id: made.ID, State: stateDraft}
		text := strings.TrimSpace(d.CustomerNote)
		if err := p.write(ctx, it.Id, marked(text, a.Key), false); err != nil {
			return outbox.Done{}, err // nothing of it counts: an empty draft without a key
		}
	}
	done, err := p.furnish(ctx, it, d)
	if err != nil {
		return outbox.Done{}, fmt.Errorf("the draft %s is begun: %s", it.Id, err.Error())
	}
	return outbox.Done{ID: it.Id, Already: begun && !done}, nil
}

func (p *Platform) findDraft(ctx context.Context, key string) (*admin.DraftsOrdersOrderListItemsOrder, error) {
	for at := 0; at < draftsBack; {
		items, total, err := p.page(ctx, "Drafts", admin.Drafts_Operation, func(take int) map[string]any {
			return map[string]any{
				"take": take, "skip": at, "filter": map[string]any{"active": eq(false)}, "sort": map[string]any{"createdAt": "DESC", "id": "DESC"},
			}
		})
		if err != nil {
			return nil, err
		}
		for _, raw := range items {
			it := &admin.DraftsOrdersOrderListItemsOrder{}
			if err := json.Unmarshal(raw, it); err != nil {
				return nil, &sync.Error{Kind: sync.BadAnswer, Text: p.http.Host() + " sent an order of an unexpected form", Err: err}
			}
			for _, h := range it.History.Items {
				var d historyData
				if json.Unmarshal(h.Data, &d) == nil && strings.HasSuffix(d.Note, mark(key)) {
					return it, nil
				}
			}
		}
		if at += len(items); len(items) == 0 || at >= total {
			break
		}
	}
	return nil, nil
}

// furnish puts into a draft what is not in it yet, and tells whether there was anything.
func (p *Platform) furnish(ctx context.Context, it *admin.DraftsOrdersOrderListItemsOrder, d *order.Order) (bool, error) {
	if it.State != stateDraft {
		return false, nil
	}
	did := false
	step := func(name, query, field string, value any) error {
		did = true
		_, err := p.do(ctx, name, query, map[string]any{"id": it.Id, field: value}, "Order")
		return err
	}
	want := map[string]int{} // what is still to be put in, by product
	for i := range d.Lines {
		want[d.Lines[i].ProductID] += int(d.Lines[i].Quantity / order.Units(1))
	}
	for _, l := range it.Lines {
		want[l.ProductVariant.Id] -= l.Quantity
	}
	for i := range d.Lines {
		product := d.Lines[i].ProductID
		if want[product] <= 0 {
			continue
		}
		input := admin.AddItemToDraftOrderInput{ProductVariantId: product, Quantity: want[product]}
		if err := step("DraftItem", admin.DraftItem_Operation, "input", input); err != nil {
			return did, err
		}
		want[product] = 0
	}
	if it.Customer == nil && d.Customer.Email != "" {
		first, last, _ := strings.Cut(cmp.Or(d.Customer.Name, d.Customer.Email), " ")
		input := map[string]any{"firstName": first, "lastName": last, "emailAddress": d.Customer.Email}
		if d.Customer.Phone != "" {
			input["phoneNumber"] = d.Customer.Phone
		}
		if err := step("DraftCustomer", admin.DraftCustomer_Operation, "input", input); err != nil {
			return did, err
		}
	}
	if !d.Shipping.IsZero() && (it.ShippingAddress == nil || it.ShippingAddress.CountryCode == nil) {
		if err := step("DraftShippingAddress", admin.DraftShippingAddress_Operation, "input", addressInput(d.Shipping)); err != nil {
			return did, err
		}
	}
	if !d.Billing.IsZero() && (it.BillingAddress == nil || it.BillingAddress.CountryCode == nil) {
		if err := step("DraftBillingAddress", admin.DraftBillingAddress_Operation, "input", addressInput(d.Billing)); err != nil {
			return did, err
		}
	}
	if len(it.ShippingLines) > 0 || d.Shipping.IsZero() {
		return did, nil
	}
	method, err := p.way(ctx, it.Id, d.ShippingMethod)
	if err != nil || method == "" {
		return did, err
	}
	return did, step("DraftShipping", admin.DraftShipping_Operation, "method", method)
}

// way is the id of a way of sending that the store offers for a draft, "" = none.
func (p *Platform) way(ctx context.Context, id, name string) (string, error) {
	var out admin.DraftShippingMethodsResponse
	if _, err := p.call(ctx, "DraftShippingMethods", admin.DraftShippingMethods_Operation, map[string]any{"id": id}, &out); err != nil {
		return "", err
	}
	return wayOf(out.EligibleShippingMethodsForDraftOrder, name)
}

// wayOf is the id of the way of sending with a name or a code; without a name the first that is offered.
func wayOf(all []admin.DraftShippingMethodsEligibleShippingMethodsForDraftOrderShippingMethodQuote, name string) (string, error) {
	var names []string
	for _, m := range all {
		if name == "" || strings.EqualFold(m.Name, name) || strings.EqualFold(m.Code, name) {
			return m.Id, nil
		}
		names = append(names, clean(m.Name))
	}
	if name == "" {
		return "", nil
	}
	return "", outbox.Rejectedf("the store does not send it by %q; it offers %s", name, cmp.Or(strings.Join(names, ", "), "nothing"))
}

func addressInput(a order.Address) map[string]any {
	out := map[string]any{"streetLine1": a.Line1, "countryCode": a.Country}
	for name, value := range map[string]string{
		"fullName": a.Name, "company": a.Company, "streetLine2": a.Line2, "city": a.City, "province": a.Province, "postalCode": a.PostalCode, "phoneNumber": a.Phone,
	} {
		if value != "" {
			out[name] = value
		}
	}
	return out
}
