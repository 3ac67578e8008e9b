package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/orderdeck/orderdeck/config"
	"github.com/orderdeck/orderdeck/sync"
)

// adding is what `store add` was told.
type adding struct {
	store   config.StoreConfig
	keyFile string
	secrets string
	every   string
}

func (s *session) storeAddCommand() *cobra.Command {
	a := &adding{}
	cmd := &cobra.Command{
		Use: "add [PLATFORM]", Short: "Connect a store",
		Long: "Connects a store: asks for what is missing, tests the connection, and saves it only when that works.\n\n" +
			"The key is never given on the command line. It is asked for without showing, or read from --key-file FILE, from\n" +
			"standard input with --key-file -, or from the variable ORDERDECK_STORE_<NAME>_KEY. Where it is kept is chosen\n" +
			"with the first store: in the system's keyring, in a file that only you can read, or nowhere (env).\n\n" +
			"Stores are reached over https. A WooCommerce site that has only http can be added with its http:// address: requests\n" +
			"are signed then (OAuth 1.0a), so that the key stays secret, but orders, with your customers' names and addresses, can\n" +
			"be read and changed by anybody on the way. --key-in-address is for a WooCommerce site whose web server takes the\n" +
			"Authorization header away: the key stands in every address then, and so in the server's logs; never over http.",
		Example: "  orderdeck store add vendure --name shop --url https://shop.example/admin-api\n" +
			"  orderdeck store add woocommerce --name shop --url http://192.168.1.20/shop\n" +
			"  orderdeck store add vendure --name shop --url https://shop.example --key-file key.txt --secrets file",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage("`%s` takes one thing, a platform, but got %d", cmd.CommandPath(), len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				a.store.Platform = args[0]
			}
			return s.addStore(cmd.Context(), a)
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return s.platforms(), cobra.ShellCompDirectiveNoFileComp
		},
	}
	f := cmd.Flags()
	f.StringVar(&a.store.Name, "name", "", "how you call it here, such as shop")
	f.StringVar(&a.store.URL, "url", "", "where it is, such as https://shop.example/admin-api")
	f.StringVar(&a.keyFile, "key-file", "", "the `FILE` that has the key; - is standard input")
	f.StringVar(&a.secrets, "secrets", "", "where keys are kept: keyring, file or env (with the first store)")
	f.StringVar(&a.store.Pull, "pull", "all", "which orders to fetch: all, or a filter")
	f.StringVar(&a.every, "every", "", "how often to fetch, such as 10m, or off; by default sync.every")
	f.BoolVar(&a.store.OwnStock, "own-stock", false, "you ship from your own shelves")
	f.BoolVar(&a.store.AuthorizedIsPaid, "authorized-is-paid", false, "an authorized payment is enough to go on")
	f.BoolVar(&a.store.NotifyCustomer, "notify-customer", false, "messages to customers are on to begin with")
	f.BoolVar(&a.store.KeyInAddress, "key-in-address", false, "WooCommerce: the web server takes the Authorization header away")
	f.StringVar(&a.store.Zone, "timezone", "", "the store's time zone; by default its own or yours")
	return cmd
}

func (s *session) platforms() []string { return slices.Sorted(maps.Keys(s.deps.Connectors)) }

func (s *session) addStore(ctx context.Context, a *adding) error {
	if s.demo || s.orders != 0 {
		return usage("a store is not added to the demo: leave --demo out")
	}
	c, err := s.load(true)
	if err != nil {
		return err
	}
	if err := s.complete(ctx, c, a); err != nil {
		return err
	}
	keyless, err := withoutKey(a.store, s.deps.Connectors[a.store.Platform])
	if err != nil {
		return &coded{ExitUsage, err}
	}
	if keyless.Capabilities().Offline {
		return s.addOffline(c, a)
	}
	mode, err := s.chooseMode(ctx, c, a.secrets)
	if err != nil {
		return err
	}
	key, err := s.readKey(ctx, a.store.Name, a.keyFile, keyless.Capabilities())
	if err != nil {
		return err
	}
	info, key, err := s.tryKey(ctx, a.store, key)
	if err != nil {
		return fmt.Errorf("%s was not added: %w", a.store.Name, err)
	}
	secrets, err := c.OpenSecrets(mode, s.configOptions(true))
	if err != nil {
		return err
	}
	if err := secrets.Set(ctx, a.store.Name, key); err != nil {
		return fmt.Errorf("%s was not added, because its key cannot be kept: %w", a.store.Name, err)
	}
	newMode := ""
	if c.Secrets == "" {
		newMode = mode
	}
	if err := c.AddStore(a.store, newMode, s.configOptions(true)); err != nil {
		return errors.Join(fmt.Errorf("%s was not added: %w", a.store.Name, err), secrets.Delete(ctx, a.store.Name))
	}
	if err := tellInfo(s.out, a.store.Name, info); err != nil {
		return err
	}
	if info.Orders > 0 {
		fmt.Fprintf(s.out, "It has %s orders. ", c.Locale.Number(int64(info.Orders)))
	}
	_, err = fmt.Fprintf(s.out, "Saved in %s. Open `orderdeck` to see the orders, or run `orderdeck sync`.\n", c.File)
	return err
}

// addOffline saves a store that nobody is asked about: it has neither an address nor a key.
func (s *session) addOffline(c *config.Config, a *adding) error {
	if a.store.URL != "" || a.keyFile != "" {
		return usage("a store of the platform %s has neither an address nor a key: leave --url and --key-file out", a.store.Platform)
	}
	if err := c.AddStore(a.store, "", s.configOptions(true)); err != nil {
		return fmt.Errorf("%s was not added: %w", a.store.Name, err)
	}
	_, err := fmt.Fprintf(s.out, "Saved in %s. Read orders into it with `orderdeck import FILE --store %s`.\n", c.File, a.store.Name)
	return err
}

// complete checks what was given and asks for what was not.
func (s *session) complete(ctx context.Context, c *config.Config, a *adding) error {
	known := s.platforms()
	if err := s.askUntil(ctx, &a.store.Platform, "Platform ("+strings.Join(known, ", ")+")", "`orderdeck store add PLATFORM`", func(p string) error {
		if slices.Contains(known, p) {
			return nil
		}
		text := fmt.Sprintf("%q is no platform that Orderdeck knows.", p)
		if near := config.Nearest(p, known); near != "" {
			text += " Did you mean " + near + "?"
		}
		return fmt.Errorf("%s It knows %s", text, strings.Join(known, ", "))
	}); err != nil {
		return err
	}
	if err := s.askUntil(ctx, &a.store.Name, "Name for the store here", "--name", func(name string) error {
		if err := config.CheckStoreName(name); err != nil {
			return err
		}
		if _, taken := c.Store(name); taken {
			return fmt.Errorf("there is a store called %s already: choose another name, give it a new key with `orderdeck store key %[1]s`, or remove it first", name)
		}
		return nil
	}); err != nil {
		return err
	}
	if slices.Contains(s.offline(), a.store.Platform) {
		return s.checkSettings(a)
	}
	if a.store.URL == "" {
		if p, err := withoutKey(a.store, s.deps.Connectors[a.store.Platform]); err == nil {
			a.store.URL = p.Capabilities().URL
		}
	}
	if err := s.askUntil(ctx, &a.store.URL, "Address of the store", "--url", func(raw string) error {
		u, err := s.configOptions(true).NormalizeStoreURL(raw, a.store.Platform)
		if err == nil {
			a.store.URL = u
		}
		return err
	}); err != nil {
		return err
	}
	if err := s.configOptions(true).CheckStore(a.store); err != nil {
		return &coded{ExitUsage, err}
	}
	s.warn(a.store)
	return s.checkSettings(a)
}

// warn says, before a key is asked for, what a store's way of being reached gives away.
func (s *session) warn(st config.StoreConfig) {
	if st.Open() {
		fmt.Fprintf(s.err, "Warning: %s is not encrypted. Requests to it are signed, so that the key stays secret, but orders, with your customers'\n"+
			"names and addresses, can be read and changed by anybody on the way. If the store can be reached with https://, use that.\n", st.URL)
	}
	if st.KeyInAddress {
		fmt.Fprintln(s.err, "Warning: the key will stand in the address of every request, and so in the logs of the store's server and of what stands before it.")
	}
}

// askUntil checks a value that was given, or asks for it until it is right. flag says how else it could have been given.
func (s *session) askUntil(ctx context.Context, value *string, question, flag string, check func(string) error) error {
	if *value != "" {
		if err := check(*value); err != nil {
			return &coded{ExitUsage, err}
		}
		return nil
	}
	for {
		answer, err := s.ask(ctx, question, "")
		if errors.Is(err, errNobody) {
			return usage("%s is missing and there is no terminal to ask on: give it with %s", strings.ToLower(question), flag)
		}
		if err != nil {
			return err
		}
		if answer == "" {
			continue
		}
		*value = answer
		err = check(answer)
		if err == nil {
			return nil
		}
		fmt.Fprintln(s.err, sentence(err))
	}
}

// checkSettings checks the flags that are never asked for, by the rules of the settings file.
func (s *session) checkSettings(a *adding) error {
	o := s.configOptions(true)
	if a.store.Pull != "all" {
		if err := o.Filter(a.store.Pull); err != nil {
			return filterError(a.store.Pull, err)
		}
	}
	if a.store.Zone != "" {
		if _, err := time.LoadLocation(a.store.Zone); err != nil {
			return usage("--timezone cannot be %q: write an IANA name such as America/Sao_Paulo or Europe/Warsaw", a.store.Zone)
		}
	}
	if a.every != "" {
		every, err := config.ParseEvery(a.every)
		if err != nil {
			return usage("--every: %w", err)
		}
		a.store.Every, a.store.OwnEvery = every, true
	}
	return nil
}

// chooseMode says where the key is going to be kept. It is chosen once, by the merchant: a keyring that is not there is
// never replaced by a file without being asked for.
func (s *session) chooseMode(ctx context.Context, c *config.Config, flag string) (string, error) {
	modes := []string{config.ModeKeyring, config.ModeFile, config.ModeEnv}
	if flag != "" && !slices.Contains(modes, flag) {
		return "", choice("secrets", flag, modes)
	}
	if c.Secrets != "" {
		if flag != "" && flag != c.Secrets {
			return "", usage("%s says that keys are kept in %s: change `secrets` there first, or leave --secrets out", c.Where("secrets"), c.Secrets)
		}
		return c.Secrets, nil
	}
	if flag != "" {
		return flag, nil
	}
	missing := config.KeyringAvailable(ctx)
	if missing == nil {
		return config.ModeKeyring, nil
	}
	if !s.interactive() {
		return "", usage("the system's keyring cannot be used (%w), and it is yours to choose where keys are kept instead: "+
			"say --secrets file (a file that only you can read) or --secrets env (ORDERDECK_STORE_<NAME>_KEY, nothing is written)", missing)
	}
	fmt.Fprintf(s.err, "The system's keyring cannot be used (%v).\n", missing)
	for {
		answer, err := s.ask(ctx, "Keep keys in a file that only you can read (file), or take them from the environment (env)?", "file")
		if err != nil {
			return "", err
		}
		if answer == config.ModeFile || answer == config.ModeEnv {
			return answer, nil
		}
	}
}

// readKey takes the key from where it was put, or asks for it.
func (s *session) readKey(ctx context.Context, name, keyFile string, can sync.Capabilities) (config.Secret, error) {
	var text string
	switch fromEnv := os.Getenv(config.EnvName(name)); {
	case keyFile == "-":
		data, err := io.ReadAll(io.LimitReader(s.in, 64<<10))
		if err != nil {
			return config.Secret{}, fmt.Errorf("the key cannot be read from standard input: %w", err)
		}
		text = string(data)
	case keyFile != "":
		data, err := readKeyFile(keyFile)
		if err != nil {
			return config.Secret{}, err
		}
		text = data
	case fromEnv != "":
		text = fromEnv
	default:
		if can.KeyHint != "" && s.interactive() {
			fmt.Fprintln(s.err, can.KeyHint)
		}
		answer, err := s.askHidden(ctx, "Key (it does not show)")
		if errors.Is(err, errNobody) {
			return config.Secret{}, usage("the key is missing and there is no terminal to ask on: use --key-file FILE, --key-file - or the variable %s", config.EnvName(name))
		}
		if err != nil {
			return config.Secret{}, err
		}
		text = answer
	}
	key := config.NewSecret(text)
	if err := key.Check(); err != nil {
		return config.Secret{}, &coded{ExitUsage, err}
	}
	return key, nil
}

func readKeyFile(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", usage("the key file %s cannot be read: %w", name, reason(err))
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, 64<<10))
	if err != nil {
		return "", usage("the key file %s cannot be read: %w", name, reason(err))
	}
	return string(data), nil
}

// reason is what the system said, without the operation and the path.
func reason(err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// tryKey asks the store with a key that is not kept yet. It gives the key that is to be kept, which may be another one by
// then.
func (s *session) tryKey(ctx context.Context, st config.StoreConfig, key config.Secret) (sync.Info, config.Secret, error) {
	p, err := s.deps.Connectors[st.Platform](st, key)
	if err != nil {
		return sync.Info{}, key, err
	}
	keepKey(p, nil, st.Name, func(fresh config.Secret) { key = fresh })
	if s.interactive() {
		fmt.Fprintf(s.err, "Asking %s …\n", st.URL)
	}
	info, err := p.Test(ctx)
	info.Acts = actsOf(p)
	return info, key, err
}

func (s *session) storeKeyCommand() *cobra.Command {
	var keyFile string
	cmd := &cobra.Command{
		Use: "key STORE", Short: "Give a store a new key", Args: oneArg("a store's name"),
		Long: "Takes a new key for a store, as `store add` does, tests it, and keeps it in place of the old one when it works.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.changeKey(cmd.Context(), args[0], keyFile)
		},
		ValidArgsFunction: s.completeStores,
	}
	cmd.Flags().StringVar(&keyFile, "key-file", "", "the `FILE` that has the key; - is standard input")
	return cmd
}

func (s *session) changeKey(ctx context.Context, name, keyFile string) error {
	c, err := s.load(false)
	if err != nil {
		return err
	}
	chosen, err := s.chosen(c, []string{name})
	if err != nil {
		return err
	}
	st := chosen[0]
	keyless, err := withoutKey(st, s.deps.Connectors[st.Platform])
	if err != nil {
		return err
	}
	mode, err := s.chooseMode(ctx, c, "")
	if err != nil {
		return err
	}
	key, err := s.readKey(ctx, name, keyFile, keyless.Capabilities())
	if err != nil {
		return err
	}
	secrets, err := c.OpenSecrets(mode, s.configOptions(false))
	if err != nil {
		return err
	}
	info, key, err := s.tryKey(ctx, st, key)
	if err != nil {
		return fmt.Errorf("the old key of %s is kept: %w", name, err)
	}
	if err := secrets.Set(ctx, name, key); err != nil {
		return err
	}
	return tellInfo(s.out, name, info)
}
