package command

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
)

func (s *session) outboxCommand() *cobra.Command {
	return parent(&cobra.Command{
		Use: "outbox", Short: "See what is on its way out, and settle what got stuck", GroupID: "orders",
		Long: "Everything that is to happen outside (an order at a supplier, its payment, a parcel told to a store) waits in the\n" +
			"outbox until it is settled. What may have happened is never done again before Orderdeck has looked.",
	}, s.outboxListCommand(), s.outboxRetryCommand(), s.outboxWithdrawCommand(), s.outboxConfirmCommand(), s.outboxBackCommand())
}

// effectRow is one line of outbox list --json.
type effectRow struct {
	Demo      bool              `json:"demo,omitempty"`
	ID        int64             `json:"id"`
	Kind      store.EffectKind  `json:"kind"`
	Act       string            `json:"act,omitempty"`
	State     store.EffectState `json:"state"`
	Store     string            `json:"store"`
	Number    string            `json:"number"`
	Supplier  string            `json:"supplier,omitempty"`
	Reference string            `json:"reference"`
	Attempts  int               `json:"attempts"`
	Reason    string            `json:"reason,omitempty"`
	Evidence  string            `json:"evidence,omitempty"`
	Who       string            `json:"who"`
	At        time.Time         `json:"at"`
	Updated   time.Time         `json:"updated"`
	NotBefore time.Time         `json:"not_before,omitzero"`
}

func newEffectRow(e *store.Effect, demo bool) effectRow {
	act := ""
	if e.Kind == store.EffectAct {
		act = e.Name()
	}
	return effectRow{
		demo, e.ID, e.Kind, act, e.State, e.Store, e.Number, e.Supplier, e.Reference, e.Attempts, e.Reason, e.Evidence, e.Who, e.At, e.Updated, e.NotBefore,
	}
}

func (s *session) outboxListCommand() *cobra.Command {
	var all, asJSON bool
	limit := 0
	cmd := &cobra.Command{
		Use: "list [NUMBER]", Short: "List what is on its way out, of all orders or of one",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage("`%s` takes one order, but got %d", cmd.CommandPath(), len(args))
			}
			if limit < 0 {
				return usage("--limit cannot be %d: it takes a number from 1 on", limit)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.outboxList(cmd.Context(), args, all, limit, asJSON)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	f := cmd.Flags()
	f.BoolVar(&all, "all", false, "with what is done already")
	f.IntVar(&limit, "limit", 0, "at most `N` entries; by default 1000")
	f.BoolVar(&asJSON, "json", false, "write JSON, one entry a line")
	return cmd
}

func (s *session) outboxList(ctx context.Context, args []string, all bool, limit int, asJSON bool) (err error) {
	a, err := s.open(ctx, opening{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	filter := store.EffectFilter{Open: !all, Limit: limit}
	if len(args) > 0 {
		ref, err := findOne(ctx, a, args[0])
		if err != nil {
			return err
		}
		filter.OrderID = ref.ID
	}
	effects, err := a.DB.Effects(ctx, filter)
	if err != nil {
		return err
	}
	if len(effects) == 0 && !asJSON {
		fmt.Fprintln(s.err, "Nothing is on its way out.")
	}
	for i := range effects {
		if asJSON {
			err = writeJSON(s.out, newEffectRow(&effects[i], a.Demo))
		} else {
			err = s.tellEffect(a, &effects[i])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// effectNames say what an effect does.
var effectNames = map[store.EffectKind]string{
	store.EffectPlace: "order at", store.EffectPay: "pay", store.EffectCancel: "take back at", store.EffectTell: "tell",
}

func (s *session) tellEffect(a *App, e *store.Effect) error {
	to := a.supplierTitle(e.Supplier)
	if e.Kind.ToStore() {
		to = e.Store
	}
	what := effectNames[e.Kind]
	switch {
	case e.Kind == store.EffectAct:
		what = e.Name() + " at"
	case what == "":
		what = words(string(e.Kind))
	}
	line := fmt.Sprintf("%d\t%s/%s\t%s %s\t%s\t%s", e.ID, e.Store, e.Number, what, to, e.State, e.Reference)
	if e.Attempts > 1 {
		line += "\t" + strconv.Itoa(e.Attempts) + " attempts"
	}
	if e.Reason != "" {
		line += "\t" + a.Config.Locale.Sentence(e.Reason)
	}
	_, err := fmt.Fprintln(s.out, line)
	return err
}

// entries reads the numbers of outbox entries.
func entries(cmd *cobra.Command, args []string) ([]int64, error) {
	if len(args) == 0 {
		return nil, usage("`%s` needs the number of an entry: `orderdeck outbox list` shows them", cmd.CommandPath())
	}
	var ids []int64
	for _, arg := range args {
		id, err := strconv.ParseInt(arg, 10, 64)
		if err != nil || id <= 0 {
			return nil, usage("%q is no number of an entry: `orderdeck outbox list` shows them", arg)
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func (s *session) outboxRetryCommand() *cobra.Command {
	wait := time.Minute
	cmd := &cobra.Command{
		Use: "retry ENTRY…", Short: "Try again what failed",
		Long: "Has a failed entry tried again, or one of an unknown outcome looked at now, and says what came of it. It is refused\n" +
			"where that could do something twice, and says why. A supplier whose automatic checkout stopped at a failure goes on\n" +
			"as well.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if wait < 0 {
				return usage("--wait cannot be %s: it takes an interval such as 90s or 10m, or 0", wait)
			}
			return s.eachEntry(cmd, args, func(ctx context.Context, a *App, id int64) (string, error) {
				return a.retry(ctx, id, wait)
			})
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	cmd.Flags().DurationVar(&wait, "wait", time.Minute, "how long to wait for the outcome; 0 does not wait")
	return cmd
}

// retry has an entry tried again and waits for what comes of it.
func (a *App) retry(ctx context.Context, id int64, wait time.Duration) (string, error) {
	e, err := a.DB.Effect(ctx, id)
	if err != nil {
		return "", err
	}
	if err := a.DB.RetryEffect(ctx, Who(), id); err != nil {
		return "", err
	}
	if why, err := a.DB.AutoPaused(ctx, e.Supplier); err == nil && why != "" && e.Supplier != "" {
		if err := a.DB.ResumeAuto(ctx, e.Supplier); err != nil {
			return "", err
		}
	}
	if wait == 0 {
		return "is tried again", nil
	}
	b := &buyer{a: a}
	err = b.until(ctx, wait, func(ctx context.Context) (bool, error) {
		// A retry may be an entry of its own: the latest of the purchase tells.
		all, err := a.DB.Effects(ctx, store.EffectFilter{Reference: e.Reference, Limit: 20})
		for i := range all {
			if all[i].Kind == e.Kind && all[i].ID >= e.ID {
				e = all[i]
				break
			}
		}
		return !e.State.Open(), err
	})
	switch {
	case errors.Is(err, errLate):
		return "is tried again, and not settled yet", nil
	case err != nil:
		return "", err
	case e.State != store.EffectSent:
		return "", fmt.Errorf("it was tried again and is %s: %s", e.State, a.Config.Locale.Sentence(e.Reason))
	}
	return "was tried again: done", nil
}

func (s *session) outboxWithdrawCommand() *cobra.Command {
	return &cobra.Command{
		Use: "withdraw ENTRY…", Short: "Take back what has not been sent",
		Long: "Takes an entry out of the outbox that has not been sent yet. What was sent, or may have been, cannot be taken back.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.eachEntry(cmd, args, func(ctx context.Context, a *App, id int64) (string, error) {
				return "was taken back", a.DB.WithdrawEffect(ctx, Who(), id)
			})
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
}

// eachEntry does something to entries and says what came of each.
func (s *session) eachEntry(cmd *cobra.Command, args []string, do func(ctx context.Context, a *App, id int64) (string, error)) (err error) {
	ids, err := entries(cmd, args)
	if err != nil {
		return err
	}
	ctx := cmd.Context()
	a, err := s.open(ctx, opening{wire: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	failed := 0
	for _, id := range ids {
		done, err := do(ctx, a, id)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && len(ids) == 1:
			return err
		case err != nil:
			failed++
			fmt.Fprintf(s.err, "orderdeck: %d: %s\n", id, sentence(err))
		default:
			if _, err := fmt.Fprintf(s.out, "%d %s.\n", id, done); err != nil {
				return err
			}
		}
	}
	return outcome(failed, len(ids))
}

// outcome is how a command over several things ends: some of them may have failed.
func outcome(failed, of int) error {
	switch {
	case failed == 0:
		return nil
	case failed < of:
		return silent(ExitPartial)
	}
	return silent(ExitFailed)
}

func (s *session) outboxConfirmCommand() *cobra.Command {
	var receipt, amount string
	cmd := &cobra.Command{
		Use: "confirm REFERENCE", Short: "Say that you have paid a purchase order",
		Long: "Says that you have paid a supplier without an API for a purchase order, which makes the order Placed. The amount\n" +
			"is the one of the purchase order unless you say another.",
		Example: "  orderdeck outbox confirm 1042-LUME-7Q3F0K-1-9W2M4ZT8 --receipt TRF-2291",
		Args:    oneArg("the reference of a purchase, which `orderdeck outbox list --all` shows"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.confirmPaid(cmd.Context(), args[0], receipt, amount)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	cmd.Flags().StringVar(&receipt, "receipt", "", "what names the payment at the bank or the supplier")
	cmd.Flags().StringVar(&amount, "amount", "", "what was paid, such as 44.50; by default what was ordered")
	return cmd
}

func (s *session) confirmPaid(ctx context.Context, reference, receipt, amount string) (err error) {
	a, err := s.open(ctx, opening{wire: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	p, err := a.DB.PlacementsOf(ctx, reference)
	if err != nil {
		return noReference(reference, err)
	}
	paid := p.Total
	if amount != "" {
		if paid, err = checkout.ParsePrice(amount, p.Total.Currency); err != nil {
			return usage("--amount: %w", err)
		}
	}
	if err := a.DB.ConfirmPaid(ctx, Who(), reference, strings.TrimSpace(receipt), paid, a.DB.Now()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "%s is paid: %s to %s.\n", reference, a.money(paid), a.supplierTitle(p.Supplier))
	return err
}

// money writes an amount as the merchant's country does.
func (a *App) money(m order.Money) string {
	return a.Config.Locale.Money(m.Minor, order.Exponent(m.Currency), m.Currency)
}

func noReference(reference string, err error) error {
	if store.CodeOf(err) == store.NotFound {
		return fmt.Errorf("there is no purchase %q here: `orderdeck outbox list --all` shows the references", reference)
	}
	return err
}

func (s *session) outboxBackCommand() *cobra.Command {
	return &cobra.Command{
		Use: "back REFERENCE", Short: "Take an order back to Unpaid",
		Long: "Gives a purchase up, so that the order is Unpaid again. It is refused unless it is certain that the supplier has no\n" +
			"order for it; an unpaid one there is cancelled first.",
		Args: oneArg("the reference of a purchase, which `orderdeck outbox list` shows"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			ctx := cmd.Context()
			a, err := s.open(ctx, opening{wire: true})
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, a.Close()) }()
			if err := a.DB.BackToUnpaid(ctx, Who(), args[0]); err != nil {
				return noReference(args[0], err)
			}
			_, err = fmt.Fprintf(s.out, "%s is given up.\n", args[0])
			return err
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
}
