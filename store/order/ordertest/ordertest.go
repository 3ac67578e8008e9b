// Package ordertest makes random orders, facts and filters for tests. Values come from small pools with some hostile
// ones among them, so that filters meet orders often and every axis is seen.
package ordertest

import (
	"strconv"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/orderdeck/orderdeck/store/order"
)

// Now is the instant around which everything is made.
var Now = time.Date(2026, 11, 21, 14, 30, 0, 0, time.UTC)

// The pools. Names of people and places are made up or common.
var (
	Names      = []string{"Maria Souza", "Paweł Żak", "山田健太", "O'Brien-Łęcki", "Jane DOE", "김민준", "José da Silva", ""}
	Cities     = []string{"Łódź", "São Paulo", "東京", "Porto", "New York", ""}
	Countries  = []string{"BR", "PT", "PL", "US", "JP", ""}
	Currencies = []string{"BRL", "EUR", "PLN", "USD", "JPY", "KWD", "CLF"}
	Titles     = []string{"Linen shirt", "Wool throw", "Candle 50% off_now", "Øre lamp", "T-shirt \"M\"", "Shirt linen"}
	SKUs       = []string{"LS-M", "ls-xl", "WT", "LUM_204", "100%", "A*B", ""}
	Tags       = []string{"VIP", "wholesale", "big box", "a,b", "ÇÃO"}
	Stores     = []string{"aurora", "nordic"}
	Suppliers  = []string{"Lumen EU", "CJ"}
	Phones     = []string{"+48 42 555 01 03", "(11) 98765-4321", "0103", "+1 555 0100", ""}
	Emails     = []string{"maria.souza@example.com", "Pawel@example.PL", "jane_doe+x@example.com", ""}
	Tracks     = []string{"1Z999AA10123456784", "LX123456789BR", "lx-9"}
	Notes      = []string{"gift wrap, please", "ring twice \"loud\"", "Presente: embrulhar", ""}
	Methods    = []string{"Pix", "Bank transfer", "Boleto Bancário", ""}
)

func pick(t *rapid.T, from []string, label string) string {
	return rapid.SampledFrom(from).Draw(t, label)
}

// Time draws an instant within some weeks of Now, on a few of which days begin.
func Time(t *rapid.T, label string) time.Time {
	if rapid.IntRange(0, 3).Draw(t, label+" midnight") == 0 {
		return Now.Truncate(24*time.Hour).AddDate(0, 0, rapid.IntRange(-40, 2).Draw(t, label))
	}
	return Now.Add(time.Duration(rapid.IntRange(-40*86400, 2*86400).Draw(t, label)) * time.Second)
}

// Money draws an amount, small more often than not.
func Money(t *rapid.T, currency, label string) order.Money {
	if rapid.IntRange(0, 30).Draw(t, label+" size") == 0 {
		return order.New(rapid.Int64().Draw(t, label), currency)
	}
	return order.New(rapid.Int64Range(-200, 50_000).Draw(t, label)/50*50, currency)
}

// Order draws one order, complete enough for every field of a filter; external ids of lines are "1", "2" and so on.
func Order(t *rapid.T) order.Order {
	currency := pick(t, Currencies, "currency")
	o := order.Order{
		Store: pick(t, Stores, "store"), ExternalID: strconv.Itoa(rapid.IntRange(1, 1_000_000).Draw(t, "id")),
		Number:    rapid.SampledFrom([]string{"1042", "1043", "AUR-1042", "T_7%"}).Draw(t, "number"),
		CreatedAt: Time(t, "created"), UpdatedAt: Time(t, "updated"), Currency: currency,
		CustomerPayment: rapid.SampledFrom(order.CustomerPayments).Draw(t, "payment"),
		Fulfilment:      rapid.SampledFrom(order.Fulfilments).Draw(t, "fulfilment"),
		Refund:          rapid.SampledFrom(append([]order.CaseState{""}, order.CaseStates...)).Draw(t, "refund"),
		Resend:          rapid.SampledFrom(append([]order.ResendState{""}, order.ResendStates...)).Draw(t, "resend"),
		Lifecycle:       rapid.SampledFrom(order.Lifecycles).Draw(t, "lifecycle"),
		RawStatus:       rapid.SampledFrom([]string{"PaymentSettled", "open"}).Draw(t, "raw"),
		UnknownStatus:   rapid.IntRange(0, 9).Draw(t, "unknown") == 0,
		Customer: order.Customer{
			Name: pick(t, Names, "name"), Email: pick(t, Emails, "email"), Phone: pick(t, Phones, "phone"),
			Company: pick(t, []string{"", "", "Żak & Syn"}, "company"),
		},
		CustomerNote: pick(t, Notes, "customer note"), Source: pick(t, []string{"web", "pos", ""}, "source"),
		PaymentMethod: pick(t, Methods, "method"), ShippingMethod: pick(t, []string{"Express", "Standard post", ""}, "shipping"),
		CashOnDelivery: rapid.IntRange(0, 9).Draw(t, "cod") == 0, Test: rapid.IntRange(0, 9).Draw(t, "test") == 0,
		Archived: rapid.IntRange(0, 5).Draw(t, "archived") == 0, TaxIncluded: rapid.Bool().Draw(t, "tax included"),
		Subtotal: Money(t, currency, "subtotal"), Total: Money(t, currency, "total"), Tax: Money(t, currency, "tax"),
		Paid: Money(t, currency, "paid"), Refunded: Money(t, currency, "refunded"),
		Tags: rapid.SliceOfNDistinct(rapid.SampledFrom(Tags), 0, 3, rapid.ID).Draw(t, "tags"),
	}
	if len(o.Tags) == 0 {
		o.Tags = nil
	}
	if rapid.IntRange(0, 4).Draw(t, "has address") > 0 {
		o.Shipping = order.Address{
			Name: pick(t, Names, "to"), Line1: pick(t, []string{"Rua Augusta 1508", ""}, "street"), City: pick(t, Cities, "city"),
			Country: pick(t, Countries, "country"), Phone: pick(t, Phones, "phone there"),
		}
	}
	if rapid.Bool().Draw(t, "has billing") {
		o.Billing = order.Address{Name: pick(t, Names, "payer"), City: pick(t, Cities, "billing city"), Country: pick(t, Countries, "billing country")}
	}
	for i := range rapid.IntRange(0, 4).Draw(t, "lines") {
		q := order.Quantity(rapid.IntRange(1, 6).Draw(t, "quantity") * 5_000)
		part := func(label string) order.Quantity {
			return q * order.Quantity(rapid.SampledFrom([]int{0, 0, 0, 1, 2}).Draw(t, label)) / 2
		}
		o.Lines = append(o.Lines, order.Line{
			ExternalID: strconv.Itoa(i + 1), SKU: pick(t, SKUs, "sku"), ProductID: pick(t, []string{"p1", "p2", ""}, "product"),
			Title: pick(t, Titles, "title"), Variant: pick(t, []string{"", "M / white", "Größe L"}, "variant"), Quantity: q,
			Cancelled: part("cancelled"), Refunded: part("refunded"), Fulfilled: part("fulfilled"),
			UnitPrice: Money(t, currency, "price"), Digital: rapid.IntRange(0, 9).Draw(t, "digital") == 0,
		})
	}
	for i := range rapid.SampledFrom([]int{0, 0, 0, 1, 2}).Draw(t, "shipments") {
		o.Fulfilments = append(o.Fulfilments, order.Shipment{
			ExternalID: strconv.Itoa(i), At: Time(t, "sent"), State: "Shipped", Live: rapid.Bool().Draw(t, "live"),
			Tracking: pick(t, append([]string{""}, Tracks...), "tracking"),
		})
	}
	for range rapid.SampledFrom([]int{0, 0, 1, 2}).Draw(t, "notes") {
		o.Notes = append(o.Notes, order.Note{
			At: Time(t, "noted"), Kind: pick(t, []string{"note", "customer_note", "ORDER_STATE_TRANSITION"}, "kind"), Text: pick(t, Notes, "note"),
		})
	}
	return o
}

// Facts draws what is known besides an order.
func Facts(t *rapid.T, o *order.Order) order.Facts {
	f := order.Facts{
		Now: Now, OwnStock: rapid.IntRange(0, 3).Draw(t, "own stock") == 0, AuthorizedIsPaid: rapid.Bool().Draw(t, "authorized"),
		Hold: rapid.SampledFrom(append([]order.HoldKind{"", "", ""}, order.HoldKinds...)).Draw(t, "hold"),
		Gone: rapid.IntRange(0, 9).Draw(t, "gone") == 0, Links: map[string]order.Link{},
	}
	if rapid.IntRange(0, 3).Draw(t, "hold ends") == 0 {
		f.HoldUntil = Time(t, "hold until")
	}
	for _, l := range o.Lines {
		if rapid.IntRange(0, 3).Draw(t, "linked") == 0 {
			continue
		}
		link := order.Link{
			Store: o.Store, ProductKey: l.ProductKey(), Supplier: pick(t, Suppliers, "supplier"), SupplierSKU: "LUM-204",
			Cost: Money(t, pick(t, []string{"USD", "USD", "EUR"}, "cost currency"), "cost"), CostKnown: rapid.IntRange(0, 4).Draw(t, "cost known") > 0,
		}
		if rapid.Bool().Draw(t, "promise") {
			link.ProcessingDays = [2]int{1, rapid.IntRange(1, 9).Draw(t, "days")}
		}
		switch rapid.IntRange(0, 2).Draw(t, "branded") {
		case 0:
			link.BrandedInvoice = new(false)
		case 1:
			link.BrandedInvoice = new(true)
		}
		f.Links[l.ProductKey()] = link
	}
	var free []string
	for _, l := range o.Lines {
		free = append(free, l.ExternalID)
	}
	for i := 0; len(free) > 0 && i < 2 && rapid.Bool().Draw(t, "placed"); i++ {
		n := rapid.IntRange(1, len(free)).Draw(t, "placed lines")
		p := order.Placement{
			Reference: "ref-" + strconv.Itoa(i), Store: o.Store, ExternalID: o.ExternalID, Supplier: pick(t, Suppliers, "placed at"), Lines: free[:n:n],
			State: rapid.SampledFrom(order.PlacementStates).Draw(t, "placement"), Total: Money(t, "USD", "placement total"), UpdatedAt: Time(t, "placement updated"),
			Claim: rapid.SampledFrom(append([]order.CaseState{""}, order.CaseStates...)).Draw(t, "claim"),
		}
		if p.State != order.PlacementPending {
			p.CheckedOut = Time(t, "checked out")
		} else if rapid.Bool().Draw(t, "refused") {
			p.Reason = "card declined"
		}
		if p.State == order.PlacementShipped || p.State == order.PlacementDelivered {
			p.ShippedAt = Time(t, "shipped")
			if rapid.Bool().Draw(t, "tracked") {
				p.Parcels = []order.Parcel{{Tracking: pick(t, Tracks, "parcel"), ShippedAt: p.ShippedAt}}
			}
		}
		if rapid.Bool().Draw(t, "deadline") {
			p.LateAt = Time(t, "late at")
		}
		free, f.Placements = free[n:], append(f.Placements, p)
	}
	return f
}

// Record draws an order with all that the desk knows about it.
func Record(t *rapid.T) *order.Record {
	o := Order(t)
	f := Facts(t, &o)
	return &order.Record{
		ID: 1, Order: o, State: order.Derive(&o, f), Placements: f.Placements, Gone: f.Gone,
		Unseen: rapid.Bool().Draw(t, "unseen"), FirstSeen: Now, LastSeen: Now,
	}
}

// Filter draws a filter text that parses, and that meets orders of Order now and then.
func Filter(t *rapid.T) string { return filter(t, 3) }

func filter(t *rapid.T, depth int) string {
	kind := rapid.IntRange(0, 9).Draw(t, "part")
	if depth == 0 {
		kind = min(kind, 5)
	}
	switch {
	case kind < 4:
		return Term(t)
	case kind < 6:
		return "-" + Term(t)
	case kind == 6:
		return "-(" + filter(t, depth-1) + ")"
	}
	parts := make([]string, rapid.IntRange(2, 3).Draw(t, "parts"))
	for i := range parts {
		parts[i] = filter(t, depth-1)
		if kind == 9 {
			parts[i] = "(" + parts[i] + ")"
		}
	}
	return strings.Join(parts, map[bool]string{true: " OR ", false: " "}[kind == 7])
}

// Term draws one term: a word, a phrase or a condition.
func Term(t *rapid.T) string {
	one := func(from ...string) string { return rapid.SampledFrom(from).Draw(t, "value") }
	many := func(from []string) string {
		return strings.Join(rapid.SliceOfNDistinct(rapid.SampledFrom(from), 1, 2, rapid.ID).Draw(t, "values"), ",")
	}
	quoted := func(from []string) string {
		s := rapid.SampledFrom(from).Draw(t, "quoted")
		if s == "" {
			return "*"
		}
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
	}
	switch rapid.IntRange(0, 26).Draw(t, "term") {
	case 0, 1, 2, 3:
		return one("linen", "shi", "lodz", "健太", "太", "555", "5550103", "1042", "ls-m", "obrien", "zak", "example", "1z999", "wrap", "x9", "김민", "grosse", "t-shirt")
	case 4:
		return one(`"linen shirt"`, `"shirt linen"`, `"gift wrap"`, `"maria sou"`, `"555 01 03"`, `"m white"`)
	case 5:
		return "555 01 03"
	case 6, 7:
		return "stage:" + many(names(order.Stages))
	case 8:
		return "customer_payment:" + many(names(order.CustomerPayments))
	case 9:
		return "fulfilment:" + many(names(order.Fulfilments))
	case 10:
		return one("refund:", "claim:") + one("*", "none", many(names(order.CaseStates)))
	case 11:
		return one("resend:*", "resend:none,shipped", "hold:*", "hold:none", "hold:fraud,manual", "lifecycle:archived", "lifecycle:open,cancelled")
	case 12:
		return "is:" + one("new", "exception", "late", "archived", "test", "gone", "partly")
	case 13:
		return "exception:" + one("*", many(names(order.ExceptionCodes)))
	case 14:
		return "store:" + one("aurora", "nor*", "AURORA,x", "*")
	case 15:
		return one("country:", "country:BR,") + one("PL", "JP", "us")
	case 16:
		return one("city:lodz", "city:sao", `city:"new york"`, "city:東京", "city:*", "currency:BRL,USD", "currency:jpy")
	case 17:
		return "customer:" + one("maria", "paw", `"jane doe"`, "健太", "*", "syn", "obrien", quoted(Names))
	case 18:
		return "email:" + one("*", "*@example.com", "pawel@example.pl", "maria*", "*example*", "jane_doe*", "*_*")
	case 19:
		return "phone:" + one("5550103", "48", "0103", "*", "987654321")
	case 20:
		return "product:" + one("linen", `"linen shirt"`, "lamp", "off", quoted(Titles))
	case 21:
		return one("sku:ls-m", "sku:LS*", "sku:*", `sku:"100%"`, `sku:"A*B"`, "sku:*_*", "sku:WT,100*", "number:1042", "number:#10*", "number:*42", `number:"t_7%"`)
	case 22:
		return one("tracking:*", "tracking:1z*", "tracking:lx-9", "note:wrap", `note:"gift wrap"`, "note:*", "tag:vip", `tag:"big box"`, `tag:"a,b"`, "tag:*", "tag:w*,cao")
	case 23:
		return one("supplier:lumen", "supplier:cj", "supplier:*", "source:web", "source:*", "payment:bank", "payment:*", "payment:bancario", "shipping:express", "external_id:1*")
	case 24:
		op := one("", ">", ">=", "<", "<=")
		return one("total:", "cost:") + op + one("0", "100", "12.50", "1", "289.9") + one("", "", "BRL", "USD", "JPY")
	case 25:
		return one("total:10..200", "total:-1..5USD", "total:..100", "cost:*", "total:*", "items:1", "items:>2", "items:1.5", "items:0..3", "items:*", "cost:>=0.5")
	}
	return one("created:", "updated:") + one("2026-11-21", "2026-11", "today", "yesterday", "-7d", "<-2w", "2026-11-01..2026-11-20", ">=2026-11-10", "-3h", "2026-11-21T14:30", "*", "last-month", "..2026-11-15")
}

func names[T ~string](values []T) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}
