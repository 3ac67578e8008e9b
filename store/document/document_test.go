package document

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"pgregory.net/rapid"

	"github.com/orderdeck/orderdeck/store/order"
)

func writeFile(t testing.TB, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// fonts sets the folders that are searched for fonts.
func fonts(t *testing.T, folders ...string) {
	t.Helper()
	before := fontFolders
	fontFolders = func() []string { return folders }
	t.Cleanup(func() { fontFolders = before })
}

func invoice(t testing.TB, d InvoiceData) (pdf []byte, warnings []string) {
	t.Helper()
	var b bytes.Buffer
	warnings, err := Invoice(&b, d)
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), warnings
}

// squeeze makes a text comparable: one space between words, whatever kind it was.
func squeeze(s string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(s, "\u00a0", " ")), " ")
}

func wants(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(squeeze(text), w) {
			t.Errorf("no %q in\n%s", w, text)
		}
	}
}

// TestSamples writes samples into a folder, to be looked at: ORDERDECK_SAMPLES=/tmp/x go test -run Samples -v
func TestSamples(t *testing.T) {
	dir := os.Getenv("ORDERDECK_SAMPLES")
	if dir == "" {
		t.Skip("ORDERDECK_SAMPLES names no folder to write samples to")
	}
	for who := range customers {
		for _, n := range []int{1, 100} {
			pdf, warnings := invoice(t, sampleInvoice(t, who, n, n == 1))
			t.Log(who, n, len(pdf), warnings)
			writeFile(t, filepath.Join(dir, fmt.Sprintf("invoice-%s-%d.pdf", who, n)), pdf)
		}
		var receipt, purchase bytes.Buffer
		w1, err1 := Receipt(&receipt, sampleReceipt(t, who))
		w2, err2 := PurchaseOrder(&purchase, samplePurchase(t, who))
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		t.Log(who, w1, w2)
		writeFile(t, filepath.Join(dir, "receipt-"+who+".pdf"), receipt.Bytes())
		writeFile(t, filepath.Join(dir, "purchase-"+who+".pdf"), purchase.Bytes())
	}
}

func TestInvoiceSaysWhatTheCustomerBought(t *testing.T) {
	fonts(t) // Latin, Greek and Cyrillic need none of the system's
	for who, want := range map[string][]string{
		"en": {"Invoice", "Order #1042", "Siobhán O’Brien", "Ships to", "Wool throw 1", "GBP 144.95", "Page 1 of 1", "Discount (NOV10)"},
		"pt": {"Fatura", "João Gonçalves Araújo", "Rua São João, 1508", "01304-001 São Paulo", "maçã-verde · LS-001", "BRL 144,95", "Frete", "avaliações@ateliê.example", "Página 1 de 1", "Documento sem valor fiscal."},
		"pl": {"Podsumowanie", "Żaneta Łękołodzka-Źrebiec", "ul. Świętokrzyska 7/3", "Koc wełniany „Gęś” żółty 1", "duży, ćwierć", "PLN 144,95", "Dziękujemy za zakupy! Życzymy miłego dnia.", "Strona 1 z 1"},
		"el": {"Γιώργος Παπαδόπουλος", "Οδός Ερμού 5", "Κεραμική κούπα 1", "Ευχαριστούμε! Спасибо! Дякуємо!"},
	} {
		t.Run(who, func(t *testing.T) {
			for _, withLogo := range []bool{true, false} {
				pdf, warnings := invoice(t, sampleInvoice(t, who, 1, withLogo))
				if len(warnings) > 0 {
					t.Errorf("warnings: %v", warnings)
				}
				text, pages := pdfText(t, pdf)
				wants(t, text, want...)
				wants(t, text, "Ateliê Aurora", "NIF 512345678", "Kontor & Söhne GmbH")
				if pages != 1 {
					t.Errorf("%d pages", pages)
				}
				for _, secret := range []string{"USD", "9876", "9.876", "LUM-88231", "lumen", "Lumen", "7Q3F"} {
					if strings.Contains(text, secret) {
						t.Errorf("the invoice tells %q of the supplier:\n%s", secret, text)
					}
				}
			}
		})
	}
}

// A hundred lines go over several pages: each with its head and number, every line once, the sums together.
func TestLongInvoice(t *testing.T) {
	fonts(t)
	pdf, _ := invoice(t, sampleInvoice(t, "pl", 100, true))
	text, pages := pdfText(t, pdf)
	if pages < 4 || pages > 7 {
		t.Errorf("%d pages", pages)
	}
	for i, page := range strings.Split(strings.TrimSuffix(text, "\f"), "\f") {
		wants(t, page, fmt.Sprintf("Strona %d z %d", i+1, pages), "Dokument nie jest fakturą VAT.")
		if strings.Contains(page, "LS-") {
			wants(t, page, "Produkt Ilość Cena (PLN) Razem (PLN)")
		}
		if i > 0 {
			wants(t, page, "Podsumowanie zamówienia #1042")
		}
	}
	for i := range 100 {
		if n := strings.Count(text, fmt.Sprintf("LS-%03d", i+1)); n != 1 {
			t.Errorf("line %d stands there %d times", i+1, n)
		}
	}
	at := strings.Index(text, "Suma częściowa")
	if end := strings.Index(text, "Sposób płatności"); at < 0 || end < at || strings.Contains(text[at:end], "\f") {
		t.Errorf("the sums are torn apart")
	}
}

func TestTheSameDataGivesTheSameBytes(t *testing.T) {
	for range 3 {
		for who := range customers {
			one, _ := invoice(t, sampleInvoice(t, who, 30, true))
			two, _ := invoice(t, sampleInvoice(t, who, 30, true))
			if !bytes.Equal(one, two) {
				t.Errorf("%s: two invoices differ", who)
			}
		}
	}
}

func TestOtherScripts(t *testing.T) {
	pdf, warnings := invoice(t, sampleInvoice(t, "ja", 1, true))
	if len(warnings) > 0 {
		t.Skipf("SKIPPED: no font with Japanese is installed (fonts-noto-cjk): %v", warnings)
	}
	text, _ := pdfText(t, pdf)
	wants(t, text, "山田 健太", "東京都渋谷区神宮前1-2-3", "リネンシャツ(藍染) 1", "サイズ M・男女兼用", "ありがとうございます。", "JPY 14,495")
}

// Where no font has it, Latin letters stand there, and the merchant is told.
func TestWithoutAFont(t *testing.T) {
	fonts(t, filepath.Join(t.TempDir(), "nothing"))
	d := sampleInvoice(t, "ja", 1, false)
	d.Record.Lines[0].Title = "茶 Tea 🍵 ấm"
	pdf, warnings := invoice(t, d)
	if len(warnings) != 1 || !strings.Contains(warnings[0], "Han") || !strings.Contains(warnings[0], "brand.font") {
		t.Errorf("warnings: %q", warnings)
	}
	text, _ := pdfText(t, pdf)
	wants(t, text, "Shan Tian", "Cha Tea ? am", "sanpu ru", "saizu M?Nan")
	if strings.ContainsAny(text, "山茶\ufffd") {
		t.Errorf("something without a glyph was written:\n%s", text)
	}
}

func TestANamedFont(t *testing.T) {
	fonts(t)
	dir := t.TempDir()
	broken := filepath.Join(dir, "broken.ttf")
	writeFile(t, broken, []byte("\x00\x01\x00\x00 nothing of a font"))
	for name, says := range map[string]string{broken: "no font with outlines", filepath.Join(dir, "none.ttf"): "no such file", dir: "no file"} {
		d := sampleInvoice(t, "en", 1, false)
		d.Brand.Font = name
		_, warnings := invoice(t, d)
		if len(warnings) != 1 || !strings.Contains(warnings[0], says) || !strings.Contains(warnings[0], "brand.font") {
			t.Errorf("%s: %q", name, warnings)
		}
	}

	// A font that has what the built-in one lacks: the shape of an A, called 茶.
	faces, err := newTypeface(newFinder("", nil))
	if err != nil {
		t.Fatal(err)
	}
	a, err := subset(faces.own[0], []rune{'A'})
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(a, u16s(0x41, 0xffff, 0, 0x41))
	if at < 0 {
		t.Fatal("the character map is not where it was")
	}
	copy(a[at:], u16s('茶', 0xffff, 0, '茶'))
	copy(a[at+8:], u16s(0xffff, 1-'茶'))
	named := filepath.Join(dir, "tea.ttf")
	writeFile(t, named, a)
	d := sampleInvoice(t, "en", 1, false)
	d.Record.Lines[0].Title, d.Brand.Font = "茶 tea", named
	pdf, warnings := invoice(t, d)
	if len(warnings) > 0 {
		t.Errorf("warnings: %v", warnings)
	}
	text, _ := pdfText(t, pdf)
	wants(t, text, "茶 tea")
}

func TestHostileText(t *testing.T) {
	fonts(t)
	d := sampleInvoice(t, "en", 3, false)
	o := &d.Record.Order
	o.Lines[0].Title = strings.Repeat("Donaudampfschifffahrtsgesellschaft", 400)
	o.Lines[1].Title = "a\x1b[31mb\u202ec\u0000d (\\) <<>> endobj\r\nBT"
	o.Lines[2].Variant = strings.Repeat("x\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301 ", 3000)
	o.Shipping.Line1 = strings.Repeat("Long street name ", 300)
	d.Brand.Name, d.Brand.Color, d.Brand.Message = strings.Repeat("Brand ", 200), "url(javascript:alert(1))", strings.Repeat("m\n", 5000)
	d.Brand.Address = []string{strings.Repeat("A", 3000)}
	o.PaymentMethod = strings.Repeat("pix ", 100)
	pdf, _ := invoice(t, d)
	text, pages := pdfText(t, pdf)
	if pages > 60 {
		t.Errorf("%d pages", pages)
	}
	wants(t, text, "abcd (\\) <<>> endobj", "Donaudampfschifffahrts", "…")
	if strings.ContainsAny(text, "\x1b\x00\u202e") {
		t.Error("control characters came through")
	}
}

func TestRandomOrdersMakePDFs(t *testing.T) {
	fonts(t)
	rapid.Check(t, func(rt *rapid.T) {
		d := sampleInvoice(t, rapid.SampledFrom([]string{"en", "pt", "pl", "ja"}).Draw(rt, "who"), rapid.IntRange(0, 12).Draw(rt, "lines"), false)
		for i := range d.Record.Lines {
			d.Record.Lines[i].Title = rapid.String().Draw(rt, "title")
			d.Record.Lines[i].UnitPrice.Minor = rapid.Int64().Draw(rt, "price")
		}
		d.Brand.Message, d.Record.Number = rapid.String().Draw(rt, "message"), rapid.String().Draw(rt, "number")
		var b bytes.Buffer
		if _, err := Invoice(&b, d); err != nil || !bytes.HasPrefix(b.Bytes(), []byte("%PDF-")) || !bytes.HasSuffix(bytes.TrimSpace(b.Bytes()), []byte("%%EOF")) {
			rt.Fatalf("%v", err)
		}
	})
}

// What goes into a document looks as it does in the font it is from.
func TestSubsetKeepsOutlines(t *testing.T) {
	faces, err := newTypeface(newFinder("", nil))
	if err != nil {
		t.Fatal(err)
	}
	all := []rune("AZaz019 ąęłżóçãõΩЖ€“”,;Å\u00a0")
	rapid.Check(t, func(t *rapid.T) {
		f := faces.own[rapid.IntRange(0, 1).Draw(t, "weight")]
		runes := rapid.SliceOfNDistinct(rapid.SampledFrom(all), 1, len(all), rapid.ID).Draw(t, "runes")
		data, err := subset(f, runes)
		if err != nil {
			t.Fatal(err)
		}
		small, err := sfnt.Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		if small.NumGlyphs() != len(runes)+1 {
			t.Fatalf("%d glyphs for %d characters", small.NumGlyphs(), len(runes))
		}
		g := &face{font: small, units: f.units, known: map[rune]int{}}
		for _, r := range all {
			if g.has(r) != slices.Contains(runes, r) {
				t.Fatalf("%c: it is there: %t", r, g.has(r))
			}
			if !slices.Contains(runes, r) {
				continue
			}
			want, _ := f.outline(r)
			got, _ := g.outline(r)
			if fmt.Sprint(want) != fmt.Sprint(got) || f.advance(r) != g.advance(r) {
				t.Fatalf("%c: %v, want %v", r, got, want)
			}
		}
	})
}

func TestQuadraticsStayClose(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var p [4]fixed.Point26_6
		for i := range p {
			p[i] = fixed.P(rapid.IntRange(-1000, 1000).Draw(t, "x"), rapid.IntRange(-1000, 1000).Draw(t, "y"))
		}
		const tolerance = 64.0
		parts := quadratics(p[0], p[1], p[2], p[3], tolerance)
		from := p[0]
		for i, q := range parts {
			for _, u := range []float64{0.25, 0.5, 0.75} {
				s := (float64(i) + u) / float64(len(parts))
				bez := func(a, b, c, d fixed.Int26_6) float64 {
					v := 1 - s
					return v*v*v*float64(a) + 3*v*v*s*float64(b) + 3*v*s*s*float64(c) + s*s*s*float64(d)
				}
				quad := func(a, b, c fixed.Int26_6) float64 {
					return (1-u)*(1-u)*float64(a) + 2*u*(1-u)*float64(b) + u*u*float64(c)
				}
				dx := bez(p[0].X, p[1].X, p[2].X, p[3].X) - quad(from.X, q[0].X, q[1].X)
				dy := bez(p[0].Y, p[1].Y, p[2].Y, p[3].Y) - quad(from.Y, q[0].Y, q[1].Y)
				if len(parts) < 16 && dx*dx+dy*dy > 4*tolerance*tolerance {
					t.Fatalf("%d parts, %.0f, %.0f away", len(parts), dx, dy)
				}
			}
			from = q[1]
		}
		if from != p[3] {
			t.Fatalf("it ends at %v, not at %v", from, p[3])
		}
	})
	if font.HintingNone != 0 {
		t.Error("outlines would be hinted")
	}
}

func TestLogos(t *testing.T) {
	dir := t.TempDir()
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, image.NewGray(image.Rect(0, 0, 30, 20)), nil); err != nil {
		t.Fatal(err)
	}
	good := picture(t, 1200, 300)
	for name, tt := range map[string]struct {
		data []byte
		says string
	}{
		"good.png": {good, ""}, "photo.jpg": {photo.Bytes(), ""}, "text.png": {[]byte("hello"), "no PNG or JPEG"},
		"large.png": {make([]byte, logoBytes+1), "larger than 2 MB"}, "many.png": {picture(t, 4001, 2), "4001 × 2 pixels"}, "empty.png": {nil, "no PNG or JPEG"},
	} {
		path := filepath.Join(dir, name)
		writeFile(t, path, tt.data)
		data, err := ReadLogo(path)
		if tt.says == "" && (err != nil || !bytes.Equal(data, tt.data)) || tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for path, says := range map[string]string{dir: "is a folder", filepath.Join(dir, "none.png"): "no such file"} {
		if _, err := ReadLogo(path); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", path, err)
		}
	}
	d := sampleInvoice(t, "en", 1, false)
	d.Brand.Logo = good[:len(good)/2]
	pdf, warnings := invoice(t, d)
	if len(warnings) != 1 || !strings.Contains(warnings[0], "the logo is left out: the picture is damaged") {
		t.Errorf("%v", warnings)
	}
	text, _ := pdfText(t, pdf)
	wants(t, text, "Ateliê Aurora Invoice") // the name in its place
}

func TestReceipt(t *testing.T) {
	fonts(t)
	want := `Recibo de pagamento a fornecedor

Pago a                          Lumen EU
Pago por                        Ateliê Aurora
Pago em                         21/11/2026 14:02
Valor                           USD 9.884,24
Forma de pagamento              Card on file at Lumen
Número do pedido no fornecedor  LUM-88231
Recibo do fornecedor            R-5519
Nossa referência                AURORA-1042-LUMEN-1-7Q3F
Pedido                          aurora / #1042

  1 × Camisa de linho não alvejado 1 · Tamanho médio, maçã-verde · LS-001

Mercadorias                     USD 9.876,54
Frete                           USD 6,80
Taxas                           USD 0,90
Total                           USD 9.884,24
Câmbio                          1 USD = 5,4012 BRL (21/11/2026)
Convertido                      ≈ BRL 53.386,76
`
	var b bytes.Buffer
	d := sampleReceipt(t, "pt")
	if err := ReceiptText(&b, d); err != nil || b.String() != want {
		t.Errorf("%v\n%s", err, b.String())
	}
	b.Reset()
	warnings, err := Receipt(&b, d)
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	text, pages := pdfText(t, b.Bytes())
	for _, line := range strings.Split(want, "\n") {
		if !strings.Contains(line, "×") {
			wants(t, text, squeeze(line))
		}
	}
	if pages != 1 {
		t.Errorf("%d pages", pages)
	}
	d.Items = samplePurchase(t, "pt").Doc.Items
	b.Reset()
	if err := ReceiptText(&b, d); err != nil {
		t.Fatal(err)
	}
	wants(t, b.String(), "2 × Camisa de linho não alvejado · LUM-204 12,40", "3 × Candle · LUM-7 9,30")
}

func TestNoReceiptBeforeItIsPaid(t *testing.T) {
	for _, state := range order.PlacementStates {
		d := sampleReceipt(t, "en")
		d.Placement.State = state
		d.Placement.PlacedAt = testTime
		if state == order.PlacementPending {
			d.Placement.PlacedAt = testTime.AddDate(0, 0, -1) // made there, and not paid
		}
		_, err := Receipt(&bytes.Buffer{}, d)
		if paid := state != order.PlacementPending; paid != (err == nil) || errors.Is(err, ErrNotPaid) == paid {
			t.Errorf("%s: %v", state, err)
		}
		if text := ReceiptText(&bytes.Buffer{}, d); (text == nil) != (err == nil) {
			t.Errorf("%s: %v", state, text)
		}
	}
	d := sampleReceipt(t, "en")
	d.Placement.State, d.Placement.PlacedAt = order.PlacementCancelled, d.Placement.PlacedAt.AddDate(-9000, 0, 0)
	if _, paid := PaidAt(&order.Placement{State: order.PlacementCancelled}); paid {
		t.Error("what was given up before it was paid has a receipt")
	}
}

func TestConversion(t *testing.T) {
	rate := &order.FrozenRate{From: "USD", To: "BRL", Rate: "5.4012", Date: testTime}
	for _, tt := range []struct{ from, want order.Money }{
		{order.New(988424, "USD"), order.New(5338676, "BRL")}, {order.New(5338676, "BRL"), order.New(988424, "USD")},
	} {
		if got, ok := convert(tt.from, rate); !ok || got != tt.want {
			t.Errorf("%v is %v (%t), want %v", tt.from, got, ok, tt.want)
		}
	}
	if _, ok := convert(order.New(100, "EUR"), rate); ok {
		t.Error("euros are changed at the dollar's rate")
	}
	rate.Rate = "five"
	if _, ok := convert(order.New(100, "USD"), rate); ok {
		t.Error("a word is taken as a rate")
	}
}

func TestPurchaseOrder(t *testing.T) {
	fonts(t)
	var b bytes.Buffer
	warnings, err := PurchaseOrder(&b, samplePurchase(t, "pl"))
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	text, _ := pdfText(t, b.Bytes())
	wants(t, text, "Zamówienie do dostawcy", "AURORA-1042-LUMEN-1-7Q3F", "orders@lumen.example", "Żaneta Łękołodzka-Źrebiec", "01304-001 Łódź", "Leave no price tag",
		"gift wrap, please", "Obrigada!", "LUM-204 Koc wełniany „Gęś” żółty 2 6,20 12,40", "KRAFT-S Kraft box S 1 0,40 0,40", "Opakowanie", "USD 22,10", "USD 1,00", "USD 29,90", "Standard", "+55 11 99999-0000")
	bad := samplePurchase(t, "en")
	bad.Doc.Items[0].Unit.Currency = "EUR"
	if _, err := PurchaseOrder(&b, bad); err == nil || !strings.Contains(err.Error(), "does not add up") {
		t.Errorf("two currencies: %v", err)
	}
}

func TestLanguage(t *testing.T) {
	for _, tt := range []struct {
		locale, country, want string
		allowed               []string
	}{
		{"pt_BR", "PT", "pt-BR", nil},
		{"pt", "BR", "pt-BR", nil},
		{"pt", "PT", "pt-PT", nil},
		{"PL-pl", "", "pl", nil},
		{"", "PL", "pl", nil},
		{"", "BR", "pt-BR", nil},
		{"ja", "JP", "en", nil},
		{"de-DE", "PL", "pl", nil},
		{"", "", "en", nil},
		{"pl", "PL", "pt-PT", []string{"pt-PT", "en"}},
		{"en-GB", "PL", "pl", []string{"pl"}},
	} {
		o := &order.Order{Customer: order.Customer{Locale: tt.locale}, Shipping: order.Address{Country: tt.country}}
		if got := Language(o, tt.allowed); got != tt.want {
			t.Errorf("%q in %q of %v: %q, want %q", tt.locale, tt.country, tt.allowed, got, tt.want)
		}
	}
	for _, l := range Languages() {
		if w := wordsOf(l); l != "en" && w.Invoice == english.Invoice {
			t.Errorf("%s has no words of its own", l)
		}
	}
}

func TestColors(t *testing.T) {
	if r, g, b, err := ParseColor("#1a5fb4"); err != nil || r != 0x1a || g != 0x5f || b != 0xb4 {
		t.Errorf("%d %d %d %v", r, g, b, err)
	}
	if r, g, b, err := ParseColor(" #fA0"); err != nil || r != 255 || g != 170 || b != 0 {
		t.Errorf("%d %d %d %v", r, g, b, err)
	}
	for _, text := range []string{"", "red", "#12", "1a5fb4", "#1a5fbg", "#1a5fb4ff"} {
		if _, _, _, err := ParseColor(text); err == nil {
			t.Errorf("%q is taken as a colour", text)
		}
	}
	for colour, want := range map[string]bool{"#ffff00": false, "#ffffff": false, "#1a5fb4": true, "#000": true} {
		b := Brand{Color: colour}
		background, on := b.accent()
		if (b.accentInk() == background) != want || (on == white) != want {
			t.Errorf("%s: %v on %v, ink %v", colour, on, background, b.accentInk())
		}
	}
}

// What is written from right to left is drawn so, and read back in its own order.
func TestRightToLeft(t *testing.T) {
	d := sampleInvoice(t, "en", 1, false)
	d.Record.Lines[0].Title = "כוס קרמיקה Blue 250 ml"
	pdf, warnings := invoice(t, d)
	if len(warnings) > 0 {
		t.Skipf("SKIPPED: no font with Hebrew is installed (fonts-dejavu): %v", warnings)
	}
	text, _ := pdfText(t, pdf)
	text = strings.NewReplacer("\u202a", "", "\u202b", "", "\u202c", "", "\u200e", "", "\u200f", "").Replace(text)
	wants(t, text, "כוס קרמיקה", "Blue 250 ml")
	d.Record.Lines[0].Title = "قميص كتان"
	if _, warnings = invoice(t, d); len(warnings) != 1 || !strings.Contains(warnings[0], "Arabic") {
		t.Errorf("letters that would have to be joined go unmentioned: %v", warnings)
	}
}
