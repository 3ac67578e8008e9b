package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync"
)

// began is when the worlds of the tests begin: a Saturday evening a week before Black Friday.
var began = time.Date(2026, 11, 21, 21, 7, 0, 0, time.UTC)

// clock is a clock that stands still until it is moved.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time          { return c.now }
func (c *clock) forward(d time.Duration) { c.now = c.now.Add(d) }

func world(n int, seed int64) (*World, *clock) {
	c := &clock{now: began}
	return New(Options{Orders: n, Seed: seed, Clock: c.Now, Start: began}), c
}

// tester is what the helpers need of a test; *testing.T and *rapid.T are.
type tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// desk is what a store would know after pulling: the last that was said.
type desk struct {
	world      *World
	cursors    map[string][]byte
	orders     map[string]order.Order
	gone       map[string]bool
	links      map[string]map[string]order.Link // by shop and product
	placements map[string]order.Placement
	times      map[string]int // how often an order was given by the streams orders and arrivals
	moved      int            // orders and placements of the last sync
	states     map[string]bool
	// before, where it is set, runs before every request; a true answer means that the page is lost on its way.
	before func() bool
}

func newDesk(w *World) *desk {
	return &desk{
		world: w, cursors: map[string][]byte{}, orders: map[string]order.Order{}, gone: map[string]bool{},
		links: map[string]map[string]order.Link{}, placements: map[string]order.Placement{}, times: map[string]int{},
		states: map[string]bool{},
	}
}

// sync pulls everything there is, as the engine does: suppliers first. It fails the test when something is said twice.
func (k *desk) sync(t tester) {
	t.Helper()
	k.moved = 0
	for _, s := range k.world.Suppliers() {
		k.syncSupplier(t, s)
	}
	for _, src := range k.world.Sources() {
		for _, stream := range src.Platform.Streams() {
			if !k.pull(t, src, stream) {
				break // a failure ends the run of a shop
			}
		}
	}
}

// lost tells whether the page of the next request is lost.
func (k *desk) lost() bool { return k.before != nil && k.before() }

func (k *desk) syncSupplier(t tester, s sync.Supplier) {
	t.Helper()
	for _, stream := range s.Streams() {
		name := s.Name() + "/" + stream
		for {
			lost := k.lost()
			b, err := s.Pull(context.Background(), stream, k.cursors[name])
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if lost {
				return
			}
			k.cursors[name] = b.Cursor
			for _, l := range b.Links {
				if k.links[l.Store] == nil {
					k.links[l.Store] = map[string]order.Link{}
				}
				k.links[l.Store][l.ProductKey] = l
			}
			for _, p := range b.Placements {
				state := digest(t, p)
				if k.states[state] {
					t.Fatalf("%s told the same of %s twice: %s", s.Name(), p.Reference, state)
				}
				k.states[state] = true
				if old, ok := k.placements[p.Reference]; ok && !p.UpdatedAt.After(old.UpdatedAt) {
					t.Fatalf("%s went back in time: %v after %v", p.Reference, p.UpdatedAt, old.UpdatedAt)
				}
				k.placements[p.Reference] = p
			}
			k.moved += len(b.Placements)
			if !b.More {
				break
			}
		}
	}
}

// pull asks for all pages of a stream; false = one was lost.
func (k *desk) pull(t tester, src sync.Source, stream string) bool {
	t.Helper()
	name := src.Shop.Name + "/" + stream
	for {
		lost := k.lost()
		b, err := src.Platform.Pull(context.Background(), stream, k.cursors[name], nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if lost {
			return false
		}
		k.cursors[name] = b.Cursor
		for _, p := range b.Orders {
			id := p.Order.Store + "/" + p.Order.ExternalID
			if stream != streamUpdated {
				k.times[id]++
			} else if _, ok := k.orders[id]; !ok {
				t.Fatalf("%s is said to have changed, but nobody has told of it", id)
			}
			k.orders[id] = p.Order
		}
		for _, id := range b.Gone {
			k.gone[src.Shop.Name+"/"+id] = true
		}
		k.moved += len(b.Orders) + len(b.Gone)
		if !b.More {
			return true
		}
	}
}

func digest(t tester, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// derive is what the desk makes of all it knows.
func (k *desk) derive(now time.Time) map[string]order.State {
	placements := map[string][]order.Placement{}
	for _, p := range k.placements {
		id := p.Store + "/" + p.ExternalID
		placements[id] = append(placements[id], p)
	}
	shops := map[string]sync.Source{}
	for _, s := range k.world.Sources() {
		shops[s.Shop.Name] = s
	}
	out := map[string]order.State{}
	for id, o := range k.orders {
		shop := shops[o.Store].Shop
		slices.SortFunc(placements[id], func(a, b order.Placement) int { return a.CheckedOut.Compare(b.CheckedOut) })
		out[id] = order.Derive(&o, order.Facts{
			Now: now, OwnStock: shop.OwnStock, AuthorizedIsPaid: shop.AuthorizedIsPaid, Links: k.links[o.Store],
			Placements: placements[id], Gone: k.gone[id],
		})
	}
	return out
}

// tally counts what is there, by axis and value.
func (k *desk) tally(now time.Time) map[string]int {
	n := map[string]int{}
	states := k.derive(now)
	for id, s := range states {
		o := k.orders[id]
		n["stage "+string(s.Stage)]++
		n["customer_payment "+string(o.CustomerPayment)]++
		n["fulfilment "+string(o.Fulfilment)]++
		n["refund "+string(o.Refund)]++
		n["claim "+string(s.Claim)]++
		n["resend "+string(o.Resend)]++
		n["lifecycle "+string(o.Lifecycle)]++
		n["currency "+o.Currency]++
		n["country "+o.Shipping.Country]++
		n["payment "+o.PaymentMethod]++
		for _, e := range s.Active(now) {
			n["exception "+string(e.Code)]++
		}
		for flag, on := range map[string]bool{
			"late": s.Late(now), "partly": s.Partly, "test": o.Test, "archived": o.Archived, "cod": o.CashOnDelivery,
			"coupon": len(o.DiscountCodes) > 0, "note": o.CustomerNote != "", "fee": len(o.Adjustments) > 0,
			"company": o.Customer.Company != "", "tax on top": !o.TaxIncluded && o.Tax.Minor > 0,
			"several suppliers": len(s.Suppliers) > 1, "shipments": len(o.Fulfilments) > 1,
		} {
			if on {
				n["flag "+flag]++
			}
		}
		for _, tag := range o.Tags {
			n["tag "+tag]++
		}
	}
	for _, p := range k.placements {
		n["placement "+string(p.State)]++
	}
	return n
}

func TestEverythingIsThere(t *testing.T) {
	var want []string
	add := func(axis string, values []string) {
		for _, v := range values {
			want = append(want, axis+" "+v)
		}
	}
	add("stage", names(order.Stages))
	add("customer_payment", names(order.CustomerPayments))
	add("fulfilment", names(order.Fulfilments))
	add("refund", names(order.CaseStates))
	add("claim", names(order.CaseStates))
	add("resend", names(order.ResendStates))
	add("lifecycle", names(order.Lifecycles))
	add("placement", names(order.PlacementStates))
	for _, c := range order.ExceptionCodes {
		switch c {
		case order.ExceptionDuplicateOrder, order.ExceptionDuplicateTracking: // found across orders, see below
		case order.ExceptionHoldExpired: // a hold is the merchant's own; neither a store nor a supplier brings one
		default:
			want = append(want, "exception "+string(c))
		}
	}
	add("currency", []string{"BRL", "EUR", "PLN", "USD"})
	add("country", []string{"BR", "PT", "PL", "US", "JP"})
	add("flag", []string{
		"late", "partly", "test", "archived", "cod", "coupon", "note", "fee", "company", "tax on top", "several suppliers", "shipments",
	})
	add("tag", []string{"wholesale", "vip", "gift", "preorder", "fragile", "export", "influencer"})
	for _, m := range methodNames[:konbini+1] {
		if m[0] != "pix" && m[0] != "boleto" {
			want = append(want, "payment "+m[2])
		}
		if m[0] != "blik" && m[0] != "przelewy24" {
			want = append(want, "payment "+m[1])
		}
	}
	for _, seed := range []int64{0, 1, 7, 2026} {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			w, c := world(DefaultOrders, seed)
			k := newDesk(w)
			k.sync(t)
			n := k.tally(c.now)
			for _, v := range want {
				if n[v] == 0 {
					t.Errorf("there is no %s", v)
				}
			}
			if twins, echoes := k.across(); twins == 0 || echoes == 0 {
				t.Errorf("%d tracking numbers stand on two orders, %d orders are there twice; want some of each", twins, echoes)
			}
		})
	}
}

func names[T ~string](list []T) (out []string) {
	for _, v := range list {
		out = append(out, string(v))
	}
	return out
}

// across counts what is wrong across orders: the same tracking number on two of them, the same order within minutes.
func (k *desk) across() (twins, echoes int) {
	tracking := map[string]string{}
	for _, p := range k.placements {
		for _, parcel := range p.Parcels {
			if other, ok := tracking[parcel.Tracking]; ok && other != p.ExternalID {
				twins++
			}
			tracking[parcel.Tracking] = p.ExternalID
		}
	}
	last := map[string]time.Time{}
	list := make([]order.Order, 0, len(k.orders))
	for _, o := range k.orders {
		list = append(list, o)
	}
	slices.SortFunc(list, func(a, b order.Order) int { return a.CreatedAt.Compare(b.CreatedAt) })
	for _, o := range list {
		key := fmt.Sprint(o.Store, o.Customer.Email, o.Total, len(o.Lines), o.Lines[0].SKU)
		if before, ok := last[key]; ok && o.CreatedAt.Sub(before) < 30*time.Minute {
			echoes++
		}
		last[key] = o.CreatedAt
	}
	return twins, echoes
}
