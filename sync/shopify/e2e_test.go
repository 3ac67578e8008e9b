//go:build e2e && unix

package shopify

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
)

// TestE2EKilledWhileItImports kills the real program again and again in the middle of a first import by a bulk operation, until
// it comes to its end: every order is there once, and nothing else is left behind.
func TestE2EKilledWhileItImports(t *testing.T) {
	f := newFake(t)
	f.schema = nil // it is held against it elsewhere
	ids := f.variety(DefaultBulkFrom + 200)
	f.now = time.Now
	dice := rand.New(rand.NewPCG(5, 5)) //nolint:gosec // a test that can be repeated
	f.bulk.mix, f.bulk.file = dice, someFileFaults(dice, 0.3)
	f.bulk.during = func() {
		o := f.order(gid(ids[9]))
		o["tags"], o["updatedAt"] = []string{"changed"}, stamp(time.Now())
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		res, err := f.RoundTrip(r)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		defer func() { _ = res.Body.Close() }()
		for k, v := range res.Header {
			w.Header()[k] = v
		}
		w.WriteHeader(res.StatusCode)
		if _, err := io.Copy(w, res.Body); err != nil {
			panic(http.ErrAbortHandler)
		}
	}))
	defer server.Close()
	f.bulk.base = server.URL

	bin := filepath.Join(t.TempDir(), "orderdeck")
	if out, err := exec.Command("go", "build", "-o", bin, "../..").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	home := t.TempDir()
	run := func(ctx context.Context, in string, args ...string) (string, error) {
		cmd := exec.CommandContext(ctx, bin, args...)
		cmd.Env = []string{
			"HOME=" + home, "XDG_CONFIG_HOME=" + home + "/c", "XDG_DATA_HOME=" + home + "/d", "XDG_STATE_HOME=" + home + "/s", "PATH=" + os.Getenv("PATH"),
		}
		cmd.Stdin = strings.NewReader(in)
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		err := cmd.Run() // the context's end is SIGKILL
		return out.String(), err
	}
	if out, err := run(t.Context(), fakeToken+"\n", "store", "add", "shopify", "--name", "shop", "--url", server.URL, "--key-file", "-", "--secrets", "file"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	kills := 0
	for {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second+time.Duration(dice.IntN(9_000))*time.Millisecond)
		if kills > 12 {
			ctx, cancel = context.WithTimeout(t.Context(), 5*time.Minute)
		}
		out, err := run(ctx, "", "sync")
		cancel()
		if err == nil {
			t.Logf("after %d kills: %s", kills, out)
			break
		}
		if kills++; kills > 20 {
			t.Fatal(out)
		}
	}
	path := ""
	if err := filepath.WalkDir(home, func(p string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(p)
		switch {
		case err != nil:
			return err
		case strings.HasSuffix(p, ".db"):
			path = p
		case strings.Contains(p, "-import-"):
			t.Errorf("left behind: %s", p)
		}
		if bytes.Contains(data, []byte(fileSecret)) {
			t.Errorf("the file's address is in %s", p)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), store.Options{Path: path, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	d := newDesk()
	d.pull(t, f.platform(bulkFrom(-1), func(o *Options) { o.Clock = time.Now }))
	n, tags := 0, []string(nil)
	if err := db.Each(t.Context(), store.Query{}, nil, func(r *order.Record) error {
		n++
		want := d.orders[r.Order.ExternalID]
		want.Store = r.Order.Store
		was, _ := json.Marshal(r.Order)
		is, _ := json.Marshal(want)
		if !bytes.Equal(was, is) {
			t.Fatalf("%s\nis not as in a page:\n%s", was, is)
		}
		if r.Order.ExternalID == ids[9] {
			tags = r.Order.Tags
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if n != len(ids) || !slices.Equal(tags, []string{"changed"}) {
		t.Errorf("%d of %d orders, %v", n, len(ids), tags)
	}
	t.Logf("%d kills, %d operations, %d bytes of %d fetched, asked %v", kills, f.made["bulk"], f.bulk.served, len(f.bulk.all[0]["_data"].([]byte)), f.asked)
}
