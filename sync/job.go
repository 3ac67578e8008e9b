package sync

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/orderdeck/orderdeck/store"
)

// How failures are repeated. All tries of one page together last about two minutes; then the run ends and the shop
// waits for its next one.
const (
	maxTries      = 8
	maxBadAnswers = 4
	firstWait     = time.Second
	longestWait   = time.Minute
	// longestAsked is the longest wait that a store may ask for within a run; a longer one ends the run.
	longestAsked = 5 * time.Minute
	// saveEvery is the shortest time between two writes of the same state.
	saveEvery = 500 * time.Millisecond
)

// job is one run of one unit.
type job struct {
	s       *Service
	u       *unit
	started time.Time
	at      string       // the stream that is pulled
	waited  atomic.Int64 // nanoseconds between tries

	// What comes of writing, which is done beside the asking.
	counts     store.Result
	done       int
	skew       time.Duration
	marked     time.Time // when the last page was written
	markedWait int64     // how much of waited was before that
}

// run brings one unit up to date and keeps its state. It reports what came of it.
func (s *Service) run(ctx context.Context, u *unit) Report {
	j := &job{s: s, u: u, started: s.clock.Now()}
	s.update(u, true, func(st *store.SyncState) {
		st.State, st.Phase, st.Done, st.Total, st.Rate = StateRunning, "", 0, 0, 0
		st.LastAttempt, st.NextRun = j.started, time.Time{}
	})
	err := j.streams(ctx)
	now := s.clock.Now()
	rep := Report{Shop: u.name, Counts: j.counts, Started: j.started, Took: now.Sub(j.started), Err: err}
	if busy := (rep.Took - time.Duration(j.waited.Load())).Seconds(); busy > 0 {
		rep.Rate = float64(j.done) / busy
	}
	s.settle(ctx, u, rep, now)
	return rep
}

// settle writes down how a run ended.
func (s *Service) settle(ctx context.Context, u *unit, rep Report, now time.Time) {
	next := time.Time{}
	if u.every > 0 {
		next = now.Add(u.every)
	}
	s.update(u, true, func(st *store.SyncState) {
		st.State, st.Phase, st.Rate = StateIdle, "", rep.Rate
		var e *Error
		switch {
		case rep.Err == nil:
			st.LastSuccess, st.LastError, st.Counts = now, "", rep.Counts
			st.Done, st.Total = 0, 0
		case stopped(ctx, rep.Err):
			next = now // it goes on where it was when somebody takes the wire
		case errors.As(rep.Err, &e):
			st.LastError = e.Error()
			if e.Kind == Auth {
				st.State, next = StateStopped, time.Time{}
			}
			if after := now.Add(e.RetryAfter); u.every > 0 && e.RetryAfter > 0 && after.After(next) {
				next = after
			}
		default:
			st.LastError = rep.Err.Error()
		}
		st.NextRun, u.due, u.last = next, next, rep
	})
}

// streams pulls every stream of the unit to its end.
func (j *job) streams(ctx context.Context) error {
	if j.u.prepare != nil {
		if err := j.retrying(ctx, func(ctx context.Context) error { return j.u.prepare(ctx) }); err != nil {
			return err
		}
	}
	for _, stream := range j.u.streams() {
		if err := j.stream(ctx, stream); err != nil {
			return err
		}
	}
	return nil
}

// stream pulls one stream from its cursor to its end. While a page of a shop is written, the next one is asked for: the
// store's answers and the disk are not waited for in turn. A page is written when the one before it is, with the cursor
// behind it, so that whatever ends the run loses nothing and repeats nothing.
func (j *job) stream(ctx context.Context, stream string) (err error) {
	j.at = stream
	j.s.update(j.u, false, func(st *store.SyncState) { st.Phase, st.Done, st.Total = stream, 0, 0 })
	cursor, err := j.s.o.DB.Cursor(ctx, j.u.name, stream)
	if err != nil {
		return err
	}
	var leave func() error // set while the database imports in bulk for us
	defer func() {
		if leave != nil {
			j.s.update(j.u, true, func(st *store.SyncState) { st.Phase = PhaseIndexing })
			err = errors.Join(err, leave())
		}
	}()
	asking, stop := context.WithCancel(ctx) // ends when a page cannot be written
	defer stop()
	written := nothing // waits for the page that is being written
	done := 0
	j.marked, j.markedWait = j.s.clock.Now(), j.waited.Load()
	for {
		p, err := j.page(asking, stream, cursor)
		if failed := written(); failed != nil {
			return failed
		}
		if err != nil {
			return err
		}
		if p.done == 0 && p.phase == "" {
			p.done = done + p.n
		}
		if leave == nil && p.n > 0 && j.s.large(ctx, j.u, p) {
			if leave, err = j.s.bulk.enter(ctx); err != nil {
				return err
			}
		}
		done, cursor, written = p.done, p.cursor, j.writing(ctx, p, stop)
		if err := ctx.Err(); err != nil || !p.more || p.known == nil { // a supplier is asked when it is written down
			if failed := written(); failed != nil {
				return failed
			}
			if written = nothing; !p.more || err != nil {
				return err
			}
		}
	}
}

func nothing() error { return nil }

// writing writes a page beside what the caller does next, and gives the way to wait for it. What fails calls stop.
func (j *job) writing(ctx context.Context, p page, stop func()) (written func() error) {
	if p.known != nil {
		p.known.writing.Lock()
	}
	end := make(chan error, 1)
	go func() {
		err := j.write(ctx, p)
		if err != nil {
			stop()
		}
		if p.known != nil {
			p.known.writing.Unlock()
		}
		end <- err
	}()
	return func() error { return <-end }
}

// page asks for one page, as often as it takes.
func (j *job) page(ctx context.Context, stream string, cursor []byte) (p page, err error) {
	err = j.retrying(ctx, func(ctx context.Context) (err error) {
		p, err = j.u.pull(ctx, stream, cursor)
		return err
	})
	return p, err
}

// write applies a page, counts what it did, and shows how far that is.
func (j *job) write(ctx context.Context, p page) error {
	res, err := p.apply(ctx)
	if err != nil {
		return err
	}
	j.counts.New += res.New
	j.counts.Updated += res.Updated
	j.counts.Unchanged += res.Unchanged
	j.counts.Skipped += res.Skipped
	j.counts.Gone += res.Gone
	j.done += p.n
	if p.skew != 0 {
		j.skew = p.skew
	}
	j.progress(p)
	return nil
}

// progress shows how far the stream is. The rate is that since the page before, without the waits between tries; it is
// smoothed, so that the time left does not jump.
func (j *job) progress(p page) {
	now, waited := j.s.clock.Now(), j.waited.Load()
	took := now.Sub(j.marked) - time.Duration(waited-j.markedWait)
	j.marked, j.markedWait = now, waited
	if p.note != "" {
		j.s.log.Warn("a store's answer", "store", j.u.name, "stream", j.at, "note", p.note)
	}
	j.s.update(j.u, p.note != "", func(st *store.SyncState) {
		st.State, st.Done, st.Total, st.ClockSkew, st.Phase = StateRunning, p.done, p.total, j.skew, or(p.phase, j.at)
		if p.note != "" {
			st.LastError = p.note
		}
		if p.n == 0 || took <= 0 {
			return
		}
		now := float64(p.n) / took.Seconds()
		if st.Rate == 0 {
			st.Rate = now
		} else {
			st.Rate = 0.7*st.Rate + 0.3*now
		}
	})
}

// retrying calls the outside until it answers, it says no for good, or patience ends.
func (j *job) retrying(ctx context.Context, call func(context.Context) error) error {
	waits := &backoff.ExponentialBackOff{
		InitialInterval: firstWait, RandomizationFactor: 0.5, Multiplier: 2, MaxInterval: longestWait,
	}
	bad := 0
	for try := 1; ; try++ {
		err := j.once(ctx, call)
		if err == nil {
			return nil
		}
		var e *Error
		if ctx.Err() != nil || !errors.As(err, &e) || !e.Kind.Retryable() || try == maxTries || e.RetryAfter > longestAsked {
			return err
		}
		if e.Kind == BadAnswer {
			if bad++; bad == maxBadAnswers {
				return err
			}
		}
		wait := waits.NextBackOff()
		if e.RetryAfter > 0 {
			wait = max(wait, e.RetryAfter+rand.N(e.RetryAfter/20+time.Millisecond)) //nolint:gosec // jitter is no secret
		}
		if err := j.wait(ctx, wait, e); err != nil {
			return err
		}
	}
}

// once makes one request, when there is a slot for it.
func (j *job) once(ctx context.Context, call func(context.Context) error) error {
	select {
	case j.s.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-j.s.slots }()
	return j.s.guarded(j.u.name, func() error { return call(ctx) })
}

// wait lets time pass before the next try. Somebody who asks for a sync meanwhile ends the wait, unless the store has
// said how long it must be.
func (j *job) wait(ctx context.Context, d time.Duration, e *Error) error {
	now := j.s.clock.Now()
	j.s.update(j.u, true, func(st *store.SyncState) {
		st.State, st.LastError, st.NextRun = StateWaiting, e.Error(), now.Add(d)
	})
	j.s.nudge() // shops wait for a supplier only as long as it does not wait itself
	select {    // a kick from before this wait is none
	case <-j.u.kick:
	default:
	}
	kick := j.u.kick
	if e.RetryAfter > 0 {
		kick = nil
	}
	t := j.s.clock.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C():
	case <-kick:
	}
	j.waited.Add(int64(j.s.clock.Now().Sub(now)))
	j.s.update(j.u, true, func(st *store.SyncState) { st.State, st.NextRun = StateRunning, time.Time{} })
	return nil
}

// update changes a unit's state, tells the subscribers, and keeps the state in the database: at once where it matters
// (force), else at most every saveEvery.
func (s *Service) update(u *unit, force bool, change func(*store.SyncState)) {
	s.mu.Lock()
	change(&u.state)
	u.state.PID = pid()
	now := s.clock.Now()
	save := force || now.Sub(u.saved) >= saveEvery
	if save {
		u.saved = now
	}
	st := u.state
	s.publish()
	s.mu.Unlock()
	if save {
		s.save(st)
	}
}

// save keeps a state. What is about to be lost when the process ends must still get into the database, so it has its
// own, short time.
func (s *Service) save(st store.SyncState) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	st.Counts.Changed = nil
	if err := s.o.DB.SaveSync(ctx, st); err != nil {
		s.log.Error("the state of a sync could not be kept", "store", st.Shop, "err", err)
	}
}
