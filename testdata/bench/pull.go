package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// platforms are those whose connectors are measured; each has a BenchmarkPull beside its tests, where its fake store is.
var platforms = []string{"shopify", "woocommerce", "jumpseller", "medusa", "vendure"}

// pull measures a first pull of 10,000 orders from a store that answers at once, by the connectors' own test programs.
func pull(ctx context.Context, b *bench) ([]figure, error) {
	orders, rounds := 10_000, 5
	if b.quick {
		orders, rounds = 1000, 1
	}
	var figures []figure
	for _, name := range platforms {
		cmd := exec.CommandContext(ctx, filepath.Join(b.tests, name+".test"), "-test.run", "^$", "-test.bench", "^BenchmarkPull$",
			"-test.benchtime", fmt.Sprintf("%dx", rounds))
		cmd.Dir = filepath.Join("sync", name) // where its recorded answers are
		cmd.Env = append(b.environment(), "PATH="+os.Getenv("PATH"), "TMPDIR="+b.temp, "ORDERDECK_PULL="+strconv.Itoa(orders))
		out, err := cmd.CombinedOutput()
		if err != nil {
			return nil, fmt.Errorf("%s: %w: %s", name, err, out)
		}
		got := metrics(out)
		ours, floor := got["pull-s"], got["floor-s"]
		if ours == 0 || floor == 0 {
			return nil, fmt.Errorf("%s reported no figures: %s", name, out)
		}
		figures = append(figures, atMost(fmt.Sprintf("a first pull of %d orders from %s", orders, name),
			"decode of the same bytes + the bare write loop", seconds(ours), seconds(floor), 1.3,
			fmt.Sprintf("median of %d; %.0f orders/s; the whole sync, with the pass that follows, %s", rounds, float64(orders)/ours, amount(got["sync-s"], "s"))))
	}
	return figures, nil
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// metrics are the figures of a line of `go test -bench`, by their unit.
func metrics(out []byte) map[string]float64 {
	found := map[string]float64{}
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		words := strings.Fields(lines.Text())
		if len(words) < 3 || !strings.HasPrefix(words[0], "BenchmarkPull") {
			continue
		}
		for i := 2; i+1 < len(words); i += 2 {
			if v, err := strconv.ParseFloat(words[i], 64); err == nil {
				found[words[i+1]] = v
			}
		}
	}
	return found
}
