package jumpseller

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/internal/schedules"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

var start = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// desk is what a database would know: orders by id, and cursors.
type desk struct {
	orders  map[string]order.Order
	seen    map[string]int // how often each came
	cursors map[string][]byte
}

func newDesk() *desk {
	return &desk{map[string]order.Order{}, map[string]int{}, map[string][]byte{}}
}

func (d *desk) Fingerprints(context.Context, []string) (map[string]string, error) { return nil, nil }

func (d *desk) OpenOrders(_ context.Context, after string, limit int) ([]string, error) {
	var ids []string
	for id, o := range d.orders {
		if id > after && o.Lifecycle == order.LifecycleOpen && o.Fulfilment != order.FulfilmentDelivered && !o.Archived {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids[:min(len(ids), limit)], nil
}

// pull runs every stream to its end, beginning again where it failed.
func (d *desk) pull(t testing.TB, p *Platform) (requests int) {
	t.Helper()
	for _, stream := range p.Streams() {
		failures := 0
		for more := true; more; {
			b, err := p.Pull(t.Context(), stream, d.cursors[stream], d)
			requests++
			if err != nil {
				if failures++; failures > 200 || !sync.KindOf(err).Retryable() && sync.KindOf(err) != sync.Refused {
					t.Fatalf("%s: %v", stream, err)
				}
				continue
			}
			for _, got := range b.Orders {
				d.orders[got.Order.ExternalID] = got.Order
				d.seen[got.Order.ExternalID]++
			}
			for _, id := range b.Gone {
				delete(d.orders, id)
			}
			d.cursors[stream], more = b.Cursor, b.More
		}
	}
	return requests
}

func TestPullsEveryOrderAndWhatChanges(t *testing.T) {
	for _, ascending := range []bool{false, true} {
		now := start
		f := newFake(t)
		f.now, f.ascending = func() time.Time { return now }, ascending
		for i := range 437 {
			f.add(start.Add(-time.Duration(437-i)*6*time.Hour), nil)
		}
		p, d := f.platform(), newDesk()
		d.pull(t, p)
		if len(d.orders) != 437 {
			t.Fatalf("ascending %t: %d orders", ascending, len(d.orders))
		}
		// A new one comes, a recent one and one of long ago change, without a word.
		fresh := strconv.Itoa(f.add(now, nil))
		f.set(1437, "shipment_status_enum", "delivered")
		f.set(1002, "status_enum", "canceled")
		now = now.Add(61 * time.Minute)
		d.pull(t, p)
		if _, ok := d.orders[fresh]; !ok || d.orders["1437"].Fulfilment != order.FulfilmentDelivered || d.orders["1002"].Lifecycle != order.LifecycleCancelled {
			t.Errorf("ascending %t: new %t, recent %s, old %s", ascending, ok, d.orders["1437"].Fulfilment, d.orders["1002"].Lifecycle)
		}
	}
}

// TestAQuietPollIsOneRequest holds while neither the window nor the open orders are due.
func TestAQuietPollIsOneRequest(t *testing.T) {
	now := start
	f := newFake(t)
	f.now = func() time.Time { return now }
	for i := range 250 {
		f.add(start.Add(-time.Duration(250-i)*time.Hour), nil)
	}
	p, d := f.platform(), newDesk()
	d.pull(t, p)
	before := total(f.asked)
	now = now.Add(2 * time.Minute)
	d.pull(t, p)
	if n := total(f.asked) - before; n != 2 { // the list, and how many there are
		t.Errorf("%d requests", n)
	}
}

func total(m map[string]int) (n int) {
	for _, v := range m {
		n += v
	}
	return n
}

// TestNothingIsLostWhateverFails pulls through 200 schedules of faults.
func TestNothingIsLostWhateverFails(t *testing.T) {
	for seed := range schedules.Count() {
		f := newFake(t)
		f.now = func() time.Time { return start }
		for i := range 230 {
			f.add(start.Add(-time.Duration(230-i)*8*time.Hour), func(o map[string]any) {
				if i%20 != 0 { // few are open, so that the test is about the lists
					o["shipment_status_enum"] = "delivered"
				}
			})
		}
		f.fault = someFaults(seed, 0.3)
		clock := start
		p := f.platform()
		p.o.Clock = func() time.Time { clock = clock.Add(2 * time.Minute); return clock }
		d := newDesk()
		d.pull(t, p)
		if len(d.orders) != 230 {
			t.Fatalf("seed %d: %d of 230 orders", seed, len(d.orders))
		}
	}
}

// TestEveryActIsDoneOnce acts through schedules of faults as the outbox does: after an unknown outcome it looks, and acts
// again only when nothing is there.
func TestEveryActIsDoneOnce(t *testing.T) {
	for seed := range schedules.Count() {
		f := newFake(t)
		id := strconv.Itoa(f.add(start, func(o map[string]any) { o["status_enum"] = "pending_payment" }))
		f.fault = someFaults(seed, 0.35)
		clock := start
		p := f.platform()
		p.o.Clock = func() time.Time { clock = clock.Add(2 * time.Minute); return clock }
		f.now = func() time.Time { return clock }
		doc := store.TellDoc{Parcel: order.Parcel{Carrier: "DHL", Tracking: "JJD1"}, Lines: []order.ShipmentLine{{LineID: "1", Quantity: order.Units(2)}}}
		until(t, seed, "fulfil", func() (bool, error) {
			got, err := p.Read(t.Context(), id)
			if err != nil {
				return false, err
			}
			if len(got.Order.Fulfilments) > 0 && got.Order.Fulfilments[0].Tracking == "JJD1" {
				return true, nil
			}
			return false, p.Fulfil(t.Context(), id, doc)
		})
		for _, a := range []order.Act{
			{Kind: order.ActMarkPaid, Key: "k1"},
			{Kind: order.ActNote, Key: "k2", Text: "called"},
			{Kind: order.ActDraft, Key: "k3", Step: "create", Draft: &order.Order{Lines: []order.Line{{ProductID: "1", Quantity: order.Units(1), UnitPrice: order.New(1000, "EUR")}}}},
			{Kind: order.ActCancel, Key: "k4"},
		} {
			until(t, seed, string(a.Kind), func() (bool, error) {
				_, err := p.Act(t.Context(), id, a)
				return err == nil, err
			})
		}
		for _, what := range []string{"fulfilment JJD1", "status paid", "note", "draft", "status canceled"} {
			if f.made[what] != 1 {
				t.Errorf("seed %d: %s was done %d times", seed, what, f.made[what])
			}
		}
	}
}

func until(t *testing.T, seed uint64, what string, try func() (bool, error)) {
	t.Helper()
	var last error
	for range 300 {
		done, err := try()
		if done {
			return
		}
		last = err
	}
	t.Fatalf("seed %d: %s never came to an end: %v", seed, what, last)
}

func TestMoneyOfFloats(t *testing.T) {
	for in, want := range map[string]string{
		"59.98": "EUR 59.98", "9.809999999999999": "EUR 9.81", "5": "EUR 5.00", "1e2": "EUR 100.00", "0.1": "EUR 0.10", "-3.5": "EUR -3.50",
		"64.980000000000004": "EUR 64.98", "\"12.50\"": "EUR 12.50", "null": "EUR 0.00", "1e999999999": "EUR 0.00", "\"abc\"": "EUR 0.00",
	} {
		var l loose
		if err := json.Unmarshal([]byte(in), &l); err != nil {
			t.Fatal(err)
		}
		if got := (normalizer{currency: "EUR"}).money(l); got.String() != want || got.Exact != "" {
			t.Errorf("%s is %s (%q), not %s", in, got, got.Exact, want)
		}
	}
	if got := (normalizer{currency: "CLP"}).money("163056.0"); got.String() != "CLP 163056" {
		t.Errorf("pesos: %s", got)
	}
}

func TestDatesAreNotISO(t *testing.T) {
	if got := instant("2023-02-10 13:56:35 UTC"); !got.Equal(time.Date(2023, 2, 10, 13, 56, 35, 0, time.UTC)) {
		t.Errorf("%v", got)
	}
	if !instant("").IsZero() || !instant("yesterday").IsZero() {
		t.Error("what is no date became one")
	}
}

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

func TestNormalize(t *testing.T) {
	o := normal(t, nil)
	if o.CustomerPayment != order.PaymentPaid || o.Total.String() != "EUR 64.98" || o.Paid.String() != "EUR 64.98" || o.Shipping.Line1 != "Rua Augusta 12" ||
		o.Shipping.Name != "Ana Lima" || o.Customer.TaxID != "123456789" || o.Lines[0].Total.String() != "EUR 59.98" || o.UnknownStatus {
		t.Errorf("%+v", o)
	}
	state := order.Derive(&o, order.Facts{Now: start})
	for _, e := range state.Active(start) {
		t.Errorf("exception %s: %s", e.Code, e.Text)
	}
}

// TestAbandonedCartsStayOutOfTheWorkTabs and come back when they are taken up.
func TestAbandonedCartsStayOutOfTheWorkTabs(t *testing.T) {
	o := normal(t, func(o map[string]any) { o["status_enum"] = "abandoned" })
	if !o.IsArchived() || o.CustomerPayment != order.PaymentDraft || o.UnknownStatus {
		t.Errorf("%+v", o)
	}
	if o = normal(t, func(o map[string]any) { o["status_enum"] = "pending_payment" }); o.IsArchived() {
		t.Error("an open order is put away")
	}
}

func TestTranslatedWordsAreNotRead(t *testing.T) {
	o := normal(t, func(o map[string]any) {
		o["status"], o["shipment_status"], o["shipment_status_enum"] = "Pagado", "Entregado", "delivered"
	})
	if o.UnknownStatus || o.Fulfilment != order.FulfilmentDelivered {
		t.Errorf("%+v", o)
	}
	if o = normal(t, func(o map[string]any) { o["status_enum"] = "on_the_moon" }); !o.UnknownStatus || !strings.Contains(o.RawStatus, "on_the_moon") {
		t.Errorf("an unknown status: %q", o.RawStatus)
	}
}

func TestOddOrders(t *testing.T) {
	for name, change := range map[string]func(o map[string]any){
		"no customer":     func(o map[string]any) { delete(o, "customer") },
		"null addresses":  func(o map[string]any) { o["shipping_address"], o["billing_address"] = nil, nil },
		"ids as texts":    func(o map[string]any) { o["customer"] = map[string]any{"id": "123", "email": 5} },
		"no products":     func(o map[string]any) { o["products"] = nil },
		"500 lines":       func(o map[string]any) { o["products"] = slices.Repeat(o["products"].([]any), 500) },
		"no date":         func(o map[string]any) { o["created_at"] = nil },
		"a date in 1970":  func(o map[string]any) { o["created_at"] = "1970-01-01 00:00:00 UTC" },
		"objects as text": func(o map[string]any) { o["coupons"] = map[string]any{"a": 1}; o["status_enum"] = []any{} },
	} {
		if o := normal(t, change); o.ExternalID == "" || o.Currency != "EUR" {
			t.Errorf("%s: %+v", name, o)
		}
	}
}

func TestDiscountsOfThreeKinds(t *testing.T) {
	for _, c := range []struct{ discount, ship, gift, total float64 }{{10, 0, 0, 54.98}, {10, 5, 0, 49.98}, {15, 5, 0, 49.98}, {10, 0, 4.98, 50}} {
		o := normal(t, func(o map[string]any) {
			o["discount"], o["shipping_discount"], o["gift_cards_discount"], o["total"] = c.discount, c.ship, c.gift, c.total
		})
		for _, e := range order.Derive(&o, order.Facts{Now: start}).Exceptions {
			if e.Code == order.ExceptionTotalMismatch {
				t.Errorf("%+v: %s", c, e.Text)
			}
		}
	}
}

func TestRateLimitsAreObeyed(t *testing.T) {
	now := start
	f := newFake(t)
	f.now, f.perMinute = func() time.Time { return now }, 3
	id := strconv.Itoa(f.add(start, nil))
	p := f.platform()
	for range 2 { // who the store is, the order, the order
		if _, err := p.Read(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	_, err := p.Read(t.Context(), id)
	if sync.KindOf(err) != sync.RateLimited || f.asked["GET orders/"+id+".json"] != 2 {
		t.Errorf("with nothing left of the minute it went on: %v, %v", err, f.asked)
	}
	now = now.Add(2 * time.Second)
	_, err = p.Read(t.Context(), id)
	var e *sync.Error
	if !errors.As(err, &e) || e.RetryAfter != time.Minute {
		t.Errorf("after a 429 without a word: %v", err)
	}
	f.perMinute, f.banned = 100, now.Add(3*time.Hour)
	now = now.Add(time.Minute)
	if _, err = p.Read(t.Context(), id); !errors.As(err, &e) || e.RetryAfter != 3*time.Hour-time.Minute {
		t.Errorf("banned: %v", err)
	}
	asked := total(f.asked)
	now = now.Add(time.Hour)
	if _, err = p.Read(t.Context(), id); sync.KindOf(err) != sync.RateLimited || total(f.asked) != asked {
		t.Errorf("asked while banned: %v", err)
	}
	now = now.Add(3 * time.Hour)
	if _, err = p.Read(t.Context(), id); err != nil {
		t.Errorf("after the ban: %v", err)
	}
}

// TestTheAllowedRateIsUsedAndNeverExceeded: of 20 requests a second and 800 a minute, from a store that answers at once.
func TestTheAllowedRateIsUsedAndNeverExceeded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		id := strconv.Itoa(f.add(start, nil))
		p, err := New(Options{Key: fakeKey, Transport: f})
		if err != nil {
			t.Fatal(err)
		}
		var at []time.Time
		f.check = func(*http.Request, []byte, *http.Response, []byte) { at = append(at, time.Now()) }
		const minutes = 10
		for began := time.Now(); time.Since(began) < minutes*time.Minute; {
			if _, err := p.Read(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}
		for _, limit := range []struct {
			span time.Duration
			most int
		}{{time.Second, 20}, {time.Minute, perMinute}} {
			for i := limit.most; i < len(at); i++ {
				if at[i].Sub(at[i-limit.most]) < limit.span {
					t.Fatalf("more than %d requests within %s, after %s", limit.most, limit.span, at[i].Sub(at[0]))
				}
			}
		}
		if share := float64(len(at)) / (minutes * perMinute); share < 0.95 {
			t.Errorf("%.3f of the allowed rate is used", share)
		}
	})
}

func TestWrongKeysSayWhatToDo(t *testing.T) {
	f := newFake(t)
	p, err := New(Options{Key: "who:knows-this-secret", Transport: f})
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Test(t.Context())
	if sync.KindOf(err) != sync.Auth || strings.Contains(err.Error(), "knows-this-secret") {
		t.Errorf("%v", err)
	}
	if _, err := New(Options{Key: "no-colon"}); err == nil {
		t.Error("a key without a colon was taken")
	}
}

func TestOAuthTokensAreRenewedAndKept(t *testing.T) {
	now := start
	f := newFake(t)
	f.now = func() time.Time { return now }
	id := strconv.Itoa(f.add(start, nil))
	var kept []string
	p, err := New(Options{Key: "oauth:id:secret:refresh1", Transport: f, Clock: f.now})
	if err != nil {
		t.Fatal(err)
	}
	p.KeepKey(func(k string) error { kept = append(kept, k); return nil })
	for range 3 {
		if _, err := p.Read(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		now = now.Add(50 * time.Minute)
	}
	if !slices.Equal(kept, []string{"oauth:id:secret:refresh1x", "oauth:id:secret:refresh1xx"}) {
		t.Errorf("kept %q", kept)
	}
}

func TestFulfilmentIsForAWholeOrder(t *testing.T) {
	f := newFake(t)
	id := strconv.Itoa(f.add(start, nil))
	p := f.platform()
	err := p.Fulfil(t.Context(), id, store.TellDoc{Parcel: order.Parcel{Tracking: "X"}, Lines: []order.ShipmentLine{{LineID: "1", Quantity: order.Units(1)}}})
	if !errors.Is(err, outbox.ErrNotOffered) || len(f.fulfilments) != 0 {
		t.Errorf("a part was told as the whole: %v", err)
	}
	lines := []order.ShipmentLine{{LineID: "1", Quantity: order.Units(2)}}
	if err := p.Fulfil(t.Context(), id, store.TellDoc{Parcel: order.Parcel{Carrier: "Correio do Norte", Tracking: "X", URL: "https://t.example/X"}, Lines: lines, Notify: true}); err != nil {
		t.Fatal(err)
	}
	got, err := p.Read(t.Context(), id)
	if err != nil || got.Order.Fulfilments[0].Tracking != "X" || got.Order.Fulfilments[0].URL != "https://t.example/X" || f.mails != 1 {
		t.Errorf("%v %+v, mails %d", err, got.Order.Fulfilments, f.mails)
	}
}

func TestAnAnswerOfOKIsNotEnough(t *testing.T) {
	f := newFake(t)
	f.ignorePaid = true
	id := strconv.Itoa(f.add(start, func(o map[string]any) { o["status_enum"] = "pending_payment" }))
	if _, err := f.platform().Act(t.Context(), id, order.Act{Kind: order.ActMarkPaid}); !errors.Is(err, outbox.ErrRejected) {
		t.Errorf("%v", err)
	}
}

func TestGoneAndRefused(t *testing.T) {
	f := newFake(t)
	p := f.platform()
	if _, err := p.Read(t.Context(), "99"); !errors.Is(err, outbox.ErrGone) {
		t.Errorf("%v", err)
	}
	for kind, why := range p.Acts() {
		if why == "" {
			continue
		}
		if _, err := p.Act(t.Context(), "99", order.Act{Kind: kind}); !errors.Is(err, outbox.ErrNotOffered) {
			t.Errorf("%s: %v", kind, err)
		}
	}
	for _, kind := range order.ActKinds {
		if _, ok := p.Acts()[kind]; !ok {
			t.Errorf("nothing is said of %s", kind)
		}
	}
}

func TestStoreTest(t *testing.T) {
	f := newFake(t)
	f.add(start, nil)
	info, err := f.platform().Test(t.Context())
	if err != nil || info.Title != "Loja" || info.Currency != "EUR" || info.Zone != "Europe/Lisbon" || info.Orders != 1 {
		t.Errorf("%+v %v", info, err)
	}
	if doc, _ := json.Marshal(info); strings.Contains(string(doc), "secret-hooks") {
		t.Error("the store's secret is told")
	}
}

// TestAgainstTheDescription holds every request and answer against Jumpseller's own OpenAPI description. It is not ours to
// keep: testdata/schemas/fetch gets it, and says where it is.
func TestAgainstTheDescription(t *testing.T) {
	path := os.Getenv("ORDERDECK_JUMPSELLER_OPENAPI")
	if path == "" {
		path = "../../.cache/schemas/jumpseller-openapi.json"
	}
	if _, err := os.Stat(path); err != nil {
		t.Skipf("SKIPPED ALOUD: Jumpseller's OpenAPI description is not here (%v); get it with testdata/schemas/fetch", err)
	}
	f := newFake(t)
	v := newValidator(t, path)
	f.check = v.check
	for i := range 120 {
		f.add(start.Add(-time.Duration(i)*time.Hour), nil)
	}
	f.now = func() time.Time { return start }
	p, d := f.platform(), newDesk()
	d.pull(t, p)
	id := strconv.Itoa(f.add(start, func(o map[string]any) { o["status_enum"] = "pending_payment" }))
	if err := p.Fulfil(t.Context(), id, store.TellDoc{Parcel: order.Parcel{Carrier: "DHL", Tracking: "J"}, Lines: []order.ShipmentLine{{LineID: "1", Quantity: order.Units(2)}}}); err != nil {
		t.Error(err)
	}
	for _, a := range []order.Act{
		{Kind: order.ActMarkPaid},
		{Kind: order.ActNote, Key: "k", Text: "x"},
		{Kind: order.ActTracking, Parcel: order.Parcel{Tracking: "K"}},
		{Kind: order.ActStatus, Status: "in_transit"},
		{Kind: order.ActCancel},
		{Kind: order.ActDraft, Key: "d", Step: "create", Draft: &order.Order{Lines: []order.Line{{ProductID: "1", Quantity: order.Units(1), UnitPrice: order.New(1000, "EUR")}}}},
	} {
		if _, err := p.Act(t.Context(), id, a); err != nil {
			t.Errorf("%s: %v", a.Kind, err)
		}
	}
	if v.checked < 10 {
		t.Errorf("only %d exchanges were held against it", v.checked)
	}
}

// TestAWebPageAfterwardsIsNoRefusal is a proxy that shows a page of its own although the store has done what it was asked.
func TestAWebPageAfterwardsIsNoRefusal(t *testing.T) {
	f := newFake(t)
	id := strconv.Itoa(f.add(start, nil))
	p := f.platform()
	f.fault = func(method, _ string) fault {
		if method == http.MethodPost {
			return pageBut
		}
		return fine
	}
	err := p.Fulfil(t.Context(), id, store.TellDoc{Parcel: order.Parcel{Tracking: "X"}, Lines: []order.ShipmentLine{{LineID: "1", Quantity: order.Units(2)}}})
	if err == nil || errors.Is(err, outbox.ErrRejected) || errors.Is(err, outbox.ErrNotSent) || f.made["fulfilment X"] != 1 {
		t.Errorf("%v, done %d times", err, f.made["fulfilment X"])
	}
}
