package shopify

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

func refusal(what string) (any, *problem) {
	return object{"userErrors": userErrors(what), "orderCancelUserErrors": userErrors(what), "__kind": "refusal"}, nil
}

func userErrors(what string) []object {
	return []object{{"field": nil, "message": what, "code": "INVALID"}}
}

var aUUID = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

// acts are what can be done. Each refuses what the real one refuses, and counts what it did.
func (f *fake) acts() map[string]resolver {
	fine := []object{}
	keys := map[string]object{} // idempotency
	on := func(field string, what func(o object, args object) (any, *problem)) resolver {
		return func(args map[string]any) (any, *problem) {
			id := args[field]
			if in, ok := args["input"].(map[string]any); ok {
				id = in[field]
			}
			o := f.order(id)
			if o == nil && field == "id" {
				o = f.draft(id)
			}
			if o == nil {
				return refusal("Order does not exist")
			}
			out, bad := what(o, args)
			o["updatedAt"] = stamp(f.now())
			return out, bad
		}
	}
	return map[string]resolver{
		"fulfillmentCreate": func(args map[string]any) (any, *problem) { return f.fulfil(args["fulfillment"].(map[string]any)) },
		"fulfillmentTrackingInfoUpdate": func(args map[string]any) (any, *problem) {
			for _, o := range f.orders {
				for _, s := range (rec{o}).list("fulfillments") {
					if s["id"] == args["fulfillmentId"] {
						f.made["tracking"]++
						t := args["trackingInfoInput"].(map[string]any)
						s["trackingInfo"] = []object{{"company": t["company"], "number": t["number"], "url": t["url"]}}
						return object{"fulfillment": s, "userErrors": fine}, nil
					}
				}
			}
			return refusal("Fulfillment does not exist.")
		},
		"fulfillmentOrderSubmitFulfillmentRequest": func(args map[string]any) (any, *problem) {
			_, s := f.sendOf(args["id"])
			if s == nil || !slices.ContainsFunc(s["supportedActions"].([]object), func(a object) bool { return a["action"] == "REQUEST_FULFILLMENT" }) {
				return refusal("The fulfillment order's assigned fulfillment service must be of api type")
			}
			f.made["request"]++
			s["requestStatus"], s["supportedActions"] = "SUBMITTED", []object{{"action": "REQUEST_CANCELLATION"}}
			return object{"submittedFulfillmentOrder": s, "userErrors": fine}, nil
		},
		"orderCancel": on("orderId", func(o, args object) (any, *problem) {
			if o["cancelledAt"] != nil {
				return refusal("Cannot cancel an order that has already been canceled.")
			}
			if args["refund"] != nil {
				f.t.Error("the argument refund is deprecated")
			}
			f.made["cancel"]++
			o["cancelledAt"], o["cancelReason"] = stamp(f.now()), args["reason"]
			return object{"job": object{"id": "gid://shopify/Job/1", "done": false}, "orderCancelUserErrors": fine}, nil
		}),
		"orderMarkAsPaid": on("id", func(o, _ object) (any, *problem) {
			if o["canMarkAsPaid"] != true {
				return refusal("Order cannot be marked as paid.")
			}
			f.made["mark_paid"]++
			o["canMarkAsPaid"], o["fullyPaid"], o["displayFinancialStatus"] = false, true, "PAID"
			return object{"order": o, "userErrors": fine}, nil
		}),
		"orderCapture": on("id", func(o, args object) (any, *problem) {
			in := args["input"].(map[string]any)
			if o["capturable"] != true || in["parentTransactionId"] == "" {
				return refusal("Transaction cannot be captured")
			}
			f.made["capture"]++
			t := f.transaction("CAPTURE", in["amount"].(string), nil)
			o["_transactions"] = append((rec{o}).list("transactions"), t)
			o["capturable"], o["fullyPaid"], o["displayFinancialStatus"] = false, true, "PAID"
			return object{"transaction": t, "userErrors": fine}, nil
		}),
		"refundCreate": func(args map[string]any) (any, *problem) {
			key, _ := args["@idempotent"].(string)
			if !aUUID.MatchString(key) {
				return nil, &problem{"BAD_REQUEST", "The @idempotent directive is required for this mutation but was not provided.", nil}
			}
			if done := keys[key]; done != nil {
				return object{"refund": done, "userErrors": fine}, nil
			}
			return f.refund(args["input"].(map[string]any), func(r object) { keys[key] = r })
		},
		"orderUpdate": on("id", func(o, args object) (any, *problem) {
			note, _ := args["input"].(map[string]any)["note"].(string)
			if len(note) > 5000 {
				return refusal("Note is too long (maximum is 5000 characters)")
			}
			f.made["note"]++
			o["note"] = note // all of it
			return object{"order": o, "userErrors": fine}, nil
		}),
		"tagsAdd": on("id", func(o, args object) (any, *problem) {
			f.made["tags added"]++
			for _, t := range args["tags"].([]any) {
				o["tags"] = append(o["tags"].([]string), t.(string))
			}
			return object{"userErrors": fine}, nil
		}),
		"tagsRemove": on("id", func(o, args object) (any, *problem) {
			f.made["tags removed"]++
			o["tags"] = slices.DeleteFunc(o["tags"].([]string), func(t string) bool { return slices.Contains(args["tags"].([]any), any(t)) })
			return object{"userErrors": fine}, nil
		}),
		"orderClose": on("id", func(o, _ object) (any, *problem) {
			f.made["archive"]++
			o["closed"] = true
			return object{"order": o, "userErrors": fine}, nil
		}),
		"orderOpen": on("id", func(o, _ object) (any, *problem) {
			f.made["reopen"]++
			o["closed"] = false
			return object{"order": o, "userErrors": fine}, nil
		}),
		"orderDelete": on("orderId", func(o, _ object) (any, *problem) {
			if o["test"] != true {
				return refusal("Order could not be deleted. It was paid by a payment provider.")
			}
			f.made["delete"]++
			f.orders = slices.DeleteFunc(f.orders, func(other object) bool { return other["id"] == o["id"] })
			return object{"deletedId": o["id"], "userErrors": fine}, nil
		}),
		"bulkOperationRunQuery": f.bulkRun,
		"draftOrderCreate": func(args map[string]any) (any, *problem) {
			in := args["input"].(map[string]any)
			tags := []string{}
			for _, t := range in["tags"].([]any) {
				if len(t.(string)) > 40 {
					return refusal("Tags is too long (maximum is 40 characters)")
				}
				tags = append(tags, t.(string))
			}
			f.made["draft"]++
			d := f.draft(draftGID(f.newDraft(f.now(), func(o object) { o["tags"] = tags })))
			return object{"draftOrder": d, "userErrors": fine}, nil
		},
		"draftOrderInvoiceSend": func(args map[string]any) (any, *problem) {
			d := f.draft(args["id"])
			f.made["invoice"]++
			f.mails++
			d["invoiceSentAt"], d["status"], d["updatedAt"] = stamp(f.now()), "INVOICE_SENT", stamp(f.now())
			return object{"draftOrder": d, "userErrors": fine}, nil
		},
		"draftOrderDelete": func(args map[string]any) (any, *problem) {
			d := f.draft(args["input"].(map[string]any)["id"])
			if d == nil || d["status"] == "COMPLETED" {
				return refusal("Draft order is completed and cannot be deleted")
			}
			f.made["draft deleted"]++
			f.drafts = slices.DeleteFunc(f.drafts, func(other object) bool { return other["id"] == d["id"] })
			return object{"deletedId": d["id"], "userErrors": fine}, nil
		},
		"draftOrderComplete": func(args map[string]any) (any, *problem) {
			d := f.draft(args["id"])
			if d["order"] != nil {
				return refusal("This order has been paid")
			}
			f.made["complete"]++
			f.complete(d)
			return object{"draftOrder": d, "userErrors": fine}, nil
		},
	}
}

// fulfil makes a parcel, of one order and one place.
func (f *fake) fulfil(in map[string]any) (any, *problem) {
	track := in["trackingInfo"].(map[string]any)
	number, _ := track["number"].(string)
	url, _ := track["url"].(string)
	var of object
	place := ""
	parcel := f.parcel("SUCCESS", number)
	parcel["trackingInfo"] = []object{{"company": track["company"], "number": number, "url": url}}
	type take struct {
		line object
		n    int
	}
	var takes []take
	for _, part := range in["lineItemsByFulfillmentOrder"].([]any) {
		part := part.(map[string]any)
		o, s := f.sendOf(part["fulfillmentOrderId"])
		if s == nil || of != nil && of["id"] != o["id"] {
			return refusal("Fulfillment order does not exist.")
		}
		of = o
		here := s["assignedLocation"].(object)["location"].(object)["id"].(string)
		if place != "" && place != here {
			return refusal("All fulfillment orders must be assigned to the same location.")
		}
		place = here
		if !slices.ContainsFunc(s["supportedActions"].([]object), func(a object) bool { return a["action"] == "CREATE_FULFILLMENT" }) {
			return refusal("Fulfillment order has an unfulfillable status")
		}
		for _, l := range part["fulfillmentOrderLineItems"].([]any) {
			l := l.(map[string]any)
			n, _ := count(l["quantity"])
			i := slices.IndexFunc(s["_lines"].([]object), func(have object) bool { return have["id"] == l["id"] })
			if i < 0 || n < 1 || n > s["_lines"].([]object)[i]["remainingQuantity"].(int) {
				return refusal("Invalid fulfillment order line item quantity requested.")
			}
			takes = append(takes, take{s["_lines"].([]object)[i], n})
		}
	}
	for _, t := range takes {
		t.line["remainingQuantity"] = t.line["remainingQuantity"].(int) - t.n
		id := t.line["lineItem"].(object)["id"]
		parcel["_lines"] = append(parcel["_lines"].([]object), object{"id": t.line["id"], "quantity": t.n, "lineItem": object{"id": id}})
		for _, l := range (rec{of}).list("lines") {
			if l["id"] == id {
				l["unfulfilledQuantity"] = l["unfulfilledQuantity"].(int) - t.n
			}
		}
	}
	open := 0
	for _, l := range (rec{of}).list("lines") {
		open += l["unfulfilledQuantity"].(int)
	}
	of["displayFulfillmentStatus"] = map[bool]string{true: "FULFILLED", false: "PARTIALLY_FULFILLED"}[open == 0]
	of["_fulfillments"] = append((rec{of}).list("fulfillments"), parcel)
	of["updatedAt"] = stamp(f.now())
	f.made["fulfilment "+number+" from "+place[strings.LastIndex(place, "/")+1:]]++
	if in["notifyCustomer"] == true {
		f.mails++
	}
	return object{"fulfillment": parcel, "userErrors": []object{}}, nil
}

// suggest says what would be given back: by lines, or everything.
func (f *fake) suggest(o object, args map[string]any) (any, *problem) {
	amount := amountOf(o["totalPriceSet"]) - amountOf(o["totalRefundedSet"])
	most := amount
	lines := []object{}
	if args["suggestFullRefund"] != true {
		amount = 0
		for _, in := range args["refundLineItems"].([]any) {
			in := in.(map[string]any)
			n, _ := count(in["quantity"])
			for _, l := range (rec{o}).list("lines") {
				if l["id"] == in["lineItemId"] {
					amount += float64(n) * amountOf(l["originalUnitPriceSet"])
				}
			}
		}
	} else {
		for _, l := range (rec{o}).list("lines") {
			lines = append(lines, object{"quantity": l["currentQuantity"], "lineItem": object{"id": l["id"]}, "location": object{"id": "gid://shopify/Location/1"}})
		}
	}
	parent := (rec{o}).list("transactions")[0]
	return object{
		"amountSet": bag(fmt.Sprintf("%.2f", amount)), "maximumRefundableSet": bag(fmt.Sprintf("%.2f", most)),
		"shipping": object{"amountSet": bag("5.0")}, "refundLineItems": lines,
		"suggestedTransactions": []object{{
			"kind": "SUGGESTED_REFUND", "gateway": "shopify_payments", "amountSet": bag(fmt.Sprintf("%.2f", amount)),
			"maximumRefundableSet": bag(fmt.Sprintf("%.2f", most)), "parentTransaction": parent,
		}},
	}, nil
}

func amountOf(b any) float64 {
	n, _ := strconv.ParseFloat(b.(object)["shopMoney"].(object)["amount"].(string), 64)
	return n
}

func (f *fake) refund(in map[string]any, keep func(object)) (any, *problem) {
	o := f.order(in["orderId"])
	if o == nil {
		return refusal("Order does not exist")
	}
	sum := 0.0
	for _, t := range in["transactions"].([]any) {
		t := t.(map[string]any)
		n, err := strconv.ParseFloat(t["amount"].(string), 64)
		if err != nil || t["kind"] != "REFUND" || t["parentId"] == nil || t["gateway"] == "" {
			return refusal("Transaction is invalid")
		}
		sum += n
	}
	if sum > amountOf(o["totalPriceSet"])-amountOf(o["totalRefundedSet"])+0.001 {
		return refusal("Refund amount is greater than the amount that can be refunded")
	}
	items, _ := in["refundLineItems"].([]any)
	f.refunded = items
	for _, l := range items {
		l := l.(map[string]any)
		if l["restockType"] == "RETURN" && l["locationId"] == nil {
			return refusal("Location must be set")
		}
		for _, have := range (rec{o}).list("lines") {
			n, _ := count(l["quantity"])
			open := have["unfulfilledQuantity"].(int)
			switch sent := have["quantity"].(int) - open; {
			case have["id"] != l["lineItemId"]:
			case l["restockType"] == "CANCEL" && n > open, l["restockType"] == "RETURN" && n > sent:
				f.t.Errorf("%d pieces are %s, of %d that were sent and %d that were not", n, l["restockType"], sent, open)
			case l["restockType"] == "CANCEL":
				have["unfulfilledQuantity"] = open - n
			}
		}
		for _, have := range (rec{o}).list("lines") {
			if n, _ := count(l["quantity"]); have["id"] == l["lineItemId"] {
				have["currentQuantity"] = have["currentQuantity"].(int) - n
			}
		}
	}
	f.next++
	f.made["refund"]++
	r := object{
		"id": fmt.Sprintf("gid://shopify/Refund/%d", f.next), "createdAt": stamp(f.now()), "processedAt": stamp(f.now()), "note": in["note"],
		"totalRefundedSet": bag(fmt.Sprintf("%.2f", sum)),
	}
	o["_refunds"] = append((rec{o}).list("refunds"), r)
	o["totalRefundedSet"] = bag(fmt.Sprintf("%.2f", amountOf(o["totalRefundedSet"])+sum))
	o["displayFinancialStatus"], o["updatedAt"] = "PARTIALLY_REFUNDED", stamp(f.now())
	keep(r)
	return object{"refund": r, "userErrors": []object{}}, nil
}
