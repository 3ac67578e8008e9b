package vendure

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/orderdeck/orderdeck/sync"
)

// door is a Vendure that lets in those who logged in, by whatever it hands out.
type door struct {
	t      *testing.T
	hands  http.Header // with the answer to a login
	opens  func(http.Header) bool
	logins int
	mayNot string // an operation that is forbidden to everybody
}

// RoundTrip implements http.RoundTripper.
func (d *door) RoundTrip(req *http.Request) (*http.Response, error) {
	data, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	var q struct {
		OperationName string
		Variables     struct{ User, Password string }
	}
	if err := json.Unmarshal(data, &q); err != nil {
		return nil, err
	}
	header, body := http.Header{"Content-Type": {"application/json"}}, ""
	switch {
	case q.OperationName == "Login" && q.Variables.User == "anna" && q.Variables.Password == "ge:heim":
		d.logins++
		for k, v := range d.hands {
			header[k] = v
		}
		body = `{"data":{"login":{"__typename":"CurrentUser","id":"1"}}}`
	case q.OperationName == "Login":
		body = `{"data":{"login":{"__typename":"InvalidCredentialsError","errorCode":"INVALID_CREDENTIALS_ERROR","message":"The provided credentials are invalid"}}}`
	case !d.opens(req.Header), slices.Contains(strings.Fields(d.mayNot), q.OperationName):
		body = `{"errors":[{"message":"You are not currently authorized to perform this action","extensions":{"code":"FORBIDDEN"}}],"data":null}`
	case q.OperationName == "Shop":
		data, err := os.ReadFile("testdata/shop.json")
		if err != nil {
			return nil, err
		}
		body = string(data)
	case q.OperationName == "CustomFields":
		body = `{"data":{"globalSettings":{"serverConfig":{"entityCustomFields":[]}}}}`
	case q.OperationName == "Me":
		body = `{"data":{"me":{"channels":[{"id":"1","permissions":["ReadOrder","UpdateOrder","ReadCatalog"]}]}}}`
	case q.OperationName == "MayUpdate":
		body = `{"data":{"deleteOrderNote":{"result":"NOT_DELETED"}}}`
	case q.OperationName == "MayCreate":
		body = `{"errors":[{"message":"No Order with the id \"0\" could be found","extensions":{"code":"ENTITY_NOT_FOUND"}}],"data":null}`
	case q.OperationName == "Newest":
		body = `{"data":{"orders":{"totalItems":41,"items":[]}}}`
	default:
		d.t.Errorf("unexpected operation %q", q.OperationName)
	}
	return &http.Response{StatusCode: http.StatusOK, Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: req}, nil
}

func (d *door) knock(t *testing.T, key string) (*Platform, sync.Info, error) {
	t.Helper()
	p, err := New(Options{URL: "https://shop.example", Key: key, Transport: d})
	if err != nil {
		t.Fatal(err)
	}
	info, err := p.Test(t.Context())
	return p, info, err
}

func TestWaysIn(t *testing.T) {
	for _, tc := range []struct {
		name, key string
		hands     http.Header
		opens     func(http.Header) bool
		says      string // "" = it lets us in
	}{
		{"API key", fakeKey, nil, func(h http.Header) bool { return h.Get("Vendure-Api-Key") == fakeKey }, ""},
		{
			"bearer", "anna:ge:heim",
			http.Header{"Vendure-Auth-Token": {"tok"}},
			func(h http.Header) bool { return h.Get("Authorization") == "Bearer tok" }, "",
		},
		{
			"cookies", "anna:ge:heim",
			http.Header{"Set-Cookie": {"session=abc; path=/; httponly", "session.sig=def; path=/"}},
			func(h http.Header) bool { return h.Get("Cookie") == "session=abc; session.sig=def" }, "",
		},
		{"neither", "anna:ge:heim", nil, func(http.Header) bool { return false }, "neither a token nor a cookie"},
		{"API keys are switched off", fakeKey, nil, func(http.Header) bool { return false }, "tokenMethod"},
		{"wrong password", "anna:falsch", nil, func(http.Header) bool { return false }, "“The provided credentials are invalid”"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := &door{t: t, hands: tc.hands, opens: tc.opens}
			_, info, err := d.knock(t, tc.key)
			if tc.says == "" {
				if err != nil || info.Currency != "USD" || info.Orders != 41 {
					t.Errorf("%+v, %v", info, err)
				}
				return
			}
			if sync.KindOf(err) != sync.Auth || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestLettingInButNotAtTheOrders(t *testing.T) {
	d := &door{t: t, opens: func(http.Header) bool { return true }, mayNot: "Newest"}
	_, _, err := d.knock(t, fakeKey)
	if sync.KindOf(err) != sync.Auth || !strings.Contains(err.Error(), "not at its orders") || !strings.Contains(err.Error(), "ReadOrder") {
		t.Errorf("%v", err)
	}
}

func TestASessionThatRanOutIsRenewedOnce(t *testing.T) {
	valid := "one"
	d := &door{t: t, hands: http.Header{"Vendure-Auth-Token": {"one"}}}
	d.opens = func(h http.Header) bool { return h.Get("Authorization") == "Bearer "+valid }
	p, _, err := d.knock(t, "anna:ge:heim")
	if err != nil || d.logins != 1 {
		t.Fatalf("%v, %d logins", err, d.logins)
	}
	valid, d.hands = "two", http.Header{"Vendure-Auth-Token": {"two"}}
	if _, err := p.Test(t.Context()); err != nil || d.logins != 2 {
		t.Errorf("%v, %d logins", err, d.logins)
	}
	valid = "three" // and now a login does not help
	if _, err := p.Test(t.Context()); sync.KindOf(err) != sync.Auth || d.logins != 3 {
		t.Errorf("%v, %d logins", err, d.logins)
	}
}

func TestPermissionsAreToldToThoseWhoLoggedIn(t *testing.T) {
	d := &door{t: t, hands: http.Header{"Vendure-Auth-Token": {"x"}}, opens: func(http.Header) bool { return true }}
	_, info, err := d.knock(t, "anna:ge:heim")
	if err != nil || strings.Join(info.Permissions, " ") != "ReadOrder UpdateOrder" {
		t.Errorf("%v, %v", info.Permissions, err)
	}
	if len(info.Warnings) != 1 || !strings.Contains(info.Warnings[0], "CreateOrder") {
		t.Errorf("%q", info.Warnings)
	}
}

// TestTheRightsOfAKeyAreTried, since an API key is not told them.
func TestTheRightsOfAKeyAreTried(t *testing.T) {
	for mayNot, want := range map[string]string{
		"Me": "ReadOrder UpdateOrder CreateOrder", "Me MayUpdate": "ReadOrder CreateOrder", "Me MayCreate": "ReadOrder UpdateOrder",
		"Me MayUpdate MayCreate": "ReadOrder",
	} {
		d := &door{t: t, opens: func(http.Header) bool { return true }, mayNot: mayNot}
		_, info, err := d.knock(t, fakeKey)
		if err != nil || strings.Join(info.Permissions, " ") != want || len(info.Permissions)+len(info.Warnings) != 3 {
			t.Errorf("%s: %q %q %v", mayNot, info.Permissions, info.Warnings, err)
		}
	}
}
