package store

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/ordertest"
)

// record reads the order with an external id.
func record(t testing.TB, d *DB, shop, externalID string) order.Record {
	t.Helper()
	refs, err := d.Find(t.Context(), shop+"/"+externalID)
	if err != nil || len(refs) != 1 {
		t.Fatalf("find %s/%s: %v, %v", shop, externalID, refs, err)
	}
	rec, err := d.Record(t.Context(), refs[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func TestApplyTwice(t *testing.T) {
	d := fresh(t)
	a, b := simple("aurora", 1), simple("aurora", 2)
	if r := apply(t, d, "aurora", a, b); r.New != 2 || r.Updated+r.Unchanged != 0 || len(r.Changed) != 2 {
		t.Errorf("first: %+v", r)
	}
	if r := apply(t, d, "aurora", a, b); r.Unchanged != 2 || r.New+r.Updated != 0 || len(r.Changed) != 0 {
		t.Errorf("second: %+v", r)
	}
	b.CustomerPayment, b.Customer.Name = order.PaymentPending, "Zoë"
	if r := apply(t, d, "aurora", a, b); r.Unchanged != 1 || r.Updated != 1 || len(r.Changed) != 1 {
		t.Errorf("third: %+v", r)
	}
	rec := record(t, d, "aurora", "x2")
	if rec.Customer.Name != "Zoë" || rec.State.Stage != order.StageAwaiting {
		t.Errorf("%+v %v", rec.Customer, rec.State.Stage)
	}
	entries := map[string][2]string{}
	for _, e := range rec.Journal {
		if e.Who != "sync:aurora" || !e.At.Equal(testTime) {
			t.Errorf("journal: %+v", e)
		}
		entries[e.Field] = [2]string{e.Before, e.After}
	}
	want := map[string][2]string{
		"customer": {"Maria Souza 2", "Zoë"}, "customer_payment": {"paid", "pending"}, "stage": {"quoting", "awaiting"},
	}
	if !reflect.DeepEqual(entries, want) {
		t.Errorf("journal %v, want %v", entries, want)
	}
	if journal := record(t, d, "aurora", "x1").Journal; len(journal) != 0 {
		t.Errorf("an unchanged order has a journal: %v", journal)
	}
	healthy(t, d)
}

// TestApplyKeepsContent gives back what went in, to the last field.
func TestApplyKeepsContent(t *testing.T) {
	dir := t.TempDir()
	d := at(t, filepath.Join(dir, "desk.db"), newClock(testTime))
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		o := ordertest.Order(rt)
		n++
		o.ExternalID, o.Store = strconv.Itoa(n), "aurora"
		raw := []byte(rapid.StringN(0, 200, 400).Draw(rt, "raw"))
		if _, err := d.Apply(context.Background(), Page{Shop: "aurora", Orders: []Pulled{{Order: o, Raw: raw}}}); err != nil {
			rt.Fatal(err)
		}
		refs, err := d.find(context.Background(), "aurora", o.ExternalID)
		if err != nil {
			rt.Fatal(err)
		}
		i := slices.IndexFunc(refs, func(r order.Ref) bool { return r.ExternalID == o.ExternalID })
		if i < 0 { // its id is another order's number
			return
		}
		rec, err := d.Record(context.Background(), refs[i].ID)
		if err != nil {
			rt.Fatal(err)
		}
		a, _ := json.Marshal(o)
		b, _ := json.Marshal(rec.Order)
		if string(a) != string(b) {
			rt.Fatalf("in  %s\nout %s", a, b)
		}
		back, err := d.Raw(context.Background(), rec.ID)
		if err != nil || string(back) != string(raw) {
			rt.Fatalf("raw %q came back as %q, %v", raw, back, err)
		}
	})
}

func TestApplyGone(t *testing.T) {
	d := fresh(t)
	o := simple("aurora", 1)
	apply(t, d, "aurora", o)
	page := func(p Page) Result {
		p.Shop, p.Stream = "aurora", "sweep"
		r, err := d.Apply(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := page(Page{Gone: []string{"x1", "never seen"}}); r.Gone != 1 {
		t.Errorf("%+v", r)
	}
	if r := page(Page{Gone: []string{"x1"}}); r.Gone != 0 || len(r.Changed) != 0 {
		t.Errorf("gone twice: %+v", r)
	}
	rec := record(t, d, "aurora", "x1")
	if !rec.Gone || rec.Customer.Name != o.Customer.Name {
		t.Errorf("gone %v, %v", rec.Gone, rec.Customer)
	}
	if len(rec.Journal) != 1 || rec.Journal[0].Field != "missing_upstream" {
		t.Errorf("journal %v", rec.Journal)
	}
	if r := page(Page{Seen: []string{"x1"}}); r.Unchanged != 1 || len(r.Changed) != 1 {
		t.Errorf("seen again: %+v", r)
	}
	if record(t, d, "aurora", "x1").Gone {
		t.Error("still gone")
	}
	page(Page{Gone: []string{"x1"}})
	if r := apply(t, d, "aurora", o); r.Updated != 1 {
		t.Errorf("pulled again: %+v", r)
	}
	if record(t, d, "aurora", "x1").Gone {
		t.Error("still gone after it was pulled")
	}
	healthy(t, d)
}

func TestApplyRefuses(t *testing.T) {
	d := fresh(t)
	if _, err := d.Apply(t.Context(), Page{Shop: "nobody", Cursor: []byte("x")}); CodeOf(err) != NotFound {
		t.Errorf("unknown shop: %v", err)
	}
	bad := simple("aurora", 2)
	bad.ExternalID = ""
	_, err := d.Apply(t.Context(), Page{Shop: "aurora", Stream: "orders", Cursor: []byte("x"), Orders: []Pulled{{Order: simple("aurora", 1)}, {Order: bad}}})
	if CodeOf(err) != Invalid {
		t.Errorf("no id: %v", err)
	}
	if n, _, err := d.Count(t.Context(), Query{}, 0); n != 0 || err != nil {
		t.Errorf("%d orders of a refused page, %v", n, err)
	}
	if c, err := d.Cursor(t.Context(), "aurora", "orders"); c != nil || err != nil {
		t.Errorf("cursor %q of a refused page, %v", c, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.Apply(ctx, Page{Shop: "aurora"}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestSkips(t *testing.T) {
	d := fresh(t)
	r, err := d.Apply(t.Context(), Page{Shop: "aurora", Skipped: []Skip{
		{ExternalID: "x1", Number: "1", Reason: "not paid"}, {ExternalID: "x2", Number: "2", Reason: "not paid", At: testTime.Add(time.Hour)},
	}})
	if err != nil || r.Skipped != 2 {
		t.Fatalf("%+v, %v", r, err)
	}
	skips, total, err := d.Skips(t.Context(), "aurora", 1)
	if err != nil || total != 2 || len(skips) != 1 || skips[0].Number != "2" {
		t.Errorf("%v, %d, %v", skips, total, err)
	}
	apply(t, d, "aurora", simple("aurora", 1))
	if skips, total, err = d.Skips(t.Context(), "aurora", 9); err != nil || total != 1 || skips[0].Number != "2" {
		t.Errorf("after the order came: %v, %d, %v", skips, total, err)
	}
	if _, total, err := d.Skips(t.Context(), "nordic", 9); err != nil || total != 0 {
		t.Errorf("another shop has %d, %v", total, err)
	}
}

func TestSweep(t *testing.T) {
	d := fresh(t)
	live, shipped, old, archived := simple("aurora", 1), simple("aurora", 2), simple("aurora", 3), simple("aurora", 4)
	live.Fingerprint = "f1"
	shipped.Fulfilment = order.Fulfilled
	old.Fulfilment, old.CreatedAt = order.Fulfilled, testTime.AddDate(0, -6, 0)
	archived.Archived = true
	veryOld := simple("aurora", 5)
	veryOld.CreatedAt = testTime.AddDate(-2, 0, 0)
	apply(t, d, "aurora", live, shipped, old, archived, veryOld)
	var all []string
	for after := ""; ; {
		ids, err := d.OpenOrders(t.Context(), "aurora", after, 2)
		if err != nil {
			t.Fatal(err)
		}
		if len(ids) == 0 {
			break
		}
		all = append(all, ids...)
		after = ids[len(ids)-1]
	}
	if !slices.Equal(all, []string{"x1", "x2", "x5"}) {
		t.Errorf("to sweep: %v", all)
	}
	prints, err := d.Fingerprints(t.Context(), "aurora", []string{"x1", "x2", "unknown"})
	if err != nil || !reflect.DeepEqual(prints, map[string]string{"x1": "f1", "x2": ""}) {
		t.Errorf("%v, %v", prints, err)
	}
}

func TestIntents(t *testing.T) {
	d := fresh(t)
	o := simple("aurora", 1)
	id := apply(t, d, "aurora", o).Changed[0]
	if err := d.AddIntent(t.Context(), id, order.Intent{Kind: order.IntentArchive, Who: "ana"}); err != nil {
		t.Fatal(err)
	}
	rec := record(t, d, "aurora", "x1")
	if !rec.IsArchived() || len(rec.Intents) != 1 || rec.Journal[0].Who != "ana" || rec.Journal[0].Field != "archived" {
		t.Errorf("%v %v %v", rec.Archived, rec.Intents, rec.Journal)
	}
	o.Customer.Name = "changed upstream, still not archived"
	apply(t, d, "aurora", o)
	if rec = record(t, d, "aurora", "x1"); !rec.IsArchived() || len(rec.Intents) != 1 {
		t.Error("a pull that carries the old state undid the act")
	}
	if counts, err := d.Counts(t.Context(), nil); err != nil || counts["quoting"] != 0 || counts["all"] != 1 {
		t.Errorf("%v, %v", counts, err)
	}
	o.Archived = true
	apply(t, d, "aurora", o)
	if rec = record(t, d, "aurora", "x1"); !rec.IsArchived() || len(rec.Intents) != 0 {
		t.Errorf("the intent stayed after the store had confirmed it: %v", rec.Intents)
	}
	if err := d.AddIntent(t.Context(), id, order.Intent{Kind: order.IntentTagAdd, Value: "gift", Who: "ana"}); err != nil {
		t.Fatal(err)
	}
	in := record(t, d, "aurora", "x1").Intents[0]
	if err := d.SettleIntents(t.Context(), id, in.ID); err != nil {
		t.Fatal(err)
	}
	if rec = record(t, d, "aurora", "x1"); len(rec.Intents)+len(rec.Tags) != 0 {
		t.Errorf("%v %v", rec.Intents, rec.Tags)
	}
	if err := d.AddIntent(t.Context(), 99, order.Intent{Kind: order.IntentArchive}); CodeOf(err) != NotFound {
		t.Errorf("an order that is not there: %v", err)
	}
	healthy(t, d)
}

func TestMarkSeen(t *testing.T) {
	d := fresh(t)
	apply(t, d, "aurora", simple("aurora", 9))
	if err := d.SaveSync(t.Context(), SyncState{Shop: "aurora", LastSuccess: testTime}); err != nil {
		t.Fatal(err)
	}
	ids := apply(t, d, "aurora", simple("aurora", 1), simple("aurora", 2)).Changed
	if err := d.MarkSeen(t.Context(), ids[:1]); err != nil {
		t.Fatal(err)
	}
	w, err := d.Window(t.Context(), Query{}, Key{}, false, 10)
	if err != nil || w.Rows[0].Unseen || !w.Rows[1].Unseen || w.Rows[2].Unseen {
		t.Errorf("the newest was looked at, the oldest came with the first sync: %+v, %v", w.Rows, err)
	}
}

func TestLastSeen(t *testing.T) {
	c := newClock(testTime)
	d := at(t, filepath.Join(t.TempDir(), "desk.db"), c)
	o := simple("aurora", 1)
	apply(t, d, "aurora", o)
	c.set(testTime.Add(time.Hour))
	apply(t, d, "aurora", o)
	if rec := record(t, d, "aurora", "x1"); !rec.LastSeen.Equal(testTime) {
		t.Errorf("seen %v: an unchanged order was written", rec.LastSeen)
	}
	c.set(testTime.Add(30 * time.Hour))
	apply(t, d, "aurora", o)
	if rec := record(t, d, "aurora", "x1"); !rec.LastSeen.Equal(c.now()) || !rec.FirstSeen.Equal(testTime) {
		t.Errorf("first %v, last seen %v", rec.FirstSeen, rec.LastSeen)
	}
}

func TestRemoveShop(t *testing.T) {
	d := fresh(t)
	apply(t, d, "aurora", simple("aurora", 1), simple("aurora", 2))
	last := apply(t, d, "nordic", simple("nordic", 3), simple("nordic", 4)).Changed[1]
	if err := d.RemoveShop(t.Context(), "nordic"); err != nil {
		t.Fatal(err)
	}
	if err := d.RemoveShop(t.Context(), "nordic"); CodeOf(err) != NotFound {
		t.Errorf("removed twice: %v", err)
	}
	shops, err := d.Shops(t.Context())
	if err != nil || len(shops) != 1 {
		t.Errorf("%v, %v", shops, err)
	}
	if n, _, err := d.Count(t.Context(), Query{}, 0); n != 2 || err != nil {
		t.Errorf("%d orders left, %v", n, err)
	}
	healthy(t, d)
	if id := apply(t, d, "aurora", simple("aurora", 5)).Changed[0]; id <= last {
		t.Errorf("id %d was used before", id)
	}
}

func TestFind(t *testing.T) {
	d := fresh(t)
	a, b := simple("aurora", 7), simple("nordic", 7)
	c := simple("nordic", 8)
	c.Number, c.ExternalID = "AUR/9", "gid://shop/Order/8"
	apply(t, d, "aurora", a)
	apply(t, d, "nordic", b, c)
	for name, want := range map[string]int{
		"7": 2, "#7": 2, "aurora/7": 1, "nordic/#7": 1, "aurora/x7": 1, "x7": 2, "AUR/9": 1, "aur/9": 1, "gid://shop/Order/8": 1,
		"nordic/gid://shop/Order/8": 1, "aurora/8": 0, "8": 0, "": 0, "/": 0, "aurora/": 0,
	} {
		refs, err := d.Find(t.Context(), name)
		if err != nil || len(refs) != want {
			t.Errorf("%q: %v, %v; want %d", name, refs, err, want)
		}
	}
}
