package store

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
)

// benchOrders is how many orders the benchmarks' database has, unless ORDERDECK_BENCH_ORDERS says otherwise. The
// database is made once and kept in ORDERDECK_BENCH_DIR.
const benchOrders = 1_000_000

// benchShops are the shops of the benchmarks' database.
var benchShops = []string{"aurora", "nordic", "lodz", "porto"}

var (
	benchFirst   = []string{"Maria", "João", "Ana", "Paweł", "Łucja", "José", "Jane", "John", "Zoë", "Björn", "健太", "Kenji", "Olga", "Inês", "Peter", "Małgorzata"}
	benchLast    = []string{"Souza", "Żak", "Kowalska", "Silva", "Santos", "Doe", "Smith", "Müller", "Ångström", "山田", "Novak", "Pereira", "Łęcki", "Costa", "Brown", "Wiśniewski", "Oliveira", "Schmidt"}
	benchCity    = []string{"São Paulo", "Łódź", "Porto", "Lisboa", "New York", "東京", "Kraków", "Rio de Janeiro"}
	benchCountry = []string{"BR", "PL", "PT", "US", "JP"}
	benchMoney   = []string{"BRL", "PLN", "EUR", "USD"}
	benchHosts   = []string{"gmail.com", "outlook.com", "example.com", "wp.pl"}
	benchGoods   = []string{"Linen shirt", "Wool throw", "Candle", "Vintage lamp", "Ceramic mug", "Oak table", "Silk scarf", "Cotton towel", "Leather bag", "Glass vase"}
)

const benchProducts = 400

// benchLinks are the products' suppliers; every twentieth product has none.
func benchLinks(shop string) []order.Link {
	var links []order.Link
	for p := range benchProducts {
		if p%20 != 0 {
			links = append(links, order.Link{
				Store: shop, ProductKey: "sku:" + benchSKU(p), Supplier: []string{"Lumen EU", "CJ"}[p%2], SupplierSKU: "L-" + strconv.Itoa(p),
				Cost: order.New(int64(300+p*7), "USD"), CostKnown: true,
			})
		}
	}
	return links
}

func benchSKU(p int) string { return fmt.Sprintf("LS-%04d-%s", p, []string{"S", "M", "L"}[p%3]) }

// benchEnd is when the newest order was placed.
var benchEnd = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// benchOrder is order i of n, a function of i alone: 80 % are shipped, and what is on its way is among the newest.
func benchOrder(i, n int) (order.Order, *order.Placement) {
	r := rand.New(rand.NewPCG(42, uint64(i)))
	shop := benchShops[[]int{0, 0, 0, 0, 0, 0, 1, 1, 2, 3}[r.IntN(10)]]
	age := time.Duration(n-i) * (430 * 24 * time.Hour / time.Duration(n))
	created := benchEnd.Add(-age - time.Duration(r.IntN(60_000))*time.Millisecond)
	currency := benchMoney[r.IntN(4)]
	name := benchFirst[r.IntN(len(benchFirst))] + " " + benchLast[r.IntN(len(benchLast))] + " " + string(rune('A'+r.IntN(26))) + "."
	phone := fmt.Sprintf("+%s %d %03d %04d", []string{"55 11", "48 42", "351 91", "1 212"}[r.IntN(4)], 2+r.IntN(8), r.IntN(1000), r.IntN(10000))
	city := benchCity[r.IntN(len(benchCity))]
	o := order.Order{
		Store: shop, ExternalID: strconv.Itoa(i), Number: strconv.Itoa(100_000 + i), CreatedAt: created,
		UpdatedAt: created.Add(time.Duration(r.Int64N(int64(age/2 + time.Hour)))), Currency: currency,
		CustomerPayment: order.PaymentPaid, Fulfilment: order.Unfulfilled, Refund: order.CaseNone, Resend: order.ResendNone,
		Lifecycle: order.LifecycleOpen, RawStatus: "PaymentSettled",
		Customer: order.Customer{Name: name, Email: fmt.Sprintf("c%d.%s@%s", r.IntN(400_000), benchGoods[i%10][:4], benchHosts[r.IntN(4)]), Phone: phone},
		Shipping: order.Address{Name: name, Line1: "Rua Augusta " + strconv.Itoa(r.IntN(3000)), City: city, PostalCode: strconv.Itoa(10000 + r.IntN(80000)), Country: benchCountry[r.IntN(5)], Phone: phone},
		Source:   "web", PaymentMethod: []string{"Pix", "Card", "BLIK"}[r.IntN(3)], ShippingMethod: "Standard",
	}
	if r.IntN(8) == 0 {
		o.CustomerNote = "please gift wrap number " + strconv.Itoa(r.IntN(1000))
	}
	if r.IntN(6) == 0 {
		o.Tags = []string{[]string{"vip", "wholesale", "gift"}[r.IntN(3)]}
	}
	for l := range 1 + r.IntN(2) + r.IntN(3)*r.IntN(2) {
		p := r.IntN(benchProducts)
		q := order.Units(int64(1 + r.IntN(3)))
		price := order.New(int64(1000+p*25), currency)
		total, _ := price.Times(q)
		o.Lines = append(o.Lines, order.Line{
			ExternalID: strconv.Itoa(l + 1), SKU: benchSKU(p), Title: benchGoods[p%10], Variant: []string{"S", "M", "L"}[p%3], Quantity: q,
			UnitPrice: price, Total: total, ImageURL: "https://example.com/p/" + strconv.Itoa(p) + ".jpg",
		})
		o.Total, _ = o.Total.Add(total)
	}
	o.Subtotal, o.Paid = o.Total, o.Total
	return o, benchFate(r, &o, i, n)
}

// benchFate decides how far an order is.
func benchFate(r *rand.Rand, o *order.Order, i, n int) *order.Placement {
	p := order.Placement{
		Reference: "P-" + o.ExternalID, Store: o.Store, ExternalID: o.ExternalID, Supplier: "Lumen EU", Total: order.New(2000, "USD"),
		CheckedOut: o.CreatedAt.Add(time.Hour), UpdatedAt: o.CreatedAt.Add(2 * time.Hour),
	}
	for _, l := range o.Lines {
		p.Lines = append(p.Lines, l.ExternalID)
	}
	recent := i > n-n/5
	switch k := r.IntN(1000); {
	case k < 40:
		o.Lifecycle, o.CustomerPayment = order.LifecycleCancelled, order.PaymentVoided
	case !recent:
		o.Fulfilment = order.Fulfilled
		o.Fulfilments = []order.Shipment{{ExternalID: "f", Live: true, Shipped: true, State: "Shipped", Carrier: "Post", Tracking: fmt.Sprintf("LX%09dBR", i)}}
		if k < 70 {
			o.Refund, o.CustomerPayment = order.CasePaid, order.PaymentPartiallyRefunded
		} else if k < 75 {
			o.Resend = order.ResendShipped
		}
	case k < 70: // 0.6 % of all
		o.CustomerPayment, o.Paid = order.PaymentPending, order.New(0, o.Currency)
	case k < 500: // quoting or unpaid, by what was bought
	case k < 525:
		p.State, p.Reason = order.PlacementPending, "card declined"
		return &p
	case k < 700:
		p.State, p.LateAt = order.PlacementPlaced, o.CreatedAt.Add(10*24*time.Hour)
		return &p
	default:
		p.State = order.PlacementProcessing
		return &p
	}
	return nil
}

// fill writes n bench orders in pages, beginning with order from.
func fill(tb testing.TB, d *DB, from, to, n, page int) {
	tb.Helper()
	for at := from; at < to; {
		pages := map[string]*Page{}
		supplied := SupplierPage{Supplier: "Lumen EU", Stream: "placements"}
		for ; at < to && page > 0; at++ {
			o, p := benchOrder(at, n)
			if pages[o.Store] == nil {
				pages[o.Store] = &Page{Shop: o.Store, Stream: "orders", Cursor: []byte(o.ExternalID)}
			}
			pg := pages[o.Store]
			pg.Orders = append(pg.Orders, Pulled{Order: o})
			if p != nil {
				supplied.Placements = append(supplied.Placements, *p)
			}
			if len(pg.Orders) >= page {
				at++
				break
			}
		}
		if _, err := d.ApplySupplier(tb.Context(), supplied); err != nil {
			tb.Fatal(err)
		}
		for _, shop := range benchShops {
			if pages[shop] != nil {
				if _, err := d.Apply(tb.Context(), *pages[shop]); err != nil {
					tb.Fatal(err)
				}
			}
		}
	}
}

// prepareShops adds the benchmarks' shops and links.
func prepareShops(tb testing.TB, d *DB) {
	tb.Helper()
	for _, name := range benchShops {
		if err := d.PutShop(tb.Context(), Shop{Name: name, Platform: "test", Zone: "UTC"}); err != nil {
			tb.Fatal(err)
		}
		if _, err := d.ApplySupplier(tb.Context(), SupplierPage{Supplier: "Lumen EU", Stream: "links", Links: benchLinks(name)}); err != nil {
			tb.Fatal(err)
		}
	}
}

// benchDB opens the benchmarks' database, making it first if it is not there.
func benchDB(b *testing.B) *DB {
	b.Helper()
	dir, n := os.Getenv("ORDERDECK_BENCH_DIR"), benchOrders
	if dir == "" {
		b.Skip("ORDERDECK_BENCH_DIR names no folder for the benchmarks' database")
	}
	if s := os.Getenv("ORDERDECK_BENCH_ORDERS"); s != "" {
		n, _ = strconv.Atoi(s)
	}
	path := filepath.Join(dir, fmt.Sprintf("store-%d-v%d.db", n, schemaVersion()))
	_, err := os.Stat(path)
	if err != nil {
		part := path + ".part"
		for _, suffix := range []string{"", "-wal", "-shm"} {
			_ = os.Remove(part + suffix)
		}
		d, err := Open(b.Context(), Options{Path: part})
		if err != nil {
			b.Fatal(err)
		}
		prepareShops(b, d)
		begun := time.Now()
		var imported time.Duration
		if err := d.BulkImport(b.Context(), func() error {
			fill(b, d, 0, n, n, 1000)
			imported = time.Since(begun)
			return nil
		}); err != nil {
			b.Fatal(err)
		}
		b.Logf("imported %d orders in %v, indexed in %v", n, imported, time.Since(begun)-imported)
		if err := d.mergeWords(b.Context(), 100_000); err != nil {
			b.Fatal(err)
		}
		b.Logf("merged after %v", time.Since(begun))
		if err := d.Close(); err != nil {
			b.Fatal(err)
		}
		if err := os.Rename(part, path); err != nil {
			b.Fatal(err)
		}
	}
	d, err := Open(b.Context(), Options{Path: path, Clock: func() time.Time { return benchEnd }})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := d.Close(); err != nil {
			b.Error(err)
		}
	})
	return d
}
