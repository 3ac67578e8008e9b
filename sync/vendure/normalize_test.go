package vendure

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync/vendure/admin"
)

var update = flag.Bool("update", false, "write the golden files anew")

// testShop is the shop that the pages were recorded from.
func testShop(t testing.TB) *shop {
	t.Helper()
	var answer struct{ Data admin.ShopResponse }
	readJSON(t, "shop.json", &answer)
	s := &shop{
		code: answer.Data.ActiveChannel.Code, currency: answer.Data.ActiveChannel.DefaultCurrencyCode,
		precision: answer.Data.GlobalSettings.ServerConfig.MoneyStrategyPrecision, states: map[string]bool{},
	}
	for _, st := range answer.Data.GlobalSettings.ServerConfig.OrderProcess {
		s.states[st.Name] = true
	}
	return s
}

func readJSON(t testing.TB, name string, into any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// recorded are the orders of testdata/orders.json, by id.
func recorded(t testing.TB) (ids []string, orders map[string]*admin.OrderFields) {
	t.Helper()
	var page struct {
		Data struct {
			Orders struct{ Items []admin.OrderFields }
		}
	}
	readJSON(t, "orders.json", &page)
	orders = map[string]*admin.OrderFields{}
	for i := range page.Data.Orders.Items {
		o := &page.Data.Orders.Items[i]
		ids = append(ids, o.Id)
		orders[o.Id] = o
	}
	return ids, orders
}

func TestNormalizeRecordedOrders(t *testing.T) {
	s := testShop(t)
	ids, orders := recorded(t)
	var got bytes.Buffer
	for _, id := range ids {
		o := normalize(orders[id], s)
		again := normalize(orders[id], s)
		if !reflect.DeepEqual(o, again) {
			t.Errorf("order %s comes out differently the second time", id)
		}
		line, err := json.MarshalIndent(o, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		got.Write(line)
		got.WriteByte('\n')
		for _, e := range order.Derive(&o, order.Facts{Now: o.CreatedAt}).Exceptions {
			if e.Code == order.ExceptionTotalMismatch || e.Code == order.ExceptionUnknownStatus {
				t.Errorf("order %s: %s: %s", id, e.Code, e.Text)
			}
		}
	}
	golden := filepath.Join("testdata", "orders.golden")
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil { //nolint:gosec // a file of the repository
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, got.Bytes()) {
		t.Error("the orders differ from testdata/orders.golden; look at the difference and run with -update if it is right")
	}
}

func TestNormalizeAxes(t *testing.T) {
	s := testShop(t)
	_, orders := recorded(t)
	const (
		paid, none, open, cancelled = order.PaymentPaid, order.CaseNone, order.LifecycleOpen, order.LifecycleCancelled
	)
	for _, tc := range []struct {
		id, raw    string
		payment    order.CustomerPayment
		fulfilment order.Fulfilment
		refund     order.CaseState
		lifecycle  order.Lifecycle
		total      int64
		paid       int64
		stage      order.Stage
	}{
		{"1", "PaymentSettled", paid, order.Unfulfilled, none, open, 0, 0, order.StageQuoting},
		{"2", "PaymentAuthorized", order.PaymentAuthorized, order.Unfulfilled, none, open, 0, 0, order.StageAwaiting},
		{"3", "Shipped", paid, order.Fulfilled, none, open, 0, 0, order.StageShipped},
		{"4", "Cancelled", order.PaymentAuthorized, order.Unfulfilled, none, cancelled, 0, 0, order.StageCancelled},
		{"5", "Cancelled", order.PaymentRefunded, order.Unfulfilled, order.CasePaid, cancelled, 0, 0, order.StageCancelled},
		{"7", "Delivered", paid, order.FulfilmentDelivered, none, open, 0, 0, order.StageShipped},
		{"8", "PartiallyShipped", paid, order.FulfilmentPartial, none, open, 0, 0, order.StageQuoting},
		{"9", "PaymentSettled", paid, order.Unfulfilled, order.CaseApproved, open, 0, 0, order.StageQuoting},
		{"10", "PaymentSettled", order.PaymentPartiallyRefunded, order.Unfulfilled, order.CasePaidPartial, open, 0, 0, order.StageQuoting},
		{"12", "Draft", order.PaymentDraft, order.Unfulfilled, none, open, 0, 0, order.StageAwaiting},
		// Ten percent off the whole order; then the same, cancelled whole and in part: the total stays what was paid.
		{"30", "PaymentSettled", paid, order.Unfulfilled, none, open, 4102, 4102, order.StageQuoting},
		{"31", "Cancelled", paid, order.Unfulfilled, none, cancelled, 11933, 11933, order.StageCancelled},
		{"32", "PaymentSettled", paid, order.Unfulfilled, none, open, 19762, 19762, order.StageQuoting},
		// A fulfilment that waits; one that was cancelled and made again.
		{"33", "PaymentSettled", paid, order.FulfilmentInProgress, none, open, 3096, 3096, order.StageQuoting},
		{"34", "Shipped", paid, order.Fulfilled, none, open, 3096, 3096, order.StageShipped},
		// Edited afterwards: more to pay than was paid.
		{"35", "ArrangingAdditionalPayment", order.PaymentPartiallyPaid, order.Unfulfilled, none, open, 3396, 3096, order.StageAwaiting},
		{"36", "Modifying", order.PaymentPartiallyPaid, order.Unfulfilled, none, open, 15168, 8976, order.StageAwaiting},
		{"38", "Cancelled", order.PaymentVoided, order.Unfulfilled, none, cancelled, 5880, 0, order.StageCancelled},
		{"39", "PaymentSettled", order.PaymentPartiallyRefunded, order.Unfulfilled, order.CasePaidPartial, open, 5988, 5988, order.StageQuoting},
	} {
		t.Run(tc.id+" "+tc.raw, func(t *testing.T) {
			v := orders[tc.id]
			if v == nil {
				t.Fatal("not recorded")
			}
			o := normalize(v, s)
			if o.RawStatus != tc.raw || o.CustomerPayment != tc.payment || o.Fulfilment != tc.fulfilment || o.Refund != tc.refund || o.Lifecycle != tc.lifecycle {
				t.Errorf("%s: %s %s %s %s", o.RawStatus, o.CustomerPayment, o.Fulfilment, o.Refund, o.Lifecycle)
			}
			if tc.total != 0 && (o.Total.Minor != tc.total || o.Paid.Minor != tc.paid) {
				t.Errorf("total %s, paid %s", o.Total, o.Paid)
			}
			if st := order.Derive(&o, order.Facts{Now: o.CreatedAt}); st.Stage != tc.stage {
				t.Errorf("stage %s", st.Stage)
			}
		})
	}
}

func TestNormalizeDetails(t *testing.T) {
	s := testShop(t)
	_, orders := recorded(t)
	part := normalize(orders["32"], s)
	if l := part.Lines[0]; l.Quantity != order.Units(3) || l.Cancelled != order.Units(2) || l.Open() != order.Units(1) {
		t.Errorf("two of three cancelled: %+v", l)
	}
	if part.CancelReason != "Two less" {
		t.Errorf("reason %q", part.CancelReason)
	}
	redone := normalize(orders["34"], s)
	if len(redone.Fulfilments) != 2 || redone.Fulfilments[0].Live || !redone.Fulfilments[1].Shipped || redone.Fulfilments[1].Tracking != "RIGHT" ||
		redone.Lines[0].Fulfilled != order.Units(2) {
		t.Errorf("%+v", redone.Fulfilments)
	}
	refund := normalize(orders["39"], s)
	if refund.Lines[0].Refunded != order.Units(1) || refund.Refunded.Minor != 2000 || refund.Refunds[0].Reason != "Broken" {
		t.Errorf("%+v %+v", refund.Lines[0], refund.Refunds)
	}
	both := normalize(orders["5"], s) // cancelled and then refunded: not counted twice
	for _, l := range both.Lines {
		if l.Cancelled != l.Quantity || l.Refunded != 0 {
			t.Errorf("%+v", l)
		}
	}
	edited := normalize(orders["35"], s)
	if len(edited.Adjustments) != 1 || edited.Adjustments[0].Title != "Gift wrap" || edited.Adjustments[0].Amount.Minor != 300 {
		t.Errorf("%+v", edited.Adjustments)
	}
	note := normalize(orders["37"], s)
	var text string
	for _, n := range note.Notes {
		if n.Kind == "note" {
			text = n.Text
		}
	}
	if !strings.HasPrefix(text, "first line\nsecond line") || strings.ContainsAny(text, "\x1b\u202e\u202c") {
		t.Errorf("note %q", text)
	}
	coupon := normalize(orders["30"], s)
	if len(coupon.DiscountCodes) != 1 || coupon.DiscountCodes[0] != "TEN" || coupon.Discount.Minor <= 0 {
		t.Errorf("%v %s", coupon.DiscountCodes, coupon.Discount)
	}
	draft := normalize(orders["12"], s)
	if draft.Source != "draft" || coupon.Source != "web" {
		t.Errorf("sources %q, %q", draft.Source, coupon.Source)
	}
	shipped := normalize(orders["3"], s)
	if !shipped.UpdatedAt.After(instant(orders["3"].UpdatedAt)) {
		t.Errorf("Vendure's own updatedAt stays behind; the newest date is the payment's or the parcel's, not %v", shipped.UpdatedAt)
	}
}

func TestStatesOfTheShopsOwn(t *testing.T) {
	s := testShop(t)
	s.states["ValidatingCustomer"] = true
	_, orders := recorded(t)
	v := *orders["1"]
	v.State = "ValidatingCustomer"
	if o := normalize(&v, s); o.UnknownStatus || o.RawStatus != "ValidatingCustomer" || o.CustomerPayment != order.PaymentPaid {
		t.Errorf("a state of the shop's own process: %v %q %s", o.UnknownStatus, o.RawStatus, o.CustomerPayment)
	}
	v.State = "Teleporting"
	if o := normalize(&v, s); !o.UnknownStatus || o.RawStatus != "Teleporting" || o.CustomerPayment != order.PaymentPaid {
		t.Errorf("a state that nobody knows: %v %q %s", o.UnknownStatus, o.RawStatus, o.CustomerPayment)
	}
}

func TestAGlanceIsTheSameFromAWholeOrder(t *testing.T) {
	_, orders := recorded(t)
	var page struct {
		Data struct {
			Orders struct{ Items []admin.Glance }
		}
	}
	readJSON(t, "glances.json", &page)
	prints := map[string]bool{}
	for i := range page.Data.Orders.Items {
		g := &page.Data.Orders.Items[i]
		print := fingerprint(g)
		if print != fingerprint(glance(orders[g.Id])) {
			t.Errorf("order %s: the glance and the whole order differ", g.Id)
		}
		if prints[print] {
			t.Errorf("order %s has the fingerprint of another", g.Id)
		}
		prints[print] = true
	}
	if len(prints) != len(orders) {
		t.Errorf("%d glances, %d orders", len(prints), len(orders))
	}
}

func TestFingerprintSeesWhatMatters(t *testing.T) {
	_, orders := recorded(t)
	base := func() *admin.OrderFields { v := *orders["10"]; return &v } // has a payment with a refund
	before := fingerprint(glance(base()))
	for name, change := range map[string]func(v *admin.OrderFields){
		"state":   func(v *admin.OrderFields) { v.State = "Shipped" },
		"updated": func(v *admin.OrderFields) { v.UpdatedAt = "2026-11-22T00:00:00.000Z" },
		"history": func(v *admin.OrderFields) { v.History.TotalItems++ },
		"payment": func(v *admin.OrderFields) {
			v.Payments = append([]admin.OrderFieldsPaymentsPayment(nil), v.Payments...)
			v.Payments[0].State = "Cancelled"
		},
		"refund": func(v *admin.OrderFields) {
			v.Payments = append([]admin.OrderFieldsPaymentsPayment(nil), v.Payments...)
			v.Payments[0].Refunds = nil
		},
		"tracking": func(v *admin.OrderFields) {
			v.Fulfillments = append(v.Fulfillments, admin.OrderFieldsFulfillmentsFulfillment{Id: "99", State: "Pending"})
		},
	} {
		v := base()
		change(v)
		if fingerprint(glance(v)) == before {
			t.Errorf("a change of %s is not seen", name)
		}
	}
}

func TestLinePricesAreRestored(t *testing.T) {
	for _, tc := range []struct {
		name         string
		line         admin.OrderFieldsLinesOrderLine
		ordered      int
		withTax      bool
		gross, total int64
	}{
		{"untouched", admin.OrderFieldsLinesOrderLine{Quantity: 3, UnitPrice: 6597, UnitPriceWithTax: 7916, TaxRate: 20, LinePriceWithTax: 23749, ProratedLinePriceWithTax: 23000}, 3, false, 23749, 23000},
		{"all cancelled, net prices", admin.OrderFieldsLinesOrderLine{UnitPrice: 6597, UnitPriceWithTax: 7916, TaxRate: 20}, 3, false, 23749, 23749},
		{"all cancelled, gross prices", admin.OrderFieldsLinesOrderLine{UnitPrice: 6597, UnitPriceWithTax: 7916, TaxRate: 20}, 3, true, 23748, 23748},
		{"half cancelled, half price", admin.OrderFieldsLinesOrderLine{Quantity: 2, UnitPrice: 1000, UnitPriceWithTax: 1200, TaxRate: 20, LinePriceWithTax: 2400, ProratedLinePriceWithTax: 1200}, 4, false, 4800, 2400},
		{"no tax", admin.OrderFieldsLinesOrderLine{UnitPrice: 1000, UnitPriceWithTax: 1000}, 2, false, 2000, 2000},
	} {
		t.Run(tc.name, func(t *testing.T) {
			n := normalizer{shop: &shop{pricesWithTax: tc.withTax}}
			if gross, _, total := n.linePrices(&tc.line, tc.ordered); gross != tc.gross || total != tc.total {
				t.Errorf("gross %d, total %d", gross, total)
			}
		})
	}
}

func TestPaymentsWithoutSettlement(t *testing.T) {
	s := testShop(t)
	pay := func(states ...string) []admin.OrderFieldsPaymentsPayment {
		var out []admin.OrderFieldsPaymentsPayment
		for _, st := range states {
			out = append(out, admin.OrderFieldsPaymentsPayment{State: st, Amount: 1000})
		}
		return out
	}
	for _, tc := range []struct {
		name string
		v    admin.OrderFields
		want order.CustomerPayment
	}{
		{"nothing yet", admin.OrderFields{State: "ArrangingPayment", TotalWithTax: 1000}, order.PaymentPending},
		{"declined", admin.OrderFields{State: "ArrangingPayment", TotalWithTax: 1000, Payments: pay("Declined")}, order.PaymentFailed},
		{"declined, then authorized", admin.OrderFields{State: "PaymentAuthorized", TotalWithTax: 1000, Payments: pay("Declined", "Authorized")}, order.PaymentAuthorized},
		{"given away", admin.OrderFields{State: "PaymentSettled"}, order.PaymentPaid},
		{"cancelled without payment", admin.OrderFields{State: "Cancelled", TotalWithTax: 0}, order.PaymentVoided},
		{"a payment state of the shop's own", admin.OrderFields{State: "PaymentSettled", TotalWithTax: 1000, Payments: pay("Captured")}, order.PaymentPaid},
		{"paid twice", admin.OrderFields{State: "PaymentSettled", TotalWithTax: 1000, Payments: pay("Settled", "Settled")}, order.PaymentOverpaid},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if o := normalize(&tc.v, s); o.CustomerPayment != tc.want {
				t.Errorf("%s", o.CustomerPayment)
			}
		})
	}
}

func TestPrecisionIsTheShops(t *testing.T) {
	s := testShop(t)
	s.precision = 3
	v := admin.OrderFields{State: "PaymentSettled", CurrencyCode: "EUR", SubTotalWithTax: 12345, TotalWithTax: 12345}
	if o := normalize(&v, s); o.Total.Minor != 1235 || o.Total.Exact != "12.345" {
		t.Errorf("%+v", o.Total)
	}
	v.CurrencyCode, s.precision = "JPY", 2
	if o := normalize(&v, s); o.Total.Minor != 123 {
		t.Errorf("%+v", o.Total)
	}
}

func FuzzNormalize(f *testing.F) {
	data, err := os.ReadFile(filepath.Join("testdata", "orders.json"))
	if err != nil {
		f.Fatal(err)
	}
	var page struct {
		Data struct {
			Orders struct{ Items []json.RawMessage }
		}
	}
	if err := json.Unmarshal(data, &page); err != nil {
		f.Fatal(err)
	}
	for _, item := range page.Data.Orders.Items {
		f.Add([]byte(item))
	}
	s := testShop(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		var v admin.OrderFields
		if json.Unmarshal(data, &v) != nil {
			return
		}
		o := normalize(&v, s)
		order.Derive(&o, order.Facts{Now: time.Unix(0, 0)})
	})
}
