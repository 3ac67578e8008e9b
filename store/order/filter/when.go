package filter

import (
	"strconv"
	"strings"
	"time"
)

// when reads a time value: a day, month, year or instant, a relative one, a comparison or a range.
func (p *parser) when(f Field, s string) (Value, *SyntaxError) {
	s = strings.TrimSpace(s)
	var v Value
	var msg string
	if low, high, ok := strings.Cut(s, ".."); ok {
		v, msg = p.timeRange(low, high)
	} else {
		v, msg = p.timeBound(s)
	}
	if msg != "" {
		return Value{}, &SyntaxError{Msg: f.Name + ": " + msg, Valid: f.examples()}
	}
	v.Op = Between
	return v, nil
}

// timeRange reads the two ends of a range, one of which may be empty.
func (p *parser) timeRange(low, high string) (v Value, msg string) {
	var from, to point
	if low != "" {
		if from, msg = p.point(low); msg != "" {
			return v, msg
		}
	}
	if high != "" {
		if to, msg = p.point(high); msg != "" {
			return v, msg
		}
	}
	v.From, v.To = from.start, to.end
	switch {
	case low == "" && high == "":
		return v, "the range has no ends"
	case high == "":
		v.Text = ">=" + from.text
	case low == "":
		v.Text = "<=" + to.text
	case !v.From.Before(v.To):
		return v, "the range “" + low + ".." + high + "” ends before it begins"
	default:
		v.Text = from.text + ".." + to.text
	}
	return v, ""
}

// timeBound reads one point with or without a comparison.
func (p *parser) timeBound(s string) (v Value, msg string) {
	op := ""
	for _, o := range []string{">=", "<=", ">", "<", "="} {
		if rest, ok := strings.CutPrefix(s, o); ok {
			op, s = o, rest
			break
		}
	}
	at, msg := p.point(s)
	if msg != "" {
		return v, msg
	}
	switch {
	case op == ">=":
		v.From = at.start
	case op == ">":
		v.From = at.end
	case op == "<=":
		v.To = at.end
	case op == "<":
		v.To = at.start
	case at.ago && op == "":
		v.From = at.start // "-7d" alone means "since then"
	default:
		v.From, v.To = at.start, at.end
		if !v.From.Before(v.To) {
			return v, "“" + s + "” is one instant: write >=" + s + " for everything since then"
		}
		if !at.ago {
			op = ""
		}
	}
	v.Text = op + at.text
	return v, ""
}

// point is a stretch of time that one word names.
type point struct {
	start, end time.Time // start ≤ t < end; equal for an instant
	text       string    // canonical
	ago        bool      // counted back from now
}

// point reads one word; msg says what is wrong with it.
func (p *parser) point(s string) (at point, msg string) {
	s = strings.TrimSpace(s)
	word := strings.ReplaceAll(strings.ToLower(s), "_", "-")
	if named, ok := relative(word); ok {
		if p.o.Now.IsZero() {
			return at, "“" + s + "” needs to know what day it is; write a date"
		}
		now := p.o.Now.In(p.o.Zone)
		y, m, d := now.Date()
		if at.start, at.end, ok = named(y, m, d, now); !ok {
			return at, "“" + s + "” is too long ago"
		}
		at.text, at.ago = word, word[0] == '-'
		return at, ""
	}
	iso := strings.ToUpper(s)
	if t, err := time.ParseInLocation("2006-01-02", iso, p.o.Zone); err == nil {
		y, m, d := t.Date()
		return point{start: p.day(y, m, d), end: p.day(y, m, d+1), text: iso}, checkYear(y, s)
	}
	if t, err := time.Parse("2006-01", iso); err == nil {
		y, m, _ := t.Date()
		return point{start: p.day(y, m, 1), end: p.day(y, m+1, 1), text: iso}, checkYear(y, s)
	}
	if t, err := time.Parse("2006", iso); err == nil {
		return point{start: p.day(t.Year(), 1, 1), end: p.day(t.Year()+1, 1, 1), text: iso}, checkYear(t.Year(), s)
	}
	for _, layout := range []struct {
		layout string
		length time.Duration
	}{
		{"2006-01-02T15:04", time.Minute},
		{"2006-01-02T15:04Z07:00", time.Minute},
		{"2006-01-02T15:04:05", time.Second},
		{"2006-01-02T15:04:05Z07:00", time.Second},
	} {
		if strings.ContainsAny(iso, ".,") {
			break // time.Parse would take fractions of a second
		}
		if t, err := time.ParseInLocation(layout.layout, iso, p.o.Zone); err == nil {
			return point{start: t, end: t.Add(layout.length), text: iso}, checkYear(t.Year(), s)
		}
	}
	return at, dateTrouble(s)
}

func checkYear(y int, s string) string {
	if y < 1 {
		return "“" + s + "” is no year of the calendar"
	}
	return ""
}

func (p *parser) day(y int, m time.Month, d int) time.Time {
	return time.Date(y, m, d, 0, 0, 0, 0, p.o.Zone)
}

// relative finds what a relative word stands for.
func relative(word string) (func(y int, m time.Month, d int, now time.Time) (start, end time.Time, ok bool), bool) {
	date := func(now time.Time, y int, m time.Month, d int) time.Time {
		return time.Date(y, m, d, 0, 0, 0, 0, now.Location())
	}
	span := func(years, months, days, back int, week bool) func(int, time.Month, int, time.Time) (time.Time, time.Time, bool) {
		return func(y int, m time.Month, d int, now time.Time) (time.Time, time.Time, bool) {
			switch {
			case years > 0:
				return date(now, y-back, 1, 1), date(now, y-back+1, 1, 1), true
			case months > 0:
				return date(now, y, m-time.Month(back), 1), date(now, y, m-time.Month(back)+1, 1), true
			case week: // ISO 8601: weeks begin on Monday
				monday := d - (int(now.Weekday())+6)%7 - 7*back
				return date(now, y, m, monday), date(now, y, m, monday+7), true
			}
			return date(now, y, m, d-back), date(now, y, m, d-back+days), true
		}
	}
	switch word {
	case "today":
		return span(0, 0, 1, 0, false), true
	case "yesterday":
		return span(0, 0, 1, 1, false), true
	case "this-week":
		return span(0, 0, 0, 0, true), true
	case "last-week":
		return span(0, 0, 0, 1, true), true
	case "this-month":
		return span(0, 1, 0, 0, false), true
	case "last-month":
		return span(0, 1, 0, 1, false), true
	case "this-year":
		return span(1, 0, 0, 0, false), true
	case "last-year":
		return span(1, 0, 0, 1, false), true
	}
	if len(word) < 3 || len(word) > 6 || word[0] != '-' || !isDigits(word[1:len(word)-1]) {
		return nil, false
	}
	n, _ := strconv.Atoi(word[1 : len(word)-1])
	unit := word[len(word)-1]
	if !strings.ContainsRune("hdwmy", rune(unit)) {
		return nil, false
	}
	return func(y int, m time.Month, d int, now time.Time) (start, end time.Time, ok bool) {
		switch unit {
		case 'h':
			t := now.Add(-time.Duration(n) * time.Hour)
			return t, t, true
		case 'd':
			start, end = date(now, y, m, d-n), date(now, y, m, d-n+1)
		case 'w':
			start, end = date(now, y, m, d-7*n), date(now, y, m, d-7*n+1)
		case 'm':
			start = monthsAgo(now, y, int(m)-n, d)
		case 'y':
			start = monthsAgo(now, y-n, int(m), d)
		}
		if end.IsZero() {
			end = date(now, start.Year(), start.Month(), start.Day()+1)
		}
		return start, end, start.Year() > 0
	}, true
}

// monthsAgo is a day of an earlier month, or that month's last day where it is shorter.
func monthsAgo(now time.Time, y, m, d int) time.Time {
	last := time.Date(y, time.Month(m)+1, 0, 0, 0, 0, 0, now.Location())
	return time.Date(last.Year(), last.Month(), min(d, last.Day()), 0, 0, 0, 0, now.Location())
}

// dateTrouble says what is wrong with something that should have been a date.
func dateTrouble(s string) string {
	if s == "" {
		return "a date is missing"
	}
	parts := strings.FieldsFunc(s, func(r rune) bool { return r == '/' || r == '.' || r == '-' })
	if len(parts) == 3 && isDigits(strings.Join(parts, "")) {
		if len(parts[0]) == 4 && strings.Count(s, "-") == 2 && len(s) == 10 {
			return "“" + s + "” is not in the calendar"
		}
		return "“" + s + "” is not a date: write year-month-day, such as 2026-11-21"
	}
	return "“" + s + "” is not a date"
}

// Preset is a stretch of time that is often asked for.
type Preset struct {
	Title  string
	Filter string // filter text; relative, so that it moves on with the days
}

// DatePresets are what the d key offers.
var DatePresets = []Preset{
	{"Today", "created:today"},
	{"Yesterday", "created:yesterday"},
	{"Last 7 days", "created:-6d..today"},
	{"Last 30 days", "created:-29d..today"},
	{"This month", "created:this-month"},
	{"Last month", "created:last-month"},
	{"This year", "created:this-year"},
}
