package prooftest

import (
	"strings"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

// TestFaults takes one order through everything that suppliers do wrong.
func TestFaults(t *testing.T) {
	dedupe := func(c *outbox.Caps) { c.ServerDedupe = true }
	for _, tc := range []struct {
		name  string
		house manners
		plan  plan
		caps  func(*outbox.Caps)
		state order.PlacementState // of the placement in the end
		says  string               // and why it is not further
		made  int                  // orders at the house in the end
	}{
		{name: "nothing", state: order.PlacementShipped, made: 1},
		{name: "makes it and answers too late", plan: plan{Place: late}, state: order.PlacementShipped, made: 1},
		{name: "makes it and cuts the connection", plan: plan{Place: dropped}, state: order.PlacementShipped, made: 1},
		{name: "makes it and answers 429", plan: plan{Place: busyDone}, state: order.PlacementShipped, made: 1},
		{name: "makes it and answers 503", plan: plan{Place: brokenDone}, state: order.PlacementShipped, made: 1},
		{name: "makes it, cuts, and shows it later", plan: plan{Place: dropped, Hidden: settled / 2}, state: order.PlacementShipped, made: 1},
		{name: "makes it, cuts, shows it later, takes seconds", house: manners{Second: true}, plan: plan{Place: dropped, Hidden: settled - time.Second}, state: order.PlacementShipped, made: 1},
		{name: "makes it and shows it later", plan: plan{Hidden: settled / 2}, state: order.PlacementShipped, made: 1},
		{name: "cuts before it makes it, refuses seconds", plan: plan{Place: cut}, caps: dedupe, state: order.PlacementShipped, made: 1},
		{name: "cuts before it makes it, takes seconds", house: manners{Second: true}, plan: plan{Place: cut}, state: order.PlacementPending, says: "never arrived"},
		{name: "answers 429 before it makes it, refuses seconds", plan: plan{Place: busy}, caps: dedupe, state: order.PlacementShipped, made: 1},
		{name: "says no with HTTP 200", plan: plan{Place: refused}, state: order.PlacementPending, says: "out of stock in the warehouse"},
		{name: "gives a list of everything", house: manners{IgnoreFilter: true}, plan: plan{Place: dropped}, state: order.PlacementShipped, made: 1},
		{name: "fails to look up what it does not know, refuses seconds", house: manners{Lookup500: true}, plan: plan{Place: dropped}, caps: dedupe, state: order.PlacementShipped, made: 1},
		{name: "fails to look up what it does not know, takes seconds", house: manners{Lookup500: true, Second: true}, state: order.PlacementPending, says: "nothing was sent"},
		{name: "fails to look up, cuts before", house: manners{Lookup500: true}, plan: plan{Place: cut}, caps: dedupe, state: order.PlacementPending, says: "not known"},
		{name: "orders only a part", plan: plan{Place: partial}, state: order.PlacementPending, says: "0 of H-SHIRT instead of 1", made: 1},
		{name: "raises the price", plan: plan{Rise: 1}, state: order.PlacementPending, says: "the price rose: the supplier asks for USD 8.01, and you saw USD 8.00", made: 1},
		{name: "cancels it before it is paid", plan: plan{CancelledThere: true, Alien: 1}, state: order.PlacementCancelled, says: "cancelled", made: 1},
		{name: "takes the money and answers too late", plan: plan{Pay: late}, state: order.PlacementShipped, made: 1},
		{name: "takes the money and cuts the connection", plan: plan{Pay: dropped}, state: order.PlacementShipped, made: 1},
		{name: "takes the money and answers 429", plan: plan{Pay: busyDone}, state: order.PlacementShipped, made: 1},
		{name: "answers 429 and takes no money", plan: plan{Pay: busy}, state: order.PlacementPending, says: "the balance has not moved", made: 1},
		{name: "cuts and takes no money", plan: plan{Pay: cut}, state: order.PlacementPending, says: "Pay again", made: 1},
		{name: "refuses the payment", plan: plan{Pay: refused}, state: order.PlacementPending, says: "out of stock", made: 1},
		{name: "shows it as paid on the third read", plan: plan{ThirdRead: true}, state: order.PlacementShipped, made: 1},
		{name: "shows it as paid on the third read, and cuts", plan: plan{ThirdRead: true, Pay: dropped}, state: order.PlacementShipped, made: 1},
		{name: "splits it", plan: plan{Split: true}, state: order.PlacementShipped, made: 3},
		{name: "sends an extra bill", plan: plan{Extra: true}, state: order.PlacementShipped, says: "a further USD 1.00", made: 1},
		{name: "has a word of its own for a while", plan: plan{Alien: 3}, state: order.PlacementShipped, made: 1},
		{name: "has a word of its own for ever", plan: plan{Alien: 1 << 30}, state: order.PlacementPending, says: "“ALIEN”", made: 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			h := &house{manners: tc.house, Plan: func(string) plan { return tc.plan }}
			c := caps()
			if tc.caps != nil {
				tc.caps(&c)
			}
			x := begin(t, h, 1, c)
			ref := x.buy()[0]
			x.run(30 * time.Minute)
			x.check()
			p := x.placement(ref)
			if p.State != tc.state || !strings.Contains(p.Reason, tc.says) || tc.says == "" && p.Reason != "" {
				t.Errorf("it is %s (%s), want %s (%s)\nplace:\n%s\npay:\n%s", p.State, p.Reason, tc.state, tc.says,
					x.effect(ref, store.EffectPlace).Evidence, x.effect(ref, store.EffectPay).Evidence)
			}
			if len(h.orders) != tc.made {
				t.Errorf("%d orders were made", len(h.orders))
			}
			if p.State == order.PlacementShipped {
				for _, parcel := range p.Parcels {
					if h.told[parcel.Tracking] != 1 {
						t.Errorf("the store was told %d times of %s", h.told[parcel.Tracking], parcel.Tracking)
					}
				}
				if len(p.Parcels) == 0 {
					t.Error("it is shipped without a parcel")
				}
			}
			m, err := x.db.Spent(t.Context(), supplierName, x.clock.Now())
			want := usd(800)
			if p.State == order.PlacementCancelled {
				want = order.Money{}
			}
			if err != nil || m != want {
				t.Errorf("%v are spent or reserved, %v", m, err)
			}
		})
	}
}
