package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/orderdeck/orderdeck/config"
	"github.com/orderdeck/orderdeck/config/locale"
	"github.com/orderdeck/orderdeck/store/document"
	"github.com/orderdeck/orderdeck/store/order"
)

// paper is where a document is written to.
type paper struct {
	out   string
	force bool
	json  bool
}

func (p *paper) flags(cmd *cobra.Command, what string) {
	f := cmd.Flags()
	f.StringVarP(&p.out, "out", "o", "", "the `FILE` to write; - is standard output; by default "+what)
	f.BoolVar(&p.force, "force", false, "replace a file that is there")
	f.BoolVar(&p.json, "json", false, "tell the outcome as JSON")
}

// write writes a document that has been made, readable by its owner alone.
func (s *session) writePaper(a *App, p *paper, name string, data []byte, warnings []string) error {
	for _, w := range warnings {
		fmt.Fprintf(s.err, "orderdeck: %s\n", sentence(errors.New(w)))
	}
	if p.out == "-" {
		if isTerminal(s.out) {
			return usage("a PDF is nothing for a terminal: name a file with --out, or send standard output somewhere")
		}
		_, err := s.out.Write(data)
		return err
	}
	if p.out == "" {
		p.out = name
	}
	if info, err := os.Stat(p.out); err == nil {
		switch {
		case info.IsDir():
			p.out = filepath.Join(p.out, name)
			if _, err := os.Stat(p.out); err == nil && !p.force {
				return exists(p.out)
			}
		case !p.force:
			return exists(p.out)
		}
	}
	if dir := filepath.Dir(p.out); dir != "." {
		if _, err := os.Stat(dir); err != nil {
			return fmt.Errorf("there is no folder %s: make it or choose another one", dir)
		}
	}
	if err := config.WriteFile(p.out, data, 0o600); err != nil {
		return err
	}
	if p.json {
		if warnings == nil {
			warnings = []string{}
		}
		return writeJSON(s.out, struct {
			Demo     bool     `json:"demo,omitempty"`
			File     string   `json:"file"`
			Bytes    int      `json:"bytes"`
			Warnings []string `json:"warnings"`
		}{a.Demo, p.out, len(data), warnings})
	}
	_, err := fmt.Fprintf(s.out, "%s: %s\n", p.out, a.Config.Locale.Bytes(int64(len(data))))
	return err
}

func exists(name string) error {
	return usage("%s exists already and is left as it is: choose another name, or replace it with --force", name)
}

// fileName makes a file name of words of any origin.
func fileName(words ...string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9', r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r == '-', r == '_':
			return r
		}
		return '-'
	}, strings.Join(words, "-"))
	return strings.Trim(name[:min(len(name), 100)], "-")
}

func (s *session) invoiceCommand() *cobra.Command {
	p, language, anyway := &paper{}, "", false
	cmd := &cobra.Command{
		Use: "invoice NUMBER", Short: "Write the branded invoice of an order", GroupID: "orders",
		Long: "Writes the branded invoice of an order as a PDF: what the customer bought, with your brand (the settings under\n" +
			"brand), in the language of the customer. What suppliers ask for is never in it. The order is named as in\n" +
			"`orderdeck show`.",
		Example: "  orderdeck invoice shop/1042\n  orderdeck invoice 1042 --out - | lp",
		Args:    oneArg("an order's name, such as shop/1042"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if language != "" {
				if err := choice("language", language, document.Languages()); err != nil {
					return err
				}
			}
			return s.invoice(cmd.Context(), args[0], p, language, anyway)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	p.flags(cmd, "invoice-STORE-NUMBER.pdf")
	cmd.Flags().StringVar(&language, "language", "", "en, pt-BR, pt-PT or pl; by default the customer's")
	cmd.Flags().BoolVar(&anyway, "anyway", false, "write it although the supplier does not put it in")
	_ = cmd.RegisterFlagCompletionFunc("language", cobra.FixedCompletions(document.Languages(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (s *session) invoice(ctx context.Context, name string, p *paper, language string, anyway bool) (err error) {
	a, err := s.open(ctx, opening{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	r, err := a.record(ctx, name)
	if err != nil {
		return err
	}
	if err := a.may(ctx, &r, order.EventInvoice); err != nil && !anyway {
		return err
	}
	d, warnings, err := a.Invoice(ctx, &r, language)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	more, err := document.Invoice(&b, d)
	if err != nil {
		return err
	}
	return s.writePaper(a, p, fileName("invoice", r.Store, r.Number)+".pdf", b.Bytes(), append(warnings, more...))
}

// record finds and reads one order.
func (a *App) record(ctx context.Context, name string) (order.Record, error) {
	ref, err := findOne(ctx, a, name)
	if err != nil {
		return order.Record{}, err
	}
	return a.DB.Record(ctx, ref.ID)
}

// may tells why something may not happen to an order, nil when it may.
func (a *App) may(ctx context.Context, r *order.Record, e order.Event) error {
	f, err := a.facts(ctx, r)
	if err != nil {
		return err
	}
	v := order.Can(&r.Order, r.State, f, e)
	if v.Allowed {
		return nil
	}
	return fmt.Errorf("%s/%s: %s. %s", r.Store, r.Number, strings.TrimRight(v.Reason, "."), capital(v.Next))
}

// capital begins a sentence.
func capital(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func (s *session) receiptCommand() *cobra.Command {
	p, pdf, text, reference := &paper{}, false, false, ""
	cmd := &cobra.Command{
		Use: "receipt NUMBER", Short: "Write what suppliers were paid for an order", GroupID: "orders",
		Long: "Writes what a supplier was paid for an order, and when, for your bookkeeping: as text, or with --pdf as a PDF. Where\n" +
			"several suppliers were paid for one order, the text has all of them; a PDF has the one of --reference.",
		Example: "  orderdeck receipt shop/1042\n  orderdeck receipt 1042 --pdf --out receipt.pdf",
		Args:    oneArg("an order's name, such as shop/1042"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if pdf && text {
				return usage("--pdf and --text cannot both be given: choose one")
			}
			return s.receipt(cmd.Context(), args[0], p, pdf, reference)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	p.flags(cmd, "receipt-REFERENCE.pdf, and standard output for text")
	f := cmd.Flags()
	f.BoolVar(&pdf, "pdf", false, "write a PDF")
	f.BoolVar(&text, "text", false, "write text (as without it)")
	f.StringVar(&reference, "reference", "", "only the purchase with our `REFERENCE`")
	return cmd
}

// receiptRow is one line of receipt --json.
type receiptRow struct {
	Demo      bool   `json:"demo,omitempty"`
	Store     string `json:"store"`
	Number    string `json:"number"`
	Supplier  string `json:"supplier"`
	Reference string `json:"reference"`
	order.Placement
}

func (s *session) receipt(ctx context.Context, name string, p *paper, pdf bool, reference string) (err error) {
	a, err := s.open(ctx, opening{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	r, err := a.record(ctx, name)
	if err != nil {
		return err
	}
	paid, err := a.paid(ctx, &r, reference)
	if err != nil {
		return err
	}
	if pdf {
		if len(paid) > 1 {
			return usage("%s/%s was bought in %d parts: say which with --reference and one of %s", r.Store, r.Number, len(paid), references(paid))
		}
		d, warnings, err := a.Receipt(ctx, &r, paid[0])
		if err != nil {
			return err
		}
		var b bytes.Buffer
		more, err := document.Receipt(&b, d)
		if err != nil {
			return err
		}
		return s.writePaper(a, p, fileName("receipt", paid[0].Reference)+".pdf", b.Bytes(), append(warnings, more...))
	}
	var b bytes.Buffer
	for i := range paid {
		if p.json {
			err = writeJSON(&b, receiptRow{a.Demo, r.Store, r.Number, paid[i].Supplier, paid[i].Reference, paid[i]})
		} else {
			err = a.receiptText(ctx, &b, &r, paid[i], i > 0)
		}
		if err != nil {
			return err
		}
	}
	if p.out != "" && p.out != "-" {
		p.json = false
		return s.writePaper(a, p, "", b.Bytes(), nil)
	}
	_, err = s.out.Write(b.Bytes())
	return err
}

func (a *App) receiptText(ctx context.Context, b *bytes.Buffer, r *order.Record, p order.Placement, next bool) error {
	d, _, err := a.Receipt(ctx, r, p)
	if err != nil {
		return err
	}
	if next {
		b.WriteString("\n\n")
	}
	return document.ReceiptText(b, d)
}

// paid are the purchases of an order that were paid.
func (a *App) paid(ctx context.Context, r *order.Record, reference string) ([]order.Placement, error) {
	var out []order.Placement
	for i := range r.Placements {
		p := &r.Placements[i]
		if _, ok := document.PaidAt(p); ok && (reference == "" || p.Reference == reference) {
			out = append(out, *p)
		}
	}
	switch {
	case len(out) > 0:
		return out, nil
	case reference != "" && len(r.Placements) > 0:
		if i := slices.IndexFunc(r.Placements, func(p order.Placement) bool { return p.Reference == reference }); i >= 0 {
			return nil, fmt.Errorf("%s has not been paid, so there is no receipt: it is %s", reference, words(string(r.Placements[i].State)))
		}
		return nil, usage("%s/%s has no purchase %q: it has %s", r.Store, r.Number, reference, references(r.Placements))
	}
	if err := a.may(ctx, r, order.EventReceipt); err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("no supplier has been paid for %s/%s yet, so there is no receipt", r.Store, r.Number)
}

func references(placements []order.Placement) string {
	var out []string
	for i := range placements {
		out = append(out, placements[i].Reference)
	}
	return strings.Join(out, ", ")
}

var _ document.Format = locale.Locale{}
