package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	gosync "sync"
	"time"

	"github.com/orderdeck/orderdeck/config/locale"
	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/sync"
)

const (
	demoMost  = 10_000_000
	demoLarge = 50_000 // from here on its size and the progress are told before anything opens
	// demoBytes is what one demo order takes on the disk, with its search index and what suppliers say of it.
	demoBytes = 4_600

	metaStart  = "demo.start"  // when the world was made, RFC 3339; its time goes on from there
	metaFilled = "demo.filled" // set once all orders that it began with have been written
)

func (s *session) demoOrders() (int, error) {
	switch {
	case s.orders == 0:
		return s.deps.DemoOrders, nil
	case s.orders < 1 || s.orders > demoMost:
		return 0, usage("--demo-orders cannot be %d: it takes a number from 1 to %d", s.orders, demoMost)
	}
	return s.orders, nil
}

// demoPath is the database of a demo of so many orders.
func demoPath(data string, orders int) string {
	return filepath.Join(data, "demo-"+strconv.Itoa(orders)+".db")
}

// openDemo opens the demo's database, which is kept and used again for the same number of orders.
func (s *session) openDemo(ctx context.Context, a *App, path string, o opening) (err error) {
	_, statErr := os.Stat(path)
	if os.IsNotExist(statErr) {
		if err := s.announceDemo(a, path); err != nil {
			return err
		}
	}
	if !o.wire && statErr == nil {
		if done, err := openFilled(ctx, a, path); done || err != nil {
			return err
		}
	}
	if a.DB, err = store.Open(ctx, store.Options{Path: path}); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.DB.Close())
		}
	}()
	start, err := demoStart(ctx, a.DB)
	if err != nil {
		return err
	}
	world := s.deps.Demo(a.Orders, start, strings.TrimSuffix(path, ".db"))
	a.Suppliers = world.Sellers
	if _, err := a.CheckoutSettings(); err != nil {
		return err
	}
	a.Acts = actsByStore(world.Sources)
	a.Service = sync.New(sync.Options{
		DB: a.DB, Sources: world.Sources, Suppliers: world.Suppliers, Outbox: a.worker(world.Sources), Log: a.Log, LockPath: wirePath(path), Bulk: true,
	})
	if o.wire && (!o.announce || a.Orders < demoLarge) {
		return nil // it fills while it is looked at, or by the command itself
	}
	return s.fillDemo(ctx, a)
}

// openFilled opens a demo for reading, unless it has yet to be filled.
func openFilled(ctx context.Context, a *App, path string) (done bool, err error) {
	db, err := openReading(ctx, path)
	if err != nil {
		return false, err
	}
	if filled, err := db.Meta(ctx, metaFilled); err == nil && filled != "" {
		a.DB = db
		return true, nil
	}
	return false, db.Close()
}

// demoStart is when the demo's world was made.
func demoStart(ctx context.Context, db *store.DB) (time.Time, error) {
	kept, err := db.Meta(ctx, metaStart)
	if err != nil && store.CodeOf(err) != store.NotFound {
		return time.Time{}, err
	}
	if start, err := time.Parse(time.RFC3339, kept); err == nil {
		return start, nil
	}
	start := time.Now().UTC().Truncate(time.Second)
	return start, db.SetMeta(ctx, metaStart, start.Format(time.RFC3339))
}

// demoSettings reads once what the demo's merchant has set. The database is open when it is first asked for.
func (s *session) demoSettings(ctx context.Context, a *App) func() checkout.Settings {
	return gosync.OnceValue(func() checkout.Settings {
		if s.deps.DemoSettings == nil {
			return checkout.Settings{}
		}
		start, err := demoStart(context.WithoutCancel(ctx), a.DB)
		if err != nil {
			return checkout.Settings{}
		}
		return s.deps.DemoSettings(a.Orders, start)
	})
}

// announceDemo says how large a large demo is going to be, and refuses one that the disk has no room for.
func (s *session) announceDemo(a *App, path string) error {
	need := int64(a.Orders) * demoBytes
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("the folder %s cannot be made: %w. Choose another with --data", dir, err)
	}
	free, known := freeSpace(dir)
	l := a.Config.Locale
	if known && free < need+need/4 {
		return fmt.Errorf("a demo of %s orders takes about %s, and there are only %s free in %s: choose a smaller number, or another folder with --data",
			l.Number(int64(a.Orders)), l.Bytes(need), l.Bytes(free), dir)
	}
	if a.Orders >= demoLarge {
		fmt.Fprintf(s.err, "Making a demo of %s orders: about %s in %s. It is kept and used again.\n", l.Number(int64(a.Orders)), l.Bytes(need), path)
	}
	return nil
}

// fillDemo brings all orders that the demo begins with into its database, unless that has been done.
func (s *session) fillDemo(ctx context.Context, a *App) error {
	if filled, err := a.DB.Meta(ctx, metaFilled); err == nil && filled != "" {
		return nil
	}
	stop := s.progress(a.Service, a.Config.Locale, a.Orders >= demoLarge || s.interactive())
	reports, err := a.Service.Sync(ctx, nil)
	stop()
	if err != nil {
		return err
	}
	for _, r := range reports {
		if r.Err != nil {
			return fmt.Errorf("the demo cannot be filled: %w", r.Err)
		}
	}
	return a.DB.SetMeta(ctx, metaFilled, time.Now().UTC().Format(time.RFC3339))
}

// progress shows on standard error how far a sync is, in one line that is written over, or every few seconds a line
// where that is not possible. The function that it gives ends it.
func (s *session) progress(service *sync.Service, l locale.Locale, show bool) (stop func()) {
	if !show {
		return func() {}
	}
	over := isTerminal(s.err)
	every := 5 * time.Second
	if over {
		every = 200 * time.Millisecond
	}
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(every)
		defer tick.Stop()
		shown := ""
		for {
			select {
			case <-quit:
				if shown != "" && over {
					fmt.Fprint(s.err, "\r\x1b[K")
				}
				return
			case <-tick.C:
			}
			line := progressLine(service.Status(), l)
			switch {
			case line == "" || line == shown:
			case over:
				fmt.Fprint(s.err, "\r\x1b[K"+line)
			default:
				fmt.Fprintln(s.err, line)
			}
			shown = line
		}
	}()
	return func() { close(quit); <-done }
}

// progressLine adds up what all stores are at: "31.400 of 100.000 orders, 8.214 a second, 8 s left". The suppliers come
// before the stores, and are named for what they bring.
func progressLine(states []store.SyncState, l locale.Locale) string {
	var stores, exports, suppliers []store.SyncState
	for _, st := range states {
		switch {
		case st.State != sync.StateRunning:
		case strings.HasPrefix(st.Shop, sync.SupplierPrefix):
			suppliers = append(suppliers, st)
		case st.Phase == sync.PhaseIndexing:
			return "building the search index"
		case st.Phase == sync.PhaseExport, st.Phase == sync.PhaseFile: // counted apart: the same orders come again
			exports = append(exports, st)
		default:
			stores = append(stores, st)
		}
	}
	if line := sumLine(stores, "orders", l); line != "" {
		return line
	}
	if line := sumLine(exports, "orders in the store's export", l); line != "" {
		return line
	}
	return sumLine(suppliers, "entries from suppliers", l)
}

func sumLine(states []store.SyncState, what string, l locale.Locale) string {
	var done, total int
	var rate float64
	unknown := false
	for _, st := range states {
		done, total, rate = done+st.Done, total+st.Total, rate+st.Rate
		unknown = unknown || st.Total == 0
	}
	if done == 0 {
		return ""
	}
	line := l.Number(int64(done))
	if !unknown {
		line += " of " + l.Number(int64(total))
	}
	line += " " + what
	if rate >= 1 {
		line += ", " + l.Number(int64(rate)) + " a second"
		if left := float64(total-done) / rate; !unknown && left >= 1 {
			line += ", " + l.Duration(time.Duration(left)*time.Second) + " left"
		}
	}
	return line
}
