package store

// way is how a list is read from the table: by which index, and whether what it gives must be sorted.
type way struct {
	index string
	sorts bool
	live  bool   // the index knows only orders on their way
	cond  string // without which the index cannot be used
	args  []any
}

func (w way) indexed() string {
	if w.index == "" {
		return ""
	}
	return " INDEXED BY " + w.index
}

// Costs of a way, in units of one entry of an index that covers what is asked of it; as measured on a million orders.
const (
	costSorted   = 7.0 // an entry that is looked up in the table and sorted
	costLookedUp = 5.0 // an entry that is looked up in the table
	firstRows    = 50  // what a window usually wants
	preferSorts  = 2.0 // sorting takes the same whatever is asked; walking takes longer where a tab's orders lie together
)

// way chooses how to read: along the index of the sort key, leaving out what does not belong (good for large tabs), or
// all of a small tab, sorted afterwards. has tells which indexes there are: a large import builds some of them last.
func (v *view) way(has func(index string) bool) way {
	if !v.all && len(v.shops) == 0 {
		return way{} // there is nothing to read
	}
	w := v.cheapest()
	if w.index == "" || has(w.index) {
		return w
	}
	return way{sorts: true}
}

// wholeWay is way for a list that is read to its end: better all of the table in order than a large part sorted.
func (v *view) wholeWay(has func(index string) bool) way {
	w := v.way(has)
	if w.sorts && w.cond == "" && v.counts.tab*4 > v.counts.all {
		w.index = ""
	}
	return w
}

func (v *view) cheapest() way {
	// Numbers and times go together: what is in a tab lies in one stretch of their order, often the far one. They have
	// indexes by tab; totals and customers are all over the place.
	timely := v.sort.name != "total" && v.sort.name != "customer"
	walk := way{index: "orders_" + v.sort.name}
	n, of := v.counts.tab, v.counts.all
	switch v.tab.kind {
	case tabStage:
		switch {
		case v.sort.name == "created":
			walk.index = "orders_bucket"
			of = v.counts.tabAnyShop
		case timely:
			walk.index = "orders_bucket_" + v.sort.name
			of = v.counts.tabAnyShop
		case v.onTheWay():
			walk = way{index: "orders_live_" + v.sort.name, live: true}
			of = v.counts.tabAnyShop
		}
	case tabRefunds, tabResent:
		switch {
		case v.sort.name == "created":
			walk.index = "orders_side"
			of = v.counts.sides
		case timely:
			walk.index = "orders_side_" + v.sort.name
			of = v.counts.sides
		}
	}
	small, each := v.small(), 1.0
	for _, x := range v.narrow {
		if x.index == walk.index {
			continue // its bounds are bounds of the walk as well
		}
		if small.index == "" || x.n < small.n {
			small = x
		}
		n, each = min(n, x.n), costLookedUp
	}
	if small.index == "" || (small.index == walk.index && small.cond == "") {
		return walk
	}
	walked := each * min(float64(firstRows)*float64(of)/float64(max(n, 1)), float64(of))
	if float64(small.n)*costSorted < preferSorts*walked {
		return way{index: small.index, sorts: true, cond: small.cond, args: small.args}
	}
	return walk
}

// small is the index of tab and shops that holds the fewest orders.
func (v *view) small() (s narrow) {
	switch v.tab.kind {
	case tabStage:
		s.index, s.n = "orders_bucket", v.counts.tabAnyShop
	case tabRefunds, tabResent:
		s.index, s.n = "orders_side", v.counts.sides
	}
	if !v.all && (s.index == "" || v.counts.shops < s.n) {
		s.index, s.n = "orders_external", v.counts.shops
	}
	return s
}

// onTheWay tells whether the tab's orders are in the indexes of orders on their way.
func (v *view) onTheWay() bool { return liveOf(stageOf(v.tab.stage), false) != nil }
