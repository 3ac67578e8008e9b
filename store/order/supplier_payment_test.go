package order

import "testing"

func TestSupplierPayment(t *testing.T) {
	placed := func(s PlacementState) *Placement { return &Placement{State: s} }
	for _, c := range []struct {
		name  string
		state State
		want  SupplierPayment
	}{
		{"no groups", State{}, SupplierNone},
		{"own stock", State{Stage: StageToShip, Groups: []Group{{Stage: StageToShip}}}, SupplierNone},
		{"not linked yet", State{Stage: StageQuoting, Groups: []Group{{Stage: StageQuoting}}}, SupplierUnpaid},
		{"ready to be paid", State{Stage: StageUnpaid, Groups: []Group{{Supplier: "lumen", Stage: StageUnpaid}}}, SupplierUnpaid},
		{"customer has not paid", State{Stage: StageAwaiting, Groups: []Group{{Supplier: "lumen", Stage: StageAwaiting}}}, SupplierUnpaid},
		{"customer has not paid own stock", State{Stage: StageAwaiting, Groups: []Group{{Stage: StageAwaiting}}}, SupplierNone},
		{"tried", State{Stage: StagePending, Groups: []Group{{Placement: placed(PlacementPending), Stage: StagePending}}}, SupplierPending},
		{"paid", State{Stage: StagePlaced, Groups: []Group{{Placement: placed(PlacementPlaced), Stage: StagePlaced}}}, SupplierPaid},
		{"shipped", State{Stage: StageShipped, Groups: []Group{{Placement: placed(PlacementDelivered), Stage: StageShipped}}}, SupplierPaid},
		{"delivered by the store", State{Stage: StageShipped, Groups: []Group{{Supplier: "lumen", Stage: StageShipped}}}, SupplierNone},
		{"one paid, one not", State{Stage: StageUnpaid, Groups: []Group{
			{Placement: placed(PlacementPlaced), Stage: StagePlaced}, {Supplier: "nova", Stage: StageUnpaid},
		}}, SupplierPartly},
		{"one paid, one tried", State{Stage: StagePending, Groups: []Group{
			{Placement: placed(PlacementPlaced), Stage: StagePlaced}, {Placement: placed(PlacementPending), Stage: StagePending},
		}}, SupplierPartly},
		{"one paid, one out of own stock", State{Stage: StageToShip, Groups: []Group{
			{Placement: placed(PlacementPlaced), Stage: StagePlaced}, {Stage: StageToShip},
		}}, SupplierPaid},
		{"cancelled before it was paid", State{Stage: StageCancelled, Groups: []Group{{Supplier: "lumen", Stage: StageUnpaid}}}, SupplierNone},
		{"cancelled after it was paid", State{Stage: StageCancelled, Groups: []Group{{Placement: placed(PlacementPlaced), Stage: StagePlaced}}}, SupplierPaid},
	} {
		if got := c.state.SupplierPayment(); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
