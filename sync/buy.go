package sync

import (
	"context"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/sync/outbox"
)

// Shops are those of some sources that can be asked for one order and told of parcels.
func Shops(sources []Source) map[string]outbox.Shop {
	out := map[string]outbox.Shop{}
	for i := range sources {
		if shop, ok := sources[i].Platform.(outbox.Shop); ok {
			out[sources[i].Shop.Name] = shop
		}
	}
	return out
}

// Acts says of everything that can be done to orders at a store why it cannot be done at this platform, "" where it can.
func Acts(p Platform) map[order.ActKind]string {
	why := "nothing can be done at " + p.Capabilities().Title + " from here"
	if p.Capabilities().Offline {
		why = "its orders come from files: there is no store to do it"
	}
	actor, ok := p.(outbox.Actor)
	var can map[order.ActKind]string
	if ok {
		can = actor.Acts()
	}
	out := make(map[order.ActKind]string, len(order.ActKinds))
	for _, kind := range order.ActKinds {
		reason, known := can[kind]
		if !known {
			reason = why
		}
		out[kind] = reason
	}
	return out
}

// Wake has the outbox look for work now, when it works in this process. In another one it notices by itself that
// something was written.
func (s *Service) Wake() {
	if s.o.Outbox != nil {
		s.o.Outbox.Wake()
	}
}

// works lets the outbox work until the function that it gives is called; that returns when what was under way has been
// written down.
func (s *Service) works(ctx context.Context) (stop func()) {
	if s.o.Outbox == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.o.Outbox.Run(ctx)
	}()
	return func() {
		cancel()
		<-ended
	}
}

// restFor is for how long one sync looks after what is on its way out, once the stores have been asked.
const restFor = time.Minute

// rest has the outbox do all that is due now, so that one sync follows what was bought and tells the stores of it.
func (s *Service) rest(ctx context.Context) {
	if s.o.Outbox == nil || ctx.Err() != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, restFor)
	defer cancel()
	if _, err := s.o.Outbox.Step(ctx); err != nil && ctx.Err() == nil {
		s.log.Error("what is on its way out could not be seen to", "err", err)
	}
}

// doneEvery is how often Work asks whether it is done.
const doneEvery = 100 * time.Millisecond

// Work lets the outbox work until done says so: in this process when the wire is free, else in the one that holds it,
// which this one waits for. It gives up, with done false and no error, when Options.Patience is over. It is for commands;
// with Run there is no need of it.
func (s *Service) Work(ctx context.Context, done func(context.Context) (bool, error)) (bool, error) {
	if s.o.Outbox == nil {
		return false, Errorf(Refused, "no supplier is set up here")
	}
	end := s.clock.Now().Add(s.o.Patience)
	var giveBack func() // while this process holds the wire
	defer func() {
		if giveBack != nil {
			giveBack()
		}
	}()
	for {
		if giveBack == nil {
			w, err := s.takeWire()
			if err != nil {
				return false, err
			}
			if w != nil {
				if err := s.register(ctx); err != nil {
					w.release()
					return false, err
				}
				stop := s.works(ctx)
				giveBack = func() {
					stop()
					w.release()
				}
			}
		}
		if ok, err := done(ctx); ok || err != nil {
			return ok, err
		}
		if !s.clock.Now().Before(end) {
			return false, ctx.Err()
		}
		if !s.sleep(ctx, doneEvery) {
			return false, ctx.Err()
		}
	}
}

// Settle has what was checked out under these references carried out, and returns when each of it is paid, refused or
// taken back. settled is false when patience was over first: then it goes on whenever somebody holds the wire.
func (s *Service) Settle(ctx context.Context, references []string) (settled bool, err error) {
	wanted := make(map[string]bool, len(references))
	for _, r := range references {
		wanted[r] = true
	}
	return s.Work(ctx, func(ctx context.Context) (bool, error) {
		open, err := s.o.Outbox.Open(ctx)
		if err != nil {
			return false, err
		}
		for i := range open {
			if !open[i].Kind.ToStore() && wanted[open[i].Reference] {
				return false, nil
			}
		}
		return true, nil
	})
}
