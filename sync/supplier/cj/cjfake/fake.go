// Package cjfake is a CJdropshipping for tests: it speaks the shapes of CJ's API 2.0 as they are documented and as they
// were seen, and fails in all the ways in which the real one does. What it knows can be kept in a file, so that it
// outlives the program that talks to it.
package cjfake

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Root is where the API is below the server's address.
const Root = "/api2.0/v1"

// Key is the API key that the fake knows.
const Key = "CJ0000001@api@00000000000000000000000000000000"

// Fault is a way in which one request goes wrong.
type Fault string

// The values of Fault. Those whose name ends in After carry the request out first.
const (
	Fine       Fault = ""
	Down       Fault = "500"          // nothing is done
	DownAfter  Fault = "500, after"   // a proxy answers, after it was done
	Busy       Fault = "1600000"      // code: system busy
	TooFast    Fault = "429 rate"     // status 429, code 1600200
	NoPoints   Fault = "429 points"   // status 429, code 16900500
	Bare429    Fault = "429"          // status 429 and no word why
	BadToken   Fault = "1600001"      // the token is no good any more
	Suspended  Fault = "1600005"      // switched off after 30 days
	DropAfter  Fault = "drop, after"  // the connection breaks once it was done
	HangAfter  Fault = "hang, after"  // no answer, though it was done
	GarbageOK  Fault = "garbage"      // status 200 and half of the JSON, after it was done
	EmptyAfter Fault = "empty, after" // code 200 and no data, after it was done
)

// Variant is a product that can be ordered.
type Variant struct {
	VID, PID, SKU, Name, Key string
	Price                    string // as JSON: 3.5, or "15.16 -- 15.17"
	Stock                    int64
	Gone                     bool
	Type                     string // ORDINARY_PRODUCT, PACKAGING_PRODUCT
}

// Line is one product of an order.
type Line struct {
	VID      string `json:"vid"`
	Quantity int64  `json:"quantity"`
	Store    string `json:"storeLineItemId"`
}

// Order is an order as it stands.
type Order struct {
	Code, Numeric, Ref, Status        string
	Sandbox                           bool
	Lines                             []Line
	Logistic, Platform, Country       string
	Remark                            string
	Goods, Freight, Fees              int64 // cents
	Created, Paid, Left               time.Time
	Track, URL, Carrier               string
	Split                             []string
	Dispute                           string
	Confirming, PaidSeen, Intercepted int
	NoLogistic                        bool
}

// Payment is money that was taken.
type Payment struct {
	Code, Ref string
	Cents     int64
	Sandbox   bool
}

// Bill is asked for afterwards.
type Bill struct {
	Order  string
	Status int
	Cents  int64
}

// Dispute is a case.
type Dispute struct {
	ID, Order, Status string
	Deal              int
	Cents             int64
}

// State is what the fake knows.
type State struct {
	Orders    []*Order
	Payments  []Payment
	Bills     []Bill
	Disputes  []Dispute
	Cents     int64 // the balance
	Access    string
	Refresh   string
	Until     time.Time
	LoggedIn  time.Time
	Logins    int
	Refreshes int
	Numbers   int
}

// Quirks are how the fake behaves where the real one has been seen to behave in several ways.
type Quirks struct {
	TakesDuplicates  bool          // a reference that is there already makes a second order
	NoLookup         bool          // an order's detail is not found by our reference
	LookupFails      bool          // the look-up of what is not there is a failure
	LookupAnything   bool          // the look-up of what is not there shows another order
	IgnoresFilter    bool          // the list has all orders whatever the status
	NeverTurns       bool          // the list has the same page again and again
	PageCap          int           // most orders of a page, whatever was asked for
	NoTotal          bool          // the list does not say how long it is
	Withholds        bool          // the list says that there are more than it shows
	Hidden           time.Duration // how long a new order is not shown
	Rise             int64         // cents by which an order is dearer than its quote
	ConfirmLooks     int           // looks during which an order is being confirmed
	PaidLooks        int           // looks during which a paid order is shown as unpaid
	PaysTwice        bool          // paying what is paid charges again
	BalanceCode      int           // code for a balance that does not do; 0 = 1604000
	RefusesPlatforms []string
	TellsTax         bool // the freight says what tax comes on top
	NoCodes          bool // the list has no cjOrderId
	QPS              float64
}

// Server is the fake. It is an http.Handler; Transport serves without a network.
type Server struct {
	File   string // where its state is kept; "" = in memory
	Quirks Quirks
	// Fault is asked before every request but those of logging in; nil = all is well.
	Fault    func(path string) Fault
	Now      func() time.Time
	Variants []Variant
	Methods  map[string]string // logisticName → price as JSON
	// Asked counts the requests by path, Bodies keeps the last body of each.
	Asked  map[string]int
	Bodies map[string]json.RawMessage
	Events map[string]string // of a tracking number: logisticsTrackEvents as JSON

	mu sync.Mutex
	State
}

// New makes a fake with some products and a balance. What a file has is taken up again.
func New(file string) (*Server, error) {
	s := &Server{
		File: file, Now: time.Now, Asked: map[string]int{}, Bodies: map[string]json.RawMessage{}, Events: map[string]string{},
		Methods: map[string]string{"CJPacket Ordinary": "4.71", "USPS+": "6.2"},
		Variants: []Variant{
			{VID: "1000000000000000001", PID: "900001", SKU: "CJTEST000101AZ", Name: "Tea strainer", Key: `["S"]`, Price: "3.5", Stock: 120},
			{VID: "1000000000000000002", PID: "900001", SKU: "CJTEST000102BY", Name: "Tea strainer", Key: `["L"]`, Price: "4.0", Stock: 3},
			{VID: "1000000000000000003", PID: "900002", SKU: "CJTEST000201CX", Name: "Lamp", Key: "Red", Price: `"15.16 -- 15.17"`, Stock: 7},
			{VID: "1000000000000000004", PID: "900003", SKU: "CJTEST000301DW", Name: "Gift box", Key: "", Price: "0.4", Stock: 900, Type: "PACKAGING_PRODUCT"},
		},
	}
	s.Cents = 100_00
	if file == "" {
		return s, nil
	}
	data, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return s, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &s.State)
	}
	return s, err
}

// Do changes the state while nobody asks.
func (s *Server) Do(change func(*State)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.State)
	s.save()
}

// PaymentsOf counts the payments of a reference, and Placed its orders.
func (s *Server) PaymentsOf(ref string) (payments, orders int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.Payments {
		if p.Ref == ref {
			payments++
		}
	}
	for _, o := range s.Orders {
		if o.Ref == ref && o.Status != "CANCELLED" {
			orders++
		}
	}
	return payments, orders
}

func (s *Server) save() {
	if s.File == "" {
		return
	}
	data, err := json.Marshal(s.State)
	if err != nil {
		panic(err)
	}
	tmp, err := os.CreateTemp(filepath.Dir(s.File), ".cjfake*")
	if err == nil {
		if _, err = tmp.Write(data); err == nil {
			err = tmp.Close()
		}
	}
	if err == nil {
		err = os.Rename(tmp.Name(), s.File)
	}
	if err != nil {
		panic(err)
	}
}

// Transport serves requests in the same process.
func (s *Server) Transport() http.RoundTripper { return transport{s} }

type transport struct{ s *Server }

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(r *http.Request) (res *http.Response, err error) {
	w := httptest.NewRecorder()
	defer func() {
		if p := recover(); p != nil {
			if broken, ok := p.(error); !ok || !errors.Is(broken, http.ErrAbortHandler) {
				panic(p)
			}
			if err = r.Context().Err(); err == nil {
				err = io.ErrUnexpectedEOF
			}
			res = nil
		}
	}()
	t.s.ServeHTTP(w, r)
	res = w.Result()
	res.Request = r
	return res, nil
}

type answer struct {
	status  int
	code    int
	message string
	data    any
}

func ok(data any) answer { return answer{http.StatusOK, 200, "Success", data} }

func no(code int, message string) answer { return answer{http.StatusOK, code, message, nil} }

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, Root)
	body, err := io.ReadAll(io.LimitReader(orEmpty(r.Body), 1<<20))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	a, fault := s.serve(path, r, body)
	switch fault {
	case DropAfter:
		panic(http.ErrAbortHandler)
	case HangAfter:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case GarbageOK:
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"code":200,"result":true,"mess`)
		return
	}
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.WriteHeader(a.status)
	yes := a.code == 200
	envelope := map[string]any{"code": a.code, "message": a.message, "data": a.data, "requestId": fmt.Sprintf("req-%d", s.count())}
	if strings.Contains(path, "/pay/") { // some say success instead of result
		envelope["success"] = yes
	} else {
		envelope["result"] = yes
	}
	_ = json.NewEncoder(w).Encode(envelope)
}

func orEmpty(r io.Reader) io.Reader {
	if r == nil {
		return strings.NewReader("")
	}
	return r
}

func (s *Server) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, k := range s.Asked {
		n += k
	}
	return n
}

func (s *Server) serve(path string, r *http.Request, body []byte) (answer, Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Asked[path]++
	if len(body) > 0 {
		s.Bodies[path] = body
	}
	if strings.HasPrefix(path, "/authentication/") {
		a := s.authentication(path, body)
		s.save()
		return a, Fine
	}
	if token := r.Header.Get("CJ-Access-Token"); token == "" || token != s.Access || s.Now().After(s.Until) {
		return no(1600001, "Invalid API key or access token"), Fine
	}
	fault := Fine
	if s.Fault != nil {
		fault = s.Fault(path)
	}
	switch fault {
	case Down:
		return answer{http.StatusInternalServerError, 500, "Internal Server Error", nil}, fault
	case Busy:
		return no(1600000, "System busy"), fault
	case TooFast:
		return answer{http.StatusTooManyRequests, 1600200, "Too Many Requests, QPS limit is 1 time/1second", nil}, fault
	case NoPoints:
		return answer{http.StatusTooManyRequests, 16900500, "Insufficient API points", nil}, fault
	case Bare429:
		return answer{http.StatusTooManyRequests, 200, "", nil}, fault
	case BadToken:
		return no(1600001, "Invalid API key or access token "+s.Access), fault
	case Suspended:
		return no(1600005, "API access has been suspended: no transactions in the last 30 days"), fault
	}
	a := s.route(path, r, body)
	s.save()
	switch fault {
	case DownAfter:
		a = answer{http.StatusBadGateway, 500, "Bad Gateway", nil}
	case EmptyAfter:
		a = ok(nil)
	}
	return a, fault
}

func (s *Server) authentication(path string, body []byte) answer {
	var q struct{ APIKey, RefreshToken string }
	_ = json.Unmarshal(body, &q)
	now := s.Now()
	switch path {
	case "/authentication/getAccessToken":
		if q.APIKey != Key {
			return no(1601000, "User not find")
		}
		if now.Sub(s.LoggedIn) < 5*time.Minute {
			return no(1600200, "Too Many Requests, QPS limit is 1 time/300second")
		}
		s.LoggedIn = now
		s.Logins++
	case "/authentication/refreshAccessToken":
		if q.RefreshToken == "" || q.RefreshToken != s.Refresh {
			return no(1600003, "Refresh token is failure")
		}
		s.Refreshes++
	default:
		return no(1600300, "not found")
	}
	s.Access, s.Refresh = fmt.Sprintf("access%026d", s.Logins+s.Refreshes), fmt.Sprintf("refresh%025d", s.Logins+s.Refreshes)
	s.Until = now.Add(15 * 24 * time.Hour)
	cst := time.FixedZone("", 8*3600)
	return ok(map[string]any{
		"openId": 123456789, "accessToken": s.Access, "refreshToken": s.Refresh,
		"accessTokenExpiryDate":  s.Until.In(cst).Format(time.RFC3339),
		"refreshTokenExpiryDate": now.Add(180 * 24 * time.Hour).In(cst).Format(time.RFC3339),
		"createDate":             now.In(cst).Format(time.RFC3339),
	})
}

func (s *Server) route(path string, r *http.Request, body []byte) answer {
	q := r.URL.Query()
	switch r.Method + " " + path {
	case "GET /setting/get":
		qps := s.Quirks.QPS
		if qps == 0 {
			qps = 100
		}
		return ok(map[string]any{
			"openId": 123456789, "openName": "Test shop", "openEmail": "merchant@example.com", "root": "GENERAL", "isSandbox": false,
			"setting": map[string]any{"qpsLimit": qps, "quotaLimits": []any{map[string]any{"quotaUrl": "/api2.0/v1/setting/get", "quotaLimit": 74, "quotaType": 0}}},
		})
	case "GET /product/listV2":
		return s.products(q.Get("keyWord"))
	case "GET /product/query":
		return s.product(q.Get("variantSku"))
	case "GET /product/variant/query":
		return ok(s.variantsOf(q.Get("pid")))
	case "GET /product/variant/queryByVid":
		for _, v := range s.Variants {
			if v.VID == q.Get("vid") && !v.Gone {
				return ok(variantJSON(v))
			}
		}
		return no(1602002, "Variant not found")
	case "GET /product/stock/queryByVid":
		return s.stock(q.Get("vid"))
	case "POST /logistic/freightCalculate":
		return s.freight(body)
	case "GET /logistic/trackInfo":
		return s.track(q.Get("trackNumber"))
	case "POST /shopping/order/createOrderV2":
		return s.create(body)
	case "PATCH /shopping/order/confirmOrder":
		return s.confirm(orderID(body))
	case "GET /shopping/order/getOrderDetail":
		return s.detail(q.Get("orderId"))
	case "GET /shopping/order/getOrderLogisticsInfo":
		return ok([]any{map[string]any{"logisticName": "USPS+", "hasStock": true}, map[string]any{"logisticName": "PostNL", "hasStock": false}})
	case "GET /shopping/order/list":
		return s.list(q.Get("status"), q.Get("pageNum"), q.Get("pageSize"))
	case "DELETE /shopping/order/deleteOrder":
		return s.remove(q.Get("orderId"))
	case "GET /shopping/pay/getBalance":
		return ok(map[string]any{"amount": cents(s.Cents), "noWithdrawalAmount": 0.0, "freezeAmount": 0.0})
	case "POST /shopping/pay/payBalance":
		return s.pay(orderID(body), false)
	case "POST /shopping/sandbox/simulatePay":
		return s.pay(orderID(body), true)
	case "POST /shopping/makeup/list":
		return s.bills()
	case "GET /disputes/getDisputeList":
		return s.disputes(q.Get("orderId"))
	}
	return no(1600300, "not found")
}

func orderID(body []byte) string {
	var q struct{ OrderID string }
	_ = json.Unmarshal(body, &q)
	return q.OrderID
}

func cents(n int64) json.Number { return json.Number(fmt.Sprintf("%d.%02d", n/100, n%100)) }

func (s *Server) order(name string) *Order {
	i := slices.IndexFunc(s.Orders, func(o *Order) bool { return o.Code == name || o.Numeric == name })
	if i < 0 {
		return nil
	}
	return s.Orders[i]
}
