// Command bench measures Orderdeck on a large database and prints every figure beside a floor that was measured in
// the same run, alternating with it: the least that the same work can cost on this machine, done another way. Ratios
// mean something on any machine; milliseconds only on the one that they were read off.
//
// Use testdata/bench/run, which builds what this needs.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// bench is what every case gets.
type bench struct {
	orders int
	data   string // the folder with the database, kept from run to run
	db     string // the database file in it
	binary string // orderdeck
	floor  string // the minimal Bubble Tea program
	tests  string // the folder with the connectors' test programs
	rounds int
	quick  bool
	use    time.Duration // how long the memory case uses the app
	temp   string
}

// benchCase is one row, or a few, of the table.
type benchCase struct {
	name string
	run  func(context.Context, *bench) ([]figure, error)
	slow bool // only when asked for by name
}

var cases = []benchCase{
	{name: "start", run: start},
	{name: "open", run: open},
	{name: "first", run: first},
	{name: "jump", run: jump},
	{name: "counts", run: counts},
	{name: "search", run: search},
	{name: "keys", run: keys},
	{name: "frame", run: frame},
	{name: "csv", run: exports},
	{name: "write", run: write},
	{name: "pull", run: pull},
	{name: "latency", run: latency},
	{name: "memory", run: memory},
	{name: "visidata", run: visidata, slow: true},
}

func names() []string {
	all := make([]string, len(cases))
	for i, c := range cases {
		all[i] = c.name
	}
	return all
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run() error {
	b := &bench{}
	only := flag.String("only", "", "the cases to run, separated by commas: "+strings.Join(names(), ", "))
	asJSON := flag.Bool("json", false, "print the figures as JSON")
	flag.IntVar(&b.orders, "orders", 1_000_000, "how many orders the database has")
	flag.StringVar(&b.data, "data", "", "folder of the database")
	flag.StringVar(&b.binary, "orderdeck", "", "the program to measure")
	flag.StringVar(&b.floor, "floor", "", "the minimal Bubble Tea program")
	flag.StringVar(&b.tests, "tests", "", "folder of the connectors' test programs")
	flag.BoolVar(&b.quick, "quick", false, "few rounds, and fail where a ratio is hopelessly off its target: a check that the benchmark works")
	flag.DurationVar(&b.use, "use", 5*time.Minute, "how long the memory case uses the app")
	flag.Parse()

	chosen, err := choose(*only)
	if err != nil {
		return err
	}
	b.rounds = 31
	if b.quick {
		b.rounds, b.use = 5, 10*time.Second
	}
	if b.temp, err = os.MkdirTemp("", "orderdeck-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.temp)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := b.build(ctx); err != nil {
		return err
	}
	figures, err := b.measure(ctx, chosen)
	if err != nil {
		return err
	}
	head := fmt.Sprintf("%d orders, %s, %s/%s, %d cores, load average at the end %s", b.orders, runtime.Version(), runtime.GOOS,
		runtime.GOARCH, runtime.NumCPU(), load())
	if *asJSON {
		err = reportJSON(os.Stdout, head, figures)
	} else {
		report(os.Stdout, head, figures)
	}
	if err != nil || !b.quick {
		return err
	}
	return check(figures, b.orders)
}

func choose(only string) ([]benchCase, error) {
	if only == "" {
		return slices.DeleteFunc(slices.Clone(cases), func(c benchCase) bool { return c.slow }), nil
	}
	var chosen []benchCase
	for name := range strings.SplitSeq(only, ",") {
		at := slices.IndexFunc(cases, func(c benchCase) bool { return c.name == name })
		if at < 0 {
			return nil, fmt.Errorf("there is no case %q; there are: %s", name, strings.Join(names(), ", "))
		}
		chosen = append(chosen, cases[at])
	}
	return chosen, nil
}

func (b *bench) measure(ctx context.Context, chosen []benchCase) ([]figure, error) {
	var figures []figure
	for _, c := range chosen {
		fmt.Fprintf(os.Stderr, "%-9s (load %s) ", c.name, load())
		begin := time.Now()
		got, err := c.run(ctx, b)
		if err != nil {
			fmt.Fprintln(os.Stderr)
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
		fmt.Fprintf(os.Stderr, "%.1f s\n", time.Since(begin).Seconds())
		for i := range got {
			got[i].settle(c.name)
		}
		figures = append(figures, got...)
	}
	return figures, nil
}

func check(figures []figure, orders int) error {
	var wrong []string
	for _, f := range figures {
		if f.absurd(orders) {
			wrong = append(wrong, fmt.Sprintf("%s: %s against a target of %s", f.What, ratio(f.measured()), f.target()))
		}
	}
	if len(wrong) > 0 {
		return fmt.Errorf("out by more than %d times:\n  %s", absurd, strings.Join(wrong, "\n  "))
	}
	return nil
}

// environment is what a program that is measured gets: a home of its own, so that nobody's settings play a part.
func (b *bench) environment() []string {
	return []string{"HOME=" + filepath.Join(b.temp, "home")}
}
