package demo

// part is what of an order goes one way: to one supplier, off the shop's own shelf, or down the wire.
type part struct {
	via   int8
	taken int64 // into the merchant's hands; never = the world sees to it

	// At the supplier; never where it does not come to that. first is an attempt that came to nothing.
	first                                                    struct{ tried, placed, cancelled int64 }
	tried, placed, process, ship, second, deliver, cancelled int64

	attempts int8 // to pay, where it failed
	why      int8 // it failed: index of a list of reasons
	late     int64
	claim    track
	scans    [6]int64 // of the parcel
	nscans   int

	// At the store platform.
	asked, begun, told, toldSecond, toldHome int64

	marks marks // of the placements
}

// pace is how a supplier works, in hours.
type pace struct {
	begin, pack [2]int64
}

var paces = [...]pace{
	lumen: {begin: [2]int64{3, 30}, pack: [2]int64{30, 100}},
	minas: {begin: [2]int64{2, 30}, pack: [2]int64{20, 84}},
	kite:  {begin: [2]int64{6, 40}, pack: [2]int64{48, 160}},
}

// transit is how long a parcel travels, in hours.
func transit(d *dice, via int8, land *country) int64 {
	lo, hi := int64(48), int64(130)
	europe := land == portugal || land == poland
	switch {
	case via == minas && land == brazil:
		lo, hi = 40, 210
	case via == minas:
		lo, hi = 190, 400
	case via == lumen && !europe:
		lo, hi = 150, 340
	case via == kite:
		lo, hi = 170, 430
	case via == own && land == poland:
		lo, hi = 20, 52
	case via == own && !europe:
		lo, hi = 120, 300
	}
	return d.span(lo*hour, hi*hour)
}

// office moves an instant to when people work: nobody pays a supplier at three in the morning.
func (s *shop) office(d *dice, at int64) int64 {
	local := at + s.ahead
	switch h := local % days / hour; {
	case h < 8:
		return at - local%days + 8*hour + d.span(0, 3*hour)
	case h >= 20:
		return at - local%days + days + 8*hour + d.span(0, 3*hour)
	}
	return at
}

// supply plans what becomes of each part once the customer has paid enough.
func (p *plan) supply() {
	d := roll(p.view.seed, p.view.id, uint64(p.index), topicSupply)
	hasty := p.live && p.fate == ordinary && d.in(650) // while somebody watches, a colleague works quickly
	for i := range p.parts {
		x := &p.parts[i]
		x.rest()
		x.taken = never
		start := p.ready
		if p.fate == shippedUnpaid {
			start = p.at + d.span(6*hour, 20*hour)
		}
		if p.cancelled < never && p.fate != soldOutForGood || start >= never {
			continue
		}
		switch x.via {
		case download:
			x.told = start + d.span(1, 20)
		case own:
			p.pack(x, &d, start, hasty)
		default:
			p.buy(x, &d, start, hasty)
		}
		p.hurry(x, &d)
		p.deliver(x, &d, hasty)
	}
}

// pack plans a part that the shop sends by itself.
func (p *plan) pack(x *part, d *dice, start int64, hasty bool) {
	x.process = p.view.office(d, start+d.span(3*hour, 44*hour))
	x.ship = p.view.office(d, x.process+d.span(2*hour, 30*hour))
	if hasty {
		x.process = start + d.span(2*minute, 9*minute)
		x.ship = x.process + d.span(2*minute, 20*minute)
	}
	if p.booked > 0 {
		x.process = max(x.process, p.booked-days)
		x.ship = max(x.ship, p.booked)
	}
	x.begun = x.process
}

// buy plans a part that is bought at a supplier.
func (p *plan) buy(x *part, d *dice, start int64, hasty bool) {
	v, pc := p.view, &paces[x.via]
	wait := min(d.span(4*hour, 64*hour)+d.span(0, 50*hour)*int64(d.n(3)), 112*hour)
	switch {
	case p.fate == yours || p.fate == doorstep || p.fate == unasked:
		wait = 114 * hour
	case !p.linked: // somebody has to ask for a price first
		wait = d.span(40*hour, 260*hour)
	case p.fate == forgotten:
		wait = d.span(11*days, 24*days)
	}
	x.tried = v.office(d, start+wait)
	settle := d.span(15, 240)
	switch {
	case p.fate == failing:
		settle = d.span(3*days, 6*days)
		x.attempts, x.why = int8(2+d.n(3)), int8(d.n(len(refusals)))
		x.tried = v.office(d, start+d.span(1*hour, 22*hour))
	case d.in(120): // the payment is looked at
		settle = d.span(1*hour, 9*hour)
	}
	if hasty {
		x.tried, settle = start+d.span(2*minute, 10*minute), d.span(15, 100)
	}
	if p.fate == shippedUnpaid {
		x.tried = start
	}
	x.placed = x.tried + settle
	if p.fate == soldOut || p.fate == soldOutForGood {
		x.first.tried, x.first.placed = x.tried, x.placed
		x.first.cancelled = x.placed + d.span(20*hour, 60*hour)
		if p.fate == soldOutForGood {
			x.tried, x.placed = never, never
			at := x.first.cancelled + d.span(2*hour, 20*hour)
			if p.cancelled == never || at > p.cancelled {
				p.cancelled = at
			}
			return
		}
		x.tried = v.office(d, x.first.cancelled+d.span(2*hour, 40*hour))
		x.placed = x.tried + d.span(15, 240)
	}
	x.process = x.placed + d.span(pc.begin[0]*hour, pc.begin[1]*hour)
	x.ship = x.process + d.span(pc.pack[0]*hour, pc.pack[1]*hour)
	x.late = x.placed + int64(suppliers[x.via].Promise[1])*days*7/5 + days
	switch p.fate {
	case slow:
		x.ship = x.late + d.span(4*days, 10*days)
	case untold, shippedUnpaid:
		x.process = x.placed + d.span(2*hour, 12*hour)
		x.ship = x.process + d.span(14*hour, 40*hour)
	case cancelledMoving, refundedMoving:
		x.ship, x.cancelled = never, x.process+d.span(24*days, 34*days)
	}
	if hasty {
		x.process = x.placed + d.span(1*minute, 8*minute)
		x.ship = x.process + d.span(3*minute, 25*minute)
	}
	if p.booked > 0 {
		x.ship, x.late = max(x.ship, p.booked), max(x.late, p.booked+2*days)
	}
	if d.in(350) { // some platforms say so
		x.asked, x.begun = x.placed+d.span(5, 90), x.process+d.span(60, 1800)
	}
}

// hurry lets some of what is nearly ready when watching begins move in the first minutes, so that there is something to
// see: about one parcel a minute.
func (p *plan) hurry(x *part, d *dice) {
	share := min(600, int(60_000/(p.view.daily*4+1)))
	late := p.anchor + d.span(50, 2400)
	if !d.in(share) || p.fate != ordinary || p.live || p.booked > 0 {
		return
	}
	switch {
	case x.via >= lumen && x.placed <= p.anchor && x.process > p.anchor && x.process < p.anchor+2*days:
		x.ship -= x.process - late
		x.process = late
	case x.process <= p.anchor && x.ship > p.anchor && x.ship < p.anchor+5*days:
		x.ship = late
	}
}

// deliver plans the journey of a part, and when the store platform hears of it.
func (p *plan) deliver(x *part, d *dice, hasty bool) {
	if x.ship >= never {
		p.follow(x)
		return
	}
	last := x.ship
	x.told = x.ship + d.span(2*minute, 7*hour)
	if x.via == own {
		x.told = x.ship
	}
	if hasty {
		x.told = x.ship + d.span(20, 150)
	}
	if p.fate == split && x == &p.parts[0] {
		x.second = p.view.office(d, x.ship+d.span(30*hour, 90*hour))
		last = x.second
		x.toldSecond = x.second + d.span(2*minute, 5*hour)
	}
	x.deliver = last + transit(d, x.via, p.land)
	if p.fate == untold {
		x.told = x.ship + d.span(13*days, 30*days)
	}
	if (d.in(720) || p.method == onDelivery) && p.fate != untracked && p.fate != untold {
		x.toldHome = x.deliver + d.span(10*minute, 9*hour)
	}
	p.scan(x, last)
	p.follow(x)
}

// scan plans where the parcel is seen on its way.
func (p *plan) scan(x *part, last int64) {
	way := x.deliver - last
	x.scans = [6]int64{x.ship, last + way/6, last + way/2, last + way*4/5, x.deliver - min(5*hour, way/8), x.deliver}
	x.nscans = len(x.scans)
}

// follow notes when the placement changes.
func (p *plan) follow(x *part) {
	if x.via < lumen {
		return
	}
	for _, at := range [...]int64{
		x.first.tried, x.first.placed, x.first.cancelled, x.tried, x.placed, x.process, x.second, x.cancelled,
	} {
		x.marks.add(at)
	}
	for k := int64(1); k < int64(x.attempts); k++ {
		x.marks.add(x.attempt(k))
	}
	for _, at := range x.scans[:x.nscans] {
		x.marks.add(at)
	}
}

// attempt is when the payment was tried for the k-th time, from 0.
func (x *part) attempt(k int64) int64 {
	return x.tried + (x.placed-x.tried)*k/int64(max(x.attempts, 1))
}
