package exports

import (
	"fmt"
	"time"

	"github.com/orderdeck/orderdeck/store/export"
	"github.com/orderdeck/orderdeck/tui/action"
	"github.com/orderdeck/orderdeck/tui/draw"
	"github.com/orderdeck/orderdeck/tui/theme"
	"github.com/orderdeck/orderdeck/tui/ui"
)

// Draw paints the form and what comes of it.
func (s *Screen) Draw(c *draw.Canvas, b draw.Box) {
	in := ui.Frame(c, b, "Export")
	in.Y, in.H = in.Y+1, in.H-1
	s.body = in
	for i, l := range s.form() {
		if i >= in.H {
			return
		}
		row := in.Row(i)
		c.Text(draw.Box{X: row.X, Y: row.Y, W: 10, H: 1}, l.name, theme.DimText)
		value := draw.Box{X: row.X + 11, Y: row.Y, W: row.W - 11, H: 1}
		switch {
		case l.field != nil:
			l.field.Draw(c, value, l.hint, theme.Plain)
		case i == rowGo:
			st := theme.Key
			if s.cursor == rowGo {
				st = theme.Pill
				if s.ctx.Theme.Few {
					st = draw.Style{Attr: draw.Reverse | draw.Bold}
				}
			}
			c.Text(value, l.value, st)
			continue
		default:
			n := c.Text(value, "‹ "+l.value+" ›", theme.Plain)
			c.Text(draw.Box{X: value.X + n + 2, Y: row.Y, W: value.W - n - 2, H: 1}, l.hint, theme.FaintTxt)
		}
		s.ctx.Theme.Row(c, row, i == s.cursor, false)
	}
	s.outcome(c, draw.Box{X: in.X, Y: in.Y + rows + 1, W: in.W, H: in.H - rows - 1})
}

type formLine struct {
	name, value, hint string
	field             *ui.Field
}

func (s *Screen) form() []formLine {
	scope := map[string]string{
		scopeView: "this view: " + s.arg.Title, scopeAll: "everything",
		scopeSelected: s.ctx.Locale.Number(int64(len(s.arg.Selected))) + " selected",
	}[s.choice.Scope]
	profile := map[string]string{
		"orders": "one row an order", "lines": "one row a line item", "shopify": "Shopify's own 79 columns", "json": "one whole order a line",
	}[s.choice.Profile]
	format := map[string]string{
		export.Machine: "commas, decimal point, ISO 8601", export.ExcelBR: "semicolons, decimal comma, for Excel in Brazil",
		export.ExcelPT: "semicolons, decimal comma, for Excel in Portugal", export.ExcelPL: "semicolons, decimal comma, for Excel in Poland",
	}[s.choice.For]
	if s.choice.Profile == string(export.JSON) {
		format = "not used by json"
	}
	start := " Export " + s.count + " "
	if s.overwrite {
		start = " The file exists: overwrite it? "
	}
	return []formLine{
		{name: "what", value: scope},
		{name: "from", hint: "any day · 2026-11-01, today, -30d", field: s.from},
		{name: "to", hint: "any day", field: s.to},
		{name: "profile", value: s.choice.Profile, hint: profile},
		{name: "for", value: s.choice.For, hint: format},
		{name: "file", field: s.path},
		{name: "", value: start},
	}
}

// outcome says how far it is, or how it ended.
func (s *Screen) outcome(c *draw.Canvas, b draw.Box) {
	num := s.ctx.Locale.Number
	var lines []draw.Span
	switch {
	case s.running:
		rate := ""
		if sec := s.progress.Elapsed.Seconds(); sec > 0.2 {
			rate = " · " + num(int64(float64(s.progress.Rows)/sec)) + " rows/s"
		}
		lines = append(lines, draw.Span{Text: num(s.progress.Rows) + " rows · " + s.ctx.Locale.Bytes(s.progress.Bytes) + rate, Style: theme.Info},
			draw.Span{Text: s.ctx.Keys.Key(action.Back) + " cancels and leaves no file", Style: theme.FaintTxt})
	case s.err != nil:
		lines = append(lines, draw.Span{Text: s.err.Error(), Style: theme.Bad})
	case s.overwrite:
		lines = append(lines, draw.Span{Text: "⏎ overwrites " + s.path.Value() + "; or change the file's name above", Style: theme.Warn})
	case s.done != "" && s.progress.Rows > 0:
		lines = append(lines, draw.Span{Text: "✓ " + s.done, Style: theme.Good},
			draw.Span{Text: fmt.Sprintf("%s orders · %s rows · %s · %s", num(s.progress.Orders), num(s.progress.Rows), s.ctx.Locale.Bytes(s.progress.Bytes), s.progress.Elapsed.Round(time.Millisecond)), Style: theme.Plain})
		if n := s.progress.Neutralised; n > 0 {
			lines = append(lines, draw.Span{Text: num(n) + " cells neutralised with ', " + num(s.progress.Phones) + " of them telephone numbers: a spreadsheet would have run them as formulas", Style: theme.Warn})
		}
	case s.done != "":
		lines = append(lines, draw.Span{Text: s.done, Style: theme.Warn})
	}
	y := 0
	for _, l := range lines {
		for _, part := range draw.Wrap(l.Text, b.W) {
			if y < b.H {
				c.Text(b.Row(y), part, l.Style)
			}
			y++
		}
	}
}
