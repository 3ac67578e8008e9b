package sync

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
)

// memory is a Database that keeps its orders in maps. Several services may share one, as processes share a file.
type memory struct {
	path string

	mu       sync.Mutex
	shops    map[string]store.Shop
	orders   map[string]order.Order // by shop/id
	applied  map[string]int         // how often an order was written as new
	skipped  map[string]store.Skip
	links    int
	cursors  map[string][]byte
	states   map[string]store.SyncState
	saves    []store.SyncState
	requests []string
	passes   int
	bulk     []string
	bulkHold chan struct{} // when set, the end of a bulk import waits for it
	failing  func(p store.Page) error
}

func newMemory(t *testing.T) *memory {
	t.Helper()
	return &memory{
		path: filepath.Join(t.TempDir(), "orders.db"), shops: map[string]store.Shop{}, orders: map[string]order.Order{},
		applied: map[string]int{}, skipped: map[string]store.Skip{}, cursors: map[string][]byte{},
		states: map[string]store.SyncState{},
	}
}

func (m *memory) Path() string { return m.path }

func (m *memory) Shops(context.Context) ([]store.Shop, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Collect(maps.Values(m.shops)), nil
}

func (m *memory) PutShop(_ context.Context, s store.Shop) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.shops[s.Name] = s
	return nil
}

func (m *memory) Apply(ctx context.Context, p store.Page) (store.Result, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return store.Result{}, err
	}
	if m.failing != nil {
		if err := m.failing(p); err != nil {
			return store.Result{}, err
		}
	}
	var res store.Result
	for _, o := range p.Orders {
		key := p.Shop + "/" + o.Order.ExternalID
		old, ok := m.orders[key]
		switch {
		case !ok:
			res.New++
			m.applied[key]++
		case reflect.DeepEqual(old, o.Order):
			res.Unchanged++
		default:
			res.Updated++
		}
		m.orders[key] = o.Order
	}
	for _, s := range p.Skipped {
		m.skipped[p.Shop+"/"+s.ExternalID] = s
	}
	res.Skipped, res.Gone = len(p.Skipped), len(p.Gone)
	res.Unchanged += len(p.Seen)
	if p.Cursor != nil {
		m.cursors[p.Shop+" "+p.Stream] = p.Cursor
	}
	return res, nil
}

func (m *memory) ApplySupplier(_ context.Context, p store.SupplierPage) (store.Result, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.links += len(p.Links)
	m.cursors[SupplierPrefix+p.Supplier+" "+p.Stream] = p.Cursor
	return store.Result{Updated: len(p.Links)}, nil
}

func (m *memory) Cursor(_ context.Context, shop, stream string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.cursors[shop+" "+stream], nil
}

func (m *memory) Fingerprints(_ context.Context, shop string, ids []string) (map[string]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[string]string{}
	for _, id := range ids {
		if o, ok := m.orders[shop+"/"+id]; ok {
			out[id] = o.Fingerprint
		}
	}
	return out, nil
}

func (m *memory) OpenOrders(context.Context, string, string, int) ([]string, error) { return nil, nil }

func (m *memory) SaveSync(_ context.Context, s store.SyncState) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.states[s.Shop] = s
	m.saves = append(m.saves, s)
	return nil
}

func (m *memory) SyncStates(context.Context) ([]store.SyncState, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Collect(maps.Values(m.states)), nil
}

func (m *memory) RequestSync(_ context.Context, shops []string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.requests = append(m.requests, shops...)
	return nil
}

func (m *memory) TakeSyncRequests(context.Context) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	taken := m.requests
	m.requests = nil
	return taken, nil
}

func (m *memory) Counts(context.Context, []string) (store.Counts, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return store.Counts{order.TabAll: len(m.orders)}, nil
}

func (m *memory) BackgroundPass(context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.passes++
	return nil
}

func (m *memory) note(s string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.bulk = append(m.bulk, s)
}

func (m *memory) BulkImport(_ context.Context, run func() error) error {
	m.note("begin")
	err := run()
	m.note("index")
	if m.bulkHold != nil {
		<-m.bulkHold
	}
	m.note("end")
	return err
}

func (m *memory) state(shop string) store.SyncState {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.states[shop]
}

func (m *memory) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.orders)
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
