package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/store/order/text"
)

// The verdicts of checkout --json.
const (
	verdictPlaced     = "placed"
	verdictWouldPlace = "would_place"
	verdictBlocked    = "blocked"
	verdictPending    = "pending"
	verdictFailed     = "failed"
)

// mostAtOnce is how many orders one checkout takes.
const mostAtOnce = 10_000

type checkingOut struct {
	method, payWith, note, override, why string
	dryRun, yes, json                    bool
	wait                                 time.Duration
}

func (s *session) checkoutCommand() *cobra.Command {
	c := &checkingOut{}
	cmd := &cobra.Command{
		Use: "checkout QUERY|NUMBER…", Short: "Pay suppliers for unpaid orders", GroupID: "orders",
		Long: "Buys orders at their suppliers: asks what is not known yet, shows what is going to be paid to whom, asks once, pays,\n" +
			"and says what came of each. Orders are named as in `orderdeck show`, or found by a filter as in `orderdeck list`, but\n" +
			"not both at once.\n" +
			"What is in the way of an order is said, and the others go on. Nothing is paid twice, whatever happens meanwhile.\n\n" +
			"--yes pays without asking; without it there has to be a terminal to ask on. --dry-run pays nothing and says what\n" +
			"would be. What is still on its way when --wait is over goes on in the Orderdeck that is running, or with the next.\n\n" +
			"--json writes an object a line for every part of an order that goes to one supplier: store, number, verdict\n" +
			"(placed, would_place, blocked, pending, failed), reason, supplier, total (minor units), currency, reference.\n" +
			"The exit code is 3 when some were placed and others not, and 1 when none was.",
		Example: "  orderdeck checkout 1042 1043\n  orderdeck checkout stage:unpaid country:BR --dry-run\n" +
			"  orderdeck checkout stage:unpaid supplier:lumen --yes --json | jq -r 'select(.verdict != \"placed\")'",
		Args: func(cmd *cobra.Command, args []string) error {
			if strings.TrimSpace(strings.Join(args, "")) == "" {
				return usage("`%s` needs orders, by number or by a filter such as stage:unpaid: see `%[1]s --help`", cmd.CommandPath())
			}
			return nil
		},
		RunE:              func(cmd *cobra.Command, args []string) error { return s.checkout(cmd.Context(), c, args) },
		ValidArgsFunction: completeFilter,
	}
	f := cmd.Flags()
	f.StringVar(&c.method, "method", "", "the shipping `METHOD`, by its code or name; by default by your rules")
	f.StringVar(&c.payWith, "pay-with", "", "the payment method, by its `CODE` or name; by default the supplier's setting")
	f.StringVar(&c.note, "note", "", "an instruction to the supplier")
	f.StringVar(&c.override, "override", "", "guards to set aside knowingly, with commas between: hold, paid, store; it is written down")
	f.StringVar(&c.why, "why", "", "why they are set aside")
	f.BoolVar(&c.dryRun, "dry-run", false, "pay nothing, and say what would be")
	f.BoolVar(&c.yes, "yes", false, "do not ask")
	f.BoolVar(&c.json, "json", false, "write JSON, one line for every part of an order")
	f.DurationVar(&c.wait, "wait", 5*time.Minute, "how long to wait for suppliers, such as 90s or 10m")
	return cmd
}

// bought is one line of checkout --json.
type bought struct {
	Demo      bool   `json:"demo,omitempty"`
	Store     string `json:"store"`
	Number    string `json:"number"`
	Verdict   string `json:"verdict"`
	Reason    string `json:"reason,omitempty"`
	Supplier  string `json:"supplier,omitempty"`
	Total     *int64 `json:"total,omitempty"` // minor units; absent where it is not known
	Currency  string `json:"currency,omitempty"`
	Reference string `json:"reference,omitempty"`
	ByUs      bool   `json:"-"` // it waits for the merchant's own payment, as it should
}

func (s *session) checkout(ctx context.Context, c *checkingOut, args []string) (err error) {
	overrides, err := c.check()
	if err != nil {
		return err
	}
	if !c.yes && !c.dryRun && !s.interactive() {
		return usage("paying must be confirmed, and there is no terminal to ask on: say --yes, or --dry-run to see what would be paid")
	}
	a, err := s.open(ctx, opening{wire: true, announce: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if err := s.filled(ctx, a); err != nil {
		return err
	}
	set, err := a.CheckoutSettings()
	if err != nil {
		return &coded{ExitUsage, err}
	}
	ids, err := a.ordersOf(ctx, args)
	if err != nil {
		return err
	}
	b := &buyer{s: s, a: a, c: c, set: set, ids: ids, overrides: overrides}
	entries, err := b.quoted(ctx)
	if err != nil {
		return err
	}
	return b.buy(ctx, entries)
}

// filled fills a demo that has not been filled.
func (s *session) filled(ctx context.Context, a *App) error {
	if !a.Demo {
		return nil
	}
	return s.fillDemo(ctx, a)
}

// check refuses what no supplier could take.
func (c *checkingOut) check() ([]checkout.BlockerCode, error) {
	if c.wait <= 0 {
		return nil, usage("--wait cannot be %s: it takes an interval such as 90s or 10m", c.wait)
	}
	if clean := text.CleanLines(c.note); clean != strings.TrimSpace(c.note) {
		return nil, usage("--note has characters in it that cannot be printed, and was not taken; without them it would be %q", clean)
	}
	var out []checkout.BlockerCode
	for _, name := range strings.Split(c.override, ",") {
		code := checkout.BlockerCode(strings.TrimSpace(name))
		switch {
		case code == "":
		case !code.Overridable():
			return nil, usage("--override cannot be %q: only hold (the cooling-off days), paid (the customer's payment) and store (a store that cannot be reached) can be set aside", code)
		default:
			out = append(out, code)
		}
	}
	if c.why != "" && len(out) == 0 {
		return nil, usage("--why says why something is set aside: say what with --override")
	}
	return out, nil
}

// ordersOf finds orders by their names, or by a filter where nothing of it is a name.
func (a *App) ordersOf(ctx context.Context, args []string) ([]int64, error) {
	var ids []int64
	var named, missing []string
	for _, arg := range args {
		refs, err := a.DB.Find(ctx, arg)
		if err != nil {
			return nil, err
		}
		if len(refs) == 0 {
			missing = append(missing, arg)
			continue
		}
		ref, err := findOne(ctx, a, arg)
		if err != nil {
			return nil, err
		}
		ids, named = append(ids, ref.ID), append(named, ref.Number)
	}
	if len(missing) == 0 {
		return ids, nil
	}
	if err := notMixed(named, missing); err != nil {
		return nil, err
	}
	q, err := (&choosing{sort: "date"}).query(a, args)
	if err != nil {
		return nil, err
	}
	err = a.DB.Stream(ctx, q, nil, []store.Field{store.FieldID}, func(v store.Values) error {
		if len(ids) >= mostAtOnce {
			return errEnough
		}
		ids = append(ids, v.Int(0))
		return nil
	})
	switch {
	case errors.Is(err, errEnough):
		return nil, usage("more than %s orders match: narrow the filter", a.Config.Locale.Number(mostAtOnce))
	case err != nil:
		return nil, err
	case len(ids) == 0:
		return nil, fmt.Errorf("no order matches %q, so there is nothing to buy", strings.Join(args, " "))
	}
	return ids, nil
}

// notMixed refuses what is neither names of orders alone nor a filter alone: which orders are meant is not guessed where
// money is paid. A number that no order has is not looked for elsewhere, as in a phone number.
func notMixed(named, missing []string) error {
	for _, arg := range missing {
		number := strings.Trim(strings.TrimPrefix(arg, "#"), "0123456789") == ""
		if number || strings.Contains(arg, "/") && !strings.Contains(arg, ":") || len(named) > 0 && !filterLike(arg) {
			return fmt.Errorf("there is no order called %q here, so nothing was bought: `orderdeck list` shows the names", arg)
		}
	}
	if len(named) == 0 {
		return nil
	}
	return usage("#%s is an order and %q is a filter, so that nothing was bought: give names alone, or a filter alone, such as `orderdeck checkout %s`",
		named[0], missing[0], strings.Join(append([]string{"number:" + strings.Join(named, ",")}, missing...), " "))
}

// filterLike tells whether a word can be nothing but a part of a filter.
func filterLike(arg string) bool {
	return strings.ContainsAny(arg, ":()\" ") || strings.HasPrefix(arg, "-") || arg == "OR" || arg == "NOT"
}

// buyer is one checkout from the command line.
type buyer struct {
	s         *session
	a         *App
	c         *checkingOut
	set       checkout.Settings
	ids       []int64
	overrides []checkout.BlockerCode
	choices   map[checkout.PartKey]checkout.Choice
}

// entries gathers every part as it stands, with what was typed laid over what was chosen before.
func (b *buyer) entries(ctx context.Context) ([]checkout.Entry, error) {
	inputs, err := b.a.DB.CheckoutInputs(ctx, b.ids, b.set)
	if err != nil {
		return nil, err
	}
	out := make([]checkout.Entry, 0, len(inputs))
	b.choices = map[checkout.PartKey]checkout.Choice{}
	for i := range inputs {
		in := &inputs[i]
		b.choose(in)
		e := checkout.Make(*in, b.set)
		b.choices[e.Key] = in.Choice
		out = append(out, e)
	}
	return out, nil
}

// choose lays what was typed over the choice of a part.
func (b *buyer) choose(in *checkout.Input) {
	in.Choice.Removed = false
	if m := b.c.method; m != "" {
		in.Choice.Method = m
		if in.Quote != nil { // a name will do
			for _, have := range in.Quote.Methods {
				if strings.EqualFold(have.Name, m) || strings.EqualFold(have.Code, m) {
					in.Choice.Method = have.Code
				}
			}
		}
	}
	if p := b.c.payWith; p != "" {
		in.Choice.PayWith = p
		if in.Account != nil {
			for _, have := range in.Account.Methods {
				if strings.EqualFold(have.Name, p) || strings.EqualFold(have.Code, p) {
					in.Choice.PayWith = have.Code
				}
			}
		}
	}
	if b.c.note != "" {
		in.Choice.Note = strings.TrimSpace(b.c.note)
	}
	for _, code := range b.overrides {
		if !slices.ContainsFunc(in.Choice.Overrides, func(o checkout.Override) bool { return o.Code == code }) {
			in.Choice.Overrides = append(slices.Clone(in.Choice.Overrides), checkout.Override{Code: code, Who: Who(), At: b.a.DB.Now(), Why: text.Clean(b.c.why)})
		}
	}
}

// quoted asks for what is not known yet, and gives the parts once it is, or once it has taken too long.
func (b *buyer) quoted(ctx context.Context) ([]checkout.Entry, error) {
	var out []checkout.Entry
	asked := map[string]bool{}
	err := b.until(ctx, min(b.c.wait, time.Minute), func(ctx context.Context) (bool, error) {
		var err error
		if out, err = b.entries(ctx); err != nil {
			return false, err
		}
		open := 0
		var reqs []store.QuoteRequest
		for i := range out {
			e := &out[i]
			for _, req := range b.missing(e) {
				open++
				if key := req.Supplier + " " + req.Basket; !asked[key] {
					asked[key] = true
					reqs = append(reqs, req)
				}
			}
		}
		if len(reqs) > 0 {
			err = b.a.DB.RequestQuotes(ctx, reqs)
		}
		return open == 0, err
	})
	if err != nil && !errors.Is(err, errLate) {
		return nil, err
	}
	checkout.Together(out)
	return out, nil
}

// missing is what has to be asked for before a part can be paid. A quote that was refused is an answer.
func (b *buyer) missing(e *checkout.Entry) (reqs []store.QuoteRequest) {
	if e.Basket == "" || e.Supplier.Kind == "" {
		return nil
	}
	for _, blocker := range e.Blockers {
		switch blocker.Code {
		case checkout.BlockStage, checkout.BlockLink, checkout.BlockSupplier, checkout.BlockAddress:
			return nil
		case checkout.BlockQuote:
			if !strings.Contains(blocker.Text, "gives no quote") {
				reqs = append(reqs, store.QuoteRequest{Supplier: e.Key.Supplier, Basket: e.Basket, Items: e.Items, Address: e.Address, Amount: e.Amount})
			}
		}
	}
	if len(e.PayMethods) == 0 {
		reqs = append(reqs, store.QuoteRequest{Supplier: e.Key.Supplier})
	}
	return reqs
}

// errLate ends waiting.
var errLate = errors.New("late")

// until has the outbox work, in this process where the wire is free and else in the one that holds it, until something
// is so or time is over. It looks whenever the database has changed.
func (b *buyer) until(ctx context.Context, most time.Duration, is func(context.Context) (bool, error)) error {
	changed, unsubscribe := b.a.DB.Subscribe()
	defer unsubscribe()
	end, looked := time.Now().Add(most), time.Time{}
	done, err := b.a.Service.Work(ctx, func(ctx context.Context) (bool, error) {
		now := time.Now()
		select {
		case <-changed:
		default:
			if now.Sub(looked) < time.Second && now.Before(end) {
				return false, nil
			}
		}
		looked = now
		done, err := is(ctx)
		if err == nil && !done && !now.Before(end) {
			err = errLate
		}
		return done, err
	})
	if err == nil && !done {
		err = errLate
	}
	return err
}

// buy tells what is in the way, asks, pays the rest, and says what came of it.
func (b *buyer) buy(ctx context.Context, entries []checkout.Entry) error {
	var parts []store.CommitPart
	var ready []checkout.Entry
	said, good := 0, 0
	for i := range entries {
		e := &entries[i]
		row := b.row(e, verdictWouldPlace, "")
		switch {
		case !e.Ready():
			row.Verdict, row.Reason = verdictBlocked, blocked(e)
		case !b.c.dryRun:
			parts = append(parts, store.CommitPart{Key: e.Key, Total: e.Total, Choice: b.choices[e.Key]})
			ready = append(ready, *e)
			continue
		default:
			good++
		}
		said++
		if err := b.tell(row); err != nil {
			return err
		}
	}
	if b.c.dryRun {
		return outcome(said-good, said)
	}
	if len(parts) == 0 {
		return silent(ExitFailed)
	}
	if err := b.confirm(ctx, ready); err != nil {
		return err
	}
	committed, err := b.a.DB.Commit(ctx, Who(), parts, b.set)
	placed, follow := b.follow(ctx, ready, committed)
	if err = errors.Join(err, follow); err != nil {
		return err
	}
	return outcome(len(entries)-placed, len(entries))
}

// blocked is all that is in the way of a part, in one line.
func blocked(e *checkout.Entry) string {
	if len(e.Blockers) == 0 {
		return "the total is not complete"
	}
	return checkout.Sentence(e.Blockers)
}

func (b *buyer) row(e *checkout.Entry, verdict, reason string) bought {
	row := bought{Demo: b.a.Demo, Store: e.Store, Number: e.Number, Verdict: verdict, Reason: reason, Supplier: e.Key.Supplier}
	if e.Complete && e.Total.Currency != "" {
		row.Total, row.Currency = &e.Total.Minor, e.Total.Currency
	}
	return row
}

func (b *buyer) tell(row bought) error {
	if b.c.json {
		return writeJSON(b.s.out, row)
	}
	line := row.Store + "/" + row.Number + "\t" + strings.ReplaceAll(row.Verdict, "_", " ")
	if row.Supplier != "" {
		line += "\t" + b.a.supplierTitle(row.Supplier)
	}
	if row.Total != nil {
		line += "\t" + b.a.money(order.New(*row.Total, row.Currency))
	}
	if row.Reference != "" {
		line += "\t" + row.Reference
	}
	if row.Reason != "" {
		line += "\t" + b.a.Config.Locale.Sentence(row.Reason)
	}
	_, err := fmt.Fprintln(b.s.out, line)
	return err
}

// confirm asks once, by the number of orders, with the sum per supplier and currency.
func (b *buyer) confirm(ctx context.Context, ready []checkout.Entry) error {
	if b.c.yes {
		return nil
	}
	sums, orders, err := b.sums(ready)
	if err != nil {
		return err
	}
	for i := range ready {
		e := &ready[i]
		way := ""
		if e.Method != nil {
			way = e.Method.Name
		}
		fmt.Fprintf(b.s.err, "  %s/%s  %s  %s  %s\n", e.Store, e.Number, e.Supplier.Label(), way, b.a.money(e.Total))
	}
	fmt.Fprintf(b.s.err, "Pay %s. At the supplier this cannot be undone.\n", strings.Join(sums, ", "))
	want := strconv.Itoa(orders)
	answer, err := b.s.ask(ctx, "Type "+want+" to pay for "+plural(orders, "order", "orders"), "")
	if err != nil {
		return err
	}
	if answer != want {
		fmt.Fprintln(b.s.err, "Nothing was paid.")
		return silent(ExitFailed)
	}
	return nil
}

// sums adds up what is paid to whom, and counts the orders.
func (b *buyer) sums(ready []checkout.Entry) (texts []string, orders int, err error) {
	type to struct{ supplier, currency string }
	sum := map[to]order.Money{}
	var keys []to
	seen := map[int64]bool{}
	for i := range ready {
		e := &ready[i]
		k := to{e.Supplier.Label(), e.Total.Currency}
		if _, ok := sum[k]; !ok {
			keys = append(keys, k)
		}
		if sum[k], err = sum[k].Add(e.Total); err != nil {
			return nil, 0, err
		}
		if !seen[e.Key.OrderID] {
			seen[e.Key.OrderID] = true
			orders++
		}
	}
	for _, k := range keys {
		texts = append(texts, b.a.money(sum[k])+" to "+k.supplier)
	}
	return texts, orders, nil
}

// follow waits until every part is settled and tells each as soon as it is; placed counts those that went well.
func (b *buyer) follow(ctx context.Context, ready []checkout.Entry, committed []store.Committed) (placed int, err error) {
	open := map[string]*checkout.Entry{} // by reference
	for i := range committed {
		e := entryOf(ready, committed[i].Key)
		if e == nil {
			continue
		}
		if committed[i].Reference == "" {
			if err := b.tell(b.row(e, verdictBlocked, checkout.Sentence(committed[i].Blockers))); err != nil {
				return placed, err
			}
			continue
		}
		open[committed[i].Reference] = e
	}
	step := func(final bool) (bool, error) {
		for _, reference := range sortedKeys(open) {
			row, settled, err := b.settled(ctx, open[reference], reference)
			if err != nil {
				return false, err
			}
			if !settled && !final {
				continue
			}
			if row.Verdict == verdictPlaced || row.ByUs {
				placed++
			}
			delete(open, reference)
			if err := b.tell(row); err != nil {
				return false, err
			}
		}
		return len(open) == 0, nil
	}
	err = b.until(ctx, b.c.wait, func(context.Context) (bool, error) { return step(false) })
	if errors.Is(err, errLate) || ctx.Err() != nil {
		_, last := step(true)
		if errors.Is(err, errLate) {
			return placed, last
		}
	}
	return placed, err
}

func entryOf(entries []checkout.Entry, key checkout.PartKey) *checkout.Entry {
	i := slices.IndexFunc(entries, func(e checkout.Entry) bool { return e.Key == key })
	if i < 0 {
		return nil
	}
	return &entries[i]
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// settled tells how one purchase stands, and whether nothing more is going to happen to it now.
func (b *buyer) settled(ctx context.Context, e *checkout.Entry, reference string) (row bought, done bool, err error) {
	ctx = context.WithoutCancel(ctx) // the last look is taken after Ctrl+C too
	row = b.row(e, verdictPending, "")
	row.Reference = reference
	p, err := b.a.DB.PlacementsOf(ctx, reference)
	if err != nil {
		return row, false, err
	}
	effects, err := b.a.DB.Effects(ctx, store.EffectFilter{Reference: reference})
	if err != nil {
		return row, false, err
	}
	row.Reason = p.Reason
	var failed, open, unknown bool
	for i := range effects {
		x := &effects[i]
		if x.Kind.ToStore() {
			continue
		}
		open = open || x.State.Open()
		unknown = unknown || x.State == store.EffectUnknown
		if x.State == store.EffectFailed && i == 0 { // the latest
			failed = true
			if row.Reason == "" {
				row.Reason = x.Reason
			}
		}
		if row.Reason == "" && x.State.Open() {
			row.Reason = x.Reason
		}
	}
	switch {
	case p.State == order.PlacementCancelled:
		row.Verdict = verdictFailed
		if row.Reason == "" {
			row.Reason = "it was given up"
		}
		return row, true, nil
	case p.State.Live() && p.State != order.PlacementPending:
		row.Verdict, row.Reason = verdictPlaced, ""
		return row, true, nil
	case failed && !open:
		row.Verdict = verdictFailed
		return row, true, nil
	case unknown: // it is being looked for, which may take minutes
		if row.Reason == "" {
			row.Reason = "its outcome is not known yet; it is being looked for, and nothing is paid twice"
		}
		return row, false, nil
	case !open && len(effects) > 0:
		row.ByUs = true
		if row.Reason == "" {
			row.Reason = "it waits for your payment: confirm it with `orderdeck outbox confirm " + reference + "`"
		}
		return row, true, nil
	}
	if row.Reason == "" {
		row.Reason = "it is on its way"
	}
	return row, false, nil
}
