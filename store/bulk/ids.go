package bulk

import (
	"context"
	"fmt"
	"math"
)

// IDs runs a statement whose first column is a row id, and gives all of them in the order in which they come: four
// bytes each, so that a view of a million orders fits in 4 MB.
func IDs(ctx context.Context, path, sql string, args ...any) ([]uint32, error) {
	return AppendIDs(ctx, path, nil, sql, args...)
}

// AppendIDs appends what IDs gives. With room for all of them it takes no other memory: a slice that grows to a million
// leaves five times that much behind.
func AppendIDs(ctx context.Context, path string, ids []uint32, sql string, args ...any) ([]uint32, error) {
	c, err := Open(ctx, path)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	if err := c.Exec(slim); err != nil {
		return ids, err
	}
	return c.appendIDs(ids, sql, args...)
}

// IDs does what the function of that name does, in the connection's own transaction.
func (c *Conn) IDs(sql string, args ...any) ([]uint32, error) { return c.appendIDs(nil, sql, args...) }

func (c *Conn) appendIDs(ids []uint32, sql string, args ...any) ([]uint32, error) {
	err := c.Rows(sql, args, func(s *Stmt) error {
		id := s.Int(0)
		if id < 0 || id > math.MaxUint32 {
			return fmt.Errorf("row id %d does not fit in 32 bits", id)
		}
		ids = append(ids, uint32(id))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return ids, nil
}

// slim bounds what a connection for one statement keeps of the file, in its own unit: what is read through from one end
// to the other is not read again. A quarter of the usual is enough for the upper levels of the trees.
const slim = `PRAGMA cache_size = -512`

// Each runs a statement on a connection of its own and calls fn for each row, as Conn.Rows does.
func Each(ctx context.Context, path, sql string, args []any, fn func(*Stmt) error) error {
	c, err := Open(ctx, path)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.Exec(slim); err != nil {
		return err
	}
	return c.Rows(sql, args, fn)
}
