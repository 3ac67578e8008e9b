// Package demo is a store platform and three suppliers that live in the program: two shops with years of trade behind
// them, where orders keep coming and parcels keep leaving while somebody watches.
//
// Next to nothing is stored. The i-th order of a shop is a function of the seed and i, and what has become of it by an instant
// is a function of that instant; so a million orders need no more memory than ten, and the same world is there again
// after a restart. The only history is which stretches of time somebody was watching (orders come faster then): it
// travels in the cursor of the arrivals. What the merchant does, buying at the suppliers and telling the shops of parcels,
// is kept in files beside the database.
//
// The shops answer through [sync.Platform] and the suppliers through [sync.Supplier], in pages with cursors, so that
// everything behind them is exactly what works with real ones.
package demo

import (
	"cmp"
	gosync "sync"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/internal/journal"
	supplier "github.com/orderdeck/orderdeck/sync/supplier/demo"
)

// Options say which world it is.
type Options struct {
	Orders int              // of both shops, when the world begins; 0 = DefaultOrders
	Seed   int64            // other seeds are other worlds
	Clock  func() time.Time // nil = the machine's
	// Start is when the world began: the first orders lie before it, everything later happens by the clock. Whoever
	// keeps the orders keeps this with them. Zero = now.
	Start time.Time
	// State is where what the merchant does is kept: a path without an end, to which the names of files are added
	// ("data/demo-5000" makes data/demo-5000.lumen.jsonl, …). Files of a world that began at another time are begun
	// anew. "" = in memory only.
	State string
}

// DefaultOrders is how many orders both shops have together when the world begins.
const DefaultOrders = 5000

// history is how long the shops have been trading when the world begins.
const history = 14 // months

// every is the time between two syncs of a demo shop: short, so that a watcher sees life.
const every = 10 * time.Second

// World is two shops and their suppliers. Its platforms and suppliers may be used side by side.
type World struct {
	clock   func() time.Time
	shops   [2]*shop
	sellers [len(supplier.Houses)]*supplier.Supplier

	mu      gosync.Mutex
	log     *journal.Log // what the stores were told
	parcels int          // how many lines it has
}

// New makes a world. It takes milliseconds, however many orders there are.
func New(o Options) *World {
	w := &World{clock: o.Clock}
	if w.clock == nil {
		w.clock = time.Now
	}
	if o.Start.IsZero() {
		o.Start = w.clock()
	}
	n := max(cmp.Or(o.Orders, DefaultOrders), 0)
	split := n * 62 / 100
	w.shops[0] = newShop(0, o, split)
	w.shops[1] = newShop(1, o, n-split)
	w.log = newLog(o, epochOf(&o))
	w.staff(o, epochOf(&o))
	return w
}

// Sources are the two shops: "aurora" (Ateliê Aurora, São Paulo, which buys from suppliers what it sells) and "nordic"
// (Nordic Home, Łódź, which sends most things off its own shelves).
func (w *World) Sources() []sync.Source {
	out := make([]sync.Source, 0, len(w.shops))
	for _, s := range w.shops {
		out = append(out, sync.Source{
			Shop: store.Shop{
				Name: s.name, Platform: kind, Title: s.title, URL: s.url, Currency: currencies[s.home], Zone: s.zone.String(),
				OwnStock: s.index == 1, AuthorizedIsPaid: s.index == 1, Demo: true,
			},
			Platform: &platform{world: w, shop: s, wash: laundry{}}, Every: every,
		})
	}
	return out
}

// Suppliers are the three from whom the shops buy: "Lumen EU" (in euros), "Minas Direct" (in reais) and "Kite" (in US
// dollars).
func (w *World) Suppliers() []sync.Supplier {
	out := make([]sync.Supplier, 0, len(suppliers))
	for via := range suppliers {
		out = append(out, &deliverer{world: w, via: int8(via)})
	}
	return out
}

// now is the instant by the injected clock.
func (w *World) now() int64 { return w.clock().Unix() }

// shop is one of the two.
type shop struct {
	index                   int
	id, seed                uint64
	name, title, url, admin string
	prefix, language        string
	words                   *phrases
	staff                   []string
	zone                    *time.Location
	ahead                   int64 // of UTC, in seconds, about
	home                    int8  // currency
	faces                   []face
	firstID, firstNumber    int

	orders  int // when the world begins
	start   int64
	rhythm  rhythm
	past    *calendar
	daily   float64 // orders a day, about, when the world begins
	popular []int   // cumulative popularity of products
	offset  uint64  // of the fates
	sums    [fates]int
	shown   map[int]fate

	mu        gosync.Mutex
	committed arrivals // what has certainly been kept
	latest    arrivals // what has been handed out
	gaps      map[[2]int64]*calendar
	agenda    agenda
	hands     hands
}

func newShop(index int, o Options, orders int) *shop {
	s := &shop{index: index, id: uint64(index), seed: mix(uint64(o.Seed) + golden), orders: orders, start: o.Start.Unix()}
	zone := "America/Sao_Paulo"
	switch index {
	case 0:
		s.name, s.title, s.prefix, s.language, s.home = "aurora", "Ateliê Aurora", "a", "pt", brl
		s.url, s.staff, s.firstID, s.firstNumber = "https://aurora.example.com", words("Clarice Beto"), 48_000_011, 1001
	case 1:
		zone = "Europe/Warsaw"
		s.name, s.title, s.prefix, s.language, s.home = "nordic", "Nordic Home", "n", "pl", pln
		s.url, s.staff, s.firstID, s.firstNumber = "https://nordic.example.com", words("Ola Marek"), 73_000_003, 3001
	}
	s.admin, s.words, s.faces = s.url+"/admin/orders/", tongues[s.language], faces[index]
	s.zone, _ = time.LoadLocation(zone) // cannot fail: the zones are linked in
	_, offset := o.Start.In(s.zone).Zone()
	s.ahead = int64(offset)
	founded := o.Start.In(s.zone).AddDate(0, -history, 0).Unix()
	s.rhythm = rhythm{zone: s.zone, seed: s.seed, shop: s.id, brazil: index == 0, founded: founded, grown: s.start}
	s.past = newCalendar(s.rhythm, founded, s.start)
	last := &s.past.days[max(0, len(s.past.days)-8)]
	s.daily = float64(orders) * last.mass / s.past.total
	sum := 0
	for i := range products {
		sum += products[i].popularity[index]
		s.popular = append(s.popular, sum)
	}
	s.offset = mix(s.seed ^ topicKronecker<<8 ^ s.id)
	s.sums = thresholds(index)
	s.gaps = map[[2]int64]*calendar{}
	s.show()
	return s
}

// calendar is the rhythm between two instants after the world began. It is kept, for it is asked for again and again.
func (s *shop) calendar(from, to int64) *calendar {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := [2]int64{from, to}
	c := s.gaps[key]
	if c == nil {
		if len(s.gaps) > 64 {
			clear(s.gaps)
		}
		c = newCalendar(s.rhythm, from, to)
		s.gaps[key] = c
	}
	return c
}

// settle takes in a history of arrivals that has certainly been kept.
func (s *shop) settle(a arrivals) {
	s.mu.Lock()
	lost := a.Count < s.latest.Count // what was handed out last was not kept, and may come otherwise now
	s.committed, s.latest = a.copied(), a.copied()
	s.mu.Unlock()
	if lost {
		s.agenda.reset()
	}
}

// publish takes in a history of arrivals that is being handed out.
func (s *shop) publish(a arrivals) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.latest = a.copied()
}

// seen is the shop with all arrivals that have been handed out.
func (s *shop) seen() *view {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &view{shop: s, arrivals: s.latest.copied()}
}

// kept is the shop with the arrivals that have certainly been kept, or those of a, whichever are more.
func (s *shop) kept(a arrivals) *view {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.committed; c.Count > a.Count || c.Count == a.Count && len(c.Segments) > len(a.Segments) {
		a = c
	}
	return &view{shop: s, arrivals: a.copied()}
}

func (a arrivals) copied() arrivals {
	return arrivals{Segments: append([]segment(nil), a.Segments...), Count: a.Count}
}
