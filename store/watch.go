package store

import (
	"context"
	"sync"
	"time"
)

// maxNotice is how many ids one notice lists; beyond that it says "anything".
const maxNotice = 4096

// notices hands changes out to whoever subscribed.
type notices struct {
	mu      sync.Mutex
	version int64
	closed  bool
	subs    map[*subscriber]struct{}
}

// subscriber holds at most one notice that has not been taken yet; later ones are merged into it.
type subscriber struct{ ch chan Change }

// Subscribe gives a channel of notices: one after each commit, merged into one while nobody takes them, also when
// another process wrote. The channel is closed when the database is, or by the function that comes with it.
func (d *DB) Subscribe() (<-chan Change, func()) {
	n := &d.notices
	s := &subscriber{ch: make(chan Change, 1)}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		close(s.ch)
		return s.ch, func() {}
	}
	if n.subs == nil {
		n.subs = map[*subscriber]struct{}{}
	}
	n.subs[s] = struct{}{}
	return s.ch, func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		if _, ok := n.subs[s]; ok {
			delete(n.subs, s)
			close(s.ch)
		}
	}
}

// publish tells everybody that the orders with these ids changed; nil = anything may have.
func (n *notices) publish(ids []int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.version++
	if len(ids) > maxNotice {
		ids = nil
	}
	for s := range n.subs {
		c := Change{Version: n.version, IDs: ids}
		select {
		case waiting := <-s.ch:
			c.IDs = merge(waiting.IDs, ids)
		default:
		}
		s.ch <- c // there is room: only publish sends, under the lock
	}
}

func merge(a, b []int64) []int64 {
	if a == nil || b == nil || len(a)+len(b) > maxNotice {
		return nil
	}
	return append(a[:len(a):len(a)], b...)
}

func (n *notices) close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.closed = true
	for s := range n.subs {
		close(s.ch)
	}
	n.subs = nil
}

// watch looks from time to time whether another process has written, until the database is closed. It asks on the
// writer's connection, which does not count its own commits; when that is busy we are writing ourselves, and tell anyway.
func (d *DB) watch(every time.Duration) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	tick := time.NewTicker(every)
	defer tick.Stop()
	var last int64
	if d.w == nil {
		conn, err := d.read.Conn(ctx) // its own: the number means nothing on another one
		if err != nil {
			return
		}
		defer conn.Close()
		for {
			var v int64
			if err := conn.QueryRowContext(ctx, `PRAGMA data_version`).Scan(&v); err == nil && v != last {
				if last != 0 {
					d.elsewhere(ctx)
				}
				last = v
			}
			select {
			case <-tick.C:
			case <-d.closing:
				return
			}
		}
	}
	for {
		select {
		case <-tick.C:
		case <-d.closing:
			return
		}
		select {
		case <-d.w.turn:
		default:
			continue
		}
		v, err := d.w.readDataVersion(ctx)
		if last == 0 {
			last = d.w.dataVersion
		}
		d.w.turn <- struct{}{}
		if err == nil && v != last {
			last = v
			d.elsewhere(ctx)
		}
	}
}

// elsewhere is what happens after another process wrote.
func (d *DB) elsewhere(ctx context.Context) {
	d.shopList.forget()
	_ = d.loadIndexing(ctx) // only what it knew before is lost if this fails; the next notice tries again
	d.notices.publish(nil)
}
