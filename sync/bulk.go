package sync

import (
	"context"
	"sync"

	"github.com/orderdeck/orderdeck/store/order"
)

// bulkFrom is how many orders must be to come for the database's bulk way to be worth it.
const bulkFrom = 20_000

// large tells whether what is still to come of a stream is a large first import: much in itself, and more than what
// is there already, whose indexes would have to be built again.
func (s *Service) large(ctx context.Context, u *unit, p page) bool {
	left := p.total - p.done
	if !s.o.Bulk || u.source == nil || left < bulkFrom {
		return false
	}
	counts, err := s.o.DB.Counts(ctx, nil)
	return err == nil && counts[order.TabAll] < left
}

// bulkGate lets several shops share one bulk import: the first opens it, the last closes it and waits until the
// indexes are built again.
type bulkGate struct {
	db Database

	mu    sync.Mutex
	users int
	shut  chan struct{} // closed when the last user has left
	end   chan struct{} // closed when BulkImport has returned
	err   error         // of BulkImport, after end
}

// enter joins the bulk import, or begins one. leave must be called once.
func (g *bulkGate) enter(ctx context.Context) (leave func() error, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.users == 0 {
		if g.end != nil {
			select {
			case <-g.end:
			default: // the indexes of the one before are still being built: without bulk, then
				return func() error { return nil }, nil
			}
		}
		if err := g.begin(ctx); err != nil {
			return nil, err
		}
	}
	g.users++
	return g.leave, nil
}

// begin starts BulkImport and waits until it lets us write; g.mu is held.
func (g *bulkGate) begin(ctx context.Context) error {
	shut, end, ready := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		err := g.db.BulkImport(ctx, func() error {
			close(ready)
			<-shut
			return ctx.Err()
		})
		g.err = err // read only after end
		close(end)
	}()
	select {
	case <-ready:
		g.shut, g.end = shut, end
		return nil
	case <-end:
		close(shut)
		return g.err
	}
}

func (g *bulkGate) leave() error {
	g.mu.Lock()
	g.users--
	last := g.users == 0
	end := g.end
	if last {
		close(g.shut)
	}
	g.mu.Unlock()
	if !last {
		return nil
	}
	<-end
	return g.err
}
