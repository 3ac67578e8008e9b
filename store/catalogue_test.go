package store

import (
	"database/sql"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pressly/goose/v3"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
)

func goods(sku, title string, cost int64) checkout.Product {
	return checkout.Product{SKU: sku, Title: title, Cost: usd(cost), CostKnown: true}
}

func skus(products []checkout.Product) string {
	var all []string
	for _, p := range products {
		all = append(all, p.SKU)
	}
	return strings.Join(all, " ")
}

func put(t testing.TB, d *DB, supplier string, replace bool, products ...checkout.Product) Result {
	t.Helper()
	r, err := d.PutProducts(t.Context(), supplier, products, replace)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestProducts(t *testing.T) {
	d := fresh(t)
	variant := goods("LS-M", "Camisa de linho", 500)
	variant.Variant = "Średni"
	put(t, d, "Lumen EU", false, variant, goods("LS-L", "Linen shirt", 500), goods("SHIRT", "Poster", 300))
	put(t, d, "CJ", false, goods("LS-M", "Linen shirt M", 400))
	for query, want := range map[string]string{
		"": "LS-M LS-L LS-M SHIRT", "shirt": "SHIRT LS-L LS-M", "linho sredni": "LS-M", "lin": "LS-M LS-L LS-M", "ls-m": "LS-M LS-M",
		"LINHO cam": "LS-M", "shirts": "", "&": "", "lsm": "LS-M LS-M",
	} {
		got, err := d.Products(t.Context(), "", query, 10)
		if err != nil || skus(got) != want {
			t.Errorf("%q: %q, %v; want %q", query, skus(got), err, want)
		}
	}
	if got, err := d.Products(t.Context(), "CJ", "shirt", 10); err != nil || skus(got) != "LS-M" || got[0].Supplier != "CJ" {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := d.Products(t.Context(), "", "lin", 2); err != nil || len(got) != 2 {
		t.Errorf("%d, %v", len(got), err)
	}
	for _, c := range []struct {
		line order.Line
		want string
	}{
		{order.Line{SKU: "ls-l", Title: "Whatever"}, "LS-L"},
		{order.Line{SKU: "none", Title: "Linen Shirt", Variant: "M"}, "LS-M LS-L"},
		{order.Line{Title: "Camisa linho"}, "LS-M"},
		{order.Line{Title: "Coffee mug"}, ""},
		{order.Line{}, ""},
	} {
		got, err := d.SuggestProducts(t.Context(), "aurora", c.line, 5)
		if err != nil || skus(got) != c.want {
			t.Errorf("%+v: %q, %v; want %q", c.line, skus(got), err, c.want)
		}
	}
	healthy(t, d)
}

// TestPriceListMovesOrders lets a new price list change the cost of linked orders, and a product that is not in it any
// more take its orders back to Quoting.
func TestPriceListMovesOrders(t *testing.T) {
	d := fresh(t)
	apply(t, d, "aurora", simple("aurora", 1))
	put(t, d, "Lumen EU", true, goods("L1", "Linen shirt", 500), goods("L2", "Mug", 300))
	l := shirt(500)
	l.SupplierSKU = "L1"
	if n, err := d.PutLinks(t.Context(), "ana", []order.Link{l}); err != nil || n != 1 {
		t.Fatalf("%d, %v", n, err)
	}
	if r := put(t, d, "Lumen EU", true, goods("L1", "Linen shirt", 550), goods("L2", "Mug", 300)); r.Updated != 1 || r.Unchanged != 1 || len(r.Changed) != 1 {
		t.Errorf("%+v", r)
	}
	rec := record(t, d, "aurora", "x1")
	if rec.State.Cost != usd(550) || rec.State.Stage != order.StageUnpaid {
		t.Errorf("%+v", rec.State)
	}
	if r := put(t, d, "Lumen EU", true, goods("L2", "Mug", 300)); r.Gone != 1 || len(r.Changed) != 1 {
		t.Errorf("%+v", r)
	}
	if got := stages(t, d); got["quoting"] != 1 {
		t.Errorf("%v", got)
	}
	bad := goods("L3", "Lamp", -1)
	for _, list := range [][]checkout.Product{{bad}, {{Title: "no sku"}}, {goods("x", "y", 1<<50)}, {}} {
		if _, err := d.PutProducts(t.Context(), "Lumen EU", list, true); CodeOf(err) != Invalid {
			t.Errorf("%+v: %v", list, err)
		}
	}
	if got, err := d.Products(t.Context(), "Lumen EU", "", 10); err != nil || skus(got) != "L2" {
		t.Errorf("%q, %v", skus(got), err)
	}
	healthy(t, d)
}

// TestLinkMovesOrders links and unlinks a product that several orders have.
func TestLinkMovesOrders(t *testing.T) {
	d := fresh(t)
	other := simple("aurora", 3)
	other.Lines[0].SKU, other.Lines[0].Title = "MUG", "Mug"
	apply(t, d, "aurora", simple("aurora", 1), simple("aurora", 2), other)
	waiting, err := d.UnlinkedProducts(t.Context(), "aurora", 10)
	if err != nil || len(waiting) != 2 || waiting[0].Key != "sku:LS-M" || waiting[0].Orders != 2 || waiting[0].Title != "Linen shirt" || waiting[1].SKU != "MUG" {
		t.Errorf("%+v, %v", waiting, err)
	}
	a, b := shirt(500), shirt(400)
	a.Preferred, b.Supplier, b.Preferred = true, "CJ", true
	if n, err := d.PutLinks(t.Context(), "ana", []order.Link{a}); err != nil || n != 2 {
		t.Fatalf("%d, %v", n, err)
	}
	if got := stages(t, d); got["unpaid"] != 2 || got["quoting"] != 1 {
		t.Errorf("%v", got)
	}
	if _, err := d.PutLinks(t.Context(), "ana", []order.Link{b}); err != nil { // the preference moves
		t.Fatal(err)
	}
	rec := record(t, d, "aurora", "x1")
	if rec.State.Suppliers[0] != "CJ" || rec.Journal[0].Who != "ana" {
		t.Errorf("%+v", rec)
	}
	links, err := d.Links(t.Context(), "aurora", "", 10)
	if err != nil || len(links) != 2 || links[1].Preferred {
		t.Errorf("%+v, %v", links, err)
	}
	if links, err := d.Links(t.Context(), "", "lum ls", 10); err != nil || len(links) != 1 || links[0].Supplier != "Lumen EU" {
		t.Errorf("%+v, %v", links, err)
	}
	if _, err := d.RemoveLinks(t.Context(), "ana", "aurora", "sku:LS-M", "CJ"); err != nil {
		t.Fatal(err)
	}
	if rec := record(t, d, "aurora", "x1"); rec.State.Suppliers[0] != "Lumen EU" {
		t.Errorf("%+v", rec.State)
	}
	if n, err := d.RemoveLinks(t.Context(), "ana", "aurora", "sku:LS-M", ""); err != nil || n != 2 {
		t.Errorf("%d, %v", n, err)
	}
	if got := stages(t, d); got["quoting"] != 3 {
		t.Errorf("%v", got)
	}
	if _, err := d.RemoveLinks(t.Context(), "ana", "aurora", "sku:LS-M", ""); CodeOf(err) != NotFound {
		t.Errorf("%v", err)
	}
	bad := shirt(-5)
	if _, err := d.PutLinks(t.Context(), "ana", []order.Link{bad}); CodeOf(err) != Invalid {
		t.Errorf("%v", err)
	}
	healthy(t, d)
}

func TestQuoteRequests(t *testing.T) {
	d := fresh(t)
	ask := func(baskets ...string) {
		t.Helper()
		var reqs []QuoteRequest
		for _, b := range baskets {
			reqs = append(reqs, QuoteRequest{Supplier: "CJ", Basket: b})
		}
		if err := d.RequestQuotes(t.Context(), reqs); err != nil {
			t.Fatal(err)
		}
	}
	take := func(n int) string {
		t.Helper()
		reqs, err := d.TakeQuoteRequests(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range reqs {
			got = append(got, r.Basket)
		}
		return strings.Join(got, " ")
	}
	ask("a", "b", "c")
	ask("d", "e")
	ask("c", "d") // they are on the screen now
	if got := take(3); got != "c d a" {
		t.Errorf("%q", got)
	}
	if err := d.RequestAccount(t.Context(), "CJ"); err != nil {
		t.Fatal(err)
	}
	if got := take(10); got != "b e " {
		t.Errorf("%q", got)
	}
	if got := take(10); got != "" {
		t.Errorf("%q", got)
	}
	if a, err := d.Account(t.Context(), "CJ"); err != nil || a != nil {
		t.Errorf("%v, %v", a, err)
	}
	rows := []ShippingRow{{Countries: []string{"BR"}, Method: checkout.Method{Code: "std", Cost: usd(100)}}, {Method: checkout.Method{Code: "exp", Cost: usd(900)}}}
	for _, supplier := range []string{"CJ", "lumen"} {
		if err := d.SaveQuote(t.Context(), checkout.Quote{Supplier: supplier, Basket: "z"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.PutMethods(t.Context(), "CJ", rows); err != nil {
		t.Fatal(err)
	}
	var left string
	if err := d.one(t.Context(), `SELECT group_concat(supplier) FROM quotes`, nil, &left); err != nil || left != "lumen" {
		t.Errorf("quotes are left of %q, %v: those by the old shipping table should be gone", left, err)
	}
	if err := d.ForgetQuotes(t.Context(), "lumen"); err != nil {
		t.Fatal(err)
	}
	if err := d.one(t.Context(), `SELECT count(*) FROM quotes`, nil, &left); err != nil || left != "0" {
		t.Errorf("%s quotes are left, %v", left, err)
	}
	if got, err := d.Methods(t.Context(), "CJ"); err != nil || len(got) != 2 || got[1].Method.Code != "exp" {
		t.Errorf("%+v, %v", got, err)
	}
	if err := d.PutMethods(t.Context(), "CJ", []ShippingRow{{Method: checkout.Method{Code: "x", Cost: usd(-1)}}}); CodeOf(err) != Invalid {
		t.Errorf("%v", err)
	}
}

func TestAutoParts(t *testing.T) {
	d, s := fresh(t), buying()
	ids := stock(t, d, s, 5)
	var got []int64
	for range 3 {
		some, err := d.AutoParts(t.Context(), []string{"Lumen EU"}, 2)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, some...)
	}
	if fmt.Sprint(got) != fmt.Sprint(ids) {
		t.Errorf("%v, want %v", got, ids)
	}
	if again, err := d.AutoParts(t.Context(), []string{"Lumen EU"}, 2); err != nil || fmt.Sprint(again) != fmt.Sprint(ids[:2]) {
		t.Errorf("from the beginning: %v, %v", again, err)
	}
	if none, err := d.AutoParts(t.Context(), []string{"Lumen", "EU"}, 2); err != nil || len(none) != 0 {
		t.Errorf("%v, %v", none, err)
	}
	if err := d.PauseAuto(t.Context(), "Lumen EU", "declined"); err != nil {
		t.Fatal(err)
	}
	if why, err := d.AutoPaused(t.Context(), "Lumen EU"); err != nil || why != "declined" {
		t.Errorf("%q, %v", why, err)
	}
	ref := buy(t, d, s, partsOf(t, d, s, ids[:1]))[0]
	if err := d.RetryEffect(t.Context(), "ana", open1(t, d, ref, EffectPlace).ID); err != nil {
		t.Fatal(err)
	}
	if why, err := d.AutoPaused(t.Context(), "Lumen EU"); err != nil || why != "" {
		t.Errorf("%q, %v", why, err)
	}
}

// TestMigrateLinks brings links and placements of the first version forward.
func TestMigrateLinks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		t.Fatal(err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, sub, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	mustExec(t, db, fmt.Sprintf(`PRAGMA application_id = %d`, applicationID))
	for i := range 3 {
		mustExec(t, db, `INSERT INTO links (store, key, supplier, doc) VALUES ('aurora', ?, 'Lumen EU', ?)`, fmt.Sprintf("sku:LS-%d", i),
			fmt.Sprintf(`{"store":"aurora","product_key":"sku:LS-%d","supplier":"Lumen EU","supplier_sku":"LUM-%d","title":"Camisa nº %d"}`, i, i, i))
	}
	doc, err := packPlacement(&order.Placement{Reference: "p1", Store: "aurora", ExternalID: "x1", Supplier: "Lumen EU", Lines: []string{"1"}, State: order.PlacementPlaced})
	if err != nil {
		t.Fatal(err)
	}
	mustExec(t, db, `INSERT INTO placements (reference, store, external_id, supplier, state, doc) VALUES ('p1', 'aurora', 'x1', 'Lumen EU', 1, ?)`, doc)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	d := at(t, path, newClock(testTime))
	if links, err := d.Links(t.Context(), "", "camisa lum 2", 10); err != nil || len(links) != 1 || links[0].SupplierSKU != "LUM-2" {
		t.Errorf("%+v, %v", links, err)
	}
	apply(t, d, "aurora", simple("aurora", 1))
	if got := stages(t, d); got["placed"] != 1 {
		t.Errorf("%v", got)
	}
	if p, err := d.PlacementsOf(t.Context(), "p1"); err != nil || p.Own {
		t.Errorf("%+v, %v", p, err)
	}
	healthy(t, d)
}

// TestRebuildPurchases damages what follows from the rest, and has it made anew.
func TestRebuildPurchases(t *testing.T) {
	d, s := fresh(t), buying()
	ids := stock(t, d, s, 3)
	put(t, d, "Lumen EU", false, goods("L1", "Linen shirt", 500))
	refs := buy(t, d, s, partsOf(t, d, s, ids))
	made(t, d, refs[1])
	paid(t, d, refs[1])
	if err := d.BackToUnpaid(t.Context(), "ana", refs[2]); err != nil {
		t.Fatal(err)
	}
	if err := d.write(t.Context(), func(x *tx) error {
		for _, text := range []string{
			`DELETE FROM placement_lines`, `DELETE FROM spend`,
			`INSERT INTO catalogue_words (catalogue_words) VALUES ('delete-all')`, `INSERT INTO link_words (link_words) VALUES ('delete-all')`,
		} {
			if err := x.once(text); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	findings, err := d.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	wrong := map[string]bool{}
	for _, f := range findings {
		wrong[f.Check] = f.Severity != Fine
	}
	if !wrong["purchases"] || !wrong["spend"] || !wrong["catalogue"] {
		t.Errorf("%+v", findings)
	}
	if err := d.Rebuild(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	healthy(t, d)
	if got, err := d.Products(t.Context(), "", "linen", 5); err != nil || skus(got) != "L1" {
		t.Errorf("%q, %v", skus(got), err)
	}
	if m, err := d.Spent(t.Context(), "Lumen EU", testTime); err != nil || m != usd(1400) {
		t.Errorf("%v, %v", m, err)
	}
}
