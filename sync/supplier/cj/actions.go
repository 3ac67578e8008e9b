package cj

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

// How long CJ lets texts be.
const (
	noteMax    = 500
	nameMax    = 50
	addressMax = 200
	phoneMax   = 20
	wayMax     = 50
	refMax     = 50
)

// looks is how often an order is read again while CJ is working on it.
const looks = 4

// inEU are the countries for which CJ wants to hear how the value added tax is declared; without it the order is refused.
var inEU = map[string]bool{
	"AT": true, "BE": true, "BG": true, "CY": true, "CZ": true, "DE": true, "DK": true, "EE": true, "ES": true, "FI": true,
	"FR": true, "GR": true, "HR": true, "HU": true, "IE": true, "IT": true, "LT": true, "LU": true, "LV": true, "MT": true,
	"NL": true, "PL": true, "PT": true, "RO": true, "SE": true, "SI": true, "SK": true,
}

// Values of iossType.
const (
	iossNone = 1
	iossOwn  = 2
	iossCJ   = 3
)

func (s *Supplier) ownIOSS() string {
	if strings.EqualFold(s.o.IOSS, "cj") || strings.EqualFold(s.o.IOSS, "none") {
		return ""
	}
	return s.o.IOSS
}

// createOrder is the body of createOrderV2.
type createOrder struct {
	OrderNumber  string `json:"orderNumber"`
	Zip          string `json:"shippingZip,omitempty"`
	Country      string `json:"shippingCountry"`
	CountryCode  string `json:"shippingCountryCode"`
	Province     string `json:"shippingProvince"`
	City         string `json:"shippingCity"`
	Phone        string `json:"shippingPhone,omitempty"`
	Customer     string `json:"shippingCustomerName"`
	Address      string `json:"shippingAddress"`
	Address2     string `json:"shippingAddress2,omitempty"`
	Email        string `json:"email,omitempty"`
	Remark       string `json:"remark,omitempty"`
	PayType      int    `json:"payType"` // 3: make it and nothing else. 2 would confirm and charge at once, 1 is a page to pay on
	LogisticName string `json:"logisticName"`
	From         string `json:"fromCountryCode"`
	Platform     string `json:"platform"`
	StoreName    string `json:"storeName,omitempty"`
	// ShopLogisticsType 2 lets CJ choose the warehouse; 1 wants one named, and 3 loses the way of sending.
	ShopLogisticsType int         `json:"shopLogisticsType"`
	IOSSType          int         `json:"iossType,omitempty"`
	IOSSNumber        string      `json:"iossNumber,omitempty"`
	IsSandbox         int         `json:"isSandbox,omitempty"` // the number 1; "true" is ignored and makes a real order
	Products          []productOf `json:"products"`
}

// platforms are the kinds of stores of which CJ has the same name.
var platforms = map[string]string{"shopify": "shopify", "woocommerce": "woocommerce"}

// body makes what is sent of what is to be bought, or says what CJ would not take.
func (s *Supplier) body(doc *store.PlaceDoc, vids map[string]string) (*createOrder, error) {
	a := doc.Address
	country := strings.ToUpper(a.Country)
	region, err := language.ParseRegion(country)
	if err != nil || len(country) != 2 || !region.IsCountry() {
		return nil, fmt.Errorf("the country “%s” is not known", a.Country)
	}
	b := &createOrder{
		OrderNumber: doc.Reference, Zip: a.PostalCode, Country: display.English.Regions().Name(region), CountryCode: country,
		Province: cmp.Or(a.Province, a.City), City: a.City, Phone: bare(cmp.Or(a.Phone, doc.Phone)), Customer: cmp.Or(a.Name, a.Company),
		Address: a.Line1, Address2: a.Line2, Email: doc.Email, Remark: remark(doc), PayType: 3, LogisticName: doc.Method.Code,
		From: s.o.From, Platform: cmp.Or(s.o.Platform, platforms[doc.Platform], "shopify"), StoreName: s.o.StoreName, ShopLogisticsType: 2,
	}
	if a.Company != "" && a.Name != "" {
		b.Address2 = strings.TrimPrefix(b.Address2+", "+a.Company, ", ")
	}
	if inEU[country] {
		switch b.IOSSType = iossCJ; {
		case strings.EqualFold(s.o.IOSS, "none"):
			b.IOSSType = iossNone
		case s.ownIOSS() != "":
			b.IOSSType, b.IOSSNumber = iossOwn, s.ownIOSS()
		}
	}
	if s.o.Sandbox {
		b.IsSandbox = 1
	}
	for _, items := range [][]checkout.Item{doc.Items, doc.Packaging} {
		for _, i := range items {
			n, ok := pieces(i.Quantity)
			if !ok {
				return nil, fmt.Errorf("CJ sells whole pieces, not %s of %s", i.Quantity, i.SKU)
			}
			b.Products = append(b.Products, productOf{VID: vids[i.SKU], Quantity: n, StoreLine: i.Line})
		}
	}
	return b, b.check()
}

// check finds what CJ would cut off or refuse, so that nothing is sent shortened.
func (b *createOrder) check() error {
	for _, f := range []struct {
		what, value string
		most        int
		needed      bool
	}{
		{"our reference", b.OrderNumber, refMax, true},
		{"the name", b.Customer, nameMax, true},
		{"the street", b.Address, addressMax, true},
		{"the second line of the address", b.Address2, addressMax, false},
		{"the city", b.City, nameMax, true},
		{"the province", b.Province, nameMax, true},
		{"the phone number", b.Phone, phoneMax, false},
		{"the way of sending", b.LogisticName, wayMax, true},
		{"the note, with the customer's", b.Remark, noteMax, false},
	} {
		n := utf8.RuneCountInString(f.value)
		switch {
		case n > f.most:
			return fmt.Errorf("%s has %d characters, and CJ takes %d: shorten it", f.what, n, f.most)
		case n == 0 && f.needed:
			return fmt.Errorf("%s is missing, and CJ wants it", f.what)
		}
	}
	if utf8.RuneCountInString(b.Email) > nameMax { // it is not needed for the parcel
		b.Email = ""
	}
	if len(b.Products) == 0 {
		return errors.New("there is nothing to be bought")
	}
	return nil
}

// bare leaves of a phone number what is dialled.
func bare(phone string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("0123456789+", r) {
			return r
		}
		return -1
	}, phone)
}

// remark is all that CJ is told in words.
func remark(doc *store.PlaceDoc) string {
	var parts []string
	for _, p := range []struct{ label, text string }{{"", doc.Note}, {"Customer: ", doc.CustomerNote}, {"Card: ", doc.CardText}} {
		if p.text != "" {
			parts = append(parts, p.label+p.text)
		}
	}
	return strings.Join(parts, "\n")
}

// Place implements outbox.Supplier: it makes the order and confirms it. Once CJ has made it, whatever happens next is
// no failure of this: confirming is taken up again before the payment.
func (s *Supplier) Place(ctx context.Context, doc store.PlaceDoc) (outbox.Order, error) {
	release, err := s.hold(ctx)
	if err != nil {
		return outbox.Order{}, err
	}
	defer release()
	vids := map[string]string{}
	for _, items := range [][]checkout.Item{doc.Items, doc.Packaging} {
		for _, i := range items {
			v := s.variants[i.SKU]
			if v == nil || v.gone {
				var err error
				if v, err = s.find(ctx, i.SKU, priceAge); err != nil {
					return outbox.Order{}, outbox.NotSent(err)
				}
			}
			if v == nil {
				return outbox.Order{}, fmt.Errorf("%w: CJ does not sell %s any more", outbox.ErrRejected, i.SKU)
			}
			vids[i.SKU] = v.vid
		}
	}
	body, err := s.body(&doc, vids)
	if err != nil {
		return outbox.Order{}, outbox.Rejected(err)
	}
	var made rawOrder
	_, err = s.call(ctx, request{method: http.MethodPost, path: "/shopping/order/createOrderV2", body: body, changes: true}, &made)
	if err != nil {
		return outbox.Order{}, explain(fate(err))
	}
	if made.number() == "" { // code 200 is not enough
		return outbox.Order{}, sync.Errorf(sync.BadAnswer, "CJ took the order and does not say its number")
	}
	o := normalize(&made, s.skus)
	o.Reference = cmp.Or(o.Reference, doc.Reference)
	if made.Status == "" {
		o.State, o.Paid, o.RawState, o.Reason = order.PlacementPending, outbox.PaidNo, "CREATED", ""
		for _, p := range made.Intercepted {
			o.Reason = join(o.Reason, p.Message.clean())
		}
	}
	now, why := s.confirmed(ctx, o.Number)
	if now != nil {
		intercepted := o.Reason
		o = *now
		o.Reason = cmp.Or(o.Reason, intercepted)
	}
	o.Reason = join(o.Reason, why)
	return o, nil
}

// explain adds what to do to refusals that the settings are to blame for.
func explain(err error) error {
	var r *RefusalError
	if !errors.As(err, &r) {
		return err
	}
	switch {
	case strings.Contains(r.Words, "5027"):
		return fmt.Errorf("%w. Name a kind of store that your CJ account has authorised, with `store_platform` in the supplier's settings", err)
	case strings.Contains(r.Words, "IOSS"):
		return fmt.Errorf("%w. Say in the supplier's settings how the tax is declared, with `ioss`: cj, none, or your own number", err)
	}
	return err
}

// confirmed confirms an order that is made, if that is still to be done, and reads it. why says what is in the way; the
// order is nil when it could not be read.
func (s *Supplier) confirmed(ctx context.Context, number string) (o *outbox.Order, why string) {
	raw, err := s.detail(ctx, number)
	if err != nil {
		return nil, "CJ does not show it yet: " + err.Error()
	}
	read := func() *outbox.Order {
		n := normalize(raw, s.skus)
		return &n
	}
	if raw == nil {
		return nil, "CJ does not show it yet"
	}
	if s.o.Sandbox && !raw.IsSandbox.yes() {
		return read(), "a test order was asked for, and CJ made a real one; it is not confirmed and will not be paid"
	}
	if status := raw.status(); status != "CREATED" && status != "IN_CART" {
		return read(), ""
	}
	_, err = s.call(ctx, request{
		method: http.MethodPatch, path: "/shopping/order/confirmOrder", body: map[string]string{"orderId": number}, changes: true,
	}, nil)
	var r *RefusalError
	if errors.As(err, &r) && r.class() == refused && !confirming(r) {
		return read(), r.Error() + s.choices(ctx, number)
	}
	// Confirmed, or being confirmed, or not known: the order itself tells.
	for range looks {
		if again, bad := s.detail(ctx, number); bad == nil && again != nil {
			raw = again
			if status := raw.status(); status != "CREATED" && status != "IN_CART" {
				return read(), ""
			}
		}
		if s.pause(ctx) != nil {
			break
		}
	}
	if err != nil {
		return read(), "CJ has not confirmed it yet: " + err.Error()
	}
	return read(), "CJ has not confirmed it yet"
}

// confirming tells CJ's answer to an order that is being confirmed at this moment from a refusal. They have the same
// code; the worst that comes of misreading one for the other is that we look again.
func confirming(r *RefusalError) bool {
	w := strings.ToLower(r.Words)
	return strings.Contains(w, "being confirmed") || strings.Contains(w, "try again later") || strings.Contains(w, "confirming")
}

// choices names the ways of sending with which CJ would confirm an order, for a person to choose from.
func (s *Supplier) choices(ctx context.Context, number string) string {
	var list []struct {
		Name     word `json:"logisticName"`
		HasStock word `json:"hasStock"`
	}
	if _, err := s.call(ctx, request{path: "/shopping/order/getOrderLogisticsInfo", query: url.Values{"orderId": {number}}}, &list); err != nil {
		return ""
	}
	var names []string
	for _, l := range list {
		if l.HasStock.yes() && l.Name != "" {
			names = append(names, l.Name.clean())
		}
	}
	if len(names) == 0 {
		return "; CJ names no way of sending that has stock"
	}
	return "; with stock it could go by " + strings.Join(names, ", ")
}

// detail reads one order by any of its names; nil when CJ has none of that name.
func (s *Supplier) detail(ctx context.Context, name string) (*rawOrder, error) {
	var raw rawOrder
	_, err := s.call(ctx, request{path: "/shopping/order/getOrderDetail", query: url.Values{"orderId": {name}}}, &raw)
	var r *RefusalError
	switch {
	case errors.As(err, &r) && (r.Code == codeNotFound || r.Code == codeParameter):
		return nil, nil //nolint:nilnil // there is none; any other refusal says nothing about that
	case err != nil:
		return nil, err
	case raw.number() == "":
		return nil, nil //nolint:nilnil // data: null
	}
	return &raw, nil
}

// Cancel implements outbox.Supplier. CJ takes an order back only before it is confirmed.
func (s *Supplier) Cancel(ctx context.Context, doc store.CancelDoc) error {
	release, err := s.hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	raw, err := s.detail(ctx, doc.SupplierNo)
	if err != nil {
		return outbox.NotSent(err)
	}
	if raw == nil || raw.status() == "CANCELLED" {
		return nil
	}
	if status := raw.status(); status != "CREATED" && status != "IN_CART" {
		return fmt.Errorf("%w: CJ says “%s” of the order %s and deletes orders only before they are confirmed: cancel it on CJ's site, under My CJ → Orders",
			outbox.ErrNotOffered, raw.Status.clean(), doc.SupplierNo)
	}
	_, err = s.call(ctx, request{
		method: http.MethodDelete, path: "/shopping/order/deleteOrder", query: url.Values{"orderId": {doc.SupplierNo}}, changes: true,
	}, nil)
	if err != nil {
		return fate(err)
	}
	if raw, err = s.detail(ctx, doc.SupplierNo); err != nil || raw != nil && raw.status() != "CANCELLED" {
		return errors.Join(fmt.Errorf("CJ took the cancellation and still shows the order %s", doc.SupplierNo), err)
	}
	return nil
}
