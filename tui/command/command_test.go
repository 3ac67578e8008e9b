package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"pgregory.net/rapid"

	"github.com/orderdeck/orderdeck/config"
	"github.com/orderdeck/orderdeck/config/locale"
	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/jumpseller"
	"github.com/orderdeck/orderdeck/tui/draw"
)

func TestExitCodes(t *testing.T) {
	stopped := func(code int) context.Context {
		ctx, cancel := context.WithCancelCause(context.Background())
		cancel(&interrupted{code})
		return ctx
	}
	tests := []struct {
		name string
		ctx  context.Context
		err  error
		code int
		show bool
	}{
		{"done", t.Context(), nil, ExitOK, false},
		{"failed", t.Context(), errors.New("x"), ExitFailed, true},
		{"usage", t.Context(), usage("x"), ExitUsage, true},
		{"usage behind others", t.Context(), fmt.Errorf("y: %w", usage("x")), ExitUsage, true},
		{"said already", t.Context(), silent(ExitPartial), ExitPartial, false},
		{"ctrl+c", stopped(ExitSIGINT), fmt.Errorf("read: %w", context.Canceled), ExitSIGINT, false},
		{"terminated", stopped(ExitSIGTERM), context.Canceled, ExitSIGTERM, false},
		{"another failure while stopping", stopped(ExitSIGINT), errors.New("disk full"), ExitFailed, true},
		{"stopped after all was done", stopped(ExitSIGINT), nil, ExitOK, false},
	}
	for _, tt := range tests {
		if code, show := exitCode(tt.ctx, tt.err); code != tt.code || show != tt.show {
			t.Errorf("%s: %d, %t; want %d, %t", tt.name, code, show, tt.code, tt.show)
		}
	}
}

func TestSentence(t *testing.T) {
	for in, want := range map[string]string{"no": "no.", "why?": "why?", "done.": "done.", "a\nb": "a\nb", "tail \n": "tail."} {
		if got := sentence(errors.New(in)); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// Every command that can be seen is explained: a sentence, a group at the top, and flags with words.
func TestEverythingIsExplained(t *testing.T) {
	s := &session{deps: testDeps()}
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		if c.Short == "" || strings.HasSuffix(c.Short, ".") {
			t.Errorf("%s: short description %q", c.CommandPath(), c.Short)
		}
		if c.HasParent() && !c.Parent().HasParent() && c.GroupID == "" {
			t.Errorf("%s stands in no group", c.CommandPath())
		}
		for _, line := range strings.Split(c.Long, "\n") {
			if n := draw.Width(line); n > 120 {
				t.Errorf("%s: a line of %d cells: %s", c.CommandPath(), n, line)
			}
		}
		for _, child := range c.Commands() {
			walk(child)
		}
	}
	walk(s.root())
}

func TestSorts(t *testing.T) {
	for text, want := range map[string]order.Sort{
		"date": {Key: order.SortDate, Asc: true}, "-date": {Key: order.SortDate}, "-total": {Key: order.SortTotal},
		"customer": {Key: order.SortCustomer, Asc: true},
	} {
		if got, err := parseSort(text); err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "-", "price", "--date", "Date"} {
		if _, err := parseSort(text); err == nil {
			t.Errorf("%q is taken as a sort", text)
		}
	}
}

func TestTabs(t *testing.T) {
	views := []config.View{{Name: "Wholesale", Query: "tag:wholesale"}}
	for name, want := range map[string]string{"": "", "shipped": "shipped", "To ship": "to_ship", "wholesale": "Wholesale", "exceptions": "exceptions"} {
		if got, err := findTab(name, views); err != nil || got.ID != want {
			t.Errorf("%q: %q, %v", name, got.ID, err)
		}
	}
	if _, err := findTab("wholesail", views); err == nil || !strings.Contains(err.Error(), "Did you mean Wholesale?") {
		t.Errorf("got %v", err)
	}
}

// A line of the list is never wider than the terminal, and never wraps, whatever is in it.
func TestTableFits(t *testing.T) {
	at := time.Date(2026, 11, 21, 14, 2, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		table := &table{
			width: rapid.IntRange(20, 240).Draw(t, "width"), l: locale.Get("pt-BR"), now: at, stores: rapid.Bool().Draw(t, "stores"),
			zones: zones{standard: time.UTC},
		}
		row := order.Row{
			Store: "shop", Number: rapid.StringMatching(`[A-Z0-9-]{1,19}`).Draw(t, "number"), CreatedAt: at,
			Customer: rapid.StringMatching(`[a-zA-Zżó 山田健太]{0,40}`).Draw(t, "customer"), Country: "BR",
			Items: "2× Linen shirt +1", Stage: order.StageShipped, CustomerPayment: order.PaymentPartiallyRefunded,
			Total: order.New(rapid.Int64Range(-99_999_999_99, 99_999_999_99).Draw(t, "total"), "BRL"),
		}
		table.measure([]order.Row{row})
		line := table.row(&row)
		// Below what number, customer, stage and total need, the terminal wraps; nothing smaller is of use.
		if !strings.Contains(line, row.Number) || !strings.Contains(line, table.money(row.Total)) {
			t.Fatalf("the number or the total is cut: %q", line)
		}
		if w := draw.Width(line); w > max(table.width, 76) || strings.ContainsAny(line, "\n\t\x1b") {
			t.Fatalf("%d cells in a terminal of %d: %q", w, table.width, line)
		}
	})
}

func TestProgressLine(t *testing.T) {
	l := locale.Get("pt-BR")
	running := func(done, total int, rate float64) store.SyncState {
		return store.SyncState{State: sync.StateRunning, Done: done, Total: total, Rate: rate}
	}
	tests := []struct {
		states []store.SyncState
		want   string
	}{
		{nil, ""},
		{[]store.SyncState{{State: sync.StateIdle, Done: 5}}, ""},
		{[]store.SyncState{running(31400, 100000, 8000)}, "31.400 of 100.000 orders, 8.000 a second, 8 s left"},
		{[]store.SyncState{running(10, 0, 0), running(5, 10, 2)}, "15 orders, 2 a second"},
		{[]store.SyncState{{State: sync.StateRunning, Shop: "supplier:lumen", Done: 7}}, "7 entries from suppliers"},
		{[]store.SyncState{{State: sync.StateRunning, Phase: sync.PhaseIndexing, Done: 1, Total: 2}}, "building the search index"},
	}
	for _, tt := range tests {
		if got := progressLine(tt.states, l); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}

func TestLogIsPutAwayWhenItHasGrown(t *testing.T) {
	path := filepath.Join(t.TempDir(), "logs", "x.log")
	one, two := &rotating{path: path, limit: 100}, &rotating{path: path, limit: 100}
	for i := range 40 {
		w := one
		if i%3 == 0 {
			w = two // another process, with an idea of its own of how long the log is
		}
		if _, err := fmt.Fprintf(w, "line %02d of the log\n", i); err != nil {
			t.Fatal(err)
		}
	}
	for _, w := range []*rotating{one, two} {
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte("x")); err == nil {
			t.Error("a closed log takes a line")
		}
	}
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) != 1+logsKept {
		t.Errorf("there are %v", files)
	}
	for _, name := range files {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm() != 0o600 || info.Size() > 200 {
			t.Errorf("%s: mode %v, %d bytes, %v", name, info.Mode(), info.Size(), err)
		}
		data, err := os.ReadFile(name)
		if err != nil || bytes.Count(data, []byte("line")) != bytes.Count(data, []byte("\n")) {
			t.Errorf("%s has broken lines:\n%s", name, data)
		}
	}
}

func TestSecretsNeverReachTheLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.log")
	log, file := openLog(path)
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Error("the file is made before there is anything to be written")
	}
	log.Info("asked", "key", config.NewSecret("hunter2"), slog.Group("store", "key", config.NewSecret("hunter2")))
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(path); err != nil || len(data) == 0 || bytes.Contains(data, []byte("hunter2")) {
		t.Errorf("the log says %s (%v)", data, err)
	}
}

// When a store refuses its key, the key is read again the next time: a new one needs no new start.
func TestAKeyIsReadLateAndAgain(t *testing.T) {
	env := map[string]string{}
	c, err := config.Load(config.Options{File: filepath.Join(t.TempDir(), "c.yaml"), New: true})
	if err != nil {
		t.Fatal(err)
	}
	st := config.StoreConfig{Name: "a", Platform: "fake", URL: "https://a.example"}
	p, err := newLazy(st, testDeps().Connectors["fake"], func() (config.Secrets, error) {
		return c.OpenSecrets(config.ModeEnv, config.Options{Lookup: func(k string) (string, bool) { v, ok := env[k]; return v, ok }})
	})
	if err != nil {
		t.Fatal(err)
	}
	if p.Kind() != "fake" || len(p.Streams()) == 0 {
		t.Error("it does not know what it is without a key")
	}
	for _, step := range []struct {
		key  string
		kind sync.Kind
	}{{"", sync.Auth}, {"old", sync.Auth}, {"good", ""}} {
		env[config.EnvName("a")] = step.key
		if _, err := p.Test(t.Context()); sync.KindOf(err) != step.kind {
			t.Errorf("with the key %q: %v", step.key, err)
		}
	}
	env[config.EnvName("a")] = ""
	if _, err := p.Pull(t.Context(), "orders", nil, nil); err != nil {
		t.Errorf("a key that works is asked for again: %v", err)
	}
	if _, err := newLazy(st, nil, nil); err == nil {
		t.Error("a platform that there is not was made")
	}
}

func TestHiddenLine(t *testing.T) {
	for typed, want := range map[string]string{
		"abc\r": "abc", "abc\nrest": "abc", "ab\x7fc\r": "ac", "abc\x15d\r": "d", "\x7f\x08a\r": "a", "a\x04b\r": "ab", "a\tb\x1b\r": "ab",
	} {
		if got, err := hiddenLine(strings.NewReader(typed)); err != nil || got != want {
			t.Errorf("%q: %q, %v; want %q", typed, got, err, want)
		}
	}
	for typed, want := range map[string]int{"ab\x03": ExitSIGINT, "\x04": ExitUsage, "ab": ExitUsage} {
		_, err := hiddenLine(strings.NewReader(typed))
		if code, _ := exitCode(t.Context(), err); code != want {
			t.Errorf("%q: %v, exit code %d, want %d", typed, err, code, want)
		}
	}
}

// TestWhatCanBeDoneThere asks a platform that has no key yet what it can do, as `store test` tells it.
func TestWhatCanBeDoneThere(t *testing.T) {
	p, err := newLazy(config.StoreConfig{Name: "loja"}, func(config.StoreConfig, config.Secret) (sync.Platform, error) {
		return jumpseller.New(jumpseller.Options{Key: "none"})
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	can, cannot := acts(actsOf(p))
	if !slices.Contains(can, "mark as paid") || !slices.ContainsFunc(cannot, func(why string) bool { return strings.HasPrefix(why, "refund: ") }) {
		t.Errorf("can %q, cannot %q", can, cannot)
	}
	if all := actsOf(&fake{}); all != nil {
		t.Errorf("a platform of which nothing is known can %v", all)
	}
}
