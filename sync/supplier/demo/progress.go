package demo

import (
	"strconv"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

// trackingURL is where a parcel can be followed; nobody answers there (RFC 2606).
const trackingURL = "https://track.example.com/"

// The places of House.Words.
const (
	wordPending = iota
	wordPlaced
	wordProcessing
	wordShipped
	wordDelivered
	wordCancelled
)

// shortages are why an order that was paid is cancelled.
var shortages = [...]string{"out of stock in the warehouse", "discontinued by the maker", "damaged in quality control, no replacement"}

// total is what an order costs.
func (o *bought) total() (order.Money, error) {
	total, err := o.goods()
	for _, m := range []order.Money{o.Method.Cost, o.Fees} {
		if err == nil {
			total, err = total.Add(m)
		}
	}
	return total, err
}

// goods is what it costs without freight and fees: packaging is among it.
func (o *bought) goods() (order.Money, error) {
	goods, err := sum(o.Lines, o.Extras)
	if err == nil && o.Rise != nil {
		goods, err = goods.Add(*o.Rise)
	}
	return goods, err
}

// times are the instants at which a paid order moves on; a zero one does not come.
type times struct{ begun, stopped, shipped, second, delivered time.Time }

func (o *bought) times() (t times) {
	if o.Paid.IsZero() {
		return t
	}
	h := hash(o.Ref)
	span := func(from, to int) time.Duration { // another one each time, between two numbers of seconds
		n := from + int(h%uint64(to-from+1))
		h = hash(o.Ref, strconv.FormatUint(h, 16))
		return time.Duration(n) * time.Second
	}
	t.begun = o.Paid.Add(span(4, 8))
	t.shipped = t.begun.Add(span(10, 18))
	switch o.Fate {
	case soldOut:
		t.stopped = t.shipped
		t.shipped = time.Time{}
		return t
	case late:
		// The house's promise, and a day.
		t.shipped = order.AddBusinessDays(o.Paid, houseOfNumber(o.No).Promise[1]+1).Add(span(60, 3600))
	case strange:
		t.shipped = t.shipped.Add(25 * time.Second)
	}
	last := t.shipped
	if o.Fate == split && o.parcels() > 1 {
		t.second = t.shipped.Add(span(20, 35))
		last = t.second
	}
	t.delivered = last.Add(span(30, 50))
	return t
}

// houseOfNumber is the house that gave an order its number.
func houseOfNumber(no string) *House {
	for i := range Houses {
		h := &Houses[i]
		if len(no) > len(h.Prefix) && no[:len(h.Prefix)] == h.Prefix {
			return h
		}
	}
	return &Houses[Lumen]
}

// parcels is how many parcels an order goes in when it is split: there must be something for each.
func (o *bought) parcels() int {
	if len(o.Lines) > 1 || len(o.Lines) == 1 && o.Lines[0].Quantity >= order.Units(2) {
		return 2
	}
	return 1
}

// order is what the supplier says of an order at an instant.
func (s *Supplier) order(o *bought, now time.Time) (outbox.Order, error) {
	goods, err := o.goods()
	if err != nil {
		return outbox.Order{}, err
	}
	total, err := o.total()
	if err != nil {
		return outbox.Order{}, err
	}
	out := outbox.Order{
		Number: o.No, Reference: o.Ref, State: order.PlacementPending, RawState: s.house.Words[wordPending], Paid: outbox.PaidNo,
		Goods: goods, Shipping: o.Method.Cost, Fees: o.Fees, Total: total, Reason: o.Reason, Lines: map[string]order.Quantity{},
	}
	for i := range o.Lines {
		out.Lines[o.Lines[i].SKU] += o.Lines[i].Quantity
	}
	if !o.Cancelled.IsZero() {
		out.State, out.RawState, out.Reason = order.PlacementCancelled, s.house.Words[wordCancelled], "taken back before it was paid"
		return out, nil
	}
	if o.Paid.IsZero() {
		return out, nil
	}
	out.Paid, out.PaidAt, out.Receipt = outbox.PaidYes, o.Paid, o.Receipt
	s.progress(&out, o, now)
	return out, nil
}

// progress says how far a paid order is.
func (s *Supplier) progress(out *outbox.Order, o *bought, now time.Time) {
	t := o.times()
	is := func(state order.PlacementState, word int) { out.State, out.RawState = state, s.house.Words[word] }
	come := func(at time.Time) bool { return !at.IsZero() && !now.Before(at) }
	last := t.shipped
	if !t.second.IsZero() {
		last = t.second
	}
	switch {
	case come(t.stopped):
		is(order.PlacementCancelled, wordCancelled)
		out.Reason = shortages[hash(o.Ref)%uint64(len(shortages))] + "; what was paid has been given back"
	case come(t.delivered):
		is(order.PlacementDelivered, wordDelivered)
	case come(last):
		is(order.PlacementShipped, wordShipped)
	case o.Fate == strange && come(t.begun.Add(5*time.Second)):
		// What it means nobody knows; the supplier is at it still.
		out.State, out.RawState = order.PlacementProcessing, s.house.Strange
	case come(t.begun):
		is(order.PlacementProcessing, wordProcessing)
	default:
		is(order.PlacementPlaced, wordPlaced)
	}
	if come(t.shipped) {
		out.Parcels = append(out.Parcels, o.parcel(0, t.shipped, t, now))
	}
	if come(t.second) {
		out.Parcels = append(out.Parcels, o.parcel(1, t.second, t, now))
	}
}

// parcel is the first or second parcel of an order.
func (o *bought) parcel(n int, left time.Time, t times, now time.Time) order.Parcel {
	p := order.Parcel{ShippedAt: left}
	p.Carrier, p.Tracking = o.tracking(n)
	p.URL = trackingURL + p.Tracking
	way := t.delivered.Sub(left)
	for i, word := range [...]string{"Picked up by " + p.Carrier, "At the sorting centre", "On its way", "Out for delivery", "Delivered"} {
		if at := left.Add(way * time.Duration(i) / 4); !now.Before(at) {
			p.Events = append(p.Events, order.ParcelEvent{At: at, Text: word})
		}
	}
	for i := range o.Lines {
		if q := o.share(i, n, !t.second.IsZero()); q > 0 {
			p.Lines = append(p.Lines, order.ShipmentLine{LineID: o.Lines[i].Line, Quantity: q})
		}
	}
	return p
}

// share is how much of a line is in a parcel: several lines are divided between two, a single one is divided itself.
func (o *bought) share(line, parcel int, two bool) order.Quantity {
	q := o.Lines[line].Quantity
	first := q
	switch {
	case !two:
	case len(o.Lines) == 1:
		first = order.Units(max(int64(q/order.Units(2)), 1))
	case line >= (len(o.Lines)+1)/2:
		first = 0
	}
	if parcel == 0 {
		return first
	}
	return q - first
}

// tracking is the carrier and number of a parcel, in the shape of the carrier's own numbers.
func (o *bought) tracking(n int) (carrier, number string) {
	h := hash(o.Ref, o.No, strconv.Itoa(n))
	figures := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte('0' + h%10)
			h = hash(strconv.FormatUint(h, 16))
		}
		return string(b)
	}
	switch {
	case o.Method.Code == "pac" || o.Method.Code == "sedex" || o.Method.Code == "exporta":
		return "Correios", S10("OV", figures(8), "BR")
	case o.Method.Code == "locker" && o.Country == "PL":
		return "InPost", "6" + figures(23)
	case o.Method.Code == "locker" || o.Method.Code == "economy" && o.Country == "PT":
		return "CTT", S10("DA", figures(8), "PT")
	case o.Method.Code == "economy" && o.Country == "PL":
		return "DPD", figures(13) + "U"
	case o.Method.Code == "line":
		return "Kite Line", "KT" + figures(14) + "Y"
	}
	return "DHL", "JD01" + figures(16)
}

// S10 is a number of the Universal Postal Union's standard S10: two letters, eight digits, a check digit, a country.
func S10(service, serial, country string) string {
	sum := 0
	for i, w := range [8]int{8, 6, 4, 2, 3, 5, 9, 7} {
		sum += int(serial[i]-'0') * w
	}
	check := 11 - sum%11
	switch check {
	case 10:
		check = 0
	case 11:
		check = 5
	}
	return service + serial + strconv.Itoa(check) + country
}
