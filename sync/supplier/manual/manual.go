// Package manual is the merchant's own supplier: a factory, a friend, a shop without an API. Its prices and its freight
// are tables that the merchant imports; an order there is a purchase order, which is written into a folder and, where
// mail is set up, sent; that it was paid, and what left, the merchant says.
//
// # What happens when
//
// A purchase order is four files, named by our reference: the PDF, the CSV in DSers' columns, a note of what became of
// the mail, and last the record (REFERENCE.json), with which the order exists. So Find is a look at the folder, and what
// it does not find there is not. Whoever is killed in between does it again, with the same names. Only the mail is not
// done again: before it is sent a note is on the disk, and where that note says that a mail was on its way and nothing
// says what became of it, it stays so, and the order says that it is not known.
package manual

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	gosync "sync"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/store/order/text"
	"github.com/orderdeck/orderdeck/sync/internal/journal"
	"github.com/orderdeck/orderdeck/sync/mail"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

// Kind is the supplier's kind in the settings.
const Kind = "manual"

// noteMax is how long an instruction may be, in characters: it has to fit on a purchase order.
const noteMax = 1000

// Tables are the price list and the shipping table; *store.DB has them.
type Tables interface {
	Products(ctx context.Context, supplier, query string, limit int) ([]checkout.Product, error)
	Methods(ctx context.Context, supplier string) ([]store.ShippingRow, error)
}

// Mailer sends mail; *mail.Sender is one.
type Mailer interface {
	Send(ctx context.Context, m mail.Message) error
}

// Options say which supplier it is.
type Options struct {
	Name     string // as in the settings
	Title    string // for people; "" = Name
	Currency string // in which it is paid; "" = that of the price list
	Tables   Tables
	// Folder is where purchase orders are put; it is made when it is needed.
	Folder string
	// PDF writes a purchase order; nil = there is only the CSV. Warnings (a script without a font) do not hold it up.
	PDF func(w io.Writer, doc store.PlaceDoc, at time.Time) (warnings []string, err error)
	// Mail and MailTo send it; nil or "" = the merchant does.
	Mail   Mailer
	MailTo string
	Sign   string           // who writes, beneath the mail
	Zone   *time.Location   // of dates; nil = UTC
	Clock  func() time.Time // nil = the machine's
}

// Supplier is the merchant's own supplier.
type Supplier struct {
	o  Options
	mu gosync.Mutex
}

var (
	_ outbox.Supplier = (*Supplier)(nil)
	_ Tables          = (*store.DB)(nil)
	_ Mailer          = (*mail.Sender)(nil)
)

// New makes a supplier. Nothing is written before the first order.
func New(o Options) *Supplier {
	o.Title = cmp.Or(o.Title, o.Name)
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	return &Supplier{o: o}
}

// Name is that of the settings.
func (s *Supplier) Name() string { return s.o.Name }

// Caps says what it can do.
func (s *Supplier) Caps() outbox.Caps {
	return outbox.Caps{
		Kind: Kind, Title: "Your own", Currency: s.o.Currency, SplitPay: true, ConfirmedByUs: true, FindIsProof: true, ServerDedupe: true,
		SettleAfter: time.Second, CanCancel: true, NoteMax: noteMax, Every: 24 * time.Hour, Timeout: 2 * time.Minute, Limit: "none",
	}
}

// Test looks whether orders can be priced and written.
func (s *Supplier) Test(ctx context.Context) (outbox.Info, error) {
	info := outbox.Info{Title: s.o.Title, Account: s.o.Folder, Currency: s.o.Currency}
	products, err := s.o.Tables.Products(ctx, s.o.Name, "", 1)
	if err != nil {
		return info, err
	}
	rows, err := s.o.Tables.Methods(ctx, s.o.Name)
	if err != nil {
		return info, err
	}
	if len(products) == 0 {
		info.Warnings = append(info.Warnings, "its price list is empty: import one with `orderdeck supplier import`")
	}
	if len(rows) == 0 {
		info.Warnings = append(info.Warnings, "it has no shipping table, so nothing can be sent: import one")
	}
	switch {
	case s.o.MailTo != "" && s.o.Mail == nil:
		info.Warnings = append(info.Warnings, "mail is not set up: purchase orders are written, and sent by you")
	case s.o.MailTo == "":
		info.Warnings = append(info.Warnings, "it has no mail address: purchase orders are written, and sent by you")
	}
	if err := s.makeFolder(); err != nil {
		return info, err
	}
	return info, nil
}

// Search is not offered: the database has the price list.
func (s *Supplier) Search(context.Context, string, int) ([]checkout.Product, bool, error) {
	return nil, false, fmt.Errorf("%w: its catalogue is your price list", outbox.ErrNotOffered)
}

// Account is how such a supplier is paid: beside the program.
func (s *Supplier) Account(context.Context) (checkout.Account, error) {
	return checkout.Account{
		Supplier: s.o.Name, At: s.o.Clock().UTC(), Methods: []checkout.PayMethod{
			{Code: "transfer", Name: "Bank transfer, confirmed by you", Kind: checkout.PayTransfer},
			{Code: "invoice", Name: "On its invoice, confirmed by you", Kind: checkout.PayInvoice},
		},
	}, nil
}

// record is what is kept of a purchase order. With it the order exists. Who it is for stands in the papers only.
type record struct {
	Reference string          `json:"reference"`
	Items     []checkout.Item `json:"items"`
	Packaging []checkout.Item `json:"packaging,omitempty"`
	Shipping  order.Money     `json:"shipping"`
	Total     order.Money     `json:"total"`
	At        time.Time       `json:"at"`
	Mail      string          `json:"mail,omitempty"` // what became of the mail, in a sentence
}

// Place writes a purchase order, and sends it.
func (s *Supplier) Place(ctx context.Context, doc store.PlaceDoc) (outbox.Order, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return outbox.Order{}, outbox.NotSent(err)
	}
	if err := s.check(&doc); err != nil {
		return outbox.Order{}, err
	}
	if _, err := os.Stat(s.file(doc.Reference, ".json")); err == nil {
		return outbox.Order{}, fmt.Errorf("%w: there is a purchase order %s", outbox.ErrExists, doc.Reference)
	}
	r := record{
		Reference: doc.Reference, Items: doc.Items, Packaging: doc.Packaging, Shipping: doc.Method.Cost, Total: doc.Total,
		At: s.o.Clock().UTC().Truncate(time.Second),
	}
	files, err := s.write(&doc, r.At)
	if err != nil {
		return outbox.Order{}, fmt.Errorf("%w: the purchase order could not be written: %w", outbox.ErrRejected, err)
	}
	if r.Mail, err = s.send(ctx, &doc, r.At, files); err != nil {
		return outbox.Order{}, err
	}
	data, err := json.MarshalIndent(&r, "", "  ")
	if err != nil {
		return outbox.Order{}, err
	}
	if err := journal.WriteFile(s.file(doc.Reference, ".json"), append(data, '\n')); err != nil {
		return outbox.Order{}, err // the mail may have left: it is not certain that nothing happened
	}
	return s.order(&r), nil
}

// check refuses what cannot be a purchase order.
func (s *Supplier) check(doc *store.PlaceDoc) error {
	switch {
	case !name(doc.Reference):
		return refused("%q is no reference", text.Limit(text.Clean(doc.Reference), 40))
	case len(doc.Items) == 0:
		return refused("there is nothing in it")
	case len(doc.Address.Missing()) > 0:
		return refused("the address lacks the %s", doc.Address.Missing()[0])
	case len([]rune(doc.Note)) > noteMax:
		return refused("the instruction is longer than %d characters", noteMax)
	}
	goods, err := sum(doc.Items, doc.Packaging)
	if err == nil {
		goods, err = goods.Add(doc.Method.Cost)
	}
	if err != nil {
		return refused("it does not add up: %v", err)
	}
	if goods.Minor != doc.Total.Minor || goods.Currency != doc.Total.Currency {
		return refused("it does not add up: goods and freight are %s, the total is %s", goods, doc.Total)
	}
	return nil
}

// name tells whether a reference is one that can be the name of a file anywhere.
func name(reference string) bool {
	for _, r := range reference {
		if r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') {
			return false
		}
	}
	return reference != "" && len(reference) <= 64 && reference[0] != '-'
}

// sum adds up items.
func sum(lists ...[]checkout.Item) (total order.Money, err error) {
	for _, list := range lists {
		for i := range list {
			if list[i].Quantity <= 0 || list[i].Unit.Minor < 0 {
				return total, fmt.Errorf("%s × %s of %s", list[i].Quantity, list[i].Unit, list[i].SKU)
			}
			each, err := list[i].Unit.Times(list[i].Quantity)
			if err != nil {
				return total, err
			}
			if total, err = total.Add(each); err != nil {
				return total, err
			}
		}
	}
	return total, nil
}

func refused(format string, args ...any) error {
	return fmt.Errorf("%w: %s", outbox.ErrRejected, fmt.Sprintf(format, args...))
}

// file is the path of one of the files of an order.
func (s *Supplier) file(reference, ending string) string {
	return filepath.Join(s.o.Folder, reference+ending)
}

func (s *Supplier) makeFolder() error {
	if err := os.MkdirAll(s.o.Folder, 0o700); err != nil {
		return fmt.Errorf("the folder %s for purchase orders cannot be made: %w", s.o.Folder, err)
	}
	return nil
}

// write writes the papers, and gives them to be sent.
func (s *Supplier) write(doc *store.PlaceDoc, at time.Time) ([]mail.Attachment, error) {
	if err := s.makeFolder(); err != nil {
		return nil, err
	}
	table, err := sheet(doc, at.In(s.o.Zone))
	if err != nil {
		return nil, err
	}
	files := []mail.Attachment{{Name: doc.Reference + ".csv", Type: "text/csv", Data: table}}
	if s.o.PDF != nil {
		var b bytes.Buffer
		if _, err := s.o.PDF(&b, *doc, at); err != nil {
			return nil, err
		}
		files = append(files, mail.Attachment{Name: doc.Reference + ".pdf", Type: "application/pdf", Data: b.Bytes()})
	}
	for _, f := range files {
		if err := journal.WriteFile(filepath.Join(s.o.Folder, f.Name), f.Data); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// Pay is not offered: the merchant pays, and says so.
func (s *Supplier) Pay(context.Context, store.PayDoc) (outbox.Order, error) {
	return outbox.Order{}, fmt.Errorf("%w: you pay %s yourself and confirm it here", outbox.ErrNotOffered, s.o.Title)
}

// Find looks for a purchase order. What is not in the folder, there is not.
func (s *Supplier) Find(ctx context.Context, reference string) (outbox.Found, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return outbox.Found{}, err
	}
	r, err := s.read(reference)
	if err != nil {
		return outbox.Found{}, err
	}
	found := outbox.Found{Conclusive: true}
	if r != nil {
		found.Orders = append(found.Orders, s.order(r))
	}
	return found, nil
}

// read reads the record of a purchase order; nil = there is none.
func (s *Supplier) read(reference string) (*record, error) {
	if !name(reference) {
		return nil, nil
	}
	data, err := os.ReadFile(s.file(reference, ".json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("the purchase order %s cannot be read: %w", reference, err)
	}
	var r record
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fmt.Errorf("the purchase order %s is damaged: %w", s.file(reference, ".json"), err)
	}
	return &r, nil
}

// order is what there is to be said of a purchase order. That it was paid the desk knows, not the folder.
func (s *Supplier) order(r *record) outbox.Order {
	o := outbox.Order{
		Number: r.Reference, Reference: r.Reference, State: order.PlacementPending, RawState: "purchase order written",
		Shipping: r.Shipping, Total: r.Total, Reason: r.Mail, Lines: map[string]order.Quantity{},
	}
	if goods, err := sum(r.Items, r.Packaging); err == nil {
		o.Goods = goods
	}
	for i := range r.Items {
		o.Lines[r.Items[i].SKU] += r.Items[i].Quantity
	}
	if _, err := os.Stat(s.file(r.Reference, cancelled)); err == nil {
		o.State, o.RawState, o.Reason = order.PlacementCancelled, "purchase order cancelled", "taken back before it was paid"
	}
	return o
}

// Track knows nothing: what leaves, the merchant says.
func (s *Supplier) Track(context.Context, []string) ([]outbox.Order, error) { return nil, nil }

// cancelled is the ending of the note that an order was taken back.
const cancelled = ".cancelled.txt"

// Cancel takes a purchase order back: with a note in the folder, and a mail where the order was mailed.
func (s *Supplier) Cancel(ctx context.Context, doc store.CancelDoc) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return outbox.NotSent(err)
	}
	r, err := s.read(doc.Reference)
	if err != nil {
		return outbox.Rejected(err)
	}
	if r == nil {
		return refused("there is no purchase order %q", text.Limit(text.Clean(doc.Reference), 40))
	}
	if _, err := os.Stat(s.file(doc.Reference, cancelled)); err == nil {
		return nil
	}
	told, err := s.takeBack(ctx, r, doc.Why)
	if err != nil {
		return err
	}
	note := fmt.Sprintf("Purchase order %s was cancelled on %s.\n%s\n%s\n", doc.Reference, s.o.Clock().In(s.o.Zone).Format(time.DateTime), text.Clean(doc.Why), told)
	return journal.WriteFile(s.file(doc.Reference, cancelled), []byte(note))
}
