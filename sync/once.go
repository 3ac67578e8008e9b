package sync

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store"
)

// Sync brings these shops (none = all) up to date once and reports on each of them, in the order of the sources. The
// suppliers are asked as well. A shop's failure is in its report; the error is for what concerns all of them.
//
// While another process holds the wire, the request is queued with that process through the database, and Sync waits
// until each shop has had a run that began after the request, or until Options.Patience is over; then it reports what
// that process wrote down, with Other set. When the wire becomes free while it waits, it takes it and does the work.
func (s *Service) Sync(ctx context.Context, shops []string) ([]Report, error) {
	if unknown := s.unknown(shops); unknown != "" {
		return nil, &Error{Kind: Refused, Text: unknown}
	}
	names := s.names(shops)
	w, err := s.takeWire()
	if err != nil {
		return nil, err
	}
	asked := s.clock.Now()
	for first := true; w == nil; first = false {
		if first {
			if err := s.o.DB.RequestSync(ctx, names); err != nil {
				return nil, err
			}
		}
		states, err := s.o.DB.SyncStates(ctx)
		if err != nil {
			return nil, err
		}
		late := s.clock.Now().Sub(asked) >= s.o.Patience
		if reports, all := theirs(names, states, asked, late); all || late {
			return reports, nil
		}
		if !s.sleep(ctx, lookEvery/2) {
			return nil, ctx.Err()
		}
		if w, err = s.takeWire(); err != nil {
			return nil, err
		}
	}
	if names == nil {
		names = []string{}
	}
	if err := s.hold(ctx, w, names); err != nil {
		return nil, err
	}
	return s.ours(names), nil
}

// ours are the reports of the runs of this process.
func (s *Service) ours(names []string) []Report {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Report
	for _, u := range s.units {
		if u.source != nil && slices.Contains(names, u.name) {
			out = append(out, u.last)
		}
	}
	return out
}

// theirs makes reports of what another process wrote down. all is false while some of it is not done.
func theirs(names []string, states []store.SyncState, asked time.Time, late bool) (out []Report, all bool) {
	all = true
	for _, name := range names {
		rep := Report{Shop: name, Other: true}
		at := slices.IndexFunc(states, func(st store.SyncState) bool { return st.Shop == name })
		var st store.SyncState
		if at >= 0 {
			st = states[at]
		}
		done := (st.State == StateIdle || st.State == StateStopped) && !st.LastAttempt.Before(asked)
		switch {
		case !done:
			all = false
			if late {
				rep.Err = tooLate(name, st)
			}
		case st.LastSuccess.Before(st.LastAttempt):
			rep.Err = Errorf(Unavailable, "%s", st.LastError)
			if st.State == StateStopped {
				rep.Err = Errorf(Auth, "%s", st.LastError)
			}
		default:
			rep.Counts = st.Counts
		}
		rep.Started, rep.Rate = st.LastAttempt, st.Rate
		if st.LastSuccess.After(st.LastAttempt) {
			rep.Took = st.LastSuccess.Sub(st.LastAttempt)
		}
		out = append(out, rep)
	}
	return out, all
}

// tooLate says that another process has not come round to a shop yet.
func tooLate(name string, st store.SyncState) error {
	e := &Error{
		Kind: Unavailable,
		Text: fmt.Sprintf("another Orderdeck%s holds the connection and has not finished %s yet", process(st.PID), name),
		Hint: "The request stays queued there; orderdeck store list shows how far it is",
	}
	if st.LastError != "" && st.State == StateWaiting {
		e.Text += "; it waits because of: " + strings.TrimSuffix(st.LastError, ".")
	}
	return e
}

func process(pid int) string {
	if pid == 0 {
		return ""
	}
	return fmt.Sprintf(" (process %d)", pid)
}
