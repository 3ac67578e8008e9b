// Package links is the picker that links a store's products to what suppliers sell: the order's products on the left, the
// suppliers' catalogues on the right, searched while one types.
package links

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/tui/action"
	"github.com/orderdeck/orderdeck/tui/ui"
)

// most is how many products are shown of a catalogue.
const most = 200

// Screen is an open link picker.
type Screen struct {
	ctx      *ui.Context
	arg      ui.LinksArg
	rec      *order.Record
	err      error
	products []product
	settings checkout.Settings

	at       int // of products
	pick     int // of found
	found    []checkout.Product
	remote   bool // found came from the supplier itself
	more     bool
	looking  bool
	query    *ui.Field
	editing  bool
	req      uint64
	fresh    bool // the catalogue has been asked once
	right    bool // the cursor is in the catalogue
	topLeft  int
	topRight int
	height   int
}

// product is one product of the order, with what it is linked to.
type product struct {
	key   string
	line  order.Line
	links []order.Link // the preferred one first
}

type (
	recordMsg struct {
		to       *Screen
		rec      order.Record
		settings checkout.Settings
		err      error
	}
	foundMsg struct {
		to     *Screen
		req    uint64
		list   []checkout.Product
		more   bool
		remote bool
		err    error
	}
	linkedMsg struct{ to *Screen }
	searchMsg struct {
		to  *Screen
		req uint64
	}
)

// New opens the picker for the products of an order.
func New(ctx *ui.Context, arg ui.LinksArg) *Screen {
	return &Screen{ctx: ctx, arg: arg, query: ui.NewField("")}
}

// Init reads the order.
func (s *Screen) Init() tea.Cmd {
	id, st, settings := s.arg.ID, s.ctx.Store, s.ctx.Settings
	return func() tea.Msg {
		m := recordMsg{to: s}
		if m.settings, m.err = settings(); m.err == nil {
			m.rec, m.err = st.Record(context.Background(), id)
		}
		return m
	}
}

// Update takes answers and news.
func (s *Screen) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case recordMsg:
		if m.to == s {
			return s.take(m)
		}
	case searchMsg:
		if m.to == s && m.req == s.req {
			return s.search()
		}
	case foundMsg:
		if m.to != s || m.req != s.req {
			return nil
		}
		s.looking = false
		if m.err != nil {
			return ui.Complain(m.err)
		}
		s.found, s.more, s.remote, s.pick, s.topRight = m.list, m.more, m.remote, 0, 0
	case linkedMsg:
		if m.to == s {
			return s.Init()
		}
	case ui.StoreChanged:
		return s.Init()
	}
	return nil
}

func (s *Screen) take(m recordMsg) tea.Cmd {
	if s.err = m.err; m.err != nil {
		return nil
	}
	s.settings, s.rec = m.settings, &m.rec
	s.products = s.products[:0:0]
	for i := range m.rec.Lines {
		l := &m.rec.Lines[i]
		key := l.ProductKey()
		if slices.ContainsFunc(s.products, func(p product) bool { return p.key == key }) {
			continue
		}
		p := product{key: key, line: *l}
		for _, link := range m.rec.Links {
			if link.ProductKey == key {
				p.links = append(p.links, link)
			}
		}
		slices.SortStableFunc(p.links, func(a, b order.Link) int {
			switch {
			case a.Preferred == b.Preferred:
				return strings.Compare(a.Supplier, b.Supplier)
			case a.Preferred:
				return -1
			}
			return 1
		})
		s.products = append(s.products, p)
	}
	s.at = max(0, min(s.at, len(s.products)-1))
	if s.fresh || len(s.products) == 0 {
		return nil
	}
	s.fresh = true
	// The first product that nobody delivers is what the merchant came for.
	if at := slices.IndexFunc(s.products, func(p product) bool { return len(p.links) == 0 }); at >= 0 {
		s.at = at
	}
	return s.again()
}

// again searches for the product under the cursor.
func (s *Screen) again() tea.Cmd {
	s.req++
	return s.search()
}

// search asks the catalogue in the database: suggestions for the product while nothing is typed, else what was typed.
func (s *Screen) search() tea.Cmd {
	if s.at >= len(s.products) {
		return nil
	}
	req, desk, text := s.req, s.ctx.Desk, strings.TrimSpace(s.query.Value())
	shop, l := s.rec.Store, s.products[s.at].line
	s.looking = true
	return func() tea.Msg {
		m := foundMsg{to: s, req: req}
		if text == "" {
			m.list, m.err = desk.SuggestProducts(context.Background(), shop, l, most)
		} else {
			m.list, m.err = desk.Products(context.Background(), "", text, most)
		}
		m.list = slices.DeleteFunc(m.list, func(p checkout.Product) bool { return p.Kind != checkout.KindGoods && p.Kind != "" })
		return m
	}
}

// remotely asks a supplier itself, which may take a while.
func (s *Screen) remotely(supplier string) tea.Cmd {
	text := strings.TrimSpace(s.query.Value())
	if text == "" && s.at < len(s.products) {
		text = s.products[s.at].line.Title
	}
	s.req++
	s.looking = true
	req, find := s.req, s.ctx.Find
	return func() tea.Msg {
		ctx, stop := context.WithTimeout(context.Background(), time.Minute)
		defer stop()
		list, more, err := find(ctx, supplier, text, 1)
		return foundMsg{to: s, req: req, list: list, more: more, remote: true, err: err}
	}
}

// Do carries out an action.
func (s *Screen) Do(a action.Action) (tea.Cmd, bool) {
	switch a.ID {
	case action.Up:
		return s.move(-1), true
	case action.Down:
		return s.move(1), true
	case action.PageUp:
		return s.move(-max(1, s.height-1)), true
	case action.PageDown:
		return s.move(max(1, s.height-1)), true
	case action.Top:
		return s.move(-1 << 20), true
	case action.Bottom:
		return s.move(1 << 20), true
	case action.NextTab, action.PrevTab:
		s.right = !s.right
		return nil, true
	case action.Back, action.Quit:
		if a.ID == action.Back && s.query.Value() != "" {
			s.query.Set("")
			return s.again(), true
		}
		return s.ctx.Close(s), true
	}
	ok, why, known := s.Can(a.ID)
	switch {
	case !known:
		return nil, false
	case !ok:
		return ui.Say(a.Label + ": " + why), true
	}
	switch a.ID {
	case action.Search:
		s.editing, s.right = true, true
	case action.Open:
		if !s.right {
			s.right = true
			return nil, true
		}
		return s.link(), true
	case action.Prefer:
		return s.prefer(), true
	case action.Unlink:
		return s.ctx.Open(ui.Open{Kind: ui.KindMenu, Arg: s.unlinkMenu()}), true
	case action.Catalogue:
		return s.ctx.Open(ui.Open{Kind: ui.KindMenu, Arg: s.remoteMenu()}), true
	}
	return nil, true
}

func (s *Screen) move(n int) tea.Cmd {
	if s.right {
		s.pick = max(0, min(s.pick+n, len(s.found)-1))
		return nil
	}
	was := s.at
	s.at = max(0, min(s.at+n, len(s.products)-1))
	if s.at == was {
		return nil
	}
	s.query.Set("")
	return s.again()
}

// Can tells whether an action would do something now, and why not.
func (s *Screen) Can(id action.ID) (ok bool, why string, known bool) {
	switch id {
	case action.Back, action.Up, action.Down, action.NextTab, action.PrevTab, action.Top, action.Bottom:
		return true, "", true
	case action.Search, action.Open, action.Prefer, action.Unlink, action.Catalogue:
	case action.Checkout, action.Export, action.Dates, action.Sorting, action.Views, action.Columns, action.Stores, action.Select, action.SelectAll, action.SaveView,
		action.Tracking, action.Invoice, action.Receipt, action.Refund, action.Link, action.Cancel, action.Archive, action.Hold, action.Copy, action.Browse, action.Why,
		action.PrevOrder, action.NextOrder, action.Middle, action.ScrollDown, action.ScrollUp:
		return false, "not on this screen", true
	default:
		return false, "", false
	}
	if s.at >= len(s.products) {
		return false, "the order has no product", true
	}
	links := s.products[s.at].links
	switch id {
	case action.Open:
		return !s.right || len(s.found) > 0, "the catalogue has nothing to link", true
	case action.Prefer:
		return len(links) > 1 || s.right && len(s.found) > 0, "only one supplier delivers it", true
	case action.Unlink:
		return len(links) > 0, "it is not linked", true
	case action.Catalogue:
		return s.ctx.Find != nil && len(s.settings.Suppliers) > 0, "no supplier here can be searched from afar", true
	}
	return true, "", true
}

// link links the product on the left to the one on the right.
func (s *Screen) link() tea.Cmd {
	p, to := s.products[s.at], s.found[s.pick]
	if !to.CostKnown {
		return tea.Batch(s.put(p, to, len(p.links) == 0), ui.Say("linked; its cost is not known yet, so its orders stay in Quoting"))
	}
	return s.put(p, to, len(p.links) == 0)
}

func (s *Screen) put(p product, to checkout.Product, preferred bool) tea.Cmd {
	l := order.Link{
		Store: s.rec.Store, ProductKey: p.key, Supplier: to.Supplier, SupplierSKU: to.SKU, Title: strings.TrimSpace(to.Title + " " + to.Variant),
		Cost: to.Cost, CostKnown: to.CostKnown, ProcessingDays: to.ProcessingDays, BrandedInvoice: to.BrandedInvoice, Stock: to.Stock, WeightGrams: to.WeightGrams,
		Preferred: preferred,
	}
	return s.write("“"+p.line.Title+"” now comes from "+s.title(to.Supplier), func(ctx context.Context) (int, error) {
		return s.ctx.Desk.PutLinks(ctx, s.ctx.Who, []order.Link{l})
	})
}

// prefer makes a supplier the first one for a product: the one whose product is chosen on the right, else the next.
func (s *Screen) prefer() tea.Cmd {
	p := s.products[s.at]
	next := order.Link{}
	if len(p.links) > 1 {
		next = p.links[1]
	}
	if s.right && s.pick < len(s.found) {
		to := s.found[s.pick]
		i := slices.IndexFunc(p.links, func(l order.Link) bool { return l.Supplier == to.Supplier && l.SupplierSKU == to.SKU })
		if i < 0 {
			return s.put(p, to, true)
		}
		next = p.links[i]
	}
	next.Preferred = true
	return s.write(s.title(next.Supplier)+" is preferred for “"+p.line.Title+"”", func(ctx context.Context) (int, error) {
		return s.ctx.Desk.PutLinks(ctx, s.ctx.Who, []order.Link{next})
	})
}

func (s *Screen) unlinkMenu() ui.MenuSpec {
	p := s.products[s.at]
	m := ui.MenuSpec{Title: "Unlink “" + p.line.Title + "”", Choose: func(it ui.MenuItem) tea.Cmd {
		name := it.Value.(string)
		return s.write("“"+p.line.Title+"” is unlinked", func(ctx context.Context) (int, error) {
			return s.ctx.Desk.RemoveLinks(ctx, s.ctx.Who, s.rec.Store, p.key, name)
		})
	}}
	for _, l := range p.links {
		m.Items = append(m.Items, ui.MenuItem{Title: "from " + s.title(l.Supplier), Help: l.SupplierSKU, Value: l.Supplier})
	}
	if len(p.links) > 1 {
		m.Items = append(m.Items, ui.MenuItem{Title: "from all of them", Value: ""})
	}
	return m
}

func (s *Screen) remoteMenu() ui.MenuSpec {
	m := ui.MenuSpec{Title: "Search at the supplier", Choose: func(it ui.MenuItem) tea.Cmd { return s.remotely(it.Value.(string)) }}
	for _, sup := range s.settings.Suppliers {
		m.Items = append(m.Items, ui.MenuItem{Title: sup.Label(), Help: sup.Kind, Value: sup.Name})
	}
	return m
}

// write changes links, says how many orders that moves, and reads the order again.
func (s *Screen) write(said string, change func(context.Context) (int, error)) tea.Cmd {
	num := s.ctx.Locale.Number
	return ui.Carry(func() (string, error) {
		n, err := change(context.Background())
		if n == 1 {
			return said + "; one order is looked at again", err
		}
		return said + "; " + num(int64(n)) + " orders are looked at again", err
	}, linkedMsg{s})
}

func (s *Screen) title(name string) string {
	return ui.SupplierTitle(&s.settings, name)
}

// Footer names what matters most now.
func (s *Screen) Footer() []action.ID {
	return []action.ID{action.Open, action.Search, action.NextTab, action.Prefer, action.Unlink, action.Catalogue, action.Back, action.Help}
}

// Name says that Enter links, once the cursor is in the catalogue.
func (s *Screen) Name(id action.ID) string {
	switch {
	case id == action.Open && s.right:
		return "link"
	case id == action.Open:
		return "choose"
	case id == action.NextTab:
		return "other side"
	}
	return ""
}

// Editing tells whether the search line is being typed into.
func (s *Screen) Editing() bool { return s.editing }

// searchPause is how long typing has to rest before the catalogue is asked.
const searchPause = 60 * time.Millisecond

// Hints are what keys do in the search line.
func (s *Screen) Hints() [][2]string {
	return [][2]string{{"⏎", "done"}, {"↓", "to what was found"}, {"Esc", "back"}}
}

// Type takes a key of the search line.
func (s *Screen) Type(k tea.KeyPressMsg) tea.Cmd {
	switch k.String() {
	case "esc":
		s.editing = false
		s.query.Set("")
		return s.again()
	case "enter", "tab":
		s.editing = false
		return nil
	case "down":
		s.editing = false
		return s.move(1)
	}
	if !s.query.Key(k) {
		return nil
	}
	return s.soon()
}

func (s *Screen) soon() tea.Cmd {
	s.req++
	return s.ctx.After(searchPause, searchMsg{s, s.req})
}

// Paste takes text for the search line.
func (s *Screen) Paste(text string) tea.Cmd {
	s.query.Paste(text)
	return s.soon()
}

// Cursor is where the terminal's cursor stands.
func (s *Screen) Cursor() (x, y int, ok bool) {
	if !s.editing {
		return 0, 0, false
	}
	x, y = s.query.Cursor()
	return x, y, true
}

// sku of a line as people see it.
func skuOf(l *order.Line) string {
	if l.SKU == "" {
		return "no SKU"
	}
	return l.SKU
}

func stock(p *checkout.Product) string {
	if p.Stock == nil {
		return ""
	}
	return fmt.Sprintf("%d in stock", *p.Stock)
}
