package command

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
)

const page = 500 // rows read at a time; nothing more of a list is ever in memory

type listing struct {
	choosing
	limit int
	json  bool
}

func (s *session) listCommand() *cobra.Command {
	l := &listing{}
	cmd := &cobra.Command{
		Use: "list [FILTER]", Short: "List orders", GroupID: "orders",
		Long: "Lists orders, newest first. The filter is the one of the search line: words are looked for in number, customer,\n" +
			"e-mail, phone, product, SKU, tracking and note; field:value narrows (stage:unpaid,pending country:BR total:>100\n" +
			"created:2026-11-01..2026-11-21 -tag:wholesale \"linen shirt\"). A filter that begins with - stands behind --.\n\n" +
			"In a terminal the columns are cut to its width. Elsewhere they are separated by tabs and whole, without a head.\n" +
			"--json writes an object a line; total is in minor units of the currency (cents).",
		Example: "  orderdeck list stage:unpaid\n  orderdeck list --sort -total --limit 20 country:PL,PT\n  orderdeck list --json --tab late | jq -r .email\n  orderdeck list -- -tag:wholesale",
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if l.limit < 0 {
				return usage("--limit cannot be %d: it takes a number from 0 (all) on", l.limit)
			}
			return s.list(cmd.Context(), l, args)
		},
		ValidArgsFunction: completeFilter,
	}
	l.flags(cmd)
	cmd.Flags().IntVar(&l.limit, "limit", 0, "at most `N` orders; 0 is all")
	cmd.Flags().BoolVar(&l.json, "json", false, "write JSON, one order a line")
	return cmd
}

func (s *session) list(ctx context.Context, l *listing, args []string) (err error) {
	a, err := s.open(ctx, opening{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	q, err := l.query(a, args)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(s.out, 64<<10)
	if l.json {
		err = s.listJSON(ctx, a, q, l.limit, out)
	} else {
		err = s.listText(ctx, a, q, l.limit, out)
	}
	return errors.Join(err, out.Flush())
}

// errEnough ends a stream at the limit.
var errEnough = errors.New("enough")

// listed is one line of list --json.
type listed struct {
	Demo            bool                  `json:"demo,omitempty"`
	Store           string                `json:"store"`
	Number          string                `json:"number"`
	ExternalID      string                `json:"external_id"`
	CreatedAt       time.Time             `json:"created_at"`
	UpdatedAt       time.Time             `json:"updated_at"`
	Customer        string                `json:"customer"`
	Email           string                `json:"email"`
	Phone           string                `json:"phone"`
	Country         string                `json:"country"`
	City            string                `json:"city"`
	Stage           order.Stage           `json:"stage"`
	Partly          bool                  `json:"partly,omitempty"`
	CustomerPayment order.CustomerPayment `json:"customer_payment"`
	Fulfilment      order.Fulfilment      `json:"fulfilment"`
	Refund          order.CaseState       `json:"refund"`
	Hold            order.HoldKind        `json:"hold"`
	Exceptions      []order.ExceptionCode `json:"exceptions,omitempty"`
	Currency        string                `json:"currency"`
	Total           int64                 `json:"total"` // minor units
	Suppliers       []string              `json:"suppliers"`
	Items           []listedItem          `json:"items"`
	Tracking        []string              `json:"tracking,omitempty"`
	Tags            []string              `json:"tags,omitempty"`
}

type listedItem struct {
	SKU      string         `json:"sku"`
	Title    string         `json:"title"`
	Variant  string         `json:"variant,omitempty"`
	Quantity order.Quantity `json:"quantity"`
}

func newListed(r *order.Record, demo bool) listed {
	out := listed{
		Demo: demo, Store: r.Store, Number: r.Number, ExternalID: r.ExternalID, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
		Customer: r.Customer.Name, Email: r.Customer.Email, Phone: r.Customer.Phone,
		Country: r.Shipping.Country, City: r.Shipping.City,
		Stage: r.State.Stage, Partly: r.State.Partly, CustomerPayment: r.CustomerPayment, Fulfilment: r.Fulfilment,
		Refund: r.Refund, Hold: r.State.Hold, Currency: r.Total.Currency, Total: r.Total.Minor,
		Suppliers: r.State.Suppliers, Items: make([]listedItem, len(r.Lines)), Tags: r.Tags,
	}
	if out.Country == "" {
		out.Country, out.City = r.Billing.Country, r.Billing.City
	}
	if out.Suppliers == nil {
		out.Suppliers = []string{}
	}
	for i, l := range r.Lines {
		out.Items[i] = listedItem{l.SKU, l.Title, l.Variant, l.Quantity}
	}
	for _, e := range r.State.Exceptions {
		out.Exceptions = append(out.Exceptions, e.Code)
	}
	for _, f := range r.Fulfilments {
		if f.Tracking != "" {
			out.Tracking = append(out.Tracking, f.Tracking)
		}
	}
	return out
}

func (s *session) listJSON(ctx context.Context, a *App, q store.Query, limit int, out *bufio.Writer) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	var ids []uint32
	if limit > 0 && limit <= page { // a short list is found by its first window, without looking at all orders
		w, err := a.DB.Window(ctx, q, store.Key{}, false, limit)
		if err != nil {
			return err
		}
		if len(w.Rows) == 0 {
			return nil
		}
		if !w.Partial {
			ids = make([]uint32, len(w.Rows))
			for i := range w.Rows {
				ids[i] = uint32(w.Rows[i].ID)
			}
		}
	}
	n := 0
	err := a.DB.Each(ctx, q, ids, func(r *order.Record) error {
		if limit > 0 && n >= limit {
			return errEnough
		}
		n++
		return e.Encode(newListed(r, a.Demo))
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

func (s *session) listText(ctx context.Context, a *App, q store.Query, limit int, out *bufio.Writer) error {
	shops, err := a.DB.Shops(ctx)
	if err != nil {
		return err
	}
	t := &table{width: s.width(), l: a.Config.Locale, zones: newZones(a, shops), now: q.Now, stores: len(shops) > 1}
	n := 0
	write := func(rows []order.Row) error {
		if n == 0 && t.width > 0 {
			t.measure(rows)
			if _, err := out.WriteString(bold(s.out, t.head()) + "\n"); err != nil {
				return err
			}
		}
		n += len(rows)
		for i := range rows {
			if _, err := out.WriteString(t.row(&rows[i]) + "\n"); err != nil {
				return err
			}
		}
		return nil
	}
	for from := (store.Key{}); ; {
		size := page
		if limit > 0 {
			size = min(size, limit-n)
		}
		w, err := a.DB.Window(ctx, q, from, false, size)
		if err != nil {
			return err
		}
		if w.Partial {
			return allRows(ctx, a.DB, q, limit, write)
		}
		if err := write(w.Rows); err != nil {
			return err
		}
		from = w.Last
		if w.AtEnd || len(w.Rows) == 0 || limit > 0 && n >= limit {
			return nil
		}
	}
}

// allRows reads a list whose windows are partial: a wide search that is sorted by something else than the date. A
// screen may show the first hits of that; a command gives all of them. Four bytes an order are kept meanwhile.
func allRows(ctx context.Context, db *store.DB, q store.Query, limit int, write func([]order.Row) error) error {
	var ids []uint32
	err := db.Stream(ctx, q, nil, []store.Field{store.FieldID}, func(v store.Values) error {
		if limit > 0 && len(ids) >= limit {
			return errEnough
		}
		ids = append(ids, uint32(v.Int(0)))
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return err
	}
	for chunk := range slices.Chunk(ids, page) {
		rows, err := db.Rows(ctx, chunk)
		if err != nil {
			return err
		}
		if err := write(rows); err != nil {
			return err
		}
	}
	return nil
}

// completeFilter offers the fields of a filter to the shell.
func completeFilter(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	return fieldSuggestions(typed), cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}
