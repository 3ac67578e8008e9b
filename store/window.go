package store

import (
	"cmp"
	"context"
	"errors"
	"slices"
)

// errEnough ends the reading of rows before the last one.
var errEnough = errors.New("enough")

// maxRows bounds a window.
const maxRows = 10_000

// compareKeys orders two places of a list that is sorted upwards.
func compareKeys(a, b Key) int {
	return cmp.Or(cmp.Compare(a.Int, b.Int), cmp.Compare(a.Text, b.Text), cmp.Compare(a.ID, b.ID))
}

// Window reads a stretch of a list: up to limit rows after from (or, backward, before it; they come in the list's order
// all the same). The zero Key is the beginning, or backward the end. With from.At the row of from itself comes too.
func (d *DB) Window(ctx context.Context, q Query, from Key, backward bool, limit int) (Window, error) {
	if limit < 1 || limit > maxRows {
		return Window{}, refuse(Invalid, "a window has 1 to %d rows, not %d", maxRows, limit)
	}
	v, err := d.plan(ctx, q, false)
	if err != nil {
		return Window{}, err
	}
	r, err := d.rowReader(ctx, q.Now)
	if err != nil {
		return Window{}, err
	}
	s := stretch{view: v, from: from, backward: backward, limit: limit + 1}
	var rows []listed
	var w Window
	switch {
	case v.match == "":
		rows, err = d.walk(ctx, r, &s)
	case v.sort.name == "created":
		rows, err = d.stream(ctx, r, &s)
	default:
		rows, w.Partial, err = d.collect(ctx, r, &s)
	}
	if err != nil {
		return Window{}, err
	}
	more := len(rows) > limit
	if more {
		rows = rows[:limit]
	}
	if backward {
		slices.Reverse(rows)
	}
	w.Rows = orderRows(rows)
	if len(rows) > 0 {
		w.First, w.Last = rows[0].key(v.sort), rows[len(rows)-1].key(v.sort)
	}
	beyond := from.OK
	if beyond {
		if beyond, err = d.beyond(ctx, r, &s); err != nil {
			return Window{}, err
		}
	}
	w.AtStart, w.AtEnd = !beyond, !more
	if backward {
		w.AtStart, w.AtEnd = !more, !beyond
	}
	return w, nil
}

// stretch is what a window asks for.
type stretch struct {
	*view
	from     Key
	backward bool
	limit    int
}

// down tells whether the reading goes towards smaller keys.
func (s *stretch) down() bool { return s.desc != s.backward }

// beyond tells whether anything lies on the other side of the key that the window starts from.
func (d *DB) beyond(ctx context.Context, r *rowReader, s *stretch) (bool, error) {
	back := *s
	back.backward, back.limit = !s.backward, 1
	back.from.At = !s.from.At // what is not in the window is on the other side, the row of the key included
	var rows []listed
	var err error
	switch {
	case s.match == "":
		rows, err = d.walk(ctx, r, &back)
	case s.sort.name == "created":
		rows, err = d.stream(ctx, r, &back)
	default:
		rows, _, err = d.collect(ctx, r, &back)
	}
	return len(rows) > 0, err
}

// keyset writes the condition that a row lies after the key, in the direction of reading.
func (s *stretch) keyset(c *clause) {
	if !s.from.OK {
		return
	}
	op := " > "
	if s.down() {
		op = " < "
	}
	if s.from.At {
		op = op[:2] + "= "
	}
	var value any = s.from.Int
	if s.sort.text {
		value = s.from.Text
	}
	c.and()
	c.add("(o."+s.sort.column+", o.id)"+op+"(?, ?)", value, s.from.ID)
}

// passed tells whether a key lies after the one that the stretch starts from, in the direction of reading.
func (s *stretch) passed(k Key) bool {
	if !s.from.OK {
		return true
	}
	n := compareKeys(k, s.from)
	if s.down() {
		n = -n
	}
	return n > 0 || (n == 0 && s.from.At)
}

func (s *stretch) compare(a, b *listed) int {
	n := compareKeys(a.key(s.sort), b.key(s.sort))
	if s.down() {
		return -n
	}
	return n
}

// walk reads rows by an index of the table.
func (d *DB) walk(ctx context.Context, r *rowReader, s *stretch) ([]listed, error) {
	way := s.way(d.has)
	var c clause
	if way.sorts {
		// Sort keys and ids only, then read the few rows that are wanted.
		c.add(`SELECT `+rowColumns+` FROM (SELECT o.id FROM orders o`+way.indexed()+` WHERE `, r.args()...)
	} else {
		c.add(`SELECT `+rowColumns+` FROM orders o`+way.indexed()+` WHERE `, r.args()...)
	}
	s.from0(&c, way)
	dir := " ASC"
	if s.down() {
		dir = " DESC"
	}
	c.add(` ORDER BY o.`+s.sort.column+dir+`, o.id`+dir+` LIMIT ?`, s.limit)
	if way.sorts {
		c.add(`) k CROSS JOIN orders o ON o.id = k.id`)
	}
	rows := make([]listed, 0, min(s.limit, 256))
	err := d.query(ctx, c.sql.String(), c.args, func(scan func(...any) error) error {
		l, err := r.scan(scan)
		rows = append(rows, l)
		return err
	})
	if way.sorts {
		slices.SortFunc(rows, func(a, b listed) int { return s.compare(&a, &b) })
	}
	return rows, err
}

// from0 writes all conditions of a stretch that the search index has no part in.
func (s *stretch) from0(c *clause, way way) {
	var w clause
	s.conditions(&w, way.live)
	s.keyset(&w)
	if way.cond != "" {
		w.and()
		w.add(way.cond, way.args...)
	}
	if w.sql.Len() == 0 {
		w.add("1")
	}
	c.add(w.sql.String(), w.args...)
}

// searched is the beginning of every statement that goes through the search index.
const searched = ` FROM fts CROSS JOIN orders o ON o.id = (fts.rowid & 134217727) WHERE fts MATCH ?`

// stream reads rows by the search index in the order of their dates. The index knows these to about a minute; what
// stands within one of its steps is sorted here.
func (d *DB) stream(ctx context.Context, r *rowReader, s *stretch) ([]listed, error) {
	var c clause
	c.add(`SELECT `+rowColumns+searched, append(r.args(), s.match)...)
	dir := " ASC"
	if s.down() {
		dir = " DESC"
	}
	if s.from.OK {
		floor := rankFloor(s.from.Int)
		if s.down() {
			c.add(` AND fts.rowid <= ?`, floor|maxID)
		} else {
			c.add(` AND fts.rowid >= ?`, floor)
		}
	}
	s.rest(&c)
	c.add(` ORDER BY fts.rowid` + dir)
	rows := make([]listed, 0, min(s.limit, 256))
	sorted := 0 // rows before this one are in their final places
	err := d.query(ctx, c.sql.String(), c.args, func(scan func(...any) error) error {
		l, err := r.scan(scan)
		if err != nil {
			return err
		}
		if !s.passed(l.key(s.sort)) {
			return nil
		}
		if n := len(rows); n > 0 && rankFloor(rows[n-1].created) != rankFloor(l.created) {
			slices.SortFunc(rows[sorted:], func(a, b listed) int { return s.compare(&a, &b) })
			if sorted = n; n >= s.limit {
				return errEnough
			}
		}
		rows = append(rows, l)
		return nil
	})
	slices.SortFunc(rows[sorted:], func(a, b listed) int { return s.compare(&a, &b) })
	if len(rows) > s.limit {
		rows = rows[:s.limit]
	}
	return rows, err
}

// rest writes the conditions that the search index has not decided already.
func (v *view) rest(c *clause) {
	var w clause
	v.place(&w, false, v.marks)
	if v.where.sql.Len() > 0 {
		w.and()
		w.add(v.where.sql.String(), v.where.args...)
	}
	if w.sql.Len() > 0 {
		c.add(" AND "+w.sql.String(), w.args...)
	}
}

// maxCollected is how many hits of a search are sorted by something else than their date.
const maxCollected = 3000

// collect reads the newest hits of a search and sorts them by something else than the date. partial tells that there
// were more than could be sorted in good time.
func (d *DB) collect(ctx context.Context, r *rowReader, s *stretch) (rows []listed, partial bool, err error) {
	var c clause
	c.add(`SELECT o.id, o.`+s.sort.column+searched, s.match)
	s.rest(&c)
	c.add(` ORDER BY fts.rowid DESC LIMIT ?`, maxCollected+1)
	var keys []Key
	n := 0
	if err := d.query(ctx, c.sql.String(), c.args, func(scan func(...any) error) error {
		k := Key{OK: true}
		var err error
		if s.sort.text {
			err = scan(&k.ID, &k.Text)
		} else {
			err = scan(&k.ID, &k.Int)
		}
		if n++; n <= maxCollected && s.passed(k) {
			keys = append(keys, k)
		}
		return err
	}); err != nil {
		return nil, false, err
	}
	slices.SortFunc(keys, func(a, b Key) int {
		if s.down() {
			a, b = b, a
		}
		return compareKeys(a, b)
	})
	if len(keys) > s.limit {
		keys = keys[:s.limit]
	}
	ids := make([]uint32, len(keys))
	for i, k := range keys {
		ids[i] = uint32(k.ID)
	}
	rows, err = d.listedByID(ctx, r, ids)
	return rows, n > maxCollected, err
}
