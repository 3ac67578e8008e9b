package orders

import (
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/filter"
	"github.com/orderdeck/orderdeck/tui/action"
	"github.com/orderdeck/orderdeck/tui/detail"
	"github.com/orderdeck/orderdeck/tui/ui"
)

// menu opens the menus of the list and of the order under the cursor.
func (s *Screen) menu(id action.ID) (tea.Cmd, bool) {
	open := func(m ui.MenuSpec) (tea.Cmd, bool) { return s.ctx.Open(ui.Open{Kind: ui.KindMenu, Arg: m}), true }
	switch id {
	case action.Dates:
		return open(s.dates())
	case action.Sorting:
		return open(s.sorting())
	case action.Views:
		return open(s.views())
	case action.SaveView:
		return open(s.saveView())
	case action.Columns:
		return open(s.columnMenu())
	case action.Stores:
		return open(s.storeMenu())
	case action.Export:
		return s.export(), true
	case action.Checkout:
		if s.marked.n > 0 {
			return s.checkout(), true
		}
	}
	if kind, ok := detail.FormOf(id); ok && s.marked.n > 0 {
		return s.act(id, kind), true
	}
	if ok, why, known := s.Can(id); known && !ok {
		return ui.Send(ui.Toast{Text: why}), true
	}
	if s.record == nil {
		return nil, false
	}
	return detail.Do(s.ctx, s.record, id)
}

func (s *Screen) canOrder(id action.ID) (ok bool, why string, known bool) {
	if _, form := detail.FormOf(id); (form || id == action.Checkout) && s.marked.n > 0 {
		return true, "", true
	}
	return s.canOne(id)
}

// canOne tells what could be done to the order under the cursor.
func (s *Screen) canOne(id action.ID) (ok bool, why string, known bool) {
	if s.record == nil {
		return false, "the order is still being read", true
	}
	if id != action.Checkout {
		ok, why = detail.Can(s.ctx, s.record, id)
		return ok, why, true
	}
	// The footer asks this of every frame; a minute is as exact as a hold needs.
	if v := (verdictOf{rec: s.record, minute: s.ctx.Now().Truncate(time.Minute)}); s.buyable.rec != v.rec || !s.buyable.minute.Equal(v.minute) {
		v.ok, v.why = detail.Can(s.ctx, s.record, id)
		s.buyable = v
	}
	return s.buyable.ok, s.buyable.why, true
}

// verdictOf is whether an order can be checked out, as it was worked out last.
type verdictOf struct {
	rec    *order.Record
	minute time.Time
	ok     bool
	why    string
}

func (s *Screen) dates() ui.MenuSpec {
	m := ui.MenuSpec{
		Title: "Dates", Prompt: "or type a range: 2026-11-01..2026-11-21",
		Choose: func(it ui.MenuItem) tea.Cmd { return s.research(s.search.withDates(it.Value.(string))) },
		Accept: func(text string) tea.Cmd {
			text = strings.TrimPrefix(strings.ReplaceAll(text, " ", ""), "created:")
			if _, err := s.search.viewOnly("created:" + text); err != nil {
				return ui.Complain(err)
			}
			return s.research(s.search.withDates("created:" + text))
		},
	}
	m.Items = append(m.Items, ui.MenuItem{Title: "any time", Value: "", Mark: !strings.Contains(s.search.field.Value(), "created:")})
	for _, p := range filter.DatePresets {
		m.Items = append(m.Items, ui.MenuItem{Title: p.Title, Help: strings.TrimPrefix(p.Filter, "created:"), Value: p.Filter, Mark: strings.Contains(s.search.field.Value(), p.Filter)})
	}
	return m
}

// research shows another search text.
func (s *Screen) research(text string) tea.Cmd {
	s.search.set(text)
	if s.search.err != nil {
		return ui.Complain(s.search.err)
	}
	return tea.Batch(s.reload(), s.follow())
}

var sortTitles = map[order.SortKey][2]string{
	order.SortDate:     {"newest first", "oldest first"},
	order.SortUpdated:  {"last changed first", "last changed last"},
	order.SortTotal:    {"largest total first", "smallest total first"},
	order.SortCustomer: {"customer, Z to A", "customer, A to Z"},
	order.SortNumber:   {"highest number first", "lowest number first"},
}

func (s *Screen) sorting() ui.MenuSpec {
	m := ui.MenuSpec{Title: "Sort", Choose: func(it ui.MenuItem) tea.Cmd {
		s.sort = it.Value.(order.Sort)
		return tea.Batch(s.reload(), s.follow())
	}}
	for _, k := range order.SortKeys {
		for i, asc := range []bool{false, true} {
			so := order.Sort{Key: k, Asc: asc}
			m.Items = append(m.Items, ui.MenuItem{Title: string(k) + ": " + sortTitles[k][i], Value: so, Mark: s.sort == so})
		}
	}
	return m
}

func (s *Screen) views() ui.MenuSpec {
	m := ui.MenuSpec{Title: "Views", Choose: func(it ui.MenuItem) tea.Cmd {
		switch v := it.Value.(type) {
		case action.ID:
			return s.ctx.Run(v)
		case View:
			return s.removeView(v.Name)
		case string:
			s.tabs.active = v
			return tea.Batch(s.tab(true), s.follow())
		}
		return nil
	}}
	for _, t := range s.tabs.all {
		if t.Query != "" {
			m.Items = append(m.Items, ui.MenuItem{Title: t.Title, Help: t.Query, Value: t.ID, Mark: t.ID == s.tabs.active, Group: map[bool]string{true: "your own", false: "built in"}[t.Own]})
		}
	}
	m.Items = append(m.Items, ui.MenuItem{Title: "save what is shown as a view …", Value: action.SaveView, Group: "change"})
	for _, v := range s.opt.Views {
		m.Items = append(m.Items, ui.MenuItem{Title: "remove the view " + v.Name, Value: v, Group: "change"})
	}
	return m
}

func (s *Screen) saveView() ui.MenuSpec {
	return ui.MenuSpec{
		Title: "Save view", Prompt: "name of the view, then ⏎", Empty: "It keeps: " + dash(s.wholeQuery()) + ", sorted by " + string(s.sort.Key),
		Accept: func(name string) tea.Cmd {
			name = strings.TrimSpace(name)
			if name == "" {
				return ui.Complain(fmt.Errorf("a view needs a name"))
			}
			v := View{Name: name, Query: s.wholeQuery(), Sort: string(s.sort.Key), Asc: s.sort.Asc}
			if i := slices.IndexFunc(s.opt.Views, func(o View) bool { return o.Name == name }); i >= 0 {
				s.opt.Views[i] = v
			} else {
				s.opt.Views = append(s.opt.Views, v)
			}
			s.search.set("")
			return tea.Batch(s.keepViews("the view "+name+" is a tab now"), s.goTo("view:"+name))
		},
	}
}

func (s *Screen) goTo(tab string) tea.Cmd {
	s.tabs.active = tab
	return tea.Batch(s.reload(), s.follow())
}

// wholeQuery is the current tab and search as one filter text.
func (s *Screen) wholeQuery() string {
	tab := s.tabs.current()
	parts := []string{}
	switch {
	case tab.Stage != "":
		parts = append(parts, "stage:"+string(tab.Stage), "-is:archived")
	case tab.ID == order.TabRefunds:
		parts = append(parts, "(-refund:none OR -claim:none)", "-is:archived")
	case tab.ID == order.TabResent:
		parts = append(parts, "-resend:none", "-is:archived")
	case tab.Query != "":
		parts = append(parts, tab.Query)
	}
	if len(s.shops) > 0 {
		parts = append(parts, "store:"+strings.Join(s.shops, ","))
	}
	if q := s.search.field.Value(); q != "" {
		if strings.Contains(q, " OR ") {
			q = "(" + q + ")"
		}
		parts = append(parts, q)
	}
	return strings.Join(parts, " ")
}

func (s *Screen) removeView(name string) tea.Cmd {
	s.opt.Views = slices.DeleteFunc(s.opt.Views, func(v View) bool { return v.Name == name })
	cmd := s.keepViews("the view " + name + " is gone")
	if s.tabs.active == "view:"+name {
		cmd = tea.Batch(cmd, s.goTo(order.TabAll))
	}
	return cmd
}

func (s *Screen) keepViews(said string) tea.Cmd {
	s.tabs.setOwn(ownTabs(s.opt.Views))
	s.stale = true
	views, save := slices.Clone(s.opt.Views), s.opt.SaveViews
	return func() tea.Msg {
		if save != nil {
			if err := save(views); err != nil {
				return ui.Toast{Text: "the views could not be kept: " + err.Error(), Bad: true}
			}
		}
		return ui.Toast{Text: said}
	}
}

func (s *Screen) columnMenu() ui.MenuSpec {
	own := slices.Clone(s.opt.Columns)
	if len(own) == 0 {
		own = slices.Clone(defaults)
	}
	items := func() []ui.MenuItem {
		var out []ui.MenuItem
		for _, id := range append(slices.Clone(own), missing(own)...) {
			title := id
			out = append(out, ui.MenuItem{Title: title, Value: id, Mark: slices.Contains(own, id)})
		}
		return append(out, ui.MenuItem{Title: "back to the default columns", Value: ""})
	}
	keep := func() tea.Cmd {
		s.opt.Columns = slices.Clone(own)
		s.table.reset()
		cols, save := slices.Clone(own), s.opt.SaveColumns
		return func() tea.Msg {
			if save != nil {
				if err := save(cols); err != nil {
					return ui.Toast{Text: "the columns could not be kept: " + err.Error(), Bad: true}
				}
			}
			return nil
		}
	}
	return ui.MenuSpec{
		Title: "Columns", Prompt: "⏎ turns a column on or off · ←→ moves it", Items: items(),
		Tick: func(it ui.MenuItem) ([]ui.MenuItem, tea.Cmd) {
			id := it.Value.(string)
			switch i := slices.Index(own, id); {
			case id == "":
				own = nil
				cmd := keep()
				own = slices.Clone(defaults)
				return items(), cmd
			case i >= 0 && len(own) > 1:
				own = slices.Delete(own, i, i+1)
			case i < 0:
				own = append(own, id)
			}
			return items(), keep()
		},
		Move: func(it ui.MenuItem, n int) []ui.MenuItem {
			if i := slices.Index(own, it.Value.(string)); i >= 0 && i+n >= 0 && i+n < len(own) {
				own[i], own[i+n] = own[i+n], own[i]
				keep()
			}
			return items()
		},
	}
}

func missing(own []string) []string {
	return slices.DeleteFunc(ColumnIDs(), func(id string) bool { return slices.Contains(own, id) })
}

func (s *Screen) storeMenu() ui.MenuSpec {
	items := func() []ui.MenuItem {
		out := []ui.MenuItem{{Title: "all stores", Mark: len(s.shops) == 0}}
		for _, shop := range s.ctx.Shops {
			out = append(out, ui.MenuItem{Title: s.ctx.Title(shop.Name), Help: shop.Name + " · " + shop.Platform, Value: shop.Name, Mark: len(s.shops) == 0 || slices.Contains(s.shops, shop.Name)})
		}
		return out
	}
	return ui.MenuSpec{Title: "Stores", Items: items(), Prompt: "⏎ turns a store on or off", Tick: func(it ui.MenuItem) ([]ui.MenuItem, tea.Cmd) {
		name, _ := it.Value.(string)
		switch i := slices.Index(s.shops, name); {
		case name == "":
			s.shops = nil
		case i >= 0:
			s.shops = slices.Delete(slices.Clone(s.shops), i, i+1)
		default:
			s.shops = append(slices.Clone(s.shops), name)
		}
		if len(s.shops) == len(s.ctx.Shops) {
			s.shops = nil
		}
		s.stale = true
		return items(), tea.Batch(s.count(), s.reload(), s.follow())
	}}
}

func (s *Screen) export() tea.Cmd {
	if s.list.known() == 0 {
		return ui.Say("there is nothing to export in this view")
	}
	title := s.tabs.current().Title
	if q := s.search.field.Value(); q != "" {
		title += " · " + q
	}
	return s.ctx.Open(ui.Open{Kind: ui.KindExport, Arg: ui.ExportArg{Query: s.list.query, Title: title, Selected: s.marked.ids(), Unseen: s.marked.hidden(s.list)}})
}
