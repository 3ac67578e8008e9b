// Package export writes orders to files that other programs read: CSV for spreadsheets and scripts, in several
// profiles and national habits, and JSON.
package export

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/filter"
)

// Profile says what a row is and which columns there are.
type Profile string

// The values of Profile.
const (
	Orders  Profile = "orders"  // one row an order
	Lines   Profile = "lines"   // one row a line item, the order's fields repeated
	Shopify Profile = "shopify" // the 79 columns of Shopify's own order export
	JSON    Profile = "json"    // one whole order a line (NDJSON)
)

// Profiles lists every Profile.
var Profiles = []Profile{Orders, Lines, Shopify, JSON}

// Extension is what the name of a file of a profile ends in.
func (p Profile) Extension() string {
	if p == JSON {
		return ".ndjson"
	}
	return ".csv"
}

// Request says what to export and how.
type Request struct {
	Query   store.Query
	IDs     []uint32 // a selection, in its order; nil = everything that Query finds
	Profile Profile
	Columns []string // of the profiles orders and lines; nil = DefaultColumns
	Format  Format   // of CSV; the zero value is machine
	Zone    *time.Location
	// From and To bound when the order was placed: From ≤ created < To. A zero bound is open.
	From, To time.Time
}

// Progress is how far an export is.
type Progress struct {
	Orders      int64
	Rows        int64 // without the header
	Bytes       int64
	Neutralised int64 // cells that a spreadsheet might have run as a formula
	Phones      int64 // those of them that are plain telephone numbers with a + before them
	Elapsed     time.Duration
}

// Errors of Write and File; errors.Is finds them.
var (
	ErrNothing = errors.New("no order matches")
	ErrExists  = errors.New("the file exists")
)

// reportEvery is how often progress is told.
const reportEvery = 100 * time.Millisecond

// source is where orders come from: a *store.DB.
type source interface {
	Shops(ctx context.Context) ([]store.Shop, error)
	Stream(ctx context.Context, q store.Query, ids []uint32, fields []store.Field, fn func(store.Values) error) error
	Each(ctx context.Context, q store.Query, ids []uint32, fn func(*order.Record) error) error
	EachWhole(ctx context.Context, q store.Query, ids []uint32, fn func(*order.Record) error) error
}

// Write writes the orders of a request to w and calls progress, if there is one, now and then from the same
// goroutine. All of them are as they were at one instant, whatever is written meanwhile. When no order matches, it
// writes nothing and answers ErrNothing. When it fails or is cancelled, w may hold a part; see File.
func Write(ctx context.Context, db *store.DB, w io.Writer, r Request, progress func(Progress)) (Progress, error) {
	p, err := write(ctx, db, w, r, progress)
	return p, explain(err)
}

// write does it, and gives errors as they come but for the context's.
func write(ctx context.Context, src source, w io.Writer, r Request, progress func(Progress)) (Progress, error) {
	if r.Format.Separator == 0 {
		raw := r.Format.Raw
		r.Format = formats[0]
		r.Format.Raw = raw
	}
	if !r.From.IsZero() || !r.To.IsZero() {
		if r.IDs == nil {
			r.Query.Filter = within(r.Query.Filter, r.From, r.To)
		} else if !r.From.IsZero() && !r.To.IsZero() && !r.From.Before(r.To) {
			return Progress{}, nothing()
		}
	}
	x := &run{ctx: ctx, src: src, r: r, w: w, progress: progress, begun: time.Now()}
	var err error
	switch r.Profile {
	case Orders:
		err = x.orders()
	case Lines:
		err = x.lines()
	case Shopify:
		err = x.shopify()
	case JSON:
		err = x.json()
	default:
		err = refuse("there is no profile %q; choose one of %s", r.Profile, profileNames())
	}
	if err == nil && x.p.Orders == 0 {
		err = nothing()
	}
	x.p.Elapsed = time.Since(x.begun)
	if err == nil && progress != nil {
		progress(x.p)
	}
	if err != nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	return x.p, err
}

func profileNames() string {
	names := make([]string, len(Profiles))
	for i, p := range Profiles {
		names[i] = string(p)
	}
	return strings.Join(names, ", ")
}

func nothing() error {
	return &store.Error{Code: store.NotFound, Text: "no order matches, so nothing was exported; choose other dates or another filter", Err: ErrNothing}
}

// within narrows a filter to the orders placed between two instants.
func within(f filter.Expr, from, to time.Time) filter.Expr {
	dates := filter.Cond{Field: "created", Values: []filter.Value{{Op: filter.Between, From: from, To: to}}}
	if f == nil {
		return dates
	}
	return filter.And{Of: []filter.Expr{f, dates}}
}

// run is one export.
type run struct {
	ctx      context.Context // of this one run
	src      source
	r        Request
	w        io.Writer
	e        *encoder
	progress func(Progress)
	begun    time.Time
	told     time.Time
	p        Progress
}

// begin makes the encoder and gives it the header.
func (x *run) begin(header []string) {
	x.e = newEncoder(x.w, x.r.Format, x.r.Zone)
	x.e.now = cmp.Or(x.r.Query.Now, x.begun)
	for _, name := range header {
		x.e.word(name)
	}
	x.e.buf = append(x.e.buf, x.e.eol...)
	x.e.empty = true
}

// finish writes out what is left. Where there was no order the header is not written either.
func (x *run) finish(err error) error {
	if err != nil || x.p.Orders == 0 {
		return err
	}
	err = x.e.flush()
	x.count()
	return err
}

func (x *run) count() {
	x.p.Bytes, x.p.Neutralised, x.p.Phones = x.e.written(), x.e.neutralised, x.e.phones
}

// tick counts one order of n rows, and tells how far it is when that is due.
func (x *run) tick(n int) error {
	x.p.Orders++
	x.p.Rows += int64(n)
	if x.p.Orders%256 != 0 {
		return nil
	}
	if err := x.ctx.Err(); err != nil {
		return err
	}
	if now := time.Now(); x.progress != nil && now.Sub(x.told) >= reportEvery {
		x.told = now
		x.count()
		x.p.Elapsed = now.Sub(x.begun)
		x.progress(x.p)
	}
	return nil
}

// outside tells whether an order of a selection lies outside the dates that were asked for.
func (x *run) outside(created time.Time) bool {
	return x.r.IDs != nil && (!x.r.From.IsZero() && created.Before(x.r.From) || !x.r.To.IsZero() && !created.Before(x.r.To))
}

// each calls fn for every order of the request, with its journal where the profile tells of it.
func (x *run) each(fn func(*order.Record) error) error {
	read := x.src.Each
	if x.r.Profile == JSON || x.r.Profile == Shopify {
		read = x.src.EachWhole
	}
	return read(x.ctx, x.r.Query, x.r.IDs, func(r *order.Record) error {
		if x.outside(r.CreatedAt) {
			return nil
		}
		return fn(r)
	})
}

// orders writes one row an order.
func (x *run) orders() error {
	columns, err := choose(Orders, x.r.Columns)
	if err != nil {
		return err
	}
	x.begin(names(columns))
	if slices.ContainsFunc(columns, func(c column) bool { return c.whole != nil }) {
		fields, at := fieldsOf(columns)
		v := store.NewFlat(fields)
		return x.finish(x.each(func(r *order.Record) error {
			v.Set(r)
			x.cells(columns, at, v, r, -1)
			return errors.Join(x.e.row(), x.tick(1))
		}))
	}
	return x.finish(x.stream(columns))
}

// stream writes rows whose cells all come from the list.
func (x *run) stream(columns []column) error {
	fields, at := fieldsOf(columns)
	created := -1
	if x.r.IDs != nil {
		created = len(fields)
		fields = append(fields, store.FieldCreated)
	}
	return x.src.Stream(x.ctx, x.r.Query, x.r.IDs, fields, func(v store.Values) error {
		if created >= 0 && x.outside(time.UnixMilli(v.Int(created))) {
			return nil
		}
		for i := range columns {
			columns[i].flat(x.e, v, at[i])
		}
		if err := x.e.row(); err != nil {
			return err
		}
		return x.tick(1)
	})
}

// lines writes one row a line item, and one for an order that has none.
func (x *run) lines() error {
	columns, err := choose(Lines, x.r.Columns)
	if err != nil {
		return err
	}
	x.begin(names(columns))
	fields, at := fieldsOf(columns)
	v := store.NewFlat(fields)
	return x.finish(x.each(func(r *order.Record) error {
		v.Set(r)
		if len(r.Lines) == 0 {
			x.cells(columns, at, v, r, -1)
			return errors.Join(x.e.row(), x.tick(1))
		}
		for i := range r.Lines {
			x.cells(columns, at, v, r, i)
			if err := x.e.row(); err != nil {
				return err
			}
		}
		return x.tick(len(r.Lines))
	}))
}

// cells writes one row of a whole order.
func (x *run) cells(columns []column, at [][]int, v store.Values, r *order.Record, line int) {
	for i, c := range columns {
		switch {
		case c.flat != nil:
			c.flat(x.e, v, at[i])
		case c.whole != nil:
			c.whole(x.e, r)
		default:
			c.line(x.e, r, line)
		}
	}
}

func names(columns []column) []string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = c.name
	}
	return out
}

// fieldsOf lists what the columns read, each field once, and where the fields of each column stand.
func fieldsOf(columns []column) (fields []store.Field, at [][]int) {
	at = make([][]int, len(columns))
	for i, c := range columns {
		for _, f := range c.fields {
			n := slices.Index(fields, f)
			if n < 0 {
				n = len(fields)
				fields = append(fields, f)
			}
			at[i] = append(at[i], n)
		}
	}
	return fields, at
}

// explain gives a failure to write to something that is not a file of ours a sentence.
func explain(err error) error {
	var ours *store.Error
	switch {
	case err == nil || errors.As(err, &ours) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return err
	case full(err):
		return &store.Error{Code: store.Full, Text: "there is no room left where the export is written to; what is there of it is not whole", Err: err}
	case errors.Is(err, syscall.EPIPE):
		return &store.Error{Code: store.Failed, Text: "the program that was reading the export has ended before all of it was written", Err: err}
	}
	return &store.Error{Code: store.Failed, Text: fmt.Sprintf("the export failed: %v", err), Err: err}
}
