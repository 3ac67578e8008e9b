package pricelist

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/store/order/text"
)

// Field is what a column holds.
type Field string

// The fields of the three kinds of files.
const (
	SKU        Field = "sku"
	Title      Field = "title"
	Variant    Field = "variant"
	Price      Field = "price"
	Currency   Field = "currency"
	Stock      Field = "stock"
	Weight     Field = "weight"
	Days       Field = "days"      // least and most, "3-5"
	DaysFrom   Field = "days_from" //
	DaysTo     Field = "days_to"   //
	Invoice    Field = "branded_invoice"
	Image      Field = "image"
	Kind       Field = "kind" // goods, packaging, card
	Country    Field = "country"
	WeightFrom Field = "weight_from"
	WeightTo   Field = "weight_to"
	AmountFrom Field = "amount_from"
	AmountTo   Field = "amount_to"
	Method     Field = "method"
	Name       Field = "name"
	PerKilo    Field = "per_kg"
	Reference  Field = "reference" // ours
	Number     Field = "number"    // of the order
	Carrier    Field = "carrier"
	Tracking   Field = "tracking"
	URL        Field = "url"
)

// numeric are the fields whose cells are numbers.
var numeric = []Field{Price, Stock, Weight, WeightFrom, WeightTo, AmountFrom, AmountTo, PerKilo}

// words are the names that columns have, in English, Portuguese and Polish, as plain gives them.
type words map[Field][]string

var (
	priceWords = words{
		SKU: {
			"sku", "supplier sku", "product sku", "variant sku", "item sku", "code", "item code", "product code", "article", "article no", "item no", "ref", "part number", "mpn",
			"codigo", "codigo do produto", "referencia", "ref produto", "indeks", "kod", "kod produktu", "symbol", "numer artykulu",
		},
		Title: {
			"title", "name", "product", "product name", "item", "item name", "description", "product title",
			"nome", "nome do produto", "produto", "titulo", "descricao", "nazwa", "nazwa produktu", "produkt", "tytul", "opis", "towar",
		},
		Variant: {
			"variant", "variant name", "variant title", "option", "options", "variation", "size", "variante", "variacao", "opcao", "tamanho", "wariant", "opcja", "rozmiar",
		},
		Price: {
			"price", "cost", "unit price", "unit cost", "net price", "cost price", "wholesale price", "purchase price", "price per unit", "cost per item",
			"preco", "custo", "preco unitario", "custo unitario", "valor", "preco de custo", "valor unitario",
			"cena", "koszt", "cena netto", "cena jednostkowa", "cena zakupu", "cena hurtowa", "koszt jednostkowy",
		},
		Currency: {"currency", "currency code", "moeda", "waluta"},
		Stock: {
			"stock", "qty", "quantity", "in stock", "inventory", "available", "stock level", "estoque", "stock disponivel", "quantidade", "disponivel", "disponibilidade", "stan", "stan magazynowy", "ilosc", "dostepnosc", "zapas", "stany",
		},
		Weight: {"weight", "unit weight", "net weight", "peso", "peso unitario", "waga", "masa", "waga jednostkowa"},
		Days: {
			"processing days", "processing time", "processing", "lead time", "handling time", "dispatch time", "days",
			"prazo", "prazo de processamento", "tempo de processamento", "prazo de envio", "czas realizacji", "czas przygotowania", "dni realizacji", "dni",
		},
		DaysFrom: {"processing days from", "processing days min", "min processing days", "prazo minimo", "dni od", "min dni"},
		DaysTo:   {"processing days to", "processing days max", "max processing days", "prazo maximo", "dni do", "max dni"},
		Invoice:  {"branded invoice", "branded invoicing", "custom invoice", "fatura com marca", "fatura personalizada", "faktura z logo", "firmowa faktura"},
		Image:    {"image", "image url", "picture", "photo", "image link", "imagem", "foto", "url da imagem", "zdjecie", "obraz", "url zdjecia"},
		Kind:     {"kind", "type", "product type", "tipo", "rodzaj", "typ"},
	}
	shippingWords = words{
		Country: {
			"country", "countries", "country code", "destination", "to", "ship to", "zone", "pais", "paises", "destino", "kraj", "kraje", "kod kraju", "panstwo",
		},
		WeightFrom: {"weight from", "min weight", "weight min", "from weight", "peso de", "peso minimo", "peso inicial", "waga od", "min waga"},
		WeightTo:   {"weight to", "max weight", "weight max", "to weight", "weight", "up to weight", "peso ate", "peso maximo", "peso final", "waga do", "max waga", "peso", "waga"},
		AmountFrom: {"amount from", "min amount", "value from", "order amount from", "valor de", "valor minimo", "kwota od", "wartosc od"},
		AmountTo:   {"amount to", "max amount", "value to", "order amount to", "valor ate", "valor maximo", "kwota do", "wartosc do"},
		Method: {
			"method", "shipping method", "service", "code", "method code", "service code", "metodo", "metodo de envio", "servico", "codigo",
			"metoda", "metoda wysylki", "sposob dostawy", "usluga", "kod",
		},
		Name:     {"name", "method name", "title", "nome", "nome do metodo", "nazwa", "nazwa metody"},
		Price:    {"cost", "price", "shipping cost", "rate", "fee", "custo", "preco", "frete", "valor", "valor do frete", "koszt", "cena", "koszt wysylki", "oplata"},
		PerKilo:  {"cost per kg", "price per kg", "per kg", "additional kg", "custo por kg", "preco por kg", "por kg", "koszt za kg", "cena za kg", "za kg"},
		Currency: {"currency", "currency code", "moeda", "waluta"},
		Days: {
			"days", "delivery days", "delivery time", "transit days", "transit time", "shipping days", "prazo", "dias", "prazo de entrega", "dias uteis", "dni", "czas dostawy", "czas przesylki",
		},
		DaysFrom: {"days from", "min days", "days min", "delivery days min", "dias de", "prazo minimo", "dni od", "min dni"},
		DaysTo:   {"days to", "max days", "days max", "delivery days max", "dias ate", "prazo maximo", "dni do", "max dni"},
	}
	trackingWords = words{
		Reference: {"reference", "our reference", "purchase order", "po", "po number", "referencia", "nosso pedido", "ordem de compra", "referencja", "nasz numer", "numer zamowienia zakupu"},
		Number: {
			"order", "order number", "order no", "order id", "customer order", "order name", "pedido", "numero do pedido", "n do pedido", "encomenda", "numero da encomenda",
			"zamowienie", "numer zamowienia", "nr zamowienia",
		},
		Carrier: {
			"carrier", "shipping carrier", "courier", "company", "logistics", "logistics company", "transportadora", "transportador", "correio",
			"przewoznik", "kurier", "firma kurierska",
		},
		Tracking: {
			"tracking", "tracking number", "tracking no", "tracking code", "tracking id", "waybill", "awb", "parcel number", "rastreio", "codigo de rastreio", "codigo de rastreamento",
			"numero de rastreio", "rastreamento", "numer przesylki", "nr przesylki", "numer listu przewozowego", "numer sledzenia", "list przewozowy",
		},
		URL: {"url", "tracking url", "tracking link", "link", "link de rastreio", "url de rastreio", "link do sledzenia", "adres sledzenia"},
	}
)

// plain is a column's name as the words are: folded, without signs.
func plain(name string) string {
	return strings.Join(strings.FieldsFunc(text.Fold(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), " ")
}

// signs are the signs of currencies that are no other's.
var signs = map[string]string{"€": "EUR", "£": "GBP", "zł": "PLN", "r$": "BRL", "₽": "RUB", "₹": "INR", "₩": "KRW", "₺": "TRY", "₴": "UAH", "kč": "CZK"}

// signOf is the currency of a sign in a text; "" where there is none.
func signOf(s string) string {
	s = strings.ToLower(s)
	for sign, code := range signs {
		if strings.Contains(s, sign) {
			return code
		}
	}
	return ""
}

// units of weights in grams, by the last word of a column's name.
var units = map[string]float64{"g": 1, "gr": 1, "gram": 1, "grams": 1, "gramas": 1, "gramy": 1, "kg": 1000, "kgs": 1000, "kilo": 1000, "lb": 453.59237, "lbs": 453.59237, "oz": 28.349523125}

// common are the codes that are no words in any of the three languages; others must be written in capitals.
var common = []string{"usd", "eur", "pln", "brl", "gbp", "cny"}

// column is what the name of a column says.
type column struct {
	name     string // without unit and currency
	currency string
	unit     float64 // grams; 0 = it says none
}

// read takes a name apart: "Price (USD)" is price in USD, "Waga [kg]" is a weight in kilograms.
func read(name string) column {
	c := column{name: plain(name), currency: signOf(name)}
	fields := strings.Fields(c.name)
	for len(fields) > 1 {
		last := fields[len(fields)-1]
		code := strings.ToUpper(last)
		switch {
		case c.unit == 0 && units[last] > 0:
			c.unit = units[last]
		case c.currency == "" && slices.Contains(common, last), c.currency == "" && strings.Contains(name, code) && checkout.CheckCurrency(code) == nil:
			c.currency = code
		case c.currency != "" && (last == "r" || last == "zl" || last == "kc"):
		default:
			return c
		}
		fields = fields[:len(fields)-1]
		c.name = strings.Join(fields, " ")
	}
	return c
}

// recognise finds what the columns hold: what the mapping says, then by their names.
func recognise(header []string, known words, mapping map[Field]string) (at map[Field]int, columns []Column, err error) {
	at = map[Field]int{}
	columns = make([]Column, len(header))
	for i, name := range header {
		columns[i].Name = name
	}
	for f, name := range mapping {
		if _, ok := known[f]; !ok {
			return nil, nil, fmt.Errorf("“%s” is nothing that such a file has; there are %s", f, fieldList(known))
		}
		i := slices.IndexFunc(header, func(h string) bool { return plain(h) == plain(name) })
		if i < 0 {
			return nil, nil, fmt.Errorf("there is no column “%s” in the file; there are %s", name, strings.Join(header, ", "))
		}
		at[f], columns[i].Field = i, f
	}
	// A name that stands earlier in a list fits better: "sku" before "code" where there are both.
	best := map[Field]int{}
	for i := range header {
		c := read(header[i])
		for _, name := range []string{plain(header[i]), c.name} {
			for f, names := range known {
				rank := slices.Index(names, name)
				if _, mapped := mapping[f]; rank < 0 || mapped || columns[i].Field != "" {
					continue
				}
				if old, taken := at[f]; taken {
					if best[f] <= rank {
						continue
					}
					columns[old].Field = ""
				}
				at[f], best[f], columns[i].Field = i, rank, f
			}
		}
	}
	return at, columns, nil
}

func fieldList(known words) string {
	var names []string
	for f := range known {
		names = append(names, string(f))
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
