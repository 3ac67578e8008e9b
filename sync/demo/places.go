package demo

import "strconv"

// city is where people live. Postcodes lie between from and to, in the form of the country: they begin with the right
// digits for the city, but are drawn, not looked up.
type city struct {
	name, province string
	area           string // of the telephone
	from, to       int    // of the postcode, without its separators
	weight         int
	streets        []string // its own; nil = any of the country
}

// country is one of those that the demo shops sell to.
type country struct {
	code, locale string
	names        map[string]string // the country's name in the language of a shop
	people       *people
	cities       []city
	streets      []string
	weights      []int // of cities
}

var brazil = &country{
	code: "BR", locale: "pt-BR", people: &brazilian, names: map[string]string{"pt": "Brasil", "pl": "Brazylia"},
	cities: []city{
		{"São Paulo", "SP", "11", 1000_000, 5999_999, 30, nil},
		{"Rio de Janeiro", "RJ", "21", 20000_000, 23799_999, 14, nil},
		{"Belo Horizonte", "MG", "31", 30000_000, 31999_999, 9, nil},
		{"Curitiba", "PR", "41", 80000_000, 82999_999, 8, nil},
		{"Porto Alegre", "RS", "51", 90000_000, 91999_999, 7, nil},
		{"Salvador", "BA", "71", 40000_000, 42599_999, 5, nil},
		{"Recife", "PE", "81", 50000_000, 52999_999, 5, nil},
		{"Florianópolis", "SC", "48", 88000_000, 88099_999, 4, nil},
		{"Brasília", "DF", "61", 70000_000, 72799_999, 5, nil},
		{"Fortaleza", "CE", "85", 60000_000, 61599_999, 4, nil},
		{"Campinas", "SP", "19", 13000_000, 13139_999, 4, nil},
		{"Goiânia", "GO", "62", 74000_000, 74899_999, 3, nil},
		{"Belém", "PA", "91", 66000_000, 66999_999, 2, nil},
		{"Ribeirão Preto", "SP", "16", 14000_000, 14109_999, 2, nil},
		{"São José dos Campos", "SP", "12", 12200_000, 12249_999, 2, nil},
		{"Niterói", "RJ", "21", 24000_000, 24399_999, 2, nil},
		{"Cuiabá", "MT", "65", 78000_000, 78109_999, 1, nil},
		{"Maceió", "AL", "82", 57000_000, 57099_999, 1, nil},
	},
	streets: lines(`Rua Augusta|Avenida Paulista|Rua Oscar Freire|Rua das Laranjeiras|Rua Sete de Setembro|Rua XV de Novembro
		|Avenida Brasil|Rua Marechal Deodoro|Rua São João|Travessa do Comércio|Alameda Santos|Rua Dom Pedro II
		|Rua Tiradentes|Avenida Getúlio Vargas|Rua Cônego Januário|Rua Pará|Rua das Acácias|Rua Vergueiro|Praça da Árvore
		|Rua Voluntários da Pátria|Avenida Beira-Mar|Rua Joaquim Nabuco|Rua Álvares Penteado|Rua da Consolação`),
}

var portugal = &country{
	code: "PT", locale: "pt-PT", people: &portuguese, names: map[string]string{"pt": "Portugal", "pl": "Portugalia"},
	cities: []city{
		{"Lisboa", "", "21", 1000_001, 1990_505, 30, nil},
		{"Porto", "", "22", 4000_007, 4369_301, 20, nil},
		{"Braga", "", "253", 4700_001, 4719_005, 8, nil},
		{"Coimbra", "", "239", 3000_002, 3049_074, 8, nil},
		{"Aveiro", "", "234", 3800_001, 3814_506, 6, nil},
		{"Faro", "", "289", 8000_076, 8009_021, 5, nil},
		{"Évora", "", "266", 7000_171, 7009_504, 4, nil},
		{"Setúbal", "", "265", 2900_001, 2914_518, 4, nil},
		{"Guimarães", "", "253", 4800_001, 4839_521, 4, nil},
		{"Funchal", "", "291", 9000_001, 9064_507, 3, nil},
		{"Póvoa de Varzim", "", "252", 4490_001, 4496_909, 2, nil},
	},
	streets: lines(`Rua do Ouro|Avenida da Liberdade|Rua de Santa Catarina|Rua Augusta|Rua Garrett|Largo da Sé|Rua Direita
		|Travessa da Boa Hora|Rua dos Fanqueiros|Calçada do Combro|Rua da Alegria|Avenida dos Aliados|Rua Nova de São João
		|Beco do Espírito Santo|Rua Dr. António José de Almeida|Rua da Constituição|Praceta das Flores`),
}

var poland = &country{
	code: "PL", locale: "pl-PL", people: &polish, names: map[string]string{"pt": "Polônia", "pl": "Polska"},
	cities: []city{
		{"Warszawa", "mazowieckie", "22", 1, 4_999, 24, nil},
		{"Łódź", "łódzkie", "42", 90_001, 94_413, 12, nil},
		{"Kraków", "małopolskie", "12", 30_001, 31_999, 14, nil},
		{"Wrocław", "dolnośląskie", "71", 50_001, 54_617, 11, nil},
		{"Poznań", "wielkopolskie", "61", 60_101, 61_897, 9, nil},
		{"Gdańsk", "pomorskie", "58", 80_001, 80_958, 8, nil},
		{"Katowice", "śląskie", "32", 40_001, 40_955, 5, nil},
		{"Lublin", "lubelskie", "81", 20_001, 20_882, 4, nil},
		{"Szczecin", "zachodniopomorskie", "91", 70_001, 71_899, 4, nil},
		{"Białystok", "podlaskie", "85", 15_001, 15_959, 3, nil},
		{"Toruń", "kujawsko-pomorskie", "56", 87_100, 87_118, 3, nil},
		{"Częstochowa", "śląskie", "34", 42_200, 42_229, 2, nil},
		{"Rzeszów", "podkarpackie", "17", 35_001, 35_959, 2, nil},
		{"Święta Lipka", "warmińsko-mazurskie", "89", 11_440, 11_440, 1, nil},
	},
	streets: lines(`ul. Piotrkowska|ul. Marszałkowska|ul. Długa|ul. Świętego Marcina|ul. Józefa Piłsudskiego|al. Jerozolimskie
		|ul. Żeromskiego|ul. Słowackiego|ul. Mickiewicza|ul. Kościuszki|pl. Zamkowy|ul. Floriańska|ul. Grunwaldzka
		|os. Tysiąclecia|ul. Łąkowa|ul. Źródlana|ul. Kwiatowa|ul. 3 Maja|al. Niepodległości|ul. Bracka|ul. Gęsia`),
}

var america = &country{
	code: "US", locale: "en-US", people: &american, names: map[string]string{"pt": "Estados Unidos", "pl": "Stany Zjednoczone"},
	cities: []city{
		{"New York", "NY", "212", 10001, 10040, 16, nil},
		{"Brooklyn", "NY", "718", 11201, 11239, 12, nil},
		{"Los Angeles", "CA", "213", 90001, 90068, 10, nil},
		{"Chicago", "IL", "312", 60601, 60661, 9, nil},
		{"Austin", "TX", "512", 78701, 78759, 7, nil},
		{"Seattle", "WA", "206", 98101, 98199, 6, nil},
		{"Portland", "OR", "503", 97201, 97233, 5, nil},
		{"Boston", "MA", "617", 2108, 2136, 6, nil},
		{"Miami", "FL", "305", 33125, 33196, 6, nil},
		{"Newark", "NJ", "973", 7102, 7114, 4, nil},
		{"San Juan", "PR", "787", 901, 936, 2, nil},
		{"Winston-Salem", "NC", "336", 27101, 27127, 2, nil},
		{"Honolulu", "HI", "808", 96813, 96826, 1, nil},
	},
	streets: lines(`Maple Street|Oak Avenue|2nd Street|Elm Street|Washington Boulevard|Lakeview Drive|Cedar Lane|Broadway
		|Park Avenue|Sunset Boulevard|W 57th Street|Martin Luther King Jr Way|O’Farrell Street|Highland Ave|Bedford Avenue
		|N Milwaukee Ave|Calle San Francisco`),
}

var japan = &country{
	code: "JP", locale: "ja-JP", people: &japanese, names: map[string]string{"pt": "Japão", "pl": "Japonia"},
	cities: []city{
		{"渋谷区", "東京都", "3", 150_0001, 150_0047, 14, lines(`神宮前|桜丘町|恵比寿西|代々木`)},
		{"新宿区", "東京都", "3", 160_0001, 160_0023, 10, lines(`西新宿|高田馬場|神楽坂`)},
		{"世田谷区", "東京都", "3", 154_0001, 154_0024, 9, lines(`三軒茶屋|太子堂|北沢`)},
		{"大阪市北区", "大阪府", "6", 530_0001, 530_0057, 12, lines(`梅田|中之島|天神橋`)},
		{"京都市中京区", "京都府", "75", 604_0001, 604_0994, 8, lines(`烏丸通御池下ル|西ノ京|壬生`)},
		{"横浜市西区", "神奈川県", "45", 220_0002, 220_0074, 8, lines(`北幸|みなとみらい|戸部町`)},
		{"名古屋市中区", "愛知県", "52", 460_0001, 460_0026, 7, lines(`栄|大須|丸の内`)},
		{"札幌市中央区", "北海道", "11", 60_0001, 60_0063, 5, lines(`大通西|南三条西|円山`)},
		{"福岡市博多区", "福岡県", "92", 812_0001, 812_0046, 5, lines(`博多駅前|中洲|千代`)},
		{"仙台市青葉区", "宮城県", "22", 980_0001, 980_0023, 4, lines(`一番町|国分町|大町`)},
	},
}

func init() {
	for _, c := range []*country{brazil, portugal, poland, america, japan} {
		for _, town := range c.cities {
			c.weights = append(c.weights, town.weight)
		}
	}
}

// postcode draws one that lies in the city.
func (c *country) postcode(d *dice, town *city) string {
	n := town.from + d.n(town.to-town.from+1)
	switch c {
	case brazil:
		return digits(n/1000, 5) + "-" + digits(n%1000, 3)
	case portugal:
		return digits(n/1000, 4) + "-" + digits(n%1000, 3)
	case poland:
		return digits(n/1000, 2) + "-" + digits(n%1000, 3)
	case japan:
		return digits(n/10000, 3) + "-" + digits(n%10000, 4)
	}
	return digits(n, 5)
}

// phone draws a number of the right shape that belongs to nobody: 555 01xx, which North America keeps for fiction, or
// what comes nearest to it elsewhere.
func (c *country) phone(d *dice, town *city) string {
	tail := digits(d.n(100), 2)
	switch c {
	case brazil:
		return "+55 " + town.area + " 9" + digits(4+d.n(6), 1) + "555-01" + tail
	case portugal:
		return "+351 9" + pick(d, []string{"1", "2", "3", "6"}) + digits(d.n(10), 1) + " 555 0" + tail
	case poland:
		return "+48 " + town.area + " 555 01 " + tail
	case japan:
		if d.in(600) {
			return "+81 " + pick(d, []string{"70", "80", "90"}) + "-5550-01" + tail
		}
		return "+81 " + town.area + "-5550-01" + tail
	}
	return "+1 (" + town.area + ") 555-01" + tail
}

// address draws a street and house, and sometimes a second line.
func (c *country) address(d *dice, town *city) (line1, line2 string) {
	list := c.streets
	if town.streets != nil {
		list = town.streets
	}
	street := list[d.n(len(list))]
	switch c {
	case brazil:
		line1 = street + ", " + strconv.Itoa(10+d.n(2900))
		switch weigh(d, 50, 40, 10) {
		case 1:
			line2 = "Apto " + strconv.Itoa(10*(1+d.n(20))+1+d.n(4))
			if d.in(300) {
				line2 += ", Bloco " + string(rune('A'+d.n(5)))
			}
		case 2:
			line2 = "Casa " + strconv.Itoa(1+d.n(9))
		}
	case portugal:
		line1 = street + " " + strconv.Itoa(1+d.n(320))
		if d.in(600) {
			line1 += ", " + strconv.Itoa(1+d.n(7)) + ".º " + pick(d, []string{"Esq.", "Dto.", "A", "B"})
		}
	case poland:
		line1 = street + " " + strconv.Itoa(1+d.n(180))
		if d.in(650) {
			line1 += "/" + strconv.Itoa(1+d.n(90))
		}
	case japan:
		line1 = street + strconv.Itoa(1+d.n(6)) + "丁目" + strconv.Itoa(1+d.n(30)) + "-" + strconv.Itoa(1+d.n(20))
		if d.in(550) {
			line2 = pick(d, []string{"メゾン桜", "コーポ青葉", "グランドハイツ", "第二山田ビル"}) + " " + strconv.Itoa(101+100*d.n(8)+d.n(6)) + "号室"
		}
	default:
		line1 = strconv.Itoa(12+d.n(4800)) + " " + street
		switch weigh(d, 55, 35, 10) {
		case 1:
			line2 = "Apt " + strconv.Itoa(1+d.n(40)) + string(rune('A'+d.n(6)))
		case 2:
			line2 = "Unit " + strconv.Itoa(100+d.n(900))
		}
	}
	return line1, line2
}

// digits writes n with leading zeros.
func digits(n, width int) string {
	var b [20]byte
	at := len(b)
	for n > 0 || at > len(b)-width {
		at--
		b[at] = byte('0' + n%10)
		n /= 10
	}
	return string(b[at:])
}
