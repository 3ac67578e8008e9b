package tui

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/orderdeck/orderdeck/config"
	"github.com/orderdeck/orderdeck/store/document"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/tui/command"
	"github.com/orderdeck/orderdeck/tui/ui"
)

// supply is what the screens need of a wired program to buy at suppliers.
func supply(a *command.App) Buying {
	b := Buying{Desk: a.DB, Settings: a.CheckoutSettings, Papers: documents(a), Who: command.Who(), Acts: a.Acts}
	if len(a.Suppliers) == 0 {
		return b
	}
	b.Find = func(ctx context.Context, supplier, query string, page int) ([]checkout.Product, bool, error) {
		for _, s := range a.Suppliers {
			if s.Name() == supplier {
				return s.Search(ctx, query, page)
			}
		}
		return nil, false, fmt.Errorf("the supplier %q is not set up", supplier)
	}
	return b
}

// documents makes invoices and receipts.
func documents(a *command.App) ui.Papers {
	return ui.Papers{
		Folder: filepath.Join(a.Config.Data, "documents"),
		Invoice: func(ctx context.Context, r *order.Record, _ order.Placement) (ui.Paper, error) {
			d, warnings, err := a.Invoice(ctx, r, "")
			if err != nil {
				return ui.Paper{}, err
			}
			more, err := document.Invoice(io.Discard, d) // says what will not come out right
			return ui.Paper{Fields: invoiceFields(&d), Lines: itemLines(&d), Warnings: append(warnings, more...)}, err
		},
		WriteInvoice: func(ctx context.Context, r *order.Record, _ order.Placement, path string) error {
			d, _, err := a.Invoice(ctx, r, "")
			if err != nil {
				return err
			}
			return written(path, func(w io.Writer) error { _, err := document.Invoice(w, d); return err })
		},
		Receipt: func(ctx context.Context, r *order.Record, p order.Placement) (ui.Paper, error) {
			d, warnings, err := a.Receipt(ctx, r, p)
			if err != nil {
				return ui.Paper{}, err
			}
			var text strings.Builder
			if err := document.ReceiptText(&text, d); err != nil {
				return ui.Paper{}, err
			}
			return ui.Paper{Text: text.String(), Warnings: warnings}, nil
		},
		WriteReceipt: func(ctx context.Context, r *order.Record, p order.Placement, path string) error {
			d, _, err := a.Receipt(ctx, r, p)
			if err != nil {
				return err
			}
			return written(path, func(w io.Writer) error {
				if filepath.Ext(path) == ".txt" {
					return document.ReceiptText(w, d)
				}
				_, err := document.Receipt(w, d)
				return err
			})
		},
	}
}

// written makes a document and writes it for its owner alone.
func written(path string, doc func(io.Writer) error) error {
	var b bytes.Buffer
	if err := doc(&b); err != nil {
		return err
	}
	return config.WriteFile(path, b.Bytes(), 0o600)
}

// invoiceFields are the fields of a branded invoice, in the order of the page.
func invoiceFields(d *document.InvoiceData) [][2]string {
	r := d.Record
	out := [][2]string{{"brand", d.Brand.Name}, {"address", strings.Join(d.Brand.Address, ", ")}, {"colour", d.Brand.Color}}
	logo := "none"
	if len(d.Brand.Logo) > 0 {
		logo = "yes"
	}
	return append(out, [2]string{"logo", logo}, [2]string{"number", "#" + r.Number}, [2]string{"for", r.Destination().OneLine()},
		[2]string{"total", r.Total.String()}, [2]string{"message", d.Brand.Message})
}

// itemLines are what an invoice lists.
func itemLines(d *document.InvoiceData) []string {
	var out []string
	for i := range d.Record.Lines {
		l := &d.Record.Lines[i]
		if l.Open() > 0 {
			out = append(out, l.Open().String()+" × "+strings.TrimSpace(l.Title+" "+l.Variant)+"   "+l.Total.String())
		}
	}
	return out
}
