//go:build e2e

package vendure_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync/outbox"
	"github.com/orderdeck/orderdeck/sync/vendure"
)

// End to end: a real Vendure, which testdata/stores/vendure starts from npm, and the real orderdeck.
//
// It needs node, npm and tmux, and is skipped without them, unless ORDERDECK_E2E=1 demands it.
func TestE2E(t *testing.T) {
	for _, tool := range []string{"node", "npm", "bash"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("ORDERDECK_E2E") == "1" {
				t.Fatalf("%s is needed: %v", tool, err)
			}
			t.Skipf("SKIPPED: the end-to-end test needs %s, which is not here", tool)
		}
	}
	v := startVendure(t, 36)
	d := newDesk(t, build(t), v.URL, v.Key)
	t.Run("Types", func(t *testing.T) { types(t, v) })
	t.Run("WrongKey", func(t *testing.T) { wrongKey(t, d, v) })
	t.Run("FirstSync", func(t *testing.T) { firstSync(t, d, v) })
	t.Run("Changes", func(t *testing.T) { changes(t, d, v) })
	t.Run("Screen", func(t *testing.T) { screen(t, d, v) })
	t.Run("Fulfil", func(t *testing.T) { fulfil(t, d, v) })
	t.Run("Acts", func(t *testing.T) { acts(t, d, v) })
	t.Run("Commands", func(t *testing.T) { commands(t, d, v) })
	t.Run("Rights", func(t *testing.T) { rights(t, v) })
	t.Run("Checkout", func(t *testing.T) { checkout(t, d, v) })
	t.Run("KeyTakenAway", func(t *testing.T) { keyTakenAway(t, d) })
	t.Run("ServerKilled", func(t *testing.T) { serverKilled(t, d.bin, v) })
	t.Run("AppKilled", func(t *testing.T) { appKilled(t, d.bin, v) })
}

// types: the code of package admin is what genqlient makes of its operations and this server's own schema.
func types(t *testing.T, v *vendureServer) {
	dir := t.TempDir()
	schema := filepath.Join(dir, "schema.graphql")
	if out, err := exec.Command(filepath.Join(root, "testdata/stores/vendure/schema.sh"), "--port", v.port, "--out", schema).CombinedOutput(); err != nil {
		t.Fatalf("schema.sh: %v\n%s", err, out)
	}
	for _, name := range []string{"genqlient.yaml", "operations.graphql"} {
		data, err := os.ReadFile(filepath.Join("admin", name))
		if err != nil {
			t.Fatal(err)
		}
		data = bytes.Replace(data, []byte("\nschema: ../../../.cache/vendure/admin.graphql\n"), []byte("\nschema: schema.graphql\n"), 1)
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tool, err := filepath.Abs(filepath.Join(root, "testdata/schemas/genqlient"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(tool, "genqlient.yaml")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("genqlient: %v\n%s", err, out)
	}
	made, err := os.ReadFile(filepath.Join(dir, "generated.go"))
	if err != nil {
		t.Fatal(err)
	}
	if kept, err := os.ReadFile(filepath.Join("admin", "generated.go")); err != nil || !bytes.Equal(made, kept) {
		t.Errorf("sync/vendure/admin is not current (%v): go generate it", err)
	}
}

// wrongKey: the store's own words, exit code 1, nothing saved.
func wrongKey(t *testing.T, d *desk, v *vendureServer) {
	out, errText, code := d.as(wrong(v.Key)).run("store", "add", "vendure", "--name", "shop", "--url", v.URL, "--secrets", "env")
	if code != 1 || !strings.Contains(errText, "You are not currently authorized to perform this action") || !strings.Contains(errText, "tokenMethod") {
		t.Errorf("exit %d\n%s\n%s", code, out, errText)
	}
	if strings.Contains(out+errText, wrong(v.Key)) {
		t.Error("the key is in the output")
	}
	if config, err := os.ReadFile(d.config); err == nil && strings.Contains(string(config), v.URL) {
		t.Error("a store that refuses was saved")
	}
}

func wrong(key string) string {
	id, secret, _ := strings.Cut(key, ":")
	return id + ":" + strings.Repeat("0", len(secret))
}

func firstSync(t *testing.T, d *desk, v *vendureServer) {
	d.must(t, "store", "add", "vendure", "--name", "shop", "--url", v.URL, "--secrets", "env")
	began := time.Now()
	rep := d.sync(t)
	want := v.orders(t)
	if rep.New != len(want) || rep.Updated+rep.Unchanged+rep.Missing != 0 {
		t.Errorf("%+v, but the store has %d orders", rep, len(want))
	}
	t.Logf("first sync: %d orders in %v, %.0f orders/s", rep.New, time.Since(began).Round(time.Millisecond), float64(rep.New)/rep.Seconds)
	d.same(t, want)
	if rep := d.sync(t); rep.New+rep.Updated+rep.Missing != 0 {
		t.Errorf("nothing has changed, but %+v", rep)
	}
}

// changes: everything that a merchant does in the store shows after the next sync, though Vendure's updatedAt hides
// most of it.
func changes(t *testing.T, d *desk, v *vendureServer) {
	authorized, paid := v.inState(t, "PaymentAuthorized"), v.inState(t, "PaymentSettled")
	settle, ship, cancel, refund, note := authorized[0], paid[0], authorized[1], paid[1], paid[2]
	v.settle(t, settle)
	v.ship(t, ship, "DPD", "E2E0001")
	v.cancel(t, cancel, "No longer wanted")
	v.refund(t, refund, "Broken on arrival")
	v.note(t, note, "Handle with care")
	before := d.list(t)
	if rep := d.sync(t); rep.New != 0 || rep.Updated != 5 || rep.Missing != 0 {
		t.Errorf("%+v", rep)
	}
	after := d.list(t)
	for _, tc := range []struct {
		id, field, from, to string
	}{
		{settle, "customer_payment", "authorized", "paid"},
		{ship, "fulfilment", "unfulfilled", "fulfilled"},
		{ship, "stage", "quoting", "shipped"},
		{cancel, "stage", "awaiting", "cancelled"},
		{refund, "customer_payment", "paid", "refunded"},
		{refund, "refund", "none", "paid"},
	} {
		if from, to := before[tc.id][tc.field], after[tc.id][tc.field]; from != tc.from || to != tc.to {
			t.Errorf("order %s: %s went from %v to %v, not from %s to %s", tc.id, tc.field, from, to, tc.from, tc.to)
		}
	}
	if before[cancel]["total"] != after[cancel]["total"] {
		t.Errorf("a cancelled order keeps its total: %v, %v", before[cancel]["total"], after[cancel]["total"])
	}
	for id, text := range map[string]string{ship: "E2E0001", note: "Handle with care", cancel: "No longer wanted", refund: "Broken on arrival"} {
		if shown := d.must(t, "show", "--json", after[id]["number"].(string)); !strings.Contains(shown, text) {
			t.Errorf("show does not tell %q:\n%s", text, shown)
		}
	}
	if shown := d.must(t, "list", "--json", "tracking:E2E0001"); strings.Count(shown, "\n") != 1 || !strings.Contains(shown, `"external_id":"`+ship+`"`) {
		t.Errorf("the tracking number is not found: %s", shown)
	}
	d.same(t, v.orders(t))
	// An order that comes in now.
	v.buy(t, "test-card")
	if rep := d.sync(t); rep.New != 1 || rep.Updated != 0 {
		t.Errorf("%+v", rep)
	}
}

// screen: the same on the real screen, with a change that comes while it is open.
func screen(t *testing.T, d *desk, v *vendureServer) {
	if _, err := exec.LookPath("tmux"); err != nil {
		if os.Getenv("ORDERDECK_E2E") == "1" {
			t.Fatal("tmux is needed")
		}
		t.Skip("SKIPPED: the screen needs tmux, which is not here")
	}
	id := v.inState(t, "PaymentSettled")[0]
	number := d.list(t)[id]["number"].(string)
	term := d.open(t)
	term.wait("#"+number, 20*time.Second)
	v.ship(t, id, "DHL", "E2E0002")
	term.keys("S")
	line := term.wait("#"+number, time.Minute, "Shipped")
	t.Logf("on screen: %s", strings.TrimSpace(line))
}

// fulfil: what left at a supplier is in the store, once however often it is told, and with its tracking number.
func fulfil(t *testing.T, d *desk, v *vendureServer) {
	p, err := vendure.New(vendure.Options{URL: v.URL, Key: v.Key, Version: "e2e"})
	if err != nil {
		t.Fatal(err)
	}
	id := v.inState(t, "PaymentSettled")[0]
	before, err := p.Read(t.Context(), id)
	if err != nil || before.Order.ExternalID != id || before.Order.Fulfilment != order.Unfulfilled {
		t.Fatalf("%+v %v", before.Order, err)
	}
	first := before.Order.Lines[0]
	docs := []store.TellDoc{{
		Reference: "E2E-1", Parcel: order.Parcel{Carrier: "CJPacket", Tracking: "E2E0101"},
		Lines: []order.ShipmentLine{{LineID: first.ExternalID, Quantity: order.Units(1)}},
	}}
	if first.Quantity > order.Units(1) || len(before.Order.Lines) > 1 { // the rest goes in a second one
		docs = append(docs, store.TellDoc{Reference: "E2E-1", Parcel: order.Parcel{Carrier: "DPD", Tracking: "E2E0102"}})
	}
	for range 2 {
		for _, doc := range docs {
			if err := p.Fulfil(t.Context(), id, doc); err != nil {
				t.Fatalf("%s: %v", doc.Parcel.Tracking, err)
			}
		}
	}
	var there struct {
		Order struct {
			State        string
			Fulfillments []struct{ State, Method, TrackingCode string }
		}
	}
	v.ask(t, `query($id: ID!) { order(id: $id) { state fulfillments { state method trackingCode } } }`, map[string]any{"id": id}, &there)
	if there.Order.State != "Shipped" || len(there.Order.Fulfillments) != len(docs) {
		t.Errorf("%+v", there)
	}
	for _, doc := range docs {
		if !slices.ContainsFunc(there.Order.Fulfillments, func(f struct{ State, Method, TrackingCode string }) bool {
			return f.State == "Shipped" && f.Method == doc.Parcel.Carrier && f.TrackingCode == doc.Parcel.Tracking
		}) {
			t.Errorf("%s is not there: %+v", doc.Parcel.Tracking, there)
		}
	}
	after, err := p.Read(t.Context(), id)
	if err != nil || after.Order.Fulfilment != order.Fulfilled || after.Order.Fulfilments[0].Tracking != "E2E0101" {
		t.Errorf("%+v %v", after.Order.Fulfilments, err)
	}
	more := store.TellDoc{Parcel: order.Parcel{Tracking: "E2E0103"}, Lines: docs[0].Lines}
	if err := p.Fulfil(t.Context(), id, more); !errors.Is(err, outbox.ErrRejected) {
		t.Errorf("there is nothing left to be sent: %v", err)
	}
	if _, err := p.Read(t.Context(), "987654"); !errors.Is(err, outbox.ErrGone) {
		t.Error(err)
	}
	d.sync(t) // and the desk sees it, as it sees what was done there by hand
	if shown := d.must(t, "list", "--json", "tracking:E2E0101"); !strings.Contains(shown, `"external_id":"`+id+`"`) {
		t.Errorf("%s", shown)
	}
}

// checkout: products are linked to the demo supplier, an order is bought there, and when it ships its fulfilment and its
// tracking number are in the store.
func checkout(t *testing.T, d *desk, v *vendureServer) {
	d.must(t, "supplier", "add", "demo", "--name", "lumen")
	linked := 0
	for _, line := range strings.Split(d.must(t, "link", "suggest"), "\n") {
		fields := strings.Split(line, "\t")
		if len(fields) < 2 || fields[0] != "shop" {
			continue
		}
		sku := strings.TrimPrefix(fields[1], "sku:")
		if _, _, code := d.run("link", "add", sku, "lumen", sku); code == 0 {
			linked++
		}
	}
	if linked == 0 {
		t.Fatal("no product of the store is in the catalogue of the demo supplier")
	}
	type row struct{ Number, Verdict, Reason, Reference string }
	rows := func(args ...string) []row {
		t.Helper()
		out, errText, _ := d.run(append([]string{"checkout", "--json"}, args...)...)
		var all []row
		for _, line := range strings.Split(strings.TrimSpace(out), "\n") {
			var r row
			if err := json.Unmarshal([]byte(line), &r); err != nil {
				t.Fatalf("%v: %s %s", err, line, errText)
			}
			all = append(all, r)
		}
		return all
	}
	var number string
	for _, r := range rows("--dry-run", "stage:unpaid") {
		if r.Verdict == "would_place" {
			number = r.Number
			break
		}
	}
	if number == "" {
		t.Fatal("no order can be bought")
	}
	bought := rows(number, "--yes")
	if len(bought) != 1 || bought[0].Verdict != "placed" || bought[0].Reference == "" {
		t.Fatalf("%+v", bought)
	}
	if again := rows(number, "--yes"); again[0].Verdict != "blocked" {
		t.Errorf("it was bought twice: %+v", again)
	}
	var there struct {
		Orders struct {
			Items []struct {
				State        string
				Fulfillments []struct{ State, TrackingCode string }
			}
		}
	}
	for end := time.Now().Add(3 * time.Minute); ; {
		d.sync(t)
		v.ask(t, `query($code: String!) { orders(options: {filter: {code: {eq: $code}}}) { items { state fulfillments { state trackingCode } } } }`,
			map[string]any{"code": number}, &there)
		if len(there.Orders.Items) == 1 && there.Orders.Items[0].State == "Shipped" {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("the store was not told: %+v\n%s", there, d.must(t, "outbox", "list"))
		}
		time.Sleep(2 * time.Second)
	}
	shown := d.must(t, "track", number)
	for _, f := range there.Orders.Items[0].Fulfillments {
		if f.State != "Shipped" || f.TrackingCode == "" || !strings.Contains(shown, f.TrackingCode) {
			t.Errorf("the store has %+v, the desk shows\n%s", f, shown)
		}
	}
	t.Logf("bought as %s; the store has %+v", bought[0].Reference, there.Orders.Items[0].Fulfillments)
}

// keyTakenAway: a key that stops working stops the store, in the store's own words, and harms nothing.
func keyTakenAway(t *testing.T, d *desk) {
	before := len(d.list(t))
	bad := d.as(wrong(d.key))
	out, errText, code := bad.run("sync", "--json")
	if code != 1 || !strings.Contains(errText, "You are not currently authorized") || !strings.Contains(out, `"kind":"auth"`) {
		t.Errorf("exit %d\n%s\n%s", code, out, errText)
	}
	if strings.Contains(out+errText, wrong(d.key)) {
		t.Error("the key is in the output")
	}
	if n := len(d.list(t)); n != before {
		t.Errorf("%d orders, then %d", before, n)
	}
	d.sync(t) // with the right key all is well again
}

// serverKilled: the store dies while it makes a page, and comes back. The sync waits for it and goes on.
func serverKilled(t *testing.T, bin string, v *vendureServer) {
	v.kill(t)
	v.again(t, 5) // pages of five
	want := v.orders(t)
	p := newProxy(t, v.URL)
	d := newDesk(t, bin, p.url, v.Key)
	d.must(t, "store", "add", "vendure", "--name", "shop", "--url", p.url, "--secrets", "env")
	restarted := make(chan struct{})
	p.before(func(op string, nth int) {
		if op == "Orders" && nth == 4 {
			v.kill(t)
			go func() {
				defer close(restarted)
				v.again(t, 5)
			}()
		}
	})
	rep := d.sync(t)
	<-restarted
	if rep.New != len(want) || rep.Updated != 0 {
		t.Errorf("%+v, but the store has %d orders", rep, len(want))
	}
	if p.failed.Load() == 0 {
		t.Error("no request failed; the store was not killed in the middle of anything")
	}
	t.Logf("%d requests failed while the store was down", p.failed.Load())
	d.same(t, want)
}

// appKilled: orderdeck is killed in the middle of a page, again and again, at every page of its first sync.
func appKilled(t *testing.T, bin string, v *vendureServer) {
	want := v.orders(t)
	p := newProxy(t, v.URL)
	d := newDesk(t, bin, p.url, v.Key)
	d.must(t, "store", "add", "vendure", "--name", "shop", "--url", p.url, "--secrets", "env")
	kills, had := 0, 0
	for round := 1; round <= 12; round++ {
		cmd := d.command("sync", "--json")
		killed := make(chan struct{})
		kill := func(op string, nth int) {
			// The first question is refused for its size; then come the pages.
			if op == "Orders" && nth == 2+round%3 {
				_ = cmd.Process.Kill()
				close(killed)
			}
		}
		if round%2 == 0 { // while it waits for the page
			p.before(kill)
		} else { // while it reads or writes it
			p.after(func(op string, nth int) {
				time.Sleep(time.Duration(round) * time.Millisecond)
				kill(op, nth)
			})
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		err := cmd.Wait()
		select {
		case <-killed:
			kills++
		default:
		}
		n := len(d.list(t))
		if n < had {
			t.Fatalf("after kill %d there are %d orders, before there were %d", kills, n, had)
		}
		had = n
		if err == nil {
			break
		}
	}
	p.before(nil)
	p.after(nil)
	if kills < 3 {
		t.Errorf("it was killed only %d times", kills)
	}
	rep := d.sync(t)
	t.Logf("killed %d times; the last sync brought %d of %d orders", kills, rep.New, len(want))
	d.same(t, want)
	if out := d.must(t, "doctor"); strings.Contains(out, "✗") {
		t.Errorf("doctor:\n%s", out)
	}
}

// desk is a merchant's machine: settings and data of its own.
type desk struct {
	bin, dir, config, data, key string
}

func newDesk(t *testing.T, bin, url, key string) *desk {
	t.Helper()
	dir := t.TempDir()
	d := &desk{bin: bin, dir: dir, config: filepath.Join(dir, "config.yaml"), data: filepath.Join(dir, "data"), key: key}
	d.must(t, "config", "init")
	return d
}

// as is the same machine with another key.
func (d *desk) as(key string) *desk {
	other := *d
	other.key = key
	return &other
}

func (d *desk) command(args ...string) *exec.Cmd {
	cmd := exec.Command(d.bin, append([]string{"--config", d.config, "--data", d.data}, args...)...)
	cmd.Env = d.env()
	return cmd
}

func (d *desk) env() []string {
	return []string{
		"HOME=" + d.dir, "PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "TERM=xterm-256color", "TZ=UTC",
		"XDG_CONFIG_HOME=" + d.dir, "XDG_DATA_HOME=" + d.dir, "XDG_CACHE_HOME=" + d.dir, "XDG_STATE_HOME=" + d.dir,
		"ORDERDECK_STORE_SHOP_KEY=" + d.key,
	}
}

func (d *desk) run(args ...string) (out, errText string, code int) {
	cmd := d.command(args...)
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	code = cmd.ProcessState.ExitCode()
	if err != nil && code < 0 {
		return stdout.String(), err.Error(), code
	}
	return stdout.String(), stderr.String(), code
}

func (d *desk) must(t *testing.T, args ...string) string {
	t.Helper()
	out, errText, code := d.run(args...)
	if code != 0 {
		t.Fatalf("orderdeck %s: exit %d\n%s\n%s", strings.Join(args, " "), code, out, errText)
	}
	return out
}

// synced is what sync --json says of a store.
type synced struct {
	New, Updated, Unchanged, Skipped int
	Missing                          int `json:"missing_upstream"`
	Seconds                          float64
}

func (d *desk) sync(t *testing.T) synced {
	t.Helper()
	var rep synced
	if out := d.must(t, "sync", "--json"); json.Unmarshal([]byte(out), &rep) != nil {
		t.Fatalf("sync --json: %s", out)
	}
	return rep
}

// list is list --json by external id; an order that comes twice fails the test.
func (d *desk) list(t *testing.T) map[string]map[string]any {
	t.Helper()
	out := map[string]map[string]any{}
	lines := bufio.NewScanner(strings.NewReader(d.must(t, "list", "--json")))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var o map[string]any
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			t.Fatalf("%v: %s", err, lines.Text())
		}
		id := fmt.Sprint(o["external_id"])
		if _, twice := out[id]; twice {
			t.Errorf("order %s is there twice", id)
		}
		out[id] = o
	}
	return out
}

// same wants the desk to have exactly these orders, in the states that the store says.
func (d *desk) same(t *testing.T, want map[string]storeOrder) {
	t.Helper()
	have := d.list(t)
	for id, o := range want {
		h, ok := have[id]
		if !ok {
			t.Errorf("order %s (%s) is missing", id, o.Code)
			continue
		}
		delete(have, id)
		if h["number"] != o.Code {
			t.Errorf("order %s is %v here and %s in the store", id, h["number"], o.Code)
		}
		shown := d.must(t, "show", "--json", o.Code)
		if !strings.Contains(shown, fmt.Sprintf("%q", o.State)) {
			t.Errorf("order %s is %s in the store, and here:\n%s", id, o.State, shown)
		}
		if strings.Contains(shown, "total_mismatch") {
			t.Errorf("order %s does not add up:\n%s", id, shown)
		}
	}
	for id := range have {
		t.Errorf("order %s is here and not in the store", id)
	}
}
