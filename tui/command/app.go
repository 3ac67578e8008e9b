package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/orderdeck/orderdeck/config"
	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/store/order/filter"
	"github.com/orderdeck/orderdeck/sync"
)

// App is the wired program: what the screens and the commands work with.
type App struct {
	Config  *config.Config
	Views   []config.View
	DB      *store.DB
	Service *sync.Service // nil for commands that only read
	Log     *slog.Logger
	Demo    bool
	Orders  int // of the demo
	// Acts says by store of everything that can be done to orders there why it cannot, "" where it can.
	Acts    map[string]map[order.ActKind]string
	Version string
	Buying

	logFile io.Closer
}

// Close closes the database and the log.
func (a *App) Close() error { return errors.Join(a.DB.Close(), a.logFile.Close()) }

// opening says what a command needs.
type opening struct {
	orDemo bool // without a store, the demo is opened
	wire   bool // the service is needed; otherwise the database is opened for reading only
	// suppliers are enough: a store need not be there.
	suppliers bool
	announce  bool // a large demo is filled, with its size and progress told, before anything else
}

// load reads the settings. create allows a file that was named and is not there.
func (s *session) load(create bool) (*config.Config, error) {
	c, err := config.Load(s.configOptions(create))
	if err != nil {
		return nil, &coded{ExitUsage, err}
	}
	return c, nil
}

func (s *session) configOptions(create bool) config.Options {
	return config.Options{
		File:      s.config,
		Flags:     map[string]string{"data": s.data},
		Platforms: slices.Sorted(maps.Keys(s.deps.Connectors)),
		Offline:   s.offline(),
		Signed:    s.platformsThat(func(c sync.Capabilities) bool { return c.Signed }),
		InAddress: s.platformsThat(func(c sync.Capabilities) bool { return c.InAddress }),
		Kinds:     s.kinds(),
		New:       create,
		Filter: func(text string) error {
			_, err := filter.Parse(text, filter.Options{Now: time.Now()})
			return err
		},
	}
}

// offline lists the platforms that are never asked for anything.
func (s *session) offline() []string {
	return s.platformsThat(func(c sync.Capabilities) bool { return c.Offline })
}

// platformsThat lists the platforms that are or can something.
func (s *session) platformsThat(are func(sync.Capabilities) bool) []string {
	var out []string
	for _, name := range s.platforms() {
		st := config.StoreConfig{Name: name, Platform: name, URL: "https://store.example"} // for those that do not exist without one
		if p, err := withoutKey(st, s.deps.Connectors[name]); err == nil && are(p.Capabilities()) {
			out = append(out, name)
		}
	}
	return out
}

// open opens what the merchant chose, or the demo.
func (s *session) open(ctx context.Context, o opening) (*App, error) {
	c, err := s.load(false)
	if err != nil {
		return nil, err
	}
	a := &App{Config: c, Version: s.version().Version, Demo: s.demo || s.orders != 0}
	if !a.Demo && len(c.Stores) == 0 && (!o.suppliers || len(c.Suppliers) == 0) {
		if !o.orDemo {
			return nil, usage("no store is connected yet: add one with `orderdeck store add`, or use --demo to try this with the built-in stores")
		}
		a.Demo = true
	}
	if a.Views, err = c.Views(); err != nil {
		return nil, &coded{ExitUsage, err}
	}
	path := filepath.Join(c.Data, "orderdeck.db")
	if a.Demo {
		if a.Orders, err = s.demoOrders(); err != nil {
			return nil, err
		}
		path = demoPath(c.Data, a.Orders)
	}
	a.Log, a.logFile = openLog(filepath.Join(c.Data, "logs", "orderdeck.log"))
	if o.wire {
		a.Log.Info("started", "version", a.Version, "demo", a.Demo, "stores", len(c.Stores), "os", runtime.GOOS, "pid", os.Getpid())
	}
	a.demo = s.demoSettings(ctx, a)
	a.settings = &settings{read: func() (checkout.Settings, error) { return s.checkoutSettings(a) }}
	if a.Demo {
		err = s.openDemo(ctx, a, path, o)
	} else {
		err = s.openStores(ctx, a, path, o)
	}
	if err != nil {
		return nil, errors.Join(err, a.logFile.Close())
	}
	return a, nil
}

// openStores opens the database of the merchant's own stores.
func (s *session) openStores(ctx context.Context, a *App, path string, o opening) (err error) {
	if !o.wire {
		a.DB, err = openReading(ctx, path)
		return err
	}
	if a.DB, err = store.Open(ctx, store.Options{Path: path}); err != nil {
		return err
	}
	sources, err := s.sources(a)
	if err != nil {
		return errors.Join(err, a.DB.Close())
	}
	if err := s.ownSuppliers(a); err != nil {
		return errors.Join(err, a.DB.Close())
	}
	a.Acts = actsByStore(sources)
	a.Service = sync.New(sync.Options{DB: a.DB, Sources: sources, Outbox: a.worker(sources), Log: a.Log, LockPath: wirePath(path), Bulk: true})
	return nil
}

// actsByStore is what can be done at each store.
func actsByStore(sources []sync.Source) map[string]map[order.ActKind]string {
	out := make(map[string]map[order.ActKind]string, len(sources))
	for i := range sources {
		out[sources[i].Shop.Name] = sync.Acts(sources[i].Platform)
	}
	return out
}

// wirePath is the file whose lock says who talks to the stores of a database.
func wirePath(db string) string { return db + ".wire" }

// openReading opens a database without taking its writer. One that an older version made is brought up to date first.
func openReading(ctx context.Context, path string) (*store.DB, error) {
	if _, err := os.Stat(path); os.IsNotExist(err) {
		return nil, errors.New("nothing has been fetched yet: run `orderdeck sync`")
	}
	db, err := store.Open(ctx, store.Options{Path: path, ReadOnly: true})
	if store.CodeOf(err) == store.Invalid || store.CodeOf(err) == store.Missing {
		return store.Open(ctx, store.Options{Path: path})
	}
	return db, err
}

// sources makes the sources of all stores of the settings. Their keys are read when they are first needed.
func (s *session) sources(a *App) ([]sync.Source, error) {
	out := make([]sync.Source, 0, len(a.Config.Stores))
	for _, st := range a.Config.Stores {
		src, err := s.source(a.Config, st)
		if err != nil {
			return nil, err
		}
		out = append(out, src)
	}
	return out, nil
}

func (s *session) source(c *config.Config, st config.StoreConfig) (sync.Source, error) {
	src := sync.Source{
		Shop: store.Shop{
			Name: st.Name, Platform: st.Platform, URL: st.URL, Zone: st.Zone,
			OwnStock: st.OwnStock, AuthorizedIsPaid: st.AuthorizedIsPaid,
		},
		Every: st.Every,
	}
	if st.Pull != "all" {
		expr, err := filter.Parse(st.Pull, filter.Options{Now: time.Now(), Zone: zoneOf(c, st)})
		if err != nil {
			return src, usage("%s: pull of %s: %w", c.Where("stores", st.Name, "pull"), st.Name, err)
		}
		src.Filter = expr
	}
	var err error
	src.Platform, err = newLazy(st, s.deps.Connectors[st.Platform], func() (config.Secrets, error) {
		return c.OpenSecrets(c.Secrets, s.configOptions(false))
	})
	if err != nil {
		return src, fmt.Errorf("the store %s: %w", st.Name, err)
	}
	return src, nil
}

func zoneOf(c *config.Config, st config.StoreConfig) *time.Location {
	if st.Zone != "" {
		if zone, err := time.LoadLocation(st.Zone); err == nil {
			return zone
		}
	}
	return c.Zone
}
