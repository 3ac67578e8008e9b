package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// frame measures what it takes to make the content of a frame after the cursor has moved, against making the same
// table with lipgloss, a style rendered for every cell. Both are benchmarks of package tui, run alternately.
func frame(ctx context.Context, b *bench) ([]figure, error) {
	rounds := "5"
	if b.quick {
		rounds = "1"
	}
	cmd := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", "^BenchmarkFrame$", "-benchmem", "-count", rounds, "./tui")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go test -bench: %w: %s", err, out)
	}
	took, allocations := map[string]sample{}, map[string]float64{}
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		fields := strings.Fields(lines.Text()) // BenchmarkFrame/ours-2 4321 27000 ns/op 120 B/op 3 allocs/op
		if len(fields) < 8 || !strings.HasPrefix(fields[0], "BenchmarkFrame/") {
			continue
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(fields[0], "BenchmarkFrame/"), "-")
		ns, err := strconv.ParseFloat(fields[2], 64)
		if err != nil {
			return nil, err
		}
		n, err := strconv.ParseFloat(fields[6], 64)
		if err != nil {
			return nil, err
		}
		took[name] = append(took[name], time.Duration(ns))
		allocations[name] = n
	}
	if len(took["ours"]) == 0 || len(took["lipgloss"]) == 0 {
		return nil, fmt.Errorf("go test -bench printed no frames:\n%s", out)
	}
	return []figure{
		atMost("content of one changed frame, 200×50", "the same table, lipgloss per cell", took["ours"].median(), took["lipgloss"].median(), 1.0/15, ""),
		{
			What: "allocations for one changed frame", Floor: "–", Ours: allocations["ours"], Unit: "allocs", Limit: 10, AtMost: true,
			Note: fmt.Sprintf("lipgloss per cell: %.0f", allocations["lipgloss"]),
		},
	}, nil
}
