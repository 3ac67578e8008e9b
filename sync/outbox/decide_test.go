package outbox

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
)

var begin = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func at(d time.Duration) time.Time { return begin.Add(d) }

// told makes a history of "mark@minutes".
func made(steps ...string) history {
	var h history
	for _, s := range steps {
		m, minutes, _ := strings.Cut(s, "@")
		d, err := time.ParseDuration(minutes + "m")
		if err != nil {
			panic(err)
		}
		h = h.add(at(d), mark(m), "")
	}
	return h
}

var (
	careful = Caps{SplitPay: true, FindIsProof: true, SettleAfter: 5 * time.Minute, CanCancel: true}
	dedupes = Caps{SplitPay: true, FindIsProof: true, ServerDedupe: true, SettleAfter: 5 * time.Minute}
	vague   = Caps{SplitPay: true, SettleAfter: 5 * time.Minute}
	charges = Caps{FindIsProof: true, ServerDedupe: true, SettleAfter: 5 * time.Minute}
)

func there(state order.PlacementState, paid Paid, cents int64) Order {
	return Order{Number: "S1", Reference: "R", State: state, Paid: paid, Total: order.New(cents, "USD"), RawState: strings.ToUpper(string(state))}
}

var (
	nothing  = sight{answered: true, proof: true}
	noProof  = sight{answered: true}
	failing  = sight{err: errors.New("500 from the gateway")}
	unpaidOf = func(cents int64) sight {
		return sight{orders: []Order{there(order.PlacementPending, PaidNo, cents)}, answered: true, proof: true}
	}
	paidOf = func(cents int64) sight {
		return sight{orders: []Order{there(order.PlacementPlaced, PaidYes, cents)}, answered: true, proof: true}
	}
	cancelledOne = sight{orders: []Order{there(order.PlacementCancelled, PaidNo, 1000)}, answered: true, proof: true}
	twoOfThem    = sight{orders: []Order{there(order.PlacementPending, PaidNo, 1000), {Number: "S2", Reference: "R", State: order.PlacementPending, Paid: PaidNo}}, answered: true, proof: true}
)

// TestPlaceByTheTable goes through the recovery table for what makes orders.
func TestPlaceByTheTable(t *testing.T) {
	for _, tc := range []struct {
		name string
		c    Caps
		h    history
		s    sight
		want action
		says string
	}{
		{"never sent, not there", careful, made("absent@0"), nothing, doSend, ""},
		{"never sent, there already", careful, made("unpaid@0"), unpaidOf(1000), doAdopt, ""},
		{"never sent, a look that is no proof is a look", vague, made("unclear@0"), noProof, doSend, ""},
		{"never sent, cannot be asked", careful, made("unclear@0"), failing, doWait, "gateway"},
		{"never sent, cannot be asked for long, refuses a second one", dedupes, made("unclear@0", "unclear@2"), failing, doSend, ""},
		{"never sent, cannot be asked for long, makes a second one", careful, made("unclear@0", "unclear@2"), failing, doFail, "nothing was sent"},
		{"never left, not there", careful, made("sent@0", "not-sent@0", "absent@1"), nothing, doSend, ""},
		{"sent, there", careful, made("sent@0", "unpaid@1"), unpaidOf(1000), doAdopt, ""},
		{"sent, cancelled there", careful, made("sent@0", "found@1"), cancelledOne, doFail, "cancelled"},
		{"sent, not shown once", careful, made("sent@0", "absent@1"), nothing, doWait, "not known"},
		{"sent, not shown twice, too close", careful, made("sent@0", "absent@1", "absent@5"), nothing, doWait, "not known"},
		{"sent, not shown twice, makes a second one", careful, made("sent@0", "absent@1", "absent@6"), nothing, doFail, "never arrived"},
		{"sent, not shown twice, refuses a second one", dedupes, made("sent@0", "absent@1", "absent@6"), nothing, doSend, ""},
		{"sent often, not shown", dedupes, made("sent@0", "proven@6", "sent@6", "proven@12", "sent@12", "proven@18", "sent@18", "absent@19", "absent@25"), nothing, doFail, "never arrived"},
		{"sent, cannot be asked, ever", dedupes, made("sent@0", "unclear@1", "unclear@600"), failing, doWait, "not known"},
		{"sent, not found is no proof", vague, made("sent@0", "unclear@1", "unclear@600"), noProof, doWait, "not known"},
		{"sent, the number is taken, not shown", careful, made("sent@0", "exists@0", "absent@1", "absent@9"), nothing, doWait, "has this order already"},
		{"sent and unclear, then not shown from an earlier attempt", careful, made("sent@0", "absent@1", "absent@7", "proven@7", "sent@8", "absent@9"), nothing, doWait, ""},
		{"charges at once, there and paid", charges, made("sent@0", "found@1"), paidOf(1000), doAdopt, ""},
		{"charges at once, there and not paid yet", charges, made("sent@0", "unpaid@1"), unpaidOf(1000), doWait, "not shown as paid"},
		{"charges at once, not shown twice", charges, made("before@0", "sent@0", "absent@1", "absent@7"), nothing, doBalance, ""},
	} {
		d := decidePlace(tc.c, tc.h, tc.s, at(30*time.Minute))
		if d.do != tc.want || !strings.Contains(d.reason, tc.says) {
			t.Errorf("%s: %s (%s), want %s", tc.name, d.do, d.reason, tc.want)
		}
		if d.do == doWait && !d.until.After(at(30*time.Minute)) {
			t.Errorf("%s: waits until %v, which is past", tc.name, d.until)
		}
		if _, began := tc.h.attempt(); d.do == doSend && began && d.proof == "" {
			t.Errorf("%s: sent again without a proof", tc.name)
		}
	}
}

// TestPayByTheTable goes through the recovery table for what pays.
func TestPayByTheTable(t *testing.T) {
	doc := store.PayDoc{Reference: "R", SupplierNo: "S1", Max: order.New(1000, "USD")}
	want := &store.PlaceDoc{Items: []checkout.Item{{SKU: "A", Quantity: order.Units(2)}}, Packaging: []checkout.Item{{SKU: "BOX", Quantity: order.Units(1)}}}
	with := func(change func(*Order)) sight {
		s := unpaidOf(1000)
		change(&s.orders[0])
		return s
	}
	for _, tc := range []struct {
		name string
		h    history
		s    sight
		want action
		says string
	}{
		{"unpaid", made("unpaid@0"), unpaidOf(1000), doSend, ""},
		{"cheaper", made("unpaid@0"), unpaidOf(900), doSend, ""},
		{"paid already", made("found@0"), paidOf(1000), doAdopt, ""},
		{"dearer", made("unpaid@0"), unpaidOf(1001), doFail, "the price rose: the supplier asks for USD 10.01, and you saw USD 10.00"},
		{"another currency", made("unpaid@0"), with(func(o *Order) { o.Total.Currency = "EUR" }), doFail, "EUR"},
		{"no price", made("unpaid@0"), with(func(o *Order) { o.Total = order.Money{} }), doFail, "does not say what"},
		{"negative", made("unpaid@0"), with(func(o *Order) { o.Total.Minor = -1 }), doFail, "no sense"},
		{"a payment date", made("found@0"), with(func(o *Order) { o.PaidAt = begin }), doWait, "PENDING"},
		{"not said whether paid", made("found@0"), with(func(o *Order) { o.Paid = PaidUnknown }), doWait, "PENDING"},
		{"an unknown word", made("found@0"), with(func(o *Order) { o.State, o.RawState = "", "MYSTERY" }), doWait, "“MYSTERY”"},
		{"what was asked for", made("unpaid@0"), with(func(o *Order) { o.Lines = map[string]order.Quantity{"A": order.Units(2)} }), doSend, ""},
		{"with the packaging", made("unpaid@0"), with(func(o *Order) { o.Lines = map[string]order.Quantity{"A": order.Units(2), "BOX": order.Units(1)} }), doSend, ""},
		{"half of it", made("unpaid@0"), with(func(o *Order) { o.Lines = map[string]order.Quantity{"A": order.Units(1)} }), doFail, "1 of A instead of 2"},
		{"something else", made("unpaid@0"), with(func(o *Order) { o.Lines = map[string]order.Quantity{"A": order.Units(2), "B": order.Units(1)} }), doFail, "1 of B"},
		{"somebody else's", made("unpaid@0"), with(func(o *Order) { o.Reference = "X" }), doFail, "another reference"},
		{"two of them", made("found@0"), twoOfThem, doFail, "2 orders with this reference (S1, S2)"},
		{"split in two", made("unpaid@0"), sight{orders: []Order{
			{Number: "S1", Reference: "R", State: order.PlacementPending, Paid: PaidNo, Total: order.New(1000, "USD"), Split: []string{"S2"}},
			{Number: "S2", Reference: "R", State: order.PlacementPending, Paid: PaidNo},
		}, answered: true, proof: true}, doSend, ""},
		{"cancelled there", made("found@0"), cancelledOne, doFail, "cancelled"},
		{"not shown yet", made("absent@0"), nothing, doWait, "S1"},
		{"gone", made("absent@0", "absent@6"), nothing, doFail, "no longer shows"},
		{"cannot be asked", made("unclear@0", "unclear@60"), failing, doWait, "gateway"},
		{"sent, paid", made("sent@0", "found@1"), paidOf(1000), doAdopt, ""},
		{"sent, paid by a second order", made("sent@0", "found@1"), sight{orders: append(twoOfThem.orders[:1:1], there(order.PlacementProcessing, PaidYes, 1000))}, doAdopt, ""},
		{"sent, unpaid once", made("sent@0", "unpaid@1"), unpaidOf(1000), doWait, "not known"},
		{"sent, unpaid twice, too close", made("sent@0", "unpaid@1", "unpaid@5"), unpaidOf(1000), doWait, "not known"},
		{"sent, unpaid twice", made("sent@0", "unpaid@1", "unpaid@6"), unpaidOf(1000), doBalance, ""},
		{"sent, cannot be asked, ever", made("sent@0", "unclear@1", "unclear@999"), failing, doWait, ""},
		{"sent, not shown, ever", made("sent@0", "absent@1", "absent@999"), nothing, doWait, ""},
		{"sent, not said, ever", made("sent@0", "found@1", "found@999"), with(func(o *Order) { o.Paid = PaidUnknown }), doWait, ""},
		{"sent, two of them", made("sent@0", "found@1"), twoOfThem, doWait, ""},
		{"refused before, unpaid", made("sent@0", "refused@0", "unpaid@1"), unpaidOf(1000), doSend, ""},
		{"proven before, unpaid", made("sent@0", "unpaid@1", "unpaid@7", "proven@7", "unpaid@8"), unpaidOf(1000), doSend, ""},
	} {
		d := decidePay(careful, tc.h, tc.s, doc, want, at(30*time.Hour))
		if d.do != tc.want || !strings.Contains(d.reason, tc.says) {
			t.Errorf("%s: %s (%s), want %s", tc.name, d.do, d.reason, tc.want)
		}
		if d.do == doWait && !d.until.After(at(30*time.Hour)) {
			t.Errorf("%s: waits until %v, which is past", tc.name, d.until)
		}
	}
}

func TestBalanceByTheTable(t *testing.T) {
	usd := func(cents int64) *order.Money { m := order.New(cents, "USD"); return &m }
	eur := order.New(5000, "EUR")
	for _, tc := range []struct {
		name                string
		before, now, others *order.Money
		proven              bool
	}{
		{"a card", nil, nil, nil, true},
		{"unmoved", usd(5000), usd(5000), usd(0), true},
		{"dropped", usd(5000), usd(4000), usd(0), false},
		{"topped up", usd(5000), usd(9000), usd(0), false},
		{"dropped by others", usd(5000), usd(3000), usd(2000), true},
		{"dropped by others and by more", usd(5000), usd(2000), usd(2000), false},
		{"not said", usd(5000), nil, usd(0), false},
		{"another currency", usd(5000), &eur, usd(0), false},
	} {
		if proven, why := decideBalance(tc.before, tc.now, tc.others); proven != tc.proven || why == "" {
			t.Errorf("%s: %t (%s)", tc.name, proven, why)
		}
	}
}

func TestCancelByTheTable(t *testing.T) {
	for _, tc := range []struct {
		name string
		c    Caps
		h    history
		s    sight
		want action
	}{
		{"unpaid", careful, made("unpaid@0"), unpaidOf(1000), doSend},
		{"unpaid, not offered", vague, made("unpaid@0"), unpaidOf(1000), doFail},
		{"paid meanwhile", careful, made("found@0"), paidOf(1000), doFail},
		{"cancelled already", careful, made("found@0"), cancelledOne, doAdopt},
		{"not shown once", careful, made("absent@0"), nothing, doWait},
		{"not shown twice", careful, made("absent@0", "absent@6"), nothing, doAdopt},
		{"cannot be asked, ever", careful, made("unclear@0", "unclear@99"), failing, doWait},
		{"sent, still there", careful, made("sent@0", "unpaid@0"), unpaidOf(1000), doWait},
		{"sent, still there after a while", careful, made("sent@0", "unpaid@0", "unpaid@2"), unpaidOf(1000), doSend},
		{"sent, cancelled", careful, made("sent@0", "found@1"), cancelledOne, doAdopt},
	} {
		if d := decideCancel(tc.c, tc.h, tc.s, at(2*time.Hour)); d.do != tc.want {
			t.Errorf("%s: %s (%s), want %s", tc.name, d.do, d.reason, tc.want)
		}
	}
}

// TestNothingIsPaidBlindly tries histories and sights at random: a payment that may have happened is never sent again by
// itself, and whatever is sent is sent to one certainly unpaid order within the price lock.
func TestNothingIsPaidBlindly(t *testing.T) {
	states := append([]order.PlacementState{""}, order.PlacementStates...)
	rapid.Check(t, func(t *rapid.T) {
		var h history
		now := begin
		for range rapid.IntRange(0, 8).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 600).Draw(t, "seconds")) * time.Second)
			h = h.add(now, rapid.SampledFrom([]mark{
				markSent, markNotSent, markRefused, markFound, markAbsent, markUnpaid, markUnclear, markBefore, markProven, markFrozen, markStore, markExists,
			}).Draw(t, "mark"), "")
		}
		s := sight{answered: rapid.Bool().Draw(t, "answered")}
		s.proof = s.answered && rapid.Bool().Draw(t, "proof")
		for i := range rapid.IntRange(0, 3).Draw(t, "orders") {
			o := there(rapid.SampledFrom(states).Draw(t, "state"), rapid.SampledFrom([]Paid{PaidYes, PaidNo, PaidUnknown}).Draw(t, "paid"),
				int64(rapid.IntRange(-5, 20).Draw(t, "cents")))
			o.Number = fmt.Sprint("S", i)
			s.orders = append(s.orders, o)
		}
		doc := store.PayDoc{Reference: "R", SupplierNo: "S0", Max: order.New(10, "USD")}
		_, began := h.attempt()
		d := decidePay(careful, h, s, doc, nil, now)
		if d.do == doSend && (began || len(s.live()) != 1 || !payable(s.live()[0]) || s.live()[0].Total.Minor > 10 || s.paid() != nil) {
			t.Fatalf("paid: began %t, %+v", began, s)
		}
		for _, c := range []Caps{careful, dedupes, vague, charges} {
			d := decidePlace(c, h, s, now)
			if d.do == doSend && len(s.live()) > 0 {
				t.Fatalf("%+v: a second one was made beside %+v", c, s)
			}
			if d.do == doSend && began && (!c.ServerDedupe || !c.FindIsProof || !s.proof || d.proof == "") {
				t.Fatalf("%+v: sent again without a proof", c)
			}
		}
	})
}

// TestHistorySurvives writes histories down and reads them again, as after a crash.
func TestHistorySurvives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var h history
		now := begin
		for range rapid.IntRange(0, 10).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "later")))
			h = h.add(now, rapid.SampledFrom([]mark{markSent, markAbsent, markUnclear, markPaid}).Draw(t, "mark"), rapid.String().Draw(t, "text"))
		}
		again := parseHistory(h.String())
		if again.String() != h.String() || len(again) != len(h) {
			t.Fatalf("%q\nis read as\n%q", h, again)
		}
		a, beganA := h.attempt()
		b, beganB := again.attempt()
		if beganA != beganB || a.String() != b.String() {
			t.Fatalf("the attempt of\n%q\nis another when read", h)
		}
	})
	long := made("sent@0", "proven@1", "sent@2", "absent@3")
	for i := range 5000 {
		long = long.add(at(time.Duration(4+i)*time.Minute), []mark{markUnclear, markFound}[i%2], "flaky")
	}
	since, began := long.attempt()
	if _, from := since.apart(markAbsent, 0); len(long) > 140 || !began || !since[0].At.Equal(at(2*time.Minute)) || !from.Equal(at(3*time.Minute)) || !long.has(markProven) {
		t.Errorf("after days the history has %d steps and says\n%s", len(long), long)
	}
	if h := parseHistory("confirmed by ana: R-17"); h.String() != "confirmed by ana: R-17" {
		t.Errorf("what others wrote became %q", h)
	}
}
