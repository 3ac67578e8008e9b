package demo

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

// open is a world with its files in a folder.
func open(dir string, orders int, c *clock) *World {
	return New(Options{Orders: orders, Seed: 1, Clock: c.Now, Start: began, State: filepath.Join(dir, "demo")})
}

// wanted is a group of an order that a merchant may buy, as a document for its supplier, with the cheapest method.
func (k *desk) wanted(t tester, o *order.Order, g *order.Group) (outbox.Supplier, store.PlaceDoc, checkout.Quote) {
	t.Helper()
	i := slices.IndexFunc(k.world.Sellers(), func(s outbox.Supplier) bool { return s.Name() == g.Supplier })
	if i < 0 {
		t.Fatalf("nobody is called %q", g.Supplier)
	}
	s := k.world.Sellers()[i]
	doc := store.PlaceDoc{Reference: "S1-" + o.Number + "-" + strconv.Itoa(g.Lines[0]), Address: o.Destination(), Number: o.Number}
	for _, n := range g.Lines {
		l := &o.Lines[n]
		link := k.links[o.Store][l.ProductKey()]
		doc.Items = append(doc.Items, checkout.Item{Line: l.ExternalID, SKU: link.SupplierSKU, Quantity: l.Open(), Unit: link.Cost})
	}
	q, err := s.Quote(context.Background(), outbox.QuoteReq{Items: doc.Items, Address: doc.Address})
	if err != nil || q.Error != "" {
		t.Fatalf("%s: %v %s", o.Number, err, q.Error)
	}
	best := -1
	for m := range q.Methods {
		if q.Methods[m].Refused == "" && (best < 0 || q.Methods[m].Cost.Minor < q.Methods[best].Cost.Minor) {
			best = m
		}
	}
	if best >= 0 {
		doc.Method = q.Methods[best]
	}
	return s, doc, q
}

// inStock tells whether a quote has nothing that is missing.
func inStock(q *checkout.Quote) bool {
	for i := range q.Items {
		if it := &q.Items[i]; it.Gone || it.Stock != nil && order.Units(*it.Stock) < it.Quantity {
			return false
		}
	}
	return true
}

func shopOf(w *World, name string) outbox.Shop {
	for _, src := range w.Sources() {
		if src.Shop.Name == name {
			return src.Platform.(outbox.Shop)
		}
	}
	return nil
}

// TestThreeOrders is the way of a merchant: three orders are bought, they leave, and the store knows of it, also after
// a restart. Weeks later the colleague has bought none of them again.
func TestThreeOrders(t *testing.T) {
	dir, c := t.TempDir(), &clock{now: began}
	k := newDesk(open(dir, DefaultOrders, c))
	k.sync(t)
	states := k.derive(c.now)
	type purchase struct {
		order    string
		supplier outbox.Supplier
		made     outbox.Order
		lines    []string
	}
	var bought []purchase
	for _, id := range slices.Sorted(maps.Keys(states)) {
		o, st := k.orders[id], states[id]
		if st.Stage != order.StageUnpaid || len(st.Groups) != 1 || len(bought) == 3 {
			continue
		}
		s, doc, q := k.wanted(t, &o, &st.Groups[0])
		if doc.Method.Code == "" || !inStock(&q) || len(doc.Address.Missing()) > 0 {
			continue
		}
		made, err := s.Place(t.Context(), doc)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Pay(t.Context(), store.PayDoc{Reference: doc.Reference, SupplierNo: made.Number, Max: made.Total, PayWith: checkout.PayMethod{Code: "card"}}); err != nil {
			t.Fatal(err)
		}
		p := purchase{order: id, supplier: s, made: made}
		for i := range doc.Items {
			p.lines = append(p.lines, doc.Items[i].Line)
		}
		bought = append(bought, p)
	}
	if len(bought) < 3 {
		t.Fatalf("%d orders can be bought at once, want 3", len(bought))
	}
	c.forward(2 * time.Minute)
	k.sync(t)
	numbers := map[string]string{}
	for _, p := range bought {
		now, err := p.supplier.Track(t.Context(), []string{p.made.Number})
		if err != nil || now[0].State != order.PlacementDelivered {
			t.Fatalf("after two minutes: %+v %v", now, err)
		}
		parcel := now[0].Parcels[0]
		shop, external, _ := strings.Cut(p.order, "/")
		platform := shopOf(k.world, shop)
		tell := store.TellDoc{Reference: p.made.Reference, Parcel: parcel, Lines: parcel.Lines, Notify: true}
		for range 2 { // once is enough
			if err := platform.Fulfil(t.Context(), external, tell); err != nil {
				t.Fatal(err)
			}
		}
		read, err := platform.Read(t.Context(), external)
		if err != nil || read.Order.Fulfilment != order.Fulfilled || len(read.Order.Fulfilments) != 1 || read.Order.Fulfilments[0].Tracking != parcel.Tracking {
			t.Fatalf("read again: %s %+v %v", read.Order.Fulfilment, read.Order.Fulfilments, err)
		}
		tell.Parcel.Tracking = "another"
		if err := platform.Fulfil(t.Context(), external, tell); !errors.Is(err, outbox.ErrRejected) {
			t.Fatalf("sent again: %v", err)
		}
		numbers[p.order] = parcel.Tracking
	}
	c.forward(time.Second)
	k.sync(t)
	k.world = open(dir, DefaultOrders, c) // a restart
	fresh := newDesk(k.world)
	for range 4 {
		c.forward(8 * 24 * time.Hour)
		k.sync(t)
	}
	fresh.sync(t)
	for _, p := range bought {
		for _, d := range []*desk{k, fresh} {
			if o := d.orders[p.order]; o.Fulfilment != order.Fulfilled || len(o.Fulfilments) != 1 || o.Fulfilments[0].Tracking != numbers[p.order] {
				t.Errorf("%s: pulled: %s %+v", p.order, o.Fulfilment, o.Fulfilments)
			}
			for _, pl := range d.placements {
				for _, line := range pl.Lines {
					if slices.Contains(p.lines, line) {
						t.Errorf("%s was bought by somebody else too: %+v", p.order, pl)
					}
				}
			}
		}
	}
}

// TestMuchToDo has something of everything to do when the world begins.
func TestMuchToDo(t *testing.T) {
	for _, seed := range []int64{1, 4, 9} {
		w, c := world(DefaultOrders, seed)
		k := newDesk(w)
		k.sync(t)
		n := map[string]int{}
		for id, st := range k.derive(c.now) {
			o := k.orders[id]
			n["stage "+string(st.Stage)]++
			if st.Stage == order.StageQuoting && strings.Contains(strings.Join(st.Missing, " "), "cerâmica") {
				n["to be linked"]++
			}
			if st.Stage != order.StageUnpaid {
				continue
			}
			if o.Fulfilment == order.FulfilmentOnHold {
				n["held"]++
			}
			ready := true
			for i := range st.Groups {
				if st.Groups[i].Stage != order.StageUnpaid {
					continue
				}
				_, doc, q := k.wanted(t, &o, &st.Groups[i])
				for what, is := range map[string]bool{
					"address": len(doc.Address.Missing()) > 0, "place": doc.Method.Code == "" && o.Shipping.Province == "PR", "stock": !inStock(&q),
					"at the door": o.CashOnDelivery,
				} {
					if is {
						n[what]++
						ready = false
					}
				}
				ready = ready && doc.Method.Code != ""
			}
			if ready {
				n["ready"]++
			}
		}
		for what, want := range map[string]int{
			"ready": 8, "address": 1, "place": 1, "stock": 1, "at the door": 1, "held": 1, "to be linked": 2, "stage awaiting": 8, "stage pending": 1,
		} {
			if n[what] < want {
				t.Errorf("seed %d: %d orders: %s, want %d at least", seed, n[what], what, want)
			}
		}
	}
}

// TestSellersMatchLinks has every link of the world in the catalogue of its supplier, with the same cost and stock, and
// what is not linked can be.
func TestSellersMatchLinks(t *testing.T) {
	w, _ := world(200, 1)
	k := newDesk(w)
	k.sync(t)
	have := map[string]checkout.Product{}
	for _, s := range w.Sellers() {
		for page, more := 0, true; more; page++ {
			var list []checkout.Product
			var err error
			if list, more, err = s.Search(t.Context(), "", page); err != nil {
				t.Fatal(err)
			}
			for _, p := range list {
				if _, twice := have[p.Supplier+"/"+p.SKU]; twice {
					t.Errorf("%s sells %s twice", p.Supplier, p.SKU)
				}
				have[p.Supplier+"/"+p.SKU] = p
			}
		}
	}
	for _, l := range k.links["aurora"] {
		p, ok := have[l.Supplier+"/"+l.SupplierSKU]
		if !ok || p.CostKnown != l.CostKnown || l.CostKnown && p.Cost != l.Cost || *p.Stock != *l.Stock || p.WeightGrams != l.WeightGrams {
			t.Errorf("linked: %+v\nsold:   %+v", l, p)
		}
	}
	told := 0
	for _, s := range w.Suppliers() {
		b, err := s.Pull(t.Context(), streamCatalogue, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range b.Products {
			if q := have[p.Supplier+"/"+p.SKU]; p.Supplier != s.Name() || p.Cost != q.Cost || p.Kind != q.Kind {
				t.Errorf("reported: %+v\nsold:     %+v", p, q)
			}
			told++
		}
	}
	if told != len(have) {
		t.Errorf("%d products are reported, %d are sold", told, len(have))
	}
	found, _, err := w.Sellers()[minas].Search(t.Context(), "vela recarregavel", 0)
	if err != nil || len(found) == 0 || !found[0].CostKnown {
		t.Errorf("what is not linked is not sold: %v %v", found, err)
	}
	s := w.Settings()
	for i, have := range s.Suppliers {
		if have.Name != w.Suppliers()[i].Name() || have.Currency == "" {
			t.Errorf("set up: %+v", have)
		}
	}
}

// TestShopRefuses tells shops nonsense.
func TestShopRefuses(t *testing.T) {
	w, _ := world(300, 1)
	k := newDesk(w)
	k.sync(t)
	shop := shopOf(w, "aurora")
	for _, id := range []string{"", "x", "48000012", "-1", "99999999999999999999", "48000011000"} {
		if _, err := shop.Read(t.Context(), id); !errors.Is(err, outbox.ErrGone) {
			t.Errorf("order %q: %v", id, err)
		}
		if err := shop.Fulfil(t.Context(), id, store.TellDoc{}); !errors.Is(err, outbox.ErrRejected) {
			t.Errorf("order %q: %v", id, err)
		}
	}
	for id, o := range k.orders {
		if o.Store != "aurora" || k.gone[id] {
			continue
		}
		full := []order.ShipmentLine{{LineID: o.Lines[0].ExternalID, Quantity: o.Lines[0].Quantity + 1}}
		for what, lines := range map[string][]order.ShipmentLine{
			"nothing": nil, "too much": full, "another order's": {{LineID: "48000011-9", Quantity: 1}}, "less than nothing": {{LineID: o.Lines[0].ExternalID, Quantity: -1}},
		} {
			if err := shop.Fulfil(t.Context(), o.ExternalID, store.TellDoc{Parcel: order.Parcel{Tracking: "T1"}, Lines: lines}); !errors.Is(err, outbox.ErrRejected) {
				t.Fatalf("%s of %s: %v", what, id, err)
			}
		}
	}
}

// TestHandsConverge lets a merchant buy and tell at any time between polls, with restarts. Whatever happens, the desk
// knows in the end what one that asks only then is told, and no line is bought twice.
func TestHandsConverge(t *testing.T) {
	dir := t.TempDir()
	n, bought := 0, 0
	t.Cleanup(func() {
		if bought == 0 {
			t.Error("nothing was ever bought")
		}
	})
	rapid.Check(t, func(r *rapid.T) {
		n++
		c := &clock{now: began}
		o := Options{
			Orders: rapid.IntRange(20, 120).Draw(r, "orders"), Seed: rapid.Int64Range(0, 1000).Draw(r, "seed"), Start: began, Clock: c.Now,
			State: filepath.Join(dir, fmt.Sprint(n)),
		}
		k := newDesk(New(o))
		hands := map[string]string{} // line → supplier number
		steps := rapid.SliceOfN(rapid.SampledFrom([]time.Duration{time.Second, 20 * time.Second, 3 * time.Minute, time.Hour, 50 * time.Hour}), 1, 5).Draw(r, "steps")
		for _, step := range steps {
			k.sync(r)
			c.forward(step)
			k.buy(r, c, hands)
			if rapid.IntRange(0, 99).Draw(r, "restart") < 25 {
				k.world = New(o)
			}
		}
		k.compare(r, o, c)
		bought += len(hands)
		for _, p := range k.placements {
			for _, line := range p.Lines {
				if hands[line] != "" && p.State.Live() {
					r.Fatalf("line %s was bought as %s and by somebody else as %s", line, hands[line], p.Reference)
				}
			}
		}
	})
}

// buy buys some of what can be bought as far as the desk knows, and tells the store of some of it.
func (k *desk) buy(r *rapid.T, c *clock, hands map[string]string) {
	states := k.derive(c.now)
	for _, id := range slices.Sorted(maps.Keys(states)) {
		st := states[id]
		if st.Stage != order.StageUnpaid || k.gone[id] || rapid.IntRange(0, 2).Draw(r, "buy") > 0 {
			continue
		}
		o := k.orders[id]
		for i := range st.Groups {
			g := &st.Groups[i]
			if g.Stage != order.StageUnpaid || hands[o.Lines[g.Lines[0]].ExternalID] != "" {
				continue
			}
			s, doc, _ := k.wanted(r, &o, g)
			made, err := s.Place(r.Context(), doc)
			if errors.Is(err, outbox.ErrRejected) {
				continue
			}
			for n := range doc.Items {
				hands[doc.Items[n].Line] = "lost"
				if err == nil {
					hands[doc.Items[n].Line] = made.Number
				}
			}
			if rapid.Bool().Draw(r, "tell") {
				tell := store.TellDoc{Parcel: order.Parcel{Carrier: "DHL", Tracking: "T" + doc.Reference}}
				for n := range doc.Items {
					tell.Lines = append(tell.Lines, order.ShipmentLine{LineID: doc.Items[n].Line, Quantity: doc.Items[n].Quantity})
				}
				_ = shopOf(k.world, o.Store).Fulfil(r.Context(), o.ExternalID, tell) // it may have been cancelled meanwhile
			}
		}
	}
}

// TestOtherWorld does not mix up what was done in two worlds with one name.
func TestOtherWorld(t *testing.T) {
	dir, c := t.TempDir(), &clock{now: began}
	w := open(dir, 1500, c)
	k := newDesk(w)
	k.sync(t)
	bought := 0
	states := k.derive(c.now)
	for id, st := range states {
		if o := k.orders[id]; st.Stage == order.StageUnpaid {
			s, doc, _ := k.wanted(t, &o, &st.Groups[0])
			if _, err := s.Place(t.Context(), doc); err == nil {
				bought++
			}
		}
	}
	if bought == 0 {
		t.Fatal("nothing could be bought")
	}
	count := func(w *World) (n int) {
		if err := w.refresh(); err != nil {
			t.Fatal(err)
		}
		for _, s := range w.shops {
			n += len(s.hands.of)
		}
		return n
	}
	if n := count(open(dir, 1500, c)); n == 0 {
		t.Error("after a restart nothing is in the merchant's hands")
	}
	later := New(Options{Orders: 1500, Seed: 1, Clock: c.Now, Start: began.Add(time.Hour), State: filepath.Join(dir, "demo")})
	if n := count(later); n != 0 {
		t.Errorf("in a world that began later %d orders are in the merchant's hands", n)
	}
}
