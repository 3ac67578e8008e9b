package shopify

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/shopify/admin"
)

// Test implements sync.Platform.
func (p *Platform) Test(ctx context.Context) (sync.Info, error) {
	p.mu.Lock()
	p.shop = nil
	p.mu.Unlock()
	s, err := p.hello(ctx)
	if err != nil {
		return sync.Info{}, err
	}
	info := sync.Info{
		Title: s.name, Currency: s.currency, Zone: s.zone, Version: Version, ClockSkew: s.skew, Permissions: s.scopes,
	}
	if s.version != "" && s.version != Version {
		info.Version = s.version
		info.Warnings = append(info.Warnings, fmt.Sprintf("the store answers as version %s of the API, and not as %s, which this Orderdeck is made for", s.version, Version))
	}
	var count admin.CountOrdersResponse
	if _, err := p.call(ctx, "CountOrders", admin.CountOrders_Operation, nil, &count); err != nil {
		if sync.KindOf(err) == sync.Auth {
			return sync.Info{}, &sync.Error{Kind: sync.Auth, Text: "the store lets us in, but not at its orders: " + said(err), Err: err, Hint: "Give the app the right read_orders"}
		}
		return sync.Info{}, err
	}
	if count.OrdersCount != nil {
		info.Orders = count.OrdersCount.Count
	}
	info.Warnings = append(info.Warnings, p.limits(ctx, s)...)
	if err := p.withheld(ctx, &info); err != nil {
		return sync.Info{}, err
	}
	if s.skew.Abs() >= time.Minute {
		info.Warnings = append(info.Warnings, fmt.Sprintf("the clock of the store differs from this machine's by %s", s.skew.Abs()))
	}
	return info, nil
}

// rights are what can be done with each right, for the warnings where one is missing.
var rights = []struct{ any, without string }{
	{"write_orders", "orders cannot be changed"},
	{"write_merchant_managed_fulfillment_orders write_assigned_fulfillment_orders write_third_party_fulfillment_orders", "the store cannot be told of parcels"},
	{"write_third_party_fulfillment_orders", "fulfilment services cannot be asked to send"},
	{"write_draft_orders", "no draft orders can be made"},
	{"read_draft_orders", "open drafts are not seen"},
	{"read_customers", "orders do not tell their customers"},
	{"read_products", "lines do not tell their products, so that they are linked by SKU or title alone"},
}

// limits says what the key's rights do not allow.
func (p *Platform) limits(ctx context.Context, s *shop) []string {
	var out []string
	has := s.allowed
	if !has("read_all_orders") {
		seen := "the key sees only orders of the last 60 days, since it has no right read_all_orders"
		var oldest admin.OldestResponse
		if _, err := p.call(ctx, "Oldest", admin.Oldest_Operation, nil, &oldest); err == nil && len(oldest.Orders.Nodes) > 0 {
			seen += "; the oldest that it sees is of " + instant(oldest.Orders.Nodes[0].CreatedAt).Format(time.DateOnly)
		}
		out = append(out, seen)
	}
	for _, r := range rights {
		if !slices.ContainsFunc(strings.Fields(r.any), has) {
			out = append(out, fmt.Sprintf("without the right %s %s", strings.Join(strings.Fields(r.any), " or "), r.without))
		}
	}
	return out
}

// withheld looks at the newest order for what Shopify keeps from this app: data of customers is protected, and what an app
// has not been approved for comes as null.
func (p *Platform) withheld(ctx context.Context, info *sync.Info) error {
	var out admin.WithheldResponse
	a, err := p.call(ctx, "Withheld", admin.Withheld_Operation, nil, &out)
	if err != nil {
		return err
	}
	kept := map[string]bool{}
	for _, path := range a.denied {
		kept[path] = true
	}
	if len(out.Orders.Nodes) > 0 {
		o := out.Orders.Nodes[0]
		if o.Customer != nil && o.Customer.DisplayName == "" {
			kept["customer's name"] = true
		}
		if to := o.ShippingAddress; to != nil && to.CountryCodeV2 != nil && to.Name == nil && to.Address1 == nil {
			kept["delivery name and street"] = true
		}
	}
	if len(kept) > 0 {
		info.Warnings = append(info.Warnings, "Shopify withholds of customers: "+strings.Join(slices.Sorted(maps.Keys(kept)), ", ")+
			". The app needs access to protected customer data, and the store the plan for it")
	}
	return nil
}
