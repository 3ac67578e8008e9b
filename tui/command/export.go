package command

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/orderdeck/orderdeck/config/locale"
	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/export"
)

type exporting struct {
	choosing
	profile, reader, columns, out string
	force, raw, json              bool
}

func (s *session) exportCommand() *cobra.Command {
	x := &exporting{}
	cmd := &cobra.Command{
		Use: "export [FILTER]", Short: "Export orders to CSV or JSON", GroupID: "orders",
		Long: "Exports the orders that the filter finds; see `orderdeck list --help` for filters.\n\n" +
			"The file appears under its name only when it is whole; one that is there already is kept unless --force is given.\n" +
			"Cells that a spreadsheet would run as a formula get a ' in front; how many is said at the end, and --raw leaves\n" +
			"them as they are.",
		Example: "  orderdeck export --from 2026-11-01 --to 2026-11-30 --out november.csv\n" +
			"  orderdeck export stage:unpaid --for excel-br --columns number,customer,total --out unpaid.csv\n" +
			"  orderdeck export --profile json | jq .customer.email",
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.export(cmd.Context(), x, args)
		},
		ValidArgsFunction: completeFilter,
	}
	x.flags(cmd)
	f := cmd.Flags()
	f.StringVar(&x.profile, "profile", "", "orders (a row an order), lines (a row a product), shopify (its 79 columns) or json")
	f.StringVar(&x.reader, "for", "", "who reads it: excel-br, excel-pt, excel-pl or machine")
	f.StringVar(&x.columns, "columns", "", "the columns of orders and lines, with commas between; `LIST` alone names them")
	f.StringVarP(&x.out, "out", "o", "-", "the `FILE` to write; - is standard output")
	f.BoolVar(&x.force, "force", false, "replace a file that is there")
	f.BoolVar(&x.raw, "raw", false, "do not neutralise cells that look like formulas")
	f.BoolVar(&x.json, "json", false, "tell the outcome as JSON on standard error")
	_ = cmd.RegisterFlagCompletionFunc("profile", cobra.FixedCompletions(profiles(), cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("for", cobra.FixedCompletions(export.Formats(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func profiles() []string {
	names := make([]string, len(export.Profiles))
	for i, p := range export.Profiles {
		names[i] = string(p)
	}
	return names
}

func (s *session) export(ctx context.Context, x *exporting, args []string) (err error) {
	for _, c := range []struct {
		flag, value string
		values      []string
	}{{"profile", x.profile, profiles()}, {"for", x.reader, export.Formats()}} {
		if c.value == "" {
			continue
		}
		if err := choice(c.flag, c.value, c.values); err != nil {
			return err
		}
	}
	if strings.EqualFold(x.columns, "list") {
		_, err := fmt.Fprintln(s.out, strings.Join(export.Columns(export.Profile(cmp.Or(x.profile, string(export.Lines)))), "\n"))
		return err
	}
	a, err := s.open(ctx, opening{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	r, err := x.request(a, args)
	if err != nil {
		return err
	}
	p, err := s.writeExport(ctx, a, x, r)
	switch {
	case store.CodeOf(err) == store.Invalid || store.CodeOf(err) == store.Exists:
		if errors.Is(err, export.ErrExists) {
			return usage("%s exists already and is left as it is: choose another name, or replace it with --force", x.out)
		}
		return &coded{ExitUsage, err}
	case err != nil:
		return err
	}
	return s.exported(a, x, p)
}

func (x *exporting) request(a *App, args []string) (export.Request, error) {
	q, err := x.query(a, args)
	if err != nil {
		return export.Request{}, err
	}
	format, err := export.For(cmp.Or(x.reader, a.Config.CSV.For, export.Machine))
	if err != nil {
		return export.Request{}, &coded{ExitUsage, err}
	}
	format.Raw = x.raw
	r := export.Request{Query: q, Profile: export.Profile(cmp.Or(x.profile, a.Config.CSV.Profile)), Format: format, Zone: a.Config.Zone}
	if x.columns != "" {
		for _, name := range strings.Split(x.columns, ",") {
			r.Columns = append(r.Columns, strings.TrimSpace(name))
		}
	}
	if x.out != "-" && filepath.Base(x.out) == x.out && a.Config.CSV.Folder != "" {
		x.out = filepath.Join(a.Config.CSV.Folder, x.out)
	}
	return r, nil
}

func (s *session) writeExport(ctx context.Context, a *App, x *exporting, r export.Request) (p export.Progress, err error) {
	var tell func(export.Progress)
	if x.out != "-" && isTerminal(s.err) {
		tell = func(p export.Progress) {
			fmt.Fprintf(s.err, "\r\x1b[K%s", exportLine(p, a.Config.Locale))
		}
		defer fmt.Fprint(s.err, "\r\x1b[K")
	}
	if x.out != "-" {
		return export.File(ctx, a.DB, x.out, x.force, r, tell)
	}
	out := bufio.NewWriterSize(s.out, 64<<10)
	p, err = export.Write(ctx, a.DB, out, r, nil)
	return p, errors.Join(err, out.Flush())
}

func exportLine(p export.Progress, l locale.Locale) string {
	text := l.Number(p.Rows) + " rows"
	if p.Elapsed >= time.Second/2 {
		text += ", " + l.Number(int64(float64(p.Rows)/p.Elapsed.Seconds())) + " a second"
	}
	return text
}

// exported says what became of it. On standard error, so that a pipe carries nothing but the export.
func (s *session) exported(a *App, x *exporting, p export.Progress) error {
	if x.json {
		return writeJSON(s.err, struct {
			Demo        bool   `json:"demo,omitempty"`
			File        string `json:"file"`
			Orders      int64  `json:"orders"`
			Rows        int64  `json:"rows"`
			Bytes       int64  `json:"bytes"`
			Neutralised int64  `json:"neutralised"`
		}{a.Demo, x.out, p.Orders, p.Rows, p.Bytes, p.Neutralised})
	}
	if x.out == "-" && !isTerminal(s.err) && p.Neutralised == 0 {
		return nil
	}
	return tellExport(s.err, a.Config.Locale, x.out, p)
}

func tellExport(w io.Writer, l locale.Locale, name string, p export.Progress) error {
	text := fmt.Sprintf("%s rows of %s orders, %s", l.Number(p.Rows), l.Number(p.Orders), l.Bytes(p.Bytes))
	if name != "-" {
		text = name + ": " + text
	}
	if p.Neutralised > 0 {
		text += fmt.Sprintf("; %s cells could have run as formulas and were neutralised (--raw leaves them)", l.Number(p.Neutralised))
	}
	_, err := fmt.Fprintln(w, text)
	return err
}
