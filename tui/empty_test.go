package tui

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/sync"
)

// A desk without orders says what is there and what is next, as it is in this version.
func TestAnEmptyDeskSaysWhatIsNext(t *testing.T) {
	db, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "empty.db"), Clock: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := db.PutShop(t.Context(), store.Shop{Name: "spocket", Platform: "files", Currency: "USD", Zone: "UTC"}); err != nil {
		t.Fatal(err)
	}
	s := startWith(t, 120, 35, func(o *Options) {
		o.Store, o.Sync, o.Buying, o.Demo = db, sync.New(sync.Options{DB: db}), buying(db), false
	})
	s.sees("it is still empty", "✓ store connected", "orderdeck import FILE --store spocket", "✗ supplier set up   orderdeck supplier add", "L on an order")
	s.seesNot("later version")
}
