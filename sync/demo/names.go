package demo

import (
	"strings"
	"sync"
)

// people are the names of one country. Where surnames follow the bearer (Poland), women has her forms in the same
// order as surnames.
type people struct {
	female, male, surnames, women []string

	once  sync.Once
	latin map[string]string // each name as it stands in an e-mail address
}

// mailbox is a name as it stands in an e-mail address. All names are written so at once, but not before one is asked
// for: most runs of the program have no demo.
func (p *people) mailbox(name string) string {
	p.once.Do(func() {
		p.latin = map[string]string{}
		for _, list := range [][]string{p.female, p.male, p.surnames, p.women} {
			for _, name := range list {
				p.latin[name] = latinise(name)
			}
		}
	})
	return p.latin[name]
}

var brazilian = people{
	female: words("Maria Ana Beatriz Camila Fernanda Juliana Mariana Larissa Letícia Gabriela Rafaela Carolina Patrícia " +
		"Aline Bruna Débora Luíza Helena Isabela Yasmin Tatiane Vitória Cecília Lívia Clarice Renata Sônia Adriana Simone " +
		"Thaís Elisângela Jéssica Natália Priscila Rosângela Valéria Inês Marília Flávia Lúcia"),
	male: words("João José Antônio Francisco Carlos Paulo Pedro Lucas Luiz Marcos Gabriel Rafael Daniel Marcelo Bruno " +
		"Eduardo Felipe Rodrigo Vinícius Gustavo Matheus Thiago Leonardo André Diego Caio Renato Sérgio Márcio Otávio " +
		"Murilo Fábio César Estêvão Ítalo Davi Heitor Ubirajara Ivan Raimundo"),
	surnames: words("Souza Silva Santos Oliveira Pereira Lima Carvalho Ferreira Rodrigues Almeida Costa Gomes Martins " +
		"Araújo Melo Barbosa Ribeiro Alves Cardoso Rocha Gonçalves Freitas Moraes Moreira Teixeira Mendonça Assunção " +
		"Magalhães Guimarães Brandão Falcão Paixão Leão Nóbrega Sá Antunes Tanaka Nakamura Bittencourt Fagundes " +
		"Conceição Azevedo Queiroz Paranhos Villela Zanetti Krüger Sant’Anna Peçanha Itaboraí"),
}

var portuguese = people{
	female: words("Ana Maria Inês Beatriz Leonor Matilde Mafalda Catarina Joana Rita Sofia Marta Carolina Madalena Filipa " +
		"Teresa Graça Margarida Conceição Francisca Benedita Lídia Patrícia Sílvia Cláudia Célia Fátima Luísa"),
	male: words("João Rui Nuno Tiago Gonçalo Duarte Diogo Miguel Pedro Afonso Martim Tomás Henrique Vasco Luís Jorge Hugo " +
		"António José Manuel Bernardo Simão Salvador Sebastião Lourenço Telmo Cristóvão Álvaro"),
	surnames: words("Lima Sousa Silva Pereira Fernandes Nogueira Cunha Figueiredo Marques Matos Pinheiro Loureiro Baptista " +
		"Simões Lourenço Gonçalves Vasconcelos Tavares Cordeiro Esteves Neves Brandão Mourão Galvão Camões Leitão " +
		"Valadão Sequeira Faria Patrício Morgado Quintela Bragança Frazão Vilhena"),
}

var polish = people{
	female: words("Anna Maria Katarzyna Małgorzata Agnieszka Krystyna Barbara Ewa Elżbieta Zofia Zuzanna Julia Hanna Lena " +
		"Oliwia Wiktoria Alicja Maja Magdalena Joanna Aleksandra Dorota Grażyna Jadwiga Bożena Łucja Róża Żaneta Józefina " +
		"Kinga Weronika Natalia Paulina Bronisława"),
	male: words("Jan Paweł Piotr Krzysztof Andrzej Tomasz Stanisław Michał Marcin Grzegorz Łukasz Jakub Wojciech Zbigniew " +
		"Mateusz Szymon Kacper Antoni Franciszek Mikołaj Błażej Dominik Rafał Sławomir Przemysław Bogusław Józef Kazimierz " +
		"Wiesław Maciej Zdzisław Bartłomiej Adrian Oskar Ignacy"),
	surnames: words("Żak Nowak Kowalski Wiśniewski Wójcik Kowalczyk Kamiński Lewandowski Zieliński Szymański Woźniak " +
		"Dąbrowski Kozłowski Jankowski Mazur Kwiatkowski Krawczyk Piotrowski Grabowski Pawłowski Zając Król Wróbel Jabłoński " +
		"Stępień Wieczorek Dudek Majewski Olszewski Jaworski Gołębiowski Ślusarczyk Źródlak Ćwikliński Brzęczyszczykiewicz " +
		"Łukasik Żurawski Świątek Kurzępa Gąsior"),
	women: words("Żak Nowak Kowalska Wiśniewska Wójcik Kowalczyk Kamińska Lewandowska Zielińska Szymańska Woźniak " +
		"Dąbrowska Kozłowska Jankowska Mazur Kwiatkowska Krawczyk Piotrowska Grabowska Pawłowska Zając Król Wróbel Jabłońska " +
		"Stępień Wieczorek Dudek Majewska Olszewska Jaworska Gołębiowska Ślusarczyk Źródlak Ćwiklińska Brzęczyszczykiewicz " +
		"Łukasik Żurawska Świątek Kurzępa Gąsior"),
}

var american = people{
	female: words("Emma Olivia Ava Sophia Isabella Mia Charlotte Amelia Harper Evelyn Abigail Ella Grace Chloe Hannah " +
		"Maya Naomi Ruth Denise Latoya Keisha Priya Guadalupe Xiomara Brianna Courtney Linda Susan Margaret Zoë"),
	male: words("Liam Noah James Oliver Benjamin Elijah Lucas Mason Logan Ethan Jacob Michael Daniel Henry Jackson Samuel " +
		"Darnell Tyrone Andre Luis Mateo Diego Wei Raj Kevin Brian Scott Walter Frank Beau"),
	surnames: words("Doe Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez " +
		"Wilson Anderson Thomas Taylor Moore Jackson Martin Lee Thompson White Harris Clark Lewis Robinson Walker Young " +
		"Nguyen Patel Kim O’Connor McAllister St.Clair Okafor Begay Peña Muñoz Washington"),
}

// japanese names are written in kanji, family name first; after the comma stands the reading, for the e-mail address.
var japanese = people{
	female: words("陽子,yoko 美咲,misaki 結衣,yui 葵,aoi さくら,sakura 愛,ai 由美子,yumiko 恵子,keiko 真由美,mayumi 直美,naomi " +
		"智子,tomoko 香織,kaori 久美子,kumiko 彩,aya 千尋,chihiro 凛,rin 美穂,miho 麻衣,mai 裕子,yuko 綾香,ayaka"),
	male: words("健太,kenta 大輔,daisuke 翔,sho 誠,makoto 拓也,takuya 直樹,naoki 健一,kenichi 浩,hiroshi 和也,kazuya 蓮,ren " +
		"悠斗,yuto 隆,takashi 学,manabu 亮,ryo 剛,tsuyoshi 洋平,yohei 大和,yamato 修,osamu 純一,junichi 雄太,yuta"),
	surnames: words("山田,yamada 佐藤,sato 鈴木,suzuki 高橋,takahashi 田中,tanaka 伊藤,ito 渡辺,watanabe 山本,yamamoto " +
		"中村,nakamura 小林,kobayashi 加藤,kato 吉田,yoshida 山口,yamaguchi 松本,matsumoto 井上,inoue 木村,kimura 林,hayashi " +
		"斎藤,saito 清水,shimizu 山崎,yamazaki 阿部,abe 森,mori 池田,ikeda 橋本,hashimoto 石川,ishikawa 前田,maeda 藤田,fujita " +
		"小川,ogawa 岡田,okada 長谷川,hasegawa 髙島,takashima 齋藤,saito"),
}

// linking are the words that may stand before a Portuguese surname.
var linking = map[string]string{
	"Souza": "de", "Sousa": "de", "Silva": "da", "Santos": "dos", "Oliveira": "de", "Lima": "de", "Costa": "da", "Rocha": "da",
	"Almeida": "de", "Carvalho": "de", "Freitas": "de", "Moraes": "de", "Melo": "de", "Sá": "de", "Conceição": "da", "Cunha": "da",
	"Matos": "de", "Neves": "das", "Faria": "de", "Bragança": "de", "Vasconcelos": "de", "Queiroz": "de", "Camões": "de",
}

func words(s string) []string { return strings.Fields(s) }

// plain are the letters of the names above as they stand in e-mail addresses.
var plain = strings.NewReplacer(
	"á", "a", "à", "a", "â", "a", "ã", "a", "ä", "a", "ą", "a", "ç", "c", "ć", "c", "é", "e", "ê", "e", "ë", "e", "ę", "e",
	"í", "i", "î", "i", "ł", "l", "ń", "n", "ñ", "n", "ó", "o", "ô", "o", "õ", "o", "ö", "o", "ś", "s", "ú", "u", "ü", "u",
	"ź", "z", "ż", "z", "’", "", ".", "", " ", "",
)

// latinise is a name in lower-case ASCII letters.
func latinise(s string) string { return plain.Replace(strings.ToLower(s)) }

// named is a full name and its e-mail form.
type named struct{ full, mailbox string }

// name draws a person of a country.
func (p *people) name(d *dice) named {
	given, n, woman := p.male, d.n(len(p.surnames)), d.n(100) < 58
	family := p.surnames[n]
	if woman {
		given = p.female
		if p.women != nil {
			family = p.women[n]
		}
	}
	first := given[d.n(len(given))]
	switch p {
	case &japanese:
		kanji, read, _ := strings.Cut(first, ",")
		familyKanji, familyRead, _ := strings.Cut(family, ",")
		return named{full: familyKanji + kanji, mailbox: read + "." + familyRead}
	case &brazilian, &portuguese:
		full, mailbox := first, p.mailbox(first)+"."+p.mailbox(family)
		if woman && d.in(150) {
			full += pick(d, []string{" Clara", " Eduarda", " de Fátima", " Luísa", " do Carmo", " Aparecida"})
		}
		if d.in(400) {
			full += " " + p.surnames[d.n(len(p.surnames))]
		}
		if link := linking[family]; link != "" && d.in(550) {
			full += " " + link
		}
		return named{full: full + " " + family, mailbox: mailbox}
	case &polish:
		mailbox := p.mailbox(first) + "." + p.mailbox(family)
		if woman && d.in(60) { // double surnames are joined by a hyphen
			family += "-" + p.women[d.n(len(p.women))]
		}
		return named{full: first + " " + family, mailbox: mailbox}
	}
	if d.in(120) {
		return named{full: first + " " + string(rune('A'+d.n(26))) + ". " + family, mailbox: p.mailbox(first) + "." + p.mailbox(family)}
	}
	return named{full: first + " " + family, mailbox: p.mailbox(first) + "." + p.mailbox(family)}
}

// lines splits a table that is written with bars.
func lines(s string) []string {
	list := strings.Split(s, "|")
	for i := range list {
		list[i] = strings.TrimSpace(list[i])
	}
	return list
}
