package woocommerce

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
)

func normal(t *testing.T, change func(o map[string]any)) order.Order {
	t.Helper()
	f := newFake(t)
	id := f.add(start, change)
	got, err := f.platform().Read(t.Context(), strconv.Itoa(id))
	if err != nil {
		t.Fatal(err)
	}
	return got.Order
}

// fromStore is an order as a real store answered it.
func fromStore(t *testing.T, name string) order.Order {
	t.Helper()
	_, _, body := recorded(t, name)
	v := &fields{}
	if err := json.Unmarshal(body, v); err != nil {
		t.Fatal(err)
	}
	return normalizer{v: v, s: &shop{statuses: map[string]string{"processing": "Processing"}}, base: "https://shop.example"}.order()
}

func contradictions(t *testing.T, name string, o *order.Order) {
	t.Helper()
	state := order.Derive(o, order.Facts{Now: start})
	for _, e := range state.Active(start) {
		if e.Code != order.ExceptionForgotten && e.Code != order.ExceptionNoTracking {
			t.Errorf("%s: exception %s: %s", name, e.Code, e.Text)
		}
	}
}

func TestRecordedOrders(t *testing.T) {
	o := fromStore(t, "get-order")
	if o.ExternalID != "41" || o.CustomerPayment != order.PaymentPending || !o.CashOnDelivery || o.Total.String() != "EUR 159.77" || o.Tax.String() != "EUR 24.53" ||
		o.Subtotal.String() != "EUR 130.34" || o.ShippingCost.String() != "EUR 4.90" || len(o.Lines) != 3 || o.Lines[2].UnitPrice.String() != "EUR 34.51" ||
		o.Lines[0].ProductID != "20" || o.Customer.Name != "Bob <b>Tags</b> & Co" || o.Customer.ExternalID != "9" || o.Shipping.Phone != "+49 30 908515" ||
		!o.CreatedAt.Equal(time.Date(2026, 8, 24, 7, 48, 22, 0, time.UTC)) || o.UnknownStatus || o.Lines[0].Digital {
		t.Errorf("%+v", o)
	}
	contradictions(t, "get-order", &o)

	o = fromStore(t, "create-full")
	if o.Discount.String() != "EUR 0.60" || o.Lines[0].UnitPrice.String() != "EUR 3.00" || o.Lines[0].Discount.String() != "EUR 0.60" ||
		o.Lines[0].Total.String() != "EUR 5.40" || !slices.Equal(o.DiscountCodes, []string{"save10"}) || o.CustomerPayment != order.PaymentPaid ||
		o.Fulfilment != order.Fulfilled || o.Payments[0].Reference != "abc" {
		t.Errorf("%+v", o)
	}
	contradictions(t, "create-full", &o)

	o = fromStore(t, "order-after-refunds")
	if o.Refunded.Minor <= 0 || o.Refund != order.CasePaidPartial || o.Total.String() != "EUR 125.38" || len(o.Refunds) < 2 || o.Refunds[0].Amount.Minor < 0 {
		t.Errorf("refunded %s of %s: %+v", o.Refunded, o.Total, o.Refunds)
	}

	if o = fromStore(t, "get-trashed"); o.Lifecycle != order.LifecycleDeleted || o.UnknownStatus {
		t.Errorf("%+v", o)
	}
	if o = fromStore(t, "custom-status-put"); o.RawStatus != "shipped" || o.Fulfilment != order.Fulfilled {
		t.Errorf("%+v", o)
	}
}

func TestHTMLEntitiesInNames(t *testing.T) {
	o := normal(t, func(o map[string]any) {
		l := o["line_items"].([]any)[0].(map[string]any)
		l["name"], l["parent_name"] = "Ship Your Idea &ndash; Black &amp; White", "Ship Your Idea &amp; More"
		l["meta_data"] = []any{
			map[string]any{"key": "pa_color", "value": "black", "display_key": "Color", "display_value": "<p>Black &amp; White</p>"},
			map[string]any{"key": "_reduced_stock", "value": "2", "display_key": "_reduced_stock", "display_value": "2"},
			map[string]any{"key": "gift", "value": map[string]any{"a": 1}, "display_key": "Gift", "display_value": map[string]any{"a": 1}},
		}
	})
	if l := o.Lines[0]; l.Title != "Ship Your Idea & More" || l.Variant != "Color: Black & White" {
		t.Errorf("%q, %q", l.Title, l.Variant)
	}
}

func TestFractionalQuantities(t *testing.T) {
	o := normal(t, func(o map[string]any) {
		l := o["line_items"].([]any)[0].(map[string]any)
		l["quantity"], l["subtotal"], l["total"] = 1.5, "10.00", "9.00"
	})
	if l := o.Lines[0]; l.Quantity.String() != "1.5" || l.UnitPrice.Minor != 667 || l.Total.String() != "EUR 9.00" || l.Discount.String() != "EUR 1.00" {
		t.Errorf("%+v", l)
	}
	for in, want := range map[string]string{"2": "2", "0.33333333333333": "0.3333", "1e1": "10", "abc": "0", "1e999999": "0", "\"1.50\"": "1.5"} {
		var l loose
		_ = json.Unmarshal([]byte(in), &l)
		if in == "abc" {
			l = "abc"
		}
		if got := quantity(l).String(); got != want {
			t.Errorf("%s is %s", in, got)
		}
	}
}

func TestMoneyIsText(t *testing.T) {
	for in, want := range map[string]string{
		`"68.71"`: "EUR 68.71", `68.71`: "EUR 68.71", `""`: "EUR 0.00", `null`: "EUR 0.00", `"-1.00"`: "EUR -1.00", `"0.125"`: "EUR 0.13", `1e2`: "EUR 100.00",
		`"1e999999999"`: "EUR 0.00", `[]`: "EUR 0.00", `"9999999999999999999999999"`: "EUR 0.00",
	} {
		var l loose
		if err := json.Unmarshal([]byte(in), &l); err != nil {
			t.Fatal(err)
		}
		if got := (normalizer{currency: "EUR"}).money(l); got.String() != want {
			t.Errorf("%s is %s, not %s", in, got, want)
		}
	}
	if got := (normalizer{currency: "JPY"}).money("1500"); got.String() != "JPY 1500" {
		t.Errorf("yen: %s", got)
	}
}

func TestStatuses(t *testing.T) {
	for _, c := range []struct {
		status  string
		paid    bool
		payment order.CustomerPayment
		sent    order.Fulfilment
		life    order.Lifecycle
		unknown bool
	}{
		{"pending", false, order.PaymentPending, order.Unfulfilled, order.LifecycleOpen, false},
		{"on-hold", false, order.PaymentPending, order.Unfulfilled, order.LifecycleOpen, false},
		{"processing", true, order.PaymentPaid, order.Unfulfilled, order.LifecycleOpen, false},
		{"completed", true, order.PaymentPaid, order.Fulfilled, order.LifecycleOpen, false},
		{"cancelled", false, order.PaymentVoided, order.Unfulfilled, order.LifecycleCancelled, false},
		{"refunded", true, order.PaymentRefunded, order.Unfulfilled, order.LifecycleOpen, false},
		{"failed", false, order.PaymentFailed, order.Unfulfilled, order.LifecycleOpen, false},
		{"checkout-draft", false, order.PaymentDraft, order.Unfulfilled, order.LifecycleOpen, false},
		{"partial-shipped", true, order.PaymentPaid, order.FulfilmentPartial, order.LifecycleOpen, false},
		{"delivered", true, order.PaymentPaid, order.FulfilmentDelivered, order.LifecycleOpen, false},
		{"on-the-moon", true, order.PaymentPaid, order.Unfulfilled, order.LifecycleOpen, true},
	} {
		o := normal(t, func(o map[string]any) {
			o["status"], o["date_paid_gmt"] = c.status, nil
			if c.paid {
				o["date_paid_gmt"] = "2026-11-20T10:00:00"
			}
			if c.status == "completed" {
				o["date_completed_gmt"] = "2026-11-20T10:00:00"
			}
		})
		if o.CustomerPayment != c.payment || o.Fulfilment != c.sent || o.Lifecycle != c.life || o.UnknownStatus != c.unknown || o.RawStatus != c.status {
			t.Errorf("%s: %s %s %s %t", c.status, o.CustomerPayment, o.Fulfilment, o.Lifecycle, o.UnknownStatus)
		}
	}
}

// TestCustomStatusesAreShown: a plugin's status that the store names is no riddle, one that nobody owns any more is.
func TestCustomStatusesAreShown(t *testing.T) {
	f := newFake(t)
	f.statuses["awaiting-pickup"] = "Awaiting pickup"
	for status, unknown := range map[string]bool{"awaiting-pickup": false, "orphan": true} {
		id := f.add(start, func(o map[string]any) { o["status"] = status })
		got, err := f.platform().Read(t.Context(), strconv.Itoa(id))
		if err != nil || got.Order.RawStatus != status || got.Order.UnknownStatus != unknown {
			t.Errorf("%s: %+v %v", status, got.Order, err)
		}
	}
	f.fault = func(_, path string) fault { // a store that does not say which statuses there are
		if strings.HasSuffix(path, "statuses") {
			return page
		}
		return fine
	}
	if _, err := f.platform().Read(t.Context(), "1001"); err == nil {
		t.Error("a web page in place of the statuses was taken")
	}
}

func TestCartsAtTheCheckoutStayOutOfTheWorkTabs(t *testing.T) {
	if o := normal(t, func(o map[string]any) { o["status"] = "checkout-draft" }); !o.IsArchived() {
		t.Error("a cart is shown as an order")
	}
}

func TestOddOrders(t *testing.T) {
	for name, change := range map[string]func(o map[string]any){
		"no customer":     func(o map[string]any) { o["customer_id"] = nil; delete(o, "billing") },
		"empty addresses": func(o map[string]any) { o["billing"], o["shipping"] = []any{}, nil },
		"lines as object": func(o map[string]any) { o["line_items"] = map[string]any{"7": o["line_items"].([]any)[0]} },
		"no lines":        func(o map[string]any) { o["line_items"] = nil },
		"500 lines":       func(o map[string]any) { o["line_items"] = slices.Repeat(o["line_items"].([]any), 167) },
		"no date":         func(o map[string]any) { o["date_created_gmt"], o["date_created"] = nil, nil },
		"a date in 1970":  func(o map[string]any) { o["date_created_gmt"] = "1970-01-01T00:00:00" },
		"objects as text": func(o map[string]any) { o["status"], o["number"] = []any{}, map[string]any{} },
		"ids as texts":    func(o map[string]any) { o["customer_id"] = "7" },
		"a deleted product": func(o map[string]any) {
			l := o["line_items"].([]any)[0].(map[string]any)
			l["sku"], l["product_id"] = nil, 0
		},
		"strange meta data": func(o map[string]any) {
			o["meta_data"] = []any{
				map[string]any{"key": metaTracking, "value": "x"},
				map[string]any{"key": metaParcels, "value": 5},
				map[string]any{"key": metaAfterShip, "value": map[string]any{"a": []any{}}},
				map[string]any{"key": nil},
				map[string]any{},
			}
		},
	} {
		if o := normal(t, change); o.ExternalID == "" || o.Currency != "EUR" {
			t.Errorf("%s: %+v", name, o)
		}
	}
	if o := normal(t, func(o map[string]any) { o["line_items"] = map[string]any{"7": o["line_items"].([]any)[0]} }); len(o.Lines) != 1 {
		t.Errorf("%d lines", len(o.Lines))
	}
	// A draft's dates are in the store's zone alone.
	if o := normal(t, func(o map[string]any) { o["date_created_gmt"], o["date_created"] = nil, "2026-11-21T13:00:00" }); !o.CreatedAt.Equal(start) {
		t.Errorf("%s", o.CreatedAt)
	}
}

func TestPartsMakeTheTotal(t *testing.T) {
	for name, change := range map[string]func(o map[string]any){
		"a fee": func(o map[string]any) {
			o["fee_lines"], o["total"] = []any{map[string]any{"name": "Wrapping", "total": "3.00"}}, "162.77"
		},
		"a coupon": func(o map[string]any) {
			firstLine(o)["total"], o["discount_total"], o["total"] = "10.59", "2.00", "157.77"
		},
		"a lower price":  func(o map[string]any) { firstLine(o)["total"], o["total"] = "10.59", "157.77" },
		"a raised price": func(o map[string]any) { firstLine(o)["total"], o["total"] = "13.59", "160.77" },
		"as it was":      func(map[string]any) {},
		"a negative fee": func(o map[string]any) {
			o["fee_lines"], o["total"] = []any{map[string]any{"name": "Gift card", "total": "-3.00"}}, "156.77"
		},
		"part of it back": func(o map[string]any) { o["refunds"] = []any{map[string]any{"id": 5, "total": "-1.00"}} },
	} {
		o := normal(t, change)
		contradictions(t, name, &o)
	}
}

func firstLine(o map[string]any) map[string]any { return o["line_items"].([]any)[0].(map[string]any) }

func TestParcelsOfPlugins(t *testing.T) {
	o := normal(t, func(o map[string]any) {
		o["status"], o["date_completed_gmt"] = "completed", "2026-11-20T10:00:00"
		o["meta_data"] = []any{
			map[string]any{"key": metaTracking, "value": []any{
				map[string]any{"tracking_id": "a1", "tracking_number": "J1", "tracking_provider": "", "custom_tracking_provider": "DHL", "custom_tracking_link": "https://t.example/J1", "date_shipped": "1795295134"},
				map[string]any{"tracking_number": ""},
			}},
			map[string]any{"key": "_tracking_number", "value": "J2"},
			map[string]any{"key": "_tracking_url", "value": "javascript:alert(1)"},
		}
	})
	if len(o.Fulfilments) != 2 || o.Fulfilments[0].Carrier != "DHL" || o.Fulfilments[0].URL != "https://t.example/J1" || !o.Fulfilments[0].Shipped ||
		o.Fulfilments[0].At.Unix() != 1795295134 || o.Fulfilments[1].Tracking != "J2" || o.Fulfilments[1].URL != "" {
		t.Errorf("%+v", o.Fulfilments)
	}
}

// TestRefundedLinesOfOpenOrders: which lines were refunded, only the refunds themselves say.
func TestRefundedLinesOfOpenOrders(t *testing.T) {
	f := newFake(t)
	id := f.add(start, func(o map[string]any) {
		o["refunds"] = []any{map[string]any{"id": 5, "total": "-14.22"}}
		o["_refunds"] = []any{map[string]any{"id": 5, "amount": "14.22", "line_items": []any{
			map[string]any{"quantity": -99, "meta_data": []any{map[string]any{"key": "_refunded_item_id", "value": "2"}}},
		}}}
	})
	got, err := f.platform().Read(t.Context(), strconv.Itoa(id))
	if err != nil || got.Order.Lines[1].Open() != 0 || got.Order.Lines[0].Open() != order.Units(1) || got.Order.Lines[1].Refunded != order.Units(2) {
		t.Errorf("%v %+v", err, got.Order.Lines)
	}
}

// TestRecordedRefunds: the real store answered eight of them, of which one names a line.
func TestRecordedRefunds(t *testing.T) {
	_, _, body := recorded(t, "refunds-list")
	f := newFake(t)
	id := f.add(start, nil)
	var all []any
	if err := json.Unmarshal(body, &all); err != nil {
		t.Fatal(err)
	}
	f.orders[id]["_refunds"] = all
	p := f.platform()
	s, err := p.hello(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	back, err := p.returned(t.Context(), strconv.Itoa(id), s)
	if err != nil || len(back) != 1 || back["169"] != order.Units(1) {
		t.Errorf("%v %v", back, err)
	}
}
