package woocommerce

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
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
	written map[string]int // how often each came
	gone    map[string]bool
	cursors map[string][]byte
}

func newDesk() *desk {
	return &desk{map[string]order.Order{}, map[string]int{}, map[string]bool{}, map[string][]byte{}}
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
		if id > after && o.Lifecycle == order.LifecycleOpen && o.Fulfilment == order.Unfulfilled && !o.Archived && !d.gone[id] {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids[:min(len(ids), limit)], nil
}

// pull runs every stream to its end, beginning again where it failed.
func (d *desk) pull(t testing.TB, p *Platform, streams ...string) {
	t.Helper()
	if streams == nil {
		streams = p.Streams()
	}
	for _, stream := range streams {
		failures := 0
		for more := true; more; {
			b, err := p.Pull(t.Context(), stream, d.cursors[stream], d)
			if err != nil {
				if failures++; failures > 300 || !sync.KindOf(err).Retryable() && sync.KindOf(err) != sync.Refused {
					t.Fatalf("%s: %v", stream, err)
				}
				continue
			}
			for _, got := range b.Orders {
				d.orders[got.Order.ExternalID] = got.Order
				d.written[got.Order.ExternalID]++
				delete(d.gone, got.Order.ExternalID)
			}
			for _, id := range b.Gone {
				d.gone[id] = true
			}
			d.cursors[stream], more = b.Cursor, b.More
		}
	}
}

// world is a fake store with a clock that is moved by hand.
func world(t testing.TB, orders int) (f *fake, now *time.Time) {
	at := start
	f = newFake(t)
	f.now = func() time.Time { return at }
	for i := range orders {
		f.add(start.Add(-time.Duration(orders-i)*time.Hour), nil)
	}
	return f, &at
}

func TestPullsEveryOrderAndWhatChanges(t *testing.T) {
	f, now := world(t, 437)
	p, d := f.platform(), newDesk()
	d.pull(t, p)
	if len(d.orders) != 437 {
		t.Fatalf("%d orders", len(d.orders))
	}
	*now = now.Add(time.Minute)
	fresh := strconv.Itoa(f.add(*now, nil))
	f.set(1002, "status", "cancelled")
	f.set(1437, "status", "completed")
	d.pull(t, p)
	if _, ok := d.orders[fresh]; !ok || d.orders["1002"].Lifecycle != order.LifecycleCancelled || d.orders["1437"].Fulfilment != order.Fulfilled {
		t.Errorf("new %t, old %s, recent %s", ok, d.orders["1002"].Lifecycle, d.orders["1437"].Fulfilment)
	}
	for id, n := range d.written {
		if want := map[string]int{"1002": 2, "1437": 2}[id]; n != max(want, 1) {
			t.Errorf("%s was read %d times", id, n)
		}
	}
}

func TestAQuietPollIsOneRequest(t *testing.T) {
	f, now := world(t, 250)
	p, d := f.platform(), newDesk()
	d.pull(t, p)
	for range 5 {
		*now = now.Add(time.Minute)
		before := len(f.asked)
		d.pull(t, p)
		if n := len(f.asked) - before; n != 1 {
			t.Errorf("%d requests: %v", n, f.asked[before:])
		}
	}
}

// TestQuietAfterABulkEdit: the orders of one second are listed again only until none of them can come late any more.
func TestQuietAfterABulkEdit(t *testing.T) {
	f, now := world(t, 230)
	p, d := f.platform(), newDesk()
	d.pull(t, p)
	*now = now.Add(time.Hour)
	for id := range 230 {
		f.set(1001+id, "status", "on-hold")
	}
	d.pull(t, p)
	for range 4 {
		*now = now.Add(time.Minute)
		d.pull(t, p)
	}
	before := len(f.asked)
	*now = now.Add(time.Minute)
	d.pull(t, p, streamOrders)
	if n := len(f.asked) - before; n != 1 {
		t.Errorf("%d requests: %v", n, f.asked[before:])
	}
	f.set(1200, "status", "processing")
	*now = now.Add(time.Minute)
	d.pull(t, p)
	if d.orders["1200"].RawStatus != "processing" || d.orders["1199"].RawStatus != "on-hold" {
		t.Error("a change was missed")
	}
}

// TestTiedTimestampsAcrossPages: by date of change, a real store loses and repeats orders that share a second.
func TestTiedTimestampsAcrossPages(t *testing.T) {
	f, now := world(t, 10)
	p, d := f.platform(), newDesk()
	d.pull(t, p)
	*now = now.Add(10 * time.Minute)
	for range 333 {
		f.add(*now, nil)
	}
	d.pull(t, p)
	if len(d.orders) != 343 {
		t.Errorf("%d of 343 orders", len(d.orders))
	}
}

// TestWhatIsWrittenLateIsSeen: an order that carries the date of before the last poll.
func TestWhatIsWrittenLateIsSeen(t *testing.T) {
	f, now := world(t, 10)
	p, d := f.platform(), newDesk()
	d.pull(t, p)
	*now = now.Add(time.Hour)
	f.set(1005, "status", "on-hold")
	d.pull(t, p)
	late := strconv.Itoa(f.add(now.Add(-20*time.Second), nil))
	*now = now.Add(30 * time.Second)
	d.pull(t, p)
	if _, ok := d.orders[late]; !ok {
		t.Error("it was missed")
	}
}

// TestWhatMovesUpWhilePagesAreReadIsSeen: an order that is deleted moves all others up, onto pages that were read already.
func TestWhatMovesUpWhilePagesAreReadIsSeen(t *testing.T) {
	for _, kill := range []int{1, 3, 30, 60} {
		f, _ := world(t, 115)
		p, d := f.platform(), newDesk()
		p.take = 25
		victims := 1115
		lists := 0
		f.mid = func(q url.Values) {
			p.take = 13 // doubled by the answer
			if q.Get("order") != "desc" {
				return
			}
			if lists++; lists == 3 {
				for range kill {
					delete(f.orders, victims)
					victims--
				}
			}
		}
		d.pull(t, p, streamOrders)
		for id := range f.orders {
			if _, ok := d.orders[strconv.Itoa(id)]; !ok {
				t.Fatalf("%d deleted: order %d was missed", kill, id)
			}
		}
	}
}

// TestWhatChangesBehindAPassIsSeen: an order on a page that was read already changes before another one of a later page.
func TestWhatChangesBehindAPassIsSeen(t *testing.T) {
	f, now := world(t, 300)
	p, d := f.platform(), newDesk()
	d.pull(t, p)
	*now = now.Add(time.Hour)
	for id := range 300 {
		f.set(1001+id, "status", "on-hold")
	}
	lists := 0
	f.mid = func(q url.Values) {
		if q.Get("modified_after") == "" {
			return
		}
		*now = now.Add(10 * time.Minute) // a slow store
		switch lists++; lists {
		case 2:
			f.orders[1003]["status"] = "failed"
			f.date(f.orders[1003], "date_modified", *now)
		case 3:
			f.orders[1299]["status"] = "failed"
			f.date(f.orders[1299], "date_modified", *now)
		}
	}
	d.pull(t, p, streamOrders)
	f.mid = nil
	*now = now.Add(time.Minute)
	d.pull(t, p, streamOrders)
	if d.orders["1003"].RawStatus != "failed" || d.orders["1299"].RawStatus != "failed" {
		t.Errorf("%s, %s", d.orders["1003"].RawStatus, d.orders["1299"].RawStatus)
	}
}

func TestTrashedAndDeletedOrdersAreFound(t *testing.T) {
	f, now := world(t, 130)
	f.add(start.Add(-time.Hour), func(o map[string]any) { o["status"] = "trash" }) // never known: not taken
	p, d := f.platform(), newDesk()
	d.pull(t, p)
	if len(d.orders) != 130 {
		t.Fatalf("%d orders", len(d.orders))
	}
	*now = now.Add(15 * time.Minute)
	f.set(1010, "status", "trash")
	d.pull(t, p)
	if d.orders["1010"].Lifecycle != order.LifecycleDeleted {
		t.Errorf("thrown away: %s", d.orders["1010"].Lifecycle)
	}
	delete(f.orders, 1020)
	f.orders[1030]["status"] = "trash" // by somebody who does not move the date
	*now = now.Add(45 * time.Minute)
	d.pull(t, p)
	if !d.gone["1020"] || d.orders["1030"].Lifecycle != order.LifecycleDeleted || len(d.gone) != 1 {
		t.Errorf("gone %v, %s", d.gone, d.orders["1030"].Lifecycle)
	}
	f.set(1030, "status", "processing") // brought back
	*now = now.Add(time.Minute)
	d.pull(t, p)
	if d.orders["1030"].Lifecycle != order.LifecycleOpen {
		t.Errorf("brought back: %s", d.orders["1030"].Lifecycle)
	}
}

// TestWhatDoesNotMoveTheDateIsSeen: a refund that is deleted, and an edit of lines.
func TestWhatDoesNotMoveTheDateIsSeen(t *testing.T) {
	f, now := world(t, 20)
	f.orders[1003]["refunds"] = []any{map[string]any{"id": 7, "reason": "", "total": "-1.00"}}
	p, d := f.platform(), newDesk()
	d.pull(t, p)
	if d.orders["1003"].Refunded.String() != "EUR 1.00" {
		t.Fatalf("refunded %s", d.orders["1003"].Refunded)
	}
	f.orders[1003]["refunds"] = []any{}
	f.orders[1004]["line_items"].([]any)[0].(map[string]any)["name"] = "Something else"
	*now = now.Add(31 * time.Minute)
	d.pull(t, p)
	if d.orders["1003"].Refunded.Minor != 0 {
		t.Error("a refund that was deleted is still there")
	}
	*now = now.Add(25 * time.Hour)
	d.pull(t, p)
	if d.orders["1004"].Lines[0].Title != "Something else" {
		t.Error("an edited line is still the old one")
	}
}

// TestDatesOfTheFutureDoNotStopThePoll: some plugin dates an order a year ahead.
func TestDatesOfTheFutureDoNotStopThePoll(t *testing.T) {
	f, now := world(t, 5)
	f.date(f.orders[1002], "date_modified", start.AddDate(1, 0, 0))
	p, d := f.platform(), newDesk()
	d.pull(t, p)
	*now = now.Add(time.Minute)
	f.set(1004, "status", "on-hold")
	d.pull(t, p)
	if d.orders["1004"].RawStatus != "on-hold" {
		t.Error("the poll has stopped")
	}
}

// TestIgnoredFiltersAreDetected: before 5.8, modified_after is not known, and every poll would read the whole store.
func TestIgnoredFiltersAreDetected(t *testing.T) {
	f, now := world(t, 150)
	f.old = true
	p, d := f.platform(), newDesk()
	if b, err := p.Pull(t.Context(), streamOrders, nil, d); err != nil || !b.More {
		t.Fatal(err)
	}
	d.cursors[streamOrders], _ = json.Marshal(cursor{Whole: true, After: start})
	*now = now.Add(time.Minute)
	if _, err := p.Pull(t.Context(), streamOrders, d.cursors[streamOrders], d); sync.KindOf(err) != sync.Refused || !strings.Contains(err.Error(), "5.8") {
		t.Errorf("%v", err)
	}
}

// TestParametersThatSomethingTakesAwayAreDetected: a cache or a security plugin before the store; nothing goes on for ever.
func TestParametersThatSomethingTakesAwayAreDetected(t *testing.T) {
	for drops, says := range map[string]string{"offset": "the same page", "orderby": "the order of the list", "per_page": ""} {
		f, now := world(t, 450)
		p, d := f.platform(), newDesk()
		if drops == "orderby" {
			d.pull(t, p) // the newest first is what it gives by itself
			*now = now.Add(time.Minute)
			for id := 1100; id < 1130; id++ {
				f.set(id, "customer_note", "x")
			}
		}
		f.drops = drops
		var err error
		pulls := 0
		for more := true; more && err == nil && pulls < 100; pulls++ {
			var b sync.Batch
			if b, err = p.Pull(t.Context(), streamOrders, d.cursors[streamOrders], d); err == nil {
				for _, got := range b.Orders {
					d.orders[got.Order.ExternalID] = got.Order
				}
				d.cursors[streamOrders], more = b.Cursor, b.More
			}
		}
		if says == "" {
			if err != nil || len(d.orders) != 450 {
				t.Errorf("%s: %d orders after %d pages: %v", drops, len(d.orders), pulls, err)
			}
			continue
		}
		if sync.KindOf(err) != sync.Refused || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "cache") {
			t.Errorf("%s: after %d pages: %v", drops, pulls, err)
		}
		// It is put right: all of them come.
		f.drops = ""
		if d.pull(t, p); len(d.orders) != 450 {
			t.Errorf("%s: %d orders", drops, len(d.orders))
		}
	}
}

// TestAStoreThatGivesFewerThanAsked loses none, at first and later on.
func TestAStoreThatGivesFewerThanAsked(t *testing.T) {
	f, now := world(t, 250)
	f.most = 10
	p, d := f.platform(), newDesk()
	d.pull(t, p, streamOrders)
	if len(d.orders) != 250 {
		t.Errorf("%d orders", len(d.orders))
	}
	*now = now.Add(5 * time.Minute)
	for id := 1100; id < 1160; id++ {
		f.set(id, "customer_note", "again")
	}
	d.pull(t, p, streamOrders)
	for id := 1100; id < 1160; id++ {
		if d.orders[strconv.Itoa(id)].CustomerNote != "again" {
			t.Fatalf("%d did not come", id)
		}
	}
}

// TestNothingIsLostWhateverFails pulls through 200 schedules of faults, while orders come and change.
func TestNothingIsLostWhateverFails(t *testing.T) {
	for seed := range schedules.Count() {
		f, now := world(t, 0)
		for i := range 24 {
			f.add(start.Add(-time.Duration(240-i)*time.Hour), func(o map[string]any) {
				lean(o)
				o["status"] = "processing"
				if i%6 != 0 { // few are open, so that the test is about the lists
					o["status"] = "completed"
				}
				o["line_items"] = o["line_items"].([]any)[:1]
			})
		}
		f.fault = someFaults(seed, 0.3)
		p, d := f.platform(), newDesk()
		p.take = leastPage
		asked := 0
		f.mid = func(url.Values) { // somebody works in the store meanwhile
			*now = now.Add(7 * time.Second)
			p.take = min(p.take, 12)
			if asked++; asked%5 == 0 && asked < 40 {
				id := 1001 + asked%24
				f.orders[id]["status"] = "on-hold"
				f.date(f.orders[id], "date_modified", *now)
			}
		}
		d.pull(t, p)
		f.mid = nil
		for range 3 {
			*now = now.Add(31 * time.Minute)
			d.pull(t, p)
		}
		if len(d.orders) != 24 || len(d.gone) != 0 {
			t.Fatalf("seed %d: %d of 24 orders, %d gone", seed, len(d.orders), len(d.gone))
		}
		for id, o := range f.orders {
			if got := d.orders[strconv.Itoa(id)]; got.RawStatus != fmt.Sprint(o["status"]) {
				t.Fatalf("seed %d: order %d is %s, here %s", seed, id, o["status"], got.RawStatus)
			}
		}
	}
}

func TestFewerAtOnceWhereAStoreCannotDoMore(t *testing.T) {
	f, _ := world(t, 130)
	most := 0
	p, d := f.platform(), newDesk()
	f.fault = func(_, path string) fault {
		if path == "wc/v3/orders" && p.take > 30 {
			return broken
		}
		return fine
	}
	f.mid = func(q url.Values) {
		n, _ := strconv.Atoi(q.Get("per_page"))
		most = max(most, n)
	}
	d.pull(t, p, streamOrders)
	if len(d.orders) != 130 {
		t.Errorf("%d orders, at most %d at once", len(d.orders), most)
	}
}
