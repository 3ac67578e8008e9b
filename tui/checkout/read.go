package checkout

import (
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/tui/ui"
)

// How many orders are read at once: few at first, so that the first lines are there at once.
const (
	firstChunk = 40
	chunk      = 200
	maxEffects = 20_000
)

// accountAge is how old a balance may be before it is asked for again.
const accountAge = 10 * time.Minute

// reader is what has been read and what is to be read again. One reading is under way at a time.
type reader struct {
	next  int            // ids before it have been read once
	dirty map[int64]bool // read, and changed since
	at    map[int64]uint64
	seq   uint64
	busy  bool
}

type readMsg struct {
	to       *Screen
	seq      uint64
	ids      []int64
	lines    map[int64][]*line
	settings checkout.Settings
	effects  map[string][]store.Effect
	quotes   []store.QuoteRequest
	accounts []string
	err      error
}

// read reads the next orders: those in sight that changed, then those that have not been read, then the others.
func (s *Screen) read() tea.Cmd {
	r := &s.reader
	if r.busy || len(s.ids) == 0 {
		return nil
	}
	ids := s.inSight()
	if len(ids) == 0 && r.next < len(s.ids) {
		n := chunk
		if r.next == 0 {
			n = firstChunk
		}
		ids = s.ids[r.next:min(len(s.ids), r.next+n)]
		r.next += len(ids)
	}
	if len(ids) == 0 {
		for _, id := range s.ids {
			if r.dirty[id] {
				if ids = append(ids, id); len(ids) == chunk {
					break
				}
			}
		}
	}
	if len(ids) == 0 {
		return nil
	}
	for _, id := range ids {
		delete(r.dirty, id)
	}
	r.busy = true
	r.seq++
	return s.reading(r.seq, slices.Clone(ids))
}

// inSight are the orders on the screen that changed.
func (s *Screen) inSight() []int64 {
	var ids []int64
	for i := s.top; i < min(len(s.lines), s.top+s.height); i++ {
		if id := s.lines[i].id; s.reader.dirty[id] && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// changed notes that orders have to be read again; none = any of them may have changed.
func (s *Screen) changed(ids []int64) {
	if len(ids) == 0 {
		ids = s.ids[:s.reader.next]
	}
	for _, id := range ids {
		if _, here := s.byOrder[id]; here {
			s.reader.dirty[id] = true
		}
	}
}

// refresh reads one order again.
func (s *Screen) refresh(id int64) tea.Cmd {
	s.changed([]int64{id})
	return s.read()
}

// reading reads orders and works out what they come to.
func (s *Screen) reading(seq uint64, ids []int64) tea.Cmd {
	desk, settings, zone := s.ctx.Desk, s.ctx.Settings, s.now
	return func() tea.Msg {
		m := readMsg{to: s, seq: seq, ids: ids}
		if m.settings, m.err = settings(); m.err != nil {
			return m
		}
		ins, err := desk.CheckoutInputs(context.Background(), ids, m.settings)
		if err != nil {
			m.err = err
			return m
		}
		all, err := desk.Effects(context.Background(), store.EffectFilter{Open: true, Limit: maxEffects})
		if err != nil {
			m.err = err
			return m
		}
		m.effects = map[string][]store.Effect{}
		for _, e := range all {
			m.effects[e.Reference] = append(m.effects[e.Reference], e)
		}
		m.lines = make(map[int64][]*line, len(ids))
		for i := range ins {
			m.add(&ins[i], zone())
		}
		return m
	}
}

// add makes the lines of one input.
func (m *readMsg) add(in *checkout.Input, now time.Time) {
	e := checkout.Make(*in, m.settings)
	rec := &in.Record
	base := line{
		id: rec.ID, store: rec.Store, number: rec.Number, customer: rec.Customer.Name, country: rec.Destination().Country,
		note: ui.OneLine(rec.CustomerNote), held: rec.State.Hold != "" && rec.State.Hold != order.HoldNone,
	}
	have := m.lines[rec.ID]
	if have == nil { // the first input of this order brings its placements
		for i := range rec.Placements {
			if p := &rec.Placements[i]; p.State.Live() {
				l := base
				l.placed, l.items, l.first = p, titles(rec, p.Lines), slices.IndexFunc(rec.Lines, func(x order.Line) bool { return slices.Contains(p.Lines, x.ExternalID) })
				have = append(have, &l)
			}
		}
	}
	l := base
	l.key, l.entry, l.choice = e.Key, e, in.Choice
	l.key.OrderID = rec.ID
	l.buyable, l.private, l.last = in.Group.Supplier != "", in.Private, last(rec, in.Group.Supplier)
	for _, i := range in.Group.Lines {
		l.items = join(l.items, &rec.Lines[i])
	}
	if len(in.Group.Lines) > 0 {
		l.first = in.Group.Lines[0]
	}
	if l.items == "" {
		l.items = titles(rec, nil)
	}
	if l.buyable || len(have) == 0 {
		m.ask(in, &l, now)
		have = append(have, &l)
	}
	// A part keeps its place when it becomes a placement.
	slices.SortStableFunc(have, func(a, b *line) int { return a.first - b.first })
	m.lines[rec.ID] = have
}

// ask notes what the supplier has to be asked before a part can be bought.
func (m *readMsg) ask(in *checkout.Input, l *line, now time.Time) {
	name := l.key.Supplier
	if !l.buyable || name == "" || l.entry.Basket == "" {
		return
	}
	l.request = store.QuoteRequest{Supplier: name, Basket: l.entry.Basket, Items: l.entry.Items, Address: l.entry.Address, Amount: l.entry.Amount}
	if in.Account == nil || now.Sub(in.Account.At) > accountAge {
		m.accounts = append(m.accounts, name)
	}
	age := m.settings.QuoteAge
	if age <= 0 {
		age = checkout.DefaultQuoteAge
	}
	if in.Quote != nil && now.Sub(in.Quote.At) < age {
		return
	}
	l.quoting = true
	m.quotes = append(m.quotes, l.request)
}

// take puts what was read in its place, asks for what is missing, and reads on.
func (s *Screen) take(m readMsg) tea.Cmd {
	s.reader.busy = false
	if s.err = m.err; m.err != nil {
		return nil
	}
	s.settings, s.effects = m.settings, m.effects
	for _, id := range m.ids {
		if m.seq < s.reader.at[id] {
			continue
		}
		s.reader.at[id] = m.seq
		for _, l := range m.lines[id] {
			s.keepTyped(l, m.seq)
		}
		s.byOrder[id] = m.lines[id]
	}
	s.arrange()
	return tea.Batch(s.request(m.quotes, m.accounts, false), s.read())
}

// keepTyped holds on to what was chosen here after this was read.
func (s *Screen) keepTyped(l *line, seq uint64) {
	t, ok := s.typed[l.key]
	if !ok || l.placed != nil {
		return
	}
	if t.seq >= seq || s.saver.has(l.key) {
		l.choice = t.choice
		return
	}
	delete(s.typed, l.key)
}

// arrange lines the orders up again, with the cursor on the same one.
func (s *Screen) arrange() {
	was := s.current()
	s.lines = s.lines[:0:0]
	for _, id := range s.ids[:s.reader.next] {
		s.lines = append(s.lines, s.byOrder[id]...)
	}
	if was != nil {
		at := slices.IndexFunc(s.lines, func(l *line) bool { return l.id == was.id && l.same(was) })
		if at < 0 {
			at = slices.IndexFunc(s.lines, func(l *line) bool { return l.id == was.id })
		}
		if at >= 0 {
			s.top += at - s.cursor
			s.cursor = at
		}
	}
	s.cursor = max(0, min(s.cursor, len(s.lines)-1))
	s.focus = min(s.focus, len(s.fields())-1)
	s.add()
}

// request asks suppliers for prices and balances, each once unless it is asked for again.
func (s *Screen) request(quotes []store.QuoteRequest, accounts []string, again bool) tea.Cmd {
	fresh := func(key string) bool {
		if s.asked[key] && !again {
			return false
		}
		s.asked[key] = true
		return true
	}
	quotes = slices.DeleteFunc(quotes, func(q store.QuoteRequest) bool { return !fresh("basket " + q.Supplier + " " + q.Basket) })
	slices.Sort(accounts)
	accounts = slices.DeleteFunc(slices.Compact(accounts), func(a string) bool { return !fresh("account " + a) })
	if len(quotes)+len(accounts) == 0 {
		return nil
	}
	desk := s.ctx.Desk
	return func() tea.Msg {
		ctx := context.Background()
		for _, a := range accounts {
			if err := desk.RequestAccount(ctx, a); err != nil {
				return ui.Toast{Text: err.Error(), Bad: true}
			}
		}
		if len(quotes) > 0 {
			if err := desk.RequestQuotes(ctx, quotes); err != nil {
				return ui.Toast{Text: err.Error(), Bad: true}
			}
		}
		return nil
	}
}

// sum is what the whole checkout comes to.
type sum struct {
	total     map[[2]string]order.Money // by supplier and currency
	order     [][2]string               // its keys, in the order of the table
	orders    map[[2]string]int
	base      map[[2]string]*order.Money // in the merchant's currency; nil = not known
	ready     int                        // orders of which something can be placed
	partly    int                        // those of them of which something else cannot
	all       int                        // orders of which something could be
	open      int                        // parts whose price is not known
	placed    int                        // orders of which something was placed, or is about to be
	suppliers []string                   // of all lines, with how many orders each
	counts    map[string]int
}

// add works the sums out.
func (s *Screen) add() {
	t := sum{total: map[[2]string]order.Money{}, orders: map[[2]string]int{}, base: map[[2]string]*order.Money{}, counts: map[string]int{}}
	ready, all, placed := map[int64]bool{}, map[int64]bool{}, map[int64]bool{}
	blocked := map[int64]bool{}
	for _, l := range s.lines {
		name := l.supplier()
		if name != "" {
			if t.counts[name]++; t.counts[name] == 1 {
				t.suppliers = append(t.suppliers, name)
			}
		}
		switch {
		case l.placed != nil:
			placed[l.id] = true
			continue
		case l.choice.Removed:
			continue
		}
		all[l.id] = true
		if l.buyable && !l.entry.Complete {
			t.open++
		}
		if !l.ready() {
			blocked[l.id] = true
			continue
		}
		ready[l.id] = true
		key := [2]string{name, l.entry.Total.Currency}
		if t.orders[key]++; t.orders[key] == 1 {
			t.order = append(t.order, key)
			t.base[key] = &order.Money{}
		}
		t.total[key] = plus(t.total[key], l.entry.Total)
		if b := t.base[key]; b != nil && l.entry.InBase != nil {
			v := plus(*b, *l.entry.InBase)
			t.base[key] = &v
		} else {
			t.base[key] = nil
		}
	}
	t.ready, t.all, t.placed = len(ready), len(all), len(placed)
	for id := range ready {
		if blocked[id] {
			t.partly++
		}
	}
	s.sum = t
}

// plus adds amounts of one currency; a sum that is too large to be kept stays as large as it is.
func plus(a, b order.Money) order.Money {
	if a.Currency == "" {
		return b
	}
	if v, err := a.Add(b); err == nil {
		return v
	}
	return a
}

func (l *line) supplier() string {
	if l.placed != nil {
		return l.placed.Supplier
	}
	return l.key.Supplier
}

// titles names the lines of an order with these external ids; nil = all.
func titles(rec *order.Record, ids []string) string {
	out := ""
	for i := range rec.Lines {
		if ids == nil || slices.Contains(ids, rec.Lines[i].ExternalID) {
			out = join(out, &rec.Lines[i])
		}
	}
	return out
}

func join(have string, l *order.Line) string {
	one := l.Open().String() + "× " + l.Title
	if have == "" {
		return one
	}
	return have + ", " + one
}

// last is why the latest placement at a supplier was given up.
func last(rec *order.Record, supplier string) string {
	why, at := "", time.Time{}
	for i := range rec.Placements {
		if p := &rec.Placements[i]; p.Supplier == supplier && !p.State.Live() && !p.UpdatedAt.Before(at) {
			why, at = ui.OneLine(p.Reason), p.UpdatedAt
		}
	}
	return why
}
