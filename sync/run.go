package sync

import (
	"context"
	"slices"
	"time"

	"github.com/orderdeck/orderdeck/store"
)

const (
	// lookEvery is how often the holder of the wire looks for requests of other processes, and a follower whether the
	// wire is free and what the states are.
	lookEvery = time.Second
	// passAfter is the shortest time between two background passes after a change, and passEvery the longest, for
	// what time alone brings about.
	passAfter = 15 * time.Second
	passEvery = 5 * time.Minute
)

// Run keeps all shops up to date until ctx ends; then it returns nil. It takes the wire, or follows until it is free:
// then Status shows what the process that holds it has written down, and Request hands requests over to it.
//
// A shop runs when it is due (its Every after the end of its last run) or when it was asked for. One whose last run
// was interrupted is due at once, and so is, once, one that was stopped for a wrong key: the key may have been mended.
func (s *Service) Run(ctx context.Context) error {
	defer s.setMode(modeOff)
	for {
		w, err := s.takeWire()
		if err != nil {
			return err
		}
		if w != nil {
			err := s.hold(ctx, w, nil)
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		s.setMode(modeFollowing)
		s.follow(ctx)
		if !s.sleep(ctx, lookEvery) {
			return nil
		}
	}
}

// follow reads the states that the process on the wire keeps.
func (s *Service) follow(ctx context.Context) {
	states, err := s.o.DB.SyncStates(ctx)
	if err != nil {
		s.log.Error("the states of the syncs could not be read", "err", err)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	changed := false
	s.holder = 0
	for _, st := range states {
		if st.PID != 0 {
			s.holder = st.PID
		}
		for _, u := range s.units {
			if u.name == st.Shop && !sameState(u.state, st) {
				u.state, changed = st, true
			}
		}
	}
	if changed {
		s.publish()
	}
}

func sameState(a, b store.SyncState) bool {
	return a.State == b.State && a.Phase == b.Phase && a.Done == b.Done && a.Total == b.Total && a.Rate == b.Rate &&
		a.LastError == b.LastError && a.LastSuccess.Equal(b.LastSuccess) && a.LastAttempt.Equal(b.LastAttempt) &&
		a.NextRun.Equal(b.NextRun) && a.ClockSkew == b.ClockSkew && a.PID == b.PID
}

// sleep lets time pass; false = ctx ended.
func (s *Service) sleep(ctx context.Context, d time.Duration) bool {
	t := s.clock.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C():
		return true
	}
}

func (s *Service) setMode(m mode) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mode = m
}

// holding is the time in which this process holds the wire.
type holding struct {
	s       *Service
	ctx     context.Context //nolint:containedctx // of hold, which makes it and ends with it
	once    bool            // end when what was asked for is done
	done    chan *unit
	passed  chan struct{} // a background pass has ended
	passing bool
	changed bool      // something was written since the last pass
	pass    time.Time // when the last pass ended
}

// hold does the work of the process on the wire, until ctx ends, or, when shops are given, until those are done.
func (s *Service) hold(ctx context.Context, w *wire, shops []string) error {
	defer w.release()
	h := &holding{s: s, ctx: ctx, once: shops != nil, done: make(chan *unit), passed: make(chan struct{}, 1), pass: s.clock.Now()}
	if err := s.begin(ctx, shops); err != nil {
		return err
	}
	defer s.end()
	stop := s.works(ctx)
	defer stop()
	for ctx.Err() == nil {
		s.takeRequests(ctx)
		h.launch(ctx)
		if h.once && h.idle() {
			if !h.changed {
				stop()
				s.rest(ctx)
				return nil
			}
			h.background()
		}
		t := s.clock.NewTimer(h.untilNext())
		select {
		case <-ctx.Done():
		case <-t.C():
		case <-s.wake:
		case u := <-h.done:
			h.finished(u)
		case <-h.passed:
			h.passing, h.pass = false, s.clock.Now()
		}
		t.Stop()
	}
	for h.busy() > 0 || h.passing {
		select {
		case u := <-h.done:
			h.finished(u)
		case <-h.passed:
			h.passing = false
		}
	}
	return ctx.Err()
}

// begin registers the shops and finds out what is due. shops nil = everything by its schedule, else these, once.
func (s *Service) begin(ctx context.Context, shops []string) error {
	if err := s.register(ctx); err != nil {
		return err
	}
	states, err := s.o.DB.SyncStates(ctx)
	if err != nil {
		return err
	}
	s.loadStates(states, shops)
	s.saveAll()
	return nil
}

// loadStates takes over what is known of the units from before.
func (s *Service) loadStates(states []store.SyncState, shops []string) {
	now := s.clock.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mode, s.holder = modeHolding, pid()
	for _, u := range s.units {
		if at := slices.IndexFunc(states, func(st store.SyncState) bool { return st.Shop == u.name }); at >= 0 {
			u.state = states[at]
		}
		u.attempted, u.asked, u.due = false, shops != nil && u.wanted(shops), time.Time{}
		if shops == nil && u.every > 0 {
			u.due = firstDue(u, now)
		}
		if u.state.State != StateStopped || u.asked || !u.due.IsZero() {
			u.state.State = StateIdle
		}
		u.state.Phase, u.state.NextRun, u.state.PID = "", u.due, pid()
		u.state.Done, u.state.Total = 0, 0
	}
	s.publish()
}

// firstDue is when a unit runs for the first time since the wire was taken: its Every after its last success, and
// at once when its last run did not come to its end.
func firstDue(u *unit, now time.Time) time.Time {
	st := u.state
	next := st.LastSuccess.Add(u.every)
	switch {
	case st.LastSuccess.IsZero(), st.LastAttempt.After(st.LastSuccess), st.State == StateStopped, next.Before(now):
		return now
	case next.After(now.Add(u.every)): // the clock was moved back
		return now
	}
	return next
}

// end writes down that nobody holds the wire any more, and so that nothing happens by itself.
func (s *Service) end() {
	s.mu.Lock()
	s.mode = modeOff
	for _, u := range s.units {
		u.state.PID, u.state.NextRun, u.asked = 0, time.Time{}, false
		if u.state.State == StateQueued {
			u.state.State = StateIdle
		}
	}
	s.publish()
	s.mu.Unlock()
	s.saveAll()
}

// saveAll keeps the states of all units.
func (s *Service) saveAll() {
	for _, st := range s.Status() {
		s.save(st)
	}
}

// takeRequests fetches what other processes ask for. A shop that is running runs once more afterwards, since it may
// have passed what they want to see.
func (s *Service) takeRequests(ctx context.Context) {
	names, err := s.o.DB.TakeSyncRequests(ctx)
	if err != nil {
		if ctx.Err() == nil {
			s.log.Error("requests of other processes could not be read", "err", err)
		}
		return
	}
	if len(names) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range s.units {
		if u.source == nil || slices.Contains(names, u.name) || slices.Contains(names, "") { // "" = all of them
			u.asked = true
			if u.state.State == StateWaiting {
				u.kickNow()
			}
		}
	}
}

// launch starts whatever is due or asked for and not running. Suppliers that have never been heard of go first.
func (h *holding) launch(ctx context.Context) {
	now := h.s.clock.Now()
	var start, queued []*unit
	h.s.mu.Lock()
	gate := false // a supplier's first pass is still under way
	for _, u := range h.s.units {
		ready := !u.busy && (u.asked || !h.once && !u.due.IsZero() && !now.Before(u.due))
		if u.source == nil {
			first := u.state.LastSuccess.IsZero() && !u.attempted
			gate = gate || first && (ready || u.busy && u.state.State != StateWaiting)
		}
		switch {
		case !ready:
		case u.source != nil && gate:
			if u.state.State != StateQueued {
				queued = append(queued, u)
			}
		default:
			u.busy, u.asked = true, false
			start = append(start, u)
		}
	}
	h.s.mu.Unlock()
	for _, u := range queued {
		h.s.update(u, true, func(st *store.SyncState) { st.State = StateQueued })
	}
	for _, u := range start {
		go func() {
			rep := h.s.run(ctx, u)
			if rep.Counts.New+rep.Counts.Updated+rep.Counts.Gone > 0 {
				h.s.noteChange(u)
			}
			h.done <- u
		}()
	}
}

// noteChange remembers that a run wrote something, for the background pass.
func (s *Service) noteChange(u *unit) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u.wrote = true
}

func (h *holding) finished(u *unit) {
	h.s.mu.Lock()
	u.busy, u.attempted = false, true
	h.changed = h.changed || u.wrote
	u.wrote = false
	h.s.mu.Unlock()
}

func (h *holding) busy() int {
	h.s.mu.Lock()
	defer h.s.mu.Unlock()
	n := 0
	for _, u := range h.s.units {
		if u.busy {
			n++
		}
	}
	return n
}

// idle tells whether nothing runs and nothing is asked for.
func (h *holding) idle() bool {
	h.s.mu.Lock()
	defer h.s.mu.Unlock()
	return !h.passing && !slices.ContainsFunc(h.s.units, func(u *unit) bool { return u.busy || u.asked })
}

// untilNext is how long the loop may sleep; before that it starts a background pass when it is time for one.
func (h *holding) untilNext() time.Duration {
	now := h.s.clock.Now()
	if since := now.Sub(h.pass); !h.passing && h.busy() == 0 && (h.changed && since >= passAfter || since >= passEvery) {
		h.background()
	}
	wait := lookEvery
	h.s.mu.Lock()
	defer h.s.mu.Unlock()
	for _, u := range h.s.units {
		// Whoever waits behind a supplier's first pass is started when that has finished, not by the clock.
		if !h.once && !u.busy && !u.due.IsZero() && u.state.State != StateQueued {
			wait = min(wait, max(0, u.due.Sub(now)))
		}
	}
	return wait
}

// background looks for what concerns several orders at once, beside the loop.
func (h *holding) background() {
	h.passing, h.changed = true, false
	go func() {
		if err := h.s.o.DB.BackgroundPass(h.ctx); err != nil && h.ctx.Err() == nil {
			h.s.log.Error("the background pass failed", "err", err)
		}
		h.passed <- struct{}{}
	}()
}
