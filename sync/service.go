package sync

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

// Database is what the engine needs of the store; *store.DB is one.
type Database interface {
	Path() string
	Shops(ctx context.Context) ([]store.Shop, error)
	PutShop(ctx context.Context, s store.Shop) error
	Apply(ctx context.Context, p store.Page) (store.Result, error)
	ApplySupplier(ctx context.Context, p store.SupplierPage) (store.Result, error)
	PutProducts(ctx context.Context, supplier string, products []checkout.Product, replace bool) (store.Result, error)
	Cursor(ctx context.Context, shop, stream string) ([]byte, error)
	Fingerprints(ctx context.Context, shop string, externalIDs []string) (map[string]string, error)
	OpenOrders(ctx context.Context, shop, after string, limit int) ([]string, error)
	SaveSync(ctx context.Context, s store.SyncState) error
	SyncStates(ctx context.Context) ([]store.SyncState, error)
	RequestSync(ctx context.Context, shops []string) error
	TakeSyncRequests(ctx context.Context) ([]string, error)
	Counts(ctx context.Context, shops []string) (store.Counts, error)
	BackgroundPass(ctx context.Context) error
	BulkImport(ctx context.Context, run func() error) error
	Spool(ctx context.Context, shop string) (*store.Spool, error)
}

var _ Database = (*store.DB)(nil)

// Options says what is synced and how.
type Options struct {
	DB        Database
	Sources   []Source
	Suppliers []Supplier
	Outbox    *outbox.Worker // works while this process holds the wire; nil = nothing is bought
	Clock     Clock          // nil = the machine's
	Log       *slog.Logger   // nil = nowhere
	LockPath  string         // the file of the wire's lock; "" = the database's path with ".wire"
	Bulk      bool           // a large first import may use the database's bulk way
	Parallel  int            // how many requests are under way side by side; 0 = DefaultParallel
	Patience  time.Duration  // how long Sync waits for another process; 0 = DefaultPatience
}

// Defaults of Options.
const (
	DefaultParallel = 8
	DefaultPatience = 10 * time.Minute
)

// The values of store.SyncState.State.
const (
	StateIdle    = "idle"    // nothing to do until NextRun
	StateQueued  = "queued"  // asked for, about to begin
	StateRunning = "running" // at it
	StateWaiting = "waiting" // a request failed and is made again at NextRun; LastError says why
	StateStopped = "stopped" // the store does not let us in; nothing happens until somebody asks
)

// PhaseIndexing is the store.SyncState.Phase after a large first import, while the database builds its indexes.
const PhaseIndexing = "indexing"

// Phases of a first import by an export that the store makes: the store is at work, then its file is fetched. Then the
// orders come.
const (
	PhaseExport = "the store's export"
	PhaseFile   = "the export's file"
)

// SupplierPrefix stands before the name of a supplier where a SyncState or a cursor is one of a supplier.
const SupplierPrefix = "supplier:"

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

// Service runs the synchronisation of all shops of one database. Its methods may be called from any goroutine.
type Service struct {
	o     Options
	clock Clock
	log   *slog.Logger
	slots chan struct{} // one for every request that is under way
	wake  chan struct{} // tells the loop that something was asked for
	bulk  bulkGate

	mu     sync.Mutex
	units  []*unit // suppliers first, then the shops in the order of the sources
	mode   mode
	holder int // the process that holds the wire while we follow; 0 = not known
	subs   map[chan struct{}]struct{}
}

// mode is what this process is to the wire.
type mode int

const (
	modeOff mode = iota
	modeFollowing
	modeHolding
)

// New makes a Service; it does nothing before Run or Sync.
func New(o Options) *Service {
	if o.Clock == nil {
		o.Clock = SystemClock{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.LockPath == "" {
		o.LockPath = o.DB.Path() + ".wire"
	}
	if o.Parallel <= 0 {
		o.Parallel = DefaultParallel
	}
	if o.Patience <= 0 {
		o.Patience = DefaultPatience
	}
	s := &Service{
		o: o, clock: o.Clock, log: o.Log,
		slots: make(chan struct{}, o.Parallel),
		wake:  make(chan struct{}, 1),
		subs:  map[chan struct{}]struct{}{},
	}
	s.bulk.db = o.DB
	for _, sup := range o.Suppliers {
		s.units = append(s.units, s.supplierUnit(sup))
	}
	for i := range o.Sources {
		s.units = append(s.units, s.shopUnit(&s.o.Sources[i]))
	}
	return s
}

// Request asks for a sync of these shops (none = all, with the suppliers) now. It never blocks. queued is false when
// nothing new was asked for; why says why, or who is going to do it, in a sentence for the status line.
func (s *Service) Request(shops []string) (queued bool, why string) {
	if unknown := s.unknown(shops); unknown != "" {
		return false, unknown
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch s.mode {
	case modeOff:
		return false, "synchronisation is not running here"
	case modeFollowing:
		go s.requestOther(shops)
		if s.holder != 0 {
			return true, fmt.Sprintf("another Orderdeck (process %d) does the syncing and has been asked", s.holder)
		}
		return true, "another Orderdeck does the syncing and has been asked"
	}
	var busy, asked []string
	for _, u := range s.units {
		if !u.wanted(shops) {
			continue
		}
		switch {
		case u.state.State == StateWaiting:
			u.kickNow()
			asked = append(asked, u.name)
		case u.busy || u.asked:
			if u.source != nil {
				busy = append(busy, u.name)
			}
		default:
			u.asked = true
			asked = append(asked, u.name)
		}
	}
	if len(asked) == 0 || len(busy) > 0 && onlySuppliers(asked) {
		return false, strings.Join(busy, ", ") + ": a sync is running already"
	}
	s.nudge()
	if len(busy) > 0 {
		return true, strings.Join(busy, ", ") + ": a sync is running already"
	}
	return true, ""
}

func onlySuppliers(names []string) bool {
	return !slices.ContainsFunc(names, func(n string) bool { return !strings.HasPrefix(n, SupplierPrefix) })
}

// requestOther hands a request over to the process that holds the wire.
func (s *Service) requestOther(shops []string) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := s.o.DB.RequestSync(ctx, s.names(shops)); err != nil {
		s.log.Error("a request could not be handed to the process that syncs", "err", err)
	}
}

// Status is the last that is known of each shop, in the order of the sources, and then of each supplier (whose Shop
// begins with SupplierPrefix).
func (s *Service) Status() []store.SyncState {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]store.SyncState, 0, len(s.units))
	for _, shops := range []bool{true, false} {
		for _, u := range s.units {
			if (u.source != nil) == shops {
				out = append(out, u.state)
			}
		}
	}
	return out
}

// Subscribe gives a channel that gets a value, coalesced, after Status has changed, and the way to end it.
func (s *Service) Subscribe() (<-chan struct{}, func()) {
	ch := make(chan struct{}, 1)
	s.mu.Lock()
	s.subs[ch] = struct{}{}
	s.mu.Unlock()
	return ch, func() {
		s.mu.Lock()
		delete(s.subs, ch)
		s.mu.Unlock()
	}
}

// publish tells the subscribers; s.mu is held.
func (s *Service) publish() {
	for ch := range s.subs {
		select {
		case ch <- struct{}{}:
		default: // one is waiting to be read already
		}
	}
}

// nudge wakes the loop up.
func (s *Service) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// names spells out a choice of shops: none means all.
func (s *Service) names(shops []string) []string {
	if len(shops) > 0 {
		return shops
	}
	var all []string
	for i := range s.o.Sources { // by place: the rest of a shop may be written meanwhile, its name never is
		all = append(all, s.o.Sources[i].Shop.Name)
	}
	return all
}

// unknown is a sentence about the first of these shops that there is not, "" when there are all.
func (s *Service) unknown(shops []string) string {
	all := s.names(nil)
	for _, name := range shops {
		if !slices.Contains(all, name) {
			if len(all) == 0 {
				return fmt.Sprintf("there is no store %q; none has been added yet", name)
			}
			return fmt.Sprintf("there is no store %q; there is %s", name, strings.Join(all, ", "))
		}
	}
	return ""
}

func pid() int { return os.Getpid() }
