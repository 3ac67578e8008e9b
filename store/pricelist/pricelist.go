// Package pricelist reads what suppliers without an interface send: price lists, shipping tables and files of tracking
// numbers, as CSV, semicolons or tabs, whatever spreadsheet in whatever country made of them. Columns are known by their
// names in English, Portuguese and Polish. What cannot be right is left out with its line and a reason; what can be read in
// two ways is refused with the name of the column.
package pricelist

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/store/order/text"
	"github.com/orderdeck/orderdeck/store/sheet"
)

// Options says what a file cannot say of itself.
type Options struct {
	// Currency is in what the supplier is paid, ISO 4217: a price in another one is rejected. "" = what the file says.
	Currency string
	Decimal  string           // comma or dot; "" = found out for each column
	Legacy   string           // encoding of what is not UTF-8; see package sheet
	Mapping  map[Field]string // the name of the column that holds a field; what is missing is known by the names
}

// Column is one column of a file and what it is taken for.
type Column struct {
	Name    string
	Field   Field  // "" = it is left out
	Example string // of the first row that has something there
}

// Reject is a row that is left out.
type Reject struct {
	Line   int // in the file, from 1
	Name   string
	Reason string
}

// List is what a file was found to hold.
type List[T any] struct {
	Columns  []Column
	Encoding string
	Comma    rune
	Notices  []string // sentences about what was assumed
	Rows     []T
	Rejects  []Reject
}

// Tracked is one row of a file of tracking numbers.
type Tracked struct {
	Line      int
	Reference string // of the placement; "" where the file has order numbers
	Number    string // of the order, without '#'
	Parcel    order.Parcel
}

// MaxRows bounds what is read of one file.
const MaxRows = 500_000

// Prices reads a price list.
func Prices(src io.ReadSeeker, o Options) (List[checkout.Product], error) {
	at := map[string]int{} // line, by SKU
	return parse(src, o, priceWords, []Field{SKU, Price}, func(r *row) (p checkout.Product, name string, err error) {
		p.SKU, p.Title, p.Variant = r.text(SKU), text.Limit(r.text(Title), maxTitle), text.Limit(r.text(Variant), maxTitle)
		name = cmp.Or(p.SKU, p.Title)
		switch {
		case p.SKU == "":
			return p, name, errors.New("it has no SKU, by which it is ordered")
		case len(p.SKU) > maxCode:
			return p, name, errors.New("its SKU is longer than any: a quote may be missing")
		case damaged(p.SKU):
			return p, name, fmt.Errorf("the spreadsheet has spoilt its SKU to %s: write the column as text", p.SKU)
		case at[p.SKU] != 0:
			return p, name, fmt.Errorf("its SKU is on line %d already", at[p.SKU])
		}
		if p.Title == "" {
			p.Title = p.SKU
		}
		if p.Cost, p.CostKnown, err = r.money(Price); err != nil {
			return p, name, err
		}
		if p.Stock, err = r.count(Stock); err != nil {
			return p, name, err
		}
		if p.WeightGrams, err = r.grams(Weight); err != nil {
			return p, name, err
		}
		if p.ProcessingDays, err = r.days(); err != nil {
			return p, name, err
		}
		if p.BrandedInvoice, err = r.yes(Invoice); err != nil {
			return p, name, err
		}
		if p.Kind, err = r.kind(); err != nil {
			return p, name, err
		}
		p.ImageURL, err = r.link(Image)
		if err == nil {
			at[p.SKU] = r.line
		}
		return p, name, err
	})
}

// Shipping reads a shipping table.
func Shipping(src io.ReadSeeker, o Options) (List[store.ShippingRow], error) {
	return parse(src, o, shippingWords, []Field{Method, Price}, func(r *row) (s store.ShippingRow, name string, err error) {
		s.Line = r.line
		s.Method.Code = r.text(Method)
		s.Method.Name = text.Limit(cmp.Or(r.text(Name), s.Method.Code), maxTitle)
		name = s.Method.Code
		if name == "" || len(name) > maxCode {
			return s, name, errors.New("it names no method")
		}
		var known bool
		if s.Method.Cost, known, err = r.money(Price); err != nil {
			return s, name, err
		}
		if !known {
			return s, name, errors.New("it says no cost: write 0 where it is free")
		}
		if s.Countries, err = r.countries(); err != nil {
			return s, name, err
		}
		if s.WeightFrom, err = r.grams(WeightFrom); err != nil {
			return s, name, err
		}
		if s.WeightTo, err = r.grams(WeightTo); err != nil {
			return s, name, err
		}
		if s.WeightTo > 0 && s.WeightTo < s.WeightFrom {
			return s, name, fmt.Errorf("nothing weighs from %g to %g grams", s.WeightFrom, s.WeightTo)
		}
		for _, b := range []struct {
			to **order.Money
			f  Field
		}{{&s.AmountFrom, AmountFrom}, {&s.AmountTo, AmountTo}, {&s.PerKilo, PerKilo}} {
			m, known, err := r.money(b.f)
			if err != nil {
				return s, name, err
			}
			if known {
				*b.to = &m
			}
		}
		if s.AmountFrom != nil && s.AmountTo != nil && (s.AmountFrom.Currency != s.AmountTo.Currency || s.AmountTo.Minor < s.AmountFrom.Minor) {
			return s, name, fmt.Errorf("nothing costs from %s to %s", s.AmountFrom, s.AmountTo)
		}
		s.Method.Days, err = r.days()
		return s, name, err
	})
}

// Trackings reads a file of tracking numbers. Each row names a placement by our reference, or an order by its number.
func Trackings(src io.ReadSeeker, o Options) (List[Tracked], error) {
	seen := map[[3]string]int{}
	list, err := parse(src, o, trackingWords, []Field{Tracking}, func(r *row) (p Tracked, name string, err error) {
		p.Line, p.Reference, p.Number = r.line, r.text(Reference), strings.TrimPrefix(r.text(Number), "#")
		p.Parcel.Carrier, p.Parcel.Tracking = text.Limit(r.text(Carrier), maxCode), r.text(Tracking)
		name = cmp.Or(p.Reference, p.Number)
		key := [3]string{p.Reference, p.Number, p.Parcel.Tracking}
		switch {
		case name == "":
			return p, name, errors.New("it names no order")
		case p.Parcel.Tracking == "":
			return p, name, errors.New("it has no tracking number")
		case len(p.Parcel.Tracking) > maxCode || len(name) > maxCode:
			return p, name, errors.New("its tracking number or its order is longer than any: a quote may be missing")
		case damaged(p.Parcel.Tracking):
			return p, name, fmt.Errorf("the spreadsheet has spoilt its tracking number to %s: write the column as text", p.Parcel.Tracking)
		case seen[key] != 0:
			return p, name, fmt.Errorf("the same parcel is on line %d already", seen[key])
		}
		if p.Parcel.URL, err = r.link(URL); err == nil {
			seen[key] = r.line
		}
		return p, name, err
	})
	if err == nil && !slices.ContainsFunc(list.Columns, func(c Column) bool { return c.Field == Reference || c.Field == Number }) {
		err = fmt.Errorf("no column names the order or our reference: there are %s", names(list.Columns))
	}
	return list, err
}

// Bounds of texts, in bytes.
const (
	maxCode  = 200
	maxTitle = 500
)

// row is one row being read.
type row struct {
	line    int
	cells   []string
	at      map[Field]int
	numbers map[Field]*sheet.Numbers
	columns map[Field]column
	o       *Options
}

// parse reads a whole file in two passes: the first finds out how its columns write numbers, the second reads.
func parse[T any](src io.ReadSeeker, o Options, known words, needed []Field, one func(*row) (T, string, error)) (List[T], error) {
	var list List[T]
	if o.Currency != "" {
		if err := checkout.CheckCurrency(o.Currency); err != nil {
			return list, err
		}
	}
	if o.Decimal != "" && o.Decimal != "comma" && o.Decimal != "dot" {
		return list, fmt.Errorf("“%s” is no way to write decimals: there are comma and dot", o.Decimal)
	}
	t, err := sheet.Open(src, sheet.Options{Legacy: o.Legacy})
	if err != nil {
		return list, err
	}
	list.Encoding, list.Comma, list.Notices = t.Encoding, t.Comma, t.Notices
	r := row{o: &o, columns: map[Field]column{}}
	if r.at, list.Columns, err = recognise(t.Header, known, o.Mapping); err != nil {
		return list, err
	}
	for _, f := range needed {
		if _, ok := r.at[f]; !ok {
			return list, fmt.Errorf("no column holds the %s: there are %s; say which with --map %s=NAME", label(f), names(list.Columns), f)
		}
	}
	for f, i := range r.at {
		r.columns[f] = read(t.Header[i])
	}
	if err := list.look(t, &r); err != nil {
		return list, err
	}
	if err := t.Rewind(); err != nil {
		return list, err
	}
	return list, list.take(t, &r, one)
}

// look is the first pass.
func (l *List[T]) look(t *sheet.Table, r *row) error {
	r.numbers = map[Field]*sheet.Numbers{}
	for _, f := range numeric {
		if _, ok := r.at[f]; ok {
			r.numbers[f] = new(sheet.Numbers)
		}
	}
	for n := 0; ; n++ {
		cells, err := t.Next()
		var bad *sheet.RowError
		switch {
		case errors.As(err, &bad):
			continue
		case errors.Is(err, io.EOF):
			return l.decide(r)
		case err != nil:
			return err
		case n >= MaxRows:
			return fmt.Errorf("the file has more than %d rows; split it up", MaxRows)
		}
		for i, c := range cells.Cells {
			if l.Columns[i].Example == "" {
				l.Columns[i].Example = text.Limit(strings.TrimSpace(text.Clean(c)), 60)
			}
		}
		for f, numbers := range r.numbers {
			numbers.Observe(cells.Cells[r.at[f]])
		}
	}
}

// decide settles how each column writes its numbers.
func (l *List[T]) decide(r *row) error {
	for _, f := range numeric {
		n := r.numbers[f]
		if n == nil {
			continue
		}
		if err := n.Err(l.Columns[r.at[f]].Name); err != nil {
			if r.o.Decimal == "" {
				return err
			}
		}
		if r.o.Decimal != "" {
			n.Force(r.o.Decimal == "comma")
		}
	}
	return nil
}

// take is the second pass.
func (l *List[T]) take(t *sheet.Table, r *row, one func(*row) (T, string, error)) error {
	for {
		cells, err := t.Next()
		var bad *sheet.RowError
		switch {
		case errors.As(err, &bad):
			l.Rejects = append(l.Rejects, Reject{Line: bad.Line, Reason: bad.Text})
			continue
		case errors.Is(err, io.EOF):
			if len(l.Rows)+len(l.Rejects) == 0 {
				return errors.New("the file has a header and nothing below it")
			}
			return nil
		case err != nil:
			return err
		}
		r.line, r.cells = cells.Line, cells.Cells
		v, name, err := one(r)
		if err != nil {
			l.Rejects = append(l.Rejects, Reject{Line: r.line, Name: text.Limit(name, 60), Reason: err.Error()})
			continue
		}
		l.Rows = append(l.Rows, v)
	}
}

func names(columns []Column) string {
	all := make([]string, len(columns))
	for i, c := range columns {
		all[i] = "“" + c.Name + "”"
	}
	return strings.Join(all, ", ")
}

// label is a field in a sentence.
func label(f Field) string {
	switch f {
	case SKU:
		return "SKU"
	case Tracking:
		return "tracking number"
	}
	return strings.ReplaceAll(string(f), "_", " ")
}
