package jumpseller

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// validator holds requests and answers against the description.
type validator struct {
	t       testing.TB
	router  routers.Router
	checked int
}

// faultsOfTheDescription are answers that its own samples, or a running store as others report it, contradict.
var faultsOfTheDescription = map[string]string{
	"POST /fulfillments.json":           "the answer is wrapped as order_fulfillment",
	"GET /order/{id}/fulfillments.json": "described as one fulfilment, and a list",
	"GET /orders/{id}/history.json":     "the list's items are wrapped once more",
	"GET /locations.json":               "",
}

func newValidator(t testing.TB, path string) *validator {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var raw any
	if err := json.Unmarshal(data, &raw); err != nil {
		t.Fatal(err)
	}
	mend(raw)
	schemas := raw.(map[string]any)["components"].(map[string]any)["schemas"].(map[string]any)
	if schemas["Error"] == nil { // it is referred to, and not there
		schemas["Error"] = map[string]any{"type": "object"}
	}
	if data, err = json.Marshal(raw); err != nil {
		t.Fatal(err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(data)
	if err != nil {
		t.Fatal(err)
	}
	doc.Servers = openapi3.Servers{{URL: Address + "/v1"}}
	for _, schema := range doc.Components.Schemas {
		loosen(schema, map[*openapi3.Schema]bool{})
	}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	return &validator{t: t, router: router}
}

// mend takes out what no OpenAPI document may have: "required": true, or a text, at a property.
func mend(v any) {
	switch v := v.(type) {
	case map[string]any:
		_, parameter := v["in"]
		_, body := v["content"]
		if _, list := v["required"].([]any); !list && !parameter && !body {
			delete(v, "required")
		}
		for _, x := range v {
			mend(x)
		}
	case []any:
		for _, x := range v {
			mend(x)
		}
	}
}

// loosen lets every value be null, and translated words be any: the description declares it twice in 820 KB, and nulls are normal.
func loosen(ref *openapi3.SchemaRef, seen map[*openapi3.Schema]bool) {
	if ref == nil || ref.Value == nil || seen[ref.Value] {
		return
	}
	seen[ref.Value] = true
	ref.Value.Nullable = true
	for name, p := range ref.Value.Properties {
		switch name {
		case "shipment_status", "fulfillment_status", "status", "status_name":
			p.Value.Enum = nil // translated into the store's language, and listed in English
		case "shipment_status_enum":
			p.Value.Enum = append(p.Value.Enum, "fulfilled") // in its own sample, and not in the list
		}
		loosen(p, seen)
	}
	loosen(ref.Value.Items, seen)
}

func (v *validator) check(r *http.Request, body []byte, res *http.Response, data []byte) {
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	route, params, err := v.router.FindRoute(r)
	if err != nil {
		v.t.Errorf("%s %s is not in the description: %v", r.Method, r.URL.Path, err)
		return
	}
	name := r.Method + " " + route.Path
	in := &openapi3filter.RequestValidationInput{
		Request: r, PathParams: params, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, MultiError: true},
	}
	if err := openapi3filter.ValidateRequest(r.Context(), in); err != nil {
		v.t.Errorf("%s: the request: %s", name, firstLines(err))
	}
	v.checked++
	if _, known := faultsOfTheDescription[name]; known {
		return
	}
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: res.StatusCode, Header: res.Header, Options: in.Options}
	out.SetBodyBytes(data)
	if err := openapi3filter.ValidateResponse(r.Context(), out); err != nil && json.Valid(data) {
		v.t.Errorf("%s: the answer: %s", name, firstLines(err))
	}
}

func firstLines(err error) string {
	lines := strings.SplitN(err.Error(), "\n", 8)
	return strings.Join(lines[:min(len(lines), 7)], "\n")
}
