package demo

import "sort"

// fate is what is remarkable about an order. Most have none.
type fate uint8

const (
	ordinary fate = iota

	// The customer's money.
	expired       // never paid; the shop cancels it
	declined      // the card is refused, the second attempt works
	refused       // the card is refused for good
	captured      // authorized, and captured days later
	voided        // authorized, then given back
	deposited     // half of it paid, the rest follows
	overpaid      // the transfer was too high
	drafted       // made by staff, as an offer
	proving       // a bank deposit whose proof is awaited
	charged       // the customer's bank takes it back
	regretted     // cancelled within hours
	shippedUnpaid // the supplier was paid before the customer had

	// The supplier.
	slow            // ships later than promised
	failing         // the payment to the supplier does not go through
	split           // two parcels
	soldOut         // the supplier cancels, the second attempt works
	soldOutForGood  // the supplier cancels, so does the shop
	untold          // the store platform does not hear of the parcel
	cancelledMoving // cancelled in the store, the supplier goes on
	refundedMoving  // refunded in the store, the supplier goes on
	forgotten       // nobody pays the supplier
	sameTracking    // two orders with one tracking number
	untracked       // handed over without a number
	lossy           // costs more than it brings
	preordered      // waits for a date
	held            // waits for a check
	homeless        // the address lacks a part

	// Afterwards.
	claimPaid
	claimPartial
	claimRejected
	claimRequested
	claimEvidence
	claimApproved
	refundPaid
	refundPartial
	refundRejected
	refundRequested
	refundEvidence
	refundApproved
	returned
	resent
	resendRejected
	resendRequested
	resendApproved
	resendShipped

	// The data.
	miscounted // the parts do not make the total
	strange    // a status that nobody knows
	vanished   // the store no longer lists it
	deleted
	tested
	duplicate // the order before it, once more
	hostile   // texts that want to break what shows them
	endless   // 120 lines

	// For the merchant.
	yours    // ready to be bought; the colleague leaves it for days
	unasked  // one of its products is not linked
	bare     // the supplier is out of it
	remote   // goes where no supplier sends to
	doorstep // paid at the door

	fates // how many there are
)

// turn says how often a fate strikes, where, and what it needs.
type turn struct {
	weight  int   // of 10,000 orders
	shops   uint8 // bit 0: aurora, bit 1: nordic
	via     int8  // all lines from this supplier; anyVia = as it comes
	linked  bool  // no line without a supplier or a cost, none to be downloaded
	showAt  []int // ages in hours of orders that have it when the world begins, so that it can be seen at once
	showVia uint8 // bit of the shop that shows it
}

const (
	anyVia = int8(-9)
	both   = uint8(3)
	first  = uint8(1)
	second = uint8(2)
)

var turns = [fates]turn{
	ordinary: {via: anyVia},

	expired:       {70, both, anyVia, true, []int{45, 80}, both},
	declined:      {45, both, anyVia, true, nil, first},
	refused:       {40, both, anyVia, true, []int{62}, both},
	captured:      {30, both, anyVia, true, []int{17, 24}, both},
	voided:        {15, both, anyVia, true, []int{400}, both},
	deposited:     {22, both, anyVia, true, []int{40}, both},
	overpaid:      {10, both, anyVia, true, []int{700, 90}, first},
	drafted:       {25, both, anyVia, true, []int{70, 110}, both},
	proving:       {30, first, anyVia, true, []int{12, 19}, first},
	charged:       {12, both, anyVia, true, []int{2500, 4100}, both},
	regretted:     {130, both, anyVia, true, []int{120}, both},
	shippedUnpaid: {8, first, minas, true, []int{230, 290}, first},

	slow:            {300, first, anyVia, true, []int{240, 275, 310, 400}, first},
	failing:         {80, first, anyVia, true, []int{47, 55, 80}, first},
	split:           {170, both, anyVia, true, []int{100, 150}, both},
	soldOut:         {45, first, anyVia, true, []int{190}, first},
	soldOutForGood:  {25, first, anyVia, true, []int{600}, first},
	untold:          {28, first, minas, true, []int{310, 345}, first},
	cancelledMoving: {14, first, minas, true, []int{280, 420}, first},
	refundedMoving:  {14, first, minas, true, []int{262, 370}, first},
	forgotten:       {85, first, anyVia, true, []int{195, 220}, first},
	sameTracking:    {0, first, minas, true, []int{500, 3000}, first},
	untracked:       {8, second, own, true, []int{260, 1000}, second},
	lossy:           {5, first, minas, true, []int{66, 800}, first},
	preordered:      {45, both, anyVia, true, []int{110}, both},
	held:            {40, both, anyVia, true, []int{38}, both},
	homeless:        {28, first, anyVia, true, []int{90, 130}, first},

	claimPaid:       {50, first, anyVia, true, []int{2600}, first},
	claimPartial:    {20, first, anyVia, true, []int{2700}, first},
	claimRejected:   {20, first, anyVia, true, []int{2800}, first},
	claimRequested:  {6, first, anyVia, true, []int{1090, 1200}, first},
	claimEvidence:   {6, first, anyVia, true, []int{1110, 1180}, first},
	claimApproved:   {6, first, anyVia, true, []int{1130}, first},
	refundPaid:      {55, both, anyVia, true, []int{1800}, both},
	refundPartial:   {70, both, anyVia, true, []int{1900}, both},
	refundRejected:  {14, both, anyVia, true, []int{2000}, both},
	refundRequested: {10, both, anyVia, true, []int{1100, 1150}, both},
	refundEvidence:  {6, both, anyVia, true, []int{1120}, both},
	refundApproved:  {8, both, anyVia, true, []int{1140}, both},
	returned:        {40, both, anyVia, true, []int{2100}, both},
	resent:          {26, both, anyVia, true, []int{2200}, both},
	resendRejected:  {8, both, anyVia, true, []int{2300}, both},
	resendRequested: {6, both, anyVia, true, []int{1105}, both},
	resendApproved:  {6, both, anyVia, true, []int{1115}, both},
	resendShipped:   {8, both, anyVia, true, []int{1125}, both},

	miscounted: {5, both, anyVia, true, []int{160, 2400}, both},
	strange:    {6, both, anyVia, true, []int{70, 1500}, both},
	vanished:   {5, both, anyVia, true, []int{2900}, both},
	deleted:    {5, both, anyVia, true, []int{3100}, both},
	tested:     {8, both, anyVia, true, []int{170}, both},
	duplicate:  {8, both, anyVia, false, []int{34, 600}, both},
	hostile:    {4, both, anyVia, true, []int{29, 145, 350}, both},
	endless:    {0, both, anyVia, true, []int{155}, first},

	yours:    {0, first, anyVia, true, []int{2, 4, 9, 15, 22, 43}, first},
	unasked:  {12, first, anyVia, false, []int{3, 8, 17, 39, 54}, first},
	bare:     {6, first, anyVia, true, []int{7, 36}, first},
	remote:   {6, first, anyVia, true, []int{11, 49}, first},
	doorstep: {10, first, anyVia, true, []int{5, 28}, first},
}

// thresholds are the cumulative weights of a shop's fates; what lies beyond the last is ordinary.
func thresholds(shop int) (sums [fates]int) {
	sum := 0
	for f := range turns {
		if turns[f].shops&(1<<shop) != 0 {
			sum += turns[f].weight
		}
		sums[f] = sum
	}
	return sums
}

// fateOf is the fate of an order. Shares are dealt by a Kronecker sequence rather than by chance, so that each fate
// comes round as often as it should in every stretch of orders.
func (s *shop) fateOf(i int) fate {
	if f, ok := s.shown[i]; ok {
		return f
	}
	u := int((uint64(i)*golden + s.offset) >> 32 * 10_000 >> 32)
	if u >= s.sums[fates-1] {
		return ordinary
	}
	return fate(sort.Search(int(fates), func(f int) bool { return s.sums[f] > u }))
}

// show chooses the orders that have a fate when the world begins. A world with few orders shows what fits.
func (s *shop) show() {
	s.shown = map[int]fate{}
	for f := range turns {
		for k, hours := range turns[f].showAt {
			if turns[f].showVia&(1<<s.index) == 0 {
				continue
			}
			// The shops and the repetitions stand a little apart.
			at := s.start - int64(hours)*hour - int64(k*7+s.index*5)*900
			i := s.earlier(at)
			for tries := 0; tries < 40 && i > 1; tries++ {
				i--
				if s.vacant(i, fate(f)) {
					s.shown[i] = fate(f)
					if fate(f) == sameTracking {
						s.shown[i^1] = fate(f)
					}
					break
				}
			}
		}
	}
}

// vacant tells whether an order may be made to show a fate.
func (s *shop) vacant(i int, f fate) bool {
	_, taken := s.shown[i]
	_, next := s.shown[i+1]
	_, before := s.shown[i-1]
	switch f {
	case duplicate: // it needs a model
		return !taken && !next && !before && s.fateOf(i-1) == ordinary
	case sameTracking: // it needs a twin
		return !taken && !next && !before
	}
	return !taken && s.shown[i+1] != duplicate
}
