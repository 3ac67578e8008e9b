package pricelist

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/store/order/text"
)

// spoilt is a long number as a spreadsheet cuts it: 3,53E+43, or a column that was too narrow.
var spoilt = regexp.MustCompile(`^\d[.,]?\d*[Ee]\+\d+$|^#+$`)

func damaged(code string) bool { return spoilt.MatchString(code) }

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
