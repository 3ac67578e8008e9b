package store

import "context"

// Schema lists the statements that the database is made of, tables before indexes, for those who help a merchant from
// afar. There is nothing of any order in it.
func (d *DB) Schema(ctx context.Context) ([]string, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT sql FROM sqlite_master WHERE sql IS NOT NULL
		ORDER BY CASE type WHEN 'table' THEN 0 ELSE 1 END, name`)
	if err != nil {
		return nil, d.explain(err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var sql string
		if err := rows.Scan(&sql); err != nil {
			return nil, d.explain(err)
		}
		out = append(out, sql)
	}
	return out, d.explain(rows.Err())
}
