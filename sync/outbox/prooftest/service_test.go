package prooftest

import (
	"context"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

// realDesk is a database and a service on the machine's clock; each call is another process, as far as the wire goes.
func realDesk(t *testing.T, path, url string) (*store.DB, *sync.Service) {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	a := dial(t, url, caps())
	return db, sync.New(sync.Options{DB: db, Patience: 20 * time.Second, Outbox: outbox.New(outbox.Options{
		DB: db, Suppliers: []outbox.Supplier{a}, Shops: map[string]outbox.Shop{shopName: a}, Settings: settings,
	})})
}

// TestSettle checks out as a command does: alone, and while another process holds the wire.
func TestSettle(t *testing.T) {
	h := &house{}
	url := open(t, h)
	path := t.TempDir() + "/desk.db"
	db, alone := realDesk(t, path, url)
	ids := stock(t, h, db, 4)
	buy := func(ids []int64) []string {
		t.Helper()
		done, err := checkoutAll(t.Context(), db, ids, "ana")
		if err != nil {
			t.Fatal(err)
		}
		var refs []string
		for _, c := range done {
			refs = append(refs, c.Reference)
		}
		return refs
	}
	settle := func(s *sync.Service, refs []string) {
		t.Helper()
		if ok, err := s.Settle(t.Context(), refs); !ok || err != nil {
			t.Fatalf("settled %t, %v", ok, err)
		}
		for _, ref := range refs {
			if p, err := db.PlacementsOf(t.Context(), ref); err != nil || !p.State.Paid() {
				t.Errorf("%s is %s (%s), %v", ref, p.State, p.Reason, err)
			}
		}
	}
	settle(alone, buy(ids[:2]))

	_, other := realDesk(t, path, url)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- other.Run(ctx) }()
	time.Sleep(100 * time.Millisecond) // it takes the wire, which was given back
	settle(alone, buy(ids[2:]))
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := audit(t.Context(), h, db, ids); err != nil {
		t.Error(err)
	}
}

// TestNobodySells refuses to wait for suppliers that there are not.
func TestNobodySells(t *testing.T) {
	db, err := store.Open(t.Context(), store.Options{Path: t.TempDir() + "/desk.db"})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	_, err = sync.New(sync.Options{DB: db}).Settle(t.Context(), nil)
	if sync.KindOf(err) != sync.Refused {
		t.Errorf("%v", err)
	}
}
