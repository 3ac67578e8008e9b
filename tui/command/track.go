package command

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/text"
)

type tracking struct {
	add       bool
	reference string
	json      bool
}

func (s *session) trackCommand() *cobra.Command {
	t := &tracking{}
	cmd := &cobra.Command{
		Use: "track NUMBER", Short: "Show where an order's parcels are, or note one", GroupID: "orders",
		Long: "Shows the parcels of an order: carrier, number, address on the web and what the carrier said.\n\n" +
			"--add notes a parcel of a supplier that has no API: the carrier, the tracking number and, if there is one, its\n" +
			"address on the web stand behind the order. The store is told of it when Orderdeck next talks to it.",
		Example: "  orderdeck track shop/1042\n  orderdeck track 1042 --add DHL 00340434161094015902 https://dhl.example/00340434161094015902",
		Args: func(cmd *cobra.Command, args []string) error {
			switch {
			case !t.add:
				return oneArg("an order's name, such as shop/1042")(cmd, args)
			case len(args) < 3 || len(args) > 4:
				return usage("`%s --add` needs an order, a carrier, a tracking number and perhaps an address: `orderdeck track 1042 --add DHL 0034043416`", cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if t.add {
				return s.addParcel(cmd.Context(), t, args)
			}
			return s.track(cmd.Context(), t, args[0])
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	f := cmd.Flags()
	f.BoolVar(&t.add, "add", false, "note a parcel: CARRIER NUMBER [URL] behind the order")
	f.StringVar(&t.reference, "reference", "", "only the purchase with our `REFERENCE`")
	f.BoolVar(&t.json, "json", false, "write JSON, one parcel a line")
	return cmd
}

// parcelRow is one line of track --json.
type parcelRow struct {
	Demo      bool                 `json:"demo,omitempty"`
	Store     string               `json:"store"`
	Number    string               `json:"number"`
	Supplier  string               `json:"supplier,omitempty"`
	Reference string               `json:"reference,omitempty"` // "" = only the store knows of it
	State     order.PlacementState `json:"state,omitempty"`
	Carrier   string               `json:"carrier"`
	Tracking  string               `json:"tracking"`
	URL       string               `json:"url,omitempty"`
	ShippedAt time.Time            `json:"shipped_at,omitzero"`
	Events    []order.ParcelEvent  `json:"events,omitempty"`
}

func (s *session) track(ctx context.Context, t *tracking, name string) (err error) {
	a, err := s.open(ctx, opening{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	r, err := a.record(ctx, name)
	if err != nil {
		return err
	}
	rows := parcels(&r, t.reference)
	if len(rows) == 0 {
		if err := a.may(ctx, &r, order.EventTracking); err != nil {
			return err
		}
		return fmt.Errorf("no parcel of %s/%s is known yet%s", r.Store, r.Number, a.expected(ctx, &r))
	}
	_, zone, err := a.shopOf(ctx, r.Store)
	if err != nil {
		return err
	}
	for i := range rows {
		if t.json {
			rows[i].Demo = a.Demo
			err = writeJSON(s.out, rows[i])
		} else {
			err = s.tellParcel(a, &rows[i], zone)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// expected says when a parcel is to leave, where a supplier has promised it.
func (a *App) expected(ctx context.Context, r *order.Record) string {
	f, err := a.facts(ctx, r)
	if err != nil {
		return ""
	}
	for i := range r.Placements {
		if at, ok := order.Promise(&r.Order, f, &r.Placements[i]); ok && r.Placements[i].State.Live() {
			return fmt.Sprintf(": %s is to send it by %s", a.supplierTitle(r.Placements[i].Supplier), a.Config.Locale.Date(at.In(a.Config.Zone)))
		}
	}
	return ""
}

// parcels are those that suppliers report, and those that only the store knows of.
func parcels(r *order.Record, reference string) (rows []parcelRow) {
	for i := range r.Placements {
		p := &r.Placements[i]
		if reference != "" && p.Reference != reference {
			continue
		}
		for _, x := range p.Parcels {
			rows = append(rows, parcelRow{
				Store: r.Store, Number: r.Number, Supplier: p.Supplier, Reference: p.Reference, State: p.State,
				Carrier: x.Carrier, Tracking: x.Tracking, URL: x.URL, ShippedAt: x.ShippedAt, Events: x.Events,
			})
		}
	}
	for i := range r.Fulfilments {
		x := &r.Fulfilments[i]
		known := slices.ContainsFunc(rows, func(row parcelRow) bool { return row.Tracking == x.Tracking })
		if reference == "" && x.Live && x.Tracking != "" && !known {
			rows = append(rows, parcelRow{Store: r.Store, Number: r.Number, Carrier: x.Carrier, Tracking: x.Tracking, URL: x.URL, ShippedAt: x.At})
		}
	}
	return rows
}

func (s *session) tellParcel(a *App, row *parcelRow, zone *time.Location) error {
	l := a.Config.Locale
	line := strings.TrimSpace(row.Carrier + " " + row.Tracking)
	if row.Supplier != "" {
		line += "   " + a.supplierTitle(row.Supplier) + ", " + words(string(row.State))
	}
	if !row.ShippedAt.IsZero() {
		line += "   " + l.DateTime(row.ShippedAt.In(zone))
	}
	if _, err := fmt.Fprintln(s.out, line); err != nil {
		return err
	}
	if row.URL != "" {
		fmt.Fprintf(s.out, "  %s\n", row.URL)
	}
	for _, e := range row.Events {
		fmt.Fprintf(s.out, "  %s  %s\n", l.DateTime(e.At.In(zone)), e.Text)
	}
	return nil
}

// addParcel notes a parcel that somebody typed.
func (s *session) addParcel(ctx context.Context, t *tracking, args []string) (err error) {
	parcel := order.Parcel{Carrier: text.Clean(args[1]), Tracking: text.Clean(args[2])}
	if parcel.Carrier == "" || parcel.Tracking == "" {
		return usage("a parcel has a carrier and a tracking number, and one of them is empty")
	}
	if len(args) > 3 {
		u, err := url.Parse(strings.TrimSpace(args[3]))
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
			return usage("%q is no address on the web: it begins with https://", args[3])
		}
		parcel.URL = u.String()
	}
	a, err := s.open(ctx, opening{wire: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	r, err := a.record(ctx, args[0])
	if err != nil {
		return err
	}
	var open []order.Placement
	for i := range r.Placements {
		if p := r.Placements[i]; p.State.Live() && (t.reference == "" || p.Reference == t.reference) {
			open = append(open, p)
		}
	}
	switch {
	case len(open) == 0 && t.reference != "" && len(r.Placements) > 0:
		return usage("%s/%s has no purchase %q: it has %s", r.Store, r.Number, t.reference, references(r.Placements))
	case len(open) == 0:
		return fmt.Errorf("nothing has been bought for %s/%s yet, so no parcel of it can have left: check it out first", r.Store, r.Number)
	case len(open) > 1:
		return usage("%s/%s was bought in %d parts: say which with --reference and one of %s", r.Store, r.Number, len(open), references(open))
	}
	parcel.ShippedAt = a.DB.Now()
	if err := a.DB.AddParcel(ctx, Who(), open[0].Reference, parcel); err != nil {
		return err
	}
	if t.json {
		row := parcelRow{
			Demo: a.Demo, Store: r.Store, Number: r.Number, Supplier: open[0].Supplier, Reference: open[0].Reference,
			State: order.PlacementShipped, Carrier: parcel.Carrier, Tracking: parcel.Tracking, URL: parcel.URL, ShippedAt: parcel.ShippedAt,
		}
		return writeJSON(s.out, row)
	}
	_, err = fmt.Fprintf(s.out, "Noted: %s %s for %s/%s.\n", parcel.Carrier, parcel.Tracking, r.Store, r.Number)
	return err
}
