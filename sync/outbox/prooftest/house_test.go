package prooftest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
)

// fault is what goes wrong with a call that changes something.
type fault string

const (
	fine       fault = ""
	late       fault = "late"        // it is done, and answered after the deadline
	dropped    fault = "dropped"     // it is done, and the connection is cut
	cut        fault = "cut"         // the connection is cut, and nothing is done
	refused    fault = "refused"     // HTTP 200 with a failure inside
	busy       fault = "busy"        // 429, and nothing is done
	busyDone   fault = "busy, done"  // 429 from a proxy, after it was done
	brokenDone fault = "broken,done" // 503, after it was done
	partial    fault = "partial"     // only what one warehouse has is ordered
)

// plan is what goes wrong with one order.
type plan struct {
	Place, Pay, Cancel fault
	Hidden             time.Duration // it is not shown for so long after it was made
	Rise               int64         // what is added to its price after it was made
	ThirdRead          bool          // it is shown as paid only when it is read for the third time
	PaidRead           int           // or, when set, for the so-manieth
	Alien              int           // for how many reads it has a status that nobody knows
	Split              bool          // it is split in two after it was paid
	Extra              bool          // an extra bill comes after it was paid
	CancelledThere     bool          // the supplier cancels it before it is paid
}

// manners are how a house behaves for all orders.
type manners struct {
	Second       bool // it makes a second order for a reference that it knows, instead of refusing it
	IgnoreFilter bool // its list gives everything
	Lookup500    bool // looking up a reference that it does not know fails
	Down         bool // the store does not answer
	Slow         time.Duration
}

// house is a supplier and a store, over HTTP. It lives as long as the test, whatever becomes of the program under test,
// and keeps count of all that it did.
type house struct {
	manners
	now  func() time.Time
	Plan func(reference string) plan

	mu      sync.Mutex
	orders  []*houseOrder
	plans   map[string]*plan
	tries   map[string]int // of a call for a reference
	wallet  int64
	calls   int
	onWrite func() // called before a request that changes something is dealt with
	shop    map[string]order.Order
	told    map[string]int // fulfilments made, by tracking number
}

// houseOrder is an order as the house keeps it.
type houseOrder struct {
	Number, Reference string
	Lines             map[string]int64
	Total             int64
	Charged           int // how often it was paid
	Cancelled         bool
	MadeAt, PaidAt    time.Time
	Part              bool // of an order that was split
	Parts             []string
	reads, paidReads  int
}

// seen is an order as the house shows it.
type seen struct {
	Number    string           `json:"number"`
	Reference string           `json:"reference"`
	Status    string           `json:"status"`
	Paid      string           `json:"paid"`
	PaidAt    time.Time        `json:"paid_at,omitzero"`
	Total     int64            `json:"total"`
	Lines     map[string]int64 `json:"lines"`
	Split     []string         `json:"split,omitempty"`
	Extra     int64            `json:"extra,omitempty"`
	Tracking  string           `json:"tracking,omitempty"`
}

// answer is what the house sends.
type answer struct {
	OK     bool   `json:"ok"`
	Error  string `json:"error,omitempty"`
	Order  *seen  `json:"order,omitempty"`
	Orders []seen `json:"orders,omitempty"`
	Wallet int64  `json:"wallet,omitempty"`
}

const full = 1_000_000 // what the wallet has at first

func open(t testing.TB, h *house) string {
	t.Helper()
	h.plans, h.tries, h.wallet = map[string]*plan{}, map[string]int{}, full
	h.shop, h.told = map[string]order.Order{}, map[string]int{}
	if h.now == nil {
		h.now = time.Now
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /orders", h.mutating("place", h.place))
	mux.HandleFunc("POST /orders/{number}/pay", h.mutating("pay", h.pay))
	mux.HandleFunc("DELETE /orders/{number}", h.mutating("cancel", h.cancel))
	mux.HandleFunc("GET /orders", h.list)
	mux.HandleFunc("GET /account", func(w http.ResponseWriter, _ *http.Request) {
		h.mu.Lock()
		defer h.mu.Unlock()
		reply(w, http.StatusOK, answer{OK: true, Wallet: h.wallet})
	})
	mux.HandleFunc("GET /shop/{id}", h.readShop)
	mux.HandleFunc("POST /shop/{id}", h.fulfil)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		h.calls++
		slow := h.Slow
		h.mu.Unlock()
		time.Sleep(slow)
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func reply(w http.ResponseWriter, status int, a any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(a)
}

func (h *house) setOnWrite(f func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.onWrite = f
}

// planFor is what goes wrong with a reference; h.mu is held.
func (h *house) planFor(reference string) *plan {
	p := h.plans[reference]
	if p == nil {
		p = &plan{}
		if h.Plan != nil {
			*p = h.Plan(reference)
		}
		h.plans[reference] = p
	}
	return p
}

// mutating wraps a call that changes something with what goes wrong on its first try.
func (h *house) mutating(kind string, do func(r *http.Request, f fault) (int, answer, string)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		if h.onWrite != nil {
			h.onWrite()
		}
		f := fine
		var body placeBody
		if kind == "place" {
			_ = json.NewDecoder(r.Body).Decode(&body)
			r = r.WithContext(withBody(r.Context(), &body))
		} else if o := h.byNumber(r.PathValue("number")); o != nil {
			body.Reference = o.Reference
		}
		p := h.planFor(body.Reference)
		if h.tries[kind+body.Reference]++; h.tries[kind+body.Reference] == 1 {
			f = map[string]fault{"place": p.Place, "pay": p.Pay, "cancel": p.Cancel}[kind]
		}
		switch f {
		case cut:
			h.mu.Unlock()
			panic(http.ErrAbortHandler)
		case busy:
			h.mu.Unlock()
			reply(w, http.StatusTooManyRequests, answer{Error: "slow down"})
			return
		case refused:
			h.mu.Unlock()
			reply(w, http.StatusOK, answer{Error: "out of stock in the warehouse"})
			return
		}
		status, a, _ := do(r, f)
		h.mu.Unlock()
		switch f {
		case late:
			time.Sleep(timeout + 150*time.Millisecond)
		case dropped:
			panic(http.ErrAbortHandler)
		case busyDone:
			status, a = http.StatusTooManyRequests, answer{Error: "slow down"}
		case brokenDone:
			status, a = http.StatusServiceUnavailable, answer{Error: "try later"}
		}
		reply(w, status, a)
	}
}

func (h *house) place(r *http.Request, f fault) (int, answer, string) {
	body := bodyOf(r.Context())
	if !h.Second && slices.ContainsFunc(h.orders, func(o *houseOrder) bool { return o.Reference == body.Reference }) {
		return http.StatusConflict, answer{Error: "the order exists, do not duplicate it"}, ""
	}
	o := &houseOrder{
		Number: fmt.Sprintf("H-%d", len(h.orders)+1), Reference: body.Reference, Lines: maps.Clone(body.Lines), Total: body.Total, MadeAt: h.now(),
	}
	if f == partial && len(o.Lines) > 1 {
		delete(o.Lines, slices.Max(slices.Collect(maps.Keys(o.Lines))))
	}
	h.orders = append(h.orders, o)
	s := h.show(o)
	return http.StatusOK, answer{OK: true, Order: &s}, o.Reference
}

func (h *house) pay(r *http.Request, _ fault) (int, answer, string) {
	o := h.byNumber(r.PathValue("number"))
	switch {
	case o == nil || o.Cancelled:
		return http.StatusOK, answer{Error: "no such order"}, ""
	case h.wallet < o.price(h):
		return http.StatusOK, answer{Error: "the balance does not do"}, ""
	}
	// Nobody knows whether a second payment is refused: this house takes it, and counts.
	o.Charged++
	o.PaidAt = h.now()
	h.wallet -= o.price(h)
	p := h.planFor(o.Reference)
	if p.Split && len(o.Parts) == 0 {
		for sku, n := range o.Lines {
			part := &houseOrder{
				Number: fmt.Sprintf("H-%d", len(h.orders)+1), Reference: o.Reference, Lines: map[string]int64{sku: n},
				Part: true, Charged: 1, MadeAt: h.now(), PaidAt: h.now(),
			}
			h.orders = append(h.orders, part)
			o.Parts = append(o.Parts, part.Number)
		}
	}
	s := h.show(o)
	return http.StatusOK, answer{OK: true, Order: &s}, o.Reference
}

func (h *house) cancel(r *http.Request, _ fault) (int, answer, string) {
	o := h.byNumber(r.PathValue("number"))
	if o == nil || o.Charged > 0 {
		return http.StatusOK, answer{Error: "it cannot be cancelled"}, ""
	}
	o.Cancelled = true
	s := h.show(o)
	return http.StatusOK, answer{OK: true, Order: &s}, o.Reference
}

func (o *houseOrder) price(h *house) int64 { return o.Total + h.planFor(o.Reference).Rise }

func (h *house) byNumber(number string) *houseOrder {
	for _, o := range h.orders {
		if o.Number == number {
			return o
		}
	}
	return nil
}

// show is how an order looks from outside now; it changes nothing.
func (h *house) show(o *houseOrder) seen {
	p := h.planFor(o.Reference)
	s := seen{
		Number: o.Number, Reference: o.Reference, Status: "UNPAID", Paid: "no", Total: o.price(h), Lines: o.Lines, Split: o.Parts,
	}
	if p.CancelledThere && o.Charged == 0 && o.reads > 1 {
		o.Cancelled = true
	}
	switch {
	case o.Cancelled:
		s.Status = "CANCELLED"
		return s
	case o.Charged > 0 && (!p.ThirdRead || o.paidReads >= max(3, p.PaidRead)):
		s.Status, s.Paid, s.PaidAt = "PAID", "yes", o.PaidAt
		if o.paidReads > 3 && len(o.Parts) == 0 {
			s.Status, s.Tracking = "SHIPPED", "TRK-"+o.Number
		}
		if p.Extra {
			s.Extra = 100
		}
	}
	if o.reads <= p.Alien {
		s.Status = "ALIEN"
		if s.Paid == "no" {
			s.Paid = ""
		}
	}
	return s
}

// list looks orders up, by reference or by numbers.
func (h *house) list(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	reference, numbers := r.URL.Query().Get("reference"), r.URL.Query().Get("numbers")
	var out []seen
	known := false
	for _, o := range h.orders {
		hidden := h.now().Sub(o.MadeAt) < h.planFor(o.Reference).Hidden
		match := reference != "" && o.Reference == reference || numbers != "" && slices.Contains(strings.Split(numbers, ","), o.Number)
		known = known || match && !hidden
		if hidden || !match && !h.IgnoreFilter {
			continue
		}
		if match || h.IgnoreFilter {
			o.reads++
			if o.Charged > 0 {
				o.paidReads++
			}
		}
		out = append(out, h.show(o))
	}
	if reference != "" && !known && h.Lookup500 {
		reply(w, http.StatusInternalServerError, answer{Error: "NullPointerException"})
		return
	}
	reply(w, http.StatusOK, answer{OK: true, Orders: out})
}

// readShop and fulfil are the store.
func (h *house) readShop(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	o, ok := h.shop[r.PathValue("id")]
	if h.Down {
		reply(w, http.StatusServiceUnavailable, nil)
		return
	}
	if !ok {
		reply(w, http.StatusNotFound, nil)
		return
	}
	reply(w, http.StatusOK, o)
}

func (h *house) fulfil(w http.ResponseWriter, r *http.Request) {
	var doc store.TellDoc
	_ = json.NewDecoder(r.Body).Decode(&doc)
	h.mu.Lock()
	defer h.mu.Unlock()
	o := h.shop[r.PathValue("id")]
	h.told[doc.Parcel.Tracking]++
	o.Fulfilments = append(slices.Clone(o.Fulfilments), order.Shipment{
		ExternalID: fmt.Sprint("F", len(o.Fulfilments)+1), Live: true, Shipped: true, Tracking: doc.Parcel.Tracking, Lines: doc.Lines,
	})
	h.shop[r.PathValue("id")] = o
	if h.tries["tell"+doc.Parcel.Tracking]++; h.tries["tell"+doc.Parcel.Tracking] == 1 && h.calls%3 == 0 {
		panic(http.ErrAbortHandler) // done, and the connection is cut
	}
	reply(w, http.StatusOK, answer{OK: true})
}
