package vendure

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
)

// blank is a database with a shop and nothing else, to be copied: making one takes longer than most tests.
var blank []byte

func TestMain(m *testing.M) {
	if err := makeBlank(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// makeBlank makes the database that is copied. It also writes one order: what the store makes on its first use, such
// as compressors, must not belong to the bubble of one test.
func makeBlank() error {
	dir, err := os.MkdirTemp("", "orderdeck")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "orders.db")
	if err := fillStore(path, false); err != nil {
		return err
	}
	if blank, err = os.ReadFile(path); err != nil {
		return err
	}
	return fillStore(path, true)
}

func fillStore(path string, withOrder bool) error {
	ctx := context.Background()
	db, err := store.Open(ctx, store.Options{Path: path})
	if err != nil {
		return err
	}
	err = db.PutShop(ctx, store.Shop{Name: "shop", Platform: "vendure", Title: "Shop", Currency: "USD"})
	if err == nil && withOrder {
		o := order.Order{Store: "shop", ExternalID: "1", Number: "1", Currency: "EUR"}
		if _, err = db.Apply(ctx, store.Page{Shop: "shop", Stream: "s", Orders: []store.Pulled{{Order: o, Raw: []byte("{}")}}}); err == nil {
			err = db.Each(ctx, store.Query{}, nil, func(*order.Record) error { return nil })
		}
	}
	if shut := db.Close(); err == nil {
		err = shut
	}
	return err
}

func openStore(t testing.TB) *store.DB {
	t.Helper()
	path := filepath.Join(t.TempDir(), "orders.db")
	if err := os.WriteFile(path, blank, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), store.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}
