package shopify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/internal/schedules"
)

func bulkFrom(n int) func(*Options) { return func(o *Options) { o.BulkFrom = n } }

// variety makes orders of every kind that a file puts together in another way than a page.
func (f *fake) variety(n int) (ids []string) {
	for i := range n {
		ids = append(ids, f.add(start.Add(-time.Duration(n-i)*time.Hour), func(o object) {
			lines := (rec{o}).list("lines")
			send := func(status string, which ...object) object {
				parcel := f.parcel(status, fmt.Sprintf("T%d", f.next))
				for _, l := range which {
					parcel["_lines"] = append(parcel["_lines"].([]object), object{"id": l["id"], "quantity": 2, "lineItem": object{"id": l["id"]}})
					l["unfulfilledQuantity"] = 0
				}
				return parcel
			}
			switch i % 7 {
			case 1:
				for range i % 50 {
					lines = append(lines, f.line("2.00", 2))
				}
			case 2:
				o["_fulfillments"], o["displayFulfillmentStatus"] = []object{send("SUCCESS", lines...)}, "FULFILLED"
			case 3:
				more := f.line("3.00", 2)
				lines = append(lines, more)
				o["_fulfillments"] = []object{send("CANCELLED", lines[0]), send("SUCCESS", lines[0]), send("SUCCESS", more)}
				o["displayFulfillmentStatus"] = "FULFILLED"
			case 4:
				var parcels []object
				for range 13 {
					l := f.line("1.00", 2)
					lines, parcels = append(lines, l), append(parcels, send("SUCCESS", l))
				}
				o["_fulfillments"] = parcels
			case 5:
				lines = nil
			case 6:
				o["cancelledAt"], o["closed"], o["note"] = stamp(start), true, "a\nb \"__parentId\": {"
				for range 30 {
					o["_transactions"] = append((rec{o}).list("transactions"), f.transaction("SALE", "1.00", nil))
				}
			}
			o["_lines"] = lines
		}))
	}
	return ids
}

func (f *fake) hold(t *testing.T, what string, d *desk) {
	t.Helper()
	if len(d.orders) != len(f.orders) {
		t.Errorf("%s: %d of %d orders", what, len(d.orders), len(f.orders))
	}
	paged := newDesk()
	paged.pull(t, f.platform(bulkFrom(-1)))
	for id, want := range paged.orders {
		got := d.orders[id]
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%s: order %s is another than from a page:\n%+v\n%+v", what, id, got, want)
		}
	}
}

// TestALargeFirstImportIsABulkOperation whose lines come in any order, and each order is the same as from a page.
func TestALargeFirstImportIsABulkOperation(t *testing.T) {
	for _, mixed := range []bool{false, true} {
		f := newFake(t)
		ids := f.variety(430)
		if mixed {
			f.bulk.mix = rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a test that can be repeated
		}
		f.bulk.during = func() { // after the file was written
			f.clock = f.clock.Add(time.Minute)
			o := f.order(gid(ids[3]))
			o["tags"], o["updatedAt"] = []string{"changed meanwhile"}, stamp(f.clock)
		}
		d := newDesk().withSpool(t)
		d.pull(t, f.platform(bulkFrom(400)))
		if f.made["bulk"] != 1 || f.asked["Orders"] > 3 || len(d.notes) != 0 {
			t.Errorf("%v %v", f.asked, d.notes)
		}
		f.hold(t, "bulk", d)
		if d.handed > 430+10 || len(d.left()) != 0 {
			t.Errorf("%d orders were handed on, left behind is %v", d.handed, d.left())
		}
		if all := strings.Join(d.phases, "\n"); !strings.Contains(all, sync.PhaseExport+" 215/430") || !strings.Contains(all, sync.PhaseFile+" 430/430") {
			t.Error(all)
		}
		t.Logf("%v, %d bytes", f.asked, f.bulk.served)
	}
}

// TestASmallStoreIsPaged, and one whose platform has no place for a file.
func TestASmallStoreIsPaged(t *testing.T) {
	f := newFake(t)
	f.variety(30)
	d := newDesk().withSpool(t)
	d.pull(t, f.platform(bulkFrom(31)))
	f.hold(t, "small", d)
	d = newDesk()
	d.pull(t, f.platform(bulkFrom(1)))
	f.hold(t, "without a spool", d)
	if f.made["bulk"] != 0 {
		t.Errorf("%d operations", f.made["bulk"])
	}
}

// TestAPagedFirstImportStaysPaged: a cursor from before there were bulk operations goes on as it began.
func TestAPagedFirstImportStaysPaged(t *testing.T) {
	f := newFake(t)
	f.variety(60)
	p, d := f.platform(bulkFrom(10)), newDesk().withSpool(t)
	p.size = 20
	old, err := f.platform(bulkFrom(-1)).Pull(t.Context(), streamUpdated, nil, d)
	if err != nil {
		t.Fatal(err)
	}
	var c map[string]any
	if err := json.Unmarshal(old.Cursor, &c); err != nil {
		t.Fatal(err)
	}
	delete(c, "begun")
	d.cursors[streamUpdated], _ = json.Marshal(c)
	for _, o := range old.Orders {
		d.orders[o.Order.ExternalID] = o.Order
	}
	d.pull(t, p)
	f.hold(t, "an old cursor", d)
	if f.made["bulk"] != 0 {
		t.Error("an operation was begun")
	}
}

// TestWhatIsInTheWayOfABulkOperationIsSaidAndEndsInPages, and nothing of it stays.
func TestWhatIsInTheWayOfABulkOperationIsSaidAndEndsInPages(t *testing.T) {
	always := func(e bulkEnd) func(f *fake) { return func(f *fake) { f.bulk.end = func(int) bulkEnd { return e } } }
	file := func(bad fileFault) func(f *fake) {
		return func(f *fake) { f.bulk.file = func() fileFault { return bad } }
	}
	for _, c := range []struct {
		name string
		do   func(f *fake)
		want string
		runs int
	}{
		{"failed with a part", always(bulkFailed), "internal_server_error", 1},
		{"denied", always(bulkDenied), "lacks a right", 1},
		{"timeout", always(bulkTimeout), "too long", 1},
		{"cancelled", always(bulkCanceled), "cancelled", 1},
		{"expired", always(bulkExpired), "expired", 2},
		{"forgotten", always(bulkForgot), "does not know", 2},
		{"a status that is new", always(bulkUnknown), "on_the_moon", 1},
		{"no file", always(bulkNoFile), "no file", 1},
		{"half a file", always(bulkShort), "of 40 orders", 2},
		{"it stands still", always(bulkNever), "half an hour", 1},
		{"another one runs", func(f *fake) { f.bulk.limit, f.bulk.running = 1, 1 }, "at work on another", 0},
		{"five others run", func(f *fake) { f.bulk.running = 5 }, "at work on another", 0},
		{"refused", func(f *fake) { f.bulk.refuse = "Bulk queries are not for this app" }, "not for this app", 0},
		{"the file is gone", file(fileGone), "not there", 2},
		{"the file is denied", file(fileDenied), "not there", 2},
		{"the file is packed", file(filePacked), "something else", 1},
		{"the file is a web page", file(fileHTML), "something else", 1},
	} {
		f := newFake(t)
		f.variety(40)
		c.do(f)
		d := newDesk().withSpool(t)
		d.pull(t, f.platform(bulkFrom(10)))
		if len(d.notes) != 1 || !strings.Contains(d.notes[0], c.want) || strings.Contains(d.notes[0], fileSecret) || !strings.Contains(d.notes[0], "page by page") {
			t.Errorf("%s: %q", c.name, d.notes)
		}
		if f.made["bulk"] != c.runs || len(d.left()) != 0 {
			t.Errorf("%s: %d operations, left behind is %v", c.name, f.made["bulk"], d.left())
		}
		f.hold(t, c.name, d)
	}
}

// TestADiskWithoutRoomForTheFileIsNoReasonToHaveNoOrders: pages need less of it.
func TestADiskWithoutRoomForTheFileIsNoReasonToHaveNoOrders(t *testing.T) {
	f := newFake(t)
	f.variety(40)
	d := newDesk().withSpool(t)
	known := d.known.(spooler)
	known.full = true
	d.known = known
	d.pull(t, f.platform(bulkFrom(10)))
	if len(d.notes) != 1 || !strings.Contains(d.notes[0], "no room") || len(d.left()) != 0 {
		t.Errorf("%v, left behind is %v", d.notes, d.left())
	}
	f.hold(t, "a full disk", d)
}

// TestAFileThatExpiredIsWrittenOnceMore: the desk may have been switched off for a week.
func TestAFileThatExpiredIsWrittenOnceMore(t *testing.T) {
	f := newFake(t)
	f.variety(40)
	f.bulk.end = func(n int) bulkEnd { return []bulkEnd{bulkExpired, bulkFine}[n] }
	d := newDesk().withSpool(t)
	d.pull(t, f.platform(bulkFrom(10)))
	if f.made["bulk"] != 2 || len(d.notes) != 0 {
		t.Errorf("%d operations, %v", f.made["bulk"], d.notes)
	}
	f.hold(t, "expired", d)
}

// TestACutFileIsReadOnFromItsPlace, and where the host ignores that, it is read once more as a whole.
func TestACutFileIsReadOnFromItsPlace(t *testing.T) {
	f := newFake(t)
	f.variety(200)
	cuts := 0
	f.bulk.file = func() fileFault {
		if cuts++; cuts%2 == 1 {
			return fileCut
		}
		return fileFine
	}
	p, d := f.platform(bulkFrom(10)), newDesk().withSpool(t)
	p.filePart = 100_000
	d.step = func(sync.Batch) error { // and each page is read by another process
		if f.asked["file"] == 3 {
			f.asked["file"]++
			return errKilled
		}
		return nil
	}
	d.pull(t, p)
	size := int64(len(f.bulk.all[0]["_data"].([]byte)))
	if f.bulk.served > size*12/10 || f.bulk.served < size {
		t.Errorf("%d bytes of a file of %d: %v", f.bulk.served, size, f.bulk.ranges)
	}
	f.hold(t, "cut", d)
	t.Logf("%d bytes of a file of %d in %d questions", f.bulk.served, size, len(f.bulk.ranges))

	f = newFake(t)
	f.variety(100)
	f.bulk.file = func() fileFault { return fileWhole }
	p, d = f.platform(bulkFrom(10)), newDesk().withSpool(t)
	p.filePart = 10_000
	d.pull(t, p)
	if len(f.bulk.ranges) != 1 || len(d.notes) != 0 {
		t.Errorf("%v %v", f.bulk.ranges, d.notes)
	}
	f.hold(t, "ranges are ignored", d)
}

// TestAnOperationIsBegunOnce although the answer to its beginning is lost.
func TestAnOperationIsBegunOnce(t *testing.T) {
	f := newFake(t)
	f.variety(40)
	lost := 0
	f.fault = func(name string) fault {
		if name == "RunBulk" && lost < 3 {
			lost++
			return []fault{after, brokenBut, half}[lost-1]
		}
		return fine
	}
	d := newDesk().withSpool(t)
	d.pull(t, f.platform(bulkFrom(10)))
	if f.made["bulk"] != 1 {
		t.Errorf("%d operations", f.made["bulk"])
	}
	f.hold(t, "begun once", d)
}

// TestWhatIsDeletedDuringTheExportIsNotBroughtBack: its line is in the file, and its event is older than the file's end.
func TestWhatIsDeletedDuringTheExportIsNotBroughtBack(t *testing.T) {
	f := newFake(t)
	ids := f.variety(40)
	gone := ""
	f.bulk.during = func() {
		gone = ids[5]
		f.clock = f.clock.Add(3 * time.Hour)
		f.mu.Unlock()
		f.destroy(gone, true)
		f.mu.Lock()
		f.clock = f.clock.Add(30 * time.Hour)
	}
	d := newDesk().withSpool(t)
	d.pull(t, f.platform(bulkFrom(10)))
	if _, there := d.orders[gone]; there || len(d.orders) != 39 {
		t.Errorf("%d orders, the deleted one is there: %t", len(d.orders), there)
	}
	// And so in pages, which take long as well.
	f = newFake(t)
	ids = f.variety(40)
	p, d := f.platform(), newDesk()
	p.size = 20
	d.step = func(b sync.Batch) error {
		if len(b.Orders) == 20 && f.order(gid(ids[2])) != nil {
			f.clock = f.clock.Add(3 * time.Hour)
			f.destroy(ids[2], true)
			f.clock = f.clock.Add(3 * time.Hour)
		}
		return nil
	}
	d.pull(t, p)
	if len(d.orders) != 39 {
		t.Errorf("pages: %d orders", len(d.orders))
	}
}

// TestWhereverAFileIsCutItIsTheSameFile, with a line that has no end at its end, and whatever else stands in it.
func TestWhereverAFileIsCutItIsTheSameFile(t *testing.T) {
	f := newFake(t)
	f.variety(3)
	data, _, _ := f.export(bulkQuery)
	data = append([]byte("\n  \n"+`{"id":"gid://shopify/Metafield/1","__parentId":"gid://shopify/Order/1"}`+"\r\n"), bytes.TrimSuffix(data, []byte("\n"))...)
	p := f.platform()
	content := func(parts ...[]byte) string {
		spool, err := store.OpenSpool(t.Context(), filepath.Join(t.TempDir(), "spool"))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = spool.Remove() }()
		st := spoolState{Size: int64(len(data))}
		for range parts {
			err = p.lines(t.Context(), bytes.NewReader(data[st.At:min(int(st.At)+len(parts[0]), len(data))]), true, &st, spool)
			parts = parts[1:]
		}
		for n := 0; !st.Whole && n < 3; n++ { // a part that had no line's end in it
			err = p.lines(t.Context(), bytes.NewReader(data[st.At:]), true, &st, spool)
		}
		got, e := spool.Next(t.Context(), 0, 100)
		if err != nil || e != nil || !st.Whole || st.At != st.Size || st.Orders != 3 {
			t.Fatalf("%v %v %+v", err, e, st)
		}
		return fmt.Sprint(got)
	}
	whole := content(data)
	for cut := 0; cut < len(data); cut += 1 + len(data)/60 {
		if got := content(data[:cut], data); got != whole {
			t.Fatalf("cut at %d:\n%s\n%s", cut, got, whole)
		}
	}
}

// TestALineWithoutEndIsNotRead to the end of the memory.
func TestALineWithoutEndIsNotRead(t *testing.T) {
	f := newFake(t)
	f.variety(12)
	d := newDesk().withSpool(t)
	d.step = func(sync.Batch) error {
		if len(f.bulk.all) == 1 && f.asked["file"] == 0 {
			f.bulk.all[0]["_data"] = []byte(`{"id":"gid://shopify/Order/1","note":"` + strings.Repeat("x", fileLine+1000) + `"}`)
		}
		return nil
	}
	d.pull(t, f.platform(bulkFrom(10)))
	if len(d.notes) != 1 || !strings.Contains(d.notes[0], "no end") {
		t.Errorf("%v", d.notes)
	}
	f.hold(t, "a line without end", d)
}

// TestNothingIsLostByABulkOperationWhateverFails goes through 200 schedules of faults of the store, of the files' host and
// of this machine, on which the process is killed at any step, and the spool lost now and then.
func TestNothingIsLostByABulkOperationWhateverFails(t *testing.T) {
	ends := []bulkEnd{bulkFailed, bulkDenied, bulkTimeout, bulkCanceled, bulkExpired, bulkForgot, bulkNoFile, bulkShort}
	byBulk := 0
	for seed := range schedules.Count() {
		f := newFake(t)
		f.schema = nil // it is held against it elsewhere
		ids := f.variety(14)
		dice := rand.New(rand.NewPCG(seed, 11)) //nolint:gosec // a test that can be repeated
		f.fault = someFaults(seed, 0.2)
		f.bulk.file, f.bulk.mix = someFileFaults(dice, 0.4), dice
		end := bulkFine
		if dice.Float64() < 0.2 {
			end = ends[dice.IntN(len(ends))]
		}
		f.bulk.end = func(n int) bulkEnd {
			if n == 0 {
				return end
			}
			return bulkFine
		}
		f.bulk.during = func() {
			f.clock = f.clock.Add(time.Minute)
			o := f.order(gid(ids[3]))
			o["tags"], o["updatedAt"] = []string{"x"}, stamp(f.clock)
		}
		p, d := f.platform(bulkFrom(10)), newDesk().withSpool(t)
		p.size, p.filePart = 4, int64(10_000+dice.IntN(60_000))
		d.step = func(sync.Batch) error {
			if dice.Float64() < 0.05 {
				for _, file := range d.left() {
					_ = os.Remove(file)
				}
			}
			if dice.Float64() < 0.2 {
				return errKilled
			}
			return nil
		}
		d.pull(t, p)
		d.step, f.fault = nil, nil
		if !slices.Equal(d.orders[ids[3]].Tags, []string{"x"}) || len(d.orders) != 14 {
			t.Fatalf("seed %d: %d orders, %v, asked %v, %s", seed, len(d.orders), d.notes, f.asked, d.cursors)
		}
		f.hold(t, fmt.Sprintf("seed %d", seed), d)
		if len(d.notes) == 0 {
			byBulk++
		}
		if t.Failed() {
			return
		}
	}
	t.Logf("%d of %d by a bulk operation", byBulk, schedules.Count())
	if byBulk < int(schedules.Count())/2 {
		t.Error("most of them were paged")
	}
}
