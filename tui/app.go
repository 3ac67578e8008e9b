// Package tui is what the merchant sees and types.
package tui

import (
	"context"
	"errors"
	"image"
	"os"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"github.com/orderdeck/orderdeck/config/locale"
	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/tui/action"
	"github.com/orderdeck/orderdeck/tui/exports"
	"github.com/orderdeck/orderdeck/tui/orders"
	"github.com/orderdeck/orderdeck/tui/theme"
	"github.com/orderdeck/orderdeck/tui/ui"
)

// Options are what the app is started with.
type Options struct {
	Store  Store
	Sync   Syncer
	Clock  func() time.Time // nil = time.Now
	Locale locale.Locale
	Theme  string // auto, dark or light
	Icons  string // emoji, nerd or plain
	Mouse  bool
	Keys   map[string][]string // the merchant's key map, by action id
	Demo   bool
	Orders orders.Options
	Export exports.Options
	Buying Buying
	// Image gives the picture of a product, if it is at hand; Arrived tells that another one is now.
	Image   func(url string) (image.Image, bool)
	Arrived <-chan struct{}
	// Shown is called once the first picture has been made; what can wait begins then.
	Shown func()
	// CrashDir is where a crash report goes.
	CrashDir string
	Version  string
}

// Store is the database as the screens see it.
type Store interface {
	ui.Store
	Subscribe() (<-chan store.Change, func())
}

// Syncer is the synchronisation as the screens see it.
type Syncer interface {
	ui.Syncer
	Subscribe() (<-chan struct{}, func())
}

// preloadWithin is how long the first picture waits for its rows.
const preloadWithin = 100 * time.Millisecond

// Run opens the app and returns when the merchant leaves it.
func Run(ctx context.Context, o Options) error {
	m, err := newRoot(ctx, o)
	if err != nil {
		return err
	}
	// Signals end the context; Bubble Tea's own handler, beside that, can lock up in v2.0.10.
	opts := []tea.ProgramOption{tea.WithContext(ctx), tea.WithoutSignalHandler(), tea.WithFPS(120), tea.WithFilter(wheelFilter())}
	if os.Getenv("NO_COLOR") != "" { // any value counts: no-color.org
		m.profile = colorprofile.ASCII
		*m.ctx.Theme = *theme.New(m.ctx.Dark, m.profile)
		opts = append(opts, tea.WithColorProfile(colorprofile.ASCII))
	}
	m.home.Preload(preloadWithin)
	g := &guard{root: m}
	p := tea.NewProgram(g, opts...)
	stop := relay(p, o)
	_, err = p.Run()
	stop()
	m.home.Close()
	if errors.Is(err, tea.ErrProgramPanic) {
		return g.report(o)
	}
	if errors.Is(err, tea.ErrProgramKilled) && ctx.Err() != nil {
		return context.Cause(ctx) // a signal: the command line knows which
	}
	return err
}

func newRoot(ctx context.Context, o Options) (*root, error) {
	keys, err := action.NewKeymap(o.Keys)
	if err != nil {
		return nil, err
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	c := &ui.Context{
		Store: o.Store, Sync: o.Sync, Keys: keys, Locale: o.Locale, Icons: iconSet(o.Icons), Clock: o.Clock, Demo: o.Demo, After: ui.After,
		Dark: o.Theme != "light", Theme: theme.New(o.Theme != "light", colorprofile.TrueColor),
	}
	if b := o.Buying; b.Desk != nil && b.Settings != nil {
		c.Desk, c.Settings, c.Find, c.Papers, c.Who, c.Acts = b.Desk, b.Settings, b.Find, b.Papers, b.Who, b.Acts
	}
	if o.Image != nil {
		c.Image = keepPictures(o.Image)
	}
	shops, err := o.Store.Shops(ctx)
	if err != nil {
		return nil, err
	}
	c.SetShops(shops)
	m := &root{ctx: c, opt: o, home: orders.New(c, o.Orders), mouse: o.Mouse, profile: colorprofile.TrueColor, freshOld: true}
	c.Open, c.Close, c.Run = m.open, m.close, m.run
	return m, nil
}

// Notices are taken at most this often; those that come meanwhile are merged into one.
const (
	changesEvery = 250 * time.Millisecond
	movesEvery   = 100 * time.Millisecond
)

// relay sends what happens elsewhere into the program: one goroutine, coalesced notices.
func relay(p *tea.Program, o Options) (stop func()) {
	changes, stopChanges := o.Store.Subscribe()
	moves, stopMoves := o.Sync.Subscribe()
	quit := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		changed, moved := changes, moves // nil while they rest
		var changesRest, movesRest <-chan time.Time
		for {
			select {
			case ch, ok := <-changed:
				if !ok {
					return
				}
				changed, changesRest = nil, time.After(changesEvery)
				p.Send(ui.StoreChanged{Change: ch})
			case <-changesRest:
				changed, changesRest = changes, nil
			case <-moved:
				moved, movesRest = nil, time.After(movesEvery)
				p.Send(ui.SyncChanged{})
			case <-movesRest:
				moved, movesRest = moves, nil
			case <-o.Arrived:
				p.Send(ui.PictureArrived{})
			case <-quit:
				return
			}
		}
	})
	return func() {
		close(quit)
		stopChanges()
		stopMoves()
		wg.Wait()
	}
}

// wheelFilter lets through no more wheel events than frames: a trackpad sends hundreds.
func wheelFilter() func(tea.Model, tea.Msg) tea.Msg {
	var last time.Time
	return func(_ tea.Model, msg tea.Msg) tea.Msg {
		switch msg.(type) {
		case tea.MouseWheelMsg, tea.MouseMotionMsg:
			now := time.Now()
			if now.Sub(last) < 12*time.Millisecond {
				return nil
			}
			last = now
		}
		return msg
	}
}

// iconSet is how the four actions are drawn. Emoji widths differ between terminals, so plain is the safe choice.
func iconSet(name string) ui.Icons {
	switch name {
	case "emoji":
		return ui.Icons{Tracking: "🚚", Invoice: "📄", Receipt: "💲", Refund: "💬"}
	case "nerd":
		return ui.Icons{Tracking: "\U000f0d59", Invoice: "\U000f0219", Receipt: "\U000f0824", Refund: "\U000f0453"}
	}
	return ui.Icons{Tracking: "▷", Invoice: "≡", Receipt: "$", Refund: "↩"}
}
