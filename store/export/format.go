package export

import (
	"fmt"
	"slices"
	"strings"
)

// Format is how the cells of a CSV file are written.
type Format struct {
	Name      string
	Separator byte // between cells
	Decimal   byte // in amounts and quantities; thousands are never grouped
	BOM       bool // UTF-8 byte order mark first: without it Excel takes the file for its old code page
	CRLF      bool // at the end of a row; within a cell a line break is always LF
	Dates     DateStyle
	// Raw writes text cells as they are, even those that a spreadsheet would run as a formula.
	Raw bool
}

// DateStyle is how instants are written. All of them are in the zone of the request and to the second.
type DateStyle byte

// The values of DateStyle.
const (
	DatesISO    DateStyle = iota // 2026-11-21T14:02:00-03:00
	DatesSlash                   // 21/11/2026 14:02:00, as Excel in Brazil and Portugal reads it
	DatesDotted                  // 21.11.2026 14:02:00, as Excel in Poland reads it
	DatesSpaced                  // 2026-11-21 14:02:00 -0300, as Shopify writes it
)

// Names of the formats.
const (
	ExcelBR = "excel-br"
	ExcelPT = "excel-pt"
	ExcelPL = "excel-pl"
	Machine = "machine"
)

var formats = []Format{
	{Name: Machine, Separator: ',', Decimal: '.', CRLF: true, Dates: DatesISO},
	{Name: ExcelBR, Separator: ';', Decimal: ',', BOM: true, CRLF: true, Dates: DatesSlash},
	{Name: ExcelPT, Separator: ';', Decimal: ',', BOM: true, CRLF: true, Dates: DatesSlash},
	{Name: ExcelPL, Separator: ';', Decimal: ',', BOM: true, CRLF: true, Dates: DatesDotted},
}

// Formats lists the names that For knows; the first is what a script wants.
func Formats() []string {
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = f.Name
	}
	return names
}

// For is the format of a name: excel-br, excel-pt, excel-pl, or machine (RFC 4180, ISO 8601).
func For(name string) (Format, error) {
	i := slices.IndexFunc(formats, func(f Format) bool { return f.Name == name })
	if i < 0 {
		return Format{}, fmt.Errorf("%q is no format for an export: choose one of %s", name, strings.Join(Formats(), ", "))
	}
	return formats[i], nil
}

// ForLocale is the name of the format that suits a locale of the configuration: Excel's for the countries that have
// one, machine for the others.
func ForLocale(locale string) string {
	switch locale {
	case "pt-BR":
		return ExcelBR
	case "pt-PT":
		return ExcelPT
	case "pl":
		return ExcelPL
	}
	return Machine
}
