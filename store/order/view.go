package order

// Tab is one tab of the orders screen: either a stage (exact counter) or a view (a filter text).
type Tab struct {
	ID      string // stable; "all", a stage's name, "refunds", "resent", or the view's name
	Title   string
	Stage   Stage  // set for stage tabs
	Query   string // set for views: filter text (package filter)
	Counted bool   // has an exact counter: all, the stages, refunds, resent
	Own     bool   // the merchant's own saved view
}

// Tabs are the built-in tabs, in order. Stage tabs, Refunds and Resent leave archived orders out; All has everything.
func Tabs() []Tab {
	tabs := []Tab{{ID: TabAll, Title: "All", Counted: true}}
	for _, s := range Stages {
		if s == StageCancelled {
			continue
		}
		tabs = append(tabs, Tab{ID: string(s), Title: s.Label(), Stage: s, Counted: true})
	}
	return append(tabs,
		Tab{ID: TabRefunds, Title: "Refunds", Counted: true},
		Tab{ID: TabResent, Title: "Resent", Counted: true},
		Tab{ID: string(StageCancelled), Title: "Cancelled", Stage: StageCancelled, Counted: true},
		Tab{ID: "exceptions", Title: "Exceptions", Query: "is:exception -is:archived"},
		Tab{ID: "late", Title: "Late", Query: "is:late -is:archived"},
		Tab{ID: "on_hold", Title: "On hold", Query: "-hold:none -is:archived"},
		Tab{ID: "unfulfilled", Title: "Unfulfilled", Query: "fulfilment:unfulfilled,partial -lifecycle:cancelled -is:archived"},
		Tab{ID: "archived", Title: "Archived", Query: "is:archived"},
	)
}

// Ids of the built-in tabs that are neither a stage nor a view.
const (
	TabAll     = "all"
	TabRefunds = "refunds" // a refund to the customer or a claim at the supplier exists, whatever became of it
	TabResent  = "resent"
)

// InRefunds tells whether an order stands in the Refunds tab.
func InRefunds(refund, claim CaseState) bool {
	return (refund != "" && refund != CaseNone) || (claim != "" && claim != CaseNone)
}

// InResent tells whether an order stands in the Resent tab.
func InResent(r ResendState) bool { return r != "" && r != ResendNone }
