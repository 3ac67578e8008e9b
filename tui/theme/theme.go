// Package theme gives every colour its meaning: screens name what a thing is, the theme says how that looks on a dark
// or a light background, in 24 bit, 256 or 16 colours, or in none. Nothing is ever told by colour alone.
package theme

import (
	"strconv"

	"github.com/charmbracelet/colorprofile"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/tui/draw"
)

// The palette. Foregrounds and backgrounds share one numbering; 0 is the terminal's own colour.
const (
	Default draw.Color = iota
	Dim
	Faint
	Accent
	Green
	Yellow
	Red
	Blue
	Violet
	Cyan
	OnPill
	OnDemo
	Text // on any painted background
	BarBG
	CursorBG
	MarkBG
	PillBG
	DemoBG
	OverlayBG
	InputBG
	colors
)

// Styles that every screen uses.
var (
	Plain    = draw.Style{}
	Strong   = draw.Style{Attr: draw.Bold}
	DimText  = draw.Style{FG: Dim}
	FaintTxt = draw.Style{FG: Faint}
	Head     = draw.Style{FG: Dim, Attr: draw.Bold}
	Brand    = draw.Style{FG: Accent, Attr: draw.Bold}
	Key      = draw.Style{FG: Accent}
	Good     = draw.Style{FG: Green}
	Warn     = draw.Style{FG: Yellow}
	Bad      = draw.Style{FG: Red, Attr: draw.Bold}
	Info     = draw.Style{FG: Blue}
	Pill     = draw.Style{FG: OnPill, BG: PillBG, Attr: draw.Bold}
	DemoPill = draw.Style{FG: OnDemo, BG: DemoBG, Attr: draw.Bold}
	Rule     = draw.Style{FG: Faint}
)

// Theme is a palette for one kind of terminal.
type Theme struct {
	draw.Palette
	// Few is set where there are too few colours for backgrounds of fine shades: rows are then marked by reversing.
	Few bool
}

// palette has every colour for a dark and a light background: in 24 bit, by number among 256, and the SGR parameter among
// 16, where the fine backgrounds have none. The 256 are chosen by hand, since the nearest ones read badly.
var palette = [colors]struct {
	dark, light       string
	dark256, light256 uint8
	ansi              string
}{
	Default:   {},
	Dim:       {"#a3adbd", "#57606f", 248, 240, ""},
	Faint:     {"#6b7485", "#8d96a3", 243, 245, "90"},
	Accent:    {"#4fd6be", "#0b756c", 79, 29, "36"},
	Green:     {"#9ece6a", "#3b7a1a", 149, 64, "32"},
	Yellow:    {"#e5b567", "#8f5f00", 179, 94, "33"},
	Red:       {"#f7768e", "#b91c2c", 204, 160, "31"},
	Blue:      {"#7aa2f7", "#1d4ed8", 111, 26, "34"},
	Violet:    {"#bb9af7", "#6d28d9", 141, 92, "35"},
	Cyan:      {"#7dcfff", "#0e6f8c", 117, 24, "36"},
	OnPill:    {"#0d1f1c", "#ffffff", 16, 231, "30"},
	OnDemo:    {"#241a05", "#ffffff", 16, 231, "30"},
	Text:      {"#e6e9ef", "#1f2328", 254, 235, ""},
	BarBG:     {"#1c212b", "#eef1f5", 235, 255, ""},
	CursorBG:  {"#2b3a55", "#d6e4ff", 238, 153, ""},
	MarkBG:    {"#1f2d2a", "#e3f4ee", 22, 194, ""},
	PillBG:    {"#4fd6be", "#0b756c", 79, 29, "46"},
	DemoBG:    {"#e5b567", "#8f5f00", 179, 130, "43"},
	OverlayBG: {"#181c25", "#f6f8fa", 234, 255, ""},
	InputBG:   {"#222835", "#e9edf3", 236, 254, ""},
}

// New makes the theme for a background and a colour profile.
func New(dark bool, profile colorprofile.Profile) *Theme {
	t := &Theme{Palette: draw.Palette{FG: make([]string, colors), BG: make([]string, colors), OnBG: Text}}
	switch profile {
	case colorprofile.NoTTY, colorprofile.ASCII:
		t.Mono, t.Few = true, true
		return t
	case colorprofile.ANSI:
		t.Few = true
		for i, c := range palette {
			if i >= int(BarBG) {
				t.BG[i] = c.ansi
			} else {
				t.FG[i] = c.ansi
			}
		}
		return t
	}
	for i, c := range palette {
		hex, number := c.light, c.light256
		if dark {
			hex, number = c.dark, c.dark256
		}
		if hex == "" {
			continue
		}
		if profile == colorprofile.ANSI256 {
			t.FG[i], t.BG[i] = "38;5;"+strconv.Itoa(int(number)), "48;5;"+strconv.Itoa(int(number))
			continue
		}
		n, _ := strconv.ParseUint(hex[1:], 16, 32) // the table above is right: TestPalette
		rgb := ";2;" + strconv.FormatUint(n>>16&0xff, 10) + ";" + strconv.FormatUint(n>>8&0xff, 10) + ";" + strconv.FormatUint(n&0xff, 10)
		t.FG[i], t.BG[i] = "38"+rgb, "48"+rgb
	}
	return t
}

// Row marks a stretch of a line: the one under the cursor, or one that is selected.
func (t *Theme) Row(c *draw.Canvas, b draw.Box, cursor, selected bool) {
	switch {
	case cursor && t.Few:
		c.Background(b, 0, draw.Reverse)
	case cursor:
		c.Background(b, CursorBG, 0)
	case selected && !t.Few:
		c.Background(b, MarkBG, 0)
	}
}

// Stage is the colour of a stage's word. The word itself is always there.
func Stage(s order.Stage) draw.Style {
	switch s {
	case order.StageQuoting:
		return draw.Style{FG: Violet}
	case order.StageUnpaid, order.StageToShip:
		return draw.Style{FG: Yellow}
	case order.StagePending:
		return draw.Style{FG: Red}
	case order.StagePlaced:
		return draw.Style{FG: Blue}
	case order.StageProcessing:
		return draw.Style{FG: Cyan}
	case order.StageShipped:
		return draw.Style{FG: Green}
	}
	return draw.Style{FG: Dim}
}

// Payment is the colour of the customer's payment.
func Payment(p order.CustomerPayment) draw.Style {
	switch p {
	case order.PaymentPaid, order.PaymentOverpaid:
		return draw.Style{FG: Green}
	case order.PaymentFailed, order.PaymentChargeback, order.PaymentExpired, order.PaymentVoided:
		return draw.Style{FG: Red}
	}
	return draw.Style{FG: Yellow}
}
