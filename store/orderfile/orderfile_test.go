package orderfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
)

var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// read reads a whole file: its orders, and the sentences about what was left out.
func read(t testing.TB, data string, o Options) (*Import, []order.Order, []string) {
	t.Helper()
	im, err := Open(strings.NewReader(data), o)
	if err != nil {
		t.Fatal(err)
	}
	var orders []order.Order
	var rejects []string
	for {
		o, err := im.Next()
		var bad *RejectError
		switch {
		case errors.Is(err, io.EOF):
			return im, orders, rejects
		case errors.As(err, &bad):
			rejects = append(rejects, bad.Error())
		case err != nil:
			t.Fatal(err)
		default:
			orders = append(orders, o)
		}
	}
}

const shopifyRows = `Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Currency,Subtotal,Shipping,Taxes,Total,Discount Code,Discount Amount,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Shipping Name,Shipping Address1,Shipping City,Shipping Zip,Shipping Country,Shipping Phone,Id,Vendor
#1001,ana@example.com,paid,2025-10-07 09:55:00 +0200,fulfilled,2025-10-08 10:00:00 +0200,EUR,53.91,4.90,0.00,58.81,,0.00,2025-10-07 09:50:26 +0200,2,Linen shirt - M,20.00,LS-M,Ana Lima,Rua 1,Lisboa,'1000-001,PT,'+351210000000,5001,Lumen
#1001,,,,,,,,,,,,,,1,Candle,13.91,CN,,,,,,,,Lumen
,,,,,,,,,,,,,,1,Gift,0.00,,,,,,,,,
#1044,j@example.cl,pending,,unfulfilled,,CLP,163056,0,0,163056,,0,2025-10-07 10:00:00 -0300,1,Poncho,163056,PO,José,Calle 2,Santiago,750,Chile,,5002,
#1044,k@example.com,refunded,2025-10-09 09:00:00 +0200,unfulfilled,,EUR,10.00,0.00,0.00,10.00,,0.00,2025-10-09 08:00:00 +0200,1,Tea,10.00,T,Kai,Weg 3,Köln,50667,DE,,5003,
`

func TestShopifyRows(t *testing.T) {
	_, orders, rejects := read(t, shopifyRows, Options{Store: "shop"})
	if len(orders) != 3 || len(rejects) != 0 {
		t.Fatalf("%d orders, rejects %q", len(orders), rejects)
	}
	a, b, c := orders[0], orders[1], orders[2]
	if len(a.Lines) != 3 || a.Lines[0].Title != "Linen shirt" || a.Lines[0].Variant != "M" || a.Lines[0].Total.String() != "EUR 40.00" || a.Lines[2].Title != "Gift" {
		t.Errorf("lines %+v", a.Lines)
	}
	if a.ExternalID != "5001" || a.Number != "1001" || a.Shipping.PostalCode != "1000-001" || a.Shipping.Phone != "+351210000000" || a.Shipping.Country != "PT" {
		t.Errorf("order %+v", a)
	}
	if a.Fulfilment != order.Fulfilled || a.CustomerPayment != order.PaymentPaid || a.Paid.String() != "EUR 58.81" || !a.CreatedAt.Equal(time.Date(2025, 10, 7, 7, 50, 26, 0, time.UTC)) {
		t.Errorf("states %+v", a)
	}
	if b.Total.String() != "CLP 163056" || b.Shipping.Country != "CL" || b.ExternalID != "5002" {
		t.Errorf("the order in pesos: %+v", b)
	}
	if c.ExternalID != "5003" || c.Number != "1044" || c.Refunded.String() != "EUR 10.00" {
		t.Errorf("the same name with another id is another order: %+v", c)
	}
}

// TestSubtotalAfterDiscount is how Shopify itself writes it; the parts must make the total.
func TestSubtotalAfterDiscount(t *testing.T) {
	for name, row := range map[string]string{
		"discount taken off, tax apart": "90.00,5.00,10.00,105.00,10.00",
		"discount taken off, tax in":    "90.00,5.00,10.00,95.00,10.00",
		"discount not taken, tax apart": "100.00,5.00,10.00,105.00,10.00",
		"discount not taken, tax in":    "100.00,5.00,10.00,95.00,10.00",
	} {
		data := "Name,Financial Status,Created at,Currency,Subtotal,Shipping,Taxes,Total,Discount Amount,Lineitem quantity,Lineitem name,Lineitem price\n" +
			"#1,paid,2025-10-07 09:50:26 +0200,EUR," + row + ",1,Tea,100.00\n"
		_, orders, _ := read(t, data, Options{Store: "shop"})
		s := order.Derive(&orders[0], order.Facts{Now: now})
		for _, e := range s.Exceptions {
			if e.Code == order.ExceptionTotalMismatch {
				t.Errorf("%s: %s", name, e.Text)
			}
		}
	}
}

func TestWebToffee(t *testing.T) {
	const data = `order_id,order_number,order_date,paid_date,status,shipping_total,tax_total,discount_total,order_total,order_subtotal,order_currency,payment_method_title,customer_email,billing_first_name,billing_last_name,billing_email,billing_phone,billing_address_1,billing_city,billing_postcode,billing_country,shipping_first_name,shipping_last_name,shipping_address_1,shipping_city,shipping_country,customer_note,line_item_1,line_item_2
31,1031,9/26/2016 6:29:00,9/26/2016 6:30:00,processing,5.00,4.20,0.00,29.18,19.98,EUR,Card,a@example.com,Ana,Lima,a@example.com,+351 21,Rua 1,Lisboa,1000,PT,Ana,Lima,Rua 1,Lisboa,PT,ring,name:Tee|product_id:12|sku:T-1|quantity:2|total:19.98|sub_total:19.98,
32,1032,9/27/2016 6:29:00,,wc-on-hold,0,0,0,10.00,10.00,EUR,Transfer,b@example.com,Bo,Ek,b@example.com,,Väg 2,Lund,22100,SE,Bo,Ek,Väg 2,Lund,SE,,name:Cap|product_id:13|sku:C|quantity:1|total:5.00|sub_total:5.00,name:Pin|product_id:14|sku:P|quantity:1|total:5.00|sub_total:5.00
33,1033,9/28/2016 6:29:00,,completed,0,0,0,5.00,5.00,EUR,Card,c@example.com,Cy,Z,c@example.com,,X 3,Y,1,DE,Cy,Z,X 3,Y,DE,,name:Pin|product_id:14|sku:P|quantity:0|total:5.00,
`
	im, orders, rejects := read(t, data, Options{Store: "shop"})
	if im.Plan().Layout != "webtoffee" || len(orders) != 2 || len(rejects) != 1 || !strings.Contains(rejects[0], "order 1033") {
		t.Fatalf("%+v: %d orders, rejects %q", im.Plan(), len(orders), rejects)
	}
	a, b := orders[0], orders[1]
	if a.Customer.Name != "Ana Lima" || a.CustomerPayment != order.PaymentPaid || a.Lines[0].UnitPrice.String() != "EUR 9.99" || a.TaxIncluded || a.Total.String() != "EUR 29.18" {
		t.Errorf("%+v", a)
	}
	if len(b.Lines) != 2 || b.CustomerPayment != order.PaymentAwaitingProof || b.UnknownStatus {
		t.Errorf("%+v", b)
	}
}

// TestAdvancedOrderExport has a line a row, with the order's own columns blank in one and repeated in the other.
func TestAdvancedOrderExport(t *testing.T) {
	const data = `"Order Number","Order Status","Order Date","Customer Note","First Name (Billing)","Last Name (Billing)","Address 1&2 (Billing)","City (Billing)","Postcode (Billing)","Country Code (Billing)","Email (Billing)","Item #",SKU,Name,"Product Variation",Quantity,"Item Cost","Order Line (w/o tax)","Order Line Tax","Order Shipping Amount","Order Total Tax Amount","Order Total Amount","Order Currency"
7,Processing,2026-03-04 10:00,,Ana,Lima,"Rua 1, 2.º",Lisboa,1000-001,PT,a@example.com,1,T,Tee,Blue,1.5,10,15,3.45,5,3.45,28.45,EUR
,,,,,,,,,,,2,C,Cap,,1,5,5,0,,,,
8,Completed,2026-03-05 10:00,,Bo,Ek,Väg 2,Lund,22100,SE,b@example.com,1,T,Tee,Red,1,10,10,0,0,0,15,EUR
8,Completed,2026-03-05 10:00,,Bo,Ek,Väg 2,Lund,22100,SE,b@example.com,2,C,Cap,,1,5,5,0,0,0,15,EUR
`
	_, orders, rejects := read(t, data, Options{Store: "shop"})
	if len(orders) != 2 || len(rejects) > 0 {
		t.Fatalf("%d orders, rejects %q", len(orders), rejects)
	}
	if l := orders[0].Lines; len(l) != 2 || l[0].Quantity.String() != "1.5" || l[0].Variant != "Blue" || l[0].Tax.String() != "EUR 3.45" {
		t.Errorf("%+v", l)
	}
	if o := orders[1]; len(o.Lines) != 2 || o.Fulfilment != order.Fulfilled || o.Lines[1].Fulfilled != order.Units(1) {
		t.Errorf("%+v", o)
	}
}

func TestDSers(t *testing.T) {
	const data = "Order number,Date,Country,Product id,SKU,Product count,Order memo,Contact person,Mobile no,Email,Address,Address2,Province,City,Zip,CPF\n" +
		"A-1,2026-11-02,Brazil,p9,LS-M,2,careful,Maria Souza,+5511955550103,m@example.com,Rua Augusta 1,,SP,São Paulo,01310-100,123.456.789-09\n"
	if _, err := Open(strings.NewReader(data), Options{Store: "shop"}); err == nil || !strings.Contains(err.Error(), "--currency") || !strings.Contains(err.Error(), "--payment") {
		t.Errorf("nothing was asked: %v", err)
	}
	_, orders, rejects := read(t, data, Options{Store: "shop", Currency: "BRL", Payment: order.PaymentPaid})
	if len(orders) != 1 || len(rejects) > 0 {
		t.Fatalf("%d orders, rejects %q", len(orders), rejects)
	}
	if o := orders[0]; o.Shipping.Country != "BR" || o.Customer.TaxID != "123.456.789-09" || o.Lines[0].SKU != "LS-M" || o.Lines[0].Quantity != order.Units(2) {
		t.Errorf("%+v", o)
	}
}

func TestATableWithAMapping(t *testing.T) {
	const data = "Pedido;Data;Cliente;Produto;Qtd;Valor;Situação;CEP;Cidade;País\n" +
		"17;21/11/2026 14:05;Maria;Camisa;2;1.234,50;pago;'01310-100;São Paulo;Brasil\n" +
		"18;03/04/2026;=1+1;Meia;1;7,90;enviado;04001;São Paulo;BR\n" +
		"18;03/04/2026;João;Meia;x;7,90;enviado;04001;São Paulo;BR\n" +
		"17;21/11/2026 14:05;Maria;Cinto;1;1,00;pago;01310;São Paulo;Brasil\n" +
		"19;31/02/2026;Ana;Meia;1;7,90;estranho;04001;São Paulo;BR\n" +
		"20;22/11/2026;Ana;Meia;1;7,90;estranho;04001;Nárnia;Nárnia\n"
	_, err := Open(strings.NewReader(data), Options{Store: "shop", Currency: "BRL"})
	if err == nil || !strings.Contains(err.Error(), `--map "number=Pedido"`) || !strings.Contains(err.Error(), `--map "item=Produto"`) {
		t.Fatalf("no mapping was proposed: %v", err)
	}
	m, err := ParseMapping([]string{"number=pedido", "created_at=Data", "customer=Cliente", "item=Produto", "item_quantity=Qtd", "total=Valor", "status=Situação", "shipping_postal_code=CEP", "shipping_city=Cidade", "shipping_country=País"})
	if err != nil {
		t.Fatal(err)
	}
	zone := time.FixedZone("", -3*3600)
	im, orders, rejects := read(t, data, Options{Store: "shop", Currency: "BRL", Mapping: m, Zone: zone})
	if len(im.Plan().Columns) != 10 || len(orders) != 2 || len(rejects) != 3 {
		t.Fatalf("%+v: %d orders, rejects %q", im.Plan(), len(orders), rejects)
	}
	for i, want := range []string{"order 18: the quantity", "order 17: it stands further up", "order 19: "} {
		if !strings.Contains(rejects[i], want) && !strings.Contains(rejects[i], "Qtd") {
			t.Errorf("reject %q, want %q", rejects[i], want)
		}
	}
	if o := orders[0]; o.Total.String() != "BRL 1234.50" || !o.CreatedAt.Equal(time.Date(2026, 11, 21, 17, 5, 0, 0, time.UTC)) || o.Shipping.PostalCode != "01310-100" || o.Shipping.Country != "BR" || o.CustomerPayment != order.PaymentPaid {
		t.Errorf("%+v", o)
	}
	if o := orders[1]; !o.UnknownStatus || o.Shipping.Country != "" || o.Shipping.CountryName != "Nárnia" || o.RawStatus != "estranho" {
		t.Errorf("an unknown word and country are kept: %+v", o)
	}
}

func TestFilesThatAreRefused(t *testing.T) {
	for want, c := range map[string]struct {
		data string
		o    Options
	}{
		"may be a thousand":       {"Order;Date;Item;Total\n1;2026-01-02;Tea;1.234\n", Options{Currency: "EUR", Payment: order.PaymentPaid, Mapping: Mapping{Number: "Order", CreatedAt: "Date", ItemTitle: "Item", Total: "Total"}}},
		"tells the day":           {"Order;Date;Item;Total\n1;3/4/2026;Tea;1,2\n", Options{Currency: "EUR", Payment: order.PaymentPaid, Mapping: Mapping{Number: "Order", CreatedAt: "Date", ItemTitle: "Item", Total: "Total"}}},
		"no column \"Nr\"":        {"Order;Date\n1;2026-01-02\n", Options{Mapping: Mapping{Number: "Nr"}}},
		"is given to":             {"Order;Date\n1;2026-01-02\n", Options{Mapping: Mapping{Number: "Order", ID: "order"}}},
		"nothing below it":        {"Name,Financial Status,Lineitem name,Created at,Currency\n", Options{}},
		"save it as CSV":          {"PK\x03\x04rest", Options{}},
		"the order's number":      {"x,y\n1,2\n", Options{}},
		"number=Número do Pedido": {"Número do Pedido,Data\n1,2026-01-02\n", Options{Currency: "BRL", Payment: order.PaymentPaid}},
	} {
		if _, err := Open(strings.NewReader(c.data), c.o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
	}
	if _, err := ParseMapping([]string{"totl=Total"}); err == nil || !strings.Contains(err.Error(), "nothing that an order has") {
		t.Errorf("an unknown field was taken: %v", err)
	}
}

// TestHostileCells holds what comes out of cells against what may be shown.
func TestHostileCells(t *testing.T) {
	data := "Name,Financial Status,Created at,Currency,Total,Lineitem quantity,Lineitem name,Lineitem price,Notes,Shipping Name\n" +
		"#\x1b[31m1,paid,2025-10-07,EUR,1.00,1,\"a\u202eb\",1.00,\"x\x07\ny\",\u200bAna\n"
	_, orders, rejects := read(t, data, Options{Store: "shop"})
	if len(rejects) > 0 || len(orders) != 1 {
		t.Fatalf("rejects %q", rejects)
	}
	doc, err := json.Marshal(orders[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"\\u001b", "\\u202e", "\u202e", "\\u0007", "\u200b"} {
		if bytes.Contains(doc, []byte(bad)) {
			t.Errorf("%q is still in %s", bad, doc)
		}
	}
}

func TestCountries(t *testing.T) {
	for in, want := range map[string]string{
		"BR": "BR", "br": "BR", "Brazil": "BR", "Brasil": "BR", "Brazylia": "BR", "Polska": "PL", "Poland": "PL", "USA": "US",
		"United States": "US", "Estados Unidos": "US", "UK": "GB", "Germany": "DE", "Niemcy": "DE", "Alemanha": "DE", "Japan": "JP",
		"Chile": "CL", "Czechia": "CZ", "XX": "", "Nárnia": "", "": "", "ZZ": "",
	} {
		if got := country(in); got != want {
			t.Errorf("%q is %q, not %q", in, got, want)
		}
	}
}

func FuzzImport(f *testing.F) {
	f.Add(shopifyRows)
	f.Add("Order;Date;Item;Total\n1;2026-01-02;Tea;1,23\n")
	f.Fuzz(func(t *testing.T, data string) {
		im, err := Open(strings.NewReader(data), Options{Store: "s", Currency: "EUR", Payment: order.PaymentPaid, Decimal: "dot", Dates: "dmy", Mapping: nil})
		if err != nil {
			return
		}
		for {
			o, err := im.Next()
			var bad *RejectError
			if err != nil && !errors.As(err, &bad) {
				return
			}
			if err == nil && (o.ExternalID == "" || o.Currency == "" || o.CreatedAt.IsZero()) {
				t.Fatalf("%+v", o)
			}
		}
	})
}

// BenchmarkImport reads orders of two lines each.
func BenchmarkImport(b *testing.B) {
	head, _, _ := strings.Cut(shopifyRows, "\n")
	var s strings.Builder
	s.WriteString(head + "\n")
	const orders = 20_000
	for i := range orders {
		fmt.Fprintf(&s, "#%d,a@example.com,paid,2025-10-07 09:55:00 +0200,unfulfilled,,EUR,33.91,4.90,0.00,38.81,,0.00,2025-10-07 09:50:26 +0200,1,Linen shirt - M,20.00,LS-M,Ana Lima,Rua 1,Lisboa,'1000-001,PT,'+351210000000,%d,Lumen\n", i, i)
		fmt.Fprintf(&s, "#%d,,,,,,,,,,,,,,1,Candle,13.91,CN,,,,,,,,Lumen\n", i)
	}
	b.ReportAllocs()
	for b.Loop() {
		im, err := Open(strings.NewReader(s.String()), Options{Store: "shop"})
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for {
			if _, err := im.Next(); err != nil {
				break
			}
			n++
		}
		if n != orders {
			b.Fatal(n)
		}
	}
	b.ReportMetric(float64(orders*b.N)/b.Elapsed().Seconds(), "orders/s")
}
