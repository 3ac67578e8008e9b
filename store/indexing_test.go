package store

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/filter"
)

func search(t testing.TB, d *DB, text string) []string {
	t.Helper()
	e, err := filter.Parse(text, filter.Options{Now: testTime})
	if err != nil {
		t.Fatal(err)
	}
	w, err := d.Window(t.Context(), Query{Filter: e}, Key{}, false, 100)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, r := range w.Rows {
		ids = append(ids, r.ExternalID)
	}
	return ids
}

func indexNames(t testing.TB, d *DB) []string {
	t.Helper()
	var names []string
	if err := d.query(t.Context(), `SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name`, nil,
		func(scan func(...any) error) error {
			var s string
			err := scan(&s)
			names = append(names, s)
			return err
		}); err != nil {
		t.Fatal(err)
	}
	return names
}

func TestBulkImport(t *testing.T) {
	d := fresh(t)
	all := indexNames(t, d)
	apply(t, d, "nordic", simple("nordic", 500))
	supply(t, d, SupplierPage{Links: []order.Link{shirt(500)}})
	if err := d.BulkImport(t.Context(), func() error {
		if now := indexNames(t, d); len(now) != len(all)-len(laterIndexes) {
			t.Errorf("indexes while importing: %v", now)
		}
		var orders []order.Order
		for n := range 60 {
			orders = append(orders, simple("aurora", n+1))
		}
		apply(t, d, "aurora", orders...)
		changed := simple("nordic", 500)
		changed.Customer.Name = "Known Before"
		apply(t, d, "nordic", changed)
		supply(t, d, SupplierPage{Links: []order.Link{shirt(600)}})
		if done, total := d.Indexing(); done != 0 || total == 0 {
			t.Errorf("indexing %d of %d", done, total)
		}
		if got := search(t, d, "souza 17"); !slices.Equal(got, []string{"x17"}) {
			t.Errorf("search while importing: %v", got)
		}
		if got := search(t, d, "before"); !slices.Equal(got, []string{"x500"}) {
			t.Errorf("search for a changed order while importing: %v", got)
		}
		for _, key := range order.SortKeys {
			if w, err := d.Window(t.Context(), Query{Sort: order.Sort{Key: key}}, Key{}, false, 10); err != nil || len(w.Rows) != 10 {
				t.Errorf("sorted by %s while importing: %d rows, %v", key, len(w.Rows), err)
			}
		}
		if refs, err := d.Find(t.Context(), "17"); err != nil || len(refs) != 1 {
			t.Errorf("find while importing: %v, %v", refs, err)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if done, total := d.Indexing(); done != 0 || total != 0 {
		t.Errorf("afterwards: indexing %d of %d", done, total)
	}
	if now := indexNames(t, d); !slices.Equal(now, all) {
		t.Errorf("indexes %v, want %v", now, all)
	}
	if got := search(t, d, "linen x17@example maria17"); len(got) != 0 {
		t.Errorf("%v", got)
	}
	if got := search(t, d, "linen maria17"); !slices.Equal(got, []string{"x17"}) {
		t.Errorf("%v", got)
	}
	if got := search(t, d, "before"); !slices.Equal(got, []string{"x500"}) {
		t.Errorf("%v", got)
	}
	if got := stages(t, d); got["unpaid"] != 60 {
		t.Errorf("links that changed during the import: %v", got)
	}
	healthy(t, d)
}

// TestBulkImportBrokenOff ends a process in the middle and lets the next one go on.
func TestBulkImportBrokenOff(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.db")
	d := at(t, path, newClock(testTime))
	all := indexNames(t, d)
	if err := d.beginImport(t.Context()); err != nil {
		t.Fatal(err)
	}
	apply(t, d, "aurora", simple("aurora", 1), simple("aurora", 2))
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d = at(t, path, newClock(testTime))
	if _, total := d.Indexing(); total == 0 {
		t.Error("the state was forgotten")
	}
	apply(t, d, "aurora", simple("aurora", 3))
	if err := d.BackgroundPass(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := search(t, d, "linen"); len(got) != 3 {
		t.Errorf("%v", got)
	}
	if now := indexNames(t, d); !slices.Equal(now, all) {
		t.Errorf("indexes %v, want %v", now, all)
	}
	healthy(t, d)
}

func TestBulkImportFails(t *testing.T) {
	d := fresh(t)
	broken := errors.New("the store went away")
	err := d.BulkImport(t.Context(), func() error {
		apply(t, d, "aurora", simple("aurora", 1))
		if err := d.BulkImport(context.Background(), func() error { return nil }); CodeOf(err) != Invalid {
			t.Errorf("two at once: %v", err)
		}
		return broken
	})
	if !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
	if got := search(t, d, "linen"); len(got) != 1 {
		t.Errorf("what did come is not indexed: %v", got)
	}
	healthy(t, d)
}

func TestRebuild(t *testing.T) {
	d := fresh(t)
	for n := range 5 {
		apply(t, d, "aurora", simple("aurora", n+1))
	}
	for _, text := range []string{
		`UPDATE counters SET n = n + 3`, `DELETE FROM fts WHERE rowid = (SELECT min(id) FROM fts_docsize)`,
		`INSERT INTO fts (rowid, words) VALUES (12345, 'nothing')`,
	} {
		if _, err := d.w.conn.ExecContext(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	findings, err := d.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]Severity{}
	for _, f := range findings {
		found[f.Check] = f.Severity
		if f.Severity != Fine && f.Do == "" {
			t.Errorf("%s: what to do about it?", f.Text)
		}
	}
	if found["counters"] != Warning || found["index"] != Warning || found["integrity"] != Fine {
		t.Errorf("%v", findings)
	}
	if err := d.Rebuild(t.Context(), func(done, total int) {
		if done > total {
			t.Errorf("%d of %d", done, total)
		}
	}); err != nil {
		t.Fatal(err)
	}
	healthy(t, d)
	if got := search(t, d, "linen"); len(got) != 5 {
		t.Errorf("%v", got)
	}
}
