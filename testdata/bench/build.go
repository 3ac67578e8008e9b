package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// build makes the database, once, by a first synchronisation with the demo platform, as a merchant's first one is made.
func (b *bench) build(ctx context.Context) error {
	begin := time.Now()
	if _, err := b.process(ctx, nil, b.binary, b.demo("sync")...); err != nil {
		return fmt.Errorf("the database cannot be built: %w", err)
	}
	if took := time.Since(begin); took > 10*time.Second {
		fmt.Fprintf(os.Stderr, "database of %d orders built in %.0f s\n", b.orders, took.Seconds())
	}
	b.db = filepath.Join(b.data, fmt.Sprintf("demo-%d.db", b.orders))
	if _, err := os.Stat(b.db); err != nil {
		return err
	}
	// What is still in the write-ahead log is put into the file, so that a copy of the file is a copy of everything.
	_, err := b.process(ctx, nil, "sqlite3", b.db, "PRAGMA wal_checkpoint(TRUNCATE);")
	return err
}
