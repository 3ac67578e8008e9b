package document

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"github.com/clipperhouse/uax29/v2/graphemes"

	"github.com/orderdeck/orderdeck/store/order/text"
)

// Measures of every page, in points.
const (
	margin  = 48.0
	footer  = 40.0 // kept free above the lower margin
	leading = 1.35 // of a line, in sizes of its font
	longest = 4000 // bytes of one text; nobody reads more of a title or a note, and a hostile one has to end
)

// style is how a text is set.
type style struct {
	size float64
	bold bool
	ink  colour
}

var (
	plain = style{9.5, false, ink}
	small = style{8, false, grey}
)

func (s style) in(c colour) style { s.ink = c; return s }

// sheet lays a document out: everything is put in its place first, so that the fonts and the number of pages are known
// when it is written.
type sheet struct {
	width, height float64
	title         string
	language      string
	at            time.Time // when it was made, for what the file says of itself
	faces         *typeface
	pages         []*sheetPage
	y             float64 // where the next thing goes, from the top of the page
	again         func()  // draws the head of the pages after the first
	foot          func(page, of int)
	picture       []byte // the logo, as PNG
}

type sheetPage struct {
	texts  []placed
	boxes  []box
	images []box
}

type placed struct {
	x, y  float64 // of the baseline
	text  string  // printable
	style style
}

type box struct {
	x, y, w, h float64
	fill       colour
}

func newSheet(width, height float64, title, language, font string, at time.Time) (*sheet, error) {
	faces, err := newTypeface(newFinder(font, fontFolders()))
	if err != nil {
		return nil, err
	}
	s := &sheet{width: width, height: height, title: title, language: language, at: at, faces: faces}
	s.pages = append(s.pages, &sheetPage{})
	s.y = margin
	return s, nil
}

// fontFolders is systemFolders; tests have others.
var fontFolders = systemFolders

func (s *sheet) page() *sheetPage { return s.pages[len(s.pages)-1] }

// inner is the width between the margins.
func (s *sheet) inner() float64 { return s.width - 2*margin }

// need begins a new page unless so much height is left, and tells whether it did.
func (s *sheet) need(h float64) bool {
	if s.y+h <= s.height-margin-footer || s.y <= margin {
		return false
	}
	s.pages = append(s.pages, &sheetPage{})
	s.y = margin
	if s.again != nil {
		s.again()
	}
	return true
}

// put writes one line at a place. x is the left end, or the right one, or the middle, as align (-1,
// 1, 0) says.
func (s *sheet) put(x, y float64, align int, line string, st style) {
	line = s.faces.printable(text.Clean(text.Limit(line, longest)), st.bold)
	w := s.faces.width(line, st.bold, st.size)
	switch align {
	case 1:
		x -= w
	case 0:
		x -= w / 2
	}
	if line != "" {
		s.page().texts = append(s.page().texts, placed{x, y + st.size, line, st})
	}
}

// wrap breaks a text into lines of a width. Words that are longer than a line are broken between characters.
func (s *sheet) wrap(t string, width float64, st style) []string {
	var out []string
	for _, paragraph := range strings.Split(text.CleanLines(text.Limit(t, longest)), "\n") {
		paragraph = s.faces.printable(paragraph, st.bold)
		line := ""
		flush := func() { out, line = append(out, line), "" }
		for _, word := range strings.Fields(paragraph) {
			joined := word
			if line != "" {
				joined = line + " " + word
			}
			if s.faces.width(joined, st.bold, st.size) <= width {
				line = joined
				continue
			}
			if line != "" {
				flush()
			}
			for g := graphemes.FromString(word); g.Next(); {
				if line != "" && s.faces.width(line+g.Value(), st.bold, st.size) > width {
					flush()
				}
				line += g.Value()
			}
		}
		flush()
	}
	for len(out) > 0 && out[len(out)-1] == "" {
		out = out[:len(out)-1]
	}
	return out
}

// oneLine is a text cut to a width.
func (s *sheet) oneLine(t string, width float64, st style) string {
	lines := s.wrap(strings.ReplaceAll(t, "\n", " "), width, st)
	switch len(lines) {
	case 0:
		return ""
	case 1:
		return lines[0]
	}
	return lines[0] + " …"
}

// block writes lines below each other at a place, and gives the height.
func (s *sheet) block(x, y float64, align int, lines []string, st style) float64 {
	for i, line := range lines {
		s.put(x, y+float64(i)*st.size*leading, align, line, st)
	}
	return float64(len(lines)) * st.size * leading
}

// rect fills a rectangle.
func (s *sheet) rect(x, y, w, h float64, fill colour) {
	s.page().boxes = append(s.page().boxes, box{x, y, w, h, fill})
}

// rule draws a line across the page where it stands.
func (s *sheet) rule(height float64, c colour) { s.rect(margin, s.y, s.inner(), height, c) }

// paragraphs writes a text over the width at s.y, on one page where it fits.
func (s *sheet) paragraphs(t string, width float64, st style) {
	lines := s.wrap(t, width, st)
	if high := float64(len(lines)) * st.size * leading; high < s.height/2 {
		s.need(high)
	}
	for _, line := range lines {
		s.need(st.size * leading)
		s.put(margin, s.y, -1, line, st)
		s.y += st.size * leading
	}
}

// pairs writes names and values below each other; values are wrapped. Empty values are left out.
func (s *sheet) pairs(rows [][2]string, label float64) {
	for _, row := range rows {
		if strings.TrimSpace(row[1]) == "" {
			continue
		}
		lines := s.wrap(row[1], s.inner()-label, plain)
		for i, line := range lines {
			s.need(plain.size * leading)
			if i == 0 {
				s.put(margin, s.y, -1, row[0], plain.in(grey))
			}
			s.put(margin+label, s.y, -1, line, plain)
			s.y += plain.size * leading
		}
		s.y += 1.5
	}
}

// column is one column of a table.
type column struct {
	title string
	width float64 // 0 = what is left over
	right bool
}

// row is one row of a table: its cells, and what stands small below the first.
type row struct {
	cells []string
	below []string
}

// table writes rows below a head that is repeated on every page.
func (s *sheet) table(columns []column, rows []row, background, foreground colour) {
	const pad = 5.0
	left := s.inner()
	for _, c := range columns {
		left -= c.width
	}
	xs := make([]float64, len(columns)+1)
	xs[0] = margin
	for i, c := range columns {
		if c.width == 0 {
			columns[i].width = left
		}
		xs[i+1] = xs[i] + columns[i].width
	}
	cell := func(i int, y float64, line string, st style) {
		if columns[i].right {
			s.put(xs[i+1]-pad, y, 1, line, st)
			return
		}
		s.put(xs[i]+pad, y, -1, line, st)
	}
	head := func() {
		st := style{8.5, true, foreground}
		s.rect(margin, s.y, s.inner(), 20, background)
		for i, c := range columns {
			cell(i, s.y+5, c.title, st)
		}
		s.y += 24
	}
	before := s.again
	s.again = func() {
		if before != nil {
			before()
		}
		head()
	}
	if !s.need(64) {
		head() // otherwise the new page has it already
	}
	for n, r := range rows {
		wrapped := make([][]string, len(r.cells))
		high := 0
		for i, c := range r.cells {
			wrapped[i] = s.wrap(c, columns[i].width-2*pad, plain)
			high = max(high, len(wrapped[i]))
		}
		var below []string
		for _, line := range r.below {
			below = append(below, s.wrap(line, columns[0].width-2*pad, small)...)
		}
		// What a page cannot hold is cut: a row is never more than a fifth of one, whatever a title says.
		most := int((s.height - 2*margin - footer) / 5 / (plain.size * leading))
		high = min(high, most)
		below = below[:min(len(below), most)]
		first := min(len(wrapped[0]), most)
		height := max(float64(high)*plain.size*leading, float64(first)*plain.size*leading+float64(len(below))*small.size*leading)
		if !s.need(height+8) && n > 0 {
			s.rect(margin, s.y-3, s.inner(), 0.5, pale)
		}
		for i, lines := range wrapped {
			if len(lines) > most {
				lines = append(slices.Clone(lines[:most-1]), lines[most-1]+" …")
			}
			for k, line := range lines {
				cell(i, s.y+float64(k)*plain.size*leading, line, plain)
			}
		}
		for k, line := range below {
			cell(0, s.y+float64(first)*plain.size*leading+float64(k)*small.size*leading, line, small)
		}
		s.y += height + 6
	}
	s.again = before
}

// write makes the PDF. Only warnings and errors of w can come of it: everything has been laid out.
func (s *sheet) write(w io.Writer) ([]string, error) {
	defer s.faces.search.close()
	for i := range s.pages {
		if s.foot != nil {
			body := s.pages
			s.pages = body[:i+1] // where put writes
			s.foot(i+1, len(body))
			s.pages = body
		}
	}
	pdf := fpdf.NewCustom(&fpdf.InitType{UnitStr: "pt", Size: fpdf.SizeType{Wd: s.width, Ht: s.height}})
	pdf.SetCatalogSort(true)
	pdf.SetCreationDate(s.at.UTC())
	pdf.SetModificationDate(s.at.UTC())
	pdf.SetProducer("Orderdeck", true)
	pdf.SetTitle(text.Clean(s.title), true)
	pdf.SetLang(s.language)
	pdf.SetAutoPageBreak(false, 0)
	pdf.SetMargins(0, 0, 0)
	if s.picture != nil {
		pdf.RegisterImageOptionsReader("logo", fpdf.ImageOptions{ImageType: "PNG"}, bytes.NewReader(s.picture))
	}
	drawn := make([][][]run, len(s.pages))
	for i, p := range s.pages {
		for _, t := range p.texts {
			drawn[i] = append(drawn[i], s.faces.runs(t.text, t.style.bold))
		}
	}
	names := map[*face]string{}
	for i, f := range s.faces.faces() {
		runes := make([]rune, 0, len(f.used))
		for r := range f.used {
			runes = append(runes, r)
		}
		data, err := subset(f, runes)
		if err != nil {
			return nil, fmt.Errorf("a font cannot be put into the document: %w", err)
		}
		names[f] = fmt.Sprintf("f%d", i)
		pdf.AddUTF8FontFromBytes(names[f], "", data)
	}
	for i, p := range s.pages {
		pdf.AddPage()
		for _, b := range p.boxes {
			pdf.SetFillColor(b.fill.r, b.fill.g, b.fill.b)
			pdf.Rect(b.x, b.y, b.w, b.h, "F")
		}
		for _, b := range p.images {
			pdf.ImageOptions("logo", b.x, b.y, b.w, b.h, false, fpdf.ImageOptions{ImageType: "PNG"}, 0, "")
		}
		for k, t := range p.texts {
			x := t.x
			pdf.SetTextColor(t.style.ink.r, t.style.ink.g, t.style.ink.b)
			for _, r := range drawn[i][k] {
				pdf.SetFont(names[r.face], "", t.style.size)
				pdf.Text(x, t.y, r.text)
				x += s.faces.width(r.text, t.style.bold, t.style.size)
			}
		}
	}
	if err := pdf.Output(w); err != nil {
		return nil, fmt.Errorf("the PDF could not be written: %w", err)
	}
	return s.faces.warnings(), nil
}
