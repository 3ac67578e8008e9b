package locale

import (
	"strconv"
	"time"
)

// Date writes a day with its month as a word: "21 Nov 2026". The zero time is "".
func (l Locale) Date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return strconv.Itoa(t.Day()) + " " + l.Month(t.Month()) + " " + strconv.Itoa(t.Year())
}

// Numeric writes a day in digits: "21/11/2026". The zero time is "".
func (l Locale) Numeric(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(l.orEnglish().numeric)
}

// DateTime writes a day and a minute: "21 Nov 2026 14:02". The zero time is "".
func (l Locale) DateTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return l.Date(t) + t.Format(" 15:04")
}

// Short writes an instant in twelve cells for lists: "21 Nov 14:02" within the year of now, "21 Nov  2025" before it.
// Both instants must be in the zone to show. The zero time is "".
func (l Locale) Short(t, now time.Time) string {
	if t.IsZero() {
		return ""
	}
	if t.Year() != now.Year() {
		return l.day(t) + "  " + t.Format("2006")
	}
	return l.day(t) + t.Format(" 15:04")
}

// day is six cells: days before the tenth are padded, so that columns line up.
func (l Locale) day(t time.Time) string { return t.Format("_2 ") + l.Month(t.Month()) }

// ISO writes an instant for machines, to the second, with its offset: "2026-11-21T14:02:00-03:00". It is the same in
// every locale. The zero time is "".
func ISO(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}

// Ago says how long ago something was: "12 s ago", "3 min ago", "2 h ago", "5 d ago". Less than a second, or a time in
// the future by a clock that is a little off, is "just now".
func (l Locale) Ago(d time.Duration) string {
	if d < time.Second {
		return "just now"
	}
	return l.Duration(d) + " ago"
}

// Duration writes how long something takes or took in its largest unit, rounded down: "45 s", "12 min", "3 h", "6 d".
func (l Locale) Duration(d time.Duration) string {
	if d < 0 {
		d = 0
	}
	switch {
	case d < time.Minute:
		return l.Number(int64(d/time.Second)) + " s"
	case d < time.Hour:
		return l.Number(int64(d/time.Minute)) + " min"
	case d < 48*time.Hour:
		return l.Number(int64(d/time.Hour)) + " h"
	}
	return l.Number(int64(d/(24*time.Hour))) + " d"
}
