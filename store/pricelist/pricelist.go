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
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/text/language"

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

// spoilt is a long number as a spreadsheet cuts it: 3,53E+43, or a column that was too narrow.
var spoilt = regexp.MustCompile(`^\d[.,]?\d*[Ee]\+\d+$|^#+$`)

func damaged(code string) bool { return spoilt.MatchString(code) }

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

// raw is a cell as it is; "" where there is no such column.
func (r *row) raw(f Field) string {
	i, ok := r.at[f]
	if !ok {
		return ""
	}
	return strings.TrimSpace(r.cells[i])
}

// text is a cell as text, cleaned, without the sign that keeps a spreadsheet from taking it for a formula.
func (r *row) text(f Field) string {
	s := strings.TrimSpace(text.Clean(r.raw(f)))
	if len(s) > 1 && s[0] == '\'' && strings.ContainsRune("=+-@0123456789", rune(s[1])) {
		s = s[1:]
	}
	return s
}

// money reads an amount; known is false where there is none.
func (r *row) money(f Field) (m order.Money, known bool, err error) {
	cell := r.raw(f)
	if cell == "" {
		return m, false, nil
	}
	decimal, err := r.numbers[f].Parse(cell)
	if err != nil {
		return m, false, fmt.Errorf("the %s %s", label(f), strings.TrimPrefix(err.Error(), "the "))
	}
	currency := strings.ToUpper(r.text(Currency))
	said := cmp.Or(signOf(cell), codeIn(cell))
	if currency == "" {
		currency = cmp.Or(r.columns[f].currency, said, r.o.Currency)
	}
	switch {
	case currency == "":
		return m, false, fmt.Errorf("the %s is in no currency: say which with --currency, or in a column", label(f))
	case checkout.CheckCurrency(currency) != nil:
		return m, false, checkout.CheckCurrency(currency)
	case said != "" && said != currency:
		return m, false, fmt.Errorf("the %s is %s, but its currency is said to be %s", label(f), text.Clean(cell), currency)
	case r.o.Currency != "" && currency != r.o.Currency:
		return m, false, fmt.Errorf("the %s is in %s; the supplier is paid in %s", label(f), currency, r.o.Currency)
	}
	m, err = order.ParseMoney(decimal, currency)
	switch {
	case err != nil:
		return m, false, fmt.Errorf("the %s “%s” is %w", label(f), text.Limit(text.Clean(cell), 40), err)
	case m.Minor < 0 || strings.HasPrefix(decimal, "-"):
		return m, false, fmt.Errorf("the %s is negative: %s", label(f), m)
	case checkout.Absurd(m):
		return m, false, fmt.Errorf("the %s is absurd: %s", label(f), m)
	case m.Exact != "":
		return m, false, fmt.Errorf("the %s %s has more decimals than %s has", label(f), decimal, currency)
	}
	return m, true, nil
}

// codes finds the code of a currency in a cell.
var codes = regexp.MustCompile(`\b[A-Z]{3}\b`)

func codeIn(cell string) string {
	if c := codes.FindString(cell); checkout.CheckCurrency(c) == nil {
		return c
	}
	return ""
}

// number reads a number that is not negative; known is false where there is none.
func (r *row) number(f Field) (v float64, known bool, err error) {
	cell := r.raw(f)
	if cell == "" {
		return 0, false, nil
	}
	decimal, err := r.numbers[f].Parse(cell)
	if err == nil {
		v, err = strconv.ParseFloat(decimal, 64)
	}
	const most = 1e9
	if err != nil || v < 0 || v > most {
		return 0, false, fmt.Errorf("the %s “%s” cannot be right", label(f), text.Limit(text.Clean(cell), 40))
	}
	return v, true, nil
}

// count reads how many there are; nil = it does not say.
func (r *row) count(f Field) (*int64, error) {
	switch plain(r.raw(f)) {
	case "yes", "sim", "tak", "in stock", "available", "disponivel", "dostepny":
		return nil, nil //nolint:nilnil // there are some, and nobody says how many
	case "no", "nao", "nie", "out of stock", "sold out", "esgotado", "brak", "indisponivel", "niedostepny":
		none := int64(0)
		return &none, nil
	}
	v, known, err := r.number(f)
	if err != nil || !known {
		return nil, err
	}
	n := int64(v)
	return &n, nil
}

// grams reads a weight in what the name of its column says, else in grams.
func (r *row) grams(f Field) (float64, error) {
	v, _, err := r.number(f)
	unit := r.columns[f].unit
	cell := strings.ToLower(r.raw(f))
	for _, u := range []string{"kg", "lbs", "lb", "oz", "g"} { // the cell's own unit goes before
		if strings.HasSuffix(cell, u) {
			unit = units[u]
			break
		}
	}
	return v * cmp.Or(unit, 1), err
}

var span = regexp.MustCompile(`^(\d{1,4})(?:\D{1,4}(\d{1,4}))?\D*$`)

// days reads how many days something takes.
func (r *row) days() (days [2]int, err error) {
	read := func(f Field) (a, b int, err error) {
		cell := r.raw(f)
		if cell == "" {
			return 0, 0, nil
		}
		m := span.FindStringSubmatch(cell)
		if m == nil {
			return 0, 0, fmt.Errorf("the days “%s” cannot be read: write them as 3 or 3-5", text.Limit(text.Clean(cell), 40))
		}
		a, _ = strconv.Atoi(m[1]) // digits only, few of them
		if b = a; m[2] != "" {
			b, _ = strconv.Atoi(m[2])
		}
		return a, b, nil
	}
	if days[0], days[1], err = read(Days); err != nil {
		return days, err
	}
	for i, f := range []Field{DaysFrom, DaysTo} {
		n, _, err := read(f)
		if err != nil {
			return days, err
		}
		if n > 0 {
			days[i] = n
		}
	}
	if days[1] == 0 {
		days[1] = days[0]
	}
	if days[0] > days[1] || days[1] > 365 {
		return days, fmt.Errorf("%d to %d days cannot be right", days[0], days[1])
	}
	return days, nil
}

// yes reads a yes or no; nil = it does not say.
func (r *row) yes(f Field) (*bool, error) {
	var v bool
	switch s := plain(r.raw(f)); s {
	case "":
		return nil, nil //nolint:nilnil // it does not say
	case "yes", "y", "true", "1", "sim", "s", "tak", "t":
		v = true
	case "no", "n", "false", "0", "nao", "nie":
	default:
		return nil, fmt.Errorf("the %s “%s” is neither yes nor no", label(f), text.Limit(s, 40))
	}
	return &v, nil
}

// kind reads what kind of product it is.
func (r *row) kind() (checkout.ProductKind, error) {
	switch s := plain(r.raw(Kind)); s {
	case "", "goods", "product", "produto", "mercadoria", "towar", "produkt":
		return checkout.KindGoods, nil
	case "packaging", "package", "box", "embalagem", "caixa", "opakowanie", "pudelko":
		return checkout.KindPackaging, nil
	case "card", "insert", "cartao", "karta", "kartka", "bilecik":
		return checkout.KindCard, nil
	default:
		if _, mapped := r.o.Mapping[Kind]; mapped {
			return "", fmt.Errorf("“%s” is no kind of product: there are goods, packaging and card", text.Limit(s, 40))
		}
		return checkout.KindGoods, nil // a category of the supplier's own
	}
}

// link reads a link to the web.
func (r *row) link(f Field) (string, error) {
	s := r.text(f)
	if s == "" {
		return "", nil
	}
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || len(s) > 2000 {
		return "", fmt.Errorf("“%s” is no link to the web", text.Limit(s, 60))
	}
	return s, nil
}

// everywhere are the words for all countries.
var everywhere = []string{"", // nothing, or a star
	"all", "any", "world", "worldwide", "rest of the world", "todos", "mundo", "todo o mundo", "wszystkie", "swiat", "caly swiat"}

// countries reads a list of countries, by code or by name; nil = everywhere.
func (r *row) countries() ([]string, error) {
	s := r.text(Country)
	if slices.Contains(everywhere, plain(s)) {
		return nil, nil
	}
	var out []string
	add := func(name string) bool {
		code := countryOf(name)
		if code != "" && !slices.Contains(out, code) {
			out = append(out, code)
		}
		return code != ""
	}
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(",;/|+", r) }) {
		if strings.TrimSpace(part) == "" || add(part) {
			continue
		}
		for _, word := range strings.Fields(part) { // codes with blanks between them
			if len(word) != 2 || !add(word) {
				return nil, fmt.Errorf("“%s” is no country: write its code of two letters, such as BR", text.Limit(part, 60))
			}
		}
	}
	return out, nil
}

// countryOf is the code of a country that is written as a code or as its name in English, Portuguese or Polish; "" where
// there is no such country.
func countryOf(name string) string {
	key := plain(name)
	if code := strings.ToUpper(key); checkout.KnownCountry(code) {
		return code
	}
	return countryNames()[key]
}

// countryNames are the codes of countries by their names, as plain gives them.
var countryNames = sync.OnceValue(func() map[string]string {
	out := map[string]string{"uk": "GB", "usa": "US", "great britain": "GB", "america": "US"}
	maps.Copy(out, sheet.CountryNames(plain, checkout.KnownCountry, language.English, language.Portuguese, language.Polish))
	return out
})
