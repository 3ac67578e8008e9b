package store

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
)

// rowColumns are what a line of the list shows, of the row o; the two parameters are the instant at which exceptions
// must hold.
const rowColumns = `o.id, o.shop, o.number, o.external_id, o.created, o.updated, o.customer, o.email, o.phone, o.country, o.city,
	o.items, o.quantity, o.suppliers, o.cost, o.cost_currency, o.total, o.currency, o.bucket, o.flags, o.payment,
	o.fulfilment, o.refund, o.late_at, o.hold, o.tracking, o.tags, o.image_url, o.total_key,
	CASE WHEN o.exception_at <= ? THEN
		(SELECT e.code FROM exceptions e WHERE e.order_id = o.id AND e.at <= ? ORDER BY e.n LIMIT 1) END`

// listed is a row of the list with what it is sorted by.
type listed struct {
	order.Row
	shop, created, updated, totalKey int64
}

// rowReader scans rows.
type rowReader struct {
	now   time.Time
	names map[int64]string // of shops
}

func (d *DB) rowReader(ctx context.Context, now time.Time) (*rowReader, error) {
	if now.IsZero() {
		now = d.clock()
	}
	infos, err := d.shopInfos(ctx)
	if err != nil {
		return nil, err
	}
	r := &rowReader{now: now, names: make(map[int64]string, len(infos))}
	for _, s := range infos {
		r.names[s.id] = s.Name
	}
	return r, nil
}

// args are the values of the parameters in rowColumns.
func (r *rowReader) args() []any { return []any{millis(r.now), millis(r.now)} }

func (r *rowReader) scan(scan func(...any) error) (listed, error) {
	var l listed
	var bucket, flags, payment, fulfilment, refund, hold int64
	var lateAt, exception *int64
	var suppliers, tracking, tags string
	if err := scan(&l.ID, &l.shop, &l.Number, &l.ExternalID, &l.created, &l.updated, &l.Customer, &l.Email, &l.Phone, &l.Country,
		&l.City, &l.Items, (*int64)(&l.Quantity), &suppliers, &l.Cost.Minor, &l.Cost.Currency, &l.Total.Minor, &l.Total.Currency,
		&bucket, &flags, &payment, &fulfilment, &refund, &lateAt, &hold, &tracking, &tags, &l.ImageURL, &l.totalKey,
		&exception); err != nil {
		return l, err
	}
	l.Store = r.names[l.shop]
	l.CreatedAt, l.UpdatedAt = instant(l.created), instant(l.updated)
	l.Suppliers = firstOf(suppliers)
	l.CostKnown, l.Partly = flags&flagCostKnown != 0, flags&flagPartly != 0
	l.Archived, l.Unseen = flags&flagArchived != 0, flags&flagUnseen != 0
	l.Stage = stageOf(bucket)
	l.CustomerPayment, l.Fulfilment = valueAt(order.CustomerPayments, payment), valueAt(order.Fulfilments, fulfilment)
	l.Refund, l.Hold = valueAt(order.CaseStates, refund), valueAt(order.HoldKinds, hold)
	l.Late = lateAt != nil && *lateAt <= millis(r.now)
	l.Tracking, _, _ = strings.Cut(tracking, sep)
	l.Tags = list(tags)
	if exception != nil {
		l.Exception = valueAt(order.ExceptionCodes, *exception)
	}
	return l, nil
}

// firstOf is the first of several and how many more there are: "Lumen EU +1".
func firstOf(joined string) string {
	first, rest, more := strings.Cut(joined, sep)
	if !more {
		return first
	}
	return first + " +" + strconv.Itoa(strings.Count(rest, sep)+1)
}

// key is the place of a row in a list.
func (l *listed) key(s sortKey) Key {
	k := Key{ID: l.ID, OK: true}
	switch s.column {
	case "created":
		k.Int = l.created
	case "updated":
		k.Int = l.updated
	case "total_key":
		k.Int = l.totalKey
	case "customer_key":
		k.Text = customerKey(l.Customer)
	case "number_key":
		k.Text = numberKey(l.Number)
	}
	return k
}

// Rows gives the rows of some orders in the order asked for; those that are not there any more are left out.
func (d *DB) Rows(ctx context.Context, ids []uint32) ([]order.Row, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	r, err := d.rowReader(ctx, time.Time{})
	if err != nil {
		return nil, err
	}
	rows, err := d.listedByID(ctx, r, ids)
	if err != nil {
		return nil, err
	}
	return orderRows(rows), nil
}

// listedByID reads rows by id, in the order of the ids.
func (d *DB) listedByID(ctx context.Context, r *rowReader, ids []uint32) ([]listed, error) {
	doc, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	rows := make([]listed, 0, len(ids))
	err = d.query(ctx, `SELECT `+rowColumns+` FROM json_each(?) j CROSS JOIN orders o ON o.id = j.value`,
		append(r.args(), string(doc)), func(scan func(...any) error) error {
			l, err := r.scan(scan)
			rows = append(rows, l)
			return err
		})
	return rows, err
}

// orderRows gives the rows without what they are sorted by.
func orderRows(rows []listed) []order.Row {
	out := make([]order.Row, len(rows))
	for i := range rows {
		out[i] = rows[i].Row
	}
	return out
}
