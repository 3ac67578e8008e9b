package order

import (
	"cmp"
	"slices"
	"time"
)

// Facts is everything besides the order that a decision needs. The store fills it; nothing here looks anything up.
type Facts struct {
	Now              time.Time
	OwnStock         bool            // the store's setting: it ships what it sells from its own shelves
	AuthorizedIsPaid bool            // the store's setting: an authorized payment is enough to go on
	WaitingAfter     time.Duration   // an unpaid-to-supplier order older than this is an exception; 0 = DefaultWaiting
	Links            map[string]Link // by Line.ProductKey, for this order's store
	Placements       []Placement     // of this order
	Hold             HoldKind
	HoldUntil        time.Time
	Gone             bool // the store no longer lists it
	Untold           bool // nobody can be told there what has shipped: the store's orders come from files
	// SetAside are the guards that the merchant knowingly set aside for this order.
	SetAside []Guard
}

// DefaultWaiting is how long an order may wait to be paid to its supplier before it counts as forgotten.
const DefaultWaiting = 5 * 24 * time.Hour

// State is what is derived from an order and its facts. It is stored so that lists need not derive it again, and is
// the same whenever it is derived from the same facts.
type State struct {
	Stage      Stage       `json:"stage"`
	Partly     bool        `json:"partly,omitempty"` // some of it is further than the stage says
	Groups     []Group     `json:"groups"`
	Suppliers  []string    `json:"suppliers"`
	Cost       Money       `json:"cost"` // of all groups; meaningless unless CostKnown
	CostKnown  bool        `json:"cost_known"`
	Claim      CaseState   `json:"claim"`
	Exceptions []Exception `json:"exceptions,omitempty"`
	LateAt     time.Time   `json:"late_at,omitzero"` // from then on it is late, unless it ships before
	Hold       HoldKind    `json:"hold"`
	HoldUntil  time.Time   `json:"hold_until,omitzero"`
	Missing    []string    `json:"missing,omitempty"` // titles of lines that have no supplier product or no cost
}

// Late tells whether the order is late at an instant.
func (s State) Late(now time.Time) bool { return !s.LateAt.IsZero() && !now.Before(s.LateAt) }

// EnoughPaid tells whether the customer has paid enough for the supplier to be paid.
func EnoughPaid(o *Order, f Facts) bool {
	if slices.Contains(f.SetAside, GuardPaid) {
		return true
	}
	if o.CashOnDelivery {
		switch o.CustomerPayment { // nothing went wrong, the money just comes at the door
		case PaymentPending, PaymentAuthorized, PaymentPartiallyPaid:
			return true
		}
	}
	switch o.CustomerPayment {
	case PaymentPaid, PaymentOverpaid, PaymentPartiallyRefunded, PaymentRefunded, PaymentChargeback:
		return true
	case PaymentAuthorized:
		return f.AuthorizedIsPaid
	}
	return false
}

// Derive is the total function from an order and its facts to its state (glossary: the first rule that matches wins).
func Derive(o *Order, f Facts) State {
	s := State{Hold: cmp.Or(f.Hold, HoldNone), HoldUntil: f.HoldUntil, Claim: claim(f.Placements)}
	s.group(o, f)
	for i := range s.Groups {
		s.Groups[i].Stage = groupStage(o, f, &s.Groups[i])
	}
	s.Stage, s.Partly = rollUp(o, s.Groups)
	s.costs()
	s.LateAt = lateAt(o, &s, f)
	s.Exceptions = exceptions(o, f, &s)
	return s
}

// group splits the open lines of an order by the way they go: to a placement that holds them, else to their link's
// supplier, else (own stock, not linked) to none. On the way it notes the lines that cannot be bought yet.
func (s *State) group(o *Order, f Facts) {
	if len(o.Lines) == 0 { // as it came: there is nothing to link, and a person must look
		s.Groups = []Group{{}}
		return
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		open := l.Open()
		if open <= 0 {
			continue
		}
		if p := placementOf(l, f.Placements); p != nil {
			g := s.groupOf(func(g *Group) bool { return g.Placement == p }, len(o.Lines)-i)
			g.Placement, g.Supplier, g.Cost, g.CostKnown = p, p.Supplier, p.Total, p.Total.Currency != ""
			g.Lines = append(g.Lines, i)
			continue
		}
		link, linked := Link{}, false
		if !f.OwnStock {
			link, linked = f.Links[l.ProductKey()]
		}
		known := linked && link.CostKnown
		g := s.groupOf(func(g *Group) bool { return g.Placement == nil && g.Supplier == link.Supplier }, len(o.Lines)-i)
		if len(g.Lines) == 0 {
			g.Supplier, g.CostKnown = link.Supplier, true
		}
		g.Lines = append(g.Lines, i)
		switch {
		case known:
			g.add(link.Cost, open)
		default:
			g.CostKnown = false
			if !f.OwnStock {
				s.Missing = append(s.Missing, l.Title)
			}
		}
	}
}

// placementOf is the live placement that a line is in; the last one where there should be one.
func placementOf(l *Line, all []Placement) *Placement {
	for i := len(all) - 1; i >= 0; i-- {
		if p := &all[i]; p.State.Live() && holds(p, l.ExternalID) {
			return p
		}
	}
	return nil
}

// groupOf finds a group or makes an empty one with room for some lines.
func (s *State) groupOf(is func(*Group) bool, room int) *Group {
	for i := range s.Groups {
		if is(&s.Groups[i]) {
			return &s.Groups[i]
		}
	}
	s.Groups = append(s.Groups, Group{Lines: make([]int, 0, room)})
	return &s.Groups[len(s.Groups)-1]
}

// add counts a line's cost in; a sum that cannot be made (two currencies at one supplier) is not known.
func (g *Group) add(cost Money, q Quantity) {
	if !g.CostKnown {
		return
	}
	each, err := cost.Times(q)
	if err == nil {
		g.Cost, err = g.Cost.Add(each)
	}
	g.CostKnown = err == nil
}

func groupStage(o *Order, f Facts, g *Group) Stage {
	if groupFulfilled(o, g) {
		return StageShipped
	}
	if p := g.Placement; p != nil {
		switch p.State {
		case PlacementPending:
			return StagePending
		case PlacementPlaced:
			return StagePlaced
		case PlacementProcessing:
			return StageProcessing
		case PlacementShipped, PlacementDelivered:
			return StageShipped
		}
	}
	switch {
	case !EnoughPaid(o, f):
		return StageAwaiting
	case f.OwnStock:
		return StageToShip
	case !g.CostKnown:
		return StageQuoting
	}
	return StageUnpaid
}

// groupFulfilled tells whether the store says that everything open in a group has been sent.
func groupFulfilled(o *Order, g *Group) bool {
	for _, i := range g.Lines {
		if l := &o.Lines[i]; l.Fulfilled < l.Open() {
			return false
		}
	}
	return len(g.Lines) > 0
}

// someSent tells whether the store says that some of what is open has been sent.
func someSent(o *Order) bool {
	for i := range o.Lines {
		if l := &o.Lines[i]; l.Fulfilled > 0 && l.Open() > 0 {
			return true
		}
	}
	return false
}

// sent tells whether the store says that everything has been sent, whatever became of it afterwards.
func (f Fulfilment) sent() bool {
	return f == Fulfilled || f == FulfilmentDelivered || f == FulfilmentReturned
}

func rollUp(o *Order, groups []Group) (stage Stage, partly bool) {
	if o.Lifecycle == LifecycleCancelled || o.Lifecycle == LifecycleDeleted || len(groups) == 0 {
		return StageCancelled, false
	}
	if o.Fulfilment.sent() {
		return StageShipped, false
	}
	stage = groups[0].Stage
	for i := range groups[1:] {
		g := &groups[i+1]
		if g.Stage != stage {
			partly = true
		}
		if g.Stage.rank() < stage.rank() {
			stage = g.Stage
		}
	}
	return stage, stage != StageShipped && (partly || o.Fulfilment == FulfilmentPartial || someSent(o))
}

func (s *State) costs() {
	s.CostKnown = len(s.Groups) > 0
	for i := range s.Groups {
		g := &s.Groups[i]
		if g.Supplier != "" && !slices.Contains(s.Suppliers, g.Supplier) {
			s.Suppliers = append(s.Suppliers, g.Supplier)
		}
		sum, err := s.Cost.Add(g.Cost)
		if err != nil || !g.CostKnown {
			s.CostKnown = false
			continue
		}
		s.Cost = sum
	}
	if !s.CostKnown {
		s.Cost = Money{}
	}
}

// claim is the claim that has come furthest.
func claim(ps []Placement) CaseState {
	worst, rank := CaseNone, 0
	for i := range ps {
		if c := ps[i].Claim; c != "" && c != CaseNone {
			if r := slices.Index(CaseStates, c); r > rank {
				worst, rank = c, r
			}
		}
	}
	return worst
}

// lateAt is the first instant at which a supplier's promise is broken, unless it ships before.
func lateAt(o *Order, s *State, f Facts) time.Time {
	var first time.Time
	if s.Stage == StageShipped || s.Stage == StageCancelled {
		return first
	}
	for i := range s.Groups {
		g := &s.Groups[i]
		if g.Stage != StagePlaced && g.Stage != StageProcessing {
			continue
		}
		if at, ok := Promise(o, f, g.Placement); ok && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first
}
