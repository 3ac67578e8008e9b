package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/store/order/text"
)

// acting is one thing that is to be done to some orders at their stores, as it was typed.
type acting struct {
	act    order.Act
	amount string
	desk   bool // on this desk alone
	yes    bool
	json   bool
	wait   time.Duration
}

func (s *session) orderCommand() *cobra.Command {
	return parent(&cobra.Command{
		Use: "order", Short: "Do something to orders at their stores: cancel, refund, note, tags …", GroupID: "orders",
		Long: "Does something to orders at the stores that they are from. It goes into the outbox first and is done once, whatever\n" +
			"gets lost on the way; `orderdeck outbox` shows what is on its way. What a store cannot do is refused with its reason;\n" +
			"`orderdeck store test STORE` lists it. Orders are named as in `orderdeck show`.\n\n" +
			"The exit code is 3 when it was done to some orders and not to others, and 1 when to none.",
		Example: "  orderdeck order note 1042 --text 'call before delivery'\n  orderdeck order refund shop/1042 --amount 12.50 --reason 'one was broken'\n" +
			"  orderdeck order tag 1042 1043 --add vip --remove new\n  orderdeck order cancel 1042 --reason 'it is a duplicate' --yes",
	},
		s.actCommand("note", "Write a note to orders", order.ActNote), s.actCommand("tag", "Add and remove tags", order.ActTags),
		s.actCommand("paid", "Mark orders as paid, or capture what was authorized", order.ActMarkPaid),
		s.actCommand("refund", "Give the customer money back", order.ActRefund), s.actCommand("cancel", "Cancel orders", order.ActCancel),
		s.actCommand("status", "Set a status of the store's own", order.ActStatus),
		s.actCommand("tracking", "Change the tracking number of a parcel that the store knows", order.ActTracking),
		s.actCommand("request", "Ask a fulfilment service to send orders", order.ActRequest),
		s.actCommand("complete", "Mark orders as completed", order.ActComplete), s.actCommand("archive", "Archive orders", order.ActArchive),
		s.actCommand("reopen", "Bring orders back from the archive", order.ActReopen), s.actCommand("delete", "Delete orders", order.ActDelete),
		s.draftCommand())
}

func (s *session) actCommand(name, short string, kind order.ActKind) *cobra.Command {
	c := &acting{act: order.Act{Kind: kind}}
	cmd := &cobra.Command{
		Use: name + " ORDER…", Short: short,
		Args:              needsOrders,
		RunE:              func(cmd *cobra.Command, args []string) error { return s.actOn(cmd.Context(), c, args) },
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	f, a := cmd.Flags(), &c.act
	switch kind {
	case order.ActNote:
		f.StringVar(&a.Text, "text", "", "the `NOTE`")
		f.BoolVar(&a.Public, "public", false, "the customer sees it; by default only you do")
	case order.ActTags:
		f.StringSliceVar(&a.Add, "add", nil, "`TAGS` to add, with commas between them")
		f.StringSliceVar(&a.Remove, "remove", nil, "`TAGS` to take away")
	case order.ActMarkPaid:
		f.StringVar(&c.amount, "amount", "", "how much of what was authorized is captured; by default all")
	case order.ActRefund:
		f.StringVar(&c.amount, "amount", "", "how much; by default all that is left of what the customer paid")
		reasons(cmd, c)
	case order.ActCancel:
		f.BoolVar(&c.desk, "desk", false, "cancel it on this desk alone; the store is not told")
		reasons(cmd, c)
	case order.ActStatus:
		f.StringVar(&a.Status, "to", "", "the `STATUS`, as the store calls it")
	case order.ActTracking:
		f.StringVar(&a.Parcel.Tracking, "number", "", "the tracking `NUMBER`")
		f.StringVar(&a.Parcel.Carrier, "carrier", "", "who carries it")
		f.StringVar(&a.Parcel.URL, "url", "", "where to follow it")
		f.BoolVar(&a.Notify, "notify", false, "have the store write to the customer")
	case order.ActRequest:
		f.StringVar(&a.Service, "service", "", "the `SERVICE`; by default the one that the store has for the products")
	case order.ActArchive, order.ActReopen, order.ActComplete, order.ActDelete, order.ActDraft:
	}
	common(cmd, c)
	return cmd
}

func reasons(cmd *cobra.Command, c *acting) {
	f, a := cmd.Flags(), &c.act
	f.StringVar(&a.Reason, "reason", "", "why")
	f.BoolVar(&a.Restock, "restock", false, "put the goods back into the store's stock")
	f.BoolVar(&a.Notify, "notify", false, "have the store write to the customer")
}

func common(cmd *cobra.Command, c *acting) {
	f := cmd.Flags()
	if c.mustAsk() {
		f.BoolVar(&c.yes, "yes", false, "do not ask")
	}
	f.BoolVar(&c.json, "json", false, "write JSON, one line for every order")
	f.DurationVar(&c.wait, "wait", time.Minute, "how long to wait for the stores; 0 does not wait")
}

// mustAsk tells whether it cannot be undone, so that it is asked about.
func (c *acting) mustAsk() bool {
	k := c.act.Kind
	return k == order.ActRefund || k == order.ActCancel || k == order.ActDelete
}

func needsOrders(cmd *cobra.Command, args []string) error {
	if strings.TrimSpace(strings.Join(args, "")) == "" {
		return usage("`%s` needs orders: see `%[1]s --help`", cmd.CommandPath())
	}
	return nil
}

// acted is one line of `orderdeck order … --json`.
type acted struct {
	Demo    bool              `json:"demo,omitempty"`
	Store   string            `json:"store"`
	Number  string            `json:"number"`
	Act     string            `json:"act"`
	State   store.EffectState `json:"state,omitempty"` // "" = it was not taken
	Entry   int64             `json:"entry,omitempty"` // of the outbox
	Reason  string            `json:"reason,omitempty"`
	Link    string            `json:"link,omitempty"` // for the customer: where a draft is paid
	settled bool
}

func (s *session) actOn(ctx context.Context, c *acting, args []string) (err error) {
	if err := c.check(s); err != nil {
		return err
	}
	a, err := s.open(ctx, opening{wire: true, announce: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if err := s.filled(ctx, a); err != nil {
		return err
	}
	var recs []order.Record
	for _, name := range args {
		rec, err := a.record(ctx, name)
		if err != nil {
			return err
		}
		recs = append(recs, rec)
	}
	if err := s.sure(ctx, a, c, recs); err != nil {
		return err
	}
	rows := make([]acted, len(recs))
	for i := range recs {
		rows[i] = c.ask(ctx, a, &recs[i])
	}
	return s.followActs(ctx, a, c, rows)
}

// check refuses what makes no sense for any order.
func (c *acting) check(s *session) error {
	if c.wait < 0 {
		return usage("--wait cannot be %s: it takes an interval such as 90s or 10m, or 0", c.wait)
	}
	if c.mustAsk() && !c.yes && !s.interactive() {
		return usage("%s must be confirmed, and there is no terminal to ask on: say --yes", c.act.Kind.Label())
	}
	a := &c.act
	a.Text = strings.TrimSpace(a.Text)
	for _, typed := range []*string{&a.Reason, &a.Status, &a.Service, &a.Parcel.Tracking, &a.Parcel.Carrier, &a.Parcel.URL} {
		*typed = text.Clean(*typed)
	}
	switch {
	case a.Kind == order.ActNote && a.Text == "":
		return usage("a note needs its text: --text 'call before delivery'")
	case a.Kind == order.ActTags && len(a.Add)+len(a.Remove) == 0:
		return usage("say which tags: --add vip or --remove new")
	case a.Kind == order.ActStatus && a.Status == "":
		return usage("say which status: --to processing")
	case a.Kind == order.ActTracking && a.Parcel.Tracking == "":
		return usage("say which number: --number 00340434161094")
	}
	return nil
}

// sure asks once before what cannot be undone.
func (s *session) sure(ctx context.Context, a *App, c *acting, recs []order.Record) error {
	if !c.mustAsk() || c.yes {
		return nil
	}
	for i := range recs {
		r := &recs[i]
		line := fmt.Sprintf("  %s/%s  %s", r.Store, r.Number, r.Customer.Name)
		if c.act.Kind == order.ActRefund {
			if left, ok := order.Refundable(&r.Order); ok {
				line += "  " + a.money(left) + " left of what was paid"
			}
		}
		fmt.Fprintln(s.err, line)
	}
	what := capital(c.act.Kind.Label())
	if c.amount != "" {
		what += " " + c.amount
	}
	fmt.Fprintf(s.err, "%s. At the store this cannot be undone.\n", what)
	want := fmt.Sprint(len(recs))
	answer, err := s.ask(ctx, "Type "+want+" to go on with "+plural(len(recs), "order", "orders"), "")
	if err != nil {
		return err
	}
	if answer != want {
		fmt.Fprintln(s.err, "Nothing was done.")
		return silent(ExitFailed)
	}
	return nil
}

// ask puts the act on one order into the outbox, or says why not.
func (c *acting) ask(ctx context.Context, a *App, rec *order.Record) acted {
	row := acted{Demo: a.Demo, Store: rec.Store, Number: rec.Number, Act: c.act.String(), settled: true}
	act := c.act
	if c.amount != "" {
		amount, err := checkout.ParseSum(c.amount, cmp.Or(rec.Paid.Currency, rec.Currency))
		if err != nil {
			row.Reason = fmt.Sprintf("--amount cannot be %q: %v", c.amount, err)
			return row
		}
		act.Amount = amount
		row.Act = act.String()
	}
	if c.desk {
		row.Act = "cancel on this desk"
		if err := a.may(ctx, rec, order.EventCancel); err != nil {
			row.Reason = err.Error()
			return row
		}
		if err := a.DB.AddIntent(ctx, rec.ID, order.Intent{Kind: order.IntentCancel, Value: cmp.Or(act.Reason, "cancelled"), Who: Who()}); err != nil {
			row.Reason = err.Error()
			return row
		}
		row.State = store.EffectSent
		return row
	}
	if why := a.cannot(rec.Store, act.Kind); why != "" {
		row.Reason = why
		return row
	}
	e, err := a.DB.RequestAct(ctx, Who(), rec.ID, act)
	if err != nil {
		row.Reason = err.Error()
		return row
	}
	row.State, row.Entry, row.settled = e.State, e.ID, false
	return row
}

// cannot is why something cannot be done at a store, "" where it can.
func (a *App) cannot(shop string, kind order.ActKind) string {
	why, known := a.Acts[shop][kind]
	if !known {
		return "the store " + shop + " is not set up here"
	}
	return why
}

// followActs waits for what comes of each, and tells it.
func (s *session) followActs(ctx context.Context, a *App, c *acting, rows []acted) error {
	open := func() (n int) {
		for i := range rows {
			if !rows[i].settled {
				n++
			}
		}
		return n
	}
	look := func(ctx context.Context) (bool, error) {
		for i := range rows {
			if rows[i].settled {
				continue
			}
			e, err := a.DB.Effect(ctx, rows[i].Entry)
			if err != nil {
				return false, err
			}
			rows[i].State, rows[i].Reason, rows[i].settled = e.State, e.Reason, !e.State.Open()
			if first, hint, _ := strings.Cut(e.Reason, " "); e.State == store.EffectSent && strings.HasPrefix(first, "http") {
				rows[i].Link, rows[i].Reason = first, hint
			}
		}
		return open() == 0, nil
	}
	var err error
	if open() > 0 && c.wait > 0 {
		if err = (&buyer{a: a}).until(ctx, c.wait, look); errors.Is(err, errLate) {
			err = nil
		}
	}
	failed := 0
	for i := range rows {
		if rows[i].State == "" || rows[i].State == store.EffectFailed {
			failed++
		}
		if told := s.tellAct(c, &rows[i]); told != nil {
			return errors.Join(err, told)
		}
	}
	if err != nil {
		return err
	}
	return outcome(failed, len(rows))
}

func (s *session) tellAct(c *acting, row *acted) error {
	if c.json {
		return writeJSON(s.out, row)
	}
	state := map[store.EffectState]string{
		"": "refused", store.EffectSent: "done", store.EffectFailed: "refused by the store", store.EffectUnknown: "not known yet",
		store.EffectWithdrawn: "withdrawn",
	}[row.State]
	line := row.Store
	if row.Number != "" {
		line += "/" + row.Number
	}
	line += "\t" + row.Act + "\t" + cmp.Or(state, "on its way")
	for _, more := range []string{row.Reason, row.Link} {
		if more != "" {
			line += "\t" + more
		}
	}
	_, err := fmt.Fprintln(s.out, line)
	return err
}
