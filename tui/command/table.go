package command

import (
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/config/locale"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/tui/draw"
)

// table writes rows of orders as lines of text: cut to columns in a terminal, separated by tabs elsewhere.
type table struct {
	width  int // of the terminal; 0 = none
	l      locale.Locale
	zones  zones
	now    time.Time
	stores bool // there are several, so an order's name has its store in it

	widths []int
}

// column is one column of the text list. It is as wide as its widest cell on the first page, within bounds; what is
// left of the terminal is shared out, and when it is too narrow columns go.
type column struct {
	title    string
	min, max int
	share    int // of what is left over
	right    bool
	whole    bool // never cut: half a number or half an amount is worse than a crooked line
	leaves   int  // columns with the lowest number go first when the terminal is narrow; 0 = stays
}

var listColumns = []column{
	{title: "Order", min: 8, max: 24, whole: true},
	{title: "Date", min: 12, max: 12, leaves: 4},
	{title: "Customer", min: 12, max: 16, share: 2},
	{title: "", min: 2, max: 2, leaves: 3},
	{title: "Items", min: 14, max: 20, share: 3, leaves: 2},
	{title: "Supplier stage", min: 10, max: 25},
	{title: "Customer paid", min: 13, max: 18, leaves: 1},
	{title: "Total", min: 10, max: 20, right: true, whole: true},
}

const gap = "  "

// measure fits the columns to the first page of a list; without it they have their least widths.
func (t *table) measure(rows []order.Row) {
	need := make([]int, len(listColumns))
	for i := range rows {
		for c, text := range t.cells(&rows[i]) {
			need[c] = max(need[c], draw.Width(text))
		}
	}
	t.widths = make([]int, len(listColumns))
	for i, c := range listColumns {
		t.widths[i] = min(max(c.min, need[i], draw.Width(c.title)), c.max)
	}
	for round := 1; round <= 4 && t.sum() > t.width; round++ {
		for i, c := range listColumns {
			if c.leaves == round {
				t.widths[i] = 0
			}
		}
	}
	for i, c := range listColumns { // the last resort: shorter customers
		if c.share > 0 && t.widths[i] > 0 {
			t.widths[i] = max(c.min, t.widths[i]-max(0, t.sum()-t.width))
		}
	}
	left, shares := t.width-t.sum(), 0
	for i, c := range listColumns {
		if t.widths[i] > 0 {
			shares += c.share
		}
	}
	for i, c := range listColumns {
		if t.widths[i] > 0 && c.share > 0 && left > 0 {
			t.widths[i] = min(t.widths[i]+left*c.share/shares, max(need[i], t.widths[i]))
		}
	}
}

// sum is how wide a line is.
func (t *table) sum() (sum int) {
	for _, w := range t.widths {
		if w > 0 {
			sum += w + len(gap)
		}
	}
	return sum - len(gap)
}

func (t *table) head() string {
	titles := make([]string, len(listColumns))
	for i, c := range listColumns {
		titles[i] = c.title
	}
	return t.line(titles)
}

// row is one order as a line, after measure.
func (t *table) row(r *order.Row) string {
	cells := t.cells(r)
	if t.width == 0 {
		return strings.Join(cells, "\t")
	}
	return t.line(cells)
}

func (t *table) line(cells []string) string {
	var b strings.Builder
	for i, w := range t.widths {
		if w == 0 {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(gap)
		}
		c := listColumns[i]
		if c.whole {
			w = max(w, draw.Width(cells[i]))
		}
		b.WriteString(fit(cells[i], w, c.right))
	}
	return strings.TrimRight(b.String(), " ")
}

// fit cuts or fills a text to a number of cells.
func fit(s string, w int, right bool) string {
	have := draw.Width(s)
	if have > w {
		s = draw.Head(s, w-1) + "…"
		have = draw.Width(s)
	}
	pad := strings.Repeat(" ", max(0, w-have))
	if right {
		return pad + s
	}
	return s + pad
}

func (t *table) money(m order.Money) string {
	return t.l.Money(m.Minor, order.Exponent(m.Currency), m.Currency)
}

// cells are the cells of one order, whole.
func (t *table) cells(r *order.Row) []string {
	name := "#" + r.Number
	if t.stores || t.width == 0 {
		name = r.Store + "/" + r.Number
	}
	stage := r.Stage.Label()
	if r.Partly {
		stage += " (partly)"
	}
	at := t.zones.at(r.Store, r.CreatedAt)
	date := t.l.Short(at, t.now.In(at.Location()))
	if t.width == 0 {
		date = at.Format(time.RFC3339)
	}
	return []string{
		name, date, r.Customer, r.Country, r.Items, stage, strings.ReplaceAll(string(r.CustomerPayment), "_", " "), t.money(r.Total),
	}
}
