// Orderdeck is a merchant's order desk in a terminal.
//
// This file is the door: it names the platforms that there are, hands them to the command line, and does nothing else.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/orderdeck/orderdeck/config"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/demo"
	"github.com/orderdeck/orderdeck/sync/files"
	"github.com/orderdeck/orderdeck/sync/jumpseller"
	"github.com/orderdeck/orderdeck/sync/mail"
	"github.com/orderdeck/orderdeck/sync/medusa"
	"github.com/orderdeck/orderdeck/sync/outbox"
	"github.com/orderdeck/orderdeck/sync/shopify"
	"github.com/orderdeck/orderdeck/sync/supplier/cj"
	supplierdemo "github.com/orderdeck/orderdeck/sync/supplier/demo"
	"github.com/orderdeck/orderdeck/sync/supplier/manual"
	"github.com/orderdeck/orderdeck/sync/vendure"
	"github.com/orderdeck/orderdeck/sync/woocommerce"
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
			"medusa": func(s config.StoreConfig, key config.Secret) (sync.Platform, error) {
				return medusa.New(medusa.Options{URL: s.URL, Key: key.Reveal(), Version: version})
			},
			"shopify": func(s config.StoreConfig, key config.Secret) (sync.Platform, error) {
				return shopify.New(shopify.Options{URL: s.URL, Key: key.Reveal(), Version: version})
			},
			"vendure": func(s config.StoreConfig, key config.Secret) (sync.Platform, error) {
				return vendure.New(vendure.Options{URL: s.URL, Key: key.Reveal(), Version: version})
			},
			"woocommerce": func(s config.StoreConfig, key config.Secret) (sync.Platform, error) {
				return woocommerce.New(woocommerce.Options{URL: s.URL, Key: key.Reveal(), InAddress: s.KeyInAddress, Version: version})
			},
		},
		Suppliers: map[string]command.SupplierKind{
			manual.Kind: {Title: "Your own supplier", Connect: byHand},
			"cj":        {Title: "CJdropshipping", KeyHint: "The key is the API key that cjdropshipping.com shows under Apps, API.", Connect: connectCJ},
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

// byHand is a supplier to which purchase orders are written.
func byHand(s config.SupplierConfig, _ config.Secret, d command.SupplierDeps) (outbox.Supplier, error) {
	o := manual.Options{
		Name: s.Name, Title: s.Title, Currency: s.Currency, Folder: filepath.Join(d.Folder, "purchase-orders", s.Name),
		PDF: d.PurchaseOrder(s), MailTo: s.MailTo, Sign: d.Brand().Name, Zone: d.Config.Zone, Clock: d.Clock,
	}
	if d.DB != nil {
		o.Tables = d.DB
	}
	if d.Config.Mail.Host != "" && s.MailTo != "" {
		o.Mail = postman{d}
	}
	return manual.New(o), nil
}

// postman sends mail by the server of the settings; its password is read when there is something to send.
type postman struct{ d command.SupplierDeps }

// Send sends one mail.
func (p postman) Send(ctx context.Context, m mail.Message) error {
	password, err := p.d.MailPassword(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", outbox.ErrNotSent, err)
	}
	c := p.d.Config.Mail
	sender, err := mail.New(mail.Options{Host: c.Host, Port: c.Port, User: c.User, Password: password.Reveal(), From: c.From})
	if err != nil {
		return fmt.Errorf("%w: %w", outbox.ErrNotSent, err)
	}
	return sender.Send(ctx, m)
}

func connectCJ(s config.SupplierConfig, key config.Secret, d command.SupplierDeps) (outbox.Supplier, error) {
	return cj.New(cj.Options{
		Name: s.Name, URL: s.URL, Key: key.Reveal(), Tokens: d.Token(s.Name), Sandbox: s.Sandbox, Version: version, Clock: d.Clock,
		Platform: s.Platform, From: s.Warehouse, IOSS: s.IOSS,
	})
}
