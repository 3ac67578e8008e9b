package sync

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync/internal/fakedb"
)

func newMemory(t *testing.T) *fakedb.DB {
	t.Helper()
	return fakedb.New(filepath.Join(t.TempDir(), "orders.db"))
}

// fakeShop is a Platform with n orders in pages; before each answer it asks hook what to do.
type fakeShop struct {
	mu    sync.Mutex
	n     int
	size  int
	took  time.Duration
	total bool
	paid  func(i int) bool
	calls []string
	hook  func(call int, stream string) error
	known func(k Known)
}

func (f *fakeShop) Kind() string               { return "fake" }
func (f *fakeShop) Capabilities() Capabilities { return Capabilities{Title: "Fake"} }
func (f *fakeShop) Streams() []string          { return []string{"all"} }
func (f *fakeShop) Test(context.Context) (Info, error) {
	return Info{Title: "A fake shop", Currency: "EUR", Zone: "Europe/Lisbon"}, nil
}

func (f *fakeShop) Pull(ctx context.Context, stream string, cursor []byte, known Known) (Batch, error) {
	f.mu.Lock()
	f.calls = append(f.calls, stream)
	call, n := len(f.calls), f.n
	f.mu.Unlock()
	if f.took > 0 {
		select {
		case <-time.After(f.took):
		case <-ctx.Done():
			return Batch{}, &Error{Kind: Network, Text: "interrupted", Err: ctx.Err()}
		}
	}
	if f.hook != nil {
		if err := f.hook(call, stream); err != nil {
			return Batch{}, err
		}
	}
	if f.known != nil {
		f.known(known)
	}
	at := 0
	if cursor != nil {
		if err := json.Unmarshal(cursor, &at); err != nil {
			return Batch{}, err
		}
	}
	var b Batch
	for ; at < n && len(b.Orders) < f.size; at++ {
		b.Orders = append(b.Orders, store.Pulled{Order: f.order(at)})
	}
	b.Cursor, b.More = fmt.Append(nil, at), at < n
	if f.total {
		b.Done, b.Total = at, n
	}
	return b, nil
}

func (f *fakeShop) order(i int) order.Order {
	o := order.Order{
		ExternalID: fmt.Sprint(i), Number: fmt.Sprint(1000 + i), Currency: "EUR", CustomerPayment: order.PaymentPaid,
		Fulfilment: order.Unfulfilled, Refund: order.CaseNone, Resend: order.ResendNone, Lifecycle: order.LifecycleOpen,
		Total: order.New(1000, "EUR"), Fingerprint: fmt.Sprint("f", i),
		Lines: []order.Line{{ExternalID: "1", Title: "Thing", Quantity: order.Units(1)}},
	}
	if f.paid != nil && !f.paid(i) {
		o.CustomerPayment = order.PaymentPending
	}
	return o
}

func (f *fakeShop) asked() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.calls)
}

func (f *fakeShop) set(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.n = n
}

func source(name string, p Platform, every time.Duration) Source {
	return Source{Shop: store.Shop{Name: name, Platform: "fake"}, Platform: p, Every: every}
}

// fakeSupplier is a Supplier with one page.
type fakeSupplier struct {
	took time.Duration
	err  error
	log  func(string)
}

func (f *fakeSupplier) Name() string      { return "lumen" }
func (f *fakeSupplier) Streams() []string { return []string{"catalogue"} }
func (f *fakeSupplier) Pull(context.Context, string, []byte) (SupplierBatch, error) {
	time.Sleep(f.took) // in a bubble of package synctest: takes no time
	f.log("supplier")
	return SupplierBatch{Links: make([]order.Link, 2), Cursor: []byte("x")}, f.err
}
