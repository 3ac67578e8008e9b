package store

import (
	"context"
	"encoding/json"
	"errors"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
)

// rowReading is what reads rows: a snapshot, or a transaction that writes.
type rowReading interface {
	rows(text string, args []any, fn func(scan func(...any) error) error) error
}

// gatherer reads what decisions about many orders need, each table in one statement.
type gatherer struct {
	d     *DB
	in    rowReading
	now   time.Time
	shops map[int64]*shopInfo

	found []gathered
	at    map[int64]int // place in found, by order

	private  map[string][]checkout.Product // by supplier
	accounts map[string]*checkout.Account
	spent    map[spentKey]order.Money
	quotes   map[quoteKey]*checkout.Quote
	choices  map[checkout.PartKey]checkout.Choice
}

type (
	quoteKey struct{ supplier, basket string }
	spentKey struct{ supplier, currency string }
)

// gathered is one order with the facts about it.
type gathered struct {
	rec      order.Record
	shop     *shopInfo
	facts    order.Facts
	upstream order.Order
}

func newGatherer(d *DB, in rowReading, now time.Time) *gatherer {
	return &gatherer{
		d: d, in: in, now: now, shops: map[int64]*shopInfo{}, at: map[int64]int{},
		private: map[string][]checkout.Product{}, accounts: map[string]*checkout.Account{}, spent: map[spentKey]order.Money{},
		quotes: map[quoteKey]*checkout.Quote{}, choices: map[checkout.PartKey]checkout.Choice{},
	}
}

// asJSON is a list as json_each takes it.
func asJSON(v any) (string, error) {
	doc, err := json.Marshal(v)
	return string(doc), err
}

// orders reads whole orders, in the order of their ids; what is not there any more is left out.
func (g *gatherer) orders(ids []int64) error {
	if err := g.in.rows(`SELECT `+shopColumns+` FROM shops`, nil, func(scan func(...any) error) error {
		info, err := scanShop(scan)
		g.shops[info.id] = &info
		return err
	}); err != nil {
		return err
	}
	list, err := asJSON(ids)
	if err != nil {
		return err
	}
	g.found = make([]gathered, 0, len(ids)) // never grows: pointers into it stay
	flagged := false
	docs := make([][]byte, 0, len(ids))
	if err := g.in.rows(`SELECT o.id, o.shop, o.flags, o.first_seen, o.last_seen, d.doc
		FROM json_each(?) j CROSS JOIN orders o ON o.id = j.value CROSS JOIN docs d ON d.order_id = o.id`, []any{list},
		func(scan func(...any) error) error {
			var id, shop, flags, firstSeen, lastSeen int64
			var doc []byte
			if err := scan(&id, &shop, &flags, &firstSeen, &lastSeen, &doc); err != nil {
				return err
			}
			info := g.shops[shop]
			if _, twice := g.at[id]; twice || info == nil {
				return nil
			}
			g.at[id] = len(g.found)
			g.found = append(g.found, gathered{shop: info, rec: order.Record{
				ID: id, FirstSeen: instant(firstSeen), LastSeen: instant(lastSeen), Gone: flags&flagGone != 0, Unseen: flags&flagUnseen != 0,
			}})
			docs = append(docs, doc)
			flagged = flagged || flags&flagIntents != 0
			return nil
		}); err != nil {
		return err
	}
	if err := g.decode(docs); err != nil {
		return err
	}
	if flagged {
		if err := g.in.rows(`SELECT i.order_id, i.id, i.kind, i.value, i.who, i.at FROM json_each(?) j
			CROSS JOIN intents i INDEXED BY intents_order ON i.order_id = j.value ORDER BY i.order_id, i.id`, []any{list},
			func(scan func(...any) error) error {
				var id int64
				in, err := scanIntent(func(dest ...any) error { return scan(append([]any{&id}, dest...)...) })
				if at, ok := g.at[id]; ok {
					g.found[at].rec.Intents = append(g.found[at].rec.Intents, in)
				}
				return err
			}); err != nil {
			return err
		}
	}
	if err := g.placements(); err != nil {
		return err
	}
	if err := g.links(); err != nil {
		return err
	}
	for i := range g.found {
		o := &g.found[i]
		o.facts.Placements, o.facts.Gone = o.rec.Placements, o.rec.Gone
		o.rec.Order = *overlay(&o.upstream, o.rec.Intents, &o.facts)
		o.rec.State = order.Derive(&o.rec.Order, o.facts)
	}
	return nil
}

// decode reads the documents of the orders that were found, on all processors: it is most of the work.
func (g *gatherer) decode(docs [][]byte) error {
	each := max(50, (len(docs)+runtime.GOMAXPROCS(0)-1)/runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	errs := make([]error, (len(docs)+each-1)/each)
	for n := range errs {
		wg.Go(func() {
			var buf []byte
			for i := n * each; i < min((n+1)*each, len(docs)) && errs[n] == nil; i++ {
				buf, errs[n] = decode(docs[i], buf, &g.found[i].upstream)
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return g.d.fault(Corrupt, err)
	}
	return nil
}

// placements reads those of the orders that were found.
func (g *gatherer) placements() error {
	type name struct {
		S string `json:"s"`
		E string `json:"e"`
	}
	names := make([]name, len(g.found))
	at := make(map[name]int, len(g.found))
	for i := range g.found {
		names[i] = name{g.found[i].shop.Name, g.found[i].upstream.ExternalID}
		at[names[i]] = i
	}
	list, err := asJSON(names)
	if err != nil {
		return err
	}
	return g.in.rows(`SELECT p.doc FROM json_each(?) j CROSS JOIN placements p INDEXED BY placements_order
		ON p.store = j.value ->> 's' AND p.external_id = j.value ->> 'e' ORDER BY p.reference`, []any{list},
		func(scan func(...any) error) error {
			p, err := scanPlacement(scan)
			if i, ok := at[name{p.Store, p.ExternalID}]; ok {
				g.found[i].rec.Placements = append(g.found[i].rec.Placements, p)
			}
			return err
		})
}

// links reads those of all products of the orders that were found.
func (g *gatherer) links() error {
	type name struct {
		S string `json:"s"`
		K string `json:"k"`
	}
	var names []name
	seen := map[name]bool{}
	for i := range g.found {
		o := &g.found[i]
		for n := range o.upstream.Lines {
			if k := (name{o.shop.Name, o.upstream.Lines[n].ProductKey()}); !seen[k] {
				seen[k] = true
				names = append(names, k)
			}
		}
	}
	list, err := asJSON(names)
	if err != nil {
		return err
	}
	best := map[linkKey]order.Link{}
	if err := g.in.rows(`SELECT l.doc FROM json_each(?) j CROSS JOIN links l ON l.store = j.value ->> 's' AND l.key = j.value ->> 'k'`,
		[]any{list}, func(scan func(...any) error) error {
			l, err := scanJSON[order.Link](scan)
			k := linkKey{l.Store, l.ProductKey}
			if old, ok := best[k]; err == nil && (!ok || l.Better(old)) {
				best[k] = l
			}
			return err
		}); err != nil {
		return err
	}
	for i := range g.found {
		o := &g.found[i]
		o.facts = o.shop.Facts(g.now)
		o.facts.Links = make(map[string]order.Link, len(o.upstream.Lines))
		for n := range o.upstream.Lines {
			key := o.upstream.Lines[n].ProductKey()
			l, ok := best[linkKey{o.shop.Name, key}]
			if _, have := o.facts.Links[key]; ok && !have {
				o.facts.Links[key] = l
				o.rec.Links = append(o.rec.Links, l)
			}
		}
	}
	return nil
}

// parts makes an Input of every part of an order that could be bought, or one without a group, so that it can be said why
// there is none.
func (o *gathered) parts(now time.Time) []checkout.Input {
	var out []checkout.Input
	in := checkout.Input{Record: o.rec, Links: o.facts.Links, Facts: o.facts, Now: now}
	if s := o.rec.State.Stage; s != order.StageCancelled && s != order.StageShipped {
		for _, g := range o.rec.State.Groups {
			switch {
			case g.Placement != nil, g.Stage == order.StageShipped, g.Stage == order.StageToShip, len(g.Lines) == 0:
				continue
			}
			in.Group = g
			out = append(out, in)
		}
	}
	if len(out) == 0 {
		in.Group = order.Group{}
		out = append(out, in)
	}
	return out
}

// fill puts what is known of suppliers, and what the merchant has decided, into inputs.
func (g *gatherer) fill(all []checkout.Input, s *checkout.Settings) error {
	currencies := map[string]string{}
	for i := range s.Suppliers {
		currencies[s.Suppliers[i].Name] = s.Suppliers[i].Currency
		if c := s.Suppliers[i].Cap; c != nil && s.Suppliers[i].Currency == "" {
			currencies[s.Suppliers[i].Name] = c.Currency
		}
	}
	for i := range all {
		in := &all[i]
		name := in.Group.Supplier
		if name == "" {
			continue
		}
		if err := g.supplier(name); err != nil {
			return err
		}
		in.Private, in.Account = g.private[name], g.accounts[name]
		spent, err := g.spentOn(name, currencies[name], s)
		if err != nil {
			return err
		}
		in.SpentToday = spent
		in.Choice = g.choices[checkout.PartKey{OrderID: in.Record.ID, Supplier: name, Group: checkout.GroupKey(&in.Record.Order, in.Group)}]
	}
	return g.quoteAll(all, s)
}

// supplier reads the account and the private products of a supplier, once.
func (g *gatherer) supplier(name string) error {
	if _, ok := g.private[name]; ok {
		return nil
	}
	g.private[name] = nil
	if err := g.in.rows(`SELECT doc FROM catalogue INDEXED BY catalogue_private WHERE supplier = ? AND kind <> 'goods' ORDER BY kind, sku LIMIT 500`,
		[]any{name}, func(scan func(...any) error) error {
			p, err := scanJSON[checkout.Product](scan)
			g.private[name] = append(g.private[name], p)
			return err
		}); err != nil {
		return err
	}
	return g.in.rows(`SELECT doc FROM accounts WHERE supplier = ?`, []any{name}, func(scan func(...any) error) error {
		a, err := scanJSON[checkout.Account](scan)
		g.accounts[name] = &a
		return err
	})
}

// spentOn is what has been paid or reserved at a supplier today, in a currency.
func (g *gatherer) spentOn(supplier, currency string, s *checkout.Settings) (order.Money, error) {
	key := spentKey{supplier, currency}
	if m, ok := g.spent[key]; ok {
		return m, nil
	}
	m := order.Money{Currency: currency}
	err := g.in.rows(`SELECT coalesce(sum(coalesce(spent, reserved)), 0) FROM spend WHERE supplier = ? AND day = ? AND currency = ?`,
		[]any{supplier, dayIn(g.now, s.Zone), currency}, func(scan func(...any) error) error { return scan(&m.Minor) })
	g.spent[key] = m
	return m, err
}

// dayIn is the day of an instant in the merchant's zone.
func dayIn(t time.Time, zone *time.Location) string {
	if zone == nil {
		zone = time.UTC
	}
	return dayOf(t.In(zone))
}

// choiceAll reads what the merchant has decided for the parts of the orders that were found.
func (g *gatherer) choiceAll() error {
	ids := make([]int64, len(g.found))
	for i := range g.found {
		ids[i] = g.found[i].rec.ID
	}
	list, err := asJSON(ids)
	if err != nil {
		return err
	}
	return g.in.rows(`SELECT c.order_id, c.supplier, c.grp, c.doc FROM json_each(?) j CROSS JOIN choices c ON c.order_id = j.value`, []any{list},
		func(scan func(...any) error) error {
			var k checkout.PartKey
			c, err := scanJSON[checkout.Choice](func(dest ...any) error {
				return scan(append([]any{&k.OrderID, &k.Supplier, &k.Group}, dest...)...)
			})
			g.choices[k] = c
			return err
		})
}

// quoteAll puts the latest quotes into inputs. What is to be quoted is what Make says of a part without one.
func (g *gatherer) quoteAll(all []checkout.Input, s *checkout.Settings) error {
	type name struct {
		S string `json:"s"`
		B string `json:"b"`
	}
	bare := checkout.Settings{Suppliers: s.Suppliers, Zone: s.Zone} // rules make no difference
	names := make([]name, len(all))
	var wanted []name
	for i := range all {
		if all[i].Group.Supplier == "" {
			continue
		}
		e := checkout.Make(all[i], bare)
		names[i] = name{all[i].Group.Supplier, e.Basket}
		if k := (quoteKey{names[i].S, names[i].B}); e.Basket != "" {
			if _, have := g.quotes[k]; !have {
				g.quotes[k] = nil
				wanted = append(wanted, names[i])
			}
		}
	}
	list, err := asJSON(wanted)
	if err != nil {
		return err
	}
	if len(wanted) > 0 {
		if err := g.in.rows(`SELECT q.doc FROM json_each(?) j CROSS JOIN quotes q ON q.supplier = j.value ->> 's' AND q.basket = j.value ->> 'b'`,
			[]any{list}, func(scan func(...any) error) error {
				q, err := scanJSON[checkout.Quote](scan)
				g.quotes[quoteKey{q.Supplier, q.Basket}] = &q
				return err
			}); err != nil {
			return err
		}
	}
	for i := range all {
		all[i].Quote = g.quotes[quoteKey{names[i].S, names[i].B}]
	}
	return nil
}

// inputs makes the inputs of orders, in the order of the ids.
func (g *gatherer) inputs(ids []int64, s *checkout.Settings) ([]checkout.Input, error) {
	if err := g.orders(ids); err != nil {
		return nil, err
	}
	if err := g.choiceAll(); err != nil {
		return nil, err
	}
	all := make([]checkout.Input, 0, len(g.found))
	for _, id := range ids {
		if at, ok := g.at[id]; ok {
			all = append(all, g.found[at].parts(g.now)...)
			delete(g.at, id) // an id that is given twice is answered once
		}
	}
	return slices.Clip(all), g.fill(all, s)
}

// CheckoutInputs gathers every part of some orders that could be bought, in the order of the ids; for an order of which
// nothing can be bought there is one Input whose Group is empty, so that checkout.Make says why. Orders that are not
// there any more are left out.
func (d *DB) CheckoutInputs(ctx context.Context, ids []int64, s checkout.Settings) ([]checkout.Input, error) {
	var out []checkout.Input
	err := d.reading(ctx, func(r *snapshot) (err error) {
		out, err = newGatherer(d, r, r.now).inputs(ids, &s)
		return err
	})
	return out, err
}
