package store

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
)

func begin(t testing.TB, d *DB, id int64) Effect {
	t.Helper()
	e, err := d.BeginEffect(t.Context(), id, "")
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func end(t testing.TB, d *DB, id int64, o Outcome) {
	t.Helper()
	if err := d.EndEffect(t.Context(), id, o); err != nil {
		t.Fatal(err)
	}
}

// open gives the one open effect of a kind.
func open1(t testing.TB, d *DB, reference string, kind EffectKind) Effect {
	t.Helper()
	all, err := d.Effects(context.Background(), EffectFilter{Reference: reference, Open: true})
	if err != nil {
		t.Fatal(err)
	}
	all = slices.DeleteFunc(all, func(e Effect) bool { return e.Kind != kind })
	if len(all) != 1 {
		t.Fatalf("%d open effects %s of %s", len(all), kind, reference)
	}
	return all[0]
}

func placementOf(t testing.TB, d *DB, reference string) order.Placement {
	t.Helper()
	p, err := d.PlacementsOf(context.Background(), reference)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// made has the supplier make the order of a placement, unpaid.
func made(t testing.TB, d *DB, reference string) {
	t.Helper()
	e := begin(t, d, open1(t, d, reference, EffectPlace).ID)
	p := placementOf(t, d, reference)
	p.SupplierNo = "S-" + reference
	doc, err := json.Marshal(PayDoc{Reference: reference, SupplierNo: p.SupplierNo, Max: p.Total})
	if err != nil {
		t.Fatal(err)
	}
	end(t, d, e.ID, Outcome{State: EffectSent, Placement: &p, Next: []NewEffect{{Kind: EffectPay, Doc: doc}}})
}

// paid has a placement that was made paid.
func paid(t testing.TB, d *DB, reference string) {
	t.Helper()
	e := begin(t, d, open1(t, d, reference, EffectPay).ID)
	p := placementOf(t, d, reference)
	p.State, p.Receipt = order.PlacementPlaced, "R-1"
	spent := p.Total
	end(t, d, e.ID, Outcome{State: EffectSent, Placement: &p, Spent: &spent})
}

// one buys one order and gives its reference.
func one(t testing.TB, d *DB, s checkout.Settings) (id int64, reference string) {
	t.Helper()
	ids := stock(t, d, s, 1)
	return ids[0], buy(t, d, s, partsOf(t, d, s, ids))[0]
}

func stageOfOrder(t testing.TB, d *DB, id int64) order.Stage {
	t.Helper()
	rec, err := d.Record(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	return rec.State.Stage
}

func TestPlacePayShip(t *testing.T) {
	d, s := fresh(t), buying()
	id, ref := one(t, d, s)
	if e := open1(t, d, ref, EffectPlace); e.Attempts != 0 || e.State != EffectQueued {
		t.Errorf("%+v", e)
	}
	made(t, d, ref)
	if got := stageOfOrder(t, d, id); got != order.StagePending {
		t.Errorf("made: %s", got)
	}
	paid(t, d, ref)
	p := placementOf(t, d, ref)
	if got := stageOfOrder(t, d, id); got != order.StagePlaced || !p.CheckedOut.Equal(testTime) || p.Receipt != "R-1" ||
		!p.LateAt.Equal(order.AddBusinessDays(testTime, 3)) || p.Attempts != 2 || p.Reason != "" {
		t.Errorf("paid: %s, %+v", got, p)
	}
	due, err := d.DuePolls(t.Context(), "Lumen EU", 10)
	if err != nil || len(due) != 1 {
		t.Fatalf("%v, %v", due, err)
	}
	seen := due[0]
	seen.State, seen.Goods = order.PlacementProcessing, usd(1)
	hour := func(order.PlacementState) time.Duration { return time.Hour }
	if r, err := d.ApplyTracked(t.Context(), "Lumen EU", []order.Placement{seen}, hour, TellRule{Store: true}); err != nil || r.Updated != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	if due, err := d.DuePolls(t.Context(), "Lumen EU", 10); err != nil || len(due) != 0 {
		t.Errorf("looked at again at once: %v, %v", due, err)
	}
	if at, ok, err := d.NextDue(t.Context()); err != nil || !ok || !at.Equal(testTime.Add(time.Hour)) {
		t.Errorf("next due %v, %v, %v", at, ok, err)
	}
	seen.State, seen.ShippedAt = order.PlacementShipped, testTime
	seen.Parcels = []order.Parcel{{Carrier: "Correios", Tracking: "LX1"}}
	for range 2 { // the second time nothing is new
		if _, err := d.ApplyTracked(t.Context(), "Lumen EU", []order.Placement{seen}, hour, TellRule{Store: true, Notify: true}); err != nil {
			t.Fatal(err)
		}
	}
	tell := open1(t, d, ref, EffectTell)
	var doc TellDoc
	if err := json.Unmarshal(tell.Doc, &doc); err != nil || doc.Parcel.Tracking != "LX1" || !doc.Notify ||
		!slices.Equal(doc.Lines, []order.ShipmentLine{{LineID: "l1", Quantity: order.Units(1)}}) || tell.External != "x1" || tell.Number != "1" {
		t.Errorf("%+v, %+v, %v", tell, doc, err)
	}
	p = placementOf(t, d, ref)
	if got := stageOfOrder(t, d, id); got != order.StageShipped || p.Goods != usd(500) || p.Total != usd(700) {
		t.Errorf("shipped: %s, %+v", got, p)
	}
	begin(t, d, tell.ID)
	end(t, d, tell.ID, Outcome{State: EffectFailed, Reason: "the store is down"})
	if err := d.RetryEffect(t.Context(), "ana", tell.ID); err != nil {
		t.Fatal(err)
	}
	begin(t, d, tell.ID)
	end(t, d, tell.ID, Outcome{State: EffectSent})
	if as, err := d.Attempts(t.Context(), tell.ID); err != nil || len(as) != 2 || as[0].State != EffectFailed || as[1].State != EffectSent || as[1].Ended.IsZero() {
		t.Errorf("%+v, %v", as, err)
	}
	healthy(t, d)
}

// TestDeclined has a payment refused: the reason stays while the supplier only says that it is unpaid, and paying it there
// by hand is seen.
func TestDeclined(t *testing.T) {
	now := newClock(testTime)
	d, s := at(t, filepath.Join(t.TempDir(), "desk.db"), now), buying()
	id, ref := one(t, d, s)
	made(t, d, ref)
	pay := begin(t, d, open1(t, d, ref, EffectPay).ID)
	end(t, d, pay.ID, Outcome{State: EffectFailed, Reason: "the card was declined"})
	look := func(state order.PlacementState) {
		t.Helper()
		due, err := d.DuePolls(t.Context(), "Lumen EU", 1)
		if err != nil || len(due) != 1 {
			t.Fatalf("%v, %v", due, err)
		}
		due[0].State, due[0].Reason = state, ""
		if _, err := d.ApplyTracked(t.Context(), "Lumen EU", due, func(order.PlacementState) time.Duration { return 0 }, TellRule{}); err != nil {
			t.Fatal(err)
		}
	}
	look(order.PlacementPending)
	if p := placementOf(t, d, ref); p.Reason != "the card was declined" || p.State != order.PlacementPending {
		t.Errorf("%+v", p)
	}
	now.set(testTime.Add(time.Minute))
	look(order.PlacementPlaced)
	if got := stageOfOrder(t, d, id); got != order.StagePlaced || placementOf(t, d, ref).Reason != "" {
		t.Errorf("%s, %+v", got, placementOf(t, d, ref))
	}
	if err := d.RetryEffect(t.Context(), "ana", pay.ID); CodeOf(err) != Invalid || !strings.Contains(err.Error(), "paid") {
		t.Errorf("paid a second time: %v", err)
	}
	if m, err := d.Spent(t.Context(), "Lumen EU", testTime); err != nil || m != usd(700) {
		t.Errorf("%v, %v", m, err)
	}
	healthy(t, d)
}

// TestTransitions takes an effect from every state to every other, with and without evidence.
func TestTransitions(t *testing.T) {
	states := []EffectState{EffectQueued, EffectSending, EffectSent, EffectFailed, EffectUnknown, EffectWithdrawn, "nonsense"}
	const never, always, proven = 0, 1, 2
	want := map[EffectState]map[EffectState]int{
		EffectQueued:  {EffectQueued: always, EffectSent: proven, EffectFailed: always, EffectUnknown: proven},
		EffectSending: {EffectQueued: always, EffectSent: always, EffectFailed: always, EffectUnknown: always},
		EffectUnknown: {EffectQueued: proven, EffectSent: proven, EffectFailed: proven, EffectUnknown: always},
	}
	for _, from := range states {
		for _, to := range states {
			for _, evidence := range []string{"", "seen"} {
				allowed := want[from][to] == always || (want[from][to] == proven && evidence != "")
				err := mayEnd(&Effect{Kind: EffectPay, State: from}, &Outcome{State: to, Evidence: evidence})
				if (err == nil) != allowed {
					t.Errorf("%s → %s with evidence %q: %v", from, to, evidence, err)
				}
			}
		}
	}
	money := usd(1)
	for name, c := range map[string]struct {
		e Effect
		o Outcome
	}{
		"released while unknown": {Effect{Kind: EffectPay, State: EffectSending}, Outcome{State: EffectUnknown, Release: true}},
		"spent and released":     {Effect{Kind: EffectPay, State: EffectSending}, Outcome{State: EffectSent, Release: true, Spent: &money}},
		"spent on a failure":     {Effect{Kind: EffectPay, State: EffectSending}, Outcome{State: EffectFailed, Spent: &money}},
		"another document":       {Effect{Kind: EffectPay, State: EffectSending}, Outcome{State: EffectSent, Doc: json.RawMessage(`{}`)}},
	} {
		if mayEnd(&c.e, &c.o) == nil {
			t.Errorf("%s is allowed", name)
		}
	}
	// Begin, by the same states in the database.
	d, s := fresh(t), buying()
	_, ref := one(t, d, s)
	id := open1(t, d, ref, EffectPlace).ID
	for _, from := range states[:6] {
		for _, evidence := range []string{"", "nothing is there"} {
			if err := d.write(t.Context(), func(x *tx) error {
				return x.exec(`UPDATE outbox SET state = ? WHERE id = ?`, string(from), id)
			}); err != nil {
				t.Fatal(err)
			}
			allowed := from == EffectQueued || (from == EffectUnknown && evidence != "")
			e, err := d.BeginEffect(t.Context(), id, evidence)
			if (err == nil) != allowed {
				t.Errorf("begin of %s with evidence %q: %v", from, evidence, err)
			}
			if err == nil && (e.State != EffectSending || e.Evidence != evidence && evidence != "") {
				t.Errorf("%+v", e)
			}
		}
	}
}

func TestSpendCap(t *testing.T) {
	d, s := fresh(t), buying()
	ids := stock(t, d, s, 20) // 7 dollars each, of 100
	done, err := d.Commit(t.Context(), "ana", partsOf(t, d, s, ids), s)
	if err != nil {
		t.Fatal(err)
	}
	taken := 0
	for _, c := range done {
		switch {
		case c.Reference != "":
			taken++
		case len(c.Blockers) != 1 || c.Blockers[0].Code != checkout.BlockCap:
			t.Errorf("%+v", c.Blockers)
		}
	}
	if m, err := d.Spent(t.Context(), "Lumen EU", testTime); taken != 14 || m != usd(9800) || err != nil {
		t.Errorf("%d taken, %v reserved, %v", taken, m, err)
	}
	if err := d.BackToUnpaid(t.Context(), "ana", done[0].Reference); err != nil {
		t.Fatal(err)
	}
	if m, _ := d.Spent(t.Context(), "Lumen EU", testTime); m != usd(9100) {
		t.Errorf("%v reserved", m)
	}
	healthy(t, d)
}

// TestSpendCapOfAnyCurrency has a supplier whose currency is not set: the cap counts all the same.
func TestSpendCapOfAnyCurrency(t *testing.T) {
	d, s := fresh(t), buying()
	s.Suppliers[0].Currency = ""
	limit := usd(1400)
	s.Suppliers[0].Cap = &limit
	ids := stock(t, d, s, 3)
	for i, part := range partsOf(t, d, s, ids) {
		done, err := d.Commit(t.Context(), "ana", []CommitPart{part}, s)
		if err != nil || (done[0].Reference != "") != (i < 2) {
			t.Errorf("%d: %+v, %v", i, done, err)
		}
	}
	healthy(t, d)
}

func TestCommitRefuses(t *testing.T) {
	d, s := fresh(t), buying()
	ids := stock(t, d, s, 1)
	part := partsOf(t, d, s, ids)[0]
	try := func(p CommitPart, with checkout.Settings, want checkout.BlockerCode) {
		t.Helper()
		done, err := d.Commit(t.Context(), "ana", []CommitPart{p}, with)
		if err != nil || done[0].Reference != "" || len(done[0].Blockers) == 0 || done[0].Blockers[0].Code != want {
			t.Errorf("%+v, %v; want %s", done, err, want)
		}
	}
	cheaper := part
	cheaper.Total = usd(699)
	try(cheaper, s, checkout.BlockPrice)
	cheaper.Total = order.New(700, "EUR")
	try(cheaper, s, checkout.BlockPrice)
	other := part
	other.Key.Group = "ABCDEF"
	try(other, s, checkout.BlockChanged)
	try(part, checkout.Settings{}, checkout.BlockSupplier)
	both, err := d.Commit(t.Context(), "ana", []CommitPart{part, part}, s)
	if err != nil || both[0].Reference == "" || both[1].Reference != "" || both[1].Blockers[0].Code != checkout.BlockStage {
		t.Errorf("the same part twice: %+v, %v", both, err)
	}
	healthy(t, d)
}

func TestBackToUnpaid(t *testing.T) {
	refused := func(t *testing.T, d *DB, ref, why string) {
		t.Helper()
		if err := d.BackToUnpaid(t.Context(), "ana", ref); CodeOf(err) != Invalid || !strings.Contains(err.Error(), why) {
			t.Errorf("%v, want %q", err, why)
		}
	}
	back := func(t *testing.T, d *DB, s checkout.Settings, id int64, ref string) {
		t.Helper()
		if got := stageOfOrder(t, d, id); got != order.StageUnpaid {
			t.Errorf("%s", got)
		}
		if m, err := d.Spent(t.Context(), "Lumen EU", testTime); err != nil || !m.IsZero() {
			t.Errorf("%v is reserved, %v", m, err)
		}
		if again := buy(t, d, s, partsOf(t, d, s, []int64{id})); again[0] == ref {
			t.Error("the name is used twice")
		}
		healthy(t, d)
	}
	t.Run("not sent", func(t *testing.T) {
		d, s := fresh(t), buying()
		id, ref := one(t, d, s)
		if err := d.BackToUnpaid(t.Context(), "ana", ref); err != nil {
			t.Fatal(err)
		}
		back(t, d, s, id, ref)
		refused(t, d, ref, "already")
	})
	t.Run("on its way, unknown, then proven absent", func(t *testing.T) {
		d, s := fresh(t), buying()
		id, ref := one(t, d, s)
		e := begin(t, d, open1(t, d, ref, EffectPlace).ID)
		refused(t, d, ref, "not known")
		end(t, d, e.ID, Outcome{State: EffectUnknown, Reason: "no answer"})
		refused(t, d, ref, "not known")
		if err := d.WithdrawEffect(t.Context(), "ana", e.ID); CodeOf(err) != Invalid {
			t.Errorf("withdrawn: %v", err)
		}
		end(t, d, e.ID, Outcome{State: EffectFailed, Reason: "it is not there", Evidence: "looked twice"})
		if err := d.BackToUnpaid(t.Context(), "ana", ref); err != nil {
			t.Fatal(err)
		}
		if err := d.RetryEffect(t.Context(), "ana", e.ID); CodeOf(err) != Invalid {
			t.Errorf("retried: %v", err)
		}
		back(t, d, s, id, ref)
	})
	t.Run("made, not paid", func(t *testing.T) {
		d, s := fresh(t), buying()
		id, ref := one(t, d, s)
		made(t, d, ref)
		pay := open1(t, d, ref, EffectPay)
		if err := d.BackToUnpaid(t.Context(), "ana", ref); err != nil {
			t.Fatal(err)
		}
		if _, err := d.BeginEffect(t.Context(), pay.ID, "x"); CodeOf(err) != Invalid {
			t.Errorf("paid after all: %v", err)
		}
		if got := stageOfOrder(t, d, id); got != order.StagePending {
			t.Errorf("%s before it is taken back", got)
		}
		refused(t, d, ref, "already")
		cancel := begin(t, d, open1(t, d, ref, EffectCancel).ID)
		refused(t, d, ref, "not known")
		end(t, d, cancel.ID, Outcome{State: EffectSent, Release: true})
		back(t, d, s, id, ref)
	})
	t.Run("paid", func(t *testing.T) {
		d, s := fresh(t), buying()
		_, ref := one(t, d, s)
		made(t, d, ref)
		paid(t, d, ref)
		refused(t, d, ref, "refund")
	})
}

func TestConfirmPaid(t *testing.T) {
	d, s := fresh(t), buying()
	id, ref := one(t, d, s)
	if err := d.ConfirmPaid(t.Context(), "ana", ref, "B-7", usd(700), testTime); CodeOf(err) != Invalid {
		t.Errorf("paid before it is made: %v", err)
	}
	e := begin(t, d, open1(t, d, ref, EffectPlace).ID)
	p := placementOf(t, d, ref)
	p.SupplierNo, p.Reason = "PO-1", "waiting for your payment"
	end(t, d, e.ID, Outcome{State: EffectSent, Placement: &p})
	for _, m := range []order.Money{order.New(700, "EUR"), usd(-1), usd(0), usd(1 << 40)} {
		if err := d.ConfirmPaid(t.Context(), "ana", ref, "B-7", m, testTime); CodeOf(err) != Invalid {
			t.Errorf("%s: %v", m, err)
		}
	}
	if err := d.AddParcel(t.Context(), "ana", ref, order.Parcel{Tracking: "LX1"}); CodeOf(err) != Invalid {
		t.Errorf("shipped unpaid: %v", err)
	}
	if err := d.ConfirmPaid(t.Context(), "ana", ref, "B-7", usd(750), testTime.Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := d.ConfirmPaid(t.Context(), "ana", ref, "B-8", usd(750), testTime); CodeOf(err) != Invalid {
		t.Errorf("paid twice: %v", err)
	}
	p = placementOf(t, d, ref)
	if p.State != order.PlacementPlaced || p.Receipt != "B-7" || p.Total != usd(750) || p.Fees != usd(50) || p.Reason != "" || !p.PlacedAt.Equal(testTime.Add(-time.Hour)) {
		t.Errorf("%+v", p)
	}
	if m, _ := d.Spent(t.Context(), "Lumen EU", testTime); m != usd(750) {
		t.Errorf("spent %v", m)
	}
	if err := d.AddParcel(t.Context(), "ana", ref, order.Parcel{Tracking: "LX1", Lines: []order.ShipmentLine{{LineID: "l9", Quantity: order.Units(1)}}}); CodeOf(err) != Invalid {
		t.Errorf("a parcel with somebody else's goods: %v", err)
	}
	if err := d.AddParcel(t.Context(), "ana", ref, order.Parcel{Tracking: "LX1", Carrier: "DHL"}); err != nil {
		t.Fatal(err)
	}
	if got := stageOfOrder(t, d, id); got != order.StageShipped {
		t.Errorf("%s", got)
	}
	open1(t, d, ref, EffectTell) // the store is told
	healthy(t, d)
}

// TestPullLeavesPurchasesAlone lets a supplier report what was bought here, and something else over the same lines.
func TestPullLeavesPurchasesAlone(t *testing.T) {
	d, s := fresh(t), buying()
	id, ref := one(t, d, s)
	was := placementOf(t, d, ref)
	over := was
	over.Total, over.State, over.Own = usd(1), order.PlacementShipped, false
	stranger := over
	stranger.Reference, stranger.Supplier = "theirs", "CJ"
	for range 2 {
		if r := supply(t, d, SupplierPage{Placements: []order.Placement{over, stranger}}); len(r.Changed) != 0 {
			t.Errorf("%+v", r)
		}
	}
	if now := placementOf(t, d, ref); !samePlacement(&now, &was) {
		t.Errorf("%+v", now)
	}
	rec, err := d.Record(t.Context(), id)
	if err != nil || len(rec.Placements) != 1 || rec.State.Stage != order.StagePending {
		t.Errorf("%+v, %v", rec.State, err)
	}
	dropped := 0
	for _, e := range rec.Journal {
		if e.Field == "placement_dropped" && strings.Contains(e.After, "theirs") {
			dropped++
		}
	}
	if dropped != 1 {
		t.Errorf("%d journal entries", dropped)
	}
	if err := d.BackToUnpaid(t.Context(), "ana", ref); err != nil {
		t.Fatal(err)
	}
	supply(t, d, SupplierPage{Placements: []order.Placement{stranger}})
	if got := stageOfOrder(t, d, id); got != order.StageShipped {
		t.Errorf("with the lines free again: %s", got)
	}
	healthy(t, d)
}

// rounds lets rapid try less often what takes long, unless it was told how often.
func rounds(t *testing.T, n string) {
	t.Helper()
	f := flag.Lookup("rapid.checks")
	if f == nil || f.Value.String() != f.DefValue {
		return
	}
	if err := f.Value.Set(n); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Value.Set(f.DefValue) })
}

// hasty lets a database that nobody pulls the plug of write without waiting for the disk.
func hasty(t testing.TB, dbs ...*DB) {
	t.Helper()
	for _, d := range dbs {
		if _, err := d.w.conn.ExecContext(context.Background(), `PRAGMA synchronous = OFF`); err != nil {
			t.Fatal(err)
		}
	}
}

// settleSome lets a random thing happen to a random effect, as a worker or a merchant might do it, right or wrong.
func settleSome(t *rapid.T, d *DB, s checkout.Settings, ids []int64) {
	ctx := context.Background()
	ok := func(err error) {
		if err != nil && CodeOf(err) != Invalid && CodeOf(err) != NotFound {
			t.Fatalf("%v", err)
		}
	}
	all, err := d.Effects(ctx, EffectFilter{})
	ok(err)
	pick := func() *Effect {
		if len(all) == 0 {
			return nil
		}
		return &all[rapid.IntRange(0, len(all)-1).Draw(t, "effect")]
	}
	e := pick()
	evidence := rapid.SampledFrom([]string{"", "seen"}).Draw(t, "evidence")
	act := rapid.SampledFrom([]string{"commit", "begin", "end", "end", "end", "retry", "withdraw", "back", "confirm", "track", "parcel"}).Draw(t, "act")
	if act == "commit" || e == nil {
		some := rapid.SliceOfN(rapid.SampledFrom(ids), 1, 3).Draw(t, "orders")
		inputs, err := d.CheckoutInputs(ctx, some, s)
		ok(err)
		var parts []CommitPart
		for _, in := range inputs {
			entry := checkout.Make(in, s)
			parts = append(parts, CommitPart{Key: entry.Key, Total: entry.Total})
		}
		_, err = d.Commit(ctx, "ana", parts, s)
		ok(err)
		return
	}
	p, err := d.PlacementsOf(ctx, e.Reference)
	ok(err)
	switch act {
	case "begin":
		_, err = d.BeginEffect(ctx, e.ID, evidence)
	case "end":
		o := Outcome{
			State:    rapid.SampledFrom([]EffectState{EffectQueued, EffectSent, EffectSent, EffectFailed, EffectUnknown}).Draw(t, "state"),
			Evidence: evidence, Reason: rapid.SampledFrom([]string{"", "because"}).Draw(t, "reason"), Release: rapid.Bool().Draw(t, "release"),
		}
		if rapid.Bool().Draw(t, "with placement") {
			p.State = rapid.SampledFrom(order.PlacementStates).Draw(t, "placement")
			p.SupplierNo = rapid.SampledFrom([]string{"", "S-" + p.Reference}).Draw(t, "number")
			o.Placement = &p
		}
		if e.Kind == EffectPlace && o.State == EffectSent {
			o.Next = []NewEffect{{Kind: EffectPay, Doc: json.RawMessage(`{}`)}}
		}
		err = d.EndEffect(ctx, e.ID, o)
	case "retry":
		err = d.RetryEffect(ctx, "ana", e.ID)
	case "withdraw":
		err = d.WithdrawEffect(ctx, "ana", e.ID)
	case "back":
		err = d.BackToUnpaid(ctx, "ana", e.Reference)
	case "confirm":
		err = d.ConfirmPaid(ctx, "ana", e.Reference, "R", p.Total, d.Now())
	case "track":
		p.State = rapid.SampledFrom(order.PlacementStates).Draw(t, "tracked")
		p.Parcels = []order.Parcel{{Tracking: rapid.SampledFrom([]string{"A", "B"}).Draw(t, "tracking")}}
		_, err = d.ApplyTracked(ctx, "Lumen EU", []order.Placement{p}, func(order.PlacementState) time.Duration { return time.Hour }, TellRule{Store: true})
	case "parcel":
		err = d.AddParcel(ctx, "ana", e.Reference, order.Parcel{Tracking: "C"})
	}
	ok(err)
}

// sane wants what must hold at any time: nothing is bought or paid twice, the ledger is right, the cap holds, and every
// order stands somewhere.
func sane(t interface{ Fatalf(string, ...any) }, d *DB, ids []int64, limit int64) {
	ctx := context.Background()
	findings, err := d.Check(ctx)
	if err != nil {
		t.Fatalf("%v", err)
	}
	for _, f := range findings {
		if f.Severity != Fine && f.Check != "space" && f.Check != "outbox" {
			t.Fatalf("%s: %s", f.Check, f.Text)
		}
		if f.Severity == Broken {
			t.Fatalf("%s: %s", f.Check, f.Text)
		}
	}
	all, err := d.Effects(ctx, EffectFilter{Limit: 100_000})
	if err != nil {
		t.Fatalf("%v", err)
	}
	sent := map[string]int{}
	for _, e := range all {
		if e.Kind.money() && e.State != EffectFailed && e.State != EffectWithdrawn {
			if sent[string(e.Kind)+e.Reference]++; sent[string(e.Kind)+e.Reference] > 1 {
				t.Fatalf("%s of %s twice", e.Kind, e.Reference)
			}
		}
	}
	m, err := d.Spent(ctx, "Lumen EU", testTime)
	if err != nil || m.Minor > limit {
		t.Fatalf("%v spent or reserved, %v", m, err)
	}
	for _, id := range ids {
		rec, err := d.Record(ctx, id)
		if err != nil {
			t.Fatalf("%v", err)
		}
		live := map[string]int{}
		for _, p := range rec.Placements {
			for _, line := range p.Lines {
				if p.State.Live() {
					if live[line]++; live[line] > 1 {
						t.Fatalf("line %s of %s in two live placements", line, rec.Number)
					}
				}
			}
		}
		want := order.StageUnpaid
		if len(live) > 0 {
			want = ""
		}
		if want != "" && rec.State.Stage != want {
			t.Fatalf("%s is %s and nothing is bought for it", rec.Number, rec.State.Stage)
		}
	}
}

// TestAnythingHappens lets anything happen in any order, and wants nothing bought twice, nothing lost, and the money right.
func TestAnythingHappens(t *testing.T) {
	rounds(t, "40")
	rapid.Check(t, func(rt *rapid.T) {
		path := filepath.Join(t.TempDir(), "desk.db")
		d, s := at(t, path, newClock(testTime)), buying()
		defer func() { _ = d.Close() }()
		hasty(t, d)
		ids := stock(t, d, s, 4)
		for range rapid.IntRange(5, 60).Draw(rt, "steps") {
			settleSome(rt, d, s, ids)
		}
		sane(rt, d, ids, s.Suppliers[0].Cap.Minor)
	})
}

// TestTwoTerminals has two processes' databases on one file commit, withdraw and carry out the same orders at once.
func TestTwoTerminals(t *testing.T) {
	rounds(t, "25")
	rapid.Check(t, func(rt *rapid.T) {
		path := filepath.Join(t.TempDir(), "desk.db")
		one, s := at(t, path, newClock(testTime)), buying()
		limit := usd(rapid.Int64Range(0, 8000).Draw(rt, "cap"))
		s.Suppliers[0].Cap = &limit
		two, err := Open(context.Background(), Options{Path: path, Clock: newClock(testTime).now})
		if err != nil {
			rt.Fatalf("%v", err)
		}
		defer func() { _, _ = two.Close(), one.Close() }()
		hasty(t, one, two)
		ids := stock(t, one, s, 8)
		wide := s
		wide.Suppliers = slices.Clone(s.Suppliers)
		wide.Suppliers[0].Cap = nil
		parts := partsOf(t, one, wide, ids)
		var orders [2][]CommitPart
		for i := range orders {
			orders[i] = rapid.Permutation(parts).Draw(rt, fmt.Sprint("order of ", i))
		}
		size := rapid.IntRange(1, 8).Draw(rt, "at once")
		var mu sync.Mutex
		taken := map[checkout.PartKey]int{}
		var wg sync.WaitGroup
		for i, d := range []*DB{one, two} {
			wg.Go(func() {
				for some := range slices.Chunk(orders[i], size) {
					done, err := d.Commit(context.Background(), fmt.Sprint(i), some, s)
					if err != nil {
						t.Errorf("%v", err)
						return
					}
					mu.Lock()
					for _, c := range done {
						if c.Reference != "" {
							taken[c.Key]++
						} else if len(c.Blockers) == 0 {
							t.Error("not taken, and nobody says why")
						}
					}
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		for key, n := range taken {
			if n > 1 {
				rt.Fatalf("%+v was taken %d times", key, n)
			}
		}
		if want := min(8, int(limit.Minor/700)); len(taken) != want {
			rt.Fatalf("%d of %d parts were taken under a cap of %s", len(taken), want, limit)
		}
		sane(rt, two, ids, limit.Minor)
	})
}

// TestLostTailOfMoney opens the database as a power cut leaves it after each durable write of a purchase: what was
// promised to be on the disk is there, and it goes on from it.
func TestLostTailOfMoney(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "desk.db")
	d, s := at(t, path, newClock(testTime)), buying()
	ids := stock(t, d, s, 1)
	var ref string
	var id int64
	cut := 0
	after := func(what string, check func(*DB)) {
		t.Helper()
		info, err := os.Stat(path + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		synced := info.Size()
		// Something more is being written when the power goes.
		if err := d.SetMeta(t.Context(), "torn", strings.Repeat(what, 2000)); err != nil {
			t.Fatal(err)
		}
		for _, part := range []int64{0, 1} {
			cut++
			lost := filepath.Join(dir, fmt.Sprintf("lost%d.db", cut))
			copyFile(t, path, lost, -1)
			now, err := os.Stat(path + "-wal")
			if err != nil {
				t.Fatal(err)
			}
			copyFile(t, path+"-wal", lost+"-wal", min(now.Size(), synced+part*1000))
			func() {
				found, err := Open(t.Context(), Options{Path: lost, Clock: newClock(testTime).now})
				if err != nil {
					t.Fatal(err)
				}
				defer found.Close()
				check(found)
				sane(t, found, ids, 10_000)
			}()
		}
	}
	state := func(kind EffectKind, want EffectState) func(*DB) {
		return func(d *DB) {
			t.Helper()
			all, err := d.Effects(t.Context(), EffectFilter{Reference: ref})
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(all, func(e Effect) bool { return e.Kind == kind })
			if i < 0 || all[i].State != want {
				t.Errorf("%s is not %s: %+v", kind, want, all)
			}
		}
	}
	ref = buy(t, d, s, partsOf(t, d, s, ids))[0]
	after("committed", state(EffectPlace, EffectQueued))
	id = begin(t, d, open1(t, d, ref, EffectPlace).ID).ID
	after("begun", state(EffectPlace, EffectSending))
	end(t, d, id, Outcome{State: EffectUnknown, Reason: "no answer"})
	after("unknown", state(EffectPlace, EffectUnknown))
	p := placementOf(t, d, ref)
	p.SupplierNo = "S-1"
	end(t, d, id, Outcome{State: EffectSent, Evidence: "found", Placement: &p, Next: []NewEffect{{Kind: EffectPay, Doc: json.RawMessage(`{}`)}}})
	after("made", state(EffectPay, EffectQueued))
	begin(t, d, open1(t, d, ref, EffectPay).ID)
	after("paying", state(EffectPay, EffectSending))
	end(t, d, open1(t, d, ref, EffectPay).ID, Outcome{State: EffectSent})
	after("paid", func(d *DB) {
		state(EffectPay, EffectSent)(d)
		if got := stageOfOrder(t, d, ids[0]); got != order.StagePlaced {
			t.Errorf("%s", got)
		}
	})
}

func TestMoneyOnABadDisk(t *testing.T) {
	d, s := fresh(t), buying()
	ids := stock(t, d, s, 40)
	s.Suppliers[0].Cap = nil
	parts := partsOf(t, d, s, ids)
	ref := buy(t, d, s, parts[:1])[0]
	place := open1(t, d, ref, EffectPlace)
	var pages, limit int
	if err := d.w.conn.QueryRowContext(t.Context(), `PRAGMA page_count`).Scan(&pages); err != nil {
		t.Fatal(err)
	}
	if err := d.w.conn.QueryRowContext(t.Context(), fmt.Sprintf(`PRAGMA max_page_count = %d`, pages)).Scan(&limit); err != nil {
		t.Fatal(err)
	}
	for err := error(nil); err == nil; { // until nothing more fits
		err = d.SetMeta(t.Context(), fmt.Sprint("fill ", time.Now()), strings.Repeat("x", 3000))
	}
	done, err := d.Commit(t.Context(), "ana", parts[1:], s)
	wantCode(t, err, Full, d.path)
	for _, c := range done {
		if c.Reference == "" {
			t.Errorf("%+v", c)
		}
	}
	if got := stages(t, d); got["pending"] != 1+len(done) {
		t.Errorf("%v after %d were told", got, len(done))
	}
	if _, err := d.w.conn.ExecContext(t.Context(), `PRAGMA max_page_count = 1000000`); err != nil {
		t.Fatal(err)
	}
	sane(t, d, ids, 100_000)
	if _, err := d.w.conn.ExecContext(t.Context(), `PRAGMA query_only = 1`); err != nil { // as a disk that was mounted read-only
		t.Fatal(err)
	}
	_, err = d.BeginEffect(t.Context(), place.ID, "")
	wantCode(t, err, ReadOnly, d.path)
	_, err = d.Commit(t.Context(), "ana", parts[len(parts)-1:], s)
	wantCode(t, err, ReadOnly, d.path)
	if _, err := d.w.conn.ExecContext(t.Context(), `PRAGMA query_only = 0`); err != nil {
		t.Fatal(err)
	}
	begin(t, d, place.ID)
}

func TestRemoveShopWithMoneyOnItsWay(t *testing.T) {
	d, s := fresh(t), buying()
	_, ref := one(t, d, s)
	if err := d.RemoveShop(t.Context(), "aurora"); CodeOf(err) != Invalid || !strings.Contains(err.Error(), "not settled") {
		t.Errorf("%v", err)
	}
	made(t, d, ref)
	paid(t, d, ref)
	if err := d.RemoveShop(t.Context(), "aurora"); err != nil {
		t.Fatal(err)
	}
	if all, err := d.Effects(t.Context(), EffectFilter{Reference: ref}); err != nil || len(all) != 2 {
		t.Errorf("the evidence is gone: %v, %v", all, err)
	}
	healthy(t, d)
}
