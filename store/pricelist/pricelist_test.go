package pricelist

import (
	"reflect"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/store/sheet"
)

func ptr[T any](v T) *T { return &v }

func prices(t *testing.T, file string, o Options) List[checkout.Product] {
	t.Helper()
	l, err := Prices(strings.NewReader(file), o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestPrices(t *testing.T) {
	for name, c := range map[string]struct {
		file string
		o    Options
		want []checkout.Product
	}{
		"English, commas": {
			"SKU,Title,Variant,Unit price (USD),Stock,Weight (kg),Processing days,Branded invoice,Image,Type\nLS-M,Linen shirt,M,\"1,250.50\",12,0.25,2-4,yes,https://x.example/a.png,\nBX,Box,,0.40,,,,no,,packaging\n",
			Options{Currency: "USD"},
			[]checkout.Product{
				{
					SKU: "LS-M", Title: "Linen shirt", Variant: "M", Kind: checkout.KindGoods, Cost: order.New(125050, "USD"), CostKnown: true, Stock: ptr(int64(12)),
					WeightGrams: 250, ProcessingDays: [2]int{2, 4}, BrandedInvoice: ptr(true), ImageURL: "https://x.example/a.png",
				},
				{SKU: "BX", Title: "Box", Kind: checkout.KindPackaging, Cost: order.New(40, "USD"), CostKnown: true, BrandedInvoice: ptr(false)},
			},
		},
		"Portuguese, semicolons, BOM": {
			"\ufeffCódigo;Nome do produto;Preço;Estoque;Prazo\n'007;Camisa de linho;R$ 1.234,56;esgotado;3\n",
			Options{},
			[]checkout.Product{{
				SKU: "007", Title: "Camisa de linho", Kind: checkout.KindGoods, Cost: order.New(123456, "BRL"), CostKnown: true,
				Stock: ptr(int64(0)), ProcessingDays: [2]int{3, 3},
			}},
		},
		"Polish, tabs, its own column for the currency": {
			"Kod produktu\tNazwa\tCena netto\tWaluta\tWaga\nK1\tKoc\t12,50\tpln\t400 g\n",
			Options{Currency: "PLN"},
			[]checkout.Product{{SKU: "K1", Title: "Koc", Kind: checkout.KindGoods, Cost: order.New(1250, "PLN"), CostKnown: true, WeightGrams: 400}},
		},
		"a price that is not said": {
			"sku;cost eur\nA;\n",
			Options{},
			[]checkout.Product{{SKU: "A", Title: "A", Kind: checkout.KindGoods}},
		},
		"columns that are mapped, and a better name": {
			"code,sku,how much\nx,A,1.50\n",
			Options{Currency: "EUR", Mapping: map[Field]string{Price: "How Much"}},
			[]checkout.Product{{SKU: "A", Title: "A", Kind: checkout.KindGoods, Cost: order.New(150, "EUR"), CostKnown: true}},
		},
		"decimals that are said": {
			"sku;cost\nA;1.234\n",
			Options{Currency: "EUR", Decimal: "comma"},
			[]checkout.Product{{SKU: "A", Title: "A", Kind: checkout.KindGoods, Cost: order.New(123400, "EUR"), CostKnown: true}},
		},
		"hostile text": {
			"sku,title,cost\nA,\"\x1b]52;c;x\x07=cmd\u202e\",1.00\n",
			Options{Currency: "EUR"},
			[]checkout.Product{{SKU: "A", Title: "=cmd", Kind: checkout.KindGoods, Cost: order.New(100, "EUR"), CostKnown: true}},
		},
	} {
		l := prices(t, c.file, c.o)
		if !reflect.DeepEqual(l.Rows, c.want) || len(l.Rejects) > 0 {
			t.Errorf("%s:\n%+v\nwant\n%+v\nrejects %v", name, l.Rows, c.want, l.Rejects)
		}
	}
}

func TestPricesLegacy(t *testing.T) {
	file, err := charmap.Windows1252.NewEncoder().String("SKU;Título;Preço\nA;Calção;2,50\n")
	if err != nil {
		t.Fatal(err)
	}
	l := prices(t, file, Options{Currency: "EUR"})
	if l.Encoding != sheet.Windows1252 || len(l.Notices) != 1 || l.Comma != ';' || l.Rows[0].Title != "Calção" || l.Rows[0].Cost != order.New(250, "EUR") {
		t.Errorf("%+v", l)
	}
	want := []Column{{"SKU", SKU, "A"}, {"Título", Title, "Calção"}, {"Preço", Price, "2,50"}}
	if !reflect.DeepEqual(l.Columns, want) {
		t.Errorf("%+v", l.Columns)
	}
}

func TestPricesRejects(t *testing.T) {
	for row, want := range map[string]string{
		";Shirt;1,00":                   "no SKU",
		"A;Shirt;1,00\nA;Again;2,00":    "on line 3 already",
		"1,2E+12;Shirt;1,00":            "spoilt",
		"A;Shirt;-1,00":                 "negative",
		"A;Shirt;-0,00":                 "negative",
		"A;Shirt;1000000,01":            "absurd",
		"A;Shirt;1,005":                 "more decimals",
		"A;Shirt;R$ 1,00":               "in BRL; the supplier is paid in USD",
		"A;Shirt;EUR 1,00":              "in EUR; the supplier is paid in USD",
		"A;Shirt;free":                  "not a number",
		"A;Shirt;99999999999999999999,": "",
		"A;Shirt;1,00;too much":         "cells",
		"A;Shi\"rt;1,00":                "quotes",
	} {
		l := prices(t, "sku;title;cost\nOK;Fine;3,50\n"+row+"\n", Options{Currency: "USD"})
		if len(l.Rejects) != 1 || !strings.Contains(l.Rejects[0].Reason, want) || l.Rejects[0].Line < 3 {
			t.Errorf("%q: %+v, want %q", row, l.Rejects, want)
		}
		if len(l.Rows) == 0 || l.Rows[0].SKU != "OK" {
			t.Errorf("%q: the good row is gone: %+v", row, l.Rows)
		}
	}
}

func TestRefused(t *testing.T) {
	for file, want := range map[string]string{
		"":                         "empty",
		"sku;cost\n":               "nothing below",
		"title;colour\nA;red\n":    "no column holds the SKU",
		"sku;title\nA;red\n":       "no column holds the price",
		"sku;cost\nA;1.234\n":      "“cost”",
		"sku;cost\nA;1.5\nB;1,5\n": "dot in some cells",
		"PK\x03\x04 a workbook":    "workbook",
		"sku,cost\nA,\"" + strings.Repeat("x", 5<<20): "never closed",
	} {
		want = strings.NewReplacer("“", `"`, "”", `"`).Replace(want)
		if _, err := Prices(strings.NewReader(file), Options{Currency: "EUR"}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %q", file, err, want)
		}
	}
	for _, o := range []Options{{Currency: "EURO"}, {Decimal: "point"}, {Mapping: map[Field]string{"nose": "sku"}}, {Mapping: map[Field]string{SKU: "nose"}}} {
		if _, err := Prices(strings.NewReader("sku,cost\nA,1\n"), o); err == nil {
			t.Errorf("%+v is taken", o)
		}
	}
}

func TestShipping(t *testing.T) {
	l, err := Shipping(strings.NewReader("Country;Weight to (kg);Method;Name;Cost;Days;Per kg\nBR, PT;0,5;std;Standard;4,50;7-12;\nPolska;;exp;;12,00;3;1,25\n*;;sea;By sea;0;;\n"+
		"Narnia;;std;;1,00;;\nBR;;;;1,00;;\nBR;;std;;;;\nBR;;std;;1,00;9-2;\n"), Options{Currency: "USD"})
	if err != nil {
		t.Fatal(err)
	}
	if len(l.Rows) != 3 || len(l.Rejects) != 4 {
		t.Fatalf("%+v\n%+v", l.Rows, l.Rejects)
	}
	a, b := l.Rows[0], l.Rows[1]
	if strings.Join(a.Countries, " ") != "BR PT" || a.WeightTo != 500 || a.Method.Cost != order.New(450, "USD") || a.Method.Days != [2]int{7, 12} || a.Line != 2 {
		t.Errorf("%+v", a)
	}
	if strings.Join(b.Countries, " ") != "PL" || b.Method.Name != "exp" || *b.PerKilo != order.New(125, "USD") {
		t.Errorf("%+v", b)
	}
	if len(l.Rows[2].Countries) != 0 || !l.Rows[2].Method.Cost.IsZero() {
		t.Errorf("%+v", l.Rows[2])
	}
}

func TestTrackings(t *testing.T) {
	l, err := Trackings(strings.NewReader("Order number,Carrier,Tracking number,Tracking URL\n#1042,Correios,LX123456789BR,https://t.example/LX\n"+
		"1043,DHL,\"1,2E+12\",\n1044,DHL,,\n,DHL,Z9,\n#1042,Correios,LX123456789BR,\n1045,DHL,Z1,javascript:alert(1)\n"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := Tracked{Line: 2, Number: "1042", Parcel: order.Parcel{Carrier: "Correios", Tracking: "LX123456789BR", URL: "https://t.example/LX"}}
	if len(l.Rows) != 1 || !reflect.DeepEqual(l.Rows[0], want) || len(l.Rejects) != 5 {
		t.Errorf("%+v\n%+v", l.Rows, l.Rejects)
	}
	if _, err := Trackings(strings.NewReader("tracking,carrier\nZ1,DHL\n"), Options{}); err == nil {
		t.Error("a file that names no order is taken")
	}
}

// FuzzPrices reads any file: what is taken is a price that can be paid, and a row is either taken or rejected.
func FuzzPrices(f *testing.F) {
	f.Add("sku,title,cost,stock,weight,days\nA,Shirt,1.50,3,200,2-4\n", "EUR", "")
	f.Add("\ufeffkod;cena;waluta\n'7;1 234,56 zł;PLN\nB;;;\n", "", "comma")
	f.Add("code\tprice (USD)\nA\t-1\nA\t1e9\n", "USD", "dot")
	f.Fuzz(func(t *testing.T, file, currency, decimal string) {
		l, err := Prices(strings.NewReader(file), Options{Currency: currency, Decimal: decimal})
		if err != nil {
			return
		}
		seen := map[string]bool{}
		for _, p := range l.Rows {
			if p.SKU == "" || seen[p.SKU] || p.Cost.Minor < 0 || p.CostKnown != (p.Cost.Currency != "") || p.WeightGrams < 0 || (p.Stock != nil && *p.Stock < 0) ||
				(currency != "" && p.CostKnown && p.Cost.Currency != currency) {
				t.Errorf("%+v", p)
			}
			seen[p.SKU] = true
		}
		for _, r := range l.Rejects {
			if r.Line < 1 || r.Reason == "" {
				t.Errorf("%+v", r)
			}
		}
		_, _ = Shipping(strings.NewReader(file), Options{Currency: currency, Decimal: decimal})
		_, _ = Trackings(strings.NewReader(file), Options{})
	})
}
