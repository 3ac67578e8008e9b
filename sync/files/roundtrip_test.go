package files

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/export"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/orderfile"
	"github.com/orderdeck/orderdeck/sync/demo"
)

var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// read reads a whole file, of which every order must be good.
func read(t *testing.T, data string) (*orderfile.Import, []order.Order) {
	t.Helper()
	im, err := orderfile.Open(strings.NewReader(data), orderfile.Options{Store: "shop"})
	if err != nil {
		t.Fatal(err)
	}
	var orders []order.Order
	for {
		o, err := im.Next()
		if errors.Is(err, io.EOF) {
			return im, orders
		}
		if err != nil {
			t.Fatal(err)
		}
		orders = append(orders, o)
	}
}

func database(t *testing.T) *store.DB {
	t.Helper()
	d, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "desk.db"), Clock: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if err := d.PutShop(t.Context(), store.Shop{Name: "shop", Platform: "files"}); err != nil {
		t.Fatal(err)
	}
	return d
}

func apply(t *testing.T, d *store.DB, orders []order.Order) store.Result {
	t.Helper()
	page := store.Page{Shop: "shop", Stream: "files"}
	for _, o := range orders {
		page.Orders = append(page.Orders, store.Pulled{Order: o})
	}
	r, err := d.Apply(t.Context(), page)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func shopifyExport(t *testing.T, d *store.DB) string {
	t.Helper()
	format, err := export.For(export.Machine)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := export.Write(context.Background(), d, &b, export.Request{
		Query: store.Query{Sort: order.Sort{Key: order.SortDate, Asc: true}}, Profile: export.Shopify, Format: format, Zone: time.UTC,
	}, nil); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestShopifyRoundTrip exports orders of the demo as Shopify does, reads them, exports what was read, and compares every
// column of which an order keeps something.
func TestShopifyRoundTrip(t *testing.T) {
	world := demo.New(demo.Options{Orders: 400, Seed: 1, Start: now})
	first := database(t)
	for _, src := range world.Sources() {
		var cursor []byte
		for more := true; more; {
			b, err := src.Platform.Pull(t.Context(), src.Platform.Streams()[0], cursor, nil)
			if err != nil {
				t.Fatal(err)
			}
			page := make([]order.Order, len(b.Orders))
			for i, p := range b.Orders {
				page[i] = p.Order
				page[i].ExternalID = src.Shop.Name + page[i].ExternalID
			}
			apply(t, first, page)
			cursor, more = b.Cursor, b.More
		}
	}
	written := shopifyExport(t, first)
	im, orders := read(t, written)
	if im.Plan().Layout != "shopify" || len(im.Plan().Unknown) > 0 {
		t.Fatalf("%v", im.Plan())
	}
	second := database(t)
	if r := apply(t, second, orders); r.New != len(orders) || len(orders) < 390 {
		t.Fatalf("%d orders, %+v", len(orders), r)
	}
	compare(t, written, shopifyExport(t, second))

	// Reading the same file again changes nothing.
	_, again := read(t, written)
	if r := apply(t, second, again); r.Unchanged != len(orders) {
		t.Errorf("reading it again: %+v", r)
	}
}

// forgotten are columns that say what an order does not keep, or that are not told from a file: who supplies it, what
// tax a line bears, whether a fraud hold lies on it.
var forgotten = []string{"Vendor", "Lineitem taxable", "Risk Level", "Payment References", "Lineitem fulfillment status"}

func compare(t *testing.T, want, got string) {
	t.Helper()
	a, errA := csv.NewReader(strings.NewReader(want)).ReadAll()
	b, errB := csv.NewReader(strings.NewReader(got)).ReadAll()
	if errA != nil || errB != nil || len(a) != len(b) {
		t.Fatalf("%v %v: %d rows and %d", errA, errB, len(a), len(b))
	}
	byNumber := func(x, y []string) int { return strings.Compare(x[0], y[0]) }
	slices.SortStableFunc(a[1:], byNumber)
	slices.SortStableFunc(b[1:], byNumber)
	wrong := 0
	for i := range a {
		for j, name := range a[0] {
			if a[i][j] != b[i][j] && !slices.Contains(forgotten, name) {
				if wrong++; wrong < 20 {
					t.Errorf("%s, %s: %q came back as %q", a[i][0], name, a[i][j], b[i][j])
				}
			}
		}
	}
	if wrong > 0 {
		t.Errorf("%d cells differ", wrong)
	}
}
