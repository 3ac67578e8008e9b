//go:build e2e && !windows

package tui

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// standIns are the stores of the connectors' own tests, by platform; each has perStore orders.
var standIns = []string{"jumpseller", "medusa", "shopify", "vendure", "woocommerce"}

const perStore = 24

// five are the real program in a home of its own and a stand-in for a store of each platform.
type five struct {
	*testing.T
	program string
	env     []string
	stop    map[string]func() // ends a stand-in
}

// TestE2EFivePlatformsInOneList: five stores of five platforms and one of order files stand in one list, each order once and
// in its own currency; and one that is down holds up none of the others.
func TestE2EFivePlatformsInOneList(t *testing.T) {
	program, err := built()
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	f := &five{t, program, []string{
		"HOME=" + home, "XDG_CONFIG_HOME=" + home + "/c", "XDG_DATA_HOME=" + home + "/d", "TERM=xterm-256color", "LANG=C.UTF-8", "PATH=" + os.Getenv("PATH"),
	}, map[string]func(){}}
	f.add(home)
	f.synced()
	before := f.listed()
	f.exported(home, before)
	f.shown(before)

	out := f.run(0, "sync") // the second time
	if strings.Contains(out, " updated") && !strings.Contains(out, " 0 updated") {
		t.Errorf("the second sync changes something: %s", out)
	}
	if after := f.listed(); !maps.Equal(before, after) {
		t.Errorf("the list is not the same after a second sync: %d and %d orders", len(before), len(after))
	}
	f.oneIsDown(before)
}

// run runs a command to its end, which must be with that exit code, and gives what it printed.
func (f *five) run(want int, args ...string) string {
	f.Helper()
	cmd := exec.CommandContext(f.Context(), f.program, args...)
	cmd.Env = f.env
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	err := cmd.Run()
	if code := cmd.ProcessState.ExitCode(); code != want {
		f.Fatalf("orderdeck %s ended with %d (%v): %s%s", strings.Join(args, " "), code, err, out.String(), problems.String())
	}
	return out.String() + problems.String()
}

// serve starts a stand-in and gives its address and key.
func (f *five) serve(platform, dir string) (url, key string) {
	f.Helper()
	folder := filepath.Join("..", "sync", platform)
	binary := filepath.Join(dir, platform+".test")
	if out, err := exec.CommandContext(f.Context(), "go", "test", "-c", "-o", binary, "./"+folder).CombinedOutput(); err != nil {
		f.Fatalf("%s: %v: %s", platform, err, out)
	}
	cmd := exec.CommandContext(context.WithoutCancel(f.Context()), binary, "-test.run", "^TestStandIn$", "-test.timeout", "10m")
	cmd.Dir = folder // where its recorded answers are
	cmd.Env = append(slices.Clone(f.env), "ORDERDECK_STANDIN=:0", "ORDERDECK_STANDIN_ORDERS="+strconv.Itoa(perStore))
	in, err := cmd.StdinPipe()
	if err != nil {
		f.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		f.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		f.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if words := strings.Fields(lines.Text()); len(words) == 3 && words[0] == "standin" {
			url, key = words[1], words[2]
			break
		}
	}
	if url == "" {
		f.Fatalf("the stand-in for %s does not tell its address", platform)
	}
	ended := make(chan error, 1)
	go func() {
		rest, _ := io.ReadAll(out)
		if err := cmd.Wait(); err != nil {
			ended <- fmt.Errorf("%w: %s", err, rest)
			return
		}
		ended <- nil
	}()
	f.stop[platform] = func() {
		_ = in.Close()
		if err := <-ended; err != nil { // it says so itself when it was asked what no real store answers
			f.Errorf("the stand-in for %s: %v", platform, err)
		}
		delete(f.stop, platform)
	}
	return url, key
}

// add adds all stores, as a merchant does, and reads an order file into the sixth.
func (f *five) add(home string) {
	f.Helper()
	f.Cleanup(func() {
		for _, stop := range maps.Clone(f.stop) {
			stop()
		}
	})
	for _, platform := range standIns {
		url, key := f.serve(platform, f.TempDir())
		file := filepath.Join(home, platform+".key")
		if err := os.WriteFile(file, []byte(key+"\n"), 0o600); err != nil {
			f.Fatal(err)
		}
		out := f.run(0, "store", "add", platform, "--name", "my-"+platform, "--url", url, "--key-file", file, "--secrets", "file")
		if !strings.Contains(out, "my-"+platform+": connected to ") || strings.Contains(out, key) {
			f.Errorf("store add %s says %q", platform, out)
		}
	}
	f.run(0, "store", "add", "files", "--name", "my-files")
	file := filepath.Join(home, "orders_export.csv")
	text := "Name,Email,Financial Status,Fulfillment Status,Currency,Subtotal,Shipping,Taxes,Total,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Shipping Name,Shipping Country,Id\n"
	for i := range perStore {
		at := time.Now().Add(-time.Duration(i+1) * time.Hour).Format("2006-01-02 15:04:05 -0700")
		text += fmt.Sprintf("#B%d,b@example.com,paid,unfulfilled,BRL,20.00,0.00,0.00,20.00,%s,1,Tea - S,20.00,T-S,Bianca Prado %d,BR,%d\n", 100+i, at, i+1, 9000+i)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		f.Fatal(err)
	}
	f.run(0, "import", file, "--store", "my-files", "--yes")
}

func (f *five) synced() {
	f.Helper()
	out := f.run(0, "sync")
	for _, platform := range standIns {
		if want := fmt.Sprintf("my-%s: %d new", platform, perStore); !strings.Contains(out, want) {
			f.Errorf("no %q in %q", want, out)
		}
	}
}

// row is what `list --json` says of an order.
type row struct {
	Store, Number, Currency, Stage string
	ExternalID                     string `json:"external_id"`
}

// listed reads the whole list, by store and the id there, and holds it against what there is.
func (f *five) listed() map[string]row {
	f.Helper()
	all := map[string]row{}
	perStoreSeen := map[string]int{}
	for line := range strings.Lines(f.run(0, "list", "--json")) {
		var r row
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			f.Fatalf("%v: %s", err, line)
		}
		key := r.Store + "/" + r.ExternalID
		if _, twice := all[key]; twice {
			f.Errorf("%s is in the list twice", key)
		}
		all[key] = r
		perStoreSeen[r.Store]++
	}
	for _, platform := range append([]string{"files"}, standIns...) {
		name := "my-" + platform
		one := strings.Count(f.run(0, "list", "store:"+name), "\n")
		if perStoreSeen[name] != perStore || one != perStore {
			f.Errorf("%s has %d orders in the whole list and %d in its own, and there are %d", name, perStoreSeen[name], one, perStore)
		}
	}
	return all
}

// exported writes all orders to a CSV file: a row each, in its own currency.
func (f *five) exported(home string, all map[string]row) {
	f.Helper()
	path := filepath.Join(home, "all.csv")
	f.run(0, "export", "--profile", "orders", "--for", "machine", "--out", path)
	file, err := os.Open(path)
	if err != nil {
		f.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		f.Fatal(err)
	}
	store, number, currency := slices.Index(rows[0], "store"), slices.Index(rows[0], "number"), slices.Index(rows[0], "currency")
	if store < 0 || number < 0 || currency < 0 || len(rows)-1 != len(all) {
		f.Fatalf("%d rows of %d orders; the columns are %q", len(rows)-1, len(all), rows[0])
	}
	want, got := map[string]int{}, map[string]int{}
	for _, r := range all {
		want[r.Store+" "+r.Number+" "+r.Currency]++
	}
	for _, r := range rows[1:] {
		got[r[store]+" "+r[number]+" "+r[currency]]++
	}
	if !maps.Equal(want, got) {
		f.Error("the file has other orders, numbers or currencies than the list")
	}
}

// shown opens the app on a terminal: rows of all stores in one list, tabs that add up, and the choice of some stores.
func (f *five) shown(all map[string]row) {
	f.Helper()
	x := &screen{f.T, filepath.Join(f.TempDir(), "tmux"), f.env}
	x.tmux("-f", "/dev/null", "new-session", "-d", "-x", "200", "-y", "40", f.program)
	f.Cleanup(func() { _ = exec.Command("tmux", "-S", x.socket, "kill-server").Run() }) // it may have ended with the program
	stages := map[string]int{}
	for _, r := range all {
		stages[r.Stage]++
	}
	seen := x.until("the rows of all six", func(s string) bool {
		for _, text := range []string{"Javiera Soto", "Anna ", "Ana Lima", "Schmidt", "Bianca Prado", "#CODE", "All " + strconv.Itoa(len(all)), "Cancelled "} {
			if !strings.Contains(s, text) {
				return false
			}
		}
		return true
	})
	for _, code := range []string{"CLP", "EUR", "USD", "BRL"} {
		if !strings.Contains(seen, code+" ") {
			f.Errorf("no row is in %s:\n%s", code, seen)
		}
	}
	shown, sum := tabs(seen), 0
	for title, stage := range map[string]string{"Awaiting payment": "awaiting", "Quoting": "quoting", "Shipped": "shipped", "Cancelled": "cancelled"} {
		if shown[title] != stages[stage] || stages[stage] == 0 {
			f.Errorf("the tab %s says %d, and there are %d", title, shown[title], stages[stage])
		}
	}
	for title, n := range shown {
		if title != "All" {
			sum += n
		}
	}
	if sum != len(all) || shown["All"] != len(all) {
		f.Errorf("the stage tabs have %d orders together and the whole list has %d, and there are %d:\n%s", sum, shown["All"], len(all), seen)
	}
	x.keys("C-t")
	x.until("the choice of stores", func(s string) bool { return strings.Contains(s, "turns a store on or off") })
	x.typed("Test Store") // medusa
	x.until("medusa alone under the cursor", func(s string) bool { return !strings.Contains(s, "all stores") })
	x.keys("Enter")
	x.until("one store", func(s string) bool { return tabs(s)["All"] == perStore })
	x.keys("Escape")
	seen = x.until("its orders", func(s string) bool {
		return !strings.Contains(s, "turns a store on or off") && strings.Count(s, "Anna ") > perStore/2
	})
	for _, other := range []string{"Javiera", "Ana Lima", "Schmidt", "Bianca", "#CODE"} {
		if strings.Contains(seen, other) {
			f.Errorf("%s is shown, who is not of the store that was chosen:\n%s", other, seen)
		}
	}
	x.tmux("kill-server") // the terminal is closed: the program ends, and lets go of the wire
	time.Sleep(3 * time.Second)
}

// screen is the program's screen in tmux.
type screen struct {
	*testing.T
	socket      string
	environment []string
}

func (x *screen) tmux(args ...string) string {
	x.Helper()
	cmd := exec.Command("tmux", append([]string{"-S", x.socket}, args...)...)
	cmd.Env = x.environment
	out, err := cmd.CombinedOutput()
	if err != nil {
		x.Fatalf("tmux %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func (x *screen) keys(keys ...string) { x.Helper(); x.tmux(append([]string{"send-keys"}, keys...)...) }

func (x *screen) typed(text string) { x.Helper(); x.tmux("send-keys", "-l", text) }

// until waits for a picture, as a person does, and gives it.
func (x *screen) until(what string, is func(string) bool) string {
	x.Helper()
	var shown string
	for range 600 {
		if shown = x.tmux("capture-pane", "-p"); is(shown) {
			return shown
		}
		time.Sleep(100 * time.Millisecond)
	}
	x.Fatalf("never shown: %s. The screen:\n%s", what, shown)
	return ""
}

var tab = regexp.MustCompile(`(All|Awaiting payment|To ship|Quoting|Unpaid|Pending|Placed|Processing|Shipped|Cancelled) (\d+)`)

// tabs are the counts beside the stages' names in the row of tabs.
func tabs(screen string) map[string]int {
	counts := map[string]int{}
	for line := range strings.Lines(screen) {
		if !strings.HasPrefix(line, " supplier ") {
			continue
		}
		for _, m := range tab.FindAllStringSubmatch(line, -1) {
			counts[m[1]], _ = strconv.Atoi(m[2]) // digits
		}
	}
	return counts
}

// oneIsDown takes a store down: the others go on, and of it one sentence says what is wrong.
func (f *five) oneIsDown(all map[string]row) {
	f.Helper()
	f.stop["woocommerce"]()
	out := f.run(1, "store", "test", "my-woocommerce")
	if n := strings.Count(strings.TrimSpace(out), "\n"); n > 2 || !strings.Contains(out, "my-woocommerce") || strings.Contains(out, "cs_") {
		f.Errorf("store test says %q", out)
	}
	// What cannot be reached is asked again for two minutes; the others are not held up by it.
	done := make(chan error, 1)
	cmd := exec.CommandContext(f.Context(), f.program, "sync")
	cmd.Env = f.env
	var printed bytes.Buffer
	cmd.Stdout, cmd.Stderr = &printed, &printed
	go func() { done <- cmd.Run() }()
	select {
	case err := <-done:
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 3 {
			f.Errorf("sync with one store down ended with %v, not with 3: %s", err, printed.String())
		}
	case <-time.After(6 * time.Minute):
		f.Fatal("sync does not end")
	}
	for _, platform := range standIns {
		if ok := strings.Contains(printed.String(), "my-"+platform+": 0 new, 0 updated"); ok == (platform == "woocommerce") {
			f.Errorf("%s: %s", platform, printed.String())
		}
	}
	if after := f.listed(); !maps.Equal(all, after) {
		f.Errorf("a store that is down has changed the list: %d orders before, %d after", len(all), len(after))
	}
}
