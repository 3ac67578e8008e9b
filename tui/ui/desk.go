package ui

import (
	"context"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
)

// Desk is what the screens ask of the database to buy orders at their suppliers. As with Store every call may be slow and
// is made in a command. Nothing here sends anything: it is written down, and the synchronisation carries it out.
type Desk interface {
	CheckoutInputs(ctx context.Context, ids []int64, s checkout.Settings) ([]checkout.Input, error)
	SaveChoice(ctx context.Context, key checkout.PartKey, c checkout.Choice) error
	RequestQuotes(ctx context.Context, reqs []store.QuoteRequest) error
	RequestAccount(ctx context.Context, supplier string) error
	Account(ctx context.Context, supplier string) (*checkout.Account, error)
	Commit(ctx context.Context, who string, parts []store.CommitPart, s checkout.Settings) ([]store.Committed, error)
	Spent(ctx context.Context, supplier string, day time.Time) (order.Money, error)

	Effects(ctx context.Context, f store.EffectFilter) ([]store.Effect, error)
	RetryEffect(ctx context.Context, who string, id int64) error
	WithdrawEffect(ctx context.Context, who string, id int64) error
	BackToUnpaid(ctx context.Context, who, reference string) error
	ConfirmPaid(ctx context.Context, who, reference, receipt string, amount order.Money, at time.Time) error
	AddParcel(ctx context.Context, who, reference string, p order.Parcel) error
	AutoPaused(ctx context.Context, supplier string) (why string, err error)
	ResumeAuto(ctx context.Context, supplier string) error

	Products(ctx context.Context, supplier, query string, limit int) ([]checkout.Product, error)
	SuggestProducts(ctx context.Context, store string, line order.Line, limit int) ([]checkout.Product, error)
	PutLinks(ctx context.Context, who string, links []order.Link) (touched int, err error)
	RemoveLinks(ctx context.Context, who, store, productKey, supplier string) (touched int, err error)

	AddIntent(ctx context.Context, id int64, in order.Intent) error
	RequestAct(ctx context.Context, who string, id int64, a order.Act) (store.Effect, error)
}

// Paper is what a document says, for looking at it before it is written.
type Paper struct {
	Fields   [][2]string // name and value, in the order of the page
	Lines    []string    // the lines of the table, as text
	Warnings []string    // what will not come out right: a script without a font, a logo that cannot be read
	Text     string      // the whole document as text; "" where there is none
}

// Papers makes the documents of one placement of an order. A nil function is a document that cannot be made here.
type Papers struct {
	Invoice      func(ctx context.Context, rec *order.Record, p order.Placement) (Paper, error)
	WriteInvoice func(ctx context.Context, rec *order.Record, p order.Placement, path string) error
	Receipt      func(ctx context.Context, rec *order.Record, p order.Placement) (Paper, error)
	// WriteReceipt writes a PDF, or text where the path ends in .txt.
	WriteReceipt func(ctx context.Context, rec *order.Record, p order.Placement, path string) error
	Folder       string // where documents go unless another path is typed
}
