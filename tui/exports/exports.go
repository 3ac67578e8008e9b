// Package exports is the dialog that writes orders to a file.
package exports

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/export"
	"github.com/orderdeck/orderdeck/store/order/filter"
	"github.com/orderdeck/orderdeck/tui/action"
	"github.com/orderdeck/orderdeck/tui/draw"
	"github.com/orderdeck/orderdeck/tui/ui"
)

// Choice is what was exported last, so that one key repeats it.
type Choice struct{ Scope, Profile, For, Folder string }

// Writer writes a request to a file; export.File does.
type Writer func(ctx context.Context, path string, overwrite bool, r export.Request, progress func(export.Progress)) (export.Progress, error)

// Options are what the dialog begins with.
type Options struct {
	Write Writer
	Last  Choice
	// Keep remembers the choice; it may be slow.
	Keep func(Choice)
}

// The lines of the form.
const (
	rowScope = iota
	rowFrom
	rowTo
	rowProfile
	rowFor
	rowPath
	rowGo
	rows
)

// Scopes.
const (
	scopeView     = "view"
	scopeSelected = "selected"
	scopeAll      = "all"
)

// Screen is the open dialog.
type Screen struct {
	ctx     *ui.Context
	opt     Options
	arg     ui.ExportArg
	query   store.Query
	cursor  int
	choice  Choice
	from    *ui.Field
	to      *ui.Field
	path    *ui.Field
	editing bool
	before  string
	count   string
	req     uint64

	running   bool
	stop      context.CancelFunc
	progress  export.Progress
	updates   chan tea.Msg
	done      string
	err       error
	overwrite bool // the file exists and was asked about
	body      draw.Box
}

type (
	progressMsg struct {
		to *Screen
		p  export.Progress
	}
	doneMsg struct {
		to   *Screen
		p    export.Progress
		path string
		err  error
	}
	countMsg struct {
		to   *Screen
		req  uint64
		n    int
		more bool
	}
)

// New opens the dialog, with the cursor on "export", so that Enter repeats the last choice.
func New(ctx *ui.Context, opt Options, arg ui.ExportArg) *Screen {
	q, _ := arg.Query.(store.Query)
	s := &Screen{ctx: ctx, opt: opt, arg: arg, query: q, cursor: rowGo, choice: opt.Last, from: ui.NewField(""), to: ui.NewField("")}
	if !slices.Contains(export.Profiles, export.Profile(s.choice.Profile)) {
		s.choice.Profile = string(export.Orders)
	}
	if _, err := export.For(s.choice.For); err != nil {
		s.choice.For = export.Machine
	}
	if s.choice.Scope == "" || s.choice.Scope == scopeSelected && len(arg.Selected) == 0 {
		s.choice.Scope = scopeView
	}
	if len(arg.Selected) > 0 {
		s.choice.Scope = scopeSelected
	}
	if s.choice.Folder == "" {
		s.choice.Folder = "."
	}
	s.path = ui.NewField(s.suggestion())
	return s
}

// suggestion is a file name that says what is in it.
func (s *Screen) suggestion() string {
	name := "orders-" + s.ctx.Now().Format("2006-01-02-1504") + export.Profile(s.choice.Profile).Extension()
	return filepath.Join(s.choice.Folder, name)
}

// Init counts what would be exported.
func (s *Screen) Init() tea.Cmd { return s.recount() }

func (s *Screen) recount() tea.Cmd {
	s.req++
	if s.choice.Scope == scopeSelected {
		s.count = s.ctx.Locale.Number(int64(len(s.arg.Selected))) + " orders"
		if s.arg.Unseen > 0 {
			s.count += ", " + s.ctx.Locale.Number(int64(s.arg.Unseen)) + " of them not in this view"
		}
		return nil
	}
	q, err := s.whole()
	if err != nil {
		s.count = ""
		return nil
	}
	req, st := s.req, s.ctx.Store
	return func() tea.Msg {
		n, more, err := st.Count(context.Background(), q, 10_000_000)
		if err != nil {
			return nil
		}
		return countMsg{s, req, n, more}
	}
}

// whole is the query with the dates of the form.
func (s *Screen) whole() (store.Query, error) {
	q := s.query
	if s.choice.Scope == scopeAll {
		q = store.Query{Shops: s.query.Shops, Sort: s.query.Sort}
	}
	from, to := strings.TrimSpace(s.from.Value()), strings.TrimSpace(s.to.Value())
	if from == "" && to == "" {
		return q, nil
	}
	text := "created:" + from + ".." + to
	if from != "" && to == "" {
		text = "created:>=" + from
	}
	if from == "" {
		text = "created:<=" + to
	}
	e, err := filter.Parse(text, filter.Options{Now: s.ctx.Now(), Zone: s.ctx.Zone(""), Decimal: s.ctx.Locale.DecimalMark()})
	if err != nil {
		return q, fmt.Errorf("dates: %w", err)
	}
	q.Filter = filter.All(q.Filter, e)
	return q, nil
}

// Size is how large the dialog wants to be.
func (s *Screen) Size(w, h int) (int, int) { return min(90, w-4), min(rows+9, h-2) }

// Update takes progress and the end.
func (s *Screen) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case countMsg:
		if m.to == s && m.req == s.req {
			s.count = s.ctx.Locale.Number(int64(m.n)) + " orders"
		}
	case progressMsg:
		if m.to == s {
			s.progress = m.p
			return s.listen()
		}
	case doneMsg:
		if m.to == s {
			return s.finish(m)
		}
	}
	return nil
}

func (s *Screen) finish(m doneMsg) tea.Cmd {
	s.running, s.progress = false, m.p
	switch {
	case errors.Is(m.err, export.ErrExists):
		s.overwrite, s.err = true, nil
	case errors.Is(m.err, context.Canceled):
		s.err, s.done = nil, "cancelled; no file was left behind"
	case m.err != nil:
		s.err = m.err
	default:
		s.done = m.path
		if s.opt.Keep != nil {
			s.choice.Folder = filepath.Dir(m.path)
			keep, choice := s.opt.Keep, s.choice
			return func() tea.Msg { keep(choice); return nil }
		}
	}
	return nil
}

func (s *Screen) start() tea.Cmd {
	q, err := s.whole()
	if err != nil {
		s.err = err
		return nil
	}
	format, err := export.For(s.choice.For)
	if err != nil {
		s.err = err
		return nil
	}
	path, err := expand(s.path.Value())
	if err != nil {
		s.err = err
		return nil
	}
	r := export.Request{Query: q, Profile: export.Profile(s.choice.Profile), Format: format, Zone: s.ctx.Zone(""), Columns: s.arg.Columns}
	if s.choice.Scope == scopeSelected {
		r.IDs = s.arg.Selected
	}
	ctx, stop := context.WithCancel(context.Background())
	s.running, s.stop, s.err, s.done, s.progress = true, stop, nil, "", export.Progress{}
	s.updates = make(chan tea.Msg, 1)
	write, overwrite, updates := s.opt.Write, s.overwrite, s.updates
	s.overwrite = false
	go func() {
		defer stop()
		p, err := write(ctx, path, overwrite, r, func(p export.Progress) {
			select {
			case updates <- progressMsg{s, p}:
			default: // the screen is behind; the next one will do
			}
		})
		updates <- doneMsg{s, p, path, err}
	}()
	return s.listen()
}

func (s *Screen) listen() tea.Cmd {
	updates := s.updates
	return func() tea.Msg { return <-updates }
}

// expand makes a typed path one that the system understands.
func expand(path string) (string, error) {
	path = strings.TrimSpace(path)
	if path == "" {
		return "", errors.New("type where the file is to go")
	}
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("~ cannot be told: %w; type the whole path", err)
		}
		path = filepath.Join(home, rest)
	}
	return filepath.Abs(path)
}

// Do moves between the lines, changes them, starts, cancels, closes.
func (s *Screen) Do(a action.Action) (tea.Cmd, bool) {
	if s.running {
		if a.ID == action.Back || a.ID == action.Quit {
			s.stop()
		}
		return nil, true
	}
	switch a.ID {
	case action.Up:
		s.cursor = (s.cursor + rows - 1) % rows
	case action.Down, action.NextTab:
		if a.ID == action.NextTab && s.cursor != rowGo && s.change(1) {
			return s.recount(), true
		}
		s.cursor = (s.cursor + 1) % rows
	case action.PrevTab:
		if s.change(-1) {
			return s.recount(), true
		}
	case action.Select:
		if s.change(1) {
			return s.recount(), true
		}
	case action.Open:
		return s.enter(), true
	case action.Back, action.Quit:
		return s.ctx.Close(s), true
	}
	return nil, true
}

func (s *Screen) enter() tea.Cmd {
	if f := s.field(); f != nil {
		s.editing, s.before = true, f.Value()
		return nil
	}
	if s.cursor == rowGo {
		if s.done != "" && s.err == nil {
			return s.ctx.Close(s)
		}
		return s.start()
	}
	s.change(1)
	return s.recount()
}

// Editing tells whether a text is being typed.
func (s *Screen) Editing() bool { return s.editing }

// Type takes a key of a text.
func (s *Screen) Type(k tea.KeyPressMsg) tea.Cmd {
	f := s.field()
	switch k.String() {
	case "esc":
		f.Set(s.before)
		s.editing = false
	case "enter", "tab", "down":
		s.editing = false
		s.cursor++
	default:
		f.Key(k)
		s.overwrite, s.done, s.err = false, "", nil
	}
	return s.recount()
}

// Paste takes text for the field that is edited.
func (s *Screen) Paste(text string) tea.Cmd {
	s.field().Paste(text)
	return s.recount()
}

// Cursor is where the terminal's cursor stands.
func (s *Screen) Cursor() (x, y int, ok bool) {
	if !s.editing {
		return 0, 0, false
	}
	x, y = s.field().Cursor()
	return x, y, true
}

// Can knows no other action.
func (s *Screen) Can(action.ID) (ok bool, why string, known bool) { return false, "", false }

// Footer names the keys of the form.
func (s *Screen) Footer() []action.ID {
	if s.running {
		return []action.ID{action.Back}
	}
	return []action.ID{action.Open, action.Up, action.Down, action.Back}
}

// Name says what Enter does to the line under the cursor.
func (s *Screen) Name(id action.ID) string {
	switch {
	case id == action.Back && s.running:
		return "stop"
	case id != action.Open:
		return ""
	case s.cursor == rowGo && s.done != "" && s.err == nil:
		return "close"
	case s.cursor == rowGo:
		return "export"
	}
	return "change"
}

// Click chooses a line.
func (s *Screen) Click(x, y int, _ bool) tea.Cmd {
	if s.running || s.editing || !s.body.Contains(x, y) {
		return nil
	}
	if row := y - s.body.Y; row < rows {
		s.cursor = row
		return s.enter()
	}
	return nil
}

// Wheel does nothing here.
func (s *Screen) Wheel(int, int, int) tea.Cmd { return nil }
