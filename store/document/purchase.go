package document

import (
	"fmt"
	"io"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
)

// PurchaseOrderData is what a purchase order says: what a supplier is asked to send to whom.
type PurchaseOrderData struct {
	Doc      store.PlaceDoc
	Supplier string // for people
	Contact  string // of the supplier: an address for mail, a phone number; "" = none
	Brand    Brand  // who orders
	Format   Format
	Zone     *time.Location
	At       time.Time // when it was placed
}

// PurchaseOrder writes a purchase order as a PDF.
func PurchaseOrder(w io.Writer, d PurchaseOrderData) (warnings []string, err error) {
	t, doc, f := wordsOf(d.Format.Name()), &d.Doc, d.Format
	width, height := paper("")
	s, err := newSheet(width, height, t.PurchaseOrder+" "+doc.Reference, f.Name(), d.Brand.Font, d.At)
	if err != nil {
		return nil, err
	}
	warnings = s.brand(&d.Brand, t.PurchaseOrder, []string{doc.Reference, t.Date + ": " + f.Date(in(d.At, d.Zone))})
	s.again = func() { s.runningHead(&d.Brand, t.PurchaseOrder+" "+doc.Reference) }
	s.foot = func(page, of int) { s.pageFoot(join2(", ", d.Brand.Address...), fmt.Sprintf(t.Page, page, of)) }

	method := doc.Method.Name
	if method == "" {
		method = doc.Method.Code
	}
	var to string
	for _, line := range addressLines(doc.Address) {
		to = join2("\n", to, line)
	}
	s.pairs([][2]string{
		{t.Supplier, join2(" · ", d.Supplier, d.Contact)},
		{t.Order, "#" + doc.Number},
		{t.ShipTo, to},
		{t.Phone, doc.Phone},
		{t.Email, doc.Email},
		{t.ShipBy, method},
		{t.Pay, doc.PayWith.Name},
		{t.Note, doc.Note},
		{t.CustomerNote, doc.CustomerNote},
		{t.Card, doc.CardText},
	}, 130)
	s.y += 14

	currency := doc.Total.Currency
	var rows []row
	goods := order.Money{}
	for i, item := range append(append(doc.Items[:0:0], doc.Items...), doc.Packaging...) {
		each, err := item.Unit.Times(item.Quantity)
		if err == nil {
			goods, err = goods.Add(each)
		}
		if err != nil {
			return warnings, fmt.Errorf("the purchase order %s does not add up: %w", doc.Reference, err)
		}
		r := row{cells: []string{item.SKU, item.Title, f.Decimal(item.Quantity.String()), amount(f, item.Unit, currency), amount(f, each, currency)}}
		if i >= len(doc.Items) {
			r.below = []string{t.Packaging}
		}
		rows = append(rows, r)
	}
	background, foreground := d.Brand.accent()
	s.table([]column{
		{title: "SKU", width: 96},
		{title: t.Item},
		{title: t.Quantity, width: 64, right: true},
		{title: t.Price + " (" + currency + ")", width: 80, right: true},
		{title: t.Total + " (" + currency + ")", width: 80, right: true},
	}, rows, background, foreground)

	sums := []total{{name: t.Goods, value: money(f, goods)}, {name: t.Shipping, value: money(f, doc.Method.Cost)}}
	if fees, err := doc.Total.Sub(goods); err == nil {
		if fees, err = fees.Sub(doc.Method.Cost); err == nil && fees.Minor > 0 {
			sums = append(sums, total{name: t.Fees, value: money(f, fees)})
		}
	}
	s.totals(append(sums, total{t.Total, money(f, doc.Total), true}), d.Brand.accentInk())
	more, err := s.write(w)
	return append(warnings, more...), err
}
