package orders

import (
	"context"
	"errors"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/orderdeck/orderdeck/store"
)

// follow reads the order under the cursor for the pane, once the cursor has moved to another.
func (s *Screen) follow() tea.Cmd {
	id := s.list.cursorID
	if id == s.recordReq {
		return nil
	}
	s.recordReq, s.scroll = id, 0
	if id == 0 {
		s.record = nil
		return nil
	}
	return tea.Batch(s.read(id), s.ctx.After(700*time.Millisecond, seenTimer{id}))
}

// again reads the order of the pane once more if it is among those that changed; nil = anything may have.
func (s *Screen) again(changed []int64) tea.Cmd {
	if s.recordReq == 0 || changed != nil && !slices.Contains(changed, s.recordReq) {
		return nil
	}
	return s.read(s.recordReq)
}

func (s *Screen) read(id int64) tea.Cmd {
	st := s.ctx.Store
	return func() tea.Msg {
		rec, err := st.Record(context.Background(), id)
		return recordMsg{id, rec, err}
	}
}

func (s *Screen) take(m recordMsg) tea.Cmd {
	if m.id != s.recordReq {
		return nil
	}
	if m.err != nil {
		if !errors.Is(m.err, context.Canceled) {
			s.record = nil
		}
		return nil
	}
	s.record = &m.rec
	return nil
}

// markSeen takes the "new" mark off an order that has been looked at.
func (s *Screen) markSeen(id int64) tea.Cmd {
	r, ok := s.list.row(s.list.cursor)
	if !ok || r.ID != id || !r.Unseen || s.seenReq == id {
		return nil
	}
	s.seenReq = id
	st := s.ctx.Store
	return func() tea.Msg {
		// A read-only database cannot remember it; the mark then stays, which harms nobody.
		_ = st.MarkSeen(context.Background(), []int64{id})
		return nil
	}
}

// pressed tells what is read in the background that a key was pressed.
func (s *Screen) pressed() {
	s.list.pace.key()
	s.sumsPace.key()
	s.countPace.key()
}

// sum adds up the totals of the view, unless that is being done.
func (s *Screen) sum() tea.Cmd {
	gen, q, st, ctx := s.list.gen, s.list.query, s.ctx.Store, s.list.reading
	if gen == 0 || s.summing {
		return nil
	}
	s.summing, s.sumsOld = true, false
	return func() tea.Msg {
		start := time.Now()
		sums, more, err := st.Sums(ctx, q, 100_000)
		return sumsMsg{gen, sums, more, time.Since(start), err}
	}
}

// summed takes the sums, and lets that rest.
func (s *Screen) summed(m sumsMsg) tea.Cmd {
	if m.gen != s.list.gen {
		return nil
	}
	if m.err == nil {
		s.sums, s.sumsMore = m.sums, m.more
	}
	return s.ctx.After(s.sumsPace.rest(m.took), askSums{m.gen})
}

// sumAgain adds up once more after a rest, if something has changed meanwhile.
func (s *Screen) sumAgain(m askSums) tea.Cmd {
	switch {
	case m.gen != s.list.gen:
		return nil
	case s.summing && !s.sumsOld:
		s.summing = false
		return nil
	case s.sumsPace.waits():
		return s.ctx.After(keyPause, m)
	}
	s.summing = false
	return s.sum()
}

func (s *Screen) count() tea.Cmd {
	shops, st := s.shops, s.ctx.Store
	return func() tea.Msg {
		counts, err := st.Counts(context.Background(), shops)
		return countsMsg{counts, err}
	}
}

// countViews counts the views in the background, one after the other, up to the limit.
func (s *Screen) countViews() tea.Cmd {
	if s.counting || !s.stale || time.Since(s.counted) < restTimes*s.countPace.took || s.countPace.waits() {
		return nil
	}
	s.counting, s.stale = true, false
	type one struct {
		id string
		q  store.Query
	}
	var todo []one
	for _, tab := range s.tabs.all {
		if tab.Query == "" {
			continue
		}
		if e, err := s.search.viewOnly(tab.Query); err == nil {
			todo = append(todo, one{tab.ID, store.Query{Shops: s.shops, Filter: e}})
		}
	}
	st := s.ctx.Store
	return func() tea.Msg {
		start, out := time.Now(), map[string]viewCount{}
		for _, v := range todo {
			n, more, err := st.Count(context.Background(), v.q, viewLimit)
			if err == nil {
				out[v.id] = viewCount{n, more}
			}
		}
		return viewsMsg{out, time.Since(start)}
	}
}
