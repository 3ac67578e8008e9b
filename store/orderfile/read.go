package orderfile

import (
	"cmp"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/text"
	"github.com/orderdeck/orderdeck/store/sheet"
)

// Options says what a file cannot say of itself.
type Options struct {
	Store    string
	Mapping  Mapping
	Currency string                // ISO 4217, where the file names none
	Zone     *time.Location        // of dates that have none; nil = UTC
	Payment  order.CustomerPayment // where the file says nothing of payments; "" = it must
	Decimal  string                // comma or dot; "" = found out for each column
	Dates    string                // dmy or mdy; "" = found out for each column
	Legacy   string                // encoding of what is not UTF-8: sheet.Windows1252 or Windows1250
}

// Column is one column of a file and what it is taken for.
type Column struct {
	Name  string `json:"name"`
	Field Field  `json:"field"`
}

// Plan is what a file was found to be, before anything of it is kept.
type Plan struct {
	Layout   string   `json:"layout"`
	Title    string   `json:"title"`
	Encoding string   `json:"encoding"`
	Comma    string   `json:"delimiter"`
	Columns  []Column `json:"columns"`
	Unknown  []string `json:"unknown_columns,omitempty"`
	Rows     int      `json:"rows"`
	Notices  []string `json:"notices,omitempty"`
}

// RejectError is an order, or a row, that cannot be taken over.
type RejectError struct {
	Line  int    `json:"line"` // of its first row, from 1
	Order string `json:"order,omitempty"`
	Text  string `json:"reason"`
}

// Error is the sentence.
func (r *RejectError) Error() string {
	if r.Order == "" {
		return fmt.Sprintf("line %d: %s", r.Line, r.Text)
	}
	return fmt.Sprintf("line %d, order %s: %s", r.Line, r.Order, r.Text)
}

// Encodings are those that Options.Legacy may name.
var Encodings = []string{sheet.Windows1252, sheet.Windows1250}

// maxLines is how many rows one order may have.
const maxLines = 5000

// Import is one file being read.
type Import struct {
	o       Options
	table   *sheet.Table
	columns columns
	numbers map[int]*sheet.Numbers
	dates   map[int]*sheet.Dates
	plan    Plan

	ahead  *row // the first row of the next order
	behind *RejectError
	seen   map[uint64]bool
	seed   maphash.Seed
}

type row struct {
	line  int
	cells []string
}

// Open looks through a whole file: which program wrote it, how its columns write numbers and dates. The error says all
// that must be known before it can be read.
func Open(src io.ReadSeeker, o Options) (*Import, error) {
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	table, err := sheet.Open(src, sheet.Options{Legacy: o.Legacy})
	if err != nil {
		return nil, err
	}
	im := &Import{
		o: o, table: table, numbers: map[int]*sheet.Numbers{}, dates: map[int]*sheet.Dates{},
		seen: map[uint64]bool{}, seed: maphash.MakeSeed(),
	}
	if im.columns, err = recognise(table.Header, o.Mapping); err != nil {
		return nil, err
	}
	if err := im.enough(); err != nil {
		return nil, err
	}
	if err := im.look(); err != nil {
		return nil, err
	}
	return im, table.Rewind()
}

// Plan says what the file is.
func (im *Import) Plan() Plan { return im.plan }

// enough refuses a file in which too little is known of an order.
func (im *Import) enough() error {
	var missing []string
	need := func(what string, option bool, fields ...Field) {
		if !option && !slices.ContainsFunc(fields, im.has) {
			missing = append(missing, what)
		}
	}
	need("the order's number (--map number=COLUMN)", false, Number)
	need("its date (--map created_at=COLUMN)", false, CreatedAt)
	need("its currency (--map currency=COLUMN, or --currency EUR for all)", im.o.Currency != "", Currency)
	need("whether the customer has paid (--map customer_payment=COLUMN, or --payment paid or pending for all)", im.o.Payment != "", PaymentStatus, Status, PaidAt)
	if len(im.columns.packed) == 0 {
		need("what was bought (--map item=COLUMN)", false, ItemTitle, ItemSKU, ItemProduct, Items)
	}
	if len(missing) == 0 {
		return nil
	}
	text := "the file does not tell " + strings.Join(missing, "; nor ")
	if im.columns.layout.Name == "mapped" {
		if m := Suggest(im.table.Header); len(m) > 0 {
			text += ". Its columns look like this: " + m.String()
		}
	}
	return errors.New(text)
}

// String writes a mapping as flags.
func (m Mapping) String() string {
	var out []string
	for _, f := range Fields {
		if column, ok := m[f]; ok {
			out = append(out, fmt.Sprintf("--map %q", string(f)+"="+column))
		}
	}
	return strings.Join(out, " ")
}

func (im *Import) has(f Field) bool { return len(im.columns.at[f]) > 0 }

// look reads the file once for how its columns are written.
func (im *Import) look() error {
	names := map[int]Field{}
	for f, at := range im.columns.at {
		for _, i := range at {
			names[i] = f
			if f.isAmount() {
				im.numbers[i] = &sheet.Numbers{}
			}
			if f.isDate() {
				im.dates[i] = &sheet.Dates{}
			}
		}
	}
	rows := 0
	for {
		r, err := im.table.Next()
		var bad *sheet.RowError
		switch {
		case errors.Is(err, io.EOF):
			return im.looked(names, rows)
		case errors.As(err, &bad):
			continue
		case err != nil:
			return err
		}
		rows++
		for i, n := range im.numbers {
			n.Observe(r.Cells[i])
		}
		for i, d := range im.dates {
			d.Observe(r.Cells[i])
		}
	}
}

func (im *Import) looked(names map[int]Field, rows int) error {
	if rows == 0 {
		return errors.New("the file has a header and nothing below it")
	}
	var errs []error
	for i, name := range im.table.Header {
		if n := im.numbers[i]; n != nil {
			if im.o.Decimal != "" {
				n.Force(im.o.Decimal == "comma")
			}
			errs = append(errs, n.Err(name))
		}
		if d := im.dates[i]; d != nil {
			if im.o.Dates != "" {
				d.Force(im.o.Dates == "dmy")
			}
			errs = append(errs, d.Err(name))
		}
		if f, ok := names[i]; ok {
			im.plan.Columns = append(im.plan.Columns, Column{name, f})
		}
	}
	l := im.columns.layout
	im.plan.Layout, im.plan.Title, im.plan.Rows = l.Name, l.Title, rows
	im.plan.Encoding, im.plan.Comma = im.table.Encoding, string(im.table.Comma)
	im.plan.Unknown, im.plan.Notices = im.columns.unknown, im.table.Notices
	return errors.Join(errs...)
}

// Next reads an order. The error is io.EOF at the end and a *RejectError for one that is to be left out.
func (im *Import) Next() (order.Order, error) {
	if im.behind != nil {
		bad := im.behind
		im.behind = nil
		return order.Order{}, bad
	}
	rows, err := im.group()
	if err != nil {
		return order.Order{}, err
	}
	o, err := im.build(rows)
	if err != nil {
		return o, &RejectError{rows[0].line, im.number(rows[0]), err.Error()}
	}
	key := maphash.String(im.seed, o.ExternalID)
	if im.seen[key] {
		return o, &RejectError{rows[0].line, o.Number, "it stands further up in the file already: put the rows of one order together"}
	}
	im.seen[key] = true
	return o, nil
}

// group reads the rows of one order.
func (im *Import) group() ([]row, error) {
	var rows []row
	if im.ahead != nil {
		rows = append(rows, *im.ahead)
		im.ahead = nil
	}
	for {
		r, err := im.table.Next()
		var bad *sheet.RowError
		switch {
		case errors.Is(err, io.EOF):
			if len(rows) == 0 {
				return nil, io.EOF
			}
			return rows, nil
		case errors.As(err, &bad):
			if len(rows) == 0 {
				return nil, &RejectError{Line: bad.Line, Text: bad.Text}
			}
			im.behind = &RejectError{Line: bad.Line, Text: bad.Text}
			return rows, nil
		case err != nil:
			return nil, err
		}
		next := row{r.Line, slices.Clone(r.Cells)}
		if len(rows) > 0 && !im.same(rows[0], next) {
			im.ahead = &next
			return rows, nil
		}
		if rows = append(rows, next); len(rows) > maxLines {
			return nil, fmt.Errorf("from line %d on more than %d rows belong to one order: is the column of the order's number right?", rows[0].line, maxLines)
		}
	}
}

// same tells whether a row belongs to the order that begins with first: one without a number does, and one with another
// id does not.
func (im *Import) same(first, r row) bool {
	n := im.number(r)
	if n == "" {
		return true
	}
	id := im.text(r, ID)
	return n == im.number(first) && (id == "" || id == im.text(first, ID))
}

func (im *Import) number(r row) string { return strings.TrimPrefix(im.text(r, Number), "#") }

// cell is the first column of a field that has something, unchanged.
func (im *Import) cell(r row, f Field) (string, int) {
	for _, i := range im.columns.at[f] {
		if strings.TrimSpace(r.cells[i]) != "" {
			return r.cells[i], i
		}
	}
	return "", -1
}

// text is a cell, cleaned. One ' in front is what keeps spreadsheets from running or cutting a cell: it goes away.
func (im *Import) text(r row, f Field) string {
	cell, _ := im.cell(r, f)
	return plain(cell, strings.HasSuffix(string(f), partPostcode) || strings.HasSuffix(string(f), partPhone))
}

func plain(cell string, code bool) string {
	s := strings.TrimSpace(cell)
	if rest, ok := strings.CutPrefix(s, "'"); ok && (code || strings.ContainsAny(rest[:min(1, len(rest))], "=+-@\t\r\n")) {
		s = rest
	}
	return text.Limit(text.Clean(s), 1000)
}

// decimal is a number as text with a dot, "" where there is none.
func (im *Import) decimal(r row, f Field) (string, error) {
	cell, i := im.cell(r, f)
	if i < 0 {
		return "", nil
	}
	s, err := im.numbers[i].Parse(cell)
	if err != nil {
		return "", fmt.Errorf("%s: %w", im.table.Header[i], err)
	}
	return s, nil
}

func (im *Import) money(r row, f Field, currency string) (m order.Money, known bool, err error) {
	s, err := im.decimal(r, f)
	if err != nil || s == "" {
		return order.Money{Currency: currency}, false, err
	}
	m, err = order.ParseMoney(s, currency)
	if err != nil {
		return m, false, fmt.Errorf("%s: %w", f, err)
	}
	return m, true, nil
}

func (im *Import) date(r row, f Field) (time.Time, error) {
	cell, i := im.cell(r, f)
	if i < 0 {
		return time.Time{}, nil
	}
	t, err := im.dates[i].Parse(cell, im.o.Zone)
	if err != nil {
		return t, fmt.Errorf("%s: %w", im.table.Header[i], err)
	}
	return t.UTC(), nil
}

func (im *Import) currency(r row) (string, error) {
	c := strings.ToUpper(cmp.Or(im.text(r, Currency), im.o.Currency))
	if len(c) != 3 || strings.Trim(c, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return "", fmt.Errorf("%q is no currency: three letters are, such as EUR", c)
	}
	return c, nil
}

// Header reads the names of a file's columns.
func Header(src io.ReadSeeker, legacy string) ([]string, error) {
	t, err := sheet.Open(src, sheet.Options{Legacy: legacy})
	if err != nil {
		return nil, err
	}
	return t.Header, nil
}

// Rewind goes back to the first order.
func (im *Import) Rewind() error {
	im.ahead, im.behind = nil, nil
	clear(im.seen)
	return im.table.Rewind()
}
