package document

// words are the headings of documents in one language.
type words struct {
	Invoice, NoTax                                         string
	Order, Date, Page                                      string // Page has the page and their number in it
	From, BillTo, ShipTo, To                               string
	Item, Quantity, Price, Total, Amount                   string
	Subtotal, Discount, Shipping, Tax, TaxIncluded, Paid   string
	Refunded, PaidBy, Cancelled, Codes                     string
	Receipt, PaidTo, Payer, Reference, SupplierNo, PaidOn  string
	ReceiptNo, Method, State, Goods, Fees, Rate, Converted string
	PurchaseOrder, Supplier, ShipBy, Pay, Note             string
	CustomerNote, Packaging, Card, Phone, Email            string
}

var english = words{
	Invoice: "Invoice", NoTax: "This is not a tax invoice.",
	Order: "Order", Date: "Date", Page: "Page %d of %d",
	From: "From", BillTo: "Billed to", ShipTo: "Ships to", To: "To",
	Item: "Item", Quantity: "Quantity", Price: "Price", Total: "Total", Amount: "Amount",
	Subtotal: "Subtotal", Discount: "Discount", Shipping: "Shipping", Tax: "Tax", TaxIncluded: "Tax (included)", Paid: "Paid",
	Refunded: "Refunded", PaidBy: "Paid by", Cancelled: "cancelled", Codes: "Codes",
	Receipt: "Receipt of a payment to a supplier", PaidTo: "Paid to", Payer: "Paid by", Reference: "Our reference",
	SupplierNo: "Supplier's order number", PaidOn: "Paid on",
	ReceiptNo: "Supplier's receipt", Method: "Payment method", State: "State", Goods: "Goods", Fees: "Fees",
	Rate: "Exchange rate", Converted: "Converted",
	PurchaseOrder: "Purchase order", Supplier: "Supplier", ShipBy: "Shipping method", Pay: "Payment", Note: "Instructions",
	CustomerNote: "Customer's note", Packaging: "Packaging", Card: "Text of the card", Phone: "Phone", Email: "E-mail",
}

var brazilian = words{
	Invoice: "Fatura", NoTax: "Documento sem valor fiscal.",
	Order: "Pedido", Date: "Data", Page: "Página %d de %d",
	From: "De", BillTo: "Cobrança", ShipTo: "Entrega", To: "Para",
	Item: "Produto", Quantity: "Quantidade", Price: "Preço", Total: "Total", Amount: "Valor",
	Subtotal: "Subtotal", Discount: "Desconto", Shipping: "Frete", Tax: "Impostos", TaxIncluded: "Impostos (inclusos)", Paid: "Pago",
	Refunded: "Reembolsado", PaidBy: "Forma de pagamento", Cancelled: "cancelado", Codes: "Códigos",
	Receipt: "Recibo de pagamento a fornecedor", PaidTo: "Pago a", Payer: "Pago por", Reference: "Nossa referência",
	SupplierNo: "Número do pedido no fornecedor", PaidOn: "Pago em",
	ReceiptNo: "Recibo do fornecedor", Method: "Forma de pagamento", State: "Situação", Goods: "Mercadorias", Fees: "Taxas",
	Rate: "Câmbio", Converted: "Convertido",
	PurchaseOrder: "Pedido de compra", Supplier: "Fornecedor", ShipBy: "Forma de envio", Pay: "Pagamento", Note: "Instruções",
	CustomerNote: "Observação do cliente", Packaging: "Embalagem", Card: "Texto do cartão", Phone: "Telefone", Email: "E-mail",
}

// In Portugal only certified programs may issue a paper called fatura, and others have to say so.
var portuguese = words{
	Invoice: "Resumo da encomenda", NoTax: "Este documento não serve de fatura.",
	Order: "Encomenda", Date: "Data", Page: "Página %d de %d",
	From: "De", BillTo: "Faturação", ShipTo: "Entrega", To: "Para",
	Item: "Artigo", Quantity: "Quantidade", Price: "Preço", Total: "Total", Amount: "Valor",
	Subtotal: "Subtotal", Discount: "Desconto", Shipping: "Portes", Tax: "IVA", TaxIncluded: "IVA (incluído)", Paid: "Pago",
	Refunded: "Reembolsado", PaidBy: "Meio de pagamento", Cancelled: "cancelado", Codes: "Códigos",
	Receipt: "Recibo de pagamento a fornecedor", PaidTo: "Pago a", Payer: "Pago por", Reference: "A nossa referência",
	SupplierNo: "Número da encomenda no fornecedor", PaidOn: "Pago em",
	ReceiptNo: "Recibo do fornecedor", Method: "Meio de pagamento", State: "Estado", Goods: "Mercadoria", Fees: "Taxas",
	Rate: "Câmbio", Converted: "Convertido",
	PurchaseOrder: "Nota de encomenda", Supplier: "Fornecedor", ShipBy: "Método de envio", Pay: "Pagamento", Note: "Instruções",
	CustomerNote: "Nota do cliente", Packaging: "Embalagem", Card: "Texto do cartão", Phone: "Telefone", Email: "E-mail",
}

// A faktura is a tax document in Poland; this is none.
var polish = words{
	Invoice: "Podsumowanie zamówienia", NoTax: "Dokument nie jest fakturą VAT.",
	Order: "Zamówienie", Date: "Data", Page: "Strona %d z %d",
	From: "Sprzedawca", BillTo: "Nabywca", ShipTo: "Dostawa", To: "Odbiorca",
	Item: "Produkt", Quantity: "Ilość", Price: "Cena", Total: "Razem", Amount: "Kwota",
	Subtotal: "Suma częściowa", Discount: "Rabat", Shipping: "Dostawa", Tax: "Podatek", TaxIncluded: "Podatek (w cenie)", Paid: "Zapłacono",
	Refunded: "Zwrócono", PaidBy: "Sposób płatności", Cancelled: "anulowano", Codes: "Kody",
	Receipt: "Potwierdzenie zapłaty dostawcy", PaidTo: "Zapłacono na rzecz", Payer: "Płatnik", Reference: "Nasz numer",
	SupplierNo: "Numer zamówienia u dostawcy", PaidOn: "Data zapłaty",
	ReceiptNo: "Pokwitowanie dostawcy", Method: "Sposób płatności", State: "Stan", Goods: "Towar", Fees: "Opłaty",
	Rate: "Kurs", Converted: "Po przeliczeniu",
	PurchaseOrder: "Zamówienie do dostawcy", Supplier: "Dostawca", ShipBy: "Sposób wysyłki", Pay: "Płatność", Note: "Instrukcje",
	CustomerNote: "Uwaga klienta", Packaging: "Opakowanie", Card: "Tekst kartki", Phone: "Telefon", Email: "E-mail",
}

// wordsOf are the headings of a language; those of one that there is not are English.
func wordsOf(language string) words {
	switch language {
	case "pt-BR":
		return brazilian
	case "pt-PT":
		return portuguese
	case "pl":
		return polish
	}
	return english
}
