package tui

import (
	"context"
	"fmt"
	"net/url"
	"os/exec"
	"runtime"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/orderdeck/orderdeck/tui/action"
	"github.com/orderdeck/orderdeck/tui/acts"
	"github.com/orderdeck/orderdeck/tui/checkout"
	"github.com/orderdeck/orderdeck/tui/exports"
	"github.com/orderdeck/orderdeck/tui/help"
	"github.com/orderdeck/orderdeck/tui/links"
	"github.com/orderdeck/orderdeck/tui/menu"
	"github.com/orderdeck/orderdeck/tui/orderview"
	"github.com/orderdeck/orderdeck/tui/papers"
	"github.com/orderdeck/orderdeck/tui/question"
	"github.com/orderdeck/orderdeck/tui/syncs"
	"github.com/orderdeck/orderdeck/tui/ui"
)

// open makes screens by kind, so that no screen needs to know another.
func (m *root) open(o ui.Open) tea.Cmd {
	switch arg := o.Arg.(type) {
	case ui.MenuSpec:
		return m.push(menu.New(m.ctx, arg))
	case ui.OrderArg:
		return m.push(orderview.New(m.ctx, arg))
	case ui.ExportArg:
		return m.push(exports.New(m.ctx, m.opt.Export, arg))
	case ui.CheckoutArg:
		return m.push(checkout.New(m.ctx, arg))
	case ui.QuestionArg:
		return m.push(question.New(m.ctx, arg))
	case ui.LinksArg:
		return m.push(links.New(m.ctx, arg))
	case ui.PaperArg:
		return m.push(papers.New(m.ctx, arg))
	case ui.ActArg:
		return m.push(acts.New(m.ctx, arg))
	case ui.TextArg:
		return m.push(help.Text(m.ctx, arg))
	}
	switch o.Kind {
	case ui.KindHelp:
		return m.push(help.Keys(m.ctx, m.can))
	case ui.KindSync:
		return m.push(syncs.New(m.ctx))
	}
	return nil
}

// global carries out the actions that are the same everywhere.
func (m *root) global(a action.Action) (tea.Cmd, bool) {
	switch a.ID {
	case action.Quit:
		return m.quit(), true
	case action.Help:
		return m.open(ui.Open{Kind: ui.KindHelp}), true
	case action.Commands:
		return m.open(ui.Open{Kind: ui.KindMenu, Arg: m.palette()}), true
	case action.SyncScreen:
		return m.open(ui.Open{Kind: ui.KindSync}), true
	case action.Underway:
		if m.ctx.Desk == nil {
			return ui.Say("no supplier can be set up here"), true
		}
		return m.open(ui.Open{Kind: ui.KindBuying, Arg: ui.CheckoutArg{Underway: true}}), true
	case action.SyncNow:
		queued, why := m.ctx.Sync.Request(nil)
		if !queued {
			return ui.Say(why), true
		}
		return ui.Say("asking the stores for news"), true
	case action.Mouse:
		m.mouse = !m.mouse
		return ui.Say(map[bool]string{true: "the mouse is on", false: "the mouse is off: the terminal selects text again"}[m.mouse]), true
	case action.Redraw:
		return tea.ClearScreen, true
	}
	return nil, false
}

// palette lists every action by name, with its key, and why it is not possible.
func (m *root) palette() ui.MenuSpec {
	spec := ui.MenuSpec{Title: "Commands", Choose: func(it ui.MenuItem) tea.Cmd { return m.ctx.Run(it.Value.(action.ID)) }}
	for _, a := range m.ctx.Keys.All() {
		if a.Arg > 0 || a.ID == action.Commands || a.ID == action.Back {
			continue
		}
		ok, why := m.can(a.ID)
		it := ui.MenuItem{Title: a.Label, Help: m.ctx.Keys.Key(a.ID), Value: a.ID, Group: a.Group}
		if !ok {
			it.Off, it.Help = true, why
		}
		spec.Items = append(spec.Items, it)
	}
	return spec
}

// browse opens an address of the web outside, without a shell in between.
func (m *root) browse(raw string) tea.Cmd {
	u, err := url.Parse(raw)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" {
		return ui.Complain(fmt.Errorf("only addresses of the web are opened; %q is none", raw))
	}
	name, args := "xdg-open", []string{u.String()}
	switch runtime.GOOS {
	case "darwin":
		name = "open"
	case "windows":
		name, args = "rundll32", []string{"url.dll,FileProtocolHandler", u.String()}
	}
	return func() tea.Msg {
		ctx, stop := context.WithTimeout(context.Background(), 10*time.Second)
		defer stop()
		if err := exec.CommandContext(ctx, name, args...).Run(); err != nil {
			return ui.Toast{Text: "no browser could be started; the address is " + u.String(), Bad: true}
		}
		return ui.Toast{Text: "opened " + u.Host}
	}
}
