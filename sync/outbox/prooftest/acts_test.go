package prooftest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	random "github.com/orderdeck/orderdeck/sync/internal/schedules"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

// clerk is a store that does what it is asked for, and whose answers get lost.
type clerk struct {
	now    func() time.Time
	orders map[string]*order.Order
	done   map[string]int       // by key
	jobs   map[string]time.Time // of orders that are being cancelled: until when
	refuse map[string]bool      // by key: these it does not do
	fault  func() string
}

var (
	errGarbled = errors.New("half an answer came")
	errDied    = errors.New("the process died")
)

func (c *clerk) Read(_ context.Context, id string) (store.Pulled, error) {
	if c.fault() == "away" {
		return store.Pulled{}, outbox.NotSent(errors.New("no route"))
	}
	o := c.orders[id]
	if o == nil {
		return store.Pulled{}, outbox.Rejected(outbox.ErrGone)
	}
	if at, ok := c.jobs[id]; ok && !c.now().Before(at) {
		o.Lifecycle = order.LifecycleCancelled
	}
	now := *o
	now.Notes, now.Refunds, now.Tags = slices.Clone(o.Notes), slices.Clone(o.Refunds), slices.Clone(o.Tags)
	return store.Pulled{Order: now}, nil
}

func (c *clerk) Fulfil(context.Context, string, store.TellDoc) error { return outbox.ErrNotOffered }

func (c *clerk) Acts() map[order.ActKind]string {
	return map[order.ActKind]string{order.ActStatus: "this store has no statuses"}
}

func (c *clerk) Act(_ context.Context, id string, a order.Act) (outbox.Done, error) {
	o := c.orders[id]
	fault := c.fault()
	switch {
	case fault == "away":
		return outbox.Done{}, outbox.NotSent(errors.New("no route"))
	case fault == "lost before":
		return outbox.Done{}, errGarbled
	case c.refuse[a.Key]:
		return outbox.Done{}, outbox.Rejectedf("the bank said no")
	case c.done[a.Key] > 0:
		return outbox.Done{Already: true}, nil
	}
	c.done[a.Key]++
	var done outbox.Done
	switch a.Kind {
	case order.ActCancel:
		c.jobs[id] = c.now().Add(25 * time.Second)
		done.Pending = "the store is cancelling it"
	case order.ActRefund:
		o.Refunded = order.New(o.Refunded.Minor+a.Amount.Minor, o.Currency)
		o.Refunds = append(o.Refunds, order.Refund{ExternalID: a.Key, Amount: a.Amount})
		done.ID = "r-" + a.Key
	case order.ActNote:
		o.Notes = append(o.Notes, order.Note{At: c.now(), Kind: "note", Text: a.Text + " [" + a.Key + "]"})
	case order.ActTags:
		o.Tags = append(o.Tags, a.Add...)
	}
	o.UpdatedAt = c.now()
	if fault == "lost after" {
		return outbox.Done{}, errGarbled
	}
	return done, nil
}

// mortal is a database whose process dies before an outcome is written down.
type mortal struct {
	*store.DB
	dies func() bool
}

func (m *mortal) EndEffect(ctx context.Context, id int64, o store.Outcome) error {
	if m.dies() {
		return errDied
	}
	return m.DB.EndEffect(ctx, id, o)
}

// actDesk is a database with n orders, the store that they are of, and a worker between them.
type actDesk struct {
	t     *testing.T
	db    *store.DB
	clerk *clerk
	clock *manual
	w     *outbox.Worker
	ids   []int64
}

func beginActs(t *testing.T, n int, dies func() bool, fault func() string) *actDesk {
	t.Helper()
	d := &actDesk{t: t, clock: &manual{}}
	d.clerk = &clerk{
		now: d.clock.Now, orders: map[string]*order.Order{}, done: map[string]int{}, jobs: map[string]time.Time{},
		refuse: map[string]bool{}, fault: fault,
	}
	db, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "desk.db"), Clock: d.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	d.db = db
	if err := db.PutShop(t.Context(), store.Shop{Name: shopName, Platform: "test", Currency: "BRL", Zone: "UTC"}); err != nil {
		t.Fatal(err)
	}
	page := store.Page{Shop: shopName, Stream: "orders"}
	for i := range n {
		o := customer(i + 1)
		d.clerk.orders[o.ExternalID] = &o
		page.Orders = append(page.Orders, store.Pulled{Order: o})
	}
	res, err := db.Apply(t.Context(), page)
	if err != nil {
		t.Fatal(err)
	}
	d.ids = slices.Clone(res.Changed)
	slices.Sort(d.ids)
	d.w = outbox.New(outbox.Options{DB: &mortal{db, dies}, Shops: map[string]outbox.Shop{shopName: d.clerk}, Clock: d.clock})
	return d
}

// run lets time pass until nothing is open any more.
func (d *actDesk) run(most time.Duration) {
	d.t.Helper()
	for end := d.clock.Now().Add(most); d.clock.Now().Before(end); {
		next, err := d.w.Step(d.t.Context())
		switch {
		case err != nil && !errors.Is(err, errDied):
			d.t.Fatal(err)
		case err == nil && next.IsZero():
			return
		}
		if !next.After(d.clock.Now()) {
			next = d.clock.Now().Add(time.Second)
		}
		d.clock.to(next)
	}
}

func (d *actDesk) ask(id int64, a order.Act) store.Effect {
	d.t.Helper()
	e, err := d.db.RequestAct(d.t.Context(), "ana", id, a)
	if err != nil {
		d.t.Fatal(err)
	}
	return e
}

func (d *actDesk) record(id int64) order.Record {
	d.t.Helper()
	rec, err := d.db.Record(d.t.Context(), id)
	if err != nil {
		d.t.Fatal(err)
	}
	return rec
}

func brl(cents int64) order.Money { return order.New(cents, "BRL") }

func never() bool { return false }

func calmly() string { return "" }

// TestActsAreDoneOnce: whatever gets lost, and wherever the process dies, a store does what it was asked for exactly once,
// and the order shows it.
func TestActsAreDoneOnce(t *testing.T) {
	for seed := range (random.Count() + 3) / 4 { // each is many acts
		r := rand.New(rand.NewPCG(seed, 77)) //nolint:gosec // a test
		calm := false
		faults := []string{"", "", "away", "lost before", "lost after"}
		d := beginActs(t, 3, func() bool { return !calm && r.IntN(4) == 0 }, func() string {
			if calm {
				return ""
			}
			return faults[r.IntN(len(faults))]
		})
		var asked []store.Effect
		for i, id := range d.ids {
			note := d.ask(id, order.Act{Kind: order.ActNote, Text: "call first"})
			tags := d.ask(id, order.Act{Kind: order.ActTags, Add: []string{"vip"}})
			refund := d.ask(id, order.Act{Kind: order.ActRefund, Amount: brl(700)})
			asked = append(asked, note, tags, refund)
			if i == 0 {
				asked = append(asked, d.ask(id, order.Act{Kind: order.ActCancel, Reason: "customer"}))
			}
			if r.IntN(3) == 0 {
				d.clerk.refuse[refund.Reference] = true
			}
		}
		d.run(10 * time.Minute)
		calm = true
		d.run(24 * time.Hour)
		if err := d.audit(asked); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
}

func (d *actDesk) audit(asked []store.Effect) error {
	for _, e := range asked {
		now, err := d.db.Effect(d.t.Context(), e.ID)
		if err != nil {
			return err
		}
		want, state := 1, store.EffectSent
		if d.clerk.refuse[e.Reference] {
			want, state = 0, store.EffectFailed
		}
		if n := d.clerk.done[e.Reference]; n != want || now.State != state {
			return fmt.Errorf("%s was done %d times and is %s (%s)\n%s", now.Name(), n, now.State, now.Reason, now.Evidence)
		}
	}
	for i, id := range d.ids {
		rec := d.record(id)
		there := d.clerk.orders[rec.ExternalID]
		switch {
		case len(rec.Intents) > 0:
			return fmt.Errorf("#%s still has %+v", rec.Number, rec.Intents)
		case rec.Refunded.Minor != there.Refunded.Minor, len(rec.Notes) != len(there.Notes), len(rec.Tags) != len(there.Tags):
			return fmt.Errorf("#%s is not what the store has: %+v", rec.Number, rec.Order)
		case (rec.Lifecycle == order.LifecycleCancelled) != (i == 0):
			return fmt.Errorf("#%s is %s", rec.Number, rec.Lifecycle)
		}
	}
	return nil
}

// TestWhatIsAskedForShowsAtOnce, and goes again when the store refuses it; money shows only when the store says so.
func TestWhatIsAskedForShowsAtOnce(t *testing.T) {
	d := beginActs(t, 1, never, calmly)
	id := d.ids[0]
	cancel := d.ask(id, order.Act{Kind: order.ActCancel, Reason: "it is a duplicate"})
	refund := d.ask(id, order.Act{Kind: order.ActRefund, Amount: brl(5000)})
	rec := d.record(id)
	if rec.State.Stage != order.StageCancelled || rec.CancelReason != "it is a duplicate" || rec.Refunded.Minor != 0 {
		t.Fatalf("%s %q %s", rec.State.Stage, rec.CancelReason, rec.Refunded)
	}
	d.clerk.refuse[cancel.Reference], d.clerk.refuse[refund.Reference] = true, true
	d.run(time.Hour)
	rec = d.record(id)
	if rec.State.Stage == order.StageCancelled || len(rec.Intents) > 0 {
		t.Fatalf("a refused cancellation still shows: %s %+v", rec.State.Stage, rec.Intents)
	}
	if a := rec.Acts; len(a) != 2 || !a[0].Refused || a[0].Act != "refund BRL 50.00" || a[0].Reason != "the bank said no" {
		t.Fatalf("%+v", a)
	}
	last := rec.Journal[len(rec.Journal)-1]
	if last.Field != "refund" || !strings.Contains(last.After, "the bank said no") {
		t.Errorf("the journal ends with %+v", last)
	}

	// The bank has thought better of it.
	clear(d.clerk.refuse)
	if err := d.db.RetryEffect(t.Context(), "ana", cancel.ID); err != nil {
		t.Fatal(err)
	}
	if rec := d.record(id); rec.State.Stage != order.StageCancelled {
		t.Fatalf("tried again, and it does not show: %s", rec.State.Stage)
	}
	d.run(time.Hour)
	if rec := d.record(id); rec.Lifecycle != order.LifecycleCancelled || len(rec.Intents) > 0 || d.clerk.done[cancel.Reference] != 1 {
		t.Fatalf("%s %+v, done %d times", rec.Lifecycle, rec.Intents, d.clerk.done[cancel.Reference])
	}
}

// TestActsThatAreRefusedHere never reach the store.
func TestActsThatAreRefusedHere(t *testing.T) {
	d := beginActs(t, 2, never, calmly)
	id := d.ids[0]
	refused := func(want string, a order.Act) {
		t.Helper()
		_, err := d.db.RequestAct(t.Context(), "ana", id, a)
		if store.CodeOf(err) != store.Invalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", a.String(), err, want)
		}
	}
	refused("BRL 50.00 are left", order.Act{Kind: order.ActRefund, Amount: brl(5001)})
	refused("more than nothing", order.Act{Kind: order.ActRefund, Amount: brl(-1)})
	refused("in BRL, not in USD", order.Act{Kind: order.ActRefund, Amount: usd(100)})
	refused("no line", order.Act{Kind: order.ActRefund, Lines: map[string]order.Quantity{"nine": order.Units(1)}})
	refused("1 were ordered", order.Act{Kind: order.ActCancel, Lines: map[string]order.Quantity{"l1-0": order.Units(2)}})
	refused("a note is missing", order.Act{Kind: order.ActNote, Text: " "})
	refused("control characters", order.Act{Kind: order.ActNote, Text: "a\x1b[2Jb"})
	refused("no tag", order.Act{Kind: order.ActTags})
	refused("no comma", order.Act{Kind: order.ActTags, Add: []string{"a,b"}})
	refused("added and removed", order.Act{Kind: order.ActTags, Add: []string{"a"}, Remove: []string{"A"}})
	refused("paid already", order.Act{Kind: order.ActMarkPaid})
	refused("an order, not a draft", order.Act{Kind: order.ActDraft, Step: order.DraftComplete})
	refused("no parcel", order.Act{Kind: order.ActTracking, Parcel: order.Parcel{Tracking: "X"}})
	refused("not archived", order.Act{Kind: order.ActReopen})

	first := d.ask(id, order.Act{Kind: order.ActRefund, Amount: brl(100)})
	refused("on its way already", order.Act{Kind: order.ActRefund, Amount: brl(100)})
	if err := d.db.WithdrawEffect(t.Context(), "ana", first.ID); err != nil {
		t.Fatal(err)
	}
	d.ask(id, order.Act{Kind: order.ActRefund, Amount: brl(100)})

	note := d.ask(d.ids[1], order.Act{Kind: order.ActNote, Text: "withdrawn"})
	if err := d.db.WithdrawEffect(t.Context(), "ana", note.ID); err != nil {
		t.Fatal(err)
	}
	if rec := d.record(d.ids[1]); len(rec.Notes) != 0 {
		t.Errorf("a note that was withdrawn shows: %+v", rec.Notes)
	}

	status := d.ask(id, order.Act{Kind: order.ActStatus, Status: "packed"})
	d.run(time.Hour)
	if e, err := d.db.Effect(t.Context(), status.ID); err != nil || e.State != store.EffectFailed || e.Reason != "this store has no statuses" {
		t.Errorf("%v %+v", err, e)
	}
	if n := d.clerk.done[first.Reference]; n != 0 {
		t.Errorf("what was withdrawn was done %d times", n)
	}
}
