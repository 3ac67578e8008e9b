package checkout

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/orderdeck/orderdeck/store/order"
)

// payMethods lists the ways of paying and takes one: the merchant's choice, else the supplier's setting, else the first
// that will do. A way that was named is never replaced by another one: whose money it is, is no detail.
func (m *maker) payMethods() {
	b := Blocker{Code: BlockPayWith, Action: ActionPayWith}
	if m.in.Account == nil {
		b.Text, b.Fix, b.Action = fmt.Sprintf("%s has not said yet how it can be paid", m.label()), "ask again", ActionRequote
		m.block(b)
		return
	}
	m.e.PayMethods = slices.Clone(m.in.Account.Methods)
	for i := range m.e.PayMethods {
		if p := &m.e.PayMethods[i]; p.Refused == "" && m.e.Complete {
			p.Refused = short(p, m.e.Total)
		}
	}
	named := cmp.Or(m.in.Choice.PayWith, m.e.Supplier.PayWith)
	at := slices.IndexFunc(m.e.PayMethods, func(p PayMethod) bool {
		if named != "" {
			return p.Code == named
		}
		return p.Refused == ""
	})
	b.Fix = "choose another way to pay, or top up and ask again"
	switch {
	case at >= 0 && m.e.PayMethods[at].Refused == "":
		m.e.PayWith = &m.e.PayMethods[at]
	case at >= 0:
		m.e.PayWith = &m.e.PayMethods[at]
		b.Text = fmt.Sprintf("%s cannot be used: %s", label(m.e.PayWith), m.e.PayWith.Refused)
		m.block(b)
	case named != "":
		b.Text = fmt.Sprintf("%s does not offer “%s” for paying", m.label(), named)
		m.block(b)
	case len(m.e.PayMethods) == 0:
		b.Text, b.Fix, b.Action = fmt.Sprintf("%s offers no way to pay", m.label()), "set one up at the supplier, then ask again", ActionRequote
		m.block(b)
	default:
		p := &m.e.PayMethods[0]
		b.Text = fmt.Sprintf("%s cannot be paid now: %s: %s", m.label(), label(p), p.Refused)
		m.block(b)
	}
}

func label(p *PayMethod) string { return cmp.Or(p.Name, p.Code) }

// short says why the money that is there does not do for a total; "" = it does.
func short(p *PayMethod, total order.Money) string {
	switch {
	case p.Available == nil:
		return ""
	case p.Available.Currency != total.Currency:
		return fmt.Sprintf("it is in %s, and this is paid in %s", nameless(p.Available.Currency), total.Currency)
	case p.Available.Minor < total.Minor:
		return fmt.Sprintf("not enough: %s of %s", p.Available, total)
	}
	return ""
}

// cap keeps the day's spending below what the merchant allows.
func (m *maker) cap() {
	if m.e.Supplier.Cap == nil && m.e.Supplier.Mode == ModeAuto {
		m.block(Blocker{
			Code: BlockCap, Text: fmt.Sprintf("what is bought at %s by itself needs a cap for a day, and there is none", m.label()),
			Fix: "set a cap in the settings, or mode: manual",
		})
	}
	if m.e.Supplier.Cap == nil || !m.e.Complete {
		return
	}
	if b, over := overCap(m.e, m.in.SpentToday); over {
		m.block(b)
	}
}

// overCap tells whether a part goes beyond the day's cap when so much has been spent or reserved already.
func overCap(e *Entry, spent order.Money) (Blocker, bool) {
	most := e.Supplier.Cap
	b := Blocker{Code: BlockCap, Fix: "wait until tomorrow, or raise the cap in the settings"}
	after, err := spent.Add(e.Total)
	switch {
	case most.Currency != e.Total.Currency:
		b.Text = fmt.Sprintf("the day's cap is in %s, and %s is paid in %s", most.Currency, e.Supplier.Label(), e.Total.Currency)
		b.Fix = "correct the cap in the settings"
	case err != nil:
		b.Text = "what was spent today cannot be added up: " + err.Error()
	case after.Minor > most.Minor && spent.Minor > 0:
		b.Text = fmt.Sprintf("it goes beyond the day's cap at %s: %s of %s are spent or reserved", e.Supplier.Label(), spent, most)
	case after.Minor > most.Minor:
		b.Text = fmt.Sprintf("it goes beyond the day's cap of %s at %s", most, e.Supplier.Label())
	default:
		return Blocker{}, false
	}
	return b, true
}

// Together looks at entries that are to be paid in this order: what one of them takes from a cap or a balance is not
// there for the next. It blocks those for which nothing is left and changes nothing else.
func Together(entries []Entry) {
	spent := map[string]order.Money{}
	type purse struct{ supplier, code string }
	taken := map[purse]order.Money{}
	for i := range entries {
		e := &entries[i]
		if !e.Ready() {
			continue
		}
		name := e.Supplier.Name
		before := len(e.Blockers)
		so := e.Spent
		if earlier, ok := spent[name]; ok {
			so = add(so, earlier)
		}
		if e.Supplier.Cap != nil {
			if b, over := overCap(e, so); over {
				e.Blockers = append(e.Blockers, b)
			}
		}
		if e.PayWith != nil && e.PayWith.Available != nil {
			p := *e.PayWith
			left := add(*p.Available, order.New(-taken[purse{name, p.Code}].Minor, p.Available.Currency))
			p.Available = &left
			if why := short(&p, e.Total); why != "" {
				e.Blockers = append(e.Blockers, Blocker{
					Code: BlockPayWith, Text: fmt.Sprintf("after the orders above, %s cannot be used: %s", label(&p), why),
					Fix: "choose another way to pay, or top up and ask again", Action: ActionPayWith,
				})
			}
		}
		if len(e.Blockers) > before {
			continue
		}
		spent[name] = add(spent[name], e.Total)
		if e.PayWith != nil {
			k := purse{name, e.PayWith.Code}
			taken[k] = add(taken[k], e.Total)
		}
	}
}

// add adds amounts that are known to be of one currency and far from overflow.
func add(a, b order.Money) order.Money {
	if c, err := a.Add(b); err == nil {
		return c
	}
	return a
}
