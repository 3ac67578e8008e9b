// Package fakedb is a database for the tests of package sync and of its connectors.
package fakedb

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
)

// DB is a database of package sync that keeps its orders in maps. Several services may share one, as processes share a
// file. Its exported fields are for looking at when nothing runs, and for making it behave.
type DB struct {
	path string

	mu       sync.Mutex
	requests []string

	Shop     map[string]store.Shop
	Orders   map[string]order.Order // by shop/id
	Written  map[string]int         // how often an order was written as new, by shop/id
	Gone     map[string]bool        // by shop/id
	Skipped  map[string]store.Skip  // by shop/id
	Cursors  map[string][]byte      // by "shop stream"
	States   map[string]store.SyncState
	Saves    []store.SyncState // every state that was kept
	Links    int               // from suppliers
	Products int               // from suppliers
	Passes   int               // in the background
	Bulk     []string          // what BulkImport did: begin, index, end
	BulkHold chan struct{}     // when set, the end of BulkImport waits for it
	Failing  func(p store.Page) error
}

// New makes an empty DB. The path is only used for the lock beside it.
func New(path string) *DB {
	return &DB{
		path: path, Shop: map[string]store.Shop{}, Orders: map[string]order.Order{}, Written: map[string]int{},
		Gone: map[string]bool{}, Skipped: map[string]store.Skip{}, Cursors: map[string][]byte{},
		States: map[string]store.SyncState{},
	}
}

// Path is as in sync.Database.
func (m *DB) Path() string { return m.path }

// Shops is as in sync.Database.
func (m *DB) Shops(context.Context) ([]store.Shop, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Collect(maps.Values(m.Shop)), nil
}

// PutShop is as in sync.Database.
func (m *DB) PutShop(_ context.Context, s store.Shop) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.Shop[s.Name] = s
	return nil
}

// Apply is as in sync.Database.
func (m *DB) Apply(ctx context.Context, p store.Page) (store.Result, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return store.Result{}, err
	}
	if m.Failing != nil {
		if err := m.Failing(p); err != nil {
			return store.Result{}, err
		}
	}
	var res store.Result
	for _, o := range p.Orders {
		key := p.Shop + "/" + o.Order.ExternalID
		old, ok := m.Orders[key]
		switch {
		case !ok:
			res.New++
			m.Written[key]++
		case reflect.DeepEqual(old, o.Order):
			res.Unchanged++
		default:
			res.Updated++
		}
		m.Orders[key] = o.Order
		delete(m.Gone, key)
	}
	for _, id := range p.Gone {
		m.Gone[p.Shop+"/"+id] = true
	}
	for _, s := range p.Skipped {
		m.Skipped[p.Shop+"/"+s.ExternalID] = s
	}
	res.Skipped, res.Gone = len(p.Skipped), len(p.Gone)
	res.Unchanged += len(p.Seen)
	if p.Cursor != nil {
		m.Cursors[p.Shop+" "+p.Stream] = p.Cursor
	}
	return res, nil
}

// ApplySupplier is as in sync.Database.
func (m *DB) ApplySupplier(_ context.Context, p store.SupplierPage) (store.Result, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.Links += len(p.Links)
	m.Cursors["supplier:"+p.Supplier+" "+p.Stream] = p.Cursor
	return store.Result{Updated: len(p.Links)}, nil
}

// PutProducts is as in sync.Database.
func (m *DB) PutProducts(_ context.Context, _ string, products []checkout.Product, _ bool) (store.Result, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.Products += len(products)
	return store.Result{Updated: len(products)}, nil
}

// Cursor is as in sync.Database.
func (m *DB) Cursor(_ context.Context, shop, stream string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.Cursors[shop+" "+stream], nil
}

// Fingerprints is as in sync.Database.
func (m *DB) Fingerprints(_ context.Context, shop string, ids []string) (map[string]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[string]string{}
	for _, id := range ids {
		if o, ok := m.Orders[shop+"/"+id]; ok {
			out[id] = o.Fingerprint
		}
	}
	return out, nil
}

// OpenOrders is as in sync.Database.
func (m *DB) OpenOrders(_ context.Context, shop, after string, limit int) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []string
	for key, o := range m.Orders {
		if strings.HasPrefix(key, shop+"/") && o.ExternalID > after && !m.Gone[key] &&
			o.Lifecycle == order.LifecycleOpen && o.Fulfilment != order.FulfilmentDelivered {
			out = append(out, o.ExternalID)
		}
	}
	slices.Sort(out)
	return out[:min(len(out), limit)], nil
}

// SaveSync is as in sync.Database.
func (m *DB) SaveSync(_ context.Context, s store.SyncState) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.States[s.Shop] = s
	m.Saves = append(m.Saves, s)
	return nil
}

// SyncStates is as in sync.Database.
func (m *DB) SyncStates(context.Context) ([]store.SyncState, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Collect(maps.Values(m.States)), nil
}

// RequestSync is as in sync.Database.
func (m *DB) RequestSync(_ context.Context, shops []string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.requests = append(m.requests, shops...)
	return nil
}

// TakeSyncRequests is as in sync.Database.
func (m *DB) TakeSyncRequests(context.Context) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	taken := m.requests
	m.requests = nil
	return taken, nil
}

// Counts is as in sync.Database.
func (m *DB) Counts(context.Context, []string) (store.Counts, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return store.Counts{order.TabAll: len(m.Orders)}, nil
}

// BackgroundPass is as in sync.Database.
func (m *DB) BackgroundPass(context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.Passes++
	return nil
}

func (m *DB) note(s string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.Bulk = append(m.Bulk, s)
}

// BulkImport is as in sync.Database.
func (m *DB) BulkImport(_ context.Context, run func() error) error {
	m.note("begin")
	err := run()
	m.note("index")
	if m.BulkHold != nil {
		<-m.BulkHold
	}
	m.note("end")
	return err
}

// Spool is as in sync.Database. It is a real one, beside the path.
func (m *DB) Spool(ctx context.Context, shop string) (*store.Spool, error) {
	return store.OpenSpool(ctx, m.path+"-import-"+shop)
}

// State is the last state that was kept of a shop.
func (m *DB) State(shop string) store.SyncState {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.States[shop]
}

// Count is how many orders there are.
func (m *DB) Count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.Orders)
}
