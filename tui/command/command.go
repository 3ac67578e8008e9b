// Package command is the command line: `orderdeck list`, `orderdeck sync` and so on. Every command is thin and calls
// what a screen calls.
//
// What a command writes to standard output is what was asked for and nothing else; progress and errors go to standard
// error, and nothing is asked when standard input or error is not a terminal.
package command

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/orderdeck/orderdeck/config"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/outbox"
	"github.com/orderdeck/orderdeck/tui/action"
)

// Connector makes the platform of a store out of its settings and its key. It does not talk to the store yet.
type Connector func(s config.StoreConfig, key config.Secret) (sync.Platform, error)

// DemoWorld is where the demo's orders come from: start is the instant at which the world was made, and time goes on
// from there. What the merchant does in it is kept in files whose names begin with state.
type DemoWorld func(orders int, start time.Time, state string) Demo

// Demo is what the demo trades with.
type Demo struct {
	Sources   []sync.Source
	Suppliers []sync.Supplier   // what they report by themselves
	Sellers   []outbox.Supplier // the same, to be bought from
}

// Deps is what the command line is wired to.
type Deps struct {
	Version    string // "" = what the build knows
	Connectors map[string]Connector
	Suppliers  map[string]SupplierKind // by the kind's name in the settings
	Demo       DemoWorld
	DemoOrders int // how many a demo has when nobody says
	// DemoSettings is what the demo's merchant has set for its suppliers; nil = nothing.
	DemoSettings func(orders int, start time.Time) checkout.Settings
	// TUI opens the screens and returns when they are closed.
	TUI func(ctx context.Context, app *App) error
}

// session is one run of the program: what was typed before the command, and the streams.
type session struct {
	deps   Deps
	config string // --config
	data   string // --data
	demo   bool   // --demo
	orders int    // --demo-orders
	plain  bool   // --no-color
	in     io.Reader
	lines  *bufio.Reader // over in, once something has been asked
	out    io.Writer
	err    io.Writer
}

// Execute runs the command line and gives the exit code.
func Execute(deps Deps, args []string) int {
	ctx, stop := signals(context.Background())
	defer stop()
	noColor(args)
	s := &session{deps: deps, in: os.Stdin, out: os.Stdout, err: os.Stderr}
	root := s.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if errors.Is(err, syscall.EPIPE) { // whoever read us has seen enough: `orderdeck list | head`
		return ExitOK
	}
	code, show := exitCode(ctx, err)
	if show {
		for line := range strings.Lines(sentence(err)) {
			fmt.Fprintf(s.err, "orderdeck: %s\n", strings.TrimRight(line, "\n"))
		}
	}
	return code
}

// sentence is an error as it is shown: without a stack, ending in one full stop.
func sentence(err error) string {
	text := strings.TrimRight(err.Error(), " \n")
	if text != "" && !strings.ContainsRune(".?!", rune(text[len(text)-1])) && !strings.Contains(text, "\n") {
		text += "."
	}
	return text
}

// signals ends a context on SIGINT and SIGTERM, so that whatever is under way can finish its page and close the
// database. The second signal ends the process at once.
func signals(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	ch := make(chan os.Signal, 1)
	signal.Notify(ch, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case got := <-ch:
			signal.Stop(ch)
			code := ExitSIGINT
			if got == syscall.SIGTERM {
				code = ExitSIGTERM
			}
			cancel(&interrupted{code})
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(ch)
		cancel(nil)
	}
}

// noColor makes NO_COLOR, with whatever value, and --no-color mean the same to everything that looks at the
// environment later: some libraries read only NO_COLOR=1.
func noColor(args []string) {
	for _, arg := range args {
		if arg == "--" {
			break
		}
		if arg == "--no-color" || arg == "--no-color=true" {
			_ = os.Setenv("NO_COLOR", "1")
			return
		}
	}
	if os.Getenv("NO_COLOR") != "" {
		_ = os.Setenv("NO_COLOR", "1")
	}
}

func (s *session) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "orderdeck",
		Short: "A merchant's order desk in a terminal",
		Long: "Orderdeck shows the orders of your stores in one place: it fetches them, finds any of them in a keystroke, and\n" +
			"exports what you see. Without a command it opens its screens; without a store it opens a demo.",
		Example: "  orderdeck                                  open the screens\n" +
			"  orderdeck store add vendure --name shop    connect a store\n" +
			"  orderdeck list stage:unpaid country:BR     the same filters as on screen\n" +
			"  orderdeck export --from 2026-11-01 --out november.csv",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return unknownCommand(cmd, args[0])
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return s.runTUI(cmd.Context()) },

		SilenceErrors:     true,
		SilenceUsage:      true,
		DisableAutoGenTag: true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	flags := root.PersistentFlags()
	flags.BoolVar(&s.demo, "demo", false, "use the built-in demo stores, in a database of their own")
	flags.IntVar(&s.orders, "demo-orders", 0, "a demo of `N` orders; by default 5000")
	flags.StringVar(&s.data, "data", "", "the `FOLDER` of the database and logs")
	flags.StringVar(&s.config, "config", "", "the settings `FILE`")
	flags.BoolVar(&s.plain, "no-color", false, "write without colours, as NO_COLOR does")
	root.SetFlagErrorFunc(flagError)
	root.SetHelpFunc(help)
	root.SetHelpCommand(helpCommand())
	root.SetUsageFunc(func(cmd *cobra.Command) error { help(cmd, nil); return nil })
	for _, group := range groups {
		root.AddGroup(&group)
	}
	root.AddCommand(
		s.listCommand(), s.showCommand(), s.exportCommand(), s.importCommand(), s.syncCommand(),
		s.checkoutCommand(), s.orderCommand(), s.linkCommand(), s.outboxCommand(), s.trackCommand(), s.invoiceCommand(), s.receiptCommand(),
		s.storeCommand(), s.supplierCommand(), s.rulesCommand(), s.configCommand(),
		s.doctorCommand(), s.backupCommand(),
		s.completionCommand(), manCommand(), s.versionCommand(),
	)
	return root
}

var groups = []cobra.Group{
	{ID: "orders", Title: "Orders"},
	{ID: "setup", Title: "Setting up"},
	{ID: "care", Title: "Taking care"},
	{ID: "about", Title: "About the program"},
}

// runTUI opens the screens. They need a terminal on both sides.
func (s *session) runTUI(ctx context.Context) error {
	if !s.interactive() || !isTerminal(s.out) {
		return usage("the screens need a terminal, and input or output is none: use a command such as `orderdeck list`, or see `orderdeck --help`")
	}
	app, err := s.open(ctx, opening{orDemo: true, wire: true, announce: true})
	if err != nil {
		return err
	}
	if err := checkKeys(app.Config); err != nil {
		return errors.Join(err, app.Close())
	}
	return errors.Join(s.deps.TUI(ctx, app), app.Close())
}

// checkKeys refuses a key map with an entry that cannot be, by its line.
func checkKeys(c *config.Config) error {
	_, err := action.NewKeymap(c.Keys)
	var wrong *action.KeyError
	if errors.As(err, &wrong) {
		return usage("%s: %w", c.Where("keys", wrong.Name), err)
	}
	return err
}

func (s *session) versionCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "version", Short: "Print the version", GroupID: "about", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			v := s.version()
			if asJSON {
				return writeJSON(cmd.OutOrStdout(), v)
			}
			_, err := fmt.Fprintln(cmd.OutOrStdout(), v)
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON")
	return cmd
}

// version is what is known of this build.
type version struct {
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"`
	Date    string `json:"date,omitempty"`
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
}

// String is one line.
func (v version) String() string {
	text := "orderdeck " + v.Version
	if v.Commit != "" {
		text += " (" + v.Commit[:min(len(v.Commit), 12)] + ")"
	}
	return text + " " + v.Go + " " + v.OS + "/" + v.Arch
}

func (s *session) version() version {
	v := version{Version: s.deps.Version, Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if v.Version == "" {
		v.Version = strings.Trim(info.Main.Version, "()") // "(devel)" where nobody has tagged it
	}
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			v.Commit = setting.Value
		case "vcs.time":
			v.Date = setting.Value
		}
	}
	return v
}
