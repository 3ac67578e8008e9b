package vendure

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// acted are the operations of the fake that act.go asks for. Their mutations are answered in the shapes seen on 3.7.3.
var acted = map[string]bool{
	"Standing": true, "SettlePayment": true, "CancelPayment": true, "ManualPayment": true, "MoveOrder": true, "CancelOrder": true, "RefundOrder": true,
	"SettleRefund": true, "AddNote": true, "CreateDraft": true, "DraftItem": true, "DraftCustomer": true, "DraftShippingAddress": true,
	"DraftBillingAddress": true, "DraftShippingMethods": true, "DraftShipping": true, "Drafts": true,
}

type object = map[string]any

// next are the states that may follow, of the stock process.
var next = map[string][]string{
	"Draft":            {"Cancelled", "ArrangingPayment"},
	"ArrangingPayment": {"PaymentAuthorized", "PaymentSettled", "AddingItems", "Cancelled"},
	"PaymentSettled":   {"PartiallyDelivered", "Delivered", "PartiallyShipped", "Shipped", "Cancelled", "Modifying", "ArrangingAdditionalPayment"},
	"PaymentAuthorized": {
		"PaymentSettled", "Cancelled", "Modifying", "ArrangingAdditionalPayment",
	},
	"Shipped": {"PartiallyDelivered", "Delivered", "Cancelled", "Modifying"}, "Delivered": {"Cancelled"},
	"Modifying": {"PaymentAuthorized", "PaymentSettled", "ArrangingAdditionalPayment"}, "ArrangingAdditionalPayment": {"PaymentSettled", "Cancelled"},
}

func (f *fakeStore) act(req *http.Request, op string, body []byte, wrong bool) []byte {
	var q struct {
		Variables struct {
			ID, State, Method string
			Input             object
		}
	}
	if err := json.Unmarshal(body, &q); err != nil {
		f.t.Error(err)
	}
	in := q.Variables.Input
	asks := op == "Standing" || op == "Drafts" || op == "DraftShippingMethods"
	if req.Header.Get("Vendure-Api-Key") != f.key || f.readOnly && !asks {
		return []byte(forbidden)
	}
	o := f.orders[q.Variables.ID]
	for _, name := range []string{"orderId", "id"} {
		if id, ok := in[name].(string); ok && o == nil {
			o = f.orders[id]
		}
	}
	data := func(name string, v any) []byte {
		out, err := json.Marshal(object{"data": object{name: v}})
		if err != nil {
			f.t.Error(err)
		}
		return out
	}
	did := func(typeName string, o object) []byte {
		if f.strange[op] != nil {
			return data("did", f.strange[op])
		}
		return data("did", object{"__typename": typeName, "id": o["id"], "state": o["state"], "transactionId": o["transactionId"]})
	}
	no := func(code, more string) []byte {
		return refusedAs("did", "SomeError", code, "errorResult."+code, more)
	}
	if no := f.refuses[op]; no != "" {
		return refusedAs("did", "AnErrorOfTomorrow", no, "No, said the "+op, "")
	}
	f.tally(op)
	switch op {
	case "Standing":
		if wrong {
			return data("order", f.standing(f.anyOther(q.Variables.ID)))
		}
		return data("order", f.standing(o))
	case "Drafts":
		return f.drafts()
	case "DraftShippingMethods":
		return data("eligibleShippingMethodsForDraftOrder", []object{{"id": "1", "code": "parcel", "name": "Parcel", "priceWithTax": 500}})
	case "CreateDraft":
		id := fmt.Sprint(5000 + f.asked[op])
		stamp := time.Now().UTC().Format(stamp)
		o = object{"id": id, "state": "Draft", "active": false, "currencyCode": "USD", "createdAt": stamp, "updatedAt": stamp, "history": object{"totalItems": 0.0}}
		f.orders[id] = o
		return did("Order", o)
	case "AddNote":
		f.record(o, "ORDER_NOTE", in["isPublic"].(bool), object{"note": in["note"]})
		return did("Order", o)
	case "SettlePayment", "CancelPayment":
		return f.payment(op, q.Variables.ID, did, no)
	case "MoveOrder":
		if !slices.Contains(next[o["state"].(string)], q.Variables.State) {
			return no("ORDER_STATE_TRANSITION_ERROR", `,"transitionError":"Cannot transition"`)
		}
		o["state"] = q.Variables.State
		return did("Order", o)
	case "ManualPayment":
		if s := o["state"]; s != "ArrangingPayment" && s != "ArrangingAdditionalPayment" {
			return no("MANUAL_PAYMENT_STATE_ERROR", "")
		}
		if in["metadata"] == nil {
			return []byte(`{"errors":[{"message":"NOT NULL constraint failed: payment.metadata"}],"data":null}`)
		}
		rest := number(o["totalWithTax"])
		for _, p := range list(o["payments"]) {
			rest -= number(p["amount"])
		}
		o["payments"] = append(anyList(o["payments"]), object{"id": fmt.Sprint(8000 + f.asked[op]), "state": "Settled", "amount": rest, "transactionId": in["transactionId"], "refunds": []any{}})
		if o["state"] == "ArrangingPayment" {
			o["state"] = "PaymentSettled"
		}
		return did("Order", o)
	case "CancelOrder":
		return f.cancelled(o, in, did, no)
	case "RefundOrder":
		return f.refunded(in, did, no)
	case "SettleRefund":
		for _, o := range f.orders {
			for _, p := range list(o["payments"]) {
				for _, r := range list(p["refunds"]) {
					if r["id"] != in["id"] {
						continue
					}
					if r["state"] != "Pending" {
						return []byte(`{"errors":[{"message":"Cannot transition","extensions":{"code":"ILLEGAL_OPERATION"}}],"data":null}`)
					}
					r["state"], r["transactionId"] = "Settled", in["transactionId"]
					return did("Refund", r)
				}
			}
		}
	case "DraftItem":
		o["lines"] = append(anyList(o["lines"]), object{
			"id": fmt.Sprint(o["id"], "-", in["productVariantId"]), "quantity": in["quantity"], "proratedLinePriceWithTax": 1000.0 * number(in["quantity"]),
			"productVariant": object{"id": in["productVariantId"]},
		})
		o["totalWithTax"] = number(o["totalWithTax"]) + 1000*number(in["quantity"])
		return did("Order", o)
	case "DraftCustomer":
		o["customer"] = object{"id": "1"}
		return did("Order", o)
	case "DraftShippingAddress", "DraftBillingAddress":
		o[strings.Replace(strings.TrimPrefix(op, "Draft"), "S", "s", 1)] = in
		o["billingAddress"] = in
		return did("Order", o)
	case "DraftShipping":
		o["shippingLines"] = []any{object{"id": q.Variables.Method}}
		return did("Order", o)
	}
	f.t.Errorf("unexpected operation %q", op)
	return nil
}

func (f *fakeStore) tally(op string) {
	if f.made == nil {
		f.made = map[string]int{}
	}
	f.made[op]++
}

// anyOther is an order with another id; nil when there is none.
func (f *fakeStore) anyOther(id string) object {
	for _, other := range slices.Sorted(maps.Keys(f.orders)) {
		if other != id {
			return f.orders[other]
		}
	}
	return nil
}

// record adds to the history of an order.
func (f *fakeStore) record(o object, kind string, public bool, data object) {
	h := o["history"].(object)
	h["totalItems"] = number(h["totalItems"]) + 1
	h["items"] = append([]any{object{
		"id": fmt.Sprint(9000 + len(anyList(h["items"]))), "type": kind, "isPublic": public, "data": data, "createdAt": time.Now().UTC().Format(stamp), "administrator": nil,
	}}, anyList(h["items"])...)
}

func (f *fakeStore) standing(o object) any {
	if o == nil {
		return nil
	}
	lines := []any{}
	for _, l := range list(o["lines"]) {
		unit := 0.0
		if n := number(l["quantity"]); n > 0 {
			unit = float64(int(number(l["proratedLinePriceWithTax"]) / n))
		}
		lines = append(lines, object{"id": l["id"], "quantity": l["quantity"], "proratedUnitPriceWithTax": unit})
	}
	var items []any
	for _, h := range list(o["history"].(object)["items"]) {
		if h["type"] == "ORDER_NOTE" || h["type"] == "ORDER_CANCELLATION" {
			items = append(items, h)
		}
	}
	return object{
		"id": o["id"], "state": o["state"], "nextStates": next[o["state"].(string)], "currencyCode": "USD", "totalWithTax": o["totalWithTax"], "lines": lines,
		"payments": o["payments"], "fulfillments": o["fulfillments"], "history": object{"items": items},
	}
}

func (f *fakeStore) drafts() []byte {
	items := []any{}
	for _, o := range f.orders {
		items = append(items, o)
	}
	out, err := json.Marshal(object{"data": object{"orders": object{"totalItems": len(items), "items": items}}})
	if err != nil {
		f.t.Error(err)
	}
	return out
}

func (f *fakeStore) payment(op, id string, did func(string, object) []byte, no func(string, string) []byte) []byte {
	for _, o := range f.orders {
		for _, p := range list(o["payments"]) {
			if p["id"] != id {
				continue
			}
			switch {
			case op == "CancelPayment" && p["state"] == "Authorized":
				p["state"] = "Cancelled"
			case op == "SettlePayment" && p["state"] == "Authorized":
				p["state"], o["state"] = "Settled", "PaymentSettled"
			case op == "SettlePayment" && p["state"] == "Settled":
			default:
				return no("PAYMENT_STATE_TRANSITION_ERROR", `,"transitionError":"Cannot transition the payment"`)
			}
			return did("Payment", p)
		}
	}
	return no("ENTITY_NOT_FOUND", "")
}

func (f *fakeStore) cancelled(o, in object, did func(string, object) []byte, no func(string, string) []byte) []byte {
	take := map[any]float64{}
	if in["lines"] == nil {
		for _, l := range list(o["lines"]) {
			take[l["id"]] = number(l["quantity"])
		}
	}
	for _, l := range list(in["lines"]) {
		take[l["orderLineId"]] = number(l["quantity"])
	}
	left, n := 0.0, 0.0
	for _, l := range list(o["lines"]) {
		if take[l["id"]] > number(l["quantity"]) {
			return no("QUANTITY_TOO_GREAT_ERROR", "")
		}
		n += take[l["id"]]
		left += number(l["quantity"])
	}
	if n == 0 {
		return no("EMPTY_ORDER_LINE_SELECTION_ERROR", "")
	}
	for _, l := range list(o["lines"]) {
		if q := number(l["quantity"]); q > 0 {
			l["proratedLinePriceWithTax"] = number(l["proratedLinePriceWithTax"]) * (q - take[l["id"]]) / q
			l["quantity"] = q - take[l["id"]]
		}
	}
	f.record(o, "ORDER_CANCELLATION", true, object{"reason": in["reason"], "shippingCancelled": in["cancelShipping"]})
	if n == left {
		o["state"] = "Cancelled"
	}
	return did("Order", o)
}

// refunded gives back, never more than a payment has left. What is paid by a card is settled at once; of all else the
// merchant sends the money.
func (f *fakeStore) refunded(in object, did func(string, object) []byte, no func(string, string) []byte) []byte {
	if in["shipping"] == nil || in["adjustment"] == nil || in["lines"] == nil {
		return []byte(`{"errors":[{"message":"NOT NULL constraint failed: refund.shipping"}],"data":null}`)
	}
	for _, o := range f.orders {
		for _, p := range list(o["payments"]) {
			if p["id"] != in["paymentId"] {
				continue
			}
			left := number(p["amount"])
			for _, r := range list(p["refunds"]) {
				if r["state"] != "Failed" {
					left -= number(r["total"])
				}
			}
			switch amount := number(in["amount"]); {
			case o["state"] == "PaymentAuthorized":
				return no("REFUND_ORDER_STATE_ERROR", "")
			case amount <= 0:
				return no("NOTHING_TO_REFUND_ERROR", "")
			case amount > left:
				return no("REFUND_AMOUNT_ERROR", fmt.Sprintf(`,"maximumRefundable":%d`, int(left)))
			}
			r := object{
				"id": fmt.Sprint(7000 + f.asked["RefundOrder"]), "state": "Pending", "total": in["amount"], "reason": in["reason"], "lines": in["lines"],
				"transactionId": nil, "createdAt": time.Now().UTC().Format(stamp), "updatedAt": time.Now().UTC().Format(stamp),
			}
			switch f.bank {
			case "":
				r["state"], r["transactionId"] = "Settled", "refund-1"
			case "Failed", "Pending":
				r["state"], r["transactionId"] = f.bank, ""
			}
			p["refunds"] = append(anyList(p["refunds"]), r)
			return did("Refund", r)
		}
	}
	return no("ENTITY_NOT_FOUND", "")
}
