package command

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/orderdeck/orderdeck/config"
	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/store/pricelist"
)

// importingList is what `supplier import` was told.
type importingList struct {
	supplier, decimal, encoding, rejects string
	shipping, tracking                   bool
	replace, dry, yes, json, force       bool
	maps                                 []string
}

func (s *session) supplierImportCommand() *cobra.Command {
	x := &importingList{}
	cmd := &cobra.Command{
		Use: "import FILE", Short: "Read a price list, a shipping table or tracking numbers of a supplier", Args: oneArg("a file"),
		Long: "Reads what a supplier without an API sends, as CSV or a table with tabs: its price list, or with --shipping its\n" +
			"shipping table (country, weight or amount, method, cost, days), or with --tracking the tracking numbers of what it has\n" +
			"sent. Columns are known by their names, in English, Portuguese and Polish; --map names others.\n\n" +
			"What the file holds is shown first, and nothing is written before you say so. Rows that cannot be right are left out,\n" +
			"with their line and the reason, and the exit code is 3.",
		Example: "  orderdeck supplier import prices.csv --supplier factory\n" +
			"  orderdeck supplier import frete.csv --shipping --map cost=Valor --yes\n" +
			"  orderdeck supplier import tracking.csv --tracking",
		RunE: func(cmd *cobra.Command, args []string) error {
			if x.shipping && x.tracking {
				return usage("--shipping and --tracking cannot both be given: a file is one or the other")
			}
			if x.replace && x.tracking {
				return usage("--replace is for price lists; parcels are never taken back")
			}
			return s.importList(cmd.Context(), x, args[0])
		},
	}
	f := cmd.Flags()
	f.StringVar(&x.supplier, "supplier", "", "the `SUPPLIER`; needed when there are several of the kind manual")
	f.BoolVar(&x.shipping, "shipping", false, "the file is a shipping table; it takes the place of the one before")
	f.BoolVar(&x.tracking, "tracking", false, "the file has tracking numbers")
	f.BoolVar(&x.replace, "replace", false, "the price list is all that the supplier has: take out what is not in it")
	f.StringArrayVar(&x.maps, "map", nil, "which column holds a field, `FIELD=COLUMN`; may be given again")
	f.StringVar(&x.decimal, "decimal", "", "how numbers are written where the file leaves it open: comma or dot")
	f.StringVar(&x.encoding, "encoding", "", "of a file that is not UTF-8: windows-1252 or windows-1250")
	f.StringVar(&x.rejects, "rejects", "", "a `FILE` for the rows that are left out")
	f.BoolVar(&x.force, "force", false, "replace a file of rejects that is there")
	f.BoolVar(&x.dry, "dry-run", false, "say what would happen, and write nothing")
	f.BoolVar(&x.yes, "yes", false, "do not ask")
	f.BoolVar(&x.json, "json", false, "tell the outcome as JSON")
	return cmd
}

func (s *session) importList(ctx context.Context, x *importingList, name string) (err error) {
	if s.demo || s.orders != 0 {
		return usage("the demo's suppliers have their own price lists: leave --demo out")
	}
	o, err := x.options()
	if err != nil {
		return err
	}
	if !x.yes && !x.dry && !s.interactive() {
		return usage("there is no terminal to ask on whether to go on: say --yes, or --dry-run to see what would happen")
	}
	a, err := s.open(ctx, opening{wire: true, suppliers: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	supplier, err := a.manualSupplier(x.supplier)
	if err != nil {
		return err
	}
	o.Currency = supplier.Currency
	src, err := s.importSource(name)
	if err != nil {
		return err
	}
	defer src.Close()
	r := &reading{s: s, a: a, x: x, name: name, supplier: supplier}
	switch {
	case x.shipping:
		list, err := pricelist.Shipping(src, o)
		return importRows(ctx, r, list, err, "shipping method", r.a.shippingText, func(ctx context.Context, rows []store.ShippingRow) (int, error) {
			return len(rows), a.DB.PutMethods(ctx, supplier.Name, rows)
		})
	case x.tracking:
		list, err := pricelist.Trackings(src, o)
		return importRows(ctx, r, list, err, "parcel", trackedText, r.putParcels)
	}
	list, err := pricelist.Prices(src, o)
	for i := range list.Rows {
		list.Rows[i].Supplier = supplier.Name
	}
	return importRows(ctx, r, list, err, "product", a.productText, func(ctx context.Context, rows []checkout.Product) (int, error) {
		_, err := a.DB.PutProducts(ctx, supplier.Name, rows, x.replace)
		return len(rows), errors.Join(err, a.DB.ForgetQuotes(ctx, supplier.Name))
	})
}

func (x *importingList) options() (pricelist.Options, error) {
	o := pricelist.Options{Decimal: x.decimal, Legacy: x.encoding, Mapping: map[pricelist.Field]string{}}
	if x.decimal != "" {
		if err := choice("decimal", x.decimal, []string{"comma", "dot"}); err != nil {
			return o, err
		}
	}
	if x.encoding != "" {
		if err := choice("encoding", x.encoding, []string{"windows-1252", "windows-1250"}); err != nil {
			return o, err
		}
	}
	for _, m := range x.maps {
		field, column, ok := strings.Cut(m, "=")
		if field, column = strings.TrimSpace(field), strings.TrimSpace(column); !ok || field == "" || column == "" {
			return o, usage("--map cannot be %q: write a field and the column's name, such as sku=Kod", m)
		}
		o.Mapping[pricelist.Field(field)] = column
	}
	return o, nil
}

// manualSupplier is the supplier that a file is of: the one that was named, or the only one of the kind.
func (a *App) manualSupplier(name string) (checkout.Supplier, error) {
	if name != "" {
		x, err := a.setSupplier(name)
		if err == nil && x.Kind != "manual" {
			return x, usage("%s is of the kind %s and tells its prices by itself: only suppliers of the kind manual have files", name, x.Kind)
		}
		return x, err
	}
	var all []checkout.Supplier
	var names []string
	for _, x := range a.Settings().Suppliers {
		if x.Kind == "manual" {
			all, names = append(all, x), append(names, x.Name)
		}
	}
	switch len(all) {
	case 0:
		return checkout.Supplier{}, usage("no supplier of the kind manual is set up yet: add one with `orderdeck supplier add manual`")
	case 1:
		return all[0], nil
	}
	return checkout.Supplier{}, usage("there are several suppliers: say which with --supplier and one of %s", strings.Join(names, ", "))
}

// reading is one file that is being read.
type reading struct {
	s        *session
	a        *App
	x        *importingList
	name     string
	supplier checkout.Supplier
	failed   []pricelist.Reject // rows that could not be written
}

// importRows shows what a file holds, asks, writes it, and says what came of it.
func importRows[T any](ctx context.Context, r *reading, list pricelist.List[T], err error, what string, text func(*T) string, put func(context.Context, []T) (int, error)) error {
	if err != nil {
		return usage("%s: %w", r.name, err)
	}
	if err := r.preview(list.Columns, list.Notices, list.Rejects); err != nil {
		return err
	}
	if !r.x.json {
		for i := range list.Rows[:min(len(list.Rows), 5)] {
			fmt.Fprintln(r.s.err, "  "+text(&list.Rows[i]))
		}
	}
	found := plural(len(list.Rows), what, what+"s")
	done := 0
	switch {
	case len(list.Rows) == 0:
		fmt.Fprintf(r.s.err, "There is nothing in %s that can be taken over.\n", r.name)
	case r.x.dry:
		done = len(list.Rows)
	default:
		if !r.x.yes {
			ok, err := r.s.confirm(ctx, "Take "+found+" over for "+r.supplier.Label()+"?")
			if err != nil || !ok {
				return errors.Join(err, silentNo(r.s.err), silent(ExitFailed))
			}
		}
		if done, err = put(ctx, list.Rows); err != nil {
			return err
		}
	}
	rejects := append(slices.Clone(list.Rejects), r.failed...)
	if err := r.writeRejects(rejects); err != nil {
		return err
	}
	if err := r.tell(done, len(rejects), what); err != nil {
		return err
	}
	if done == 0 {
		return silent(ExitFailed)
	}
	return outcome(len(rejects), done+len(rejects))
}

// preview says how the file was understood, and what is left out.
func (r *reading) preview(columns []pricelist.Column, notices []string, rejects []pricelist.Reject) error {
	if r.x.json {
		return nil
	}
	w := r.s.err
	for _, c := range columns {
		to := string(c.Field)
		if to == "" {
			to = "(left out)"
		}
		if _, err := fmt.Fprintf(w, "  %-24s → %-16s %s\n", c.Name, to, c.Example); err != nil {
			return err
		}
	}
	for _, n := range notices {
		fmt.Fprintln(w, sentence(errors.New(n)))
	}
	for i, x := range rejects {
		if i == 5 {
			fmt.Fprintf(w, "… and %d more.\n", len(rejects)-i)
			break
		}
		fmt.Fprintf(w, "Left out: line %d (%s): %s\n", x.Line, x.Name, sentence(errors.New(x.Reason)))
	}
	return nil
}

func (r *reading) writeRejects(rejects []pricelist.Reject) error {
	if r.x.rejects == "" || len(rejects) == 0 {
		return nil
	}
	if _, err := os.Lstat(r.x.rejects); err == nil && !r.x.force {
		return usage("%s exists already and is left as it is: name another file with --rejects, or replace it with --force", r.x.rejects)
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write([]string{"line", "name", "reason"}) // to memory: Error tells
	for _, x := range rejects {
		_ = w.Write([]string{strconv.Itoa(x.Line), x.Name, x.Reason})
	}
	if w.Flush(); w.Error() != nil {
		return w.Error()
	}
	return config.WriteFile(r.x.rejects, b.Bytes(), 0o600)
}

func (r *reading) tell(done, rejects int, what string) error {
	if r.x.json {
		return writeJSON(r.s.out, struct {
			Supplier string `json:"supplier"`
			Rows     int    `json:"rows"`
			Rejects  int    `json:"rejects"`
			DryRun   bool   `json:"dry_run,omitempty"`
		}{r.supplier.Name, done, rejects, r.x.dry})
	}
	verb := "taken over"
	if r.x.dry {
		verb = "would be taken over"
	}
	line := fmt.Sprintf("%s: %s %s", filepath.Base(r.name), plural(done, what, what+"s"), verb)
	if rejects > 0 {
		line += ", " + plural(rejects, "row", "rows") + " left out"
	}
	_, err := fmt.Fprintln(r.s.out, line+".")
	return err
}

func (a *App) productText(p *checkout.Product) string {
	cost := "no cost"
	if p.CostKnown {
		cost = a.money(p.Cost)
	}
	return strings.Join([]string{p.SKU, p.Title, cost}, "   ")
}

func (a *App) shippingText(m *store.ShippingRow) string {
	to := "everywhere"
	if len(m.Countries) > 0 {
		to = strings.Join(m.Countries, ", ")
	}
	return strings.Join([]string{m.Method.Name, to, a.money(m.Method.Cost)}, "   ")
}

func trackedText(p *pricelist.Tracked) string {
	name := p.Reference
	if name == "" {
		name = "#" + p.Number
	}
	return strings.Join([]string{name, p.Parcel.Carrier, p.Parcel.Tracking}, "   ")
}

// putParcels notes parcels, each for the purchase that it names.
func (r *reading) putParcels(ctx context.Context, rows []pricelist.Tracked) (done int, err error) {
	for i := range rows {
		row := &rows[i]
		reference, err := r.purchase(ctx, row)
		if err == nil {
			err = r.a.DB.AddParcel(ctx, Who(), reference, row.Parcel)
		}
		if ctx.Err() != nil {
			return done, ctx.Err()
		}
		if err != nil {
			name := row.Reference + row.Number
			r.failed = append(r.failed, pricelist.Reject{Line: row.Line, Name: name, Reason: err.Error()})
			if !r.x.json {
				fmt.Fprintf(r.s.err, "Left out: line %d (%s): %s\n", row.Line, name, sentence(err))
			}
			continue
		}
		done++
	}
	return done, nil
}

// purchase is the reference of the purchase at the supplier that a row names.
func (r *reading) purchase(ctx context.Context, row *pricelist.Tracked) (string, error) {
	if row.Reference != "" {
		p, err := r.a.DB.PlacementsOf(ctx, row.Reference)
		if err != nil {
			return "", noReference(row.Reference, err)
		}
		if p.Supplier != r.supplier.Name {
			return "", fmt.Errorf("%s was bought at %s, not at %s", row.Reference, p.Supplier, r.supplier.Name)
		}
		return row.Reference, nil
	}
	rec, err := r.a.record(ctx, row.Number)
	if err != nil {
		return "", err
	}
	var found []order.Placement
	for i := range rec.Placements {
		if p := rec.Placements[i]; p.Supplier == r.supplier.Name && p.State.Live() {
			found = append(found, p)
		}
	}
	switch len(found) {
	case 0:
		return "", fmt.Errorf("nothing of %s has been bought at %s", row.Number, r.supplier.Label())
	case 1:
		return found[0].Reference, nil
	}
	return "", fmt.Errorf("%s was bought in %d parts there: name the one by its reference, one of %s", row.Number, len(found), references(found))
}
