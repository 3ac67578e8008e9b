package vendure

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/internal/fakedb"
)

func service(db sync.Database, p sync.Platform) *sync.Service {
	return sync.New(sync.Options{DB: db, Sources: []sync.Source{{
		Shop: store.Shop{Name: "shop", Platform: "vendure", Title: "Shop", Currency: "USD"}, Platform: p,
	}}})
}

// pull syncs once and wants it to go well.
func pull(t *testing.T, s *sync.Service) store.Result {
	t.Helper()
	reports, err := s.Sync(t.Context(), nil)
	if err != nil || reports[0].Err != nil {
		t.Fatalf("%+v, %v", reports, err)
	}
	return reports[0].Counts
}

// kept are all orders in the database, by external id. One that is there twice fails the test.
func kept(t *testing.T, db *store.DB) map[string]order.Record {
	t.Helper()
	out := map[string]order.Record{}
	if err := db.Each(t.Context(), store.Query{}, nil, func(r *order.Record) error {
		if _, ok := out[r.ExternalID]; ok {
			t.Errorf("order %s is there twice", r.ExternalID)
		}
		out[r.ExternalID] = *r
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

// inMemory makes of a database in memory what kept makes of a real one.
func inMemory(t *testing.T, db *fakedb.DB) map[string]order.Record {
	t.Helper()
	out := map[string]order.Record{}
	for key, o := range db.Orders {
		if n := db.Written[key]; n != 1 {
			t.Errorf("order %s was written as new %d times", key, n)
		}
		out[o.ExternalID] = order.Record{Order: o, Gone: db.Gone[key]}
	}
	return out
}

// compare wants the database to hold what the store has, no more, no less, and no different.
func compare(t *testing.T, have map[string]order.Record, f *fakeStore) {
	t.Helper()
	s := testShop(t)
	for _, id := range f.ids() {
		v := f.fields(id)
		r, ok := have[id]
		delete(have, id)
		if !ok {
			if isOrder(v.State, v.Active, v.OrderPlacedAt) {
				t.Errorf("order %s is missing", id)
			}
			continue
		}
		want := normalize(v, s)
		want.Store = "shop"
		if got := asJSON(t, r.Order); got != asJSON(t, want) {
			t.Errorf("order %s differs:\n%s\n%s", id, got, asJSON(t, want))
		}
	}
	for id, r := range have {
		if !r.Gone {
			t.Errorf("order %s is there and should not be", id)
		}
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestFirstSyncAndTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, db := newFakeStore(t), openStore(t)
		f.carts = true
		f.fill(130, time.Minute, 1)
		s := service(db, f.platform(20))
		drafts, carts := 0, 0
		for _, id := range f.ids() {
			v := f.fields(id)
			if v.State == "Draft" {
				drafts++
			}
			if v.Active {
				carts++
			}
		}
		if c := pull(t, s); c.New != 130-carts || c.Updated+c.Unchanged != 0 || drafts == 0 || carts == 0 {
			t.Fatalf("%+v, %d drafts, %d carts", c, drafts, carts)
		}
		compare(t, kept(t, db), f)
		if c := pull(t, s); c.New+c.Updated+c.Gone != 0 {
			t.Errorf("nothing has changed, but %+v", c)
		}
		// What moves no date is found by the sweep; what is gone too; new ones come in.
		f.change("1", func(o map[string]any) { o["state"] = "Shipped" })
		f.change("70", nil)
		f.add("1", "500", time.Now())
		gone := ""
		for _, id := range f.ids() {
			if f.fields(id).State == "Draft" {
				gone = id
			}
		}
		f.remove(gone)
		if c := pull(t, s); c.New != 1 || c.Updated != 2 || c.Gone != 1 {
			t.Errorf("%+v", c)
		}
		compare(t, kept(t, db), f)
		if !kept(t, db)[gone].Gone {
			t.Error("the draft that was deleted is not marked")
		}
	})
}

func TestManyOrdersOfOneDate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, db := newFakeStore(t), openStore(t)
		f.fill(400, time.Second, 400) // more than are excluded in an ordinary window
		s := service(db, f.platform(30))
		if c := pull(t, s); c.New != 400 || c.Unchanged != 0 {
			t.Errorf("%+v", c)
		}
		compare(t, kept(t, db), f)
	})
}

func TestAnOrderThatComesLateIsFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, db := newFakeStore(t), openStore(t)
		f.fill(30, time.Minute, 1)
		s := service(db, f.platform(10))
		pull(t, s)
		newest := instant(*f.fields("30").OrderPlacedAt)
		f.add("1", "99", newest.Add(-30*time.Second)) // committed after one that is newer
		f.add("1", "100", newest.Add(24*time.Hour))   // with a wrong clock
		if c := pull(t, s); c.New != 2 {
			t.Errorf("%+v", c)
		}
		f.add("1", "101", newest.Add(time.Minute)) // the one from the future must not hide it
		if c := pull(t, s); c.New != 1 {
			t.Errorf("%+v", c)
		}
		compare(t, kept(t, db), f)
	})
}

func TestCartsAreNoOrders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, db := newFakeStore(t), openStore(t)
		f.fill(5, time.Minute, 1)
		f.add("1", "50", time.Now())
		f.change("50", func(o map[string]any) { o["active"], o["orderPlacedAt"], o["state"] = true, nil, "ArrangingPayment" })
		f.add("1", "51", time.Now())
		f.change("51", func(o map[string]any) { o["orderPlacedAt"], o["state"] = nil, "Cancelled" })
		s := service(db, f.platform(10))
		for range 2 {
			pull(t, s)
			if n := len(kept(t, db)); n != 5 {
				t.Errorf("%d orders", n)
			}
		}
	})
}

func TestTheServersLimitIsObeyed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, db := newFakeStore(t), openStore(t)
		f.limit = 25
		f.fill(60, time.Minute, 1)
		if c := pull(t, service(db, f.platform(fullPage))); c.New != 60 {
			t.Errorf("%+v", c)
		}
		if slices.Max(f.takes) != 25 {
			t.Errorf("asked for %v", f.takes)
		}
	})
}

func TestPagesThatAreTooLargeAreHalved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, db := newFakeStore(t), openStore(t)
		f.fill(60, time.Minute, 1)
		f.fault = func(op string) fault {
			if op == "Orders" && f.asked["Orders"] == 2 {
				return huge
			}
			return fine
		}
		if c := pull(t, service(db, f.platform(40))); c.New != 60 {
			t.Errorf("%+v", c)
		}
		if slices.Max(f.takes[len(f.takes)-2:]) > 20 {
			t.Errorf("asked for %v", f.takes)
		}
	})
}

func TestCustomersNote(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, db := newFakeStore(t), openStore(t)
		f.custom = true
		f.fill(3, time.Minute, 1)
		p := f.platform(10)
		pull(t, service(db, p))
		if got := kept(t, db)["2"].CustomerNote; got != "Note of 2" {
			t.Errorf("%q", got)
		}
		if want := []string{"customerNote", "giftMessage"}; !slices.Equal(p.shop.noteFields, want) {
			t.Errorf("fields %v", p.shop.noteFields)
		}
	})
}

// Whatever fails, in whatever order, while the store goes on changing: in the end every order is there once, as the
// store has it. Most schedules have their database in memory, for speed.
func TestFaultSchedules(t *testing.T) {
	total := map[fault]int{}
	for i := range 100 {
		seed := uint64(i) + 1
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if seed%20 == 0 {
					db := openStore(t)
					f := faultSchedule(t, seed, db, total)
					compare(t, kept(t, db), f)
					return
				}
				db := fakedb.New(filepath.Join(t.TempDir(), "orders.db"))
				f := faultSchedule(t, seed, db, total)
				compare(t, inMemory(t, db), f)
			})
		})
	}
	for _, kind := range allFaults {
		if total[kind] == 0 {
			t.Errorf("no schedule had: %s", kind)
		}
	}
}

func faultSchedule(t *testing.T, seed uint64, db sync.Database, total map[fault]int) *fakeStore {
	r := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // a test
	f := newFakeStore(t)
	f.fill(15+r.IntN(25), time.Duration(1+r.IntN(90))*time.Second, 1+r.IntN(4))
	p := f.platform(3 + r.IntN(10))
	s := service(db, p)
	f.fault = randomFaults(r, 2+r.IntN(4))
	for range 3 {
		if _, err := s.Sync(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		for range r.IntN(4) {
			ids := f.ids()
			f.change(ids[r.IntN(len(ids))], nil)
		}
		for range r.IntN(3) {
			f.add("1", fmt.Sprint(1000+len(f.ids())), time.Now().Add(-time.Duration(r.IntN(90))*time.Second))
		}
		if r.IntN(2) == 0 { // started anew
			p = f.platform(3 + r.IntN(10))
			s = service(db, p)
		}
	}
	for kind, n := range f.faults {
		total[kind] += n
	}
	f.fault = nil
	pull(t, s)
	pull(t, s) // a sweep from its beginning
	return f
}

func TestRefusals(t *testing.T) {
	var recorded map[string]struct {
		Status int
		Body   json.RawMessage
	}
	readJSON(t, "refusals.json", &recorded)
	for _, tc := range []struct {
		name     string
		kind     sync.Kind
		says     string
		password bool
	}{
		{"no_key", sync.Auth, "“You are not currently authorized to perform this action”", false},
		{"wrong_key", sync.Auth, "tokenMethod", false},
		{"wrong_password", sync.Auth, "“The provided credentials are invalid”", true},
		{"too_many", sync.Refused, "Cannot take more than 1000 results", false},
		{"unknown_field", sync.Refused, "does not understand the question", false},
		{"syntax", sync.Refused, "does not understand the question", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			rec := recorded[tc.name]
			o := Options{URL: "https://shop.example", Key: fakeKey, Transport: roundTrip(func(*http.Request) (int, string, string) {
				return rec.Status, "application/json", string(rec.Body)
			})}
			if tc.password {
				o.Key, o.User, o.Password = "", "superadmin", "secret-password"
			}
			p, err := New(o)
			if err != nil {
				t.Fatal(err)
			}
			_, err = p.Test(t.Context())
			if sync.KindOf(err) != tc.kind || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("%v", err)
			}
			if strings.Contains(fmt.Sprintf("%+v", err), "secret-password") || strings.Contains(fmt.Sprintf("%+v", err), fakeKey) {
				t.Errorf("the secret is in %v", err)
			}
		})
	}
}

type roundTrip func(*http.Request) (status int, kind, body string)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) {
	status, kind, body := f(req)
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {kind}},
		Body: io.NopCloser(strings.NewReader(body)), Request: req,
	}, nil
}

func TestSplitSecret(t *testing.T) {
	for _, tc := range []struct{ in, key, user, password string }{
		{fakeKey, fakeKey, "", ""},
		{"anna:geheim", "", "anna", "geheim"},
		{"anna@shop.example:a:b", "", "anna@shop.example", "a:b"},
		{"justone", "justone", "", ""},
	} {
		key, user, password := SplitSecret(tc.in)
		if key != tc.key || user != tc.user || password != tc.password {
			t.Errorf("%q: %q %q %q", tc.in, key, user, password)
		}
	}
}

func TestWalkGivesUpOnAStoreThatRepeatsItself(t *testing.T) {
	w := walk{}
	page := []seen{{ID: "1", At: time.Unix(100, 0)}}
	if err := w.advance(page, time.Unix(1000, 0)); err != nil {
		t.Fatal(err)
	}
	if err := w.advance(page, time.Unix(1000, 0)); sync.KindOf(err) != sync.BadAnswer {
		t.Errorf("%v", err)
	}
}

func TestCursorsAreCheckedAndKept(t *testing.T) {
	f := newFakeStore(t)
	f.fill(3, time.Minute, 1)
	p := f.platform(2)
	if _, err := p.Pull(context.Background(), placed, []byte("{"), noOrders{}); sync.KindOf(err) != sync.Broken {
		t.Errorf("%v", err)
	}
	b, err := p.Pull(context.Background(), placed, nil, noOrders{})
	if err != nil || !b.More || b.Done != 2 || b.Total != 3 {
		t.Fatalf("%+v, %v", b, err)
	}
	again, err := p.Pull(context.Background(), placed, nil, noOrders{})
	if err != nil || !reflect.DeepEqual(b.Cursor, again.Cursor) {
		t.Errorf("the same question gives another cursor: %s, %s", b.Cursor, again.Cursor)
	}
}
