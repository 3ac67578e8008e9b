package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"time"
)

// figure is one measured number beside its floor.
type figure struct {
	Case   string  `json:"case"`
	What   string  `json:"what"`
	Floor  string  `json:"floor"`
	Ours   float64 `json:"ours"`  // in Unit
	Peer   float64 `json:"peer"`  // in Unit; 0 = there is none, and Ours itself is compared with the target
	Unit   string  `json:"unit"`  // s, B, or 1/s
	Ratio  float64 `json:"ratio"` // Ours / Peer
	Limit  float64 `json:"limit"` // of Ratio, or of Ours where there is no peer; 0 = no target
	AtMost bool    `json:"at_most"`
	Note   string  `json:"note,omitempty"`
	// Linear says that the floor grows with the number of orders, so that the target is one for a million of them.
	Linear bool `json:"linear,omitempty"`
}

// linear marks a figure whose floor grows with the number of orders.
func (f figure) linear() figure { f.Linear = true; return f }

// atMost makes a figure of two durations whose ratio must not be above limit.
func atMost(what, floor string, ours, peer time.Duration, limit float64, note string) figure {
	return figure{
		What: what, Floor: floor, Ours: ours.Seconds(), Peer: peer.Seconds(), Unit: "s", Limit: limit, AtMost: true,
		Note: note,
	}
}

// atLeast makes a figure of two rates (per second) whose ratio must not be below limit.
func atLeast(what, floor string, ours, peer, limit float64, note string) figure {
	return figure{What: what, Floor: floor, Ours: ours, Peer: peer, Unit: "1/s", Limit: limit, Note: note}
}

func (f *figure) settle(name string) {
	f.Case = name
	if f.Peer != 0 {
		f.Ratio = f.Ours / f.Peer
	}
}

// measured is what the target is about.
func (f figure) measured() float64 {
	if f.Peer == 0 {
		return f.Ours
	}
	return f.Ratio
}

// met tells whether the target is reached; a figure without a target always is.
func (f figure) met() bool {
	switch {
	case f.Limit == 0:
		return true
	case f.AtMost:
		return f.measured() <= f.Limit
	}
	return f.measured() >= f.Limit
}

// absurd is how many times off its target a figure is when something must be broken.
const absurd = 10

// absurd tells whether a figure is so far from its target that something must be broken.
func (f figure) absurd(orders int) bool {
	if math.IsNaN(f.measured()) || math.IsInf(f.measured(), 0) || f.Ours <= 0 {
		return true
	}
	limit := f.Limit
	if f.Linear {
		limit *= max(1, 1e6/float64(orders))
	}
	switch {
	case f.Limit == 0:
		return false
	case f.AtMost:
		return f.measured() > absurd*limit
	}
	return f.measured() < limit/absurd
}

func (f figure) verdict() string {
	switch {
	case f.Limit == 0:
		return "–"
	case f.met():
		return "yes"
	}
	return "**no**"
}

func (f figure) target() string {
	sign := "≥ "
	if f.AtMost {
		sign = "≤ "
	}
	switch {
	case f.Limit == 0:
		return "–"
	case f.Peer == 0:
		return sign + amount(f.Limit, f.Unit)
	}
	return sign + ratio(f.Limit)
}

// ratio writes 1.32 as "1.32×" and small ones as a fraction.
func ratio(r float64) string {
	switch {
	case r == 0:
		return "–"
	case r < 0.1:
		return fmt.Sprintf("1/%.0f", 1/r)
	case r < 10:
		return fmt.Sprintf("%.2f×", r)
	}
	return fmt.Sprintf("%.0f×", r)
}

func amount(v float64, unit string) string {
	switch {
	case v == 0:
		return "–"
	case unit == "1/s":
		return fmt.Sprintf("%.0f/s", v)
	case unit == "B":
		return fmt.Sprintf("%.0f MB", v/1e6)
	case unit == "allocs":
		return fmt.Sprintf("%.0f allocations", v)
	case v < 1e-3:
		return fmt.Sprintf("%.0f µs", v*1e6)
	case v < 1:
		return fmt.Sprintf("%.1f ms", v*1e3)
	}
	return fmt.Sprintf("%.2f s", v)
}

// report writes the figures as a Markdown table.
func report(w io.Writer, head string, figures []figure) {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", head)
	fmt.Fprintln(&b, "| what | Orderdeck | floor | floor took | ratio | target | met | note |")
	fmt.Fprintln(&b, "|---|---|---|---|---|---|---|---|")
	for _, f := range figures {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s | %s |\n", f.What, amount(f.Ours, f.Unit), f.Floor,
			amount(f.Peer, f.Unit), ratio(f.Ratio), f.target(), f.verdict(), f.Note)
	}
	fmt.Fprint(w, b.String())
}

func reportJSON(w io.Writer, head string, figures []figure) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(map[string]any{"run": head, "figures": figures})
}

// load is the machine's load average over one minute, "?" where the system does not tell.
func load() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "?"
	}
	first, _, _ := strings.Cut(string(b), " ")
	return first
}
