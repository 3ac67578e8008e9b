package main

import (
	"context"
	"database/sql"
	"fmt"

	_ "modernc.org/sqlite" // the same engine that the store uses: what differs is what is asked
)

// raw opens the database the plain way, one connection, for floors in SQL.
func (b *bench) raw() (*sql.DB, error) {
	db, err := sql.Open("sqlite", "file:"+b.db+"?mode=ro&_pragma=busy_timeout(5000)&_pragma=query_only(1)&_pragma=cache_size(-4096)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// query is a prepared statement that is run to its end, every column of every row read.
type query struct {
	stmt *sql.Stmt
	row  []any
	at   []any
}

func prepare(ctx context.Context, db *sql.DB, text string) (*query, error) {
	stmt, err := db.PrepareContext(ctx, text)
	if err != nil {
		return nil, fmt.Errorf("floor: %w: %s", err, text)
	}
	return &query{stmt: stmt}, nil
}

// run reads all rows and tells how many there were.
func (q *query) run(ctx context.Context, args ...any) (int, error) {
	rows, err := q.stmt.QueryContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	if q.row == nil {
		columns, err := rows.Columns()
		if err != nil {
			return 0, err
		}
		q.row, q.at = make([]any, len(columns)), make([]any, len(columns))
		for i := range q.row {
			q.at[i] = &q.row[i]
		}
	}
	n := 0
	for rows.Next() {
		if err := rows.Scan(q.at...); err != nil {
			return n, err
		}
		n++
	}
	return n, rows.Err()
}
