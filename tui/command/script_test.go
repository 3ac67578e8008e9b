package command

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/orderdeck/orderdeck/config"
	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/demo"
	"github.com/orderdeck/orderdeck/sync/files"
	"github.com/orderdeck/orderdeck/sync/outbox"
	supplierdemo "github.com/orderdeck/orderdeck/sync/supplier/demo"
	"github.com/orderdeck/orderdeck/sync/supplier/manual"
	"github.com/orderdeck/orderdeck/sync/vendure"
)

// The scripts run this test binary as `orderdeck`, wired as main.go wires it, with one more platform that answers
// without a network.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"orderdeck": func() { os.Exit(Execute(testDeps(), os.Args[1:])) },
	})
}

// testStart is when the scripts' demo was made, so that every run sees the same orders.
var testStart = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func testDeps() Deps {
	return Deps{
		Version: "1.2.3",
		Connectors: map[string]Connector{
			files.Kind: func(config.StoreConfig, config.Secret) (sync.Platform, error) { return files.Platform{}, nil },
			"fake":     func(s config.StoreConfig, key config.Secret) (sync.Platform, error) { return &fake{s, key}, nil },
			"signed":   func(s config.StoreConfig, key config.Secret) (sync.Platform, error) { return &fake{s, key}, nil },
			"vendure": func(s config.StoreConfig, key config.Secret) (sync.Platform, error) {
				return vendure.New(vendure.Options{URL: s.URL, Key: key.Reveal()})
			},
		},
		Suppliers: map[string]SupplierKind{
			manual.Kind: {Title: "Your own supplier", Connect: func(s config.SupplierConfig, _ config.Secret, d SupplierDeps) (outbox.Supplier, error) {
				return manual.New(manual.Options{Name: s.Name, Title: s.Title, Currency: s.Currency, Tables: d.DB, Folder: filepath.Join(d.Folder, "po"), PDF: d.PurchaseOrder(s), Clock: d.Clock}), nil
			}},
			"wired": {Title: "Wired", KeyHint: "The key is sesame.", Connect: func(s config.SupplierConfig, key config.Secret, d SupplierDeps) (outbox.Supplier, error) {
				return wired{supplierdemo.New(supplierdemo.Options{Name: s.Name, Clock: d.Clock}), key}, nil
			}},
			supplierdemo.Kind: {Title: "Demo supplier", Connect: func(s config.SupplierConfig, _ config.Secret, d SupplierDeps) (outbox.Supplier, error) {
				return supplierdemo.New(supplierdemo.Options{Name: s.Name, Title: s.Title, Clock: d.Clock, Path: filepath.Join(d.Folder, "supplier-"+s.Name+".jsonl")}), nil
			}},
		},
		Demo: func(orders int, _ time.Time, state string) Demo {
			w := testWorld(orders, state)
			return Demo{w.Sources(), w.Suppliers(), w.Sellers()}
		},
		DemoSettings: func(orders int, _ time.Time) checkout.Settings { return testWorld(orders, "").Settings() },
		DemoOrders:   120,
		TUI: func(_ context.Context, app *App) error {
			fmt.Printf("screens: demo %t, stores %d\n", app.Demo, len(app.Config.Stores))
			return nil
		},
	}
}

// testWorld is the scripts' demo, in which time stands still. In a large one, where orders are bought, it does not: what
// a supplier says now must not be old by the database's clock.
func testWorld(orders int, state string) *demo.World {
	o := demo.Options{Orders: orders, Seed: 1, Start: testStart, Clock: func() time.Time { return testStart }, State: state}
	if orders > 1000 {
		o.Start, o.Clock = time.Now().Add(-time.Hour).Truncate(time.Hour), nil
	}
	return demo.New(o)
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(env *testscript.Env) error {
			home := filepath.Join(env.WorkDir, "home")
			if err := os.MkdirAll(home, 0o700); err != nil {
				return err
			}
			env.Vars = append(env.Vars,
				"HOME="+home, "XDG_CONFIG_HOME="+filepath.Join(home, ".config"), "XDG_DATA_HOME="+filepath.Join(home, ".data"),
				"LANG=en_US.UTF-8", "TZ=UTC", "TERM=xterm-256color",
				// No keyring: what is there to talk to it does not exist.
				"DBUS_SESSION_BUS_ADDRESS=unix:path="+filepath.Join(home, "no-bus"),
			)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "mode": mode, "lines": lines, "readable": readable, "unzip": unzip, "secret": secret, "firstplaced": firstPlaced,
			"firstnumber": firstNumber,
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

// exits CODE PROGRAM ARGS… runs a program, checks its exit code, and that what it says about a failure is clean.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARGS…")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	var exit interface{ ExitCode() int }
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if fmt.Sprint(code) != args[0] {
		ts.Fatalf("exit code %d, want %s\n%s", code, args[0], ts.ReadFile("stderr"))
	}
	text := ts.ReadFile("stderr")
	for _, bad := range []string{"goroutine ", "panic:", ".go:", "%!", "<nil>"} {
		if strings.Contains(text, bad) {
			ts.Fatalf("%q in standard error:\n%s", bad, text)
		}
	}
	if code != 0 && text == "" && ts.ReadFile("stdout") == "" {
		ts.Fatalf("it failed without a word")
	}
}

// mode OCTAL FILE… checks who may read files.
func mode(ts *testscript.TestScript, neg bool, args []string) {
	for _, name := range args[1:] {
		info, err := os.Stat(ts.MkAbs(name))
		ts.Check(err)
		if got := fmt.Sprintf("%o", info.Mode().Perm()); (got == args[0]) == neg {
			ts.Fatalf("%s has mode %s", name, got)
		}
	}
}

// lines N FILE counts the lines of a file (stdout and stderr are files too).
func lines(ts *testscript.TestScript, neg bool, args []string) {
	if got := fmt.Sprint(strings.Count(ts.ReadFile(args[1]), "\n")); (got == args[0]) == neg {
		ts.Fatalf("%s has %s lines", args[1], got)
	}
}

// readable FILE… lets others read files.
func readable(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		ts.Check(os.Chmod(ts.MkAbs(name), 0o644))
	}
}

// unzip FILE.zip unpacks into a folder of its name.
func unzip(ts *testscript.TestScript, _ bool, args []string) {
	z, err := zip.OpenReader(ts.MkAbs(args[0]))
	ts.Check(err)
	defer z.Close()
	ts.Check(os.CopyFS(strings.TrimSuffix(ts.MkAbs(args[0]), ".zip"), z))
}

// secret FOLDER TEXT… checks that none of the texts is in any file of a folder.
func secret(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(filepath.WalkDir(ts.MkAbs(args[0]), func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		for _, text := range args[1:] {
			if strings.Contains(strings.ReplaceAll(string(data), "goods", ""), text) { // goods are no key
				ts.Fatalf("%q is in %s:\n%s", text, name, data)
			}
		}
		return err
	}))
}

// firstPlaced FILE NUMBER REFERENCE puts the first order of which all was bought, in the output of a checkout, and the
// reference of a purchase for it into variables.
func firstPlaced(ts *testscript.TestScript, _ bool, args []string) {
	refused, references := map[string]bool{}, map[string]string{}
	var names []string
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		var row bought
		ts.Check(json.Unmarshal([]byte(line), &row))
		name := row.Store + "/" + row.Number
		refused[name] = refused[name] || row.Reference == ""
		references[name], names = row.Reference, append(names, name)
	}
	for _, name := range names {
		if !refused[name] {
			ts.Setenv(args[1], name)
			ts.Setenv(args[2], references[name])
			return
		}
	}
	ts.Fatalf("no order was bought whole:\n%s", ts.ReadFile(args[0]))
}

// firstNumber FILE NAME sets NAME to the first order of a list in JSON.
func firstNumber(ts *testscript.TestScript, _ bool, args []string) {
	line, _, _ := strings.Cut(ts.ReadFile(args[0]), "\n")
	var row struct{ Store, Number string }
	ts.Check(json.Unmarshal([]byte(line), &row))
	ts.Setenv(args[1], row.Store+"/"+row.Number)
}

// wired is a supplier that asks for a key, which is "sesame".
type wired struct {
	outbox.Supplier
	key config.Secret
}

func (w wired) Test(context.Context) (outbox.Info, error) {
	if w.key.Reveal() != "sesame" {
		return outbox.Info{}, errors.New("it says: “closed to you”")
	}
	return outbox.Info{Title: "Wired", Account: "acme", Currency: "USD", Balance: "12.00"}, nil
}

// fake is a store without a network. Its key is "good"; its address says how it behaves.
type fake struct {
	s   config.StoreConfig
	key config.Secret
}

func (f *fake) Kind() string { return "fake" }

func (f *fake) Capabilities() sync.Capabilities {
	signs := f.s.Platform == "signed"
	return sync.Capabilities{Title: "Fake", KeyHint: "The key is good.", Streams: f.Streams(), Signed: signs, InAddress: signs}
}

func (f *fake) Streams() []string { return []string{"orders"} }

func (f *fake) Test(context.Context) (sync.Info, error) {
	if err := f.refused(); err != nil {
		return sync.Info{}, err
	}
	return sync.Info{Title: "Fake shop", Currency: "EUR", Zone: "Europe/Lisbon", Version: "9.1", Orders: 3}, nil
}

func (f *fake) refused() error {
	if f.key.Reveal() != "good" {
		return &sync.Error{Kind: sync.Auth, Text: "the store says: “this key has been withdrawn”", Hint: "Make a new key there"}
	}
	if strings.Contains(f.s.URL, "down") {
		return &sync.Error{Kind: sync.Refused, Text: "the store says: “closed for good”"}
	}
	return nil
}

func (f *fake) Pull(_ context.Context, _ string, cursor []byte, _ sync.Known) (sync.Batch, error) {
	if err := f.refused(); err != nil {
		return sync.Batch{}, err
	}
	if len(cursor) > 0 {
		return sync.Batch{Cursor: cursor}, nil
	}
	batch := sync.Batch{Cursor: []byte("end"), Total: 3}
	for i := range 3 {
		o := order.Order{
			Store: f.s.Name, ExternalID: fmt.Sprintf("id-%d", i), Number: fmt.Sprint(1000 + i), Currency: "EUR",
			CreatedAt: testStart.Add(time.Duration(i) * time.Minute), UpdatedAt: testStart, CustomerPayment: order.PaymentPaid,
			Fulfilment: order.Unfulfilled, Refund: order.CaseNone, Resend: order.ResendNone, Lifecycle: order.LifecycleOpen,
			Customer: order.Customer{Name: "Zofia Łódź", Email: "zofia@example.com"},
			Shipping: order.Address{Name: "Zofia", Line1: "ul. 1", City: "Łódź", Country: "PL"},
			Total:    order.New(12345, "EUR"), Subtotal: order.New(12345, "EUR"), Paid: order.New(12345, "EUR"),
			Lines: []order.Line{{ExternalID: "1", SKU: "=1+1", Title: "Lamp", Quantity: order.Units(1), UnitPrice: order.New(12345, "EUR"), Total: order.New(12345, "EUR")}},
		}
		batch.Orders = append(batch.Orders, store.Pulled{Order: o, Raw: []byte("{}")})
	}
	return batch, nil
}
