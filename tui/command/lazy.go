package command

import (
	"context"
	"errors"
	"fmt"

	"github.com/orderdeck/orderdeck/config"
	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

// lazy is a platform whose key is read when the store is first asked for something: a keyring may take seconds, or wait
// for its own password, and the screens must not wait for it. When the store refuses the key, it is read again the next
// time, so that a new key needs no new start.
type lazy struct {
	sync.Platform // made without a key: knows what it is and asks nobody

	store   config.StoreConfig
	connect Connector
	secrets func() (config.Secrets, error)
	ready   sync.Platform // with the key; nil until it is needed
}

func newLazy(st config.StoreConfig, connect Connector, secrets func() (config.Secrets, error)) (sync.Platform, error) {
	if connect == nil {
		return nil, fmt.Errorf("%s is no platform that Orderdeck knows", st.Platform)
	}
	keyless, err := withoutKey(st, connect)
	if err != nil {
		return nil, err
	}
	if keyless.Capabilities().Offline {
		return &lazyShop{&lazy{Platform: keyless, ready: keyless}}, nil
	}
	l := &lazy{Platform: keyless, store: st, connect: connect, secrets: secrets}
	switch p := keyless.(type) {
	case outbox.Actor:
		return &lazyActor{&lazyShop{l}, p.Acts()}, nil
	case outbox.Shop:
		return &lazyShop{l}, nil
	}
	return l, nil
}

// lazyActor is a lazyShop that can do more than be told of parcels. What that is needs no key.
type lazyActor struct {
	*lazyShop
	acts map[order.ActKind]string
}

// Acts says of every kind why it cannot be done there.
func (l *lazyActor) Acts() map[order.ActKind]string { return l.acts }

// Act does one thing to an order.
func (l *lazyActor) Act(ctx context.Context, externalID string, a order.Act) (outbox.Done, error) {
	shop, err := l.shop(ctx)
	if err != nil {
		return outbox.Done{}, err
	}
	done, err := shop.(outbox.Actor).Act(ctx, externalID, a)
	l.forget(err)
	return done, err
}

// lazyShop is a lazy platform that can be asked for one order and told of parcels. Where there is no key, nothing has
// left.
type lazyShop struct{ *lazy }

func (l *lazyShop) shop(ctx context.Context) (outbox.Shop, error) {
	p, err := l.open(ctx)
	if err != nil {
		return nil, outbox.NotSent(err)
	}
	return p.(outbox.Shop), nil
}

// Read gives one order as it is now.
func (l *lazyShop) Read(ctx context.Context, externalID string) (store.Pulled, error) {
	shop, err := l.shop(ctx)
	if err != nil {
		return store.Pulled{}, err
	}
	p, err := shop.Read(ctx, externalID)
	l.forget(err)
	return p, err
}

// Fulfil makes one shipment at the store.
func (l *lazyShop) Fulfil(ctx context.Context, externalID string, doc store.TellDoc) error {
	shop, err := l.shop(ctx)
	if err != nil {
		return err
	}
	err = shop.Fulfil(ctx, externalID, doc)
	l.forget(err)
	return err
}

// withoutKey makes a platform that is only asked what it is, which takes no key. Connectors refuse to be made without
// one, so it gets a text that is none.
func withoutKey(st config.StoreConfig, connect Connector) (sync.Platform, error) {
	return connect(st, config.NewSecret("none"))
}

// Test asks the store who it is.
func (l *lazy) Test(ctx context.Context) (sync.Info, error) {
	p, err := l.open(ctx)
	if err != nil {
		return sync.Info{}, err
	}
	info, err := p.Test(ctx)
	l.forget(err)
	return info, err
}

// Pull asks a stream for a page.
func (l *lazy) Pull(ctx context.Context, stream string, cursor []byte, known sync.Known) (sync.Batch, error) {
	p, err := l.open(ctx)
	if err != nil {
		return sync.Batch{}, err
	}
	batch, err := p.Pull(ctx, stream, cursor, known)
	l.forget(err)
	return batch, err
}

func (l *lazy) open(ctx context.Context) (sync.Platform, error) {
	if l.ready != nil {
		return l.ready, nil
	}
	secrets, err := l.secrets()
	if err != nil {
		return nil, &sync.Error{Kind: sync.Auth, Text: err.Error(), Err: err}
	}
	key, err := secrets.Get(ctx, l.store.Name)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, &sync.Error{Kind: sync.Auth, Text: err.Error(), Err: err}
	}
	p, err := l.connect(l.store, key)
	if err != nil {
		return nil, &sync.Error{Kind: sync.Broken, Text: err.Error(), Err: err}
	}
	keepKey(p, secrets, l.store.Name, nil)
	l.ready = p
	return p, nil
}

// keepKey has a platform whose key changes with every login keep the new one in place of the old one; also, where it is
// given, is told of it as well.
func keepKey(p sync.Platform, secrets config.Secrets, name string, also func(config.Secret)) {
	k, ok := p.(sync.KeyKeeper)
	if !ok {
		return
	}
	k.KeepKey(func(key string) error {
		fresh := config.NewSecret(key)
		if also != nil {
			also(fresh)
		}
		if secrets == nil {
			return nil
		}
		return secrets.Set(context.Background(), name, fresh) // the old one is worth nothing any more, whoever gives up meanwhile
	})
}

func (l *lazy) forget(err error) {
	var e *sync.Error
	if errors.As(err, &e) && e.Kind == sync.Auth {
		l.ready = nil
	}
}
