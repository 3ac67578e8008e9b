//go:build e2e

package vendure_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync/outbox"
	"github.com/orderdeck/orderdeck/sync/vendure"
)

// there is what the store says of an order after something was done to it here.
type there struct {
	State, Code string
	Lines       []struct {
		ID       string
		Quantity int
	}
	Payments []struct {
		State, Method, TransactionID string
		Amount                       int
		Refunds                      []struct {
			State, Reason, TransactionID string
			Total                        int
			Lines                        []struct{ Quantity int }
		}
	}
	Fulfillments []struct{ State, Method, TrackingCode string }
	History      struct {
		Items []struct {
			Type     string
			IsPublic bool
			Data     struct{ Note, Reason string }
		}
	}
	ShippingAddress struct{ FullName, CountryCode string }
	Customer        *struct{ EmailAddress string }
	ShippingLines   []struct{ ID string }
}

func (v *vendureServer) there(t *testing.T, id string) there {
	t.Helper()
	var out struct{ Order there }
	v.ask(t, `query($id: ID!) { order(id: $id) { state code lines { id quantity } shippingLines { id } customer { emailAddress }
		payments { state method transactionId amount refunds { state reason transactionId total lines { quantity } } }
		fulfillments { state method trackingCode } shippingAddress { fullName countryCode }
		history { items { type isPublic data } } } }`, map[string]any{"id": id}, &out)
	return out.Order
}

// actTwice does an act here two times: the second must find the first.
func actTwice(t *testing.T, p *vendure.Platform, id string, a order.Act) outbox.Done {
	t.Helper()
	first, err := p.Act(t.Context(), id, a)
	if err != nil || first.Already {
		t.Fatalf("%s of %s: %+v %v", a.Kind, id, first, err)
	}
	again, err := p.Act(t.Context(), id, a)
	if err != nil || !again.Already {
		t.Errorf("%s of %s again: %+v %v", a.Kind, id, again, err)
	}
	return first
}

// acts: everything that can be done to an order from here, seen there, once.
func acts(t *testing.T, d *desk, v *vendureServer) {
	p, err := vendure.New(vendure.Options{URL: v.URL, Key: v.Key, Version: "e2e"})
	if err != nil {
		t.Fatal(err)
	}
	now := func(id string) order.Order {
		t.Helper()
		got, err := p.Read(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return got.Order
	}
	v.buy(t, "pay-later") // which is authorized, and taken later
	v.buy(t, "pay-later")
	authorized := v.inState(t, "PaymentAuthorized")

	// Money that was authorized is taken.
	id := authorized[0]
	actTwice(t, p, id, order.Act{Kind: order.ActMarkPaid, Key: "e1", Amount: now(id).Total})
	if o := v.there(t, id); o.State != "PaymentSettled" || o.Payments[0].State != "Settled" || now(id).CustomerPayment != order.PaymentPaid {
		t.Errorf("%+v", o)
	}

	// A pending refund, of a payment by hand that no provider can give back, is settled. Then the rest, and no more.
	actTwice(t, p, id, order.Act{Kind: order.ActRefund, Key: "e2", Amount: order.New(150, "USD"), Reason: "Scratch"})
	actTwice(t, p, id, order.Act{Kind: order.ActRefund, Key: "e3"})
	o := v.there(t, id)
	sum := 0
	for _, r := range o.Payments[0].Refunds {
		sum += r.Total
		if r.State != "Settled" {
			t.Errorf("%+v", r)
		}
	}
	if len(o.Payments[0].Refunds) != 2 || sum != o.Payments[0].Amount || !strings.HasPrefix(o.Payments[0].Refunds[0].Reason+o.Payments[0].Refunds[1].Reason, "Scratch") &&
		!strings.Contains(o.Payments[0].Refunds[1].Reason, "Scratch") {
		t.Errorf("%+v", o.Payments)
	}
	if _, err := p.Act(t.Context(), id, order.Act{Kind: order.ActRefund, Key: "e4", Amount: order.New(1, "USD")}); !errors.Is(err, outbox.ErrRejected) {
		t.Errorf("more than was paid: %v", err)
	}
	if r := now(id); r.Refund != order.CasePaid || !slices.ContainsFunc(r.Refunds, func(r order.Refund) bool { return r.Reason == "Scratch" }) {
		t.Errorf("the key of an act is shown: %+v", r.Refunds)
	}

	// One that was authorized and is cancelled gives the authorization back.
	id = authorized[1]
	actTwice(t, p, id, order.Act{Kind: order.ActCancel, Key: "e5", Reason: "No longer wanted"})
	if o := v.there(t, id); o.State != "Cancelled" || o.Payments[0].State != "Cancelled" || now(id).CancelReason != "No longer wanted" {
		t.Errorf("%+v %q", o, now(id).CancelReason)
	}

	// Pieces are refunded, and then cancelled; the rest is not.
	paid := v.inState(t, "PaymentSettled")
	at := slices.IndexFunc(paid, func(id string) bool {
		o := now(id)
		return len(o.Lines) > 1 && o.CustomerPayment == order.PaymentPaid
	})
	if at < 0 {
		t.Fatal("no paid order has two lines")
	}
	id = paid[at]
	line := now(id).Lines[0].ExternalID
	one := map[string]order.Quantity{line: order.Units(1)}
	actTwice(t, p, id, order.Act{Kind: order.ActRefund, Key: "e6", Lines: one})
	actTwice(t, p, id, order.Act{Kind: order.ActCancel, Key: "e7", Lines: one})
	was, is := v.orders(t)[id], v.there(t, id)
	if is.State != "PaymentSettled" || len(is.Payments[0].Refunds) != 1 || len(is.Payments[0].Refunds[0].Lines) != 1 || is.Payments[0].Refunds[0].Total <= 0 || len(was.Lines) == 0 {
		t.Errorf("%+v", is)
	}
	if l := now(id).Lines[0]; l.Cancelled != order.Units(1) {
		t.Errorf("%+v", l)
	}

	// Notes, for staff and for the customer.
	actTwice(t, p, id, order.Act{Kind: order.ActNote, Key: "e8", Text: "Called"})
	actTwice(t, p, id, order.Act{Kind: order.ActNote, Key: "e9", Text: "Called"})
	actTwice(t, p, id, order.Act{Kind: order.ActNote, Key: "e10", Text: "On its way soon", Public: true})
	notes := map[string]int{}
	for _, n := range now(id).Notes {
		if n.Kind == "note" {
			notes[n.Text]++
		}
	}
	for _, h := range v.there(t, id).History.Items {
		if h.IsPublic && strings.Contains(h.Data.Note, "orderdeck") {
			t.Errorf("the customer sees the key: %+v", h)
		}
	}
	if notes["Called"] != 2 || notes["On its way soon"] != 1 {
		t.Errorf("%v", notes)
	}

	// A parcel gets another number, on its way, and arrives.
	if err := p.Fulfil(t.Context(), id, store.TellDoc{Parcel: order.Parcel{Carrier: "DPD", Tracking: "E2EACT1"}}); err != nil {
		t.Fatal(err)
	}
	actTwice(t, p, id, order.Act{Kind: order.ActTracking, Key: "e11", Parcel: order.Parcel{Tracking: "E2EACT2"}})
	var live []string
	for _, f := range v.there(t, id).Fulfillments {
		if f.State != "Cancelled" {
			live = append(live, f.State+" "+f.Method+" "+f.TrackingCode)
		}
	}
	if !slices.Equal(live, []string{"Shipped DPD E2EACT2"}) || v.there(t, id).State != "Shipped" {
		t.Errorf("%q %s", live, v.there(t, id).State)
	}
	actTwice(t, p, id, order.Act{Kind: order.ActComplete, Key: "e12"})
	if o := v.there(t, id); o.State != "Delivered" || now(id).Fulfilment != order.FulfilmentDelivered {
		t.Errorf("%+v", o)
	}

	// A state of the store's own process, of those that may follow.
	id = paid[(at+1)%len(paid)]
	if _, err := p.Act(t.Context(), id, order.Act{Kind: order.ActStatus, Status: "Draft"}); !errors.Is(err, outbox.ErrRejected) || !strings.Contains(err.Error(), "Modifying") {
		t.Errorf("%v", err)
	}
	actTwice(t, p, id, order.Act{Kind: order.ActStatus, Status: "Modifying"})
	actTwice(t, p, id, order.Act{Kind: order.ActStatus, Status: "PaymentSettled"})

	// A draft, which becomes an order when it is marked as paid.
	draft := &order.Order{
		Currency: "USD", Customer: order.Customer{Name: "Zoë Núñez", Email: "phone@example.test"},
		Shipping: order.Address{Name: "Zoë Núñez", Line1: "8 rue de l'Église", City: "Nîmes", Country: "FR"},
		Lines:    []order.Line{{ProductID: "1", Quantity: order.Units(2)}, {ProductID: "2", Quantity: order.Units(1)}},
	}
	create := order.Act{Kind: order.ActDraft, Step: "create", Key: "e13", Draft: draft, Text: ""}
	made := actTwice(t, p, "", create)
	o = v.there(t, made.ID)
	if o.State != "Draft" || len(o.Lines) != 2 || o.Lines[0].Quantity != 2 || o.Customer == nil || o.ShippingAddress.CountryCode != "FR" || len(o.ShippingLines) != 1 {
		t.Errorf("%+v", o)
	}
	if _, err := p.Act(t.Context(), made.ID, order.Act{Kind: order.ActDraft, Step: "complete", Key: "e14"}); !errors.Is(err, outbox.ErrRejected) {
		t.Errorf("%v", err)
	}
	actTwice(t, p, made.ID, order.Act{Kind: order.ActMarkPaid, Key: "e15"})
	if o = v.there(t, made.ID); o.State != "PaymentSettled" || len(o.Payments) != 1 || o.Payments[0].TransactionID != "e15" {
		t.Errorf("%+v", o)
	}
	if _, err := p.Act(t.Context(), "987654", order.Act{Kind: order.ActNote, Key: "k", Text: "x"}); !errors.Is(err, outbox.ErrGone) {
		t.Errorf("%v", err)
	}
	d.sync(t)
	d.same(t, v.orders(t))
}

// rights: a key that may only read says so, and what it refuses names the permission.
func rights(t *testing.T, v *vendureServer) {
	var role struct{ CreateRole struct{ ID string } }
	v.ask(t, `mutation { createRole(input: {code: "reader", description: "reader", permissions: [ReadOrder]}) { id } }`, nil, &role)
	var key struct{ CreateAPIKey struct{ APIKey string } }
	v.ask(t, `mutation($r: [ID!]!) { createApiKey(input: {roleIds: $r, translations: [{languageCode: en, name: "reader"}]}) { apiKey } }`,
		map[string]any{"r": []string{role.CreateRole.ID}}, &key)
	for _, tc := range []struct {
		key  string
		have string
	}{{v.Key, "ReadOrder UpdateOrder CreateOrder"}, {key.CreateAPIKey.APIKey, "ReadOrder"}} {
		p, err := vendure.New(vendure.Options{URL: v.URL, Key: tc.key})
		if err != nil {
			t.Fatal(err)
		}
		info, err := p.Test(t.Context())
		if have := strings.Join(info.Permissions, " "); err != nil || have != tc.have || strings.Contains(strings.Join(info.Warnings, " "), "UpdateOrder") != (have == "ReadOrder") {
			t.Errorf("%v %q %q", err, have, info.Warnings)
		}
		id := v.inState(t, "PaymentSettled")[0]
		_, err = p.Act(t.Context(), id, order.Act{Kind: order.ActNote, Key: "r " + tc.have, Text: "May I?"})
		if (err == nil) != (tc.key == v.Key) || err != nil && (!errors.Is(err, outbox.ErrRejected) || !strings.Contains(err.Error(), "UpdateOrder")) {
			t.Errorf("%v", err)
		}
	}
}

// commands: what a merchant asks for by the program's commands arrives in the store, and is read back.
func commands(t *testing.T, d *desk, v *vendureServer) {
	v.buy(t, "test-card")
	v.buy(t, "test-card")
	d.sync(t)
	ids := v.inState(t, "PaymentSettled")
	id := ids[len(ids)-1] // bought just now
	name := "shop/" + v.there(t, id).Code
	out := d.must(t, "order", "note", name, "--text", "call before delivery")
	if !strings.Contains(out, "done") {
		t.Error(out)
	}
	noted := 0
	for _, h := range v.there(t, id).History.Items {
		if strings.Contains(h.Data.Note, "call before delivery") {
			noted++
		}
	}
	if noted != 1 {
		t.Errorf("the note is there %d times", noted)
	}
	d.must(t, "order", "refund", name, "--amount", "1.50", "--reason", "a scratch", "--yes")
	o := v.there(t, id)
	if len(o.Payments[0].Refunds) != 1 || o.Payments[0].Refunds[0].Total != 150 {
		t.Errorf("%+v", o.Payments)
	}
	if out := d.must(t, "show", name, "--json"); !strings.Contains(out, `"partially_refunded"`) || !strings.Contains(out, "call before delivery") {
		t.Errorf("the desk does not show it: %s", out)
	}
	if _, _, code := d.run("order", "refund", name, "--amount", "99999", "--yes"); code != 1 {
		t.Errorf("more than was paid: exit code %d", code)
	}
	if out, _, code := d.run("order", "tag", name, "--add", "vip"); code != 1 || !strings.Contains(out, "refused") {
		t.Errorf("Vendure has no tags on orders: %d %s", code, out)
	}

	other := "shop/" + v.there(t, ids[len(ids)-2]).Code
	d.must(t, "order", "cancel", other, "--reason", "it is a duplicate", "--yes")
	if o := v.there(t, ids[len(ids)-2]); o.State != "Cancelled" {
		t.Errorf("cancelled here, and there it is %s", o.State)
	}
}
