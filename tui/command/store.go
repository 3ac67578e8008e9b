package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/orderdeck/orderdeck/config"
	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/sync"
)

func (s *session) storeCommand() *cobra.Command {
	return parent(&cobra.Command{Use: "store", Short: "Connect, list, test and remove stores", GroupID: "setup"},
		s.storeAddCommand(), s.storeListCommand(), s.storeTestCommand(), s.storeKeyCommand(), s.storeRemoveCommand())
}

// stored is one line of store list --json.
type stored struct {
	Demo        bool      `json:"demo,omitempty"`
	Name        string    `json:"name"`
	Platform    string    `json:"platform"`
	URL         string    `json:"url"`
	Title       string    `json:"title,omitempty"`
	Currency    string    `json:"currency,omitempty"`
	Zone        string    `json:"timezone,omitempty"`
	Pull        string    `json:"pull"`
	EverySecs   int       `json:"every_seconds"` // 0 = never by itself
	Orders      int       `json:"orders"`
	Skipped     int       `json:"skipped"` // left out by pull
	State       string    `json:"state,omitempty"`
	LastSuccess time.Time `json:"last_success,omitzero"`
	LastError   string    `json:"last_error,omitempty"`
	NextRun     time.Time `json:"next_run,omitzero"`
}

func (s *session) storeListCommand() *cobra.Command {
	var asJSON, skipped bool
	cmd := &cobra.Command{
		Use: "list", Short: "List the stores and how far their orders are", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if skipped {
				return s.listSkipped(cmd.Context(), asJSON)
			}
			return s.listStores(cmd.Context(), asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON, one store a line")
	cmd.Flags().BoolVar(&skipped, "skipped", false, "list the orders that the stores' filters left out instead")
	return cmd
}

func (s *session) listStores(ctx context.Context, asJSON bool) error {
	c, err := s.load(false)
	if err != nil {
		return err
	}
	if len(c.Stores) == 0 && !s.demo && s.orders == 0 {
		if !asJSON {
			fmt.Fprintln(s.err, "No store is connected yet: add one with `orderdeck store add`.")
		}
		return nil
	}
	stores, err := s.describeStores(ctx, c)
	if err != nil {
		return err
	}
	for _, st := range stores {
		if asJSON {
			err = writeJSON(s.out, st)
		} else {
			s.describe(c, st)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// describeStores puts together what the settings say and what the database knows, which may be nothing yet.
func (s *session) describeStores(ctx context.Context, c *config.Config) (out []stored, err error) {
	for _, st := range c.Stores {
		out = append(out, stored{Name: st.Name, Platform: st.Platform, URL: st.URL, Pull: st.Pull, EverySecs: int(st.Every.Seconds()), Zone: st.Zone})
	}
	a, err := s.open(ctx, opening{})
	if err != nil {
		if _, missing := os.Stat(filepath.Join(c.Data, "orderdeck.db")); os.IsNotExist(missing) && !s.demo && s.orders == 0 {
			return out, nil
		}
		return nil, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	shops, err := a.DB.Shops(ctx)
	if err != nil {
		return nil, err
	}
	states, err := a.DB.SyncStates(ctx)
	if err != nil {
		return nil, err
	}
	if a.Demo {
		out = nil
		for _, shop := range shops {
			out = append(out, stored{Demo: true, Name: shop.Name, Platform: shop.Platform, URL: shop.URL, Pull: "all"})
		}
	}
	for i := range out {
		if err := a.fill(ctx, &out[i], shops, states); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (a *App) fill(ctx context.Context, st *stored, shops []store.Shop, states []store.SyncState) error {
	at := slices.IndexFunc(shops, func(sh store.Shop) bool { return sh.Name == st.Name })
	if at < 0 {
		return nil // not fetched yet
	}
	st.Title, st.Currency, st.Zone = shops[at].Title, shops[at].Currency, cmp.Or(st.Zone, shops[at].Zone)
	counts, err := a.DB.Counts(ctx, []string{st.Name})
	if err != nil {
		return err
	}
	st.Orders = counts["all"]
	if _, st.Skipped, err = a.DB.Skips(ctx, st.Name, 0); err != nil {
		return err
	}
	if at = slices.IndexFunc(states, func(x store.SyncState) bool { return x.Shop == st.Name }); at >= 0 {
		x := states[at]
		st.State, st.LastSuccess, st.LastError, st.NextRun = x.State, x.LastSuccess, x.LastError, x.NextRun
	}
	return nil
}

func (s *session) describe(c *config.Config, st stored) {
	w, l := s.out, c.Locale
	fmt.Fprintln(w, bold(w, st.Name)+"   "+strings.TrimSpace(st.Platform+"   "+st.Title))
	if st.URL != "" {
		fmt.Fprintf(w, "  address     %s\n", st.URL)
	}
	fmt.Fprintf(w, "  orders      %s, pulls %s\n", l.Number(int64(st.Orders)), st.Pull)
	if st.Skipped > 0 {
		fmt.Fprintf(w, "  skipped     %s; `orderdeck store list --skipped` shows them\n", l.Number(int64(st.Skipped)))
	}
	every := "only when asked"
	if st.EverySecs > 0 {
		every = "every " + l.Duration(time.Duration(st.EverySecs)*time.Second)
	}
	last := "never"
	if !st.LastSuccess.IsZero() {
		last = l.DateTime(st.LastSuccess.In(c.Zone)) + " (" + l.Ago(time.Since(st.LastSuccess)) + ")"
	}
	fmt.Fprintf(w, "  fetched     %s, last %s\n", every, last)
	if st.LastError != "" {
		fmt.Fprintf(w, "  problem     %s\n", sentence(errors.New(st.LastError)))
	}
}

// listSkipped lists what the stores' filters left out, newest first.
func (s *session) listSkipped(ctx context.Context, asJSON bool) (err error) {
	a, err := s.open(ctx, opening{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	shops, err := a.DB.Shops(ctx)
	if err != nil {
		return err
	}
	for _, shop := range shops {
		skips, _, err := a.DB.Skips(ctx, shop.Name, 1000)
		if err != nil {
			return err
		}
		for _, k := range skips {
			if asJSON {
				err = writeJSON(s.out, struct {
					Store      string    `json:"store"`
					Number     string    `json:"number"`
					ExternalID string    `json:"external_id"`
					Reason     string    `json:"reason"`
					At         time.Time `json:"at"`
				}{shop.Name, k.Number, k.ExternalID, k.Reason, k.At})
			} else {
				_, err = fmt.Fprintf(s.out, "%s/%s\t%s\t%s\n", shop.Name, k.Number, k.At.In(a.Config.Zone).Format(time.RFC3339), k.Reason)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *session) storeTestCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "test [STORE…]", Short: "Ask stores whether they still let Orderdeck in", Args: cobra.ArbitraryArgs,
		Long:              "Asks every store, or those that are named, who it is and what the key may do. Nothing is changed.",
		RunE:              func(cmd *cobra.Command, args []string) error { return s.testStores(cmd.Context(), args, asJSON) },
		ValidArgsFunction: s.completeStores,
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON, one store a line")
	return cmd
}

// tested is one line of store test --json.
type tested struct {
	Store string `json:"store"`
	OK    bool   `json:"ok"`
	Error string `json:"error,omitempty"`
	*sync.Info
}

func (s *session) testStores(ctx context.Context, names []string, asJSON bool) error {
	c, err := s.load(false)
	if err != nil {
		return err
	}
	chosen, err := s.chosen(c, names)
	if err != nil {
		return err
	}
	failed := 0
	for _, st := range chosen {
		info, err := s.test(ctx, c, st)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			failed++
		}
		switch {
		case asJSON && err != nil:
			err = writeJSON(s.out, tested{Store: st.Name, Error: err.Error()})
		case asJSON:
			err = writeJSON(s.out, tested{Store: st.Name, OK: true, Info: &info})
		case err != nil:
			_, err = fmt.Fprintf(s.err, "orderdeck: %s: %s\n", st.Name, sentence(err))
		default:
			err = tellInfo(s.out, st.Name, info)
		}
		if err != nil {
			return err
		}
	}
	switch {
	case failed == 0:
		return nil
	case failed < len(chosen):
		return silent(ExitPartial)
	}
	return silent(ExitFailed)
}

func (s *session) test(ctx context.Context, c *config.Config, st config.StoreConfig) (sync.Info, error) {
	src, err := s.source(c, st)
	if err != nil {
		return sync.Info{}, err
	}
	info, err := src.Platform.Test(ctx)
	info.Acts = actsOf(src.Platform)
	return info, err
}

// actsOf says what can be done to orders at a platform: by the name of the act, why it cannot, "" where it can. It is nil
// where nothing can be done.
func actsOf(p sync.Platform) map[string]string {
	out, some := map[string]string{}, false
	for kind, why := range sync.Acts(p) {
		out[kind.Label()] = why
		some = some || why == ""
	}
	if !some {
		return nil
	}
	return out
}

// acts lists what can be done, and what cannot with its reason.
func acts(all map[string]string) (can, cannot []string) {
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if why := all[name]; why != "" {
			cannot = append(cannot, name+": "+why)
		} else {
			can = append(can, name)
		}
	}
	return can, cannot
}

// tellInfo says what a store said of itself.
func tellInfo(w io.Writer, name string, info sync.Info) error {
	text := name + ": connected to " + cmp.Or(info.Title, "the store")
	for _, part := range []string{info.Version, info.Currency, info.Zone} {
		if part != "" {
			text += ", " + part
		}
	}
	if _, err := fmt.Fprintln(w, text); err != nil {
		return err
	}
	if len(info.Permissions) > 0 {
		fmt.Fprintf(w, "  key may     %s\n", strings.Join(info.Permissions, ", "))
	}
	can, cannot := acts(info.Acts)
	if len(can) > 0 {
		fmt.Fprintf(w, "  can do      %s\n", strings.Join(can, ", "))
	}
	for _, why := range cannot {
		fmt.Fprintf(w, "  cannot do   %s\n", why)
	}
	for _, warning := range info.Warnings {
		fmt.Fprintf(w, "  ! %s\n", warning)
	}
	if skew := info.ClockSkew.Abs(); skew >= time.Minute {
		fmt.Fprintf(w, "  ! its clock and this computer's are %s apart: set this computer's clock by the network\n", skew.Round(time.Second))
	}
	return nil
}

// chosen finds the stores that were named; none means all of them.
func (s *session) chosen(c *config.Config, names []string) ([]config.StoreConfig, error) {
	if s.demo || s.orders != 0 {
		return nil, usage("the demo's stores are built in and have no key: leave --demo out")
	}
	if len(c.Stores) == 0 {
		return nil, usage("no store is connected yet: add one with `orderdeck store add`")
	}
	if len(names) == 0 {
		return c.Stores, nil
	}
	var all []string
	for _, st := range c.Stores {
		all = append(all, st.Name)
	}
	var out []config.StoreConfig
	for _, name := range names {
		st, ok := c.Store(name)
		if !ok {
			text := fmt.Sprintf("there is no store called %q.", name)
			if near := config.Nearest(name, all); near != "" {
				text += " Did you mean " + near + "?"
			}
			return nil, usage("%s There is %s", text, strings.Join(all, ", "))
		}
		out = append(out, st)
	}
	return out, nil
}
