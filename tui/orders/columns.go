package orders

import (
	"slices"
	"strings"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/tui/draw"
	"github.com/orderdeck/orderdeck/tui/theme"
	"github.com/orderdeck/orderdeck/tui/ui"
)

// column is one column of the table. Its width is what its content has needed so far in this view, within its bounds;
// columns that may stretch share what is left over.
type column struct {
	id, title string
	sorted    [2]string // the title when the list is sorted by it, downwards and upwards
	min, max  int
	stretch   int // share of what is left over
	keep      int // when it gets narrow, the lowest goes first
	right     bool
	sort      order.SortKey
	text      func(c *ui.Context, r *order.Row) string
	style     func(r *order.Row) draw.Style
	spans     func(c *ui.Context, r *order.Row, dst []draw.Span) []draw.Span // instead of text and style
}

func plain(*order.Row) draw.Style { return theme.Plain }
func dim(*order.Row) draw.Style   { return theme.DimText }

// columns are all that can be chosen, in their default order.
var columns = []column{
	{
		id: "order", title: "Order", min: 6, max: 18, keep: 100, sort: order.SortNumber, style: func(*order.Row) draw.Style { return theme.Strong },
		text: func(_ *ui.Context, r *order.Row) string { return "#" + r.Number },
	},
	{
		id: "date", title: "Date", min: 12, max: 13, keep: 80, sort: order.SortDate, style: dim,
		text: func(c *ui.Context, r *order.Row) string {
			return c.Locale.Short(r.CreatedAt.In(c.Zone(r.Store)), c.Now())
		},
	},
	{
		id: "updated", title: "Updated", min: 12, max: 13, keep: 15, sort: order.SortUpdated, style: dim,
		text: func(c *ui.Context, r *order.Row) string {
			return c.Locale.Short(r.UpdatedAt.In(c.Zone(r.Store)), c.Now())
		},
	},
	{
		id: "store", title: "Store", min: 6, max: 14, keep: 30, style: dim,
		text: func(_ *ui.Context, r *order.Row) string { return r.Store },
	},
	{
		id: "customer", title: "Customer", min: 14, max: 28, stretch: 2, keep: 90, sort: order.SortCustomer, style: plain,
		text: func(_ *ui.Context, r *order.Row) string { return dash(r.Customer) },
	},
	{
		id: "country", title: "", min: 2, max: 2, keep: 60, style: dim,
		text: func(_ *ui.Context, r *order.Row) string { return r.Country },
	},
	{
		id: "city", title: "City", min: 6, max: 18, keep: 12, style: plain,
		text: func(_ *ui.Context, r *order.Row) string { return dash(r.City) },
	},
	{
		id: "email", title: "E-mail", min: 10, max: 30, keep: 11, style: dim,
		text: func(_ *ui.Context, r *order.Row) string { return dash(r.Email) },
	},
	{
		id: "phone", title: "Phone", min: 10, max: 18, keep: 10, style: dim,
		text: func(_ *ui.Context, r *order.Row) string { return dash(r.Phone) },
	},
	{
		id: "items", title: "Items", min: 18, max: 60, stretch: 3, keep: 70, style: plain,
		text: func(_ *ui.Context, r *order.Row) string { return dash(r.Items) },
	},
	{
		id: "supplier", title: "Supplier", min: 6, max: 14, keep: 40, style: plain,
		text: func(_ *ui.Context, r *order.Row) string { return dash(r.Suppliers) },
	},
	{
		id: "stage", title: "Stage", min: 10, max: 12, keep: 75,
		text: func(_ *ui.Context, r *order.Row) string { return stageWord(r.Stage, r.Partly) }, style: func(r *order.Row) draw.Style { return theme.Stage(r.Stage) },
	},
	{
		id: "payment", title: "Customer paid", min: 8, max: 18, keep: 35,
		text: func(_ *ui.Context, r *order.Row) string { return words(string(r.CustomerPayment)) }, style: func(r *order.Row) draw.Style { return theme.Payment(r.CustomerPayment) },
	},
	{
		id: "fulfilment", title: "Fulfilment", min: 9, max: 12, keep: 20, style: dim,
		text: func(_ *ui.Context, r *order.Row) string { return words(string(r.Fulfilment)) },
	},
	{
		id: "tracking", title: "Tracking", min: 10, max: 20, keep: 18, style: plain,
		text: func(_ *ui.Context, r *order.Row) string { return dash(r.Tracking) },
	},
	{
		id: "tags", title: "Tags", min: 6, max: 20, keep: 13, style: dim,
		text: func(_ *ui.Context, r *order.Row) string { return dash(r.Tags) },
	},
	{
		id: "cost", title: "Cost", min: 8, max: 16, keep: 50, right: true,
		spans: func(c *ui.Context, r *order.Row, dst []draw.Span) []draw.Span {
			if !r.CostKnown {
				return append(dst, draw.Span{Text: "–", Style: theme.FaintTxt})
			}
			return append(dst, draw.Span{Text: r.Cost.Currency + " ", Style: theme.FaintTxt}, draw.Span{Text: c.Amount(r.Cost), Style: theme.DimText})
		},
	},
	{
		id: "total", title: "Total", min: 9, max: 18, keep: 95, right: true, sort: order.SortTotal,
		spans: func(c *ui.Context, r *order.Row, dst []draw.Span) []draw.Span {
			return append(dst, draw.Span{Text: r.Total.Currency + " ", Style: theme.FaintTxt}, draw.Span{Text: c.Amount(r.Total)})
		},
	},
}

// defaults are the columns that are shown unless the merchant chose others. Stage and store join where they tell
// something: outside a single stage's tab, and with several stores.
var defaults = []string{"order", "date", "customer", "country", "items", "supplier", "cost", "total"}

// ColumnIDs lists the names of all columns, for the config and the chooser.
func ColumnIDs() []string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = c.id
	}
	return out
}

func chosen(own []string, withStage, withStore bool) []column {
	ids := own
	if len(own) == 0 {
		ids = slices.Clone(defaults)
		if withStage {
			ids = slices.Insert(ids, len(ids)-2, "stage")
		}
		if withStore {
			ids = slices.Insert(ids, 2, "store")
		}
	}
	var out []column
	for _, id := range ids {
		if i := slices.IndexFunc(columns, func(c column) bool { return c.id == id }); i >= 0 {
			c := columns[i]
			c.sorted = [2]string{c.title + " ▾", c.title + " ▴"}
			out = append(out, c)
		}
	}
	return out
}

const gap = 2

// fit chooses which columns have room and how wide each is. need is the width that the content has needed so far.
func fit(cols []column, need map[string]int, width int) ([]column, []int) {
	cols = slices.Clone(cols)
	want := func(c column) int {
		return clamp(max(c.min, need[c.id], draw.Width(c.title)+2*b2i(c.sort != "")), c.min, c.max)
	}
	least := func() int {
		sum := gap * max(0, len(cols)-1)
		for _, c := range cols {
			if c.stretch > 0 {
				sum += c.min
			} else {
				sum += want(c)
			}
		}
		return sum
	}
	for len(cols) > 2 && least() > width {
		worst := 0
		for i, c := range cols {
			if c.keep < cols[worst].keep {
				worst = i
			}
		}
		cols = slices.Delete(cols, worst, worst+1)
	}
	return cols, widen(cols, need, width-least(), want)
}

// widen shares out what is left of the width: first by what the stretching columns still need, then by their shares.
func widen(cols []column, need map[string]int, left int, want func(column) int) []int {
	widths := make([]int, len(cols))
	short := make([]int, len(cols))
	sum, shares := 0, 0
	for i, c := range cols {
		widths[i] = want(c)
		if c.stretch > 0 {
			widths[i] = c.min
			short[i] = max(0, min(need[c.id], c.max)-c.min)
			sum += short[i]
			shares += c.stretch
		}
	}
	first := min(left, sum)
	for i := range cols {
		if short[i] > 0 {
			more := short[i] * first / sum
			widths[i] += more
			left -= more
		}
	}
	for i, c := range cols {
		if c.stretch > 0 && left > 0 {
			more := left * c.stretch / shares
			widths[i] += more
			left -= more
			shares -= c.stretch
		}
	}
	return widths
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func dash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

// words writes a value of an axis as people read it.
func words(s string) string { return strings.ReplaceAll(s, "_", " ") }

func stageWord(s order.Stage, partly bool) string {
	word, _, _ := strings.Cut(s.Label(), " payment") // the column is narrow, and its neighbours say whose
	if partly {
		return word + " ◐"
	}
	return word
}
