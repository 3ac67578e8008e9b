package order

import (
	"slices"
	"testing"
	"time"
)

func TestEveryActHasAWordAndAnEvent(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range ActKinds {
		if !slices.Contains(Events, k.Event()) || k.Label() == "" || seen[k.Label()] {
			t.Errorf("%s: event %q, label %q", k, k.Event(), k.Label())
		}
		seen[k.Label()] = true
	}
	for _, k := range []ActKind{ActNote, ActTags} {
		if k.Once() {
			t.Errorf("a second %s has to wait", k)
		}
	}
	if a := (&Act{Kind: "fly"}); a.Check(&Order{}) == "" || Can(&Order{}, State{}, Facts{}, a.Kind.Event()).Allowed {
		t.Error("an act that nobody knows is taken")
	}
}

// TestWhatAnActLaysOverAnOrderIsWhatItBringsAbout: seen at the store, it is over.
func TestWhatAnActLaysOverAnOrderIsWhatItBringsAbout(t *testing.T) {
	base := Order{Lifecycle: LifecycleOpen, CustomerPayment: PaymentPending, Tags: []string{"old", "Keep"}, Archived: true}
	for _, a := range []Act{
		{Kind: ActCancel, Reason: "twice"},
		{Kind: ActArchive},
		{Kind: ActReopen},
		{Kind: ActTags, Add: []string{"new"}, Remove: []string{"OLD"}},
	} {
		o := base
		if a.Kind == ActArchive {
			o.Archived = false
		}
		if a.Shown(&o) {
			t.Errorf("%s shows before it was done", a.String())
		}
		after := Overlay(o, a.Intents())
		if !a.Shown(&after) {
			t.Errorf("%s does not show: %+v", a.String(), after)
		}
	}
	note := Act{Kind: ActNote, Text: "call first"}
	o := Overlay(base, []Intent{{Kind: IntentNote, Value: "call first", At: time.Now()}})
	if note.Shown(&o) {
		t.Error("a note that was there before is taken for ours")
	}
	if in := (&Act{Kind: ActCancel, Lines: map[string]Quantity{"1": Units(1)}}).Intents(); len(in) != 0 {
		t.Errorf("a part that is cancelled cancels the order: %v", in)
	}
	for _, a := range []Act{{Kind: ActRefund, Amount: New(100, "BRL")}, {Kind: ActMarkPaid}} {
		if len(a.Intents()) != 0 {
			t.Errorf("%s shows before the store says so", a.Kind)
		}
	}
}

// TestNobodyIsSentTwice: what a supplier has an order for is not asked of a fulfilment service too.
func TestNobodyIsSentTwice(t *testing.T) {
	asked, refused := 0, 0
	typical(func(c situation) {
		o, f := c.order()
		s := Derive(o, f)
		v := Can(o, s, f, EventRequest)
		if !v.Allowed {
			refused++
			return
		}
		asked++
		if len(s.placements()) > 0 || s.Stage == StageShipped || s.Stage == StageCancelled || s.Stage == StageAwaiting {
			t.Fatalf("%+v: a service may be asked for what is %s", c, s.Stage)
		}
	})
	if asked == 0 || refused == 0 {
		t.Errorf("%d asked, %d refused", asked, refused)
	}
}

func TestRefundable(t *testing.T) {
	for _, c := range []struct {
		paid, refunded, left Money
		known                bool
	}{
		{New(500, "BRL"), Money{}, New(500, "BRL"), true},
		{New(500, "BRL"), New(200, "BRL"), New(300, "BRL"), true},
		{New(500, "BRL"), New(600, "BRL"), New(-100, "BRL"), true},
		{Money{}, Money{}, Money{}, false},
		{New(500, "BRL"), New(200, "USD"), Money{}, false},
	} {
		left, known := Refundable(&Order{Paid: c.paid, Refunded: c.refunded})
		if known != c.known || known && left != c.left {
			t.Errorf("%s − %s: %s %t", c.paid, c.refunded, left, known)
		}
	}
	o := &Order{Currency: "BRL", Paid: New(500, "BRL"), Refunded: New(500, "BRL")}
	if (&Act{Kind: ActRefund, Amount: New(1, "BRL")}).Check(o) == "" {
		t.Error("more than was paid is given back")
	}
}
