package demo

import (
	"cmp"
	"strings"
)

// House is what one of the three demo suppliers is like.
type House struct {
	Key      string    // lumen, minas, kite
	Title    string    // for people
	Prefix   string    // of its SKUs and order numbers
	Currency string    // in which it is paid
	Words    [6]string // its own for pending, placed, processing, shipped, delivered, cancelled
	Strange  string    // one more, which nobody has heard of
	Base     int64     // what a parcel costs, in minor units
	PerKilo  int64
	Abroad   int64  // how much more it costs to send it abroad
	Fee      int64  // thousandths of goods and shipping
	FixedFee int64  // and in minor units
	Promise  [2]int // business days from payment to dispatch
	Branded  bool   // it puts branded invoices in

	wallet, card, invoice string // what its ways of paying are called
	purse, credit         int64  // what the wallet has every morning, and how much it lends, in minor units
	ways                  []way  // of sending
}

// The places in Houses.
const (
	Lumen = iota
	Minas
	Kite
)

// Houses are the three demo suppliers.
var Houses = [...]House{
	Lumen: {
		Key: "lumen", Title: "Lumen EU", Prefix: "LUM-", Currency: "EUR", Base: 390, PerKilo: 120, Abroad: 700, Promise: [2]int{2, 5}, Branded: true,
		Words: [6]string{"payment_open", "confirmed", "in_preparation", "dispatched", "delivered", "cancelled"}, Strange: "awaiting_export_permit",
		wallet: "Lumen balance", card: "Card on file at Lumen, Visa •••• 4242", invoice: "Invoice, net 30", purse: 400_00, credit: 2_500_00,
		ways: []way{
			{code: "economy", name: "Economy parcel", price: 100, days: [2]int{4, 8}, far: [2]int{11, 19}, kilos: 20},
			{code: "express", name: "Express courier", price: 240, days: [2]int{1, 3}, far: [2]int{4, 7}, kilos: 30},
			{code: "locker", name: "Parcel locker", price: 80, days: [2]int{3, 5}, kilos: 10, only: []string{"PL", "PT"}},
		},
	},
	Minas: {
		Key: "minas", Title: "Minas Direct", Prefix: "MD", Currency: "BRL", Base: 990, PerKilo: 450, Abroad: 6900, FixedFee: 90, Promise: [2]int{1, 4},
		Words: [6]string{"Aguardando pagamento", "Pedido confirmado", "Em separação", "Despachado", "Entregue", "Cancelado"}, Strange: "Em conferência fiscal",
		wallet: "Saldo Minas", card: "Cartão cadastrado na Minas, final 8181", invoice: "Boleto, 30 dias", purse: 1_800_00, credit: 12_000_00,
		ways: []way{
			{code: "pac", name: "Correios PAC", price: 100, days: [2]int{4, 10}, kilos: 30, only: []string{"BR"}},
			{code: "sedex", name: "Correios Sedex", price: 210, days: [2]int{1, 4}, kilos: 30, only: []string{"BR"}},
			{code: "exporta", name: "Exporta Fácil", price: 100, far: [2]int{10, 20}, kilos: 20, abroad: true},
		},
	},
	Kite: {
		Key: "kite", Title: "Kite", Prefix: "K", Currency: "USD", Base: 350, PerKilo: 420, Fee: 25, Promise: [2]int{3, 8},
		Words: [6]string{"UNPAID", "CREATED", "IN_PROCESS", "SHIPPED", "DELIVERED", "CANCELLED"}, Strange: "WAIT_CUSTOMS_BROKER",
		wallet: "Kite wallet", card: "Card on file at Kite, Mastercard •••• 5100", invoice: "Invoice, net 30", purse: 300_00, credit: 2_000_00,
		ways: []way{
			{code: "line", name: "Kite Line", price: 100, days: [2]int{8, 14}, far: [2]int{10, 18}, kilos: 20},
			{code: "air", name: "Air express", price: 290, days: [2]int{4, 6}, far: [2]int{4, 7}, kilos: 30},
		},
	},
}

// houseOf is the house that a name in the settings means; Lumen for one that means none.
func houseOf(name string) *House {
	name = strings.TrimSpace(name)
	for i := range Houses {
		if h := &Houses[i]; strings.EqualFold(name, h.Key) || strings.EqualFold(name, h.Title) {
			return h
		}
	}
	return &Houses[Lumen]
}

// home tells whether a country is one that the house sends to without extra cost.
func (h *House) home(country string) bool {
	switch h.Key {
	case "lumen":
		return strings.Contains(union, country)
	case "minas":
		return country == "BR"
	}
	return true
}

// Shipping is what a parcel costs the cheapest way that goes everywhere: goods and its result are minor units. A
// parcel of heavy but cheap goods is not made dearer than they are worth.
func (h *House) Shipping(grams, goods int64, abroad bool) int64 {
	cost := h.Base + min(h.PerKilo*grams/1000, goods/5)
	if abroad {
		cost += h.Abroad
	}
	return cost
}

// Fees are what it asks for beside goods and shipping.
func (h *House) Fees(goods, shipping int64) int64 { return (goods+shipping)*h.Fee/1000 + h.FixedFee }

// named is a title for people.
func (o *Options) named() string { return cmp.Or(o.Title, o.Name) }
