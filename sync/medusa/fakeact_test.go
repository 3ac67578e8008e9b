package medusa

import (
	"encoding/json"
	"fmt"
	"math/big"
	"net/url"
	"slices"
	"strings"
)

// strict refuses what a body may not have, as the real one does.
func strict(in doc, known ...string) string {
	for k := range in {
		if !slices.Contains(known, k) {
			return "Invalid request: Unrecognized fields: '" + k + "'" //nolint:misspell // its own words
		}
	}
	return ""
}

// act changes something.
func (f *fake) act(parts []string, in doc) (int, any) {
	what := strings.Join(parts[1:], "/")
	now := f.now()
	if parts[1] == "payments" && len(parts) == 4 {
		return f.payment(parts[2], parts[3], in)
	}
	if parts[1] == "payment-collections" {
		return f.collection(parts, in)
	}
	if parts[1] == "draft-orders" && len(parts) == 2 {
		return f.draft(in)
	}
	if len(parts) < 3 {
		return 404, nil
	}
	id, _ := url.PathUnescape(parts[2])
	o := f.orders[id]
	if o == nil {
		return no(404, "not_found", "Order id not found: "+id)
	}
	done := func(name string) (int, any) {
		f.made[name]++
		o["updated_at"] = stamp(now)
		return 200, doc{"order": doc{"id": id}} // as the real one: without the statuses
	}
	switch rest := strings.Join(parts[3:], "/"); {
	case what == "draft-orders/"+id+"/convert-to-order":
		if o["status"] != "draft" {
			return no(400, "invalid_data", "Order is not a draft")
		}
		o["status"] = "pending"
		return done("convert")
	case parts[1] != "orders" && rest != "":
		return 404, nil
	case rest == "":
		if words := strict(in, "email", "shipping_address", "billing_address", "locale", "metadata"); words != "" {
			return no(400, "invalid_data", words)
		}
		meta := doc{}
		for _, from := range []doc{o["metadata"].(doc), in["metadata"].(doc)} {
			for k, v := range from {
				if meta[k] = v; v == "" {
					delete(meta, k)
				}
			}
		}
		o["metadata"] = meta
		return done("metadata")
	case rest == "complete":
		if o["status"] == "canceled" {
			return no(400, "invalid_data", "Orders "+id+" are canceled and cannot be completed")
		}
		o["status"] = "completed"
		return done("complete")
	case rest == "archive":
		if o["status"] != "completed" && o["status"] != "canceled" && o["status"] != "draft" {
			return no(400, "invalid_data", "Orders "+id+" are completed, canceled, or in draft and cannot be archived")
		}
		o["status"] = "archived"
		return done("archive")
	case rest == "cancel":
		return f.cancel(o, id, done)
	case rest == "fulfillments":
		return f.fulfil(o, in, done)
	case len(parts) == 6 && parts[3] == "fulfillments":
		return f.fulfilment(o, parts[4], parts[5], in, done)
	}
	return 404, nil
}

func (f *fake) cancel(o doc, id string, done func(string) (int, any)) (int, any) {
	if o["status"] == "canceled" {
		return no(400, "invalid_data", "Order with id "+id+" has been canceled.")
	}
	if o["status"] == "completed" {
		return no(400, "not_allowed", "Cannot cancel a completed order. Please use the return process to handle refunds or exchanges.")
	}
	for _, v := range list(o["fulfillments"]) {
		if v.(doc)["canceled_at"] == nil {
			return no(400, "not_allowed", "All fulfillments must be canceled before canceling an order")
		}
	}
	for _, p := range payments(o) {
		rest := new(big.Rat).Sub(total(p["captures"]), total(p["refunds"]))
		if rest.Sign() > 0 {
			p["refunds"] = append(list(p["refunds"]), amount(doc{"id": f.id("ref"), "created_at": stamp(f.now()), "note": nil}, "amount", decimal(rest)))
		} else if len(list(p["captures"])) == 0 {
			p["canceled_at"] = stamp(f.now())
		}
		p["updated_at"] = stamp(f.now())
	}
	o["status"] = "canceled"
	return done("cancel")
}

// amounts checks the lines of a fulfilment.
func amounts(o doc, in doc) (items []any, words string) {
	for _, v := range list(in["items"]) {
		it := v.(doc)
		n, err := it["quantity"].(json.Number).Int64()
		at := slices.IndexFunc(list(o["items"]), func(l any) bool { return l.(doc)["id"] == it["id"] })
		if err != nil || n < 1 || at < 0 {
			return nil, "Invalid items"
		}
		line := list(o["items"])[at].(doc)
		left := line["quantity"].(int64)
		for _, x := range list(o["fulfillments"]) {
			for _, had := range list(x.(doc)["items"]) {
				if x.(doc)["canceled_at"] == nil && had.(doc)["line_item_id"] == it["id"] {
					left -= had.(doc)["quantity"].(int64)
				}
			}
		}
		if left < n {
			return nil, fmt.Sprintf("No stock reservation found for item %s - %s (Blue)", it["id"], line["title"])
		}
		items = append(items, doc{"line_item_id": it["id"], "quantity": n})
	}
	if len(items) == 0 {
		return nil, "No items to fulfill" //nolint:misspell // its own words
	}
	return items, ""
}

func (f *fake) fulfil(o, in doc, done func(string) (int, any)) (int, any) {
	if words := strict(in, "items", "location_id", "shipping_option_id", "no_notification", "delivery_address", "metadata"); words != "" {
		return no(400, "invalid_data", words)
	}
	if o["status"] == "draft" || o["status"] == "canceled" {
		return no(400, "invalid_data", "Order with id "+o["id"].(string)+" has been canceled.")
	}
	items, words := amounts(o, in)
	if words != "" {
		return no(400, "invalid_data", words)
	}
	if len(list(o["shipping_methods"])) == 0 && in["location_id"] == nil {
		return no(400, "invalid_data", "Cannot create fulfillment without stock location, either provide a location or you should link the shipping option so_1 to a stock location.")
	}
	o["fulfillments"] = append(list(o["fulfillments"]), doc{
		"id": f.id("ful"), "created_at": stamp(f.now()), "packed_at": stamp(f.now()), "shipped_at": nil, "delivered_at": nil, "canceled_at": nil,
		"items": items, "labels": []any{},
	})
	return done("fulfilment")
}

func (f *fake) fulfilment(o doc, id, what string, in doc, done func(string) (int, any)) (int, any) {
	at := slices.IndexFunc(list(o["fulfillments"]), func(v any) bool { return v.(doc)["id"] == id })
	if at < 0 {
		return no(404, "not_found", "Fulfillment not found")
	}
	x := list(o["fulfillments"])[at].(doc)
	switch what {
	case "cancel":
		switch {
		case x["shipped_at"] != nil:
			return no(400, "not_allowed", "The fulfillment has already been shipped. Shipped fulfillments cannot be canceled")
		case x["canceled_at"] != nil:
			return no(400, "not_allowed", "The fulfillment has already been canceled")
		}
		x["canceled_at"] = stamp(f.now())
		return done("fulfilment cancelled")
	case "shipments":
		if words := strict(in, "items", "labels", "no_notification", "metadata"); words != "" {
			return no(400, "invalid_data", words)
		}
		for _, v := range list(in["labels"]) {
			for _, k := range []string{"tracking_number", "tracking_url", "label_url"} {
				s, ok := v.(doc)[k].(string)
				if !ok {
					return no(400, "invalid_data", "Invalid request: Field 'labels, 0, "+k+"' is required")
				}
				if k != "tracking_number" && s != "" && s != "#" && !strings.HasPrefix(s, "http") {
					return no(400, "invalid_data", "Invalid request: URL must use http: or https: scheme")
				}
			}
		}
		if x["shipped_at"] != nil {
			return no(400, "not_allowed", "Shipment has already been created")
		}
		x["labels"], x["shipped_at"] = list(in["labels"]), stamp(f.now())
		for _, it := range list(x["items"]) {
			for _, l := range list(o["items"]) {
				if l.(doc)["id"] == it.(doc)["line_item_id"] {
					d := l.(doc)["detail"].(doc)
					d["shipped_quantity"] = json.Number(decimal(new(big.Rat).Add(rat(d["shipped_quantity"]), big.NewRat(it.(doc)["quantity"].(int64), 1))))
				}
			}
		}
		name := "shipment"
		for _, v := range list(in["labels"]) {
			name += " " + v.(doc)["tracking_number"].(string)
		}
		return done(name)
	}
	return 404, nil
}

// payment captures or refunds.
func (f *fake) payment(id, what string, in doc) (int, any) {
	for _, o := range f.orders {
		for _, p := range payments(o) {
			if p["id"] != id {
				continue
			}
			if words := strict(in, "amount", "refund_reason_id", "note"); words != "" {
				return no(400, "invalid_data", words)
			}
			paid, back := total(p["captures"]), total(p["refunds"])
			switch what {
			case "capture":
				if paid.Sign() == 0 { // again is 200, and nothing
					f.captured(p, f.now())
					f.made["capture"]++
				}
			case "refund":
				n, ok := in["amount"].(json.Number)
				if !ok {
					f.t.Error("a refund of everything that there ever was: after a partial one it fails")
					return no(400, "invalid_data", "amount")
				}
				sum := new(big.Rat).Add(back, rat(n))
				if rat(n).Sign() <= 0 {
					return no(400, "invalid_data", "Invalid request: Value for field 'amount' too small, expected at least: '0'")
				}
				if sum.Cmp(paid) > 0 {
					return no(400, "invalid_data", "You are not allowed to refund more than the captured amount")
				}
				p["refunds"] = append(list(p["refunds"]), amount(doc{"id": f.id("ref"), "created_at": stamp(f.now()), "note": in["note"]}, "amount", n.String()))
				o["updated_at"] = stamp(f.now())
				f.made["refund "+n.String()]++
			default:
				return 404, nil
			}
			p["updated_at"] = stamp(f.now())
			return 200, doc{"payment": p}
		}
	}
	return no(404, "not_found", "Payment with id: "+id+" was not found")
}

// collection makes one, or marks one as paid.
func (f *fake) collection(parts []string, in doc) (int, any) {
	id, _ := in["order_id"].(string)
	o := f.orders[id]
	if o == nil {
		return no(404, "not_found", "Order id not found: "+id)
	}
	if len(parts) == 2 {
		c := amount(doc{"id": f.id("paycol"), "status": "not_paid", "payments": []any{}}, "amount", fmt.Sprint(in["amount"]))
		o["payment_collections"] = append(list(o["payment_collections"]), c)
		f.made["collection"]++
		return 200, doc{"payment_collection": c}
	}
	for _, v := range list(o["payment_collections"]) {
		c := v.(doc)
		if c["id"] != parts[2] || parts[3] != "mark-as-paid" {
			continue
		}
		if c["status"] != "not_paid" {
			return no(400, "not_allowed", "Can only mark 'not_paid' payment collection as paid")
		}
		tmp := doc{"payment_collections": []any{}}
		p := f.pay(tmp, fmt.Sprint(c["amount"]), f.now())
		f.captured(p, f.now())
		c["payments"], c["status"] = []any{p}, "completed"
		f.made["paid"]++
		return 200, doc{"payment_collection": c}
	}
	return no(404, "not_found", "PaymentCollection not found")
}

func (f *fake) draft(in doc) (int, any) {
	if words := strict(in, "status", "sales_channel_id", "email", "customer_id", "billing_address", "shipping_address", "items", "region_id", "promo_codes",
		"currency_code", "no_notification_order", "shipping_methods", "locale", "metadata"); words != "" {
		return no(400, "invalid_data", words)
	}
	if in["region_id"] != "reg_eu" {
		return no(400, "invalid_data", "Invalid request: Field 'region_id' is required")
	}
	for _, v := range list(in["items"]) {
		if words := strict(v.(doc), "title", "variant_sku", "variant_barcode", "sku", "barcode", "variant_id", "unit_price", "quantity", "metadata"); words != "" {
			return no(400, "invalid_data", words)
		}
	}
	for _, v := range list(in["shipping_methods"]) {
		if s, ok := v.(doc)["shipping_option_id"].(string); !ok || s == "" {
			return no(400, "invalid_data", "Invalid request: Field 'shipping_methods, 0, shipping_option_id' is required")
		}
	}
	id := f.id("order")
	f.orders[id] = doc{
		"id": id, "display_id": f.next, "status": "draft", "email": in["email"], "currency_code": "eur", "created_at": stamp(f.now()), "updated_at": stamp(f.now()),
		"metadata": in["metadata"], "items": []any{}, "shipping_methods": []any{}, "fulfillments": []any{}, "payment_collections": []any{},
		"shipping_address": in["shipping_address"],
	}
	f.made["draft"]++
	return 200, doc{"draft_order": f.shown(f.orders[id], "")}
}
