//nolint:misspell // Portuguese and Polish are no misspelt English
package demo

import (
	"strings"

	"github.com/orderdeck/orderdeck/store/order"
)

// Suppliers of the demo, by index; own is the shop's own shelf, download needs no parcel.
const (
	own int8 = iota - 2
	download
	lumen
	minas
	kite
)

// source is where a shop gets a product from.
type source struct {
	via      int8
	unlinked bool // nobody has told the desk yet which supplier delivers it
	costless bool // linked, but the supplier has not named its price
}

// product is one article of both shops.
type product struct {
	sku, image string
	titles     [2]string // by shop: Portuguese, Polish
	euro       int64     // price in cents
	grams      int
	popularity [2]int
	sources    [2]source
	variants   *variants
	price      [len(currencies)]int64
}

// variants are the sizes, colours or scents of a product.
type variants struct {
	codes []string
	names [2][]string // by shop
}

// The currencies in which the demo shops sell.
const (
	brl = iota
	eur
	usd
	pln
)

var currencies = [...]string{"BRL", "EUR", "USD", "PLN"}

var (
	single = &variants{codes: []string{""}, names: [2][]string{{""}, {""}}}
	sizes  = &variants{words("S M L XL"), [2][]string{words("P M G GG"), words("S M L XL")}}
	colors = &variants{words("NAT WHT GRN BLU TER"), [2][]string{
		words("natural branco verde-oliva azul-noite terracota"), words("naturalny biały oliwkowy granatowy terakota"),
	}}
	beds   = &variants{words("140 160 200"), [2][]string{words("solteiro casal king"), lines("140 × 200|160 × 200|200 × 220")}}
	scents = &variants{words("FIG LAV CIT CED"), [2][]string{
		lines("figo|lavanda|capim-limão|cedro"), lines("figa|lawenda|trawa cytrynowa|cedr"),
	}}
	lamps = &variants{words("BRS BLK"), [2][]string{lines("latão|preto fosco"), lines("mosiądz|czarny mat")}}
	ruled = &variants{words("DOT LIN BLA"), [2][]string{lines("pontilhado|pautado|liso"), lines("kropki|linie|gładki")}}
	gifts = &variants{words("100 200 300"), [2][]string{lines("pequeno|médio|grande"), lines("mała|średnia|duża")}}
)

// catalogue has, a line each: SKU; picture; variants; price in euro cents; grams; popularity in the two shops; where
// the two shops get it (l, m, k = a supplier, o = own shelf, d = download; "-" before: not linked, "?": cost unknown);
// the two titles.
const catalogue = `
LS|shirt|sizes|4990|240|30|18|m|l|Camisa de linho|Koszula lniana
LD|shirt|sizes|7900|310|18|12|m|l|Vestido de linho Serra|Sukienka lniana Serra
LP|shirt|sizes|5900|280|12|8|m|l|Calça de linho|Spodnie lniane
KM|shirt|sizes|6900|330|14|8|?l|l|Quimono de algodão|Kimono bawełniane
AP|apron|colors|2900|260|14|14|m|o|Avental de linho|Fartuch lniany
WT|throw|colors|7900|1100|10|30|l|l|Manta de lã|Pled wełniany
CT|throw|colors|4900|900|16|16|m|o|Manta de algodão trançado|Narzuta bawełniana pleciona
BD|throw|beds|12900|2300|10|14|m|l|Jogo de cama de linho|Pościel lniana
BS|throw|beds|8900|1700|14|14|m|o|Jogo de cama de percal 300 fios|Pościel perkalowa 300 nici
QU|throw|beds|13900|2600|6|8|l|l|Colcha matelassê|Narzuta pikowana
PC|cushion|colors|1900|180|18|22|m|o|Capa de almofada de linho|Poszewka lniana
PV|cushion|colors|2900|240|8|12|k|o|Almofada de veludo|Poduszka welurowa
FL|cushion|colors|5900|1900|4|6|m|k|Futon de chão|Futon podłogowy
TW|towel|colors|2400|520|16|18|m|o|Toalha de banho favo|Ręcznik waflowy
TH|towel|colors|1200|220|14|16|m|o|Toalha de rosto favo|Ręcznik do rąk waflowy
BM|towel|colors|2600|700|8|8|m|o|Tapete de banho|Dywanik łazienkowy
KT|towel|single|1400|120|20|22|m|o|Pano de prato de linho, conjunto de 2|Ściereczki lniane, 2 szt.
TC|towel|colors|5400|600|10|10|m|l|Toalha de mesa de linho|Obrus lniany
NP|towel|colors|2200|160|14|12|m|o|Guardanapos de linho, conjunto de 4|Serwetki lniane, 4 szt.
RN|towel|colors|2700|210|10|9|m|o|Caminho de mesa|Bieżnik na stół
CN|candle|scents|1490|320|34|36|m|o|Vela de soja|Świeca sojowa
CB|candle|scents|2490|620|16|18|m|o|Vela de soja grande, 3 pavios|Świeca sojowa duża, 3 knoty
CR|candle|scents|3200|450|20|10|-m|o|Vela recarregável em cerâmica|Świeca w ceramice, do uzupełniania
DF|candle|scents|2900|380|12|12|m|o|Difusor de varetas|Dyfuzor z patyczkami
IN|candle|scents|900|60|12|10|m|o|Incenso artesanal|Kadzidła ręcznie robione
RS|candle|scents|1600|220|8|9|m|o|Spray para roupa de cama|Mgiełka do pościeli
SO|candle|scents|700|110|16|16|m|o|Sabonete vegetal|Mydło roślinne
CH|candle|single|2200|340|6|10|k|o|Castiçal de latão|Świecznik mosiężny
LT|candle|lamps|3900|900|5|9|k|k|Lanterna de vidro|Lampion szklany
MG|mug|colors|1800|380|24|26|m|o|Caneca de cerâmica|Kubek ceramiczny
ES|mug|colors|2600|420|14|12|m|o|Xícaras de café, par|Filiżanki do kawy, para
TE|mug|single|4900|1100|6|8|k|l|Bule de chá de ferro|Czajniczek żeliwny
PL|plate|colors|2400|720|12|12|m|o|Prato raso de cerâmica|Talerz ceramiczny płaski
PD|plate|colors|1900|520|10|9|m|o|Prato de sobremesa|Talerz deserowy
BW|bowl|colors|2100|560|16|16|m|o|Tigela de cerâmica|Miska ceramiczna
SB|bowl|single|5900|1800|5|6|m|o|Saladeira de acácia|Salaterka z akacji
BR|bowl|single|3400|800|8|8|m|o|Cesta de pão de palha|Koszyk na chleb
VS|vase|colors|3900|1300|12|14|m|l|Vaso Curva|Wazon Krzywa
VT|vase|single|6900|2600|4|6|l|l|Vaso de vidro soprado|Wazon ze szkła dmuchanego
PT|vase|colors|2900|1900|10|10|m|o|Cachepô de barro|Osłonka gliniana
WC|vase|single|3600|700|6|7|-m|k|Regador de cobre|Konewka miedziana
LM|lamp|lamps|8900|1900|9|12|k|l|Luminária de mesa Arco|Lampa stołowa Arco
LF|lamp|lamps|18900|5200|3|6|k|l|Luminária de piso Arco|Lampa podłogowa Arco
LN|lamp|lamps|9900|1600|6|9|k|l|Pendente Ninho|Lampa wisząca Gniazdo
LW|lamp|lamps|6900|1100|5|7|k|k|Arandela Lua|Kinkiet Luna
LR|lamp|single|7400|480|8|10|k|k|Luminária recarregável|Lampa akumulatorowa
PS|lamp|single|5900|620|8|10|l|l|Luminária de papel washi|Lampa papierowa washi
NB|notebook|ruled|1500|260|24|22|m|o|Caderno costurado A5|Notes szyty A5
NA|notebook|ruled|2400|480|12|10|m|o|Caderno capa de linho A4|Notes A4 w lnianej oprawie
PL26|notebook|single|2900|420|14|14|m|o|Planner anual|Planer roczny
PN|notebook|single|3900|60|6|6|k|k|Caneta-tinteiro|Pióro wieczne
PK|card|single|900|90|14|14|m|o|Cartões de papel de algodão, 6 un.|Kartki z papieru bawełnianego, 6 szt.
WP|card|single|800|120|12|14|m|o|Papel de presente botânico|Papier prezentowy botaniczny
PR|card|sizes|2600|140|26|12|?m|l|Gravura botânica|Plakat botaniczny
CA|card|single|1700|240|10|14|m|o|Calendário ilustrado|Kalendarz ilustrowany
FR|frame|lamps|3200|900|8|10|k|o|Porta-retratos|Ramka na zdjęcia
MR|frame|single|14900|4800|3|4|k|l|Espelho redondo|Lustro okrągłe
WB|bowl|colors|4400|1200|8|10|m|l|Cesto de seagrass|Kosz z trawy morskiej
HK|frame|lamps|1600|180|8|8|k|k|Ganchos de parede, 3 un.|Haczyki ścienne, 3 szt.
TR|bowl|single|3900|950|8|9|m|o|Bandeja de madeira|Taca drewniana
CBD|bowl|single|3400|1400|10|10|m|o|Tábua de corte|Deska do krojenia
SP|bowl|single|1200|140|10|10|m|o|Colheres de madeira, 3 un.|Łyżki drewniane, 3 szt.
CF|mug|single|3600|480|20|10|-l|l|Coador de café em cerâmica|Dripper ceramiczny
CO|card|single|600|210|12|4|m|o|Café em grãos 250 g|Kawa ziarnista 250 g
HN|candle|single|1100|380|8|12|m|o|Mel silvestre 300 g|Miód leśny 300 g
SL|shirt|sizes|3900|420|6|14|k|k|Pantufas de feltro|Kapcie filcowe
SK|shirt|sizes|1400|90|8|16|k|o|Meias de lã|Skarpety wełniane
SC|throw|colors|5900|260|5|14|l|l|Cachecol de lã merino|Szalik z wełny merynosów
HT|throw|single|8900|1700|5|5|?k|k|Rede de descanso|Hamak
KI|candle|single|4900|1200|8|10|m|o|Kit presente “Casa nova”|Zestaw prezentowy „Nowy dom”
YM|throw|colors|3400|1300|7|7|k|k|Tapete de ioga em cortiça|Mata do jogi z korka
BK|card|single|4200|1500|5|6|l|o|Livro “Casas de barro”|Album „Domy z gliny”
EB|card|single|1200|0|4|3|d|d|Livro digital “Cuidar do linho” (PDF)|E-book „Jak dbać o len” (PDF)
GC|card|gifts|5000|0|5|5|d|d|Vale-presente|Karta podarunkowa
`

var products = parseCatalogue()

func parseCatalogue() []product {
	sets := map[string]*variants{
		"single": single, "sizes": sizes, "colors": colors, "beds": beds, "scents": scents, "lamps": lamps, "ruled": ruled, "gifts": gifts,
	}
	var list []product
	for row := range strings.Lines(strings.TrimSpace(catalogue)) {
		f := strings.Split(strings.TrimSpace(row), "|")
		p := product{
			sku: f[0], image: "demo:" + f[1], variants: sets[f[2]], euro: int64(number(f[3])), grams: number(f[4]),
			popularity: [2]int{number(f[5]), number(f[6])}, sources: [2]source{parseSource(f[7]), parseSource(f[8])},
			titles: [2]string{f[9], f[10]},
		}
		p.price = prices(p.euro)
		list = append(list, p)
	}
	return list
}

func parseSource(s string) source {
	src := source{unlinked: strings.HasPrefix(s, "-"), costless: strings.HasPrefix(s, "?")}
	src.via = map[byte]int8{'o': own, 'd': download, 'l': lumen, 'm': minas, 'k': kite}[s[len(s)-1]]
	return src
}

func number(s string) int {
	n := 0
	for _, c := range s {
		n = n*10 + int(c-'0')
	}
	return n
}

// prices are what a shop writes on a label: not converted to the cent, but to what looks like a price.
func prices(euro int64) (p [len(currencies)]int64) {
	round := func(n, step, end int64) int64 { return max((n+step/2)/step, 1)*step - end }
	p[eur] = euro
	p[brl] = round(euro*59/10, 500, 10)   // 119,90
	p[usd] = round(euro*112/100, 100, 0)  // 56.00
	p[pln] = round(euro*43/10, 1000, 100) // 219,00
	return p
}

// costs are what a supplier asks for one unit, in minor units of its currency: about 38 % of the price, less for what
// is dear.
func (p *product) costAt(via int8) int64 {
	share := int64(40)
	switch {
	case p.euro >= 10000:
		share = 34
	case p.euro >= 5000:
		share = 37
	}
	switch via {
	case minas:
		return p.price[brl] * share / 100
	case kite:
		return p.price[usd] * (share - 8) / 100
	}
	return p.euro * share / 100
}

// code is the SKU of a variant.
func (p *product) code(v int) string {
	if p.variants.codes[v] == "" {
		return p.sku
	}
	return p.sku + "-" + p.variants.codes[v]
}

// key is what a variant is linked by (order.Line.ProductKey).
func (p *product) key(v int) string { return order.Line{SKU: p.code(v)}.ProductKey() }
