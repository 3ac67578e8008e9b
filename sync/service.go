package sync

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/orderdeck/orderdeck/store"
)

// Database is what the engine needs of the store; *store.DB is one.
type Database interface {
	Path() string
	Apply(ctx context.Context, p store.Page) (store.Result, error)
	ApplySupplier(ctx context.Context, p store.SupplierPage) (store.Result, error)
	Cursor(ctx context.Context, shop, stream string) ([]byte, error)
	Fingerprints(ctx context.Context, shop string, externalIDs []string) (map[string]string, error)
	OpenOrders(ctx context.Context, shop, after string, limit int) ([]string, error)
	SaveSync(ctx context.Context, s store.SyncState) error
	SyncStates(ctx context.Context) ([]store.SyncState, error)
	RequestSync(ctx context.Context, shops []string) error
	TakeSyncRequests(ctx context.Context) ([]string, error)
	PutShop(ctx context.Context, s store.Shop) error
	Counts(ctx context.Context, shops []string) (store.Counts, error)
	BackgroundPass(ctx context.Context) error
	BulkImport(ctx context.Context, run func() error) error
}

var _ Database = (*store.DB)(nil)

// Options says what is synced and how.
type Options struct {
	DB        Database
	Sources   []Source
	Suppliers []Supplier
	Clock     Clock         // nil = the machine's
	Log       *slog.Logger  // nil = nowhere
	LockPath  string        // the file of the wire's lock; "" = beside the database
	Bulk      bool          // large first imports may use the database's bulk way
	Parallel  int           // how many shops run side by side; 0 = DefaultParallel
	Patience  time.Duration // how long Sync waits for another process; 0 = DefaultPatience
}

// Defaults of Options.
const (
	DefaultParallel = 4
	DefaultPatience = 10 * time.Minute
)

// Report is what one sync of one shop came to.
type Report struct {
	Shop    string
	Counts  store.Result // Changed is not kept
	Started time.Time
	Took    time.Duration
	Rate    float64 // orders per second
	Err     error   // nil = everything was fetched
	Other   bool    // another process held the wire and did it
}

// Service runs the synchronisation of all shops of one database.
type Service struct{ o Options }

// New makes a Service; it does nothing before Run or Sync.
func New(o Options) *Service { return &Service{o: o} }

// Run takes the wire, or follows until it is free, and keeps all shops up to date until ctx ends.
func (s *Service) Run(ctx context.Context) error { return errors.ErrUnsupported }

// Sync brings these shops (none = all) up to date once and reports on each of them.
func (s *Service) Sync(ctx context.Context, shops []string) ([]Report, error) {
	return nil, errors.ErrUnsupported
}

// Request asks for a sync of these shops (none = all) now. It never blocks. queued is false when nothing new was
// asked for; why says why, or who will do it, in a sentence.
func (s *Service) Request(shops []string) (queued bool, why string) { return false, "" }

// Status is the last that is known of each shop, in the order of the sources.
func (s *Service) Status() []store.SyncState { return nil }

// Subscribe gives a channel that gets a value, coalesced, after Status has changed, and the way to end it.
func (s *Service) Subscribe() (<-chan struct{}, func()) { return make(chan struct{}, 1), func() {} }
