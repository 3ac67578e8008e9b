package store

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
)

// rowColumns are what a line of the list shows, of the row o. Handing a column over costs more than reading it, so the
// small numbers come in one and the texts in another. The parameters are the instant at which orders are late and at
// which exceptions must hold, three times.
const rowColumns = `o.id, o.shop, o.created, o.updated, o.quantity, o.cost, o.total, o.total_key,
	o.bucket | ((o.payment + 1) << 8) | ((o.fulfilment + 1) << 16) | ((o.refund + 1) << 24) | ((o.hold + 1) << 32)
	| (coalesce(o.late_at <= ?, 0) << 40) | (coalesce(CASE WHEN o.exception_at <= ? THEN
		(SELECT e.code + 1 FROM exceptions e WHERE e.order_id = o.id AND e.at <= ? ORDER BY e.n LIMIT 1) END, 0) << 48),
	o.flags,
	concat_ws(char(30), o.number, o.customer, o.email, o.phone, o.country, o.city, o.items, o.suppliers,
		o.cost_currency, o.currency, o.tracking, o.tags, o.image_url, o.external_id)`

// rowTexts is how many texts there are in the last of rowColumns, before the external id.
const rowTexts = 13

// between stands between the texts of a row; columns never have it, see row.derive.
const between = "\x1e"

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
func (r *rowReader) args() []any { return []any{millis(r.now), millis(r.now), millis(r.now)} }

func (r *rowReader) scan(scan func(...any) error) (listed, error) {
	var l listed
	var packed, flags int64
	var joined string
	if err := scan(&l.ID, &l.shop, &l.created, &l.updated, (*int64)(&l.Quantity), &l.Cost.Minor, &l.Total.Minor, &l.totalKey,
		&packed, &flags, &joined); err != nil {
		return l, err
	}
	var texts [rowTexts]string
	for i := range texts {
		texts[i], joined, _ = strings.Cut(joined, between)
	}
	l.Number, l.Customer, l.Email, l.Phone = texts[0], texts[1], texts[2], texts[3]
	l.Country, l.City, l.Items, l.Suppliers = texts[4], texts[5], texts[6], firstOf(texts[7])
	l.Cost.Currency, l.Total.Currency = texts[8], texts[9]
	l.Tracking, _, _ = strings.Cut(texts[10], sep)
	l.Tags, l.ImageURL, l.ExternalID = list(texts[11]), texts[12], joined // the id is not ours to change: it comes last
	l.Store = r.names[l.shop]
	l.CreatedAt, l.UpdatedAt = instant(l.created), instant(l.updated)
	l.CostKnown, l.Partly = flags&flagCostKnown != 0, flags&flagPartly != 0
	l.Archived, l.Unseen = flags&flagArchived != 0, flags&flagUnseen != 0
	part := func(shift int) int64 { return packed >> shift & 0xff }
	l.Stage = stageOf(part(0))
	l.CustomerPayment, l.Fulfilment = valueAt(order.CustomerPayments, part(8)-1), valueAt(order.Fulfilments, part(16)-1)
	l.Refund, l.Hold = valueAt(order.CaseStates, part(24)-1), valueAt(order.HoldKinds, part(32)-1)
	l.Late, l.Exception = part(40) != 0, valueAt(order.ExceptionCodes, part(48)-1)
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
