// Package pulltest measures a whole pull of a store that answers at once beside the least that it can cost: reading the
// same bytes into the same types and writing the same rows, each once.
package pulltest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	gosync "sync"
	"testing"
	"time"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/storetest"
	"github.com/orderdeck/orderdeck/sync"
)

// Target is the most that a whole pull may take, as a multiple of the floor; and Absurd where something must be broken.
const (
	Target = 1.3
	Absurd = 10 * Target
)

// Orders is how many orders a store to be measured has: 10,000, or ORDERDECK_PULL.
func Orders() int {
	if n, err := strconv.Atoi(os.Getenv("ORDERDECK_PULL")); err == nil && n > 0 {
		return n
	}
	return 10_000
}

// Store is what is pulled from.
type Store struct {
	Platform string            // "shopify"
	Orders   int               // that it has
	Fake     http.RoundTripper // answers as the store does, at its leisure: its answers are kept, and given again at once
	Connect  func(http.RoundTripper) (sync.Platform, error)
	Read     func(body []byte) error // reads an answer into the types into which the connector reads it
}

// Pull takes turns between the whole pull, as the program does it, and the floor, and reports the medians: "pull-s",
// "floor-s" and their ratio, "×floor"; and as "sync-s" what `orderdeck sync` takes, which looks over all that is new once
// more when it is written. It fails where the ratio is hopelessly out.
func Pull(b *testing.B, s Store) {
	b.Helper()
	ctx := b.Context()
	tape := &recorder{next: s.Fake, answers: map[string]answer{}}
	sample, sizes := filepath.Join(b.TempDir(), "sample.db"), []int(nil)
	if _, _, err := s.pull(ctx, sample, tape, &sizes); err != nil {
		b.Fatal(err)
	}
	bare, err := s.floor(ctx, sample, sizes, tape.bodies)
	if err != nil {
		b.Fatal(err)
	}
	server := player(tape.answers)
	var ours, whole, floors []time.Duration
	for b.Loop() {
		runtime.GC()
		took, sync, err := s.pull(ctx, filepath.Join(b.TempDir(), "ours.db"), server, nil)
		if err != nil {
			b.Fatal(err)
		}
		ours, whole = append(ours, took), append(whole, sync)
		runtime.GC()
		if took, err = bare(filepath.Join(b.TempDir(), "floor.db")); err != nil {
			b.Fatal(err)
		}
		floors = append(floors, took)
	}
	pull, floor := median(ours), median(floors)
	ratio := pull.Seconds() / floor.Seconds()
	b.ReportMetric(0, "ns/op") // of both together: it says nothing
	b.ReportMetric(pull.Seconds(), "pull-s")
	b.ReportMetric(floor.Seconds(), "floor-s")
	b.ReportMetric(ratio, "×floor")
	b.ReportMetric(median(whole).Seconds(), "sync-s")
	if ratio > Absurd {
		b.Errorf("a whole pull takes %.1f times as long as its floor; %.1f is the target", ratio, Target)
	}
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}

// counting notes how many orders each page brought.
type counting struct {
	*store.DB
	sizes *[]int
}

func (c counting) Apply(ctx context.Context, p store.Page) (store.Result, error) {
	r, err := c.DB.Apply(ctx, p)
	if c.sizes != nil && r.New > 0 {
		*c.sizes = append(*c.sizes, r.New)
	}
	return r, err
}

// pull brings everything into a new database, as `orderdeck sync` does, and tells how long the pull took, and the whole.
func (s Store) pull(ctx context.Context, path string, from http.RoundTripper, sizes *[]int) (took, whole time.Duration, err error) {
	platform, err := s.Connect(from)
	if err != nil {
		return 0, 0, err
	}
	db, err := s.open(ctx, path)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	service := sync.New(sync.Options{
		DB: counting{db, sizes}, Bulk: true, Sources: []sync.Source{{Shop: s.shop(), Platform: platform}},
	})
	began := time.Now()
	reports, err := service.Sync(ctx, nil)
	whole = time.Since(began)
	switch {
	case err != nil:
		return 0, 0, err
	case reports[0].Err != nil:
		err = reports[0].Err
	case reports[0].Counts.New != s.Orders:
		err = fmt.Errorf("%d orders were pulled, and there are %d", reports[0].Counts.New, s.Orders)
	}
	return reports[0].Took, whole, err
}

func (s Store) shop() store.Shop {
	return store.Shop{Name: "shop", Platform: s.Platform, Title: "Shop", Currency: "EUR"}
}

func (s Store) open(ctx context.Context, path string) (*store.DB, error) {
	db, err := store.Open(ctx, store.Options{Path: path})
	if err != nil {
		return nil, err
	}
	if err := db.PutShop(ctx, s.shop()); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// floor makes the least that the same work takes: reading the answers, one after the other, and writing the rows that came
// of them, in as many transactions.
func (s Store) floor(ctx context.Context, sample string, sizes []int, bodies [][]byte) (func(path string) (time.Duration, error), error) {
	words, err := storetest.SearchWords(ctx, sample)
	if err != nil {
		return nil, err
	}
	return func(path string) (took time.Duration, err error) {
		db, err := s.open(ctx, path)
		if err != nil {
			return 0, err
		}
		if err := db.Close(); err != nil {
			return 0, err
		}
		bare, err := storetest.NewBare(ctx, sample, path)
		if err != nil {
			return 0, err
		}
		defer bare.Close()
		bare.Words = words
		bare.All()
		began := time.Now()
		for _, body := range bodies {
			if err := s.Read(body); err != nil {
				return 0, err
			}
		}
		took = time.Since(began)
		for _, n := range sizes {
			rows, err := bare.Next(ctx, n)
			if err != nil {
				return 0, err
			}
			wrote, err := bare.Write(ctx, rows)
			if err != nil {
				return 0, err
			}
			took += wrote
		}
		return took, nil
	}, nil
}

// answer is one that was given.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// recorder keeps what a store answers.
type recorder struct {
	next    http.RoundTripper
	mu      gosync.Mutex
	answers map[string]answer
	bodies  [][]byte // in the order in which they came
}

// RoundTrip implements http.RoundTripper.
func (t *recorder) RoundTrip(r *http.Request) (*http.Response, error) {
	name, body, err := question(r)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	res, err := t.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if body, err = io.ReadAll(res.Body); err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	a := answer{res.StatusCode, res.Header, body}
	t.answers[name] = a
	t.bodies = append(t.bodies, body)
	return a.response(), nil
}

// player gives the answers again that were kept, at once.
type player map[string]answer

// RoundTrip implements http.RoundTripper.
func (p player) RoundTrip(r *http.Request) (*http.Response, error) {
	name, _, err := question(r)
	if err != nil {
		return nil, err
	}
	a, ok := p[name]
	if !ok {
		return nil, fmt.Errorf("nobody asked this before: %s", name)
	}
	return a.response(), nil
}

func (a answer) response() *http.Response {
	return &http.Response{
		StatusCode: a.status, Header: a.header.Clone(), Body: io.NopCloser(bytes.NewReader(a.body)), ContentLength: int64(len(a.body)),
	}
}

// question names a request.
func question(r *http.Request) (name string, body []byte, err error) {
	if r.Body != nil {
		if body, err = io.ReadAll(r.Body); err != nil {
			return "", nil, err
		}
	}
	return r.Method + " " + r.URL.String() + "\n" + string(body), body, nil
}
