package medusa

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/internal/schedules"
)

var start = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// desk is what a database would know: orders by id, and cursors.
type desk struct {
	orders  map[string]order.Order
	came    map[string]int // how often each came
	cursors map[string][]byte
}

func newDesk() *desk {
	return &desk{map[string]order.Order{}, map[string]int{}, map[string][]byte{}}
}

func (d *desk) Fingerprints(_ context.Context, ids []string) (map[string]string, error) {
	out := map[string]string{}
	for _, id := range ids {
		if o, ok := d.orders[id]; ok {
			out[id] = o.Fingerprint
		}
	}
	return out, nil
}

func (d *desk) OpenOrders(_ context.Context, after string, limit int) ([]string, error) {
	var ids []string
	for id, o := range d.orders {
		if id > after && o.Lifecycle == order.LifecycleOpen && o.Fulfilment != order.FulfilmentDelivered {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids[:min(len(ids), limit)], nil
}

// pull runs every stream to its end, beginning again where it failed.
func (d *desk) pull(t testing.TB, p *Platform) (failed int) {
	t.Helper()
	for _, stream := range p.Streams() {
		here := 0
		for more := true; more; {
			b, err := p.Pull(t.Context(), stream, d.cursors[stream], d)
			if err != nil {
				if here++; here > 200 || !sync.KindOf(err).Retryable() && sync.KindOf(err) != sync.Refused {
					t.Fatalf("%s: %v", stream, err)
				}
				continue
			}
			for _, got := range b.Orders {
				d.orders[got.Order.ExternalID] = got.Order
				d.came[got.Order.ExternalID]++
			}
			for _, id := range b.Gone {
				delete(d.orders, id)
			}
			d.cursors[stream], more = b.Cursor, b.More
		}
		failed += here
	}
	return failed
}

func TestFirstPullBringsEveryOrderOnceAndTheNextNothing(t *testing.T) {
	now := start.Add(time.Hour)
	f := newFake(t)
	f.now = func() time.Time { return now }
	for i := range 250 {
		f.add(start.Add(time.Duration(i/7)*time.Second), nil) // seven of each date
	}
	f.add(start, draft)
	p, d := f.platform(fakeKey), newDesk()
	d.pull(t, p)
	if len(d.orders) != 251 {
		t.Fatalf("%d orders", len(d.orders))
	}
	for id, n := range d.came {
		if n != 1 {
			t.Errorf("%s came %d times", id, n)
		}
	}
	clear(f.asked)
	d.pull(t, p)
	if n := f.asked["GET admin/orders"]; n != 1 || f.asked["GET admin/payments"] != 1 || f.asked["GET admin/draft-orders"] != 1 {
		t.Errorf("a quiet look asked %v", f.asked)
	}
	for id, n := range d.came {
		if n != 1 {
			t.Errorf("%s came %d times", id, n)
		}
	}
}

// TestUpdatedAtStaysAtACapture, so that the payments are followed as well; and it moves at everything else.
func TestUpdatedAtStaysAtACapture(t *testing.T) {
	now := start.Add(time.Hour)
	f := newFake(t)
	f.now = func() time.Time { return now }
	captured, cancelled, cart := f.add(start, nil), f.add(start, nil), f.add(start, func(o doc) { o["cart"] = true })
	p, d := f.platform(fakeKey), newDesk()
	d.pull(t, p)
	if d.orders[captured].CustomerPayment != order.PaymentAuthorized {
		t.Fatalf("%+v", d.orders[captured])
	}
	before := d.orders[captured].UpdatedAt
	now = now.Add(time.Hour)
	f.capture(captured, now)
	f.capture(cart, now) // a payment that is not linked to an order is passed over
	f.touch(cancelled, now, func(o doc) { o["status"] = "canceled" })
	d.pull(t, p)
	if o := d.orders[captured]; o.CustomerPayment != order.PaymentPaid || !o.UpdatedAt.Equal(before) || o.Paid.String() != "EUR 46.89" || o.Paid.Exact != "46.886" {
		t.Errorf("%s %v %+v", o.CustomerPayment, o.UpdatedAt, o.Paid)
	}
	if d.orders[cancelled].Lifecycle != order.LifecycleCancelled {
		t.Errorf("%+v", d.orders[cancelled])
	}
}

// TestMoreOfOneDateThanFitAPage: an import gives thousands of orders one date, and the list has no second order.
func TestMoreOfOneDateThanFitAPage(t *testing.T) {
	now := start.Add(time.Hour)
	f := newFake(t)
	f.now = func() time.Time { return now }
	for range 30 {
		f.add(start.Add(-time.Second), nil)
	}
	ids := make([]string, 0, 450)
	for range 450 {
		ids = append(ids, f.add(start, nil))
	}
	for range 30 {
		f.add(start.Add(time.Second), nil)
	}
	p, d := f.platform(fakeKey), newDesk()
	asked := 0
	f.fault = func(_, path string) fault {
		if path == "admin/orders" {
			if asked++; asked == 5 { // in the middle of them, some change and so leave
				for _, id := range []string{ids[0], ids[7], ids[99]} {
					f.orders[id]["updated_at"] = stamp(start.Add(time.Minute))
				}
			}
		}
		return fine
	}
	d.pull(t, p)
	if len(d.orders) != 510 {
		t.Errorf("%d of 510 orders", len(d.orders))
	}
	if !d.orders[ids[7]].UpdatedAt.Equal(start.Add(time.Minute)) {
		t.Error("a change during the walk was missed")
	}
}

// TestAnOrderThatShowsLate: its date is given before it can be seen.
func TestAnOrderThatShowsLate(t *testing.T) {
	now := start
	f := newFake(t)
	f.now = func() time.Time { return now }
	f.add(start.Add(-2*time.Second), nil)
	p, d := f.platform(fakeKey), newDesk()
	d.pull(t, p)
	late := f.add(start.Add(-5*time.Second), nil)
	now = now.Add(time.Minute)
	d.pull(t, p)
	if _, ok := d.orders[late]; !ok {
		t.Error("it was missed")
	}
}

// TestIgnoredFiltersAreErrors: the real one answers a filter that it does not know with everything.
func TestIgnoredFiltersAreErrors(t *testing.T) {
	now := start.Add(time.Hour)
	f := newFake(t)
	f.now = func() time.Time { return now }
	id := f.add(start, nil)
	for i := range 5 {
		f.add(start.Add(time.Duration(i)*time.Second), nil)
	}
	p, d := f.platform(fakeKey), newDesk()
	if _, err := p.Test(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.pull(t, p)
	f.capture(id, now)
	f.deaf = true
	if _, err := p.Test(t.Context()); sync.KindOf(err) != sync.Refused || !strings.Contains(err.Error(), "updated_at") {
		t.Errorf("Test: %v", err)
	}
	for _, stream := range []string{streamOrders, streamPayments} {
		if b, err := p.Pull(t.Context(), stream, d.cursors[stream], d); sync.KindOf(err) != sync.Refused {
			t.Errorf("%s: %v, %d orders", stream, err, len(b.Orders))
		}
	}
	if b, err := p.Pull(t.Context(), streamOpen, []byte(`{"ended":"2026-01-01T00:00:00Z"}`), &few{d, []string{id}}); sync.KindOf(err) != sync.Refused {
		t.Errorf("by ids: %v, %+v", err, b)
	}
}

// few is a desk with some open orders.
type few struct {
	*desk
	ids []string
}

func (k *few) OpenOrders(context.Context, string, int) ([]string, error) { return k.ids, nil }

// TestFieldsThatAreWithheldAreErrors: a field that the store does not know, or may not tell, is left out with 200.
func TestFieldsThatAreWithheldAreErrors(t *testing.T) {
	for _, field := range []string{"currency_code", "items", "status", "updated_at"} {
		f := newFake(t)
		f.add(start, nil)
		f.few = field
		p := f.platform(fakeKey)
		if b, err := p.Pull(t.Context(), streamOrders, nil, newDesk()); err == nil {
			t.Errorf("without %s: %+v", field, b.Orders)
		}
	}
}

// TestDraftsBecomeOrders under the same id, in another list; and some go.
func TestDraftsBecomeOrders(t *testing.T) {
	now := start.Add(time.Hour)
	f := newFake(t)
	f.now = func() time.Time { return now }
	id, gone := f.add(start, draft), f.add(start, draft)
	p, d := f.platform(fakeKey), newDesk()
	d.pull(t, p)
	if o := d.orders[id]; o.CustomerPayment != order.PaymentDraft || o.Source != "draft" || !strings.Contains(o.AdminURL, "/app/draft-orders/") {
		t.Errorf("%+v", o)
	}
	now = now.Add(time.Hour)
	f.touch(id, now, func(o doc) { o["status"] = "pending" })
	f.mu.Lock()
	delete(f.orders, gone)
	f.mu.Unlock()
	d.pull(t, p)
	if o := d.orders[id]; o.CustomerPayment != order.PaymentPending || o.Source == "draft" {
		t.Errorf("%+v", o)
	}
	if _, there := d.orders[gone]; there {
		t.Error("a draft that was deleted is still here")
	}
}

// TestTheSweepFindsWhatNoDateTells.
func TestTheSweepFindsWhatNoDateTells(t *testing.T) {
	now := start.Add(time.Hour)
	f := newFake(t)
	f.now = func() time.Time { return now }
	id := f.add(start, nil)
	for range 250 {
		f.add(start, nil)
	}
	p, d := f.platform(fakeKey), newDesk()
	d.pull(t, p)
	f.mu.Lock()
	f.captured(payments(f.orders[id])[0], start.Add(-time.Hour)) // long before the payments are followed from
	f.mu.Unlock()
	d.pull(t, p)
	if d.orders[id].CustomerPayment != order.PaymentAuthorized {
		t.Fatal("it is found before it is time")
	}
	now = now.Add(openEvery)
	d.pull(t, p)
	if d.orders[id].CustomerPayment != order.PaymentPaid {
		t.Error("the sweep has not found it")
	}
	if d.came[id] != 2 {
		t.Errorf("it came %d times", d.came[id])
	}
}

// TestFaultSchedules: whatever fails in between, every order is there once, as it is at the store.
func TestFaultSchedules(t *testing.T) {
	for seed := range schedules.Count() {
		now := start.Add(time.Hour)
		f := newFake(t)
		f.now = func() time.Time { return now }
		var ids []string
		for i := range 21 {
			ids = append(ids, f.add(start.Add(time.Duration(i/7)*time.Second), nil))
		}
		ids = append(ids, f.add(start, draft))
		f.fault = someFaults(seed, 0.25)
		p, d := f.platform(fakeKey), newDesk()
		p.take = 4
		failed := d.pull(t, p)
		now = now.Add(time.Hour)
		f.capture(ids[3], now)
		f.touch(ids[5], now, func(o doc) { o["status"] = "canceled" })
		failed += d.pull(t, p)
		if len(d.orders) != len(ids) || d.orders[ids[3]].CustomerPayment != order.PaymentPaid || d.orders[ids[5]].Lifecycle != order.LifecycleCancelled {
			t.Fatalf("seed %d: %d of %d orders, %s, %s", seed, len(d.orders), len(ids), d.orders[ids[3]].CustomerPayment, d.orders[ids[5]].Lifecycle)
		}
		if failed == 0 {
			t.Errorf("seed %d: nothing failed", seed)
		}
	}
}

func TestLoginIsRenewed(t *testing.T) {
	now := start
	f := newFake(t)
	f.now = func() time.Time { return now }
	id := f.add(start, nil)
	p := f.platform(fakeLogin)
	s, err := p.hello(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	read := func(what string, logins int) {
		t.Helper()
		if got, err := p.read(t.Context(), id, s); err != nil || got == nil || f.tokens != logins {
			t.Errorf("%s: %v, %d logins", what, err, f.tokens)
		}
	}
	read("at first", 1)
	f.tokens++ // the token does not count any more
	read("after a 401", 3)
	now = now.Add(24 * time.Hour)
	read("a day later", 4)
	read("at once", 4)
}

func TestWrongKeysSayWhatToDo(t *testing.T) {
	f := newFake(t)
	for _, key := range []string{"sk_this_is_not_the_key", "admin@example.test:this-is-not-the-word"} {
		_, err := f.platform(key).Test(t.Context())
		if sync.KindOf(err) != sync.Auth || strings.Contains(fmt.Sprintf("%v %+v", err, err), "this") {
			t.Errorf("%s: %v", key, err)
		}
	}
	for _, key := range []string{"", "pk_publishable", "nobody", "no:at-sign", "a@b.example:"} {
		if _, err := New(Options{URL: "https://shop.example", Key: key}); err == nil {
			t.Errorf("the key %q was taken", key)
		}
	}
	for in, want := range map[string]string{
		"https://shop.example/": "https://shop.example", "https://shop.example/app": "https://shop.example", "https://shop.example/x/admin/": "https://shop.example/x",
	} {
		if p, err := New(Options{URL: in, Key: fakeKey}); err != nil || p.base != want {
			t.Errorf("%s: %v %+v", in, err, p)
		}
	}
}

func TestStoreTest(t *testing.T) {
	f := newFake(t)
	f.add(start, nil)
	info, err := f.platform(fakeKey).Test(t.Context())
	if err != nil || info.Title != "Test Store" || info.Currency != "EUR" || info.Orders != 1 {
		t.Errorf("%+v %v", info, err)
	}
}

// recorded reads orders that a real server gave.
func recorded(t testing.TB) map[string]order.Order {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.json")
	if err != nil || len(paths) == 0 {
		t.Fatal(err, paths)
	}
	out := map[string]order.Order{}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var v struct {
			Body struct {
				Order *fields `json:"order"`
			} `json:"body"`
		}
		if err := json.Unmarshal(data, &v); err != nil || v.Body.Order == nil {
			t.Fatal(path, err)
		}
		out[strings.TrimSuffix(filepath.Base(path), ".json")] = normalize(v.Body.Order, &shop{currency: "USD", admin: "https://shop.example/app"})
	}
	return out
}

func TestRecordedOrders(t *testing.T) {
	all := recorded(t)
	for name, want := range map[string]string{
		"order_authorized":                 "EUR 103.08 authorized unfulfilled open none paid EUR 0.00 back EUR 0.00",
		"order_captured_not_fulfilled":     "EUR 456.24 paid unfulfilled open none paid EUR 456.24 back EUR 0.00",
		"order_captured_fulfilled":         "EUR 353.16 paid in_progress open none paid EUR 353.16 back EUR 0.00",
		"order_captured_partially_shipped": "JPY 27234 paid partial open none paid JPY 27234 back JPY 0",
		"order_captured_shipped":           "EUR 215.87 paid fulfilled open none paid EUR 215.87 back EUR 0.00",
		"order_captured_delivered":         "EUR 364.25 paid delivered open none paid EUR 364.25 back EUR 0.00",
		"order_after_everything":           "EUR 103.08 paid delivered archived none paid EUR 103.08 back EUR 0.00",
		"order_canceled":                   "EUR 248.76 voided unfulfilled cancelled none paid EUR 0.00 back EUR 0.00",
		"order_not_paid":                   "EUR 87.29 pending unfulfilled open none paid EUR 0.00 back EUR 0.00",
		"order_partially_refunded":         "EUR 24.57 partially_refunded unfulfilled open paid_partial paid EUR 24.57 back EUR 3.00",
		"order_refunded":                   "EUR 125.87 refunded unfulfilled open paid paid EUR 125.87 back EUR 125.87",
		"draft_converted_order":            "EUR 108.89 pending unfulfilled open none paid EUR 0.00 back EUR 0.00",
	} {
		o, ok := all[name]
		if !ok {
			t.Errorf("%s is not there", name)
			continue
		}
		got := fmt.Sprintf("%s %s %s %s %s paid %s back %s", o.Total, o.CustomerPayment, o.Fulfilment, o.Lifecycle, o.Refund, o.Paid, o.Refunded)
		if got != want || o.UnknownStatus {
			t.Errorf("%s:\n%s, not\n%s (%s)", name, got, want, o.RawStatus)
		}
		for _, e := range order.Derive(&o, order.Facts{Now: o.UpdatedAt}).Exceptions {
			if e.Code == order.ExceptionTotalMismatch {
				t.Errorf("%s: %s", name, e.Text)
			}
		}
	}
	if len(all) != 12 {
		t.Errorf("%d recorded orders", len(all))
	}
}

// TestDecimalsAreNotRounded: EUR 24.5735 stays that, beside what a screen shows.
func TestDecimalsAreNotRounded(t *testing.T) {
	all := recorded(t)
	if o := all["order_partially_refunded"]; o.Total.Exact != "24.5735" || o.Total.Minor != 2457 || o.Paid.Exact != "24.5735" || o.Lines[0].Tax.Exact != "2.9925" {
		t.Errorf("%+v %+v", o.Total, o.Lines[0])
	}
	if o := all["order_captured_partially_shipped"]; o.Total.Exact != "27233.8" || o.Total.Minor != 27234 {
		t.Errorf("%+v", o.Total)
	}
	for in, want := range map[string]string{
		"24.5735": "24.5735", "33.33333333333333333333": "33.33333333333333333333", "1e-7": "0.0000001", "1e3": "1000", "1e999999999": "0", "1/3": "0", "x": "0", "": "0", "-0.50": "-0.5",
	} {
		if got := decimal(number("", &exact{digits(in)})); got != want {
			t.Errorf("%s is %s, not %s", in, got, want)
		}
	}
	if got := decimal(number("0.30000000000000004", &exact{"0.3"})); got != "0.3" {
		t.Errorf("the text beside a number counts, not %s", got)
	}
}

// TestATotalThatFallsIsNotTheTotal: refunds lower it, and the summary's first one is without tax for what was a draft.
func TestATotalThatFallsIsNotTheTotal(t *testing.T) {
	all := recorded(t)
	if o := all["order_refunded"]; o.Total.Exact != "125.868" {
		t.Errorf("%+v", o.Total)
	}
	if o := all["draft_converted_order"]; o.Total.Exact != "108.885" {
		t.Errorf("%+v", o.Total)
	}
}

func TestRecordedDetails(t *testing.T) {
	all := recorded(t)
	o := all["order_captured_shipped"]
	if s := o.Fulfilments[0]; s.Tracking != "TRK100000002" || s.URL != "https://track.example.test/TRK100000002" || !s.Shipped || s.Delivered || len(s.Lines) != 2 {
		t.Errorf("%+v", s)
	}
	if l := o.Lines[0]; l.SKU != "MUG-2" || l.Variant != "500 ml" || l.Fulfilled != order.Units(2) || l.UnitPrice.String() != "EUR 25.80" || l.Total.String() != "EUR 51.60" {
		t.Errorf("%+v", l)
	}
	if o.Number != "3" || o.Shipping.Country != "IE" || o.Customer.Email != "buyer2@example.test" || o.Customer.Name != "Siobhán O'Brien" || o.PaymentMethod != "manual" {
		t.Errorf("%+v", o)
	}
	if o = all["order_partially_refunded"]; len(o.Refunds) != 1 || o.Refunds[0].Reason != "Goodwill" {
		t.Errorf("%+v", o.Refunds)
	}
}

func normal(t *testing.T, change func(o doc)) order.Order {
	t.Helper()
	f := newFake(t)
	id := f.add(start, change)
	p := f.platform(fakeKey)
	s, err := p.hello(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.read(t.Context(), id, s)
	if err != nil || got == nil {
		t.Fatal(err)
	}
	return got.Order
}

func TestOddOrders(t *testing.T) {
	for name, change := range map[string]func(o doc){
		"no customer":    func(o doc) { delete(o, "customer") },
		"null addresses": func(o doc) { o["shipping_address"], o["billing_address"] = nil, nil },
		"no lines":       func(o doc) { o["items"] = []any{} },
		"500 lines":      func(o doc) { o["items"] = slices.Repeat(list(o["items"]), 250) },
		"a date in 1970": func(o doc) { o["created_at"] = "1970-01-01T00:00:00.000Z" },
		"no metadata":    func(o doc) { o["metadata"] = nil },
		"no detail":      func(o doc) { delete(list(o["items"])[0].(doc), "detail") },
	} {
		if o := normal(t, change); o.ExternalID == "" || o.Currency != "EUR" || o.UnknownStatus {
			t.Errorf("%s: %+v", name, o)
		}
	}
	if o := normal(t, func(o doc) { o["status"] = "on_the_moon" }); !o.UnknownStatus || !strings.Contains(o.RawStatus, "on_the_moon") {
		t.Errorf("%+v", o)
	}
}

// TestMetadataIsWhereNotesAre: Medusa has no field for what the customer writes.
func TestMetadataIsWhereNotesAre(t *testing.T) {
	o := normal(t, func(o doc) {
		o["metadata"] = doc{
			"customer_note": "Ring twice\nplease", "tags": []any{"vip", "vip", "late"}, "orderdeck_note_k1": "called", "erp": doc{"id": 7}, "empty": nil,
			"orderdeck_key": "k", "gift": "\x1b[31myes",
		}
	})
	if o.CustomerNote != "Ring twice\nplease" || !slices.Equal(o.Tags, []string{"vip", "late"}) {
		t.Errorf("%q %q", o.CustomerNote, o.Tags)
	}
	var notes []string
	for _, n := range o.Notes {
		notes = append(notes, n.Kind+" "+n.Text)
	}
	if !slices.Equal(notes, []string{`field erp: {"id":7}`, "field gift: yes", "note called"}) {
		t.Errorf("%q", notes)
	}
}

// TestPricesWithTax: where prices contain the tax, the parts do so too.
func TestPricesWithTax(t *testing.T) {
	o := normal(t, func(o doc) {
		l := list(o["items"])[0].(doc)
		l["is_tax_inclusive"], l["quantity"] = true, int64(3)
		amount(amount(amount(l, "unit_price", "9.99"), "original_total", "29.97"), "total", "26.973")
		amount(amount(l, "tax_total", "4.3066"), "original_tax_total", "4.7851")
		l["adjustments"] = []any{doc{"code": "TEN"}}
		o["items"] = []any{l}
	})
	if !o.TaxIncluded || o.Subtotal.String() != "EUR 29.97" || o.Lines[0].Total.String() != "EUR 26.97" || o.Discount.String() != "EUR 3.00" || o.Total.String() != "EUR 32.80" {
		t.Errorf("%v %v %v %v %v", o.TaxIncluded, o.Subtotal, o.Lines[0].Total, o.Discount, o.Total)
	}
	if !slices.Equal(o.DiscountCodes, []string{"TEN"}) {
		t.Errorf("%q", o.DiscountCodes)
	}
	for _, e := range order.Derive(&o, order.Facts{Now: start}).Exceptions {
		if e.Code == order.ExceptionTotalMismatch {
			t.Error(e.Text)
		}
	}
}
