package shopify

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/internal/schedules"
)

// TestOpenDraftsAreKeptApart from the orders that are worked on; those that are orders by now are not brought as drafts.
func TestOpenDraftsAreKeptApart(t *testing.T) {
	f := newFake(t)
	f.add(start, nil)
	id := f.addDraft(start.Add(-time.Hour), func(o object) {
		var lines []object
		for range 45 {
			lines = append(lines, f.line("1.00", 1))
		}
		o["_lines"], o["note2"], o["status"] = lines, "by phone", "INVOICE_SENT"
	})
	f.mu.Lock()
	f.complete(f.draft(draftGID(f.newDraft(start.Add(-2*time.Hour), nil))))
	f.mu.Unlock()
	p, d := f.platform(), newDesk()
	d.pull(t, p)
	o, ok := d.orders[draftPrefix+id]
	if !ok || len(d.orders) != 3 {
		t.Fatalf("%d orders", len(d.orders))
	}
	if o.CustomerPayment != order.PaymentDraft || !o.Archived || o.Source != "draft" || o.Lifecycle != order.LifecycleOpen || o.UnknownStatus ||
		len(o.Lines) != 45 || o.Number != "D"+id || o.CustomerNote != "by phone" || o.Total.String() != "EUR 34.99" || o.Shipping.City != "Lisboa" ||
		!strings.HasSuffix(o.AdminURL, "/admin/draft_orders/"+id) || o.Customer.Name != "Ana Lima" || !o.Paid.IsZero() {
		t.Errorf("%+v", o)
	}
	f.scopes = []string{"read_orders"} // without the right there are none, and nothing else is missing
	p, d = f.platform(), newDesk()
	d.pull(t, p)
	if len(d.orders) != 2 {
		t.Errorf("without the right: %d orders", len(d.orders))
	}
}

// live are what a merchant sees as there.
func (d *desk) live() (drafts, orders []string) {
	for id, o := range d.orders {
		switch {
		case o.Lifecycle == order.LifecycleDeleted:
		case o.CustomerPayment == order.PaymentDraft:
			drafts = append(drafts, id)
		default:
			orders = append(orders, id)
		}
	}
	slices.Sort(drafts)
	slices.Sort(orders)
	return drafts, orders
}

// TestADraftThatBecomesAnOrderIsThereOnce, whichever of the two is seen first.
func TestADraftThatBecomesAnOrderIsThereOnce(t *testing.T) {
	f := newFake(t)
	id := f.addDraft(start.Add(-time.Hour), nil)
	p, d := f.platform(), newDesk()
	d.pull(t, p)
	if drafts, orders := d.live(); len(drafts) != 1 || len(orders) != 0 {
		t.Fatal(drafts, orders)
	}
	// The order is found by its date, within the time in which drafts are not looked at.
	f.clock = f.clock.Add(time.Minute)
	f.mu.Lock()
	f.complete(f.draft(draftGID(id)))
	f.mu.Unlock()
	d.pull(t, p)
	drafts, orders := d.live()
	if len(drafts) != 0 || len(orders) != 1 {
		t.Error(drafts, orders)
	}
	if o := d.orders[draftPrefix+id]; !slices.ContainsFunc(o.Notes, func(n order.Note) bool { return strings.Contains(n.Text, "became order #"+orders[0]) }) {
		t.Errorf("%+v", o.Notes)
	}
	// It becomes one between the two streams: the draft goes and the order comes with one page.
	id = f.addDraft(f.clock, nil)
	f.clock = f.clock.Add(6 * time.Minute)
	d.pull(t, p)
	f.clock = f.clock.Add(6 * time.Minute)
	d.step = func(b sync.Batch) error {
		drafts, orders := d.live()
		if len(drafts)+len(orders) != 2 {
			t.Errorf("there are %v and %v", drafts, orders)
		}
		if o := f.draft(draftGID(id)); o["order"] == nil && d.cursors["done"] == nil {
			d.cursors["done"] = []byte("x")
			f.complete(o)
		}
		return nil
	}
	d.pull(t, p)
	d.step = nil
	if drafts, orders = d.live(); len(drafts) != 0 || len(orders) != 2 {
		t.Error(drafts, orders)
	}
	before := total(f.asked)
	f.clock = f.clock.Add(6 * time.Minute)
	d.pull(t, p)
	if n := total(f.asked) - before; n != 2 {
		t.Errorf("a quiet look at orders and drafts is %d requests", n)
	}
}

func TestDeletedDraftsAreFoundByAsking(t *testing.T) {
	f := newFake(t)
	var ids []string
	for i := range 230 {
		ids = append(ids, f.addDraft(start.Add(-time.Duration(230-i)*time.Hour), nil))
	}
	p, d := f.platform(), newDesk()
	d.pull(t, p)
	for _, gone := range []string{ids[3], ids[120], ids[229]} {
		f.drafts = slices.DeleteFunc(f.drafts, func(o object) bool { return o["legacyResourceId"] == gone })
	}
	f.clock = f.clock.Add(2 * time.Hour)
	d.pull(t, p)
	if len(d.orders) != 227 {
		t.Errorf("%d drafts", len(d.orders))
	}
}

// TestActsOnADraft: what is for orders is refused before anything is sent.
func TestActsOnADraft(t *testing.T) {
	f := newFake(t)
	id := draftPrefix + f.addDraft(start, nil)
	p := f.platform()
	for _, kind := range order.ActKinds {
		a := order.Act{Kind: kind, Key: "k"}
		switch kind {
		case order.ActDraft, order.ActDelete, order.ActTags:
			continue
		}
		if _, err := p.Act(t.Context(), id, a); err == nil {
			t.Errorf("%s was done", kind)
		}
	}
	if len(f.made) != 0 {
		t.Errorf("%v", f.made)
	}
	if _, err := p.Act(t.Context(), id, order.Act{Kind: order.ActTags, Add: []string{"vip"}}); err != nil {
		t.Error(err)
	}
	if got, err := p.Read(t.Context(), id); err != nil || !slices.Equal(got.Order.Tags, []string{"vip"}) {
		t.Errorf("%v %v", got.Order.Tags, err)
	}
	for range 2 {
		if _, err := p.Act(t.Context(), id, order.Act{Kind: order.ActDelete}); err != nil {
			t.Error(err)
		}
	}
	if _, err := p.Read(t.Context(), id); !isGone(err) || f.made["draft deleted"] != 1 {
		t.Errorf("%v %v", err, f.made)
	}
}

// TestNoDraftIsLostWhateverFails pulls through 200 schedules of faults, while drafts come, change and become orders.
func TestNoDraftIsLostWhateverFails(t *testing.T) {
	for seed := range schedules.Count() {
		f := newFake(t)
		f.schema = nil // it is held against it elsewhere
		var ids []string
		for i := range 9 {
			ids = append(ids, f.addDraft(start.Add(-time.Duration(9-i/3)*time.Hour), nil))
		}
		f.fault = someFaults(seed, 0.3)
		p, d := f.platform(), newDesk()
		d.pull(t, p)
		f.clock = f.clock.Add(time.Duration(seed%13) * time.Minute)
		f.mu.Lock()
		f.complete(f.draft(draftGID(ids[4])))
		f.mu.Unlock()
		f.addDraft(f.clock, nil)
		d.pull(t, p)
		f.clock = f.clock.Add(10 * time.Minute)
		d.pull(t, p.again(t))
		if drafts, orders := d.live(); len(drafts) != 9 || len(orders) != 1 {
			t.Fatal(fmt.Sprint("seed ", seed), drafts, orders)
		}
	}
}
