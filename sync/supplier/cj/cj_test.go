package cj

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/outbox"
	"github.com/orderdeck/orderdeck/sync/supplier/cj/cjfake"
)

// memory keeps tokens.
type memory struct {
	text string
	bad  error
}

func (m *memory) Load(context.Context) (string, error) { return m.text, m.bad }

func (m *memory) Save(_ context.Context, text string) error {
	if m.bad != nil {
		return m.bad
	}
	m.text = text
	return nil
}

// bench is a supplier and the fake that it talks to.
type bench struct {
	*testing.T
	fake   *cjfake.Server
	tokens *memory
	s      *Supplier
}

// with runs a test in a bubble, in which time passes by itself.
func with(t *testing.T, test func(*bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		fake, err := cjfake.New("")
		if err != nil {
			t.Fatal(err)
		}
		b := &bench{T: t, fake: fake, tokens: &memory{}}
		b.s = b.start(Options{})
		test(b)
	})
}

// start is a program that starts with what was kept.
func (b *bench) start(o Options) *Supplier {
	b.Helper()
	if o.Key == "" {
		o.Key = cjfake.Key
	}
	o.Name, o.Version, o.Transport, o.Tokens = "cj", "test", b.fake.Transport(), b.tokens
	s, err := New(o)
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// fault makes the next n requests to a path go wrong.
func (b *bench) fault(path string, f cjfake.Fault, n int) {
	b.fake.Fault = func(p string) cjfake.Fault {
		if p == path && n > 0 {
			n--
			return f
		}
		return cjfake.Fine
	}
}

const (
	create  = "/shopping/order/createOrderV2"
	confirm = "/shopping/order/confirmOrder"
	detail  = "/shopping/order/getOrderDetail"
	list    = "/shopping/order/list"
	pay     = "/shopping/pay/payBalance"
	frght   = "/logistic/freightCalculate"
)

func usd(cents int64) order.Money { return order.New(cents, "USD") }

func place(ref string) store.PlaceDoc {
	return store.PlaceDoc{
		Reference: ref, Items: []checkout.Item{{Line: "11", SKU: "CJTEST000101AZ", Quantity: order.Units(2)}},
		Method: checkout.Method{Code: "CJPacket Ordinary"}, PayWith: checkout.PayMethod{Code: "balance", Kind: checkout.PayBalance},
		Address: order.Address{Name: "Ana Silva", Line1: "Rua A 1", City: "Austin", Province: "TX", PostalCode: "73301", Country: "US", Phone: "+1 (512) 555-0100"},
		Total:   usd(1171), Platform: "vendure", Number: "1042",
	}
}

func payDoc(o outbox.Order, most int64) store.PayDoc {
	return store.PayDoc{Reference: o.Reference, SupplierNo: o.Number, AltIDs: o.AltIDs, Max: usd(most)}
}

func (b *bench) place(doc store.PlaceDoc) outbox.Order {
	b.Helper()
	o, err := b.s.Place(b.Context(), doc)
	if err != nil {
		b.Fatalf("place: %v", err)
	}
	return o
}

// once checks that a reference was ordered and paid as often as it should be.
func (b *bench) once(ref string, payments, orders int) {
	b.Helper()
	if p, o := b.fake.PaymentsOf(ref); p != payments || o != orders {
		b.Errorf("%s: %d payments and %d orders, want %d and %d", ref, p, o, payments, orders)
	}
}

func (b *bench) is(err, want error) {
	b.Helper()
	kinds := []error{outbox.ErrRejected, outbox.ErrExists, outbox.ErrDeclined, outbox.ErrNotSent, outbox.ErrNotOffered}
	for _, k := range kinds {
		if errors.Is(err, k) != errors.Is(want, k) {
			b.Errorf("error %v: is %q: %t", err, k, errors.Is(err, k))
		}
	}
	if err == nil {
		b.Error("no error")
	}
}

func TestFromQuoteToTracking(t *testing.T) {
	with(t, func(b *bench) {
		ctx := b.Context()
		q, err := b.s.Quote(ctx, outbox.QuoteReq{Basket: "x", Items: place("R").Items, Address: place("R").Address})
		if err != nil || q.Error != "" {
			b.Fatal(q, err)
		}
		if len(q.Items) != 1 || q.Items[0].Unit != usd(350) || q.Items[0].Stock == nil || *q.Items[0].Stock != 120 || len(q.Methods) != 2 {
			b.Errorf("%+v", q)
		}
		for _, m := range q.Methods {
			if m.Code == "CJPacket Ordinary" && (m.Cost != usd(471) || m.Days != [2]int{2, 5}) {
				b.Errorf("%+v", m)
			}
		}
		o := b.place(place("S1-1042-1"))
		if o.RawState != "UNPAID" || o.State != order.PlacementPending || o.Paid != outbox.PaidNo || o.Total != usd(1171) || o.Reference != "S1-1042-1" {
			b.Errorf("%+v", o)
		}
		b.once("S1-1042-1", 0, 1)
		paid, err := b.s.Pay(ctx, payDoc(o, 1171))
		if err != nil || paid.Paid != outbox.PaidYes || paid.PaidAt.IsZero() || paid.Receipt == "" {
			b.Fatalf("%+v %v", paid, err)
		}
		b.once("S1-1042-1", 1, 1)
		a, err := b.s.Account(ctx)
		if err != nil || *a.Methods[0].Available != usd(100_00-1171) {
			b.Errorf("%+v %v", a, err)
		}
		b.fake.Do(func(s *cjfake.State) {
			n := s.Orders[0]
			n.Status, n.Track, n.URL, n.Carrier, n.Left = "SHIPPED", "CJ123US", "https://track.example/CJ123US", "CJPacket", time.Now()
		})
		b.fake.Events["CJ123US"] = `[{"status":9,"activity":" Out for delivery","location":"AUSTIN,TX","eventTime":"2000-01-05 07:59:22"},{"activity":"Left China","eventTime":"2000-01-02 01:00:00"}]`
		got, err := b.s.Track(ctx, []string{o.Number, "SD-unknown"})
		if err != nil || len(got) != 1 {
			b.Fatalf("%+v %v", got, err)
		}
		p := got[0].Parcels
		if got[0].State != order.PlacementShipped || len(p) != 1 || p[0].Tracking != "CJ123US" || p[0].Carrier != "CJPacket" || p[0].URL == "" ||
			len(p[0].Lines) != 1 || p[0].Lines[0].LineID != "11" || len(p[0].Events) != 3 || p[0].Events[2].Text != "Out for delivery, AUSTIN,TX" {
			b.Errorf("%+v", got[0])
		}
	})
}

// What CJ says beforehand of the tax that it pays is in the quote, so that the price which was seen is the price that is
// asked; where it is not CJ who pays it, it is not.
func TestTheTaxIsInTheQuote(t *testing.T) {
	with(t, func(b *bench) {
		b.fake.Quirks.TellsTax = true
		quoted := func(country string) order.Money {
			b.Helper()
			to := place("R").Address
			to.Country = country
			q, err := b.s.Quote(b.Context(), outbox.QuoteReq{Basket: "x" + country, Items: place("R").Items, Address: to})
			i := slices.IndexFunc(q.Methods, func(m checkout.Method) bool { return m.Code == "CJPacket Ordinary" })
			if err != nil || i < 0 {
				b.Fatal(q, err)
			}
			return q.Methods[i].Cost
		}
		if got := quoted("US"); got != usd(471) {
			b.Errorf("to the US it costs %s: no tax is no price of 0", got)
		}
		if got := quoted("FR"); got != usd(521) {
			b.Fatalf("to France it costs %s", got)
		}
		doc := place("S1-1042-1")
		doc.Address.Country, doc.Total = "FR", usd(700+521)
		o := b.place(doc)
		if paid, err := b.s.Pay(b.Context(), payDoc(o, doc.Total.Minor)); err != nil || paid.Paid != outbox.PaidYes {
			b.Errorf("%+v %v", paid, err)
		}
		b.once("S1-1042-1", 1, 1)
		for _, ioss := range []string{"none", "IM1234567890"} {
			b.s = b.start(Options{IOSS: ioss})
			if got := quoted("FR"); got != usd(471) {
				b.Errorf("with ioss %s it costs %s", ioss, got)
			}
		}
	})
}

func TestWhatIsSentToMakeAnOrder(t *testing.T) {
	with(t, func(b *bench) {
		b.s = b.start(Options{Platform: "woocommerce", IOSS: ""})
		doc := place("S1-1-1")
		doc.Address.Country, doc.Address.Province, doc.Address.Company = "FR", "", "ACME"
		doc.Note, doc.CustomerNote = "No invoice inside", "Ring twice"
		doc.Packaging = []checkout.Item{{SKU: "CJTEST000301DW", Quantity: order.Units(1)}}
		b.place(doc)
		body := string(b.fake.Bodies[create])
		for _, want := range []string{
			`"orderNumber":"S1-1-1"`, `"payType":3`, `"shippingCountry":"France"`, `"shippingProvince":"Austin"`, `"shippingPhone":"+15125550100"`,
			`"platform":"woocommerce"`, `"shopLogisticsType":2`, `"iossType":3`, `"logisticName":"CJPacket Ordinary"`, `"storeLineItemId":"11"`,
			`"remark":"No invoice inside\nCustomer: Ring twice"`, `{"vid":"1000000000000000004","quantity":1}`, `"shippingAddress2":"ACME"`,
		} {
			if !strings.Contains(body, want) {
				b.Errorf("no %s in %s", want, body)
			}
		}
		if strings.Contains(body, "isSandbox") {
			b.Error("a real order says nothing of a sandbox")
		}
		for kind, ioss := range map[string]string{`"iossType":1`: "none", `"iossType":2,"iossNumber":"IM1234567890"`: "IM1234567890"} {
			b.s = b.start(Options{IOSS: ioss})
			doc.Reference += "x"
			b.place(doc)
			if body := string(b.fake.Bodies[create]); !strings.Contains(body, kind) {
				b.Errorf("no %s in %s", kind, body)
			}
		}
	})
}

func TestWhatCJWouldCutOffIsNotSent(t *testing.T) {
	with(t, func(b *bench) {
		for name, change := range map[string]func(*store.PlaceDoc){
			"long note":       func(d *store.PlaceDoc) { d.Note = strings.Repeat("ż", 501) },
			"long name":       func(d *store.PlaceDoc) { d.Address.Name = strings.Repeat("n", 51) },
			"long street":     func(d *store.PlaceDoc) { d.Address.Line1 = strings.Repeat("n", 201) },
			"no street":       func(d *store.PlaceDoc) { d.Address.Line1 = "" },
			"no such country": func(d *store.PlaceDoc) { d.Address.Country = "QQQ" },
			"half a piece":    func(d *store.PlaceDoc) { d.Items[0].Quantity = 15_000 },
			"nothing":         func(d *store.PlaceDoc) { d.Items = nil },
			"long reference":  func(d *store.PlaceDoc) { d.Reference = strings.Repeat("R", 51) },
		} {
			doc := place("R-" + name)
			change(&doc)
			_, err := b.s.Place(b.Context(), doc)
			b.is(err, outbox.ErrRejected)
			b.once(doc.Reference, 0, 0)
		}
		if n := b.fake.Asked[create]; n != 0 {
			b.Errorf("%d requests", n)
		}
	})
}

func TestAnOrderThatExistsIsAdopted(t *testing.T) {
	with(t, func(b *bench) {
		b.place(place("S1-7-1"))
		_, err := b.s.Place(b.Context(), place("S1-7-1"))
		b.is(err, outbox.ErrExists)
		f, err := b.s.Find(b.Context(), "S1-7-1")
		if err != nil || !f.Conclusive || len(f.Orders) != 1 {
			b.Fatalf("%+v %v", f, err)
		}
		o := f.Orders[0]
		if o.Number != "SD2611220000000001" || o.AltIDs[altCode] != o.Number || o.AltIDs[altNumeric] != "261122000000000001" || o.Lines["CJTEST000101AZ"] != order.Units(2) {
			b.Errorf("%+v", o)
		}
		b.once("S1-7-1", 0, 1)
	})
}

// TestUnclearMutationsStayUnclear: whatever may have happened is no refusal, and nothing is sent twice.
func TestUnclearMutationsStayUnclear(t *testing.T) {
	for _, f := range []cjfake.Fault{
		cjfake.Down, cjfake.DownAfter, cjfake.Busy, cjfake.TooFast, cjfake.NoPoints, cjfake.Bare429, cjfake.DropAfter, cjfake.HangAfter,
		cjfake.GarbageOK, cjfake.EmptyAfter,
	} {
		t.Run(string(f), func(t *testing.T) {
			with(t, func(b *bench) {
				b.fault(create, f, 1)
				_, err := b.s.Place(b.Context(), place("S1-8-1"))
				b.is(err, nil)
				if n := b.fake.Asked[create]; n != 1 {
					b.Errorf("sent %d times", n)
				}
				found, err := b.s.Find(b.Context(), "S1-8-1")
				_, orders := b.fake.PaymentsOf("S1-8-1")
				if err != nil || !found.Conclusive || len(found.Orders) != orders {
					b.Errorf("%+v %v, and there are %d", found, err, orders)
				}
				if orders == 0 {
					return
				}
				b.fault(pay, f, 1)
				_, err = b.s.Pay(b.Context(), payDoc(found.Orders[0], 1171))
				if f == cjfake.EmptyAfter { // code 200 without data is how it may say yes; the order tells
					if err != nil {
						b.Error(err)
					}
				} else {
					b.is(err, nil)
				}
				if n := b.fake.Asked[pay]; n != 1 {
					b.Errorf("paid %d times", n)
				}
				b.once("S1-8-1", 1, 1)
				again, err := b.s.Pay(b.Context(), payDoc(found.Orders[0], 1171))
				if err != nil || again.Paid != outbox.PaidYes || b.fake.Asked[pay] != 1 {
					b.Errorf("what is paid is not paid again: %+v %v, %d", again, err, b.fake.Asked[pay])
				}
			})
		})
	}
}

func TestTheRequestTakesAMinute(t *testing.T) {
	with(t, func(b *bench) {
		if o := b.s.o.Timeout; o < time.Minute || b.s.Caps().Timeout < o {
			b.Errorf("%v, %v", o, b.s.Caps().Timeout)
		}
	})
}

func TestConfirmIsTakenUpAgain(t *testing.T) {
	with(t, func(b *bench) {
		b.fault(confirm, cjfake.Down, 1)
		o := b.place(place("S1-9-1"))
		if o.RawState != "CREATED" || o.Paid != outbox.PaidNo || o.Reason == "" {
			b.Errorf("%+v", o)
		}
		paid, err := b.s.Pay(b.Context(), payDoc(o, 1171))
		if err != nil || paid.Paid != outbox.PaidYes || b.fake.Asked[confirm] != 2 {
			b.Errorf("%+v %v", paid, err)
		}
		b.once("S1-9-1", 1, 1)
	})
}

func TestBeingConfirmedIsWaitedFor(t *testing.T) {
	with(t, func(b *bench) {
		b.fake.Quirks.ConfirmLooks = 4
		if o := b.place(place("S1-10-1")); o.RawState != "UNPAID" {
			b.Errorf("%+v", o)
		}
		b.fake.Quirks.ConfirmLooks = 15
		o := b.place(place("S1-10-2"))
		if o.RawState != "CREATED" {
			b.Errorf("%+v", o)
		}
		_, err := b.s.Pay(b.Context(), payDoc(o, 1171))
		b.is(err, outbox.ErrNotSent) // and is tried again
		if _, err = b.s.Pay(b.Context(), payDoc(o, 1171)); err != nil {
			b.Error(err)
		}
		b.once("S1-10-2", 1, 1)
	})
}

func TestARefusedConfirmationNamesTheChoices(t *testing.T) {
	with(t, func(b *bench) {
		doc := place("S1-11-1")
		doc.Method.Code = "PostNL"
		o := b.place(doc) // made it is, so it is no failure to make it
		if o.RawState != "CREATED" || !strings.Contains(o.Reason, "Logistic not found") || !strings.Contains(o.Reason, "USPS+") {
			b.Errorf("%+v", o)
		}
		_, err := b.s.Pay(b.Context(), payDoc(o, 1171))
		b.is(err, outbox.ErrRejected)
		b.once("S1-11-1", 0, 1)
		if err := b.s.Cancel(b.Context(), store.CancelDoc{Reference: doc.Reference, SupplierNo: o.Number}); err != nil {
			b.Error(err)
		}
	})
}

func TestPriceLock(t *testing.T) {
	with(t, func(b *bench) {
		b.fake.Quirks.Rise = 500 // 1.70 was quoted and 6.70 was billed
		o := b.place(place("S1-12-1"))
		_, err := b.s.Pay(b.Context(), payDoc(o, 1171))
		b.is(err, outbox.ErrRejected)
		if !strings.Contains(err.Error(), "16.71") || !strings.Contains(err.Error(), "11.71") {
			b.Error(err)
		}
		doc := payDoc(o, 5000)
		doc.Max.Currency = "EUR"
		_, err = b.s.Pay(b.Context(), doc)
		b.is(err, outbox.ErrRejected)
		b.once("S1-12-1", 0, 1)
	})
}

func TestOnlyTheUnpaidIsPaid(t *testing.T) {
	with(t, func(b *bench) {
		b.fake.Quirks.PaysTwice = true
		for _, tc := range []struct {
			status string
			paidAt bool
		}{{"CANCELLED", false}, {"OTHER", false}, {"WEIRD", false}, {"UNPAID", true}} {
			ref := "S1-13-" + tc.status
			o := b.place(place(ref))
			b.fake.Do(func(s *cjfake.State) {
				n := s.Orders[len(s.Orders)-1]
				n.Status = tc.status
				if tc.paidAt {
					n.Paid = time.Now()
				}
			})
			_, err := b.s.Pay(b.Context(), payDoc(o, 1171))
			b.is(err, outbox.ErrRejected)
			if p, _ := b.fake.PaymentsOf(ref); p != 0 {
				b.Errorf("%s was paid", tc.status)
			}
		}
		o := b.place(place("S1-13-a"))
		doc := payDoc(o, 1171)
		doc.Reference = "S1-13-b" // matching the wrong order has cost others money
		_, err := b.s.Pay(b.Context(), doc)
		b.is(err, outbox.ErrRejected)
		b.once("S1-13-a", 0, 1)
	})
}

func TestPaidIsSeenOnTheThirdLook(t *testing.T) {
	with(t, func(b *bench) {
		o := b.place(place("S1-14-1"))
		b.fake.Quirks.PaidLooks = 2
		if paid, err := b.s.Pay(b.Context(), payDoc(o, 1171)); err != nil || paid.Paid != outbox.PaidYes {
			b.Errorf("%+v %v", paid, err)
		}
		o = b.place(place("S1-14-2"))
		b.fake.Quirks.PaidLooks = 50
		_, err := b.s.Pay(b.Context(), payDoc(o, 1171))
		b.is(err, nil) // taken and not shown: not known
		b.once("S1-14-2", 1, 1)
	})
}

func TestADeclinedPaymentIsReadBack(t *testing.T) {
	for _, code := range []int{1604000, 1600100} { // both have been seen for a balance that does not do
		with(t, func(b *bench) {
			b.fake.Quirks.BalanceCode = code
			o := b.place(place("S1-15-1"))
			b.fake.Do(func(s *cjfake.State) { s.Cents = 10 })
			reads := b.fake.Asked[detail]
			_, err := b.s.Pay(b.Context(), payDoc(o, 1171))
			b.is(err, outbox.ErrDeclined)
			if b.fake.Asked[detail] < reads+2 {
				b.Error("the order was not read after the refusal")
			}
			b.once("S1-15-1", 0, 1)
			// If it cannot be read, a refusal is not believed.
			b.fake.Fault = func(p string) cjfake.Fault {
				if p == detail && b.fake.Asked[pay] > 1 {
					return cjfake.Down
				}
				return cjfake.Fine
			}
			_, err = b.s.Pay(b.Context(), payDoc(o, 1171))
			b.is(err, nil)
		})
	}
}

func TestFindIsConclusiveOnlyWhenItIs(t *testing.T) {
	for _, tc := range []struct {
		name       string
		quirks     cjfake.Quirks
		found      bool // an order that is there is found
		conclusive bool // what is not found is not there
	}{
		{"looking up works", cjfake.Quirks{}, true, true},
		{"looking up does not work", cjfake.Quirks{NoLookup: true}, true, true},
		{"looking up what is not there fails", cjfake.Quirks{LookupFails: true}, true, true},
		{"looking up shows another order", cjfake.Quirks{NoLookup: true, LookupAnything: true}, true, true},
		{"the list ignores the filter", cjfake.Quirks{NoLookup: true, IgnoresFilter: true, PageCap: 2}, true, true},
		{"the list has short pages", cjfake.Quirks{NoLookup: true, PageCap: 2}, true, true},
		{"the list does not say how long it is", cjfake.Quirks{NoLookup: true, PageCap: 2, NoTotal: true}, true, true},
		{"the list does not turn pages", cjfake.Quirks{NoLookup: true, PageCap: 2, NeverTurns: true}, false, false},
		{"the list withholds some", cjfake.Quirks{NoLookup: true, Withholds: true}, false, false},
		{"no codes in the list", cjfake.Quirks{NoLookup: true, NoCodes: true}, true, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			with(t, func(b *bench) {
				for i := range 5 {
					b.place(place(fmt.Sprintf("S1-16-%d", i)))
				}
				b.fake.Quirks = tc.quirks
				b.s = b.start(Options{}) // it knows nothing of this account yet
				f, err := b.s.Find(b.Context(), "S1-16-0")
				if tc.quirks.Withholds { // this one it does show
					f.Orders = nil
				}
				if err != nil || (len(f.Orders) == 1) != tc.found || tc.found && f.Orders[0].Reference != "S1-16-0" {
					b.Errorf("%+v %v", f, err)
				}
				b.s = b.start(Options{})
				f, err = b.s.Find(b.Context(), "S1-16-none")
				if err != nil || len(f.Orders) != 0 || f.Conclusive != tc.conclusive {
					b.Errorf("%+v %v", f, err)
				}
			})
		})
	}
}

func TestFindFailing(t *testing.T) {
	with(t, func(b *bench) {
		b.place(place("S1-17-1"))
		b.fake.Quirks.NoLookup = true
		b.fault(list, cjfake.Down, 1)
		if f, err := b.s.Find(b.Context(), "S1-17-1"); err == nil || f.Conclusive {
			b.Errorf("%+v %v", f, err)
		}
	})
}

func TestFindSeesBothOrdersOfAReference(t *testing.T) {
	with(t, func(b *bench) {
		b.fake.Quirks = cjfake.Quirks{TakesDuplicates: true, NoLookup: true}
		b.place(place("S1-18-1"))
		b.place(place("S1-18-1"))
		if f, err := b.s.Find(b.Context(), "S1-18-1"); err != nil || len(f.Orders) != 2 {
			b.Errorf("%+v %v", f, err)
		}
	})
}

func TestDelayedVisibilityIsWhyOneLookIsNoProof(t *testing.T) {
	with(t, func(b *bench) {
		b.fake.Quirks.Hidden = 3 * time.Minute
		b.fault(create, cjfake.DropAfter, 1)
		_, err := b.s.Place(b.Context(), place("S1-19-1"))
		b.is(err, nil)
		if f, _ := b.s.Find(b.Context(), "S1-19-1"); len(f.Orders) != 0 {
			b.Errorf("%+v", f)
		}
		if wait := b.s.Caps().SettleAfter; wait < 5*time.Minute {
			b.Errorf("looked for again after %v", wait)
		}
		time.Sleep(b.s.Caps().SettleAfter)
		if f, _ := b.s.Find(b.Context(), "S1-19-1"); len(f.Orders) != 1 {
			b.Errorf("%+v", f)
		}
	})
}

func TestSandbox(t *testing.T) {
	with(t, func(b *bench) {
		b.s = b.start(Options{Sandbox: true})
		o := b.place(place("S1-20-1"))
		if !strings.Contains(string(b.fake.Bodies[create]), `"isSandbox":1`) {
			b.Errorf("%s", b.fake.Bodies[create])
		}
		paid, err := b.s.Pay(b.Context(), payDoc(o, 1171))
		if err != nil || paid.Paid != outbox.PaidYes || b.fake.Asked[pay] != 0 || b.fake.Cents != 100_00 {
			b.Errorf("%+v %v; %d left", paid, err, b.fake.Cents)
		}
		a, err := b.s.Account(b.Context())
		if err != nil || a.Methods[0].Available != nil {
			b.Errorf("%+v %v", a, err)
		}
	})
}

// TestASandboxThatIsNone: CJ has made real orders of what was meant as a test. They are neither confirmed nor paid.
func TestASandboxThatIsNone(t *testing.T) {
	with(t, func(b *bench) {
		b.s = b.start(Options{Sandbox: true})
		b.fake.Fault = func(path string) cjfake.Fault {
			if path == detail && b.fake.Asked[detail] == 1 {
				b.fake.Orders[0].Sandbox = false
			}
			return cjfake.Fine
		}
		o := b.place(place("S1-21-1"))
		if !strings.Contains(o.Reason, "real one") || b.fake.Asked[confirm] != 0 {
			b.Errorf("%+v", o)
		}
		_, err := b.s.Pay(b.Context(), payDoc(o, 1171))
		b.is(err, outbox.ErrRejected)
		b.s = b.start(Options{})
		b.fake.Do(func(s *cjfake.State) { s.Orders[0].Sandbox, s.Orders[0].Status = true, "UNPAID" })
		_, err = b.s.Pay(b.Context(), payDoc(o, 1171)) // and the other way round
		b.is(err, outbox.ErrRejected)
		b.once("S1-21-1", 0, 1)
	})
}

func TestRefusalsOfTheSettingsSayWhatToSet(t *testing.T) {
	with(t, func(b *bench) {
		b.s = b.start(Options{Platform: "api"})
		b.fake.Quirks.RefusesPlatforms = []string{"api"}
		_, err := b.s.Place(b.Context(), place("S1-22-1"))
		b.is(err, outbox.ErrRejected)
		if !strings.Contains(err.Error(), "`store_platform`") {
			b.Error(err)
		}
		for in, want := range map[string]string{"shopify": `"platform":"shopify"`, "woocommerce": `"platform":"woocommerce"`, "medusa": `"platform":"shopify"`} {
			b.s = b.start(Options{})
			doc := place("S1-22-" + in)
			doc.Platform = in
			b.place(doc)
			if !strings.Contains(string(b.fake.Bodies[create]), want) {
				b.Errorf("%s: %s", in, b.fake.Bodies[create])
			}
		}
	})
}

func TestCancelOnlyBeforeItIsConfirmed(t *testing.T) {
	with(t, func(b *bench) {
		o := b.place(place("S1-23-1"))
		err := b.s.Cancel(b.Context(), store.CancelDoc{Reference: "S1-23-1", SupplierNo: o.Number})
		b.is(err, outbox.ErrNotOffered)
		b.fault(confirm, cjfake.Busy, 1)
		o = b.place(place("S1-23-2"))
		if o.RawState != "CREATED" {
			b.Fatalf("%+v", o)
		}
		doc := store.CancelDoc{Reference: "S1-23-2", SupplierNo: o.Number}
		b.fault("/shopping/order/deleteOrder", cjfake.DropAfter, 1)
		b.is(b.s.Cancel(b.Context(), doc), nil)
		if err := b.s.Cancel(b.Context(), doc); err != nil { // it is gone, which is what was wanted
			b.Error(err)
		}
		if n := b.fake.Asked["/shopping/order/deleteOrder"]; n != 1 {
			b.Errorf("%d times", n)
		}
	})
}

func TestSplitOrdersAreOne(t *testing.T) {
	for _, told := range []bool{true, false} {
		with(t, func(b *bench) {
			o := b.place(place("S1-24-1"))
			if _, err := b.s.Pay(b.Context(), payDoc(o, 1171)); err != nil {
				b.Fatal(err)
			}
			b.fake.Do(func(s *cjfake.State) {
				whole := s.Orders[0]
				one, two := *whole, *whole
				one.Code, one.Numeric, one.Status, one.Track = "SD-A", "1", "SHIPPED", "TRACK-A"
				two.Code, two.Numeric, two.Status = "SD-B", "2", "UNSHIPPED"
				s.Orders = append(s.Orders, &one, &two)
				whole.Status = "CANCELLED"
				if told {
					whole.Split = []string{"SD-A", "SD-B"}
				}
			})
			got, err := b.s.Track(b.Context(), []string{o.Number})
			if err != nil || len(got) != 1 {
				b.Fatal(got, err)
			}
			if g := got[0]; g.State != order.PlacementProcessing || g.Paid != outbox.PaidYes || len(g.Split) != 2 || len(g.Parcels) != 1 || g.Parcels[0].Tracking != "TRACK-A" {
				b.Errorf("told %t: %+v", told, g)
			}
		})
	}
}

func TestExtraBillsAndClaims(t *testing.T) {
	with(t, func(b *bench) {
		o := b.place(place("S1-25-1"))
		if _, err := b.s.Pay(b.Context(), payDoc(o, 1171)); err != nil {
			b.Fatal(err)
		}
		b.fake.Do(func(s *cjfake.State) {
			s.Bills = []cjfake.Bill{{Order: o.Number, Cents: 150}, {Order: o.Number, Status: 4, Cents: 900}, {Order: "SD-other", Cents: 1}}
			s.Orders[0].Dispute = "D1"
			s.Disputes = []cjfake.Dispute{{ID: "D1", Order: o.Number, Status: "1"}}
		})
		look := func() outbox.Order {
			got, err := b.s.Track(b.Context(), []string{o.Number})
			if err != nil || len(got) != 1 {
				b.Fatal(got, err)
			}
			return got[0]
		}
		if g := look(); g.ExtraBill == nil || *g.ExtraBill != usd(150) || g.Claim != order.CaseRequested {
			b.Errorf("%+v", g)
		}
		for deal, want := range map[int]order.CaseState{1: order.CasePaidPartial, 2: order.CaseApproved, 3: order.CaseRejected} {
			b.fake.Do(func(s *cjfake.State) { s.Disputes[0].Deal, s.Disputes[0].Cents = deal, 500 })
			if g := look(); g.Claim != want {
				b.Errorf("deal %d: %s", deal, g.Claim)
			}
		}
		b.fake.Do(func(s *cjfake.State) { s.Disputes[0].Deal, s.Disputes[0].Cents = 1, 1171 })
		if g := look(); g.Claim != order.CasePaid {
			b.Errorf("%+v", g)
		}
	})
}

func TestUnknownStatusesAreKept(t *testing.T) {
	for _, tc := range []struct {
		raw   rawOrder
		state order.PlacementState
		paid  outbox.Paid
	}{
		{rawOrder{Status: "PICKING"}, order.PlacementPending, outbox.PaidUnknown},
		{rawOrder{Status: "400", PaymentDate: "2026-01-02 03:04:05"}, order.PlacementProcessing, outbox.PaidYes},
		{rawOrder{Status: "600", PaymentDate: "2026-01-02 03:04:05", TrackNumber: "T"}, order.PlacementShipped, outbox.PaidYes},
		{rawOrder{Status: "100"}, order.PlacementPending, outbox.PaidNo},
		{rawOrder{Status: "300"}, order.PlacementProcessing, outbox.PaidYes},
		{rawOrder{Status: "CANCELLED"}, order.PlacementCancelled, outbox.PaidNo},
		{rawOrder{Status: "UNPAID", PaymentDate: "2026-01-02 03:04:05"}, order.PlacementPending, outbox.PaidUnknown},
	} {
		o := normalize(&tc.raw, nil)
		if o.State != tc.state || o.Paid != tc.paid || o.RawState != string(tc.raw.Status) {
			t.Errorf("%s: %+v", tc.raw.Status, o)
		}
	}
}

func TestMoneyAsCJWritesIt(t *testing.T) {
	for in, want := range map[string]int64{"4.25": 425, `"4.25"`: 425, `"15.16 -- 15.17"`: 1517, "3": 300, "9.809999999999999": 981, "0": 0} {
		var w word
		if err := w.UnmarshalJSON([]byte(in)); err != nil {
			t.Fatal(err)
		}
		if m, ok := w.money(); !ok || m != usd(want) {
			t.Errorf("%s: %v %t", in, m, ok)
		}
	}
	for _, in := range []string{`""`, "null", "-1", `"free"`, "{}", "1e99", `"NaN"`} {
		var w word
		if err := w.UnmarshalJSON([]byte(in)); err != nil {
			t.Fatal(err)
		}
		if m, ok := w.money(); ok {
			t.Errorf("%s: %v", in, m)
		}
	}
	sum := normalize(&rawOrder{Status: "UNPAID", ProductAmount: "1.10", PostageAmount: "2", IOSSAmount: "0.30", IOSSFee: ""}, nil)
	if sum.Total != usd(340) || sum.Fees != usd(30) {
		t.Errorf("%+v", sum)
	}
	if o := normalize(&rawOrder{Status: "UNPAID", ProductAmount: "1.10"}, nil); o.Total != (order.Money{}) {
		t.Errorf("half of a sum is no total: %v", o.Total)
	}
}

func TestTheTokenIsKept(t *testing.T) {
	with(t, func(b *bench) {
		if b.fake.Logins != 0 {
			b.Error("somebody logged in at the start")
		}
		if _, err := b.s.Test(b.Context()); err != nil {
			b.Fatal(err)
		}
		for range 5 { // started again and again
			b.s = b.start(Options{})
			if _, err := b.s.Account(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
		if b.fake.Logins != 1 || b.fake.Refreshes != 0 {
			b.Errorf("%d logins, %d refreshes", b.fake.Logins, b.fake.Refreshes)
		}
		time.Sleep(14*24*time.Hour + time.Minute)
		if _, err := b.s.Account(b.Context()); err != nil || b.fake.Refreshes != 1 || b.fake.Logins != 1 {
			b.Errorf("%v: %d logins, %d refreshes", err, b.fake.Logins, b.fake.Refreshes)
		}
		time.Sleep(200 * 24 * time.Hour) // both have run out
		if _, err := b.s.Account(b.Context()); err != nil || b.fake.Logins != 2 {
			b.Errorf("%v: %d logins", err, b.fake.Logins)
		}
		b.fault("/shopping/pay/getBalance", cjfake.BadToken, 1) // before its time
		if _, err := b.s.Account(b.Context()); err != nil || b.fake.Logins != 2 || b.fake.Refreshes != 2 {
			b.Errorf("%v: %d logins, %d refreshes", err, b.fake.Logins, b.fake.Refreshes)
		}
	})
}

func TestLoggingInIsThrottled(t *testing.T) {
	with(t, func(b *bench) {
		b.tokens.text = ""
		b.s = b.start(Options{Key: "CJ0000001@api@wrong"})
		_, err := b.s.Account(b.Context())
		if sync.KindOf(err) != sync.Auth {
			b.Error(err)
		}
		asked := b.fake.Asked["/authentication/getAccessToken"]
		for range 3 {
			b.s = b.start(Options{Key: "CJ0000001@api@wrong"})
			_, err = b.s.Account(b.Context())
			var e *sync.Error
			if !errors.As(err, &e) || e.Kind != sync.RateLimited || e.RetryAfter <= 0 || e.RetryAfter > loginEvery {
				b.Error(err)
			}
		}
		if n := b.fake.Asked["/authentication/getAccessToken"]; n != asked {
			b.Errorf("asked %d times", n-asked)
		}
		b.s = b.start(Options{}) // the right key has nothing to do with that
		if _, err := b.s.Account(b.Context()); err != nil {
			b.Error(err)
		}
	})
}

func TestATokenThatIsRefusedForAnOrderSendsItNotTwice(t *testing.T) {
	with(t, func(b *bench) {
		b.fault(create, cjfake.BadToken, 1)
		_, err := b.s.Place(b.Context(), place("S1-26-1"))
		b.is(err, outbox.ErrNotSent)
		if strings.Contains(err.Error(), b.fake.Access) || b.fake.Asked[create] != 1 {
			b.Errorf("%v; %d times", err, b.fake.Asked[create])
		}
		b.place(place("S1-26-1"))
		b.once("S1-26-1", 0, 1)
	})
}

func TestAccountsThatAreSwitchedOffSaySo(t *testing.T) {
	with(t, func(b *bench) {
		b.fake.Fault = func(string) cjfake.Fault { return cjfake.Suspended }
		_, err := b.s.Test(b.Context())
		if !errors.Is(err, ErrSuspended) || sync.KindOf(err) != sync.Auth || !strings.Contains(err.Error(), "30 days") {
			b.Error(err)
		}
		_, err = b.s.Place(b.Context(), place("S1-27-1"))
		b.is(err, outbox.ErrNotSent)
	})
}

func TestTokensThatCannotBeKept(t *testing.T) {
	with(t, func(b *bench) {
		if _, err := b.s.Account(b.Context()); err != nil {
			b.Fatal(err)
		}
		b.tokens.text = ""
		b.s = b.start(Options{})
		time.Sleep(loginEvery)
		if _, err := b.s.Account(b.Context()); err != nil {
			b.Fatal(err)
		}
		b.tokens.bad = errors.New("the keyring is locked")
		b.s.spoil()
		info, err := b.s.Test(b.Context())
		if err != nil || len(info.Warnings) != 1 || !strings.Contains(info.Warnings[0], "the keyring is locked") {
			b.Errorf("%+v %v", info, err)
		}
	})
}

func TestPointsAndPaceAreToldApart(t *testing.T) {
	with(t, func(b *bench) {
		q := outbox.QuoteReq{Items: place("R").Items, Address: place("R").Address}
		b.fault(frght, cjfake.TooFast, 1)
		_, err := b.s.Quote(b.Context(), q)
		var e *sync.Error
		if !errors.As(err, &e) || e.Kind != sync.RateLimited || errors.Is(err, ErrPoints) || e.RetryAfter > 10*time.Second {
			b.Errorf("%v", err)
		}
		b.fault(frght, cjfake.NoPoints, 1)
		_, err = b.s.Quote(b.Context(), q)
		if !errors.As(err, &e) || e.Kind != sync.RateLimited || !errors.Is(err, ErrPoints) || e.RetryAfter < 30*time.Second {
			b.Errorf("%v: %v", err, e.RetryAfter)
		}
		asked := b.fake.Asked[frght]
		if _, err = b.s.Quote(b.Context(), q); !errors.Is(err, ErrPoints) || b.fake.Asked[frght] != asked {
			b.Errorf("%v; asked although there are none", err)
		}
		b.place(place("S1-28-1")) // orders cost none
		time.Sleep(e.RetryAfter)
		if _, err = b.s.Quote(b.Context(), q); err != nil {
			b.Error(err)
		}
		b.fault("/product/listV2", cjfake.Bare429, 1) // no word why: few are left
		time.Sleep(time.Minute * 3)
		if _, _, err = b.s.Search(b.Context(), "lamp", 1); !errors.Is(err, ErrPoints) {
			b.Error(err)
		}
	})
}

func TestEqualBasketsAreQuotedOnce(t *testing.T) {
	with(t, func(b *bench) {
		q := outbox.QuoteReq{Items: place("R").Items, Address: place("R").Address}
		first, err := b.s.Quote(b.Context(), q)
		if err != nil {
			b.Fatal(err)
		}
		for i := range 100 {
			time.Sleep(time.Second)
			q.Basket, q.Address.PostalCode = fmt.Sprint(i), fmt.Sprint(10_000+i)
			again, err := b.s.Quote(b.Context(), q)
			if err != nil || again.Basket != q.Basket || !again.At.Equal(first.At) {
				b.Fatalf("%+v %v", again, err) // it says how old it is
			}
		}
		if n := b.fake.Asked[frght] + b.fake.Asked["/product/query"] + b.fake.Asked["/product/stock/queryByVid"]; n != 3 {
			b.Errorf("%d requests", n)
		}
		q.Address.Country = "DE"
		if _, err := b.s.Quote(b.Context(), q); err != nil || b.fake.Asked[frght] != 2 {
			b.Errorf("%v, %d", err, b.fake.Asked[frght])
		}
		time.Sleep(priceAge)
		if again, err := b.s.Quote(b.Context(), q); err != nil || !again.At.After(first.At) {
			b.Errorf("%+v %v", again, err)
		}
	})
}

func TestQuotesThatAreNone(t *testing.T) {
	with(t, func(b *bench) {
		q := outbox.QuoteReq{Items: place("R").Items, Address: place("R").Address}
		q.Address.Country = "AQ"
		if got, err := b.s.Quote(b.Context(), q); err != nil || got.Error == "" || len(got.Methods) != 0 {
			b.Errorf("%+v %v", got, err)
		}
		q.Items = []checkout.Item{{SKU: "CJGONE", Quantity: order.Units(1)}}
		if got, err := b.s.Quote(b.Context(), q); err != nil || len(got.Items) != 1 || !got.Items[0].Gone {
			b.Errorf("%+v %v", got, err)
		}
		_, err := b.s.Place(b.Context(), func() store.PlaceDoc { d := place("S1-29-1"); d.Items[0].SKU = "CJGONE"; return d }())
		b.is(err, outbox.ErrRejected)
	})
}

func TestSearch(t *testing.T) {
	with(t, func(b *bench) {
		got, more, err := b.s.Search(b.Context(), "strainer", 1)
		if err != nil || more || len(got) != 2 || got[0].SKU != "CJTEST000101AZ" || got[0].Variant != "S" || got[0].Cost != usd(350) || got[0].WeightGrams != 40 {
			b.Errorf("%+v %t %v", got, more, err)
		}
		got, _, err = b.s.Search(b.Context(), "lamp", 1)
		if err != nil || len(got) != 1 || got[0].Cost != usd(1517) || !got[0].CostKnown {
			b.Errorf("%+v %v", got, err)
		}
		lists := b.fake.Asked["/product/listV2"]
		got, _, err = b.s.Search(b.Context(), "CJTEST000301DW", 1)
		if err != nil || len(got) != 1 || got[0].Kind != checkout.KindPackaging || b.fake.Asked["/product/listV2"] != lists {
			b.Errorf("%+v %v", got, err)
		}
	})
}

func TestTheAccountsPaceIsKept(t *testing.T) {
	with(t, func(b *bench) {
		b.fake.Quirks.QPS = 2
		began := time.Now()
		if _, err := b.s.Account(b.Context()); err != nil {
			b.Fatal(err)
		}
		for range 20 {
			if _, err := b.s.Account(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
		if took := time.Since(began); took < 10*time.Second || took > 13*time.Second {
			b.Errorf("20 requests at 2 a second took %v", took)
		}
	})
}

func TestNoSecretInAnyError(t *testing.T) {
	with(t, func(b *bench) {
		if _, err := b.s.Account(b.Context()); err != nil {
			b.Fatal(err)
		}
		for _, f := range []cjfake.Fault{cjfake.BadToken, cjfake.Down, cjfake.GarbageOK, cjfake.DropAfter, cjfake.TooFast} {
			b.fake.Fault = func(string) cjfake.Fault { return f }
			_, err := b.s.Account(b.Context())
			if err == nil {
				b.Fatal(f)
			}
			all := fmt.Sprintf("%v %+v", err, err)
			for _, secret := range []string{cjfake.Key, b.s.login.Access, b.s.login.Refresh, b.fake.Access} {
				if strings.Contains(all, secret) {
					b.Errorf("%s: %s", f, all)
				}
			}
		}
	})
}

func TestTheFakeOutlivesItsProcess(t *testing.T) {
	file := t.TempDir() + "/cj.json"
	one, err := cjfake.New(file)
	if err != nil {
		t.Fatal(err)
	}
	one.Do(func(s *cjfake.State) { s.Orders = append(s.Orders, &cjfake.Order{Code: "SD1", Ref: "R"}) })
	two, err := cjfake.New(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, orders := two.PaymentsOf("R"); orders != 1 {
		t.Error("forgotten")
	}
}

func TestTheOutboxAndAScreenMayAskAtOnce(t *testing.T) {
	with(t, func(b *bench) {
		ctx := b.Context()
		done := make(chan error)
		go func() {
			_, _, err := b.s.Search(ctx, "strainer", 1)
			done <- err
		}()
		go func() {
			_, err := b.s.Quote(ctx, outbox.QuoteReq{Items: place("R").Items, Address: place("R").Address})
			done <- err
		}()
		b.place(place("S1-30-1"))
		for range 2 {
			if err := <-done; err != nil {
				b.Error(err)
			}
		}
		b.fault(create, cjfake.HangAfter, 1)
		go func() {
			_, err := b.s.Place(ctx, place("S1-30-2"))
			done <- err
		}()
		synctest.Wait()
		short, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		_, err := b.s.Place(short, place("S1-30-3"))
		b.is(err, outbox.ErrNotSent) // it did not come to it
		if err := <-done; err == nil {
			b.Error("no error")
		}
		b.once("S1-30-3", 0, 0)
	})
}
