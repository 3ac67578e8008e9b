package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// newest are the numbers of the orders that the first screen shows.
func (b *bench) newest(ctx context.Context) ([]string, error) {
	text, err := b.output(ctx, b.binary, b.demo("list", "--limit", "20", "--json")...)
	if err != nil {
		return nil, err
	}
	var numbers []string
	for line := range strings.Lines(text) {
		var row struct {
			Number string `json:"number"`
		}
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			return nil, fmt.Errorf("list --json printed %q: %w", line, err)
		}
		numbers = append(numbers, row.Number)
	}
	if len(numbers) < 20 {
		return nil, fmt.Errorf("list --limit 20 printed %d orders", len(numbers))
	}
	return numbers, nil
}

// app starts Orderdeck on a terminal and waits for its first rows.
func (b *bench) app(ctx context.Context, numbers []string) (*terminal, time.Duration, error) {
	t, err := onTerminal(ctx, b.environment(), b.binary, b.demo()...)
	if err != nil {
		return nil, 0, err
	}
	took, err := t.until(20*time.Second, numbers...)
	if err != nil {
		t.end()
		return nil, 0, err
	}
	return t, took, nil
}

// least starts the minimal program on a terminal and waits for its first row.
func (b *bench) least(ctx context.Context) (*terminal, time.Duration, error) {
	t, err := onTerminal(ctx, b.environment(), b.floor)
	if err != nil {
		return nil, 0, err
	}
	took, err := t.until(20*time.Second, "#000000")
	if err != nil {
		t.end()
		return nil, 0, err
	}
	return t, took, nil
}

// start measures the time from starting the process to the first row of the list on a terminal.
func start(ctx context.Context, b *bench) ([]figure, error) {
	numbers, err := b.newest(ctx)
	if err != nil {
		return nil, err
	}
	var ours, floor sample
	for round := range max(b.rounds/2, 5) + 1 {
		t, took, err := b.app(ctx, numbers)
		if err != nil {
			return nil, err
		}
		t.end()
		m, least, err := b.least(ctx)
		if err != nil {
			return nil, err
		}
		m.end()
		if round > 0 {
			ours, floor = append(ours, took), append(floor, least)
		}
	}
	return []figure{atMost("process start → first rows on a terminal", "minimal Bubble Tea program, 120 fps",
		ours.median(), floor.median(), 2, "median, 200×50")}, nil
}

// keys measures the time from a key that moves the cursor to the first byte that the terminal gets for it. The gaps
// between keys drift against the frames, so that every phase of a frame is met.
func keys(ctx context.Context, b *bench) ([]figure, error) {
	numbers, err := b.newest(ctx)
	if err != nil {
		return nil, err
	}
	presses := 60
	if !b.quick {
		presses = 300
	}
	var ours, floor sample
	for range 2 { // twice each, alternating
		t, _, err := b.app(ctx, numbers)
		if err != nil {
			return nil, err
		}
		got, err := strokes(t, presses)
		t.end()
		if err != nil {
			return nil, err
		}
		m, _, err := b.least(ctx)
		if err != nil {
			return nil, err
		}
		least, err := strokes(m, presses)
		m.end()
		if err != nil {
			return nil, err
		}
		ours, floor = append(ours, got...), append(floor, least...)
	}
	const peer = "minimal Bubble Tea program, 120 fps"
	return []figure{
		atMost("key press → bytes, cursor move, 200×50, p99", peer, ours.p99(), floor.p99(), 1.3, fmt.Sprintf("%d keys", len(ours))),
		atMost("key press → bytes, cursor move, 200×50, median", peer, ours.median(), floor.median(), 0, ""),
	}, nil
}

// strokes moves the cursor down and up.
func strokes(t *terminal, presses int) (sample, error) {
	t.quiet(300 * time.Millisecond)
	var all sample
	for i := range presses {
		key := "j"
		if i%40 >= 20 {
			key = "k"
		}
		time.Sleep(time.Duration(37+i%17) * time.Millisecond)
		took, err := t.press(key)
		if err != nil {
			return nil, fmt.Errorf("key %d: %w", i, err)
		}
		all = append(all, took)
	}
	return all, nil
}

// memory uses the app as a person would while it syncs, and reads how much of it is resident then.
func memory(ctx context.Context, b *bench) ([]figure, error) {
	numbers, err := b.newest(ctx)
	if err != nil {
		return nil, err
	}
	t, _, err := b.app(ctx, numbers)
	if err != nil {
		return nil, err
	}
	defer t.end()
	round := []string{
		"j", "j", "j", "\x1b[6~", "\x1b[6~", "G", "g", "l", "j", "j", "l", "l", "h", "\r", "J", "J", "\x1b", "S",
		"/", "m", "a", "r", "i", "a", "\r", "j", "j", "\x1b", "\x1b", "%", "k", "k", "?", "\x1b", "g",
	}
	var most int64
	for end, i := time.Now().Add(b.use), 0; time.Now().Before(end); i++ {
		if _, err := t.file.WriteString(round[i%len(round)]); err != nil {
			return nil, fmt.Errorf("the app ended while it was used: %w; it wrote:\n%q", err, t.tail())
		}
		time.Sleep(120 * time.Millisecond)
		t.forget()
		now, err := resident(t.cmd.Process.Pid)
		if err != nil {
			return nil, err
		}
		most = max(most, now)
	}
	now, err := resident(t.cmd.Process.Pid)
	if err != nil {
		return nil, err
	}
	return []figure{{
		What: "resident memory after " + b.use.String() + " of use and sync", Floor: "–", Ours: float64(now), Unit: "B",
		Limit: 64e6, AtMost: true, Note: "at most " + amount(float64(most), "B") + " on the way",
	}}, nil
}
