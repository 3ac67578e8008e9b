package sheet

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Dates finds out how a column writes its dates, and reads them.
type Dates struct {
	dayFirst, monthFirst bool
	open                 string
}

// written is a date with a time of day, a zone, or neither.
var written = regexp.MustCompile(`^(\d{1,4})([-/.])(\d{1,2})[-/.](\d{1,4})(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*([AaPp][Mm])?)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?$`)

// Observe looks at a cell.
func (d *Dates) Observe(cell string) {
	m := written.FindStringSubmatch(clean(cell))
	if len(m) == 0 || len(m[1]) == 4 {
		return
	}
	first, second := number(m[1]), number(m[3])
	switch {
	case m[2] == "." || first > 12: // nobody writes a month first with dots
		d.dayFirst = true
	case second > 12:
		d.monthFirst = true
	case first != second && d.open == "":
		d.open = clean(cell)
	}
}

// Err says what is not clear about the column.
func (d *Dates) Err(column string) error {
	switch {
	case d.dayFirst && d.monthFirst:
		return fmt.Errorf("the column %q has dates with the day first and dates with the month first", column)
	case d.open != "" && !d.dayFirst && !d.monthFirst:
		return fmt.Errorf("the column %q has %s, of which nothing tells the day from the month: say which with --dates dmy or --dates mdy", column, d.open)
	}
	return nil
}

// Force settles what the cells leave open.
func (d *Dates) Force(dayFirst bool) { d.dayFirst, d.monthFirst = dayFirst, !dayFirst }

// Parse reads a cell; the zero time for an empty one. zone counts where the cell has none.
func (d *Dates) Parse(cell string, zone *time.Location) (time.Time, error) {
	s := clean(cell)
	if s == "" {
		return time.Time{}, nil
	}
	bad := fmt.Errorf("%q is not a date: 2026-11-21 and 21/11/2026 14:05 are, for instance", s)
	m := written.FindStringSubmatch(s)
	if m == nil {
		return time.Time{}, bad
	}
	year, month, day := number(m[4]), number(m[3]), number(m[1])
	switch {
	case len(m[1]) == 4:
		year, month, day = number(m[1]), number(m[3]), number(m[4])
	case d.monthFirst:
		month, day = day, month
	}
	if year < 100 {
		year += 2000
	}
	hour, minute, second := number(m[5]), number(m[6]), number(m[7])
	if half := strings.ToLower(m[8]); half != "" {
		if hour < 1 || hour > 12 {
			return time.Time{}, bad
		}
		hour = hour%12 + map[string]int{"am": 0, "pm": 12}[half]
	}
	switch off := m[9]; {
	case off == "":
	case off[0] == '+' || off[0] == '-':
		digits := strings.ReplaceAll(off[1:], ":", "")
		seconds := number(digits[:2])*3600 + number(digits[2:])*60
		if off[0] == '-' {
			seconds = -seconds
		}
		zone = time.FixedZone("", seconds)
	default:
		zone = time.UTC
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, 0, zone)
	if month < 1 || month > 12 || t.Day() != day || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, fmt.Errorf("%q is a date that there is not", s)
	}
	return t, nil
}

func clean(cell string) string {
	return strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(cell), "'"))
}

func number(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}
