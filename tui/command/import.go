package command

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/orderdeck/orderdeck/config"
	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/orderfile"
)

// importing is what `import` was told.
type importing struct {
	store, currency, zone, payment, decimal, dates, encoding, rejects string
	maps                                                              []string
	dry, yes, json, force                                             bool
}

func (s *session) importCommand() *cobra.Command {
	x := &importing{}
	cmd := &cobra.Command{
		Use: "import FILE", Short: "Read orders from a file", GroupID: "orders", Args: oneArg("a file"),
		Long: "Reads orders from a CSV file into a store of the platform files: Shopify's order export, WooCommerce's exporters\n" +
			"(WebToffee, SkyVerge, Advanced Order Export), DSers' order list, or any other table whose columns --map tells the\n" +
			"meaning of; what was said is remembered for the next file with the same columns. A workbook is saved as CSV first.\n\n" +
			"The file is looked through first, and what would happen is said before anything is written. Orders that are there\n" +
			"already are brought up to date; reading the same file again changes nothing. What cannot be taken over is written\n" +
			"to a file of its own, with the line and the reason, and the exit code is 3.",
		Example: "  orderdeck store add files --name spocket\n" +
			"  orderdeck import orders_export.csv --store spocket --dry-run\n" +
			"  orderdeck import pedidos.csv --store spocket --map number=Pedido --map created_at=Data --map item=Produto \\\n" +
			"      --map total=Total --currency BRL --payment paid --yes",
		RunE: func(cmd *cobra.Command, args []string) error { return s.importFile(cmd.Context(), x, args[0]) },
	}
	f := cmd.Flags()
	f.StringVar(&x.store, "store", "", "the store that the orders belong to")
	f.StringArrayVar(&x.maps, "map", nil, "which column holds a field, `FIELD=COLUMN`; may be given again. Fields: "+fieldList())
	f.StringVar(&x.currency, "currency", "", "the currency of a file that names none, such as EUR")
	f.StringVar(&x.payment, "payment", "", "whether customers have paid, of a file that does not say: paid or pending")
	f.StringVar(&x.decimal, "decimal", "", "how numbers are written where the file leaves it open: comma or dot")
	f.StringVar(&x.dates, "dates", "", "how dates are written where the file leaves it open: dmy or mdy")
	f.StringVar(&x.zone, "timezone", "", "the time zone of dates without one; by default the store's or yours")
	f.StringVar(&x.encoding, "encoding", "", "of a file that is not UTF-8: windows-1252 or windows-1250")
	f.StringVar(&x.rejects, "rejects", "", "the `FILE` for what cannot be taken over; by default NAME.rejects.csv in the current folder")
	f.BoolVar(&x.force, "force", false, "replace a file of rejects that is there")
	f.BoolVarP(&x.dry, "dry-run", "n", false, "say what would happen, and write nothing")
	f.BoolVarP(&x.yes, "yes", "y", false, "do not ask")
	f.BoolVar(&x.json, "json", false, "tell the outcome as JSON")
	_ = cmd.RegisterFlagCompletionFunc("store", s.completeStores)
	for flag, values := range importChoices {
		_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
	return cmd
}

var importChoices = map[string][]string{
	"payment": {"paid", "pending"}, "decimal": {"comma", "dot"}, "dates": {"dmy", "mdy"},
	"encoding": orderfile.Encodings,
}

func fieldList() string {
	names := make([]string, len(orderfile.Fields))
	for i, f := range orderfile.Fields {
		names[i] = string(f)
	}
	return strings.Join(names, ", ")
}

func (s *session) importFile(ctx context.Context, x *importing, name string) (err error) {
	if s.demo || s.orders != 0 {
		return usage("orders are not read into the demo: leave --demo out, and add a store for them with `orderdeck store add files --name NAME`")
	}
	c, err := s.load(false)
	if err != nil {
		return err
	}
	o, err := s.importOptions(c, x)
	if err != nil {
		return err
	}
	src, err := s.importSource(name)
	if err != nil {
		return err
	}
	defer src.Close()
	im, remembered, err := openImport(c, src, x, o)
	if err != nil {
		return usage("%s: %w", name, err)
	}
	if !x.json {
		tellPlan(s.err, im.Plan(), remembered)
	}
	db, err := store.Open(ctx, store.Options{Path: filepath.Join(c.Data, "orderdeck.db")})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return s.importInto(ctx, c, db, x, im, name)
}

// importOptions checks what was said, and fills in what the settings know.
func (s *session) importOptions(c *config.Config, x *importing) (orderfile.Options, error) {
	var o orderfile.Options
	for flag, value := range map[string]string{"payment": x.payment, "decimal": x.decimal, "dates": x.dates, "encoding": x.encoding} {
		if value == "" {
			continue
		}
		if err := choice(flag, value, importChoices[flag]); err != nil {
			return o, err
		}
	}
	if x.store == "" {
		return o, usage("say with --store which store the orders belong to; `orderdeck store add files --name NAME` makes one")
	}
	chosen, err := s.chosen(c, []string{x.store})
	if err != nil {
		return o, err
	}
	st := chosen[0]
	if !slices.Contains(s.offline(), st.Platform) {
		return o, usage("the orders of %s come from %s: a file would be read into a store of its own, made with `orderdeck store add files --name NAME`", st.Name, st.Platform)
	}
	o = orderfile.Options{
		Store: st.Name, Currency: strings.ToUpper(x.currency), Zone: zoneOf(c, st), Payment: order.CustomerPayment(x.payment),
		Decimal: x.decimal, Dates: x.dates, Legacy: x.encoding,
	}
	if x.zone != "" {
		if o.Zone, err = time.LoadLocation(x.zone); err != nil {
			return o, usage("--timezone cannot be %q: write an IANA name such as America/Sao_Paulo or Europe/Warsaw", x.zone)
		}
	}
	if o.Currency != "" && (len(o.Currency) != 3 || strings.Trim(o.Currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "") {
		return o, usage("--currency cannot be %q: write three letters, such as EUR", x.currency)
	}
	if o.Mapping, err = orderfile.ParseMapping(x.maps); err != nil {
		return o, &coded{ExitUsage, err}
	}
	return o, nil
}

// importSource opens the file. What comes through a pipe is kept in a temporary file, since it is read twice.
func (s *session) importSource(name string) (*os.File, error) {
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, usage("%s cannot be read: %w", name, reason(err))
		}
		if st, err := f.Stat(); err != nil || st.IsDir() {
			return nil, errors.Join(usage("%s is a folder: give a file", name), f.Close())
		}
		return f, nil
	}
	f, err := os.CreateTemp("", "orderdeck-import-*")
	if err != nil {
		return nil, err
	}
	_ = os.Remove(f.Name()) // it lives as long as it is open; where that cannot be, the system clears it away
	if _, err := io.Copy(f, s.in); err != nil {
		return nil, errors.Join(fmt.Errorf("standard input cannot be read: %w", err), f.Close())
	}
	return f, nil
}

// openImport reads the file with the mapping that was given, or else with the one that was remembered for its columns.
func openImport(c *config.Config, src *os.File, x *importing, o orderfile.Options) (im *orderfile.Import, remembered bool, err error) {
	header, err := orderfile.Header(src, o.Legacy)
	if err != nil {
		return nil, false, err
	}
	kept, err := c.Mappings()
	if err != nil {
		return nil, false, err
	}
	if before, ok := kept.Find(header); ok && len(x.maps) == 0 {
		o.Mapping, remembered = orderfile.Mapping{}, true
		for field, column := range before.Fields {
			o.Mapping[orderfile.Field(field)] = column
		}
		o.Currency, o.Payment = cmp.Or(o.Currency, before.Currency), cmp.Or(o.Payment, order.CustomerPayment(before.Payment))
		o.Decimal, o.Dates = cmp.Or(o.Decimal, before.Decimal), cmp.Or(o.Dates, before.Dates)
	}
	im, err = orderfile.Open(src, o)
	if err != nil || x.dry || remembered && x.currency+x.payment+x.decimal+x.dates == "" || len(o.Mapping) == 0 && x.currency+x.payment+x.decimal+x.dates == "" {
		return im, remembered, err
	}
	m := config.Mapping{Header: header, Fields: map[string]string{}, Currency: o.Currency, Payment: string(o.Payment), Decimal: o.Decimal, Dates: o.Dates}
	for field, column := range o.Mapping {
		m.Fields[string(field)] = column
	}
	return im, remembered, c.SaveMapping(m)
}

// tellPlan says what the file was found to be.
func tellPlan(w io.Writer, p orderfile.Plan, remembered bool) {
	delimiter := map[string]string{",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}[p.Comma]
	fmt.Fprintf(w, "%s: %d rows, %s, %s.\n", p.Title, p.Rows, p.Encoding, cmp.Or(delimiter, "delimited by "+p.Comma))
	if remembered {
		fmt.Fprintln(w, "The columns are read as they were the last time.")
	}
	if len(p.Unknown) > 0 {
		fmt.Fprintf(w, "Not read: %s.\n", strings.Join(p.Unknown, ", "))
	}
	for _, n := range p.Notices {
		fmt.Fprintln(w, sentence(errors.New(n)))
	}
}

// importInto looks through the orders, asks, and writes them.
func (s *session) importInto(ctx context.Context, c *config.Config, db *store.DB, x *importing, im *orderfile.Import, name string) error {
	var rejects []*orderfile.RejectError
	p, err := im.Into(ctx, db, true, func(r *orderfile.RejectError) { rejects = append(rejects, r) }, s.importProgress(c, "looked at"))
	if err != nil {
		return err
	}
	for i, r := range rejects {
		if i == 5 && !x.json {
			fmt.Fprintf(s.err, "… and %s more.\n", c.Locale.Number(int64(len(rejects)-i)))
		}
		if i >= 5 || x.json {
			break
		}
		fmt.Fprintln(s.err, "Left out: "+sentence(r))
	}
	if p.Orders == 0 {
		return errors.Join(usage("%s has no order that can be taken over", name), s.writeRejects(x, name, rejects))
	}
	if x.dry {
		return s.imported(c, x, p, "")
	}
	if !x.yes {
		question := fmt.Sprintf("Read %s orders into %s (%s of them new)?", c.Locale.Number(int64(p.Orders)), x.store, c.Locale.Number(int64(p.New)))
		if ok, err := s.confirm(ctx, question); errors.Is(err, errNobody) {
			return usage("there is no terminal to ask on whether to go on: say --yes, or --dry-run to see what would happen")
		} else if err != nil || !ok {
			return errors.Join(err, silentNo(s.err))
		}
	}
	if err := db.PutShop(ctx, store.Shop{Name: x.store, Platform: s.storeOf(c, x).Platform, Title: x.store, Zone: s.storeOf(c, x).Zone}); err != nil {
		return err
	}
	if err := im.Rewind(); err != nil {
		return err
	}
	if p, err = im.Into(ctx, db, false, func(*orderfile.RejectError) {}, s.importProgress(c, "read")); err != nil {
		return fmt.Errorf("%s orders were read, the rest was not: %w", c.Locale.Number(int64(p.New+p.Updated+p.Unchanged)), err)
	}
	if err := s.writeRejects(x, name, rejects); err != nil {
		return err
	}
	return s.imported(c, x, p, x.rejects)
}

func silentNo(w io.Writer) error {
	_, err := fmt.Fprintln(w, "Nothing was written.")
	return err
}

func (s *session) storeOf(c *config.Config, x *importing) config.StoreConfig {
	st, _ := c.Store(x.store)
	return st
}

func (s *session) importProgress(c *config.Config, word string) func(orderfile.Progress) {
	if !isTerminal(s.err) {
		return nil
	}
	var last time.Time
	return func(p orderfile.Progress) {
		if time.Since(last) < 200*time.Millisecond {
			return
		}
		last = time.Now()
		fmt.Fprintf(s.err, "\r\x1b[K%s orders %s\r", c.Locale.Number(int64(p.Orders)), word)
	}
}

// writeRejects keeps what was left out, whole or not at all.
func (s *session) writeRejects(x *importing, name string, rejects []*orderfile.RejectError) error {
	if len(rejects) == 0 {
		x.rejects = ""
		return nil
	}
	if x.rejects == "" {
		base := strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))
		if name == "-" {
			base = "import"
		}
		x.rejects = base + ".rejects.csv"
		for n := 2; taken(x.rejects) && !x.force; n++ { // a script that reads the same file every day goes on
			x.rejects = fmt.Sprintf("%s.rejects-%d.csv", base, n)
		}
	}
	if _, err := os.Lstat(x.rejects); err == nil && !x.force {
		return usage("%s exists already and is left as it is: name another file with --rejects, or replace it with --force", x.rejects)
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write([]string{"line", "order", "reason"}) // to memory: Error tells
	for _, r := range rejects {
		_ = w.Write([]string{fmt.Sprint(r.Line), r.Order, r.Text})
	}
	if w.Flush(); w.Error() != nil {
		return w.Error()
	}
	return config.WriteFile(x.rejects, b.Bytes(), 0o600)
}

func taken(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}

// imported says what became of it.
func (s *session) imported(c *config.Config, x *importing, p orderfile.Progress, rejects string) error {
	if x.json {
		if err := writeJSON(s.out, struct {
			Store  string `json:"store"`
			DryRun bool   `json:"dry_run,omitempty"`
			orderfile.Progress
			Rejects string `json:"rejects,omitempty"`
		}{x.store, x.dry, p, rejects}); err != nil {
			return err
		}
	} else {
		n := func(i int) string { return c.Locale.Number(int64(i)) }
		text := fmt.Sprintf("%s orders: %s new, %s updated, %s unchanged", n(p.Orders), n(p.New), n(p.Updated), n(p.Unchanged))
		if x.dry {
			text = fmt.Sprintf("Nothing was written. %s orders with %s lines could be read: %s new, %s known", n(p.Orders), n(p.Lines), n(p.New), n(p.Unchanged))
		}
		if p.Rejected > 0 {
			text += fmt.Sprintf("; %s left out", n(p.Rejected))
		}
		if rejects != "" {
			text += ", listed in " + rejects
		}
		fmt.Fprintln(s.out, text+".")
	}
	if p.Rejected > 0 {
		return silent(ExitPartial)
	}
	return nil
}
