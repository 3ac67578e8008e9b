package shopify

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	gosync "sync"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
)

const fakeToken = "shpat_0123456789abcdef0123456789abcdef"

// object is a thing of the store; a value may be a resolver, which is asked with the arguments of its field.
type object = map[string]any

type resolver func(args map[string]any) (any, *problem)

// problem is an entry of "errors".
type problem struct {
	code, message string
	more          object
}

// fake is a Shopify of sorts behind an http.RoundTripper. It carries out what is asked for field by field, so that nothing
// comes that was not asked for; it refuses what the real one refuses, and fails as it does.
type fake struct {
	t  testing.TB
	mu gosync.Mutex

	orders    []object // as they were made
	drafts    []object
	events    []object
	mutations map[string]resolver
	next      int
	now       func() time.Time
	clock     time.Time
	most      float64 // points; 0 = no limit
	left      float64
	rate      float64
	at        time.Time
	throttled int
	used      float64
	scopes    []string
	tokens    map[string]time.Time // that client credentials gave
	withheld  bool                 // data of customers is null
	version   string
	dear      float64 // what a page costs more than usual
	made      map[string]int
	asked     map[string]int
	fault     func(name string) fault
	schema    *ast.Schema
	mails     int
	late      bool // a search does not find what was made just now
	bulk      bulks
	refunded  []any // the lines of the last refund
}

type fault string

const (
	fine      fault = ""
	cut       fault = "connection cut"
	after     fault = "connection cut after it was done"
	throttle  fault = "throttled, as 200"
	tooMuch   fault = "429"
	broken    fault = "500"
	brokenBut fault = "500 after it was done"
	internal  fault = "internal error, as 200, after it was done"
	page      fault = "a web page"
	half      fault = "half of the JSON"
)

var faults = []fault{cut, after, throttle, tooMuch, broken, brokenBut, internal, page, half}

var everyScope = []string{
	"read_all_orders", "read_customers", "read_orders", "read_products", "write_draft_orders",
	"write_merchant_managed_fulfillment_orders", "write_orders", "write_third_party_fulfillment_orders",
}

func newFake(t testing.TB) *fake {
	f := &fake{
		t: t, next: 1000, clock: start, scopes: everyScope, version: Version, made: map[string]int{}, asked: map[string]int{},
		tokens: map[string]time.Time{}, bulk: bulks{limit: 5, base: "https://" + filesHost},
	}
	f.now = func() time.Time { return f.clock }
	f.mutations = f.acts()
	f.schema = officialSchema()
	return f
}

var loaded = gosync.OnceValue(func() *ast.Schema {
	data, err := os.ReadFile(schemaPath)
	if err != nil {
		return nil
	}
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: schemaPath, Input: string(data)})
	if err != nil {
		panic(err)
	}
	return schema
})

const schemaPath = "../../.cache/schemas/shopify-admin-2026-10.graphql"

// officialSchema is Shopify's own, nil where it is not here.
func officialSchema() *ast.Schema { return loaded() }

func (f *fake) platform(change ...func(*Options)) *Platform {
	o := Options{
		URL: "https://shop.example", Key: fakeToken, Version: "test", Transport: f, Clock: f.now,
		Sleep: func(_ context.Context, d time.Duration) error { f.clock = f.clock.Add(d); return nil },
	}
	for _, c := range change {
		c(&o)
	}
	p, err := New(o)
	if err != nil {
		f.t.Fatal(err)
	}
	return p
}

func answerWith(status int, body string, h http.Header) *http.Response {
	if h == nil {
		h = http.Header{}
	}
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", "application/json")
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), ProtoMajor: 1, ProtoMinor: 1}
}

func (f *fake) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.URL.Host == filesHost || strings.HasPrefix(r.URL.Path, "/bulk/") {
		return f.serveFile(r)
	}
	if r.URL.Path == "/admin/oauth/access_token" {
		return f.grant(r, body)
	}
	token := r.Header.Get("X-Shopify-Access-Token")
	until, issued := f.tokens[token]
	switch {
	case r.URL.Path != "/admin/api/"+Version+"/graphql.json" || r.URL.RawQuery != "":
		return answerWith(404, `{"errors":"Not Found"}`, nil), nil
	case r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json":
		return answerWith(400, `{"errors":{"query":"Required parameter missing or invalid"}}`, nil), nil
	case r.Header.Get("Authorization") != "", token != fakeToken && (!issued || !f.now().Before(until)):
		return answerWith(401, `{"errors":"[API] Invalid API key or access token"}`, nil), nil
	}
	var in struct {
		Name  string         `json:"operationName"`
		Query string         `json:"query"`
		Vars  map[string]any `json:"variables"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return answerWith(400, `{"errors":{"query":"Required parameter missing or invalid"}}`, nil), nil
	}
	f.asked[in.Name]++
	bad := fine
	if f.fault != nil {
		bad = f.fault(in.Name)
	}
	switch bad {
	case cut:
		return nil, io.ErrUnexpectedEOF
	case tooMuch:
		return answerWith(429, `{"errors":"Exceeded 2 calls per second for api client."}`, http.Header{"Retry-After": {"4.0"}}), nil
	case broken:
		return answerWith(500, `{"errors":"Internal Server Error"}`, nil), nil
	case page:
		return answerWith(503, "<html><title>Something went wrong</title></html>", http.Header{"Content-Type": {"text/html"}}), nil
	case throttle:
		return answerWith(200, `{"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED","documentation":"https://shopify.dev/api/usage/rate-limits"}}],`+
			`"extensions":{"cost":{"requestedQueryCost":862,"actualQueryCost":null,"throttleStatus":{"maximumAvailable":4000.0,"currentlyAvailable":572,"restoreRate":200.0}}}}`, nil), nil
	}
	out := f.execute(in.Name, in.Query, in.Vars)
	data, err := json.Marshal(out)
	if err != nil {
		f.t.Error(err)
	}
	switch bad {
	case after:
		return nil, io.ErrUnexpectedEOF
	case brokenBut:
		return answerWith(500, `{"errors":"Internal Server Error"}`, nil), nil
	case internal:
		return answerWith(200, `{"errors":[{"message":"Internal error. Looks like something went wrong on our end.","extensions":{"code":"INTERNAL_SERVER_ERROR","requestId":"1b"}}]}`, nil), nil
	case half:
		data = data[:len(data)/2]
	}
	return answerWith(200, string(data), http.Header{"X-Shopify-Api-Version": {f.version}}), nil
}

func (f *fake) grant(r *http.Request, body []byte) (*http.Response, error) {
	q, _ := url.ParseQuery(string(body))
	if r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" || q.Get("grant_type") != "client_credentials" ||
		q.Get("client_id") != "client" || q.Get("client_secret") != "very-secret" {
		return answerWith(400, `{"error":"invalid_client"}`, nil), nil
	}
	f.next++
	token := "shpat_" + strconv.Itoa(f.next)
	f.tokens[token] = f.now().Add(24 * time.Hour)
	f.asked["token"]++
	return answerWith(200, `{"access_token":"`+token+`","scope":"read_orders","expires_in":86399}`, nil), nil
}

// parsed keeps what was read and held against the schema.
var parsed documents

type document struct {
	doc     *ast.QueryDocument
	checked bool
}

type documents struct{ all gosync.Map }

func (d *documents) Load(query string) (document, bool) {
	v, ok := d.all.Load(query)
	if !ok {
		return document{}, false
	}
	return v.(document), true
}

func (d *documents) Store(query string, v document) { d.all.Store(query, v) }

// execute carries out one operation.
func (f *fake) execute(name, query string, vars map[string]any) object {
	var doc *ast.QueryDocument
	if known, ok := parsed.Load(query); ok && (known.checked || f.schema == nil) {
		doc = known.doc
	} else {
		var err error
		if doc, err = parser.ParseQuery(&ast.Source{Input: query}); err != nil {
			return failed(problem{"", "syntax error: " + err.Error(), nil})
		}
		if f.schema != nil {
			if errs := validator.Validate(f.schema, doc); errs != nil {
				f.t.Errorf("%s does not hold against Shopify's schema: %v", name, errs)
			}
		}
		parsed.Store(query, document{doc, f.schema != nil})
	}
	op := doc.Operations.ForName(name)
	if op == nil {
		return failed(problem{"", "No operation named " + name, nil})
	}
	if f.schema != nil {
		if _, err := validator.VariableValues(f.schema, op, vars); err != nil {
			f.t.Errorf("the variables of %s do not hold against Shopify's schema: %v", name, err)
		}
	}
	e := &execution{f: f, vars: vars, doc: doc}
	cost := e.cost(op.SelectionSet)
	root := f.queries()
	if op.Operation == ast.Mutation {
		cost = 10
		root = object{}
		for k, v := range f.mutations {
			root[k] = v
		}
	} else if name == "Orders" {
		cost += f.dear
	}
	if cost > 1000 {
		return failed(problem{"MAX_COST_EXCEEDED", fmt.Sprintf("Query cost is %.0f, which exceeds the single query max cost limit (1000).", cost), object{"cost": cost, "maxCost": 1000}})
	}
	if f.most > 0 {
		f.left = min(f.most, f.left+f.rate*f.now().Sub(f.at).Seconds())
		f.at = f.now()
		if cost > f.left {
			f.throttled++
			out := failed(problem{"THROTTLED", "Throttled", nil})
			out["extensions"] = f.extensions(cost, nil)
			return out
		}
		f.left -= cost / 2
		f.used += cost / 2
	}
	data := e.project(root, op.SelectionSet)
	out := object{"data": data, "extensions": f.extensions(cost, e.search)}
	if len(e.problems) > 0 {
		out["errors"] = e.problems
		if e.fatal {
			delete(out, "data")
		}
	}
	return out
}

func failed(p problem) object {
	return object{"errors": []object{p.entry(nil)}}
}

func (p problem) entry(path []any) object {
	ext := object{}
	for k, v := range p.more {
		ext[k] = v
	}
	if p.code != "" {
		ext["code"] = p.code
	}
	return object{"message": p.message, "extensions": ext, "path": path}
}

func (f *fake) extensions(cost float64, search []object) object {
	most, left, rate := f.most, f.left, f.rate
	if most == 0 {
		most, left, rate = 4000, 4000, 200
	}
	out := object{"cost": object{
		"requestedQueryCost": cost, "actualQueryCost": cost / 2,
		"throttleStatus": object{"maximumAvailable": most, "currentlyAvailable": left, "restoreRate": rate},
	}}
	if search != nil {
		out["search"] = search
	}
	return out
}

type execution struct {
	f        *fake
	vars     map[string]any
	doc      *ast.QueryDocument
	problems []object
	search   []object
	fatal    bool
}

// fieldsOf lays fragments out.
func (e *execution) fieldsOf(set ast.SelectionSet) (out []*ast.Field) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			out = append(out, s)
		case *ast.InlineFragment:
			out = append(out, e.fieldsOf(s.SelectionSet)...)
		case *ast.FragmentSpread:
			out = append(out, e.fieldsOf(e.doc.Fragments.ForName(s.Name).SelectionSet)...)
		}
	}
	return out
}

func (e *execution) args(field *ast.Field) map[string]any {
	out := map[string]any{}
	for _, a := range field.Arguments {
		v, err := a.Value.Value(e.vars)
		if err != nil {
			e.f.t.Errorf("%s: %v", field.Name, err)
		}
		out[a.Name] = v
	}
	for _, d := range field.Directives {
		if d.Name == "idempotent" {
			v, _ := d.Arguments.ForName("key").Value.Value(e.vars)
			out["@idempotent"] = v
		}
	}
	return out
}

// cost is less than linear in the sizes of the pages, as it was measured to be.
func (e *execution) cost(set ast.SelectionSet) float64 {
	sum := 0.0
	for _, field := range e.fieldsOf(set) {
		if len(field.SelectionSet) == 0 {
			continue
		}
		inner := 1 + e.cost(field.SelectionSet)
		if first, ok := count(e.args(field)["first"]); ok {
			inner = 2 + inner*float64(first)/25
		}
		sum += inner
	}
	return sum
}

func count(v any) (int, bool) {
	switch n := v.(type) {
	case int64:
		return int(n), true
	case float64:
		return int(n), true
	case int:
		return n, true
	}
	return 0, false
}

func (e *execution) project(o object, set ast.SelectionSet) object {
	out := object{}
	for _, field := range e.fieldsOf(set) {
		if field.Name == "__typename" {
			out[field.Alias] = "Thing"
			continue
		}
		v, ok := o[field.Name]
		if !ok && !isNode(o) {
			e.f.t.Errorf("the stand-in has no field %s", field.Name)
		}
		if ask, isAsk := v.(resolver); isAsk {
			var bad *problem
			if v, bad = ask(e.args(field)); bad != nil {
				if bad.code == "search" {
					e.search = append(e.search, bad.more)
				} else {
					e.problems = append(e.problems, bad.entry([]any{field.Name}))
					e.fatal = e.fatal || bad.code != "ACCESS_DENIED" || v == nil
				}
			}
		}
		out[field.Alias] = e.value(v, field.SelectionSet)
	}
	return out
}

// isNode tells the things apart of which some kinds lack fields.
func isNode(o object) bool { return o["__kind"] != nil }

func (e *execution) value(v any, set ast.SelectionSet) any {
	switch v := v.(type) {
	case object:
		if v == nil {
			return nil
		}
		return e.project(v, set)
	case []object:
		out := make([]any, len(v))
		for i := range v {
			if v[i] != nil {
				out[i] = e.project(v[i], set)
			}
		}
		return out
	}
	return v
}

// connection gives a list page by page.
func connection(all func(args map[string]any) ([]object, *problem)) resolver {
	return func(args map[string]any) (any, *problem) {
		list, bad := all(args)
		if bad != nil && bad.code != "search" {
			return nil, bad
		}
		first, ok := count(args["first"])
		if !ok || first < 1 || first > 250 {
			return nil, &problem{"BAD_REQUEST", "first cannot exceed 250", nil}
		}
		from := 0
		if cursor, _ := args["after"].(string); cursor != "" {
			raw, err := base64.StdEncoding.DecodeString(cursor)
			var at struct {
				ID    string `json:"last_id"`
				Value string `json:"last_value"`
			}
			if err != nil || json.Unmarshal(raw, &at) != nil {
				return nil, &problem{"BAD_REQUEST", "Invalid cursor for current pagination sort.", nil}
			}
			for from < len(list) && (keyOf(list[from]) < at.Value || keyOf(list[from]) == at.Value && list[from]["id"].(string) <= at.ID) {
				from++
			}
		}
		list = list[from:]
		more := len(list) > first
		list = list[:min(first, len(list))]
		info := object{"hasNextPage": more, "endCursor": nil}
		if len(list) > 0 {
			last := list[len(list)-1]
			raw, _ := json.Marshal(map[string]string{"last_id": last["id"].(string), "last_value": keyOf(last)})
			info["endCursor"] = base64.StdEncoding.EncodeToString(raw)
		}
		return object{"nodes": list, "pageInfo": info}, bad
	}
}

func keyOf(o object) string {
	if s, ok := o["updatedAt"].(string); ok {
		return s
	}
	return ""
}

func listOf(list func() []object) resolver {
	return connection(func(map[string]any) ([]object, *problem) { return list(), nil })
}

// plain gives the first of a list, without a word of the others.
func plain(list func() []object) resolver {
	return func(args map[string]any) (any, *problem) {
		all := list()
		if first, ok := count(args["first"]); ok {
			all = all[:min(len(all), first)]
		}
		return all, nil
	}
}

var (
	quoted   = regexp.MustCompile(`(\w+):>='([^']*)'`)
	unquoted = regexp.MustCompile(`(\w+):>=([^'\s]\S*)`)
)

// found is what a search finds. A date without quotes is split at its colons.
func found(all []object, query string) ([]object, *problem) {
	if m := unquoted.FindStringSubmatch(query); m != nil {
		return all, &problem{"search", "", object{"path": []string{"orders"}, "query": query, "warnings": []object{
			{"field": "00", "message": "Invalid search field for this query.", "code": "invalid_field"},
		}}}
	}
	for _, m := range quoted.FindAllStringSubmatch(query, -1) {
		field := map[string]string{"updated_at": "updatedAt", "created_at": "createdAt"}[m[1]]
		since, err := time.Parse(time.RFC3339, m[2])
		if err != nil {
			return nil, &problem{"search", "", object{"warnings": []object{{"field": m[1], "message": "Invalid timestamp"}}}}
		}
		all = slices.DeleteFunc(slices.Clone(all), func(o object) bool {
			at, _ := time.Parse(time.RFC3339, o[field].(string))
			return at.Before(since)
		})
	}
	return all, nil
}

// someFaults fails now and then, as a seed has it.
func someFaults(seed uint64, share float64) func(string) fault {
	d := rand.New(rand.NewPCG(seed, 7)) //nolint:gosec // a test that can be repeated
	return func(string) fault {
		if d.Float64() < share {
			return faults[d.IntN(len(faults))]
		}
		return fine
	}
}
