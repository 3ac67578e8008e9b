package export

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/orderdeck/orderdeck/store/order"
)

// sold is what a reader of Shopify's export learns about an order: what a round trip must bring back.
type sold struct {
	Number, Email, Financial, Fulfilment, Currency, ID  string
	Subtotal, Shipping, Tax, Total, Discount, Refunded  order.Money
	Created, Paid, Sent, Cancelled                      string
	Codes, Method, Notes, Payment, Reference            string
	Tags, Source, Phone, Risk, PaymentID, AllReferences string
	Billing, ShippingTo                                 order.Address
	Lines                                               []soldLine
}

type soldLine struct {
	Name, SKU, Status string
	Quantity          order.Quantity
	Price, Discount   order.Money
	Ships             bool
}

// readShopify is a reader as Shopify's users have written them: it maps columns by name, takes rows of the same name
// together, lets an empty cell of a further row mean "as above", and takes one apostrophe off postal codes, phones
// and neutralised texts.
func readShopify(data []byte) ([]sold, error) {
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	for i, name := range rows[0] {
		at[name] = i
	}
	var out []sold
	for _, row := range rows[1:] {
		text := func(column string) string { return Restore(row[at[column]]) }
		code := func(column string) string { return strings.TrimPrefix(row[at[column]], "'") }
		if n := len(out); n == 0 || row[at["Name"]] != "" && (text("Name") != "#"+out[n-1].Number || text("Id") != "") {
			out = append(out, sold{})
		}
		o := &out[len(out)-1]
		if id := text("Id"); id != "" { // the first row
			*o = sold{
				Number: strings.TrimPrefix(text("Name"), "#"), Email: text("Email"), Financial: text("Financial Status"),
				Fulfilment: text("Fulfillment Status"), Currency: text("Currency"), ID: id, Created: text("Created at"),
				Paid: text("Paid at"), Sent: text("Fulfilled at"), Cancelled: text("Cancelled at"), Codes: text("Discount Code"),
				Method: text("Shipping Method"), Notes: text("Notes"), Payment: text("Payment Method"),
				Reference: text("Payment Reference"), Tags: text("Tags"), Source: text("Source"), Phone: text("Phone"),
				Risk: text("Risk Level"), PaymentID: text("Payment ID"), AllReferences: text("Payment References"),
			}
			for column, to := range map[string]*order.Money{
				"Subtotal": &o.Subtotal, "Shipping": &o.Shipping, "Taxes": &o.Tax, "Total": &o.Total, "Discount Amount": &o.Discount,
				"Refunded Amount": &o.Refunded,
			} {
				if *to, err = amount(row[at[column]], o.Currency); err != nil {
					return nil, fmt.Errorf("%s: %w", column, err)
				}
			}
			for kind, to := range map[string]*order.Address{"Billing ": &o.Billing, "Shipping ": &o.ShippingTo} {
				*to = order.Address{
					Name: text(kind + "Name"), Line1: text(kind + "Address1"), Line2: text(kind + "Address2"),
					Company: text(kind + "Company"), City: text(kind + "City"), PostalCode: code(kind + "Zip"),
					Province: text(kind + "Province"), Country: text(kind + "Country"), Phone: text(kind + "Phone"),
				}
			}
		}
		if row[at["Lineitem quantity"]] == "" {
			continue
		}
		l := soldLine{
			Name: text("Lineitem name"), SKU: text("Lineitem sku"), Status: text("Lineitem fulfillment status"),
			Ships: row[at["Lineitem requires shipping"]] == "true",
		}
		if l.Quantity, err = order.ParseQuantity(row[at["Lineitem quantity"]]); err != nil {
			return nil, err
		}
		if l.Price, err = amount(row[at["Lineitem price"]], o.Currency); err != nil {
			return nil, err
		}
		if l.Discount, err = amount(row[at["Lineitem discount"]], o.Currency); err != nil {
			return nil, err
		}
		o.Lines = append(o.Lines, l)
	}
	return out, nil
}

func amount(text, currency string) (order.Money, error) {
	if text == "" {
		return order.Money{}, nil
	}
	return order.ParseMoney(text, currency)
}

// expected is what must come back of an order.
func expected(r *order.Record, zone *time.Location) sold {
	when := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.In(zone).Format("2006-01-02 15:04:05 -0700")
	}
	pay := settled(r)
	s := sold{
		Number: r.Number, Email: r.Customer.Email, Financial: financialStatus(r.CustomerPayment),
		Fulfilment: fulfillmentStatus(r.Fulfilment), Currency: r.Currency, ID: r.ExternalID, Created: when(r.CreatedAt),
		Sent: when(fulfilledAt(r)), Cancelled: when(cancelledAt(r)), Codes: strings.Join(r.DiscountCodes, ", "),
		Method: r.ShippingMethod, Notes: asRead(r.CustomerNote), Payment: r.PaymentMethod, Reference: pay.Reference,
		Tags: strings.Join(r.Tags, ", "), Source: r.Source, Phone: phone(r), PaymentID: pay.ExternalID, AllReferences: references(r),
		Subtotal: afterDiscount(r), Shipping: r.ShippingCost, Tax: r.Tax, Total: r.Total, Discount: r.Discount, Refunded: r.Refunded,
		Billing: r.Billing, ShippingTo: r.Shipping,
	}
	if hasPaid(r.CustomerPayment) {
		s.Paid = when(pay.At)
	}
	if r.State.Hold == order.HoldFraud {
		s.Risk = "High"
	}
	for _, l := range r.Lines {
		name := l.Title
		if l.Variant != "" {
			name += " - " + l.Variant
		}
		status := "pending"
		if l.Fulfilled > 0 && l.Fulfilled >= l.Open() {
			status = "fulfilled"
		} else if l.Fulfilled > 0 {
			status = "partial"
		}
		s.Lines = append(s.Lines, soldLine{
			Name: name, SKU: l.SKU, Status: status, Quantity: l.Quantity, Price: l.UnitPrice, Discount: l.Discount, Ships: !l.Digital,
		})
	}
	return s
}

// afterDiscount is what Shopify calls the subtotal.
func afterDiscount(r *order.Record) order.Money {
	rest, err := r.Subtotal.Sub(r.Discount)
	if err != nil || r.Discount.IsZero() {
		return r.Subtotal
	}
	return rest
}

// TestShopifyRoundTrip writes orders and reads them back.
func TestShopifyRoundTrip(t *testing.T) {
	check := func(t interface{ Fatalf(string, ...any) }, m *memory) {
		var out bytes.Buffer
		if _, err := write(context.Background(), m, &out, Request{Profile: Shopify, Zone: saoPaulo()}, nil); err != nil {
			t.Fatalf("%v", err)
		}
		got, err := readShopify(out.Bytes())
		if err != nil {
			t.Fatalf("%v in\n%s", err, out.Bytes())
		}
		var want []sold
		for i := range m.records {
			want = append(want, expected(&m.records[i], saoPaulo()))
		}
		for i := range want {
			if i >= len(got) || !reflect.DeepEqual(got[i], want[i]) {
				t.Fatalf("order %d became\n%+v\nwant\n%+v\nfile\n%s", i, got[i:min(i+1, len(got))], want[i], out.Bytes())
			}
		}
		if len(got) != len(want) {
			t.Fatalf("%d orders became %d", len(want), len(got))
		}
	}
	t.Run("sample", func(t *testing.T) { check(t, sample()) })
	rapid.Check(t, func(t *rapid.T) {
		m := &memory{}
		for i := range rapid.IntRange(1, 4).Draw(t, "orders") {
			m.records = append(m.records, random(t, i))
		}
		check(t, m)
	})
}

// random makes an order of any content. Its texts are clean, as all in the database are.
func random(t *rapid.T, i int) order.Record {
	word := func(label string) string { return asRead(strings.ToValidUTF8(text(t, label), "?")) }
	currency := rapid.SampledFrom([]string{"BRL", "JPY", "CLP", "KWD"}).Draw(t, "currency")
	money := func(label string) order.Money { return order.New(rapid.Int64().Draw(t, label), currency) }
	address := func() order.Address {
		return order.Address{
			Name: word("name"), Company: word("company"), Line1: word("line1"), Line2: word("line2"), City: word("city"),
			Province: word("province"), PostalCode: rapid.OneOf(rapid.StringMatching(`'?[0-9]{5}(-[0-9]{3})?`), rapid.Just(""), rapid.StringMatching(`[A-Z]{2}[0-9] [0-9][A-Z]{2}`)).Draw(t, "postal code"),
			Country: rapid.SampledFrom([]string{"", "BR", "PL"}).Draw(t, "country"), Phone: word("phone"),
		}
	}
	at := time.Unix(rapid.Int64Range(1, 4_000_000_000).Draw(t, "created"), 0)
	r := order.Record{ID: int64(i + 1), Order: order.Order{
		Store: "s", ExternalID: fmt.Sprint("id", i), Number: rapid.SampledFrom([]string{"1", "2", "A-3", "=4"}).Draw(t, "number"), Currency: currency,
		CreatedAt: at, UpdatedAt: at.Add(time.Hour),
		CustomerPayment: rapid.SampledFrom(order.CustomerPayments).Draw(t, "payment"),
		Fulfilment:      rapid.SampledFrom(order.Fulfilments).Draw(t, "fulfilment"),
		Lifecycle:       rapid.SampledFrom(order.Lifecycles).Draw(t, "lifecycle"),
		Customer:        order.Customer{Email: word("email"), Phone: word("phone")}, Shipping: address(), Billing: address(),
		Subtotal: money("subtotal"), Discount: money("discount"), ShippingCost: money("shipping"), Tax: money("tax"), Total: money("total"),
		Refunded: money("refunded"), CustomerNote: word("note"), Source: word("source"), PaymentMethod: word("method"),
		ShippingMethod: word("shipping method"),
	}}
	for range rapid.IntRange(0, 3).Draw(t, "lines") {
		r.Lines = append(r.Lines, order.Line{
			Title: word("title"), Variant: word("variant"), SKU: word("sku"), Quantity: order.Quantity(rapid.Int64Range(0, 1e9).Draw(t, "quantity")),
			Fulfilled: order.Quantity(rapid.Int64Range(0, 1e9).Draw(t, "fulfilled")), UnitPrice: money("price"), Discount: money("line discount"),
			Digital: rapid.Bool().Draw(t, "digital"),
		})
	}
	for n := range rapid.IntRange(0, 2).Draw(t, "payments") {
		r.Payments = append(r.Payments, order.Payment{
			ExternalID: fmt.Sprint("p", n), At: at.Add(time.Minute), Settled: rapid.Bool().Draw(t, "settled"), Reference: word("reference"),
		})
	}
	return r
}

func TestShopifyHeader(t *testing.T) {
	if len(ShopifyHeader) != 79 {
		t.Fatalf("%d columns", len(ShopifyHeader))
	}
	for at, name := range map[int]string{0: "Name", 15: "Created at", 23: "Lineitem fulfillment status", 55: "Id", 59: "Lineitem discount", 70: "Phone", 78: "Payment References"} {
		if ShopifyHeader[at] != name {
			t.Errorf("column %d is %s, want %s", at, ShopifyHeader[at], name)
		}
	}
}

// TestVocabulary holds the words to those that Shopify's export has.
func TestVocabulary(t *testing.T) {
	financial := " pending authorized partially_paid paid partially_refunded refunded voided "
	for _, p := range order.CustomerPayments {
		if s := financialStatus(p); !strings.Contains(financial, " "+s+" ") {
			t.Errorf("%s became %s", p, s)
		}
	}
	for _, f := range order.Fulfilments {
		if s := fulfillmentStatus(f); !strings.Contains(" unfulfilled partial fulfilled restocked ", " "+s+" ") {
			t.Errorf("%s became %s", f, s)
		}
	}
}
