package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/orderdeck/orderdeck/config"
	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

func (s *session) supplierCommand() *cobra.Command {
	return parent(&cobra.Command{
		Use: "supplier", Short: "Set suppliers up, test them, and read their price lists", GroupID: "setup",
		Long: "Suppliers are where orders are bought. One of the kind manual is your own, with a price list and a shipping table of\n" +
			"yours, to which purchase orders are written; others are bought from over the network.",
	}, s.supplierAddCommand(), s.supplierListCommand(), s.supplierTestCommand(), s.supplierKeyCommand(), s.supplierRemoveCommand(),
		s.supplierImportCommand())
}

// addingSupplier is what `supplier add` was told.
type addingSupplier struct {
	one              config.SupplierConfig
	keyFile, secrets string
}

func (s *session) supplierAddCommand() *cobra.Command {
	a := &addingSupplier{one: config.SupplierConfig{NoteMax: -1}}
	quiet := false
	cmd := &cobra.Command{
		Use: "add [KIND]", Short: "Set a supplier up",
		Long: "Sets a supplier up: asks for what is missing, tests the connection where there is one, and saves it only when that\n" +
			"works. The key is never given on the command line: it is asked for without showing, or read from --key-file FILE,\n" +
			"from standard input with --key-file -, or from the variable ORDERDECK_SUPPLIER_<NAME>_KEY.\n\n" +
			"Orders are bought there only when you say so, unless --mode auto is given, which needs a --cap.",
		Example: "  orderdeck supplier add manual --name factory --currency EUR --mail-to orders@factory.example\n" +
			"  orderdeck supplier add cj --name cj --key-file key.txt",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage("`%s` takes one thing, a kind, but got %d", cmd.CommandPath(), len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				a.one.Kind = args[0]
			}
			a.one.TellStore = !quiet
			return s.addSupplier(cmd.Context(), a)
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return s.kinds(), cobra.ShellCompDirectiveNoFileComp
		},
	}
	f := cmd.Flags()
	f.StringVar(&a.one.Name, "name", "", "how you call it here, such as lumen")
	f.StringVar(&a.one.Title, "title", "", "its name for people")
	f.StringVar(&a.one.URL, "url", "", "where its API answers, where that is not the usual place")
	f.StringVar(&a.one.Currency, "currency", "", "in which it is paid, such as EUR")
	f.StringVar(&a.one.Mode, "mode", "manual", "manual, or auto to buy without being asked")
	f.StringVar(&a.one.Cap, "cap", "", "the most that is spent there in a day, such as 250.00")
	f.StringVar(&a.one.PayWith, "pay-with", "", "how it is paid; by default the first way that will do")
	f.StringVar(&a.one.MailTo, "mail-to", "", "who gets the purchase orders by mail")
	f.BoolVar(&a.one.Sandbox, "sandbox", false, "orders are for practice, where it has such a thing")
	f.BoolVar(&quiet, "quiet", false, "do not tell stores when it ships")
	f.BoolVar(&a.one.NotifyCustomer, "notify-customer", false, "have the store write to the customer when it ships")
	f.StringVar(&a.keyFile, "key-file", "", "the `FILE` that has the key; - is standard input")
	f.StringVar(&a.secrets, "secrets", "", "where keys are kept: keyring, file or env (with the first key)")
	return cmd
}

func (s *session) addSupplier(ctx context.Context, a *addingSupplier) error {
	if s.demo || s.orders != 0 {
		return usage("a supplier is not added to the demo: leave --demo out")
	}
	c, err := s.load(true)
	if err != nil {
		return err
	}
	if err := s.completeSupplier(ctx, c, a); err != nil {
		return err
	}
	kind := s.deps.Suppliers[a.one.Kind]
	newMode := ""
	var info *outbox.Info
	var kept config.Secrets
	name := config.SupplierSecret(a.one.Name)
	if kind.KeyHint == "" {
		if a.keyFile != "" {
			return usage("a supplier of the kind %s has no key: leave --key-file out", a.one.Kind)
		}
		if err := s.ownCurrency(c, &a.one); err != nil {
			return fmt.Errorf("%s was not added: %w", a.one.Name, err)
		}
	} else {
		mode, err := s.chooseMode(ctx, c, a.secrets)
		if err != nil {
			return err
		}
		if c.Secrets == "" {
			newMode = mode
		}
		if kept, err = c.OpenSecrets(mode, s.configOptions(true)); err != nil {
			return err
		}
		key, err := s.readKey(ctx, name, a.keyFile, sync.Capabilities{KeyHint: kind.KeyHint})
		if err != nil {
			return err
		}
		if info, err = s.trySupplier(ctx, c, a.one, key, kept); err != nil {
			return fmt.Errorf("%s was not added: %w", a.one.Name, err)
		}
		if err := kept.Set(ctx, name, key); err != nil {
			return fmt.Errorf("%s was not added, because its key cannot be kept: %w", a.one.Name, err)
		}
	}
	if err := c.AddSupplier(a.one, newMode, s.configOptions(true)); err != nil {
		err = fmt.Errorf("%s was not added: %w", a.one.Name, err)
		if kept != nil {
			err = errors.Join(err, kept.Delete(ctx, name))
		}
		return err
	}
	if info != nil {
		if err := s.tellSupplier(a.one.Name, info); err != nil {
			return err
		}
	}
	next := "Link products to it with `orderdeck link add`, or with L on an order"
	if a.one.Kind == "manual" {
		next = "Read its prices with `orderdeck supplier import prices.csv`"
	}
	if _, err = fmt.Fprintf(s.out, "Saved in %s. %s.\n", c.File, next); err != nil {
		return err
	}
	return s.firstCatalogue(ctx, a.one.Name)
}

// ownCurrency fills in the currency of a supplier that has one of its own and needs no key.
func (s *session) ownCurrency(c *config.Config, one *config.SupplierConfig) error {
	if one.Currency != "" {
		return nil
	}
	made, err := s.deps.Suppliers[one.Kind].Connect(*one, config.Secret{}, s.supplierDeps(&App{Config: c, Version: s.version().Version, Log: slog.New(slog.DiscardHandler)}))
	if err == nil {
		one.Currency = made.Caps().Currency
	}
	return err
}

// firstCatalogue brings the catalogue of a supplier that has just been added, where it is small enough to be had whole.
func (s *session) firstCatalogue(ctx context.Context, name string) (err error) {
	app, err := s.open(ctx, opening{wire: true, suppliers: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, app.Close()) }()
	for _, x := range app.Suppliers {
		if x.Name() == name {
			return s.catalogue(ctx, app, x)
		}
	}
	return nil
}

// catalogue brings the whole catalogue of a supplier that has a small one.
func (s *session) catalogue(ctx context.Context, a *App, x outbox.Supplier) error {
	const most = 500 // pages: no small catalogue has more
	if !x.Caps().Whole {
		return nil
	}
	var all []checkout.Product
	for page, more := 0, true; more && page < most; page++ {
		products, next, err := x.Search(ctx, "", page)
		if err != nil {
			return fmt.Errorf("the catalogue of %s could not be read, and is read again by `orderdeck supplier test %[1]s`: %w", x.Name(), err)
		}
		all, more = append(all, products...), next
	}
	if len(all) == 0 {
		return nil
	}
	_, err := a.DB.PutProducts(ctx, x.Name(), all, true)
	return err
}

// completeSupplier checks what was given and asks for what was not.
func (s *session) completeSupplier(ctx context.Context, c *config.Config, a *addingSupplier) error {
	known := s.kinds()
	if err := s.askUntil(ctx, &a.one.Kind, "Kind of supplier ("+strings.Join(known, ", ")+")", "`orderdeck supplier add KIND`", func(k string) error {
		if slices.Contains(known, k) {
			return nil
		}
		text := fmt.Sprintf("%q is no kind of supplier that Orderdeck knows.", k)
		if near := config.Nearest(k, known); near != "" {
			text += " Did you mean " + near + "?"
		}
		return fmt.Errorf("%s It knows %s", text, strings.Join(known, ", "))
	}); err != nil {
		return err
	}
	if err := s.askUntil(ctx, &a.one.Name, "Name for the supplier here", "--name", func(name string) error {
		if err := config.CheckSupplierName(name); err != nil {
			return err
		}
		if _, taken := c.Supplier(name); taken {
			return fmt.Errorf("there is a supplier called %s already: choose another name, or remove it first", name)
		}
		return nil
	}); err != nil {
		return err
	}
	if supplierKinds[a.one.Kind].currency == "" || a.one.Currency != "" {
		if err := s.askUntil(ctx, &a.one.Currency, "Currency in which it is paid, such as EUR", "--currency", checkout.CheckCurrency); err != nil {
			return err
		}
	}
	return s.checkSupplier(a)
}

// checkSupplier checks the flags that are never asked for.
func (s *session) checkSupplier(a *addingSupplier) error {
	one := &a.one
	if err := choice("mode", one.Mode, []string{"manual", "auto"}); err != nil {
		return err
	}
	currency := cmp.Or(one.Currency, supplierKinds[one.Kind].currency)
	if one.Cap != "" {
		m, err := checkout.ParsePrice(one.Cap, currency)
		if err == nil && m.IsZero() {
			err = errors.New("a cap of nothing lets nothing be bought")
		}
		if err != nil {
			return usage("--cap: %w", err)
		}
		one.Cap = m.Decimal()
	}
	if one.Mode == "auto" && one.Cap == "" {
		return usage("--mode auto spends money without asking, so it needs a --cap: the most that may be spent there in a day")
	}
	if one.URL != "" {
		u, err := config.NormalizeURL(one.URL)
		if err != nil {
			return usage("--url: %w", err)
		}
		one.URL = u
	}
	return nil
}

// trySupplier asks a supplier with a key that is not kept yet.
func (s *session) trySupplier(ctx context.Context, c *config.Config, one config.SupplierConfig, key config.Secret, kept config.Secrets) (*outbox.Info, error) {
	deps := s.supplierDeps(&App{Config: c, Version: s.version().Version, Log: slog.New(slog.DiscardHandler)})
	deps.Secrets = func() (config.Secrets, error) { return kept, nil }
	made, err := s.deps.Suppliers[one.Kind].Connect(one, key, deps)
	if err != nil {
		return nil, err
	}
	if s.interactive() {
		fmt.Fprintf(s.err, "Asking %s …\n", made.Caps().Title)
	}
	info, err := made.Test(ctx)
	return &info, err
}

// tellSupplier says what a supplier said of our account.
func (s *session) tellSupplier(name string, info *outbox.Info) error {
	text := name + ": connected to " + cmp.Or(info.Title, "the supplier")
	for _, part := range []string{info.Account, info.Currency} {
		if part != "" {
			text += ", " + part
		}
	}
	if info.Balance != "" {
		text += ", balance " + info.Balance
	}
	if info.Sandbox {
		text += ", for practice"
	}
	if _, err := fmt.Fprintln(s.out, text); err != nil {
		return err
	}
	for _, w := range info.Warnings {
		fmt.Fprintf(s.out, "  ! %s\n", w)
	}
	return nil
}

// supplierRow is one line of supplier list --json.
type supplierRow struct {
	Demo     bool                 `json:"demo,omitempty"`
	Name     string               `json:"name"`
	Kind     string               `json:"kind"`
	Title    string               `json:"title"`
	Currency string               `json:"currency"`
	Mode     checkout.Mode        `json:"mode"`
	Cap      *int64               `json:"cap,omitempty"`    // minor units, a day
	Spent    int64                `json:"spent_today"`      // minor units, paid or reserved
	Paused   string               `json:"paused,omitempty"` // why it does not buy by itself any more
	Methods  []checkout.PayMethod `json:"pay_methods,omitempty"`
}

func (s *session) supplierListCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "List the suppliers, with what is spent there today", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return s.listSuppliers(cmd.Context(), asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON, one supplier a line")
	return cmd
}

func (s *session) listSuppliers(ctx context.Context, asJSON bool) (err error) {
	a, err := s.open(ctx, opening{wire: true, suppliers: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	set, err := a.CheckoutSettings()
	if err != nil {
		return &coded{ExitUsage, err}
	}
	if len(set.Suppliers) == 0 && !asJSON {
		fmt.Fprintln(s.err, "No supplier is set up yet: add one with `orderdeck supplier add`.")
	}
	for i := range set.Suppliers {
		row, err := a.supplierRow(ctx, &set.Suppliers[i])
		if err != nil {
			return err
		}
		if asJSON {
			err = writeJSON(s.out, row)
		} else {
			err = s.describeSupplier(a, &set.Suppliers[i], &row)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (a *App) supplierRow(ctx context.Context, x *checkout.Supplier) (row supplierRow, err error) {
	row = supplierRow{Demo: a.Demo, Name: x.Name, Kind: x.Kind, Title: x.Label(), Currency: x.Currency, Mode: cmp.Or(x.Mode, checkout.ModeManual)}
	if x.Cap != nil {
		row.Cap = &x.Cap.Minor
	}
	spent, err := a.DB.Spent(ctx, x.Name, a.DB.Now().In(a.Config.Zone))
	if err != nil {
		return row, err
	}
	row.Spent = spent.Minor
	if row.Paused, err = a.DB.AutoPaused(ctx, x.Name); err != nil {
		return row, err
	}
	account, err := a.DB.Account(ctx, x.Name)
	if err == nil && account != nil {
		row.Methods = account.Methods
	}
	return row, err
}

func (s *session) describeSupplier(a *App, x *checkout.Supplier, row *supplierRow) error {
	if _, err := fmt.Fprintln(s.out, bold(s.out, x.Name)+"   "+strings.TrimSpace(x.Kind+"   "+x.Title)); err != nil {
		return err
	}
	spent := a.money(order.New(row.Spent, x.Currency))
	if x.Cap != nil {
		spent += " of at most " + a.money(*x.Cap)
	}
	buys := "when you say so"
	if x.Mode == checkout.ModeAuto {
		buys = "by itself"
	}
	fmt.Fprintf(s.out, "  buys        %s, %s spent today\n", buys, spent)
	if row.Paused != "" {
		fmt.Fprintf(s.out, "  stopped     %s\n", a.Config.Locale.Sentence(row.Paused))
	}
	for _, m := range row.Methods {
		text := cmp.Or(m.Name, m.Code)
		if m.Available != nil {
			text += ", " + a.money(*m.Available)
		}
		if m.Refused != "" {
			text += ": " + a.Config.Locale.Sentence(m.Refused)
		}
		fmt.Fprintf(s.out, "  pays with   %s\n", text)
	}
	return nil
}

func (s *session) supplierTestCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "test [SUPPLIER…]", Short: "Ask suppliers whether they still let Orderdeck in", Args: cobra.ArbitraryArgs,
		Long: "Asks every supplier, or those that are named, who we are there and what the balance is. Nothing is changed\n" +
			"there; a small catalogue is read again.",
		RunE: func(cmd *cobra.Command, args []string) error { return s.testSuppliers(cmd.Context(), args, asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON, one supplier a line")
	return cmd
}

// testedSupplier is one line of supplier test --json.
type testedSupplier struct {
	Demo     bool   `json:"demo,omitempty"`
	Supplier string `json:"supplier"`
	OK       bool   `json:"ok"`
	Error    string `json:"error,omitempty"`
	*outbox.Info
}

func (s *session) testSuppliers(ctx context.Context, names []string, asJSON bool) (err error) {
	a, err := s.open(ctx, opening{wire: true, suppliers: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	chosen := a.Suppliers
	if len(names) > 0 {
		chosen = nil
		for _, name := range names {
			if _, err := a.setSupplier(name); err != nil {
				return err
			}
			for _, x := range a.Suppliers {
				if x.Name() == name {
					chosen = append(chosen, x)
				}
			}
		}
	}
	if len(chosen) == 0 {
		return usage("no supplier is set up yet: add one with `orderdeck supplier add`")
	}
	failed := 0
	for _, x := range chosen {
		info, err := x.Test(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			failed++
		}
		switch {
		case asJSON && err != nil:
			err = writeJSON(s.out, testedSupplier{Demo: a.Demo, Supplier: x.Name(), Error: err.Error()})
		case asJSON:
			err = writeJSON(s.out, testedSupplier{Demo: a.Demo, Supplier: x.Name(), OK: true, Info: &info})
		case err != nil:
			_, err = fmt.Fprintf(s.err, "orderdeck: %s: %s\n", x.Name(), sentence(err))
		default:
			err = s.tellSupplier(x.Name(), &info)
		}
		if err != nil {
			return err
		}
		if err := s.catalogue(ctx, a, x); err != nil {
			return err
		}
	}
	return outcome(failed, len(chosen))
}

func (s *session) supplierRemoveCommand() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use: "remove SUPPLIER", Short: "Take a supplier out, with its key", Args: oneArg("a supplier's name"),
		Long: "Takes a supplier out of the settings and deletes its key. What was bought there stays on record, but is not followed\n" +
			"any more; links to it stay, and wait for a supplier of that name. It is refused while money is on its way there.",
		RunE: func(cmd *cobra.Command, args []string) error { return s.removeSupplier(cmd.Context(), args[0], yes) },
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return cmd
}

func (s *session) removeSupplier(ctx context.Context, name string, yes bool) (err error) {
	if s.demo || s.orders != 0 {
		return usage("the demo's suppliers are built in: leave --demo out")
	}
	a, err := s.open(ctx, opening{wire: true, suppliers: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if _, err := a.setSupplier(name); err != nil {
		return err
	}
	effects, err := a.DB.Effects(ctx, store.EffectFilter{Open: true})
	if err != nil {
		return err
	}
	under := 0
	for i := range effects {
		if effects[i].Supplier == name && effects[i].State.Open() {
			under++
		}
	}
	if under > 0 {
		return fmt.Errorf("%s at %s: see `orderdeck outbox list`, and remove it when that is settled", plural(under, "purchase is on its way", "purchases are on their way"), name)
	}
	if !yes {
		ok, err := s.confirm(ctx, "Remove "+name+" and its key from this computer?")
		if errors.Is(err, errNobody) {
			return usage("removing a supplier must be confirmed, and there is no terminal to ask on: say --yes")
		}
		if err != nil {
			return err
		}
		if !ok {
			fmt.Fprintln(s.err, "Nothing was removed.")
			return silent(ExitFailed)
		}
	}
	if err := a.Config.RemoveSupplier(name, s.configOptions(false)); err != nil {
		return err
	}
	if a.Config.Secrets != "" {
		secrets, err := a.Config.OpenSecrets(a.Config.Secrets, s.configOptions(false))
		if err == nil {
			err = errors.Join(secrets.Delete(ctx, config.SupplierSecret(name)), secrets.Delete(ctx, config.SupplierToken(name)))
		}
		if err != nil {
			return fmt.Errorf("%s has been removed, but its key has not: %w", name, err)
		}
	}
	_, err = fmt.Fprintln(s.out, name+" has been removed.")
	return err
}
