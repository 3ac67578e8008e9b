// Package store remembers all that the desk knows, in one SQLite database. Nothing outside this room sees SQL.
package store

import (
	"time"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/filter"
)

// Shop is one store that is registered in the database.
type Shop struct {
	Name             string // as in the config; never changes
	Platform         string // "vendure", "demo", ...
	Title            string // what the platform calls it
	URL              string
	Currency         string
	Zone             string // IANA name; times are shown in it
	OwnStock         bool
	AuthorizedIsPaid bool
	Demo             bool
}

// Pulled is one order of a page, with the platform's raw answer for it (kept compressed, the latest only).
type Pulled struct {
	Order order.Order
	Raw   []byte
}

// Skip is an order that the store's pull filter left out.
type Skip struct {
	ExternalID string
	Number     string
	Reason     string
	At         time.Time
}

// Page is what one request of a stream brought. Apply writes it, with its cursor, in one transaction.
type Page struct {
	Shop    string
	Stream  string
	Cursor  []byte // the stream's cursor after this page; nil leaves it as it was
	Orders  []Pulled
	Skipped []Skip
	Seen    []string // external ids that the platform confirmed to be unchanged
	Gone    []string // external ids that the platform no longer has
}

// SupplierPage is what one request to a supplier brought: its catalogue as links, and what it says of placements.
// Both may be about orders that have not been pulled yet; they wait for them.
type SupplierPage struct {
	Supplier   string
	Stream     string
	Cursor     []byte
	Links      []order.Link
	Placements []order.Placement
}

// Result counts what a page did.
type Result struct {
	New, Updated, Unchanged, Skipped, Gone int
	Changed                                []int64 // local ids of new and updated orders
}

// Change is the one notice that is published after a commit, coalesced: several commits may make one notice.
type Change struct {
	Version int64   // grows with every notice
	IDs     []int64 // what changed; nil = anything may have (another process wrote, or too many to list)
}

// Query chooses and sorts orders.
type Query struct {
	Shops  []string    // empty = all
	Tab    order.Tab   // the zero value = all
	Filter filter.Expr // nil = everything; free words in it are searched for in the index
	Sort   order.Sort
	Now    time.Time // for is:late and the like; zero = the database's clock
}

// Key is a place in a sorted list: the sort value and the id of the row that has it. It is opaque outside this room.
type Key struct {
	Int  int64
	Text string
	ID   int64
	OK   bool // false = the very beginning
	At   bool // the row of the key itself belongs to the window
}

// Window is a stretch of a list.
type Window struct {
	Rows    []order.Row
	First   Key  // of Rows[0]
	Last    Key  // of the last row
	AtStart bool // nothing comes before
	AtEnd   bool // nothing comes after
	Partial bool // a wide search under another sort than date: only the first hits were collected and sorted
}

// Counts are the exact counters of the tabs, for a choice of shops.
type Counts map[string]int // by order.Tab.ID, for tabs with Counted

// Sum is the total of the orders of one currency.
type Sum struct {
	Total  order.Money
	Orders int
}

// SyncState is the last that is known of a store's synchronisation; it is kept in the database so that every process
// shows the same.
type SyncState struct {
	Shop        string
	State       string // idle, queued, running, waiting, stopped
	Phase       string // the stream that runs
	Done, Total int    // orders so far, of how many (0 = unknown)
	Rate        float64
	Counts      Result // of the last whole run; Changed is not kept
	LastSuccess time.Time
	LastAttempt time.Time
	LastError   string // in the store's own words
	NextRun     time.Time
	ClockSkew   time.Duration
	PID         int // the process that holds the wire
}
