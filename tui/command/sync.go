package command

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/orderdeck/orderdeck/config/locale"
	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/sync"
)

func (s *session) syncCommand() *cobra.Command {
	var watch, asJSON bool
	cmd := &cobra.Command{
		Use: "sync [STORE…]", Short: "Fetch what is new in the stores", GroupID: "orders",
		Long: "Fetches what has changed in all stores, or in those that are named, and says what it came to. It goes on where\n" +
			"it was interrupted, and obeys the stores' limits.\n\n" +
			"--watch stays and fetches again and again, as the open screens do: run it as a service to keep the orders fresh.\n" +
			"One process at a time talks to the stores of a database. While another does, this one leaves its request with it,\n" +
			"waits for the outcome and reports it; with --watch it waits for its turn.\n\n" +
			"The exit code is 3 when some of the stores failed, and 1 when all of them did.",
		Example: "  orderdeck sync\n  orderdeck sync shop --json\n  orderdeck sync --watch",
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.sync(cmd.Context(), args, watch, asJSON)
		},
		ValidArgsFunction: s.completeStores,
	}
	cmd.Flags().BoolVar(&watch, "watch", false, "stay, and fetch again and again until stopped")
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON, one store a line")
	return cmd
}

func (s *session) sync(ctx context.Context, names []string, watch, asJSON bool) (err error) {
	if watch && len(names) > 0 {
		return usage("--watch looks after all stores: leave %s out, or set `every: off` for those that should rest", strings.Join(names, ", "))
	}
	a, err := s.open(ctx, opening{wire: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	debug.SetGCPercent(tightGC)
	if watch {
		return s.watch(ctx, a, asJSON)
	}
	stop := s.progress(a.Service, a.Config.Locale, isTerminal(s.err))
	reports, err := a.Service.Sync(ctx, names)
	stop()
	if err != nil {
		if sync.KindOf(err) == sync.Refused {
			return &coded{ExitUsage, err}
		}
		return err
	}
	failed := 0
	for _, r := range reports {
		if r.Err != nil {
			failed++
		}
		if err := s.report(a, r, asJSON); err != nil {
			return err
		}
	}
	switch {
	case a.Demo && failed == 0:
		return a.DB.SetMeta(ctx, metaFilled, time.Now().UTC().Format(time.RFC3339))
	case failed == 0:
		return nil
	case failed < len(reports):
		return silent(ExitPartial)
	}
	return silent(ExitFailed)
}

// tightGC has what a page leaves behind collected twice as often as usual: a long import is to stay small.
const tightGC = 50

// synced is one line of sync --json.
type synced struct {
	Demo      bool      `json:"demo,omitempty"`
	Store     string    `json:"store"`
	OK        bool      `json:"ok"`
	Error     string    `json:"error,omitempty"`
	Kind      string    `json:"kind,omitempty"` // of the error: auth, network, rate_limited, ...
	New       int       `json:"new"`
	Updated   int       `json:"updated"`
	Unchanged int       `json:"unchanged"`
	Skipped   int       `json:"skipped"`
	Missing   int       `json:"missing_upstream"`
	Started   time.Time `json:"started_at"`
	Seconds   float64   `json:"seconds"`
	Other     bool      `json:"other_process,omitempty"` // another process did it
}

// report says what became of one store: to standard output when it went well, to standard error when not, and with
// JSON in any case to standard output.
func (s *session) report(a *App, r sync.Report, asJSON bool) error {
	if r.Err != nil {
		fmt.Fprintf(s.err, "orderdeck: %s: %s\n", r.Shop, sentence(r.Err))
	}
	if asJSON {
		out := synced{
			Demo: a.Demo, Store: r.Shop, OK: r.Err == nil, Kind: string(sync.KindOf(r.Err)),
			New: r.Counts.New, Updated: r.Counts.Updated, Unchanged: r.Counts.Unchanged, Skipped: r.Counts.Skipped, Missing: r.Counts.Gone,
			Started: r.Started, Seconds: r.Took.Seconds(), Other: r.Other,
		}
		if r.Err != nil {
			out.Error = r.Err.Error()
		}
		return writeJSON(s.out, out)
	}
	if r.Err == nil {
		_, err := fmt.Fprintln(s.out, reportText(r, a.Config.Locale))
		return err
	}
	return nil
}

// reportText is what a sync that went well came to.
func reportText(r sync.Report, l locale.Locale) string {
	text := fmt.Sprintf("%s: %s new, %s updated, %s unchanged", r.Shop,
		l.Number(int64(r.Counts.New)), l.Number(int64(r.Counts.Updated)), l.Number(int64(r.Counts.Unchanged)))
	if r.Counts.Skipped > 0 {
		text += ", " + l.Number(int64(r.Counts.Skipped)) + " skipped by the store's filter"
	}
	if r.Counts.Gone > 0 {
		text += ", " + l.Number(int64(r.Counts.Gone)) + " no longer in the store"
	}
	if r.Took >= time.Second {
		text += ", " + l.Duration(r.Took)
	}
	if r.Other {
		text += " (by another Orderdeck that is running)"
	}
	return text
}

// watch runs the loop and writes a line whenever a store has had a run. A service that is told to end ends well.
func (s *session) watch(ctx context.Context, a *App, asJSON bool) error {
	before, err := a.DB.SyncStates(ctx)
	if err != nil {
		return err
	}
	changed, unsubscribe := a.Service.Subscribe()
	defer unsubscribe()
	run, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- a.Service.Run(run) }()
	told := &watched{map[string]time.Time{}, map[string]string{}}
	for _, st := range before {
		told.runs[st.Shop] = st.LastAttempt
	}
	for {
		select {
		case <-changed:
			for _, st := range a.Service.Status() {
				if err := told.tell(s, a, st, asJSON); err != nil {
					cancel()
					return errors.Join(err, <-done)
				}
			}
		case err := <-done:
			var stop *interrupted
			if errors.As(context.Cause(ctx), &stop) && stop.code == ExitSIGTERM && (err == nil || errors.Is(err, context.Canceled)) {
				return nil
			}
			if err == nil {
				return ctx.Err()
			}
			return err
		}
	}
}

// watched is what has been told of the stores that are watched.
type watched struct {
	runs   map[string]time.Time // the last run, by store
	errors map[string]string    // why a store is being waited for
}

// tell reports a store that has finished a run, or that has begun to keep us waiting, since it was last looked at.
func (w *watched) tell(s *session, a *App, st store.SyncState, asJSON bool) error {
	if strings.HasPrefix(st.Shop, sync.SupplierPrefix) {
		return nil
	}
	if st.State == sync.StateWaiting && st.LastError != "" && st.LastError != w.errors[st.Shop] {
		w.errors[st.Shop] = st.LastError
		fmt.Fprintf(s.err, "orderdeck: %s: %s Trying again.\n", st.Shop, sentence(errors.New(st.LastError)))
	}
	if st.State != sync.StateIdle && st.State != sync.StateStopped || !st.LastAttempt.After(w.runs[st.Shop]) {
		return nil
	}
	w.runs[st.Shop], w.errors[st.Shop] = st.LastAttempt, ""
	r := sync.Report{Shop: st.Shop, Counts: st.Counts, Started: st.LastAttempt}
	if st.LastSuccess.Before(st.LastAttempt) {
		r.Err = sync.Errorf(sync.Unavailable, "%s", st.LastError)
	} else {
		r.Took = st.LastSuccess.Sub(st.LastAttempt)
	}
	return s.report(a, r, asJSON)
}

// completeStores offers the stores' names to the shell.
func (s *session) completeStores(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	c, err := s.load(true)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, st := range c.Stores {
		names = append(names, st.Name)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
