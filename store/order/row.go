package order

import "time"

// Row is one line of the list: what the table shows and nothing more.
type Row struct {
	ID              int64 // local row id; dense, stable, never reused
	Store           string
	Number          string
	ExternalID      string
	CreatedAt       time.Time
	UpdatedAt       time.Time
	Customer        string
	Email           string
	Phone           string
	Country         string
	City            string
	Items           string   // "2× Linen shirt +1"
	Quantity        Quantity // of all lines
	Suppliers       string   // "Lumen EU" or "Lumen EU +1"
	Cost            Money
	CostKnown       bool
	Total           Money
	Stage           Stage
	Partly          bool
	CustomerPayment CustomerPayment
	Fulfilment      Fulfilment
	Refund          CaseState
	Exception       ExceptionCode // the first one; "" = none
	Late            bool          // computed from late_at and now when read
	Hold            HoldKind
	Tracking        string // the first number
	Tags            string // joined with ", "
	Archived        bool
	Unseen          bool // new since the merchant last looked
	ImageURL        string
}

// Record is all that the desk knows about one order.
type Record struct {
	ID int64 `json:"-"` // local row id
	Order
	State      State       `json:"state"`
	Links      []Link      `json:"links,omitempty"`
	Placements []Placement `json:"placements,omitempty"`
	Intents    []Intent    `json:"intents,omitempty"`
	Journal    []Entry     `json:"journal,omitempty"`
	Acts       []ActState  `json:"acts,omitempty"` // at the store: on their way, or refused last
	FirstSeen  time.Time   `json:"first_seen"`     // when it was first synced
	LastSeen   time.Time   `json:"last_seen"`      // when the store last confirmed it
	Gone       bool        `json:"missing_upstream,omitempty"`
	Unseen     bool        `json:"-"`
}

// Facts adds what a record has itself to what is known of its store.
func (r *Record) Facts(f Facts) Facts {
	f.Placements, f.Hold, f.HoldUntil, f.Gone = r.Placements, r.State.Hold, r.State.HoldUntil, r.Gone
	f.Links = make(map[string]Link, len(r.Links))
	for _, l := range r.Links {
		if have, ok := f.Links[l.ProductKey]; !ok || l.Better(have) {
			f.Links[l.ProductKey] = l
		}
	}
	return f
}

// Entry is one line of the journal: who changed what, when, from what to what.
type Entry struct {
	At     time.Time `json:"at"`
	Who    string    `json:"who"` // "sync:shop", "supplier:lumen", or a user's name
	Field  string    `json:"field"`
	Before string    `json:"before"`
	After  string    `json:"after"`
}

// Intent is something that the merchant did and that the store has not confirmed yet. What is shown is the upstream
// order with its intents laid over it (Overlay).
type Intent struct {
	ID    int64     `json:"id"`
	Kind  string    `json:"kind"`  // see Overlay
	Value string    `json:"value"` // depends on Kind
	Who   string    `json:"who"`
	At    time.Time `json:"at"`
}

// SortKey names what a list is sorted by.
type SortKey string

// The values of SortKey.
const (
	SortDate     SortKey = "date"
	SortUpdated  SortKey = "updated"
	SortTotal    SortKey = "total"
	SortCustomer SortKey = "customer"
	SortNumber   SortKey = "number"
)

// SortKeys lists every SortKey.
var SortKeys = []SortKey{SortDate, SortUpdated, SortTotal, SortCustomer, SortNumber}

// Sort is a sort key and its direction. The zero value sorts by date, newest first.
type Sort struct {
	Key SortKey
	Asc bool
}
