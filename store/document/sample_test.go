package document

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
)

// testFormat writes as config/locale does, which this room cannot see.
type testFormat string

func (f testFormat) Name() string { return string(f) }

func (f testFormat) Money(minor int64, exponent int, code string) string {
	return code + " " + f.Amount(minor, exponent)
}

func (f testFormat) Amount(minor int64, exponent int) string {
	whole, sign := fmt.Sprintf("%0*d", exponent+1, minor), ""
	if minor < 0 {
		whole, sign = fmt.Sprintf("%0*d", exponent+1, -minor), "-"
	}
	text := whole[:len(whole)-exponent]
	if exponent > 0 {
		text += "." + whole[len(whole)-exponent:]
	}
	return sign + f.Decimal(text)
}

func (f testFormat) Decimal(text string) string {
	group, mark := ",", "."
	switch f {
	case "pt-BR":
		group, mark = ".", ","
	case "pt-PT", "pl":
		group, mark = "\u00a0", ","
	}
	whole, frac, some := strings.Cut(text, ".")
	if n := len(strings.TrimPrefix(whole, "-")); n > 3 {
		whole = whole[:len(whole)-3] + group + whole[len(whole)-3:]
	}
	if some {
		return whole + mark + frac
	}
	return whole
}

func (f testFormat) Date(t time.Time) string { return t.Format("02/01/2006") }

func (f testFormat) DateTime(t time.Time) string { return t.Format("02/01/2006 15:04") }

var testTime = time.Date(2026, 11, 21, 14, 2, 0, 0, time.UTC)

type customer struct {
	language, name, street, city, country, product, variant, currency, message string
}

var customers = map[string]customer{
	"en": {"en", "Siobhán O’Brien", "12 Baker Street", "London", "GB", "Wool throw", "Charcoal", "GBP", "Thank you! Write to us any time: hello@aurora.example"},
	"pt": {"pt-BR", "João Gonçalves Araújo", "Rua São João, 1508", "São Paulo", "BR", "Camisa de linho não alvejado", "Tamanho médio, maçã-verde", "BRL", "Obrigado pela compra!\nSua opinião é importante: avaliações@ateliê.example"},
	"pl": {"pl", "Żaneta Łękołodzka-Źrebiec", "ul. Świętokrzyska 7/3", "Łódź", "PL", "Koc wełniany „Gęś” żółty", "duży, ćwierć", "PLN", "Dziękujemy za zakupy! Życzymy miłego dnia."},
	"ja": {"en", "山田 健太", "東京都渋谷区神宮前1-2-3 サンプルビル", "東京", "JP", "リネンシャツ(藍染)", "サイズ M・男女兼用", "JPY", "ありがとうございます。"},
	"el": {"en", "Γιώργος Παπαδόπουλος", "Οδός Ερμού 5", "Αθήνα", "GR", "Κεραμική κούπα", "μπλε", "EUR", "Ευχαριστούμε! Спасибо! Дякуємо!"},
}

// sample is an order of so many lines whose sums are right.
func sample(who string, lines int) *order.Record {
	c := customers[who]
	cents := int64(11995)
	r := &order.Record{Order: order.Order{
		Store: "aurora", ExternalID: "gid-1042", Number: "1042", CreatedAt: testTime, Currency: c.currency, TaxIncluded: true,
		CustomerPayment: order.PaymentPaid, PaymentMethod: "Pix", DiscountCodes: []string{"NOV10"},
		Customer: order.Customer{Name: c.name, Email: "x@example.com", Locale: c.language},
		Shipping: order.Address{Name: c.name, Line1: c.street, PostalCode: "01304-001", City: c.city, Country: c.country},
	}}
	r.Billing = r.Shipping
	r.Billing.Company = "Kontor & Söhne GmbH"
	sum := int64(0)
	for i := range lines {
		q := int64(i%3 + 1)
		r.Lines = append(r.Lines, order.Line{
			ExternalID: fmt.Sprint("l", i), SKU: fmt.Sprintf("LS-%03d", i+1), Title: fmt.Sprintf("%s %d", c.product, i+1), Variant: c.variant,
			Quantity: order.Units(q), UnitPrice: order.New(cents, c.currency), Total: order.New(cents*q, c.currency),
		})
		sum += cents * q
	}
	m := func(n int64) order.Money { return order.New(n, c.currency) }
	r.Subtotal, r.Discount, r.ShippingCost, r.Tax, r.Total, r.Paid = m(sum), m(1000), m(3500), m(1500), m(sum+2500), m(sum+2500)
	r.Placements = []order.Placement{{
		Reference: "AURORA-1042-LUMEN-1-7Q3F", Store: "aurora", ExternalID: "gid-1042", Supplier: "lumen", SupplierNo: "LUM-88231",
		Lines: []string{"l0"}, State: order.PlacementPlaced, Goods: order.New(987654, "USD"), Shipping: order.New(680, "USD"), Fees: order.New(90, "USD"),
		Total: order.New(988424, "USD"), PaidBy: "Card on file at Lumen", CheckedOut: testTime, PlacedAt: testTime, Receipt: "R-5519",
		Rate: &order.FrozenRate{From: "USD", To: "BRL", Rate: "5.4012", Date: testTime},
	}}
	return r
}

// picture is a logo: a red sun on white.
func picture(t testing.TB, w, h int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for x := range w {
		for y := range h {
			c := color.RGBA{250, 240, 230, 255}
			if dx, dy := x-w/2, y-h/2; dx*dx+dy*dy < h*h/5 {
				c = color.RGBA{200, 40, 50, 255}
			}
			img.Set(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func testBrand(t testing.TB, who string, withLogo bool) Brand {
	b := Brand{
		Name: "Ateliê Aurora", Color: "#1a5fb4", Message: customers[who].message,
		Address: []string{"Rua das Flores 12", "4050-262 Porto", "Portugal", "NIF 512345678"},
	}
	if withLogo {
		b.Logo = picture(t, 400, 160)
	}
	return b
}

func sampleInvoice(t testing.TB, who string, lines int, withLogo bool) InvoiceData {
	return InvoiceData{
		Record: sample(who, lines), Brand: testBrand(t, who, withLogo), Format: testFormat(customers[who].language),
		Zone: time.FixedZone("", -3*3600), At: testTime,
	}
}

func sampleReceipt(t testing.TB, who string) ReceiptData {
	r := sample(who, 2)
	return ReceiptData{
		Record: r, Placement: r.Placements[0], Supplier: "Lumen EU", Brand: testBrand(t, who, false), Format: testFormat(customers[who].language),
		At: testTime,
	}
}

func samplePurchase(t testing.TB, who string) PurchaseOrderData {
	c := customers[who]
	return PurchaseOrderData{
		Supplier: "Lumen EU", Contact: "orders@lumen.example", Brand: testBrand(t, who, true), Format: testFormat(c.language), At: testTime,
		Doc: store.PlaceDoc{
			Reference: "AURORA-1042-LUMEN-1-7Q3F", Number: "1042", Address: sample(who, 1).Shipping, Phone: "+55 11 99999-0000",
			Items: []checkout.Item{
				{Line: "l0", SKU: "LUM-204", Title: c.product, Quantity: order.Units(2), Unit: order.New(620, "USD")},
				{Line: "l1", SKU: "LUM-7", Title: "Candle", Quantity: order.Units(3), Unit: order.New(310, "USD")},
			},
			Packaging: []checkout.Item{{SKU: "KRAFT-S", Title: "Kraft box S", Quantity: order.Units(1), Unit: order.New(40, "USD")}},
			CardText:  "Obrigada!", Note: "Leave no price tag", CustomerNote: "gift wrap, please",
			Method: checkout.Method{Code: "std", Name: "Standard", Cost: order.New(680, "USD")}, PayWith: checkout.PayMethod{Name: "Bank transfer"},
			Total: order.New(2990, "USD"),
		},
	}
}

// pdfText gives the text of a PDF as pdftotext reads it, and how many pages it has.
func pdfText(t testing.TB, pdf []byte) (text string, pages int) {
	t.Helper()
	program, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Skip("SKIPPED: pdftotext (poppler-utils) is not installed, so the text of the PDF was not checked")
	}
	name := filepath.Join(t.TempDir(), "x.pdf")
	writeFile(t, name, pdf)
	cmd := exec.CommandContext(t.Context(), program, "-layout", "-enc", "UTF-8", name, "-")
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Run(); err != nil || complaints.Len() > 0 {
		t.Fatalf("pdftotext: %v\n%s", err, complaints.String())
	}
	return out.String(), strings.Count(out.String(), "\f")
}
