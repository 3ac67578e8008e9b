// Package files is the platform of stores whose orders come from files only; store/orderfile reads them.
package files

import (
	"context"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

// Kind is the platform of a store whose orders come from files only.
const Kind = "files"

// Platform is such a store: there is nobody to ask.
type Platform struct{}

var (
	_ sync.Platform = Platform{}
	_ outbox.Shop   = Platform{}
)

// Kind is the platform's name in the settings.
func (Platform) Kind() string { return Kind }

// Capabilities says that there is neither an address nor a key.
func (Platform) Capabilities() sync.Capabilities {
	return sync.Capabilities{Title: "Order files", Offline: true}
}

// Test has nobody to ask.
func (Platform) Test(context.Context) (sync.Info, error) {
	return sync.Info{Warnings: []string{"its orders come with `orderdeck import FILE`; there is nothing to fetch"}}, nil
}

// Streams are none.
func (Platform) Streams() []string { return nil }

// Pull is never called, since there is no stream.
func (Platform) Pull(context.Context, string, []byte, sync.Known) (sync.Batch, error) {
	return sync.Batch{}, &sync.Error{Kind: sync.Broken, Text: "a store of order files has nothing to fetch"}
}

// Read has nobody to ask.
func (Platform) Read(context.Context, string) (store.Pulled, error) {
	return store.Pulled{}, outbox.ErrNobody
}

// Fulfil has nobody to tell.
func (Platform) Fulfil(context.Context, string, store.TellDoc) error { return outbox.ErrNobody }
