package store

import (
	"context"
	"errors"
	"path/filepath"
	"reflect"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
)

func TestNoticesMerge(t *testing.T) {
	d := &DB{}
	ch, stop := d.Subscribe()
	d.notices.publish([]int64{1})
	d.notices.publish([]int64{2, 3})
	if c := <-ch; c.Version != 2 || !reflect.DeepEqual(c.IDs, []int64{1, 2, 3}) {
		t.Errorf("%+v", c)
	}
	d.notices.publish([]int64{4})
	d.notices.publish(nil)
	d.notices.publish([]int64{5})
	if c := <-ch; c.Version != 5 || c.IDs != nil {
		t.Errorf("%+v: anything may have changed, and that is not forgotten", c)
	}
	d.notices.publish(make([]int64, maxNotice+1))
	if c := <-ch; c.IDs != nil {
		t.Errorf("%d ids", len(c.IDs))
	}
	stop()
	stop()
	if _, open := <-ch; open {
		t.Error("the channel is open after the end")
	}
	d.notices.publish([]int64{6}) // nobody is there
}

// TestNoticesNeverBlock publishes while nobody reads, while somebody does and while everything ends.
func TestNoticesNeverBlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &DB{}
		var wg sync.WaitGroup
		for range 3 {
			ch, _ := d.Subscribe()
			wg.Go(func() {
				last := int64(0)
				for c := range ch {
					if c.Version <= last {
						t.Errorf("version %d after %d", c.Version, last)
					}
					last = c.Version
				}
			})
		}
		_, stop := d.Subscribe() // never read
		for i := range 1000 {
			d.notices.publish([]int64{int64(i)})
		}
		stop()
		d.notices.close()
		wg.Wait()
		if ch, _ := d.Subscribe(); ch != nil {
			if _, open := <-ch; open {
				t.Error("subscribed to a closed database")
			}
		}
	})
}

// TestOtherProcess writes through one database and reads through another on the same file.
func TestOtherProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.db")
	before := runtime.NumGoroutine()
	a := at(t, path, newClock(testTime))
	b, err := Open(t.Context(), Options{Path: path, Clock: newClock(testTime).now, poll: 5 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	r, err := Open(t.Context(), Options{Path: path, ReadOnly: true, poll: 5 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	heard, _ := b.Subscribe()
	readOnly, _ := r.Subscribe()
	apply(t, a, "aurora", simple("aurora", 1))
	for name, ch := range map[string]<-chan Change{"writer": heard, "reader": readOnly} {
		select {
		case c := <-ch:
			if c.IDs != nil {
				t.Errorf("%s: %v", name, c.IDs)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("%s: nothing was heard", name)
		}
	}
	// What one process knows of products, links and shops must not outlive what the other writes.
	apply(t, b, "aurora", simple("aurora", 2))
	if err := a.RemoveShop(t.Context(), "aurora"); err != nil {
		t.Fatal(err)
	}
	if err := a.PutShop(t.Context(), Shop{Name: "aurora"}); err != nil {
		t.Fatal(err)
	}
	apply(t, b, "aurora", simple("aurora", 3))
	supply(t, a, SupplierPage{Links: []order.Link{shirt(500)}})
	apply(t, b, "aurora", simple("aurora", 4))
	if got := stages(t, b); got["unpaid"] != 2 {
		t.Errorf("%v", got)
	}
	healthy(t, b)
	for _, d := range []*DB{b, r} {
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond) // the runtime's and database/sql's own take a moment to end
	}
	t.Errorf("%d goroutines are left, %d were there", runtime.NumGoroutine(), before)
}

// TestReadWhileWriting reads lists and whole orders while pages are written, and wants each as it was at some instant.
func TestReadWhileWriting(t *testing.T) {
	d := fresh(t)
	const pages, perPage = 20, 25
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				w, err := d.Window(context.Background(), Query{}, Key{}, false, 200)
				if err != nil {
					t.Errorf("window: %v", err)
					return
				}
				counts, err := d.Counts(context.Background(), nil)
				if err != nil {
					t.Errorf("counts: %v", err)
					return
				}
				if n := counts["all"]; n%perPage != 0 || n < len(w.Rows) && len(w.Rows) < 200 {
					t.Errorf("%d orders counted, %d read: half a page was seen", n, len(w.Rows))
				}
				n := 0
				if err := d.Each(context.Background(), Query{}, nil, func(*order.Record) error { n++; return nil }); err != nil || n%perPage != 0 {
					t.Errorf("%d orders in a snapshot, %v", n, err)
				}
			}
		})
	}
	for p := range pages {
		page := Page{Shop: "aurora"}
		for i := range perPage {
			page.Orders = append(page.Orders, Pulled{Order: simple("aurora", p*perPage+i+1)})
		}
		if _, err := d.Apply(t.Context(), page); err != nil {
			t.Fatal(err)
		}
	}
	close(done)
	wg.Wait()
	healthy(t, d)
}

func TestCancelRead(t *testing.T) {
	d := fresh(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- d.query(ctx, `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n`, nil,
			func(scan func(...any) error) error { return nil })
	}()
	time.AfterFunc(20*time.Millisecond, cancel)
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("an endless read did not stop")
	}
}
