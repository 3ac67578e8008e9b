package export

import (
	"math"
	"strconv"
	"time"
)

// dates writes instants in one zone. It remembers the last day and the last stretch of equal offset, because rows
// that follow each other were mostly made on one day.
type dates struct {
	zone  *time.Location
	style DateStyle

	from, to int64 // Unix seconds between which offset holds
	offset   int64 // seconds east of UTC
	suffix   []byte

	day  int64 // days since 1970 of the local time
	text []byte
}

func newDates(zone *time.Location, style DateStyle) *dates {
	if zone == nil {
		zone = time.UTC
	}
	return &dates{zone: zone, style: style, from: 1, to: 0, day: math.MinInt64}
}

// append adds an instant, given in Unix seconds.
func (d *dates) append(dst []byte, sec int64) []byte {
	if sec < d.from || sec >= d.to {
		d.stretch(sec)
	}
	local := sec + d.offset
	day := local / 86400
	rest := local % 86400
	if rest < 0 {
		day--
		rest += 86400
	}
	if day != d.day {
		d.date(day)
	}
	dst = append(dst, d.text...)
	h, m, s := byte(rest/3600), byte(rest/60%60), byte(rest%60)
	dst = append(dst, '0'+h/10, '0'+h%10, ':', '0'+m/10, '0'+m%10, ':', '0'+s/10, '0'+s%10)
	return append(dst, d.suffix...)
}

// stretch finds the offset that holds at an instant, and from when to when.
func (d *dates) stretch(sec int64) {
	t := time.Unix(sec, 0).In(d.zone)
	_, offset := t.Zone()
	start, end := t.ZoneBounds()
	d.from, d.to, d.offset = math.MinInt64, math.MaxInt64, int64(offset)
	if !start.IsZero() {
		d.from = start.Unix()
	}
	if !end.IsZero() {
		d.to = end.Unix()
	}
	d.suffix = d.suffix[:0]
	switch d.style {
	case DatesISO:
		d.suffix = t.AppendFormat(d.suffix, "Z07:00")
	case DatesSpaced:
		d.suffix = t.AppendFormat(d.suffix, " -0700")
	case DatesSlash, DatesDotted:
	}
}

// date makes the text of a day, with what stands between it and the time.
func (d *dates) date(day int64) {
	t := time.Unix(day*86400, 0).UTC()
	d.day, d.text = day, d.text[:0]
	switch d.style {
	case DatesSlash:
		d.text = t.AppendFormat(d.text, "02/01/2006 ")
	case DatesDotted:
		d.text = t.AppendFormat(d.text, "02.01.2006 ")
	case DatesSpaced:
		d.text = t.AppendFormat(d.text, "2006-01-02 ")
	case DatesISO:
		d.text = t.AppendFormat(d.text, "2006-01-02T")
	}
}

// appendDecimal adds a whole number of 10^-exponent as a decimal: 28990 with 2 is 289.90.
func appendDecimal(dst []byte, n int64, exponent int, mark byte) []byte {
	if exponent <= 0 {
		return strconv.AppendInt(dst, n, 10)
	}
	u := uint64(n)
	if n < 0 {
		dst = append(dst, '-')
		u = -u // right for the smallest int64 too
	}
	var digits [24]byte
	at := len(digits)
	for i := 0; i <= exponent || u > 0; i++ {
		if i == exponent {
			at--
			digits[at] = mark
		}
		at--
		digits[at] = '0' + byte(u%10)
		u /= 10
	}
	return append(dst, digits[at:]...)
}
