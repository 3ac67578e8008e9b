package store

import (
	"context"

	"github.com/orderdeck/orderdeck/store/order"
)

// MarkSeen takes the mark of being new off some orders.
func (d *DB) MarkSeen(ctx context.Context, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	return d.write(ctx, func(t *tx) error {
		for _, id := range ids {
			n, err := t.run(`UPDATE orders SET flags = flags & ~? WHERE id = ? AND flags & ? <> 0`, int64(flagUnseen), id, int64(flagUnseen))
			if err != nil {
				return err
			}
			if n > 0 {
				t.changed = append(t.changed, id)
			}
		}
		return nil
	})
}

// AddIntent lays something over an order that the merchant did and the store has not confirmed yet. in.ID is given by
// the database, an empty in.At is now.
func (d *DB) AddIntent(ctx context.Context, id int64, in order.Intent) error {
	return d.touchIntents(ctx, id, in.Who, func(t *tx) error {
		at := in.At
		if at.IsZero() {
			at = t.now
		}
		return t.exec(`INSERT INTO intents (order_id, kind, value, who, at) VALUES (?, ?, ?, ?, ?)`,
			id, in.Kind, in.Value, in.Who, millis(at))
	})
}

// SettleIntents takes intents off an order again: they were carried out, or withdrawn. Those that a pull confirms are
// taken off by Apply.
func (d *DB) SettleIntents(ctx context.Context, id int64, intents ...int64) error {
	return d.touchIntents(ctx, id, "orderdeck", func(t *tx) error {
		for _, in := range intents {
			if err := t.exec(`DELETE FROM intents WHERE id = ? AND order_id = ?`, in, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// touchIntents changes an order's intents and derives it anew.
func (d *DB) touchIntents(ctx context.Context, id int64, who string, change func(*tx) error) error {
	return d.write(ctx, func(t *tx) error {
		var store string
		found, err := t.get(`SELECT s.name FROM orders o JOIN shops s ON s.id = o.shop WHERE o.id = ?`, []any{id}, &store)
		if err != nil {
			return err
		}
		if !found {
			return refuse(NotFound, "the order is not there any more")
		}
		a := applier{tx: t, who: who}
		if a.shop, err = t.needShop(store); err != nil {
			return err
		}
		if err := change(t); err != nil {
			return err
		}
		return a.rederive(id, func(r *rederivation) { r.intents = true })
	})
}
