package demo

// plan is everything that decides an order, without its texts: who buys what, how it is paid, and when what happens to
// it. It is cheap to make, so that asking which orders change in an hour costs little.
type plan struct {
	view      *view
	index     int
	model     int   // the order whose content it has; index but for duplicates
	at        int64 // when it was placed
	fate      fate
	theme     fate   // the fate that shapes the content; that of the model
	deeds     *deeds // what the merchant did to it; nil = nothing
	live      bool   // placed while somebody watches: all goes faster
	anchor    int64
	who       buyer
	land      *country
	currency  int8
	method    method
	wholesale bool
	linked    bool // every line has a supplier and a cost

	lines []item
	parts []part
	room  [6]item
	halls [5]part

	pay, refund, resend track // values: index in the lists of package order
	ready               int64 // the customer has paid enough
	cancelled           int64
	removed             int64 // deleted upstream, but still listed
	vanished            int64 // no longer listed
	archived            int64
	reopened            int64 // put back by the merchant; 0 = not
	heldUntil           int64 // 0 = never held
	booked              int64 // preordered for then; 0 = not
	homed               int64 // the address is complete from then on; 0 = from the beginning
	sentBack            int64
	noted               int64  // staff wrote something
	why                 string // the merchant cancelled it, in his words; empty = he did not, or gave none

	marks marks // of the store platform
}

// item is one line of an order.
type item struct {
	product  int16
	variant  int8
	part     int8
	quantity int32
	sale     int8 // percent off
}

// plan makes the plan of an order.
func (v *view) plan(p *plan, i int) {
	*p = plan{view: v, index: i, model: v.model(i), fate: v.fateOf(i), deeds: v.hands.at(i)}
	p.theme = p.fate
	if p.fate == duplicate {
		p.fate = ordinary
		if p.model != i {
			p.theme, p.fate = v.fateOf(p.model), duplicate
		}
	}
	var at int64
	at, p.live, p.anchor = v.natural(i)
	p.at = at
	if p.model != i {
		before, _, _ := v.natural(p.model)
		p.at = min(at, before+v.echo(i))
	}
	p.cancelled, p.removed, p.vanished, p.archived, p.sentBack, p.noted, p.ready = never, never, never, never, never, never, never
	p.choose()
	p.fill()
	p.schedule()
}

// fill chooses what is bought.
func (p *plan) fill() {
	v, need := p.view, turns[p.theme]
	d := roll(v.seed, v.id, uint64(p.model), topicLines)
	n := 1 + weigh(&d, 420, 275, 140, 85, 50, 30)
	if p.theme == endless {
		n = 120
	}
	if p.theme == split {
		n = max(n, 2)
	}
	p.lines, p.linked = p.room[:0], true
	for tries := 0; len(p.lines) < n && tries < 40*n; tries++ {
		k := v.draw(&d)
		x := &products[k]
		src := x.sources[v.index]
		if need.linked && (src.unlinked || src.costless || src.via == download) || need.via != anyVia && src.via != need.via {
			continue
		}
		it := item{product: int16(k), variant: int8(d.n(len(x.variants.codes)))}
		if len(p.lines) == 0 {
			it = p.special(it)
			src = products[it.product].sources[v.index]
		}
		if p.has(it) || p.theme == yours && v.stock(k, int(it.variant)) < 20 {
			continue
		}
		it.quantity = int32(1 + weigh(&d, 740, 170, 50, 25, 0, 15))
		if p.wholesale && src.via != download {
			it.quantity = int32(4 + 2*d.n(9))
		}
		if p.theme == endless {
			it.quantity = int32(1 + d.n(12))
		}
		if d.in(70) && !p.wholesale {
			it.sale = int8(10 + 5*d.n(3))
		}
		p.linked = p.linked && !src.unlinked && !src.costless
		p.lines = append(p.lines, it)
	}
	if p.theme == split && p.lines[0].quantity < 2 {
		p.lines[0].quantity = 2
	}
	p.parts = p.halls[:0]
	for i := range p.lines {
		via := products[p.lines[i].product].sources[v.index].via
		p.lines[i].part = p.partVia(via)
	}
}

// special is the first article of an order whose theme is an article.
func (p *plan) special(it item) item {
	switch p.theme {
	case bare:
		return p.view.next(it, func(src source, stock int64) bool { return !src.unlinked && !src.costless && stock == 0 })
	case unasked:
		return p.view.next(it, func(src source, stock int64) bool { return src.unlinked && stock >= 20 })
	}
	return it
}

// next is the next article after one that has to come from a supplier and of which something holds; the one itself where
// there is none.
func (s *shop) next(from item, fits func(src source, stock int64) bool) item {
	for n := range products {
		k := (int(from.product) + n) % len(products)
		src := products[k].sources[s.index]
		for v := range products[k].variants.codes {
			if src.via >= lumen && fits(src, s.stock(k, v)) {
				return item{product: int16(k), variant: int8(v)}
			}
		}
	}
	return from
}

func (p *plan) has(it item) bool {
	for _, l := range p.lines {
		if l.product == it.product && l.variant == it.variant {
			return true
		}
	}
	return false
}

// partVia is the part of the order that goes a way, made where there is none yet.
func (p *plan) partVia(via int8) int8 {
	for i := range p.parts {
		if p.parts[i].via == via {
			return int8(i)
		}
	}
	p.parts = append(p.parts, part{via: via})
	return int8(len(p.parts) - 1)
}

// draw chooses a product by how well it sells in the shop.
func (s *shop) draw(d *dice) int {
	at := d.n(s.popular[len(s.popular)-1])
	lo, hi := 0, len(s.popular)-1
	for lo < hi {
		if m := (lo + hi) / 2; s.popular[m] > at {
			hi = m
		} else {
			lo = m + 1
		}
	}
	return lo
}
