package tui

import (
	"strings"
	"testing"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/tui/action"
)

// act opens the form of something that the store can do.
func (s *sim) act(title string) {
	s.Helper()
	s.press(action.AtStore)
	s.write(title)
	s.key("enter")
}

// submit goes to the last line of a form and does what it is for.
func (s *sim) submit() {
	s.Helper()
	for range 6 {
		s.key("down")
	}
	s.key("enter")
}

// refuse has the store refuse what is first in the outbox.
func (s *sim) refuse() {
	s.Helper()
	e := s.effects()[0]
	if _, err := s.db.BeginEffect(s.Context(), e.ID, "there was none"); err != nil {
		s.Fatal(err)
	}
	if err := s.db.EndEffect(s.Context(), e.ID, store.Outcome{State: store.EffectFailed, Reason: "the bank said no"}); err != nil {
		s.Fatal(err)
	}
	s.news()
}

// last is the act that was asked for last.
func (s *sim) last() order.Act {
	s.Helper()
	all := s.effects()
	if len(all) == 0 {
		s.Fatal("nothing is in the outbox")
	}
	a, err := all[0].Act()
	if err != nil {
		s.Fatal(err)
	}
	return a
}

func TestActsAtTheStore(t *testing.T) {
	s := start(t, 160, 45)
	s.floor()
	id := s.m.home.Current()
	s.press(action.AtStore)
	s.sees("At Ateliê Aurora · #101", "mark as paid", "this store has no statuses that could be set")
	s.key("esc")

	s.press(action.WriteNote)
	s.write("ring twice")
	s.submit()
	s.sees("note: #101, on its way to Ateliê Aurora")
	if a := s.last(); a.Kind != order.ActNote || a.Text != "ring twice" || a.Public {
		t.Errorf("%+v", a)
	}
	s.news()
	s.sees("⇡ note · on its way")

	s.press(action.Tags)
	s.write("vip, gift")
	s.key("down")
	s.write("wholesale")
	s.submit()
	if a := s.last(); strings.Join(a.Add, "|") != "vip|gift" || strings.Join(a.Remove, "|") != "wholesale" {
		t.Errorf("%+v", a)
	}
	s.news()
	s.sees("tags: vip, gift")

	// What the order looks like already; the tag that it never had needs nothing.
	if rec, err := s.db.Record(t.Context(), id); err != nil || len(rec.Acts) != 2 || len(rec.Intents) != 3 {
		t.Errorf("%v %+v %+v", err, rec.Acts, rec.Intents)
	}
}

func TestRefundIsTypedTwice(t *testing.T) {
	s := start(t, 160, 45)
	s.floor()
	s.act("refund")
	s.sees("Refund · #101", "199.00", "paid BRL 199.00")
	s.write("9") // 199.009: more digits than the currency has
	s.submit()
	s.sees("is no amount of BRL")
	s.key("up")
	for range 6 {
		s.key("up")
	}
	for range 10 {
		s.key("backspace")
	}
	s.write("500")
	s.submit()
	s.sees("BRL 500.00 cannot be given back", "500")
	for range 6 {
		s.key("up")
	}
	for range 10 {
		s.key("backspace")
	}
	s.write("12,50")
	s.key("down")
	s.write("one candle was broken")
	s.submit()
	s.sees("Give money back?", "BRL 12.50", "cannot be taken back", "Type the digits of the amount (1250)")
	s.say("19900")
	s.sees("That is not 1250")
	if n := len(s.effects()); n != 0 {
		t.Fatalf("%d effects before the amount was confirmed", n)
	}
	s.say("1250")
	if a := s.last(); a.Amount != order.New(1250, "BRL") || a.Reason != "one candle was broken" || a.Restock || a.Notify {
		t.Errorf("%+v", a)
	}
	s.refuse()
	s.sees("✗ refund BRL 12.50 · refused: the bank said no")
	s.press(action.Refund)
	s.press(action.Refund)
	s.sees("Refund · #101")
	s.submit()
	s.say("19900")
	s.press(action.Back)
	s.act("refund")
	s.submit()
	s.say("19900")
	s.sees("is on its way already") // and what was typed is still there
}

func TestCancelAtTheStoreOrHere(t *testing.T) {
	s := start(t, 160, 45)
	s.floor()
	id := s.m.home.Current()
	s.press(action.Cancel)
	s.sees("Cancel · #101", "at the store")
	s.key("esc")
	s.press(action.Cancel)
	s.key("right") // another reason
	s.submit()
	s.sees("Cancel at the store?", "is not taken up again")
	s.say("1")
	if a := s.last(); a.Kind != order.ActCancel || a.Reason != "it cannot be delivered" || !a.Restock {
		t.Errorf("%+v", a)
	}
	if rec, err := s.db.Record(t.Context(), id); err != nil || rec.State.Stage != order.StageCancelled {
		t.Errorf("%v %s", err, rec.State.Stage)
	}

	// Where the store cannot do it, it is noted here.
	s = start(t, 160, 45)
	for _, can := range s.m.ctx.Acts {
		can[order.ActCancel] = "its orders come from files: there is no store to do it"
	}
	s.floor()
	id = s.m.home.Current()
	s.press(action.Cancel)
	s.sees("on this desk alone", "there is no store to do it")
	s.submit()
	s.sees("is cancelled on this desk")
	if rec, err := s.db.Record(t.Context(), id); err != nil || rec.State.Stage != order.StageCancelled || len(s.effects()) != 0 {
		t.Errorf("%v %s %d", err, rec.State.Stage, len(s.effects()))
	}
}

func TestActsOnSelectedOrders(t *testing.T) {
	s := start(t, 160, 45)
	s.floor()
	s.press(action.Select, action.Select, action.Select)
	s.press(action.Tags)
	s.sees("Tags · 3 orders")
	s.write("checked")
	s.submit()
	s.sees("tags: 3 orders, on its way to")
	if n := len(s.effects()); n != 3 {
		t.Errorf("%d effects", n)
	}
	s.seesNot("3 selected") // something was done to them
	s.press(action.Top, action.Select, action.Select, action.MarkPaid)
	s.submit()
	s.sees("is not possible", "and 1 more were refused") // they are paid; the sentence names the first
}

func TestArchiveIsUndone(t *testing.T) {
	s := start(t, 160, 45)
	s.toTab("shipped")
	s.press(action.Archive)
	s.sees("is archived here, and at")
	if a := s.last(); a.Kind != order.ActArchive {
		t.Errorf("%+v", a)
	}
	for _, can := range s.m.ctx.Acts {
		can[order.ActReopen] = "this store archives for good"
	}
	s.news()
	s.press(action.Archive)
	s.sees("on this desk")
	if n := len(s.effects()); n != 1 {
		t.Errorf("an archiving that cannot be undone was told: %d effects", n)
	}
}
