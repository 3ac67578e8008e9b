package orderfile

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Layout is the way in which one program writes orders.
type Layout struct {
	Name  string // shopify, webtoffee, skyverge, advanced, dsers, mapped
	Title string // for people
	needs []string
	knows map[string]Field // by key of the column's name
	// plain says that prices are without tax, and that a line's total is without it.
	plain bool
	// apart: the first word of a line's title that a " - " follows is the product, the rest its variant.
	apart bool
}

// shopifyName has the field of each column of Shopify's export that an order keeps something of
// (https://help.shopify.com/en/manual/orders/exporting-orders).
var shopify = Layout{
	Name: "shopify", Title: "Shopify's order export", needs: []string{"Name", "Financial Status", "Lineitem name"}, apart: true,
	knows: keyed(map[string]Field{
		"Name": Number, "Id": ID, "Email": Email, "Phone": Phone, "Financial Status": PaymentStatus, "Paid at": PaidAt,
		"Fulfillment Status": DeliveryStatus, "Fulfilled at": FulfilledAt, "Created at": CreatedAt, "Cancelled at": CancelledAt,
		"Currency": Currency, "Subtotal": Subtotal, "Shipping": ShippingCost, "Taxes": Tax, "Total": Total,
		"Discount Code": DiscountCode, "Discount Amount": Discount, "Shipping Method": ShippingMethod,
		"Lineitem quantity": ItemQuantity, "Lineitem name": ItemTitle, "Lineitem price": ItemPrice, "Lineitem sku": ItemSKU,
		"Lineitem discount": ItemDiscount, "Lineitem fulfillment status": ItemDelivery, "Lineitem requires shipping": ItemShips,
		"Notes": CustomerNote, "Payment Method": PaymentMethod, "Payment Reference": PaymentRef, "Payment ID": PaymentID,
		"Refunded Amount": Refunded, "Outstanding Balance": Outstanding, "Tags": Tags, "Source": Source,

		"Accepts Marketing": ignored, "Lineitem compare at price": ignored, "Lineitem taxable": ignored, "Vendor": ignored,
		"Billing Street": ignored, "Shipping Street": ignored, "Note Attributes": ignored, "Employee": ignored, "Location": ignored,
		"Device ID": ignored, "Risk Level": ignored, "Receipt Number": ignored, "Duties": ignored, "Payment Terms Name": ignored,
		"Next Payment Due At": ignored, "Payment References": ignored, "Billing Province Name": ignored, "Shipping Province Name": ignored,
		"Tax 1 Name": ignored, "Tax 1 Value": ignored, "Tax 2 Name": ignored, "Tax 2 Value": ignored, "Tax 3 Name": ignored,
		"Tax 3 Value": ignored, "Tax 4 Name": ignored, "Tax 4 Value": ignored, "Tax 5 Name": ignored, "Tax 5 Value": ignored,
	}, map[string]string{
		"Name": partName, "Address1": partLine1, "Address2": partLine2, "Company": partCompany, "City": partCity, "Zip": partPostcode,
		"Province": partProvince, "Country": partCountry, "Phone": partPhone,
	}, "Billing %s", "Shipping %s"),
}

// wooAddress are the parts of an address as WooCommerce calls them.
var wooAddress = map[string]string{
	"first_name": partFirst, "last_name": partLast, "company": partCompany, "address_1": partLine1, "address_2": partLine2,
	"postcode": partPostcode, "city": partCity, "state": partProvince, "country": partCountry, "phone": partPhone,
}

var webtoffee = Layout{
	Name: "webtoffee", Title: "WooCommerce, by WebToffee's exporter", needs: []string{"order_number", "order_total", "line_item_1"}, plain: true,
	knows: keyed(map[string]Field{
		"order_id": ID, "order_number": Number, "order_date": CreatedAt, "paid_date": PaidAt, "status": Status,
		"shipping_total": ShippingCost, "tax_total": Tax, "discount_total": Discount, "order_total": Total, "order_subtotal": Subtotal,
		"order_currency": Currency, "payment_method_title": PaymentMethod, "transaction_id": PaymentRef, "shipping_method": ShippingMethod,
		"customer_id": CustomerID, "customer_email": Email, "billing_email": Email, "customer_note": CustomerNote,
	}, wooAddress, "billing_%s", "shipping_%s"),
}

var skyverge = Layout{
	Name: "skyverge", Title: "WooCommerce, by SkyVerge's exporter", needs: []string{"order_number", "order_total", "item_name"}, plain: true,
	knows: keyed(map[string]Field{
		"order_id": ID, "order_number": Number, "order_number_formatted": ignored, "order_date": CreatedAt, "date": CreatedAt, "status": Status,
		"shipping_total": ShippingCost, "tax_total": Tax, "discount_total": Discount, "order_total": Total, "order_currency": Currency,
		"currency": Currency, "refunded_total": Refunded, "payment_method": PaymentMethod, "shipping_method": ShippingMethod,
		"customer_id": CustomerID, "billing_email": Email, "customer_note": CustomerNote, "item_name": ItemTitle, "item_sku": ItemSKU,
		"item_quantity": ItemQuantity, "item_total": ItemTotal, "item_tax": ItemTax, "item_refunded_qty": ItemReturned,
		"item_product_id": ItemProduct, "item_price": ItemPrice, "coupons": DiscountCode,
	}, wooAddress, "billing_%s", "shipping_%s"),
}

var advanced = Layout{
	Name: "advanced", Title: "WooCommerce, by Advanced Order Export", needs: []string{"Order Number", "Order Status", "Item Cost"}, plain: true,
	knows: keyed(map[string]Field{
		"Order ID": ID, "Order Number": Number, "Order Status": Status, "Order Date": CreatedAt, "Paid Date": PaidAt, "Customer Note": CustomerNote,
		"Email (Billing)": Email, "SKU": ItemSKU, "Name": ItemTitle, "Item Name": ItemTitle, "Product Variation": ItemVariant, "Quantity": ItemQuantity,
		"Item Cost": ItemPrice, "Order Line (w/o tax)": ItemTotal, "Order Line Tax": ItemTax, "Image URL": ItemImage,
		"Coupons Used": DiscountCode, "Coupon Code": DiscountCode, "Cart Discount Amount": Discount, "Payment Method Title": PaymentMethod,
		"Shipping Method Title": ShippingMethod, "Order Shipping Amount": ShippingCost, "Order Subtotal Amount": Subtotal,
		"Order Total Tax Amount": Tax, "Order Total Amount": Total, "Order Refund Amount": Refunded, "Order Currency": Currency,
		"Transaction ID": PaymentRef,
	}, map[string]string{
		"First Name": partFirst, "Last Name": partLast, "Company": partCompany, "Address 1&2": partLine1, "Address 1": partLine1,
		"Address 2": partLine2, "City": partCity, "State Code": partProvince, "Postcode": partPostcode, "Country Code": partCountry, "Phone": partPhone,
	}, "%s (Billing)", "%s (Shipping)"),
}

// dsers is the layout of https://help.dsers.com/place-csv-orders. It has no prices and says nothing of payments.
var dsers = Layout{
	Name: "dsers", Title: "DSers' order list", needs: []string{"Order number", "Product count", "Country"},
	knows: keyed(map[string]Field{
		"Order number": Number, "Date": CreatedAt, "Country": shipping + partCountry, "Product id": ItemProduct, "SKU": ItemSKU,
		"Product count": ItemQuantity, "Order memo": CustomerNote, "Contact person": shipping + partName, "Mobile no": shipping + partPhone,
		"Email": Email, "Address": shipping + partLine1, "Address2": shipping + partLine2, "Province": shipping + partProvince,
		"City": shipping + partCity, "Zip": shipping + partPostcode, "CPF": TaxID, "RUT": TaxID,
		"Personal Clearance ID": ignored, "Passport/Alien card": ignored, "Passport/Alien registration Card Number": ignored,
	}, nil, "", ""),
}

var layouts = []*Layout{&shopify, &webtoffee, &skyverge, &advanced, &dsers}

// keyed adds the parts of both addresses and compares names as key does.
func keyed(fields map[string]Field, parts map[string]string, bill, ship string) map[string]Field {
	out := make(map[string]Field, len(fields)+2*len(parts))
	for name, f := range fields {
		out[key(name)] = f
	}
	for name, part := range parts {
		out[key(fmt.Sprintf(bill, name))] = Field(billing + part)
		out[key(fmt.Sprintf(ship, name))] = Field(shipping + part)
	}
	return out
}

// synonyms are what columns are called by people, in English, Portuguese and Polish; only for what Suggest proposes.
var synonyms = map[Field][]string{
	Number:                  {"order", "order number", "order no", "order name", "pedido", "numero do pedido", "nº do pedido", "encomenda", "zamówienie", "numer zamówienia", "nr zamówienia", "id do pedido"},
	CreatedAt:               {"date", "sale date", "order date", "created at", "data", "data da venda", "data do pedido", "data zamówienia"},
	Status:                  {"status", "order status", "estado", "situação"},
	PaymentStatus:           {"payment status", "status do pagamento", "estado do pagamento", "status płatności"},
	Email:                   {"email", "e-mail", "customer email", "e-mail do cliente"},
	CustomerName:            {"customer", "customer name", "client", "cliente", "nome do cliente", "klient", "buyer"},
	Phone:                   {"phone", "telephone", "telefone", "telefon"},
	Currency:                {"currency", "moeda", "waluta"},
	Total:                   {"total", "order total", "amount", "valor", "valor total", "kwota", "razem", "suma"},
	ShippingCost:            {"shipping", "freight", "frete", "portes", "dostawa", "koszt dostawy"},
	Discount:                {"discount", "desconto", "rabat"},
	Tax:                     {"tax", "taxes", "imposto", "iva", "vat"},
	ItemTitle:               {"product", "product name", "item", "item name", "produto", "nome do produto", "produkt", "nazwa produktu"},
	ItemSKU:                 {"sku", "product sku", "item sku", "código", "referência"},
	ItemVariant:             {"variant", "variante", "variação", "wariant"},
	ItemQuantity:            {"quantity", "qty", "quantidade", "qtd", "ilość"},
	ItemPrice:               {"price", "unit price", "preço", "preço unitário", "cena"},
	ItemImage:               {"image", "product image", "imagem"},
	CustomerNote:            {"note", "notes", "customer note", "observação", "observações", "uwagi"},
	PaymentMethod:           {"payment method", "forma de pagamento", "metoda płatności"},
	Tracking:                {"tracking", "tracking number", "rastreio", "código de rastreio", "numer przesyłki"},
	Carrier:                 {"carrier", "transportadora", "przewoźnik"},
	TaxID:                   {"cpf", "cnpj", "cpf/cnpj", "nif", "nip", "tax id"},
	shipping + partName:     {"recipient", "ship to", "destinatário", "odbiorca", "shipping name"},
	shipping + partLine1:    {"address", "street", "shipping address", "endereço", "morada", "adres", "ulica"},
	shipping + partCity:     {"city", "cidade", "miasto", "shipping city"},
	shipping + partProvince: {"state", "province", "estado de entrega", "uf", "województwo"},
	shipping + partPostcode: {"zip", "postal code", "postcode", "cep", "código postal", "kod pocztowy"},
	shipping + partCountry:  {"country", "país", "pais", "kraj"},
}

// columns is what a header comes to: the columns of each field, and the names of those that nobody knows.
type columns struct {
	layout  *Layout
	at      map[Field][]int
	unknown []string
	packed  []int // columns of one packed line each: line_item_1, line_item_2, …
}

// recognise finds out which program wrote a header. mapping wins over everything else.
func recognise(header []string, mapping Mapping) (columns, error) {
	c := columns{at: map[Field][]int{}}
	keys := make([]string, len(header))
	for i, name := range header {
		keys[i] = key(name)
	}
	for _, l := range layouts {
		if !slices.ContainsFunc(l.needs, func(n string) bool { return !slices.Contains(keys, key(n)) }) {
			c.layout = l
			break
		}
	}
	if c.layout == nil {
		c.layout = &Layout{Name: "mapped", Title: "a table with a mapping"}
	}
	given := map[int]Field{}
	for _, f := range slices.Sorted(maps.Keys(mapping)) {
		i := slices.Index(keys, key(mapping[f]))
		if i < 0 {
			return c, fmt.Errorf("the file has no column %q; it has %s", mapping[f], strings.Join(header, ", "))
		}
		if g, twice := given[i]; twice {
			return c, fmt.Errorf("the column %q is given to %s and to %s", header[i], g, f)
		}
		given[i] = f
	}
	for i, k := range keys {
		f, ok := given[i]
		if !ok {
			f, ok = c.layout.knows[k]
			_, mapped := mapping[f]
			ok = ok && !mapped
		}
		switch {
		case ok && f == ignored:
		case ok:
			c.at[f] = append(c.at[f], i)
		case c.layout == &webtoffee && strings.HasPrefix(k, "line item "):
			c.packed = append(c.packed, i)
		case header[i] != "":
			c.unknown = append(c.unknown, header[i])
		}
	}
	return c, nil
}

// Suggest proposes a mapping for a header that no layout knows, by what columns are called.
func Suggest(header []string) Mapping {
	m := Mapping{}
	taken := map[int]bool{}
	for _, f := range Fields {
		for _, name := range append([]string{strings.ReplaceAll(string(f), "_", " ")}, synonyms[f]...) {
			i := slices.IndexFunc(header, func(h string) bool { return key(h) == key(name) })
			if i >= 0 && !taken[i] {
				m[f], taken[i] = header[i], true
				break
			}
		}
	}
	return m
}
