package prooftest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	gosync "sync"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

// another is a second supplier, which answers requests for prices as it is told.
type another struct {
	*adapter
	mu     gosync.Mutex
	asked  []string
	answer func(ctx context.Context, basket string) error
}

func (a *another) Name() string { return "another" }

func (a *another) Quote(ctx context.Context, q outbox.QuoteReq) (checkout.Quote, error) {
	a.mu.Lock()
	a.asked = append(a.asked, q.Basket)
	a.mu.Unlock()
	return checkout.Quote{Supplier: "another", Basket: q.Basket}, a.answer(ctx, q.Basket)
}

// TestASlowSupplierHoldsNobodyUp has one supplier that does not answer, and buys at the other meanwhile.
func TestASlowSupplierHoldsNobodyUp(t *testing.T) {
	h := &house{}
	url := open(t, h)
	db, _ := realDesk(t, t.TempDir()+"/desk.db", url)
	ids := stock(t, h, db, 2)
	slow := &another{adapter: dial(t, url, caps()), answer: func(ctx context.Context, _ string) error {
		<-ctx.Done()
		return ctx.Err()
	}}
	slow.caps.Timeout = time.Minute
	a := dial(t, url, caps())
	w := outbox.New(outbox.Options{
		DB: db, Suppliers: []outbox.Supplier{slow, a}, Shops: map[string]outbox.Shop{shopName: a}, Settings: settings,
	})
	if err := db.RequestQuotes(t.Context(), []store.QuoteRequest{{Supplier: "another", Basket: "b"}}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		w.Run(ctx)
	}()
	for {
		slow.mu.Lock()
		asked := len(slow.asked)
		slow.mu.Unlock()
		if asked > 0 {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	if _, err := checkoutAll(t.Context(), db, ids, "ana"); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		paid := 0
		for _, id := range ids {
			rec, err := db.Record(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range rec.Placements {
				if p.State.Paid() {
					paid++
				}
			}
		}
		if paid == len(ids) {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("%d of %d were bought while another supplier was slow", paid, len(ids))
		}
	}
	cancel() // what only asks is interrupted at once
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Fatal("it does not end")
	}
	if err := audit(context.Background(), h, db, ids); err != nil {
		t.Error(err)
	}
}

// tooMuchError is a supplier's wish to be left alone for a while.
type tooMuchError struct{}

func (tooMuchError) Error() string       { return "slow down" }
func (tooMuchError) Wait() time.Duration { return time.Minute }

// TestWhatIsOnTheScreenComesFirst asks for prices of a long list, and then for those of the rows that are shown; one basket
// that many orders share is asked for once, a supplier that asks for peace gets it, and why there is no price is an answer.
func TestWhatIsOnTheScreenComesFirst(t *testing.T) {
	x := begin(t, &house{}, 1, caps())
	full := true
	shop := &another{adapter: x.a, answer: func(_ context.Context, basket string) error {
		switch {
		case basket == "busy" && full:
			full = false
			return tooMuchError{}
		case basket == "nowhere":
			return fmt.Errorf("we do not serve \x1b[31mAntarctica")
		}
		return nil
	}}
	w := outbox.New(outbox.Options{DB: x.db, Suppliers: []outbox.Supplier{shop}, Clock: x.clock, Settings: settings})
	ask := func(baskets ...string) {
		t.Helper()
		var reqs []store.QuoteRequest
		for _, b := range baskets {
			reqs = append(reqs, store.QuoteRequest{Supplier: "another", Basket: b})
		}
		if err := x.db.RequestQuotes(t.Context(), reqs); err != nil {
			t.Fatal(err)
		}
	}
	ask("far1", "far2", "seen1", "seen2", "far3")
	ask("seen1", "seen2")
	if _, err := w.Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(shop.asked, " "); got != "seen1 seen2 far1 far2 far3" {
		t.Errorf("asked in the order %s", got)
	}
	shop.asked = nil
	ask("busy", "later")
	if _, err := w.Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(shop.asked, []string{"busy"}) {
		t.Errorf("after being told to slow down: %v", shop.asked)
	}
	x.clock.to(x.clock.Now().Add(2 * time.Minute))
	ask("nowhere")
	if _, err := w.Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(shop.asked[1:], " "); got != "nowhere busy later" {
		t.Errorf("after the rest: %s", got)
	}
	if len(x.h.orders) != 0 || x.clock.Now().Before(start) {
		t.Error("something was bought")
	}
}
