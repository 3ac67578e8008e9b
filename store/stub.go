package store

import (
	"context"
	"errors"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
)

var errSoon = errors.New("store: not written yet")

// Options says which database to open and how.
type Options struct {
	Path     string           // of the file; its folder is made (0700) when it is missing
	ReadOnly bool             // nothing is written, not even migrations; the file must exist
	Clock    func() time.Time // nil = time.Now
	CacheKB  int              // page cache of the writer in KiB; 0 = 16 MiB
}

// DB is an open database.
type DB struct{ path string }

// Severity says how bad a Finding is.
type Severity string

// The values of Severity.
const (
	Fine    Severity = "ok"
	Warning Severity = "warning"
	Broken  Severity = "error"
)

// Finding is one result of Check.
type Finding struct {
	Check    string   `json:"check"` // integrity, foreign_keys, counters, index, lines, space
	Severity Severity `json:"severity"`
	Text     string   `json:"text"`         // what was found
	Do       string   `json:"do,omitempty"` // what to do about it
}

func Open(ctx context.Context, o Options) (*DB, error) { return nil, errSoon }
func (d *DB) Close() error                             { return nil }
func (d *DB) Path() string                             { return d.path }
func (d *DB) Now() time.Time                           { return time.Now() }

func (d *DB) PutShop(ctx context.Context, s Shop) error         { return errSoon }
func (d *DB) RemoveShop(ctx context.Context, name string) error { return errSoon }
func (d *DB) Apply(ctx context.Context, p Page) (Result, error) { return Result{}, errSoon }
func (d *DB) ApplySupplier(ctx context.Context, p SupplierPage) (Result, error) {
	return Result{}, errSoon
}
func (d *DB) Cursor(ctx context.Context, shop, stream string) ([]byte, error) { return nil, errSoon }
func (d *DB) Fingerprints(ctx context.Context, shop string, externalIDs []string) (map[string]string, error) {
	return nil, errSoon
}
func (d *DB) OpenOrders(ctx context.Context, shop, after string, limit int) ([]string, error) {
	return nil, errSoon
}
func (d *DB) SaveSync(ctx context.Context, s SyncState) error       { return errSoon }
func (d *DB) SyncStates(ctx context.Context) ([]SyncState, error)   { return nil, errSoon }
func (d *DB) RequestSync(ctx context.Context, shops []string) error { return errSoon }
func (d *DB) TakeSyncRequests(ctx context.Context) ([]string, error) {
	return nil, errSoon
}
func (d *DB) Skips(ctx context.Context, shop string, limit int) ([]Skip, int, error) {
	return nil, 0, errSoon
}
func (d *DB) MarkSeen(ctx context.Context, ids []int64) error                     { return errSoon }
func (d *DB) AddIntent(ctx context.Context, id int64, in order.Intent) error      { return errSoon }
func (d *DB) SettleIntents(ctx context.Context, id int64, intents ...int64) error { return errSoon }
func (d *DB) BackgroundPass(ctx context.Context) error                            { return errSoon }
func (d *DB) BulkImport(ctx context.Context, run func() error) error              { return errSoon }
func (d *DB) Indexing() (done, total int)                                         { return 0, 0 }
func (d *DB) Shops(ctx context.Context) ([]Shop, error)                           { return nil, errSoon }
func (d *DB) Counts(ctx context.Context, shops []string) (Counts, error)          { return nil, errSoon }
func (d *DB) Window(ctx context.Context, q Query, from Key, backward bool, limit int) (Window, error) {
	return Window{}, errSoon
}
func (d *DB) IDs(ctx context.Context, q Query) ([]uint32, error)          { return nil, errSoon }
func (d *DB) Rows(ctx context.Context, ids []uint32) ([]order.Row, error) { return nil, errSoon }
func (d *DB) Count(ctx context.Context, q Query, limit int) (int, bool, error) {
	return 0, false, errSoon
}
func (d *DB) Sums(ctx context.Context, q Query, limit int) ([]Sum, bool, error) {
	return nil, false, errSoon
}
func (d *DB) Record(ctx context.Context, id int64) (order.Record, error) {
	return order.Record{}, errSoon
}
func (d *DB) Find(ctx context.Context, name string) ([]order.Ref, error) { return nil, errSoon }
func (d *DB) Each(ctx context.Context, q Query, ids []uint32, fn func(*order.Record) error) error {
	return errSoon
}
func (d *DB) Suggest(ctx context.Context, field, prefix string, limit int) ([]string, error) {
	return nil, errSoon
}
func (d *DB) Subscribe() (<-chan Change, func())                                { return nil, func() {} }
func (d *DB) Check(ctx context.Context) ([]Finding, error)                      { return nil, errSoon }
func (d *DB) Rebuild(ctx context.Context, progress func(done, total int)) error { return errSoon }
func (d *DB) Backup(ctx context.Context, path string, overwrite bool, progress func(done, total int)) error {
	return errSoon
}
func (d *DB) Meta(ctx context.Context, key string) (string, error) { return "", errSoon }
func (d *DB) SetMeta(ctx context.Context, key, value string) error { return errSoon }
