package demo

import (
	"strconv"

	"github.com/orderdeck/orderdeck/store/order"
)

// buyer names a customer of a shop: a number from which all about them follows. The high bits tell the kind.
type buyer uint64

const (
	regular  buyer = 1 << 62 // one of a few whom every merchant knows by name
	trade    buyer = 1 << 61 // buys to sell again
	domestic buyer = 1 << 60 // lives where the shop is
	traders        = 24
)

// The ways to pay.
type method int8

const (
	card method = iota
	pix
	boleto
	deposit
	onDelivery
	paypal
	blik
	przelewy
	konbini
)

// methodNames are by shop; the platform's machine names go before.
var methodNames = [][3]string{
	card:       {"card", "Cartão de crédito", "Karta płatnicza"},
	pix:        {"pix", "Pix", "Pix"},
	boleto:     {"boleto", "Boleto bancário", "Boleto"},
	deposit:    {"bank_deposit", "Depósito bancário", "Przelew tradycyjny"},
	onDelivery: {"cash_on_delivery", "Pagamento na entrega", "Za pobraniem"},
	paypal:     {"paypal", "PayPal", "PayPal"},
	blik:       {"blik", "BLIK", "BLIK"},
	przelewy:   {"przelewy24", "Przelewy24", "Przelewy24"},
	konbini:    {"konbini", "Konbini (コンビニ払い)", "Konbini (コンビニ払い)"},
}

// choose says who buys, from where, in which currency, and how they pay.
func (p *plan) choose() {
	v := p.view
	d := roll(v.seed, v.id, uint64(p.model), topicWho)
	switch {
	case p.theme == remote: // J. Doe, who lives in Puerto Rico
		p.who = regular | 3
	case p.theme == lossy || p.theme == shippedUnpaid || p.theme == doorstep || turns[p.theme].via == minas:
		p.who = domestic | buyer(p.model)
	case p.model < v.orders && v.orders-p.model <= 2*len(v.faces) && (v.orders-p.model)%2 == 0:
		p.who = regular | buyer((v.orders-p.model)/2-1)
	case d.in(9):
		p.who = regular | buyer(d.n(len(v.faces)))
	case d.in(16) || p.theme == endless:
		p.who = trade | buyer(d.n(traders))
	case d.in(400) && p.model > 0: // has bought before, rather lately than long ago
		x := d.unit()
		p.who = buyer(p.model - 1 - int(float64(p.model-1)*x*x*x))
	default:
		p.who = buyer(p.model)
	}
	p.wholesale = p.who&trade != 0
	p.land = v.landOf(p.who)
	p.currency = v.currencyIn(p.land)
	p.method = payMethod(&d, v.index, p.land)
	switch {
	case p.theme == proving || p.theme == overpaid || p.theme == deposited:
		p.method = deposit
	case p.theme == declined || p.theme == refused || p.theme == voided || p.theme == captured || p.theme == charged ||
		p.theme == yours || p.theme == unasked || p.theme == bare || p.theme == remote:
		p.method = card
	case p.theme == shippedUnpaid:
		p.method = boleto
	case p.theme == doorstep:
		p.method = onDelivery
	case p.theme == expired && p.method != pix && p.method != boleto && p.method != konbini:
		p.method = [...]method{pix, przelewy}[v.index]
	case p.theme != ordinary && p.method == onDelivery:
		p.method = card
	}
}

// landOf is where a buyer lives.
func (s *shop) landOf(who buyer) *country {
	switch {
	case who&regular != 0:
		return s.faces[int(who&^regular)%len(s.faces)].land
	case who&domestic != 0 || who&trade != 0:
		return [...]*country{brazil, poland}[s.index]
	}
	d := roll(s.seed, s.id, uint64(who), topicCustomer)
	weights := [2][5]int{{78, 10, 1, 7, 4}, {3, 10, 68, 12, 7}}[s.index]
	return [...]*country{brazil, portugal, poland, america, japan}[weigh(&d, weights[:]...)]
}

func (s *shop) currencyIn(land *country) int8 {
	switch {
	case land == brazil && s.index == 0:
		return brl
	case land == poland && s.index == 1:
		return pln
	case land == portugal || land == poland:
		return eur
	}
	return usd
}

func payMethod(d *dice, shop int, land *country) method {
	switch {
	case land == brazil && shop == 0:
		return [...]method{pix, card, boleto, paypal, deposit, onDelivery}[weigh(d, 46, 34, 10, 4, 3, 3)]
	case land == poland && shop == 1:
		return [...]method{blik, przelewy, card, onDelivery, paypal, deposit}[weigh(d, 40, 24, 19, 8, 6, 3)]
	case land == japan:
		return [...]method{card, konbini, paypal}[weigh(d, 58, 34, 8)]
	}
	return [...]method{card, paypal}[weigh(d, 66, 34)]
}

// person is what an order says of its customer.
type person struct {
	customer order.Customer
	address  order.Address
}

// face is a customer whose every letter is fixed.
type face struct {
	land                *country
	name, mailbox       string
	phone               string
	line1, line2        string
	city, province, zip string
}

// faces are the regulars of the two shops.
var faces = [2][]face{
	{
		{brazil, "Maria Souza", "maria", "+55 11 95555-0142", "Rua Augusta, 1508", "Apto 42", "São Paulo", "SP", "01304-001"},
		{portugal, "Ana Lima", "ana.lima", "+351 912 555 010", "Rua Garrett 73, 2.º Esq.", "", "Lisboa", "", "1200-203"},
		{brazil, "João Guimarães de Sá", "joao.sa", "+55 31 95555-0177", "Rua Pará, 221", "", "Belo Horizonte", "MG", "30130-100"},
		{america, "J. Doe", "j.doe", "+1 (787) 555-0139", "210 Calle San Francisco", "Apt 3B", "San Juan", "PR", "00901"},
		{brazil, "Conceição Araújo", "conceicao", "+55 71 95555-0108", "Travessa do Comércio, 14", "", "Salvador", "BA", "40015-040"},
	},
	{
		{poland, "Paweł Żak", "pawel.zak", "+48 42 555 01 03", "ul. Piotrkowska 104/12", "", "Łódź", "łódzkie", "90-926"},
		{japan, "山田健太", "kenta.yamada", "+81 3-5550-0188", "神宮前3丁目12-5", "メゾン桜 203号室", "渋谷区", "東京都", "150-0001"},
		{poland, "Grażyna Brzęczyszczykiewicz", "grazyna", "+48 12 555 01 71", "ul. Floriańska 15", "", "Kraków", "małopolskie", "31-019"},
		{america, "Zoë O’Connor", "zoe", "+1 (718) 555-0111", "88 Bedford Avenue", "Unit 410", "Brooklyn", "NY", "11211"},
	},
}

var brazilianTrades = lines(`Casa Jacarandá Decoração Ltda|Empório Sertão & Mar|Pousada Vila do Sossego|Loja Ipê Roxo
	|Café Três Corações de Minas|Ateliê Flor de Sal ME|Studio Marajó Interiores|Mercearia Boa Vista`)

var polishTrades = lines(`Dom i Len sp. z o.o.|Kawiarnia Pod Żurawiem|Pensjonat Świerkowy Dwór|Sklepik Cynamon s.c.
	|Galeria Łąka|Hotel Bursztyn S.A.|Pracownia Wnętrz Jodła|Księgarnia Źródło`)

// person is who a buyer is; always the same for the same buyer.
func (s *shop) person(who buyer) (x person) {
	land := s.landOf(who)
	if who&regular != 0 {
		f := &s.faces[int(who&^regular)%len(s.faces)]
		x.customer = order.Customer{Name: f.name, Email: f.mailbox + "@example.com", Phone: f.phone}
		x.address = order.Address{Line1: f.line1, Line2: f.line2, City: f.city, Province: f.province, PostalCode: f.zip}
	} else {
		d := roll(s.seed, s.id, uint64(who), topicCustomer)
		d.next() // what the country was drawn by
		name := land.people.name(&d)
		town := &land.cities[weigh(&d, land.weights...)]
		line1, line2 := land.address(&d, town)
		x.address = order.Address{
			Line1: line1, Line2: line2, City: town.name, Province: town.province, PostalCode: land.postcode(&d, town),
		}
		x.customer = order.Customer{Name: name.full, Email: mailbox(&d, name.mailbox), Phone: land.phone(&d, town)}
		switch {
		case who&trade != 0:
			x.customer.Company = [...][]string{brazilianTrades, polishTrades}[s.index][int(who&^trade)%8]
			x.address.Company = x.customer.Company
			x.customer.TaxID = taxID(&d, land, true)
		case land == brazil && d.in(700):
			x.customer.TaxID = taxID(&d, land, false)
		}
	}
	x.customer.ExternalID = s.prefix + "-c" + strconv.FormatUint(uint64(who), 36)
	x.customer.Locale = land.locale
	x.address.Name, x.address.Phone = x.customer.Name, x.customer.Phone
	x.address.Country, x.address.CountryName = land.code, land.names[s.language]
	return x
}

// mailbox is an address that can never reach anybody (RFC 2606).
func mailbox(d *dice, name string) string {
	switch weigh(d, 45, 35, 20) {
	case 1:
		name += strconv.Itoa(60 + d.n(45))
	case 2:
		name += "." + strconv.Itoa(1+d.n(99))
	}
	return name + [...]string{"@example.com", "@example.org", "@example.net"}[weigh(d, 6, 3, 2)]
}

// taxID has the shape of a CPF, CNPJ or NIP, with a check digit that is wrong: it can belong to nobody.
func taxID(d *dice, land *country, company bool) string {
	var n [14]int
	for i := range n {
		n[i] = d.n(10)
	}
	switch {
	case land == poland:
		sum := 0
		for i, w := range [9]int{6, 5, 7, 2, 3, 4, 5, 6, 7} {
			sum += w * n[i]
		}
		n[9] = (sum%11 + 1) % 10
		s := join(n[:10])
		return s[:3] + "-" + s[3:6] + "-" + s[6:8] + "-" + s[8:]
	case company:
		copy(n[8:12], []int{0, 0, 0, 1})
		sum := 0
		for i, w := range [12]int{5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2} {
			sum += w * n[i]
		}
		n[12] = (mod11(sum) + 1) % 10
		s := join(n[:14])
		return s[:2] + "." + s[2:5] + "." + s[5:8] + "/" + s[8:12] + "-" + s[12:]
	}
	sum := 0
	for i := range 9 {
		sum += (10 - i) * n[i]
	}
	n[9] = (mod11(sum) + 1) % 10
	s := join(n[:11])
	return s[:3] + "." + s[3:6] + "." + s[6:9] + "-" + s[9:]
}

// mod11 is the check digit of Brazil's tax numbers.
func mod11(sum int) int {
	if r := sum % 11; r >= 2 {
		return 11 - r
	}
	return 0
}

func join(n []int) string {
	b := make([]byte, len(n))
	for i := range n {
		b[i] = byte('0' + n[i])
	}
	return string(b)
}
