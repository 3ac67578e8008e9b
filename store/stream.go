package store

import (
	"context"
	"strconv"
	"strings"

	"github.com/orderdeck/orderdeck/store/bulk"
)

// streamCacheKB is the page cache of the connection that streams: enough for the inner pages of the tables at a
// million orders.
const streamCacheKB = 6 << 10

// Stream calls fn for every order that q finds, in its order, with the fields asked for; with ids not nil, for those
// orders in that order (ones that are gone are left out). All rows are of one instant, whatever is written meanwhile.
// An error of fn ends it and is handed back as it is.
func (d *DB) Stream(ctx context.Context, q Query, ids []uint32, fields []Field, fn func(Values) error) error {
	select {
	case <-d.closing:
		return d.fault(Closed, nil)
	default:
	}
	var mine error // fn's, not the database's
	call := func(v Values) error {
		mine = fn(v)
		return mine
	}
	var err error
	if ids != nil {
		err = d.streamIDs(ctx, ids, fields, call)
	} else {
		err = d.streamQuery(ctx, q, fields, call)
	}
	if mine != nil {
		return mine
	}
	return d.readError(ctx, err)
}

// listSQL is the statement that gives some columns of all the orders of a query, sorted. With plain set it can run on
// any connection; without, it calls functions that only those of database/sql have.
func (d *DB) listSQL(ctx context.Context, q Query, columns string) (text string, args []any, plain bool, err error) {
	v, err := d.plan(ctx, q, true)
	if err != nil {
		return "", nil, false, err
	}
	var c clause
	if v.match != "" {
		c.add(`SELECT `+columns+searched, v.match)
		v.rest(&c)
	} else {
		way := v.wholeWay(d.has)
		c.add(`SELECT ` + columns + ` FROM orders o` + way.indexed() + ` WHERE `)
		(&stretch{view: v}).from0(&c, way)
	}
	dir := ""
	if v.desc {
		dir = " DESC"
	}
	c.add(` ORDER BY o.` + v.sort.column + dir + `, o.id` + dir)
	return c.sql.String(), c.args, !v.where.fns, nil
}

// columnsOf is what a statement must select for some fields.
func columnsOf(fields []Field) string {
	var b strings.Builder
	for i, f := range fields {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("o." + fieldColumns[f].column)
		if bits := fieldColumns[f].bits; bits != 0 {
			b.WriteString(" & " + strconv.FormatInt(bits, 10))
		}
	}
	if len(fields) == 0 {
		b.WriteString("1")
	}
	return b.String()
}

func (d *DB) streamQuery(ctx context.Context, q Query, fields []Field, fn func(Values) error) error {
	text, args, plain, err := d.listSQL(ctx, q, columnsOf(fields))
	if err != nil {
		return err
	}
	if !plain {
		return d.streamSlowly(ctx, text, args, fields, fn)
	}
	return d.snapshot(ctx, func(c *bulk.Conn, shops map[int64][]byte) error {
		row := streamRow{fields: fields, shops: shops}
		return c.Rows(text, args, func(s *bulk.Stmt) error {
			row.s = s
			return fn(&row)
		})
	})
}

func (d *DB) streamIDs(ctx context.Context, ids []uint32, fields []Field, fn func(Values) error) error {
	return d.snapshot(ctx, func(c *bulk.Conn, shops map[int64][]byte) error {
		s, err := c.Prepare(`SELECT ` + columnsOf(fields) + ` FROM orders o WHERE o.id = ?`)
		if err != nil {
			return err
		}
		defer s.Close()
		row := streamRow{s: s, fields: fields, shops: shops}
		for _, id := range ids {
			if err := s.Bind(id); err != nil {
				return err
			}
			found, err := s.Next()
			if err != nil {
				return err
			}
			if !found {
				continue
			}
			if err := fn(&row); err != nil {
				return err
			}
		}
		return nil
	})
}

// snapshot opens a connection of its own and a reading transaction on it.
func (d *DB) snapshot(ctx context.Context, run func(*bulk.Conn, map[int64][]byte) error) error {
	c, err := bulk.Open(ctx, d.path)
	if err != nil {
		return err
	}
	defer c.Close()
	for _, sql := range []string{`PRAGMA cache_size = -` + strconv.Itoa(streamCacheKB), `BEGIN`} {
		if err := c.Exec(sql); err != nil {
			return err
		}
	}
	shops := map[int64][]byte{}
	if err := c.Rows(`SELECT id, name FROM shops`, nil, func(s *bulk.Stmt) error {
		shops[s.Int(0)] = append([]byte(nil), s.Bytes(1)...)
		return nil
	}); err != nil {
		return err
	}
	return run(c, shops)
}

// streamRow is one row of a bulk statement.
type streamRow struct {
	s      *bulk.Stmt
	fields []Field
	shops  map[int64][]byte
}

// Int is the i-th field, where it is a number.
func (r *streamRow) Int(i int) int64 { return r.s.Int(i) }

// Bytes is the i-th field, where it is a text.
func (r *streamRow) Bytes(i int) []byte {
	if r.fields[i] == FieldStore {
		return r.shops[r.s.Int(i)]
	}
	return r.s.Bytes(i)
}

// streamSlowly streams through database/sql, whose connections have the functions that some filters call.
func (d *DB) streamSlowly(ctx context.Context, text string, args []any, fields []Field, fn func(Values) error) error {
	infos, err := d.shopInfos(ctx)
	if err != nil {
		return err
	}
	row := slowRow{fields: fields, values: make([]any, len(fields)), shops: map[int64][]byte{}}
	for _, s := range infos {
		row.shops[s.id] = []byte(s.Name)
	}
	into := make([]any, len(fields))
	for i := range into {
		into[i] = &row.values[i]
	}
	return d.query(ctx, text, args, func(scan func(...any) error) error {
		if err := scan(into...); err != nil {
			return err
		}
		return fn(&row)
	})
}

// slowRow is one row that database/sql has read.
type slowRow struct {
	fields []Field
	values []any
	shops  map[int64][]byte
}

// Int is the i-th field, where it is a number.
func (r *slowRow) Int(i int) int64 {
	n, _ := r.values[i].(int64)
	return n
}

// Bytes is the i-th field, where it is a text.
func (r *slowRow) Bytes(i int) []byte {
	if r.fields[i] == FieldStore {
		return r.shops[r.Int(i)]
	}
	s, _ := r.values[i].(string)
	return []byte(s)
}
