// Orderdeck is a merchant's order desk in a terminal.
//
// This file is the door: it names the platforms that there are, hands them to the command line, and does nothing else.
package main

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/orderdeck/orderdeck/config"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/demo"
	"github.com/orderdeck/orderdeck/sync/files"
	"github.com/orderdeck/orderdeck/sync/jumpseller"
	"github.com/orderdeck/orderdeck/sync/outbox"
	supplierdemo "github.com/orderdeck/orderdeck/sync/supplier/demo"
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
			"jumpseller": func(s config.StoreConfig, key config.Secret) (sync.Platform, error) {
				return jumpseller.New(jumpseller.Options{URL: s.URL, Key: key.Reveal(), Version: version})
			},
			"vendure": func(s config.StoreConfig, key config.Secret) (sync.Platform, error) {
				return vendure.New(vendure.Options{URL: s.URL, Key: key.Reveal(), Version: version})
			},
		},
		Suppliers: map[string]command.SupplierKind{
			supplierdemo.Kind: {Title: "Demo supplier", Connect: func(s config.SupplierConfig, _ config.Secret, d command.SupplierDeps) (outbox.Supplier, error) {
				return supplierdemo.New(supplierdemo.Options{Name: s.Name, Title: s.Title, Clock: d.Clock, Path: filepath.Join(d.Folder, "supplier-"+s.Name+".jsonl")}), nil
			}},
		},
		Demo: func(orders int, start time.Time, state string) command.Demo {
			world := demo.New(demo.Options{Orders: orders, Seed: 1, Start: start, State: state})
			return command.Demo{Sources: world.Sources(), Suppliers: world.Suppliers(), Sellers: world.Sellers()}
		},
		DemoSettings: func(orders int, start time.Time) checkout.Settings {
			return demo.New(demo.Options{Orders: orders, Seed: 1, Start: start}).Settings()
		},
		DemoOrders: demo.DefaultOrders,
		TUI: func(ctx context.Context, app *command.App) error {
			return tui.Start(ctx, app, demo.Image)
		},
	}, os.Args[1:]))
}
