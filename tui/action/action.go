// Package action is the one registry of everything that can be done: id, default keys, label and help. Keys, footer,
// help, palette, mouse, the config's key map, the documentation and the tests all read it.
package action

// ID names an action; it is what the config's key map uses.
type ID string

// Scope says where an action's keys count.
type Scope string

// The scopes, from the outermost in.
const (
	Global Scope = "global"
	List   Scope = "list"   // a list of orders
	Order  Scope = "order"  // an order, in the pane or full screen
	Menu   Scope = "menu"   // a list of choices
	Dialog Scope = "dialog" // a form
	Sync   Scope = "sync"
	// Buying is the checkout screen, and what is on its way out because of it.
	Buying Scope = "checkout"
)

// Action is one thing that can be done.
type Action struct {
	ID    ID
	Keys  []string // defaults, as Bubble Tea spells them
	Label string   // two or three words, for footer and palette
	Help  string   // a sentence, for help
	Scope Scope
	Group string // heading in help
	// Arg is set on the members of a family, such as the digits that choose a tab.
	Arg int
}

// The actions.
const (
	Quit       ID = "quit"
	Help       ID = "help"
	Commands   ID = "commands"
	Back       ID = "back"
	Up         ID = "up"
	Down       ID = "down"
	PageUp     ID = "page_up"
	PageDown   ID = "page_down"
	Top        ID = "top"
	Bottom     ID = "bottom"
	Middle     ID = "middle"
	PrevTab    ID = "previous_tab"
	NextTab    ID = "next_tab"
	Tab1       ID = "tab_1"
	Open       ID = "open"
	PrevOrder  ID = "previous_order"
	NextOrder  ID = "next_order"
	Search     ID = "search"
	Dates      ID = "dates"
	Sorting    ID = "sort"
	Views      ID = "views"
	SaveView   ID = "save_view"
	Columns    ID = "columns"
	Stores     ID = "stores"
	Why        ID = "why"
	Export     ID = "export"
	SyncNow    ID = "sync"
	SyncScreen ID = "sync_screen"
	Copy       ID = "copy"
	Browse     ID = "browse"
	Select     ID = "select"
	SelectAll  ID = "select_all"
	Mouse      ID = "mouse"
	ScrollUp   ID = "detail_up"
	ScrollDown ID = "detail_down"
	Redraw     ID = "redraw"

	Checkout  ID = "checkout"
	Tracking  ID = "tracking"
	Invoice   ID = "invoice"
	Receipt   ID = "receipt"
	Refund    ID = "refund"
	Link      ID = "link"
	Cancel    ID = "cancel"
	Archive   ID = "archive"
	Hold      ID = "hold"
	AtStore   ID = "at_store"
	WriteNote ID = "note"
	Tags      ID = "tags"
	MarkPaid  ID = "mark_paid"
	Underway  ID = "payments" // the checkout screen on what is on its way
)

// The actions of the checkout screen and of the outbox. The blockers of package checkout name the one that mends them.
const (
	Pay         ID = "checkout.pay"
	Method      ID = "checkout.method"
	Rules       ID = "checkout.rules"
	PayWith     ID = "checkout.pay_with"
	Packaging   ID = "checkout.packaging"
	Note        ID = "checkout.note"
	Forward     ID = "checkout.forward"
	Override    ID = "checkout.override"
	Requote     ID = "checkout.requote"
	AcceptPrice ID = "checkout.accept"
	Remove      ID = "checkout.remove"
	Retry       ID = "checkout.retry"
	ToUnpaid    ID = "checkout.unpaid"
	ConfirmPaid ID = "checkout.confirm_paid"
	Withdraw    ID = "outbox.withdraw"
	Resume      ID = "outbox.resume"
	Prefer      ID = "link.prefer"
	Unlink      ID = "link.unlink"
	Catalogue   ID = "link.catalogue"
	WritePaper  ID = "paper.write"
	AddTracking ID = "tracking.add"
)

// All lists every action in the order in which help shows them.
func All() []Action {
	list := []Action{
		{ID: Up, Keys: []string{"up", "k"}, Label: "up", Help: "One line up", Scope: Global, Group: "Move"},
		{ID: Down, Keys: []string{"down", "j"}, Label: "down", Help: "One line down", Scope: Global, Group: "Move"},
		{ID: PageUp, Keys: []string{"pgup", "ctrl+u"}, Label: "page up", Help: "One page up", Scope: Global, Group: "Move"},
		{ID: PageDown, Keys: []string{"pgdown", "ctrl+d"}, Label: "page down", Help: "One page down", Scope: Global, Group: "Move"},
		{ID: Top, Keys: []string{"g", "home"}, Label: "top", Help: "To the first line", Scope: Global, Group: "Move"},
		{ID: Middle, Keys: []string{"%"}, Label: "middle", Help: "To the middle of the list", Scope: List, Group: "Move"},
		{ID: Bottom, Keys: []string{"G", "end"}, Label: "bottom", Help: "To the last line", Scope: Global, Group: "Move"},
		{ID: PrevTab, Keys: []string{"left", "h", "shift+tab"}, Label: "previous tab", Help: "To the tab on the left", Scope: List, Group: "Move"},
		{ID: NextTab, Keys: []string{"right", "l", "tab"}, Label: "next tab", Help: "To the tab on the right", Scope: List, Group: "Move"},
	}
	for i := 1; i <= 9; i++ {
		list = append(list, Action{
			ID: TabN(i), Keys: []string{string(rune('0' + i))}, Label: "tab " + string(rune('0'+i)),
			Help: "To tab " + string(rune('0'+i)), Scope: List, Group: "Move", Arg: i,
		})
	}
	return append(list,
		Action{ID: Open, Keys: []string{"enter"}, Label: "open", Help: "Open the order on the whole screen", Scope: List, Group: "Look"},
		Action{ID: Back, Keys: []string{"esc"}, Label: "back", Help: "Close, go back; clear the search, then the selection", Scope: Global, Group: "Look"},
		Action{ID: PrevOrder, Keys: []string{"K"}, Label: "previous order", Help: "To the previous order of the list", Scope: Order, Group: "Look"},
		Action{ID: NextOrder, Keys: []string{"J"}, Label: "next order", Help: "To the next order of the list", Scope: Order, Group: "Look"},
		Action{ID: ScrollUp, Keys: []string{"["}, Label: "detail up", Help: "Scroll the detail pane up", Scope: Order, Group: "Look"},
		Action{ID: ScrollDown, Keys: []string{"]"}, Label: "detail down", Help: "Scroll the detail pane down", Scope: Order, Group: "Look"},
		Action{ID: Search, Keys: []string{"/"}, Label: "search", Help: "Search and filter", Scope: List, Group: "Find"},
		Action{ID: Dates, Keys: []string{"d"}, Label: "dates", Help: "Choose a range of dates", Scope: List, Group: "Find"},
		Action{ID: Sorting, Keys: []string{"s"}, Label: "sort", Help: "Choose what the list is sorted by", Scope: List, Group: "Find"},
		Action{ID: Views, Keys: []string{"v"}, Label: "views", Help: "Go to a saved view, save or remove one", Scope: List, Group: "Find"},
		Action{ID: SaveView, Label: "save view", Help: "Keep the search, the sorting and the tab as a view of your own", Scope: List, Group: "Find"},
		Action{ID: Columns, Keys: []string{"ctrl+o"}, Label: "columns", Help: "Choose the columns of the list", Scope: List, Group: "Find"},
		Action{ID: Stores, Keys: []string{"ctrl+t"}, Label: "stores", Help: "Choose the stores that are shown", Scope: List, Group: "Find"},
		Action{ID: Why, Keys: []string{"w"}, Label: "why here?", Help: "Why is this order in this stage, and what would move it on?", Scope: Order, Group: "Find"},
		Action{ID: Select, Keys: []string{"space"}, Label: "select", Help: "Select the order, or give it back", Scope: List, Group: "Act"},
		Action{ID: SelectAll, Keys: []string{"A"}, Label: "select all", Help: "Select every order of this view; where any is selected, drop the selection", Scope: List, Group: "Act"},
		Action{ID: Checkout, Keys: []string{"c"}, Label: "checkout", Help: "Check the order out at its supplier", Scope: Order, Group: "Act"},
		Action{ID: Tracking, Keys: []string{"t"}, Label: "tracking", Help: "Where the parcel is", Scope: Order, Group: "Act"},
		Action{ID: Invoice, Keys: []string{"i"}, Label: "invoice", Help: "The branded invoice that the supplier puts in", Scope: Order, Group: "Act"},
		Action{ID: Receipt, Keys: []string{"r"}, Label: "receipt", Help: "What was paid to the supplier", Scope: Order, Group: "Act"},
		Action{ID: Refund, Keys: []string{"f"}, Label: "refund", Help: "What was and what may be refunded", Scope: Order, Group: "Act"},
		Action{ID: Link, Keys: []string{"L"}, Label: "link product", Help: "Link products to suppliers", Scope: Order, Group: "Act"},
		Action{ID: AtStore, Keys: []string{"u"}, Label: "at the store", Help: "All that the store can do to the order: status, tracking, complete …", Scope: Order, Group: "Act"},
		Action{ID: WriteNote, Keys: []string{"n"}, Label: "note", Help: "Write a note to the order at its store", Scope: Order, Group: "Act"},
		Action{ID: Tags, Keys: []string{"T"}, Label: "tags", Help: "Add and remove tags at the store", Scope: Order, Group: "Act"},
		Action{ID: MarkPaid, Keys: []string{"p"}, Label: "mark as paid", Help: "Tell the store that the customer has paid, or capture what was authorized", Scope: Order, Group: "Act"},
		Action{ID: Hold, Keys: []string{"H"}, Label: "hold", Help: "Hold the order back, or let it go on", Scope: Order, Group: "Act"},
		Action{ID: Archive, Keys: []string{"a"}, Label: "archive", Help: "Archive the order, at its store too where that can be undone", Scope: Order, Group: "Act"},
		Action{ID: Cancel, Keys: []string{"X"}, Label: "cancel", Help: "Cancel the order, at its store where that can be done", Scope: Order, Group: "Act"},
		Action{ID: Pay, Keys: []string{"P"}, Label: "pay and place", Help: "Pay and place what is ready; asks first", Scope: Buying, Group: "Checkout"},
		Action{ID: Method, Keys: []string{"m"}, Label: "method", Help: "Choose the shipping method", Scope: Buying, Group: "Checkout"},
		Action{ID: PayWith, Keys: []string{"b"}, Label: "pay with", Help: "Choose how this supplier is paid", Scope: Buying, Group: "Checkout"},
		Action{ID: Note, Keys: []string{"N"}, Label: "instruction", Help: "Write an instruction to the supplier", Scope: Buying, Group: "Checkout"},
		Action{ID: Forward, Keys: []string{"F"}, Label: "forwarded note", Help: "Change what is forwarded of the customer's note", Scope: Buying, Group: "Checkout"},
		Action{ID: Packaging, Keys: []string{"B"}, Label: "packaging", Help: "Choose box and card", Scope: Buying, Group: "Checkout"},
		Action{ID: Rules, Keys: []string{"*"}, Label: "re-run rules", Help: "Let the rules choose the method and the packaging again", Scope: Buying, Group: "Checkout"},
		Action{ID: Override, Keys: []string{"!"}, Label: "override", Help: "Set a hold or a missing payment aside, with a reason that is recorded", Scope: Buying, Group: "Checkout"},
		Action{ID: AcceptPrice, Keys: []string{"+"}, Label: "accept price", Help: "Accept the price that the supplier asks now", Scope: Buying, Group: "Checkout"},
		Action{ID: Requote, Keys: []string{"="}, Label: "ask prices", Help: "Ask the suppliers for prices and balances anew", Scope: Buying, Group: "Checkout"},
		Action{ID: Remove, Keys: []string{"-"}, Label: "remove", Help: "Take the line out of this checkout, or put it back", Scope: Buying, Group: "Checkout"},
		Action{ID: Retry, Keys: []string{"ctrl+r"}, Label: "retry", Help: "Try what failed again", Scope: Buying, Group: "Checkout"},
		Action{ID: ToUnpaid, Keys: []string{"U"}, Label: "back to Unpaid", Help: "Give a placement up that is not paid", Scope: Buying, Group: "Checkout"},
		Action{ID: ConfirmPaid, Keys: []string{"M"}, Label: "record payment", Help: "Record that you paid this supplier, with the payment's reference", Scope: Buying, Group: "Checkout"},
		Action{ID: Withdraw, Keys: []string{"D"}, Label: "withdraw", Help: "Take something back that is still waiting to be sent", Scope: Buying, Group: "Checkout"},
		Action{ID: Resume, Keys: []string{"ctrl+e"}, Label: "resume auto", Help: "Let automatic checkout go on after it stopped", Scope: Buying, Group: "Checkout"},
		Action{ID: Prefer, Keys: []string{"."}, Label: "prefer", Help: "Buy this product at this supplier first", Scope: Buying, Group: "Checkout"},
		Action{ID: Unlink, Keys: []string{"ctrl+x"}, Label: "unlink", Help: "Take the link to this supplier's product away", Scope: Buying, Group: "Checkout"},
		Action{ID: Catalogue, Keys: []string{"C"}, Label: "whole catalogue", Help: "Search at the supplier itself", Scope: Buying, Group: "Checkout"},
		Action{ID: WritePaper, Keys: []string{"O"}, Label: "write file", Help: "Write the document to a file", Scope: Buying, Group: "Checkout"},
		Action{ID: AddTracking, Keys: []string{"E"}, Label: "enter tracking", Help: "Type or paste a tracking number", Scope: Buying, Group: "Checkout"},
		Action{ID: Export, Keys: []string{"e"}, Label: "export", Help: "Export to CSV or JSON", Scope: List, Group: "Act"},
		Action{ID: Copy, Keys: []string{"y"}, Label: "copy", Help: "Copy number, address, tracking number …", Scope: Order, Group: "Act"},
		Action{ID: Browse, Keys: []string{"o"}, Label: "browser", Help: "Open the order in the store's web admin", Scope: Order, Group: "Act"},
		Action{ID: SyncNow, Keys: []string{"S"}, Label: "sync", Help: "Ask the stores for news now", Scope: Global, Group: "Desk"},
		Action{ID: SyncScreen, Keys: []string{"ctrl+y"}, Label: "sync screen", Help: "How the synchronisation of each store stands", Scope: Global, Group: "Desk"},
		Action{ID: Underway, Label: "payments on their way", Help: "Every order that is being placed or paid, or that failed", Scope: Global, Group: "Desk"},
		Action{ID: Commands, Keys: []string{":", "ctrl+p"}, Label: "commands", Help: "Every action by name", Scope: Global, Group: "Desk"},
		Action{ID: Help, Keys: []string{"?"}, Label: "help", Help: "Every key, what it does now and why not", Scope: Global, Group: "Desk"},
		Action{ID: Mouse, Keys: []string{"ctrl+g"}, Label: "mouse", Help: "Turn the mouse off, so that the terminal selects text, or on", Scope: Global, Group: "Desk"},
		Action{ID: Redraw, Keys: []string{"ctrl+l"}, Label: "redraw", Help: "Draw the screen anew", Scope: Global, Group: "Desk"},
		Action{ID: Quit, Keys: []string{"q", "ctrl+c"}, Label: "quit", Help: "Leave Orderdeck", Scope: Global, Group: "Desk"},
	)
}

// TabN is the action that goes to the n-th tab, from 1.
func TabN(n int) ID { return ID("tab_" + string(rune('0'+n))) }
