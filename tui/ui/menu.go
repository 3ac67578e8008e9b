package ui

import (
	tea "charm.land/bubbletea/v2"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/tui/action"
)

// Kinds of screens that the root opens.
const (
	KindMenu   = "menu"   // Arg: MenuSpec
	KindHelp   = "help"   // no Arg
	KindOrder  = "order"  // Arg: OrderArg
	KindExport = "export" // Arg: ExportArg
	KindSync   = "sync"   // no Arg
	KindText   = "text"   // Arg: TextArg
	KindPaper  = "paper"  // Arg: PaperArg
	KindLinks  = "links"  // Arg: LinksArg
	KindBuying = "buying" // Arg: CheckoutArg
	KindAct    = "act"    // Arg: ActArg
)

// MenuItem is one choice of a menu.
type MenuItem struct {
	Title string
	Help  string // on the right: a key, a value, or why it is not possible
	Off   bool   // dimmed; choosing it says Help
	Mark  bool   // chosen now, or ticked
	Group string // heading above
	Value any
}

// MenuSpec is a list of choices to pick from; typing narrows it down.
type MenuSpec struct {
	Title  string
	Items  []MenuItem
	Empty  string // what to say when nothing is there
	Choose func(MenuItem) tea.Cmd
	// Tick makes it a list to tick: space turns a choice over and the menu stays. It gives the items anew.
	Tick func(MenuItem) ([]MenuItem, tea.Cmd)
	// Move shifts a choice up (−1) or down (+1), for lists whose order matters.
	Move func(MenuItem, int) []MenuItem
	// Accept takes a text that matches no item, such as the name of a new view; nil = nothing is accepted.
	Accept func(text string) tea.Cmd
	Prompt string // in place of "type to narrow"
}

// OrderArg opens an order on the whole screen. Step gives the next (+1) or previous (−1) one of the same list.
type OrderArg struct {
	ID   int64
	Step func(n int) (id int64, cmd tea.Cmd)
}

// ExportArg says what there is to export from a list.
type ExportArg struct {
	Query    any // store.Query of the view
	Title    string
	Selected []uint32
	Unseen   int // how many of those the view has not
	Columns  []string
}

// CheckoutArg says which orders are to be bought. Underway takes those that have something on its way out instead.
type CheckoutArg struct {
	IDs      []int64
	Underway bool
}

// LinksArg opens the link picker for the products of an order.
type LinksArg struct{ ID int64 }

// ActArg opens the form of something that is to be done at the store to some orders.
type ActArg struct {
	IDs  []int64
	Kind order.ActKind
	Step string // of an ActDraft
}

// Label is the word for what is to be done: "refund", "send the payment link".
func (a ActArg) Label() string {
	if a.Step != "" {
		return order.DraftLabel(a.Step)
	}
	return a.Kind.Label()
}

// PaperArg opens what one of the four actions shows of an order: tracking, invoice, receipt or refund.
type PaperArg struct {
	ID   int64
	What action.ID
}

// QuestionArg asks before something that cannot be undone: the text must be typed.
type QuestionArg struct {
	Title  string
	Lines  []QuestionLine
	Expect string // digits that say yes
	Ask    string // what they are, such as "the number of orders"
	Yes    func() tea.Cmd
}

// QuestionLine is one line of a question; Sum is set at the right.
type QuestionLine struct {
	Text, Sum string
	Bad       bool
}

// TextArg is a piece of text to read: a title and lines.
type TextArg struct {
	Title string
	Lines []string
}
