// Package sheet reads tables as people export them: CSV, semicolons and tabs, whatever the spreadsheet in whatever
// country made of it. It finds out the encoding and the delimiter, and how a column writes numbers and dates, and never
// guesses silently: what a column leaves open is an error that names it.
package sheet

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/orderdeck/orderdeck/store/order/text"
)

// The encodings of Options.Legacy, for files that are not UTF-8 and do not say what they are.
const (
	Windows1252 = "windows-1252" // Western Europe, Brazil
	Windows1250 = "windows-1250" // Central Europe
)

// maxRecord is how many bytes a row may have. One quote that nobody closed would else be the rest of the file.
const maxRecord = 4 << 20

// sampled is how many rows the delimiter is found out from.
const sampled = 100

// Options says what a file cannot say of itself.
type Options struct {
	Comma  rune   // 0 = found out
	Legacy string // "" = Windows1252, with a notice
}

// Table is one file. It is read row by row and may be read again from its beginning.
type Table struct {
	// Header are the names of the columns, trimmed.
	Header []string
	// Encoding and Comma are what was found out.
	Encoding string
	Comma    rune
	// Notices are sentences about what was assumed.
	Notices []string

	src    io.ReadSeeker
	legacy encoding.Encoding
	csv    *csv.Reader
	bound  *bound
	row    Row
	last   int // line of the last row that was read
}

// Row is one row of a table; it counts until the next one is read.
type Row struct {
	Line  int      // in the file, from 1
	Cells []string // as many as the header has
}

// RowError is a row that cannot be read; the next one may be.
type RowError struct {
	Line int
	Text string
}

// Error is the sentence.
func (e *RowError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Text) }

// Open looks at a file: its encoding, its delimiter, its header.
func Open(src io.ReadSeeker, o Options) (*Table, error) {
	t := &Table{src: src, Comma: o.Comma}
	if err := t.findEncoding(o.Legacy); err != nil {
		return nil, err
	}
	if t.Comma == 0 {
		if err := t.findComma(); err != nil {
			return nil, err
		}
	}
	return t, t.Rewind()
}

// Rewind goes back to the first row below the header.
func (t *Table) Rewind() error {
	if err := t.start(t.Comma); err != nil {
		return err
	}
	for {
		cells, _, err := t.record()
		switch {
		case errors.Is(err, io.EOF):
			return errors.New("the file is empty: there is no header in it")
		case err != nil:
			return err
		case blank(cells) || isSep(cells):
			continue
		}
		t.Header = make([]string, len(cells))
		for i, c := range cells {
			t.Header[i] = strings.TrimSpace(text.Clean(c))
		}
		return nil
	}
}

// isSep recognises the first line "sep=;" that some spreadsheets want.
func isSep(cells []string) bool {
	return len(cells) <= 2 && strings.HasPrefix(strings.ToLower(strings.TrimSpace(cells[0])), "sep=")
}

func blank(cells []string) bool {
	return !slices.ContainsFunc(cells, func(c string) bool { return strings.TrimSpace(c) != "" })
}

// Next reads a row. The error is io.EOF at the end and a *RowError for one that is to be left out.
func (t *Table) Next() (*Row, error) {
	for {
		cells, line, err := t.record()
		if err != nil {
			return nil, err
		}
		if blank(cells) {
			continue
		}
		t.row.Line = line
		switch n := len(t.Header); {
		case len(cells) > n && blank(cells[n:]):
			cells = cells[:n]
		case len(cells) > n:
			return nil, &RowError{line, fmt.Sprintf("it has %d cells, and there are only %d columns", len(cells), n)}
		}
		t.row.Cells = append(t.row.Cells[:0], cells...)
		for len(t.row.Cells) < len(t.Header) {
			t.row.Cells = append(t.row.Cells, "")
		}
		return &t.row, nil
	}
}

func (t *Table) record() ([]string, int, error) {
	t.bound.left = maxRecord
	cells, err := t.csv.Read()
	line := 0
	if len(cells) > 0 {
		line, _ = t.csv.FieldPos(0)
	}
	var bad *csv.ParseError
	switch {
	case errors.Is(err, errTooLong):
		return nil, 0, fmt.Errorf("after line %d a row has more than 4 MB: a quote is opened there and never closed", t.last)
	case errors.As(err, &bad):
		return nil, 0, &RowError{bad.StartLine, "its quotes do not match: a quote within a quoted cell is written twice"}
	case err != nil:
		return nil, 0, err
	}
	t.last = line
	for _, c := range cells {
		if strings.IndexByte(c, 0) >= 0 {
			return nil, 0, &RowError{line, "it has a NUL byte in it, which no text has"}
		}
	}
	return cells, line, nil
}

// start makes a reader from the beginning of the file.
func (t *Table) start(comma rune) error {
	if _, err := t.src.Seek(0, io.SeekStart); err != nil {
		return err
	}
	t.bound = &bound{r: t.legacy.NewDecoder().Reader(bufio.NewReaderSize(t.src, 64<<10)), left: maxRecord}
	t.csv = csv.NewReader(t.bound)
	t.csv.Comma, t.csv.FieldsPerRecord, t.csv.ReuseRecord = comma, -1, true
	return nil
}

var errTooLong = errors.New("the row is too long")

// bound lets only so much through.
type bound struct {
	r    io.Reader
	left int
}

func (b *bound) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTooLong
	}
	n, err := b.r.Read(p)
	b.left -= n
	return n, err
}

func (t *Table) findEncoding(legacy string) error {
	if _, err := t.src.Seek(0, io.SeekStart); err != nil {
		return err
	}
	head := make([]byte, 4)
	n, err := io.ReadFull(t.src, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return err
	}
	head = head[:n]
	switch {
	case n == 0:
		return errors.New("the file is empty")
	case strings.HasPrefix(string(head), "PK"):
		return errors.New("this is a workbook, not text: save it as CSV in the spreadsheet, and give that file")
	case strings.HasPrefix(string(head), "\xff\xfe"), strings.HasPrefix(string(head), "\xfe\xff"):
		t.Encoding, t.legacy = "utf-16", unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
		return nil
	}
	t.Encoding, t.legacy = "utf-8", unicode.UTF8BOM
	valid, err := t.isUTF8()
	if err != nil || valid {
		return err
	}
	switch legacy {
	case Windows1250:
		t.Encoding, t.legacy = legacy, charmap.Windows1250
	case Windows1252, "":
		t.Encoding, t.legacy = Windows1252, charmap.Windows1252
	default:
		return fmt.Errorf("%q is no encoding that can be read here; there are %s and %s beside UTF-8 and UTF-16", legacy, Windows1252, Windows1250)
	}
	if legacy == "" {
		t.Notices = append(t.Notices, "the file is not UTF-8; it was read as "+Windows1252+" (say so if it is "+Windows1250+")")
	}
	return nil
}

// isUTF8 reads the whole file.
func (t *Table) isUTF8() (bool, error) {
	if _, err := t.src.Seek(0, io.SeekStart); err != nil {
		return false, err
	}
	buf, kept := make([]byte, 256<<10), 0
	for {
		n, err := t.src.Read(buf[kept:])
		all := buf[:kept+n]
		end := len(all)
		for i := 1; i <= min(utf8.UTFMax, len(all)); i++ { // a rune may be cut in two
			if utf8.RuneStart(all[len(all)-i]) {
				if !utf8.FullRune(all[len(all)-i:]) {
					end = len(all) - i
				}
				break
			}
		}
		if !utf8.Valid(all[:end]) {
			return false, nil
		}
		kept = copy(buf, all[end:])
		switch {
		case errors.Is(err, io.EOF):
			return kept == 0, nil
		case err != nil:
			return false, err
		}
	}
}

// findComma takes the delimiter under which the first rows have the same number of cells, and the most of them.
func (t *Table) findComma() error {
	best, most := ',', 0
	for _, comma := range []rune{',', ';', '\t', '|'} {
		if err := t.start(comma); err != nil {
			return err
		}
		counts := map[int]int{}
		for n := 0; n < sampled; {
			cells, _, err := t.record()
			if errors.Is(err, io.EOF) {
				break
			}
			var bad *RowError
			if errors.As(err, &bad) {
				n++
				continue
			}
			if err != nil {
				counts = nil
				break
			}
			if n == 0 && isSep(cells) {
				if sep := strings.TrimSpace(strings.Join(cells, string(comma)))[len("sep="):]; sep != "" {
					t.Comma, _ = utf8.DecodeRuneInString(sep)
					return nil
				}
			}
			if !blank(cells) {
				counts[len(cells)]++
				n++
			}
		}
		for width, rows := range counts { // cells that agree count; one column is no table
			if score := (width - 1) * rows * rows; score > most {
				best, most = comma, score
			}
		}
	}
	t.Comma = best
	return nil
}
