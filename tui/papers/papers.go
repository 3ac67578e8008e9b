// Package papers shows the four things that a placed order has: its tracking, the branded invoice, the receipt, and what
// was refunded.
package papers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	tea "charm.land/bubbletea/v2"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/tui/action"
	"github.com/orderdeck/orderdeck/tui/detail"
	"github.com/orderdeck/orderdeck/tui/draw"
	"github.com/orderdeck/orderdeck/tui/theme"
	"github.com/orderdeck/orderdeck/tui/ui"
)

// Screen is one open paper.
type Screen struct {
	ctx    *ui.Context
	arg    ui.PaperArg
	rec    *order.Record
	err    error
	at     int // which placement, of those that have such a paper
	paper  *ui.Paper
	why    error // why there is no paper
	req    uint64
	scroll int
	lines  int
	height int
	box    draw.Box
}

type (
	recordMsg struct {
		to  *Screen
		rec order.Record
		err error
	}
	paperMsg struct {
		to    *Screen
		req   uint64
		paper ui.Paper
		err   error
	}
	doneMsg struct{ to *Screen }
)

// New opens what an action shows of an order.
func New(ctx *ui.Context, arg ui.PaperArg) *Screen { return &Screen{ctx: ctx, arg: arg} }

// Init reads the order.
func (s *Screen) Init() tea.Cmd {
	id, st := s.arg.ID, s.ctx.Store
	return func() tea.Msg {
		rec, err := st.Record(context.Background(), id)
		return recordMsg{s, rec, err}
	}
}

// Update takes answers and news.
func (s *Screen) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case recordMsg:
		if m.to != s {
			return nil
		}
		if s.err = m.err; m.err != nil {
			return nil
		}
		s.rec = &m.rec
		s.at = max(0, min(s.at, len(s.placements())-1))
		return s.look()
	case paperMsg:
		if m.to == s && m.req == s.req {
			s.paper, s.why = &m.paper, m.err
		}
	case doneMsg:
		if m.to == s {
			return s.Init()
		}
	case ui.StoreChanged:
		if ids := m.Change.IDs; len(ids) == 0 || slices.Contains(ids, s.arg.ID) {
			return s.Init()
		}
	}
	return nil
}

// placements are those that have such a paper.
func (s *Screen) placements() []*order.Placement {
	var out []*order.Placement
	if s.rec == nil {
		return nil
	}
	for i := range s.rec.Placements {
		p := &s.rec.Placements[i]
		paid := p.State.Live() && p.State != order.PlacementPending
		if paid || s.arg.What == action.Receipt && !p.CheckedOut.IsZero() || s.arg.What == action.Refund {
			out = append(out, p)
		}
	}
	return out
}

func (s *Screen) placement() *order.Placement {
	if all := s.placements(); s.at < len(all) {
		return all[s.at]
	}
	return nil
}

// look makes the paper of the placement, for looking at it.
func (s *Screen) look() tea.Cmd {
	maker := map[action.ID]func(context.Context, *order.Record, order.Placement) (ui.Paper, error){
		action.Invoice: s.ctx.Papers.Invoice, action.Receipt: s.ctx.Papers.Receipt,
	}[s.arg.What]
	p := s.placement()
	if maker == nil || p == nil {
		return nil
	}
	s.req++
	req, rec, place := s.req, s.rec, *p
	return func() tea.Msg {
		paper, err := maker(context.Background(), rec, place)
		return paperMsg{s, req, paper, err}
	}
}

// Do scrolls, steps through the placements, copies, writes, closes.
func (s *Screen) Do(a action.Action) (tea.Cmd, bool) {
	switch a.ID {
	case action.Up, action.ScrollUp:
		s.by(-1)
	case action.Down, action.ScrollDown:
		s.by(1)
	case action.PageUp:
		s.by(-s.height)
	case action.PageDown, action.Select:
		s.by(s.height)
	case action.Top:
		s.by(-s.lines)
	case action.Bottom:
		s.by(s.lines)
	case action.NextTab, action.NextOrder:
		return s.step(1), true
	case action.PrevTab, action.PrevOrder:
		return s.step(-1), true
	case action.Back, action.Quit, action.Open:
		return s.ctx.Close(s), true
	default:
		ok, why, known := s.Can(a.ID)
		switch {
		case !known:
			return nil, false
		case !ok:
			return ui.Say(a.Label + ": " + why), true
		}
		return s.act(a.ID), true
	}
	return nil, true
}

func (s *Screen) by(n int) { s.scroll = max(0, min(s.scroll+n, s.lines-s.height)) }

func (s *Screen) step(n int) tea.Cmd {
	all := len(s.placements())
	if all < 2 {
		return nil
	}
	s.at, s.paper, s.why, s.scroll = (s.at+n+all)%all, nil, nil, 0
	return s.look()
}

// Can tells whether an action would do something now, and why not.
func (s *Screen) Can(id action.ID) (ok bool, why string, known bool) {
	p := s.placement()
	switch id {
	case action.Back, action.Up, action.Down, action.NextTab, action.PrevTab, action.NextOrder, action.PrevOrder:
		return true, "", true
	case action.Copy:
		return s.rec != nil, "the order is still being read", true
	case action.Browse:
		return s.link() != "", "there is no link", true
	case action.WritePaper:
		switch {
		case s.arg.What != action.Invoice && s.arg.What != action.Receipt:
			return false, "this is nothing that is written", true
		case p == nil:
			return false, "it has not been placed", true
		case s.arg.What == action.Invoice && s.ctx.Papers.WriteInvoice == nil, s.arg.What == action.Receipt && s.ctx.Papers.WriteReceipt == nil:
			return false, "documents cannot be made here", true
		case s.why != nil:
			return false, s.why.Error(), true
		}
		if v := detail.Verdict(s.ctx, s.rec, s.arg.What); !v.Allowed {
			return false, v.Reason, true
		}
		return true, "", true
	case action.Refund:
		if s.arg.What != action.Refund || s.rec == nil {
			return false, "", false
		}
		ok, why = detail.CanAct(s.ctx, s.rec, order.ActRefund)
		return ok, why, true
	case action.AddTracking:
		return s.arg.What == action.Tracking && p != nil && s.ctx.Desk != nil, "it has not been placed", true
	}
	return false, "", false
}

func (s *Screen) act(id action.ID) tea.Cmd {
	switch id {
	case action.Copy:
		return s.ctx.Open(ui.Open{Kind: ui.KindMenu, Arg: s.copyMenu()})
	case action.Browse:
		return ui.Send(ui.BrowseURL{URL: s.link()})
	case action.Refund:
		return s.ctx.Open(ui.Open{Kind: ui.KindAct, Arg: ui.ActArg{IDs: []int64{s.arg.ID}, Kind: order.ActRefund}})
	case action.AddTracking:
		return s.ctx.Open(ui.Open{Kind: ui.KindMenu, Arg: s.trackingMenu()})
	}
	if s.arg.What == action.Invoice {
		return s.write(".pdf", s.ctx.Papers.WriteInvoice)
	}
	return s.ctx.Open(ui.Open{Kind: ui.KindMenu, Arg: ui.MenuSpec{
		Title: "Write the receipt", Items: []ui.MenuItem{{Title: "as a PDF", Value: ".pdf"}, {Title: "as text", Value: ".txt"}},
		Choose: func(it ui.MenuItem) tea.Cmd { return s.write(it.Value.(string), s.ctx.Papers.WriteReceipt) },
	}})
}

// write writes the paper beside those that were written before, never over one of them.
func (s *Screen) write(ext string, write func(context.Context, *order.Record, order.Placement, string) error) tea.Cmd {
	rec, p, folder := s.rec, *s.placement(), cmp.Or(s.ctx.Papers.Folder, ".")
	name := safe(string(s.arg.What) + "-" + rec.Store + "-" + rec.Number + "-" + p.Supplier)
	return func() tea.Msg {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return ui.Toast{Text: "the folder of the documents cannot be made: " + err.Error(), Bad: true}
		}
		path := filepath.Join(folder, name+ext)
		for i := 2; ; i++ {
			if _, err := os.Lstat(path); errors.Is(err, os.ErrNotExist) {
				break
			}
			path = filepath.Join(folder, fmt.Sprintf("%s-%d%s", name, i, ext))
		}
		if err := write(context.Background(), rec, p, path); err != nil {
			return ui.Toast{Text: err.Error(), Bad: true}
		}
		if abs, err := filepath.Abs(path); err == nil {
			path = abs
		}
		return ui.Toast{Text: "written: " + path}
	}
}

// safe makes a name that every file system takes.
func safe(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '.' {
			return r
		}
		return '_'
	}, name)
}

// link is the address of the first parcel that has one.
func (s *Screen) link() string {
	for _, p := range s.parcels() {
		if detail.WebAddress(p.URL) {
			return p.URL
		}
	}
	return ""
}

// parcels are those of the placement, else those that the store knows.
func (s *Screen) parcels() []order.Parcel {
	var out []order.Parcel
	if s.rec == nil {
		return nil
	}
	for _, p := range s.placements() {
		out = append(out, p.Parcels...)
	}
	if len(out) == 0 {
		for _, f := range s.rec.Fulfilments {
			out = append(out, order.Parcel{Carrier: f.Carrier, Tracking: f.Tracking, URL: f.URL, ShippedAt: f.At})
		}
	}
	return out
}

func (s *Screen) copyMenu() ui.MenuSpec {
	m := ui.MenuSpec{Title: "Copy", Empty: "there is nothing to copy", Choose: func(it ui.MenuItem) tea.Cmd {
		return ui.Send(ui.CopyText{Text: it.Value.(string), What: it.Title})
	}}
	add := func(title, value string) {
		if value != "" {
			m.Items = append(m.Items, ui.MenuItem{Title: title, Help: value, Value: value})
		}
	}
	for _, p := range s.parcels() {
		add("tracking number", p.Tracking)
		add("link", p.URL)
		add("carrier and number", strings.TrimSpace(p.Carrier+" "+p.Tracking))
	}
	for _, p := range s.placements() {
		add("supplier's order", p.SupplierNo)
		add("receipt", p.Receipt)
	}
	if s.paper != nil && s.paper.Text != "" {
		m.Items = append(m.Items, ui.MenuItem{Title: "the whole text", Value: s.paper.Text})
	}
	return m
}

// trackingMenu takes a tracking number that a supplier sent by mail.
func (s *Screen) trackingMenu() ui.MenuSpec {
	return ui.MenuSpec{
		Title: "Enter tracking", Prompt: "carrier, number and link, in one line, then ⏎",
		Empty: "For example: DHL 00340434161094 https://www.dhl.de/track?id=00340434161094. What is pasted is understood, too.",
		Accept: func(text string) tea.Cmd {
			parcel, odd, err := ReadParcel(text)
			if err != nil {
				return ui.Complain(err)
			}
			if odd == "" {
				return s.addParcel(parcel)
			}
			return s.ctx.Open(ui.Open{Kind: ui.KindMenu, Arg: ui.MenuSpec{
				Title: parcel.Tracking + ": " + odd, Items: []ui.MenuItem{{Title: "no, change it", Mark: true, Value: false}, {Title: "yes, keep it as it is typed", Value: true}},
				Choose: func(it ui.MenuItem) tea.Cmd {
					if it.Value != true {
						return s.ctx.Open(ui.Open{Kind: ui.KindMenu, Arg: s.trackingMenu()})
					}
					return s.addParcel(parcel)
				},
			}})
		},
	}
}

func (s *Screen) addParcel(parcel order.Parcel) tea.Cmd {
	desk, who, ref := s.ctx.Desk, s.ctx.Who, s.placement().Reference
	parcel.ShippedAt = s.ctx.Now()
	return ui.Carry(func() (string, error) {
		return "tracking " + parcel.Tracking + " is kept; the store is told where that is set", desk.AddParcel(context.Background(), who, ref, parcel)
	}, doneMsg{s})
}

// ReadParcel understands a line with a carrier, a tracking number and a link, in any order. odd says why the number
// looks like none, where it does.
func ReadParcel(text string) (p order.Parcel, odd string, err error) {
	var carrier []string
	for _, word := range strings.Fields(text) {
		word = strings.Trim(word, ",;<>")
		switch {
		case strings.Contains(word, "://"):
			if !detail.WebAddress(word) {
				return p, "", fmt.Errorf("%q is no address of the web; only http and https links are kept", word)
			}
			p.URL = word
		case p.Tracking == "" && strings.ContainsFunc(word, unicode.IsDigit):
			p.Tracking = word
		case word != "":
			carrier = append(carrier, word)
		}
	}
	p.Carrier = strings.Join(carrier, " ")
	switch {
	case p.Tracking == "" && p.URL == "":
		return p, "", errors.New("there is no tracking number in it: type the carrier and the number, such as DHL 00340434161094")
	case p.Tracking == "":
		return p, "", errors.New("a link alone is not enough: type the number, too")
	case len(p.Tracking) < 6:
		odd = "this is short for a tracking number"
	case len(p.Tracking) > 40:
		odd = "this is long for a tracking number"
	case strings.Trim(strings.ToUpper(p.Tracking), "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-./") != "":
		odd = "tracking numbers have letters, digits and dashes only"
	}
	return p, odd, nil
}

// Footer names what matters most now.
func (s *Screen) Footer() []action.ID {
	out := []action.ID{action.Back}
	switch s.arg.What {
	case action.Tracking:
		out = append(out, action.Copy, action.Browse, action.AddTracking)
	case action.Invoice, action.Receipt:
		out = append(out, action.WritePaper, action.Copy)
	default:
		return append(out, action.Refund, action.Copy)
	}
	if len(s.placements()) > 1 {
		out = append(out, action.NextOrder)
	}
	return out
}

// Name says what turning over means here.
func (s *Screen) Name(id action.ID) string {
	if id == action.NextOrder {
		return "next purchase"
	}
	return ""
}

// Size is how large the dialog wants to be.
func (s *Screen) Size(w, h int) (int, int) {
	width := min(100, w-4)
	return width, max(min(len(s.text(width-4))+3, h-2), min(8, h))
}

// Click closes the dialog when it hits what is outside.
func (s *Screen) Click(x, y int, _ bool) tea.Cmd {
	if !s.box.Contains(x, y) {
		return s.ctx.Close(s)
	}
	return nil
}

// Wheel scrolls.
func (s *Screen) Wheel(_, _, n int) tea.Cmd {
	s.by(n)
	return nil
}

// Draw paints the paper.
func (s *Screen) Draw(c *draw.Canvas, b draw.Box) {
	s.box = b
	word := string(s.arg.What)
	title := strings.ToUpper(word[:1]) + word[1:]
	if s.rec != nil {
		title += " of #" + s.rec.Number
	}
	in := ui.Frame(c, b, title)
	in.Y, in.H = in.Y+1, max(0, in.H-1)
	if all := s.placements(); len(all) > 1 {
		c.TextRight(draw.Box{X: b.X + 2, Y: b.Y, W: b.W - 4, H: 1}, fmt.Sprintf(" %d of %d · %s next ", s.at+1, len(all), s.ctx.Keys.Key(action.NextOrder)), theme.DimText.On(theme.OverlayBG))
	}
	lines := s.text(in.W)
	s.lines, s.height = len(lines), in.H
	s.by(0)
	detail.Draw(c, in, lines, s.scroll)
	if s.scroll+in.H < len(lines) && in.H > 0 {
		c.TextRight(in.Row(in.H-1), " ↓ more", theme.FaintTxt)
	}
}

var _ interface {
	ui.Screen
	ui.Sized
	ui.Clicker
} = (*Screen)(nil)
