package outbox

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/sync/clock"
)

// DB is what the worker needs of the store; *store.DB is one.
type DB interface {
	DueEffects(ctx context.Context, limit int) ([]store.Effect, error)
	DueEffectsAt(ctx context.Context, name string, tell bool, limit int) ([]store.Effect, error)
	NextDue(ctx context.Context) (time.Time, bool, error)
	BeginEffect(ctx context.Context, id int64, evidence string) (store.Effect, error)
	EndEffect(ctx context.Context, id int64, o store.Outcome) error
	Effects(ctx context.Context, f store.EffectFilter) ([]store.Effect, error)
	PlacementsOf(ctx context.Context, reference string) (order.Placement, error)
	ApplyRead(ctx context.Context, p store.Pulled) (order.Record, error)
	TakeQuoteRequests(ctx context.Context, limit int) ([]store.QuoteRequest, error)
	RequestQuotes(ctx context.Context, reqs []store.QuoteRequest) error
	SaveQuote(ctx context.Context, q checkout.Quote) error
	SaveAccount(ctx context.Context, a checkout.Account) error
	DuePolls(ctx context.Context, supplier string, limit int) ([]order.Placement, error)
	ApplyTracked(ctx context.Context, supplier string, tracked []order.Placement,
		every func(order.PlacementState) time.Duration, tell store.TellRule) (store.Result, error)
	CheckoutInputs(ctx context.Context, ids []int64, s checkout.Settings) ([]checkout.Input, error)
	Commit(ctx context.Context, who string, parts []store.CommitPart, s checkout.Settings) ([]store.Committed, error)
	AutoParts(ctx context.Context, suppliers []string, limit int) ([]int64, error)
	PauseAuto(ctx context.Context, supplier, why string) error
	AutoPaused(ctx context.Context, supplier string) (string, error)
	Subscribe() (<-chan store.Change, func())
}

var _ DB = (*store.DB)(nil)

// Options says what a Worker works with.
type Options struct {
	DB        DB
	Suppliers []Supplier
	Shops     map[string]Shop // by store
	Clock     clock.Clock     // nil = the machine's
	// Settings are the merchant's, as they are now.
	Settings func() checkout.Settings
	Log      *slog.Logger // nil = nowhere
}

// Worker carries out the effects of the outbox. Only the process that holds the wire may let it work.
//
// Every supplier and every store has a lane of its own, which does one thing at a time, so that a slow one holds up
// nobody else. A call that changes something outside is not interrupted by the end of a context: it goes on until its
// outcome is written down or its own time is over.
type Worker struct {
	o     Options
	clock clock.Clock
	log   *slog.Logger
	lanes []*lane

	mu    sync.Mutex
	calls []chan struct{} // of those that are to be woken
	auto  sync.Mutex      // one automatic checkout at a time
	next  time.Time       // of the next automatic checkout
}

// New makes a Worker; it does nothing before Run or Step.
func New(o Options) *Worker {
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Settings == nil {
		o.Settings = func() checkout.Settings { return checkout.Settings{} }
	}
	w := &Worker{o: o, clock: o.Clock, log: o.Log}
	for _, s := range o.Suppliers {
		w.lanes = append(w.lanes, &lane{w: w, name: s.Name(), supplier: s, read: map[string]time.Time{}})
	}
	shops := make([]string, 0, len(o.Shops))
	for name := range o.Shops {
		shops = append(shops, name)
	}
	slices.Sort(shops)
	for _, name := range shops {
		w.lanes = append(w.lanes, &lane{w: w, name: name, shop: o.Shops[name]})
	}
	w.lanes = append(w.lanes, &lane{w: w}) // for what is not set up here any more
	return w
}

const (
	// lookEvery is how often a lane looks for work that nobody told it of.
	lookEvery = 2 * time.Second
	// atOnce is how many effects a lane takes at a time.
	atOnce = 50
	// calm is how long changes of the database are gathered before the lanes look at it again.
	calm = 250 * time.Millisecond
)

// Wake has the worker look for work now. It never blocks.
func (w *Worker) Wake() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, ch := range w.calls {
		select {
		case ch <- struct{}{}:
		default:
		}
	}
}

// wakeable gives a channel that Wake fills, until end is called.
func (w *Worker) wakeable() (ch chan struct{}, end func()) {
	ch = make(chan struct{}, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = append(w.calls, ch)
	return ch, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.calls = slices.DeleteFunc(w.calls, func(c chan struct{}) bool { return c == ch })
	}
}

// Run works until ctx ends, and returns when what was under way has been written down.
func (w *Worker) Run(ctx context.Context) {
	var all sync.WaitGroup
	for _, l := range w.lanes {
		all.Go(func() { l.run(ctx) })
	}
	all.Go(func() { w.runDesk(ctx) })
	changes, end := w.o.DB.Subscribe()
	defer end()
	for open := true; open; {
		select {
		case <-ctx.Done():
			open = false
		case _, open = <-changes:
			w.Wake()
			w.wait(ctx, calm, nil)
		}
	}
	all.Wait()
}

// run is Run of one lane.
func (l *lane) run(ctx context.Context) {
	woken, end := l.w.wakeable()
	defer end()
	for ctx.Err() == nil {
		did, err := l.step(ctx)
		if err != nil && ctx.Err() == nil {
			l.w.log.Error("the outbox could not go on", "lane", l.name, "err", err)
		}
		if !did || err != nil {
			l.w.wait(ctx, lookEvery, woken)
		}
	}
}

// runDesk hands requests for prices to the lanes and starts what is checked out by itself.
func (w *Worker) runDesk(ctx context.Context) {
	woken, end := w.wakeable()
	defer end()
	for ctx.Err() == nil {
		did, err := w.desk(ctx)
		if err != nil && ctx.Err() == nil {
			w.log.Error("the outbox could not go on", "lane", "desk", "err", err)
		}
		if did {
			w.Wake()
		}
		if !did || err != nil {
			w.wait(ctx, lookEvery, woken)
		}
	}
}

// wait lets time pass, until it is woken.
func (w *Worker) wait(ctx context.Context, d time.Duration, woken <-chan struct{}) {
	t := w.clock.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C():
	case <-woken:
	}
}

// Step does all that is due now and returns when nothing more is. next is when there will be more; zero = nothing waits.
func (w *Worker) Step(ctx context.Context) (next time.Time, err error) {
	for did := true; did; {
		did, err = w.desk(ctx)
		errs := make([]error, len(w.lanes))
		busy := make([]bool, len(w.lanes))
		var all sync.WaitGroup
		for i, l := range w.lanes {
			all.Go(func() {
				for more := true; more && errs[i] == nil; {
					if more, errs[i] = l.step(ctx); more {
						busy[i] = true
					}
				}
			})
		}
		all.Wait()
		did = did || slices.Contains(busy, true)
		if err = errors.Join(errors.Join(errs...), err); err != nil {
			return time.Time{}, err
		}
		if err := ctx.Err(); err != nil {
			return time.Time{}, err
		}
	}
	next, ok, err := w.o.DB.NextDue(ctx)
	if !ok {
		next = time.Time{}
	}
	return next, err
}

// Open gives the effects of which something is still to be done.
func (w *Worker) Open(ctx context.Context) ([]store.Effect, error) {
	all, err := w.o.DB.Effects(ctx, store.EffectFilter{Open: true, Limit: 100_000})
	return slices.DeleteFunc(all, func(e store.Effect) bool { return !e.State.Open() }), err
}

// supplierOf is what the merchant has set for a supplier.
func (w *Worker) supplierOf(name string) (checkout.Supplier, bool) {
	all := w.o.Settings().Suppliers
	i := slices.IndexFunc(all, func(s checkout.Supplier) bool { return s.Name == name })
	if i < 0 {
		return checkout.Supplier{}, false
	}
	return all[i], true
}
