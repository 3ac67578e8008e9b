package command

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/orderdeck/orderdeck/config/locale"
	"github.com/orderdeck/orderdeck/store/order"
)

func (s *session) showCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "show NUMBER", Short: "Show one order", GroupID: "orders",
		Long: "Shows one order whole. It is named store/number (the number with or without #) or store/id; the number alone is\n" +
			"enough when only one store has it. --json writes everything that is known about it.",
		Example: "  orderdeck show shop/1042\n  orderdeck show 1042 --json | jq .state",
		Args:    oneArg("an order's name, such as shop/1042"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.show(cmd.Context(), args[0], asJSON)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write the whole order as JSON")
	return cmd
}

func (s *session) show(ctx context.Context, name string, asJSON bool) (err error) {
	a, err := s.open(ctx, opening{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	ref, err := findOne(ctx, a, name)
	if err != nil {
		return err
	}
	r, err := a.DB.Record(ctx, ref.ID)
	if err != nil {
		return err
	}
	if asJSON {
		return writeJSON(s.out, struct {
			Demo bool `json:"demo,omitempty"`
			order.Record
		}{a.Demo, r})
	}
	shops, err := a.DB.Shops(ctx)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(s.out)
	sheet := &sheet{w: out, l: a.Config.Locale, z: newZones(a, shops), heading: func(t string) string { return bold(s.out, t) }, now: a.DB.Now()}
	sheet.order(&r)
	return out.Flush()
}

// findOne finds the one order of a name. Several are refused with their whole names.
func findOne(ctx context.Context, a *App, name string) (order.Ref, error) {
	refs, err := a.DB.Find(ctx, name)
	if err != nil {
		return order.Ref{}, err
	}
	switch len(refs) {
	case 0:
		return order.Ref{}, fmt.Errorf("there is no order called %q here: `orderdeck list` shows the names, `orderdeck sync` fetches new orders", name)
	case 1:
		return refs[0], nil
	}
	var names []string
	for _, r := range refs {
		names = append(names, r.String())
	}
	slices.Sort(names)
	if compact := slices.Compact(slices.Clone(names)); len(compact) < len(names) { // two orders of a store have one number
		for i, r := range refs {
			names[i] = r.Store + "/" + r.ExternalID
		}
	}
	return order.Ref{}, usage("%q names %d orders: say which with one of %s", name, len(refs), strings.Join(names, ", "))
}

// sheet writes one order for reading.
type sheet struct {
	w       io.Writer
	l       locale.Locale
	z       zones
	heading func(string) string
	now     time.Time
}

func (s *sheet) line(format string, args ...any) { fmt.Fprintf(s.w, format+"\n", args...) }

// pair writes a name and a value in two columns, or nothing when there is no value.
func (s *sheet) pair(name, value string) {
	if value != "" {
		s.line("  %-18s %s", name, value)
	}
}

func (s *sheet) money(m order.Money) string {
	if m.Currency == "" {
		return ""
	}
	return s.l.Money(m.Minor, order.Exponent(m.Currency), m.Currency)
}

func (s *sheet) some(m order.Money) string {
	if m.IsZero() {
		return ""
	}
	return s.money(m)
}

func words(value string) string { return strings.ReplaceAll(value, "_", " ") }

func (s *sheet) order(r *order.Record) {
	when := func(t time.Time) string { return s.l.DateTime(s.z.at(r.Store, t)) }
	s.line("%s", s.heading(r.Store+"/#"+r.Number+"   "+stageText(r.State)))
	for _, e := range r.State.Exceptions {
		if e.From.IsZero() || !s.now.Before(e.From) {
			s.line("  ! %s", e.Text)
		}
	}
	s.pair("placed", when(r.CreatedAt))
	s.pair("updated", when(r.UpdatedAt))
	s.pair("customer paid", words(string(r.CustomerPayment)))
	s.pair("fulfilment", words(string(r.Fulfilment)))
	if order.InRefunds(r.Refund, r.State.Claim) {
		s.pair("refund", words(string(cmp.Or(r.Refund, order.CaseNone)))+", claim "+words(string(cmp.Or(r.State.Claim, order.CaseNone))))
	}
	if order.InResent(r.Resend) {
		s.pair("resend", words(string(r.Resend)))
	}
	if r.State.Hold != "" && r.State.Hold != order.HoldNone {
		s.pair("hold", words(string(r.State.Hold)))
	}
	s.pair("late since", s.late(r, when))
	s.pair("tags", strings.Join(r.Tags, ", "))
	s.pair("in the store", r.AdminURL)
	s.pair("id", r.ExternalID)

	s.line("\n%s", s.heading("Customer"))
	s.pair("name", r.Customer.Name)
	s.pair("e-mail", r.Customer.Email)
	s.pair("phone", r.Customer.Phone)
	s.pair("ships to", r.Shipping.OneLine())
	if r.Billing != r.Shipping {
		s.pair("billed to", r.Billing.OneLine())
	}
	s.pair("note", r.CustomerNote)

	s.lines(r)
	s.totals(r)
	s.suppliers(r, when)
	s.timeline(r, when)
}

func stageText(st order.State) string {
	text := st.Stage.Label()
	if st.Partly {
		text += " (partly)"
	}
	return text
}

func (s *sheet) late(r *order.Record, when func(time.Time) string) string {
	if !r.State.Late(s.now) {
		return ""
	}
	return when(r.State.LateAt)
}

func (s *sheet) lines(r *order.Record) {
	s.line("\n%s", s.heading("Products"))
	for _, l := range r.Lines {
		title := l.Title
		if l.Variant != "" {
			title += " · " + l.Variant
		}
		text := fmt.Sprintf("  %s × %s", s.l.Decimal(l.Quantity.String()), title)
		if l.SKU != "" {
			text += "   " + l.SKU
		}
		text += "   " + s.money(l.Total)
		for _, part := range []struct {
			q    order.Quantity
			word string
		}{{l.Fulfilled, "fulfilled"}, {l.Cancelled, "cancelled"}, {l.Refunded, "refunded"}} {
			if part.q > 0 {
				text += "   " + s.l.Decimal(part.q.String()) + " " + part.word
			}
		}
		s.line("%s", text)
	}
}

func (s *sheet) totals(r *order.Record) {
	s.line("\n%s", s.heading("Money from the customer"))
	s.pair("products", s.money(r.Subtotal))
	s.pair("discount", s.some(r.Discount))
	for _, a := range r.Adjustments {
		s.pair(a.Title, s.some(a.Amount))
	}
	s.pair("shipping", s.some(r.ShippingCost))
	if tax := s.some(r.Tax); tax != "" && r.TaxIncluded {
		s.pair("tax", tax+" (included)")
	} else {
		s.pair("tax", tax)
	}
	s.pair("total", s.money(r.Total))
	s.pair("paid", s.some(r.Paid))
	s.pair("refunded", s.some(r.Refunded))
	s.pair("by", r.PaymentMethod)
}

func (s *sheet) suppliers(r *order.Record, when func(time.Time) string) {
	if len(r.Placements) == 0 && len(r.State.Missing) == 0 && !r.State.CostKnown {
		return
	}
	s.line("\n%s", s.heading("Suppliers"))
	if r.State.CostKnown {
		s.pair("cost", s.money(r.State.Cost))
	}
	for _, p := range r.Placements {
		text := words(string(p.State))
		if p.SupplierNo != "" {
			text += ", their number " + p.SupplierNo
		}
		if m := s.some(p.Total); m != "" {
			text += ", " + m
		}
		if !p.PlacedAt.IsZero() {
			text += ", " + when(p.PlacedAt)
		}
		s.pair(p.Supplier, text)
		s.pair("", s.l.Sentence(p.Reason))
		for _, parcel := range p.Parcels {
			s.pair("  tracking", strings.TrimSpace(parcel.Carrier+" "+parcel.Tracking))
		}
	}
	for _, title := range r.State.Missing {
		s.pair("no supplier for", title)
	}
}

func (s *sheet) timeline(r *order.Record, when func(time.Time) string) {
	type event struct {
		at   time.Time
		text string
	}
	var events []event
	add := func(at time.Time, text string) {
		if !at.IsZero() && strings.TrimSpace(text) != "" {
			events = append(events, event{at, text})
		}
	}
	for _, p := range r.Payments {
		add(p.At, strings.TrimSpace("payment "+words(p.State)+" "+s.money(p.Amount)+" "+p.Method))
	}
	for _, p := range r.Refunds {
		add(p.At, strings.TrimSpace("refund "+words(p.State)+" "+s.money(p.Amount)+" "+p.Reason))
	}
	for _, f := range r.Fulfilments {
		add(f.At, strings.TrimSpace("parcel "+words(f.State)+" "+f.Carrier+" "+f.Tracking))
	}
	for _, n := range r.Notes {
		add(n.At, words(n.Kind)+": "+n.Text)
	}
	for _, j := range r.Journal {
		add(j.At, j.Who+" changed "+words(j.Field)+" from "+cmp.Or(j.Before, "nothing")+" to "+cmp.Or(j.After, "nothing"))
	}
	add(r.FirstSeen, "fetched for the first time")
	if len(events) == 0 {
		return
	}
	slices.SortStableFunc(events, func(x, y event) int { return x.at.Compare(y.at) })
	s.line("\n%s", s.heading("What happened"))
	for _, e := range events {
		s.pair(when(e.at), e.text)
	}
}
