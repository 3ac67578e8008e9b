package prooftest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/clock"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

// childEnv tells the test binary to be the program that is killed: it holds a child as JSON.
const childEnv = "ORDERDECK_TEST_CHILD"

// child is one run of the program: it checks out what has not been checked out, and works until nothing is left to do.
type child struct {
	Path    string
	URL     string
	Who     string
	IDs     []int64
	Dedupe  bool
	Patient time.Duration // on the machine's clock: how long it goes on at most
	CJ      string        // where a fake CJ is, which is bought at then instead of at the house; "" = at the house
	Tokens  string        // the file of CJ's tokens
	Limit   uint64        // of the size of files, as a full disk has one; 0 = none
}

func TestMain(m *testing.M) {
	if text := os.Getenv(childEnv); text != "" {
		var c child
		if err := json.Unmarshal([]byte(text), &c); err != nil {
			panic(err)
		}
		if err := c.run(); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// run is what `checkout --yes` and `sync --watch` do, one after the other.
func (c child) run() error {
	ctx, cancel := context.WithTimeout(context.Background(), c.Patient)
	defer cancel()
	if c.Limit > 0 {
		if err := limitFiles(c.Limit); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Dir(c.Path), 0o700); err != nil {
		return err
	}
	db, err := store.Open(ctx, store.Options{Path: c.Path})
	if err != nil {
		return err
	}
	defer db.Close()
	how := caps()
	how.ServerDedupe, how.Every = c.Dedupe, 5*time.Second
	a, err := connect(c.URL, how)
	if err != nil {
		return err
	}
	var bought outbox.Supplier = a
	if c.CJ != "" {
		if bought, err = dialCJ(c.CJ, c.Tokens, clock.System{}.Now); err != nil {
			return err
		}
	}
	service := sync.New(sync.Options{DB: db, Outbox: outbox.New(outbox.Options{
		DB: db, Suppliers: []outbox.Supplier{bought}, Shops: map[string]outbox.Shop{shopName: a}, Settings: settings,
	})})
	if _, err := checkoutAll(ctx, db, c.IDs, c.Who); err != nil {
		return err
	}
	working, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- service.Run(working) }()
	for {
		left, err := unfinished(context.WithoutCancel(ctx), db, c.IDs)
		if ctx.Err() != nil && left != "" {
			err = errors.Join(errors.New("it is not done: "+left), err)
		}
		if left == "" || err != nil {
			stop()
			return errors.Join(err, <-ended)
		}
		select {
		case <-ctx.Done():
		case err := <-ended:
			stop()
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// unfinished names something that is still going on by itself; "" = nothing is.
func unfinished(ctx context.Context, d *store.DB, ids []int64) (string, error) {
	for _, id := range ids {
		rec, err := d.Record(ctx, id)
		if err != nil {
			return "", err
		}
		for _, p := range rec.Placements {
			if p.State == order.PlacementPlaced || p.State == order.PlacementProcessing {
				return fmt.Sprintf("%s is %s", p.Reference, p.State), nil
			}
		}
		if len(rec.Placements) == 0 && checkoutable(rec) {
			return fmt.Sprintf("%s was not checked out", rec.Number), nil
		}
	}
	// What a placement leads to is written with it, so this comes after.
	open, err := d.Effects(ctx, store.EffectFilter{Open: true})
	if err != nil {
		return "", err
	}
	for _, e := range open {
		if e.State.Open() && !resting(e) {
			return fmt.Sprintf("“%s” of %s is %s (%s)\n%s", e.Kind, e.Reference, e.State, e.Reason, e.Evidence), nil
		}
	}
	return "", nil
}

// resting tells whether an effect has come to its last word: a supplier that cannot be asked leaves its outcome unknown for
// good, and it says so.
func resting(e store.Effect) bool {
	if e.State != store.EffectUnknown || e.Reason == "" {
		return false
	}
	var sent, last time.Time
	for line := range strings.Lines(e.Evidence) {
		when, rest, _ := strings.Cut(line, " ")
		if at, err := time.Parse(time.RFC3339Nano, when); err == nil {
			if last = at; strings.HasPrefix(rest, "sent") {
				sent = at
			}
		}
	}
	return last.Sub(sent) > 12*settled
}

func checkoutable(rec order.Record) bool {
	return slices.ContainsFunc(rec.State.Groups, func(g order.Group) bool { return g.Placement == nil && g.Stage == order.StageUnpaid })
}
