package woocommerce

import (
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// money2 reads an amount as the store keeps it: in cents.
func cents(s string) int64 {
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return 0
	}
	r.Mul(r, big.NewRat(100, 1))
	n, _ := strconv.ParseInt(r.FloatString(0), 10, 64)
	return n
}

func decimal(n int64) string { return big.NewRat(n, 100).FloatString(2) }

// done counts something that was done, and mails that went out.
func (f *fake) done(what string, mails ...string) {
	f.made[what]++
	f.mails = append(f.mails, mails...)
}

func (f *fake) create(in map[string]any) (int, any) {
	for _, l := range asList(in["line_items"]) {
		if _, text := l["total"].(string); l["total"] != nil && !text {
			return invalid("line_items", "line_items[0][total] is not of type string.")
		}
	}
	f.next++
	o := map[string]any{
		"id": f.next, "number": strconv.Itoa(f.next), "status": "pending", "currency": "EUR", "total": "10.00", "order_key": "wc_order_x",
		"payment_url": "https://shop.example/checkout/order-pay/" + strconv.Itoa(f.next) + "/?pay_for_order=true&key=wc_order_x", "needs_payment": true,
		"meta_data": []any{}, "refunds": []any{}, "line_items": []any{},
	}
	f.date(o, "date_created", f.now())
	f.orders[f.next] = o
	f.done("created")
	f.apply(o, in)
	return 201, o
}

func asList(v any) (out []map[string]any) {
	all, _ := v.([]any)
	for _, x := range all {
		if m, ok := x.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

func (f *fake) put(o, in map[string]any) (int, any) {
	if s, given := in["status"]; given {
		if _, known := f.statuses[fmt.Sprint(s)]; !known {
			return invalid("status", "status is not one of auto-draft, pending, processing, on-hold, ….")
		}
		if s == "refunded" {
			f.t.Error("a status of refunded makes a refund that moves no money")
		}
		if o["status"] != s {
			f.done("status "+fmt.Sprint(s), fmt.Sprint(s))
			if s == "completed" && o["date_paid_gmt"] == nil {
				f.date(o, "date_paid", f.now())
			}
			if s == "processing" && f.paysOnProcessing && o["date_paid_gmt"] == nil {
				f.date(o, "date_paid", f.now())
			}
			if s == "completed" {
				f.date(o, "date_completed", f.now())
			}
			if s == "cancelled" {
				f.done("restock")
			}
			o["status"] = s
		}
	}
	f.apply(o, in)
	return 200, o
}

// apply sets what a PUT or a POST may set.
func (f *fake) apply(o, in map[string]any) {
	if in["set_paid"] == true && o["needs_payment"] != false && o["date_paid_gmt"] == nil {
		f.date(o, "date_paid", f.now())
		o["status"], o["needs_payment"] = "processing", false
		f.done("paid", "processing")
	}
	for _, m := range asList(in["meta_data"]) {
		all := slices.DeleteFunc(slices.Clone(o["meta_data"].([]any)), func(x any) bool { return x.(map[string]any)["key"] == m["key"] })
		f.next++
		o["meta_data"] = append(all, map[string]any{"id": f.next, "key": m["key"], "value": m["value"]})
	}
	for _, field := range []string{"billing", "shipping", "customer_note", "line_items", "fee_lines", "shipping_lines"} {
		if v, given := in[field]; given {
			o[field] = v
		}
	}
	f.date(o, "date_modified", f.now())
}

func (f *fake) remove(o map[string]any, id int, force bool) (int, any) {
	switch {
	case force:
		delete(f.orders, id)
		f.done("deleted")
	case o["status"] == "trash":
		return no(410, "woocommerce_rest_already_trashed", "The shop_order has already been deleted.")
	default:
		f.done("trashed")
		o["status"] = "trash"
		f.date(o, "date_modified", f.now())
	}
	return 200, o
}

func (f *fake) left(o map[string]any) int64 {
	left := cents(fmt.Sprint(o["total"]))
	for _, r := range asList(o["refunds"]) {
		left += cents(fmt.Sprint(r["total"]))
	}
	return left
}

func (f *fake) refunds(method string, id int, in map[string]any, h http.Header) (int, any) {
	o := f.orders[id]
	if method == http.MethodGet {
		if o == nil {
			return no(404, "woocommerce_rest_order_invalid_id", "Invalid order ID.")
		}
		all := asList(o["_refunds"])
		slices.Reverse(all)
		h.Set("X-WP-Total", strconv.Itoa(len(all)))
		return 200, all
	}
	fails := func(code, message string, data any) (int, any) { // every failure is a 500, and its data a bare number
		return 500, map[string]any{"code": code, "message": message, "data": data}
	}
	amount, given := in["amount"]
	text, isText := amount.(string)
	switch {
	case o == nil:
		return fails("woocommerce_rest_invalid_order_id", "Invalid order ID.", 404)
	case given && !isText:
		return invalid("amount", "amount is not of type string.")
	case !given && len(asList(in["line_items"])) == 0:
		f.t.Error("a refund of nothing")
	case strings.Contains(text, ","):
		f.t.Errorf("the amount %q: the store drops the comma", text)
	}
	n := cents(text)
	switch {
	case n < 0:
		return fails("woocommerce_rest_invalid_order_refund", "Refund amount must be greater than zero.", 400)
	case n == 0, n > f.left(o):
		return fails("woocommerce_rest_cannot_create_order_refund", "Invalid refund amount.", 500)
	case in["api_refund"] != false && !f.auto:
		return fails("woocommerce_rest_cannot_create_order_refund", "The payment gateway for this order does not support automatic refunds.", 500)
	}
	f.next++
	r := map[string]any{
		"id": f.next, "amount": decimal(n), "reason": in["reason"], "refunded_payment": in["api_refund"] != false, "meta_data": in["meta_data"],
		"date_created_gmt": f.now().UTC().Format(naive), "line_items": []any{},
	}
	if r["meta_data"] == nil {
		r["meta_data"] = []any{}
	}
	var items []any
	for _, l := range asList(in["line_items"]) {
		items = append(items, map[string]any{
			"id": f.next, "quantity": -l["quantity"].(float64), "meta_data": []any{map[string]any{"key": "_refunded_item_id", "value": fmt.Sprint(l["id"])}},
		})
	}
	if items != nil {
		r["line_items"] = items
	}
	full, _ := o["_refunds"].([]any)
	o["_refunds"] = append(full, any(r))
	short, _ := o["refunds"].([]any)
	o["refunds"] = append(short, any(map[string]any{"id": f.next, "reason": in["reason"], "total": "-" + decimal(n)}))
	f.done("refund "+decimal(n), "refund")
	if in["api_restock"] != false {
		f.made["restock"]++
	}
	if f.left(o) == 0 {
		o["status"] = "refunded"
	}
	f.date(o, "date_modified", f.now())
	return 201, r
}

func (f *fake) note(method string, id int, in map[string]any) (int, any) {
	if f.orders[id] == nil {
		return no(404, "woocommerce_rest_order_invalid_id", "Invalid order ID.")
	}
	if method == http.MethodGet {
		all := slices.Clone(f.notes[id])
		slices.Reverse(all)
		if all == nil {
			all = []map[string]any{}
		}
		return 200, all
	}
	text, given := in["note"].(string)
	if !given || text == "" {
		return no(400, "rest_missing_callback_param", "Missing parameter(s): note")
	}
	f.next++
	n := map[string]any{"id": f.next, "author": "WooCommerce", "date_created_gmt": f.now().UTC().Format(naive), "note": text, "customer_note": in["customer_note"] == true}
	f.notes[id] = append(f.notes[id], n)
	f.done("note")
	if in["customer_note"] == true {
		f.mails = append(f.mails, "note")
	}
	return 201, n
}

// fulfilments are core's own, behind a feature flag.
func (f *fake) fulfilments(method string, id int, rest []string, in map[string]any, q url.Values) (int, any) {
	if !f.features["fulfillments"] {
		return no(404, "rest_no_route", "No route was found matching the URL and request method.")
	}
	o := f.orders[id]
	if o == nil {
		return no(404, "woocommerce_rest_order_invalid_id", "Invalid order ID.")
	}
	if f.features["no right to fulfillments"] {
		return no(403, "woocommerce_rest_cannot_view", "Sorry, you cannot view resources.")
	}
	all := slices.DeleteFunc(asList(o["_fulfilments"]), func(v map[string]any) bool { return v["date_deleted"] != nil })
	if method == http.MethodGet {
		if all == nil {
			return 200, []any{}
		}
		return 200, all
	}
	if method == http.MethodPut && len(rest) == 1 {
		for _, v := range all {
			if fmt.Sprint(v["id"]) == rest[0] {
				if in["meta_data"] == nil || in["status"] != v["status"] || in["is_fulfilled"] != v["is_fulfilled"] {
					f.t.Errorf("a fulfilment became another one: %v", in)
				}
				v["meta_data"] = in["meta_data"]
				f.done("refulfilled")
				if q.Get("notify_customer") == "true" {
					f.mails = append(f.mails, "refulfilled")
				}
				f.fulfilled(o)
				return 200, v
			}
		}
		return no(404, "woocommerce_rest_fulfillment_invalid_id", "Invalid ID.")
	}
	var items bool
	for _, m := range asList(in["meta_data"]) {
		for _, it := range asList(m["value"]) {
			_, number := it["item_id"].(float64)
			items = items || m["key"] == "_items" && number
		}
	}
	if !items || in["status"] != "fulfilled" || in["is_fulfilled"] != true {
		return no(400, "woocommerce_rest_invalid_fulfillment", "The fulfillment has no items.")
	}
	v := f.parcel(o, true, in["meta_data"].([]any))
	f.done("fulfilment")
	if q.Get("notify_customer") == "true" {
		f.mails = append(f.mails, "fulfilment")
	}
	return 201, v
}

// parcel makes a fulfilment of core's, as its data store does: dates are in the site's zone, and the order is saved with it.
func (f *fake) parcel(o map[string]any, sent bool, meta []any) map[string]any {
	f.next++
	here := f.now().In(f.zone).Format(time.DateTime)
	v := map[string]any{
		"id": f.next, "entity_type": "WC_Order", "entity_id": fmt.Sprint(o["id"]), "status": "unfulfilled", "is_fulfilled": sent,
		"meta_data": meta, "date_updated": here, "date_deleted": nil,
	}
	if sent {
		v["status"], v["meta_data"] = "fulfilled", append(slices.Clone(meta), map[string]any{"id": f.next, "key": "_date_fulfilled", "value": here})
	}
	have, _ := o["_fulfilments"].([]any)
	o["_fulfilments"] = append(have, any(v))
	f.fulfilled(o)
	return v
}

// fulfilled saves an order whose fulfilments have changed: its date moves, and it bears a mark while it has some.
func (f *fake) fulfilled(o map[string]any) {
	mark := slices.DeleteFunc(slices.Clone(o["meta_data"].([]any)), func(x any) bool { return x.(map[string]any)["key"] == metaFulfilled })
	if slices.ContainsFunc(asList(o["_fulfilments"]), func(v map[string]any) bool { return v["date_deleted"] == nil }) && !f.features["no mark"] {
		mark = append(mark, map[string]any{"id": 1, "key": metaFulfilled, "value": "partially_fulfilled"})
	}
	o["meta_data"] = mark
	f.date(o, "date_modified", f.now())
}

// tracking is the plugin Shipment Tracking.
func (f *fake) tracking(method string, id int, rest []string, in map[string]any) (int, any) {
	o := f.orders[id]
	if !f.features["tracking"] || o == nil || len(rest) == 0 || rest[0] != "shipment-trackings" {
		return no(404, "rest_no_route", "No route was found matching the URL and request method.")
	}
	at := slices.IndexFunc(o["meta_data"].([]any), func(x any) bool { return x.(map[string]any)["key"] == metaTracking })
	var items []any
	if at >= 0 {
		items = o["meta_data"].([]any)[at].(map[string]any)["value"].([]any)
	}
	keep := func() {
		f.apply(o, map[string]any{"meta_data": []any{map[string]any{"key": metaTracking, "value": items}}})
	}
	switch {
	case method == http.MethodGet:
		if items == nil {
			return 200, []any{}
		}
		return 200, items
	case method == http.MethodDelete && len(rest) == 2:
		items = slices.DeleteFunc(slices.Clone(items), func(x any) bool { return x.(map[string]any)["tracking_id"] == rest[1] })
		f.done("untracked")
		keep()
		return 200, map[string]any{}
	case in["tracking_number"] == nil || in["tracking_number"] == "":
		return no(400, "rest_missing_callback_param", "Missing parameter(s): tracking_number")
	}
	f.next++
	v := map[string]any{
		"tracking_id": strconv.Itoa(f.next), "tracking_number": in["tracking_number"], "tracking_provider": in["tracking_provider"],
		"custom_tracking_provider": in["custom_tracking_provider"], "custom_tracking_link": in["custom_tracking_link"], "date_shipped": "1795295134",
	}
	items = append(items, any(v))
	f.done("tracking")
	keep()
	return 201, v
}
