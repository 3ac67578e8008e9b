package shopify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/sync"
)

// Bulk operations of the stand-in.

// bulkEnd is how an operation ends.
type bulkEnd string

const (
	bulkFine     bulkEnd = "COMPLETED"
	bulkFailed   bulkEnd = "FAILED INTERNAL_SERVER_ERROR"
	bulkDenied   bulkEnd = "FAILED ACCESS_DENIED"
	bulkTimeout  bulkEnd = "FAILED TIMEOUT"
	bulkCanceled bulkEnd = "CANCELED"
	bulkExpired  bulkEnd = "EXPIRED"
	bulkUnknown  bulkEnd = "ON_THE_MOON"
	bulkForgot   bulkEnd = "not known any more"
	bulkNever    bulkEnd = "RUNNING"
	bulkNoFile   bulkEnd = "COMPLETED without a file"
	bulkShort    bulkEnd = "COMPLETED with half of it"
)

// fileFault is how the host of its file fails.
type fileFault string

const (
	fileFine   fileFault = ""
	fileCut    fileFault = "cut in the middle"
	fileWhole  fileFault = "ranges are ignored"
	fileBusy   fileFault = "503"
	fileGone   fileFault = "404"
	fileDenied fileFault = "403"
	fileOther  fileFault = "another file than before"
	filePacked fileFault = "packed"
	fileHTML   fileFault = "a web page"
)

const filesHost = "files.example"

type bulks struct {
	all     []object
	running int // operations of others
	limit   int
	end     func(n int) bulkEnd // of the n-th operation
	file    func() fileFault
	mix     *rand.Rand // puts the lines out of order; nil = as they come
	during  func()     // something that happens in the store after the file was written
	served  int64      // bytes of files
	ranges  []string
	refuse  string // run-time refusal of the query
	base    string // where the files are
}

func (f *fake) bulkRun(args map[string]any) (any, *problem) {
	query, _ := args["query"].(string)
	fail := func(code, what string) (any, *problem) {
		return object{"bulkOperation": nil, "userErrors": []object{{"code": code, "field": []string{"query"}, "message": what}}}, nil
	}
	if why := f.bulkRules(query); why != "" {
		f.t.Error(why)
		return fail("INVALID", why)
	}
	live := f.bulk.running
	for _, o := range f.bulk.all {
		if o["status"] == "RUNNING" || o["status"] == "CREATED" {
			live++
		}
	}
	switch {
	case f.bulk.refuse != "":
		return fail("INVALID", f.bulk.refuse)
	case live >= f.bulk.limit && f.bulk.limit == 1:
		return fail("OPERATION_IN_PROGRESS", "A bulk query operation for this app and shop is already in progress: gid://shopify/BulkOperation/1.")
	case live >= f.bulk.limit:
		return fail("LIMIT_REACHED", "The maximum number of bulk query operations is running.")
	}
	f.next++
	f.made["bulk"]++
	data, orders, lines := f.export(query)
	o := object{
		"id": fmt.Sprintf("gid://shopify/BulkOperation/%d", f.next), "type": "QUERY", "status": "CREATED", "errorCode": nil, "createdAt": stamp(f.now()),
		"completedAt": nil, "objectCount": "0", "rootObjectCount": "0", "fileSize": nil, "url": nil, "partialDataUrl": nil, "query": query,
		"_data": data, "_orders": orders, "_lines": lines, "_polls": 0, "_n": len(f.bulk.all),
	}
	f.bulk.all = append(f.bulk.all, o)
	if f.bulk.during != nil {
		f.bulk.during()
	}
	return object{"bulkOperation": o, "userErrors": []object{}}, nil
}

// bulkRules says what of a query Shopify would refuse in a bulk operation.
func (f *fake) bulkRules(query string) string {
	doc, err := parser.ParseQuery(&ast.Source{Input: query})
	if err != nil {
		return err.Error()
	}
	if len(doc.Operations) != 1 || len(doc.Operations[0].VariableDefinitions) > 0 || len(doc.Fragments) > 0 {
		return "one operation without variables is expected"
	}
	if schema := officialSchema(); schema != nil {
		if errs := validator.Validate(schema, doc); errs != nil {
			return errs.Error()
		}
		connections, why := 0, ""
		var walk func(set ast.SelectionSet, depth int, list bool)
		walk = func(set ast.SelectionSet, depth int, list bool) {
			for _, s := range set {
				field, ok := s.(*ast.Field)
				if !ok {
					why = "only fields are expected"
					continue
				}
				kind, inner, many := field.Definition.Type.Name(), depth, list || field.Definition.Type.Elem != nil && field.Name != "edges"
				if strings.HasSuffix(kind, "Connection") {
					connections, inner = connections+1, depth+1
					switch edges, node := child(field, "edges"), child(child(field, "edges"), "node"); {
					case list:
						why = "a connection within a list: " + field.Name
					case field.Arguments.ForName("first") != nil:
						why = "pages are not asked for: " + field.Name
					case edges == nil || node == nil || child(node, "id") == nil || len(field.SelectionSet) != 1:
						why = "edges, node and id are expected in " + field.Name
					}
				}
				walk(field.SelectionSet, inner, many)
			}
		}
		walk(doc.Operations[0].SelectionSet, -1, false)
		if connections < 1 || connections > 5 || why != "" {
			return cmpWhy(why, fmt.Sprintf("%d connections", connections))
		}
	}
	return ""
}

func cmpWhy(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func child(f *ast.Field, name string) *ast.Field {
	if f == nil {
		return nil
	}
	for _, s := range f.SelectionSet {
		if c, ok := s.(*ast.Field); ok && c.Name == name {
			return c
		}
	}
	return nil
}

// export writes the file of an operation.
func (f *fake) export(query string) (data []byte, orders, lines int) {
	doc, err := parser.ParseQuery(&ast.Source{Input: query})
	if err != nil {
		f.t.Fatal(err)
	}
	e := &execution{f: f, doc: doc}
	node := child(child(child(&ast.Field{SelectionSet: doc.Operations[0].SelectionSet}, "orders"), "edges"), "node")
	line := child(child(child(node, "lineItems"), "edges"), "node")
	head := slices.DeleteFunc(slices.Clone(node.SelectionSet), func(s ast.Selection) bool {
		c, ok := s.(*ast.Field)
		return ok && c.Name == "lineItems"
	})
	var all [][]byte
	put := func(o object) {
		raw, err := json.Marshal(o)
		if err != nil {
			f.t.Fatal(err)
		}
		all = append(all, append(raw, '\n'))
	}
	for _, o := range f.seen() {
		put(e.project(o, head))
		for _, l := range (rec{o}).list("lines") {
			got := e.project(l, line.SelectionSet)
			got["__parentId"] = o["id"]
			put(got)
			lines++
		}
		orders++
	}
	if f.bulk.mix != nil {
		f.bulk.mix.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	}
	return bytes.Join(all, nil), orders, orders + lines
}

// bulkPolled is an operation as it is now: it gets on whenever it is asked for.
func (f *fake) bulkPolled(id any) object {
	i := slices.IndexFunc(f.bulk.all, func(o object) bool { return o["id"] == id })
	if i < 0 {
		return nil
	}
	o := f.bulk.all[i]
	o["_polls"] = o["_polls"].(int) + 1
	end := bulkFine
	if f.bulk.end != nil {
		end = f.bulk.end(o["_n"].(int))
	}
	data := o["_data"].([]byte)
	if o["_polls"].(int) < 3 || end == bulkNever {
		o["status"], o["objectCount"], o["rootObjectCount"] = "RUNNING", strconv.Itoa(o["_lines"].(int)/2), strconv.Itoa(o["_orders"].(int)/2)
		return o
	}
	url := f.bulk.base + "/bulk/" + strconv.Itoa(i) + "?X-Goog-Signature=" + fileSecret
	status, code, _ := strings.Cut(string(end), " ")
	o["status"], o["objectCount"], o["rootObjectCount"] = status, strconv.Itoa(o["_lines"].(int)), strconv.Itoa(o["_orders"].(int))
	switch end {
	case bulkForgot:
		return nil
	case bulkFailed, bulkDenied, bulkTimeout:
		o["errorCode"], o["partialDataUrl"] = code, url
	case bulkShort:
		o["_data"] = data[:bytes.LastIndexByte(data[:len(data)/2], '\n')+1]
		o["url"], o["fileSize"] = url, strconv.Itoa(len(o["_data"].([]byte)))
	case bulkFine:
		if len(data) > 0 {
			o["url"], o["fileSize"], o["completedAt"] = url, strconv.Itoa(len(data)), stamp(f.now())
		}
	}
	return o
}

const fileSecret = "a-signature-that-nobody-may-see"

// serveFile gives a part of a file, as the host of Shopify's files does.
func (f *fake) serveFile(r *http.Request) (*http.Response, error) {
	for _, h := range []string{"X-Shopify-Access-Token", "Authorization", "Cookie", "Referer"} {
		if r.Header.Get(h) != "" {
			f.t.Errorf("the files' host is told our %s", h)
		}
	}
	f.asked["file"]++
	i := slices.IndexFunc(f.bulk.all, func(o object) bool { return r.URL.Path == "/bulk/"+strconv.Itoa(o["_n"].(int)) })
	if i < 0 || r.URL.Query().Get("X-Goog-Signature") != fileSecret || r.Method != http.MethodGet {
		return answerWith(403, "<Error><Code>AccessDenied</Code></Error>", http.Header{"Content-Type": {"application/xml"}}), nil
	}
	data, bad := f.bulk.all[i]["_data"].([]byte), fileFine
	if f.bulk.file != nil {
		bad = f.bulk.file()
	}
	tag := `"` + r.URL.Path + `"`
	switch bad {
	case fileBusy:
		return answerWith(503, "busy", nil), nil
	case fileGone:
		return answerWith(404, "<Error><Code>NoSuchKey</Code></Error>", http.Header{"Content-Type": {"application/xml"}}), nil
	case fileDenied:
		return answerWith(403, "<Error><Code>ExpiredToken</Code></Error>", http.Header{"Content-Type": {"application/xml"}}), nil
	case filePacked:
		return answerWith(200, "packed", http.Header{"Content-Encoding": {"gzip"}}), nil
	case fileHTML:
		return answerWith(200, "<html>", http.Header{"Content-Type": {"text/html"}}), nil
	case fileOther:
		tag = `"another"`
	}
	var from, to int
	f.bulk.ranges = append(f.bulk.ranges, r.Header.Get("Range"))
	n, _ := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-%d", &from, &to)
	status, header := 206, http.Header{"Etag": {tag}, "Content-Type": {"application/octet-stream"}}
	if n < 2 {
		to = len(data) - 1
	}
	if n == 0 || bad == fileWhole {
		status, from, to = 200, 0, len(data)-1
	}
	if from >= len(data) {
		return answerWith(416, "", http.Header{"Content-Range": {fmt.Sprintf("bytes */%d", len(data))}}), nil
	}
	to = min(to, len(data)-1)
	part := data[from : to+1]
	if status == 206 {
		header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, to, len(data)))
	}
	var body io.Reader = bytes.NewReader(part)
	if bad == fileCut {
		part = part[:len(part)/2]
		body = io.MultiReader(bytes.NewReader(part), failing{})
	}
	f.bulk.served += int64(len(part))
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(body), ContentLength: int64(to + 1 - from), ProtoMajor: 1, ProtoMinor: 1}, nil
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// someFileFaults fails now and then, as a seed has it.
func someFileFaults(d *rand.Rand, share float64) func() fileFault {
	some := []fileFault{fileCut, fileCut, fileWhole, fileBusy, fileOther}
	return func() fileFault {
		if d.Float64() < share {
			return some[d.IntN(len(some))]
		}
		return fileFine
	}
}

// spooler is a desk with a place for a file.
type spooler struct {
	*desk
	path string
	full bool // the disk has no room
}

type fullSpool struct{ sync.Spool }

func (fullSpool) Add(context.Context, []store.SpoolRow, []byte) error {
	return &store.Error{Code: store.Full, Text: "no room"}
}

func (d *desk) withSpool(t testing.TB) *desk {
	d.known = spooler{d, filepath.Join(t.TempDir(), "spool"), false}
	return d
}

func (s spooler) Spool(ctx context.Context) (sync.Spool, error) {
	got, err := store.OpenSpool(ctx, s.path)
	if err != nil {
		return nil, err
	}
	if s.full {
		return fullSpool{got}, nil
	}
	return got, nil
}

// left are the files of the spool.
func (d *desk) left() []string {
	s, ok := d.known.(spooler)
	if !ok {
		return nil
	}
	files, _ := filepath.Glob(s.path + "*")
	return files
}

var errKilled = errors.New("killed")
