package export

import (
	"bytes"
	"io"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
)

// flushAt is how many bytes are gathered before they are written out.
const flushAt = 128 << 10

// encoder writes the cells of a CSV file, one after the other, into one buffer.
type encoder struct {
	w   io.Writer
	buf []byte

	sep, mark byte
	eol       string
	raw       bool
	dash      string // for an amount that is not known
	exact     bool   // write amounts as the platform wrote them, where that says more
	special   [256]bool
	when      *dates
	now       time.Time // which exceptions hold is asked at this instant

	empty       bool // no cell of this row has been written yet
	bytes       int64
	neutralised int64
	phones      int64 // of those

	currency string // the last one, with
	exponent int    // its decimals
}

func newEncoder(w io.Writer, f Format, zone *time.Location) *encoder {
	e := &encoder{
		w: w, buf: make([]byte, 0, flushAt+(16<<10)), sep: f.Separator, mark: f.Decimal, eol: "\n", raw: f.Raw, dash: "–",
		when: newDates(zone, f.Dates), empty: true,
	}
	if f.CRLF {
		e.eol = "\r\n"
	}
	if f.Decimal == '.' { // for programs: they want a number or nothing, and every decimal that there is
		e.dash = ""
		e.exact = true
	}
	// Every separator in use is quoted, not only this file's: whoever guesses the wrong one still sees whole cells.
	for _, b := range []byte{f.Separator, ',', ';', '\t', '|', '"', '\r', '\n', 0} {
		e.special[b] = true
	}
	if f.BOM {
		e.buf = append(e.buf, "\ufeff"...)
	}
	return e
}

// row ends a row and writes the buffer out when it is full.
func (e *encoder) row() error {
	e.buf = append(e.buf, e.eol...)
	e.empty = true
	if len(e.buf) < flushAt {
		return nil
	}
	return e.flush()
}

func (e *encoder) flush() error {
	n, err := e.w.Write(e.buf)
	e.bytes += int64(n)
	e.buf = e.buf[:0]
	return err
}

// written is how many bytes there are so far.
func (e *encoder) written() int64 { return e.bytes + int64(len(e.buf)) }

// next begins a cell.
func (e *encoder) next() {
	if e.empty {
		e.empty = false
		return
	}
	e.buf = append(e.buf, e.sep)
}

// skip writes n empty cells.
func (e *encoder) skip(n int) {
	for range n {
		e.next()
	}
}

// text writes a cell that holds somebody's words.
func (e *encoder) text(s []byte) {
	e.next()
	if len(s) == 0 {
		return
	}
	if suspect[s[0]] && !e.raw && Hazardous(s) {
		e.neutralised++
		if isPhone(s) {
			e.phones++
		}
		e.quoted("'", s)
		return
	}
	if s[0] == ' ' || s[len(s)-1] == ' ' { // some readers trim what is not quoted
		e.quoted("", s)
		return
	}
	for _, b := range s {
		if e.special[b] {
			e.quoted("", s)
			return
		}
	}
	e.buf = append(e.buf, s...)
}

// isPhone tells whether a cell is nothing but a telephone number with its country: "+48 42 555 01 03". It would not
// run, but a spreadsheet would add it up.
func isPhone(s []byte) bool {
	if len(s) < 2 || s[0] != '+' || s[1] < '0' || s[1] > '9' {
		return false
	}
	for _, b := range s[2:] {
		if (b < '0' || b > '9') && b != ' ' && b != '-' && b != '(' && b != ')' && b != '.' {
			return false
		}
	}
	return true
}

func (e *encoder) string(s string) { e.text([]byte(s)) }

// quoted writes a cell in quotes. NUL, on which many readers stop, becomes the replacement character.
func (e *encoder) quoted(prefix string, s []byte) {
	e.buf = append(e.buf, '"')
	e.buf = append(e.buf, prefix...)
	for {
		i := bytes.IndexAny(s, "\"\x00\r")
		if i < 0 {
			break
		}
		e.buf = append(e.buf, s[:i]...)
		switch s[i] {
		case '"':
			e.buf = append(e.buf, `""`...)
		case 0:
			e.buf = append(e.buf, "\ufffd"...)
		case '\r': // a line break within a cell is LF; a lone CR would end the row for some readers
			e.buf = append(e.buf, '\n')
			if i+1 < len(s) && s[i+1] == '\n' {
				i++
			}
		}
		s = s[i+1:]
	}
	e.buf = append(e.buf, s...)
	e.buf = append(e.buf, '"')
}

// word writes a cell of our own vocabulary, which needs neither quotes nor neutralising.
func (e *encoder) word(s string) {
	e.next()
	e.buf = append(e.buf, s...)
}

// code writes a postal code, or another text of digits that a spreadsheet would take for a number and rob of its
// zeros: an apostrophe before it keeps it a text. Readers take exactly one apostrophe off such a column.
func (e *encoder) code(s string) {
	if e.raw || s == "" || Hazardous([]byte(s)) || (s[0] < '0' || s[0] > '9') && s[0] != '\'' {
		e.string(s)
		return
	}
	e.next()
	e.quoted("'", []byte(s))
}

// date writes an instant in Unix milliseconds; 0 is none.
func (e *encoder) date(ms int64) {
	e.next()
	if ms == 0 {
		return
	}
	sec := ms / 1000
	if ms%1000 < 0 {
		sec--
	}
	e.buf = e.when.append(e.buf, sec)
}

func (e *encoder) time(t time.Time) {
	if t.IsZero() {
		e.next()
		return
	}
	e.next()
	e.buf = e.when.append(e.buf, t.Unix())
}

// amount writes minor units of a currency; without a currency there is nothing.
func (e *encoder) amount(minor int64, currency []byte) {
	e.next()
	if len(currency) == 0 {
		return
	}
	if e.currency != string(currency) {
		e.currency = string(currency)
		e.exponent = order.Exponent(e.currency)
	}
	e.buf = appendDecimal(e.buf, minor, e.exponent, e.mark)
}

// unknown writes the cell of an amount that is not known.
func (e *encoder) unknown() { e.word(e.dash) }

// money writes an amount. For machines it is the platform's own text where that says more than minor units can.
func (e *encoder) money(m order.Money) {
	if m.Exact != "" && e.exact && plainDecimal(m.Exact) {
		e.word(m.Exact)
		return
	}
	e.amount(m.Minor, []byte(m.Currency))
}

// plainDecimal tells whether a text is nothing but a number, so that it can never be a formula.
func plainDecimal(s string) bool {
	if s != "" && s[0] == '-' {
		s = s[1:]
	}
	for i := range len(s) {
		if (s[i] < '0' || s[i] > '9') && s[i] != '.' {
			return false
		}
	}
	return s != ""
}

// quantity writes how many, with as many decimals as it needs.
func (e *encoder) quantity(q order.Quantity) {
	e.next()
	n, decimals := int64(q), 4
	for decimals > 0 && n%10 == 0 {
		n /= 10
		decimals--
	}
	e.buf = appendDecimal(e.buf, n, decimals, e.mark)
}

func (e *encoder) bool(b bool) {
	if b {
		e.word("true")
	} else {
		e.word("false")
	}
}
