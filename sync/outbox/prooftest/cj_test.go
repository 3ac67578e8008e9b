package prooftest

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/orderdeck/orderdeck/sync/outbox"
	"github.com/orderdeck/orderdeck/sync/supplier/cj"
	"github.com/orderdeck/orderdeck/sync/supplier/cj/cjfake"
)

// dialCJ makes the adapter that buys at CJ, for a fake at an address. All that is changed of it is its patience: what takes
// the real CJ minutes takes the fake no time.
func dialCJ(url, tokens string, now func() time.Time) (outbox.Supplier, error) {
	s, err := cj.New(cj.Options{
		Name: supplierName, URL: url + cjfake.Root, Key: cjfake.Key, Tokens: tokenFile(tokens), PerSecond: 1e6, AtFirst: 1e6, Clock: now, Timeout: timeout,
		Pause: 5 * time.Millisecond,
	})
	return hasty{s}, err
}

// hasty is CJ's adapter in a world in which nothing takes long.
type hasty struct{ *cj.Supplier }

func (h hasty) Caps() outbox.Caps {
	c := h.Supplier.Caps()
	c.SettleAfter, c.Every, c.Timeout = settled, 5*time.Second, 5*timeout
	return c
}

// tokenFile keeps CJ's tokens from one run of the program to the next.
type tokenFile string

func (f tokenFile) Load(context.Context) (string, error) {
	data, err := os.ReadFile(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return string(data), err
}

func (f tokenFile) Save(_ context.Context, tokens string) error {
	tmp, err := os.CreateTemp(filepath.Dir(string(f)), "tokens")
	if err != nil {
		return err
	}
	_, err = tmp.WriteString(tokens)
	if err = errors.Join(err, tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), string(f))
}
