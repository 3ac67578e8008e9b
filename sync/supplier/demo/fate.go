package demo

// fate is what is remarkable about an order at a demo supplier. Nobody draws it by chance: the first three orders are
// ordinary, the next ten show one thing each, and from then on something happens to one order in four.
type fate string

const (
	ordinary  fate = ""
	declined  fate = "declined"   // the first payment is refused, the second goes through
	split     fate = "split"      // two parcels
	lostPlace fate = "lost_place" // it is made, but the answer does not arrive
	dearer    fate = "dearer"     // the price goes up between making and paying it
	slow      fate = "slow"       // the answer takes seconds
	lostPay   fate = "lost_pay"   // it is paid, but the answer does not arrive
	strange   fate = "strange"    // for a while its state is a word that nobody knows
	soldOut   fate = "sold_out"   // the supplier cancels it and gives the money back
	late      fate = "late"       // it leaves after the promised day
)

// show is what the first orders of a supplier show.
var show = [...]fate{ordinary, ordinary, ordinary, declined, split, lostPlace, dearer, slow, lostPay, strange, ordinary, soldOut, late}

// round is what comes again and again after them.
var round = [...]fate{
	ordinary, ordinary, split, ordinary, ordinary, ordinary, declined, ordinary, ordinary, lostPay, ordinary, ordinary,
	ordinary, strange, ordinary, ordinary, split, ordinary, ordinary, ordinary, lostPlace, ordinary, ordinary, late,
}

// fateOf is that of the n-th order, from 0.
func fateOf(n int) fate {
	if n < len(show) {
		return show[n]
	}
	return round[(n-len(show))%len(round)]
}
