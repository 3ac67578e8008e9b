package tui

import (
	"testing"

	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/tui/action"
)

// What was paid is not selected any more: the next checkout is not opened on it.
func TestWhatWasPaidIsNotSelectedAnyMore(t *testing.T) {
	s := start(t, 160, 40)
	s.buy(6) // of which three can be placed
	s.press(action.Pay)
	s.say("3")
	s.news()
	s.press(action.Back)
	s.sees("✓ 3 selected")
	s.press(action.SelectAll)
	s.seesNot("selected")
	number := s.under()
	s.press(action.Checkout)
	s.sees("Checkout   1 order", "#"+number)
}

// A selected order that leaves its view is given back, whoever moved it.
func TestWhatLeavesItsViewIsNotSelectedAnyMore(t *testing.T) {
	s := start(t, 160, 40)
	s.toTab(string(order.StageShipped))
	id := s.m.home.Current()
	s.press(action.Select, action.Select)
	s.sees("✓ 2 selected")
	if err := s.db.AddIntent(t.Context(), id, order.Intent{Kind: order.IntentCancel, Who: "Bia"}); err != nil {
		t.Fatal(err)
	}
	s.news()
	s.sees("✓ 1 selected")
	s.seesNot("not in this view")
}

// Nothing is checked out that is out of sight without its being said: the line above the list counts it, and the key asks.
func TestWhatIsSelectedElsewhereIsSaidAndAskedAbout(t *testing.T) {
	s := start(t, 160, 40)
	s.floor()
	s.press(action.Select, action.Select)
	s.press(action.Search)
	s.write("#106")
	s.key("enter")
	s.sees("✓ 2 selected, 2 not in this view · A drops")
	s.press(action.Checkout)
	s.sees("2 orders are selected, 2 not in this view", "#106, under the cursor", "all 2 that are selected")
	s.key("enter")
	s.sees("Checkout   1 order", "#106")
	s.press(action.Back, action.Select)
	s.sees("✓ 3 selected, 2 not in this view")
	s.press(action.Checkout)
	s.sees("1 of this view")
	s.key("down")
	s.key("enter")
	s.sees("Checkout   3 orders")
	s.press(action.Back, action.Back) // the search goes first, and what is selected stays
	s.sees("✓ 3 selected")
	s.seesNot("not in this view")
	s.press(action.Back)
	s.seesNot("selected")
}

// One key drops what is selected, wherever that is, and only then selects the view.
func TestTheKeyThatDropsTheSelectionDoesSoEverywhere(t *testing.T) {
	s := start(t, 120, 35)
	s.press(action.Select, action.Select)
	s.toTab(string(order.StageCancelled))
	s.press(action.SelectAll)
	s.seesNot("selected")
	s.press(action.TabN(1))
	s.seesNot("selected")
	n, _, err := s.db.Count(t.Context(), store.Query{}, 10_000)
	if err != nil || n == 0 {
		t.Fatal(n, err)
	}
	s.press(action.SelectAll)
	s.sees("✓ " + s.m.ctx.Locale.Number(int64(n)) + " selected")
	s.seesNot("not in this view")
}
