package order

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestOverlay(t *testing.T) {
	base := Order{Lifecycle: LifecycleOpen, Tags: []string{"VIP", "old"}, Notes: []Note{{Kind: "note", Text: "first"}}}
	in := func(kind, value string) Intent { return Intent{Kind: kind, Value: value, Who: "ana", At: testNow} }
	for _, c := range []struct {
		name    string
		intents []Intent
		want    func(o *Order)
	}{
		{"nothing", nil, func(o *Order) {}},
		{"archive", []Intent{in("archive", "")}, func(o *Order) { o.Archived = true }},
		{"and back", []Intent{in("archive", ""), in("unarchive", "")}, func(o *Order) {}},
		{"cancel", []Intent{in("cancel", "out of stock")}, func(o *Order) { o.Lifecycle, o.CancelReason = LifecycleCancelled, "out of stock" }},
		{"tags", []Intent{in("tag_add", "new"), in("tag_add", "vip"), in("tag_add", ""), in("tag_remove", "OLD")}, func(o *Order) { o.Tags = []string{"VIP", "new"} }},
		{"note", []Intent{in("note", "second"), in("note", "first"), in("note", "second")}, func(o *Order) {
			o.Notes = append(o.Notes, Note{At: testNow, Kind: "note", Text: "second", Author: "ana"})
		}},
		{"unknown and local kinds", []Intent{in("fly", "x"), in("hold", "fraud"), in("release", "")}, func(o *Order) {}},
	} {
		want := base
		want.Tags, want.Notes = slices.Clone(base.Tags), slices.Clone(base.Notes)
		c.want(&want)
		if got := Overlay(base, c.intents); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v", c.name, got)
		}
		if !slices.Equal(base.Tags, []string{"VIP", "old"}) || len(base.Notes) != 1 {
			t.Fatalf("%s changed what the store said: %+v", c.name, base)
		}
	}
	if got := Overlay(Order{Lifecycle: LifecycleArchived}, []Intent{in("unarchive", "")}); got.IsArchived() {
		t.Errorf("%+v", got)
	}
	if got := Overlay(Order{Lifecycle: LifecycleDeleted}, []Intent{in("cancel", "x")}); got.Lifecycle != LifecycleDeleted {
		t.Errorf("a deleted order was cancelled: %+v", got)
	}
}

func TestOverlayFacts(t *testing.T) {
	until := testNow.Add(time.Hour).Truncate(time.Second)
	for _, c := range []struct {
		intents []Intent
		hold    HoldKind
		until   time.Time
	}{
		{nil, HoldStock, testNow},
		{[]Intent{{Kind: "release"}}, HoldNone, time.Time{}},
		{[]Intent{{Kind: "hold", Value: "fraud"}}, HoldFraud, time.Time{}},
		{[]Intent{{Kind: "hold", Value: "cooling_off until " + until.Format(time.RFC3339)}}, HoldCoolingOff, until},
		{[]Intent{{Kind: "hold", Value: ""}}, HoldManual, time.Time{}},
		{[]Intent{{Kind: "hold", Value: "none"}}, HoldManual, time.Time{}},
		{[]Intent{{Kind: "hold", Value: "fraud until soon"}}, HoldFraud, time.Time{}},
		{[]Intent{{Kind: "release"}, {Kind: "hold", Value: "address"}, {Kind: "archive"}}, HoldAddress, time.Time{}},
	} {
		f := OverlayFacts(Facts{Hold: HoldStock, HoldUntil: testNow}, c.intents)
		if f.Hold != c.hold || !f.HoldUntil.Equal(c.until) {
			t.Errorf("%+v: %s until %v", c.intents, f.Hold, f.HoldUntil)
		}
	}
}

// TestSettled checks that an intent settles exactly when laying it over what the store says changes nothing.
func TestSettled(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := Order{
			Lifecycle: rapid.SampledFrom(Lifecycles).Draw(t, "lifecycle"), Archived: rapid.Bool().Draw(t, "archived"), CancelReason: "r",
			Tags: rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "B", "c"}), 0, 3, rapid.ID).Draw(t, "tags"),
		}
		if rapid.Bool().Draw(t, "noted") {
			o.Notes = []Note{{Text: "a"}}
		}
		in := Intent{
			Kind:  rapid.SampledFrom([]string{IntentArchive, IntentUnarchive, IntentCancel, IntentTagAdd, IntentTagRemove, IntentNote}).Draw(t, "kind"),
			Value: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "value"),
		}
		if in.Kind == IntentCancel {
			in.Value = o.CancelReason
		}
		over := Overlay(o, []Intent{in})
		same := func(a, b Order) bool {
			return a.Lifecycle == b.Lifecycle && a.IsArchived() == b.IsArchived() && slices.Equal(a.Tags, b.Tags) && len(a.Notes) == len(b.Notes)
		}
		if settled := Settled(&o, in); settled != same(o, over) {
			t.Fatalf("%+v over %+v: settled is %v, shown is %+v", in, o, settled, over)
		}
		if !Settled(&over, in) {
			t.Fatalf("%+v is not settled by an order that says so: %+v", in, over)
		}
	})
	for _, kind := range []string{IntentHold, IntentRelease, "fly"} {
		if Settled(&Order{}, Intent{Kind: kind}) {
			t.Errorf("%s is settled by a store that knows nothing of it", kind)
		}
	}
	if len(IntentKinds) != 8 {
		t.Error("a kind is not covered here")
	}
}

func TestAxesAreSound(t *testing.T) {
	check := func(axis string, values []string) {
		seen := map[string]bool{}
		for _, v := range values {
			if v == "" || seen[v] {
				t.Errorf("%s has %q twice or empty", axis, v)
			}
			seen[v] = true
		}
	}
	check("customer_payment", texts(CustomerPayments))
	check("stage", texts(Stages))
	check("fulfilment", texts(Fulfilments))
	check("case", texts(CaseStates))
	check("resend", texts(ResendStates))
	check("lifecycle", texts(Lifecycles))
	check("hold", texts(HoldKinds))
	check("exception", texts(ExceptionCodes))
	check("placement", texts(PlacementStates))
	check("event", texts(Events))
	ranks := map[int]bool{}
	for _, s := range Stages {
		if s.Label() == string(s) || ranks[s.rank()] {
			t.Errorf("%s has the label %q and the rank %d", s, s.Label(), s.rank())
		}
		ranks[s.rank()] = true
	}
	if Stage("new").Label() != "new" {
		t.Error("a stage that nobody knows has no label")
	}
	ids := map[string]bool{}
	for _, tab := range Tabs() {
		if tab.Title == "" || ids[tab.ID] {
			t.Errorf("%+v", tab)
		}
		ids[tab.ID] = true
	}
	for _, s := range Stages {
		if !ids[string(s)] {
			t.Errorf("%s has no tab", s)
		}
	}
}

func texts[T ~string](values []T) (out []string) {
	for _, v := range values {
		out = append(out, string(v))
	}
	return out
}

func TestInTabs(t *testing.T) {
	for _, c := range []struct {
		refund, claim CaseState
		resend        ResendState
		refunds       bool
		resent        bool
	}{{"", "", "", false, false}, {CaseNone, CaseNone, ResendNone, false, false}, {CasePaid, "", ResendDelivered, true, true}, {"", CaseRejected, ResendRequested, true, true}} {
		if InRefunds(c.refund, c.claim) != c.refunds || InResent(c.resend) != c.resent {
			t.Errorf("%+v", c)
		}
	}
}

func TestAddresses(t *testing.T) {
	a := Address{Name: "Maria", Line1: "Rua Augusta 1508", PostalCode: "01304-001", City: "São Paulo", Province: "SP", Country: "BR"}
	if got := a.OneLine(); got != "Maria, Rua Augusta 1508, 01304-001 São Paulo, SP, BR" {
		t.Errorf("%q", got)
	}
	if got := (Address{}).Missing(); !slices.Equal(got, []string{"name", "street", "city", "country"}) {
		t.Errorf("%q", got)
	}
	o := Order{Billing: a}
	if o.Destination() != a {
		t.Error("the billing address does not stand in")
	}
	o.Shipping = Address{City: "Łódź"}
	if o.Destination() != o.Shipping {
		t.Error("the delivery address does not win")
	}
	if got := (Ref{Store: "aurora", Number: "1042"}).String(); got != "aurora/1042" {
		t.Error(got)
	}
}
