package store

import (
	"context"
	"slices"
	"strings"

	"github.com/orderdeck/orderdeck/store/order/text"
)

// maxScanned bounds how many of the newest orders are looked at for values to suggest.
const maxScanned = 20_000

// suggestions are the statements that list values of a field; they have one parameter, how many orders to look at.
var suggestions = map[string]string{
	"store":    `SELECT name FROM shops WHERE ? > 0`,
	"country":  newest("country"),
	"currency": newest("currency"),
	"city":     newest("city"),
	"supplier": newest("suppliers"),
	"tag":      newest("tags"),
	"source":   newest("source"),
	"payment":  newest("payment_method"),
	"shipping": newest("shipping_method"),
	"customer": newest("customer"),
	"product":  newestLine("title"),
	"sku":      newestLine("sku"),
}

// newest counts the values of a column, over the newest orders.
func newest(column string) string {
	return `SELECT ` + column + ` FROM (SELECT ` + column + ` FROM orders INDEXED BY orders_created ORDER BY created DESC, id DESC LIMIT ?)
		WHERE ` + column + ` <> '' GROUP BY ` + column + ` ORDER BY count(*) DESC, ` + column
}

func newestLine(column string) string {
	return `SELECT l.` + column + ` FROM (SELECT id FROM orders INDEXED BY orders_created ORDER BY created DESC, id DESC LIMIT ?) o
		JOIN lines l ON l.order_id = o.id WHERE l.` + column + ` <> '' GROUP BY l.` + column + ` ORDER BY count(*) DESC, l.` + column
}

// Suggest lists values that a field has in the newest orders and that begin with prefix (or have a word that does),
// the most frequent first. Fields with fixed values or without values worth listing give none.
func (d *DB) Suggest(ctx context.Context, field, prefix string, limit int) ([]string, error) {
	text0 := suggestions[field]
	if text0 == "" {
		return nil, nil
	}
	prefix = text.Fold(prefix)
	var out []string
	err := d.query(ctx, text0, []any{maxScanned}, func(scan func(...any) error) error {
		var joined string
		if err := scan(&joined); err != nil {
			return err
		}
		for _, v := range split(joined) {
			if begins(v, prefix) && !slices.Contains(out, v) {
				out = append(out, v)
			}
		}
		if len(out) >= limit {
			return errEnough
		}
		return nil
	})
	return out[:min(len(out), max(limit, 0))], err
}

// begins tells whether a text or one of its words begins with a folded prefix.
func begins(s, prefix string) bool {
	s = text.Fold(s)
	return strings.HasPrefix(s, prefix) || strings.Contains(s, " "+prefix)
}
