//go:build failpoint

package prooftest

import (
	"math/rand/v2"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	gosync "sync"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/sync/supplier/cj/cjfake"
)

// cjFaults are the ways in which a request to CJ goes wrong, done or not.
var cjFaults = []cjfake.Fault{
	cjfake.Down, cjfake.DownAfter, cjfake.Busy, cjfake.TooFast, cjfake.Bare429, cjfake.BadToken, cjfake.DropAfter, cjfake.HangAfter, cjfake.GarbageOK,
	cjfake.EmptyAfter,
}

// newCJWorld is a schedule in which the orders are bought with CJ's adapter at its fake.
func newCJWorld(t *testing.T, seed uint64, n int) *world {
	t.Helper()
	w := newWorld(t, seed, n)
	w.c.Patient = 90 * time.Second
	w.h.manners, w.h.Plan = manners{}, nil // the house is the store alone
	fake, err := cjfake.New("")
	if err != nil {
		t.Fatal(err)
	}
	w.cj, fake.Now, fake.Cents = fake, w.h.now, full
	fake.Variants, fake.Methods = nil, map[string]string{"std": "2.00"}
	for i, sku := range []string{"H-SHIRT", "H-CANDLE"} {
		fake.Variants = append(fake.Variants, cjfake.Variant{VID: "100000000000000000" + strconv.Itoa(i), PID: "90000" + strconv.Itoa(i), SKU: sku, Name: sku, Price: "3.0", Stock: 1000})
	}
	r := rand.New(rand.NewPCG(seed, 2)) //nolint:gosec // a test
	fake.Quirks = cjfake.Quirks{
		QPS: 1e6, NoLookup: r.IntN(3) == 0, LookupAnything: r.IntN(4) == 0, IgnoresFilter: r.IntN(2) == 0, NoTotal: r.IntN(3) == 0, ConfirmLooks: r.IntN(3),
		PaidLooks: r.IntN(3), PaysTwice: true, Hidden: time.Duration(r.Int64N(int64(settled - 2*time.Second))),
	}
	if r.IntN(6) == 0 {
		fake.Quirks.Rise = 50
	}
	left := 12 // faults: then everything goes well, so that there is an end
	fake.Fault = func(path string) cjfake.Fault {
		for _, o := range fake.Orders { // what is paid leaves after a while
			if o.Status == "UNSHIPPED" && fake.Now().Sub(o.Paid) > settled {
				o.Status, o.Track, o.Carrier, o.Left = "SHIPPED", "TRK-"+o.Code, "Post", fake.Now()
			}
		}
		odds := 12
		if strings.Contains(path, "createOrder") || strings.Contains(path, "confirmOrder") || strings.Contains(path, "payBalance") {
			odds = 2
		}
		if left == 0 || r.IntN(odds) != 0 {
			return cjfake.Fine
		}
		left--
		return cjFaults[r.IntN(len(cjFaults))]
	}
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	w.c.CJ, w.c.Tokens = server.URL, filepath.Join(t.TempDir(), "tokens")
	s, err := dialCJ(w.c.CJ, w.c.Tokens, w.h.now)
	if err != nil {
		t.Fatal(err)
	}
	faults := fake.Fault
	fake.Fault = nil
	account, err := s.Account(t.Context()) // this logs in
	if err != nil {
		t.Fatal(err)
	}
	fake.Fault = faults
	db := w.open()
	defer db.Close()
	if err := db.SaveAccount(t.Context(), checkout.Account{Supplier: supplierName, Methods: account.Methods}); err != nil {
		t.Fatal(err)
	}
	return w
}

// books makes the house's books of CJ's, so that what is believed is compared with those.
func (w *world) books() {
	if w.cj == nil {
		return
	}
	w.cj.Do(func(s *cjfake.State) {
		w.h.mu.Lock()
		defer w.h.mu.Unlock()
		w.h.orders, w.h.wallet = nil, s.Cents
		for _, o := range s.Orders {
			one := &houseOrder{Number: o.Code, Reference: o.Ref, Total: o.Goods + o.Freight + o.Fees, Cancelled: o.Status == "CANCELLED" || o.Status == "DELETED"}
			for _, p := range s.Payments {
				if p.Code == o.Code {
					one.Charged++
				}
			}
			w.h.orders = append(w.h.orders, one)
		}
	})
}

// TestKillCJ kills the program between any two writes and sends while it buys with CJ's adapter. This CJ would charge twice
// for an order that is paid twice.
func TestKillCJ(t *testing.T) {
	var mu gosync.Mutex
	where, bought := map[string]int{}, 0
	schedules(t, 12, func(t *testing.T, seed uint64) {
		w := newCJWorld(t, seed, 3)
		w.live(4, 50)
		mu.Lock()
		defer mu.Unlock()
		for _, at := range w.kills {
			where[at]++
		}
		w.cj.Do(func(s *cjfake.State) { bought += len(s.Payments) })
	})
	t.Logf("%d orders were paid; killed at %v", bought, where)
	if bought == 0 {
		t.Error("nothing was bought: nothing was tried")
	}
}
