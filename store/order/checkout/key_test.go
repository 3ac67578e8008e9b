package checkout

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/ordertest"
)

// TestReferences makes references of many things that differ in one way, and wants them all to differ.
func TestReferences(t *testing.T) {
	form := regexp.MustCompile(`^[A-Z0-9]+(-[A-Z0-9]+){4}$`)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.SampledFrom([]string{"", "1042", "Łódź ☂", "a-b", strings.Repeat("9", 60)}), rapid.String())
		store, number, external, supplier := text.Draw(t, "store"), text.Draw(t, "number"), text.Draw(t, "external"), text.Draw(t, "supplier")
		group, attempt := rapid.StringMatching(`[0-9A-Z]{6}`).Draw(t, "group"), rapid.IntRange(-1, 2000).Draw(t, "attempt")
		at := ordertest.Time(t, "ordered")
		make := func() string { return Reference(store, number, external, supplier, group, attempt, at) }
		ref := make()
		if len(ref) > 32 || !form.MatchString(ref) || !strings.Contains(ref, "-"+group+"-") {
			t.Fatalf("%q of %d characters, for group %s", ref, len(ref), group)
		}
		if make() != ref || Reference(store, number, external, supplier, group, attempt, at.In(time.FixedZone("", 7200))) != ref {
			t.Fatalf("%q is not made again", ref)
		}
		seen := map[string]string{ref: "itself"}
		for what, change := range map[string]func(){
			"store": func() { store += "1" }, "number": func() { number += "1" }, "external id": func() { external += "1" },
			"supplier": func() { supplier += "1" }, "group": func() { group = "X" + group[1:] + "Y" }, "attempt": func() { attempt++ },
			"date": func() { at = at.Add(time.Second) },
		} {
			change()
			next := make()
			if other, twice := seen[next]; twice {
				t.Fatalf("%q after another %s is the one of %s", next, what, other)
			}
			seen[next] = what
		}
	})
	seen := map[string]bool{}
	for i := range 20_000 {
		ref := Reference("shop", fmt.Sprint(i), fmt.Sprint(i), "cj", "ABCDEF", 1, now)
		if seen[ref] {
			t.Fatalf("%s twice", ref)
		}
		seen[ref] = true
	}
}

func TestGroupKey(t *testing.T) {
	in, _ := part(t)
	o := &in.Record.Order
	key := GroupKey(o, order.Group{Lines: []int{0, 1}})
	if len(key) != groupLength || GroupKey(o, order.Group{Lines: []int{1, 0}}) != key {
		t.Errorf("%q, or another one for another order of lines", key)
	}
	for _, lines := range [][]int{{0}, {1}, {}, {7}} {
		if GroupKey(o, order.Group{Lines: lines}) == key {
			t.Errorf("%v has the key of both", lines)
		}
	}
	// Neither what was sent of it nor where its supplier stands makes it another group.
	o.Lines[0].Fulfilled = order.Units(1)
	if GroupKey(o, order.Group{Lines: []int{0, 1}, Supplier: "x"}) != key {
		t.Error("another key once some of it was sent")
	}
	a := []string{"1", "12"}
	b := []string{"11", "2"}
	if digest(6, a...) == digest(6, b...) {
		t.Error("ids run into one another")
	}
}

func TestBasketKey(t *testing.T) {
	a := order.Address{Name: "A", Line1: "x", Country: "PL", PostalCode: "90-001", Province: "Łódzkie"}
	items := func(rows ...string) []Item {
		var out []Item
		for _, r := range rows {
			var n int64
			var sku string
			fmt.Sscanf(r, "%d×%s", &n, &sku)
			out = append(out, Item{SKU: sku, Quantity: order.Units(n), Line: r, Title: r})
		}
		return out
	}
	key := BasketKey("cj", items("2×A", "1×B"), a)
	other := a
	other.Name, other.Line1, other.City, other.Phone, other.PostalCode, other.Province = "B", "y", "z", "1", " 90-001 ", "lodzkie"
	for what, same := range map[string]string{
		"other order": BasketKey("cj", items("1×B", "2×A"), a), "split lines": BasketKey("cj", items("1×A", "1×B", "1×A"), a),
		"another person there": BasketKey("cj", items("2×A", "1×B"), other),
	} {
		if same != key {
			t.Errorf("%s: another key", what)
		}
	}
	keys := map[string]string{key: "itself"}
	for what, one := range map[string]string{
		"supplier": BasketKey("dj", items("2×A", "1×B"), a), "quantity": BasketKey("cj", items("3×A", "1×B"), a),
		"sku": BasketKey("cj", items("2×A", "1×C"), a), "one less": BasketKey("cj", items("2×A"), a),
		"country":  BasketKey("cj", items("2×A", "1×B"), order.Address{Country: "PT", PostalCode: "90-001", Province: "Łódzkie"}),
		"postcode": BasketKey("cj", items("2×A", "1×B"), order.Address{Country: "PL", PostalCode: "90-002", Province: "Łódzkie"}),
		"region":   BasketKey("cj", items("2×A", "1×B"), order.Address{Country: "PL", PostalCode: "90-001"}),
	} {
		if keys[one] != "" {
			t.Errorf("another %s has the key of %s", what, keys[one])
		}
		keys[one] = what
	}
}

// changes are what may happen to an order between the merchant's word and the payment.
var changes = []struct {
	name   string
	change func(o *order.Order)
	text   string // "" = it is in nobody's way
}{
	{"nothing", func(*order.Order) {}, ""},
	{"cancelled", func(o *order.Order) { o.Lifecycle = order.LifecycleCancelled }, "was cancelled at its store"},
	{"deleted", func(o *order.Order) { o.Lifecycle = order.LifecycleDeleted }, "no longer has this order"},
	{"archived", func(o *order.Order) { o.Archived = true }, "was archived"},
	{"refunded", func(o *order.Order) { o.CustomerPayment = order.PaymentRefunded }, "payment was paid and is refunded now"},
	{"refunded in part", func(o *order.Order) { o.CustomerPayment = order.PaymentPartiallyRefunded }, "is partially refunded now"},
	{"charged back", func(o *order.Order) { o.CustomerPayment = order.PaymentChargeback }, "is chargeback now"},
	{"voided", func(o *order.Order) { o.CustomerPayment = order.PaymentVoided }, "is voided now"},
	{"paid no more", func(o *order.Order) { o.CustomerPayment = order.PaymentPending }, "was paid and is pending now"},
	{"paid more", func(o *order.Order) { o.CustomerPayment = order.PaymentOverpaid }, ""},
	{"one fewer", func(o *order.Order) { o.Lines[0].Quantity = order.Units(1) }, "“Linen shirt” was edited: 2 were to be bought, and now it is 1"},
	{"one more", func(o *order.Order) { o.Lines[0].Quantity = order.Units(3) }, "now it is 3"},
	{"one cancelled", func(o *order.Order) { o.Lines[0].Cancelled = order.Units(1) }, "1× “Linen shirt” was cancelled"},
	{"one refunded", func(o *order.Order) { o.Lines[0].Refunded = order.Units(2) }, "2× “Linen shirt” was refunded"},
	{"one sent elsewhere", func(o *order.Order) { o.Lines[1].Fulfilled = order.Units(1) }, "1× “Wool throw” was sent by somebody else"},
	{"all sent elsewhere", func(o *order.Order) { o.Fulfilment = order.Fulfilled }, "has been sent already"},
	{"a line taken out", func(o *order.Order) { o.Lines = o.Lines[:1] }, "was taken out of the order"},
	{"another line", func(o *order.Order) {
		o.Lines = append(o.Lines, order.Line{ExternalID: "3", Quantity: order.Units(1)})
		o.Total.Minor += 100
	}, "amounts to BRL 221.00, and was BRL 220.00"},
	{"another street", func(o *order.Order) { o.Shipping.Line1 = "Rua Nova 1" }, "the delivery address was changed"},
	{"another phone", func(o *order.Order) { o.Shipping.Phone = "+55 11 4002 8922" }, "the delivery address was changed"},
	{"no address", func(o *order.Order) { o.Shipping = order.Address{} }, "the delivery address was changed"},
	{"another price", func(o *order.Order) { o.Total = order.New(1, "EUR") }, "amounts to EUR 0.01"},
	{"a note", func(o *order.Order) { o.CustomerNote, o.Tags, o.UpdatedAt = "x", nil, now }, ""},
}

func TestRecheck(t *testing.T) {
	for _, tt := range changes {
		t.Run(tt.name, func(t *testing.T) {
			in, _ := part(t)
			seen := Snap(&in.Record.Order, []string{"1", "2"})
			o := in.Record.Order
			o.Lines = slices.Clone(o.Lines)
			tt.change(&o)
			got := Recheck(seen, &o, false)
			switch {
			case tt.text == "" && len(got) > 0:
				t.Errorf("%+v", got)
			case tt.text != "" && (len(got) == 0 || got[0].Code != BlockChanged || got[0].Fix == "" || !strings.Contains(Sentence(got), tt.text)):
				t.Errorf("%+v", got)
			}
		})
	}
	in, _ := part(t)
	seen := Snap(&in.Record.Order, []string{"1", "2", "gone already"})
	if got := Recheck(seen, &in.Record.Order, true); len(got) != 1 {
		t.Errorf("gone: %+v", got)
	}
	if got := Recheck(seen, nil, false); len(got) != 1 {
		t.Errorf("not there: %+v", got)
	}
	// What was let through unpaid may become paid, or be on its way, and may not fail.
	seen.Payment = order.PaymentPending
	for payment, ok := range map[order.CustomerPayment]bool{
		order.PaymentPaid: true, order.PaymentAuthorized: true, order.PaymentPending: true, order.PaymentFailed: false, order.PaymentExpired: false,
	} {
		o := in.Record.Order
		o.CustomerPayment = payment
		delete(seen.Lines, "gone already")
		if got := Recheck(seen, &o, false); (len(got) == 0) != ok {
			t.Errorf("from pending to %s: %+v", payment, got)
		}
	}
}

// TestRecheckFindsEveryChange draws two orders; whenever what a purchase rests on differs, that is said.
func TestRecheckFindsEveryChange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := ordertest.Order(t)
		if o.Lifecycle != order.LifecycleOpen || o.Archived || slices.Contains([]order.Fulfilment{order.Fulfilled, order.FulfilmentDelivered, order.FulfilmentReturned}, o.Fulfilment) {
			t.Skip("nothing of it is bought")
		}
		var lines []string
		for _, l := range o.Lines {
			lines = append(lines, l.ExternalID)
		}
		seen := Snap(&o, lines)
		if got := Recheck(seen, &o, false); len(got) > 0 {
			t.Fatalf("the same order: %+v", got)
		}
		now := ordertest.Order(t)
		differs := !maps.Equal(Snap(&now, lines).Lines, seen.Lines) || addressText(&now) != seen.Address || now.Total != seen.Total ||
			now.Lifecycle != order.LifecycleOpen || now.Archived
		if p := now.CustomerPayment; p != seen.Payment && p != order.PaymentPaid && p != order.PaymentOverpaid && progress(p) <= progress(seen.Payment) {
			differs = true
		}
		if got := Recheck(seen, &now, false); differs && len(got) == 0 {
			t.Fatalf("nothing is said of\n%+v\n%+v", seen, now)
		}
	})
}
