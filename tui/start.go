package tui

import (
	"context"
	"image"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/config"
	"github.com/orderdeck/orderdeck/store/export"
	"github.com/orderdeck/orderdeck/sync/pictures"
	"github.com/orderdeck/orderdeck/tui/command"
	"github.com/orderdeck/orderdeck/tui/exports"
	"github.com/orderdeck/orderdeck/tui/orders"
)

// syncPause is how long after the first picture the synchronisation begins.
const syncPause = 150 * time.Millisecond

// The heap is a few megabytes, the ids of a large view most of it: collecting it twice as often as usual costs next to
// nothing. Before the first picture there is nothing to collect.
const (
	startGC = 400
	usualGC = 50
)

// Start opens the screens on a wired program and runs its synchronisation until the merchant leaves. drawn gives the
// pictures of products that are at hand without asking anybody; the others are fetched from where the stores have them.
func Start(ctx context.Context, a *command.App, drawn func(url string) (image.Image, bool)) error {
	state := a.Config.State()
	columns := a.Config.Columns
	if len(state.Columns) > 0 {
		columns = state.Columns
	}
	views := make([]orders.View, len(a.Views))
	for i, v := range a.Views {
		views[i] = orders.View{Name: v.Name, Query: v.Query, Sort: strings.TrimPrefix(v.Sort, "-"), Asc: !strings.HasPrefix(v.Sort, "-"), Columns: v.Columns, Stores: v.Stores}
	}
	debug.SetGCPercent(startGC)
	ctx, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	shown := make(chan struct{})
	go func() { // the first picture has the machine to itself
		select {
		case <-shown:
		case <-ctx.Done():
		}
		select {
		case <-time.After(syncPause):
		case <-ctx.Done():
		}
		debug.SetGCPercent(usualGC)
		done <- a.Service.Run(ctx)
	}()
	arrived := make(chan struct{}, 1)
	fetcher := pictures.New(addresses(a.Config), func() {
		select {
		case arrived <- struct{}{}:
		default: // the screen is about to be drawn anyway
		}
	})
	go fetcher.Run(ctx)
	painter := newPainter(drawn, fetcher.Image, arrived)
	err := Run(ctx, Options{
		Store: a.DB, Sync: a.Service, Clock: a.DB.Now, Locale: a.Config.Locale, Theme: a.Config.Theme, Icons: a.Config.Icons,
		Mouse: a.Config.Mouse, Keys: a.Config.Keys, Demo: a.Demo, Version: a.Version, CrashDir: filepath.Join(a.Config.Data, "logs"),
		Arrived: arrived, Shown: func() { close(shown) },
		Image: painter.image,
		Orders: orders.Options{
			Views: views, Columns: columns,
			SaveViews: func(views []orders.View) error { return saveViews(a.Config, views) },
			SaveColumns: func(cols []string) error {
				s := a.Config.State()
				s.Columns = cols
				return a.Config.SaveState(s)
			},
		},
		Export: exports.Options{Write: writer(a), Last: last(a.Config, state), Keep: func(c exports.Choice) { keep(a, c) }},
		Buying: supply(a),
	})
	stop()
	if syncErr := <-done; err == nil && syncErr != nil && ctx.Err() == nil {
		err = syncErr
	}
	return err
}

// addresses are where the merchant's own stores are.
func addresses(c *config.Config) []string {
	out := make([]string, len(c.Stores))
	for i, s := range c.Stores {
		out[i] = s.URL
	}
	return out
}

func saveViews(c *config.Config, views []orders.View) error {
	return c.UpdateViews(func([]config.View) []config.View {
		out := make([]config.View, len(views))
		for i, v := range views {
			sort := v.Sort
			if sort != "" && !v.Asc {
				sort = "-" + sort
			}
			out[i] = config.View{Name: v.Name, Query: v.Query, Sort: sort, Columns: v.Columns, Stores: v.Stores}
		}
		return out
	})
}

func writer(a *command.App) exports.Writer {
	return func(ctx context.Context, path string, overwrite bool, r export.Request, progress func(export.Progress)) (export.Progress, error) {
		return export.File(ctx, a.DB, path, overwrite, r, progress)
	}
}

// last is what was exported last, else what the settings say.
func last(c *config.Config, s config.State) exports.Choice {
	choice := exports.Choice{Scope: s.Export.Scope, Profile: c.CSV.Profile, For: c.CSV.For, Folder: c.CSV.Folder}
	if s.Export.Profile != "" {
		choice.Profile, choice.For, choice.Folder = s.Export.Profile, s.Export.For, s.Export.Folder
	}
	return choice
}

func keep(a *command.App, c exports.Choice) {
	s := a.Config.State()
	s.Export.Scope, s.Export.Profile, s.Export.For, s.Export.Folder = c.Scope, c.Profile, c.For, c.Folder
	if err := a.Config.SaveState(s); err != nil {
		a.Log.Warn("the last export could not be remembered", "error", err)
	}
}
