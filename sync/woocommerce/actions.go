package woocommerce

import (
	"context"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

// Read gives one order as it is now.
func (p *Platform) Read(ctx context.Context, externalID string) (store.Pulled, error) {
	s, err := p.hello(ctx)
	if err != nil {
		return store.Pulled{}, err
	}
	got, err := p.read(ctx, externalID, s)
	if err != nil {
		return store.Pulled{}, err
	}
	if got == nil {
		return store.Pulled{}, outbox.ErrGone
	}
	return *got, nil
}
