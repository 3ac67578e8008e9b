package shopify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/internal/schedules"
	"github.com/orderdeck/orderdeck/sync/shopify/admin"
)

// desk is what a database would know: orders by id, and cursors.
type desk struct {
	orders  map[string]order.Order
	cursors map[string][]byte
	known   sync.Known
	notes   []string
	phases  []string
	handed  int // orders
	// step is called with every page before it is kept; an error is the end of the process.
	step func(b sync.Batch) error
}

func newDesk() *desk {
	d := &desk{orders: map[string]order.Order{}, cursors: map[string][]byte{}}
	d.known = d
	return d
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
		if id > after && o.Lifecycle == order.LifecycleOpen && !o.Archived {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids[:min(len(ids), limit)], nil
}

// pull runs every stream to its end, beginning again where it failed.
func (d *desk) pull(t testing.TB, p *Platform) {
	t.Helper()
	for _, stream := range p.Streams() {
		failures := 0
		for more := true; more; {
			b, err := p.Pull(t.Context(), stream, d.cursors[stream], d.known)
			if err != nil {
				if failures++; failures > 200 || !sync.KindOf(err).Retryable() {
					t.Fatalf("%s: %v", stream, err)
				}
				continue
			}
			if strings.Contains(string(b.Cursor)+b.Note, fileSecret) {
				t.Fatalf("the file's address is told: %s %s", b.Cursor, b.Note)
			}
			if d.step != nil && d.step(b) != nil {
				p = p.again(t)
				continue
			}
			d.handed += len(b.Orders)
			if b.Note != "" {
				d.notes = append(d.notes, b.Note)
			}
			if b.Phase != "" {
				d.phases = append(d.phases, fmt.Sprintf("%s %d/%d", b.Phase, b.Done, b.Total))
			}
			for _, got := range b.Orders {
				d.orders[got.Order.ExternalID] = got.Order
			}
			for _, id := range b.Gone {
				delete(d.orders, id)
			}
			d.cursors[stream], more = b.Cursor, b.More
		}
	}
}

// again is the same platform in a new process.
func (p *Platform) again(t testing.TB) *Platform {
	next, err := New(p.o)
	if err != nil {
		t.Fatal(err)
	}
	next.size, next.filePart = p.size, p.filePart
	return next
}

func total(m map[string]int) (n int) {
	for _, v := range m {
		n += v
	}
	return n
}

// TestOperationsAgainstTheOfficialSchema holds every operation against Shopify's own schema, which is not ours to keep:
// testdata/schemas/fetch gets it.
func TestOperationsAgainstTheOfficialSchema(t *testing.T) {
	schema := officialSchema()
	if schema == nil {
		t.Skip("SKIPPED ALOUD: Shopify's schema is not here; get it with testdata/schemas/fetch")
	}
	data, err := os.ReadFile("admin/operations.graphql")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := parser.ParseQuery(&ast.Source{Name: "operations.graphql", Input: string(data)})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range validator.Validate(schema, doc) {
		t.Error(e)
	}
	if len(doc.Operations) < 30 {
		t.Errorf("only %d operations", len(doc.Operations))
	}
}

func TestPullsEveryOrderAndWhatChanges(t *testing.T) {
	f := newFake(t)
	var ids []string
	for i := range 437 {
		ids = append(ids, f.add(start.Add(-time.Duration(437-i)*6*time.Hour), nil))
	}
	p, d := f.platform(), newDesk()
	d.pull(t, p)
	if len(d.orders) != 437 {
		t.Fatalf("%d orders", len(d.orders))
	}
	f.clock = start.Add(time.Minute)
	fresh := f.add(f.clock, nil)
	f.touch(ids[3], func(o object) { o["cancelledAt"], o["cancelReason"] = stamp(f.clock), "CUSTOMER" })
	f.clock = f.clock.Add(time.Minute)
	d.pull(t, p)
	if _, ok := d.orders[fresh]; !ok || d.orders[ids[3]].Lifecycle != order.LifecycleCancelled {
		t.Errorf("new %t, changed %s", ok, d.orders[ids[3]].Lifecycle)
	}
}

// TestTiedTimestampsAcrossPages has more orders in one second than a page holds.
func TestTiedTimestampsAcrossPages(t *testing.T) {
	f := newFake(t)
	for range 700 {
		f.add(start.Add(-time.Hour), nil)
	}
	p, d := f.platform(), newDesk()
	d.pull(t, p)
	if len(d.orders) != 700 {
		t.Errorf("%d of 700", len(d.orders))
	}
}

func TestAQuietPollIsOneRequest(t *testing.T) {
	f := newFake(t)
	for i := range 80 {
		f.add(start.Add(-time.Duration(80-i)*time.Hour), nil)
	}
	p, d := f.platform(), newDesk()
	d.pull(t, p)
	before := total(f.asked)
	f.clock = f.clock.Add(2 * time.Minute)
	d.pull(t, p)
	if n := total(f.asked) - before; n != 1 {
		t.Errorf("%d requests: %v", n, f.asked)
	}
}

// TestWatermarkIsKeptAndNotTheCursor: Shopify's cursors count within one search.
func TestWatermarkIsKeptAndNotTheCursor(t *testing.T) {
	f := newFake(t)
	for i := range 120 {
		f.add(start.Add(-time.Duration(120-i)*time.Hour), nil)
	}
	p, d := f.platform(), newDesk()
	d.pull(t, p)
	var c cursor
	if err := json.Unmarshal(d.cursors[streamUpdated], &c); err != nil || c.After != "" || !c.Since.Equal(start.Add(-time.Hour-overlap)) {
		t.Errorf("%v %s", err, d.cursors[streamUpdated])
	}
	// A cursor that the store does not know any more begins the search again, from where it stood.
	c = cursor{Since: start.Add(-50 * time.Hour), High: start.Add(-10 * time.Hour), After: "!!"}
	b, err := p.Pull(t.Context(), streamUpdated, encode(c), d)
	if err != nil || len(b.Orders) != 10 {
		t.Errorf("%v, %d orders", err, len(b.Orders))
	}
}

func TestUnquotedDatesAreAnError(t *testing.T) {
	if got := search("updated_at", start); got != "updated_at:>='2026-11-21T12:00:00Z'" {
		t.Error(got)
	}
	f := newFake(t)
	f.add(start, nil)
	p := f.platform()
	var out json.RawMessage
	_, err := p.call(t.Context(), "Orders", admin.Orders_Operation, map[string]any{"first": 1, "query": "updated_at:>=2026-11-21T12:00:00Z"}, &out)
	if sync.KindOf(err) != sync.Broken {
		t.Errorf("a search that was read otherwise is taken: %v", err)
	}
}

// TestThrottledIs200AndWaitsByTheBucket: there is no Retry-After.
func TestThrottledIs200AndWaitsByTheBucket(t *testing.T) {
	f := newFake(t)
	f.most, f.left, f.rate, f.at = 2000, 0, 100, start
	for i := range 1500 {
		f.add(start.Add(-time.Duration(1500-i)*time.Minute), nil)
	}
	p, d := f.platform(), newDesk()
	d.pull(t, p)
	if len(d.orders) != 1500 {
		t.Fatalf("%d orders", len(d.orders))
	}
	// What was used of what flowed into the bucket.
	allowed := f.rate * f.clock.Sub(start).Seconds()
	if share := f.used / (allowed - f.left); share < 0.95 || share > 1.001 {
		t.Errorf("%.0f of %.0f points are used, %.3f", f.used, allowed, share)
	}
	if f.throttled > total(f.asked)/2 {
		t.Errorf("%d of %d were throttled", f.throttled, total(f.asked))
	}
	t.Logf("%d orders in %s, %d requests, %d throttled, page of %d", len(d.orders), f.clock.Sub(start), total(f.asked), f.throttled, p.size)
}

// TestATooDearQuestionIsHalvedAndNotRepeated covers MAX_COST_EXCEEDED and a bucket that is smaller than a page.
func TestATooDearQuestionIsHalvedAndNotRepeated(t *testing.T) {
	for _, most := range []float64{0, 40} {
		f := newFake(t)
		f.most, f.left, f.rate, f.at = most, most, 2, start
		if most == 0 {
			f.dear = 900
		}
		for i := range 30 {
			f.add(start.Add(-time.Duration(30-i)*time.Minute), nil)
		}
		d := newDesk()
		p := f.platform()
		for tries, stream, more := 0, streamUpdated, true; more; tries++ {
			if tries > 1000 {
				t.Fatalf("bucket of %.0f: it never comes to an end, page of %d", most, p.size)
			}
			b, err := p.Pull(t.Context(), stream, d.cursors[stream], d)
			var e *sync.Error
			if errors.As(err, &e) && e.Kind == sync.RateLimited {
				f.clock = f.clock.Add(e.RetryAfter)
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range b.Orders {
				d.orders[o.Order.ExternalID] = o.Order
			}
			d.cursors[stream], more = b.Cursor, b.More
		}
		if len(d.orders) != 30 || p.size >= firstPage {
			t.Errorf("bucket of %.0f: %d orders, page of %d", most, len(d.orders), p.size)
		}
	}
}

func TestPagesGrowWithWhatTheyCost(t *testing.T) {
	f := newFake(t)
	for i := range 600 {
		f.add(start.Add(-time.Duration(600-i)*time.Minute), nil)
	}
	p, d := f.platform(), newDesk()
	d.pull(t, p)
	if p.size <= firstPage || f.asked["Orders"] > 8 {
		t.Errorf("pages of %d, %d of them", p.size, f.asked["Orders"])
	}
}

// TestNestedTruncationIsFollowed: an inner list is cut off without a word.
func TestNestedTruncationIsFollowed(t *testing.T) {
	f := newFake(t)
	id := f.add(start, func(o object) {
		var lines, parcels, transactions []object
		for range 500 {
			lines = append(lines, f.line("1.00", 1))
		}
		for i := range 14 {
			parcel := f.parcel("SUCCESS", fmt.Sprintf("T%d", i))
			for _, l := range lines[i*30 : i*30+30] {
				parcel["_lines"] = append(parcel["_lines"].([]object), object{"id": l["id"], "quantity": 1, "lineItem": object{"id": l["id"]}})
			}
			parcels = append(parcels, parcel)
		}
		for range 30 {
			transactions = append(transactions, f.transaction("SALE", "1.00", nil))
		}
		o["_lines"], o["_fulfillments"], o["_transactions"] = lines, parcels, transactions
		o["subtotalPriceSet"], o["totalPriceSet"] = bag("500.0"), bag("505.0")
	})
	p, d := f.platform(), newDesk()
	d.pull(t, p)
	o := d.orders[id]
	inside := 0
	for _, s := range o.Fulfilments {
		inside += len(s.Lines)
	}
	if len(o.Lines) != 500 || len(o.Fulfilments) != 14 || len(o.Payments) != 30 || inside != 14*30 || o.Subtotal.String() != "EUR 500.00" {
		t.Errorf("%d lines, %d parcels with %d lines, %d payments, %s", len(o.Lines), len(o.Fulfilments), inside, len(o.Payments), o.Subtotal)
	}
}

// TestNothingIsLostWhateverFails pulls through 200 schedules of faults, while orders come and change.
func TestNothingIsLostWhateverFails(t *testing.T) {
	for seed := range schedules.Count() {
		f := newFake(t)
		f.schema = nil // it is held against it elsewhere
		for i := range 24 {
			f.add(start.Add(-time.Duration(24-i/3)*time.Hour), nil) // three in each second
		}
		f.fault = someFaults(seed, 0.3)
		p, d := f.platform(), newDesk()
		p.size = 4
		d.pull(t, p)
		f.clock = f.clock.Add(11 * time.Minute)
		fresh := f.add(f.clock, nil)
		f.touch(fresh, func(o object) { o["tags"] = []string{"x"} })
		gone := f.orders[5]["legacyResourceId"].(string)
		f.destroy(gone, true)
		d.pull(t, p)
		if _, still := d.orders[gone]; len(d.orders) != 24 || still || !slices.Equal(d.orders[fresh].Tags, []string{"x"}) {
			t.Fatalf("seed %d: %d orders, the deleted one is there: %t", seed, len(d.orders), still)
		}
	}
}

// TestDeletedOrdersAreFoundByEventsAndByAsking: no search has them any more.
func TestDeletedOrdersAreFoundByEventsAndByAsking(t *testing.T) {
	f := newFake(t)
	var ids []string
	for i := range 230 {
		ids = append(ids, f.add(start.Add(-time.Duration(230-i)*time.Hour), nil))
	}
	p, d := f.platform(), newDesk()
	d.pull(t, p)
	f.destroy(ids[7], true)
	f.destroy(ids[150], false)
	f.clock = f.clock.Add(11 * time.Minute)
	d.pull(t, p)
	if _, there := d.orders[ids[7]]; there || len(d.orders) != 229 {
		t.Errorf("after its event: %d orders", len(d.orders))
	}
	f.clock = f.clock.Add(7 * time.Hour)
	d.pull(t, p)
	if _, there := d.orders[ids[150]]; there || len(d.orders) != 228 {
		t.Errorf("without an event: %d orders", len(d.orders))
	}
}

// TestSixtyDaysAreNotADeletion: what a key may not see any more looks as if it were gone.
func TestSixtyDaysAreNotADeletion(t *testing.T) {
	f := newFake(t)
	f.scopes = []string{"read_orders"}
	f.add(start.Add(-59*24*time.Hour), nil)
	p, d := f.platform(), newDesk()
	d.pull(t, p)
	f.clock = f.clock.Add(72 * time.Hour)
	d.pull(t, p)
	if len(d.orders) != 1 || f.asked["There"] != 0 {
		t.Errorf("%d orders, asked %v", len(d.orders), f.asked)
	}
}

func TestStoreTest(t *testing.T) {
	f := newFake(t)
	f.add(start.Add(-100*24*time.Hour), nil)
	f.add(start, nil)
	info, err := f.platform().Test(t.Context())
	if err != nil || info.Title != "Loja" || info.Currency != "EUR" || info.Zone != "Europe/Lisbon" || info.Orders != 2 || info.Version != Version || len(info.Warnings) != 0 {
		t.Errorf("%+v %v", info, err)
	}
	f = newFake(t)
	f.scopes, f.withheld, f.version = []string{"read_orders"}, true, "2026-07"
	f.add(start.Add(-100*24*time.Hour), nil)
	f.add(start.Add(-5*24*time.Hour), nil)
	info, err = f.platform().Test(t.Context())
	said := strings.Join(info.Warnings, "\n")
	for _, want := range []string{
		"last 60 days", "2026-11-16", "write_orders", "read_customers", "Shopify withholds", "delivery name", "version 2026-07",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("nothing is said of %q: %s (%v)", want, said, err)
		}
	}
	f.scopes = nil
	if _, err = f.platform().Test(t.Context()); sync.KindOf(err) != sync.Auth || !strings.Contains(err.Error(), "read_orders") {
		t.Errorf("%v", err)
	}
}

func TestWithheldCustomersAreKeptAsNothing(t *testing.T) {
	f := newFake(t)
	f.withheld = true
	id := f.add(start, nil)
	p, d := f.platform(), newDesk()
	d.pull(t, p)
	if o := d.orders[id]; o.Customer.Name != "" || o.Shipping.City != "Lisboa" || o.Shipping.Country != "PT" {
		t.Errorf("%+v", d.orders[id])
	}
}

func TestTokensOfADayAreRenewed(t *testing.T) {
	f := newFake(t)
	f.add(start, nil)
	p := f.platform(func(o *Options) { o.Key = "client:very-secret" })
	for range 5 {
		if _, err := p.Pull(t.Context(), streamUpdated, nil, newDesk()); err != nil {
			t.Fatal(err)
		}
		f.clock = f.clock.Add(13 * time.Hour)
	}
	if f.asked["token"] != 3 {
		t.Errorf("%d tokens in 52 hours", f.asked["token"])
	}
	for token := range f.tokens { // taken back
		delete(f.tokens, token)
	}
	f.clock = f.clock.Add(-13 * time.Hour)
	if _, err := p.Pull(t.Context(), streamUpdated, nil, newDesk()); err != nil {
		t.Errorf("a token that is refused is not renewed: %v", err)
	}
	p = f.platform(func(o *Options) { o.Key = "client:wrong-secret-here" })
	if _, err := p.Test(t.Context()); sync.KindOf(err) != sync.Auth || strings.Contains(err.Error(), "wrong-secret-here") {
		t.Errorf("%v", err)
	}
}

func TestWrongKeysAndAddressesSayWhatToDo(t *testing.T) {
	f := newFake(t)
	p := f.platform(func(o *Options) { o.Key = "shpat_of_somebody_else" })
	if _, err := p.Test(t.Context()); sync.KindOf(err) != sync.Auth || strings.Contains(err.Error(), "somebody_else") {
		t.Errorf("%v", err)
	}
	for _, key := range []string{"", ":", "id:"} {
		if _, err := New(Options{URL: "https://shop.example", Key: key}); err == nil {
			t.Errorf("the key %q was taken", key)
		}
	}
	if _, err := New(Options{URL: "http://shop.example", Key: "k"}); err == nil {
		t.Error("http was taken")
	}
	for given, want := range map[string]string{
		"https://admin.shopify.com/store/my-shop/orders": "https://my-shop.myshopify.com",
		"https://my-shop.myshopify.com/admin":            "https://my-shop.myshopify.com",
		"http://127.0.0.1:4010":                          "http://127.0.0.1:4010",
	} {
		if got := address(given); got != want {
			t.Errorf("%s: %s", given, got)
		}
	}
	for status, want := range map[int]sync.Kind{402: sync.Auth, 403: sync.Auth, 404: sync.Refused, 423: sync.RateLimited, 430: sync.Refused} {
		for _, body := range []string{`{"errors":"Unavailable Shop"}`, `{"errors":{"shop":"no"}}`, `[]`, `x`} {
			p := f.platform(func(o *Options) {
				o.Transport = roundTrip(func(*http.Request) (*http.Response, error) { return answerWith(status, body, nil), nil })
			})
			if _, err := p.Test(t.Context()); sync.KindOf(err) != want {
				t.Errorf("%d %s: %v", status, body, err)
			}
		}
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (r roundTrip) RoundTrip(q *http.Request) (*http.Response, error) { return r(q) }

func normal(t *testing.T, change func(f *fake, o object)) order.Order {
	t.Helper()
	f := newFake(t)
	id := f.add(start, func(o object) {
		if change != nil {
			change(f, o)
		}
	})
	p, d := f.platform(), newDesk()
	d.pull(t, p)
	return d.orders[id]
}

func exceptionsOf(t *testing.T, what string, o order.Order) {
	t.Helper()
	state := order.Derive(&o, order.Facts{Now: start})
	for _, e := range state.Active(start) {
		t.Errorf("%s: exception %s: %s", what, e.Code, e.Text)
	}
}

func TestNormalize(t *testing.T) {
	o := normal(t, nil)
	if o.CustomerPayment != order.PaymentPaid || o.Total.String() != "EUR 64.98" || o.Paid.String() != "EUR 64.98" || o.Shipping.Line1 != "Rua Augusta 12" ||
		o.Customer.Name != "Ana Lima" || o.Lines[0].Total.String() != "EUR 59.98" || o.UnknownStatus || o.Number != o.ExternalID || o.Lines[0].ProductID != "8" ||
		!strings.HasPrefix(o.AdminURL, "https://loja.myshopify.com/admin/orders/") || !o.Payments[0].Settled || o.Discount.Minor != 0 {
		t.Errorf("%+v", o)
	}
	exceptionsOf(t, "a plain order", o)
}

func TestTestArchivedCancelledAndDraftAreKeptApart(t *testing.T) {
	o := normal(t, func(_ *fake, o object) {
		o["test"], o["closed"], o["cancelledAt"], o["cancelReason"], o["sourceName"] = true, true, stamp(start), "FRAUD", "shopify_draft_order"
	})
	if !o.Test || !o.Archived || o.Lifecycle != order.LifecycleCancelled || o.CancelReason != "fraud" || o.Source != "draft" {
		t.Errorf("%+v", o)
	}
}

func TestUnknownEnumsAreKeptRaw(t *testing.T) {
	for _, field := range []string{"displayFinancialStatus", "displayFulfillmentStatus", "returnStatus"} {
		o := normal(t, func(_ *fake, o object) { o[field] = "ON_THE_MOON" })
		if !o.UnknownStatus || !strings.Contains(o.RawStatus, "ON_THE_MOON") {
			t.Errorf("%s: %+v", field, o)
		}
	}
	if o := normal(t, func(_ *fake, o object) { o["displayFinancialStatus"], o["fullyPaid"] = nil, false }); o.UnknownStatus || o.CustomerPayment != order.PaymentPending {
		t.Errorf("a status that is null: %+v", o)
	}
	if o := normal(t, func(_ *fake, o object) { o["displayFulfillmentStatus"] = "FULFILLMENT_NOT_REQUIRED" }); o.UnknownStatus || o.Fulfilment != order.Fulfilled {
		t.Errorf("%+v", o)
	}
}

// TestShopAndPresentmentMoney: everything is in the store's currency, and the customer's is noted.
func TestShopAndPresentmentMoney(t *testing.T) {
	o := normal(t, func(_ *fake, o object) {
		o["presentmentCurrencyCode"] = "JPY"
		o["totalPriceSet"] = object{"shopMoney": object{"amount": "64.98", "currencyCode": "EUR"}, "presentmentMoney": object{"amount": "10500.0", "currencyCode": "JPY"}}
	})
	if o.Total.String() != "EUR 64.98" || !slices.ContainsFunc(o.Notes, func(n order.Note) bool { return strings.Contains(n.Text, "JPY 10500") }) {
		t.Errorf("%s %+v", o.Total, o.Notes)
	}
}

func TestDiscountsTipsAndDutiesAddUp(t *testing.T) {
	o := normal(t, func(f *fake, o object) {
		l := (rec{o}).list("lines")[0]
		l["discountedTotalSet"] = bag("49.98")
		o["subtotalPriceSet"], o["totalTipReceivedSet"], o["originalTotalDutiesSet"] = bag("49.98"), bag("2.0"), bag("3.5")
		o["taxesIncluded"] = false
		o["totalPriceSet"] = bag("72.63")
	})
	if o.Discount.String() != "EUR 10.00" || o.Lines[0].Discount.String() != "EUR 10.00" || len(o.Adjustments) != 2 {
		t.Errorf("%s, %s, %+v", o.Discount, o.Lines[0].Discount, o.Adjustments)
	}
	exceptionsOf(t, "discounts", o)
}

func TestRefundedAndRemovedAreToldApart(t *testing.T) {
	o := normal(t, func(f *fake, o object) { (rec{o}).list("lines")[0]["currentQuantity"] = 1 })
	if o.Lines[0].Cancelled != order.Units(1) || o.Lines[0].Refunded != 0 {
		t.Errorf("edited: %+v", o.Lines[0])
	}
	o = normal(t, func(f *fake, o object) {
		(rec{o}).list("lines")[0]["currentQuantity"] = 1
		o["displayFinancialStatus"], o["totalRefundedSet"] = "PARTIALLY_REFUNDED", bag("29.99")
		o["_refunds"] = []object{{"id": "gid://shopify/Refund/5", "createdAt": nil, "processedAt": stamp(start), "note": "broken", "totalRefundedSet": bag("29.99")}}
	})
	if o.Lines[0].Cancelled != 0 || o.Lines[0].Refunded != order.Units(1) || o.Refund != order.CasePaidPartial || o.Refunds[0].Amount.String() != "EUR 29.99" || o.Refunds[0].Reason != "broken" {
		t.Errorf("refunded: %+v %+v", o.Lines[0], o.Refunds)
	}
}

func TestParcels(t *testing.T) {
	o := normal(t, func(f *fake, o object) {
		parcel := f.parcel("SUCCESS", "JJD1")
		parcel["displayStatus"], parcel["deliveredAt"] = "DELIVERED", stamp(start)
		off := f.parcel("CANCELLED", "JJD0")
		o["_fulfillments"] = []object{off, parcel}
		o["displayFulfillmentStatus"] = "FULFILLED"
		(rec{o}).list("lines")[0]["unfulfilledQuantity"] = 0
	})
	if o.Fulfilment != order.FulfilmentDelivered || o.Fulfilments[0].Live || !o.Fulfilments[1].Delivered || o.Fulfilments[1].Tracking != "JJD1" || o.Lines[0].Fulfilled != order.Units(2) {
		t.Errorf("%s %+v", o.Fulfilment, o.Fulfilments)
	}
	exceptionsOf(t, "a delivered order", o)
}

func TestOddOrders(t *testing.T) {
	for name, change := range map[string]func(f *fake, o object){
		"no customer":    func(_ *fake, o object) { o["customer"] = nil },
		"null addresses": func(_ *fake, o object) { o["shippingAddress"], o["billingAddress"] = nil, nil },
		"no lines":       func(_ *fake, o object) { o["_lines"] = []object{} },
		"a date in 1970": func(_ *fake, o object) {
			o["createdAt"], o["processedAt"] = "1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"
		},
		"a date that is not": func(_ *fake, o object) { o["processedAt"] = "yesterday" },
		"no product": func(_ *fake, o object) {
			l := (rec{o}).list("lines")[0]
			l["product"], l["variant"], l["sku"], l["image"] = nil, nil, nil, nil
		},
		"money that is not":  func(_ *fake, o object) { o["totalPriceSet"] = bag("NaN") },
		"control characters": func(_ *fake, o object) { o["name"], o["note"] = "#1\x1b[31m", "a\u202eb" },
	} {
		if o := normal(t, change); o.ExternalID == "" || o.Currency != "EUR" || strings.ContainsAny(o.Number+o.CustomerNote, "\x1b\u202e") {
			t.Errorf("%s: %+v", name, o)
		}
	}
}

// TestOrdersAreKeptAsTheyCame: what is kept of each order is what was read of it, whatever its texts look like.
func TestOrdersAreKeptAsTheyCame(t *testing.T) {
	f := newFake(t)
	for _, note := range []string{"plain", `"nodes":[{`, `}]}`, `a \\" b`, "ünï{]"} {
		f.add(start, func(o object) { o["note"] = note })
	}
	b, err := f.platform().Pull(t.Context(), streamUpdated, nil, newDesk())
	if err != nil || len(b.Orders) != 5 {
		t.Fatalf("%v, %d orders", err, len(b.Orders))
	}
	for _, got := range b.Orders {
		var v fields
		if err := json.Unmarshal(got.Raw, &v); err != nil || v.LegacyResourceId != got.Order.ExternalID || note(v.Note) != got.Order.CustomerNote {
			t.Errorf("%v: %s", err, got.Raw)
		}
	}
	for _, bad := range []string{"", `{}`, `"nodes"`, `"nodes":[{`, `"nodes":null`} {
		if got := apart([]byte(bad)); len(got) != 0 {
			t.Errorf("%s: %q", bad, got)
		}
	}
}
