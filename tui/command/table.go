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

// column is one column of the text list.
type column struct {
	title      string
	min        int
	share      int // of what is left over
	right      bool
	dispensing int // columns with the lowest number go first when the terminal is narrow; 0 = stays
}

var listColumns = []column{
	{title: "Order", min: 16},
	{title: "Date", min: 12, dispensing: 4},
	{title: "Customer", min: 14, share: 2},
	{title: "", min: 2, dispensing: 3},
	{title: "Items", min: 14, share: 3, dispensing: 2},
	{title: "Supplier stage", min: 16},
	{title: "Customer paid", min: 13, dispensing: 1},
	{title: "Total", min: 15, right: true},
}

const gap = "  "

// layout gives every column its width; 0 hides it.
func (t *table) layout() []int {
	if t.widths != nil {
		return t.widths
	}
	t.widths = make([]int, len(listColumns))
	need := func() (sum int) {
		for _, w := range t.widths {
			if w > 0 {
				sum += w + len(gap)
			}
		}
		return sum - len(gap)
	}
	for i, c := range listColumns {
		t.widths[i] = c.min
	}
	for round := 1; round <= 4 && need() > t.width; round++ {
		for i, c := range listColumns {
			if c.dispensing == round {
				t.widths[i] = 0
			}
		}
	}
	left, shares := t.width-need(), 0
	for i, c := range listColumns {
		if t.widths[i] > 0 {
			shares += c.share
		}
	}
	for i, c := range listColumns {
		if t.widths[i] > 0 && shares > 0 && left > 0 {
			t.widths[i] += min(left*c.share/shares, 12*c.share)
		}
	}
	return t.widths
}

func (t *table) head() string {
	titles := make([]string, len(listColumns))
	for i, c := range listColumns {
		titles[i] = c.title
	}
	return t.line(titles)
}

func (t *table) row(r *order.Row) string {
	cells := t.cells(r)
	if t.width == 0 {
		return strings.Join(cells, "\t")
	}
	return t.line(cells)
}

func (t *table) line(cells []string) string {
	var b strings.Builder
	for i, w := range t.layout() {
		if w == 0 {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(gap)
		}
		b.WriteString(fit(cells[i], w, listColumns[i].right))
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
