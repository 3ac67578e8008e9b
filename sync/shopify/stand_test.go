package shopify

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

var start = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func bag(amount string) object {
	return object{
		"shopMoney":        object{"amount": amount, "currencyCode": "EUR"},
		"presentmentMoney": object{"amount": amount, "currencyCode": "EUR"},
	}
}

// set is the inner list of an order's field.
func (o rec) list(name string) []object { l, _ := o.o["_"+name].([]object); return l }

type rec struct{ o object }

// add makes an order that is paid and waits to be sent: two shirts, with tax in the price.
func (f *fake) add(at time.Time, change func(o object)) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.newOrder(at, change)
}

func (f *fake) newOrder(at time.Time, change func(o object)) string {
	f.next++
	id := strconv.Itoa(f.next)
	line := f.line("29.99", 2)
	o := object{
		"id": gid(id), "legacyResourceId": id, "name": "#" + id, "createdAt": stamp(at), "processedAt": stamp(at), "updatedAt": stamp(at),
		"cancelledAt": nil, "cancelReason": nil, "closed": false, "displayFinancialStatus": "PAID", "displayFulfillmentStatus": "UNFULFILLED",
		"returnStatus": "NO_RETURN", "test": false, "edited": false, "fullyPaid": true, "requiresShipping": true, "currencyCode": "EUR",
		"presentmentCurrencyCode": "EUR", "taxesIncluded": true, "sourceName": "web", "customerLocale": "pt-PT", "email": "ana@example.com",
		"phone": nil, "note": nil, "tags": []string{}, "paymentGatewayNames": []string{"shopify_payments"}, "discountCodes": []string{},
		"poNumber": nil, "customAttributes": []object{},
		"customer": object{
			"id": "gid://shopify/Customer/201", "displayName": "Ana Lima",
			"defaultEmailAddress": object{"emailAddress": "ana@example.com"}, "defaultPhoneNumber": nil,
		},
		"billingAddress": place("gid://shopify/MailingAddress/1?model_name=Address"), "shippingAddress": place("gid://shopify/MailingAddress/2?model_name=Address"),
		"subtotalPriceSet": bag("59.98"), "totalShippingPriceSet": bag("5.0"), "totalTaxSet": bag("12.15"), "totalTipReceivedSet": bag("0.0"),
		"originalTotalDutiesSet": nil, "originalTotalAdditionalFeesSet": nil, "totalPriceSet": bag("64.98"), "totalReceivedSet": bag("64.98"),
		"totalRefundedSet": bag("0.0"), "shippingLine": object{"title": "Correio", "discountedPriceSet": bag("5.0")},
		"canMarkAsPaid": false, "capturable": false, "refundable": true, "totalCapturableSet": bag("0.0"),
		"_lines": []object{line}, "_fulfillments": []object{}, "_refunds": []object{},
		"_transactions": []object{f.transaction("SALE", "64.98", nil)},
	}
	o["_sends"] = []object{f.toSend(o, "gid://shopify/Location/1", "CREATE_FULFILLMENT")}
	r := rec{o}
	o["lineItems"] = listOf(func() []object { return r.list("lines") })
	o["fulfillments"] = plain(func() []object { return r.list("fulfillments") })
	o["refunds"] = plain(func() []object { return r.list("refunds") })
	o["transactions"] = plain(func() []object { return r.list("transactions") })
	o["fulfillmentOrders"] = listOf(func() []object { return r.list("sends") })
	o["suggestedRefund"] = resolver(func(args map[string]any) (any, *problem) { return f.suggest(o, args) })
	if change != nil {
		change(o)
	}
	if f.withheld {
		for _, k := range []string{"shippingAddress", "billingAddress"} {
			if a, ok := o[k].(object); ok {
				for _, part := range []string{"name", "address1", "address2", "zip", "phone"} {
					a[part] = nil
				}
			}
		}
		o["email"], o["customer"] = nil, nil
	}
	f.orders = append(f.orders, o)
	return id
}

// addDraft makes a draft of one shirt.
func (f *fake) addDraft(at time.Time, change func(o object)) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.newDraft(at, change)
}

func (f *fake) newDraft(at time.Time, change func(o object)) string {
	f.next++
	id := strconv.Itoa(f.next)
	d := object{
		"id": draftGID(id), "legacyResourceId": id, "name": "#D" + id, "status": "OPEN", "createdAt": stamp(at), "updatedAt": stamp(at),
		"currencyCode": "EUR", "taxesIncluded": true, "email": "ana@example.com", "phone": nil, "note2": nil, "tags": []string{}, "discountCodes": []string{},
		"poNumber": nil, "invoiceUrl": "https://shop.example/invoices/" + id, "invoiceSentAt": nil, "customAttributes": []object{}, "order": nil,
		"customer": object{
			"id": "gid://shopify/Customer/201", "displayName": "Ana Lima",
			"defaultEmailAddress": object{"emailAddress": "ana@example.com"}, "defaultPhoneNumber": nil,
		},
		"billingAddress": place("gid://shopify/MailingAddress/1"), "shippingAddress": place("gid://shopify/MailingAddress/2"),
		"subtotalPriceSet": bag("29.99"), "totalShippingPriceSet": bag("5.0"), "totalTaxSet": bag("6.54"), "totalPriceSet": bag("34.99"),
		"shippingLine": object{"title": "Correio"}, "_lines": []object{f.line("29.99", 1)},
	}
	r := rec{d}
	d["lineItems"] = listOf(func() []object { return r.list("lines") })
	if change != nil {
		change(d)
	}
	f.drafts = append(f.drafts, d)
	return id
}

// complete makes an order of a draft, as the customer does by paying, or somebody in the store.
func (f *fake) complete(d object) {
	d["status"], d["updatedAt"] = "COMPLETED", stamp(f.now())
	id := f.newOrder(f.now(), func(o object) { o["sourceName"] = "shopify_draft_order" })
	d["order"] = f.order(gid(id))
}

func place(id string) object {
	return object{
		"id": id, "name": "Ana Lima", "company": nil, "address1": "Rua Augusta 12", "address2": nil, "city": "Lisboa", "province": nil,
		"zip": "1100-048", "country": "Portugal", "countryCodeV2": "PT", "phone": nil,
	}
}

func (f *fake) line(price string, quantity int) object {
	f.next++
	n := strconv.Itoa(f.next)
	cents, _ := strconv.ParseFloat(price, 64)
	return object{
		"id": "gid://shopify/LineItem/" + n, "name": "Camisa - M", "title": "Camisa", "variantTitle": "M", "sku": "TSH-001", "quantity": quantity,
		"currentQuantity": quantity, "unfulfilledQuantity": quantity, "nonFulfillableQuantity": 0, "requiresShipping": true, "isGiftCard": false,
		"image": object{"url": "https://cdn.example/a.jpg"}, "product": object{"id": "gid://shopify/Product/7"}, "variant": object{"id": "gid://shopify/ProductVariant/8"},
		"originalUnitPriceSet": bag(price), "discountedTotalSet": bag(fmt.Sprintf("%.2f", cents*float64(quantity))), "taxLines": []object{{"priceSet": bag("11.22")}},
	}
}

func (f *fake) transaction(kind, amount string, parent object) object {
	f.next++
	return object{
		"id": fmt.Sprintf("gid://shopify/OrderTransaction/%d", f.next), "kind": kind, "status": "SUCCESS", "gateway": "shopify_payments",
		"formattedGateway": "Shopify Payments", "processedAt": stamp(start), "createdAt": stamp(start), "errorCode": nil, "amountSet": bag(amount),
		"parentTransaction": parent,
	}
}

// touch is a change that somebody makes in the store.
func (f *fake) touch(id string, change func(o object)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	o := f.order(gid(id))
	change(o)
	o["updatedAt"] = stamp(f.now())
}

func (f *fake) order(id any) object {
	for _, o := range f.orders {
		if o["id"] == id {
			return o
		}
	}
	return nil
}

// destroy deletes an order.
func (f *fake) destroy(id string, tell bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.orders = slices.DeleteFunc(f.orders, func(o object) bool { return o["id"] == gid(id) })
	f.next++
	if tell {
		f.events = append(f.events, object{
			"__kind": "BasicEvent", "id": fmt.Sprintf("gid://shopify/BasicEvent/%d", f.next), "action": "destroy", "createdAt": stamp(f.now()),
			"subjectId": gid(id), "subjectType": "ORDER",
		})
	}
}

// queries are what can be asked.
func (f *fake) queries() object {
	scopes := make([]object, len(f.scopes))
	for i, s := range f.scopes {
		scopes[i] = object{"handle": s}
	}
	return object{
		"shop": object{
			"name": "Loja", "myshopifyDomain": "loja.myshopify.com", "currencyCode": "EUR", "ianaTimezone": "Europe/Lisbon",
			"plan": object{"publicDisplayName": "Basic"},
		},
		"currentAppInstallation": object{"accessScopes": scopes},
		"ordersCount":            object{"count": len(f.seen())},
		"orders": connection(func(args map[string]any) ([]object, *problem) {
			if !slices.Contains(f.scopes, "read_orders") {
				return nil, &problem{"ACCESS_DENIED", "Access denied for orders field. Required access: `read_orders` access scope.", nil}
			}
			query, _ := args["query"].(string)
			list, bad := found(f.seen(), query)
			list = slices.Clone(list)
			slices.SortStableFunc(list, func(a, b object) int {
				if args["sortKey"] == "CREATED_AT" {
					return strings.Compare(a["createdAt"].(string), b["createdAt"].(string))
				}
				return strings.Compare(keyOf(a)+a["id"].(string), keyOf(b)+b["id"].(string))
			})
			if args["reverse"] == true {
				slices.Reverse(list)
			}
			return list, bad
		}),
		"order": resolver(func(args map[string]any) (any, *problem) { return f.order(args["id"]), nil }),
		"fulfillment": resolver(func(args map[string]any) (any, *problem) {
			for _, o := range f.orders {
				for _, s := range (rec{o}).list("fulfillments") {
					if s["id"] == args["id"] {
						return s, nil
					}
				}
			}
			return nil, nil
		}),
		"fulfillmentOrder": resolver(func(args map[string]any) (any, *problem) {
			_, s := f.sendOf(args["id"])
			return s, nil
		}),
		"nodes": resolver(func(args map[string]any) (any, *problem) {
			var out []object
			for _, id := range args["ids"].([]any) {
				if o := f.order(id); o != nil {
					out = append(out, o)
				} else {
					out = append(out, f.draft(id))
				}
			}
			return out, nil
		}),
		"events": connection(func(args map[string]any) ([]object, *problem) {
			query, _ := args["query"].(string)
			if !strings.Contains(query, "subject_type:ORDER AND action:destroy") {
				return nil, &problem{"BAD_REQUEST", "unexpected search " + query, nil}
			}
			return found(f.events, query)
		}),
		"draftOrders": connection(func(args map[string]any) ([]object, *problem) {
			if !slices.Contains(f.scopes, "write_draft_orders") && !slices.Contains(f.scopes, "read_draft_orders") {
				return nil, &problem{"ACCESS_DENIED", "Access denied for draftOrders field.", nil}
			}
			query, _ := args["query"].(string)
			var out []object
			if args["reverse"] == true && query == "" {
				out = slices.Clone(f.drafts)
				slices.Reverse(out)
				return out, nil
			}
			if tag, ok := strings.CutPrefix(query, "tag:"); ok && f.late {
				return nil, nil
			} else if ok {
				for _, d := range f.drafts {
					if slices.Contains(d["tags"].([]string), strings.Trim(tag, `'"`)) {
						out = append(out, d)
					}
				}
				return out, nil
			}
			if query == "status:open OR status:invoice_sent" {
				for _, d := range f.drafts {
					if d["status"] != "COMPLETED" {
						out = append(out, d)
					}
				}
			} else {
				var bad *problem
				if out, bad = found(f.drafts, query); bad != nil {
					return nil, bad
				}
			}
			out = slices.Clone(out)
			slices.SortStableFunc(out, func(a, b object) int { return strings.Compare(keyOf(a)+a["id"].(string), keyOf(b)+b["id"].(string)) })
			return out, nil
		}),
		"bulkOperation": resolver(func(args map[string]any) (any, *problem) {
			if o := f.bulkPolled(args["id"]); o != nil {
				return o, nil
			}
			return nil, nil
		}),
		"bulkOperations": resolver(func(map[string]any) (any, *problem) {
			list := slices.Clone(f.bulk.all)
			slices.Reverse(list)
			return object{"nodes": list}, nil
		}),
		"draftOrder": resolver(func(args map[string]any) (any, *problem) { return f.draft(args["id"]), nil }),
	}
}

// seen are the orders that the key may see.
func (f *fake) seen() []object {
	if slices.Contains(f.scopes, "read_all_orders") {
		return f.orders
	}
	return slices.DeleteFunc(slices.Clone(f.orders), func(o object) bool {
		return o["createdAt"].(string) < stamp(f.now().Add(-60*24*time.Hour))
	})
}

func (f *fake) draft(id any) object {
	for _, d := range f.drafts {
		if d["id"] == id {
			return d
		}
	}
	return nil
}

func (f *fake) sendOf(id any) (o, send object) {
	for _, o := range f.orders {
		for _, s := range (rec{o}).list("sends") {
			if s["id"] == id {
				return o, s
			}
		}
	}
	return nil, nil
}

// toSend makes a fulfillment order for all lines of an order; its lines have ids of their own.
func (f *fake) toSend(o object, location, action string) object {
	f.next++
	var lines []object
	for _, l := range (rec{o}).list("lines") {
		f.next++
		lines = append(lines, object{
			"id": fmt.Sprintf("gid://shopify/FulfillmentOrderLineItem/%d", f.next), "remainingQuantity": l["unfulfilledQuantity"], "lineItem": object{"id": l["id"]},
		})
	}
	return object{
		"id": fmt.Sprintf("gid://shopify/FulfillmentOrder/%d", f.next), "status": "OPEN", "requestStatus": "UNSUBMITTED",
		"supportedActions": []object{{"action": action}}, "assignedLocation": object{"name": "Armazém", "location": object{"id": location}},
		"lineItems": listOf(func() []object { return lines }), "_lines": lines,
	}
}

// parcel makes a fulfilment.
func (f *fake) parcel(status, tracking string) object {
	f.next++
	s := object{
		"id": fmt.Sprintf("gid://shopify/Fulfillment/%d", f.next), "status": status, "displayStatus": "FULFILLED", "createdAt": stamp(f.now()),
		"inTransitAt": nil, "deliveredAt": nil, "trackingInfo": []object{{"company": "DHL", "number": tracking, "url": "https://track.example/" + tracking}},
		"_lines": []object{},
	}
	s["fulfillmentLineItems"] = listOf(func() []object { return (rec{s}).list("lines") })
	return s
}
