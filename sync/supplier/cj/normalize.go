package cj

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/text"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

// word is a value that CJ writes as text here and as a number there, or leaves out. It is kept as it is written, so
// that no amount goes through binary fractions.
type word string

// UnmarshalJSON takes texts, numbers and truth values; anything else counts as not said.
func (w *word) UnmarshalJSON(data []byte) error {
	*w = ""
	switch {
	case len(data) == 0, data[0] == '{', data[0] == '[', string(data) == "null":
		return nil
	case data[0] == '"':
		var s string
		if err := json.Unmarshal(data, &s); err != nil {
			return err
		}
		*w = word(strings.TrimSpace(s))
		return nil
	}
	*w = word(data)
	return nil
}

func (w word) clean() string { return text.Limit(text.Clean(string(w)), 500) }

func (w word) yes() bool { return w == "1" || strings.EqualFold(string(w), "true") }

// money reads an amount. Of a range of prices ("15.16 -- 15.17") it is the upper end, so that nothing costs more than it
// was shown to. ok is false for what is not said and for what makes no sense.
func (w word) money() (m order.Money, ok bool) {
	s := string(w)
	if _, upper, is := strings.Cut(s, "--"); is {
		s = upper
	}
	m, err := order.ParseMoney(s, Currency)
	if err != nil || m.Minor < 0 {
		return order.Money{}, false
	}
	return order.New(m.Minor, Currency), true // fractions of a cent are nobody's
}

func (w word) amount() order.Money { m, _ := w.money(); return m }

// time reads CJ's dates, which are in UTC and do not say so.
func (w word) time() time.Time {
	for _, layout := range []string{time.DateTime, time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05.0", time.DateOnly} {
		if t, err := time.Parse(layout, string(w)); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

func (w word) whole() (int64, bool) {
	n, err := strconv.ParseInt(strings.TrimSuffix(string(w), ".0"), 10, 64)
	return n, err == nil
}

// link is an address that may be opened.
func (w word) link() string {
	if s := w.clean(); strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://") {
		return s
	}
	return ""
}

// rawOrder is an order as the list, the detail and the answer to making one have it; each leaves out a good deal. The
// merchant's reference is orderNumber in one and orderNum in another; orderId is the code that begins with SD in one, and
// a number in another, where the code is cjOrderId or cjOrderCode.
type rawOrder struct {
	OrderID       word `json:"orderId"`
	OrderNum      word `json:"orderNum"`
	OrderNumber   word `json:"orderNumber"`
	CJOrderID     word `json:"cjOrderId"`
	CJOrderCode   word `json:"cjOrderCode"`
	ShipmentID    word `json:"shipmentOrderId"`
	Status        word `json:"orderStatus"`
	OrderAmount   word `json:"orderAmount"`
	ActualPayment word `json:"actualPayment"`
	ProductAmount word `json:"productAmount"`
	PostageAmount word `json:"postageAmount"`
	IOSSAmount    word `json:"iossAmount"`
	IOSSFee       word `json:"iossTaxHandlingFee"`
	CreateDate    word `json:"createDate"`
	PaymentDate   word `json:"paymentDate"`
	OutWarehouse  word `json:"outWarehouseTime"`
	Logistic      word `json:"logisticName"`
	TrackNumber   word `json:"trackNumber"`
	TrackingURL   word `json:"trackingUrl"`
	Carrier       word `json:"trackingProvider"`
	DisputeID     word `json:"disputeId"`
	IsSandbox     word `json:"isSandbox"`
	LogisticsMiss word `json:"logisticsMiss"`
	Products      []struct {
		VID       word `json:"vid"`
		SKU       word `json:"sku"`
		Quantity  word `json:"quantity"`
		StoreLine word `json:"storeLineItemId"`
	} `json:"productList"`
	Intercepted []struct {
		Code    word `json:"code"`
		Message word `json:"message"`
	} `json:"interceptOrderReasons"`
	Split []struct {
		Code word `json:"orderCode"`
	} `json:"splitOrderList"`
}

func (r *rawOrder) reference() string { return cmp.Or(r.OrderNum, r.OrderNumber).clean() }

// number is the name that confirming, paying and asking want: the code that begins with SD, where there is one.
func (r *rawOrder) number() string { return cmp.Or(r.CJOrderID, r.CJOrderCode, r.OrderID).clean() }

// Names of an order beside its number, in outbox.Order.AltIDs.
const (
	altCode     = "code"     // SD…
	altNumeric  = "numeric"  // of lists
	altShipment = "shipment" // of the shipment that it was put into
	altRequest  = "request"  // CJ's number of the request that paid it
)

// statuses are CJ's words. A paid order is UNSHIPPED from the moment of its payment until it leaves.
var statuses = map[string]struct {
	state order.PlacementState
	paid  outbox.Paid
}{
	"CREATED":   {order.PlacementPending, outbox.PaidNo},
	"IN_CART":   {order.PlacementPending, outbox.PaidNo},
	"UNPAID":    {order.PlacementPending, outbox.PaidNo},
	"UNSHIPPED": {order.PlacementProcessing, outbox.PaidYes},
	"SHIPPED":   {order.PlacementShipped, outbox.PaidYes},
	"DELIVERED": {order.PlacementDelivered, outbox.PaidYes},
	"CANCELLED": {order.PlacementCancelled, outbox.PaidNo},
}

// numbered are the statuses that come as numbers in places, where it is known what they are.
var numbered = map[string]string{"100": "CREATED", "300": "UNSHIPPED"}

func (r *rawOrder) status() string {
	s := strings.ToUpper(r.Status.clean())
	return cmp.Or(numbered[s], s)
}

// normalize says an order of CJ in the outbox's words. skus names the products of the account that are known, by their
// variant id.
func normalize(r *rawOrder, skus map[string]string) outbox.Order {
	o := outbox.Order{
		Number: r.number(), Reference: r.reference(), RawState: r.Status.clean(), AltIDs: map[string]string{},
		Goods: r.ProductAmount.amount(), Shipping: r.PostageAmount.amount(), PaidAt: r.PaymentDate.time(),
	}
	for name, id := range map[string]word{altCode: cmp.Or(r.CJOrderID, r.CJOrderCode), altShipment: r.ShipmentID} {
		if id != "" {
			o.AltIDs[name] = id.clean()
		}
	}
	if id := r.OrderID.clean(); id != "" && id != o.Number {
		o.AltIDs[altNumeric] = id
	}
	r.totals(&o)
	known, ok := statuses[r.status()]
	o.State, o.Paid = known.state, known.paid
	switch {
	case !ok:
		r.unknown(&o)
	case o.State == order.PlacementPending && r.PaymentDate != "":
		o.Paid = outbox.PaidUnknown // it says unpaid, with a date of payment: nothing is paid on that
	case o.State == order.PlacementCancelled && r.PaymentDate != "":
		o.Paid = outbox.PaidYes
	}
	for _, p := range r.Intercepted {
		o.Reason = join(o.Reason, p.Message.clean())
	}
	if r.LogisticsMiss.yes() {
		o.Reason = join(o.Reason, "the way of sending is missing")
	}
	r.lines(&o, skus)
	r.parcels(&o)
	for _, part := range r.Split {
		if code := part.Code.clean(); code != "" && code != o.Number {
			o.Split = append(o.Split, code)
		}
	}
	return o
}

func join(list, next string) string {
	if list == "" || next == "" {
		return list + next
	}
	return list + "; " + next
}

// totals works out what the order costs: CJ's own sum, or the sum of the parts where it says none. Without the parts
// there is no total, rather than a wrong one.
func (r *rawOrder) totals(o *outbox.Order) {
	fees, err := r.IOSSAmount.amount().Add(r.IOSSFee.amount())
	if err != nil {
		return
	}
	o.Fees = fees
	if total, ok := cmp.Or(r.OrderAmount, r.ActualPayment).money(); ok {
		o.Total = total
		return
	}
	_, goods := r.ProductAmount.money()
	_, sending := r.PostageAmount.money()
	if !goods || !sending {
		return
	}
	sum, err := o.Goods.Add(o.Shipping)
	if err == nil {
		sum, err = sum.Add(fees)
	}
	if err == nil {
		o.Total = sum
	}
}

// unknown is for a status that is not in CJ's documentation: how far the order is follows from what else is said, and
// the word is kept.
func (r *rawOrder) unknown(o *outbox.Order) {
	switch {
	case r.TrackNumber != "" && r.PaymentDate != "":
		o.State, o.Paid = order.PlacementShipped, outbox.PaidYes
	case r.PaymentDate != "":
		o.State, o.Paid = order.PlacementProcessing, outbox.PaidYes
	default:
		o.State, o.Paid = order.PlacementPending, outbox.PaidUnknown
	}
	o.Reason = join(o.Reason, "CJ says “"+cmp.Or(o.RawState, "nothing")+"”, which is not known here")
}

// lines counts the products by SKU, where all of them are known.
func (r *rawOrder) lines(o *outbox.Order, skus map[string]string) {
	lines := map[string]order.Quantity{}
	for _, p := range r.Products {
		sku := cmp.Or(p.SKU.clean(), skus[p.VID.clean()])
		n, err := order.ParseQuantity(string(p.Quantity))
		if sku == "" || err != nil {
			return
		}
		lines[sku] += n
	}
	if len(lines) > 0 {
		o.Lines = lines
	}
}

// parcels reads the tracking number, or several in one.
func (r *rawOrder) parcels(o *outbox.Order) {
	numbers := strings.FieldsFunc(r.TrackNumber.clean(), func(c rune) bool { return c == ',' || c == ';' || c == ' ' })
	for _, n := range numbers {
		p := order.Parcel{
			Carrier: cmp.Or(r.Carrier.clean(), r.Logistic.clean()), Tracking: n, URL: r.TrackingURL.link(), ShippedAt: r.OutWarehouse.time(),
		}
		for _, l := range r.Products {
			q, err := order.ParseQuantity(string(l.Quantity))
			if id := l.StoreLine.clean(); id != "" && err == nil && len(numbers) == 1 {
				p.Lines = append(p.Lines, order.ShipmentLine{LineID: id, Quantity: q})
			}
		}
		o.Parcels = append(o.Parcels, p)
	}
}

// advance is how far a state is, for telling the least advanced part of an order.
var advance = map[order.PlacementState]int{
	order.PlacementPending: 0, order.PlacementPlaced: 1, order.PlacementProcessing: 2, order.PlacementShipped: 3, order.PlacementDelivered: 4,
}

// merge makes one order of one that was split and its parts: it is as far as the least advanced part that still lives,
// and has all their parcels. What it costs and how it was paid is the whole's own.
func merge(whole *outbox.Order, parts []outbox.Order) {
	first := true
	for i := range parts {
		p := &parts[i]
		for _, parcel := range p.Parcels {
			if !slices.ContainsFunc(whole.Parcels, func(have order.Parcel) bool { return have.Tracking == parcel.Tracking }) {
				whole.Parcels = append(whole.Parcels, parcel)
			}
		}
		if p.Paid == outbox.PaidYes {
			whole.Paid = outbox.PaidYes
		}
		if whole.PaidAt.IsZero() {
			whole.PaidAt = p.PaidAt
		}
		if p.State == order.PlacementCancelled {
			continue
		}
		if first || advance[p.State] < advance[whole.State] {
			whole.State, whole.RawState = p.State, p.RawState
		}
		first = false
	}
}

// dispute is a case at CJ.
type dispute struct {
	ID     word `json:"id"`
	Status word `json:"status"`
	Money  word `json:"money"`
	Deal   word `json:"finallyDeal"` // 1 money back, 2 sent again, 3 rejected; nothing while it is open
}

// claim says how far a case is.
func (d *dispute) claim(total order.Money) order.CaseState {
	switch d.Deal {
	case "1":
		if back, ok := d.Money.money(); ok && total.Currency == back.Currency && back.Minor < total.Minor {
			return order.CasePaidPartial
		}
		return order.CasePaid
	case "2":
		return order.CaseApproved
	case "3":
		return order.CaseRejected
	}
	return order.CaseRequested
}

// track is what CJ knows of a parcel.
type track struct {
	Number         word            `json:"trackingNumber"`
	Status         word            `json:"trackingStatus"`
	DeliveryTime   word            `json:"deliveryTime"`
	LastCarrier    word            `json:"lastMileCarrier"`
	LastNumber     word            `json:"lastTrackNumber"`
	LogisticEvents json.RawMessage `json:"logisticsTrackEvents"` // a list, or a text with a list in it
}

type scan struct {
	Activity word `json:"activity"`
	Location word `json:"location"`
	At       word `json:"eventTime"`
	Status   word `json:"statusDesc"`
}

// events are the scans of a parcel, oldest first.
func (t *track) events(p order.Parcel) []order.ParcelEvent {
	list := t.LogisticEvents
	var inText string
	if json.Unmarshal(list, &inText) == nil {
		list = json.RawMessage(inText)
	}
	var scans []scan
	_ = json.Unmarshal(list, &scans) // without them there is still the status
	var out []order.ParcelEvent
	add := func(at time.Time, what string) {
		if what != "" && !at.IsZero() && len(out) < 200 {
			out = append(out, order.ParcelEvent{At: at, Text: what})
		}
	}
	for _, s := range scans {
		what := cmp.Or(s.Activity, s.Status).clean()
		if where := s.Location.clean(); where != "" && what != "" {
			what += ", " + where
		}
		add(s.At.time(), what)
	}
	if len(out) == 0 {
		add(cmp.Or(t.DeliveryTime.time(), p.ShippedAt), t.Status.clean())
	}
	if n := t.LastNumber.clean(); n != "" && n != p.Tracking {
		add(p.ShippedAt, strings.TrimSpace("last mile: "+t.LastCarrier.clean()+" "+n))
	}
	slices.SortStableFunc(out, func(a, b order.ParcelEvent) int { return a.At.Compare(b.At) })
	return out
}

// days reads "2-5", "7" or "10-15 days".
func (w word) days() [2]int {
	var found []int
	for _, f := range strings.FieldsFunc(string(w), func(c rune) bool { return c < '0' || c > '9' }) {
		if n, err := strconv.Atoi(f); err == nil && n <= 1000 {
			found = append(found, n)
		}
	}
	switch {
	case len(found) == 0:
		return [2]int{}
	case len(found) == 1:
		return [2]int{found[0], found[0]}
	}
	return [2]int{min(found[0], found[1]), max(found[0], found[1])}
}
