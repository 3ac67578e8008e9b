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
}

// DefaultWaiting is how long an order may wait to be paid to its supplier before it counts as forgotten.
const DefaultWaiting = 5 * 24 * time.Hour

// State is what is derived from an order and its facts. It is stored so that lists need not derive it again, and is
// the same whenever it is derived from the same facts.
type State struct {
	Stage      Stage       `json:"stage"`
	Partly     bool        `json:"partly,omitempty"` // some line groups are further than the stage says
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
	if o.CashOnDelivery && (o.CustomerPayment == PaymentPending || o.CustomerPayment == PaymentPartiallyPaid) {
		return true
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
	s.Groups = groups(o, f)
	if len(o.Lines) == 0 { // as it came: there is nothing to link, and a person must look
		s.Groups = []Group{{}}
	}
	for i := range s.Groups {
		s.Groups[i].Stage = groupStage(o, f, s.Groups[i])
	}
	s.Stage, s.Partly = rollUp(o, s.Groups)
	s.costs()
	for i, l := range o.Lines {
		if linked, ok := f.Links[l.ProductKey()]; l.Open() > 0 && !f.OwnStock && (!ok || !linked.CostKnown) && !placed(s.Groups, i) {
			s.Missing = append(s.Missing, l.Title)
		}
	}
	s.LateAt = lateAt(s, f)
	s.Exceptions = exceptions(o, f, s)
	return s
}

// groups splits the open lines of an order by the way they go: to a placement that holds them, else to their link's
// supplier, else (own stock, not linked) to none.
func groups(o *Order, f Facts) []Group {
	held := map[string]*Placement{}
	for i := range f.Placements {
		p := &f.Placements[i]
		if !p.State.Live() {
			continue
		}
		for _, id := range p.Lines {
			held[id] = p
		}
	}
	var out []Group
	at := map[string]int{}
	for i, l := range o.Lines {
		if l.Open() <= 0 {
			continue
		}
		key, g := "none", Group{}
		if p := held[l.ExternalID]; p != nil {
			key, g = "placement "+p.Reference, Group{Supplier: p.Supplier, Placement: p, Cost: p.Total, CostKnown: p.Total.Currency != ""}
		} else if link, ok := f.Links[l.ProductKey()]; ok && !f.OwnStock {
			key, g = "supplier "+link.Supplier, Group{Supplier: link.Supplier, CostKnown: true}
		}
		n, seen := at[key]
		if !seen {
			n = len(out)
			at[key] = n
			out = append(out, g)
		}
		out[n].Lines = append(out[n].Lines, i)
		if out[n].Placement == nil {
			addCost(&out[n], l, f)
		}
	}
	return out
}

func addCost(g *Group, l Line, f Facts) {
	link, ok := f.Links[l.ProductKey()]
	if !ok || !link.CostKnown || f.OwnStock {
		g.CostKnown = false
		return
	}
	each, err := link.Cost.Times(l.Open())
	if err == nil {
		g.Cost, err = g.Cost.Add(each)
	}
	if err != nil {
		g.CostKnown = false
	}
}

func groupStage(o *Order, f Facts, g Group) Stage {
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
func groupFulfilled(o *Order, g Group) bool {
	for _, i := range g.Lines {
		if o.Lines[i].Fulfilled < o.Lines[i].Open() {
			return false
		}
	}
	return len(g.Lines) > 0
}

func rollUp(o *Order, groups []Group) (stage Stage, partly bool) {
	if o.Lifecycle == LifecycleCancelled || o.Lifecycle == LifecycleDeleted || len(groups) == 0 {
		return StageCancelled, false
	}
	if o.Fulfilment == Fulfilled || o.Fulfilment == FulfilmentDelivered {
		return StageShipped, false
	}
	stage = groups[0].Stage
	for _, g := range groups[1:] {
		if g.Stage != stage {
			partly = true
		}
		if g.Stage.rank() < stage.rank() {
			stage = g.Stage
		}
	}
	return stage, partly || o.Fulfilment == FulfilmentPartial
}

func (s *State) costs() {
	s.CostKnown = len(s.Groups) > 0
	for _, g := range s.Groups {
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

func placed(groups []Group, line int) bool {
	for _, g := range groups {
		if g.Placement != nil && slices.Contains(g.Lines, line) {
			return true
		}
	}
	return false
}

func claim(ps []Placement) CaseState {
	worst := CaseNone
	for _, p := range ps {
		if slices.Index(CaseStates, p.Claim) > slices.Index(CaseStates, worst) {
			worst = p.Claim
		}
	}
	return worst
}

func lateAt(s State, f Facts) time.Time {
	var first time.Time
	if s.Stage == StageShipped || s.Stage == StageCancelled {
		return first
	}
	for _, g := range s.Groups {
		if p := g.Placement; p != nil && (p.State == PlacementPlaced || p.State == PlacementProcessing) && !p.LateAt.IsZero() {
			if first.IsZero() || p.LateAt.Before(first) {
				first = p.LateAt
			}
		}
	}
	return first
}
