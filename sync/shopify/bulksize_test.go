package shopify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/shopify/admin"
)

// manyOrders is a store whose file is written while it is read: so many orders, with three lines each.
type manyOrders struct {
	hello      string
	head, line []byte // of an order and a line; %010d in them is the number
	orders     int
	size       int64
}

func newManyOrders(t testing.TB, orders int) *manyOrders {
	f := newFake(t)
	f.add(start, nil)
	data, _, _ := f.export(bulkQuery)
	lines := strings.SplitAfter(strings.TrimSuffix(string(data), "\n"), "\n")
	id := f.orders[0]["legacyResourceId"].(string)
	lineID := number((rec{f.orders[0]}).list("lines")[0]["id"].(string))
	hello, _ := json.Marshal(f.execute("Hello", admin.Hello_Operation, nil))
	m := &manyOrders{
		hello: string(hello), orders: orders,
		head: []byte(strings.ReplaceAll(lines[0], id, "%010d")),
		line: []byte(strings.ReplaceAll(strings.ReplaceAll(lines[1]+"\n", lineID+`"`, `%011d"`), id, "%010d")),
	}
	m.size = int64(orders) * m.each()
	return m
}

func (m *manyOrders) each() int64 { return int64(len(m.order(0))) }

// order writes one order with its lines, the same number of bytes for each.
func (m *manyOrders) order(n int) []byte {
	id := []byte(fmt.Sprintf("%010d", n+1))
	out := bytes.ReplaceAll(m.head, []byte("%010d"), id)
	for i := range 3 {
		l := bytes.ReplaceAll(m.line, []byte("%010d"), id)
		out = append(out, bytes.ReplaceAll(l, []byte("%011d"), []byte(fmt.Sprintf("%010d%d", n+1, i)))...)
	}
	return out
}

func (m *manyOrders) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host == filesHost {
		var from, to int64
		_, _ = fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-%d", &from, &to)
		to = min(to, m.size-1)
		read, write := io.Pipe()
		go func() {
			each, at := m.each(), from
			for at <= to {
				o := m.order(int(at / each))
				part := o[at%each : min(each, at%each+to+1-at)]
				if _, err := write.Write(part); err != nil {
					return
				}
				at += int64(len(part))
			}
			_ = write.Close()
		}()
		return &http.Response{
			StatusCode: http.StatusPartialContent, Header: http.Header{"Content-Range": {fmt.Sprintf("bytes %d-%d/%d", from, to, m.size)}},
			Body: read, ProtoMajor: 1, ProtoMinor: 1,
		}, nil
	}
	var in struct {
		Name string `json:"operationName"`
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return nil, err
	}
	switch in.Name {
	case "Hello":
		return answerWith(200, m.hello, nil), nil
	case "CountOrders":
		return answerWith(200, fmt.Sprintf(`{"data":{"ordersCount":{"count":%d}}}`, m.orders), nil), nil
	case "RecentBulk":
		return answerWith(200, `{"data":{"bulkOperations":{"nodes":[]}}}`, nil), nil
	case "RunBulk":
		return answerWith(200, `{"data":{"bulkOperationRunQuery":{"bulkOperation":{"id":"gid://shopify/BulkOperation/1","status":"CREATED","createdAt":"2026-11-21T12:00:00Z"},"userErrors":[]}}}`, nil), nil
	case "PollBulk":
		return answerWith(200, fmt.Sprintf(`{"data":{"bulkOperation":{"id":"gid://shopify/BulkOperation/1","status":"COMPLETED","errorCode":null,`+
			`"createdAt":"2026-11-21T12:00:00Z","objectCount":"%d","rootObjectCount":"%d","fileSize":"%d","url":"https://%s/bulk/0","partialDataUrl":null}}}`,
			4*m.orders, m.orders, m.size, filesHost), nil), nil
	case "Destroyed":
		return answerWith(200, `{"data":{"events":{"pageInfo":{"hasNextPage":false,"endCursor":null},"nodes":[]}}}`, nil), nil
	}
	return answerWith(200, `{"data":{"orders":{"pageInfo":{"hasNextPage":false,"endCursor":null},"nodes":[]}}}`, nil), nil
}

// importAll goes through a first import, and gives the number of orders and the most memory that was in use: live = that
// which something still needed.
func importAll(t testing.TB, m *manyOrders, live bool) (orders int, most uint64, took [2]time.Duration) {
	t.Helper()
	p, err := New(Options{URL: "https://shop.example", Key: fakeToken, Transport: m, Clock: func() time.Time { return start }, BulkFrom: 1})
	if err != nil {
		t.Fatal(err)
	}
	d := newDesk().withSpool(t)
	var cursor []byte
	last := int64(0)
	for more := true; more; {
		began := time.Now()
		b, err := p.Pull(t.Context(), streamUpdated, cursor, d.known)
		if err != nil {
			t.Fatal(err)
		}
		if b.Note != "" {
			t.Fatal(b.Note)
		}
		for i := range b.Orders {
			n, _ := strconv.ParseInt(b.Orders[i].Order.ExternalID, 10, 64)
			if n != last+1 || len(b.Orders[i].Order.Lines) != 3 {
				t.Fatalf("order %d after %d, with %d lines", n, last, len(b.Orders[i].Order.Lines))
			}
			last = n
		}
		orders += len(b.Orders)
		if b.Phase == sync.PhaseFile {
			took[0] += time.Since(began)
		} else {
			took[1] += time.Since(began)
		}
		if live {
			runtime.GC()
		}
		var mem runtime.MemStats
		runtime.ReadMemStats(&mem)
		most = max(most, mem.HeapAlloc)
		cursor, more = b.Cursor, b.More
	}
	return orders, most, took
}

// TestALargeFileStreams: what is in memory does not grow with the file.
func TestALargeFileStreams(t *testing.T) {
	m := newManyOrders(t, 8_000)
	_, few, _ := importAll(t, newManyOrders(t, 1_000), true)
	orders, many, _ := importAll(t, m, true)
	if orders != m.orders {
		t.Errorf("%d of %d orders", orders, m.orders)
	}
	if many > few+(4<<20) {
		t.Errorf("%d KB with a file of %d KB, %d KB with an eighth of it", many>>10, m.size>>10, few>>10)
	}
	t.Logf("%d KB of memory for a file of %d KB, %d KB for an eighth of it", many>>10, m.size>>10, few>>10)
}

// BenchmarkBulk imports 250,000 orders in 1,000,000 lines.
func BenchmarkBulk(b *testing.B) {
	for b.Loop() {
		m := newManyOrders(b, 250_000)
		b.SetBytes(m.size)
		orders, most, took := importAll(b, m, false)
		if orders != m.orders {
			b.Fatal(orders)
		}
		b.ReportMetric(float64(most>>20), "MB-heap")
		b.ReportMetric(took[0].Seconds(), "s-file")
		b.ReportMetric(took[1].Seconds(), "s-orders")
	}
}
