package prooftest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

// TestBackToUnpaid takes an order back that the supplier has made and nobody has paid, and buys it anew.
func TestBackToUnpaid(t *testing.T) {
	for _, f := range []fault{fine, late, dropped, cut, refused, busyDone} {
		t.Run("cancel "+string(f), func(t *testing.T) {
			t.Parallel()
			first := true
			h := &house{Plan: func(string) plan {
				p := plan{Cancel: f}
				if first {
					p.Rise = 50
				}
				first = false
				return p
			}}
			x := begin(t, h, 1, caps())
			ref := x.buy()[0]
			x.run(time.Minute)
			if p := x.placement(ref); p.State != order.PlacementPending || !strings.Contains(p.Reason, "the price rose") {
				t.Fatalf("%s (%s)", p.State, p.Reason)
			}
			if err := x.db.BackToUnpaid(t.Context(), "ana", ref); err != nil {
				t.Fatal(err)
			}
			x.run(10 * time.Minute)
			x.check()
			p := x.placement(ref)
			if f == refused {
				if p.State != order.PlacementPending || !strings.Contains(p.Reason, "out of stock") {
					t.Errorf("%s (%s)", p.State, p.Reason)
				}
				return
			}
			if p.State != order.PlacementCancelled || !h.orders[0].Cancelled {
				t.Fatalf("%s (%s)\n%s", p.State, p.Reason, x.effect(ref, store.EffectCancel).Evidence)
			}
			again, err := x.db.CheckoutInputs(t.Context(), x.ids, x.set)
			if err != nil {
				t.Fatal(err)
			}
			e := checkout.Make(again[0], x.set)
			done, err := x.db.Commit(t.Context(), "ana", []store.CommitPart{{Key: e.Key, Total: e.Total}}, x.set)
			if err != nil || done[0].Reference == "" || done[0].Reference == ref {
				t.Fatalf("%+v, %v", done, err)
			}
			x.run(10 * time.Minute)
			x.check()
			if p := x.placement(done[0].Reference); p.State != order.PlacementShipped {
				t.Errorf("bought anew, it is %s (%s)", p.State, p.Reason)
			}
		})
	}
}

// TestRetry pays again, on the merchant's word, what certainly was not paid.
func TestRetry(t *testing.T) {
	x := begin(t, &house{Plan: func(string) plan { return plan{Pay: cut} }}, 1, caps())
	ref := x.buy()[0]
	x.run(10 * time.Minute)
	e := x.effect(ref, store.EffectPay)
	if e.State != store.EffectFailed {
		t.Fatalf("%s (%s)", e.State, e.Reason)
	}
	if err := x.db.RetryEffect(t.Context(), "ana", e.ID); err != nil {
		t.Fatal(err)
	}
	x.run(10 * time.Minute)
	x.check()
	if p := x.placement(ref); p.State != order.PlacementShipped {
		t.Errorf("%s (%s)", p.State, p.Reason)
	}
}

// TestFrozen has the money go and the order stay unpaid for long: nothing is paid again, whoever asks for it, and what was
// seen is there to be shown to the supplier.
func TestFrozen(t *testing.T) {
	x := begin(t, &house{Plan: func(string) plan { return plan{Pay: dropped, ThirdRead: true, PaidRead: 8} }}, 1, caps())
	ref := x.buy()[0]
	for range 4 {
		x.run(settled + time.Second)
		e := x.effect(ref, store.EffectPay)
		if e.State != store.EffectUnknown {
			t.Fatalf("it is %s (%s)", e.State, e.Reason)
		}
		if err := x.db.RetryEffect(t.Context(), "ana", e.ID); err != nil {
			t.Fatal(err)
		}
		if err := x.db.BackToUnpaid(t.Context(), "ana", ref); err == nil {
			t.Fatal("it was taken back while nobody knows whether it is paid")
		}
	}
	e := x.effect(ref, store.EffectPay)
	if want := "the balance went from USD 10000.00 to USD 9992.00"; !strings.Contains(e.Reason, want) || !strings.Contains(e.Evidence, want) {
		t.Errorf("%s\n%s", e.Reason, e.Evidence)
	}
	x.run(2 * time.Hour)
	x.check()
	if p := x.placement(ref); p.State != order.PlacementShipped || x.h.orders[0].Charged != 1 {
		t.Errorf("%s (%s), charged %d times", p.State, p.Reason, x.h.orders[0].Charged)
	}
}

// TestReadAgain changes the order at its store between the merchant's word and the payment.
func TestReadAgain(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*house)
		caps   func(*outbox.Caps)
		state  order.PlacementState
		says   string
		made   int
	}{
		{"cancelled", func(h *house) { change(h, func(o *order.Order) { o.Lifecycle = order.LifecycleCancelled }) }, nil, order.PlacementCancelled, "cancelled at its store", 0},
		{"refunded", func(h *house) { change(h, func(o *order.Order) { o.CustomerPayment = order.PaymentRefunded }) }, nil, order.PlacementCancelled, "payment", 0},
		{"a line was edited", func(h *house) { change(h, func(o *order.Order) { o.Lines[0].Quantity = order.Units(2) }) }, nil, order.PlacementCancelled, "edited", 0},
		{"fulfilled elsewhere", func(h *house) { change(h, func(o *order.Order) { o.Fulfilment = order.Fulfilled }) }, nil, order.PlacementCancelled, "sent already", 0},
		{"another address", func(h *house) { change(h, func(o *order.Order) { o.Shipping.Line1 = "Rua Nova 1" }) }, nil, order.PlacementCancelled, "address", 0},
		{"gone", func(h *house) { delete(h.shop, "x1") }, nil, order.PlacementCancelled, "no longer has", 0},
		{"the store is down", func(h *house) { h.Down = true }, nil, order.PlacementPending, "could not be asked", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			h := &house{}
			x := begin(t, h, 1, caps())
			ref := x.buy()[0]
			tc.change(h)
			x.run(20 * time.Minute)
			x.check()
			p := x.placement(ref)
			if p.State != tc.state || !strings.Contains(p.Reason, tc.says) || len(h.orders) != tc.made {
				t.Errorf("%s (%s), %d orders made", p.State, p.Reason, len(h.orders))
			}
			if m, _ := x.db.Spent(t.Context(), supplierName, x.clock.Now()); tc.state == order.PlacementCancelled && !m.IsZero() {
				t.Errorf("%s are still reserved", m)
			}
		})
	}
}

func change(h *house, f func(*order.Order)) {
	o := customer(1)
	f(&o)
	o.UpdatedAt = o.UpdatedAt.Add(time.Minute)
	h.shop[o.ExternalID] = o
}

// TestWithoutTheStore lets the merchant set aside that the store can't be asked; that is kept.
func TestWithoutTheStore(t *testing.T) {
	h := &house{}
	x := begin(t, h, 1, caps())
	h.Down = true
	inputs, err := x.db.CheckoutInputs(t.Context(), x.ids, x.set)
	if err != nil {
		t.Fatal(err)
	}
	in := inputs[0]
	in.Choice.Overrides = []checkout.Override{{Code: checkout.BlockStore, Who: "ana", At: x.clock.Now(), Why: "maintenance"}}
	e := checkout.Make(in, x.set)
	done, err := x.db.Commit(t.Context(), "ana", []store.CommitPart{{Key: e.Key, Total: e.Total, Choice: in.Choice}}, x.set)
	if err != nil || done[0].Reference == "" {
		t.Fatalf("%+v, %v", done, err)
	}
	x.run(time.Minute)
	p := x.placement(done[0].Reference)
	if !p.State.Paid() || len(p.Overrides) != 1 || p.Overrides[0].Guard != "store" {
		t.Errorf("%s (%s), %+v", p.State, p.Reason, p.Overrides)
	}
}

// TestAuto buys by itself within the cap, and stops at the first payment that fails.
func TestAuto(t *testing.T) {
	n := 0
	x := begin(t, &house{Plan: func(string) plan {
		if n++; n == 3 {
			return plan{Pay: refused}
		}
		return plan{}
	}}, 6, caps())
	x.set.Suppliers[0].Mode = checkout.ModeAuto
	limit := usd(4 * 800)
	x.set.Suppliers[0].Cap = &limit
	x.run(5 * time.Minute)
	x.check()
	why, err := x.db.AutoPaused(t.Context(), supplierName)
	if err != nil || !strings.Contains(why, "out of stock") {
		t.Errorf("stopped because of %q, %v", why, err)
	}
	if len(x.h.orders) != 4 {
		t.Errorf("%d orders were made within a cap for 4", len(x.h.orders))
	}
	if err := x.db.ResumeAuto(t.Context(), supplierName); err != nil {
		t.Fatal(err)
	}
	x.clock.to(x.clock.Now().Add(24 * time.Hour)) // another day, another cap
	x.run(5 * time.Minute)
	x.check()
	bought := 0
	for _, o := range x.h.orders {
		bought += o.Charged
	}
	if bought != 5 {
		t.Errorf("%d were bought: all but the one that a person must decide on", bought)
	}
}

// TestAutoWaits buys nothing by itself while nobody knows whether the last payment went through.
func TestAutoWaits(t *testing.T) {
	n := 0
	x := begin(t, &house{Plan: func(string) plan {
		if n++; n == 1 {
			return plan{Pay: dropped, ThirdRead: true, PaidRead: 6}
		}
		return plan{}
	}}, 3, caps())
	limit := usd(800)
	x.set.Suppliers[0].Mode, x.set.Suppliers[0].Cap = checkout.ModeAuto, &limit
	x.run(time.Second)
	limit = usd(80_000)
	x.run(settled)
	if len(x.h.orders) != 1 {
		t.Errorf("%d orders were made while a payment was not settled", len(x.h.orders))
	}
	x.run(time.Hour)
	x.check()
	if len(x.h.orders) != 3 {
		t.Errorf("%d orders were made in the end", len(x.h.orders))
	}
}

// failing is a database whose n-th write of an outcome or a beginning fails, as on a full or read-only disk.
type failing struct {
	*store.DB
	at int
}

func (f *failing) fails() error {
	if f.at--; f.at >= 0 && f.at < 3 {
		return &store.Error{Code: store.Full, Text: "there is no room left"}
	}
	return nil
}

func (f *failing) BeginEffect(ctx context.Context, id int64, evidence string) (store.Effect, error) {
	if err := f.fails(); err != nil {
		return store.Effect{}, err
	}
	return f.DB.BeginEffect(ctx, id, evidence)
}

func (f *failing) EndEffect(ctx context.Context, id int64, o store.Outcome) error {
	if err := f.fails(); err != nil {
		return err
	}
	return f.DB.EndEffect(ctx, id, o)
}

// TestNoRoom lets every write fail in turn: what could not be written down is not sent, and what was sent and could not be
// written down is found again.
func TestNoRoom(t *testing.T) {
	for at := 3; at < 14; at++ {
		h := &house{manners: manners{Second: true}}
		x := begin(t, h, 2, caps())
		db := &failing{DB: x.db, at: at}
		x.w = x.worker(db)
		refs := x.buy()
		for range 60 {
			if _, err := x.w.Step(t.Context()); err != nil && store.CodeOf(err) != store.Full {
				t.Fatal(err)
			}
			x.clock.to(x.clock.Now().Add(settled / 2))
		}
		x.check()
		for _, ref := range refs {
			if p := x.placement(ref); p.State != order.PlacementShipped {
				t.Errorf("with write %d failing: %s (%s)", at, p.State, p.Reason)
			}
		}
	}
}

// TestReadOnlyDisk opens the database for reading only: nothing may leave.
func TestReadOnlyDisk(t *testing.T) {
	h := &house{}
	x := begin(t, h, 2, caps())
	x.buy()
	db, err := store.Open(t.Context(), store.Options{Path: x.db.Path(), ReadOnly: true, Clock: x.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	w := x.worker(db)
	if _, err := w.Step(t.Context()); store.CodeOf(err) != store.ReadOnly {
		t.Errorf("it works on: %v", err)
	}
	if len(h.orders) != 0 {
		t.Errorf("%d orders were made", len(h.orders))
	}
}

// TestCtrlC ends the program while the house takes its time: what was sent is waited for and written down.
func TestCtrlC(t *testing.T) {
	h := &house{manners: manners{Slow: 100 * time.Millisecond}}
	x := begin(t, h, 1, caps())
	ref := x.buy()[0]
	ctx, cancel := context.WithCancel(t.Context())
	h.setOnWrite(func() { cancel() })
	if _, err := x.w.Step(ctx); err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if e := x.effect(ref, store.EffectPlace); e.State != store.EffectSent {
		t.Errorf("it is %s (%s)", e.State, e.Reason)
	}
	if pay := x.effect(ref, store.EffectPay); pay.Attempts != 0 {
		t.Error("a payment was begun after the end")
	}
}
