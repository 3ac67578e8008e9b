package prooftest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/sync/httpx"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

// timeout is that of one call to the house.
const timeout = 400 * time.Millisecond

// supplierName is what the merchant calls the house.
const supplierName = "house"

type bodyKey struct{}

type placeBody struct {
	Reference string           `json:"reference"`
	Lines     map[string]int64 `json:"lines"`
	Total     int64            `json:"total"`
}

func withBody(ctx context.Context, b *placeBody) context.Context {
	return context.WithValue(ctx, bodyKey{}, b)
}

func bodyOf(ctx context.Context) *placeBody { return ctx.Value(bodyKey{}).(*placeBody) }

// adapter speaks with the house as a supplier and as a store.
type adapter struct {
	client *httpx.Client
	caps   outbox.Caps
}

func connect(url string, caps outbox.Caps) (*adapter, error) {
	c, err := httpx.New(httpx.Options{URL: url})
	if err != nil {
		return nil, err
	}
	caps.Kind, caps.Currency, caps.SplitPay, caps.Timeout, caps.CanCancel = "test", "USD", true, timeout, true
	return &adapter{c, caps}, nil
}

func dial(t testing.TB, url string, caps outbox.Caps) *adapter {
	t.Helper()
	a, err := connect(url, caps)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (a *adapter) Name() string      { return supplierName }
func (a *adapter) Caps() outbox.Caps { return a.caps }

func (a *adapter) Test(context.Context) (outbox.Info, error) { return outbox.Info{Title: "House"}, nil }

func (a *adapter) Search(context.Context, string, int) ([]checkout.Product, bool, error) {
	return nil, false, outbox.ErrNotOffered
}

// Quote gives the same price for everything.
func (a *adapter) Quote(_ context.Context, q outbox.QuoteReq) (checkout.Quote, error) {
	out := checkout.Quote{Supplier: supplierName, Basket: q.Basket, Methods: []checkout.Method{{Code: "std", Name: "Standard", Cost: usd(200)}}}
	for _, i := range q.Items {
		out.Items = append(out.Items, checkout.QuotedItem{SKU: i.SKU, Quantity: i.Quantity, Unit: i.Unit})
	}
	return out, nil
}

// ask makes one call. kind is what a failure that the house names means.
func (a *adapter) ask(ctx context.Context, method, path string, query url.Values, body any, kind error) (out answer, err error) {
	req := httpx.Request{Method: method, Path: path, Query: query}
	if body != nil {
		if req.Body, err = json.Marshal(body); err != nil {
			return out, err
		}
	}
	res, err := a.client.Do(ctx, req)
	if err != nil {
		if errors.Is(err, httpx.ErrNotSent) {
			err = fmt.Errorf("%w: %w", outbox.ErrNotSent, err)
		}
		return out, err
	}
	if err := json.Unmarshal(res.Body, &out); err != nil {
		return out, err
	}
	switch {
	case res.Status == http.StatusConflict:
		return out, fmt.Errorf("%s: %w", out.Error, outbox.ErrExists)
	case res.Status != http.StatusOK:
		return out, fmt.Errorf("status %d", res.Status)
	case !out.OK:
		return out, fmt.Errorf("%s: %w", out.Error, kind)
	}
	return out, nil
}

func (a *adapter) Account(ctx context.Context) (checkout.Account, error) {
	out, err := a.ask(ctx, "GET", "account", nil, nil, errors.New("failed"))
	balance := usd(out.Wallet)
	return checkout.Account{Supplier: supplierName, Methods: []checkout.PayMethod{
		{Code: "wallet", Name: "Wallet", Kind: checkout.PayBalance, Available: &balance},
	}}, err
}

func (a *adapter) Place(ctx context.Context, doc store.PlaceDoc) (outbox.Order, error) {
	body := placeBody{Reference: doc.Reference, Lines: map[string]int64{}, Total: doc.Total.Minor}
	for _, i := range doc.Items {
		body.Lines[i.SKU] += int64(i.Quantity)
	}
	return one(a.ask(ctx, "POST", "orders", nil, body, outbox.ErrRejected))
}

func (a *adapter) Pay(ctx context.Context, doc store.PayDoc) (outbox.Order, error) {
	return one(a.ask(ctx, "POST", "orders/"+doc.SupplierNo+"/pay", nil, doc, outbox.ErrDeclined))
}

func (a *adapter) Cancel(ctx context.Context, doc store.CancelDoc) error {
	_, err := a.ask(ctx, "DELETE", "orders/"+doc.SupplierNo, nil, nil, outbox.ErrRejected)
	return err
}

func (a *adapter) Find(ctx context.Context, reference string) (outbox.Found, error) {
	out, err := a.ask(ctx, "GET", "orders", url.Values{"reference": {reference}}, nil, errors.New("failed"))
	return outbox.Found{Orders: orders(out), Conclusive: err == nil}, err
}

func (a *adapter) Track(ctx context.Context, numbers []string) ([]outbox.Order, error) {
	out, err := a.ask(ctx, "GET", "orders", url.Values{"numbers": {strings.Join(numbers, ",")}}, nil, errors.New("failed"))
	return orders(out), err
}

// Read and Fulfil make it a store.
func (a *adapter) Read(ctx context.Context, id string) (p store.Pulled, err error) {
	res, err := a.client.Do(ctx, httpx.Request{Path: "shop/" + id})
	if err != nil {
		return p, err
	}
	if res.Status == http.StatusNotFound {
		return p, outbox.ErrGone
	}
	return p, json.Unmarshal(res.Body, &p.Order)
}

func (a *adapter) Fulfil(ctx context.Context, id string, doc store.TellDoc) error {
	_, err := a.ask(ctx, "POST", "shop/"+id, nil, doc, outbox.ErrRejected)
	return err
}

func one(out answer, err error) (outbox.Order, error) {
	if err != nil || out.Order == nil {
		return outbox.Order{}, err
	}
	return view(*out.Order), nil
}

func orders(out answer) []outbox.Order {
	var all []outbox.Order
	for _, s := range out.Orders {
		all = append(all, view(s))
	}
	return all
}

// view puts what the house shows into our words.
func view(s seen) outbox.Order {
	o := outbox.Order{
		Number: s.Number, Reference: s.Reference, RawState: s.Status, Paid: outbox.Paid(s.Paid), PaidAt: s.PaidAt,
		Goods: usd(s.Total), Shipping: usd(0), Fees: usd(0), Total: usd(s.Total), Split: s.Split, Lines: map[string]order.Quantity{},
	}
	o.State = map[string]order.PlacementState{
		"UNPAID": order.PlacementPending, "PAID": order.PlacementProcessing, "SHIPPED": order.PlacementShipped, "CANCELLED": order.PlacementCancelled,
	}[s.Status]
	for sku, n := range s.Lines {
		o.Lines[sku] = order.Quantity(n)
	}
	if s.Extra > 0 {
		bill := usd(s.Extra)
		o.ExtraBill = &bill
	}
	if s.Tracking != "" {
		o.Parcels = []order.Parcel{{Carrier: "Post", Tracking: s.Tracking}}
	}
	return o
}

func usd(cents int64) order.Money { return order.New(cents, "USD") }
