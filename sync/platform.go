// Package sync is all traffic with the outside: it pulls orders from store platforms and facts from suppliers, page
// by page, and hands every page to the store together with the cursor that stands behind it.
//
// # What happens when
//
// One process at a time is on the wire. It holds an operating system file lock beside the database, which dies with
// the process and is never taken from a living one. [Service.Run] in another process follows: it shows the states
// that the holder keeps in the database, hands requests over through it, and takes the wire as soon as it is free.
// [Service.Sync], which is what the plain command calls, queues its request with the holder, waits for the result
// within a bound, and reports from the saved states.
//
// Suppliers are asked before shops, so that an order finds its links when it arrives. Several shops run side by side,
// up to a bound; a slow one holds up nobody. Within a shop the streams of its platform run one after the other.
//
// A page and the cursor behind it are written in one transaction. Whatever is interrupted, by a crash, a cut
// connection or a closed lid, goes on with the page after the last one written: nothing is lost, nothing is doubled.
//
// What goes out, to suppliers and to stores, is package outbox's. It works in the process that holds the wire, as long as
// that holds it; [Service.Settle] lets a command take the wire for as long as its own orders take.
package sync

import (
	"context"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/store/order/filter"
)

// Platform is one store at one store platform. Its methods are called from one goroutine at a time.
//
// A failure that the engine can act on is an [*Error]; any other error ends the run of this store. Nothing that a
// Platform returns may carry a secret.
type Platform interface {
	// Kind is the platform's name in the config: "vendure".
	Kind() string
	// Capabilities says what the platform can do, without asking it.
	Capabilities() Capabilities
	// Test asks the store who it is and whether the credentials suffice. It changes nothing.
	Test(ctx context.Context) (Info, error)
	// Streams names the ways in which the platform tells of orders, in the order in which they run.
	Streams() []string
	// Pull asks a stream for the page after a cursor; an empty cursor is the very beginning. The same cursor may be
	// asked for again after a failure. Pull does not retry by itself.
	Pull(ctx context.Context, stream string, cursor []byte, known Known) (Batch, error)
}

// KeyKeeper is a Platform whose key is good for one login and gives the next one with it. keep is called with the new key
// before anything else happens; what it cannot keep is lost with the process.
type KeyKeeper interface {
	KeepKey(keep func(key string) error)
}

// Capabilities says what a platform is and can do.
type Capabilities struct {
	Title   string        // the platform's name for people: "Vendure"
	URL     string        // where every store of the platform answers; "" = each at an address of its own
	KeyHint string        // what to give as key and where a merchant gets it, one sentence
	Streams []string      // the same as Platform.Streams
	Every   time.Duration // the shortest sensible time between two automatic syncs
	Offline bool          // there is nobody to ask: neither an address nor a key; orders come from files
	// Signed says that requests over plain http carry a signature in place of the key: only such a platform's stores may be
	// reached over http beyond this machine.
	Signed bool
	// InAddress says that a merchant may have the key put into the address of every request, where a web server takes the
	// Authorization header away.
	InAddress bool
}

// Info is what a store says of itself.
type Info struct {
	Title       string        `json:"title"`
	Currency    string        `json:"currency"` // ISO 4217
	Zone        string        `json:"zone,omitempty"`
	Version     string        `json:"version,omitempty"`
	ClockSkew   time.Duration `json:"clock_skew_ns"` // how far its clock is ahead of ours; 0 = unknown or within a second
	Permissions []string      `json:"permissions,omitempty"`
	Warnings    []string      `json:"warnings,omitempty"` // what will not work, in sentences
	Orders      int           `json:"orders,omitempty"`   // how many it would give at first; 0 = unknown
	// Acts says of what can be done to its orders there why it cannot, "" where it can. Whoever asks fills it in.
	Acts map[string]string `json:"acts,omitempty"`
}

// Known is what a platform may ask about the orders of its shop that the desk has already.
type Known interface {
	// Fingerprints gives the Fingerprint of each of these external ids that is known; unknown ones are left out.
	// An order that the pull filter left out counts as known while this process lives, so that it is not read again
	// and again.
	Fingerprints(ctx context.Context, externalIDs []string) (map[string]string, error)
	// OpenOrders lists external ids of orders that may still change, ascending as text, after one of them ("" = from
	// the beginning). Fewer than limit means that there are no more.
	OpenOrders(ctx context.Context, after string, limit int) ([]string, error)
}

// Spooler is a Known that has a place for what a platform sends all at once and in any order, until it can be brought page
// by page. A platform that wants one asks its Known whether it is one.
type Spooler interface {
	// Spool opens the shop's one spool, with what is in it. Whoever opens it closes it.
	Spool(ctx context.Context) (Spool, error)
}

// Spool keeps pieces of orders, with a state of the platform's own that says how far it has come. It is on the disk, and
// survives the end of the process; but it may be gone the next time, and must be filled again then.
type Spool interface {
	// State is what was given with the last Add; nil = there is nothing in it.
	State(ctx context.Context) ([]byte, error)
	// Add keeps rows and the state behind them, both or neither. The same row twice is one.
	Add(ctx context.Context, rows []store.SpoolRow, state []byte) error
	// Next gives the heads after one of them, at most so many, each with its parts.
	Next(ctx context.Context, after int64, limit int) ([]store.SpoolEntry, error)
	// Clear empties it. Remove deletes it, and closes it with that.
	Clear(ctx context.Context) error
	Remove() error
	Close() error
}

// Batch is one page of a stream.
type Batch struct {
	Orders []store.Pulled
	Cursor []byte // where the next page begins; kept even when More is false, for the next run
	More   bool   // there is another page to be had now
	// Done and Total are for the progress: how many orders this stream has brought in this pass with this page, and
	// how many it is going to. Total 0 = unknown; Done 0 with a Total = the engine counts by itself.
	Done, Total int
	Phase       string   // what the stream is at where that is not its name, such as PhaseExport; Done and Total are of it
	Note        string   // what the merchant should know of, in a sentence, although nothing failed: kept until the run ends
	Seen        []string // external ids that were looked at and have not changed
	Gone        []string // external ids that the platform no longer has
	// ClockSkew is how far the store's clock is ahead of ours; 0 = unknown, or too little to matter.
	ClockSkew time.Duration
}

// Supplier reports what a supplier sells (links) and how far its orders are (placements). Like [Platform], it is
// called from one goroutine at a time and does not retry.
type Supplier interface {
	Name() string
	Streams() []string
	Pull(ctx context.Context, stream string, cursor []byte) (SupplierBatch, error)
}

// SupplierBatch is one page of a supplier's stream.
type SupplierBatch struct {
	Products    []checkout.Product // of its catalogue, so that products can be linked to them
	Links       []order.Link
	Placements  []order.Placement
	Cursor      []byte
	More        bool
	Done, Total int // as in Batch
}

// Source is one shop to be synced.
type Source struct {
	Shop     store.Shop
	Platform Platform
	Every    time.Duration // time between the end of a sync and the next; 0 = only when asked
	// Filter is the pull filter: an order that is not yet known is taken only when it matches. Orders that are known
	// are always kept up to date, whatever the filter says. nil = all.
	Filter filter.Expr
}
