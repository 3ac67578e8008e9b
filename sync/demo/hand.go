package demo

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	gosync "sync"
	"sync/atomic"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync/internal/journal"
)

// What the merchant does changes the world. A line that an order was made for at a demo supplier is in the merchant's
// hands from then on: the colleague who buys what nobody else does leaves it alone, and the store hears of its parcels
// from the merchant only. Of all else the plan of an order stays as it was.

// deeds are what the merchant did to one order. They are never changed, only replaced.
type deeds struct {
	lines []taken
	told  []told
	acts  []deed
}

// taken is a line in the merchant's hands.
type taken struct {
	line int
	at   int64
}

// told is a parcel that the store platform was told of.
type told struct {
	Shop    string               `json:"shop"`
	Order   string               `json:"order"`
	At      int64                `json:"at"`
	Carrier string               `json:"carrier,omitempty"`
	Number  string               `json:"tracking,omitempty"`
	URL     string               `json:"url,omitempty"`
	Lines   []order.ShipmentLine `json:"lines"`
	Notify  bool                 `json:"notify,omitempty"`
}

// hands are the deeds of all orders of a shop.
type hands struct {
	some atomic.Bool // there are any: most worlds have none, and plan asks for every order
	mu   gosync.RWMutex
	of   map[int]*deeds
}

// at is what was done to an order; nil = nothing.
func (h *hands) at(i int) *deeds {
	if !h.some.Load() {
		return nil
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.of[i]
}

// touched lists the orders at whose store something was done after since, until an instant. They may be older than those
// to which anything happens by itself.
func (h *hands) touched(since, until int64) (out []int) {
	if !h.some.Load() {
		return nil
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	in := func(at int64) bool { return since < at && at <= until }
	for i, d := range h.of {
		if slices.ContainsFunc(d.acts, func(x deed) bool { return in(x.At) }) || slices.ContainsFunc(d.told, func(t told) bool { return in(t.At) }) {
			out = append(out, i)
		}
	}
	slices.Sort(out)
	return out
}

// change replaces the deeds of an order.
func (h *hands) change(i int, fn func(d *deeds)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var d deeds
	if old := h.of[i]; old != nil {
		d = deeds{lines: slices.Clone(old.lines), told: slices.Clone(old.told), acts: slices.Clone(old.acts)}
	}
	fn(&d)
	if h.of == nil {
		h.of = map[int]*deeds{}
	}
	h.of[i] = &d
	h.some.Store(true)
}

// forget leaves out the parcels and what else was done at the store; they are read again from the beginning.
func (h *hands) forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, d := range h.of {
		h.of[i] = &deeds{lines: d.lines}
	}
}

// take notes that lines are in the merchant's hands.
func (s *shop) take(i, line int, at int64) {
	s.hands.change(i, func(d *deeds) {
		if !slices.ContainsFunc(d.lines, func(t taken) bool { return t.line == line }) {
			d.lines = append(d.lines, taken{line, at})
		}
	})
	s.agenda.add(at+1, i)
}

// tell notes a parcel. Its lines are the merchant's from then on, whoever bought them.
func (s *shop) tell(i int, t *told) {
	for _, l := range t.Lines {
		if _, line, ok := s.lineOf(l.LineID); ok {
			s.take(i, line, t.At)
		}
	}
	s.hands.change(i, func(d *deeds) { d.told = append(d.told, *t) })
	s.agenda.add(t.At, i)
}

// indexOf is which order has an external id.
func (s *shop) indexOf(externalID string) (int, bool) {
	n, err := strconv.Atoi(externalID)
	if err != nil || n < s.firstID || (n-s.firstID)%17 != 0 {
		return 0, false
	}
	return (n - s.firstID) / 17, true
}

// lineOf is which line of which order has an external id; see lineID.
func (s *shop) lineOf(id string) (i, line int, ok bool) {
	of, nth, _ := strings.Cut(id, "-")
	i, ok = s.indexOf(of)
	line, err := strconv.Atoi(nth)
	return i, line - 1, ok && err == nil && line > 0
}

// taken is told by the suppliers which lines are bought.
func (w *World) taken(lines []string, at int64) {
	for _, id := range lines {
		for _, s := range w.shops {
			if i, line, ok := s.lineOf(id); ok {
				s.take(i, line, at)
			}
		}
	}
}

// takenAt is when a part came into the merchant's hands; never, if it did not.
func (p *plan) takenAt(part int) int64 {
	first := never
	if p.deeds == nil {
		return first
	}
	for _, t := range p.deeds.lines {
		if t.line < len(p.lines) && int(p.lines[t.line].part) == part {
			first = min(first, t.at)
		}
	}
	return first
}

// leave takes everything back that was planned for a part, because the merchant sees to it. What has happened before
// stays where the store platform has told of it.
func (p *plan) leave(x *part, at int64) {
	hasty := x.tried <= at || x.first.tried <= at // somebody else had begun
	via, asked, begun := x.via, x.asked, x.begun
	*x = part{via: via, taken: at}
	x.rest()
	if asked <= at {
		x.asked = asked
	}
	if begun <= at {
		x.begun = begun
	}
	if hasty {
		p.marks.add(at + 1)
	}
}

// rest is a part to which nothing happens.
func (x *part) rest() {
	x.first.tried, x.first.placed, x.first.cancelled = never, never, never
	x.tried, x.placed, x.process, x.ship, x.second, x.deliver, x.cancelled = never, never, never, never, never, never, never
	x.late, x.asked, x.begun, x.told, x.toldSecond, x.toldHome = never, never, never, never, never, never
}

// writeTold adds the parcels that the merchant told the store of.
func (p *plan) writeTold(o *order.Order, id string, now int64) {
	if p.deeds == nil {
		return
	}
	for k := range p.deeds.told {
		t := &p.deeds.told[k]
		if t.At > now {
			continue
		}
		o.Fulfilments = append(o.Fulfilments, order.Shipment{
			ExternalID: id + "-m" + strconv.Itoa(k+1), At: instant(t.At), State: "shipped", Live: true, Shipped: true,
			Carrier: t.Carrier, Tracking: t.Number, URL: t.URL, Lines: t.Lines,
		})
		for _, l := range t.Lines {
			if _, line, ok := p.view.lineOf(l.LineID); ok && line < len(o.Lines) {
				o.Lines[line].Fulfilled += l.Quantity
			}
		}
	}
}

// sentBy tells whether the merchant has sent something, and whether all, of a part.
func (p *plan) sentBy(o *order.Order, part int) (some, all bool) {
	all = true
	for k := range p.lines {
		if int(p.lines[k].part) == part {
			some = some || o.Lines[k].Fulfilled > 0
			all = all && o.Lines[k].Fulfilled >= o.Lines[k].Open()
		}
	}
	return some, some && all
}

// refresh reads what the merchant has done, also in another process.
func (w *World) refresh() error {
	for _, s := range w.sellers {
		if err := s.Refresh(); err != nil {
			return err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.Refresh(func() {
		w.parcels = 0
		for _, s := range w.shops {
			s.hands.forget()
		}
	}, w.applyTold)
}

func (w *World) applyTold(line []byte) error {
	var kind struct{ Act order.ActKind }
	if err := json.Unmarshal(line, &kind); err != nil {
		return err
	}
	var t told
	var x deed
	into := any(&t)
	if kind.Act != "" {
		into = &x
	}
	if err := json.Unmarshal(line, into); err != nil {
		return err
	}
	t.Shop, t.Order = cmp.Or(t.Shop, x.Shop), cmp.Or(t.Order, x.Order)
	for _, s := range w.shops {
		if i, ok := s.indexOf(t.Order); ok && s.name == t.Shop {
			if kind.Act != "" {
				s.do(i, &x)
			} else {
				s.tell(i, &t)
			}
			w.parcels++
		}
	}
	return nil
}

// add puts one more change of the store platform's order into the agenda.
func (a *agenda) add(at int64, index int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if at <= a.from || at > a.to || index >= a.known {
		return // it is found when that time, or that order, is looked at
	}
	e := entry{at, index, platformKind}
	k, there := slices.BinarySearchFunc(a.entries, e, func(x, y entry) int {
		return cmp.Or(cmp.Compare(x.at, y.at), cmp.Compare(x.index, y.index), cmp.Compare(x.kind, y.kind))
	})
	if !there {
		a.entries = slices.Insert(a.entries, k, e)
	}
}

// newLog is the file of what the stores were told.
func newLog(o Options, epoch string) *journal.Log {
	return journal.New(o.file("stores"), "demo's stores", epoch)
}
