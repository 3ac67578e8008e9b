// Orderdeck is a merchant's order desk in a terminal.
//
// This file is the door: it names the platforms that there are, hands them to the command line, and does nothing else.
package main

import (
	"context"
	"os"
	"time"

	"github.com/orderdeck/orderdeck/config"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/demo"
	"github.com/orderdeck/orderdeck/sync/files"
	"github.com/orderdeck/orderdeck/sync/vendure"
	"github.com/orderdeck/orderdeck/tui"
	"github.com/orderdeck/orderdeck/tui/command"
)

var version string // set when a release is built

func main() {
	os.Exit(command.Execute(command.Deps{
		Version: version,
		Connectors: map[string]command.Connector{
			files.Kind: func(config.StoreConfig, config.Secret) (sync.Platform, error) { return files.Platform{}, nil },
			"vendure": func(s config.StoreConfig, key config.Secret) (sync.Platform, error) {
				return vendure.New(vendure.Options{URL: s.URL, Key: key.Reveal(), Version: version})
			},
		},
		Demo: func(orders int, start time.Time) ([]sync.Source, []sync.Supplier) {
			world := demo.New(demo.Options{Orders: orders, Seed: 1, Start: start})
			return world.Sources(), world.Suppliers()
		},
		DemoOrders: demo.DefaultOrders,
		TUI: func(ctx context.Context, app *command.App) error {
			return tui.Start(ctx, app, demo.Image)
		},
	}, os.Args[1:]))
}
