package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// open measures whole processes that print the newest fifty orders.
func open(ctx context.Context, b *bench) ([]figure, error) {
	question := "SELECT " + columns + " FROM orders ORDER BY created DESC, id DESC LIMIT 50"
	ours, floor, err := interleave(max(b.rounds, 11), func() error {
		_, err := b.process(ctx, nil, b.binary, b.demo("list", "--limit", "50")...)
		return err
	}, func() error {
		_, err := b.process(ctx, nil, "sqlite3", "-readonly", b.db, question)
		return err
	})
	if err != nil {
		return nil, err
	}
	return []figure{atMost("open + first 50 rows, whole process", "sqlite3 CLI, the same query", ours.median(), floor.median(), 3, "list --limit 50")}, nil
}

// visidata measures how long VisiData takes to load the same orders as CSV, and what it then occupies.
func visidata(ctx context.Context, b *bench) ([]figure, error) {
	if _, err := exec.LookPath("vd"); err != nil {
		return nil, errors.New("vd is missing; on Debian: apt-get install visidata")
	}
	csv := filepath.Join(b.temp, "orders.csv")
	if _, err := b.process(ctx, nil, b.binary, b.demo("export", "--out", csv)...); err != nil {
		return nil, err
	}
	replay := filepath.Join(b.temp, "replay.vdj")
	lines := []string{
		fmt.Sprintf(`{"longname": "open-file", "input": %q, "keystrokes": "o"}`, csv),
		`{"longname": "go-bottom", "keystrokes": "G"}`,
	}
	if err := os.WriteFile(replay, []byte("#!vd -p\n"+strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		return nil, err
	}
	theirs, err := b.process(ctx, nil, "vd", "-b", "-N", "-p", replay)
	if err != nil {
		return nil, err
	}
	numbers, err := b.newest(ctx)
	if err != nil {
		return nil, err
	}
	t, took, err := b.app(ctx, numbers)
	if err != nil {
		return nil, err
	}
	defer t.end()
	time.Sleep(2 * time.Second)
	rss, err := resident(t.cmd.Process.Pid)
	if err != nil {
		return nil, err
	}
	return []figure{
		atMost("loaded and ready", "VisiData on the same orders as CSV", took, theirs.wall, 1.0/20, ""),
		{
			What: "resident when loaded", Floor: "VisiData on the same orders as CSV", Ours: float64(rss), Peer: float64(theirs.rss),
			Unit: "B", Limit: 0.1, AtMost: true,
		},
	}, nil
}
